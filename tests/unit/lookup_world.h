/*
 * lookupd on a stage, with a directory of two domains: "/" and "/boston", which
 * is the nearest.  Agents other than the directory are the test itself.
 */
#ifndef MUSTER_TESTS_LOOKUP_WORLD_H
#define MUSTER_TESTS_LOOKUP_WORLD_H

#include "engine/lookupd.h"
#include "wire/lookup.h"

#include "changes.h"
#include "stage/stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

struct world {
	struct stage *st;
	struct lookupd *l;
	struct directory *d;
	struct lookup_order order;
	struct lookupd_config config;
	uint32_t root, near; /* domains */
	uint32_t sequence;
	uint8_t answer[4096];
};

static inline void apply(struct world *w, const struct change *c)
{
	uint32_t other;
	int rc = directory_check(w->d, c, &other);

	assert_int_equal(rc ? rc : directory_apply(w->d, c), 0);
}

/* A new entry; its id. */
static inline uint32_t put(struct world *w, uint32_t domain, uint32_t parent,
			   const char *text)
{
	struct made m;
	uint32_t id = directory_next_id(w->d);

	entry_put(&m, id, parent, 1, text);
	m.c.domain = domain;
	apply(w, &m.c);
	return id;
}

/* ... in a directory at the top of a domain, made if it is not there. */
static inline uint32_t put_in(struct world *w, uint32_t domain, const char *dir,
			      const char *text)
{
	char path[64], name[64];
	const struct entry *e;

	snprintf(path, sizeof path, "/%s", dir);
	snprintf(name, sizeof name, "name=%s", dir);
	e = directory_path(w->d, domain, path);
	return put(w, domain, e ? e->id : put(w, domain, domain, name), text);
}

static inline void world_order(struct world *w, const char *text)
{
	struct lookup_error e;
	uint32_t version = w->order.version + 1;

	assert_true(lookup_order_parse(&w->order, span_of(text), &e));
	w->order.version = version;
}

static inline void world_open(struct world *w)
{
	struct made m;

	*w = (struct world){.st = stage_open(), .root = DOMAIN_FIRST};
	assert_int_equal(directory_open(&w->d, &stage_alloc, 16, 7), 0);
	w->near = directory_next_id(w->d);
	apply(w, domain_put(&m, w->near, w->root, 1, "name=boston"));
	lookup_order_default(&w->order);
	w->config = (struct lookupd_config){
		.order = &w->order,
		.directory = {.d = w->d, .domain = &w->near, .server = "wiz"}};
	assert_int_equal(lookupd_open(&w->l, &w->config, &stage_alloc), 0);
	stage_engine(w->st, lookupd_engine(w->l));
	w->st->shows_notes = true;
}

static inline void world_close(struct world *w)
{
	lookupd_close(w->l, &stage_alloc);
	directory_close(w->d);
	stage_close(w->st);
}

/* What agents answer from now on: "" alone: they know of none. */
static inline void agents_say(struct world *w, const char *domain,
			      const char *server, const char *entries,
			      uint32_t next)
{
	struct wr a = wr_over(w->answer, sizeof w->answer);
	const struct lookup_result r = {
		.next = next, .domain = domain, .server = server};
	char text[1024], *at = text, *one;

	lookup_result_put(&r, &a);
	snprintf(text, sizeof text, "%s", entries);
	while ((one = strsep(&at, "|")) != NULL) {
		struct props room;
		struct plist p = props(&room, one);

		assert_true(lookup_entry_put(p.bytes, p.len, &a));
	}
	w->st->answer = w->answer;
	w->st->answer_len = wr_len(&a);
	w->st->rc[EFFECT_ASK] = 0;
}

static inline void asks(struct world *w, uint32_t conn, uint8_t op,
			const char *category, const char *key,
			const char *value, uint64_t position)
{
	uint8_t bytes[LOOKUP_QUESTION_MAX];
	struct wr q = wr_over(bytes, sizeof bytes);

	lookup_question_put(&(struct lookup_question){.op = op,
						      .sequence = ++w->sequence,
						      .position = position,
						      .category = category,
						      .key = key,
						      .value = value},
			    &q);
	assert_false(q.bad);
	stage_hear_record(w->st, conn, bytes, wr_len(&q));
}

static inline void one(struct world *w, const char *category, const char *key,
		       const char *value)
{
	asks(w, 1, LOOKUP_ONE, category, key, value, 0);
}

/* The position that the last answer gave. */
static inline uint64_t position(const struct world *w)
{
	struct rd r = rd_over(w->st->last, w->st->last_len);
	struct lookup_answer a;

	assert_true(lookup_answer_get(&a, &r));
	return a.position;
}

/* All of it, page by page. */
static inline void all(struct world *w, const char *category)
{
	uint64_t at = 0;

	do {
		asks(w, 1, LOOKUP_ALL, category, "", "", at);
		at = position(w);
	} while (at);
}

#endif
