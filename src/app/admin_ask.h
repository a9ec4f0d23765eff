/*
 * What a request asks the store, which is another thread's: it is written down,
 * looked at there, and answered here again.  For the administrator's API's own
 * files only.
 */
#ifndef MUSTER_APP_ADMIN_ASK_H
#define MUSTER_APP_ADMIN_ASK_H

#include "app/admin_inside.h"

/* Lines of the history, each a piece of memory of its own. */
struct seen_lines {
	struct store_line **v;
	size_t n, room;
};

struct admin_ask {
	unsigned keepers;
	void *owner;
	/* On the store's thread: 1: call again. */
	int (*look)(struct admin_ask *ask, struct store *store);
	/* Fills in status and answer, or makes changes. */
	void (*looked)(struct admin *a, const struct site *s);
	struct store_query q;
	char path[STORE_PATH];
	char who[CHANGES_WHO];
	/* what was seen */
	struct seen_lines lines;
	struct store_status status;
	json_t *json; /* what a store says of itself */
	int rc;
	/* Of undo: the newest line of each entry that was changed since. */
	struct seen_lines later;
	/* A stale edit: the entry that somebody has changed. */
	uint32_t stale;
	/* The copy is removed in the end; no path: none. */
	struct store_backup backup;
};

/* The request has it from now on; NULL: no memory, and the error is filled in.
 */
struct admin_ask *ask_open(struct asked *k);
/* The request asks the store nothing after all. */
void ask_withdraw(struct asked *k);
/* The names above an entry and its own, as the store writes paths; false: they
 * are too long. */
bool line_names(const struct directory *d, const struct entry *e,
		char to[STORE_PATH]);
/* One more line, copied: 0 or -ENOMEM, as store.h's walk wants it. */
int lines_take(void *lines, const struct store_line *l);

/* admin_history.c: on the store's thread, the lines of the question, and how
 * far back there are any. */
int look_history(struct admin_ask *ask, struct store *store);
/* Whether that failed; then the error is filled in. */
bool history_failed(struct admin *a);
/* "DOMAIN:PATH" of a line; without DOMAIN if it is the first. */
const char *line_path(const struct directory *d, const struct store_line *l,
		      char room[STORE_PATH + 256]);
/* admin_undo.c: the opposite of those lines of one revision, the newest first.
 */
void undo_lines(struct admin *a, const struct site *s,
		const struct seen_lines *lines, uint64_t revision);

#endif
