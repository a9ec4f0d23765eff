/*
 * Kea's configuration of DHCPv4, as it can be given to kea-dhcp4 as it is: a
 * reservation stands in the narrowest subnet that has its address, or, if none
 * has, among those of all networks.
 */
#include "app/formats.h"
#include "model/format_inside.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

struct subnet4 {
	uint32_t ip, mask;
	json_t *json; /* the subnet's reservations */
};

struct writer {
	struct draft *d;
	struct subnet4 *nets; /* the narrowest first */
	size_t n;
	json_t *reservations; /* outside of all subnets */
};

/* A string of the directory's; NULL: JSON can't hold it, said. */
static json_t *string_json(struct draft *d, const struct draft_entry *e,
			   const char *property)
{
	const struct draft_property *p = draft_find(e, property);
	json_t *json = NULL;

	if (!p)
		return NULL;
	if (p->first && p->first->text[0])
		json = json_string(p->first->text);
	if (!json || p->n > 1)
		remark_on(d, e, property,
			  json ? "only the first value has a place"
			       : "is nothing, or no UTF-8");
	return json;
}

static void ip_set(struct writer *w, json_t *to, const struct draft_entry *e,
		   const char *property, const char *key)
{
	const char *v = draft_text(e, property);

	if (v && is_ip(v))
		json_object_set_new(to, key, json_string(v));
	else if (v)
		remark_on(w->d, e, property, "is no IP address");
}

static void pools_write(struct writer *w, json_t *to,
			const struct draft_entry *e)
{
	const struct draft_property *p = draft_find(e, "range");
	json_t *pools = json_array();

	for (const struct draft_value *v = p ? p->first : NULL; v;
	     v = v->next) {
		uint32_t first, last;
		char room[48];
		struct text t = text_over(room, sizeof room);

		if (!range_parse(v->text, &first, &last)) {
			remark_on(w->d, e, "range", "a value that is none");
			continue;
		}
		text_ip(&t, first);
		text_add(&t, " - ");
		text_ip(&t, last);
		json_array_append_new(pools, json_pack("{s:s}", "pool", room));
	}
	json_object_set_new(to, "pools", pools);
}

static void option_write(struct writer *w, json_t *to,
			 const struct draft_entry *e, const char *property,
			 const char *name)
{
	const struct draft_property *p = draft_find(e, property);
	struct sheet data = sheet_open(draft_alloc(w->d));

	for (const struct draft_value *v = p ? p->first : NULL; v;
	     v = v->next) {
		if (!is_word(v->text, ",") ||
		    (strcmp(property, "domain") != 0 && !is_ip(v->text))) {
			remark_on(w->d, e, property,
				  "a value that has no "
				  "place");
			continue;
		}
		sheet_add(&data, data.len ? ", " : "");
		sheet_add(&data, v->text);
	}
	if (data.len)
		json_array_append_new(
			to, json_pack("{s:s, s:o}", "name", name, "data",
				      json_stringn(data.s, data.len)));
	sheet_close(&data);
}

static json_t *net_json(struct writer *w, const struct draft_entry *e,
			const struct subnet4 *net, size_t id)
{
	const char *lease = draft_text(e, "lease_time");
	json_t *options = json_array(), *to, *file;
	char name[24];
	struct text t = text_over(name, sizeof name);
	uint64_t n;

	text_ip(&t, net->ip);
	text_add(&t, "/");
	text_u64(&t, mask_bits(net->mask));
	to = json_pack("{s:I, s:s}", "id", (json_int_t)id, "subnet", name);
	pools_write(w, to, e);
	option_write(w, options, e, "router", "routers");
	option_write(w, options, e, "dns", "domain-name-servers");
	option_write(w, options, e, "domain", "domain-name");
	json_object_set_new(to, "option-data", options);
	if (lease && number_parse(lease, strlen(lease), UINT32_MAX, &n))
		json_object_set_new(to, "valid-lifetime",
				    json_integer((json_int_t)n));
	ip_set(w, to, e, "next_server", "next-server");
	file = string_json(w->d, e, "bootfile");
	if (file)
		json_object_set_new(to, "boot-file-name", file);
	json_object_set(to, "reservations", net->json);
	return to;
}

/* Where a reservation of that address goes. */
static json_t *list_for(const struct writer *w, const char *text)
{
	uint32_t ip;

	if (!text || !ip_parse(text, strlen(text), &ip))
		return w->reservations;
	for (size_t i = 0; i < w->n; i++)
		if ((ip & w->nets[i].mask) == w->nets[i].ip)
			return w->nets[i].json;
	return w->reservations;
}

static void reserve(struct writer *w, const struct draft_entry *m,
		    const char *hw, const char *ip)
{
	json_t *to = json_pack("{s:s, s:s}", "hw-address", hw, "hostname",
			       draft_name(m));
	json_t *file;

	if (ip)
		json_object_set_new(to, "ip-address", json_string(ip));
	file = string_json(w->d, m, "bootfile");
	if (file)
		json_object_set_new(to, "boot-file-name", file);
	ip_set(w, to, m, "next_server", "next-server");
	json_array_append_new(list_for(w, ip), to);
}

/* Kea refuses a card that it has in the same list already. */
static bool is_there(const struct writer *w, const struct card *c, unsigned n)
{
	const json_t *to = list_for(w, c->ips[n]);

	for (unsigned i = 0; i < n; i++)
		if (list_for(w, c->ips[i]) == to)
			return true;
	return false;
}

static void machine_write(struct writer *w, const struct draft_entry *m)
{
	struct cards cards = cards_of(m);
	struct card c;

	while (card_next(&cards, &c)) {
		if (!c.n_ips)
			reserve(w, m, c.hw, NULL);
		for (unsigned i = 0; i < c.n_ips; i++)
			if (is_there(w, &c, i))
				remark_on(w->d, m, "ip_address",
					  "Kea has one of a card in a subnet");
			else
				reserve(w, m, c.hw, c.ips[i]);
	}
}

static int by_mask(const void *a, const void *b)
{
	const struct subnet4 *x = a, *y = b;

	return (x->mask < y->mask) - (x->mask > y->mask);
}

static bool nets_find(struct writer *w)
{
	const struct draft_entry *dir = place_of(w->d, "networks");
	struct subnet4 net;

	w->nets = calloc(dir ? dir->n_children + 1 : 1, sizeof *w->nets);
	if (!w->nets)
		return false;
	for (const struct draft_entry *e = dir ? dir->child : NULL; e;
	     e = e->next)
		if (net_address(e, &net.ip, &net.mask)) {
			net.json = json_array();
			w->nets[w->n++] = net;
		}
	qsort(w->nets, w->n, sizeof *w->nets, by_mask);
	return true;
}

static const struct subnet4 *net_of(const struct writer *w, uint32_t ip,
				    uint32_t mask)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->nets[i].ip == ip && w->nets[i].mask == mask)
			return &w->nets[i];
	return NULL;
}

static json_t *nets_json(struct writer *w)
{
	const struct draft_entry *dir = place_of(w->d, "networks");
	json_t *list = json_array();
	uint32_t ip, mask;

	for (const struct draft_entry *e = dir ? dir->child : NULL; e;
	     e = e->next)
		if (net_address(e, &ip, &mask))
			json_array_append_new(
				list, net_json(w, e, net_of(w, ip, mask),
					       json_array_size(list) + 1));
	return list;
}

static int on_text(const char *bytes, size_t len, void *to)
{
	sheet_bytes(to, bytes, len);
	return 0;
}

static void write_all(struct writer *w, struct sheet *to)
{
	json_t *dhcp = json_pack("{s:{s:[s]}, s:{s:s, s:b}, s:b, s:b}",
				 "interfaces-config", "interfaces", "*",
				 "lease-database", "type", "memfile", "persist",
				 0, "reservations-global", 1,
				 "reservations-in-subnet", 1);
	json_t *all;

	json_object_set_new(dhcp, "subnet4", nets_json(w));
	json_object_set(dhcp, "reservations", w->reservations);
	all = json_pack("{s:o}", "Dhcp4", dhcp);
	json_dump_callback(all, on_text, to, JSON_INDENT(2));
	sheet_add(to, "\n");
	json_decref(all);
}

void kea_write(struct draft *d, struct sheet *to)
{
	const struct draft_entry *dir = place_of(d, "machines");
	struct writer w = {.d = d, .reservations = json_array()};
	struct reserved tallies = {.no_hw = {.n = 0}};

	if (!nets_find(&w)) {
		to->failed = true;
	} else {
		for (struct draft_entry *m = dir ? dir->child : NULL; m;
		     m = m->next)
			if (is_reserved(d, m, &tallies))
				machine_write(&w, m);
		write_all(&w, to);
		nets_note(d);
		reserved_say(d, &tallies);
	}
	for (size_t i = 0; i < w.n; i++)
		json_decref(w.nets[i].json);
	json_decref(w.reservations);
	free(w.nets);
}
