/*
 * Categories and their keys, and what it means that an entry answers.  One
 * place says in which form a value is compared: then a cache, a file and a
 * directory can't differ about it.
 */
#include "model/lookup.h"

#include "base/text.h"

#include <string.h>

static const struct kind {
	const char *name, *path;
	const char *keys[LOOKUP_KEYS];
	const char *must; /* a property without which it is none */
	bool is_host;     /* names differ not by case */
} kinds[LOOKUP_CATEGORIES] = {
	[LOOKUP_USERS] = {"users", "/users", {"name", "uid"}, "name", false},
	[LOOKUP_GROUPS] =
		{"groups", "/groups", {"name", "gid", "users"}, "name", false},
	[LOOKUP_HOSTS] = {"hosts",
			  "/machines",
			  {"name", "ip_address", "en_address"},
			  "name",
			  true},
	[LOOKUP_NETWORKS] =
		{"networks", "/networks", {"name", "address"}, "name", false},
	[LOOKUP_SERVICES] =
		{"services", "/services", {"name", "port"}, "name", false},
	[LOOKUP_PROTOCOLS] =
		{"protocols", "/protocols", {"name", "number"}, "name", false},
	[LOOKUP_RPCS] = {"rpcs", "/rpcs", {"name", "number"}, "name", false},
	[LOOKUP_MOUNTS] = {"mounts", "/mounts", {"name", "dir"}, "name", false},
	[LOOKUP_PRINTERS] = {"printers", "/printers", {"name"}, "name", false},
	[LOOKUP_BOOTPARAMS] =
		{"bootparams", "/machines", {"name"}, "bootparams", true},
	[LOOKUP_BOOTP] = {"bootp",
			  "/machines",
			  {"en_address", "ip_address", "name"},
			  "name",
			  true},
	[LOOKUP_ALIASES] = {"aliases", "/aliases", {"name"}, "name", false},
	[LOOKUP_NETGROUPS] =
		{"netgroups", "/netgroups", {"name"}, "name", false},
	[LOOKUP_ETHERS] = {"ethers",
			   "/machines",
			   {"en_address", "name"},
			   "en_address",
			   true},
};

static const char *const agents[LOOKUP_AGENTS] = {
	[LOOKUP_DIRECTORY] = "directory",
	[LOOKUP_FILES] = "files",
	[LOOKUP_NIS] = "nis",
	[LOOKUP_DNS] = "dns",
};

const char *lookup_category_name(enum lookup_category c)
{
	return kinds[c].name;
}

const char *lookup_agent_name(enum lookup_agent a)
{
	return agents[a];
}

enum lookup_category lookup_category(struct span name)
{
	unsigned c = 0;

	while (c < LOOKUP_CATEGORIES && !span_is(name, kinds[c].name))
		c++;
	return (enum lookup_category)c;
}

enum lookup_agent lookup_agent(struct span name)
{
	unsigned a = 0;

	while (a < LOOKUP_AGENTS && !span_is_same(name, span_of(agents[a])))
		a++;
	return (enum lookup_agent)a;
}

const char *lookup_path(enum lookup_category c)
{
	return kinds[c].path;
}

const char *lookup_key(enum lookup_category c, unsigned i)
{
	return i < LOOKUP_KEYS ? kinds[c].keys[i] : NULL;
}

bool lookup_has_key(enum lookup_category c, const char *key)
{
	for (unsigned i = 0; lookup_key(c, i); i++)
		if (!strcmp(lookup_key(c, i), key))
			return true;
	return false;
}

/* ---- values -------------------------------------------------------------- */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "192.168.77.0" is 192.168.77: what is behind the network's number may be
 * left out, and so it is. */
static bool network_normal(const char *value, char to[LOOKUP_VALUE])
{
	struct text t = text_over(to, LOOKUP_VALUE);
	size_t end = 0;
	unsigned n = 0;

	for (;; value++) {
		size_t len = 0;
		uint64_t part;

		while (is_digit(value[len]))
			len++;
		if (n++ == 4 || !number_parse(value, len, 255, &part))
			return false;
		text_add(&t, n > 1 ? "." : "");
		text_u64(&t, part);
		if (part || n == 1)
			end = t.len;
		value += len;
		if (*value != '.')
			break;
	}
	to[end] = '\0';
	return !*value && !t.full;
}

static bool ip_normal(const char *value, char to[LOOKUP_VALUE])
{
	struct text t = text_over(to, LOOKUP_VALUE);
	uint32_t ip;

	if (!ip_parse(value, strlen(value), &ip))
		return false;
	text_ip(&t, ip);
	return !t.full;
}

static bool hw_normal(const char *value, char to[LOOKUP_VALUE])
{
	struct text t = text_over(to, LOOKUP_VALUE);
	struct hwaddr hw;

	if (!hwaddr_parse(value, strlen(value), &hw))
		return false;
	text_hwaddr_short(&t, &hw);
	return !t.full;
}

bool lookup_normal(enum lookup_category c, const char *key, const char *value,
		   char to[LOOKUP_VALUE])
{
	if (!strcmp(key, "ip_address"))
		return ip_normal(value, to);
	if (!strcmp(key, "en_address"))
		return hw_normal(value, to);
	if (!strcmp(key, "address"))
		return network_normal(value, to);
	if (!value[0] || !text_copy(to, LOOKUP_VALUE, value, strlen(value)))
		return false;
	for (char *p = to; kinds[c].is_host && *p; p++)
		*p = text_lower(*p);
	return true;
}

static bool is_number(const char *value)
{
	size_t len = 0;

	while (is_digit(value[len]))
		len++;
	return len && (!value[len] || value[len] == '/');
}

static bool looks_like(enum lookup_category c, const char *key,
		       const char *value)
{
	char room[LOOKUP_VALUE];

	if (!strcmp(key, "uid") || !strcmp(key, "gid") ||
	    !strcmp(key, "number") || !strcmp(key, "port"))
		return is_number(value);
	if (!strcmp(key, "dir"))
		return value[0] == '/';
	if (!strcmp(key, "name") || !strcmp(key, "users"))
		return false;
	return lookup_normal(c, key, value, room);
}

const char *lookup_guess(enum lookup_category c, const char *value)
{
	for (unsigned i = 0; lookup_key(c, i); i++)
		if (looks_like(c, lookup_key(c, i), value))
			return lookup_key(c, i);
	return "name";
}

/* ---- matching ------------------------------------------------------------ */

static bool value_is(enum lookup_category c, const char *key, const char *its,
		     struct span wanted)
{
	char room[LOOKUP_VALUE];

	if (!strcmp(key, "name") || !strcmp(key, "users"))
		return kinds[c].is_host ? span_is_same(span_of(its), wanted)
					: span_is(wanted, its);
	return lookup_normal(c, key, its, room) && span_is(wanted, room);
}

static bool has_value(enum lookup_category c, const struct plist *entry,
		      const char *key, struct span wanted)
{
	struct property p;
	const char *value;
	size_t len;

	if (!plist_find(entry, key, &p))
		return false;
	while (rd_left(&p.values) && (value = rd_cstr(&p.values, &len)))
		if (value_is(c, key, value, wanted))
			return true;
	return false;
}

bool lookup_is_of(enum lookup_category c, const struct plist *entry)
{
	struct property p;

	return plist_find(entry, kinds[c].must, &p);
}

bool lookup_matches(enum lookup_category c, const struct plist *entry,
		    const char *key, const char *value)
{
	struct span wanted = span_of(value), protocol = {NULL, 0};
	const char *slash = c == LOOKUP_SERVICES ? strchr(value, '/') : NULL;

	if (slash) {
		wanted.len = (size_t)(slash - value);
		protocol = span_of(slash + 1);
	}
	return lookup_is_of(c, entry) && has_value(c, entry, key, wanted) &&
	       (!slash || has_value(c, entry, "protocol", protocol));
}
