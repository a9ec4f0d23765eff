/*
 * SLAM packets.  All is built of one variable-length number, in which a first
 * byte below 0x20 is no number at all: that is how a list of runs ends.
 */
#include "wire/slam.h"

#include <assert.h>

enum {
	TAIL = 5,           /* of a NACK: the NUL and "mstr" */
	BLOCK_MOST = 65507, /* bytes in the largest UDP datagram */
	FAST = 0x6d737472,  /* "mstr" */
};

/* ---- numbers ------------------------------------------------------------ */

uint64_t slam_int_get(struct rd *r)
{
	uint8_t first = rd_u8(r);
	uint64_t v = first & 0x1f;
	unsigned n = first >> 5;

	if (!n)
		r->bad = true;
	for (unsigned i = 1; i < n; i++)
		v = v << 8 | rd_u8(r);
	return r->bad ? 0 : v;
}

size_t slam_int_len(uint64_t v)
{
	size_t n = 1;

	/* n bytes hold 8n - 3 bits of value */
	while (n < SLAM_INT_MAX && v >> (8 * n - 3))
		n++;
	return n;
}

void slam_int_put(struct wr *w, uint64_t v)
{
	size_t n = slam_int_len(v);

	if (v > SLAM_NUMBER_MAX) {
		w->bad = true;
		return;
	}
	v |= (uint64_t)n << (8 * n - 3);
	while (n--)
		wr_u8(w, (uint8_t)(v >> (8 * n)));
}

/* ---- what a server sends ------------------------------------------------ */

static bool header_get(struct slam_header *h, struct rd *r)
{
	h->transaction = slam_int_get(r);
	h->total_bytes = slam_int_get(r);
	h->block_size = slam_int_get(r);
	return !r->bad && h->total_bytes && h->block_size &&
	       h->block_size <= BLOCK_MOST;
}

bool slam_packet_get(struct slam_packet *p, struct rd *r, bool is_unicast)
{
	return slam_packet_get_with(p, r, is_unicast, 0);
}

bool slam_packet_get_with(struct slam_packet *p, struct rd *r, bool is_unicast,
			  size_t body)
{
	*p = (struct slam_packet){.is_data = !is_unicast};
	if (!header_get(&p->header, r))
		return false;
	if (is_unicast)
		return !rd_left(r) && !body;
	p->packet = slam_int_get(r);
	p->len = rd_left(r);
	p->bytes = rd_take(r, p->len);
	return p->bytes && p->packet < slam_packets(&p->header) &&
	       p->len + body == slam_packet_len(&p->header, p->packet);
}

void slam_header_put(const struct slam_header *h, struct wr *w)
{
	size_t len = slam_int_len(h->transaction) +
		     slam_int_len(h->total_bytes) + slam_int_len(h->block_size);

	if (len > SLAM_HEADER_MAX)
		w->bad = true;
	slam_int_put(w, h->transaction);
	slam_int_put(w, h->total_bytes);
	slam_int_put(w, h->block_size);
}

void slam_data_head_put(const struct slam_header *h, uint64_t packet,
			struct wr *w)
{
	slam_header_put(h, w);
	slam_int_put(w, packet);
}

uint64_t slam_packets(const struct slam_header *h)
{
	assert(h->block_size);
	return h->total_bytes / h->block_size +
	       (h->total_bytes % h->block_size != 0);
}

size_t slam_packet_len(const struct slam_header *h, uint64_t i)
{
	uint64_t whole = h->total_bytes / h->block_size;

	if (i < whole)
		return (size_t)h->block_size;
	return i == whole ? (size_t)(h->total_bytes % h->block_size) : 0;
}

uint16_t slam_block_size(uint64_t total)
{
	for (uint16_t size = SLAM_BLOCK_MAX; size > 1; size--)
		if (total % size)
			return size;
	return 0;
}

/* ---- what a client sends ------------------------------------------------ */

enum slam_call slam_call_kind(const struct rd *r)
{
	struct rd peek = *r;
	uint8_t first = rd_u8(&peek);

	if (peek.bad)
		return SLAM_NOTHING;
	if (first == 0)
		return SLAM_DISCONNECT;
	return first < 0x20 ? SLAM_NOTHING : SLAM_NACK;
}

struct slam_runs slam_runs_over(struct rd r)
{
	return (struct slam_runs){.r = r};
}

/* Room behind `at`, or less: runs from the wire may add up to anything. */
static uint64_t held(uint64_t n, uint64_t at, uint64_t packets)
{
	return n < packets - at ? n : packets - at;
}

bool slam_runs_next(struct slam_runs *s, uint64_t packets, struct slam_run *run)
{
	while (!s->done) {
		uint64_t have = slam_int_get(&s->r), want;

		if (!s->r.bad && s->at < packets)
			s->at += held(have, s->at, packets);
		want = slam_int_get(&s->r);
		/* Whichever of the two is missing, nothing more is asked. */
		if (s->r.bad || s->at >= packets) {
			s->done = true;
			break;
		}
		run->first = s->at;
		run->n = held(want, s->at, packets);
		s->at += run->n;
		if (run->n)
			return true;
	}
	return false;
}

bool slam_run_put(struct wr *w, uint64_t have, uint64_t want)
{
	size_t len = slam_int_len(have) + slam_int_len(want);

	assert(want);
	if (wr_room(w) < len + TAIL)
		return false;
	slam_int_put(w, have);
	slam_int_put(w, want);
	return true;
}

bool slam_nack_is_fast(struct rd r)
{
	struct rd tail = r;

	if (slam_call_kind(&r) != SLAM_NACK)
		return false;
	while (slam_call_kind(&r) == SLAM_NACK) {
		slam_int_get(&r);
		tail = r;
	}
	return rd_u8(&tail) == 0 && rd_u32(&tail) == FAST;
}

void slam_nack_fast_put(struct wr *w)
{
	wr_u32(w, FAST);
}
