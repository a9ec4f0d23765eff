/*
 * The history as the administrator's API tells it, and who was first where an
 * edit is stale.
 */
#include "app/admin_ask.h"

#include "base/text.h"
#include "model/domain.h"
#include "model/path.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

bool history_failed(struct admin *a)
{
	if (a->ask->rc)
		admin_error(a, STATUS_FAILED, "the history: %s",
			    strerror(-a->ask->rc));
	return a->ask->rc != 0;
}

static void answer_lines(struct admin *a, const struct site *s)
{
	const struct admin_ask *ask = a->ask;
	const struct seen_lines *l = &ask->lines;
	size_t n = l->n < ADMIN_PAGE ? l->n : ADMIN_PAGE;
	json_t *list;

	if (history_failed(a))
		return;
	list = json_array();
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

/* What is there now, by any of its names, or was there, by that name. */
static bool set_path(struct asked *k, struct admin_ask *ask, const char *path)
{
	const char *fault = NULL;
	const struct entry *e = NULL;
	size_t len = strlen(path);

	if (path[0] == '/')
		e = path_entry(k->s->directory, ask->q.domain, path, &fault);
	ask->q.path = ask->path;
	if (e && line_names(k->s->directory, e, ask->path))
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

int look_history(struct admin_ask *ask, struct store *store)
{
	ask->rc = store->ops->history(store, &ask->q, lines_take, &ask->lines);
	store->ops->status(store, &ask->status);
	return 0;
}

void show_history(struct asked *k)
{
	struct admin_ask *ask = ask_open(k);

	if (!ask)
		return;
	ask->look = look_history;
	ask->looked = answer_lines;
	if (k->name && !set_place(k, ask))
		ask_withdraw(k);
}

/* ---- who was first ------------------------------------------------------- */

static int take_first(void *arg, const struct store_line *l)
{
	struct admin_ask *ask = arg;

	if (l->change.id != ask->stale)
		return 0;
	return lines_take(&ask->lines, l) ? -ENOMEM : 1;
}

static int look_first(struct admin_ask *ask, struct store *store)
{
	ask->rc = store->ops->history(store, &ask->q, take_first, ask);
	return 0;
}

/* The error, and whom it means.  A history that does not reach back so far, or
 * can't be read, takes nothing from it. */
static void name_first(struct admin *a, const struct site *s)
{
	const struct admin_ask *ask = a->ask;
	const struct store_line *l = ask->lines.n ? ask->lines.v[0] : NULL;
	const char *error =
		json_string_value(json_object_get(a->json, "error"));
	char *text = l && error ? strdup(error) : NULL;

	(void)s;
	if (text)
		admin_error(a, a->status, "%s: %s, in revision %llu", text,
			    l->who[0] ? l->who : "nobody is named",
			    (unsigned long long)(l->at >> STORE_LINE_BITS));
	free(text);
}

void ask_who_was_first(struct asked *k, const struct entry *e)
{
	struct admin_ask *ask = ask_open(k);

	if (!ask)
		return;
	ask->look = look_first;
	ask->looked = name_first;
	ask->stale = e->id;
	ask->q.domain = e->domain;
	ask->q.path = ask->path;
	ask->q.below = 0;
	if (!line_names(k->s->directory, e, ask->path))
		ask_withdraw(k);
}
