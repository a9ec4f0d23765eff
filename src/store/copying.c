/*
 * Copying.  Each thing has a hash; their sum is the digest, so it does not
 * matter in which order a store tells them.  What the other store has already
 * is known by its hash, and left out.
 */
#include "store/copying_inside.h"

#include <errno.h>
#include <string.h>

#include "store/etcd_record.h"

/* As bytes: those of etcd's records, which have all that there is of it; but an
 * entry's id and a lease's address, which are keys there. */
int thing_hash(struct sheet *room, const struct change *c,
	       struct thing_hash *to)
{
	bool is_edit = change_is_edit(c);

	room->len = 0;
	if (c->kind == CHANGE_ENTRY_DESTROY)
		etcd_address_write(room, c->id);
	else if (is_edit)
		etcd_entry_write(room, c);
	else
		etcd_lease_write(room, &c->lease, 0, 0);
	sheet_u64(room, is_edit ? c->id : c->lease.ip);
	if (room->failed)
		return -ENOMEM;
	to->v[0] = hash_bytes(room->s, room->len, 1);
	to->v[1] = hash_bytes(room->s, room->len, 2);
	return 0;
}

/* ---- what a store tells -------------------------------------------------- */

/* An id that was given, and whose entry is gone, load() tells by an entry that
 * is made and destroyed: so an entry waits until the next thing is there. */
struct telling {
	struct change waits;
	bool has_one;
	struct sheet props; /* its */
	store_each *each;
	void *arg;
};

static int tell_waiting(struct telling *t)
{
	bool had_one = t->has_one;

	t->has_one = false;
	t->waits.props.bytes = (const uint8_t *)t->props.s;
	return had_one ? t->each(t->arg, &t->waits) : 0;
}

static int let_wait(struct telling *t, const struct change *c)
{
	t->waits = *c;
	t->props.len = 0;
	sheet_bytes(&t->props, (const char *)c->props.bytes, c->props.len);
	t->has_one = true;
	return t->props.failed ? -ENOMEM : 0;
}

static int hear(void *arg, const struct change *c)
{
	struct telling *t = arg;
	int rc;

	if (c->kind == CHANGE_ENTRY_DESTROY) {
		t->has_one = false;
		return t->each(t->arg, c);
	}
	rc = tell_waiting(t);
	if (rc)
		return rc;
	return change_is_edit(c) ? let_wait(t, c) : t->each(t->arg, c);
}

int tell_things(struct store *s, const struct alloc *alloc, store_each *each,
		void *arg, uint64_t *revision)
{
	struct telling t = {
		.props = sheet_open(alloc), .each = each, .arg = arg};
	int rc = s->ops->load(s, hear, &t, revision);

	if (!rc)
		rc = tell_waiting(&t);
	sheet_close(&t.props);
	return rc;
}

/* ---- the sum ------------------------------------------------------------- */

struct summing {
	struct store_sum *to;
	struct sheet room;
};

static int add(void *arg, const struct change *c)
{
	struct summing *s = arg;
	struct store_sum *to = s->to;
	struct thing_hash h;
	int rc = thing_hash(&s->room, c, &h);

	if (rc)
		return rc;
	if (c->kind == CHANGE_ENTRY_DESTROY)
		to->last_id = c->id;
	else if (!change_is_edit(c))
		to->leases++;
	else if (c->kind == CHANGE_DOMAIN_PUT)
		to->domains++;
	else
		to->entries++;
	to->digest[0] += h.v[0];
	to->digest[1] += h.v[1];
	return 0;
}

int store_sum(struct store *s, const struct alloc *alloc, struct store_sum *to)
{
	struct summing sum = {.to = to, .room = sheet_open(alloc)};
	int rc;

	*to = (struct store_sum){.entries = 0};
	rc = tell_things(s, alloc, add, &sum, &to->revision);
	sheet_close(&sum.room);
	return rc;
}

bool store_sum_is(const struct store_sum *a, const struct store_sum *b)
{
	return a->entries == b->entries && a->domains == b->domains &&
	       a->leases == b->leases && a->last_id == b->last_id &&
	       a->digest[0] == b->digest[0] && a->digest[1] == b->digest[1];
}
