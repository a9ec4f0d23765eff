/*
 * An MTFTP client among hostile servers.  Whatever they say, it keeps every
 * block once and at its place until it turns to TFTP, says nothing but requests
 * and ACKs, and comes to an end.
 *
 * max_len: 4096
 */
#include "engine/mtftpc.h"
#include "load.h"
#include "wire/tftp.h"

int LLVMFuzzerTestOneInput(const uint8_t *b, size_t len);

enum { SIZE_MOST = 60000 };

enum event {
	EVENT_JOIN = LOAD_OWN, /* the group cannot be joined */
	EVENT_RAW,             /* u8: to which port; len, bytes */
	EVENT_DATA, /* u8: to which port; u16: block; u8: bytes less */
	EVENT_REF,  /* the same by reference */
	EVENT_STOP,
	EVENTS,
};

static const struct url url = {.scheme = URL_MTFTP,
			       .server = IP4(10, 0, 0, 1),
			       .port = 1759,
			       .group = URL_MTFTP_GROUP,
			       .path = "kernel"};

static struct loadc *client;
static bool is_by_tftp;
static uint64_t kept;

static void look(struct drive *d, const struct effect *e)
{
	struct tftp_request q;
	struct tftp_error er;
	struct rd r;
	uint16_t ack;

	(void)d;
	if (e->kind == EFFECT_KEEP) {
		uint64_t len = e->keep.len + e->keep.body.len;

		assert(e->keep.file == 3 && len);
		assert(e->keep.offset + len <= SIZE_MOST);
		if (!is_by_tftp)
			assert(len <= 512 && e->keep.offset % 512 == 0);
		kept += len;
	}
	if (e->kind != EFFECT_SEND)
		return;
	r = rd_over(e->send.head, e->send.head_len);
	if (tftp_request_get(&q, &r)) {
		/* What was loaded until then is loaded again. */
		if (e->send.to.port == 69 && !is_by_tftp) {
			is_by_tftp = true;
			kept = 0;
		}
		assert(is_by_tftp || !q.options.has);
		return;
	}
	r = rd_over(e->send.head, e->send.head_len);
	if (!tftp_ack_get(&ack, &r)) {
		r = rd_over(e->send.head, e->send.head_len);
		assert(is_by_tftp && tftp_error_get(&er, &r));
	}
}

static struct dgram from_server(struct drive *d, uint8_t how)
{
	return (struct dgram){
		.kind = DGRAM_UDP,
		.from = {url.server, how & 2 ? 1759 : 40000},
		.to = {0, how & 1 ? d->port : url.group.port},
	};
}

static void hear_data(struct drive *d, struct rd *r, bool is_ref)
{
	struct dgram g = from_server(d, rd_u8(r));
	uint16_t block = rd_u16(r) % 160;
	size_t less = rd_u8(r), len = less > 200 ? 312 : 512 + (less == 200);
	uint8_t packet[1024] = {0};
	struct wr w = wr_over(packet, sizeof(packet));

	tftp_data_head_put(block, &w);
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
	case EVENT_JOIN:
		load_fail_join(d, r);
		break;
	case EVENT_RAW:
		load_hear_raw(d, from_server(d, rd_u8(r)), r);
		break;
	case EVENT_DATA:
	case EVENT_REF:
		hear_data(d, r, event == EVENT_REF);
		break;
	case EVENT_STOP:
		load_stop(d, client, r);
		break;
	case EVENTS:
		break;
	}
}

static void check_end(struct drive *d)
{
	struct loadc_progress p;

	/* LISTENs settle, and what they lead to: TFTP's. */
	while (d->n)
		drive_settle(d, 0);
	drive_wait(d, SECONDS(61));
	p = load_end(d, client, SECONDS(61));
	assert(p.packets_new <= p.packets_heard);
	if (p.state == LOADC_DONE)
		assert(p.size == p.have && p.have == kept);
	while (drive_step(d))
		;
}

int LLVMFuzzerTestOneInput(const uint8_t *b, size_t len)
{
	static struct drive d;
	static const struct loadc_config config = {.size_max = SIZE_MOST};
	struct rd r = rd_over(b, len);

	if (mtftpc_open(&client, &config, &fuzz_memory))
		abort();
	drive_open(&d, &client->engine);
	d.look = look;
	is_by_tftp = false;
	kept = 0;
	load_start(&d, client, &url, 3);
	while (rd_left(&r))
		play(&d, &r);
	check_end(&d);
	loadc_close(client, &fuzz_memory);
	return 0;
}
