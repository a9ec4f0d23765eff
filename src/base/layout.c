/*
 * How a file is cut for a train.  Only the last block may be short, so only in
 * the last section do rows have two widths, and both directions are a few sums.
 */
#include "base/layout.h"

#include <assert.h>

static uint64_t ceil_of(uint64_t n, uint64_t by)
{
	return n / by + (n % by != 0);
}

static bool is_sane(uint64_t size, uint16_t packet, uint16_t k_max)
{
	return size && packet >= TRAIN_PACKET_MIN && packet <= TRAIN_PACKET &&
	       packet % TRAIN_PACKET_MIN == 0 && k_max >= TRAIN_BLOCK_MIN &&
	       k_max <= TRAIN_BLOCK_MAX;
}

bool layout_make(struct layout *l, uint64_t size, uint16_t packet,
		 uint16_t k_max)
{
	uint64_t n, k, blocks;

	if (!is_sane(size, packet, k_max))
		return false;
	n = ceil_of(size, packet);
	if (n > UINT32_MAX)
		return false;
	k = ceil_of(n, ceil_of(n, k_max));
	blocks = ceil_of(n, k);
	*l = (struct layout){.size = size,
			     .packet = packet,
			     .k = (uint16_t)k,
			     .last = (uint16_t)(n - (blocks - 1) * k),
			     .packets = (uint32_t)n,
			     .blocks = (uint32_t)blocks};
	return true;
}

uint32_t layout_position(const struct layout *l, uint32_t b, uint16_t r)
{
	uint32_t first = b - b % TRAIN_SECTION, w = l->blocks - first;
	uint32_t row = r * w;

	assert(b < l->blocks && r < layout_block(l, b));
	if (w > TRAIN_SECTION)
		row = r * TRAIN_SECTION;
	else if (r > l->last)
		row -= r - l->last;
	return first * l->k + row + b % TRAIN_SECTION;
}

void layout_at(const struct layout *l, uint32_t position, uint32_t *b,
	       uint16_t *r)
{
	uint32_t section = position / (TRAIN_SECTION * l->k);
	uint32_t first = section * TRAIN_SECTION, w = l->blocks - first;
	uint32_t left = position - first * l->k, rows = 0;

	assert(position < l->packets);
	if (w > TRAIN_SECTION) {
		w = TRAIN_SECTION;
	} else if (left >= l->last * w) {
		/* below the end of the short block */
		left -= l->last * w--;
		rows = l->last;
	}
	*b = first + left % w;
	*r = (uint16_t)(rows + left / w);
}
