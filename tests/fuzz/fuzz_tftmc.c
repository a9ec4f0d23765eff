/*
 * A multicast TFTP client among hostile servers.  Whatever they say, what it
 * keeps lies within the file it was told of and within its limit, each block at
 * its own place; as a slave of a server without x-gaps it is silent; and it
 * always comes to an end.
 *
 * max_len: 4096
 */
#include "engine/tftmc.h"
#include "load.h"
#include "wire/tftp.h"

int LLVMFuzzerTestOneInput(const uint8_t *b, size_t len);

enum { SIZE_MAX_KEPT = 20000, MOST_EVENTS = 300, GROUP_PORT = 1758 };

enum event {
	EVENT_RAW = LOAD_OWN, /* port, len, bytes from a port of the server */
	EVENT_OACK,           /* u8: port, u8: bits, u16: size */
	EVENT_DATA,           /* u8: port, u16: block, u16: length */
	EVENT_REF,            /* the same by reference */
	EVENTS,
};

static uint16_t own;     /* its own port, the last LISTENed that is none of
			  * the group's */
static uint64_t highest; /* end of what it kept */

static void look(struct drive *d, const struct effect *e)
{
	(void)d;
	if (e->kind == EFFECT_LISTEN && e->listen.port >= 49152)
		own = e->listen.port;
	if (e->kind == EFFECT_KEEP) {
		uint64_t end = e->keep.offset + e->keep.len + e->keep.body.len;

		assert(!e->keep.len == !e->keep.bytes);
		assert(end <= SIZE_MAX_KEPT);
		if (end > highest)
			highest = end;
	}
}

static struct dgram from_server(uint8_t port, const uint8_t *bytes, size_t len)
{
	return (struct dgram){.kind = DGRAM_UDP,
			      .from = {IP4(10, 0, 0, 1), 2000u + port % 3},
			      .to = {0, port & 128 ? GROUP_PORT : own},
			      .bytes = bytes,
			      .len = len};
}

static void hear_oack(struct drive *d, struct rd *r)
{
	uint8_t b[200], port = rd_u8(r), bits = rd_u8(r);
	struct wr w = wr_over(b, sizeof(b));
	struct tftp_options o = {
		.has = TFTP_HAS_TSIZE | (bits & TFTP_HAS_BLKSIZE) |
		       (bits & TFTP_HAS_GAPS) |
		       (bits & 4 ? 0 : TFTP_HAS_MULTICAST),
		.tsize = rd_u16(r),
		.blksize = bits & 8 ? 512 : 1428,
		.group = {IP4(239, 255, 0, bits & 64 ? 1 : 2), GROUP_PORT},
		.is_master = bits & 2,
		.gaps = bits & 128 ? 1 : 2};

	tftp_oack_put(&o, &w);
	drive_hear(d, from_server(port & 127, b, wr_len(&w)));
}

static void hear_data(struct drive *d, struct rd *r, bool is_ref)
{
	uint8_t packet[4 + 2048] = {0}, port = rd_u8(r);
	struct wr w = wr_over(packet, sizeof(packet));
	uint16_t block = rd_u16(r) % 64;
	uint16_t n = rd_u16(r);
	size_t len = n & 1024 ? 1428 : n & 2048 ? 512 : n % 1428;
	struct dgram g;

	tftp_data_head_put(block, &w);
	g = from_server(port, packet, wr_len(&w));
	load_hear(d, g, len, is_ref);
}

static void play(struct drive *d, struct rd *r)
{
	unsigned event = rd_u8(r) % EVENTS;

	if (load_plays(d, event, r))
		return;
	switch ((enum event)event) {
	case EVENT_RAW:
		load_hear_raw(d, from_server(rd_u8(r), NULL, 0), r);
		break;
	case EVENT_OACK:
		hear_oack(d, r);
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
	struct loadc_progress p = load_end(d, c, SECONDS(200));

	assert(p.state == LOADC_DONE || p.state == LOADC_FAILED);
	if (p.state == LOADC_DONE)
		assert(p.size == p.have && highest >= p.size);
	assert(d->engine->deadline(d->engine) == NEVER);
}

int LLVMFuzzerTestOneInput(const uint8_t *b, size_t len)
{
	static struct drive d;
	static const struct loadc_config config = {
		.size_max = SIZE_MAX_KEPT, .blksize = 1428, .windowsize = 4};
	static const struct url url = {.scheme = URL_TFTM,
				       .server = IP4(10, 0, 0, 1),
				       .port = 1758,
				       .path = "boot.img"};
	struct rd r = rd_over(b, len);
	struct loadc *c;

	if (tftmc_open(&c, &config, &fuzz_memory))
		abort();
	drive_open(&d, &c->engine);
	d.look = look;
	own = 0;
	highest = 0;
	load_start(&d, c, &url, 0);
	for (int i = 0; i < MOST_EVENTS && rd_left(&r); i++)
		play(&d, &r);
	check_end(&d, c);
	loadc_close(c, &fuzz_memory);
	return 0;
}
