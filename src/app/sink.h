/*
 * Where a client's bytes go: into a hash, to be checked only, or into files of
 * a directory, where a file gets its name when it is complete (FILE.part until
 * then).  A train needs to read back what it was given: without a directory its
 * file lies in memory.
 */
#ifndef MUSTER_APP_SINK_H
#define MUSTER_APP_SINK_H

#include "app/mend.h"
#include "app/stream_hash.h"

enum { SINK_FILES = 8 };

struct sink;

/* dir NULL: nothing is kept.  0 or negative errno. */
int sink_open(struct sink **s, const char *dir);
/* What is not finished is removed; NULL is allowed. */
void sink_close(struct sink *s);
/* The name of file number k->file in the directory, before its first byte; the
 * default is "file0", ... */
void sink_name(struct sink *s, uint32_t file, const char *name);
/* A file's first bytes are to come: what was there is forgotten.  Of one that
 * was allotted only ALLOT says that. */
void sink_begin(struct sink *s, uint32_t file);
/* The first error is kept and told by sink_finish(). */
void sink_keep(struct sink *s, const struct keep *k);
/* The effects of a train: rc as engine.h says. */
int sink_allot(struct sink *s, const struct allot *a);
int sink_mend(struct sink *s, const struct mend *m);
int sink_sort(struct sink *s, const struct sort *sort, uint64_t *wrong);
/*
 * All `size` bytes are there: hash them, unless sha256 is NULL, and give the
 * file its name.  0 or negative errno: -EIO, -ENOSPC, ...
 */
int sink_finish(struct sink *s, uint32_t file, uint64_t size,
		uint8_t sha256[SHA256_BYTES]);
/* SHA-256 of a file on disk. */
int sha256_of_file(const char *path, uint8_t sha256[SHA256_BYTES]);
/* 64 hex digits; false if it is something else. */
bool sha256_parse(const char *text, uint8_t sha256[SHA256_BYTES]);
void sha256_text(const uint8_t sha256[SHA256_BYTES], char text[65]);

#endif
