/*
 * A master that tells its clones of a change: the messages byte by byte, where
 * a clone is found, who hears of it and who does not.
 */
#include "engine/nimaster.h"

#include "model/domain.h"
#include "props.h"
#include "rpc_world.h"
#include "stage/hex.h"
#include "wire/netinfo.h"

#include <stdio.h>

enum { ROOM = 1024, NIBIND = 1034, NET = 1036 };

#define CLONE  IP4(10, 0, 0, 60)
#define FORGER IP4(10, 0, 0, 61)

struct scene {
	struct world w;
	struct nimaster *m;
	uint32_t clone; /* its entry */
};

static void apply(struct scene *s, uint32_t id, const char *text)
{
	struct directory *d = s->w.site.directory;
	const struct entry *e = directory_entry(d, id);
	struct props room;
	struct change c = {.kind = id == DOMAIN_FIRST ? CHANGE_DOMAIN_PUT
						      : CHANGE_ENTRY_PUT,
			   .domain = DOMAIN_FIRST,
			   .id = id,
			   .parent = id == DOMAIN_FIRST ? 0 : ENTRY_MACHINES,
			   .instance = e ? e->instance + 1 : 1,
			   .props = props(&room, text)};

	assert_int_equal(directory_apply(d, &c), 0);
}

/* Our own names, too, and those that are no clones. */
static void open_scene(struct scene *s)
{
	*s = (struct scene){0};
	rpc_world_open(&s->w);
	s->w.settings.netinfo.serve = true;
	s->clone = directory_next_id(s->w.site.directory);
	apply(s, s->clone,
	      "name=clone; ip_address=10.0.0.60; serves=./network,x/local");
	apply(s, s->clone + 1,
	      "name=us; ip_address=10.0.0.1; serves=./network");
	apply(s, s->clone + 2, "name=up; ip_address=10.0.0.62; serves=../up");
	apply(s, s->clone + 3, "name=low; ip_address=10.0.0.63; serves=low/x");
	apply(s, s->clone + 4, "name=none; serves=./network");
	assert_int_equal(nimaster_open(&s->m, &s->w.site, &stage_alloc, 7), 0);
	stage_engine(s->w.st, nimaster_engine(s->m));
	s->w.st->hides[EFFECT_SEND] = true;
	s->w.st->hides[EFFECT_LISTEN] = true;
	s->w.st->me = (struct endpoint){WORLD_SERVER, 0};
}

static void close_scene(struct scene *s)
{
	nimaster_close(s->m, &stage_alloc);
	world_close(&s->w);
}

static void changes(struct scene *s)
{
	nimaster_changed(s->m, DOMAIN_FIRST, s->w.st->now);
}

/* What was sent last is exactly this behind its xid. */
static void says(const struct scene *s, uint32_t ip, uint16_t port,
		 const char *text)
{
	uint8_t b[ROOM];
	size_t len = hex(text, b, ROOM);

	assert_int_equal(s->w.st->last_send.to.ip, ip);
	assert_int_equal(s->w.st->last_send.to.port, port);
	assert_int_equal(s->w.st->last_len, 4 + len);
	assert_memory_equal(s->w.st->last + 4, b, len);
}

static void replies(struct scene *s, enum rpc_status status,
		    const char *results)
{
	uint8_t b[ROOM], more[ROOM];
	struct wr w = wr_over(b, ROOM);
	struct rd r = rd_over(s->w.st->last, s->w.st->last_len);
	struct rpc_reply p = {.xid = rd_u32(&r), .status = status};

	rpc_reply_put(&p, &w);
	wr_bytes(&w, more, hex(results, more, ROOM));
	s->w.st->me.port = s->w.st->last_port;
	stage_hear_from(s->w.st, s->w.st->last_send.to, b, wr_len(&w));
}

static void hears(struct scene *s, const char *results)
{
	replies(s, RPC_SUCCESS, results);
}

#define NO_AUTH "00000000 00000000 00000000 00000000"
#define MAPPER                                                                 \
	"00000000 00000002 000186a0 00000002 00000003" NO_AUTH                 \
	"0bed48a1 00000001 00000011 00000000"
#define REGISTER                                                               \
	"00000000 00000002 0bed48a1 00000001 00000003" NO_AUTH                 \
	"00000007 6e657477 6f726b00"
#define CRASHED "00000000 00000002 0bed48a0 00000002 0000001a" NO_AUTH
#define RESYNC  "00000000 00000002 0bed48a0 00000002 0000001b" NO_AUTH

static void tells(struct scene *s, const char *what, uint32_t sum)
{
	char text[ROOM];

	snprintf(text, sizeof(text), sum ? "%s%08x" : "%s", what, sum);
	says(s, CLONE, NET, text);
}

static uint32_t sum(const struct scene *s)
{
	return domain_checksum(s->w.site.directory, DOMAIN_FIRST);
}

/* Two seconds after a change, for there may be more. */
static void finds(struct scene *s)
{
	stage_wait(s->w.st, SECONDS(2) - 1);
	assert_int_equal(s->w.st->sends, 0);
	stage_wait(s->w.st, 1);
	assert_int_equal(s->w.st->sends, 1);
	says(s, CLONE, 111, MAPPER);
	hears(s, "0000040a");
	says(s, CLONE, NIBIND, REGISTER);
	hears(s, "00000000 0000040c 0000040c");
}

static void a_clone_hears_of_a_change(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s);
	changes(&s);
	changes(&s);
	finds(&s);
	tells(&s, CRASHED, sum(&s));
	hears(&s, "");
	assert_int_equal(nimaster_stats(s.m)->told, 1);
	stage_wait(s.w.st, SECONDS(600));
	assert_int_equal(s.w.st->sends, 3);
	assert_int_equal(nimaster_stats(s.m)->news, 1);
	close_scene(&s);
}

static void where_it_is_is_known_the_next_time(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s);
	changes(&s);
	finds(&s);
	hears(&s, "");
	apply(&s, s.clone + 3, "name=lower");
	changes(&s);
	stage_wait(s.w.st, SECONDS(2));
	tells(&s, CRASHED, sum(&s));
	assert_int_equal(s.w.st->sends, 4);
	/* No answer: it is somewhere else. */
	stage_wait(s.w.st, SECONDS(3));
	assert_int_equal(s.w.st->sends, 7);
	says(&s, CLONE, 111, MAPPER);
	stage_wait(s.w.st, SECONDS(600));
	assert_int_equal(s.w.st->sends, 9);
	assert_int_equal(nimaster_stats(s.m)->silent, 1);
	close_scene(&s);
}

/* Something else has its port by now. */
static void who_does_not_know_what_is_meant_is_no_clone(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s);
	changes(&s);
	finds(&s);
	hears(&s, "");
	changes(&s);
	stage_wait(s.w.st, SECONDS(2));
	tells(&s, CRASHED, sum(&s));
	replies(&s, RPC_PROG_UNAVAIL, "");
	says(&s, CLONE, 111, MAPPER);
	hears(&s, "0000040a");
	says(&s, CLONE, NIBIND, REGISTER);
	hears(&s, "00000000 0000040c 0000040c");
	tells(&s, CRASHED, sum(&s));
	/* But where its port mapper sent us nothing better is to be had. */
	replies(&s, RPC_PROG_UNAVAIL, "");
	stage_wait(s.w.st, SECONDS(600));
	assert_int_equal(s.w.st->sends, 7);
	assert_int_equal(nimaster_stats(s.m)->silent, 1);
	close_scene(&s);
}

static void a_resync_is_passed_on_but_not_to_who_sent_it(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s);
	nimaster_resync(s.m, DOMAIN_FIRST, CLONE, s.w.st->now);
	stage_wait(s.w.st, SECONDS(60));
	assert_int_equal(s.w.st->sends, 0);
	nimaster_resync(s.m, DOMAIN_FIRST, WENDY, s.w.st->now);
	finds(&s);
	tells(&s, RESYNC, 0);
	hears(&s, "00000000");
	/* The next one is a change again. */
	changes(&s);
	stage_wait(s.w.st, SECONDS(2));
	tells(&s, CRASHED, sum(&s));
	close_scene(&s);
}

static void what_is_not_ours_is_not_told(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s);
	apply(&s, DOMAIN_FIRST, "name=; master=other/network");
	changes(&s);
	stage_wait(s.w.st, SECONDS(60));
	assert_int_equal(s.w.st->sends, 0);
	apply(&s, DOMAIN_FIRST, "name=");
	s.w.settings.netinfo.serve = false;
	changes(&s);
	stage_wait(s.w.st, SECONDS(60));
	assert_int_equal(s.w.st->sends, 0);
	close_scene(&s);
}

/* What came meanwhile is told in another round. */
static void a_change_during_the_look_is_told_after_it(void **state)
{
	char text[64];
	struct scene s;

	(void)state;
	open_scene(&s);
	for (unsigned i = 0; i < 3000; i++) {
		snprintf(text, sizeof(text), "name=n%u", i);
		apply(&s, s.clone + 5 + i, text);
	}
	changes(&s);
	stage_wait(s.w.st, SECONDS(2));
	changes(&s);
	stage_wait(s.w.st, MILLISECONDS(100));
	assert_int_equal(nimaster_stats(s.m)->news, 1);
	says(&s, CLONE, 111, MAPPER);
	stage_wait(s.w.st, SECONDS(600));
	assert_int_equal(nimaster_stats(s.m)->news, 2);
	close_scene(&s);
}

static void a_forged_answer_is_none(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s);
	changes(&s);
	stage_wait(s.w.st, SECONDS(2));
	s.w.st->last_send.to.ip = FORGER;
	hears(&s, "0000040a");
	assert_int_equal(s.w.st->sends, 1);
	assert_int_equal(nimaster_stats(s.m)->bad, 1);
	close_scene(&s);
}

static void clones_without_a_place_hear_late(void **state)
{
	char text[96];
	struct scene s;

	(void)state;
	open_scene(&s);
	for (unsigned i = 0; i < NIMASTER_CLONES; i++) {
		snprintf(text, sizeof(text),
			 "name=c%u; ip_address=10.0.1.%u; serves=./network", i,
			 i + 1);
		apply(&s, s.clone + 5 + i, text);
	}
	changes(&s);
	stage_wait(s.w.st, SECONDS(2));
	assert_int_equal(s.w.st->sends, NIMASTER_CLONES);
	assert_int_equal(nimaster_stats(s.m)->full, 1);
	close_scene(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_clone_hears_of_a_change),
		cmocka_unit_test(where_it_is_is_known_the_next_time),
		cmocka_unit_test(who_does_not_know_what_is_meant_is_no_clone),
		cmocka_unit_test(a_resync_is_passed_on_but_not_to_who_sent_it),
		cmocka_unit_test(what_is_not_ours_is_not_told),
		cmocka_unit_test(a_change_during_the_look_is_told_after_it),
		cmocka_unit_test(a_forged_answer_is_none),
		cmocka_unit_test(clones_without_a_place_hear_late),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
