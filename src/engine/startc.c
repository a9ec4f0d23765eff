/*
 * startc.  One state at a time, each with the part that asks; what the part
 * came to moves it on.  Time running out, and keys, are the same to it: what is
 * being asked for is given up.
 */
#include "engine/startc.h"

#include "engine/console.h"
#include "engine/maskc.h"
#include "engine/note.h"
#include "engine/whoamic.h"
#include "wire/frame.h"

#include <errno.h>

enum part { PART_OWN, PART_NEXTC, PART_MASKC, PART_WHOAMIC, PARTS };
enum { CONTROL_C = 3 };

struct startc {
	struct engine engine;
	struct startc_config config;
	struct startc_result result;
	enum startc_state state;
	struct nextc *nextc; /* NULL: no address is asked for */
	struct maskc maskc;
	struct whoamic whoamic;
	struct engine *part[PARTS]; /* NULL: PART_OWN */
	uint64_t cookie;            /* of the ADDRESS that has not settled */
	usec end;
};

static struct startc *of(struct engine *e)
{
	return (struct startc *)e;
}

static struct note *note(const struct startc *c, unsigned code, uint32_t server,
			 struct effects *fx)
{
	struct note *n = effects_note(fx, code);

	n->hw = c->config.link.hw;
	n->peer.ip = server;
	return n;
}

/* ---- NAME --------------------------------------------------------------- */

static void be_named(struct startc *c, uint32_t server, struct effects *fx)
{
	struct startc_result *r = &c->result;
	struct note *n = note(c, NOTE_START_NAME, server, fx);

	n->text = effects_text(fx, r->name, strlen(r->name));
	r->name_server = server;
	c->state = STARTC_UP;
}

static void enter_name(struct startc *c, usec now, struct effects *fx)
{
	struct startc_result *r = &c->result;
	struct whoamic_at at = {.link = c->config.link.index,
				.ip = r->ip,
				.broadcast = r->broadcast,
				.is_guess = r->is_mask_of_class};
	size_t from = fx->n;

	c->state = STARTC_UP;
	if (!c->config.sets_name)
		return;
	if (c->config.name[0]) {
		memcpy(r->name, c->config.name, sizeof(r->name));
		be_named(c, 0, fx);
	} else if (r->name[0]) {
		be_named(c, r->server, fx);
	} else {
		c->state = STARTC_NAME;
		whoamic_start(&c->whoamic, now, &at, fx);
		effects_own(fx, from, PART_WHOAMIC);
	}
}

static void step_name(struct startc *c, struct effects *fx)
{
	struct startc_result *r = &c->result;

	if (c->whoamic.state != WHOAMIC_KNOWN)
		return;
	memcpy(r->name, c->whoamic.name, sizeof(r->name));
	memcpy(r->domain, c->whoamic.domain, sizeof(r->domain));
	r->name_router = c->whoamic.router;
	be_named(c, c->whoamic.server, fx);
}

/* ---- BCAST -------------------------------------------------------------- */

static void set_address(struct startc *c, struct effects *fx)
{
	struct address *a = &effects_add(fx, EFFECT_ADDRESS)->address;
	const struct startc_result *r = &c->result;

	*a = (struct address){.link = c->config.link.index,
			      .ip = r->ip,
			      .mask = r->mask,
			      .router = r->router,
			      .broadcast = r->broadcast,
			      .name = "",
			      .cookie = ++c->cookie};
}

static void enter_bcast(struct startc *c, struct effects *fx)
{
	struct startc_result *r = &c->result;

	r->broadcast = c->config.ifconfig.broadcast == IFCONFIG_GIVEN
			       ? c->config.ifconfig.broadcast_ip
			       : ip_broadcast(r->ip, r->mask);
	c->state = STARTC_BCAST;
	set_address(c, fx);
}

/* ---- MASK --------------------------------------------------------------- */

static void enter_mask(struct startc *c, usec now, struct effects *fx)
{
	if (c->config.ifconfig.netmask != IFCONFIG_AUTOMATIC ||
	    !c->result.is_mask_of_class) {
		enter_bcast(c, fx);
		return;
	}
	c->state = STARTC_MASK;
	maskc_start(&c->maskc, now, c->result.ip);
}

static void step_mask(struct startc *c, struct effects *fx)
{
	struct startc_result *r = &c->result;
	struct note *n;

	if (c->maskc.state == MASKC_FAILED)
		console_say(fx, CONSOLE_NO_MASK);
	else if (c->maskc.state != MASKC_KNOWN)
		return;
	if (c->maskc.state == MASKC_KNOWN) {
		r->mask = c->maskc.mask;
		r->mask_server = c->maskc.server;
		r->is_mask_of_class = false;
		n = note(c, NOTE_START_MASK, r->mask_server, fx);
		n->ip = r->mask;
	}
	enter_bcast(c, fx);
}

/* ---- ADDR --------------------------------------------------------------- */

/* As NeXT's machines do when they are configured: it updates the tables of all
 * who knew another machine by this address. */
static void announce(const struct startc *c, struct effects *fx)
{
	const struct link *link = &c->config.link;
	struct frame_arp arp = {.op = ARP_REQUEST,
				.sender_ip = c->result.ip,
				.target_ip = c->result.ip};
	struct wr w = effects_head(fx);

	if (link->hw.type != HW_ETHERNET)
		return;
	memset(arp.dst, 0xff, sizeof(arp.dst));
	memcpy(arp.src, link->hw.b, sizeof(arp.src));
	memcpy(arp.sender_mac, link->hw.b, sizeof(arp.sender_mac));
	frame_arp_put(&arp, &w);
	effects_frame(fx, &w, link->index);
}

/* The mask that is known by now, or that of the class. */
static void take_mask(struct startc *c, uint32_t said)
{
	struct startc_result *r = &c->result;
	const struct ifconfig *f = &c->config.ifconfig;

	if (f->netmask == IFCONFIG_GIVEN)
		said = f->mask;
	r->is_mask_of_class = !said;
	r->mask = said ? said : ip_class_mask(r->ip);
}

static void enter_setting(struct startc *c, struct effects *fx)
{
	c->state = STARTC_SETTING;
	set_address(c, fx);
}

static void step_addr(struct startc *c, struct effects *fx)
{
	const struct address_answer *a = nextc_answer(c->nextc);
	struct startc_result *r = &c->result;

	if (nextc_state(c->nextc) != NEXTC_BOUND)
		return;
	r->ip = a->ip;
	r->server = a->server;
	memcpy(r->name, a->name, sizeof(r->name));
	memcpy(r->file, a->file, sizeof(r->file));
	if (c->config.takes_router && addressc_is_usable(a->router))
		r->router = a->router;
	take_mask(c, nextc_has_mask(c->nextc) ? a->mask : 0);
	note(c, NOTE_START_ADDRESS, r->server, fx)->ip = r->ip;
	enter_setting(c, fx);
}

/* It has one: as when ifconfig is called again. */
static void keep_address(struct startc *c, usec now, struct effects *fx)
{
	struct startc_result *r = &c->result;
	const struct link *link = &c->config.link;

	r->ip = link->ip;
	r->mask = link->mask ? link->mask : ip_class_mask(link->ip);
	r->broadcast = ip_broadcast(r->ip, r->mask);
	r->is_mask_of_class = r->mask == ip_class_mask(r->ip);
	enter_name(c, now, fx);
}

void startc_start(struct startc *c, usec now, struct effects *fx)
{
	const struct ifconfig *f = &c->config.ifconfig;
	struct note *n;

	c->result = (struct startc_result){.router = c->config.router};
	c->end = c->config.max_wait ? now + c->config.max_wait : NEVER;
	if (f->address == IFCONFIG_GIVEN) {
		c->result.ip = f->ip;
		take_mask(c, 0);
		enter_setting(c, fx);
	} else if (c->nextc) {
		c->state = STARTC_ADDR;
		nextc_start(c->nextc, now);
	} else {
		if (f->address == IFCONFIG_AUTOMATIC) {
			n = note(c, NOTE_START_ADDRESS, 0, fx);
			n->ip = c->config.link.ip;
			n->a = true;
		}
		keep_address(c, now, fx);
	}
}

/* ---- keys and ends ------------------------------------------------------ */

static void give_up(struct startc *c, struct effects *fx)
{
	size_t from = fx->n;

	switch (c->state) {
	case STARTC_ADDR:
		nextc_stop(c->nextc);
		c->state = STARTC_NONET;
		break;
	case STARTC_MASK:
		maskc_give_up(&c->maskc);
		step_mask(c, fx);
		break;
	case STARTC_NAME:
		whoamic_stop(&c->whoamic, fx);
		effects_own(fx, from, PART_WHOAMIC);
		c->state = STARTC_UP;
		break;
	case STARTC_IDLE:
	case STARTC_SETTING:
	case STARTC_BCAST:
	case STARTC_UP:
	case STARTC_NONET:
	case STARTC_BROKEN:
		break;
	}
}

void startc_key(struct startc *c, usec now, char key, struct effects *fx)
{
	(void)now;
	if (key == CONTROL_C ||
	    (key == 'c' && c->state != STARTC_MASK && !startc_is_prompting(c)))
		give_up(c, fx);
}

void startc_line(struct startc *c, usec now, const char *s, size_t len,
		 struct effects *fx)
{
	if (startc_is_prompting(c))
		nextc_line(c->nextc, now, s, len, fx);
}

bool startc_is_prompting(const struct startc *c)
{
	return c->state == STARTC_ADDR &&
	       nextc_state(c->nextc) == NEXTC_PROMPTING;
}

/* ---- the engine --------------------------------------------------------- */

static enum part awake(const struct startc *c)
{
	switch (c->state) {
	case STARTC_ADDR:
		return PART_NEXTC;
	case STARTC_MASK:
		return PART_MASKC;
	case STARTC_NAME:
		return PART_WHOAMIC;
	case STARTC_IDLE:
	case STARTC_SETTING:
	case STARTC_BCAST:
	case STARTC_UP:
	case STARTC_NONET:
	case STARTC_BROKEN:
		break;
	}
	return PART_OWN;
}

/* The part was called, and added the effects from `from` on. */
static void step(struct startc *c, enum part part, size_t from,
		 struct effects *fx)
{
	effects_own(fx, from, (uint8_t)part);
	if (part != awake(c))
		return;
	if (part == PART_NEXTC)
		step_addr(c, fx);
	else if (part == PART_MASKC)
		step_mask(c, fx);
	else if (part == PART_WHOAMIC)
		step_name(c, fx);
}

static void on_input(struct engine *e, usec now, const struct dgram *d,
		     struct effects *fx)
{
	struct startc *c = of(e);
	enum part part = awake(c);
	struct engine *it = c->part[part];
	size_t from = fx->n;

	if (!it)
		return;
	it->input(it, now, d, fx);
	step(c, part, from, fx);
}

static void on_addressed(struct startc *c, usec now, int rc, struct effects *fx)
{
	if (rc < 0) {
		c->result.rc = rc;
		c->state = STARTC_BROKEN;
	} else if (c->state == STARTC_SETTING) {
		announce(c, fx);
		enter_mask(c, now, fx);
	} else {
		enter_name(c, now, fx);
	}
}

static void on_settle(struct engine *e, usec now, const struct outcome *o,
		      struct effects *fx)
{
	struct startc *c = of(e);
	struct outcome told = *o;
	size_t from = fx->n;

	if (o->owner == PART_OWN) {
		if (o->kind == EFFECT_ADDRESS && o->cookie == c->cookie &&
		    (c->state == STARTC_SETTING || c->state == STARTC_BCAST))
			on_addressed(c, now, o->rc, fx);
		return;
	}
	if (o->owner != PART_WHOAMIC)
		return;
	told.owner = 0;
	c->whoamic.engine.settle(&c->whoamic.engine, now, &told, fx);
	step(c, PART_WHOAMIC, from, fx);
}

static void on_expire(struct engine *e, usec now, struct effects *fx)
{
	struct startc *c = of(e);
	enum part part = awake(c);
	struct engine *it = c->part[part];
	size_t from = fx->n;

	if (!it)
		return;
	if (now >= c->end) {
		give_up(c, fx);
		return;
	}
	if (it->deadline(it) > now)
		return;
	it->expire(it, now, fx);
	step(c, part, from, fx);
}

static usec deadline(const struct engine *e)
{
	const struct startc *c = (const struct startc *)e;
	const struct engine *it = c->part[awake(c)];

	return it ? usec_min(it->deadline(it), c->end) : NEVER;
}

/* ---- its own functions -------------------------------------------------- */

/* An address that is there already is kept. */
static bool has_to_ask(const struct startc_config *config)
{
	return config->ifconfig.address == IFCONFIG_AUTOMATIC &&
	       !config->link.ip;
}

static int open_nextc(struct startc *c, const struct alloc *alloc)
{
	struct nextc_config config = {.link = c->config.link,
				      .seed = c->config.seed,
				      .schedule = c->config.schedule,
				      .jitter = c->config.jitter};

	return has_to_ask(&c->config) ? nextc_open(&c->nextc, &config, alloc)
				      : 0;
}

int startc_open(struct startc **out, const struct startc_config *config,
		const struct alloc *alloc)
{
	struct startc *c = alloc_get(alloc, 1, sizeof(*c));
	int rc;

	if (!c)
		return -ENOMEM;
	c->engine = (struct engine){on_input, on_settle, on_expire, deadline};
	c->config = *config;
	c->end = NEVER;
	/* Each its own numbers. */
	maskc_init(&c->maskc, &config->link, config->jitter, config->seed + 1);
	whoamic_init(&c->whoamic, config->jitter, config->seed + 2);
	rc = open_nextc(c, alloc);
	if (rc < 0) {
		alloc_put(alloc, c);
		return rc;
	}
	c->part[PART_NEXTC] = c->nextc ? nextc_engine(c->nextc) : NULL;
	c->part[PART_MASKC] = &c->maskc.engine;
	c->part[PART_WHOAMIC] = &c->whoamic.engine;
	*out = c;
	return 0;
}

void startc_close(struct startc *c, const struct alloc *alloc)
{
	if (!c)
		return;
	if (c->nextc)
		nextc_close(c->nextc, alloc);
	alloc_put(alloc, c);
}

struct engine *startc_engine(struct startc *c)
{
	return &c->engine;
}

enum startc_state startc_state(const struct startc *c)
{
	return c->state;
}

const struct startc_result *startc_result(const struct startc *c)
{
	return &c->result;
}
