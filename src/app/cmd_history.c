/*
 * muster history and muster undo: who changed what in the directory, and when;
 * and the opposite of it.
 */
#include "app/client_api.h"
#include "app/command.h"
#include "app/exit.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { LINES = 100, PLACE = 1024 };

static const char history_options[] =
	"  -d, --domain D     the PATH is in this domain: a path of domains, "
	".\n"
	"                     (the server's own) or .. (its parent)\n"
	"  -n, --lines N      the newest N changes; 0: all; default 100\n"
	"\n" CLIENT_HELP "      --json         as JSON\n";

static const char undo_options[] =
	"REVISION is the number that `muster history' shows.  What it changed "
	"must\nnot have been changed since.\n"
	"\n" CLIENT_HELP "      --json         as JSON\n";

/* ---- showing ------------------------------------------------------------- */

static void print_values(const json_t *values)
{
	const char *comma = " ";

	for (size_t i = 0; i < json_array_size(values); i++) {
		fputs(comma, stdout);
		client_text(json_string_value(json_array_get(values, i)));
		comma = ", ";
	}
	putchar('\n');
}

static void print_property(char sign, const char *name, const json_t *values)
{
	printf("    %c ", sign);
	client_text(name);
	putchar(':');
	print_values(values);
}

/* What is gone, with its old values, and what is new. */
static void print_difference(const json_t *before, const json_t *after)
{
	const char *name;
	json_t *values;

	json_object_foreach((json_t *)before, name, values)
	{
		if (!json_equal(values, json_object_get(after, name)))
			print_property('-', name, values);
	}
	json_object_foreach((json_t *)after, name, values)
	{
		if (!json_equal(values, json_object_get(before, name)))
			print_property('+', name, values);
	}
}

static void print_when(const json_t *line)
{
	time_t at = (time_t)json_integer_value(json_object_get(line, "time"));
	char text[32] = "";
	struct tm tm;

	if (localtime_r(&at, &tm))
		strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &tm);
	printf("  %s  ", text);
}

static void print_line(const json_t *line)
{
	const char *who = client_member(line, "who");
	const char *domain = client_member(line, "domain");

	printf("%lld", (long long)json_integer_value(
			       json_object_get(line, "revision")));
	print_when(line);
	client_text(*who ? who : "-");
	printf("  %s  ", client_member(line, "kind"));
	if (strcmp(domain, "/") != 0) {
		client_text(domain);
		putchar(':');
	}
	client_text(client_member(line, "path"));
	putchar('\n');
	print_difference(json_object_get(line, "before"),
			 json_object_get(line, "after"));
}

/* ---- asking -------------------------------------------------------------- */

struct wish {
	struct client_options o;
	const char *domain, *path;
	uint64_t lines;
	char place[PLACE];
};

static size_t show_page(const struct wish *w, const json_t *page, size_t shown,
			json_t *all)
{
	const json_t *list = json_object_get(page, "history");
	size_t n = json_array_size(list);

	for (size_t i = 0; i < n && (!w->lines || shown < w->lines); i++) {
		json_t *line = json_array_get(list, i);

		shown++;
		if (w->o.is_json)
			json_array_append(all, line);
		else
			print_line(line);
	}
	return shown;
}

static int show(struct client *c, struct wish *w)
{
	struct client_request q = {.method = "GET", .path = "/v1/history"};
	json_t *page, *all = json_array();
	size_t shown = 0;
	int status;

	if (w->place[0]) {
		q.path = "/v1/history/";
		q.name = w->place;
	}
	do {
		status = client_ask(c, &q, &page);
		if (status)
			break;
		shown = show_page(w, page, shown, all);
		q.from = (uint64_t)json_integer_value(
			json_object_get(page, "next"));
		json_decref(page);
	} while (q.from && (!w->lines || shown < w->lines));
	if (!status && w->o.is_json)
		client_print(all);
	json_decref(all);
	if (status || shown || !w->path)
		return status;
	failed("history", "%s: nothing is known of it", w->path);
	return EXIT_NOT_FOUND;
}

static bool history_option(struct wish *w, int c, const char *argument)
{
	switch (c) {
	case 'd':
		w->domain = argument;
		return true;
	case 'n':
		return number_argument("history", "--lines", argument,
				       UINT32_MAX, &w->lines);
	default:
		return false;
	}
}

static int parse_history(int argc, char **argv, struct wish *w)
{
	static const struct option longs[] = {
		{"domain", required_argument, NULL, 'd'},
		{"lines", required_argument, NULL, 'n'},
		CLIENT_LONG,
		{0}};
	int c, n = 0;

	opterr = 0;
	while ((c = getopt_long(argc, argv, CLIENT_SHORT "d:n:", longs,
				NULL)) != -1)
		if (c == 'h')
			exit(help("history", history_options));
		else if (c == 'n' && !history_option(w, c, optarg))
			return EXIT_USAGE;
		else if (!history_option(w, c, optarg) &&
			 !client_option(&w->o, c, optarg))
			return client_bad_option(&w->o, c, argv[optind - 1]);
	if (optind + 1 < argc)
		return usage("history", "takes one path at most");
	w->path = argv[optind];
	if (w->path || w->domain)
		n = snprintf(w->place, sizeof w->place, "%s:%s",
			     w->domain ? w->domain : ".",
			     w->path ? w->path : "/");
	if (n >= (int)sizeof w->place)
		return usage("history", "the path is too long");
	return 0;
}

int cmd_history(int argc, char **argv)
{
	struct wish w = {.o = {.command = "history"}, .lines = LINES};
	struct client *c;
	int status = parse_history(argc, argv, &w);

	if (!status)
		status = client_open(&c, &w.o);
	if (status)
		return status;
	status = show(c, &w);
	client_close(c);
	return status;
}

/* ---- undoing ------------------------------------------------------------- */

static int parse_undo(int argc, char **argv, struct client_options *o)
{
	int status = client_parse(o, argc, argv, undo_options);

	if (status)
		return status;
	if (optind + 1 != argc)
		return usage("undo", "takes one revision");
	return 0;
}

static int undo(struct client *c, const struct client_options *o,
		const char *revision)
{
	struct client_request q = {
		.method = "POST", .path = "/v1/undo/", .name = revision};
	json_t *answer;
	int status = client_ask(c, &q, &answer);
	long long n;

	if (status)
		return status;
	n = json_integer_value(json_object_get(answer, "changes"));
	if (o->is_json)
		client_print(answer);
	else
		printf("revision %s is undone: %lld %s\n", revision, n,
		       n == 1 ? "entry" : "entries");
	json_decref(answer);
	return 0;
}

int cmd_undo(int argc, char **argv)
{
	struct client_options o = {.command = "undo"};
	struct client *c;
	int status = parse_undo(argc, argv, &o);

	if (!status)
		status = client_open(&c, &o);
	if (status)
		return status;
	status = undo(c, &o, argv[optind]);
	client_close(c);
	return status;
}
