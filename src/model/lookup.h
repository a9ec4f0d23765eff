/*
 * What can be looked up: categories, the keys by which each is asked, and the
 * agents that know, in the order that the administrator gave for each
 * (docs/protocols/lookup.md).
 *
 * An answer is one entry, a property list, whoever had it: an entry of the
 * directory as it is, a line of a file or of a NIS map with the properties that
 * it would have there, a name of DNS.
 */
#ifndef MUSTER_MODEL_LOOKUP_H
#define MUSTER_MODEL_LOOKUP_H

#include "base/span.h"
#include "base/time.h"
#include "model/directory.h"

enum lookup_category {
	LOOKUP_USERS,
	LOOKUP_GROUPS,
	LOOKUP_HOSTS,
	LOOKUP_NETWORKS,
	LOOKUP_SERVICES,
	LOOKUP_PROTOCOLS,
	LOOKUP_RPCS,
	LOOKUP_MOUNTS,
	LOOKUP_PRINTERS,
	LOOKUP_BOOTPARAMS, /* /machines that have the property */
	LOOKUP_BOOTP,      /* /machines, of the directory alone */
	LOOKUP_ALIASES,
	LOOKUP_NETGROUPS,
	LOOKUP_ETHERS, /* /machines that have an en_address */
	LOOKUP_CATEGORIES,
};

enum lookup_agent {
	LOOKUP_DIRECTORY,
	LOOKUP_FILES,
	LOOKUP_NIS,
	LOOKUP_DNS,
	LOOKUP_AGENTS,
};

enum {
	LOOKUP_KEY = 32,    /* a key's name with its NUL */
	LOOKUP_VALUE = 256, /* a value with its NUL */
	LOOKUP_KEYS = 4,    /* most keys of a category */
};

const char *lookup_category_name(enum lookup_category c);
const char *lookup_agent_name(enum lookup_agent a);
/* LOOKUP_CATEGORIES, LOOKUP_AGENTS: there is none of that name. */
enum lookup_category lookup_category(struct span name);
enum lookup_agent lookup_agent(struct span name);
/* The directory that its entries are in: "/users". */
const char *lookup_path(enum lookup_category c);
/* Key i of a category, "name" or "uid"; NULL: it has no more. */
const char *lookup_key(enum lookup_category c, unsigned i);
bool lookup_has_key(enum lookup_category c, const char *key);
/* The key that a value looks like: an address, a number, or else a name. */
const char *lookup_guess(enum lookup_category c, const char *value);
/*
 * A value as it is compared: addresses in their one form, names of hosts in
 * lower case, all else as it is.  False: it is too long, or of an address none.
 */
bool lookup_normal(enum lookup_category c, const char *key, const char *value,
		   char to[LOOKUP_VALUE]);
/*
 * Whether an entry is an answer to key = value (normal).  A service by name or
 * port may have its protocol behind a slash: "domain/udp".
 */
bool lookup_matches(enum lookup_category c, const struct plist *entry,
		    const char *key, const char *value);
/* What an entry must have to be of the category at all. */
bool lookup_is_of(enum lookup_category c, const struct plist *entry);

/* ---- the administrator's order ------------------------------------------- */

struct lookup_order {
	uint8_t agents[LOOKUP_CATEGORIES][LOOKUP_AGENTS]; /* enum lookup_agent
							   */
	uint8_t n[LOOKUP_CATEGORIES];
	char nis_domain[64]; /* "": the machine's own */
	usec positive, negative, check, wait, skip;
	uint32_t version; /* another one: what is cached is forgotten */
};

/* directory, files, nis, and for hosts dns; bootp: the directory; bootparams
 * never dns.  12 h, 60 s, 15 s, 3 s, 30 s. */
void lookup_order_default(struct lookup_order *o);
struct lookup_error {
	uint32_t line;
	char why[96];
};
/*
 * lookup.conf(5): "hosts directory files dns", "default files", "positive
 * 3600".  False: *e says what is wrong, and *o is as it was.
 */
bool lookup_order_parse(struct lookup_order *o, struct span text,
			struct lookup_error *e);
bool lookup_order_has(const struct lookup_order *o, enum lookup_category c,
		      enum lookup_agent a);

/* ---- in the directory ---------------------------------------------------- */

/*
 * The nearest entry that answers, from a domain upwards; NULL: none.  `value`
 * is normal.
 */
const struct entry *lookup_find(const struct directory *d, uint32_t domain,
				enum lookup_category c, const char *key,
				const char *value);
/*
 * All of the vertical view, one after the other: *domain is where to begin, and
 * *after an entry's id, 0 at first; both move on.  NULL: no more.  What was
 * made or destroyed meanwhile may be among them or not.
 */
const struct entry *lookup_next(const struct directory *d, uint32_t *domain,
				uint32_t *after, enum lookup_category c);

#endif
