/*
 * A disk for SQLite that is only memory, and fails on demand: its power goes at
 * any write or sync, then of what was not synced each sector is either there or
 * not; or it is full; or a sync fails.
 */
#ifndef MUSTER_TESTS_DISK_H
#define MUSTER_TESTS_DISK_H

#include "base/rand.h"

#include <sqlite3.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { DISK_FILES = 4, SECTOR = 512 };

/* Once its power has gone. */
enum disk_keeps { DISK_ALL, DISK_SYNCED, DISK_SOME };

struct image_of {
	uint8_t *b;
	size_t n, room;
};

struct disk_file {
	char name[48];
	bool is_there;
	struct image_of now, safe;
};

struct disk {
	sqlite3_vfs vfs, *real;
	struct disk_file v[DISK_FILES];
	int left; /* writes and syncs until the power goes; < 0: it stays */
	unsigned long at; /* or at this of all calls; 0: at none */
	bool is_down;
	long space; /* bytes by which files may grow; < 0: any */
	bool fails_sync;
	unsigned long calls;
};

/* SQLite gives its functions no argument of ours. */
static struct disk disk;

struct disk_open {
	sqlite3_file base;
	struct disk_file *f;
};

static inline struct disk_file *disk_of(sqlite3_file *f)
{
	return ((struct disk_open *)(void *)f)->f;
}

static inline void image_size(struct image_of *im, size_t n)
{
	if (n > im->room) {
		im->room = 2 * n;
		im->b = realloc(im->b, im->room);
		if (!im->b)
			abort();
	}
	if (n > im->n)
		memset(im->b + im->n, 0, n - im->n);
	im->n = n;
}

static inline bool disk_strikes(void)
{
	disk.calls++;
	if (!disk.is_down &&
	    (disk.calls == disk.at || (disk.left >= 0 && disk.left-- == 0)))
		disk.is_down = true;
	return disk.is_down;
}

static inline int disk_close(sqlite3_file *f)
{
	(void)f;
	return SQLITE_OK;
}

static inline int disk_read(sqlite3_file *file, void *to, int n,
			    sqlite3_int64 at)
{
	const struct image_of *im = &disk_of(file)->now;
	size_t has = (size_t)at < im->n ? im->n - (size_t)at : 0;
	size_t len = (size_t)n;

	if (disk.is_down)
		return SQLITE_IOERR_READ;
	if (has >= len) {
		memcpy(to, im->b + at, len);
		return SQLITE_OK;
	}
	memset(to, 0, len);
	if (has)
		memcpy(to, im->b + at, has);
	return SQLITE_IOERR_SHORT_READ;
}

/* A write that the power goes in has written a part. */
static inline int disk_write(sqlite3_file *file, const void *b, int n,
			     sqlite3_int64 at)
{
	struct image_of *im = &disk_of(file)->now;
	size_t end = (size_t)at + (size_t)n;
	size_t more = end > im->n ? end - im->n : 0;
	bool was_down = disk.is_down, strikes = disk_strikes();

	if (was_down)
		return SQLITE_IOERR_WRITE;
	if (disk.space >= 0 && more > (size_t)disk.space)
		return SQLITE_FULL;
	if (disk.space >= 0)
		disk.space -= (long)more;
	if (end > im->n)
		image_size(im, end);
	memcpy(im->b + at, b, strikes ? (size_t)n / 2 : (size_t)n);
	return strikes ? SQLITE_IOERR_WRITE : SQLITE_OK;
}

static inline int disk_truncate(sqlite3_file *file, sqlite3_int64 n)
{
	if (disk_strikes())
		return SQLITE_IOERR_TRUNCATE;
	image_size(&disk_of(file)->now, (size_t)n);
	return SQLITE_OK;
}

static inline void image_copy(struct image_of *to, const struct image_of *from)
{
	image_size(to, from->n);
	if (from->n)
		memcpy(to->b, from->b, from->n);
}

static inline int disk_sync(sqlite3_file *file, int flags)
{
	struct disk_file *f = disk_of(file);

	(void)flags;
	if (disk_strikes())
		return SQLITE_IOERR_FSYNC;
	if (disk.fails_sync) {
		disk.fails_sync = false;
		return SQLITE_IOERR_FSYNC;
	}
	image_copy(&f->safe, &f->now);
	return SQLITE_OK;
}

static inline int disk_size(sqlite3_file *file, sqlite3_int64 *n)
{
	*n = (sqlite3_int64)disk_of(file)->now.n;
	return SQLITE_OK;
}

static inline int disk_lock(sqlite3_file *file, int how)
{
	(void)file;
	(void)how;
	return SQLITE_OK;
}

static inline int disk_is_locked(sqlite3_file *file, int *is)
{
	(void)file;
	*is = 0;
	return SQLITE_OK;
}

static inline int disk_control(sqlite3_file *file, int what, void *arg)
{
	(void)file;
	(void)what;
	(void)arg;
	return SQLITE_NOTFOUND;
}

static inline int disk_sector(sqlite3_file *file)
{
	(void)file;
	return SECTOR;
}

/* As of SQLite's own files on Linux.  Else it writes on behind a commit, and if
 * the disk is full then, what it calls a failure is whole to a recovery. */
static inline int disk_traits(sqlite3_file *file)
{
	(void)file;
	return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static const sqlite3_io_methods disk_methods = {
	.iVersion = 1,
	.xClose = disk_close,
	.xRead = disk_read,
	.xWrite = disk_write,
	.xTruncate = disk_truncate,
	.xSync = disk_sync,
	.xFileSize = disk_size,
	.xLock = disk_lock,
	.xUnlock = disk_lock,
	.xCheckReservedLock = disk_is_locked,
	.xFileControl = disk_control,
	.xSectorSize = disk_sector,
	.xDeviceCharacteristics = disk_traits,
};

/* The file of that name, or room for one; NULL: neither. */
static inline struct disk_file *disk_find(const char *name, bool makes)
{
	for (int i = 0; i < DISK_FILES; i++)
		if (disk.v[i].is_there && !strcmp(disk.v[i].name, name))
			return &disk.v[i];
	for (int i = 0; makes && i < DISK_FILES; i++) {
		struct disk_file *f = &disk.v[i];

		if (f->is_there || strlen(name) >= sizeof f->name)
			continue;
		strcpy(f->name, name);
		f->is_there = true;
		f->now.n = f->safe.n = 0;
		return f;
	}
	return NULL;
}

static inline int disk_open(sqlite3_vfs *vfs, const char *name,
			    sqlite3_file *file, int flags, int *out)
{
	struct disk_open *o = (struct disk_open *)(void *)file;

	(void)vfs;
	file->pMethods = NULL;
	o->f = name ? disk_find(name, flags & SQLITE_OPEN_CREATE) : NULL;
	if (!o->f || disk.is_down)
		return SQLITE_CANTOPEN;
	file->pMethods = &disk_methods;
	if (out)
		*out = flags;
	return SQLITE_OK;
}

static inline int disk_delete(sqlite3_vfs *vfs, const char *name, int syncs)
{
	struct disk_file *f = disk_find(name, false);

	(void)vfs;
	(void)syncs;
	if (disk_strikes())
		return SQLITE_IOERR_DELETE;
	if (f)
		f->is_there = false;
	return f ? SQLITE_OK : SQLITE_IOERR_DELETE_NOENT;
}

static inline int disk_access(sqlite3_vfs *vfs, const char *name, int flags,
			      int *is)
{
	(void)vfs;
	(void)flags;
	*is = disk_find(name, false) != NULL;
	return SQLITE_OK;
}

static inline int disk_path(sqlite3_vfs *vfs, const char *name, int room,
			    char *to)
{
	(void)vfs;
	sqlite3_snprintf(room, to, "%s", name);
	return SQLITE_OK;
}

/* What errno says is another's. */
static inline int disk_last_error(sqlite3_vfs *vfs, int room, char *to)
{
	(void)vfs;
	(void)room;
	(void)to;
	return 0;
}

/* From here on SQLite has no other disk. */
static inline void disk_install(void)
{
	disk = (struct disk){.real = sqlite3_vfs_find("unix")};
	disk.vfs = *disk.real;
	disk.vfs.zName = "disk";
	disk.vfs.szOsFile = (int)sizeof(struct disk_open);
	disk.vfs.xOpen = disk_open;
	disk.vfs.xDelete = disk_delete;
	disk.vfs.xAccess = disk_access;
	disk.vfs.xFullPathname = disk_path;
	disk.vfs.xGetLastError = disk_last_error;
	sqlite3_vfs_register(&disk.vfs, 1);
}

static inline void disk_remove(void)
{
	sqlite3_vfs_unregister(&disk.vfs);
	sqlite3_vfs_register(disk.real, 1);
	for (int i = 0; i < DISK_FILES; i++) {
		free(disk.v[i].now.b);
		free(disk.v[i].safe.b);
	}
}

/* All is well, and nothing on it. */
static inline void disk_format(void)
{
	for (int i = 0; i < DISK_FILES; i++)
		disk.v[i].is_there = false;
	disk.left = -1;
	disk.at = disk.calls = 0;
	disk.space = -1;
	disk.is_down = disk.fails_sync = false;
}

static inline void disk_settle(struct disk_file *f, enum disk_keeps keeps,
			       struct rand *r)
{
	struct image_of *now = &f->now, *safe = &f->safe;
	size_t n = safe->n;

	if (keeps == DISK_ALL || (keeps == DISK_SOME && rand_below(r, 2)))
		n = now->n;
	image_size(now, n);
	for (size_t at = 0; at < n && keeps != DISK_ALL; at += SECTOR) {
		size_t len = n - at < SECTOR ? n - at : SECTOR;
		size_t had = at < safe->n ? safe->n - at : 0;

		if (keeps == DISK_SOME && rand_below(r, 2))
			continue;
		memset(now->b + at, 0, len);
		if (had)
			memcpy(now->b + at, safe->b + at,
			       had < len ? had : len);
	}
	image_copy(safe, now);
}

/* The power is back. */
static inline void disk_power(enum disk_keeps keeps, struct rand *r)
{
	for (int i = 0; i < DISK_FILES; i++)
		if (disk.v[i].is_there)
			disk_settle(&disk.v[i], keeps, r);
	disk.left = -1;
	disk.space = -1;
	disk.is_down = disk.fails_sync = false;
}

#endif
