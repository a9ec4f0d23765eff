/*
 * musterd: the configuration server of a network.
 */
#include "app/config.h"
#include "app/daemon.h"
#include "app/exit.h"
#include "app/version.h"
#include "host/notify.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

struct arguments {
	const char *path; /* NULL: the default, which may be absent */
	const char *set[64];
	unsigned n_set;
	bool checks;
};

static int wrong(const char *what)
{
	fprintf(stderr, "musterd: %s\nTry `musterd --help'.\n", what);
	return EXIT_USAGE;
}

static int bad_option(int option, char **argv)
{
	const char *word = argv[optind - 1];
	char what[128];

	if (option == ':')
		snprintf(what, sizeof(what), "%s: what?", word);
	else if (optopt && strncmp(word, "--", 2) != 0)
		snprintf(what, sizeof(what), "unknown option `-%c'", optopt);
	else
		snprintf(what, sizeof(what), "unknown option `%s'", word);
	return wrong(what);
}

static int say_help(void)
{
	printf("usage: musterd [OPTION]...\n"
	       "Serve addresses, names and boot files; musterd(8) says more.\n"
	       "\n"
	       "  -c, --config FILE   instead of " CONFIG_FILE "\n"
	       "      --check         validate the configuration, and end\n"
	       "  -o KEY=VALUE        one setting of muster.conf(5), over the "
	       "file's\n"
	       "  -d, --debug         log everything\n"
	       "      --log-format F  text or json\n"
	       "      --version\n");
	return EXIT_SUCCESS;
}

static int parse(int argc, char **argv, struct arguments *a, char *format)
{
	static const struct option longs[] = {
		{"config", required_argument, NULL, 'c'},
		{"check", no_argument, NULL, 'C'},
		{"debug", no_argument, NULL, 'd'},
		{"log-format", required_argument, NULL, 'f'},
		{"version", no_argument, NULL, 'V'},
		{"help", no_argument, NULL, 'h'},
		{0}};
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, ":c:o:dh", longs, NULL)) != -1) {
		if ((c == 'o' || c == 'd' || c == 'f') && a->n_set == 64)
			return wrong("too many settings");
		if (c == 'c')
			a->path = optarg;
		else if (c == 'C')
			a->checks = true;
		else if (c == 'o')
			a->set[a->n_set++] = optarg;
		else if (c == 'd')
			a->set[a->n_set++] = "log-level=debug";
		else if (c == 'f') {
			snprintf(format, 64, "log-format=%s", optarg);
			a->set[a->n_set++] = format;
		} else if (c == 'V') {
			printf("musterd %s\n", MUSTER_VERSION);
			exit(EXIT_SUCCESS);
		} else if (c == 'h')
			exit(say_help());
		else
			return bad_option(c, argv);
	}
	return optind < argc ? wrong("it takes no arguments") : 0;
}

/* The file, then what the command line says: at the start, and at SIGHUP. */
static int configure(void *arg, struct config *config, char *why, size_t room)
{
	const struct arguments *a = arg;
	int rc;

	config_default(config);
	rc = config_load(config, a->path, why, room);
	for (unsigned i = 0; !rc && i < a->n_set; i++)
		rc = config_set(config, a->set[i], why, room);
	return rc ? rc : config_check(config, why, room);
}

int main(int argc, char **argv)
{
	static struct config config;
	struct arguments a = {0};
	struct daemon_options o = {.config = &config,
				   .configure = configure,
				   .program = "musterd"};
	char why[CONFIG_WHY], format[64];
	int rc = parse(argc, argv, &a, format);

	if (rc)
		return rc;
	rc = configure(&a, &config, why, sizeof(why));
	if (rc) {
		fprintf(stderr, "musterd: %s\n", why);
		return rc == -EACCES ? EXIT_NO_PERMISSION : EXIT_CONFIG;
	}
	if (a.checks)
		return EXIT_SUCCESS;
	o.arg = &a;
	return daemon_run(&o);
}
