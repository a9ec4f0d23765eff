/*
 * A TFTP client among hostile servers.  Whatever they say, what it keeps is one
 * gapless run of bytes within its limit, and it always comes to an end.
 *
 * max_len: 4096
 */
#include "engine/tftpc.h"
#include "fuzz/drive.h"
#include "wire/tftp.h"

#include <errno.h>

int LLVMFuzzerTestOneInput(const uint8_t *b, size_t len);

enum { SIZE_MAX_KEPT = 20000 };

enum { MOST_EVENTS = 300 };

enum event {
	EVENT_STEP,   /* to the next deadline */
	EVENT_WAIT,   /* u16: milliseconds */
	EVENT_SETTLE, /* u8: how well */
	EVENT_RAW,    /* len, bytes from a port of the server */
	EVENT_DATA,   /* s8: blocks ahead, u16: length */
	EVENT_REF,    /* the same by reference */
	EVENTS,
};

static uint64_t kept;  /* how many bytes so far */
static uint16_t acked; /* the block of the last ACK */

static void look(struct drive *d, const struct effect *e)
{
	struct rd r;

	(void)d;
	if (e->kind == EFFECT_KEEP) {
		assert(e->keep.offset == kept);
		assert(!e->keep.len == !e->keep.bytes);
		kept += e->keep.len + e->keep.body.len;
		assert(kept <= SIZE_MAX_KEPT);
	}
	if (e->kind != EFFECT_SEND)
		return;
	r = rd_over(e->send.head, e->send.head_len);
	if (tftp_op(&r) == TFTP_ACK) {
		bool ok = tftp_ack_get(&acked, &r);

		assert(ok);
	}
}

static struct dgram from_server(const struct drive *d, uint8_t port,
				const uint8_t *bytes, size_t len)
{
	return (struct dgram){.kind = DGRAM_UDP,
			      .from = {IP4(10, 0, 0, 1), 2000u + port},
			      .to = {0, d->port},
			      .bytes = bytes,
			      .len = len};
}

static void hear_raw(struct drive *d, struct rd *r)
{
	uint8_t port = rd_u8(r) & 1;
	size_t len = rd_u8(r);
	const uint8_t *bytes = rd_take(r, len < rd_left(r) ? len : rd_left(r));

	if (bytes)
		drive_hear(d,
			   from_server(d, port, bytes, (size_t)(r->p - bytes)));
}

static void hear_data(struct drive *d, struct rd *r, bool is_ref)
{
	uint8_t packet[4 + 2048] = {0};
	struct wr w = wr_over(packet, sizeof(packet));
	uint16_t block = (uint16_t)(acked + (int8_t)rd_u8(r));
	size_t len = rd_u16(r) % 2048;
	struct dgram g;

	tftp_data_head_put(block, &w);
	g = from_server(d, 0, packet, is_ref ? 4 : 4 + len);
	if (is_ref)
		g.body = (struct ref){.image = 1, .len = len};
	drive_hear(d, g);
}

static void play(struct drive *d, struct rd *r)
{
	enum event event = rd_u8(r) % EVENTS;

	switch (event) {
	case EVENT_STEP:
		drive_step(d);
		break;
	case EVENT_WAIT:
		drive_wait(d, MILLISECONDS(rd_u16(r)));
		break;
	case EVENT_SETTLE:
		drive_settle(d, rd_u8(r) & 1 ? -EADDRINUSE : 0);
		break;
	case EVENT_RAW:
		hear_raw(d, r);
		break;
	case EVENT_DATA:
		hear_data(d, r, false);
		break;
	case EVENT_REF:
		hear_data(d, r, true);
		break;
	case EVENTS:
		break;
	}
}

static void check_end(struct drive *d, struct loadc *c)
{
	struct loadc_progress p;

	while (d->n)
		drive_settle(d, 0);
	drive_wait(d, SECONDS(60));
	p = c->progress;
	assert(p.state == LOADC_DONE || p.state == LOADC_FAILED);
	assert(p.have == kept);
	if (p.state == LOADC_FAILED)
		assert(p.rc < 0 && p.why[0]);
	else
		assert(p.size == kept);
	assert(d->engine->deadline(d->engine) == NEVER);
}

int LLVMFuzzerTestOneInput(const uint8_t *b, size_t len)
{
	static struct drive d;
	static const struct loadc_config config = {
		.size_max = SIZE_MAX_KEPT, .blksize = 1428, .windowsize = 4};
	static const struct url url = {
		.server = IP4(10, 0, 0, 1), .port = 69, .path = "boot.img"};
	struct rd r = rd_over(b, len);
	struct loadc *c;

	if (tftpc_open(&c, &config, &drive_alloc))
		abort();
	drive_open(&d, &c->engine);
	d.look = look;
	kept = 0;
	acked = 0;
	loadc_start(c, d.now, &url, 0, &d.fx);
	drive_carry(&d);
	for (int i = 0; i < MOST_EVENTS && rd_left(&r); i++)
		play(&d, &r);
	check_end(&d, c);
	loadc_close(c, &drive_alloc);
	return 0;
}
