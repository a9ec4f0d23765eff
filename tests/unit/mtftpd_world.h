/*
 * A world for tests of mtftpd: a server at 10.0.0.1, and machines that are
 * numbers: machine 7 speaks from 10.0.0.7, port 3001.
 */
#ifndef MUSTER_TESTS_MTFTPD_WORLD_H
#define MUSTER_TESTS_MTFTPD_WORLD_H

#include "changes.h"
#include "engine/askers.h"
#include "engine/mtftpd.h"
#include "stage/stage.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SERVER IP4(10, 0, 0, 1)

struct world {
	struct stage *st;
	struct settings settings;
	struct site site;
	struct mtftpd *m;
};

static inline void world_open(struct world *w)
{
	memset(w, 0, sizeof(*w));
	w->st = stage_open();
	w->st->me = (struct endpoint){SERVER, 1759};
	settings_default(&w->settings);
	w->settings.mtftp.lines = 2;
	w->settings.mtftp.callers = 8;
	w->settings.mtftp.hold = 0;
	w->site.settings = &w->settings;
	w->site.domain = DOMAIN_FIRST;
	w->site.n_links = 2;
	w->site.links[0] =
		(struct link){.index = 1, .ip = SERVER, .mask = 0xffffff00};
	w->site.links[1] = (struct link){
		.index = 2, .ip = IP4(10, 0, 1, 1), .mask = 0xffffff00};
	assert_int_equal(
		images_open(&w->site.images, &stage_alloc, 10000, 1000, 1), 0);
	assert_int_equal(
		directory_open(&w->site.directory, &stage_alloc, 16, 1), 0);
	assert_int_equal(leases_open(&w->site.leases, &stage_alloc, 16, 1), 0);
	assert_int_equal(askers_open(&w->site.askers, &stage_alloc, 8, 1), 0);
}

/* A file, or its next version. */
static inline void world_put(struct world *w, const char *name, uint64_t size)
{
	assert_int_equal(
		images_put(w->site.images, name, size, ++w->st->wall, NULL), 0);
}

static inline void world_start(struct world *w)
{
	assert_int_equal(mtftpd_open(&w->m, &w->site, &stage_alloc, 1), 0);
	stage_engine(w->st, mtftpd_engine(w->m));
	mtftpd_start(w->m, w->st->now, stage_begin(w->st));
	stage_end(w->st);
	stage_forget(w->st);
	w->st->hides[EFFECT_FETCH] = true;
}

/* A server of "kernel", so many bytes, and "initrd", three blocks. */
static inline void world_serve(struct world *w, uint64_t size)
{
	world_open(w);
	world_put(w, "kernel", size);
	world_put(w, "initrd", 1100);
	world_start(w);
	w->st->peer = (struct endpoint){IP4(10, 0, 0, 7), 3001};
}

static inline void world_close(struct world *w)
{
	mtftpd_close(w->m, &stage_alloc);
	askers_close(w->site.askers, &stage_alloc);
	images_close(w->site.images);
	directory_close(w->site.directory);
	leases_close(w->site.leases, &stage_alloc);
	stage_close(w->st);
}

static inline struct endpoint machine(uint32_t n)
{
	return (struct endpoint){IP4(10, 0, 0, 0) + n, 3001};
}

/* By DHCP, to load "kernel": it is on its way. */
static inline void is_told(struct world *w, uint32_t n)
{
	const struct image *im = images_find(w->site.images, "kernel", 6);

	askers_clock(w->site.askers, w->st->now);
	askers_note(w->site.askers, machine(n).ip, ASKER_MUSTER, 0);
	askers_tell(w->site.askers, machine(n).ip, im->id, VIA_MTFTP);
}

static inline void asks_at(struct world *w, struct endpoint from,
			   const char *name)
{
	uint8_t bytes[128];
	struct wr to = wr_over(bytes, sizeof(bytes));

	wr_u16(&to, 1);
	wr_cstr(&to, name);
	wr_cstr(&to, "octet");
	stage_hear_from(w->st, from, bytes, wr_len(&to));
}

static inline void asks(struct world *w, uint32_t n, const char *name)
{
	asks_at(w, machine(n), name);
}

static inline void acks(struct world *w, uint32_t n, uint16_t block)
{
	uint8_t bytes[4];
	struct wr to = wr_over(bytes, sizeof(bytes));

	wr_u16(&to, 4);
	wr_u16(&to, block);
	stage_hear_from(w->st, machine(n), bytes, wr_len(&to));
}

static inline const struct mtftpd_stats *stats(const struct world *w)
{
	return mtftpd_stats(w->m);
}

static inline bool is_running(const struct world *w)
{
	struct mtftpd_line l = {0};
	uint32_t at = 0;

	return mtftpd_next_line(w->m, &at, &l) && l.is_running;
}

#endif
