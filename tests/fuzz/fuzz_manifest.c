/*
 * Any bytes as the head of a manifest: written again it is the same, and its
 * layout can be worked with.
 */
#include "model/manifest.h"
#include "stage/toy_crypt.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *b, size_t len);

struct signature {
	const uint8_t *bytes;
};

static void sign(void *arg, const void *bytes, size_t len,
		 uint8_t signature[CRYPT_SIGNATURE])
{
	const struct signature *s = arg;

	(void)bytes;
	(void)len;
	memcpy(signature, s->bytes, CRYPT_SIGNATURE);
}

static void look(const struct layout *l)
{
	const uint32_t spots[] = {0, l->packets / 3, l->packets - 1};

	assert(l->k && l->k <= TRAIN_BLOCK_MAX && l->last && l->last <= l->k);
	for (int i = 0; i < 3; i++) {
		uint32_t b;
		uint16_t r;
		size_t n;

		layout_at(l, spots[i], &b, &r);
		assert(layout_position(l, b, r) == spots[i]);
		n = layout_len(l, b, r);
		assert(n && layout_offset(l, b, r) + n <= l->size);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *b, size_t len)
{
	static const uint8_t keys[1][CRYPT_KEY];
	const struct manifest_trust t = {
		.keys = keys, .n_keys = 1, .name = "root.img", .wall = 5};
	uint8_t head[MANIFEST_HEAD_MAX];
	struct manifest m, copy;
	struct signature s;

	if (!manifest_get(&m, b, len, &toy_crypt))
		return 0;
	look(&m.layout);
	assert(manifest_fault_text(
		manifest_judge(&m, b, len, &t, &toy_crypt))[0]);
	copy = m;
	s.bytes = m.is_signed ? b + len - CRYPT_SIGNATURE : NULL;
	assert(manifest_put(&copy, head, &toy_crypt, m.is_signed ? sign : NULL,
			    &s) == len);
	assert(!memcmp(head, b, len) && copy.train == m.train);
	return 0;
}
