/*
 * Calls of NetInfo from anybody, in any form, to any of its ports, with the
 * directory changing in between.  Whatever comes: no effect is lost, at most
 * one answer leaves, it goes to who asked, who may ask, its results can be
 * read, a write is one that the directory takes, and that to a datagram is at
 * most five times the question.  An answer of more than a few bytes over a
 * connection leaves by and by: it is whole in the end, or the connection ends.
 */
#include "engine/netinfod_impl.h"

#include "rpc_site.h"

int LLVMFuzzerTestOneInput(const uint8_t *b, size_t len);

enum { MESSAGE = 700, XID = 7, CONNS = 4, AT_ONCE = 300, PART = 100 };

/* A connection, and what came by it of an answer that is not whole. */
struct conn {
	uint8_t bytes[EFFECTS_LONG];
	size_t len;
	uint8_t call[MESSAGE]; /* that it answers */
	size_t call_len;
	uint16_t port;
	bool is_open, drains;
};

struct world {
	struct site site;
	struct settings settings;
	struct netinfod *netinfod;
	struct effects fx;
	usec now;
	struct dgram asked;
	struct conn *conns; /* number 1 and on */
};

static void check_results(const struct rpc_call *c, const struct rpc_reply *p)
{
	struct rd r = rd_over(p->results, p->len);
	struct netinfo m;

	if (c->program == NIBIND_PROGRAM)
		assert(nibind_results_get(&m, c->procedure, &r));
	else
		assert(netinfo_results_get(&m, c->procedure, &r));
	assert(m.status <= NETINFO_BADOP);
}

static void check_answer(struct rd asked, struct rd r)
{
	struct rpc_reply p;
	struct rpc_call c;

	assert(rpc_call_get(&c, &asked) && rpc_reply_get(&p, &r));
	assert(p.xid == c.xid);
	if (p.status == RPC_SUCCESS)
		check_results(&c, &p);
}

static void check_record(struct world *w, const struct send *s)
{
	struct conn *c = &w->conns[s->conn - 1];

	assert(s->conn && s->conn <= CONNS && c->is_open && s->head_len);
	assert(c->len + s->head_len <= sizeof(c->bytes));
	memcpy(c->bytes + c->len, s->head, s->head_len);
	c->len += s->head_len;
	if (s->is_part)
		return;
	check_answer(rd_over(c->call, c->call_len), rd_over(c->bytes, c->len));
	c->is_open = false;
}

static void check_send(struct world *w, const struct send *s)
{
	uint32_t from = w->asked.from.ip;

	if (s->how == SEND_RECORD) {
		check_record(w, s);
		return;
	}
	check_answer(rd_over(w->asked.bytes, w->asked.len),
		     rd_over(s->head, s->head_len));
	assert(s->how == SEND_UDP && endpoint_is(s->to, w->asked.from));
	assert(from >> 24 == 127 || from == SITE_SERVER ||
	       (site_may_hear(&w->site, from) &&
		s->head_len <= 5 * w->asked.len));
}

/* A write that was checked is one; its answer leaves then. */
static void settle(struct world *w, const struct commit_effect *c)
{
	struct engine *e = netinfod_engine(w->netinfod);
	struct outcome o = {.kind = EFFECT_COMMIT, .cookie = c->cookie};

	assert(w->asked.kind == DGRAM_RECORD && w->asked.from.ip >> 24 == 127 &&
	       w->asked.from.port < 1024);
	assert(!directory_apply(w->site.directory, &c->change));
	effects_clear(&w->fx);
	e->settle(e, w->now, &o, &w->fx);
	assert(w->fx.n == 1 && w->fx.v[0].kind == EFFECT_SEND);
}

static void end(struct conn *c)
{
	c->is_open = c->drains = false;
}

/* That it takes more is asked for while there is more. */
static void check_other(struct world *w, const struct effect *e)
{
	struct conn *c = &w->conns[e->conn - 1];

	switch (e->kind) {
	case EFFECT_HANGUP:
		assert(e->conn && e->conn <= CONNS);
		end(c);
		break;
	case EFFECT_DRAIN:
		assert(e->conn && e->conn <= CONNS && c->is_open);
		c->drains = true;
		break;
	case EFFECT_CLOSE:
		for (c = w->conns; c < w->conns + CONNS; c++)
			if (c->port == e->listen.port)
				end(c);
		break;
	default:
		assert(e->kind == EFFECT_LISTEN);
	}
}

static void carry(struct world *w)
{
	unsigned sends = 0;

	assert(!w->fx.lost);
	if (w->fx.n && w->fx.v[0].kind == EFFECT_COMMIT) {
		struct commit_effect c = w->fx.v[0].commit;

		assert(w->fx.n == 1);
		settle(w, &c);
	}
	for (size_t i = 0; i < w->fx.n; i++) {
		const struct effect *e = &w->fx.v[i];

		if (e->kind == EFFECT_SEND) {
			sends += !e->send.is_part;
			check_send(w, &e->send);
		} else {
			check_other(w, e);
		}
	}
	assert(sends <= 1);
	effects_clear(&w->fx);
}

/* Who asks in the middle of an answer is hung up on. */
static void begin(struct world *w, const void *bytes, size_t len)
{
	struct conn *c = &w->conns[w->asked.conn - 1];

	if (c->drains)
		return;
	c->is_open = true;
	c->port = w->asked.to.port;
	c->len = 0;
	memcpy(c->call, bytes, len);
	c->call_len = len;
}

static void take_more(struct world *w, uint32_t conn)
{
	struct engine *e = netinfod_engine(w->netinfod);
	struct outcome o = {.kind = EFFECT_DRAIN, .cookie = conn};

	if (!w->conns[conn - 1].drains)
		return;
	w->conns[conn - 1].drains = false;
	e->settle(e, w->now, &o, &w->fx);
	carry(w);
}

static void hear(struct world *w, const void *bytes, size_t len)
{
	struct engine *e = netinfod_engine(w->netinfod);
	uint8_t *exact = malloc(len ? len : 1);

	assert(exact);
	memcpy(exact, bytes, len);
	w->asked.bytes = exact;
	w->asked.len = len;
	if (w->asked.kind == DGRAM_RECORD)
		begin(w, bytes, len);
	if (w->asked.kind == DGRAM_HANGUP)
		end(&w->conns[w->asked.conn - 1]);
	if (netinfod_claims(w->netinfod, &w->asked))
		e->input(e, w->now, &w->asked, &w->fx);
	carry(w);
	free(exact);
}

/* An entry, or a domain, somewhere. */
static void change(struct world *w, uint8_t what, uint8_t where)
{
	static const char *const lists[] = {
		"name=a; serves=./x,../y,a/local", "name=lab; tag=lab",
		"name; x=,b", "name=users", "tag=local; trusted_networks=10"};
	uint32_t next = directory_next_id(w->site.directory);
	struct props room;
	struct change c = {.kind = what & 1 ? CHANGE_DOMAIN_PUT
					    : CHANGE_ENTRY_PUT,
			   .domain = what & 2 ? next - 1 : DOMAIN_FIRST,
			   .id = next,
			   .parent = where % next,
			   .instance = 1 + (what >> 4),
			   .props = props(&room, lists[(what >> 2) % 5])};

	if ((what & 0xf) == 0xf)
		c = (struct change){.kind = CHANGE_ENTRY_DESTROY,
				    .domain = where,
				    .id = where,
				    .instance = 99};
	(void)directory_apply(w->site.directory, &c);
}

static void put_head(struct wr *w, bool is_nibind, uint8_t procedure)
{
	struct rpc_call c = {.xid = XID,
			     .rpc_version = RPC_VERSION,
			     .program = is_nibind ? NIBIND_PROGRAM
						  : NETINFO_PROGRAM,
			     .version = is_nibind ? 1 : 2,
			     .procedure = procedure & 31};

	rpc_call_put(&c, w);
}

static void step(struct world *w, struct rd *r)
{
	uint8_t op = rd_u8(r), who = rd_u8(r), procedure = rd_u8(r);
	size_t left = rd_left(r), len = rd_u8(r);
	struct rd body = rd_sub(r, len < left ? len : left);
	uint8_t bytes[MESSAGE];
	struct wr message = wr_over(bytes, sizeof(bytes));
	size_t more = rd_left(&body);

	if (op & 0x80) {
		change(w, who, procedure);
		return;
	}
	if (op & 0x40)
		take_more(w, 1 + (who & 3));
	w->asked = (struct dgram){
		.kind = (enum dgram_kind)(op & 3),
		.link = 1,
		.from = {site_address(who & 15), op & 4 ? 1023 : 40000},
		.to = {SITE_SERVER, (uint16_t)(1033 + (who >> 4))},
		.conn = (op & 3) >= DGRAM_RECORD ? 1 + (op >> 4 & 3) : 0};
	if (op & 8)
		put_head(&message, who >> 4 == 1, procedure);
	wr_bytes(&message, rd_take(&body, more), more);
	hear(w, bytes, wr_len(&message));
	w->now += MILLISECONDS(procedure);
}

int LLVMFuzzerTestOneInput(const uint8_t *b, size_t len)
{
	static struct world w;
	static struct conn conns[CONNS];
	static struct effects fx;
	struct rd r = rd_over(b, len);

	if (!fx.v)
		assert(!effects_open(&fx, &fuzz_memory));
	w = (struct world){.fx = fx, .conns = conns};
	memset(conns, 0, sizeof(conns));
	effects_clear(&w.fx);
	site_open(&w.site, &w.settings);
	w.settings.netinfo.serve = true;
	w.settings.netinfo.writes = true;
	assert(!netinfod_open(&w.netinfod, &w.site, &fuzz_memory, 7));
	w.netinfod->at_once = AT_ONCE;
	w.netinfod->step = PART;
	netinfod_start(w.netinfod, 0, &w.fx);
	effects_clear(&w.fx);
	while (rd_left(&r) && !r.bad)
		step(&w, &r);
	netinfod_close(w.netinfod, &fuzz_memory);
	site_close(&w.site);
	return 0;
}
