/*
 * Is another DHCP server on the wire?  One socket, three DISCOVERs with the
 * broadcast flag, and whatever answers to them.
 */
#include "app/probe.h"

#include "host/inbox.h"
#include "host/loop.h"
#include "host/memory.h"
#include "host/outbox.h"
#include "host/packet.h"
#include "host/random.h"
#include "wire/bootp.h"
#include "wire/frame.h"

#include <poll.h>
#include <string.h>

struct probe {
	struct packet packet;
	struct inbox *in;
	struct outbox *out;
	uint8_t mac[6], xid[4];
};

static void put_discover(const struct probe *p, struct wr *w)
{
	struct bootp_head h = {.op = BOOTP_REQUEST,
			       .hw = hwaddr_ethernet(p->mac),
			       .flags = BOOTP_FLAG_BROADCAST};
	struct bootp_out o;

	memcpy(h.xid, p->xid, 4);
	o = bootp_begin(&h, w, 576);
	bootp_put_u8(&o, OPT_MESSAGE_TYPE, DHCP_DISCOVER);
	bootp_end(&o);
}

static void discover(struct probe *p)
{
	uint8_t message[600], frame[700];
	struct wr w = wr_over(message, sizeof(message));
	struct wr f = wr_over(frame, sizeof(frame));
	struct outgoing m = {.fd = p->packet.fd, .link = p->packet.link};
	struct frame_udp u = {.dst = {255, 255, 255, 255, 255, 255},
			      .from = {0, BOOTP_CLIENT_PORT},
			      .to = {IP_BROADCAST, BOOTP_SERVER_PORT},
			      .ttl = 64};

	put_discover(p, &w);
	memcpy(u.src, p->mac, 6);
	u.bytes = message;
	u.len = wr_len(&w);
	frame_udp_put(&u, &f);
	m.head = frame;
	m.head_len = wr_len(&f);
	outbox_frame(p->out, &m);
	(void)outbox_flush(p->out);
}

static bool is_offer(const struct probe *p, const struct arrival *a,
		     uint32_t *server)
{
	struct rd r = rd_over(a->bytes, a->len);
	struct frame_udp f;
	struct bootp m;

	if (!frame_udp_get(&f, &r))
		return false;
	r = rd_over(f.bytes, f.len);
	if (!bootp_get(&m, &r) || m.op != BOOTP_REPLY || m.type != DHCP_OFFER ||
	    !m.yiaddr || memcmp(m.xid, p->xid, 4) != 0)
		return false;
	if (!bootp_option_u32(&m, OPT_SERVER_ID, server))
		*server = f.from.ip;
	return true;
}

static int listen_until(struct probe *p, usec until, uint32_t *server)
{
	for (usec now = host_now(); now < until; now = host_now()) {
		struct pollfd fd = {.fd = p->packet.fd, .events = POLLIN};
		int n;

		if (poll(&fd, 1, (int)((until - now) / 1000) + 1) <= 0)
			continue;
		n = packet_receive(&p->packet, p->in);
		for (int i = 0; i < n; i++)
			if (is_offer(p, inbox_get(p->in, i), server))
				return 1;
	}
	return 0;
}

static int open_probe(struct probe *p, uint32_t link)
{
	struct filter filter;
	uint64_t seed;
	int rc = host_random(&seed);

	if (rc)
		return rc;
	memcpy(p->xid, &seed, 4);
	p->mac[0] = 0x02; /* locally administered, nobody's */
	memcpy(p->mac + 1, (uint8_t *)&seed + 3, 5);
	filter_bootp_client(&filter, BOOTP_CLIENT_PORT, false);
	rc = packet_open(&p->packet, link, PACKET_IP, &filter);
	if (rc)
		return rc;
	rc = inbox_open(&p->in, INBOX_ROOM, &host_memory);
	return rc ? rc : outbox_open(&p->out, &host_memory);
}

int probe_dhcp(const struct link *link, usec within, uint32_t *server)
{
	struct probe p = {.packet = {.fd = -1}};
	usec start = host_now();
	int rc = open_probe(&p, link->index);

	for (int i = 0; !rc && i < 3; i++) {
		discover(&p);
		rc = listen_until(&p, start + within * (i + 1) / 3, server);
	}
	inbox_close(p.in, &host_memory);
	if (p.out)
		outbox_close(p.out, &host_memory);
	if (p.packet.fd >= 0)
		packet_close(&p.packet);
	return rc;
}
