/*
 * Automatic host addition: what the directory says of it, and the entry that a
 * new machine gets.  NeXT's five properties, and two of ours, belong to the
 * directory /machines itself:
 *
 *	promiscuous            no values; there: machines may add themselves
 *	assignable_ipaddr      two: the first and the last address to hand out
 *	configuration_ipaddr   the address that stands in for one, meanwhile
 *	default_bootfile       what a new machine boots
 *	net_passwd             a crypt(3) hash: who adds a machine must know it
 *	assignable_en_address  beginnings of hardware addresses; none: all
 *	denied_en_address      hardware addresses of machines never let in
 */
#ifndef MUSTER_MODEL_ADDITION_H
#define MUSTER_MODEL_ADDITION_H

#include "model/directory.h"

#define ADDITION_ENABLED   "promiscuous"
#define ADDITION_RANGE     "assignable_ipaddr"
#define ADDITION_TEMPORARY "configuration_ipaddr"
#define ADDITION_BOOTFILE  "default_bootfile"
#define ADDITION_PASSWORD  "net_passwd"
#define ADDITION_PREFIXES  "assignable_en_address"
#define ADDITION_DENIED    "denied_en_address"

enum {
	ADDITION_RANGE_MOST = 65536, /* addresses that are looked through */
	ADDITION_NAME = 64,          /* of a machine, with its NUL */
	ADDITION_DENIED_MOST = 1024, /* machines */
};

/* Its pointers lead into the directory: good until that changes. */
struct addition {
	const struct entry *machines; /* new entries go there */
	bool is_enabled;
	uint32_t first, last; /* 0: there is no range */
	uint32_t temporary;   /* 0: none is said */
	const char *bootfile; /* NULL: none */
	const char *password; /* NULL: none is asked for; "": none is right */
};

/* What such properties say; machines is left alone. */
void addition_read(struct addition *a, const struct plist *props);
/* What is said in a domain; false if that has no machines. */
bool addition_get(struct addition *a, const struct directory *d,
		  uint32_t domain);
/* Enabled, and all is said that it takes. */
bool addition_is_ready(const struct addition *a);
/* Whether machines of that maker may add themselves. */
bool addition_allows(const struct addition *a, const struct hwaddr *hw);
/* Whether the machine was refused for good. */
bool addition_denies(const struct addition *a, const struct hwaddr *hw);

/* Why this is no name for a machine, as a line for whoever typed it; NULL: it
 * is one.  Letters, digits and hyphens, a letter first, no hyphen last. */
const char *addition_name_fault(const char *name);

/* The properties of a new machine, as NetInfo has them. */
void addition_entry(const struct addition *a, const char *name,
		    const struct hwaddr *hw, uint32_t ip, struct plist_out *to);

/* "0:0:f", "00-00-0f-12": one to six bytes.  How many; 0: that is none. */
size_t addition_prefix(const char *s, uint8_t to[6]);

#endif
