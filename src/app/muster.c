/*
 * muster: the command line.  The first word says what to do.
 */
#include "app/command.h"
#include "app/exit.h"
#include "app/version.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { MOST_ARGUMENTS = 64 };

static void list(FILE *to)
{
	fprintf(to, "usage: muster COMMAND [ARGUMENT]...\n\n");
	for (const struct command *c = commands; c->name; c++)
		fprintf(to, "  %-8s %s\n", c->name, c->what);
	fprintf(to, "\n`muster COMMAND --help' says more; muster(1) all.\n");
}

/* Links to this program may have the names of old ones. */
static const struct alias {
	const char *name, *command, *option;
} aliases[] = {
	{"rc.net", "up", NULL},
	{"ifconfig", "ifconfig", NULL},
	{"hostname", "hostname", NULL},
	{"driverLoader", "drivers", NULL},
	{"nmserver", "named", NULL},
	/* It gave no addresses either. */
	{"mini-slamd", "serve", "--files-only"},
};

static const struct alias *alias_of(const char *argv0)
{
	const char *slash = strrchr(argv0, '/');
	const char *name = slash ? slash + 1 : argv0;

	for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++)
		if (!strcmp(name, aliases[i].name))
			return &aliases[i];
	return NULL;
}

static const struct command *command_named(const char *name)
{
	for (const struct command *c = commands; c->name; c++)
		if (!strcmp(name, c->name))
			return c;
	return NULL;
}

static int run_alias(const struct alias *a, int argc, char **argv)
{
	const struct command *c = command_named(a->command);
	char *longer[MOST_ARGUMENTS + 2] = {argv[0],
					    (char *)(uintptr_t)a->option};

	if (!c || argc > MOST_ARGUMENTS) {
		fprintf(stderr, "%s: %s\n", a->name,
			c ? "too many arguments" : "is not in this program");
		return EXIT_USAGE;
	}
	if (!a->option)
		return c->run(argc, argv);
	for (int i = 1; i <= argc; i++)
		longer[i + 1] = argv[i];
	return c->run(argc + 1, longer);
}

int main(int argc, char **argv)
{
	const struct alias *alias = argc ? alias_of(argv[0]) : NULL;
	const struct command *c;

	if (alias)
		return run_alias(alias, argc, argv);
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
	c = command_named(argv[1]);
	if (c)
		return c->run(argc - 1, argv + 1);
	fprintf(stderr, "muster: there is no command `%s'\n", argv[1]);
	list(stderr);
	return EXIT_USAGE;
}
