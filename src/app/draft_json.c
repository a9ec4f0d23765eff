/*
 * Drafts as JSON.  A list, not a tree: how deep JSON may be nested is bounded
 * for everybody, and a list of a million entries is read without recursion.
 */
#include "app/draft_json.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

enum { UP, LINE, FLAGS, PROPS };
enum { FLAG_PLACE = 1, FLAG_NAMELESS = 2 };

json_t *bytes_json(const char *s, size_t len)
{
	json_t *json = json_stringn(s, len);
	struct text t;
	char *room;

	if (json)
		return json;
	room = malloc(2 * len + 1);
	if (!room)
		return NULL;
	t = text_over(room, 2 * len + 1);
	text_hex(&t, (const uint8_t *)s, len, 0);
	json = json_pack("{s:s}", "hex", room);
	free(room);
	return json;
}

json_t *plist_json(const struct plist *pl)
{
	struct rd r = rd_over(pl->bytes, pl->len);
	json_t *to = json_array();
	struct property p;

	while (plist_next(&r, &p)) {
		json_t *one = json_array();
		struct rd values = p.values;
		const char *v;
		size_t len;

		json_array_append_new(one, bytes_json(p.name, strlen(p.name)));
		while (rd_left(&values) && (v = rd_cstr(&values, &len)))
			json_array_append_new(one, bytes_json(v, len));
		json_array_append_new(to, one);
	}
	return to;
}

static json_t *property_json(const struct draft_property *p)
{
	json_t *one = json_array();

	json_array_append_new(one, bytes_json(p->name, strlen(p->name)));
	for (const struct draft_value *v = p->first; v; v = v->next)
		json_array_append_new(one,
				      bytes_json(v->text, strlen(v->text)));
	return one;
}

json_t *draft_to_json(struct draft *d)
{
	json_t *list = json_array();
	uint32_t n = 0;

	for (struct draft_entry *e = draft_root(d); e; e = draft_next(e)) {
		int flags = (e->is_place ? FLAG_PLACE : 0) |
			    (e->is_nameless ? FLAG_NAMELESS : 0);
		json_t *one = json_pack("[I, I, i]",
					(json_int_t)(e->up ? e->up->id : 0),
					(json_int_t)e->line, flags);

		e->id = n++;
		for (struct draft_property *p = e->props; p; p = p->next)
			json_array_append_new(one, property_json(p));
		if (!one || json_array_append_new(list, one)) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

/* ---- reading ------------------------------------------------------------ */

/* The bytes of a text, without NUL.  *room is the caller's to free. */
static bool text_of(const json_t *json, char **room, struct span *to)
{
	const json_t *hex = json_object_get(json, "hex");
	const char *s = json_string_value(hex);
	size_t len = json_string_length(hex);

	*room = NULL;
	if (json_is_string(json)) {
		*to = (struct span){json_string_value(json),
				    json_string_length(json)};
		return to->len <= DRAFT_STRING && !memchr(to->s, 0, to->len);
	}
	if (!s || len % 2 || len / 2 > DRAFT_STRING)
		return false;
	*room = malloc(len / 2 + 1);
	*to = (struct span){*room, len / 2};
	return *room && text_hex_get(s, len, (uint8_t *)*room, len / 2) &&
	       !memchr(*room, 0, to->len);
}

static bool value_read(struct draft *d, struct draft_property *p,
		       const json_t *json)
{
	struct span v;
	char *room;
	bool is_good = text_of(json, &room, &v);

	if (is_good)
		draft_value(d, p, v);
	free(room);
	return is_good;
}

static bool property_read(struct draft *d, struct draft_entry *e,
			  const json_t *json)
{
	struct draft_property *p = NULL;
	struct span name;
	char *room;
	bool is_good = text_of(json_array_get(json, 0), &room, &name) &&
		       name.len && json_array_size(json) <= DRAFT_VALUES;

	if (is_good)
		p = draft_property(d, e, name);
	free(room);
	for (size_t i = 1; is_good && i < json_array_size(json); i++)
		is_good = value_read(d, p, json_array_get(json, i));
	return is_good;
}

bool plist_from_json(struct draft *d, struct draft_entry *e, const json_t *list,
		     size_t from)
{
	if (json_array_size(list) > DRAFT_PROPERTIES)
		return false;
	for (size_t i = from; i < json_array_size(list); i++)
		if (!property_read(d, e, json_array_get(list, i)))
			return false;
	return true;
}

static bool number_of(const json_t *json, size_t i, uint32_t *to)
{
	const json_t *n = json_array_get(json, i);
	json_int_t v = json_integer_value(n);

	*to = (uint32_t)v;
	return json_is_integer(n) && v >= 0 && v <= UINT32_MAX;
}

static bool entry_read(struct draft *d, struct draft_entry **seen, uint32_t n,
		       const json_t *json)
{
	uint32_t up, line, flags;
	struct draft_entry *e = draft_root(d);

	if (!number_of(json, UP, &up) || !number_of(json, LINE, &line) ||
	    !number_of(json, FLAGS, &flags) || (n ? up >= n : up))
		return false;
	if (n) {
		if (!seen[up] || seen[up]->depth >= DRAFT_DEPTH)
			return false;
		e = draft_add(d, seen[up], line);
	}
	if (!e)
		return true; /* no memory: the draft knows */
	e->line = line;
	e->is_place = flags & FLAG_PLACE;
	e->is_nameless = flags & FLAG_NAMELESS;
	seen[n] = e;
	return plist_from_json(d, e, json, PROPS);
}

bool draft_from_json(struct draft *d, const json_t *list, const char **why)
{
	size_t n = json_array_size(list);
	struct draft_entry **seen = calloc(n + 1, sizeof *seen);
	bool is_good = seen && n && n < UINT32_MAX;

	*why = "entries: is no list of [UP, LINE, FLAGS, [NAME, VALUE...]...]";
	for (size_t i = 0; is_good && i < n && !draft_failed(d); i++)
		is_good = entry_read(d, seen, (uint32_t)i,
				     json_array_get(list, i));
	free(seen);
	return is_good;
}
