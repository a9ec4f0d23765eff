/*
 * What is asked of an entry's properties, as JSON, made so in a property list.
 * Order is kept: what is changed stays in its place, what is new comes last.
 */
#ifndef MUSTER_APP_ADMIN_PROPS_H
#define MUSTER_APP_ADMIN_PROPS_H

#include "app/admin_inside.h"

enum { ENTRY_PROPS = 128 * 1024 }; /* bytes of a list, at most */

/*
 * The list of an entry that does not exist yet.  `key` and `value`, of its
 * path, come first unless `props`, an object or NULL, says them itself.  False:
 * the error is filled in; `who` names the entry in it.
 */
bool props_new(struct asked *k, const char *who, const char *key,
	       const char *value, const json_t *props, struct plist_out *to);
/*
 * A list changed as the request's body says:
 *
 *	"set":    {NAME: VALUES}             exactly these values
 *	"append": {NAME: VALUES}             more, at the end, or
 *	"at":     N                          before number N of those there
 *	"unset":  [NAME, ...]                no such property
 *	"remove": {NAME: VALUES}             these values no more
 *	"rename": {NAME: NAME}
 *
 * False as above, also if there is none of what is to go.
 */
bool props_patch(struct asked *k, const char *who, const struct plist *from,
		 struct plist_out *to);

#endif
