/*
 * The small static client, muster-client: what its programs never use of a
 * server's, and what Debian's libsodium.a, made for glibc, lacks in musl.
 */
#include "app/answerer.h"
#include "app/catalog.h"
#include "app/committer.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

int catalog_fetch(struct catalog *c, const struct fetch *f, uint8_t owner)
{
	(void)c;
	(void)f;
	(void)owner;
	return -ENODEV;
}

void catalog_read(struct catalog *c, const struct ref *ref, struct piece to[2])
{
	(void)c;
	(void)ref;
	(void)to;
}

int catalog_at(struct catalog *c, const struct ref *ref, struct iovec v[2])
{
	(void)c;
	(void)ref;
	(void)v;
	return -ENODEV;
}

int committer_put(struct committer *c, const struct commit_effect *e,
		  uint8_t owner)
{
	(void)c;
	(void)e;
	(void)owner;
	return -ENODEV;
}

void committer_go(struct committer *c)
{
	(void)c;
}

int answerer_put(struct answerer *a, const struct question *q, uint8_t owner)
{
	(void)a;
	(void)q;
	(void)owner;
	return -ENODEV;
}

/* What glibc's headers make of explicit_bzero() where they know the size. */
void __explicit_bzero_chk(void *p, size_t len, size_t room);

void __explicit_bzero_chk(void *p, size_t len, size_t room)
{
	assert(len <= room);
	explicit_bzero(p, len);
}
