/*
 * tftpc: one file by unicast TFTP (RFC 1350, 2347-2349, 7440); tolerant of
 * servers without options.
 */
#ifndef MUSTER_ENGINE_TFTPC_H
#define MUSTER_ENGINE_TFTPC_H

#include "engine/loadc.h"

struct tftpc;

/* Takes all its memory here; it can then load one file after the other. */
int tftpc_open(struct tftpc **c, const struct loadc_config *config,
	       const struct alloc *alloc);
void tftpc_close(struct tftpc *c, const struct alloc *alloc);
struct engine *tftpc_engine(struct tftpc *c);
/* Begin with a file, number `file` in its KEEP effects.  url->server is set. */
void tftpc_start(struct tftpc *c, usec now, const struct url *url,
		 uint32_t file, struct effects *fx);
/* Give up and close its sockets. */
void tftpc_stop(struct tftpc *c, usec now, struct effects *fx);
struct loadc_progress tftpc_progress(const struct tftpc *c);
bool tftpc_claims(const struct tftpc *c, const struct dgram *d);

#endif
