/*
 * IGMP from anywhere, also with the right checksum; what was read and written
 * again reads the same.
 */
#include "sealed.h"
#include "wire/igmp.h"

int LLVMFuzzerTestOneInput(const uint8_t *b, size_t len);

static void check_records(const struct igmp *m)
{
	struct rd r = rd_over(m->rest, m->len);
	struct igmp_record g;

	for (unsigned i = 0; i < m->n; i++)
		assert(igmp_record_next(&g, &r));
	assert(!rd_left(&r));
}

static void check_same(const struct igmp *a, const struct igmp *b)
{
	assert(a->type == b->type && a->version == b->version);
	assert(a->response == b->response && a->group == b->group);
	assert(a->suppresses == b->suppresses);
	assert(a->robustness == b->robustness && a->interval == b->interval);
	assert(a->n == b->n && a->len == b->len);
	assert(!a->len || !memcmp(a->rest, b->rest, a->len));
}

static void check(const uint8_t *b, size_t len)
{
	uint8_t *back = malloc(len + 1);
	struct rd r = rd_over(b, len);
	struct wr w = wr_over(back, len);
	struct igmp m, again;

	assert(back);
	if (igmp_get(&m, &r)) {
		assert(m.version >= 1 && m.version <= 3);
		if (m.type == IGMP_V3_REPORT)
			check_records(&m);
		igmp_put(&m, &w);
		assert(!w.bad);
		r = rd_over(back, wr_len(&w));
		assert(igmp_get(&again, &r));
		check_same(&m, &again);
	}
	free(back);
}

int LLVMFuzzerTestOneInput(const uint8_t *b, size_t len)
{
	check_sealed(b, len, check);
	return 0;
}
