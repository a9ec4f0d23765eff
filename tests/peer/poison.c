/*
 * Somebody who wants a train to fail: it hears the group, and whenever it has
 * heard so many packets says a false one of a later packet of the same block,
 * or a false repair.  It ends after so many.
 *
 *	poison packets|repairs GROUP PORT OWN-ADDRESS EVERY COUNT
 */
#include "base/layout.h"
#include "wire/train.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { AHEAD = 200 };

static int open_group(const struct sockaddr_in *at, const char *own)
{
	struct ip_mreqn join = {0};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), on = 1, off = 0;

	join.imr_multiaddr = at->sin_addr;
	inet_pton(AF_INET, own, &join.imr_address);
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
	    setsockopt(fd, IPPROTO_IP, IP_MULTICAST_LOOP, &off, sizeof(off)) ||
	    bind(fd, (const struct sockaddr *)at, sizeof(*at)) ||
	    setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &join,
		       sizeof(join)) ||
	    setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &join, sizeof(join))) {
		close(fd);
		return -1;
	}
	return fd;
}

/* What is said instead; its length, 0: nothing of this one. */
static size_t falsify(uint8_t *to, const uint8_t *heard, size_t len,
		      uint32_t repair)
{
	struct rd r = rd_over(heard, len);
	struct train_head h;
	struct train_data d;
	struct wr w = wr_over(to, 2048);

	if (!train_head_get(&h, &r) || h.type != TRAIN_DATA ||
	    !train_data_get(&d, &r) || d.number >= TRAIN_BLOCK_MAX)
		return 0;
	train_data_head_put(h.id, d.block, repair ? repair : d.number + AHEAD,
			    &w);
	for (size_t i = 0; i < d.len; i++)
		wr_u8(&w, (uint8_t)(d.bytes[i] ^ 0x55));
	return wr_len(&w);
}

int main(int argc, char **argv)
{
	struct sockaddr_in group = {.sin_family = AF_INET};
	uint8_t heard[2048], told[2048];
	unsigned long every, count, n = 0, said = 0;
	ssize_t len;
	bool repairs;
	int fd;

	if (argc != 7)
		return 2;
	repairs = !strcmp(argv[1], "repairs");
	inet_pton(AF_INET, argv[2], &group.sin_addr);
	group.sin_port = htons((uint16_t)strtoul(argv[3], NULL, 10));
	fd = open_group(&group, argv[4]);
	every = strtoul(argv[5], NULL, 10);
	count = strtoul(argv[6], NULL, 10);
	if (fd < 0 || !every)
		return 1;
	printf("listening\n");
	fflush(stdout);
	while (said < count && (len = recv(fd, heard, sizeof(heard), 0)) > 0) {
		size_t out;

		if (n++ % every)
			continue;
		out = falsify(told, heard, (size_t)len,
			      repairs ? UINT32_C(0x70000000) + (uint32_t)said
				      : 0);
		if (out && sendto(fd, told, out, 0, (struct sockaddr *)&group,
				  sizeof(group)) > 0)
			said++;
	}
	printf("said %lu\n", said);
	close(fd);
	return 0;
}
