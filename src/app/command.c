/*
 * The table of commands, and what they all need: usage lines, errors that name
 * the command, numbers.
 */
#include "app/command.h"

#include "app/etc.h"
#include "app/exit.h"
#include "base/text.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* MUSTER_CLIENT: the small static program of a machine that starts up. */
const struct command commands[] = {
#ifndef MUSTER_CLIENT
	{"serve", "DIR|FILE",
	 "serve boot files on this network, in the "
	 "foreground, without any configuration",
	 cmd_serve},
#endif
	{"boot", "INTERFACE",
	 "be a machine: take an address, load what it is "
	 "told to, check it",
	 cmd_boot},
	{"fetch", "URL", "load one file by its address", cmd_fetch},
	{"up", "",
	 "configure the network as hostconfig and iftab say, as rc.net does",
	 cmd_up},
	{"ifconfig", "IF inet WORD...",
	 "the step of up that configures an interface", cmd_ifconfig},
	{"hostname", "-AUTOMATIC-|NAME",
	 "the step of up that sets the host name", cmd_hostname},
	{"maskd", "INTERFACE",
	 "tell others its mask, as a machine that was told it", cmd_maskd},
	{"drivers", "a|D=NAME", "load the kernel modules that a table names",
	 cmd_drivers},
	{"hostconfig", "show|set",
	 "what this machine knows of itself: see it, change it",
	 cmd_hostconfig},
#ifndef MUSTER_CLIENT
	{"drill", "-n N",
	 "what a boot of N machines costs, simulated or in "
	 "namespaces",
	 cmd_drill},
	{"doctor", "[INTERFACE]",
	 "what on this network would spoil a boot, and what helps", cmd_doctor},
	{"domain", "VERB", "the hierarchy of domains: add, list, show, remove",
	 cmd_domain},
	{"dir", "VERB PATH [DOMAIN]",
	 "any entry of the directory: read, list, create, set, append, unset, "
	 "rename, destroy",
	 cmd_dir},
	{"machine", "VERB",
	 "the machines that are known, and those that wait: add, list, "
	 "show, set, remove, replace, pending, approve, deny",
	 cmd_machine},
	{"host-addition", "VERB",
	 "whether machines may add themselves: on, off, set, show",
	 cmd_host_addition},
	{"import", "FORMAT [FILE [DOMAIN]]",
	 "read a file that people have into the directory: hosts, ethers, "
	 "dhcpd.conf, kea, raw dumps, ...",
	 cmd_import},
	{"export", "FORMAT [FILE [DOMAIN]]",
	 "write such a file from the directory", cmd_export},
	{"image", "VERB", "the files that machines can load: add, list",
	 cmd_image},
	{"key", "VERB", "the keys that manifests are signed with: new, show",
	 cmd_key},
	{"pool", "list", "how full the ranges of addresses are", cmd_pool},
	{"lease", "VERB", "which machine has which address: list, remove",
	 cmd_lease},
	{"history", "[PATH]", "who changed what in the directory, and when",
	 cmd_history},
	{"undo", "REVISION", "make undone what one edit or import changed",
	 cmd_undo},
	{"backup", "FILE", "copy the whole store while musterd runs",
	 cmd_backup},
	{"restore", "FILE", "put such a copy in the place of the store",
	 cmd_restore},
	{"status", "", "how the server and its store stand", cmd_status},
	{"store", "VERB", "the store: status, migrate", cmd_store},
	{"lookup", "CATEGORY KEY",
	 "what programs of this machine are told of users, hosts, ..., and "
	 "from where",
	 cmd_lookup},
	{"lookupd", "",
	 "answer programs of this machine, from a directory elsewhere",
	 cmd_lookupd},
#endif
	{"name", "VERB",
	 "named services of this and other machines: checkin, lookup, list, "
	 "checkout, message",
	 cmd_name},
	{"named", "", "the registry of names, as nmserver was", cmd_named},
	{0},
};

static const struct command *find(const char *name)
{
	for (const struct command *c = commands; c->name; c++)
		if (!strcmp(c->name, name))
			return c;
	return NULL;
}

/* It names what others wrote, such as a path in the directory. */
static void put_visibly(FILE *f, const char *s)
{
	for (; *s; s++)
		if (((unsigned char)*s < ' ' && *s != '\n') || *s == 0x7f)
			fprintf(f, "\\x%02x", (unsigned)*s);
		else
			putc(*s, f);
}

void say_failure(const char *name, const char *format, va_list args)
{
	char *text, *line = NULL;
	size_t len;
	FILE *f;

	if (vasprintf(&text, format, args) < 0)
		return;
	f = open_memstream(&line, &len);
	if (f) {
		fprintf(f, "muster %s: ", name);
		put_visibly(f, text);
		putc('\n', f);
	}
	if (f && !fclose(f))
		fputs(line, stderr);
	free(line);
	free(text);
}

int usage(const char *name, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say_failure(name, format, args);
	va_end(args);
	fprintf(stderr, "Try `muster %s --help'.\n", name);
	return EXIT_USAGE;
}

int failed(const char *name, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say_failure(name, format, args);
	va_end(args);
	return EXIT_FAILURE;
}

int bad_option(const char *name, int option, char **argv)
{
	const char *word = argv[optind - 1];

	if (option == ':')
		return usage(name, "%s: what?", word);
	/* One letter of several leaves getopt at the word it stands in. */
	if (optopt && strncmp(word, "--", 2) != 0)
		return usage(name, "unknown option `-%c'", optopt);
	return usage(name, "unknown option `%s'", word);
}

int help(const char *name, const char *options)
{
	const struct command *c = find(name);

	printf("usage: muster %s %s [OPTION]...\n%s\n\n%s", name,
	       c ? c->arguments : "", c ? c->what : "", options);
	return EXIT_SUCCESS;
}

bool number_argument(const char *name, const char *option, const char *text,
		     uint64_t max, uint64_t *to)
{
	if (number_parse(text, strlen(text), max, to))
		return true;
	usage(name, "%s: `%s' is no number from 0 to %llu", option, text,
	      (unsigned long long)max);
	return false;
}

bool percent_argument(const char *name, const char *option, const char *text,
		      double *to)
{
	char *end;
	double v = strtod(text, &end);

	if (end != text && !*end && v >= 0 && v < 100) {
		*to = v;
		return true;
	}
	usage(name, "%s: `%s' is no percentage from 0 up to 100", option, text);
	return false;
}

int folder_argument(const char *name, const char *text, const char **to)
{
	int rc = etc_folder(text);

	if (rc) {
		failed(name, "%s: %s", text, strerror(-rc));
		return EXIT_BAD_FILE;
	}
	*to = text;
	return 0;
}
