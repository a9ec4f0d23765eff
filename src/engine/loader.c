/*
 * loader.  It is a loadc like its parts, so whoever loads knows one kind of
 * client only.
 */
#include "engine/loader.h"

#include "engine/effects.h"
#include "engine/mtftpc.h"
#include "engine/slamc.h"
#include "engine/tftmc.h"
#include "engine/tftpc.h"
#include "engine/trainc.h"

#include <assert.h>
#include <errno.h>

static const struct {
	enum url_scheme scheme;
	int (*open)(struct loadc **, const struct loadc_config *,
		    const struct alloc *);
} kinds[] = {
	{URL_TFTP, tftpc_open},   {URL_SLAM, slamc_open},
	{URL_MTFTP, mtftpc_open},
#ifndef MUSTER_NO_TRAIN /* the smallest client */
	{URL_TRAIN, trainc_open},
#endif
	{URL_TFTM, tftmc_open},
};

enum { PARTS = sizeof(kinds) / sizeof(*kinds) };

struct loader {
	struct loadc loadc;
	struct loadc *part[PARTS];
	usec due[PARTS]; /* their deadlines, which only a call of theirs moves
			  */
	unsigned chosen;
};

static struct loader *loader_of(struct engine *e)
{
	return CONTAINER(e, struct loader, loadc.engine);
}

static struct loader *of(struct loadc *l)
{
	return CONTAINER(l, struct loader, loadc);
}

static unsigned kind_of(enum url_scheme scheme)
{
	unsigned i = 0;

	while (i < PARTS && kinds[i].scheme != scheme)
		i++;
	return i;
}

bool loader_knows(enum url_scheme scheme)
{
	return kind_of(scheme) < PARTS;
}

/* Part i has added the effects from `from` on. */
static void after(struct loader *l, unsigned i, size_t from, struct effects *fx)
{
	const struct engine *it = &l->part[i]->engine;

	effects_own(fx, from, (uint8_t)i);
	l->due[i] = it->deadline(it);
	if (i == l->chosen)
		l->loadc.progress = l->part[i]->progress;
}

/* Whose datagram it is; PARTS: nobody's.  Nearly always it is for the one that
 * loads. */
static unsigned claimant(const struct loader *l, const struct dgram *d)
{
	if (loadc_claims(l->part[l->chosen], d))
		return l->chosen;
	for (unsigned i = 0; i < PARTS; i++)
		if (loadc_claims(l->part[i], d))
			return i;
	return PARTS;
}

static void on_input(struct engine *e, usec now, const struct dgram *d,
		     struct effects *fx)
{
	struct loader *l = loader_of(e);
	unsigned i = claimant(l, d);
	size_t from = fx->n;

	if (i == PARTS)
		return;
	l->part[i]->engine.input(&l->part[i]->engine, now, d, fx);
	after(l, i, from, fx);
}

static void on_settle(struct engine *e, usec now, const struct outcome *o,
		      struct effects *fx)
{
	struct loader *l = loader_of(e);
	size_t from = fx->n;
	struct loadc *c;

	if (o->owner >= PARTS)
		return;
	c = l->part[o->owner];
	c->engine.settle(&c->engine, now, o, fx);
	after(l, o->owner, from, fx);
}

static void on_expire(struct engine *e, usec now, struct effects *fx)
{
	struct loader *l = loader_of(e);

	for (unsigned i = 0; i < PARTS; i++) {
		struct engine *it = &l->part[i]->engine;
		size_t from = fx->n;

		if (l->due[i] > now)
			continue;
		it->expire(it, now, fx);
		after(l, i, from, fx);
	}
}

static usec on_deadline(const struct engine *e)
{
	const struct loader *l =
		CONTAINER_CONST(e, struct loader, loadc.engine);
	usec due = NEVER;

	for (unsigned i = 0; i < PARTS; i++)
		due = usec_min(due, l->due[i]);
	return due;
}

static void start(struct loadc *c, usec now, const struct url *url,
		  uint32_t file, struct effects *fx)
{
	struct loader *l = of(c);
	size_t from = fx->n;
	unsigned kind = kind_of(url->scheme);

	assert(kind < PARTS);
	l->chosen = kind;
	loadc_start(l->part[kind], now, url, file, fx);
	after(l, l->chosen, from, fx);
}

static void stop(struct loadc *c, usec now, struct effects *fx)
{
	struct loader *l = of(c);

	for (unsigned i = 0; i < PARTS; i++) {
		size_t from = fx->n;

		loadc_stop(l->part[i], now, fx);
		after(l, i, from, fx);
	}
}

static bool claims(const struct loadc *c, const struct dgram *d)
{
	return claimant(CONTAINER_CONST(c, struct loader, loadc), d) < PARTS;
}

static void close(struct loadc *c, const struct alloc *alloc)
{
	struct loader *l = of(c);

	for (unsigned i = 0; i < PARTS; i++)
		loadc_close(l->part[i], alloc);
	alloc_put(alloc, l);
}

int loader_open(struct loadc **to, const struct loadc_config *config,
		const struct alloc *alloc)
{
	static const struct loadc_ops ops = {start, stop, claims, close};
	struct loader *l = alloc_get(alloc, 1, sizeof(*l));
	int rc = l ? 0 : -ENOMEM;

	if (rc)
		return rc;
	l->loadc.ops = &ops;
	l->loadc.engine = (struct engine){.input = on_input,
					  .settle = on_settle,
					  .expire = on_expire,
					  .deadline = on_deadline};
	for (unsigned i = 0; !rc && i < PARTS; i++)
		rc = kinds[i].open(&l->part[i], config, alloc);
	for (unsigned i = 0; i < PARTS; i++)
		l->due[i] = NEVER;
	if (rc) {
		loadc_close(&l->loadc, alloc);
		return rc;
	}
	*to = &l->loadc;
	return 0;
}
