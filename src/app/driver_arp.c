/*
 * Answers to what an engine asks by ARP: packet sockets of their own, since
 * those of BOOTP see no ARP, which would wake us for every broadcast.
 */
#include "app/driver_inside.h"

#include <errno.h>
#include <stdlib.h>

static int open_arp(struct driver *d, uint32_t link, struct heard *h)
{
	struct filter filter;
	int rc;

	filter_arp_replies(&filter);
	rc = packet_open(&h->packet, link, PACKET_ARP, &filter);
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

int driver_hear_arp(struct driver *d, uint32_t link)
{
	struct heard *h;
	int at = 0, rc;

	while (at < HEARD_MAX && d->arp[at] && d->arp[at]->packet.link != link)
		at++;
	if (at == HEARD_MAX)
		return -ENOSPC;
	if (d->arp[at])
		return 0;
	h = calloc(1, sizeof(*h));
	rc = h ? open_arp(d, link, h) : -ENOMEM;
	if (rc)
		free(h);
	else
		d->arp[at] = h;
	return rc;
}

void driver_close_arp(struct driver *d)
{
	for (int i = 0; i < HEARD_MAX && d->arp[i]; i++) {
		loop_unwatch(d->loop, &d->arp[i]->watch);
		packet_close(&d->arp[i]->packet);
		free(d->arp[i]);
		d->arp[i] = NULL;
	}
}
