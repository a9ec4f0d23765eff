/*
 * The ports that every server needs, and who has them if they can't be had.
 */
#ifndef MUSTER_APP_PORTS_H
#define MUSTER_APP_PORTS_H

#include "host/log.h"
#include "host/packet.h"
#include "model/settings.h"

#include <stdint.h>

/* Why a UDP port could not be opened, rc being the negative errno: one line on
 * standard error, with the name of the program that has it. */
void port_complain(const char *program, uint16_t port, int rc);
/*
 * Whether the ports that these settings need are free.  Asked while we are
 * root: who no longer is can't see whose a socket is.  0, or -EADDRINUSE,
 * and it is said; what else may be wrong with them shows when they are opened.
 */
int ports_try(const char *program, const struct settings *s);
/*
 * The same of port 111, if boot parameters are served.  Where rpcbind has it,
 * s->bootparam.is_guest is set.
 */
int ports_try_portmap(const char *program, struct settings *s);
/*
 * As a guest, be known to rpcbind, and say in the log what will not work;
 * again, should it have been started anew.  Once we are who we stay: only that
 * user may take it back, which is ports_leave().  0, or what rpcbind_set()
 * says.
 */
int ports_join(const struct settings *s, struct log *log, usec now);
void ports_leave(const struct settings *s);
/* What the kernel keeps from sockets and these settings want. */
void ports_filter(struct filter *f, const struct settings *s);

#endif
