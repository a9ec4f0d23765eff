/*
 * ROM: a boot loader of long ago as a node of the virtual LAN, with its timers,
 * its small receive ring and its faults.  It shares nothing with our own
 * clients, not even the codecs, so that it can contradict them.
 *
 * The card: a frame goes into the ring if there is room, else it is lost.  The
 * loader polls: it takes `takes` for each frame, one after the other, and
 * between two of them hears nothing else.
 *
 *	ROM_ETHERBOOT   5.x: x-slam:// and x-tftm://
 *	ROM_IPXE        with SLAM built in; its multicast TFTP mended
 *	ROM_IPXE_STOCK  as shipped: what comes to a group it never gets
 *
 * What they do wrong, and so ends a load, is said in `why`.
 */
#ifndef MUSTER_TESTS_ROM_H
#define MUSTER_TESTS_ROM_H

#include "base/rand.h"
#include "engine/effects.h"

enum rom_kind { ROM_ETHERBOOT, ROM_IPXE, ROM_IPXE_STOCK };
enum rom_way { ROM_SLAM, ROM_TFTM };
enum rom_state { ROM_LOADING, ROM_DONE, ROM_FAILED };

enum { ROM_RING = 64, ROM_FRAME = 1600, ROM_PACKETS = 4096 };

struct rom_config {
	enum rom_kind kind;
	enum rom_way way;
	unsigned ring;  /* frames, 1 to ROM_RING */
	usec takes;     /* from one frame to the next */
	unsigned loses; /* so many status requests are lost at first */
	uint32_t server;
	uint16_t port;         /* the server's: SLAM's of this file, or 69 */
	struct endpoint group; /* SLAM's */
	const char *name;      /* of the file, by TFTP */
	uint64_t seed;
};

struct rom_frame {
	struct endpoint from, to;
	size_t len;
	uint8_t bytes[ROM_FRAME];
};

struct rom {
	struct engine engine;
	struct rom_config config;
	struct rand rand;
	enum rom_state state;
	const char *why;  /* FAILED */
	usec done_at;     /* DONE */
	uint64_t sent;    /* by it */
	uint64_t dropped; /* by its card */
	uint64_t repeats; /* packets that it had */
	uint64_t refused; /* of a wrong length or number */
	unsigned ports;   /* from which it has asked */
	bool is_known;    /* it has spoken */
	uint8_t *file;    /* the caller's, of `room` bytes */
	size_t room, size;
	usec due; /* its own timer */

	struct rom_frame ring[ROM_RING];
	unsigned first, n;
	usec free_at;
	unsigned to_lose;

	/* What it has: packet i at i * block. */
	bool have[ROM_PACKETS];
	uint32_t packets, count, block; /* packets 0: not known yet */
	unsigned silences;              /* in a row */

	/* SLAM */
	uint8_t header[24];
	size_t header_len;
	usec asked_wait; /* iPXE's second timer; 0: it does not run */
	usec asked_due;

	/* Multicast TFTP */
	uint16_t port, group_port;
	uint32_t group_ip;
	struct endpoint peer;
	bool has_peer, acks;
	uint32_t last_block;
	usec wait;
};

/* `file` has `room` bytes and is the caller's. */
void rom_open(struct rom *r, const struct rom_config *config, uint8_t *file,
	      size_t room);
/* For lan_switch_on(); arg is the rom. */
void rom_start(void *arg, usec now, struct effects *fx);

/* ---- the inside ---------------------------------------------------------- */

void rom_fail(struct rom *r, const char *why);
/* All is there: nothing more is heard. */
void rom_done(struct rom *r, usec now);
void rom_send(struct rom *r, const struct wr *w, uint16_t from,
	      struct endpoint to, struct effects *fx);
/* A packet that it can use.  False: it has it, and all is as it was. */
bool rom_keep(struct rom *r, uint32_t packet, const uint8_t *bytes, size_t len);
/* It begins again from nothing. */
void rom_forget(struct rom *r);
uint32_t rom_first_gap(const struct rom *r, uint32_t from);
usec rom_random(struct rom *r, usec below);

/* rom_slam.c, rom_tftm.c */
void slam_rom_start(struct rom *r, usec now, struct effects *fx);
void slam_rom_hear(struct rom *r, const struct rom_frame *f, usec now,
		   struct effects *fx);
void slam_rom_wait(struct rom *r, usec now, struct effects *fx);
void tftm_rom_start(struct rom *r, usec now, struct effects *fx);
void tftm_rom_hear(struct rom *r, const struct rom_frame *f, usec now,
		   struct effects *fx);
void tftm_rom_wait(struct rom *r, usec now, struct effects *fx);

#endif
