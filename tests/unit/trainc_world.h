/*
 * A rider and the server that it hears: a small file cut for a train, its
 * list, its manifest, and every message that a server may send.
 */
#ifndef MUSTER_TESTS_TRAINC_WORLD_H
#define MUSTER_TESTS_TRAINC_WORLD_H

#include "engine/trainc.h"
#include "model/manifest.h"
#include "stage/stage.h"
#include "stage/toy_crypt.h"
#include "wire/train.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SERVER IP4(10, 0, 0, 1)
#define COOKIE 0xc0c1c2c3c4c5c6c7

enum { PACKET = 64, BLOCKS_MOST = 64, SLOTS = 64 };

static const struct endpoint TRAINS = {SERVER, TRAIN_PORT};
static const struct endpoint GROUP = {IP4(239, 255, 84, 0), TRAIN_DATA_PORT};

struct scene {
	struct stage *st;
	struct loadc *c;
	struct url url;
	uint16_t own;    /* its port */
	uint64_t nonce;  /* of its last BOARD */
	uint64_t cookie; /* that it gets */
	struct endpoint group;
	struct manifest m;
	uint8_t head[MANIFEST_HEAD_MAX];
	size_t head_len;
	const char *note; /* in its tickets; NULL: none */
	uint8_t list[BLOCKS_MOST * CRYPT_HASH];
	bool is_false; /* DATA are */
	bool by_ref;   /* DATA come without their bytes */
};

static inline uint8_t byte_of(uint32_t block, uint32_t number, size_t at)
{
	return (uint8_t)(block * 7 + number * 31 + at);
}

static inline void leaf_of(const struct scene *s, uint32_t b, uint16_t r,
			   uint8_t leaf[TRAIN_LEAF])
{
	uint8_t bytes[TRAIN_PACKET] = {0};
	size_t len = layout_len(&s->m.layout, b, r);

	for (size_t i = 0; i < len; i++)
		bytes[i] = byte_of(b, r, i);
	toy_hash(leaf, TRAIN_LEAF, bytes, len);
}

static inline void make_list(struct scene *s)
{
	static uint8_t leaves[TRAIN_BLOCK_MAX * TRAIN_LEAF];

	for (uint32_t b = 0; b < s->m.layout.blocks; b++) {
		uint16_t n = layout_block(&s->m.layout, b);

		for (uint16_t r = 0; r < n; r++)
			leaf_of(s, b, r, leaves + r * TRAIN_LEAF);
		toy_hash(s->list + b * CRYPT_HASH, CRYPT_HASH, leaves,
			 (size_t)n * TRAIN_LEAF);
	}
	toy_hash(s->m.list_hash, CRYPT_HASH, s->list,
		 s->m.layout.blocks * (size_t)CRYPT_HASH);
}

static inline void sign_toy(void *key, const void *bytes, size_t len,
			    uint8_t signature[CRYPT_SIGNATURE])
{
	toy_sign(key, bytes, len, signature);
}

/* The head as s->m says; signed if there is a key. */
static inline void make_head(struct scene *s, const uint8_t *key)
{
	uint8_t copy[CRYPT_KEY];

	if (key) {
		memcpy(copy, key, sizeof(copy));
		manifest_key_id(copy, &toy_crypt, s->m.key_id);
	}
	s->head_len = manifest_put(&s->m, s->head, &toy_crypt,
				   key ? sign_toy : NULL, copy);
	assert_true(s->head_len);
}

/* A file of so many packets, the last one 10 bytes short. */
static inline void make_file(struct scene *s, uint32_t packets, uint16_t k_max)
{
	uint64_t size = (uint64_t)packets * PACKET - 10;

	s->m = (struct manifest){.version = 3, .k_max = k_max};
	memcpy(s->m.name, "root.img", 9);
	assert_true(layout_make(&s->m.layout, size, PACKET, k_max));
	assert_true(s->m.layout.blocks <= BLOCKS_MOST);
	make_list(s);
	make_head(s, NULL);
}

static inline void open_scene(struct scene *s, struct loadc_config config)
{
	*s = (struct scene){.st = stage_open(),
			    .cookie = COOKIE,
			    .group = GROUP,
			    .url = {.scheme = URL_TRAIN,
				    .server = SERVER,
				    .port = TRAIN_PORT}};
	memcpy(s->url.path, "root.img", 9);
	if (!config.size_max)
		config.size_max = 1 << 24;
	if (!config.slots)
		config.slots = SLOTS;
	if (!config.seed)
		config.seed = 7;
	config.crypt = &toy_crypt;
	assert_int_equal(trainc_open(&s->c, &config, &stage_alloc), 0);
	stage_engine(s->st, &s->c->engine);
	s->st->peer = TRAINS;
	make_file(s, 200, 64); /* 4 blocks of 50 */
}

static inline void close_scene(struct scene *s)
{
	loadc_close(s->c, &stage_alloc);
	stage_close(s->st);
}

/* The nonce of the BOARD that was sent last. */
static inline void look_at_board(struct scene *s)
{
	struct rd r = rd_over(s->st->last, s->st->last_len);
	struct train_head h;

	assert_true(train_head_get(&h, &r) && h.type == TRAIN_BOARD);
	s->nonce = h.id;
}

static inline void start(struct scene *s)
{
	loadc_start(s->c, s->st->now, &s->url, 0, stage_begin(s->st));
	stage_end(s->st);
	s->own = s->st->last_port;
	stage_wait(s->st, 0);
	look_at_board(s);
}

/* ---- what a server says ------------------------------------------------- */

static inline void to_rider(struct scene *s, const struct wr *w)
{
	assert_false(w->bad);
	s->st->me = (struct endpoint){0, s->own};
	stage_hear(s->st, w->start, wr_len(w));
}

static inline void to_group(struct scene *s, const struct wr *w)
{
	assert_false(w->bad);
	s->st->me = s->group;
	stage_hear(s->st, w->start, wr_len(w));
}

static inline void ticket(struct scene *s)
{
	const struct train_ticket t = {.cookie = s->cookie,
				       .group = s->group,
				       .head = s->head,
				       .head_len = s->head_len,
				       .note = s->note,
				       .note_len = s->note ? strlen(s->note)
							   : 0};
	uint8_t b[TRAIN_BOARD_LEN];
	struct wr w = wr_over(b, sizeof(b));

	train_ticket_put(s->nonce, &t, &w);
	to_rider(s, &w);
}

static inline void refuse(struct scene *s, uint64_t id, uint16_t code,
			  const char *text)
{
	uint8_t b[128];
	struct wr w = wr_over(b, sizeof(b));

	train_refuse_put(id, code, text, &w);
	to_rider(s, &w);
}

static inline void preparing(struct scene *s, uint64_t nonce)
{
	uint8_t b[TRAIN_HEAD];
	struct wr w = wr_over(b, sizeof(b));

	train_preparing_put(nonce, &w);
	to_rider(s, &w);
}

/* Pending numbers: n of them, from block 0 on. */
static inline void status_put(struct scene *s, struct wr *w,
			      const struct train_status *st,
			      const uint16_t *pending)
{
	train_status_put(s->m.train, st, w);
	for (uint16_t i = 0; i < st->n; i++)
		wr_u16(w, pending ? pending[i] : 0);
}

static inline void status(struct scene *s, const struct train_status *st,
			  const uint16_t *pending)
{
	uint8_t b[TRAIN_PAYLOAD_MAX];
	struct wr w = wr_over(b, sizeof(b));

	status_put(s, &w, st, pending);
	to_group(s, &w);
}

static inline void status_to_rider(struct scene *s,
				   const struct train_status *st)
{
	uint8_t b[TRAIN_PAYLOAD_MAX];
	struct wr w = wr_over(b, sizeof(b));

	status_put(s, &w, st, NULL);
	to_rider(s, &w);
}

/* Nothing is pending; slots of 2 ms, the most is 10. */
static inline struct train_status asking(uint16_t round)
{
	return (struct train_status){.phase = TRAIN_SAYS_ASKING,
				     .round = round,
				     .slots = 16,
				     .slot_ms = 2,
				     .top = 10,
				     .step = 1};
}

static inline void ask(struct scene *s, uint16_t round)
{
	struct train_status st = asking(round);

	status(s, &st, NULL);
}

static inline void data_bytes(struct scene *s, uint32_t block, uint32_t number,
			      size_t len)
{
	uint8_t b[TRAIN_PAYLOAD_MAX];
	struct wr w = wr_over(b, sizeof(b));
	const struct ref body = {.image = 1, .len = (uint32_t)len};

	train_data_head_put(s->m.train, block, number, &w);
	s->st->me = s->group;
	if (s->by_ref) {
		stage_hear_ref(s->st, b, wr_len(&w), &body);
		return;
	}
	for (size_t i = 0; i < len; i++)
		wr_u8(&w, (uint8_t)(byte_of(block, number, i) + s->is_false));
	to_group(s, &w);
}

static inline void data(struct scene *s, uint32_t block, uint16_t r)
{
	data_bytes(s, block, r, layout_len(&s->m.layout, block, r));
}

static inline void data_at(struct scene *s, uint32_t position)
{
	uint32_t b;
	uint16_t r;

	layout_at(&s->m.layout, position, &b, &r);
	data(s, b, r);
}

/* Positions from .. to - 1. */
static inline void originals(struct scene *s, uint32_t from, uint32_t to)
{
	while (from < to)
		data_at(s, from++);
}

/* The i-th repair. */
static inline void repair(struct scene *s, uint32_t block, uint32_t i)
{
	data_bytes(s, block, TRAIN_BLOCK_MAX + i, PACKET);
}

static inline void list_packet(struct scene *s, uint32_t number)
{
	size_t size = s->m.layout.blocks * (size_t)CRYPT_HASH;
	size_t at = (size_t)number * PACKET, left = size - at;
	uint8_t b[TRAIN_PAYLOAD_MAX];
	struct wr w = wr_over(b, sizeof(b));

	train_data_head_put(s->m.train, TRAIN_LIST, number, &w);
	wr_bytes(&w, s->list + at, left < PACKET ? left : PACKET);
	to_group(s, &w);
}

static inline void whole_list(struct scene *s)
{
	size_t size = s->m.layout.blocks * (size_t)CRYPT_HASH;

	for (uint32_t i = 0; i < (size + PACKET - 1) / PACKET; i++)
		list_packet(s, i);
}

static inline void probe(struct scene *s, uint16_t round)
{
	uint8_t b[32];
	struct wr w = wr_over(b, sizeof(b));

	train_probe_put(s->m.train, round, &w);
	to_rider(s, &w);
}

static inline void detach(struct scene *s)
{
	uint8_t b[32];
	struct wr w = wr_over(b, sizeof(b));

	train_detach_put(s->m.train, &w);
	to_rider(s, &w);
}

static inline void leaves(struct scene *s, uint32_t block, uint16_t first,
			  uint16_t n)
{
	uint8_t b[TRAIN_PAYLOAD_MAX], leaf[TRAIN_LEAF];
	struct wr w = wr_over(b, sizeof(b));

	train_leaves_head_put(s->m.train, block, first, &w);
	for (uint16_t r = first; r < first + n; r++) {
		leaf_of(s, block, r, leaf);
		leaf[0] = (uint8_t)(leaf[0] + s->is_false);
		wr_bytes(&w, leaf, sizeof(leaf));
	}
	to_rider(s, &w);
}

/* ---- where a story may begin -------------------------------------------- */

/* Has its ticket and said ABOARD; the server has not answered. */
static inline void has_ticket(struct scene *s, struct loadc_config config)
{
	open_scene(s, config);
	start(s);
	ticket(s);
	stage_wait(s->st, 0);
	stage_forget(s->st);
}

/* On board of a train that is sending. */
static inline void rides(struct scene *s, struct loadc_config config)
{
	const struct train_status st = {.phase = TRAIN_SAYS_SENDING};

	has_ticket(s, config);
	status_to_rider(s, &st);
	s->st->hides[EFFECT_KEEP] = true;
	stage_forget(s->st);
}

/* The same with a larger file: 4000 packets in 4 blocks of 1000. */
static inline void rides_far(struct scene *s)
{
	const struct train_status st = {.phase = TRAIN_SAYS_SENDING};

	open_scene(s, (struct loadc_config){0});
	make_file(s, 4000, 1024);
	start(s);
	ticket(s);
	stage_wait(s->st, 0);
	status_to_rider(s, &st);
	s->st->hides[EFFECT_KEEP] = true;
	stage_forget(s->st);
}

static inline enum loadc_state state_of(const struct scene *s)
{
	return s->c->progress.state;
}

#endif
