/*
 * The catalogue: the boot directory's files (host/files.h) as the engines'
 * images (model/image.h).  Both count their own ids and versions; this is where
 * they meet.
 */
#ifndef MUSTER_APP_CATALOG_H
#define MUSTER_APP_CATALOG_H

#include "engine/engine.h"
#include "host/files.h"
#include "model/image.h"

struct catalog;

/* Serve `path`; `images` is filled as files are found, and with manifests as
 * they are asked for.  0 or negative errno. */
int catalog_open(struct catalog **c, const char *path, struct images *images,
		 size_t cache);
void catalog_close(struct catalog *c);
int catalog_fd(const struct catalog *c);

/*
 * A new turn: iovecs of the last one are void.  Take in what changed, until
 * nothing is left; true if the images are not as they were.  `refused` is
 * called for files that can't be served.
 */
bool catalog_turn(struct catalog *c, usec now,
		  void (*refused)(void *arg, const char *name, int rc),
		  void *arg);
/* Whether the whole directory was looked at once. */
bool catalog_is_scanned(const struct catalog *c);
/* A fetch that is done; call until false. */
bool catalog_arrived(struct catalog *c, struct outcome *o);
/* A manifest beside a file that was not taken, and that file's is unsigned
 * then; the last one since the last call. */
struct catalog_fault {
	char name[IMAGE_NAME]; /* of the manifest */
	const char *why;
};
bool catalog_fault(struct catalog *c, struct catalog_fault *f);
/* 0: at hand in this turn; CARRIED_LATER; or negative errno. */
int catalog_fetch(struct catalog *c, const struct fetch *f, uint8_t owner);
/* Of a REF_READ, in the turn that has it at hand. */
void catalog_read(struct catalog *c, const struct ref *ref, struct piece to[2]);
/* Where the bytes of a reference are: up to 2 pieces; negative errno if it was
 * not fetched in this turn. */
int catalog_at(struct catalog *c, const struct ref *ref, struct iovec v[2]);

#endif
