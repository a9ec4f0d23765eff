/*
 * /etc/bootparams and /etc/hosts, as people have written them.
 */
#include "model/bootparams.h"

#include "base/addr.h"
#include "model/hosts.h"
#include "purse.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char file[] = "# diskless machines\n"
			   "wendy\troot=wizard:/export/wendy/root \\\n"
			   "\tswap=wizard:/export/wendy/swap \\\n"
			   "\tdump=wizard:/export/wendy/dump # its own \\\n"
			   "moira\n"
			   "\n"
			   "   gillian  root=:/usr   boottype=:sun4c\r\n"
			   "+\n"
			   "Wendy root=other:/x\n"
			   "+diskless  \n"
			   "last pub=a:b:c";

static struct purse purse;

static struct bootparams *open_text(const char *text)
{
	struct bootparams *b;

	assert_int_equal(
		bootparams_open(&b, purse_open(&purse), text, strlen(text)), 0);
	return b;
}

static void close_text(struct bootparams *b)
{
	bootparams_close(b);
	assert_int_equal(purse.out, 0);
}

static void is_value(const struct bootparams *b, const char *name,
		     const char *key, const char *want)
{
	const struct bootparams_entry *e = bootparams_find(b, span_of(name));
	struct span value;

	assert_non_null(e);
	assert_int_equal(bootparams_value(e, span_of(key), &value),
			 want != NULL);
	if (want)
		assert_true(span_is(value, want));
}

static void lines_go_on_behind_a_backslash(void **state)
{
	struct bootparams *b = open_text(file);

	(void)state;
	is_value(b, "wendy", "root", "wizard:/export/wendy/root");
	is_value(b, "wendy", "swap", "wizard:/export/wendy/swap");
	is_value(b, "wendy", "dump", "wizard:/export/wendy/dump");
	/* Not behind one in a comment. */
	is_value(b, "moira", "root", NULL);
	is_value(b, "gillian", "boottype", ":sun4c");
	is_value(b, "last", "pub", "a:b:c");
	close_text(b);
}

static void a_key_is_a_whole_word(void **state)
{
	struct bootparams *b =
		open_text("wendy rootopts=:vers2 root=a:b roo=c");

	(void)state;
	is_value(b, "wendy", "root", "a:b");
	is_value(b, "wendy", "rootopts", ":vers2");
	is_value(b, "wendy", "roo", "c");
	is_value(b, "wendy", "ro", NULL);
	is_value(b, "wendy", "", NULL);
	close_text(b);
}

static void the_first_line_of_a_machine_counts(void **state)
{
	struct bootparams *b = open_text(file);
	const struct bootparams_entry *e = bootparams_find(b, span_of("WENDY"));

	(void)state;
	assert_non_null(e);
	assert_true(span_is(e->name, "wendy"));
	assert_int_equal(e->line, 2);
	assert_null(bootparams_find(b, span_of("wend")));
	assert_null(bootparams_find(b, span_of("")));
	assert_null(bootparams_find(b, span_of("+")));
	assert_null(bootparams_find(b, span_of("#")));
	assert_int_equal(bootparams_find(b, span_of("moira"))->line, 5);
	assert_int_equal(bootparams_find(b, span_of("last"))->line, 11);
	close_text(b);
}

static void a_plus_is_the_place_of_a_map(void **state)
{
	struct bootparams *b = open_text(file);
	const struct bootparams_entry *e;
	uint32_t at = 0;

	(void)state;
	e = bootparams_map(b, &at);
	assert_true(span_is(e->name, "+"));
	assert_int_equal(e->line, 8);
	e = bootparams_map(b, &at);
	assert_true(span_is(e->name, "+diskless"));
	assert_int_equal(e->line, 10);
	assert_null(bootparams_map(b, &at));
	close_text(b);
}

static void a_value_has_two_parts(void **state)
{
	static const struct {
		const char *value, *server, *path;
	} cases[] = {{"wizard:/export", "wizard", "/export"},
		     {":/usr", "", "/usr"},
		     {"wizard:", "wizard", ""},
		     {"kernel", "", "kernel"},
		     {"a:b:c", "a", "b:c"},
		     {"", "", ""}};

	(void)state;
	for (int i = 0; i < 6; i++) {
		struct span server, path;

		bootparam_split(span_of(cases[i].value), &server, &path);
		assert_true(span_is(server, cases[i].server));
		assert_true(span_is(path, cases[i].path));
	}
}

static void odd_files_are_read_all_the_same(void **state)
{
	static const char *const odd[] = {"",  "\n",   "\\",  "\\\n",
					  "#", "# \\", "a\\", "a\\\n",
					  " ", "\r\n", "+"};

	(void)state;
	for (size_t i = 0; i < sizeof(odd) / sizeof(*odd); i++)
		close_text(open_text(odd[i]));
}

static void ten_thousand_lines_are_found(void **state)
{
	static char text[10000 * 24];
	struct bootparams *b;
	size_t len = 0;

	(void)state;
	for (int i = 0; i < 10000; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
					"node%d root=s:/%d\n", i, i);
	b = open_text(text);
	is_value(b, "node0", "root", "s:/0");
	is_value(b, "node9999", "root", "s:/9999");
	assert_int_equal(bootparams_find(b, span_of("node5000"))->line, 5001);
	close_text(b);
}

static void hosts_have_names_and_addresses(void **state)
{
	static const char text[] = "127.0.0.1 localhost\n"
				   "::1 localhost ip6-localhost\n"
				   "10.0.0.9\tmoira.example.net  moira # m\n"
				   "10.0.0.9 other moira\n"
				   "10.0.0.7\n"
				   "10.0.0.300 wrong\n"
				   " 10.0.0.8 Kim";
	struct hosts *h;
	struct span name;

	(void)state;
	assert_int_equal(
		hosts_open(&h, purse_open(&purse), text, sizeof(text) - 1), 0);
	assert_true(hosts_name(h, IP4(10, 0, 0, 9), 0, &name));
	assert_true(span_is(name, "moira.example.net"));
	assert_true(hosts_name(h, IP4(10, 0, 0, 9), 1, &name));
	assert_true(span_is(name, "moira"));
	assert_false(hosts_name(h, IP4(10, 0, 0, 9), 2, &name));
	assert_false(hosts_name(h, IP4(10, 0, 0, 7), 0, &name));
	assert_true(hosts_name(h, IP4(10, 0, 0, 8), 0, &name));
	assert_int_equal(hosts_ip(h, span_of("MOIRA")), IP4(10, 0, 0, 9));
	assert_int_equal(hosts_ip(h, span_of("other")), IP4(10, 0, 0, 9));
	assert_int_equal(hosts_ip(h, span_of("kim")), IP4(10, 0, 0, 8));
	assert_int_equal(hosts_ip(h, span_of("localhost")), IP4(127, 0, 0, 1));
	assert_int_equal(hosts_ip(h, span_of("m")), 0);
	assert_int_equal(hosts_ip(h, span_of("wrong")), 0);
	assert_false(hosts_name(NULL, IP4(10, 0, 0, 9), 0, &name));
	assert_int_equal(hosts_ip(NULL, span_of("kim")), 0);
	hosts_close(h);
	assert_int_equal(purse.out, 0);
}

static void out_of_memory_leaves_nothing_behind(void **state)
{
	static char many[4096];
	struct bootparams *b;
	struct hosts *h;
	size_t len = 0;

	(void)state;
	for (int i = 0; i < 60; i++)
		len += (size_t)snprintf(many + len, sizeof(many) - len,
					"10.0.0.%d node%d\n", i + 1, i);
	for (long n = 0;; n++) {
		const struct alloc *alloc = purse_open(&purse);
		int rc;

		purse.left = n;
		rc = bootparams_open(&b, alloc, many, len);
		if (!rc)
			bootparams_close(b);
		assert_int_equal(purse.out, 0);
		if (!rc)
			break;
		assert_int_equal(rc, -ENOMEM);
	}
	for (long n = 0;; n++) {
		const struct alloc *alloc = purse_open(&purse);
		int rc;

		purse.left = n;
		rc = hosts_open(&h, alloc, many, len);
		if (!rc)
			hosts_close(h);
		assert_int_equal(purse.out, 0);
		if (!rc)
			break;
		assert_int_equal(rc, -ENOMEM);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_go_on_behind_a_backslash),
		cmocka_unit_test(a_key_is_a_whole_word),
		cmocka_unit_test(the_first_line_of_a_machine_counts),
		cmocka_unit_test(a_plus_is_the_place_of_a_map),
		cmocka_unit_test(a_value_has_two_parts),
		cmocka_unit_test(odd_files_are_read_all_the_same),
		cmocka_unit_test(ten_thousand_lines_are_found),
		cmocka_unit_test(hosts_have_names_and_addresses),
		cmocka_unit_test(out_of_memory_leaves_nothing_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
