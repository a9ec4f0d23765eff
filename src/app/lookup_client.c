/*
 * The commands' side of lookupd: a record goes, a record comes.
 */
#include "app/lookup_client.h"

#include "app/named.h"
#include "host/records.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { PATIENCE = 30 /* seconds; agents have less */ };

int lookup_connect(struct lookup_client *c, const char *run)
{
	const struct timeval patience = {.tv_sec = PATIENCE};
	char path[256];

	*c = (struct lookup_client){.fd = -1};
	snprintf(path, sizeof path, "%s/%s", run ? run : NAMED_RUN,
		 LOOKUP_SOCKET);
	c->fd = records_connect(path);
	if (c->fd < 0)
		return c->fd;
	(void)setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
			 sizeof patience);
	return 0;
}

void lookup_disconnect(struct lookup_client *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
}

static int hear(struct lookup_client *c)
{
	ssize_t n;
	struct rd r;

	do
		n = recv(c->fd, c->bytes, sizeof c->bytes, 0);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return n ? -errno : -ECONNRESET;
	r = rd_over(c->bytes, (size_t)n);
	return lookup_answer_get(&c->got, &r) ? 0 : -EPROTO;
}

int lookup_ask(struct lookup_client *c, struct lookup_question *q)
{
	uint8_t bytes[LOOKUP_QUESTION_MAX];
	struct wr w = wr_over(bytes, sizeof bytes);
	int rc;

	q->sequence = ++c->sequence;
	lookup_question_put(q, &w);
	if (w.bad)
		return -EMSGSIZE;
	if (send(c->fd, bytes, wr_len(&w), MSG_NOSIGNAL) < 0)
		return -errno;
	do
		rc = hear(c);
	while (!rc && c->got.sequence != q->sequence);
	return rc;
}
