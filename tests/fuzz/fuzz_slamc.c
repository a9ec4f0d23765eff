/*
 * A SLAM client among hostile servers.  Whatever they say, it keeps every
 * packet of a file once and at its place, asks only in well-formed lists, and
 * comes to an end.
 *
 * max_len: 4096
 */
#include "drive.h"
#include "engine/slamc.h"
#include "wire/slam.h"

#include <errno.h>

int LLVMFuzzerTestOneInput(const uint8_t *b, size_t len);

enum { SIZE_MOST = 60000, PACKETS = 128 };

enum event {
	EVENT_STEP,   /* to the next deadline */
	EVENT_WAIT,   /* u16: milliseconds */
	EVENT_SETTLE, /* u8: how well */
	EVENT_JOIN,   /* the group cannot be joined */
	EVENT_RAW,    /* u8: to which port; len, bytes */
	EVENT_DATA,   /* u8: of which file, s16: packet, s8: bytes too many */
	EVENT_REF,    /* the same by reference */
	EVENT_STATUS, /* u8: of which file */
	EVENT_STOP,
	EVENTS,
};

static const struct slam_header files[] = {
	{7, 1000, 100},  {8, 60000, 500}, {7, 1001, 100},
	{9, 60001, 600}, {10, 50000, 10}, {11, 1, 1451},
};

static const struct url url = {.server = IP4(10, 0, 0, 1),
			       .port = 10000,
			       .group = {SLAM_GROUP, 10000}};

static struct loadc *client;
static uint64_t kept; /* of the file that it loads now */

static void look_keep(const struct keep *k)
{
	struct loadc_progress p = client->progress;
	uint64_t len = k->len + k->body.len;

	assert(k->file == 3 && !k->len == !k->bytes);
	assert(len && k->offset + len <= p.size && p.size <= SIZE_MOST);
	/* `have` begins at 0 again with a new file. */
	if (p.have == len)
		kept = 0;
	kept += len;
	assert(p.have == kept);
}

static void look_nack(struct rd r)
{
	struct slam_runs runs = slam_runs_over(r);
	struct slam_run run;
	uint64_t end = 0;

	assert(rd_left(&r) <= SLAM_PAYLOAD_MAX && slam_nack_is_fast(r));
	while (slam_runs_next(&runs, UINT32_MAX, &run)) {
		assert(run.first >= end);
		end = run.first + run.n;
	}
	/* mini-slamd never ends if nothing is wanted. */
	assert(end && end <= PACKETS);
}

static void look(struct drive *d, const struct effect *e)
{
	struct rd r;

	(void)d;
	if (e->kind == EFFECT_KEEP)
		look_keep(&e->keep);
	if (e->kind != EFFECT_SEND)
		return;
	assert(e->send.to.ip == url.server && e->send.to.port == url.port);
	r = rd_over(e->send.head, e->send.head_len);
	if (slam_call_kind(&r) == SLAM_NACK)
		look_nack(r);
	else
		assert(e->send.head_len == 1 && !e->send.head[0]);
}

static struct dgram from_server(uint16_t to, const uint8_t *bytes, size_t len)
{
	return (struct dgram){.kind = DGRAM_UDP,
			      .from = {url.server, 10000},
			      .to = {0, to},
			      .bytes = bytes,
			      .len = len};
}

static void hear_raw(struct drive *d, struct rd *r)
{
	uint16_t to = rd_u8(r) & 1 ? d->port : url.group.port;
	size_t len = rd_u8(r);
	const uint8_t *bytes = rd_take(r, len < rd_left(r) ? len : rd_left(r));

	if (bytes)
		drive_hear(d, from_server(to, bytes, (size_t)(r->p - bytes)));
}

static const struct slam_header *a_file(struct rd *r)
{
	return &files[rd_u8(r) % (sizeof(files) / sizeof(files[0]))];
}

static void hear_data(struct drive *d, struct rd *r, bool is_ref)
{
	const struct slam_header *h = a_file(r);
	uint64_t i = rd_u16(r) % 160;
	size_t len = slam_packet_len(h, i) + (rd_u8(r) > 250);
	uint8_t packet[2048] = {0};
	struct wr w = wr_over(packet, sizeof(packet));
	struct dgram g;

	slam_data_head_put(h, i, &w);
	g = from_server(url.group.port, packet, wr_len(&w));
	if (is_ref)
		g.body = (struct ref){.image = 1, .len = len};
	else
		g.len += len;
	drive_hear(d, g);
}

static void hear_status(struct drive *d, struct rd *r)
{
	uint8_t packet[SLAM_HEADER_MAX];
	struct wr w = wr_over(packet, sizeof(packet));

	slam_header_put(a_file(r), &w);
	drive_hear(d, from_server(d->port, packet, wr_len(&w)));
}

static void fail_join(struct drive *d)
{
	struct outcome o = {.kind = EFFECT_JOIN, .cookie = 1, .rc = -ENODEV};

	d->engine->settle(d->engine, d->now, &o, &d->fx);
	drive_carry(d);
}

static void play(struct drive *d, struct rd *r)
{
	enum event event = rd_u8(r) % EVENTS;
	uint8_t how;

	switch (event) {
	case EVENT_STEP:
		drive_step(d);
		break;
	case EVENT_WAIT:
		drive_wait(d, MILLISECONDS(rd_u16(r)));
		break;
	case EVENT_SETTLE:
		how = rd_u8(r);
		drive_settle(d, how > 200 ? -EACCES
				: how & 1 ? -EADDRINUSE
					  : 0);
		break;
	case EVENT_JOIN:
		if (rd_u8(r) > 200)
			fail_join(d);
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
	case EVENT_STATUS:
		hear_status(d, r);
		break;
	case EVENT_STOP:
		if (rd_u8(r) > 200) {
			loadc_stop(client, d->now, &d->fx);
			drive_carry(d);
		}
		break;
	case EVENTS:
		break;
	}
}

static void check_end(struct drive *d)
{
	struct loadc_progress p;

	while (d->n)
		drive_settle(d, 0);
	drive_wait(d, SECONDS(61));
	p = client->progress;
	assert(p.state != LOADC_LOADING);
	assert(p.have <= p.size && p.packets_new <= p.packets_heard);
	if (p.state == LOADC_DONE)
		assert(p.size == p.have && p.have == kept);
	if (p.state == LOADC_FAILED)
		assert(p.rc < 0 && p.why[0]);
	bool goes_on = drive_step(d);

	assert(!goes_on);
}

int LLVMFuzzerTestOneInput(const uint8_t *b, size_t len)
{
	static struct drive d;
	static const struct loadc_config config = {.size_max = SIZE_MOST};
	struct rd r = rd_over(b, len);

	if (slamc_open(&client, &config, &drive_alloc))
		abort();
	drive_open(&d, &client->engine);
	d.look = look;
	kept = 0;
	loadc_start(client, d.now, &url, 3, &d.fx);
	drive_carry(&d);
	while (rd_left(&r))
		play(&d, &r);
	check_end(&d);
	loadc_close(client, &drive_alloc);
	return 0;
}
