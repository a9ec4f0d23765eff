/*
 * Slots and indexes.  An index knows only hashes and slot numbers; the keys are
 * read where they stand, in the property list of the candidate.  Only the first
 * addresses of a machine are kept twice, for speed; a first name is looked for
 * where it stands in nearly all lists, at the very beginning.
 */
#include "model/directory_inside.h"

#include "base/text.h"

static uint64_t id_hash(const struct directory *d, uint32_t id)
{
	return hash_u64(id, d->seed);
}

uint32_t slot_by_id(const struct directory *d, uint32_t id)
{
	uint64_t hash = id_hash(d, id);

	for (uint32_t walk = 0, at; index_next(&d->by_id, hash, &walk, &at);)
		if (slot_at(d, at)->e.id == id)
			return at;
	return 0;
}

int id_add(struct directory *d, uint32_t at)
{
	return index_add(&d->by_id, id_hash(d, slot_at(d, at)->e.id), at);
}

void id_remove(struct directory *d, uint32_t at)
{
	index_remove(&d->by_id, id_hash(d, slot_at(d, at)->e.id), at);
}

uint32_t domain_root(const struct directory *d, uint32_t domain)
{
	/* The first of all entries, and for good; most servers have no other.
	 */
	if (domain == DOMAIN_FIRST && d->used > 1)
		return 1;
	uint32_t at = slot_by_id(d, domain);

	return at && slot_is_root(slot_at(d, at)) ? at : 0;
}

/* The scope goes into the hash: what ten thousand domains call "localhost"
 * must not share one chain. */
static uint64_t key_hash(const struct directory *d, const struct key *k)
{
	uint64_t seed = d->seed + k->scope;

	switch (k->kind) {
	case KEY_NAME:
		return hash_name(k->name, k->len, seed);
	case KEY_HW:
		return hash_hwaddr(&k->hw, seed);
	case KEY_IP:
		return hash_u64(k->ip, seed);
	case KEYS:
		break;
	}
	return 0;
}

static bool key_is(const struct key *a, const struct key *b)
{
	if (a->kind != b->kind || a->scope != b->scope)
		return false;
	switch (a->kind) {
	case KEY_NAME:
		return text_is_nocase(a->name, a->len, b->name);
	case KEY_HW:
		return hwaddr_is(&a->hw, &b->hw);
	case KEY_IP:
		return a->ip == b->ip;
	case KEYS:
		break;
	}
	return false;
}

unsigned keys_below(const struct directory *d, const struct entry *parent)
{
	uint32_t root = domain_root(d, parent->domain);
	uint32_t machines = root ? slot_at(d, root)->root.machines : 0;

	if (machines && slot_at(d, machines)->e.id == parent->id)
		return 1u << KEY_NAME | 1u << KEY_HW | 1u << KEY_IP;
	return 1u << KEY_NAME;
}

struct key_walk keys_of(const struct entry *e, const struct plist *props,
			unsigned kinds)
{
	return (struct key_walk){
		.e = e,
		.list = rd_over(props->bytes, props->len),
		.values = rd_over(NULL, 0),
		.kinds = kinds,
	};
}

static const char *const key_names[KEYS] = {
	[KEY_NAME] = "name",
	[KEY_HW] = "en_address",
	[KEY_IP] = "ip_address",
};

/* On to the next property whose values are keys. */
static bool property_next(struct key_walk *w)
{
	struct property p;

	while (plist_next(&w->list, &p)) {
		for (unsigned k = 0; k < KEYS; k++) {
			if (!(w->kinds & 1u << k) ||
			    strcmp(p.name, key_names[k]) != 0)
				continue;
			w->values = p.values;
			w->key.kind = (enum key_kind)k;
			w->key.scope = k == KEY_NAME ? w->e->parent
						     : w->e->domain;
			return true;
		}
	}
	return false;
}

/* An address for one machine, not for nobody or for many. */
static bool is_host(uint32_t ip)
{
	return ip && ip != IP_BROADCAST && !ip_is_multicast(ip);
}

static bool key_parse(struct key *k)
{
	switch (k->kind) {
	case KEY_NAME:
		return k->len > 0;
	case KEY_HW:
		return hwaddr_parse(k->name, k->len, &k->hw);
	case KEY_IP:
		return ip_parse(k->name, k->len, &k->ip) && is_host(k->ip);
	case KEYS:
		break;
	}
	return false;
}

bool key_next(struct key_walk *w)
{
	for (;;) {
		while (!rd_left(&w->values))
			if (!property_next(w))
				return false;
		w->key.name = rd_cstr(&w->values, &w->key.len);
		if (key_parse(&w->key))
			return true;
		if (w->key.kind != KEY_NAME)
			w->bad = true;
	}
}

bool keys_stay(const struct entry *e, const struct plist *props, unsigned kinds)
{
	struct key_walk is = keys_of(e, &e->props, kinds);
	struct key_walk to = keys_of(e, props, kinds);

	if (!mark_stays(&e->props, props))
		return false;
	for (;;) {
		bool has_more = key_next(&is);

		if (has_more != key_next(&to))
			return false;
		if (!has_more)
			return !to.bad;
		if (!key_is(&is.key, &to.key))
			return false;
	}
}

void keys_note(struct slot *s, unsigned kinds)
{
	struct key_walk w = keys_of(&s->e, &s->e.props, kinds);

	if (!(kinds >> KEY_HW & 1))
		return;
	s->machine = (struct slot_machine){.ip = 0};
	while (key_next(&w)) {
		if (w.key.kind == KEY_IP && !s->machine.ip)
			s->machine.ip = w.key.ip;
		if (w.key.kind != KEY_HW || s->machine.has_mac)
			continue;
		s->machine.has_mac = true;
		memcpy(s->machine.mac, w.key.hw.b, sizeof s->machine.mac);
	}
}

/* What is indexed by address is a machine. */
static bool is_first(const struct slot *s, const struct key *k)
{
	const struct slot_machine *m = &s->machine;

	if (k->scope != s->e.domain)
		return false;
	if (k->kind == KEY_IP)
		return m->ip == k->ip;
	return m->has_mac && k->hw.type == HW_ETHERNET &&
	       k->hw.len == sizeof m->mac &&
	       !memcmp(m->mac, k->hw.b, sizeof m->mac);
}

/* Nearly all entries begin with their name. */
static bool is_first_name(const struct slot *s, const struct key *k)
{
	static const char name[] = "name";
	struct rd r = rd_over(s->e.props.bytes, s->e.props.len);

	if (k->scope != s->e.parent || !k->len)
		return false;
	const void *property = rd_take(&r, sizeof name);

	if (!property || memcmp(property, name, sizeof name) != 0 ||
	    !rd_u16(&r))
		return false;
	size_t len;
	const char *value = rd_cstr(&r, &len);

	return value && len == k->len &&
	       (!memcmp(k->name, value, len) ||
		text_is_nocase(k->name, len, value));
}

static bool has_key(const struct slot *s, const struct key *k)
{
	if (k->kind == KEY_NAME ? is_first_name(s, k) : is_first(s, k))
		return true;
	struct key_walk w = keys_of(&s->e, &s->e.props, 1u << k->kind);

	while (key_next(&w))
		if (key_is(k, &w.key))
			return true;
	return false;
}

bool slot_with_key(const struct directory *d, const struct key *k,
		   uint32_t *walk, uint32_t *at)
{
	uint64_t hash = key_hash(d, k);

	while (index_next(&d->by_key[k->kind], hash, walk, at))
		if (has_key(slot_at(d, *at), k))
			return true;
	return false;
}

uint32_t slot_by_key(const struct directory *d, const struct key *k)
{
	uint32_t best = 0, best_id = UINT32_MAX;

	for (uint32_t walk = 0, at; slot_with_key(d, k, &walk, &at);) {
		if (slot_at(d, at)->e.id > best_id)
			continue;
		best = at;
		best_id = slot_at(d, at)->e.id;
	}
	return best;
}

static void remove_first(struct directory *d, uint32_t at, struct key_walk w,
			 size_t n)
{
	for (; n && key_next(&w); n--)
		index_remove(&d->by_key[w.key.kind], key_hash(d, &w.key), at);
}

int keys_add(struct directory *d, uint32_t at, const struct plist *props,
	     unsigned kinds)
{
	const struct entry *e = &slot_at(d, at)->e;
	struct key_walk w = keys_of(e, props, kinds);
	size_t n = 0;
	int rc = 0;

	for (; !rc && key_next(&w); n += !rc)
		rc = index_add(&d->by_key[w.key.kind], key_hash(d, &w.key), at);
	if (!rc)
		rc = mark_add(d, at, props);
	if (rc)
		remove_first(d, at, keys_of(e, props, kinds), n);
	return rc;
}

void keys_remove(struct directory *d, uint32_t at, const struct plist *props,
		 unsigned kinds)
{
	remove_first(d, at, keys_of(&slot_at(d, at)->e, props, kinds),
		     SIZE_MAX);
	mark_remove(d, at, props);
}

static bool block_add(struct directory *d)
{
	if (d->n_blocks == BLOCKS)
		return false;
	struct slot *block = alloc_get(&d->alloc, (size_t)SLOTS << d->n_blocks,
				       sizeof *block);
	if (!block)
		return false;
	d->blocks[d->n_blocks++] = block;
	return true;
}

/* In all blocks. */
static uint32_t slots_had(const struct directory *d)
{
	return ((uint32_t)SLOTS << d->n_blocks) - SLOTS;
}

uint32_t slot_take(struct directory *d)
{
	uint32_t at = d->free;

	if (at) {
		d->free = slot_at(d, at)->e.next;
		*slot_at(d, at) = (struct slot){.prev = 0};
		return at;
	}
	if (d->used == slots_had(d) && !block_add(d))
		return 0;
	if (!d->used) /* slot 0 is nobody's */
		d->used = 1;
	return d->used++;
}

void slot_give(struct directory *d, uint32_t at)
{
	*slot_at(d, at) = (struct slot){.e.next = d->free};
	d->free = at;
}
