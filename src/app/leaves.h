/*
 * The leaves of a train's packets, taken as they come: the bytes are at hand
 * then, and when the last packet of a section has come all of its blocks can be
 * checked at once.  Memory is for a few blocks, whatever the file's size; of
 * others the leaves are taken when they are read back.
 */
#ifndef MUSTER_APP_LEAVES_H
#define MUSTER_APP_LEAVES_H

#include "base/bitmap.h"
#include "base/crypt.h"
#include "base/layout.h"
#include "model/manifest.h"

enum { LEAVES_KEPT = 65536 /* packets: one mebibyte of leaves */ };

struct leaves;

/* NULL: there is no memory, or the layout names no packets. */
struct leaves *leaves_open(const struct layout *l, const struct crypt *crypt);
/* NULL is allowed. */
void leaves_close(struct leaves *v);
/* A packet, all of it, lies at this offset of the file now. */
void leaves_put(struct leaves *v, uint64_t offset, const uint8_t *bytes,
		size_t len);

/* Of one block, the leaf of its packet i at MANIFEST_LEAF * i, if `known`. */
struct leaves_block {
	uint8_t *at;
	struct bitmap known;
};
/* NULL if nothing is kept of it.  What is filled in is kept as well. */
struct leaves_block *leaves_of(struct leaves *v, uint32_t block);

#endif
