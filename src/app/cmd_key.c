/*
 * muster key: pairs of keys, with which manifests are signed and checked.
 */
#include "app/command.h"
#include "app/exit.h"
#include "app/keys.h"
#include "base/text.h"

#include <getopt.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char options[] =
	"  new [FILE]         make a pair: FILE is secret and signs, FILE.pub\n"
	"                     goes to the machines (" KEYS_FILE ")\n"
	"      --comment TEXT said in both; else who made it, and where\n"
	"  show [FILE]        what a public key is\n";

static void show(const struct key *k)
{
	char line[KEY_LINE];

	key_put(k, line);
	fputs(line, stdout);
}

static void default_comment(char *to, size_t room)
{
	const char *user = getenv("USER");
	char host[64];

	if (gethostname(host, sizeof(host)) < 0)
		host[0] = 0;
	host[sizeof(host) - 1] = 0;
	snprintf(to, room, "%s@%s", user ? user : "root", host);
}

static int make(const char *file, const char *comment)
{
	char said[KEY_COMMENT];
	const char *path = file ? file : KEYS_FILE, *why;
	struct key public;
	int rc;

	if (comment && strlen(comment) >= sizeof(said))
		return usage("key", "--comment: it may have %zu characters",
			     sizeof(said) - 1);
	default_comment(said, sizeof(said));
	if (comment)
		snprintf(said, sizeof(said), "%s", comment);
	/* A server that was never configured has no such folder. */
	if (!file)
		(void)mkdir("/etc/muster", 0755);
	rc = keys_make(path, said, &public, &why);
	if (rc) {
		failed("key", "%s: %s", path, why);
		return exit_status(rc);
	}
	show(&public);
	return EXIT_SUCCESS;
}

static int show_file(const char *file)
{
	const char *path = file ? file : KEYS_FILE ".pub", *why;
	struct key k;
	int rc = keys_public(path, &k, &why);

	if (rc) {
		failed("key", "%s: %s", path, why);
		return exit_status(rc);
	}
	show(&k);
	return EXIT_SUCCESS;
}

static int act(int argc, char **words, const char *comment)
{
	if (argc < 1)
		return usage("key", "what? It can `new' and `show'");
	if (argc > 2)
		return usage("key", "%s: one file at most", words[0]);
	if (!strcmp(words[0], "new"))
		return make(words[1], comment);
	if (!strcmp(words[0], "show"))
		return show_file(words[1]);
	return usage("key", "there is no `%s'", words[0]);
}

int cmd_key(int argc, char **argv)
{
	static const struct option longs[] = {
		{"comment", required_argument, NULL, 'c'},
		{"help", no_argument, NULL, 'h'},
		{0}};
	const char *comment = NULL;
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, ":h", longs, NULL)) != -1)
		if (c == 'h')
			return help("key", options);
		else if (c == 'c')
			comment = optarg;
		else
			return bad_option("key", c, argv);
	return act(argc - optind, argv + optind, comment);
}
