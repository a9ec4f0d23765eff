/*
 * Findings about multicast: does a switch snoop, is there a querier, and what
 * follows from the two together.  A mirror's word counts most, then a bridge of
 * this host, then what was overheard.
 */
#include "app/doctor.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum knows { UNKNOWN, DOES_NOT, DOES };
enum { MEMBERSHIP = 260 }; /* RFC 3376 8.4 */

static bool got(uint8_t lanes, unsigned lane)
{
	return lanes >> lane & 1;
}

/* Whether who joined no group gets none. */
static enum knows snoops(const struct doctor_facts *f)
{
	const struct doctor_seen *s = &f->seen;

	if (s->has_mirror && got(s->there, LANE_SAFE) &&
	    (got(s->there, LANE_KEPT) || got(s->there, LANE_FRESH)))
		return got(s->there, LANE_STRANGER) ? DOES_NOT : DOES;
	if (f->wire.has_bridge)
		return f->wire.snoops ? DOES : DOES_NOT;
	/* A switch that snoops keeps reports from hosts (RFC 4541 2.1.1). */
	return s->reports ? DOES_NOT : UNKNOWN;
}

static bool has_querier(const struct doctor_facts *f)
{
	return f->seen.has_querier ||
	       (f->wire.has_bridge && f->wire.snoops && f->wire.queries);
}

static void judge_loop(const struct doctor_facts *f, struct findings *to)
{
	const struct doctor_seen *s = &f->seen;

	if (!f->link.ip)
		return;
	if (s->port_rc)
		doctor_find(to, FINDING_HINT, "loopback",
			    "Groups could not be joined: %s; is another muster "
			    "doctor under way?",
			    strerror(-s->port_rc));
	else if (got(s->loop, LANE_SAFE) && got(s->loop, LANE_FRESH))
		doctor_find(to, FINDING_OK, "loopback",
			    "What %s sends to a group comes back to this host.",
			    f->link.name);
	else
		doctor_find(to, FINDING_PROBLEM, "loopback",
			    "What %s sends to a group does not come back to "
			    "this host: something here drops multicast.",
			    f->link.name);
}

static void judge_route(const struct doctor_facts *f, struct findings *to)
{
	const char *name = f->link.name;

	if (f->route_rc)
		doctor_advise(
			doctor_find(
				to, FINDING_HINT, "route",
				"There is no route for multicast: musterd "
				"needs none, but atftpd, udpcast and others "
				"do."),
			"ip route add 224.0.0.0/4 dev %s", name);
	else if (strcmp(f->route_name, name) != 0)
		doctor_advise(
			doctor_find(
				to, FINDING_HINT, "route",
				"The kernel sends multicast by %s: musterd "
				"sends by what it serves, but other programs "
				"need a route by %s.",
				f->route_name, name),
			"ip route add 224.0.0.0/4 dev %s", name);
	else
		doctor_find(to, FINDING_OK, "route",
			    "The kernel sends multicast by %s.", name);
}

static void judge_querier(const struct doctor_facts *f, struct findings *to)
{
	const struct doctor_seen *s = &f->seen;
	char ip[16];

	if (s->has_querier && s->querier)
		doctor_find(to, FINDING_OK, "querier",
			    "%s asks for group members (IGMP version %u).",
			    doctor_ip(ip, s->querier), s->querier_version);
	else if (s->has_querier)
		doctor_find(
			to, FINDING_OK, "querier",
			"A switch without an address asks for group members "
			"(IGMP version %u).",
			s->querier_version);
	else if (has_querier(f))
		doctor_find(to, FINDING_OK, "querier",
			    "The bridge %s asks for group members.",
			    f->wire.name);
}

static void no_querier(const struct doctor_facts *f, enum knows snooping,
		       struct findings *to)
{
	unsigned span = (unsigned)(f->span / SECOND);

	if (snooping == DOES)
		doctor_advise(
			doctor_find(to, FINDING_PROBLEM, "querier",
				    "The switch snoops, and nobody asks for "
				    "group members: %d s after it has joined a "
				    "machine gets no multicast any more, or "
				    "none at all; let the switch ask, or "
				    "musterd (igmp.querier).",
				    MEMBERSHIP),
			"musterd -o igmp.querier=yes");
	else if (snooping == DOES_NOT)
		doctor_find(to, FINDING_OK, "querier",
			    "Nobody asks for group members, and nobody needs "
			    "to.");
	else
		doctor_advise(
			doctor_find(
				to, FINDING_HINT, "querier",
				"Nobody asked for group members in %u s: if "
				"the switch snoops, somebody has to "
				"(igmp.querier).",
				span),
			"muster doctor %s --wait 130", f->link.name);
}

/* The group that was joined long ago got lost, the one of now did not. */
static bool has_forgotten(const struct doctor_facts *f)
{
	const struct doctor_seen *s = &f->seen;

	return s->has_mirror && got(s->there, LANE_FRESH) &&
	       !got(s->there, LANE_KEPT);
}

static void judge_snooping(const struct doctor_facts *f, enum knows snooping,
			   struct findings *to)
{
	const char *what = f->wire.has_bridge ? f->wire.name : "The switch";

	switch (snooping) {
	case DOES:
		doctor_find(
			to, FINDING_HINT, "snooping",
			"%s snoops: a machine that joins no group gets no "
			"multicast, so iPXE, which joins none, is served by "
			"unicast.",
			what);
		break;
	case DOES_NOT:
		doctor_find(to, FINDING_OK, "snooping",
			    "%s sends multicast to every port.", what);
		break;
	case UNKNOWN:
		doctor_advise(
			doctor_find(
				to, FINDING_HINT, "snooping",
				"Whether the switch snoops can't be seen "
				"from here: run this on another machine, and "
				"then this once more."),
			"muster doctor eth0 --reflect");
		break;
	}
}

static void judge_mirror(const struct doctor_facts *f, struct findings *to)
{
	const struct doctor_seen *s = &f->seen;
	char ip[16];

	doctor_ip(ip, s->mirror);
	if (!s->there)
		doctor_find(to, FINDING_PROBLEM, "mirror",
			    "%s answers, but no multicast gets there, not even "
			    "what every switch has to flood: look for a packet "
			    "filter or storm control.",
			    ip);
	else if (!got(s->there, LANE_SAFE))
		doctor_find(to, FINDING_PROBLEM, "mirror",
			    "224.0.0.0/24 does not get to %s, which every "
			    "switch has to flood: something filters it.",
			    ip);
	else if (has_forgotten(f))
		doctor_advise(
			doctor_find(
				to, FINDING_PROBLEM, "mirror",
				"%s no longer gets the group that it joined "
				"%u s ago: the switch has forgotten it, for "
				"want of a querier.",
				ip, s->uptime),
			"musterd -o igmp.querier=yes");
	else if (!got(s->there, LANE_KEPT))
		doctor_find(
			to, FINDING_PROBLEM, "mirror",
			"Only 224.0.0.0/24 gets to %s, no group that it has "
			"joined: the switch does not learn its members "
			"(IGMP).",
			ip);
	else if (!got(s->back, LANE_SAFE) || !got(s->back, LANE_FRESH))
		doctor_find(to, FINDING_HINT, "mirror",
			    "Multicast gets to %s, but not all of it back from "
			    "there.",
			    ip);
	else
		doctor_find(to, FINDING_OK, "mirror",
			    "Multicast gets to %s and back.", ip);
}

void doctor_judge_groups(const struct doctor_facts *f, struct findings *to)
{
	enum knows snooping = snoops(f);

	judge_loop(f, to);
	judge_route(f, to);
	if (has_querier(f))
		judge_querier(f, to);
	else
		no_querier(f, snooping, to);
	if (f->seen.has_mirror)
		judge_mirror(f, to);
	judge_snooping(f, snooping, to);
	doctor_find(to, FINDING_OK, "ttl",
		    "A TTL of 1 keeps multicast on this network; machines "
		    "behind a router need more (slam.ttl), and multicast "
		    "routing.");
}
