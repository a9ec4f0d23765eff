/*
 * The querier among hosts, switches and queriers that say anything in any
 * order.  After every step: no effect was lost; what is sent is a query of
 * ours, and only while it is ours to ask; who has a lower address is yielded
 * to.  After an hour of silence nothing is left, and then we ask again.
 */
#include "engine/effects.h"
#include "engine/igmpd.h"
#include "wire/frame.h"
#include "wire/igmp.h"

#include <assert.h>
#include <stdlib.h>

#include "memory.h"

#define OURS IP4(10, 0, 0, 5)

struct world {
	struct site site;
	struct settings settings;
	struct igmpd *i;
	struct effects fx;
	usec now, asked; /* asked: the last general query */
	struct rd r;
};

static void check_send(struct world *w, const struct send *s)
{
	struct rd r = rd_over(s->head, s->head_len);
	struct frame_ip f;
	struct igmp m;

	assert(s->how == SEND_FRAME && s->link == 1);
	assert(frame_ip_get(&f, &r) && f.protocol == IP_PROTOCOL_IGMP);
	assert(f.from == OURS && f.ttl == 1 && f.has_alert);
	r = rd_over(f.bytes, f.len);
	assert(igmp_get(&m, &r) && m.type == IGMP_QUERY);
	assert(f.to == (m.group ? m.group : IGMP_ALL_HOSTS));
	assert(site_igmp(&w->site, 1) && site_igmp(&w->site, 1)->is_ours);
	if (m.group)
		return;
	assert(w->settings.igmp.querier);
	w->asked = w->now;
}

static void carry(struct world *w)
{
	assert(!w->fx.lost);
	for (size_t i = 0; i < w->fx.n; i++) {
		assert(w->fx.v[i].kind == EFFECT_SEND ||
		       w->fx.v[i].kind == EFFECT_NOTE);
		if (w->fx.v[i].kind == EFFECT_SEND)
			check_send(w, &w->fx.v[i].send);
	}
	effects_clear(&w->fx);
}

static void hear(struct world *w, const void *bytes, size_t len, uint32_t from)
{
	struct engine *e = igmpd_engine(w->i);
	struct frame_ip ip = {.from = from,
			      .ttl = 1,
			      .protocol = IP_PROTOCOL_IGMP,
			      .bytes = bytes,
			      .len = len};
	uint8_t frame[700];
	struct wr f = wr_over(frame, sizeof(frame));
	struct dgram d = {.kind = DGRAM_FRAME, .link = 1};
	uint8_t *exact;

	frame_ip_put(&ip, &f);
	d.len = wr_len(&f);
	exact = malloc(d.len ? d.len : 1);
	assert(exact);
	memcpy(exact, frame, d.len);
	d.bytes = exact;
	e->input(e, w->now, &d, &w->fx);
	carry(w);
	free(exact);
}

static void hear_message(struct world *w, uint8_t op)
{
	static const uint8_t types[] = {IGMP_QUERY, IGMP_V1_REPORT,
					IGMP_V2_REPORT, IGMP_V2_LEAVE};
	uint8_t who = rd_u8(&w->r), more = rd_u8(&w->r);
	uint32_t from = who & 15 ? IP4(10, 0, 0, who & 15) : 0;
	uint8_t message[12];
	struct wr p = wr_over(message, sizeof(message));
	struct igmp m = {.type = types[op >> 3 & 3],
			 .version = (uint8_t)(1 + (who >> 4) % 3),
			 .response = more,
			 .robustness = who >> 5,
			 .interval = more};

	if (m.type != IGMP_QUERY)
		m.group = IP4(239, 1, who >> 4, more);
	igmp_put(&m, &p);
	hear(w, message, wr_len(&p), from);
	if (m.type == IGMP_QUERY && from && from < OURS)
		assert(!site_igmp(&w->site, 1) ||
		       !site_igmp(&w->site, 1)->is_ours);
}

/* With the right checksum, which a fuzzer does not guess. */
static void hear_anything(struct world *w)
{
	uint8_t message[256];
	size_t len = rd_u8(&w->r);
	uint32_t sum = 0;

	if (len > rd_left(&w->r))
		len = rd_left(&w->r);
	rd_copy(&w->r, message, len);
	if (len >= 4)
		message[2] = message[3] = 0;
	for (size_t i = 0; i < len; i++)
		sum += i & 1 ? message[i] : (uint32_t)message[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	if (len >= 4) {
		message[2] = (uint8_t)(~sum >> 8);
		message[3] = (uint8_t)~sum;
	}
	hear(w, message, len, IP4(10, 0, 0, 9));
}

static void pass_time(struct world *w, usec until)
{
	struct engine *e = igmpd_engine(w->i);

	for (int spins = 0; e->deadline(e) <= until; spins++) {
		assert(spins < 100000);
		w->now = usec_max(w->now, e->deadline(e));
		e->expire(e, w->now, &w->fx);
		carry(w);
	}
	w->now = until;
}

static void change(struct world *w, uint8_t op)
{
	w->settings.igmp.querier = op & 8;
	w->settings.igmp.version = op & 16 ? 3 : 2;
	w->site.links[0].is_up = !(op & 32);
	w->site.n_links = op & 64 ? 0 : 1;
	igmpd_start(w->i, w->now, &w->fx);
	carry(w);
}

static void step(struct world *w)
{
	uint8_t op = rd_u8(&w->r);

	switch (op % 8) {
	case 0:
	case 1:
	case 2:
	case 3:
		hear_message(w, op);
		break;
	case 4:
		hear_anything(w);
		break;
	case 5:
		change(w, op);
		break;
	default:
		pass_time(w, w->now + MILLISECONDS(100) * rd_u8(&w->r));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static const uint8_t mac[6] = {2, 0, 0, 0, 0, 5};
	struct world *w = calloc(1, sizeof(*w));
	uint32_t at = 0;
	usec start;

	assert(w);
	w->r = rd_over(bytes, len);
	settings_default(&w->settings);
	w->settings.igmp.robustness = 2 + rd_u8(&w->r) % 6;
	w->settings.igmp.interval = 2 + rd_u8(&w->r);
	w->settings.igmp.querier = true;
	w->site.settings = &w->settings;
	w->site.links[0] = (struct link){.index = 1,
					 .hw = hwaddr_ethernet(mac),
					 .ip = OURS,
					 .mask = 0xffffff00,
					 .is_up = true};
	w->site.n_links = 1;
	assert(!igmpd_open(&w->i, &w->site, &fuzz_memory));
	assert(!effects_open(&w->fx, &fuzz_memory));
	igmpd_start(w->i, 0, &w->fx);
	carry(w);
	while (rd_left(&w->r))
		step(w);
	change(w, 0);
	pass_time(w, w->now + SECONDS(3600));
	assert(!igmpd_next(w->i, &at) && !site_igmp(&w->site, 1));
	assert(igmpd_engine(w->i)->deadline(igmpd_engine(w->i)) == NEVER);
	start = w->now;
	change(w, 8);
	pass_time(w, w->now);
	assert(w->asked == start && site_igmp(&w->site, 1)->is_ours);
	igmpd_close(w->i, &fuzz_memory);
	effects_close(&w->fx, &fuzz_memory);
	free(w);
	return 0;
}
