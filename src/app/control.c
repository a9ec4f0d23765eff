/*
 * The control socket.  libmicrohttpd has no thread here: its epoll descriptor
 * is watched by our loop.  An edit suspends its connection and queues; the
 * first of the queue is the one under way, and what it may be is decided only
 * then, against the directory that those before it have left.
 */
#include "app/control.h"

#include "app/admin.h"
#include "app/committer.h"
#include "app/control_answer.h"
#include "app/control_listen.h"
#include "app/lookup_socket.h"
#include "app/who.h"
#include "base/text.h"

#include <assert.h>
#include <errno.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

enum {
	CONNECTIONS = 64,
	SILENT = 10,    /* seconds */
	LAST_STEPS = 8, /* to get a last answer out */
	BODY_FIRST = 16 * 1024,
};

/* One request, from its first line to its end. */
struct request {
	struct request *next; /* in the queue of edits, or of who looks */
	struct control *control;
	struct MHD_Connection *connection;
	const char *method; /* MHD's, as long as the request lasts */
	char path[ADMIN_PATH];
	char *body;
	size_t len, room, most;
	json_t *json;
	bool is_read; /* the whole of it was read */
	bool waits;   /* in a queue, its connection suspended */
	char who[CHANGES_WHO];
	struct admin admin;
};

struct control {
	struct control_options o;
	struct MHD_Daemon *mhd;
	struct watch watch, again;
	struct wake bell; /* MHD has more to do at once */
	struct request *first, **last;
	bool is_under_way; /* the first of the queue */
	/* Those who wait for what the store says, or for more turns, and
	 * change nothing. */
	struct request *lookers;
	bool is_closing;
	struct sockaddr_un at;
	struct lookup_socket lookup;
};

static const char *argument(const struct request *r, const char *name)
{
	return MHD_lookup_connection_value(r->connection, MHD_GET_ARGUMENT_KIND,
					   name);
}

static struct admin_request asked(const struct request *r)
{
	return (struct admin_request){.method = r->method,
				      .path = r->path,
				      .domain = argument(r, "domain"),
				      .body = r->json,
				      .who = r->who,
				      .state = r->control->o.state,
				      .now = loop_now(r->control->o.loop),
				      .wall = host_wall()};
}

/* ---- edits -------------------------------------------------------------- */

enum begun { UNDER_WAY, ENDED, NOT_YET };

static int look_at(void *arg, struct store *store)
{
	return admin_look(arg, store);
}

static void drop_ask(void *arg)
{
	admin_ask_drop(arg);
}

static void on_looked(void *arg, int rc);

/* Have the store looked at; false: not now, and the error is filled in. */
static bool ask_store(struct request *r)
{
	struct control *c = r->control;
	struct admin *a = &r->admin;

	admin_ask_own(a->ask, c);
	struct committer_task t = {.run = look_at,
				   .done = on_looked,
				   .drop = drop_ask,
				   .arg = admin_ask_keep(a->ask)};
	int rc = committer_ask(c->o.committer, &t);

	if (!rc) {
		committer_go(c->o.committer);
		return true;
	}
	admin_ask_drop(a->ask);
	if (!a->status)
		admin_error(a, MHD_HTTP_SERVICE_UNAVAILABLE, "the store: %s",
			    strerror(-rc));
	return false;
}

/* It was made, or refused: why, the store may know better. */
static enum begun settle(struct request *r, int rc, size_t failed)
{
	admin_settled(&r->admin, r->control->o.site, rc, failed);
	return r->admin.ask && ask_store(r) ? UNDER_WAY : ENDED;
}

/* Make the changes.  NOT_YET: a machine is just adding itself. */
static enum begun make(struct request *r)
{
	const struct control_options *o = &r->control->o;
	struct admin *a = &r->admin;
	uint32_t other;
	size_t failed;
	int rc;

	rc = server_edit(o->server, a->changes, driver_effects(o->driver),
			 &failed, &other);
	if (rc == -EAGAIN) {
		admin_close(a);
		return NOT_YET;
	}
	if (!rc)
		driver_carry(o->driver);
	if (rc || server_edit_ended(o->server, &rc, &failed))
		return settle(r, rc, failed);
	return UNDER_WAY;
}

/* Begin to make the change, which may need a look at the store first. */
static enum begun begin(struct request *r)
{
	const struct control_options *o = &r->control->o;
	struct admin *a = &r->admin;
	struct admin_request q = asked(r);

	admin_ask(a, o->site, &q);
	if (a->ask)
		return ask_store(r) ? UNDER_WAY : ENDED;
	return a->status ? ENDED : make(r);
}

/* The first of the queue has its answer. */
static void release(struct control *c)
{
	struct request *r = c->first;

	c->first = r->next;
	if (!c->first)
		c->last = &c->first;
	c->is_under_way = false;
	r->waits = false;
	MHD_resume_connection(r->connection);
	/* MHD goes on with it at its next step, and tells no descriptor. */
	wake_up(&c->bell);
}

static void go_on(struct control *c)
{
	while (c->first && !c->is_under_way) {
		enum begun begun = begin(c->first);

		if (begun == NOT_YET)
			return;
		c->is_under_way = begun == UNDER_WAY;
		if (!c->is_under_way)
			release(c);
	}
}

void control_settled(struct control *c)
{
	size_t failed;
	int rc;

	if (!c)
		return;
	if (c->is_under_way) {
		if (c->first->admin.ask)
			return; /* it still looks */
		if (!server_edit_ended(c->o.server, &rc, &failed))
			return;
		if (settle(c->first, rc, failed) == UNDER_WAY)
			return;
		release(c);
	}
	go_on(c);
}

static void queue(struct request *r)
{
	struct control *c = r->control;

	r->waits = true;
	r->next = NULL;
	*c->last = r;
	c->last = &r->next;
	MHD_suspend_connection(r->connection);
	go_on(c);
}

/* ---- looking ------------------------------------------------------------ */

static struct request **looker(struct control *c, const struct admin_ask *ask)
{
	struct request **r = &c->lookers;

	while (*r && (*r)->admin.ask != ask)
		r = &(*r)->next;
	return r;
}

static void let_go(struct control *c, struct request **at)
{
	struct request *r = *at;

	*at = r->next;
	r->waits = false;
	MHD_resume_connection(r->connection);
	wake_up(&c->bell);
}

/* Who asked may have gone; then nobody has what was asked. */
static void on_looked(void *arg, int rc)
{
	struct control *c = admin_ask_owner(arg);
	struct request **at;
	enum begun begun = ENDED;

	(void)rc;
	if (!c)
		return;
	at = looker(c, arg);
	if (*at) {
		admin_looked(&(*at)->admin, c->o.site);
		let_go(c, at);
		return;
	}
	if (!c->is_under_way || c->first->admin.ask != arg)
		return;
	admin_looked(&c->first->admin, c->o.site);
	if (!c->first->admin.status)
		begun = make(c->first);
	c->is_under_way = begun == UNDER_WAY;
	if (begun == ENDED)
		release(c);
	go_on(c);
}

/* For the store, or for more turns. */
static void wait_for_answer(struct request *r)
{
	struct control *c = r->control;

	if (r->admin.work)
		wake_up(&c->bell);
	else if (!ask_store(r))
		return;
	r->waits = true;
	r->next = c->lookers;
	c->lookers = r;
	MHD_suspend_connection(r->connection);
}

/* A piece of the oldest, so that packets have their turn in between. */
static void work(struct control *c)
{
	struct request **oldest = NULL;

	for (struct request **at = &c->lookers; *at; at = &(*at)->next)
		if ((*at)->admin.work)
			oldest = at;
	if (!oldest)
		return;
	admin_go_on(&(*oldest)->admin, c->o.site, loop_now(c->o.loop));
	if ((*oldest)->admin.status)
		let_go(c, oldest);
	else
		wake_up(&c->bell);
}

/* ---- requests ----------------------------------------------------------- */

static bool is_edit(const struct request *r)
{
	return strcmp(r->method, MHD_HTTP_METHOD_GET) != 0;
}

static void look(struct request *r)
{
	struct admin_request q = asked(r);
	const char *from = argument(r, "from");
	uint64_t n = 0;

	if (from && !number_parse(from, strlen(from), INT64_MAX, &n)) {
		admin_error(&r->admin, MHD_HTTP_BAD_REQUEST,
			    "from: is no number");
		return;
	}
	q.from = n < UINT32_MAX ? (uint32_t)n : UINT32_MAX;
	q.far_from = n;
	admin_ask(&r->admin, r->control->o.site, &q);
}

/* The whole request is there.  True if it was queued. */
static bool on_whole(struct request *r)
{
	r->is_read = true;
	if (r->admin.status)
		return false; /* too long, say */
	if (r->len) {
		r->json = admin_body(&r->admin, r->body, r->len);
		if (!r->json)
			return false;
	}
	if (r->control->is_closing) {
		admin_error(&r->admin, MHD_HTTP_SERVICE_UNAVAILABLE,
			    "the server is stopping");
	} else if (is_edit(r)) {
		queue(r);
		return true;
	} else {
		look(r);
		if (!r->admin.status)
			wait_for_answer(r);
		return r->waits;
	}
	return false;
}

/* Room for so many bytes more, of those that a request may have. */
static bool has_room(struct request *r, size_t len)
{
	size_t room = r->room ? r->room : BODY_FIRST;
	char *body;

	while (room - r->len < len)
		room *= 2;
	if (room == r->room)
		return true;
	body = realloc(r->body, room);
	if (!body)
		return false;
	r->body = body;
	r->room = room;
	return true;
}

static void take_body(struct request *r, const char *bytes, size_t len)
{
	if (r->admin.status)
		return;
	if (len > r->most - r->len) {
		admin_error(&r->admin, MHD_HTTP_CONTENT_TOO_LARGE,
			    "the body is longer than %zu bytes", r->most);
	} else if (!has_room(r, len)) {
		admin_error(&r->admin, MHD_HTTP_INTERNAL_SERVER_ERROR, "%s",
			    strerror(ENOMEM));
	} else {
		memcpy(r->body + r->len, bytes, len);
		r->len += len;
	}
}

static void name_peer(struct request *r)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
		r->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	const char *program = MHD_lookup_connection_value(
		r->connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_USER_AGENT);

	/* Who only looks needs no name. */
	if (strcmp(r->method, MHD_HTTP_METHOD_GET) != 0)
		who_put_peer(r->who, info->connect_fd, program);
}

static struct request *request_open(struct control *c,
				    struct MHD_Connection *connection,
				    const char *url, const char *method)
{
	struct request *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->control = c;
	r->connection = connection;
	r->method = method;
	r->most = admin_most(method, url);
	name_peer(r);
	(void)admin_path(&r->admin, r->path, url, "");
	return r;
}

/* MHD calls it for the head, for each piece of the body, at the end, and, if
 * the connection was suspended then, once more. */
static enum MHD_Result on_request(void *arg, struct MHD_Connection *connection,
				  const char *url, const char *method,
				  const char *version, const char *bytes,
				  size_t *len, void **mine)
{
	struct request *r = *mine;

	(void)version;
	if (!r) {
		*mine = r = request_open(arg, connection, url, method);
		return r ? MHD_YES : MHD_NO;
	}
	if (*len) {
		take_body(r, bytes, *len);
		*len = 0;
		return MHD_YES;
	}
	/* Made at once or not, an edit's answer comes after the suspension. */
	if (!r->is_read && on_whole(r))
		return MHD_YES;
	return control_answer(r->connection, &r->admin);
}

static void on_completed(void *arg, struct MHD_Connection *connection,
			 void **mine, enum MHD_RequestTerminationCode how)
{
	struct request *r = *mine;

	(void)arg;
	(void)connection;
	(void)how;
	if (!r)
		return;
	/* MHD leaves suspended connections alone, even broken ones. */
	assert(!r->waits);
	admin_close(&r->admin);
	json_decref(r->json);
	free(r->body);
	free(r);
	*mine = NULL;
}

/* ---- the loop ----------------------------------------------------------- */

/* One step.  MHD remembers what it has not finished, and no descriptor tells;
 * so the bell does, and packets have their turn in between. */
static void step(struct control *c)
{
	MHD_UNSIGNED_LONG_LONG wait;

	(void)wake_taken(&c->bell);
	work(c);
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
		on_request, c, MHD_OPTION_LISTEN_SOCKET, fd,
		MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)SILENT,
		MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL,
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

/* Those who wait for an edit are told.  The one under way is in the store's
 * hands: it may still be made. */
static void dismiss(struct control *c)
{
	c->is_closing = true;
	while (c->first) {
		admin_error(&c->first->admin, MHD_HTTP_SERVICE_UNAVAILABLE,
			    "the server has just stopped: look whether it was "
			    "done");
		release(c);
	}
	while (c->lookers) {
		admin_error(&c->lookers->admin, MHD_HTTP_SERVICE_UNAVAILABLE,
			    "the server has just stopped");
		let_go(c, &c->lookers);
	}
	for (int i = 0; i < LAST_STEPS; i++)
		(void)MHD_run(c->mhd);
}

void control_close(struct control *c)
{
	if (!c)
		return;
	lookup_socket_close(&c->lookup);
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
