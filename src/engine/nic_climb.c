/*
 * The way to a domain, and up from it.  A domain's server is asked by its port
 * mapper where nibindd is, nibindd where the domain with the tag is, and that
 * for its parent.
 */
#include "engine/nic_impl.h"

#include "base/text.h"

#include <errno.h>

enum { ROUNDS = 4 };
static const usec ROUND = SECONDS(1) / 2;
static const usec ROUND_MOST = SECONDS(2);
static const usec SILENCE = SECONDS(10);

/* ---- the search -----------------------------------------------------------
 */

static struct span tag_of(const char *tag)
{
	return span_of(tag);
}

/* One message for everybody, in one number. */
static void put_bind(struct nic *n)
{
	uint8_t bytes[2 * NIC_TAG + 32];
	struct wr args = wr_over(bytes, sizeof(bytes));
	struct netinfo m = {.address = n->config.ip,
			    .tag = tag_of(n->config.tag),
			    .value = tag_of(n->config.wanted)};
	struct endpoint to = {0, PMAP_PORT};
	struct wr w =
		nic_call_begin(n, NIC_SEARCH, to, PMAP_PROGRAM, PMAP_CALLIT);
	struct pmap_callit c = {NIBIND_PROGRAM, NIBIND_VERSION, NIBIND_BIND,
				bytes, 0};

	nibind_args_put(&m, NIBIND_BIND, &args);
	c.len = wr_len(&args);
	pmap_callit_put(&c, &w);
	n->call_len = wr_len(&w);
}

static void ask_everybody(struct nic *n, struct effects *fx)
{
	for (unsigned i = 0; i < n->config.n_candidates; i++) {
		struct wr w = effects_head(fx);

		wr_bytes(&w, n->call, n->call_len);
		effects_send(
			fx, &w, (struct endpoint){0, n->port},
			(struct endpoint){n->config.candidates[i], PMAP_PORT});
		n->stats.calls++;
	}
}

void nic_search_again(struct nic *n, usec now, struct effects *fx)
{
	usec wait = ROUND;

	if (n->tries == ROUNDS) {
		n->tries = 0;
		n->due = now + SILENCE;
		return;
	}
	for (unsigned i = 1; i < n->tries; i++)
		wait = usec_min(2 * wait, ROUND_MOST);
	ask_everybody(n, fx);
	n->tries++;
	n->due = now + wait;
}

static void enter(struct nic *n, uint32_t ip, const char *tag, size_t len,
		  uint16_t nibind)
{
	struct nic_domain *d = &n->domains[n->n];

	*d = (struct nic_domain){.ip = ip};
	(void)text_copy(d->tag, NIC_TAG, tag, len);
	n->rungs[n->n] = (struct nic_rung){.nibind = nibind};
	n->level = n->n++;
}

static void locate(struct nic *n, usec now, struct effects *fx);

void nic_search(struct nic *n, usec now, struct effects *fx)
{
	const struct nic_config *c = &n->config;

	n->stats.rebinds += n->state != NIC_SEARCHING;
	nic_ask_end_all(n, -EHOSTUNREACH);
	n->state = NIC_SEARCHING;
	n->n = n->level = 0;
	memset(n->places, 0, sizeof(n->places));
	if (c->is_direct) {
		n->state = NIC_CLIMBING;
		enter(n, c->candidates[0], c->wanted, strlen(c->wanted), 0);
		locate(n, now, fx);
		return;
	}
	put_bind(n);
	nic_search_again(n, now, fx);
}

/* ---- up -------------------------------------------------------------------
 */

static void locate_nibind(struct nic *n, usec now, struct effects *fx)
{
	struct endpoint to = {n->domains[n->level].ip, PMAP_PORT};
	struct pmap_mapping m = {NIBIND_PROGRAM, NIBIND_VERSION, PMAP_UDP, 0};
	struct wr w =
		nic_call_begin(n, NIC_GETPORT, to, PMAP_PROGRAM, PMAP_GETPORT);

	pmap_mapping_put(&m, &w);
	nic_call_send(n, &w, now, fx);
}

static void locate(struct nic *n, usec now, struct effects *fx)
{
	const struct nic_rung *r = &n->rungs[n->level];
	struct endpoint to = {n->domains[n->level].ip, r->nibind};
	struct netinfo m = {.tag = tag_of(n->domains[n->level].tag)};
	struct wr w;

	if (!r->nibind) {
		locate_nibind(n, now, fx);
		return;
	}
	w = nic_call_begin(n, NIC_REGISTER, to, NIBIND_PROGRAM,
			   NIBIND_GETREGISTER);
	nibind_args_put(&m, NIBIND_GETREGISTER, &w);
	nic_call_send(n, &w, now, fx);
}

void nic_climb(struct nic *n, usec now, struct effects *fx)
{
	n->state = NIC_CLIMBING;
	memset(n->places, 0, sizeof(n->places));
	n->n = 1;
	n->level = 0;
	locate(n, now, fx);
}

static void at_the_top(struct nic *n, usec now, struct effects *fx)
{
	n->state = NIC_BOUND;
	n->step = NIC_IDLE;
	n->climbed = now;
	nic_go_on(n, now, fx);
}

void nic_climb_failed(struct nic *n, usec now, struct effects *fx)
{
	if (!n->level) {
		nic_ask_end_all(n, -EHOSTUNREACH);
		n->state = NIC_SEARCHING;
		n->step = NIC_PAUSE;
		n->due = now + SILENCE;
		return;
	}
	n->n = n->level;
	at_the_top(n, now, fx);
}

static bool is_known(const struct nic *n, uint32_t ip, struct span tag)
{
	for (unsigned i = 0; i < n->n; i++)
		if (n->domains[i].ip == ip && span_is(tag, n->domains[i].tag))
			return true;
	return false;
}

/* LIMIT: a circle of domains ends where it closes. */
static void heard_parent(struct nic *n, usec now, const struct netinfo *m,
			 struct effects *fx)
{
	uint16_t nibind = m->address == n->domains[n->level].ip
				  ? n->rungs[n->level].nibind
				  : 0;

	if (m->status || n->n == NIC_DOMAINS || m->tag.len >= NIC_TAG ||
	    !m->address || is_known(n, m->address, m->tag)) {
		at_the_top(n, now, fx);
		return;
	}
	enter(n, m->address, m->tag.s, m->tag.len, nibind);
	locate(n, now, fx);
}

static void heard_bind(struct nic *n, usec now, uint32_t from, struct rd *r,
		       struct effects *fx)
{
	const char *tag = n->config.wanted;
	struct pmap_called c;

	if (!pmap_called_get(&c, r) || c.len || !c.port)
		return;
	n->stats.binds++;
	n->state = NIC_CLIMBING;
	enter(n, from, tag, strlen(tag), c.port);
	locate(n, now, fx);
}

static bool heard_port(struct nic *n, usec now, struct rd *r,
		       struct effects *fx)
{
	uint16_t port;

	if (!pmap_port_get(&port, r) || !port)
		return false;
	n->rungs[n->level].nibind = port;
	locate(n, now, fx);
	return true;
}

static bool heard_register(struct nic *n, usec now, struct rd *r,
			   struct effects *fx)
{
	static const struct netinfo none;
	struct netinfo m;

	if (!nibind_results_get(&m, NIBIND_GETREGISTER, r) || m.status ||
	    !m.udp || m.udp > UINT16_MAX)
		return false;
	n->rungs[n->level].port = (uint16_t)m.udp;
	n->rungs[n->level].tcp = m.tcp > UINT16_MAX ? 0 : (uint16_t)m.tcp;
	nic_call_netinfo(n, NIC_RPARENT, NETINFO_RPARENT, &none, now, fx);
	return true;
}

void nic_climb_heard(struct nic *n, usec now, uint32_t from, struct rd r,
		     struct effects *fx)
{
	bool is_good = true;
	struct netinfo m;

	switch (n->step) {
	case NIC_SEARCH: /* whatever is no grant, others may grant */
		heard_bind(n, now, from, &r, fx);
		return;
	case NIC_GETPORT:
		is_good = heard_port(n, now, &r, fx);
		break;
	case NIC_REGISTER:
		is_good = heard_register(n, now, &r, fx);
		break;
	case NIC_RPARENT:
		is_good = netinfo_results_get(&m, NETINFO_RPARENT, &r);
		if (is_good)
			heard_parent(n, now, &m, fx);
		break;
	default:
		return;
	}
	if (!is_good)
		nic_climb_failed(n, now, fx);
}
