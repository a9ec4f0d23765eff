/*
 * A copy of the store, out of a daemon or of the file, and back again.
 */
#include "app/client_inside.h"
#include "app/exit.h"
#include "base/text.h"
#include "host/memory.h"
#include "model/directory.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { HTTP_OK = 200, WAIT = 3600 /* seconds */, ERROR_MAX = 2048, PATH = 600 };

/* ---- out ----------------------------------------------------------------- */

/* What stands there is no file but why there is none. */
static int say_why(struct client *c, FILE *from)
{
	char text[ERROR_MAX];
	size_t len;
	json_t *json;
	const char *error;

	rewind(from);
	len = fread(text, 1, sizeof text, from);
	json = json_loadb(text, len, 0, NULL);
	error = json_string_value(json_object_get(json, "error"));
	client_failed(c, 0, "%s",
		      error ? error : "whoever listens there is no musterd");
	json_decref(json);
	return EXIT_FAILURE;
}

static int http_copy(struct client *c, const struct client_request *q, FILE *to)
{
	char url[128];
	long status = 0;
	CURLcode code;

	snprintf(url, sizeof url, "http://muster%s", q->path);
	curl_easy_reset(c->curl);
	curl_easy_setopt(c->curl, CURLOPT_UNIX_SOCKET_PATH, c->socket);
	curl_easy_setopt(c->curl, CURLOPT_URL, url);
	curl_easy_setopt(c->curl, CURLOPT_PROXY, "");
	curl_easy_setopt(c->curl, CURLOPT_TIMEOUT, (long)WAIT);
	curl_easy_setopt(c->curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c->curl, CURLOPT_WRITEDATA, to);
	code = curl_easy_perform(c->curl);
	if (code)
		return client_failed(c, EXIT_FAILURE, "%s: %s", c->socket,
				     curl_easy_strerror(code));
	curl_easy_getinfo(c->curl, CURLINFO_RESPONSE_CODE, &status);
	return status == HTTP_OK ? 0 : say_why(c, to);
}

int client_copy(struct client *c, const struct client_request *q, FILE *to)
{
	int status = client_find(c, q);

	if (status)
		return status;
	return c->curl ? http_copy(c, q, to) : offline_copy(c, q, to);
}

/* ---- back ---------------------------------------------------------------- */

/* What there is, what is to be in its place, and where the old one stays. */
struct restore {
	struct client *c;
	char store[PATH], fresh[PATH], old[PATH];
	struct store_copy copy;
	struct store *was; /* locked; NULL: it is damaged */
	bool is_first;     /* there was none: `was` is one with nothing in it */
};

static const char *why_not(int rc)
{
	switch (rc) {
	case -EINVAL:
		return "not a copy of a Muster store";
	case -EBADMSG:
		return "damaged";
	case -EPROTO:
		return "written by a newer Muster";
	default:
		return strerror(-rc);
	}
}

static int fail(const struct restore *r, const char *what, int rc)
{
	return client_failed(r->c, exit_status(rc), "%s: %s: nothing is done",
			     what, why_not(rc));
}

static int copy_bytes(int from, int to)
{
	char room[4096];
	ssize_t n;

	while ((n = read(from, room, sizeof room)) > 0)
		if (write(to, room, (size_t)n) != n)
			return errno ? -errno : -ENOSPC;
	if (n < 0 || fsync(to))
		return -errno;
	return 0;
}

static int apply_edit(void *arg, const struct change *c)
{
	return change_is_edit(c) ? directory_apply(arg, c) : 0;
}

/* Not only its pages: what is in it must make a directory. */
static int try_it(const char *path, char *why, size_t room)
{
	struct directory *d = NULL;
	struct store *s;
	uint64_t revision;
	int rc = store_sqlite_open(&s, path, why, room);

	if (rc)
		return rc;
	rc = directory_open(&d, &host_memory, 64, 1);
	if (!rc)
		rc = s->ops->load(s, apply_edit, d, &revision);
	directory_close(d);
	s->ops->close(s);
	return rc;
}

/* A file beside the store that is as good as it can be seen to be. */
static int prepare(struct restore *r, int from)
{
	char why[PATH] = "";
	int to, rc;

	(void)unlink(r->fresh);
	to = open(r->fresh, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
	if (to < 0)
		return fail(r, r->fresh, -errno);
	rc = copy_bytes(from, to);
	close(to);
	if (!rc)
		rc = store_sqlite_look(r->fresh, &r->copy);
	if (!rc)
		rc = try_it(r->fresh, why, sizeof why);
	return rc ? fail(r, "the copy", rc) : 0;
}

/* A musterd, or a command, that has it must end first; where there is none, one
 * is made, so that nobody else makes it meanwhile.  What is damaged can be
 * replaced all the same: that is what a copy is for. */
static int lock(struct restore *r)
{
	char why[PATH] = "";
	struct store_status is = {0};
	int rc;

	r->is_first = access(r->store, F_OK) && errno == ENOENT;
	rc = store_sqlite_open(&r->was, r->store, why, sizeof why);
	if (rc == -EBUSY || rc == -EACCES)
		return client_failed(r->c, exit_status(rc),
				     "%s: nothing is done", why);
	if (rc)
		r->was = NULL;
	else
		r->was->ops->status(r->was, &is);
	r->is_first &= !is.revision; /* somebody was quicker */
	return r->was && store_sqlite_lay_down(r->was) ? fail(r, r->store, -EIO)
						       : 0;
}

static int sync_directory(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = fd < 0 || fsync(fd) ? -errno : 0;

	if (fd >= 0)
		close(fd);
	return rc;
}

/* Its log, if a damaged one left it, must not be taken for the new one's. */
static int move_log(const struct restore *r)
{
	char from[PATH + 8], to[PATH + 8];

	snprintf(from, sizeof from, "%s-wal", r->store);
	snprintf(to, sizeof to, "%s-wal", r->old);
	return rename(from, to) && errno != ENOENT ? -errno : 0;
}

static int exchange(struct restore *r)
{
	int rc = 0;

	if (!r->is_first && link(r->store, r->old) && errno != ENOENT)
		rc = -errno;
	if (!rc)
		rc = move_log(r);
	if (!rc && rename(r->fresh, r->store))
		rc = -errno;
	if (!rc)
		rc = sync_directory(r->c->config.state);
	return rc ? fail(r, r->store, rc) : 0;
}

static void name_files(struct restore *r)
{
	const char *state = r->c->config.state;
	time_t now = time(NULL);
	char when[32] = "";
	struct tm tm;

	if (gmtime_r(&now, &tm))
		strftime(when, sizeof when, "%Y%m%dT%H%M%SZ", &tm);
	snprintf(r->store, sizeof r->store, "%s/muster.db", state);
	snprintf(r->fresh, sizeof r->fresh, "%s/muster.db.new", state);
	snprintf(r->old, sizeof r->old, "%s/muster.db.before-%s", state, when);
}

static void say_done(const struct restore *r, const char *file)
{
	printf("%s is the store now: revision %llu, %llu entries, %llu "
	       "leases\n",
	       file, (unsigned long long)r->copy.revision,
	       (unsigned long long)r->copy.entries,
	       (unsigned long long)r->copy.leases);
	if (!access(r->old, F_OK))
		printf("the one before is kept as %s\n", r->old);
}

int client_restore(struct client *c, const char *file)
{
	struct restore r = {.c = c};
	int from = open(file, O_RDONLY | O_CLOEXEC);
	int status;

	if (from < 0)
		return client_failed(c, exit_status(-errno), "%s: %s", file,
				     strerror(errno));
	if (c->config.store != STORE_IN_SQLITE) {
		close(from);
		return client_failed(c, EXIT_FAILURE,
				     "the store is no file here: \"store\" in "
				     "the configuration says so");
	}
	name_files(&r);
	status = offline_become_owner(c);
	if (!status)
		status = lock(&r);
	if (!status)
		status = prepare(&r, from);
	if (!status)
		status = exchange(&r);
	if (status && r.was && r.is_first)
		(void)unlink(r.store);
	if (r.was)
		r.was->ops->close(r.was);
	close(from);
	if (status)
		(void)unlink(r.fresh);
	else
		say_done(&r, file);
	return status;
}
