/*
 * ONC RPC version 2 (RFC 5531): the header of a call and of a reply.  A message
 * is one UDP datagram, or one record of a connection; what is behind the header
 * is the program's own.
 */
#ifndef MUSTER_WIRE_SUNRPC_H
#define MUSTER_WIRE_SUNRPC_H

#include "base/cursor.h"

enum {
	RPC_CALL = 0, /* the direction */
	RPC_REPLY = 1,
	RPC_VERSION = 2,
	RPC_CALL_MIN = 40,   /* the smallest header of a call */
	RPC_REPLY_HEAD = 24, /* ours, accepted: results follow */
	RPC_AUTH_MAX = 400,  /* bytes of a credential or verifier, 8.2 */
};

enum rpc_flavor { RPC_AUTH_NONE = 0, RPC_AUTH_SYS = 1 };

/* What an accepted call came to (9), and the two ways to refuse one. */
enum rpc_status {
	RPC_SUCCESS = 0,
	RPC_PROG_UNAVAIL = 1,
	RPC_PROG_MISMATCH = 2, /* low and high say which versions there are */
	RPC_PROC_UNAVAIL = 3,
	RPC_GARBAGE_ARGS = 4,
	RPC_SYSTEM_ERR = 5,
	RPC_DENIED_VERSION, /* of RPC itself: low and high are 2 and 2 */
	RPC_DENIED_AUTH,    /* `why` says more */
};

enum rpc_auth_status { RPC_AUTH_TOOWEAK = 5 };

struct rpc_call {
	uint32_t xid;
	uint32_t rpc_version; /* not RPC_VERSION: nothing below is known */
	uint32_t program, version, procedure;
	uint32_t flavor;     /* of the credential; may be none of the enum */
	const uint8_t *cred; /* its body, inside the message */
	size_t cred_len;
	const uint8_t *args; /* the rest, inside the message */
	size_t len;
};

/*
 * False unless it is a call: of another version of RPC, or whole up to the
 * arguments, with a credential and a verifier of at most RPC_AUTH_MAX bytes, of
 * AUTH_SYS a well-formed one.  The verifier of a call says nothing to us and is
 * passed over.
 */
bool rpc_call_get(struct rpc_call *c, struct rd *r);
/* The header, with an empty verifier; the arguments only if `len` is not 0, so
 * that they can be written behind it as well. */
void rpc_call_put(const struct rpc_call *c, struct wr *w);

struct rpc_reply {
	uint32_t xid;
	enum rpc_status status;
	uint32_t low, high;     /* of the two that speak of versions */
	uint32_t why;           /* RPC_DENIED_AUTH: an enum rpc_auth_status */
	const uint8_t *results; /* RPC_SUCCESS: the rest, inside the message */
	size_t len;
};

/* False unless it is a whole header of a reply; its verifier is passed over. */
bool rpc_reply_get(struct rpc_reply *p, struct rd *r);
/* As rpc_call_put(). */
void rpc_reply_put(const struct rpc_reply *p, struct wr *w);

/* AUTH_SYS, RFC 5531 appendix A.  A claim, and never more than that. */
enum { RPC_SYS_NAME = 255, RPC_SYS_GIDS = 16 };
struct rpc_sys {
	uint32_t stamp;
	const uint8_t *name; /* of the machine, inside the message */
	size_t name_len;
	uint32_t uid, gid;
	uint32_t gids[RPC_SYS_GIDS];
	uint32_t n_gids;
};

/* All of a credential's body.  False if it is none. */
bool rpc_sys_get(struct rpc_sys *s, const uint8_t *body, size_t len);
/* The body; its name has at most RPC_SYS_NAME bytes. */
void rpc_sys_put(const struct rpc_sys *s, struct wr *w);

#endif
