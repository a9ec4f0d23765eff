/*
 * The registry of names (docs/protocols/registry.md): processes of this machine
 * check in under a name, over connections, and look each other up, here and on
 * other machines.  An entry dies with the connection that made it.
 *
 * Tables: NETNAMED_NAMES names, of them NETNAMED_PER_CONN by one connection and
 * NETNAMED_PER_USER by one user other than root; NETNAMED_QUESTIONS to other
 * machines at a time.  Full is REGISTRY_FULL.  Other machines are heard 50
 * times a second each.
 */
#ifndef MUSTER_ENGINE_NETNAMED_H
#define MUSTER_ENGINE_NETNAMED_H

#include "engine/engine.h"
#include "model/name_access.h"
#include "wire/registry.h"

struct netnamed;

enum {
	NETNAMED_NAMES = 1024,
	NETNAMED_PER_CONN = 64,
	NETNAMED_PER_USER = 256,
	NETNAMED_QUESTIONS = 64,
	NETNAMED_LINKS = 16,
	NETNAMED_PER_SECOND = 50,
	NETNAMED_TRIES = 3,
};

struct netnamed_config {
	/* Who may ask from other machines; it may change between two calls. */
	const struct name_access *access;
	bool is_unrestricted; /* everybody may, whatever `access` says */
	bool is_secure;       /* nobody may */
	bool is_never;        /* netnamed_network() does nothing */
	bool has_srr;         /* refuse what old machines ask on port 7657 */
	const char *version;  /* up to 79 bytes */
	/* Of all registries here; those who have it believe each other. */
	uint8_t key[CRYPT_MAC_KEY];
	const struct crypt *crypt;
	uint64_t seed;
};

struct netnamed_stats {
	uint64_t check_ins, look_ups, messages; /* local */
	uint64_t asked, answered; /* other machines, and by them */
	uint64_t heard, refused;  /* questions of other machines */
	uint64_t bad, forged, limited;
};

/* All its memory is taken here, the configuration is copied (but what it
 * points at).  0 or -ENOMEM. */
int netnamed_open(struct netnamed **n, const struct netnamed_config *config,
		  const struct alloc *alloc);
void netnamed_close(struct netnamed *n, const struct alloc *alloc);
struct engine *netnamed_engine(struct netnamed *n);
/*
 * There is a network: open the half that speaks to other machines.  Called
 * again it takes notice of other links.  Those that are down, have no address
 * or are the loopback are left out; without any it waits for the next call.
 */
void netnamed_network(struct netnamed *n, usec now, const struct link *links,
		      size_t n_links, struct effects *fx);
bool netnamed_has_network(const struct netnamed *n);
const struct netnamed_stats *netnamed_stats(const struct netnamed *n);

#endif
