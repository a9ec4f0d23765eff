/*
 * The port mapper, version 2 (RFC 1833 3): which port a program listens at, and
 * CALLIT, which calls it without asking first.  Arguments and results; sunrpc.h
 * has the headers before them.
 */
#ifndef MUSTER_WIRE_PORTMAP_H
#define MUSTER_WIRE_PORTMAP_H

#include "base/cursor.h"

enum {
	PMAP_PORT = 111,
	PMAP_PROGRAM = 100000,
	PMAP_VERSION = 2,
	PMAP_TCP = 6,
	PMAP_UDP = 17,
	PMAP_CALLIT_ARGS = 400, /* the longest that we take; 3.2 says nothing */
	PMAP_CALLIT_RESULTS = 2048,
};

enum pmap_procedure {
	PMAP_NULL = 0,
	PMAP_SET = 1,
	PMAP_UNSET = 2,
	PMAP_GETPORT = 3,
	PMAP_DUMP = 4,
	PMAP_CALLIT = 5,
};

/* Arguments of SET, UNSET and GETPORT, and an item of DUMP. */
struct pmap_mapping {
	uint32_t program, version;
	uint32_t protocol; /* PMAP_TCP, PMAP_UDP, or anything */
	uint32_t port;
};

bool pmap_mapping_get(struct pmap_mapping *m, struct rd *r);
void pmap_mapping_put(const struct pmap_mapping *m, struct wr *w);

/* DUMP's result is a list: pmap_item_put() for each, then pmap_end_put().
 * pmap_item_next() is false at the end; r->bad says whether that was the right
 * one. */
bool pmap_item_next(struct pmap_mapping *m, struct rd *r);
void pmap_item_put(const struct pmap_mapping *m, struct wr *w);
void pmap_end_put(struct wr *w);

/* Result of GETPORT, a port or 0.  False unless it is one. */
bool pmap_port_get(uint16_t *port, struct rd *r);
void pmap_port_put(uint16_t port, struct wr *w);

struct pmap_callit {
	uint32_t program, version, procedure;
	const uint8_t *args; /* inside the message */
	size_t len;          /* at most PMAP_CALLIT_ARGS */
};

bool pmap_callit_get(struct pmap_callit *c, struct rd *r);
void pmap_callit_put(const struct pmap_callit *c, struct wr *w);

struct pmap_called {
	uint16_t port;          /* of the program itself */
	const uint8_t *results; /* inside the message */
	size_t len;             /* at most PMAP_CALLIT_RESULTS */
};

bool pmap_called_get(struct pmap_called *c, struct rd *r);
void pmap_called_put(const struct pmap_called *c, struct wr *w);

#endif
