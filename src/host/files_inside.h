/*
 * The inside of the boot directory.  Three kinds of threads meet here: the
 * caller's loop, one that keeps the catalogue, and readers.
 *
 * Under `lock`: entries, the queues of chunks to read and chunks read, the ring
 * of news, and a chunk's state.  The loop's alone: the index of chunks, their
 * order of use, the asks.  The bytes of a chunk belong to its reader while it
 * is queued or read, and to the loop otherwise.
 */
#ifndef MUSTER_HOST_FILES_INSIDE_H
#define MUSTER_HOST_FILES_INSIDE_H

#include "base/hash.h"
#include "host/files.h"
#include "host/loop.h"

#include <pthread.h>
#include <sys/queue.h>
#include <sys/stat.h>
#include <time.h>

enum {
	FILES_STREAMERS = 2,
	FILES_READERS = 16,
	FILES_NEWS = 256,
	FILES_DEPTH = 16
};

/* By what a version of a file is recognised. */
struct identity {
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec changed;
};

struct entry {
	char *name; /* never changes */
	struct identity id;
	uint32_t version; /* 0: was never served */
	uint32_t scan;    /* the last scan that met it */
	int refused;      /* why it is not served, as it was reported */
	bool is_there;
	bool is_young;   /* it was looked at so soon after its modification that
			  * another one might bear the same time */
	bool is_doubted; /* a reader found something else */
	bool is_read;    /* a reader is at it, */
	bool is_slow;    /* and the last time took long */
	uint64_t next;   /* the chunk after the last one that was asked for */
};

enum chunk_state { CHUNK_IDLE, CHUNK_WAITS, CHUNK_READY };

TAILQ_HEAD(chunks, chunk);
TAILQ_HEAD(asks, ask);
TAILQ_HEAD(streams, files_stream);

struct chunk {
	TAILQ_ENTRY(chunk)
	list; /* idle, ready: in the order of use; waits: in
	       * the queue, then among those read */
	enum chunk_state state;
	uint32_t file, version;
	uint64_t number;
	size_t len;
	int rc;
	uint64_t turn; /* when it was last used */
	usec used;
	struct asks asks; /* that wait for it */
};

struct ask {
	TAILQ_ENTRY(ask) list;
	struct files_ask want;
	int rc;
};

struct reader {
	struct files *files;
	pthread_t thread;
	uint32_t file, version; /* that fd is open on */
	int fd;
	dev_t dev; /* of the read it is in */
	bool is_busy;
};

/* A directory under watch; its place in the table is the kernel's number. */
struct watched {
	char *path;
};

struct files {
	const struct alloc *alloc;
	struct files_options o;
	int root;
	char only[FILES_NAME]; /* the single file; "": all */
	struct wake bell;      /* for the loop */

	pthread_mutex_t lock;
	pthread_cond_t work, room; /* for readers; for the catalogue */
	bool is_closing;
	struct entry **entries; /* number - 1 */
	uint32_t n_entries;
	struct chunks queue, read;
	struct files_news news[FILES_NEWS];
	unsigned news_at, news_n;

	struct reader readers[FILES_READERS];
	unsigned n_readers, slow_readers;

	struct streams streams, streamed; /* to be led, and those that were */
	pthread_cond_t stream_work;
	pthread_t streamers[FILES_STREAMERS];
	unsigned n_streamers;

	/* The loop's. */
	usec now;
	uint64_t turn;
	uint8_t *bytes; /* of all chunks */
	struct chunk *chunks;
	uint32_t n_chunks;
	struct index index; /* file, version, number -> chunk */
	struct chunks
		order; /* idle and ready ones, least recently used first */
	struct ask *all_asks;
	struct asks free_asks, hungry, arrived;
	struct files_counts counts;

	/* The catalogue's. */
	pthread_t catalogue;
	bool has_catalogue;
	struct wake doubt; /* rings for it */
	int inotify;
	struct watched *watched;
	uint32_t n_watched;
	struct index names;
	uint32_t scan;
	usec next_scan;
};

/* Relative to the root, never out of it.  `how`: O_ flags.  Descriptor or
 * negative errno. */
int files_beneath(const struct files *f, const char *path, int how);
struct identity identity_of(const struct stat *st);
bool identity_is(const struct identity *a, const struct identity *b);

bool files_is_closing(struct files *f);

/* Thread bodies. */
void *files_catalogue(void *files);
void *files_reader(void *reader);
void *files_streamer(void *files);

/* cache */
int files_cache_open(struct files *f);
void files_cache_close(struct files *f);

/* Under the lock, by the catalogue's thread: tell the loop, and wait as long as
 * it has not taken enough of what it was told before. */
void files_tell(struct files *f, const struct files_news *news);

/*
 * Look at one name and bring its entry up to date.  was_written: we know that
 * somebody finished writing it; else a modification less than a second ago may
 * be half of one, and is looked at again later.
 */
void files_look(struct files *f, const char *path, bool was_written);
/* Look at everything. */
void files_scan(struct files *f);
/* Put a directory, open as fd, under watch. */
void files_watch(struct files *f, int fd, const char *path);

#endif
