/*
 * Questions and answers over curl's multi interface.  All of them, the watch
 * too, go on in one function, http_step(), whoever waits for what; and time
 * is counted here, not in curl, since whether something was sent when it ended
 * decides what may be said of it.
 */
#include "store/etcd_http_inside.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

usec http_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return SECONDS(t.tv_sec) + t.tv_nsec / 1000;
}

int exchange_open(struct exchange *x, struct http *h)
{
	x->http = h;
	x->body = sheet_open(&etcd_alloc);
	x->easy = curl_easy_init();
	return x->easy ? 0 : -ENOMEM;
}

void exchange_close(struct exchange *x)
{
	if (!x->http)
		return;
	if (x->state == EXCHANGE_ASKED)
		curl_multi_remove_handle(x->http->multi, x->easy);
	curl_easy_cleanup(x->easy);
	curl_slist_free_all(x->headers);
	sheet_close(&x->body);
	free(x->answer);
}

void exchange_begin(struct exchange *x, const char *path)
{
	assert(x->state != EXCHANGE_ASKED);
	sheet_close(&x->body);
	free(x->answer);
	x->answer = NULL;
	x->len = x->room = 0;
	x->path = path;
	x->asked = http_now();
	x->patience = x->http->config.wait;
	x->until = NEVER;
	x->state = EXCHANGE_IDLE;
	x->is_safe = x->is_pinned = false;
	x->needs_token = true;
	x->tried = 0;
	x->before = 0;
	x->rc = 0;
}

struct span exchange_answer(const struct exchange *x)
{
	return (struct span){x->answer, x->len};
}

static void stop(struct exchange *x)
{
	if (x->state != EXCHANGE_ASKED)
		return;
	curl_multi_remove_handle(x->http->multi, x->easy);
	curl_slist_free_all(x->headers);
	x->headers = NULL;
}

void exchange_end(struct exchange *x, int rc)
{
	/* What it came to elsewhere may be more than that nothing was done. */
	if (rc == -EHOSTUNREACH && x->before)
		rc = x->before;
	stop(x);
	x->rc = rc;
	x->state = EXCHANGE_OVER;
}

/* ---- asking ------------------------------------------------------------- */

static int grow(struct exchange *x, size_t len)
{
	size_t room = x->room ? x->room : 4096;
	char *p;

	if (len > HTTP_ANSWER - x->len)
		return -EMSGSIZE;
	while (room - x->len < len)
		room *= 2;
	if (room == x->room)
		return 0;
	p = realloc(x->answer, room);
	if (!p)
		return -ENOMEM;
	x->answer = p;
	x->room = room;
	return 0;
}

static bool is_heard(const struct exchange *x)
{
	long status = 0;

	curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &status);
	return x->stream && status == 200;
}

static size_t on_bytes(char *bytes, size_t one, size_t len, void *arg)
{
	struct exchange *x = arg;

	(void)one;
	if (is_heard(x)) {
		x->is_paused = !etcd_stream_has_room(x->stream);
		if (x->is_paused)
			return CURL_WRITEFUNC_PAUSE;
		x->rc = etcd_stream_put(x->stream, (struct span){bytes, len});
		return x->rc ? 0 : len;
	}
	x->ends = usec_min(http_now() + x->patience, x->until);
	x->rc = grow(x, len);
	if (x->rc)
		return 0;
	memcpy(x->answer + x->len, bytes, len);
	x->len += len;
	return len;
}

static bool add_header(struct exchange *x, const char *line)
{
	struct curl_slist *more = curl_slist_append(x->headers, line);

	if (more)
		x->headers = more;
	return more;
}

/* A member that has lost its leader is to say so at once. */
static bool add_headers(struct exchange *x)
{
	const struct http *h = x->http;
	char line[ETCD_TOKEN + 32];

	if (!add_header(x, "Content-Type: application/json") ||
	    !add_header(x, "Expect:") ||
	    !add_header(x, "Grpc-Metadata-hasleader: true"))
		return false;
	x->token = h->token_number;
	if (!x->needs_token || !h->token[0])
		return true;
	snprintf(line, sizeof line, "Authorization: %s", h->token);
	return add_header(x, line);
}

static void set_tls(CURL *e, const struct etcd_config *c)
{
	if (c->ca[0])
		curl_easy_setopt(e, CURLOPT_CAINFO, c->ca);
	if (c->cert[0])
		curl_easy_setopt(e, CURLOPT_SSLCERT, c->cert);
	if (c->key[0])
		curl_easy_setopt(e, CURLOPT_SSLKEY, c->key);
}

/* No proxy, no redirection; HTTP/1.1, so that a connection that hangs takes
 * nothing else with it. */
static void set_options(struct exchange *x)
{
	const struct etcd_config *c = &x->http->config;
	char url[256];
	CURL *e = x->easy;

	curl_easy_reset(e);
	snprintf(url, sizeof url, "%s/v3/%s", c->endpoints[x->endpoint],
		 x->path);
	curl_easy_setopt(e, CURLOPT_URL, url);
	curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(e, CURLOPT_PROXY, "");
	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(e, CURLOPT_QUICK_EXIT, 1L);
	curl_easy_setopt(e, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(e, CURLOPT_TCP_KEEPIDLE, 5L);
	curl_easy_setopt(e, CURLOPT_TCP_KEEPINTVL, 2L);
	curl_easy_setopt(e, CURLOPT_PRIVATE, x);
	curl_easy_setopt(e, CURLOPT_ERRORBUFFER, x->error);
	curl_easy_setopt(e, CURLOPT_HTTPHEADER, x->headers);
	curl_easy_setopt(e, CURLOPT_POSTFIELDS, x->body.s);
	curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE, (long)x->body.len);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_bytes);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, x);
	set_tls(e, c);
}

void exchange_ask(struct exchange *x)
{
	struct http *h = x->http;

	if (!x->is_pinned)
		x->endpoint = h->current;
	while (x->tried >> x->endpoint & 1)
		x->endpoint = (x->endpoint + 1) % h->n_endpoints;
	x->tried |= 1U << x->endpoint;
	x->len = 0;
	x->error[0] = 0;
	x->is_paused = false;
	x->rc = 0;
	x->ends = usec_min(http_now() + x->patience, x->until);
	if (x->body.failed || !add_headers(x)) {
		exchange_end(x, -ENOMEM);
		return;
	}
	set_options(x);
	x->state = EXCHANGE_ASKED;
	if (curl_multi_add_handle(h->multi, x->easy) != CURLM_OK)
		exchange_end(x, -ENOMEM);
}

/* ---- what it came to ---------------------------------------------------- */

static bool was_sent(const struct exchange *x)
{
	long size = 0;

	curl_easy_getinfo(x->easy, CURLINFO_REQUEST_SIZE, &size);
	return size;
}

/* What TLS says.  With TLS 1.3 a client learns only when it reads that its
 * certificate was refused; nothing was done then.  Debian's etcd 3.4 calls one
 * of strangers a bad certificate, newer etcd an unknown CA (RFC 8446 6.2). */
static int tls_error(const struct exchange *x)
{
	if (strstr(x->error, "certificate") || strstr(x->error, "unknown ca"))
		return -EKEYREJECTED;
	return strstr(x->error, "wrong version number") ? -EPROTO : 0;
}

static int error_of(const struct exchange *x, CURLcode code)
{
	int rc;

	switch (code) {
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_ISSUER_ERROR:
		return -EKEYREJECTED;
	case CURLE_SSL_CONNECT_ERROR:
		rc = tls_error(x);
		return rc ? rc : -EHOSTUNREACH;
	case CURLE_OUT_OF_MEMORY:
		return -ENOMEM;
	case CURLE_WRITE_ERROR:
		return x->rc ? x->rc : -EPROTO;
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_BAD_CONTENT_ENCODING:
		return -EPROTO;
	default:
		rc = tls_error(x);
		if (rc)
			return rc;
		return was_sent(x) ? -ETIMEDOUT : -EHOSTUNREACH;
	}
}

static bool is_elsewhere_better(const struct exchange *x, int rc)
{
	switch (-rc) {
	case EHOSTUNREACH:
	case EKEYREJECTED:
		return true;
	case ETIMEDOUT:
	case EAGAIN:
	case EPROTO:
		return x->is_safe;
	default:
		return false;
	}
}

static bool is_endpoints_fault(int rc)
{
	return rc == -EHOSTUNREACH || rc == -EKEYREJECTED || rc == -ETIMEDOUT ||
	       rc == -EAGAIN || rc == -EPROTO;
}

/* The next endpoint, or the end. */
static void settle(struct exchange *x, int rc)
{
	struct http *h = x->http;
	bool is_left = x->tried + 1 < 1U << h->n_endpoints;

	if (is_endpoints_fault(rc) && x != &h->watch.probe && !x->stream) {
		http_leave(h, x->endpoint);
		watch_left(h, x->endpoint, rc);
	}
	if (x->is_pinned || !is_left || !is_elsewhere_better(x, rc) ||
	    http_now() >= x->until) {
		exchange_end(x, rc);
		return;
	}
	if (rc != -EHOSTUNREACH)
		x->before = rc;
	stop(x);
	exchange_ask(x);
}

static void on_end(struct exchange *x, CURLcode code)
{
	long status = 0;

	curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &status);
	if (code != CURLE_OK)
		settle(x, error_of(x, code));
	else
		settle(x, etcd_get_error(status, exchange_answer(x)));
}

static void late(struct exchange *x, usec now)
{
	if (x->state == EXCHANGE_ASKED && x->ends <= now)
		settle(x, was_sent(x) ? -ETIMEDOUT : -EHOSTUNREACH);
}

void http_leave(struct http *h, unsigned endpoint)
{
	if (h->current == endpoint)
		h->current = (endpoint + 1) % h->n_endpoints;
}

void http_saw(struct http *h, uint64_t revision)
{
	if (revision > h->latest)
		h->latest = revision;
}

void http_answered(struct http *h, const struct exchange *x)
{
	h->asked = usec_max(h->asked, x->asked);
}

void http_note(struct http *h, int rc)
{
	/* What the store asked for is not there, or is too much at once: etcd
	 * has answered. */
	if (rc == -ESTALE || rc == -ENOENT || rc == -E2BIG || rc == -EMSGSIZE)
		rc = 0;
	h->is_away = rc;
	h->why = rc;
}

/* ---- going on ----------------------------------------------------------- */

static bool settle_all(struct http *h)
{
	bool any = false;
	CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(h->multi, &left))) {
		struct exchange *x;
		CURLcode code = m->data.result;

		if (m->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &x);
		on_end(x, code);
		any = true;
	}
	return any;
}

static void all_late(struct http *h, usec now)
{
	for (size_t i = 0; i < HTTP_SIDE_BY_SIDE; i++)
		late(&h->v[i], now);
	late(&h->login, now);
	late(&h->watch.probe, now);
	late(&h->watch.exchange, now);
}

static usec deadline(const struct http *h)
{
	usec next = watch_deadline(h);

	for (size_t i = 0; i < HTTP_SIDE_BY_SIDE; i++)
		if (h->v[i].state == EXCHANGE_ASKED)
			next = usec_min(next, h->v[i].ends);
	if (h->login.state == EXCHANGE_ASKED)
		next = usec_min(next, h->login.ends);
	return next;
}

static int wait_for(struct http *h, int fd, usec most)
{
	struct curl_waitfd extra = {.fd = fd, .events = CURL_WAIT_POLLIN};
	int ms = (int)(usec_min(most, SECONDS(10)) / MILLISECOND) + 1;

	curl_multi_poll(h->multi, &extra, fd >= 0, most > 0 ? ms : 0, NULL);
	return extra.revents != 0;
}

int http_step(struct http *h, int fd, usec until)
{
	bool had_event = h->watch.has_event, any;
	int running;
	usec now;

	watch_tick(h, http_now());
	curl_multi_perform(h->multi, &running);
	any = settle_all(h);
	now = http_now();
	all_late(h, now);
	login_settle(h);
	watch_settle(h);
	/* An event that nobody has asked for yet wakes nobody again. */
	if (any || (h->watch.has_event && !had_event))
		return wait_for(h, fd, 0);
	return wait_for(h, fd, usec_min(until, deadline(h)) - now);
}

/* ---- a set of them ------------------------------------------------------ */

static bool are_over(const struct exchange *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].state != EXCHANGE_OVER)
			return false;
	return true;
}

/* False: there is no token to be had. */
static bool log_in(struct http *h, usec until)
{
	h->login_rc = 0;
	while (login_is_needed(h) && !h->login_rc) {
		if (http_now() >= until)
			h->login_rc = -EHOSTUNREACH;
		else
			login_ask(h);
		if (!h->login_rc)
			http_step(h, -1, until);
	}
	return !h->login_rc;
}

static void ask_once(struct http *h, struct exchange *v, size_t n, usec until)
{
	bool is_in = log_in(h, until);
	int rc = h->login_rc;

	/* They were not even asked, so nothing was done. */
	if (rc == -ETIMEDOUT || rc == -EAGAIN)
		rc = -EHOSTUNREACH;
	for (size_t i = 0; i < n; i++) {
		if (v[i].state != EXCHANGE_IDLE)
			continue;
		v[i].until = until;
		if (is_in)
			exchange_ask(&v[i]);
		else
			exchange_end(&v[i], rc);
	}
	while (!are_over(v, n))
		http_step(h, -1, until);
}

void http_ask(struct http *h, struct exchange *v, size_t n, usec until)
{
	ask_once(h, v, n, until);
	for (size_t i = 0; i < n; i++) {
		if (v[i].rc != -EKEYEXPIRED || !h->config.user[0])
			continue;
		login_refused(h, &v[i]);
		v[i].tried = 0;
		v[i].state = EXCHANGE_IDLE;
	}
	ask_once(h, v, n, until);
	for (size_t i = 0; i < n; i++)
		if (v[i].rc == -EKEYEXPIRED)
			v[i].rc = -EACCES;
}
