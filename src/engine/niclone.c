/*
 * niclone, the engine: one master after the other is asked when it is due; a
 * copy that came waits until no other change of the directory is under way.
 */
#include "engine/niclone_impl.h"

#include "base/text.h"
#include "engine/note.h"
#include "model/domain.h"

#include <errno.h>

enum { PORTS_FROM = 32768, PORTS = 28000, DOUBLINGS = 6 };

static const usec LOOK = SECONDS(5), HINT_WAIT = SECONDS(2),
		  FAILED_WAIT = SECONDS(5), TURN_WAIT = MILLISECONDS(50);

static struct niclone *niclone_of(struct engine *e)
{
	return CONTAINER(e, struct niclone, engine);
}

static usec interval(const struct niclone *c)
{
	return SECONDS(c->site->settings->netinfo.interval);
}

/* ---- how it ends ----------------------------------------------------------
 */

static void rest(struct following *f, usec until)
{
	copy_drop(f->copy);
	changes_drop(f->all);
	f->copy = NULL;
	f->all = NULL;
	f->step = NICLONE_REST;
	f->due = until;
}

void niclone_done(struct niclone *c, struct following *f, usec now)
{
	f->failures = 0;
	rest(f, f->is_hinted ? usec_max(now, f->begun + HINT_WAIT)
			     : now + interval(c));
}

void niclone_failed(struct niclone *c, struct following *f, usec now, int rc,
		    const char *why, struct effects *fx)
{
	usec wait = FAILED_WAIT;
	struct note *n;
	char line[NICLONE_MASTER + 160];
	struct text t = text_over(line, sizeof(line));

	c->stats.failed++;
	f->nibind = f->udp = f->tcp = 0;
	if (!f->failures) {
		domain_path_put(c->site->directory, f->domain, &t);
		text_add(&t, " of ");
		text_add(&t, f->master);
		text_add(&t, ": ");
		text_add(&t, why);
		n = effects_note(fx, NOTE_CLONE_FAILED);
		n->peer.ip = f->ip;
		n->a = (uint64_t)-rc;
		n->text = effects_text(fx, line, t.len);
	}
	for (unsigned i = 0; i < f->failures && i < DOUBLINGS; i++)
		wait *= 2;
	f->failures++;
	rest(f, now + usec_min(wait, usec_max(interval(c), FAILED_WAIT)));
}

static void say_loaded(struct niclone *c, struct following *f,
		       struct effects *fx)
{
	struct note *n = effects_note(fx, NOTE_CLONE_LOADED);
	char line[DOMAIN_PATH + NICLONE_MASTER];
	struct text t = text_over(line, sizeof(line));

	domain_path_put(c->site->directory, f->domain, &t);
	text_add(&t, " of ");
	text_add(&t, f->master);
	n->peer.ip = f->ip;
	n->a = f->copy->n;
	n->b = f->copy->checksum;
	n->text = effects_text(fx, line, t.len);
}

/* ---- a copy becomes ours --------------------------------------------------
 */

static void refused(struct niclone *c, struct following *f, int rc,
		    uint32_t which, usec now, struct effects *fx)
{
	char line[96];
	struct text t = text_over(line, sizeof(line));

	text_add(&t, rc == -EEXIST ? "a name or address stands there twice"
				   : "the directory does not take it");
	if (which) {
		text_add(&t, ", object ");
		text_u64(&t, which);
	}
	niclone_failed(c, f, now, rc, line, fx);
}

static void make(struct niclone *c, struct following *f, usec now,
		 struct effects *fx)
{
	uint32_t which = 0;
	int rc;

	if (c->site->is_editing || site_is_away(c->site)) {
		f->step = NICLONE_TURN;
		f->due = now + TURN_WAIT;
		return;
	}
	rc = copy_changes(f->copy, c->site->directory, f->domain, &f->all,
			  &which);
	if (rc) {
		refused(c, f, rc, which, now, fx);
	} else if (!f->all->n) {
		niclone_done(c, f, now);
	} else {
		f->step = NICLONE_MAKE;
		f->due = NEVER;
		f->cookie = ++c->cookie;
		effects_commit_all(fx, f->all, f->cookie);
	}
}

static const char *why_not(int rc)
{
	switch (rc) {
	case -EMSGSIZE:
		return "it is larger than we take";
	case -EBADMSG:
		return "what came is no whole copy";
	case -EREMOTEIO:
		return "the master refuses to be copied";
	case -ENOMEM:
		return "there is no memory";
	default:
		return "the copy did not come";
	}
}

static void loaded(struct niclone *c, struct following *f,
		   const struct outcome *o, usec now, struct effects *fx)
{
	uint32_t status;
	int rc = o->rc;

	if (!rc)
		rc = copy_get(&f->copy, o->answer, o->answer_len, &c->alloc,
			      &status);
	if (rc) {
		niclone_failed(c, f, now, rc, why_not(rc), fx);
	} else if (!f->copy) {
		c->stats.unchanged++;
		niclone_done(c, f, now);
	} else {
		make(c, f, now, fx);
	}
}

static void made(struct niclone *c, struct following *f,
		 const struct outcome *o, usec now, struct effects *fx)
{
	if (o->rc) {
		niclone_failed(c, f, now, o->rc, "the change was not kept", fx);
		return;
	}
	c->stats.loads++;
	say_loaded(c, f, fx);
	niclone_done(c, f, now);
}

/* ---- who is followed ------------------------------------------------------
 */

static struct following *following(struct niclone *c, uint32_t domain)
{
	for (unsigned i = 0; i < NICLONE_DOMAINS; i++)
		if (c->v[i].domain == domain)
			return &c->v[i];
	return NULL;
}

static const char *master_of(const struct niclone *c, uint32_t domain)
{
	if (!c->site->settings->netinfo.follow || domain == DOMAIN_FIRST)
		return NULL;
	return site_other_master(c->site, domain);
}

static bool is_followed_so(const struct niclone *c, const struct following *f)
{
	const char *master = master_of(c, f->domain);

	return master && !strcmp(master, f->master);
}

static void forget(struct following *f)
{
	rest(f, NEVER);
	*f = (struct following){.due = NEVER};
}

static void follow(struct niclone *c, uint32_t domain, usec now)
{
	const char *master = master_of(c, domain);
	struct following *f;

	if (!master || following(c, domain))
		return;
	f = following(c, 0);
	if (!f)
		return;
	*f = (struct following){.domain = domain, .due = now};
	if (!text_copy(f->master, sizeof(f->master), master, strlen(master)))
		f->domain = 0;
}

/* Domains come and go, and so do their masters; a change of ours that is under
 * way is waited for. */
static void look(struct niclone *c, usec now)
{
	const struct directory *d = c->site->directory;

	for (unsigned i = 0; i < NICLONE_DOMAINS; i++)
		if (c->v[i].domain && c->v[i].step != NICLONE_MAKE &&
		    !is_followed_so(c, &c->v[i]))
			forget(&c->v[i]);
	for (uint32_t domain = domain_next(d, 0); domain;
	     domain = domain_next(d, domain))
		follow(c, domain, now);
	c->look = now + LOOK;
}

/* ---- when -----------------------------------------------------------------
 */

/* "wizard/network": by its address, or as the domain or one above knows it. */
static uint32_t address_of(const struct niclone *c, const struct following *f)
{
	const char *slash = strchr(f->master, '/');
	size_t len = slash ? (size_t)(slash - f->master) : strlen(f->master);
	char host[NICLONE_MASTER];
	const struct entry *m;
	const char *v;
	uint32_t ip;

	if (ip_parse(f->master, len, &ip))
		return ip;
	(void)text_copy(host, sizeof(host), f->master, len);
	m = machine_by_name(c->site->directory, f->domain, host);
	v = m ? plist_value(&m->props, "ip_address") : NULL;
	return v && ip_parse(v, strlen(v), &ip) ? ip : 0;
}

static void begin(struct niclone *c, struct following *f, usec now,
		  struct effects *fx)
{
	uint32_t ip = address_of(c, f);

	f->begun = now;
	f->is_hinted = false;
	if (ip != f->ip)
		f->nibind = f->udp = f->tcp = 0;
	f->ip = ip;
	if (!ip)
		niclone_failed(c, f, now, -ENOENT,
			       "nobody knows the master's address", fx);
	else
		niclone_step(c, f, f->udp ? NICLONE_SUM : NICLONE_GETPORT, now,
			     fx);
}

static void go_on(struct niclone *c, struct following *f, usec now,
		  struct effects *fx)
{
	if (f->step == NICLONE_REST)
		begin(c, f, now, fx);
	else if (f->step == NICLONE_TURN)
		make(c, f, now, fx);
	else if (!niclone_ask(c, f, now, fx))
		niclone_failed(c, f, now, -ETIMEDOUT,
			       "the master does not answer", fx);
}

static void on_expire(struct engine *e, usec now, struct effects *fx)
{
	struct niclone *c = niclone_of(e);

	if (!c->is_listening)
		return;
	if (c->look <= now)
		look(c, now);
	for (unsigned i = 0; i < NICLONE_DOMAINS; i++)
		if (c->v[i].domain && c->v[i].due <= now)
			go_on(c, &c->v[i], now, fx);
}

static usec on_deadline(const struct engine *e)
{
	const struct niclone *c = CONTAINER_CONST(e, struct niclone, engine);
	usec next = c->look;

	if (!c->is_listening)
		return NEVER;
	for (unsigned i = 0; i < NICLONE_DOMAINS; i++)
		if (c->v[i].domain)
			next = usec_min(next, c->v[i].due);
	return next;
}

void niclone_hint(struct niclone *c, uint32_t domain, usec now)
{
	struct following *f = domain ? following(c, domain) : NULL;

	if (f && f->step == NICLONE_REST)
		f->due = usec_min(f->due, usec_max(now, f->begun + HINT_WAIT));
	else if (f) /* what is under way may be older */
		f->is_hinted = true;
}

/* ---- the engine -----------------------------------------------------------
 */

static struct following *asked(struct niclone *c, uint32_t xid, uint32_t from)
{
	for (unsigned i = 0; i < NICLONE_DOMAINS; i++) {
		struct following *f = &c->v[i];

		if (f->domain && f->xid == xid && f->ip == from &&
		    f->step >= NICLONE_GETPORT && f->step <= NICLONE_SUM)
			return f;
	}
	return NULL;
}

static void on_input(struct engine *e, usec now, const struct dgram *d,
		     struct effects *fx)
{
	struct niclone *c = niclone_of(e);
	struct rd r = rd_over(d->bytes, d->len);
	struct following *f = NULL;
	struct rpc_reply p;

	if (rpc_reply_get(&p, &r))
		f = asked(c, p.xid, d->from.ip);
	if (!f)
		c->stats.bad++;
	else if (p.status != RPC_SUCCESS)
		niclone_failed(c, f, now, -EPROTO,
			       "the master does not understand us", fx);
	else
		niclone_heard(c, f, rd_over(p.results, p.len), now, fx);
}

static void listen(struct niclone *c, struct effects *fx)
{
	c->port = (uint16_t)(PORTS_FROM + rand_below(&c->rand, PORTS));
	effects_listen(fx, c->port, 0, 0, c->port);
}

static void listening(struct niclone *c, const struct outcome *o, usec now,
		      struct effects *fx)
{
	if (o->cookie != c->port || c->is_listening)
		return;
	if (o->rc == -EADDRINUSE) {
		listen(c, fx);
		return;
	}
	c->is_listening = true;
	c->look = now;
}

static void on_settle(struct engine *e, usec now, const struct outcome *o,
		      struct effects *fx)
{
	struct niclone *c = niclone_of(e);
	enum niclone_step step = o->kind == EFFECT_ASK ? NICLONE_LOAD
						       : NICLONE_MAKE;

	if (o->kind == EFFECT_LISTEN) {
		listening(c, o, now, fx);
		return;
	}
	for (unsigned i = 0; i < NICLONE_DOMAINS; i++) {
		struct following *f = &c->v[i];

		if (!f->domain || f->step != step || f->cookie != o->cookie)
			continue;
		if (step == NICLONE_LOAD)
			loaded(c, f, o, now, fx);
		else
			made(c, f, o, now, fx);
		return;
	}
}

void niclone_start(struct niclone *c, usec now, struct effects *fx)
{
	c->look = now;
	if (!c->port && c->site->settings->netinfo.follow)
		listen(c, fx);
}

bool niclone_claims(const struct niclone *c, const struct dgram *d)
{
	return d->kind == DGRAM_UDP && c->port && d->to.port == c->port;
}

int niclone_open(struct niclone **to, const struct site *site,
		 const struct alloc *alloc, uint64_t seed)
{
	struct niclone *c = alloc_get(alloc, 1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	c->engine = (struct engine){.input = on_input,
				    .settle = on_settle,
				    .expire = on_expire,
				    .deadline = on_deadline};
	c->site = site;
	c->alloc = *alloc;
	rand_seed(&c->rand, seed);
	c->xid = (uint32_t)rand_u64(&c->rand);
	*to = c;
	return 0;
}

void niclone_close(struct niclone *c, const struct alloc *alloc)
{
	if (!c)
		return;
	for (unsigned i = 0; i < NICLONE_DOMAINS; i++)
		forget(&c->v[i]);
	alloc_put(alloc, c);
}

struct engine *niclone_engine(struct niclone *c)
{
	return &c->engine;
}

const struct niclone_stats *niclone_stats(const struct niclone *c)
{
	return &c->stats;
}
