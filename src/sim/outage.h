/*
 * The power comes back: one configuration server and n machines on a virtual
 * LAN, all switched on in the same instant, each of which asks for its address,
 * its mask and its name.  `muster drill --scenario power-failure` and tests/sim
 * stand on it.
 *
 * The machines are real startc engines, the server is the real one; the
 * directory has an entry for each machine, and the subnet's mask is explicit.
 * What is held to after every event: who has an address, a mask or a name has
 * its own; the server promises nothing that it would have to commit; no engine
 * takes memory once it is open.
 */
#ifndef MUSTER_SIM_OUTAGE_H
#define MUSTER_SIM_OUTAGE_H

#include "engine/startc.h"
#include "sim/lan.h"

enum { OUTAGE_MOST = 60000 }; /* machines */
enum outage_phase { OUTAGE_ADDRESS, OUTAGE_MASK, OUTAGE_NAME, OUTAGE_PHASES };

struct outage_config {
	uint32_t machines; /* 1 .. OUTAGE_MOST */
	enum nextc_schedule schedule;
	usec jitter; /* before the first packet of each phase */
	struct lan_weather weather;
	struct lan_reader reader; /* the server's */
	uint64_t seed;
	usec patience; /* virtual; who is not through by then has failed */
};

/*
 * A server of today behind a gigabit port.  Two of the figures are measured
 * (docs/performance.md), but not of this: 24 us of CPU is what a whole DHCP
 * exchange took, lease on disk, and is assumed for every single datagram here;
 * 6,554 is how many requests of BOOTP the packet socket's 4 MiB held on a veth
 * pair, and is assumed for all, though shorter ones take less room, and frames
 * of other network cards more.  Rate and delay of the wire are assumed.
 */
enum {
	OUTAGE_EACH = 24,
	OUTAGE_QUEUE = 6554,
	OUTAGE_RATE = 125000000,
	OUTAGE_DELAY = 100,
};
/* n machines of 1995 in that network, and an hour's patience. */
struct outage_config outage_default(uint32_t n, uint64_t seed);

/* Times are from power-on. */
struct outage_part {
	uint32_t through;
	usec last, mean;   /* machines that are through */
	uint64_t asked;    /* packets of machines */
	uint64_t answered; /* packets of the server */
	uint64_t lost;     /* at the server, whose queue was full */
};

struct outage_report {
	uint32_t machines;
	uint32_t configured; /* with the right address, mask and name */
	struct outage_part part[OUTAGE_PHASES];
	uint64_t announced; /* gratuitous ARP */
	uint64_t packets;   /* all of them */
	uint64_t withheld;  /* answers that the server's limits forbade */
	usec lasted;
	uint64_t trace;
	const char *broken; /* an invariant that did not hold, or NULL */
};

/* 0, or a negative errno if it could not even begin: -EINVAL, -ENOMEM. */
int outage_run(const struct outage_config *config, struct outage_report *r);

#endif
