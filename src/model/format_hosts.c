/*
 * hosts, ethers and bootparams: a machine a line, as nidump and niload of
 * NetInfo had them.  Lines of one name, or of one address, are one machine.
 */
#include "model/format_inside.h"

#include <string.h>

static struct reading begin(struct draft *d, struct complaint *why)
{
	return (struct reading){
		.d = d, .dir = draft_place(d, MACHINES), .why = why};
}

/* ---- hosts -------------------------------------------------------------- */

/* By its address, or by the first of its names. */
static struct draft_entry *host_of(struct reading *r, struct span address,
				   struct span names)
{
	struct draft_entry *m = draft_noted(r->d, NOTE_IP, address);

	return m ? m : machine_called(r, span_word(&names));
}

static bool host_add(struct reading *r, struct span address, struct span names)
{
	struct span rest = names, name = span_word(&rest);
	struct draft_entry *m;

	if (!name.len)
		return wrong(r, "hosts", address, "has no name behind it");
	m = host_of(r, address, names);
	if (!machine_name_add(r, m, name))
		return false;
	if (!span_has(address, ':')) {
		if (!machine_ip_add(r, m, address))
			return false;
	} else if (!draft_noted(r->d, NOTE_IP, address)) {
		/* lookupd of later systems knew it by this name. */
		draft_set(r->d, m, "ipv6_address", address);
		draft_note(r->d, m, NOTE_IP, address);
	}
	while ((name = span_word(&rest)).len)
		if (!machine_name_add(r, m, name))
			return false;
	return true;
}

bool hosts_read(struct draft *d, struct span text, struct complaint *why)
{
	struct reading r = begin(d, why);
	struct span line;

	while (next_line(&r, &text, &line)) {
		struct span address = span_word(&line);

		if (span_is(address, "255.255.255.255")) {
			remark_at(&r, "hosts", address,
				  "is no machine's: left out");
			continue;
		}
		if (!host_add(&r, address, line))
			return false;
	}
	return true;
}

/* The names, those that are words, with `between` before each. */
static unsigned write_names(struct draft *d, const struct draft_entry *m,
			    const char *first, const char *between,
			    struct sheet *to)
{
	const struct draft_property *p = draft_find(m, "name");
	unsigned n = 0;

	for (const struct draft_value *v = p ? p->first : NULL; v;
	     v = v->next) {
		if (!is_word(v->text, "#")) {
			remark_on(d, m, "name", "a name that is no word");
			continue;
		}
		sheet_add(to, n++ ? between : first);
		sheet_add(to, v->text);
	}
	return n;
}

/* A line for each address. */
static void write_addresses(struct draft *d, const struct draft_entry *m,
			    const char *property, struct sheet *to)
{
	const struct draft_property *p = draft_find(m, property);

	for (const struct draft_value *v = p ? p->first : NULL; v;
	     v = v->next) {
		size_t len = to->len;

		if (!is_word(v->text, "#")) {
			remark_on(d, m, property, "is no word");
			continue;
		}
		sheet_add(to, v->text);
		if (write_names(d, m, "\t", " ", to)) {
			sheet_add(to, "\n");
			continue;
		}
		remark_on(d, m, property, "has no name to stand with it");
		if (!to->failed)
			to->len = len;
	}
}

/* A line has a name and an address: who has none is not in the file. */
static bool has_any(const struct draft_entry *m, const char *const *properties)
{
	for (const char *const *p = properties; *p; p++)
		if (draft_text(m, *p))
			return true;
	return false;
}

void hosts_write(struct draft *d, struct sheet *to)
{
	static const char *const known[] = {"name", "ip_address",
					    "ipv6_address", NULL};
	const struct draft_entry *dir = place_of(d, MACHINES);
	const struct draft_entry *m = dir ? dir->child : NULL;
	struct tally missing = {.n = 0};

	for (; m; m = m->next) {
		write_addresses(d, m, "ip_address", to);
		write_addresses(d, m, "ipv6_address", to);
		if (!has_any(m, known + 1))
			tally_add(&missing, m);
	}
	tally_say(d, &missing, "ip_address", "none, so it is not in the file");
	remark_rest(d, dir, known);
}

/* ---- ethers ------------------------------------------------------------- */

bool ethers_read(struct draft *d, struct span text, struct complaint *why)
{
	struct reading r = begin(d, why);
	struct span line;

	while (next_line(&r, &text, &line)) {
		struct span address = span_word(&line), rest = line;
		struct span name = span_word(&rest);
		struct draft_entry *m;

		if (!name.len)
			return wrong(&r, "ethers", address,
				     "has no name behind it");
		m = machine_called(&r, name);
		if (!machine_name_add(&r, m, name) ||
		    !machine_hw_add(&r, m, address))
			return false;
		while ((name = span_word(&rest)).len)
			if (!machine_name_add(&r, m, name))
				return false;
	}
	return true;
}

void ethers_write(struct draft *d, struct sheet *to)
{
	static const char *const known[] = {"name", "en_address", NULL};
	const struct draft_entry *dir = place_of(d, MACHINES);
	const struct draft_entry *m = dir ? dir->child : NULL;
	struct tally missing = {.n = 0};

	for (; m; m = m->next) {
		write_addresses(d, m, "en_address", to);
		if (!has_any(m, known + 1))
			tally_add(&missing, m);
	}
	tally_say(d, &missing, "en_address", "none, so it is not in the file");
	remark_rest(d, dir, known);
}

/* ---- bootparams --------------------------------------------------------- */

/* Whether the line goes on, without the backslash that says so. */
static bool goes_on(struct span *line)
{
	if (!line->len || line->s[line->len - 1] != '\\')
		return false;
	line->len--;
	return true;
}

static struct draft_property *params_begin(struct reading *r, struct span name)
{
	struct draft_entry *m = machine_called(r, name);

	if (draft_find(m, "bootparams")) {
		wrong(r, "bootparams", name, "is there twice");
		return NULL;
	}
	if (!machine_name_add(r, m, name))
		return NULL;
	return draft_property(r->d, m, span_of("bootparams"));
}

/* The first line of a machine, or of a NIS map. */
static bool params_first(struct reading *r, struct span *line,
			 struct draft_property **p)
{
	struct span name = span_word(line);

	*p = NULL;
	if (!name.len)
		return true;
	if (name.s[0] == '+') {
		remark_at(r, "bootparams", name,
			  "stands for a map of NIS: passed over");
		return true;
	}
	*p = params_begin(r, name);
	return *p || draft_failed(r->d);
}

bool bootparams_read(struct draft *d, struct span text, struct complaint *why)
{
	struct reading r = begin(d, why);
	struct draft_property *p = NULL;
	struct span line, word;
	bool is_on = false, is_skipped = false;

	while (any_line(&r, &text, &line)) {
		bool more = goes_on(&line);

		if (!is_on) {
			if (!params_first(&r, &line, &p))
				return false;
			is_skipped = !p;
		}
		while (!is_skipped && (word = span_word(&line)).len)
			draft_value(d, p, word);
		is_on = more;
	}
	return true;
}

static void write_params(struct draft *d, const struct draft_entry *m,
			 const struct draft_property *p, struct sheet *to)
{
	const char *name = draft_name(m), *between = "\t";

	if (!is_word(name, "#\\") || name[0] == '+') {
		remark_on(d, m, "bootparams", "its name is no word");
		return;
	}
	sheet_add(to, name);
	for (const struct draft_value *v = p->first; v; v = v->next) {
		if (!is_word(v->text, "#\\")) {
			remark_on(d, m, "bootparams",
				  "a value that is no word");
			continue;
		}
		sheet_add(to, between);
		sheet_add(to, v->text);
		between = " \\\n\t";
	}
	sheet_add(to, "\n");
}

void bootparams_write(struct draft *d, struct sheet *to)
{
	static const char *const known[] = {"name", "bootparams", NULL};
	const struct draft_entry *dir = place_of(d, MACHINES);
	const struct draft_entry *m = dir ? dir->child : NULL;
	struct tally missing = {.n = 0};

	for (; m; m = m->next) {
		const struct draft_property *p = draft_find(m, "bootparams");

		if (p)
			write_params(d, m, p, to);
		else
			tally_add(&missing, m);
	}
	tally_say(d, &missing, "bootparams", "none, so it is not in the file");
	remark_rest(d, dir, known);
}
