/*
 * The vertical view.  Names and a machine's addresses are found by the
 * directory's indexes; other keys by a walk through one directory of a domain,
 * which the cache then spares the next one who asks.
 */
#include "model/lookup.h"

#include "base/text.h"

#include <string.h>

static const struct entry *place(const struct directory *d, uint32_t domain,
				 enum lookup_category c)
{
	return directory_path(d, domain, lookup_path(c));
}

static const struct entry *walk(const struct directory *d,
				const struct entry *dir, enum lookup_category c,
				const char *key, const char *value)
{
	const struct entry *e = entry_first(d, dir);

	while (e && !lookup_matches(c, &e->props, key, value))
		e = entry_next(d, e);
	return e;
}

/* A candidate of an index, if it is one of this very domain and answers. */
static const struct entry *judge(const struct entry *e, uint32_t domain,
				 enum lookup_category c, const char *key,
				 const char *value)
{
	return e && e->domain == domain &&
			       lookup_matches(c, &e->props, key, value)
		       ? e
		       : NULL;
}

static const struct entry *by_address(const struct directory *d,
				      uint32_t domain, const char *key,
				      const char *value)
{
	struct hwaddr hw;
	uint32_t ip;

	if (!strcmp(key, "ip_address") && ip_parse(value, strlen(value), &ip))
		return machine_by_ip(d, domain, ip);
	if (hwaddr_parse(value, strlen(value), &hw))
		return machine_by_hw(d, domain, &hw);
	return NULL;
}

static const struct entry *in_domain(const struct directory *d, uint32_t domain,
				     enum lookup_category c, const char *key,
				     const char *value)
{
	const struct entry *dir = place(d, domain, c), *e;

	if (!dir)
		return NULL;
	if (!strcmp(key, "ip_address") || !strcmp(key, "en_address"))
		return judge(by_address(d, domain, key, value), domain, c, key,
			     value);
	if (strcmp(key, "name") != 0)
		return walk(d, dir, c, key, value);
	e = entry_child(d, dir, value);
	if (judge(e, domain, c, key, value))
		return e;
	/* Of another case, without what it must have, or hidden by another one:
	 * a name may stand twice where there are no machines.  A service's
	 * protocol is no part of the name. */
	return e || c == LOOKUP_SERVICES ? walk(d, dir, c, key, value) : NULL;
}

const struct entry *lookup_find(const struct directory *d, uint32_t domain,
				enum lookup_category c, const char *key,
				const char *value)
{
	const struct entry *e = NULL;

	for (; domain && !e; domain = domain_parent(d, domain))
		e = in_domain(d, domain, c, key, value);
	return e;
}

const struct entry *lookup_next(const struct directory *d, uint32_t *domain,
				uint32_t *after, enum lookup_category c)
{
	for (; *domain; *domain = domain_parent(d, *domain), *after = 0) {
		const struct entry *dir = place(d, *domain, c);
		const struct entry *e = dir ? entry_behind(d, dir, *after)
					    : NULL;

		while (e && !lookup_is_of(c, &e->props))
			e = entry_next(d, e);
		if (!e)
			continue;
		*after = e->id;
		return e;
	}
	return NULL;
}
