/*
 * Interfaces by the names that people type.
 */
#ifndef MUSTER_APP_INTERFACE_H
#define MUSTER_APP_INTERFACE_H

#include "base/addr.h"

enum { INTERFACES = 1024 };

/* All of them, to be freed; *n is how many.  NULL, and *n a negative errno, if
 * they can't be listed. */
struct link *interfaces(int *n);
/* The one with this name; false, and said on standard error, if there is
 * none. */
bool interface_named(const char *command, const char *name, struct link *to);
/* Whether an address is this machine's own, that of the loopback, too. */
bool interface_has(uint32_t ip);
/* The index of the first one that is up and whose network has this address, but
 * for loopback; 0 if there is none. */
uint32_t interface_towards(uint32_t ip);

#endif
