/*
 * Connections, as the engine knows them: a record is a datagram with a number.
 */
#include "app/driver_inside.h"

#include "host/memory.h"

static void on_drained(struct driver *d, const struct record *r)
{
	struct outcome o = {.kind = EFFECT_DRAIN,
			    .owner = (uint8_t)r->tag,
			    .cookie = r->conn,
			    .wall = host_wall()};

	turn_settle(&d->turn, loop_now(d->loop), &o);
	(void)outbox_flush(d->outbox);
}

static void on_record(void *arg, const struct record *r)
{
	struct driver *d = arg;
	struct dgram g = {
		.kind = r->is_end ? DGRAM_HANGUP : DGRAM_RECORD,
		.from = r->from,
		.to = {.ip = r->to.ip, .port = r->port},
		.conn = r->conn,
		.uid = r->uid,
		.wall = host_wall(),
		.bytes = r->bytes,
		.len = r->len,
	};

	if (r->is_drained) {
		on_drained(d, r);
		return;
	}
	d->counts.records += !r->is_end;
	turn_input(&d->turn, loop_now(d->loop), &g);
	(void)outbox_flush(d->outbox);
}

static int open_records(struct driver *d)
{
	if (d->records)
		return 0;
	return records_open(&d->records, d->loop, on_record, d, &host_memory);
}

int driver_listen_stream(struct driver *d, const struct listen *l)
{
	int rc = open_records(d);

	return rc ? rc
		  : records_listen(d->records, l->port, l->link,
				   &records_tcp_limits);
}

int driver_local(struct driver *d, int fd, uint16_t port,
		 const struct records_limits *limits)
{
	int rc = open_records(d);

	return rc ? rc : records_take(d->records, fd, port, limits);
}

void driver_send_record(struct driver *d, const struct send *s)
{
	if (!d->records)
		return;
	if (s->may_drop)
		records_offer(d->records, s->conn, s->head, s->head_len);
	else if (s->is_part)
		records_send_part(d->records, s->conn, s->head, s->head_len);
	else
		records_send(d->records, s->conn, s->head, s->head_len);
}

usec driver_tell_ends(struct driver *d)
{
	return d->records ? records_tell(d->records, loop_now(d->loop)) : NEVER;
}
