/*
 * muster hostconfig: HostManager's local panel as two verbs.  Values may be
 * given in its words or in the file's.
 */
#include "app/command.h"
#include "app/etc.h"
#include "app/exit.h"
#include "model/hostconfig.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char options[] =
	"  show [KEY]          all, or one\n"
	"  set KEY=VALUE...    change it; all else in the file stays\n"
	"      --etc DIR       the folder of the file, instead of /etc\n"
	"\n"
	"KEY is that of the file or HostManager's (\"Internet Address\"), "
	"VALUE\n"
	"that of the file or HostManager's: Autoconfigure for HOSTNAME and\n"
	"INETADDR, Automatic for IPNETMASK, Default for IPBROADCAST.\n";

static int read_file(struct etc_file *f, const char *etc)
{
	int rc = etc_read(f, etc, "hostconfig", HOSTCONFIG_LONGEST);

	if (rc) {
		failed("hostconfig", "%s: %s", f->path, strerror(-rc));
		return EXIT_BAD_FILE;
	}
	return 0;
}

static int parse_file(const struct etc_file *f, struct hostconfig *h)
{
	struct complaint why;

	if (hostconfig_get(h, f->text.s, f->text.len, &why))
		return 0;
	failed("hostconfig", "%s:%u: %s", f->path, why.number, why.text);
	return EXIT_BAD_FILE;
}

/* ---- show --------------------------------------------------------------- */

/* As HostManager would have it. */
static const char *shown(enum hostconfig_key key,
			 const struct hostconfig_value *v)
{
	if (v->kind == HOSTCONFIG_AUTOMATIC && hostconfig_word(key))
		return hostconfig_word(key);
	return v->text;
}

static void show_key(const struct hostconfig *h, enum hostconfig_key key)
{
	const struct hostconfig_value *v = &h->v[key];
	const char *label = hostconfig_label(key);

	if (v->kind == HOSTCONFIG_ABSENT)
		return;
	printf("%s=%s", hostconfig_key_name(key), v->text);
	if (label)
		printf("\t%s: %s", label, shown(key, v));
	printf("\n");
}

static enum hostconfig_key key_named(const char *name, size_t len)
{
	enum hostconfig_key key = hostconfig_find((struct span){name, len});

	if (key == HOSTCONFIG_KEYS)
		failed("hostconfig", "there is no key `%.*s'", (int)len, name);
	return key;
}

static int show(const char *etc, char **words)
{
	struct hostconfig h;
	struct etc_file f;
	int rc = read_file(&f, etc);

	if (rc)
		return rc;
	rc = parse_file(&f, &h);
	for (unsigned k = 0; !rc && !*words && k < HOSTCONFIG_KEYS; k++)
		show_key(&h, (enum hostconfig_key)k);
	for (; !rc && *words; words++) {
		enum hostconfig_key key = key_named(*words, strlen(*words));

		if (key == HOSTCONFIG_KEYS)
			rc = EXIT_USAGE;
		else
			show_key(&h, key);
	}
	etc_free(&f);
	return rc;
}

/* ---- set ---------------------------------------------------------------- */

/* One KEY=VALUE: the text of the file becomes another one. */
static int change(struct etc_file *f, const char *word)
{
	const char *equals = strchr(word, '=');
	enum hostconfig_key key;
	struct hostconfig_value v;
	struct complaint why;
	struct span value;
	struct text t;
	size_t room = f->text.len + 256;

	if (!equals)
		return usage("hostconfig", "`%s' is no KEY=VALUE", word);
	key = key_named(word, (size_t)(equals - word));
	if (key == HOSTCONFIG_KEYS)
		return EXIT_USAGE;
	value = span_of(equals + 1);
	if (hostconfig_word(key) &&
	    text_is_nocase(value.s, value.len, hostconfig_word(key)))
		value = span_of("-AUTOMATIC-");
	if (!hostconfig_value(&v, key, value, &why))
		return usage("hostconfig", "%s", why.text);
	t = text_over(malloc(room), room);
	if (!t.s)
		return failed("hostconfig", "%s", strerror(ENOMEM));
	hostconfig_set(&t, f->text.s, f->text.len, key, value);
	etc_free(f);
	f->text = (struct span){t.s, t.len};
	return 0;
}

static int set(const char *etc, char **words)
{
	struct hostconfig h;
	struct etc_file f;
	int rc;

	if (!*words)
		return usage("hostconfig", "set what?");
	rc = read_file(&f, etc);
	if (rc)
		return rc;
	/* A file that nothing could be told from is not edited. */
	rc = parse_file(&f, &h);
	for (; !rc && *words; words++)
		rc = change(&f, *words);
	if (!rc) {
		int error = etc_write(&f, f.text.s, f.text.len);

		if (error) {
			failed("hostconfig", "%s: %s", f.path,
			       strerror(-error));
			rc = exit_status(error);
		}
	}
	etc_free(&f);
	return rc;
}

int cmd_hostconfig(int argc, char **argv)
{
	static const struct option longs[] = {
		{"etc", required_argument, NULL, 'e'},
		{"help", no_argument, NULL, 'h'},
		{0}};
	const char *etc = "/etc";
	int c, rc = 0;

	opterr = 0;
	while (!rc && (c = getopt_long(argc, argv, ":h", longs, NULL)) != -1)
		switch (c) {
		case 'e':
			rc = folder_argument("hostconfig", optarg, &etc);
			break;
		case 'h':
			return help("hostconfig", options);
		default:
			return bad_option("hostconfig", c, argv);
		}
	if (rc)
		return rc;
	argv += optind;
	if (*argv && !strcmp(*argv, "show"))
		return show(etc, argv + 1);
	if (*argv && !strcmp(*argv, "set"))
		return set(etc, argv + 1);
	return usage("hostconfig", "show or set?");
}
