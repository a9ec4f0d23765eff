/*
 * whoamic.  An answer is known by its transaction id alone: the port mapper
 * that relays it answers from whatever port it likes.
 */
#include "engine/whoamic.h"

#include "base/text.h"
#include "engine/console.h"
#include "wire/bootparam.h"
#include "wire/portmap.h"
#include "wire/sunrpc.h"

#include <errno.h>

enum { ROUND = 6, PORT_FIRST = 32768, PORTS = 28000 };

static const usec MESSAGE_AFTER = SECONDS(45), LISTEN_AGAIN = SECONDS(1);

static struct whoamic *of(struct engine *e)
{
	return (struct whoamic *)e;
}

/* ---- asking ------------------------------------------------------------- */

static void put_call(const struct whoamic *c, struct wr *w)
{
	uint8_t address[64], args[128];
	struct wr a = wr_over(address, sizeof(address));
	struct wr m = wr_over(args, sizeof(args));
	struct pmap_callit callit = {.program = BOOTPARAM_PROGRAM,
				     .version = BOOTPARAM_VERSION,
				     .procedure = BOOTPARAM_WHOAMI,
				     .args = address};
	struct rpc_call call = {.xid = c->xid,
				.rpc_version = RPC_VERSION,
				.program = PMAP_PROGRAM,
				.version = PMAP_VERSION,
				.procedure = PMAP_CALLIT,
				.args = args};

	bootparam_address_put(c->at.ip, &a);
	callit.len = wr_len(&a);
	pmap_callit_put(&callit, &m);
	call.len = wr_len(&m);
	rpc_call_put(&call, w);
}

static void send_to(const struct whoamic *c, uint32_t ip, struct effects *fx)
{
	struct wr w = effects_head(fx);
	struct send *s;

	put_call(c, &w);
	s = effects_send(fx, &w, (struct endpoint){c->at.ip, c->port},
			 (struct endpoint){ip, PMAP_PORT});
	s->link = c->at.link;
}

static void ask(struct whoamic *c, usec now, struct effects *fx)
{
	if (c->sent == ROUND) {
		c->sent = 0;
		c->xid = (uint32_t)rand_u64(&c->rand);
	}
	send_to(c, c->at.broadcast, fx);
	if (c->at.is_guess && c->at.broadcast != IP_BROADCAST)
		send_to(c, IP_BROADCAST, fx);
	/* 4, 6, 8, 10, 12, 14 s */
	c->due = now + SECONDS(4 + 2 * c->sent);
	c->sent++;
}

static void listen_somewhere(struct whoamic *c, struct effects *fx)
{
	c->port = (uint16_t)(PORT_FIRST + rand_below(&c->rand, PORTS));
	effects_listen(fx, c->port, 0, 0, c->port);
}

static usec complain_at(const struct whoamic *c)
{
	return c->has_complained ? NEVER : c->begun + MESSAGE_AFTER;
}

static void on_expire(struct engine *e, usec now, struct effects *fx)
{
	struct whoamic *c = of(e);

	if (c->state != WHOAMIC_ASKING)
		return;
	if (now >= complain_at(c)) {
		c->has_complained = true;
		console_say(fx, CONSOLE_NO_NAME);
	}
	if (now < c->due)
		return;
	if (c->is_listening)
		ask(c, now, fx);
	else if (!c->port)
		listen_somewhere(c, fx);
}

static usec deadline(const struct engine *e)
{
	const struct whoamic *c = (const struct whoamic *)e;

	if (c->state != WHOAMIC_ASKING)
		return NEVER;
	/* While the port is being opened there is nothing to do. */
	return usec_min(c->is_listening || !c->port ? c->due : NEVER,
			complain_at(c));
}

/* ---- hearing ------------------------------------------------------------ */

static bool is_host_name(const struct bootparam_text *v)
{
	for (size_t i = 0; i < v->len; i++) {
		char k = text_lower(v->s[i]);

		if ((k < 'a' || k > 'z') && (k < '0' || k > '9') &&
		    ((k != '-' && k != '.' && k != '_') || i == 0))
			return false;
	}
	return v->len != 0;
}

static bool answer_get(const struct whoamic *c, const struct dgram *d,
		       struct bootparam_whoami *a)
{
	struct rd r = rd_over(d->bytes, d->len);
	struct rpc_reply p;
	struct pmap_called called;

	if (!rpc_reply_get(&p, &r) || p.xid != c->xid ||
	    p.status != RPC_SUCCESS)
		return false;
	r = rd_over(p.results, p.len);
	if (!pmap_called_get(&called, &r))
		return false;
	r = rd_over(called.results, called.len);
	return bootparam_whoami_get(a, &r);
}

static void on_input(struct engine *e, usec now, const struct dgram *d,
		     struct effects *fx)
{
	struct whoamic *c = of(e);
	struct bootparam_whoami a;

	(void)now;
	if (c->state != WHOAMIC_ASKING || !c->sent || d->kind != DGRAM_UDP ||
	    d->to.port != c->port || !answer_get(c, d, &a) ||
	    !is_host_name(&a.name) ||
	    !text_copy(c->name, sizeof(c->name), a.name.s, a.name.len))
		return;
	/* Linux without one says "(none)", which is none. */
	c->domain[0] = '\0';
	if (is_host_name(&a.domain))
		text_copy(c->domain, sizeof(c->domain), a.domain.s,
			  a.domain.len);
	c->router = a.router;
	c->server = d->from.ip;
	whoamic_stop(c, fx);
	c->state = WHOAMIC_KNOWN;
}

/* ---- the port ----------------------------------------------------------- */

/* What is wrong may pass: a port that is taken, too many open files. */
static void on_settle(struct engine *e, usec now, const struct outcome *o,
		      struct effects *fx)
{
	struct whoamic *c = of(e);

	(void)fx;
	if (o->kind != EFFECT_LISTEN || c->state != WHOAMIC_ASKING ||
	    o->cookie != c->port || c->is_listening)
		return;
	c->is_listening = o->rc == 0;
	if (c->is_listening)
		return;
	c->port = 0;
	c->due = usec_max(c->due, now + LISTEN_AGAIN);
}

void whoamic_init(struct whoamic *c, usec jitter, uint64_t seed)
{
	*c = (struct whoamic){
		.engine = {on_input, on_settle, on_expire, deadline},
		.jitter = jitter};
	rand_seed(&c->rand, seed);
}

void whoamic_start(struct whoamic *c, usec now, const struct whoamic_at *at,
		   struct effects *fx)
{
	whoamic_stop(c, fx);
	c->state = WHOAMIC_ASKING;
	c->at = *at;
	c->sent = 0;
	c->has_complained = false;
	c->xid = (uint32_t)rand_u64(&c->rand);
	c->begun = now;
	c->due = now + (usec)rand_below(&c->rand, (uint64_t)c->jitter + 1);
	listen_somewhere(c, fx);
}

void whoamic_stop(struct whoamic *c, struct effects *fx)
{
	if (c->is_listening)
		effects_close_port(fx, c->port, 0);
	c->is_listening = false;
	c->port = 0;
	c->state = WHOAMIC_OFF;
}
