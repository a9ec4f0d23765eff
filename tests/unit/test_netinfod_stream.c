/*
 * Answers without end: what a clone gets of 20,000 and of 100,000 machines,
 * piece by piece as its connection takes them; all of it of one state, or cut.
 */
#include "engine/netinfod.h"

#include "engine/netinfo_copy.h"
#include "model/domain.h"
#include "props.h"
#include "rpc_world.h"
#include "wire/netinfo.h"

#include <errno.h>
#include <stdio.h>

enum { PORT = 1035, STEP = 64 * 1024, CONN = 3 };

/* What came of one record, and whether it is whole. */
struct scene {
	struct world w;
	struct netinfod *n;
	uint8_t *bytes;
	size_t len, room;
	uint32_t conn; /* the one that is listened to */
	unsigned parts;
	bool is_whole;
};

static void on_sent(void *arg, const struct send *p)
{
	struct scene *s = arg;

	if (p->how != SEND_RECORD || p->conn != s->conn)
		return;
	assert_false(s->is_whole);
	if (s->len + p->head_len > s->room) {
		s->room = 2 * (s->len + p->head_len);
		s->bytes = realloc(s->bytes, s->room);
		assert_non_null(s->bytes);
	}
	memcpy(s->bytes + s->len, p->head, p->head_len);
	s->len += p->head_len;
	s->parts++;
	s->is_whole = !p->is_part;
}

static void apply(struct scene *s, uint32_t id, uint32_t parent,
		  const char *text)
{
	struct directory *d = s->w.site.directory;
	const struct entry *e = directory_entry(d, id);
	struct props room;
	struct change c = {.kind = id == DOMAIN_FIRST ? CHANGE_DOMAIN_PUT
						      : CHANGE_ENTRY_PUT,
			   .domain = DOMAIN_FIRST,
			   .id = id,
			   .parent = parent,
			   .instance = e ? e->instance + 1 : 1,
			   .props = props(&room, text)};

	assert_int_equal(directory_apply(d, &c), 0);
}

/* One more machine, as they are. */
static uint32_t add(struct scene *s, uint32_t i)
{
	uint32_t id = directory_next_id(s->w.site.directory);
	char text[256];

	snprintf(text, sizeof(text),
		 "name=node%u; ip_address=10.%u.%u.%u;"
		 "en_address=2:1:%x:%x:%x:%x; serves=node%u/local",
		 i, 16 + (i >> 16), i >> 8 & 255, i & 255, i >> 24, i >> 16,
		 i >> 8 & 255, i & 255, i);
	apply(s, id, ENTRY_MACHINES, text);
	return id;
}

static void open_scene(struct scene *s, uint32_t machines)
{
	*s = (struct scene){.conn = CONN};
	rpc_world_open(&s->w);
	s->w.settings.netinfo.serve = true;
	for (uint32_t i = 0; i < machines; i++)
		add(s, i);
	s->w.site.domain = DOMAIN_FIRST;
	assert_int_equal(netinfod_open(&s->n, &s->w.site, &stage_alloc, 7), 0);
	stage_engine(s->w.st, netinfod_engine(s->n));
	for (int i = 0; i < STAGE_KINDS; i++)
		s->w.st->hides[i] = i != EFFECT_HANGUP;
	s->w.st->me = (struct endpoint){WORLD_SERVER, PORT};
	s->w.st->peer = (struct endpoint){WENDY, 700};
	netinfod_start(s->n, s->w.st->now, stage_begin(s->w.st));
	stage_end(s->w.st);
	s->w.st->sent = on_sent;
	s->w.st->arg = s;
	stage_forget(s->w.st);
}

static void close_scene(struct scene *s)
{
	netinfod_close(s->n, &stage_alloc);
	world_close(&s->w);
	free(s->bytes);
}

static void asks_by(struct scene *s, uint32_t conn, uint32_t procedure,
		    struct netinfo args)
{
	uint8_t b[1024];
	struct wr w = wr_over(b, sizeof(b));

	s->len = s->parts = 0;
	s->is_whole = false;
	s->conn = conn;
	put_call(&w, NETINFO_PROGRAM, NETINFO_VERSION, procedure);
	netinfo_args_put(&args, procedure, &w);
	assert_false(w.bad);
	stage_hear_record(s->w.st, conn, b, wr_len(&w));
}

static void asks(struct scene *s, uint32_t procedure, struct netinfo args)
{
	asks_by(s, CONN, procedure, args);
}

static struct netinfo heard(const struct scene *s, uint32_t procedure)
{
	struct rd r = rd_over(s->bytes, s->len);
	struct rpc_reply p;
	struct netinfo m;

	assert_true(s->is_whole);
	assert_true(rpc_reply_get(&p, &r));
	assert_int_equal(p.status, RPC_SUCCESS);
	r = rd_over(p.results, p.len);
	assert_true(netinfo_results_get(&m, procedure, &r));
	return m;
}

/* ---- all of it ------------------------------------------------------------
 */

static void is_whole_copy(const struct scene *s, uint32_t machines)
{
	struct netinfo m = heard(s, NETINFO_READALL);
	struct netinfo_object o;
	uint32_t sum = 0, highest = 0, n = 0;

	assert_int_equal(m.status, NETINFO_OK);
	while (netinfo_object_next(&m.list, &o)) {
		sum += (o.id.object + 1) * o.id.instance;
		highest = o.id.object > highest ? o.id.object : highest;
		n += o.parent == ENTRY_MACHINES - DOMAIN_FIRST;
		if (o.id.object == ENTRY_MACHINES - DOMAIN_FIRST)
			assert_int_equal(o.children.n, machines);
	}
	assert_int_equal(n, machines);
	assert_int_equal(sum, m.checksum);
	assert_int_equal(sum,
			 domain_checksum(s->w.site.directory, DOMAIN_FIRST));
	assert_int_equal(highest, m.highest);
}

/* rpc_world.h's are three more. */
static void clone_of(uint32_t machines)
{
	struct scene s;
	size_t before;
	unsigned steps = 0;

	open_scene(&s, machines);
	s.w.st->holds[EFFECT_DRAIN] = true;
	asks(&s, NETINFO_READALL, (struct netinfo){0});
	while (!s.is_whole) {
		before = s.len;
		assert_int_equal(stage_held(s.w.st, EFFECT_DRAIN), 1);
		stage_settle(s.w.st, EFFECT_DRAIN, 0);
		assert_true(s.len - before <= STEP);
		steps++;
	}
	assert_int_equal(stage_held(s.w.st, EFFECT_DRAIN), 0);
	is_whole_copy(&s, directory_machines(s.w.site.directory));
	assert_true(directory_machines(s.w.site.directory) >= machines);
	print_message("%u machines: %zu bytes, %u fragments, %u steps\n",
		      machines, s.len, s.parts, steps);
	assert_int_equal(netinfod_stats(s.n)->streams, 1);
	assert_int_equal(netinfod_stats(s.n)->too_long, 0);
	close_scene(&s);
}

static void a_clone_gets_20000_machines(void **state)
{
	(void)state;
	clone_of(20000);
}

static void a_clone_gets_100000_machines(void **state)
{
	(void)state;
	clone_of(100000);
}

static void lists_have_any_length(void **state)
{
	struct netinfo args = {
		.id = {ENTRY_MACHINES - DOMAIN_FIRST, 0},
		.key = span_of("serves"),
	};
	struct netinfo_entry e;
	struct netinfo_list props;
	struct netinfo m;
	uint32_t all, n;
	struct scene s;

	(void)state;
	open_scene(&s, 60000);
	all = directory_machines(s.w.site.directory);
	asks(&s, NETINFO_CHILDREN, args);
	assert_int_equal(heard(&s, NETINFO_CHILDREN).list.n, all);
	asks(&s, NETINFO_LIST, args);
	m = heard(&s, NETINFO_LIST);
	assert_int_equal(m.list.n, all);
	assert_int_equal(m.id.object, args.id.object);
	for (n = 0; netinfo_entry_next(&m.list, &e);)
		n += e.has_values;
	assert_int_equal(n, 60000);
	asks(&s, NETINFO_LISTALL, args);
	m = heard(&s, NETINFO_LISTALL);
	for (n = 0; netinfo_props_next(&m.list, &props); n++)
		assert_true(props.n >= 1);
	assert_int_equal(n, all);
	assert_int_equal(netinfod_stats(s.n)->streams, 3);
	close_scene(&s);
}

/* ---- of one state, or cut -------------------------------------------------
 */

static void begins(struct scene *s, uint32_t machines)
{
	open_scene(s, machines);
	s->w.st->holds[EFFECT_DRAIN] = true;
	asks(s, NETINFO_READALL, (struct netinfo){0});
	assert_int_equal(stage_held(s->w.st, EFFECT_DRAIN), 1);
}

static void one_that_changes_meanwhile_is_cut(void **state)
{
	struct scene s;

	(void)state;
	begins(&s, 3000);
	add(&s, 3000);
	stage_settle(s.w.st, EFFECT_DRAIN, 0);
	assert_false(s.is_whole);
	stage_expect(s.w.st, "    0 ms  hang up 3\n");
	assert_int_equal(netinfod_stats(s.n)->cut, 1);
	stage_hear_hangup(s.w.st, CONN);
	s.w.st->holds[EFFECT_DRAIN] = false;
	asks_by(&s, 4, NETINFO_READALL, (struct netinfo){0});
	is_whole_copy(&s, directory_machines(s.w.site.directory));
	close_scene(&s);
}

static void what_happens_in_another_domain_cuts_nothing(void **state)
{
	struct scene s;
	struct props room;
	struct change c = {.kind = CHANGE_DOMAIN_PUT,
			   .parent = DOMAIN_FIRST,
			   .instance = 1,
			   .props = props(&room, "name=other")};

	(void)state;
	begins(&s, 3000);
	c.id = directory_next_id(s.w.site.directory);
	assert_int_equal(directory_apply(s.w.site.directory, &c), 0);
	s.w.st->holds[EFFECT_DRAIN] = false;
	stage_settle(s.w.st, EFFECT_DRAIN, 0);
	is_whole_copy(&s, directory_machines(s.w.site.directory));
	close_scene(&s);
}

static void who_has_gone_leaves_its_place(void **state)
{
	struct scene s;

	(void)state;
	begins(&s, 3000);
	for (uint32_t i = 1; i < 64; i++)
		asks_by(&s, CONN + i, NETINFO_READALL, (struct netinfo){0});
	assert_int_equal(stage_held(s.w.st, EFFECT_DRAIN), 64);
	asks_by(&s, 100, NETINFO_READALL, (struct netinfo){0});
	assert_int_equal(heard(&s, NETINFO_READALL).status, NETINFO_SYSTEMERR);
	assert_int_equal(netinfod_stats(s.n)->too_long, 1);
	stage_hear_hangup(s.w.st, CONN);
	s.len = 0;
	s.conn = CONN;
	stage_settle(s.w.st, EFFECT_DRAIN, 0); /* nobody is there any more */
	assert_int_equal(s.len, 0);
	asks_by(&s, 101, NETINFO_READALL, (struct netinfo){0});
	assert_int_equal(stage_held(s.w.st, EFFECT_DRAIN), 64);
	close_scene(&s);
}

static void who_asks_again_meanwhile_is_hung_up_on(void **state)
{
	struct scene s;

	(void)state;
	begins(&s, 3000);
	asks(&s, NETINFO_ROOT, (struct netinfo){0});
	assert_int_equal(s.len, 0);
	stage_expect(s.w.st, "    0 ms  hang up 3\n");
	stage_settle(s.w.st, EFFECT_DRAIN, 0);
	assert_int_equal(s.len, 0);
	close_scene(&s);
}

/* Its answer would stand between two fragments. */
static void who_waits_for_a_write_is_told_nothing_long(void **state)
{
	struct netinfo args = {.id = {0, 0}};
	struct scene s;

	(void)state;
	open_scene(&s, 3000);
	args.id.object = directory_next_id(s.w.site.directory) - 1 -
			 DOMAIN_FIRST;
	args.id.instance = 1;
	s.w.settings.netinfo.writes = true;
	s.w.st->peer = (struct endpoint){IP4(127, 0, 0, 1), 700};
	s.w.st->holds[EFFECT_COMMIT] = true;
	asks(&s, NETINFO_DESTROYPROP, args);
	assert_int_equal(stage_held(s.w.st, EFFECT_COMMIT), 1);
	asks(&s, NETINFO_READALL, (struct netinfo){0});
	assert_int_equal(heard(&s, NETINFO_READALL).status, NETINFO_SYSTEMERR);
	asks_by(&s, 4, NETINFO_READALL, (struct netinfo){0});
	is_whole_copy(&s, directory_machines(s.w.site.directory));
	stage_settle(s.w.st, EFFECT_COMMIT, -ENOSPC);
	close_scene(&s);
}

/* LIMIT: each of its values takes eight bytes of the wire, and two of ours. */
static void a_directory_of_200_KiB_is_told_to_nobody(void **state)
{
	enum { VALUES = 26000 };
	uint8_t *room = malloc(2 * VALUES + 64);
	struct plist_out o = plist_begin(room, 2 * VALUES + 64);
	struct change c = {.kind = CHANGE_ENTRY_PUT,
			   .domain = DOMAIN_FIRST,
			   .parent = ENTRY_CONFIG,
			   .instance = 1};
	struct scene s;

	(void)state;
	open_scene(&s, 0);
	plist_add(&o, "name");
	plist_add_value(&o, "large");
	plist_add(&o, "x");
	for (unsigned i = 0; i < VALUES; i++)
		plist_add_value(&o, "y");
	assert_true(plist_end(&o, &c.props));
	c.id = directory_next_id(s.w.site.directory);
	assert_int_equal(directory_apply(s.w.site.directory, &c), 0);
	free(room);
	asks(&s, NETINFO_READ, (struct netinfo){.id = {c.id - 1, 0}});
	assert_int_equal(heard(&s, NETINFO_READ).status, NETINFO_SYSTEMERR);
	asks(&s, NETINFO_READALL, (struct netinfo){0});
	assert_false(s.is_whole);
	stage_expect(s.w.st, "    0 ms  hang up 3\n");
	assert_int_equal(netinfod_stats(s.n)->too_long, 2);
	close_scene(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_clone_gets_20000_machines),
		cmocka_unit_test(a_clone_gets_100000_machines),
		cmocka_unit_test(lists_have_any_length),
		cmocka_unit_test(one_that_changes_meanwhile_is_cut),
		cmocka_unit_test(what_happens_in_another_domain_cuts_nothing),
		cmocka_unit_test(who_has_gone_leaves_its_place),
		cmocka_unit_test(who_asks_again_meanwhile_is_hung_up_on),
		cmocka_unit_test(who_waits_for_a_write_is_told_nothing_long),
		cmocka_unit_test(a_directory_of_200_KiB_is_told_to_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
