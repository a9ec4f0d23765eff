/*
 * muster machine pending, approve, deny: who asks and is unknown.
 */
#include "app/cmd_machine.h"

#include "app/command.h"
#include "app/table.h"
#include "host/loop.h"

#include <stdio.h>
#include <string.h>

/* How long ago. */
static void add_age(struct table *t, const json_t *machine, const char *name)
{
	long long age = host_wall() / SECOND -
			json_integer_value(json_object_get(machine, name));
	char text[32];

	if (age < 0)
		age = 0;
	if (age >= 7200)
		snprintf(text, sizeof(text), "%lld h ago", age / 3600);
	else if (age >= 120)
		snprintf(text, sizeof(text), "%lld min ago", age / 60);
	else
		snprintf(text, sizeof(text), "%lld s ago", age);
	table_add(t, text);
}

/* "PXE, by DHCP", "NeXT, by BOOTP", "DHCP" */
static void add_how(struct table *t, const json_t *machine)
{
	const char *class = client_member(machine, "class");
	bool is_dhcp = client_member(machine, "by")[0] == 'd';
	char text[64];

	snprintf(text, sizeof(text), "%s%s%s", class, *class ? ", by " : "",
		 is_dhcp ? "DHCP" : "BOOTP");
	table_add(t, text);
}

static void print(const json_t *all)
{
	static const char *const headings[] = {
		"HARDWARE ADDRESS", "HOW",        "ARCHITECTURE", "INTERFACE",
		"FIRST ASKED",      "LAST ASKED", "TIMES"};
	struct table t;
	char times[24];

	table_open(&t, headings, 7);
	for (size_t i = 0; i < json_array_size(all); i++) {
		const json_t *m = json_array_get(all, i);
		json_t *asked = json_object_get(m, "asked");

		table_add(&t, client_member(m, "mac"));
		add_how(&t, m);
		table_add(&t, client_member(m, "arch"));
		table_add(&t, client_member(m, "interface"));
		add_age(&t, m, "first");
		add_age(&t, m, "last");
		snprintf(times, sizeof(times), "%lld",
			 (long long)json_integer_value(asked));
		table_add(&t, times);
	}
	table_sort(&t);
	table_close(&t);
}

/* An empty list may have another reason than that nobody asks. */
static void say_why(struct client *c)
{
	const struct client_request q = {.method = "GET", .path = "/v1/status"};
	const char *unknown;
	json_t *status;

	if (client_ask(c, &q, &status))
		return;
	unknown = client_member(status, "unknown");
	if (strcmp(unknown, "pending") != 0)
		fprintf(stderr,
			"muster machine: nobody is kept waiting: unknown = %s "
			"in muster.conf\n",
			unknown);
	json_decref(status);
}

int machine_pending(struct client *c, bool is_json)
{
	json_t *all;
	int status = client_list(c, "/v1/pending", "pending", &all);

	if (status)
		return status;
	if (is_json)
		client_print(all);
	else
		print(all);
	if (!json_array_size(all))
		say_why(c);
	json_decref(all);
	return 0;
}

int machine_denied(struct client *c, const char *domain, bool is_json)
{
	const struct client_request q = {
		.method = "GET", .path = "/v1/denied", .domain = domain};
	json_t *all;
	int status = client_list_of(c, &q, "denied", &all);

	if (status)
		return status;
	if (is_json)
		client_print(all);
	for (size_t i = 0; !is_json && i < json_array_size(all); i++)
		puts(json_string_value(json_array_get(all, i)));
	json_decref(all);
	return 0;
}

static int ask(struct client *c, struct client_request q)
{
	json_t *answer;
	int status = client_ask(c, &q, &answer);

	json_decref(answer);
	return status;
}

int machine_let_in(struct client *c, const char *domain, const char *mac,
		   const json_t *props)
{
	return ask(c, (struct client_request){.method = "POST",
					      .path = "/v1/pending/",
					      .name = mac,
					      .domain = domain,
					      .body = props});
}

int machine_deny(struct client *c, const char *domain, const char *mac,
		 bool is_to_be)
{
	return ask(c, (struct client_request){.method = is_to_be ? "PUT"
								 : "DELETE",
					      .path = "/v1/denied/",
					      .name = mac,
					      .domain = domain});
}
