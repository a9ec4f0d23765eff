/*
 * What a service tells systemd (sd_notify(3)), without its library: one
 * datagram to the socket that NOTIFY_SOCKET names.  Without that variable
 * nothing happens.
 */
#ifndef MUSTER_HOST_NOTIFY_H
#define MUSTER_HOST_NOTIFY_H

#include "base/time.h"

/* Keep where it is; before the network namespace or the environment changes. */
struct notify {
	char path[108]; /* sun_path; "" if there is nobody to tell */
	usec watchdog;  /* tell it more often than this; NEVER: no need */
};

void notify_open(struct notify *n);
void notify_ready(const struct notify *n);
void notify_reloading(const struct notify *n); /* then ready again */
void notify_stopping(const struct notify *n);
void notify_watchdog(const struct notify *n);
/* One line for `systemctl status`. */
void notify_status(const struct notify *n, const char *status);

#endif
