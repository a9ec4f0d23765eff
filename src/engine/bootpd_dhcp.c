/*
 * DHCP with addresses (RFC 2131).  An OFFER holds an address in memory; only
 * the COMMIT of a lease lets the ACK go.
 *
 * What a REQUEST wants to say, RFC 2131 4.3.2 table 4:
 *
 *	                 server id   requested   ciaddr   how it comes
 *	selecting        ours/other  set         0        broadcast
 *	init-reboot      -           set         0        broadcast
 *	renewing         -           -           set      unicast
 *	rebinding        -           -           set      broadcast
 */
#include "engine/bootpd_impl.h"

enum { SHORTEST_TERM = 120 /* seconds that a client may ask for */ };

/* ---- terms ----------------------------------------------------------------
 */

/* What the subnet says, or less if the client asks for less. */
static uint32_t term_of(const struct bootpd *b, const struct ask *a)
{
	uint32_t most = a->subnet->lease ? a->subnet->lease
					 : b->site->settings->lease;
	uint32_t asked;

	if (!bootp_option_u32(&a->m, OPT_LEASE_TIME, &asked) || asked >= most)
		return most;
	if (asked < SHORTEST_TERM)
		asked = SHORTEST_TERM;
	return asked < most ? asked : most;
}

/*
 * The seconds that can be promised at once, because the lease that is there
 * lasts as long: all of the term if less is asked for than it has (it must not
 * be cut short: the machine may never hear of that), or what is left in the
 * first eighth of the same term.  0: it has to be renewed.  Then both clocks
 * have to agree, since the wall clock may have jumped.
 */
static uint32_t secs_left(const struct bootpd *b, const struct ask *a,
			  const struct lease *to, usec now)
{
	const struct leases *l = b->site->leases;
	const struct lease *is = leases_by_ip(l, to->ip);
	usec left;

	if (!is || is->kind != LEASE_DHCP || !hwaddr_is(&is->hw, &to->hw))
		return 0;
	if (lease_is_live(l, to->ip, now + SECONDS(to->term) - 1))
		return to->term;
	left = (is->wall_ends - GRACE - a->heard->wall) / SECOND;
	if (is->term != to->term || strcmp(is->name, to->name) ||
	    left < is->term - is->term / 8 || left < 1)
		return 0;
	return lease_is_live(l, to->ip, now + SECONDS(left) - 1)
		       ? (uint32_t)left
		       : 0;
}

/* ---- what is sent ---------------------------------------------------------
 */

static void ack(struct bootpd *b, const struct ask *a, uint32_t ip,
		uint32_t secs, struct effects *fx)
{
	struct boot_info boot;
	char name[NAME_MAX_LEN];
	struct reply r = {.type = DHCP_ACK,
			  .yiaddr = ip,
			  .secs = secs,
			  .name = name,
			  .boot = &boot};
	struct note *n;

	ask_name(b, a, ip, name);
	boot_info(b, a, &boot);
	leases_set_elsewhere(b->site->leases, ip, false);
	b->stats.acks++;
	n = reply_send(b, a, &r, NOTE_DHCP_ACKED, fx);
	n->ip = ip;
	n->a = secs;
	n->text = effects_text(fx, name, strlen(name));
}

bool dhcp_remains(struct bootpd *b, const struct ask *a, uint32_t ip, usec now,
		  struct effects *fx)
{
	uint32_t secs = grant_remains(b, a, ip, now);

	if (!secs)
		return false;
	b->stats.remained++;
	ack(b, a, ip, secs, fx);
	return true;
}

static void nak(struct bootpd *b, const struct ask *a, uint32_t ip,
		const char *why, struct effects *fx)
{
	struct reply r = {.type = DHCP_NAK, .message = why};
	struct note *n;

	b->stats.naks++;
	n = reply_send(b, a, &r, NOTE_DHCP_REFUSED, fx);
	n->ip = ip;
	n->text = why;
}

/* ---- DISCOVER -------------------------------------------------------------
 */

static void offer(struct bootpd *b, const struct ask *a, uint32_t ip,
		  uint32_t secs, struct effects *fx)
{
	struct boot_info boot;
	char name[NAME_MAX_LEN];
	struct reply r = {.type = DHCP_OFFER,
			  .yiaddr = ip,
			  .secs = secs,
			  .name = name,
			  .boot = &boot};
	struct note *n;

	ask_name(b, a, ip, name);
	boot_info(b, a, &boot);
	b->stats.offers++;
	n = reply_send(b, a, &r, NOTE_DHCP_OFFERED, fx);
	n->ip = ip;
	n->text = effects_text(fx, boot.file, strlen(boot.file));
}

/* It gives its address back, or says that somebody else has it: what becomes of
 * that, the store has yet to say. */
static bool is_parting(struct bootpd *b, const struct ask *a)
{
	const struct owed *o = owed_find(b, a);

	return o && (o->kind == OWED_RELEASE || o->kind == OWED_DECLINE);
}

/* What the ACK will say, as far as can be known. */
static uint32_t term_offered(const struct bootpd *b, const struct ask *a,
			     const struct grant *g, usec now)
{
	return g->is_fixed || !site_is_away(b->site)
		       ? term_of(b, a)
		       : grant_remains(b, a, g->ip, now);
}

static void on_discover(struct bootpd *b, const struct ask *a, usec now,
			struct effects *fx)
{
	uint32_t wanted = 0;
	struct grant g;

	if (!ask_is_welcome(b, a, fx) || is_parting(b, a))
		return;
	bootp_option_u32(&a->m, OPT_REQUESTED_IP, &wanted);
	if (grant_find(b, a, wanted, now, &g, fx) &&
	    (g.is_fixed || probe_allows(b, a, g.ip, now, fx)))
		offer(b, a, g.ip, term_offered(b, a, &g, now), fx);
}

/* ---- REQUEST --------------------------------------------------------------
 */

static void accept(struct bootpd *b, const struct ask *a, const struct grant *g,
		   usec now, struct effects *fx)
{
	struct lease lease = {.kind = LEASE_DHCP,
			      .ip = g->ip,
			      .hw = a->hw,
			      .term = term_of(b, a)};
	uint32_t secs = g->is_fixed ? lease.term : 0;

	lease.wall_ends = a->heard->wall + SECONDS(lease.term) + GRACE;
	ask_name(b, a, g->ip, lease.name);
	if (!secs)
		secs = secs_left(b, a, &lease, now);
	if (secs)
		ack(b, a, g->ip, secs, fx);
	else if (!site_is_away(b->site) || !dhcp_remains(b, a, g->ip, now, fx))
		owed_commit(b, a, OWED_ACK, &lease, fx);
}

/* The REQUEST, sent again before its COMMIT has settled, must not commit twice;
 * one for something else waits until the client asks again. */
static void on_request_again(struct owed *o, const struct ask *a, uint32_t ip)
{
	if (o->kind == OWED_ACK && o->ip == ip)
		owed_repeat(o, a);
}

/* It took another server's offer: ours goes back into the pool. */
static void on_lost(struct bootpd *b, const struct ask *a, uint32_t ip,
		    usec now)
{
	struct hwaddr holder;

	if (ip && !owed_find(b, a) &&
	    leases_held_by(b->site->leases, ip, now, &holder) &&
	    hwaddr_is(&holder, &a->hw)) {
		leases_unhold(b->site->leases, ip);
		askers_unoffer(b->site->askers, ip);
	}
}

static bool is_in(const struct subnet *n, uint32_t ip)
{
	return (ip & n->mask) == (n->network & n->mask);
}

static void on_asked_for(struct bootpd *b, const struct ask *a, uint32_t ip,
			 usec now, struct effects *fx)
{
	struct grant g;

	if (!is_in(a->subnet, ip))
		nak(b, a, ip, "wrong network", fx);
	else if (!grant_find(b, a, ip, now, &g, fx))
		return;
	else if (g.ip != ip)
		nak(b, a, ip, "not its address", fx);
	else
		accept(b, a, &g, now, fx);
}

static void on_request(struct bootpd *b, const struct ask *a, usec now,
		       struct effects *fx)
{
	uint32_t server, ip = a->m.ciaddr;
	bool selects = bootp_option_u32(&a->m, OPT_SERVER_ID, &server);
	struct owed *o;

	/* Renewing clients that name an address besides their own do exist. */
	if (selects || !ip)
		bootp_option_u32(&a->m, OPT_REQUESTED_IP, &ip);
	if (selects)
		defer_forget(b, a);
	if (selects && !site_is_own(b->site, server)) {
		on_lost(b, a, ip, now);
		return;
	}
	if (!ip || !ask_is_welcome(b, a, fx) || probe_is_on(b, &a->hw))
		return;
	if ((o = owed_find(b, a)))
		on_request_again(o, a, ip);
	else if (selects || b->site->settings->authoritative ||
		 (is_in(a->subnet, ip) && grant_is_on_record(b, a, ip)))
		on_asked_for(b, a, ip, now, fx);
}

/* ---- DECLINE, RELEASE, INFORM ---------------------------------------------
 */

/*
 * The machine's own live lease, and it is us that it talks to (R15), and who
 * gave it: what waited while we were stopped may be of an older one, before the
 * machine was given the same address by another server.  NULL: whatever it
 * says, nothing changes.
 */
static const struct lease *own_lease(const struct bootpd *b,
				     const struct ask *a, uint32_t ip, usec now)
{
	const struct lease *l = leases_by_ip(b->site->leases, ip);
	uint32_t server;

	if (!bootp_option_u32(&a->m, OPT_SERVER_ID, &server) ||
	    !site_is_own(b->site, server) || !l || l->kind != LEASE_DHCP ||
	    !hwaddr_is(&l->hw, &a->hw) ||
	    !lease_is_live(b->site->leases, ip, now) ||
	    lease_is_elsewhere(b->site->leases, ip))
		return NULL;
	return l;
}

/*
 * The term of a lease that is given back.  Another server may not have heard of
 * that yet, or be cut off, and tell the machine that it has the address still;
 * so nobody else gets it before the lease would have ended.
 */
static uint32_t term_released(const struct bootpd *b, uint32_t ip, usec now)
{
	usec left = lease_left(b->site->leases, ip, now);

	return b->site->store.is_shared ? (uint32_t)(left / SECOND + 1) : 0;
}

static void on_release(struct bootpd *b, const struct ask *a, usec now,
		       struct effects *fx)
{
	const struct lease *l = own_lease(b, a, a->m.ciaddr, now);
	struct lease ended;

	if (!l || owed_find(b, a))
		return;
	ended = *l;
	ended.wall_ends = a->heard->wall;
	ended.term = term_released(b, ended.ip, now);
	owed_commit(b, a, OWED_RELEASE, &ended, fx);
}

static void on_decline(struct bootpd *b, const struct ask *a, usec now,
		       struct effects *fx)
{
	struct lease bad = {
		.kind = LEASE_DECLINED, .hw = a->hw, .term = QUARANTINE};

	if (!bootp_option_u32(&a->m, OPT_REQUESTED_IP, &bad.ip) ||
	    owed_find(b, a))
		return;
	bad.wall_ends = a->heard->wall + SECONDS(QUARANTINE);
	if (own_lease(b, a, bad.ip, now))
		owed_commit(b, a, OWED_DECLINE, &bad, fx);
	else if (grant_fixed(a) == bad.ip) /* it stays registered */
		ask_note(a, NOTE_DHCP_DECLINED, fx)->ip = bad.ip;
}

/* It has an address and wants the rest (RFC 2131 4.3.5). */
static void on_inform(struct bootpd *b, const struct ask *a, struct effects *fx)
{
	uint32_t ip = a->m.ciaddr ? a->m.ciaddr : a->heard->from.ip;
	struct boot_info boot;
	char name[NAME_MAX_LEN];
	struct reply r = {.type = DHCP_ACK, .name = name, .boot = &boot};
	struct note *n;

	if (!ask_may_reach(b, ip) || !ask_is_welcome(b, a, fx))
		return;
	/* No name is made up for an address that others gave. */
	ask_name(b, a, grant_is_on_record(b, a, ip) ? ip : 0, name);
	boot_info(b, a, &boot);
	n = reply_send(b, a, &r, NOTE_DHCP_INFORMED, fx);
	n->ip = ip;
	n->text = effects_text(fx, boot.file, strlen(boot.file));
}

/* ---- all of them ----------------------------------------------------------
 */

void on_dhcp(struct bootpd *b, const struct ask *a, usec now,
	     struct effects *fx)
{
	switch (a->m.type) {
	case DHCP_DISCOVER:
		on_discover(b, a, now, fx);
		break;
	case DHCP_REQUEST:
		on_request(b, a, now, fx);
		break;
	case DHCP_DECLINE:
		on_decline(b, a, now, fx);
		break;
	case DHCP_RELEASE:
		on_release(b, a, now, fx);
		break;
	case DHCP_INFORM:
		on_inform(b, a, fx);
		break;
	case DHCP_NONE:
	case DHCP_OFFER:
	case DHCP_ACK:
	case DHCP_NAK:
		break; /* no client says so */
	}
}

/* If the store took longer than that, less is promised; by both clocks, since
 * the wall clock may have been set meanwhile. */
static void on_leased(struct bootpd *b, const struct ask *a,
		      const struct owed *o, usec now, struct effects *fx)
{
	usec left = usec_min(o->wall_ends - a->heard->wall,
			     lease_left(b->site->leases, o->ip, now)) /
		    SECOND;

	if (left > 0)
		ack(b, a, o->ip, left < o->secs ? (uint32_t)left : o->secs, fx);
}

void dhcp_settled(struct bootpd *b, const struct ask *a, const struct owed *o,
		  usec now, struct effects *fx)
{
	switch (o->kind) {
	case OWED_ACK:
		on_leased(b, a, o, now, fx);
		break;
	case OWED_RELEASE:
		ask_note(a, NOTE_DHCP_RELEASED, fx)->ip = o->ip;
		break;
	case OWED_DECLINE:
		ask_note(a, NOTE_DHCP_DECLINED, fx)->ip = o->ip;
		break;
	case OWED_BOOTP:
		break;
	}
}
