/*
 * A record is looked for from its first mark each time that more of it has
 * come; what is kept of a half one is nothing but its bytes.
 */
#include "base/record.h"

#include "base/cursor.h"

#include <assert.h>

static const uint32_t LAST = 0x80000000;

/* Over one fragment. */
static enum record_state next(struct rd *r, struct rd *fragment, size_t *sum)
{
	uint32_t mark;

	if (rd_left(r) < RECORD_MARK)
		return RECORD_PARTLY;
	mark = rd_u32(r);
	*sum += mark & ~LAST;
	if (!(mark & ~LAST) || *sum > RECORD_MAX)
		return RECORD_BAD;
	if (rd_left(r) < (mark & ~LAST))
		return RECORD_PARTLY;
	*fragment = rd_sub(r, mark & ~LAST);
	return mark & LAST ? RECORD_WHOLE : RECORD_PARTLY;
}

/* As next(), until the last; *n: how many fragments come before
 * it. */
static enum record_state walk(struct rd *r, size_t *sum, unsigned *n)
{
	*sum = 0;
	for (*n = 0; *n < RECORD_FRAGMENTS; ++*n) {
		struct rd fragment = rd_over(NULL, 0);
		enum record_state state = next(r, &fragment, sum);

		if (state != RECORD_PARTLY || !rd_left(&fragment))
			return state;
	}
	return RECORD_BAD;
}

/* A record of one fragment, as nearly all are, stays where it is. */
static void join(uint8_t *bytes, size_t len, unsigned n)
{
	struct rd r = rd_over(bytes, len);
	uint8_t *to = bytes + RECORD_MARK;
	size_t sum = 0;

	for (unsigned i = 0; i <= n; i++) {
		struct rd fragment = rd_over(NULL, 0);
		size_t more;

		(void)next(&r, &fragment, &sum);
		more = rd_left(&fragment);
		if (i)
			memmove(to, fragment.p, more);
		to += more;
	}
}

enum record_state record_cut(uint8_t *bytes, size_t len, struct record_cut *to)
{
	struct rd r = rd_over(bytes, len);
	enum record_state state;
	unsigned n;
	size_t sum;

	state = walk(&r, &sum, &n);
	if (state != RECORD_WHOLE)
		return state;
	if (n)
		join(bytes, len, n);
	*to = (struct record_cut){.bytes = bytes + RECORD_MARK,
				  .len = sum,
				  .used = len - rd_left(&r)};
	return RECORD_WHOLE;
}

static void mark(uint8_t to[RECORD_MARK], uint32_t last, size_t len)
{
	struct wr w = wr_over(to, RECORD_MARK);

	assert(len <= RECORD_MAX);
	wr_u32(&w, last | (uint32_t)len);
}

void record_mark(uint8_t to[RECORD_MARK], size_t len)
{
	mark(to, LAST, len);
}

void record_mark_part(uint8_t to[RECORD_MARK], size_t len)
{
	mark(to, 0, len);
}
