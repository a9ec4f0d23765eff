/*
 * The doctor among servers, queriers and mirrors that say anything in any
 * order.  It says nothing but what harms nobody: DISCOVERs, reports of its own
 * group, sixteen bytes to the mirror's groups; it comes to an end; and what it
 * has seen is sane.
 */
#include "engine/doctorc.h"
#include "engine/effects.h"
#include "wire/bootp.h"
#include "wire/frame.h"
#include "wire/igmp.h"

#include <assert.h>
#include <stdlib.h>

#include "memory.h"

#define OURS IP4(10, 0, 0, 5)

struct world {
	struct doctorc *d;
	struct engine *engine;
	struct effects fx;
	usec now;
	struct rd r;
	uint8_t xid[4]; /* of its DISCOVERs */
	uint32_t run;   /* of what it says to mirrors */
	unsigned listens;
	uint64_t cookie;
};

/* ---- what it says -------------------------------------------------------- */

static void check_frame(struct world *w, const struct send *s)
{
	struct rd r = rd_over(s->head, s->head_len), body;
	struct frame_ip ip;
	struct frame_udp udp;
	struct igmp m;
	struct bootp b;

	assert(s->link == 1);
	if (frame_ip_protocol(&r) == IP_PROTOCOL_IGMP) {
		assert(frame_ip_get(&ip, &r));
		body = rd_over(ip.bytes, ip.len);
		assert(igmp_get(&m, &body) && m.type != IGMP_QUERY);
		return;
	}
	assert(frame_udp_get(&udp, &r));
	body = rd_over(udp.bytes, udp.len);
	assert(bootp_get(&b, &body) && b.type == DHCP_DISCOVER);
	memcpy(w->xid, b.xid, sizeof(w->xid));
}

static void check_udp(struct world *w, const struct send *s)
{
	struct rd r = rd_over(s->head, s->head_len);
	struct mirror m;

	assert(s->link == 1 && s->to.port == MIRROR_PORT);
	assert(mirror_get(&m, &r) && !rd_left(&r));
	assert(m.kind == MIRROR_HELLO ? s->to.ip == IP_BROADCAST
				      : s->to.ip == mirror_group(m.lane));
	w->run = m.run;
}

static void carry(struct world *w)
{
	assert(!w->fx.lost);
	for (size_t i = 0; i < w->fx.n; i++) {
		const struct effect *e = &w->fx.v[i];

		assert(e->kind == EFFECT_SEND || e->kind == EFFECT_LISTEN ||
		       e->kind == EFFECT_JOIN || e->kind == EFFECT_LEAVE);
		if (e->kind == EFFECT_LISTEN) {
			w->listens++;
			w->cookie = e->listen.cookie;
		}
		if (e->kind == EFFECT_SEND && e->send.how == SEND_FRAME)
			check_frame(w, &e->send);
		else if (e->kind == EFFECT_SEND)
			check_udp(w, &e->send);
	}
	effects_clear(&w->fx);
}

/* ---- what it hears ------------------------------------------------------- */

static void hear(struct world *w, enum dgram_kind kind, uint32_t from,
		 const void *bytes, size_t len)
{
	uint8_t *exact = malloc(len + !len);
	struct dgram d = {.kind = kind,
			  .link = 1,
			  .from = {from, MIRROR_PORT},
			  .to = {OURS, MIRROR_PORT},
			  .bytes = exact,
			  .len = len};

	assert(exact);
	if (len)
		memcpy(exact, bytes, len);
	w->engine->input(w->engine, w->now, &d, &w->fx);
	carry(w);
	free(exact);
}

static uint32_t somebody(uint8_t who)
{
	return who & 15 ? IP4(10, 0, 0, who & 15) : 0;
}

static void hear_mirror(struct world *w)
{
	uint8_t who = rd_u8(&w->r), what = rd_u8(&w->r), b[MIRROR_LEN];
	struct mirror m = {.kind = (uint8_t)(1 + what % 6),
			   .lane = (what >> 3) % MIRROR_LANES,
			   .seen = rd_u8(&w->r),
			   .run = who & 128 ? 1 : w->run,
			   .uptime = what};
	struct wr p = wr_over(b, sizeof(b));

	mirror_put(&m, &p);
	hear(w, DGRAM_UDP, somebody(who), b, sizeof(b));
}

static void hear_igmp(struct world *w)
{
	uint8_t who = rd_u8(&w->r), frame[128], message[16];
	struct wr p = wr_over(message, sizeof(message));
	struct wr f = wr_over(frame, sizeof(frame));
	struct igmp m = {.type = who & 16 ? IGMP_QUERY : IGMP_V2_REPORT,
			 .version = 2,
			 .group = who & 16 ? 0 : IP4(239, 1, 2, 3)};
	struct frame_ip ip = {.from = somebody(who),
			      .to = IGMP_ALL_HOSTS,
			      .ttl = 1,
			      .protocol = IP_PROTOCOL_IGMP,
			      .bytes = message};

	igmp_put(&m, &p);
	ip.len = wr_len(&p);
	frame_ip_put(&ip, &f);
	hear(w, DGRAM_FRAME, ip.from, frame, wr_len(&f));
}

/* Options as they come, behind the one that makes it an offer. */
static void hear_offer(struct world *w)
{
	uint8_t who = rd_u8(&w->r), message[600], frame[700], file[64];
	size_t len = rd_u8(&w->r) % sizeof(file);
	struct wr p = wr_over(message, sizeof(message));
	struct wr fw = wr_over(frame, sizeof(frame));
	struct bootp_head h = {.op = BOOTP_REPLY,
			       .yiaddr = who & 16 ? IP4(10, 0, 0, 77) : 0,
			       .siaddr = who & 32 ? IP4(10, 0, 0, 78) : 0};
	struct frame_udp f = {.src = {2, 0, 0, 0, 1, who},
			      .from = {somebody(who), BOOTP_SERVER_PORT},
			      .to = {IP_BROADCAST, BOOTP_CLIENT_PORT},
			      .ttl = 64,
			      .bytes = message};
	struct bootp_out out;

	h.hw.len = 6;
	memcpy(h.xid, w->xid, sizeof(h.xid));
	out = bootp_begin(&h, &p, 576);
	bootp_put_u8(&out, OPT_MESSAGE_TYPE, DHCP_OFFER);
	if (len > rd_left(&w->r))
		len = rd_left(&w->r);
	rd_copy(&w->r, file, len);
	bootp_put(&out, who & 64 ? OPT_BOOT_FILE : OPT_ROUTER, file, len);
	bootp_end(&out);
	f.len = wr_len(&p);
	frame_udp_put(&f, &fw);
	hear(w, DGRAM_FRAME, f.from.ip, frame, wr_len(&fw));
}

static void hear_anything(struct world *w, bool is_frame)
{
	size_t len = rd_u8(&w->r);
	struct rd bytes;

	if (len > rd_left(&w->r))
		len = rd_left(&w->r);
	bytes = rd_sub(&w->r, len);
	hear(w, is_frame ? DGRAM_FRAME : DGRAM_UDP, IP4(10, 0, 0, 9), bytes.p,
	     len);
}

/* ---- time ---------------------------------------------------------------- */

static void settle(struct world *w, int rc)
{
	struct outcome o = {
		.kind = EFFECT_LISTEN, .cookie = w->cookie, .rc = rc};

	if (!w->listens)
		return;
	w->listens--;
	w->engine->settle(w->engine, w->now, &o, &w->fx);
	carry(w);
}

static void pass_time(struct world *w, usec until)
{
	for (int spins = 0; w->engine->deadline(w->engine) <= until; spins++) {
		assert(spins < 1000);
		w->now = usec_max(w->now, w->engine->deadline(w->engine));
		w->engine->expire(w->engine, w->now, &w->fx);
		carry(w);
	}
	w->now = until;
}

static void check_seen(const struct doctor_seen *s)
{
	assert(s->n_servers <= DOCTOR_SERVERS);
	assert(!((s->loop | s->there | s->back) >> MIRROR_LANES));
	assert(s->has_mirror || !(s->there | s->back));
	assert(!s->has_mirror || s->mirror != OURS);
	for (unsigned i = 0; i < s->n_servers; i++) {
		const struct doctor_server *v = &s->servers[i];

		assert(memchr(v->file, 0, sizeof(v->file)));
		assert(v->is_proxy == !v->offered);
		for (unsigned k = 0; k < i; k++)
			assert(v->ip != s->servers[k].ip ||
			       memcmp(v->mac, s->servers[k].mac, 6) != 0);
	}
}

static void step(struct world *w)
{
	uint8_t op = rd_u8(&w->r);

	switch (op % 8) {
	case 0:
	case 1:
		hear_mirror(w);
		break;
	case 2:
		hear_igmp(w);
		break;
	case 3:
	case 4:
		hear_offer(w);
		break;
	case 5:
		hear_anything(w, op & 8);
		break;
	case 6:
		settle(w, op & 8 ? -98 : 0);
		break;
	default:
		pass_time(w, w->now + MILLISECONDS(10) * rd_u8(&w->r));
	}
	check_seen(doctorc_seen(w->d));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static const uint8_t mac[6] = {2, 0, 0, 0, 0, 5};
	struct world w = {.r = rd_over(bytes, len)};
	struct doctorc_config c = {.link = {.index = 1,
					    .hw = hwaddr_ethernet(mac),
					    .ip = OURS,
					    .mask = 0xffffff00,
					    .is_up = true},
				   .span = SECONDS(4),
				   .seed = 7};

	assert(!doctorc_open(&w.d, &c, &fuzz_memory));
	assert(!effects_open(&w.fx, &fuzz_memory));
	w.engine = doctorc_engine(w.d);
	doctorc_start(w.d, 0, &w.fx);
	carry(&w);
	while (rd_left(&w.r))
		step(&w);
	pass_time(&w, w.now + SECONDS(60));
	assert(doctorc_is_over(w.d));
	assert(w.engine->deadline(w.engine) == NEVER);
	check_seen(doctorc_seen(w.d));
	doctorc_close(w.d, &fuzz_memory);
	effects_close(&w.fx, &fuzz_memory);
	return 0;
}
