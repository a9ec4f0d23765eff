/*
 * bootpc: a machine that asks for its address by BOOTP (RFC 951; timing after
 * its section 8: random, doubling from about 1 s to 64 s).  The first request
 * leaves within 0.3 s.
 */
#ifndef MUSTER_ENGINE_BOOTPC_H
#define MUSTER_ENGINE_BOOTPC_H

#include "engine/addressc.h"

struct bootpc;

/* 0, -ENOMEM, or what addressc_init says.  It takes all its memory here. */
int bootpc_open(struct bootpc **c, const struct addressc_config *config,
		const struct alloc *alloc);
void bootpc_close(struct bootpc *c, const struct alloc *alloc);
struct engine *bootpc_engine(struct bootpc *c);
/* Ask, or ask anew.  The first request is sent by expire. */
void bootpc_start(struct bootpc *c, usec now, struct effects *fx);
enum addressc_state bootpc_state(const struct bootpc *c);
/* Valid once the state is ADDRESSC_BOUND; the client's own. */
const struct address_answer *bootpc_answer(const struct bootpc *c);

#endif
