/*
 * A SLAM client among hostile servers.  Whatever they say, it keeps every
 * packet of a file once and at its place, asks only in well-formed lists, and
 * comes to an end.
 *
 * max_len: 4096
 */
#include "engine/slamc.h"
#include "load.h"
#include "wire/slam.h"

int LLVMFuzzerTestOneInput(const uint8_t *b, size_t len);

enum { SIZE_MOST = 60000, PACKETS = 128 };

enum event {
	EVENT_JOIN = LOAD_OWN, /* the group cannot be joined */
	EVENT_RAW,             /* u8: to which port; len, bytes */
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

	load_hear_raw(d, from_server(to, NULL, 0), r);
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
	load_hear(d, g, len, is_ref);
}

static void hear_status(struct drive *d, struct rd *r)
{
	uint8_t packet[SLAM_HEADER_MAX];
	struct wr w = wr_over(packet, sizeof(packet));

	slam_header_put(a_file(r), &w);
	drive_hear(d, from_server(d->port, packet, wr_len(&w)));
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
		load_stop(d, client, r);
		break;
	case EVENTS:
		break;
	}
}

static void check_end(struct drive *d)
{
	struct loadc_progress p = load_end(d, client, SECONDS(61));

	assert(p.have <= p.size && p.packets_new <= p.packets_heard);
	if (p.state == LOADC_DONE)
		assert(p.size == p.have && p.have == kept);
	bool goes_on = drive_step(d);

	assert(!goes_on);
}

int LLVMFuzzerTestOneInput(const uint8_t *b, size_t len)
{
	static struct drive d;
	static const struct loadc_config config = {.size_max = SIZE_MOST};
	struct rd r = rd_over(b, len);

	if (slamc_open(&client, &config, &fuzz_memory))
		abort();
	drive_open(&d, &client->engine);
	d.look = look;
	kept = 0;
	load_start(&d, client, &url, 3);
	while (rd_left(&r))
		play(&d, &r);
	check_end(&d);
	loadc_close(client, &fuzz_memory);
	return 0;
}
