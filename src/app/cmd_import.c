/*
 * muster import: a file becomes one edit of the directory, or shows what it
 * would change.  Nothing is asked of the server before the whole file was
 * understood.
 */
#include "app/client_api.h"
#include "app/command.h"
#include "app/draft_json.h"
#include "app/exit.h"
#include "app/formats.h"
#include "app/slurp.h"
#include "base/text.h"
#include "host/memory.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ADDRESS "/v1/import/"

enum { MOST = 256 << 20 }; /* bytes of a file */

static const char options[] =
	"  FORMAT is hosts, ethers, bootptab, bootparams, dhcpd.conf, dnsmasq, "
	"kea,\n"
	"  netinfo (nidump -r), or passwd, group, services, networks, "
	"protocols,\n"
	"  rpc, aliases, fstab, printcap.  FILE is standard input, or -, and "
	"DOMAIN\n"
	"  the server's own, if they are not given.\n"
	"\n" CLIENT_HELP
	"  -m, --merge        keep properties that the file does not name: so "
	"are\n"
	"                     hosts, ethers, bootptab, bootparams, "
	"dhcpd.conf,\n"
	"                     dnsmasq, kea and networks read\n"
	"      --replace      do not, whatever the format\n"
	"  -d, --delete       remove the entries that the file does not name\n"
	"  -n, --dry-run      change nothing, print the difference\n"
	"  -p, --parts N      at most N entries in one edit, each for itself\n"
	"  -r, --directory D  of netinfo: the directory that the dump is of, "
	"instead\n"
	"                     of /\n"
	"      --json         answer as JSON\n";

struct words {
	struct client_options o;
	const struct format *format;
	const char *file, *domain, *directory;
	bool merges, replaces, deletes, is_dry;
	uint64_t most;     /* entries in one edit; 0: all */
	char command[600]; /* for errors: with the file's name */
};

/* ---- printing ----------------------------------------------------------- */

/* A text as an administrator can read it; what is no text is shown as it was
 * sent. */
static void print_text(const json_t *json)
{
	const char *s = json_string_value(json);

	if (s)
		client_text(s);
	else
		printf("\\x%s",
		       json_string_value(json_object_get(json, "hex")));
}

static void print_property(char mark, const json_t *property)
{
	printf("%c     ", mark);
	print_text(json_array_get(property, 0));
	for (size_t i = 1; i < json_array_size(property); i++) {
		printf("%s", i > 1 ? ", " : " = ");
		print_text(json_array_get(property, i));
	}
	putchar('\n');
}

static bool has_equal(const json_t *list, const json_t *property)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (json_equal(json_array_get(list, i), property))
			return true;
	return false;
}

/* The properties of one list that the other has not. */
static void print_those(char mark, const json_t *list, const json_t *other)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (!has_equal(other, json_array_get(list, i)))
			print_property(mark, json_array_get(list, i));
}

static void print_part(const json_t *part)
{
	const char *kind = json_string_value(json_object_get(part, "kind"));
	const json_t *was = json_object_get(part, "was");
	const json_t *is = json_object_get(part, "is");
	char mark = kind && *kind == 'a'   ? '+'
		    : kind && *kind == 'r' ? '-'
					   : '~';

	printf("%c ", mark);
	print_text(json_object_get(part, "path"));
	putchar('\n');
	if (mark == '-')
		return;
	print_those('-', was, is);
	print_those('+', is, was);
}

static long long count(const json_t *answer, const char *what)
{
	return json_integer_value(json_object_get(answer, what));
}

static void print_answer(const struct words *w, const json_t *answer)
{
	const json_t *list = json_object_get(answer, "difference");

	if (w->o.is_json) {
		client_print(answer);
		return;
	}
	for (size_t i = 0; i < json_array_size(list); i++)
		print_part(json_array_get(list, i));
	printf("%s%lld added, %lld changed, %lld removed, %lld as they were\n",
	       w->is_dry ? "would be: " : "", count(answer, "added"),
	       count(answer, "changed"), count(answer, "removed"),
	       count(answer, "unchanged"));
}

/* ---- reading and asking ------------------------------------------------- */

static void print_remarks(const struct words *w, const struct draft *d)
{
	const struct draft_remark *r = draft_remarks(d);

	for (; r; r = r->next)
		if (r->line)
			failed(w->command, "line %u: %s", r->line, r->text);
		else
			failed(w->command, "%s", r->text);
}

static json_t *body_of(const struct words *w, struct draft *d)
{
	json_t *list = draft_to_json(d), *body;

	if (!list)
		return NULL;
	body = json_pack("{s:o, s:s, s:b, s:b}", "entries", list, "domain",
			 w->domain, "delete", (int)w->deletes, "dry-run",
			 (int)w->is_dry);
	if (w->merges || w->replaces)
		json_object_set_new(body, "merge", json_boolean(w->merges));
	if (w->directory)
		json_object_set_new(body, "path", json_string(w->directory));
	if (w->most)
		json_object_set_new(body, "most",
				    json_integer((json_int_t)w->most));
	return body;
}

/* Until nothing is left; the first answer counts all of it. */
static int ask(const struct words *w, struct client *c,
	       const struct client_request *q, json_t **first)
{
	json_t *answer;
	int status = client_ask(c, q, first);
	long long left = status ? 0 : count(*first, "left");

	while (!status && left) {
		status = client_ask(c, q, &answer);
		if (status)
			break;
		left = count(answer, "left");
		json_decref(answer);
	}
	if (!left || !*first)
		return status;
	fprintf(stderr,
		"muster %s: %lld changes are left to do: the same command "
		"goes on with them\n",
		w->command, left);
	json_decref(*first);
	return status;
}

static int send(struct words *w, struct draft *d)
{
	json_t *body = body_of(w, d), *answer = NULL;
	struct client_request q = {.method = "POST",
				   .path = ADDRESS,
				   .name = w->format->name,
				   .body = body};
	struct client *c;
	int status;

	if (!body)
		return failed(w->command, "a name is not UTF-8");
	status = client_open(&c, &w->o);
	if (!status) {
		status = ask(w, c, &q, &answer);
		if (!status)
			print_answer(w, answer);
		if (!status)
			json_decref(answer);
		client_close(c);
	}
	json_decref(body);
	return status;
}

static int read_into(struct words *w, struct draft *d)
{
	struct complaint why = {.number = 0};
	char *text;
	size_t len;
	int rc = slurp(w->file, MOST, &text, &len);
	bool is_good;

	if (rc)
		return failed(w->command, "%s", strerror(-rc));
	is_good = format_read(w->format, d, (struct span){text, len}, &why);
	free(text);
	if (draft_failed(d))
		return failed(w->command, "%s", strerror(ENOMEM));
	print_remarks(w, d);
	if (is_good)
		return send(w, d);
	return why.number
		       ? failed(w->command, "line %u: %s", why.number, why.text)
		       : failed(w->command, "%s", why.text);
}

static int run(struct words *w)
{
	struct text name = text_over(w->command, sizeof w->command);
	struct draft *d;
	int status;

	/* It stands in errors and in the history: nothing but plain text. */
	text_add(&name, "import: ");
	if (w->file)
		text_wire(&name, w->file, strlen(w->file));
	else
		text_add(&name, "standard input");
	w->o.command = w->command;
	if (draft_open(&d, &host_memory))
		return failed("import", "%s", strerror(ENOMEM));
	status = read_into(w, d);
	draft_close(d);
	return status;
}

/* ---- words -------------------------------------------------------------- */

static bool take_option(struct words *w, int option, const char *argument)
{
	switch (option) {
	case 'p':
		return true; /* cmd_import() has it */
	case 'm':
		w->merges = true;
		return true;
	case 'e':
		w->replaces = true;
		return true;
	case 'd':
		w->deletes = true;
		return true;
	case 'n':
		w->is_dry = true;
		return true;
	case 'r':
		w->directory = argument;
		return true;
	default:
		return client_option(&w->o, option, argument);
	}
}

static int take_words(struct words *w, int n, char **v)
{
	if (n < 1 || n > 3)
		return usage("import", "takes a format, a file and a domain");
	w->format = formats_named(v[0]);
	if (!w->format)
		return usage("import", "there is no format `%s'", v[0]);
	if (!w->format->read)
		return usage("import", "%s is only exported", v[0]);
	if (w->directory && w->format->directories[0])
		return usage("import", "--directory goes with netinfo alone");
	if (w->merges && w->replaces)
		return usage("import",
			     "--merge and --replace exclude each other");
	if (n > 1 && strcmp(v[1], "-") != 0)
		w->file = v[1];
	w->domain = n > 2 ? v[2] : ".";
	return 0;
}

int cmd_import(int argc, char **argv)
{
	static const struct option longs[] = {
		CLIENT_LONG,
		{"merge", no_argument, NULL, 'm'},
		{"replace", no_argument, NULL, 'e'},
		{"delete", no_argument, NULL, 'd'},
		{"dry-run", no_argument, NULL, 'n'},
		{"parts", required_argument, NULL, 'p'},
		{"directory", required_argument, NULL, 'r'},
		{0}};
	struct words w = {.o = {.command = "import"}};
	int c, status;

	opterr = 0;
	while ((c = getopt_long(argc, argv, CLIENT_SHORT "mdnp:r:", longs,
				NULL)) != -1) {
		if (c == 'h')
			return help("import", options);
		if (c == 'p' && !number_argument("import", "--parts", optarg,
						 UINT32_MAX, &w.most))
			return EXIT_USAGE;
		if (!take_option(&w, c, optarg))
			return client_bad_option(&w.o, c, argv[optind - 1]);
	}
	status = take_words(&w, argc - optind, argv + optind);
	return status ? status : run(&w);
}
