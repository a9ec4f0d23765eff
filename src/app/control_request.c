/*
 * Requests, from their first line to their answer.
 */
#include "app/control_inside.h"

#include "app/control_answer.h"
#include "app/who.h"
#include "base/text.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { BODY_FIRST = 16 * 1024 };

static const char *argument(const struct request *r, const char *name)
{
	return MHD_lookup_connection_value(r->connection, MHD_GET_ARGUMENT_KIND,
					   name);
}

struct admin_request request_asks(const struct request *r)
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

static bool is_edit(const struct request *r)
{
	return strcmp(r->method, MHD_HTTP_METHOD_GET) != 0;
}

static void look(struct request *r)
{
	struct admin_request q = request_asks(r);
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
	if (judge_read(r))
		return true;
	if (r->len) {
		r->json = admin_body(&r->admin, r->body, r->len);
		if (!r->json)
			return false;
	}
	if (r->control->is_closing) {
		admin_error(&r->admin, MHD_HTTP_SERVICE_UNAVAILABLE,
			    "the server is stopping");
	} else if (is_edit(r)) {
		queue_edit(r);
		return true;
	} else {
		look(r);
		if (!r->admin.status)
			queue_looker(r);
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
enum MHD_Result request_on_bytes(void *arg, struct MHD_Connection *connection,
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

void request_on_end(void *arg, struct MHD_Connection *connection, void **mine,
		    enum MHD_RequestTerminationCode how)
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
