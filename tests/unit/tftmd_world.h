/*
 * A world for tests of tftmd: a server at 10.0.0.1 with two links and one group
 * to give, and machines that are numbers: machine 7 speaks from 10.0.0.7, port
 * 2000 unless it has another.
 */
#ifndef MUSTER_TESTS_TFTMD_WORLD_H
#define MUSTER_TESTS_TFTMD_WORLD_H

#include "changes.h"
#include "engine/askers.h"
#include "engine/tftmd.h"
#include "stage/hex.h"
#include "stage/stage.h"
#include "tftp_words.h"

#include <errno.h>

#define G "239.255.7.0:1758"

struct world {
	struct stage *st;
	struct settings settings;
	struct site site;
	struct tftmd *m;
	uint16_t train; /* the server's port of the last train */
};

static inline void world_open(struct world *w)
{
	memset(w, 0, sizeof(*w));
	w->st = stage_open();
	settings_default(&w->settings);
	w->settings.tftm.group = IP4(239, 255, 7, 0);
	w->settings.tftm.groups = 1;
	w->settings.tftm.riders = 64;
	w->settings.tftm.hold = 0;
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
	assert_int_equal(askers_open(&w->site.askers, &stage_alloc, 8, 1), 0);
	w->st->hides[EFFECT_FETCH] = w->st->hides[EFFECT_LISTEN] = true;
}

/* A file, or its next version. */
static inline void world_put(struct world *w, const char *name, uint64_t size)
{
	assert_int_equal(
		images_put(w->site.images, name, size, ++w->st->wall, NULL), 0);
}

static inline void world_start(struct world *w)
{
	assert_int_equal(tftmd_open(&w->m, &w->site, &stage_alloc, 1), 0);
	stage_engine(w->st, tftmd_engine(w->m));
}

/* A server of one file, "kernel". */
static inline void world_serve(struct world *w, uint64_t size)
{
	world_open(w);
	world_put(w, "kernel", size);
	world_start(w);
}

static inline void world_close(struct world *w)
{
	tftmd_close(w->m, &stage_alloc);
	askers_close(w->site.askers, &stage_alloc);
	images_close(w->site.images);
	directory_close(w->site.directory);
	leases_close(w->site.leases, &stage_alloc);
	stage_close(w->st);
}

/* "name=wendy; ip_address=10.0.0.7; rom_quirks=no-multicast" */
static inline void world_machine(struct world *w, const char *text)
{
	struct made m;
	uint32_t id = directory_next_id(w->site.directory);

	assert_int_equal(
		directory_apply(w->site.directory,
				entry_put(&m, id, ENTRY_MACHINES, 1, text)),
		0);
}

static inline struct endpoint machine(uint32_t n)
{
	return (struct endpoint){IP4(10, 0, 0, 0) + n, 2000};
}

static inline struct endpoint machine_at(uint32_t n, uint16_t port)
{
	return (struct endpoint){IP4(10, 0, 0, 0) + n, port};
}

/* By DHCP, to load "kernel": it is on its way. */
static inline void is_told(struct world *w, uint32_t n)
{
	const struct image *im = images_find(w->site.images, "kernel", 6);

	askers_clock(w->site.askers, w->st->now);
	askers_note(w->site.askers, machine(n).ip, ASKER_MUSTER, 0);
	askers_tell(w->site.askers, machine(n).ip, im->id, VIA_TFTM);
}

static inline void asks_at(struct world *w, struct endpoint from, uint16_t port,
			   const char *text)
{
	uint8_t b[600];
	size_t len = request(b, sizeof(b), TFTP_RRQ, "octet", text);

	w->st->me = (struct endpoint){IP4(10, 0, 0, 1), port};
	stage_hear_from(w->st, from, b, len);
	w->train = w->st->last_port;
}

/* Machine n asks for what stands there, by multicast. */
static inline void asks(struct world *w, uint32_t n, const char *text)
{
	asks_at(w, machine(n), 69, text);
}

static inline void acks_at(struct world *w, struct endpoint from, uint16_t n)
{
	const uint8_t b[] = {0, 4, (uint8_t)(n >> 8), (uint8_t)n};

	w->st->me = (struct endpoint){IP4(10, 0, 0, 1), w->train};
	stage_hear_from(w->st, from, b, sizeof(b));
}

static inline void acks(struct world *w, uint32_t n, uint16_t block)
{
	acks_at(w, machine(n), block);
}

/* It lacks `n` blocks behind `after`, and as many behind `after2`. */
static inline void lacks2(struct world *w, uint32_t who, struct tftp_gap a,
			  struct tftp_gap b)
{
	uint8_t bytes[16];
	struct wr to = wr_over(bytes, sizeof(bytes));

	tftp_gaps_head_put(&to);
	tftp_gap_put(a, &to);
	if (b.n)
		tftp_gap_put(b, &to);
	w->st->me = (struct endpoint){IP4(10, 0, 0, 1), w->train};
	stage_hear_from(w->st, machine(who), bytes, wr_len(&to));
}

static inline void lacks(struct world *w, uint32_t who, uint16_t after,
			 uint16_t n)
{
	lacks2(w, who, (struct tftp_gap){after, n}, (struct tftp_gap){0, 0});
}

static inline void errs(struct world *w, struct endpoint from)
{
	static const uint8_t b[] = {0, 5, 0, 0, 'n', 'o', 0};

	w->st->me = (struct endpoint){IP4(10, 0, 0, 1), w->train};
	stage_hear_from(w->st, from, b, sizeof(b));
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

static inline struct tftmd_train train_state(const struct world *w)
{
	struct tftmd_train t = {0};
	uint32_t at = 0;

	tftmd_next_train(w->m, &at, &t);
	return t;
}

#endif
