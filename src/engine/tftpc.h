/*
 * tftpc: one file by unicast TFTP (RFC 1350, 2347-2349, 7440); tolerant of
 * servers without options.
 *
 * Silence is answered after 1, 2, 4, 8 and 16 s; after 31 s without a new block
 * it gives up (-ETIMEDOUT).  A server that agreed to options and then falls
 * silent, or knows nothing of it, is asked anew, a few times.  A server's
 * refusal becomes -ENOENT, -EACCES or -EIO, a file over size_max -EFBIG, one
 * that is not as long as it was said to be -EPROTO, and LISTEN's own error when
 * no port was free.
 */
#ifndef MUSTER_ENGINE_TFTPC_H
#define MUSTER_ENGINE_TFTPC_H

#include "engine/loadc.h"

struct tftpc;

/* Takes all its memory here; it can then load one file after the other.  0 or
 * -ENOMEM. */
int tftpc_open(struct tftpc **c, const struct loadc_config *config,
	       const struct alloc *alloc);
void tftpc_close(struct tftpc *c, const struct alloc *alloc);
struct engine *tftpc_engine(struct tftpc *c);
/* Begin with a file, number `file` in its KEEP effects.  url->server is set.
 * Its KEEPs come in order and each byte once. */
void tftpc_start(struct tftpc *c, usec now, const struct url *url,
		 uint32_t file, struct effects *fx);
/* Give up and close its sockets; the state is then LOADC_IDLE. */
void tftpc_stop(struct tftpc *c, usec now, struct effects *fx);
/* It lingers a few seconds after LOADC_DONE, in case its last ACK was lost; the
 * next file need not wait for that. */
struct loadc_progress tftpc_progress(const struct tftpc *c);
bool tftpc_claims(const struct tftpc *c, const struct dgram *d);

#endif
