/*
 * The parts of netnamed: netnamed.c is the engine and what local connections
 * ask, netnamed_table.c the names, netnamed_ask.c questions to other machines,
 * netnamed_answer.c theirs to us.
 */
#ifndef MUSTER_ENGINE_NETNAMED_IMPL_H
#define MUSTER_ENGINE_NETNAMED_IMPL_H

#include "base/hash.h"
#include "base/heap.h"
#include "base/rand.h"
#include "engine/effects.h"
#include "engine/limit.h"
#include "engine/netnamed.h"
#include "engine/note.h"

struct name_entry {
	uint32_t conn; /* 0: free */
	uint32_t uid;
	uint8_t len;
	char name[REGISTRY_NAME]; /* upper case */
	struct registry_endpoint at;
};

/* Asked by a connection, of one machine or of all. */
struct query {
	uint32_t conn; /* 0: free */
	uint8_t op;    /* REGISTRY_LOOK_UP or REGISTRY_MESSAGE_TO */
	bool is_found; /* a message knows where to go, or it is a look-up */
	uint32_t sequence_there; /* the connection's own */
	uint32_t sequence;
	uint32_t to; /* 0: all machines */
	uint8_t tries;
	usec due;
	uint8_t len;
	char name[REGISTRY_NAME]; /* as it was asked for */
	uint16_t text_len;
	uint8_t text[REGISTRY_MESSAGE];
};

/* A message that was handed over: its sender may ask again. */
struct delivered {
	uint32_t from, sequence;
	usec at;
};

enum { DELIVERED = 256 };

struct netnamed {
	struct engine engine;
	struct netnamed_config config;
	struct rand rand;
	uint64_t secret; /* of hashes */
	struct name_entry *names;
	struct index by_name;
	struct query *questions;
	struct delivered *delivered;
	unsigned next_delivered;
	struct limit limit;
	enum { NET_NONE, NET_OPENING, NET_OPEN } net;
	struct link links[NETNAMED_LINKS];
	unsigned n_links;
	struct netnamed_stats stats;
};

/* ---- netnamed.c ---------------------------------------------------------- */

/* Of a record; `at` may be NULL. */
void named_reply(uint32_t conn, uint8_t op, uint32_t sequence,
		 enum registry_status status,
		 const struct registry_record *about,
		 const struct registry_endpoint *at, struct effects *fx);
bool named_is_own(const struct netnamed *n, uint32_t ip);
/* As others see it, who asked on `link` (0: this machine): an endpoint at any
 * address is at ours there. */
struct registry_endpoint named_shown(const struct netnamed *n,
				     const struct registry_endpoint *at,
				     uint32_t link);
/* Give a message to whoever holds the name. */
void named_deliver(const struct name_entry *to, uint32_t from,
		   const uint8_t *text, size_t len, struct effects *fx);

/* ---- netnamed_table.c ---------------------------------------------------- */

struct name_entry *named_find(const struct netnamed *n, const char *name,
			      size_t len);
/* Of connection d->conn: the name is its own, or free. */
enum registry_status named_check_in(struct netnamed *n, const struct dgram *d,
				    const struct registry_record *p);
/* By its own connection, another one of its user, or root.  *holder: whose it
 * was, 0 if it is not checked out. */
enum registry_status named_check_out(struct netnamed *n, const struct dgram *d,
				     const struct registry_record *p,
				     uint32_t *holder);
/* All that a connection had; false, once there is nothing more. */
bool named_drop_one(struct netnamed *n, uint32_t conn, struct effects *fx);
/* In the order of bytes; NULL: none. */
const struct name_entry *named_after(const struct netnamed *n, const char *name,
				     size_t len);

/* ---- netnamed_ask.c ------------------------------------------------------ */

/* to 0: everywhere.  It is answered sooner or later. */
void named_ask(struct netnamed *n, usec now, const struct dgram *d,
	       const struct registry_record *p, uint32_t to,
	       const struct rd *text, struct effects *fx);
void named_forget_questions(struct netnamed *n, uint32_t conn);
void named_expire_questions(struct netnamed *n, usec now, struct effects *fx);
usec named_questions_deadline(const struct netnamed *n);
/* One of other machines has said something to a question. */
struct query *named_query(const struct netnamed *n, uint32_t sequence,
			  uint32_t from);
void named_answered(struct netnamed *n, usec now, struct query *q,
		    const struct registry_record *p, uint32_t from,
		    struct effects *fx);

/* ---- netnamed_answer.c --------------------------------------------------- */

/* What came to our port, and to SRR's. */
void named_on_udp(struct netnamed *n, usec now, const struct dgram *d,
		  struct effects *fx);
void named_on_srr(struct netnamed *n, usec now, const struct dgram *d,
		  struct effects *fx);
/* A record, and what follows it, sealed, from `from` (ip 0: the kernel's
 * choice) by `link` (0: any). */
void named_send(const struct netnamed *n, const struct registry_record *p,
		const struct rd *text, uint32_t link, uint32_t from,
		struct endpoint to, struct effects *fx);

#endif
