/*
 * The address mask from anywhere.  A fuzzer guesses no checksums, so every
 * input is tried as it is and once more with the right one; what was read and
 * written again is the same bytes.
 */
#include "wire/icmp.h"

#include <assert.h>
#include <stdlib.h>

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
	uint8_t *sealed;
	uint32_t sum = 0;

	check(b, len);
	if (len < 4)
		return 0;
	sealed = malloc(len);
	assert(sealed);
	memcpy(sealed, b, len);
	sealed[2] = sealed[3] = 0;
	for (size_t i = 0; i < len; i++)
		sum += i & 1 ? sealed[i] : (uint32_t)sealed[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	sealed[2] = (uint8_t)(~sum >> 8);
	sealed[3] = (uint8_t)~sum;
	check(sealed, len);
	free(sealed);
	return 0;
}
