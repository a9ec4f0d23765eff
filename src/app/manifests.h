/*
 * Manifests of images: the one that lies beside the file, if it is really of
 * that file, else one that is made of its bytes, unsigned.  Either way the file
 * is led through its hashes once, by the streams of host/files.
 */
#ifndef MUSTER_APP_MANIFESTS_H
#define MUSTER_APP_MANIFESTS_H

#include "app/derived.h"
#include "model/sidecar.h"

struct manifests;

/* `files` and `crypt` are the caller's and outlive it, but for files that were
 * closed before.  0 or -ENOMEM. */
int manifests_open(struct manifests **m, struct files *files,
		   const struct crypt *crypt);
void manifests_close(struct manifests *m); /* NULL is allowed */

struct manifest_order {
	struct ref ref; /* ref.packet and ref.packets: L and K of an unsigned
			 * one */
	struct derived_source from;
	const char *name;
	struct derived_source sidecar; /* file 0: there is none */
};
/* 0: it is under way, or another one is: whoever wants it asks again; or
 * negative errno. */
int manifests_make(struct manifests *m, const struct manifest_order *o);

struct manifest_made {
	struct ref ref;
	int rc;                         /* negative errno: there is none */
	struct image_manifest manifest; /* its list lives until the next call */
	struct derived_source sidecar;  /* as it was ordered */
	enum sidecar_fault fault;       /* why that one was not taken */
};
/* Whether the stream is of this module. */
bool manifests_owns(const struct manifests *m, const struct files_stream *s);
/* It has ended; true if that was the last one of an order, and *made tells. */
bool manifests_step(struct manifests *m, struct manifest_made *made);

#endif
