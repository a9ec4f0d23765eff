/*
 * A TFTP client among hostile servers.  Whatever they say, what it keeps is one
 * gapless run of bytes within its limit, and it always comes to an end.
 *
 * max_len: 4096
 */
#include "engine/tftpc.h"
#include "load.h"
#include "wire/tftp.h"

int LLVMFuzzerTestOneInput(const uint8_t *b, size_t len);

enum { SIZE_MAX_KEPT = 20000 };

enum { MOST_EVENTS = 300 };

enum event {
	EVENT_RAW = LOAD_OWN, /* len, bytes from a port of the server */
	EVENT_DATA,           /* s8: blocks ahead, u16: length */
	EVENT_REF,            /* the same by reference */
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

static struct dgram from_server(const struct drive *d, uint8_t port)
{
	return (struct dgram){.kind = DGRAM_UDP,
			      .from = {IP4(10, 0, 0, 1), 2000u + port},
			      .to = {0, d->port}};
}

static void hear_data(struct drive *d, struct rd *r, bool is_ref)
{
	uint8_t packet[4 + 2048] = {0};
	struct wr w = wr_over(packet, sizeof(packet));
	uint16_t block = (uint16_t)(acked + (int8_t)rd_u8(r));
	size_t len = rd_u16(r) % 2048;
	struct dgram g;

	tftp_data_head_put(block, &w);
	g = from_server(d, 0);
	g.bytes = packet;
	g.len = wr_len(&w);
	load_hear(d, g, len, is_ref);
}

static void play(struct drive *d, struct rd *r)
{
	unsigned event = rd_u8(r) % EVENTS;

	if (load_plays(d, event, r))
		return;
	switch ((enum event)event) {
	case EVENT_RAW:
		load_hear_raw(d, from_server(d, rd_u8(r) & 1), r);
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
	struct loadc_progress p = load_end(d, c, SECONDS(60));

	assert(p.state == LOADC_DONE || p.state == LOADC_FAILED);
	assert(p.have == kept);
	if (p.state == LOADC_DONE)
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

	if (tftpc_open(&c, &config, &fuzz_memory))
		abort();
	drive_open(&d, &c->engine);
	d.look = look;
	kept = 0;
	acked = 0;
	load_start(&d, c, &url, 0);
	for (int i = 0; i < MOST_EVENTS && rd_left(&r); i++)
		play(&d, &r);
	check_end(&d, c);
	loadc_close(c, &fuzz_memory);
	return 0;
}
