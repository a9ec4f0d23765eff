/*
 * The inside of the log, for its two halves: log.c writes lines, log_limit.c
 * counts and carries them.
 */
#ifndef MUSTER_HOST_LOG_INSIDE_H
#define MUSTER_HOST_LOG_INSIDE_H

#include "host/log.h"

#include <pthread.h>

enum {
	LOG_KINDS = 1024,      /* (event, key) that are told apart at a time */
	LOG_RING = 256 * 1024, /* bytes that wait for the thread */
};

/* How often one (event, key) was said in its window. */
struct log_kind {
	uint64_t hash; /* 0: free */
	const char *event;
	usec since;
	unsigned said;
	uint64_t dropped;
};

struct log {
	struct log_options o;
	pthread_mutex_t lock;
	struct log_kind kinds[LOG_KINDS];
	usec now;         /* the latest that was told, for the total */
	uint64_t tokens;  /* lines that may still be said, times a million */
	uint64_t dropped; /* by the total, or for want of room in the ring */
	/* The background. */
	pthread_t thread;
	pthread_cond_t filled;
	bool has_thread, is_closing;
	size_t head, used; /* of the ring */
	char ring[LOG_RING];
};

void log_line_start(struct log_line *l, struct log *log, enum log_level level,
		    const char *event);
/* A whole line, with its newline. */
void log_write(struct log *log, const char *s, size_t len);

#endif
