/*
 * Manifests beside their files.  A head says by itself how long it is; what
 * follows must be exactly the list that it names, so half a sidecar is none.
 */
#include "model/sidecar.h"

#include "base/cursor.h"
#include "base/text.h"

/* ---- names -------------------------------------------------------------- */

bool sidecar_name(const char *name, char to[IMAGE_NAME])
{
	struct text t = text_over(to, IMAGE_NAME);

	text_add(&t, name);
	text_add(&t, SIDECAR_END);
	return !t.full;
}

bool sidecar_of(const char *sidecar, char to[IMAGE_NAME])
{
	size_t len = strlen(sidecar), end = strlen(SIDECAR_END);

	if (len <= end || memcmp(sidecar + len - end, SIDECAR_END, end) != 0)
		return false;
	return text_copy(to, IMAGE_NAME, sidecar, len - end);
}

uint64_t sidecar_most(uint64_t size)
{
	uint64_t blocks = size / (TRAIN_PACKET_MIN * TRAIN_BLOCK_MIN) + 2;

	return MANIFEST_HEAD_MAX + blocks * CRYPT_HASH;
}

/* ---- reading ------------------------------------------------------------ */

enum sidecar_fault sidecar_get(struct image_manifest *m, const uint8_t *bytes,
			       size_t len, const struct crypt *crypt)
{
	struct rd r = rd_over(bytes, len);
	uint8_t hash[CRYPT_HASH];
	size_t list;

	m->head_len = manifest_head_len(bytes, len);
	rd_copy(&r, m->head, m->head_len);
	if (!manifest_get(&m->is, m->head, m->head_len, crypt))
		return SIDECAR_BROKEN;
	list = (size_t)m->is.layout.blocks * CRYPT_HASH;
	m->list = rd_take(&r, list);
	if (r.bad || rd_left(&r))
		return SIDECAR_BROKEN;
	crypt->hash(hash, sizeof(hash), m->list, list);
	return memcmp(hash, m->is.list_hash, sizeof(hash)) ? SIDECAR_BROKEN
							   : SIDECAR_GOOD;
}

enum sidecar_fault sidecar_judge(const struct manifest *m, const char *name,
				 uint64_t size)
{
	if (strcmp(m->name, name) != 0)
		return SIDECAR_OTHER_NAME;
	return m->layout.size == size ? SIDECAR_GOOD : SIDECAR_OTHER_SIZE;
}

const char *sidecar_fault_text(enum sidecar_fault f)
{
	switch (f) {
	case SIDECAR_GOOD:
		return "it is good";
	case SIDECAR_BROKEN:
		return "it is no manifest, or not all of one";
	case SIDECAR_OTHER_NAME:
		return "it is of a file with another name";
	case SIDECAR_OTHER_SIZE:
		return "it is of another file: of another size";
	case SIDECAR_OTHER_FILE:
		return "it is of another file";
	}
	return "";
}

/* ---- making ------------------------------------------------------------- */

static void end_block(struct listing *l)
{
	l->crypt->hash(l->list + (size_t)l->block * CRYPT_HASH, CRYPT_HASH,
		       l->leaves, (size_t)l->packet * MANIFEST_LEAF);
	l->block++;
	l->packet = 0;
}

void listing_add(struct listing *l, const uint8_t *bytes, size_t len)
{
	while (len && !listing_is_whole(l)) {
		size_t n = len < l->layout.packet ? len : l->layout.packet;

		l->crypt->hash(l->leaves + (size_t)l->packet * MANIFEST_LEAF,
			       MANIFEST_LEAF, bytes, n);
		bytes += n;
		len -= n;
		if (++l->packet == layout_block(&l->layout, l->block))
			end_block(l);
	}
}

bool listing_is_whole(const struct listing *l)
{
	return l->block == l->layout.blocks;
}
