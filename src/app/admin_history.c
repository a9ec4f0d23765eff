/*
 * The history, and undoing a part of it.  The store is another thread's: what
 * is asked of it is written down, taken there, and answered here again.
 */
#include "app/admin_inside.h"

#include "base/text.h"
#include "model/domain.h"
#include "model/path.h"

#include <errno.h>
#include <fcntl.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* So many lines of a revision can be undone at once. */
enum { UNDO_MAX = 1 << 22, LATER_MAX = 64 };

struct admin_ask {
	unsigned keepers;
	void *owner;
	bool is_undo, is_backup;
	uint32_t stale; /* the entry that somebody has changed; 0: none */
	struct store_backup backup;
	struct store_query q;
	char path[STORE_PATH];
	char who[CHANGES_WHO];
	/* what was seen */
	struct seen_lines lines;
	struct store_status status;
	/* Of undo: the newest line of each entry that was changed since. */
	struct seen_lines later;
	int rc;
};

/* ---- on the store's thread ----------------------------------------------- */

static void *put(uint8_t **at, const void *bytes, size_t len)
{
	uint8_t *start = *at;

	if (len)
		memcpy(start, bytes, len);
	*at += len;
	return start;
}

static struct store_line *copy(const struct store_line *l)
{
	size_t who = strlen(l->who) + 1, path = strlen(l->path) + 1;
	struct store_line *to = malloc(sizeof *to + who + path + l->before.len +
				       l->change.props.len);
	uint8_t *at;

	if (!to)
		return NULL;
	at = (uint8_t *)(to + 1);
	*to = *l;
	to->who = put(&at, l->who, who);
	to->path = put(&at, l->path, path);
	to->before.bytes = put(&at, l->before.bytes, l->before.len);
	to->change.props.bytes =
		put(&at, l->change.props.bytes, l->change.props.len);
	return to;
}

static int take(void *arg, const struct store_line *l)
{
	struct seen_lines *to = arg;

	if (to->n == to->room) {
		size_t room = to->room ? 2 * to->room : 64;
		void *v = realloc(to->v, room * sizeof *to->v);

		if (!v)
			return -ENOMEM;
		to->v = v;
		to->room = room;
	}
	to->v[to->n] = copy(l);
	if (!to->v[to->n])
		return -ENOMEM;
	to->n++;
	return 0;
}

static void forget(struct seen_lines *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->v[i]);
	free(l->v);
}

static bool has_entry(const struct seen_lines *l, uint32_t id)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i]->change.id == id)
			return true;
	return false;
}

static int take_later(void *arg, const struct store_line *l)
{
	struct admin_ask *ask = arg;

	if (l->at >> STORE_LINE_BITS <= ask->q.revision)
		return 1;
	if (!has_entry(&ask->lines, l->change.id) ||
	    has_entry(&ask->later, l->change.id))
		return 0;
	return take(&ask->later, l);
}

/* Who has changed since what is to be undone: for the error, should there be
 * one, and so only as far as that is quickly found. */
static int look_later(struct admin_ask *ask, struct store *store)
{
	struct store_query q = {.most = 1000};
	int rc;

	if (ask->lines.n > LATER_MAX)
		return 0;
	rc = store->ops->history(store, &q, take_later, ask);
	return rc > 0 ? 0 : rc;
}

static int take_first(void *arg, const struct store_line *l)
{
	struct admin_ask *ask = arg;

	if (l->change.id != ask->stale)
		return 0;
	return take(&ask->lines, l) ? -ENOMEM : 1;
}

int admin_look(struct admin_ask *ask, struct store *store)
{
	if (ask->stale) {
		ask->rc = store->ops->history(store, &ask->q, take_first, ask);
		return 0;
	}
	if (ask->is_backup) {
		ask->rc = store->ops->backup(store, &ask->backup);
		return ask->rc > 0 ? 1 : 0;
	}
	ask->rc = store->ops->history(store, &ask->q, take, &ask->lines);
	store->ops->status(store, &ask->status);
	if (!ask->rc && ask->is_undo)
		ask->rc = look_later(ask, store);
	return 0;
}

/* ---- as JSON ------------------------------------------------------------- */

static void put_domain(const struct directory *d, uint32_t domain,
		       struct text *t)
{
	if (directory_entry(d, domain))
		domain_path_put(d, domain, t);
	else
		text_add(t, "a domain that is gone");
}

const char *line_path(const struct directory *d, const struct store_line *l,
		      char room[STORE_PATH + 256])
{
	struct text t = text_over(room, STORE_PATH + 256);

	if (l->change.domain != DOMAIN_FIRST) {
		put_domain(d, l->change.domain, &t);
		text_add(&t, ":");
	}
	text_add(&t, l->path);
	return room;
}

static const char *kind_of(const struct store_line *l)
{
	if (l->went_along)
		return "went along";
	if (l->change.kind == CHANGE_ENTRY_DESTROY)
		return "destroyed";
	return l->change.instance == 1 ? "created" : "set";
}

static json_t *line_json(const struct directory *d, const struct store_line *l)
{
	bool was = l->change.kind == CHANGE_ENTRY_DESTROY ||
		   l->change.instance > 1;
	bool is = l->change.kind != CHANGE_ENTRY_DESTROY;
	char room[STORE_PATH + 256];
	struct text t = text_over(room, sizeof room);

	put_domain(d, l->change.domain, &t);
	return json_pack("{s:I, s:I, s:o, s:s, s:o, s:o, s:I, s:I, s:o, s:o}",
			 "revision", (json_int_t)(l->at >> STORE_LINE_BITS),
			 "time", (json_int_t)(l->wall / SECONDS(1)), "who",
			 safe_string(l->who), "kind", kind_of(l), "domain",
			 safe_string(room), "path", safe_string(l->path), "id",
			 (json_int_t)l->change.id, "instance",
			 (json_int_t)l->change.instance, "before",
			 was ? props_json(&l->before) : json_null(), "after",
			 is ? props_json(&l->change.props) : json_null());
}

static void answer_lines(struct admin *a, const struct site *s)
{
	const struct admin_ask *ask = a->ask;
	const struct seen_lines *l = &ask->lines;
	size_t n = l->n < ADMIN_PAGE ? l->n : ADMIN_PAGE;
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, line_json(s->directory, l->v[i]));
	a->status = STATUS_OK;
	a->json = json_pack("{s:o, s:I}", "history", list, "since",
			    (json_int_t)ask->status.compacted);
	if (l->n > n)
		json_object_set_new(a->json, "next",
				    json_integer((json_int_t)l->v[n - 1]->at));
}

/* ---- asking -------------------------------------------------------------- */

static struct admin_ask *ask_open(struct asked *k)
{
	struct admin_ask *ask = calloc(1, sizeof *ask);

	if (!ask) {
		admin_error(k->a, STATUS_FAILED, "%s", strerror(ENOMEM));
		return NULL;
	}
	ask->keepers = 1;
	ask->q.below = k->q->far_from;
	ask->q.most = ADMIN_PAGE + 1;
	snprintf(ask->who, sizeof ask->who, "%s", k->q->who ? k->q->who : "");
	k->a->ask = ask;
	return ask;
}

struct admin_ask *admin_ask_keep(struct admin_ask *ask)
{
	ask->keepers++;
	return ask;
}

void admin_ask_own(struct admin_ask *ask, void *owner)
{
	ask->owner = owner;
}

void *admin_ask_owner(const struct admin_ask *ask)
{
	return ask->owner;
}

void admin_ask_drop(struct admin_ask *ask)
{
	if (!ask || --ask->keepers)
		return;
	forget(&ask->lines);
	forget(&ask->later);
	if (ask->is_backup) {
		store_backup_end(&ask->backup);
		(void)unlink(ask->backup.path);
	}
	free(ask);
}

/* The names above an entry and its own, as the store writes paths. */
static bool put_names(const struct directory *d, const struct entry *e,
		      char to[STORE_PATH])
{
	char *at = to + STORE_PATH - 1;

	*at = '\0';
	for (; e && e->parent; e = directory_entry(d, e->parent)) {
		const char *name = machine_name(e);
		size_t len = strlen(name);

		if ((size_t)(at - to) < len + 1)
			return false;
		at -= len;
		memcpy(at, name, len);
		*--at = '/';
	}
	memmove(to, *at ? at : "/", strlen(*at ? at : "/") + 1);
	return true;
}

/* What is there now, by any of its names, or was there, by that name. */
static bool set_path(struct asked *k, struct admin_ask *ask, const char *path)
{
	const char *fault = NULL;
	const struct entry *e = NULL;
	size_t len = strlen(path);

	if (path[0] == '/')
		e = path_entry(k->s->directory, ask->q.domain, path, &fault);
	ask->q.path = ask->path;
	if (e && put_names(k->s->directory, e, ask->path))
		return true;
	while (len > 1 && path[len - 1] == '/')
		len--;
	if (path[0] == '/' && text_copy(ask->path, sizeof ask->path, path, len))
		return true;
	admin_error(k->a, STATUS_WRONG, "`%s' is no path%s%s", path,
		    fault ? ": it " : "", fault ? fault : "");
	return false;
}

static bool set_place(struct asked *k, struct admin_ask *ask)
{
	const char *colon = strchr(k->name, ':');
	char domain[STORE_PATH];
	size_t len = colon ? (size_t)(colon - k->name) : 0;

	if (!colon || !text_copy(domain, sizeof domain, k->name, len)) {
		admin_error(k->a, STATUS_WRONG, "`%s' is no DOMAIN:PATH",
			    k->name);
		return false;
	}
	ask->q.domain =
		domain_named(k->s->directory, k->s->domain, len ? domain : ".");
	if (ask->q.domain)
		return set_path(k, ask, colon + 1);
	admin_error(k->a, STATUS_NOT_FOUND, "%s: there is no such domain",
		    domain);
	return false;
}

void show_history(struct asked *k)
{
	struct admin_ask *ask = ask_open(k);

	if (!ask || !k->name || set_place(k, ask))
		return;
	k->a->ask = NULL;
	admin_ask_drop(ask);
}

void edit_undo(struct asked *k)
{
	struct admin_ask *ask;
	uint64_t revision;

	if (!number_parse(k->name, strlen(k->name),
			  UINT64_MAX >> (STORE_LINE_BITS + 1), &revision) ||
	    !revision) {
		admin_error(k->a, STATUS_WRONG, "`%s' is no revision", k->name);
		return;
	}
	ask = ask_open(k);
	if (!ask)
		return;
	ask->is_undo = true;
	ask->q.revision = revision;
	ask->q.most = UNDO_MAX;
}

/* ---- undoing ------------------------------------------------------------- */

static void no_lines(struct admin *a, const struct admin_ask *ask)
{
	unsigned long long revision = ask->q.revision;

	if (ask->q.revision > ask->status.revision)
		admin_error(a, STATUS_NOT_FOUND,
			    "%llu: there is no such revision yet", revision);
	else
		admin_error(a, STATUS_NOT_FOUND,
			    "revision %llu changed nothing in the directory",
			    revision);
}

/* Its newest line says who was first. */
static const struct store_line *since(const struct admin_ask *ask)
{
	return ask->later.n ? ask->later.v[0] : NULL;
}

static void undo(struct admin *a, const struct site *s)
{
	const struct admin_ask *ask = a->ask;
	const struct store_line *l = since(ask);
	char room[STORE_PATH + 256];

	if (ask->q.revision <= ask->status.compacted)
		admin_error(a, STATUS_NOT_FOUND,
			    "revision %llu: the history reaches back only to "
			    "%llu",
			    (unsigned long long)ask->q.revision,
			    (unsigned long long)ask->status.compacted + 1);
	else if (!ask->lines.n)
		no_lines(a, ask);
	else if (l)
		admin_error(a, STATUS_CONFLICT,
			    "%s: %s has changed it since, in revision %llu",
			    line_path(s->directory, l, room),
			    l->who[0] ? l->who : "somebody",
			    (unsigned long long)(l->at >> STORE_LINE_BITS));
	else
		undo_lines(a, s, &ask->lines, ask->q.revision);
	if (a->changes)
		memcpy(a->changes->who, ask->who, sizeof ask->who);
}

/* ---- who was first ---------------------------------------------------------
 */

void ask_who_was_first(struct asked *k, const struct entry *e)
{
	struct admin_ask *ask = ask_open(k);

	if (!ask)
		return;
	ask->stale = e->id;
	ask->q.domain = e->domain;
	ask->q.path = ask->path;
	ask->q.below = 0;
	if (put_names(k->s->directory, e, ask->path))
		return;
	k->a->ask = NULL;
	admin_ask_drop(ask);
}

/* The error, and whom it means.  A history that does not reach back so far, or
 * can't be read, takes nothing from it. */
static void name_first(struct admin *a, const struct admin_ask *ask)
{
	const struct store_line *l = ask->lines.n ? ask->lines.v[0] : NULL;
	const char *error =
		json_string_value(json_object_get(a->json, "error"));
	char *text = l && error ? strdup(error) : NULL;

	if (text)
		admin_error(a, a->status, "%s: %s, in revision %llu", text,
			    l->who[0] ? l->who : "nobody is named",
			    (unsigned long long)(l->at >> STORE_LINE_BITS));
	free(text);
}

/* ---- a copy -------------------------------------------------------------- */

/* Each has a name of its own; it is gone before it is read. */
void show_backup(struct asked *k)
{
	struct admin_ask *ask;

	if (!k->q->state || !k->q->state[0]) {
		admin_error(k->a, STATUS_WRONG,
			    "this musterd keeps all in memory: there is no "
			    "store");
		return;
	}
	ask = ask_open(k);
	if (!ask)
		return;
	ask->is_backup = true;
	snprintf(ask->backup.path, sizeof ask->backup.path,
		 "%s/muster.db.copy-%p", k->q->state, (void *)ask);
	(void)unlink(ask->backup.path);
}

static void answer_copy(struct admin *a, const struct admin_ask *ask)
{
	int fd = ask->rc ? -1 : open(ask->backup.path, O_RDONLY | O_CLOEXEC);
	int rc = ask->rc ? ask->rc : -errno;

	if (fd < 0) {
		admin_error(a, rc == -ENOSPC ? STATUS_NO_ROOM : STATUS_FAILED,
			    "a copy of the store: %s", strerror(-rc));
		return;
	}
	a->status = STATUS_OK;
	a->fd = fd;
}

void admin_looked(struct admin *a, const struct site *s)
{
	struct admin_ask *ask = a->ask;

	if (ask->stale)
		name_first(a, ask);
	else if (ask->is_backup)
		answer_copy(a, ask);
	else if (ask->rc)
		admin_error(a, STATUS_FAILED, "the history: %s",
			    strerror(-ask->rc));
	else if (ask->is_undo)
		undo(a, s);
	else
		answer_lines(a, s);
	a->ask = NULL;
	admin_ask_drop(ask);
}
