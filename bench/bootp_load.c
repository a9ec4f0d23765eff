/*
 * Load for BOOTP and DHCP servers, as a relay agent with many machines behind
 * it, so that no machine needs an address yet.
 *
 *	bootp_load pairs SERVER RELAY MACHINES SECONDS
 *		plain BOOTP; as many requests under way as IN_FLIGHT; prints
 *		replies a second, and how many requests had none
 *	bootp_load exchanges SERVER RELAY MACHINES SECONDS
 *		the same with DHCP's four messages; prints exchanges a second
 *	bootp_load storm SERVER RELAY MACHINES
 *		a DISCOVER from each within one second, each asks again as iPXE
 *		does, until all are bound; prints the seconds that took, and how
 *		often something was sent again
 */
#include "host/loop.h"
#include "host/memory.h"
#include "host/outbox.h"
#include "host/udp.h"
#include "wire/bootp.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { IN_FLIGHT = 128, MACHINES_MAX = 131072 };

static const usec QUIET = MILLISECONDS(200);
static const usec PATIENCE = SECONDS(30);

struct machine {
	usec again; /* when it asks again; NEVER: it is bound */
	usec wait;
	uint32_t ip, server;
	bool has_offer;
};

struct load {
	struct udp udp;
	struct inbox *in;
	struct outbox *out;
	struct endpoint server, relay;
	uint32_t n;
	struct machine v[MACHINES_MAX];
	uint64_t begun, replies, repeated;
	unsigned in_flight;
	usec heard; /* when anything came last */
	bool is_dhcp;
};

/* ---- packets ------------------------------------------------------------ */

static struct bootp_out begin(const struct load *l, uint32_t i, struct wr *w)
{
	struct bootp_head h = {.op = BOOTP_REQUEST,
			       .hops = 1,
			       .hw = {.type = 1,
				      .len = 6,
				      .b = {2, 0xb0, 0, (uint8_t)(i >> 16),
					    (uint8_t)(i >> 8), (uint8_t)i}},
			       .xid = {0xb0, (uint8_t)(i >> 16),
				       (uint8_t)(i >> 8), (uint8_t)i},
			       .giaddr = l->relay.ip};

	return bootp_begin(&h, w, BOOTP_MTU_MAX);
}

static void send_one(struct load *l, struct bootp_out *o)
{
	bootp_end(o);
	outbox_udp(l->out, &(struct outgoing){.fd = l->udp.fd,
					      .from = l->relay.ip,
					      .to = l->server,
					      .head = o->w->start,
					      .head_len = wr_len(o->w)});
}

static void send_bootp(struct load *l, uint32_t i)
{
	uint8_t bytes[600];
	struct wr w = wr_over(bytes, sizeof bytes);
	struct bootp_out o = begin(l, i, &w);

	send_one(l, &o);
}

static void send_dhcp(struct load *l, uint32_t i)
{
	static const uint8_t wanted[] = {OPT_SUBNET_MASK, OPT_ROUTER, OPT_DNS,
					 OPT_HOST_NAME};
	const struct machine *m = &l->v[i];
	uint8_t bytes[600];
	struct wr w = wr_over(bytes, sizeof bytes);
	struct bootp_out o = begin(l, i, &w);

	(void)bootp_put_u8(&o, OPT_MESSAGE_TYPE,
			   m->has_offer ? DHCP_REQUEST : DHCP_DISCOVER);
	if (m->has_offer) {
		(void)bootp_put_u32(&o, OPT_SERVER_ID, m->server);
		(void)bootp_put_u32(&o, OPT_REQUESTED_IP, m->ip);
	}
	(void)bootp_put(&o, OPT_PARAMETER_LIST, wanted, sizeof wanted);
	send_one(l, &o);
}

/* Whose reply it is; l->n if nobody's. */
static uint32_t machine_of(const struct load *l, const struct bootp *m)
{
	uint32_t i = (uint32_t)m->xid[1] << 16 | (uint32_t)m->xid[2] << 8 |
		     m->xid[3];

	return m->op == BOOTP_REPLY && m->xid[0] == 0xb0 && i < l->n ? i : l->n;
}

/* All that waits, at most until `until`. */
static void listen_to(struct load *l, usec until,
		      void (*on)(struct load *l, uint32_t i,
				 const struct bootp *m))
{
	struct pollfd p = {.fd = l->udp.fd, .events = POLLIN};
	int wait = (int)(usec_max(until - host_now(), 0) / 1000);
	int n;

	(void)outbox_flush(l->out);
	if (poll(&p, 1, wait) <= 0)
		return;
	n = udp_receive(&l->udp, l->in);
	l->heard = host_now();
	for (int i = 0; i < n; i++) {
		const struct arrival *a = inbox_get(l->in, i);
		struct rd r = rd_over(a->bytes, a->len);
		struct bootp m;

		if (bootp_get(&m, &r) && machine_of(l, &m) < l->n)
			on(l, machine_of(l, &m), &m);
	}
}

/* ---- pairs -------------------------------------------------------------- */

static void ask_next(struct load *l)
{
	uint32_t i = (uint32_t)(l->begun++ % l->n);

	l->v[i] = (struct machine){0};
	if (l->is_dhcp)
		send_dhcp(l, i);
	else
		send_bootp(l, i);
	l->in_flight++;
}

static void on_reply(struct load *l, uint32_t i, const struct bootp *m)
{
	struct machine *is = &l->v[i];

	if (m->type == DHCP_OFFER) {
		if (is->has_offer)
			return;
		is->has_offer = bootp_option_u32(m, OPT_SERVER_ID, &is->server);
		is->ip = m->yiaddr;
		send_dhcp(l, i);
		return;
	}
	l->replies += m->yiaddr != 0;
	if (!l->in_flight) /* too late: it has been given up */
		return;
	l->in_flight--;
	ask_next(l);
}

static int pairs(struct load *l, double length)
{
	usec start = host_now();
	usec end = start + (usec)(length * 1e6);
	uint64_t lost = 0;

	while (host_now() < end) {
		uint64_t before = l->replies;

		while (l->in_flight < IN_FLIGHT)
			ask_next(l);
		listen_to(l, host_now() + QUIET, on_reply);
		if (l->replies > before || host_now() < l->heard + QUIET)
			continue;
		lost += l->in_flight;
		l->in_flight = 0;
	}
	printf("%.0f %llu\n",
	       (double)l->replies * 1e6 / (double)(host_now() - start),
	       (unsigned long long)lost);
	return EXIT_SUCCESS;
}

/* ---- a storm ------------------------------------------------------------ */

static void ask(struct load *l, uint32_t i, usec wait)
{
	struct machine *m = &l->v[i];

	m->wait = wait;
	m->again = host_now() + wait;
	send_dhcp(l, i);
}

static void on_lease(struct load *l, uint32_t i, const struct bootp *m)
{
	struct machine *is = &l->v[i];

	if (is->again == NEVER)
		return;
	if (m->type == DHCP_OFFER && !is->has_offer) {
		is->has_offer = bootp_option_u32(m, OPT_SERVER_ID, &is->server);
		is->ip = m->yiaddr;
		ask(l, i, SECONDS(1));
	} else if (m->type == DHCP_ACK) {
		is->again = NEVER;
		l->replies++;
	} else if (m->type == DHCP_NAK) {
		is->has_offer = false;
		ask(l, i, SECONDS(1));
	}
}

static void ask_again(struct load *l, uint32_t upto, usec now)
{
	for (uint32_t i = 0; i < upto; i++)
		if (l->v[i].again <= now) {
			ask(l, i, usec_min(2 * l->v[i].wait, SECONDS(10)));
			l->repeated++;
		}
}

static int storm(struct load *l)
{
	usec start = host_now(), look = start + SECONDS(1);
	uint32_t upto = 0;

	while (l->replies < l->n) {
		usec now = host_now();
		usec due = (now - start) * l->n / SECONDS(1) + 1;

		for (; upto < l->n && upto < due; upto++)
			ask(l, upto, SECONDS(1));
		if (now >= look) {
			ask_again(l, upto, now);
			look = now + MILLISECONDS(20);
		}
		if (now > start + PATIENCE)
			break;
		listen_to(l, now + MILLISECONDS(1), on_lease);
	}
	printf("%.2f %llu %u\n", (double)(host_now() - start) / 1e6,
	       (unsigned long long)l->repeated, l->n - (uint32_t)l->replies);
	return EXIT_SUCCESS;
}

/* ---- the rest ----------------------------------------------------------- */

static bool take(struct load *l, char **argv)
{
	l->server.port = BOOTP_SERVER_PORT;
	l->n = (uint32_t)strtoul(argv[4], NULL, 10);
	return ip_parse(argv[2], strlen(argv[2]), &l->server.ip) &&
	       ip_parse(argv[3], strlen(argv[3]), &l->relay.ip) && l->n > 0 &&
	       l->n <= MACHINES_MAX;
}

int main(int argc, char **argv)
{
	static struct load l;
	bool is_pairs = argc == 6 && (!strcmp(argv[1], "pairs") ||
				      !strcmp(argv[1], "exchanges"));
	bool is_storm = argc == 5 && !strcmp(argv[1], "storm");

	if (!(is_pairs || is_storm) || !take(&l, argv)) {
		fputs("usage: bootp_load pairs|exchanges SERVER RELAY "
		      "MACHINES SECONDS | storm SERVER RELAY MACHINES\n",
		      stderr);
		return 2;
	}
	l.is_dhcp = argv[1][0] != 'p';
	int rc = udp_open(&l.udp, BOOTP_SERVER_PORT, 0, UDP_BULK);

	if (!rc)
		rc = inbox_open(&l.in, INBOX_ROOM, &host_memory);
	if (!rc)
		rc = outbox_open(&l.out, &host_memory);
	if (rc) {
		fprintf(stderr, "bootp_load: %s\n", strerror(-rc));
		return EXIT_FAILURE;
	}
	return is_pairs ? pairs(&l, strtod(argv[5], NULL)) : storm(&l);
}
