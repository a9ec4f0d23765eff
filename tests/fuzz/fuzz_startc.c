/*
 * A machine that starts up among liars: replies that fit it and say anything,
 * masks, names, keys and lines, in any order.  Whatever it ends with can be
 * given to a kernel.
 */
#include "drive.h"
#include "engine/note.h"
#include "engine/startc.h"
#include "wire/bootp.h"
#include "wire/frame.h"
#include "wire/icmp.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

enum event {
	EVENT_STEP,
	EVENT_WAIT,
	EVENT_SETTLE,
	EVENT_RAW,
	EVENT_BOOTP,
	EVENT_MASK,
	EVENT_NAME,
	EVENT_KEY,
	EVENT_LINE,
	EVENTS,
};
enum { MOST_EVENTS = 200, MOST = 1472 };

static uint8_t xid[4], rpc_xid[4];

/* What it asks last, so that answers can fit. */
static void look(struct drive *d, const struct effect *e)
{
	struct rd r = rd_over(e->send.head, e->send.head_len);
	struct frame_udp f;

	(void)d;
	if (e->kind == EFFECT_NOTE && e->note.code == NOTE_CONSOLE_PROMPT)
		assert(e->note.text);
	if (e->kind != EFFECT_SEND)
		return;
	if (e->send.how == SEND_UDP) {
		assert(e->send.to.port == 111 && e->send.head_len == 76);
		memcpy(rpc_xid, e->send.head, sizeof(rpc_xid));
	} else if (frame_udp_get(&f, &r)) {
		assert(f.len == 300 && f.to.port == 67);
		memcpy(xid, f.bytes + 4, sizeof(xid));
	}
}

static size_t take(struct rd *r, uint8_t *to)
{
	size_t len = rd_u16(r) % MOST;

	if (len > rd_left(r))
		len = rd_left(r);
	rd_copy(r, to, len);
	return len;
}

static void hear_frame(struct drive *d, uint8_t protocol, const uint8_t *bytes,
		       size_t len)
{
	uint8_t frame[EFFECT_HEAD_MAX];
	struct wr w = wr_over(frame, sizeof(frame));
	struct frame_udp u = {.dst = {2, 0, 0, 0, 0, 7},
			      .from = {IP4(10, 0, 0, 1), 67},
			      .to = {IP_BROADCAST, 68},
			      .ttl = 64,
			      .bytes = bytes,
			      .len = len};
	struct frame_ip i = {.dst = {2, 0, 0, 0, 0, 7},
			     .from = IP4(10, 0, 0, 1),
			     .to = IP_BROADCAST,
			     .ttl = 64,
			     .protocol = protocol,
			     .bytes = bytes,
			     .len = len};

	if (protocol == IP_PROTOCOL_UDP)
		frame_udp_put(&u, &w);
	else
		frame_ip_put(&i, &w);
	drive_hear(d, (struct dgram){.kind = DGRAM_FRAME,
				     .bytes = frame,
				     .len = wr_len(&w)});
}

static void hear(struct drive *d, struct rd *r, enum event event)
{
	uint8_t bytes[MOST], icmp[ICMP_MASK_LEN];
	struct wr w = wr_over(icmp, sizeof(icmp));
	struct icmp_mask m = {.type = ICMP_MASK_REPLY};
	struct dgram g = {.kind = DGRAM_UDP, .bytes = bytes};

	if (event == EVENT_MASK) {
		m.mask = rd_u32(r);
		icmp_mask_put(&m, &w);
		hear_frame(d, IP_PROTOCOL_ICMP, icmp, sizeof(icmp));
		return;
	}
	g.len = take(r, bytes);
	if (event == EVENT_BOOTP && g.len >= BOOTP_FIXED) {
		static const uint8_t head[] = {2, 1, 6, 0},
				     mac[] = {2, 0, 0, 0, 0, 7};

		memcpy(bytes, head, 4);
		memcpy(bytes + 4, xid, 4);
		memcpy(bytes + 28, mac, 6);
		hear_frame(d, IP_PROTOCOL_UDP, bytes, g.len);
		return;
	}
	if (event == EVENT_NAME && g.len >= 4)
		memcpy(bytes, rpc_xid, 4);
	g.to.port = d->port;
	if (event == EVENT_RAW)
		g.kind = DGRAM_FRAME;
	drive_hear(d, g);
}

static void check(const struct startc *c)
{
	const struct startc_result *r = startc_result(c);

	assert(memchr(r->name, 0, sizeof(r->name)));
	assert(memchr(r->domain, 0, sizeof(r->domain)));
	assert(memchr(r->file, 0, sizeof(r->file)));
	assert(r->name[0] != '-' && !strpbrk(r->name, " /;$`\n"));
	if (startc_state(c) == STARTC_UP) {
		assert(addressc_is_usable(r->ip));
		assert(r->mask >> 24 == 255 || r->mask >> 24);
		assert(ip_is_mask(r->mask));
	}
}

static void play(struct drive *d, struct startc *c, struct rd *r)
{
	enum event event = rd_u8(r) % EVENTS;
	uint8_t line[MOST];
	size_t len;

	switch (event) {
	case EVENT_STEP:
		drive_step(d);
		break;
	case EVENT_WAIT:
		drive_wait(d, MILLISECONDS(rd_u16(r)));
		break;
	case EVENT_SETTLE:
		drive_settle(d, -(rd_u8(r) & 1));
		break;
	case EVENT_KEY:
		startc_key(c, d->now, (char)rd_u8(r), &d->fx);
		drive_carry(d);
		break;
	case EVENT_LINE:
		len = take(r, line);
		startc_line(c, d->now, (const char *)line, len, &d->fx);
		drive_carry(d);
		break;
	case EVENT_RAW:
	case EVENT_BOOTP:
	case EVENT_MASK:
	case EVENT_NAME:
		hear(d, r, event);
		break;
	case EVENTS:
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *b, size_t len)
{
	static struct drive d;
	struct rd r = rd_over(b, len);
	struct startc_config config = {
		.link = {.index = 1, .hw = {1, 6, {2, 0, 0, 0, 0, 7}}},
		.ifconfig = {.address = IFCONFIG_AUTOMATIC,
			     .netmask = IFCONFIG_AUTOMATIC},
		.sets_name = true,
		.takes_router = true,
		.seed = 1};
	struct startc *c;

	if (startc_open(&c, &config, &fuzz_memory))
		abort();
	drive_open(&d, startc_engine(c));
	d.look = look;
	startc_start(c, d.now, &d.fx);
	drive_carry(&d);
	for (int i = 0; i < MOST_EVENTS && rd_left(&r); i++) {
		play(&d, c, &r);
		check(c);
	}
	/* Control-C is always a way out, but of waiting for the kernel. */
	for (int i = 0; i < 3; i++) {
		while (d.n)
			drive_settle(&d, 0);
		startc_key(c, d.now, 3, &d.fx);
		drive_carry(&d);
	}
	assert(startc_is_over(startc_state(c)));
	assert(d.engine->deadline(d.engine) == NEVER);
	startc_close(c, &fuzz_memory);
	return 0;
}
