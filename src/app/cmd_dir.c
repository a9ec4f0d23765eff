/*
 * muster dir: any entry of the directory, by its path, as NetInfo's niutil.
 * What it prints has niutil's shape, so that scripts of old read it.
 */
#include "app/command.h"
#include "app/exit.h"
#include "app/property_words.h"
#include "app/verbs.h"
#include "base/text.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENTRIES  "/v1/entries/"
#define CHILDREN "/v1/children/"

static const char options[] =
	"  read PATH [DOMAIN]      its properties, `name: value value'\n"
	"  list PATH [DOMAIN]      what is in it, `number<TAB>names'\n"
	"  create PATH [DOMAIN] [PROPERTY=VALUE[,VALUE]...]...\n"
	"  set PATH [DOMAIN] PROPERTY=VALUE[,VALUE]... | PROPERTY= ...\n"
	"                          exactly these values, or none\n"
	"  append PATH [DOMAIN] PROPERTY=VALUE[,VALUE]...\n"
	"                          more values\n"
	"  unset PATH [DOMAIN] PROPERTY | PROPERTY=VALUE[,VALUE]... ...\n"
	"                          no such property, or not these values\n"
	"  rename PATH [DOMAIN] PROPERTY NEW-PROPERTY\n"
	"  destroy PATH [DOMAIN]\n"
	"\n"
	"A PATH is /machines/wendy, /machines/en_address=0:0:f:0:7:5a or a "
	"number; n[001-200]\n"
	"in it means many entries, changed together or not at all.  A DOMAIN "
	"is /boston/lab,\n"
	"`.' for the server's own or `..' for that one's parent.\n"
	"\n" CLIENT_HELP "      --domain DOMAIN  the same as the word\n"
	"      --at N         with append: before value number N, from 0\n"
	"      --instance N   with what changes it: only if it has this one "
	"still\n"
	"  -r, --recursive    with destroy: with all that is in it\n"
	"      --dry-run      with what changes it: say what would be, and do "
	"nothing\n"
	"      --json         as JSON\n";

struct words {
	struct client_options o;
	const char *path, *domain;
	char **v; /* what follows them */
	int n;
	bool is_recursive, is_dry, has_instance, has_at;
	uint64_t instance, at;
};

/* ---- printing ------------------------------------------------------------ */

static void print_values(const json_t *values, const char *between)
{
	for (size_t i = 0; i < json_array_size(values); i++) {
		fputs(i ? " " : between, stdout);
		client_text(json_string_value(json_array_get(values, i)));
	}
	putchar('\n');
}

static void print_props(json_t *props)
{
	const char *name;
	json_t *values;

	json_object_foreach(props, name, values)
	{
		client_text(name);
		putchar(':');
		print_values(values, " ");
	}
}

/* ---- looking ------------------------------------------------------------- */

static int on_read(struct client *c, struct words *w)
{
	const struct client_request q = {.method = "GET",
					 .path = ENTRIES,
					 .name = w->path,
					 .domain = w->domain};
	json_t *e;
	int status = client_ask(c, &q, &e);

	if (status)
		return status;
	if (w->o.is_json)
		client_print(e);
	else
		print_props(json_object_get(e, "properties"));
	json_decref(e);
	return 0;
}

static int on_list(struct client *c, struct words *w)
{
	const struct client_request q = {.method = "GET",
					 .path = CHILDREN,
					 .name = w->path,
					 .domain = w->domain};
	json_t *all;
	int status = client_list_of(c, &q, "children", &all);

	if (status)
		return status;
	if (w->o.is_json)
		client_print(all);
	for (size_t i = 0; !w->o.is_json && i < json_array_size(all); i++) {
		const json_t *e = json_array_get(all, i);

		printf("%lld", (long long)json_integer_value(
				       json_object_get(e, "object")));
		print_values(json_object_get(e, "name"), "\t");
	}
	json_decref(all);
	return 0;
}

/* ---- edits --------------------------------------------------------------- */

static void say_dry(const json_t *answer)
{
	const json_t *all = json_object_get(answer, "changed");
	long long n = json_integer_value(json_object_get(answer, "entries"));

	for (size_t i = 0; i < json_array_size(all); i++) {
		json_t *e = json_array_get(all, i);
		json_t *props = json_object_get(e, "properties");

		if (i)
			putchar('\n');
		client_text(client_member(e, "path"));
		printf(" would be%s\n", props ? ":" : " destroyed");
		print_props(props);
	}
	if (n > (long long)json_array_size(all))
		printf("\nand %lld more\n",
		       n - (long long)json_array_size(all));
}

/* The body is this function's to free. */
static int change(struct client *c, const struct words *w, const char *method,
		  json_t *body)
{
	const struct client_request q = {.method = method,
					 .path = ENTRIES,
					 .name = w->path,
					 .domain = w->domain,
					 .body = body};
	json_t *answer;
	int status;

	if (w->is_dry)
		json_object_set_new(body, "dry_run", json_true());
	if (w->has_instance)
		json_object_set_new(body, "instance",
				    json_integer((json_int_t)w->instance));
	status = client_ask(c, &q, &answer);
	if (!status && w->o.is_json)
		client_print(answer);
	else if (!status && w->is_dry)
		say_dry(answer);
	json_decref(answer);
	json_decref(body);
	return status;
}

/* With the properties that the words say, under `member`. */
static int change_props(struct client *c, struct words *w, const char *method,
			const char *member)
{
	json_t *props = json_object();
	json_t *body = json_pack("{s:o}", member, props);
	int status = property_words("dir", props, w->v, w->n);

	if (status) {
		json_decref(body);
		return status;
	}
	if (w->has_at)
		json_object_set_new(body, "at",
				    json_integer((json_int_t)w->at));
	return change(c, w, method, body);
}

static int on_create(struct client *c, struct words *w)
{
	return change_props(c, w, "POST", "properties");
}

static int on_set(struct client *c, struct words *w)
{
	return change_props(c, w, "PATCH", "set");
}

static int on_append(struct client *c, struct words *w)
{
	return change_props(c, w, "PATCH", "append");
}

static int on_unset(struct client *c, struct words *w)
{
	json_t *names = json_array(), *values = json_object();
	json_t *body =
		json_pack("{s:o, s:o}", "unset", names, "remove", values);
	int status = 0;

	for (int i = 0; !status && i < w->n; i++) {
		if (strchr(w->v[i], '='))
			status = property_words("dir", values, &w->v[i], 1);
		else if (json_array_append_new(names, json_string(w->v[i])))
			status = usage("dir", "`%s' is not UTF-8", w->v[i]);
	}
	if (!status)
		return change(c, w, "PATCH", body);
	json_decref(body);
	return status;
}

static int on_rename(struct client *c, struct words *w)
{
	json_t *body = json_pack("{s:{s:s}}", "rename", w->v[0], w->v[1]);

	return body ? change(c, w, "PATCH", body)
		    : usage("dir", "the names are not UTF-8");
}

static int on_destroy(struct client *c, struct words *w)
{
	return change(c, w, "DELETE",
		      json_pack("{s:b}", "recursive", w->is_recursive));
}

/* ---- words --------------------------------------------------------------- */

/* The words are those after path and domain. */
static const struct verb verbs[] = {
	{"read", "a path", 0, 0, false, on_read},
	{"list", "a path", 0, 0, false, on_list},
	{"create", "a path, then PROPERTY=VALUE", 0, 1000, true, on_create},
	{"set", "a path, then PROPERTY=VALUE", 1, 1000, true, on_set},
	{"append", "a path, then PROPERTY=VALUE", 1, 1000, true, on_append},
	{"unset", "a path, then properties", 1, 1000, true, on_unset},
	{"rename", "a path, a property and its new name", 2, 2, true,
	 on_rename},
	{"destroy", "a path", 0, 0, true, on_destroy},
	{.name = NULL},
};

static int take_option(struct words *w, int c, char **argv)
{
	switch (c) {
	case 'h':
		exit(help("dir", options));
	case 'r':
		w->is_recursive = true;
		return 0;
	case 'n':
		w->is_dry = true;
		return 0;
	case 'D':
		w->domain = optarg;
		return 0;
	case 'i':
		w->has_instance = true;
		return number_argument("dir", "--instance", optarg, UINT32_MAX,
				       &w->instance)
			       ? 0
			       : EXIT_USAGE;
	case 'a':
		w->has_at = true;
		return number_argument("dir", "--at", optarg, UINT16_MAX,
				       &w->at)
			       ? 0
			       : EXIT_USAGE;
	default:
		return client_option(&w->o, c, optarg)
			       ? 0
			       : client_bad_option(&w->o, c, argv[optind - 1]);
	}
}

static int parse(struct words *w, int argc, char **argv)
{
	static const struct option longs[] = {
		CLIENT_LONG,
		{"recursive", no_argument, NULL, 'r'},
		{"dry-run", no_argument, NULL, 'n'},
		{"domain", required_argument, NULL, 'D'},
		{"instance", required_argument, NULL, 'i'},
		{"at", required_argument, NULL, 'a'},
		{0}};
	int c, status = 0;

	opterr = 0;
	while (!status && (c = getopt_long(argc, argv, CLIENT_SHORT "r", longs,
					   NULL)) != -1)
		status = take_option(w, c, argv);
	w->v = argv + optind;
	w->n = argc - optind;
	return status;
}

static bool is_domain(const char *word)
{
	return (word[0] == '/' && !strchr(word, '=')) || !strcmp(word, ".") ||
	       !strcmp(word, "..");
}

/* The path, and the domain if the word behind it is one. */
static void take_place(struct words *w)
{
	if (!w->n)
		return;
	w->path = *w->v++;
	w->n--;
	if (!w->n || w->domain || !is_domain(w->v[0]))
		return;
	w->domain = *w->v++;
	w->n--;
}

static int check(const struct words *w, const struct verb *v)
{
	if (!w->path || w->n < v->least || w->n > v->most)
		return verb_wants(v, "dir");
	if (w->is_recursive && v->run != on_destroy)
		return usage("dir", "--recursive goes with `destroy'");
	if (w->has_at && v->run != on_append)
		return usage("dir", "--at goes with `append'");
	if (w->has_instance && v->run == on_create)
		return usage("dir", "create: a new entry has no instance");
	if ((w->is_dry || w->has_instance) && !v->changes)
		return usage("dir",
			     "%s: changes nothing: it takes no "
			     "--dry-run and no --instance",
			     v->name);
	return 0;
}

int cmd_dir(int argc, char **argv)
{
	struct words w = {.o = {.command = "dir"}};
	int status = parse(&w, argc, argv);
	const struct verb *v =
		status ? NULL
		       : verb_named(verbs, "dir", w.v[0],
				    "read, list, create, set, append, unset, "
				    "rename or destroy?");

	if (!v)
		return EXIT_USAGE;
	w.v++;
	w.n--;
	take_place(&w);
	status = check(&w, v);
	return status ? status : verb_run(v, &w.o, &w);
}
