/*
 * One call and its answer, each a record (RFC 5531 11), over a local socket.
 */
#include "app/rpcbind.h"

#include "base/cursor.h"
#include "base/text.h"
#include "wire/portmap.h"
#include "wire/rpcb.h"
#include "wire/sunrpc.h"
#include "wire/xdr.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum { ROOM = 256, XID = 1, MARK = 4 };
static const uint32_t LAST = 0x80000000;

static int connect_to(const char *path)
{
	static const struct timeval second = {.tv_sec = 1};
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd, rc;

	if (!text_copy(at.sun_path, sizeof at.sun_path, path, strlen(path)))
		return -ENAMETOOLONG;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (!setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof second) &&
	    !setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &second, sizeof second) &&
	    !connect(fd, (const struct sockaddr *)&at, sizeof at))
		return fd;
	rc = -errno;
	close(fd);
	return rc;
}

static size_t put_call(uint8_t b[ROOM], uint32_t procedure,
		       const struct rpcb *what)
{
	struct rpc_call c = {.xid = XID,
			     .rpc_version = RPC_VERSION,
			     .program = PMAP_PROGRAM,
			     .version = RPCB_VERSION,
			     .procedure = procedure};
	struct wr w = wr_over(b, ROOM);
	struct wr mark = w;

	wr_zeros(&w, MARK);
	rpc_call_put(&c, &w);
	rpcb_put(what, &w);
	wr_u32(&mark, LAST | (uint32_t)(wr_len(&w) - MARK));
	return wr_len(&w);
}

/* A record of one fragment, which an answer of these always is. */
static int get_answer(int fd, bool *yes)
{
	uint8_t b[ROOM];
	struct rpc_reply p;
	struct rd r;
	ssize_t n = recv(fd, b, MARK, MSG_WAITALL);
	uint32_t len;

	if (n != MARK)
		return n < 0 ? -errno : -EPROTO;
	r = rd_over(b, MARK);
	len = rd_u32(&r) & ~LAST;
	if (len > ROOM)
		return -EPROTO;
	n = recv(fd, b, len, MSG_WAITALL);
	if (n < 0)
		return -errno;
	r = rd_over(b, (size_t)n);
	if (!rpc_reply_get(&p, &r) || p.xid != XID)
		return -EPROTO;
	if (p.status != RPC_SUCCESS)
		return -EACCES;
	r = rd_over(p.results, p.len);
	*yes = xdr_bool(&r);
	return r.bad ? -EPROTO : 0;
}

static int ask(const char *path, uint32_t procedure, const struct rpcb *what,
	       bool *yes)
{
	uint8_t b[ROOM];
	size_t len = put_call(b, procedure, what);
	int fd = connect_to(path), rc;

	if (fd < 0)
		return fd;
	if (send(fd, b, len, MSG_NOSIGNAL) != (ssize_t)len)
		rc = errno ? -errno : -EPROTO;
	else
		rc = get_answer(fd, yes);
	close(fd);
	return rc;
}

bool rpcbind_is_there(const char *socket)
{
	int fd = connect_to(socket);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

int rpcbind_unset(const char *socket, const struct rpcb *what)
{
	bool yes = false;

	return ask(socket, RPCB_UNSET, what, &yes);
}

int rpcbind_set(const char *socket, const struct rpcb *what)
{
	bool yes = false;
	int rc = ask(socket, RPCB_SET, what, &yes);

	if (rc || yes)
		return rc;
	/* Another port, of a server that is gone. */
	rc = rpcbind_unset(socket, what);
	if (!rc)
		rc = ask(socket, RPCB_SET, what, &yes);
	return rc || yes ? rc : -EACCES;
}
