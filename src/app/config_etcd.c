/*
 * What is said of a store that several servers share.
 */
#include "app/config_inside.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static bool no(struct text *why, const char *value, const char *reason)
{
	text_add(why, "\"");
	text_wire(why, value, strlen(value));
	text_add(why, "\" ");
	text_add(why, reason);
	return false;
}

/* What stands behind http:// or https://; NULL if neither does. */
static const char *host_of(const char *url)
{
	if (!strncmp(url, "http://", 7))
		return url + 7;
	return strncmp(url, "https://", 8) != 0 ? NULL : url + 8;
}

bool read_endpoint(const struct key *k, const char *value, void *to,
		   struct text *why)
{
	const char *host = host_of(value);

	if (!host || !*host || strpbrk(host, "/?#@ "))
		return no(why, value,
			  "is no address such as \"https://10.0.0.1:2379\", "
			  "with its quotes");
	return read_text(k, value, to, why);
}

bool read_prefix(const struct key *k, const char *value, void *to,
		 struct text *why)
{
	size_t len = strlen(value);

	for (size_t i = 0; i < len; i++)
		if (value[i] <= ' ' || value[i] > '~')
			return no(why, value, "has other letters than ASCII's");
	if (!len || value[len - 1] != '/')
		return no(why, value, "has to end with /");
	return read_text(k, value, to, why);
}

/* Milliseconds. */
bool read_wait(const struct key *k, const char *value, void *to,
	       struct text *why)
{
	uint64_t ms;

	if (!read_number(k, value, &ms, why))
		return false;
	memcpy(to, &(usec){MILLISECONDS(ms)}, sizeof(usec));
	return true;
}

/* ---- what goes together -------------------------------------------------- */

static int say(char *why, size_t room, const char *key, const char *reason)
{
	snprintf(why, room, "%s: %s", key, reason);
	return -EINVAL;
}

static int check_file(const char *key, const char *path, char *why, size_t room)
{
	FILE *f = *path ? fopen(path, "re") : NULL;
	int rc = *path && !f ? errno : 0;

	if (f)
		fclose(f);
	if (!rc)
		return 0;
	snprintf(why, room, "%s: %s: %s", key, path, strerror(rc));
	return -EINVAL;
}

static int check_pairs(const struct etcd_config *e, char *why, size_t room)
{
	if (e->cert[0] && !e->key[0])
		return say(why, room, "etcd-certificate",
			   "needs its etcd-key, too");
	if (e->key[0] && !e->cert[0])
		return say(why, room, "etcd-key",
			   "needs its etcd-certificate, too");
	if (e->user[0] && !e->password_file[0])
		return say(why, room, "etcd-user",
			   "needs an etcd-password-file, too");
	if (e->password_file[0] && !e->user[0])
		return say(why, room, "etcd-password-file",
			   "needs an etcd-user, too");
	return 0;
}

int config_check(const struct config *c, char *why, size_t room)
{
	const struct etcd_config *e = &c->etcd;
	int rc;

	if (c->store != STORE_IN_ETCD)
		return 0;
	if (!e->endpoints[0][0])
		return say(why, room, "store",
			   "etcd needs etcd-endpoints, too");
	rc = check_pairs(e, why, room);
	if (!rc)
		rc = check_file("etcd-ca", e->ca, why, room);
	if (!rc)
		rc = check_file("etcd-certificate", e->cert, why, room);
	if (!rc)
		rc = check_file("etcd-key", e->key, why, room);
	return rc ? rc
		  : check_file("etcd-password-file", e->password_file, why,
			       room);
}
