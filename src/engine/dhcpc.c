/*
 * dhcpc, the client of RFC 2131 figure 5.  Each phase has one timer, `due`, and
 * one thing that it does when nobody answers; an ACK counts from the moment
 * its REQUEST was sent.
 */
#include "engine/dhcpc.h"

#include "engine/effects.h"

#include <errno.h>

enum { REQUESTS = 4, INFINITE = -1, LISTEN_COOKIE = 68 };
static const char PXE_CLIENT[] = "PXEClient";

/* RFC 2131 4.1 begins with 4 s and ends with 64 s; a fleet that boots waits
 * shorter, and the random part keeps it from asking in step. */
static const usec WAIT_FIRST = SECONDS(1), WAIT_MOST = SECONDS(10);
static const usec PROXY_WAIT = SECONDS(1), RENEW_LEAST = SECONDS(60);

enum phase {
	PHASE_OFF,
	PHASE_INIT,
	PHASE_SELECTING,
	PHASE_REQUESTING,
	PHASE_BOUND,
	PHASE_RENEWING,
	PHASE_REBINDING,
};

struct dhcpc {
	struct engine engine;
	struct addressc self;
	enum addressc_state state;
	enum phase phase;
	usec due, wait;
	unsigned requests, naks;

	struct address_answer offer; /* ip 0: none yet */
	struct address_answer proxy; /* file and server; "": none */
	struct address_answer answer;
	uint32_t server_id;
	uint16_t secs; /* of the DISCOVER: the REQUEST repeats it */
	usec asked_at; /* the lease counts from here */
	usec t1, t2, ends;
	bool is_listening; /* on our UDP port, to renew */
};

static struct dhcpc *of(struct engine *e)
{
	return (struct dhcpc *)e;
}

/* ---- asking ------------------------------------------------------------- */

static void enter_init(struct dhcpc *c, usec now, usec wait)
{
	addressc_begin(&c->self, now);
	c->phase = PHASE_INIT;
	c->state = ADDRESSC_ASKING;
	c->offer.ip = 0;
	c->proxy.file[0] = '\0';
	c->due = now + wait;
}

static void discover(struct dhcpc *c, usec now, struct effects *fx)
{
	struct addressc_request q = {.type = DHCP_DISCOVER};

	if (c->self.tries && c->self.asked >= c->self.tries) {
		c->phase = PHASE_OFF;
		c->state = ADDRESSC_FAILED;
		c->due = NEVER;
		return;
	}
	c->secs = addressc_secs(&c->self, now);
	q.secs = c->secs;
	addressc_note(&c->self, fx);
	addressc_broadcast(&c->self, &q, fx);
	c->phase = PHASE_SELECTING;
	c->due = now + addressc_jitter(&c->self, c->wait);
	c->wait = usec_min(c->wait * 2, WAIT_MOST);
}

static void request(struct dhcpc *c, usec now, struct effects *fx)
{
	struct addressc_request q = {.type = DHCP_REQUEST,
				     .secs = c->secs,
				     .requested = c->offer.ip,
				     .server_id = c->server_id};
	usec wait = WAIT_FIRST << c->requests;

	if (c->requests == REQUESTS) {
		enter_init(c, now, 0);
		return;
	}
	c->requests++;
	c->phase = PHASE_REQUESTING;
	c->asked_at = now;
	addressc_broadcast(&c->self, &q, fx);
	c->due = now + addressc_jitter(&c->self, wait);
}

/* ---- keeping ------------------------------------------------------------ */

/* RFC 2131 4.4.5: half of what is left, but not less than a minute. */
static usec next_try(usec now, usec limit)
{
	usec wait = usec_max((limit - now) / 2, RENEW_LEAST);

	return limit - now < wait ? limit : now + wait;
}

static void renew(struct dhcpc *c, usec now, struct effects *fx)
{
	struct endpoint me = {c->answer.ip, BOOTP_CLIENT_PORT};
	struct endpoint server = {c->server_id, BOOTP_SERVER_PORT};
	struct addressc_request q = {.type = DHCP_REQUEST,
				     .secs = addressc_secs(&c->self, now),
				     .ciaddr = c->answer.ip};

	c->due = next_try(now, c->t2);
	/* Without a socket there is only the broadcast at T2. */
	if (!c->is_listening)
		return;
	struct wr w = effects_head(fx);
	addressc_put(&c->self, &q, &w);
	effects_send(fx, &w, me, server)->link = c->self.link.index;
	c->asked_at = now;
}

static void enter_renewing(struct dhcpc *c, usec now, struct effects *fx)
{
	addressc_begin(&c->self, now);
	c->phase = PHASE_RENEWING;
	if (c->is_listening) {
		renew(c, now, fx);
		return;
	}
	effects_listen(fx, BOOTP_CLIENT_PORT, c->self.link.index, 0,
		       LISTEN_COOKIE);
	c->due = next_try(now, c->t2);
}

static void rebind(struct dhcpc *c, usec now, struct effects *fx)
{
	struct addressc_request q = {.type = DHCP_REQUEST,
				     .secs = addressc_secs(&c->self, now),
				     .ciaddr = c->answer.ip};

	c->phase = PHASE_REBINDING;
	c->asked_at = now;
	addressc_broadcast(&c->self, &q, fx);
	c->due = next_try(now, c->ends);
}

static void lose(struct dhcpc *c, usec now, struct effects *fx)
{
	if (c->is_listening)
		effects_close_port(fx, BOOTP_CLIENT_PORT, c->self.link.index);
	c->is_listening = false;
	c->wait = WAIT_FIRST;
	c->self.asked = 0;
	enter_init(c, now, addressc_first_wait(&c->self));
}

/* ---- hearing ------------------------------------------------------------ */

static bool is_proxy(const struct dhcpc *c, const struct bootp *m)
{
	uint8_t class_id[255];
	int len = bootp_option(m, OPT_CLASS_ID, class_id, sizeof(class_id));
	size_t pxe = sizeof(PXE_CLIENT) - 1, own = strlen(c->self.class_id);

	if (m->yiaddr || len <= 0)
		return false;
	if ((size_t)len >= pxe && !memcmp(class_id, PXE_CLIENT, pxe))
		return true;
	return own && (size_t)len == own &&
	       !memcmp(class_id, c->self.class_id, own);
}

static void on_offer(struct dhcpc *c, usec now, const struct addressc_reply *r,
		     struct effects *fx)
{
	uint32_t id = 0;

	if (is_proxy(c, &r->m)) {
		if (!c->proxy.file[0])
			addressc_read_boot(r, &c->proxy);
	} else if (!c->offer.ip && addressc_is_usable(r->m.yiaddr) &&
		   bootp_option_u32(&r->m, OPT_SERVER_ID, &id) && id) {
		addressc_read(r, &c->offer);
		c->server_id = id;
		c->requests = 0;
		c->due = now + PROXY_WAIT;
	}
	if (c->offer.ip && (c->offer.file[0] || c->proxy.file[0]))
		request(c, now, fx);
}

/* Where to boot from: the ACK's own word, or what was said before it. */
static void complete(const struct dhcpc *c, struct address_answer *a)
{
	const struct address_answer *from = &c->answer;

	if (a->file[0])
		return;
	if (c->phase == PHASE_REQUESTING)
		from = c->offer.file[0] ? &c->offer : &c->proxy;
	if (!from->file[0])
		return;
	memcpy(a->file, from->file, sizeof(a->file));
	a->server = from->server;
}

/* T1 and T2 as told, if they make sense; else RFC 2131 4.4.5's. */
static void read_times(struct dhcpc *c, const struct bootp *m)
{
	uint32_t lease = c->answer.lease, t1 = 0, t2 = 0;

	if (lease == (uint32_t)INFINITE) {
		c->t1 = c->t2 = c->ends = NEVER;
		return;
	}
	c->ends = c->asked_at + SECONDS(lease);
	c->t1 = c->asked_at + SECONDS(lease) / 2;
	c->t2 = c->asked_at + SECONDS(lease) / 8 * 7;
	if (bootp_option_u32(m, OPT_RENEWAL_TIME, &t1) &&
	    bootp_option_u32(m, OPT_REBINDING_TIME, &t2) && t1 && t1 < t2 &&
	    t2 < lease) {
		c->t1 = c->asked_at + SECONDS(t1);
		c->t2 = c->asked_at + SECONDS(t2);
	}
}

static void on_ack(struct dhcpc *c, const struct addressc_reply *r)
{
	struct address_answer a;
	uint32_t id;

	addressc_read(r, &a);
	a.lease = (uint32_t)INFINITE;
	bootp_option_u32(&r->m, OPT_LEASE_TIME, &a.lease);
	/* A lease of no time promises nothing. */
	if (!addressc_is_usable(a.ip) || !a.lease)
		return;
	if (c->phase != PHASE_REQUESTING && a.ip != c->answer.ip)
		return;
	complete(c, &a);
	if (bootp_option_u32(&r->m, OPT_SERVER_ID, &id) && id)
		c->server_id = id;
	c->answer = a;
	read_times(c, &r->m);
	c->phase = PHASE_BOUND;
	c->state = ADDRESSC_BOUND;
	c->due = c->t1;
	c->naks = 0;
}

static void on_nak(struct dhcpc *c, usec now, struct effects *fx)
{
	if (c->state == ADDRESSC_BOUND) {
		lose(c, now, fx);
		return;
	}
	/* The first is bad luck; a server that refuses for ever is not asked
	 * without end. */
	c->naks++;
	enter_init(c, now,
		   c->naks == 1 ? addressc_first_wait(&c->self)
				: addressc_jitter(&c->self, c->wait));
}

/* While bound there is nothing to hear, and a LAN has much to say. */
static bool is_waiting(const struct dhcpc *c)
{
	return c->phase != PHASE_OFF && c->phase != PHASE_INIT &&
	       c->phase != PHASE_BOUND;
}

static bool is_asking_for_ack(const struct dhcpc *c)
{
	return c->phase == PHASE_REQUESTING || c->phase == PHASE_RENEWING ||
	       c->phase == PHASE_REBINDING;
}

/* While rebinding any server may answer; before that only ours. */
static bool is_our_server(const struct dhcpc *c, const struct bootp *m)
{
	uint32_t id = c->server_id;

	bootp_option_u32(m, OPT_SERVER_ID, &id);
	return id == c->server_id || c->phase == PHASE_REBINDING;
}

static void on_input(struct engine *e, usec now, const struct dgram *d,
		     struct effects *fx)
{
	struct dhcpc *c = of(e);
	struct addressc_reply r;

	if (!is_waiting(c) || !addressc_hear(&c->self, d, &r))
		return;
	if (r.m.type == DHCP_OFFER && c->phase == PHASE_SELECTING) {
		on_offer(c, now, &r, fx);
		return;
	}
	if (!is_asking_for_ack(c) || !is_our_server(c, &r.m))
		return;
	if (r.m.type == DHCP_ACK)
		on_ack(c, &r);
	else if (r.m.type == DHCP_NAK)
		on_nak(c, now, fx);
}

/* ---- time --------------------------------------------------------------- */

static void on_expire(struct engine *e, usec now, struct effects *fx)
{
	struct dhcpc *c = of(e);

	if (now < c->due)
		return;
	switch (c->phase) {
	case PHASE_OFF:
		break;
	case PHASE_INIT:
		discover(c, now, fx);
		break;
	case PHASE_SELECTING:
		if (c->offer.ip)
			request(c, now, fx);
		else
			discover(c, now, fx);
		break;
	case PHASE_REQUESTING:
		request(c, now, fx);
		break;
	case PHASE_BOUND:
		enter_renewing(c, now, fx);
		break;
	case PHASE_RENEWING:
		if (now < c->t2)
			renew(c, now, fx);
		else
			rebind(c, now, fx);
		break;
	case PHASE_REBINDING:
		if (now < c->ends)
			rebind(c, now, fx);
		else
			lose(c, now, fx);
		break;
	}
}

static void on_settle(struct engine *e, usec now, const struct outcome *o,
		      struct effects *fx)
{
	struct dhcpc *c = of(e);

	if (o->kind != EFFECT_LISTEN || o->cookie != LISTEN_COOKIE || o->rc)
		return;
	c->is_listening = true;
	if (c->phase == PHASE_RENEWING && now < c->t2)
		renew(c, now, fx);
}

static usec deadline(const struct engine *e)
{
	return ((const struct dhcpc *)e)->due;
}

/* ---- its own functions -------------------------------------------------- */

int dhcpc_open(struct dhcpc **out, const struct addressc_config *config,
	       const struct alloc *alloc)
{
	struct dhcpc *c = alloc_get(alloc, 1, sizeof(*c));
	int rc;

	if (!c)
		return -ENOMEM;
	rc = addressc_init(&c->self, config);
	if (rc < 0) {
		alloc_put(alloc, c);
		return rc;
	}
	c->engine = (struct engine){on_input, on_settle, on_expire, deadline};
	c->due = NEVER;
	*out = c;
	return 0;
}

void dhcpc_close(struct dhcpc *c, const struct alloc *alloc)
{
	alloc_put(alloc, c);
}

struct engine *dhcpc_engine(struct dhcpc *c)
{
	return &c->engine;
}

void dhcpc_start(struct dhcpc *c, usec now, struct effects *fx)
{
	c->naks = 0;
	lose(c, now, fx);
}

enum addressc_state dhcpc_state(const struct dhcpc *c)
{
	return c->state;
}

const struct address_answer *dhcpc_answer(const struct dhcpc *c)
{
	return &c->answer;
}
