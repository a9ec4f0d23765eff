/*
 * muster image: the files that machines can load.
 */
#include "app/client_api.h"
#include "app/command.h"
#include "app/exit.h"
#include "app/fresh.h"
#include "app/table.h"
#include "host/crypt.h"
#include "model/sidecar.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

static const char options[] =
	"  list               the files of the boot directory, and their\n"
	"                     manifests\n"
	"  add FILE           a file with its manifest: see `muster image add "
	"--help'\n"
	"\n" CLIENT_HELP "      --json         as JSON\n";

static const char *const headings[] = {"NAME",    "BYTES",    "SLAM",
				       "CHANGED", "MANIFEST", "VERSION"};

/* ---- manifests ------------------------------------------------------------
 * Those beside the files, as they look from here.  Whether one is really of its
 * file only its server finds out, when somebody boards. */

/* False if there is none.  What makes no sense has no name. */
static bool read_head(const char *path, struct manifest *m, time_t *changed)
{
	uint8_t head[MANIFEST_HEAD_MAX];
	FILE *f = fopen(path, "re");
	struct stat st = {0};
	size_t len;

	if (!f)
		return false;
	(void)fstat(fileno(f), &st);
	*changed = st.st_mtime;
	len = fread(head, 1, sizeof(head), f);
	(void)fclose(f);
	if (!manifest_get(m, head, manifest_head_len(head, len), &host_crypt))
		m->name[0] = 0;
	return true;
}

static json_int_t number(const json_t *im, const char *name)
{
	return json_integer_value(json_object_get(im, name));
}

static void describe(json_t *im, const char *root)
{
	const char *name = json_string_value(json_object_get(im, "name"));
	uint64_t size = (uint64_t)number(im, "size");
	char path[FRESH_PATH];
	const char *what = "stale";
	struct manifest m;
	time_t changed;

	snprintf(path, sizeof(path), "%s/%s" SIDECAR_END, root, name);
	if (!read_head(path, &m, &changed))
		return;
	if (sidecar_judge(&m, name, size) == SIDECAR_GOOD &&
	    changed >= (time_t)number(im, "changed"))
		what = m.is_signed ? "signed" : "unsigned";
	json_object_set_new(im, "manifest", json_string(what));
	if (m.name[0])
		json_object_set_new(im, "release",
				    json_integer((json_int_t)m.version));
}

static int find_root(struct client *c, char *root, size_t room)
{
	const struct client_request q = {.method = "GET", .path = "/v1/status"};
	json_t *is;
	int status = client_ask(c, &q, &is);

	if (status)
		return status;
	snprintf(root, room, "%s",
		 json_string_value(json_object_get(is, "root")));
	json_decref(is);
	return 0;
}

/* ---- the list ----------------------------------------------------------- */

static bool is_manifest(const json_t *im)
{
	char name[IMAGE_NAME];

	return sidecar_of(json_string_value(json_object_get(im, "name")), name);
}

static void add(struct table *t, const json_t *im)
{
	time_t changed = (time_t)number(im, "changed");
	json_int_t port = number(im, "slam_port");
	const char *manifest =
		json_string_value(json_object_get(im, "manifest"));
	char text[32];
	struct tm tm;

	table_add(t, json_string_value(json_object_get(im, "name")));
	snprintf(text, sizeof text, "%lld", (long long)number(im, "size"));
	table_add(t, text);
	snprintf(text, sizeof text, "%lld", (long long)port);
	table_add(t, port ? text : "");
	if (!localtime_r(&changed, &tm) ||
	    !strftime(text, sizeof text, "%Y-%m-%d %H:%M", &tm))
		text[0] = 0;
	table_add(t, text);
	table_add(t, manifest ? manifest : "");
	snprintf(text, sizeof text, "%lld", (long long)number(im, "release"));
	table_add(t, json_object_get(im, "release") ? text : "");
}

static void print_table(const json_t *all)
{
	struct table t;

	table_open(&t, headings, 6);
	for (size_t i = 0; i < json_array_size(all); i++)
		if (!is_manifest(json_array_get(all, i)))
			add(&t, json_array_get(all, i));
	table_sort(&t);
	table_close(&t);
}

static int list(const struct client_options *o)
{
	char root[FRESH_PATH / 2] = "";
	struct client *c;
	json_t *all = NULL;
	int status = client_open(&c, o);

	if (status)
		return status;
	status = client_list(c, "/v1/images", "images", &all);
	if (!status)
		status = find_root(c, root, sizeof(root));
	for (size_t i = 0; !status && root[0] && i < json_array_size(all); i++)
		describe(json_array_get(all, i), root);
	if (!status && o->is_json)
		client_print(all);
	else if (!status)
		print_table(all);
	json_decref(all);
	client_close(c);
	return status;
}

int cmd_image(int argc, char **argv)
{
	struct client_options o = {.command = "image"};
	int status;

	if (argc > 1 && !strcmp(argv[1], "add"))
		return cmd_image_add(argc - 1, argv + 1);
	status = client_parse(&o, argc, argv, options);
	if (status)
		return status;
	if (optind == argc || strcmp(argv[optind], "list") != 0)
		return usage("image", "what? It can `add' and `list'");
	if (optind + 1 < argc)
		return usage("image", "list: takes no arguments");
	return list(&o);
}
