/*
 * mtftpc: one file by MTFTP.  It keeps every block it hears, in any order;
 * where others acknowledge it only listens, and asks when silence lasts and
 * something is missing: the sooner the more that is.
 *
 * With iPXE's compiled-in group, which any file may be on, it asks at once; on
 * a group of the file's own it listens first.  A server that does not answer,
 * or says no, is asked for the file by TFTP, on port 69, and what was loaded
 * until then is loaded again.  With config->patience one that fell silent may
 * be given up before (-ETIMEDOUT).
 *
 * LIMIT: nothing in a block says which file it is of.  On the compiled-in group
 * only the server can see to it that no other file is there; `muster fetch
 * --sha256` can tell.
 */
#ifndef MUSTER_ENGINE_MTFTPC_H
#define MUSTER_ENGINE_MTFTPC_H

#include "engine/loadc.h"

/* Takes all its memory here; it can then load one file after the other.  0 or
 * -ENOMEM. */
int mtftpc_open(struct loadc **c, const struct loadc_config *config,
		const struct alloc *alloc);

#endif
