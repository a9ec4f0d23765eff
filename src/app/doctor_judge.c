/*
 * Findings about the interface, about other servers and about this host; what
 * concerns groups is in doctor_groups.c.
 */
#include "app/doctor.h"

#include "base/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { ROM_MTU = 1500, TFTP_HEADERS = 32, SLOW_PORT = 2000 };

__attribute__((format(printf, 3, 0))) static void
fill(char *to, size_t room, const char *format, va_list args)
{
	(void)vsnprintf(to, room, format, args);
}

struct finding *doctor_find(struct findings *to, enum finding_level level,
			    const char *about, const char *format, ...)
{
	struct finding *f = &to->v[to->n < FINDINGS ? to->n++ : FINDINGS - 1];
	va_list args;

	f->level = level;
	f->about = about;
	f->command[0] = 0;
	va_start(args, format);
	fill(f->text, sizeof(f->text), format, args);
	va_end(args);
	return f;
}

void doctor_advise(struct finding *f, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fill(f->command, sizeof(f->command), format, args);
	va_end(args);
}

const char *doctor_ip(char buf[16], uint32_t ip)
{
	struct text t = text_over(buf, 16);

	text_ip(&t, ip);
	return buf;
}

static const char *mac_of(char buf[18], const uint8_t mac[6])
{
	struct hwaddr hw = hwaddr_ethernet(mac);
	struct text t = text_over(buf, 18);

	text_hwaddr(&t, &hw);
	return buf;
}

/* ---- the interface ------------------------------------------------------- */

static void judge_carrier(const struct doctor_facts *f, struct findings *to)
{
	const char *name = f->link.name;

	if (!f->wire.is_up)
		doctor_advise(doctor_find(to, FINDING_PROBLEM, "link",
					  "%s is switched off.", name),
			      "ip link set %s up", name);
	else if (!f->wire.has_carrier)
		doctor_find(to, FINDING_PROBLEM, "link",
			    "%s has no carrier: look at the cable, and whether "
			    "the switch is on.",
			    name);
}

static void judge_address(const struct doctor_facts *f, struct findings *to)
{
	const char *name = f->link.name;
	char ip[16];

	if (f->link.ip)
		doctor_find(to, FINDING_OK, "link",
			    "%s is %s/%u, with an MTU of %u.", name,
			    doctor_ip(ip, f->link.ip), mask_bits(f->link.mask),
			    f->link.mtu);
	else if (f->wire.is_port)
		doctor_advise(doctor_find(to, FINDING_HINT, "link",
					  "%s has no address, as a port of the "
					  "bridge %s: serve on that one.",
					  name, f->wire.name),
			      "muster doctor %s", f->wire.name);
	else
		doctor_advise(
			doctor_find(to, FINDING_HINT, "link",
				    "%s has no IPv4 address: musterd needs "
				    "one to serve there.",
				    name),
			"ip address add 10.0.0.1/24 dev %s", name);
}

static void judge_mtu(const struct doctor_facts *f, struct findings *to)
{
	if (!f->link.mtu || f->link.mtu >= ROM_MTU)
		return;
	doctor_advise(
		doctor_find(
			to, FINDING_PROBLEM, "mtu",
			"The MTU of %s is %u: longer packets go in "
			"fragments, which no ROM puts together; raise it, or "
			"keep blocks to %u bytes (tftp.blksize-max).",
			f->link.name, f->link.mtu,
			f->link.mtu > TFTP_HEADERS ? f->link.mtu - TFTP_HEADERS
						   : 0),
		"ip link set %s mtu %d", f->link.name, ROM_MTU);
}

static const char *port_name(enum port_state s)
{
	switch (s) {
	case PORT_DISABLED:
		return "disabled";
	case PORT_LISTENING:
		return "listening";
	case PORT_LEARNING:
		return "learning";
	case PORT_FORWARDING:
		return "forwarding";
	case PORT_BLOCKING:
		return "blocking";
	}
	return "in no known state";
}

/* A machine's port that listens and learns, twice the delay, has no DHCP. */
static void judge_tree(const struct doctor_facts *f, struct findings *to)
{
	const struct wire_state *w = &f->wire;

	if (w->is_port && w->port != PORT_FORWARDING)
		doctor_find(to, FINDING_PROBLEM, "stp",
			    "The bridge %s does not forward by %s, the port is "
			    "%s.",
			    w->name, f->link.name, port_name(w->port));
	if (w->has_bridge && w->waiting)
		doctor_find(to, FINDING_PROBLEM, "stp",
			    "%u port%s of the bridge %s listen%s or learn%s "
			    "still: nothing passes there yet.",
			    w->waiting, w->waiting == 1 ? "" : "s", w->name,
			    w->waiting == 1 ? "s" : "",
			    w->waiting == 1 ? "s" : "");
	if (w->has_bridge && w->spans && w->delay > SLOW_PORT)
		doctor_advise(
			doctor_find(to, FINDING_HINT, "stp",
				    "The bridge %s runs a spanning tree and "
				    "keeps each port waiting for %u s after "
				    "power-on, longer than ROMs are patient.",
				    w->name, 2 * w->delay / 1000),
			"ip link set %s type bridge forward_delay 200",
			w->name);
}

/* ---- other servers ------------------------------------------------------- */

static bool is_ours(const struct doctor_facts *f, uint32_t ip)
{
	for (int i = 0; i < f->n_links; i++)
		if (ip && f->links[i].ip == ip)
			return true;
	return false;
}

static bool is_rogue(const struct doctor_facts *f,
		     const struct doctor_server *v)
{
	return v->offered && f->link.ip &&
	       ((v->offered ^ f->link.ip) & f->link.mask);
}

static const char *file_of(const struct doctor_server *v, char *buf,
			   size_t room)
{
	struct text t = text_over(buf, room);

	text_wire(&t, v->file, strlen(v->file));
	return buf;
}

static void judge_address_giver(const struct doctor_facts *f,
				const struct doctor_server *v, const char *who,
				struct findings *to)
{
	char ip[16], network[16], file[256];

	if (is_rogue(f, v))
		doctor_find(to, FINDING_PROBLEM, "rogue",
			    "%s offers %s, which is no address of %s/%u: a "
			    "rogue; find its port by the hardware address, and "
			    "take it off this network.",
			    who, doctor_ip(ip, v->offered),
			    doctor_ip(network, f->link.ip & f->link.mask),
			    mask_bits(f->link.mask));
	else if (is_ours(f, v->next_server))
		doctor_find(to, FINDING_OK, "dhcp",
			    "%s gives addresses, and sends machines here for "
			    "\"%s\".",
			    who, file_of(v, file, sizeof(file)));
	else if (v->file[0])
		doctor_find(to, FINDING_PROBLEM, "dhcp",
			    "%s gives addresses and names \"%s\" as the boot "
			    "file: whoever answers first wins; take that out "
			    "there, or have it name this server.",
			    who, file_of(v, file, sizeof(file)));
	else
		doctor_advise(doctor_find(to, FINDING_HINT, "dhcp",
					  "%s gives addresses (%s, say): add "
					  "only the boot information here.",
					  who, doctor_ip(ip, v->offered)),
			      "muster serve --proxy DIR");
}

static void judge_server(const struct doctor_facts *f,
			 const struct doctor_server *v, struct findings *to)
{
	char ip[16], mac[18], who[64], file[256];

	snprintf(who, sizeof(who), "%s (%s)", doctor_ip(ip, v->ip),
		 mac_of(mac, v->mac));
	if (!v->is_proxy)
		judge_address_giver(f, v, who, to);
	else if (v->file[0] || v->next_server)
		doctor_find(
			to, FINDING_PROBLEM, "dhcp",
			"%s is another boot server (proxyDHCP), which names "
			"\"%s\": machines take one answer or the other.",
			who, file_of(v, file, sizeof(file)));
	else
		doctor_find(to, FINDING_PROBLEM, "dhcp",
			    "%s is another boot server (proxyDHCP): machines "
			    "take one answer or the other.",
			    who);
}

static void judge_servers(const struct doctor_facts *f, struct findings *to)
{
	const struct doctor_seen *s = &f->seen;
	unsigned givers = 0;
	char ip[16];

	for (unsigned i = 0; i < s->n_servers; i++) {
		judge_server(f, &s->servers[i], to);
		givers += !s->servers[i].is_proxy;
		for (unsigned j = 0; j < i; j++)
			if (s->servers[j].ip == s->servers[i].ip)
				doctor_find(to, FINDING_PROBLEM, "dhcp",
					    "Two machines call themselves "
					    "%s.",
					    doctor_ip(ip, s->servers[i].ip));
	}
	if (givers > 1)
		doctor_find(to, FINDING_PROBLEM, "dhcp",
			    "%u DHCP servers give addresses here: a machine "
			    "gets now one's, now the other's; keep one.",
			    givers);
	if (!s->n_servers)
		doctor_find(
			to, FINDING_OK, "dhcp",
			"No other DHCP server answers: musterd may give the "
			"addresses.");
}

/* ---- this host ----------------------------------------------------------- */

static void judge_ports(const struct doctor_facts *f, struct findings *to)
{
	for (unsigned i = 0; i < DOCTOR_PORTS; i++) {
		const char *who = f->ports[i].who;

		if (!who[0])
			continue;
		if (!strncmp(who, "muster", 6))
			doctor_find(to, FINDING_OK, "port",
				    "UDP port %u is served by %s.",
				    f->ports[i].port, who);
		else
			doctor_find(to, FINDING_PROBLEM, "port",
				    "UDP port %u is taken by %s: musterd can't "
				    "start beside it.",
				    f->ports[i].port, who);
	}
}

static void judge_check(const struct doctor_check *c, struct findings *to)
{
	const struct fw_verdict *v = &c->verdict;
	struct finding *f;

	if (v->fate == FW_PASSES)
		return;
	f = doctor_find(
		to, v->fate == FW_DROPS ? FINDING_PROBLEM : FINDING_HINT,
		"firewall", "nftables %s %s, in chain %s of table %s %s%s",
		v->fate == FW_DROPS ? "drops" : "may drop", c->what, v->chain,
		v->family, v->table,
		c->is_below ? ": broadcasts still reach musterd, which listens "
			      "below it, but renewals do not."
			    : ".");
	if (c->accept[0])
		doctor_advise(f, "nft insert rule %s %s %s %s accept",
			      v->family, v->table, v->chain, c->accept);
}

static void judge_firewall(const struct doctor_facts *f, struct findings *to)
{
	bool is_clean = true;

	for (unsigned i = 0; i < f->n_checks && !f->no_firewall; i++) {
		judge_check(&f->checks[i], to);
		is_clean &= f->checks[i].verdict.fate == FW_PASSES;
	}
	if (f->no_firewall)
		doctor_advise(
			doctor_find(to, FINDING_HINT, "firewall",
				    "The packet filter was not looked at: "
				    "%s.",
				    f->no_firewall),
			"nft list ruleset");
	else if (is_clean)
		doctor_find(to, FINDING_OK, "firewall",
			    "nftables lets a boot server's packets pass.");
	if (f->has_legacy)
		doctor_advise(
			doctor_find(to, FINDING_HINT, "firewall",
				    "There are rules of the old iptables, "
				    "which were not looked at."),
			"iptables-legacy -S");
}

/* Another interface in the same network: answers go by one of them, and what
 * comes in on the other is thrown away. */
static const struct link *twin(const struct doctor_facts *f)
{
	for (int i = 0; i < f->n_links; i++) {
		const struct link *l = &f->links[i];

		if (l->index != f->link.index && l->ip && l->is_up &&
		    !((l->ip ^ f->link.ip) & l->mask & f->link.mask))
			return l;
	}
	return NULL;
}

static void judge_reverse_path(const struct doctor_facts *f,
			       struct findings *to)
{
	const struct link *other = f->link.ip ? twin(f) : NULL;

	if (f->reverse_path != 1 || !other)
		return;
	doctor_advise(
		doctor_find(to, FINDING_PROBLEM, "rp-filter",
			    "%s and %s are in one network, and the kernel "
			    "throws away what comes in where it would not "
			    "answer (rp_filter).",
			    f->link.name, other->name),
		"sysctl -w net.ipv4.conf.all.rp_filter=2 "
		"net.ipv4.conf.%s.rp_filter=2",
		f->link.name);
}

void doctor_judge(const struct doctor_facts *f, struct findings *to)
{
	to->n = 0;
	judge_carrier(f, to);
	judge_address(f, to);
	judge_mtu(f, to);
	judge_tree(f, to);
	judge_servers(f, to);
	judge_ports(f, to);
	doctor_judge_groups(f, to);
	judge_reverse_path(f, to);
	judge_firewall(f, to);
}
