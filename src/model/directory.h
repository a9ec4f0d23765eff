/*
 * The directory: domains, each a tree of entries with property lists.  It is
 * the truth in memory that every look-up reads; it changes only when a durable
 * change is applied.  Look-ups climb: they start in the nearest domain and go
 * on to its parent; the first that knows the thing answers as a whole.
 *
 * /machines/NAME has name, en_address, ip_address, bootfile and whatever else
 * the administrator wrote.  en_address[i] belongs to ip_address[i].
 */
#ifndef MUSTER_MODEL_DIRECTORY_H
#define MUSTER_MODEL_DIRECTORY_H

#include "base/addr.h"
#include "base/alloc.h"
#include "model/change.h"

enum { ENTRY_ROOT = 1, DOMAIN_FIRST = 1, ENTRY_NONE = 0 };

struct entry {
	uint32_t id, parent, domain;
	uint32_t instance;
	uint32_t next, child; /* slot numbers: the parent's list, in order */
	struct plist props;   /* the directory's own copy */
};

struct directory;

/* A directory with one domain, "/", whose root entry has the directories
 * machines, images, networks and config; ids 1 to 5.  `machines` sizes it at
 * first; it grows when changes are applied. */
int directory_open(struct directory **d, const struct alloc *alloc,
		   uint32_t machines, uint64_t seed);
void directory_close(struct directory *d);

/*
 * Whether a change may be made: 0; -ESTALE if its instance is not the next one;
 * -EEXIST if a machine of that domain has the name, the hardware address or the
 * IP address already (*other is its id); -ENOENT; -EINVAL for a property list
 * or an address that is none; -ENOTEMPTY.
 */
int directory_check(const struct directory *d, const struct change *c,
		    uint32_t *other);
/* Check and apply.  -ENOMEM leaves it as it was. */
int directory_apply(struct directory *d, const struct change *c);
/* The next id that no entry ever had. */
uint32_t directory_next_id(const struct directory *d);

const struct entry *directory_entry(const struct directory *d, uint32_t id);
/* Walk a directory: child 0 begins; NULL ends. */
const struct entry *entry_first(const struct directory *d,
				const struct entry *parent);
const struct entry *entry_next(const struct directory *d,
			       const struct entry *e);
/* A child by its name property. */
const struct entry *entry_child(const struct directory *d,
				const struct entry *parent, const char *name);
/* "/machines/wendy"; NULL if there is none. */
const struct entry *directory_path(const struct directory *d, uint32_t domain,
				   const char *path);

/* Look-ups from `domain` upwards.  NULL if nobody knows. */
const struct entry *machine_by_hw(const struct directory *d, uint32_t domain,
				  const struct hwaddr *hw);
const struct entry *machine_by_ip(const struct directory *d, uint32_t domain,
				  uint32_t ip);
const struct entry *machine_by_name(const struct directory *d, uint32_t domain,
				    const char *name);
/*
 * The address of a machine for one of its hardware addresses, in a subnet: the
 * ip_address paired with it if that lies there, else any of its addresses that
 * does; 0 if none.
 */
uint32_t machine_address(const struct entry *m, const struct hwaddr *hw,
			 const struct subnet *s);
const char *machine_name(const struct entry *m);
uint32_t directory_machines(const struct directory *d); /* how many */

#endif
