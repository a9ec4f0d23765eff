/*
 * A world for tests of rpcd, maskd and rarpd: bootp_world.h's, with machines
 * that have boot parameters, and how each of them asks.
 *
 *	moira   10.0.0.9, en_address 2:0:0:0:0:9: root, a value without a colon
 *	gillian 10.0.0.11: bootparams without a value
 *	wendy   10.0.0.7: no such property
 */
#ifndef MUSTER_TESTS_RPC_WORLD_H
#define MUSTER_TESTS_RPC_WORLD_H

#include "stage/bootp_world.h"
#include "wire/bootparam.h"
#include "wire/frame.h"
#include "wire/portmap.h"
#include "wire/sunrpc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define MOIRA   IP4(10, 0, 0, 9)
#define GILLIAN IP4(10, 0, 0, 11)
#define WENDY   IP4(10, 0, 0, 7)

enum { XID = 0x4d555354, OUT = 1023 };

static inline void rpc_world_open(struct world *w)
{
	world_open(w);
	w->settings.bootparam.serve = true;
	world_add_machine(w, "name=moira,m; en_address=2:0:0:0:0:9;"
			     "ip_address=10.0.0.9;"
			     "bootparams=root=wizard:/export/moira,boot=kernel,"
			     "swap=nowhere:/swap");
	world_add_machine(w, "name=gillian; ip_address=10.0.0.11; bootparams=");
	w->st->shows_notes = true;
}

/* A datagram in a frame, from machine `n` (its address and its Ethernet
 * address), to everybody's address `to`. */
static inline void hear_frame(struct world *w, uint32_t n, uint32_t ip,
			      uint32_t to, const struct wr *message)
{
	static const uint8_t all[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	uint8_t b[2048];
	struct wr f = wr_over(b, sizeof(b));
	struct frame_udp u = {.from = {ip, OUT},
			      .to = {to, PMAP_PORT},
			      .ttl = 64,
			      .bytes = message->start,
			      .len = wr_len(message)};

	memcpy(u.dst, to == WORLD_SERVER ? world_hw(1).b : all, 6);
	memcpy(u.src, world_hw(n).b, 6);
	frame_udp_put(&u, &f);
	assert_false(f.bad);
	stage_hear_frame(w->st, b, wr_len(&f));
}

/* The header of a call. */
static inline void put_call(struct wr *w, uint32_t program, uint32_t version,
			    uint32_t procedure)
{
	struct rpc_call c = {.xid = XID,
			     .rpc_version = RPC_VERSION,
			     .program = program,
			     .version = version,
			     .procedure = procedure};

	rpc_call_put(&c, w);
}

/* What everybody is asked: a call inside of a CALLIT. */
static inline void put_callit(struct wr *w, uint32_t program, uint32_t version,
			      uint32_t procedure, const struct wr *args)
{
	struct pmap_callit c = {.program = program,
				.version = version,
				.procedure = procedure,
				.args = args->start,
				.len = wr_len(args)};

	put_call(w, PMAP_PROGRAM, PMAP_VERSION, PMAP_CALLIT);
	pmap_callit_put(&c, w);
}

static inline void put_whoami(struct wr *w, uint32_t ip)
{
	uint8_t b[32];
	struct wr args = wr_over(b, sizeof(b));

	bootparam_address_put(ip, &args);
	put_callit(w, BOOTPARAM_PROGRAM, BOOTPARAM_VERSION, BOOTPARAM_WHOAMI,
		   &args);
}

/* The machine at 10.0.0.`n` asks everybody for the name of `ip`. */
static inline void asks_whoami(struct world *w, uint32_t n, uint32_t ip)
{
	uint8_t b[256];
	struct wr message = wr_over(b, sizeof(b));

	put_whoami(&message, ip);
	hear_frame(w, n, IP4(10, 0, 0, n), IP4(10, 255, 255, 255), &message);
}

#endif
