/*
 * Which entry an entry of a draft is.  All children of the parent are put into
 * one index by what they can be known by, once; nodes of the same key are
 * chained in order, and only the first of a chain is in the index, so that ten
 * thousand of one name cost no more than as many different ones.
 */
#include "model/difference_inside.h"

#include "base/text.h"

#include <errno.h>

static bool grow(const struct alloc *alloc, void **v, uint32_t n,
		 uint32_t *most, size_t size)
{
	uint32_t room = *most ? 2 * *most : 64;
	void *to = alloc_get(alloc, room, size);

	if (!to)
		return false;
	if (n)
		memcpy(to, *v, n * size);
	alloc_put(alloc, *v);
	*v = to;
	*most = room;
	return true;
}

static bool is_same(const struct match *m, const struct match_node *a,
		    const struct match_node *b)
{
	if (a->kind != b->kind || a->text.len != b->text.len ||
	    a->key.len != b->key.len ||
	    (a->key.len && memcmp(a->key.s, b->key.s, a->key.len) != 0))
		return false;
	if (a->kind == MATCH_WHOLE || !m->is_nocase)
		return !a->text.len ||
		       !memcmp(a->text.s, b->text.s, a->text.len);
	return span_is_same(a->text, b->text);
}

static uint64_t hash_of(const struct match_node *n)
{
	uint64_t key = hash_bytes(n->key.s, n->key.len, n->kind);

	if (n->kind == MATCH_WHOLE)
		return hash_bytes(n->text.s, n->text.len, key);
	return hash_name(n->text.s, n->text.len, key);
}

static uint32_t find(const struct match *m, const struct match_node *n)
{
	for (uint32_t at = 0, id; index_next(&m->index, hash_of(n), &at, &id);)
		if (is_same(m, &m->nodes[id], n))
			return id;
	return 0;
}

static int add(struct match *m, const struct match_node *n)
{
	void *v = m->nodes;
	uint32_t first = find(m, n);

	if (m->n_nodes == m->most_nodes) {
		if (!grow(m->alloc, &v, m->n_nodes, &m->most_nodes,
			  sizeof *m->nodes))
			return -ENOMEM;
		m->nodes = v;
	}
	m->nodes[m->n_nodes] = *n;
	/* They are added from the last to the first: this one comes first. */
	m->nodes[m->n_nodes].same = first;
	if (first)
		index_remove(&m->index, hash_of(n), first);
	return index_add(&m->index, hash_of(n), m->n_nodes++);
}

static struct span key_of(const struct match *m, const struct entry *e)
{
	const char *key = m->o->key ? plist_value(&e->props, m->o->key) : NULL;

	return key ? span_of(key) : (struct span){.s = "", .len = 0};
}

static int add_values(struct match *m, uint32_t child, enum match_kind kind,
		      const char *property)
{
	struct match_node n = {.child = child, .kind = kind};
	const struct entry *e = m->children[child];
	struct property p;
	int rc = 0;

	n.key = kind == MATCH_NAME ? key_of(m, e)
				   : (struct span){.s = "", .len = 0};
	if (!plist_find(&e->props, property, &p))
		return 0;
	while (!rc && rd_left(&p.values)) {
		n.text.s = rd_cstr(&p.values, &n.text.len);
		rc = n.text.s ? add(m, &n) : 0;
	}
	return rc;
}

static int add_first(struct match *m, uint32_t child)
{
	const struct entry *e = m->children[child];
	const char *name = plist_value(&e->props, "name");
	struct match_node n = {.child = child,
			       .kind = MATCH_FIRST,
			       .text = span_of(name ? name : ""),
			       .key = key_of(m, e)};

	return name ? add(m, &n) : 0;
}

static int add_whole(struct match *m, uint32_t child)
{
	const struct plist *pl = &m->children[child]->props;
	struct match_node n = {.child = child,
			       .kind = MATCH_WHOLE,
			       .text = {(const char *)pl->bytes, pl->len},
			       .key = {"", 0}};

	return add(m, &n);
}

static int add_child(struct match *m, uint32_t child)
{
	static const char *const properties[] = {
		[MATCH_NAME] = "name",
		[MATCH_HW] = "en_address",
		[MATCH_IP] = "ip_address",
		[MATCH_ADDRESS] = "address",
	};
	struct property p;
	int rc = 0;

	for (enum match_kind k = MATCH_NAME; k < MATCH_WHOLE && !rc; k++)
		rc = add_values(m, child, k, properties[k]);
	if (!rc)
		rc = add_first(m, child);
	if (!rc && !plist_find(&m->children[child]->props, "name", &p))
		rc = add_whole(m, child);
	return rc;
}

static int list_children(struct match *m, const struct entry *parent)
{
	const struct directory *d = m->o->directory;

	for (const struct entry *e = entry_first(d, parent); e;
	     e = entry_next(d, e)) {
		void *v = m->children;

		if (m->n == m->most) {
			if (!grow(m->alloc, &v, m->n, &m->most,
				  sizeof *m->children))
				return -ENOMEM;
			m->children = v;
		}
		m->children[m->n++] = e;
	}
	return 0;
}

int match_open(struct match *m, const struct alloc *alloc,
	       const struct difference_options *o, const struct entry *parent)
{
	int rc;

	*m = (struct match){.alloc = alloc, .o = o, .n_nodes = 1};
	m->is_nocase = parent ==
		       directory_path(o->directory, o->domain, "/machines");
	m->most_nodes = 64;
	m->nodes = alloc_get(alloc, m->most_nodes, sizeof *m->nodes);
	rc = m->nodes ? list_children(m, parent) : -ENOMEM;
	if (!rc)
		rc = index_open(&m->index, alloc, m->n + 16, true);
	m->is_taken = alloc_get(alloc, m->n + 1, sizeof *m->is_taken);
	if (!m->is_taken)
		rc = -ENOMEM;
	for (uint32_t i = m->n; i && !rc; i--)
		rc = add_child(m, i - 1);
	return rc;
}

void match_close(struct match *m)
{
	index_close(&m->index, m->alloc);
	alloc_put(m->alloc, m->nodes);
	alloc_put(m->alloc, m->is_taken);
	alloc_put(m->alloc, m->children);
}

/* The first of a chain that is not taken; what is passed over leaves the
 * chain, so it is passed over once. */
static const struct entry *take(struct match *m, const struct match_node *n)
{
	uint32_t first = find(m, n), at = first;

	while (at && m->is_taken[m->nodes[at].child])
		at = m->nodes[at].same;
	if (first && at != first) {
		index_remove(&m->index, hash_of(n), first);
		/* There was room for the one that went. */
		if (at)
			(void)index_add(&m->index, hash_of(n), at);
	}
	if (!at)
		return NULL;
	m->is_taken[m->nodes[at].child] = true;
	return m->children[m->nodes[at].child];
}

/* By which names alone do not tell. */
static struct span draft_key(const struct match *m, const struct draft_entry *e)
{
	const char *key = m->o->key ? draft_text(e, m->o->key) : NULL;

	return span_of(key ? key : "");
}

const struct entry *match_take_first(struct match *m,
				     const struct draft_entry *e)
{
	const char *name = draft_text(e, "name");
	struct match_node n = {.kind = MATCH_FIRST,
			       .text = span_of(name ? name : ""),
			       .key = draft_key(m, e)};

	return name && !e->is_nameless ? take(m, &n) : NULL;
}

static const struct entry *take_by(struct match *m, const struct draft_entry *e,
				   enum match_kind kind, const char *property)
{
	const struct draft_property *p = draft_find(e, property);
	struct match_node n = {.kind = kind,
			       .key = kind == MATCH_NAME ? draft_key(m, e)
							 : span_of("")};
	const struct entry *found = NULL;

	for (const struct draft_value *v = p ? p->first : NULL; v && !found;
	     v = v->next) {
		n.text = span_of(v->text);
		found = take(m, &n);
	}
	return found;
}

/* One without a name is meant only if all of it is the same. */
static const struct entry *take_whole(struct match *m,
				      const struct draft_entry *e)
{
	struct merge merge = {.o = m->o, .e = e};
	size_t room = merge_room(&merge);
	uint8_t *bytes = alloc_get(m->alloc, room, 1);
	struct plist_out out = plist_begin(bytes, bytes ? room : 0);
	const struct entry *found = NULL;
	struct plist pl;

	if (bytes && draft_plist(e, &out) && plist_end(&out, &pl)) {
		struct match_node n = {.kind = MATCH_WHOLE,
				       .text = {(const char *)pl.bytes, pl.len},
				       .key = {"", 0}};

		found = take(m, &n);
	}
	alloc_put(m->alloc, bytes);
	return found;
}

const struct entry *match_take(struct match *m, const struct draft_entry *e)
{
	const struct entry *found = NULL;

	if (e->is_nameless)
		found = take_by(m, e, MATCH_HW, "en_address");
	if (!found && e->is_nameless)
		found = take_by(m, e, MATCH_IP, "ip_address");
	if (!found)
		found = take_by(m, e, MATCH_NAME, "name");
	if (!found && e->is_nameless)
		found = take_by(m, e, MATCH_ADDRESS, "address");
	if (!found && !draft_find(e, "name"))
		found = take_whole(m, e);
	return found;
}

const struct entry *match_left(const struct match *m, uint32_t *at)
{
	while (*at < m->n) {
		uint32_t i = (*at)++;

		if (!m->is_taken[i])
			return m->children[i];
	}
	return NULL;
}
