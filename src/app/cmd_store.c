/*
 * muster store and muster status: how the store stands, and the server.
 */
#include "app/client_api.h"
#include "app/command.h"
#include "app/exit.h"
#include "app/show_store.h"
#include "app/verbs.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

struct words {
	char **v;
	int n;
	bool is_json;
};

static const char options[] =
	"  status             what it has, whether a majority answers, who is "
	"the master\n"
	"                     of what; it fails if nothing can be stored now\n"
	"  migrate FROM TO    copy all from sqlite to etcd, or from etcd to "
	"sqlite, while\n"
	"                     no musterd runs; it may be interrupted and begun "
	"again\n"
	"\n" CLIENT_HELP "      --json         as JSON\n";

static const char status_options[] = CLIENT_HELP
	"      --json         as JSON\n";

/* ---- status -------------------------------------------------------------- */

static int store_status(struct client *c, struct words *w)
{
	json_t *is;
	int status = client_store(c, &is);

	if (status)
		return status;
	if (w->is_json)
		client_print(is);
	else
		show_store_text(is);
	status = show_store_status(is);
	json_decref(is);
	return status;
}

/* ---- migrate ------------------------------------------------------------- */

static int store_migrate(struct client *c, struct words *w)
{
	bool to_etcd = !strcmp(w->v[1], "etcd");

	if (strcmp(w->v[to_etcd], "etcd") || strcmp(w->v[!to_etcd], "sqlite"))
		return usage("store", "migrate: takes `sqlite etcd' or `etcd "
				      "sqlite'");
	return client_migrate(c, to_etcd);
}

static const struct verb verbs[] = {
	{"migrate", "`sqlite etcd' or `etcd sqlite'", 2, 2, true,
	 store_migrate},
	{"status", "no arguments", 0, 0, false, store_status},
	{0},
};

int cmd_store(int argc, char **argv)
{
	struct client_options o = {.command = "store"};
	int status = client_parse(&o, argc, argv, options);
	const struct verb *v;
	struct words w;

	if (status)
		return status;
	v = verb_named(verbs, "store", argv[optind],
		       "what? It can `status' and `migrate'");
	if (!v)
		return EXIT_USAGE;
	w = (struct words){.v = argv + optind + 1,
			   .n = argc - optind - 1,
			   .is_json = o.is_json};
	if (w.n < v->least || w.n > v->most)
		return verb_wants(v, "store");
	return verb_run(v, &o, &w);
}

/* ---- the server, too ----------------------------------------------------- */

static void say_server(const json_t *is)
{
	static const char *const counts[] = {"machines", "leases", "images"};
	const json_t *links = json_object_get(is, "interfaces");

	for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
		printf("%-13s%lld\n", counts[i],
		       (long long)json_integer_value(
			       json_object_get(is, counts[i])));
	printf("%-13s%s\n", "unknown", client_member(is, "unknown"));
	for (size_t i = 0; i < json_array_size(links); i++) {
		const json_t *l = json_array_get(links, i);

		printf("%-13s%s %s\n", i ? "" : "interfaces",
		       client_member(l, "name"), client_member(l, "ip"));
	}
}

/* Nothing, if nobody follows anybody. */
static void say_netinfo(const json_t *is)
{
	static const struct {
		const char *name, *text;
	} counts[] = {
		{"loads", "copied from a master"},
		{"failed", "failed copies"},
		{"clones-told", "clones told of a change"},
		{"clones-silent", "clones that did not answer"},
	};
	const char *head = "netinfo";

	for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
		json_int_t n =
			json_integer_value(json_object_get(is, counts[i].name));

		if (!n)
			continue;
		printf("%-13s%lld %s\n", head, (long long)n, counts[i].text);
		head = "";
	}
}

static void say(const json_t *is)
{
	const json_t *store = json_object_get(is, "store");

	if (json_is_true(json_object_get(store, "musterd")))
		printf("%-13s%s\n", "musterd", client_member(is, "version"));
	if (json_object_get(is, "version"))
		say_server(is);
	say_netinfo(json_object_get(is, "netinfo"));
	show_store_text(store);
}

/* Without a server, what is in etcd is told of the store alone.  Of one that is
 * shared, the server has counted what came of that. */
static int ask_all(struct client *c, json_t **is)
{
	const struct client_request q = {.method = "GET", .path = "/v1/status"};
	json_t *store;
	int status = client_store(c, &store);

	*is = NULL;
	if (status)
		return status;
	if (!json_is_true(json_object_get(store, "musterd")) &&
	    json_object_get(store, "away"))
		*is = json_object();
	else
		status = client_ask(c, &q, is);
	if (*is) {
		json_object_update_missing(store,
					   json_object_get(*is, "store"));
		json_object_set(*is, "store", store);
	}
	json_decref(store);
	return status;
}

int cmd_status(int argc, char **argv)
{
	struct client_options o = {.command = "status"};
	int status = client_parse(&o, argc, argv, status_options);
	struct client *c;
	json_t *is;

	if (!status && optind != argc)
		status = usage("status", "takes no arguments");
	if (!status)
		status = client_open(&c, &o);
	if (status)
		return status;
	status = ask_all(c, &is);
	if (!status && o.is_json)
		client_print(is);
	else if (!status)
		say(is);
	json_decref(is);
	client_close(c);
	return status;
}
