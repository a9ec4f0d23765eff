/*
 * Hashes and signatures against the vectors of RFC 7693 and RFC 8032, and the
 * manifest of docs/protocols/train.md with real ones.
 */
#include "host/crypt.h"
#include "model/manifest.h"
#include "stage/hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void check_hash(size_t len, const char *text, const char *want)
{
	uint8_t got[64], bytes[64];

	assert_int_equal(hex(want, bytes, sizeof(bytes)), len);
	host_crypt.hash(got, len, text, strlen(text));
	assert_memory_equal(got, bytes, len);
}

static void blake2b_is_that_of_its_rfc(void **state)
{
	(void)state;
	check_hash(64, "abc",
		   "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6f"
		   "dbffa2d17d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925a"
		   "b92386edd4009923");
	check_hash(32, "",
		   "0e5751c026e543b2e8ab2eb06099daa1"
		   "d1e5df47778f7787faab45cdf12fe3a8");
	check_hash(16, "", "cae66941d9efbd404e4d88758ea67670");
}

/* RFC 8032 7.1, tests 2 and 3. */
static const struct {
	const char *key, *message, *signature;
} signatures[] = {
	{"3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
	 "72",
	 "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
	 "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
	{"fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
	 "af82",
	 "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
	 "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"},
};

static void ed25519_is_that_of_its_rfc(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		uint8_t key[CRYPT_KEY], message[8], s[CRYPT_SIGNATURE];
		size_t len = hex(signatures[i].message, message, 8);

		hex(signatures[i].key, key, sizeof(key));
		hex(signatures[i].signature, s, sizeof(s));
		assert_true(host_crypt.verify(s, message, len, key));
		message[0] ^= 1;
		assert_false(host_crypt.verify(s, message, len, key));
		message[0] ^= 1;
		s[63] ^= 1;
		assert_false(host_crypt.verify(s, message, len, key));
	}
}

/* ---- the page's example ------------------------------------------------- */

/* A file of 200 bytes, 0 to 199, in packets of 64: one block of four. */
static const char *const leaves = "59059895958b8a56277edb046df67166"
				  "62b7946f95e1575557c1bbdfe88b2c59"
				  "dddf296e12447998d55f8ef2aa7fba4b"
				  "2af58f3f692f490cbb3385bdb0c8717d";
static const char *const list =
	"55efb8282f6f7e2080ea8bcd6fbdce2e6ea3d9afbe7ffed54df14cc48ababa17";
static const char *const key =
	"3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
static const char *const head =
	"6d75737465722d747261696e2d310000000000000000000100000000"
	"000000c8000000000000000000000000000000000040004001047469"
	"6e797aa099175033c78659f4789bdb09efc2517f2476975ad7de7542"
	"dc32908add43";
static const char *const key_id = "6ec9e955a19ba3c9";
static const char *const signature =
	"b3779b1f6cc333c7ca8ac39219ef911ad0f54623b2dcd74030431c747b3a7f2a"
	"ca2cc1eaa2a3fe82ed1dfdacda7dc593ffab8c7d186379ccb22aa88e0445b906";

static void the_list_is_made_of_hashes_of_leaves(void **state)
{
	uint8_t file[200], all[4 * 16], want[64], hash[CRYPT_HASH];

	(void)state;
	for (size_t i = 0; i < sizeof(file); i++)
		file[i] = (uint8_t)i;
	for (size_t i = 0; i < 4; i++)
		host_crypt.hash(all + 16 * i, 16, file + 64 * i,
				i < 3 ? 64 : 8);
	hex(leaves, want, sizeof(want));
	assert_memory_equal(all, want, sizeof(all));
	host_crypt.hash(hash, CRYPT_HASH, all, sizeof(all));
	hex(list, want, sizeof(want));
	assert_memory_equal(hash, want, CRYPT_HASH);
}

static void check_head(size_t len, const uint8_t *bytes, uint64_t train)
{
	uint8_t hash[CRYPT_HASH], block[CRYPT_HASH];
	struct manifest m;

	assert_true(manifest_get(&m, bytes, len, &host_crypt));
	assert_int_equal(m.train, train);
	assert_int_equal(m.layout.size, 200);
	assert_int_equal(m.layout.packets, 4);
	assert_string_equal(m.name, "tiny");
	hex(list, block, sizeof(block));
	host_crypt.hash(hash, CRYPT_HASH, block, CRYPT_HASH);
	assert_memory_equal(m.list_hash, hash, CRYPT_HASH);
}

static void an_unsigned_head_ends_with_zeros(void **state)
{
	uint8_t b[MANIFEST_HEAD_MAX] = {0};
	size_t len = hex(head, b, sizeof(b));

	(void)state;
	check_head(len + MANIFEST_KEY_ID, b, 0x8ad6220468cf36fe);
}

static void a_signed_head_is_verified(void **state)
{
	uint8_t b[MANIFEST_HEAD_MAX], keys[1][CRYPT_KEY];
	const struct manifest_trust t = {
		.keys = (const uint8_t(*)[CRYPT_KEY])keys,
		.n_keys = 1,
		.name = "tiny"};
	size_t len = hex(head, b, sizeof(b));
	struct manifest m;

	(void)state;
	len += hex(key_id, b + len, sizeof(b) - len);
	len += hex(signature, b + len, sizeof(b) - len);
	check_head(len, b, 0xf7d1452b19d6caa8);
	hex(key, keys[0], CRYPT_KEY);
	assert_true(manifest_get(&m, b, len, &host_crypt));
	assert_int_equal(manifest_judge(&m, b, len, &t, &host_crypt),
			 MANIFEST_GOOD);
	b[23] ^= 1; /* its version */
	assert_true(manifest_get(&m, b, len, &host_crypt));
	assert_int_equal(manifest_judge(&m, b, len, &t, &host_crypt),
			 MANIFEST_FORGED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blake2b_is_that_of_its_rfc),
		cmocka_unit_test(ed25519_is_that_of_its_rfc),
		cmocka_unit_test(the_list_is_made_of_hashes_of_leaves),
		cmocka_unit_test(an_unsigned_head_ends_with_zeros),
		cmocka_unit_test(a_signed_head_is_verified),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
