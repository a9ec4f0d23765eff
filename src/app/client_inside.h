/*
 * The inside of the commands' client, for its own files only.
 */
#ifndef MUSTER_APP_CLIENT_INSIDE_H
#define MUSTER_APP_CLIENT_INSIDE_H

#include "app/client_api.h"

#include "app/admin.h"

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

/* Make ready for what is going to be asked: the store, under its lock.  Exit
 * status, said; or EXIT_BUSY, not said. */
int offline_open(struct client *c, const struct client_request *q);
void offline_close(struct offline *off);
/* HTTP's status. */
unsigned offline_ask(struct client *c, const struct client_request *q,
		     json_t **answer);

#endif
