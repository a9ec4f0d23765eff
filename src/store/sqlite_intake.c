/*
 * Taking in a copy: all of it is one transaction, so what is interrupted was
 * never there.
 */
#include "store/sqlite_inside.h"

#include <errno.h>

#include "model/directory.h"

static int is_something(void *arg, const struct change *c)
{
	(void)arg;
	(void)c;
	return -ENOTEMPTY;
}

static int begin(struct store *store, const uint8_t id[STORE_COPY_ID])
{
	struct sqlite *s = sqlite_of(store);
	uint64_t revision;
	int rc = sqlite_load(store, is_something, NULL, &revision);

	(void)id;
	if (!rc && s->is.revision)
		rc = -ENOTEMPTY;
	return rc ? rc : sqlite_run(s, SQL_BEGIN);
}

static int put_one(struct sqlite *s, const struct change *c)
{
	int rc = 0;

	if (!change_is_edit(c))
		return sqlite_lease_put(s, &c->lease);
	if (c->kind != CHANGE_ENTRY_DESTROY)
		rc = sqlite_create(s, c);
	if (c->id > s->is.last_id)
		s->is.last_id = c->id;
	/* Its parent is not there, or it is there already. */
	return rc == -ESTALE ? -EBADMSG : rc;
}

static int put(struct store *store, const struct change *v, size_t n)
{
	struct sqlite *s = sqlite_of(store);
	int rc = sqlite3_get_autocommit(s->db) ? -EINVAL : 0;

	for (size_t i = 0; !rc && i < n; i++)
		rc = put_one(s, &v[i]);
	return rc;
}

/* The history begins here: what came before is not told. */
static int end(struct store *store)
{
	struct sqlite *s = sqlite_of(store);
	struct counters to = s->is;
	int rc;

	to.revision = to.compacted = 1;
	s->is.last_id = ENTRY_FIXED;
	rc = sqlite_write_counters(s, &to);
	if (!rc)
		rc = sqlite_run(s, SQL_COMMIT);
	if (!rc)
		s->is = to;
	return rc;
}

const struct store_intake sqlite_intake = {
	.begin = begin, .put = put, .end = end};
