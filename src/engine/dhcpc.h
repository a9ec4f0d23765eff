/*
 * dhcpc: a machine that asks for its address by DHCP (RFC 2131): DISCOVER, the
 * first good OFFER, REQUEST, ACK; then it renews and rebinds on time.
 */
#ifndef MUSTER_ENGINE_DHCPC_H
#define MUSTER_ENGINE_DHCPC_H

#include "engine/addressc.h"

struct dhcpc;

int dhcpc_open(struct dhcpc **c, const struct addressc_config *config,
	       const struct alloc *alloc);
void dhcpc_close(struct dhcpc *c, const struct alloc *alloc);
struct engine *dhcpc_engine(struct dhcpc *c);
void dhcpc_start(struct dhcpc *c, usec now, struct effects *fx);
enum addressc_state dhcpc_state(const struct dhcpc *c);
/* Valid once the state is ADDRESSC_BOUND. */
const struct address_answer *dhcpc_answer(const struct dhcpc *c);

#endif
