/*
 * The driver.  Sockets are found by port in a table of pointers; each has its
 * watch in the loop.  A round is: carry out what is due, hand commits to their
 * thread, flush what is to be sent, wait.  Replies leave after each batch, not
 * at the end of the round: clients work on them while we work on the next.
 */
#include "app/driver_inside.h"

#include "app/answerer.h"
#include "app/catalog.h"
#include "app/committer.h"
#include "app/sink.h"
#include "host/link.h"
#include "host/memory.h"
#include "wire/bootp.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <time.h>

enum {
	BATCH = 16, /* datagrams that are worth a wake-up */
};

static const usec NAP = MILLISECONDS(5);

void driver_hand_over(struct driver *d, enum dgram_kind kind, int n)
{
	struct dgram g = {.kind = kind, .wall = host_wall()};

	for (int i = 0; i < n; i++) {
		const struct arrival *a = inbox_get(d->inbox, i);

		if (a->truncated) {
			d->counts.truncated++;
			continue;
		}
		g.link = a->link;
		g.from = a->from;
		g.to = a->to;
		g.bytes = a->bytes;
		g.len = a->len;
		turn_input(&d->turn, loop_now(d->loop), &g);
	}
}

void driver_on_frames(void *arg, unsigned events)
{
	struct heard *h = arg;
	struct driver *d = h->driver;

	(void)events;
	for (int i = 0; i < RECEIVES; i++) {
		int n = packet_receive(&h->packet, d->inbox);

		if (n <= 0)
			break;
		d->counts.frames += (uint64_t)n;
		driver_hand_over(d, DGRAM_FRAME, n);
		(void)outbox_flush(d->outbox);
		if (!inbox_was_full(d->inbox))
			break;
	}
}

static struct heard *heard_on(const struct driver *d, uint32_t link)
{
	for (int i = 0; i < HEARD_MAX; i++)
		if (d->heard[i] && d->heard[i]->packet.link == link)
			return d->heard[i];
	return NULL;
}

static void send_frame(struct driver *d, const struct send *s)
{
	struct heard *h = heard_on(d, s->link);
	struct outgoing m = {
		.link = s->link, .head = s->head, .head_len = s->head_len};

	if (!h)
		return;
	m.fd = h->packet.fd;
	outbox_frame(d->outbox, &m);
}

static bool is_for_pair(const struct sock *at, const struct send *s)
{
	const struct sock *pair = at->pair;

	return pair && endpoint_is(s->to, pair->udp.peer) &&
	       s->from.ip == pair->udp.ip;
}

static void on_send(struct carrier *c, const struct send *s)
{
	struct driver *d = driver_of(c);
	struct sock *sock = d->socks[s->from.port];
	struct outgoing m = {.link = s->link,
			     .from = s->from.ip,
			     .to = s->to,
			     .ttl = s->ttl,
			     .head = s->head,
			     .head_len = s->head_len};

	if (s->how == SEND_FRAME) {
		send_frame(d, s);
		return;
	}
	if (s->how == SEND_RECORD) {
		driver_send_record(d, s);
		return;
	}
	if (!sock)
		return;
	/* Without a default route the kernel knows no way for either. */
	if (!m.link && (ip_is_multicast(s->to.ip) || s->to.ip == IP_BROADCAST))
		m.link = d->config.link;
	m.is_paired = is_for_pair(sock, s);
	if (m.is_paired)
		sock = sock->pair;
	m.fd = sock->udp.fd;
	m.segment_max = &sock->udp.segment_max;
	if (s->body.len && catalog_at(d->config.catalog, &s->body, m.body) < 0)
		return; /* replaced within this very turn */
	outbox_udp(d->outbox, &m);
}

static int on_fetch(struct carrier *c, const struct fetch *f, uint8_t owner)
{
	struct driver *d = driver_of(c);

	if (!d->config.catalog)
		return -ENODEV;
	return catalog_fetch(d->config.catalog, f, owner);
}

static void on_read(struct carrier *c, const struct ref *ref,
		    struct piece to[2])
{
	catalog_read(driver_of(c)->config.catalog, ref, to);
}

static int on_commit(struct carrier *c, const struct commit_effect *ce,
		     uint8_t owner)
{
	struct driver *d = driver_of(c);
	int rc;

	if (!d->config.committer)
		return -ENODEV;
	rc = committer_put(d->config.committer, ce, owner);
	return rc ? rc : CARRIED_LATER;
}

static void on_hangup(struct carrier *c, uint32_t conn)
{
	struct driver *d = driver_of(c);

	if (d->records)
		records_hangup(d->records, conn);
}

static void on_drain(struct carrier *c, uint32_t conn, uint8_t owner)
{
	struct driver *d = driver_of(c);

	if (d->records)
		records_drain(d->records, conn, owner);
}

static int on_address(struct carrier *c, const struct address *a)
{
	struct driver *d = driver_of(c);

	if (!d->config.has_address_rights)
		return 0;
	return link_set_address(a->link, a->ip, a->mask, a->router,
				a->broadcast);
}

static void on_keep(struct carrier *c, const struct keep *k)
{
	struct driver *d = driver_of(c);

	if (d->config.keep)
		d->config.keep(d->config.arg, k);
	if (d->config.sink)
		sink_keep(d->config.sink, k);
}

static int on_allot(struct carrier *c, const struct allot *a)
{
	struct driver *d = driver_of(c);

	return d->config.sink ? sink_allot(d->config.sink, a) : -ENODEV;
}

/* It is done now, but the engine hears of it in the next round: between one
 * block and the next it listens, or dozens of them would make it deaf. */
static int on_mend(struct carrier *c, const struct mend *m, uint8_t owner)
{
	struct driver *d = driver_of(c);
	int rc = d->config.sink ? sink_mend(d->config.sink, m) : -ENODEV;

	if (d->has_mended)
		return rc;
	d->mended = (struct outcome){.kind = EFFECT_MEND,
				     .owner = owner,
				     .cookie = m->cookie,
				     .rc = rc};
	d->has_mended = true;
	return CARRIED_LATER;
}

static int on_sort(struct carrier *c, const struct sort *s, uint64_t *wrong)
{
	struct driver *d = driver_of(c);

	return d->config.sink ? sink_sort(d->config.sink, s, wrong) : -ENODEV;
}

static int on_ask(struct carrier *c, const struct question *q, uint8_t owner)
{
	struct driver *d = driver_of(c);
	int rc;

	if (!d->config.answerer)
		return -ENODEV;
	rc = answerer_put(d->config.answerer, q, owner);
	return rc ? rc : CARRIED_LATER;
}

static void on_note(struct carrier *c, const struct note *n)
{
	struct driver *d = driver_of(c);

	if (d->config.note)
		d->config.note(d->config.arg, loop_now(d->loop), n);
}

static const struct carrier on_the_host = {
	.send = on_send,
	.fetch = on_fetch,
	.read = on_read,
	.commit = on_commit,
	.listen = driver_listen,
	.close = driver_close_port,
	.hangup = on_hangup,
	.drain = on_drain,
	.pair = driver_pair,
	.join = driver_join,
	.leave = driver_leave,
	.address = on_address,
	.allot = on_allot,
	.keep = on_keep,
	.mend = on_mend,
	.sort = on_sort,
	.ask = on_ask,
	.note = on_note,
};

int driver_open(struct driver **to, struct loop *loop,
		const struct driver_config *config)
{
	struct driver *d = calloc(1, sizeof(*d));
	int rc;

	if (!d)
		return -ENOMEM;
	d->config = *config;
	d->loop = loop;
	d->carrier = on_the_host;
	d->socks = calloc(65536, sizeof(struct sock *));
	rc = d->socks ? 0 : -ENOMEM;
	if (!rc)
		rc = inbox_open(&d->inbox,
				config->is_server ? INBOX_JUMBO : INBOX_LARGEST,
				&host_memory);
	if (!rc)
		rc = outbox_open(&d->outbox, &host_memory);
	if (!rc)
		rc = turn_open(&d->turn, config->engine, &d->carrier,
			       &host_memory);
	if (rc) {
		driver_close(d);
		return rc;
	}
	*to = d;
	return 0;
}

void driver_close(struct driver *d)
{
	if (!d)
		return;
	if (d->outbox)
		(void)outbox_flush(d->outbox);
	for (unsigned i = 0; d->socks && i < 65536; i++)
		if (d->socks[i])
			driver_close_sock(d, d->socks[i]);
	for (int i = 0; i < HEARD_MAX; i++)
		if (d->heard[i])
			driver_unhear(d, d->heard[i]->packet.link);
	records_close(d->records, &host_memory);
	driver_close_arp(d);
	inbox_close(d->inbox, &host_memory);
	outbox_close(d->outbox, &host_memory);
	turn_close(&d->turn, &host_memory);
	free(d->socks);
	free(d);
}

static int open_heard(struct driver *d, uint32_t link, struct heard *h)
{
	struct filter filter;
	int rc;

	if (d->config.filter)
		filter = *d->config.filter;
	else if (d->config.is_server)
		filter_bootp_server(&filter, BOOTP_SERVER_PORT, true);
	else
		filter_bootp_client(&filter, BOOTP_CLIENT_PORT, false);
	rc = packet_open(&h->packet, link, PACKET_IP, &filter);
	if (rc)
		return rc;
	h->driver = d;
	h->watch = (struct watch){
		.fd = h->packet.fd, .arg = h, .ready = driver_on_frames};
	rc = loop_watch(d->loop, &h->watch, LOOP_READ);
	if (rc)
		packet_close(&h->packet);
	return rc;
}

int driver_hear(struct driver *d, uint32_t link)
{
	struct heard *h;
	int free_at = 0, rc;

	if (heard_on(d, link))
		return 0;
	while (free_at < HEARD_MAX && d->heard[free_at])
		free_at++;
	if (free_at == HEARD_MAX)
		return -ENOSPC;
	h = calloc(1, sizeof(*h));
	rc = h ? open_heard(d, link, h) : -ENOMEM;
	if (rc)
		free(h);
	else
		d->heard[free_at] = h;
	return rc;
}

void driver_unhear(struct driver *d, uint32_t link)
{
	for (int i = 0; i < HEARD_MAX; i++) {
		struct heard *h = d->heard[i];

		if (!h || h->packet.link != link)
			continue;
		(void)outbox_flush(d->outbox);
		loop_unwatch(d->loop, &h->watch);
		packet_close(&h->packet);
		free(h);
		d->heard[i] = NULL;
	}
}

void driver_all_groups(struct driver *d, uint32_t link, bool on)
{
	struct heard *h = heard_on(d, link);

	if (!h || h->has_all_groups == on)
		return;
	if (!packet_all_groups(&h->packet, on))
		h->has_all_groups = on;
}

struct effects *driver_effects(struct driver *d)
{
	return &d->turn.fx;
}

void driver_carry(struct driver *d)
{
	turn_carry(&d->turn, loop_now(d->loop), host_wall());
}

void driver_settle(struct driver *d, const struct outcome *o)
{
	turn_settle(&d->turn, loop_now(d->loop), o);
}

/* Few packets came, and we said nothing that somebody waits for: a server in
 * lock step has no next block before it has heard of this one. */
static bool may_nap(struct driver *d)
{
	uint64_t sent = outbox_counts(d->outbox)->sent;
	bool has_spoken = sent != d->spoke;

	d->spoke = sent;
	return !d->config.is_server && d->rode && d->rode < BATCH &&
	       !has_spoken;
}

/* A train's packets that come one by one are not urgent, but by the thousand:
 * let some gather in the socket, which has room for many milliseconds of them,
 * instead of waking up for each.  Two hundred machines that share two cores can
 * ride only so. */
static void nap(usec now, usec until)
{
	usec end = usec_min(until, now + NAP), since = host_now();
	struct timespec ts = {.tv_nsec = (end - since) * 1000};

	if (end > since)
		(void)nanosleep(&ts, NULL);
}

static void tell_mended(struct driver *d)
{
	if (!d->has_mended)
		return;
	d->has_mended = false;
	d->mended.wall = host_wall();
	driver_settle(d, &d->mended);
}

int driver_round(struct driver *d, usec until)
{
	struct engine *e = d->turn.engine;
	bool has_expired;
	int rc;

	if (d->config.between) {
		(void)outbox_flush(d->outbox);
		d->config.between(d->config.arg, loop_now(d->loop));
	}
	has_expired = e->deadline(e) <= loop_now(d->loop);
	if (has_expired)
		turn_expire(&d->turn, loop_now(d->loop), host_wall());
	until = usec_min(until, driver_tell_ends(d));
	if (d->config.committer)
		committer_go(d->config.committer);
	(void)outbox_flush(d->outbox);
	assert(!d->turn.fx.lost);
	until = usec_min(until, e->deadline(e));
	/* A client that waits for nothing more has come to its end: its owner
	 * looks at it now, not when something else happens. */
	if (has_expired && !d->config.is_server && e->deadline(e) == NEVER)
		until = loop_now(d->loop);
	if (d->has_mended)
		until = loop_now(d->loop);
	if (may_nap(d))
		nap(loop_now(d->loop), until);
	d->rode = 0;
	rc = loop_wait(d->loop, until);
	tell_mended(d);
	return rc < 0 ? rc : 0;
}

uint16_t driver_refused_port(const struct driver *d, int *rc)
{
	*rc = d->refused_rc;
	return d->refused_port;
}

const struct driver_counts *driver_counts(const struct driver *d)
{
	return &d->counts;
}

const struct outbox_counts *driver_sent(const struct driver *d)
{
	return outbox_counts(d->outbox);
}
