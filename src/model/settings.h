/*
 * What the administrator decides, after all files and options were read.
 * settings_default() is what a musterd without any configuration does.
 */
#ifndef MUSTER_MODEL_SETTINGS_H
#define MUSTER_MODEL_SETTINGS_H

#include "base/addr.h"
#include "model/lease.h"

enum unknown { UNKNOWN_IGNORE, UNKNOWN_PENDING, UNKNOWN_SERVE };
enum dhcp_mode { DHCP_FULL, DHCP_PROXY, DHCP_OFF };
/* Whether switches keep multicast from who joined no group. */
enum snooping { SNOOPING_GUESS, SNOOPING_YES, SNOOPING_NO };
/* Whether several servers agree which of them sends a train; GUESS: if they
 * share a store. */
enum train_share { SHARE_GUESS, SHARE_YES, SHARE_NO };
enum transport {
	VIA_DEFAULT,
	VIA_TFTP,
	VIA_SLAM,
	VIA_HTTP,
	VIA_TFTM,
	VIA_MTFTP,
	VIA_TRAIN,
};

/* RARP is answered: never; always; or, as Sun's machines expect, if there is a
 * boot file that is called like the address. */
enum rarp_mode { RARP_OFF, RARP_ON, RARP_WITH_FILE };

enum {
	SETTINGS_SUBNETS = 1024,
	SETTINGS_NAME = 128,
	SETTINGS_LOADERS = 32,
	SETTINGS_TRUSTED = 16,
	SETTINGS_TRAINS = 256, /* train.trains, at most */
};

/* Which loader a bare machine of an architecture gets. */
struct loader {
	uint16_t arch;
	char file[SETTINGS_NAME];
};

struct settings {
	char name[64]; /* this server's; "" is the host's own */
	/* The domain where look-ups begin, but for subnets that say another:
	 * "/boston"; "" is "/". */
	char directory[SETTINGS_NAME];
	enum unknown unknown;
	unsigned unknown_share; /* percent of a pool for unknown machines */
	enum dhcp_mode dhcp;
	bool authoritative;  /* NAK what is not ours (RFC 2131 4.3.2) */
	bool conflict_probe; /* is somebody there? (RFC 2131 2.2) */

	/* Masks are told (RFC 950) of the subnets that are not guessed. */
	bool netmask_authority;
	enum rarp_mode rarp;
	struct {
		bool serve;
		/* Another port mapper has port 111 and knows of us. */
		bool is_guest;
		uint16_t port;   /* ours, UDP */
		char domain[64]; /* of NIS; "" none */
		/* Who may ask for other machines' files; mask 0 ends. */
		struct net trusted[SETTINGS_TRUSTED];
	} bootparam;
	/* NetInfo by RPC; only with boot parameters, whose port mapper says
	 * where it is. */
	struct {
		bool serve;
		bool writes;   /* root of this machine may */
		uint16_t port; /* nibindd's; domains have those behind it */
		/* Domains of other masters are copied; how often, in seconds,
		 * they are asked. */
		bool follow;
		uint32_t interval;
	} netinfo;

	uint32_t lease;      /* seconds, for subnets that say none */
	char host_names[64]; /* generated: %h host number, %a 10-0-0-7 */

	/* What machines boot.  Empty: found in the boot directory by the
	 * customary names (policy.h). */
	char boot_file[SETTINGS_NAME];
	char kernel[SETTINGS_NAME];
	char initrd[4][SETTINGS_NAME];
	char arguments[256];
	struct loader loaders[SETTINGS_LOADERS];
	unsigned n_loaders;
	enum transport transport; /* for those that can do it */
	bool flood_safe; /* groups that all switches flood, 224.0.0.0/24 */
	char http_base[SETTINGS_NAME]; /* "http://10.0.0.1/"; "" none */

	struct {
		bool querier;    /* ask for members, where nobody else does */
		uint8_t version; /* 2 or 3; of our queries */
		uint8_t robustness; /* RFC 3376 8.1 */
		uint32_t interval;  /* seconds between two queries, 8.2 */
		enum snooping snooping;
	} igmp;
	struct {
		unsigned sessions, half_open, per_source;
		uint16_t blksize_max, windowsize_max;
		bool single_port;
	} tftp;
	struct {
		uint32_t group;
		uint16_t port;  /* of the first file; others above it */
		uint16_t ports; /* how many above it */
		uint8_t ttl;
		uint32_t link; /* interface index; 0: the machine's route */
		uint32_t hold; /* milliseconds that a called train waits after
				* each machine that boards, and as much again
				* for each doubling of the riders; 0: none */
		uint64_t rate; /* ceiling, bytes/s, for Muster and Linux */
		unsigned trains, riders;
	} slam;
	struct {
		/* A train has one of `groups` addresses from `group` on and one
		 * of `ports` ports from `port` on. */
		uint32_t group;
		unsigned groups;
		uint16_t port, ports;
		uint16_t also; /* requests are heard at port 69 and here; 0:
				* there alone */
		uint8_t ttl;
		uint32_t hold; /* as slam.hold */
		uint64_t rate; /* ceiling, bytes/s, for Muster */
		unsigned trains, riders;
	} tftm;
	struct {
		uint32_t group; /* iPXE's, for any file */
		uint16_t port, client_port;
		/* For those that DHCP tells a group: one for each file, of the
		 * `groups` from groups_from on. */
		uint16_t own_port, own_client_port;
		uint32_t groups_from;
		uint16_t groups;
		uint8_t ttl;
		uint8_t listen;  /* seconds: PXE's tag 4 */
		uint8_t timeout; /* seconds: PXE's tag 5 */
		uint32_t hold;   /* milliseconds from the first request */
		uint32_t gap;    /* microseconds from block to block */
		unsigned lines, callers;
	} mtftp;
	struct {
		uint32_t group;     /* of the first train; the others' follow */
		uint16_t port;      /* where riders board */
		uint16_t data_port; /* of the first train */
		uint16_t block;     /* packets of a block, at most */
		uint8_t ttl;
		uint32_t hold;     /* as SLAM's, but it leaves slowly */
		uint32_t wait_for; /* riders, for the first of each file */
		uint64_t rate;
		unsigned trains, riders;
		enum train_share share;
	} train;

	unsigned n_subnets; /* none: made from links */
	/* The last of all, since what is behind those that there are is never
	 * written, nor copied: memory that nobody touches costs nothing. */
	struct subnet subnets[SETTINGS_SUBNETS];
};

/* Etherboot and iPXE have it compiled in, for SLAM and MTFTP. */
#define IPXE_GROUP        IP4(239, 255, 1, 1)
#define MTFTP_GROUPS_FROM IP4(239, 255, 2, 0)
#define TFTM_GROUP        IP4(239, 255, 0, 0) /* atftpd's */
#define TRAIN_GROUP       IP4(239, 255, 84, 0)
/* Of the flood-safe ones, not assigned by IANA as of 2026: 224.0.0.151 to .250.
 * So many for each of the two protocols that tell a machine its group. */
#define SAFE_TFTM_GROUP  IP4(224, 0, 0, 224)
#define SAFE_TRAIN_GROUP IP4(224, 0, 0, 232)
enum { SAFE_TOLD = 8 };

void settings_default(struct settings *s);
/* The subnets that there are, and all the rest. */
void settings_copy(struct settings *to, const struct settings *from);
/* "default", "tftp", ...; false: no transport is called so. */
const char *transport_name(enum transport t);
bool transport_named(const char *name, enum transport *t);
/* SLAM's ports, also those that no file has yet. */
static inline bool settings_is_slam_port(const struct settings *s,
					 uint16_t port)
{
	return port >= s->slam.port && port - s->slam.port <= s->slam.ports;
}
/* With flood_safe, groups that are as settings_default() left them are moved to
 * 224.0.0.0/24, but for those that iPXE was compiled with. */
void settings_make_flood_safe(struct settings *s);
/* Whether the administrator keeps the address from the pool. */
bool subnet_excludes(const struct subnet *s, uint32_t ip);
/* The subnet that an address (of the relay, the client or the link) lies in,
 * the smallest of several; NULL if none. */
const struct subnet *settings_subnet(const struct settings *s, uint32_t ip);
/*
 * A subnet for a link, for a server that was told none: the link's own network.
 * Its range has all addresses on one side of ours, the side with more of them,
 * without the network's first and last one, and at most SETTINGS_LINK_RANGE: a
 * table for all of 10.0.0.0/8 would be nobody's wish.
 */
enum { SETTINGS_LINK_RANGE = 65536 };
void subnet_of_link(struct subnet *s, const struct link *l, uint32_t lease);

#endif
