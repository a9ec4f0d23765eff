/*
 * The parts of the way to etcd by HTTP: exchanges (etcd_http_ask.c), the token
 * (etcd_http_login.c), the calls (etcd_http_calls.c), the watch
 * (etcd_http_watch.c), and etcd_http.c around them.
 */
#ifndef MUSTER_STORE_ETCD_HTTP_INSIDE_H
#define MUSTER_STORE_ETCD_HTTP_INSIDE_H

#include "store/etcd_stream.h"
#include "store/etcd_text.h"

#include <curl/curl.h>

enum {
	HTTP_ENDPOINTS = 8,
	HTTP_SIDE_BY_SIDE = 16, /* transactions; the others wait for these */
	HTTP_ANSWER = 16 << 20, /* bytes of an answer; a larger one is refused
				 */
};

enum exchange_state { EXCHANGE_IDLE, EXCHANGE_ASKED, EXCHANGE_OVER };

/*
 * One question and its answer.  It goes to the endpoint in use, and to the next
 * one if that surely has done nothing, or if it does not matter how often it
 * is done.
 */
struct exchange {
	struct http *http;
	CURL *easy;
	struct curl_slist *headers;
	char error[CURL_ERROR_SIZE];

	const char *path; /* behind /v3/ */
	struct sheet body;
	struct etcd_stream *stream; /* where a watch's answer goes */
	bool is_safe;               /* may be done twice */
	bool is_pinned;             /* to its endpoint */
	bool needs_token;           /* if there are any */
	usec asked;
	usec patience; /* with one endpoint, until something comes */
	usec until;    /* with all of it */

	enum exchange_state state;
	unsigned endpoint;
	unsigned tried; /* endpoints, a bit each */
	unsigned token; /* the number of the one that it was asked with */
	usec ends;
	int before; /* what it came to elsewhere, unless that was nothing */
	bool is_paused;

	char *answer;
	size_t len, room;
	int rc; /* an error of etcd_link.h, or of etcd_get_error() */
};

struct watch {
	struct exchange exchange;
	struct etcd_stream *stream;
	bool is_wanted;
	int rc;            /* why it is off; -ESTALE stays */
	unsigned failures; /* one after the other */
	usec began, retry_at;
	uint64_t owed; /* a revision of our own that it has to tell */

	struct etcd_event event;
	bool has_event;

	/* Another connection asks the same endpoint whether it is there, since
	 * a watch that hears nothing looks like one that is cut off. */
	struct exchange probe;
	usec probe_at, members_at;
	uint64_t probe_owed, probe_told; /* as it was at the last probe */
	bool is_of_members;
};

struct http {
	struct etcd_link link;
	struct etcd_config config;
	unsigned n_endpoints, current;
	CURLM *multi;

	struct exchange v[HTTP_SIDE_BY_SIDE];
	struct watch watch;

	struct exchange login;
	char token[ETCD_TOKEN];
	unsigned token_number; /* grows with each */
	bool needs_none;       /* etcd wants no name and password */
	int login_rc;

	/* No answer of a majority may name an older one: etcd would have been
	 * put back. */
	uint64_t agreed;
	uint64_t latest;
	usec asked; /* of etcd_state */
	unsigned members;
	bool is_away;
	int why;
};

usec http_now(void);

/* ---- exchanges ----------------------------------------------------------- */

int exchange_open(struct exchange *x, struct http *h);
void exchange_close(struct exchange *x);
/* Forget all that was, and be about to ask this; the body is to be written. */
void exchange_begin(struct exchange *x, const char *path);
/* To the endpoint in use, or, if it is pinned, its own. */
void exchange_ask(struct exchange *x);
/* It is over by this; what was sent may still be done. */
void exchange_end(struct exchange *x, int rc);
struct span exchange_answer(const struct exchange *x);

/*
 * Let everything go on until something has ended, or at most until then; the
 * descriptor counts, too.  1: it is readable.
 */
int http_step(struct http *h, int fd, usec until);
/* Ask all of them, whose bodies are written, side by side, until all are over.
 */
void http_ask(struct http *h, struct exchange *v, size_t n, usec until);
/* What a call came to, for etcd_state. */
void http_note(struct http *h, int rc);
/* An endpoint does not do: from now on the next one is asked. */
void http_leave(struct http *h, unsigned endpoint);
void http_saw(struct http *h, uint64_t revision);
/* This was answered by one of a majority. */
void http_answered(struct http *h, const struct exchange *x);

/* ---- the token ----------------------------------------------------------- */

bool login_is_needed(const struct http *h);
/* Begin to get one, unless that is under way. */
void login_ask(struct http *h);
/* If it has come. */
void login_settle(struct http *h);
/* An exchange was refused because of its token. */
void login_refused(struct http *h, const struct exchange *x);

/* ---- the watch ----------------------------------------------------------- */

/* What is to be done now; and when something will be to be done. */
void watch_tick(struct http *h, usec now);
usec watch_deadline(const struct http *h);
/* What it hears goes into an event. */
void watch_settle(struct http *h);
/* That endpoint does not do. */
void watch_left(struct http *h, unsigned endpoint, int rc);
/* etcd has forgotten. */
void watch_is_stale(struct http *h);

extern const struct etcd_link_ops http_ops;
int http_txns(struct etcd_link *l, struct etcd_txn *v, size_t n, usec most);
int http_range(struct etcd_link *l, const char *from, const char *to,
	       uint32_t limit, uint64_t *revision, etcd_each *each, void *arg,
	       bool *more);
int http_watch(struct etcd_link *l, uint64_t revision);
int http_event(struct etcd_link *l, struct etcd_event *to);
int http_wait(struct etcd_link *l, int fd, usec most);
int http_grant(struct etcd_link *l, unsigned ttl, uint64_t *lease);
int http_keep(struct etcd_link *l, uint64_t lease);
int http_revoke(struct etcd_link *l, uint64_t lease);
int http_left(struct etcd_link *l, uint64_t lease, usec *left);
/* etcd_http_look.c */
size_t http_look(struct etcd_link *l, struct store_member *v);

#endif
