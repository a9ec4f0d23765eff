/*
 * The inside of the commands' client, for its own files only.
 */
#ifndef MUSTER_APP_CLIENT_INSIDE_H
#define MUSTER_APP_CLIENT_INSIDE_H

#include "app/client_api.h"

#include "app/admin.h"

#include <stdio.h>

/* Not told to anybody: somebody else has the store. */
enum { EXIT_BUSY = 75 };

struct offline; /* client_offline.c */

struct client {
	struct client_options o;
	struct config config;
	char socket[512];
	void *curl; /* NULL: offline */
	struct offline *offline;
};

/* Say an error, "muster COMMAND: ...", and return `status`. */
int client_failed(const struct client *c, int status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Whom to ask, if it is not known yet: curl or offline is set then.  Exit
 * status, said. */
int client_find(struct client *c, const struct client_request *q);

/* Whether nobody listens at the control socket. */
bool client_is_alone(const struct client *c);

/* Make ready for what is going to be asked: the store, under its lock.  Exit
 * status, said; or EXIT_BUSY, not said. */
int offline_open(struct client *c, const struct client_request *q);
void offline_close(struct offline *off);
/* As root, write as whom the directory of the store belongs to. */
int offline_become_owner(struct client *c);
/* What is asked is a file: copy it.  0, or the exit status, said. */
int offline_copy(struct client *c, const struct client_request *q, FILE *to);
/* HTTP's status. */
unsigned offline_ask(struct client *c, const struct client_request *q,
		     json_t **answer);

#endif
