/*
 * What must change so that a directory has what a file names: matching,
 * merging, deleting, values that move, and that nothing is done twice.
 */
#include "model/difference.h"

#include "base/rand.h"
#include "model/format.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "draft_desk.h"

struct world {
	struct draft_desk desk;
	struct purse purse;
	struct directory *d;
	struct difference_options o;
	char said[1 << 16];
};

static int open_world(void **state)
{
	struct world *w = calloc(1, sizeof *w);

	assert_non_null(w);
	assert_int_equal(directory_open(&w->d, purse_open(&w->purse), 8, 1), 0);
	w->o = (struct difference_options){
		.directory = w->d, .domain = DOMAIN_FIRST, .top = ENTRY_ROOT};
	*state = w;
	return 0;
}

static int close_world(void **state)
{
	struct world *w = *state;

	directory_close(w->d);
	assert_int_equal(w->purse.out, 0);
	free(w);
	return 0;
}

static void add_props(char *to, size_t room, const struct plist *pl)
{
	struct rd r = rd_over(pl->bytes, pl->len);
	struct property p;

	while (plist_next(&r, &p)) {
		size_t n = strlen(to);

		n += (size_t)snprintf(to + n, room - n, " %s:", p.name);
		for (unsigned i = 0; i < p.n; i++)
			n += (size_t)snprintf(to + n, room - n, "%s%s",
					      i ? "," : "",
					      property_value(&p, i));
	}
}

/* "+3 1 name:a": what, the id, the line, the list. */
static const char *changes_said(struct world *w, const struct difference *x)
{
	w->said[0] = 0;
	for (size_t i = 0; i < x->changes->n; i++) {
		const struct change *c = &x->changes->v[i];
		size_t n = strlen(w->said);

		snprintf(w->said + n, sizeof w->said - n, "%c%u %u",
			 "+~-f"[x->parts[i].kind], c -> id, x -> parts[i].line);
		add_props(w->said, sizeof w->said, &c->props);
		strcat(w->said, "\n");
	}
	return w->said;
}

/* All of it or nothing, as a server does. */
static int apply(struct world *w, const struct difference *x)
{
	uint32_t other;
	size_t failed;
	int rc = directory_check_all(w->d, x->changes->v, x->changes->n,
				     &failed, &other);

	return rc ? rc
		  : directory_apply_all(w->d, x->changes->v, x->changes->n);
}

/* What an import of that text changes. */
static const char *import(struct world *w, const char *format, const char *text)
{
	const struct format *f = format_named(format);
	struct difference x;

	assert_true(desk_read(&w->desk, format, text));
	w->o.names_one = f->names_one;
	w->o.key = f->key;
	w->o.is_exact = !f->directories[0];
	assert_int_equal(
		difference_make(&x, &w->desk.purse.alloc, &w->o, w->desk.d), 0);
	changes_said(w, &x);
	assert_int_equal(apply(w, &x), 0);
	difference_close(&x);
	desk_done(&w->desk);
	return w->said;
}

#define IMPORTS(format, text_, said_)                                          \
	assert_string_equal(import(*state, format, text_), said_)

static void what_is_new_is_added_and_what_is_there_stays(void **state)
{
	IMPORTS("hosts", "10.0.0.1 a www\n10.0.0.2 b\n",
		"+6 1 name:a,www ip_address:10.0.0.1\n"
		"+7 2 name:b ip_address:10.0.0.2\n");
	IMPORTS("hosts", "10.0.0.1 a www\n10.0.0.2 B\n", "");
	IMPORTS("hosts", "10.0.0.3 b\n", "~7 1 name:b ip_address:10.0.0.3\n");
}

static void merging_keeps_what_the_file_does_not_name(void **state)
{
	struct world *w = *state;

	IMPORTS("hosts", "10.0.0.1 a www\n",
		"+6 1 name:a,www "
		"ip_address:10.0.0.1\n");
	w->o.merges = true;
	IMPORTS("ethers", "0:0:f:0:7:5a www\n",
		"~6 1 name:a,www ip_address:10.0.0.1 "
		"en_address:00:00:0f:00:07:5a\n");
	/* Another spelling is no difference. */
	IMPORTS("ethers", "00-00-0F-00-07-5A A\n", "");
	/* hosts has all names, ethers only one. */
	IMPORTS("hosts", "10.0.0.1 a\n",
		"~6 1 name:a ip_address:10.0.0.1 "
		"en_address:00:00:0f:00:07:5a\n");
	w->o.merges = false;
	IMPORTS("hosts", "10.0.0.1 a\n", "~6 1 name:a ip_address:10.0.0.1\n");
}

static void deleting_leaves_what_is_named_alone(void **state)
{
	struct world *w = *state;

	IMPORTS("hosts", "10.0.0.1 a\n10.0.0.2 b\n10.0.0.3 c\n",
		"+6 1 name:a ip_address:10.0.0.1\n"
		"+7 2 name:b ip_address:10.0.0.2\n"
		"+8 3 name:c ip_address:10.0.0.3\n");
	w->o.deletes = true;
	IMPORTS("hosts", "10.0.0.1 c\n",
		"-6 0\n-7 0\n~8 1 name:c ip_address:10.0.0.1\n");
	/* The other directories are not hosts' affair. */
	IMPORTS("passwd", "me:*:1:1:::\n",
		"+9 0 name:users\n+10 1 name:me passwd:* uid:1 gid:1\n");
	IMPORTS("passwd", "", "-10 0\n");
}

static void its_first_name_is_not_another_ones_second(void **state)
{
	IMPORTS("rpc", "x 1 b\nb 2\n",
		"+6 0 name:rpcs\n+7 1 name:x,b number:1\n"
		"+8 2 name:b number:2\n");
	IMPORTS("rpc", "b 2\nx 1 b\n", "");
}

static void values_may_move_between_machines(void **state)
{
	IMPORTS("hosts", "10.0.0.1 a\n10.0.0.2 b\n10.0.0.3 c\n",
		"+6 1 name:a ip_address:10.0.0.1\n"
		"+7 2 name:b ip_address:10.0.0.2\n"
		"+8 3 name:c ip_address:10.0.0.3\n");
	IMPORTS("hosts", "10.0.0.2 a\n10.0.0.3 b\n10.0.0.1 c\n",
		"f6 1 name:a ip_address:\n"
		"f7 2 name:b ip_address:\n"
		"f8 3 name:c ip_address:\n"
		"~6 1 name:a ip_address:10.0.0.2\n"
		"~7 2 name:b ip_address:10.0.0.3\n"
		"~8 3 name:c ip_address:10.0.0.1\n");
	IMPORTS("hosts", "10.0.0.2 a\n10.0.0.3 b\n10.0.0.1 c\n", "");
}

static void one_without_a_name_is_known_by_its_address(void **state)
{
	struct world *w = *state;

	w->o.merges = true;
	IMPORTS("dnsmasq", "dhcp-host=0:0:f:0:7:5a,wendy\n",
		"+6 1 name:wendy en_address:00:00:0f:00:07:5a\n");
	IMPORTS("dnsmasq", "dhcp-host=0:0:f:0:7:5a,10.0.0.9\n",
		"~6 1 name:wendy en_address:00:00:0f:00:07:5a "
		"ip_address:10.0.0.9\n");
}

static void entries_of_one_name_are_told_apart_by_a_key(void **state)
{
	IMPORTS("services", "exec 512/tcp\nexec 513/tcp\n",
		"+6 0 name:services\n"
		"+7 1 name:exec port:512 protocol:tcp\n"
		"+8 2 name:exec port:513 protocol:tcp\n");
	IMPORTS("services", "exec 513/udp\nexec 512/tcp\n",
		"~8 1 name:exec port:513 protocol:udp\n");
}

static const char raw[] =
	"{ name = x; b = 1; a; CHILDREN = ( { name = machines; CHILDREN = (\n"
	"{ name = m; en_address = \"0:0:f:0:7:5a\"; } ) },\n"
	"{ name = t; CHILDREN = ( { n = 1; }, { n = 1; }, { name = u; },\n"
	"{ name = u; v = 2; } ) } ) }\n";

static void raw_dumps_are_exact(void **state)
{
	struct world *w = *state;

	IMPORTS("netinfo", raw,
		"~1 1 name:/ b:1 a:\n"
		"+6 2 name:m en_address:0:0:f:0:7:5a\n"
		"+7 3 name:t\n+8 3 n:1\n+9 3 n:1\n+10 3 name:u\n"
		"+11 4 name:u v:2\n");
	IMPORTS("netinfo", raw, "");
	IMPORTS("netinfo", "{ a; b = 1; }", "~1 1 name:/ a: b:1\n");
	w->o.deletes = true;
	/* Of two alike one is left, of two of one name the first. */
	IMPORTS("netinfo",
		"{ a; b = 1; CHILDREN = ( { name = machines; },\n"
		"{ name = t; CHILDREN = ( { n = 1; }, { name = u; } ) } ) }",
		"-6 0\n-9 0\n-11 0\n");
}

static void a_directory_may_be_new(void **state)
{
	struct world *w = *state;

	w->o.top = ENTRY_NONE;
	w->o.parent = ENTRY_CONFIG;
	IMPORTS("netinfo", "{ name = new; CHILDREN = ( { x; } ) }",
		"+6 1 name:new\n+7 1 x:\n");
	assert_int_equal(directory_entry(w->d, 6)->parent, ENTRY_CONFIG);
}

/* However it was, afterwards it is as the dump says; and a second time there
 * is nothing to do. */
static void random_dumps_lead_from_one_to_the_other(void **state)
{
	struct world *w = *state;
	struct rand r;

	rand_seed(&r, 1);
	w->o.deletes = true;
	for (int run = 0; run < 300; run++) {
		char text[8192];
		size_t n = (size_t)snprintf(
			text, sizeof text,
			"{ CHILDREN = ( { name = machines; CHILDREN = (");

		for (unsigned i = 0; i < 12; i++) {
			unsigned k = (unsigned)rand_below(&r, 3);

			/* Each is in one place at a time: moved about. */
			n += (size_t)snprintf(
				text + n, sizeof text - n,
				"%s{ name = m%u; ip_address = 10.0.0.%u; x%u; "
				"}",
				i ? "," : "", i,
				1 + (i * 5 + (unsigned)run % 12) % 12 + k * 20,
				k);
		}
		snprintf(text + n, sizeof text - n, ") } ) }");
		import(w, "netinfo", text);
		assert_string_equal(import(w, "netinfo", text), "");
		assert_int_equal(directory_machines(w->d), 12);
	}
}

static void memory_may_end_at_any_point(void **state)
{
	struct world *w = *state;

	import(w, "netinfo", raw);
	for (long left = 0; left < 60; left++) {
		struct difference x;
		int rc;

		assert_true(desk_read(&w->desk, "hosts",
				      "10.0.0.1 m\n10.0.0.2 n\n"));
		w->desk.purse.left = left;
		rc = difference_make(&x, &w->desk.purse.alloc, &w->o,
				     w->desk.d);
		assert_true(rc == 0 || rc == -ENOMEM);
		difference_close(&x);
		desk_done(&w->desk);
	}
}

int main(void)
{
#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, open_world, close_world)
	const struct CMUnitTest tests[] = {
		TEST(what_is_new_is_added_and_what_is_there_stays),
		TEST(merging_keeps_what_the_file_does_not_name),
		TEST(deleting_leaves_what_is_named_alone),
		TEST(its_first_name_is_not_another_ones_second),
		TEST(values_may_move_between_machines),
		TEST(one_without_a_name_is_known_by_its_address),
		TEST(entries_of_one_name_are_told_apart_by_a_key),
		TEST(raw_dumps_are_exact),
		TEST(a_directory_may_be_new),
		TEST(random_dumps_lead_from_one_to_the_other),
		TEST(memory_may_end_at_any_point),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
