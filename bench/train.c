/*
 * What a train costs for each datagram that leaves, everything included: the
 * engine, the driver, files that are read, repairs that are made.  Whatever
 * musterd has between a rider's wish and the kernel is here, and nothing else.
 *
 *	train LINK FILE REPAIRS CACHE TRAINS
 *		REPAIRS  that riders lack of each block, after the originals
 *		CACHE    bytes; a file that does not fit is read each time
 *		TRAINS   files' worth to send, after one that is not counted: it
 *			 fills the cache, and begins slowly
 *
 * Riders are played by an engine around the server's own: it reads what is said
 * to them out of the effects, and answers.  They lose nothing but what they are
 * told to lack.  One line: datagrams of originals, of repairs; microseconds,
 * and of CPU by all threads, and by the one that sends; calls, and messages
 * that the kernel cut.
 */
#include "wire/train.h"
#include "app/catalog.h"
#include "app/driver.h"
#include "base/heap.h"
#include "engine/askers.h"
#include "engine/traind.h"
#include "host/memory.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum {
	RIDERS = 16,
	WORTH = 2, /* files' worth that one rider may ask for */
	RATE_MOST = 2000000000
};

struct counts {
	uint64_t originals, repairs, calls, messages;
	usec at;
	long cpu, own;
};

struct bench {
	struct engine engine; /* around the server's */
	struct traind *traind;
	struct settings settings;
	struct site site;
	struct catalog *catalog;
	struct loop *loop;
	struct driver *driver;
	struct watch files;

	unsigned repairs, trains;
	/* What riders are going to say next. */
	bool may_board;
	unsigned boards, tickets, aboard; /* how many of them */
	uint64_t cookies[RIDERS];
	uint64_t id;
	uint32_t packets, blocks;
	bool is_asked, is_probed;
	uint32_t probed; /* which rider */
	uint16_t round;
	unsigned begun; /* files' worth */
	bool is_over;
	struct counts from, to;
};

static _Noreturn void give_up(const char *what, int rc)
{
	fprintf(stderr, "train: %s: %s\n", what, strerror(-rc));
	exit(EXIT_FAILURE);
}

static long used(int who)
{
	struct rusage u;

	getrusage(who, &u);
	return (long)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000 +
	       (long)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

static void count(const struct bench *b, struct counts *c)
{
	const struct traind_stats *s = traind_stats(b->traind);
	const struct outbox_counts *o = driver_sent(b->driver);

	*c = (struct counts){.originals = s->originals + s->again,
			     .repairs = s->repairs,
			     .calls = o->calls,
			     .messages = o->messages,
			     .at = host_now(),
			     .cpu = used(RUSAGE_SELF),
			     .own = used(RUSAGE_THREAD)};
}

/* ---- what riders say ----------------------------------------------------- */

static uint32_t rider_ip(unsigned i)
{
	return IP4(10, 0, 1, i + 1);
}

static void say(struct bench *b, unsigned rider, const struct wr *w,
		const uint8_t *bytes, usec now, struct effects *fx)
{
	struct engine *e = traind_engine(b->traind);
	struct dgram d = {.link = b->site.links[0].index,
			  .from = {rider_ip(rider), 5000},
			  .to = {b->site.links[0].ip, TRAIN_PORT},
			  .bytes = bytes,
			  .len = wr_len(w)};

	e->input(e, now, &d, fx);
}

static void say_board(struct bench *b, usec now, struct effects *fx)
{
	const char *name = images_get(b->site.images, 1)->name;
	uint8_t bytes[TRAIN_PAYLOAD_MAX];
	struct wr w = wr_over(bytes, sizeof(bytes));

	train_board_put(b->boards + 1, name, strlen(name), &w);
	say(b, b->boards++, &w, bytes, now, fx);
}

static void say_aboard(struct bench *b, usec now, struct effects *fx)
{
	struct train_interval all = {0, b->packets};
	uint8_t bytes[TRAIN_PAYLOAD_MAX];
	struct wr w = wr_over(bytes, sizeof(bytes));

	train_cookie_put(TRAIN_ABOARD, b->id, b->cookies[b->aboard], &w);
	train_intervals_put(&all, 1, &w);
	say(b, b->aboard++, &w, bytes, now, fx);
}

static void say_report(struct bench *b, unsigned rider, bool wants, usec now,
		       struct effects *fx)
{
	struct train_interval all = {0, b->packets};
	struct train_report p = {.cookie = b->cookies[rider],
				 .round = b->round,
				 .at = UINT32_MAX};
	uint8_t bytes[TRAIN_PAYLOAD_MAX];
	struct wr w = wr_over(bytes, sizeof(bytes));

	if (wants && b->repairs)
		p.n = (uint16_t)(b->blocks < TRAIN_REPORT_LACKS
					 ? b->blocks
					 : TRAIN_REPORT_LACKS);
	train_report_put(b->id, &p, &w);
	for (uint32_t i = 0; i < p.n; i++)
		train_lack_put(&(struct train_lack){i, (uint16_t)b->repairs},
			       &w);
	train_intervals_put(&all, wants, &w);
	say(b, rider, &w, bytes, now, fx);
}

/* The window is open: one of them wants it all once more, and repairs. */
static void say_more(struct bench *b, usec now, struct effects *fx)
{
	unsigned n = b->begun++;

	b->is_asked = false;
	if (n == 0)
		count(b, &b->from);
	if (n == b->trains) {
		count(b, &b->to);
		b->is_over = true;
	} else {
		say_report(b, n / WORTH, true, now, fx);
	}
}

/* ---- what they hear ------------------------------------------------------ */

static void hear_ticket(struct bench *b, struct rd *r)
{
	const struct image *im = images_get(b->site.images, 1);
	const struct image_manifest *m =
		images_manifest(b->site.images, im->id, im->version);
	struct train_ticket t;

	if (!m || !train_ticket_get(&t, r))
		give_up("ticket", -EPROTO);
	b->cookies[b->tickets++] = t.cookie;
	b->id = m->is.train;
	b->packets = m->is.layout.packets;
	b->blocks = m->is.layout.blocks;
}

static void hear(struct bench *b, const struct send *s)
{
	struct rd r = rd_over(s->head, s->head_len);
	struct train_status status;
	struct train_head h;

	if (!train_head_get(&h, &r))
		return;
	if (h.type == TRAIN_TICKET) {
		hear_ticket(b, &r);
	} else if (h.type == TRAIN_PROBE) {
		b->is_probed = train_probe_get(&b->round, &r);
		b->probed = s->to.ip - rider_ip(0);
	} else if (h.type == TRAIN_STATUS && train_status_get(&status, &r)) {
		b->round = status.round;
		b->is_asked = status.phase == TRAIN_SAYS_ASKING;
	} else if (h.type == TRAIN_DETACH || h.type == TRAIN_REFUSE) {
		give_up("refused", -EPROTO);
	}
}

static void look(struct bench *b, const struct effects *fx)
{
	for (size_t i = 0; i < fx->n; i++) {
		const struct send *s = &fx->v[i].send;

		if (fx->v[i].kind == EFFECT_SEND && !s->body.len)
			hear(b, s);
	}
}

/* ---- the engine around the engine ---------------------------------------- */

static struct bench *bench_of(const struct engine *e)
{
	return CONTAINER((struct engine *)(uintptr_t)e, struct bench, engine);
}

static bool has_to_say(const struct bench *b)
{
	if (!b->may_board || b->is_over)
		return false;
	if (b->tickets < RIDERS)
		return b->boards == b->tickets;
	return b->aboard < RIDERS || b->is_asked || b->is_probed;
}

static void say_next(struct bench *b, usec now, struct effects *fx)
{
	if (b->tickets < RIDERS)
		say_board(b, now, fx);
	else if (b->aboard < RIDERS)
		say_aboard(b, now, fx);
	else if (b->is_asked)
		say_more(b, now, fx);
	else
		say_report(b, b->probed, b->is_probed = false, now, fx);
}

static void on_input(struct engine *e, usec now, const struct dgram *d,
		     struct effects *fx)
{
	struct engine *ours = traind_engine(bench_of(e)->traind);

	ours->input(ours, now, d, fx);
	look(bench_of(e), fx);
}

static void on_settle(struct engine *e, usec now, const struct outcome *o,
		      struct effects *fx)
{
	struct engine *ours = traind_engine(bench_of(e)->traind);

	ours->settle(ours, now, o, fx);
	look(bench_of(e), fx);
}

static void on_expire(struct engine *e, usec now, struct effects *fx)
{
	struct engine *ours = traind_engine(bench_of(e)->traind);

	if (has_to_say(bench_of(e)))
		say_next(bench_of(e), now, fx);
	else
		ours->expire(ours, now, fx);
	look(bench_of(e), fx);
}

static usec on_deadline(const struct engine *e)
{
	struct engine *ours = traind_engine(bench_of(e)->traind);

	return has_to_say(bench_of(e)) ? 0 : ours->deadline(ours);
}

/* ---- the place ----------------------------------------------------------- */

static void on_refused(void *arg, const char *name, int rc)
{
	(void)arg;
	give_up(name, rc);
}

static void on_files(void *arg, unsigned events)
{
	(void)arg; /* between() looks, in every round */
	(void)events;
}

static void between(void *arg, usec now)
{
	struct bench *b = arg;
	struct outcome o;

	catalog_turn(b->catalog, now, on_refused, b);
	while (catalog_arrived(b->catalog, &o)) {
		o.wall = host_wall();
		driver_settle(b->driver, &o);
	}
	b->may_board = catalog_is_scanned(b->catalog);
}

static int open_site(struct bench *b, const char *link)
{
	struct site *s = &b->site;
	int rc;

	settings_default(&b->settings);
	b->settings.train.rate = RATE_MOST;
	s->settings = &b->settings;
	s->domain = DOMAIN_FIRST;
	s->n_links = 1;
	s->links[0] = (struct link){.index = if_nametoindex(link),
				    .ip = IP4(10, 0, 0, 1),
				    .mask = 0xffff0000};
	rc = s->links[0].index ? 0 : -errno;
	if (!rc)
		rc = images_open(&s->images, &host_memory, 10000, 1000, 0);
	if (!rc)
		rc = directory_open(&s->directory, &host_memory, 16, 1);
	if (!rc)
		rc = leases_open(&s->leases, &host_memory, 16, 1);
	if (!rc)
		rc = askers_open(&s->askers, &host_memory, RIDERS, 1);
	return rc;
}

static int open_all(struct bench *b, char **argv)
{
	struct driver_config c = {
		.engine = &b->engine, .is_server = true, .between = between};
	int rc = open_site(b, argv[1]);

	b->engine =
		(struct engine){on_input, on_settle, on_expire, on_deadline};
	if (!rc)
		rc = catalog_open(&b->catalog, argv[2], b->site.images,
				  strtoul(argv[4], NULL, 10));
	if (!rc)
		rc = loop_open(&b->loop, &host_memory);
	if (!rc)
		rc = traind_open(&b->traind, &b->site, &host_memory, 1);
	c.catalog = b->catalog;
	c.link = b->site.links[0].index;
	c.arg = b;
	if (!rc)
		rc = driver_open(&b->driver, b->loop, &c);
	b->files = (struct watch){.arg = b, .ready = on_files};
	if (!rc) {
		b->files.fd = catalog_fd(b->catalog);
		rc = loop_watch(b->loop, &b->files, LOOP_READ);
	}
	return rc;
}

int main(int argc, char **argv)
{
	static struct bench b;
	int rc;

	if (argc != 6) {
		fprintf(stderr, "usage: see the head of bench/train.c\n");
		return 2;
	}
	b.repairs = (unsigned)strtoul(argv[3], NULL, 10);
	b.trains = (unsigned)strtoul(argv[5], NULL, 10);
	if (!b.trains || b.trains > RIDERS * WORTH)
		give_up(argv[5], -ERANGE);
	rc = open_all(&b, argv);
	if (rc)
		give_up(argv[1], rc);
	traind_start(b.traind, loop_now(b.loop), driver_effects(b.driver));
	driver_carry(b.driver);
	while (!rc && !b.is_over)
		rc = driver_round(b.driver, NEVER);
	if (rc)
		give_up("loop", rc);
	printf("%llu %llu %lld %ld %ld %llu %llu\n",
	       (unsigned long long)(b.to.originals - b.from.originals),
	       (unsigned long long)(b.to.repairs - b.from.repairs),
	       (long long)(b.to.at - b.from.at), b.to.cpu - b.from.cpu,
	       b.to.own - b.from.own,
	       (unsigned long long)(b.to.calls - b.from.calls),
	       (unsigned long long)(b.to.messages - b.from.messages));
	return EXIT_SUCCESS;
}
