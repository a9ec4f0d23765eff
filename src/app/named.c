/*
 * The registry of names.  It has no network before it is told of one, since it
 * is the first thing that a machine starts.
 */
#include "app/named.h"

#include "app/exit.h"
#include "app/named_files.h"
#include "app/resident.h"
#include "app/version.h"
#include "base/heap.h"
#include "engine/netnamed.h"
#include "host/crypt.h"
#include "host/link.h"
#include "host/memory.h"
#include "host/random.h"
#include "host/records.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINKS = 256, LOCAL = 1 /* what local records come to */ };

/* A name lives as long as its connection, so none is ever too old. */
static const struct records_limits local_limits = {
	.most = 1024, .per_source = 128, .first = NEVER, .idle = NEVER};

struct registry {
	const struct named_options *o;
	struct resident base;
	struct named_files files;
	struct netnamed_config config;
	struct netnamed *engine;
	struct watch links;
	char socket[108];
};

static void look_for_network(struct registry *r)
{
	static struct link links[LINKS];
	int n = links_list(links, LINKS);

	if (n < 0)
		return;
	netnamed_network(r->engine, loop_now(r->base.loop), links, (size_t)n,
			 driver_effects(r->base.driver));
	driver_carry(r->base.driver);
}

static void on_links(void *arg, unsigned events)
{
	struct registry *r = arg;

	(void)events;
	if (links_changed(r->links.fd))
		look_for_network(r);
}

/* From now on whatever happens to our addresses is seen. */
static void open_network(struct registry *r)
{
	if (r->o->never)
		return;
	if (r->links.fd < 0) {
		r->links = (struct watch){
			.fd = links_watch(), .arg = r, .ready = on_links};
		if (r->links.fd >= 0)
			(void)loop_watch(r->base.loop, &r->links, LOOP_READ);
	}
	look_for_network(r);
}

static void on_signal(void *arg, int signal)
{
	struct registry *r = arg;
	char why[NAMED_WHY];

	if (signal == SIGUSR2)
		open_network(r);
	/* A file with a mistake changes nothing. */
	else if (signal == SIGHUP &&
		 named_files_access(&r->files, r->o->access, why, sizeof why))
		resident_refuse(&r->base, why);
}

/* ---- opening ------------------------------------------------------------- */

static int open_engine(struct registry *r)
{
	struct driver_config c = {.note = resident_note, .arg = &r->base};
	int rc;

	r->config = (struct netnamed_config){
		.access = &r->files.access,
		.is_unrestricted = r->o->unrestricted,
		.is_secure = r->o->is_secure,
		.is_never = r->o->never,
		.has_srr = r->o->has_srr,
		.version = "muster named " MUSTER_VERSION,
		.crypt = &host_crypt,
	};
	memcpy(r->config.key, r->files.key, sizeof r->config.key);
	rc = host_random(&r->config.seed);
	if (!rc)
		rc = netnamed_open(&r->engine, &r->config, &host_memory);
	if (rc)
		return rc;
	c.engine = netnamed_engine(r->engine);
	return driver_open(&r->base.driver, r->base.loop, &c);
}

/* Everybody may ask. */
static int open_socket(void *arg)
{
	struct registry *r = arg;
	int fd, rc;

	if (snprintf(r->socket, sizeof r->socket, "%s/name", r->o->run) >=
	    (int)sizeof r->socket) {
		r->socket[0] = 0;
		return resident_complain(&r->base, r->o->run, -ENAMETOOLONG);
	}
	fd = records_local(r->socket, 0666);
	rc = fd < 0 ? fd
		    : driver_local(r->base.driver, fd, LOCAL, &local_limits);
	if (!rc)
		return 0;
	resident_complain(&r->base, r->socket, rc);
	r->socket[0] = 0; /* it is somebody else's */
	if (fd >= 0)
		close(fd);
	return rc;
}

static int open_all(struct registry *r)
{
	int rc = resident_open(&r->base);

	if (!rc)
		rc = open_engine(r);
	if (rc)
		return resident_complain(&r->base, "start", rc);
	return resident_settle(&r->base, "name.pid", open_socket);
}

static void close_all(struct registry *r)
{
	driver_close(r->base.driver);
	netnamed_close(r->engine, &host_memory);
	if (r->socket[0])
		(void)unlink(r->socket);
	if (r->links.fd >= 0)
		close(r->links.fd);
	resident_close(&r->base);
}

/* ---- running ------------------------------------------------------------- */

static int serve(void *arg, int tell)
{
	const struct named_options *o = arg;
	static struct registry r;
	char why[NAMED_WHY];
	int rc;

	r = (struct registry){.o = o,
			      .base = {.name = "named",
				       .run = o->run,
				       .user = o->user,
				       .on_signal = on_signal,
				       .arg = &r},
			      .links = {.fd = -1}};
	notify_open(&r.base.notify);
	rc = named_files_read(&r.files, o->access, o->key, why, sizeof why);
	if (rc) {
		fprintf(stderr, "muster named: %s\n", why);
		return EXIT_CONFIG;
	}
	rc = open_all(&r);
	if (!rc && !o->no_network)
		open_network(&r);
	rc = resident_serve(&r.base, rc, tell);
	close_all(&r);
	return rc ? exit_status(rc) : EXIT_SUCCESS;
}

int named_run(const struct named_options *o)
{
	return resident_run("named", o->foreground, serve, o);
}

int named_signal(const char *run)
{
	struct ucred who;
	socklen_t len = sizeof who;
	char path[108];
	int fd, rc = 0;

	snprintf(path, sizeof path, "%s/name", run ? run : NAMED_RUN);
	fd = records_connect(path);
	if (fd < 0)
		return fd;
	/* Who listens there is the registry, whatever a file says. */
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) ||
	    kill(who.pid, SIGUSR2))
		rc = -errno;
	close(fd);
	return rc;
}
