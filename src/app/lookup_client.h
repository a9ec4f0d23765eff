/*
 * One connection to lookupd, for the commands: musterd's, or that of a machine
 * that runs `muster lookupd`.
 */
#ifndef MUSTER_APP_LOOKUP_CLIENT_H
#define MUSTER_APP_LOOKUP_CLIENT_H

#include "wire/lookup.h"

#define LOOKUP_SOCKET "lookup" /* in the directory of sockets */

struct lookup_client {
	int fd;
	uint32_t sequence;
	uint8_t bytes[LOOKUP_RECORD]; /* the last answer, which `got` is in */
	struct lookup_answer got;
};

/* run: the folder of its socket; NULL: the usual one.  0 or negative errno. */
int lookup_connect(struct lookup_client *c, const char *run);
void lookup_disconnect(struct lookup_client *c);
/* Ask, and wait for the answer, which is then in c->got.  q->sequence is set
 * here.  0; -ECONNRESET: it has hung up; or negative errno. */
int lookup_ask(struct lookup_client *c, struct lookup_question *q);

#endif
