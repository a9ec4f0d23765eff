/*
 * What a simulated train computes.  Without payload nothing is computed: a
 * block can be mended as often as random equations are independent.  With
 * payload, repairs are the real sums of the real bytes, and whatever a machine
 * solves for is compared with the file.
 *
 * Hashes are toys: the fleet trusts itself, and nobody poisons it.
 */
#include "base/rlc.h"
#include "engine/note.h"
#include "sim/fleet_impl.h"

#include <errno.h>
#include <stdlib.h>

static void toy_hash(void *to, size_t to_len, const void *bytes, size_t len)
{
	uint64_t all = hash_bytes(bytes, len, 0);
	uint8_t *at = to;

	for (size_t i = 0; i < to_len; i++)
		at[i] = (uint8_t)hash_u64(i, all);
}

const struct crypt fleet_crypt = {.hash = toy_hash};

static const struct gf256 *gf_of(const struct fleet *f)
{
	return f->config->gf ? f->config->gf : &gf256_portable;
}

/* Nobody checks the list's hashes against bytes, but the list must arrive. */
static int set_manifest(struct fleet *f, const struct image *im)
{
	struct image_manifest m = {.is.k_max = f->settings.train.block};
	uint8_t *list;
	size_t len;
	int rc;

	if (!layout_make(&m.is.layout, im->size, TRAIN_PACKET,
			 f->settings.train.block))
		return 0;
	len = (size_t)m.is.layout.blocks * CRYPT_HASH;
	list = malloc(len);
	if (!list)
		return -ENOMEM;
	for (size_t i = 0; i < len; i++)
		list[i] = (uint8_t)hash_u64(i, im->id);
	text_copy(m.is.name, sizeof(m.is.name), im->name, strlen(im->name));
	toy_hash(m.is.list_hash, CRYPT_HASH, list, len);
	m.head_len = manifest_put(&m.is, m.head, &fleet_crypt, NULL, NULL);
	m.list = list;
	rc = images_set_manifest(f->site.images, im->id, im->version, &m);
	free(list);
	return rc;
}

int fleet_set_manifests(struct fleet *f)
{
	const struct image *im;
	uint32_t at = 0;
	int rc = 0;

	while (!rc && (im = images_next(f->site.images, &at)))
		rc = set_manifest(f, im);
	return rc;
}

/* One packet of a block, padded. */
static void read_packet(struct fleet *f, const struct layout *l, uint32_t image,
			uint32_t packet, uint8_t *to)
{
	struct ref ref = {.image = image,
			  .offset = (uint64_t)packet * l->packet};
	uint64_t left = l->size - ref.offset;

	ref.len = left < l->packet ? (size_t)left : l->packet;
	memset(to, 0, l->packet);
	fleet_read(f, &ref, to);
}

void fleet_read_repair(struct fleet *f, const struct ref *ref, uint8_t *to)
{
	const struct image *im = images_get(f->site.images, ref->image);
	struct layout l = {.size = im ? im->size : 0, .packet = ref->packet};
	struct rlc_block block = {.gf = gf_of(f),
				  .number = ref->block,
				  .symbols = ref->packets,
				  .len = ref->packet};
	uint32_t first = (uint32_t)(ref->offset / ref->packet);
	uint8_t packet[TRAIN_PACKET];
	struct rlc_encoder e;

	rlc_encoder_open(&e, &block, &ref->number, &to, 1);
	for (uint32_t i = 0; i < ref->packets; i++) {
		read_packet(f, &l, ref->image, first + i, packet);
		rlc_encoder_add(&e, i, packet, ref->packet);
	}
}

/* A repair that a machine keeps, with its bytes. */
void fleet_keep_scratch(struct fleet *f, struct machine *m,
			const struct keep *k)
{
	uint64_t end = k->offset + k->len;

	if (!f->config->has_payload)
		return;
	if (end > m->scratch_room) {
		size_t room = (size_t)end + ((size_t)1 << 18);
		void *v = realloc(m->scratch, room);

		if (!v)
			return;
		m->scratch = v;
		m->scratch_room = room;
	}
	memcpy(m->scratch + k->offset, k->bytes, k->len);
}

struct mending {
	struct fleet *fleet;
	const struct mend *m;
	uint32_t image;
	struct rlc_decoder decoder;
	uint32_t *missing;
	void *work;
};

static bool feed_repairs(struct mending *g, const struct machine *machine)
{
	const struct mend *m = g->m;
	uint64_t scratch = allot_scratch(m->layout.size);

	for (unsigned i = 0; i < m->n_repairs; i++) {
		uint64_t at = scratch +
			      (uint64_t)m->repairs[i].slot * m->layout.packet;

		if (at + m->layout.packet > machine->scratch_room)
			return false;
		rlc_decoder_repair(&g->decoder, m->repairs[i].number,
				   machine->scratch + at);
	}
	return rlc_decoder_is_ready(&g->decoder);
}

/* Every packet of the block is handed in, but the decoder passes over those
 * that are missing: what it yields is solved for. */
static int solve(struct mending *g)
{
	const struct mend *m = g->m;
	const struct layout *l = &m->layout;
	uint32_t first = m->block * l->k;
	uint8_t packet[TRAIN_PACKET], right[TRAIN_PACKET], *to = packet;

	for (uint32_t i = 0; i < layout_block(l, m->block); i++) {
		read_packet(g->fleet, l, g->image, first + i, packet);
		rlc_decoder_add(&g->decoder, i, packet, l->packet);
	}
	for (unsigned i = 0; i < m->n_missing; i++) {
		rlc_decoder_take(&g->decoder, i, 1, &to);
		read_packet(g->fleet, l, g->image, first + m->missing[i],
			    right);
		if (memcmp(packet, right, l->packet))
			fleet_broken(g->fleet,
				     "a machine solved for wrong bytes");
	}
	return 0;
}

static int mend_bytes(struct fleet *f, struct machine *machine, uint32_t image,
		      const struct mend *m)
{
	struct rlc_block block = {.gf = gf_of(f),
				  .number = m->block,
				  .symbols = layout_block(&m->layout, m->block),
				  .len = m->layout.packet};
	struct mending g = {.fleet = f, .m = m, .image = image};
	int rc = -ENOMEM;

	g.missing = calloc(m->n_missing, sizeof(*g.missing));
	g.work = malloc(rlc_work_size(m->n_missing, block.len));
	if (g.missing && g.work) {
		for (unsigned i = 0; i < m->n_missing; i++)
			g.missing[i] = m->missing[i];
		rlc_decoder_open(&g.decoder, &block, g.missing, m->n_missing,
				 g.work);
		rc = feed_repairs(&g, machine) ? solve(&g) : -EDOM;
	}
	free(g.missing);
	free(g.work);
	return rc;
}

/* So many random equations are dependent once in 255 * 256^more times. */
static bool is_dependent(const struct fleet *f, uint32_t node,
			 const struct mend *m)
{
	uint64_t h = hash_u64((uint64_t)node << 32 | m->block, f->config->seed);

	for (unsigned i = 0; i < m->n_repairs; i++)
		h = hash_u64(h, m->repairs[i].number);
	if (m->n_repairs > m->n_missing + 2u)
		return false;
	return h % (UINT64_C(255)
		    << 8 * (unsigned)(m->n_repairs - m->n_missing)) ==
	       0;
}

int fleet_mend(struct fleet *f, uint32_t node, uint32_t image,
	       const struct mend *m)
{
	if (!m->n_missing)
		return 0;
	if (f->config->has_payload)
		return mend_bytes(f, &f->machines[node - 1], image, m);
	return is_dependent(f, node, m) ? -EDOM : 0;
}
