/*
 * The parts of etcd_text and etcd_stream: values of etcd's JSON.
 */
#ifndef MUSTER_STORE_ETCD_JSON_H
#define MUSTER_STORE_ETCD_JSON_H

#include "store/etcd_text.h"

#include <jansson.h>

/* An object, the caller's to json_decref(); NULL: it is none, or is nested
 * deeper than ETCD_DEPTH. */
json_t *etcd_json_open(struct span s);
/* The number of that name, 0 if there is none; false: it is no number. */
bool etcd_json_u64(const json_t *o, const char *name, uint64_t *to);
/* The revision in its header. */
bool etcd_json_revision(const json_t *o, uint64_t *to);
/* The text of that name; empty if there is none, or it is no text. */
struct span etcd_json_text(const json_t *o, const char *name);

/* How many bytes base64 of so many letters has at most. */
static inline size_t etcd_base64_most(size_t letters)
{
	return letters / 4 * 3;
}
/* False: these are no base64, which fills up its last four with '='. */
bool etcd_base64_get(struct span s, uint8_t *to, size_t *len);

/* A key and its value, as they stand in an answer. */
struct etcd_pair {
	struct span key, value; /* base64 */
	uint64_t revision, lease;
};
bool etcd_json_pair(const json_t *kv, struct etcd_pair *to);
/*
 * The bytes of its key, without the prefix, NUL-terminated in `to`, which has
 * room for etcd_base64_most() of them and one more.  False: it is no base64, or
 * not below the prefix.
 */
bool etcd_pair_key(const struct etcd_pair *p, const char *prefix, char *to,
		   size_t *len);
/* Whether it can be a key of ours. */
bool etcd_is_key(const char *key, size_t len);

#endif
