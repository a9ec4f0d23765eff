/*
 * muster image add: a file into the boot directory, and its manifest beside it.
 * Both are written under other names first and get theirs one right after the
 * other, so a server sees the old pair or the new one.
 */
#include "app/client_api.h"
#include "app/command.h"
#include "app/exit.h"
#include "app/fresh.h"
#include "app/keys.h"
#include "base/text.h"
#include "host/crypt.h"
#include "model/sidecar.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char options[] =
	"  FILE                 is copied into the boot directory, if it is\n"
	"                       not in it\n"
	"      --name NAME      its name there; else its own\n"
	"      --key FILE       the secret key to sign with\n"
	"                       (" KEYS_FILE ", if it is there)\n"
	"      --unsigned       sign with none\n"
	"      --version N      no lower than before; else the time, in\n"
	"                       seconds since 1970\n"
	"      --valid-from T   seconds since 1970, or YYYY-MM-DD\n"
	"      --valid-until T\n"
	"      --root DIR       the boot directory; else as configured\n"
	"  -c, --config FILE    the server's configuration\n";

struct adding {
	const char *file, *name, *key, *config, *root;
	bool is_unsigned, has_version;
	struct manifest is;

	char target[FRESH_PATH], sidecar[FRESH_PATH];
	struct secret_key secret;
	bool is_signed;
	bool is_there; /* FILE lies where it is to lie */
	int from;
	struct fresh image, manifest;
	struct listing listing;
};

static int said(int rc, const char *what)
{
	failed("image", "%s: %s", what, strerror(-rc));
	return exit_status(rc);
}

/* ---- where -------------------------------------------------------------- */

/* The boot directory, by its real path. */
static int find_root(const struct adding *a, char **root)
{
	static struct config config;
	const char *path = a->root;
	char why[CONFIG_WHY];
	int rc;

	if (!path) {
		config_default(&config);
		rc = config_load(&config, a->config, why, sizeof(why));
		if (rc) {
			failed("image", "%s", why);
			return rc == -EACCES ? EXIT_NO_PERMISSION : EXIT_CONFIG;
		}
		path = config.root;
	}
	*root = realpath(path, NULL);
	return *root ? 0 : said(-errno, path);
}

/* Of a file in the boot directory: its name there. */
static const char *name_below(const char *root, const char *path)
{
	size_t len = strlen(root);

	if (strncmp(root, path, len) != 0 || path[len] != '/')
		return NULL;
	return path + len + 1;
}

static bool is_servable(const char *name)
{
	char sidecar[IMAGE_NAME], other[IMAGE_NAME];

	/* Nothing that begins with a dot is served, and so no way out. */
	return *name && *name != '/' && *name != '.' && !strstr(name, "/.") &&
	       !strstr(name, "//") && name[strlen(name) - 1] != '/' &&
	       sidecar_name(name, sidecar) && !sidecar_of(name, other);
}

static int take_places(struct adding *a, const char *root, const char *path)
{
	const char *name = a->name ? a->name : name_below(root, path);
	struct text target = text_over(a->target, sizeof(a->target));
	struct text sidecar = text_over(a->sidecar, sizeof(a->sidecar));

	name = name ? name : strrchr(path, '/') + 1;
	if (!is_servable(name) ||
	    !text_copy(a->is.name, sizeof(a->is.name), name, strlen(name)))
		return usage("image", "%s: no server gives out such a name",
			     name);
	text_add(&target, root);
	text_add(&target, "/");
	text_add(&target, name);
	text_add(&sidecar, a->target);
	text_add(&sidecar, SIDECAR_END);
	if (target.full || sidecar.full)
		return said(-ENAMETOOLONG, name);
	a->is_there = !strcmp(a->target, path);
	return 0;
}

static int find_places(struct adding *a)
{
	char *root = NULL, *path = NULL;
	int rc = find_root(a, &root);

	if (!rc) {
		path = realpath(a->file, NULL);
		rc = path ? take_places(a, root, path) : said(-errno, a->file);
	}
	free(root);
	free(path);
	return rc;
}

/* ---- by whom ------------------------------------------------------------ */

static int find_key(struct adding *a)
{
	const char *path = a->key ? a->key : KEYS_FILE, *why;
	int rc;

	if (a->is_unsigned || (!a->key && access(path, F_OK) < 0))
		return 0;
	rc = keys_secret(path, &a->secret, &why);
	if (rc) {
		failed("image", "%s: %s", path, why);
		return exit_status(rc);
	}
	a->is_signed = true;
	memcpy(a->is.key_id, a->secret.id, sizeof(a->is.key_id));
	return 0;
}

/* What was there before counts: a machine never takes less. */
static void find_version(struct adding *a)
{
	uint8_t head[MANIFEST_HEAD_MAX];
	uint64_t now = (uint64_t)time(NULL), was = 0;
	struct manifest m;
	FILE *f = fopen(a->sidecar, "re");
	size_t len = f ? fread(head, 1, sizeof(head), f) : 0;

	if (f)
		(void)fclose(f);
	if (manifest_get(&m, head, manifest_head_len(head, len), &host_crypt))
		was = m.version;
	if (!a->has_version)
		a->is.version = now > was ? now : was + 1;
	else if (a->is.version < was)
		failed("image",
		       "%s: version %llu is lower than %llu, which it had: who "
		       "has loaded that will refuse this",
		       a->is.name, (unsigned long long)a->is.version,
		       (unsigned long long)was);
}

/* ---- what --------------------------------------------------------------- */

static int open_file(struct adding *a)
{
	struct layout *l = &a->is.layout;
	struct stat st;

	a->from = open(a->file, O_RDONLY | O_CLOEXEC);
	if (a->from < 0 || fstat(a->from, &st) < 0)
		return said(-errno, a->file);
	if (!S_ISREG(st.st_mode) ||
	    !layout_make(l, (uint64_t)st.st_size, TRAIN_PACKET, TRAIN_BLOCK))
		return failed("image", "%s: %s", a->file,
			      S_ISREG(st.st_mode) ? "it is empty, or too long "
						    "for a train"
						  : "this is no file");
	a->is.k_max = TRAIN_BLOCK;
	a->listing = (struct listing){
		.crypt = &host_crypt,
		.layout = *l,
		.list = calloc(l->blocks, CRYPT_HASH),
		.leaves = malloc((size_t)l->k * MANIFEST_LEAF)};
	return a->listing.list && a->listing.leaves ? 0
						    : said(-ENOMEM, a->file);
}

static ssize_t read_piece(int fd, uint8_t *to, size_t room)
{
	size_t len = 0;

	while (len < room) {
		ssize_t n = read(fd, to + len, room - len);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (!n)
			break;
		len += n > 0 ? (size_t)n : 0;
	}
	return (ssize_t)len;
}

/* Copied and listed in one go: what is signed is what was read. */
static int lead(struct adding *a)
{
	size_t room = (size_t)256 * TRAIN_PACKET;
	uint8_t *piece = malloc(room);
	uint64_t size = 0;
	ssize_t n = piece ? 1 : -ENOMEM;
	int rc = 0;

	while (n > 0 && !rc) {
		n = read_piece(a->from, piece, room);
		if (n <= 0)
			break;
		size += (uint64_t)n;
		listing_add(&a->listing, piece, (size_t)n);
		if (!a->is_there)
			rc = fresh_write(&a->image, piece, (size_t)n);
	}
	free(piece);
	if (rc)
		return said(rc, a->target);
	if (n < 0)
		return said((int)n, a->file);
	return size == a->is.layout.size && listing_is_whole(&a->listing)
		       ? 0
		       : failed("image", "%s: it has changed meanwhile",
				a->file);
}

static int write_manifest(struct adding *a)
{
	size_t len = (size_t)a->is.layout.blocks * CRYPT_HASH;
	uint8_t head[MANIFEST_HEAD_MAX];
	size_t head_len;
	int rc;

	host_crypt.hash(a->is.list_hash, CRYPT_HASH, a->listing.list, len);
	head_len = manifest_put(&a->is, head, &host_crypt,
				a->is_signed ? keys_sign : NULL, &a->secret);
	rc = fresh_open(&a->manifest, a->sidecar, 0644);
	if (!rc)
		rc = fresh_write(&a->manifest, head, head_len);
	if (!rc)
		rc = fresh_write(&a->manifest, a->listing.list, len);
	if (!rc)
		rc = fresh_sync(&a->manifest);
	return rc ? said(rc, a->sidecar) : 0;
}

static int name_both(struct adding *a)
{
	int rc = a->is_there ? 0 : fresh_sync(&a->image);

	if (!rc && !a->is_there)
		rc = fresh_name(&a->image);
	if (rc)
		return said(rc, a->target);
	rc = fresh_name(&a->manifest);
	return rc ? said(rc, a->sidecar) : 0;
}

static void tell(const struct adding *a)
{
	char id[2 * MANIFEST_KEY_ID + 1];
	struct text t = text_over(id, sizeof(id));

	text_hex(&t, a->is.key_id, sizeof(a->is.key_id), 0);
	printf("%s  version %llu  %s%s\n", a->is.name,
	       (unsigned long long)a->is.version,
	       a->is_signed ? "signed by " : "unsigned",
	       a->is_signed ? id : "");
}

static int add(struct adding *a)
{
	int rc = find_places(a);

	if (!rc)
		rc = find_key(a);
	if (!rc)
		rc = open_file(a);
	if (rc)
		return rc;
	find_version(a);
	if (!a->is_there)
		rc = fresh_open(&a->image, a->target, 0644);
	if (rc)
		return said(rc, a->target);
	rc = lead(a);
	if (!rc)
		rc = write_manifest(a);
	if (!rc)
		rc = name_both(a);
	if (!rc)
		tell(a);
	return rc;
}

static void close_adding(struct adding *a)
{
	fresh_drop(&a->image);
	fresh_drop(&a->manifest);
	if (a->from >= 0)
		close(a->from);
	free(a->listing.list);
	free(a->listing.leaves);
	sign_forget(&a->secret, sizeof(a->secret));
}

/* ---- the command -------------------------------------------------------- */

static bool take_time(const char *option, const char *text, uint64_t *to)
{
	struct tm tm = {0};
	const char *end = strptime(text, "%Y-%m-%d", &tm);

	if (number_parse(text, strlen(text), INT64_MAX, to))
		return true;
	if (end && !*end) {
		*to = (uint64_t)timegm(&tm);
		return true;
	}
	usage("image", "%s: `%s' is no time", option, text);
	return false;
}

static int take_option(struct adding *a, int c, char **argv)
{
	bool is_good = true;

	switch (c) {
	case 'n':
		a->name = optarg;
		break;
	case 'k':
		a->key = optarg;
		break;
	case 'u':
		a->is_unsigned = true;
		break;
	case 'c':
		a->config = optarg;
		break;
	case 'r':
		a->root = optarg;
		break;
	case 'v':
		a->has_version = true;
		is_good = number_argument("image", "--version", optarg,
					  UINT64_MAX, &a->is.version);
		break;
	case 'F':
		is_good = take_time("--valid-from", optarg, &a->is.valid_from);
		break;
	case 'U':
		is_good =
			take_time("--valid-until", optarg, &a->is.valid_until);
		break;
	case 'h':
		exit(help("image", options));
	default:
		return bad_option("image", c, argv);
	}
	return is_good ? 0 : EXIT_USAGE;
}

int cmd_image_add(int argc, char **argv)
{
	static const struct option longs[] = {
		{"name", required_argument, NULL, 'n'},
		{"key", required_argument, NULL, 'k'},
		{"unsigned", no_argument, NULL, 'u'},
		{"version", required_argument, NULL, 'v'},
		{"valid-from", required_argument, NULL, 'F'},
		{"valid-until", required_argument, NULL, 'U'},
		{"root", required_argument, NULL, 'r'},
		{"config", required_argument, NULL, 'c'},
		{"help", no_argument, NULL, 'h'},
		{0}};
	struct adding a = {.from = -1, .image.fd = -1, .manifest.fd = -1};
	int c, rc;

	opterr = 0;
	while ((c = getopt_long(argc, argv, ":c:h", longs, NULL)) != -1) {
		rc = take_option(&a, c, argv);
		if (rc)
			return rc;
	}
	if (optind + 1 != argc)
		return usage("image", "add: which file?");
	if (a.key && a.is_unsigned)
		return usage("image", "--key and --unsigned: which?");
	a.file = argv[optind];
	rc = add(&a);
	close_adding(&a);
	return rc;
}
