/*
 * The interfaces that a daemon serves: those that its configuration names, or
 * all with an address, and what follows from them for the settings.
 */
#ifndef MUSTER_APP_SERVED_H
#define MUSTER_APP_SERVED_H

#include "app/config.h"
#include "engine/server.h"
#include "engine/site.h"

struct committer;

/* Fill site->links with them, as they are now.  0 or negative errno, and then
 * they are as they were. */
int served_list(struct site *site, const struct config *c);
/* Each that was named must be there and have an address, and there must be one.
 * 0, or -ENODEV after a line on standard error that begins with `program`. */
int served_check(const struct site *site, const struct config *c,
		 const char *program);
/* Settle what the configuration left to the interfaces: SLAM's, and a subnet
 * for each if there is none; and this host's name if it says none. */
void served_settle(struct config *c, const struct site *site);
/* A configuration that was read anew takes the place of the old one; but what
 * tables were sized by and sockets were opened for stays as it is until the
 * next start. */
void served_take(struct settings *is, struct settings *fresh);
/* Whether all domains that such settings name are in the directory; else `why`
 * says which is not. */
bool served_domains(const struct site *site, const struct settings *s,
		    char *why, size_t room);
/* Tell the server how a store stands that several servers share. */
void served_store(struct server *s, struct committer *c, usec now,
		  struct effects *fx);
/* The server's name, if it has none: this host's, up to its first dot. */
void served_name(struct settings *s);

#endif
