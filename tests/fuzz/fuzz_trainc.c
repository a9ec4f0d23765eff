/*
 * A rider among hostile servers.  Whatever they say, it keeps within the file
 * that it was promised, has only blocks mended that can be, speaks in
 * well-formed messages, and comes to an end; and it is done only when every
 * block was found to be right.
 *
 * max_len: 4096
 */
#include "engine/trainc.h"
#include "load.h"
#include "model/manifest.h"
#include "stage/toy_crypt.h"
#include "wire/train.h"

#include <errno.h>

int LLVMFuzzerTestOneInput(const uint8_t *b, size_t len);

enum { PACKET = 64, SIZE_MOST = 200000, SLOTS = 24, BLOCKS_MOST = 64 };

enum event {
	EVENT_STEP,   /* to the next deadline */
	EVENT_WAIT,   /* u16: milliseconds */
	EVENT_SETTLE, /* u8: how well */
	EVENT_RAW,    /* u8: to which port; len, bytes */
	EVENT_TICKET, /* u8: of which file */
	EVENT_REFUSE, /* u8: what, u8: the code */
	EVENT_STATUS, /* u8 phase, flags, round, slots, top, n; n numbers */
	EVENT_DATA,   /* u8: block, u16: number, u8: how long, by reference */
	EVENT_RUN,    /* u16: position, u8: how many originals from there */
	EVENT_LIST,   /* u8: which packet, u8: how false */
	EVENT_LEAVES, /* u8: block, u8: first, u8: how false */
	EVENT_SMALL,  /* u8: PROBE or DETACH, u8: round */
	EVENT_STOP,
	EVENT_SERVER,    /* u8: who speaks from now on */
	EVENT_NO_COOKIE, /* to the group */
	EVENTS,
};

static const struct {
	uint64_t size;
	uint16_t k_max;
} files[] = {
	{12790, 64}, {70000, 512}, {1, 64}, {64 * 64 * 17, 64}, {9000, 64}};
enum { FILES = sizeof(files) / sizeof(files[0]) };

static struct loadc *client;
static struct manifest head; /* of the file that is announced now */
static uint8_t head_bytes[MANIFEST_HEAD_MAX], list[BLOCKS_MOST * CRYPT_HASH];
static size_t head_len;
static struct layout layout; /* that the client allotted last */
static uint64_t nonce, train, cookie;
static bool is_checked[BLOCKS_MOST], is_hashed;
static bool is_asking; /* its BOARD is out */
static uint64_t era;   /* of the cookies since the last ALLOT */
static uint16_t own;
static uint8_t speaker; /* which server */

/* ---- a file of zeros ---------------------------------------------------- */

static void leaf_of(uint32_t b, uint16_t r, uint8_t leaf[TRAIN_LEAF])
{
	static const uint8_t zeros[PACKET];

	toy_hash(leaf, TRAIN_LEAF, zeros, layout_len(&head.layout, b, r));
}

static void announce(unsigned which)
{
	static uint8_t leaves[512 * TRAIN_LEAF];
	uint16_t k_max = files[which % FILES].k_max;

	head = (struct manifest){
		.version = which % FILES, .k_max = k_max, .name = "f"};
	if (!layout_make(&head.layout, files[which % FILES].size, PACKET,
			 k_max))
		abort();
	assert(head.layout.blocks <= BLOCKS_MOST && head.layout.k <= 512);
	for (uint32_t b = 0; b < head.layout.blocks; b++) {
		uint16_t n = layout_block(&head.layout, b);

		for (uint16_t r = 0; r < n; r++)
			leaf_of(b, r, leaves + r * TRAIN_LEAF);
		toy_hash(list + b * CRYPT_HASH, CRYPT_HASH, leaves,
			 (size_t)n * TRAIN_LEAF);
	}
	toy_hash(head.list_hash, CRYPT_HASH, list,
		 head.layout.blocks * (size_t)CRYPT_HASH);
	head_len = manifest_put(&head, head_bytes, &toy_crypt, NULL, NULL);
}

/* ---- what it does ------------------------------------------------------- */

static void look_keep(const struct keep *k)
{
	uint64_t len = k->len + k->body.len;
	uint64_t scratch = allot_scratch(layout.size);

	assert(k->file == 3 && !k->len == !k->bytes && len);
	if (!k->is_scratch) {
		assert(k->offset % PACKET == 0 && len <= PACKET);
		assert(k->offset + len <= layout.size);
		return;
	}
	assert(k->offset >= scratch && len == PACKET);
	assert((k->offset - scratch) % PACKET == 0);
	assert((k->offset - scratch) / PACKET < SLOTS);
}

static void look_mend(const struct mend *m)
{
	uint16_t k = layout_block(&layout, m->block);

	assert(m->block < layout.blocks && !is_checked[m->block]);
	assert(m->layout.size == layout.size && m->n_missing <= k);
	assert(m->n_missing <= m->n_repairs || !m->n_missing);
	assert(m->n_missing || m->has_hash);
	for (unsigned i = 0; i < m->n_missing; i++) {
		assert(m->missing[i] < k);
		assert(!i || m->missing[i] > m->missing[i - 1]);
	}
	for (unsigned i = 0; i < m->n_repairs; i++) {
		assert(m->repairs[i].number >= TRAIN_BLOCK_MAX);
		assert(m->repairs[i].slot < SLOTS);
		for (unsigned j = 0; j < i; j++)
			assert(m->repairs[i].slot != m->repairs[j].slot &&
			       m->repairs[i].number != m->repairs[j].number);
	}
	is_hashed = m->has_hash;
}

static uint32_t look_intervals(struct rd *r)
{
	struct train_intervals v;
	struct train_interval i;
	uint32_t all = 0;
	bool is_list = train_intervals_get(&v, r);

	assert(is_list);
	while (train_interval_next(&v, &i)) {
		assert(i.to <= layout.packets);
		all += i.to - i.from;
	}
	return all;
}

static void look_report(struct rd *r)
{
	struct train_report p;
	struct train_lack l;
	bool is_report = train_report_get(&p, r);

	assert(is_report && p.loss <= 1000);
	while (train_lack_next(&p, &l))
		assert(l.block < layout.blocks && l.lack &&
		       l.lack <= layout_block(&layout, l.block) + UINT8_MAX);
	while (rd_left(&p.intervals.rest))
		assert(rd_u32(&p.intervals.rest) <= layout.packets);
}

static void look_send(const struct send *s)
{
	struct rd r = rd_over(s->head, s->head_len), report;
	struct train_head h;
	uint64_t its;
	bool is_one = train_head_get(&h, &r), has_cookie;

	assert(is_one && s->head_len <= TRAIN_PAYLOAD_MAX);
	if (h.type == TRAIN_BOARD) {
		nonce = h.id;
		is_asking = true;
		return;
	}
	assert(h.id == train);
	report = r;
	has_cookie = train_cookie_get(&its, &r);
	assert(has_cookie && its == cookie);
	if (h.type == TRAIN_REPORT)
		look_report(&report);
	else if (h.type == TRAIN_PICK)
		assert(look_intervals(&r) <= 64);
	else if (h.type == TRAIN_ABOARD)
		look_intervals(&r);
	else
		assert(h.type == TRAIN_LEAVES_ASK || h.type == TRAIN_GOODBYE);
}

static void look(struct drive *d, const struct effect *e)
{
	(void)d;
	if (e->kind == EFFECT_LISTEN && e->listen.port >= 32768)
		own = e->listen.port;
	if (e->kind == EFFECT_ALLOT) {
		assert(e->allot.size == head.layout.size);
		layout = head.layout;
		train = head.train;
		era = e->allot.cookie >> 32;
		memset(is_checked, 0, sizeof(is_checked));
	}
	if (e->kind == EFFECT_KEEP)
		look_keep(&e->keep);
	if (e->kind == EFFECT_MEND)
		look_mend(&e->mend);
	if (e->kind == EFFECT_SEND)
		look_send(&e->send);
}

/* ---- what it hears ------------------------------------------------------ */

static void hear(struct drive *d, const struct wr *w, bool is_to_us,
		 size_t body)
{
	drive_hear(d, (struct dgram){
			      .kind = DGRAM_UDP,
			      .from = {IP4(10, 0, 0, 1) + speaker, TRAIN_PORT},
			      .to = {0, is_to_us ? own : TRAIN_DATA_PORT},
			      .bytes = w->start,
			      .len = wr_len(w),
			      .body = {.image = body ? 1 : 0, .len = body}});
}

static void hear_raw(struct drive *d, struct rd *r, struct wr *w)
{
	bool is_to_us = rd_u8(r) & 1;
	size_t len = rd_u8(r);

	len = len < rd_left(r) ? len : rd_left(r);
	wr_bytes(w, rd_take(r, len), len);
	hear(d, w, is_to_us, 0);
}

static void hear_ticket(struct drive *d, struct rd *r, struct wr *w)
{
	uint8_t which = rd_u8(r);
	struct train_ticket t = {
		.cookie = which * 0x0101010101010101u,
		.group = {IP4(239, 255, 84, 0), TRAIN_DATA_PORT},
		.head = head_bytes};

	if (is_asking) {
		is_asking = false;
		announce(which);
		cookie = t.cookie;
	}
	t.head_len = head_len;
	train_ticket_put(nonce, &t, w);
	hear(d, w, true, 0);
}

static void hear_status(struct drive *d, struct rd *r, struct wr *w)
{
	struct train_status s = {.phase = rd_u8(r) % 4};

	s.flags = rd_u8(r);
	s.round = rd_u8(r);
	s.slots = rd_u8(r);
	s.slot_ms = 2;
	s.top = rd_u8(r);
	s.step = s.top % 3;
	s.n = rd_u8(r) % 32;
	s.first = s.n % 5;
	train_status_put(train, &s, w);
	for (uint16_t i = 0; i < s.n; i++)
		wr_u16(w, rd_u8(r));
	hear(d, w, s.flags & 8, 0);
}

static void put_data(struct drive *d, uint32_t block, uint32_t number,
		     size_t len)
{
	uint8_t bytes[TRAIN_PAYLOAD_MAX];
	struct wr w = wr_over(bytes, sizeof(bytes));

	train_data_head_put(train, block, number, &w);
	wr_zeros(&w, len);
	hear(d, &w, false, 0);
}

static void hear_data(struct drive *d, struct rd *r, struct wr *w)
{
	uint32_t block = rd_u8(r) % (BLOCKS_MOST + 1), number = rd_u16(r);
	uint8_t how = rd_u8(r);
	size_t len = PACKET + (how > 250);

	if (number >= 0x8000)
		number = TRAIN_BLOCK_MAX + number % 64;
	else if (layout.blocks && block < layout.blocks &&
		 number < layout_block(&layout, block))
		len = layout_len(&layout, block, (uint16_t)number);
	if (!(how & 1)) {
		put_data(d, block, number, len);
		return;
	}
	train_data_head_put(train, block, number, w);
	hear(d, w, false, len);
}

static void hear_run(struct drive *d, struct rd *r)
{
	uint32_t at = rd_u16(r), end = at + rd_u8(r);

	for (; at < end && at < layout.packets; at++) {
		uint32_t b;
		uint16_t row;

		layout_at(&layout, at, &b, &row);
		put_data(d, b, row, layout_len(&layout, b, row));
	}
}

static void hear_list(struct drive *d, struct rd *r, struct wr *w)
{
	size_t size = layout.blocks * (size_t)CRYPT_HASH;
	uint32_t number = rd_u8(r) % 32;
	bool is_false = rd_u8(r) > 200;
	size_t at = number * PACKET, n;

	if (at >= size)
		return;
	n = size - at < PACKET ? size - at : PACKET;
	train_data_head_put(train, TRAIN_LIST, number, w);
	for (size_t i = 0; i < n; i++)
		wr_u8(w, (uint8_t)(list[at + i] + is_false));
	hear(d, w, false, 0);
}

static void hear_leaves(struct drive *d, struct rd *r, struct wr *w)
{
	uint32_t block = rd_u8(r) % BLOCKS_MOST;
	uint16_t first = rd_u8(r), n;
	bool is_false = rd_u8(r) > 200;

	if (block >= layout.blocks || layout.size != head.layout.size)
		return;
	n = layout_block(&layout, block);
	train_leaves_head_put(train, block, first, w);
	for (uint16_t i = first; i < n && i < first + 64; i++) {
		uint8_t leaf[TRAIN_LEAF];

		leaf_of(block, i, leaf);
		leaf[0] = (uint8_t)(leaf[0] + is_false);
		wr_bytes(w, leaf, sizeof(leaf));
	}
	hear(d, w, true, 0);
}

static void hear_small(struct drive *d, struct rd *r, struct wr *w)
{
	if (rd_u8(r) & 1)
		train_probe_put(train, rd_u8(r), w);
	else
		train_detach_put(train, w);
	hear(d, w, true, 0);
}

static void settle(struct drive *d, uint8_t how)
{
	struct outcome o = d->waiting[0];
	int rc = how < 200                            ? 0
		 : how < 230 && o.kind == EFFECT_MEND ? -EDOM
		 : how < 250 && o.kind == EFFECT_MEND ? -EBADMSG
						      : -EADDRINUSE;

	if (d->n && o.kind == EFFECT_MEND && !rc && is_hashed &&
	    o.cookie >> 32 == era)
		is_checked[(uint32_t)o.cookie] = true;
	drive_settle(d, rc);
}

static void play(struct drive *d, struct rd *r)
{
	enum event event = rd_u8(r) % EVENTS;
	uint8_t bytes[TRAIN_PAYLOAD_MAX];
	struct wr w = wr_over(bytes, sizeof(bytes));

	switch (event) {
	case EVENT_STEP:
		drive_step(d);
		break;
	case EVENT_WAIT:
		drive_wait(d, MILLISECONDS(rd_u16(r)));
		break;
	case EVENT_SETTLE:
		settle(d, rd_u8(r));
		break;
	case EVENT_RAW:
		hear_raw(d, r, &w);
		break;
	case EVENT_TICKET:
		hear_ticket(d, r, &w);
		break;
	case EVENT_REFUSE:
		train_refuse_put(rd_u8(r) & 1 ? nonce : train, rd_u8(r) % 6,
				 "no", &w);
		hear(d, &w, true, 0);
		break;
	case EVENT_STATUS:
		hear_status(d, r, &w);
		break;
	case EVENT_DATA:
		hear_data(d, r, &w);
		break;
	case EVENT_RUN:
		hear_run(d, r);
		break;
	case EVENT_LIST:
		hear_list(d, r, &w);
		break;
	case EVENT_LEAVES:
		hear_leaves(d, r, &w);
		break;
	case EVENT_SMALL:
		hear_small(d, r, &w);
		break;
	case EVENT_STOP:
		load_stop(d, client, r);
		break;
	case EVENT_SERVER:
		speaker = rd_u8(r) % 4;
		break;
	case EVENT_NO_COOKIE:
		train_refuse_put(train, TRAIN_NO_COOKIE, "", &w);
		hear(d, &w, false, 0);
		break;
	case EVENTS:
		break;
	}
}

static void check_end(struct drive *d)
{
	struct loadc_progress p;

	while (d->n)
		settle(d, 0);
	p = load_end(d, client, SECONDS(61));
	assert(p.have <= p.size && p.packets_new <= p.packets_heard);
	if (p.state == LOADC_DONE) {
		assert(p.size == p.have);
		for (uint32_t b = 0; b < layout.blocks; b++)
			assert(is_checked[b]);
	}
	bool goes_on = drive_step(d);

	assert(!goes_on);
}

int LLVMFuzzerTestOneInput(const uint8_t *b, size_t len)
{
	static struct drive d;
	static const uint64_t bits[TRAIN_BLOCK_MAX / 64] = {0x8041};
	static const struct url url = {.scheme = URL_TRAIN,
				       .server = IP4(10, 0, 0, 1),
				       .port = TRAIN_PORT,
				       .path = "f"};
	const struct loadc_config config = {.size_max = SIZE_MOST,
					    .crypt = &toy_crypt,
					    .slots = SLOTS,
					    .leaves = 256};
	struct rd r = rd_over(b, len);

	if (trainc_open(&client, &config, &fuzz_memory))
		abort();
	drive_open(&d, &client->engine);
	d.look = look;
	d.bits = bits;
	layout = (struct layout){0};
	train = cookie = nonce = 0;
	is_asking = false;
	speaker = 0;
	announce(0);
	loadc_start(client, d.now, &url, 3, &d.fx);
	drive_carry(&d);
	while (rd_left(&r))
		play(&d, &r);
	check_end(&d);
	loadc_close(client, &fuzz_memory);
	return 0;
}
