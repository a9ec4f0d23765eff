/*
 * BOOTP and DHCP messages, byte by byte: what NeXT machines, DHCP clients and
 * sloppy ROMs send, what we write, and what is no message at all.
 */
#include "wire/bootp.h"

#include "stage/hex.h"
#include "unit/dies.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* op .. giaddr, chaddr: a NeXT machine's request. */
#define HEAD                                                                   \
	"01010600 32e1c25a 00000000 00000000 00000000 00000000 00000000 "      \
	"00000f00075a00000000000000000000"
#define COOKIE "63825363"

enum { ROOM = 2048 };

/* A message in memory of exactly its size, so that the address sanitizer sees
 * a read past its end. */
struct message {
	uint8_t *bytes;
	size_t len;
	struct bootp m;
	bool is_one;
};

static struct message parse(const uint8_t *bytes, size_t len)
{
	struct message t = {.bytes = malloc(len ? len : 1), .len = len};
	struct rd r = rd_over(t.bytes, len);

	assert_non_null(t.bytes);
	memcpy(t.bytes, bytes, len);
	t.is_one = bootp_get(&t.m, &r);
	return t;
}

/* The fixed part with sname and file empty, and this vendor area. */
static struct message parse_vend(const char *vend)
{
	uint8_t b[ROOM] = {0};
	size_t len = BOOTP_FIXED;

	hex(HEAD, b, sizeof(b));
	len += hex(vend, b + len, sizeof(b) - len);
	return parse(b, len);
}

/* Overloaded fields: file and sname are hex, too. */
static struct message parse_fields(const char *vend, const char *file,
				   const char *sname)
{
	uint8_t b[ROOM] = {0};
	size_t len = BOOTP_FIXED;

	hex(HEAD, b, sizeof(b));
	hex(sname, b + 44, BOOTP_SNAME);
	hex(file, b + 108, BOOTP_FILE);
	len += hex(vend, b + len, sizeof(b) - len);
	return parse(b, len);
}

static void drop(struct message *t)
{
	free(t->bytes);
}

static const struct bootp_head head = {
	.op = BOOTP_REQUEST,
	.hw = {HW_ETHERNET, 6, {0, 0, 0x0f, 0, 0x07, 0x5a}},
	.xid = {0x32, 0xe1, 0xc2, 0x5a},
};

static struct bootp_head reply_head(void)
{
	struct bootp_head h = head;

	h.op = BOOTP_REPLY;
	h.yiaddr = IP4(192, 168, 77, 10);
	h.siaddr = IP4(192, 168, 77, 1);
	h.sname = "wizard";
	h.file = "/private/tftpboot/mach";
	return h;
}

static void reads_every_field_of_the_fixed_part(void **state)
{
	uint8_t b[BOOTP_FIXED] = {0};
	char text[BOOTP_FILE + 1];

	(void)state;
	hex("02070304 a1b2c3d4 0102 8000 0a000001 0a000002 0a000003 0a000004 "
	    "11223344556677889900aabbccddeeff 6e616d65",
	    b, sizeof(b));
	b[108] = 'f';

	struct message t = parse(b, sizeof(b));

	assert_true(t.is_one);
	assert_int_equal(t.m.op, BOOTP_REPLY);
	assert_int_equal(t.m.hw.type, 7);
	assert_int_equal(t.m.hw.len, 3);
	assert_int_equal(t.m.hops, 4);
	assert_memory_equal(t.m.xid, b + 4, 4);
	assert_int_equal(t.m.secs, 0x0102);
	assert_int_equal(t.m.flags, BOOTP_FLAG_BROADCAST);
	assert_int_equal(t.m.ciaddr, IP4(10, 0, 0, 1));
	assert_int_equal(t.m.yiaddr, IP4(10, 0, 0, 2));
	assert_int_equal(t.m.siaddr, IP4(10, 0, 0, 3));
	assert_int_equal(t.m.giaddr, IP4(10, 0, 0, 4));
	assert_memory_equal(t.m.hw.b, "\x11\x22\x33\0\0\0\0\0\0\0\0\0\0\0\0\0",
			    HWADDR_MAX);
	assert_true(bootp_sname(&t.m, text));
	assert_string_equal(text, "name");
	assert_true(bootp_file(&t.m, text));
	assert_string_equal(text, "f");
	drop(&t);
}

/* klibc's ipconfig sends 236 bytes. */
static void accepts_a_request_without_a_vendor_area(void **state)
{
	(void)state;
	for (unsigned extra = 0; extra < 4; extra++) {
		struct message t = parse_vend(&"000000"[6 - 2 * extra]);

		assert_int_equal(t.len, BOOTP_FIXED + extra);
		assert_true(t.is_one);
		assert_int_equal(t.m.vend, VEND_NONE);
		assert_int_equal(t.m.type, DHCP_NONE);
		assert_false(bootp_has(&t.m, OPT_SUBNET_MASK));
		drop(&t);
	}
}

static void tells_vendor_areas_by_their_magic(void **state)
{
	static const struct {
		const char *vend;
		enum bootp_vend is;
	} cases[] = {
		{COOKIE, VEND_RFC},
		{"4e655854", VEND_NEXT},
		{"434d5500 00000000", VEND_CMU},
		{"5354414e 02", VEND_STANFORD},
		{"00000000 350101", VEND_NONE},
		{"63825364 350101", VEND_NONE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct message t = parse_vend(cases[i].vend);
		struct bootp_opt o;
		size_t at = 0;

		assert_true(t.is_one);
		assert_int_equal(t.m.vend, cases[i].is);
		assert_false(bootp_option_next(&t.m, &at, &o));
		assert_false(bootp_has(&t.m, OPT_MESSAGE_TYPE));
		drop(&t);
	}
}

static void refuses_what_is_no_message(void **state)
{
	uint8_t b[BOOTP_LONGEST + 1] = {0};

	(void)state;
	hex(HEAD, b, sizeof(b));
	for (size_t len = 0; len < BOOTP_FIXED; len++) {
		struct message t = parse(b, len);

		assert_false(t.is_one);
		drop(&t);
	}

	static const struct {
		unsigned at;
		uint8_t byte;
		bool is_one;
	} cases[] = {{0, 0, false},   {0, 2, true},    {0, 3, false},
		     {0, 255, false}, {2, 16, true},   {2, 0, true},
		     {2, 17, false},  {2, 255, false}, {3, 255, true},
		     {1, 0, true},    {107, 'x', true}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint8_t was = b[cases[i].at];

		b[cases[i].at] = cases[i].byte;
		struct message t = parse(b, 300);

		assert_int_equal(t.is_one, cases[i].is_one);
		b[cases[i].at] = was;
		drop(&t);
	}

	struct message longest = parse(b, sizeof(b) - 1);
	struct message longer = parse(b, sizeof(b));

	assert_true(longest.is_one);
	assert_false(longer.is_one);
	drop(&longest);
	drop(&longer);
}

static void reads_a_discover(void **state)
{
	struct message t = parse_vend(
		COOKIE "350101 3d0701001122334455 390205c0 "
		       "3c09505845436c69656e74 3204c0a84d0a ff 0000");
	uint8_t v[16], u8 = 0;
	uint16_t u16 = 0;
	uint32_t u32 = 0;

	(void)state;
	assert_true(t.is_one);
	assert_int_equal(t.m.type, DHCP_DISCOVER);
	assert_true(bootp_option_u8(&t.m, OPT_MESSAGE_TYPE, &u8));
	assert_int_equal(u8, 1);
	assert_true(bootp_option_u16(&t.m, OPT_MAX_SIZE, &u16));
	assert_int_equal(u16, 1472);
	assert_true(bootp_option_u32(&t.m, OPT_REQUESTED_IP, &u32));
	assert_int_equal(u32, IP4(192, 168, 77, 10));
	assert_int_equal(bootp_option(&t.m, OPT_CLIENT_ID, v, 7), 7);
	assert_memory_equal(v, "\1\0\x11\x22\x33\x44\x55", 7);
	assert_int_equal(bootp_option(&t.m, OPT_CLIENT_ID, v, 6), -1);
	assert_int_equal(bootp_option(&t.m, OPT_HOST_NAME, v, 16), -1);
	drop(&t);
}

static void leaves_a_number_of_another_size_alone(void **state)
{
	struct message t = parse_vend(COOKIE "1700 390105 33030102 03 "
					     "3605c0a84d0a01 ff");
	uint8_t u8 = 7;
	uint16_t u16 = 7;
	uint32_t u32 = 7;

	(void)state;
	assert_true(t.is_one);
	assert_false(bootp_option_u8(&t.m, 0x17, &u8));
	assert_false(bootp_option_u8(&t.m, OPT_LEASE_TIME, &u8));
	assert_false(bootp_option_u16(&t.m, OPT_MAX_SIZE, &u16));
	assert_false(bootp_option_u32(&t.m, OPT_LEASE_TIME, &u32));
	assert_false(bootp_option_u32(&t.m, OPT_SERVER_ID, &u32));
	assert_false(bootp_option_u32(&t.m, OPT_SUBNET_MASK, &u32));
	assert_int_equal(u8 + u16 + u32, 21);
	drop(&t);
}

/* What follows the magic, what of it counts, in wire order; NULL: no message.
 */
static const struct {
	const char *why, *vend, *options;
} lists[] = {
	{"nothing at all", "", ""},
	{"END alone", "ff", ""},
	{"pads alone", "00000000", ""},
	{"no END", "0104ffffff00", "1=ffffff00"},
	{"no END but pads", "0104ffffff00 0000", "1=ffffff00"},
	{"junk behind END", "0c0161 ff 3501 09 35", "12=61"},
	{"a stray 255 ends the list", "0c0161 ff 0c0162 ff", "12=61"},
	{"an empty option", "0c00 0f0162 ff", "12= 15=62"},
	{"an empty option last", "0c00", "12="},
	{"255 inside a value", "0c03ff00ff 0f0162", "12=ff00ff 15=62"},
	{"pads between options", "00 0c0161 0000 0f0162 00", "12=61 15=62"},
	{"in turn as sent", "0f0162 0c0161 0f0163", "15=62 12=61 15=63"},
	{"254 is an option", "fe0161 ff", "254=61"},
	{"a code without length", "0c0161 0f", NULL},
	{"a length without value", "0c01", NULL},
	{"a value one byte short", "0c0461626364 0f0361 62", NULL},
	{"a length of 255", "0cff61", NULL},
	{"a message type of 0", "350100 ff", NULL},
	{"a message type of 9", "350109 ff", NULL},
	{"a message type of 255", "3501ff ff", NULL},
	{"an empty message type", "3500 ff", NULL},
	{"a long message type", "35020101 ff", NULL},
	{"two message types", "350101 350101 ff", NULL},
	{"an overload of 0", "340100 ff", NULL},
	{"an overload of 4", "340104 ff", NULL},
	{"an empty overload", "3400 ff", NULL},
	{"a long overload", "34020101 ff", NULL},
	{"two overloads: the first counts", "340101 340102", "52=01 52=02"},
};

/* The options in the notation of the table above. */
static void list_options(const struct bootp *m, char *to)
{
	size_t at = 0, n = 0;

	to[0] = '\0';
	for (struct bootp_opt o; bootp_option_next(m, &at, &o);) {
		n += (size_t)sprintf(to + n, n ? " %u=" : "%u=", o.code);
		for (unsigned i = 0; i < o.len; i++)
			n += (size_t)sprintf(to + n, "%02x", o.bytes[i]);
	}
}

static void walks_options_as_sloppy_clients_send_them(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
		char vend[256], found[256];

		snprintf(vend, sizeof(vend), COOKIE "%s", lists[i].vend);
		struct message t = parse_vend(vend);
		const char *want = lists[i].options;

		if (t.is_one != (want != NULL))
			fail_msg("%s", lists[i].why);
		if (want) {
			list_options(&t.m, found);
			if (strcmp(found, want) != 0)
				fail_msg("%s: %s", lists[i].why, found);
		}
		drop(&t);
	}
}

static void puts_the_parts_of_a_long_option_together(void **state)
{
	struct message t = parse_vend(COOKIE "0c026162 0f0178 0c00 0c0163 ff");
	uint8_t v[8];

	(void)state;
	assert_true(t.is_one);
	assert_int_equal(bootp_option(&t.m, OPT_HOST_NAME, v, 3), 3);
	assert_memory_equal(v, "abc", 3);
	assert_int_equal(bootp_option(&t.m, OPT_HOST_NAME, v, 2), -1);
	assert_int_equal(bootp_option(&t.m, OPT_DOMAIN_NAME, v, 8), 1);
	drop(&t);
}

static void reads_overloaded_fields_file_before_sname(void **state)
{
	static const struct {
		const char *overload, *host; /* the parts of option 12 */
		bool has_file, has_sname;
	} cases[] = {
		{"", "o", true, true},
		{"340101", "of", false, true},
		{"340102", "os", true, false},
		{"340103", "ofs", false, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char vend[64], text[BOOTP_FILE + 1];
		uint8_t v[8];

		snprintf(vend, sizeof(vend), COOKIE "%s0c016f ff0c0178",
			 cases[i].overload);
		struct message t =
			parse_fields(vend, "0c0166 ff 0c0178", "000c0173");
		size_t n = strlen(cases[i].host);

		assert_true(t.is_one);
		assert_int_equal(bootp_option(&t.m, OPT_HOST_NAME, v, 8), n);
		assert_memory_equal(v, cases[i].host, n);
		assert_int_equal(bootp_file(&t.m, text), cases[i].has_file);
		assert_int_equal(text[0] != '\0', cases[i].has_file);
		/* This one begins with a NUL: empty as a string. */
		assert_false(bootp_sname(&t.m, text));
		drop(&t);
	}
}

static void ignores_an_overload_inside_an_overloaded_field(void **state)
{
	struct message t =
		parse_fields(COOKIE "340101 ff", "340102 0c0161 ff", "0c0162");
	uint8_t v[8];

	(void)state;
	assert_true(t.is_one);
	assert_int_equal(t.m.overload, 1);
	assert_int_equal(bootp_option(&t.m, OPT_HOST_NAME, v, 8), 1);
	assert_int_equal(v[0], 'a');
	drop(&t);
}

/* 126 bytes of option and one lone code byte at the field's very end. */
static void refuses_an_overloaded_field_whose_options_run_over(void **state)
{
	char file[2 * BOOTP_FILE + 1];

	(void)state;
	memset(file, '0', sizeof(file));
	memcpy(file, "0c7d", 4);
	memcpy(file + 254, "0f", 3);

	struct message t = parse_fields(COOKIE "340101 ff", file, "");

	assert_false(t.is_one);
	drop(&t);
	file[254] = '0';
	file[255] = '0';
	t = parse_fields(COOKIE "340101 ff", file, "");
	assert_true(t.is_one);
	drop(&t);
	/* Not overloaded, the same bytes are only a strange name. */
	memcpy(file + 254, "0f", 3);
	t = parse_fields(COOKIE "ff", file, "");
	assert_true(t.is_one);
	drop(&t);
}

static void reads_fields_filled_to_the_last_byte(void **state)
{
	uint8_t b[BOOTP_FIXED] = {0};
	char text[BOOTP_FILE + 1];

	(void)state;
	hex(HEAD, b, sizeof(b));
	memset(b + 44, 's', BOOTP_SNAME);
	memset(b + 108, 'f', BOOTP_FILE);

	struct message t = parse(b, sizeof(b));

	assert_true(bootp_sname(&t.m, text));
	assert_int_equal(strlen(text), BOOTP_SNAME);
	assert_int_equal(text[63], 's');
	assert_true(bootp_file(&t.m, text));
	assert_int_equal(strlen(text), BOOTP_FILE);
	assert_int_equal(text[127], 'f');
	drop(&t);
}

static void finds_each_option_of_a_full_message(void **state)
{
	uint8_t b[BOOTP_LONGEST] = {0};
	struct wr w = wr_over(b, sizeof(b));

	(void)state;
	wr_zeros(&w, BOOTP_FIXED);
	wr_bytes(&w, "\x63\x82\x53\x63", 4);
	for (unsigned code = 254; code > 0; code--)
		if (code != OPT_OVERLOAD && code != OPT_MESSAGE_TYPE) {
			wr_u8(&w, (uint8_t)code);
			wr_u8(&w, 60);
			for (unsigned i = 0; i < 60; i++)
				wr_u8(&w, (uint8_t)code);
		}
	assert_false(w.bad);
	hex(HEAD, b, 44);

	struct message t = parse(b, wr_len(&w));

	assert_true(t.is_one);
	for (unsigned code = 0; code < 256; code++) {
		uint8_t v[60];
		bool is_in = code > 0 && code < 255 && code != OPT_OVERLOAD &&
			     code != OPT_MESSAGE_TYPE;

		assert_int_equal(bootp_has(&t.m, (uint8_t)code), is_in);
		assert_int_equal(bootp_option(&t.m, (uint8_t)code, v, 60),
				 is_in ? 60 : -1);
		assert_true(!is_in || v[59] == code);
	}
	drop(&t);
}

static void writes_a_dhcp_offer(void **state)
{
	uint8_t b[BOOTP_MTU_MAX], want[BOOTP_MTU_MAX] = {0};
	struct wr w = wr_over(b, sizeof(b));
	struct bootp_head h = reply_head();
	struct bootp_out o = bootp_begin(&h, &w, 548);

	(void)state;
	assert_true(bootp_put_u8(&o, OPT_MESSAGE_TYPE, DHCP_OFFER));
	assert_true(bootp_put_u32(&o, OPT_SERVER_ID, h.siaddr));
	assert_true(bootp_put_u16(&o, OPT_MTU, 1500));
	assert_true(bootp_put_str(&o, OPT_HOST_NAME, "wendy"));
	assert_true(bootp_put(&o, OPT_USER_CLASS, NULL, 0));
	bootp_end(&o);

	hex("02010600 32e1c25a 00000000 00000000 c0a84d0a c0a84d01 00000000 "
	    "00000f00075a00000000000000000000 77697a617264",
	    want, sizeof(want));
	hex("2f707269766174652f74667470626f6f742f6d616368", want + 108, 22);
	hex(COOKIE "350102 3604c0a84d01 1a0205dc 0c0577656e6479 4d00 ff",
	    want + 236, 64);
	assert_false(w.bad);
	assert_int_equal(wr_len(&w), BOOTP_MIN_SENT);
	assert_memory_equal(b, want, BOOTP_MIN_SENT);
}

static void leaves_out_what_does_not_fit_and_says_so(void **state)
{
	uint8_t b[BOOTP_MTU_MAX], v[BOOTP_MTU_MAX] = {0};
	struct wr w = wr_over(b, sizeof(b));
	struct bootp_out o = bootp_begin(&head, &w, 0);

	(void)state;
	/* 60 bytes behind the magic, one of them for END. */
	assert_false(bootp_put(&o, OPT_ROOT_PATH, v, 58));
	assert_int_equal(wr_len(&w), 240);
	assert_true(bootp_put(&o, OPT_ROOT_PATH, v, 50));
	assert_false(bootp_put(&o, OPT_HOST_NAME, v, 6));
	assert_false(bootp_put_u32(&o, OPT_ROUTER, 1) &&
		     bootp_put_u8(&o, OPT_MESSAGE_TYPE, 1));
	bootp_end(&o);
	assert_false(w.bad);
	assert_int_equal(wr_len(&w), 300);

	/* Exactly full: 57 bytes of value. */
	w = wr_over(b, sizeof(b));
	o = bootp_begin(&head, &w, 300);
	assert_true(bootp_put(&o, OPT_ROOT_PATH, v, 57));
	assert_false(bootp_put_pads(&o, 1));
	bootp_end(&o);
	assert_int_equal(wr_len(&w), 300);
	assert_int_equal(b[299], OPT_END);
}

static void holds_every_message_to_one_packet(void **state)
{
	uint8_t b[4096], v[BOOTP_MTU_MAX + 1] = {0};
	struct wr w = wr_over(b, sizeof(b));
	struct bootp_out o = bootp_begin(&head, &w, SIZE_MAX);

	(void)state;
	assert_false(bootp_put(&o, OPT_VENDOR, v, SIZE_MAX));
	/* With the heads of its parts this is 2^64 + 2. */
	assert_false(bootp_put(&o, OPT_VENDOR, v, SIZE_MAX / 257 * 255 + 1));
	assert_false(bootp_put(&o, OPT_VENDOR, v, sizeof(v)));
	/* 1472 - 240 - 1, less five heads of parts */
	assert_false(bootp_put(&o, OPT_VENDOR, v, 1222));
	assert_true(bootp_put(&o, OPT_VENDOR, v, 1221));
	bootp_end(&o);
	assert_false(w.bad);
	assert_int_equal(wr_len(&w), BOOTP_MTU_MAX);
}

static void splits_long_values_and_reads_them_back(void **state)
{
	static const struct {
		size_t len, written;
	} cases[] = {{0, 2},     {1, 3},     {254, 256}, {255, 257},
		     {256, 260}, {510, 514}, {511, 517}, {1000, 1008}};
	uint8_t v[1000], back[1000];

	(void)state;
	for (size_t i = 0; i < sizeof(v); i++)
		v[i] = (uint8_t)(i * 7 + 1);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint8_t b[BOOTP_MTU_MAX];
		struct wr w = wr_over(b, sizeof(b));
		struct bootp_out o = bootp_begin(&head, &w, BOOTP_MTU_MAX);

		assert_true(bootp_put(&o, OPT_VENDOR, v, cases[i].len));
		assert_int_equal(wr_len(&w), 240 + cases[i].written);
		bootp_end(&o);
		assert_false(w.bad);

		struct message t = parse(b, wr_len(&w));

		assert_true(t.is_one);
		assert_int_equal(
			bootp_option(&t.m, OPT_VENDOR, back, sizeof(back)),
			cases[i].len);
		assert_memory_equal(back, v, cases[i].len);
		drop(&t);
	}
}

static void writes_nothing_into_too_small_a_buffer(void **state)
{
	uint8_t b[400];

	(void)state;
	for (size_t room = 0; room < 300; room++) {
		uint8_t *exact = malloc(room ? room : 1);
		struct wr w = wr_over(exact, room);
		struct bootp_out o = bootp_begin(&head, &w, 300);

		bootp_put_u32(&o, OPT_SUBNET_MASK, 1);
		bootp_end(&o);
		assert_true(w.bad);
		free(exact);
	}

	/* The buffer, not the limit, is what is small: END still has room. */
	struct wr w = wr_over(b, 300);
	struct bootp_out o = bootp_begin(&head, &w, 1472);

	assert_false(bootp_put(&o, OPT_ROOT_PATH, b, 58));
	assert_true(bootp_put(&o, OPT_ROOT_PATH, b, 57));
	bootp_end(&o);
	assert_false(w.bad);
}

static void refuses_to_cut_a_name(void **state)
{
	static const struct {
		size_t sname, file;
		bool bad;
	} cases[] = {{63, 127, false}, {64, 0, true}, {0, 128, true}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint8_t b[300];
		struct wr w = wr_over(b, sizeof(b));
		char sname[65], file[129];
		struct bootp_head h = head;

		memset(sname, 's', cases[i].sname);
		memset(file, 'f', cases[i].file);
		sname[cases[i].sname] = file[cases[i].file] = '\0';
		h.sname = sname;
		h.file = file;

		struct bootp_out o = bootp_begin(&h, &w, 300);

		bootp_end(&o);
		assert_int_equal(w.bad, cases[i].bad);
	}
}

static void pads_hardware_addresses_of_every_length(void **state)
{
	(void)state;
	for (unsigned len = 0; len <= HWADDR_MAX; len++) {
		uint8_t b[BOOTP_FIXED];
		struct wr w = wr_over(b, sizeof(b));
		struct bootp_head h = head;

		h.hw.len = (uint8_t)len;
		memset(h.hw.b, 0xa5, sizeof(h.hw.b));
		bootp_fixed_put(&h, &w);
		assert_false(w.bad);
		assert_int_equal(wr_len(&w), BOOTP_FIXED);
		for (unsigned i = 0; i < HWADDR_MAX; i++)
			assert_int_equal(b[28 + i], i < len ? 0xa5 : 0);

		struct message t = parse(b, sizeof(b));

		assert_int_equal(t.m.hw.len, len);
		assert_memory_equal(t.m.hw.b, b + 28, HWADDR_MAX);
		drop(&t);
	}
}

static void put_a_pad(void)
{
	uint8_t b[300];
	struct wr w = wr_over(b, sizeof(b));
	struct bootp_out o = bootp_begin(&head, &w, 300);

	bootp_put(&o, OPT_PAD, b, 1);
}

static void put_an_end(void)
{
	uint8_t b[300];
	struct wr w = wr_over(b, sizeof(b));
	struct bootp_out o = bootp_begin(&head, &w, 300);

	bootp_put(&o, OPT_END, b, 1);
}

static void put_a_long_address(void)
{
	uint8_t b[300];
	struct wr w = wr_over(b, sizeof(b));
	struct bootp_head h = head;

	h.hw.len = 17;
	bootp_fixed_put(&h, &w);
}

static void stops_at_codes_that_are_no_options(void **state)
{
	(void)state;
	assert_true(dies(put_a_pad));
	assert_true(dies(put_an_end));
	assert_true(dies(put_a_long_address));
}

/* Vendor areas as NeXT machines and their servers exchange them. */
static const struct {
	const char *hex;
	struct next_vend vend;
} dialogs[] = {
	{"4e65585401", {1, NEXT_OK, 0, ""}},
	{"4e655854", {0, NEXT_OK, 0, ""}},
	{"4e655854 01000101 4e616d6520666f72207468697320636f6d70757465723a20",
	 {1, NEXT_QUERY, 1, "Name for this computer: "}},
	{"4e655854 01000201 4e6574776f726b2070617373776f72643a20",
	 {1, NEXT_QUERY_NE, 1, "Network password: "}},
	{"4e655854 01000101 77656e6479", {1, NEXT_QUERY, 1, "wendy"}},
	{"4e655854 01000302"
	 "54686174206e616d6520697320616c72656164792074616b656e2e0a",
	 {1, NEXT_ERROR, 2, "That name is already taken.\n"}},
};

static void reads_and_writes_the_dialog_of_a_next_machine(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(dialogs) / sizeof(*dialogs); i++) {
		uint8_t want[300] = {0}, b[300];
		struct wr w = wr_over(b, sizeof(b));
		struct next_vend v;

		hex(HEAD, want, sizeof(want));
		hex(dialogs[i].hex, want + 236, 64);

		struct message t = parse(want, sizeof(want));

		assert_true(t.is_one);
		assert_true(next_vend_get(&v, &t.m));
		assert_int_equal(v.version, dialogs[i].vend.version);
		assert_int_equal(v.opcode, dialogs[i].vend.opcode);
		assert_int_equal(v.id, dialogs[i].vend.id);
		assert_string_equal(v.text, dialogs[i].vend.text);
		assert_int_equal(bootp_next_opcode(&t.m), v.opcode);

		next_vend_put(&dialogs[i].vend, &head, &w);
		assert_false(w.bad);
		assert_int_equal(wr_len(&w), 300);
		assert_memory_equal(b, want, 300);
		drop(&t);
	}
}

static void writes_a_positive_reply_to_a_next_machine(void **state)
{
	uint8_t want[300] = {0}, b[300];
	struct wr w = wr_over(b, sizeof(b));
	struct bootp_head h = reply_head();

	(void)state;
	hex("02010600 32e1c25a 00000000 00000000 c0a84d0a c0a84d01 00000000 "
	    "00000f00075a",
	    want, sizeof(want));
	strcpy((char *)want + 44, "wizard");
	strcpy((char *)want + 108, "/private/tftpboot/mach");
	hex("4e65585401", want + 236, 64);
	next_vend_put(&(struct next_vend){.version = 1}, &h, &w);
	assert_false(w.bad);
	assert_memory_equal(b, want, sizeof(want));
}

static void gives_a_next_text_its_nul(void **state)
{
	uint8_t b[300] = {0}, back[300];
	struct wr w = wr_over(back, sizeof(back));
	struct next_vend v;

	(void)state;
	hex(HEAD, b, sizeof(b));
	hex("4e65585401000101", b + 236, 64);
	memset(b + 244, 'x', 56); /* the 56th is no part of the text */

	struct message t = parse(b, sizeof(b));

	assert_true(next_vend_get(&v, &t.m));
	assert_int_equal(strlen(v.text), 55);
	next_vend_put(&v, &head, &w);
	assert_false(w.bad);
	assert_int_equal(back[298], 'x');
	assert_int_equal(back[299], 0);

	memset(v.text, 'x', sizeof(v.text));
	w = wr_over(back, sizeof(back));
	next_vend_put(&v, &head, &w);
	assert_true(w.bad);
	drop(&t);

	t = parse(b, 299);
	assert_true(t.is_one);
	assert_false(next_vend_get(&v, &t.m));
	drop(&t);
	memset(b + 236, 0, 64);
	hex(COOKIE, b + 236, 4);
	t = parse(b, sizeof(b));
	assert_true(t.is_one);
	assert_true(t.m.vend == VEND_RFC || !t.is_one);
	assert_false(next_vend_get(&v, &t.m));
	drop(&t);
}

/* A NeXT client looks at byte 242 and at no magic. */
static void sees_replies_as_a_next_client_does(void **state)
{
	static const struct {
		const char *vend;
		uint8_t opcode;
	} cases[] = {
		{COOKIE "350102 ff", NEXT_QUERY_NE},
		{COOKIE "0104ffffff00 ff", 255},
		{COOKIE "00000000 0104ffffff00 ff", NEXT_OK},
		{"0000000000000000", NEXT_OK},
		{"4e655854 010003", NEXT_ERROR},
		{"4e655854 0100", 255},
		{"", 255},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct message t = parse_vend(cases[i].vend);

		assert_true(t.is_one);
		assert_int_equal(bootp_next_opcode(&t.m), cases[i].opcode);
		drop(&t);
	}
}

static void writes_options_that_a_next_client_takes_for_yes(void **state)
{
	uint8_t want[64] = {0}, b[300];
	struct wr w = wr_over(b, sizeof(b));
	struct bootp_out o = bootp_begin(&head, &w, 300);
	uint32_t mask = 0;

	(void)state;
	assert_true(bootp_put_pads(&o, 4));
	assert_true(bootp_put_u32(&o, OPT_SUBNET_MASK, 0xffffff00));
	assert_true(bootp_put_u32(&o, OPT_ROUTER, IP4(192, 168, 77, 1)));
	assert_true(bootp_put_str(&o, OPT_HOST_NAME, "wendy"));
	bootp_end(&o);
	hex(COOKIE "00000000 0104ffffff00 0304c0a84d01 0c0577656e6479 ff", want,
	    sizeof(want));
	assert_false(w.bad);
	assert_memory_equal(b + 236, want, sizeof(want));

	struct message t = parse(b, sizeof(b));

	assert_int_equal(bootp_next_opcode(&t.m), NEXT_OK);
	assert_true(bootp_option_u32(&t.m, OPT_SUBNET_MASK, &mask));
	assert_int_equal(mask, 0xffffff00);
	drop(&t);
}

static void finds_what_a_relay_added(void **state)
{
	static const struct {
		const char *hex;
		uint8_t code;
		const char *value; /* NULL: not there */
	} cases[] = {
		{"010461626364 0202 7879", 1, "abcd"},
		{"010461626364 0202 7879", 2, "xy"},
		{"010461626364 0202 7879", 3, NULL},
		{"0100 020161", 1, ""},
		{"0000 ff0161", 255, "a"},
		{"010161 0203 7879", 2, NULL},
		{"010161 02", 2, NULL},
		{"", 1, NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint8_t v[64];
		const uint8_t *sub = NULL;
		size_t n = hex(cases[i].hex, v, sizeof(v)), len = 0;
		const char *want = cases[i].value;

		assert_int_equal(
			relay_suboption(v, n, cases[i].code, &sub, &len),
			want != NULL);
		if (want) {
			assert_int_equal(len, strlen(want));
			assert_memory_equal(sub, want, len);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_every_field_of_the_fixed_part),
		cmocka_unit_test(accepts_a_request_without_a_vendor_area),
		cmocka_unit_test(tells_vendor_areas_by_their_magic),
		cmocka_unit_test(refuses_what_is_no_message),
		cmocka_unit_test(reads_a_discover),
		cmocka_unit_test(leaves_a_number_of_another_size_alone),
		cmocka_unit_test(walks_options_as_sloppy_clients_send_them),
		cmocka_unit_test(puts_the_parts_of_a_long_option_together),
		cmocka_unit_test(reads_overloaded_fields_file_before_sname),
		cmocka_unit_test(
			ignores_an_overload_inside_an_overloaded_field),
		cmocka_unit_test(
			refuses_an_overloaded_field_whose_options_run_over),
		cmocka_unit_test(reads_fields_filled_to_the_last_byte),
		cmocka_unit_test(finds_each_option_of_a_full_message),
		cmocka_unit_test(writes_a_dhcp_offer),
		cmocka_unit_test(leaves_out_what_does_not_fit_and_says_so),
		cmocka_unit_test(holds_every_message_to_one_packet),
		cmocka_unit_test(splits_long_values_and_reads_them_back),
		cmocka_unit_test(writes_nothing_into_too_small_a_buffer),
		cmocka_unit_test(refuses_to_cut_a_name),
		cmocka_unit_test(pads_hardware_addresses_of_every_length),
		cmocka_unit_test(stops_at_codes_that_are_no_options),
		cmocka_unit_test(reads_and_writes_the_dialog_of_a_next_machine),
		cmocka_unit_test(writes_a_positive_reply_to_a_next_machine),
		cmocka_unit_test(gives_a_next_text_its_nul),
		cmocka_unit_test(sees_replies_as_a_next_client_does),
		cmocka_unit_test(
			writes_options_that_a_next_client_takes_for_yes),
		cmocka_unit_test(finds_what_a_relay_added),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
