/*
 * What a BOOTP or DHCP server says, in the hands of a test: a reply to the
 * request that the engine on stage sent last.
 */
#ifndef MUSTER_TESTS_BOOTPS_H
#define MUSTER_TESTS_BOOTPS_H

#include "stage/stage.h"
#include "wire/bootp.h"

/* The request that was sent last, out of its frame or datagram; fails the test
 * if that was none.  It points into st->last. */
void bootps_request(const struct stage *st, struct bootp *m);

/* 0 and NULL leave a thing out. */
struct bootps_reply {
	enum dhcp_type type;
	uint32_t yiaddr, siaddr;
	uint32_t server_id; /* also who sends it; 0: sent by 10.0.0.1 */
	uint32_t mask, router, lease, t1, t2;
	const char *file;                    /* the field */
	const char *option_file, *next_name; /* options 67 and 66 */
	const char *name, *domain, *class_id;
	/* to be ignored for: */
	bool has_other_xid, has_other_hw, is_request, is_for_other_mac;
	bool has_no_vend;    /* 236 bytes and zeros */
	bool has_zero_lease; /* option 51 is there, and 0 */
	bool is_udp;         /* came through a socket, not as a frame */
	/* NeXT's vendor area in place of options. */
	const struct next_vend *next;
};

/* The engine hears it, in a frame to its own Ethernet address. */
void bootps_say(struct stage *st, const struct bootps_reply *reply);

#endif
