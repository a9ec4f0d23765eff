/*
 * muster named, and nmserver: its words begin with one hyphen, as they did.
 */
#include "app/command.h"
#include "app/exit.h"
#include "app/named.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

static const char options[] =
	"  -nonet          no network before SIGUSR2\n"
	"  -nevernet       no network, ever\n"
	"  -local          other machines as the access file says; so it is "
	"anyway\n"
	"  -secure         other machines are refused\n"
	"  -unrestricted   other machines find everything\n"
	"  -srr            refuse what old machines ask on port 7657\n"
	"  -d              stay in the foreground\n"
	"  -f FILE         the access file, instead of " NAMED_ACCESS "\n"
	"  -key FILE       the site's key, instead of " NAMED_KEY "\n"
	"  -run DIRECTORY  where the socket is, instead of " NAMED_RUN "\n"
	"  -user NAME      whom to become\n";

static int parse(int argc, char **argv, struct named_options *o)
{
	static const struct option longs[] = {
		{"nonet", no_argument, NULL, 'n'},
		{"nevernet", no_argument, NULL, 'N'},
		{"local", no_argument, NULL, 'l'},
		{"secure", no_argument, NULL, 's'},
		{"unrestricted", no_argument, NULL, 'U'},
		{"srr", no_argument, NULL, 'S'},
		{"key", required_argument, NULL, 'k'},
		{"run", required_argument, NULL, 'r'},
		{"user", required_argument, NULL, 'u'},
		{"help", no_argument, NULL, 'h'},
		{0}};
	int c;

	opterr = 0;
	while ((c = getopt_long_only(argc, argv, ":df:h", longs, NULL)) != -1)
		switch (c) {
		case 'n':
			o->no_network = true;
			break;
		case 'N':
			o->never = true;
			break;
		case 'l':
			break;
		case 's':
			o->is_secure = true;
			break;
		case 'U':
			o->unrestricted = true;
			break;
		case 'S':
			o->has_srr = true;
			break;
		case 'd':
			o->foreground = true;
			break;
		case 'f':
			o->access = optarg;
			break;
		case 'k':
			o->key = optarg;
			break;
		case 'r':
			o->run = optarg;
			break;
		case 'u':
			o->user = optarg;
			break;
		case 'h':
			exit(help("named", options));
		default:
			return bad_option("named", c, argv);
		}
	return 0;
}

int cmd_named(int argc, char **argv)
{
	struct named_options o = {.run = NAMED_RUN};
	int rc = parse(argc, argv, &o);

	if (rc)
		return rc;
	if (optind < argc)
		return usage("named", "%s: it takes no arguments",
			     argv[optind]);
	if (o.is_secure && o.unrestricted)
		return usage("named",
			     "-secure and -unrestricted: one or the other");
	return named_run(&o);
}
