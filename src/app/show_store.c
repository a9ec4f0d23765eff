/*
 * How the store stands, for people: one thing a line, then who is the master of
 * what, then who keeps it, then what somebody should look after.
 */
#include "app/show_store.h"

#include "app/client_api.h"
#include "app/exit.h"
#include "app/table.h"

#include <stdio.h>

static long long number(const json_t *is, const char *name)
{
	return (long long)json_integer_value(json_object_get(is, name));
}

static bool has(const json_t *is, const char *name)
{
	return json_is_true(json_object_get(is, name));
}

static void line(const char *name, const char *text)
{
	printf("%-13s", name);
	client_text(text);
	putchar('\n');
}

static void count(const json_t *is, const char *title, const char *name)
{
	if (json_object_get(is, name))
		printf("%-13s%lld\n", title, number(is, name));
}

/* ---- of a store that several servers share ------------------------------- */

static void say_behind(const json_t *is)
{
	long long n = number(is, "behind");

	if (!json_object_get(is, "behind"))
		return;
	printf("%-13s%lld revision%s", "behind", n, n == 1 ? "" : "s");
	if (n)
		printf(", for %lld s", number(is, "behind-for"));
	putchar('\n');
}

static void say_majority(const json_t *is)
{
	if (!json_object_get(is, "away"))
		return;
	if (has(is, "away"))
		printf("%-13sno: %s\n", "majority", client_member(is, "why"));
	else
		line("majority", "answers");
}

static void say_masters(const json_t *list)
{
	static const char *const headings[] = {"DOMAIN", "MASTER", "HOLDS"};
	struct table t;

	if (!json_array_size(list))
		return;
	putchar('\n');
	table_open(&t, headings, 3);
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *m = json_array_get(list, i);
		const json_t *left = json_object_get(m, "left");
		char text[64];

		table_add(&t, client_member(m, "domain"));
		snprintf(text, sizeof text, "%.40s%s",
			 client_member(m, "server"),
			 has(m, "is_ours") ? " (this one)" : "");
		table_add(&t, text);
		snprintf(text, sizeof text, "%lld s", number(m, "left"));
		table_add(&t, json_is_integer(left) ? text : "");
	}
	table_sort(&t);
	table_close(&t);
}

static const char *state_of(const json_t *m)
{
	if (!has(m, "answers"))
		return client_member(m, "why");
	if (!has(m, "has_majority"))
		return "answers, but has no majority";
	return has(m, "leads") ? "answers, and leads" : "answers";
}

static void say_endpoints(const json_t *list)
{
	static const char *const headings[] = {"ENDPOINT", "VERSION", "BYTES",
					       "STATE"};
	struct table t;

	if (!json_array_size(list))
		return;
	putchar('\n');
	table_open(&t, headings, 4);
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *m = json_array_get(list, i);
		char text[32];

		table_add(&t, client_member(m, "address"));
		table_add(&t, client_member(m, "version"));
		snprintf(text, sizeof text, "%lld", number(m, "bytes"));
		table_add(&t, has(m, "answers") ? text : "");
		table_add(&t, state_of(m));
	}
	table_close(&t);
}

/* ---- what somebody should look after ------------------------------------- */

static void warn(const json_t *is)
{
	const json_t *list = json_object_get(is, "endpoints");

	if (has(is, "broken"))
		puts("warning: a write has failed: nothing is stored until "
		     "musterd is started anew");
	if (number(is, "members") == 1)
		puts("warning: a cluster of one member survives no failure");
	for (size_t i = 0; i < json_array_size(list); i++)
		if (has(json_array_get(list, i), "full")) {
			puts("warning: etcd's quota is used up (the NOSPACE "
			     "alarm): it takes no writes");
			return;
		}
}

void show_store_text(const json_t *is)
{
	line("store", client_member(is, "kind"));
	if (!has(is, "musterd"))
		printf("%-13sdoes not run: nobody answers at %s\n", "musterd",
		       client_member(is, "socket"));
	if (json_object_get(is, "name"))
		line("name", client_member(is, "name"));
	count(is, "revision", "revision");
	say_behind(is);
	if (json_object_get(is, "lines"))
		printf("%-13s%lld lines, of all after revision %lld\n",
		       "history", number(is, "lines"), number(is, "since"));
	if (number(is, "members"))
		count(is, "members", "members");
	say_majority(is);
	say_masters(json_object_get(is, "masters"));
	say_endpoints(json_object_get(is, "endpoints"));
	warn(is);
}

int show_store_status(const json_t *is)
{
	return has(is, "away") || has(is, "broken") ? EXIT_FAILURE
						    : EXIT_SUCCESS;
}
