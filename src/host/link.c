/*
 * Interfaces.  The list is always made anew from two dumps, links and
 * addresses; a change notification only says that it is time to.  That can
 * miss nothing, even when the kernel ran out of room for notifications.
 */
#include "host/link.h"

#include "base/text.h"
#include "host/inet.h"
#include "host/netlink.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/socket.h>

struct list {
	struct link *v;
	size_t n, room;
};

/* A number in the kernel's own byte order. */
static uint32_t number_of(const struct rtattr *a)
{
	uint32_t v = 0;

	if (a && RTA_PAYLOAD(a) >= sizeof v)
		memcpy(&v, RTA_DATA(a), sizeof v);
	return v;
}

static void set_hwaddr(struct hwaddr *hw, unsigned short type,
		       const struct rtattr *a)
{
	size_t len = a ? RTA_PAYLOAD(a) : 0;

	if (!len || len > HWADDR_MAX || !type || type > UINT8_MAX)
		return;
	hw->type = (uint8_t)type;
	hw->len = (uint8_t)len;
	memcpy(hw->b, RTA_DATA(a), len);
}

static void on_link(void *arg, const struct nlmsghdr *h)
{
	const struct ifinfomsg *m = NLMSG_DATA(h);
	const struct rtattr *a[IFLA_MTU + 1];
	struct list *l = arg;
	struct link *k;

	if (h->nlmsg_type != RTM_NEWLINK || l->n == l->room)
		return;
	netlink_attributes(h, sizeof *m, a, IFLA_MTU);
	if (!a[IFLA_IFNAME])
		return;
	k = &l->v[l->n++];
	*k = (struct link){.index = (uint32_t)m->ifi_index,
			   .mtu = number_of(a[IFLA_MTU]),
			   .is_up = m->ifi_flags & IFF_UP &&
				    m->ifi_flags & IFF_RUNNING};
	text_copy(
		k->name, sizeof k->name, RTA_DATA(a[IFLA_IFNAME]),
		strnlen(RTA_DATA(a[IFLA_IFNAME]), RTA_PAYLOAD(a[IFLA_IFNAME])));
	set_hwaddr(&k->hw, m->ifi_type, a[IFLA_ADDRESS]);
}

static void on_address(void *arg, const struct nlmsghdr *h)
{
	const struct ifaddrmsg *m = NLMSG_DATA(h);
	const struct rtattr *a[IFA_LOCAL + 1];
	struct list *l = arg;

	if (h->nlmsg_type != RTM_NEWADDR || m->ifa_family != AF_INET ||
	    m->ifa_flags & IFA_F_SECONDARY)
		return;
	netlink_attributes(h, sizeof *m, a, IFA_LOCAL);
	for (size_t i = 0; i < l->n; i++) {
		struct link *k = &l->v[i];

		if (k->index != m->ifa_index || k->ip)
			continue;
		k->ip = host_u32(number_of(a[IFA_LOCAL]));
		k->mask = m->ifa_prefixlen
				  ? ~(uint32_t)0 << (32 - m->ifa_prefixlen)
				  : 0;
	}
}

static int dump_addresses(void (*one)(void *, const struct nlmsghdr *),
			  void *arg)
{
	struct ifaddrmsg m = {.ifa_family = AF_INET};
	struct netlink n;

	netlink_begin(&n, RTM_GETADDR, NLM_F_DUMP, &m, sizeof m);
	return netlink_dump(&n, one, arg);
}

int links_list(struct link *v, size_t room)
{
	struct ifinfomsg m = {.ifi_family = AF_UNSPEC};
	struct list l = {.v = v, .room = room};
	struct netlink n;
	int rc;

	netlink_begin(&n, RTM_GETLINK, NLM_F_DUMP, &m, sizeof m);
	rc = netlink_dump(&n, on_link, &l);
	if (!rc)
		rc = dump_addresses(on_address, &l);
	return rc ? rc : (int)l.n;
}

const struct link *links_named(const struct link *v, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(v[i].name, name))
			return &v[i];
	return NULL;
}

const struct link *links_numbered(const struct link *v, size_t n,
				  uint32_t index)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].index == index)
			return &v[i];
	return NULL;
}

int links_watch(void)
{
	int fd = netlink_open(RTMGRP_LINK | RTMGRP_IPV4_IFADDR);

	if (fd >= 0)
		fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

bool links_changed(int fd)
{
	bool changed = false;
	char bytes[64]; /* the rest of a notification is cut off */

	/* ENOBUFS: notifications were lost, which is one, too. */
	while (recv(fd, bytes, sizeof bytes, 0) >= 0 || errno == ENOBUFS ||
	       errno == EINTR)
		changed = true;
	return changed;
}

static int set_up(uint32_t index, bool up)
{
	struct ifinfomsg m = {.ifi_family = AF_UNSPEC,
			      .ifi_index = (int)index,
			      .ifi_flags = up ? IFF_UP : 0,
			      .ifi_change = IFF_UP};
	struct netlink n;

	netlink_begin(&n, RTM_NEWLINK, 0, &m, sizeof m);
	return netlink_do(&n);
}

int link_up(uint32_t index)
{
	return set_up(index, true);
}

int link_down(uint32_t index)
{
	return set_up(index, false);
}

static int change_address(uint16_t type, uint32_t index, uint32_t ip,
			  uint32_t mask, uint32_t broadcast)
{
	struct ifaddrmsg m = {.ifa_family = AF_INET,
			      .ifa_prefixlen = (uint8_t)mask_bits(mask),
			      .ifa_index = index};
	uint32_t local = inet_u32(ip), all;
	struct netlink n;

	netlink_begin(&n, type,
		      type == RTM_NEWADDR ? NLM_F_CREATE | NLM_F_REPLACE : 0,
		      &m, sizeof m);
	netlink_add(&n, IFA_LOCAL, &local, sizeof local);
	netlink_add(&n, IFA_ADDRESS, &local, sizeof local);
	if (!broadcast && ~mask > 1)
		broadcast = ip_broadcast(ip, mask);
	all = inet_u32(broadcast);
	if (type == RTM_NEWADDR && broadcast)
		netlink_add(&n, IFA_BROADCAST, &all, sizeof all);
	return netlink_do(&n);
}

/* The addresses of one interface, few at a time. */
struct victims {
	uint32_t index;
	unsigned n;
	struct {
		uint32_t ip, mask;
	} v[16];
};

static void on_victim(void *arg, const struct nlmsghdr *h)
{
	const struct ifaddrmsg *m = NLMSG_DATA(h);
	const struct rtattr *a[IFA_LOCAL + 1];
	struct victims *s = arg;

	if (h->nlmsg_type != RTM_NEWADDR || m->ifa_family != AF_INET ||
	    m->ifa_index != s->index || s->n == 16)
		return;
	netlink_attributes(h, sizeof *m, a, IFA_LOCAL);
	s->v[s->n].ip = host_u32(number_of(a[IFA_LOCAL]));
	s->v[s->n++].mask =
		m->ifa_prefixlen ? ~(uint32_t)0 << (32 - m->ifa_prefixlen) : 0;
}

int link_flush(uint32_t index)
{
	struct victims s = {.index = index};
	int rc;

	/* Secondary addresses go with their primary one: absent is fine. */
	do {
		s.n = 0;
		rc = dump_addresses(on_victim, &s);
		for (unsigned i = 0; !rc && i < s.n; i++) {
			rc = change_address(RTM_DELADDR, index, s.v[i].ip,
					    s.v[i].mask, 0);
			if (rc == -EADDRNOTAVAIL)
				rc = 0;
		}
	} while (!rc && s.n);
	return rc;
}

static int add_default(uint32_t index, uint32_t router, bool is_near)
{
	struct rtmsg m = {.rtm_family = AF_INET,
			  .rtm_table = RT_TABLE_MAIN,
			  .rtm_protocol = RTPROT_DHCP,
			  .rtm_scope = RT_SCOPE_UNIVERSE,
			  .rtm_type = RTN_UNICAST,
			  .rtm_flags = is_near ? 0 : RTNH_F_ONLINK};
	uint32_t by = inet_u32(router);
	struct netlink n;

	netlink_begin(&n, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, &m,
		      sizeof m);
	netlink_add(&n, RTA_GATEWAY, &by, sizeof by);
	netlink_add(&n, RTA_OIF, &index, sizeof index);
	return netlink_do(&n);
}

int link_set_address(uint32_t index, uint32_t ip, uint32_t mask,
		     uint32_t router, uint32_t broadcast)
{
	int rc = link_flush(index);

	if (!rc)
		rc = link_up(index);
	if (!rc)
		rc = change_address(RTM_NEWADDR, index, ip, mask, broadcast);
	if (!rc && router)
		rc = add_default(index, router, !((ip ^ router) & mask));
	return rc;
}

int link_set_default(uint32_t index, uint32_t router)
{
	return add_default(index, router, true);
}
