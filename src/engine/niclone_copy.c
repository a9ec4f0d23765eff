/*
 * A copy that came: every directory is where its parent says, in the parent's
 * order, once; and together they have the checksum that the master told.
 */
#include "engine/niclone_impl.h"

#include "base/hash.h"

#include <errno.h>

enum { MARK = 64 /* bytes of a mark as a property, at most */ };

/* ---- by object id ---------------------------------------------------------
 */

static uint32_t slot_of(const struct copy *c, uint32_t object)
{
	uint32_t at = (uint32_t)hash_u64(object, 1) & c->mask;

	while (c->index[at] && c->v[c->index[at] - 1].id.object != object)
		at = (at + 1) & c->mask;
	return at;
}

struct copied *copy_find(const struct copy *c, uint32_t object)
{
	uint32_t n = c->index[slot_of(c, object)];

	return n ? &c->v[n - 1] : NULL;
}

/* ---- room -----------------------------------------------------------------
 */

static uint32_t count(struct netinfo_list l)
{
	struct netinfo_object o;
	uint32_t n = 0;

	while (n <= NICLONE_OBJECTS && netinfo_object_next(&l, &o))
		n++;
	return n;
}

void copy_drop(struct copy *c)
{
	struct alloc alloc;

	if (!c)
		return;
	alloc = c->alloc;
	alloc_put(&alloc, c->v);
	alloc_put(&alloc, c->bytes);
	alloc_put(&alloc, c->word);
	alloc_put(&alloc, c->index);
	alloc_put(&alloc, c);
}

/* A property list of ours is never longer than one of the wire. */
static struct copy *copy_new(uint32_t n, size_t len, const struct alloc *alloc)
{
	struct copy *c = alloc_get(alloc, 1, sizeof(*c));
	uint32_t slots = 4;

	while (slots < 2 * n)
		slots *= 2;
	if (!c)
		return NULL;
	c->alloc = *alloc;
	c->most = n;
	c->room = len + (size_t)n * MARK;
	c->mask = slots - 1;
	c->v = alloc_get(alloc, n, sizeof(*c->v));
	c->bytes = alloc_get(alloc, 1, c->room);
	c->word = alloc_get(alloc, 1, NETINFO_NAME + 1);
	c->index = alloc_get(alloc, slots, sizeof(*c->index));
	if (c->v && c->bytes && c->word && c->index)
		return c;
	copy_drop(c);
	return NULL;
}

/* ---- one directory --------------------------------------------------------
 */

static const char *word(struct copy *c, struct span s)
{
	(void)span_copy(c->word, NETINFO_NAME + 1, s); /* none is longer */
	return c->word;
}

static bool props_get(struct copy *c, const struct netinfo_object *o,
		      struct plist *to)
{
	struct netinfo_mark mark = {.id = o->id};
	struct plist_out out =
		plist_begin(c->bytes + c->used, c->room - c->used);
	struct netinfo_list props = o->props;
	struct netinfo_property p;
	struct span v;

	if (o->id.object)
		netinfo_mark_put(&mark, false, &out);
	while (netinfo_property_next(&props, &p)) {
		plist_add(&out, word(c, p.name));
		while (netinfo_name_next(&p.values, &v))
			plist_add_value(&out, word(c, v));
	}
	if (!plist_end(&out, to))
		return false;
	c->used += to->len;
	return true;
}

/* The next child that its parent has, and never seen before. */
static bool belongs(struct copy *c, const struct netinfo_object *o,
		    uint32_t *up)
{
	struct copied *parent;
	uint32_t next;

	if (copy_find(c, o->id.object))
		return false;
	*up = 0;
	if (!c->n)
		return !o->id.object;
	parent = copy_find(c, o->parent);
	if (!parent)
		return false;
	*up = (uint32_t)(parent - c->v);
	return netinfo_object_id_next(&parent->children, &next) &&
	       next == o->id.object;
}

static bool object_get(struct copy *c, const struct netinfo_object *o)
{
	struct copied *to = &c->v[c->n];
	uint32_t up, slot;

	if (c->n == c->most || !belongs(c, o, &up))
		return false;
	*to = (struct copied){.id = o->id, .up = up, .children = o->children};
	if (!props_get(c, o, &to->props))
		return false;
	slot = slot_of(c, o->id.object);
	c->index[slot] = ++c->n;
	return true;
}

/* ---- all of them ----------------------------------------------------------
 */

static bool is_whole(const struct copy *c)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i < c->n; i++) {
		if (c->v[i].children.n)
			return false;
		sum += (c->v[i].id.object + 1) * c->v[i].id.instance;
	}
	return c->n && sum == c->checksum;
}

static int objects_get(struct copy *c, struct netinfo_list l)
{
	struct netinfo_object o;

	while (netinfo_object_next(&l, &o))
		if (!object_get(c, &o))
			return -EBADMSG;
	return is_whole(c) ? 0 : -EBADMSG;
}

static int make(struct copy **to, const struct netinfo *m, size_t len,
		const struct alloc *alloc)
{
	uint32_t n = count(m->list);
	struct copy *c;
	int rc;

	*to = NULL;
	if (!n)
		return m->checksum ? -EBADMSG : 0;
	if (n > NICLONE_OBJECTS)
		return -EMSGSIZE;
	c = copy_new(n, len, alloc);
	if (!c)
		return -ENOMEM;
	c->checksum = m->checksum;
	rc = objects_get(c, m->list);
	if (rc) {
		copy_drop(c);
		return rc;
	}
	*to = c;
	return 0;
}

int copy_get(struct copy **to, const uint8_t *record, size_t len,
	     const struct alloc *alloc, uint32_t *status)
{
	struct rd r = rd_over(record, len);
	struct rpc_reply p;
	struct netinfo m;

	*to = NULL;
	*status = 0;
	if (len > NICLONE_BYTES)
		return -EMSGSIZE;
	if (!rpc_reply_get(&p, &r) || p.status != RPC_SUCCESS)
		return -EBADMSG;
	r = rd_over(p.results, p.len);
	if (!netinfo_results_get(&m, NETINFO_READALL, &r))
		return -EBADMSG;
	*status = m.status;
	return m.status ? -EREMOTEIO : make(to, &m, len, alloc);
}
