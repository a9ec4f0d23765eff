/*
 * BOOTP and DHCP messages (RFC 951, 1542, 2131, 2132).  The fixed part is a
 * struct; options stay in the datagram and are looked up by code.
 */
#ifndef MUSTER_WIRE_BOOTP_H
#define MUSTER_WIRE_BOOTP_H

#include "base/addr.h"
#include "base/cursor.h"

enum {
	BOOTP_SERVER_PORT = 67,
	BOOTP_CLIENT_PORT = 68,
	PXE_SERVER_PORT = 4011,
	BOOTP_FIXED = 236,     /* op .. file */
	BOOTP_LONGEST = 16384, /* a longer datagram is no BOOTP message */
	BOOTP_MIN_SENT = 300,
	BOOTP_MTU_MAX = 1472, /* UDP payload; never trust a larger option 57 */
	BOOTP_SNAME = 64,
	BOOTP_FILE = 128,
};

enum { BOOTP_REQUEST = 1, BOOTP_REPLY = 2 };
enum { BOOTP_FLAG_BROADCAST = 0x8000 };

enum dhcp_type {
	DHCP_NONE = 0, /* plain BOOTP: no option 53 */
	DHCP_DISCOVER = 1,
	DHCP_OFFER,
	DHCP_REQUEST,
	DHCP_DECLINE,
	DHCP_ACK,
	DHCP_NAK,
	DHCP_RELEASE,
	DHCP_INFORM,
};

/* Option codes, named as in RFC 2132 and its successors. */
enum {
	OPT_PAD = 0,
	OPT_SUBNET_MASK = 1,
	OPT_ROUTER = 3,
	OPT_DNS = 6,
	OPT_HOST_NAME = 12,
	OPT_BOOT_FILE_SIZE = 13,
	OPT_DOMAIN_NAME = 15,
	OPT_ROOT_PATH = 17,
	OPT_MTU = 26,
	OPT_BROADCAST = 28,
	OPT_NTP = 42,
	OPT_VENDOR = 43,
	OPT_REQUESTED_IP = 50,
	OPT_LEASE_TIME = 51,
	OPT_OVERLOAD = 52,
	OPT_MESSAGE_TYPE = 53,
	OPT_SERVER_ID = 54,
	OPT_PARAMETER_LIST = 55,
	OPT_MESSAGE = 56,
	OPT_MAX_SIZE = 57,
	OPT_RENEWAL_TIME = 58,
	OPT_REBINDING_TIME = 59,
	OPT_CLASS_ID = 60,
	OPT_CLIENT_ID = 61,
	OPT_TFTP_SERVER = 66,
	OPT_BOOT_FILE = 67,
	OPT_USER_CLASS = 77,
	OPT_RELAY_AGENT = 82,
	OPT_CLIENT_ARCH = 93,
	OPT_CLIENT_NDI = 94,
	OPT_CLIENT_UUID = 97,
	OPT_SUBNET_SELECTION = 118,
	OPT_ETHERBOOT = 175,
	OPT_END = 255,
};

/* What the vendor area begins with. */
enum bootp_vend {
	VEND_NONE, /* no vendor area, zeros, or a magic nobody knows */
	VEND_RFC,  /* 63 82 53 63: options follow */
	VEND_NEXT, /* "NeXT": see struct next_vend */
	VEND_CMU,  /* "CMU\0" */
	VEND_STANFORD,
};

struct bootp {
	uint8_t op, hops;
	struct hwaddr hw; /* htype, hlen, chaddr; hlen > 16 is no packet */
	uint8_t xid[4];   /* the client's own order: echoed, never a number */
	uint16_t secs, flags;
	uint32_t ciaddr, yiaddr, siaddr, giaddr;
	const uint8_t *sname, *file; /* 64 and 128 bytes, NUL not assured, and
				      * perhaps overloaded: see bootp_file */
	enum bootp_vend vend;
	/* What follows the magic, whichever it is, in the datagram.  Its bytes
	 * are options only if vend is VEND_RFC. */
	const uint8_t *options;
	size_t options_len;
	uint8_t overload; /* option 52, read at most once: 1 file, 2 sname, 3 */
	enum dhcp_type type; /* option 53; other values make bootp_get false */
	uint16_t where[256]; /* for bootp_option: where each code is */
};

/*
 * From 236 bytes up: klibc's ipconfig sends no vendor area at all.  False if
 * this is no BOOTP message, or its options run past their end; a missing END
 * and bytes behind one are let pass.  False, too, if option 52 or 53 holds no
 * value that RFC 2132 knows.  *m points into the datagram.
 */
bool bootp_get(struct bootp *m, struct rd *r);

/*
 * The value of one option, over all its parts and areas in the order options,
 * file, sname (RFC 3396), put together into buf (never NULL).  Its length; -1
 * if absent; a value longer than room counts as absent.  The time it takes does
 * not depend on the other options unless the code is there twice.
 */
int bootp_option(const struct bootp *m, uint8_t code, uint8_t *buf,
		 size_t room);
/* The same for a number of exactly that size; else false and *v unchanged. */
bool bootp_option_u8(const struct bootp *m, uint8_t code, uint8_t *v);
bool bootp_option_u16(const struct bootp *m, uint8_t code, uint16_t *v);
bool bootp_option_u32(const struct bootp *m, uint8_t code, uint32_t *v);
/* The option is there, be its value empty. */
bool bootp_has(const struct bootp *m, uint8_t code);
/* Walk all options in wire order, one call each, pads left out; start with
 * *at = 0.  False after the last. */
struct bootp_opt {
	uint8_t code;
	const uint8_t *bytes; /* in the datagram */
	uint8_t len;
};
bool bootp_option_next(const struct bootp *m, size_t *at, struct bootp_opt *o);

/* The fields as NUL-terminated strings; false, and "", if empty or if option
 * 52 gave the field to options. */
bool bootp_sname(const struct bootp *m, char to[BOOTP_SNAME + 1]);
bool bootp_file(const struct bootp *m, char to[BOOTP_FILE + 1]);

/*
 * Writing.  bootp_begin writes the fixed part and RFC 2132's magic; then come
 * options; bootp_end writes END and pads to 300 bytes.
 */
struct bootp_head {
	uint8_t op, hops;
	struct hwaddr hw;
	uint8_t xid[4];
	uint16_t secs, flags;
	uint32_t ciaddr, yiaddr, siaddr, giaddr;
	const char *sname, *file; /* NULL or a string; NUL-padded on the wire.
				   * One that does not fit makes w bad */
};

/* Options in the writing: one that does not fit is left out as a whole and said
 * so. */
struct bootp_out {
	struct wr *w;
	size_t len;   /* of the message so far */
	size_t limit; /* of the whole message, 300 .. BOOTP_MTU_MAX */
};

/* The fixed part alone, 236 bytes. */
void bootp_fixed_put(const struct bootp_head *h, struct wr *w);
/* A limit below 300 means 300, one above BOOTP_MTU_MAX means that. */
struct bootp_out bootp_begin(const struct bootp_head *h, struct wr *w,
			     size_t limit);
/* False, and nothing written, if it does not fit (END is kept room for). Values
 * over 255 bytes are split as RFC 3396 says.  The code is neither PAD nor END.
 */
bool bootp_put(struct bootp_out *o, uint8_t code, const void *v, size_t len);
bool bootp_put_u8(struct bootp_out *o, uint8_t code, uint8_t v);
bool bootp_put_u16(struct bootp_out *o, uint8_t code, uint16_t v);
bool bootp_put_u32(struct bootp_out *o, uint8_t code, uint32_t v);
/* Without the NUL. */
bool bootp_put_str(struct bootp_out *o, uint8_t code, const char *s);
/* n times PAD: four of them behind the magic keep byte 242 zero, so that a
 * NeXT client takes a reply with options for a positive one. */
bool bootp_put_pads(struct bootp_out *o, size_t n);
void bootp_end(struct bootp_out *o);

/* NeXT's vendor area: 64 bytes in place of magic and options. */
enum next_opcode { NEXT_OK, NEXT_QUERY, NEXT_QUERY_NE, NEXT_ERROR };
struct next_vend {
	uint8_t version, opcode, id;
	char text[56]; /* NUL-terminated */
};
/* False unless a whole NeXT area is there. */
bool next_vend_get(struct next_vend *v, const struct bootp *m);
/* The fixed part and a NeXT area, 300 bytes.  A text without NUL makes w bad.
 */
void next_vend_put(const struct next_vend *v, const struct bootp_head *h,
		   struct wr *w);
/* What a NeXT client, which checks no magic, takes byte 242 of a reply for; 255
 * if the reply is too short to have one. */
uint8_t bootp_next_opcode(const struct bootp *reply);

/* Relay agent information (RFC 3046): one sub-option of option 82's value, v.
 * False if it is not there. */
bool relay_suboption(const uint8_t *v, size_t len, uint8_t code,
		     const uint8_t **sub, size_t *sublen);

#endif
