/*
 * The server: its engines side by side, one table for who owns which effect.
 * What they share changes (apply.h) after the store has said that the change is
 * durable; only then does the engine that asked for it hear of it, and only
 * then does it send what it promised.
 */
#include "engine/server.h"

#include "base/heap.h"
#include "engine/apply.h"
#include "engine/askers.h"
#include "engine/effects.h"
#include "engine/note.h"

#include <assert.h>
#include <errno.h>

/* owners */
enum {
	BOOTPD,
	TFTPD,
	SLAMD,
	TRAIND,
	IGMPD,
	MTFTPD,
	TFTMD,
	MASKD,
	RARPD,
	RPCD,
	LOOKUPD,
	NETINFOD,
	NICLONE,
	NIMASTER,
	PARTS,
	EDITS = PARTS
};

struct server {
	struct engine engine;
	struct site *site;
	struct bootpd *bootpd;
	struct tftpd *tftpd;
	struct slamd *slamd;
	struct traind *traind;
	struct igmpd *igmpd;
	struct mtftpd *mtftpd;
	struct tftmd *tftmd;
	struct maskd *maskd;
	struct rarpd *rarpd;
	struct rpcd *rpcd;
	struct lookupd *lookupd;
	struct netinfod *netinfod;
	struct niclone *niclone;
	struct nimaster *nimaster;
	struct engine *part[PARTS];
	enum { EDIT_NONE, EDIT_RESERVED, EDIT_UNDER_WAY, EDIT_ENDED } edit;
	int edit_rc;
	size_t edit_failed;
	/* Of the change of the directory that is under way, if site->is_editing
	 * says so. */
	uint8_t edit_owner;
	uint64_t edit_cookie;
};

/* As the history names them. */
static const char *const part_names[PARTS] = {
	[BOOTPD] = "bootpd",     [TFTPD] = "tftpd",       [SLAMD] = "slamd",
	[TRAIND] = "traind",     [IGMPD] = "igmpd",       [MTFTPD] = "mtftpd",
	[TFTMD] = "tftmd",       [MASKD] = "maskd",       [RARPD] = "rarpd",
	[RPCD] = "rpcd",         [NETINFOD] = "netinfod", [NICLONE] = "niclone",
	[NIMASTER] = "nimaster",
};

static struct server *server_of(struct engine *e)
{
	return CONTAINER(e, struct server, engine);
}

/* Stamp what a part asked for, and see whether it changes the directory. */
static void own(struct server *s, struct effects *fx, size_t from,
		uint8_t owner)
{
	effects_own(fx, from, owner);
	for (size_t i = from; i < fx->n; i++) {
		struct effect *e = &fx->v[i];

		if (e->kind == EFFECT_COMMIT && !e->commit.who && owner < PARTS)
			e->commit.who = part_names[owner];
		if (e->kind != EFFECT_COMMIT ||
		    !change_is_edit(e->commit.all ? e->commit.all->v
						  : &e->commit.change))
			continue;
		assert(!s->site->is_editing);
		s->site->is_editing = true;
		s->edit_owner = owner;
		s->edit_cookie = e->commit.cookie;
	}
}

static void edit_settled(struct server *s, const struct outcome *o)
{
	if (o->owner == s->edit_owner && o->cookie == s->edit_cookie)
		s->site->is_editing = false;
}

/* PARTS: it is for nobody. */
static uint8_t part_for(const struct server *s, const struct dgram *d)
{
	if (igmpd_claims(s->igmpd, d))
		return IGMPD;
	if (maskd_claims(s->maskd, d))
		return MASKD;
	if (rarpd_claims(s->rarpd, d))
		return RARPD;
	if (rpcd_claims(s->rpcd, d))
		return RPCD;
	if (lookupd_claims(s->lookupd, d))
		return LOOKUPD;
	if (netinfod_claims(s->netinfod, d))
		return NETINFOD;
	if (niclone_claims(s->niclone, d))
		return NICLONE;
	if (nimaster_claims(s->nimaster, d))
		return NIMASTER;
	if (bootpd_claims(s->bootpd, d))
		return BOOTPD;
	if (slamd_claims(s->slamd, d))
		return SLAMD;
	if (mtftpd_claims(s->mtftpd, d))
		return MTFTPD;
	if (traind_claims(s->traind, d))
		return TRAIND;
	if (tftmd_claims(s->tftmd, d))
		return TFTMD;
	return tftpd_claims(s->tftpd, d) ? TFTPD : PARTS;
}

/* What clones and masters say to each other by way of netinfod. */
static void pass_hints(struct server *s, usec now)
{
	uint32_t asker, domain = netinfod_resync(s->netinfod, &asker);

	niclone_hint(s->niclone, netinfod_hint(s->netinfod), now);
	nimaster_resync(s->nimaster, domain, asker, now);
}

static void on_input(struct engine *e, usec now, const struct dgram *d,
		     struct effects *fx)
{
	struct server *s = server_of(e);
	uint8_t part = part_for(s, d);
	size_t from = fx->n;

	askers_clock(s->site->askers, now);
	if (part == PARTS)
		return;
	if (part == TFTPD)
		tftmd_decline(s->tftmd, d, fx);
	s->part[part]->input(s->part[part], now, d, fx);
	own(s, fx, from, part);
	if (part == NETINFOD)
		pass_hints(s, now);
}

/* What other servers changed is true, whether we can keep it or not. */
static void on_news(struct server *s, usec now, const struct outcome *o,
		    struct effects *fx)
{
	struct site *site = s->site;
	int rc = apply_news(site, o, now);

	site->store.news++;
	nimaster_settled(s->nimaster, o, now);
	if (!rc || site->store.torn)
		return;
	site->store.torn = rc;
	effects_note(fx, NOTE_STORE_TORN)->a = (uint64_t)-rc;
}

/* Another server's change came first: that happens every day. */
static bool is_fault(int rc)
{
	return rc && rc != -EEXIST && rc != -ESTALE;
}

static void on_settle(struct engine *e, usec now, const struct outcome *o,
		      struct effects *fx)
{
	struct server *s = server_of(e);
	struct outcome told = *o;
	size_t from = fx->n;

	askers_clock(s->site->askers, now);
	if (o->owner == SERVER_NEWS) {
		on_news(s, now, o, fx);
		return;
	}
	if (o->kind == EFFECT_COMMIT)
		edit_settled(s, o);
	if (o->kind == EFFECT_COMMIT && !o->rc)
		told.rc = apply_own(s->site, o, now);
	if (o->kind == EFFECT_COMMIT && !told.rc)
		nimaster_settled(s->nimaster, o, now);
	if (o->kind == EFFECT_COMMIT && is_fault(told.rc))
		effects_note(fx, NOTE_STORE_FAILED)->a = (uint64_t)-told.rc;
	if (o->owner == EDITS) {
		s->edit = EDIT_ENDED;
		s->edit_rc = told.rc;
		s->edit_failed = told.failed;
	} else if (o->owner < PARTS) {
		s->part[o->owner]->settle(s->part[o->owner], now, &told, fx);
		own(s, fx, from, o->owner);
	}
}

static void on_expire(struct engine *e, usec now, struct effects *fx)
{
	struct server *s = server_of(e);

	for (int i = 0; i < PARTS; i++) {
		size_t from = fx->n;

		if (s->part[i]->deadline(s->part[i]) <= now)
			s->part[i]->expire(s->part[i], now, fx);
		own(s, fx, from, (uint8_t)i);
	}
}

static usec on_deadline(const struct engine *e)
{
	const struct server *s = CONTAINER_CONST(e, struct server, engine);
	usec next = NEVER;

	for (int i = 0; i < PARTS; i++)
		next = usec_min(next, s->part[i]->deadline(s->part[i]));
	return next;
}

static int open_lookupd(struct server *s, const struct alloc *alloc,
			uint64_t seed)
{
	struct site *site = s->site;
	struct lookupd_config c = {
		.order = &site->lookup,
		.directory = {.d = site->directory,
			      .domain = &site->domain,
			      .server = site->settings->name},
		.seed = seed};

	if (!site->lookup.wait)
		lookup_order_default(&site->lookup);
	return lookupd_open(&s->lookupd, &c, alloc);
}

static int open_parts(struct server *s, const struct alloc *alloc,
		      uint64_t seed)
{
	enum { PENDING = 16384 };
	int rc = bootpd_open(&s->bootpd, s->site, alloc, PENDING, seed);

	if (!rc)
		rc = tftpd_open(&s->tftpd, s->site, alloc, seed + 1);
	if (!rc)
		rc = slamd_open(&s->slamd, s->site, alloc, seed + 2);
	if (!rc)
		rc = traind_open(&s->traind, s->site, alloc, seed + 3);
	if (!rc)
		rc = igmpd_open(&s->igmpd, s->site, alloc);
	if (!rc)
		rc = mtftpd_open(&s->mtftpd, s->site, alloc, seed + 4);
	if (!rc)
		rc = tftmd_open(&s->tftmd, s->site, alloc, seed + 5);
	if (!rc)
		rc = maskd_open(&s->maskd, s->site, alloc, seed + 6);
	if (!rc)
		rc = rarpd_open(&s->rarpd, s->site, alloc, seed + 7);
	if (!rc)
		rc = rpcd_open(&s->rpcd, s->site, alloc, seed + 8);
	if (!rc)
		rc = open_lookupd(s, alloc, seed + 9);
	if (!rc)
		rc = netinfod_open(&s->netinfod, s->site, alloc, seed + 10);
	if (!rc)
		rc = niclone_open(&s->niclone, s->site, alloc, seed + 11);
	if (!rc)
		rc = nimaster_open(&s->nimaster, s->site, alloc, seed + 12);
	if (rc)
		return rc;
	s->part[BOOTPD] = bootpd_engine(s->bootpd);
	s->part[TFTPD] = tftpd_engine(s->tftpd);
	s->part[SLAMD] = slamd_engine(s->slamd);
	s->part[TRAIND] = traind_engine(s->traind);
	s->part[IGMPD] = igmpd_engine(s->igmpd);
	s->part[MTFTPD] = mtftpd_engine(s->mtftpd);
	s->part[TFTMD] = tftmd_engine(s->tftmd);
	s->part[MASKD] = maskd_engine(s->maskd);
	s->part[RARPD] = rarpd_engine(s->rarpd);
	s->part[RPCD] = rpcd_engine(s->rpcd);
	s->part[LOOKUPD] = lookupd_engine(s->lookupd);
	s->part[NETINFOD] = netinfod_engine(s->netinfod);
	s->part[NICLONE] = niclone_engine(s->niclone);
	s->part[NIMASTER] = nimaster_engine(s->nimaster);
	s->site->masks = maskd_stats(s->maskd);
	s->site->rarps = rarpd_stats(s->rarpd);
	s->site->calls = rpcd_stats(s->rpcd);
	s->site->loads = tftpd_stats(s->tftpd);
	s->site->bootps = bootpd_stats(s->bootpd);
	s->site->copied = niclone_stats(s->niclone);
	s->site->copiers = nimaster_stats(s->nimaster);
	return 0;
}

int server_open(struct server **to, struct site *site,
		const struct alloc *alloc, uint64_t seed)
{
	struct server *s = alloc_get(alloc, 1, sizeof(*s));
	int rc;

	if (!s)
		return -ENOMEM;
	s->site = site;
	site->is_editing = false;
	s->engine = (struct engine){.input = on_input,
				    .settle = on_settle,
				    .expire = on_expire,
				    .deadline = on_deadline};
	rc = open_parts(s, alloc, seed);
	if (rc) {
		server_close(s, alloc);
		return rc;
	}
	*to = s;
	return 0;
}

void server_close(struct server *s, const struct alloc *alloc)
{
	if (!s)
		return;
	if (s->bootpd)
		bootpd_close(s->bootpd, alloc);
	if (s->tftpd)
		tftpd_close(s->tftpd, alloc);
	if (s->slamd)
		slamd_close(s->slamd, alloc);
	traind_close(s->traind, alloc);
	igmpd_close(s->igmpd, alloc);
	mtftpd_close(s->mtftpd, alloc);
	tftmd_close(s->tftmd, alloc);
	s->site->masks = NULL;
	s->site->rarps = NULL;
	s->site->calls = NULL;
	s->site->loads = NULL;
	s->site->bootps = NULL;
	s->site->copied = NULL;
	s->site->copiers = NULL;
	maskd_close(s->maskd, alloc);
	rarpd_close(s->rarpd, alloc);
	rpcd_close(s->rpcd, alloc);
	lookupd_close(s->lookupd, alloc);
	netinfod_close(s->netinfod, alloc);
	niclone_close(s->niclone, alloc);
	nimaster_close(s->nimaster, alloc);
	alloc_put(alloc, s);
}

struct engine *server_engine(struct server *s)
{
	return &s->engine;
}

void server_start(struct server *s, usec now, struct effects *fx)
{
	size_t from = fx->n;

	bootpd_start(s->bootpd, now, fx);
	effects_own(fx, from, BOOTPD);
	from = fx->n;
	tftpd_start(s->tftpd, now, fx);
	effects_own(fx, from, TFTPD);
	from = fx->n;
	mtftpd_start(s->mtftpd, now, fx);
	effects_own(fx, from, MTFTPD);
	from = fx->n;
	rpcd_start(s->rpcd, now, fx);
	effects_own(fx, from, RPCD);
	from = fx->n;
	netinfod_start(s->netinfod, now, fx);
	effects_own(fx, from, NETINFOD);
	nimaster_start(s->nimaster, now);
	server_refresh(s, now, fx);
}

void server_refresh(struct server *s, usec now, struct effects *fx)
{
	size_t from = fx->n;

	slamd_start(s->slamd, now, fx);
	effects_own(fx, from, SLAMD);
	from = fx->n;
	traind_start(s->traind, now, fx);
	effects_own(fx, from, TRAIND);
	from = fx->n;
	igmpd_start(s->igmpd, now, fx);
	effects_own(fx, from, IGMPD);
	from = fx->n;
	niclone_start(s->niclone, now, fx);
	effects_own(fx, from, NICLONE);
}

/* All of the directory, or all of the leases. */
static bool is_of_a_kind(const struct changes *all)
{
	for (size_t i = 1; i < all->n; i++)
		if (change_is_edit(&all->v[i]) != change_is_edit(all->v))
			return false;
	return all->n > 0;
}

/* One alone is as an engine's: a copy in the effects' bytes. */
static int commit_one(const struct change *c, struct effects *fx)
{
	const uint8_t *props = effects_copy(fx, c->props.bytes, c->props.len);
	struct change *to;

	if (!props)
		return -ENOBUFS;
	to = effects_commit(fx, 0);
	*to = *c;
	to->props.bytes = props;
	return 0;
}

int server_edit_reserve(struct server *s)
{
	if (s->edit != EDIT_NONE || s->site->is_editing)
		return -EAGAIN;
	s->edit = EDIT_RESERVED;
	s->site->is_editing = true;
	s->edit_owner = EDITS;
	s->edit_cookie = UINT64_MAX; /* nobody's */
	return 0;
}

void server_edit_release(struct server *s)
{
	if (s->edit != EDIT_RESERVED)
		return;
	s->edit = EDIT_NONE;
	s->site->is_editing = false;
}

int server_edit(struct server *s, struct changes *all, struct effects *fx,
		size_t *failed, uint32_t *other)
{
	size_t from = fx->n;
	int rc = 0;

	*failed = 0;
	server_edit_release(s);
	if (s->edit != EDIT_NONE || s->site->is_editing)
		return -EAGAIN;
	if (site_is_away(s->site)) {
		s->site->store.refused++;
		return s->site->store.torn ? s->site->store.torn
					   : s->site->store.why;
	}
	if (!is_of_a_kind(all))
		return -EINVAL;
	if (change_is_edit(all->v) &&
	    !changes_are_made(all, s->site->directory))
		rc = directory_check_all(s->site->directory, all->v, all->n,
					 failed, other);
	if (!rc && all->n == 1)
		rc = commit_one(all->v, fx);
	else if (!rc)
		effects_commit_all(fx, all, 0);
	if (rc)
		return rc;
	fx->v[from].commit.who = effects_text(fx, all->who, strlen(all->who));
	own(s, fx, from, EDITS);
	s->edit = EDIT_UNDER_WAY;
	return 0;
}

void server_store(struct server *s, const struct site_store *is, usec now,
		  struct effects *fx)
{
	struct site_store *to = &s->site->store;
	bool was_away = to->is_away;

	to->is_shared = true;
	leases_share(s->site->leases);
	to->is_away = is->is_away;
	to->why = is->why;
	to->kind = is->kind;
	to->revision = is->revision;
	to->latest = is->latest;
	to->members = is->members;
	if (is->is_away == was_away)
		return;
	if (is->is_away) {
		to->times++;
		effects_note(fx, NOTE_STORE_AWAY)->a = (uint64_t)-is->why;
	} else {
		effects_note(fx, NOTE_STORE_BACK)->a =
			(uint64_t)((now - to->since) / SECOND);
	}
	to->since = now;
}

bool server_edit_ended(struct server *s, int *rc, size_t *failed)
{
	if (s->edit != EDIT_ENDED)
		return false;
	s->edit = EDIT_NONE;
	*rc = s->edit_rc;
	*failed = s->edit_failed;
	return true;
}

const struct bootpd *server_bootpd(const struct server *s)
{
	return s->bootpd;
}

const struct tftpd *server_tftpd(const struct server *s)
{
	return s->tftpd;
}

const struct slamd *server_slamd(const struct server *s)
{
	return s->slamd;
}

const struct traind *server_traind(const struct server *s)
{
	return s->traind;
}

const struct igmpd *server_igmpd(const struct server *s)
{
	return s->igmpd;
}

const struct mtftpd *server_mtftpd(const struct server *s)
{
	return s->mtftpd;
}

const struct tftmd *server_tftmd(const struct server *s)
{
	return s->tftmd;
}

const struct maskd *server_maskd(const struct server *s)
{
	return s->maskd;
}

const struct rarpd *server_rarpd(const struct server *s)
{
	return s->rarpd;
}

const struct rpcd *server_rpcd(const struct server *s)
{
	return s->rpcd;
}

struct lookupd *server_lookupd(const struct server *s)
{
	return s->lookupd;
}

const struct netinfod *server_netinfod(const struct server *s)
{
	return s->netinfod;
}

const struct nimaster *server_nimaster(const struct server *s)
{
	return s->nimaster;
}

const struct niclone *server_niclone(const struct server *s)
{
	return s->niclone;
}
