/*
 * A NeXT as its kernel was, for tests of host addition: nothing of Muster's is
 * in it.  It speaks and hears by a packet socket; every frame goes to the
 * link's broadcast address, answers to the server's IP address among them; the
 * xid is the last byte of its address and the clock; it waits 1, 2, 4, ... 64 s
 * and sends the same again; it looks at nothing but the opcode of a reply, and
 * ignores invitations for a while before it takes one.
 *
 *	next_client INTERFACE [--password P] [--name N] [--patience S]
 *	            [--version V] [--last S]
 *
 * Each question is answered by its kind, from the options; without an option
 * for it, a line of standard input is.  Ends with status 0 when it has an
 * address, 1 after --last seconds without one.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <linux/if_ether.h>

enum { HEADS = 42, BOOTP = 300, FRAME = HEADS + BOOTP };
/* Where things are in a frame. */
enum {
	AT_DST_IP = 30,
	AT_OP = HEADS,
	AT_XID = HEADS + 4,
	AT_YIADDR = HEADS + 16,
	AT_SIADDR = HEADS + 20,
	AT_CHADDR = HEADS + 28,
	AT_FILE = HEADS + 108,
	AT_VEND = HEADS + 236,
	AT_OPCODE = AT_VEND + 6,
	AT_ID = AT_VEND + 7,
	AT_TEXT = AT_VEND + 8,
	TEXT = 55,
};

struct next {
	int fd;
	struct sockaddr_ll to;
	uint8_t mac[6];
	uint8_t frame[FRAME];
	const char *password, *name;
	double patience, last;
	double deaf_until; /* to invitations; 0: none came yet */
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static void put16(uint8_t *at, unsigned v)
{
	at[0] = (uint8_t)(v >> 8);
	at[1] = (uint8_t)v;
}

static unsigned ip_sum(const uint8_t *ip)
{
	unsigned sum = 0;

	for (int i = 0; i < 20; i += 2)
		sum += (unsigned)(ip[i] << 8 | ip[i + 1]);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum & 0xffff;
}

static void open_link(struct next *n, const char *name)
{
	struct ifreq r = {0};

	n->fd = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_IP));
	if (n->fd < 0)
		die("socket");
	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", name);
	if (ioctl(n->fd, SIOCGIFHWADDR, &r))
		die(name);
	memcpy(n->mac, r.ifr_hwaddr.sa_data, 6);
	n->to = (struct sockaddr_ll){.sll_family = AF_PACKET,
				     .sll_protocol = htons(ETH_P_IP),
				     .sll_ifindex = (int)if_nametoindex(name),
				     .sll_halen = 6};
	memset(n->to.sll_addr, 0xff, 6);
	if (bind(n->fd, (struct sockaddr *)&n->to, sizeof(n->to)))
		die("bind");
}

static void make_frame(struct next *n, uint8_t version)
{
	static const uint8_t heads[HEADS] = {
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 8, 0,
		/* IP: 328 bytes, id 1, TTL 255, UDP, from 0.0.0.0 */
		0x45, 0, 1, 0x48, 0, 1, 0, 0, 0xff, 17, 0, 0, 0, 0, 0, 0, 0xff,
		0xff, 0xff, 0xff,
		/* UDP: 68 to 67, 308 bytes, no checksum */
		0, 68, 0, 67, 1, 0x34, 0, 0};

	memset(n->frame, 0, FRAME);
	memcpy(n->frame, heads, HEADS);
	memcpy(n->frame + 6, n->mac, 6);
	n->frame[AT_OP] = 1;
	n->frame[AT_OP + 1] = 1;
	n->frame[AT_OP + 2] = 6;
	memcpy(n->frame + AT_CHADDR, n->mac, 6);
	memcpy(n->frame + AT_VEND, "NeXT", 4);
	n->frame[AT_VEND + 4] = version;
}

static void send_frame(struct next *n)
{
	if (sendto(n->fd, n->frame, FRAME, 0, (struct sockaddr *)&n->to,
		   sizeof(n->to)) != FRAME)
		perror("send");
}

/* State SEND: a new xid, to this IP address. */
static void send_new(struct next *n, const uint8_t ip[4])
{
	uint32_t xid = n->mac[5] ^ (uint32_t)time(NULL);

	memcpy(n->frame + AT_XID, &xid, 4);
	memcpy(n->frame + AT_DST_IP, ip, 4);
	put16(n->frame + 24, 0);
	put16(n->frame + 24, ip_sum(n->frame + 14));
	send_frame(n);
}

/* A reply to what was sent last, of `len` bytes, though its vendor area may be
 * anybody's. */
static bool is_reply(const struct next *n, const uint8_t *f, ssize_t len)
{
	return len >= FRAME && f[12] == 8 && f[13] == 0 && f[14] == 0x45 &&
	       f[23] == 17 && f[36] == 0 && f[37] == 68 && f[AT_OP] == 2 &&
	       !memcmp(f + AT_XID, n->frame + AT_XID, 4) &&
	       !memcmp(f + AT_CHADDR, n->mac, 6);
}

/* State WAIT.  False: it is too late. */
static bool wait_reply(struct next *n, uint8_t reply[FRAME])
{
	double window = 1, again = now() + 1;
	uint8_t f[2048];

	for (;;) {
		struct pollfd p = {.fd = n->fd, .events = POLLIN};
		double left = again - now();
		ssize_t len;

		if (now() > n->last)
			return false;
		if (left <= 0) {
			send_frame(n);
			window = window < 64 ? 2 * window : 64;
			again = now() + window;
			continue;
		}
		if (poll(&p, 1, left < 0.1 ? (int)(left * 1000) + 1 : 100) < 1)
			continue;
		len = recv(n->fd, f, sizeof(f), 0);
		if (!is_reply(n, f, len))
			continue;
		if (f[AT_OPCODE] && !n->frame[AT_OPCODE]) {
			if (n->deaf_until == 0)
				n->deaf_until = now() + n->patience;
			if (now() < n->deaf_until)
				continue;
		}
		memcpy(reply, f, FRAME);
		return true;
	}
}

static void answer(struct next *n, const uint8_t *reply)
{
	const char *text = reply[AT_OPCODE] == 2 ? n->password : n->name;
	char line[256] = "";
	uint8_t *to = n->frame + AT_TEXT;

	if (!text) {
		if (!fgets(line, sizeof(line), stdin))
			exit(1);
		line[strcspn(line, "\r\n")] = '\0';
		text = line;
	}
	memset(to, 0, TEXT + 1);
	memcpy(to, text, strlen(text) < TEXT ? strlen(text) : TEXT);
	n->frame[AT_OPCODE] = reply[AT_OPCODE];
	n->frame[AT_ID] = reply[AT_ID];
	send_new(n, reply + AT_SIADDR);
}

static int done(struct next *n, const uint8_t *reply)
{
	char ip[INET_ADDRSTRLEN];
	uint8_t arp[42] = {0};

	inet_ntop(AF_INET, reply + AT_YIADDR, ip, sizeof(ip));
	printf("address %s file %.128s\n", ip, (const char *)reply + AT_FILE);
	memset(arp, 0xff, 6);
	memcpy(arp + 6, n->mac, 6);
	memcpy(arp + 12, "\x08\x06\0\1\x08\0\6\4\0\1", 10);
	memcpy(arp + 22, n->mac, 6);
	memcpy(arp + 28, reply + AT_YIADDR, 4);
	memcpy(arp + 38, reply + AT_YIADDR, 4);
	(void)sendto(n->fd, arp, sizeof(arp), 0, (struct sockaddr *)&n->to,
		     sizeof(n->to));
	return 0;
}

static int run(struct next *n)
{
	static const uint8_t all[4] = {255, 255, 255, 255};
	uint8_t reply[FRAME];

	send_new(n, all);
	while (wait_reply(n, reply)) {
		uint8_t opcode = reply[AT_OPCODE];

		if (!opcode)
			return done(n, reply);
		printf("%d %.55s\n", opcode, (const char *)reply + AT_TEXT);
		fflush(stdout);
		if (opcode == 3) {
			/* Of the text nobody speaks: it stays. */
			n->frame[AT_OPCODE] = n->frame[AT_ID] = 0;
			send_new(n, all);
		} else {
			answer(n, reply);
		}
	}
	puts("no address");
	return 1;
}

int main(int argc, char **argv)
{
	struct next n = {.patience = 10, .last = 120};
	uint8_t version = 1;

	if (argc < 2)
		return 2;
	for (int i = 2; i + 1 < argc; i += 2) {
		if (!strcmp(argv[i], "--password"))
			n.password = argv[i + 1];
		else if (!strcmp(argv[i], "--name"))
			n.name = argv[i + 1];
		else if (!strcmp(argv[i], "--patience"))
			n.patience = strtod(argv[i + 1], NULL);
		else if (!strcmp(argv[i], "--version"))
			version = (uint8_t)strtol(argv[i + 1], NULL, 10);
		else if (!strcmp(argv[i], "--last"))
			n.last = strtod(argv[i + 1], NULL);
		else
			return 2;
	}
	n.last += now();
	open_link(&n, argv[1]);
	make_frame(&n, version);
	return run(&n);
}
