/*
 * The reply, and where it goes.  Options stand in the order in which they may
 * be missed: what does not fit is left out from the end, but for the relay
 * agent's, for which room is kept.
 */
#include "engine/bootpd_impl.h"

#include "wire/frame.h"

enum { DHCP_SIZE = 576 - UDP_OVER_IP, TTL = 64 };

static const uint8_t all_macs[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

/* ---- where ----------------------------------------------------------------
 */

enum way { WAY_UDP, WAY_FRAME };

struct route {
	enum way way;
	struct endpoint to; /* to.ip 0: nowhere */
	uint8_t mac[6];
};

static struct route by_udp(uint32_t ip, uint16_t port)
{
	return (struct route){.way = WAY_UDP, .to = {ip, port}};
}

static struct route by_broadcast(void)
{
	struct route t = {.way = WAY_FRAME,
			  .to = {IP_BROADCAST, BOOTP_CLIENT_PORT}};

	memcpy(t.mac, all_macs, sizeof(t.mac));
	return t;
}

/* To a machine that has no address yet: nobody could ask it by ARP. */
static struct route by_frame(const struct ask *a, uint32_t ip)
{
	struct route t = {.way = WAY_FRAME, .to = {ip, BOOTP_CLIENT_PORT}};

	memcpy(t.mac, a->m.hw.b, sizeof(t.mac));
	return t;
}

/* The address that a machine says it has; 0 unless we may believe it: BOOTP
 * and INFORM are answered only if it is near, and any other client is sent to
 * no address but the one it is given (R12). */
static uint32_t ciaddr_of(const struct ask *a, const struct reply *r)
{
	if (a->m.type == DHCP_INFORM)
		return a->m.ciaddr ? a->m.ciaddr : a->heard->from.ip;
	if (r->type == DHCP_NONE || a->m.ciaddr == r->yiaddr)
		return a->m.ciaddr;
	return 0;
}

/* RFC 2131 4.1; a client of BOOTP that has an address comes before its relay
 * (RFC 951 4), and INFORM is answered directly (RFC 2131 4.3.5). */
static struct route route_of(const struct ask *a, const struct reply *r)
{
	bool has_mac = a->m.hw.type == HW_ETHERNET && a->m.hw.len == 6;
	bool is_direct = r->type == DHCP_NONE || a->m.type == DHCP_INFORM;
	uint32_t ciaddr = ciaddr_of(a, r);

	/* EDK2 listens on the port that it asked from, iPXE on 68: each is
	 * answered at its own. */
	if (a->heard->to_port == PXE_SERVER_PORT)
		return by_udp(a->heard->from.ip, a->heard->from.port);
	if (a->m.giaddr && !(ciaddr && is_direct))
		return by_udp(a->m.giaddr, BOOTP_SERVER_PORT);
	if (ciaddr)
		return by_udp(ciaddr, BOOTP_CLIENT_PORT);
	if (!r->yiaddr || !has_mac || a->m.flags & BOOTP_FLAG_BROADCAST ||
	    policy_quirks(a->machine) & QUIRK_BROADCAST)
		return by_broadcast();
	return by_frame(a, r->yiaddr);
}

static void send_to(const struct ask *a, const struct route *t,
		    const struct wr *msg, struct effects *fx)
{
	const struct endpoint from = {a->link->ip, a->heard->to_port};
	struct frame_udp f = {.from = from,
			      .to = t->to,
			      .ttl = TTL,
			      .bytes = msg->start,
			      .len = wr_len(msg)};
	struct wr w = effects_head(fx);

	switch (t->way) {
	case WAY_UDP:
		wr_bytes(&w, msg->start, wr_len(msg));
		effects_send(fx, &w, from, t->to);
		break;
	case WAY_FRAME:
		memcpy(f.dst, t->mac, sizeof(f.dst));
		memcpy(f.src, a->link->hw.b, sizeof(f.src));
		frame_udp_put(&f, &w);
		effects_frame(fx, &w, a->link->index);
		break;
	}
}

/* ---- what -----------------------------------------------------------------
 */

static void put_ips(struct bootp_out *o, uint8_t code, const uint32_t *ip,
		    size_t most)
{
	uint8_t b[16];
	struct wr w = wr_over(b, sizeof(b));

	for (size_t i = 0; i < most && ip[i]; i++)
		wr_u32(&w, ip[i]);
	if (wr_len(&w) && !w.bad)
		bootp_put(o, code, b, wr_len(&w));
}

static void put_name(struct bootp_out *o, const struct reply *r)
{
	if (r->name && r->name[0])
		bootp_put_str(o, OPT_HOST_NAME, r->name);
}

/* RFC 2131 table 3: what belongs to a lease is said with one only. */
static void put_lease(struct bootp_out *o, const struct ask *a,
		      const struct reply *r)
{
	bootp_put_u8(o, OPT_MESSAGE_TYPE, (uint8_t)r->type);
	bootp_put_u32(o, OPT_SERVER_ID, a->link->ip);
	if (!r->secs)
		return;
	bootp_put_u32(o, OPT_LEASE_TIME, r->secs);
	if (ask_names(a, OPT_RENEWAL_TIME))
		bootp_put_u32(o, OPT_RENEWAL_TIME, r->secs / 2);
	if (ask_names(a, OPT_REBINDING_TIME))
		bootp_put_u32(o, OPT_REBINDING_TIME, r->secs - r->secs / 8);
}

static void put_network(struct bootp_out *o, const struct ask *a,
			const struct reply *r)
{
	const struct subnet *n = a->subnet;

	bootp_put_u32(o, OPT_SUBNET_MASK, n->mask);
	put_ips(o, OPT_ROUTER, &n->router, 1);
	put_name(o, r);
	if (ask_wants(a, OPT_DNS))
		put_ips(o, OPT_DNS, n->dns, 4);
	if (n->domain[0] && ask_wants(a, OPT_DOMAIN_NAME))
		bootp_put_str(o, OPT_DOMAIN_NAME, n->domain);
	if (ask_wants(a, OPT_BROADCAST))
		bootp_put_u32(o, OPT_BROADCAST, n->network | ~n->mask);
}

static void put_pxe(struct bootp_out *o, const struct pxe_mtftp *mtftp)
{
	uint8_t bytes[32];
	struct wr w = wr_over(bytes, sizeof(bytes));
	const uint8_t control = PXE_USE_FILE;

	pxe_option_put(&w, PXE_DISCOVERY_CONTROL, &control, 1);
	if (mtftp->group)
		pxe_mtftp_put(mtftp, &w);
	wr_u8(&w, PXE_END);
	bootp_put(o, OPT_VENDOR, bytes, wr_len(&w));
}

/* So that a ROM takes the file at once: no menu, no discovery.  An offer of a
 * proxy counts for nobody without the class (PXE 2.1). */
static void put_class(struct bootp_out *o, const struct ask *a,
		      const struct boot_info *i, bool is_proxy)
{
	if (a->client.class == CLASS_HTTP)
		bootp_put_str(o, OPT_CLASS_ID, "HTTPClient");
	else if (a->client.is_pxe || is_proxy)
		bootp_put_str(o, OPT_CLASS_ID, "PXEClient");
	if (a->client.is_pxe)
		put_pxe(o, &i->mtftp);
	if (a->client.has_uuid)
		bootp_put(o, OPT_CLIENT_UUID, a->client.uuid,
			  sizeof(a->client.uuid));
}

static void put_server_name(struct bootp_out *o, uint32_t ip)
{
	char s[16];
	struct text t = text_over(s, sizeof(s));

	text_ip(&t, ip);
	bootp_put_str(o, OPT_TFTP_SERVER, s);
}

static void put_boot(struct bootp_out *o, const struct ask *a,
		     const struct reply *r)
{
	const struct boot_info *i = r->boot;

	if (!i || i->kind == BOOT_NOTHING)
		return;
	put_class(o, a, i, r->is_proxy);
	if (ask_names(a, OPT_BOOT_FILE) || i->is_http ||
	    strlen(i->file) >= BOOTP_FILE) {
		bootp_put_str(o, OPT_BOOT_FILE, i->file);
		/* Some ROMs read on until a NUL. */
		bootp_put_pads(o, 1);
	}
	if (ask_names(a, OPT_TFTP_SERVER) && !i->is_http)
		put_server_name(o, i->next);
}

static void put_echoes(struct bootp_out *o, const struct ask *a)
{
	uint32_t subnet;

	if (bootp_option_u32(&a->m, OPT_SUBNET_SELECTION, &subnet))
		bootp_put_u32(o, OPT_SUBNET_SELECTION, subnet); /* RFC 3011 */
}

static void put_dhcp(struct bootp_out *o, const struct ask *a,
		     const struct reply *r)
{
	size_t limit = o->limit;

	/* RFC 3046 2.2: the relay agent's own comes back, and comes last. */
	if (a->agent_len && o->len + a->agent_len + 3 < limit)
		o->limit -= a->agent_len + 2;
	put_lease(o, a, r);
	if (r->message)
		bootp_put_str(o, OPT_MESSAGE, r->message);
	if (r->type != DHCP_NAK) {
		if (!r->is_proxy)
			put_network(o, a, r);
		put_boot(o, a, r);
		put_echoes(o, a);
	}
	o->limit = limit;
	if (a->agent_len)
		bootp_put(o, OPT_RELAY_AGENT, a->agent, a->agent_len);
}

/* How long it may be: 64 bytes of vendor area for BOOTP (RFC 951), 576 bytes
 * of IP for DHCP, or what option 57 says. */
static size_t limit_of(const struct ask *a, const struct reply *r)
{
	size_t most = r->type == DHCP_NONE ? BOOTP_MIN_SENT : DHCP_SIZE;
	size_t mtu = a->link->mtu;

	if (a->client.max_size)
		most = a->client.max_size - (size_t)UDP_OVER_IP;
	if (mtu > UDP_OVER_IP && most > mtu - UDP_OVER_IP)
		most = mtu - UDP_OVER_IP;
	return most;
}

static void options_put(const struct ask *a, const struct reply *r,
			const struct bootp_head *h, struct wr *w)
{
	struct bootp_out o = bootp_begin(h, w, limit_of(a, r));

	if (r->type != DHCP_NONE)
		put_dhcp(&o, a, r);
	else {
		/* An old client that took this for NeXT's area would look at
		 * its seventh byte. */
		if (a->m.vend != VEND_RFC)
			bootp_put_pads(&o, 4);
		put_network(&o, a, r);
		put_boot(&o, a, r);
	}
	bootp_end(&o);
}

static struct bootp_head head_of(const struct bootpd *b, const struct ask *a,
				 const struct reply *r)
{
	struct bootp_head h = {.op = BOOTP_REPLY,
			       .hw = a->m.hw,
			       .flags = a->m.flags,
			       .yiaddr = r->yiaddr,
			       .giaddr = a->m.giaddr};

	memcpy(h.xid, a->m.xid, sizeof(h.xid));
	if (r->type == DHCP_NONE)
		h.secs = a->m.secs;
	if (r->type == DHCP_NAK) {
		/* So that the relay broadcasts it: RFC 2131 4.3.2. */
		if (a->m.giaddr)
			h.flags |= BOOTP_FLAG_BROADCAST;
		return h;
	}
	if (r->type != DHCP_OFFER)
		h.ciaddr = a->m.ciaddr;
	h.sname = b->site->settings->name;
	if (r->boot) {
		h.siaddr = r->boot->next;
		if (strlen(r->boot->file) < BOOTP_FILE)
			h.file = r->boot->file;
	}
	return h;
}

static void reply_put(const struct bootpd *b, const struct ask *a,
		      const struct reply *r, struct wr *w)
{
	const struct bootp_head h = head_of(b, a, r);
	struct next_vend vend;

	if (a->m.vend == VEND_NEXT && next_vend_get(&vend, &a->m)) {
		/* It looks at nothing but the opcode. */
		vend = (struct next_vend){.version = vend.version};
		next_vend_put(r->says ? r->says : &vend, &h, w);
	} else
		options_put(a, r, &h, w);
}

/* Its next question, for a boot script, will not say what it is.  Who has been
 * made an offer is on its way already. */
static void remember(const struct bootpd *b, const struct ask *a,
		     const struct reply *r)
{
	uint32_t ip = r->yiaddr ? r->yiaddr : a->m.ciaddr;

	if (!ip)
		ip = a->heard->from.ip;
	if (b->site->askers && r->boot && r->boot->kind != BOOT_NOTHING)
		boot_told(b, a, r->boot, ip, r->type == DHCP_OFFER);
}

struct note *reply_send(struct bootpd *b, const struct ask *a,
			const struct reply *r, unsigned code,
			struct effects *fx)
{
	struct route to = route_of(a, r);
	uint8_t room[BOOTP_MTU_MAX];
	struct wr w = wr_over(room, sizeof(room));
	struct note *n;

	reply_put(b, a, r, &w);
	if (w.bad)
		to.to.ip = 0;
	if (to.to.ip) {
		send_to(a, &to, &w, fx);
		remember(b, a, r);
	}
	n = ask_note(a, code, fx);
	n->peer = to.to;
	return n;
}
