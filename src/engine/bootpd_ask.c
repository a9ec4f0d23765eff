/*
 * A request: who asks, and where.  The machine is its hardware address; what
 * it calls itself in option 61 counts only if it sends none, since ROM, loader
 * and system of one machine call themselves by three names (R15).
 */
#include "engine/bootpd_impl.h"

enum { LINK_SELECTION = 5 /* RFC 3527: sub-option of option 82 */ };

static bool is_zero(const struct hwaddr *hw)
{
	struct hwaddr none = {.type = hw->type, .len = hw->len};

	return hwaddr_is(hw, &none);
}

/* RFC 4390: on InfiniBand hlen is 0, and the client identifier stands for the
 * machine.  A long one is folded: its last bytes are what differs. */
static bool machine_by_id(struct ask *a)
{
	uint8_t id[255];
	int len = bootp_option(&a->m, OPT_CLIENT_ID, id, sizeof(id));
	struct wr w = wr_over(a->hw.b, sizeof(a->hw.b));

	if (len < 2)
		return false;
	a->hw.len = HWADDR_MAX;
	if (len <= HWADDR_MAX) {
		wr_bytes(&w, id, (size_t)len);
		return true;
	}
	for (uint64_t seed = 0; seed < 2; seed++) {
		uint64_t hash = hash_bytes(id, (size_t)len, seed);

		wr_u32(&w, (uint32_t)(hash >> 32));
		wr_u32(&w, (uint32_t)hash);
	}
	return true;
}

static bool machine_get(struct ask *a)
{
	a->hw = a->m.hw;
	if (!a->hw.len)
		return machine_by_id(a);
	/* Replies are sent to it: no group, and not nobody. */
	if (a->hw.type == HW_ETHERNET && a->hw.b[0] & 1)
		return false;
	return !is_zero(&a->hw);
}

static void list_get(struct ask *a)
{
	uint8_t list[255];
	int len = bootp_option(&a->m, OPT_PARAMETER_LIST, list, sizeof(list));

	a->has_list = len > 0;
	for (struct rd r = rd_over(list, len > 0 ? (size_t)len : 0);
	     rd_left(&r);) {
		uint8_t code = rd_u8(&r);

		a->list[code / 32] |= (uint32_t)1 << code % 32;
	}
}

bool ask_read(struct ask *a, const struct heard *h)
{
	struct rd r = rd_over(h->bytes, h->len);
	int len;

	*a = (struct ask){.heard = h};
	if (!bootp_get(&a->m, &r) || !machine_get(a))
		return false;
	client_of(&a->client, &a->m);
	bootp_file(&a->m, a->file);
	list_get(a);
	len = bootp_option(&a->m, OPT_RELAY_AGENT, a->agent, sizeof(a->agent));
	a->agent_len = len > 0 ? (size_t)len : 0;
	return true;
}

/* Of an address as the relay or the client wrote it. */
static bool selection_get(const struct ask *a, uint32_t *ip)
{
	const uint8_t *sub;
	size_t len;

	if (relay_suboption(a->agent, a->agent_len, LINK_SELECTION, &sub,
			    &len) &&
	    len == 4) {
		struct rd r = rd_over(sub, len);

		*ip = rd_u32(&r);
		return true;
	}
	return bootp_option_u32(&a->m, OPT_SUBNET_SELECTION, ip);
}

static const struct subnet *subnet_of(const struct settings *s,
				      const struct ask *a)
{
	const struct subnet *n = NULL;
	uint32_t ip;

	if (selection_get(a, &ip))
		return settings_subnet(s, ip);
	if (a->m.giaddr)
		return settings_subnet(s, a->m.giaddr);
	/* A machine behind a router renews by unicast: RFC 2131 4.3.2. */
	if (a->m.ciaddr && !a->heard->is_frame)
		n = settings_subnet(s, a->m.ciaddr);
	return n ? n : settings_subnet(s, a->link->ip);
}

bool ask_place(const struct bootpd *b, struct ask *a)
{
	const struct site *s = b->site;

	a->link = site_link(s, a->heard->link);
	if (!a->link || !a->link->ip)
		return false;
	a->subnet = subnet_of(s->settings, a);
	a->domain = site_subnet_domain(s, a->subnet);
	a->machine = site_machine_in(s, a->domain, &a->hw, 0);
	return true;
}

bool ask_names(const struct ask *a, uint8_t code)
{
	return a->list[code / 32] >> code % 32 & 1;
}

bool ask_wants(const struct ask *a, uint8_t code)
{
	return !a->has_list || ask_names(a, code);
}

struct note *ask_note(const struct ask *a, unsigned code, struct effects *fx)
{
	struct note *n = effects_note(fx, code);

	n->hw = a->hw;
	n->peer = a->heard->from;
	return n;
}

void ask_hold(const struct bootpd *b, const struct ask *a)
{
	const struct pending_machine m = {.hw = a->hw,
					  .client = a->client,
					  .is_dhcp = a->m.type != DHCP_NONE,
					  .link = a->heard->link,
					  .relay = a->m.giaddr,
					  .last = a->heard->wall};

	if (b->site->settings->unknown == UNKNOWN_PENDING)
		pending_note(b->site->pending, &m);
}

bool ask_is_welcome(const struct bootpd *b, const struct ask *a,
		    struct effects *fx)
{
	enum unknown unknown = b->site->settings->unknown;
	bool denied = !a->machine && site_denies(b->site, a->domain, &a->hw);
	struct note *n;

	if (a->machine || (unknown == UNKNOWN_SERVE && !denied))
		return true;
	n = ask_note(a, NOTE_MACHINE_UNKNOWN, fx);
	n->ip = a->m.giaddr;
	n->text = denied                       ? "denied"
		  : unknown == UNKNOWN_PENDING ? "pending"
					       : "ignored";
	if (!denied)
		ask_hold(b, a);
	return false;
}

static bool is_host_of(uint32_t ip, uint32_t network, uint32_t mask)
{
	uint32_t host = ip & ~mask;

	/* Two machines on a wire of their own need both (RFC 3021). */
	return (ip & mask) == (network & mask) &&
	       (~mask < 2 || (host && host != ~mask));
}

bool ask_may_reach(const struct bootpd *b, uint32_t ip)
{
	const struct site *s = b->site;
	const struct subnet *n = settings_subnet(s->settings, ip);

	if (!ip || ip >> 24 == 127 || ip >> 28 >= 0xe || site_is_own(s, ip))
		return false;
	if (n)
		return is_host_of(ip, n->network, n->mask);
	for (unsigned i = 0; i < s->n_links; i++)
		if (s->links[i].ip &&
		    is_host_of(ip, s->links[i].ip, s->links[i].mask))
			return true;
	return false;
}

/* 10-0-0-7 */
static void add_dashed(struct text *t, uint32_t ip)
{
	for (int shift = 24; shift >= 0; shift -= 8) {
		text_u64(t, ip >> shift & 0xff);
		if (shift)
			text_add(t, "-");
	}
}

/* A pattern's % and letter; a letter that means nothing stands for itself. */
static void add_escape(struct text *t, char letter, uint32_t ip, uint32_t mask)
{
	if (letter == 'h')
		text_u64(t, ip & ~mask);
	else if (letter == 'a')
		add_dashed(t, ip);
	else
		text_bytes(t, &letter, letter ? 1 : 0);
}

static void name_from(const char *pattern, uint32_t ip, uint32_t mask,
		      struct text *t)
{
	for (const char *p = pattern; *p; p++) {
		if (*p != '%') {
			text_bytes(t, p, 1);
			continue;
		}
		add_escape(t, p[1], ip, mask);
		if (p[1])
			p++;
	}
}

void ask_name(const struct bootpd *b, const struct ask *a, uint32_t ip,
	      char to[NAME_MAX_LEN])
{
	struct text t = text_over(to, NAME_MAX_LEN);

	if (a->machine && machine_name(a->machine)[0])
		text_add(&t, machine_name(a->machine));
	else if (ip)
		name_from(b->site->settings->host_names, ip, a->subnet->mask,
			  &t);
	if (t.full) /* half a name is another machine's */
		to[0] = '\0';
}
