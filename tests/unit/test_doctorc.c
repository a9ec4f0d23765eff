/*
 * The doctor and its mirror: what they say, and what they make of what they
 * hear.
 */
#include "engine/doctorc.h"
#include "engine/mirrord.h"

#include "purse.h"
#include "stage/stage.h"
#include "wire/bootp.h"
#include "wire/frame.h"
#include "wire/igmp.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define HERE  IP4(10, 0, 0, 5)
#define THERE IP4(10, 0, 0, 9)

enum { SPAN = 4 };

static const uint8_t mac[6] = {2, 0, 0, 0, 0, 5};

struct world {
	struct stage *st;
	struct doctorc *d;
	struct link link;
	uint8_t xid[4];
	uint32_t run;
};

static void world_open(struct world *w, uint32_t ip)
{
	struct doctorc_config c = {.link = {.index = 3,
					    .hw = hwaddr_ethernet(mac),
					    .ip = ip,
					    .mask = 0xffffff00,
					    .is_up = true},
				   .span = SECONDS(SPAN),
				   .seed = 7};

	*w = (struct world){.st = stage_open(), .link = c.link};
	assert_int_equal(doctorc_open(&w->d, &c, &stage_alloc), 0);
	stage_engine(w->st, doctorc_engine(w->d));
	w->st->peer = (struct endpoint){THERE, MIRROR_PORT};
	w->st->me = (struct endpoint){ip, MIRROR_PORT};
}

static void start(struct world *w)
{
	doctorc_start(w->d, w->st->now, stage_begin(w->st));
	stage_end(w->st);
}

static void world_close(struct world *w)
{
	doctorc_close(w->d, &stage_alloc);
	stage_close(w->st);
}

/* Until it has said a DISCOVER, whose number is then known. */
static void start_and_look(struct world *w)
{
	struct frame_udp f;
	struct bootp m;
	struct rd r;

	w->st->hides[EFFECT_SEND] = true;
	w->link.ip = 0;
	start(w);
	stage_wait(w->st, 0);
	r = rd_over(w->st->last, w->st->last_len);
	if (!frame_udp_get(&f, &r)) { /* the hello, after them */
		struct mirror hello;

		r = rd_over(w->st->last, w->st->last_len);
		assert_true(mirror_get(&hello, &r));
		assert_int_equal(hello.kind, MIRROR_HELLO);
		w->run = hello.run;
		return;
	}
	r = rd_over(f.bytes, f.len);
	assert_true(bootp_get(&m, &r));
	memcpy(w->xid, m.xid, 4);
}

struct offer {
	uint32_t from, server, yiaddr, router, siaddr;
	const char *file;
	uint8_t mac; /* the last byte */
};

static void hears_offer(struct world *w, const struct offer *o)
{
	uint8_t message[600], frame[700];
	struct wr p = wr_over(message, sizeof(message));
	struct wr fw = wr_over(frame, sizeof(frame));
	struct bootp_head h = {.op = BOOTP_REPLY,
			       .hw = hwaddr_ethernet(mac),
			       .yiaddr = o->yiaddr,
			       .siaddr = o->siaddr,
			       .file = o->file};
	struct frame_udp f = {.src = {2, 0, 0, 0, 1, o->mac},
			      .from = {o->from, BOOTP_SERVER_PORT},
			      .to = {IP_BROADCAST, BOOTP_CLIENT_PORT},
			      .ttl = 64,
			      .bytes = message};
	struct bootp_out out;

	memcpy(h.xid, w->xid, 4);
	out = bootp_begin(&h, &p, 576);
	bootp_put_u8(&out, OPT_MESSAGE_TYPE, DHCP_OFFER);
	if (o->server)
		bootp_put_u32(&out, OPT_SERVER_ID, o->server);
	if (o->yiaddr)
		bootp_put_u32(&out, OPT_SUBNET_MASK, 0xffffff00);
	if (o->router)
		bootp_put(&out, OPT_ROUTER,
			  (uint8_t[]){10, 0, 0, 1, 10, 0, 0, 2}, 8);
	bootp_end(&out);
	f.len = wr_len(&p);
	frame_udp_put(&f, &fw);
	assert_false(fw.bad);
	stage_hear_frame(w->st, frame, wr_len(&fw));
}

static void hears_igmp(struct world *w, uint32_t from, struct igmp m)
{
	uint8_t message[64], frame[128];
	struct wr p = wr_over(message, sizeof(message));
	struct wr f = wr_over(frame, sizeof(frame));
	struct frame_ip ip = {.src = {2, 0, 0, 0, 2, (uint8_t)from},
			      .from = from,
			      .to = IGMP_ALL_HOSTS,
			      .ttl = 1,
			      .protocol = IP_PROTOCOL_IGMP,
			      .bytes = message};

	igmp_put(&m, &p);
	ip.len = wr_len(&p);
	frame_ip_put(&ip, &f);
	stage_hear_frame(w->st, frame, wr_len(&f));
}

static void hears_mirror(struct world *w, uint32_t from, struct mirror m)
{
	uint8_t b[MIRROR_LEN];
	struct wr p = wr_over(b, sizeof(b));

	mirror_put(&m, &p);
	stage_hear_from(w->st, (struct endpoint){from, MIRROR_PORT}, b,
			sizeof(b));
}

/* ---- what it says -------------------------------------------------------- */

static void asks_for_servers_a_querier_itself_and_a_mirror(void **state)
{
	struct world w;

	(void)state;
	world_open(&w, HERE);
	start(&w);
	stage_wait(w.st, MILLISECONDS(500));
	assert_false(doctorc_is_over(w.d));
	stage_expect(w.st,
		     "    0 ms  listen 9967\n"
		     "    0 ms  join 224.0.0.169:9967\n"
		     "    0 ms  join 239.255.67.2:9967\n"
		     "    0 ms  DISCOVER broadcast\n"
		     "    0 ms  DISCOVER broadcast\n"
		     "    0 ms  doctor 1 lane 0 to 255.255.255.255:9967\n"
		     "  100 ms  report v2 239.255.67.4 link 3\n"
		     "  200 ms  doctor 6 lane 0 to 224.0.0.169:9967\n"
		     "  200 ms  doctor 6 lane 2 to 239.255.67.2:9967\n"
		     "  400 ms  leave v2 239.255.67.4 link 3\n"
		     "  400 ms  doctor 6 lane 0 to 224.0.0.169:9967\n"
		     "  400 ms  doctor 6 lane 2 to 239.255.67.2:9967\n"
		     "  500 ms  doctor 1 lane 0 to 255.255.255.255:9967\n");
	stage_wait(w.st, SECONDS(SPAN));
	assert_true(doctorc_is_over(w.d));
	assert_int_equal(w.st->engine->deadline(w.st->engine), NEVER);
	world_close(&w);
}

static void without_an_address_it_asks_for_servers_and_a_querier(void **state)
{
	struct world w;

	(void)state;
	world_open(&w, 0);
	start(&w);
	stage_wait(w.st, MILLISECONDS(500));
	stage_expect(w.st, "    0 ms  listen 9967\n"
			   "    0 ms  join 224.0.0.169:9967\n"
			   "    0 ms  join 239.255.67.2:9967\n"
			   "    0 ms  DISCOVER broadcast\n"
			   "    0 ms  DISCOVER broadcast\n"
			   "  100 ms  report v2 239.255.67.4 link 3\n"
			   "  400 ms  leave v2 239.255.67.4 link 3\n");
	world_close(&w);
}

static void a_port_that_is_taken_is_told(void **state)
{
	struct world w;

	(void)state;
	world_open(&w, HERE);
	w.st->rc[EFFECT_LISTEN] = -EADDRINUSE;
	start(&w);
	stage_wait(w.st, SECONDS(SPAN));
	assert_true(doctorc_is_over(w.d));
	assert_int_equal(doctorc_seen(w.d)->port_rc, -EADDRINUSE);
	world_close(&w);
}

/* ---- servers ------------------------------------------------------------- */

static void every_server_that_answers_is_listed_once(void **state)
{
	const struct doctor_seen *s;
	struct world w;

	(void)state;
	world_open(&w, 0);
	start_and_look(&w);
	for (int i = 0; i < 2; i++) {
		hears_offer(&w, &(struct offer){.from = IP4(10, 0, 0, 1),
						.yiaddr = IP4(10, 0, 0, 77),
						.router = 1,
						.mac = 1});
		hears_offer(&w, &(struct offer){.from = IP4(10, 0, 0, 2),
						.server = IP4(10, 0, 0, 3),
						.siaddr = IP4(10, 0, 0, 4),
						.file = "boot.ipxe",
						.mac = 2});
		/* The same address, another card: a conflict to be seen. */
		hears_offer(&w, &(struct offer){.from = IP4(10, 0, 0, 1),
						.yiaddr = IP4(192, 168, 1, 9),
						.mac = 7});
	}
	s = doctorc_seen(w.d);
	assert_int_equal(s->n_servers, 3);
	assert_int_equal(s->servers[0].ip, IP4(10, 0, 0, 1));
	assert_int_equal(s->servers[0].offered, IP4(10, 0, 0, 77));
	assert_int_equal(s->servers[0].router, IP4(10, 0, 0, 1));
	assert_int_equal(s->servers[0].mask, 0xffffff00);
	assert_false(s->servers[0].is_proxy);
	assert_string_equal(s->servers[0].file, "");
	assert_int_equal(s->servers[1].ip, IP4(10, 0, 0, 3));
	assert_true(s->servers[1].is_proxy);
	assert_string_equal(s->servers[1].file, "boot.ipxe");
	assert_int_equal(s->servers[1].next_server, IP4(10, 0, 0, 4));
	assert_int_equal(s->servers[2].mac[5], 7);
	world_close(&w);
}

static void answers_to_others_are_not_looked_at(void **state)
{
	struct world w;

	(void)state;
	world_open(&w, 0);
	start_and_look(&w);
	w.xid[0] ^= 1;
	hears_offer(&w, &(struct offer){.from = IP4(10, 0, 0, 1),
					.yiaddr = IP4(10, 0, 0, 77)});
	assert_int_equal(doctorc_seen(w.d)->n_servers, 0);
	world_close(&w);
}

static void of_many_servers_the_first_are_told(void **state)
{
	struct world w;

	(void)state;
	world_open(&w, 0);
	start_and_look(&w);
	for (unsigned i = 0; i < DOCTOR_SERVERS + 3; i++)
		hears_offer(&w, &(struct offer){.from = IP4(10, 0, 0, 1),
						.yiaddr = IP4(10, 0, 0, 77),
						.mac = (uint8_t)i});
	assert_int_equal(doctorc_seen(w.d)->n_servers, DOCTOR_SERVERS);
	world_close(&w);
}

/* ---- the querier --------------------------------------------------------- */

static void the_querier_with_the_lowest_address_is_told(void **state)
{
	const struct igmp q = {
		.type = IGMP_QUERY, .version = 2, .response = 10};
	const struct doctor_seen *s;
	struct world w;

	(void)state;
	world_open(&w, HERE);
	start(&w);
	s = doctorc_seen(w.d);
	assert_false(s->has_querier);
	hears_igmp(&w, 0, q);
	assert_true(s->has_querier);
	assert_int_equal(s->querier, 0);
	hears_igmp(&w, IP4(10, 0, 0, 9), q);
	hears_igmp(&w, IP4(10, 0, 0, 7), q);
	hears_igmp(&w, 0, q);
	hears_igmp(&w, IP4(10, 0, 0, 8), q);
	assert_int_equal(s->querier, IP4(10, 0, 0, 7));
	assert_int_equal(s->querier_version, 2);
	assert_int_equal(s->querier_mac[5], 7);
	assert_int_equal(s->reports, 0);
	hears_igmp(&w, IP4(10, 0, 0, 8),
		   (struct igmp){.type = IGMP_V2_REPORT,
				 .version = 2,
				 .group = IP4(239, 1, 1, 1)});
	assert_int_equal(s->reports, 1);
	world_close(&w);
}

/* ---- the mirror ---------------------------------------------------------- */

static void hears_itself(void **state)
{
	struct world w;

	(void)state;
	world_open(&w, HERE);
	start_and_look(&w);
	hears_mirror(&w, HERE,
		     (struct mirror){.kind = MIRROR_LOOP,
				     .lane = LANE_FRESH,
				     .run = w.run});
	assert_int_equal(doctorc_seen(w.d)->loop, 1 << LANE_FRESH);
	hears_mirror(&w, HERE,
		     (struct mirror){.kind = MIRROR_LOOP,
				     .lane = LANE_SAFE,
				     .run = w.run + 1});
	assert_int_equal(doctorc_seen(w.d)->loop, 1 << LANE_FRESH);
	world_close(&w);
}

static void a_mirror_is_asked_three_times_by_every_lane(void **state)
{
	struct world w;

	(void)state;
	world_open(&w, HERE);
	start_and_look(&w);
	stage_wait(w.st, MILLISECONDS(3450));
	hears_mirror(&w, THERE,
		     (struct mirror){
			     .kind = MIRROR_HERE, .run = w.run, .uptime = 77});
	w.st->hides[EFFECT_SEND] = false;
	stage_forget(w.st);
	stage_wait(w.st, MILLISECONDS(500));
	stage_expect(w.st, " 3900 ms  doctor 3 lane 0 to 224.0.0.169:9967\n"
			   " 3900 ms  doctor 3 lane 1 to 239.255.67.1:9967\n"
			   " 3900 ms  doctor 3 lane 2 to 239.255.67.2:9967\n"
			   " 3900 ms  doctor 3 lane 3 to 239.255.67.3:9967\n");
	stage_wait(w.st, MILLISECONDS(400));
	/* It stays as long as that takes. */
	assert_false(doctorc_is_over(w.d));
	hears_mirror(&w, THERE,
		     (struct mirror){.kind = MIRROR_SEEN,
				     .run = w.run,
				     .seen = 1 << LANE_SAFE});
	hears_mirror(&w, THERE,
		     (struct mirror){.kind = MIRROR_BACK,
				     .run = w.run,
				     .lane = LANE_FRESH});
	hears_mirror(&w, IP4(10, 0, 0, 10), /* another mirror */
		     (struct mirror){.kind = MIRROR_SEEN,
				     .run = w.run,
				     .seen = 1 << LANE_STRANGER});
	stage_wait(w.st, SECONDS(2));
	assert_true(doctorc_is_over(w.d));
	assert_int_equal(doctorc_seen(w.d)->mirror, THERE);
	assert_int_equal(doctorc_seen(w.d)->uptime, 77);
	assert_int_equal(doctorc_seen(w.d)->there, 1 << LANE_SAFE);
	assert_int_equal(doctorc_seen(w.d)->back, 1 << LANE_FRESH);
	world_close(&w);
}

/* ---- mirrord ------------------------------------------------------------- */

struct glass {
	struct stage *st;
	struct mirrord *m;
};

static void glass_open(struct glass *g)
{
	const struct link link = {.index = 3,
				  .hw = hwaddr_ethernet(mac),
				  .ip = HERE,
				  .mask = 0xffffff00,
				  .is_up = true};

	g->st = stage_open();
	assert_int_equal(mirrord_open(&g->m, &link, &stage_alloc), 0);
	stage_engine(g->st, mirrord_engine(g->m));
	g->st->peer = (struct endpoint){THERE, MIRROR_PORT};
	g->st->me = (struct endpoint){HERE, MIRROR_PORT};
	mirrord_start(g->m, g->st->now, stage_begin(g->st));
	stage_end(g->st);
}

static void glass_close(struct glass *g)
{
	mirrord_close(g->m, &stage_alloc);
	stage_close(g->st);
}

static void glass_hears(struct glass *g, uint8_t kind, uint8_t lane,
			uint32_t run)
{
	const struct mirror m = {.kind = kind, .lane = lane, .run = run};
	uint8_t b[MIRROR_LEN];
	struct wr p = wr_over(b, sizeof(b));

	mirror_put(&m, &p);
	stage_hear(g->st, b, sizeof(b));
}

static void a_stranger_comes_in_a_frame(struct glass *g, uint32_t run)
{
	const struct mirror m = {
		.kind = MIRROR_PROBE, .lane = LANE_STRANGER, .run = run};
	uint8_t b[MIRROR_LEN], frame[128];
	struct wr p = wr_over(b, sizeof(b));
	struct wr f = wr_over(frame, sizeof(frame));
	const struct frame_udp u = {
		.from = {THERE, MIRROR_PORT},
		.to = {mirror_group(LANE_STRANGER), MIRROR_PORT},
		.ttl = 1,
		.bytes = b,
		.len = sizeof(b)};

	mirror_put(&m, &p);
	frame_udp_put(&u, &f);
	stage_hear_frame(g->st, frame, wr_len(&f));
}

static void a_mirror_joins_two_groups_and_a_third_for_each_run(void **state)
{
	struct glass g;

	(void)state;
	glass_open(&g);
	stage_expect(g.st, "    0 ms  listen 9967\n"
			   "    0 ms  join 224.0.0.169:9967\n"
			   "    0 ms  join 239.255.67.1:9967\n");
	glass_hears(&g, MIRROR_HELLO, 0, 5);
	glass_hears(&g, MIRROR_HELLO, 0, 5);
	glass_hears(&g, MIRROR_HELLO, 0, 6);
	stage_expect(g.st, "    0 ms  join 239.255.67.2:9967\n"
			   "    0 ms  doctor 2 lane 0\n"
			   "    0 ms  doctor 2 lane 0\n"
			   "    0 ms  leave 239.255.67.2:9967\n"
			   "    0 ms  join 239.255.67.2:9967\n"
			   "    0 ms  doctor 2 lane 0\n");
	glass_close(&g);
}

static void a_probe_is_answered_and_sent_back_by_its_lane(void **state)
{
	struct mirror m;
	struct glass g;
	struct rd r;

	(void)state;
	glass_open(&g);
	glass_hears(&g, MIRROR_PROBE, LANE_SAFE, 5); /* of no run yet */
	glass_hears(&g, MIRROR_HELLO, 0, 5);
	stage_forget(g.st);
	stage_wait(g.st, SECONDS(9));
	glass_hears(&g, MIRROR_PROBE, LANE_KEPT, 5);
	a_stranger_comes_in_a_frame(&g, 5);
	glass_hears(&g, MIRROR_PROBE, LANE_KEPT, 6); /* of another run */
	stage_expect(g.st, " 9000 ms  doctor 4 lane 1\n"
			   " 9000 ms  doctor 5 lane 1 to 239.255.67.1:9967\n"
			   " 9000 ms  doctor 4 lane 3\n"
			   " 9000 ms  doctor 5 lane 3 to 239.255.67.3:9967\n");
	r = rd_over(g.st->last, g.st->last_len);
	assert_true(mirror_get(&m, &r));
	assert_int_equal(m.seen, 1 << LANE_KEPT | 1 << LANE_STRANGER);
	assert_int_equal(m.uptime, 9);
	assert_int_equal(m.run, 5);
	glass_close(&g);
}

static void a_mirror_answers_no_crowd_and_not_for_ever(void **state)
{
	static const struct endpoint nobody[] = {
		{0, MIRROR_PORT},
		{HERE, MIRROR_PORT},
		{IP4(10, 0, 0, 255), MIRROR_PORT},
		{IP_BROADCAST, MIRROR_PORT},
		{IP4(224, 0, 0, 1), MIRROR_PORT},
		{THERE, 53}};
	struct glass g;

	(void)state;
	glass_open(&g);
	g.st->hides[EFFECT_JOIN] = true;
	for (size_t i = 0; i < sizeof(nobody) / sizeof(nobody[0]); i++) {
		g.st->peer = nobody[i];
		glass_hears(&g, MIRROR_HELLO, 0, 5);
	}
	assert_int_equal(g.st->sends, 0);
	g.st->peer = (struct endpoint){THERE, MIRROR_PORT};
	for (int i = 0; i < 2 * MIRRORD_PACE; i++)
		glass_hears(&g, MIRROR_HELLO, 0, 5);
	assert_int_equal(g.st->sends, MIRRORD_PACE);
	stage_wait(g.st, SECONDS(1));
	glass_hears(&g, MIRROR_HELLO, 0, 5);
	assert_int_equal(g.st->sends, MIRRORD_PACE + 1);
	glass_close(&g);
}

static void without_memory_neither_opens(void **state)
{
	struct doctorc_config c = {.seed = 1};
	struct link link = {.index = 1};
	struct mirrord *m;
	struct doctorc *d;
	struct purse p;

	(void)state;
	purse_open(&p);
	p.left = 0;
	assert_int_equal(doctorc_open(&d, &c, &p.alloc), -ENOMEM);
	assert_int_equal(mirrord_open(&m, &link, &p.alloc), -ENOMEM);
	p.left = 2;
	assert_int_equal(doctorc_open(&d, &c, &p.alloc), 0);
	assert_int_equal(mirrord_open(&m, &link, &p.alloc), 0);
	doctorc_close(d, &p.alloc);
	mirrord_close(m, &p.alloc);
	assert_int_equal(p.out, 0);
}

int main(void)
{
#define TEST(f) cmocka_unit_test(f)
	const struct CMUnitTest tests[] = {
		TEST(asks_for_servers_a_querier_itself_and_a_mirror),
		TEST(without_an_address_it_asks_for_servers_and_a_querier),
		TEST(a_port_that_is_taken_is_told),
		TEST(every_server_that_answers_is_listed_once),
		TEST(answers_to_others_are_not_looked_at),
		TEST(of_many_servers_the_first_are_told),
		TEST(the_querier_with_the_lowest_address_is_told),
		TEST(hears_itself),
		TEST(a_mirror_is_asked_three_times_by_every_lane),
		TEST(a_mirror_joins_two_groups_and_a_third_for_each_run),
		TEST(a_probe_is_answered_and_sent_back_by_its_lane),
		TEST(a_mirror_answers_no_crowd_and_not_for_ever),
		TEST(without_memory_neither_opens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
