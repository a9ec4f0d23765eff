/*
 * What an administrator may ask and change: the HTTP API without HTTP.  The
 * daemon answers with it from its control socket; the commands, when there is
 * no daemon, from the store.
 *
 *	GET    /v1/machines            all, a page at a time
 *	POST   /v1/machines            a new one: {"name": "wendy", ...}
 *	GET    /v1/machines/NAME
 *	PUT    /v1/machines/NAME       exactly these properties
 *	PATCH  /v1/machines/NAME       these; null removes one
 *	DELETE /v1/machines/NAME
 *	GET    /v1/images, /v1/leases  a page at a time
 *	DELETE /v1/leases/IP
 *	GET    /v1/pending             unknown machines that asked, by page
 *	POST   /v1/pending/MAC         let one in: properties, or {}
 *	GET    /v1/denied              a page at a time
 *	PUT    /v1/denied/MAC          never let it in
 *	DELETE /v1/denied/MAC
 *	GET    /v1/host-addition
 *	PATCH  /v1/host-addition       {"enabled": true, "range": [IP, IP],
 *	                               "temporary": IP, "bootfile": FILE,
 *	                               "hash": HASH, "makers": [MAC, ...]}; null
 *	                               removes one of the last three
 *	GET    /v1/status
 *
 * A property is a string, or a list of strings, which may be empty.  What went
 * wrong is {"error": "one line that names the thing and the cause"}.
 */
#ifndef MUSTER_APP_ADMIN_H
#define MUSTER_APP_ADMIN_H

#include "engine/site.h"
#include "model/changes.h"

#include <jansson.h>

enum {
	ADMIN_BODY = 64 * 1024, /* most bytes of a request's body, but for
				 * those that say otherwise */
	ADMIN_PAGE = 500,       /* most things in one answer: the loop has
				 * packets to answer meanwhile */
};

struct admin_request {
	const char *method;
	const char *path;   /* decoded, without its query */
	uint32_t from;      /* "next" of the page before; 0: the first page */
	const json_t *body; /* NULL: none */
	usec now, wall;
};

/* What came of a request. */
struct admin {
	unsigned status; /* HTTP's; 0: commit `changes`, then admin_settled() */
	json_t *json;    /* the answer */
	/* All or none; kept by who carries them, too. */
	struct changes *changes;
};

/* Answer, or make the changes that are asked for.  Whether they may be is
 * checked here, against the directory as it is. */
void admin_ask(struct admin *a, const struct site *s,
	       const struct admin_request *q);
/* The changes were applied to the site, or failed for a negative errno, which
 * may be change number `failed`'s: fills in status and answer. */
void admin_settled(struct admin *a, const struct site *s, int rc,
		   size_t failed);
/* Most bytes of the body of such a request. */
size_t admin_most(const char *method, const char *path);
/* Frees what it holds; the struct is the caller's. */
void admin_close(struct admin *a);

/* An answer that is an error. */
void admin_error(struct admin *a, unsigned status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/*
 * A request's body: an object, no deeper than 16, no name twice.  NULL if it is
 * none, and `a` has the error.  The caller's.
 */
json_t *admin_body(struct admin *a, const char *text, size_t len);

#endif
