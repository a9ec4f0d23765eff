/*
 * lookupd of a machine without a musterd.  In the background its parent waits
 * until it answers, so that a login never races ahead of it; whom it asks may
 * still have to be found.
 */
#include "app/lookupd.h"

#include "app/answerer.h"
#include "app/background.h"
#include "app/driver.h"
#include "app/etc.h"
#include "app/exit.h"
#include "app/lookup_reach.h"
#include "app/lookup_socket.h"
#include "app/named_files.h"
#include "app/notes.h"
#include "base/heap.h"
#include "engine/lookupd.h"
#include "host/log.h"
#include "host/memory.h"
#include "host/notify.h"
#include "host/random.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { QUESTIONS = 256, ORDER = 65536 };

struct lookups {
	const struct lookupd_options *o;
	struct lookup_order order;
	struct lookupd_config config;
	struct lookupd *engine;
	struct lookup_reach reach;
	struct answerer *answerer;
	struct log *log;
	struct loop *loop;
	struct driver *driver;
	struct notify notify;
	struct watch signals, answers;
	struct lookup_socket socket;
	char host[64], pid[128];
	bool is_stopping;
};

static int complain(const char *what, int rc)
{
	fprintf(stderr, "muster lookupd: %s: %s\n", what, strerror(-rc));
	return rc;
}

static void on_note(void *arg, usec now, const struct note *n)
{
	struct lookups *l = arg;

	notes_log(l->log, now, n);
}

static void on_answers(void *arg, unsigned events)
{
	struct lookups *l = arg;
	struct outcome o;

	(void)events;
	while (answerer_ended(l->answerer, &o)) {
		o.wall = host_wall();
		driver_settle(l->driver, &o);
	}
}

/* ---- the order ----------------------------------------------------------- */

/* One with a mistake changes nothing: false, and why. */
static bool read_order(struct lookups *l, char *why, size_t room)
{
	const char *path = l->o->order ? l->o->order : LOOKUPD_ORDER;
	struct lookup_order fresh;
	struct lookup_error e = {0};
	struct etc_file f;
	int rc = etc_read(&f, "", path + 1, ORDER);

	if (!rc && !f.text.s && l->o->order)
		rc = -ENOENT;
	lookup_order_default(&fresh);
	if (rc)
		snprintf(why, room, "%s: %s", path, strerror(-rc));
	else if (!lookup_order_parse(&fresh, f.text, &e))
		snprintf(why, room, "%s:%u: %s", path, e.line, e.why);
	etc_free(&f);
	if (rc || e.line)
		return false;
	fresh.version = l->order.version + 1;
	l->order = fresh;
	return true;
}

static void reload(struct lookups *l)
{
	char why[512];
	struct log_line line;

	if (read_order(l, why, sizeof why))
		return;
	if (!log_begin(&line, l->log, LEVEL_ERROR, "reload-refused",
		       loop_now(l->loop), 0))
		return;
	log_text(&line, "why", why);
	log_end(&line);
}

static void on_signal(void *arg, unsigned events)
{
	struct lookups *l = arg;
	int signal;

	(void)events;
	while ((signal = signals_next(l->signals.fd)))
		if (signal == SIGTERM || signal == SIGINT)
			l->is_stopping = true;
		else if (signal == SIGHUP)
			reload(l);
}

/* ---- opening ------------------------------------------------------------- */

static int open_loop(struct lookups *l)
{
	struct log_options o = log_defaults();
	int rc = log_open(&l->log, &o, &host_memory);

	if (!rc)
		rc = loop_open(&l->loop, &host_memory);
	if (rc)
		return rc;
	l->signals = (struct watch){
		.fd = signals_open(), .arg = l, .ready = on_signal};
	if (l->signals.fd < 0)
		return l->signals.fd;
	return loop_watch(l->loop, &l->signals, LOOP_READ);
}

static int open_answerer(struct lookups *l)
{
	int rc = answerer_open(&l->answerer, QUESTIONS);

	if (rc)
		return rc;
	l->answers = (struct watch){
		.fd = answerer_fd(l->answerer), .arg = l, .ready = on_answers};
	return loop_watch(l->loop, &l->answers, LOOP_READ);
}

static int open_engine(struct lookups *l)
{
	struct driver_config c = {.note = on_note, .arg = l};
	int rc;

	(void)gethostname(l->host, sizeof l->host - 1);
	l->config = (struct lookupd_config){.order = &l->order,
					    .directory = {.server = l->host},
					    .uid = geteuid()};
	rc = host_random(&l->config.seed);
	if (!rc)
		rc = lookupd_open(&l->engine, &l->config, &host_memory);
	if (!rc)
		rc = open_answerer(l);
	if (rc)
		return rc;
	c.engine = lookupd_engine(l->engine);
	c.answerer = l->answerer;
	return driver_open(&l->driver, l->loop, &c);
}

static int write_pid(const struct lookups *l)
{
	FILE *f = fopen(l->pid, "we");
	int rc = f ? 0 : -errno;

	if (f && fprintf(f, "%ld\n", (long)getpid()) < 0)
		rc = -errno;
	if (f && fclose(f) && !rc)
		rc = -errno;
	return rc ? complain(l->pid, rc) : 0;
}

static int open_socket(struct lookups *l)
{
	int rc = lookup_socket_open(&l->socket, l->driver, l->o->run);

	if (rc == -EADDRINUSE)
		fprintf(stderr,
			"muster lookupd: %s: a lookupd answers there, "
			"musterd's perhaps\n",
			l->o->run);
	else if (rc)
		complain(l->o->run, rc);
	snprintf(l->pid, sizeof l->pid, "%s/lookup.pid", l->o->run);
	return rc ? rc : write_pid(l);
}

/* As the registry of names does, whose folder it is, too. */
static int open_files(struct lookups *l)
{
	const char *name = l->o->user ? l->o->user : "muster";
	struct named_user user;
	bool is_ours;
	int rc = named_user(&user, l->o->user);

	if (rc)
		return complain(name, rc);
	rc = named_directory(l->o->run, &user, &is_ours);
	if (rc)
		return complain(l->o->run, rc);
	if (is_ours && named_become(&user))
		return complain(name, -errno);
	rc = open_socket(l);
	if (!rc && !is_ours && named_become(&user))
		rc = complain(name, -errno);
	return rc;
}

static int open_all(struct lookups *l)
{
	int rc = open_loop(l);

	if (!rc)
		rc = open_engine(l);
	if (rc)
		return complain("start", rc);
	rc = open_files(l);
	if (rc)
		return rc;
	rc = lookup_reach_open(&l->reach, l->o, l->loop, l->driver, l->engine);
	return rc ? complain("network", rc) : 0;
}

static void close_all(struct lookups *l)
{
	lookup_reach_close(&l->reach);
	driver_close(l->driver);
	lookupd_close(l->engine, &host_memory);
	answerer_close(l->answerer);
	if (l->socket.path[0])
		(void)unlink(l->pid);
	lookup_socket_close(&l->socket);
	loop_close(l->loop, &host_memory);
	log_close(l->log, &host_memory);
}

/* ---- running ------------------------------------------------------------- */

static int serve(void *arg, int tell)
{
	static struct lookups l;
	char why[512];
	int rc;

	l = (struct lookups){.o = arg};
	notify_open(&l.notify);
	if (!read_order(&l, why, sizeof why)) {
		fprintf(stderr, "muster lookupd: %s\n", why);
		return EXIT_CONFIG;
	}
	rc = open_all(&l);
	if (!rc) {
		notify_ready(&l.notify);
		background_ready(tell);
	}
	while (!rc && !l.is_stopping) {
		log_idle(l.log, loop_now(l.loop));
		rc = driver_round(l.driver, loop_now(l.loop) + SECONDS(60));
	}
	notify_stopping(&l.notify);
	close_all(&l);
	return rc ? exit_status(rc) : EXIT_SUCCESS;
}

int lookupd_run(const struct lookupd_options *o)
{
	int rc;

	if (o->foreground)
		return serve((void *)(uintptr_t)o, BACKGROUND_NOBODY);
	rc = background(serve, (void *)(uintptr_t)o);
	return rc < 0 ? exit_status(complain("start", rc)) : rc;
}
