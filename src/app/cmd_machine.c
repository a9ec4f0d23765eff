/*
 * muster machine: who is known, and what is known of them.  Words of the
 * command line become one JSON object of properties, which is what the API
 * takes.
 */
#include "app/cmd_machine.h"
#include "app/command.h"
#include "app/exit.h"
#include "app/property_words.h"
#include "app/table.h"
#include "app/verbs.h"
#include "base/text.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MACHINE "/v1/machines/"

static const char options[] =
	"  add NAME [--mac MAC] [--ip IP] [--bootfile FILE] "
	"[PROPERTY=VALUE[,VALUE]...]...\n"
	"  list               all machines\n"
	"  show NAME          all that is known of one\n"
	"  set NAME PROPERTY=VALUE[,VALUE]... | PROPERTY= | -PROPERTY ...\n"
	"                     give it values, no value, or remove it; a comma "
	"in a\n"
	"                     value is written \\,\n"
	"  remove NAME\n"
	"  replace NAME MAC   a new computer in the place of a broken one\n"
	"  pending            unknown machines that ask and wait\n"
	"  approve MAC [NAME] [--ip IP] [PROPERTY=VALUE[,VALUE]...]...\n"
	"                     let one in; it goes on by itself\n"
	"  deny MAC           never let it in; `undeny' takes that back, "
	"`denied'\n"
	"                     lists them\n"
	"\n" CLIENT_HELP
	"      --mac MAC      with add, repeatable: en_address=MAC\n"
	"      --ip IP        with add, approve, repeatable: ip_address=IP\n"
	"      --bootfile F   with add, approve: bootfile=F\n"
	"      --domain D     of another domain than the server's own: "
	"/boston, "
	"..\n"
	"      --json         as JSON\n";

/* What the command line says. */
struct words {
	struct client_options o;
	const struct verb *verb;
	char **v; /* what follows it and is neither option nor its argument */
	int n;
	bool has_shortcut; /* --mac and the like */
	const char *domain;
	json_t *props;
};

/* ---- printing ----------------------------------------------------------- */

/* The values of a property, with commas; the caller frees it. */
static char *joined(const json_t *values)
{
	size_t room = 1;
	struct text t;
	char *text;

	for (size_t i = 0; i < json_array_size(values); i++)
		room += json_string_length(json_array_get(values, i)) + 1;
	text = malloc(room);
	if (!text) {
		failed("machine", "%s", strerror(ENOMEM));
		exit(EXIT_FAILURE);
	}
	t = text_over(text, room);
	for (size_t i = 0; i < json_array_size(values); i++) {
		text_add(&t, i ? "," : "");
		text_add(&t, json_string_value(json_array_get(values, i)));
	}
	return text;
}

static void add_values(struct table *t, const json_t *values)
{
	char *text = joined(values);

	table_add(t, text);
	free(text);
}

static void print_list(const json_t *all)
{
	static const char *const headings[] = {"NAME", "HARDWARE ADDRESS",
					       "IP ADDRESS", "BOOT FILE"};
	struct table t;

	table_open(&t, headings, 4);
	for (size_t i = 0; i < json_array_size(all); i++) {
		const json_t *machine = json_array_get(all, i);
		const json_t *props = json_object_get(machine, "properties");

		table_add(&t, client_member(machine, "name"));
		add_values(&t, json_object_get(props, "en_address"));
		add_values(&t, json_object_get(props, "ip_address"));
		add_values(&t, json_object_get(props, "bootfile"));
	}
	table_close(&t);
}

static void print_one(const json_t *machine)
{
	static const char *const headings[] = {"PROPERTY", "VALUES"};
	json_t *props = json_object_get(machine, "properties"), *values;
	const char *name;
	struct table t;

	table_open(&t, headings, 2);
	json_object_foreach(props, name, values)
	{
		table_add(&t, name);
		add_values(&t, values);
	}
	table_close(&t);
}

/* ---- properties --------------------------------------------------------- */

static int set_properties(struct words *w, int from)
{
	int status = 0;

	for (int i = from; !status && i < w->n; i++)
		status = property_word("machine", w->props, w->v[i], true);
	return status;
}

/* ---- the verbs ---------------------------------------------------------- */

static int ask(struct client *c, const struct words *w, const char *method,
	       const char *name, const json_t *body)
{
	struct client_request q = {.method = method,
				   .path = name ? MACHINE : "/v1/machines",
				   .name = name,
				   .domain = w->domain,
				   .body = body};
	json_t *answer;
	int status = client_ask(c, &q, &answer);

	json_decref(answer);
	return status;
}

static int on_add(struct client *c, struct words *w)
{
	int status = set_properties(w, 1);
	json_t *body;

	if (status)
		return status;
	if (json_object_get(w->props, "name"))
		return usage("machine", "name: is given twice");
	body = json_pack("{s:s}", "name", w->v[0]);
	if (!body)
		return usage("machine", "the name is not UTF-8");
	json_object_update(body, w->props);
	status = ask(c, w, "POST", NULL, body);
	json_decref(body);
	return status;
}

static int on_list(struct client *c, struct words *w)
{
	const struct client_request q = {
		.method = "GET", .path = "/v1/machines", .domain = w->domain};
	json_t *all;
	int status = client_list_of(c, &q, "machines", &all);

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
	struct client_request q = {.method = "GET",
				   .path = MACHINE,
				   .name = w->v[0],
				   .domain = w->domain};
	json_t *machine;
	int status = client_ask(c, &q, &machine);

	if (status)
		return status;
	if (w->o.is_json)
		client_print(machine);
	else
		print_one(machine);
	json_decref(machine);
	return 0;
}

/* What is to go must be there, as with `muster dir unset'. */
static int check_absent(const struct words *w, const json_t *was)
{
	const char *name;
	json_t *values;

	json_object_foreach(w->props, name, values)
	{
		if (!json_is_null(values) || json_object_get(was, name))
			continue;
		failed("machine", "%s: there is no property %s", w->v[0], name);
		return EXIT_NOT_FOUND;
	}
	return 0;
}

/* What is to have no value need not have been there, but whoever writes `rack='
 * may have meant to take it away. */
static void note_empty(const struct words *w, const json_t *was)
{
	const char *name;
	json_t *values;

	json_object_foreach(w->props, name, values)
	{
		if (json_object_get(was, name) || !json_is_array(values) ||
		    json_array_size(values))
			continue;
		failed("machine",
		       "%s: there was no property %s: now it is there, without "
		       "a value",
		       w->v[0], name);
	}
}

/* Whether what is there before tells more than the edit would. */
static bool takes_away(const struct words *w)
{
	const char *name;
	json_t *values;

	json_object_foreach(w->props, name, values)
	{
		if (!json_array_size(values))
			return true;
	}
	return false;
}

static int look(struct client *c, const struct words *w, json_t **machine)
{
	const struct client_request q = {.method = "GET",
					 .path = MACHINE,
					 .name = w->v[0],
					 .domain = w->domain};

	*machine = NULL;
	return takes_away(w) ? client_ask(c, &q, machine) : 0;
}

static int on_set(struct client *c, struct words *w)
{
	int status = set_properties(w, 1);
	json_t *machine = NULL, *was;

	if (!status)
		status = look(c, w, &machine);
	if (status)
		return status;
	was = json_object_get(machine, "properties");
	if (machine)
		status = check_absent(w, was);
	if (!status)
		status = ask(c, w, "PATCH", w->v[0], w->props);
	if (!status && machine)
		note_empty(w, was);
	json_decref(machine);
	return status;
}

static int on_remove(struct client *c, struct words *w)
{
	return ask(c, w, "DELETE", w->v[0], NULL);
}

static int on_replace(struct client *c, struct words *w)
{
	if (!property_append(w->props, "en_address", w->v[1]))
		return usage("machine", "en_address: is not UTF-8");
	return ask(c, w, "PATCH", w->v[0], w->props);
}

static int on_pending(struct client *c, struct words *w)
{
	return machine_pending(c, w->o.is_json);
}

static int on_denied(struct client *c, struct words *w)
{
	return machine_denied(c, w->domain, w->o.is_json);
}

static int on_approve(struct client *c, struct words *w)
{
	bool has_name = w->n > 1 && !strchr(w->v[1], '=');
	int status = set_properties(w, has_name ? 2 : 1);

	if (status)
		return status;
	if (json_object_get(w->props, "en_address"))
		return usage("machine", "approve: the hardware address is %s",
			     w->v[0]);
	if (has_name && !property_append(w->props, "name", w->v[1]))
		return usage("machine", "the name is not UTF-8");
	return machine_let_in(c, w->domain, w->v[0], w->props);
}

static int on_deny(struct client *c, struct words *w)
{
	return machine_deny(c, w->domain, w->v[0], true);
}

static int on_undeny(struct client *c, struct words *w)
{
	return machine_deny(c, w->domain, w->v[0], false);
}

static const struct verb verbs[] = {
	{"add", "a name, then PROPERTY=VALUE", 1, 1000, true, on_add},
	{"list", "no arguments", 0, 0, false, on_list},
	{"show", "one name", 1, 1, false, on_show},
	{"set", "a name, then what to set", 2, 1000, true, on_set},
	{"remove", "one name", 1, 1, true, on_remove},
	{"replace", "a name and a hardware address", 2, 2, true, on_replace},
	{"pending", "no arguments", 0, 0, false, on_pending},
	{"approve", "a hardware address, a name, then PROPERTY=VALUE", 1, 1000,
	 true, on_approve},
	{"deny", "one hardware address", 1, 1, true, on_deny},
	{"undeny", "one hardware address", 1, 1, true, on_undeny},
	{"denied", "no arguments", 0, 0, false, on_denied},
	{.name = NULL},
};

/* ---- words -------------------------------------------------------------- */

/* "-serves" removes a property.  LIMIT: -c and -h are options, so properties of
 * these two names can't be removed this way. */
static bool is_removal(const char *word)
{
	return word[0] == '-' && word[1] && word[1] != '-' &&
	       strcmp(word, "-c") != 0 && strcmp(word, "-h") != 0;
}

/* Take out what getopt must not see: it would read letters. */
static int take_removals(struct words *w, int *argc, char **argv)
{
	int n = 1, status = 0;

	for (int i = 1; i < *argc; i++)
		if (!is_removal(argv[i]))
			argv[n++] = argv[i];
		else if (!status)
			status = property_word("machine", w->props, argv[i],
					       true);
	*argc = n;
	argv[n] = NULL;
	return status;
}

static int take_shortcut(struct words *w, int option, const char *argument)
{
	const char *name = option == 'm'   ? "en_address"
			   : option == 'i' ? "ip_address"
					   : "bootfile";

	w->has_shortcut = true;
	return property_append(w->props, name, argument)
		       ? 0
		       : usage("machine", "`%s' is not UTF-8", argument);
}

/* Options up to the first other word ("+...") or all of them. */
static int take_options(struct words *w, int argc, char **argv,
			const char *shorts)
{
	static const struct option longs[] = {
		CLIENT_LONG,
		{"mac", required_argument, NULL, 'm'},
		{"ip", required_argument, NULL, 'i'},
		{"bootfile", required_argument, NULL, 'b'},
		{"domain", required_argument, NULL, 'D'},
		{0}};
	int c, status = 0;

	opterr = 0;
	optind = 0; /* begin anew */
	while (!status &&
	       (c = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		if (c == 'h')
			exit(help("machine", options));
		if (c == 'D')
			w->domain = optarg;
		else if (c == 'm' || c == 'i' || c == 'b')
			status = take_shortcut(w, c, optarg);
		else if (!client_option(&w->o, c, optarg))
			return client_bad_option(&w->o, c, argv[optind - 1]);
	}
	return status;
}

static int check(const struct words *w)
{
	const struct verb *verb = w->verb;
	int n = w->n;

	if (w->has_shortcut && verb->run != on_add && verb->run != on_approve)
		return usage("machine",
			     "--mac, --ip and --bootfile go with `add'");
	if (verb->run == on_set && n)
		n += (int)json_object_size(w->props); /* -PROPERTY */
	return n >= verb->least && w->n <= verb->most
		       ? 0
		       : verb_wants(verb, "machine");
}

static int parse(struct words *w, int argc, char **argv)
{
	int status = take_options(w, argc, argv, "+" CLIENT_SHORT);

	if (status)
		return status;
	w->verb = verb_named(verbs, "machine", argv[optind],
			     "add, list, show, set, remove, replace, pending, "
			     "approve or deny?");
	if (!w->verb)
		return EXIT_USAGE;
	argc -= optind;
	argv += optind;
	if (w->verb->run == on_set)
		status = take_removals(w, &argc, argv);
	if (!status)
		status = take_options(w, argc, argv, CLIENT_SHORT);
	w->v = argv + optind;
	w->n = argc - optind;
	return status ? status : check(w);
}

int cmd_machine(int argc, char **argv)
{
	struct words w = {.o = {.command = "machine"}, .props = json_object()};
	int status = parse(&w, argc, argv);

	if (!status)
		status = verb_run(w.verb, &w.o, &w);
	json_decref(w.props);
	return status;
}
