/*
 * muster.conf: the networks of the directory as the subnets that musterd hands
 * addresses out of.  It is only written: the file says more than the directory.
 */
#include "model/format_inside.h"

#include <string.h>

enum { MOST_DNS = 4, LEASE_LEAST = 60, LEASE_MOST = 365 * 86400 };

static void value_write(struct sheet *to, const char *key, const char *value)
{
	sheet_add(to, "\t");
	sheet_add(to, key);
	sheet_add(to, " = ");
	sheet_add(to, value);
	sheet_add(to, "\n");
}

/* The first value that is an address, with a remark if there are more. */
static void ip_write(struct draft *d, const struct draft_entry *e,
		     const char *property, const char *key, struct sheet *to)
{
	const struct draft_property *p = draft_find(e, property);

	if (!p || !p->first)
		return;
	if (p->n > 1)
		remark_on(d, e, property, "only the first value has a place");
	if (is_ip(p->first->text))
		value_write(to, key, p->first->text);
	else
		remark_on(d, e, property, "is no IP address");
}

static void range_write(struct draft *d, const struct draft_entry *e,
			struct sheet *to)
{
	const struct draft_property *p = draft_find(e, "range");
	uint32_t first, last;

	if (!p || !p->first)
		return;
	if (p->n > 1)
		remark_on(d, e, "range", "only the first value has a place");
	if (!range_parse(p->first->text, &first, &last)) {
		remark_on(d, e, "range", "is none");
		return;
	}
	sheet_add(to, "\trange = \"");
	sheet_ip(to, first);
	sheet_add(to, " - ");
	sheet_ip(to, last);
	sheet_add(to, "\"\n");
}

static void dns_write(struct draft *d, const struct draft_entry *e,
		      struct sheet *to)
{
	const struct draft_property *p = draft_find(e, "dns");
	unsigned n = 0;

	for (const struct draft_value *v = p ? p->first : NULL; v;
	     v = v->next) {
		if (!is_ip(v->text) || n == MOST_DNS) {
			remark_on(d, e, "dns",
				  n == MOST_DNS ? "only four have a place"
						: "a value that is no IP "
						  "address");
			continue;
		}
		sheet_add(to, n++ ? ", " : "\tdns = {");
		sheet_add(to, v->text);
	}
	sheet_add(to, n ? "}\n" : "");
}

static void domain_write(struct draft *d, const struct draft_entry *e,
			 struct sheet *to)
{
	const char *domain = draft_text(e, "domain");

	if (!domain)
		return;
	if (is_host_name(span_of(domain)) && strlen(domain) < 64)
		value_write(to, "domain", domain);
	else
		remark_on(d, e, "domain", "is no name of a DNS domain");
}

static void lease_write(struct draft *d, const struct draft_entry *e,
			struct sheet *to)
{
	const char *lease = draft_text(e, "lease_time");
	uint64_t s;

	if (!lease)
		return;
	if (number_parse(lease, strlen(lease), LEASE_MOST, &s) &&
	    s >= LEASE_LEAST)
		value_write(to, "lease-time", lease);
	else
		remark_on(d, e, "lease_time",
			  "is no number of seconds from a minute to a year");
}

static void net_write(struct draft *d, const struct draft_entry *e,
		      struct sheet *to)
{
	uint32_t ip, mask;

	if (!net_address(e, &ip, &mask))
		return;
	sheet_add(to, "subnet ");
	sheet_ip(to, ip);
	sheet_add(to, "/");
	sheet_u64(to, mask_bits(mask));
	sheet_add(to, " {\n");
	range_write(d, e, to);
	ip_write(d, e, "router", "router", to);
	dns_write(d, e, to);
	domain_write(d, e, to);
	lease_write(d, e, to);
	ip_write(d, e, "next_server", "next-server", to);
	sheet_add(to, "}\n");
	if (draft_find(e, "bootfile"))
		remark_on(d, e, "bootfile", "has no place in this format");
}

void conf_write(struct draft *d, struct sheet *to)
{
	const struct draft_entry *dir = place_of(d, NETWORKS);

	for (const struct draft_entry *e = dir ? dir->child : NULL; e;
	     e = e->next)
		net_write(d, e, to);
	nets_note(d);
}
