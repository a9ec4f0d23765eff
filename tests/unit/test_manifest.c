/*
 * Heads of manifests, with toy hashes: what is read, and what a client that
 * trusts a key says of them.
 */
#include "model/manifest.h"
#include "stage/toy_crypt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { SIGNED = 16 + 32 + 6 + 8 + 32 + 8 + 64, UNSIGNED = SIGNED - 64 };

static const uint8_t keys[2][CRYPT_KEY] = {"an old key", "the key in use"};
static const uint8_t stranger[1][CRYPT_KEY] = {"somebody else's"};

static void sign(void *key, const void *bytes, size_t len,
		 uint8_t signature[CRYPT_SIGNATURE])
{
	toy_sign(key, bytes, len, signature);
}

static struct manifest release(void)
{
	struct manifest m = {.version = 5,
			     .valid_from = 1000,
			     .valid_until = 2000,
			     .k_max = 1024,
			     .name = "root.img"};

	assert_true(layout_make(&m.layout, 67108864, 1408, 1024));
	memset(m.list_hash, 0x11, sizeof(m.list_hash));
	return m;
}

static size_t put(struct manifest *m, uint8_t *to, const uint8_t *key)
{
	uint8_t copy[CRYPT_KEY];

	if (!key)
		return manifest_put(m, to, &toy_crypt, NULL, NULL);
	memcpy(copy, key, sizeof(copy));
	manifest_key_id(key, &toy_crypt, m->key_id);
	return manifest_put(m, to, &toy_crypt, sign, copy);
}

static void check_same(const struct manifest *a, const struct manifest *b)
{
	assert_int_equal(a->version, b->version);
	assert_int_equal(a->valid_from, b->valid_from);
	assert_int_equal(a->valid_until, b->valid_until);
	assert_int_equal(a->layout.size, b->layout.size);
	assert_int_equal(a->layout.packets, b->layout.packets);
	assert_int_equal(a->layout.blocks, b->layout.blocks);
	assert_int_equal(a->k_max, b->k_max);
	assert_string_equal(a->name, b->name);
	assert_memory_equal(a->list_hash, b->list_hash, CRYPT_HASH);
	assert_memory_equal(a->key_id, b->key_id, MANIFEST_KEY_ID);
	assert_int_equal(a->is_signed, b->is_signed);
	assert_int_equal(a->train, b->train);
}

static void what_was_written_is_read(void **state)
{
	const uint8_t *signers[] = {keys[1], NULL};
	const size_t lens[] = {SIGNED, UNSIGNED};

	(void)state;
	for (int i = 0; i < 2; i++) {
		uint8_t head[MANIFEST_HEAD_MAX];
		struct manifest m = release(), got;
		size_t len = put(&m, head, signers[i]);

		assert_int_equal(len, lens[i]);
		assert_true(manifest_get(&got, head, len, &toy_crypt));
		check_same(&m, &got);
		assert_int_equal(got.is_signed, !i);
	}
}

static void a_head_is_read_whole_or_not_at_all(void **state)
{
	uint8_t head[MANIFEST_HEAD_MAX] = {0};
	struct manifest m = release(), got;

	(void)state;
	for (int i = 0; i < 2; i++) {
		size_t len = put(&m, head, i ? keys[0] : NULL);

		for (size_t n = 0; n <= len + 1; n++)
			assert_int_equal(
				manifest_get(&got, head, n, &toy_crypt),
				n == len);
	}
}

static void each_byte_of_it_makes_another_train(void **state)
{
	uint8_t head[MANIFEST_HEAD_MAX];
	struct manifest m = release(), got;
	size_t len = put(&m, head, keys[1]);

	(void)state;
	for (size_t i = 0; i < len; i++) {
		head[i] ^= 0x20;
		if (manifest_get(&got, head, len, &toy_crypt))
			assert_int_not_equal(got.train, m.train);
		head[i] ^= 0x20;
	}
}

static void what_makes_no_sense_is_no_head(void **state)
{
	static const struct {
		size_t at;
		uint8_t byte;
		const char *why;
	} rows[] = {
		{13, '2', "another magic"},
		{14, '.', "text behind the magic"},
		{48, 0x06, "packets of 1664"},
		{49, 0x81, "packets of 1409"},
		{50, 0x11, "blocks of 4352"},
		{52, 2, "another hash"},
		{53, 0, "no name"},
		{54, 0, "a NUL in the name"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t head[MANIFEST_HEAD_MAX];
		struct manifest m = release(), got;
		size_t len = put(&m, head, NULL);

		head[rows[i].at] = rows[i].byte;
		if (manifest_get(&got, head, len, &toy_crypt))
			fail_msg("%s", rows[i].why);
	}
}

static void the_longest_name_has_255_bytes(void **state)
{
	uint8_t head[MANIFEST_HEAD_MAX];
	struct manifest m = release(), got;
	size_t len;

	(void)state;
	memset(m.name, 'n', sizeof(m.name));
	assert_int_equal(put(&m, head, keys[0]), 0);
	m.name[MANIFEST_NAME - 1] = 0;
	len = put(&m, head, keys[0]);
	assert_true(manifest_get(&got, head, len, &toy_crypt));
	check_same(&m, &got);
	m.name[0] = 0;
	assert_int_equal(put(&m, head, keys[0]), 0);
}

static void a_client_says_what_is_wrong(void **state)
{
	static const struct {
		const uint8_t *signer;
		const char *name;
		uint64_t version, wall;
		const char *says;
	} rows[] = {
		{keys[1], "root.img", 5, 1500, "the manifest is good"},
		{keys[0], "root.img", 0, 1500, "the manifest is good"},
		{keys[1], "root.img", 5, 1000, "the manifest is good"},
		{keys[1], "root.img", 5, 2000, "the manifest is good"},
		{NULL, "root.img", 5, 1500, "the manifest is not signed"},
		{stranger[0], "root.img", 5, 1500,
		 "the manifest is signed by another key"},
		{keys[1], "kernel", 5, 1500,
		 "the manifest is that of another file"},
		{keys[1], "root.im", 5, 1500,
		 "the manifest is that of another file"},
		{keys[1], "root.img", 6, 1500, "the manifest is too old"},
		{keys[1], "root.img", 5, 999, "the manifest is not valid yet"},
		{keys[1], "root.img", 5, 2001, "the manifest has expired"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct manifest_trust t = {.keys = keys,
						 .n_keys = 2,
						 .name = rows[i].name,
						 .version_min = rows[i].version,
						 .wall = rows[i].wall};
		uint8_t head[MANIFEST_HEAD_MAX];
		struct manifest m = release();
		size_t len = put(&m, head, rows[i].signer);

		assert_string_equal(manifest_fault_text(manifest_judge(
					    &m, head, len, &t, &toy_crypt)),
				    rows[i].says);
	}
}

static void a_forged_head_is_found(void **state)
{
	const struct manifest_trust t = {
		.keys = keys, .n_keys = 2, .name = "root.img", .wall = 1500};
	uint8_t head[MANIFEST_HEAD_MAX];
	struct manifest m = release();
	size_t len = put(&m, head, keys[1]);

	(void)state;
	head[60] ^= 1; /* its name */
	assert_true(manifest_get(&m, head, len, &toy_crypt));
	assert_int_equal(manifest_judge(&m, head, len, &t, &toy_crypt),
			 MANIFEST_FORGED);
	assert_string_equal(manifest_fault_text(MANIFEST_FORGED),
			    "the manifest's signature is wrong");
}

static void no_bound_is_no_bound(void **state)
{
	const struct manifest_trust t = {
		.keys = keys, .n_keys = 1, .name = "root.img", .wall = 1};
	uint8_t head[MANIFEST_HEAD_MAX];
	struct manifest m = release();
	size_t len;

	(void)state;
	m.valid_from = 0;
	m.valid_until = 0;
	len = put(&m, head, keys[0]);
	assert_int_equal(manifest_judge(&m, head, len, &t, &toy_crypt),
			 MANIFEST_GOOD);
}

static void who_has_no_key_takes_what_is_whole(void **state)
{
	const struct manifest_trust t = {.name = "another", .version_min = 9};
	uint8_t head[MANIFEST_HEAD_MAX];
	struct manifest m = release();
	size_t len = put(&m, head, NULL);

	(void)state;
	assert_int_equal(manifest_judge(&m, head, len, &t, &toy_crypt),
			 MANIFEST_GOOD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_written_is_read),
		cmocka_unit_test(a_head_is_read_whole_or_not_at_all),
		cmocka_unit_test(each_byte_of_it_makes_another_train),
		cmocka_unit_test(what_makes_no_sense_is_no_head),
		cmocka_unit_test(the_longest_name_has_255_bytes),
		cmocka_unit_test(a_client_says_what_is_wrong),
		cmocka_unit_test(a_forged_head_is_found),
		cmocka_unit_test(no_bound_is_no_bound),
		cmocka_unit_test(who_has_no_key_takes_what_is_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
