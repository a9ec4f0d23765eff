/*
 * The names.  A name is its upper-case form; whoever checked it in is known by
 * the connection alone, so that a name can't outlive its holder.
 */
#include "engine/netnamed_impl.h"

struct folded {
	char s[REGISTRY_NAME];
	size_t len;
};

static struct folded fold(const char *name, size_t len)
{
	struct folded f = {.len = len};

	for (size_t i = 0; i < len; i++)
		f.s[i] = name[i] >= 'a' && name[i] <= 'z'
				 ? (char)(name[i] - 'a' + 'A')
				 : name[i];
	return f;
}

static bool is_named(const struct name_entry *e, const struct folded *f)
{
	return e->len == f->len && !memcmp(e->name, f->s, f->len);
}

static struct name_entry *find(const struct netnamed *n, const struct folded *f)
{
	uint64_t h = hash_bytes(f->s, f->len, n->secret);
	uint32_t at = 0, id;

	while (index_next(&n->by_name, h, &at, &id))
		if (is_named(&n->names[id], f))
			return &n->names[id];
	return NULL;
}

struct name_entry *named_find(const struct netnamed *n, const char *name,
			      size_t len)
{
	struct folded f = fold(name, len);

	return find(n, &f);
}

static void drop(struct netnamed *n, struct name_entry *e)
{
	index_remove(&n->by_name, hash_bytes(e->name, e->len, n->secret),
		     (uint32_t)(e - n->names));
	*e = (struct name_entry){0};
}

/* A place for one more name of this connection; NULL: it has enough. */
static struct name_entry *place(struct netnamed *n, const struct dgram *d)
{
	struct name_entry *to = NULL;
	unsigned by_conn = 0, by_user = 0;

	for (unsigned i = NETNAMED_NAMES; i--;) {
		const struct name_entry *e = &n->names[i];

		if (!e->conn) {
			to = &n->names[i];
			continue;
		}
		by_conn += e->conn == d->conn;
		by_user += e->uid == d->uid;
	}
	if (by_conn >= NETNAMED_PER_CONN ||
	    (d->uid && by_user >= NETNAMED_PER_USER))
		return NULL;
	return to;
}

enum registry_status named_check_in(struct netnamed *n, const struct dgram *d,
				    const struct registry_record *p)
{
	struct folded f = fold(p->name, p->name_len);
	struct name_entry *e = find(n, &f);

	if (e && e->conn != d->conn)
		return REGISTRY_NOT_YOURS;
	if (!e) {
		e = place(n, d);
		if (!e)
			return REGISTRY_FULL;
		*e = (struct name_entry){
			.conn = d->conn, .uid = d->uid, .len = (uint8_t)f.len};
		memcpy(e->name, f.s, f.len);
		(void)index_add(&n->by_name, hash_bytes(f.s, f.len, n->secret),
				(uint32_t)(e - n->names));
	}
	e->at = p->at;
	return REGISTRY_DONE;
}

enum registry_status named_check_out(struct netnamed *n, const struct dgram *d,
				     const struct registry_record *p,
				     uint32_t *holder)
{
	struct name_entry *e = named_find(n, p->name, p->name_len);

	*holder = 0;
	if (!e)
		return REGISTRY_NOT_CHECKED_IN;
	if (e->conn != d->conn && e->uid != d->uid && d->uid)
		return REGISTRY_NOT_YOURS;
	*holder = e->conn;
	drop(n, e);
	return REGISTRY_DONE;
}

bool named_drop_one(struct netnamed *n, uint32_t conn, struct effects *fx)
{
	for (unsigned i = 0; i < NETNAMED_NAMES; i++) {
		struct name_entry *e = &n->names[i];

		if (e->conn != conn)
			continue;
		effects_note(fx, NOTE_NAME_CHECKED_OUT)->text =
			effects_text(fx, e->name, e->len);
		drop(n, e);
		return true;
	}
	return false;
}

static int compare(const struct name_entry *e, const char *s, size_t len)
{
	int order = memcmp(e->name, s, e->len < len ? e->len : len);

	return order ? order : (e->len > len) - (e->len < len);
}

const struct name_entry *named_after(const struct netnamed *n, const char *name,
				     size_t len)
{
	struct folded f = fold(name, len);
	const struct name_entry *next = NULL;

	for (unsigned i = 0; i < NETNAMED_NAMES; i++) {
		const struct name_entry *e = &n->names[i];

		if (e->conn && compare(e, f.s, f.len) > 0 &&
		    (!next || compare(e, next->name, next->len) < 0))
			next = e;
	}
	return next;
}
