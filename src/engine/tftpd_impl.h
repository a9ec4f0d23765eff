/*
 * The inside of tftpd.
 *
 *	tftpd.c          the engine: who is answered, requests, what has settled
 *	tftpd_session.c  sessions: their tables, ports and lives
 *	tftpd_flight.c   a transfer: blocks, ACKs, windows, silence
 *	tftpd_script.c   the boot script of a machine
 *	tftpd_text.c     a transfer in mode netascii
 */
#ifndef MUSTER_ENGINE_TFTPD_IMPL_H
#define MUSTER_ENGINE_TFTPD_IMPL_H

#include "base/hash.h"
#include "base/heap.h"
#include "base/rand.h"
#include "base/slots.h"
#include "engine/effects.h"
#include "engine/limit.h"
#include "engine/note.h"
#include "engine/tftpd.h"
#include "model/policy.h"
#include "wire/netascii.h"
#include "wire/tftp.h"

enum {
	SCRIPT_MAX = 1024,
	BATCH = 128,           /* blocks of one FETCH; no script has more */
	BATCH_BYTES = 2 << 20, /* of one FETCH, if that is a block or more */
	WINDOW_MAX = 32767,    /* more, and old ACKs would look like new ones */
	REPLIES_MAX = 3,       /* packets to a peer that proved nothing (R12) */
	/* Of netascii: a block is written into an effect's head, a window is
	 * one FETCH, and there is a mark for each block of it. */
	TEXT_BLKSIZE = 1468,
	TEXT_WINDOW = 16,
	TEXT_MARKS = 32,
	STRANGERS_MAX = 3, /* answers to wrong TIDs, for each session */
	TRIES = 5,
	LISTENS_MAX = 8, /* ports tried for one session */
	SESSION_NONE = 0 /* sessions are numbered from 1 */
};

static const usec HALF_OPEN_LIFE = SECONDS(3);

enum session_state {
	SESSION_FREE,
	SESSION_LISTENING, /* its port is not open yet */
	SESSION_HALF_OPEN, /* replied to; nobody may be there */
	SESSION_PROVEN,    /* an ACK came: the peer is who it says */
};

/* The last block of a flight, once more, before anybody's patience is over. */
enum probe { PROBE_NONE, PROBE_SENT, PROBE_OVER };

struct session {
	struct timer timer;
	usec due; /* the deadline; the timer may ring before it */
	enum session_state state;
	struct endpoint at, peer; /* us, them */
	uint16_t main;            /* where the request came to */
	uint32_t generation;      /* a cookie of an earlier life is none */
	uint32_t older, newer;    /* half open: the ring; free: the list */

	uint32_t image, version; /* image 0: the script, kept as text */
	uint64_t size;
	struct tftp_options options; /* what the OACK says; has 0: none */
	unsigned quirks;
	uint16_t blksize, window;

	/* Blocks count from 1 in 64 bits; the wire has 16 of them. */
	uint64_t last;  /* the short one; UINT64_MAX: a text's is unknown */
	uint64_t acked; /* all up to it */
	uint64_t sent;  /* of the flight under way, up to this */
	uint64_t high;  /* of all flights */
	uint64_t fetch_first, fetch_to;
	bool is_fetching;
	bool is_text; /* a file in netascii; a script is converted before */

	usec begun, heard, replied;
	usec timeout;
	usec flown; /* when the flight had left for the first time */
	usec rtt;   /* smoothed; 0: nothing was answered yet */
	enum probe probe;
	uint8_t tries;   /* silences in a row */
	uint8_t replies; /* packets before the proof */
	uint8_t strangers, listens;
};

/* What is kept of what is sent, other than the file. */
union session_room {
	char script[SCRIPT_MAX];
	struct netascii marks[TEXT_MARKS]; /* where block % TEXT_MARKS ended */
};

struct tftpd {
	struct engine engine;
	const struct site *site;
	struct tftpd_stats stats;
	struct rand rand;
	uint64_t hash_seed;

	struct session *sessions;  /* [0] is not used */
	union session_room *rooms; /* of each session */
	uint32_t n_sessions;
	struct slots free_sessions;
	uint32_t n_proven, proven_max;
	uint32_t n_half, half_max;
	uint32_t oldest, newest; /* half open */
	uint16_t *by_port;       /* session number */
	struct index by_peer;
	struct limit limit; /* of requests */
	struct heap heap;
	struct timer **heap_room;
};

/* Whether requests come to this port. */
static inline bool tftpd_is_main(const struct tftpd *t, uint16_t port)
{
	uint16_t also = t->site->settings->tftm.also;

	return port == TFTP_PORT || (also && port == also);
}

/* What a request comes to. */
struct wanted {
	const struct image *image; /* NULL: the script */
	char script[SCRIPT_MAX];
	size_t script_len;
};

/* ---- tftpd_session.c ---- */
/* Take the memory; 0 or -ENOMEM, and then sessions_close is due all the same.
 */
int sessions_open(struct tftpd *t, const struct alloc *alloc);
void sessions_close(struct tftpd *t, const struct alloc *alloc);
/* NULL: there is none. */
struct session *session_by_peer(struct tftpd *t, struct endpoint peer);
struct session *session_by_port(struct tftpd *t, uint16_t port);
/* Begin a transfer: d is the request, q what it says.  Nothing happens if the
 * source has as many half-open sessions as it may. */
void session_begin(struct tftpd *t, usec now, const struct dgram *d,
		   const struct tftp_request *q, const struct wanted *w,
		   struct effects *fx);
/* Its LISTEN has settled, for session number, or what it was. */
void session_listening(struct tftpd *t, usec now, const struct outcome *o,
		       struct effects *fx);
/* The session that a cookie of FETCH means; NULL: it is over. */
struct session *session_of_cookie(struct tftpd *t, uint64_t cookie);
uint64_t session_cookie(const struct tftpd *t, const struct session *s);
/* It has proved itself; false if there is no room for it (R14). */
bool session_prove(struct tftpd *t, struct session *s, struct effects *fx);
void session_end(struct tftpd *t, struct session *s, struct effects *fx);
/* Say why to the peer, and end.  It is one of the packets that a peer which
 * proved nothing may get: the reply that failed was not sent. */
void session_fail(struct tftpd *t, struct session *s, int code,
		  const char *text, struct effects *fx);
void session_wait(struct tftpd *t, struct session *s, usec until);
/* A note about it, with its peer and the name of its file. */
struct note *session_note(struct tftpd *t, const struct session *s,
			  unsigned code, struct effects *fx);
static inline const char *session_script(const struct tftpd *t,
					 const struct session *s)
{
	return t->rooms[s - t->sessions].script;
}

/* ---- tftpd_flight.c ---- */
/* The reply to a request: OACK or the first block.  Nothing, once a peer that
 * proved nothing has had its share. */
void flight_reply(struct tftpd *t, struct session *s, usec now,
		  struct effects *fx);
/* A datagram from the peer. */
void flight_hear(struct tftpd *t, struct session *s, usec now,
		 const struct dgram *d, struct effects *fx);
void flight_fetched(struct tftpd *t, struct session *s, usec now,
		    const struct outcome *o, struct effects *fx);
void flight_silence(struct tftpd *t, struct session *s, usec now,
		    struct effects *fx);

/* A block's number on the wire. */
uint16_t flight_wire(const struct session *s, uint64_t block);
/* Count a block of `len` bytes that has left. */
void flight_sent(struct tftpd *t, struct session *s, uint64_t block,
		 size_t len);

/* ---- tftpd_text.c ---- */
/* Its blocks are a text's from now on. */
void text_begin(struct tftpd *t, struct session *s);
/* What to FETCH for the blocks behind `sent`, up to fetch_to; len 0: it is all
 * written. */
void text_ref(struct tftpd *t, const struct session *s, struct ref *ref);
/* Send these blocks, of what o has read; NULL: nothing was left to read. */
void text_send(struct tftpd *t, struct session *s, const struct outcome *o,
	       struct effects *fx);
/* A script as netascii; false: there is no room. */
bool text_convert(struct wanted *w);

/* ---- tftpd_script.c ---- */
/*
 * The boot script for the machine that sent d, with addresses at the address
 * that it asked, into w->script.  0; -ENOENT: there is nothing to boot;
 * -EMSGSIZE: it is longer than SCRIPT_MAX, or holds what a script can't.
 */
int script_make(const struct site *site, const struct dgram *d,
		struct wanted *w);

#endif
