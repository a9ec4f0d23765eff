/*
 * muster export: directories become a file.  What the file can't hold is said
 * on standard error, one line a property.
 */
#include "app/client_api.h"
#include "app/command.h"
#include "app/draft_json.h"
#include "app/exit.h"
#include "app/formats.h"
#include "host/memory.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ADDRESS "/v1/export/"

static const char options[] =
	"  FORMAT as `muster import' has it, or muster.conf: subnets for it.  "
	"FILE is\n"
	"  standard output, or -, and DOMAIN the server's own, if they are not "
	"given.\n"
	"\n" CLIENT_HELP "  -r, --directory D  of netinfo: the directory to "
	"dump, instead of /\n";

struct words {
	struct client_options o;
	const struct format *format;
	const char *file, *domain, *directory;
};

/* ---- from the server to a draft ----------------------------------------- */

/* A page of entries, parents before what is in them. */
struct taking {
	struct draft *d;
	struct draft_entry *last; /* the one before */
	bool is_bad;
};

static struct draft_entry *parent_of(struct taking *t, uint32_t id)
{
	struct draft_entry *e = t->last;

	while (e && e->id != id)
		e = e->up;
	return e;
}

static void take_entry(struct taking *t, struct draft_entry *top,
		       const json_t *one)
{
	json_int_t id = json_integer_value(json_array_get(one, 0));
	json_int_t up = json_integer_value(json_array_get(one, 1));
	struct draft_entry *e = top;

	if (t->last) {
		struct draft_entry *parent = parent_of(t, (uint32_t)up);

		e = draft_add(t->d, parent, 0);
		if (!e && !draft_failed(t->d))
			t->is_bad = true;
	}
	if (!e)
		return;
	e->id = (uint32_t)id;
	t->last = e;
	t->is_bad |= !plist_from_json(t->d, e, one, 2);
}

static void take_page(struct taking *t, struct draft_entry *top,
		      const json_t *page)
{
	for (size_t i = 0; i < json_array_size(page); i++)
		take_entry(t, top, json_array_get(page, i));
}

/* One directory with all below it; `top` is where it goes.  *is_there: there is
 * one. */
static int fetch(struct client *c, const struct words *w, struct draft *d,
		 struct draft_entry *top, const char *path)
{
	struct taking t = {.d = d};
	char name[2048];
	struct client_request q = {
		.method = "GET", .path = ADDRESS, .name = name};
	int n = snprintf(name, sizeof name, "%s:%s", w->domain, path);
	json_t *page;
	int status = 0;

	if (n >= (int)sizeof name)
		return usage("export", "the path is too long");
	do {
		status = client_ask(c, &q, &page);
		if (status)
			return status;
		take_page(&t, top, json_object_get(page, "entries"));
		q.from = (uint32_t)json_integer_value(
			json_object_get(page, "next"));
		json_decref(page);
	} while (q.from && !t.is_bad);
	if (t.is_bad)
		return failed("export",
			      "%s: the server said what is no list "
			      "of entries",
			      path);
	if (!t.last && !w->format->directories[0]) {
		failed("export", "there is no directory %s", path);
		return EXIT_NOT_FOUND;
	}
	return 0;
}

static int fetch_all(struct client *c, const struct words *w, struct draft *d)
{
	const struct format *f = w->format;
	int status = 0;

	if (!f->directories[0])
		return fetch(c, w, d, draft_root(d), w->directory);
	for (int i = 0; i < FORMAT_DIRECTORIES && !status; i++) {
		const char *dir = f->directories[i];
		char path[64];
		struct draft_entry *e;

		if (!dir)
			break;
		e = draft_add(d, draft_root(d), 0);
		snprintf(path, sizeof path, "/%s", dir);
		status = fetch(c, w, d, e, path);
	}
	return status;
}

/* ---- from the draft to a file ------------------------------------------- */

static int save(const struct words *w, const struct sheet *text)
{
	FILE *f = w->file ? fopen(w->file, "we") : stdout;
	bool is_bad;

	if (!f)
		return failed("export", "%s: %s", w->file, strerror(errno));
	is_bad = text->len && fwrite(text->s, 1, text->len, f) != text->len;
	is_bad |= fflush(f) != 0;
	if (w->file)
		is_bad |= fclose(f) != 0;
	return is_bad ? failed("export", "%s: %s",
			       w->file ? w->file : "standard output",
			       strerror(errno))
		      : 0;
}

static int write_all(const struct words *w, struct draft *d)
{
	struct sheet text = sheet_open(&host_memory);
	const struct draft_remark *r;
	int status;

	w->format->write(d, &text);
	for (r = draft_remarks(d); r; r = r->next)
		fprintf(stderr, "muster export: %s: %s\n", w->format->name,
			r->text);
	status = text.failed || draft_failed(d)
			 ? failed("export", "%s", strerror(ENOMEM))
			 : save(w, &text);
	sheet_close(&text);
	return status;
}

static int run(struct words *w)
{
	struct client *c = NULL;
	struct draft *d;
	int status;

	if (draft_open(&d, &host_memory))
		return failed("export", "%s", strerror(ENOMEM));
	status = client_open(&c, &w->o);
	if (!status) {
		status = fetch_all(c, w, d);
		client_close(c);
	}
	if (!status)
		status = write_all(w, d);
	draft_close(d);
	return status;
}

/* ---- words -------------------------------------------------------------- */

static int take_words(struct words *w, int n, char **v)
{
	if (n < 1 || n > 3)
		return usage("export", "takes a format, a file and a domain");
	w->format = formats_named(v[0]);
	if (!w->format)
		return usage("export", "there is no format `%s'", v[0]);
	if (w->directory && w->format->directories[0])
		return usage("export", "--directory goes with netinfo alone");
	if (!w->directory)
		w->directory = "/";
	if (n > 1 && strcmp(v[1], "-") != 0)
		w->file = v[1];
	w->domain = n > 2 ? v[2] : ".";
	return 0;
}

int cmd_export(int argc, char **argv)
{
	static const struct option longs[] = {
		CLIENT_LONG, {"directory", required_argument, NULL, 'r'}, {0}};
	struct words w = {.o = {.command = "export"}};
	int c, status;

	opterr = 0;
	while ((c = getopt_long(argc, argv, CLIENT_SHORT "r:", longs, NULL)) !=
	       -1) {
		if (c == 'h')
			return help("export", options);
		if (c == 'r')
			w.directory = optarg;
		else if (!client_option(&w.o, c, optarg))
			return client_bad_option(&w.o, c, argv[optind - 1]);
	}
	status = take_words(&w, argc - optind, argv + optind);
	return status || !w.format ? status : run(&w);
}
