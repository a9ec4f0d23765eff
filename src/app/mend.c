/*
 * Mending.  A block is read once, in pieces that the first-level cache likes;
 * each piece goes to the decoder and to the leaves of its packets.  A block
 * that lacks nothing, all of whose leaves were taken as its packets came, is
 * not read at all.
 */
#include "app/mend.h"

#include "base/rlc.h"
#include "host/cpu.h"
#include "host/crypt.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum { PIECE = 32 }; /* packets */

void coding_here(struct coding *c)
{
	*c = (struct coding){.crypt = &host_crypt, .gf = gf256_best()};
}

struct work {
	int fd;
	const struct layout *layout;
	const struct coding *with;
	uint32_t block;
	uint16_t packets;
	uint8_t *piece;              /* PIECE packets */
	struct leaves_block *leaves; /* those that are kept, or these: */
	struct leaves_block own;
	uint64_t words[BITMAP_WORDS(TRAIN_BLOCK_MAX)];

	struct rlc_decoder decoder;
	uint32_t *missing;
	uint8_t *room; /* the decoder's */
	uint8_t *lost; /* one packet for each that is missing */
};

static int read_all(int fd, uint8_t *to, size_t len, uint64_t at)
{
	while (len) {
		ssize_t n = pread(fd, to, len, (off_t)at);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (!n)
			return -EIO;
		if (n > 0) {
			to += n;
			at += (uint64_t)n;
			len -= (size_t)n;
		}
	}
	return 0;
}

static int write_all(int fd, const uint8_t *from, size_t len, uint64_t at)
{
	ssize_t n = pwrite(fd, from, len, (off_t)at);

	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -ENOSPC;
}

static int open_work(struct work *w, int fd, const struct layout *l,
		     uint32_t block, struct leaves *known)
{
	w->fd = fd;
	w->layout = l;
	w->block = block;
	w->packets = layout_block(l, block);
	w->piece = malloc((size_t)PIECE * l->packet);
	if (!w->piece)
		return -ENOMEM;
	w->leaves = known ? leaves_of(known, block) : NULL;
	if (w->leaves)
		return 0;
	w->leaves = &w->own;
	w->own.at = malloc((size_t)w->packets * MANIFEST_LEAF);
	bitmap_open(&w->own.known, w->words, w->packets);
	return w->own.at ? 0 : -ENOMEM;
}

static void close_work(struct work *w)
{
	free(w->piece);
	free(w->own.at);
	free(w->missing);
	free(w->room);
	free(w->lost);
}

static void hash_leaf(struct work *w, uint16_t packet, const uint8_t *bytes)
{
	w->with->crypt->hash(w->leaves->at + (size_t)packet * MANIFEST_LEAF,
			     MANIFEST_LEAF, bytes,
			     layout_len(w->layout, w->block, packet));
	bitmap_set(&w->leaves->known, packet);
}

static void hash_piece(struct work *w, uint16_t at, uint16_t n)
{
	for (uint16_t i = 0; i < n; i++)
		if (!bitmap_has(&w->leaves->known, at + i))
			hash_leaf(w, (uint16_t)(at + i),
				  w->piece + (size_t)i * w->layout->packet);
}

/* Lead the block through the decoder, if there is one, and the leaves. */
static int read_block(struct work *w, bool decodes)
{
	const struct layout *l = w->layout;

	for (uint16_t at = 0; at < w->packets; at = (uint16_t)(at + PIECE)) {
		uint16_t n = (uint16_t)(w->packets - at);
		uint64_t from = layout_offset(l, w->block, at);
		uint64_t len;
		int rc;

		n = n < PIECE ? n : PIECE;
		if (!decodes &&
		    bitmap_next_clear(&w->leaves->known, at) >= at + n)
			continue;
		len = (uint64_t)n * l->packet;
		if (len > l->size - from)
			len = l->size - from;
		rc = read_all(w->fd, w->piece, (size_t)len, from);
		if (rc)
			return rc;
		if (decodes)
			rlc_decoder_add(&w->decoder, at, w->piece, (size_t)len);
		hash_piece(w, at, n);
	}
	return 0;
}

static int open_decoder(struct work *w, const struct mend *m)
{
	struct rlc_block block = {.gf = w->with->gf,
				  .number = m->block,
				  .symbols = w->packets,
				  .len = w->layout->packet};

	w->missing = calloc(m->n_missing, sizeof(*w->missing));
	w->room = malloc(rlc_work_size(m->n_missing, block.len));
	w->lost = malloc((size_t)m->n_missing * block.len);
	if (!w->missing || !w->room || !w->lost)
		return -ENOMEM;
	for (unsigned i = 0; i < m->n_missing; i++)
		w->missing[i] = m->missing[i];
	rlc_decoder_open(&w->decoder, &block, w->missing, m->n_missing,
			 w->room);
	return 0;
}

static int feed_repairs(struct work *w, const struct mend *m)
{
	uint64_t scratch = allot_scratch(w->layout->size);
	uint16_t len = w->layout->packet;

	for (unsigned i = 0; i < m->n_repairs; i++) {
		const struct mend_repair *r = &m->repairs[i];
		int rc = read_all(w->fd, w->piece, len,
				  scratch + (uint64_t)r->slot * len);

		if (rc)
			return rc;
		rlc_decoder_repair(&w->decoder, r->number, w->piece);
		if (rlc_decoder_is_ready(&w->decoder))
			return 0;
	}
	return -EDOM;
}

static int write_lost(struct work *w, const struct mend *m)
{
	const struct layout *l = w->layout;
	int rc = 0;

	for (unsigned i = 0; !rc && i < m->n_missing; i++) {
		uint8_t *bytes = w->lost + (size_t)i * l->packet;
		uint16_t packet = m->missing[i];

		rlc_decoder_take(&w->decoder, i, 1, &bytes);
		hash_leaf(w, packet, bytes);
		rc = write_all(w->fd, bytes, layout_len(l, m->block, packet),
			       layout_offset(l, m->block, packet));
	}
	return rc;
}

static int check(const struct work *w, const struct mend *m)
{
	uint8_t hash[CRYPT_HASH];

	w->with->crypt->hash(hash, sizeof(hash), w->leaves->at,
			     (size_t)w->packets * MANIFEST_LEAF);
	return memcmp(hash, m->hash, sizeof(hash)) ? -EBADMSG : 0;
}

int mend_block(int fd, const struct mend *m, const struct coding *with,
	       struct leaves *known)
{
	struct work w = {.with = with};
	bool decodes = m->n_missing != 0;
	int rc = open_work(&w, fd, &m->layout, m->block, known);

	if (!rc && decodes)
		rc = open_decoder(&w, m);
	if (!rc && decodes)
		rc = feed_repairs(&w, m);
	if (!rc)
		rc = read_block(&w, decodes);
	if (!rc && decodes)
		rc = write_lost(&w, m);
	if (!rc && m->has_hash)
		rc = check(&w, m);
	close_work(&w);
	return rc;
}

int sort_block(int fd, const struct sort *s, const struct coding *with,
	       uint64_t *wrong)
{
	struct work w = {.with = with};
	int rc = open_work(&w, fd, &s->layout, s->block, NULL);

	if (!rc)
		rc = read_block(&w, false);
	for (unsigned i = 0; i < w.packets; i++) {
		size_t at = (size_t)i * MANIFEST_LEAF;
		bool is_wrong = rc || memcmp(w.leaves->at + at, s->leaves + at,
					     MANIFEST_LEAF);

		wrong[i / 64] &= ~((uint64_t)1 << i % 64);
		wrong[i / 64] |= (uint64_t)is_wrong << i % 64;
	}
	close_work(&w);
	return rc;
}
