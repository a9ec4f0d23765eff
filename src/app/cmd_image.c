/*
 * muster image: the files that machines can load.
 */
#include "app/client_api.h"
#include "app/command.h"
#include "app/exit.h"
#include "app/table.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static const char options[] =
	"  list               the files of the boot directory\n"
	"\n" CLIENT_HELP "      --json         as JSON\n";

static const char *const headings[] = {"NAME", "BYTES", "SLAM", "CHANGED"};

static void add(struct table *t, const json_t *im)
{
	time_t changed =
		(time_t)json_integer_value(json_object_get(im, "changed"));
	json_int_t port = json_integer_value(json_object_get(im, "slam_port"));
	char text[32];
	struct tm tm;

	table_add(t, json_string_value(json_object_get(im, "name")));
	snprintf(text, sizeof text, "%lld",
		 (long long)json_integer_value(json_object_get(im, "size")));
	table_add(t, text);
	snprintf(text, sizeof text, "%lld", (long long)port);
	table_add(t, port ? text : "");
	if (!localtime_r(&changed, &tm) ||
	    !strftime(text, sizeof text, "%Y-%m-%d %H:%M", &tm))
		text[0] = 0;
	table_add(t, text);
}

static int list(const struct client_options *o)
{
	struct client *c;
	struct table t;
	json_t *all;
	int status = client_open(&c, o);

	if (status)
		return status;
	status = client_list(c, "/v1/images", "images", &all);
	if (!status && o->is_json) {
		client_print(all);
	} else if (!status) {
		table_open(&t, headings, 4);
		for (size_t i = 0; i < json_array_size(all); i++)
			add(&t, json_array_get(all, i));
		table_sort(&t);
		table_close(&t);
	}
	if (!status)
		json_decref(all);
	client_close(c);
	return status;
}

int cmd_image(int argc, char **argv)
{
	static const struct option longs[] = {CLIENT_LONG, {0}};
	struct client_options o = {.command = "image"};
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, CLIENT_SHORT, longs, NULL)) != -1)
		if (c == 'h')
			return help("image", options);
		else if (!client_option(&o, c, optarg))
			return client_bad_option(&o, c, argv[optind - 1]);
	if (optind == argc || strcmp(argv[optind], "list") != 0)
		return usage("image", "what? It can `list'");
	if (optind + 1 < argc)
		return usage("image", "list: takes no arguments");
	return list(&o);
}
