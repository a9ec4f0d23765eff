/*
 * Settings: what holds when nothing was said, and which subnet an address
 * belongs to.
 */
#include "model/settings.h"

#include <stddef.h>
#include <string.h>

static const uint32_t safe_slam = IP4(224, 0, 0, 191);
static const uint32_t safe_from = IP4(224, 0, 0, 192);
enum { SAFE_GROUPS = 32 };

static void slam_default(struct settings *s)
{
	/* Etherboot's and iPXE's own defaults: x-slam:/// finds us. */
	s->slam.group = IPXE_GROUP;
	s->slam.port = 10000;
	s->slam.ports = 1000;
	s->slam.hold = 200;
	s->slam.ttl = 1;
	s->slam.rate = 125000000;
	s->slam.trains = 64;
	s->slam.riders = 16384;
}

static void tftm_default(struct settings *s)
{
	/* atftpd's, and the port that RFC 2090 registered. */
	s->tftm.group = TFTM_GROUP;
	s->tftm.groups = 256;
	s->tftm.port = 1758;
	s->tftm.ports = 1;
	s->tftm.also = 1758;
	s->tftm.ttl = 1;
	s->tftm.hold = 200;
	s->tftm.rate = 125000000;
	s->tftm.trains = 64;
	s->tftm.riders = 16384;
}

static void mtftp_default(struct settings *s)
{
	/* What iPXE was compiled with; and the ports of old. */
	s->mtftp.group = IPXE_GROUP;
	s->mtftp.port = 1759;
	s->mtftp.client_port = 3001;
	s->mtftp.own_port = 75;
	s->mtftp.own_client_port = 76;
	s->mtftp.groups_from = MTFTP_GROUPS_FROM;
	s->mtftp.groups = 256;
	s->mtftp.ttl = 1;
	s->mtftp.listen = 2;
	s->mtftp.timeout = 2;
	s->mtftp.hold = 100;
	s->mtftp.gap = 500;
	s->mtftp.lines = 64;
	s->mtftp.callers = 16384;
}

static void train_default(struct settings *s)
{
	s->train.group = TRAIN_GROUP;
	s->train.port = 7243;
	s->train.data_port = 7244;
	s->train.block = 1024;
	s->train.ttl = 1;
	s->train.hold = 30;
	s->train.rate = 125000000;
	s->train.trains = 16;
	s->train.riders = 16384;
}

void settings_default(struct settings *s)
{
	memset(s, 0, offsetof(struct settings, subnets));
	s->unknown = UNKNOWN_IGNORE;
	s->unknown_share = 50;
	s->dhcp = DHCP_FULL;
	s->netmask_authority = true;
	s->bootparam.port = 1005;
	s->netinfo.port = 1034;
	s->netinfo.interval = 60;
	s->lease = 43200;
	memcpy(s->host_names, "node%h", sizeof "node%h");
	s->transport = VIA_DEFAULT;

	/* Every switch that snoops understands reports of version 2, and that
	 * is what hosts send while queries of version 2 are about. */
	s->igmp.version = 2;
	s->igmp.robustness = 2;
	s->igmp.interval = 125;

	s->tftp.sessions = 4096;
	s->tftp.half_open = 256;
	s->tftp.per_source = 8;
	s->tftp.blksize_max = 1468; /* with its headers an Ethernet frame */
	s->tftp.windowsize_max = 64;

	slam_default(s);
	tftm_default(s);

	mtftp_default(s);
	train_default(s);
}

void settings_copy(struct settings *to, const struct settings *from)
{
	memcpy(to, from, offsetof(struct settings, subnets));
	memcpy(to->subnets, from->subnets,
	       from->n_subnets * sizeof *from->subnets);
}

static const char *const transports[] = {
	[VIA_DEFAULT] = "default", [VIA_TFTP] = "tftp", [VIA_SLAM] = "slam",
	[VIA_HTTP] = "http",       [VIA_TFTM] = "tftm", [VIA_MTFTP] = "mtftp",
	[VIA_TRAIN] = "train",
};

const char *transport_name(enum transport t)
{
	return transports[t];
}

bool transport_named(const char *name, enum transport *t)
{
	for (unsigned i = 0; i < sizeof transports / sizeof *transports; i++)
		if (!strcmp(name, transports[i])) {
			*t = (enum transport)i;
			return true;
		}
	return false;
}

void settings_make_flood_safe(struct settings *s)
{
	if (!s->flood_safe)
		return;
	if (s->slam.group == IPXE_GROUP)
		s->slam.group = safe_slam;
	if (s->mtftp.groups_from == MTFTP_GROUPS_FROM) {
		s->mtftp.groups_from = safe_from;
		s->mtftp.groups = SAFE_GROUPS;
	}
	if (s->tftm.group == TFTM_GROUP) {
		s->tftm.group = SAFE_TFTM_GROUP;
		s->tftm.groups = s->tftm.ports = SAFE_TOLD;
	}
	if (s->train.group == TRAIN_GROUP)
		s->train.group = SAFE_TRAIN_GROUP;
}

bool subnet_excludes(const struct subnet *s, uint32_t ip)
{
	for (unsigned i = 0; i < SUBNET_EXCLUDES && s->excludes[i].first; i++)
		if (ip >= s->excludes[i].first && ip <= s->excludes[i].last)
			return true;
	return false;
}

const struct subnet *settings_subnet(const struct settings *s, uint32_t ip)
{
	const struct subnet *best = NULL;

	if (!ip)
		return NULL;
	for (unsigned i = 0; i < s->n_subnets; i++) {
		const struct subnet *n = &s->subnets[i];

		if ((ip & n->mask) != (n->network & n->mask))
			continue;
		if (!best || n->mask > best->mask)
			best = n;
	}
	return best;
}

void subnet_of_link(struct subnet *s, const struct link *l, uint32_t lease)
{
	uint32_t low, high;

	*s = (struct subnet){.network = l->ip & l->mask,
			     .mask = l->mask,
			     .lease = lease,
			     .is_guessed = true};
	/* Two addresses or one: nobody else lives there (RFC 3021). */
	if (!l->ip || l->mask >= 0xfffffffe)
		return;
	low = s->network + 1;
	high = (s->network | ~l->mask) - 1;
	/* Our own stands in the way: the longer side of it. */
	if (l->ip >= low && l->ip <= high) {
		if (high - l->ip >= l->ip - low)
			low = l->ip + 1;
		else
			high = l->ip - 1;
	}
	if (high - low >= SETTINGS_LINK_RANGE)
		high = low + (SETTINGS_LINK_RANGE - 1);
	s->first = low;
	s->last = high;
}
