/*
 * services and networks.  An entry of services has one result for each of its
 * protocols.
 */
#include "nss/nss.h"

#include "base/text.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>

/* ---- services ------------------------------------------------------------ */

/* The protocol that is wanted, or the one of that number; NULL: no more. */
static const char *protocol(const struct nss_result *r, const struct plist *p)
{
	struct property of;

	if (!plist_find(p, "protocol", &of) || !of.n)
		return NULL;
	for (unsigned i = 0; r->want && i < of.n; i++)
		if (!strcmp(property_value(&of, i), r->want))
			return property_value(&of, i);
	if (r->want)
		return NULL;
	return r->part < of.n ? property_value(&of, r->part) : NULL;
}

/* As the C library wants it: a number whose bytes in memory are the wire's. */
static int port_to(uint32_t port)
{
	uint16_t to;
	struct wr w = wr_over(&to, sizeof to);

	wr_u16(&w, (uint16_t)port);
	return to;
}

static uint16_t port_from(int port)
{
	uint16_t from = (uint16_t)port;
	struct rd r = rd_over(&from, sizeof from);

	return rd_u16(&r);
}

static bool make_service(struct nss_result *r, const struct plist *p)
{
	struct servent *to = r->to;
	const char *name = plist_value(p, "name"), *proto = protocol(r, p);
	uint32_t port;

	if (!name || !proto || !nss_number(p, "port", UINT16_MAX, &port))
		return false;
	to->s_name = nss_string(&r->room, name);
	to->s_aliases = nss_values(&r->room, p, "name", 1);
	to->s_proto = nss_string(&r->room, proto);
	to->s_port = port_to(port);
	return true;
}

/* "domain/udp" */
static enum nss_status find_service(const char *key, const char *value,
				    const char *proto, struct nss_result *r,
				    int *errnop)
{
	char room[256];
	int n = snprintf(room, sizeof room, "%s%s%s", value, proto ? "/" : "",
			 proto ? proto : "");

	r->want = proto;
	if (n < 0 || n >= (int)sizeof room)
		return NSS_STATUS_NOTFOUND;
	return nss_one("services", key, room, make_service, r, errnop);
}

NSS_ENTRY(getservbyname_r, const char *name, const char *proto,
	  struct servent *to, char *buffer, size_t len, int *errnop)
{
	struct nss_result r = {.to = to, .room = nss_room(buffer, len)};

	return find_service("name", name, proto, &r, errnop);
}

NSS_ENTRY(getservbyport_r, int port, const char *proto, struct servent *to,
	  char *buffer, size_t len, int *errnop)
{
	struct nss_result r = {.to = to, .room = nss_room(buffer, len)};
	char room[24];
	struct text t = text_over(room, sizeof room);

	text_u64(&t, port_from(port));
	return find_service("port", room, proto, &r, errnop);
}

static struct nss_list services = NSS_LIST("services");

NSS_ENTRY(setservent, int stay_open)
{
	(void)stay_open;
	return nss_begin(&services);
}

NSS_ENTRY(endservent, void)
{
	return nss_begin(&services);
}

NSS_ENTRY(getservent_r, struct servent *to, char *buffer, size_t len,
	  int *errnop)
{
	struct nss_result r = {.to = to, .room = nss_room(buffer, len)};

	return nss_get(&services, make_service, &r, errnop);
}

/* ---- networks ------------------------------------------------------------ */

/* "192.168.77" is 192.168.77.0: the number in the high bytes, as the C library
 * has it of /etc/networks. */
static bool network_parse(const char *s, uint32_t *to)
{
	int shift = 24;

	for (*to = 0; shift >= 0; shift -= 8) {
		size_t len = strspn(s, "0123456789");
		uint64_t part;

		if (!number_parse(s, len, 255, &part))
			return false;
		*to |= (uint32_t)part << shift;
		s += len;
		if (*s++ != '.')
			return !s[-1];
	}
	return false;
}

static bool make_network(struct nss_result *r, const struct plist *p)
{
	struct netent *to = r->to;
	const char *name = plist_value(p, "name");
	const char *address = plist_value(p, "address");

	if (r->part || !name || !address || !network_parse(address, &to->n_net))
		return false;
	to->n_name = nss_string(&r->room, name);
	to->n_aliases = nss_values(&r->room, p, "name", 1);
	to->n_addrtype = AF_INET;
	return true;
}

static enum nss_status network_told(enum nss_status status, int *h_errnop)
{
	if (status != NSS_STATUS_SUCCESS)
		*h_errnop = status == NSS_STATUS_NOTFOUND ? HOST_NOT_FOUND
							  : NETDB_INTERNAL;
	return status;
}

NSS_ENTRY(getnetbyname_r, const char *name, struct netent *to, char *buffer,
	  size_t len, int *errnop, int *h_errnop)
{
	struct nss_result r = {.to = to, .room = nss_room(buffer, len)};

	return network_told(
		nss_one("networks", "name", name, make_network, &r, errnop),
		h_errnop);
}

NSS_ENTRY(getnetbyaddr_r, uint32_t net, int type, struct netent *to,
	  char *buffer, size_t len, int *errnop, int *h_errnop)
{
	struct nss_result r = {.to = to, .room = nss_room(buffer, len)};
	char room[24];
	struct text t = text_over(room, sizeof room);

	(void)type;
	while (net && !(net >> 24))
		net <<= 8;
	text_ip(&t, net);
	return network_told(
		nss_one("networks", "address", room, make_network, &r, errnop),
		h_errnop);
}

static struct nss_list networks = NSS_LIST("networks");

NSS_ENTRY(setnetent, int stay_open)
{
	(void)stay_open;
	return nss_begin(&networks);
}

NSS_ENTRY(endnetent, void)
{
	return nss_begin(&networks);
}

NSS_ENTRY(getnetent_r, struct netent *to, char *buffer, size_t len, int *errnop,
	  int *h_errnop)
{
	struct nss_result r = {.to = to, .room = nss_room(buffer, len)};

	return network_told(nss_get(&networks, make_network, &r, errnop),
			    h_errnop);
}
