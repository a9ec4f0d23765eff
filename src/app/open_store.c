/*
 * The store that the configuration names.
 */
#include "app/open_store.h"

#include "app/copies.h"
#include "host/memory.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

const char *store_words(int rc)
{
	switch (-rc) {
	case EHOSTUNREACH:
	case ETIMEDOUT:
		return "no member answers";
	case EAGAIN:
		return "it has no leader, or no time";
	case ENOSPC:
		return "its quota is used up (the NOSPACE alarm)";
	case E2BIG:
		return "it is more operations at once than etcd takes "
		       "(etcd-txn-ops): do it in parts";
	case EMSGSIZE:
		return "it is more than etcd takes in a request (1 MiB): do it "
		       "in parts";
	case EACCES:
		return "it refuses etcd-user and its password, or wants one";
	case EKEYREJECTED:
		return "a certificate is refused, theirs or ours";
	case EPROTO:
		return "what answers or stands there is of a newer Muster, or "
		       "is not etcd's";
	case EINPROGRESS:
		return "a copy was not finished: `muster store migrate' goes "
		       "on with it";
	case EBADMSG:
		return "what stands there is damaged";
	default:
		return strerror(-rc);
	}
}

/* Such an etcd dies with the machine that it is on. */
static void warn_of_one(struct store *store, char *why, size_t room)
{
	struct store_status s;

	store->ops->status(store, &s);
	if (s.members == 1)
		snprintf(why, room,
			 "a cluster of one member survives no failure");
}

static int open_etcd(struct store **to, const struct config *c, char *why,
		     size_t room)
{
	const struct etcd_config *e = &c->etcd;
	struct etcd_link *link;
	int rc = etcd_http_open(&link, e, why, room);

	if (rc)
		return rc;
	rc = store_etcd_open(to, link, e, &host_memory);
	if (rc) {
		snprintf(why, room, "etcd at %s%s: %s", e->endpoints[0],
			 e->endpoints[1][0] ? " and others" : "",
			 store_words(rc));
		return rc;
	}
	(*to)->ops->keep(*to, c->history);
	warn_of_one(*to, why, room);
	return 0;
}

static int open_sqlite(struct store **to, const struct config *c, char *why,
		       size_t room)
{
	char path[512];
	int rc;

	snprintf(path, sizeof(path), "%s/muster.db", c->state);
	rc = store_sqlite_open(to, path, why, room);
	if (rc)
		return rc;
	(*to)->ops->keep(*to, c->history);
	copies_sweep(c->state);
	return 0;
}

int open_store(struct store **to, const struct config *c, char *why,
	       size_t room)
{
	int rc = 0;

	why[0] = 0;
	switch (c->store) {
	case STORE_IN_ETCD:
		rc = open_etcd(to, c, why, room);
		break;
	case STORE_IN_SQLITE:
		if (c->state[0]) {
			rc = open_sqlite(to, c, why, room);
			break;
		}
		rc = store_memory_open(to, &host_memory, NULL);
		break;
	case STORE_IN_MEMORY:
		rc = store_memory_open(to, &host_memory, NULL);
		break;
	}
	if (rc && !why[0])
		snprintf(why, room, "%s", strerror(-rc));
	return rc;
}
