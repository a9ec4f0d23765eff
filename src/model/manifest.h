/*
 * The manifest of an image: what the file is, in a head that can be signed, and
 * a list with the hash of each of its blocks (docs/protocols/train.md, "The
 * manifest").  A train announces the head, and its riders believe nothing else.
 */
#ifndef MUSTER_MODEL_MANIFEST_H
#define MUSTER_MODEL_MANIFEST_H

#include "base/crypt.h"
#include "base/layout.h"

enum {
	MANIFEST_NAME = 256,
	MANIFEST_HEAD_MAX = 420,
	MANIFEST_KEY_ID = 8,
	MANIFEST_LEAF = 16,
};

/* Of a file that a train carries. */
#define MANIFEST_SIZE_MAX ((uint64_t)8 << 30)

struct manifest {
	uint64_t version;
	uint64_t valid_from, valid_until; /* seconds since 1970; 0: no bound */
	struct layout layout;             /* size, packet, blocks */
	uint16_t k_max;                   /* K */
	char name[MANIFEST_NAME];
	uint8_t list_hash[CRYPT_HASH];
	uint8_t key_id[MANIFEST_KEY_ID];
	bool is_signed;
	uint64_t train; /* the train id, from the bytes of the head */
};

/* Of a head as it came: false if it is none, or its layout is impossible.  The
 * signature is not looked at. */
bool manifest_get(struct manifest *m, const void *head, size_t len,
		  const struct crypt *crypt);
/* How long the head is that these bytes begin with, up to MANIFEST_HEAD_MAX; 0
 * if that is more than there are. */
size_t manifest_head_len(const void *bytes, size_t len);
/*
 * Write the head into `to` (MANIFEST_HEAD_MAX) and fill m->train.  A signed one
 * needs m->key_id and `sign`, which gets all bytes before the signature.  The
 * length; 0 if the name is too long.
 */
size_t manifest_put(struct manifest *m, uint8_t *to, const struct crypt *crypt,
		    void (*sign)(void *arg, const void *bytes, size_t len,
				 uint8_t signature[CRYPT_SIGNATURE]),
		    void *arg);
void manifest_key_id(const uint8_t key[CRYPT_KEY], const struct crypt *crypt,
		     uint8_t id[MANIFEST_KEY_ID]);

/* What a client that trusts some keys says of a head. */
enum manifest_fault {
	MANIFEST_GOOD,
	MANIFEST_UNSIGNED, /* not a fault for who has no key */
	MANIFEST_OTHER_KEY,
	MANIFEST_FORGED,
	MANIFEST_OTHER_NAME,
	MANIFEST_TOO_OLD, /* its version is lower than what was had */
	MANIFEST_NOT_YET,
	MANIFEST_EXPIRED,
};
struct manifest_trust {
	const uint8_t (*keys)[CRYPT_KEY];
	unsigned n_keys; /* 0: everything that is whole is taken */
	const char *name;
	uint64_t version_min;
	uint64_t wall; /* seconds since 1970 */
};
enum manifest_fault manifest_judge(const struct manifest *m, const void *head,
				   size_t len, const struct manifest_trust *t,
				   const struct crypt *crypt);
/* In words: "the manifest is signed by another key", ... */
const char *manifest_fault_text(enum manifest_fault f);

#endif
