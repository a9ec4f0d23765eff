/*
 * Any bytes as a status request, as data and as a list of gaps.  What was
 * understood is within the file, and costs no more work than it has bytes.
 */
#include "wire/slam.h"

#include <assert.h>

static void packet(struct rd r, bool is_unicast)
{
	const uint8_t *start = r.p;
	uint8_t b[64];
	struct wr w = wr_over(b, sizeof b);
	struct slam_packet p, again;
	size_t len = rd_left(&r);

	if (!slam_packet_get(&p, &r, is_unicast))
		return;
	assert(p.header.total_bytes && p.header.block_size);
	assert(p.is_data == !is_unicast);
	if (p.is_data)
		assert(p.bytes >= start && p.bytes + p.len == start + len &&
		       p.packet * p.header.block_size + p.len <=
			       p.header.total_bytes);
	/* its shortest form says the same, and is no longer */
	if (p.is_data)
		slam_data_head_put(&p.header, p.packet, &w);
	else
		slam_header_put(&p.header, &w);
	assert(!w.bad && wr_len(&w) + p.len <= len);
	r = rd_over(b, wr_len(&w));
	if (p.is_data)
		return;
	assert(slam_packet_get(&again, &r, true));
	assert(!memcmp(&again.header, &p.header, sizeof p.header));
}

static void runs(struct rd r, uint64_t packets)
{
	struct slam_runs s = slam_runs_over(r);
	struct slam_run run;
	uint64_t end = 0;
	size_t n = 0;

	while (slam_runs_next(&s, packets, &run)) {
		assert(run.n && run.first >= end);
		end = run.first + run.n;
		assert(end > run.first && end <= packets);
		n++;
	}
	assert(2 * n <= rd_left(&r));
	assert(!n || slam_call_kind(&r) == SLAM_NACK);
}

static void numbers(struct rd r)
{
	while (rd_left(&r)) {
		const uint8_t *at = r.p;
		uint64_t v = slam_int_get(&r), again;
		uint8_t b[SLAM_INT_MAX];
		struct wr w = wr_over(b, sizeof b);
		struct rd back;

		if (r.bad)
			break;
		assert(v <= SLAM_NUMBER_MAX && r.p > at);
		slam_int_put(&w, v);
		assert(!w.bad && wr_len(&w) == slam_int_len(v));
		assert(wr_len(&w) <= (size_t)(r.p - at));
		back = rd_over(b, wr_len(&w));
		again = slam_int_get(&back);
		assert(again == v && !back.bad && !rd_left(&back));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct rd r = rd_over(bytes, len);

	packet(r, true);
	packet(r, false);
	runs(r, 1);
	runs(r, 2757);
	runs(r, UINT64_MAX);
	numbers(r);
	if (slam_nack_is_fast(r))
		assert(slam_call_kind(&r) == SLAM_NACK);
	return 0;
}
