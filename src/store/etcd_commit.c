/*
 * Committing: a batch is judged and becomes transactions, several of them side
 * by side (a round).  What was judged by something that others have changed
 * meanwhile is judged again, when that is known.
 *
 * A transaction without an answer is asked for once more: it compares all that
 * it was judged by, so it is not made twice, and its marker tells whether it
 * was made the first time.
 */
#include "store/etcd_inside.h"

#include <errno.h>
#include <string.h>

enum { AGAIN = 3 /* times that an answer is asked for */ };

/* ---- until it is known --------------------------------------------------- */

static bool is_unknown(const struct etcd_txn *t)
{
	return t->rc == -ETIMEDOUT || t->rc == -EAGAIN;
}

/* Those of which nobody knows, once more: whether there were any. */
static bool ask_again(struct etcd *e, struct etcd_txn *v, size_t n,
		      bool *was_lost)
{
	struct etcd_txn again[ETCD_SIDE];
	size_t which[ETCD_SIDE], k = 0;

	for (size_t i = 0; i < n; i++)
		if (is_unknown(&v[i])) {
			which[k] = i;
			again[k++] = v[i];
			was_lost[i] = true;
		}
	if (!k)
		return false;
	(void)e->link->ops->txns(e->link, again, k, e->config.wait);
	for (size_t i = 0; i < k; i++) {
		/* That nothing happened is known of the last time only. */
		if (again[i].rc == -EHOSTUNREACH)
			again[i].rc = -ETIMEDOUT;
		v[which[i]] = again[i];
	}
	return true;
}

/* It was not made now, since it had been before. */
static void see_marker(struct etcd_txn *t)
{
	const struct etcd_op *marker = &t->ops[t->n_ops - 1];

	if (t->rc || t->succeeded || t->marker_len != marker->len ||
	    memcmp(t->marker_value, marker->value, marker->len))
		return;
	t->succeeded = true;
	t->revision = t->marker_revision;
}

int etcd_carry(struct etcd *e, struct etcd_txn *v, size_t n)
{
	bool was_lost[ETCD_SIDE] = {false};
	int rc = 0, most = e->is_silent ? 0 : AGAIN;

	(void)e->link->ops->txns(e->link, v, n, e->config.wait);
	for (int i = 0; i < most && ask_again(e, v, n, was_lost); i++)
		;
	e->is_silent = true;
	for (size_t i = 0; i < n; i++) {
		v[i].was_lost = was_lost[i] || is_unknown(&v[i]);
		if (was_lost[i])
			see_marker(&v[i]);
		e->is_silent &= is_unknown(&v[i]);
		if (!v[i].rc && v[i].succeeded && etcd_own(e, v[i].revision))
			e->is_broken = true;
		rc = rc ? rc : v[i].rc;
	}
	return rc;
}

/* ---- a round ------------------------------------------------------------- */

struct round {
	struct etcd *e;
	struct commit **todo; /* the batch's, those in the round first */
	size_t n_todo;
	size_t n_in, n_seats;
	struct seat seats[ETCD_SIDE];
};

/* Move the commit with number `at`, which is behind those in the round, to
 * their end. */
static void seat_add(struct round *r, size_t at)
{
	struct commit *v = r->todo[at];

	memmove(&r->todo[r->n_in + 1], &r->todo[r->n_in],
		(at - r->n_in) * sizeof *r->todo);
	r->todo[r->n_in++] = v;
	r->seats[r->n_seats - 1].n++;
}

static void drop_todo(struct round *r, size_t at)
{
	memmove(&r->todo[at], &r->todo[at + 1],
		(--r->n_todo - at) * sizeof *r->todo);
}

static bool seat_open(struct round *r)
{
	if (r->n_seats == r->e->side)
		return false;
	draft_clear(&r->e->drafts[r->n_seats]);
	r->seats[r->n_seats++] = (struct seat){.first = r->n_in};
	return true;
}

/* Judge one; false: the round is full. */
static bool judge_next(struct round *r, size_t *at)
{
	struct commit *v = r->todo[*at];
	struct seat *s = &r->seats[r->n_seats - 1];
	int rc = etcd_judge(r->e, v, &r->e->drafts[r->n_seats - 1]);

	if ((rc == -E2BIG || rc == -EMSGSIZE) && s->n) {
		if (!seat_open(r))
			return false;
		rc = etcd_judge(r->e, v, &r->e->drafts[r->n_seats - 1]);
	}
	if (!rc)
		seat_add(r, *at);
	if (!rc || (rc == -EBUSY && r->n_in)) {
		++*at; /* it waits for the next round */
		return true;
	}
	v->rc = rc == -EBUSY ? -EINVAL : rc;
	drop_todo(r, *at);
	return true;
}

/* Old lines of the history go along, a few more than come. */
static void prune(struct etcd *e, struct draft *d, struct seat *s)
{
	uint64_t lines = e->lines;
	size_t most = e->config.txn_ops;

	while (lines > e->keep && s->pruned < e->n_history &&
	       s->pruned < 2 * s->n && d->ops.n + 1 < most) {
		lines -= e->history[s->pruned].lines;
		draft_delete(d, e->history[s->pruned++].key);
	}
}

/* ---- what became of it --------------------------------------------------- */

static void mark_done(struct etcd *e, const struct draft *d, uint64_t revision)
{
	for (size_t i = 0; i < d->ops.n; i++) {
		const struct draft_op *o = &d->ops.v[i];
		struct mark *m;

		if (o->key[0] == 'y' || o->key[0] == 't')
			continue;
		m = marks_get(&e->marks, o->key);
		if (!m) {
			e->is_broken = true;
			return;
		}
		m->revision = o->is_delete ? 0 : revision;
		m->value = o->value;
	}
}

/* The commit's key of the history, which is behind operation *at. */
static void keep_history(struct etcd *e, const struct draft *d, size_t *at,
			 size_t lines)
{
	const struct draft_op *o;

	do
		o = &d->ops.v[(*at)++];
	while (o->key[0] != 'y');
	if (etcd_history_add(e, o->key, lines))
		e->is_broken = true;
}

static void done(struct etcd *e, struct round *r, const struct seat *s,
		 const struct draft *d, uint64_t revision)
{
	struct memory *m = etcd_memory(e);
	size_t at = 0;

	etcd_history_drop(e, s->pruned);
	for (size_t i = s->first; i < s->first + s->n; i++) {
		struct commit *v = r->todo[i];
		size_t lines = m->n_lines;

		v->rc = memory_make(m, v, revision);
		v->revision = revision;
		e->is_broken |= v->rc != 0;
		if (change_is_edit(v->change))
			keep_history(e, d, &at, m->n_lines - lines);
	}
	mark_done(e, d, revision);
}

/* Take out of the list what has come to an end: all of a seat. */
static void leave(struct round *r, struct seat *s)
{
	for (size_t i = 0; i < s->n; i++)
		r->todo[s->first + i] = NULL;
}

static void compact(struct round *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n_todo; i++)
		if (r->todo[i])
			r->todo[n++] = r->todo[i];
	r->n_todo = n;
}

/* Nobody knows, whatever the words were. */
static int outcome_of(const struct etcd_txn *t)
{
	return is_unknown(t) ? -ETIMEDOUT : t->rc;
}

/* Whether all of the round was made, or something others had done was in its
 * way: -EAGAIN. */
static int judge_round(struct round *r, const struct etcd_txn *t)
{
	struct etcd *e = r->e;
	int rc = 0;

	for (size_t i = 0; i < r->n_seats; i++) {
		struct seat *s = &r->seats[i];

		if (s->has_edits)
			marker_carried(e, i, &t[i]);
		if (!t[i].rc && !t[i].succeeded) {
			rc = -EAGAIN;
			continue;
		}
		if (!t[i].rc)
			done(e, r, s, &e->drafts[i], t[i].revision);
		else
			for (size_t k = 0; k < s->n; k++)
				r->todo[s->first + k]->rc = outcome_of(&t[i]);
		leave(r, s);
	}
	compact(r);
	return rc;
}

/* What waits while others are done is given up at the same time as they: so
 * there are fewer when etcd took long, and more again when it does not. */
static void pace(struct etcd *e, usec took)
{
	if (took > e->config.wait / 2)
		e->side = e->side > 1 ? e->side / 2 : 1;
	else if (took < e->config.wait / 4 && e->side < ETCD_SIDE)
		e->side++;
}

static int run_round(struct round *r)
{
	struct etcd *e = r->e;
	struct etcd_txn t[ETCD_SIDE];
	uint64_t heard = e->heard;
	usec began = e->link->ops->now(e->link);
	size_t n = 0;
	int rc = 0;

	for (; n < r->n_seats && !rc; n++) {
		struct seat *s = &r->seats[n];

		prune(e, &e->drafts[n], s);
		rc = seat_mark(e, &e->drafts[n], s, n);
		if (!rc)
			rc = seat_seal(e, &e->drafts[n], s, &t[n]);
	}
	if (!rc) {
		(void)etcd_carry(e, t, n);
		pace(e, e->link->ops->now(e->link) - began);
		rc = judge_round(r, t);
	}
	while (n)
		seat_unseal(e, &r->seats[--n]);
	if (rc == -EAGAIN)
		rc = etcd_hear_more(e, heard);
	return rc;
}

/* One round of what is to do: 0 or an error that all have that are left. */
static int next_round(struct round *r)
{
	size_t at = 0;

	r->n_in = r->n_seats = 0;
	r->e->round++;
	(void)seat_open(r);
	while (at < r->n_todo && judge_next(r, &at))
		;
	return r->n_in ? run_round(r) : 0;
}

/* What was left when it had been tried often enough: others were faster. */
static int too_often(const struct commit *v)
{
	return change_is_edit(v->change) ? -ESTALE : -EEXIST;
}

static int run_all(struct round *r)
{
	int rc = 0;

	for (size_t left, tries = 0; !rc && r->n_todo && tries < ETCD_TRIES;) {
		left = r->n_todo;
		rc = next_round(r);
		tries += r->n_todo == left;
	}
	for (size_t i = 0; i < r->n_todo; i++)
		r->todo[i]->rc = rc ? rc : too_often(r->todo[i]);
	return rc;
}

/* The last edit that was made; 0: none was. */
static uint64_t last_edit(const struct commit *v, size_t n)
{
	uint64_t last = 0;

	for (size_t i = 0; i < n; i++)
		if (!v[i].rc && change_is_edit(v[i].change) &&
		    v[i].revision > last)
			last = v[i].revision;
	return last;
}

/*
 * Of a commit's revision no more is told than has been heard: who learns it
 * must know all that came before.  What has not been heard by then has nothing
 * in common with a lease, or its transaction had failed.  An edit may register
 * an address that was leased just before: that is waited for, though not for
 * long.
 */
static void tell_revisions(struct etcd *e, struct commit *v, size_t n)
{
	(void)etcd_catch_up(e, last_edit(v, n), e->config.wait);
	for (size_t i = 0; i < n; i++)
		if (v[i].rc)
			v[i].revision = 0;
		else if (v[i].revision > e->revision)
			v[i].revision = e->revision;
}

int etcd_commit(struct store *s, struct commit *v, size_t n, uint64_t *revision)
{
	struct etcd *e = etcd_of(s);
	struct round r = {.e = e, .n_todo = n};
	int rc = e->is_broken ? -EIO : etcd_hear(e);

	if (!rc && !(e->is_silent && e->session))
		rc = etcd_keep_session(e);
	if (!rc && !(r.todo = alloc_get(&e->alloc, n + 1, sizeof *r.todo)))
		rc = -ENOMEM;
	if (rc) /* nothing was tried */
		return store_fail_all(
			v, n,
			rc == -ETIMEDOUT || rc == -EAGAIN ? -EHOSTUNREACH : rc);
	for (size_t i = 0; i < n; i++) {
		v[i].rc = 0;
		v[i].revision = 0;
		r.todo[i] = &v[i];
	}
	(void)run_all(&r);
	alloc_put(&e->alloc, r.todo);
	tell_revisions(e, v, n);
	memory_prune(etcd_memory(e));
	*revision = e->revision;
	return 0;
}
