/*
 * The boot directory: opening it, its threads, and the news they bring.  The
 * work is in files_scan.c and files_watch.c (what is there), files_read.c (its
 * bytes, from the disk) and files_cache.c (its bytes, for the loop).
 */
#include "host/files_inside.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <signal.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/syscall.h>
#include <unistd.h>

struct files_options files_defaults(void)
{
	return (struct files_options){.cache = (size_t)256 << 20,
				      .files = 65536,
				      .asks = 16384,
				      .readers = 4,
				      .rescan = SECONDS(60),
				      .read = pread};
}

int files_beneath(const struct files *f, const char *path, int how)
{
	struct open_how open_how = {
		/* NONBLOCK: nobody waits for the other end of a FIFO (R10). */
		.flags = (unsigned)(how | O_CLOEXEC | O_NOCTTY | O_NONBLOCK),
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
	long fd = -1;

	/* A single file is the administrator's word, wherever it leads. */
	if (*f->only)
		open_how.resolve = RESOLVE_NO_MAGICLINKS;
	if (how & O_PATH)
		open_how.flags = (unsigned)(how | O_CLOEXEC);
	/* EAGAIN: somebody renamed a directory on the way meanwhile. */
	for (int tries = 0; tries < 8; tries++) {
		fd = syscall(SYS_openat2, f->root, *path ? path : ".",
			     &open_how, sizeof open_how);
		if (fd >= 0 || errno != EAGAIN)
			break;
	}
	return fd < 0 ? -errno : (int)fd;
}

struct identity identity_of(const struct stat *st)
{
	return (struct identity){.dev = st->st_dev,
				 .ino = st->st_ino,
				 .size = st->st_size,
				 .changed = st->st_mtim};
}

bool identity_is(const struct identity *a, const struct identity *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
	       a->changed.tv_sec == b->changed.tv_sec &&
	       a->changed.tv_nsec == b->changed.tv_nsec;
}

/* The directory, or that of the single file. */
static int open_root(struct files *f, const char *path)
{
	char parent[4096];
	const char *base = strrchr(path, '/');
	struct text t = text_over(parent, sizeof parent);
	struct stat st;

	if (stat(path, &st))
		return -errno;
	if (S_ISDIR(st.st_mode)) {
		f->root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
		return f->root < 0 ? -errno : 0;
	}
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	base = base ? base + 1 : path;
	text_bytes(&t, path, (size_t)(base - path));
	text_add(&t, ".");
	if (t.full || !text_copy(f->only, sizeof f->only, base, strlen(base)))
		return -ENAMETOOLONG;
	f->root = open(parent, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return f->root < 0 ? -errno : 0;
}

/* What would fail at each file is better said at once. */
static int try_root(struct files *f)
{
	int fd = files_beneath(f, f->only, O_RDONLY);

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

static int open_tables(struct files *f)
{
	f->entries = alloc_get(f->alloc, f->o.files, sizeof(struct entry *));
	if (!f->entries || index_open(&f->names, f->alloc, 256, true))
		return -ENOMEM;
	f->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (f->inotify < 0)
		return -errno;
	return files_cache_open(f);
}

static int start_threads(struct files *f)
{
	int rc = pthread_create(&f->catalogue, NULL, files_catalogue, f);

	f->has_catalogue = !rc;
	for (unsigned i = 0; !rc && i < f->o.readers; i++) {
		struct reader *r = &f->readers[i];

		r->files = f;
		r->fd = -1;
		rc = pthread_create(&r->thread, NULL, files_reader, r);
		f->n_readers += !rc;
	}
	while (!rc && f->n_streamers < FILES_STREAMERS) {
		rc = pthread_create(&f->streamers[f->n_streamers], NULL,
				    files_streamer, f);
		f->n_streamers += !rc;
	}
	return -rc;
}

static int start(struct files *f)
{
	sigset_t all, before;
	int rc;

	/* Signals are the loop's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = start_threads(f);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return rc;
}

static void settle_options(struct files_options *o)
{
	const size_t least = FILES_GET_MAX + ((size_t)4 << 20);

	if (o->cache < least)
		o->cache = least;
	if (o->readers < 2)
		o->readers = 2;
	if (o->readers > FILES_READERS)
		o->readers = FILES_READERS;
}

int files_open(struct files **to, const char *path,
	       const struct files_options *o, const struct alloc *alloc)
{
	struct files *f = alloc_get(alloc, 1, sizeof *f);
	int rc;

	if (!f)
		return -ENOMEM;
	f->alloc = alloc;
	f->o = *o;
	settle_options(&f->o);
	f->root = f->inotify = f->bell.fd = f->doubt.fd = -1;
	f->turn = 1;
	TAILQ_INIT(&f->queue);
	TAILQ_INIT(&f->read);
	TAILQ_INIT(&f->streams);
	TAILQ_INIT(&f->streamed);
	pthread_mutex_init(&f->lock, NULL);
	pthread_cond_init(&f->work, NULL);
	pthread_cond_init(&f->stream_work, NULL);
	pthread_cond_init(&f->room, NULL);
	rc = open_root(f, path);
	if (!rc)
		rc = try_root(f);
	if (!rc)
		rc = wake_open(&f->bell);
	if (!rc)
		rc = wake_open(&f->doubt);
	if (!rc)
		rc = open_tables(f);
	if (!rc)
		rc = start(f);
	if (rc)
		files_close(f);
	else
		*to = f;
	return rc;
}

static void stop(struct files *f)
{
	pthread_mutex_lock(&f->lock);
	f->is_closing = true;
	pthread_cond_broadcast(&f->work);
	pthread_cond_broadcast(&f->stream_work);
	pthread_cond_broadcast(&f->room);
	pthread_mutex_unlock(&f->lock);
	if (f->has_catalogue) {
		wake_up(&f->doubt);
		pthread_join(f->catalogue, NULL);
	}
	for (unsigned i = 0; i < f->n_readers; i++)
		pthread_join(f->readers[i].thread, NULL);
	for (unsigned i = 0; i < f->n_streamers; i++)
		pthread_join(f->streamers[i], NULL);
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

void files_close(struct files *f)
{
	if (!f)
		return;
	stop(f);
	files_cache_close(f);
	for (uint32_t i = 0; i < f->n_entries; i++) {
		alloc_put(f->alloc, f->entries[i]->name);
		alloc_put(f->alloc, f->entries[i]);
	}
	for (uint32_t i = 0; i < f->n_watched; i++)
		alloc_put(f->alloc, f->watched[i].path);
	alloc_put(f->alloc, f->watched);
	alloc_put(f->alloc, f->entries);
	if (f->names.v)
		index_close(&f->names, f->alloc);
	close_fd(f->inotify);
	close_fd(f->bell.fd);
	close_fd(f->doubt.fd);
	close_fd(f->root);
	pthread_cond_destroy(&f->room);
	pthread_cond_destroy(&f->work);
	pthread_cond_destroy(&f->stream_work);
	pthread_mutex_destroy(&f->lock);
	alloc_put(f->alloc, f);
}

int files_fd(const struct files *f)
{
	return f->bell.fd;
}

bool files_is_closing(struct files *f)
{
	bool is;

	pthread_mutex_lock(&f->lock);
	is = f->is_closing;
	pthread_mutex_unlock(&f->lock);
	return is;
}

void files_tell(struct files *f, const struct files_news *news)
{
	while (f->news_n == FILES_NEWS && !f->is_closing)
		pthread_cond_wait(&f->room, &f->lock);
	if (f->is_closing)
		return;
	f->news[(f->news_at + f->news_n++) % FILES_NEWS] = *news;
	wake_up(&f->bell);
}

bool files_news(struct files *f, struct files_news *news)
{
	bool is_one;

	pthread_mutex_lock(&f->lock);
	is_one = f->news_n > 0;
	if (is_one) {
		*news = f->news[f->news_at];
		f->news_at = (f->news_at + 1) % FILES_NEWS;
		f->news_n--;
		pthread_cond_signal(&f->room);
	}
	pthread_mutex_unlock(&f->lock);
	return is_one;
}
