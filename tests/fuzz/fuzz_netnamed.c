/*
 * The registry among processes and machines that say anything in any order.
 * After every step: no effect was lost; a process is answered with a reply of
 * its own or hung up on; another machine gets at most one packet, no longer
 * than its own, and none that was said to all gets a refusal; a name has one
 * holder, who is alive.  When all have gone nothing is left.
 */
#include "engine/netnamed.h"

#include "engine/effects.h"
#include "stage/toy_crypt.h"
#include "wire/srr.h"

#include <assert.h>
#include <stdlib.h>

#include "memory.h"

#define OURS IP4(10, 0, 0, 1)

enum { CONNS = 8 };

struct world {
	struct netnamed *n;
	struct netnamed_config config;
	struct name_access access;
	struct effects fx;
	usec now;
	bool is_up, to_all;
	size_t heard; /* length of what another machine said; 0: nobody did */
	unsigned packets;
	uint32_t sequence; /* last asked of others */
	struct rd r;
};

static void check_udp(struct world *w, const struct send *s)
{
	struct rd r = rd_over(s->head, s->head_len);
	struct registry_record p;

	assert(w->is_up);
	if (s->from.port == SRR_PORT) {
		assert(s->head_len == SRR_LEN && !w->to_all);
		w->packets++;
		return;
	}
	assert(s->from.port == REGISTRY_PORT && s->to.port == REGISTRY_PORT);
	assert(registry_get(&p, &r));
	if (!(p.op & REGISTRY_REPLY)) {
		w->sequence = p.sequence;
		return;
	}
	w->packets++;
	assert(w->heard && s->head_len <= w->heard);
	assert(!w->to_all || !p.status);
}

static void check_record(const struct send *s)
{
	struct rd r = rd_over(s->head, s->head_len);
	struct registry_record p;

	assert(registry_get(&p, &r));
	assert(s->conn >= 1 && s->conn <= CONNS);
	assert(p.op & REGISTRY_REPLY || p.op == REGISTRY_MESSAGE_TO);
	assert(!p.status || (p.status >= 1000 && p.status <= 1006));
}

static void settle(struct world *w, uint64_t cookie, int rc)
{
	struct engine *e = netnamed_engine(w->n);
	struct outcome o = {.kind = EFFECT_LISTEN, .cookie = cookie, .rc = rc};

	effects_clear(&w->fx);
	e->settle(e, w->now, &o, &w->fx);
	effects_clear(&w->fx);
	w->is_up = netnamed_has_network(w->n);
}

static void carry(struct world *w)
{
	uint64_t listens[2];
	unsigned n = 0;

	assert(!w->fx.lost);
	for (size_t i = 0; i < w->fx.n; i++) {
		const struct effect *e = &w->fx.v[i];

		if (e->kind == EFFECT_SEND && e->send.how == SEND_UDP)
			check_udp(w, &e->send);
		else if (e->kind == EFFECT_SEND)
			check_record(&e->send);
		else if (e->kind == EFFECT_LISTEN)
			listens[n++] = e->listen.cookie;
		else
			assert(e->kind == EFFECT_NOTE ||
			       e->kind == EFFECT_HANGUP);
	}
	assert(!w->heard || w->packets <= 1);
	effects_clear(&w->fx);
	for (unsigned i = 0; i < n; i++)
		settle(w, listens[i], 0);
}

static void hear(struct world *w, struct dgram d)
{
	struct engine *e = netnamed_engine(w->n);
	uint8_t *exact = malloc(d.len ? d.len : 1);

	assert(exact);
	if (d.len)
		memcpy(exact, d.bytes, d.len);
	d.bytes = exact;
	w->packets = 0;
	e->input(e, w->now, &d, &w->fx);
	carry(w);
	w->heard = 0;
	free(exact);
}

/* A record out of a few bytes: a handful of names, all that they can do. */
static size_t make(struct world *w, uint8_t bytes[2048])
{
	static const char *const names[] = {"A", "a", "B", "SECRET", "", "C"};
	uint8_t op = rd_u8(&w->r), more = rd_u8(&w->r);
	const char *name = names[more % 6];
	struct registry_record p = {.op = (uint8_t)(1 + op % 6),
				    .flags = (uint8_t)((op >> 3) % 3),
				    .sequence = rd_u8(&w->r),
				    .name = name,
				    .name_len = strlen(name)};
	struct wr b = wr_over(bytes, 2048);

	p.at = registry_endpoint_ipv4(
		more & 8 ? REGISTRY_TCP : REGISTRY_UDP,
		(struct endpoint){IP4(10, 0, 0, more >> 4), more & 1});
	if (op & 0x40 && w->sequence) {
		p.op |= REGISTRY_REPLY;
		p.sequence = w->sequence;
		p.status = more & 2 ? 1001 : 0;
	}
	registry_put(&p, &b);
	if ((p.op & 0x7f) == REGISTRY_MESSAGE_TO)
		wr_zeros(&b, more);
	return wr_len(&b);
}

static void hear_local(struct world *w, uint8_t op)
{
	uint8_t bytes[2048];
	struct dgram d = {.kind = DGRAM_RECORD,
			  .conn = 1 + (op >> 3) % CONNS,
			  .uid = op & 0x40,
			  .bytes = bytes,
			  .len = make(w, bytes)};

	if (op & 0x80)
		d = (struct dgram){.kind = DGRAM_HANGUP, .conn = d.conn};
	hear(w, d);
}

static void hear_machine(struct world *w, uint8_t op)
{
	uint8_t bytes[2048];
	size_t len = make(w, bytes);
	uint8_t mac[CRYPT_MAC];

	if (!w->is_up)
		return; /* nobody listens */
	toy_mac(mac, bytes, len, w->config.key);
	memcpy(bytes + len, mac, sizeof(mac));
	w->to_all = op & 8;
	w->heard = len + sizeof(mac);
	hear(w, (struct dgram){
			.kind = DGRAM_UDP,
			.link = 1,
			.from = {IP4(10, 0, 0, op >> 5), REGISTRY_PORT},
			.to = {w->to_all ? IP_BROADCAST : OURS, REGISTRY_PORT},
			.bytes = bytes,
			.len = w->heard});
}

static void hear_anything(struct world *w, uint8_t op)
{
	static const uint16_t ports[] = {REGISTRY_PORT, SRR_PORT};
	uint8_t bytes[256];
	size_t len = rd_u8(&w->r);

	if (len > rd_left(&w->r))
		len = rd_left(&w->r);
	rd_copy(&w->r, bytes, len);
	if (!w->is_up)
		op |= 16;
	w->to_all = op & 8;
	w->heard = op & 16 ? 0 : len + 1;
	hear(w, (struct dgram){.kind = op & 16 ? DGRAM_RECORD : DGRAM_UDP,
			       .conn = 1,
			       .from = {IP4(10, 0, 0, 3), REGISTRY_PORT},
			       .to = {w->to_all ? IP_BROADCAST : OURS,
				      ports[op >> 5 & 1]},
			       .bytes = bytes,
			       .len = len});
}

static void pass_time(struct world *w, usec until)
{
	struct engine *e = netnamed_engine(w->n);

	for (int spins = 0; e->deadline(e) <= until; spins++) {
		assert(spins < 100000);
		w->now = usec_max(w->now, e->deadline(e));
		e->expire(e, w->now, &w->fx);
		carry(w);
	}
	w->now = until;
}

static void network(struct world *w)
{
	const struct link link = {.index = 1, .ip = OURS, .is_up = true};

	netnamed_network(w->n, w->now, &link, 1, &w->fx);
	carry(w);
}

static void step(struct world *w)
{
	uint8_t op = rd_u8(&w->r);

	switch (op % 8) {
	case 0:
	case 1:
	case 2:
		hear_local(w, op);
		break;
	case 3:
	case 4:
		hear_machine(w, op);
		break;
	case 5:
		hear_anything(w, op);
		break;
	case 6:
		network(w);
		break;
	default:
		pass_time(w, w->now + MILLISECONDS(100) * (op >> 3));
	}
}

static void all_go(struct world *w)
{
	struct engine *e = netnamed_engine(w->n);
	struct registry_record p = {.op = REGISTRY_NEXT, .name = ""};
	uint8_t bytes[REGISTRY_RECORD];
	struct wr b = wr_over(bytes, sizeof(bytes));
	struct rd r;

	for (uint32_t conn = 1; conn <= CONNS; conn++)
		hear(w, (struct dgram){.kind = DGRAM_HANGUP, .conn = conn});
	assert(e->deadline(e) == NEVER);
	registry_put(&p, &b);
	e->input(e, w->now,
		 &(struct dgram){.kind = DGRAM_RECORD,
				 .conn = 1,
				 .bytes = bytes,
				 .len = sizeof(bytes)},
		 &w->fx);
	assert(w->fx.n == 1);
	r = rd_over(w->fx.v[0].send.head, w->fx.v[0].send.head_len);
	assert(registry_get(&p, &r) && p.status == REGISTRY_NOT_CHECKED_IN);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static const char access[] = "secret: 10.0.0.3\n*: 10.0.0.0/8\n";
	static struct effects fx; /* taken once: it is large */
	struct world *w = calloc(1, sizeof(*w));
	struct name_access_error e;
	uint8_t flags;

	assert(w);
	w->r = rd_over(bytes, len);
	assert(name_access_parse(&w->access, access, strlen(access), &e));
	flags = rd_u8(&w->r);
	w->config = (struct netnamed_config){.access = &w->access,
					     .is_unrestricted = flags & 1,
					     .is_secure = flags & 2,
					     .is_never = flags & 4,
					     .has_srr = flags & 8,
					     .version = "fuzz",
					     .crypt = &toy_crypt};
	assert(!netnamed_open(&w->n, &w->config, &fuzz_memory));
	assert(fx.v || !effects_open(&fx, &fuzz_memory));
	w->fx = fx;
	while (rd_left(&w->r))
		step(w);
	all_go(w);
	netnamed_close(w->n, &fuzz_memory);
	free(w);
	return 0;
}
