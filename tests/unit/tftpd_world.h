/*
 * A TFTP server on stage, with its site: files of any size, machines of the
 * directory, and requests as a test writes them.
 *
 *	ask(w, "boot.img blksize=1428 tsize=0");
 *	ack(w, 0);
 *	stage_expect(w->st, ...);
 */
#ifndef MUSTER_TESTS_TFTPD_WORLD_H
#define MUSTER_TESTS_TFTPD_WORLD_H

#include "engine/askers.h"
#include "engine/tftpd.h"
#include "stage/stage.h"
#include "wire/tftp.h"

#include <assert.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "changes.h"
#include "tftp_words.h"

#define SERVER  IP4(10, 0, 0, 1)
#define NODE(n) IP4(10, 0, 0, n)

struct tftpd_world {
	struct stage *st;
	struct site site;
	struct settings settings;
	struct tftpd *t;
	struct endpoint main; /* where requests go to */
};

/* Before it is started: the place to change settings. */
static inline struct tftpd_world *world_new(void)
{
	struct tftpd_world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	settings_default(&w->settings);
	w->settings.tftm.also = 0;
	w->site.settings = &w->settings;
	w->site.links[0] = (struct link){
		.index = 1, .ip = SERVER, .mask = 0xffffff00, .is_up = true};
	w->site.n_links = 1;
	w->site.domain = DOMAIN_FIRST;
	assert_int_equal(directory_open(&w->site.directory, &stage_alloc, 8, 1),
			 0);
	assert_int_equal(leases_open(&w->site.leases, &stage_alloc, 8, 1), 0);
	assert_int_equal(
		images_open(&w->site.images, &stage_alloc, 10000, 1000, 1), 0);
	assert_int_equal(askers_open(&w->site.askers, &stage_alloc, 8, 1), 0);
	w->main = (struct endpoint){SERVER, 69};
	w->st = stage_open();
	w->st->peer = (struct endpoint){NODE(7), 2000};
	w->st->hides[EFFECT_FETCH] = true;
	w->st->hides[EFFECT_LISTEN] = true;
	w->st->hides[EFFECT_PAIR] = true;
	return w;
}

static inline void world_start(struct tftpd_world *w)
{
	assert_int_equal(tftpd_open(&w->t, &w->site, &stage_alloc, 7), 0);
	stage_engine(w->st, tftpd_engine(w->t));
	tftpd_start(w->t, w->st->now, stage_begin(w->st));
	stage_end(w->st);
	stage_forget(w->st);
}

static inline struct tftpd_world *world_open(void)
{
	struct tftpd_world *w = world_new();

	world_start(w);
	return w;
}

static inline void world_close(struct tftpd_world *w)
{
	tftpd_close(w->t, &stage_alloc);
	askers_close(w->site.askers, &stage_alloc);
	images_close(w->site.images);
	leases_close(w->site.leases, &stage_alloc);
	directory_close(w->site.directory);
	stage_close(w->st);
	free(w);
}

static inline const struct image *file(struct tftpd_world *w, const char *name,
				       uint64_t size)
{
	const struct image *im = NULL;

	assert_int_equal(images_put(w->site.images, name, size, 1, &im), 0);
	return im;
}

/* "name=wendy; ip_address=10.0.0.7; rom_quirks=no-df,low-ports" */
static inline void machine(struct tftpd_world *w, const char *text)
{
	struct made m;
	uint32_t id = directory_next_id(w->site.directory);

	assert_int_equal(
		directory_apply(w->site.directory,
				entry_put(&m, id, ENTRY_MACHINES, 1, text)),
		0);
}

/* From peer to port 69; afterwards the peer speaks to the transfer's port. */
static inline void ask_as(struct tftpd_world *w, enum tftp_op op,
			  const char *mode, const char *text)
{
	uint8_t b[600];
	size_t len = request(b, sizeof(b), op, mode, text);

	w->st->me = w->main;
	stage_hear(w->st, b, len);
	w->st->me.port = w->st->last_port;
}

static inline void ask(struct tftpd_world *w, const char *text)
{
	ask_as(w, TFTP_RRQ, "octet", text);
}

static inline void ack(struct tftpd_world *w, uint32_t block)
{
	const uint8_t b[] = {0, 4, (uint8_t)(block >> 8), (uint8_t)block};

	stage_hear(w->st, b, sizeof(b));
}

static inline void error(struct tftpd_world *w, uint8_t code)
{
	const uint8_t b[] = {0, 5, 0, code, 'n', 'o', 0};

	stage_hear(w->st, b, sizeof(b));
}

#endif
