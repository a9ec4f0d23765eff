/*
 * The driver's UDP sockets, by port: opened and closed as the engine says, with
 * groups, and with a second one for a peer of many datagrams.
 */
#include "app/driver_inside.h"

#include "host/packet.h"
#include "wire/bootp.h"
#include "wire/portmap.h"

#include <errno.h>
#include <stdlib.h>

enum { WELL_KNOWN = 32768 };

static bool is_open(const struct driver *d, const struct sock *s, uint16_t port)
{
	const struct sock *at = d->socks[port];

	return at && (at == s || at->pair == s);
}

static void on_udp(void *arg, unsigned events)
{
	struct sock *s = arg;
	struct driver *d = s->driver;
	uint16_t port = s->udp.port;

	(void)events;
	/* What a datagram led to may have closed this very socket. */
	for (int i = 0; i < RECEIVES && is_open(d, s, port); i++) {
		int n = udp_receive(&s->udp, d->inbox);

		if (n <= 0)
			break;
		d->counts.datagrams += (uint64_t)n;
		d->rode += s->has_group ? n : 0;
		driver_hand_over(d, DGRAM_UDP, n);
		(void)outbox_flush(d->outbox);
		if (!inbox_was_full(d->inbox))
			break;
	}
}

static unsigned udp_flags(const struct driver *d, const struct listen *l)
{
	unsigned flags = 0;

	if (l->flags & LISTEN_NO_DF)
		flags |= UDP_NO_DF;
	if (l->flags & LISTEN_BULK)
		flags |= UDP_BULK;
	/* Several clients may ride on one host, and none is in a hurry. */
	if (!d->config.is_server && l->flags & LISTEN_BULK)
		flags |= UDP_SHARE | UDP_MERGED;
	return flags;
}

/* Whose broadcasts the packet sockets take. */
static bool is_shared(uint16_t port)
{
	return port == BOOTP_SERVER_PORT || port == PMAP_PORT;
}

static int watch_sock(struct driver *d, struct sock *s)
{
	s->driver = d;
	s->watch = (struct watch){.fd = s->udp.fd, .arg = s, .ready = on_udp};
	return loop_watch(d->loop, &s->watch, LOOP_READ);
}

static int open_sock(struct driver *d, const struct listen *l, struct sock *s)
{
	struct filter filter;
	int rc = udp_open(&s->udp, l->port, l->link, udp_flags(d, l));

	if (rc)
		return rc;
	if (d->config.is_server && is_shared(l->port)) {
		filter_bootp_server_udp(&filter);
		rc = filter_attach(s->udp.fd, &filter);
	}
	if (!rc)
		rc = watch_sock(d, s);
	if (rc)
		udp_close(&s->udp);
	return rc;
}

int driver_listen(struct carrier *c, const struct listen *l)
{
	struct driver *d = driver_of(c);
	struct sock *s;
	int rc = -EADDRINUSE;

	if (l->flags & LISTEN_STREAM)
		return driver_listen_stream(d, l);
	if (d->socks[l->port])
		return rc;
	s = calloc(1, sizeof(*s));
	rc = s ? open_sock(d, l, s) : -ENOMEM;
	if (!rc) {
		d->socks[l->port] = s;
		return 0;
	}
	free(s);
	if (!d->refused_port && l->port < WELL_KNOWN) {
		d->refused_port = l->port;
		d->refused_rc = rc;
	}
	return rc;
}

/* What the filter of this port takes out is counted, too: that tells nothing.
 */
static uint64_t dropped_by(const struct sock *s)
{
	return is_shared(s->udp.port) ? 0 : udp_dropped(&s->udp);
}

static void drop_sock(struct driver *d, struct sock *s)
{
	d->dropped += dropped_by(s);
	loop_unwatch(d->loop, &s->watch);
	udp_close(&s->udp);
	free(s);
}

void driver_close_sock(struct driver *d, struct sock *s)
{
	d->socks[s->udp.port] = NULL;
	if (s->pair)
		drop_sock(d, s->pair);
	drop_sock(d, s);
}

void driver_close_port(struct carrier *c, const struct listen *l)
{
	struct driver *d = driver_of(c);

	if (l->flags & LISTEN_STREAM) {
		if (d->records)
			records_deafen(d->records, l->port);
		return;
	}
	if (!d->socks[l->port])
		return;
	(void)outbox_flush(d->outbox); /* it may have something to send */
	driver_close_sock(d, d->socks[l->port]);
}

/* If it can't be had (too many open files, an address that has gone) they go on
 * as before. */
void driver_pair(struct carrier *c, const struct pair *p)
{
	struct driver *d = driver_of(c);
	struct sock *s = d->socks[p->at.port], *pair;

	if (!s || s->pair)
		return;
	pair = calloc(1, sizeof(*pair));
	if (!pair || udp_pair(&pair->udp, &s->udp, p->at.ip, p->peer)) {
		free(pair);
		return;
	}
	if (watch_sock(d, pair)) {
		udp_close(&pair->udp);
		free(pair);
		return;
	}
	s->pair = pair;
}

static uint32_t join_link(const struct driver *d, const struct join *j)
{
	return j->link ? j->link : d->config.link;
}

int driver_join(struct carrier *c, const struct join *j)
{
	struct driver *d = driver_of(c);
	struct sock *s = d->socks[j->group.port];

	if (!s)
		return -ENOTCONN;
	if (!ip_is_multicast(j->group.ip))
		return 0;
	s->has_group = true;
	return udp_join(&s->udp, j->group.ip, join_link(d, j));
}

void driver_leave(struct carrier *c, const struct join *j)
{
	struct driver *d = driver_of(c);
	struct sock *s = d->socks[j->group.port];

	if (s)
		(void)udp_leave(&s->udp, j->group.ip, join_link(d, j));
}

uint64_t driver_dropped(const struct driver *d)
{
	uint64_t n = d->dropped;

	for (unsigned i = 0; i < 65536; i++)
		if (d->socks[i])
			n += dropped_by(d->socks[i]);
	return n;
}
