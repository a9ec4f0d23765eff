/*
 * The way to etcd by HTTP: what it was told is checked here, before anything is
 * asked.
 */
#include "store/etcd_http_inside.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int say(char *why, size_t room, const char *form, ...)
	__attribute__((format(printf, 3, 4)));

static int say(char *why, size_t room, const char *form, ...)
{
	va_list ap;

	va_start(ap, form);
	vsnprintf(why, room, form, ap);
	va_end(ap);
	return -EINVAL;
}

/* http://HOST:PORT or https://, and nothing behind it. */
static bool is_endpoint(const char *s)
{
	CURLU *u = curl_url();
	char *scheme = NULL, *host = NULL, *path = NULL, *query = NULL,
	     *user = NULL;
	bool ok = u && !curl_url_set(u, CURLUPART_URL, s, 0) &&
		  !curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) &&
		  !curl_url_get(u, CURLUPART_HOST, &host, 0) &&
		  !curl_url_get(u, CURLUPART_PATH, &path, 0) &&
		  curl_url_get(u, CURLUPART_QUERY, &query, 0) &&
		  curl_url_get(u, CURLUPART_USER, &user, 0) &&
		  (!strcmp(scheme, "http") || !strcmp(scheme, "https")) &&
		  !strcmp(path, "/");

	curl_free(scheme);
	curl_free(host);
	curl_free(path);
	curl_free(query);
	curl_free(user);
	curl_url_cleanup(u);
	return ok;
}

/* A slash at its end would be one too many. */
static int take_endpoints(struct http *h, char *why, size_t room)
{
	for (size_t i = 0; i < HTTP_ENDPOINTS; i++) {
		char *s = h->config.endpoints[i];
		size_t len = strlen(s);

		if (!len)
			break;
		if (!is_endpoint(s))
			return say(why, room,
				   "%s: no address such as "
				   "https://10.0.0.1:2379",
				   s);
		if (s[len - 1] == '/')
			s[len - 1] = 0;
		h->n_endpoints++;
	}
	return h->n_endpoints ? 0 : say(why, room, "no endpoint of etcd");
}

static int check_file(const char *path, char *why, size_t room)
{
	FILE *f = path[0] ? fopen(path, "re") : NULL;

	if (path[0] && !f)
		return say(why, room, "%s: %s", path, strerror(errno));
	if (f)
		fclose(f);
	return 0;
}

static int check_files(const struct etcd_config *c, char *why, size_t room)
{
	const char *const files[] = {c->ca, c->cert, c->key, c->password_file};

	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
		if (check_file(files[i], why, room))
			return -EINVAL;
	if (!c->cert[0] != !c->key[0])
		return say(why, room, "a certificate and its key go together");
	if (!c->user[0] != !c->password_file[0])
		return say(why, room, "a user and its password go together");
	return 0;
}

static int check(const struct etcd_config *c, char *why, size_t room)
{
	size_t len = strlen(c->prefix);

	if (!len || c->prefix[len - 1] != '/')
		return say(why, room, "%s: a prefix ends with a slash",
			   c->prefix);
	for (size_t i = 0; i < len; i++)
		if (c->prefix[i] <= ' ' || c->prefix[i] > '~')
			return say(why, room, "a prefix is ASCII");
	if (c->wait <= 0)
		return say(why, room, "no time to wait for an answer");
	return check_files(c, why, room);
}

static void http_state(const struct etcd_link *l, struct etcd_state *to)
{
	const struct http *h = (const struct http *)l;

	*to = (struct etcd_state){.latest = h->latest,
				  .asked = h->asked,
				  .endpoints = h->n_endpoints,
				  .members = h->members,
				  .is_away = h->is_away,
				  .why = h->why};
	memcpy(to->endpoint, h->config.endpoints[h->current],
	       sizeof to->endpoint);
}

static void http_close(struct etcd_link *l)
{
	struct http *h = (struct http *)l;

	for (size_t i = 0; i < HTTP_SIDE_BY_SIDE; i++)
		exchange_close(&h->v[i]);
	exchange_close(&h->login);
	exchange_close(&h->watch.probe);
	exchange_close(&h->watch.exchange);
	etcd_stream_close(h->watch.stream);
	curl_multi_cleanup(h->multi);
	curl_global_cleanup();
	explicit_bzero(h->token, sizeof h->token);
	free(h);
}

static usec now(const struct etcd_link *l)
{
	(void)l;
	return http_now();
}

static usec wall(const struct etcd_link *l)
{
	struct timespec t;

	(void)l;
	clock_gettime(CLOCK_REALTIME, &t);
	return SECONDS(t.tv_sec) + t.tv_nsec / 1000;
}

const struct etcd_link_ops http_ops = {
	.txns = http_txns,
	.range = http_range,
	.watch = http_watch,
	.event = http_event,
	.wait = http_wait,
	.grant = http_grant,
	.keep = http_keep,
	.revoke = http_revoke,
	.left = http_left,
	.look = http_look,
	.state = http_state,
	.now = now,
	.wall = wall,
	.close = http_close,
};

static int open_all(struct http *h)
{
	int rc = etcd_stream_open(&h->watch.stream, h->config.prefix);

	h->multi = curl_multi_init();
	if (!h->multi)
		return -ENOMEM;
	for (size_t i = 0; i < HTTP_SIDE_BY_SIDE && !rc; i++)
		rc = exchange_open(&h->v[i], h);
	if (!rc)
		rc = exchange_open(&h->login, h);
	if (!rc)
		rc = exchange_open(&h->watch.probe, h);
	return rc ? rc : exchange_open(&h->watch.exchange, h);
}

int etcd_http_open(struct etcd_link **l, const struct etcd_config *config,
		   char *why, size_t room)
{
	struct http *h = calloc(1, sizeof *h);
	int rc;

	if (!h || curl_global_init(CURL_GLOBAL_DEFAULT)) {
		free(h);
		return -ENOMEM;
	}
	h->link.ops = &http_ops;
	h->config = *config;
	rc = check(&h->config, why, room);
	if (!rc)
		rc = take_endpoints(h, why, room);
	if (!rc)
		rc = open_all(h);
	if (rc)
		http_close(&h->link);
	else
		*l = &h->link;
	return rc;
}
