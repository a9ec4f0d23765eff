/*
 * The engine contract: told what happened and when, an engine answers with
 * effects.  It never reads a clock, allocates, logs or sends.
 *
 *  1. `now` is a parameter and never goes backwards.  Randomness is a seed.
 *  2. Same inputs, same seed, same effects.  Nobody is called back.
 *  3. Incoming pointers live for the call; effects live until the next call.
 *  4. A deadline at or before `now` means "I had more to say": expire again.
 *  5. Every table has a size fixed at open.  Full is a case with a rule.
 *  6. Promise nothing before its COMMIT has settled: the promise is sent from
 *     settle.
 */
#ifndef MUSTER_ENGINE_ENGINE_H
#define MUSTER_ENGINE_ENGINE_H

#include "base/addr.h"
#include "base/crypt.h"
#include "base/layout.h"
#include "base/record.h"
#include "base/time.h"
#include "model/changes.h"
#include "model/image.h"

struct effects;

enum dgram_kind {
	DGRAM_UDP,    /* a UDP payload from a socket */
	DGRAM_FRAME,  /* a whole Ethernet frame from a packet socket */
	DGRAM_RECORD, /* one whole record of a connection, up to
		       * RECORD_MAX */
	DGRAM_HANGUP, /* a connection has ended, whoever ended it: the last
		       * that is heard of it */
};

struct dgram {
	enum dgram_kind kind;
	uint32_t link; /* interface index it came in on */
	/* UDP and connections; to.port names the socket or the listener.  Of a
	 * local connection the rest is zero. */
	struct endpoint from, to;
	uint32_t conn; /* RECORD and HANGUP: never 0, not used again */
	uint32_t uid;  /* of a local connection: who is at its other end */
	usec wall;
	const uint8_t *bytes;
	size_t len;
	/* Simulations without payload: what would follow the bytes.  On real
	 * sockets its len is 0. */
	struct ref body;
};

enum effect_kind {
	EFFECT_SEND,
	EFFECT_FETCH,  /* settles */
	EFFECT_COMMIT, /* settles */
	EFFECT_LISTEN, /* settles */
	EFFECT_CLOSE,
	EFFECT_HANGUP, /* comes back as a DGRAM_HANGUP */
	/* Settles when a connection has taken most of what it was sent, and its
	 * cookie is the connection's number; never, if it ends before. */
	EFFECT_DRAIN,
	EFFECT_PAIR,
	EFFECT_JOIN, /* settles only if it failed */
	EFFECT_LEAVE,
	EFFECT_ADDRESS, /* settles: the client's interface is configured */
	EFFECT_ALLOT,   /* settles: there is room for a file */
	EFFECT_KEEP,
	EFFECT_MEND, /* settles: a block is whole and checked */
	EFFECT_SORT, /* settles with outcome.bits */
	EFFECT_ASK,  /* settles with outcome.answer, some time later */
	EFFECT_NOTE,
};

enum send_how { SEND_UDP, SEND_FRAME, SEND_RECORD };

struct send {
	enum send_how how;
	uint32_t link; /* 0: as the kernel routes; FRAME needs one */
	struct endpoint
		from;       /* port: a socket LISTENed; ip 0: kernel's choice */
	struct endpoint to; /* UDP only */
	/* RECORD only, which has nothing else but a head.  Dropped quietly if
	 * the connection has ended; who does not read what it asked for is hung
	 * up on. */
	uint32_t conn;
	/* RECORD that was not asked for: dropped rather, if much is unread. */
	bool may_drop;
	/* RECORD over TCP: a fragment of it, and nothing but the next ones and
	 * the last follows on that connection. */
	bool is_part;
	uint8_t ttl;         /* multicast only; 0: 1 */
	const uint8_t *head; /* in the effects' own bytes */
	size_t head_len;
	struct ref body; /* follows the head; only what FETCH brought in
			  * this very call of settle; len 0: none */
};

/* `pieces` like the ref, each `stride` bytes of the file (and one block) after
 * the one before; 0 or 1: the ref alone.  A piece ends where the file does. */
struct fetch {
	struct ref ref;
	uint64_t stride;
	uint16_t pieces;
	uint64_t cookie;
};

/* One change, or several that are made all or none. */
struct commit_effect {
	struct change change; /* props point into the effects' own bytes */
	struct changes *all;  /* NULL: the one; a carrier keeps them itself */
	const char *who;      /* for the history; NULL: the part's name */
	uint64_t cookie;
};

enum {
	LISTEN_NO_DF = 1,
	LISTEN_BULK = 2,   /* large buffers */
	LISTEN_STREAM = 4, /* TCP, with records as in RFC 5531 section 11; a
			    * port of its own beside UDP's of that number */
};

struct listen {
	uint16_t port;
	uint32_t link; /* 0: any */
	unsigned flags;
	uint64_t cookie;
};

/* Many datagrams will go to and fro between these two: a hint, by which a
 * carrier may save itself work until the port is closed. */
struct pair {
	struct endpoint at; /* port: a socket LISTENed; ip: ours */
	struct endpoint peer;
};

struct join {
	struct endpoint group; /* port: a socket LISTENed */
	uint32_t link;
	uint64_t cookie;
};

struct address {
	uint32_t link, ip, mask, router;
	uint32_t broadcast; /* 0: of ip and mask */
	const char *name;
	uint64_t cookie;
};

/* Bytes that a client received for a file: on real sockets bytes in the
 * datagram just handed in, in payload-free simulations a reference. */
struct keep {
	uint32_t file; /* 0, 1, ... in the order of loading */
	uint64_t offset;
	const uint8_t *bytes;
	size_t len;
	struct ref body;
	bool is_scratch; /* behind the file, and no part of it */
};

/* Make room for a file, before its first KEEP: `size` bytes, and `scratch` more
 * that begin at allot_scratch().  Of the file each KEEP has one packet of the
 * layout. */
struct allot {
	uint32_t file;
	uint64_t size, scratch;
	struct layout layout;
	uint64_t cookie;
};
static inline uint64_t allot_scratch(uint64_t size)
{
	return (size + 4095) / 4096 * 4096;
}

struct mend_repair {
	uint32_t number;
	uint16_t slot; /* it was KEPT as scratch, slot * packet bytes in */
};

/*
 * Restore what is missing of a block from repairs, into its places, and check
 * the whole block.  rc: 0; -EDOM: the equations are dependent, it takes one
 * more repair; -EBADMSG: the block has another hash; or another negative errno.
 * missing, repairs and leaves lie in the effects' own bytes.
 */
struct mend {
	uint32_t file;
	struct layout layout;
	uint32_t block;
	const uint16_t *missing; /* packets of the block, rising */
	uint16_t n_missing;
	const struct mend_repair *repairs;
	uint16_t n_repairs;
	bool has_hash; /* else it is not checked */
	uint8_t hash[CRYPT_HASH];
	uint64_t cookie;
};

/* Which packets of a block are not what their leaves say. */
struct sort {
	uint32_t file;
	struct layout layout;
	uint32_t block;
	const uint8_t *leaves;
	uint64_t cookie;
};

/*
 * A question whose answer takes its time, from whoever can compute or look it
 * up; no engine waits for it.  -EAGAIN: too many are asked already.
 */
enum question_kind {
	/* Whether `text` is the password of which `with` is the hash, of any
	 * kind that crypt(3) knows.  rc: 0; -EACCES: it is not; -EINVAL: that
	 * is no hash.  There is no answer. */
	ASK_PASSWORD,
	/*
	 * What an agent of lookupd knows (model/lookup.h): the entry of the
	 * category `about` of which the key `with` is `text`, normal; or, if
	 * `with` is empty, all entries, from number `from` on.  rc: 0, and the
	 * answer is a lookup_result (wire/lookup.h); -ENOENT: it knows of none;
	 * -ENODEV: there is no such agent here; else it failed.
	 */
	ASK_FILES,
	ASK_NIS,
	ASK_DNS,
	/*
	 * All of a NetInfo domain, from its netinfod's TCP port at `peer`, if
	 * its checksum is not `from`; no text.  rc: 0, and the answer is the
	 * reply as it came; -EMSGSIZE: it is longer than is taken; else it
	 * failed, -ECONNRESET when it was torn.
	 */
	ASK_READALL,
	/*
	 * All entries of the directory `text` at the top of a NetInfo domain,
	 * from its netinfod's TCP port at `peer`.  rc: 0, and the answer is the
	 * reply to LISTALL as it came; -ENOENT: the domain has no such
	 * directory; else as above.
	 */
	ASK_LISTALL,
};

enum { QUESTION_TEXT = 256 /* longest text, with its NUL */ };

struct question {
	enum question_kind kind;
	const char *text, *with; /* in the effects' own bytes */
	uint64_t cookie;
	uint8_t about; /* enum lookup_category */
	uint32_t from;
	const char *domain; /* NIS: its domain; NULL or "": the machine's own */
	struct endpoint peer;
};

/* What happened, for logs, consoles and drills.  note.h says what each code
 * means and which fields go with it. */
struct note {
	uint16_t code; /* enum note_code */
	struct hwaddr hw;
	struct endpoint peer;
	uint32_t ip;
	uint64_t a, b;
	const char
		*text; /* in the effects' own bytes or constant; may be NULL */
};

struct effect {
	enum effect_kind kind;
	uint8_t owner; /* which part of a composed engine; composers set it */
	union {
		struct send send;
		struct fetch fetch;
		struct commit_effect commit;
		struct listen listen; /* LISTEN and CLOSE */
		uint32_t conn;        /* HANGUP and DRAIN */
		struct pair pair;
		struct join join; /* JOIN and LEAVE */
		struct address address;
		struct allot allot;
		struct keep keep;
		struct mend mend;
		struct sort sort;
		struct question ask;
		struct note note;
	};
};

struct piece {
	const uint8_t *bytes;
	size_t len;
};

/* What became of an effect that settles. */
struct outcome {
	enum effect_kind kind;
	uint8_t owner;
	uint64_t cookie;
	int rc; /* 0 or negative errno; FETCH: -ESTALE if replaced */
	usec wall;
	const struct change *change; /* COMMIT: the one that was made */
	const struct changes *all;   /* or all of these; NULL: the one */
	size_t failed;               /* of these, the one that was refused */
	const uint64_t *bits;  /* SORT: a bit for each packet that is wrong */
	struct piece read[2];  /* FETCH of REF_READ: one behind the other */
	const uint8_t *answer; /* ASK: NULL: none but rc */
	size_t answer_len;
};

struct engine {
	void (*input)(struct engine *, usec now, const struct dgram *,
		      struct effects *);
	void (*settle)(struct engine *, usec now, const struct outcome *,
		       struct effects *);
	void (*expire)(struct engine *, usec now, struct effects *);
	usec (*deadline)(const struct engine *);
};

#endif
