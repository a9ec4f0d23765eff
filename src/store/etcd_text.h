/*
 * What is said to etcd and what it answers: the JSON of its v3 gateway, as 3.4
 * and newer speak it.  Bytes are base64 there, numbers of 64 bits are texts,
 * and whatever is 0, false or empty is left out.  Source: rpc.proto and
 * rpctypes/error.go of etcd, and answers of 3.4.23.
 *
 * Texts in, structs out; nobody is asked here.
 */
#ifndef MUSTER_STORE_ETCD_TEXT_H
#define MUSTER_STORE_ETCD_TEXT_H

#include "base/sheet.h"
#include "store/etcd_link.h"

enum {
	ETCD_PREFIX = 64,
	ETCD_TOKEN = 1024, /* longest token, with NUL; JWTs have hundreds */
	ETCD_DEPTH = 16,   /* an answer that is nested deeper is none */
};

/* malloc and its kind. */
extern const struct alloc etcd_alloc;

/* ---- what is asked: bodies, written to a sheet --------------------------- */

void etcd_put_txn(struct sheet *to, const char *prefix,
		  const struct etcd_txn *t);
/* Keys below a prefix. */
struct etcd_pages {
	const char *prefix;
	struct span from;  /* bytes of the first key, without prefix */
	const char *to;    /* "": to the end of the prefix */
	uint32_t limit;    /* 0: none */
	uint64_t revision; /* 0: now */
};
void etcd_put_range(struct sheet *to, const struct etcd_pages *p);
/* Hear of all that comes after a revision, in pieces that are no larger than a
 * request. */
void etcd_put_watch(struct sheet *to, const char *prefix, uint64_t after);
void etcd_put_grant(struct sheet *to, unsigned ttl);
/* To keep or revoke it. */
void etcd_put_lease(struct sheet *to, uint64_t lease);
void etcd_put_login(struct sheet *to, const char *user, const char *password);

/* ---- what is answered ---------------------------------------------------- */

/*
 * What an answer comes to, by its HTTP status: 0, or an error of etcd_link.h;
 * -ENOENT: no such lease; -EKEYEXPIRED: the token is refused, and a new one may
 * not be; -ENOTSUP: it wants no name and password.
 */
int etcd_get_error(long status, struct span s);
/* The same of the words alone that a watch is ended with. */
int etcd_error_of(const char *words, size_t len);

/* Each returns 0, or -EPROTO if these bytes are no such answer, or -ENOMEM. */
int etcd_get_txn(struct etcd_txn *t, struct span s);
struct etcd_page {
	uint64_t revision; /* of the cluster */
	bool more;
	size_t n;         /* keys that `each` was told */
	struct span last; /* the last key in it, told or not, without prefix */
	uint8_t bytes[1024]; /* where it lies; a longer one is -EPROTO */
};
/* `each` is told those that can be ours; what it returns, if not 0, ends it and
 * is returned. */
int etcd_get_range(struct etcd_page *p, struct span s, const char *prefix,
		   etcd_each *each, void *arg);
struct etcd_lease {
	uint64_t id, ttl; /* 0: it has ended */
	uint64_t revision;
};
int etcd_get_lease(struct etcd_lease *l, struct span s);
int etcd_get_token(char to[ETCD_TOKEN], struct span s);
struct etcd_health {
	uint64_t revision;
	bool has_leader;
};
int etcd_get_health(struct etcd_health *h, struct span s);
int etcd_get_members(unsigned *n, struct span s);
struct store_member;
/* All but its address and rc. */
int etcd_get_status(struct store_member *m, struct span s);

#endif
