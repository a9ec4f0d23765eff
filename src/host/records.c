/*
 * The table of connections.  One that ends is closed at once but keeps its
 * place until its owner was told, which must not happen while the owner is in
 * the middle of something: an engine is never re-entered.
 */
#include "host/records_inside.h"

#include <assert.h>
#include <errno.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { ACCEPTS = 16 };

const struct records_limits records_tcp_limits = {
	.most = 256,
	.per_source = 64,
	.first = SECONDS(10),
	.idle = SECONDS(30),
};

int records_open(struct records **to, struct loop *loop,
		 void (*hear)(void *arg, const struct record *), void *arg,
		 const struct alloc *alloc)
{
	struct records *r = alloc_get(alloc, 1, sizeof *r);

	if (!r)
		return -ENOMEM;
	r->loop = loop;
	r->hear = hear;
	r->arg = arg;
	r->look_at = NEVER;
	for (int i = 0; i < RECORDS_LISTENERS; i++)
		r->listeners[i].watch.fd = -1;
	r->conns = alloc_get(alloc, RECORDS_CONNS, sizeof *r->conns);
	r->parks = alloc_get(alloc, RECORDS_PARKED, sizeof *r->parks);
	r->scratch = alloc_get(alloc, RECORD_ROOM, 1);
	if (!r->conns || !r->parks || !r->scratch) {
		records_close(r, alloc);
		return -ENOMEM;
	}
	*to = r;
	return 0;
}

static void deafen(struct listener *l)
{
	loop_unwatch(l->all->loop, &l->watch);
	close(l->watch.fd);
	l->watch.fd = -1;
}

void records_close(struct records *r, const struct alloc *alloc)
{
	if (!r)
		return;
	for (int i = 0; r->conns && i < RECORDS_CONNS; i++)
		if (r->conns[i].at)
			records_end(&r->conns[i]);
	for (int i = 0; i < RECORDS_LISTENERS; i++)
		if (r->listeners[i].watch.fd >= 0)
			deafen(&r->listeners[i]);
	alloc_put(alloc, r->conns);
	alloc_put(alloc, r->parks);
	alloc_put(alloc, r->scratch);
	alloc_put(alloc, r);
}

/* ---- connections --------------------------------------------------------- */

static struct conn *find(struct records *r, uint32_t id)
{
	for (int i = 0; id && i < RECORDS_CONNS; i++)
		if (r->ids[i] == id)
			return &r->conns[i];
	return NULL;
}

void records_end(struct conn *c)
{
	struct records *r = c->at->all;

	if (c->watch.fd < 0)
		return;
	records_unpark(c);
	loop_unwatch(r->loop, &c->watch);
	close(c->watch.fd);
	c->watch.fd = -1;
	r->ids[c - r->conns] = 0;
	c->at->n--;
	r->n_ended++;
}

/* Who takes what it asked for is not idle. */
static void tell_drained(struct conn *c)
{
	struct records *r = c->at->all;
	const struct records_limits *limits = &c->at->limits;

	c->is_draining = false;
	if (loop_rewatch(r->loop, &c->watch, LOOP_READ)) {
		records_end(c);
		return;
	}
	if (!c->park && limits->idle != NEVER)
		c->due = loop_now(r->loop) + limits->idle;
	r->hear(r->arg, &(struct record){.conn = c->id,
					 .port = c->port,
					 .from = c->from,
					 .to = c->to,
					 .uid = c->uid,
					 .is_drained = true,
					 .tag = c->tag});
}

static void on_conn(void *arg, unsigned events)
{
	struct conn *c = arg;

	if (c->is_draining && events & LOOP_WRITE)
		tell_drained(c);
	if (c->watch.fd < 0 || !(events & ~(unsigned)LOOP_WRITE))
		return;
	/* Who has gone is read to the end all the same. */
	if (c->at->is_local)
		local_ready(c);
	else
		stream_ready(c);
}

static void tell_end(struct conn *c)
{
	struct records *r = c->at->all;
	struct record end = {.conn = c->id,
			     .port = c->port,
			     .from = c->from,
			     .to = c->to,
			     .uid = c->uid,
			     .is_end = true};

	/* Free at once: what it leads to may need the place. */
	c->at = NULL;
	r->n_ended--;
	r->hear(r->arg, &end);
}

bool records_hear(struct conn *c, const uint8_t *bytes, size_t len)
{
	struct records *r = c->at->all;

	c->has_spoken = true;
	c->due = c->at->limits.idle == NEVER
			 ? NEVER
			 : loop_now(r->loop) + c->at->limits.idle;
	r->counts.records++;
	r->hear(r->arg, &(struct record){.conn = c->id,
					 .port = c->port,
					 .from = c->from,
					 .to = c->to,
					 .uid = c->uid,
					 .bytes = bytes,
					 .len = len});
	return c->watch.fd >= 0;
}

/* ---- records that are not whole ------------------------------------------ */

void records_unpark(struct conn *c)
{
	if (!c->park)
		return;
	c->park->is_taken = false;
	c->park = NULL;
}

struct park *records_park(struct records *r)
{
	struct conn *oldest = NULL;
	struct park *p;

	for (int i = 0; i < RECORDS_PARKED; i++) {
		if (r->parks[i].is_taken)
			continue;
		r->parks[i].is_taken = true;
		return &r->parks[i];
	}
	for (int i = 0; i < RECORDS_CONNS; i++) {
		struct conn *c = &r->conns[i];

		if (c->at && c->park && (!oldest || c->due < oldest->due))
			oldest = c;
	}
	assert(oldest);
	p = oldest->park;
	r->counts.evicted++;
	records_end(oldest);
	p->is_taken = true;
	return p;
}

/* ---- who comes ----------------------------------------------------------- */

static bool same_source(const struct conn *a, const struct conn *b)
{
	return a->from.ip == b->from.ip && a->uid == b->uid;
}

static unsigned count_source(const struct listener *l, const struct conn *peer)
{
	const struct records *r = l->all;
	unsigned n = 0;

	for (int i = 0; i < RECORDS_CONNS; i++)
		n += r->conns[i].at == l && r->conns[i].watch.fd >= 0 &&
		     same_source(&r->conns[i], peer);
	return n;
}

/* Of those that never said anything whole. */
static struct conn *oldest_mute(const struct listener *l)
{
	struct records *r = l->all;
	struct conn *oldest = NULL;

	for (int i = 0; i < RECORDS_CONNS; i++) {
		struct conn *c = &r->conns[i];

		if (c->at == l && c->watch.fd >= 0 && !c->has_spoken &&
		    (!oldest || c->id < oldest->id))
			oldest = c;
	}
	return oldest;
}

static struct conn *place_for(struct listener *l, const struct conn *peer)
{
	struct records *r = l->all;

	if (count_source(l, peer) >= l->limits.per_source)
		return NULL;
	if (l->n >= l->limits.most) {
		struct conn *mute = oldest_mute(l);

		if (!mute)
			return NULL;
		r->counts.evicted++;
		records_end(mute);
	}
	for (int i = 0; i < RECORDS_CONNS; i++)
		if (!r->conns[i].at)
			return &r->conns[i];
	return NULL;
}

void records_admit(struct listener *l, int fd, const struct conn *peer)
{
	struct records *r = l->all;
	struct conn *c = place_for(l, peer);

	if (!c) {
		r->counts.refused++;
		close(fd);
		return;
	}
	*c = *peer;
	c->at = l;
	c->port = l->port;
	c->id = ++r->last_id;
	c->due = l->limits.first == NEVER ? NEVER
					  : loop_now(r->loop) + l->limits.first;
	c->watch = (struct watch){.fd = fd, .arg = c, .ready = on_conn};
	if (loop_watch(r->loop, &c->watch, LOOP_READ)) {
		c->at = NULL;
		close(fd);
		return;
	}
	l->n++;
	r->ids[c - r->conns] = c->id;
	r->counts.accepted++;
	r->look_at = usec_min(r->look_at, loop_now(r->loop) + SECOND);
}

/* Level-triggered, a queue that nobody can be taken from would spin. */
static void rest(struct listener *l)
{
	l->is_deaf = !loop_rewatch(l->all->loop, &l->watch, 0);
	l->all->look_at = loop_now(l->all->loop) + SECOND;
}

static void on_knock(void *arg, unsigned events)
{
	struct listener *l = arg;

	(void)events;
	for (int i = 0; i < ACCEPTS && l->watch.fd >= 0; i++) {
		struct conn peer = {.at = NULL};
		int fd = l->is_local ? local_accept(l, &peer)
				     : stream_accept(l, &peer);

		if (fd >= 0)
			records_admit(l, fd, &peer);
		else if (fd == -EAGAIN)
			return;
		else if (fd == -EMFILE || fd == -ENFILE || fd == -ENOBUFS ||
			 fd == -ENOMEM) {
			rest(l);
			return;
		}
	}
}

/* ---- listeners ----------------------------------------------------------- */

static int add(struct records *r, int fd, const struct listener *as)
{
	struct listener *l = NULL;
	int rc;

	for (int i = 0; i < RECORDS_LISTENERS && !l; i++)
		if (r->listeners[i].watch.fd < 0)
			l = &r->listeners[i];
	if (!l)
		return -ENOSPC;
	*l = *as;
	l->all = r;
	l->watch = (struct watch){.fd = fd, .arg = l, .ready = on_knock};
	rc = loop_watch(r->loop, &l->watch, LOOP_READ);
	if (rc)
		l->watch.fd = -1;
	return rc;
}

int records_listen(struct records *r, uint16_t port, uint32_t link,
		   const struct records_limits *limits)
{
	struct listener as = {.port = port, .limits = *limits};
	int fd = stream_listen(port, link), rc;

	if (fd < 0)
		return fd;
	rc = add(r, fd, &as);
	if (rc)
		close(fd);
	return rc;
}

int records_take(struct records *r, int fd, uint16_t port,
		 const struct records_limits *limits)
{
	struct listener as = {
		.port = port, .is_local = true, .limits = *limits};

	return add(r, fd, &as);
}

void records_deafen(struct records *r, uint16_t port)
{
	for (int i = 0; i < RECORDS_LISTENERS; i++) {
		struct listener *l = &r->listeners[i];

		if (l->watch.fd < 0 || l->port != port)
			continue;
		for (int j = 0; j < RECORDS_CONNS; j++)
			if (r->conns[j].at == l)
				records_end(&r->conns[j]);
		deafen(l);
	}
}

/* ---- the owner's side ---------------------------------------------------- */

static void send_some(struct records *r, uint32_t conn, const void *bytes,
		      size_t len, bool is_last)
{
	struct conn *c = find(r, conn);
	bool is_sent;

	assert(len <= RECORD_MAX);
	if (!c)
		return;
	is_sent = c->at->is_local ? local_send(c, bytes, len)
				  : stream_send(c, bytes, len, is_last);
	if (is_sent)
		return;
	r->counts.choked++;
	records_end(c);
}

void records_send(struct records *r, uint32_t conn, const void *bytes,
		  size_t len)
{
	send_some(r, conn, bytes, len, true);
}

void records_send_part(struct records *r, uint32_t conn, const void *bytes,
		       size_t len)
{
	send_some(r, conn, bytes, len, false);
}

void records_offer(struct records *r, uint32_t conn, const void *bytes,
		   size_t len)
{
	struct conn *c = find(r, conn);
	int unread = 0;

	if (c && !ioctl(c->watch.fd, SIOCOUTQ, &unread) &&
	    unread < RECORDS_UNREAD)
		records_send(r, conn, bytes, len);
	else if (c)
		r->counts.dropped++;
}

void records_drain(struct records *r, uint32_t conn, unsigned tag)
{
	struct conn *c = find(r, conn);

	if (!c)
		return;
	c->is_draining = true;
	c->tag = tag;
	if (loop_rewatch(r->loop, &c->watch, LOOP_READ | LOOP_WRITE))
		records_end(c);
}

void records_hangup(struct records *r, uint32_t conn)
{
	struct conn *c = find(r, conn);

	if (c)
		records_end(c);
}

/* Once a second is often enough. */
static void look_for_late(struct records *r, usec now)
{
	r->look_at = NEVER;
	for (int i = 0; i < RECORDS_LISTENERS; i++) {
		struct listener *l = &r->listeners[i];

		if (l->watch.fd < 0)
			continue;
		if (l->is_deaf)
			l->is_deaf = loop_rewatch(r->loop, &l->watch,
						  LOOP_READ) != 0;
		if (l->is_deaf)
			r->look_at = now + SECOND;
	}
	for (int i = 0; i < RECORDS_CONNS; i++) {
		struct conn *c = &r->conns[i];

		if (!c->at || c->watch.fd < 0 || c->due == NEVER)
			continue;
		if (c->due > now) {
			r->look_at = now + SECOND;
			continue;
		}
		r->counts.late++;
		records_end(c);
	}
}

usec records_tell(struct records *r, usec now)
{
	if (r->look_at <= now)
		look_for_late(r, now);
	/* What is told may end more of them. */
	while (r->n_ended)
		for (int i = 0; i < RECORDS_CONNS; i++)
			if (r->conns[i].at && r->conns[i].watch.fd < 0)
				tell_end(&r->conns[i]);
	return r->look_at;
}

const struct records_counts *records_counts(const struct records *r)
{
	return &r->counts;
}
