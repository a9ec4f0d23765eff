/*
 * Any bytes as a boot address.  The form for iPXE reads back as the same
 * address; the form for Etherboot, where no escapes are in it, too.
 */
#include "wire/url.h"

#include <assert.h>
#include <string.h>

static void same(const struct url *a, const struct url *b)
{
	assert(a->scheme == b->scheme && a->server == b->server);
	/* Without a server, no port is written. */
	assert(a->port == b->port || (!a->server && !a->host[0]));
	assert(!strcmp(a->host, b->host));
	assert(a->group.port == b->group.port);
}

static void again(const struct url *u, enum url_family f)
{
	char s[1024];
	struct text t = text_over(s, sizeof s);
	struct url v;

	url_put(&t, u, f);
	assert(!t.full);
	assert(url_parse(s, t.len, &v) == URL_OK);
	same(u, &v);
	if (f == URL_FOR_ETHERBOOT)
		assert(u->group.ip == v.group.ip);
	/* Etherboot's x-tftm gains a slash in front. */
	if (f == URL_FOR_IPXE || u->scheme != URL_TFTM)
		assert(!strcmp(u->path, v.path));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct url u;
	enum url_error e = url_parse((const char *)bytes, len, &u);

	assert(url_error_text(e)[0]);
	if (e)
		return 0;
	assert(memchr(u.path, 0, sizeof u.path));
	assert(memchr(u.host, 0, sizeof u.host));
	assert(!u.server || !u.host[0]);
	assert(u.port && (u.scheme != URL_SLAM || u.group.port));
	again(&u, URL_FOR_IPXE);
	/* The longest path leaves no room for the slash. */
	if (!strchr(u.path, '%') && strlen(u.path) < sizeof u.path - 1)
		again(&u, URL_FOR_ETHERBOOT);
	return 0;
}
