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
 *	GET    /v1/pools               each subnet, and what its addresses are
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
 *	GET    /v1/history             every edit, the newest first, by page
 *	GET    /v1/history/DOMAIN:PATH of what is or was at a path, and below
 *	POST   /v1/undo/REVISION       the opposite of what it changed
 *	GET    /v1/backup              the store as a file, not as JSON
 *	GET    /v1/domains             a page at a time
 *	POST   /v1/domains             {"path": "/boston/lab", "properties": {}}
 *	GET    /v1/domains/PATH
 *	DELETE /v1/domains/PATH        {"recursive": true}, or it must be empty
 *	GET    /v1/entries/PATH        any entry of a domain (model/path.h)
 *	GET    /v1/children/PATH       what is in it, a page at a time
 *	POST   /v1/entries/PATH        a new one: {"properties": {}}
 *	PATCH  /v1/entries/PATH        as admin_props.h says
 *	DELETE /v1/entries/PATH        {"recursive": true} with all below it
 *	GET    /v1/status
 *	GET    /v1/store               how it stands, asked of itself
 *	POST   /v1/import/FORMAT       {"entries": [...], "domain": DOMAIN,
 *	                               "path": DIRECTORY, "merge": BOOLEAN,
 *	                               "delete": BOOLEAN, "dry-run": BOOLEAN}:
 *	                               entries as in draft_json.h
 *	GET    /v1/export/DOMAIN:PATH  a directory and all below it, by page:
 *	                               [ID, PARENT, [NAME, VALUE...]...]
 *
 * Machines and entries are those of the domain that "?domain=" says, or of the
 * server's own.  An edit of domains or entries may say "dry_run": true, and one
 * of an entry the "instance" that it must have still; a PATH with a hostlist
 * edits many entries, all or none.
 *
 * A property is a string, or a list of strings, which may be empty.  What went
 * wrong is {"error": "one line that names the thing and the cause"}.
 */
#ifndef MUSTER_APP_ADMIN_H
#define MUSTER_APP_ADMIN_H

#include "engine/site.h"
#include "model/changes.h"
#include "store/store.h"

#include <jansson.h>

enum {
	ADMIN_BODY = 64 * 1024, /* most bytes of a request's body, but for
				 * those that say otherwise */
	ADMIN_PATH = 2048,      /* room for a path, and its NUL */
	ADMIN_PAGE = 500,       /* most things in one answer: the loop has
				 * packets to answer meanwhile */
};

struct admin_ask;
struct admin_work;

struct admin_request {
	const char *method;
	const char *path;   /* decoded, without its query */
	const char *domain; /* "?domain=", a path, "." or ".."; NULL: ours */
	uint32_t from;      /* "next" of the page before; 0: the first page */
	uint64_t far_from;  /* the same, where it may be larger */
	const char *who;    /* asks; NULL: nobody is named */
	const char *state; /* a directory for a copy of the store; NULL: none */
	const json_t *body; /* NULL: none */
	usec now, wall;
};

/* What came of a request. */
struct admin {
	/* HTTP's; 0: if there is `work`, admin_go_on(); if there is `ask`, the
	 * store must be looked at first; else commit `changes`, then
	 * admin_settled().  An error may have `ask`, too: the store then knows
	 * more of it. */
	unsigned status;
	json_t *json; /* the answer */
	int fd;       /* or a file that is; 0: none */
	struct admin_ask *ask;
	struct admin_work *work;
	/* All or none; kept by who carries them, too. */
	struct changes *changes;
};

/* Answer, or make the changes that are asked for.  Whether they may be is
 * checked here, against the directory as it is. */
void admin_ask(struct admin *a, const struct site *s,
	       const struct admin_request *q);
/* Another piece of `work`: about as much as one request may cost, so other
 * things can be done, and change the site, between two.  It fills in status
 * and answer at last. */
void admin_go_on(struct admin *a, const struct site *s, usec now);
/*
 * Look at the store, on whatever thread has it: admin_look() returns 1 to be
 * called again, perhaps after something else.  Then admin_looked(), which fills
 * in status and answer, or makes changes, as admin_ask() does.  What is asked
 * is kept by counting, on the site's thread, since it may outlive the request.
 */
int admin_look(struct admin_ask *ask, struct store *store);
void admin_looked(struct admin *a, const struct site *s);
struct admin_ask *admin_ask_keep(struct admin_ask *ask);
/* Who waits for it; NULL when nobody does any more: when the request has
 * dropped it. */
void admin_ask_own(struct admin_ask *ask, void *owner);
void *admin_ask_owner(const struct admin_ask *ask);
void admin_ask_drop(struct admin_ask *ask);
/* The changes were applied to the site, or failed for a negative errno, which
 * may be change number `failed`'s: fills in status and answer; and perhaps
 * `ask`, if the store knows more of it. */
void admin_settled(struct admin *a, const struct site *s, int rc,
		   size_t failed);
/* Most bytes of the body of such a request. */
size_t admin_most(const char *method, const char *path);
/* Frees what it holds; the struct is the caller's. */
void admin_close(struct admin *a);

/* The path of a request into its room; false: it is too long, and the error is
 * filled in. */
bool admin_path(struct admin *a, char to[ADMIN_PATH], const char *path,
		const char *name);
/* An answer that is an error. */
void admin_error(struct admin *a, unsigned status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/*
 * A request's body: an object, no deeper than 16, no name twice.  NULL if it is
 * none, and `a` has the error.  The caller's.
 */
json_t *admin_body(struct admin *a, const char *text, size_t len);

#endif
