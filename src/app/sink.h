/*
 * Where a client's bytes go: into a hash, to be checked only, or into files of
 * a directory, where a file gets its name when it is complete (FILE.part until
 * then).
 */
#ifndef MUSTER_APP_SINK_H
#define MUSTER_APP_SINK_H

#include "app/stream_hash.h"
#include "engine/engine.h"

enum { SINK_FILES = 8 };

struct sink;

/* dir NULL: nothing is kept.  0 or negative errno. */
int sink_open(struct sink **s, const char *dir);
/* What is not finished is removed; NULL is allowed. */
void sink_close(struct sink *s);
/* The name of file number k->file in the directory, before its first byte; the
 * default is "file0", ... */
void sink_name(struct sink *s, uint32_t file, const char *name);
/* Begin a file anew: what was there is forgotten. */
void sink_drop(struct sink *s, uint32_t file);
/* The first error is kept and told by sink_finish(). */
void sink_keep(struct sink *s, const struct keep *k);
/*
 * All `size` bytes are there: hash them, give the file its name.  0 or negative
 * errno: -EIO, -ENOSPC, ...
 */
int sink_finish(struct sink *s, uint32_t file, uint64_t size,
		uint8_t sha256[SHA256_BYTES]);
/* SHA-256 of a file on disk. */
int sha256_of_file(const char *path, uint8_t sha256[SHA256_BYTES]);
/* 64 hex digits; false if it is something else. */
bool sha256_parse(const char *text, uint8_t sha256[SHA256_BYTES]);
void sha256_text(const uint8_t sha256[SHA256_BYTES], char text[65]);

#endif
