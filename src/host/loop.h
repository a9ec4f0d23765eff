/*
 * The event loop: waits for file descriptors and for one deadline, and stamps
 * each wake-up with one time.  It keeps no timers: the caller knows its next
 * deadline (base/heap.h) and hands it in.
 *
 *	while (running)
 *		loop_wait(loop, heap_next(&timers)) ... then a turn ...
 *
 * One loop belongs to one thread; only wake_up() may come from others.
 */
#ifndef MUSTER_HOST_LOOP_H
#define MUSTER_HOST_LOOP_H

#include "base/alloc.h"
#include "base/time.h"

#include <stdatomic.h>
#include <stdbool.h>

struct loop;

enum {
	LOOP_READ = 1,
	LOOP_WRITE = 2,
	LOOP_HANGUP = 4, /* always watched: an error, or the peer is gone */
};

/* A descriptor that is watched.  It lives inside the thing it serves, whose
 * owner keeps it in place between loop_watch and loop_unwatch. */
struct watch {
	int fd;
	void *arg;
	/* events: LOOP_ bits.  It may watch and unwatch anything, itself too.
	 */
	void (*ready)(void *arg, unsigned events);
};

/* 0, -ENOMEM or what epoll_create1(2) says.  The calling thread gets a timer
 * slack of 1 ns, so that waits of 50 microseconds are no longer than that. */
int loop_open(struct loop **l, const struct alloc *alloc);
/* The watched descriptors stay open; NULL is allowed. */
void loop_close(struct loop *l, const struct alloc *alloc);

/* w->fd, ->arg and ->ready are filled.  Level-triggered.  0 or what
 * epoll_ctl(2) says: -EEXIST, -ENOSPC, -EPERM (a regular file). */
int loop_watch(struct loop *l, struct watch *w, unsigned events);
/* Other events for a watched descriptor; 0 for none but LOOP_HANGUP. */
int loop_rewatch(struct loop *l, struct watch *w, unsigned events);
/* Before the descriptor is closed.  No event that is already on its way reaches
 * it afterwards. */
void loop_unwatch(struct loop *l, struct watch *w);

/*
 * Wait until a descriptor is ready or `deadline` (of this loop's clock) has
 * come, whichever is first; read the clock; call what is ready.  A deadline in
 * the past only looks; NEVER waits for ever.  Returns how many were called; 0
 * also after a signal handler; or negative errno.
 */
int loop_wait(struct loop *l, usec deadline);

/* Monotonic time of the last wake-up: the `now` of engines. */
usec loop_now(const struct loop *l);
/* The monotonic clock itself, of any thread: the same scale as loop_now(). */
usec host_now(void);
/* Since 1970; it may jump. */
usec host_wall(void);

/* A bell that other threads ring: an eventfd. */
struct wake {
	int fd;               /* becomes readable; watch it */
	atomic_bool has_rung; /* spares the kernel what it knows */
};

/* 0 or negative errno */
int wake_open(struct wake *w);
void wake_close(struct wake *w);
/* From any thread, or from a signal handler. */
void wake_up(struct wake *w);
/* Silence it, before looking at what it announced; true if it had rung. */
bool wake_taken(struct wake *w);

/*
 * SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2 and SIGCHLD become readable on a
 * descriptor; SIGPIPE is ignored.  Call it before any thread is made: they
 * inherit the mask.  Returns the descriptor, close-on-exec, or negative errno.
 */
int signals_open(void);
/* The number of the next signal; 0 if there is none. */
int signals_next(int fd);
/* In a child, between fork and exec: signals as they are by default. */
void signals_restore(void);

#endif
