/*
 * How a store stands, as JSON: asked of the store itself, on whatever thread
 * has it.
 */
#ifndef MUSTER_APP_STORE_JSON_H
#define MUSTER_APP_STORE_JSON_H

#include "model/directory.h"
#include "store/store.h"

#include <jansson.h>

/* The caller's.  Masterships name their domain by its id; it may take as long
 * as the slowest member of the store. */
json_t *store_json(struct store *s);
/* Those that keep it, as they answered. */
json_t *store_members_json(const struct store_member *v, size_t n);
/* Each mastership also names its domain by its path. */
void store_json_paths(json_t *to, const struct directory *d);

#endif
