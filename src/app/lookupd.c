/*
 * lookupd of a machine without a musterd.  When it begins to answer, whom it
 * asks may still have to be found.
 */
#include "app/lookupd.h"

#include "app/answerer.h"
#include "app/etc.h"
#include "app/exit.h"
#include "app/lookup_reach.h"
#include "app/lookup_socket.h"
#include "app/resident.h"
#include "base/heap.h"
#include "engine/lookupd.h"
#include "host/memory.h"
#include "host/random.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* An eighth of the questions are kept for passwords. */
enum { QUESTIONS = LOOKUPD_QUESTIONS + 40, ORDER = 65536 };

struct lookups {
	const struct lookupd_options *o;
	struct resident base;
	struct lookup_order order;
	struct lookupd_config config;
	struct lookupd *engine;
	struct lookup_reach reach;
	struct answerer *answerer;
	struct watch answers;
	struct lookup_socket socket;
	char host[64];
};

static void on_answers(void *arg, unsigned events)
{
	struct lookups *l = arg;
	struct outcome o;

	(void)events;
	while (answerer_ended(l->answerer, &o)) {
		o.wall = host_wall();
		driver_settle(l->base.driver, &o);
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

static void on_signal(void *arg, int signal)
{
	struct lookups *l = arg;
	char why[512];

	if (signal == SIGHUP && !read_order(l, why, sizeof why))
		resident_refuse(&l->base, why);
}

/* ---- opening ------------------------------------------------------------- */

static int open_answerer(struct lookups *l)
{
	int rc = answerer_open(&l->answerer, QUESTIONS);

	if (rc)
		return rc;
	l->answers = (struct watch){
		.fd = answerer_fd(l->answerer), .arg = l, .ready = on_answers};
	return loop_watch(l->base.loop, &l->answers, LOOP_READ);
}

static int open_engine(struct lookups *l)
{
	struct driver_config c = {.note = resident_note, .arg = &l->base};
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
	return driver_open(&l->base.driver, l->base.loop, &c);
}

/* In the folder of the registry of names. */
static int open_socket(void *arg)
{
	struct lookups *l = arg;
	int rc = lookup_socket_open(&l->socket, l->base.driver, l->o->run);

	if (rc == -EADDRINUSE)
		fprintf(stderr,
			"muster lookupd: %s: a lookupd answers there, "
			"musterd's perhaps\n",
			l->o->run);
	else if (rc)
		resident_complain(&l->base, l->o->run, rc);
	return rc;
}

static int open_all(struct lookups *l)
{
	int rc = resident_open(&l->base);

	if (!rc)
		rc = open_engine(l);
	if (rc)
		return resident_complain(&l->base, "start", rc);
	rc = resident_settle(&l->base, "lookup.pid", open_socket);
	if (rc)
		return rc;
	rc = lookup_reach_open(&l->reach, l->o, l->base.loop, l->base.driver,
			       l->engine);
	return rc ? resident_complain(&l->base, "network", rc) : 0;
}

static void close_all(struct lookups *l)
{
	lookup_reach_close(&l->reach);
	driver_close(l->base.driver);
	lookupd_close(l->engine, &host_memory);
	answerer_close(l->answerer);
	lookup_socket_close(&l->socket);
	resident_close(&l->base);
}

/* ---- running ------------------------------------------------------------- */

static int serve(void *arg, int tell)
{
	const struct lookupd_options *o = arg;
	static struct lookups l;
	char why[512];
	int rc;

	l = (struct lookups){.o = o,
			     .base = {.name = "lookupd",
				      .run = o->run,
				      .user = o->user,
				      .on_signal = on_signal,
				      .arg = &l}};
	notify_open(&l.base.notify);
	if (!read_order(&l, why, sizeof why)) {
		fprintf(stderr, "muster lookupd: %s\n", why);
		return EXIT_CONFIG;
	}
	rc = resident_serve(&l.base, open_all(&l), tell);
	close_all(&l);
	return rc ? exit_status(rc) : EXIT_SUCCESS;
}

int lookupd_run(const struct lookupd_options *o)
{
	return resident_run("lookupd", o->foreground, serve, o);
}
