/*
 * Keeping the catalogue current.  inotify(7) names the file that somebody
 * finished writing, moved or removed, and only that is looked at; whenever it
 * says less (a directory changed, events were lost), all is scanned again.  So
 * is everything now and then, for what inotify never sees.
 */
#include "host/files_inside.h"

#include "base/text.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

enum {
	EVENTS = IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM |
		 IN_MOVED_TO | IN_ATTRIB | IN_ONLYDIR,
	MANY_EVENTS = 4096, /* bytes */
};

/* How soon to look again after something came that may be half there, and
 * after a directory changed (often not alone). */
static const usec AFTER_CREATE = SECONDS(1);
static const usec AFTER_DIRECTORY = MILLISECONDS(50);

static bool make_place(struct files *f, uint32_t wd)
{
	uint32_t n = wd + 64;
	struct watched *more;

	if (wd < f->n_watched)
		return true;
	more = alloc_get(f->alloc, n, sizeof *more);
	if (!more)
		return false;
	if (f->n_watched)
		memcpy(more, f->watched, f->n_watched * sizeof *more);
	alloc_put(f->alloc, f->watched);
	f->watched = more;
	f->n_watched = n;
	return true;
}

void files_watch(struct files *f, int fd, const char *path)
{
	size_t size = strlen(path) + 1;
	char self[64], *copy;
	int wd;

	/* By the descriptor, so that it is the directory we came to. */
	snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
	wd = inotify_add_watch(f->inotify, self, EVENTS);
	if (wd < 0 || !make_place(f, (uint32_t)wd))
		return; /* the scan that comes now and then must do */
	if (f->watched[wd].path && !strcmp(f->watched[wd].path, path))
		return;
	copy = alloc_get(f->alloc, 1, size);
	if (!copy)
		return;
	memcpy(copy, path, size);
	alloc_put(f->alloc, f->watched[wd].path);
	f->watched[wd].path = copy;
}

static void scan_within(struct files *f, usec span)
{
	f->next_scan = usec_min(f->next_scan, host_now() + span);
}

static void on_name(struct files *f, const char *parent, const char *name,
		    uint32_t mask)
{
	char path[FILES_NAME];
	struct text t = text_over(path, sizeof path);

	if (*f->only ? strcmp(name, f->only) != 0 : name[0] == '.')
		return;
	text_add(&t, parent);
	if (*parent)
		text_add(&t, "/");
	text_add(&t, name);
	if (t.full)
		return;
	if (mask & IN_CREATE)
		scan_within(f, AFTER_CREATE); /* a link, or not written yet */
	else
		files_look(f, path, mask & (IN_CLOSE_WRITE | IN_MOVED_TO));
}

static void on_event(struct files *f, const struct inotify_event *e,
		     const char *name)
{
	const char *parent = NULL;

	if (e->mask & IN_Q_OVERFLOW) {
		scan_within(f, 0);
		return;
	}
	if (e->wd >= 0 && (uint32_t)e->wd < f->n_watched)
		parent = f->watched[e->wd].path;
	if (!parent)
		return;
	if (e->mask & IN_IGNORED) {
		alloc_put(f->alloc, f->watched[e->wd].path);
		f->watched[e->wd].path = NULL;
	} else if (e->mask & IN_ISDIR) {
		scan_within(f, AFTER_DIRECTORY);
	} else if (e->len) {
		on_name(f, parent, name, e->mask);
	}
}

static void read_events(struct files *f)
{
	_Alignas(struct inotify_event) char bytes[MANY_EVENTS];
	ssize_t n;

	while ((n = read(f->inotify, bytes, sizeof bytes)) > 0) {
		for (char *at = bytes; at < bytes + n;) {
			const struct inotify_event *e = (void *)at;

			on_event(f, e, at + sizeof *e);
			at += sizeof *e + e->len;
		}
	}
}

/* What a reader found to be something else. */
static void look_at_doubted(struct files *f)
{
	for (uint32_t i = 0; i < f->n_entries; i++) {
		bool is_doubted;

		pthread_mutex_lock(&f->lock);
		is_doubted = f->entries[i]->is_doubted;
		f->entries[i]->is_doubted = false;
		pthread_mutex_unlock(&f->lock);
		if (is_doubted)
			files_look(f, f->entries[i]->name, false);
	}
}

static int wait_ms(const struct files *f)
{
	usec left = f->next_scan - host_now();

	if (left <= 0)
		return 0;
	return left > SECONDS(3600) ? 3600000
				    : (int)((left + 999) / MILLISECOND);
}

void *files_catalogue(void *files)
{
	struct files *f = files;
	struct pollfd wait[] = {{.fd = f->inotify, .events = POLLIN},
				{.fd = f->doubt.fd, .events = POLLIN}};

	while (!files_is_closing(f)) {
		if (host_now() >= f->next_scan)
			files_scan(f);
		if (poll(wait, 2, wait_ms(f)) < 0 && errno != EINTR)
			break;
		read_events(f);
		if (wake_taken(&f->doubt))
			look_at_doubted(f);
	}
	return NULL;
}
