/*
 * libcrypt, with its 32 KB of scratch from the heap and not from the stack.
 */
#include "host/password.h"

#include "base/text.h"

#include <crypt.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(CRYPT_OUTPUT_SIZE >= PASSWORD_HASH, "no hash is cut");

/* As long for a wrong one as for the right one. */
static bool is_same(const char *a, const char *b)
{
	size_t len = strlen(a);
	unsigned differs = strlen(b) != len;

	for (size_t i = 0; !differs && i < len; i++)
		differs |= (unsigned)(a[i] ^ b[i]);
	return !differs;
}

static int hash_with(const char *password, const char *setting,
		     char to[CRYPT_OUTPUT_SIZE])
{
	struct crypt_data *scratch = calloc(1, sizeof(*scratch));
	const char *made;
	int rc = 0;

	if (!scratch)
		return -ENOMEM;
	made = crypt_r(password, setting, scratch);
	/* What begins with a star is an error, whatever was typed. */
	if (!made || made[0] == '*')
		rc = -EINVAL;
	else if (!text_copy(to, CRYPT_OUTPUT_SIZE, made, strlen(made)))
		rc = -EOVERFLOW;
	explicit_bzero(scratch, sizeof(*scratch));
	free(scratch);
	return rc;
}

int password_check(const char *password, const char *hash)
{
	char made[CRYPT_OUTPUT_SIZE];
	int rc;

	/* An empty one is no hash, though DES would take it for a salt. */
	if (!hash[0] || hash[0] == '*' || strlen(hash) < 13)
		return -EINVAL;
	rc = hash_with(password, hash, made);
	if (!rc && !is_same(made, hash))
		rc = -EACCES;
	return rc;
}

int password_hash(const char *password, char to[PASSWORD_HASH])
{
	char setting[CRYPT_GENSALT_OUTPUT_SIZE], made[CRYPT_OUTPUT_SIZE];
	int rc;

	if (!crypt_gensalt_rn(NULL, 0, NULL, 0, setting, sizeof(setting)))
		return -errno;
	rc = hash_with(password, setting, made);
	if (!rc && !text_copy(to, PASSWORD_HASH, made, strlen(made)))
		rc = -EOVERFLOW;
	return rc;
}
