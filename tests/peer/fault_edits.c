/*
 * Administrators who add, set and remove machines at random, each at any of the
 * servers, one edit after the other; as many of them at a time as is said.
 * What each asked and was told goes to standard output, as fault_check reads
 * it.
 *
 *	fault_edits SECONDS PERIOD SEED ADMINISTRATORS SOCKET...
 *
 * SOCKET: a server's control socket.  Each waits PERIOD milliseconds on the
 * average between its edits, and stays most often with the server that took the
 * last one.
 */
#include "base/rand.h"
#include "base/time.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { NAMES = 40, FIRST_IP = 20, PATIENCE = 5 /* seconds */ };

struct edit {
	const char *kind, *socket;
	unsigned name;
	char value[24];
	usec asked;
};

static usec clock_usec(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return SECONDS(t.tv_sec) + t.tv_nsec / 1000;
}

/* A request of HTTP and its answer; -1: there was no connection, 0: no
 * answer, or half of one. */
static int talk(const char *path, const char *request, char *answer,
		size_t room)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	struct timeval patience = {.tv_sec = PATIENCE};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	size_t len = 0;
	ssize_t n;

	snprintf(at.sun_path, sizeof at.sun_path, "%s", path);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
	if (connect(fd, (struct sockaddr *)&at, sizeof at)) {
		close(fd);
		return -1;
	}
	if (send(fd, request, strlen(request), MSG_NOSIGNAL) < 0)
		len = 0;
	while (len + 1 < room &&
	       (n = recv(fd, answer + len, room - 1 - len, 0)) > 0)
		len += (size_t)n;
	answer[len] = '\0';
	close(fd);
	return len > 0;
}

static void compose(const struct edit *e, char *to, size_t room)
{
	char body[256] = "";

	if (!strcmp(e->kind, "add"))
		snprintf(body, sizeof body,
			 "{\"name\":\"n%u\",\"en_address\":"
			 "\"02:ed:00:00:00:%02x\",\"ip_address\":"
			 "\"10.0.2.%u\",\"bootfile\":\"%s\"}",
			 e->name, e->name, FIRST_IP + e->name, e->value);
	else if (!strcmp(e->kind, "set"))
		snprintf(body, sizeof body, "{\"bootfile\":\"%s\"}", e->value);
	if (!strcmp(e->kind, "add"))
		snprintf(to, room, "POST /v1/machines");
	else
		snprintf(to, room, "%s /v1/machines/n%u",
			 *e->kind == 's' ? "PATCH" : "DELETE", e->name);
	snprintf(to + strlen(to), room - strlen(to),
		 " HTTP/1.1\r\nHost: muster\r\nConnection: close\r\n"
		 "Content-Type: application/json\r\nContent-Length: "
		 "%zu\r\n\r\n%s",
		 strlen(body), body);
}

/* What the answer means; a server that could not say says so. */
static const char *meaning(int rc, const char *answer)
{
	static const char first[] = "HTTP/1.1 ";
	long status;

	if (rc <= 0 || strncmp(answer, first, sizeof first - 1) != 0)
		return "unknown";
	status = strtol(answer + sizeof first - 1, NULL, 10);
	if (status == 200 || status == 201 || status == 204)
		return "ok";
	if (status < 500 || strstr(answer, "not stored: no majority"))
		return "refused";
	return "unknown";
}

/* One line, in one write: several processes write to this file. */
static void note(const struct edit *e, const char *is, usec answered)
{
	const char *slash = strrchr(e->socket, '/');
	const char *dash = strrchr(e->socket, '-');
	char line[256];
	int n = snprintf(line, sizeof line, "%s %lld %lld - n%u %s %.*s %s\n",
			 e->kind, (long long)e->asked, (long long)answered,
			 e->name, *e->value ? e->value : "-",
			 dash && slash > dash ? (int)(slash - dash - 1) : 0,
			 dash ? dash + 1 : "", is);

	if (strcmp(is, "unknown") == 0)
		n = snprintf(line, sizeof line, "%s %lld - - n%u %s %.*s %s\n",
			     e->kind, (long long)e->asked, e->name,
			     *e->value ? e->value : "-",
			     dash && slash > dash ? (int)(slash - dash - 1) : 0,
			     dash ? dash + 1 : "", is);
	if (write(STDOUT_FILENO, line, (size_t)n) != n)
		exit(2);
}

/* Which server is asked next, if all goes well: *at. */
static void edit(struct rand *r, unsigned who, char **sockets, unsigned *at)
{
	static const char *const some[] = {"add", "add", "set",
					   "set", "set", "remove"};
	struct edit e = {.kind = some[rand_below(r, 6)],
			 .socket = sockets[*at],
			 .name = (unsigned)rand_below(r, NAMES)};
	char request[1024], answer[8192];
	int rc;

	if (strcmp(e.kind, "remove") != 0)
		snprintf(e.value, sizeof e.value, "v%u-%llx", who,
			 (unsigned long long)(rand_u64(r) >> 24));
	compose(&e, request, sizeof request);
	e.asked = clock_usec();
	rc = talk(e.socket, request, answer, sizeof answer);
	if (rc >= 0)
		note(&e, meaning(rc, answer), clock_usec());
	if (rc <= 0 || strstr(answer, "not stored"))
		++*at;
}

int main(int argc, char **argv)
{
	usec end;

	if (argc < 6) {
		fprintf(stderr, "usage: fault_edits SECONDS PERIOD SEED "
				"ADMINISTRATORS SOCKET...\n");
		return 2;
	}
	end = clock_usec() + SECONDS(strtoll(argv[1], NULL, 10));
	for (unsigned i = 0; i < strtoul(argv[4], NULL, 10); i++) {
		unsigned servers = (unsigned)argc - 5, at = i % servers;
		struct rand r;

		if (fork())
			continue;
		rand_seed(&r, strtoull(argv[3], NULL, 10) + i);
		while (clock_usec() < end) {
			usec nap = MILLISECONDS((usec)rand_below(
				&r, 2 * strtoull(argv[2], NULL, 10) + 1));
			struct timespec t = {.tv_sec = nap / SECOND,
					     .tv_nsec = nap % SECOND * 1000};

			(void)nanosleep(&t, NULL);
			if (!rand_below(&r, 8))
				at = (unsigned)rand_below(&r, servers);
			edit(&r, i, argv + 5, &at);
			at %= servers;
		}
		return 0;
	}
	while (wait(NULL) > 0)
		;
	return 0;
}
