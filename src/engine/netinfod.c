/*
 * netinfod, the engine: a call comes as a datagram or as a record, its answer
 * is written straight behind the header, and leaves if it is not too long.
 */
#include "engine/netinfod_impl.h"

#include "engine/hearer.h"

#include <errno.h>

enum {
	DATAGRAM_TIMES = 5, /* an answer's length, measured by the question */
	STEP = 48 * 1024,
};

static struct netinfod *netinfod_of(struct engine *e)
{
	return CONTAINER(e, struct netinfod, engine);
}

/* ---- what is served -------------------------------------------------------
 */

static uint16_t port_for(const struct netinfod *n, uint32_t domain, size_t i)
{
	struct span tag = netinfo_tag(n->site, domain, n->site->domain);

	return span_is(tag, "local")
		       ? NETINFO_LOCAL_PORT
		       : (uint16_t)(n->site->settings->netinfo.port + 1 + i);
}

static bool is_there(const struct netinfod *n, uint32_t domain)
{
	const struct entry *e = directory_entry(n->site->directory, domain);

	return e && e->id == e->domain;
}

static void forget(struct netinfod *n, struct serving *s, struct effects *fx)
{
	effects_close_port(fx, s->port, 0);
	effects_close_stream(fx, s->port);
	netinfod_cut_all(n, s->domain);
	*s = (struct serving){0};
}

/* Domains that are gone take their ports with them. */
static void tidy(struct netinfod *n, struct effects *fx)
{
	for (size_t i = 0; i < NETINFOD_DOMAINS; i++)
		if (n->serving[i].domain && !is_there(n, n->serving[i].domain))
			forget(n, &n->serving[i], fx);
}

static struct serving *place_for(struct netinfod *n, uint32_t domain)
{
	struct serving *to = NULL;

	for (size_t i = 0; i < NETINFOD_DOMAINS; i++) {
		struct serving *s = &n->serving[i];

		if (s->domain == domain)
			return s;
		if (!s->domain && !to)
			to = s;
	}
	return to;
}

struct serving *netinfod_serve(struct netinfod *n, uint32_t domain,
			       struct effects *fx)
{
	struct serving *s;

	tidy(n, fx);
	s = place_for(n, domain);
	if (!s || s->domain)
		return s;
	s->domain = domain;
	s->port = port_for(n, domain, (size_t)(s - n->serving));
	effects_listen(fx, s->port, 0, 0, 0);
	effects_listen(fx, s->port, 0, LISTEN_STREAM, 0);
	return s;
}

static struct serving *serving_at(struct netinfod *n, uint16_t port)
{
	for (size_t i = 0; i < NETINFOD_DOMAINS; i++)
		if (n->serving[i].domain && n->serving[i].port == port)
			return &n->serving[i];
	return NULL;
}

/* ---- what is asked --------------------------------------------------------
 */

/* NULL: it writes, or is none of those that have a status. */
static netinfod_procedure *const procedures[NETINFO_PROCEDURES] = {
	[NETINFO_ROOT] = netinfod_root,
	[NETINFO_SELF] = netinfod_self,
	[NETINFO_PARENT] = netinfod_parent,
	[NETINFO_READ] = netinfod_read,
	[NETINFO_CHILDREN] = netinfod_many,
	[NETINFO_LOOKUP] = netinfod_lookup,
	[NETINFO_LIST] = netinfod_many,
	[NETINFO_READPROP] = netinfod_readprop,
	[NETINFO_LISTPROPS] = netinfod_listprops,
	[NETINFO_READNAME] = netinfod_readname,
	[NETINFO_RPARENT] = netinfod_rparent,
	[NETINFO_LISTALL] = netinfod_many,
	[NETINFO_READALL] = netinfod_readall,
	[NETINFO_LOOKUPREAD] = netinfod_lookupread,
};

static uint32_t with_status(struct netinfod *n, struct asking *a, struct wr *w)
{
	netinfod_procedure *p = procedures[a->call.procedure];

	if (!p) { /* RESYNC */
		n->hint = n->resync = a->domain;
		n->asker = a->from.ip;
		return NETINFO_OK;
	}
	return p(n, a, w);
}

static void call_status(struct netinfod *n, struct asking *a, struct wr *w)
{
	struct wr start = *w;
	uint32_t status;

	wr_u32(w, NETINFO_OK);
	status = with_status(n, a, w);
	n->stats.answers += !status && !w->bad;
	if (w->bad) {
		n->stats.too_long++;
		status = NETINFO_SYSTEMERR;
	}
	if (!status)
		return;
	*w = start;
	wr_u32(w, status);
}

static bool is_write(uint32_t procedure)
{
	return !procedures[procedure] && procedure != NETINFO_RESYNC;
}

/* Whether the answer comes later. */
static bool write_or_refuse(struct netinfod *n, const struct asking *a,
			    struct wr *w, struct effects *fx)
{
	uint32_t status = netinfod_write(n, a, fx);

	if (!status) /* what is behind *w are the change's properties now */
		return true;
	/* A master tells its clones of a write by the same write. */
	if (status == NETINFO_RDONLY)
		n->hint = a->domain;
	n->stats.refused++;
	wr_u32(w, status);
	return false;
}

static enum rpc_status bind(struct netinfod *n, struct asking *a)
{
	if (!netinfo_serves(n->site, a->domain, a->args.address, a->args.tag))
		return RPC_SYSTEM_ERR;
	a->is_own = a->args.address == a->from.ip;
	n->stats.bound++;
	return RPC_SUCCESS;
}

static enum rpc_status netinfo_call(struct netinfod *n, struct asking *a,
				    struct wr *w, struct effects *fx)
{
	struct rd args = rd_over(a->call.args, a->call.len);

	if (a->call.procedure >= NETINFO_PROCEDURES)
		return RPC_PROC_UNAVAIL;
	if (!netinfo_args_get(&a->args, a->call.procedure, &args))
		return RPC_GARBAGE_ARGS;
	a->at->calls[a->call.procedure]++;
	switch (a->call.procedure) {
	case NETINFO_PING:
		return RPC_SUCCESS;
	case NETINFO_CRASHED:
		if (a->args.checksum != netinfo_checksum(n->site, a->domain))
			n->hint = a->domain;
		return RPC_SUCCESS;
	case NETINFO_STATISTICS:
		netinfod_statistics(n, a, w);
		return RPC_SUCCESS;
	case NETINFO_BIND:
		return bind(n, a);
	}
	if (!is_write(a->call.procedure))
		call_status(n, a, w);
	else
		a->is_later = write_or_refuse(n, a, w, fx);
	return RPC_SUCCESS;
}

struct program {
	uint32_t number, version;
};

static enum rpc_status carry_out(struct netinfod *n, const struct program *p,
				 struct asking *a, struct wr *w,
				 struct effects *fx)
{
	if (a->call.program != p->number)
		return RPC_PROG_UNAVAIL;
	if (a->call.version != p->version)
		return RPC_PROG_MISMATCH;
	return a->at ? netinfo_call(n, a, w, fx) : nibind_call(n, a, w, fx);
}

/* ---- what leaves ----------------------------------------------------------
 */

/* A machine of ours has a share of its own, by its address; 0: a stranger. */
static uint32_t machine_of(const struct netinfod *n, const struct asking *a)
{
	bool is_known = a->is_own || site_machine(n->site, NULL, a->from.ip);

	return is_known ? a->from.ip : 0;
}

static bool has_share(struct netinfod *n, const struct asking *a, size_t len)
{
	uint32_t machine = machine_of(n, a);

	return len > a->request
		       ? quota_allows(&n->quota, a->from.ip, machine, a->now)
		       : quota_allows_short(&n->quota, a->from.ip, machine,
					    a->now);
}

static void reply_datagram(struct netinfod *n, const struct asking *a,
			   const struct wr *w, struct effects *fx)
{
	size_t len = wr_len(w);

	if (len > EFFECT_HEAD_MAX ||
	    (!a->is_local && len > a->request * DATAGRAM_TIMES))
		n->stats.too_long++;
	else if (!a->is_local && !has_share(n, a, len))
		n->stats.limited++;
	else
		effects_send(fx, w, a->to, a->from);
}

static void on_call(struct netinfod *n, struct asking *a, struct effects *fx)
{
	static const struct program nibind = {NIBIND_PROGRAM, NIBIND_VERSION},
				    netinfo = {NETINFO_PROGRAM,
					       NETINFO_VERSION};
	const struct program *p = a->at ? &netinfo : &nibind;
	struct rpc_reply head = {
		.xid = a->call.xid, .low = p->version, .high = p->version};
	struct wr w = a->conn ? effects_long(fx) : effects_record(fx);
	struct wr start = w;

	rpc_reply_put(&head, &w);
	head.status = carry_out(n, p, a, &w, fx);
	if (w.bad)
		head.status = RPC_SYSTEM_ERR;
	if (head.status) {
		w = start;
		rpc_reply_put(&head, &w);
	}
	if (a->is_later)
		return;
	if (a->is_stream) {
		effects_send_part(fx, &w, a->conn);
		effects_drain(fx, a->conn);
	} else if (a->conn) {
		effects_send_long(fx, &w, a->conn);
	} else {
		reply_datagram(n, a, &w, fx);
	}
}

/* Ports that answer whatever they are sent. */
static bool is_loop(uint16_t port)
{
	return port == 0 || port == 7 || port == 19 || port == 53 ||
	       port == 111 || port == 123;
}

static bool may_ask(const struct netinfod *n, const struct asking *a)
{
	if (!a->conn && is_loop(a->from.port))
		return false;
	if (a->at)
		return netinfo_trusts(n->site, a->domain, a->from.ip);
	return a->is_local || site_is_near(n->site, a->from.ip);
}

static void on_stranger(struct netinfod *n, const struct asking *a,
			struct effects *fx)
{
	n->stats.strangers++;
	if (a->conn)
		effects_hangup(fx, a->conn);
}

/* It would have to wait for the end of the answer before it, and those who ask
 * so do not wait for answers. */
static void on_hasty(struct netinfod *n, const struct asking *a,
		     struct effects *fx)
{
	n->stats.cut++;
	netinfod_ended(n, a->conn);
	effects_hangup(fx, a->conn);
}

static void on_message(struct netinfod *n, usec now, const struct dgram *d,
		       struct effects *fx)
{
	struct rd message = rd_over(d->bytes, d->len);
	struct asking a = {.now = now,
			   .from = d->from,
			   .to = d->to,
			   .conn = d->conn,
			   .request = d->len,
			   .at = serving_at(n, d->to.port)};

	a.is_local = a.from.ip >> 24 == 127 || site_is_own(n->site, a.from.ip);
	a.domain = a.at ? a.at->domain : 0;
	n->stats.calls++;
	if (!may_ask(n, &a))
		on_stranger(n, &a, fx);
	else if (netinfod_is_streaming(n, a.conn))
		on_hasty(n, &a, fx);
	else if (!rpc_call_get(&a.call, &message) ||
		 a.call.rpc_version != RPC_VERSION)
		n->stats.bad++;
	else
		on_call(n, &a, fx);
}

static void on_input(struct engine *e, usec now, const struct dgram *d,
		     struct effects *fx)
{
	struct netinfod *n = netinfod_of(e);

	if (d->kind == DGRAM_HANGUP)
		netinfod_ended(n, d->conn);
	else if (d->kind != DGRAM_FRAME &&
		 effects_room(fx, 4 * NETINFOD_DOMAINS, 1) &&
		 effects_room(fx, 1, EFFECTS_LONG))
		on_message(n, now, d, fx);
}

/* ---- the engine -----------------------------------------------------------
 */

static void on_settle(struct engine *e, usec now, const struct outcome *o,
		      struct effects *fx)
{
	struct netinfod *n = netinfod_of(e);

	(void)now;
	if (o->kind == EFFECT_COMMIT && n->writing.is_open &&
	    o->cookie == n->writing.cookie)
		netinfod_written(n, o->rc, fx);
	else if (o->kind == EFFECT_DRAIN)
		netinfod_drained(n, (uint32_t)o->cookie, fx);
}

void netinfod_start(struct netinfod *n, usec now, struct effects *fx)
{
	const struct settings *s = n->site->settings;

	(void)now;
	if (!s->netinfo.serve)
		return;
	effects_listen(fx, s->netinfo.port, 0, 0, 0);
	effects_listen(fx, s->netinfo.port, 0, LISTEN_STREAM, 0);
	for (uint32_t domain = n->site->domain; domain;
	     domain = domain_parent(n->site->directory, domain))
		(void)netinfod_serve(n, domain, fx);
}

int netinfod_open(struct netinfod **to, const struct site *site,
		  const struct alloc *alloc, uint64_t seed)
{
	struct netinfod *n = alloc_get(alloc, 1, sizeof(*n));

	if (!n)
		return -ENOMEM;
	n->engine = hearer(on_input);
	n->engine.settle = on_settle;
	n->site = site;
	n->at_once = EFFECTS_LONG;
	n->step = STEP;
	if (quota_open(&n->quota, alloc, seed)) {
		netinfod_close(n, alloc);
		return -ENOMEM;
	}
	*to = n;
	return 0;
}

void netinfod_close(struct netinfod *n, const struct alloc *alloc)
{
	if (!n)
		return;
	quota_close(&n->quota, alloc);
	alloc_put(alloc, n);
}

struct engine *netinfod_engine(struct netinfod *n)
{
	return &n->engine;
}

const struct netinfod_stats *netinfod_stats(const struct netinfod *n)
{
	return &n->stats;
}

uint32_t netinfod_hint(struct netinfod *n)
{
	uint32_t domain = n->hint;

	n->hint = 0;
	return domain;
}

uint32_t netinfod_resync(struct netinfod *n, uint32_t *asker)
{
	uint32_t domain = n->resync;

	n->resync = 0;
	*asker = n->asker;
	return domain;
}

bool netinfod_claims(const struct netinfod *n, const struct dgram *d)
{
	const struct settings *s = n->site->settings;

	if (d->kind == DGRAM_FRAME)
		return false;
	if (!s->netinfo.serve && d->kind != DGRAM_HANGUP)
		return false;
	if (d->to.port == s->netinfo.port)
		return true;
	for (size_t i = 0; i < NETINFOD_DOMAINS; i++)
		if (n->serving[i].domain && n->serving[i].port == d->to.port)
			return true;
	return false;
}
