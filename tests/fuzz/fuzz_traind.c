/*
 * A train's server among hostile machines, slow disks and files that change.
 * After every event its rings, counters and tables agree; it sends no packet
 * that a file does not have, no bytes that it did not fetch, and no repair a
 * second time; and when the machines fall silent, it comes to rest.
 *
 * max_len: 4096
 */
#include "engine/traind_impl.h"
#include "model/policy.h"
#include "stage/desk.h"

int LLVMFuzzerTestOneInput(const uint8_t *b, size_t len);

enum { IMAGES = 3, TRAINS = 2, RIDERS = 12, REST = 200000 };
enum { PACKET = 64, BLOCKS = 64 };

enum event {
	EVENT_STEP,    /* to the next deadline */
	EVENT_WAIT,    /* u16: milliseconds */
	EVENT_RAW,     /* who; len, bytes */
	EVENT_BOARD,   /* who, which file */
	EVENT_ABOARD,  /* who, which train; u16 from, u16 n */
	EVENT_REPORT,  /* who, which train; u8 block, u16 lack, u16 from, u16 n,
			* u8: loss, list, round */
	EVENT_PICK,    /* who, which train; u16 from, u16 n */
	EVENT_LEAVES,  /* who, which train; u8 block, u8 first */
	EVENT_BYE,     /* who, which train */
	EVENT_CROWD,   /* u8: so many, to which train */
	EVENT_DISK,    /* u8: how it answers from now on */
	EVENT_FILE,    /* which; u8: so many packets */
	EVENT_GONE,    /* which */
	EVENT_HOLD,    /* u8: how long trains wait */
	EVENT_SHARE,   /* u8: whether there are other servers */
	EVENT_DRIVES,  /* which server, which file; u8: turn, phase, flags;
			* u8: riders */
	EVENT_FORWARD, /* which server, which rider, which file */
	EVENTS,
};

struct play {
	struct desk desk;
	struct traind *t;
	/* The last repair of each block, to see that none comes twice. */
	uint32_t said[TRAINS][BLOCKS], life[TRAINS];
};

static struct play *play_of(struct desk *d)
{
	return CONTAINER(d, struct play, desk);
}

static void toy_hash(void *to, size_t to_len, const void *bytes, size_t len)
{
	uint8_t *at = to;

	for (size_t i = 0; i < to_len; i++)
		at[i] = (uint8_t)hash_bytes(bytes, len, i);
}

static const struct crypt toy = {.hash = toy_hash};

/* ---- what must hold ----------------------------------------------------- */

static uint32_t check_ring(const struct traind *t, const struct run *r,
			   uint32_t first, bool is_gone)
{
	uint32_t n = 0, id = first;

	for (; id && (!n || id != first); n++) {
		const struct seat *s = &t->seats[id];

		assert(s->is_taken && s->is_gone == is_gone);
		assert(s->run == run_number(t, r) && n < t->n_seats);
		assert(t->seats[s->next].prev == id);
		id = s->next;
	}
	return n;
}

static uint32_t check_run(const struct traind *t, const struct run *r)
{
	uint32_t riding = check_ring(t, r, r->seats, false), pending = 0;
	uint32_t gone = check_ring(t, r, r->gone, true);
	bool waits = r->batch.is_fetching;

	for (uint32_t b = 0; b < r->layout.blocks; b++)
		pending += r->pending[b];
	assert(pending == r->n_pending && riding == r->n_seats);
	assert(!riding == !r->next_probe);
	if (riding)
		assert(t->seats[r->next_probe].run == run_number(t, r) &&
		       !t->seats[r->next_probe].is_gone);
	/* Whoever waits is going to be called. */
	if (r->phase != RUN_STANDING || riding)
		assert(r->timer.place || waits);
	if (r->phase == RUN_STANDING && !riding && !r->timer.place)
		assert(!gone && !r->n_pending && !r->want.count);
	if (r->phase == RUN_FOLLOWING)
		assert(!riding && !gone && !r->n_pending && !r->want.count &&
		       r->tell_at == NEVER && r->timer.place);
	if (!run_drives(r))
		assert(r->tell_at == NEVER && !r->is_taken);
	if (r->phase == RUN_ASKING)
		assert(!r->n_pending && !r->want.count);
	return riding + gone;
}

static void check(struct desk *d)
{
	const struct traind *t = play_of(d)->t;
	uint32_t taken = 0, unused = 0;

	for (uint32_t i = 0; i < t->n_runs; i++)
		if (t->runs[i].image)
			taken += check_run(t, &t->runs[i]);
	for (uint32_t id = t->free_seats.first; id <= t->n_seats;
	     id = slots_next(&t->free_seats, id)) {
		assert(!t->seats[id].is_taken && unused < t->n_seats);
		unused++;
	}
	assert(taken + unused == t->n_seats && taken == t->by_endpoint.n);
}

/* ---- what it does ------------------------------------------------------- */

static void look_repair(struct play *p, const struct run *r,
			const struct train_data *d)
{
	uint32_t i = run_number(p->t, r);

	if (p->life[i] != r->life) {
		memset(p->said[i], 0, sizeof(p->said[i]));
		p->life[i] = r->life;
	}
	assert(d->block < BLOCKS && d->number > p->said[i][d->block]);
	p->said[i][d->block] = d->number;
}

/* In one of the pieces that were fetched. */
static bool is_at_hand(const struct fetch *f, const struct ref *body)
{
	if (body->image != f->ref.image || body->version != f->ref.version ||
	    body->kind != f->ref.kind)
		return false;
	for (unsigned i = 0; i < f->pieces || !i; i++) {
		uint64_t from = f->ref.offset + i * f->stride;

		if (body->kind == REF_BYTES && body->offset >= from &&
		    body->offset + body->len <= from + f->ref.len)
			return true;
		if (body->kind == REF_REPAIRS && body->offset == from &&
		    body->number >= f->ref.number &&
		    (body->number - f->ref.number + 1) * (size_t)PACKET <=
			    f->ref.len)
			return true;
		if (body->kind == REF_LEAVES && body->offset == from &&
		    body->number * (size_t)TRAIN_LEAF + body->len <= f->ref.len)
			return true;
	}
	return false;
}

static void look_data(struct play *p, const struct send *to,
		      const struct train_head *h, struct rd *r)
{
	const struct run *run = p->t->runs;
	const struct layout *l;
	struct train_data d;
	bool ok = train_data_get(&d, r);

	while (run->id != h->id || !run->image) {
		run++;
		assert(run < p->t->runs + TRAINS);
	}
	l = &run->layout;
	assert(ok);
	if (d.block == TRAIN_LIST) {
		assert(!to->body.len && d.len);
		return;
	}
	assert(d.block < l->blocks && is_at_hand(&p->desk.at_hand, &to->body));
	if (d.number >= TRAIN_BLOCK_MAX) {
		assert(to->body.len == PACKET && to->to.port >= 7244);
		look_repair(p, run, &d);
		return;
	}
	assert(d.number < layout_block(l, d.block));
	assert(to->body.len == layout_len(l, d.block, (uint16_t)d.number));
}

static void look(struct desk *d, const struct effect *e)
{
	const struct send *to = &e->send;
	struct train_head h;
	struct rd r;
	bool ok;

	if (e->kind != EFFECT_SEND)
		return;
	r = rd_over(to->head, to->head_len);
	ok = train_head_get(&h, &r);
	assert(ok && to->from.port == TRAIN_PORT);
	assert(to->head_len + to->body.len <= TRAIN_PAYLOAD_MAX);
	assert(ip_is_multicast(to->to.ip) ||
	       to->to.ip >> 8 == IP4(10, 0, 0, 0) >> 8 ||
	       (h.type == TRAIN_DRIVES && to->to.ip == IP_BROADCAST));
	if (h.type == TRAIN_DRIVES || h.type == TRAIN_FORWARD)
		assert(to->to.port == TRAIN_PORT);
	if (h.type == TRAIN_DATA)
		look_data(play_of(d), to, &h, &r);
	else if (h.type == TRAIN_LEAVES)
		assert(is_at_hand(&d->at_hand, &to->body));
	else
		assert(!to->body.len);
}

static void set_manifest(struct desk *d, const struct image *im)
{
	struct image_manifest m = {.is = {.version = im->version, .k_max = 64}};
	uint8_t list[BLOCKS * CRYPT_HASH] = {0};

	if (!layout_make(&m.is.layout, im->size, PACKET, 64))
		return;
	assert(m.is.layout.blocks <= BLOCKS);
	memcpy(m.is.name, im->name, strlen(im->name) + 1);
	toy_hash(m.is.list_hash, CRYPT_HASH, list,
		 (size_t)m.is.layout.blocks * CRYPT_HASH);
	m.head_len = manifest_put(&m.is, m.head, &toy, NULL, NULL);
	m.list = list;
	if (images_set_manifest(d->site.images, im->id, im->version, &m))
		abort();
}

/* ---- what happens to it ------------------------------------------------- */

static const char *const names[IMAGES] = {"kernel", "initrd", "third"};

static struct endpoint machine(uint8_t who)
{
	return (struct endpoint){IP4(10, 0, 0, 0) + who % 128u, 5000};
}

static void hear(struct play *p, uint8_t who, const uint8_t *bytes, size_t len)
{
	desk_hear(&p->desk, (struct dgram){
				    .kind = DGRAM_UDP,
				    .link = 1u + (who >> 7),
				    .from = machine(who),
				    .to = {IP4(10, 0, 0, 1), TRAIN_PORT},
				    .bytes = bytes,
				    .len = len,
			    });
}

static void hear_wr(struct play *p, uint8_t who, const struct wr *w)
{
	assert(!w->bad);
	hear(p, who, w->start, wr_len(w));
}

static void hear_raw(struct play *p, struct rd *r)
{
	uint8_t who = rd_u8(r);
	size_t len = rd_u8(r);
	const uint8_t *bytes = rd_take(r, len < rd_left(r) ? len : rd_left(r));

	if (bytes)
		hear(p, who, bytes, (size_t)(r->p - bytes));
}

static void hear_board(struct play *p, uint8_t who, uint8_t which)
{
	const char *name = names[which % IMAGES];
	uint8_t b[TRAIN_BOARD_LEN];
	struct wr w = wr_over(b, sizeof(b));

	train_board_put(1, name, strlen(name), &w);
	hear_wr(p, who, &w);
}

/* With its right cookie, and any interval. */
static void hear_wish(struct play *p, enum train_type type, uint8_t who,
		      const struct run *r, struct train_interval i)
{
	uint8_t b[64];
	struct wr w = wr_over(b, sizeof(b));

	train_cookie_put(type, r->id, seat_cookie(p->t, r, machine(who)), &w);
	if (type != TRAIN_GOODBYE)
		train_intervals_put(&i, i.to > i.from, &w);
	hear_wr(p, who, &w);
}

static const struct run *run_at(const struct play *p, uint8_t which)
{
	return &p->t->runs[which % TRAINS];
}

static struct train_interval interval(struct rd *r)
{
	uint32_t from = rd_u16(r) % 4096;

	return (struct train_interval){from, from + rd_u16(r) % 4096};
}

static void hear_report(struct play *p, struct rd *r)
{
	uint8_t who = rd_u8(r), b[128], more;
	const struct run *run = run_at(p, rd_u8(r));
	struct train_lack lack = {.block = rd_u8(r), .lack = rd_u16(r)};
	struct train_interval i = interval(r);
	struct wr w = wr_over(b, sizeof(b));
	struct train_report head = {
		.cookie = seat_cookie(p->t, run, machine(who)),
		.round = run->round,
		.n = lack.lack > 0};

	more = rd_u8(r);
	head.loss = (uint16_t)(more & 15) * 100;
	head.lack_of_list = more >> 4 & 1;
	head.round = (uint16_t)(head.round + (more >> 5 & 1));
	head.at = more & 64 ? 0 : UINT32_MAX;
	train_report_put(run->id, &head, &w);
	if (head.n)
		train_lack_put(&lack, &w);
	train_intervals_put(&i, i.to > i.from, &w);
	hear_wr(p, who, &w);
}

static void hear_leaves(struct play *p, struct rd *r)
{
	uint8_t who = rd_u8(r), b[64];
	const struct run *run = run_at(p, rd_u8(r));
	struct train_leaves l = {.block = rd_u8(r), .first = rd_u8(r)};
	struct wr w = wr_over(b, sizeof(b));

	l.cookie = seat_cookie(p->t, run, machine(who));
	train_leaves_ask_put(run->id, &l, &w);
	hear_wr(p, who, &w);
}

static void hear_crowd(struct play *p, struct rd *r)
{
	uint8_t most = rd_u8(r) % 32;
	const struct run *run = run_at(p, rd_u8(r));
	struct train_interval all = {0, run->layout.packets};

	for (uint8_t who = 2; who < 2 + most; who++)
		hear_wish(p, TRAIN_ABOARD, who, run, all);
}

/* Another server, where its riders board. */
static void hear_server(struct play *p, uint8_t who, const struct wr *w)
{
	struct endpoint from = machine(who);

	assert(!w->bad);
	from.port = TRAIN_PORT;
	desk_hear(&p->desk, (struct dgram){
				    .kind = DGRAM_UDP,
				    .link = 1u + (who >> 7),
				    .from = from,
				    .to = {IP_BROADCAST, TRAIN_PORT},
				    .bytes = w->start,
				    .len = wr_len(w),
			    });
}

static void hear_drives(struct play *p, struct rd *r)
{
	uint8_t who = rd_u8(r), b[64], more;
	const char *name = names[rd_u8(r) % IMAGES];
	struct train_drives d = {.name = name, .len = strlen(name)};
	const struct images *all = p->desk.site.images;
	const struct image *im = images_find(all, name, d.len);
	const struct image_manifest *m =
		im ? images_manifest(all, im->id, im->version) : NULL;
	struct wr w = wr_over(b, sizeof(b));

	more = rd_u8(r);
	d.turn = more & 7;
	d.phase = more >> 3 & 7;
	d.flags = more >> 6 & 1;
	d.wish = more >> 7 ? IP4(224, 0, 0, 0) : 0;
	d.riders = rd_u8(r);
	d.group = policy_train_group(&p->desk.settings, d.wish, d.riders);
	train_drives_put(m ? m->is.train : 1, &d, &w);
	hear_server(p, who, &w);
}

static void hear_forward(struct play *p, struct rd *r)
{
	uint8_t who = rd_u8(r), b[TRAIN_BOARD_LEN];
	struct train_forward f = {.rider = machine(rd_u8(r))};
	struct wr w = wr_over(b, sizeof(b));

	f.name = names[rd_u8(r) % IMAGES];
	f.len = strlen(f.name);
	train_forward_put(1, &f, &w);
	hear_server(p, who, &w);
}

static void put_file(struct play *p, uint8_t which, uint64_t size)
{
	desk_put(&p->desk, names[which % IMAGES], size);
}

static void play_file(struct play *p, enum event event, struct rd *r)
{
	uint8_t which = rd_u8(r);

	if (event == EVENT_FILE)
		put_file(p, which, rd_u8(r) * (uint64_t)PACKET);
	else
		images_gone(p->desk.site.images, names[which % IMAGES]);
}

static void play_rider(struct play *p, enum event event, struct rd *r)
{
	static const enum train_type types[EVENTS] = {
		[EVENT_ABOARD] = TRAIN_ABOARD,
		[EVENT_PICK] = TRAIN_PICK,
		[EVENT_BYE] = TRAIN_GOODBYE};
	uint8_t who = rd_u8(r), which = rd_u8(r);
	struct train_interval i = {0};

	if (event == EVENT_BOARD) {
		hear_board(p, who, which);
		return;
	}
	if (event != EVENT_BYE)
		i = interval(r);
	hear_wish(p, types[event], who, run_at(p, which), i);
}

static void play(struct play *p, struct rd *r)
{
	enum event event = rd_u8(r) % EVENTS;

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
	case EVENT_BOARD:
	case EVENT_ABOARD:
	case EVENT_PICK:
	case EVENT_BYE:
		play_rider(p, event, r);
		break;
	case EVENT_REPORT:
		hear_report(p, r);
		break;
	case EVENT_LEAVES:
		hear_leaves(p, r);
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
	case EVENT_HOLD:
		p->desk.settings.train.hold = 30u * rd_u8(r);
		break;
	case EVENT_SHARE:
		p->desk.settings.train.share = rd_u8(r) & 1 ? SHARE_YES
							    : SHARE_NO;
		break;
	case EVENT_DRIVES:
		hear_drives(p, r);
		break;
	case EVENT_FORWARD:
		hear_forward(p, r);
		break;
	case EVENTS:
		break;
	}
}

/* The machines fall silent: all is sent, asked for, and over. */
static void check_end(struct play *p)
{
	desk_disk(&p->desk, 0);
	for (int i = 0; desk_step(&p->desk); i++)
		assert(i < REST);
	for (uint32_t i = 0; i < TRAINS; i++)
		assert(p->t->runs[i].phase == RUN_STANDING);
	assert(!p->t->by_endpoint.n);
}

static bool claims(struct desk *d, const struct dgram *g)
{
	return traind_claims(play_of(d)->t, g);
}

static void open_play(struct play *p)
{
	struct desk *d = &p->desk;

	desk_open(d, 8, "");
	d->site.n_links = 1;
	d->settings.train.trains = TRAINS;
	d->settings.train.riders = RIDERS;
	d->settings.train.hold = 0;
	d->settings.train.share = SHARE_YES;
	d->settings.train.rate = 2000000; /* so that it is there in mid-train */
	memset(p->life, 0, sizeof(p->life));
	put_file(p, 0, 20000);
	put_file(p, 1, 64);
	put_file(p, 2, 240000);
	if (traind_open(&p->t, &d->site, &desk_alloc, 1))
		abort();
	d->engine = traind_engine(p->t);
	d->look = look;
	d->check = check;
	d->claims = claims;
	d->manifest = set_manifest;
	traind_start(p->t, d->now, &d->fx);
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
	traind_close(p.t, &desk_alloc);
	desk_close(&p.desk);
	return 0;
}
