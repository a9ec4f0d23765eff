/*
 * Images: the files that machines load, as a catalogue in memory, so that no
 * packet ever opens a file (R9).  The host fills it from the boot directory and
 * keeps it current.
 */
#ifndef MUSTER_MODEL_IMAGE_H
#define MUSTER_MODEL_IMAGE_H

#include "base/alloc.h"
#include "base/time.h"
#include "model/manifest.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { IMAGE_NAME = 256 };

/* The longest file that SLAM can announce to a client that counts in 32 bits of
 * bits. */
#define IMAGE_SLAM_MAX (((uint64_t)512 << 20) - 1)

struct image {
	uint32_t id;      /* 1 ..; stays with the name */
	uint32_t version; /* goes up whenever the file was replaced */
	uint64_t size;
	usec wall_changed;
	uint16_t slam_port;    /* where SLAM serves this file, and no other; 0:
				* nowhere, it is empty, gone, too long or a
				* sidecar */
	bool is_there;         /* false: the file is gone; the id is kept */
	bool is_sidecar;       /* another one's manifest, by its name: served,
				* but nobody boots it */
	char name[IMAGE_NAME]; /* relative to the boot directory */
};

/*
 * What a packet carries of an image, by reference.  A train also sends what is
 * made of a block (docs/protocols/train.md): `offset` and `packets` say where
 * the block lies, `packet` how long its packets are, `number` the first repair
 * or leaf, and `len` how many there are.
 *
 * To read a block costs as much as some repairs of it, so they are made several
 * together: of each group of REF_GROUP numbers, which begins with a multiple of
 * that, as many as `wanted` says.
 */
enum ref_kind {
	REF_BYTES,    /* of the file, as they are */
	REF_REPAIRS,  /* of a block: `packet` bytes each */
	REF_LEAVES,   /* of a block: 16 bytes each */
	REF_MANIFEST, /* to FETCH only: the image has its manifest then */
	REF_READ,     /* to FETCH only: up to REF_READ_MAX bytes of the file,
		       * which come with the outcome */
};
enum { REF_READ_MAX = 64 * 1024, REF_GROUP = 32 };
struct ref {
	uint32_t image, version;
	uint64_t offset;
	size_t len;
	enum ref_kind kind;
	uint32_t block, number;
	uint16_t packet, packets;
	/* REPAIRS, to FETCH only: so many from `number` on are going to be
	 * asked for, those in `len` among them; 0: those alone. */
	uint16_t wanted;
};

struct images;

/*
 * Ports for SLAM are `port_first` for the image that images_prefer() names, and
 * for the others one of the `ports` above it, by a number made from the name
 * and, if that is taken, the next free one.  So they are the same after a
 * restart if the files are put in the same order.  0 or -ENOMEM.
 */
int images_open(struct images **t, const struct alloc *alloc,
		uint16_t port_first, uint16_t ports, uint64_t seed);
/* NULL is allowed. */
void images_close(struct images *t);

/*
 * A file was found, or changed: *it is its entry afterwards (`it` may be NULL).
 * The same size and time again is no new version.  An entry never moves: a
 * pointer to it is good until images_close.  -ENOMEM; -ENAMETOOLONG; -EINVAL
 * for a name that is empty or begins with a slash.
 */
int images_put(struct images *t, const char *name, uint64_t size, usec changed,
	       const struct image **it);
void images_gone(struct images *t, const char *name);
/* Which file has `port_first`, now or once it is there; "": none.
 * -ENAMETOOLONG. */
int images_prefer(struct images *t, const char *name);

/* Gone ones, too; NULL for an id that never was. */
const struct image *images_get(const struct images *t, uint32_t id);
/* By name; one or several leading slashes, and the boot directory's own path
 * (`root`, as old ROMs spell names in full), are taken off; case matters.
 * NULL if there is no such file. */
const struct image *images_find(const struct images *t, const char *name,
				size_t len);
void images_root(struct images *t, const char *path);
/* That path without the slash in front; "": it was not told. */
const char *images_root_told(const struct images *t);
/* The file that SLAM serves there; NULL: none. */
const struct image *images_by_port(const struct images *t, uint16_t port);
/* All that are there, in the order they were first put: *at from 0; NULL ends.
 */
const struct image *images_next(const struct images *t, uint32_t *at);
/* Of those, without the sidecars. */
uint32_t images_count(const struct images *t);

/*
 * The manifest of a version of an image, once somebody has made it or read it:
 * the head as it is announced, and the hashes of all blocks.
 */
struct image_manifest {
	struct manifest is;
	uint8_t head[MANIFEST_HEAD_MAX];
	size_t head_len;
	const uint8_t *list; /* is.layout.blocks times CRYPT_HASH */
	/* Why the one beside the file was not taken; NULL: it was, or there is
	 * none.  A text that stays. */
	const char *refused;
};
/* NULL: it is not known, or of another version. */
const struct image_manifest *images_manifest(const struct images *t,
					     uint32_t image, uint32_t version);
/* The list is copied.  Another one of the same version is replaced: pointers to
 * it are void.  -ESTALE, -ENOMEM; -EINVAL if it is not for a file of that size.
 */
int images_set_manifest(struct images *t, uint32_t image, uint32_t version,
			const struct image_manifest *m);
/* It is not to be used any more: pointers to it are void. */
void images_drop_manifest(struct images *t, uint32_t image);

/*
 * The only file with a given last part of its name: anywhere, or in one
 * directory ("": the boot directory itself; "a/b": one below).  With is_prefix
 * the last part only begins so, and checksums and signatures do not count.
 * NULL if there is none, or several, and then *several is set.
 */
struct image_pattern {
	const char *dir; /* NULL: anywhere */
	size_t dir_len;
	const char *base;
	bool is_prefix;
};
const struct image *images_match(const struct images *t,
				 const struct image_pattern *p, bool *several);

#endif
