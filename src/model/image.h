/*
 * Images: the files that machines load, as a catalogue in memory, so that no
 * packet ever opens a file (R9).  The host fills it from the boot directory and
 * keeps it current.
 */
#ifndef MUSTER_MODEL_IMAGE_H
#define MUSTER_MODEL_IMAGE_H

#include "base/alloc.h"
#include "base/time.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { IMAGE_NAME = 256 };

struct image {
	uint32_t id;      /* 1 ..; stays with the name */
	uint32_t version; /* goes up whenever the file was replaced */
	uint64_t size;
	usec wall_changed;
	uint16_t slam_port;    /* where SLAM serves this file, and no other */
	bool is_there;         /* false: the file is gone; the id is kept */
	char name[IMAGE_NAME]; /* relative to the boot directory */
};

/* A part of an image, by reference. */
struct ref {
	uint32_t image, version;
	uint64_t offset;
	size_t len;
};

struct images;

/* Ports for SLAM are `port_first` for the image that images_prefer() names, and
 * for the others a number from their name, so that they are the same after a
 * restart. */
int images_open(struct images **t, const struct alloc *alloc,
		uint16_t port_first, uint16_t ports, uint64_t seed);
void images_close(struct images *t);
/* A file was found, or changed: *it is its entry afterwards.  -ENOMEM;
 * -ENAMETOOLONG. */
int images_put(struct images *t, const char *name, uint64_t size, usec changed,
	       const struct image **it);
void images_gone(struct images *t, const char *name);
int images_prefer(struct images *t, const char *name);

const struct image *images_get(const struct images *t, uint32_t id);
/* By name; one or several leading slashes, and the boot directory's own path
 * (`root`, as old ROMs spell names in full), are taken off; case matters. */
const struct image *images_find(const struct images *t, const char *name,
				size_t len);
void images_root(struct images *t, const char *path);
const struct image *images_by_port(const struct images *t, uint16_t port);
const struct image *images_next(const struct images *t, uint32_t *at);

#endif
