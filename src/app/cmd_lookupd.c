/*
 * muster lookupd.
 */
#include "app/command.h"
#include "app/exit.h"
#include "app/lookupd.h"
#include "app/named.h"

#include <getopt.h>
#include <stdio.h>

static const char options[] =
	"  -d              stay in the foreground\n"
	"  -f FILE         whom to ask, instead of " LOOKUPD_ORDER "\n"
	"  -tag TAG        of the domain that is sought, instead of network\n"
	"  -server ADDRESS[/TAG]\n"
	"                  its server, instead of whoever answers a broadcast\n"
	"  -interface NAME on which it is sought, instead of all\n"
	"  -run DIRECTORY  where the socket is, instead of " NAMED_RUN "\n"
	"  -user NAME      whom to become\n";

static int parse(int argc, char **argv, struct lookupd_options *o)
{
	static const struct option longs[] = {
		{"tag", required_argument, NULL, 't'},
		{"server", required_argument, NULL, 's'},
		{"interface", required_argument, NULL, 'i'},
		{"run", required_argument, NULL, 'r'},
		{"user", required_argument, NULL, 'u'},
		{"help", no_argument, NULL, 'h'},
		{0}};
	int c;

	opterr = 0;
	while ((c = getopt_long_only(argc, argv, ":df:h", longs, NULL)) != -1)
		switch (c) {
		case 'd':
			o->foreground = true;
			break;
		case 'f':
			o->order = optarg;
			break;
		case 't':
			o->tag = optarg;
			break;
		case 's':
			o->server = optarg;
			break;
		case 'i':
			o->interface = optarg;
			break;
		case 'r':
			o->run = optarg;
			break;
		case 'u':
			o->user = optarg;
			break;
		case 'h':
			exit(help("lookupd", options));
		default:
			return bad_option("lookupd", c, argv);
		}
	return 0;
}

int cmd_lookupd(int argc, char **argv)
{
	struct lookupd_options o = {.run = NAMED_RUN};
	int rc = parse(argc, argv, &o);

	if (rc)
		return rc;
	if (optind < argc)
		return usage("lookupd", "%s: it takes no arguments",
			     argv[optind]);
	if (o.order && o.order[0] != '/')
		return usage("lookupd", "-f %s: a path begins with /", o.order);
	return lookupd_run(&o);
}
