/*
 * Walking nft's rules.  Three answers to every condition: yes, no, and perhaps;
 * a perhaps does not end the walk, but is remembered.
 */
#include "app/firewall.h"

#include "base/addr.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum answer { NO, PERHAPS, YES };
enum verdict { GO_ON, ACCEPT, DROP, RETURN };
enum { DEPTH_MAX = 16 }; /* of jumps; the kernel's own limit is the same */

struct walk {
	const json_t *rules; /* the array of all objects */
	const struct fw_packet *p;
	const char *family, *table;
	bool may_drop, may_accept;
};

static const char *text_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

static bool is(const json_t *o, const char *key, const char *value)
{
	return !strcmp(text_of(o, key), value);
}

/* ---- values -------------------------------------------------------------- */

static bool number_of(const json_t *right, uint32_t *n)
{
	static const struct {
		const char *name;
		uint32_t n;
	} names[] = {{"udp", 17},    {"igmp", 2},    {"tcp", 6},
		     {"icmp", 1},    {"bootps", 67}, {"bootpc", 68},
		     {"tftp", 69},   {"ip", 0x800},  {"ip6", 0x86dd},
		     {"ipv4", 2},    {"ipv6", 10},   {"arp", 0x806},
		     {"icmpv6", 58}, {"sctp", 132},  {"ipv6-icmp", 58}};
	const char *s = json_string_value(right);

	if (json_is_integer(right)) {
		*n = (uint32_t)json_integer_value(right);
		return true;
	}
	for (size_t i = 0; s && i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(s, names[i].name)) {
			*n = names[i].n;
			return true;
		}
	return s && ip_parse(s, strlen(s), n);
}

static enum answer in_prefix(const json_t *prefix, uint32_t is)
{
	uint32_t ip, len;

	if (!number_of(json_object_get(prefix, "addr"), &ip) ||
	    !number_of(json_object_get(prefix, "len"), &len) || len > 32)
		return PERHAPS;
	return !len || (is ^ ip) >> (32 - len) == 0 ? YES : NO;
}

static enum answer in_range(const json_t *range, uint32_t is)
{
	uint32_t first, last;

	if (!number_of(json_array_get(range, 0), &first) ||
	    !number_of(json_array_get(range, 1), &last))
		return PERHAPS;
	return is >= first && is <= last ? YES : NO;
}

static enum answer one_number(const json_t *right, uint32_t is)
{
	const json_t *range = json_object_get(right, "range");
	const json_t *prefix = json_object_get(right, "prefix");
	uint32_t n;

	if (range)
		return in_range(range, is);
	if (prefix)
		return in_prefix(prefix, is);
	if (json_object_get(right, "elem")) /* with a timeout, say */
		return one_number(
			json_object_get(json_object_get(right, "elem"), "val"),
			is);
	return number_of(right, &n) ? (n == is ? YES : NO) : PERHAPS;
}

/* An interface's name, perhaps with a * at its end. */
static enum answer one_name(const json_t *right, const char *is)
{
	const char *s = json_string_value(right);
	size_t len = s ? strlen(s) : 0;

	if (!s || *s == '@')
		return PERHAPS;
	if (len && s[len - 1] == '*')
		return strncmp(s, is, len - 1) ? NO : YES;
	return strcmp(s, is) != 0 ? NO : YES;
}

/* What a packet has in the place of the left side. */
struct field {
	bool is_known, is_name;
	uint32_t n;
	const char *name;
};

static enum answer one(const json_t *right, const struct field *f)
{
	return f->is_name ? one_name(right, f->name) : one_number(right, f->n);
}

/* A set in braces, or a list. */
static enum answer any_of(const json_t *v, const struct field *f)
{
	enum answer best = NO;
	const json_t *item;
	size_t i;

	json_array_foreach(v, i, item)
	{
		enum answer a = one(item, f);

		best = a > best ? a : best;
	}
	return best;
}

/* The elements of a named set; NULL if it is none that is listed. */
static const json_t *elements_of(const struct walk *w, const char *name)
{
	const json_t *o;
	size_t i;

	json_array_foreach(w->rules, i, o)
	{
		const json_t *set = json_object_get(o, "set");

		if (set && is(set, "family", w->family) &&
		    is(set, "table", w->table) && is(set, "name", name))
			return json_object_get(set, "elem");
	}
	return NULL;
}

static enum answer equals(const struct walk *w, const json_t *right,
			  const struct field *f)
{
	const json_t *set = json_object_get(right, "set");
	const char *name = json_string_value(right);

	if (name && *name == '@') {
		set = elements_of(w, name + 1);
		return json_is_array(set) ? any_of(set, f) : PERHAPS;
	}
	if (json_is_array(set))
		return any_of(set, f);
	if (set)
		return one(set, f);
	return json_is_array(right) ? any_of(right, f) : one(right, f);
}

/* ---- fields -------------------------------------------------------------- */

static struct field number(uint32_t n)
{
	return (struct field){.is_known = true, .n = n};
}

static struct field name(const char *s)
{
	return (struct field){.is_known = true, .is_name = true, .name = s};
}

static struct field meta_field(const struct fw_packet *p, const char *key)
{
	const char *in = p->is_out ? "" : p->interface;
	const char *out = p->is_out ? p->interface : "";

	if (!strcmp(key, "l4proto"))
		return number(p->protocol);
	if (!strcmp(key, "protocol"))
		return number(0x800);
	if (!strcmp(key, "nfproto"))
		return number(2);
	if (!strcmp(key, "iifname") || !strcmp(key, "iif"))
		return name(in);
	if (!strcmp(key, "oifname") || !strcmp(key, "oif"))
		return name(out);
	if (!strcmp(key, "pkttype"))
		return name(ip_is_multicast(p->to)  ? "multicast"
			    : p->to == IP_BROADCAST ? "broadcast"
						    : "host");
	return (struct field){0};
}

static struct field payload_field(const struct fw_packet *p,
				  const char *protocol, const char *key)
{
	if (!strcmp(protocol, "ip") && !strcmp(key, "saddr"))
		return number(p->from);
	if (!strcmp(protocol, "ip") && !strcmp(key, "daddr"))
		return number(p->to);
	if (!strcmp(protocol, "ip") && !strcmp(key, "protocol"))
		return number(p->protocol);
	if (!strcmp(key, "sport"))
		return number(p->sport);
	if (!strcmp(key, "dport"))
		return number(p->dport);
	return (struct field){0};
}

/* Protocols that our packets do not have: nothing of them can match. */
static bool is_foreign(const struct fw_packet *p, const char *protocol)
{
	if (!strcmp(protocol, "udp"))
		return p->protocol != 17;
	if (!strcmp(protocol, "igmp"))
		return p->protocol != 2;
	return !strcmp(protocol, "tcp") || !strcmp(protocol, "ip6") ||
	       !strcmp(protocol, "icmp") || !strcmp(protocol, "icmpv6") ||
	       !strcmp(protocol, "sctp") || !strcmp(protocol, "dccp") ||
	       !strcmp(protocol, "arp");
}

static struct field field_of(const struct fw_packet *p, const json_t *left,
			     bool *foreign)
{
	const json_t *payload = json_object_get(left, "payload");
	const json_t *meta = json_object_get(left, "meta");
	const json_t *ct = json_object_get(left, "ct");

	*foreign = payload && is_foreign(p, text_of(payload, "protocol"));
	if (payload)
		return payload_field(p, text_of(payload, "protocol"),
				     text_of(payload, "field"));
	if (meta)
		return meta_field(p, text_of(meta, "key"));
	if (ct && is(ct, "key", "state"))
		return name("new");
	return (struct field){0};
}

static enum answer not(enum answer a) {
	return a == PERHAPS ? PERHAPS
	       : a == YES   ? NO
			    : YES;
}

static enum answer compare(const struct walk *w, const char *op,
			   const json_t *right, const struct field *f)
{
	uint32_t n;

	if (!strcmp(op, "==") || !strcmp(op, "in"))
		return equals(w, right, f);
	if (!strcmp(op, "!="))
		return not(equals(w, right, f));
	if (f->is_name || !number_of(right, &n))
		return PERHAPS;
	if (!strcmp(op, "<"))
		return f->n < n ? YES : NO;
	if (!strcmp(op, ">"))
		return f->n > n ? YES : NO;
	if (!strcmp(op, "<="))
		return f->n <= n ? YES : NO;
	if (!strcmp(op, ">="))
		return f->n >= n ? YES : NO;
	return PERHAPS;
}

static enum answer match(const struct walk *w, const json_t *m)
{
	bool foreign;
	struct field f = field_of(w->p, json_object_get(m, "left"), &foreign);

	if (foreign)
		return NO;
	if (!f.is_known)
		return PERHAPS;
	return compare(w, text_of(m, "op"), json_object_get(m, "right"), &f);
}

/* ---- rules --------------------------------------------------------------- */

static enum verdict walk_chain(struct walk *w, const char *chain, int depth);

/* Statements that neither match nor decide. */
static bool is_silent(const char *key)
{
	static const char *const names[] = {"counter", "log", "comment",
					    "meter", "mangle"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(key, names[i]))
			return true;
	return false;
}

static enum verdict verdict_of(struct walk *w, const char *key,
			       const json_t *value, int depth)
{
	enum verdict v;

	if (!strcmp(key, "accept"))
		return ACCEPT;
	if (!strcmp(key, "drop") || !strcmp(key, "reject"))
		return DROP;
	if (!strcmp(key, "return"))
		return RETURN;
	if (strcmp(key, "jump") != 0 && strcmp(key, "goto") != 0)
		return GO_ON;
	v = walk_chain(w, text_of(value, "target"), depth + 1);
	if (v == RETURN || v == GO_ON)
		return strcmp(key, "goto") ? GO_ON : RETURN;
	return v;
}

static bool is_verdict(const char *key)
{
	return !strcmp(key, "accept") || !strcmp(key, "drop") ||
	       !strcmp(key, "reject") || !strcmp(key, "return") ||
	       !strcmp(key, "jump") || !strcmp(key, "goto");
}

/* A statement that is one of the verdicts, {"drop": null} say. */
static enum verdict verdict_in(struct walk *w, const json_t *o, int depth)
{
	const char *key = json_object_iter_key(json_object_iter((json_t *)o));

	return key ? verdict_of(w, key, json_object_get(o, key), depth) : GO_ON;
}

static void maybe(struct walk *w, enum verdict v)
{
	w->may_drop |= v == DROP;
	w->may_accept |= v == ACCEPT;
}

/* A verdict for each value: {"key": ..., "data": {"set": [[value, verdict]]}}.
 */
static enum verdict map_verdict(struct walk *w, const json_t *map, int depth)
{
	const json_t *pairs =
		json_object_get(json_object_get(map, "data"), "set");
	const json_t *pair;
	bool foreign;
	struct field f = field_of(w->p, json_object_get(map, "key"), &foreign);
	size_t i;

	json_array_foreach(pairs, i, pair)
	{
		enum answer a = f.is_known && !foreign
					? one(json_array_get(pair, 0), &f)
					: PERHAPS;
		enum verdict v;

		if (a == NO || foreign)
			continue;
		v = verdict_in(w, json_array_get(pair, 1), depth);
		if (a == YES)
			return v;
		maybe(w, v);
	}
	return GO_ON;
}

static enum verdict walk_rule(struct walk *w, const json_t *rule, int depth)
{
	enum answer all = YES;
	enum verdict v = GO_ON;
	const json_t *item;
	size_t i;

	json_array_foreach(json_object_get(rule, "expr"), i, item)
	{
		const char *key =
			json_object_iter_key(json_object_iter((json_t *)item));
		const json_t *value = json_object_get(item, key ? key : "");

		if (!key || all == NO)
			return GO_ON;
		if (!strcmp(key, "match")) {
			enum answer a = match(w, value);

			all = a < all ? a : all;
		} else if (is_verdict(key)) {
			v = verdict_of(w, key, value, depth);
		} else if (!strcmp(key, "vmap")) {
			v = map_verdict(w, value, depth);
		} else if (!is_silent(key)) {
			all = PERHAPS; /* a limit, a match of iptables' */
		}
	}
	if (all == YES)
		return v;
	if (all == PERHAPS)
		maybe(w, v);
	return GO_ON;
}

static enum verdict walk_chain(struct walk *w, const char *chain, int depth)
{
	const json_t *o;
	size_t i;

	if (depth > DEPTH_MAX)
		return GO_ON;
	json_array_foreach(w->rules, i, o)
	{
		const json_t *r = json_object_get(o, "rule");
		enum verdict v;

		if (!r || !is(r, "family", w->family) ||
		    !is(r, "table", w->table) || !is(r, "chain", chain))
			continue;
		v = walk_rule(w, r, depth);
		if (v != GO_ON)
			return v;
	}
	return GO_ON;
}

/* ---- chains -------------------------------------------------------------- */

static bool passes_hook(const struct fw_packet *p, const json_t *chain)
{
	const char *family = text_of(chain, "family");
	const char *hook = text_of(chain, "hook");
	const char *device = text_of(chain, "dev");

	if (!strcmp(family, "netdev"))
		return !strcmp(hook, p->is_out ? "egress" : "ingress") &&
		       (!*device || !strcmp(device, p->interface));
	if (strcmp(family, "inet") != 0 && strcmp(family, "ip") != 0)
		return false;
	if (p->is_out)
		return !strcmp(hook, "output") || !strcmp(hook, "postrouting");
	return !strcmp(hook, "input") || !strcmp(hook, "prerouting") ||
	       !strcmp(hook, "ingress");
}

static enum fw_fate fate_in(const json_t *rules, const struct fw_packet *p,
			    const json_t *chain)
{
	struct walk w = {.rules = rules,
			 .p = p,
			 .family = text_of(chain, "family"),
			 .table = text_of(chain, "table")};
	enum verdict v = walk_chain(&w, text_of(chain, "name"), 0);

	if (v == GO_ON || v == RETURN)
		v = is(chain, "policy", "drop") ? DROP : ACCEPT;
	if (v == DROP)
		return w.may_accept ? FW_MAY_DROP : FW_DROPS;
	return w.may_drop ? FW_MAY_DROP : FW_PASSES;
}

void firewall_judge(const json_t *ruleset, const struct fw_packet *p,
		    struct fw_verdict *v)
{
	const json_t *rules = json_object_get(ruleset, "nftables"), *o;
	size_t i;

	*v = (struct fw_verdict){.fate = FW_PASSES};
	json_array_foreach(rules, i, o)
	{
		const json_t *c = json_object_get(o, "chain");
		enum fw_fate fate;

		if (!c || !passes_hook(p, c))
			continue;
		fate = fate_in(rules, p, c);
		if (fate <= v->fate)
			continue;
		v->fate = fate;
		snprintf(v->family, sizeof(v->family), "%s",
			 text_of(c, "family"));
		snprintf(v->table, sizeof(v->table), "%s", text_of(c, "table"));
		snprintf(v->chain, sizeof(v->chain), "%s", text_of(c, "name"));
		snprintf(v->hook, sizeof(v->hook), "%s", text_of(c, "hook"));
	}
}

/* ---- reading it ---------------------------------------------------------- */

json_t *firewall_read(const char **why)
{
	FILE *f = popen("nft -j list ruleset 2>/dev/null", "r");
	json_t *rules;
	int status;

	*why = "nft could not be run";
	if (!f)
		return NULL;
	rules = json_loadf(f, 0, NULL);
	status = pclose(f);
	if (status == 127 << 8)
		*why = "nft is not installed";
	else if (status)
		*why = "nft may not read it: it takes root";
	else if (!rules)
		*why = "nft says nothing that makes sense";
	if (rules && status) {
		json_decref(rules);
		return NULL;
	}
	return rules;
}

bool firewall_has_legacy(void)
{
	FILE *f = fopen("/proc/net/ip_tables_names", "r");
	bool has = f && fgetc(f) != EOF;

	if (f)
		fclose(f);
	return has;
}
