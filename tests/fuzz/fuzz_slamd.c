/*
 * A SLAM server among hostile machines, slow disks and files that change.
 * After every event its rings, lists and counters agree; it sends no packet
 * that a file does not have and no bytes that it did not fetch; and when the
 * machines fall silent, it comes to rest.
 *
 * max_len: 4096
 */
#include "engine/slamd_impl.h"
#include "stage/desk.h"

int LLVMFuzzerTestOneInput(const uint8_t *b, size_t len);

enum { IMAGES = 3, TRAINS = 2, RIDERS = 12, REST = 200000 };

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
	struct desk desk;
	struct slamd *s;
	uint64_t data; /* packets sent */
};

static struct play *play_of(struct desk *d)
{
	return CONTAINER(d, struct play, desk);
}

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

static void check(struct desk *d)
{
	const struct slamd *s = play_of(d)->s;
	uint32_t taken = 0, unused = 0, riding = 0;

	for (uint32_t i = 0; i < s->n_trains; i++) {
		taken += check_train(s, &s->trains[i]);
		riding += s->trains[i].n_riders;
	}
	for (uint32_t id = s->free_riders.first; id <= s->n_riders;
	     id = slots_next(&s->free_riders, id)) {
		assert(!s->riders[id].is_taken && unused < s->n_riders);
		unused++;
	}
	assert(taken + unused == s->n_riders && taken == s->by_endpoint.n);
	assert(s->stats.boarded >= s->stats.left + s->stats.lost + riding);
}

/* ---- what it does ------------------------------------------------------- */

static void look(struct desk *d, const struct effect *e)
{
	const struct send *to = &e->send;
	bool is_group, ok;
	struct slam_packet m;
	struct rd r;

	if (e->kind != EFFECT_SEND)
		return;
	is_group = to->to.ip == d->settings.slam.group;
	r = rd_over(to->head, to->head_len);
	ok = slam_packet_get_with(&m, &r, !is_group, to->body.len);
	assert(ok && to->from.port);
	if (!is_group) {
		assert(to->to.ip >> 8 == IP4(10, 0, 0, 0) >> 8);
		return;
	}
	assert(to->to.port == to->from.port && to->head_len <= 21);
	assert(m.header.total_bytes % m.header.block_size);
	assert(to->body.len && desk_has_fetched(d, &to->body));
	play_of(d)->data++;
}

/* ---- what happens to it ------------------------------------------------- */

static const char *const names[IMAGES] = {"kernel", "initrd", "third"};

static uint16_t port_of(const struct play *p, uint8_t which)
{
	const struct image *im =
		images_get(p->desk.site.images, 1u + which % IMAGES);

	return im && im->slam_port ? im->slam_port : 10000;
}

static void hear(struct play *p, uint8_t who, uint16_t port,
		 const uint8_t *bytes, size_t len)
{
	desk_hear(&p->desk,
		  (struct dgram){
			  .kind = DGRAM_UDP,
			  .link = 1u + (who >> 7),
			  .from = {IP4(10, 0, 0, 0) + who % 128u, 10000},
			  .to = {IP4(10, 0, 0, 1), port},
			  .bytes = bytes,
			  .len = len,
		  });
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
	desk_put(&p->desk, names[which % IMAGES], size);
}

static void start(struct play *p)
{
	slamd_start(p->s, p->desk.now, &p->desk.fx);
	desk_carry(&p->desk);
	desk_settle(&p->desk);
}

static void play_file(struct play *p, enum event event, struct rd *r)
{
	uint8_t which = rd_u8(r);

	if (event == EVENT_FILE)
		put_file(p, which, 4u * rd_u16(r));
	else
		images_gone(p->desk.site.images, names[which % IMAGES]);
}

static void play(struct play *p, struct rd *r)
{
	enum event event = rd_u8(r) % EVENTS;
	uint8_t who;

	switch (event) {
	case EVENT_STEP:
		desk_step(&p->desk);
		break;
	case EVENT_WAIT:
		desk_wait(&p->desk, MILLISECONDS(rd_u16(r) % 4096));
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
		desk_disk(&p->desk, rd_u8(r));
		break;
	case EVENT_FILE:
	case EVENT_GONE:
		play_file(p, event, r);
		break;
	case EVENT_START:
		start(p);
		break;
	case EVENT_HOLD:
		p->desk.settings.slam.hold = 30u * rd_u8(r);
		break;
	case EVENTS:
		break;
	}
}

/* The machines fall silent: each is asked, and dropped, and all is over. */
static void check_end(struct play *p)
{
	uint64_t before;

	desk_disk(&p->desk, 0);
	before = p->data;
	for (int i = 0; desk_step(&p->desk); i++)
		assert(i < REST);
	for (uint32_t i = 0; i < TRAINS; i++)
		assert(p->s->trains[i].phase == TRAIN_IDLE);
	/* No more than what was wanted when they fell silent. */
	assert(p->data - before <= (uint64_t)TRAINS * 182);
}

static bool claims(struct desk *d, const struct dgram *g)
{
	return slamd_claims(play_of(d)->s, g);
}

static void open_play(struct play *p)
{
	struct desk *d = &p->desk;

	desk_open(d, 8, names[0]);
	d->site.n_links = 1;
	d->settings.slam.trains = TRAINS;
	d->settings.slam.riders = RIDERS;
	d->settings.slam.hold = 0;
	d->settings.slam.rate = 2000000; /* so that it asks in mid-train */
	p->data = 0;
	put_file(p, 0, 20000);
	put_file(p, 1, 2 * 1451);
	put_file(p, 2, 240000);
	if (slamd_open(&p->s, &d->site, &desk_alloc, 1))
		abort();
	d->engine = slamd_engine(p->s);
	d->look = look;
	d->check = check;
	d->claims = claims;
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
	slamd_close(p.s, &desk_alloc);
	desk_close(&p.desk);
	return 0;
}
