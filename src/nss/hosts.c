/*
 * hosts and ethers: IPv4, which is all that the directory has.
 */
#include "nss/nss.h"

#include "base/addr.h"
#include "base/text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/ether.h>

static bool is_wanted(const struct nss_result *r, uint32_t ip)
{
	struct rd want = rd_over(r->want, r->want ? 4 : 0);

	return !r->want || rd_u32(&want) == ip;
}

/* The IP addresses among the values, as a list that h_addr_list can be; by one
 * of several it is that one, as the C library's own sources have it. */
static bool add_addresses(struct nss_result *r, const struct plist *p)
{
	struct hostent *to = r->to;
	struct property ips;
	const char *value;
	unsigned n = 0;
	size_t len;

	if (!plist_find(p, "ip_address", &ips) || !ips.n)
		return false;
	to->h_addr_list = nss_pointers(&r->room, ips.n);
	while (rd_left(&ips.values) && (value = rd_cstr(&ips.values, &len))) {
		struct wr w;
		uint32_t ip;
		char *at;

		if (!ip_parse(value, len, &ip) || !is_wanted(r, ip))
			continue;
		/* Aligned, since people read it as a word. */
		at = (char *)nss_pointers(&r->room, 0);
		if (at && to->h_addr_list) {
			w = wr_over(at, 4);
			wr_u32(&w, ip);
			to->h_addr_list[n] = at;
		}
		n++;
	}
	return n;
}

static bool make_host(struct nss_result *r, const struct plist *p)
{
	struct hostent *to = r->to;
	const char *name = plist_value(p, "name");

	if (r->part || !name || !add_addresses(r, p))
		return false;
	to->h_name = nss_string(&r->room, name);
	to->h_aliases = nss_values(&r->room, p, "name", 1);
	to->h_addrtype = AF_INET;
	to->h_length = 4;
	return true;
}

static enum nss_status told(enum nss_status status, int error, int *h_errnop)
{
	switch (status) {
	case NSS_STATUS_SUCCESS:
		break;
	case NSS_STATUS_NOTFOUND:
		*h_errnop = HOST_NOT_FOUND;
		break;
	case NSS_STATUS_TRYAGAIN:
		*h_errnop = error == ERANGE ? NETDB_INTERNAL : TRY_AGAIN;
		break;
	default:
		*h_errnop = NO_RECOVERY;
	}
	return status;
}

NSS_ENTRY(gethostbyname2_r, const char *name, int af, struct hostent *to,
	  char *buffer, size_t len, int *errnop, int *h_errnop)
{
	struct nss_result r = {.to = to, .room = nss_room(buffer, len)};
	enum nss_status status;

	if (af != AF_INET && af != AF_UNSPEC) {
		*errnop = ENOENT;
		*h_errnop = NO_DATA;
		return NSS_STATUS_NOTFOUND;
	}
	status = nss_one("hosts", "name", name, make_host, &r, errnop);
	return told(status, *errnop, h_errnop);
}

NSS_ENTRY(gethostbyname_r, const char *name, struct hostent *to, char *buffer,
	  size_t len, int *errnop, int *h_errnop)
{
	return _nss_muster_gethostbyname2_r(name, AF_INET, to, buffer, len,
					    errnop, h_errnop);
}

NSS_ENTRY(gethostbyaddr_r, const void *address, socklen_t address_len, int af,
	  struct hostent *to, char *buffer, size_t len, int *errnop,
	  int *h_errnop)
{
	struct nss_result r = {
		.to = to, .room = nss_room(buffer, len), .want = address};
	char text[INET_ADDRSTRLEN];
	enum nss_status status;

	if (af != AF_INET || address_len != 4 ||
	    !inet_ntop(AF_INET, address, text, sizeof text)) {
		*errnop = ENOENT;
		*h_errnop = NO_DATA;
		return NSS_STATUS_NOTFOUND;
	}
	status = nss_one("hosts", "ip_address", text, make_host, &r, errnop);
	return told(status, *errnop, h_errnop);
}

static struct nss_list hosts = NSS_LIST("hosts");

NSS_ENTRY(sethostent, int stay_open)
{
	(void)stay_open;
	return nss_begin(&hosts);
}

NSS_ENTRY(endhostent, void)
{
	return nss_begin(&hosts);
}

NSS_ENTRY(gethostent_r, struct hostent *to, char *buffer, size_t len,
	  int *errnop, int *h_errnop)
{
	struct nss_result r = {.to = to, .room = nss_room(buffer, len)};
	enum nss_status status = nss_get(&hosts, make_host, &r, errnop);

	return told(status, *errnop, h_errnop);
}

/* ---- ethers -------------------------------------------------------------- */

/* The C library's own, which no header of it has. */
struct etherent {
	const char *e_name;
	struct ether_addr e_addr;
};

static bool make_ether(struct nss_result *r, const struct plist *p)
{
	struct etherent *to = r->to;
	const char *name = plist_value(p, "name");
	const char *mac = plist_value(p, "en_address");
	struct hwaddr hw;

	if (!name || !mac || !hwaddr_parse(mac, strlen(mac), &hw))
		return false;
	/* By one of several addresses it is that one. */
	memcpy(&to->e_addr, r->want ? r->want : hw.b, sizeof to->e_addr);
	to->e_name = nss_string(&r->room, name);
	return true;
}

NSS_ENTRY(gethostton_r, const char *name, struct etherent *to, char *buffer,
	  size_t len, int *errnop)
{
	struct nss_result r = {.to = to, .room = nss_room(buffer, len)};

	return nss_one("ethers", "name", name, make_ether, &r, errnop);
}

NSS_ENTRY(getntohost_r, const struct ether_addr *mac, struct etherent *to,
	  char *buffer, size_t len, int *errnop)
{
	struct nss_result r = {
		.to = to, .room = nss_room(buffer, len), .want = mac};
	struct hwaddr hw = hwaddr_ethernet(mac->ether_addr_octet);
	char room[32];
	struct text t = text_over(room, sizeof room);

	text_hwaddr(&t, &hw);
	return nss_one("ethers", "en_address", room, make_ether, &r, errnop);
}
