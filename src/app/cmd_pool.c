/*
 * muster pool: how full the ranges of addresses are.
 */
#include "app/client_api.h"
#include "app/command.h"
#include "app/exit.h"
#include "app/table.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

static const char options[] =
	"  list               each subnet's range, and what is left of it\n"
	"\n" CLIENT_HELP "      --json         as JSON\n";

/* As they are shown; in JSON they are apart. */
static const struct column {
	const char *heading;
	const char *of[3]; /* numbers that are added; NULL ends */
} columns[] = {
	{"SIZE", {"size"}},
	{"IN USE", {"leased", "registered"}},
	{"HELD", {"held"}},
	{"DECLINED", {"declined"}},
	{"RESERVED", {"fixed", "excluded"}},
	{"FREE", {"free", "ended"}},
};
enum { COLUMNS = sizeof columns / sizeof columns[0] };

static json_int_t sum_of(const json_t *pool, const struct column *c)
{
	json_int_t sum = 0;

	for (unsigned i = 0; i < 3 && c->of[i]; i++)
		sum += json_integer_value(json_object_get(pool, c->of[i]));
	return sum;
}

static void add(struct table *t, const json_t *pool)
{
	char text[64];

	table_add(t, client_member(pool, "network"));
	snprintf(text, sizeof text, "%s - %s", client_member(pool, "first"),
		 client_member(pool, "last"));
	table_add(t, json_is_null(json_object_get(pool, "first")) ? "" : text);
	for (unsigned i = 0; i < COLUMNS; i++) {
		snprintf(text, sizeof text, "%lld",
			 (long long)sum_of(pool, &columns[i]));
		table_add(t, text);
	}
}

static int list(struct client *c, bool is_json)
{
	const char *headings[2 + COLUMNS] = {"NETWORK", "RANGE"};
	struct table t;
	json_t *all;
	int status = client_list(c, "/v1/pools", "pools", &all);

	if (status)
		return status;
	for (unsigned i = 0; i < COLUMNS; i++)
		headings[2 + i] = columns[i].heading;
	if (is_json) {
		client_print(all);
	} else {
		table_open(&t, headings, 2 + COLUMNS);
		for (size_t i = 0; i < json_array_size(all); i++)
			add(&t, json_array_get(all, i));
		table_close(&t);
	}
	json_decref(all);
	return 0;
}

static int parse(int argc, char **argv, struct client_options *o)
{
	int status = client_parse(o, argc, argv, options);

	if (status)
		return status;
	if (optind + 1 != argc || strcmp(argv[optind], "list") != 0)
		return usage("pool", "what? It can `list'");
	return 0;
}

int cmd_pool(int argc, char **argv)
{
	struct client_options o = {.command = "pool"};
	struct client *c;
	int status = parse(argc, argv, &o);

	if (!status)
		status = client_open(&c, &o);
	if (status)
		return status;
	status = list(c, o.is_json);
	client_close(c);
	return status;
}
