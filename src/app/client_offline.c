/*
 * Asking the store itself.  Its lock keeps a daemon from starting meanwhile,
 * and us from writing beside one; what is asked is what the daemon would be
 * asked, by the same code.
 */
#include "app/catalog.h"
#include "app/client_inside.h"
#include "app/exit.h"
#include "app/load.h"
#include "app/served.h"
#include "app/who.h"
#include "host/loop.h"
#include "host/memory.h"
#include "host/privs.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define IMAGES "/v1/images"

enum { SCAN_MS = 1000, HTTP_FAILED = 500 };

struct offline {
	struct site site;
	struct store *store;     /* NULL: not needed */
	struct catalog *catalog; /* NULL until images are asked for */
};

/* As root we write as whom the directory belongs to: the daemon is not root,
 * and a file of root's would keep it out. */
int offline_become_owner(struct client *c)
{
	const char *state = c->config.state;
	struct stat st;
	int rc;

	if (geteuid() != 0)
		return 0;
	rc = privs_directory(state, c->config.user);
	if (!rc && stat(state, &st))
		rc = -errno;
	if (!rc && st.st_uid && (setegid(st.st_gid) || seteuid(st.st_uid)))
		rc = -errno;
	return rc ? client_failed(c, exit_status(rc), "%s: %s", state,
				  strerror(-rc))
		  : 0;
}

static int open_store(struct client *c, struct offline *off, const char *path)
{
	char why[600] = "";
	int rc = store_sqlite_open(&off->store, path, why, sizeof why);

	if (!rc)
		off->store->ops->keep(off->store, c->config.history);
	if (rc == -EBUSY)
		return EXIT_BUSY;
	return rc ? client_failed(c, exit_status(rc), "%s", why) : 0;
}

static void on_skipped(void *arg, const struct lease *l)
{
	(void)arg; /* the table has room for all: they were counted */
	(void)l;
}

static int load(struct offline *off, struct settings *set)
{
	struct site *s = &off->site;
	uint32_t leases = 0;
	int rc = off->store ? load_count_leases(off->store, &leases) : 0;

	served_name(set);
	s->settings = set;
	if (!rc)
		rc = directory_open(&s->directory, &host_memory, 64, 1);
	if (!rc)
		rc = leases_open(&s->leases, &host_memory, leases + 1, 1);
	if (!rc)
		rc = images_open(&s->images, &host_memory, set->slam.port,
				 set->slam.ports, 0);
	if (!rc && off->store)
		rc = load_site(off->store, s, &host_memory, on_skipped, NULL);
	return rc;
}

/* The store, if what is asked needs it.  Who only looks makes none. */
static int open_state(struct client *c, bool is_edit, const char *path)
{
	int status;

	if (c->config.store == STORE_IN_ETCD)
		return client_failed(c, EXIT_NO_SERVER,
				     "no musterd answers at %s, and only one "
				     "that runs changes what is in etcd",
				     c->socket);
	if (!c->config.state[0] || c->config.store == STORE_IN_MEMORY)
		return client_failed(c, EXIT_NO_SERVER,
				     "no musterd answers at %s, and it keeps "
				     "no state",
				     c->socket);
	if (!is_edit && access(path, F_OK) && errno == ENOENT)
		return client_failed(c, EXIT_NO_SERVER,
				     "no musterd answers at %s, and there is "
				     "no %s",
				     c->socket, path);
	status = offline_become_owner(c);
	return status ? status : open_store(c, c->offline, path);
}

int offline_open(struct client *c, const struct client_request *q)
{
	struct offline *off = calloc(1, sizeof *off);
	bool is_edit = strcmp(q->method, "GET") != 0;
	char path[512];
	int status = 0, rc;

	if (!off)
		return client_failed(c, EXIT_FAILURE, "%s", strerror(ENOMEM));
	c->offline = off;
	snprintf(path, sizeof path, "%s/muster.db", c->config.state);
	if (strcmp(q->path, IMAGES) != 0)
		status = open_state(c, is_edit, path);
	if (status)
		return status;
	rc = load(off, &c->config.settings);
	return rc ? client_failed(c, EXIT_FAILURE, "%s: %s", path,
				  strerror(-rc))
		  : 0;
}

void offline_close(struct offline *off)
{
	if (!off)
		return;
	catalog_close(off->catalog);
	images_close(off->site.images);
	if (off->site.leases)
		leases_close(off->site.leases, &host_memory);
	directory_close(off->site.directory);
	if (off->store)
		off->store->ops->close(off->store);
	free(off);
}

/* ---- images ------------------------------------------------------------- */

static void on_refused(void *arg, const char *name, int rc)
{
	const struct client *c = arg;

	client_failed(c, 0, "%s/%s: %s", c->config.root, name, strerror(-rc));
}

/* Look at the boot directory once. */
static int scan(struct client *c)
{
	struct offline *off = c->offline;
	struct config *config = &c->config;
	int rc;

	images_root(off->site.images, config->root);
	if (config->settings.boot_file[0])
		(void)images_prefer(off->site.images,
				    config->settings.boot_file);
	rc = catalog_open(&off->catalog, config->root, off->site.images, 0);
	if (rc)
		return rc;
	while (!catalog_is_scanned(off->catalog)) {
		struct pollfd p = {.fd = catalog_fd(off->catalog),
				   .events = POLLIN};

		(void)poll(&p, 1, SCAN_MS);
		(void)catalog_turn(off->catalog, host_now(), on_refused, c);
	}
	return 0;
}

/* ---- asking ------------------------------------------------------------- */

static int apply(struct site *s, const struct changes *all)
{
	if (change_is_edit(all->v))
		return directory_apply_all(s->directory, all->v, all->n);
	for (size_t i = 0; i < all->n; i++)
		leases_drop(s->leases, all->v[i].lease.ip);
	return 0;
}

static void look(struct offline *off, struct admin *a)
{
	while (admin_look(a->ask, off->store) > 0)
		;
	admin_looked(a, &off->site);
}

static void make(struct offline *off, struct admin *a)
{
	const struct changes *all = a->changes;
	struct commit commit = {.change = all->v,
				.more = all->n - 1,
				.who = all->who,
				.wall = host_wall()};
	uint64_t revision;
	int rc;

	assert(off->store); /* an edit opens it */
	rc = off->store->ops->commit(off->store, &commit, 1, &revision);

	if (!rc)
		rc = commit.rc;
	if (!rc)
		rc = apply(&off->site, all);
	admin_settled(a, &off->site, rc, commit.failed);
	if (a->ask)
		look(off, a);
}

/* Some of it; false at the end, and *rc says why. */
static bool copy_some(int fd, FILE *to, int *rc)
{
	char room[4096];
	ssize_t n = read(fd, room, sizeof room);

	*rc = n < 0 ? -errno : 0;
	if (n > 0 && fwrite(room, 1, (size_t)n, to) != (size_t)n)
		*rc = -errno;
	return n > 0 && !*rc;
}

int offline_copy(struct client *c, const struct client_request *q, FILE *to)
{
	struct offline *off = c->offline;
	struct admin a = {.status = 0};
	struct admin_request r = {
		.method = q->method, .path = q->path, .state = c->config.state};
	int rc = 0;

	admin_ask(&a, &off->site, &r);
	if (a.ask)
		look(off, &a);
	while (a.fd && copy_some(a.fd, to, &rc))
		;
	if (!a.fd)
		rc = client_failed(
			c, EXIT_FAILURE, "%s",
			json_string_value(json_object_get(a.json, "error")));
	else if (rc)
		rc = client_failed(c, EXIT_FAILURE, "%s", strerror(-rc));
	admin_close(&a);
	return rc;
}

/* What is asked may be about the images; then there must be some. */
static bool has_images(struct client *c, const char *path, struct admin *a)
{
	struct offline *off = c->offline;
	int rc = 0;

	if (strcmp(path, IMAGES) != 0)
		return true;
	if (!off->catalog)
		rc = scan(c);
	if (rc)
		admin_error(a, HTTP_FAILED, "%s: %s", c->config.root,
			    strerror(-rc));
	else if (!images_count(off->site.images))
		admin_error(a, HTTP_FAILED,
			    "no musterd answers at %s, and there is no file in "
			    "%s",
			    c->socket, c->config.root);
	return !a->status;
}

static void ask(struct offline *off, const struct admin_request *r,
		struct admin *a)
{
	admin_ask(a, &off->site, r);
	while (a->work)
		admin_go_on(a, &off->site, r->now);
	if (a->ask && off->store)
		look(off, a);
	if (!a->status)
		make(off, a);
}

unsigned offline_ask(struct client *c, const struct client_request *q,
		     json_t **answer)
{
	struct offline *off = c->offline;
	struct admin a = {.status = 0};
	char path[ADMIN_PATH], who[CHANGES_WHO], program[64];
	struct admin_request r = {.method = q->method,
				  .path = path,
				  .domain = q->domain,
				  .from = (uint32_t)q->from,
				  .far_from = q->from,
				  .who = who,
				  .body = q->body,
				  .now = host_now(),
				  .wall = host_wall()};
	unsigned status;

	snprintf(program, sizeof program, "muster %s", c->o.command);
	who_put(who, getuid(), program);
	if (admin_path(&a, path, q->path, q->name ? q->name : "") &&
	    has_images(c, q->path, &a))
		ask(off, &r, &a);
	*answer = json_incref(a.json);
	status = a.status;
	admin_close(&a);
	return status;
}
