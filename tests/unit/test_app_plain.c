/*
 * What muster-client-plain computes by itself: SHA-256 (FIPS 180-4) beside
 * libcrypto's at all lengths around its blocks, and HMAC (RFC 4231).
 */
/* They are in no archive: another program has others of the same names. */
#include "app/client/plain.c"  /* NOLINT(bugprone-suspicious-include) */
#include "app/client/sha256.c" /* NOLINT(bugprone-suspicious-include) */

#include <openssl/sha.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void hashes_as_libcrypto_at_every_length(void **state)
{
	uint8_t bytes[300], is[SHA256_BYTES], wanted[SHA256_BYTES];

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7 + 1);
	for (size_t len = 0; len <= sizeof(bytes); len++) {
		struct sha256 *h = sha256_open();

		assert_non_null(h);
		/* In two pieces. */
		sha256_add(h, bytes, len / 3);
		sha256_add(h, bytes + len / 3, len - len / 3);
		assert_true(sha256_end(h, is));
		sha256_close(h);
		SHA256(bytes, len, wanted);
		assert_memory_equal(is, wanted, sizeof(is));
	}
}

/* RFC 4231 4.2: its key has 20 bytes, which zeros make 32. */
static void the_keyed_hash_is_HMAC(void **state)
{
	static const uint8_t wanted[] = {
		0xb0, 0x34, 0x4c, 0x61, 0xd8, 0xdb, 0x38, 0x53,
		0x5c, 0xa8, 0xaf, 0xce, 0xaf, 0x0b, 0xf1, 0x2b,
		0x88, 0x1d, 0xc2, 0x00, 0xc9, 0x83, 0x3d, 0xa7,
		0x26, 0xe9, 0x37, 0x6c, 0x2e, 0x32, 0xcf, 0xf7};
	uint8_t key[CRYPT_MAC_KEY] = {0}, is[CRYPT_MAC];

	(void)state;
	memset(key, 0x0b, 20);
	host_crypt.mac(is, "Hi There", 8, key);
	assert_memory_equal(is, wanted, sizeof(is));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hashes_as_libcrypto_at_every_length),
		cmocka_unit_test(the_keyed_hash_is_HMAC),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
