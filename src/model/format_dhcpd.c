/*
 * dhcpd.conf of ISC: its host blocks and subnets, wherever they stand, with
 * what the groups around them say.  All that is not about these is remarked
 * upon and passed over, block by block.
 */
#include "model/format_inside.h"

#include <string.h>

enum { WORDS = 2 + FORMAT_ADDRESSES }; /* option routers IP, IP, ... */
enum kind { TOP, GROUP, POOL, SUBNET, HOST, OTHER };

/* A block that is open.  Its entry is the machine, the network, or (GROUP and
 * TOP) nobody's: it has what is said for all inside. */
struct scope {
	enum kind kind;
	struct draft_entry *e;
};

struct parser {
	struct reading r;
	struct draft *aside; /* where nobody's entries are */
	const char *p, *end;
	struct scope scopes[DRAFT_DEPTH];
	unsigned depth; /* of the innermost */
	struct span *w;
	unsigned room; /* words that have a place there */
	unsigned n;    /* of the statement; more than that are counted */
	char last;     /* what ended it: ; { } or NUL */
};

/* ---- statements --------------------------------------------------------- */

static bool is_space(char c)
{
	return span_is_blank(c) || c == '\n' || c == ',';
}

static void skip(struct parser *s)
{
	bool is_comment = false;

	for (; s->p < s->end; s->p++) {
		if (*s->p == '#')
			is_comment = true;
		if (*s->p == '\n') {
			is_comment = false;
			s->r.line++;
		}
		if (!is_comment && !is_space(*s->p))
			return;
	}
}

static bool quoted(struct parser *s, struct span *to)
{
	const char *from = ++s->p;

	while (s->p < s->end && *s->p != '"' && *s->p != '\n')
		s->p += *s->p == '\\' && s->p + 1 < s->end ? 2 : 1;
	if (s->p >= s->end || *s->p != '"') {
		s->p = s->p < s->end ? s->p : s->end;
		return wrong(&s->r, "dhcpd.conf",
			     (struct span){from, (size_t)(s->p - from)},
			     "has no quote at its end");
	}
	*to = (struct span){from, (size_t)(s->p++ - from)};
	return true;
}

static bool word(struct parser *s, struct span *to)
{
	const char *from = s->p;

	if (*from == '"')
		return quoted(s, to);
	while (s->p < s->end && !is_space(*s->p) && !memchr(";{}\"#", *s->p, 5))
		s->p++;
	*to = (struct span){from, (size_t)(s->p - from)};
	return true;
}

/* The words up to ; { or }.  False, and said: something is wrong. */
static bool statement(struct parser *s)
{
	s->n = 0;
	for (;;) {
		struct span w;

		skip(s);
		s->last = s->p < s->end ? *s->p : 0;
		if (!s->last || memchr(";{}", s->last, 3)) {
			s->p += s->last != 0;
			return s->last || !s->n ||
			       wrong(&s->r, "dhcpd.conf", s->w[0],
				     "has no ; at its end");
		}
		if (!word(s, &w))
			return false;
		if (s->n < s->room)
			s->w[s->n] = w;
		s->n++;
	}
}

/* Of a statement without words: nothing. */
static bool wrong_word(struct parser *s, unsigned i, const char *why)
{
	struct span w = {.len = 0};

	if (s->n)
		w = s->w[i < s->n ? i : 0];
	return wrong(&s->r, "dhcpd.conf", w, why);
}

static bool pass_over(struct parser *s)
{
	struct span w = s->n > 1 ? s->w[1] : s->w[0];

	/* "option x" and "next-server x" are different things to miss. */
	if (s->n && (span_is(s->w[0], "option") || s->n == 1))
		remark_at(&s->r, "dhcpd.conf", w, "passed over");
	else if (s->n)
		remark_at(&s->r, "dhcpd.conf", s->w[0], "passed over");
	return true;
}

/* ---- what blocks say ---------------------------------------------------- */

static struct scope *here(struct parser *s)
{
	return &s->scopes[s->depth];
}

static bool set_ips(struct parser *s, const char *property, unsigned from)
{
	const struct draft_property *p = draft_find(here(s)->e, property);
	uint32_t ip;

	if (s->n <= from || s->n - from + (p ? p->n : 0) > FORMAT_ADDRESSES)
		return wrong_word(s, 0, "wants IP addresses, at most 256");
	for (unsigned i = from; i < s->n; i++) {
		struct span w = s->w[i];

		if (ip_parse(w.s, w.len, &ip))
			draft_set(s->r.d, here(s)->e, property, w);
		else
			remark_at(&s->r, property, w,
				  "is no IP address: passed over");
	}
	return true;
}

static bool set_text(struct parser *s, const char *property, unsigned at)
{
	const char *was;

	if (s->n != at + 1)
		return wrong_word(s, at, "wants one word");
	was = draft_text(here(s)->e, property);
	if (was)
		return span_is(s->w[at], was) ||
		       wrong_word(s, at, "is another one than before");
	draft_set(s->r.d, here(s)->e, property, s->w[at]);
	return true;
}

static bool on_file(struct parser *s)
{
	if (here(s)->kind == HOST && s->n == 2)
		return machine_file_set(&s->r, here(s)->e, s->w[1]);
	return here(s)->kind == TOP ? pass_over(s) : set_text(s, "bootfile", 1);
}

static bool on_next_server(struct parser *s)
{
	return here(s)->kind == TOP ? pass_over(s)
				    : set_text(s, "next_server", 1);
}

static bool on_lease_time(struct parser *s)
{
	uint64_t n;

	if (here(s)->kind == HOST)
		return pass_over(s);
	if (s->n != 2 || !number_parse(s->w[1].s, s->w[1].len, UINT32_MAX, &n))
		return wrong_word(s, 1, "is no number of seconds");
	return set_text(s, "lease_time", 1);
}

static bool on_range(struct parser *s)
{
	unsigned from = s->n > 1 && span_is(s->w[1], "dynamic-bootp") ? 2 : 1;
	struct draft_entry *net = here(s)->e;

	if (here(s)->kind != SUBNET && here(s)->kind != POOL)
		return wrong_word(s, 0, "stands outside of a subnet");
	if (s->n != from + 1 && s->n != from + 2)
		return wrong_word(s, 0, "wants one or two IP addresses");
	return net_range_add(&s->r, net, s->w[from], s->w[s->n - 1]);
}

static bool on_hardware(struct parser *s)
{
	if (here(s)->kind != HOST)
		return pass_over(s);
	if (s->n != 3 || !span_is(s->w[1], "ethernet"))
		return wrong_word(s, 1, "is no `ethernet ADDRESS'");
	return machine_hw_add(&s->r, here(s)->e, s->w[2]);
}

static bool on_fixed(struct parser *s)
{
	if (here(s)->kind != HOST)
		return wrong_word(s, 0, "stands outside of a host");
	if (s->n < 2 || s->n > WORDS)
		return wrong_word(s, 0, "wants IP addresses, at most 256");
	for (unsigned i = 1; i < s->n; i++)
		if (!machine_ip_add(&s->r, here(s)->e, s->w[i]))
			return false;
	return true;
}

/* The machine's name: of two blocks of one host name, the second is a further
 * card of the machine. */
static bool on_host_name(struct parser *s)
{
	/* open_host() has looked ahead. */
	return (here(s)->kind == HOST && s->n == 3) || pass_over(s);
}

static bool on_option(struct parser *s)
{
	bool is_net = here(s)->kind != HOST;
	struct span what = s->n > 1 ? s->w[1] : s->w[0];

	if (span_is(what, "host-name"))
		return on_host_name(s);
	if (is_net && span_is(what, "routers"))
		return set_ips(s, "router", 2);
	if (is_net && span_is(what, "domain-name-servers"))
		return set_ips(s, "dns", 2);
	if (is_net && span_is(what, "domain-name"))
		return set_text(s, "domain", 2);
	/* The netmask says them already. */
	if (here(s)->kind == SUBNET && (span_is(what, "subnet-mask") ||
					span_is(what, "broadcast-address")))
		return true;
	return pass_over(s);
}

/* ---- blocks ------------------------------------------------------------- */

/* The value of `option host-name' in the block that begins here; an empty one:
 * there is none. */
static struct span host_name(const struct parser *s)
{
	struct complaint why;
	struct parser ahead = *s;
	struct draft *none = NULL;
	struct span w[3];

	ahead.r.why = &why;
	ahead.r.d = none;
	ahead.w = w;
	ahead.room = 3;
	while (statement(&ahead) && ahead.last == ';')
		if (ahead.n == 3 && span_is(ahead.w[0], "option") &&
		    span_is(ahead.w[1], "host-name"))
			return ahead.w[2];
	return (struct span){.len = 0};
}

static bool open_host(struct parser *s, struct scope *to)
{
	struct span name = host_name(s);

	if (s->n != 2)
		return wrong_word(s, 0, "wants one name");
	if (!name.len) {
		name = s->w[1];
		if (draft_noted(s->r.d, NOTE_NAME, name))
			return wrong(&s->r, "host", name, "is there twice");
	}
	to->kind = HOST;
	to->e = machine_called(&s->r, name);
	return machine_name_add(&s->r, to->e, name);
}

static bool open_subnet(struct parser *s, struct scope *to)
{
	uint32_t ip = 0, mask = 0;

	if (s->n != 4 || !span_is(s->w[2], "netmask"))
		return wrong_word(s, 0, "is no `subnet IP netmask MASK'");
	if (!ip_parse(s->w[3].s, s->w[3].len, &mask) || !mask ||
	    !ip_is_mask(mask))
		return wrong_word(s, 3, "is no netmask");
	if (!ip_parse(s->w[1].s, s->w[1].len, &ip) || (ip & ~mask))
		return wrong_word(s, 1, "is no network of that netmask");
	to->kind = SUBNET;
	to->e = net_called(&s->r, ip, mask);
	return true;
}

static bool open_block(struct parser *s)
{
	struct scope to = {.kind = OTHER, .e = NULL};
	bool is_good = true;

	if (s->depth + 1 == DRAFT_DEPTH)
		return wrong_word(s, 0, "is one level too deep: 16");
	if (here(s)->kind == OTHER || !s->n) {
		to.kind = OTHER;
	} else if (span_is(s->w[0], "host")) {
		is_good = open_host(s, &to);
	} else if (span_is(s->w[0], "subnet")) {
		is_good = open_subnet(s, &to);
	} else if (span_is(s->w[0], "group") ||
		   span_is(s->w[0], "shared-network")) {
		to.kind = GROUP;
		to.e = draft_add(s->aside, draft_root(s->aside), 0);
	} else if (span_is(s->w[0], "pool") && here(s)->kind == SUBNET) {
		to.kind = POOL; /* its addresses are the subnet's */
		to.e = here(s)->e;
	} else {
		remark_at(&s->r, "dhcpd.conf", s->w[0],
			  "with all in its braces, passed over");
	}
	s->scopes[++s->depth] = to;
	return is_good;
}

static void inherit(struct draft *d, struct draft_entry *e, enum kind kind,
		    const struct draft_entry *from)
{
	if (kind == HOST) {
		property_copy(d, e, from, "bootfile");
		property_copy(d, e, from, "next_server");
		return;
	}
	for (const char *const *p = net_properties; *p; p++)
		property_copy(d, e, from, *p);
}

static bool close_block(struct parser *s)
{
	struct scope *e = here(s);

	if (!s->depth)
		return wrong(&s->r, "dhcpd.conf", span_of("}"),
			     "closes nothing");
	for (unsigned i = s->depth;
	     e->kind >= SUBNET && e->kind <= HOST && i--;)
		if (s->scopes[i].kind <= GROUP)
			inherit(s->r.d, e->e, e->kind, s->scopes[i].e);
	s->depth--;
	return true;
}

/* ---- the whole ---------------------------------------------------------- */

static const struct word {
	const char *word;
	bool (*run)(struct parser *s);
} words[] = {
	{"option", on_option},
	{"hardware", on_hardware},
	{"fixed-address", on_fixed},
	{"filename", on_file},
	{"next-server", on_next_server},
	{"range", on_range},
	{"default-lease-time", on_lease_time},
};
enum { KNOWN = sizeof words / sizeof words[0] };

static bool run(struct parser *s)
{
	if (here(s)->kind == OTHER || !s->n)
		return true;
	for (int i = 0; i < KNOWN; i++)
		if (span_is(s->w[0], words[i].word))
			return words[i].run(s);
	return pass_over(s);
}

static bool read_all(struct parser *s)
{
	do {
		if (!statement(s))
			return false;
		if (s->last == '{' ? !open_block(s) : !run(s))
			return false;
		if (s->last == '}' && !close_block(s))
			return false;
	} while (s->last);
	if (s->depth)
		return wrong(&s->r, "dhcpd.conf", span_of("the end"),
			     "stands where } must be");
	/* What is said for all may stand behind them. */
	const struct draft_entry *dir = place_of(s->r.d, NETWORKS);

	for (struct draft_entry *e = dir ? dir->child : NULL; e; e = e->next)
		inherit(s->r.d, e, SUBNET, s->scopes[0].e);
	return true;
}

bool dhcpd_read(struct draft *d, struct span text, struct complaint *why)
{
	struct span w[WORDS];
	struct parser s = {
		.r = {.d = d,
		      .dir = draft_place(d, MACHINES),
		      .why = why,
		      .line = 1},
		.p = text.len ? text.s : "",
		.w = w,
		.room = WORDS,
	};
	bool is_good = false;

	s.end = s.p + text.len;
	if (draft_open(&s.aside, draft_alloc(d)))
		return false;
	s.scopes[0].e = draft_add(s.aside, draft_root(s.aside), 0);
	if (s.scopes[0].e)
		is_good = read_all(&s);
	draft_close(s.aside);
	return is_good;
}

/* ---- writing ------------------------------------------------------------ */

static bool is_quotable(const char *s)
{
	for (; *s; s++)
		if (*s == '"' || *s == '\\' || *s == '\n')
			return false;
	return true;
}

static void text_write(struct draft *d, const struct draft_entry *e,
		       const char *property, const char *statement_of,
		       struct sheet *to)
{
	const struct draft_property *p = draft_find(e, property);
	const char *s = draft_text(e, property);

	if (!p)
		return;
	if (p->n != 1 || !*s || !is_quotable(s)) {
		remark_on(d, e, property, "can't be written there");
		return;
	}
	sheet_add(to, "\t");
	sheet_add(to, statement_of);
	sheet_add(to, " \"");
	sheet_add(to, s);
	sheet_add(to, "\";\n");
}

static bool is_seconds(const char *s)
{
	uint64_t n;

	return number_parse(s, strlen(s), UINT32_MAX, &n);
}

/* A property, the statement that it is, and what its values must be; dhcpd
 * takes nothing of a file that has a list where one value belongs. */
struct says {
	const char *property, *statement;
	bool (*is_one)(const char *s);
	bool is_list;
};
static const struct says routers = {"router", "option routers", is_ip, true};
static const struct says dns = {"dns", "option domain-name-servers", is_ip,
				true};
static const struct says lease = {"lease_time", "default-lease-time",
				  is_seconds, false};
static const struct says server = {"next_server", "next-server", is_ip, false};

static void values_write(struct draft *d, const struct draft_entry *e,
			 const struct says *says, struct sheet *to)
{
	const struct draft_property *p = draft_find(e, says->property);
	unsigned n = 0;

	for (const struct draft_value *v = p ? p->first : NULL; v;
	     v = v->next) {
		if (!says->is_one(v->text) || (n && !says->is_list)) {
			remark_on(d, e, says->property,
				  n && !says->is_list
					  ? "only the first value has a place"
					  : "a value that has no place");
			continue;
		}
		sheet_add(to, n ? ", " : "\t");
		sheet_add(to, n ? "" : says->statement);
		sheet_add(to, n++ ? "" : " ");
		sheet_add(to, v->text);
	}
	if (n)
		sheet_add(to, ";\n");
}

static void ranges_write(struct draft *d, const struct draft_entry *e,
			 struct sheet *to)
{
	const struct draft_property *p = draft_find(e, "range");

	for (const struct draft_value *v = p ? p->first : NULL; v;
	     v = v->next) {
		uint32_t first, last;

		if (!range_parse(v->text, &first, &last)) {
			remark_on(d, e, "range", "a value that is none");
			continue;
		}
		sheet_add(to, "\trange ");
		sheet_ip(to, first);
		sheet_add(to, last != first ? " " : "");
		if (last != first)
			sheet_ip(to, last);
		sheet_add(to, ";\n");
	}
}

static void net_write(struct draft *d, const struct draft_entry *e,
		      struct sheet *to)
{
	uint32_t ip, mask;

	if (!net_address(e, &ip, &mask))
		return;
	sheet_add(to, "subnet ");
	sheet_ip(to, ip);
	sheet_add(to, " netmask ");
	sheet_ip(to, mask);
	sheet_add(to, " {\n");
	ranges_write(d, e, to);
	values_write(d, e, &routers, to);
	values_write(d, e, &dns, to);
	text_write(d, e, "domain", "option domain-name", to);
	values_write(d, e, &lease, to);
	values_write(d, e, &server, to);
	text_write(d, e, "bootfile", "filename", to);
	sheet_add(to, "}\n");
}

static void card_write(struct draft *d, const struct draft_entry *m,
		       const struct card *c, struct sheet *to)
{
	sheet_add(to, "host ");
	sheet_add(to, draft_name(m));
	if (c->n) {
		sheet_add(to, "--");
		sheet_u64(to, c->n + 1);
	}
	sheet_add(to, " {\n\thardware ethernet ");
	sheet_add(to, c->hw);
	for (unsigned i = 0; i < c->n_ips; i++) {
		sheet_add(to, i ? ", " : ";\n\tfixed-address ");
		sheet_add(to, c->ips[i]);
	}
	sheet_add(to, ";\n");
	text_write(d, m, "bootfile", "filename", to);
	values_write(d, m, &server, to);
	sheet_add(to, "\toption host-name \"");
	sheet_add(to, draft_name(m));
	sheet_add(to, "\";\n}\n");
}

void dhcpd_write(struct draft *d, struct sheet *to)
{
	const struct draft_entry *nets = place_of(d, NETWORKS);
	const struct draft_entry *machines = place_of(d, MACHINES);
	struct reserved tallies = {.no_hw = {.n = 0}};
	struct card c;

	for (const struct draft_entry *e = nets ? nets->child : NULL; e;
	     e = e->next)
		net_write(d, e, to);
	for (const struct draft_entry *m = machines ? machines->child : NULL; m;
	     m = m->next) {
		struct cards cards = cards_of(m);

		if (is_reserved(d, m, &tallies))
			while (card_next(&cards, &c))
				card_write(d, m, &c, to);
	}
	nets_note(d);
	reserved_say(d, &tallies);
}
