/*
 * The ports that every server needs, and who has them if they can't be had.
 */
#ifndef MUSTER_APP_PORTS_H
#define MUSTER_APP_PORTS_H

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

#endif
