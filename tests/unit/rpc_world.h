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

#include "base/text.h"
#include "stage/bootp_world.h"
#include "wire/bootparam.h"
#include "wire/frame.h"
#include "wire/icmp.h"
#include "wire/portmap.h"
#include "wire/sunrpc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "changes.h"

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

/* What is behind the IP header, from machine `n`. */
static inline void hears_icmp(struct world *w, uint32_t n, uint32_t from,
			      uint32_t to, struct rd message)
{
	struct frame_ip f = {.from = from,
			     .to = to,
			     .ttl = 255,
			     .protocol = IP_PROTOCOL_ICMP,
			     .bytes = message.p,
			     .len = rd_left(&message)};
	uint8_t b[128];
	struct wr head = wr_over(b, sizeof(b));

	memset(f.dst, 0xff, 6);
	memcpy(f.src, world_hw(n).b, 6);
	frame_ip_put(&f, &head);
	stage_hear_frame(w->st, b, wr_len(&head));
}

static inline void asks_mask(struct world *w, uint32_t n, uint32_t from,
			     uint32_t to)
{
	struct icmp_mask m = {.type = ICMP_MASK_REQUEST};
	uint8_t b[ICMP_MASK_LEN];
	struct wr p = wr_over(b, sizeof(b));

	icmp_mask_put(&m, &p);
	hears_icmp(w, n, from, to, rd_over(b, sizeof(b)));
}

/* Machine `n` asks for the address of `target`, by RARP. */
static inline void asks_rarp(struct world *w, uint32_t n, uint32_t target)
{
	struct frame_arp f = {.op = RARP_REQUEST};
	uint8_t b[64];
	struct wr head = wr_over(b, sizeof(b));

	memset(f.dst, 0xff, 6);
	memcpy(f.src, world_hw(n).b, 6);
	memcpy(f.sender_mac, world_hw(n).b, 6);
	memcpy(f.target_mac, world_hw(target).b, 6);
	frame_rarp_put(&f, &head);
	stage_hear_frame(w->st, b, wr_len(&head));
}

/* `muster machine replace NAME` with the address of machine `n`: that property
 * of the entry is another, and nothing else. */
static inline void world_replace(struct world *w, const char *name, uint32_t n)
{
	struct directory *d = w->site.directory;
	const struct entry *e = machine_by_name(d, DOMAIN_FIRST, name);
	struct hwaddr hw = world_hw(n);
	uint8_t bytes[512];
	char text[32] = "";
	struct text t = text_over(text, sizeof(text));
	const char *values[] = {text};
	struct plist_out o = plist_begin(bytes, sizeof(bytes));
	struct change c = {.kind = CHANGE_ENTRY_PUT, .domain = DOMAIN_FIRST};

	assert_non_null(e);
	text_hwaddr(&t, &hw);
	c.id = e->id;
	c.parent = e->parent;
	c.instance = e->instance + 1;
	assert_true(plist_replace(&e->props, "en_address", values, 1, &o));
	assert_true(plist_end(&o, &c.props));
	assert_int_equal(directory_apply(d, &c), 0);
}

static inline uint32_t world_put(struct world *w, enum change_kind kind,
				 uint32_t domain, uint32_t parent,
				 const char *text)
{
	struct directory *d = w->site.directory;
	uint32_t id = directory_next_id(d);
	struct made m;

	entry_put(&m, id, parent, 1, text);
	m.c.kind = kind;
	m.c.domain = domain;
	assert_int_equal(directory_apply(d, &m.c), 0);
	return id;
}

/* A domain under "/" with a directory of machines, whose id is the next. */
static inline uint32_t world_add_domain(struct world *w, const char *text)
{
	uint32_t id = world_put(w, CHANGE_DOMAIN_PUT, 0, DOMAIN_FIRST, text);

	world_put(w, CHANGE_ENTRY_PUT, id, id, "name=machines");
	return id;
}

/* Two domains under "/", and its network belongs to the first. */
static inline void world_two_sites(struct world *w, uint32_t *here,
				   uint32_t *there)
{
	*here = world_add_domain(w, "name=here");
	*there = world_add_domain(w, "name=there");
	strcpy(w->settings.subnets[0].directory, "/here");
}

#endif
