/*
 * Drafts as JSON, for the way from the commands to the daemon and back.
 *
 * An entry is [UP, LINE, FLAGS, PROPERTY...]: the number of its parent in the
 * list, the first being the root and its own parent.  A property is
 * [NAME, VALUE...]; a text that is no UTF-8 is {"hex": "e9"}.
 */
#ifndef MUSTER_APP_DRAFT_JSON_H
#define MUSTER_APP_DRAFT_JSON_H

#include "model/draft.h"

#include <jansson.h>

/* The root's and all others' ids are used: nothing is to rely on them.  NULL:
 * no memory. */
json_t *draft_to_json(struct draft *d);
/* Into an empty draft.  False: it is none, and *why says what is wrong. */
bool draft_from_json(struct draft *d, const json_t *list, const char **why);

json_t *bytes_json(const char *s, size_t len);
/* A property list in order: [[NAME, VALUE...]...]. */
json_t *plist_json(const struct plist *pl);
/* Such a list to the end of an entry's; false: it is none. */
bool plist_from_json(struct draft *d, struct draft_entry *e, const json_t *list,
		     size_t from);

#endif
