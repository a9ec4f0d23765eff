/*
 * bootpc.  One question, asked again and again at growing intervals with the
 * same transaction id, until the first positive reply; it promises the address
 * for good, so nothing follows.
 */
#include "engine/bootpc.h"

#include "engine/effects.h"

#include <errno.h>

/* RFC 951 8 starts near 4 s for a shared 10 Mbit/s wire; today's can bear 1 s,
 * which is what a person in front of the machine can, too. */
static const usec WAIT_FIRST = SECONDS(1), WAIT_MOST = SECONDS(64);

struct bootpc {
	struct engine engine;
	struct addressc self;
	struct address_answer answer;
	enum addressc_state state;
	usec due, wait;
};

static struct bootpc *of(struct engine *e)
{
	return (struct bootpc *)e;
}

static void ask(struct bootpc *c, usec now, struct effects *fx)
{
	struct addressc_request q = {.secs = addressc_secs(&c->self, now)};

	addressc_note(&c->self, fx);
	addressc_broadcast(&c->self, &q, fx);
	c->due = now + addressc_jitter(&c->self, c->wait);
	c->wait = usec_min(c->wait * 2, WAIT_MOST);
}

/* A DHCP OFFER promises nothing yet, and NeXT's dialog is no answer. */
static bool is_positive(const struct bootp *m)
{
	struct next_vend v;

	if (m->type != DHCP_NONE || !addressc_is_usable(m->yiaddr))
		return false;
	return m->vend != VEND_NEXT ||
	       (next_vend_get(&v, m) && v.opcode == NEXT_OK);
}

static void on_input(struct engine *e, usec now, const struct dgram *d,
		     struct effects *fx)
{
	struct bootpc *c = of(e);
	struct addressc_reply r;

	(void)now;
	(void)fx;
	if (c->state != ADDRESSC_ASKING || !c->self.asked ||
	    !addressc_hear(&c->self, d, &r) || !is_positive(&r.m))
		return;
	addressc_read(&r, &c->answer);
	c->state = ADDRESSC_BOUND;
	c->due = NEVER;
}

static void on_settle(struct engine *e, usec now, const struct outcome *o,
		      struct effects *fx)
{
	(void)e;
	(void)now;
	(void)o;
	(void)fx;
}

static void on_expire(struct engine *e, usec now, struct effects *fx)
{
	struct bootpc *c = of(e);

	if (now < c->due)
		return;
	if (c->self.tries && c->self.asked >= c->self.tries) {
		c->state = ADDRESSC_FAILED;
		c->due = NEVER;
		return;
	}
	ask(c, now, fx);
}

static usec deadline(const struct engine *e)
{
	return ((const struct bootpc *)e)->due;
}

int bootpc_open(struct bootpc **out, const struct addressc_config *config,
		const struct alloc *alloc)
{
	struct bootpc *c = alloc_get(alloc, 1, sizeof(*c));
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

void bootpc_close(struct bootpc *c, const struct alloc *alloc)
{
	alloc_put(alloc, c);
}

struct engine *bootpc_engine(struct bootpc *c)
{
	return &c->engine;
}

void bootpc_start(struct bootpc *c, usec now, struct effects *fx)
{
	(void)fx;
	addressc_begin(&c->self, now);
	c->self.asked = 0;
	c->state = ADDRESSC_ASKING;
	c->wait = WAIT_FIRST;
	c->due = now + addressc_first_wait(&c->self);
}

enum addressc_state bootpc_state(const struct bootpc *c)
{
	return c->state;
}

const struct address_answer *bootpc_answer(const struct bootpc *c)
{
	return &c->answer;
}
