/*
 * muster lookup: what lookupd of this machine answers, and from where it has
 * it; and lookupd's own words, -configuration, -statistics and -flushcache.
 */
#include "app/admin_inside.h"
#include "app/client_api.h"
#include "app/command.h"
#include "app/exit.h"
#include "app/lookup_client.h"
#include "app/named.h"
#include "model/lookup.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

static const char options[] =
	"  CATEGORY KEY     users, groups, hosts, networks, services, "
	"protocols, rpcs,\n"
	"                   mounts, printers, bootparams, bootp, aliases, "
	"netgroups, ethers;\n"
	"                   KEY is a name, a number, an address, or "
	"PROPERTY=VALUE\n"
	"  CATEGORY --enumerate\n"
	"                   all of them, from the nearest domain to the root\n"
	"      --configuration, --statistics, --flush\n"
	"                   whom it asks; what it has done; forget what it "
	"knows\n"
	"      --json       for programs\n"
	"      --run DIR    where its socket is, instead of " NAMED_RUN "\n";

struct call {
	bool is_json, is_all;
	uint8_t about; /* LOOKUP_CONFIGURATION, ...; 0: a look-up */
	const char *run, *category, *key;
	struct lookup_client client;
	json_t *list; /* of a list as JSON */
};

/* ---- output -------------------------------------------------------------- */

static json_t *item_json(const struct lookup_item *i)
{
	const struct plist p = {i->props, i->len};

	return json_pack("{s:o, s:o, s:o, s:o}", "agent", safe_string(i->agent),
			 "domain", safe_string(i->domain), "server",
			 safe_string(i->server), "properties", props_json(&p));
}

/* Anybody's, who answered: a DNS server, too. */
static void print_text(const char *before, const char *s)
{
	json_t *json = safe_string(s);

	fputs(before, stdout);
	client_text(json_string_value(json));
	json_decref(json);
}

static void print_properties(const struct lookup_item *i)
{
	struct rd r = rd_over(i->props, i->len);
	struct property p;
	const char *value;
	size_t len;

	while (plist_next(&r, &p)) {
		print_text("", p.name);
		putchar(':');
		while (rd_left(&p.values) && (value = rd_cstr(&p.values, &len)))
			print_text(" ", value);
		putchar('\n');
	}
}

static void print_item(const struct lookup_item *i)
{
	print_text("# ", i->agent);
	if (i->domain[0])
		print_text(", domain ", i->domain);
	if (i->server[0])
		print_text(", server ", i->server);
	putchar('\n');
	print_properties(i);
}

static void tell(struct call *c, const struct lookup_item *i)
{
	if (c->list)
		json_array_append_new(c->list, item_json(i));
	else if (c->is_json) {
		json_t *json = item_json(i);

		client_print(json);
		json_decref(json);
	} else if (c->about)
		print_properties(i);
	else
		print_item(i);
}

/* ---- asking -------------------------------------------------------------- */

static int no_lookupd(int rc)
{
	if (rc != -ENOENT && rc != -ECONNREFUSED) {
		failed("lookup", "lookupd: %s", strerror(-rc));
		return exit_status(rc);
	}
	failed("lookup", "no lookupd runs here (musterd, or muster lookupd)");
	return EXIT_NO_SERVER;
}

static int refused(const struct call *c)
{
	const struct lookup_answer *a = &c->client.got;

	switch (a->status) {
	case LOOKUP_NOT_FOUND:
		failed("lookup", "%s: there is no %s", c->category, c->key);
		return EXIT_NOT_FOUND;
	case LOOKUP_UNAVAILABLE:
		failed("lookup", "%s: no answer from: %s",
		       c->key ? c->key : c->category, a->text);
		return EXIT_NO_SERVER;
	case LOOKUP_WRONG:
		return usage("lookup", "%s %s: %s", c->category,
			     c->key ? c->key : "", a->text);
	case LOOKUP_REFUSED:
		failed("lookup", "%s", a->text);
		return EXIT_NO_PERMISSION;
	default:
		return failed("lookup", "%s", a->text);
	}
}

static void tell_all(struct call *c)
{
	struct rd items = c->client.got.items;
	struct lookup_item i;

	while (lookup_item_next(&items, &i))
		tell(c, &i);
}

static int ask(struct call *c, struct lookup_question *q)
{
	int rc = lookup_ask(&c->client, q);

	if (rc)
		return no_lookupd(rc);
	if (c->client.got.status)
		return refused(c);
	tell_all(c);
	return EXIT_SUCCESS;
}

/* From page to page; the last has nothing but how it ended.  What there is, is
 * told even if an agent did not answer. */
static int ask_all(struct call *c, struct lookup_question *q)
{
	const struct lookup_answer *a = &c->client.got;
	int rc;

	do {
		rc = lookup_ask(&c->client, q);
		if (rc)
			return no_lookupd(rc);
		tell_all(c);
		q->position = a->position;
	} while (q->position);
	if (c->list)
		client_print(c->list);
	return a->status == LOOKUP_FOUND || a->status == LOOKUP_NOT_FOUND
		       ? EXIT_SUCCESS
		       : refused(c);
}

/* PROPERTY=VALUE, or a value that says itself what it is. */
static void take_key(const struct call *c, struct lookup_question *q,
		     char key[LOOKUP_KEY])
{
	const char *equals = strchr(c->key, '=');
	enum lookup_category category = lookup_category(span_of(c->category));

	q->value = c->key;
	q->key = "name";
	if (category == LOOKUP_CATEGORIES)
		return;
	q->key = lookup_guess(category, c->key);
	if (!equals ||
	    !span_copy(key, LOOKUP_KEY,
		       (struct span){c->key, (size_t)(equals - c->key)}))
		return;
	q->key = key;
	q->value = equals + 1;
}

static int run(struct call *c)
{
	struct lookup_question q = {
		.op = c->about, .category = "", .key = "", .value = ""};
	char key[LOOKUP_KEY];
	int rc = lookup_connect(&c->client, c->run);

	if (rc)
		return no_lookupd(rc);
	if (c->category)
		q.category = c->category;
	if (c->key)
		take_key(c, &q, key);
	if (!c->about)
		q.op = c->is_all ? LOOKUP_ALL : LOOKUP_ONE;
	if (c->is_all && c->is_json)
		c->list = json_array();
	rc = c->is_all ? ask_all(c, &q) : ask(c, &q);
	json_decref(c->list);
	lookup_disconnect(&c->client);
	return rc;
}

/* ---- words --------------------------------------------------------------- */

static int take_option(struct call *c, int o, char **argv)
{
	switch (o) {
	case 'e':
		c->is_all = true;
		return 0;
	case 'C':
		c->about = LOOKUP_CONFIGURATION;
		return 0;
	case 'S':
		c->about = LOOKUP_STATISTICS;
		return 0;
	case 'F':
		c->about = LOOKUP_FLUSH;
		return 0;
	case 'j':
		c->is_json = true;
		return 0;
	case 'r':
		c->run = optarg;
		return 0;
	case 'h':
		exit(help("lookup", options));
	default:
		return bad_option("lookup", o, argv);
	}
}

static int parse(int argc, char **argv, struct call *c)
{
	static const struct option longs[] = {
		{"enumerate", no_argument, NULL, 'e'},
		{"configuration", no_argument, NULL, 'C'},
		{"statistics", no_argument, NULL, 'S'},
		{"flush", no_argument, NULL, 'F'},
		{"flushcache", no_argument, NULL, 'F'},
		{"json", no_argument, NULL, 'j'},
		{"run", required_argument, NULL, 'r'},
		{"help", no_argument, NULL, 'h'},
		{0}};
	int o, rc = 0;

	opterr = 0;
	/* Its own words had one hyphen. */
	while (!rc &&
	       (o = getopt_long_only(argc, argv, ":h", longs, NULL)) != -1)
		rc = take_option(c, o, argv);
	if (rc)
		return rc;
	argc -= optind;
	c->category = argc > 0 ? argv[optind] : NULL;
	c->key = argc > 1 ? argv[optind + 1] : NULL;
	if (c->about ? argc : argc > 2 || !argc)
		return usage("lookup", "CATEGORY KEY, or CATEGORY --enumerate, "
				       "or --statistics, say");
	if (!c->about && !c->is_all && !c->key)
		return usage("lookup", "%s: which one? Or --enumerate",
			     c->category);
	return 0;
}

int cmd_lookup(int argc, char **argv)
{
	static struct call c;
	int rc = parse(argc, argv, &c);

	return rc ? rc : run(&c);
}
