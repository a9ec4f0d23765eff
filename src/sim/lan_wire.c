/*
 * Packets on their way.  A packet for a group or for everybody is one event,
 * however many hear it: the weather decides for each hearer when it arrives.
 */
#include "sim/lan_impl.h"

#include "wire/bootp.h"
#include "wire/frame.h"
#include "wire/icmp.h"
#include "wire/portmap.h"

#include <assert.h>
#include <stdlib.h>

enum { WIRE_REST = 24 }; /* preamble, check sum and gap around a frame */

static const usec BURST_SPAN = MILLISECONDS(10);

void packet_free(struct packet *p)
{
	if (!--p->users)
		free(p);
}

static struct packet *packet_of(struct lan *l, const struct node *from,
				const struct send *s)
{
	size_t body = l->config.has_payload ? s->body.len : 0;
	struct packet *p = malloc(sizeof(*p) + s->head_len + body);

	if (!p)
		return NULL;
	*p = (struct packet){
		.users = 1, .sender = from->id, .len = s->head_len + body};
	p->kind = s->how == SEND_FRAME ? DGRAM_FRAME : DGRAM_UDP;
	p->from = (struct endpoint){.ip = from->link.ip, .port = s->from.port};
	p->to = s->to;
	memcpy(p->bytes, s->head, s->head_len);
	p->trace = hash_bytes(s->head, s->head_len, s->to.port);
	if (body)
		l->config.read(l->config.arg, &s->body, p->bytes + s->head_len);
	else
		p->body = s->body;
	return p;
}

/* When a packet sent now reaches the others: behind what its card still has to
 * send. */
static usec arrival(struct lan *l, struct node *from, size_t bytes)
{
	uint64_t rate = l->config.weather.rate;
	usec start = usec_max(l->now, from->link_free);

	if (rate)
		start += (usec)(bytes * 1000000 / rate);
	from->link_free = start;
	return start + l->config.weather.delay;
}

size_t wire_len(const struct packet *p)
{
	size_t rest = p->kind == DGRAM_UDP ? FRAME_UDP_HEAD : 0;

	return p->len + p->body.len + rest + WIRE_REST;
}

static void send_to(struct lan *l, struct node *from, struct packet *p,
		    enum event_kind kind, uint32_t node)
{
	usec at = arrival(l, from, wire_len(p));
	struct event *e = lan_event(l, at, kind, node);

	if (!e) {
		packet_free(p);
		return;
	}
	e->packet = p;
	if (kind == EVENT_ARRIVE)
		e->life = l->nodes[node].life;
}

static uint32_t by_mac(const struct lan *l, const uint8_t mac[6])
{
	struct hwaddr hw = hwaddr_ethernet(mac);
	uint64_t h = hash_hwaddr(&hw, 0);

	for (uint32_t at = 0, id; index_next(&l->by_mac, h, &at, &id);)
		if (hwaddr_is(&l->nodes[id].link.hw, &hw))
			return id;
	return NODE_NONE;
}

static void send_one(struct lan *l, struct node *from, struct packet *p,
		     uint32_t to)
{
	if (to == NODE_NONE)
		packet_free(p);
	else
		send_to(l, from, p, EVENT_ARRIVE, to);
}

static void send_group(struct lan *l, struct node *from, struct packet *p,
		       struct endpoint to)
{
	const struct group *g = lan_group(l, to);

	if (g)
		send_to(l, from, p, EVENT_GROUP, (uint32_t)(g - l->groups));
	else
		packet_free(p);
}

/* Of masks (RFC 950), and of nothing else in frames of ICMP. */
static bool is_mask(const struct packet *p, struct frame_ip *f, bool *asks)
{
	struct rd r = rd_over(p->bytes, p->len);
	struct icmp_mask m;

	if (!frame_ip_get(f, &r) || f->protocol != IP_PROTOCOL_ICMP)
		return false;
	r = rd_over(f->bytes, f->len);
	if (!icmp_mask_get(&m, &r))
		return false;
	*asks = m.type == ICMP_MASK_REQUEST;
	return true;
}

/* Requests find those who listen as servers by what they are, as their filters
 * do. */
static void send_link(struct lan *l, struct node *from, struct packet *p,
		      const uint8_t dst[6])
{
	if (!(dst[0] & 1))
		send_one(l, from, p, by_mac(l, dst));
	else if (p->is_request)
		send_group(l, from, p,
			   (struct endpoint){.port = BOOTP_SERVER_PORT});
	else
		send_to(l, from, p, EVENT_ALL, NODE_NONE);
}

/* A frame's way is told by its addresses.  Only BOOTP and masks travel in
 * frames here; ARP is heard by nobody, since the LAN knows where everybody is.
 */
static void send_frame(struct lan *l, struct node *from, struct packet *p)
{
	struct rd r = rd_over(p->bytes, p->len);
	struct frame_udp f;
	struct frame_ip ip;

	if (frame_udp_get(&f, &r)) {
		p->from = f.from;
		p->to = f.to;
		p->is_request = f.to.port == BOOTP_SERVER_PORT;
		send_link(l, from, p, f.dst);
	} else if (is_mask(p, &ip, &p->is_request)) {
		send_link(l, from, p, ip.dst);
	} else {
		packet_free(p);
	}
}

/* RFC 919 7: all ones behind the network, as the sender's mask has it. */
static bool is_for_all(const struct node *from, uint32_t ip)
{
	const struct link *own = &from->link;

	return ip == IP_BROADCAST || (own->ip && ip != own->ip &&
				      ip == ip_broadcast(own->ip, own->mask));
}

static void send_udp(struct lan *l, struct node *from, struct packet *p)
{
	bool is_all = is_for_all(from, p->to.ip);

	if (ip_is_multicast(p->to.ip))
		send_group(l, from, p, p->to);
	else if (is_all && p->to.port == PMAP_PORT)
		send_group(l, from, p, (struct endpoint){.port = PMAP_PORT});
	else if (is_all)
		send_to(l, from, p, EVENT_ALL, NODE_NONE);
	else
		send_one(l, from, p, lan_by_ip(l, p->to.ip));
}

void wire_send(struct lan *l, struct node *from, const struct send *s)
{
	struct packet *p = packet_of(l, from, s);

	if (!p)
		return;
	if (l->watcher.send)
		l->watcher.send(l->watcher.arg, from->id, l->now, s);
	if (!from->is_on) { /* the watcher killed it */
		packet_free(p);
		return;
	}
	l->stats.frames_sent++;
	l->stats.data_sent += s->body.len > 0;
	l->stats.bytes_sent += s->head_len + s->body.len;
	if (from->loss && rand_u64(&l->rand) < from->loss) {
		l->stats.frames_lost++;
		packet_free(p);
	} else if (s->how == SEND_FRAME) {
		send_frame(l, from, p);
	} else {
		send_udp(l, from, p);
	}
}

/* A burst is a matter of milliseconds: whoever hears nothing for longer finds
 * the weather as it is on the average. */
static bool is_lost(struct lan *l, struct node *n)
{
	bool has_faded = l->now - n->weather_at > BURST_SPAN;

	n->weather_at = l->now;
	if (n->loss && rand_u64(&l->rand) < n->loss)
		return true;
	if (!l->fall_ill)
		return l->loss && rand_u64(&l->rand) < l->loss;
	if (has_faded)
		n->is_lossy_now = rand_u64(&l->rand) < l->loss;
	else if (n->is_lossy_now)
		n->is_lossy_now = rand_u64(&l->rand) >= l->recover;
	else
		n->is_lossy_now = rand_u64(&l->rand) < l->fall_ill;
	return n->is_lossy_now;
}

struct dgram wire_dgram(const struct node *n, const struct packet *p)
{
	return (struct dgram){
		.kind = p->kind,
		.link = n->link.index,
		.from = p->from,
		.to = p->to,
		.wall = node_wall(n),
		.bytes = p->bytes,
		.len = p->len,
		.body = p->body,
	};
}

/* The first of a node's turn begins it. */
static void read_now(struct lan *l, struct node *n, const struct packet *p)
{
	struct dgram d = wire_dgram(n, p);

	l->stats.frames_delivered++;
	if (l->acting == n)
		lan_trace(l, n, p->trace);
	else
		(void)lan_begin(l, n, p->trace);
	turn_input(&l->turn, l->now, &d);
}

static void keep(struct node *n, struct packet *p)
{
	void *v = n->n_kept < n->keeps
			  ? lan_grow(n->kept, sizeof(struct packet *),
				     n->n_kept, &n->kept_room)
			  : NULL;

	if (!v)
		return;
	n->kept = v;
	n->kept[n->n_kept++] = p;
	p->users++;
}

static void hand_over(struct lan *l, struct node *n, struct packet *p)
{
	if (n->is_hung)
		keep(n, p);
	else if (n->reader.each)
		reader_take(l, n, p);
	else
		read_now(l, n, p);
}

static void end_turn(struct lan *l, struct node *n)
{
	if (l->acting == n)
		lan_end(l, n);
}

/* The same packet, later, at one node. */
static void come_later(struct lan *l, struct node *n, struct packet *p, usec at)
{
	struct event *e = lan_event(l, at, EVENT_ARRIVE, n->id);

	if (!e)
		return;
	p->users++;
	e->packet = p;
	e->life = n->life;
	e->is_late = true;
}

static void again(struct lan *l, struct node *n, struct packet *p)
{
	uint64_t by = (uint64_t)l->config.weather.reorder_by + 1;

	come_later(l, n, p, l->now + 1 + (usec)rand_below(&l->rand, by));
}

/* Or keeps it until it can. */
static bool hears(const struct node *n, const struct packet *p)
{
	if (!n->is_on || (n->is_hung && !n->keeps))
		return false;
	if (p->kind == DGRAM_UDP)
		return node_listens(n, p->to.port);
	/* A packet socket's filter: requests for those who listen as servers,
	 * replies for the others. */
	return p->is_request == node_listens(n, BOOTP_SERVER_PORT);
}

void wire_read(struct lan *l, struct node *n, const struct packet *p)
{
	if (n->is_hung || !hears(n, p))
		return;
	read_now(l, n, p);
	end_turn(l, n);
}

void wire_go_on(struct lan *l, struct node *n)
{
	for (unsigned i = 0; i < n->n_kept; i++)
		come_later(l, n, n->kept[i], l->now);
	wire_forget(n);
}

void wire_forget(struct node *n)
{
	while (n->n_kept)
		packet_free(n->kept[--n->n_kept]);
	free(n->kept);
	n->kept = NULL;
	n->kept_room = 0;
}

static void through_weather(struct lan *l, struct node *n, struct packet *p)
{
	if (!hears(n, p))
		return;
	if (is_lost(l, n)) {
		l->stats.frames_lost++;
		return;
	}
	if (l->duplicate && rand_u64(&l->rand) < l->duplicate)
		again(l, n, p);
	if (l->reorder && rand_u64(&l->rand) < l->reorder)
		again(l, n, p);
	else
		hand_over(l, n, p);
}

static void arrive_at(struct lan *l, struct node *n, const struct event *e)
{
	if (e->life != n->life)
		return;
	if (!e->is_late)
		through_weather(l, n, e->packet);
	else if (hears(n, e->packet))
		hand_over(l, n, e->packet);
	end_turn(l, n);
}

static void read_all(struct lan *l, struct node *n, struct packet *const *v,
		     unsigned packets)
{
	for (unsigned i = 0; i < packets; i++)
		if (v[i]->sender != n->id)
			through_weather(l, n, v[i]);
	end_turn(l, n);
}

/* From the end: a member that leaves gives its place to one that was served
 * already.  Hearing may join groups, too, so nothing is held on to. */
static void arrive_at_group(struct lan *l, uint32_t group,
			    struct packet *const *v, unsigned packets)
{
	for (uint32_t i = l->groups[group].n; i; i--) {
		const struct group *g = &l->groups[group];

		if (i <= g->n)
			read_all(l, &l->nodes[g->members[i - 1]], v, packets);
	}
}

void gathered_free(struct gathered *g)
{
	for (unsigned i = 0; i < g->n; i++)
		packet_free(g->v[i]);
	free(g->v);
	*g = (struct gathered){0};
}

void wire_gathered(struct lan *l, uint32_t group)
{
	struct gathered all = l->groups[group].gathered;

	l->groups[group].gathered = (struct gathered){0};
	arrive_at_group(l, group, all.v, all.n);
	gathered_free(&all);
}

/* False: it has to be read at once. */
static bool gather(struct lan *l, uint32_t group, struct packet *p)
{
	struct gathered *g = &l->groups[group].gathered;
	void *v;

	if (!l->config.gather)
		return false;
	v = lan_grow(g->v, sizeof(struct packet *), g->n, &g->room);
	if (!v)
		return false;
	g->v = v;
	if (!g->n &&
	    !lan_event(l, l->now + l->config.gather, EVENT_GATHER, group))
		return false;
	g->v[g->n++] = p;
	p->users++;
	return true;
}

void wire_arrive(struct lan *l, struct event *e)
{
	struct packet *p = e->packet;

	if (e->kind == EVENT_ARRIVE) {
		arrive_at(l, &l->nodes[e->node], e);
	} else if (e->kind == EVENT_ALL) {
		for (uint32_t i = 0; i < l->n_nodes; i++)
			read_all(l, &l->nodes[i], &p, 1);
	} else if (!gather(l, e->node, p)) {
		arrive_at_group(l, e->node, &p, 1);
	}
	packet_free(p);
}
