/*
 * What is to be said of a network: from facts, which the command gathers, to
 * findings of one sentence each.  No fact is gathered here, so each case is a
 * test.
 */
#ifndef MUSTER_APP_DOCTOR_H
#define MUSTER_APP_DOCTOR_H

#include "app/firewall.h"
#include "engine/doctorc.h"
#include "host/wire_state.h"

enum finding_level { FINDING_OK, FINDING_HINT, FINDING_PROBLEM };

enum { FINDINGS = 64, DOCTOR_PORTS = 3, DOCTOR_CHECKS = 8 };

struct finding {
	enum finding_level level;
	const char *about; /* "link", "dhcp", "querier": one word, constant */
	char text[400];    /* one sentence */
	char command[200]; /* that helps; or "" */
};

struct findings {
	struct finding v[FINDINGS]; /* what has no room is left out */
	unsigned n;
};

/* A kind of packets, and what the packet filter does to them. */
struct doctor_check {
	const char *what;   /* "requests for files (UDP port 69)" */
	const char *accept; /* as an nft rule accepts them; "" */
	bool is_below;      /* broadcasts of these reach us all the same */
	struct fw_packet packet;
	struct fw_verdict verdict;
};

struct doctor_facts {
	struct link link;
	struct wire_state wire;
	struct doctor_seen seen;
	usec span;                /* how long was listened */
	const struct link *links; /* all of this host */
	int n_links;
	int route_rc;        /* of 239.255.1.1: 0, or -ENETUNREACH */
	char route_name[16]; /* by this interface */
	int reverse_path;    /* net.ipv4.conf.*.rp_filter, the stricter */
	struct {
		uint16_t port;
		char who[64]; /* "": nobody has it */
	} ports[DOCTOR_PORTS];
	const char *no_firewall; /* why it was not read, or NULL */
	bool has_legacy;
	struct doctor_check checks[DOCTOR_CHECKS];
	unsigned n_checks;
};

void doctor_judge(const struct doctor_facts *f, struct findings *to);

/* The parts of it: doctor_judge.c, doctor_groups.c. */
void doctor_judge_groups(const struct doctor_facts *f, struct findings *to);
struct finding *doctor_find(struct findings *to, enum finding_level level,
			    const char *about, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
void doctor_advise(struct finding *f, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* "10.0.0.1", in a buffer of 16. */
const char *doctor_ip(char buf[16], uint32_t ip);

#endif
