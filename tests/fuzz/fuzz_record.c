/*
 * Record marks from anywhere, beside the plainest reading of the RFC: the same
 * verdict, the same bytes, nothing touched behind them.
 *
 * max_len: 4096
 */
#include "base/record.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *b, size_t len);

struct plain {
	enum record_state state;
	size_t len, used;
	uint8_t bytes[RECORD_MAX];
};

static void read_plainly(struct plain *p, const uint8_t *b, size_t len)
{
	p->len = p->used = 0;
	for (unsigned i = 0; i < RECORD_FRAGMENTS; i++) {
		size_t n;

		p->state = RECORD_PARTLY;
		if (len - p->used < 4)
			return;
		n = (size_t)(b[p->used] & 0x7f) << 24 |
		    (size_t)b[p->used + 1] << 16 | (size_t)b[p->used + 2] << 8 |
		    b[p->used + 3];
		p->state = RECORD_BAD;
		if (!n || p->len + n > RECORD_MAX)
			return;
		p->state = RECORD_PARTLY;
		if (len - p->used - 4 < n)
			return;
		memcpy(p->bytes + p->len, b + p->used + 4, n);
		p->len += n;
		p->state = b[p->used] & 0x80 ? RECORD_WHOLE : RECORD_PARTLY;
		p->used += 4 + n;
		if (p->state == RECORD_WHOLE)
			return;
	}
	p->state = RECORD_BAD;
}

int LLVMFuzzerTestOneInput(const uint8_t *b, size_t len)
{
	static struct plain plain;
	uint8_t *copy = malloc(len + 1), *at = copy;
	struct record_cut cut;

	assert(copy);
	memcpy(copy, b, len);
	for (;;) {
		enum record_state state = record_cut(at, len, &cut);

		read_plainly(&plain, b, len);
		assert(state == plain.state);
		if (state != RECORD_WHOLE) {
			assert(!memcmp(at, b, len));
			break;
		}
		assert(cut.used == plain.used && cut.len == plain.len);
		assert(!memcmp(cut.bytes, plain.bytes, cut.len));
		assert(!memcmp(at + cut.used, b + cut.used, len - cut.used));
		at += cut.used;
		b += cut.used;
		len -= cut.used;
	}
	free(copy);
	return 0;
}
