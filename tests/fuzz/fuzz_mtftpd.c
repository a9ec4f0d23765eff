/*
 * An MTFTP server among hostile machines, slow disks and files that change.
 * After every event its rings, lists and counters agree; it sends no block that
 * a file does not have and no bytes that it did not fetch; a group has one file
 * at a time; and when the machines fall silent, it comes to rest.
 *
 * max_len: 4096
 */
#include "engine/mtftpd_impl.h"
#include "stage/desk.h"

int LLVMFuzzerTestOneInput(const uint8_t *b, size_t len);

enum { IMAGES = 3, LINES = 3, CALLERS = 12, REST = 1000 };

enum event {
	EVENT_STEP,  /* to the next deadline */
	EVENT_WAIT,  /* u16: milliseconds */
	EVENT_RAW,   /* who; len, bytes */
	EVENT_ASK,   /* who, for which file */
	EVENT_ACK,   /* who; u16 block */
	EVENT_NEXT,  /* the one that acknowledges does; u8: blocks ahead */
	EVENT_CROWD, /* u8: so many, for which file */
	EVENT_DISK,  /* u8: how it answers from now on */
	EVENT_FILE,  /* which; u16: its size */
	EVENT_GONE,  /* which */
	EVENT_HOLD,  /* u8: how long lines wait */
	EVENTS,
};

struct play {
	struct desk desk;
	struct mtftpd *m;
	uint64_t data; /* blocks sent to groups */
};

static struct play *play_of(struct desk *d)
{
	return CONTAINER(d, struct play, desk);
}

static const char *const names[IMAGES] = {"kernel", "initrd", "third"};

/* ---- what must hold ----------------------------------------------------- */

static uint32_t check_ring(const struct mtftpd *m, const struct line *l)
{
	uint32_t n = 0, next = 0, id = l->callers;
	bool has_opener = !l->opener;

	for (; id && (!n || id != l->callers); n++) {
		const struct caller *c = &m->callers[id];

		assert(c->is_taken && c->line == line_number(m, l));
		assert(m->callers[c->next].prev == id && n < m->n_callers);
		next += c->wants_next;
		has_opener |= id == l->opener && !c->wants_next;
		id = c->next;
	}
	assert(has_opener && n == l->n_callers && next == l->n_next);
	return n;
}

static void check_line(const struct mtftpd *m, const struct line *l)
{
	switch (l->phase) {
	case LINE_FREE:
		assert(!l->n_callers && !l->timer.place && !l->is_fetching);
		break;
	case LINE_HOLDING:
	case LINE_OVER:
		assert(l->timer.place && !l->is_fetching);
		break;
	case LINE_STARTING:
	case LINE_RUNNING:
		assert(l->opener && l->block && l->block <= l->last);
		assert(l->timer.place || l->is_fetching);
		break;
	}
	assert(l->phase != LINE_OVER || l->is_shared);
	for (const struct line *o = m->lines; o < l; o++)
		assert(!l->image || !o->image || o->link != l->link ||
		       !endpoint_is(o->group, l->group));
}

static void check(struct desk *d)
{
	const struct mtftpd *m = play_of(d)->m;
	uint32_t taken = 0, unused = 0;

	for (uint32_t i = 0; i < m->n_lines; i++) {
		taken += check_ring(m, &m->lines[i]);
		check_line(m, &m->lines[i]);
	}
	for (uint32_t id = m->free_callers.first; id <= m->n_callers;
	     id = slots_next(&m->free_callers, id)) {
		assert(!m->callers[id].is_taken && unused < m->n_callers);
		unused++;
	}
	assert(taken + unused == m->n_callers && taken == m->by_endpoint.n);
	assert(m->stats.repeats <= m->stats.data_packets);
}

/* ---- what it does ------------------------------------------------------- */

static bool is_same(const struct ref *a, const struct ref *b)
{
	return a->image == b->image && a->version == b->version &&
	       a->offset == b->offset && a->len == b->len &&
	       a->kind == b->kind && a->block == b->block &&
	       a->number == b->number && a->packet == b->packet &&
	       a->packets == b->packets && a->wanted == b->wanted;
}

static void look(struct desk *d, const struct effect *e)
{
	const struct send *to = &e->send;
	struct tftp_error error;
	struct tftp_data data;
	struct rd r;

	if (e->kind != EFFECT_SEND)
		return;
	assert(to->from.port == 1759 || to->from.port == 75);
	r = rd_over(to->head, to->head_len);
	if (tftp_error_get(&error, &r))
		return;
	r = rd_over(to->head, to->head_len);
	assert(tftp_data_get(&data, &r) && !data.len && data.block);
	play_of(d)->data += ip_is_multicast(to->to.ip);
	assert(to->body.len <= 512);
	assert(to->body.offset == (data.block - 1u) * UINT64_C(512));
	if (to->body.len)
		assert(is_same(&to->body, &d->at_hand.ref));
}

/* ---- what happens to it ------------------------------------------------- */

/* Bit 7: on the other link; 6: by the port for groups of their own; 5: from
 * another port of theirs. */
static struct dgram from(uint8_t who)
{
	uint32_t net = who & 128 ? IP4(10, 0, 1, 0) : IP4(10, 0, 0, 0);

	return (struct dgram){
		.kind = DGRAM_UDP,
		.link = 1u + (who >> 7),
		.from = {net + who % 32u, who & 32 ? 3001 : 4000},
		.to = {net + 1, who & 64 ? 75 : 1759},
	};
}

static void hear(struct play *p, struct dgram d)
{
	desk_hear(&p->desk, d);
}

static void hear_raw(struct play *p, struct rd *r)
{
	struct dgram d = from(rd_u8(r));
	size_t len = rd_u8(r);
	const uint8_t *bytes = rd_take(r, len < rd_left(r) ? len : rd_left(r));

	if (!bytes)
		return;
	d.bytes = bytes;
	d.len = (size_t)(r->p - bytes);
	hear(p, d);
}

static void hear_request(struct play *p, uint8_t who, uint8_t file)
{
	uint8_t bytes[32];
	struct wr w = wr_over(bytes, sizeof(bytes));
	struct dgram d = from(who);

	wr_u16(&w, TFTP_RRQ);
	wr_cstr(&w, names[file % IMAGES]);
	wr_cstr(&w, "octet");
	d.bytes = bytes;
	d.len = wr_len(&w);
	hear(p, d);
}

static void hear_ack(struct play *p, struct dgram d, uint16_t block)
{
	uint8_t bytes[4];
	struct wr w = wr_over(bytes, sizeof(bytes));

	tftp_ack_put(block, &w);
	d.bytes = bytes;
	d.len = wr_len(&w);
	hear(p, d);
}

static void hear_next(struct play *p, uint8_t how)
{
	const struct line *l = &p->m->lines[how % LINES];
	struct dgram d = from(0);

	if (!l->opener)
		return;
	d.from = p->m->callers[l->opener].at;
	d.to = l->here;
	d.link = l->link;
	hear_ack(p, d, (uint16_t)(l->block + (how & 128 ? how >> 2 & 31 : 0)));
}

static void put_file(struct play *p, uint8_t which, uint64_t size)
{
	desk_put(&p->desk, names[which % IMAGES], size);
}

static void play_file(struct play *p, enum event event, struct rd *r)
{
	uint8_t which = rd_u8(r);

	if (event == EVENT_FILE)
		put_file(p, which, 8u * rd_u16(r));
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
	case EVENT_ASK:
		who = rd_u8(r);
		hear_request(p, who, rd_u8(r));
		break;
	case EVENT_ACK:
		who = rd_u8(r);
		hear_ack(p, from(who), rd_u16(r));
		break;
	case EVENT_NEXT:
		hear_next(p, rd_u8(r));
		break;
	case EVENT_CROWD:
		who = rd_u8(r) % 32;
		for (uint8_t file = rd_u8(r); who > 1; who--)
			hear_request(p, who, file);
		break;
	case EVENT_DISK:
		desk_disk(&p->desk, rd_u8(r));
		break;
	case EVENT_FILE:
	case EVENT_GONE:
		play_file(p, event, r);
		break;
	case EVENT_HOLD:
		p->desk.settings.mtftp.hold = rd_u8(r);
		break;
	case EVENTS:
		break;
	}
}

/* The machines fall silent: each is given its time, and all is over. */
static void check_end(struct play *p)
{
	uint64_t before;

	desk_disk(&p->desk, 0);
	before = p->data;
	for (int i = 0; desk_step(&p->desk); i++)
		assert(i < REST);
	for (uint32_t i = 0; i < LINES; i++)
		assert(p->m->lines[i].phase == LINE_FREE);
	assert(p->data - before <= LINES * 64);
}

static bool claims(struct desk *d, const struct dgram *g)
{
	return mtftpd_claims(play_of(d)->m, g);
}

static void open_play(struct play *p)
{
	struct desk *d = &p->desk;

	desk_open(d, 8, "");
	d->settings.mtftp.lines = LINES;
	d->settings.mtftp.callers = CALLERS;
	d->settings.mtftp.hold = 0;
	p->data = 0;
	put_file(p, 0, 20000);
	put_file(p, 1, 1024);
	put_file(p, 2, 240000);
	if (mtftpd_open(&p->m, &d->site, &desk_alloc, 1))
		abort();
	d->engine = mtftpd_engine(p->m);
	d->look = look;
	d->check = check;
	d->claims = claims;
	mtftpd_start(p->m, d->now, &d->fx);
	desk_carry(d);
	desk_settle(d);
}

int LLVMFuzzerTestOneInput(const uint8_t *b, size_t len)
{
	static struct play p;
	struct rd r = rd_over(b, len);

	open_play(&p);
	while (rd_left(&r))
		play(&p, &r);
	check_end(&p);
	mtftpd_close(p.m, &desk_alloc);
	desk_close(&p.desk);
	return 0;
}
