/*
 * Boot addresses as administrators write them, and as each family of ROMs
 * wants to read them.
 */
#include "wire/url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define S3    IP4(192, 0, 2, 3)
#define GROUP IP4(239, 255, 1, 1)

/* ---- reading ------------------------------------------------------------ */

/* Parsed from a copy of exact size, so that the sanitizer sees an overrun. */
static enum url_error parse(const char *text, struct url *u)
{
	size_t len = strlen(text);
	char *copy = malloc(len ? len : 1);
	enum url_error e;

	assert_non_null(copy);
	memcpy(copy, text, len);
	e = url_parse(copy, len, u);
	free(copy);
	return e;
}

static const struct {
	const char *text;
	struct url url;
} good[] = {
	/* names */
	{"pxelinux.0", {URL_TFTP, 0, "", 69, {0}, "pxelinux.0"}},
	{"/tftpboot/mach", {URL_TFTP, 0, "", 69, {0}, "/tftpboot/mach"}},
	{"\\boot\\100%41 x?#",
	 {URL_TFTP, 0, "", 69, {0}, "\\boot\\100%41 x?#"}},
	{"C:/boot", {URL_TFTP, 0, "", 69, {0}, "C:/boot"}},
	{"", {URL_TFTP, 0, "", 69, {0}, ""}},
	/* TFTP */
	{"tftp://192.0.2.3/a/b", {URL_TFTP, S3, "", 69, {0}, "a/b"}},
	{"TFTP://192.0.2.3//a/b", {URL_TFTP, S3, "", 69, {0}, "/a/b"}},
	{"tftp://192.0.2.3:6969/a", {URL_TFTP, S3, "", 6969, {0}, "a"}},
	{"tftp://boot-1.example.org/a",
	 {URL_TFTP, 0, "boot-1.example.org", 69, {0}, "a"}},
	{"tftp://boot_1:70/a", {URL_TFTP, 0, "boot_1", 70, {0}, "a"}},
	{"tftp://192.0.2.3/a%20b%2f%C3%a4",
	 {URL_TFTP, S3, "", 69, {0}, "a b/\xc3\xa4"}},
	{"tftp:///a", {URL_TFTP, 0, "", 69, {0}, "a"}},
	{"tftp://192.0.2.3/", {URL_TFTP, S3, "", 69, {0}, ""}},
	{"tftp://192.0.2.3/x://y", {URL_TFTP, S3, "", 69, {0}, "x://y"}},
	/* multicast TFTP: Etherboot's, iPXE's */
	{"x-tftm://192.168.2.3//lts/vmlinuz-2.4.21-ltsp-1",
	 {URL_TFTM,
	  IP4(192, 168, 2, 3),
	  "",
	  1758,
	  {0},
	  "/lts/vmlinuz-2.4.21-ltsp-1"}},
	{"x-tftm:////lts/vmlinuz",
	 {URL_TFTM, 0, "", 1758, {0}, "/lts/vmlinuz"}},
	{"tftm://192.0.2.3/a", {URL_TFTM, S3, "", 69, {0}, "a"}},
	/* SLAM: the two forms that everybody's notes show */
	{"x-slam:///", {URL_SLAM, 0, "", 10000, {GROUP, 10000}, ""}},
	{"x-slam://192.168.0.253:10000/239.255.1.1:10000",
	 {URL_SLAM, IP4(192, 168, 0, 253), "", 10000, {GROUP, 10000}, ""}},
	{"x-slam://192.0.2.3/", {URL_SLAM, S3, "", 10000, {GROUP, 10000}, ""}},
	{"x-slam://192.0.2.3", {URL_SLAM, S3, "", 10000, {GROUP, 10000}, ""}},
	{"slam://192.0.2.3:10002",
	 {URL_SLAM, S3, "", 10002, {GROUP, 10000}, ""}},
	{"x-slam://192.0.2.3:10002/x:10003",
	 {URL_SLAM, S3, "", 10002, {GROUP, 10003}, ""}},
	{"x-slam://192.0.2.3:10002/:10003",
	 {URL_SLAM, S3, "", 10002, {GROUP, 10003}, ""}},
	{"x-slam:///239.255.9.9",
	 {URL_SLAM, 0, "", 10000, {IP4(239, 255, 9, 9), 10000}, ""}},
	{"X-Slam://boot/224.0.0.9:1",
	 {URL_SLAM, 0, "boot", 10000, {IP4(224, 0, 0, 9), 1}, ""}},
	/* the rest */
	{"train://192.0.2.3/a", {URL_TRAIN, S3, "", 7243, {0}, "a"}},
	{"TRAIN://192.0.2.3:99/a/b%20c", {URL_TRAIN, S3, "", 99, {0}, "a/b c"}},
	{"train:///a", {URL_TRAIN, 0, "", 7243, {0}, "a"}},
	{"mtftp://192.0.2.3/a",
	 {URL_MTFTP, S3, "", 1759, {IP4(239, 255, 1, 1), 3001}, "a"}},
	{"mtftp://192.0.2.3:75/239.255.2.7:76/a/b",
	 {URL_MTFTP, S3, "", 75, {IP4(239, 255, 2, 7), 76}, "a/b"}},
	{"mtftp://192.0.2.3/239.255.2.7:76",
	 {URL_MTFTP,
	  S3,
	  "",
	  1759,
	  {IP4(239, 255, 1, 1), 3001},
	  "239.255.2.7:76"}},
	{"mtftp://192.0.2.3/10.0.0.7:76/a",
	 {URL_MTFTP,
	  S3,
	  "",
	  1759,
	  {IP4(239, 255, 1, 1), 3001},
	  "10.0.0.7:76/a"}},
	{"http://192.0.2.3/a%20b?mac=1&x=%41#c",
	 {URL_HTTP, S3, "", 80, {0}, "a%20b?mac=1&x=%41#c"}},
	{"http://192.0.2.3/\xc3\xa4 b",
	 {URL_HTTP, S3, "", 80, {0}, "%c3%a4%20b"}},
	{"http://boot:8080/", {URL_HTTP, 0, "boot", 8080, {0}, ""}},
};

static void assert_url(const struct url *a, const struct url *b)
{
	assert_int_equal(a->scheme, b->scheme);
	assert_int_equal(a->server, b->server);
	assert_string_equal(a->host, b->host);
	assert_int_equal(a->port, b->port);
	assert_int_equal(a->group.ip, b->group.ip);
	assert_int_equal(a->group.port, b->group.port);
	assert_string_equal(a->path, b->path);
}

static void addresses_are_taken_apart(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		struct url u;

		assert_int_equal(parse(good[i].text, &u), URL_OK);
		assert_url(&u, &good[i].url);
	}
}

static const struct {
	const char *text;
	enum url_error error;
} wrong[] = {
	{"ftp://192.0.2.3/a", URL_UNKNOWN_SCHEME},
	{"x-sla://192.0.2.3/", URL_UNKNOWN_SCHEME},
	{"https://192.0.2.3/a", URL_UNKNOWN_SCHEME},
	{"://192.0.2.3/a", URL_UNKNOWN_SCHEME},
	{"tftp://192.0.2.3", URL_NO_SLASH},
	{"http://192.0.2.3", URL_NO_SLASH},
	{"tftp://", URL_NO_SLASH},
	{"x-slam://", URL_NO_SLASH},
	{"tftp://[2001:db8::1]/a", URL_BAD_HOST},
	{"tftp://2001:db8::1/a", URL_BAD_HOST},
	{"tftp://192.0.2/a", URL_BAD_HOST},
	{"tftp://192.0.2.256/a", URL_BAD_HOST},
	{"tftp://192.0.2.3.4/a", URL_BAD_HOST},
	{"tftp://0.0.0.0/a", URL_BAD_HOST},
	{"tftp://255.255.255.255/a", URL_BAD_HOST},
	{"x-slam://239.255.1.1/", URL_BAD_HOST},
	{"tftp://user@boot/a", URL_BAD_HOST},
	{"tftp://bo ot/a", URL_BAD_HOST},
	{"tftp://:69/a", URL_BAD_HOST},
	{"http:///a", URL_BAD_HOST},
	{"tftp://192.0.2.3:/a", URL_BAD_PORT},
	{"tftp://192.0.2.3:0/a", URL_BAD_PORT},
	{"tftp://192.0.2.3:65536/a", URL_BAD_PORT},
	{"tftp://192.0.2.3:69x/a", URL_BAD_PORT},
	{"tftp://192.0.2.3:6:9/a", URL_BAD_PORT},
	{"x-slam://192.0.2.3/239.255.1.1:", URL_BAD_PORT},
	{"x-slam://192.0.2.3/239.255.1.1:65536", URL_BAD_PORT},
	{"x-slam://192.0.2.3/239.255.1.1:1/x", URL_BAD_PORT},
	{"x-slam://192.0.2.3/x:", URL_BAD_PORT},
	{"x-slam://192.0.2.3/239.255.1", URL_BAD_GROUP},
	{"x-slam://192.0.2.3/192.0.2.4", URL_BAD_GROUP},
	{"x-slam://192.0.2.3/vmlinuz", URL_BAD_GROUP},
	{"x-slam://192.0.2.3/239.255.1.1/", URL_BAD_GROUP},
	{"tftp://192.0.2.3/a\nb", URL_BAD_CHARACTER},
	{"a\tb", URL_BAD_CHARACTER},
	{"a\177", URL_BAD_CHARACTER},
	{"tftp://192.0.2.3/a%00b", URL_BAD_CHARACTER},
	{"tftp://192.0.2.3/a%0ab", URL_BAD_CHARACTER},
	{"tftp://192.0.2.3/100%", URL_BAD_CHARACTER},
	{"tftp://192.0.2.3/100%4", URL_BAD_CHARACTER},
	{"tftp://192.0.2.3/100%4g", URL_BAD_CHARACTER},
};

static void mistakes_have_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		struct url u;

		assert_int_equal(parse(wrong[i].text, &u), wrong[i].error);
	}
	for (enum url_error e = URL_OK; e <= URL_BAD_CHARACTER; e++)
		for (enum url_error f = URL_OK; f < e; f++)
			assert_string_not_equal(url_error_text(e),
						url_error_text(f));
}

static void names_fit_or_are_too_long(void **state)
{
	char text[600];
	struct url u;

	(void)state;
	memset(text, 'n', sizeof text);
	assert_int_equal(url_parse(text, 255, &u), URL_OK);
	assert_int_equal(strlen(u.path), 255);
	assert_int_equal(url_parse(text, 256, &u), URL_TOO_LONG);
	memcpy(text, "tftp://", 7);
	text[7 + 63] = '/';
	assert_int_equal(url_parse(text, 7 + 64 + 255, &u), URL_OK);
	assert_int_equal(strlen(u.host), 63);
	assert_int_equal(strlen(u.path), 255);
	assert_int_equal(url_parse(text, 7 + 64 + 256, &u), URL_TOO_LONG);
	text[7 + 63] = 'n';
	text[7 + 64] = '/';
	assert_int_equal(url_parse(text, 7 + 66, &u), URL_TOO_LONG);
	memcpy(text, "http://n/", 9);
	text[7 + 64] = 'n';
	assert_int_equal(url_parse(text, 9 + 255, &u), URL_OK);
	assert_int_equal(url_parse(text, 9 + 256, &u), URL_TOO_LONG);
}

static void a_nul_within_an_address_is_a_bad_character(void **state)
{
	struct url u;

	(void)state;
	assert_int_equal(url_parse("a\0b", 3, &u), URL_BAD_CHARACTER);
}

/* ---- writing ------------------------------------------------------------ */

static const struct {
	const char *text, *etherboot, *ipxe;
} forms[] = {
	/* SLAM */
	{"x-slam://192.0.2.3:10000/239.255.1.1:10000", "x-slam://192.0.2.3/",
	 "x-slam://192.0.2.3"},
	{"slam://192.0.2.3", "x-slam://192.0.2.3/", "x-slam://192.0.2.3"},
	{"x-slam:///", "x-slam:///", "x-slam:///"},
	{"x-slam://192.0.2.3:10002/", "x-slam://192.0.2.3:10002/",
	 "x-slam://192.0.2.3:10002"},
	{"x-slam://192.0.2.3:10002/x:10003",
	 "x-slam://192.0.2.3:10002/239.255.1.1:10003",
	 "x-slam://192.0.2.3:10002/x:10003"},
	{"x-slam://192.0.2.3:10002/239.255.9.9:10003",
	 "x-slam://192.0.2.3:10002/239.255.9.9:10003",
	 "x-slam://192.0.2.3:10002/x:10003"},
	{"x-slam://192.0.2.3/239.255.9.9", "x-slam://192.0.2.3/239.255.9.9",
	 "x-slam://192.0.2.3"},
	/* multicast TFTP */
	{"x-tftm://192.168.2.3//lts/vmlinuz",
	 "x-tftm://192.168.2.3//lts/vmlinuz",
	 "tftm://192.168.2.3:1758//lts/vmlinuz"},
	{"tftm://192.168.2.3/vmlinuz", "x-tftm://192.168.2.3:69//vmlinuz",
	 "tftm://192.168.2.3/vmlinuz"},
	{"x-tftm:////vmlinuz", "x-tftm:////vmlinuz", "tftm:////vmlinuz"},
	/* TFTP */
	{"pxelinux.0", "pxelinux.0", "pxelinux.0"},
	{"tftp:///pxelinux.0", "pxelinux.0", "pxelinux.0"},
	{"/a b%41", "/a b%41", "/a b%41"},
	{"tftp:///x://y", "tftp:///x://y", "tftp:///x://y"},
	{"tftp://192.0.2.3//a", "tftp://192.0.2.3//a", "tftp://192.0.2.3//a"},
	{"tftp://boot:6969/a", "tftp://boot:6969/a", "tftp://boot:6969/a"},
	{"tftp://192.0.2.3/a%20b", "tftp://192.0.2.3/a b",
	 "tftp://192.0.2.3/a%20b"},
	{"tftp://192.0.2.3/%25%3f%23%c3%a4\\~-_.", /* and what needs none */
	 "tftp://192.0.2.3/%?#\xc3\xa4\\~-_.",
	 "tftp://192.0.2.3/%25%3f%23%c3%a4%5c~-_."},
	/* the rest */
	{"mtftp://192.0.2.3/a", "mtftp://192.0.2.3/a", "mtftp://192.0.2.3/a"},
	{"mtftp://192.0.2.3:75/239.255.2.7:76/a",
	 "mtftp://192.0.2.3:75/239.255.2.7:76/a",
	 "mtftp://192.0.2.3:75/239.255.2.7:76/a"},
	{"http://192.0.2.3:80/a%20b?c=%41#d", "http://192.0.2.3/a%20b?c=%41#d",
	 "http://192.0.2.3/a%20b?c=%41#d"},
	{"http://192.0.2.3/a b", "http://192.0.2.3/a%20b",
	 "http://192.0.2.3/a%20b"},
};

static void each_family_gets_what_it_can_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
		char e[128], x[128];
		struct text te = text_over(e, sizeof e);
		struct text tx = text_over(x, sizeof x);
		struct url u;

		assert_int_equal(parse(forms[i].text, &u), URL_OK);
		url_put(&te, &u, URL_FOR_ETHERBOOT);
		url_put(&tx, &u, URL_FOR_IPXE);
		assert_string_equal(e, forms[i].etherboot);
		assert_string_equal(x, forms[i].ipxe);
	}
}

static void an_address_that_does_not_fit_is_marked(void **state)
{
	char s[19];
	struct text t = text_over(s, sizeof s);
	struct url u;

	(void)state;
	assert_int_equal(parse("x-slam://192.0.2.3/", &u), URL_OK);
	url_put(&t, &u, URL_FOR_ETHERBOOT);
	assert_true(t.full);
	t = text_over(s, sizeof s);
	url_put(&t, &u, URL_FOR_IPXE);
	assert_false(t.full);
}

static void a_file_has_its_place_under_an_http_address(void **state)
{
	char s[256];
	struct text t = text_over(s, sizeof s);
	struct url u;

	(void)state;
	assert_true(url_http_under(&u, "http://10.0.0.1/boot", "a b/linux"));
	url_put(&t, &u, URL_FOR_IPXE);
	assert_string_equal(s, "http://10.0.0.1/boot/a%20b/linux");
	t = text_over(s, sizeof s);
	assert_true(url_http_under(&u, "http://10.0.0.1:8080/", "linux"));
	url_put(&t, &u, URL_FOR_IPXE);
	assert_string_equal(s, "http://10.0.0.1:8080/linux");
	assert_false(url_http_under(&u, "tftp://10.0.0.1/", "linux"));
	assert_false(url_http_under(&u, "", "linux"));
}

static void schemes_have_names_and_ports(void **state)
{
	(void)state;
	assert_string_equal(url_scheme_name(URL_TFTP), "tftp");
	assert_string_equal(url_scheme_name(URL_TFTM), "x-tftm");
	assert_string_equal(url_scheme_name(URL_SLAM), "x-slam");
	assert_string_equal(url_scheme_name(URL_MTFTP), "mtftp");
	assert_string_equal(url_scheme_name(URL_HTTP), "http");
	assert_int_equal(url_default_port(URL_TFTP), 69);
	assert_int_equal(url_default_port(URL_TFTM), 1758);
	assert_int_equal(url_default_port(URL_SLAM), 10000);
	assert_int_equal(url_default_port(URL_MTFTP), 1759);
	assert_int_equal(url_default_port(URL_HTTP), 80);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_taken_apart),
		cmocka_unit_test(a_file_has_its_place_under_an_http_address),
		cmocka_unit_test(mistakes_have_names),
		cmocka_unit_test(names_fit_or_are_too_long),
		cmocka_unit_test(a_nul_within_an_address_is_a_bad_character),
		cmocka_unit_test(each_family_gets_what_it_can_read),
		cmocka_unit_test(an_address_that_does_not_fit_is_marked),
		cmocka_unit_test(schemes_have_names_and_ports),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
