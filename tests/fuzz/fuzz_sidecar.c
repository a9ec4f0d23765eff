/*
 * Any bytes as the manifest beside a file, and as a key.  What is taken is
 * whole: a head, and a list that it names; and a key written again is the same
 * key.
 */
#include "model/key.h"
#include "model/sidecar.h"
#include "stage/toy_crypt.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *b, size_t len);

static void check_sidecar(const uint8_t *b, size_t len)
{
	struct image_manifest m;
	uint8_t hash[CRYPT_HASH];
	size_t list;

	if (sidecar_get(&m, b, len, &toy_crypt) != SIDECAR_GOOD)
		return;
	list = (size_t)m.is.layout.blocks * CRYPT_HASH;
	assert(m.head_len <= MANIFEST_HEAD_MAX && m.head_len + list == len);
	assert(m.list == b + m.head_len);
	assert(len <= sidecar_most(m.is.layout.size));
	toy_crypt.hash(hash, sizeof(hash), m.list, list);
	assert(!memcmp(hash, m.is.list_hash, sizeof(hash)));
	assert(sidecar_judge(&m.is, m.is.name, m.is.layout.size) ==
	       SIDECAR_GOOD);
}

static void check_key(const uint8_t *b, size_t len)
{
	struct key k, again;
	char line[KEY_LINE];

	if (!key_get(&k, (const char *)b, len, &toy_crypt))
		return;
	key_put(&k, line);
	assert(key_get(&again, line, strlen(line), &toy_crypt));
	assert(again.is_secret == k.is_secret &&
	       !memcmp(again.bytes, k.bytes, sizeof(k.bytes)) &&
	       !memcmp(again.id, k.id, sizeof(k.id)) &&
	       !strcmp(again.comment, k.comment));
}

int LLVMFuzzerTestOneInput(const uint8_t *b, size_t len)
{
	check_sidecar(b, len);
	check_key(b, len);
	return 0;
}
