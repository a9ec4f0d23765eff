/*
 * What is in the boot directory.  One name at a time is looked at, by its
 * number and time, never by its contents; a scan looks at all names and then
 * declares gone what it did not meet.  Only news of what differs from the entry
 * are told, so looking twice costs nothing.
 */
#include "host/files_inside.h"

#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* Time stamps of file systems are coarse: 2 s on FAT. */
static const usec COARSE = SECONDS(3);
/* A file modified this lately may still be on its way in. */
static const usec SETTLED = SECONDS(1);

static usec changed_of(const struct identity *id)
{
	return SECONDS(id->changed.tv_sec) + id->changed.tv_nsec / 1000;
}

/* Whether it was modified within the last `span`; the future is long ago. */
static bool is_within(const struct identity *id, usec span)
{
	usec age = host_wall() - changed_of(id);

	return age >= 0 && age < span;
}

static void tell(struct files *f, uint32_t number, enum files_what what, int rc)
{
	const struct entry *e = f->entries[number - 1];
	struct files_news news = {.what = what,
				  .file = number,
				  .version = e->version,
				  .size = (uint64_t)e->id.size,
				  .changed = changed_of(&e->id),
				  .rc = rc};

	text_copy(news.name, sizeof news.name, e->name, strlen(e->name));
	files_tell(f, &news);
}

/* The number of a name; 0 if it has none. */
static uint32_t find(const struct files *f, const char *name, uint64_t hash)
{
	for (uint32_t at = 0, id; index_next(&f->names, hash, &at, &id);)
		if (!strcmp(f->entries[id]->name, name))
			return id + 1;
	return 0;
}

/* A new entry.  The name is known to be short enough; 0 if there is no room. */
static uint32_t make(struct files *f, const char *name, uint64_t hash)
{
	size_t size = strlen(name) + 1;
	struct entry *e;

	if (f->n_entries == f->o.files)
		return 0;
	e = alloc_get(f->alloc, 1, sizeof *e);
	if (!e)
		return 0;
	e->name = alloc_get(f->alloc, 1, size);
	if (!e->name || index_add(&f->names, hash, f->n_entries)) {
		alloc_put(f->alloc, e->name);
		alloc_put(f->alloc, e);
		return 0;
	}
	memcpy(e->name, name, size);
	f->entries[f->n_entries++] = e;
	return f->n_entries;
}

/* It can't be served.  Said once, until the reason is another one. */
static void refuse(struct files *f, uint32_t number, int rc)
{
	struct entry *e = f->entries[number - 1];

	if (e->is_there) {
		e->is_there = false;
		e->version++;
		tell(f, number, FILES_GONE, 0);
	}
	e->scan = f->scan;
	if (e->refused != rc && rc != -ENOENT)
		tell(f, number, FILES_REFUSED, rc);
	e->refused = rc;
}

static void accept(struct files *f, uint32_t number, const struct identity *id)
{
	struct entry *e = f->entries[number - 1];
	bool is_new = !e->is_there;

	e->scan = f->scan;
	e->refused = 0;
	e->is_there = true;
	e->is_young = is_within(id, COARSE);
	e->id = *id;
	e->version++;
	tell(f, number, is_new ? FILES_FOUND : FILES_CHANGED, 0);
}

/* 0: a regular file that we may read.  -EISDIR and -ENODEV: a directory, or a
 * thing that is none of our business.  -ENOENT: nothing there. */
static int examine(const struct files *f, const char *path, struct identity *id)
{
	struct stat st;
	int fd = files_beneath(f, path, O_PATH), rc = 0;

	if (fd < 0)
		return fd == -ENOTDIR ? -ENOENT : fd;
	if (fstat(fd, &st))
		rc = -errno;
	else if (S_ISDIR(st.st_mode))
		rc = -EISDIR;
	else if (!S_ISREG(st.st_mode))
		rc = -ENODEV;
	else if (faccessat(fd, "", R_OK, AT_EMPTY_PATH | AT_EACCESS))
		rc = -errno;
	else
		*id = identity_of(&st);
	close(fd);
	return rc;
}

/* Under the lock. */
static void update(struct files *f, uint32_t number, const struct identity *id,
		   bool was_written)
{
	struct entry *e = f->entries[number - 1];
	bool is_same = e->is_there && identity_is(&e->id, id);

	e->is_doubted = false;
	if (is_same && !(was_written && e->is_young)) {
		e->scan = f->scan;
		return;
	}
	/* The very first scan takes everything as it is. */
	if (!was_written && f->scan > 1 && is_within(id, SETTLED)) {
		usec soon = host_now() + SETTLED;

		e->scan = f->scan;
		f->next_scan = usec_min(f->next_scan, soon);
		return;
	}
	accept(f, number, id);
}

static void tell_full(struct files *f, const char *path)
{
	struct files_news news = {.what = FILES_REFUSED, .rc = -ENFILE};

	text_copy(news.name, sizeof news.name, path, strlen(path));
	files_tell(f, &news);
}

void files_look(struct files *f, const char *path, bool was_written)
{
	uint64_t hash = hash_bytes(path, strlen(path), 0);
	struct identity id = {0};
	int rc = examine(f, path, &id);
	uint32_t number;

	pthread_mutex_lock(&f->lock);
	number = find(f, path, hash);
	if (rc == -EISDIR || rc == -ENODEV)
		rc = -ENOENT;
	if (!number && rc != -ENOENT) {
		number = make(f, path, hash);
		if (!number)
			tell_full(f, path);
	}
	if (number && rc)
		refuse(f, number, rc);
	else if (number)
		update(f, number, &id, was_written);
	pthread_mutex_unlock(&f->lock);
}

/* Directories that a scan has still to read. */
struct todo {
	char **v;
	size_t n, room;
};

static int push(struct files *f, struct todo *t, const char *path)
{
	size_t size = strlen(path) + 1;
	char *copy;

	if (t->n == t->room) {
		size_t room = t->room ? t->room * 2 : 64;
		char **more = alloc_get(f->alloc, room, sizeof *more);

		if (!more)
			return -ENOMEM;
		if (t->n)
			memcpy(more, t->v, t->n * sizeof *more);
		alloc_put(f->alloc, t->v);
		t->v = more;
		t->room = room;
	}
	copy = alloc_get(f->alloc, 1, size);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, path, size);
	t->v[t->n++] = copy;
	return 0;
}

static int stat_beneath(const struct files *f, const char *path,
			struct stat *st)
{
	int fd = files_beneath(f, path, O_PATH), rc;

	if (fd < 0)
		return fd;
	rc = fstat(fd, st) ? -errno : 0;
	close(fd);
	return rc;
}

/* Whether a directory is one of those above it: a link leads up again. */
static bool is_loop(const struct files *f, const char *path)
{
	char above[FILES_NAME];
	struct stat here, st;

	if (stat_beneath(f, path, &here))
		return true;
	text_copy(above, sizeof above, path, strlen(path));
	for (char *slash; *above;) {
		slash = strrchr(above, '/');
		*(slash ? slash : above) = '\0';
		if (stat_beneath(f, above, &st) ||
		    (st.st_dev == here.st_dev && st.st_ino == here.st_ino))
			return true;
	}
	return false;
}

static unsigned depth_of(const char *path)
{
	unsigned n = 0;

	for (; *path; path++)
		n += *path == '/';
	return n;
}

static void tell_long(struct files *f, const char *name)
{
	struct files_news news = {.what = FILES_REFUSED, .rc = -ENAMETOOLONG};

	text_copy(news.name, sizeof news.name, name, strlen(name));
	pthread_mutex_lock(&f->lock);
	files_tell(f, &news);
	pthread_mutex_unlock(&f->lock);
}

static void meet(struct files *f, struct todo *t, const char *parent,
		 const struct dirent *d)
{
	char path[FILES_NAME];
	struct text name = text_over(path, sizeof path);
	struct stat st;
	bool is_dir = d->d_type == DT_DIR;

	if (d->d_name[0] == '.')
		return;
	text_add(&name, parent);
	if (*parent)
		text_add(&name, "/");
	text_add(&name, d->d_name);
	if (name.full) {
		tell_long(f, d->d_name);
		return;
	}
	if (d->d_type == DT_LNK || d->d_type == DT_UNKNOWN)
		is_dir = !stat_beneath(f, path, &st) && S_ISDIR(st.st_mode) &&
			 !is_loop(f, path);
	if (!is_dir)
		files_look(f, path, false);
	else if (depth_of(path) < FILES_DEPTH)
		(void)push(f, t, path); /* without memory: the next scan */
}

static void read_directory(struct files *f, struct todo *t, const char *path)
{
	int fd = files_beneath(f, path, O_RDONLY | O_DIRECTORY);
	struct dirent *d;
	DIR *dir;

	if (fd < 0)
		return;
	/* First the watch, so that what comes meanwhile is seen twice rather
	 * than never. */
	files_watch(f, fd, path);
	dir = fdopendir(fd);
	if (!dir) {
		close(fd);
		return;
	}
	/* cppcheck-suppress readdirCalled ; this DIR is ours alone */
	while ((d = readdir(dir)) && !files_is_closing(f))
		meet(f, t, path, d);
	closedir(dir);
}

static void sweep(struct files *f)
{
	struct files_news done = {.what = FILES_SCANNED};

	pthread_mutex_lock(&f->lock);
	for (uint32_t i = 0; i < f->n_entries; i++)
		if (f->entries[i]->scan != f->scan)
			refuse(f, i + 1, -ENOENT);
	files_tell(f, &done);
	pthread_mutex_unlock(&f->lock);
}

void files_scan(struct files *f)
{
	struct todo t = {0};

	f->scan++;
	f->next_scan = host_now() + f->o.rescan;
	if (*f->only) {
		int fd = files_beneath(f, "", O_RDONLY | O_DIRECTORY);

		if (fd >= 0) {
			files_watch(f, fd, "");
			close(fd);
		}
		files_look(f, f->only, false);
	} else {
		(void)push(f, &t, "");
	}
	while (t.n) {
		char *path = t.v[--t.n];

		if (!files_is_closing(f))
			read_directory(f, &t, path);
		alloc_put(f->alloc, path);
	}
	alloc_put(f->alloc, t.v);
	sweep(f);
}
