/*
 * One dump of all links tells it: the interface names its bridge, and the
 * bridge and its ports are links like others.
 */
#include "host/wire_state.h"

#include "base/text.h"
#include "host/inet.h"
#include "host/netlink.h"

#include <errno.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <string.h>

enum { ATTRIBUTES = 64 };

struct look {
	struct wire_state *to;
	uint32_t link;
	bool is_found;
};

static uint32_t number_of(const struct rtattr *a)
{
	uint32_t v = 0;

	if (a && RTA_PAYLOAD(a) >= sizeof v)
		memcpy(&v, RTA_DATA(a), sizeof v);
	else if (a && RTA_PAYLOAD(a) == 1)
		v = *(const uint8_t *)RTA_DATA(a);
	return v;
}

/* The attributes inside of one; v[i] is NULL where there is none. */
static void nested(const struct rtattr *outer, const struct rtattr **v)
{
	const uint8_t *p = outer ? RTA_DATA(outer) : NULL;
	size_t left = outer ? RTA_PAYLOAD(outer) : 0;

	memset(v, 0, ATTRIBUTES * sizeof(struct rtattr *));
	while (left >= RTA_LENGTH(0)) {
		const struct rtattr *a = (const void *)p;
		size_t step = RTA_ALIGN(a->rta_len);

		if (a->rta_len < RTA_LENGTH(0) || a->rta_len > left)
			return;
		if ((a->rta_type & NLA_TYPE_MASK) < ATTRIBUTES)
			v[a->rta_type & NLA_TYPE_MASK] = a;
		p += step;
		left = step < left ? left - step : 0;
	}
}

static bool is_bridge(const struct rtattr *kind)
{
	return kind && RTA_PAYLOAD(kind) >= 6 &&
	       !strncmp(RTA_DATA(kind), "bridge", RTA_PAYLOAD(kind));
}

static void take_bridge(struct wire_state *s, uint32_t index,
			const struct rtattr *const *a,
			const struct rtattr *data)
{
	const struct rtattr *b[ATTRIBUTES];

	nested(data, b);
	s->has_bridge = true;
	s->bridge = index;
	if (a[IFLA_IFNAME])
		text_copy(s->name, sizeof s->name, RTA_DATA(a[IFLA_IFNAME]),
			  strnlen(RTA_DATA(a[IFLA_IFNAME]),
				  RTA_PAYLOAD(a[IFLA_IFNAME])));
	s->snoops = number_of(b[IFLA_BR_MCAST_SNOOPING]);
	s->queries = number_of(b[IFLA_BR_MCAST_QUERIER]);
	s->spans = number_of(b[IFLA_BR_STP_STATE]);
	/* In hundredths of a second. */
	s->delay = number_of(b[IFLA_BR_FORWARD_DELAY]) * 10;
}

/* The first pass: the interface itself. */
static void on_itself(void *arg, const struct nlmsghdr *h)
{
	const struct ifinfomsg *m = NLMSG_DATA(h);
	const struct rtattr *a[ATTRIBUTES], *info[ATTRIBUTES], *p[ATTRIBUTES];
	struct look *l = arg;
	struct wire_state *s = l->to;

	if (h->nlmsg_type != RTM_NEWLINK || (uint32_t)m->ifi_index != l->link)
		return;
	l->is_found = true;
	netlink_attributes(h, sizeof *m, a, ATTRIBUTES - 1);
	nested(a[IFLA_LINKINFO], info);
	s->is_up = m->ifi_flags & IFF_UP;
	s->has_carrier = m->ifi_flags & IFF_RUNNING;
	if (is_bridge(info[IFLA_INFO_KIND]))
		take_bridge(s, l->link, a, info[IFLA_INFO_DATA]);
	if (!is_bridge(info[IFLA_INFO_SLAVE_KIND]))
		return;
	nested(info[IFLA_INFO_SLAVE_DATA], p);
	s->is_port = true;
	s->port = (enum port_state)number_of(p[IFLA_BRPORT_STATE]);
	s->bridge = number_of(a[IFLA_MASTER]);
}

/* The second: its bridge, and all ports of that. */
static void on_bridge(void *arg, const struct nlmsghdr *h)
{
	const struct ifinfomsg *m = NLMSG_DATA(h);
	const struct rtattr *a[ATTRIBUTES], *info[ATTRIBUTES], *p[ATTRIBUTES];
	struct wire_state *s = ((struct look *)arg)->to;
	uint32_t port;

	if (h->nlmsg_type != RTM_NEWLINK)
		return;
	netlink_attributes(h, sizeof *m, a, ATTRIBUTES - 1);
	nested(a[IFLA_LINKINFO], info);
	if ((uint32_t)m->ifi_index == s->bridge) {
		take_bridge(s, s->bridge, a, info[IFLA_INFO_DATA]);
		return;
	}
	if (number_of(a[IFLA_MASTER]) != s->bridge)
		return;
	nested(info[IFLA_INFO_SLAVE_DATA], p);
	port = number_of(p[IFLA_BRPORT_STATE]);
	s->waiting += port == PORT_LISTENING || port == PORT_LEARNING;
}

static int dump(struct look *l,
		void (*one)(void *arg, const struct nlmsghdr *h))
{
	struct ifinfomsg m = {.ifi_family = AF_UNSPEC};
	struct netlink n;

	netlink_begin(&n, RTM_GETLINK, NLM_F_DUMP, &m, sizeof m);
	return netlink_dump(&n, one, l);
}

int wire_look(uint32_t link, struct wire_state *to)
{
	struct look l = {.to = to, .link = link};
	int rc;

	*to = (struct wire_state){0};
	rc = dump(&l, on_itself);
	if (!rc && !l.is_found)
		rc = -ENODEV;
	if (!rc && to->bridge)
		rc = dump(&l, on_bridge);
	return rc;
}

struct way {
	uint32_t link, from;
};

static void on_route(void *arg, const struct nlmsghdr *h)
{
	const struct rtattr *a[ATTRIBUTES];
	struct way *w = arg;

	if (h->nlmsg_type != RTM_NEWROUTE)
		return;
	netlink_attributes(h, sizeof(struct rtmsg), a, ATTRIBUTES - 1);
	w->link = number_of(a[RTA_OIF]);
	if (a[RTA_PREFSRC])
		w->from = host_u32(number_of(a[RTA_PREFSRC]));
}

int route_to(uint32_t ip, uint32_t *link, uint32_t *from)
{
	struct rtmsg m = {.rtm_family = AF_INET, .rtm_dst_len = 32};
	uint32_t wire = inet_u32(ip);
	struct way w = {0};
	struct netlink n;
	int rc;

	/* With an acknowledgement, so that the one answer has an end. */
	netlink_begin(&n, RTM_GETROUTE, NLM_F_ACK, &m, sizeof m);
	netlink_add(&n, RTA_DST, &wire, sizeof wire);
	rc = netlink_dump(&n, on_route, &w);
	*link = w.link;
	*from = w.from;
	return rc;
}
