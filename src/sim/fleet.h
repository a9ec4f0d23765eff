/*
 * A simulated boot: one server and n machines on a virtual LAN, from power-on
 * to loaded.  `muster drill` and tests/sim stand on it.
 *
 * After every event it checks what must always hold: no address is held twice;
 * what the server promised is durable when the promise leaves, and is given to
 * nobody else afterwards, whatever crashes; every byte that a machine keeps is
 * the file's; no engine takes memory once it is open.
 */
#ifndef MUSTER_SIM_FLEET_H
#define MUSTER_SIM_FLEET_H

#include "base/gf256.h"
#include "model/settings.h"
#include "sim/lan.h"
#include "store/store.h"

enum { FLEET_IMAGES = 5, FLEET_PHASES = 6 };

struct fleet_image {
	const char *name;
	uint64_t size;
};

struct fleet_report;

/* What befalls the fleet, each at a random moment in `within` from power-on. */
struct fleet_trouble {
	usec within;
	unsigned crashes; /* of the server, which comes back from the store */
	usec down;        /* so long after each crash */
	unsigned reboots; /* of machines */
	unsigned jumps;   /* of all wall clocks, back or forth */
	usec jump_by;     /* by as much as this */
	/* Machines that stop reading for good, within that time from the first
	 * data packet after everybody has come to load.  Nobody waits for them,
	 * but for the end of their trains. */
	unsigned hangs;
	/* From then on so many machines lose so much of what they hear and say:
	 * bad cables. */
	uint32_t lossy;
	double loss;
	struct store_memory_faults faults;
};

struct fleet_config {
	uint32_t machines; /* 1 .. 65000 */
	/* The first is the kernel, then initrds.  None: the machines only want
	 * an address. */
	struct fleet_image images[FLEET_IMAGES];
	unsigned n_images;
	struct lan_weather weather;
	/* The weather begins with the first data packet after everybody has
	 * come to load. */
	bool is_clear_at_first;
	usec gather;        /* as lan.h has it: large fleets run the faster */
	usec arrive;        /* machines switch on at random within this time */
	enum transport via; /* DEFAULT: SLAM */
	bool has_payload;   /* real bytes, compared as they come in */
	const struct gf256 *gf; /* for a train with payload; NULL: portable */
	bool dhcp_only;         /* else every other machine speaks BOOTP */
	uint64_t seed;
	usec patience; /* virtual; machines not ready by then have failed */
	/* NULL: the defaults, serving everybody.  The subnets of others are
	 * within 10.77.0.0/16. */
	const struct settings *settings;
	struct fleet_trouble trouble;
	/* Progress, for a live table; may be NULL. */
	void (*tick)(void *arg, usec now, const struct fleet_report *r);
	/* What the engines have to say; node 0 is the server; may be NULL. */
	void (*note)(void *arg, uint32_t node, usec now, const struct note *n);
	void *arg;
};

struct fleet_file {
	uint64_t packets; /* datagrams that hold it once */
	uint64_t sent;
	/* How many had been sent when the last machine began to listen: what
	 * that one missed. */
	uint64_t missed;
};

struct fleet_report {
	uint32_t machines, booted, failed;
	uint32_t phase[FLEET_PHASES]; /* how many in each boot phase */
	uint64_t image_bytes;         /* of all files together */
	uint64_t packets_needed;      /* datagrams that hold the files once */
	uint64_t packets_sent;        /* data datagrams that were sent */
	double wire_ratio;            /* sent / needed */
	struct fleet_file files[FLEET_IMAGES];
	usec mean; /* from power-on to ready */
	/* Of those whom no fault of their own befell. */
	usec mean_well, last_well; /* the last: from the first power-on */
	uint32_t hung;             /* and were not ready before */
	uint32_t bound;            /* machines that ever got an address */
	usec last_bound;
	uint64_t train_reports; /* feedback of riders */
	uint64_t train_picked;  /* data packets for one rider alone */
	uint64_t promises;      /* ACKs and BOOTP replies that were sent */
	uint64_t batches;       /* that the store made durable */
	usec lasted;
	uint64_t trace;
	const char *broken; /* an invariant that did not hold, or NULL */
};

/* Bytes of a file that one datagram carries, by a transport and as our clients
 * ask for it. */
uint64_t fleet_block(enum transport via, uint64_t size);
/* 0, or a negative errno if it could not even begin: -EINVAL, -ENOMEM. */
int fleet_boot(const struct fleet_config *config, struct fleet_report *r);

#endif
