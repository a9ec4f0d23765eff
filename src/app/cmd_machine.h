/*
 * The verbs of `muster machine' for machines that are unknown.
 */
#ifndef MUSTER_APP_CMD_MACHINE_H
#define MUSTER_APP_CMD_MACHINE_H

#include "app/client_api.h"

/* Each returns the exit status, and has said what is wrong.  `domain`: NULL is
 * the one that a machine asks in, or the server's own. */
int machine_pending(struct client *c, bool is_json);
int machine_denied(struct client *c, const char *domain, bool is_json);
int machine_let_in(struct client *c, const char *domain, const char *mac,
		   const json_t *props);
/* Deny, or take that back. */
int machine_deny(struct client *c, const char *domain, const char *mac,
		 bool is_to_be);

#endif
