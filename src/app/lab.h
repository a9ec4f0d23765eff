/*
 * The lab: a bridge, a server and any number of machines, each a process in a
 * network namespace of its own.  The namespaces have no names and the files lie
 * on a tmpfs that only we see, so everything is gone when the processes are:
 * also when they are killed.
 */
#ifndef MUSTER_APP_LAB_H
#define MUSTER_APP_LAB_H

#include "base/time.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define LAB_FILES "/mnt" /* our own tmpfs, over whatever lies there */

/* Go into namespaces of our own, make the bridge and the tmpfs.  0 or negative
 * errno; *what then says at which step. */
int lab_open(const char **what);

/* A process on the bridge, waiting to be let go. */
struct lab_host {
	pid_t pid;
	int go;     /* write a byte: it goes on */
	int output; /* what it says, to read */
};

struct lab_plan {
	const char *ip;    /* "10.77.0.1/16"; NULL: it takes one itself */
	double loss;       /* percent, at its receiver */
	usec wait;         /* after it was let go */
	char *const *argv; /* the program */
	int nice;          /* all have, in truth, machines of their own */
	bool has_errors;   /* output is standard error; else standard output */
	/* What it sends leaves datagram by datagram, as on a wire: else the
	 * kernel passes on sixteen as one, and one loss takes them all. */
	bool has_wire;
};

/* Fork it into a namespace of its own; the child waits for lab_go().  0 or
 * negative errno. */
int lab_host(struct lab_host *h, const struct lab_plan *plan);
/* Plug n hosts into the bridge: the first is number `first`. */
int lab_plug(const struct lab_host *v, uint32_t n, uint32_t first);
void lab_go(struct lab_host *h);
/* End them all and wait for them. */
void lab_close(struct lab_host *v, uint32_t n);

#endif
