/*
 * The administrator's API: a table of what may be asked, errors, and what is
 * said when a change has settled.  It reads the site and never alters it.
 */
#include "app/admin_inside.h"

#include "app/open_store.h"
#include "base/text.h"
#include "host/memory.h"
#include "model/domain.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DEPTH = 16 };

static const struct route {
	const char *method;
	const char *path; /* ends with a slash: a name follows */
	void (*run)(struct asked *k);
} routes[] = {
	{"GET", "/v1/machines", show_machines},
	{"POST", "/v1/machines", edit_add},
	{"GET", "/v1/machines/", show_machine},
	{"PUT", "/v1/machines/", edit_put},
	{"PATCH", "/v1/machines/", edit_patch},
	{"DELETE", "/v1/machines/", edit_remove},
	{"GET", "/v1/images", show_images},
	{"GET", "/v1/leases", show_leases},
	{"GET", "/v1/pools", show_pools},
	{"DELETE", "/v1/leases/", edit_drop_lease},
	{"GET", "/v1/pending", show_pending},
	{"POST", "/v1/pending/", edit_approve},
	{"GET", "/v1/denied", show_denied},
	{"PUT", "/v1/denied/", edit_deny},
	{"DELETE", "/v1/denied/", edit_undeny},
	{"GET", "/v1/host-addition", show_addition},
	{"PATCH", "/v1/host-addition", edit_addition},
	{"GET", "/v1/history", show_history},
	{"GET", "/v1/history/", show_history},
	{"POST", "/v1/undo/", edit_undo},
	{"GET", "/v1/backup", show_backup},
	{"GET", "/v1/domains", show_domains},
	{"POST", "/v1/domains", edit_add_domain},
	{"GET", "/v1/domains/", show_domain},
	{"DELETE", "/v1/domains/", edit_remove_domain},
	{"GET", "/v1/entries/", show_entry},
	{"POST", "/v1/entries/", edit_create},
	{"PATCH", "/v1/entries/", edit_patch_entry},
	{"DELETE", "/v1/entries/", edit_destroy},
	{"GET", "/v1/children/", show_children},
	{"GET", "/v1/status", show_status},
	{"GET", "/v1/store", show_store},
	{"POST", "/v1/import/", edit_import},
	{"GET", "/v1/export/", show_export},
};
enum { ROUTES = sizeof routes / sizeof routes[0] };

/* Those whose body may be longer than others'. */
static const struct large {
	const char *method, *path;
	size_t most;
} larges[] = {
	{"POST", "/v1/import/", (size_t)256 << 20},
};
enum { LARGES = sizeof larges / sizeof larges[0] };

void admin_error(struct admin *a, unsigned status, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	json_decref(a->json);
	a->status = status;
	a->json = json_pack("{s:o}", "error", safe_string(text));
}

bool admin_path(struct admin *a, char to[ADMIN_PATH], const char *path,
		const char *name)
{
	struct text t = text_over(to, ADMIN_PATH);

	text_add(&t, path);
	text_add(&t, name);
	if (t.full)
		admin_error(a, STATUS_PATH_TOO_LONG,
			    "the path is longer than %d bytes", ADMIN_PATH - 1);
	return !t.full;
}

static bool matches(const char *route, const char *path, const char **name)
{
	size_t len = strlen(route);

	*name = NULL;
	if (route[len - 1] != '/')
		return !strcmp(path, route);
	if (strncmp(path, route, len) != 0 || !path[len])
		return false;
	*name = path + len;
	return true;
}

size_t admin_most(const char *method, const char *path)
{
	const char *name;

	for (int i = 0; i < LARGES; i++)
		if (matches(larges[i].path, path, &name) &&
		    !strcmp(method, larges[i].method))
			return larges[i].most;
	return ADMIN_BODY;
}

bool make_change(struct asked *k, const struct change *c)
{
	struct admin *a = k->a;
	int rc = a->changes ? 0 : changes_open(&a->changes, &host_memory);

	if (!rc)
		rc = changes_add(a->changes, c);
	if (rc)
		admin_error(a, STATUS_FAILED, "%s", strerror(-rc));
	return !rc;
}

/* Whichever way they were made: the history names who asked for them. */
static void sign(struct admin *a, const struct admin_request *q)
{
	if (a->changes && q->who)
		snprintf(a->changes->who, sizeof a->changes->who, "%s", q->who);
}

/* What the request is about. */
static bool find_domain(struct asked *k)
{
	const char *name = k->q->domain;

	k->domain = k->s->domain;
	if (name)
		k->domain = domain_named(k->s->directory, k->s->domain, name);
	if (!k->domain && name)
		admin_error(k->a, STATUS_NOT_FOUND, "there is no domain %s",
			    name);
	return k->domain || !name;
}

void admin_ask(struct admin *a, const struct site *s,
	       const struct admin_request *q)
{
	struct asked k = {.a = a, .s = s, .q = q};
	bool has_path = false;

	*a = (struct admin){.status = 0};
	if (!find_domain(&k))
		return;
	for (int i = 0; i < ROUTES; i++) {
		if (!matches(routes[i].path, q->path, &k.name))
			continue;
		has_path = true;
		if (strcmp(q->method, routes[i].method) != 0)
			continue;
		routes[i].run(&k);
		sign(a, q);
		return;
	}
	if (has_path)
		admin_error(a, STATUS_NOT_THERE, "%s: no %s there", q->path,
			    q->method);
	else
		admin_error(a, STATUS_NOT_FOUND, "%s: there is no such path",
			    q->path);
}

static void drop_work(struct admin *a)
{
	if (a->work)
		a->work->drop(a->work);
	a->work = NULL;
}

void admin_go_on(struct admin *a, const struct site *s, usec now)
{
	if (!a->work->go_on(a, s, now))
		drop_work(a);
}

static void no_master(struct admin *a, size_t failed)
{
	const struct changes *all = a->changes;

	admin_error(a, STATUS_CONFLICT,
		    "not stored: another server is the master of that domain");
	ask_who_is_master(a, all->v[failed < all->n ? failed : 0].domain);
}

/* Each entry is an operation; and there are the lines of the history, the
 * highest id, the mastership, and the mark. */
static void too_many(struct admin *a)
{
	size_t n = a->changes->n + 4;

	admin_error(a, STATUS_FAILED,
		    "not stored: it is %zu operations at once, more than etcd "
		    "takes: do it in parts (muster import --parts), or start "
		    "etcd with --max-txn-ops=%zu, on every member, and musterd "
		    "with etcd-txn-ops = %zu",
		    n, n, n);
}

static void not_stored(struct admin *a, const struct site *s, int rc,
		       size_t failed)
{
	if (s->store.torn && rc == s->store.torn)
		admin_error(a, STATUS_FAILED, "not stored: %s", why_away(s));
	else if (rc == -ESTALE && a->changes->n > 1)
		admin_refused(a, s->directory, rc, failed, ENTRY_NONE);
	else if (rc == -ESTALE)
		admin_error(a, STATUS_CONFLICT,
			    "not stored: somebody else has just changed it");
	else if (rc == -EPERM)
		no_master(a, failed);
	else if (rc == -E2BIG && s->store.is_shared)
		too_many(a);
	else if (rc == -EHOSTUNREACH)
		admin_error(a, STATUS_FAILED,
			    "not stored: no majority of the store's members "
			    "answers");
	else if (rc == -ETIMEDOUT)
		admin_error(a, STATUS_FAILED,
			    "the store did not say whether it is stored: look "
			    "before you try again");
	else
		admin_error(a,
			    rc == -ENOSPC || rc == -EROFS ? STATUS_NO_ROOM
							  : STATUS_FAILED,
			    "not stored: %s",
			    s->store.is_shared ? store_words(rc)
					       : strerror(-rc));
}

void admin_settled(struct admin *a, const struct site *s, int rc, size_t failed)
{
	const struct change *c = a->changes->v;
	const struct entry *e;

	if (rc) {
		not_stored(a, s, rc, failed);
		return;
	}
	a->status = c->instance == 1 ? STATUS_CREATED : STATUS_OK;
	if (a->json)
		return; /* what is gone, say, was named before it went */
	e = directory_entry(s->directory, c->id);
	a->json = e ? machine_json(e) : json_object();
}

void admin_close(struct admin *a)
{
	json_decref(a->json);
	changes_drop(a->changes);
	drop_work(a);
	if (a->fd)
		close(a->fd);
	if (a->ask)
		admin_ask_own(a->ask, NULL);
	admin_ask_drop(a->ask);
	*a = (struct admin){.status = 0};
}

/* The parser recurses: how deep, we say before it looks. */
static bool is_too_deep(const char *text, size_t len)
{
	bool is_string = false;
	int depth = 0;

	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (is_string && c == '\\')
			i++;
		else if (c == '"')
			is_string = !is_string;
		else if (!is_string && (c == '{' || c == '['))
			depth++;
		else if (!is_string && (c == '}' || c == ']'))
			depth--;
		if (depth > DEPTH)
			return true;
	}
	return false;
}

json_t *admin_body(struct admin *a, const char *text, size_t len)
{
	json_error_t error;
	json_t *body;

	if (is_too_deep(text, len)) {
		admin_error(a, STATUS_WRONG, "the body is nested too deeply");
		return NULL;
	}
	body = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	if (!body)
		admin_error(a, STATUS_WRONG, "the body is no JSON: line %d: %s",
			    error.line, error.text);
	else if (!json_is_object(body))
		admin_error(a, STATUS_WRONG, "the body is no JSON object");
	if (json_is_object(body))
		return body;
	json_decref(body);
	return NULL;
}
