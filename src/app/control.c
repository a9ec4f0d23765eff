/*
 * The control socket.  libmicrohttpd has no thread here: its epoll descriptor
 * is watched by our loop.
 */
#include "app/control_inside.h"

#include "app/control_listen.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	CONNECTIONS = 64,
	SILENT = 10,    /* seconds */
	LAST_STEPS = 8, /* to get a last answer out */
};

/* One step.  MHD remembers what it has not finished, and no descriptor tells;
 * so the bell does, and packets have their turn in between. */
static void step(struct control *c)
{
	MHD_UNSIGNED_LONG_LONG wait;

	(void)wake_taken(&c->bell);
	queue_work(c);
	(void)MHD_run(c->mhd);
	if (MHD_get_timeout(c->mhd, &wait) == MHD_YES && !wait)
		wake_up(&c->bell);
}

static void on_ready(void *arg, unsigned events)
{
	(void)events;
	step(arg);
}

void control_idle(struct control *c)
{
	if (c)
		step(c);
}

/* ---- opening and closing ------------------------------------------------ */

static int start(struct control *c, int fd)
{
	c->mhd = MHD_start_daemon(
		MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL,
		request_on_bytes, c, MHD_OPTION_LISTEN_SOCKET, fd,
		MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)SILENT,
		MHD_OPTION_NOTIFY_COMPLETED, request_on_end, NULL,
		MHD_OPTION_END);
	return c->mhd ? 0 : -ENOMEM;
}

static int watch_all(struct control *c)
{
	const union MHD_DaemonInfo *info =
		MHD_get_daemon_info(c->mhd, MHD_DAEMON_INFO_EPOLL_FD);
	int rc;

	c->watch.fd = info->epoll_fd;
	rc = loop_watch(c->o.loop, &c->watch, LOOP_READ);
	return rc ? rc : loop_watch(c->o.loop, &c->again, LOOP_READ);
}

static int open_at(struct control *c)
{
	int n = snprintf(c->at.sun_path, sizeof c->at.sun_path, "%s/%s",
			 c->o.run, CONTROL_SOCKET);
	int fd, rc;

	if (n >= (int)sizeof c->at.sun_path)
		return -ENAMETOOLONG;
	fd = control_listen(&c->at);
	if (fd < 0)
		return fd;
	rc = start(c, fd);
	if (!rc)
		return watch_all(c);
	unlink(c->at.sun_path);
	close(fd);
	return rc;
}

int control_open(struct control **to, const struct control_options *o)
{
	struct control *c;
	int rc;

	*to = NULL;
	if (!o->run[0])
		return 0;
	c = calloc(1, sizeof(*c));
	if (!c)
		return -ENOMEM;
	c->o = *o;
	c->last = &c->first;
	c->at.sun_family = AF_UNIX;
	rc = wake_open(&c->bell);
	c->watch = (struct watch){.fd = -1, .arg = c, .ready = on_ready};
	if (!rc)
		rc = worker_open(&c->worker, o->loop);
	c->again =
		(struct watch){.fd = c->bell.fd, .arg = c, .ready = on_ready};
	if (!rc)
		rc = open_at(c);
	if (!rc)
		rc = lookup_socket_open(&c->lookup, o->driver, o->run);
	*to = c;
	if (rc) {
		control_close(c);
		*to = NULL;
	}
	return rc;
}

static void dismiss(struct control *c)
{
	c->is_closing = true;
	queue_dismiss(c);
	for (int i = 0; i < LAST_STEPS; i++)
		(void)MHD_run(c->mhd);
}

void control_close(struct control *c)
{
	if (!c)
		return;
	lookup_socket_close(&c->lookup);
	worker_close(c->worker);
	judge_drop(c);
	if (c->mhd) {
		dismiss(c);
		unlink(c->at.sun_path);
		loop_unwatch(c->o.loop, &c->watch);
		loop_unwatch(c->o.loop, &c->again);
		MHD_stop_daemon(c->mhd);
	}
	if (c->bell.fd >= 0)
		wake_close(&c->bell);
	free(c);
}
