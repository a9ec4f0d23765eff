/*
 * The table of formats, and what the readers and writers of lines share.
 */
#include "model/format_inside.h"

#include <string.h>

#define FILE_OF(file) .name = #file, .read = file##_read, .write = file##_write
#define IN(...)       .directories = {__VA_ARGS__}

static const struct format formats[] = {
	{FILE_OF(hosts), IN(MACHINES), .merges = true},
	{FILE_OF(ethers), IN(MACHINES), .merges = true, .names_one = true},
	{FILE_OF(bootptab), IN(MACHINES), .merges = true, .names_one = true},
	{FILE_OF(bootparams), IN(MACHINES), .merges = true, .names_one = true},
	{.name = "dhcpd.conf",
	 .read = dhcpd_read,
	 .write = dhcpd_write,
	 IN(MACHINES, NETWORKS),
	 .merges = true,
	 .names_one = true},
	{FILE_OF(dnsmasq), IN(MACHINES, NETWORKS), .merges = true,
	 .names_one = true},
	{FILE_OF(netinfo)},
	{FILE_OF(passwd), IN("users")},
	{FILE_OF(group), IN("groups")},
	{FILE_OF(services), IN("services"), .key = "port"},
	{FILE_OF(networks), IN(NETWORKS), .merges = true},
	{FILE_OF(protocols), IN("protocols")},
	{FILE_OF(rpc), IN("rpcs")},
	{FILE_OF(aliases), IN("aliases")},
	{FILE_OF(fstab), IN("mounts"), .key = "dir"},
	{FILE_OF(printcap), IN("printers")},
	{.name = "muster.conf", .write = conf_write, IN(NETWORKS)},
};
enum { FORMATS = sizeof formats / sizeof formats[0] };

const struct format *format_at(unsigned i)
{
	return i < FORMATS ? &formats[i] : NULL;
}

const struct format *format_named(const char *name)
{
	for (unsigned i = 0; i < FORMATS; i++)
		if (!strcmp(formats[i].name, name))
			return &formats[i];
	return NULL;
}

/* ---- reading ------------------------------------------------------------ */

/* Values end with NUL, so none may have one in it. */
bool format_read(const struct format *f, struct draft *d, struct span text,
		 struct complaint *why)
{
	const char *nul = text.len ? memchr(text.s, 0, text.len) : NULL;

	*why = (struct complaint){.number = 1};
	if (!f->read)
		return complain(why, "format", span_of(f->name),
				"is only exported");
	if (!nul)
		return f->read(d, text, why);
	for (const char *s = text.s; s < nul; s++)
		why->number += *s == '\n';
	return complain(why, f->name, (struct span){nul, 1},
			"is no character of a text");
}

bool wrong(struct reading *r, const char *what, struct span word,
	   const char *why)
{
	r->why->number = r->line;
	return complain(r->why, what, word, why);
}

void remark_at(struct reading *r, const char *what, struct span word,
	       const char *why)
{
	struct complaint c;

	complain(&c, what, word, why);
	draft_remark(r->d, r->line, (const char *const[]){c.text, NULL});
}

bool any_line(struct reading *r, struct span *text, struct span *line)
{
	const char *comment;

	if (!span_line(text, line))
		return false;
	r->line++;
	comment = line->len ? memchr(line->s, '#', line->len) : NULL;
	if (comment)
		line->len = (size_t)(comment - line->s);
	*line = span_trim(*line);
	return true;
}

bool next_line(struct reading *r, struct span *text, struct span *line)
{
	while (any_line(r, text, line))
		if (line->len)
			return true;
	return false;
}

static bool is_letter(char c)
{
	c = text_lower(c);
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

/* RFC 1123 2.1: what looks like an address is one, perhaps with a slip. */
static bool is_numeric(struct span v)
{
	for (size_t i = 0; i < v.len; i++)
		if ((v.s[i] < '0' || v.s[i] > '9') && v.s[i] != '.')
			return false;
	return span_has(v, '.');
}

bool is_host_name(struct span v)
{
	if (!v.len || v.len > FORMAT_NAME || !is_letter(v.s[0]))
		return false;
	for (size_t i = 1; i < v.len; i++)
		if (!is_letter(v.s[i]) && v.s[i] != '-' && v.s[i] != '.')
			return false;
	return !is_numeric(v);
}

struct draft_entry *machine_called(struct reading *r, struct span name)
{
	struct draft_entry *m = draft_noted(r->d, NOTE_NAME, name);

	return m ? m : draft_add(r->d, r->dir, r->line);
}

/* Whose is it?  True if it may be added: it is nobody's yet. */
static bool is_new(struct reading *r, struct draft_entry *m,
		   enum note_kind kind, struct span v, bool *is_good)
{
	const struct draft_entry *other = draft_noted(r->d, kind, v);

	*is_good = !other || other == m;
	if (other && other != m)
		wrong(r, draft_name(m)[0] ? draft_name(m) : "machine", v,
		      kind == NOTE_NAME ? "is a name of another machine already"
					: "is another machine's already");
	return !other;
}

static bool add(struct reading *r, struct draft_entry *m, const char *property,
		enum note_kind kind, struct span v)
{
	const struct draft_property *p = draft_find(m, property);
	bool is_good;

	if (!is_new(r, m, kind, v, &is_good))
		return is_good;
	if (p && p->n >= FORMAT_ADDRESSES)
		return wrong(r, draft_name(m), v, "is one too many: 256");
	draft_set(r->d, m, property, v);
	draft_note(r->d, m, kind, v);
	return true;
}

bool machine_name_add(struct reading *r, struct draft_entry *m, struct span v)
{
	char lower[FORMAT_NAME + 1];

	if (!is_host_name(v))
		return wrong(r, "machine", v,
			     "is no name: letters, digits, - . and _");
	for (size_t i = 0; i < v.len; i++)
		lower[i] = text_lower(v.s[i]);
	return add(r, m, "name", NOTE_NAME, (struct span){lower, v.len});
}

bool machine_ip_add(struct reading *r, struct draft_entry *m, struct span v)
{
	uint32_t ip;

	if (!ip_parse(v.s, v.len, &ip) || !ip || ip == IP_BROADCAST ||
	    ip_is_multicast(ip))
		return wrong(r, "ip_address", v,
			     "is no IP address of a machine");
	return add(r, m, "ip_address", NOTE_IP, v);
}

bool machine_hw_add(struct reading *r, struct draft_entry *m, struct span v)
{
	char room[3 * HWADDR_MAX + 1];
	struct text t = text_over(room, sizeof room);
	struct hwaddr hw;

	if (!hwaddr_parse(v.s, v.len, &hw))
		return wrong(r, "en_address", v, "is no hardware address");
	text_hwaddr(&t, &hw);
	return add(r, m, "en_address", NOTE_HW, (struct span){room, t.len});
}

bool machine_file_set(struct reading *r, struct draft_entry *m, struct span v)
{
	const char *was = draft_text(m, "bootfile");

	if (was && !span_is(v, was))
		return wrong(r, draft_name(m), v, "is a second boot file");
	if (!was)
		draft_set(r->d, m, "bootfile", v);
	return true;
}

/* ---- writing ------------------------------------------------------------ */

bool is_word(const char *s, const char *but)
{
	if (!*s)
		return false;
	for (; *s; s++)
		if ((unsigned char)*s <= ' ' || *s == 0x7f || strchr(but, *s))
			return false;
	return true;
}

void remark_on(struct draft *d, const struct draft_entry *e,
	       const char *property, const char *why)
{
	const char *name = draft_name(e);

	draft_remark(d, 0,
		     (const char *const[]){name[0] ? name : "(no name)", ": ",
					   property, ": ", why, NULL});
}

void tally_add(struct tally *t, const struct draft_entry *e)
{
	if (!t->n++)
		t->first = e;
}

void tally_say(struct draft *d, const struct tally *t, const char *property,
	       const char *why)
{
	const char *name = t->n ? draft_name(t->first) : "";
	char others[48] = "";
	struct text text = text_over(others, sizeof others);

	if (!t->n)
		return;
	if (t->n > 1) {
		text_add(&text, " and ");
		text_u64(&text, t->n - 1);
		text_add(&text, t->n > 2 ? " others" : " other");
	}
	draft_remark(d, 0,
		     (const char *const[]){name[0] ? name : "(no name)", others,
					   ": ", property, ": ", why, NULL});
}

/* A directory may have come from elsewhere, and it takes any value: a line
 * break in an address would be an order of its own to whoever reads the file.
 */
bool are_addresses(struct draft *d, const struct draft_entry *m,
		   const char *property, bool (*is_one)(const char *s))
{
	const struct draft_property *p = draft_find(m, property);

	for (const struct draft_value *v = p ? p->first : NULL; v; v = v->next)
		if (!is_one(v->text)) {
			remark_on(d, m, property,
				  "a value that is no address, so it is not in "
				  "the file");
			return false;
		}
	return true;
}

struct rest {
	const char *property;
	struct tally tally;
};
enum { RESTS = 64 };

static void count_rest(struct rest *v, unsigned *n, const char *property,
		       const struct draft_entry *e)
{
	unsigned i = 0;

	while (i < *n && strcmp(v[i].property, property) != 0)
		i++;
	if (i == RESTS - 1) /* the last one stands for all others */
		property = "further properties";
	if (i == *n)
		v[(*n)++] = (struct rest){.property = property};
	tally_add(&v[i].tally, e);
}

static bool is_in(const char *const *list, const char *s)
{
	for (; *list; list++)
		if (!strcmp(*list, s))
			return true;
	return false;
}

void remark_rest(struct draft *d, const struct draft_entry *dir,
		 const char *const *known)
{
	struct rest v[RESTS];
	unsigned n = 0;

	if (!dir)
		return;
	for (const struct draft_entry *e = dir->child; e; e = e->next) {
		if (e->child)
			count_rest(v, &n, "what is below it", e);
		for (const struct draft_property *p = e->props; p; p = p->next)
			if (!is_in(known, p->name))
				count_rest(v, &n, p->name, e);
	}
	for (unsigned i = 0; i < n; i++)
		tally_say(d, &v[i].tally, v[i].property,
			  "has no place in this format");
}

const struct draft_entry *place_of(const struct draft *d, const char *name)
{
	const struct draft_entry *e = draft_root(d)->child;

	while (e && strcmp(draft_name(e), name) != 0)
		e = e->next;
	return e;
}
