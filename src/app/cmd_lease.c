/*
 * muster lease: which machine has which address.
 */
#include "app/client_api.h"
#include "app/command.h"
#include "app/exit.h"
#include "app/table.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

static const char options[] =
	"  list               addresses, who has them, and for how long\n"
	"  remove IP          forget one; its machine must ask again\n"
	"\n" CLIENT_HELP "      --json         as JSON\n";

static const char *const headings[] = {"ADDRESS", "HARDWARE ADDRESS", "NAME",
				       "KIND", "REMAINING"};

/* Two units say enough: "11 h 59 min". */
static void span(char *text, size_t room, long long s)
{
	if (s >= 86400)
		snprintf(text, room, "%lld d %lld h", s / 86400, s / 3600 % 24);
	else if (s >= 3600)
		snprintf(text, room, "%lld h %lld min", s / 3600, s / 60 % 60);
	else if (s >= 60)
		snprintf(text, room, "%lld min %lld s", s / 60, s % 60);
	else
		snprintf(text, room, "%lld s", s);
}

static void add(struct table *t, const json_t *lease)
{
	const json_t *left = json_object_get(lease, "remaining");
	char text[48];

	table_add(t, client_member(lease, "ip"));
	table_add(t, client_member(lease, "mac"));
	table_add(t, client_member(lease, "name"));
	table_add(t, client_member(lease, "kind"));
	if (json_is_null(left))
		snprintf(text, sizeof text, "until removed");
	else if (json_is_false(json_object_get(lease, "live")))
		snprintf(text, sizeof text, "ended");
	else
		span(text, sizeof text, json_integer_value(left));
	table_add(t, text);
}

static int list(struct client *c, bool is_json)
{
	struct table t;
	json_t *all;
	int status = client_list(c, "/v1/leases", "leases", &all);

	if (status)
		return status;
	if (is_json) {
		client_print(all);
	} else {
		table_open(&t, headings, 5);
		for (size_t i = 0; i < json_array_size(all); i++)
			add(&t, json_array_get(all, i));
		table_sort(&t);
		table_close(&t);
	}
	json_decref(all);
	return 0;
}

static int drop(struct client *c, const char *ip)
{
	struct client_request q = {
		.method = "DELETE", .path = "/v1/leases/", .name = ip};
	json_t *answer;
	int status = client_ask(c, &q, &answer);

	json_decref(answer);
	return status;
}

static int parse(int argc, char **argv, struct client_options *o)
{
	const char *what;
	int status = client_parse(o, argc, argv, options);

	if (status)
		return status;
	what = optind < argc ? argv[optind] : "";
	if (strcmp(what, "list") != 0 && strcmp(what, "remove") != 0)
		return usage("lease", "what? It can `list' and `remove'");
	if (*what == 'l' && optind + 1 != argc)
		return usage("lease", "list: takes no arguments");
	if (*what == 'r' && optind + 2 != argc)
		return usage("lease", "remove: takes one address");
	return 0;
}

int cmd_lease(int argc, char **argv)
{
	struct client_options o = {.command = "lease"};
	struct client *c;
	int status = parse(argc, argv, &o);

	if (!status)
		status = client_open(&c, &o);
	if (status)
		return status;
	if (!strcmp(argv[optind], "list"))
		status = list(c, o.is_json);
	else
		status = drop(c, argv[optind + 1]);
	client_close(c);
	return status;
}
