/*
 * bootptab as NeXT's bootpd had it: the boot directory, the default boot file,
 * a line that begins with %, then five words a machine.  A word that is not
 * known has a filler: no address is zeros, no boot file the default's name.
 */
#include "model/format_inside.h"

#include <string.h>

#define HOME    "/private/tftpboot"
#define FILE_OF "mach"
#define NO_HW   "0:0:0:0:0:0"
#define NO_IP   "0.0.0.0"

enum { WORDS = 5, NAME = 0, TYPE, HW, IP, BOOTFILE };

/* Everything before the machines. */
static bool head_read(struct reading *r, struct span *text, struct span *file)
{
	struct span line, home = {.len = 0};

	*file = (struct span){.len = 0};
	while (next_line(r, text, &line)) {
		if (line.s[0] == '%')
			return true;
		if (!home.len)
			home = line;
		else if (!file->len)
			*file = line;
		else
			return wrong(r, "bootptab", line,
				     "stands before the line of %%");
	}
	r->line = r->line ? r->line : 1;
	return wrong(r, "bootptab", home,
		     "no line of %% follows, behind which machines stand");
}

/* However its zeros are written. */
static bool is_no_hw(struct span v)
{
	static const uint8_t zeros[HWADDR_MAX] = {0};
	struct hwaddr hw;

	return hwaddr_parse(v.s, v.len, &hw) && !memcmp(hw.b, zeros, hw.len);
}

static uint32_t count_of(const struct draft_entry *m, const char *property)
{
	const struct draft_property *p = draft_find(m, property);

	return p ? p->n : 0;
}

/* Addresses are pairs: none may lack its other half but the last ones. */
static bool is_in_pairs(struct reading *r, const struct draft_entry *m,
			const struct span *w)
{
	uint32_t hws = count_of(m, "en_address");
	uint32_t ips = count_of(m, "ip_address");

	if (hws > ips && !span_is(w[IP], NO_IP))
		return wrong(r, draft_name(m), w[IP],
			     "follows a line of this machine that has no IP "
			     "address");
	if (ips > hws && !is_no_hw(w[HW]))
		return wrong(r, draft_name(m), w[HW],
			     "follows a line of this machine that has no "
			     "hardware address");
	return true;
}

/* Names of files differ by case, too. */
static bool is_one_file(struct span a, struct span b)
{
	return a.len == b.len && (!a.len || !memcmp(a.s, b.s, a.len));
}

static bool machine_read(struct reading *r, const struct span *w,
			 struct span file)
{
	struct draft_entry *m = machine_called(r, w[NAME]);

	if (!machine_name_add(r, m, w[NAME]) || !is_in_pairs(r, m, w))
		return false;
	if (!is_no_hw(w[HW]) && !machine_hw_add(r, m, w[HW]))
		return false;
	if (!span_is(w[IP], NO_IP) && !machine_ip_add(r, m, w[IP]))
		return false;
	/* The default says nothing about a machine. */
	return is_one_file(w[BOOTFILE], file) ||
	       machine_file_set(r, m, w[BOOTFILE]);
}

static bool line_read(struct reading *r, struct span line, struct span file)
{
	struct span w[WORDS], rest = line;
	uint64_t type;

	for (int i = 0; i < WORDS; i++)
		w[i] = span_word(&rest);
	if (!w[IP].len || span_word(&rest).len)
		return wrong(r, "bootptab", w[NAME],
			     "has not five words: name, type, hardware "
			     "address, IP address, boot file");
	if (!number_parse(w[TYPE].s, w[TYPE].len, 255, &type))
		return wrong(r, "bootptab", w[TYPE],
			     "is no hardware type, a number");
	if (!w[BOOTFILE].len)
		w[BOOTFILE] = file; /* what bootpd made of it */
	return machine_read(r, w, file);
}

bool bootptab_read(struct draft *d, struct span text, struct complaint *why)
{
	struct reading r = {
		.d = d, .dir = draft_place(d, MACHINES), .why = why};
	struct span line, file;

	if (bootptab_is_cmu(text))
		return bootptab_cmu_read(d, text, why);
	if (!head_read(&r, &text, &file))
		return false;
	while (next_line(&r, &text, &line))
		if (!line_read(&r, line, file))
			return false;
	return true;
}

/* ---- writing ------------------------------------------------------------ */

/* A filler says that there is none. */
static bool is_hw(const char *s)
{
	struct hwaddr hw;

	return hwaddr_parse(s, strlen(s), &hw) && !is_no_hw(span_of(s));
}

static bool is_set_ip(const char *s)
{
	return is_ip(s) && strcmp(s, NO_IP) != 0;
}

static void pair_write(const char *name, const struct draft_value *hw,
		       const struct draft_value *ip, const char *file,
		       struct sheet *to)
{
	const char *words[] = {name, "1", hw ? hw->text : NO_HW,
			       ip ? ip->text : NO_IP, file};

	for (int i = 0; i < WORDS; i++) {
		sheet_add(to, i ? "\t" : "");
		sheet_add(to, words[i]);
	}
	sheet_add(to, "\n");
}

static const struct draft_value *values_of(const struct draft_entry *m,
					   const char *property)
{
	const struct draft_property *p = draft_find(m, property);

	return p ? p->first : NULL;
}

static const char *file_of(struct draft *d, const struct draft_entry *m)
{
	const struct draft_value *v = values_of(m, "bootfile");

	if (!v)
		return FILE_OF;
	if (v->next)
		remark_on(d, m, "bootfile", "a second value has no place");
	if (!is_word(v->text, "#")) {
		remark_on(d, m, "bootfile", "is no word");
		return FILE_OF;
	}
	if (!strcmp(v->text, FILE_OF))
		remark_on(d, m, "bootfile",
			  "`" FILE_OF "' is the same as none there");
	return v->text;
}

static void machine_write(struct draft *d, const struct draft_entry *m,
			  struct sheet *to)
{
	const struct draft_value *hw = values_of(m, "en_address");
	const struct draft_value *ip = values_of(m, "ip_address");
	const char *name = draft_name(m), *file;

	if (!is_word(name, "#%")) {
		remark_on(d, m, "name", "is no word, so it is not in the file");
		return;
	}
	if (!are_addresses(d, m, "en_address", is_hw) ||
	    !are_addresses(d, m, "ip_address", is_set_ip))
		return;
	if (draft_find(m, "name")->n > 1)
		remark_on(d, m, "name", "only the first has a place");
	file = file_of(d, m);
	do {
		pair_write(name, hw, ip, file, to);
		hw = hw ? hw->next : NULL;
		ip = ip ? ip->next : NULL;
	} while (hw || ip);
}

void bootptab_write(struct draft *d, struct sheet *to)
{
	static const char *const known[] = {"name", "en_address", "ip_address",
					    "bootfile", NULL};
	const struct draft_entry *dir = place_of(d, MACHINES);
	const struct draft_entry *m = dir ? dir->child : NULL;

	sheet_add(to, HOME ":/\n" FILE_OF "\n%%\n");
	for (; m; m = m->next)
		machine_write(d, m, to);
	remark_rest(d, dir, known);
}
