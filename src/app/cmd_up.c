/*
 * muster up: the machine's half of automatic configuration, as rc.net of
 * NEXTSTEP 3.3 does it.
 */
#include "app/command.h"
#include "app/exit.h"
#include "app/up.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char options[] =
	"  -h                    set the host name, too\n"
	"  -d                    only print the commands that would be run\n"
	"      --etc DIR         the folder of hostconfig and iftab: /etc\n"
	"      --interface IF    instead of the machine's; may be repeated\n"
	"      --allow-commands  run iftab's commands, if the file is root's\n"
	"      --max-wait S      go on with what there is after S seconds\n"
	"      --jitter MS       wait at random up to MS milliseconds before "
	"the\n"
	"                        first packet of each step\n"
	"      --schedule WORD   of the requests for the address: article\n"
	"                        (NEXTSTEP 3.3) or kernel (of 1990)\n"
	"      --routed PROGRAM  run `PROGRAM -q' for ROUTER=-ROUTED-, instead "
	"of\n"
	"                        routed\n"
	"      --result FILE     where what was learnt is written, instead of\n"
	"                        " UP_RESULT "\n";

static void print(const struct netplan *p)
{
	char line[IFTAB_WORDS + 128];

	for (unsigned i = 0; i < p->n; i++) {
		struct text t = text_over(line, sizeof(line));

		netplan_put(&t, &p->v[i]);
		puts(line);
	}
}

/* ---- options ------------------------------------------------------------ */

static int take_interface(struct up_request *q, const char *name)
{
	if (q->n_names == NETPLAN_INTERFACES)
		return usage("up", "--interface: too many");
	q->names[q->n_names++] = name;
	return 0;
}

static int take_schedule(struct up_request *q, const char *word)
{
	if (strcmp(word, "article") != 0 && strcmp(word, "kernel") != 0)
		return usage("up", "--schedule: `%s' is not article or kernel",
			     word);
	q->schedule = *word == 'k' ? NEXTC_KERNEL : NEXTC_ARTICLE;
	return 0;
}

static int take_number(const char *option, const char *text, usec unit,
		       usec *to)
{
	uint64_t n;

	if (!number_argument("up", option, text, 1000000, &n))
		return EXIT_USAGE;
	*to = (usec)n * unit;
	return 0;
}

static int take_option(struct up_request *q, int c, char **argv)
{
	switch (c) {
	case 'h':
		q->sets_name = true;
		return 0;
	case 'd':
		q->is_dry = true;
		return 0;
	case 'e':
		return folder_argument("up", optarg, &q->etc);
	case 'i':
		return take_interface(q, optarg);
	case 'c':
		q->allows_commands = true;
		return 0;
	case 'w':
		return take_number("--max-wait", optarg, SECOND, &q->max_wait);
	case 'j':
		return take_number("--jitter", optarg, MILLISECONDS(1),
				   &q->jitter);
	case 's':
		return take_schedule(q, optarg);
	case 'R':
		q->routed = optarg;
		return 0;
	case 'r':
		q->result = optarg;
		return 0;
	case 'H':
		exit(help("up", options));
	default:
		return bad_option("up", c, argv);
	}
}

static int parse(int argc, char **argv, struct up_request *q)
{
	static const struct option longs[] = {
		{"etc", required_argument, NULL, 'e'},
		{"interface", required_argument, NULL, 'i'},
		{"allow-commands", no_argument, NULL, 'c'},
		{"max-wait", required_argument, NULL, 'w'},
		{"jitter", required_argument, NULL, 'j'},
		{"schedule", required_argument, NULL, 's'},
		{"routed", required_argument, NULL, 'R'},
		{"result", required_argument, NULL, 'r'},
		{"help", no_argument, NULL, 'H'},
		{0}};
	int c, rc = 0;

	opterr = 0;
	while (!rc && (c = getopt_long(argc, argv, ":hd", longs, NULL)) != -1)
		rc = take_option(q, c, argv);
	if (!rc && optind != argc)
		rc = usage("up", "`%s'?", argv[optind]);
	return rc;
}

/* ---- the run ------------------------------------------------------------ */

struct run {
	const struct up_request *q;
	const struct up_plan *plan;
	struct up_interface first; /* that got an address */
	bool has_first;
};

/* Before anything is done. */
static int may_run(const struct up_plan *p, const struct up_request *q)
{
	for (unsigned i = 0; i < p->plan.n; i++) {
		const struct netplan_step *s = &p->plan.v[i];
		const char *why = q->allows_commands
					  ? "is not root's alone to write"
					  : "has a command, and there is no "
					    "--allow-commands";

		if (s->kind != NETPLAN_COMMAND ||
		    (q->allows_commands && p->iftab.is_roots))
			continue;
		failed("up", "%s: %s: the file %s", p->iftab.path, s->name,
		       why);
		return EXIT_BAD_FILE;
	}
	return 0;
}

/* The name in the same breath if it comes next and there was no interface
 * before. */
static bool has_name_next(const struct run *r, unsigned i)
{
	const struct netplan *p = &r->plan->plan;

	return !r->has_first && i + 1 < p->n &&
	       p->v[i + 1].kind == NETPLAN_HOSTNAME && p->v[i].ifconfig.address;
}

/* "": to be asked for. */
static const char *name_of(const struct netplan_step *s)
{
	return strcmp(s->words, "-AUTOMATIC-") ? s->words : "";
}

/* As any NeXT was for a mask that it had been told; musterd does it itself. */
static bool is_authority(const struct hostconfig *h,
			 const struct netplan_step *s)
{
	return s->ifconfig.netmask == IFCONFIG_GIVEN &&
	       strncmp(s->name, "lo", 2) != 0 &&
	       h->v[HOSTCONFIG_NETMASTER].kind != HOSTCONFIG_YES;
}

static int do_interface(struct run *r, unsigned *i)
{
	const struct netplan *p = &r->plan->plan;
	const struct netplan_step *s = &p->v[*i];
	struct up_step step = {.interface = s->name, .words = &s->ifconfig};
	struct up_interface it;
	int rc;

	if (!r->has_first)
		up_router(r->q, &p->hostconfig, &step);
	if (has_name_next(r, *i)) {
		step.name = name_of(&p->v[*i + 1]);
		++*i;
	}
	rc = up_interface(r->q, &step, &it);
	if (rc || !it.result.ip)
		return rc;
	if (is_authority(&p->hostconfig, s))
		up_authority(r->q, s->name);
	if (!r->has_first)
		r->first = it;
	rc = up_write_result(r->q, &it, !r->has_first);
	r->has_first = true;
	return rc;
}

static int do_name(struct run *r, const struct netplan_step *s)
{
	const char *name = name_of(s);
	int rc;

	if (!name[0] && !r->has_first)
		return failed("up", "hostname: there is no network to ask");
	rc = up_hostname(r->q, name, &r->first);
	return rc || !r->has_first ? rc
				   : up_write_result(r->q, &r->first, true);
}

/* An interface that stays without a network keeps the others from nothing. */
static int carry_out(struct run *r)
{
	const struct netplan *p = &r->plan->plan;
	int worst = 0;

	for (unsigned i = 0; i < p->n; i++) {
		const struct netplan_step *s = &p->v[i];
		int rc = 0;

		switch (s->kind) {
		case NETPLAN_IFCONFIG:
			rc = do_interface(r, &i);
			break;
		case NETPLAN_COMMAND:
			rc = up_command(r->q, s->name, s->words);
			break;
		case NETPLAN_HOSTNAME:
			if (worst != EXIT_NO_NETWORK || r->has_first)
				rc = do_name(r, s);
			break;
		}
		worst = rc ? rc : worst;
	}
	return worst;
}

static int bring_up(struct up_request *q, struct up_plan *plan)
{
	struct run r = {.q = q, .plan = plan};
	int rc = may_run(plan, q);

	if (rc)
		return rc;
	up_loopback();
	rc = carry_out(&r);
	if (r.has_first)
		up_effects(q, &plan->plan.hostconfig, &r.first);
	return rc;
}

int cmd_up(int argc, char **argv)
{
	struct up_request q = {
		.command = "up", .etc = "/etc", .result = UP_RESULT};
	struct up_plan *plan = NULL;
	int rc = parse(argc, argv, &q);

	if (!rc)
		rc = up_plan_make(&plan, &q);
	if (!rc && q.is_dry)
		print(&plan->plan);
	else if (!rc)
		rc = bring_up(&q, plan);
	up_plan_close(plan);
	return rc;
}
