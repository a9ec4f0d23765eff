/*
 * Kea's configuration of DHCPv4: reservations, those of all networks and those
 * of subnet4, shared networks included, and the subnets themselves.  Kea's JSON
 * has comments, which are made blanks first, so that lines stay what they are.
 */
#include "app/formats.h"
#include "model/format_inside.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { PLACE = 128, DEPTH = 64 };

struct parser {
	struct reading r;
	char place[PLACE]; /* "subnet4[0].reservations[3]" */
	/* The shared network that we are in, how long its place is, and whether
	 * what is passed over of it has been said. */
	const json_t *around;
	size_t around_len;
	bool is_told;
};

/* ---- JSON with comments ------------------------------------------------- */

/* How long a comment is that begins here; 0: none does. */
static size_t comment(struct span v)
{
	size_t n = 0;

	if (v.len > 1 && v.s[0] == '/' && v.s[1] == '*') {
		for (n = 2; n < v.len; n++)
			if (v.s[n] == '/' && v.s[n - 1] == '*' && n > 2)
				return n + 1;
		return v.len;
	}
	if (v.s[0] != '#' && !(v.len > 1 && v.s[0] == '/' && v.s[1] == '/'))
		return 0;
	while (n < v.len && v.s[n] != '\n')
		n++;
	return n;
}

static void blank(char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (s[i] != '\n')
			s[i] = ' ';
}

/* Without comments; false: it is nested deeper than a parser that recurses
 * should go. */
static bool uncomment(char *s, size_t len)
{
	bool is_string = false;
	int depth = 0;

	for (size_t i = 0; i < len; i++) {
		size_t n;

		if (is_string) {
			is_string = s[i] != '"';
			i += s[i] == '\\';
			continue;
		}
		n = comment((struct span){s + i, len - i});
		blank(s + i, n);
		is_string = !n && s[i] == '"';
		depth += s[i] == '{' || s[i] == '[';
		depth -= s[i] == '}' || s[i] == ']';
		if (depth > DEPTH)
			return false;
		i += n ? n - 1 : 0;
	}
	return true;
}

static json_t *load(struct span text, struct complaint *why)
{
	char *copy = malloc(text.len + 1);
	struct text t = text_over(why->text, sizeof why->text);
	json_error_t error = {.line = 0};
	json_t *json = NULL;

	why->number = 0;
	if (!copy)
		return NULL;
	if (text.len)
		memcpy(copy, text.s, text.len);
	if (uncomment(copy, text.len)) {
		json = json_loadb(copy, text.len, JSON_REJECT_DUPLICATES,
				  &error);
		text_add(&t, "is no JSON: ");
		text_wire(&t, error.text, strlen(error.text));
		why->number = error.line > 0 ? (unsigned)error.line : 0;
	} else {
		text_add(&t, "is nested too deeply");
	}
	free(copy);
	return json;
}

/* ---- reading ------------------------------------------------------------ */

/* The place in front of what is wrong there: there are no lines any more. */
static bool wrong_there(struct parser *s)
{
	struct complaint was = *s->r.why;
	struct text t = text_over(s->r.why->text, sizeof s->r.why->text);

	s->r.why->number = 0;
	text_add(&t, s->place);
	text_add(&t, ": ");
	text_add(&t, was.text);
	return false;
}

static bool complain_there(struct parser *s, const char *what,
			   const char *value, const char *why)
{
	complain(s->r.why, what, span_of(value ? value : ""), why);
	return wrong_there(s);
}

static void remark_there(struct parser *s, const char *key)
{
	draft_remark(s->r.d, 0,
		     (const char *const[]){s->place, ": ", key, ": passed over",
					   NULL});
}

static const char *string_of(const json_t *json, const char *key)
{
	return json_string_value(json_object_get(json, key));
}

/* One thing of a reservation. */
static bool reservation_key(struct parser *s, struct draft_entry *m,
			    const char *key, const json_t *json)
{
	const char *v = json_string_value(json);
	bool is_text = v && *v;

	if (!strcmp(key, "hostname"))
		return true;
	if (!strcmp(key, "hw-address") && is_text)
		return machine_hw_add(&s->r, m, span_of(v)) || wrong_there(s);
	if (!strcmp(key, "ip-address") && is_text)
		return machine_ip_add(&s->r, m, span_of(v)) || wrong_there(s);
	if (!strcmp(key, "boot-file-name") && is_text)
		return machine_file_set(&s->r, m, span_of(v)) || wrong_there(s);
	if (!strcmp(key, "next-server") && is_text && is_ip(v)) {
		if (strcmp(v, "0.0.0.0") != 0 && !draft_text(m, "next_server"))
			draft_set(s->r.d, m, "next_server", span_of(v));
		return true;
	}
	if (is_text || (json_is_array(json) && json_array_size(json)) ||
	    json_is_object(json))
		remark_there(s, key);
	return true;
}

/* The machine by its host name, else by its hardware address. */
static struct draft_entry *reserved_for(struct parser *s, const json_t *json)
{
	const char *name = string_of(json, "hostname");
	const char *hw = string_of(json, "hw-address");
	char room[3 * HWADDR_MAX + 1];
	struct text t = text_over(room, sizeof room);
	struct draft_entry *m = NULL;
	struct hwaddr a;

	if (name && *name)
		return machine_called(&s->r, span_of(name));
	if (hw && hwaddr_parse(hw, strlen(hw), &a)) {
		text_hwaddr(&t, &a);
		m = draft_noted(s->r.d, NOTE_HW, span_of(room));
	}
	return m ? m : draft_add(s->r.d, s->r.dir, 0);
}

static bool reservation(struct parser *s, const json_t *json)
{
	const char *name = string_of(json, "hostname"), *key;
	struct draft_entry *m;
	json_t *value;

	if (!json_is_object(json))
		return complain_there(s, "reservation", "", "is no object");
	if (!string_of(json, "hw-address")) {
		remark_there(s, "no hw-address");
		return true;
	}
	m = reserved_for(s, json);
	if (name && *name && !machine_name_add(&s->r, m, span_of(name)))
		return wrong_there(s);
	json_object_foreach(
		(json_t *)json, key,
		value) if (!reservation_key(s, m, key, value)) return false;
	return machine_name_make(&s->r, m) || wrong_there(s);
}

/* Go to element i of a list, and back to where it was. */
static size_t enter(struct parser *s, const char *list, size_t i)
{
	size_t len = strlen(s->place);
	struct text t = text_over(s->place + len, sizeof s->place - len);

	text_add(&t, len ? "." : "");
	text_add(&t, list);
	text_add(&t, "[");
	text_u64(&t, i);
	text_add(&t, "]");
	return len;
}

static bool each(struct parser *s, const json_t *in, const char *list,
		 bool (*run)(struct parser *s, const json_t *json))
{
	const json_t *all = json_object_get(in, list);

	for (size_t i = 0; i < json_array_size(all); i++) {
		size_t len = enter(s, list, i);

		if (!run(s, json_array_get(all, i)))
			return false;
		s->place[len] = 0;
	}
	return true;
}

/* ---- subnets ------------------------------------------------------------ */

/* "10.0.0.1 - 10.0.0.9", or "10.0.0.0/28". */
static bool pool_read(struct parser *s, struct draft_entry *net,
		      const json_t *json)
{
	const char *pool = string_of(json, "pool");
	const char *dash = pool ? strchr(pool, '-') : NULL;
	char room[2][16];
	uint32_t ip, mask;

	if (dash)
		return net_range_add(&s->r, net,
				     span_trim((struct span){
					     pool, (size_t)(dash - pool)}),
				     span_trim(span_of(dash + 1))) ||
		       wrong_there(s);
	if (!pool || !net_parse(pool, strlen(pool), &ip, &mask))
		return complain_there(s, "pool", pool,
				      "is neither FIRST - LAST nor a prefix");
	struct text a = text_over(room[0], 16), b = text_over(room[1], 16);

	text_ip(&a, ip & mask);
	text_ip(&b, ip_broadcast(ip, mask));
	return net_range_add(&s->r, net, span_of(room[0]), span_of(room[1])) ||
	       wrong_there(s);
}

/* The values of an option, with commas between them. */
static void option_values(struct parser *s, struct draft_entry *net,
			  const char *property, const char *data)
{
	struct span rest = span_of(data);

	if (draft_find(net, property))
		return; /* what is nearer was there before */
	while (rest.len) {
		const char *comma = memchr(rest.s, ',', rest.len);
		size_t len = comma ? (size_t)(comma - rest.s) : rest.len;
		struct span v = span_trim((struct span){rest.s, len});

		if (v.len)
			draft_set(s->r.d, net, property, v);
		len += comma != NULL;
		rest.s += len;
		rest.len -= len;
	}
}

static void options_read(struct parser *s, struct draft_entry *net,
			 const json_t *json)
{
	static const char *const names[][2] = {
		{"routers", "router"},
		{"domain-name-servers", "dns"},
		{"domain-name", "domain"},
	};
	const json_t *all = json_object_get(json, "option-data");

	for (size_t i = 0; i < json_array_size(all); i++) {
		const json_t *one = json_array_get(all, i);
		const char *name = string_of(one, "name");
		const char *data = string_of(one, "data");
		size_t k = 0;

		while (name && k < 3 && strcmp(names[k][0], name) != 0)
			k++;
		if (name && data && k < 3)
			option_values(s, net, names[k][1], data);
		else if (json != s->around || !s->is_told)
			remark_there(s, name ? name : "option-data");
	}
}

/* What a subnet says, and then what is said around it. */
static void subnet_keys(struct parser *s, struct draft_entry *net,
			const json_t *json)
{
	const json_t *lease = json_object_get(json, "valid-lifetime");
	const char *file = string_of(json, "boot-file-name");
	const char *next = string_of(json, "next-server");
	char room[24];
	struct text t = text_over(room, sizeof room);

	options_read(s, net, json);
	if (json_integer_value(lease) > 0 && !draft_find(net, "lease_time")) {
		text_u64(&t, (uint64_t)json_integer_value(lease));
		draft_set(s->r.d, net, "lease_time", span_of(room));
	}
	if (file && *file && !draft_find(net, "bootfile"))
		draft_set(s->r.d, net, "bootfile", span_of(file));
	if (next && is_ip(next) && strcmp(next, "0.0.0.0") != 0 &&
	    !draft_find(net, "next_server"))
		draft_set(s->r.d, net, "next_server", span_of(next));
}

/* What the shared network says that a subnet is in. */
static void around_keys(struct parser *s, struct draft_entry *net)
{
	char dot = s->place[s->around_len];

	s->place[s->around_len] = 0;
	subnet_keys(s, net, s->around);
	s->place[s->around_len] = dot;
	s->is_told = true;
}

static bool subnet(struct parser *s, const json_t *json)
{
	const char *name = string_of(json, "subnet");
	const json_t *pools = json_object_get(json, "pools");
	struct draft_entry *net;
	uint32_t ip, mask;

	if (!name || !net_parse(name, strlen(name), &ip, &mask) || !mask ||
	    (ip & ~mask))
		return complain_there(s, "subnet", name,
				      "is no network, such as 10.0.0.0/24");
	net = net_called(&s->r, ip, mask);
	for (size_t i = 0; i < json_array_size(pools); i++)
		if (!pool_read(s, net, json_array_get(pools, i)))
			return false;
	subnet_keys(s, net, json);
	if (s->around)
		around_keys(s, net);
	return each(s, json, "reservations", reservation);
}

static bool shared(struct parser *s, const json_t *json)
{
	bool is_good;

	s->around = json;
	s->around_len = strlen(s->place);
	s->is_told = false;
	is_good = each(s, json, "subnet4", subnet);
	s->around = NULL;
	return is_good && each(s, json, "reservations", reservation);
}

/* What is said for all networks. */
static void global(struct parser *s, const json_t *dhcp)
{
	const struct draft_entry *dir = place_of(s->r.d, "networks");

	text_copy(s->place, sizeof s->place, "Dhcp4", 5);
	for (struct draft_entry *e = dir ? dir->child : NULL; e; e = e->next)
		subnet_keys(s, e, dhcp);
}

bool kea_read(struct draft *d, struct span text, struct complaint *why)
{
	struct parser s = {
		.r = {.d = d, .dir = draft_place(d, "machines"), .why = why}};
	json_t *json = load(text, why);
	const json_t *dhcp = json_object_get(json, "Dhcp4");
	bool is_good = false;

	if (json && !json_is_object(dhcp)) {
		complain(why, "kea", span_of("Dhcp4"), "is not there");
		why->number = 0;
	} else if (json) {
		is_good = each(&s, dhcp, "reservations", reservation) &&
			  each(&s, dhcp, "subnet4", subnet) &&
			  each(&s, dhcp, "shared-networks", shared);
		global(&s, dhcp);
	}
	json_decref(json);
	return is_good;
}
