/*
 * TFTP: RFC 1350, options by RFC 2347, blksize by 2348, timeout and tsize by
 * 2349, windowsize by 7440, the grammar of 2090's multicast, and an option of
 * our own beside that, x-gaps (docs/protocols/tftm.md).
 */
#ifndef MUSTER_WIRE_TFTP_H
#define MUSTER_WIRE_TFTP_H

#include "base/addr.h"
#include "base/cursor.h"

enum {
	TFTP_PORT = 69,
	TFTP_MCAST_PORT = 1758,
	TFTP_BLKSIZE = 512, /* without the option */
	TFTP_BLKSIZE_MIN = 8,
	TFTP_BLKSIZE_MAX = 65464,
	TFTP_HEAD = 4, /* of a DATA packet */
	TFTP_NAME_MAX = 255,
};

enum tftp_op {
	TFTP_RRQ = 1,
	TFTP_WRQ,
	TFTP_DATA,
	TFTP_ACK,
	TFTP_ERROR,
	TFTP_OACK,
};

enum tftp_error_code {
	TFTP_EUNDEF,
	TFTP_ENOTFOUND,
	TFTP_EACCESS,
	TFTP_EFULL,
	TFTP_EILLEGAL,
	TFTP_ETID,
	TFTP_EEXISTS,
	TFTP_EUSER,
	TFTP_EOPTION,
};

/* The opcode, without consuming anything; 0 if there is none. */
uint16_t tftp_op(const struct rd *r);

/*
 * Options of a request or an OACK.  A bit in `has` for each that was there and
 * had a sane value; one with a value out of range is left out, as if not asked.
 */
enum {
	TFTP_HAS_BLKSIZE = 1,
	TFTP_HAS_TIMEOUT = 2,
	TFTP_HAS_TSIZE = 4,
	TFTP_HAS_WINDOWSIZE = 8,
	TFTP_HAS_MULTICAST = 16,
	TFTP_HAS_GAPS = 32,
};

struct tftp_options {
	unsigned has;
	uint16_t blksize;
	uint8_t timeout; /* seconds */
	uint64_t tsize;  /* a request's empty value (Etherboot) is 0 */
	uint16_t windowsize;
	/* multicast: empty in a request; addr,port,mc in an OACK, where an
	 * empty addr or port is 0: keep the one you have */
	struct endpoint group;
	bool is_master;
	/* x-gaps: 0 in a request; in an OACK a number that only this version of
	 * the file has */
	uint32_t gaps;
	bool has_unknown; /* an option that we do not know was there */
};

struct tftp_request {
	uint16_t op;      /* TFTP_RRQ or TFTP_WRQ */
	const char *name; /* inside the packet, NUL-terminated */
	size_t name_len;
	bool is_octet; /* else netascii */
	struct tftp_options options;
};

/*
 * False if it is no RRQ or WRQ, its name is longer than TFTP_NAME_MAX or its
 * mode is neither octet nor netascii (in any case of letters).  A name may be
 * empty.  Junk after the last option is ignored (Apple OpenFirmware); of an
 * option said twice the first counts.
 */
bool tftp_request_get(struct tftp_request *q, struct rd *r);
/* The options as tftp_oack_put, but that multicast is empty. */
void tftp_request_put(const struct tftp_request *q, struct wr *w);

struct tftp_data {
	uint16_t block;
	const uint8_t *bytes; /* inside the datagram */
	size_t len;
};
/* Data of any length: whether it is a block knows only the session. */
bool tftp_data_get(struct tftp_data *d, struct rd *r);
/* The four bytes before the data. */
void tftp_data_head_put(uint16_t block, struct wr *w);

/* Bytes behind the four are ignored; fewer are no ACK (R13). */
bool tftp_ack_get(uint16_t *block, struct rd *r);
void tftp_ack_put(uint16_t block, struct wr *w);

/*
 * An ACK that has more than one block to ask for, between those who have agreed
 * on x-gaps: `n` blocks behind block `after`, and so on.  One of four bytes
 * asks for one.  The opcode is not part of the list.
 */
struct tftp_gap {
	uint16_t after, n;
};
/* False at the end of the list. */
bool tftp_gap_next(struct tftp_gap *g, struct rd *r);
/* False, and nothing is written, if there is no room for it. */
bool tftp_gap_put(struct tftp_gap g, struct wr *w);
/* What stands before the first. */
void tftp_gaps_head_put(struct wr *w);

struct tftp_error {
	uint16_t code;
	const char
		*text; /* inside the packet; may lack its NUL: use text_len */
	size_t text_len;
};
/* The text may be missing.  It is a stranger's: text_wire before it is shown.
 */
bool tftp_error_get(struct tftp_error *e, struct rd *r);
void tftp_error_put(uint16_t code, const char *text, struct wr *w);

/* False only if it is no OACK.  A multicast value that is not addr,port,mc with
 * a group for addr is left out. */
bool tftp_oack_get(struct tftp_options *o, struct rd *r);
/* Only the options in has, in the order tsize, blksize, timeout, windowsize,
 * x-gaps, multicast; the multicast value always in full. */
void tftp_oack_put(const struct tftp_options *o, struct wr *w);

#endif
