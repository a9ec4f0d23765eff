/*
 * The mirror among doctors and others that say anything in any order.  It only
 * answers, in sixteen bytes, who asked or the group that was asked about; not
 * more than its pace allows; and it never joins the lane of the strangers.
 */
#include "drive.h"

#include "engine/mirrord.h"
#include "wire/frame.h"
#include "wire/mirror.h"

#define OURS IP4(10, 0, 0, 5)

/* What is asked just now, and what was answered in this second. */
static struct {
	struct endpoint from;
	bool is_asked;
	unsigned answers;
	usec second;
	bool is_fresh;
} now;

static void check_answer(const struct drive *d, const struct send *s)
{
	struct rd r = rd_over(s->head, s->head_len);
	struct mirror m;

	assert(now.is_asked && s->how == SEND_UDP && s->link == 1);
	assert(s->head_len == MIRROR_LEN && !s->body.len);
	assert(mirror_get(&m, &r) && m.kind > MIRROR_HELLO);
	assert(s->from.ip == OURS && s->to.port == MIRROR_PORT);
	if (m.kind == MIRROR_BACK)
		assert(s->to.ip == mirror_group(m.lane));
	else
		assert(s->to.ip == now.from.ip && s->to.ip != OURS &&
		       !ip_is_multicast(s->to.ip) && s->to.ip != IP_BROADCAST);
	if (d->now - now.second >= SECOND) {
		now.second = d->now;
		now.answers = 0;
	}
	/* Two for a probe; and its second may begin between two of ours. */
	assert(++now.answers <= 4 * MIRRORD_PACE);
}

static void look(struct drive *d, const struct effect *e)
{
	if (e->kind == EFFECT_SEND)
		check_answer(d, &e->send);
	if (e->kind != EFFECT_JOIN && e->kind != EFFECT_LEAVE)
		return;
	assert(e->join.group.port == MIRROR_PORT && e->join.link == 1);
	assert(e->join.group.ip != mirror_group(LANE_STRANGER));
	if (e->join.group.ip != mirror_group(LANE_FRESH))
		return;
	/* In turn. */
	assert(now.is_fresh == (e->kind == EFFECT_LEAVE));
	now.is_fresh = e->kind == EFFECT_JOIN;
}

static struct endpoint somebody(uint8_t who)
{
	static const uint32_t ips[] = {IP4(10, 0, 0, 9),
				       IP4(10, 0, 0, 10),
				       OURS,
				       IP4(10, 0, 0, 255),
				       0,
				       IP_BROADCAST,
				       IP4(239, 1, 2, 3),
				       IP4(192, 0, 2, 1)};

	return (struct endpoint){ips[who & 7], who & 128 ? 1234 : MIRROR_PORT};
}

/* As a frame if it is for the lane that nobody joins. */
static void hear(struct drive *d, struct endpoint from, uint32_t to,
		 struct rd bytes, bool is_frame)
{
	uint8_t frame[700];
	struct wr w = wr_over(frame, sizeof(frame));
	struct frame_udp f = {.from = from,
			      .to = {to, MIRROR_PORT},
			      .ttl = 1,
			      .bytes = bytes.p,
			      .len = rd_left(&bytes)};
	struct dgram g = {.kind = is_frame ? DGRAM_FRAME : DGRAM_UDP,
			  .link = 1,
			  .from = from,
			  .to = {to, MIRROR_PORT},
			  .bytes = bytes.p,
			  .len = rd_left(&bytes)};

	if (is_frame) {
		frame_udp_put(&f, &w);
		g.bytes = frame;
		g.len = wr_len(&w);
	}
	now.from = from;
	now.is_asked = true;
	drive_hear(d, g);
	now.is_asked = false;
}

static void hear_message(struct drive *d, struct rd *r, bool is_frame)
{
	uint8_t who = rd_u8(r), what = rd_u8(r), b[MIRROR_LEN];
	struct mirror m = {.kind = (uint8_t)(1 + what % 6),
			   .lane = (what >> 3) % MIRROR_LANES,
			   .seen = what >> 5,
			   .run = who >> 4 & 3};
	struct wr w = wr_over(b, sizeof(b));

	mirror_put(&m, &w);
	hear(d, somebody(who), mirror_group(what >> 6), rd_over(b, sizeof(b)),
	     is_frame);
}

static void hear_anything(struct drive *d, struct rd *r, bool is_frame)
{
	uint8_t who = rd_u8(r);
	size_t len = rd_u8(r);

	if (len > rd_left(r))
		len = rd_left(r);
	hear(d, somebody(who), mirror_group(who >> 4 & 3), rd_sub(r, len),
	     is_frame);
}

static void step(struct drive *d, struct rd *r)
{
	uint8_t op = rd_u8(r);

	switch (op % 8) {
	case 0:
	case 1:
	case 2:
	case 3:
		hear_message(d, r, op & 8);
		break;
	case 4:
	case 5:
		hear_anything(d, r, op & 8);
		break;
	case 6:
		drive_settle(d, op & 8 ? -98 : 0);
		break;
	default:
		drive_wait(d, MILLISECONDS(10) * rd_u8(r));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static struct drive d;
	const struct link link = {
		.index = 1, .ip = OURS, .mask = 0xffffff00, .is_up = true};
	struct rd r = rd_over(bytes, len);
	struct mirrord *m;

	memset(&now, 0, sizeof(now));
	assert(!mirrord_open(&m, &link, &fuzz_memory));
	drive_open(&d, mirrord_engine(m));
	d.look = look;
	mirrord_start(m, d.now, &d.fx);
	drive_carry(&d);
	while (rd_left(&r))
		step(&d, &r);
	assert(d.engine->deadline(d.engine) == NEVER);
	mirrord_close(m, &fuzz_memory);
	return 0;
}
