/*
 * Sun's boot parameters (bootparam_prot.x): what a machine is called, and where
 * its files are.  Arguments and results; sunrpc.h has the headers before them.
 */
#ifndef MUSTER_WIRE_BOOTPARAM_H
#define MUSTER_WIRE_BOOTPARAM_H

#include "base/cursor.h"

enum {
	BOOTPARAM_PROGRAM = 100026,
	BOOTPARAM_VERSION = 1,
	BOOTPARAM_NAME = 255, /* of a machine or a domain */
	BOOTPARAM_KEY = 32,
	BOOTPARAM_PATH = 1024,
	BOOTPARAM_RESULTS = 4 + 256 + 20 + 4 + 1024, /* GETFILE's, at most */
};

enum bootparam_procedure {
	BOOTPARAM_NULL = 0,
	BOOTPARAM_WHOAMI = 1,
	BOOTPARAM_GETFILE = 2,
};

/* Strings are inside the message and have no NUL behind them. */
struct bootparam_text {
	const char *s;
	size_t len;
};

/*
 * An Internet address as four signed characters, each a number of its own.
 * Machines whose characters are unsigned send 192 where others send -64, so
 * the low eight bits are all that counts.  Written as most do, signed.
 */
bool bootparam_address_get(uint32_t *ip, struct rd *r);
void bootparam_address_put(uint32_t ip, struct wr *w);

/* WHOAMI asks with an address alone: the two above. */
struct bootparam_whoami {
	struct bootparam_text name;
	struct bootparam_text domain; /* of NIS; often empty */
	uint32_t router;
};

bool bootparam_whoami_get(struct bootparam_whoami *a, struct rd *r);
void bootparam_whoami_put(const struct bootparam_whoami *a, struct wr *w);

struct bootparam_ask {
	struct bootparam_text name; /* of the machine */
	struct bootparam_text key;  /* "root" */
};

bool bootparam_ask_get(struct bootparam_ask *a, struct rd *r);
void bootparam_ask_put(const struct bootparam_ask *a, struct wr *w);

struct bootparam_file {
	struct bootparam_text server; /* its name */
	uint32_t ip;                  /* and its address */
	struct bootparam_text path;
};

bool bootparam_file_get(struct bootparam_file *f, struct rd *r);
void bootparam_file_put(const struct bootparam_file *f, struct wr *w);

#endif
