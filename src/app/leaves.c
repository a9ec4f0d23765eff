/*
 * Leaves.  Blocks are in flight by sections, so those of a few sections have
 * their places by number, and a later block takes an earlier one's.
 */
#include "app/leaves.h"

#include <stdlib.h>

struct leaves {
	struct layout layout;
	const struct crypt *crypt;
	uint32_t n; /* places: block b has the one at b % n */
	uint32_t *whose;
	struct leaves_block *blocks;
	uint8_t *bytes;
	uint64_t *words;
};

static uint32_t places(const struct layout *l)
{
	uint32_t n = LEAVES_KEPT / l->k;

	return n < l->blocks ? n : l->blocks;
}

/* The place's block, whatever it had been. */
static void begin(struct leaves *v, uint32_t block)
{
	uint32_t i = block % v->n;
	uint16_t k = v->layout.k;

	v->whose[i] = block;
	v->blocks[i].at = v->bytes + (size_t)i * k * MANIFEST_LEAF;
	bitmap_open(&v->blocks[i].known, v->words + i * BITMAP_WORDS(k),
		    layout_block(&v->layout, block));
}

static bool take_memory(struct leaves *v)
{
	size_t k = v->layout.k;

	v->whose = calloc(v->n, sizeof(*v->whose));
	v->blocks = calloc(v->n, sizeof(*v->blocks));
	v->bytes = malloc(v->n * k * MANIFEST_LEAF);
	v->words = calloc(v->n * BITMAP_WORDS(k), sizeof(*v->words));
	return v->whose && v->blocks && v->bytes && v->words;
}

struct leaves *leaves_open(const struct layout *l, const struct crypt *crypt)
{
	struct leaves *v = l->packets ? calloc(1, sizeof(*v)) : NULL;

	if (!v)
		return NULL;
	v->layout = *l;
	v->crypt = crypt;
	v->n = places(l);
	if (!take_memory(v)) {
		leaves_close(v);
		return NULL;
	}
	for (uint32_t i = 0; i < v->n; i++)
		begin(v, i);
	return v;
}

void leaves_close(struct leaves *v)
{
	if (!v)
		return;
	free(v->whose);
	free(v->blocks);
	free(v->bytes);
	free(v->words);
	free(v);
}

void leaves_put(struct leaves *v, uint64_t offset, const uint8_t *bytes,
		size_t len)
{
	uint64_t packet = offset / v->layout.packet;
	uint32_t block = (uint32_t)(packet / v->layout.k);
	uint32_t i = (uint32_t)(packet % v->layout.k);
	struct leaves_block *to;

	if (packet >= v->layout.packets)
		return;
	if (v->whose[block % v->n] != block)
		begin(v, block);
	to = &v->blocks[block % v->n];
	v->crypt->hash(to->at + (size_t)i * MANIFEST_LEAF, MANIFEST_LEAF, bytes,
		       len);
	bitmap_set(&to->known, i);
}

struct leaves_block *leaves_of(struct leaves *v, uint32_t block)
{
	if (block >= v->layout.blocks || v->whose[block % v->n] != block)
		return NULL;
	return &v->blocks[block % v->n];
}
