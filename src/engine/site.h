/*
 * What the server engines share: the directory, the leases, the images, the
 * settings and the network interfaces.  They read; only the server, when a
 * COMMIT has settled, changes.
 */
#ifndef MUSTER_ENGINE_SITE_H
#define MUSTER_ENGINE_SITE_H

#include "base/addr.h"
#include "model/directory.h"
#include "model/image.h"
#include "model/lease.h"
#include "model/settings.h"

enum { SITE_LINKS = 64 };

struct askers;

struct site {
	struct directory *directory;
	struct leases *leases;
	struct images *images;
	struct settings *settings;
	struct link links[SITE_LINKS]; /* those that we serve */
	unsigned n_links;
	uint32_t domain;       /* ours: where look-ups begin */
	struct askers *askers; /* may be NULL: tftpd then guesses */
};

const struct link *site_link(const struct site *s, uint32_t index);
/* Whether the address is one of ours. */
bool site_is_own(const struct site *s, uint32_t ip);
/* Of a machine that asks: known by its hardware address, or by the address it
 * uses.  NULL: unknown. */
const struct entry *site_machine(const struct site *s, const struct hwaddr *hw,
				 uint32_t ip);
/* The hardware address that has `ip` by lease or registration; false: nobody
 * we know. */
bool site_hwaddr(const struct site *s, uint32_t ip, struct hwaddr *hw);

#endif
