/*
 * muster ifconfig and muster hostname: the two commands that rc.net runs, each
 * alone.
 */
#include "app/command.h"
#include "app/exit.h"
#include "app/interface.h"
#include "app/up.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char ifconfig_options[] =
	"  IF inet ADDRESS|-AUTOMATIC- [netmask MASK|-AUTOMATIC-]\n"
	"          [broadcast ADDRESS] [-trailers] [up|down]\n"
	"\n"
	"Its words are those of iftab, in any order; -AUTOMATIC- asks the\n"
	"network.\n";
static const char hostname_options[] =
	"  -AUTOMATIC-   ask a configuration server for it\n"
	"  NAME          set it\n";

static bool is_help(int argc, char **argv)
{
	return argc == 2 && !strcmp(argv[1], "--help");
}

/* The rest of the arguments as one line. */
static bool join(char **argv, char *to, size_t room)
{
	struct text t = text_over(to, room);

	for (const char *between = ""; *argv; argv++, between = " ") {
		text_add(&t, between);
		text_add(&t, *argv);
	}
	return !t.full;
}

int cmd_ifconfig(int argc, char **argv)
{
	struct up_request q = {.command = "ifconfig"};
	struct ifconfig words;
	struct up_step step = {.words = &words};
	struct up_interface it;
	struct complaint why;
	char line[IFTAB_WORDS];

	if (is_help(argc, argv))
		return help("ifconfig", ifconfig_options);
	if (argc < 4)
		return usage("ifconfig", "an interface, inet, and what to do?");
	if (strcmp(argv[2], "inet") != 0)
		return usage("ifconfig",
			     "%s is no address family that is known (inet)",
			     argv[2]);
	if (!join(argv + 3, line, sizeof(line)))
		return usage("ifconfig", "too many words");
	if (!ifconfig_get(&words, span_of(line), &why))
		return usage("ifconfig", "%s", why.text);
	step.interface = argv[1];
	return up_interface(&q, &step, &it);
}

/* The first interface that has an address. */
static bool find_network(struct up_interface *at)
{
	int n;
	struct link *v = interfaces(&n);

	for (int i = 0; v && i < n; i++)
		if (v[i].ip && v[i].ip >> 24 != 127 && v[i].is_up &&
		    !at->link.ip)
			at->link = v[i];
	free(v);
	return at->link.ip != 0;
}

static int print_name(void)
{
	char name[256];

	if (gethostname(name, sizeof(name)) < 0)
		return EXIT_FAILURE;
	name[sizeof(name) - 1] = '\0';
	puts(name);
	return EXIT_SUCCESS;
}

int cmd_hostname(int argc, char **argv)
{
	struct up_request q = {.command = "hostname"};
	struct up_interface at = {0};
	struct hostconfig_value v;
	struct complaint why;

	if (is_help(argc, argv))
		return help("hostname", hostname_options);
	if (argc == 1)
		return print_name();
	if (argc != 2)
		return usage("hostname", "one name?");
	if (!hostconfig_value(&v, HOSTCONFIG_HOSTNAME, span_of(argv[1]), &why))
		return usage("hostname", "%s", why.text);
	if (v.kind == HOSTCONFIG_NAME)
		return up_hostname(&q, v.text, &at);
	if (find_network(&at))
		return up_hostname(&q, "", &at);
	failed("hostname", "no interface has an address: nobody to ask");
	return EXIT_NO_NETWORK;
}
