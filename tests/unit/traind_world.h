/*
 * A world for tests of traind: a server at 10.0.0.1 with two links, files cut
 * into packets of 64 bytes, and machines that are numbers: machine 7 speaks
 * from 10.0.0.7, port 5000.
 */
#ifndef MUSTER_TESTS_TRAIND_WORLD_H
#define MUSTER_TESTS_TRAIND_WORLD_H

#include "engine/askers.h"
#include "engine/traind_impl.h"
#include "model/manifest.h"
#include "stage/stage.h"
#include "stage/toy_crypt.h"
#include "wire/train.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { PACKET = 64, MACHINES = 512 };

struct world {
	struct stage *st;
	struct settings settings;
	struct site site;
	struct traind *t;
	uint64_t id;         /* of the file's train */
	const char *refused; /* of manifests: why it is not another one */
	uint64_t cookies[MACHINES];
	uint16_t port; /* that they speak from; 0: 5000 */
};

static inline void world_open(struct world *w)
{
	memset(w, 0, sizeof(*w));
	w->st = stage_open();
	w->st->me = (struct endpoint){IP4(10, 0, 0, 1), TRAIN_PORT};
	settings_default(&w->settings);
	w->settings.train.trains = 2;
	w->settings.train.riders = 64;
	w->settings.train.hold = 0;
	w->site.settings = &w->settings;
	w->site.domain = DOMAIN_FIRST;
	w->site.n_links = 2;
	w->site.links[0] = (struct link){
		.index = 1, .ip = IP4(10, 0, 0, 1), .mask = 0xffffff00};
	w->site.links[1] = (struct link){
		.index = 2, .ip = IP4(10, 0, 1, 1), .mask = 0xffffff00};
	assert_int_equal(
		images_open(&w->site.images, &stage_alloc, 10000, 1000, 1), 0);
	assert_int_equal(
		directory_open(&w->site.directory, &stage_alloc, 16, 1), 0);
	assert_int_equal(leases_open(&w->site.leases, &stage_alloc, 16, 1), 0);
	assert_int_equal(
		askers_open(&w->site.askers, &stage_alloc, MACHINES, 1), 0);
}

/* A file of that many bytes, or its next version; no manifest yet. */
static inline const struct image *world_file(struct world *w, const char *name,
					     uint64_t size)
{
	const struct image *im;

	assert_int_equal(
		images_put(w->site.images, name, size, ++w->st->wall, &im), 0);
	return im;
}

static inline void world_manifest(struct world *w, const struct image *im,
				  uint16_t k_max)
{
	struct image_manifest m = {
		.is = {.version = im->version, .k_max = k_max},
		.refused = w->refused};
	uint8_t *list;
	size_t len;

	assert_true(layout_make(&m.is.layout, im->size, PACKET, k_max));
	len = (size_t)m.is.layout.blocks * CRYPT_HASH;
	list = calloc(1, len);
	assert_non_null(list);
	memcpy(m.is.name, im->name, strlen(im->name) + 1);
	toy_hash(m.is.list_hash, CRYPT_HASH, list, len);
	m.head_len = manifest_put(&m.is, m.head, &toy_crypt, NULL, NULL);
	assert_true(m.head_len);
	m.list = list;
	w->id = m.is.train;
	assert_int_equal(
		images_set_manifest(w->site.images, im->id, im->version, &m),
		0);
	free(list);
}

/* A file of so many packets, the last one 10 bytes short, or its next
 * version. */
static inline void world_put(struct world *w, const char *name,
			     uint32_t packets, uint16_t k_max)
{
	world_manifest(w, world_file(w, name, (uint64_t)packets * PACKET - 10),
		       k_max);
}

static inline void world_start(struct world *w)
{
	assert_int_equal(traind_open(&w->t, &w->site, &stage_alloc, 1), 0);
	stage_engine(w->st, traind_engine(w->t));
	traind_start(w->t, w->st->now, stage_begin(w->st));
	stage_end(w->st);
	stage_forget(w->st);
	w->st->hides[EFFECT_FETCH] = true;
}

/* A server of one file, "root.img". */
static inline void world_serve(struct world *w, uint32_t packets,
			       uint16_t k_max)
{
	world_open(w);
	world_put(w, "root.img", packets, k_max);
	world_start(w);
}

static inline void world_close(struct world *w)
{
	traind_close(w->t, &stage_alloc);
	askers_close(w->site.askers, &stage_alloc);
	images_close(w->site.images);
	directory_close(w->site.directory);
	leases_close(w->site.leases, &stage_alloc);
	stage_close(w->st);
}

static inline struct endpoint machine(uint32_t n)
{
	return (struct endpoint){IP4(10, 0, 0, 0) + n, 5000};
}

/* ---- what machines say -------------------------------------------------- */

static inline void says(struct world *w, uint32_t n, const struct wr *what)
{
	struct endpoint from = machine(n);

	assert_false(what->bad);
	from.port = w->port ? w->port : from.port;
	stage_hear_from(w->st, from, what->start, wr_len(what));
}

static inline void says_board(struct world *w, uint32_t n, const char *name)
{
	uint8_t b[TRAIN_BOARD_LEN];
	struct wr to = wr_over(b, sizeof(b));

	train_board_put(n, name, strlen(name), &to);
	says(w, n, &to);
}

/* It asks for its cookie, and nobody need see that. */
static inline void gets_ticket(struct world *w, uint32_t n, const char *name)
{
	struct train_head h;
	struct train_ticket t = {0};
	struct rd r;

	says_board(w, n, name);
	r = rd_over(w->st->last, w->st->last_len);
	assert_true(train_head_get(&h, &r) && h.type == TRAIN_TICKET);
	assert_true(h.id == n && train_ticket_get(&t, &r));
	w->cookies[n] = t.cookie;
	stage_forget(w->st);
}

static inline void says_wish(struct world *w, uint32_t n, enum train_type type,
			     struct train_interval i)
{
	uint8_t b[TRAIN_PAYLOAD_MAX];
	struct wr to = wr_over(b, sizeof(b));

	train_cookie_put(type, w->id, w->cookies[n], &to);
	if (type != TRAIN_GOODBYE)
		train_intervals_put(&i, i.to > i.from, &to);
	says(w, n, &to);
}

/* With a ticket, or its first: positions from .. to - 1. */
static inline void aboard(struct world *w, uint32_t n, uint32_t from,
			  uint32_t to)
{
	if (!w->cookies[n])
		gets_ticket(w, n, "root.img");
	says_wish(w, n, TRAIN_ABOARD, (struct train_interval){from, to});
}

static inline void says_goodbye(struct world *w, uint32_t n)
{
	says_wish(w, n, TRAIN_GOODBYE, (struct train_interval){0});
}

static inline void picks(struct world *w, uint32_t n, uint32_t from,
			 uint32_t to)
{
	says_wish(w, n, TRAIN_PICK, (struct train_interval){from, to});
}

static inline void asks_leaves(struct world *w, uint32_t n, uint32_t block,
			       uint16_t first)
{
	const struct train_leaves l = {
		.cookie = w->cookies[n], .block = block, .first = first};
	uint8_t b[64];
	struct wr to = wr_over(b, sizeof(b));

	train_leaves_ask_put(w->id, &l, &to);
	says(w, n, &to);
}

/* What a REPORT says: of the list, of one block, of positions. */
struct report {
	uint16_t round; /* 0: the present one */
	uint16_t loss, list;
	bool is_behind; /* it has seen nothing yet */
	uint32_t at;    /* 0: all of it, but for that */
	struct train_lack lack;
	struct train_interval wants;
};

static inline void reports(struct world *w, uint32_t n, struct report p)
{
	struct train_report head = {
		.cookie = w->cookies[n],
		.round = p.round ? p.round : w->t->runs[0].round,
		.at = p.at || p.is_behind ? p.at : UINT32_MAX,
		.loss = p.loss,
		.lack_of_list = p.list,
		.n = p.lack.lack > 0};
	uint8_t b[TRAIN_PAYLOAD_MAX];
	struct wr to = wr_over(b, sizeof(b));

	train_report_put(w->id, &head, &to);
	if (head.n)
		train_lack_put(&p.lack, &to);
	train_intervals_put(&p.wants, p.wants.to > p.wants.from, &to);
	says(w, n, &to);
}

static inline void lacks(struct world *w, uint32_t n, uint32_t block,
			 uint16_t lack)
{
	reports(w, n, (struct report){.lack = {block, lack}});
}

/* ---- what the server said ----------------------------------------------- */

/* How often the transcript has this, and then it is forgotten. */
static inline unsigned heard(struct world *w, const char *what)
{
	const char *at = stage_said(w->st);
	unsigned n = 0;

	while ((at = strstr(at, what))) {
		at += strlen(what);
		n++;
	}
	stage_forget(w->st);
	return n;
}

static inline struct traind_train train_state(const struct world *w)
{
	struct traind_train t = {0};
	uint32_t at = 0;

	traind_next_train(w->t, &at, &t);
	return t;
}

/* All data packets so far. */
static inline uint64_t data_sent(const struct world *w)
{
	const struct traind_stats *s = traind_stats(w->t);

	return s->originals + s->again + s->repairs + s->lists;
}

#endif
