/*
 * One order at a time, in up to three streams: the sidecar into memory; the
 * file, cut as the sidecar says, to compare; and, if that was in vain, the file
 * cut in the usual way.
 */
#include "app/manifests.h"

#include "base/heap.h"

#include <errno.h>
#include <stdlib.h>

enum { PIECE_PACKETS = 46 /* no more than FILES_CHUNK at L = 1408 */ };

enum step { STEP_NONE, STEP_READ, STEP_COMPARE, STEP_MAKE };

struct manifests {
	struct files *files;
	const struct crypt *crypt;
	struct files_stream stream;
	enum step step; /* which stream is under way */
	struct manifest_order order;
	char name[IMAGE_NAME];
	uint8_t *bytes; /* of the sidecar */
	size_t n_bytes;
	struct listing listing;
	struct manifest_made made;
};

int manifests_open(struct manifests **to, struct files *files,
		   const struct crypt *crypt)
{
	struct manifests *m = calloc(1, sizeof(*m));

	if (!m)
		return -ENOMEM;
	m->files = files;
	m->crypt = crypt;
	*to = m;
	return 0;
}

void manifests_close(struct manifests *m)
{
	if (!m)
		return;
	free(m->bytes);
	free(m->listing.list);
	free(m->listing.leaves);
	free(m);
}

bool manifests_owns(const struct manifests *m, const struct files_stream *s)
{
	return s == &m->stream;
}

/* ---- in the stream's thread -----------------------------------------------
 */

static int feed_bytes(struct files_stream *s, const uint8_t *bytes, size_t len)
{
	struct manifests *m = CONTAINER(s, struct manifests, stream);

	memcpy(m->bytes + m->n_bytes, bytes, len);
	m->n_bytes += len;
	return 0;
}

static int feed_listing(struct files_stream *s, const uint8_t *bytes,
			size_t len)
{
	struct manifests *m = CONTAINER(s, struct manifests, stream);

	listing_add(&m->listing, bytes, len);
	return 0;
}

/* ---- streams ------------------------------------------------------------ */

static int read_sidecar(struct manifests *m)
{
	const struct derived_source *from = &m->order.sidecar;
	int rc;

	free(m->bytes);
	m->n_bytes = 0;
	m->bytes = malloc(from->size);
	if (!m->bytes)
		return -ENOMEM;
	m->stream = (struct files_stream){.file = from->file,
					  .version = from->version,
					  .len = from->size,
					  .piece = FILES_CHUNK,
					  .feed = feed_bytes};
	rc = files_stream(m->files, &m->stream);
	m->step = rc ? STEP_NONE : STEP_READ;
	return rc;
}

static int list_file(struct manifests *m, const struct layout *l,
		     enum step step)
{
	const struct derived_source *from = &m->order.from;
	int rc;

	free(m->listing.list);
	free(m->listing.leaves);
	m->listing = (struct listing){
		.crypt = m->crypt,
		.layout = *l,
		.list = calloc(l->blocks, CRYPT_HASH),
		.leaves = malloc((size_t)l->k * MANIFEST_LEAF)};
	if (!m->listing.list || !m->listing.leaves)
		return -ENOMEM;
	m->stream = (struct files_stream){.file = from->file,
					  .version = from->version,
					  .len = from->size,
					  .piece = (size_t)PIECE_PACKETS *
						   l->packet,
					  .feed = feed_listing};
	rc = files_stream(m->files, &m->stream);
	m->step = rc ? STEP_NONE : step;
	return rc;
}

static int make(struct manifests *m)
{
	struct layout l;

	if (!layout_make(&l, m->order.from.size, m->order.ref.packet,
			 m->order.ref.packets))
		return -EINVAL;
	return list_file(m, &l, STEP_MAKE);
}

/* ---- from one to the next ----------------------------------------------- */

static int refuse_sidecar(struct manifests *m, enum sidecar_fault fault)
{
	m->made.fault = fault;
	return make(m);
}

/* A long one would be read in vain. */
static bool is_possible(const struct manifest_order *o)
{
	return o->sidecar.size && o->sidecar.size <= sidecar_most(o->from.size);
}

int manifests_make(struct manifests *m, const struct manifest_order *o)
{
	if (m->step != STEP_NONE)
		return 0;
	m->order = *o;
	strncpy(m->name, o->name, sizeof(m->name) - 1);
	m->made = (struct manifest_made){.ref = o->ref, .sidecar = o->sidecar};
	if (!o->sidecar.file)
		return make(m);
	if (!is_possible(o))
		return refuse_sidecar(m, SIDECAR_BROKEN);
	return read_sidecar(m);
}

static int on_read(struct manifests *m)
{
	struct image_manifest *is = &m->made.manifest;
	enum sidecar_fault fault = SIDECAR_BROKEN;

	if (!m->stream.rc)
		fault = sidecar_get(is, m->bytes, m->n_bytes, m->crypt);
	if (fault == SIDECAR_GOOD)
		fault = sidecar_judge(&is->is, m->name, m->order.from.size);
	return fault == SIDECAR_GOOD
		       ? list_file(m, &is->is.layout, STEP_COMPARE)
		       : refuse_sidecar(m, fault);
}

static bool is_same(const struct manifests *m)
{
	const struct listing *l = &m->listing;

	return listing_is_whole(l) &&
	       !memcmp(l->list, m->made.manifest.list,
		       (size_t)l->layout.blocks * CRYPT_HASH);
}

static int on_compared(struct manifests *m)
{
	if (m->stream.rc)
		return m->stream.rc;
	return is_same(m) ? 0 : refuse_sidecar(m, SIDECAR_OTHER_FILE);
}

static int on_made(struct manifests *m)
{
	struct image_manifest *is = &m->made.manifest;
	const struct listing *l = &m->listing;

	if (m->stream.rc)
		return m->stream.rc;
	*is = (struct image_manifest){.is.layout = l->layout,
				      .is.k_max = m->order.ref.packets,
				      .list = l->list};
	if (m->made.fault != SIDECAR_GOOD)
		is->refused = sidecar_fault_text(m->made.fault);
	memcpy(is->is.name, m->name, sizeof(is->is.name));
	m->crypt->hash(is->is.list_hash, CRYPT_HASH, l->list,
		       (size_t)l->layout.blocks * CRYPT_HASH);
	is->head_len = manifest_put(&is->is, is->head, m->crypt, NULL, NULL);
	return is->head_len ? 0 : -ENAMETOOLONG;
}

bool manifests_step(struct manifests *m, struct manifest_made *made)
{
	enum step step = m->step;
	int rc = 0;

	m->step = STEP_NONE;
	if (step == STEP_READ)
		rc = on_read(m);
	else if (step == STEP_COMPARE)
		rc = on_compared(m);
	else
		rc = on_made(m);
	if (m->step != STEP_NONE)
		return false;
	m->made.rc = rc;
	*made = m->made;
	return true;
}
