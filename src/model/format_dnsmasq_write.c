/*
 * dnsmasq's configuration: networks as dhcp-range with a tag each, by which
 * they have their options, and machines as dhcp-host.
 */
#include "model/format_inside.h"

#include <string.h>

/* What stands between commas, outside of quotes. */
static bool is_part(const char *s)
{
	return is_word(s, ",\"#");
}

/* Two networks may begin with the same address. */
static void tag_add(struct sheet *to, const struct draft_entry *e)
{
	uint32_t ip, mask;

	if (!net_address(e, &ip, &mask))
		return;
	sheet_ip(to, ip);
	sheet_add(to, "_");
	sheet_u64(to, mask_bits(mask));
}

static void options_write(struct draft *d, const struct draft_entry *e,
			  const char *property, const char *option,
			  struct sheet *to)
{
	const struct draft_property *p = draft_find(e, property);
	unsigned n = 0;

	for (const struct draft_value *v = p ? p->first : NULL; v;
	     v = v->next) {
		if (!is_part(v->text) ||
		    (strcmp(property, "domain") != 0 && !is_ip(v->text))) {
			remark_on(d, e, property, "a value that has no place");
			continue;
		}
		if (!n++) {
			sheet_add(to, "dhcp-option=tag:");
			tag_add(to, e);
			sheet_add(to, ",option:");
			sheet_add(to, option);
		}
		sheet_add(to, ",");
		sheet_add(to, v->text);
	}
	if (n)
		sheet_add(to, "\n");
}

/* What a dhcp-boot line can say of an entry; NULL: nothing. */
struct boot {
	const char *file, *next;
};

static bool is_file(const char *s)
{
	return is_part(s) && strncmp(s, "tag:", 4) != 0 &&
	       strncmp(s, "net:", 4) != 0;
}

static struct boot boot_of(const struct draft_entry *e)
{
	struct boot b = {draft_text(e, "bootfile"),
			 draft_text(e, "next_server")};

	return (struct boot){b.file && is_file(b.file) ? b.file : NULL,
			     b.next && is_ip(b.next) ? b.next : NULL};
}

/* By case, too: that is how files differ. */
static bool is_same(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

/* The end of a dhcp-boot line; false: there is nothing to say. */
static bool boot_write(struct draft *d, const struct draft_entry *e,
		       struct sheet *to)
{
	struct boot b = boot_of(e);

	if (!b.file && draft_text(e, "bootfile"))
		remark_on(d, e, "bootfile", "has no place in a line");
	if (!b.next && draft_text(e, "next_server"))
		remark_on(d, e, "next_server", "is no IP address");
	sheet_add(to, b.file ? b.file : "");
	sheet_add(to, b.next ? ",," : "");
	sheet_add(to, b.next ? b.next : "");
	return b.file || b.next;
}

static void net_boot(struct draft *d, const struct draft_entry *e,
		     struct sheet *to)
{
	size_t len = to->len;

	sheet_add(to, "dhcp-boot=tag:");
	tag_add(to, e);
	sheet_add(to, ",");
	if (boot_write(d, e, to))
		sheet_add(to, "\n");
	else if (!to->failed)
		to->len = len;
}

static void range_write(const struct draft_entry *e, const char *first,
			const char *last, struct sheet *to)
{
	const char *lease = draft_text(e, "lease_time");
	uint64_t n;

	sheet_add(to, "dhcp-range=set:");
	tag_add(to, e);
	sheet_add(to, ",");
	sheet_add(to, first);
	sheet_add(to, ",");
	sheet_add(to, last);
	sheet_add(to, ",");
	sheet_add(to, draft_text(e, "netmask"));
	if (lease && number_parse(lease, strlen(lease), UINT32_MAX, &n)) {
		sheet_add(to, ",");
		sheet_add(to, lease);
	}
	sheet_add(to, "\n");
}

static void ranges_write(struct draft *d, const struct draft_entry *e,
			 struct sheet *to)
{
	const struct draft_property *p = draft_find(e, "range");
	char room[2][16];
	unsigned n = 0;

	for (const struct draft_value *v = p ? p->first : NULL; v;
	     v = v->next) {
		struct text a = text_over(room[0], sizeof room[0]);
		struct text b = text_over(room[1], sizeof room[1]);
		uint32_t first, last;

		if (!range_parse(v->text, &first, &last)) {
			remark_on(d, e, "range", "a value that is none");
			continue;
		}
		text_ip(&a, first);
		text_ip(&b, last);
		range_write(e, room[0], room[1], to);
		n++;
	}
	if (!n)
		range_write(e, draft_text(e, "address"), "static", to);
}

static void net_write(struct draft *d, const struct draft_entry *e,
		      struct sheet *to)
{
	uint32_t ip, mask;

	if (!net_address(e, &ip, &mask))
		return;
	ranges_write(d, e, to);
	options_write(d, e, "router", "router", to);
	options_write(d, e, "dns", "dns-server", to);
	options_write(d, e, "domain", "domain-name", to);
	net_boot(d, e, to);
}

static bool boots_alike(const struct draft_entry *a,
			const struct draft_entry *b)
{
	struct boot x = boot_of(a), y = boot_of(b);

	return is_same(x.file, y.file) && is_same(x.next, y.next);
}

/* Machines with the same to boot share a tag, called like the first of them. */
static const char *tag_write(struct draft *d, struct draft_entry *m,
			     struct sheet *to, struct sheet *room)
{
	const struct draft_entry *first;
	struct span boot;

	room->len = 0;
	if (!boot_write(d, m, room))
		return NULL;
	boot = (struct span){room->s, room->len};
	first = draft_noted(d, NOTE_TAG, boot);
	if (first && boots_alike(first, m))
		return draft_name(first);
	draft_note(d, m, NOTE_TAG, boot);
	sheet_add(to, "dhcp-boot=tag:");
	sheet_add(to, draft_name(m));
	sheet_add(to, ",");
	sheet_span(to, boot);
	sheet_add(to, "\n");
	return draft_name(m);
}

static void host_write(const struct draft_entry *m, const char *hw,
		       const char *tag, const char *ip, struct sheet *to)
{
	sheet_add(to, "dhcp-host=");
	sheet_add(to, hw);
	if (tag) {
		sheet_add(to, ",set:");
		sheet_add(to, tag);
	}
	if (ip) {
		sheet_add(to, ",");
		sheet_add(to, ip);
	}
	sheet_add(to, ",");
	sheet_add(to, draft_name(m));
	sheet_add(to, "\n");
}

/* What tag_add() might write: the machine's would be that network's. */
static bool is_net_tag(struct span name)
{
	const char *bits = memchr(name.s, '_', name.len);
	uint32_t ip;

	return bits && ip_parse(name.s, (size_t)(bits - name.s), &ip);
}

/* A name that looks like something else would be taken for that. */
static bool is_plain_name(struct draft *d, const struct draft_entry *m)
{
	struct span name = span_of(draft_name(m));

	if (dnsmasq_is_name(name) && !is_net_tag(name))
		return true;
	remark_on(d, m, "name",
		  "would be a time, an address, a network or an order, so it "
		  "is not in the file");
	return false;
}

static void machine_write(struct draft *d, struct draft_entry *m,
			  struct sheet *to, struct sheet *room)
{
	const char *tag = tag_write(d, m, to, room);
	struct cards cards = cards_of(m);
	struct card c;

	while (card_next(&cards, &c)) {
		if (!c.n_ips)
			host_write(m, c.hw, tag, NULL, to);
		for (unsigned i = 0; i < c.n_ips; i++)
			host_write(m, c.hw, tag, c.ips[i], to);
	}
}

void dnsmasq_write(struct draft *d, struct sheet *to)
{
	const struct draft_entry *nets = place_of(d, NETWORKS);
	const struct draft_entry *machines = place_of(d, MACHINES);
	struct sheet room = sheet_open(draft_alloc(d));
	struct reserved tallies = {.no_hw = {.n = 0}};

	for (const struct draft_entry *e = nets ? nets->child : NULL; e;
	     e = e->next)
		net_write(d, e, to);
	for (struct draft_entry *m = machines ? machines->child : NULL; m;
	     m = m->next)
		if (is_reserved(d, m, &tallies) && is_plain_name(d, m))
			machine_write(d, m, to, &room);
	to->failed |= room.failed;
	sheet_close(&room);
	nets_note(d);
	reserved_say(d, &tallies);
}
