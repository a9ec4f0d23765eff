/*
 * muster domain: the hierarchy of domains that the server keeps.
 */
#include "app/command.h"
#include "app/exit.h"
#include "app/property_words.h"
#include "app/table.h"
#include "app/verbs.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#define DOMAINS "/v1/domains"

static const char options[] =
	"  add PATH [PROPERTY=VALUE[,VALUE]...]...\n"
	"                     a new domain, such as /boston/lab, below one "
	"that is there\n"
	"  list               all domains\n"
	"  show PATH          one; `.' is the server's own, `..' its parent\n"
	"  remove PATH        one that is empty\n"
	"\n" CLIENT_HELP "  -r, --recursive    with remove: with all that is "
	"in it and below it\n"
	"      --dry-run      with add, remove: say what would be, and do "
	"nothing\n"
	"      --json         as JSON\n";

struct words {
	struct client_options o;
	char **v;
	int n;
	bool is_recursive, is_dry;
};

static void print_list(const json_t *all)
{
	static const char *const headings[] = {"DOMAIN", "MACHINES", "MASTER",
					       "OWN"};
	struct table t;
	char n[24];

	table_open(&t, headings, 4);
	for (size_t i = 0; i < json_array_size(all); i++) {
		const json_t *d = json_array_get(all, i);
		const json_t *machines = json_object_get(d, "machines");
		const char *master = client_member(d, "master");

		table_add(&t, client_member(d, "path"));
		snprintf(n, sizeof n, "%lld",
			 (long long)json_integer_value(machines));
		table_add(&t, json_is_null(machines) ? "many" : n);
		table_add(&t, *master ? master : "this server");
		table_add(&t, json_is_true(json_object_get(d, "is_own")) ? "yes"
									 : "");
	}
	table_sort(&t);
	table_close(&t);
}

static int on_list(struct client *c, struct words *w)
{
	json_t *all;
	int status = client_list(c, DOMAINS, "domains", &all);

	if (status)
		return status;
	if (w->o.is_json)
		client_print(all);
	else
		print_list(all);
	json_decref(all);
	return 0;
}

static int on_show(struct client *c, struct words *w)
{
	const struct client_request q = {
		.method = "GET", .path = DOMAINS "/", .name = w->v[0]};
	json_t *domain, *one;
	int status = client_ask(c, &q, &domain);

	if (status)
		return status;
	if (w->o.is_json) {
		client_print(domain);
	} else {
		one = json_array();
		json_array_append(one, domain);
		print_list(one);
		json_decref(one);
	}
	json_decref(domain);
	return 0;
}

static void say_count(long long n, const char *one, const char *many)
{
	printf("%lld %s", n, n == 1 ? one : many);
}

static void say_dry(const struct words *w, const json_t *answer)
{
	const json_t *domains = json_object_get(answer, "domains");
	const json_t *entries = json_object_get(answer, "entries");

	if (!domains) {
		printf("%s would be added\n", w->v[0]);
		return;
	}
	printf("%s would be removed: ", w->v[0]);
	say_count(json_integer_value(domains), "domain, ", "domains, ");
	if (json_is_null(entries))
		puts("many entries");
	else
		say_count(json_integer_value(entries), "entry\n", "entries\n");
}

/* Ask for a change; a dry run says what it would have been. */
static int change(struct client *c, const struct words *w,
		  struct client_request q, json_t *body)
{
	json_t *answer;
	int status;

	if (w->is_dry)
		json_object_set_new(body, "dry_run", json_true());
	q.body = body;
	status = client_ask(c, &q, &answer);
	if (!status && w->o.is_json)
		client_print(answer);
	else if (!status && w->is_dry)
		say_dry(w, answer);
	json_decref(answer);
	json_decref(body);
	return status;
}

static int on_add(struct client *c, struct words *w)
{
	json_t *body = json_object(), *props = json_object();
	int status = property_words("domain", props, w->v + 1, w->n - 1);

	json_object_set_new(body, "properties", props);
	if (json_object_set_new(body, "path", json_string(w->v[0])) && !status)
		status = usage("domain", "the path is not UTF-8");
	if (status) {
		json_decref(body);
		return status;
	}
	return change(
		c, w,
		(struct client_request){.method = "POST", .path = DOMAINS},
		body);
}

static int on_remove(struct client *c, struct words *w)
{
	return change(c, w,
		      (struct client_request){.method = "DELETE",
					      .path = DOMAINS "/",
					      .name = w->v[0]},
		      json_pack("{s:b}", "recursive", w->is_recursive));
}

static const struct verb verbs[] = {
	{"add", "a path, then PROPERTY=VALUE", 1, 1000, true, on_add},
	{"list", "no arguments", 0, 0, false, on_list},
	{"show", "one path", 1, 1, false, on_show},
	{"remove", "one path", 1, 1, true, on_remove},
	{.name = NULL},
};

static int parse(struct words *w, int argc, char **argv)
{
	static const struct option longs[] = {
		CLIENT_LONG,
		{"recursive", no_argument, NULL, 'r'},
		{"dry-run", no_argument, NULL, 'n'},
		{0}};
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, CLIENT_SHORT "r", longs, NULL)) !=
	       -1) {
		if (c == 'h')
			exit(help("domain", options));
		if (c == 'r')
			w->is_recursive = true;
		else if (c == 'n')
			w->is_dry = true;
		else if (!client_option(&w->o, c, optarg))
			return client_bad_option(&w->o, c, argv[optind - 1]);
	}
	w->v = argv + optind;
	w->n = argc - optind;
	return 0;
}

static int check(const struct words *w, const struct verb *v)
{
	if (w->n < v->least || w->n > v->most)
		return verb_wants(v, "domain");
	if (w->is_recursive && v->run != on_remove)
		return usage("domain", "--recursive goes with `remove'");
	if (w->is_dry && !v->changes)
		return usage("domain", "--dry-run goes with `add' and "
				       "`remove'");
	return 0;
}

int cmd_domain(int argc, char **argv)
{
	struct words w = {.o = {.command = "domain"}};
	int status = parse(&w, argc, argv);
	const struct verb *v =
		status ? NULL
		       : verb_named(verbs, "domain", w.v[0],
				    "add, list, show or remove?");

	if (!v)
		return EXIT_USAGE;
	w.v++;
	w.n--;
	status = check(&w, v);
	return status ? status : verb_run(v, &w.o, &w);
}
