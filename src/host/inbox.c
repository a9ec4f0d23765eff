/*
 * recvmmsg(2) into fixed buffers.  The message headers are laid out once, at
 * open; before each call only what the kernel overwrites is set again.
 */
#include "host/inbox_inside.h"

#include <assert.h>
#include <errno.h>

static int buffers(size_t room)
{
	size_t many = INBOX_BYTES / room;

	return many < INBOX_MANY ? (int)many : INBOX_MANY;
}

static int take_memory(struct inbox *b, const struct alloc *alloc)
{
	b->max = b->many * (b->room == INBOX_LARGEST ? INBOX_SEGMENTS : 1);
	b->bytes = alloc_get(alloc, (size_t)b->many, b->room);
	b->v = alloc_get(alloc, (size_t)b->max, sizeof b->v[0]);
	return b->bytes && b->v ? 0 : -ENOMEM;
}

int inbox_open(struct inbox **in, size_t room, const struct alloc *alloc)
{
	struct inbox *b;
	int rc;

	assert(room > 0 && room <= INBOX_LARGEST);
	b = alloc_get(alloc, 1, sizeof *b);
	if (!b)
		return -ENOMEM;
	b->room = room;
	b->many = buffers(room);
	rc = take_memory(b, alloc);
	if (rc) {
		inbox_close(b, alloc);
		return rc;
	}
	for (int i = 0; i < b->many; i++) {
		b->iov[i].iov_base = b->bytes + (size_t)i * room;
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
	alloc_put(alloc, in->v);
	alloc_put(alloc, in);
}

const struct arrival *inbox_get(const struct inbox *in, int i)
{
	assert(i >= 0 && i < in->n);
	return &in->v[i];
}

bool inbox_was_full(const struct inbox *in)
{
	return in->got == in->many;
}

int inbox_fill(struct inbox *in, int fd)
{
	int n;

	in->n = in->got = in->added = 0;
	for (int i = 0; i < in->many; i++) {
		in->msg[i].msg_hdr.msg_namelen = sizeof in->from[i];
		in->msg[i].msg_hdr.msg_controllen = sizeof in->control[i];
	}
	n = recvmmsg(fd, in->msg, (unsigned)in->many, MSG_DONTWAIT, NULL);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	in->got = n;
	return n;
}

int inbox_fill_one(struct inbox *in, int fd)
{
	struct msghdr *m = &in->msg[0].msg_hdr;
	socklen_t len = sizeof in->from[0];
	ssize_t n = recvfrom(fd, in->iov[0].iov_base, in->room,
			     MSG_DONTWAIT | MSG_TRUNC,
			     (struct sockaddr *)&in->from[0], &len);

	in->n = in->got = in->added = 0;
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	m->msg_flags = (size_t)n > in->room ? MSG_TRUNC : 0;
	in->msg[0].msg_len = (unsigned)n;
	in->got = 1;
	return 1;
}

struct arrival *inbox_add(struct inbox *in, int i)
{
	struct arrival *a = &in->v[in->n++];

	in->added++;
	*a = (struct arrival){.bytes = in->iov[i].iov_base,
			      .len = in->msg[i].msg_len,
			      .truncated = in->msg[i].msg_hdr.msg_flags &
					   MSG_TRUNC};
	return a;
}

void inbox_cut(struct inbox *in, size_t segment)
{
	/* Each message that is still to be added has its place. */
	int max = in->max - (in->got - in->added);
	struct arrival *a = &in->v[in->n - 1], rest = *a;

	while (rest.len > segment && in->n < max) {
		a->len = segment;
		a->truncated = false;
		rest.bytes += segment;
		rest.len -= segment;
		a = &in->v[in->n++];
		*a = rest;
	}
	a->truncated |= rest.len > segment;
}
