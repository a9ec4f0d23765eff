/*
 * Changes: what may be, and making it so.  Whatever can fail for want of memory
 * is done first and can be taken back; from then on nothing fails, so a change
 * is applied as a whole or not at all.
 */
#include "model/directory_inside.h"

#include <assert.h>
#include <errno.h>

#include "base/text.h"

static const struct entry *parent_of(const struct directory *d,
				     const struct entry *e)
{
	return &slot_at(d, slot_by_id(d, e->parent))->e;
}

/* The kinds of key that an entry has. */
static unsigned keys_for(const struct directory *d, const struct entry *e)
{
	return e->parent ? keys_below(d, parent_of(d, e)) : 1u << KEY_NAME;
}

static bool is_machines_name(const struct plist *props)
{
	const char *name = plist_value(props, "name");

	return name && text_is_nocase(name, strlen(name), "machines");
}

/* No sibling may have its name, and no machine its addresses. */
static int check_keys(const struct directory *d, const struct entry *e,
		      const struct plist *props, unsigned kinds,
		      uint32_t *other)
{
	struct key_walk w = keys_of(e, props, kinds);

	while (key_next(&w)) {
		uint32_t at = slot_by_key(d, &w.key);

		if (at && slot_at(d, at)->e.id != e->id) {
			*other = slot_at(d, at)->e.id;
			return -EEXIST;
		}
	}
	return w.bad ? -EINVAL : 0;
}

/* Machines are unique, and so are the directories at the top of a domain: the
 * one that is called machines makes them so.  Elsewhere names may repeat. */
static int check_unique(const struct directory *d, const struct entry *e,
			const struct plist *props, uint32_t *other)
{
	if (!e->parent)
		return 0;
	const struct entry *parent = parent_of(d, e);
	unsigned kinds = keys_below(d, parent);

	if (parent->id != parent->domain && kinds == 1u << KEY_NAME)
		return 0;
	if (e->props.len && keys_stay(e, props, kinds))
		return 0;
	return check_keys(d, e, props, kinds, other);
}

/* No other domain below the same one may have its name. */
static int check_domain_name(const struct directory *d, const struct change *c,
			     uint32_t *other)
{
	const char *name = plist_value(&c->props, "name");
	uint32_t at = 0;

	if (name && c->parent)
		at = root_below(d, c->parent, name, strlen(name));
	if (!at || slot_at(d, at)->e.id == c->id)
		return 0;
	*other = slot_at(d, at)->e.id;
	return -EEXIST;
}

static int check_domain_new(const struct directory *d, const struct change *c,
			    uint32_t *other)
{
	if (c->parent && !domain_root(d, c->parent))
		return -ENOENT;
	if (c->id <= c->parent)
		return -EINVAL;
	return check_domain_name(d, c, other);
}

/* A child's id is above its parent's, so that a store may list entries by id
 * and have every parent before its children. */
static int check_entry_new(const struct directory *d, const struct change *c,
			   uint32_t *other)
{
	struct entry e = {
		.id = c->id, .parent = c->parent, .domain = c->domain};
	uint32_t parent = slot_by_id(d, c->parent);

	if (!parent)
		return -ENOENT;
	if (slot_at(d, parent)->e.domain != c->domain || c->id <= c->parent)
		return -EINVAL;
	return check_unique(d, &e, &c->props, other);
}

static int check_new(const struct directory *d, const struct change *c,
		     uint32_t *other)
{
	/* The last number is never given out, or there would be no next. */
	if (!c->id || c->id == UINT32_MAX || !plist_is_sound(&c->props))
		return -EINVAL;
	return c->kind == CHANGE_DOMAIN_PUT ? check_domain_new(d, c, other)
					    : check_entry_new(d, c, other);
}

static int check_edit(const struct directory *d, const struct change *c,
		      const struct slot *s, uint32_t *other)
{
	uint32_t parent = s->e.parent;

	if (c->kind == CHANGE_DOMAIN_PUT) {
		if (!slot_is_root(s))
			return -EINVAL;
		parent = s->root.up ? slot_at(d, s->root.up)->e.id : 0;
	} else if (c->domain != s->e.domain) {
		return -EINVAL;
	}
	if (c->parent != parent || !plist_is_sound(&c->props))
		return -EINVAL;
	/* Renamed, the directory of machines would take them along. */
	if (s->e.parent && slot_is_root(slot_at(d, slot_by_id(d, parent))) &&
	    is_machines_name(&s->e.props) != is_machines_name(&c->props))
		return -EINVAL;
	return slot_is_root(s) ? check_domain_name(d, c, other)
			       : check_unique(d, &s->e, &c->props, other);
}

static int check_destroy(const struct change *c, const struct slot *s)
{
	if (c->id <= ENTRY_FIXED || c->domain != s->e.domain)
		return -EINVAL;
	return slot_is_root(s) && s->root.below ? -ENOTEMPTY : 0;
}

/* All but whether the instance is the right one. */
static int examine(const struct directory *d, const struct change *c,
		   uint32_t *other)
{
	uint32_t at = slot_by_id(d, c->id);

	switch (c->kind) {
	case CHANGE_DOMAIN_PUT:
	case CHANGE_ENTRY_PUT:
		return at ? check_edit(d, c, slot_at(d, at), other)
			  : check_new(d, c, other);
	case CHANGE_ENTRY_DESTROY:
		return at ? check_destroy(c, slot_at(d, at)) : -ENOENT;
	case CHANGE_LEASE_PUT:
	case CHANGE_LEASE_DROP:
		break; /* the leases' own affair */
	}
	return -EINVAL;
}

static int check_instance(const struct directory *d, const struct change *c)
{
	uint32_t at = slot_by_id(d, c->id);

	if (at)
		return c->instance == slot_at(d, at)->e.instance + 1 ? 0
								     : -ESTALE;
	if (c->instance != 1)
		return -ENOENT;
	return c->id >= d->next_id ? 0 : -ESTALE;
}

int directory_check(const struct directory *d, const struct change *c,
		    uint32_t *other)
{
	int rc = change_is_edit(c) ? check_instance(d, c) : -EINVAL;

	*other = ENTRY_NONE;
	return rc ? rc : examine(d, c, other);
}

/* Behind the last sibling with a smaller id: the last one, as a rule. */
static void link_child(struct directory *d, uint32_t at, uint32_t parent)
{
	struct slot *s = slot_at(d, at), *p = slot_at(d, parent);
	uint32_t before = p->last;

	while (before && slot_at(d, before)->e.id > s->e.id)
		before = slot_at(d, before)->prev;
	uint32_t *from = before ? &slot_at(d, before)->e.next : &p->e.child;

	s->prev = before;
	s->e.next = *from;
	*from = at;
	if (s->e.next)
		slot_at(d, s->e.next)->prev = at;
	else
		p->last = at;
}

static void unlink_child(struct directory *d, uint32_t at, uint32_t parent)
{
	struct slot *s = slot_at(d, at), *p = slot_at(d, parent);

	if (s->prev)
		slot_at(d, s->prev)->e.next = s->e.next;
	else
		p->e.child = s->e.next;
	if (s->e.next)
		slot_at(d, s->e.next)->prev = s->prev;
	else
		p->last = s->prev;
}

/* Whether it is one of a domain's machines. */
static bool is_machine(const struct directory *d, const struct entry *e)
{
	return keys_for(d, e) >> KEY_HW & 1;
}

/* The entry is in its slot and its indexes: let the others know of it. */
static void settle_in(struct directory *d, uint32_t at, uint32_t parent)
{
	struct slot *s = slot_at(d, at);
	struct slot *p = parent ? slot_at(d, parent) : NULL;

	if (slot_is_root(s)) {
		s->root.up = parent;
		roots_add(d, at);
		if (p)
			p->root.below++;
		return;
	}
	assert(p);
	if (slot_is_root(p) && is_machines_name(&s->e.props))
		p->root.machines = at;
	d->machines += is_machine(d, &s->e);
	link_child(d, at, parent);
}

/* An entry's part of the checksum goes up by that of so many writes of it; the
 * sum is of numbers that wrap around. */
static void sum_up(struct directory *d, const struct entry *e, uint32_t writes)
{
	uint32_t root = domain_root(d, e->domain);

	assert(root);
	slot_at(d, root)->root.checksum += (e->id - e->domain + 1) * writes;
}

static void fill(struct entry *e, const struct change *c)
{
	bool is_root = c->kind == CHANGE_DOMAIN_PUT;

	e->id = c->id;
	e->domain = is_root ? c->id : c->domain;
	e->parent = is_root ? ENTRY_NONE : c->parent;
	e->instance = c->instance;
}

static int apply_new(struct directory *d, const struct change *c)
{
	uint32_t at = journal_room(d) ? 0 : slot_take(d);
	uint32_t parent = slot_by_id(d, c->parent);

	if (!at)
		return -ENOMEM;
	struct entry *e = &slot_at(d, at)->e;

	fill(e, c);
	int rc = props_copy(d, &c->props, &e->props);
	if (rc)
		goto no_props;
	rc = c->kind == CHANGE_DOMAIN_PUT ? roots_reserve(d) : 0;
	if (!rc)
		rc = id_add(d, at);
	if (rc)
		goto no_id;
	rc = keys_add(d, at, &e->props, keys_for(d, e));
	if (rc)
		goto no_keys;
	keys_note(slot_at(d, at), keys_for(d, e));
	settle_in(d, at, parent);
	sum_up(d, e, e->instance);
	if (d->next_id <= c->id)
		d->next_id = c->id + 1;
	(void)journal_add(d, JOURNAL_NEW, at);
	return 0;
no_keys:
	id_remove(d, at);
no_id:
	props_drop(d, &e->props);
no_props:
	slot_give(d, at);
	return rc;
}

static int apply_edit(struct directory *d, const struct change *c, uint32_t at)
{
	struct entry *e = &slot_at(d, at)->e;
	unsigned kinds = keys_for(d, e);
	struct plist props;
	int rc = journal_room(d);

	if (!rc)
		rc = props_copy(d, &c->props, &props);
	if (rc)
		return rc;
	bool stay = keys_stay(e, &props, kinds);

	rc = stay ? 0 : keys_add(d, at, &props, kinds);
	if (rc) {
		props_drop(d, &props);
		return rc;
	}
	if (!stay)
		keys_remove(d, at, &e->props, kinds);
	if (!journal_add(d, JOURNAL_EDIT, at))
		props_drop(d, &e->props);
	e->props = props;
	sum_up(d, e, c->instance - e->instance);
	e->instance = c->instance;
	keys_note(slot_at(d, at), kinds);
	return 0;
}

/* An entry without children goes. */
static void remove_leaf(struct directory *d, uint32_t at)
{
	struct slot *s = slot_at(d, at);
	uint32_t parent = slot_by_id(d, s->e.parent);
	bool is_kept = journal_add(d, JOURNAL_LEAF, at);

	keys_remove(d, at, &s->e.props, keys_for(d, &s->e));
	sum_up(d, &s->e, -s->e.instance);
	if (parent) {
		struct slot *p = slot_at(d, parent);

		d->machines -= is_machine(d, &s->e);
		unlink_child(d, at, parent);
		if (slot_is_root(p) && p->root.machines == at)
			p->root.machines = 0;
	} else {
		if (s->root.up)
			slot_at(d, s->root.up)->root.below--;
		roots_remove(d, at);
	}
	id_remove(d, at);
	if (!is_kept)
		props_drop(d, &s->e.props);
	slot_give(d, at);
}

/* Down to a leaf, take it away, on from its parent: no recursion, since how
 * deep a tree is, others decide. */
static int apply_destroy(struct directory *d, uint32_t top)
{
	uint32_t at = top, parent;

	for (;;) {
		int rc = journal_room(d);

		if (rc)
			return rc;
		while (slot_at(d, at)->e.child)
			at = slot_at(d, at)->e.child;
		parent = slot_by_id(d, slot_at(d, at)->e.parent);
		remove_leaf(d, at);
		if (at == top)
			return 0;
		at = parent;
	}
}

/* It was examined. */
static int make_change(struct directory *d, const struct change *c)
{
	uint32_t at = slot_by_id(d, c->id);

	if (c->kind == CHANGE_ENTRY_DESTROY)
		return apply_destroy(d, at);
	return at ? apply_edit(d, c, at) : apply_new(d, c);
}

int directory_apply(struct directory *d, const struct change *c)
{
	uint32_t other, at = slot_by_id(d, c->id);
	int rc = examine(d, c, &other);

	if (rc)
		return rc;
	if (c->instance <= (at ? slot_at(d, at)->e.instance : 0))
		return -ESTALE;
	d->writes++;
	return make_change(d, c);
}

int change_strictly(struct directory *d, const struct change *c,
		    uint32_t *other)
{
	int rc = directory_check(d, c, other);

	return rc ? rc : make_change(d, c);
}

int change_blank(struct directory *d, uint32_t id)
{
	uint32_t at = slot_by_id(d, id);
	struct change c = {.id = id};

	if (!at || is_machines_name(&slot_at(d, at)->e.props))
		return 0;
	c.instance = slot_at(d, at)->e.instance;
	return apply_edit(d, &c, at);
}

void undo_new(struct directory *d, uint32_t at)
{
	remove_leaf(d, at);
}

void undo_edit(struct directory *d, uint32_t at, const struct slot *was)
{
	struct slot *s = slot_at(d, at);
	unsigned kinds = keys_for(d, &s->e);
	bool stay = keys_stay(&s->e, &was->e.props, kinds);
	int rc;

	if (!stay)
		keys_remove(d, at, &s->e.props, kinds);
	props_drop(d, &s->e.props);
	s->e.props = was->e.props;
	sum_up(d, &s->e, was->e.instance - s->e.instance);
	s->e.instance = was->e.instance;
	/* They were all in before, at once, and tables do not shrink. */
	rc = stay ? 0 : keys_add(d, at, &s->e.props, kinds);
	assert(!rc);
	keys_note(s, kinds);
}

/* Between the siblings that it had. */
static void relink_child(struct directory *d, uint32_t at, uint32_t parent)
{
	struct slot *s = slot_at(d, at), *p = slot_at(d, parent);

	if (s->prev)
		slot_at(d, s->prev)->e.next = at;
	else
		p->e.child = at;
	if (s->e.next)
		slot_at(d, s->e.next)->prev = at;
	else
		p->last = at;
}

void undo_leaf(struct directory *d, uint32_t from, const struct slot *was)
{
	uint32_t at = slot_take(d), parent = slot_by_id(d, was->e.parent);
	struct slot *s = slot_at(d, at);
	int rc;

	assert(at == from);
	*s = *was;
	rc = id_add(d, at);
	assert(!rc);
	if (parent) {
		struct slot *p = slot_at(d, parent);

		if (slot_is_root(p) && is_machines_name(&s->e.props))
			p->root.machines = at;
		d->machines += is_machine(d, &s->e);
		relink_child(d, at, parent);
		sum_up(d, &s->e, s->e.instance);
	} else {
		if (s->root.up)
			slot_at(d, s->root.up)->root.below++;
		roots_add(d, at);
	}
	rc = keys_add(d, at, &s->e.props, keys_for(d, &s->e));
	assert(!rc);
}
