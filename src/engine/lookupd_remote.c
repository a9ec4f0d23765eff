/*
 * The directory elsewhere.  One thing is asked for as it is; a list comes whole
 * and is kept for as long as checksums are, since those who want it take it a
 * piece at a time.  Checksums say whether what is kept is still so: they are
 * asked for when somebody wants it, and not again for a while.
 */
#include "engine/lookupd_impl.h"

#include "base/text.h"

#include <errno.h>

enum cookie_kind { COOKIE_ONE, COOKIE_LIST, COOKIE_CHECK };

static uint64_t cookie_of(enum cookie_kind kind, uint64_t what)
{
	return (uint64_t)kind << 60 | what;
}

/* The server of an answer, as people read it. */
struct where {
	char server[16];
};

static struct lookup_item item_of(const struct nic_answer *a, struct where *w)
{
	struct text t = text_over(w->server, sizeof w->server);

	text_ip(&t, a->from.ip);
	return (struct lookup_item){
		.agent = lookup_agent_name(LOOKUP_DIRECTORY),
		.domain = a->from.tag,
		.server = w->server,
		.props = a->props.bytes,
		.len = a->props.len};
}

static int ask(struct lookupd *l, usec now, const struct nic_question *n,
	       struct effects *fx)
{
	size_t from = fx->n;
	int rc = l->how->ask(l->nic, now, n, fx);

	effects_own(fx, from, LOOKUPD_NIC);
	return rc;
}

static void wait(struct lookupd *l, usec now, struct lookupd_query *q,
		 unsigned for_what)
{
	q->waits = for_what;
	q->due = now + l->config.order->wait;
}

/* Whoever waits for it goes on at the next call of expire: it is there, or it
 * never will be. */
static void wake(struct lookupd *l, usec now, unsigned waits,
		 const struct lookupd_list *is)
{
	for (unsigned i = 0; i < LOOKUPD_QUESTIONS; i++) {
		struct lookupd_query *q = &l->queries[i];

		if (!q->conn || q->waits != waits || q->due == NEVER ||
		    (is && q->category != is->category))
			continue;
		q->is_ready = !is || is->state == LIST_WHOLE;
		q->due = now;
	}
}

/* ---- checksums ----------------------------------------------------------- */

static void check(struct lookupd *l, usec now, struct effects *fx)
{
	const struct nic_question n = {.what = NIC_CHECK,
				       .directory = "",
				       .key = "",
				       .value = "",
				       .cookie = cookie_of(COOKIE_CHECK, 0)};

	if (l->is_checking)
		return;
	l->gathering = 1;
	l->is_checking = !ask(l, now, &n, fx);
}

bool lookupd_must_check(struct lookupd *l, usec now, struct lookupd_query *q,
			struct effects *fx)
{
	if (!l->nic || q->is_checked ||
	    (l->stamp && now - l->checked < l->config.order->check))
		return false;
	check(l, now, fx);
	if (!l->is_checking)
		return false; /* it lasts as long as it may */
	wait(l, now, q, WAITS_CHECK);
	lookupd_hear_nic(l, now, fx);
	return true;
}

static void on_check(struct lookupd *l, usec now, const struct nic_answer *a)
{
	if (!a->rc) {
		l->gathering = hash_u64(l->gathering, a->from.checksum);
		l->gathering = hash_u64(l->gathering, a->from.ip);
		return;
	}
	l->is_checking = false;
	l->checked = now;
	if (a->rc == -ENOENT)
		l->stamp = l->gathering | 1;
	wake(l, now, WAITS_CHECK, NULL);
}

/* ---- lists --------------------------------------------------------------- */

static struct lookupd_list *list_of(struct lookupd *l, enum lookup_category c)
{
	for (unsigned i = 0; i < LOOKUPD_LISTS; i++)
		if (l->lists[i].state && l->lists[i].category == c)
			return &l->lists[i];
	return NULL;
}

/* The one that is oldest; NULL: all are being filled. */
static struct lookupd_list *make_room(struct lookupd *l)
{
	struct lookupd_list *best = NULL;

	for (unsigned i = 0; i < LOOKUPD_LISTS; i++) {
		struct lookupd_list *is = &l->lists[i];

		if (is->state == LIST_FILLING || !is->bytes)
			continue;
		if (!best || is->state == LIST_NONE ||
		    (best->state && is->at < best->at))
			best = is;
	}
	return best;
}

static bool is_fresh(const struct lookupd *l, usec now,
		     const struct lookupd_list *is,
		     const struct lookupd_query *q)
{
	return q->at.after || now - is->at < l->config.order->check;
}

/* 0; -EAGAIN: too many are being filled; or the nic's refusal. */
static int begin_list(struct lookupd *l, usec now, enum lookup_category c,
		      struct effects *fx)
{
	struct lookupd_list *is = list_of(l, c);
	struct nic_question n = {.what = NIC_ALL,
				 .directory = lookup_path(c) + 1,
				 .key = "",
				 .value = ""};
	int rc;

	if (!is)
		is = make_room(l);
	if (!is)
		return -EAGAIN;
	n.cookie = cookie_of(COOKIE_LIST, (uint64_t)(is - l->lists));
	is->state = LIST_NONE;
	rc = ask(l, now, &n, fx);
	if (rc)
		return rc;
	*is = (struct lookupd_list){.category = c,
				    .state = LIST_FILLING,
				    .at = now,
				    .bytes = is->bytes};
	return 0;
}

static void on_list(struct lookupd *l, usec now, struct lookupd_list *is,
		    const struct nic_answer *a)
{
	struct wr w = wr_over(is->bytes + is->len, LOOKUPD_LIST - is->len);
	struct where where;
	struct lookup_item item;

	if (is->state != LIST_FILLING)
		return;
	if (a->rc) {
		is->state = a->rc == -ENOENT ? LIST_WHOLE : LIST_NONE;
		wake(l, now, WAITS_LIST, is);
		return;
	}
	if (!lookup_is_of(is->category, &a->props))
		return;
	item = item_of(a, &where);
	/* LIMIT: what is behind the first 4 MiB is not in the list. */
	(void)lookup_item_put(&item, &w);
	is->len += wr_len(&w);
}

static bool is_wanted(const struct lookupd_query *q,
		      const struct lookup_item *i)
{
	const struct plist p = {i->props, i->len};

	return !q->key[0] || lookup_matches(q->category, &p, q->key, q->value);
}

static enum lookupd_said tell_list(struct lookupd *l, struct lookupd_query *q,
				   const struct lookupd_list *is,
				   struct effects *fx)
{
	struct lookupd_position at = q->at;
	struct telling t;
	struct lookup_item i;
	struct rd r;

	if (at.after > is->len)
		return LOOKUPD_NONE;
	r = rd_over(is->bytes + at.after, is->len - at.after);
	t = tell_begin(q, fx);
	while (lookup_item_next(&r, &i)) {
		if (is_wanted(q, &i) && !tell_item(&t, q, &i) && t.n)
			break;
		at.after = (uint32_t)(r.p - is->bytes);
	}
	if (!t.n)
		return LOOKUPD_NONE;
	if (at.after == is->len)
		at = (struct lookupd_position){
			.agent = (uint8_t)(at.agent + 1)};
	l->stats.agents[LOOKUP_DIRECTORY].found += t.n;
	tell_end(l, &t, q, lookupd_position_put(&at), fx);
	return LOOKUPD_ANSWERED;
}

/* The first that matches, where the server can't say which one does. */
static enum lookupd_said tell_first(struct lookupd *l, usec now,
				    struct lookupd_query *q,
				    const struct lookupd_list *is,
				    struct effects *fx)
{
	struct rd r = rd_over(is->bytes, is->len);
	struct lookup_item i;

	while (lookup_item_next(&r, &i)) {
		if (!is_wanted(q, &i))
			continue;
		l->stats.agents[LOOKUP_DIRECTORY].found++;
		lookupd_tell_one(l, now, q, &i, fx);
		return LOOKUPD_ANSWERED;
	}
	return LOOKUPD_NONE;
}

/* Only who finds no server says that it is silent. */
static enum lookupd_said refused(struct lookupd *l, usec now,
				 struct lookupd_query *q, int rc,
				 struct effects *fx)
{
	if (rc == -EHOSTUNREACH)
		lookupd_fail(l, now, q, fx);
	else
		lookupd_give_up(l, now, q, fx);
	return LOOKUPD_ANSWERED;
}

static enum lookupd_said by_list(struct lookupd *l, usec now,
				 struct lookupd_query *q, struct effects *fx)
{
	const struct lookupd_list *is = list_of(l, q->category);

	if (is && is->state == LIST_WHOLE && is_fresh(l, now, is, q))
		return q->op == LOOKUP_ALL ? tell_list(l, q, is, fx)
					   : tell_first(l, now, q, is, fx);
	if (!is || is->state != LIST_FILLING) {
		int rc = begin_list(l, now, q->category, fx);

		if (rc)
			return refused(l, now, q, rc, fx);
	}
	wait(l, now, q, WAITS_LIST);
	lookupd_hear_nic(l, now, fx);
	return LOOKUPD_LATER;
}

/* ---- one ----------------------------------------------------------------- */

/* Servers compare strings: a protocol behind a slash is no part of one. */
static bool is_plain(const struct lookupd_query *q)
{
	return q->category != LOOKUP_SERVICES || !strchr(q->value, '/');
}

enum lookupd_said lookupd_remote(struct lookupd *l, usec now,
				 struct lookupd_query *q, struct effects *fx)
{
	const struct nic_question n = {
		.what = NIC_READ,
		.directory = lookup_path(q->category) + 1,
		.key = q->key,
		.value = q->value,
		.cookie = cookie_of(COOKIE_ONE,
				    (uint64_t)(q->round & 0xffffff) << 16 |
					    (uint64_t)(q - l->queries))};
	int rc;

	if (q->op == LOOKUP_ALL || !is_plain(q))
		return by_list(l, now, q, fx);
	rc = ask(l, now, &n, fx);
	if (rc)
		return refused(l, now, q, rc, fx);
	wait(l, now, q, WAITS_AGENT);
	/* Before it was, nothing is kept. */
	if (!l->stamp)
		check(l, now, fx);
	lookupd_hear_nic(l, now, fx);
	return LOOKUPD_LATER;
}

static void on_one(struct lookupd *l, usec now, const struct nic_answer *a,
		   struct effects *fx)
{
	struct lookupd_query *q = &l->queries[(uint16_t)a->cookie];
	uint32_t round = (uint32_t)(a->cookie >> 16) & 0xffffff;
	struct where where;
	struct lookup_item item;

	if (!q->conn || (q->round & 0xffffff) != round ||
	    q->waits != WAITS_AGENT || q->agent != LOOKUP_DIRECTORY ||
	    q->due == NEVER) {
		l->stats.agents[LOOKUP_DIRECTORY].late++;
		return;
	}
	if (a->rc && a->rc != -ENOENT) {
		lookupd_fail(l, now, q, fx);
		return;
	}
	if (a->rc ||
	    !lookup_matches(q->category, &a->props, q->key, q->value)) {
		lookupd_pass(l, now, q, fx);
		return;
	}
	item = item_of(a, &where);
	l->stats.agents[LOOKUP_DIRECTORY].found++;
	lookupd_tell_one(l, now, q, &item, fx);
}

/* ---- answers ------------------------------------------------------------- */

void lookupd_hear_nic(struct lookupd *l, usec now, struct effects *fx)
{
	struct nic_answer a;

	while (l->nic && l->how->answer(l->nic, &a))
		switch ((enum cookie_kind)(a.cookie >> 60)) {
		case COOKIE_ONE:
			on_one(l, now, &a, fx);
			break;
		case COOKIE_LIST:
			on_list(l, now, &l->lists[a.cookie % LOOKUPD_LISTS],
				&a);
			break;
		case COOKIE_CHECK:
			on_check(l, now, &a);
			break;
		}
}

/* ---- coming and going ---------------------------------------------------- */

void lookupd_nic(struct lookupd *l, struct nic *nic,
		 const struct lookupd_reach *how)
{
	l->nic = nic;
	l->how = how;
	l->is_checking = false;
	l->stamp = 0;
	for (unsigned i = 0; i < LOOKUPD_LISTS; i++) {
		l->lists[i].state = LIST_NONE;
		if (nic && !l->lists[i].bytes)
			l->lists[i].bytes =
				alloc_get(&l->alloc, LOOKUPD_LIST, 1);
	}
}

void lookupd_close_lists(struct lookupd *l)
{
	for (unsigned i = 0; i < LOOKUPD_LISTS; i++)
		alloc_put(&l->alloc, l->lists[i].bytes);
}
