/*
 * The address mask from anywhere, also with the right checksum; what was read
 * and written again is the same bytes.
 */
#include "sealed.h"
#include "wire/icmp.h"

int LLVMFuzzerTestOneInput(const uint8_t *b, size_t len);

static void check(const uint8_t *b, size_t len)
{
	uint8_t back[ICMP_MASK_LEN];
	struct rd r = rd_over(b, len);
	struct wr w = wr_over(back, sizeof(back));
	struct icmp_mask m;

	if (!icmp_mask_get(&m, &r))
		return;
	assert(m.type == ICMP_MASK_REQUEST || m.type == ICMP_MASK_REPLY);
	icmp_mask_put(&m, &w);
	assert(!w.bad && wr_len(&w) == ICMP_MASK_LEN);
	/* But for a checksum of 0, which has two forms, and of what follows. */
	if (len == ICMP_MASK_LEN)
		assert(!memcmp(back, b, 2) && !memcmp(back + 4, b + 4, 8));
	r = rd_over(back, sizeof(back));
	assert(icmp_mask_get(&m, &r));
}

int LLVMFuzzerTestOneInput(const uint8_t *b, size_t len)
{
	check_sealed(b, len, check);
	return 0;
}
