/*
 * A domain that niclone copies, and its master, whose answers the test writes.
 */
#ifndef MUSTER_TESTS_NICLONE_SCENE_H
#define MUSTER_TESTS_NICLONE_SCENE_H

#include "engine/niclone.h"

#include "engine/netinfo_copy.h"
#include "model/domain.h"
#include "props.h"
#include "rpc_world.h"
#include "wire/netinfo.h"

#include <errno.h>
#include <stdio.h>

enum { ROOM = 65536, NIBIND = 1034, NET = 1035 };

/* A directory of the master. */
struct object {
	uint32_t object, instance, parent;
	const char *props;
	uint32_t children[4]; /* 0 ends */
};

/* Vector N7 of the interface facts, and more of the same. */
static const struct object first[] = {
	{0, 9, 0, "master=wizard/network; trusted_networks", {1}},
	{1, 4, 0, "name=machines", {5, 2}},
	{5, 3, 1, "name=wendy,w; ip_address=10.0.9.5; bootparams", {0}},
	{2, 7, 1, "name=wizard; ip_address=10.0.0.3; serves=./network", {0}},
};

/* The same a few edits later. */
static const struct object second[] = {
	{0, 9, 0, "master=wizard/network; trusted_networks", {1}},
	{1, 5, 0, "name=machines", {5, 2, 6}},
	{5, 4, 1, "name=wendy; ip_address=10.0.9.6", {0}},
	{2, 7, 1, "name=wizard; ip_address=10.0.0.3; serves=./network", {0}},
	{6, 1, 1, "name=new", {0}},
};

struct scene {
	struct world w;
	struct niclone *c;
	uint32_t domain;
	uint8_t answer[ROOM];
};

/* ---- what the master says -------------------------------------------------
 */

static inline void props_put(struct wr *w, const char *text)
{
	struct props room;
	struct plist list = props(&room, text);
	struct rd r = rd_over(list.bytes, list.len), count = r;
	struct property p;
	uint32_t n = 0;
	size_t len;

	while (plist_next(&count, &p))
		n++;
	wr_u32(w, n);
	while (plist_next(&r, &p)) {
		netinfo_name_put(span_of(p.name), w);
		wr_u32(w, p.n);
		while (rd_left(&p.values))
			netinfo_name_put(span_of(rd_cstr(&p.values, &len)), w);
	}
}

static inline void object_put(struct wr *w, const struct object *o)
{
	uint32_t n = 0;

	netinfo_more_put(true, w);
	netinfo_id_put((struct netinfo_id){o->object, o->instance}, w);
	props_put(w, o->props);
	wr_u32(w, o->parent);
	while (n < 4 && o->children[n])
		n++;
	wr_u32(w, n);
	for (uint32_t i = 0; i < n; i++)
		wr_u32(w, o->children[i]);
}

static inline uint32_t sum_of(const struct object *v, size_t n)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += (v[i].object + 1) * v[i].instance;
	return sum;
}

static inline size_t readall_put(uint8_t *to, const struct object *v, size_t n)
{
	struct wr w = wr_over(to, ROOM);

	rpc_reply_put(&(struct rpc_reply){.xid = XID}, &w);
	wr_u32(&w, NETINFO_OK);
	wr_u32(&w, sum_of(v, n));
	wr_u32(&w, 5);
	for (size_t i = 0; i < n; i++)
		object_put(&w, &v[i]);
	netinfo_more_put(false, &w);
	assert_false(w.bad);
	return wr_len(&w);
}

static inline void answers(struct scene *s, const struct object *v, size_t n)
{
	s->w.st->answer = s->answer;
	s->w.st->answer_len = readall_put(s->answer, v, n);
}
#define ANSWERS(s, v) answers(s, v, sizeof(v) / sizeof((v)[0]))

static inline uint32_t last_xid(const struct scene *s)
{
	struct rd r = rd_over(s->w.st->last, s->w.st->last_len);

	return rd_u32(&r);
}

static inline uint32_t last_program(const struct scene *s)
{
	struct rpc_call c;
	struct rd r = rd_over(s->w.st->last, s->w.st->last_len);

	assert_true(rpc_call_get(&c, &r));
	return c.program;
}

static inline void replies(struct scene *s, const struct wr *results)
{
	uint8_t b[512];
	struct wr w = wr_over(b, sizeof(b));

	rpc_reply_put(&(struct rpc_reply){.xid = last_xid(s)}, &w);
	wr_bytes(&w, results->start, wr_len(results));
	stage_hear_from(s->w.st, s->w.st->last_send.to, b, wr_len(&w));
}

static inline void says_port(struct scene *s)
{
	uint8_t b[8];
	struct wr w = wr_over(b, sizeof(b));

	assert_int_equal(last_program(s), PMAP_PROGRAM);
	pmap_port_put(NIBIND, &w);
	replies(s, &w);
}

static inline void says_where(struct scene *s)
{
	struct netinfo m = {.udp = NET, .tcp = NET};
	uint8_t b[32];
	struct wr w = wr_over(b, sizeof(b));

	assert_int_equal(last_program(s), NIBIND_PROGRAM);
	nibind_results_put(&m, NIBIND_GETREGISTER, &w);
	replies(s, &w);
}

static inline void says_checksum(struct scene *s, uint32_t sum)
{
	char text[32];
	uint8_t b[128];
	struct wr w = wr_over(b, sizeof(b));

	assert_int_equal(last_program(s), NETINFO_PROGRAM);
	snprintf(text, sizeof(text), "checksum=%u", sum);
	props_put(&w, text);
	replies(s, &w);
}

/* ---- ours -----------------------------------------------------------------
 */

static inline void apply(struct scene *s, enum change_kind kind, uint32_t id,
			 uint32_t parent, const char *text)
{
	struct directory *d = s->w.site.directory;
	const struct entry *e = directory_entry(d, id);
	struct props room;
	struct change c = {.kind = kind,
			   .domain = s->domain,
			   .id = id,
			   .parent = parent,
			   .instance = e ? e->instance + 1 : 1,
			   .props = props(&room, text)};

	assert_int_equal(directory_apply(d, &c), 0);
}

static inline void starts(struct scene *s, uint64_t seed)
{
	assert_int_equal(niclone_open(&s->c, &s->w.site, &stage_alloc, seed),
			 0);
	stage_engine(s->w.st, niclone_engine(s->c));
	niclone_start(s->c, s->w.st->now, stage_begin(s->w.st));
	stage_end(s->w.st);
	s->w.st->me = (struct endpoint){WORLD_SERVER, s->w.st->last_port};
}

/* All that it knew is gone, but not the directory. */
static inline void starts_anew(struct scene *s)
{
	niclone_close(s->c, &stage_alloc);
	starts(s, 8);
}

static inline void open_scene(struct scene *s)
{
	*s = (struct scene){0};
	rpc_world_open(&s->w);
	s->w.settings.netinfo.follow = true;
	s->w.settings.netinfo.interval = 60;
	s->domain = directory_next_id(s->w.site.directory);
	apply(s, CHANGE_DOMAIN_PUT, s->domain, DOMAIN_FIRST,
	      "name=net; master=10.0.0.3/network; tag=copy");
	apply(s, CHANGE_ENTRY_PUT, s->domain + 1, s->domain, "name=machines");
	s->w.st->hides[EFFECT_LISTEN] = true;
	s->w.st->hides[EFFECT_SEND] = true;
	s->w.st->holds[EFFECT_COMMIT] = true;
	s->w.st->commit = NULL; /* keeps() applies */
	starts(s, 7);
	ANSWERS(s, first);
}

static inline void close_scene(struct scene *s)
{
	niclone_close(s->c, &stage_alloc);
	world_close(&s->w);
}

static const struct entry *object(const struct scene *s, uint32_t id)
{
	return netinfo_entry(&s->w.site, s->domain, id);
}

static inline void has_name(const struct scene *s, uint32_t id,
			    const char *name)
{
	const struct entry *e = object(s, id);

	assert_non_null(e);
	assert_string_equal(machine_name(e), name);
}

/* The first steps, up to the question for all. */
static inline void begins(struct scene *s)
{
	stage_wait(s->w.st, 0);
	says_port(s);
	says_where(s);
}

static struct scene *on_stage;

/* A change that was kept is applied first, as the server does it. */
static inline void on_settle(struct engine *e, usec now,
			     const struct outcome *o, struct effects *fx)
{
	struct engine *c = niclone_engine(on_stage->c);

	(void)e;
	if (o->kind == EFFECT_COMMIT && !o->rc)
		assert_int_equal(directory_apply_all(on_stage->w.site.directory,
						     o->all->v, o->all->n),
				 0);
	c->settle(c, now, o, fx);
}

static inline void keeps(struct scene *s, int rc)
{
	struct engine *c = niclone_engine(s->c);
	struct engine wrapped = *c;

	wrapped.settle = on_settle;
	on_stage = s;
	assert_int_equal(stage_held(s->w.st, EFFECT_COMMIT), 1);
	s->w.st->engine = &wrapped;
	stage_settle(s->w.st, EFFECT_COMMIT, rc);
	s->w.st->engine = c;
}

static inline void loads(struct scene *s)
{
	begins(s);
	says_checksum(s, 1);
	keeps(s, 0);
}

/* A minute later it asks again; the checksum is another. */
static inline void changes(struct scene *s)
{
	stage_wait(s->w.st, SECONDS(60));
	says_checksum(s, 2);
}

static inline void is_copy_of(struct scene *s, const struct object *v, size_t n)
{
	assert_int_equal(netinfo_checksum(&s->w.site, s->domain), sum_of(v, n));
	for (size_t i = 1; i < n; i++)
		assert_int_equal(
			netinfo_id_of(&s->w.site, object(s, v[i].object))
				.instance,
			v[i].instance);
}
#define IS_COPY_OF(s, v) is_copy_of(s, v, sizeof(v) / sizeof((v)[0]))

#endif
