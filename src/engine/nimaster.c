/*
 * nimaster, the engine.  News of a domain wait, and are then looked through its
 * machines for clones, a slice at a time; each clone goes its own way from
 * there.
 */
#include "engine/nimaster.h"

#include "base/heap.h"
#include "base/rand.h"
#include "base/text.h"
#include "engine/netinfo_call.h"
#include "engine/netinfo_copy.h"
#include "engine/netinfo_site.h"
#include "model/domain.h"

#include <errno.h>

enum { PORTS_FROM = 32768, PORTS = 28000, TRIES = 3, SLICE = 1024, TAG = 64 };

static const usec LATENCY = SECONDS(2), AGAIN = SECONDS(1),
		  PAUSE = MILLISECONDS(10);

/* Of a domain, that its clones have to hear. */
struct news {
	uint32_t domain; /* 0: free */
	bool is_resync;
	uint32_t asker; /* who knows; 0 */
	bool is_looking;
	uint32_t at;   /* the machine that was looked at last */
	bool is_again; /* more happened meanwhile */
	usec due;
};

enum clone_step { CLONE_REST, CLONE_MAPPER, CLONE_NIBIND, CLONE_TELL };

struct clone {
	uint32_t domain, ip; /* 0: free */
	char tag[TAG];
	enum clone_step step;
	bool is_resync;
	bool is_guess; /* where it was the last time */
	uint16_t nibind, udp;
	uint32_t xid;
	unsigned tries;
	usec due;
};

struct nimaster {
	struct engine engine;
	const struct site *site;
	struct nimaster_stats stats;
	struct rand rand;
	uint16_t port; /* 0: none was needed yet */
	bool is_listening;
	uint32_t xid;
	unsigned turn; /* whose place is taken next */
	struct news news[NIMASTER_DOMAINS];
	struct clone clones[NIMASTER_CLONES];
};

static struct nimaster *nimaster_of(struct engine *e)
{
	return CONTAINER(e, struct nimaster, engine);
}

/* ---- news -----------------------------------------------------------------
 */

static bool is_ours(const struct nimaster *m, uint32_t domain)
{
	const struct entry *e = directory_entry(m->site->directory, domain);

	return m->site->settings->netinfo.serve && e && e->id == e->domain &&
	       !site_other_master(m->site, domain);
}

static struct news *news_of(struct nimaster *m, uint32_t domain)
{
	for (unsigned i = 0; i < NIMASTER_DOMAINS; i++)
		if (m->news[i].domain == domain)
			return &m->news[i];
	return NULL;
}

static struct news *note(struct nimaster *m, uint32_t domain, usec now)
{
	struct news *p;

	if (!domain || !is_ours(m, domain))
		return NULL;
	p = news_of(m, domain);
	if (p) {
		p->is_again |= p->is_looking;
		return p;
	}
	p = news_of(m, 0);
	if (!p) {
		m->stats.full++;
		return NULL;
	}
	*p = (struct news){.domain = domain, .due = now + LATENCY};
	return p;
}

void nimaster_changed(struct nimaster *m, uint32_t domain, usec now)
{
	struct news *p = note(m, domain, now);

	if (p)
		p->asker = 0;
}

void nimaster_settled(struct nimaster *m, const struct outcome *o, usec now)
{
	const struct change *v = o->all ? o->all->v : o->change;
	size_t n = o->all ? o->all->n : 1;
	uint32_t last = 0;

	for (size_t i = 0; v && i < n; i++) {
		uint32_t domain = v[i].kind == CHANGE_DOMAIN_PUT ? v[i].id
								 : v[i].domain;

		if (change_is_edit(&v[i]) && domain != last)
			nimaster_changed(m, domain, now);
		last = domain;
	}
}

void nimaster_resync(struct nimaster *m, uint32_t domain, uint32_t asker,
		     usec now)
{
	bool is_first = !news_of(m, domain);
	struct news *p = note(m, domain, now);

	if (!p)
		return;
	p->is_resync = true;
	p->asker = is_first ? asker : p->asker;
}

/* ---- clones ---------------------------------------------------------------
 */

static struct netinfo_line line_to(const struct nimaster *m,
				   const struct clone *c)
{
	return (struct netinfo_line){m->port, c->ip, c->xid};
}

static void tell(const struct nimaster *m, const struct clone *c,
		 struct effects *fx)
{
	struct netinfo args = {
		.checksum = netinfo_checksum(m->site, c->domain)};
	struct netinfo_line l = line_to(m, c);
	struct rpc_call call = {.program = NETINFO_PROGRAM,
				.version = NETINFO_VERSION,
				.procedure = c->is_resync ? NETINFO_RESYNC
							  : NETINFO_CRASHED};
	uint8_t room[8];
	struct wr w = wr_over(room, sizeof(room));

	netinfo_args_put(&args, call.procedure, &w);
	netinfo_call(&l, c->udp, &call, &w, fx);
}

static void ask(struct nimaster *m, struct clone *c, usec now,
		struct effects *fx)
{
	struct netinfo_line l = line_to(m, c);

	c->tries++;
	c->due = now + AGAIN;
	if (c->step == CLONE_MAPPER)
		netinfo_call_mapper(&l, fx);
	else if (c->step == CLONE_NIBIND)
		netinfo_call_nibind(&l, c->nibind, span_of(c->tag), fx);
	else
		tell(m, c, fx);
}

static void step(struct nimaster *m, struct clone *c, enum clone_step to,
		 usec now, struct effects *fx)
{
	c->step = to;
	c->tries = 0;
	c->xid = ++m->xid;
	ask(m, c, now, fx);
}

static void rest(struct clone *c)
{
	c->step = CLONE_REST;
	c->is_resync = false;
	c->due = NEVER;
}

static void fail(struct nimaster *m, struct clone *c)
{
	m->stats.silent++;
	c->nibind = c->udp = 0;
	rest(c);
}

/* Nobody there, or something else: it may be at another port by now. */
static void is_not_there(struct nimaster *m, struct clone *c, usec now,
			 struct effects *fx)
{
	if (!c->is_guess) {
		fail(m, c);
		return;
	}
	c->is_guess = false;
	step(m, c, CLONE_MAPPER, now, fx);
}

static void again(struct nimaster *m, struct clone *c, usec now,
		  struct effects *fx)
{
	if (c->tries < TRIES)
		ask(m, c, now, fx);
	else
		is_not_there(m, c, now, fx);
}

static struct clone *known(struct nimaster *m, uint32_t domain, uint32_t ip)
{
	for (unsigned i = 0; i < NIMASTER_CLONES; i++)
		if (m->clones[i].domain == domain && m->clones[i].ip == ip)
			return &m->clones[i];
	return NULL;
}

/* Of those that rest, each in turn. */
static struct clone *place(struct nimaster *m)
{
	for (unsigned i = 0; i < NIMASTER_CLONES; i++) {
		struct clone *c = &m->clones[m->turn++ % NIMASTER_CLONES];

		if (c->step == CLONE_REST)
			return c;
	}
	return NULL;
}

static void listen(struct nimaster *m, struct effects *fx)
{
	m->port = (uint16_t)(PORTS_FROM + rand_below(&m->rand, PORTS));
	effects_listen(fx, m->port, 0, 0, m->port);
}

static void found(struct nimaster *m, const struct news *p, uint32_t ip,
		  struct span tag, usec now, struct effects *fx)
{
	struct clone *c = known(m, p->domain, ip);
	char text[TAG];

	if (!span_copy(text, TAG, tag))
		return;
	if (!c) {
		c = place(m);
		if (!c) {
			m->stats.full++;
			return;
		}
		*c = (struct clone){.domain = p->domain, .ip = ip};
	}
	if (strcmp(c->tag, text) != 0)
		c->nibind = c->udp = 0;
	memcpy(c->tag, text, TAG);
	c->is_resync |= p->is_resync;
	c->is_guess = c->udp != 0;
	c->step = c->udp ? CLONE_TELL : CLONE_MAPPER;
	c->tries = 0;
	c->xid = ++m->xid;
	c->due = now;
	if (!m->port)
		listen(m, fx);
}

/* ---- looking --------------------------------------------------------------
 */

static void look_at(struct nimaster *m, const struct news *p,
		    const struct entry *e, usec now, struct effects *fx)
{
	const char *at = plist_value(&e->props, "ip_address");
	struct span tag;
	uint32_t ip;

	if (netinfo_is_server(e, &tag) && at && ip_parse(at, strlen(at), &ip) &&
	    ip && ip != p->asker && ip != IP_BROADCAST && ip >> 24 != 127 &&
	    !site_is_own(m->site, ip))
		found(m, p, ip, tag, now, fx);
}

static void look_on(struct nimaster *m, struct news *p, usec now,
		    struct effects *fx)
{
	const struct directory *d = m->site->directory;
	const struct entry *all = directory_path(d, p->domain, "/machines");
	const struct entry *e = all && is_ours(m, p->domain)
					? entry_behind(d, all, p->at)
					: NULL;

	p->is_looking = true;
	p->due = now + PAUSE;
	for (unsigned i = 0; e && i < SLICE; i++) {
		look_at(m, p, e, now, fx);
		p->at = e->id;
		e = entry_next(d, e);
	}
	if (e)
		return;
	m->stats.news++;
	if (p->is_again)
		*p = (struct news){.domain = p->domain, .due = now + LATENCY};
	else
		*p = (struct news){0};
}

static void on_expire(struct engine *e, usec now, struct effects *fx)
{
	struct nimaster *m = nimaster_of(e);

	for (unsigned i = 0; i < NIMASTER_DOMAINS; i++)
		if (m->news[i].domain && m->news[i].due <= now)
			look_on(m, &m->news[i], now, fx);
	if (!m->is_listening ||
	    !effects_room(fx, NIMASTER_CLONES, EFFECT_HEAD_MAX))
		return;
	for (unsigned i = 0; i < NIMASTER_CLONES; i++)
		if (m->clones[i].step && m->clones[i].due <= now)
			again(m, &m->clones[i], now, fx);
}

static usec on_deadline(const struct engine *e)
{
	const struct nimaster *m = CONTAINER_CONST(e, struct nimaster, engine);
	usec next = NEVER;

	for (unsigned i = 0; m->is_listening && i < NIMASTER_CLONES; i++)
		if (m->clones[i].step)
			next = usec_min(next, m->clones[i].due);
	for (unsigned i = 0; i < NIMASTER_DOMAINS; i++)
		if (m->news[i].domain)
			next = usec_min(next, m->news[i].due);
	return next;
}

/* ---- what is heard --------------------------------------------------------
 */

static void heard(struct nimaster *m, struct clone *c, struct rd r, usec now,
		  struct effects *fx)
{
	uint16_t tcp;

	switch (c->step) {
	case CLONE_MAPPER:
		c->nibind = netinfo_mapper_port(r);
		if (c->nibind)
			step(m, c, CLONE_NIBIND, now, fx);
		else
			fail(m, c);
		break;
	case CLONE_NIBIND:
		if (netinfo_nibind_ports(r, &c->udp, &tcp))
			step(m, c, CLONE_TELL, now, fx);
		else
			fail(m, c);
		break;
	case CLONE_TELL:
		m->stats.told++;
		rest(c);
		break;
	case CLONE_REST:
		break;
	}
}

static struct clone *asked(struct nimaster *m, uint32_t xid, uint32_t from)
{
	for (unsigned i = 0; i < NIMASTER_CLONES; i++)
		if (m->clones[i].step && m->clones[i].xid == xid &&
		    m->clones[i].ip == from)
			return &m->clones[i];
	return NULL;
}

static void on_input(struct engine *e, usec now, const struct dgram *d,
		     struct effects *fx)
{
	struct nimaster *m = nimaster_of(e);
	struct rd r = rd_over(d->bytes, d->len);
	struct clone *c = NULL;
	struct rpc_reply p;

	if (rpc_reply_get(&p, &r))
		c = asked(m, p.xid, d->from.ip);
	if (!c)
		m->stats.bad++;
	else if (!effects_room(fx, 1, EFFECT_HEAD_MAX))
		return; /* it is asked once more */
	else if (p.status != RPC_SUCCESS)
		is_not_there(m, c, now, fx);
	else
		heard(m, c, rd_over(p.results, p.len), now, fx);
}

static void on_settle(struct engine *e, usec now, const struct outcome *o,
		      struct effects *fx)
{
	struct nimaster *m = nimaster_of(e);

	(void)now;
	if (o->kind != EFFECT_LISTEN || o->cookie != m->port || m->is_listening)
		return;
	if (o->rc == -EADDRINUSE)
		listen(m, fx);
	else
		m->is_listening = true;
}

/* ---- the engine -----------------------------------------------------------
 */

void nimaster_start(struct nimaster *m, usec now)
{
	const struct directory *d = m->site->directory;
	uint32_t domain = domain_next(d, 0);

	for (; domain && news_of(m, 0); domain = domain_next(d, domain))
		nimaster_changed(m, domain, now);
}

bool nimaster_claims(const struct nimaster *m, const struct dgram *d)
{
	return d->kind == DGRAM_UDP && m->port && d->to.port == m->port;
}

int nimaster_open(struct nimaster **to, const struct site *site,
		  const struct alloc *alloc, uint64_t seed)
{
	struct nimaster *m = alloc_get(alloc, 1, sizeof(*m));

	if (!m)
		return -ENOMEM;
	m->engine = (struct engine){.input = on_input,
				    .settle = on_settle,
				    .expire = on_expire,
				    .deadline = on_deadline};
	m->site = site;
	rand_seed(&m->rand, seed);
	m->xid = (uint32_t)rand_u64(&m->rand);
	*to = m;
	return 0;
}

void nimaster_close(struct nimaster *m, const struct alloc *alloc)
{
	alloc_put(alloc, m);
}

struct engine *nimaster_engine(struct nimaster *m)
{
	return &m->engine;
}

const struct nimaster_stats *nimaster_stats(const struct nimaster *m)
{
	return &m->stats;
}
