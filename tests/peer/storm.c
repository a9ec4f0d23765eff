/*
 * A relay agent with any number of machines behind it, all of which ask for
 * addresses: `storm SERVER`, from a host that has the relay's address.  It
 * knows what each machine was promised, in this run or in one before
 * (--record), so it sees every promise that is broken.
 *
 *	storm [OPTION]... SERVER
 *	  --relay IP      our address, in the machines' network
 *	  --machines N    1000
 *	  --first N       number of the first machine, which is in its MAC
 *	  --bootp         pairs of BOOTP; else DISCOVER, OFFER, REQUEST, ACK
 *	  --rate N        exchanges begun a second; 0: as many as are answered
 *	  --window N      at most so many at a time, 256
 *	  --seconds S     machines ask again and again; else each of them once
 *	  --tries N       requests without an answer until one is lost, 1
 *	  --timeout MS    for one request, 1000
 *	  --record FILE   lines "MAC IP": what was promised
 *
 * Its last line is one JSON object.  Status 1: a promise was broken.
 */
#include "base/text.h"
#include "base/time.h"
#include "wire/bootp.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { OWNERS = 1 << 24, SLOTS = 100000, SLOT_USEC = 10 };

enum state { IDLE, DISCOVERING, REQUESTING };

struct machine {
	TAILQ_ENTRY(machine) link; /* all that wait, the longest wait first */
	uint32_t number;
	uint32_t promised; /* by an ACK; 0: nothing */
	uint32_t offered, server_id;
	enum state state;
	unsigned tries;
	usec begun, sent;
};

struct storm {
	int fd;
	FILE *record;
	struct machine *machines;
	uint32_t *owners; /* by the low 24 bits of an address: number + 1 */
	TAILQ_HEAD(machines_waiting, machine) waiting;
	uint32_t server, relay;
	uint64_t n, first, rate, window, seconds, tries, timeout;
	bool is_bootp;
	uint64_t begun, answered, lost, refused, changed, stolen, in_flight;
	uint32_t slots[SLOTS]; /* how many answers took so long */
};

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "storm: %s: %s\n", what, strerror(errno));
	exit(2);
}

static usec clock_usec(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (usec)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static uint32_t address(const char *word)
{
	uint32_t ip;

	errno = EINVAL;
	if (!ip_parse(word, strlen(word), &ip))
		die(word);
	return ip;
}

/* ---- what was promised --------------------------------------------------- */

/* Whoever has it now, or 0. */
static uint32_t *owner_of(struct storm *s, uint32_t ip)
{
	return &s->owners[ip % OWNERS];
}

/* An address that is promised to one machine belongs to no other, and the
 * machine to no other address. */
static void judge(struct storm *s, const struct machine *m, uint32_t ip)
{
	uint32_t owner = *owner_of(s, ip);

	if (m->promised && m->promised != ip) {
		s->changed++;
		printf("machine %u had %08x and gets %08x\n", m->number,
		       m->promised, ip);
	}
	if (owner && owner != m->number + 1) {
		s->stolen++;
		printf("%08x of machine %u goes to %u\n", ip, owner - 1,
		       m->number);
	}
}

static void note_promise(struct storm *s, struct machine *m, uint32_t ip)
{
	struct in_addr a = {htonl(ip)};

	judge(s, m, ip);
	if (m->promised == ip)
		return;
	m->promised = ip;
	*owner_of(s, ip) = m->number + 1;
	if (s->record)
		fprintf(s->record, "02:53:%02x:%02x:%02x:%02x %s\n",
			m->number >> 24, m->number >> 16 & 255,
			m->number >> 8 & 255, m->number & 255, inet_ntoa(a));
}

static void read_record(struct storm *s, const char *path)
{
	char mac[18], ip[16];
	struct hwaddr hw;

	s->record = fopen(path, "a+");
	if (!s->record)
		die(path);
	setvbuf(s->record, NULL, _IOLBF, 0);
	while (fscanf(s->record, "%17s %15s", mac, ip) == 2) {
		uint32_t number, at = address(ip);
		struct rd r;

		errno = EINVAL;
		if (!hwaddr_parse(mac, strlen(mac), &hw))
			die(mac);
		r = rd_over(hw.b + 2, 4);
		number = rd_u32(&r);
		*owner_of(s, at) = number + 1;
		if (number >= s->first && number - s->first < s->n)
			s->machines[number - s->first].promised = at;
	}
}

/* ---- packets ------------------------------------------------------------- */

static void put_request(const struct storm *s, const struct machine *m,
			struct wr *w)
{
	uint32_t n = m->number;
	struct bootp_head h = {
		.op = BOOTP_REQUEST,
		.hops = 1,
		.hw = hwaddr_ethernet((uint8_t[]){
			0x02, 0x53, (uint8_t)(n >> 24), (uint8_t)(n >> 16),
			(uint8_t)(n >> 8), (uint8_t)n}),
		.giaddr = s->relay,
	};
	struct bootp_out o;

	memcpy(h.xid, &n, 4);
	o = bootp_begin(&h, w, BOOTP_MTU_MAX);
	if (m->state == DISCOVERING && !s->is_bootp)
		bootp_put_u8(&o, OPT_MESSAGE_TYPE, DHCP_DISCOVER);
	if (m->state == REQUESTING) {
		bootp_put_u8(&o, OPT_MESSAGE_TYPE, DHCP_REQUEST);
		bootp_put_u32(&o, OPT_REQUESTED_IP, m->offered);
		bootp_put_u32(&o, OPT_SERVER_ID, m->server_id);
	}
	bootp_end(&o);
}

static void ask(struct storm *s, struct machine *m, usec now)
{
	uint8_t bytes[BOOTP_MTU_MAX];
	struct wr w = wr_over(bytes, sizeof(bytes));
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons(BOOTP_SERVER_PORT),
				 .sin_addr = {htonl(s->server)}};

	put_request(s, m, &w);
	m->sent = now;
	TAILQ_INSERT_TAIL(&s->waiting, m, link);
	/* What can't be sent is lost like all else that gets lost. */
	(void)sendto(s->fd, bytes, wr_len(&w), 0, (struct sockaddr *)&to,
		     sizeof(to));
}

static void begin(struct storm *s, struct machine *m, usec now)
{
	s->begun++;
	s->in_flight++;
	m->state = DISCOVERING;
	m->tries = 1;
	m->begun = now;
	ask(s, m, now);
}

static void finish(struct storm *s, struct machine *m)
{
	m->state = IDLE;
	s->in_flight--;
}

static void ask_again(struct storm *s, struct machine *m, usec now)
{
	if (m->tries++ < s->tries) {
		ask(s, m, now);
		return;
	}
	s->lost++;
	finish(s, m);
}

static void on_promise(struct storm *s, struct machine *m, uint32_t ip,
		       usec now)
{
	usec slot = (now - m->begun) / SLOT_USEC;

	note_promise(s, m, ip);
	s->answered++;
	s->slots[slot < SLOTS ? slot : SLOTS - 1]++;
	finish(s, m);
}

static void on_offer(struct storm *s, struct machine *m, const struct bootp *b,
		     usec now)
{
	judge(s, m, b->yiaddr);
	m->offered = b->yiaddr;
	m->server_id = 0;
	bootp_option_u32(b, OPT_SERVER_ID, &m->server_id);
	m->state = REQUESTING;
	m->tries = 1;
	ask(s, m, now);
}

static enum dhcp_type awaited(const struct storm *s, const struct machine *m)
{
	if (s->is_bootp)
		return DHCP_NONE;
	return m->state == DISCOVERING ? DHCP_OFFER : DHCP_ACK;
}

static void on_reply(struct storm *s, const struct bootp *b, usec now)
{
	struct machine *m;
	uint32_t n;

	memcpy(&n, b->xid, 4);
	if (n < s->first || n - s->first >= s->n)
		return;
	m = &s->machines[n - s->first];
	if (m->state == IDLE)
		return;
	if (b->type == awaited(s, m) && b->yiaddr) {
		TAILQ_REMOVE(&s->waiting, m, link);
		if (b->type == DHCP_OFFER)
			on_offer(s, m, b, now);
		else
			on_promise(s, m, b->yiaddr, now);
	} else if (b->type == DHCP_NAK && m->state == REQUESTING) {
		TAILQ_REMOVE(&s->waiting, m, link);
		s->refused++;
		m->state = DISCOVERING;
		ask_again(s, m, now);
	}
}

static void receive(struct storm *s)
{
	uint8_t bytes[2048];
	ssize_t len;

	/* -1 may also be an ICMP error from a server that is down. */
	while ((len = recv(s->fd, bytes, sizeof(bytes), MSG_DONTWAIT)) > 0) {
		struct rd r = rd_over(bytes, (size_t)len);
		struct bootp b;

		if (bootp_get(&b, &r) && b.op == BOOTP_REPLY)
			on_reply(s, &b, clock_usec());
	}
}

static void give_up(struct storm *s, usec now)
{
	struct machine *m;

	while ((m = TAILQ_FIRST(&s->waiting)) &&
	       m->sent + (usec)s->timeout * 1000 <= now) {
		TAILQ_REMOVE(&s->waiting, m, link);
		ask_again(s, m, now);
	}
}

/* ---- running ------------------------------------------------------------- */

static bool has_more(const struct storm *s, usec passed)
{
	return s->seconds ? passed < (usec)s->seconds * 1000000
			  : s->begun < s->n;
}

/* All that are due; a machine that still waits is not asked to hurry. */
static void begin_some(struct storm *s, usec start, usec now)
{
	uint64_t due = s->rate ? s->rate * (uint64_t)(now - start) / 1000000 + 1
			       : UINT64_MAX;

	for (int i = 0; i < 32; i++) {
		struct machine *m = &s->machines[s->begun % s->n];

		if (s->begun >= due || s->in_flight >= s->window ||
		    m->state != IDLE || !has_more(s, now - start))
			return;
		begin(s, m, now);
	}
}

static double run(struct storm *s)
{
	usec start = clock_usec(), now = start;

	assert(s->machines);
	while (has_more(s, now - start) || s->in_flight) {
		struct pollfd p = {.fd = s->fd, .events = POLLIN};

		begin_some(s, start, now);
		(void)poll(&p, 1, 1);
		receive(s);
		now = clock_usec();
		give_up(s, now);
	}
	return (double)(now - start) / 1e6;
}

/* How long it took for so many percent of the answers, in microseconds. */
static unsigned percentile(const struct storm *s, unsigned percent)
{
	uint64_t n = 0;
	unsigned i = 0;

	while (i < SLOTS - 1 &&
	       (n += s->slots[i]) * 100 < s->answered * percent)
		i++;
	return (i + 1) * SLOT_USEC;
}

static void report(const struct storm *s, double seconds)
{
	printf("{\"begun\":%llu,\"answered\":%llu,\"lost\":%llu,"
	       "\"refused\":%llu,\"changed\":%llu,\"stolen\":%llu,"
	       "\"seconds\":%.3f,\"rate\":%.0f,\"p50_us\":%u,\"p99_us\":%u}\n",
	       (unsigned long long)s->begun, (unsigned long long)s->answered,
	       (unsigned long long)s->lost, (unsigned long long)s->refused,
	       (unsigned long long)s->changed, (unsigned long long)s->stolen,
	       seconds, (double)s->answered / seconds, percentile(s, 50),
	       percentile(s, 99));
}

static void open_storm(struct storm *s)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
				 .sin_port = htons(BOOTP_SERVER_PORT),
				 .sin_addr = {htonl(s->relay)}};
	int room = 8 << 20;

	s->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (s->fd < 0 || bind(s->fd, (struct sockaddr *)&at, sizeof(at)))
		die("UDP port 67");
	if (setsockopt(s->fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)))
		setsockopt(s->fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	TAILQ_INIT(&s->waiting);
	s->machines = calloc(s->n, sizeof(*s->machines));
	s->owners = calloc(OWNERS, sizeof(*s->owners));
	if (!s->machines || !s->owners)
		die("memory");
	for (uint64_t i = 0; i < s->n; i++)
		s->machines[i].number = (uint32_t)(s->first + i);
}

static uint64_t number(const char *word)
{
	uint64_t n;

	errno = EINVAL;
	if (!number_parse(word, strlen(word), 100000000, &n))
		die(word);
	return n;
}

static const char *parse(struct storm *s, int argc, char **argv)
{
	static const struct option longs[] = {
		{"relay", required_argument, NULL, 'g'},
		{"machines", required_argument, NULL, 'n'},
		{"first", required_argument, NULL, 'f'},
		{"bootp", no_argument, NULL, 'b'},
		{"rate", required_argument, NULL, 'r'},
		{"window", required_argument, NULL, 'w'},
		{"seconds", required_argument, NULL, 's'},
		{"tries", required_argument, NULL, 't'},
		{"timeout", required_argument, NULL, 'o'},
		{"record", required_argument, NULL, 'R'},
		{0}};
	uint64_t *const numbers[] = {
		['n'] = &s->n,      ['f'] = &s->first,   ['r'] = &s->rate,
		['w'] = &s->window, ['s'] = &s->seconds, ['t'] = &s->tries,
		['o'] = &s->timeout};
	const char *record = NULL;
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1)
		if (c == '?')
			exit(2);
		else if (c == 'g')
			s->relay = address(optarg);
		else if (c == 'b')
			s->is_bootp = true;
		else if (c == 'R')
			record = optarg;
		else
			*numbers[c] = number(optarg);
	if (optind + 1 != argc || !s->relay || !s->n || !s->window) {
		fprintf(stderr, "usage: see the head of tests/peer/storm.c\n");
		exit(2);
	}
	s->server = address(argv[optind]);
	return record;
}

int main(int argc, char **argv)
{
	static struct storm s = {
		.n = 1000, .window = 256, .tries = 1, .timeout = 1000};
	const char *record = parse(&s, argc, argv);
	double seconds;

	open_storm(&s);
	if (record)
		read_record(&s, record);
	seconds = run(&s);
	if (s.record && fclose(s.record))
		die(record);
	report(&s, seconds);
	return s.changed || s.stolen;
}
