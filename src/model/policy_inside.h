/*
 * The inside of the policy, for its own files only.
 */
#ifndef MUSTER_MODEL_POLICY_INSIDE_H
#define MUSTER_MODEL_POLICY_INSIDE_H

#include "model/policy.h"

/* All that an answer follows from. */
struct question {
	const struct settings *settings;
	const struct images *images;
	const struct asker *asker;
};

/* A name that may stand for several files of the catalogue. */
struct custom {
	const char *name;
	bool is_prefix;
};

/* The first value of a property of the asking machine; NULL: none. */
const char *property_of(const struct question *q, const char *name);
const struct image *file_named(const struct question *q, const char *name);
/* policy.c: the transports, a bit for each, that serve an image; and by which
 * this asker loads what is served by these. */
unsigned via_of_image(const struct image *im);
enum transport via_for(const struct question *q, unsigned served);

/* policy_custom.c: the first of n customary names that a file in the boot
 * directory has, else one anywhere below it.  If more than one file has it,
 * there is no telling: NULL, and *several. */
const struct image *custom_find(const struct images *t, const struct custom *v,
				size_t n, bool *several);
/* policy_load.c: as policy_load; *why says what is missing. */
bool load_find(const struct question *q, struct boot_load *b, const char **why);

/* policy_loader.c: the loader for an architecture, by the settings (is_set:
 * they name one) or by custom.  NULL: it is not there. */
const struct image *loader_set(const struct question *q, bool *is_set);
const struct image *loader_custom(const struct question *q);
/* By option 93, or without it. */
bool loader_is_bios(uint16_t arch);
/* iPXE itself: it would load itself for ever. */
bool loader_is_ipxe(const char *name);
/* Any loader: nothing for a client that loads kernels and scripts only. */
bool loader_is_any(const char *name);

#endif
