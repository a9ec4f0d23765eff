/*
 * DNS by c-ares: hosts by name and by address, and nothing else.  Each question
 * opens a channel of its own, so that it always asks the servers of today.
 */
#include "app/agent.h"

#include "base/text.h"
#include "model/lookup.h"
#include "model/plist.h"
#include "wire/lookup.h"

#include <ares.h>
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <strings.h>

enum { TRY_MS = 900, TRIES = 2, ENTRY = 4096 };

struct found {
	struct wr *to;
	int rc;
	bool is_done;
};

static int error_of(int status)
{
	switch (status) {
	case ARES_ENODATA:
	case ARES_ENOTFOUND:
	case ARES_EBADNAME:
		return -ENOENT;
	case ARES_ENOMEM:
		return -ENOMEM;
	case ARES_ETIMEOUT:
		return -ETIMEDOUT;
	default:
		return -EHOSTUNREACH;
	}
}

static void put_names(struct plist_out *o, const struct hostent *h)
{
	plist_add(o, "name");
	plist_add_value(o, h->h_name);
	/* c-ares gives the name of an address as an alias, too. */
	for (char **alias = h->h_aliases; alias && *alias; alias++)
		if (strcasecmp(*alias, h->h_name) != 0)
			plist_add_value(o, *alias);
}

static int put(const struct hostent *h, struct wr *to)
{
	const struct lookup_result r = {.domain = "", .server = ""};
	uint8_t room[ENTRY];
	struct plist_out o = plist_begin(room, sizeof room);
	char ip[INET_ADDRSTRLEN];
	struct plist p;

	put_names(&o, h);
	plist_add(&o, "ip_address");
	for (char **a = h->h_addr_list; a && *a; a++)
		if (inet_ntop(AF_INET, *a, ip, sizeof ip))
			plist_add_value(&o, ip);
	lookup_result_put(&r, to);
	return plist_end(&o, &p) && lookup_entry_put(p.bytes, p.len, to)
		       ? 0
		       : -EMSGSIZE;
}

static void on_host(void *arg, int status, int timeouts, struct hostent *h)
{
	struct found *f = arg;

	(void)timeouts;
	f->is_done = true;
	if (status != ARES_SUCCESS)
		f->rc = error_of(status);
	else if (h->h_addrtype != AF_INET || !h->h_addr_list[0])
		f->rc = -ENOENT;
	else
		f->rc = put(h, f->to);
}

/* Until it is done: c-ares ends each question by itself. */
static void wait_for(ares_channel channel, const struct found *f)
{
	while (!f->is_done) {
		ares_socket_t socks[ARES_GETSOCK_MAXNUM];
		struct timeval longest = {.tv_sec = 1}, *left;
		struct pollfd p[ARES_GETSOCK_MAXNUM];
		int bits = ares_getsock(channel, socks, ARES_GETSOCK_MAXNUM);
		nfds_t n = 0;

		for (int i = 0; i < ARES_GETSOCK_MAXNUM; i++) {
			short events = 0;

			if (ARES_GETSOCK_READABLE(bits, i))
				events |= POLLIN;
			if (ARES_GETSOCK_WRITABLE(bits, i))
				events |= POLLOUT;
			if (events)
				p[n++] = (struct pollfd){socks[i], events, 0};
		}
		left = ares_timeout(channel, &longest, &longest);
		(void)poll(p, n,
			   (int)(left->tv_sec * 1000 + left->tv_usec / 1000) +
				   1);
		for (nfds_t i = 0; i < n; i++)
			ares_process_fd(
				channel,
				p[i].revents & (POLLIN | POLLERR | POLLHUP)
					? p[i].fd
					: ARES_SOCKET_BAD,
				p[i].revents & POLLOUT ? p[i].fd
						       : ARES_SOCKET_BAD);
		if (!n)
			ares_process_fd(channel, ARES_SOCKET_BAD,
					ARES_SOCKET_BAD);
	}
}

static void ask(ares_channel channel, const struct question *q, struct found *f)
{
	struct in_addr ip;

	if (!strcmp(q->with, "name"))
		ares_gethostbyname(channel, q->text, AF_INET, on_host, f);
	else if (inet_pton(AF_INET, q->text, &ip) == 1)
		ares_gethostbyaddr(channel, &ip, sizeof ip, AF_INET, on_host,
				   f);
	else
		on_host(f, ARES_EBADNAME, 0, NULL);
}

/* Of an address the answer has its name; it is this very address's. */
int agent_dns_answer(const struct question *q, struct wr *to)
{
	struct ares_options o = {
		.timeout = TRY_MS, .tries = TRIES, .lookups = (char[]){"b"}};
	int mask = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS;
	struct found f = {.to = to};
	ares_channel channel;

	if (q->about != LOOKUP_HOSTS)
		return -ENODEV;
	if (!q->with[0] || !strcmp(q->with, "en_address"))
		return -ENOENT;
	if (ares_init_options(&channel, &o, mask) != ARES_SUCCESS)
		return -ENOMEM;
	ask(channel, q, &f);
	wait_for(channel, &f);
	ares_destroy(channel);
	return f.rc;
}
