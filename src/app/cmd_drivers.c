/*
 * muster drivers: what driverLoader was.  A table names kernel modules and
 * their parameters, and each is loaded by modprobe(8).
 */
#include "app/command.h"
#include "app/etc.h"
#include "app/exit.h"
#include "base/text.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TABLE_LONGEST = 65536, WORDS = 32, LINE = 1024 };

static const char options[] =
	"  a             load all that the table names, in its order\n"
	"  D=NAME        load this one, with the table's parameters\n"
	"  -d            only print the commands that would be run\n"
	"      --etc DIR the folder of the table, muster/drivers: /etc\n"
	"\n"
	"A line of the table is a module and its parameters:\n"
	"  e1000e IntMode=1\n"
	"One that fails is named, and the others are loaded all the same.\n";

struct load {
	bool is_dry;
	const char *only; /* NULL: all */
	bool is_found;
	int status;
};

static bool is_module(const char *s)
{
	for (size_t i = 0; s[i]; i++) {
		char c = text_lower(s[i]);

		if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' &&
		    (c != '-' || i == 0))
			return false;
	}
	return s[0] != '\0';
}

static int modprobe(char **argv)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		return -errno;
	if (!pid) {
		execvp(argv[0], argv);
		_exit(127);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static void run(struct load *l, char **argv)
{
	int rc;

	l->is_found = true;
	if (l->is_dry) {
		for (char **word = argv; *word; word++)
			printf("%s%s", word == argv ? "" : " ", *word);
		printf("\n");
		return;
	}
	fflush(stdout);
	rc = modprobe(argv);
	if (!rc)
		return;
	/* modprobe has said why. */
	l->status = rc < 0 ? failed("drivers", "%s: %s", argv[3], strerror(-rc))
			   : failed("drivers",
				    "%s: modprobe ended with "
				    "status %d",
				    argv[3], rc);
}

/* modprobe -b -- MODULE PARAMETER...; false: more words than can be. */
static bool split(char line[LINE], struct span words, char **argv)
{
	struct text t = text_over(line, LINE);
	struct span word;
	size_t n = 0;

	argv[n++] = (char *)(uintptr_t) "modprobe";
	argv[n++] = (char *)(uintptr_t) "-b";
	argv[n++] = (char *)(uintptr_t) "--";
	while ((word = span_word(&words)).len && word.s[0] != '#') {
		argv[n++] = line + t.len;
		text_bytes(&t, word.s, word.len);
		text_bytes(&t, "", 1);
		if (t.full || n == WORDS)
			return false;
	}
	argv[n] = NULL;
	return true;
}

static int on_line(struct load *l, const struct etc_file *f, unsigned number,
		   struct span line)
{
	char room[LINE], *argv[WORDS + 1];

	if (!split(room, line, argv) || (argv[3] && !is_module(argv[3])) ||
	    !span_is_plain(line)) {
		failed("drivers", "%s:%u: is no module with its parameters",
		       f->path, number);
		return EXIT_BAD_FILE;
	}
	if (argv[3] && (!l->only || !strcmp(l->only, argv[3])))
		run(l, argv);
	return 0;
}

static int load(struct load *l, const char *etc)
{
	struct etc_file f;
	struct span rest, line;
	int rc = etc_read(&f, etc, "muster/drivers", TABLE_LONGEST);

	if (rc) {
		failed("drivers", "%s: %s", f.path, strerror(-rc));
		return EXIT_BAD_FILE;
	}
	rest = f.text;
	for (unsigned n = 1; !rc && span_line(&rest, &line); n++)
		rc = on_line(l, &f, n, line);
	etc_free(&f);
	if (!rc && l->only && !l->is_found) {
		char *argv[] = {(char *)(uintptr_t) "modprobe",
				(char *)(uintptr_t) "-b",
				(char *)(uintptr_t) "--",
				(char *)(uintptr_t)l->only, NULL};

		run(l, argv);
	}
	return rc ? rc : l->status;
}

int cmd_drivers(int argc, char **argv)
{
	static const struct option longs[] = {
		{"etc", required_argument, NULL, 'e'},
		{"help", no_argument, NULL, 'h'},
		{0}};
	struct load l = {0};
	const char *etc = "/etc";
	int c, rc = 0;

	opterr = 0;
	while (!rc && (c = getopt_long(argc, argv, ":dh", longs, NULL)) != -1)
		switch (c) {
		case 'd':
			l.is_dry = true;
			break;
		case 'e':
			rc = folder_argument("drivers", optarg, &etc);
			break;
		case 'h':
			return help("drivers", options);
		default:
			return bad_option("drivers", c, argv);
		}
	if (rc)
		return rc;
	if (optind + 1 != argc)
		return usage("drivers", "a or D=NAME?");
	if (!strcmp(argv[optind], "a"))
		return load(&l, etc);
	if (strncmp(argv[optind], "D=", 2) != 0 || !is_module(argv[optind] + 2))
		return usage("drivers", "`%s' is not a or D=NAME",
			     argv[optind]);
	l.only = argv[optind] + 2;
	return load(&l, etc);
}
