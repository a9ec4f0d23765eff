/*
 * Paths of a domain's directories.  A component is read into the walk's own
 * room, escapes undone; look-ups then go through the indexes where there is
 * one, else from child to child.
 */
#include "model/path.h"

#include "model/directory_inside.h"

/* ---- reading ------------------------------------------------------------- */

static bool is_end(char c)
{
	return !c || c == '/';
}

static bool fail(struct path *p, const char *why)
{
	p->fault = why;
	return false;
}

void path_begin(struct path *p, const char *s)
{
	size_t len = 0;
	uint64_t n;

	*p = (struct path){.rest = s};
	if (s[0] == '/')
		return;
	while (!is_end(s[len]))
		len++;
	if (!number_parse(s, len, UINT32_MAX, &n)) {
		fail(p, "begins with neither a slash nor a number");
		return;
	}
	p->has_number = true;
	p->number = (uint32_t)n;
	p->rest = s + len;
}

static bool read_component(struct path *p)
{
	size_t len = 0;

	p->key = NULL;
	p->value = p->room;
	for (; !is_end(*p->rest); p->rest++) {
		if (len == PATH_COMPONENT - 2)
			return fail(p, "has a component of more than 510 "
				       "bytes");
		if (*p->rest == '=' && !p->key) {
			p->room[len++] = 0;
			p->key = p->room;
			p->value = p->room + len;
			continue;
		}
		if (*p->rest == '\\' && !*++p->rest)
			return fail(p, "ends in a backslash");
		p->room[len++] = *p->rest;
	}
	p->room[len] = 0;
	if (p->key && !p->key[0])
		return fail(p, "has a value without a property before it");
	return true;
}

bool path_next(struct path *p)
{
	if (p->fault)
		return false;
	while (*p->rest == '/')
		p->rest++;
	if (!*p->rest)
		return false;
	if (p->depth == PATH_DEPTH)
		return fail(p, "has more than 16 components");
	p->depth++;
	return read_component(p);
}

/* ---- finding ------------------------------------------------------------- */

static bool has_value(const struct entry *e, const char *key, const char *value)
{
	struct property p;
	const char *v;
	size_t len;

	if (!plist_find(&e->props, key, &p))
		return false;
	while (rd_left(&p.values) && (v = rd_cstr(&p.values, &len)))
		if (!strcmp(v, value))
			return true;
	return false;
}

/* The key under which machines are indexed; false: it is none, and only equal
 * text matches. */
static bool key_of(const struct entry *parent, const char *key,
		   const char *value, struct key *k)
{
	size_t len = strlen(value);

	*k = (struct key){.scope = parent->domain};
	if (!strcmp(key, "en_address")) {
		k->kind = KEY_HW;
		return hwaddr_parse(value, len, &k->hw);
	}
	k->kind = KEY_IP;
	return !strcmp(key, "ip_address") && ip_parse(value, len, &k->ip);
}

const struct entry *entry_match(const struct directory *d,
				const struct entry *parent, const char *key,
				const char *value)
{
	struct key k;

	if (!key || !strcmp(key, "name"))
		return entry_child(d, parent, value);
	if (keys_below(d, parent) >> KEY_HW & 1 &&
	    key_of(parent, key, value, &k)) {
		uint32_t at = slot_by_key(d, &k);

		return at ? &slot_at(d, at)->e : NULL;
	}
	for (const struct entry *e = entry_first(d, parent); e;
	     e = entry_next(d, e))
		if (has_value(e, key, value))
			return e;
	return NULL;
}

static const struct entry *start(const struct directory *d, uint32_t domain,
				 const struct path *p)
{
	const struct entry *e = p->number <= UINT32_MAX - domain
					? directory_entry(d, domain + p->number)
					: NULL;

	return e && e->domain == domain && !p->fault ? e : NULL;
}

const struct entry *path_entry(const struct directory *d, uint32_t domain,
			       const char *s, const char **fault)
{
	const struct entry *e;
	struct path p;

	path_begin(&p, s);
	e = start(d, domain, &p);
	/* On to its end in any case: a bad path is none, whatever is there. */
	while (path_next(&p))
		if (e)
			e = entry_match(d, e, p.key, p.value);
	*fault = p.fault;
	return p.fault ? NULL : e;
}

static bool has_more(const char *rest)
{
	while (*rest == '/')
		rest++;
	return *rest;
}

static unsigned depth_of(const struct directory *d, const struct entry *e)
{
	unsigned depth = 0;

	while (e && e->parent) {
		e = directory_entry(d, e->parent);
		depth++;
	}
	return depth;
}

const struct entry *path_parent(const struct directory *d, uint32_t domain,
				const char *s, struct path *p,
				const char **fault)
{
	const struct entry *e;

	path_begin(p, s);
	e = start(d, domain, p);
	if (!p->fault && !has_more(p->rest))
		p->fault = "is there already";
	while (path_next(p) && has_more(p->rest))
		if (e)
			e = entry_match(d, e, p->key, p->value);
	if (!p->fault && e && depth_of(d, e) >= PATH_DEPTH)
		p->fault = "is deeper than 16 directories";
	*fault = p->fault;
	return p->fault ? NULL : e;
}

/* ---- writing ------------------------------------------------------------- */

static void put_name(const char *name, struct text *t)
{
	for (; *name; name++) {
		if (strchr("/=\\[]", *name))
			text_add(t, "\\");
		text_bytes(t, name, 1);
	}
}

void path_put(const struct directory *d, const struct entry *e, struct text *t)
{
	const struct entry *up[PATH_DEPTH + 1];
	unsigned n = 0;

	for (; e->parent && n <= PATH_DEPTH && machine_name(e)[0];
	     e = directory_entry(d, e->parent))
		up[n++] = e;
	if (e->parent)
		text_u64(t, e->id - e->domain);
	else if (!n)
		text_add(t, "/");
	while (n) {
		text_add(t, "/");
		put_name(machine_name(up[--n]), t);
	}
}
