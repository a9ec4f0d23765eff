/*
 * muster doctor: what on this network would spoil a boot.  It looks, judges and
 * tells, one interface after the other.
 */
#include "app/command.h"
#include "app/doctor_look.h"
#include "app/exit.h"
#include "app/interface.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

static const char options[] =
	"  --wait SECONDS   listen for that long; 4\n"
	"  --reflect        be the other end: answer the doctor on another "
	"machine\n"
	"  --json           for programs\n";

struct visit {
	const char *name; /* NULL: all interfaces with an address */
	usec span;
	bool reflects, is_json;
	json_t *json; /* an array */
	unsigned seen, problems;
};

static const char *const levels[] = {"ok", "hint", "problem"};

static void print(const char *name, const struct findings *all)
{
	printf("%s:\n", name);
	for (unsigned i = 0; i < all->n; i++) {
		const struct finding *f = &all->v[i];

		printf("  %-8s %-9s %s\n", levels[f->level], f->about, f->text);
		if (f->command[0])
			printf("  %18s  $ %s\n", "", f->command);
	}
	fflush(stdout);
}

static void add_json(json_t *to, const char *name, const struct findings *all)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < all->n; i++) {
		const struct finding *f = &all->v[i];
		json_t *o = json_pack("{s:s,s:s,s:s}", "level",
				      levels[f->level], "about", f->about,
				      "text", f->text);

		if (f->command[0])
			json_object_set_new(o, "command",
					    json_string(f->command));
		json_array_append_new(list, o);
	}
	json_array_append_new(to, json_pack("{s:s,s:o}", "interface", name,
					    "findings", list));
}

static int look(struct visit *v, const struct link *links, int n,
		const struct link *link)
{
	static struct doctor_facts facts;
	static struct findings all;
	int rc;

	facts = (struct doctor_facts){
		.link = *link, .links = links, .n_links = n, .span = v->span};
	rc = doctor_look(&facts);
	if (rc) {
		failed("doctor", "%s: %s", link->name,
		       rc == -EPERM ? "it takes root" : strerror(-rc));
		return exit_status(rc);
	}
	doctor_judge(&facts, &all);
	v->seen++;
	for (unsigned i = 0; i < all.n; i++)
		v->problems += all.v[i].level == FINDING_PROBLEM;
	if (v->is_json)
		add_json(v->json, link->name, &all);
	else
		print(link->name, &all);
	return 0;
}

static bool is_wanted(const struct visit *v, const struct link *l)
{
	if (v->name)
		return !strcmp(v->name, l->name);
	return l->is_up && l->ip && l->ip >> 24 != 127 && l->hw.len == 6;
}

static int look_around(struct visit *v)
{
	int n, rc = 0;
	struct link *links = interfaces(&n);

	v->json = json_array();
	for (int i = 0; i < n && !rc; i++)
		if (is_wanted(v, &links[i]))
			rc = look(v, links, n, &links[i]);
	free(links);
	if (!rc && v->is_json)
		json_dumpf(v->json, stdout, JSON_COMPACT);
	if (!rc && v->is_json)
		printf("\n");
	json_decref(v->json);
	if (rc)
		return rc;
	if (!v->seen)
		return v->name ? failed("doctor",
					"%s: there is no such interface",
					v->name)
			       : failed("doctor",
					"no interface is up and has an "
					"address; name one");
	return v->problems ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int reflect(const struct visit *v)
{
	struct link link;
	int rc;

	if (!v->name)
		return usage("doctor", "--reflect: on which interface?");
	if (!interface_named("doctor", v->name, &link))
		return EXIT_FAILURE;
	if (!link.ip)
		return failed("doctor", "%s: it has no IPv4 address",
			      link.name);
	printf("%s: answering the doctor; groups joined now\n", link.name);
	fflush(stdout);
	rc = doctor_reflect(&link);
	if (!rc)
		return EXIT_SUCCESS;
	failed("doctor", "%s: %s", link.name,
	       rc == -EPERM ? "it takes root" : strerror(-rc));
	return exit_status(rc);
}

static int parse(int argc, char **argv, struct visit *v)
{
	static const struct option longs[] = {
		{"wait", required_argument, NULL, 'w'},
		{"reflect", no_argument, NULL, 'r'},
		{"json", no_argument, NULL, 'j'},
		{"help", no_argument, NULL, 'h'},
		{0}};
	uint64_t n;
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, ":h", longs, NULL)) != -1)
		switch (c) {
		case 'w':
			if (!number_argument("doctor", "--wait", optarg, 3600,
					     &n))
				return EXIT_USAGE;
			v->span = SECONDS((usec)n);
			break;
		case 'r':
			v->reflects = true;
			break;
		case 'j':
			v->is_json = true;
			break;
		case 'h':
			exit(help("doctor", options));
		default:
			return bad_option("doctor", c, argv);
		}
	return 0;
}

int cmd_doctor(int argc, char **argv)
{
	struct visit v = {.span = SECONDS(4)};
	int rc = parse(argc, argv, &v);

	if (rc)
		return rc;
	if (optind + 1 < argc)
		return usage("doctor", "%s: one interface at a time",
			     argv[optind + 1]);
	v.name = argv[optind];
	return v.reflects ? reflect(&v) : look_around(&v);
}
