/*
 * A SLAM server among hostile machines, slow disks and files that change.
 * After every event its rings, lists and counters agree; it sends no packet
 * that a file does not have and no bytes that it did not fetch; and when the
 * machines fall silent, it comes to rest.
 *
 * max_len: 4096
 */
#include "engine/effects.h"
#include "engine/slamd_impl.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *b, size_t len);

enum { IMAGES = 3, TRAINS = 2, RIDERS = 12, SPIN = 64, REST = 200000 };

enum event {
	EVENT_STEP,  /* to the next deadline */
	EVENT_WAIT,  /* u16: milliseconds */
	EVENT_RAW,   /* who, to which file; len, bytes */
	EVENT_WANTS, /* who, to which file; u16 have, u16 want, u8 fast? */
	EVENT_FIRST, /* who, to which file */
	EVENT_BYE,   /* who, to which file */
	EVENT_CROWD, /* u8: so many, to which file */
	EVENT_DISK,  /* u8: how it answers from now on */
	EVENT_FILE,  /* which; u16: its size */
	EVENT_GONE,  /* which */
	EVENT_START, /* the catalogue changed */
	EVENT_HOLD,  /* u8: how long trains wait */
	EVENTS,
};

struct play {
	struct slamd *s;
	struct site site;
	struct settings settings;
	struct effects fx;
	struct outcome waiting[TRAINS]; /* FETCHes */
	struct ref asked[TRAINS], at_hand;
	unsigned n;
	bool is_held;
	int rc;
	usec now;
	uint64_t data; /* packets sent */
};

/* ---- memory ------------------------------------------------------------- */

static void *get(void *arg, size_t n, size_t size)
{
	(void)arg;
	return calloc(n, size);
}

static void put(void *arg, void *p)
{
	(void)arg;
	free(p);
}

static const struct alloc memory = {NULL, get, put};

/* ---- what must hold ----------------------------------------------------- */

static uint32_t check_train(const struct slamd *s, const struct train *t)
{
	uint32_t n = 0, slow = 0, owing = 0, muted = 0, id = t->riders;
	uint16_t number = (uint16_t)(t - s->trains);

	for (; id && (!n || id != t->riders); n++) {
		const struct rider *r = &s->riders[id];

		assert(r->is_taken && !r->is_muted && r->train == number);
		assert(s->riders[r->next].prev == id);
		assert(n < s->n_riders);
		slow += !r->is_fast;
		owing += r->owes;
		id = r->next;
	}
	for (id = t->muted; id; id = s->riders[id].next, muted++)
		assert(s->riders[id].is_taken && s->riders[id].is_muted &&
		       muted < s->n_riders);
	assert(n == t->n_riders && slow == t->n_slow && owing == t->owing);
	assert(!n == !t->riders && !n == !t->next_ask);
	if (t->next_ask)
		assert(s->riders[t->next_ask].train == number &&
		       !s->riders[t->next_ask].is_muted);
	if (t->phase == TRAIN_IDLE)
		assert(!n && !muted && !t->timer.place && !t->want.count);
	else
		assert(t->timer.place || t->is_fetching);
	return n + muted;
}

static void check(const struct play *p)
{
	const struct slamd *s = p->s;
	uint32_t taken = 0, unused = 0, riding = 0;

	for (uint32_t i = 0; i < s->n_trains; i++) {
		taken += check_train(s, &s->trains[i]);
		riding += s->trains[i].n_riders;
	}
	for (uint32_t id = s->free_rider; id; id = s->riders[id].next) {
		assert(!s->riders[id].is_taken && unused < s->n_riders);
		unused++;
	}
	assert(taken + unused == s->n_riders && taken == s->by_endpoint.n);
	assert(s->stats.boarded >= s->stats.left + s->stats.lost + riding);
}

/* ---- what it does ------------------------------------------------------- */

static void look_send(struct play *p, const struct send *to)
{
	bool is_group = to->to.ip == p->settings.slam.group;
	struct rd r = rd_over(to->head, to->head_len);
	const struct ref *have = &p->at_hand;
	struct slam_packet d;
	bool ok = slam_packet_get_with(&d, &r, !is_group, to->body.len);

	assert(ok && to->from.port);
	if (!is_group) {
		assert(to->to.ip >> 8 == IP4(10, 0, 0, 0) >> 8 && to->to.port);
		return;
	}
	assert(to->to.port == to->from.port && to->head_len <= 21);
	assert(d.header.total_bytes % d.header.block_size);
	assert(to->body.image == have->image &&
	       to->body.version == have->version);
	assert(to->body.offset >= have->offset &&
	       to->body.offset + to->body.len <= have->offset + have->len);
	p->data++;
}

static void carry(struct play *p)
{
	assert(!p->fx.lost && p->fx.n <= 2 * BURST);
	for (size_t i = 0; i < p->fx.n; i++) {
		const struct effect *e = &p->fx.v[i];

		if (e->kind == EFFECT_SEND)
			look_send(p, &e->send);
		if (e->kind != EFFECT_FETCH)
			continue;
		assert(p->n < TRAINS && e->fetch.ref.len);
		p->asked[p->n] = e->fetch.ref;
		p->waiting[p->n++] = (struct outcome){
			.kind = EFFECT_FETCH, .cookie = e->fetch.cookie};
	}
	effects_clear(&p->fx);
	check(p);
}

/* As the host does: -ESTALE for what is no longer that version. */
static int disk(const struct play *p, const struct ref *r)
{
	const struct image *im = images_get(p->site.images, r->image);

	if (!im || !im->is_there || im->version != r->version)
		return -ESTALE;
	assert(r->offset + r->len <= im->size);
	return p->rc;
}

static void settle(struct play *p)
{
	while (p->n && !p->is_held) {
		struct outcome o = p->waiting[0];
		struct engine *e = slamd_engine(p->s);

		p->at_hand = p->asked[0];
		p->n--;
		memmove(p->waiting, p->waiting + 1, p->n * sizeof(o));
		memmove(p->asked, p->asked + 1, p->n * sizeof(p->at_hand));
		o.rc = disk(p, &p->at_hand);
		e->settle(e, p->now, &o, &p->fx);
		carry(p);
		p->at_hand = (struct ref){0};
	}
}

static bool step(struct play *p)
{
	struct engine *e = slamd_engine(p->s);
	usec due = e->deadline(e);

	if (due == NEVER)
		return false;
	p->now = usec_max(p->now, due);
	for (int i = 0; e->deadline(e) <= p->now; i++) {
		assert(i < SPIN);
		e->expire(e, p->now, &p->fx);
		carry(p);
		settle(p);
	}
	return true;
}

static void wait_for(struct play *p, usec span)
{
	struct engine *e = slamd_engine(p->s);
	usec until = p->now + span;

	while (e->deadline(e) <= until)
		step(p);
	p->now = until;
}

/* ---- what happens to it ------------------------------------------------- */

static const char *const names[IMAGES] = {"kernel", "initrd", "third"};

static uint16_t port_of(const struct play *p, uint8_t which)
{
	const struct image *im =
		images_get(p->site.images, 1u + which % IMAGES);

	return im && im->slam_port ? im->slam_port : 10000;
}

static void hear(struct play *p, uint8_t who, uint16_t port,
		 const uint8_t *bytes, size_t len)
{
	struct engine *e = slamd_engine(p->s);
	uint8_t *exact = malloc(len ? len : 1);
	struct dgram d = {.kind = DGRAM_UDP,
			  .link = 1u + (who >> 7),
			  .from = {IP4(10, 0, 0, 0) + who % 128u, 10000},
			  .to = {IP4(10, 0, 0, 1), port},
			  .len = len};

	if (!exact)
		abort();
	if (len)
		memcpy(exact, bytes, len);
	d.bytes = exact;
	if (slamd_claims(p->s, &d))
		e->input(e, p->now, &d, &p->fx);
	carry(p);
	settle(p);
	free(exact);
}

static void hear_raw(struct play *p, struct rd *r)
{
	uint8_t who = rd_u8(r);
	uint16_t port = port_of(p, rd_u8(r));
	size_t len = rd_u8(r);
	const uint8_t *bytes = rd_take(r, len < rd_left(r) ? len : rd_left(r));

	if (bytes)
		hear(p, who, port, bytes, (size_t)(r->p - bytes));
}

static void hear_wants(struct play *p, struct rd *r)
{
	uint8_t who = rd_u8(r), bytes[32];
	uint16_t port = port_of(p, rd_u8(r));
	struct wr w = wr_over(bytes, sizeof(bytes));

	slam_int_put(&w, rd_u16(r) % 256);
	slam_int_put(&w, rd_u16(r) % 256);
	wr_u8(&w, 0);
	if (rd_u8(r) & 1)
		slam_nack_fast_put(&w);
	hear(p, who, port, bytes, wr_len(&w));
}

static void hear_crowd(struct play *p, struct rd *r)
{
	uint8_t most = rd_u8(r) % 32;
	uint16_t port = port_of(p, rd_u8(r));

	for (uint8_t who = 2; who < 2 + most; who++)
		hear(p, who, port, (const uint8_t *)"\x20\x21\0mstr", 7);
}

static void put_file(struct play *p, uint8_t which, uint64_t size)
{
	const struct image *im;

	if (images_put(p->site.images, names[which % IMAGES], size, p->now,
		       &im))
		abort();
}

static void start(struct play *p)
{
	slamd_start(p->s, p->now, &p->fx);
	carry(p);
}

static void play_file(struct play *p, enum event event, struct rd *r)
{
	uint8_t which = rd_u8(r);

	if (event == EVENT_FILE) {
		put_file(p, which, 4u * rd_u16(r));
		p->now++;
	} else {
		images_gone(p->site.images, names[which % IMAGES]);
	}
}

static void play_disk(struct play *p, uint8_t how)
{
	static const int answers[] = {0, 0, 0, -EAGAIN, -EIO, -ESTALE};

	p->is_held = how & 128;
	p->rc = answers[how % 6];
	settle(p);
}

static void play(struct play *p, struct rd *r)
{
	enum event event = rd_u8(r) % EVENTS;
	uint8_t who;

	switch (event) {
	case EVENT_STEP:
		step(p);
		break;
	case EVENT_WAIT:
		wait_for(p, MILLISECONDS(rd_u16(r) % 4096));
		break;
	case EVENT_RAW:
		hear_raw(p, r);
		break;
	case EVENT_WANTS:
		hear_wants(p, r);
		break;
	case EVENT_FIRST:
		who = rd_u8(r);
		hear(p, who, port_of(p, rd_u8(r)), (const uint8_t *)"\x20\x21",
		     3);
		break;
	case EVENT_BYE:
		who = rd_u8(r);
		hear(p, who, port_of(p, rd_u8(r)), (const uint8_t *)"", 1);
		break;
	case EVENT_CROWD:
		hear_crowd(p, r);
		break;
	case EVENT_DISK:
		play_disk(p, rd_u8(r));
		break;
	case EVENT_FILE:
	case EVENT_GONE:
		play_file(p, event, r);
		break;
	case EVENT_START:
		start(p);
		break;
	case EVENT_HOLD:
		p->settings.slam.hold = 30u * rd_u8(r);
		break;
	case EVENTS:
		break;
	}
}

/* The machines fall silent: each is asked, and dropped, and all is over. */
static void check_end(struct play *p)
{
	uint64_t before;

	play_disk(p, 0);
	before = p->data;
	for (int i = 0; step(p); i++)
		assert(i < REST);
	for (uint32_t i = 0; i < TRAINS; i++)
		assert(p->s->trains[i].phase == TRAIN_IDLE);
	/* No more than what was wanted when they fell silent. */
	assert(p->data - before <= (uint64_t)TRAINS * 182);
}

static void open_play(struct play *p)
{
	static struct settings defaults;

	if (!p->fx.v && effects_open(&p->fx, &memory))
		abort();
	if (!p->site.directory) {
		settings_default(&defaults);
		if (directory_open(&p->site.directory, &memory, 1, 1) ||
		    leases_open(&p->site.leases, &memory, 1, 1))
			abort();
	}
	effects_clear(&p->fx);
	p->settings = defaults;
	p->settings.slam.trains = TRAINS;
	p->settings.slam.riders = RIDERS;
	p->settings.slam.hold = 0;
	p->settings.slam.rate = 2000000; /* so that it asks in mid-train */
	p->site.settings = &p->settings;
	p->site.domain = DOMAIN_FIRST;
	p->site.n_links = 1;
	p->site.links[0] = (struct link){
		.index = 1, .ip = IP4(10, 0, 0, 1), .mask = 0xffffff00};
	p->n = 0;
	p->rc = 0;
	p->is_held = false;
	p->now = 0;
	p->data = 0;
	if (images_open(&p->site.images, &memory, 10000, 8, 1) ||
	    images_prefer(p->site.images, names[0]))
		abort();
	put_file(p, 0, 20000);
	put_file(p, 1, 2 * 1451);
	put_file(p, 2, 240000);
	if (slamd_open(&p->s, &p->site, &memory, 1))
		abort();
	start(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *b, size_t len)
{
	static struct play p;
	struct rd r = rd_over(b, len);

	open_play(&p);
	while (rd_left(&r))
		play(&p, &r);
	check_end(&p);
	slamd_close(p.s, &memory);
	images_close(p.site.images);
	return 0;
}
