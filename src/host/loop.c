/*
 * epoll with a deadline.  The events of one wake-up are handed out one by one,
 * and whoever is unwatched meanwhile is struck from the rest of them, so no
 * event ever reaches a thing that is gone.
 */
#include "host/loop.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { MANY = 64 };

struct loop {
	int fd;
	usec now;
	struct epoll_event events[MANY];
	int n, at; /* events of this wake-up; the one being handed out */
};

static usec clock_now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return SECONDS(t.tv_sec) + t.tv_nsec / 1000;
}

usec host_now(void)
{
	return clock_now(CLOCK_MONOTONIC);
}

usec host_wall(void)
{
	return clock_now(CLOCK_REALTIME);
}

int loop_open(struct loop **l, const struct alloc *alloc)
{
	int fd = epoll_create1(EPOLL_CLOEXEC);

	if (fd < 0)
		return -errno;
	*l = alloc_get(alloc, 1, sizeof **l);
	if (!*l) {
		close(fd);
		return -ENOMEM;
	}
	(*l)->fd = fd;
	(*l)->now = host_now();
	prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
	return 0;
}

void loop_close(struct loop *l, const struct alloc *alloc)
{
	if (!l)
		return;
	close(l->fd);
	alloc_put(alloc, l);
}

static int control(struct loop *l, int op, struct watch *w, unsigned events)
{
	struct epoll_event e = {.data.ptr = w};

	if (events & LOOP_READ)
		e.events |= EPOLLIN;
	if (events & LOOP_WRITE)
		e.events |= EPOLLOUT;
	return epoll_ctl(l->fd, op, w->fd, &e) ? -errno : 0;
}

int loop_watch(struct loop *l, struct watch *w, unsigned events)
{
	return control(l, EPOLL_CTL_ADD, w, events);
}

int loop_rewatch(struct loop *l, struct watch *w, unsigned events)
{
	return control(l, EPOLL_CTL_MOD, w, events);
}

void loop_unwatch(struct loop *l, struct watch *w)
{
	control(l, EPOLL_CTL_DEL, w, 0);
	for (int i = l->at + 1; i < l->n; i++)
		if (l->events[i].data.ptr == w)
			l->events[i].data.ptr = NULL;
}

static unsigned loop_events(uint32_t events)
{
	unsigned bits = 0;

	if (events & EPOLLIN)
		bits |= LOOP_READ;
	if (events & EPOLLOUT)
		bits |= LOOP_WRITE;
	if (events & (EPOLLHUP | EPOLLERR))
		bits |= LOOP_HANGUP;
	return bits;
}

/* musl 1.2.3 has no name for it. */
static int wait_events(struct loop *l, const struct timespec *timeout)
{
#ifdef __GLIBC__
	return epoll_pwait2(l->fd, l->events, MANY, timeout, NULL);
#else
	return (int)syscall(SYS_epoll_pwait2, l->fd, l->events, MANY, timeout,
			    NULL, (size_t)0);
#endif
}

static int wait_until(struct loop *l, usec deadline)
{
	struct timespec left = {0, 0}, *timeout = &left;

	/* The clock is read once more only if there is something to wait for:
	 * the turn that just ended took its time. */
	if (deadline == NEVER) {
		timeout = NULL;
	} else if (deadline > l->now) {
		usec wait = usec_max(deadline - host_now(), 0);

		left.tv_sec = (time_t)(wait / SECOND);
		left.tv_nsec = (long)(wait % SECOND * 1000);
	}
	return wait_events(l, timeout);
}

int loop_wait(struct loop *l, usec deadline)
{
	int n = wait_until(l, deadline), called = 0;

	if (n < 0 && errno != EINTR)
		return -errno;
	l->now = host_now();
	l->n = n < 0 ? 0 : n;
	for (l->at = 0; l->at < l->n; l->at++) {
		struct watch *w = l->events[l->at].data.ptr;

		if (!w)
			continue;
		w->ready(w->arg, loop_events(l->events[l->at].events));
		called++;
	}
	l->n = 0;
	return called;
}

usec loop_now(const struct loop *l)
{
	return l->now;
}

int wake_open(struct wake *w)
{
	atomic_init(&w->has_rung, false);
	w->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return w->fd < 0 ? -errno : 0;
}

void wake_close(struct wake *w)
{
	close(w->fd);
	w->fd = -1;
}

void wake_up(struct wake *w)
{
	int saved = errno;
	uint64_t one = 1;

	if (atomic_exchange(&w->has_rung, true))
		return;
	/* It fails only if it has rung 2^64 - 2 times already. */
	if (write(w->fd, &one, sizeof one) < 0)
		errno = saved;
}

/* The descriptor first: who rings before the mark is gone is not heard again,
 * but what he announced is there for the caller, who looks afterwards. */
bool wake_taken(struct wake *w)
{
	uint64_t times;

	if (!atomic_load(&w->has_rung))
		return false;
	if (read(w->fd, &times, sizeof times) < 0)
		return false; /* he is about to write */
	atomic_store(&w->has_rung, false);
	return true;
}
