/*
 * The mirror's sixteen bytes from anywhere: what was read is sane, and written
 * again is the same but for the byte that means nothing.
 */
#include "wire/mirror.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *b, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *b, size_t len)
{
	uint8_t back[MIRROR_LEN], *exact = malloc(len + !len);
	struct wr w = wr_over(back, sizeof(back));
	struct rd r;
	struct mirror m;

	assert(exact);
	if (len)
		memcpy(exact, b, len);
	r = rd_over(exact, len);
	if (mirror_get(&m, &r)) {
		assert(len >= MIRROR_LEN);
		assert(m.kind >= MIRROR_HELLO && m.kind <= MIRROR_LOOP);
		assert(m.lane < MIRROR_LANES && mirror_group(m.lane));
		assert(m.seen < 1 << MIRROR_LANES);
		mirror_put(&m, &w);
		assert(!w.bad && wr_len(&w) == MIRROR_LEN);
		back[7] = exact[7];
		assert(!memcmp(back, exact, MIRROR_LEN));
	}
	free(exact);
	return 0;
}
