/*
 * The manifest of a file as a file beside it, "NAME.manifest": the head, then
 * the list (docs/protocols/train.md).  `muster image add` writes it, and a
 * server takes it up if it is really of the file that is there.
 */
#ifndef MUSTER_MODEL_SIDECAR_H
#define MUSTER_MODEL_SIDECAR_H

#include "model/image.h"

#define SIDECAR_END ".manifest"

/* Of the file's name; false if that leaves no room. */
bool sidecar_name(const char *name, char to[IMAGE_NAME]);
/* Whose it is, if the name is that of a sidecar; else false. */
bool sidecar_of(const char *sidecar, char to[IMAGE_NAME]);
/* How long one may be for a file of that size, however it is cut. */
uint64_t sidecar_most(uint64_t size);

enum sidecar_fault {
	SIDECAR_GOOD,
	SIDECAR_BROKEN,     /* no manifest, or not all of it */
	SIDECAR_OTHER_NAME, /* it was made for a file of another name */
	SIDECAR_OTHER_SIZE,
	SIDECAR_OTHER_FILE, /* what its list says is not in the file */
};
/*
 * Read one: m->list points into `bytes`.  Then see whose it says that it is.
 * Whether the list is that of the file its bytes must tell (struct listing);
 * the signature is not looked at.
 */
enum sidecar_fault sidecar_get(struct image_manifest *m, const uint8_t *bytes,
			       size_t len, const struct crypt *crypt);
enum sidecar_fault sidecar_judge(const struct manifest *m, const char *name,
				 uint64_t size);
/* In words: "it is of another file", ... */
const char *sidecar_fault_text(enum sidecar_fault f);

/*
 * The list of a file, made of its bytes in their order.  The caller's memory:
 * CRYPT_HASH bytes for each block at `list`, MANIFEST_LEAF for each packet of
 * a block at `leaves`.
 */
struct listing {
	const struct crypt *crypt;
	struct layout layout;
	uint8_t *list, *leaves;
	uint32_t block;  /* what comes next */
	uint16_t packet; /* of it */
};
/* Whole packets, but for the last one of the file. */
void listing_add(struct listing *l, const uint8_t *bytes, size_t len);
bool listing_is_whole(const struct listing *l);

#endif
