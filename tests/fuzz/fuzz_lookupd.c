/*
 * lookupd among programs that say anything, and agents that answer anything,
 * late or never.  After every step: no effect was lost; what is told is an
 * answer, to a connection that asked, and no secret is told to who is not root;
 * in the end nobody waits.
 */
#include "engine/lookupd.h"

#include "engine/effects.h"
#include "model/flat.h"
#include "wire/lookup.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

enum { CONNS = 4, HELD = 64, ANSWER = 4096 };

struct world {
	struct lookupd *l;
	struct directory *d;
	struct lookup_order order;
	uint32_t domain;
	struct effects fx;
	usec now;
	uint32_t sequence;
	uint64_t held[HELD]; /* cookies of questions to agents */
	unsigned n_held;
	struct rd r;
};

static void *get(void *arg, size_t n, size_t size)
{
	(void)arg;
	return calloc(n ? n : 1, size ? size : 1);
}

static void put(void *arg, void *p)
{
	(void)arg;
	free(p);
}

static const struct alloc memory = {NULL, get, put};

/* Connection 1 is root's. */
static void check_item(uint32_t conn, const struct lookup_item *i)
{
	const struct plist p = {i->props, i->len};
	struct property secret;

	assert(plist_is_sound(&p));
	assert(conn == 1 || !plist_find(&p, "_secret", &secret));
}

static void check_record(const struct send *s)
{
	struct rd r = rd_over(s->head, s->head_len);
	struct lookup_answer a;
	struct lookup_item i;

	assert(s->how == SEND_RECORD && s->conn >= 1 && s->conn <= CONNS);
	assert(lookup_answer_get(&a, &r));
	while (lookup_item_next(&a.items, &i))
		check_item(s->conn, &i);
}

static void carry(struct world *w)
{
	assert(!w->fx.lost);
	for (size_t i = 0; i < w->fx.n; i++) {
		const struct effect *e = &w->fx.v[i];

		if (e->kind == EFFECT_SEND)
			check_record(&e->send);
		else if (e->kind == EFFECT_ASK && w->n_held < HELD)
			w->held[w->n_held++] = e->ask.cookie;
		else
			assert(e->kind == EFFECT_ASK ||
			       e->kind == EFFECT_NOTE ||
			       e->kind == EFFECT_HANGUP);
	}
	effects_clear(&w->fx);
}

static void hear(struct world *w, struct dgram d)
{
	struct engine *e = lookupd_engine(w->l);
	uint8_t *exact = malloc(d.len ? d.len : 1);

	assert(exact);
	if (d.bytes && d.len)
		memcpy(exact, d.bytes, d.len);
	d.bytes = exact;
	d.to.port = LOOKUPD_PORT;
	d.uid = d.conn == 1 ? 0 : 500;
	assert(lookupd_claims(w->l, &d));
	e->input(e, w->now, &d, &w->fx);
	carry(w);
	free(exact);
}

/* Out of a handful of categories, keys and values. */
static void ask(struct world *w, uint8_t op)
{
	static const char *const categories[] = {
		"users", "hosts",  "services", "bootp",
		"cats",  "groups", "ethers",   "bootparams"};
	static const char *const keys[] = {"name",       "uid",  "ip_address",
					   "en_address", "port", "",
					   "users",      "gid"};
	static const char *const values[] = {
		"ann",   "1", "10.0.0.1", "0:0:f:0:7:5a",
		"a/udp", "",  "WENDY",    "53/tcp"};
	uint8_t more = rd_u8(&w->r), bytes[LOOKUP_QUESTION_MAX];
	struct wr q = wr_over(bytes, sizeof bytes);

	lookup_question_put(
		&(struct lookup_question){.op = (uint8_t)(1 + op % 6),
					  .sequence = ++w->sequence,
					  .position = more & 1 ? rd_u64(&w->r)
							       : 0,
					  .category = categories[more % 8],
					  .key = keys[(more >> 3) % 8],
					  .value = values[(op >> 3) % 8]},
		&q);
	hear(w, (struct dgram){.kind = DGRAM_RECORD,
			       .conn = 1 + op % CONNS,
			       .bytes = bytes,
			       .len = wr_len(&q)});
}

static void hear_anything(struct world *w, uint8_t op)
{
	size_t len = rd_u8(&w->r);
	const uint8_t *bytes;

	if (len > rd_left(&w->r))
		len = rd_left(&w->r);
	bytes = rd_take(&w->r, len);
	hear(w, (struct dgram){.kind = op & 8 ? DGRAM_HANGUP : DGRAM_RECORD,
			       .conn = 1 + op % CONNS,
			       .bytes = bytes,
			       .len = op & 8 ? 0 : len});
}

/* What a file or a map has: lines, as they come. */
static size_t lines(struct world *w, uint8_t op, uint8_t to[ANSWER])
{
	const struct lookup_result head = {
		.next = op & 1, .domain = "d", .server = "s"};
	enum lookup_category c = (enum lookup_category)(op % LOOKUP_CATEGORIES);
	size_t len = rd_u8(&w->r);
	struct wr a = wr_over(to, ANSWER);
	char joined[FLAT_LINE];
	struct span text, line;

	if (len > rd_left(&w->r))
		len = rd_left(&w->r);
	text = (struct span){(const char *)rd_take(&w->r, len), len};
	lookup_result_put(&head, &a);
	while (flat_next(c, &text, joined, &line)) {
		uint8_t room[1024];
		struct plist_out o = plist_begin(room, sizeof room);
		struct plist p;

		if (flat_parse(c, line, &o) && plist_end(&o, &p)) {
			assert(plist_is_sound(&p));
			(void)lookup_entry_put(p.bytes, p.len, &a);
		}
	}
	return wr_len(&a);
}

static void settle(struct world *w, uint8_t op)
{
	static const int rcs[] = {0, 0, 0, -ENOENT, -ENODEV, -EIO, -EAGAIN, 0};
	struct engine *e = lookupd_engine(w->l);
	struct outcome o = {.kind = EFFECT_ASK, .rc = rcs[(op >> 3) % 8]};
	uint8_t bytes[ANSWER], *exact;

	if (!w->n_held)
		return;
	o.cookie = w->held[--w->n_held];
	o.answer_len = op & 1 ? lines(w, rd_u8(&w->r), bytes)
			      : rd_left(&w->r) % 64;
	if (!(op & 1))
		rd_copy(&w->r, bytes, o.answer_len);
	exact = malloc(o.answer_len ? o.answer_len : 1);
	assert(exact);
	memcpy(exact, bytes, o.answer_len);
	o.answer = exact;
	e->settle(e, w->now, &o, &w->fx);
	carry(w);
	free(exact);
}

static void pass_time(struct world *w, usec until)
{
	struct engine *e = lookupd_engine(w->l);

	for (int spins = 0; e->deadline(e) <= until; spins++) {
		assert(spins < 100000);
		w->now = usec_max(w->now, e->deadline(e));
		e->expire(e, w->now, &w->fx);
		carry(w);
	}
	w->now = usec_max(w->now, until);
}

static void add(struct world *w, uint32_t parent, const char *name,
		const char *key, const char *value)
{
	uint8_t room[256];
	struct plist_out o = plist_begin(room, sizeof room);
	struct change c = {.kind = CHANGE_ENTRY_PUT,
			   .domain = w->domain,
			   .id = directory_next_id(w->d),
			   .parent = parent,
			   .instance = 1};

	plist_add(&o, "name");
	plist_add_value(&o, name);
	plist_add(&o, key);
	plist_add_value(&o, value);
	plist_add(&o, "_secret");
	assert(plist_end(&o, &c.props));
	assert(!directory_apply(w->d, &c));
}

static void step(struct world *w)
{
	uint8_t op = rd_u8(&w->r);

	switch (op % 8) {
	case 0:
	case 1:
	case 2:
		ask(w, op >> 3);
		break;
	case 3:
	case 4:
		settle(w, op);
		break;
	case 5:
		hear_anything(w, op >> 3);
		break;
	case 6:
		w->order.version += op >> 7;
		/* Once: no two machines have one name. */
		if (op & 8 && directory_machines(w->d) == 1)
			add(w, ENTRY_MACHINES, "wendy", "bootparams", "");
		break;
	default:
		pass_time(w, w->now + MILLISECONDS(500) * (op >> 3));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static struct effects fx; /* taken once: it is large */
	struct world *w = calloc(1, sizeof(*w));
	struct lookupd_config config;
	struct rd r = rd_over(bytes, len);
	struct lookup_answer a;
	struct engine *e;

	assert(w);
	/* What libnss_muster has to bear. */
	(void)lookup_answer_get(&a, &r);
	w->r = rd_over(bytes, len);
	w->domain = DOMAIN_FIRST;
	lookup_order_default(&w->order);
	assert(!directory_open(&w->d, &memory, 4, 1));
	add(w, ENTRY_ROOT, "users", "x", "");
	add(w, directory_next_id(w->d) - 1, "ann", "uid", "1");
	add(w, ENTRY_MACHINES, "moira", "ip_address", "10.0.0.1");
	config = (struct lookupd_config){
		.order = &w->order,
		.directory = {.d = w->d, .domain = &w->domain, .server = "s"},
		.uid = 499};
	assert(!lookupd_open(&w->l, &config, &memory));
	assert(fx.v || !effects_open(&fx, &memory));
	w->fx = fx;
	while (rd_left(&w->r))
		step(w);
	pass_time(w, w->now + SECONDS(60));
	e = lookupd_engine(w->l);
	assert(e->deadline(e) == NEVER);
	lookupd_close(w->l, &memory);
	directory_close(w->d);
	free(w);
	return 0;
}
