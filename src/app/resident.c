#include "app/resident.h"

#include "app/background.h"
#include "app/exit.h"
#include "app/named_files.h"
#include "app/notes.h"
#include "host/memory.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int resident_complain(const struct resident *r, const char *what, int rc)
{
	fprintf(stderr, "muster %s: %s: %s\n", r->name, what,
		rc == -ESRCH ? "no such user" : strerror(-rc));
	return rc;
}

void resident_refuse(struct resident *r, const char *why)
{
	struct log_line l;

	if (!log_begin(&l, r->log, LEVEL_ERROR, "reload-refused",
		       loop_now(r->loop), 0))
		return;
	log_text(&l, "why", why);
	log_end(&l);
}

void resident_note(void *resident, usec now, const struct note *n)
{
	struct resident *r = resident;

	notes_log(r->log, now, n);
}

static void on_signal(void *arg, unsigned events)
{
	struct resident *r = arg;
	int signal;

	(void)events;
	while ((signal = signals_next(r->signals.fd)))
		if (signal == SIGTERM || signal == SIGINT)
			r->is_stopping = true;
		else
			r->on_signal(r->arg, signal);
}

int resident_open(struct resident *r)
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

static int write_pid(struct resident *r, const char *name)
{
	FILE *f;
	int rc;

	snprintf(r->pid, sizeof r->pid, "%s/%s", r->run, name);
	f = fopen(r->pid, "we");
	rc = f ? 0 : -errno;
	if (f && fprintf(f, "%ld\n", (long)getpid()) < 0)
		rc = -errno;
	if (f && fclose(f) && !rc)
		rc = -errno;
	return rc ? resident_complain(r, r->pid, rc) : 0;
}

int resident_settle(struct resident *r, const char *pid, int (*open)(void *arg))
{
	const char *name = r->user ? r->user : "muster";
	struct named_user user;
	bool is_ours;
	int rc = named_user(&user, r->user);

	if (rc)
		return resident_complain(r, name, rc);
	rc = named_directory(r->run, &user, &is_ours);
	if (rc)
		return resident_complain(r, r->run, rc);
	if (is_ours && named_become(&user))
		return resident_complain(r, name, -errno);
	rc = open(r->arg);
	if (!rc)
		rc = write_pid(r, pid);
	if (!rc && !is_ours && named_become(&user))
		rc = resident_complain(r, name, -errno);
	return rc;
}

int resident_serve(struct resident *r, int rc, int tell)
{
	if (!rc) {
		notify_ready(&r->notify);
		background_ready(tell);
	}
	while (!rc && !r->is_stopping) {
		log_idle(r->log, loop_now(r->loop));
		rc = driver_round(r->driver, loop_now(r->loop) + SECONDS(60));
	}
	notify_stopping(&r->notify);
	return rc;
}

/* As another user it can't take the pid file away; the next one can. */
void resident_close(struct resident *r)
{
	if (r->pid[0])
		(void)unlink(r->pid);
	loop_close(r->loop, &host_memory);
	log_close(r->log, &host_memory);
}

int resident_run(const char *name, bool foreground,
		 int (*serve)(void *options, int tell), const void *options)
{
	struct resident r = {.name = name};
	void *o = (void *)(uintptr_t)options;
	int rc;

	if (foreground)
		return serve(o, BACKGROUND_NOBODY);
	rc = background(serve, o);
	return rc < 0 ? exit_status(resident_complain(&r, "start", rc)) : rc;
}
