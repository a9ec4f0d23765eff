/*
 * A world for tests of slamd: a server at 10.0.0.1 with two links, and machines
 * that are numbers: machine 7 speaks from 10.0.0.7, port 10000.
 */
#ifndef MUSTER_TESTS_SLAMD_WORLD_H
#define MUSTER_TESTS_SLAMD_WORLD_H

#include "changes.h"
#include "engine/askers.h"
#include "engine/slamd.h"
#include "stage/hex.h"
#include "stage/stage.h"
#include "wire/slam.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What machines say.  FAST: and I am a Linux socket. */
#define FIRST "202100"
#define FAST  "6d737472"
#define BYE   "00"

struct world {
	struct stage *st;
	struct settings settings;
	struct site site;
	struct slamd *s;
	uint16_t port; /* of the file added last */
	uint16_t more; /* added to the ports that machines speak from */
};

static inline void world_open(struct world *w)
{
	memset(w, 0, sizeof(*w));
	w->st = stage_open();
	w->st->me = (struct endpoint){IP4(10, 0, 0, 1), 10000};
	settings_default(&w->settings);
	w->settings.slam.trains = 4;
	w->settings.slam.riders = 64;
	w->settings.slam.hold = 0;
	w->site.settings = &w->settings;
	w->site.domain = DOMAIN_FIRST;
	w->site.n_links = 2;
	w->site.links[0] = (struct link){
		.index = 1, .ip = IP4(10, 0, 0, 1), .mask = 0xffffff00};
	w->site.links[1] = (struct link){
		.index = 2, .ip = IP4(10, 0, 1, 1), .mask = 0xffffff00};
	assert_int_equal(
		images_open(&w->site.images, &stage_alloc, 10000, 1000, 1), 0);
	assert_int_equal(images_prefer(w->site.images, "kernel"), 0);
	assert_int_equal(
		directory_open(&w->site.directory, &stage_alloc, 16, 1), 0);
	assert_int_equal(leases_open(&w->site.leases, &stage_alloc, 16, 1), 0);
	assert_int_equal(askers_open(&w->site.askers, &stage_alloc, 64, 1), 0);
}

/* A file, or its next version. */
static inline void world_put(struct world *w, const char *name, uint64_t size)
{
	const struct image *im;

	assert_int_equal(
		images_put(w->site.images, name, size, ++w->st->wall, &im), 0);
	w->port = im->slam_port;
	w->st->me.port = w->port;
}

static inline void world_start(struct world *w)
{
	assert_int_equal(slamd_open(&w->s, &w->site, &stage_alloc, 1), 0);
	stage_engine(w->st, slamd_engine(w->s));
	slamd_start(w->s, w->st->now, stage_begin(w->st));
	stage_end(w->st);
	stage_forget(w->st);
	w->st->hides[EFFECT_FETCH] = true;
}

/* A server of one file, "kernel", at port 10000. */
static inline void world_serve(struct world *w, uint64_t size)
{
	world_open(w);
	world_put(w, "kernel", size);
	world_start(w);
}

static inline void world_close(struct world *w)
{
	slamd_close(w->s, &stage_alloc);
	askers_close(w->site.askers, &stage_alloc);
	images_close(w->site.images);
	directory_close(w->site.directory);
	leases_close(w->site.leases, &stage_alloc);
	stage_close(w->st);
}

static inline struct endpoint machine(uint32_t n)
{
	return (struct endpoint){IP4(10, 0, 0, 0) + n, 10000};
}

/* By DHCP, to load "kernel": it is on its way. */
static inline void is_told(struct world *w, uint32_t n)
{
	const struct image *im = images_find(w->site.images, "kernel", 6);

	askers_clock(w->site.askers, w->st->now);
	askers_note(w->site.askers, machine(n).ip, ASKER_MUSTER, 0);
	askers_tell(w->site.askers, machine(n).ip, im->id, VIA_SLAM);
}

/* Machine n says what stands there in hexadecimal. */
static inline void says(struct world *w, uint32_t n, const char *text)
{
	uint8_t bytes[1500];
	size_t len = hex(text, bytes, sizeof(bytes));

	stage_hear_from(w->st, machine(n), bytes, len);
}

/* A list of one run: it has `have` and wants the next `want`. */
static inline void wants(struct world *w, uint32_t n, uint64_t have,
			 uint64_t want, bool is_fast)
{
	struct endpoint from = machine(n);
	uint8_t bytes[64];
	struct wr to = wr_over(bytes, sizeof(bytes));

	slam_int_put(&to, have);
	slam_int_put(&to, want);
	wr_u8(&to, 0);
	if (is_fast)
		slam_nack_fast_put(&to);
	from.port = (uint16_t)(from.port + w->more);
	stage_hear_from(w->st, from, bytes, wr_len(&to));
}

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

static inline struct slamd_train train_state(const struct world *w)
{
	struct slamd_train t = {0};
	uint32_t at = 0;

	slamd_next_train(w->s, &at, &t);
	return t;
}

#endif
