/*
 * The registry's records, and SRR's packets, from anywhere: what was read and
 * written again is the same bytes.
 */
#include "wire/registry.h"

#include "wire/srr.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *b, size_t len);

static void check_record(const uint8_t *b, size_t len)
{
	uint8_t back[REGISTRY_RECORD];
	struct wr w = wr_over(back, sizeof(back));
	struct rd r = rd_over(b, len);
	struct registry_record p;

	if (!registry_get(&p, &r))
		return;
	assert(p.name_len < REGISTRY_NAME);
	assert(rd_left(&r) == len - REGISTRY_RECORD);
	registry_put(&p, &w);
	assert(!w.bad && wr_len(&w) == sizeof(back));
	assert(!memcmp(back, b, sizeof(back)));
}

/* What follows the end of an SRR name is not looked at: old machines may have
 * left anything there. */
static void check_srr(const uint8_t *b, size_t len)
{
	uint8_t back[SRR_LEN];
	struct wr w = wr_over(back, sizeof(back));
	struct rd r = rd_over(b, len);
	struct srr p;

	if (!srr_get(&p, &r))
		return;
	assert(p.name_len < SRR_NAME && len == SRR_LEN);
	srr_put(&p, &w);
	assert(!w.bad && wr_len(&w) == SRR_LEN);
	assert(!memcmp(back, b, 24 + p.name_len + 1));
	assert(!memcmp(back + 104, b + 104, SRR_LEN - 104));
}

int LLVMFuzzerTestOneInput(const uint8_t *b, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);

	assert(copy);
	memcpy(copy, b, len);
	check_record(copy, len);
	check_srr(copy, len);
	free(copy);
	return 0;
}
