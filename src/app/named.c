/*
 * The registry of names.  It has no network before it is told of one, since it
 * is the first thing that a machine starts; in the background its parent waits
 * until it answers, so that a script never races ahead of it.
 */
#include "app/named.h"

#include "app/background.h"
#include "app/driver.h"
#include "app/exit.h"
#include "app/named_files.h"
#include "app/notes.h"
#include "app/version.h"
#include "base/heap.h"
#include "engine/netnamed.h"
#include "host/crypt.h"
#include "host/link.h"
#include "host/log.h"
#include "host/memory.h"
#include "host/notify.h"
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
	struct named_files files;
	struct netnamed_config config;
	struct netnamed *engine;
	struct log *log;
	struct loop *loop;
	struct driver *driver;
	struct notify notify;
	struct watch signals, links;
	char socket[108], pid[128];
	bool is_stopping;
};

static int complain(const char *what, int rc)
{
	fprintf(stderr, "muster named: %s: %s\n", what,
		rc == -ESRCH ? "no such user" : strerror(-rc));
	return rc;
}

static void on_note(void *arg, usec now, const struct note *n)
{
	struct registry *r = arg;

	notes_log(r->log, now, n);
}

static void look_for_network(struct registry *r)
{
	static struct link links[LINKS];
	int n = links_list(links, LINKS);

	if (n < 0)
		return;
	netnamed_network(r->engine, loop_now(r->loop), links, (size_t)n,
			 driver_effects(r->driver));
	driver_carry(r->driver);
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
			(void)loop_watch(r->loop, &r->links, LOOP_READ);
	}
	look_for_network(r);
}

/* A file with a mistake changes nothing. */
static void reload(struct registry *r)
{
	char why[NAMED_WHY];
	struct log_line l;

	if (!named_files_access(&r->files, r->o->access, why, sizeof why))
		return;
	if (!log_begin(&l, r->log, LEVEL_ERROR, "reload-refused",
		       loop_now(r->loop), 0))
		return;
	log_text(&l, "why", why);
	log_end(&l);
}

static void on_signal(void *arg, unsigned events)
{
	struct registry *r = arg;
	int signal;

	(void)events;
	while ((signal = signals_next(r->signals.fd)))
		if (signal == SIGTERM || signal == SIGINT)
			r->is_stopping = true;
		else if (signal == SIGUSR2)
			open_network(r);
		else if (signal == SIGHUP)
			reload(r);
}

/* ---- opening ------------------------------------------------------------- */

static int open_loop(struct registry *r)
{
	struct log_options o = log_defaults();
	int rc = log_open(&r->log, &o, &host_memory);

	if (!rc)
		rc = loop_open(&r->loop, &host_memory);
	if (rc)
		return rc;
	r->signals = (struct watch){
		.fd = signals_open(), .arg = r, .ready = on_signal};
	if (r->signals.fd < 0)
		return r->signals.fd;
	return loop_watch(r->loop, &r->signals, LOOP_READ);
}

static int open_engine(struct registry *r)
{
	struct driver_config c = {.note = on_note, .arg = r};
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
	return driver_open(&r->driver, r->loop, &c);
}

/* Everybody may ask. */
static int open_socket(struct registry *r)
{
	int fd, rc;

	snprintf(r->pid, sizeof r->pid, "%s/name.pid", r->o->run);
	if (snprintf(r->socket, sizeof r->socket, "%s/name", r->o->run) >=
	    (int)sizeof r->socket) {
		r->socket[0] = 0;
		return complain(r->o->run, -ENAMETOOLONG);
	}
	fd = records_local(r->socket, 0666);
	rc = fd < 0 ? fd : driver_local(r->driver, fd, LOCAL, &local_limits);
	if (!rc)
		return 0;
	complain(r->socket, rc);
	r->socket[0] = 0; /* it is somebody else's */
	if (fd >= 0)
		close(fd);
	return rc;
}

static int write_pid(const struct registry *r)
{
	FILE *f = fopen(r->pid, "we");
	int rc = f ? 0 : -errno;

	if (f && fprintf(f, "%ld\n", (long)getpid()) < 0)
		rc = -errno;
	if (f && fclose(f) && !rc)
		rc = -errno;
	return rc ? complain(r->pid, rc) : 0;
}

/* In a folder of a user who is not root nothing is done as root: he could put
 * links into our way. */
static int open_files(struct registry *r)
{
	const char *name = r->o->user ? r->o->user : "muster";
	struct named_user user;
	bool is_ours;
	int rc = named_user(&user, r->o->user);

	if (rc)
		return complain(name, rc);
	rc = named_directory(r->o->run, &user, &is_ours);
	if (rc)
		return complain(r->o->run, rc);
	if (is_ours && named_become(&user))
		return complain(name, -errno);
	rc = open_socket(r);
	if (!rc)
		rc = write_pid(r);
	if (!rc && !is_ours && named_become(&user))
		rc = complain(name, -errno);
	return rc;
}

static int open_all(struct registry *r)
{
	int rc = open_loop(r);

	if (!rc)
		rc = open_engine(r);
	if (rc)
		return complain("start", rc);
	return open_files(r);
}

static void close_all(struct registry *r)
{
	driver_close(r->driver);
	netnamed_close(r->engine, &host_memory);
	if (r->socket[0]) {
		/* As another user it can't; the next one can. */
		(void)unlink(r->socket);
		(void)unlink(r->pid);
	}
	if (r->links.fd >= 0)
		close(r->links.fd);
	loop_close(r->loop, &host_memory);
	log_close(r->log, &host_memory);
}

/* ---- running ------------------------------------------------------------- */

static int serve(void *arg, int tell)
{
	const struct named_options *o = arg;
	static struct registry r;
	char why[NAMED_WHY];
	int rc;

	r = (struct registry){.o = o, .links = {.fd = -1}};
	notify_open(&r.notify);
	rc = named_files_read(&r.files, o->access, o->key, why, sizeof why);
	if (rc) {
		fprintf(stderr, "muster named: %s\n", why);
		return EXIT_CONFIG;
	}
	rc = open_all(&r);
	if (!rc && !o->no_network)
		open_network(&r);
	if (!rc) {
		notify_ready(&r.notify);
		background_ready(tell);
	}
	while (!rc && !r.is_stopping) {
		log_idle(r.log, loop_now(r.loop));
		rc = driver_round(r.driver, loop_now(r.loop) + SECONDS(60));
	}
	notify_stopping(&r.notify);
	close_all(&r);
	return rc ? exit_status(rc) : EXIT_SUCCESS;
}

int named_run(const struct named_options *o)
{
	int rc;

	if (o->foreground)
		return serve((void *)(uintptr_t)o, BACKGROUND_NOBODY);
	rc = background(serve, (void *)(uintptr_t)o);
	return rc < 0 ? exit_status(complain("start", rc)) : rc;
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
