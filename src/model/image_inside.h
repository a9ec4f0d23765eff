/*
 * The inside of the catalogue, for its own files only.
 */
#ifndef MUSTER_MODEL_IMAGE_INSIDE_H
#define MUSTER_MODEL_IMAGE_INSIDE_H

#include "base/hash.h"
#include "model/image.h"

#include <string.h>

enum { NO_PLACE = -1 };

struct file {
	struct image image;
	int32_t place; /* its port - port_first, kept while it is gone */
	struct image_manifest *manifest; /* may be of an older version */
	uint32_t manifest_version;
};

struct images {
	struct alloc alloc;
	uint64_t seed;
	struct file **files; /* in the order of their ids, from 1 */
	uint32_t n, cap;
	struct index index; /* by name */
	/* Those that are there, sorted. */
	struct file **by_name, **by_base;
	uint32_t there, sidecars;
	char root[IMAGE_NAME], preferred[IMAGE_NAME];
	uint16_t port_first, ports;
	uint32_t *places; /* the id for each place, 0: none; ports + 1 */
};

/* The part of a name after its last slash. */
static inline const char *base_of(const char *name)
{
	const char *slash = strrchr(name, '/');

	return slash ? slash + 1 : name;
}

/* image_match.c: keep the sorted lists, which have room for one more. */
void sorted_add(struct images *t, struct file *f);
void sorted_remove(struct images *t, struct file *f);

#endif
