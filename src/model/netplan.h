/*
 * What rc.net does, worked out beforehand: from hostconfig, iftab and the
 * machine's interfaces to the commands, in order.
 *
 *	ifconfig en0 inet -AUTOMATIC- netmask -AUTOMATIC- -trailers up
 *	hostname -AUTOMATIC-
 */
#ifndef MUSTER_MODEL_NETPLAN_H
#define MUSTER_MODEL_NETPLAN_H

#include "model/hostconfig.h"
#include "model/iftab.h"

enum netplan_kind { NETPLAN_IFCONFIG, NETPLAN_COMMAND, NETPLAN_HOSTNAME };

struct netplan_step {
	enum netplan_kind kind;
	unsigned interface; /* its place among the names; not of HOSTNAME */
	const char *name;   /* of the interface */
	/* Behind `ifconfig NAME inet`; the command; or the host name. */
	char words[IFTAB_WORDS + 1];
	struct ifconfig ifconfig;
};

enum { NETPLAN_INTERFACES = 32, NETPLAN_STEPS = NETPLAN_INTERFACES + 1 };

struct netplan {
	struct hostconfig hostconfig;
	struct netplan_step v[NETPLAN_STEPS];
	unsigned n;
};

/* A text of NULL: there is no such file. */
struct netplan_sources {
	struct span hostconfig, iftab;
	const char *const *names; /* of interfaces, in the machine's order */
	unsigned n_names;         /* at most NETPLAN_INTERFACES (asserted) */
	bool sets_name;           /* -h */
};

enum netplan_file { NETPLAN_OF_HOSTCONFIG, NETPLAN_OF_IFTAB };

/*
 * False, and a complaint about which of the files.  Without iftab the first
 * interface alone is configured, by hostconfig.  What hostconfig does not say
 * of address, mask and broadcast is automatic; without HOSTNAME the name is
 * left alone, but a machine with neither file is automatic altogether.
 */
bool netplan_make(struct netplan *p, const struct netplan_sources *from,
		  enum netplan_file *which, struct complaint *why);

/* The words that hostconfig makes: "inet" is not among them. */
void netplan_words(struct text *t, const struct hostconfig *h);

/* A step as rc.net -d prints it, without the line break. */
void netplan_put(struct text *t, const struct netplan_step *step);

#endif
