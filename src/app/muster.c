/*
 * muster: the command line.  The first word says what to do.
 */
#include "app/command.h"
#include "app/exit.h"
#include "app/version.h"

#include <stdio.h>
#include <string.h>

static void list(FILE *to)
{
	fprintf(to, "usage: muster COMMAND [ARGUMENT]...\n\n");
	for (const struct command *c = commands; c->name; c++)
		fprintf(to, "  %-8s %s\n", c->name, c->what);
	fprintf(to, "\n`muster COMMAND --help' says more; muster(1) all.\n");
}

/* By the name of a program that it stands for. */
static bool is_called(const char *argv0, const char *name)
{
	const char *slash = strrchr(argv0, '/');

	return !strcmp(slash ? slash + 1 : argv0, name);
}

int main(int argc, char **argv)
{
	if (argc && is_called(argv[0], "nmserver"))
		return cmd_named(argc, argv);
	if (argc < 2) {
		list(stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") ||
	    !strcmp(argv[1], "help")) {
		list(stdout);
		return EXIT_SUCCESS;
	}
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "version")) {
		printf("muster %s\n", MUSTER_VERSION);
		return EXIT_SUCCESS;
	}
	for (const struct command *c = commands; c->name; c++)
		if (!strcmp(argv[1], c->name))
			return c->run(argc - 1, argv + 1);
	fprintf(stderr, "muster: there is no command `%s'\n", argv[1]);
	list(stderr);
	return EXIT_USAGE;
}
