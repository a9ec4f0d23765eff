/*
 * The commands' side of the registry: a record goes, a record comes.
 */
#include "app/name_client.h"

#include "app/named.h"
#include "base/text.h"
#include "host/inet.h"
#include "host/records.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int name_connect(struct name_client *c, const char *run)
{
	char path[256];

	*c = (struct name_client){.fd = -1};
	snprintf(path, sizeof path, "%s/name", run ? run : NAMED_RUN);
	c->fd = records_connect(path);
	return c->fd < 0 ? c->fd : 0;
}

void name_disconnect(struct name_client *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
}

int name_hear(struct name_client *c)
{
	ssize_t n;
	struct rd r;

	do
		n = recv(c->fd, c->bytes, sizeof c->bytes, 0);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return n ? -errno : -ECONNRESET;
	r = rd_over(c->bytes, (size_t)n);
	if (!registry_get(&c->got, &r))
		return -EPROTO;
	c->text = r.p;
	c->text_len = rd_left(&r);
	return 0;
}

int name_ask(struct name_client *c, struct registry_record *p, const void *text,
	     size_t len)
{
	uint8_t bytes[REGISTRY_RECORD + REGISTRY_MESSAGE];
	struct wr w = wr_over(bytes, sizeof bytes);
	int rc;

	p->sequence = ++c->sequence;
	registry_put(p, &w);
	wr_bytes(&w, text, len);
	if (w.bad)
		return -EMSGSIZE;
	if (send(c->fd, bytes, wr_len(&w), MSG_NOSIGNAL) < 0)
		return -errno;
	do
		rc = name_hear(c);
	while (!rc && (c->got.op != (p->op | REGISTRY_REPLY) ||
		       c->got.sequence != p->sequence));
	return rc;
}

const char *name_status(unsigned status)
{
	switch (status) {
	case REGISTRY_DONE:
		return "done";
	case REGISTRY_NOT_YOURS:
		return "the name is somebody else's";
	case REGISTRY_NOT_CHECKED_IN:
		return "not checked in";
	case REGISTRY_NO_SUCH_HOST:
		return "there is no such host";
	case REGISTRY_HOST_NOT_FOUND:
		return "no answer";
	case REGISTRY_INVALID_PORT:
		return "no endpoint that could be reached";
	case REGISTRY_FULL:
		return "the registry is full";
	case REGISTRY_TOO_LONG:
		return "a message of more than 1024 bytes";
	default:
		return "unknown status";
	}
}

static bool parse_port(const char *s, uint16_t *port)
{
	uint64_t n;

	if (!number_parse(s, strlen(s), UINT16_MAX, &n) || !n)
		return false;
	*port = (uint16_t)n;
	return true;
}

static bool parse_ipv6(const char *s, const char *end, uint8_t to[16])
{
	char text[64];

	return text_copy(text, sizeof text, s, (size_t)(end - s)) &&
	       inet_pton(AF_INET6, text, to) == 1;
}

bool name_endpoint_parse(const char *s, struct registry_endpoint *to)
{
	const char *rest = s + 4, *colon = strrchr(s, ':');
	uint32_t ip = 0;

	*to = (struct registry_endpoint){.family = REGISTRY_IPV4};
	if (!strncmp(s, "tcp:", 4))
		to->transport = REGISTRY_TCP;
	else if (!strncmp(s, "udp:", 4))
		to->transport = REGISTRY_UDP;
	else
		return false;
	if (!parse_port(colon + 1, &to->port))
		return false;
	if (colon < rest)
		return true;
	if (*rest == '[' && colon[-1] == ']') {
		to->family = REGISTRY_IPV6;
		return parse_ipv6(rest + 1, colon - 1, to->address);
	}
	if (!ip_parse(rest, (size_t)(colon - rest), &ip))
		return false;
	*to = registry_endpoint_ipv4(to->transport,
				     (struct endpoint){ip, to->port});
	return true;
}

void name_endpoint_text(const struct registry_endpoint *e, char *to,
			size_t room)
{
	const char *transport = e->transport == REGISTRY_TCP ? "tcp" : "udp";
	char address[INET6_ADDRSTRLEN] = "?";

	if (e->family == REGISTRY_IPV6) {
		(void)inet_ntop(AF_INET6, e->address, address, sizeof address);
		snprintf(to, room, "%s [%s]:%u", transport, address, e->port);
		return;
	}
	(void)inet_ntop(AF_INET, e->address, address, sizeof address);
	snprintf(to, room, "%s %s:%u", transport, address, e->port);
}

static bool parse_hex(const char *s, uint32_t *ip)
{
	uint8_t b[4];
	struct rd r = rd_over(b, sizeof b);

	if (strncmp(s, "0x", 2) != 0 && strncmp(s, "0X", 2) != 0)
		return false;
	if (!text_hex_get(s + 2, strlen(s + 2), b, sizeof b))
		return false;
	*ip = rd_u32(&r);
	return true;
}

static bool resolve(const char *host, uint32_t *ip)
{
	const struct addrinfo wanted = {.ai_family = AF_INET,
					.ai_socktype = SOCK_DGRAM};
	struct addrinfo *found;
	struct sockaddr_in at;

	if (parse_hex(host, ip) || ip_parse(host, strlen(host), ip))
		return true;
	if (getaddrinfo(host, NULL, &wanted, &found))
		return false;
	memcpy(&at, found->ai_addr, sizeof at);
	freeaddrinfo(found);
	*ip = inet_endpoint(&at).ip;
	return true;
}

bool name_host(const char *host, struct registry_record *p)
{
	uint32_t ip;

	if (!host || !*host)
		return true;
	if (!strcmp(host, "*")) {
		p->flags = REGISTRY_ANYWHERE;
		return true;
	}
	if (!resolve(host, &ip))
		return false;
	p->flags = REGISTRY_AT_HOST;
	p->at = registry_endpoint_ipv4(0, (struct endpoint){ip, 0});
	return true;
}
