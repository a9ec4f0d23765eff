/*
 * tftpc: one file by unicast TFTP (RFC 1350, 2347-2349, 7440); tolerant of
 * servers without options.
 *
 * Silence is answered after 1, 2, 4, 8 and 16 s; after 31 s without a new block
 * it gives up (-ETIMEDOUT), and with config->patience sooner if there was no
 * packet at all.  A server that agreed to options and then falls silent, or
 * knows nothing of it, is asked anew, a few times.  A server's refusal becomes
 * -ENOENT, -EACCES or -EIO, a file over size_max -EFBIG, one that is not as
 * long as it was said to be -EPROTO, and LISTEN's own error when no port was
 * free.
 *
 * Its KEEPs come in order and each byte once.  It lingers a few seconds after
 * LOADC_DONE, in case its last ACK was lost; the next file need not wait.
 */
#ifndef MUSTER_ENGINE_TFTPC_H
#define MUSTER_ENGINE_TFTPC_H

#include "engine/loadc.h"

/* Takes all its memory here; it can then load one file after the other.  0 or
 * -ENOMEM. */
int tftpc_open(struct loadc **c, const struct loadc_config *config,
	       const struct alloc *alloc);

#endif
