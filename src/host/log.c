/*
 * The log.  A line is built on the stack of the one who writes it and handed
 * over whole; whoever floods it is stopped at the beginning of a line, before
 * any work is done.
 */
#include "host/log.h"

#include "host/log_inside.h"
#include "host/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *const levels[] = {"error", "warn", "info", "debug"};
static const char *const formats[] = {"text", "json"};

struct log_options log_defaults(void)
{
	return (struct log_options){.fd = STDERR_FILENO,
				    .format = LOG_TEXT,
				    .level = LEVEL_INFO,
				    .stamps = !getenv("JOURNAL_STREAM"),
				    .burst = 5,
				    .window = SECONDS(10),
				    .total = 20000,
				    .refill = 100};
}

static bool pick(const char *s, const char *const *names, unsigned n,
		 unsigned *to)
{
	for (unsigned i = 0; i < n; i++) {
		if (strcmp(s, names[i]))
			continue;
		*to = i;
		return true;
	}
	return false;
}

bool log_format_parse(const char *s, enum log_format *to)
{
	unsigned i;

	if (!pick(s, formats, 2, &i))
		return false;
	*to = (enum log_format)i;
	return true;
}

bool log_level_parse(const char *s, enum log_level *to)
{
	unsigned i;

	if (!pick(s, levels, 4, &i))
		return false;
	*to = (enum log_level)i;
	return true;
}

/* 2026-11-22T03:07:28.123Z */
static void add_time(struct text *t, usec wall)
{
	time_t seconds = (time_t)(wall / SECOND);
	char s[32];
	struct tm tm;
	uint64_t ms = (uint64_t)(wall % SECOND / MILLISECOND);

	gmtime_r(&seconds, &tm);
	text_bytes(t, s, strftime(s, sizeof s, "%Y-%m-%dT%H:%M:%S", &tm));
	text_add(t, ms < 10 ? ".00" : ms < 100 ? ".0" : ".");
	text_u64(t, ms);
	text_add(t, "Z");
}

static void add_name(struct log_line *l, const char *name)
{
	if (l->log->o.format == LOG_JSON) {
		text_add(&l->text, ",\"");
		text_add(&l->text, name);
		text_add(&l->text, "\":");
	} else {
		text_add(&l->text, " ");
		text_add(&l->text, name);
		text_add(&l->text, "=");
	}
}

void log_line_start(struct log_line *l, struct log *log, enum log_level level,
		    const char *event)
{
	struct text *t = &l->text;

	l->log = log;
	/* Room for the end is kept: the line is closed whatever was added. */
	*t = text_over(l->s, sizeof l->s - 4);
	if (log->o.format == LOG_JSON) {
		text_add(t, "{\"time\":\"");
		add_time(t, host_wall());
		text_add(t, "\",\"level\":\"");
		text_add(t, levels[level]);
		text_add(t, "\",\"event\":\"");
		text_add(t, event);
		text_add(t, "\"");
		return;
	}
	if (log->o.stamps) {
		add_time(t, host_wall());
		text_add(t, " ");
	}
	text_add(t, levels[level]);
	text_add(t, " ");
	text_add(t, event);
}

/* The end of a field that began at `from`: whole or not at all. */
static void whole(struct log_line *l, size_t from)
{
	if (!l->text.full)
		return;
	l->text.len = from;
	l->s[from] = '\0';
	l->text.full = false;
}

/* A string that has no quotes in it, but maybe backslashes. */
static void add_quoted(struct log_line *l, const char *s)
{
	text_add(&l->text, "\"");
	for (; *s; s++) {
		if (*s == '\\' && l->log->o.format == LOG_JSON)
			text_add(&l->text, "\\");
		text_bytes(&l->text, s, 1);
	}
	text_add(&l->text, "\"");
}

void log_wire(struct log_line *l, const char *name, const char *s, size_t len)
{
	char safe[4 * TEXT_WIRE_MAX + 8];
	struct text t = text_over(safe, sizeof safe);
	size_t from = l->text.len;

	text_wire(&t, s, len);
	add_name(l, name);
	add_quoted(l, safe);
	whole(l, from);
}

void log_text(struct log_line *l, const char *name, const char *s)
{
	log_wire(l, name, s, strlen(s));
}

void log_u64(struct log_line *l, const char *name, uint64_t n)
{
	size_t from = l->text.len;

	add_name(l, name);
	text_u64(&l->text, n);
	whole(l, from);
}

/* Words of digits, letters, dots and colons need quotes only in JSON. */
static void add_word(struct log_line *l, const char *name, const char *word)
{
	size_t from = l->text.len;

	add_name(l, name);
	if (l->log->o.format == LOG_JSON)
		add_quoted(l, word);
	else
		text_add(&l->text, word);
	whole(l, from);
}

void log_ip(struct log_line *l, const char *name, uint32_t ip)
{
	char s[32];
	struct text t = text_over(s, sizeof s);

	text_ip(&t, ip);
	add_word(l, name, s);
}

void log_endpoint(struct log_line *l, const char *name, struct endpoint e)
{
	char s[32];
	struct text t = text_over(s, sizeof s);

	text_endpoint(&t, e);
	add_word(l, name, s);
}

void log_hwaddr(struct log_line *l, const char *name, const struct hwaddr *hw)
{
	char s[64];
	struct text t = text_over(s, sizeof s);

	text_hwaddr(&t, hw);
	add_word(l, name, s);
}

void log_error(struct log_line *l, const char *name, int rc)
{
#ifdef __GLIBC__
	const char *s = strerrordesc_np(-rc);
#else
	const char *s = strerror(-rc); /* musl's is constant, too */
#endif

	log_text(l, name, s ? s : "unknown error");
}

void log_end(struct log_line *l)
{
	char *end = l->s + l->text.len;

	if (l->log->o.format == LOG_JSON)
		*end++ = '}';
	*end++ = '\n';
	log_write(l->log, l->s, (size_t)(end - l->s));
}
