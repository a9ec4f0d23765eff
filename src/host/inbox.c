/*
 * recvmmsg(2) into fixed buffers.  The message headers are laid out once, at
 * open; before each call only what the kernel overwrites is set again.
 */
#include "host/inbox_inside.h"

#include <assert.h>
#include <errno.h>

int inbox_open(struct inbox **in, size_t room, const struct alloc *alloc)
{
	struct inbox *b;

	assert(room > 0 && room <= INBOX_LARGEST);
	b = alloc_get(alloc, 1, sizeof *b);
	if (!b)
		return -ENOMEM;
	b->bytes = alloc_get(alloc, INBOX_MANY, room);
	if (!b->bytes) {
		alloc_put(alloc, b);
		return -ENOMEM;
	}
	b->room = room;
	for (size_t i = 0; i < INBOX_MANY; i++) {
		b->iov[i].iov_base = b->bytes + i * room;
		b->iov[i].iov_len = room;
		b->msg[i].msg_hdr.msg_iov = &b->iov[i];
		b->msg[i].msg_hdr.msg_iovlen = 1;
		b->msg[i].msg_hdr.msg_name = &b->from[i];
		b->msg[i].msg_hdr.msg_control = &b->control[i];
	}
	*in = b;
	return 0;
}

void inbox_close(struct inbox *in, const struct alloc *alloc)
{
	if (!in)
		return;
	alloc_put(alloc, in->bytes);
	alloc_put(alloc, in);
}

const struct arrival *inbox_get(const struct inbox *in, int i)
{
	assert(i >= 0 && i < in->n);
	return &in->v[i];
}

int inbox_fill(struct inbox *in, int fd)
{
	int n;

	in->n = 0;
	for (int i = 0; i < INBOX_MANY; i++) {
		in->msg[i].msg_hdr.msg_namelen = sizeof in->from[i];
		in->msg[i].msg_hdr.msg_controllen = sizeof in->control[i];
	}
	n = recvmmsg(fd, in->msg, INBOX_MANY, MSG_DONTWAIT, NULL);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	return n;
}

struct arrival *inbox_add(struct inbox *in, int i)
{
	struct arrival *a = &in->v[in->n++];

	*a = (struct arrival){.bytes = in->iov[i].iov_base,
			      .len = in->msg[i].msg_len,
			      .truncated = in->msg[i].msg_hdr.msg_flags &
					   MSG_TRUNC};
	return a;
}
