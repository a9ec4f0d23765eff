/*
 * The records of lookupd's local socket (docs/protocols/lookup.md): a question
 * and one answer to it, over a connection of type SEQPACKET, each up to
 * LOOKUP_RECORD bytes.
 *
 *	question  1 version  1 op  2 zero  4 sequence  8 position
 *	          category NUL  key NUL  value NUL
 *	answer    1 version  1 op + 128  1 status  1 zero  4 sequence
 *	          8 position  2 items  text NUL, then each item:
 *	          agent NUL  domain NUL  server NUL  4 length  properties
 *
 * Numbers have their high byte first; properties are as model/plist.h has them.
 */
#ifndef MUSTER_WIRE_LOOKUP_H
#define MUSTER_WIRE_LOOKUP_H

#include "base/cursor.h"

enum {
	LOOKUP_VERSION = 1,
	LOOKUP_RECORD = 32768,
	LOOKUP_QUESTION_MAX = 512,
	LOOKUP_TEXT_MAX = 256, /* of category, key and value, NULs and all */
};

enum lookup_op {
	LOOKUP_ONE = 1, /* the nearest that has key = value */
	LOOKUP_ALL,     /* all that have it, or, without a key, all there are;
			 * on from a position, 0 at first */
	LOOKUP_CONFIGURATION,
	LOOKUP_STATISTICS,
	LOOKUP_FLUSH, /* root and the server's own user alone */
	LOOKUP_REPLY = 0x80,
};

enum lookup_status {
	LOOKUP_FOUND,
	LOOKUP_NOT_FOUND,   /* all agents say so, or there is no more */
	LOOKUP_UNAVAILABLE, /* nobody has it, and the agents of the text did not
			     * answer */
	LOOKUP_WRONG,       /* no such category, key or value: the text says */
	LOOKUP_BUSY,        /* too many questions: later */
	LOOKUP_REFUSED,
};

struct lookup_question {
	uint8_t op;
	uint32_t sequence;
	uint64_t position;
	const char *category, *key, *value; /* inside the record */
};

struct lookup_answer {
	uint8_t op; /* with LOOKUP_REPLY */
	uint8_t status;
	uint32_t sequence;
	uint64_t position; /* where to go on; 0: that was the end */
	uint16_t n;        /* items */
	const char *text;
	struct rd items; /* for lookup_item_next() */
};

struct lookup_item {
	const char *agent, *domain, *server;
	const uint8_t *props;
	size_t len;
};

/* The whole record.  False if it is no question: then nothing in *q is worth
 * reading. */
bool lookup_question_get(struct lookup_question *q, struct rd *r);
void lookup_question_put(const struct lookup_question *q, struct wr *w);

/* The whole record, its items too.  False if it is no answer. */
bool lookup_answer_get(struct lookup_answer *a, struct rd *r);
/* Only its head: a->n and a->items are not looked at.  Then the items, one by
 * one, and at last lookup_answer_end() with their number. */
void lookup_answer_put(const struct lookup_answer *a, struct wr *w);
void lookup_answer_end(struct wr *w, uint16_t n, uint64_t position);
/* False at the end. */
bool lookup_item_next(struct rd *items, struct lookup_item *i);
/* All of it or nothing: false, and *w as it was, if it does not fit. */
bool lookup_item_put(const struct lookup_item *i, struct wr *w);

/*
 * What an agent found, as it is handed to lookupd within one machine:
 *
 *	4 next  domain NUL  server NUL  then each entry: 4 length  properties
 */
struct lookup_result {
	uint32_t next; /* number of the entry to go on with; 0: no more */
	const char *domain, *server;
	struct rd entries; /* for lookup_entry_next() */
};
/* False if it is none; of its entries each says so itself. */
bool lookup_result_get(struct lookup_result *to, struct rd *r);
void lookup_result_put(const struct lookup_result *p, struct wr *w);
void lookup_result_end(struct wr *w, uint32_t next);
/* False at the end. */
bool lookup_entry_next(struct rd *entries, const uint8_t **props, size_t *len);
/* All of it or nothing: false, and *w as it was, if it does not fit. */
bool lookup_entry_put(const void *props, size_t len, struct wr *w);

#endif
