/*
 * The head of a manifest.  It is read whole or not at all, to its last byte:
 * what is signed is exactly what is understood.
 */
#include "model/manifest.h"

#include "base/cursor.h"

#include <assert.h>

enum { MAGIC_LEN = 16, BLAKE2B = 1 };

static const char magic[MAGIC_LEN] = "muster-train-1";

/* ---- reading ------------------------------------------------------------ */

static bool name_get(struct manifest *m, struct rd *r)
{
	uint8_t len = rd_u8(r);
	const uint8_t *at = rd_take(r, len);

	if (!at || !len || memchr(at, 0, len))
		return false;
	memset(m->name, 0, sizeof(m->name));
	memcpy(m->name, at, len);
	return true;
}

static bool cut_get(struct manifest *m, uint64_t size, struct rd *r)
{
	uint16_t packet = rd_u16(r);

	m->k_max = rd_u16(r);
	return rd_u8(r) == BLAKE2B &&
	       layout_make(&m->layout, size, packet, m->k_max);
}

static uint64_t train_id(const void *head, size_t len,
			 const struct crypt *crypt)
{
	uint8_t hash[CRYPT_HASH];
	struct rd r = rd_over(hash, sizeof(hash));

	crypt->hash(hash, sizeof(hash), head, len);
	return rd_u64(&r);
}

bool manifest_get(struct manifest *m, const void *head, size_t len,
		  const struct crypt *crypt)
{
	static const uint8_t unsigned_id[MANIFEST_KEY_ID];
	struct rd r = rd_over(head, len);
	const uint8_t *begin = rd_take(&r, MAGIC_LEN);
	uint64_t size;

	if (!begin || memcmp(begin, magic, MAGIC_LEN) != 0)
		return false;
	m->version = rd_u64(&r);
	size = rd_u64(&r);
	m->valid_from = rd_u64(&r);
	m->valid_until = rd_u64(&r);
	if (!cut_get(m, size, &r) || !name_get(m, &r))
		return false;
	rd_copy(&r, m->list_hash, sizeof(m->list_hash));
	rd_copy(&r, m->key_id, sizeof(m->key_id));
	m->is_signed = memcmp(m->key_id, unsigned_id, sizeof(m->key_id)) != 0;
	if (m->is_signed)
		rd_take(&r, CRYPT_SIGNATURE);
	if (r.bad || rd_left(&r))
		return false;
	m->train = train_id(head, len, crypt);
	return true;
}

size_t manifest_head_len(const void *bytes, size_t len)
{
	static const uint8_t unsigned_id[MANIFEST_KEY_ID];
	struct rd r = rd_over(bytes, len);
	const uint8_t *id;

	rd_take(&r, MAGIC_LEN + 4 * 8 + 2 + 2 + 1);
	rd_take(&r, rd_u8(&r) + (size_t)CRYPT_HASH);
	id = rd_take(&r, MANIFEST_KEY_ID);
	if (id && memcmp(id, unsigned_id, MANIFEST_KEY_ID) != 0)
		rd_take(&r, CRYPT_SIGNATURE);
	return r.bad ? 0 : len - rd_left(&r);
}

/* ---- writing ------------------------------------------------------------ */

static void body_put(const struct manifest *m, size_t name_len, struct wr *w)
{
	wr_bytes(w, magic, MAGIC_LEN);
	wr_u64(w, m->version);
	wr_u64(w, m->layout.size);
	wr_u64(w, m->valid_from);
	wr_u64(w, m->valid_until);
	wr_u16(w, m->layout.packet);
	wr_u16(w, m->k_max);
	wr_u8(w, BLAKE2B);
	wr_u8(w, (uint8_t)name_len);
	wr_bytes(w, m->name, name_len);
	wr_bytes(w, m->list_hash, sizeof(m->list_hash));
	wr_bytes(w, m->key_id, sizeof(m->key_id));
}

size_t manifest_put(struct manifest *m, uint8_t *to, const struct crypt *crypt,
		    void (*sign)(void *arg, const void *bytes, size_t len,
				 uint8_t signature[CRYPT_SIGNATURE]),
		    void *arg)
{
	struct wr w = wr_over(to, MANIFEST_HEAD_MAX);
	const char *nul = memchr(m->name, 0, sizeof(m->name));
	uint8_t *signature;
	size_t len;

	if (!nul || nul == m->name)
		return 0;
	if (!sign)
		memset(m->key_id, 0, sizeof(m->key_id));
	m->is_signed = sign;
	body_put(m, (size_t)(nul - m->name), &w);
	len = wr_len(&w);
	if (sign) {
		signature = wr_take(&w, CRYPT_SIGNATURE);
		assert(signature);
		sign(arg, to, len, signature);
	}
	assert(!w.bad);
	m->train = train_id(to, wr_len(&w), crypt);
	return wr_len(&w);
}

/* ---- trust -------------------------------------------------------------- */

void manifest_key_id(const uint8_t key[CRYPT_KEY], const struct crypt *crypt,
		     uint8_t id[MANIFEST_KEY_ID])
{
	uint8_t hash[CRYPT_HASH];

	crypt->hash(hash, sizeof(hash), key, CRYPT_KEY);
	memcpy(id, hash, MANIFEST_KEY_ID);
}

static const uint8_t *key_of(const struct manifest *m,
			     const struct manifest_trust *t,
			     const struct crypt *crypt)
{
	uint8_t id[MANIFEST_KEY_ID];

	for (unsigned i = 0; i < t->n_keys; i++) {
		manifest_key_id(t->keys[i], crypt, id);
		if (!memcmp(id, m->key_id, sizeof(id)))
			return t->keys[i];
	}
	return NULL;
}

static enum manifest_fault judge_signature(const struct manifest *m,
					   const void *head, size_t len,
					   const struct manifest_trust *t,
					   const struct crypt *crypt)
{
	struct rd r = rd_over(head, len);
	const uint8_t *key, *body, *signature;

	if (!m->is_signed)
		return MANIFEST_UNSIGNED;
	key = key_of(m, t, crypt);
	if (!key)
		return MANIFEST_OTHER_KEY;
	assert(len > CRYPT_SIGNATURE);
	len -= CRYPT_SIGNATURE;
	body = rd_take(&r, len);
	signature = rd_take(&r, CRYPT_SIGNATURE);
	return crypt->verify(signature, body, len, key) ? MANIFEST_GOOD
							: MANIFEST_FORGED;
}

enum manifest_fault manifest_judge(const struct manifest *m, const void *head,
				   size_t len, const struct manifest_trust *t,
				   const struct crypt *crypt)
{
	enum manifest_fault f;

	if (!t->n_keys)
		return MANIFEST_GOOD;
	f = judge_signature(m, head, len, t, crypt);
	if (f != MANIFEST_GOOD)
		return f;
	if (strcmp(m->name, t->name) != 0)
		return MANIFEST_OTHER_NAME;
	if (m->version < t->version_min)
		return MANIFEST_TOO_OLD;
	if (m->valid_from > t->wall)
		return MANIFEST_NOT_YET;
	if (m->valid_until && m->valid_until < t->wall)
		return MANIFEST_EXPIRED;
	return MANIFEST_GOOD;
}

const char *manifest_fault_text(enum manifest_fault f)
{
	switch (f) {
	case MANIFEST_GOOD:
		return "the manifest is good";
	case MANIFEST_UNSIGNED:
		return "the manifest is not signed";
	case MANIFEST_OTHER_KEY:
		return "the manifest is signed by another key";
	case MANIFEST_FORGED:
		return "the manifest's signature is wrong";
	case MANIFEST_OTHER_NAME:
		return "the manifest is that of another file";
	case MANIFEST_TOO_OLD:
		return "the manifest is too old";
	case MANIFEST_NOT_YET:
		return "the manifest is not valid yet";
	case MANIFEST_EXPIRED:
		return "the manifest has expired";
	}
	return "";
}
