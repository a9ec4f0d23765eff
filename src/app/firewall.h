/*
 * What the packet filter of this host does to the packets of a boot server, as
 * `nft -j list ruleset` tells it, which has iptables' rules, too.
 *
 * A rule whose conditions are not understood is taken for one that may match,
 * so the answer is sometimes "may be dropped", and never a wrong one for want
 * of understanding.
 */
#ifndef MUSTER_APP_FIREWALL_H
#define MUSTER_APP_FIREWALL_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* A packet that might come or go; nobody has seen it before (ct state new). */
struct fw_packet {
	bool is_out;
	const char *interface;
	uint8_t protocol; /* 2: IGMP, 17: UDP */
	uint32_t from, to;
	uint16_t sport, dport; /* of UDP */
};

enum fw_fate { FW_PASSES, FW_MAY_DROP, FW_DROPS };

struct fw_verdict {
	enum fw_fate fate;
	/* The chain that drops it, or may. */
	char family[16], table[64], chain[64];
	char hook[16];
};

void firewall_judge(const json_t *ruleset, const struct fw_packet *p,
		    struct fw_verdict *v);
/* Run nft.  NULL: it is not there, or may not read; *why in words. */
json_t *firewall_read(const char **why);
/* Whether there are tables of the old iptables, which nft does not show. */
bool firewall_has_legacy(void);

#endif
