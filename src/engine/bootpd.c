/*
 * bootpd, the engine: every datagram becomes an `ask`, is let pass or not, and
 * goes to the protocol that it speaks.  What was owed to a machine until its
 * COMMIT settled is read anew then, from the very bytes of its request.
 */
#include "engine/bootpd_impl.h"

#include "wire/frame.h"

#include <errno.h>

static struct bootpd *bootpd_of(struct engine *e)
{
	return CONTAINER(e, struct bootpd, engine);
}

/* A broadcast address as anybody has ever written it: the limited one, that of
 * the link, and those of the address's class, which machines without a mask
 * use. */
static bool is_broadcast(const struct link *l, uint32_t ip)
{
	uint32_t class = ip >> 31 == 0   ? 0xff000000
			 : ip >> 30 == 2 ? 0xffff0000
					 : 0xffffff00;
	uint32_t host = ip & ~class, on_link = ip & ~l->mask;

	return ip == IP_BROADCAST || host == 0 || host == ~class ||
	       ((ip & l->mask) == (l->ip & l->mask) &&
		(on_link == 0 || on_link == ~l->mask));
}

/* A frame may be a broadcast of one that talks to another server: to that
 * server's address (a NeXT in its dialog) or through us as a router. */
static bool heard_frame(const struct bootpd *b, const struct dgram *d,
			struct heard *h)
{
	const struct link *l = site_link(b->site, d->link);
	struct rd r = rd_over(d->bytes, d->len);
	struct frame_udp f;

	if (!l || !frame_udp_get(&f, &r))
		return false;
	h->from = f.from;
	h->to_port = f.to.port;
	h->to_ip = f.to.ip;
	h->bytes = f.bytes;
	h->len = f.len;
	return site_is_own(b->site, f.to.ip) || is_broadcast(l, f.to.ip) ||
	       h->to_port == BOOTP_CLIENT_PORT;
}

static bool heard_get(const struct bootpd *b, const struct dgram *d,
		      struct heard *h)
{
	*h = (struct heard){.is_frame = d->kind == DGRAM_FRAME,
			    .link = d->link,
			    .from = d->from,
			    .to_port = d->to.port,
			    .wall = d->wall,
			    .bytes = d->bytes,
			    .len = d->len};
	return h->is_frame ? heard_frame(b, d, h) : true;
}

static void bad_packet(struct bootpd *b, const struct heard *h,
		       const char *what, struct effects *fx)
{
	struct note *n = effects_note(fx, NOTE_BAD_PACKET);

	b->stats.bad++;
	n->peer = h->from;
	n->text = what;
}

/* Somebody else answers here: a server that nobody told us of. */
static void on_reply(struct bootpd *b, const struct ask *a, usec now,
		     struct effects *fx)
{
	uint32_t server = a->heard->from.ip;
	struct note *n;

	/* A proxy stands beside another server: that is no news. */
	if (b->site->settings->dhcp != DHCP_FULL)
		return;
	if (a->m.type != DHCP_OFFER && a->m.type != DHCP_ACK &&
	    a->m.type != DHCP_NONE)
		return;
	bootp_option_u32(&a->m, OPT_SERVER_ID, &server);
	if (!server || site_is_own(b->site, server) ||
	    !rogue_is_news(b, server, now))
		return;
	n = effects_note(fx, NOTE_ROGUE_SERVER);
	n->peer = (struct endpoint){server, BOOTP_SERVER_PORT};
	n->hw = a->hw;
	n->ip = a->m.yiaddr;
}

/* What begins a dialog, or is all of one. */
static bool is_first(const struct ask *a)
{
	return a->m.type == DHCP_NONE || a->m.type == DHCP_DISCOVER;
}

static void on_request_heard(struct bootpd *b, struct ask *a, usec now,
			     struct effects *fx)
{
	enum dhcp_mode mode = b->site->settings->dhcp;

	if (a->m.hops > HOPS_MAX || (a->m.giaddr && a->m.giaddr == a->link->ip))
		bad_packet(b, a->heard, "a relay's loop", fx);
	else if (a->m.giaddr && !ask_may_reach(b, a->m.giaddr))
		ask_note(a, NOTE_MACHINE_NO_SUBNET, fx)->ip = a->m.giaddr;
	else if (a->heard->to_port == PXE_SERVER_PORT || mode == DHCP_PROXY)
		on_proxy(b, a, fx);
	else if (!a->subnet)
		ask_note(a, NOTE_MACHINE_NO_SUBNET, fx)->ip =
			a->m.giaddr ? a->m.giaddr : a->link->ip;
	else if (is_first(a) && defer(b, a, now))
		return;
	else if (a->m.type == DHCP_NONE)
		on_bootp(b, a, now, fx);
	else
		on_dhcp(b, a, now, fx);
}

void bootpd_hear_again(struct bootpd *b, const struct heard *h, usec now,
		       struct effects *fx)
{
	struct ask a;

	/* The link may be gone by now. */
	b->is_kept = true;
	if (ask_read(&a, h) && ask_place(b, &a))
		on_request_heard(b, &a, now, fx);
	b->is_kept = false;
}

/* One machine, through one relay. */
static uint64_t source_of(const struct bootpd *b, const struct ask *a)
{
	return hash_u64(hash_hwaddr(&a->hw, b->seed) ^ a->m.giaddr, b->seed);
}

static bool is_arp(const struct dgram *d)
{
	struct rd r = rd_over(d->bytes, d->len);

	return d->kind == DGRAM_FRAME && frame_type(&r) == ETH_ARP;
}

static void on_input(struct engine *e, usec now, const struct dgram *d,
		     struct effects *fx)
{
	struct bootpd *b = bootpd_of(e);
	struct heard h;
	struct ask a;

	/* At most a commit, a reply and two notes come of it. */
	if (b->site->settings->dhcp == DHCP_OFF ||
	    !effects_room(fx, 4, EFFECT_HEAD_MAX))
		return;
	if (is_arp(d)) {
		hostadd_arp(b, d, now, fx);
		probe_arp(b, d, now, fx);
		return;
	}
	if (!heard_get(b, d, &h))
		return;
	if (h.len > OWED_BYTES || !ask_read(&a, &h)) {
		bad_packet(b, &h, "no BOOTP message", fx);
		return;
	}
	if (a.m.op == BOOTP_REPLY) {
		on_reply(b, &a, now, fx);
		return;
	}
	if (h.to_port == BOOTP_CLIENT_PORT || !ask_place(b, &a))
		return;
	if (!limit_allows(&b->limit, source_of(b, &a), now)) {
		b->stats.refused++;
		return;
	}
	b->stats.requests++;
	on_request_heard(b, &a, now, fx);
}

static void pay(struct bootpd *b, const struct owed *o, usec now,
		struct effects *fx)
{
	struct ask a;

	/* The link may be gone by now. */
	if (!ask_read(&a, &o->heard) || !ask_place(b, &a) || !a.subnet)
		return;
	switch (o->kind) {
	case OWED_BOOTP:
		bootp_settled(b, &a, o, fx);
		break;
	case OWED_ACK:
	case OWED_RELEASE:
	case OWED_DECLINE:
		dhcp_settled(b, &a, o, now, fx);
		break;
	}
}

/* What was held for it is held no more, unless it is another's by now. */
static void let_go(const struct bootpd *b, const struct owed *o, usec now)
{
	struct hwaddr holder;

	if ((o->kind == OWED_ACK || o->kind == OWED_BOOTP) &&
	    leases_held_by(b->site->leases, o->ip, now, &holder) &&
	    hwaddr_is(&holder, &o->hw))
		leases_unhold(b->site->leases, o->ip);
}

/* Another server's change came first: what is true now is the answer. */
static void answer_again(struct bootpd *b, struct owed *o, usec now,
			 struct effects *fx)
{
	uint8_t bytes[OWED_BYTES];
	struct heard h = o->heard;
	bool is_second = o->is_again;
	struct wr w = wr_over(bytes, sizeof(bytes));

	b->stats.beaten++;
	wr_bytes(&w, h.bytes, h.len);
	h.bytes = bytes;
	owed_free(b, o); /* it may be needed at once */
	if (is_second || (o->kind != OWED_ACK && o->kind != OWED_BOOTP))
		return;
	b->is_again = true;
	bootpd_hear_again(b, &h, now, fx);
	b->is_again = false;
}

/* Who has a lease in force gets what remains of it; nobody else is promised
 * anything. */
static void settle_without(struct bootpd *b, const struct owed *o, usec now,
			   struct effects *fx)
{
	struct ask a;

	if (o->kind != OWED_ACK || !ask_read(&a, &o->heard) ||
	    !ask_place(b, &a) || !a.subnet ||
	    !dhcp_remains(b, &a, o->ip, now, fx))
		b->stats.refused++;
}

static void on_failed(struct bootpd *b, struct owed *o, int rc, usec now,
		      struct effects *fx)
{
	let_go(b, o, now);
	if (!effects_room(fx, 4, EFFECT_HEAD_MAX)) {
		b->stats.refused++;
		owed_free(b, o);
	} else if (rc == -EEXIST || rc == -ESTALE) {
		answer_again(b, o, now, fx);
	} else {
		settle_without(b, o, now, fx);
		owed_free(b, o);
	}
}

static void on_settle(struct engine *e, usec now, const struct outcome *o,
		      struct effects *fx)
{
	struct bootpd *b = bootpd_of(e);
	struct owed *owed;

	if (hostadd_settle(b, now, o, fx) || probe_settle(b, now, o, fx))
		return;
	if (o->kind != EFFECT_COMMIT || !(owed = owed_of(b, o->cookie)))
		return;
	owed->heard.wall = o->wall;
	if (o->rc) {
		on_failed(b, owed, o->rc, now, fx);
		return;
	}
	if (effects_room(fx, 2, EFFECT_HEAD_MAX))
		pay(b, owed, now, fx);
	owed_free(b, owed);
}

/* What is held ends by itself: only dialogs and probes have something to do. */
static void on_expire(struct engine *e, usec now, struct effects *fx)
{
	hostadd_expire(bootpd_of(e), now, fx);
	probe_expire(bootpd_of(e), now, fx);
	defer_expire(bootpd_of(e), now, fx);
}

static usec on_deadline(const struct engine *e)
{
	const struct bootpd *b = CONTAINER_CONST(e, struct bootpd, engine);

	return usec_min(usec_min(hostadd_deadline(b), probe_deadline(b)),
			defer_deadline(b));
}

int bootpd_open(struct bootpd **to, const struct site *site,
		const struct alloc *alloc, uint32_t pending, uint64_t seed)
{
	struct bootpd *b = alloc_get(alloc, 1, sizeof(*b));

	if (!b)
		return -ENOMEM;
	b->engine = (struct engine){.input = on_input,
				    .settle = on_settle,
				    .expire = on_expire,
				    .deadline = on_deadline};
	b->site = site;
	b->seed = seed;
	if (limit_open(&b->limit, alloc) || owed_open(b, alloc, pending) < 0 ||
	    dialogs_open(b, alloc) || probes_open(b, alloc) ||
	    defers_open(b, alloc)) {
		bootpd_close(b, alloc);
		return -ENOMEM;
	}
	*to = b;
	return 0;
}

void bootpd_close(struct bootpd *b, const struct alloc *alloc)
{
	if (!b)
		return;
	defers_close(b, alloc);
	probes_close(b, alloc);
	dialogs_close(b, alloc);
	owed_close(b, alloc);
	limit_close(&b->limit, alloc);
	alloc_put(alloc, b);
}

struct engine *bootpd_engine(struct bootpd *b)
{
	return &b->engine;
}

const struct bootpd_stats *bootpd_stats(const struct bootpd *b)
{
	return &b->stats;
}

void bootpd_start(struct bootpd *b, usec now, struct effects *fx)
{
	(void)now;
	if (b->site->settings->dhcp == DHCP_OFF)
		return;
	effects_listen(fx, BOOTP_SERVER_PORT, 0, 0, BOOTP_SERVER_PORT);
	effects_listen(fx, PXE_SERVER_PORT, 0, 0, PXE_SERVER_PORT);
}

bool bootpd_claims(const struct bootpd *b, const struct dgram *d)
{
	struct rd r = rd_over(d->bytes, d->len);

	(void)b;
	if (d->kind == DGRAM_FRAME)
		return frame_type(&r) == ETH_IP || frame_type(&r) == ETH_ARP;
	return d->to.port == BOOTP_SERVER_PORT || d->to.port == PXE_SERVER_PORT;
}
