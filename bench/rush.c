/*
 * A rush of machines for one or several DHCP servers, as a relay agent that has
 * them behind it and passes on each message to all of its servers:
 *
 *	rush SERVER[,SERVER...] RELAY MACHINES UNDERWAY SECONDS
 *
 * So many of the machines are under way at a time: all of them, then they ask
 * at once, and the rush ends when all are bound; or some, of whom each makes
 * room for the next until the time is over.  Who is not answered asks again, as
 * clients do: after 1 s, 2, 4, 8, and begins anew when a server that made an
 * offer is silent.  It prints
 *
 *	BOUND SECONDS P50 P99 LONGEST REPEATED UNBOUND GAP
 *
 * where a machine's time is from its first DISCOVER to its ACK, in microseconds
 * as is the GAP: the longest time in which nobody was bound.
 */
#include "host/loop.h"
#include "host/memory.h"
#include "host/outbox.h"
#include "host/udp.h"
#include "wire/bootp.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	SERVERS = 8,
	MACHINES = 131072,
	TIMES = 4000000,
	AT_ONCE = 32, /* begun between two looks at what has come */
	ASKED = 2     /* REQUESTs to one server */
};

static const usec LOOK = MILLISECONDS(20);
static const usec WAIT_FIRST = SECONDS(1), WAIT_MOST = SECONDS(8);

struct machine {
	usec first; /* 0: it is not under way */
	usec again, wait;
	uint32_t ip, server; /* of an offer */
	uint32_t slot;       /* where it stands among those under way */
	uint8_t asked;       /* REQUESTs; 0: it has no offer */
};

struct rush {
	struct udp udp;
	struct inbox *in;
	struct outbox *out;
	struct endpoint server[SERVERS];
	unsigned n_servers;
	uint32_t relay, n, most;
	struct machine v[MACHINES];
	uint32_t underway[MACHINES], n_underway;
	uint64_t begun, bound, repeated;
	uint32_t *times;
	usec start, bound_at, gap;
};

/* ---- packets ------------------------------------------------------------ */

static void send_all(struct rush *r, struct bootp_out *o)
{
	bootp_end(o);
	for (unsigned k = 0; k < r->n_servers; k++)
		outbox_udp(r->out,
			   &(struct outgoing){.fd = r->udp.fd,
					      .from = r->relay,
					      .to = r->server[k],
					      .head = o->w->start,
					      .head_len = wr_len(o->w)});
}

static void send_one(struct rush *r, uint32_t i)
{
	static const uint8_t wanted[] = {OPT_SUBNET_MASK, OPT_ROUTER, OPT_DNS,
					 OPT_HOST_NAME};
	const struct machine *m = &r->v[i];
	uint8_t hi = (uint8_t)(i >> 16), mid = (uint8_t)(i >> 8);
	struct bootp_head h = {
		.op = BOOTP_REQUEST,
		.hops = 1,
		.hw = {.type = 1,
		       .len = 6,
		       .b = {2, 0xb0, 0, hi, mid, (uint8_t)i}},
		.xid = {0xb0, hi, mid, (uint8_t)i},
		.secs = (uint16_t)((host_now() - m->first) / SECOND),
		.giaddr = r->relay};
	uint8_t bytes[600];
	struct wr w = wr_over(bytes, sizeof bytes);
	struct bootp_out o = bootp_begin(&h, &w, BOOTP_MTU_MAX);

	(void)bootp_put_u8(&o, OPT_MESSAGE_TYPE,
			   m->asked ? DHCP_REQUEST : DHCP_DISCOVER);
	if (m->asked) {
		(void)bootp_put_u32(&o, OPT_SERVER_ID, m->server);
		(void)bootp_put_u32(&o, OPT_REQUESTED_IP, m->ip);
	}
	(void)bootp_put(&o, OPT_PARAMETER_LIST, wanted, sizeof wanted);
	send_all(r, &o);
}

/* ---- a machine ---------------------------------------------------------- */

static void ask(struct rush *r, uint32_t i, usec wait)
{
	r->v[i].wait = wait;
	r->v[i].again = host_now() + wait;
	send_one(r, i);
}

static void begin(struct rush *r)
{
	uint32_t i = (uint32_t)(r->begun++ % r->n);
	struct machine *m = &r->v[i];

	if (m->first)
		return; /* it is the last one's turn still */
	*m = (struct machine){.first = host_now(), .slot = r->n_underway};
	r->underway[r->n_underway++] = i;
	ask(r, i, WAIT_FIRST);
}

static void end(struct rush *r, uint32_t i)
{
	struct machine *m = &r->v[i];
	usec now = host_now();
	uint32_t last = r->underway[--r->n_underway];

	r->underway[m->slot] = last;
	r->v[last].slot = m->slot;
	r->gap = usec_max(r->gap, now - r->bound_at);
	r->bound_at = now;
	if (r->bound < TIMES)
		r->times[r->bound] = (uint32_t)(now - m->first);
	r->bound++;
	m->first = 0;
}

static void on_reply(struct rush *r, uint32_t i, const struct bootp *b)
{
	struct machine *m = &r->v[i];

	if (!m->first)
		return;
	if (b->type == DHCP_OFFER && !m->asked &&
	    bootp_option_u32(b, OPT_SERVER_ID, &m->server)) {
		m->ip = b->yiaddr;
		m->asked = 1;
		ask(r, i, WAIT_FIRST);
	} else if (b->type == DHCP_ACK && m->asked) {
		end(r, i);
	} else if (b->type == DHCP_NAK && m->asked) {
		m->asked = 0;
		ask(r, i, WAIT_FIRST);
	}
}

static void ask_again(struct rush *r, uint32_t i)
{
	struct machine *m = &r->v[i];

	if (m->asked && m->asked++ == ASKED)
		m->asked = 0;
	r->repeated++;
	ask(r, i, usec_min(2 * m->wait, WAIT_MOST));
}

/* ---- all of them -------------------------------------------------------- */

/* Whose reply it is; r->n if nobody's. */
static uint32_t machine_of(const struct rush *r, const struct bootp *b)
{
	uint32_t i = (uint32_t)b->xid[1] << 16 | (uint32_t)b->xid[2] << 8 |
		     b->xid[3];

	return b->op == BOOTP_REPLY && b->xid[0] == 0xb0 && i < r->n ? i : r->n;
}

static void hear(struct rush *r, int wait)
{
	struct pollfd p = {.fd = r->udp.fd, .events = POLLIN};
	int n;

	(void)outbox_flush(r->out);
	if (poll(&p, 1, wait) <= 0)
		return;
	n = udp_receive(&r->udp, r->in);
	for (int k = 0; k < n; k++) {
		const struct arrival *a = inbox_get(r->in, k);
		struct rd rd = rd_over(a->bytes, a->len);
		struct bootp b;

		if (bootp_get(&b, &rd) && machine_of(r, &b) < r->n)
			on_reply(r, machine_of(r, &b), &b);
	}
	(void)outbox_flush(r->out);
}

static bool is_over(const struct rush *r)
{
	return r->most == r->n && r->bound == r->n;
}

static bool has_more(const struct rush *r)
{
	return r->n_underway < r->most && (r->most < r->n || r->begun < r->n);
}

static void run(struct rush *r, usec until)
{
	usec now = host_now(), look = now + LOOK;

	for (; now < until && !is_over(r); now = host_now()) {
		for (int k = 0; k < AT_ONCE && has_more(r); k++)
			begin(r);
		if (now >= look) {
			for (uint32_t k = 0; k < r->n_underway; k++)
				if (r->v[r->underway[k]].again <= now)
					ask_again(r, r->underway[k]);
			look = now + LOOK;
		}
		hear(r, has_more(r) ? 0 : 1);
	}
}

static int by_size(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void tell(struct rush *r)
{
	usec now = host_now();
	usec end_at = is_over(r) ? r->bound_at : now;
	uint64_t n = r->bound < TIMES ? r->bound : TIMES;

	if (!is_over(r))
		r->gap = usec_max(r->gap, now - r->bound_at);
	qsort(r->times, n, sizeof *r->times, by_size);
	printf("%llu %.3f %u %u %u %llu %u %lld\n",
	       (unsigned long long)r->bound, (double)(end_at - r->start) / 1e6,
	       n ? r->times[n / 2] : 0, n ? r->times[n * 99 / 100] : 0,
	       n ? r->times[n - 1] : 0, (unsigned long long)r->repeated,
	       r->n_underway, (long long)r->gap);
}

/* ---- the rest ----------------------------------------------------------- */

static bool take(struct rush *r, char **argv)
{
	char *left, *one = strtok_r(argv[1], ",", &left);

	for (; one && r->n_servers < SERVERS;
	     one = strtok_r(NULL, ",", &left)) {
		struct endpoint *e = &r->server[r->n_servers++];

		e->port = BOOTP_SERVER_PORT;
		if (!ip_parse(one, strlen(one), &e->ip))
			return false;
	}
	r->n = (uint32_t)strtoul(argv[3], NULL, 10);
	r->most = (uint32_t)strtoul(argv[4], NULL, 10);
	return r->n_servers && !one &&
	       ip_parse(argv[2], strlen(argv[2]), &r->relay) && r->n &&
	       r->n <= MACHINES && r->most && r->most <= r->n;
}

int main(int argc, char **argv)
{
	static struct rush r;
	int rc;

	if (argc != 6 || !take(&r, argv)) {
		fputs("usage: rush SERVER[,SERVER...] RELAY MACHINES UNDERWAY "
		      "SECONDS\n",
		      stderr);
		return 2;
	}
	r.times = malloc(TIMES * sizeof *r.times);
	rc = r.times ? udp_open(&r.udp, BOOTP_SERVER_PORT, 0, UDP_BULK)
		     : -ENOMEM;
	if (!rc)
		rc = inbox_open(&r.in, INBOX_ROOM, &host_memory);
	if (!rc)
		rc = outbox_open(&r.out, &host_memory);
	if (rc) {
		fprintf(stderr, "rush: %s\n", strerror(-rc));
		return EXIT_FAILURE;
	}
	r.start = r.bound_at = host_now();
	run(&r, r.start + SECONDS(strtoll(argv[5], NULL, 10)));
	tell(&r);
	return EXIT_SUCCESS;
}
