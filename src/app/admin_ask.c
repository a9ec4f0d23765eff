/*
 * What a request asks the store.  It is kept by counting: whoever asked may be
 * gone before the store's thread has come to it.
 */
#include "app/admin_ask.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- lines --------------------------------------------------------------- */

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

int lines_take(void *lines, const struct store_line *l)
{
	struct seen_lines *to = lines;

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

static void lines_forget(struct seen_lines *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->v[i]);
	free(l->v);
}

/* ---- asking -------------------------------------------------------------- */

struct admin_ask *ask_open(struct asked *k)
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

void ask_withdraw(struct asked *k)
{
	admin_ask_drop(k->a->ask);
	k->a->ask = NULL;
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
	lines_forget(&ask->lines);
	lines_forget(&ask->later);
	store_backup_end(&ask->backup);
	if (ask->backup.path[0])
		(void)unlink(ask->backup.path);
	json_decref(ask->json);
	free(ask);
}

int admin_look(struct admin_ask *ask, struct store *store)
{
	return ask->look(ask, store);
}

void admin_looked(struct admin *a, const struct site *s)
{
	struct admin_ask *ask = a->ask;

	ask->looked(a, s);
	a->ask = NULL;
	admin_ask_drop(ask);
}

bool line_names(const struct directory *d, const struct entry *e,
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
