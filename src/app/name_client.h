/*
 * One connection to the registry of names, for the commands.
 */
#ifndef MUSTER_APP_NAME_CLIENT_H
#define MUSTER_APP_NAME_CLIENT_H

#include "wire/registry.h"

struct name_client {
	int fd;
	uint32_t sequence;
	/* The last record: `got` points into it. */
	uint8_t bytes[REGISTRY_RECORD + REGISTRY_MESSAGE];
	struct registry_record got;
	const uint8_t *text; /* of a message */
	size_t text_len;
};

/* run: the folder of its socket; NULL: the usual one.  0 or negative errno. */
int name_connect(struct name_client *c, const char *run);
void name_disconnect(struct name_client *c);
/* Ask, and wait for the answer, which is then in c->got.  p->sequence is set
 * here.  0; -ECONNRESET: the registry has hung up; or negative errno. */
int name_ask(struct name_client *c, struct registry_record *p, const void *text,
	     size_t len);
/* Wait for whatever comes next. */
int name_hear(struct name_client *c);

/* "done", "not checked in", ...: what a status says. */
const char *name_status(unsigned status);
/*
 * tcp:PORT, udp:ADDRESS:PORT, tcp:[IPv6]:PORT.  False: it is none.
 */
bool name_endpoint_parse(const char *s, struct registry_endpoint *to);
/* "tcp 192.168.77.1:7070", NUL-terminated. */
void name_endpoint_text(const struct registry_endpoint *e, char *to,
			size_t room);
/* `*`, 0x and an address in hexadecimal, an address, a name that the system
 * can resolve; NULL or "": here.  False: it does not resolve. */
bool name_host(const char *host, struct registry_record *p);

#endif
