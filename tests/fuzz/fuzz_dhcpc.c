/*
 * A DHCP client among hostile servers.  The input is a row of events; replies
 * may be made to fit the transaction, or nothing would ever get through.
 *
 * max_len: 4096
 */
#include "engine/dhcpc.h"
#include "fuzz/drive.h"
#include "wire/frame.h"
#include "wire/pxe.h"

int LLVMFuzzerTestOneInput(const uint8_t *b, size_t len);

enum { MOST_EVENTS = 300 };

enum event {
	EVENT_STEP,   /* to the next deadline */
	EVENT_WAIT,   /* u16: milliseconds */
	EVENT_SETTLE, /* u8: how well */
	EVENT_RAW,    /* len, bytes: a frame */
	EVENT_FITTED, /* len, bytes: a message that fits, as a frame */
	EVENT_UDP,    /* the same through the socket */
	EVENTS,
};

static const struct addressc_config config = {
	.link = {.index = 1, .hw = {1, 6, {2, 0, 0, 0, 0, 7}}},
	.class_id = "muster",
	.arch = ARCH_X64_UEFI,
	.seed = 1};

static uint8_t xid[4]; /* of the last request */

static void look(struct drive *d, const struct effect *e)
{
	struct rd r;
	struct frame_udp f;
	struct bootp m;

	(void)d;
	if (e->kind != EFFECT_SEND)
		return;
	r = rd_over(e->send.head, e->send.head_len);
	if (e->send.how == SEND_FRAME) {
		bool ok = frame_udp_get(&f, &r);

		assert(ok);
		r = rd_over(f.bytes, f.len);
	}
	bool ok = bootp_get(&m, &r);
	assert(ok && m.op == BOOTP_REQUEST && m.type != DHCP_NONE);
	memcpy(xid, m.xid, sizeof(xid));
}

/* The next message of the input, perhaps made a reply to the last request. */
static size_t message(struct rd *r, uint8_t to[BOOTP_MTU_MAX], bool is_fitted)
{
	size_t len = rd_u16(r) % BOOTP_MTU_MAX;

	if (len > rd_left(r))
		len = rd_left(r);
	rd_copy(r, to, len);
	if (is_fitted && len >= BOOTP_FIXED) {
		to[0] = BOOTP_REPLY;
		to[1] = 1;
		to[2] = 6;
		memcpy(to + 4, xid, sizeof(xid));
		memcpy(to + 28, config.link.hw.b, 6);
	}
	return len;
}

static void hear(struct drive *d, struct rd *r, enum event event)
{
	uint8_t bytes[BOOTP_MTU_MAX], frame[EFFECT_HEAD_MAX];
	struct wr w = wr_over(frame, sizeof(frame));
	size_t len = message(r, bytes, event != EVENT_RAW);
	struct frame_udp f = {.dst = {2, 0, 0, 0, 0, 7},
			      .from = {IP4(10, 0, 0, 1), 67},
			      .to = {IP_BROADCAST, 68},
			      .ttl = 64,
			      .bytes = bytes,
			      .len = len};

	if (event == EVENT_RAW) {
		drive_hear(d, (struct dgram){.kind = DGRAM_FRAME,
					     .bytes = bytes,
					     .len = len});
	} else if (event == EVENT_UDP) {
		drive_hear(d, (struct dgram){.kind = DGRAM_UDP,
					     .from = f.from,
					     .to = {0, 68},
					     .bytes = bytes,
					     .len = len});
	} else {
		frame_udp_put(&f, &w);
		drive_hear(d, (struct dgram){.kind = DGRAM_FRAME,
					     .bytes = frame,
					     .len = wr_len(&w)});
	}
}

static void check(const struct dhcpc *c)
{
	const struct address_answer *a = dhcpc_answer(c);

	if (dhcpc_state(c) != ADDRESSC_BOUND)
		return;
	assert(addressc_is_usable(a->ip));
	assert(a->mask && ip_is_mask(a->mask));
	assert(a->lease);
	assert(memchr(a->name, 0, sizeof(a->name)));
	assert(memchr(a->domain, 0, sizeof(a->domain)));
	assert(memchr(a->file, 0, sizeof(a->file)));
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
		drive_settle(d, -(rd_u8(r) & 1));
		break;
	case EVENT_RAW:
	case EVENT_FITTED:
	case EVENT_UDP:
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
	struct dhcpc *c;
	usec begun;

	if (dhcpc_open(&c, &config, &fuzz_memory))
		abort();
	drive_open(&d, dhcpc_engine(c));
	d.look = look;
	memset(xid, 0, sizeof(xid));
	dhcpc_start(c, d.now, &d.fx);
	drive_carry(&d);
	for (int i = 0; i < MOST_EVENTS && rd_left(&r); i++) {
		play(&d, &r);
		check(c);
	}
	/* It goes on for ever, unless its lease does. */
	begun = d.now;
	for (int i = 0; i < 20 && drive_step(&d); i++)
		check(c);
	assert(d.now > begun || dhcpc_state(c) == ADDRESSC_BOUND);
	dhcpc_close(c, &fuzz_memory);
	return 0;
}
