/*
 * dhcpc: a machine that asks for its address by DHCP (RFC 2131 4.4): DISCOVER,
 * the first good OFFER, REQUEST, ACK; then it renews and rebinds on time, and
 * asks anew when its lease ends or a server refuses it.
 *
 * If the OFFER names no boot file it waits up to a second for the OFFER of a
 * proxy (PXE 2.1), which has one but no address.
 *
 * LIMIT: it does not probe whether somebody else uses the address (RFC 2131
 * 4.4.1), so it never sends a DECLINE.
 */
#ifndef MUSTER_ENGINE_DHCPC_H
#define MUSTER_ENGINE_DHCPC_H

#include "engine/addressc.h"

struct dhcpc;

/* 0, -ENOMEM, or what addressc_init says.  It takes all its memory here. */
int dhcpc_open(struct dhcpc **c, const struct addressc_config *config,
	       const struct alloc *alloc);
void dhcpc_close(struct dhcpc *c, const struct alloc *alloc);
struct engine *dhcpc_engine(struct dhcpc *c);
/* Ask, or ask anew.  The first DISCOVER is sent by expire, within 0.3 s. */
void dhcpc_start(struct dhcpc *c, usec now, struct effects *fx);
/* A lease that ended takes it from BOUND back to ASKING. */
enum addressc_state dhcpc_state(const struct dhcpc *c);
/* Valid while the state is ADDRESSC_BOUND; the client's own.  A lease of
 * 0xffffffff seconds never ends. */
const struct address_answer *dhcpc_answer(const struct dhcpc *c);

#endif
