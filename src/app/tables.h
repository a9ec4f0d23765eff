/*
 * /etc/bootparams, /etc/hosts and lookup.conf for the engines, read again when
 * they change.
 */
#ifndef MUSTER_APP_TABLES_H
#define MUSTER_APP_TABLES_H

#include "app/config.h"
#include "engine/site.h"
#include "host/log.h"

struct tables;

/* Read them into *site, which keeps pointing at them; who is missing is read
 * once it is there.  `c` and `site` outlive it.  The log hears of what can't be
 * read, and of NIS maps that are named and not asked.  0 or -ENOMEM. */
int tables_open(struct tables **t, const struct config *c, struct site *site,
		struct log *log, usec now);
/* NULL is allowed. */
void tables_close(struct tables *t);
/* Once in a second or so. */
void tables_idle(struct tables *t, usec now);
/* What the machine says its NIS domain is goes into *domain, if that is empty;
 * "(none)" is none. */
void tables_domain(char *domain, size_t room);

#endif
