/*
 * A client of NetInfo beside our own server: it is bound, climbs, and finds
 * what the nearest domain has; and beside servers that are silent, old or
 * wrong.
 */
#include "engine/nic.h"

#include "engine/netinfo_copy.h"
#include "engine/netinfod.h"
#include "engine/rpcd.h"
#include "props.h"
#include "rpc_world.h"
#include "wire/netinfo.h"

#include <errno.h>
#include <stdio.h>

enum { ROOM = 4096, OURS = 700 };

/*
 *	/         "root": machines far, wendy (another); users root, lee
 *	/boston   "network", the server's own: machines wendy, print; users lee
 */
struct two {
	struct world w; /* the server */
	struct rpcd *rpcd;
	struct netinfod *netinfod;
	uint32_t boston;
	uint32_t above, below; /* the users' directories of both */
	struct nic *n;
	struct stage *st; /* the client */
	bool is_dead;
	uint32_t deaf_to; /* a procedure that it has not; 0: none */
	uint8_t list[1 << 20];
	size_t list_len;
};

static uint32_t add(struct two *p, enum change_kind kind, uint32_t domain,
		    uint32_t parent, const char *text)
{
	struct props room;
	struct change c = {.kind = kind,
			   .domain = domain,
			   .id = directory_next_id(p->w.site.directory),
			   .parent = parent,
			   .instance = 1,
			   .props = props(&room, text)};

	assert_int_equal(directory_apply(p->w.site.directory, &c), 0);
	return c.id;
}

static void remove_entry(struct two *p, uint32_t domain, uint32_t id)
{
	const struct entry *e = directory_entry(p->w.site.directory, id);
	struct change c = {.kind = CHANGE_ENTRY_DESTROY,
			   .domain = domain,
			   .id = id,
			   .parent = e->parent,
			   .instance = e->instance + 1};

	assert_int_equal(directory_apply(p->w.site.directory, &c), 0);
}

static void add_all(struct two *p)
{
	const enum change_kind put = CHANGE_ENTRY_PUT;
	uint32_t b, dir;

	(void)add(p, put, DOMAIN_FIRST, ENTRY_MACHINES,
		  "name=far; ip_address=10.0.0.77; site=above");
	(void)add(p, put, DOMAIN_FIRST, ENTRY_MACHINES,
		  "name=printer; ip_address=10.0.0.78; site=above");
	p->above = dir = add(p, put, DOMAIN_FIRST, ENTRY_ROOT, "name=users");
	(void)add(p, put, DOMAIN_FIRST, dir, "name=root; uid=0");
	(void)add(p, put, DOMAIN_FIRST, dir, "name=lee; uid=1000");
	b = add(p, CHANGE_DOMAIN_PUT, 0, DOMAIN_FIRST, "name=boston");
	dir = add(p, put, b, b, "name=machines");
	(void)add(p, put, b, dir,
		  "name=client; ip_address=10.0.0.7; serves=client/local");
	(void)add(p, put, b, dir,
		  "name=printer; ip_address=10.0.0.9; empty; site=boston");
	p->below = dir = add(p, put, b, b, "name=users");
	(void)add(p, put, b, dir, "name=lee; uid=7");
	p->boston = b;
}

static void open_two(struct two *p, struct nic_config c)
{
	*p = (struct two){0};
	rpc_world_open(&p->w);
	p->w.settings.netinfo.serve = true;
	add_all(p);
	p->w.site.domain = p->boston;
	assert_int_equal(rpcd_open(&p->rpcd, &p->w.site, &stage_alloc, 1), 0);
	assert_int_equal(
		netinfod_open(&p->netinfod, &p->w.site, &stage_alloc, 2), 0);
	stage_engine(p->w.st, netinfod_engine(p->netinfod));
	netinfod_start(p->netinfod, 0, stage_begin(p->w.st));
	stage_end(p->w.st);
	p->w.st->me = (struct endpoint){WORLD_SERVER, 0};
	p->st = stage_open();
	assert_int_equal(nic_open(&p->n, &c, &stage_alloc), 0);
	stage_engine(p->st, nic_engine(p->n));
	p->st->holds[EFFECT_ASK] = true;
	p->st->me = (struct endpoint){WENDY, OURS};
	p->st->peer = (struct endpoint){WORLD_SERVER, PMAP_PORT};
}

static struct nic_config config(void)
{
	return (struct nic_config){.ip = WENDY,
				   .tag = "local",
				   .candidates = {WORLD_SERVER},
				   .n_candidates = 1,
				   .wanted = "network",
				   .port = OURS,
				   .seed = 7};
}

static void close_two(struct two *p)
{
	nic_close(p->n, &stage_alloc);
	stage_close(p->st);
	netinfod_close(p->netinfod, &stage_alloc);
	rpcd_close(p->rpcd, &stage_alloc);
	world_close(&p->w);
}

/* The server hears what was said last; the client hears its answer. */
static bool server_answers(struct two *p)
{
	uint16_t port = p->st->last_send.to.port;
	struct stage *s = p->w.st;
	unsigned sends = s->sends;
	uint8_t said[RECORD_MAX];
	size_t len = p->st->last_len;

	memcpy(said, p->st->last, len);
	/* An old one: as if nobody had heard of the procedure. */
	if (p->deaf_to && said[23] == p->deaf_to)
		said[23] = NETINFO_PROCEDURES;
	stage_engine(s, port == PMAP_PORT ? rpcd_engine(p->rpcd)
					  : netinfod_engine(p->netinfod));
	s->me.port = port;
	stage_hear_from(s, (struct endpoint){WENDY, OURS}, said, len);
	if (s->sends == sends)
		return false;
	stage_hear_from(p->st, (struct endpoint){WORLD_SERVER, port}, s->last,
			s->last_len);
	return true;
}

/* Until nothing more is said. */
static void talk(struct two *p, unsigned *sends)
{
	while (!p->is_dead && p->st->sends != *sends) {
		*sends = p->st->sends;
		if (!server_answers(p))
			return;
	}
}

static void start(struct two *p)
{
	unsigned sends = 0;

	nic_start(p->n, p->st->now, stage_begin(p->st));
	stage_end(p->st);
	talk(p, &sends);
}

static int ask(struct two *p, enum nic_what what, const char *directory,
	       const char *key, const char *value)
{
	struct nic_question q = {what, directory, key, value, 42};
	unsigned sends = p->st->sends;
	int rc = nic_ask(p->n, p->st->now, &q, stage_begin(p->st));

	stage_end(p->st);
	talk(p, &sends);
	return rc;
}

/* The next answer is an entry of that domain, with that value. */
static void answers(struct two *p, unsigned level, const char *name,
		    const char *value)
{
	struct nic_answer a;

	assert_true(nic_answer(p->n, &a));
	assert_int_equal(a.rc, 0);
	assert_int_equal(a.cookie, 42);
	assert_int_equal(a.level, level);
	assert_int_equal(a.from.ip, WORLD_SERVER);
	assert_string_equal(a.from.tag, level ? "root" : "network");
	assert_string_equal(plist_value(&a.props, name), value);
}

static void ends(struct two *p, int rc)
{
	struct nic_answer a;

	assert_true(nic_answer(p->n, &a));
	assert_int_equal(a.cookie, 42);
	assert_int_equal(a.rc, rc);
	assert_false(nic_answer(p->n, &a));
}

/* ---- the search -----------------------------------------------------------
 */

static void nobody_answers_and_it_goes_on(void **state)
{
	struct two p;

	(void)state;
	open_two(&p, config());
	p.is_dead = true;
	start(&p);
	stage_wait(p.st, SECONDS(15) - 1);
	stage_expect(p.st, "    0 ms  listen 700\n"
			   "    0 ms  rpc call 100000.2.5 +44\n"
			   "  500 ms  rpc call 100000.2.5 +44\n"
			   " 1000 ms  rpc call 100000.2.5 +44\n"
			   " 2000 ms  rpc call 100000.2.5 +44\n"
			   "14000 ms  rpc call 100000.2.5 +44\n"
			   "14500 ms  rpc call 100000.2.5 +44\n");
	assert_int_equal(nic_state(p.n), NIC_SEARCHING);
	assert_int_equal(ask(&p, NIC_READ, "machines", "name", "x"),
			 -EHOSTUNREACH);
	close_two(&p);
}

static void it_is_bound_and_climbs_to_the_root(void **state)
{
	const struct nic_domain *d;
	struct two p;

	(void)state;
	open_two(&p, config());
	start(&p);
	assert_int_equal(nic_state(p.n), NIC_BOUND);
	assert_int_equal(nic_domains(p.n, &d), 2);
	assert_int_equal(d[0].ip, WORLD_SERVER);
	assert_string_equal(d[0].tag, "network");
	assert_string_equal(d[1].tag, "root");
	assert_int_equal(nic_stats(p.n)->binds, 1);
	close_two(&p);
}

static void one_that_serves_others_is_silent(void **state)
{
	struct nic_config c = config();
	struct two p;

	(void)state;
	c.ip = MOIRA;
	open_two(&p, c);
	start(&p);
	assert_int_equal(nic_state(p.n), NIC_SEARCHING);
	close_two(&p);
}

static void a_domain_may_be_named(void **state)
{
	struct nic_config c = config();
	const struct nic_domain *d;
	struct two p;

	(void)state;
	c.is_direct = true;
	c.ip = 0;
	memcpy(c.wanted, "root", 5);
	open_two(&p, c);
	start(&p);
	assert_int_equal(nic_domains(p.n, &d), 1);
	assert_string_equal(d[0].tag, "root");
	close_two(&p);
}

static void a_tag_that_is_not_there_is_asked_for_again_later(void **state)
{
	struct nic_config c = config();
	struct two p;

	(void)state;
	c.is_direct = true;
	memcpy(c.wanted, "none", 5);
	open_two(&p, c);
	start(&p);
	assert_int_equal(nic_state(p.n), NIC_SEARCHING);
	stage_forget(p.st);
	p.is_dead = true;
	stage_wait(p.st, SECONDS(11));
	stage_expect(p.st, "10000 ms  rpc call 100000.2.3 +16\n"
			   "11000 ms  rpc call 100000.2.3 +16\n");
	close_two(&p);
}

/* ---- look-ups -------------------------------------------------------------
 */

static void the_nearest_domain_answers_as_a_whole(void **state)
{
	struct nic_answer a;
	struct property prop;
	struct two p;

	(void)state;
	open_two(&p, config());
	start(&p);
	assert_int_equal(ask(&p, NIC_READ, "machines", "name", "printer"), 0);
	assert_true(nic_answer(p.n, &a));
	assert_int_equal(a.level, 0);
	assert_string_equal(plist_value(&a.props, "ip_address"), "10.0.0.9");
	/* No value is another thing than no property. */
	assert_true(plist_find(&a.props, "empty", &prop));
	assert_int_equal(prop.n, 0);
	assert_false(nic_answer(p.n, &a));

	ask(&p, NIC_READ, "machines", "ip_address", "10.0.0.78");
	answers(&p, 1, "site", "above");
	ask(&p, NIC_READ, "users", "name", "lee");
	answers(&p, 0, "uid", "7");
	ask(&p, NIC_READ, "users", "uid", "1000");
	answers(&p, 1, "name", "lee");
	ask(&p, NIC_READ, "users", "name", "nobody");
	ends(&p, -ENOENT);
	ask(&p, NIC_READ, "printers", "name", "any");
	ends(&p, -ENOENT);
	assert_int_equal(nic_stats(p.n)->answers, 4);
	close_two(&p);
}

static void an_old_server_is_asked_in_two_steps(void **state)
{
	struct two p;

	(void)state;
	open_two(&p, config());
	p.deaf_to = NETINFO_LOOKUPREAD;
	start(&p);
	ask(&p, NIC_READ, "machines", "name", "printer");
	answers(&p, 0, "site", "boston");
	ask(&p, NIC_READ, "machines", "name", "far");
	answers(&p, 1, "site", "above");
	ask(&p, NIC_READ, "machines", "name", "nobody");
	ends(&p, -ENOENT);
	close_two(&p);
}

/* What the server says to LISTALL by a connection, in parts. */
static void on_sent(void *arg, const struct send *said)
{
	struct two *p = arg;

	if (said->how != SEND_RECORD)
		return;
	assert_true(p->list_len + said->head_len <= sizeof(p->list));
	memcpy(p->list + p->list_len, said->head, said->head_len);
	p->list_len += said->head_len;
}

static uint32_t object_of(struct two *p, uint32_t domain, const char *name)
{
	const struct directory *d = p->w.site.directory;
	const struct entry *e = entry_first(d, directory_entry(d, domain));

	while (e && strcmp(machine_name(e), name) != 0)
		e = entry_next(d, e);
	assert_non_null(e);
	return netinfo_id_of(&p->w.site, e).object;
}

/* The ASK for the users of that domain, which is that high, has its answer. */
static void users_come(struct two *p, unsigned level)
{
	uint32_t domain = level ? DOMAIN_FIRST : p->boston;
	struct netinfo args = {.id = {object_of(p, domain, "users"), 0}};
	struct stage *s = p->w.st;
	char line[64];
	uint8_t b[64];
	struct wr w = wr_over(b, sizeof(b));

	s->me.port = (uint16_t)(p->w.settings.netinfo.port + 1 + level);
	snprintf(line, sizeof(line), "ask listall \"users\" 10.0.0.1:%u\n",
		 s->me.port);
	assert_non_null(strstr(stage_said(p->st), line));
	stage_forget(p->st);
	put_call(&w, NETINFO_PROGRAM, NETINFO_VERSION, NETINFO_LISTALL);
	netinfo_args_put(&args, NETINFO_LISTALL, &w);
	p->list_len = 0;
	s->sent = on_sent;
	s->arg = p;
	stage_engine(s, netinfod_engine(p->netinfod));
	stage_hear_record(s, 3, b, wr_len(&w));
	s->sent = NULL;
	p->st->answer = p->list;
	p->st->answer_len = p->list_len;
	stage_settle(p->st, EFFECT_ASK, 0);
}

static void a_list_is_of_all_domains(void **state)
{
	static struct two p;

	(void)state;
	open_two(&p, config());
	start(&p);
	assert_int_equal(ask(&p, NIC_ALL, "users", NULL, NULL), 0);
	users_come(&p, 0);
	answers(&p, 0, "uid", "7");
	users_come(&p, 1);
	answers(&p, 1, "uid", "0");
	answers(&p, 1, "uid", "1000");
	ends(&p, -ENOENT);
	close_two(&p);
}

static unsigned entries_now(struct two *p)
{
	struct nic_answer a;
	unsigned n = 0;

	for (; nic_answer(p->n, &a) && !a.rc; n++) {
		assert_int_equal(a.cookie, 42);
		assert_int_equal(a.level, 1);
	}
	assert_int_equal(a.rc, -ENOENT);
	return n;
}

/* However many there are: one call a domain, none of them a datagram. */
static void a_list_of_thousands_is_one_call_a_domain(void **state)
{
	enum { USERS = 5000 };
	static struct two p;
	uint64_t calls;

	(void)state;
	open_two(&p, config());
	for (unsigned i = 0; i < USERS; i++) {
		char text[64];

		snprintf(text, sizeof(text), "name=u%u; uid=%u; shell=/bin/sh",
			 i, 10000 + i);
		(void)add(&p, CHANGE_ENTRY_PUT, DOMAIN_FIRST, p.above, text);
	}
	start(&p);
	calls = nic_stats(p.n)->calls;
	assert_int_equal(ask(&p, NIC_ALL, "users", NULL, NULL), 0);
	users_come(&p, 0);
	answers(&p, 0, "uid", "7");
	users_come(&p, 1);
	assert_int_equal(entries_now(&p), USERS + 2);
	assert_int_equal(nic_stats(p.n)->calls, calls);
	close_two(&p);
}

/* ... and a list that is slow, or never comes, keeps nobody waiting. */
static void nobody_waits_behind_a_list(void **state)
{
	static struct two p;

	(void)state;
	open_two(&p, config());
	start(&p);
	for (unsigned i = 0; i < NIC_LISTS; i++)
		assert_int_equal(ask(&p, NIC_ALL, "users", NULL, NULL), 0);
	assert_int_equal(ask(&p, NIC_ALL, "users", NULL, NULL), -EAGAIN);
	assert_int_equal(ask(&p, NIC_READ, "users", "name", "root"), 0);
	answers(&p, 1, "uid", "0");
	stage_settle(p.st, EFFECT_ASK, -ETIMEDOUT);
	ends(&p, -EREMOTEIO);
	p.st->answer = (const uint8_t *)"none";
	p.st->answer_len = 4;
	stage_settle(p.st, EFFECT_ASK, 0);
	ends(&p, -EREMOTEIO);
	/* The nearest has none; the next is asked. */
	stage_settle(p.st, EFFECT_ASK, -ENOENT);
	assert_int_equal(stage_held(p.st, EFFECT_ASK), 2);
	assert_int_equal(nic_state(p.n), NIC_BOUND);
	assert_int_equal(ask(&p, NIC_READ, "users", "name", "lee"), 0);
	answers(&p, 0, "uid", "7");
	close_two(&p);
}

static void a_list_ends_with_the_search_and_not_twice(void **state)
{
	static struct two p;

	(void)state;
	open_two(&p, config());
	start(&p);
	assert_int_equal(ask(&p, NIC_ALL, "users", NULL, NULL), 0);
	p.is_dead = true;
	assert_int_equal(nic_ask(p.n, p.st->now,
				 &(struct nic_question){NIC_READ, "users",
							"name", "x", 42},
				 stage_begin(p.st)),
			 0);
	stage_end(p.st);
	stage_wait(p.st, SECONDS(5));
	assert_int_equal(nic_state(p.n), NIC_SEARCHING);
	for (int i = 0; i < 2; i++) {
		struct nic_answer a;

		assert_true(nic_answer(p.n, &a));
		assert_int_equal(a.rc, -EHOSTUNREACH);
	}
	users_come(&p, 0);
	assert_false(nic_answer(p.n, &(struct nic_answer){0}));
	close_two(&p);
}

/* Where a directory is, is asked once; and again when it is elsewhere. */
static void a_directory_is_looked_for_once(void **state)
{
	static struct two p;
	uint64_t calls;
	uint32_t dir;

	(void)state;
	open_two(&p, config());
	start(&p);
	ask(&p, NIC_READ, "users", "name", "root");
	answers(&p, 1, "uid", "0");
	calls = nic_stats(p.n)->calls;
	ask(&p, NIC_READ, "users", "uid", "1000");
	answers(&p, 1, "name", "lee");
	assert_int_equal(nic_stats(p.n)->calls, calls + 2);

	dir = p.below;
	remove_entry(&p, p.boston, dir);
	dir = add(&p, CHANGE_ENTRY_PUT, p.boston, p.boston, "name=users");
	(void)add(&p, CHANGE_ENTRY_PUT, p.boston, dir, "name=lee; uid=8");
	ask(&p, NIC_READ, "users", "name", "lee");
	answers(&p, 0, "uid", "8");

	stage_wait(p.st, SECONDS(15));
	p.w.st->now = p.st->now;
	calls = nic_stats(p.n)->calls;
	ask(&p, NIC_READ, "users", "name", "lee");
	answers(&p, 0, "uid", "8");
	assert_int_equal(nic_stats(p.n)->calls, calls + 2);
	close_two(&p);
}

static void a_checksum_is_that_of_the_directory(void **state)
{
	struct nic_question q = {.what = NIC_CHECK, .cookie = 42};
	struct nic_answer a;
	struct two p;

	(void)state;
	open_two(&p, config());
	start(&p);
	assert_int_equal(nic_ask(p.n, p.st->now, &q, stage_begin(p.st)), 0);
	stage_end(p.st);
	assert_true(server_answers(&p));
	assert_true(nic_answer(p.n, &a));
	assert_int_equal(a.from.checksum,
			 domain_checksum(p.w.site.directory, p.boston));
	assert_true(server_answers(&p));
	assert_true(nic_answer(p.n, &a));
	assert_int_equal(a.from.checksum,
			 domain_checksum(p.w.site.directory, DOMAIN_FIRST));
	ends(&p, -ENOENT);
	close_two(&p);
}

static void what_waits_is_answered_in_its_turn(void **state)
{
	struct nic_question q = {NIC_READ, "machines", "name", "far", 0};
	struct nic_answer a;
	struct two p;

	(void)state;
	open_two(&p, config());
	start(&p);
	for (q.cookie = 0; q.cookie < NIC_QUESTIONS; q.cookie++) {
		assert_int_equal(nic_ask(p.n, p.st->now, &q, stage_begin(p.st)),
				 0);
		stage_end(p.st);
	}
	assert_int_equal(nic_ask(p.n, p.st->now, &q, stage_begin(p.st)),
			 -EAGAIN);
	stage_end(p.st);
	for (uint64_t i = 0; i < NIC_QUESTIONS; i++) {
		/* The server does not answer more than so many a second. */
		while (!nic_answer(p.n, &a))
			if (!server_answers(&p)) {
				stage_wait(p.st, SECONDS(1));
				p.w.st->now = p.st->now;
			}
		assert_int_equal(a.cookie, i);
		assert_int_equal(a.rc, 0);
	}
	close_two(&p);
}

static void a_server_that_dies_ends_all_questions(void **state)
{
	struct two p;

	(void)state;
	open_two(&p, config());
	start(&p);
	stage_forget(p.st);
	p.is_dead = true;
	ask(&p, NIC_READ, "users", "name", "lee");
	ask(&p, NIC_READ, "users", "name", "root");
	stage_wait(p.st, SECONDS(5) - 1);
	assert_int_equal(nic_state(p.n), NIC_BOUND);
	stage_wait(p.st, 1);
	assert_int_equal(nic_state(p.n), NIC_SEARCHING);
	assert_non_null(strstr(stage_said(p.st),
			       " 5000 ms  rpc call 100000.2.5 +44\n"));
	for (int i = 0; i < 2; i++) {
		struct nic_answer a;

		assert_true(nic_answer(p.n, &a));
		assert_int_equal(a.rc, -EHOSTUNREACH);
	}
	/* It is back. */
	p.is_dead = false;
	unsigned sends = 0;
	talk(&p, &sends);
	assert_int_equal(nic_state(p.n), NIC_BOUND);
	ask(&p, NIC_READ, "users", "name", "lee");
	answers(&p, 0, "uid", "7");
	close_two(&p);
}

static void after_ten_minutes_the_way_is_found_anew(void **state)
{
	const struct nic_domain *d;
	struct two p;

	(void)state;
	open_two(&p, config());
	start(&p);
	stage_wait(p.st, SECONDS(601));
	p.w.st->now = p.st->now;
	ask(&p, NIC_READ, "users", "name", "root");
	answers(&p, 1, "uid", "0");
	assert_int_equal(nic_domains(p.n, &d), 2);
	assert_int_equal(nic_stats(p.n)->binds, 1);
	close_two(&p);
}

static void strangers_and_nonsense_are_not_heard(void **state)
{
	struct two p;
	uint8_t b[64];
	struct wr w = wr_over(b, sizeof(b));
	struct rd r;

	(void)state;
	open_two(&p, config());
	start(&p);
	p.is_dead = true;
	ask(&p, NIC_READ, "users", "name", "lee");
	r = rd_over(p.st->last, 4);
	rpc_reply_put(&(struct rpc_reply){.xid = rd_u32(&r)}, &w);
	/* Well, but from another machine. */
	stage_hear_from(p.st, (struct endpoint){MOIRA, 1035}, b, wr_len(&w));
	b[3]++;
	stage_hear(p.st, b, wr_len(&w));
	stage_hear(p.st, b, 7);
	assert_int_equal(nic_stats(p.n)->bad, 3);
	/* The right one, with no results: the next domain is asked. */
	b[3]--;
	stage_hear(p.st, b, wr_len(&w));
	assert_int_equal(nic_stats(p.n)->bad, 4);
	p.is_dead = false;
	unsigned sends = 0;
	talk(&p, &sends);
	answers(&p, 1, "uid", "1000");
	close_two(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_answers_and_it_goes_on),
		cmocka_unit_test(it_is_bound_and_climbs_to_the_root),
		cmocka_unit_test(one_that_serves_others_is_silent),
		cmocka_unit_test(a_domain_may_be_named),
		cmocka_unit_test(
			a_tag_that_is_not_there_is_asked_for_again_later),
		cmocka_unit_test(the_nearest_domain_answers_as_a_whole),
		cmocka_unit_test(an_old_server_is_asked_in_two_steps),
		cmocka_unit_test(a_list_is_of_all_domains),
		cmocka_unit_test(a_list_of_thousands_is_one_call_a_domain),
		cmocka_unit_test(nobody_waits_behind_a_list),
		cmocka_unit_test(a_list_ends_with_the_search_and_not_twice),
		cmocka_unit_test(a_directory_is_looked_for_once),
		cmocka_unit_test(a_checksum_is_that_of_the_directory),
		cmocka_unit_test(what_waits_is_answered_in_its_turn),
		cmocka_unit_test(a_server_that_dies_ends_all_questions),
		cmocka_unit_test(after_ten_minutes_the_way_is_found_anew),
		cmocka_unit_test(strangers_and_nonsense_are_not_heard),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
