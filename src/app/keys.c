/*
 * Key files.  The secret one is made first and only if it was not there, so two
 * commands at once can't each write one half of a pair.
 */
#include "app/keys.h"

#include "app/fresh.h"
#include "host/crypt.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int say(int rc, const char **why)
{
	if (rc)
		*why = strerror(-rc);
	return rc;
}

static int write_new(const char *path, mode_t mode, const struct key *k)
{
	char line[KEY_LINE];
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	int rc = 0;
	ssize_t n;

	if (fd < 0)
		return -errno;
	key_put(k, line);
	n = write(fd, line, strlen(line));
	if (n < 0 || fsync(fd) < 0)
		rc = -errno;
	else if ((size_t)n < strlen(line))
		rc = -ENOSPC;
	close(fd);
	sign_forget(line, sizeof(line));
	if (rc)
		(void)unlink(path);
	return rc;
}

static void draw(struct key *secret, struct key *public, const char *comment)
{
	*secret = (struct key){.is_secret = true};
	*public = (struct key){0};
	sign_draw(secret->bytes);
	sign_public(secret->bytes, public->bytes);
	manifest_key_id(public->bytes, &host_crypt, public->id);
	memcpy(secret->id, public->id, sizeof(secret->id));
	snprintf(public->comment, sizeof(public->comment), "%s", comment);
	memcpy(secret->comment, public->comment, sizeof(secret->comment));
}

int keys_make(const char *path, const char *comment, struct key *public,
	      const char **why)
{
	char beside[FRESH_PATH];
	struct key secret;
	int rc;

	if ((size_t)snprintf(beside, sizeof(beside), "%s.pub", path) >=
	    sizeof(beside))
		return say(-ENAMETOOLONG, why);
	if (!access(path, F_OK) || !access(beside, F_OK)) {
		*why = "there is a key already, and what it has signed "
		       "needs it";
		return -EEXIST;
	}
	draw(&secret, public, comment);
	rc = write_new(path, 0600, &secret);
	sign_forget(&secret, sizeof(secret));
	if (rc)
		return say(rc, why);
	rc = write_new(beside, 0644, public);
	if (rc)
		(void)unlink(path);
	return say(rc, why);
}

static int read_key(const char *path, struct key *k, bool is_secret,
		    const char **why)
{
	char line[KEY_LINE];
	ssize_t len = file_get(path, line, sizeof(line));
	int rc = 0;

	if (len < 0 && len != -EFBIG)
		return say((int)len, why);
	if (len < 0 || !key_get(k, line, (size_t)len, &host_crypt)) {
		*why = "this is no key, or not all of it";
		rc = -EBADMSG;
	} else if (k->is_secret != is_secret) {
		*why = is_secret ? "this is the public key, not the secret one"
				 : "this is the secret key; the public one "
				   "ends in .pub";
		rc = -EINVAL;
	}
	sign_forget(line, sizeof(line));
	return rc;
}

static int check_secret(const char *path, const char **why)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return say(-errno, why);
	if (!(st.st_mode & (S_IRWXG | S_IRWXO)))
		return 0;
	*why = "others may read this secret key: chmod 600, or make another";
	return -EPERM;
}

int keys_secret(const char *path, struct secret_key *k, const char **why)
{
	uint8_t public[CRYPT_KEY], id[MANIFEST_KEY_ID];
	struct key read = {0};
	int rc = read_key(path, &read, true, why);

	if (!rc)
		rc = check_secret(path, why);
	if (!rc) {
		memcpy(k->seed, read.bytes, sizeof(k->seed));
		memcpy(k->id, read.id, sizeof(k->id));
		sign_public(k->seed, public);
		manifest_key_id(public, &host_crypt, id);
		if (memcmp(id, k->id, sizeof(id)) != 0) {
			*why = "this key does not fit its own name";
			rc = -EBADMSG;
		}
	}
	sign_forget(&read, sizeof(read));
	return rc;
}

int keys_public(const char *path, struct key *k, const char **why)
{
	return read_key(path, k, false, why);
}

void keys_sign(void *key, const void *bytes, size_t len,
	       uint8_t signature[CRYPT_SIGNATURE])
{
	const struct secret_key *k = key;

	sign_bytes(k->seed, bytes, len, signature);
}
