/*
 * Many DHCP machines on one card, each with a hardware address of its own, who
 * take, renew, give back and forget addresses at random, from whichever server
 * answers, while a script does to the servers what it likes.  What each asked
 * and was told goes to standard output, as fault_check reads it.
 *
 *	fault_machines CARD MACHINES PERIOD SEED
 *
 * A machine does something every PERIOD milliseconds, on the average.  SIGUSR1:
 * begin nothing new, and say "rest" on standard error when nobody waits any
 * more; SIGUSR2: go on.  It says "ready" there when it hears them.
 *
 * They speak and hear whole frames, so the servers' answers to one machine
 * reach no other, and nobody's kernel mixes in.  A lease counts from the first
 * of its REQUESTs (RFC 2131 4.4.1).
 */
#include "base/rand.h"
#include "base/text.h"
#include "base/time.h"
#include "wire/bootp.h"
#include "wire/frame.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 1000, TRIES = 4 };

static const usec FIRST_WAIT = MILLISECONDS(400);
static const uint8_t all_macs[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

/* What a machine waits for. */
enum stage { IDLE, OFFERS, ANSWER };
/* In which state it asked (RFC 2131 4.3.2). */
enum how { SELECT, RENEW, REBIND, REBOOT };
static const char *const hows[] = {"select", "renew", "rebind", "reboot"};

struct machine {
	struct hwaddr hw;
	uint32_t xid;
	enum stage stage;
	enum how how;
	unsigned tries;
	usec first, last; /* sent */
	usec next;        /* when it does something; NEVER: it waits */
	uint32_t asked;   /* the address that it asks for */
	uint32_t server;  /* that it asks it of */
	/* What it has: 0 nothing. */
	uint32_t ip, from;
	usec ends;
	uint32_t was; /* the last address that it had */
	uint8_t server_mac[6];
	bool is_deaf_to_frames; /* wants its answers by broadcast */
	bool has_client_id;
};

struct crowd {
	struct machine v[MOST];
	unsigned n;
	usec period;
	int fd, signals;
	struct rand rand;
	bool is_resting, has_said;
};

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "fault_machines: %s: %s\n", what, strerror(errno));
	exit(2);
}

static usec clock_usec(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return SECONDS(t.tv_sec) + t.tv_nsec / 1000;
}

static usec some_time(struct crowd *c, usec most)
{
	return (usec)rand_below(&c->rand, (uint64_t)most + 1);
}

static bool chance(struct crowd *c, unsigned percent)
{
	return rand_below(&c->rand, 100) < percent;
}

/* ---- the journal --------------------------------------------------------- */

/* answered 0: never.  seconds 0: there are none. */
static void note(const struct machine *m, const char *kind, uint32_t ip,
		 usec answered, uint32_t seconds)
{
	char line[256];
	struct text t = text_over(line, sizeof line);

	text_add(&t, kind);
	text_add(&t, " ");
	text_u64(&t, (uint64_t)m->first);
	text_add(&t, " ");
	if (answered)
		text_u64(&t, (uint64_t)answered);
	else
		text_add(&t, "-");
	text_add(&t, " ");
	text_hwaddr(&t, &m->hw);
	text_add(&t, " ");
	text_ip(&t, ip);
	text_add(&t, " ");
	text_u64(&t, seconds);
	text_add(&t, " ");
	text_ip(&t, m->server);
	text_add(&t, " ");
	text_add(&t, hows[m->how]);
	puts(line);
}

/* ---- sending ------------------------------------------------------------- */

static void put_frame(struct crowd *c, const struct machine *m,
		      const struct wr *message, uint32_t to)
{
	uint8_t bytes[FRAME_UDP_HEAD + BOOTP_MTU_MAX];
	struct wr w = wr_over(bytes, sizeof bytes);
	struct frame_udp f = {.from = {to ? m->ip : 0, BOOTP_CLIENT_PORT},
			      .to = {to ? to : IP_BROADCAST, BOOTP_SERVER_PORT},
			      .ttl = 64,
			      .bytes = message->start,
			      .len = wr_len(message)};

	memcpy(f.src, m->hw.b, 6);
	memcpy(f.dst, to ? m->server_mac : all_macs, 6);
	frame_udp_put(&f, &w);
	/* What can't be sent is lost like all else that gets lost. */
	(void)send(c->fd, bytes, wr_len(&w), 0);
}

static void put_message(struct crowd *c, const struct machine *m,
			enum dhcp_type type)
{
	bool has_ip = m->how == RENEW || m->how == REBIND;
	bool is_release = type == DHCP_RELEASE;
	bool is_direct = is_release || (m->how == RENEW && m->stage == ANSWER);
	uint8_t bytes[BOOTP_MTU_MAX], id[7] = {HW_ETHERNET};
	struct wr w = wr_over(bytes, sizeof bytes);
	struct bootp_head h = {
		.op = BOOTP_REQUEST,
		.hw = m->hw,
		.flags = m->is_deaf_to_frames ? BOOTP_FLAG_BROADCAST : 0,
		.ciaddr = is_release || (type == DHCP_REQUEST && has_ip)
				  ? m->asked
				  : 0};
	struct bootp_out o;

	memcpy(h.xid, &m->xid, 4);
	memcpy(id + 1, m->hw.b, 6);
	o = bootp_begin(&h, &w, BOOTP_MTU_MAX);
	bootp_put_u8(&o, OPT_MESSAGE_TYPE, (uint8_t)type);
	if (m->has_client_id)
		bootp_put(&o, OPT_CLIENT_ID, id, sizeof id);
	if (m->asked && !h.ciaddr)
		bootp_put_u32(&o, OPT_REQUESTED_IP, m->asked);
	if (is_release || (type == DHCP_REQUEST && m->how == SELECT))
		bootp_put_u32(&o, OPT_SERVER_ID, m->server);
	bootp_end(&o);
	put_frame(c, m, &w, is_direct ? m->from : 0);
}

static void ask(struct crowd *c, struct machine *m, usec now)
{
	m->last = now;
	put_message(c, m, m->stage == OFFERS ? DHCP_DISCOVER : DHCP_REQUEST);
}

static void begin(struct crowd *c, struct machine *m, enum stage stage,
		  usec now)
{
	m->stage = stage;
	m->tries = 1;
	m->first = now;
	m->next = NEVER;
	m->xid = (uint32_t)rand_u64(&c->rand);
	ask(c, m, now);
}

/* ---- what a machine does ------------------------------------------------- */

static void rest(struct crowd *c, struct machine *m, usec now)
{
	m->stage = IDLE;
	m->next = now + some_time(c, 2 * c->period);
}

static void forget(struct machine *m)
{
	m->was = m->ip;
	m->ip = 0;
}

static void discover(struct crowd *c, struct machine *m, usec now)
{
	m->how = SELECT;
	m->asked = chance(c, 50) ? m->ip ? m->ip : m->was : 0;
	begin(c, m, OFFERS, now);
}

static void release(struct crowd *c, struct machine *m, usec now)
{
	m->first = now;
	m->asked = m->ip;
	m->server = m->from;
	note(m, "release", m->ip, 0, 0);
	put_message(c, m, DHCP_RELEASE);
	forget(m);
	rest(c, m, now);
	/* Some want it back at once, perhaps from who has not heard yet. */
	if (chance(c, 50))
		m->next = now + some_time(c, MILLISECONDS(200));
}

static void ask_for_own(struct crowd *c, struct machine *m, enum how how,
			usec now)
{
	m->how = how;
	m->asked = m->ip;
	m->server = how == RENEW ? m->from : 0;
	begin(c, m, ANSWER, now);
}

static void act(struct crowd *c, struct machine *m, usec now)
{
	uint64_t dice = rand_below(&c->rand, 100);

	if (m->ip && m->ends <= now)
		forget(m);
	if (!m->ip || dice < 10)
		discover(c, m, now); /* it was switched off and on */
	else if (dice < 40)
		ask_for_own(c, m, RENEW, now);
	else if (dice < 55)
		ask_for_own(c, m, REBIND, now);
	else if (dice < 70)
		ask_for_own(c, m, REBOOT, now);
	else if (dice < 95)
		release(c, m, now);
	else /* asleep until it has nothing any more */
		m->next = m->ends + some_time(c, SECONDS(5));
}

static void ask_again(struct crowd *c, struct machine *m, usec now)
{
	if (m->tries++ < TRIES) {
		ask(c, m, now);
		return;
	}
	if (m->stage == ANSWER)
		note(m, "bind", m->asked, 0, 0);
	rest(c, m, now);
}

static void on_offer(struct crowd *c, struct machine *m, const struct bootp *b,
		     usec now)
{
	if (!bootp_option_u32(b, OPT_SERVER_ID, &m->server) || !b->yiaddr)
		return;
	m->asked = b->yiaddr;
	begin(c, m, ANSWER, now);
}

static void on_ack(struct crowd *c, struct machine *m, const struct bootp *b,
		   usec now)
{
	uint32_t seconds = 0;

	(void)bootp_option_u32(b, OPT_LEASE_TIME, &seconds);
	(void)bootp_option_u32(b, OPT_SERVER_ID, &m->server);
	note(m, "bind", b->yiaddr, now, seconds);
	m->ip = b->yiaddr;
	m->from = m->server;
	m->ends = m->first + SECONDS(seconds);
	rest(c, m, now);
}

static void on_nak(struct crowd *c, struct machine *m, usec now)
{
	note(m, "nak", m->asked, now, 0);
	forget(m);
	rest(c, m, now);
	m->next = now + some_time(c, MILLISECONDS(100));
}

/* ---- hearing ------------------------------------------------------------- */

static struct machine *machine_of(struct crowd *c, const struct hwaddr *hw)
{
	unsigned n = (unsigned)hw->b[4] << 8 | hw->b[5];

	return n < c->n && hwaddr_is(&c->v[n].hw, hw) ? &c->v[n] : NULL;
}

static void on_message(struct crowd *c, const struct frame_udp *f,
		       const struct bootp *b)
{
	struct machine *m = machine_of(c, &b->hw);
	usec now = clock_usec();

	if (!m || memcmp(b->xid, &m->xid, 4) != 0)
		return;
	if (m->stage == OFFERS && b->type == DHCP_OFFER)
		on_offer(c, m, b, now);
	else if (m->stage == ANSWER && b->type == DHCP_ACK) {
		memcpy(m->server_mac, f->src, 6);
		on_ack(c, m, b, now);
	} else if (m->stage == ANSWER && b->type == DHCP_NAK)
		on_nak(c, m, now);
}

/* Who has the address answers, as a system does. */
static void on_arp(struct crowd *c, const struct frame_arp *q)
{
	uint8_t bytes[64];

	for (unsigned i = 0; q->op == ARP_REQUEST && i < c->n; i++) {
		const struct machine *m = &c->v[i];
		struct wr w = wr_over(bytes, sizeof bytes);
		struct frame_arp a = {.op = ARP_REPLY,
				      .sender_ip = q->target_ip,
				      .target_ip = q->sender_ip};

		if (!m->ip || m->ip != q->target_ip)
			continue;
		memcpy(a.src, m->hw.b, 6);
		memcpy(a.dst, q->sender_mac, 6);
		memcpy(a.sender_mac, m->hw.b, 6);
		memcpy(a.target_mac, q->sender_mac, 6);
		frame_arp_put(&a, &w);
		(void)send(c->fd, bytes, wr_len(&w), 0);
	}
}

static void receive(struct crowd *c)
{
	uint8_t bytes[2048];
	struct sockaddr_ll from = {.sll_pkttype = PACKET_OUTGOING};
	socklen_t len = sizeof from;
	ssize_t n;

	while ((n = recvfrom(c->fd, bytes, sizeof bytes, MSG_DONTWAIT,
			     (struct sockaddr *)&from, &len)) > 0) {
		struct rd r = rd_over(bytes, (size_t)n), s;
		struct frame_udp f;
		struct frame_arp a;
		struct bootp b;

		if (from.sll_pkttype == PACKET_OUTGOING)
			continue;
		if (frame_type(&r) == ETH_ARP && frame_arp_get(&a, &r))
			on_arp(c, &a);
		else if (frame_type(&r) == ETH_IP && frame_udp_get(&f, &r) &&
			 f.to.port == BOOTP_CLIENT_PORT) {
			s = rd_over(f.bytes, f.len);
			if (bootp_get(&b, &s) && b.op == BOOTP_REPLY)
				on_message(c, &f, &b);
		}
	}
}

/* ---- running ------------------------------------------------------------- */

static void go_on(struct crowd *c)
{
	usec now = clock_usec();
	bool waits = false;

	for (unsigned i = 0; i < c->n; i++) {
		struct machine *m = &c->v[i];
		usec wait = FIRST_WAIT * (usec)m->tries;

		waits |= m->stage != IDLE;
		if (m->stage != IDLE && m->last + wait <= now)
			ask_again(c, m, now);
		else if (m->stage == IDLE && m->next <= now && !c->is_resting)
			act(c, m, now);
	}
	if (c->is_resting && !waits && !c->has_said) {
		fflush(stdout);
		fprintf(stderr, "rest\n");
		c->has_said = true;
	}
}

static void on_signal(struct crowd *c)
{
	struct signalfd_siginfo is;

	if (read(c->signals, &is, sizeof is) != sizeof is)
		return;
	c->is_resting = is.ssi_signo == SIGUSR1;
	c->has_said = false;
}

static void open_card(struct crowd *c, const char *card)
{
	struct sockaddr_ll at = {.sll_family = AF_PACKET,
				 .sll_protocol = htons(ETH_P_ALL),
				 .sll_ifindex = (int)if_nametoindex(card)};
	struct packet_mreq all = {.mr_ifindex = at.sll_ifindex,
				  .mr_type = PACKET_MR_PROMISC};
	int room = 8 << 20;

	c->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (c->fd < 0 || bind(c->fd, (struct sockaddr *)&at, sizeof at) ||
	    setsockopt(c->fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all,
		       sizeof all))
		die(card);
	(void)setsockopt(c->fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
}

static void open_signals(struct crowd *c)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	c->signals = signalfd(-1, &set, SFD_CLOEXEC);
	if (c->signals < 0)
		die("signalfd");
}

static void populate(struct crowd *c)
{
	usec now = clock_usec();

	for (unsigned i = 0; i < c->n; i++) {
		c->v[i].hw = hwaddr_ethernet((uint8_t[]){
			2, 0xfa, 0, 0, (uint8_t)(i >> 8), (uint8_t)i});
		c->v[i].is_deaf_to_frames = chance(c, 50);
		c->v[i].has_client_id = chance(c, 50);
		rest(c, &c->v[i], now);
	}
}

static uint64_t number(const char *word, uint64_t most)
{
	uint64_t n;

	errno = EINVAL;
	if (!number_parse(word, strlen(word), most, &n))
		die(word);
	return n;
}

int main(int argc, char **argv)
{
	static struct crowd c;

	if (argc != 5) {
		fprintf(stderr, "usage: fault_machines CARD MACHINES PERIOD "
				"SEED\n");
		return 2;
	}
	c.n = (unsigned)number(argv[2], MOST);
	c.period = MILLISECONDS((usec)number(argv[3], 1000000));
	rand_seed(&c.rand, number(argv[4], UINT64_MAX / 2));
	setvbuf(stdout, NULL, _IOLBF, 0);
	open_card(&c, argv[1]);
	open_signals(&c);
	populate(&c);
	fprintf(stderr, "ready\n");
	for (;;) {
		struct pollfd p[2] = {{.fd = c.fd, .events = POLLIN},
				      {.fd = c.signals, .events = POLLIN}};

		(void)poll(p, 2, 5);
		if (p[1].revents)
			on_signal(&c);
		receive(&c);
		go_on(&c);
	}
}
