/*
 * tell.c's lines for remote calls, masks and RARP:
 *
 *	rpc ok +48                      a reply, and how long its results are
 *	rpc no program, rpc versions 2-2, rpc no procedure, rpc refused
 *	rpc call 100000.2.5 +36         program, version, procedure; arguments
 *	mask 255.255.255.0              "mask?" for a question
 *	rarp 10.0.0.7                   "rarp?" for a question
 *
 * Frames end with " to " and the hardware address, or " broadcast".
 */
#ifndef MUSTER_STAGE_TELL_RPC_H
#define MUSTER_STAGE_TELL_RPC_H

#include "base/text.h"
#include "engine/effects.h"

/* A datagram or record of one of the ports of remote calls; false: it is none.
 */
bool tell_rpc(struct text *t, const struct send *s);
/* The same in a frame, or a mask, or RARP. */
bool tell_rpc_frame(struct text *t, const struct send *s);

#endif
