/*
 * The smallest client, muster-client-plain, loads no trains: so there is no
 * block to mend and no signature to check.  The registry's keyed hash stays.
 */
#include "app/command.h"
#include "app/mend.h"
#include "app/trust.h"
#include "host/crypt.h"
#include "host/sha256.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

enum { HMAC_BLOCK = 64 };

void coding_here(struct coding *c)
{
	*c = (struct coding){.crypt = &host_crypt};
}

int mend_block(int fd, const struct mend *m, const struct coding *with,
	       struct leaves *known)
{
	(void)fd;
	(void)m;
	(void)with;
	(void)known;
	return -ENODEV;
}

int sort_block(int fd, const struct sort *s, const struct coding *with,
	       uint64_t *wrong)
{
	(void)fd;
	(void)s;
	(void)with;
	(void)wrong;
	return -ENODEV;
}

int trust_add(struct trust *t, const char *command, const char *file)
{
	(void)t;
	return failed(command, "%s: this program can verify nothing", file);
}

int trust_open(struct trust *t, const char *command,
	       struct loadc_config *config)
{
	(void)t;
	(void)command;
	(void)config;
	return 0;
}

void trust_close(struct trust *t)
{
	(void)t;
}

void trust_note(struct trust *t, const char *command, const struct manifest *m)
{
	(void)t;
	(void)command;
	(void)m;
}

void trust_text(const struct trust *t, const struct manifest *m, char *to,
		size_t room)
{
	(void)t;
	(void)m;
	if (room)
		*to = '\0';
}

static bool verify(const uint8_t signature[CRYPT_SIGNATURE], const void *bytes,
		   size_t len, const uint8_t key[CRYPT_KEY])
{
	(void)signature;
	(void)bytes;
	(void)len;
	(void)key;
	return false;
}

/* One pass of HMAC (RFC 2104): over the padded key and what follows. */
static void pass(uint8_t to[CRYPT_MAC], const uint8_t key[CRYPT_MAC_KEY],
		 uint8_t pad, const void *bytes, size_t len)
{
	struct sha256 *h = sha256_open();
	uint8_t block[HMAC_BLOCK];

	assert(h);
	memset(block, pad, sizeof(block));
	for (size_t i = 0; i < CRYPT_MAC_KEY; i++)
		block[i] ^= key[i];
	sha256_add(h, block, sizeof(block));
	sha256_add(h, bytes, len);
	sha256_end(h, to);
	sha256_close(h);
}

static void mac(uint8_t to[CRYPT_MAC], const void *bytes, size_t len,
		const uint8_t key[CRYPT_MAC_KEY])
{
	uint8_t inner[CRYPT_MAC];

	pass(inner, key, 0x36, bytes, len);
	pass(to, key, 0x5c, inner, sizeof(inner));
}

/* Nothing but trains hashes: a call of none would be seen. */
const struct crypt host_crypt = {.hash = NULL, .verify = verify, .mac = mac};
