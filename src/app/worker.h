/*
 * One thread for what would hold up the loop, one job after the other.  It
 * begins with the first job, so who has none pays for no thread.
 */
#ifndef MUSTER_APP_WORKER_H
#define MUSTER_APP_WORKER_H

#include "host/loop.h"

struct worker;

/* A part of something of the caller's, which is the worker's from worker_do()
 * until `done` is called. */
struct job {
	struct job *next;
	void (*run)(struct job *j);  /* on the worker's thread */
	void (*done)(struct job *j); /* on the loop's */
};

/* The loop outlives it.  0 or negative errno. */
int worker_open(struct worker **w, struct loop *loop);
/* 0, or negative errno: there is no thread, and nothing of it is called. */
int worker_do(struct worker *w, struct job *j);
/* Waits for the job that runs.  Of jobs that are not done nothing is called any
 * more.  NULL is allowed. */
void worker_close(struct worker *w);

#endif
