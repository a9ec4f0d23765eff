/*
 * The watch: one answer that does not end.  When it breaks off, another
 * endpoint is asked for what comes after the last revision that was told.
 */
#include "store/etcd_http_inside.h"

#include <errno.h>
#include <string.h>

static const usec PROBE = SECOND, MEMBERS = SECONDS(60);
/* From one that went wrong at once to the next, when all have. */
static const usec PAUSE = MILLISECONDS(250);

static bool is_on(const struct watch *w)
{
	return w->exchange.state == EXCHANGE_ASKED;
}

/* It ends, and begins again: at once, unless it did so with all. */
static void break_off(struct http *h, int rc)
{
	struct watch *w = &h->watch;
	usec now = http_now();

	if (now - w->began > PROBE)
		w->failures = 0;
	w->failures++;
	w->retry_at = w->failures <= h->n_endpoints ? now : now + PAUSE;
	/* A certificate is refused behind the handshake (TLS 1.3), and then
	 * the connection may be gone before its reason is read. */
	if (rc != -EHOSTUNREACH || w->rc != -EKEYREJECTED)
		w->rc = rc;
	exchange_end(&w->exchange, rc);
	w->exchange.state = EXCHANGE_IDLE;
	http_leave(h, w->exchange.endpoint);
}

void watch_is_stale(struct http *h)
{
	struct watch *w = &h->watch;

	if (!w->is_wanted)
		return;
	exchange_end(&w->exchange, -ESTALE);
	w->exchange.state = EXCHANGE_IDLE;
	w->is_wanted = false;
	w->has_event = false;
	w->rc = -ESTALE;
}

void watch_left(struct http *h, unsigned endpoint, int rc)
{
	if (is_on(&h->watch) && h->watch.exchange.endpoint == endpoint)
		break_off(h, rc);
}

/* ---- the stream --------------------------------------------------------- */

/* A wrong password is not tried all the time: that costs etcd much. */
static void get_token(struct http *h, usec now)
{
	struct watch *w = &h->watch;

	if (h->login_rc) {
		w->rc = h->login_rc;
		w->retry_at = now + PROBE;
		h->login_rc = 0;
	} else {
		login_ask(h);
	}
}

static void begin(struct http *h, usec now)
{
	struct watch *w = &h->watch;
	struct exchange *x = &w->exchange;
	uint64_t told = etcd_stream_told(w->stream);

	if (login_is_needed(h)) {
		get_token(h, now);
		return;
	}
	exchange_begin(x, "watch");
	etcd_put_watch(&x->body, h->config.prefix, told);
	etcd_stream_begin(w->stream, told);
	x->stream = w->stream;
	x->is_pinned = true;
	x->endpoint = h->current;
	w->began = now;
	w->probe_at = now + PROBE;
	w->probe_owed = w->probe_told = 0;
	exchange_ask(x);
}

/* Its answer has ended, or never was one. */
static void on_over(struct http *h)
{
	struct watch *w = &h->watch;
	int rc = w->exchange.rc;

	if (rc == -EKEYEXPIRED) {
		login_refused(h, &w->exchange);
		rc = -EACCES;
	}
	break_off(h, rc ? rc : -EAGAIN);
}

/* What was heard. */
static void hear(struct http *h)
{
	struct watch *w = &h->watch;
	int rc = etcd_stream_next(w->stream, &w->event);

	http_saw(h, etcd_stream_latest(w->stream));
	if (etcd_stream_is_created(w->stream)) {
		w->exchange.ends = NEVER;
		w->rc = 0;
	}
	if (rc == 1) {
		w->has_event = true;
	} else if (rc == -ESTALE) {
		watch_is_stale(h);
	} else if (rc) {
		w->exchange.rc = rc;
		on_over(h);
	}
}

/* Lines that came before the end of an answer are as good as any. */
void watch_settle(struct http *h)
{
	struct watch *w = &h->watch;

	if (!w->is_wanted || w->has_event || w->exchange.state == EXCHANGE_IDLE)
		return;
	hear(h);
	if (w->is_wanted && !w->has_event && w->exchange.state == EXCHANGE_OVER)
		on_over(h);
}

/* ---- the probe ---------------------------------------------------------- */

static void ask_probe(struct http *h, usec now)
{
	struct watch *w = &h->watch;
	struct exchange *x = &w->probe;

	w->is_of_members = now >= w->members_at;
	exchange_begin(x, w->is_of_members ? "cluster/member/list"
					   : "maintenance/status");
	sheet_add(&x->body, "{}");
	x->is_pinned = true;
	x->endpoint = w->exchange.endpoint;
	w->probe_at = now + PROBE;
	exchange_ask(x);
}

/* Whether what we ourselves put is not told for as long as a probe takes. */
static bool is_behind(struct watch *w)
{
	uint64_t told = etcd_stream_told(w->stream);
	bool is = told < w->probe_owed && told == w->probe_told &&
		  !w->has_event && !w->exchange.is_paused;

	w->probe_owed = w->owed;
	w->probe_told = told;
	return is;
}

static int on_status(struct http *h)
{
	struct watch *w = &h->watch;
	struct etcd_health health;
	int rc = etcd_get_health(&health, exchange_answer(&w->probe));

	if (rc)
		return rc;
	http_saw(h, health.revision);
	if (!health.has_leader || is_behind(w))
		return -EAGAIN;
	http_answered(h, &w->probe);
	/* There is a majority again. */
	if (h->why == -EHOSTUNREACH || h->why == -ETIMEDOUT ||
	    h->why == -EAGAIN)
		http_note(h, 0);
	return 0;
}

/* Who may not ask that is not cut off. */
static void on_probe(struct http *h, usec now)
{
	struct watch *w = &h->watch;
	int rc = w->probe.rc;

	w->probe.state = EXCHANGE_IDLE;
	if (w->probe.endpoint != w->exchange.endpoint || !is_on(w))
		return;
	if (w->is_of_members) {
		w->members_at = now + MEMBERS;
		if (!rc)
			etcd_get_members(&h->members,
					 exchange_answer(&w->probe));
	} else if (!rc) {
		rc = on_status(h);
	}
	if (rc == -EKEYEXPIRED)
		login_refused(h, &w->probe);
	else if (rc && rc != -EACCES)
		break_off(h, rc);
}

/* ---- time --------------------------------------------------------------- */

void watch_tick(struct http *h, usec now)
{
	struct watch *w = &h->watch;

	if (w->probe.state == EXCHANGE_OVER)
		on_probe(h, now);
	if (!w->is_wanted)
		return;
	if (w->exchange.is_paused && etcd_stream_has_room(w->stream)) {
		w->exchange.is_paused = false;
		curl_easy_pause(w->exchange.easy, CURLPAUSE_CONT);
	}
	if (w->exchange.state == EXCHANGE_IDLE && w->retry_at <= now)
		begin(h, now);
	if (is_on(w) && w->probe.state == EXCHANGE_IDLE && w->probe_at <= now)
		ask_probe(h, now);
}

usec watch_deadline(const struct http *h)
{
	const struct watch *w = &h->watch;

	if (!w->is_wanted)
		return NEVER;
	if (w->probe.state == EXCHANGE_ASKED)
		return usec_min(w->probe.ends, w->exchange.ends);
	if (w->exchange.state == EXCHANGE_ASKED)
		return usec_min(w->probe_at, w->exchange.ends);
	if (w->exchange.state == EXCHANGE_OVER)
		return NEVER; /* what it still told is to be taken first */
	/* A token is under way: its own end counts. */
	return h->login.state == EXCHANGE_ASKED ? NEVER : w->retry_at;
}

/* ---- calls -------------------------------------------------------------- */

/* How many there are is known from the beginning, so that one who thinks that
 * one member were enough is told. */
static void count_members(struct http *h)
{
	exchange_begin(h->v, "cluster/member/list");
	sheet_add(&h->v->body, "{}");
	h->v->is_safe = true;
	http_ask(h, h->v, 1, http_now() + h->config.wait);
	if (!h->v->rc)
		etcd_get_members(&h->members, exchange_answer(h->v));
}

int http_watch(struct etcd_link *l, uint64_t revision)
{
	struct http *h = (struct http *)l;
	struct watch *w = &h->watch;

	exchange_end(&w->exchange, 0);
	w->exchange.state = EXCHANGE_IDLE;
	etcd_stream_begin(w->stream, revision);
	w->is_wanted = true;
	w->has_event = false;
	w->rc = 0;
	w->owed = 0;
	w->failures = 0;
	w->retry_at = 0;
	if (!h->members)
		count_members(h);
	http_step(h, -1, 0);
	return 0;
}

int http_event(struct etcd_link *l, struct etcd_event *to)
{
	struct http *h = (struct http *)l;
	struct watch *w = &h->watch;

	if (!w->has_event)
		watch_settle(h);
	if (!w->has_event)
		http_step(h, -1, 0);
	if (!w->has_event)
		return w->rc == -ESTALE ? -ESTALE : 0;
	w->has_event = false;
	*to = w->event;
	return 1;
}

int http_wait(struct etcd_link *l, int fd, usec most)
{
	struct http *h = (struct http *)l;
	struct watch *w = &h->watch;
	usec until = http_now() + most;

	do {
		if (http_step(h, fd, w->has_event ? 0 : until))
			break;
	} while (!w->has_event && w->rc != -ESTALE && http_now() < until);
	if (w->has_event)
		return 0;
	if (w->is_wanted && w->rc)
		http_note(h, w->rc);
	return w->rc;
}
