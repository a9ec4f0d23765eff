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

static const char options[] =
	"  -h                   set the host name, too\n"
	"  -d                   only print the commands that would be run\n"
	"      --etc DIR        the folder of hostconfig and iftab: /etc\n"
	"      --interface IF   instead of the machine's; may be repeated\n";

static void print(const struct netplan *p)
{
	char line[IFTAB_WORDS + 128];

	for (unsigned i = 0; i < p->n; i++) {
		struct text t = text_over(line, sizeof(line));

		netplan_put(&t, &p->v[i]);
		puts(line);
	}
}

static int take_interface(struct up_request *q, const char *name)
{
	if (q->n_names == NETPLAN_INTERFACES)
		return usage("up", "--interface: too many");
	q->names[q->n_names++] = name;
	return 0;
}

static int parse(int argc, char **argv, struct up_request *q)
{
	static const struct option longs[] = {
		{"etc", required_argument, NULL, 'e'},
		{"interface", required_argument, NULL, 'i'},
		{"help", no_argument, NULL, 'H'},
		{0}};
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, ":hd", longs, NULL)) != -1)
		switch (c) {
		case 'h':
			q->sets_name = true;
			break;
		case 'd':
			q->is_dry = true;
			break;
		case 'e':
			q->etc = optarg;
			break;
		case 'i':
			if (take_interface(q, optarg))
				return EXIT_USAGE;
			break;
		case 'H':
			exit(help("up", options));
		default:
			return bad_option("up", c, argv);
		}
	return optind == argc ? 0 : usage("up", "`%s'?", argv[optind]);
}

int cmd_up(int argc, char **argv)
{
	struct up_request q = {.command = "up", .etc = "/etc"};
	struct up_plan *plan = NULL;
	int rc = parse(argc, argv, &q);

	if (!rc)
		rc = up_plan_make(&plan, &q);
	if (!rc && q.is_dry)
		print(&plan->plan);
	else if (!rc)
		rc = usage("up", "this release only prints: -d");
	up_plan_close(plan);
	return rc;
}
