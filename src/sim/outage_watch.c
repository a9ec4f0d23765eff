/*
 * What is counted of an outage, and what it is held to after every event.  A
 * packet belongs to the phase whose protocol it is of, whoever sent it and in
 * whatever state that is by now.
 */
#include "sim/outage_impl.h"

#include "wire/bootp.h"
#include "wire/frame.h"
#include "wire/portmap.h"

/* OUTAGE_PHASES: of none. */
static enum outage_phase phase_of_frame(const uint8_t *bytes, size_t len)
{
	struct rd r = rd_over(bytes, len);
	uint16_t port = frame_udp_port(&r);

	if (frame_ip_protocol(&r) == IP_PROTOCOL_ICMP)
		return OUTAGE_MASK;
	if (port == BOOTP_SERVER_PORT || port == BOOTP_CLIENT_PORT)
		return OUTAGE_ADDRESS;
	return OUTAGE_PHASES;
}

static enum outage_phase phase_of_udp(struct endpoint from, struct endpoint to)
{
	return from.port == PMAP_PORT || to.port == PMAP_PORT ? OUTAGE_NAME
							      : OUTAGE_PHASES;
}

static void on_send(void *arg, uint32_t node, usec now, const struct send *s)
{
	struct outage *o = arg;
	struct outage_part *part = o->report->part;
	struct rd r = rd_over(s->head, s->head_len);
	enum outage_phase p = s->how == SEND_FRAME
				      ? phase_of_frame(s->head, s->head_len)
				      : phase_of_udp(s->from, s->to);

	if (now < OUTAGE_BEGIN)
		return;
	o->report->packets++;
	if (s->how == SEND_FRAME && frame_type(&r) == ETH_ARP)
		o->report->announced++;
	else if (p == OUTAGE_PHASES)
		outage_broken(o, "a packet that belongs to no phase");
	else if (node)
		part[p].asked++;
	else
		part[p].answered++;
}

static void on_unread(void *arg, uint32_t node, usec now, const struct dgram *d)
{
	struct outage *o = arg;
	enum outage_phase p = d->kind == DGRAM_FRAME
				      ? phase_of_frame(d->bytes, d->len)
				      : phase_of_udp(d->from, d->to);

	(void)node; /* nobody else has a queue */
	(void)now;
	if (p < OUTAGE_PHASES)
		o->report->part[p].lost++;
}

/* ---- the machines -------------------------------------------------------- */

static enum outage_phase phase_of(enum startc_state s)
{
	switch (s) {
	case STARTC_IDLE:
	case STARTC_ADDR:
	case STARTC_NONET:
	case STARTC_BROKEN:
		break;
	case STARTC_SETTING:
	case STARTC_MASK:
	case STARTC_BCAST:
		return OUTAGE_MASK;
	case STARTC_NAME:
		return OUTAGE_NAME;
	case STARTC_UP:
		return OUTAGE_PHASES;
	}
	return OUTAGE_ADDRESS;
}

/* Who gave up asking has the mask of the class, which is nobody's lie. */
static void check(struct outage *o, const struct victim *v, uint32_t node)
{
	const struct startc_result *r = startc_result(v->startc);
	char name[OUTAGE_NAME_ROOM];

	outage_name(node, name);
	if (v->phase > OUTAGE_ADDRESS && r->ip != outage_ip(node))
		outage_broken(o, "a machine has another's address");
	if (v->phase > OUTAGE_MASK && !r->is_mask_of_class &&
	    r->mask != OUTAGE_MASKED)
		outage_broken(o, "a machine has another network's mask");
	if (v->phase > OUTAGE_NAME && strcmp(r->name, name) != 0)
		outage_broken(o, "a machine has another's name");
	if (startc_is_over(startc_state(v->startc)) &&
	    v->phase != OUTAGE_PHASES)
		outage_broken(o, "a machine gave up");
}

bool outage_is_right(const struct outage *o, uint32_t node)
{
	const struct victim *v = &o->victims[node - 1];

	return v->phase == OUTAGE_PHASES &&
	       !startc_result(v->startc)->is_mask_of_class;
}

static void get_through(struct outage *o, enum outage_phase p, usec now)
{
	struct outage_part *part = &o->report->part[p];

	part->through++;
	part->last = now - OUTAGE_BEGIN;
	o->sum[p] += now - OUTAGE_BEGIN;
	part->mean = o->sum[p] / part->through;
	if (p == OUTAGE_NAME && part->through == o->config->machines)
		lan_stop(o->lan);
}

static void after(void *arg, uint32_t node, usec now)
{
	struct outage *o = arg;
	struct victim *v;
	enum outage_phase to;

	if (!node)
		return;
	v = &o->victims[node - 1];
	to = phase_of(startc_state(v->startc));
	while (v->phase < to)
		get_through(o, v->phase++, now);
	check(o, v, node);
}

struct lan_watcher outage_watcher(struct outage *o)
{
	return (struct lan_watcher){
		.send = on_send, .unread = on_unread, .after = after, .arg = o};
}
