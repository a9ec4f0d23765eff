/*
 * What the server engines share: the directory, the leases, the images, the
 * settings and the network interfaces.  They read; only the server, when a
 * COMMIT has settled, changes.
 */
#ifndef MUSTER_ENGINE_SITE_H
#define MUSTER_ENGINE_SITE_H

#include "base/addr.h"
#include "base/time.h"
#include "model/directory.h"
#include "model/image.h"
#include "model/lease.h"
#include "model/lookup.h"
#include "model/settings.h"

enum { SITE_LINKS = 64 };

struct askers;
struct pending;
struct bootparams;
struct bootpd_stats;
struct hosts;
struct maskd_stats;
struct niclone_stats;
struct nimaster_stats;
struct rarpd_stats;
struct rpcd_stats;

/* What IGMP told of one link: igmpd writes it, all others read. */
struct igmp_seen {
	uint32_t link;    /* interface index; 0: an unused entry */
	bool has_querier; /* somebody asks for members */
	bool is_ours;     /* it is we */
	uint8_t version;  /* of the queries */
	uint32_t querier; /* the address; 0.0.0.0 if a switch has none */
	uint8_t mac[6];
	usec heard; /* the last query; ours: sent */
};

/* How the store stands that several servers share: the server writes it, and
 * counts. */
struct site_store {
	bool is_shared; /* else it is ours alone, and the rest is 0 */
	bool is_away;   /* nothing can be committed now */
	int why;        /* if so: a negative errno */
	int torn;       /* news could not be applied: what we have in memory is
			 * not what is true; until we are started anew */
	usec since;     /* it is away, or back; 0: it has been here always */
	const char *kind;          /* "etcd" */
	uint64_t revision, latest; /* that we have, and that is known of */
	unsigned members;          /* that keep it; 0: not known */
	uint64_t times;            /* that it went away */
	uint64_t news;             /* revisions of others */
	uint64_t refused;          /* edits, because it was away */
};

struct site {
	struct directory *directory;
	struct leases *leases;
	struct images *images;
	struct settings *settings;
	struct link links[SITE_LINKS]; /* those that we serve */
	unsigned n_links;
	uint32_t domain;       /* ours: where look-ups begin that no subnet's
				* setting leads elsewhere; site_settle_domain() */
	struct askers *askers; /* may be NULL: tftpd then guesses */
	/* Unknown machines that wait to be let in: bootpd writes; may be NULL.
	 */
	struct pending *pending;
	/* A change of the directory is under way: one at a time, since each is
	 * checked against what those before it have left.  The server sets it.
	 */
	bool is_editing;
	struct site_store store;
	/* What /etc/bootparams and /etc/hosts say; NULL: there are none. */
	const struct bootparams *bootparams;
	const struct hosts *hosts;
	/* What those have done; NULL: they are not there.  The server sets
	 * them. */
	const struct maskd_stats *masks;
	const struct rarpd_stats *rarps;
	const struct rpcd_stats *calls;
	const struct tftpd_stats *loads;
	const struct bootpd_stats *bootps;
	const struct niclone_stats *copied;
	const struct nimaster_stats *copiers;
	/* SITE_LINKS of them, in no order; NULL: nobody listens. */
	const struct igmp_seen *igmp;
	/* Whom lookupd asks; all zeros when the server is opened: the usual. */
	struct lookup_order lookup;
};

/* Whether nothing new can be promised: what needs a COMMIT would fail. */
static inline bool site_is_away(const struct site *s)
{
	return s->store.is_away || s->store.torn;
}

const struct link *site_link(const struct site *s, uint32_t index);
/* Whether the address is one of ours. */
bool site_is_own(const struct site *s, uint32_t ip);
/* Whether it is another machine of a network that one of our links is on. */
bool site_is_neighbour(const struct site *s, uint32_t ip);
/* Whether it means everybody on the link: all ones, or all ones or zeros behind
 * its network, also of the class of old, since who knows no mask yet has
 * nothing else (RFC 922 7). */
bool site_is_broadcast(const struct link *l, uint32_t ip);
/* Whether it is a neighbour, or else a machine of a subnet that we serve. */
bool site_is_near(const struct site *s, uint32_t ip);
/*
 * The nearest domain of a machine, where look-ups for it begin: that of its
 * subnet (NULL: none of ours), or of the subnet that an address lies in, its
 * own, its relay's or that of our link.  0: the settings name one that is not
 * there, and nobody is known.
 */
uint32_t site_subnet_domain(const struct site *s, const struct subnet *n);
uint32_t site_domain_of(const struct site *s, uint32_t ip);
/* Our own domain, as the settings say now: once the directory is loaded, and
 * when they have changed. */
void site_settle_domain(struct site *s);
/* A domain that such settings name and that is not there; NULL: none. */
const char *site_domain_missing(const struct site *s,
				const struct settings *set);
/* Whether the settings name the domain, or one below it. */
bool site_needs_domain(const struct site *s, uint32_t domain);

/* Of a machine that asks: known by its hardware address, or by the address it
 * uses, in the view from a domain, or from that of its address.  NULL: unknown.
 */
const struct entry *site_machine_in(const struct site *s, uint32_t domain,
				    const struct hwaddr *hw, uint32_t ip);
const struct entry *site_machine(const struct site *s, const struct hwaddr *hw,
				 uint32_t ip);
/* Whether the machine was refused for good, in that domain or one above. */
bool site_denies(const struct site *s, uint32_t domain,
		 const struct hwaddr *hw);
/* The hardware address that has `ip` by lease or registration; false: nobody
 * we know. */
bool site_hwaddr(const struct site *s, uint32_t ip, struct hwaddr *hw);

/*
 * Who keeps the master of a domain: "wizard/network", as its root entry says
 * (NetInfo's property `master`, host and tag), if that is another host.  NULL:
 * this server does, and may change it.
 */
const char *site_other_master(const struct site *s, uint32_t domain);

/* NULL: no query was heard there lately. */
const struct igmp_seen *site_igmp(const struct site *s, uint32_t link);
/*
 * Whether multicast reaches only those on the link who join by IGMP: as the
 * settings say, else if there is a querier, since then switches that snoop
 * forward to members alone (RFC 4541 2.1.2).  Link 0: any of ours.
 */
bool site_is_pruned(const struct site *s, uint32_t link);
/*
 * Which group to tell a machine at `ip`: GROUP_UNSAID, the settings' own;
 * GROUP_FLOOD_SAFE; or an address.  As its property `group` says, else a
 * flood-safe one where IGMP fails it: the switch prunes, and either it does not
 * report as it should (`reports`), or nobody asks for reports.
 */
uint32_t site_group(const struct site *s, uint32_t ip, uint32_t link,
		    bool reports);

#endif
