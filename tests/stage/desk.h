/*
 * A server's desk: what a server engine has around it, for those who drive one
 * with whatever comes to mind.  Its site, a clock, files that change, a disk
 * that is slow or broken, ports that are open or can't be had.  What holds for
 * every server engine is asserted here: no effect is lost, it sends no bytes
 * but those that it fetched in this very call, from ports that are open, and
 * asks for nothing that a file does not have.
 *
 * One desk serves many runs, one after the other; what takes long to make
 * stays.
 */
#ifndef MUSTER_TESTS_DESK_H
#define MUSTER_TESTS_DESK_H

#include "base/heap.h"
#include "engine/askers.h"
#include "engine/effects.h"
#include "engine/site.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

enum { DESK_WAITING = 256, DESK_PORTS = 512, DESK_SPIN = 64 };

struct desk_waiting {
	struct outcome o;
	struct fetch fetch;
};

struct desk {
	struct engine *engine;
	struct site site;
	struct settings settings;
	struct effects fx;
	usec now;

	/* The driver's own: each effect, what comes after all of a call, whose
	 * datagram it is, a manifest that is to be made, and bytes that are
	 * read.  look and check may be NULL, and the last two if nobody asks
	 * for any. */
	void (*look)(struct desk *, const struct effect *);
	void (*check)(struct desk *);
	bool (*claims)(struct desk *, const struct dgram *);
	void (*manifest)(struct desk *, const struct image *);
	void (*read)(struct desk *, const struct ref *, struct piece[2]);

	struct desk_waiting waiting[DESK_WAITING]; /* FETCH, LISTEN */
	unsigned n;
	struct fetch at_hand; /* in this call of settle; ref.len 0: nothing */
	int rc;               /* what the disk says */
	bool is_held;         /* it takes its time */
	bool fails_listen;
	uint16_t ports[DESK_PORTS]; /* those that are open */
	unsigned n_ports;
};

/* ---- memory -------------------------------------------------------------- */

static inline void *desk_get(void *arg, size_t n, size_t size)
{
	(void)arg;
	return calloc(n, size);
}

static inline void desk_free(void *arg, void *p)
{
	(void)arg;
	free(p);
}

static const struct alloc desk_alloc = {NULL, desk_get, desk_free};

/* ---- what it carries out ------------------------------------------------- */

static inline bool desk_is_open(const struct desk *d, uint16_t port)
{
	for (unsigned i = 0; i < d->n_ports; i++)
		if (d->ports[i] == port)
			return true;
	return false;
}

static inline struct desk_waiting *
desk_queue(struct desk *d, const struct effect *e, uint64_t cookie)
{
	struct desk_waiting *v = &d->waiting[d->n++];

	assert(d->n <= DESK_WAITING);
	*v = (struct desk_waiting){
		.o = {.kind = e->kind, .owner = e->owner, .cookie = cookie}};
	return v;
}

static inline void desk_on_listen(struct desk *d, const struct effect *e)
{
	struct desk_waiting *v = desk_queue(d, e, e->listen.cookie);

	assert(e->listen.port);
	if (desk_is_open(d, e->listen.port) || d->fails_listen) {
		v->o.rc = -EADDRINUSE;
		return;
	}
	assert(d->n_ports < DESK_PORTS);
	d->ports[d->n_ports++] = e->listen.port;
}

static inline void desk_on_close(struct desk *d, uint16_t port)
{
	unsigned i = 0;

	assert(desk_is_open(d, port));
	while (d->ports[i] != port)
		i++;
	d->ports[i] = d->ports[--d->n_ports];
}

static inline void desk_on_fetch(struct desk *d, const struct effect *e)
{
	assert(e->fetch.ref.len || e->fetch.ref.kind == REF_MANIFEST);
	assert(e->fetch.ref.len <= 4 << 20);
	assert(e->fetch.ref.kind != REF_READ ||
	       e->fetch.ref.len <= REF_READ_MAX);
	assert(images_get(d->site.images, e->fetch.ref.image));
	desk_queue(d, e, e->fetch.cookie)->fetch = e->fetch;
}

static inline void desk_carry_one(struct desk *d, const struct effect *e)
{
	switch (e->kind) {
	case EFFECT_SEND:
		assert(e->send.how == SEND_UDP && e->send.to.port);
		assert(desk_is_open(d, e->send.from.port));
		break;
	case EFFECT_FETCH:
		desk_on_fetch(d, e);
		break;
	case EFFECT_LISTEN:
		desk_on_listen(d, e);
		break;
	case EFFECT_CLOSE:
		desk_on_close(d, e->listen.port);
		break;
	case EFFECT_PAIR:
		assert(desk_is_open(d, e->pair.at.port));
		break;
	case EFFECT_NOTE:
		break;
	case EFFECT_COMMIT:
	case EFFECT_HANGUP:
	case EFFECT_DRAIN:
	case EFFECT_JOIN:
	case EFFECT_LEAVE:
	case EFFECT_ADDRESS:
	case EFFECT_ALLOT:
	case EFFECT_KEEP:
	case EFFECT_MEND:
	case EFFECT_SORT:
	case EFFECT_ASK:
		assert(false); /* no business of those who serve files */
	}
}

static inline void desk_carry(struct desk *d)
{
	assert(!d->fx.lost);
	for (size_t i = 0; i < d->fx.n; i++) {
		desk_carry_one(d, &d->fx.v[i]);
		if (d->look)
			d->look(d, &d->fx.v[i]);
	}
	effects_clear(&d->fx);
	if (d->check)
		d->check(d);
}

/* Plain bytes that were fetched just now; none at all are, too. */
static inline bool desk_has_fetched(const struct desk *d,
				    const struct ref *body)
{
	const struct ref *f = &d->at_hand.ref;

	return !body->len ||
	       (f->len && f->image == body->image &&
		f->version == body->version && body->offset >= f->offset &&
		body->offset + body->len <= f->offset + f->len);
}

/* ---- the disk ------------------------------------------------------------ */

/* As the host does: -ESTALE for what is no longer that version. */
static inline int desk_read(struct desk *d, const struct ref *r)
{
	const struct image *im = images_get(d->site.images, r->image);

	if (!im->is_there || im->version != r->version)
		return -ESTALE;
	if (r->kind == REF_MANIFEST)
		d->manifest(d, im);
	else if (r->kind == REF_BYTES)
		assert(r->offset < im->size);
	else if (r->kind == REF_READ)
		assert(r->offset + r->len <= im->size);
	return d->rc;
}

/* The oldest. */
static inline void desk_settle_one(struct desk *d)
{
	struct desk_waiting v = d->waiting[0];

	if (!d->n)
		return;
	memmove(d->waiting, d->waiting + 1, --d->n * sizeof(v));
	if (v.o.kind == EFFECT_FETCH) {
		v.o.rc = desk_read(d, &v.fetch.ref);
		if (!v.o.rc)
			d->at_hand = v.fetch;
		if (!v.o.rc && v.fetch.ref.kind == REF_READ)
			d->read(d, &v.fetch.ref, v.o.read);
	}
	d->engine->settle(d->engine, d->now, &v.o, &d->fx);
	desk_carry(d);
	d->at_hand = (struct fetch){0};
}

/* All of them, unless it is held; even then no more wait than it can hold. */
static inline void desk_settle(struct desk *d)
{
	while (d->n && (!d->is_held || d->n > DESK_WAITING / 4))
		desk_settle_one(d);
}

/* How it answers from now on, by a byte. */
static inline void desk_disk(struct desk *d, uint8_t how)
{
	static const int answers[] = {0, 0, 0, -EAGAIN, -EIO, -ESTALE};

	d->is_held = how & 128;
	d->rc = answers[how % 6];
	desk_settle(d);
}

static inline void desk_put(struct desk *d, const char *name, uint64_t size)
{
	if (images_put(d->site.images, name, size, ++d->now, NULL))
		abort();
}

/* ---- what happens to it -------------------------------------------------- */

/* Exactly as long as it is, so that a read behind it is seen. */
static inline void desk_hear(struct desk *d, struct dgram g)
{
	uint8_t *exact = malloc(g.len + !g.len);

	if (!exact)
		abort();
	if (g.bytes)
		memcpy(exact, g.bytes, g.len);
	g.bytes = exact;
	if (d->claims(d, &g))
		d->engine->input(d->engine, d->now, &g, &d->fx);
	desk_carry(d);
	desk_settle(d);
	free(exact);
}

/* Through the next deadline; false if there is none. */
static inline bool desk_step(struct desk *d)
{
	usec due = d->engine->deadline(d->engine);

	if (due == NEVER)
		return false;
	d->now = usec_max(d->now, due);
	for (int i = 0; d->engine->deadline(d->engine) <= d->now; i++) {
		assert(i < DESK_SPIN);
		d->engine->expire(d->engine, d->now, &d->fx);
		desk_carry(d);
		desk_settle(d);
	}
	return true;
}

static inline void desk_wait(struct desk *d, usec span)
{
	usec until = d->now + span;

	while (d->engine->deadline(d->engine) <= until)
		desk_step(d);
	d->now = until;
}

/* ---- a run --------------------------------------------------------------- */

/* Server 10.0.0.1, and 10.0.1.1 on a second link; no files; ports for SLAM, the
 * first of them for the file `preferred`. */
static inline void desk_open(struct desk *d, uint16_t slam_ports,
			     const char *preferred)
{
	struct desk fresh = {.fx = d->fx};

	fresh.site.directory = d->site.directory;
	fresh.site.leases = d->site.leases;
	if (!fresh.fx.v && effects_open(&fresh.fx, &desk_alloc))
		abort();
	if (!fresh.site.directory &&
	    (directory_open(&fresh.site.directory, &desk_alloc, 1, 1) ||
	     leases_open(&fresh.site.leases, &desk_alloc, 1, 1)))
		abort();
	effects_clear(&fresh.fx);
	settings_default(&fresh.settings);
	fresh.site.domain = DOMAIN_FIRST;
	fresh.site.n_links = 2;
	fresh.site.links[0] = (struct link){
		.index = 1, .ip = IP4(10, 0, 0, 1), .mask = 0xffffff00};
	fresh.site.links[1] = (struct link){
		.index = 2, .ip = IP4(10, 0, 1, 1), .mask = 0xffffff00};
	if (images_open(&fresh.site.images, &desk_alloc, 10000, slam_ports,
			1) ||
	    images_prefer(fresh.site.images, preferred) ||
	    askers_open(&fresh.site.askers, &desk_alloc, 2, 1))
		abort();
	*d = fresh;
	d->site.settings = &d->settings;
}

static inline void desk_close(struct desk *d)
{
	askers_close(d->site.askers, &desk_alloc);
	images_close(d->site.images);
}

#endif
