/*
 * Messages with the Internet checksum in their third and fourth byte, which a
 * fuzzer does not guess.
 */
#ifndef MUSTER_TESTS_SEALED_H
#define MUSTER_TESTS_SEALED_H

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Check the input as it is, and once more with the right checksum. */
static inline void check_sealed(const uint8_t *b, size_t len,
				void (*check)(const uint8_t *b, size_t len))
{
	uint8_t *sealed;
	uint32_t sum = 0;

	check(b, len);
	if (len < 4)
		return;
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
}

#endif
