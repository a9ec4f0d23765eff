/*
 * Any bytes as each TFTP packet.  What was understood, written and read again
 * must be the same.
 */
#include "wire/tftp.h"

#include <assert.h>

static void same_options(const struct tftp_options *a,
			 const struct tftp_options *b)
{
	assert(a->has == b->has);
	assert(a->blksize == b->blksize && a->timeout == b->timeout);
	assert(a->tsize == b->tsize && a->windowsize == b->windowsize);
	assert(a->group.ip == b->group.ip && a->group.port == b->group.port);
	assert(a->is_master == b->is_master && a->gaps == b->gaps);
}

static void sane_options(const struct tftp_options *o)
{
	assert(!(o->has & TFTP_HAS_BLKSIZE) ||
	       (o->blksize >= TFTP_BLKSIZE_MIN &&
		o->blksize <= TFTP_BLKSIZE_MAX));
	assert(!(o->has & TFTP_HAS_TIMEOUT) || o->timeout);
	assert(!(o->has & TFTP_HAS_WINDOWSIZE) || o->windowsize);
	assert(!o->group.ip || ip_is_multicast(o->group.ip));
}

static void request(struct rd r)
{
	struct tftp_request q, again;
	uint8_t b[512];
	struct wr w = wr_over(b, sizeof b);

	if (!tftp_request_get(&q, &r))
		return;
	assert(q.name_len <= TFTP_NAME_MAX && strlen(q.name) == q.name_len);
	sane_options(&q.options);
	tftp_request_put(&q, &w);
	assert(!w.bad);
	r = rd_over(b, wr_len(&w));
	assert(tftp_request_get(&again, &r));
	assert(again.op == q.op && again.is_octet == q.is_octet);
	assert(!strcmp(again.name, q.name));
	same_options(&again.options, &q.options);
}

static void oack(struct rd r)
{
	struct tftp_options o, again;
	uint8_t b[256];
	struct wr w = wr_over(b, sizeof b);

	if (!tftp_oack_get(&o, &r))
		return;
	sane_options(&o);
	/* an empty address comes back as 0.0.0.0, which is no group */
	if (!o.group.ip)
		o.has &= ~(unsigned)TFTP_HAS_MULTICAST;
	tftp_oack_put(&o, &w);
	assert(!w.bad);
	r = rd_over(b, wr_len(&w));
	assert(tftp_oack_get(&again, &r));
	if (o.has & TFTP_HAS_MULTICAST)
		same_options(&again, &o);
	else
		assert(again.has == o.has);
}

static void others(struct rd r)
{
	struct rd data = r, ack = r, error = r;
	struct tftp_data d;
	struct tftp_error e;
	uint16_t block;

	if (tftp_data_get(&d, &data))
		assert(d.len == rd_left(&r) - TFTP_HEAD);
	if (tftp_ack_get(&block, &ack))
		assert(tftp_op(&r) == TFTP_ACK);
	if (tftp_error_get(&e, &error))
		assert(e.text_len <= rd_left(&r) - 4 &&
		       (!e.text_len || !memchr(e.text, 0, e.text_len)));
}

/* What is whole of a list of gaps comes back as it was. */
static void gaps(struct rd r)
{
	struct rd from = r;
	struct tftp_gap g;
	uint8_t b[4];

	while (tftp_gap_next(&g, &from)) {
		struct wr w = wr_over(b, sizeof b);

		assert(tftp_gap_put(g, &w));
		if (rd_left(&r) >= 4)
			assert(!memcmp(r.p, b, 4));
		else
			assert(g.n == 1);
		(void)rd_take(&r, 4);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct rd r = rd_over(bytes, len);

	request(r);
	oack(r);
	others(r);
	gaps(r);
	return 0;
}
