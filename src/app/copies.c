/*
 * Copies of the store: made beside it, and gone from there before they are
 * read.  One that has a name still when a daemon starts is a dead one's.
 */
#include "app/copies.h"

#include "app/admin_ask.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PREFIX "muster.db.copy-"

void copies_sweep(const char *state)
{
	DIR *dir = opendir(state);
	const struct dirent *e;

	/* cppcheck-suppress readdirCalled ; this DIR is ours alone */
	while (dir && (e = readdir(dir)))
		if (!strncmp(e->d_name, PREFIX, sizeof PREFIX - 1))
			(void)unlinkat(dirfd(dir), e->d_name, 0);
	if (dir)
		closedir(dir);
}

/* ---- a request for one --------------------------------------------------- */

static int look_copy(struct admin_ask *ask, struct store *store)
{
	ask->rc = store->ops->backup(store, &ask->backup);
	return ask->rc > 0 ? 1 : 0;
}

static void answer_copy(struct admin *a, const struct site *s)
{
	const struct admin_ask *ask = a->ask;
	int fd = ask->rc ? -1 : open(ask->backup.path, O_RDONLY | O_CLOEXEC);
	int rc = ask->rc ? ask->rc : -errno;

	(void)s;
	if (fd < 0) {
		admin_error(a, rc == -ENOSPC ? STATUS_NO_ROOM : STATUS_FAILED,
			    "a copy of the store: %s", strerror(-rc));
		return;
	}
	a->status = STATUS_OK;
	a->fd = fd;
}

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
	ask->look = look_copy;
	ask->looked = answer_copy;
	snprintf(ask->backup.path, sizeof ask->backup.path, "%s/" PREFIX "%p",
		 k->q->state, (void *)ask);
	(void)unlink(ask->backup.path);
}
