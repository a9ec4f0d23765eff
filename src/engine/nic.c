/*
 * nic, the engine: one call at a time is under way; its answer, or that there
 * is none, leads to the next.  Lists are fetched beside it.
 */
#include "engine/nic_impl.h"

#include "base/text.h"

#include <errno.h>

enum { PORTS_FROM = 32768, PORTS = 28000 };

static struct nic *nic_of(struct engine *e)
{
	return CONTAINER(e, struct nic, engine);
}

/* ---- questions ------------------------------------------------------------
 */

static bool copy(char to[NIC_WORD], const char *from)
{
	return text_copy(to, NIC_WORD, from ? from : "",
			 from ? strlen(from) : 0);
}

int nic_ask(struct nic *n, usec now, const struct nic_question *q,
	    struct effects *fx)
{
	unsigned at = (n->first + n->n_wanted) % NIC_QUESTIONS;
	struct nic_wanted *w = &n->wanted[at];

	if (n->state == NIC_SEARCHING)
		return -EHOSTUNREACH;
	if (q->what == NIC_ALL)
		return nic_list_ask(n, now, q, fx);
	if (n->n_wanted == NIC_QUESTIONS)
		return -EAGAIN;
	if (!copy(w->directory, q->directory) || !copy(w->key, q->key) ||
	    !copy(w->value, q->value))
		return -EMSGSIZE;
	w->what = q->what;
	w->cookie = q->cookie;
	n->n_wanted++;
	n->stats.questions++;
	nic_go_on(n, now, fx);
	return 0;
}

bool nic_answer(struct nic *n, struct nic_answer *to)
{
	if (n->has_answer) {
		n->has_answer = false;
		*to = n->answer;
		return true;
	}
	if (nic_list_next(n, to))
		return true;
	if (n->end == n->n_ends) {
		n->end = n->n_ends = 0;
		return false;
	}
	*to = (struct nic_answer){.cookie = n->ends[n->end].cookie,
				  .rc = n->ends[n->end].rc};
	n->end++;
	return true;
}

/* ---- the engine -----------------------------------------------------------
 */

static bool is_awaited(const struct nic *n, const struct dgram *d,
		       const struct rpc_reply *p)
{
	if (n->step <= NIC_PAUSE || p->xid != n->xid)
		return false;
	/* A broadcast is answered from wherever. */
	return n->step == NIC_SEARCH || d->from.ip == n->to.ip;
}

static void on_input(struct engine *e, usec now, const struct dgram *d,
		     struct effects *fx)
{
	struct nic *n = nic_of(e);
	struct rd r = rd_over(d->bytes, d->len);
	struct rpc_reply p;

	if (d->kind != DGRAM_UDP || d->to.port != n->port)
		return;
	if (!rpc_reply_get(&p, &r) || !is_awaited(n, d, &p)) {
		n->stats.bad++;
		return;
	}
	if (n->step > NIC_RPARENT)
		nic_ask_heard(n, now, &p, fx);
	else if (p.status == RPC_SUCCESS)
		nic_climb_heard(n, now, d->from.ip, rd_over(p.results, p.len),
				fx);
	else if (n->step != NIC_SEARCH)
		nic_climb_failed(n, now, fx);
}

static void listen(struct nic *n, struct effects *fx)
{
	n->port = n->config.port ? n->config.port
				 : (uint16_t)(PORTS_FROM +
					      rand_below(&n->rand, PORTS));
	effects_listen(fx, n->port, 0, 0, n->port);
}

static void on_settle(struct engine *e, usec now, const struct outcome *o,
		      struct effects *fx)
{
	struct nic *n = nic_of(e);

	if (o->kind == EFFECT_ASK) {
		nic_list_settle(n, o, fx);
		return;
	}
	if (o->kind != EFFECT_LISTEN || o->cookie != n->port || n->is_listening)
		return;
	if (o->rc == -EADDRINUSE && !n->config.port) {
		listen(n, fx);
		return;
	}
	n->is_listening = true;
	nic_search(n, now, fx);
}

static void on_expire(struct engine *e, usec now, struct effects *fx)
{
	struct nic *n = nic_of(e);

	if (n->step == NIC_IDLE || n->due > now)
		return;
	if (n->step == NIC_PAUSE)
		nic_search(n, now, fx);
	else if (n->step == NIC_SEARCH)
		nic_search_again(n, now, fx);
	else if (nic_call_again(n, now, fx))
		return;
	else if (n->step > NIC_RPARENT)
		nic_search(n, now, fx);
	else
		nic_climb_failed(n, now, fx);
}

static usec on_deadline(const struct engine *e)
{
	const struct nic *n = CONTAINER_CONST(e, struct nic, engine);

	return n->step == NIC_IDLE ? NEVER : n->due;
}

int nic_open(struct nic **to, const struct nic_config *config,
	     const struct alloc *alloc)
{
	struct nic *n = alloc_get(alloc, 1, sizeof(*n));

	if (!n)
		return -ENOMEM;
	n->engine = (struct engine){.input = on_input,
				    .settle = on_settle,
				    .expire = on_expire,
				    .deadline = on_deadline};
	n->config = *config;
	rand_seed(&n->rand, config->seed);
	n->xid = (uint32_t)rand_u64(&n->rand);
	*to = n;
	return 0;
}

void nic_close(struct nic *n, const struct alloc *alloc)
{
	if (n)
		alloc_put(alloc, n);
}

struct engine *nic_engine(struct nic *n)
{
	return &n->engine;
}

void nic_start(struct nic *n, usec now, struct effects *fx)
{
	(void)now;
	if (!n->port)
		listen(n, fx);
}

bool nic_claims(const struct nic *n, const struct dgram *d)
{
	return d->kind == DGRAM_UDP && n->port && d->to.port == n->port;
}

enum nic_state nic_state(const struct nic *n)
{
	return n->state;
}

unsigned nic_domains(const struct nic *n, const struct nic_domain **v)
{
	*v = n->domains;
	return n->state == NIC_SEARCHING ? 0 : n->n;
}

const struct nic_stats *nic_stats(const struct nic *n)
{
	return &n->stats;
}
