/*
 * The train's messages: docs/protocols/train.md, whose words are used here.
 *
 * Each message: train_head_get() reads what all begin with, then the function
 * of its type reads the rest.  The lists in ABOARD, REPORT, STATUS and PICK are
 * walked with _next, straight from the datagram.
 */
#ifndef MUSTER_WIRE_TRAIN_H
#define MUSTER_WIRE_TRAIN_H

#include "base/addr.h"
#include "base/cursor.h"

enum train_type {
	TRAIN_BOARD = 1,
	TRAIN_TICKET,
	TRAIN_REFUSE,
	TRAIN_ABOARD,
	TRAIN_STATUS,
	TRAIN_REPORT,
	TRAIN_PROBE,
	TRAIN_PICK,
	TRAIN_DATA,
	TRAIN_LEAVES_ASK,
	TRAIN_LEAVES,
	TRAIN_DETACH,
	TRAIN_GOODBYE,
	TRAIN_DRIVES,
	TRAIN_FORWARD,
	TRAIN_PREPARING,
};

enum {
	TRAIN_PORT = 7243,
	TRAIN_DATA_PORT = 7244,
	TRAIN_HEAD = 12,
	TRAIN_DATA_HEAD = 20,
	TRAIN_BOARD_LEN = 512, /* and the most that answers it */
	TRAIN_INTERVALS = 128, /* in one message */
	TRAIN_LEAF = 16,       /* bytes of a leaf */
	TRAIN_PAYLOAD_MAX = 1428,
};

#define TRAIN_LIST    0xffffffffu /* the block number of the list of hashes */
#define TRAIN_NOT_NOW 0xffff      /* pending: do not report on this block */

enum { TRAIN_FLAG_GOODBYE = 1, TRAIN_FLAG_LIST = 2 }; /* of a STATUS */
enum { TRAIN_FLAG_LEFT = 1 };                         /* of a DRIVES */

struct train_head {
	uint8_t type;
	uint16_t flags;
	uint64_t id; /* of the train; BOARD, TICKET, REFUSE, PREPARING: the
			nonce */
};

/* False: no message of a train, or of another version. */
bool train_head_get(struct train_head *h, struct rd *r);
void train_head_put(const struct train_head *h, struct wr *w);

/* BOARD.  The name is inside the datagram, without NUL. */
bool train_board_get(const char **name, size_t *len, struct rd *r);
/* Pads to TRAIN_BOARD_LEN. */
void train_board_put(uint64_t nonce, const char *name, size_t len,
		     struct wr *w);

struct train_ticket {
	uint64_t cookie;
	struct endpoint group;
	const uint8_t *head; /* of the manifest; inside the datagram */
	size_t head_len;
	/* Why it is not the one beside the file; likewise, without NUL. */
	const char *note;
	size_t note_len; /* 0: nothing is said */
};
bool train_ticket_get(struct train_ticket *t, struct rd *r);
/* A note is cut to what TRAIN_BOARD_LEN has room for. */
void train_ticket_put(uint64_t nonce, const struct train_ticket *t,
		      struct wr *w);

enum train_refusal {
	TRAIN_NO_FILE = 1,
	TRAIN_NO_ROOM,
	TRAIN_NOT_HERE,
	TRAIN_NO_COOKIE,
};
/* The text is inside the datagram, without NUL; may be empty. */
bool train_refuse_get(uint16_t *code, const char **text, size_t *len,
		      struct rd *r);
void train_refuse_put(uint64_t nonce, uint16_t code, const char *text,
		      struct wr *w);

/* PREPARING: its head is all of it. */
void train_preparing_put(uint64_t nonce, struct wr *w);

/* Intervals of positions. */
struct train_interval {
	uint32_t from, to;
};
/* n of them, whose bytes follow at r: false if they are not there, or are empty
 * or out of order. */
struct train_intervals {
	struct rd rest;
	uint16_t n;
};
bool train_intervals_get(struct train_intervals *v, struct rd *r);
bool train_interval_next(struct train_intervals *v, struct train_interval *i);
void train_intervals_put(const struct train_interval *v, uint16_t n,
			 struct wr *w);

/* ABOARD and PICK: a cookie, then intervals.  GOODBYE: the cookie alone. */
bool train_cookie_get(uint64_t *cookie, struct rd *r);
void train_cookie_put(enum train_type type, uint64_t id, uint64_t cookie,
		      struct wr *w);

enum train_phase_said {
	TRAIN_SAYS_STANDING,
	TRAIN_SAYS_HOLDING,
	TRAIN_SAYS_SENDING,
	TRAIN_SAYS_ASKING,
};

struct train_status {
	uint16_t flags; /* of the head */
	uint8_t phase;
	uint8_t slots;
	uint16_t round;
	uint16_t slot_ms;
	uint32_t riders, expected;
	uint32_t leaving_ms;
	uint16_t top, step;
	uint32_t cursor;
	uint32_t first; /* block of the first pending number */
	uint16_t n;     /* pending numbers in this message */
	struct rd pending;
};
/* `flags` is not touched: they are the head's. */
bool train_status_get(struct train_status *s, struct rd *r);
/* The number of pending repairs of block first + i, i < n. */
uint16_t train_status_pending(const struct train_status *s, uint16_t i);
/* The head and all up to n; then n numbers are to be written with wr_u16. */
void train_status_put(uint64_t id, const struct train_status *s, struct wr *w);
/* How many numbers fit into one message. */
enum { TRAIN_STATUS_MAX = (TRAIN_PAYLOAD_MAX - TRAIN_HEAD - 32) / 2 };

struct train_lack {
	uint32_t block;
	uint16_t lack;
};
struct train_report {
	uint64_t cookie;
	uint16_t round;
	uint16_t loss; /* thousandths of the originals since its last report */
	uint32_t at;   /* the position behind the last original that it heard */
	uint16_t lack_of_list;
	uint16_t n;
	struct rd lacks;
	struct train_intervals intervals;
};
bool train_report_get(struct train_report *p, struct rd *r);
bool train_lack_next(struct train_report *p, struct train_lack *l);
/* The head and all up to n; then n times train_lack_put, then the intervals. */
void train_report_put(uint64_t id, const struct train_report *p, struct wr *w);
void train_lack_put(const struct train_lack *l, struct wr *w);
enum { TRAIN_REPORT_LACKS = 48 * 4 };

bool train_probe_get(uint16_t *round, struct rd *r);
void train_probe_put(uint64_t id, uint16_t round, struct wr *w);
void train_detach_put(uint64_t id, struct wr *w);

struct train_data {
	uint32_t block, number;
	const uint8_t *bytes; /* inside the datagram: no copy */
	size_t len;
};
bool train_data_get(struct train_data *d, struct rd *r);
/* The 20 bytes before the packet's own. */
void train_data_head_put(uint64_t id, uint32_t block, uint32_t number,
			 struct wr *w);

struct train_leaves {
	uint64_t cookie; /* asking */
	uint32_t block;
	uint16_t first;
	uint16_t n; /* answering */
	const uint8_t *leaves;
};
bool train_leaves_ask_get(struct train_leaves *l, struct rd *r);
void train_leaves_ask_put(uint64_t id, const struct train_leaves *l,
			  struct wr *w);
bool train_leaves_get(struct train_leaves *l, struct rd *r);
/* What goes before the leaves. */
void train_leaves_head_put(uint64_t id, uint32_t block, uint16_t first,
			   struct wr *w);

/* DRIVES: a server tells the others that it sends a train. */
struct train_drives {
	uint16_t flags; /* of the head */
	uint8_t phase;  /* enum train_phase_said */
	uint32_t turn;  /* how often the train was taken up */
	uint32_t wish;  /* what its group was chosen by */
	struct endpoint group;
	uint32_t riders;
	const char *name; /* inside the datagram, without NUL */
	size_t len;
};
/* `flags` is not touched: they are the head's. */
bool train_drives_get(struct train_drives *d, struct rd *r);
void train_drives_put(uint64_t id, const struct train_drives *d, struct wr *w);

/* FORWARD: the BOARD of a rider, handed on to the server that sends. */
struct train_forward {
	struct endpoint rider;
	const char *name;
	size_t len;
};
bool train_forward_get(struct train_forward *f, struct rd *r);
/* Pads to TRAIN_BOARD_LEN. */
void train_forward_put(uint64_t nonce, const struct train_forward *f,
		       struct wr *w);

#endif
