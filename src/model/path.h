/*
 * Paths of a domain's directories, as NetInfo's tools have them:
 * /machines/wendy or /machines/en_address=0:0:f:0:7:5a.  A component is the
 * value of `name`, or PROPERTY=VALUE; a backslash takes `/', `=' and itself
 * their meaning.  A path that does not begin with a slash begins with a
 * directory's number, its entry's id less the domain's: "0" is the root.  Of
 * several that match, the first in order is meant.
 */
#ifndef MUSTER_MODEL_PATH_H
#define MUSTER_MODEL_PATH_H

#include "base/text.h"
#include "model/directory.h"

enum {
	PATH_DEPTH = 16,      /* directories below the root */
	PATH_COMPONENT = 512, /* bytes of one, its NUL included */
};

/* A walk over the components of a path; it keeps pointers into itself. */
struct path {
	const char *rest;
	const char *key;   /* NULL: `value` is a name */
	const char *value; /* both without escapes */
	const char *fault; /* why it is no path; NULL: it is one so far */
	bool has_number;   /* it begins with `number` */
	uint32_t number;
	unsigned depth;
	char room[PATH_COMPONENT];
};

/* Begin; a leading number is read, too, unless there is a fault. */
void path_begin(struct path *p, const char *s);
/* The next component; false: there is none, or a fault. */
bool path_next(struct path *p);

/* The first child with that value; NULL key: with that name.  Names do not
 * differ by case, nor do the ways to write an address. */
const struct entry *entry_match(const struct directory *d,
				const struct entry *parent, const char *key,
				const char *value);
/*
 * The entry at a path.  NULL: there is none, *fault is NULL; or it is no path,
 * and *fault says why, in words that go on from it ("has an empty value").
 */
const struct entry *path_entry(const struct directory *d, uint32_t domain,
			       const char *s, const char **fault);
/*
 * Where a new one goes that is to be at a path: the entry it goes into, with
 * *p standing at its last component.  NULL as above; *fault, too, if the path
 * is the root or too deep.
 */
const struct entry *path_parent(const struct directory *d, uint32_t domain,
				const char *s, struct path *p,
				const char **fault);
/* The path of an entry in its domain, with escapes; one without a name, or
 * below one without, stands there by its number. */
void path_put(const struct directory *d, const struct entry *e, struct text *t);

#endif
