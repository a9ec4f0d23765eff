/*
 * Answers to what an engine asks by ARP, and questions by RARP: packet sockets
 * of their own, since those of BOOTP see neither, and ARP would wake us for
 * every broadcast.
 */
#include "app/driver_inside.h"

#include <errno.h>
#include <stdlib.h>

static int open_kind(struct driver *d, uint32_t link, enum packet_type type,
		     struct heard *h)
{
	struct filter filter;
	int rc;

	if (type == PACKET_RARP)
		filter_rarp(&filter);
	else
		filter_arp_replies(&filter);
	rc = packet_open(&h->packet, link, type, &filter);
	if (rc)
		return rc;
	h->driver = d;
	h->watch = (struct watch){
		.fd = h->packet.fd, .arg = h, .ready = driver_on_frames};
	rc = loop_watch(d->loop, &h->watch, LOOP_READ);
	if (rc)
		packet_close(&h->packet);
	return rc;
}

static int hear(struct driver *d, struct heard **table, uint32_t link,
		enum packet_type type)
{
	struct heard *h;
	int at = 0, rc;

	while (at < HEARD_MAX && table[at] && table[at]->packet.link != link)
		at++;
	if (at == HEARD_MAX)
		return -ENOSPC;
	if (table[at])
		return 0;
	h = calloc(1, sizeof(*h));
	rc = h ? open_kind(d, link, type, h) : -ENOMEM;
	if (rc)
		free(h);
	else
		table[at] = h;
	return rc;
}

int driver_hear_arp(struct driver *d, uint32_t link)
{
	return hear(d, d->arp, link, PACKET_ARP);
}

int driver_hear_rarp(struct driver *d, uint32_t link)
{
	return hear(d, d->rarp, link, PACKET_RARP);
}

static void close_table(struct driver *d, struct heard **table)
{
	for (int i = 0; i < HEARD_MAX && table[i]; i++) {
		loop_unwatch(d->loop, &table[i]->watch);
		packet_close(&table[i]->packet);
		free(table[i]);
		table[i] = NULL;
	}
}

void driver_close_arp(struct driver *d)
{
	close_table(d, d->arp);
	close_table(d, d->rarp);
}
