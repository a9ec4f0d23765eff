/*
 * Which lines are said, and how they get out.  Each (event, key) has a burst
 * per window; all lines together draw from a bucket that refills slowly, so
 * keys that a stranger makes up fill no disk either.  What was held back is
 * said by the next line of its kind, or by log_idle().
 */
#include "host/log_inside.h"

#include "base/hash.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { MILLION = 1000000 };

int log_open(struct log **log, const struct log_options *o,
	     const struct alloc *alloc)
{
	struct log *l = alloc_get(alloc, 1, sizeof *l);

	if (!l)
		return -ENOMEM;
	l->o = *o;
	l->tokens = (uint64_t)o->total * MILLION;
	pthread_mutex_init(&l->lock, NULL);
	pthread_cond_init(&l->filled, NULL);
	*log = l;
	return 0;
}

void log_set_level(struct log *log, enum log_level level)
{
	pthread_mutex_lock(&log->lock);
	log->o.level = level;
	pthread_mutex_unlock(&log->lock);
}

/* Nobody can be told that the log is broken. */
static void put(int fd, const char *s, size_t len)
{
	while (len) {
		ssize_t n = write(fd, s, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		s += n;
		len -= (size_t)n;
	}
}

static void put_in_ring(struct log *log, const char *s, size_t len)
{
	size_t at = (log->head + log->used) % LOG_RING;
	size_t first = LOG_RING - at < len ? LOG_RING - at : len;

	if (len > LOG_RING - log->used) {
		log->dropped++;
		return;
	}
	memcpy(log->ring + at, s, first);
	memcpy(log->ring, s + first, len - first);
	log->used += len;
	pthread_cond_signal(&log->filled);
}

void log_write(struct log *log, const char *s, size_t len)
{
	pthread_mutex_lock(&log->lock);
	if (log->has_thread)
		put_in_ring(log, s, len);
	else
		put(log->o.fd, s, len);
	pthread_mutex_unlock(&log->lock);
}

/* Whether somebody takes what we write; he is given a second. */
static bool is_taken(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};

	return poll(&p, 1, 1000) != 0;
}

/* A line that came alone waits for others, so that a storm of them does not
 * wake the thread for each. */
static void gather(struct log *log)
{
	const struct timespec a_moment = {.tv_nsec = 5000000};

	pthread_cond_wait(&log->filled, &log->lock);
	if (log->is_closing)
		return;
	pthread_mutex_unlock(&log->lock);
	(void)nanosleep(&a_moment, NULL);
	pthread_mutex_lock(&log->lock);
}

/* The thread: what lies in the ring goes out, in pieces that a pipe which has
 * room for any takes whole.  At the end nobody waits for a full one. */
static void *carry(void *arg)
{
	struct log *log = arg;

	pthread_mutex_lock(&log->lock);
	while (log->used || !log->is_closing) {
		size_t n = LOG_RING - log->head;
		bool has_room;

		if (!log->used) {
			gather(log);
			continue;
		}
		if (n > log->used)
			n = log->used;
		if (n > PIPE_BUF)
			n = PIPE_BUF;
		pthread_mutex_unlock(&log->lock);
		has_room = is_taken(log->o.fd);
		if (has_room)
			put(log->o.fd, log->ring + log->head, n);
		pthread_mutex_lock(&log->lock);
		if (!has_room && log->is_closing)
			break;
		if (!has_room)
			continue;
		log->head = (log->head + n) % LOG_RING;
		log->used -= n;
	}
	pthread_mutex_unlock(&log->lock);
	return NULL;
}

int log_background(struct log *log)
{
	sigset_t all, before;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(&log->thread, NULL, carry, log);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc)
		return -rc;
	pthread_mutex_lock(&log->lock);
	log->has_thread = true;
	pthread_mutex_unlock(&log->lock);
	return 0;
}

void log_close(struct log *log, const struct alloc *alloc)
{
	if (!log)
		return;
	pthread_mutex_lock(&log->lock);
	log->is_closing = true;
	pthread_cond_signal(&log->filled);
	pthread_mutex_unlock(&log->lock);
	if (log->has_thread)
		pthread_join(log->thread, NULL);
	pthread_cond_destroy(&log->filled);
	pthread_mutex_destroy(&log->lock);
	alloc_put(alloc, log);
}

/* Its counter, in one of four places; a stranger's oldest one makes room, but
 * what it held back is not forgotten. */
static struct log_kind *find(struct log *log, const char *event, uint64_t key,
			     usec now)
{
	uint64_t hash = hash_u64(key, hash_bytes(event, strlen(event), 0)) | 1;
	struct log_kind *set = &log->kinds[(hash >> 32) % (LOG_KINDS / 4) * 4];
	struct log_kind *oldest = set;

	for (int i = 0; i < 4; i++) {
		if (set[i].hash == hash)
			return &set[i];
		if (!set[i].hash ||
		    (oldest->hash && set[i].since < oldest->since))
			oldest = &set[i];
	}
	log->dropped += oldest->dropped;
	*oldest = (struct log_kind){.hash = hash, .event = event, .since = now};
	return oldest;
}

/* The last twentieth of the bucket is kept for errors. */
static bool take_token(struct log *log, enum log_level level, usec now)
{
	uint64_t full = (uint64_t)log->o.total * MILLION;
	uint64_t kept = level == LEVEL_ERROR ? 0 : full / 20;
	usec passed = now - log->now;

	if (passed > 0) {
		/* After a long silence it is full anyway: no overflow. */
		uint64_t us = (uint64_t)usec_min(passed, SECONDS(1000000));

		log->tokens += us * log->o.refill;
		log->now = now;
	}
	if (log->tokens > full)
		log->tokens = full;
	if (log->tokens < kept + MILLION)
		return false;
	log->tokens -= MILLION;
	return true;
}

/* Whether a line of this kind may be said. */
static bool admit(struct log *log, struct log_kind *k, enum log_level level,
		  usec now)
{
	if (now - k->since >= log->o.window) {
		k->since = now;
		k->said = 0;
	}
	if (k->said >= log->o.burst || !take_token(log, level, now)) {
		k->dropped++;
		return false;
	}
	k->said++;
	return true;
}

bool log_begin(struct log_line *l, struct log *log, enum log_level level,
	       const char *event, usec now, uint64_t key)
{
	bool wanted;
	uint64_t held = 0;

	pthread_mutex_lock(&log->lock);
	wanted = level <= log->o.level;
	if (wanted) {
		struct log_kind *k = find(log, event, key, now);

		wanted = admit(log, k, level, now);
		if (wanted) {
			held = k->dropped;
			k->dropped = 0;
		}
	}
	pthread_mutex_unlock(&log->lock);
	if (!wanted)
		return false;
	log_line_start(l, log, level, event);
	if (held)
		log_u64(l, "left-out", held);
	return true;
}

static void say_left_out(struct log *log, const char *event, uint64_t n)
{
	struct log_line l;

	log_line_start(&l, log, LEVEL_WARN, "lines-left-out");
	if (event)
		log_text(&l, "of", event);
	log_u64(&l, "count", n);
	log_end(&l);
}

/* The next one of a finished window that owes a line, from *at on. */
static struct log_kind next_debtor(struct log *log, usec now, unsigned *at)
{
	struct log_kind found = {0};

	pthread_mutex_lock(&log->lock);
	for (; *at < LOG_KINDS && !found.dropped; ++*at) {
		struct log_kind *k = &log->kinds[*at];

		if (!k->dropped || now - k->since < log->o.window ||
		    !take_token(log, LEVEL_WARN, now))
			continue;
		found = *k;
		k->dropped = 0;
	}
	pthread_mutex_unlock(&log->lock);
	return found;
}

/* Whether what is said now would be lost again. */
static bool is_crowded(struct log *log)
{
	bool is;

	pthread_mutex_lock(&log->lock);
	is = log->used > LOG_RING / 2;
	pthread_mutex_unlock(&log->lock);
	return is;
}

void log_idle(struct log *log, usec now)
{
	unsigned at = 0;
	uint64_t rest = 0;

	while (!is_crowded(log)) {
		struct log_kind k = next_debtor(log, now, &at);

		if (!k.dropped)
			break;
		say_left_out(log, k.event, k.dropped);
	}
	if (is_crowded(log))
		return;
	pthread_mutex_lock(&log->lock);
	if (log->dropped && take_token(log, LEVEL_WARN, now)) {
		rest = log->dropped;
		log->dropped = 0;
	}
	pthread_mutex_unlock(&log->lock);
	if (rest)
		say_left_out(log, NULL, rest);
}
