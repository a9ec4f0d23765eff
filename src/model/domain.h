/*
 * Domains by their paths.  The first domain is "/"; another is called by its
 * parent's path and its own relative name, "/boston/lab".  Only its parent
 * knows that name: the root entry of a domain has it as its property `name`.
 */
#ifndef MUSTER_MODEL_DOMAIN_H
#define MUSTER_MODEL_DOMAIN_H

#include "base/text.h"
#include "model/directory.h"

enum {
	DOMAIN_PATH = 256, /* bytes of a domain's path, its NUL included */
	DOMAIN_NAME = 64,  /* of one name, its NUL included */
	DOMAIN_DEPTH = 16, /* domains below the first, one below the other */
};

/* Whether a domain may be called so: letters, digits, - and _, and dots but
 * not first; 63 at most.  So it is no path, and never "." or "..". */
bool domain_name_is_good(const char *name);
/* Whether it is a path of such names, "/" or "/a/b". */
bool domain_path_is_good(const char *path);

/* The domain with the lowest id above `after`, 0 being below all; 0: none. */
uint32_t domain_next(const struct directory *d, uint32_t after);
/* The one below `parent` of that name, by case they do not differ; 0: none. */
uint32_t domain_child(const struct directory *d, uint32_t parent,
		      const char *name);
/* By its path; 0: there is none. */
uint32_t domain_find(const struct directory *d, const char *path);
/* As an administrator says it: a path, or "." for `own`, ".." for its parent;
 * 0: there is none. */
uint32_t domain_named(const struct directory *d, uint32_t own,
		      const char *name);
/* Its path; a domain that has no name stands there by its number, "#12". */
void domain_path_put(const struct directory *d, uint32_t domain,
		     struct text *t);

#endif
