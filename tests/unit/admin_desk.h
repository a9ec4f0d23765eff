/*
 * A desk for tests of the administrator's API: a site with nothing in it, and
 * requests that are answered and carried out without sockets.  Include it last.
 */
#ifndef MUSTER_TESTS_ADMIN_DESK_H
#define MUSTER_TESTS_ADMIN_DESK_H

#include "app/admin.h"

#include "purse.h"

enum { MOST_LEASES = 2000 };

struct desk {
	struct purse purse;
	struct settings settings;
	struct site site;
	usec now, wall;
	const char *domain; /* that requests are about; NULL: our own */
	char said[1 << 20];
};

static inline int open_desk(void **state)
{
	struct desk *d = calloc(1, sizeof *d);
	const struct alloc *alloc;

	assert_non_null(d);
	alloc = purse_open(&d->purse);
	settings_default(&d->settings);
	d->site.settings = &d->settings;
	d->site.domain = DOMAIN_FIRST;
	d->now = SECONDS(100);
	d->wall = SECONDS(1000000);
	assert_int_equal(directory_open(&d->site.directory, alloc, 8, 1), 0);
	assert_int_equal(leases_open(&d->site.leases, alloc, MOST_LEASES, 1),
			 0);
	assert_int_equal(images_open(&d->site.images, alloc, 10000, 100, 1), 0);
	*state = d;
	return 0;
}

static inline int close_desk(void **state)
{
	struct desk *d = *state;

	directory_close(d->site.directory);
	leases_close(d->site.leases, &d->purse.alloc);
	images_close(d->site.images);
	assert_int_equal(d->purse.out, 0);
	free(d);
	return 0;
}

/* Make the change, as the daemon and the offline commands do. */
static inline int make(struct desk *d, const struct changes *all)
{
	if (change_is_edit(all->v))
		return directory_apply_all(d->site.directory, all->v, all->n);
	leases_drop(d->site.leases, all->v[0].lease.ip);
	return 0;
}

/* "STATUS ANSWER". */
static inline const char *ask_from(struct desk *d, uint32_t from,
				   const char *method, const char *path,
				   const char *body)
{
	struct admin_request q = {.method = method,
				  .path = path,
				  .from = from,
				  .domain = d->domain,
				  .now = d->now,
				  .wall = d->wall};
	struct admin a = {.status = 0};
	json_t *json = NULL;
	char *text;

	if (body)
		json = admin_body(&a, body, strlen(body));
	q.body = json;
	if (!a.status) {
		admin_ask(&a, &d->site, &q);
		while (a.work)
			admin_go_on(&a, &d->site, d->now);
		if (!a.status)
			admin_settled(&a, &d->site, make(d, a.changes), 0);
	}
	text = json_dumps(a.json, JSON_COMPACT);
	assert_non_null(text);
	snprintf(d->said, sizeof d->said, "%u %s", a.status, text);
	free(text);
	admin_close(&a);
	json_decref(json);
	return d->said;
}

static inline const char *ask(struct desk *d, const char *method,
			      const char *path, const char *body)
{
	return ask_from(d, 0, method, path, body);
}

#define SAYS(method, path, body, answer)                                       \
	assert_string_equal(ask(*state, method, path, body), answer)

#endif
