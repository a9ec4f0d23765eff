/*
 * The log: one line per decision, on standard error, as text for people or as
 * JSON for programs.  An event has a name and fields; prose is for the reader.
 *
 *	text  2026-11-22T03:07:28.123Z warn file-missing name="a.img"
 *	json  {"time":"2026-11-22T03:07:28.123Z","level":"warn",
 *	       "event":"file-missing","name":"a.img"}
 *
 * Strings from the wire are escaped and cut (R19).  Lines are limited per
 * (event, key), and all together; what was left out is counted and said.
 *
 * May be used from any thread.
 */
#ifndef MUSTER_HOST_LOG_H
#define MUSTER_HOST_LOG_H

#include "base/addr.h"
#include "base/alloc.h"
#include "base/text.h"
#include "base/time.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum log_level { LEVEL_ERROR, LEVEL_WARN, LEVEL_INFO, LEVEL_DEBUG };
enum log_format { LOG_TEXT, LOG_JSON };

struct log_options {
	int fd; /* standard error */
	enum log_format format;
	enum log_level level; /* what is less important is not written */
	bool stamps;          /* a time in front of text lines */
	unsigned burst;       /* lines of one (event, key) within ... */
	usec window;          /* ... this time */
	unsigned total;       /* lines of everything at a time, ... */
	unsigned refill;      /* ... refilled by so many a second */
};

struct log;

enum { LOG_LINE = 1024 };

/* A line that is being written; on the stack of the one who writes it. */
struct log_line {
	struct log *log;
	struct text text;
	char s[LOG_LINE];
};

/* 5 lines of a kind in 10 s, 20,000 together and 100 a second; text; times
 * unless the journal reads standard error and has its own. */
struct log_options log_defaults(void);
/* "text", "json"; "error", "warn", "info", "debug"; false for others. */
bool log_format_parse(const char *s, enum log_format *to);
bool log_level_parse(const char *s, enum log_level *to);

/* Lines are written at once, by the caller.  0 or -ENOMEM. */
int log_open(struct log **log, const struct log_options *o,
	     const struct alloc *alloc);
/* From now on a thread of its own writes, some milliseconds later, so that a
 * full pipe delays nobody; a line that finds no room in its buffer is dropped
 * and counted.  0 or negative errno. */
int log_background(struct log *log);
/* What waits is written first, unless nobody takes it for a second; NULL is
 * allowed. */
void log_close(struct log *log, const struct alloc *alloc);
void log_set_level(struct log *log, enum log_level level);

/*
 * Begin a line: false if it is not wanted, and then nothing else is to be
 * done.  `key` tells apart those that are limited separately (a hash of a
 * machine's address, say); 0 if nothing does.  `now` is monotonic.
 *
 *	struct log_line l;
 *
 *	if (log_begin(&l, log, LEVEL_WARN, "file-missing", now, key)) {
 *		log_wire(&l, "name", name, len);
 *		log_end(&l);
 *	}
 *
 * Event and field names are constants of ours: lower case, digits, hyphens.
 */
bool log_begin(struct log_line *l, struct log *log, enum log_level level,
	       const char *event, usec now, uint64_t key);
/* A field; one that does not fit in LOG_LINE is left out whole. */
void log_wire(struct log_line *l, const char *name, const char *s, size_t len);
void log_text(struct log_line *l, const char *name, const char *s);
void log_u64(struct log_line *l, const char *name, uint64_t n);
void log_ip(struct log_line *l, const char *name, uint32_t ip);
void log_endpoint(struct log_line *l, const char *name, struct endpoint e);
void log_hwaddr(struct log_line *l, const char *name, const struct hwaddr *hw);
/* rc: negative errno, as its text. */
void log_error(struct log_line *l, const char *name, int rc);
void log_end(struct log_line *l);

/* Say how many lines were left out of those (event, key) that have been silent
 * since; call it once a second or so. */
void log_idle(struct log *log, usec now);

#endif
