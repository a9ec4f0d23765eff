/*
 * The store moves: from the file to etcd, or back.  Nobody may use either
 * meanwhile; what is copied is only read, and the copy is no store before both
 * have been read again and hold the same.
 */
#include "app/client_inside.h"
#include "app/exit.h"
#include "app/open_store.h"
#include "host/memory.h"
#include "store/copying.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PATH = 600 };

struct migration {
	struct client *c;
	bool to_etcd;
	char path[PATH]; /* of the file */
	struct store *from, *to;
	struct store_sum sum; /* of what is copied */
	struct store_filling f;
};

static const char *name_of(const struct migration *m, bool is_etcd)
{
	return is_etcd ? m->c->config.etcd.endpoints[0] : m->path;
}

static int fail(const struct migration *m, bool is_etcd, const char *why)
{
	return client_failed(m->c, EXIT_FAILURE, "%s: %s", name_of(m, is_etcd),
			     why);
}

/* ---- opening ------------------------------------------------------------- */

static int open_etcd(struct migration *m, struct store **to, bool takes_copy)
{
	struct etcd_config config = m->c->config.etcd;
	struct etcd_link *link;
	char why[CONFIG_WHY] = "";
	int rc;

	config.takes_copy = takes_copy;
	rc = etcd_http_open(&link, &config, why, sizeof why);
	if (rc)
		return client_failed(m->c, EXIT_FAILURE, "etcd: %s",
				     why[0] ? why : strerror(-rc));
	rc = store_etcd_open(to, link, &config, &host_memory);
	return rc ? fail(m, true, store_words(rc)) : 0;
}

static int open_file(struct migration *m, struct store **to)
{
	char why[PATH + 100] = "";
	int rc = store_sqlite_open(to, m->path, why, sizeof why);

	return rc ? client_failed(m->c, exit_status(rc), "%s",
				  why[0] ? why : strerror(-rc))
		  : 0;
}

static int open_from(struct migration *m)
{
	if (!m->to_etcd)
		return open_etcd(m, &m->from, false);
	if (access(m->path, F_OK))
		return fail(m, false, strerror(errno));
	return open_file(m, &m->from);
}

static int open_to(struct migration *m)
{
	return m->to_etcd ? open_etcd(m, &m->to, true) : open_file(m, &m->to);
}

static void close_store(struct store **s)
{
	if (*s)
		(*s)->ops->close(*s);
	*s = NULL;
}

/* ---- copying ------------------------------------------------------------- */

/* The subnet in which a server would have leased it. */
static uint32_t network_of(void *arg, uint32_t ip)
{
	const struct subnet *is = settings_subnet(arg, ip);

	return is ? is->network : 0;
}

static const char *words(int rc)
{
	switch (rc) {
	case -ENOTEMPTY:
		return "it has something already, and is left as it is";
	case -EALREADY:
		return "a part of another copy is there, or somebody else "
		       "copies to it";
	case -EEXIST:
		return "what is there differs from what is copied";
	default:
		return store_words(rc);
	}
}

static int fill(struct migration *m)
{
	int rc = store_sum(m->from, &host_memory, &m->sum);

	if (rc)
		return fail(m, !m->to_etcd, store_words(rc));
	m->f = (struct store_filling){.alloc = &host_memory,
				      .sum = &m->sum,
				      .network = network_of,
				      .arg = &m->c->config.settings};
	rc = store_fill(m->to, m->from, &m->f);
	return rc ? fail(m, m->to_etcd, words(rc)) : 0;
}

/* ---- the check ----------------------------------------------------------- */

/* A file's transaction is still open: it is read as it will be. */
static int open_again(struct migration *m)
{
	close_store(m->to_etcd ? &m->to : &m->from);
	return m->to_etcd ? open_to(m) : open_from(m);
}

static int is_same(struct migration *m, struct store *s, bool is_etcd,
		   const char *if_not)
{
	struct store_sum is;
	int rc = store_sum(s, &host_memory, &is);

	if (rc)
		return fail(m, is_etcd, store_words(rc));
	if (store_sum_is(&is, &m->sum))
		return 0;
	return client_failed(
		m->c, EXIT_FAILURE,
		"%s: %s: %llu entries, %llu domains, %llu leases, where %llu, "
		"%llu, %llu were read",
		name_of(m, is_etcd), if_not, (unsigned long long)is.entries,
		(unsigned long long)is.domains, (unsigned long long)is.leases,
		(unsigned long long)m->sum.entries,
		(unsigned long long)m->sum.domains,
		(unsigned long long)m->sum.leases);
}

static int check(struct migration *m)
{
	int status = open_again(m), rc;

	if (!status)
		status =
			is_same(m, m->from, !m->to_etcd,
				"somebody has changed it meanwhile: stop every "
				"musterd");
	if (!status)
		status = is_same(m, m->to, m->to_etcd,
				 "the copy is another, and is no store");
	if (status)
		return status;
	rc = m->to->ops->intake->end(m->to);
	return rc ? fail(m, m->to_etcd, words(rc)) : 0;
}

static void say(const struct migration *m)
{
	const struct store_sum *s = &m->sum;

	printf("%s: %llu entries, %llu domains, %llu leases; %llu written, "
	       "%llu were there\n",
	       name_of(m, m->to_etcd), (unsigned long long)s->entries,
	       (unsigned long long)s->domains, (unsigned long long)s->leases,
	       (unsigned long long)m->f.written,
	       (unsigned long long)m->f.there);
	printf("both were read again and hold the same: %016llx%016llx\n",
	       (unsigned long long)s->digest[0],
	       (unsigned long long)s->digest[1]);
	printf("the history stays behind in %s; what counts from now on is "
	       "store = %s\n",
	       name_of(m, !m->to_etcd), m->to_etcd ? "etcd" : "sqlite");
}

/* ---- all of it ----------------------------------------------------------- */

static int migrate(struct migration *m)
{
	int status = open_from(m);

	if (!status)
		status = open_to(m);
	if (!status)
		status = fill(m);
	if (!status)
		status = check(m);
	if (!status)
		say(m);
	close_store(&m->to);
	close_store(&m->from);
	return status;
}

int client_migrate(struct client *c, bool to_etcd)
{
	struct migration m = {.c = c, .to_etcd = to_etcd};
	int status;

	if (!client_is_alone(c))
		return client_failed(c, EXIT_FAILURE,
				     "a musterd answers at %s: stop it first, "
				     "and all others that use these stores",
				     c->socket);
	if (!c->config.etcd.endpoints[0][0] || !c->config.state[0])
		return client_failed(
			c, EXIT_CONFIG, "the configuration says no %s",
			c->config.state[0] ? "etcd-endpoints" : "state");
	snprintf(m.path, sizeof m.path, "%s/muster.db", c->config.state);
	status = offline_become_owner(c);
	return status ? status : migrate(&m);
}
