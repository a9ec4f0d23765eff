/*
 * services, networks, protocols, rpc and fstab: a line an entry, with blanks
 * between its words.  All but fstab are a name, a number and further names.
 */
#include "model/format_inside.h"
#include "model/lines.h"

#include <string.h>

struct kind {
	const char *name, *directory, *number;
	bool has_protocol; /* 53/tcp */
};

static const struct kind services = {"services", "services", "port", true};
static const struct kind networks = {"networks", "networks", "address", false};
static const struct kind protocols = {"protocols", "protocols", "number",
				      false};
static const struct kind rpc = {"rpc", "rpcs", "number", false};

/* ---- reading ------------------------------------------------------------ */

static bool has_value(const struct draft_property *p, struct span v)
{
	for (const struct draft_value *x = p ? p->first : NULL; x; x = x->next)
		if (span_is(v, x->text))
			return true;
	return false;
}

/* Once each; more than a few there are never. */
static bool add_once(struct reading *r, struct draft_entry *e,
		     const char *property, struct span v)
{
	const struct draft_property *p = draft_find(e, property);

	if (has_value(p, v))
		return true;
	if (p && p->n >= FORMAT_ADDRESSES)
		return wrong(r, draft_name(e), v, "is one too many: 256");
	draft_set(r->d, e, property, v);
	return true;
}

static bool cut_protocol(struct reading *r, struct span *number,
			 struct span *protocol)
{
	const char *slash = memchr(number->s, '/', number->len);
	size_t len = slash ? (size_t)(slash - number->s) : 0;

	if (!slash || !len || len + 1 == number->len)
		return wrong(r, "services", *number,
			     "is not PORT/PROTOCOL, such as 53/udp");
	*protocol = (struct span){slash + 1, number->len - len - 1};
	number->len = len;
	return true;
}

/* A service's lines are one entry if name and port are the same. */
static struct draft_entry *entry_of(struct reading *r, const struct kind *k,
				    struct span name, struct span number)
{
	char room[512];
	struct text key = text_over(room, sizeof room);
	struct draft_entry *e;

	text_bytes(&key, name.s, name.len);
	if (k->has_protocol) {
		text_add(&key, " ");
		text_bytes(&key, number.s, number.len);
	}
	if (key.full) {
		wrong(r, k->name, name, "is too long");
		return NULL;
	}
	e = draft_noted(r->d, NOTE_NAME, (struct span){room, key.len});
	if (e && !k->has_protocol) {
		wrong(r, k->name, name, "is there twice");
		return NULL;
	}
	if (e)
		return e;
	e = draft_add(r->d, r->dir, r->line);
	draft_note(r->d, e, NOTE_NAME, (struct span){room, key.len});
	draft_set(r->d, e, "name", name);
	draft_set(r->d, e, k->number, number);
	return e;
}

static bool line_read(struct reading *r, const struct kind *k, struct span line)
{
	struct span name = span_word(&line), number = span_word(&line), word;
	struct span protocol = {.len = 0};
	struct draft_entry *e;

	if (!number.len)
		return wrong(r, k->name, name, "has nothing behind it");
	if (k->has_protocol && !cut_protocol(r, &number, &protocol))
		return false;
	e = entry_of(r, k, name, number);
	if (!e)
		return false;
	while ((word = span_word(&line)).len)
		if (!add_once(r, e, "name", word))
			return false;
	return !k->has_protocol || add_once(r, e, "protocol", protocol);
}

static bool kind_read(struct draft *d, struct span text, struct complaint *why,
		      const struct kind *k)
{
	struct reading r = {
		.d = d, .dir = draft_place(d, k->directory), .why = why};
	struct span line;

	while (next_line(&r, &text, &line))
		if (!line_read(&r, k, line))
			return false;
	return true;
}

/* ---- writing ------------------------------------------------------------ */

static void further_names(struct draft *d, const struct draft_entry *e,
			  struct sheet *to)
{
	const struct draft_value *v = draft_find(e, "name")->first->next;

	for (; v; v = v->next)
		if (is_word(v->text, "#")) {
			sheet_add(to, " ");
			sheet_add(to, v->text);
		} else {
			remark_on(d, e, "name", "a name that is no word");
		}
	sheet_add(to, "\n");
}

static void line_write(struct draft *d, const struct kind *k,
		       const struct draft_entry *e, const char *protocol,
		       struct sheet *to)
{
	sheet_add(to, draft_name(e));
	sheet_add(to, "\t");
	sheet_add(to, draft_text(e, k->number));
	if (protocol) {
		sheet_add(to, "/");
		sheet_add(to, protocol);
	}
	further_names(d, e, to);
}

static void service_write(struct draft *d, const struct kind *k,
			  const struct draft_entry *e, struct sheet *to)
{
	const struct draft_property *p = draft_find(e, "protocol");

	if (!p || !p->first)
		remark_on(d, e, "protocol", "none, so it is not in the file");
	for (const struct draft_value *v = p ? p->first : NULL; v; v = v->next)
		if (is_word(v->text, "#/"))
			line_write(d, k, e, v->text, to);
		else
			remark_on(d, e, "protocol", "a value that is no word");
}

static void entry_write(struct draft *d, const struct kind *k,
			const struct draft_entry *e, struct sheet *to)
{
	const char *number = draft_text(e, k->number);

	if (!is_word(draft_name(e), "#")) {
		remark_on(d, e, "name", "is no word, so it is not in the file");
		return;
	}
	if (!number || !is_word(number, k->has_protocol ? "#/" : "#")) {
		remark_on(d, e, k->number,
			  "is none or no word, so it is not in the file");
		return;
	}
	if (draft_find(e, k->number)->n > 1)
		remark_on(d, e, k->number, "only the first value has a place");
	if (k->has_protocol)
		service_write(d, k, e, to);
	else
		line_write(d, k, e, NULL, to);
}

static void kind_write(struct draft *d, struct sheet *to, const struct kind *k)
{
	const struct draft_entry *dir = place_of(d, k->directory);
	const struct draft_entry *e = dir ? dir->child : NULL;
	const char *known[] = {"name", k->number,
			       k->has_protocol ? "protocol" : NULL, NULL};

	for (; e; e = e->next)
		entry_write(d, k, e, to);
	remark_rest(d, dir, known);
}

#define KIND(kind)                                                             \
	bool kind##_read(struct draft *d, struct span text,                    \
			 struct complaint *why)                                \
	{                                                                      \
		return kind_read(d, text, why, &(kind));                       \
	}                                                                      \
	void kind##_write(struct draft *d, struct sheet *to)                   \
	{                                                                      \
		kind_write(d, to, &(kind));                                    \
	}
KIND(services)
KIND(networks)
KIND(protocols)
KIND(rpc)

/* ---- fstab -------------------------------------------------------------- */

enum { MOUNT_LEAST = 2 };

static bool mount_read(struct reading *r, struct span line)
{
	struct span name = span_word(&line), dir = span_word(&line);
	struct draft_entry *e;

	if (!dir.len)
		return wrong(r, "fstab", name, "has no directory behind it");
	if (draft_noted(r->d, NOTE_NAME, dir) && !span_is(dir, "none"))
		return wrong(r, "fstab", dir, "is mounted upon twice");
	e = draft_add(r->d, r->dir, r->line);
	draft_note(r->d, e, NOTE_NAME, dir);
	draft_set(r->d, e, "name", name);
	draft_set(r->d, e, "dir", dir);
	for (int i = MOUNT_LEAST; i < MOUNT_WORDS; i++) {
		struct span word = span_word(&line), rest = word;

		if (!word.len)
			break;
		if (i != MOUNT_OPTS) {
			draft_set(r->d, e, mount_words[i], word);
			continue;
		}
		while (rest.len) {
			(void)piece_cut(&rest, ',', &word);
			if (word.len)
				draft_set(r->d, e, "opts", word);
		}
	}
	return !span_word(&line).len ||
	       wrong(r, "fstab", name, "has more than six words");
}

bool fstab_read(struct draft *d, struct span text, struct complaint *why)
{
	struct reading r = {
		.d = d, .dir = draft_place(d, "mounts"), .why = why};
	struct span line;

	while (next_line(&r, &text, &line))
		if (!mount_read(&r, line))
			return false;
	return true;
}

static void opts_write(struct draft *d, const struct draft_entry *e,
		       struct sheet *to)
{
	const struct draft_property *p = draft_find(e, "opts");
	const char *between = "";

	for (const struct draft_value *v = p ? p->first : NULL; v; v = v->next)
		if (is_word(v->text, "#,")) {
			sheet_add(to, between);
			sheet_add(to, v->text);
			between = ",";
		} else {
			remark_on(d, e, "opts", "a value that is no word");
		}
	if (!*between)
		sheet_add(to, "rw");
}

/* What stands for a word that is not known. */
static const char *mount_word(struct draft *d, const struct draft_entry *e,
			      int i)
{
	static const char *const fillers[MOUNT_WORDS] = {"", "",  "nfs",
							 "", "0", "0"};
	/* what later systems wrote */
	static const char *const later[MOUNT_WORDS] = {
		[2] = "vfstype", [4] = "dump_freq"};
	const char *s = draft_text(e, mount_words[i]);

	if (!s && later[i])
		s = draft_text(e, later[i]);
	if (s && is_word(s, "#"))
		return s;
	if (s)
		remark_on(d, e, mount_words[i], "is no word");
	return fillers[i];
}

void fstab_write(struct draft *d, struct sheet *to)
{
	static const char *const known[] = {"name",    "dir",       "type",
					    "opts",    "freq",      "passno",
					    "vfstype", "dump_freq", NULL};
	const struct draft_entry *dir = place_of(d, "mounts");
	const struct draft_entry *e = dir ? dir->child : NULL;

	for (; e; e = e->next) {
		const char *mount = draft_text(e, "dir");

		if (!is_word(draft_name(e), "#") || !mount ||
		    !is_word(mount, "#")) {
			remark_on(d, e, "dir",
				  "it or the name is no word, so it is not in "
				  "the file");
			continue;
		}
		for (int i = 0; i < MOUNT_WORDS; i++) {
			sheet_add(to, i ? "\t" : "");
			if (i == MOUNT_OPTS)
				opts_write(d, e, to);
			else
				sheet_add(to, mount_word(d, e, i));
		}
		sheet_add(to, "\n");
	}
	remark_rest(d, dir, known);
}
