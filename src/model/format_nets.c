/*
 * Networks with addresses to hand out, and machines with reservations, as DHCP
 * servers have them.  In the directory a network is an entry of /networks:
 * address and netmask, range ("FIRST-LAST" or one address, any number of
 * them), router, dns, domain, lease_time in seconds, next_server, bootfile.
 */
#include "model/format_inside.h"

#include <string.h>

const char *const net_properties[] = {
	"name",   "address",    "netmask",     "range",    "router", "dns",
	"domain", "lease_time", "next_server", "bootfile", NULL};

struct draft_entry *net_called(struct reading *r, uint32_t ip, uint32_t mask)
{
	char name[24], dotted[16];
	struct text t = text_over(name, sizeof name);
	struct text m = text_over(dotted, sizeof dotted);
	struct draft_entry *dir = draft_place(r->d, NETWORKS), *e;
	struct span key, address;

	text_ip(&t, ip & mask);
	address = (struct span){name, t.len};
	text_add(&t, "/");
	text_u64(&t, mask_bits(mask));
	key = (struct span){name, t.len};
	e = draft_noted(r->d, NOTE_ADDRESS, key);
	if (e)
		return e;
	e = draft_add(r->d, dir, r->line);
	draft_note(r->d, e, NOTE_ADDRESS, key);
	if (e)
		e->is_nameless = true;
	draft_set(r->d, e, "name", key);
	draft_set(r->d, e, "address", address);
	text_ip(&m, mask);
	draft_set(r->d, e, "netmask", (struct span){dotted, m.len});
	return e;
}

bool net_address(const struct draft_entry *e, uint32_t *ip, uint32_t *mask)
{
	const char *address = draft_text(e, "address");
	const char *netmask = draft_text(e, "netmask");

	return address && netmask && ip_parse(address, strlen(address), ip) &&
	       ip_parse(netmask, strlen(netmask), mask) && *mask &&
	       ip_is_mask(*mask) && !(*ip & ~*mask);
}

bool net_range_add(struct reading *r, struct draft_entry *e, struct span first,
		   struct span last)
{
	uint32_t ip = 0, mask = 0, from, to;
	char room[40];
	struct text t = text_over(room, sizeof room);

	if (!ip_parse(first.s, first.len, &from))
		return wrong(r, "range", first, "is no IP address");
	if (!ip_parse(last.s, last.len, &to) || to < from)
		return wrong(r, "range", last,
			     "is no IP address that ends a range");
	if (!net_address(e, &ip, &mask) || (from & mask) != ip ||
	    (to & mask) != ip)
		return draft_failed(r->d) ||
		       wrong(r, draft_name(e),
			     (from & mask) != ip ? first : last,
			     "is not in that network");
	text_ip(&t, from);
	if (to != from) {
		text_add(&t, "-");
		text_ip(&t, to);
	}
	draft_set(r->d, e, "range", (struct span){room, t.len});
	return true;
}

bool range_parse(const char *s, uint32_t *first, uint32_t *last)
{
	const char *dash = strchr(s, '-');
	size_t len = dash ? (size_t)(dash - s) : strlen(s);

	if (!ip_parse(s, len, first))
		return false;
	*last = *first;
	return !dash ||
	       (ip_parse(dash + 1, strlen(dash + 1), last) && *last >= *first);
}

void property_copy(struct draft *d, struct draft_entry *to,
		   const struct draft_entry *from, const char *property)
{
	const struct draft_property *p = draft_find(from, property);

	if (!p || draft_find(to, property))
		return;
	for (const struct draft_value *v = p->first; v; v = v->next)
		draft_set(d, to, property, span_of(v->text));
}

/* "10-0-0-7"; of a hardware address "mac-00-00-0f-00-07-5a", which is none
 * itself. */
bool machine_name_make(struct reading *r, struct draft_entry *m)
{
	const char *from = draft_text(m, "ip_address");
	char room[64];
	size_t n = 0;

	if (!m || draft_text(m, "name"))
		return true;
	if (!from) {
		from = draft_text(m, "en_address");
		memcpy(room, "mac-", 4);
		n = from ? 4 : 0;
	}
	for (; from && *from && n < sizeof room; from++, n++)
		room[n] = *from == '.' || *from == ':' ? '-' : *from;
	if (!n)
		return draft_failed(r->d) ||
		       wrong(r, "machine", (struct span){.len = 0},
			     "has neither a name nor an address");
	m->is_nameless = true;
	return machine_name_add(r, m, (struct span){room, n});
}

/* ---- what is written ---------------------------------------------------- */

static const struct draft_value *values_of(const struct draft_entry *e,
					   const char *property)
{
	const struct draft_property *p = draft_find(e, property);

	return p ? p->first : NULL;
}

struct cards cards_of(const struct draft_entry *m)
{
	return (struct cards){.hw = values_of(m, "en_address"),
			      .ip = values_of(m, "ip_address")};
}

bool card_next(struct cards *c, struct card *to)
{
	if (!c->hw)
		return false;
	*to = (struct card){.n = c->n, .hw = c->hw->text};
	c->n++;
	c->hw = c->hw->next;
	/* Addresses without a partner are the last card's, too. */
	for (; c->ip && (to->n_ips < 1 || !c->hw); c->ip = c->ip->next) {
		if (to->n_ips == FORMAT_ADDRESSES)
			break;
		to->ips[to->n_ips++] = c->ip->text;
	}
	return true;
}

bool is_ip(const char *s)
{
	uint32_t ip;

	return ip_parse(s, strlen(s), &ip);
}

void nets_note(struct draft *d)
{
	const struct draft_entry *dir = place_of(d, NETWORKS);
	struct tally none = {.n = 0};
	uint32_t ip, mask;

	for (const struct draft_entry *e = dir ? dir->child : NULL; e;
	     e = e->next)
		if (!net_address(e, &ip, &mask))
			tally_add(&none, e);
	tally_say(d, &none, "address",
		  "it or netmask is none, so the network is not in the file");
	remark_rest(d, dir, net_properties);
}

static bool is_hw(const char *s)
{
	struct hwaddr hw;

	return hwaddr_parse(s, strlen(s), &hw);
}

bool is_reserved(struct draft *d, const struct draft_entry *m,
		 struct reserved *tallies)
{
	const struct draft_property *names = draft_find(m, "name");

	if (!names || !is_host_name(span_of(draft_name(m)))) {
		remark_on(d, m, "name", "is none, so it is not in the file");
		return false;
	}
	if (!draft_text(m, "en_address")) {
		tally_add(&tallies->no_hw, m);
		return false;
	}
	if (!are_addresses(d, m, "en_address", is_hw) ||
	    !are_addresses(d, m, "ip_address", is_ip))
		return false;
	if (names->n > 1)
		tally_add(&tallies->names, m);
	return true;
}

void reserved_say(struct draft *d, const struct reserved *t)
{
	static const char *const known[] = {"name",        "en_address",
					    "ip_address",  "bootfile",
					    "next_server", NULL};

	tally_say(d, &t->no_hw, "en_address", "none, so it is not in the file");
	tally_say(d, &t->names, "name", "only the first has a place");
	remark_rest(d, place_of(d, MACHINES), known);
}
