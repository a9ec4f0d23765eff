/*
 * READALL of a NetInfo domain, or LISTALL of a directory in one, by a
 * connection of its own: a call goes out, one record comes in, in as many
 * fragments as it takes.  The thread waits; how long and how much is bounded,
 * whatever the server does.
 */
#include "app/agent.h"

#include "host/inet.h"
#include "host/loop.h"
#include "wire/netinfo.h"
#include "wire/sunrpc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { XID = 0x4d555354, CALL = 512, FIRST = 64 * 1024 };

/* IDLE: as long as NetInfo's own library waits for an answer.  Who sends a
 * megabit a second, or more, may go on beyond WHOLE. */
static const usec IDLE = SECONDS(5), WHOLE = SECONDS(60), EACH = SECONDS(1);
enum { SLOWEST = 128 * 1024 /* bytes that are worth another EACH */ };

struct stream {
	int fd;
	usec until;     /* all of it */
	uint8_t *bytes; /* malloc'd: the record, without marks */
	size_t len, room, most;
};

/* ---- the socket ---------------------------------------------------------- */

static int wait_for(const struct stream *s, short events)
{
	usec left = usec_min(s->until - host_now(), IDLE);
	struct pollfd p = {.fd = s->fd, .events = events};
	int n;

	if (left <= 0)
		return -ETIMEDOUT;
	do
		n = poll(&p, 1, (int)(left / 1000) + 1);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return n ? 0 : -ETIMEDOUT;
}

static int connect_to(struct stream *s, struct endpoint to)
{
	struct sockaddr_in at = inet_sockaddr(to);
	socklen_t len = sizeof(int);
	int rc = 0;

	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (s->fd < 0)
		return -errno;
	if (!connect(s->fd, (struct sockaddr *)&at, sizeof(at)))
		return 0;
	if (errno != EINPROGRESS)
		return -errno;
	rc = wait_for(s, POLLOUT);
	if (rc)
		return rc;
	if (getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &rc, &len))
		return -errno;
	return -rc;
}

static int say(struct stream *s, const uint8_t *bytes, size_t len)
{
	while (len) {
		ssize_t n = send(s->fd, bytes, len, MSG_NOSIGNAL);
		int rc = n < 0 && errno == EAGAIN ? wait_for(s, POLLOUT) : 0;

		if (rc || (n < 0 && errno != EAGAIN && errno != EINTR))
			return rc ? rc : -errno;
		if (n > 0) {
			bytes += n;
			len -= (size_t)n;
		}
	}
	return 0;
}

/* Exactly so many; one that ends before is torn. */
static int take(struct stream *s, uint8_t *to, size_t len)
{
	while (len) {
		ssize_t n = recv(s->fd, to, len, 0);
		int rc = n < 0 && errno == EAGAIN ? wait_for(s, POLLIN) : 0;

		if (!n)
			return -ECONNRESET;
		if (rc || (n < 0 && errno != EAGAIN && errno != EINTR))
			return rc ? rc : -errno;
		if (n > 0) {
			to += n;
			len -= (size_t)n;
		}
		if (host_now() > s->until)
			return -ETIMEDOUT;
	}
	return 0;
}

/* ---- the record ---------------------------------------------------------- */

static int grow(struct stream *s, size_t len)
{
	size_t room = s->room ? s->room : FIRST;
	uint8_t *bytes;

	if (len > s->most - s->len)
		return -EMSGSIZE;
	while (room < s->len + len)
		room *= 2;
	if (room == s->room)
		return 0;
	bytes = realloc(s->bytes, room);
	if (!bytes)
		return -ENOMEM;
	s->bytes = bytes;
	s->room = room;
	return 0;
}

static int take_fragment(struct stream *s, size_t len)
{
	/* What is promised takes memory only when it comes. */
	while (len) {
		size_t piece = len < FIRST ? len : FIRST;
		int rc = grow(s, piece);

		if (!rc)
			rc = take(s, s->bytes + s->len, piece);
		if (rc)
			return rc;
		s->len += piece;
		s->until += (usec)piece * EACH / SLOWEST;
		len -= piece;
	}
	return 0;
}

static int take_record(struct stream *s)
{
	bool is_last = false;

	while (!is_last) {
		uint8_t mark[4];
		struct rd r = rd_over(mark, sizeof(mark));
		int rc = take(s, mark, sizeof(mark));
		uint32_t n = rd_u32(&r);

		if (rc)
			return rc;
		is_last = n >> 31;
		if ((n & INT32_MAX) > s->most - s->len)
			return -EMSGSIZE;
		rc = take_fragment(s, n & INT32_MAX);
		if (rc)
			return rc;
	}
	return 0;
}

/* ---- calls --------------------------------------------------------------- */

static int call(struct stream *s, uint32_t procedure, const struct netinfo *m)
{
	struct rpc_call c = {.xid = XID,
			     .rpc_version = RPC_VERSION,
			     .program = NETINFO_PROGRAM,
			     .version = NETINFO_VERSION,
			     .procedure = procedure};
	uint8_t room[CALL];
	struct wr w = wr_over(room, sizeof(room));
	uint8_t *mark = wr_take(&w, RECORD_MARK);
	int rc;

	rpc_call_put(&c, &w);
	netinfo_args_put(m, procedure, &w);
	record_mark(mark, wr_len(&w) - RECORD_MARK);
	rc = w.bad ? -EMSGSIZE : say(s, room, wr_len(&w));
	s->len = 0;
	return rc ? rc : take_record(s);
}

/* The first that LOOKUP found. */
static int found(const struct stream *s, uint32_t *object)
{
	struct rd r = rd_over(s->bytes, s->len);
	struct rpc_reply p;
	struct netinfo m;

	if (!rpc_reply_get(&p, &r) || p.status != RPC_SUCCESS)
		return -EBADMSG;
	r = rd_over(p.results, p.len);
	if (!netinfo_results_get(&m, NETINFO_LOOKUP, &r))
		return -EBADMSG;
	if (m.status == NETINFO_NODIR)
		return -ENOENT;
	if (m.status)
		return -EREMOTEIO;
	return netinfo_object_id_next(&m.list, object) ? 0 : -ENOENT;
}

static struct stream stream_of(size_t most)
{
	return (struct stream){
		.fd = -1, .until = host_now() + WHOLE, .most = most};
}

static void end(struct stream *s, uint8_t **answer, size_t *len)
{
	if (s->fd >= 0)
		close(s->fd);
	*answer = s->bytes;
	*len = s->len;
}

int agent_copy_answer(const struct question *q, size_t most, uint8_t **answer,
		      size_t *len)
{
	const struct netinfo m = {.checksum = q->from};
	struct stream s = stream_of(most);
	int rc = connect_to(&s, q->peer);

	if (!rc)
		rc = call(&s, NETINFO_READALL, &m);
	end(&s, answer, len);
	return rc;
}

int agent_list_answer(const struct question *q, size_t most, uint8_t **answer,
		      size_t *len)
{
	struct netinfo m = {.key = span_of("name"), .value = span_of(q->text)};
	struct stream s = stream_of(most);
	int rc = connect_to(&s, q->peer);

	if (!rc)
		rc = call(&s, NETINFO_LOOKUP, &m);
	if (!rc)
		rc = found(&s, &m.id.object);
	if (!rc)
		rc = call(&s, NETINFO_LISTALL, &m);
	end(&s, answer, len);
	return rc;
}
