/*
 * How a file is cut for a train: packets, blocks, sections, and the order in
 * which packets leave (docs/protocols/train.md, "Blocks, packets, positions").
 */
#ifndef MUSTER_BASE_LAYOUT_H
#define MUSTER_BASE_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	TRAIN_PACKET = 1408,   /* bytes, the most and the usual */
	TRAIN_PACKET_MIN = 64, /* and packets are a multiple of it */
	TRAIN_BLOCK = 1024,    /* packets, the usual K */
	TRAIN_BLOCK_MIN = 64,
	TRAIN_BLOCK_MAX = 4096, /* repairs are numbered from here on */
	TRAIN_SECTION = 16,     /* blocks that are interleaved: D */
};

struct layout {
	uint64_t size;    /* of the file, in bytes */
	uint16_t packet;  /* L */
	uint16_t k;       /* packets of a block */
	uint16_t last;    /* packets of the last block: 1 to k */
	uint32_t packets; /* n */
	uint32_t blocks;  /* B */
};

/* False if there is no such train: an empty file, too many packets, L or K out
 * of bounds. */
bool layout_make(struct layout *l, uint64_t size, uint16_t packet,
		 uint16_t k_max);
/* Packets of block b. */
static inline uint16_t layout_block(const struct layout *l, uint32_t b)
{
	return b + 1 < l->blocks ? l->k : l->last;
}
/* Where packet r of block b is in the order of sending; both exist. */
uint32_t layout_position(const struct layout *l, uint32_t b, uint16_t r);
/* The other way round; position < packets. */
void layout_at(const struct layout *l, uint32_t position, uint32_t *b,
	       uint16_t *r);
/* In the file: where a packet begins, and how many bytes it has. */
static inline uint64_t layout_offset(const struct layout *l, uint32_t b,
				     uint16_t r)
{
	return ((uint64_t)b * l->k + r) * l->packet;
}
static inline size_t layout_len(const struct layout *l, uint32_t b, uint16_t r)
{
	uint64_t left = l->size - layout_offset(l, b, r);

	return left < l->packet ? (size_t)left : l->packet;
}

#endif
