/*
 * The store that the configuration names: a file, memory, or etcd.
 */
#ifndef MUSTER_APP_OPEN_STORE_H
#define MUSTER_APP_OPEN_STORE_H

#include "app/config.h"
#include "store/store.h"

/* 0, or a negative errno, and `why` (of room bytes) says in words what is wrong
 * with which file or endpoint.  If it is 0 and not empty, it is a warning. */
int open_store(struct store **to, const struct config *c, char *why,
	       size_t room);

/* What an error of a store that several servers share means (etcd_link.h);
 * errno's own words say something else. */
const char *store_words(int rc);

#endif
