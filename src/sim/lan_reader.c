/*
 * A node that takes its time.  A packet that the weather has let through waits
 * twice: at the port of the switch, which sends one after the other, and in the
 * buffer of the node's socket, which may be full.
 */
#include "sim/lan_impl.h"

enum { NS = 1000 };

void lan_set_reader(struct lan *l, uint32_t node,
		    const struct lan_reader *reader)
{
	l->nodes[node].reader = *reader;
}

/* A share in the packet, at the node as it is now. */
static void later(struct lan *l, struct node *n, struct packet *p,
		  enum event_kind kind, usec at)
{
	struct event *e = lan_event(l, at, kind, n->id);

	if (!e)
		return;
	p->users++;
	e->packet = p;
	e->life = n->life;
}

/* In nanoseconds: a short frame takes less than one microsecond. */
void reader_take(struct lan *l, struct node *n, struct packet *p)
{
	uint64_t rate = n->reader.rate, now = (uint64_t)l->now * NS;

	if (n->port_free < now)
		n->port_free = now;
	if (rate)
		n->port_free += wire_len(p) * 1000000000 / rate;
	later(l, n, p, EVENT_COME, (usec)(n->port_free / NS));
}

static bool has_room(const struct node *n)
{
	return n->unread <= n->reader.queue;
}

static void lose(struct lan *l, const struct node *n, const struct packet *p)
{
	struct dgram d = wire_dgram(n, p);

	l->stats.frames_unread++;
	if (l->watcher.unread)
		l->watcher.unread(l->watcher.arg, n->id, l->now, &d);
}

void reader_come(struct lan *l, struct event *e)
{
	struct node *n = &l->nodes[e->node];
	struct packet *p = e->packet;

	if (e->life == n->life && has_room(n)) {
		n->unread++;
		n->read_free = usec_max(l->now, n->read_free) + n->reader.each;
		later(l, n, p, EVENT_READ, n->read_free);
	} else if (e->life == n->life) {
		lose(l, n, p);
	}
	packet_free(p);
}

void reader_read(struct lan *l, struct event *e)
{
	struct node *n = &l->nodes[e->node];

	if (e->life == n->life) {
		n->unread--;
		wire_read(l, n, e->packet);
	}
	packet_free(e->packet);
}
