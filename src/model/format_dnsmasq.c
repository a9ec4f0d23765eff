/*
 * dnsmasq's configuration: dhcp-host and dhcp-range, with what dhcp-boot and
 * dhcp-option say for their tags.  Those may stand anywhere, so they are read
 * first, into a draft of their own: an entry a tag, and one for all.
 */
#include "model/format_inside.h"

#include <string.h>

enum {
	PARTS = 2 + FORMAT_ADDRESSES, /* tag:X,option:router,IP,IP,... */
	DAY = 86400,
	HOUR = 3600,
	MINUTE = 60,
	WEEK = 7 * DAY
};

/* One line: a keyword, and what stands behind "=" with commas between it. */
struct line {
	struct span key, v[PARTS];
	unsigned n;
	bool is_long; /* there are more than PARTS */
};

struct parser {
	struct reading r;
	struct draft *tags;
	struct draft_entry *all; /* of no tag */
};

/* ---- lines -------------------------------------------------------------- */

/* A # begins a comment at the start of a line and behind a blank, outside of
 * quotes. */
static struct span without_comment(struct span v)
{
	bool is_quoted = false;

	for (size_t i = 0; i < v.len; i++) {
		is_quoted ^= v.s[i] == '"';
		if (v.s[i] == '#' && !is_quoted &&
		    (!i || span_is_blank(v.s[i - 1])))
			v.len = i;
	}
	return span_trim(v);
}

static struct span unquoted(struct span v)
{
	if (v.len < 2 || v.s[0] != '"' || v.s[v.len - 1] != '"')
		return v;
	return (struct span){v.s + 1, v.len - 2};
}

/* The next line with a keyword; false at the end. */
static bool line_next(struct reading *r, struct span *text, struct line *to)
{
	struct span line;

	while (span_line(text, &line)) {
		const char *is;
		size_t len;

		r->line++;
		line = without_comment(line);
		if (!line.len)
			continue;
		is = memchr(line.s, '=', line.len);
		len = is ? (size_t)(is - line.s) : line.len;
		to->key = span_trim((struct span){line.s, len});
		to->n = 0;
		len += is != NULL;
		line = (struct span){line.s + len, line.len - len};
		while (line.len && to->n < PARTS) {
			const char *comma = memchr(line.s, ',', line.len);
			size_t n = comma ? (size_t)(comma - line.s) : line.len;

			to->v[to->n++] =
				unquoted(span_trim((struct span){line.s, n}));
			n += comma != NULL;
			line = (struct span){line.s + n, line.len - n};
		}
		to->is_long = line.len;
		return true;
	}
	return false;
}

/* "set:red" */
static bool is_prefixed(struct span v, const char *prefix, struct span *rest)
{
	size_t n = strlen(prefix);

	if (!span_begins(v, prefix))
		return false;
	*rest = (struct span){v.s + n, v.len - n};
	return true;
}

/* "12h", "3600", "infinite": seconds, 0 for ever. */
static bool time_parse(struct span v, uint64_t *to)
{
	static const struct {
		char unit;
		uint32_t s;
	} units[] = {
		{'s', 1}, {'m', MINUTE}, {'h', HOUR}, {'d', DAY}, {'w', WEEK}};
	uint64_t times = 1;

	if (span_is(v, "infinite")) {
		*to = 0;
		return true;
	}
	for (size_t i = 0; v.len && i < sizeof units / sizeof *units; i++)
		if (text_lower(v.s[v.len - 1]) == units[i].unit) {
			times = units[i].s;
			v.len--;
			break;
		}
	if (!number_parse(v.s, v.len, UINT32_MAX / WEEK, to) &&
	    (times > 1 || !number_parse(v.s, v.len, UINT32_MAX, to)))
		return false;
	*to *= times;
	return true;
}

/* ---- tags --------------------------------------------------------------- */

static struct draft_entry *tag_of(struct parser *s, struct span name)
{
	struct draft_entry *e;

	if (!name.len)
		return s->all;
	e = draft_noted(s->tags, NOTE_TAG, name);
	if (e)
		return e;
	e = draft_add(s->tags, draft_root(s->tags), s->r.line);
	draft_note(s->tags, e, NOTE_TAG, name);
	return e;
}

/* The tag that a line is for, and where the rest of it begins; false: it is for
 * more than one. */
static bool line_tag(const struct line *l, struct span *tag, unsigned *from)
{
	*tag = (struct span){.len = 0};
	for (*from = 0; *from < l->n; ++*from) {
		struct span name;

		if (!is_prefixed(l->v[*from], "tag:", &name) &&
		    !is_prefixed(l->v[*from], "net:", &name))
			return true;
		if (tag->len)
			return false;
		*tag = name;
	}
	return true;
}

static bool passed(struct parser *s, const struct line *l)
{
	remark_at(&s->r, "dnsmasq", l->key, "passed over");
	return true;
}

static bool on_boot(struct parser *s, const struct line *l)
{
	struct draft_entry *e;
	struct span tag;
	unsigned i;

	if (!line_tag(l, &tag, &i) || i >= l->n)
		return passed(s, l);
	e = tag_of(s, tag);
	if (l->v[i].len)
		draft_set(s->tags, e, "bootfile", l->v[i]);
	if (i + 1 < l->n && l->v[i + 1].len)
		remark_at(&s->r, "dhcp-boot", l->v[i + 1],
			  "is a server's name: passed over");
	if (i + 2 < l->n && l->v[i + 2].len) {
		uint32_t ip;

		if (!ip_parse(l->v[i + 2].s, l->v[i + 2].len, &ip))
			return wrong(&s->r, "dhcp-boot", l->v[i + 2],
				     "is no IP address");
		draft_set(s->tags, e, "next_server", l->v[i + 2]);
	}
	return true;
}

static const char *option_property(struct span v)
{
	static const struct {
		const char *number, *name, *property;
	} options[] = {
		{"3", "option:router", "router"},
		{"6", "option:dns-server", "dns"},
		{"15", "option:domain-name", "domain"},
	};

	for (size_t i = 0; i < sizeof options / sizeof *options; i++)
		if (span_is(v, options[i].number) ||
		    span_is(v, options[i].name))
			return options[i].property;
	return NULL;
}

static bool on_option(struct parser *s, const struct line *l)
{
	const char *property;
	struct span tag;
	unsigned i;

	if (!line_tag(l, &tag, &i) || i + 1 >= l->n)
		return passed(s, l);
	property = option_property(l->v[i]);
	if (!property)
		return passed(s, l);
	while (++i < l->n) {
		const struct draft_property *p =
			draft_find(tag_of(s, tag), property);
		uint32_t ip;

		if (p && p->n >= FORMAT_ADDRESSES)
			return wrong(&s->r, "dhcp-option", l->v[i],
				     "is one too many: 256");
		if (strcmp(property, "domain") != 0 &&
		    !ip_parse(l->v[i].s, l->v[i].len, &ip))
			return wrong(&s->r, "dhcp-option", l->v[i],
				     "is no IP address");
		draft_set(s->tags, tag_of(s, tag), property, l->v[i]);
	}
	return true;
}

static bool on_domain(struct parser *s, const struct line *l)
{
	if (l->n != 1)
		return passed(s, l);
	if (!draft_text(s->all, "domain"))
		draft_set(s->tags, s->all, "domain", l->v[0]);
	return true;
}

/* ---- machines and networks ---------------------------------------------- */

struct host {
	struct draft_entry *m;
	struct span name, tag;
	bool is_ignored;
};

/* A word that is no address: a tag, a time, the name. */
static bool host_word(struct parser *s, struct host *h, struct span v)
{
	uint64_t n;

	if (is_prefixed(v, "set:", &h->tag) || is_prefixed(v, "net:", &h->tag))
		return true;
	if (span_is(v, "ignore"))
		h->is_ignored = true;
	else if (span_begins(v, "id:") || span_begins(v, "tag:") ||
		 span_begins(v, "[") || time_parse(v, &n))
		remark_at(&s->r, "dhcp-host", v, "passed over");
	else if (!is_host_name(v) || h->name.len)
		return wrong(&s->r, "dhcp-host", v,
			     "is no address, no time, and no name");
	else
		h->name = v;
	return true;
}

static bool is_address(struct span v, bool *is_hw)
{
	struct hwaddr hw;
	uint32_t ip;

	*is_hw = hwaddr_parse(v.s, v.len, &hw);
	return *is_hw || ip_parse(v.s, v.len, &ip);
}

/* A hardware address as it is noted. */
static struct draft_entry *by_hw(struct parser *s, struct span v)
{
	char room[3 * HWADDR_MAX + 1];
	struct text t = text_over(room, sizeof room);
	struct hwaddr hw;

	if (!hwaddr_parse(v.s, v.len, &hw))
		return NULL;
	text_hwaddr(&t, &hw);
	return draft_noted(s->r.d, NOTE_HW, (struct span){room, t.len});
}

/* The machine a line is about: by its name, else by a hardware address. */
static bool host_find(struct parser *s, const struct line *l, struct host *h)
{
	bool is_hw;

	for (unsigned i = 0; i < l->n; i++)
		if (!is_address(l->v[i], &is_hw) && l->v[i].len &&
		    !host_word(s, h, l->v[i]))
			return false;
	if (h->is_ignored)
		return true;
	if (h->name.len)
		h->m = draft_noted(s->r.d, NOTE_NAME, h->name);
	for (unsigned i = 0; i < l->n && !h->m; i++)
		h->m = by_hw(s, l->v[i]);
	if (!h->m)
		h->m = draft_add(s->r.d, s->r.dir, s->r.line);
	return !h->name.len || machine_name_add(&s->r, h->m, h->name);
}

static bool on_host(struct parser *s, const struct line *l)
{
	struct host h = {.m = NULL};
	const struct draft_entry *tag;
	const char *file;
	bool is_hw;

	if (!host_find(s, l, &h))
		return false;
	if (h.is_ignored)
		return passed(s, l);
	for (unsigned i = 0; i < l->n; i++)
		if (is_address(l->v[i], &is_hw) &&
		    !(is_hw ? machine_hw_add(&s->r, h.m, l->v[i])
			    : machine_ip_add(&s->r, h.m, l->v[i])))
			return false;
	tag = h.tag.len ? draft_noted(s->tags, NOTE_TAG, h.tag) : NULL;
	file = draft_text(tag, "bootfile");
	if (file && !machine_file_set(&s->r, h.m, span_of(file)))
		return false;
	if (tag)
		property_copy(s->r.d, h.m, tag, "next_server");
	return machine_name_make(&s->r, h.m);
}

struct range {
	struct span tag, ip[4]; /* start, end, netmask, broadcast */
	unsigned n;
	bool is_static; /* no addresses to hand out */
	uint64_t lease;
	bool has_lease;
};

static bool range_word(struct parser *s, struct range *g, struct span v)
{
	uint32_t ip;

	if (is_prefixed(v, "set:", &g->tag) || is_prefixed(v, "net:", &g->tag))
		return true;
	if (ip_parse(v.s, v.len, &ip) && g->n < 4) {
		g->ip[g->n++] = v;
	} else if (span_is(v, "static")) {
		g->is_static = true;
	} else if (time_parse(v, &g->lease)) {
		g->has_lease = true;
	} else {
		return wrong(&s->r, "dhcp-range", v,
			     "is no address, no time, and not `static'");
	}
	return true;
}

/* Without a netmask dnsmasq asks its interfaces, which we don't have. */
static uint32_t guess(struct parser *s, struct span v, uint32_t a, uint32_t b)
{
	uint32_t mask = IP4(255, 255, 255, 0);

	while ((a ^ b) & mask)
		mask <<= 1;
	remark_at(&s->r, "dhcp-range", v,
		  mask_bits(mask) == 24
			  ? "has no netmask: taken for one of a /24"
			  : "has no netmask: taken for one of the smallest "
			    "network that has it");
	return mask;
}

static bool range_mask(struct parser *s, const struct range *g, uint32_t *mask)
{
	unsigned at = g->is_static ? 1 : 2;
	uint32_t a = 0, b = 0;

	ip_parse(g->ip[0].s, g->ip[0].len, &a);
	ip_parse(g->ip[at - 1].s, g->ip[at - 1].len, &b);
	if (g->n <= at) {
		*mask = guess(s, g->ip[0], a, b);
		return true;
	}
	return (ip_parse(g->ip[at].s, g->ip[at].len, mask) && *mask &&
		ip_is_mask(*mask)) ||
	       wrong(&s->r, "dhcp-range", g->ip[at], "is no netmask");
}

static bool on_range(struct parser *s, const struct line *l)
{
	struct range g = {.n = 0};
	struct draft_entry *net;
	uint32_t mask, ip = 0;

	for (unsigned i = 0; i < l->n; i++) {
		if (span_begins(l->v[i], "tag:") ||
		    span_begins(l->v[i], "constructor:") ||
		    span_begins(l->v[i], "::"))
			return passed(s, l); /* not for all, or IPv6 */
		if (!range_word(s, &g, l->v[i]))
			return false;
	}
	if (g.n < (g.is_static ? 1u : 2u))
		return wrong(&s->r, "dhcp-range", l->n ? l->v[0] : l->key,
			     "wants the first and the last address");
	if (!range_mask(s, &g, &mask))
		return false;
	ip_parse(g.ip[0].s, g.ip[0].len, &ip);
	net = net_called(&s->r, ip, mask);
	if (!g.is_static && !net_range_add(&s->r, net, g.ip[0], g.ip[1]))
		return false;
	if (g.has_lease && !draft_text(net, "lease_time") && g.lease) {
		char room[24];
		struct text t = text_over(room, sizeof room);

		text_u64(&t, g.lease);
		draft_set(s->r.d, net, "lease_time",
			  (struct span){room, t.len});
	}
	if (g.tag.len)
		for (const char *const *p = net_properties; *p; p++)
			property_copy(s->r.d, net,
				      draft_noted(s->tags, NOTE_TAG, g.tag),
				      *p);
	return true;
}

/* ---- the whole ---------------------------------------------------------- */

static const struct word {
	const char *key;
	int pass; /* in which it is read */
	bool (*run)(struct parser *s, const struct line *l);
} words[] = {
	{"dhcp-boot", 1, on_boot},   {"dhcp-option", 1, on_option},
	{"domain", 1, on_domain},    {"dhcp-host", 2, on_host},
	{"dhcp-range", 2, on_range}, {NULL, 2, passed},
};

static bool line_read(struct parser *s, const struct line *l, int pass)
{
	const struct word *w = words;

	while (w->key && !span_is(l->key, w->key))
		w++;
	if (w->pass != pass)
		return true;
	if (w->key && l->is_long)
		return wrong(&s->r, w->key, l->v[PARTS - 1],
			     "is followed by more than a line may have");
	return w->run(s, l);
}

static bool pass_read(struct parser *s, struct span text, int pass)
{
	struct line l;

	s->r.line = 0;
	while (line_next(&s->r, &text, &l))
		if (!line_read(s, &l, pass))
			return false;
	return true;
}

bool dnsmasq_read(struct draft *d, struct span text, struct complaint *why)
{
	struct parser s = {
		.r = {.d = d, .dir = draft_place(d, MACHINES), .why = why}};
	const struct draft_entry *dir;
	bool is_good;

	if (draft_open(&s.tags, draft_alloc(d)))
		return false;
	s.all = draft_add(s.tags, draft_root(s.tags), 0);
	is_good = s.all && pass_read(&s, text, 1) && pass_read(&s, text, 2);
	dir = place_of(d, NETWORKS);
	for (struct draft_entry *e = dir ? dir->child : NULL; e && is_good;
	     e = e->next)
		for (const char *const *p = net_properties; *p; p++)
			property_copy(d, e, s.all, *p);
	draft_close(s.tags);
	return is_good;
}

/* What looks like something else is taken for that. */
bool dnsmasq_is_name(struct span v)
{
	uint64_t n;
	bool is_hw;

	return !time_parse(v, &n) && !is_address(v, &is_hw) &&
	       !span_is(v, "ignore");
}
