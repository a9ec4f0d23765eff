/*
 * The host layer's sockets, bare, for tests/peer/host_sockets.
 *
 *	host_probe serve LINK PORT
 *			a BOOTP server's two sockets: a line for each datagram,
 *			until a signal
 *	host_probe hear LINK PORT
 *			a BOOTP client's packet socket, likewise
 *	host_probe send LINK MAC FROM:PORT TO:PORT TEXT
 *			one frame, to that MAC, without ARP
 *	host_probe reply LINK FROM TO:PORT TEXT
 *			one datagram by a UDP socket
 *	host_probe owner PORT            who has it
 *	host_probe set LINK IP MASK ROUTER
 *	host_probe links                 what there is
 *	host_probe many LINK TO:PORT N   N datagrams, as fast as it goes
 *	host_probe burst LINK TO:PORT bulk|single LENGTH[xN]...
 *			datagrams of these lengths in one flush, made of three
 *			pieces; no two alike, in each run the same
 *	host_probe collect LINK GROUP:PORT merged|plain N
 *			N datagrams, or those that came until 2 s of silence:
 *			where to, by which link, length and sum of each; then
 *			how often the kernel was asked, and what it had no room
 *			for
 *	host_probe drop USER             give up root, and say what is left
 */
#include "base/cursor.h"
#include "base/text.h"
#include "host/link.h"
#include "host/loop.h"
#include "host/memory.h"
#include "host/outbox.h"
#include "host/packet.h"
#include "host/privs.h"
#include "host/udp.h"
#include "wire/frame.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct server {
	struct udp udp;
	struct packet packet;
	struct inbox *inbox;
	struct loop *loop;
	int signals;
	bool is_over;
};

static _Noreturn void die(const char *what, int rc)
{
	fprintf(stderr, "host_probe: %s: %s\n", what, strerror(-rc));
	exit(1);
}

static void fail(const char *what, int rc)
{
	if (rc < 0)
		die(what, rc);
}

static struct link find(const char *name)
{
	struct link v[64];
	int n = links_list(v, 64);
	const struct link *l;

	fail("links", n);
	l = links_named(v, (size_t)n, name);
	if (!l)
		die(name, -ENODEV);
	return *l;
}

static unsigned number_of(const char *s)
{
	uint64_t n = 0;

	if (!number_parse(s, strlen(s), 1000000, &n))
		die(s, -EINVAL);
	return (unsigned)n;
}

static uint32_t ip_of(const char *s)
{
	uint32_t ip = 0;

	if (!ip_parse(s, strlen(s), &ip))
		die(s, -EINVAL);
	return ip;
}

static struct endpoint endpoint_of(const char *s)
{
	const char *colon = strchr(s, ':');
	struct endpoint e = {0, 0};

	if (!colon || !ip_parse(s, (size_t)(colon - s), &e.ip))
		die(s, -EINVAL);
	e.port = (uint16_t)number_of(colon + 1);
	return e;
}

static void print(const char *by, struct endpoint from, struct endpoint to,
		  const uint8_t *bytes, size_t len)
{
	char line[512];
	struct text t = text_over(line, sizeof line);

	text_add(&t, by);
	text_add(&t, " ");
	text_endpoint(&t, from);
	text_add(&t, " ");
	text_endpoint(&t, to);
	text_add(&t, " ");
	text_wire(&t, (const char *)bytes, len);
	puts(line);
	fflush(stdout);
}

static void on_udp(void *arg, unsigned events)
{
	struct server *s = arg;
	int n = udp_receive(&s->udp, s->inbox);

	(void)events;
	for (int i = 0; i < n; i++) {
		const struct arrival *a = inbox_get(s->inbox, i);

		print("udp", a->from, a->to, a->bytes, a->len);
	}
}

static void on_packet(void *arg, unsigned events)
{
	struct server *s = arg;
	int n = packet_receive(&s->packet, s->inbox);

	(void)events;
	for (int i = 0; i < n; i++) {
		const struct arrival *a = inbox_get(s->inbox, i);
		struct rd r = rd_over(a->bytes, a->len);
		struct frame_udp f;

		if (frame_udp_get(&f, &r))
			print("packet", f.from, f.to, f.bytes, f.len);
		else
			puts("no datagram");
		fflush(stdout);
	}
}

static void on_signal(void *arg, unsigned events)
{
	struct server *s = arg;

	(void)events;
	s->is_over = signals_next(s->signals) == SIGTERM;
}

static void watch(struct server *s, struct watch *w, int fd,
		  void (*ready)(void *arg, unsigned events))
{
	*w = (struct watch){.fd = fd, .arg = s, .ready = ready};
	fail("watch", loop_watch(s->loop, w, LOOP_READ));
}

/* Until a signal. */
static int run(struct server *s)
{
	struct watch udp, packet, signals;

	fail("loop", loop_open(&s->loop, &host_memory));
	fail("inbox", inbox_open(&s->inbox, INBOX_ROOM, &host_memory));
	if (s->udp.fd >= 0)
		watch(s, &udp, s->udp.fd, on_udp);
	watch(s, &packet, s->packet.fd, on_packet);
	watch(s, &signals, signals_open(), on_signal);
	s->signals = signals.fd;
	puts("ready");
	fflush(stdout);
	while (!s->is_over)
		fail("wait", loop_wait(s->loop, NEVER));
	packet_close(&s->packet);
	udp_close(&s->udp);
	inbox_close(s->inbox, &host_memory);
	loop_close(s->loop, &host_memory);
	return 0;
}

static int serve(const char *name, uint16_t port)
{
	struct server s = {.is_over = false};
	struct filter f;

	fail("udp", udp_open(&s.udp, port, 0, 0));
	filter_bootp_server_udp(&f);
	fail("filter", filter_attach(s.udp.fd, &f));
	filter_bootp_server(&f, port, false);
	fail("packet", packet_open(&s.packet, find(name).index, PACKET_IP, &f));
	return run(&s);
}

static int hear(const char *name, uint16_t port)
{
	struct server s = {.udp.fd = -1};
	struct filter f;

	filter_bootp_client(&f, port, true);
	fail("packet",
	     packet_open(&s.packet, find(name).index, PACKET_ANY, &f));
	return run(&s);
}

static void flush(struct outbox *o)
{
	outbox_flush(o);
	fail("send", outbox_counts(o)->error);
	printf("sent %lu dropped %lu calls %lu\n",
	       (unsigned long)outbox_counts(o)->sent,
	       (unsigned long)outbox_counts(o)->dropped,
	       (unsigned long)outbox_counts(o)->calls);
	outbox_close(o, &host_memory);
}

static struct outbox *new_outbox(void)
{
	struct outbox *o;

	fail("outbox", outbox_open(&o, &host_memory));
	return o;
}

static int send_frame(char **v)
{
	struct link link = find(v[0]);
	struct frame_udp f = {.from = endpoint_of(v[2]),
			      .to = endpoint_of(v[3]),
			      .ttl = 64,
			      .bytes = (const uint8_t *)v[4],
			      .len = strlen(v[4])};
	struct outbox *o = new_outbox();
	uint8_t bytes[512];
	struct wr w = wr_over(bytes, sizeof bytes);
	struct packet p;
	struct hwaddr to;
	struct filter none;

	if (!hwaddr_parse(v[1], strlen(v[1]), &to))
		die(v[1], -EINVAL);
	memcpy(f.dst, to.b, 6);
	memcpy(f.src, link.hw.b, 6);
	frame_udp_put(&f, &w);
	filter_arp(&none);
	fail("packet", packet_open(&p, link.index, PACKET_ARP, &none));
	outbox_frame(o, &(struct outgoing){.fd = p.fd,
					   .link = link.index,
					   .head = bytes,
					   .head_len = wr_len(&w)});
	flush(o);
	packet_close(&p);
	return 0;
}

static int send_reply(char **v)
{
	struct outbox *o = new_outbox();
	struct udp u;

	fail("udp", udp_open(&u, 0, 0, UDP_NO_DF));
	outbox_udp(o,
		   &(struct outgoing){.fd = u.fd,
				      .link = find(v[0]).index,
				      .from = ip_of(v[1]),
				      .to = endpoint_of(v[2]),
				      .head = v[3],
				      .head_len = 1,
				      .body = {{v[3] + 1, 1},
					       {v[3] + 2, strlen(v[3]) - 2}}});
	flush(o);
	udp_close(&u);
	return 0;
}

static int send_many(char **v)
{
	struct outbox *o = new_outbox();
	struct udp a, b;
	uint32_t link = find(v[0]).index;
	unsigned n = number_of(v[2]);

	fail("udp", udp_open(&a, 0, 0, UDP_BULK));
	fail("udp", udp_open(&b, 0, 0, UDP_BULK));
	for (unsigned i = 0; i < n; i++)
		outbox_udp(o, &(struct outgoing){.fd = i & 1 ? a.fd : b.fd,
						 .link = link,
						 .to = endpoint_of(v[1]),
						 .head = "many",
						 .head_len = 4});
	flush(o);
	udp_close(&a);
	udp_close(&b);
	return 0;
}

/* ---- bursts ------------------------------------------------------------- */

enum { HEAD = 11, LONGEST = 9000 };

/* What a datagram holds: a sum of its place in the burst and in itself. */
static void make_payload(uint8_t *p, size_t len, unsigned number)
{
	uint32_t v = number * 2654435761u + 12345;

	for (size_t i = 0; i < len; i++) {
		v = v * 1664525 + 1013904223;
		p[i] = (uint8_t)(v >> 24);
	}
}

static uint64_t sum_of(const uint8_t *p, size_t len)
{
	uint64_t sum = 14695981039346656037u; /* FNV-1a */

	for (size_t i = 0; i < len; i++)
		sum = (sum ^ p[i]) * 1099511628211u;
	return sum;
}

struct burst {
	struct outbox *outbox;
	struct outgoing m;
	unsigned n;
	uint8_t payload[OUTBOX_MANY][LONGEST];
};

static void add_to_burst(struct burst *b, size_t len)
{
	uint8_t *p = b->payload[b->n];
	size_t head = len < HEAD ? len : HEAD, half = (len - head) / 2;

	make_payload(p, len, b->n++);
	b->m.head = p;
	b->m.head_len = head;
	b->m.body[0] = (struct iovec){p + head, half};
	b->m.body[1] = (struct iovec){p + head + half, len - head - half};
	outbox_udp(b->outbox, &b->m);
}

static int send_burst(char **v)
{
	static struct burst b;
	struct udp u;
	bool is_bulk = !strcmp(v[2], "bulk");
	const struct outbox_counts *c;

	b.outbox = new_outbox();
	c = outbox_counts(b.outbox);
	fail("udp", udp_open(&u, 5000, 0, is_bulk ? UDP_BULK : 0));
	b.m = (struct outgoing){.fd = u.fd,
				.link = find(v[0]).index,
				.to = endpoint_of(v[1]),
				.ttl = 3,
				.segment_max = &u.segment_max};
	for (v += 3; *v; v++) {
		char *x = strchr(*v, 'x');
		unsigned times = x ? number_of(x + 1) : 1;

		if (x)
			*x = 0;
		while (times-- && b.n < OUTBOX_MANY)
			add_to_burst(&b, number_of(*v));
	}
	outbox_flush(b.outbox);
	printf("sent %lu messages %lu calls %lu refused %lu failed %lu up to "
	       "%u\n",
	       (unsigned long)c->sent, (unsigned long)c->messages,
	       (unsigned long)c->calls, (unsigned long)c->refused,
	       (unsigned long)c->failed, u.segment_max);
	outbox_close(b.outbox, &host_memory);
	udp_close(&u);
	return 0;
}

static void print_sum(const struct arrival *a)
{
	char line[128];
	struct text t = text_over(line, sizeof line);

	text_endpoint(&t, a->from);
	text_add(&t, " ");
	text_endpoint(&t, a->to);
	printf("%s by %u, %zu bytes, %016lx%s\n", line, (unsigned)a->link,
	       a->len, (unsigned long)sum_of(a->bytes, a->len),
	       a->truncated ? ", truncated" : "");
}

static int collect(char **v)
{
	struct endpoint at = endpoint_of(v[1]);
	struct inbox *in;
	struct udp u;
	unsigned wanted = number_of(v[3]), calls = 0;
	unsigned merged = !strcmp(v[2], "merged") ? UDP_MERGED : 0;

	fail("udp", udp_open(&u, at.port, 0, UDP_BULK | merged));
	fail("join", udp_join(&u, at.ip, find(v[0]).index));
	fail("inbox", inbox_open(&in, INBOX_LARGEST, &host_memory));
	puts("ready");
	fflush(stdout);
	for (unsigned got = 0; got < wanted; calls++) {
		struct pollfd p = {.fd = u.fd, .events = POLLIN};
		int n = poll(&p, 1, 2000);

		if (n == 0)
			break;
		n = udp_receive(&u, in);
		fail("receive", n);
		for (int i = 0; i < n; i++)
			print_sum(inbox_get(in, i));
		got += (unsigned)n;
	}
	printf("asked %u times, %u dropped\n", calls,
	       (unsigned)udp_dropped(&u));
	inbox_close(in, &host_memory);
	udp_close(&u);
	return 0;
}

/* ---- the rest ----------------------------------------------------------- */

static int print_links(void)
{
	struct link v[64];
	int n = links_list(v, 64);

	fail("links", n);
	for (int i = 0; i < n; i++) {
		char line[256];
		struct text t = text_over(line, sizeof line);

		text_add(&t, v[i].name);
		text_add(&t, v[i].is_up ? " up " : " down ");
		text_hwaddr(&t, &v[i].hw);
		text_add(&t, " ");
		text_ip(&t, v[i].ip);
		text_add(&t, " ");
		text_ip(&t, v[i].mask);
		text_add(&t, " ");
		text_u64(&t, v[i].mtu);
		puts(line);
	}
	return 0;
}

static int print_owner(const char *port)
{
	char who[128];

	(void)host_port_owner((uint16_t)number_of(port), who, sizeof who);
	puts(who);
	return 0;
}

static int drop(const char *user)
{
	const char *what = "";
	struct udp u;

	fail(what, privs_drop(user, &what));
	printf("uid %u raw %d low %d root again %d\n", (unsigned)getuid(),
	       privs_raw(), privs_low_ports(), setuid(0) == 0);
	fail("udp", udp_open(&u, 68, 0, 0));
	udp_close(&u);
	return 0;
}

int main(int n, char **v)
{
	const char *verb = n > 1 ? v[1] : "";

	if (!strcmp(verb, "serve") && n == 4)
		return serve(v[2], (uint16_t)number_of(v[3]));
	if (!strcmp(verb, "hear") && n == 4)
		return hear(v[2], (uint16_t)number_of(v[3]));
	if (!strcmp(verb, "send") && n == 7)
		return send_frame(v + 2);
	if (!strcmp(verb, "reply") && n == 6)
		return send_reply(v + 2);
	if (!strcmp(verb, "many") && n == 5)
		return send_many(v + 2);
	if (!strcmp(verb, "burst") && n > 5)
		return send_burst(v + 2);
	if (!strcmp(verb, "collect") && n == 6)
		return collect(v + 2);
	if (!strcmp(verb, "owner") && n == 3)
		return print_owner(v[2]);
	if (!strcmp(verb, "links") && n == 2)
		return print_links();
	if (!strcmp(verb, "drop") && n == 3)
		return drop(v[2]);
	if (!strcmp(verb, "set") && n == 6) {
		fail("set", link_set_address(find(v[2]).index, ip_of(v[3]),
					     ip_of(v[4]), ip_of(v[5]), 0));
		return 0;
	}
	fprintf(stderr, "usage: see the head of tests/peer/host_probe.c\n");
	return 2;
}
