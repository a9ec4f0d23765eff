/*
 * The querier, heard from outside: when it asks, to whom it yields, when it
 * takes over again, and what it learns on the way.
 */
#include "engine/igmpd.h"

#include "engine/note.h"
#include "purse.h"
#include "stage/stage.h"
#include "wire/frame.h"
#include "wire/igmp.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define OURS  IP4(10, 0, 0, 5)
#define GROUP IP4(239, 1, 1, 1)

struct world {
	struct stage *st;
	struct site site;
	struct settings settings;
	struct igmpd *i;
};

static void start(struct world *w)
{
	igmpd_start(w->i, w->st->now, stage_begin(w->st));
	stage_end(w->st);
}

static void add_link(struct world *w, uint32_t index, uint32_t ip)
{
	static const uint8_t mac[6] = {2, 0, 0, 0, 0, 5};

	w->site.links[w->site.n_links++] =
		(struct link){.index = index,
			      .hw = hwaddr_ethernet(mac),
			      .ip = ip,
			      .mask = 0xffffff00,
			      .is_up = true};
}

/* One link; `querier`: we are to be one. */
static void world_open(struct world *w, bool querier)
{
	*w = (struct world){.st = stage_open()};
	settings_default(&w->settings);
	w->settings.igmp.querier = querier;
	w->site.settings = &w->settings;
	add_link(w, 1, OURS);
	assert_int_equal(igmpd_open(&w->i, &w->site, &stage_alloc), 0);
	stage_engine(w->st, igmpd_engine(w->i));
	w->st->shows_notes = true;
}

static void world_close(struct world *w)
{
	igmpd_close(w->i, &stage_alloc);
	assert_null(w->site.igmp);
	stage_close(w->st);
}

/* A message from 10.0.0.`host`, or from no address if it is 0. */
static void hears(struct world *w, unsigned host, struct igmp m)
{
	uint8_t message[64], frame[128];
	struct wr p = wr_over(message, sizeof(message));
	struct wr f = wr_over(frame, sizeof(frame));
	struct frame_ip ip = {.src = {2, 0, 0, 0, 0, (uint8_t)host},
			      .from = host ? IP4(10, 0, 0, host) : 0,
			      .to = m.group ? m.group : IGMP_ALL_HOSTS,
			      .ttl = 1,
			      .protocol = IP_PROTOCOL_IGMP,
			      .has_alert = true,
			      .bytes = message};

	igmp_put(&m, &p);
	ip.len = wr_len(&p);
	frame_group_mac(ip.to, ip.dst);
	frame_ip_put(&ip, &f);
	assert_false(f.bad);
	stage_hear_frame(w->st, frame, wr_len(&f));
}

static void hears_query(struct world *w, unsigned host)
{
	hears(w, host,
	      (struct igmp){.type = IGMP_QUERY, .version = 2, .response = 100});
}

static void hears_join(struct world *w, unsigned host, uint32_t group)
{
	hears(w, host,
	      (struct igmp){
		      .type = IGMP_V2_REPORT, .version = 2, .group = group});
}

static void hears_leave(struct world *w, unsigned host, uint32_t group)
{
	hears(w, host,
	      (struct igmp){
		      .type = IGMP_V2_LEAVE, .version = 2, .group = group});
}

static void hears_record(struct world *w, unsigned host, uint8_t type,
			 uint16_t sources)
{
	static const uint8_t source[4] = {10, 0, 0, 1};
	const struct igmp_record g = {
		.type = type, .group = GROUP, .n = sources, .sources = source};
	uint8_t list[16];
	struct wr l = wr_over(list, sizeof(list));
	struct igmp m = {
		.type = IGMP_V3_REPORT, .version = 3, .n = 1, .rest = list};

	igmp_record_put(&g, &l);
	m.len = wr_len(&l);
	hears(w, host, m);
}

static unsigned groups(const struct world *w)
{
	unsigned n = 0;

	for (uint32_t at = 0; igmpd_next(w->i, &at);)
		n++;
	return n;
}

/* ---- asking -------------------------------------------------------------- */

static void a_querier_starts_with_two_queries_in_quick_succession(void **state)
{
	struct world w;

	(void)state;
	world_open(&w, true);
	start(&w);
	stage_wait(w.st, SECONDS(300));
	stage_expect(w.st, "    0 ms  note querier-ours 10.0.0.5 2 1\n"
			   "    0 ms  query v2 within 10000 link 1\n"
			   "31250 ms  query v2 within 10000 link 1\n"
			   "156250 ms  query v2 within 10000 link 1\n"
			   "281250 ms  query v2 within 10000 link 1\n");
	assert_int_equal(igmpd_stats(w.i)->queries, 4);
	world_close(&w);
}

static void its_frame_is_what_every_host_takes(void **state)
{
	struct world w;
	struct frame_ip f;
	struct igmp m;
	struct rd r;

	(void)state;
	world_open(&w, true);
	w.settings.igmp.version = 3;
	start(&w);
	stage_wait(w.st, 0);
	r = rd_over(w.st->last, w.st->last_len);
	assert_true(frame_ip_get(&f, &r));
	assert_memory_equal(f.dst, "\x01\0\x5e\0\0\x01", 6);
	assert_memory_equal(f.src, "\2\0\0\0\0\5", 6);
	assert_int_equal(f.from, OURS);
	assert_int_equal(f.to, IGMP_ALL_HOSTS);
	assert_int_equal(f.ttl, 1);
	assert_true(f.has_alert);
	r = rd_over(f.bytes, f.len);
	assert_true(igmp_get(&m, &r));
	assert_int_equal(m.version, 3);
	assert_int_equal(m.robustness, 2);
	assert_int_equal(m.interval, 125);
	world_close(&w);
}

static void robustness_and_interval_are_the_administrators(void **state)
{
	struct world w;

	(void)state;
	world_open(&w, true);
	w.settings.igmp.robustness = 3;
	w.settings.igmp.interval = 8;
	start(&w);
	stage_wait(w.st, SECONDS(13));
	stage_expect(w.st, "    0 ms  note querier-ours 10.0.0.5 2 1\n"
			   "    0 ms  query v2 within 4000 link 1\n"
			   " 2000 ms  query v2 within 4000 link 1\n"
			   " 4000 ms  query v2 within 4000 link 1\n"
			   "12000 ms  query v2 within 4000 link 1\n");
	world_close(&w);
}

static void it_asks_nothing_unless_it_was_told_to(void **state)
{
	struct world w;

	(void)state;
	world_open(&w, false);
	start(&w);
	hears_join(&w, 7, GROUP);
	hears_leave(&w, 7, GROUP);
	stage_wait(w.st, SECONDS(1000));
	stage_expect(w.st, "");
	assert_null(site_igmp(&w.site, 1));
	world_close(&w);
}

static void a_link_without_an_address_or_carrier_has_no_querier(void **state)
{
	struct world w;

	(void)state;
	world_open(&w, true);
	w.site.links[0].is_up = false;
	add_link(&w, 2, 0);
	start(&w);
	stage_wait(w.st, SECONDS(300));
	stage_expect(w.st, "");
	w.site.links[0].is_up = true;
	start(&w);
	stage_wait(w.st, 0);
	stage_expect(w.st, "300000 ms  note querier-ours 10.0.0.5 2 1\n"
			   "300000 ms  query v2 within 10000 link 1\n");
	world_close(&w);
}

static void it_stops_when_its_link_goes_or_it_is_told_to(void **state)
{
	struct world w;

	(void)state;
	world_open(&w, true);
	add_link(&w, 2, IP4(10, 0, 1, 5));
	start(&w);
	stage_wait(w.st, SECONDS(1));
	stage_forget(w.st);
	w.site.n_links = 1;
	start(&w);
	stage_wait(w.st, SECONDS(40));
	stage_expect(w.st, "31250 ms  query v2 within 10000 link 1\n");
	w.settings.igmp.querier = false;
	start(&w);
	assert_null(site_igmp(&w.site, 1));
	stage_wait(w.st, SECONDS(1000));
	stage_expect(w.st, "");
	world_close(&w);
}

/* ---- the election -------------------------------------------------------- */

static void it_yields_to_a_lower_address(void **state)
{
	struct world w;

	(void)state;
	world_open(&w, true);
	start(&w);
	stage_wait(w.st, SECONDS(1));
	stage_forget(w.st);
	hears_query(&w, 4);
	stage_wait(w.st, SECONDS(254));
	stage_expect(w.st, " 1000 ms  note querier-heard 10.0.0.4 2 1\n");
	assert_int_equal(site_igmp(&w.site, 1)->querier, IP4(10, 0, 0, 4));
	assert_false(site_igmp(&w.site, 1)->is_ours);
	world_close(&w);
}

static void a_higher_address_does_not_stop_it(void **state)
{
	struct world w;

	(void)state;
	world_open(&w, true);
	start(&w);
	stage_wait(w.st, SECONDS(1));
	stage_forget(w.st);
	hears_query(&w, 6);
	stage_wait(w.st, SECONDS(31));
	stage_expect(w.st, "31250 ms  query v2 within 10000 link 1\n");
	assert_true(site_igmp(&w.site, 1)->is_ours);
	world_close(&w);
}

static void a_querier_without_an_address_does_not_stop_it(void **state)
{
	struct world w;

	(void)state;
	world_open(&w, true);
	start(&w);
	stage_wait(w.st, SECONDS(1));
	stage_forget(w.st);
	hears_query(&w, 0);
	stage_wait(w.st, SECONDS(31));
	stage_expect(w.st, "31250 ms  query v2 within 10000 link 1\n");
	world_close(&w);
}

static void its_own_query_from_another_link_is_nobody_elses(void **state)
{
	struct world w;

	(void)state;
	world_open(&w, true);
	add_link(&w, 2, IP4(10, 0, 0, 4)); /* two cards in one network */
	start(&w);
	stage_wait(w.st, SECONDS(1));
	stage_forget(w.st);
	hears_query(&w, 4);
	assert_true(site_igmp(&w.site, 1)->is_ours);
	stage_expect(w.st, "");
	world_close(&w);
}

/* 2 * 125 + 5 seconds: RFC 3376 8.5. */
static void it_takes_over_when_the_other_one_is_silent(void **state)
{
	struct world w;

	(void)state;
	world_open(&w, true);
	start(&w);
	stage_wait(w.st, SECONDS(1));
	hears_query(&w, 4);
	stage_forget(w.st);
	stage_wait(w.st, SECONDS(100));
	hears_query(&w, 4); /* a second one starts the time again */
	stage_wait(w.st, SECONDS(400));
	stage_expect(w.st, "356000 ms  note querier-silent 10.0.0.4 2 1\n"
			   "356000 ms  note querier-ours 10.0.0.5 2 1\n"
			   "356000 ms  query v2 within 10000 link 1\n"
			   "481000 ms  query v2 within 10000 link 1\n");
	world_close(&w);
}

static void it_waits_as_long_as_the_other_ones_own_interval_says(void **state)
{
	struct world w;

	(void)state;
	world_open(&w, true);
	start(&w);
	stage_wait(w.st, SECONDS(1));
	stage_forget(w.st);
	hears(&w, 4,
	      (struct igmp){.type = IGMP_QUERY,
			    .version = 3,
			    .response = 100,
			    .robustness = 3,
			    .interval = 20});
	stage_wait(w.st, SECONDS(70));
	stage_expect(w.st, " 1000 ms  note querier-heard 10.0.0.4 3 1\n"
			   "66000 ms  note querier-silent 10.0.0.4 3 1\n"
			   "66000 ms  note querier-ours 10.0.0.5 2 1\n"
			   "66000 ms  query v2 within 10000 link 1\n");
	world_close(&w);
}

static void the_lowest_of_many_is_remembered(void **state)
{
	struct world w;

	(void)state;
	world_open(&w, false);
	start(&w);
	hears_query(&w, 0);
	assert_int_equal(site_igmp(&w.site, 1)->querier, 0);
	hears_query(&w, 9);
	hears_query(&w, 0);
	hears_query(&w, 7);
	hears_query(&w, 8);
	stage_expect(w.st, "    0 ms  note querier-heard 2 1\n"
			   "    0 ms  note querier-heard 10.0.0.9 2 1\n"
			   "    0 ms  note querier-heard 10.0.0.7 2 1\n");
	assert_memory_equal(site_igmp(&w.site, 1)->mac, "\2\0\0\0\0\7", 6);
	assert_null(site_igmp(&w.site, 2));
	stage_wait(w.st, SECONDS(300));
	stage_expect(w.st, "255000 ms  note querier-silent 10.0.0.7 2 1\n");
	assert_null(site_igmp(&w.site, 1));
	assert_int_equal(igmpd_stats(w.i)->heard, 5);
	world_close(&w);
}

static void each_link_has_its_own_election(void **state)
{
	struct world w;

	(void)state;
	world_open(&w, true);
	add_link(&w, 2, IP4(10, 0, 1, 5));
	start(&w);
	stage_wait(w.st, SECONDS(1));
	stage_forget(w.st);
	hears_query(&w, 4);
	stage_wait(w.st, SECONDS(31));
	stage_expect(w.st, " 1000 ms  note querier-heard 10.0.0.4 2 1\n"
			   "31250 ms  query v2 within 10000 link 2\n");
	world_close(&w);
}

static void who_joins_no_group_gets_none_where_somebody_asks(void **state)
{
	struct world w;

	(void)state;
	world_open(&w, false);
	add_link(&w, 2, IP4(10, 0, 1, 5));
	start(&w);
	assert_false(site_is_pruned(&w.site, 1));
	assert_false(site_is_pruned(&w.site, 0));
	hears_query(&w, 4);
	assert_true(site_is_pruned(&w.site, 1));
	assert_true(site_is_pruned(&w.site, 0));
	assert_false(site_is_pruned(&w.site, 2));
	w.settings.igmp.snooping = SNOOPING_NO;
	assert_false(site_is_pruned(&w.site, 1));
	w.settings.igmp.snooping = SNOOPING_YES;
	assert_true(site_is_pruned(&w.site, 2));
	world_close(&w);
}

/* ---- groups -------------------------------------------------------------- */

static void a_member_is_remembered_for_two_intervals_and_an_answer(void **state)
{
	struct world w;
	const struct igmp_group *g;
	uint32_t at = 0;

	(void)state;
	world_open(&w, false);
	start(&w);
	hears_join(&w, 7, GROUP);
	hears_join(&w, 7, IP4(224, 0, 0, 251)); /* goes everywhere */
	hears_join(&w, 7, IP4(10, 0, 0, 1));    /* is no group */
	g = igmpd_next(w.i, &at);
	assert_non_null(g);
	assert_int_equal(g->group, GROUP);
	assert_int_equal(g->reporter, IP4(10, 0, 0, 7));
	assert_int_equal(groups(&w), 1);
	stage_wait(w.st, SECONDS(259));
	assert_int_equal(groups(&w), 1);
	hears_join(&w, 8, GROUP);
	stage_wait(w.st, SECONDS(259));
	assert_int_equal(groups(&w), 1);
	stage_wait(w.st, SECONDS(1));
	assert_int_equal(groups(&w), 0);
	world_close(&w);
}

static void a_leave_is_answered_by_two_queries_to_the_group(void **state)
{
	struct world w;

	(void)state;
	world_open(&w, true);
	start(&w);
	stage_wait(w.st, SECONDS(1));
	stage_forget(w.st);
	hears_join(&w, 7, GROUP);
	hears_leave(&w, 7, GROUP);
	stage_wait(w.st, MILLISECONDS(500));
	hears_leave(&w, 7, GROUP); /* once more changes nothing */
	stage_wait(w.st, SECONDS(5));
	stage_expect(w.st, " 1000 ms  query v2 within 1000 239.1.1.1 link 1\n"
			   " 2000 ms  query v2 within 1000 239.1.1.1 link 1\n");
	assert_int_equal(groups(&w), 0);
	world_close(&w);
}

static void who_answers_stays_a_member(void **state)
{
	struct world w;

	(void)state;
	world_open(&w, true);
	start(&w);
	stage_wait(w.st, SECONDS(1));
	stage_forget(w.st);
	hears_join(&w, 7, GROUP);
	hears_leave(&w, 7, GROUP);
	stage_wait(w.st, MILLISECONDS(500));
	hears_join(&w, 8, GROUP);
	stage_wait(w.st, SECONDS(5));
	stage_expect(w.st, " 1000 ms  query v2 within 1000 239.1.1.1 link 1\n");
	assert_int_equal(groups(&w), 1);
	world_close(&w);
}

static void a_member_of_version_1_leaves_without_a_word(void **state)
{
	struct world w;

	(void)state;
	world_open(&w, true);
	start(&w);
	stage_wait(w.st, SECONDS(1));
	stage_forget(w.st);
	hears(&w, 7,
	      (struct igmp){
		      .type = IGMP_V1_REPORT, .version = 1, .group = GROUP});
	hears_join(&w, 8, GROUP);
	hears_leave(&w, 8, GROUP);
	stage_wait(w.st, SECONDS(5));
	stage_expect(w.st, "");
	assert_int_equal(groups(&w), 1);
	world_close(&w);
}

static void records_of_version_3_join_and_leave(void **state)
{
	static const struct {
		uint8_t type, sources;
		unsigned groups;
	} steps[] = {
		{IGMP_TO_EXCLUDE, 0, 1},
		{IGMP_TO_INCLUDE, 0, 0},
		{IGMP_ALLOW, 1, 1},
		{IGMP_BLOCK, 1, 1},
		{IGMP_IS_INCLUDE, 0, 0},
		{IGMP_IS_EXCLUDE, 0, 1},
		{IGMP_TO_INCLUDE, 0, 0},
		{IGMP_TO_INCLUDE, 1, 1},
		{77, 0, 1},
	};
	struct world w;

	(void)state;
	world_open(&w, true);
	start(&w);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		hears_record(&w, 7, steps[i].type, steps[i].sources);
		stage_wait(w.st, SECONDS(3));
		assert_int_equal(groups(&w), steps[i].groups);
	}
	world_close(&w);
}

static void without_our_asking_nobody_asks_after_a_leave(void **state)
{
	struct world w;

	(void)state;
	world_open(&w, true);
	start(&w);
	stage_wait(w.st, SECONDS(1));
	hears_query(&w, 4);
	stage_forget(w.st);
	hears_join(&w, 7, GROUP);
	hears_leave(&w, 7, GROUP);
	stage_wait(w.st, SECONDS(5));
	stage_expect(w.st, "");
	world_close(&w);
}

static void a_full_table_is_counted_and_keeps_what_it_has(void **state)
{
	struct world w;

	(void)state;
	world_open(&w, false);
	start(&w);
	for (unsigned i = 0; i < IGMPD_GROUPS + 3; i++)
		hears_join(&w, 7, GROUP + i);
	hears_join(&w, 7, GROUP);
	assert_int_equal(groups(&w), IGMPD_GROUPS);
	assert_int_equal(igmpd_stats(w.i)->full, 3);
	stage_wait(w.st, SECONDS(260));
	hears_join(&w, 7, GROUP + 1000);
	assert_int_equal(groups(&w), 1);
	world_close(&w);
}

/* ---- bytes --------------------------------------------------------------- */

static void what_is_no_igmp_is_counted(void **state)
{
	uint8_t frame[64];
	struct wr w2 = wr_over(frame, sizeof(frame));
	struct frame_ip ip = {.protocol = IP_PROTOCOL_IGMP,
			      .bytes = (const uint8_t *)"\x11\x64\0\0\0\0\0\0",
			      .len = 8};
	struct dgram d = {.kind = DGRAM_FRAME, .link = 1, .bytes = frame};
	struct world w;

	(void)state;
	world_open(&w, false);
	start(&w);
	frame_ip_put(&ip, &w2);
	d.len = wr_len(&w2);
	assert_true(igmpd_claims(w.i, &d));
	stage_hear_dgram(w.st, &d);
	assert_int_equal(igmpd_stats(w.i)->bad, 1);
	d.link = 77; /* none of ours */
	stage_hear_dgram(w.st, &d);
	assert_int_equal(igmpd_stats(w.i)->bad, 1);
	frame[23] = IP_PROTOCOL_UDP;
	assert_false(igmpd_claims(w.i, &d));
	d.kind = DGRAM_UDP;
	frame[23] = IP_PROTOCOL_IGMP;
	assert_false(igmpd_claims(w.i, &d));
	stage_expect(w.st, "");
	world_close(&w);
}

static void without_memory_it_does_not_open(void **state)
{
	struct site site = {0};
	struct igmpd *i;
	struct purse p;

	(void)state;
	purse_open(&p);
	p.left = 0;
	assert_int_equal(igmpd_open(&i, &site, &p.alloc), -ENOMEM);
	p.left = 1;
	assert_int_equal(igmpd_open(&i, &site, &p.alloc), 0);
	igmpd_close(i, &p.alloc);
	assert_int_equal(p.out, 0);
}

int main(void)
{
#define TEST(f) cmocka_unit_test(f)
	const struct CMUnitTest tests[] = {
		TEST(a_querier_starts_with_two_queries_in_quick_succession),
		TEST(its_frame_is_what_every_host_takes),
		TEST(robustness_and_interval_are_the_administrators),
		TEST(it_asks_nothing_unless_it_was_told_to),
		TEST(a_link_without_an_address_or_carrier_has_no_querier),
		TEST(it_stops_when_its_link_goes_or_it_is_told_to),
		TEST(it_yields_to_a_lower_address),
		TEST(a_higher_address_does_not_stop_it),
		TEST(a_querier_without_an_address_does_not_stop_it),
		TEST(its_own_query_from_another_link_is_nobody_elses),
		TEST(it_takes_over_when_the_other_one_is_silent),
		TEST(it_waits_as_long_as_the_other_ones_own_interval_says),
		TEST(the_lowest_of_many_is_remembered),
		TEST(each_link_has_its_own_election),
		TEST(who_joins_no_group_gets_none_where_somebody_asks),
		TEST(a_member_is_remembered_for_two_intervals_and_an_answer),
		TEST(a_leave_is_answered_by_two_queries_to_the_group),
		TEST(who_answers_stays_a_member),
		TEST(a_member_of_version_1_leaves_without_a_word),
		TEST(records_of_version_3_join_and_leave),
		TEST(without_our_asking_nobody_asks_after_a_leave),
		TEST(a_full_table_is_counted_and_keeps_what_it_has),
		TEST(what_is_no_igmp_is_counted),
		TEST(without_memory_it_does_not_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
