/*
 * Frames from anywhere.  A fuzzer guesses no checksums, so every input is tried
 * as it is and once more with the IP header's set right.
 */
#include "wire/frame.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *b, size_t len);

/* No options, no type of service, no id, no flags, a UDP checksum, and UDP
 * fills IP: the form in which we write. */
static bool is_own(const uint8_t *b, size_t payload)
{
	static const uint8_t zeros[4];
	size_t total = (size_t)(b[16] << 8 | b[17]);

	return b[14] == 0x45 && b[15] == 0 && !memcmp(b + 18, zeros, 4) &&
	       total == IP_HEAD + UDP_HEAD + payload;
}

static void check_udp(const uint8_t *b, size_t len)
{
	struct rd r = rd_over(b, len);
	struct frame_udp f, again;

	if (!frame_udp_get(&f, &r))
		return;
	assert(f.bytes >= b + FRAME_UDP_HEAD && f.bytes + f.len <= b + len);

	size_t n = FRAME_UDP_HEAD + f.len;
	uint8_t *back = malloc(n);
	struct wr w = wr_over(back, n);

	assert(back);
	frame_udp_put(&f, &w);
	assert(!w.bad && wr_len(&w) == n);
	r = rd_over(back, n);
	assert(frame_udp_get(&again, &r));
	assert(!memcmp(again.dst, f.dst, 6) && !memcmp(again.src, f.src, 6));
	assert(again.from.ip == f.from.ip && again.from.port == f.from.port);
	assert(again.to.ip == f.to.ip && again.to.port == f.to.port);
	assert(again.ttl == f.ttl && again.len == f.len);
	assert(f.bytes && again.bytes);
	assert(!memcmp(again.bytes, f.bytes, f.len));
	/* The UDP checksum may be none, or left to the card. */
	if (is_own(b, f.len)) {
		assert(!memcmp(back, b, 40));
		assert(!memcmp(back + 42, b + 42, n - 42));
	}
	free(back);
}

static void check_arp(const uint8_t *b, size_t len)
{
	uint8_t back[42];
	struct rd r = rd_over(b, len);
	struct wr w = wr_over(back, sizeof(back));
	struct frame_arp a;

	if (frame_arp_get(&a, &r)) {
		frame_arp_put(&a, &w);
	} else {
		r = rd_over(b, len);
		if (!frame_rarp_get(&a, &r))
			return;
		frame_rarp_put(&a, &w);
	}
	assert(!w.bad && wr_len(&w) == sizeof(back));
	assert(!memcmp(back, b, sizeof(back)));
}

static void seal(uint8_t *b, size_t head)
{
	unsigned sum = 0;

	b[24] = b[25] = 0;
	for (size_t i = 0; i < head; i += 2)
		sum += (unsigned)(b[14 + i] << 8 | b[15 + i]);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	b[24] = (uint8_t)(~sum >> 8);
	b[25] = (uint8_t)~sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *b, size_t len)
{
	struct rd r = rd_over(b, len);
	size_t head = len > 14 ? (size_t)(b[14] & 0xf) * 4 : 0;

	assert((frame_type(&r) != 0) == (len >= ETH_HEAD && (b[12] || b[13])));
	check_arp(b, len);
	check_udp(b, len);
	if (head < IP_HEAD || len < ETH_HEAD + head)
		return 0;

	uint8_t *sealed = malloc(len);

	assert(sealed);
	memcpy(sealed, b, len);
	seal(sealed, head);
	check_udp(sealed, len);
	free(sealed);
	return 0;
}
