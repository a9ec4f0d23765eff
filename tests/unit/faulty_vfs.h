/*
 * SQLite's own file layer with a fault in it: the first call to write or sync
 * from a chosen one on fails, as a disk would.
 */
#ifndef MUSTER_TESTS_FAULTY_VFS_H
#define MUSTER_TESTS_FAULTY_VFS_H

#include <sqlite3.h>

#include <stdbool.h>
#include <stdint.h>

struct faulty {
	sqlite3_vfs vfs, *real;
	sqlite3_io_methods main, others;
	int (*write)(sqlite3_file *f, const void *b, int n, sqlite3_int64 at);
	int (*sync)(sqlite3_file *f, int flags);
	bool is_on;
	int left;       /* calls that go well before the one that fails */
	bool only_main; /* count and fail syncs of the database itself only */
	int syncs;      /* of any file */
	uint64_t bytes; /* that were written to any */
	bool has_failed, was_sync;
};

/* SQLite gives its functions no argument of ours. */
static struct faulty faulty;

static inline bool faulty_strikes(bool is_sync)
{
	if (!faulty.is_on || faulty.has_failed || faulty.left--)
		return false;
	faulty.has_failed = true;
	faulty.was_sync = is_sync;
	return true;
}

static inline int faulty_write(sqlite3_file *f, const void *b, int n,
			       sqlite3_int64 at)
{
	if (!faulty.only_main && faulty_strikes(false))
		return SQLITE_IOERR_WRITE;
	faulty.bytes += (uint64_t)n;
	return faulty.write(f, b, n, at);
}

static inline int faulty_sync(sqlite3_file *f, int flags)
{
	faulty.syncs++;
	if ((!faulty.only_main || f->pMethods == &faulty.main) &&
	    faulty_strikes(true))
		return SQLITE_IOERR_FSYNC;
	return faulty.sync(f, flags);
}

static inline int faulty_open(sqlite3_vfs *vfs, const char *name,
			      sqlite3_file *f, int flags, int *out)
{
	int rc = faulty.real->xOpen(faulty.real, name, f, flags, out);

	(void)vfs;
	if (rc || !f->pMethods)
		return rc;
	/* A database and its logs have tables of their own: only one locks. */
	bool is_main = flags & SQLITE_OPEN_MAIN_DB;
	sqlite3_io_methods *ours = is_main ? &faulty.main : &faulty.others;

	faulty.write = f->pMethods->xWrite;
	faulty.sync = f->pMethods->xSync;
	*ours = *f->pMethods;
	ours->xWrite = faulty_write;
	ours->xSync = faulty_sync;
	f->pMethods = ours;
	return rc;
}

/* From here on every file that SQLite opens is a faulty one. */
static inline void faulty_install(void)
{
	faulty = (struct faulty){.real = sqlite3_vfs_find("unix")};
	faulty.vfs = *faulty.real;
	faulty.vfs.zName = "faulty";
	faulty.vfs.xOpen = faulty_open;
	sqlite3_vfs_register(&faulty.vfs, 1);
}

static inline void faulty_remove(void)
{
	sqlite3_vfs_unregister(&faulty.vfs);
	sqlite3_vfs_register(faulty.real, 1);
}

/* The call after `calls` others fails, once. */
static inline void faulty_after(int calls)
{
	faulty.is_on = true;
	faulty.left = calls;
	faulty.has_failed = false;
}

#endif
