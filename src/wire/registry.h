/*
 * The records of the name registry (docs/protocols/registry.md): 128 bytes over
 * a local connection, the same and a keyed hash behind it between machines.
 */
#ifndef MUSTER_WIRE_REGISTRY_H
#define MUSTER_WIRE_REGISTRY_H

#include "base/addr.h"
#include "base/cursor.h"

enum {
	REGISTRY_PORT = 7658, /* UDP, between registries */
	REGISTRY_RECORD = 128,
	REGISTRY_NAME = 80,      /* and its NUL */
	REGISTRY_MESSAGE = 1024, /* bytes of one, behind the record */
	REGISTRY_MAC = 32,
};

enum registry_op {
	REGISTRY_CHECK_IN = 1,
	REGISTRY_LOOK_UP,
	REGISTRY_CHECK_OUT,
	REGISTRY_VERSION,
	REGISTRY_MESSAGE_TO,   /* to whoever holds the name */
	REGISTRY_NEXT,         /* the name after this one, in order */
	REGISTRY_REPLY = 0x80, /* is added */
};

enum {
	REGISTRY_ANYWHERE = 1, /* here, then everywhere: host `*` */
	REGISTRY_AT_HOST = 2,  /* the endpoint's address says where */
};

/* Those of nmserver, and two more. */
enum registry_status {
	REGISTRY_DONE = 0,
	REGISTRY_NOT_YOURS = 1000,
	REGISTRY_NOT_CHECKED_IN = 1001,
	REGISTRY_NO_SUCH_HOST = 1002,
	REGISTRY_HOST_NOT_FOUND = 1003,
	REGISTRY_INVALID_PORT = 1004,
	REGISTRY_FULL = 1005,
	REGISTRY_TOO_LONG = 1006, /* a message, of more than REGISTRY_MESSAGE */
};

enum {
	REGISTRY_NONE = 0, /* family and transport of no endpoint */
	REGISTRY_IPV4 = 4,
	REGISTRY_IPV6 = 6,
	REGISTRY_TCP = 6,
	REGISTRY_UDP = 17,
};

struct registry_endpoint {
	uint8_t family, transport;
	uint16_t port;
	uint8_t address[16]; /* IPv4: the first four */
};

struct registry_record {
	uint8_t op; /* enum registry_op, perhaps with REGISTRY_REPLY */
	uint8_t flags;
	uint16_t status;
	uint32_t sequence;
	const char *name; /* in the record; up to 79 bytes; not terminated */
	size_t name_len;
	struct registry_endpoint at;
};

/* The next 128 bytes.  False if they are none of ours: then nothing in *p is
 * worth reading. */
bool registry_get(struct registry_record *p, struct rd *r);
/* name_len below REGISTRY_NAME (asserted). */
void registry_put(const struct registry_record *p, struct wr *w);

/* One that can be reached: a port, an address family, TCP or UDP. */
bool registry_endpoint_is_valid(const struct registry_endpoint *e);
struct registry_endpoint registry_endpoint_ipv4(uint8_t transport,
						struct endpoint e);
/* Of family 4; else 0. */
uint32_t registry_endpoint_ip(const struct registry_endpoint *e);
/* All 16 bytes are zero: any address. */
bool registry_endpoint_is_any(const struct registry_endpoint *e);

#endif
