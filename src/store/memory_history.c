/*
 * The history and the masterships of the store in memory: lists, searched from
 * end to end.
 */
#include "store/memory_inside.h"

#include <string.h>

#include "base/text.h"
#include "model/directory.h"

/* What the line points at follows it. */
struct memory_line {
	struct store_line l;
	uint8_t bytes[];
};

/* ---- writing ------------------------------------------------------------- */

static int grow(struct memory *m)
{
	struct memory_line **v = grow_for(&m->alloc, m->lines, m->n_lines,
					  &m->most_lines, sizeof *v);

	if (!v)
		return -ENOMEM;
	m->lines = v;
	return 0;
}

static const void *put(uint8_t **at, const void *bytes, size_t len)
{
	uint8_t *start = *at;

	if (len)
		memcpy(start, bytes, len);
	*at += len;
	return start;
}

int memory_add_line(struct memory *m, const struct store_line *l)
{
	size_t who = strlen(l->who) + 1, path = strlen(l->path) + 1;
	size_t after = l->change.props.len, before = l->before.len;
	int rc = grow(m);
	struct memory_line *to;
	uint8_t *at;

	if (rc)
		return rc;
	to = alloc_get(&m->alloc, 1, sizeof *to + who + path + after + before);
	if (!to)
		return -ENOMEM;
	at = to->bytes;
	to->l = *l;
	to->l.who = put(&at, l->who, who);
	to->l.path = put(&at, l->path, path);
	to->l.change.props.bytes = put(&at, l->change.props.bytes, after);
	to->l.before.bytes = put(&at, l->before.bytes, before);
	m->lines[m->n_lines++] = to;
	return 0;
}

/* A line of the commit that is being made. */
static int add(struct memory *m, struct store_line *l)
{
	l->at = (m->revision + 1) << STORE_LINE_BITS | m->in_this++;
	return memory_add_line(m, l);
}

const struct store_line *memory_line(const struct memory *m, size_t n)
{
	return &m->lines[n]->l;
}

static bool seek(void *arg, uint32_t id, struct change *to)
{
	struct change c = {.kind = CHANGE_ENTRY_PUT, .id = id};
	const struct record *r = memory_find(arg, &c);

	if (r)
		*to = r->c;
	return r;
}

int memory_note(struct memory *m, const struct commit *v,
		const struct change *c, const struct change *was)
{
	struct store_line l = {
		.wall = v->wall, .who = v->who ? v->who : "", .change = *c};
	uint8_t room[FIXED_ROOM];
	struct change fixed;
	char path[STORE_PATH];

	if (!m->keep)
		return 0;
	if (!was && store_fixed(c->id, room, &fixed))
		was = &fixed;
	if (was)
		l.before = was->props;
	if (c->kind == CHANGE_DOMAIN_PUT)
		l.change.domain = c->id;
	store_path(path, c, seek, m);
	l.path = path;
	return add(m, &l);
}

int memory_note_gone(struct memory *m, const struct commit *v,
		     const struct change *was, bool goes_along)
{
	struct store_line l = {.wall = v->wall,
			       .who = v->who ? v->who : "",
			       .change = *was,
			       .before = was->props,
			       .went_along = goes_along};
	char path[STORE_PATH];

	if (!m->keep)
		return 0;
	store_path(path, was, seek, m);
	l.path = path;
	if (was->kind == CHANGE_DOMAIN_PUT)
		l.change.domain = was->id;
	l.change.kind = CHANGE_ENTRY_DESTROY;
	l.change.instance++;
	l.change.props = (struct plist){.len = 0};
	return add(m, &l);
}

void memory_forget_after(struct memory *m, size_t n)
{
	while (m->n_lines > n)
		alloc_put(&m->alloc, m->lines[--m->n_lines]);
}

/* They are moved up, but not for each line that comes. */
void memory_forget_first(struct memory *m, size_t n)
{
	m->compacted = m->lines[n - 1]->l.at >> STORE_LINE_BITS;
	for (size_t i = 0; i < n; i++)
		alloc_put(&m->alloc, m->lines[i]);
	m->n_lines -= n;
	memmove(m->lines, m->lines + n, m->n_lines * sizeof *m->lines);
}

void memory_loaded(struct memory *m, uint64_t revision)
{
	m->revision = m->compacted = revision;
	if (m->n_lines)
		m->compacted = (m->lines[0]->l.at >> STORE_LINE_BITS) - 1;
}

void memory_prune(struct memory *m)
{
	if (m->n_lines > m->keep + m->keep / 4)
		memory_forget_first(m, m->n_lines - (size_t)m->keep);
	if (!m->keep)
		m->compacted = m->revision;
}

void memory_keep(struct store *s, uint64_t lines)
{
	memory_of(s)->keep = lines;
}

/* ---- reading ------------------------------------------------------------- */

/* At the path, or below it. */
static bool is_at(const struct store_line *l, const char *path)
{
	const char *is = l->path;

	if (!path[1])
		return true; /* "/" */
	for (; *path; path++, is++)
		if (text_lower(*path) != text_lower(*is))
			return false;
	return !*is || *is == '/';
}

/* Whether its entry ever was there. */
static bool was_at(const struct memory *m, const struct store_line *l,
		   const struct store_query *q)
{
	if (!q->path || !strcmp(q->path, "/"))
		return true;
	for (size_t i = 0; i < m->n_lines; i++) {
		const struct store_line *o = &m->lines[i]->l;

		if (o->change.id == l->change.id && is_at(o, q->path))
			return true;
	}
	return false;
}

int memory_history(struct store *s, const struct store_query *q,
		   store_each_line *each, void *arg)
{
	const struct memory *m = memory_of(s);
	uint32_t n = 0;
	int rc = 0;

	for (size_t i = m->n_lines; i && !rc && n < q->most; i--) {
		const struct store_line *l = &m->lines[i - 1]->l;

		if ((q->below && l->at >= q->below) ||
		    (q->revision && l->at >> STORE_LINE_BITS != q->revision) ||
		    (q->domain && l->change.domain != q->domain) ||
		    !was_at(m, l, q))
			continue;
		rc = each(arg, l);
		n++;
	}
	return rc;
}

int memory_watch(struct store *s, uint64_t revision, store_each_line *each,
		 void *arg)
{
	const struct memory *m = memory_of(s);
	uint64_t from = (revision + 1) << STORE_LINE_BITS;
	int rc = 0;

	if (revision < m->compacted || revision > m->revision)
		return -ESTALE;
	for (size_t i = 0; i < m->n_lines && !rc; i++)
		if (m->lines[i]->l.at >= from && !m->lines[i]->l.went_along)
			rc = each(arg, &m->lines[i]->l);
	return rc;
}

/* ---- masterships --------------------------------------------------------- */

const struct store_master *memory_master_of(const struct memory *m,
					    uint32_t domain)
{
	for (size_t i = 0; i < m->n_masters; i++)
		if (m->masters[i].domain == domain)
			return &m->masters[i];
	return NULL;
}

static int add_master(struct memory *m, const struct store_master *master)
{
	struct store_master *v = grow_for(&m->alloc, m->masters, m->n_masters,
					  &m->most_masters, sizeof *v);

	if (!v)
		return -ENOMEM;
	m->masters = v;
	m->masters[m->n_masters++] = *master;
	return 0;
}

int memory_set_master(struct memory *m, const struct store_master *is)
{
	for (size_t i = 0; i < m->n_masters; i++)
		if (m->masters[i].domain == is->domain) {
			m->masters[i] = *is;
			return 0;
		}
	return add_master(m, is);
}

int memory_master(struct store *s, enum store_act act, struct store_master *m,
		  usec wall)
{
	struct memory *to = memory_of(s);
	const struct store_master *is = memory_master_of(to, m->domain);
	struct store_master was = {.domain = m->domain};
	int rc;

	if (is)
		was = *is;
	rc = store_judge(act, &was, m, wall);
	return rc || act == MASTER_LOOK ? rc : memory_set_master(to, m);
}

void memory_status(struct store *s, struct store_status *to)
{
	const struct memory *m = memory_of(s);

	*to = (struct store_status){.kind = "memory",
				    .revision = m->revision,
				    .compacted = m->compacted,
				    .lines = m->n_lines};
}

int memory_backup(struct store *s, struct store_backup *b)
{
	(void)s;
	(void)b;
	return -EOPNOTSUPP;
}
