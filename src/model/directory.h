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

/* Domains and entries are numbered together: a domain has the id of its root.
 */
enum { ENTRY_NONE = 0, ENTRY_ROOT = 1, DOMAIN_FIRST = ENTRY_ROOT };
/* The directories that every first domain has; they can't be destroyed. */
enum {
	ENTRY_MACHINES = 2,
	ENTRY_IMAGES,
	ENTRY_NETWORKS,
	ENTRY_CONFIG,
	ENTRY_FIXED = ENTRY_CONFIG /* the last of them */
};

/* An entry stays where it is until it is destroyed; its properties, until they
 * are changed.  The parent of a domain's root is ENTRY_NONE. */
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
 * Whether a change may be made: 0; -ESTALE if its instance is not the next one,
 * or a new id is not a new one; -EEXIST if a machine of that domain has the
 * name, the hardware address or the IP address already, or a directory at the
 * top of a domain the name, or a domain below the same one the name (*other is
 * its id); -ENOENT if there is no such
 * entry, parent or domain; -EINVAL for a property list or an address that is
 * none, for an edit that names another parent or domain than the entry's, for
 * destroying or renaming what must stay, and for leases; -ENOTEMPTY for a
 * domain that others climb to.
 *
 * CHANGE_DOMAIN_PUT makes a domain and its root, which is all it has then; its
 * machines are the children of a child of the root called "machines".  Its
 * `domain` is not looked at, its `parent` is a domain, or 0 for none.
 *
 * Look only at changes that follow all before them: check one edit, commit and
 * apply it, check the next.
 */
int directory_check(const struct directory *d, const struct change *c,
		    uint32_t *other);
/*
 * Check and apply what is durable.  Of its instance it asks only that it is
 * newer: a snapshot has just the last one of each entry.  Errors as above, and
 * -ENOMEM; any error leaves the directory as it was.
 */
int directory_apply(struct directory *d, const struct change *c);
/*
 * The same of changes that are made all or none, each checked on top of those
 * before it; the first new entry among them has the next id, each further one
 * the id after.  The directory is afterwards as it was.  Errors as above, and
 * -ENOMEM; *failed is the number of the change that may not be made, and *other
 * may be an entry that one before it makes.
 */
int directory_check_all(struct directory *d, const struct change *v, size_t n,
			size_t *failed, uint32_t *other);
/* Any error leaves the directory as it was before all of them. */
int directory_apply_all(struct directory *d, const struct change *v, size_t n);
/*
 * The same, where only what each entry has become is known, and not the way to
 * it: names and addresses may have gone from one to another, so none of these
 * entries has any until it is changed.
 */
int directory_become(struct directory *d, const struct change *v, size_t n);
/*
 * A copy, for who wants to try many changes where nobody looks, on a thread of
 * his own: nobody may change the directory while it is copied, but all may look
 * things up.  0 or -ENOMEM.
 */
int directory_copy(struct directory **to, const struct directory *from);
/* Each becomes the other, whatever their sizes; pointers to entries and
 * property lists of either go with them. */
void directory_swap(struct directory *a, struct directory *b);
/* Changes that were applied since it was opened: two equal numbers, of it or
 * its copy, are the same directory. */
uint64_t directory_writes(const struct directory *d);
/* The next id that no entry ever had. */
uint32_t directory_next_id(const struct directory *d);

const struct entry *directory_entry(const struct directory *d, uint32_t id);
/* The domain that a domain climbs to; 0: none. */
uint32_t domain_parent(const struct directory *d, uint32_t domain);
/*
 * NetInfo's: the sum of (id - domain + 1) * instance of all its entries, mod
 * 2^32.  It changes with each of them, and is never 0 (1 then, which whoever
 * sums up himself finds wrong, once in four thousand million); 0: there is no
 * such domain.
 */
uint32_t domain_checksum(const struct directory *d, uint32_t domain);
/* Walk a directory, in order of the ids; NULL ends. */
const struct entry *entry_first(const struct directory *d,
				const struct entry *parent);
const struct entry *entry_next(const struct directory *d,
			       const struct entry *e);
/* The first child with a higher id than this one, which need not be there (any
 * more); 0: the first of all.  It costs no more look-ups than there are ids to
 * the nearest child, or children up to it. */
const struct entry *entry_behind(const struct directory *d,
				 const struct entry *parent, uint32_t id);
/* A child by any of its names; by case they do not differ. */
const struct entry *entry_child(const struct directory *d,
				const struct entry *parent, const char *name);
/*
 * Of a domain that is copied from another master: the entry whose first
 * property is called so and has, as its first value, the number of the object
 * that it is a copy of.  Of several the one with the lowest id; NULL: none.
 */
#define ENTRY_MARK "_netinfo"
const struct entry *entry_marked(const struct directory *d, uint32_t domain,
				 uint32_t object);
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
/* Its first name; "" if it has none. */
const char *machine_name(const struct entry *m);
uint32_t directory_machines(const struct directory *d); /* how many */

#endif
