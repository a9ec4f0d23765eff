/*
 * The boot directory: a catalogue of its files, kept current, and their bytes,
 * read by threads into a bounded cache.  The caller's thread (the loop) never
 * touches the file system here, so a slow disk delays only those who wait for
 * it, and a packet never opens a file (R9, R10).
 *
 * A file is known by its number, which stays with the name, and a version,
 * which goes up whenever the file under that name is another one: other inode,
 * size or modification time.  Bytes of one version never mix with those of
 * another: each read looks before and after.
 *
 * All functions are for one thread, the loop's.
 */
#ifndef MUSTER_HOST_FILES_H
#define MUSTER_HOST_FILES_H

#include "base/alloc.h"
#include "base/time.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>
#include <sys/uio.h>

enum {
	FILES_NAME = 256,        /* with its NUL */
	FILES_CHUNK = 64 * 1024, /* what is read and cached at a time */
	FILES_GET_MAX = 4 << 20, /* most bytes of one get */
};

struct files;

struct files_options {
	size_t cache;     /* bytes, rounded to chunks, at least 4 MiB more than
			   * FILES_GET_MAX; 256 MiB */
	uint32_t files;   /* most files in the catalogue; 65536 */
	uint32_t asks;    /* most gets that wait at a time; 16384 */
	unsigned readers; /* threads, 2 to 16; 4 */
	usec rescan; /* look at the whole directory this often, for what inotify
		      * does not see (NFS); 60 s */
	/* pread(2), or a test's own */
	ssize_t (*read)(int fd, void *to, size_t len, off_t at);
};

struct files_options files_defaults(void);

/*
 * Serve `path`: a directory with all below it, or one single file.  Names that
 * begin with a dot are passed over.  Symbolic links are followed, but not out
 * of the directory (a single file may be a link to anywhere).  What is no
 * regular file is left alone, and never waited for.  Starts the threads: give
 * up privileges first.
 *
 * 0, or -ENOENT, -EACCES, -ENOMEM and the like; -ENOSYS: the kernel is older
 * than 5.6 (openat2).
 */
int files_open(struct files **f, const char *path,
	       const struct files_options *o, const struct alloc *alloc);
/* Stops the threads, after the read each is in; NULL is allowed. */
void files_close(struct files *f);
/* A descriptor that becomes readable when there is something to report; call
 * files_turn() then. */
int files_fd(const struct files *f);

/*
 * Begin a turn: bytes that files_at() gave are no longer safe, and reports come
 * in.  Then take them all:
 *
 *	files_turn(f, now);
 *	while (files_news(f, &news))
 *		... catalogue ...
 *	while (files_arrived(f, &ask, &rc))
 *		... settle a FETCH ...
 */
void files_turn(struct files *f, usec now);

enum files_what {
	FILES_FOUND,   /* a new name, or one that was gone */
	FILES_CHANGED, /* another version */
	FILES_GONE,
	FILES_REFUSED, /* rc: why it is not served: -EACCES (no permission),
			* -EXDEV (a link that leads out), -ENAMETOOLONG,
			* -ENFILE (the catalogue is full) */
	FILES_SCANNED, /* the whole directory was looked at: at start, and
			* whenever it was again */
};

struct files_news {
	enum files_what what;
	uint32_t file, version;
	uint64_t size;
	usec changed; /* wall time of the last modification */
	int rc;
	char name[FILES_NAME]; /* relative to the directory */
};

bool files_news(struct files *f, struct files_news *news);

/* A part of a file that is wanted. */
struct files_ask {
	uint32_t file, version;
	uint64_t offset;
	size_t len;
	uint64_t cookie; /* the caller's, given back; so is owner */
	unsigned owner;
};

/*
 * 1: its bytes are in the cache, take them with files_at() in this turn.
 * 0: they are being read; files_arrived() will report the ask.
 * -ESTALE: the file has another version by now or is gone; -EINVAL: no such
 * file, or not inside it, or too long; -EAGAIN: too many asks wait.
 *
 * Reading in order, it reads ahead.
 */
int files_get(struct files *f, const struct files_ask *ask);
/* An ask that is done: *rc is 0 and its bytes are at hand in this turn, or it
 * is -ESTALE, -EIO and the like. */
bool files_arrived(struct files *f, struct files_ask *ask, int *rc);

/*
 * Where the bytes are: up to n pieces into v, their number is returned; valid
 * until the next files_turn().  Any part of what was got in this turn.
 * -EINVAL: it was not got in this turn, or n is too small (2 will do for up to
 * FILES_CHUNK bytes).
 */
int files_at(struct files *f, const struct files_ask *part, struct iovec *v,
	     int n);

/* Have chunks read that will be asked for soon; nobody waits for them. */
void files_ahead(struct files *f, const struct files_ask *ask);

/*
 * A part of a file led through a function by another thread, in order, `piece`
 * bytes at a time (at most FILES_CHUNK; the last may be shorter).  The struct
 * is the caller's, and is lent out until files_streamed() gives it back or
 * files_close() has returned.
 */
struct files_stream {
	TAILQ_ENTRY(files_stream) list;
	uint32_t file, version;
	uint64_t offset, len;
	size_t piece;
	/* In the other thread.  Anything but 0 ends the stream. */
	int (*feed)(struct files_stream *, const uint8_t *bytes, size_t len);
	int rc; /* at the end: of feed, -ESTALE, -EIO and the like */
};
/* 0, -ESTALE, or -EINVAL: not inside the file. */
int files_stream(struct files *f, struct files_stream *s);
/* One that has ended since files_turn(); NULL: none. */
struct files_stream *files_streamed(struct files *f);

struct files_counts {
	uint64_t hits, misses; /* gets */
	uint64_t reads, bytes; /* chunks read */
	uint64_t evicted;      /* chunks that made room */
	uint64_t failed;
	uint32_t files, waiting;
};

struct files_counts files_counts(struct files *f);

#endif
