/*
 * Properties as they are asked for.  The old list is walked once, each property
 * written as it is to be, or not; then comes what was not there.
 */
#include "app/admin_props.h"

#include <string.h>

struct patch {
	struct asked *k;
	const char *who;
	const json_t *set, *append, *unset, *remove, *rename;
	json_int_t at; /* where to append; -1: at the end */
	struct plist_out *to;
};

static bool wrong(struct asked *k, const char *who, const char *name,
		  const char *what)
{
	admin_error(k->a, STATUS_WRONG, "%s: %s: %s", who, name, what);
	return false;
}

/* A value, or the i-th of a list. */
static const json_t *value_at(const json_t *values, size_t i)
{
	if (json_is_array(values))
		return json_array_get(values, i);
	return i ? NULL : values;
}

static bool put_values(struct asked *k, const char *who, const char *name,
		       const json_t *values, struct plist_out *to)
{
	const json_t *one;

	for (size_t i = 0; (one = value_at(values, i)); i++) {
		if (!json_is_string(one))
			return wrong(k, who, name,
				     "is no string or list of strings");
		plist_add_value(to, json_string_value(one));
	}
	return true;
}

static bool put(struct asked *k, const char *who, const char *name,
		const json_t *values, struct plist_out *to)
{
	if (!name[0])
		return wrong(k, who, "\"\"", "a property must have a name");
	plist_add(to, name);
	return put_values(k, who, name, values, to);
}

bool props_new(struct asked *k, const char *who, const char *key,
	       const char *value, const json_t *props, struct plist_out *to)
{
	const char *name;
	json_t *values;

	if (!key)
		key = "name";
	if (props && !json_is_object(props))
		return wrong(k, who, "properties", "is no object");
	if (!json_object_get(props, key)) {
		plist_add(to, key);
		plist_add_value(to, value);
	}
	json_object_foreach(
		(json_t *)props, name,
		values) if (!put(k, who, name, values, to)) return false;
	return true;
}

static bool is_listed(const json_t *list, const char *value)
{
	const json_t *one;

	for (size_t i = 0; (one = value_at(list, i)); i++)
		if (json_is_string(one) &&
		    !strcmp(json_string_value(one), value))
			return true;
	return false;
}

/* The old values but those that are to go, with new ones in between. */
static bool put_kept(struct patch *c, const struct property *p)
{
	const json_t *gone = json_object_get(c->remove, p->name);
	const json_t *more = json_object_get(c->append, p->name);
	struct rd values = p->values;
	const char *value;
	size_t len;

	for (json_int_t i = 0; rd_left(&values); i++) {
		value = rd_cstr(&values, &len);
		if (i == c->at &&
		    !put_values(c->k, c->who, p->name, more, c->to))
			return false;
		if (!is_listed(gone, value))
			plist_add_value(c->to, value);
	}
	return (c->at >= 0 && c->at < p->n) ||
	       put_values(c->k, c->who, p->name, more, c->to);
}

static bool put_old(struct patch *c, const struct property *p)
{
	const json_t *set = json_object_get(c->set, p->name);
	const char *as = json_string_value(json_object_get(c->rename, p->name));

	if (is_listed(c->unset, p->name))
		return true;
	plist_add(c->to, as ? as : p->name);
	return set ? put_values(c->k, c->who, p->name, set, c->to)
		   : put_kept(c, p);
}

static bool put_new(struct patch *c, const struct plist *from,
		    const json_t *asked)
{
	struct property p;
	const char *name;
	json_t *values;

	json_object_foreach((json_t *)asked, name,
			    values) if (!plist_find(from, name, &p) &&
					!put(c->k, c->who, name, values,
					     c->to)) return false;
	return true;
}

/* ---- whether it can be --------------------------------------------------- */

static bool has_value(const struct property *p, const char *value)
{
	struct rd values = p->values;
	size_t len;

	while (rd_left(&values))
		if (!strcmp(rd_cstr(&values, &len), value))
			return true;
	return false;
}

static bool missing(struct patch *c, const char *name)
{
	admin_error(c->k->a, STATUS_NOT_FOUND, "%s: there is no property %s",
		    c->who, name);
	return false;
}

static bool can_unset(struct patch *c, const struct plist *from)
{
	const json_t *one;
	struct property p;

	for (size_t i = 0; (one = value_at(c->unset, i)); i++) {
		const char *name = json_string_value(one);

		if (!name)
			return wrong(c->k, c->who, "unset",
				     "is no list of names");
		if (!plist_find(from, name, &p))
			return missing(c, name);
	}
	return true;
}

static bool can_remove_one(struct patch *c, const struct property *p,
			   const json_t *values)
{
	const json_t *one;

	for (size_t i = 0; (one = value_at(values, i)); i++) {
		const char *value = json_string_value(one);

		if (value && has_value(p, value))
			continue;
		admin_error(c->k->a, STATUS_NOT_FOUND,
			    "%s: %s: there is no value %s", c->who, p->name,
			    value ? value : "that is no string");
		return false;
	}
	return true;
}

static bool can_remove(struct patch *c, const struct plist *from)
{
	struct property p;
	const char *name;
	json_t *values;

	json_object_foreach((json_t *)c->remove, name, values)
	{
		if (!plist_find(from, name, &p))
			return missing(c, name);
		if (!can_remove_one(c, &p, values))
			return false;
	}
	return true;
}

/* What a property is to be called is not the name of one that is there, nor of
 * one that the request makes besides. */
static bool is_free(struct patch *c, const struct plist *from, const char *name)
{
	struct property p;
	const char *other;
	json_t *as;
	int n = 0;

	json_object_foreach((json_t *)c->rename, other, as)
	{
		const char *text = json_string_value(as);

		n += text && !strcmp(text, name);
	}
	if (n == 1 && !plist_find(from, name, &p) &&
	    !json_object_get(c->set, name) && !json_object_get(c->append, name))
		return true;
	admin_error(c->k->a, STATUS_CONFLICT,
		    "%s: there is a property %s already", c->who, name);
	return false;
}

static bool can_rename(struct patch *c, const struct plist *from)
{
	struct property p;
	const char *name;
	json_t *as;

	json_object_foreach((json_t *)c->rename, name, as)
	{
		const char *text = json_string_value(as);

		if (!text || !text[0])
			return wrong(c->k, c->who, name,
				     "its new name is none");
		if (!plist_find(from, name, &p))
			return missing(c, name);
		if (!is_free(c, from, text))
			return false;
	}
	return true;
}

/* What is there is set, and then nothing is appended; what is new would stand
 * there twice. */
static bool can_append(struct patch *c)
{
	const char *name;
	json_t *values;

	json_object_foreach((json_t *)c->append, name, values)
	{
		if (json_object_get(c->set, name))
			return wrong(c->k, c->who, name,
				     "is to be set and appended to: say one");
	}
	return true;
}

static bool has_objects(struct patch *c)
{
	static const char *const members[] = {"set", "append", "remove",
					      "rename"};
	const json_t *const v[] = {c->set, c->append, c->remove, c->rename};

	for (int i = 0; i < 4; i++)
		if (v[i] && !json_is_object(v[i]))
			return wrong(c->k, c->who, members[i],
				     "is no object of properties");
	return true;
}

static bool begin(struct patch *c, struct asked *k, const char *who)
{
	const json_t *body = k->q->body;
	const json_t *at = json_object_get(body, "at");

	*c = (struct patch){.k = k,
			    .who = who,
			    .set = json_object_get(body, "set"),
			    .append = json_object_get(body, "append"),
			    .unset = json_object_get(body, "unset"),
			    .remove = json_object_get(body, "remove"),
			    .rename = json_object_get(body, "rename"),
			    .at = at ? json_integer_value(at) : -1};
	if (c->set || c->append || c->unset || c->remove || c->rename)
		return has_objects(c);
	admin_error(k->a, STATUS_WRONG,
		    "%s: what is to become of it? The body says no set, "
		    "append, unset, remove or rename",
		    who);
	return false;
}

bool props_patch(struct asked *k, const char *who, const struct plist *from,
		 struct plist_out *to)
{
	struct rd r = rd_over(from->bytes, from->len);
	struct property p;
	struct patch c;

	if (!begin(&c, k, who) || !can_unset(&c, from) ||
	    !can_remove(&c, from) || !can_rename(&c, from) || !can_append(&c))
		return false;
	c.to = to;
	while (plist_next(&r, &p))
		if (!put_old(&c, &p))
			return false;
	return put_new(&c, from, c.set) && put_new(&c, from, c.append);
}
