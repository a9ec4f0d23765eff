/*
 * Connections that carry records, bare, for tests/peer/records: an echo on a
 * TCP port and on a local socket, with short limits.
 *
 *	records_probe PORT PATH         4 connections a source, 6 in all; 1 s to
 *			a whole record, 2 s between two; local: no limits but
 *			the table's
 *
 * "offer" is offered 5000 times.  A record is sent back as it is, but for "bye"
 *(hung up on after an answer), "big N" (N bytes, one more a record), "long N"
 *(a record of N fragments of 48 KiB, each when the last has left), and
 *"counts". Each end of a connection is a line on standard output.
 */
#include "base/record.h"
#include "host/memory.h"
#include "host/records.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct server {
	struct records *records;
	struct loop *loop;
	/* Of "long", one at a time. */
	uint32_t long_conn;
	unsigned left;
};

static void send_counts(struct server *s, uint32_t conn)
{
	const struct records_counts *c = records_counts(s->records);
	char text[256];
	int n = snprintf(
		text, sizeof text,
		"accepted %llu refused %llu records %llu late %llu "
		"bad %llu evicted %llu choked %llu dropped %llu",
		(unsigned long long)c->accepted, (unsigned long long)c->refused,
		(unsigned long long)c->records, (unsigned long long)c->late,
		(unsigned long long)c->bad, (unsigned long long)c->evicted,
		(unsigned long long)c->choked, (unsigned long long)c->dropped);

	records_send(s->records, conn, text, (size_t)n);
}

static void send_many(struct server *s, uint32_t conn, const char *what)
{
	static uint8_t bytes[RECORD_MAX];
	size_t n = strtoul(what, NULL, 10);

	memset(bytes, 'x', sizeof bytes);
	records_send(s->records, conn, bytes, n < RECORD_MAX ? n : RECORD_MAX);
}

/* The next fragment has its number in every byte. */
static void send_more(struct server *s)
{
	static uint8_t bytes[48 * 1024];

	memset(bytes, (int)(s->left & 0xff), sizeof bytes);
	if (--s->left) {
		records_send_part(s->records, s->long_conn, bytes,
				  sizeof bytes);
		records_drain(s->records, s->long_conn, 7);
	} else {
		records_send(s->records, s->long_conn, bytes, sizeof bytes);
	}
}

static void hear(void *arg, const struct record *r)
{
	struct server *s = arg;
	char text[16] = "";

	if (r->is_drained) {
		if (r->tag == 7 && r->conn == s->long_conn)
			send_more(s);
		return;
	}

	if (r->is_end) {
		printf("end %u\n", r->conn);
		fflush(stdout);
		return;
	}
	memcpy(text, r->bytes, r->len < 15 ? r->len : 15);
	if (!strcmp(text, "bye")) {
		records_send(s->records, r->conn, text, 3);
		records_hangup(s->records, r->conn);
		/* ... and nothing more, quietly. */
		records_send(s->records, r->conn, text, 3);
	} else if (!strcmp(text, "counts"))
		send_counts(s, r->conn);
	else if (!strcmp(text, "who"))
		records_send(s->records, r->conn, text,
			     (size_t)snprintf(text, sizeof text, "%x %u %u",
					      r->from.ip, r->uid, r->port));
	else if (!strcmp(text, "offer"))
		for (int i = 0; i < 5000; i++)
			records_offer(s->records, r->conn, text, 5);
	else if (!strncmp(text, "big ", 4))
		send_many(s, r->conn, text + 4);
	else if (!strncmp(text, "long ", 5)) {
		s->long_conn = r->conn;
		s->left = (unsigned)strtoul(text + 5, NULL, 10);
		send_more(s);
	} else
		records_send(s->records, r->conn, r->bytes, r->len);
}

int main(int argc, char **argv)
{
	static const struct records_limits tcp = {.most = 6,
						  .per_source = 4,
						  .first = SECOND,
						  .idle = 2 * SECOND};
	static const struct records_limits local = {
		.most = 100, .per_source = 3, .first = NEVER, .idle = NEVER};
	struct server s = {0};
	int fd = argc == 3 ? records_local(argv[2], 0600) : -1, rc;

	if (fd < 0) {
		fprintf(stderr, "records_probe: %s\n",
			argc == 3 ? strerror(-fd) : "PORT PATH");
		return 1;
	}
	signal(SIGPIPE, SIG_DFL);
	rc = loop_open(&s.loop, &host_memory);
	if (!rc)
		rc = records_open(&s.records, s.loop, hear, &s, &host_memory);
	if (!rc)
		rc = records_listen(s.records,
				    (uint16_t)strtoul(argv[1], NULL, 10), 0,
				    &tcp);
	if (!rc)
		rc = records_take(s.records, fd, 7, &local);
	printf(rc ? "failed\n" : "ready\n");
	fflush(stdout);
	while (rc >= 0)
		rc = loop_wait(s.loop,
			       records_tell(s.records, loop_now(s.loop)));
	return 1;
}
