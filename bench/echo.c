/*
 * The raw ceiling of this kernel: datagrams of a DHCP message's size that come
 * back at once, with recvmmsg(2) and sendmmsg(2) and no thought in between.
 *
 *	echo serve PORT
 *	echo load ADDRESS PORT SECONDS     prints echoes a second
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MANY = 64, SIZE = 300, IN_FLIGHT = 512 };

struct batch {
	struct mmsghdr msg[MANY];
	struct iovec iov[MANY];
	struct sockaddr_in peer[MANY];
	char bytes[MANY][SIZE];
};

static int give_up(const char *what)
{
	perror(what);
	return EXIT_FAILURE;
}

static void lay_out(struct batch *b)
{
	for (int i = 0; i < MANY; i++) {
		b->iov[i] = (struct iovec){b->bytes[i], SIZE};
		b->msg[i].msg_hdr =
			(struct msghdr){.msg_name = &b->peer[i],
					.msg_namelen = sizeof b->peer[i],
					.msg_iov = &b->iov[i],
					.msg_iovlen = 1};
	}
}

static int open_socket(in_port_t port)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = port};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), room = 4 << 20;

	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at))
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
	return fd;
}

static int serve(in_port_t port)
{
	static struct batch b;
	int fd = open_socket(port);

	if (fd < 0)
		return give_up("echo");
	lay_out(&b);
	for (;;) {
		int n = recvmmsg(fd, b.msg, MANY, MSG_WAITFORONE, NULL);

		for (int sent = 0; sent < n;) {
			int k = sendmmsg(fd, b.msg + sent, (unsigned)(n - sent),
					 0);

			sent += k > 0 ? k : 1;
		}
		if (n < 0 && errno != EINTR)
			return give_up("echo");
	}
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Keep the window full; what is lost is sent again after a pause. */
static int load(struct sockaddr_in to, double length)
{
	static struct batch b;
	struct timeval pause = {.tv_usec = 100000};
	int fd = open_socket(0), missing = IN_FLIGHT;
	uint64_t echoes = 0;
	double start = seconds(), now = start;

	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &pause, sizeof pause))
		return give_up("echo");
	lay_out(&b);
	for (int i = 0; i < MANY; i++)
		b.msg[i].msg_hdr.msg_name = NULL;
	while (now < start + length) {
		while (missing > 0) {
			int n = missing < MANY ? missing : MANY;

			n = sendmmsg(fd, b.msg, (unsigned)n, 0);
			missing -= n > 0 ? n : 1;
		}
		int n = recvmmsg(fd, b.msg, MANY, MSG_WAITFORONE, NULL);

		echoes += n > 0 ? (uint64_t)n : 0;
		missing = n > 0 ? n : IN_FLIGHT;
		now = seconds();
	}
	printf("%.0f\n", (double)echoes / (now - start));
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	struct sockaddr_in to = {.sin_family = AF_INET};

	if (argc == 3 && !strcmp(argv[1], "serve"))
		return serve(htons((uint16_t)strtoul(argv[2], NULL, 10)));
	if (argc == 5 && !strcmp(argv[1], "load") &&
	    inet_aton(argv[2], &to.sin_addr)) {
		to.sin_port = htons((uint16_t)strtoul(argv[3], NULL, 10));
		return load(to, strtod(argv[4], NULL));
	}
	fprintf(stderr, "usage: echo serve PORT | load ADDRESS PORT SECONDS\n");
	return 2;
}
