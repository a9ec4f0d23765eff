/*
 * The log: what a line looks like, that nothing from the wire can forge one,
 * and that a flood is counted instead of written.
 */
#include "host/log.h"
#include "host/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct stage {
	struct log *log;
	struct log_options options;
	int read; /* the end of the pipe that the log writes to */
	char said[1 << 16];
};

static int set_up(void **state)
{
	struct stage *s = calloc(1, sizeof *s);
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	s->read = ends[0];
	s->options = log_defaults();
	s->options.fd = ends[1];
	s->options.stamps = false;
	*state = s;
	return 0;
}

static int tear_down(void **state)
{
	struct stage *s = *state;

	log_close(s->log, &host_memory);
	close(s->options.fd);
	close(s->read);
	free(s);
	return 0;
}

static void open_log(struct stage *s)
{
	assert_int_equal(log_open(&s->log, &s->options, &host_memory), 0);
}

/* All that was written since the last time. */
static const char *said(struct stage *s)
{
	size_t len = 0;
	ssize_t n;

	while ((n = read(s->read, s->said + len, sizeof s->said - len - 1)) > 0)
		len += (size_t)n;
	s->said[len] = '\0';
	return s->said;
}

static unsigned lines(const char *s)
{
	unsigned n = 0;

	for (; *s; s++)
		n += *s == '\n';
	return n;
}

static void say(struct stage *s, const char *event, usec now, uint64_t key)
{
	struct log_line l;

	if (log_begin(&l, s->log, LEVEL_INFO, event, now, key))
		log_end(&l);
}

static void say_everything(struct stage *s)
{
	static const struct hwaddr hw = {1, 6, {0, 0, 0x0f, 0, 7, 0x5a}};
	struct log_line l;

	assert_true(log_begin(&l, s->log, LEVEL_WARN, "an-event", 0, 0));
	log_hwaddr(&l, "hw", &hw);
	log_ip(&l, "ip", IP4(10, 0, 0, 7));
	log_endpoint(&l, "peer", (struct endpoint){IP4(10, 0, 0, 8), 67});
	log_u64(&l, "a", 5);
	log_text(&l, "file", "boot.img");
	log_wire(&l, "wire", "a\"b\\c\nd", 7);
	log_error(&l, "error", -ENOENT);
	log_end(&l);
}

static void a_line_as_text(void **state)
{
	struct stage *s = *state;

	open_log(s);
	say_everything(s);
	assert_string_equal(said(s),
			    "warn an-event hw=00:00:0f:00:07:5a ip=10.0.0.7 "
			    "peer=10.0.0.8:67 a=5 file=\"boot.img\" "
			    "wire=\"a\\x22b\\x5cc\\x0ad\" "
			    "error=\"No such file or directory\"\n");
}

static void a_line_as_json(void **state)
{
	struct stage *s = *state;
	const char *at;

	s->options.format = LOG_JSON;
	open_log(s);
	say_everything(s);
	at = strstr(said(s), "\"level\"");
	assert_non_null(at);
	assert_string_equal(
		at, "\"level\":\"warn\",\"event\":\"an-event\","
		    "\"hw\":\"00:00:0f:00:07:5a\",\"ip\":\"10.0.0.7\","
		    "\"peer\":\"10.0.0.8:67\",\"a\":5,\"file\":\"boot.img\","
		    "\"wire\":\"a\\\\x22b\\\\x5cc\\\\x0ad\","
		    "\"error\":\"No such file or directory\"}\n");
	assert_memory_equal(s->said, "{\"time\":\"20", 11);
}

static void a_stamp_is_a_time_in_utc(void **state)
{
	struct stage *s = *state;

	s->options.stamps = true;
	open_log(s);
	say(s, "event", 0, 0);
	assert_string_equal(said(s) + strlen("2026-11-22T03:07:28.123Z"),
			    " info event\n");
	assert_int_equal(s->said[10], 'T');
	assert_int_equal(s->said[23], 'Z');
}

static void a_field_that_does_not_fit_is_left_out_whole(void **state)
{
	struct stage *s = *state;
	char long_one[TEXT_WIRE_MAX];
	struct log_line l;

	memset(long_one, '\n', sizeof long_one);
	open_log(s);
	assert_true(log_begin(&l, s->log, LEVEL_INFO, "event", 0, 0));
	log_wire(&l, "a", long_one, sizeof long_one);
	log_u64(&l, "b", 1);
	log_wire(&l, "c", long_one, sizeof long_one);
	log_u64(&l, "d", 2);
	log_end(&l);
	assert_non_null(strstr(said(s), "x0a\" b=1 d=2\n"));
	assert_null(strstr(s->said, " c="));
}

static void what_is_less_important_is_not_written(void **state)
{
	struct stage *s = *state;
	struct log_line l;

	open_log(s);
	assert_false(log_begin(&l, s->log, LEVEL_DEBUG, "event", 0, 0));
	log_set_level(s->log, LEVEL_DEBUG);
	assert_true(log_begin(&l, s->log, LEVEL_DEBUG, "event", 0, 0));
}

static void a_flood_of_one_kind_is_counted(void **state)
{
	struct stage *s = *state;

	open_log(s);
	for (int i = 0; i < 100; i++)
		say(s, "flood", SECONDS(1), 7);
	assert_int_equal(lines(said(s)), 5);
	say(s, "flood", SECONDS(1), 8); /* another machine */
	say(s, "other", SECONDS(1), 7);
	assert_int_equal(lines(said(s)), 2);
	say(s, "flood", SECONDS(12), 7);
	assert_string_equal(said(s), "info flood left-out=95\n");
	say(s, "flood", SECONDS(12), 7);
	assert_string_equal(said(s), "info flood\n");
}

static void a_flood_that_ended_is_told_of(void **state)
{
	struct stage *s = *state;

	open_log(s);
	for (int i = 0; i < 100; i++)
		say(s, "flood", SECONDS(1), 7);
	said(s);
	log_idle(s->log, SECONDS(2));
	assert_string_equal(said(s), "");
	log_idle(s->log, SECONDS(12));
	assert_string_equal(said(s),
			    "warn lines-left-out of=\"flood\" count=95\n");
	log_idle(s->log, SECONDS(22));
	assert_string_equal(said(s), "");
}

static void made_up_keys_fill_no_disk(void **state)
{
	struct stage *s = *state;
	unsigned long count = 0;
	unsigned n;
	const char *at;

	s->options.total = 200;
	s->options.refill = 10;
	open_log(s);
	for (uint64_t key = 0; key < 5000; key++)
		say(s, "flood", SECONDS(1), key);
	/* All but what is kept for errors. */
	assert_int_equal(lines(said(s)), 190);
	say(s, "flood", SECONDS(2), 1);
	assert_int_equal(lines(said(s)), 1);

	struct log_line l;

	for (uint64_t key = 0; key < 10; key++) {
		assert_true(log_begin(&l, s->log, LEVEL_ERROR, "disk-full",
				      SECONDS(2), key));
		log_end(&l);
	}
	said(s);
	/* In the end every line is accounted for. */
	for (usec now = SECONDS(60); now < SECONDS(12000); now += SECONDS(30))
		log_idle(s->log, now);
	said(s);
	n = lines(s->said);
	assert_true(n > 0);
	for (at = s->said; (at = strstr(at, "count=")); at++)
		count += strtoul(at + 6, NULL, 10);
	if (strstr(s->said, "left-out="))
		fail_msg("%s", s->said);
	assert_in_range(count, 5001 - 191 - 5, 5001 - 191);
}

static void a_full_pipe_delays_nobody(void **state)
{
	struct stage *s = *state;

	s->options.burst = s->options.total = 1000000;
	open_log(s);
	assert_int_equal(log_background(s->log), 0);
	for (int i = 0; i < 100000; i++)
		say(s, "flood", SECONDS(1), 0);
	/* What is there comes out whole once somebody reads. */
	for (unsigned n = 0; n < 1000;)
		n += lines(said(s));
	while (!strstr(said(s), "lines-left-out count=")) {
		usleep(1000);
		log_idle(s->log, SECONDS(2));
	}
}

static void a_full_pipe_does_not_keep_us_from_ending(void **state)
{
	struct stage *s = *state;

	s->options.burst = s->options.total = 1000000;
	open_log(s);
	assert_int_equal(log_background(s->log), 0);
	for (int i = 0; i < 100000; i++)
		say(s, "flood", SECONDS(1), 0);
	log_close(s->log, &host_memory);
	s->log = NULL;
}

static void formats_and_levels_have_names(void **state)
{
	enum log_format format;
	enum log_level level;

	(void)state;
	assert_true(log_format_parse("json", &format));
	assert_int_equal(format, LOG_JSON);
	assert_false(log_format_parse("xml", &format));
	assert_true(log_level_parse("debug", &level));
	assert_int_equal(level, LEVEL_DEBUG);
	assert_false(log_level_parse("", &level));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_line_as_text),
		TEST(a_line_as_json),
		TEST(a_stamp_is_a_time_in_utc),
		TEST(a_field_that_does_not_fit_is_left_out_whole),
		TEST(what_is_less_important_is_not_written),
		TEST(a_flood_of_one_kind_is_counted),
		TEST(a_flood_that_ended_is_told_of),
		TEST(made_up_keys_fill_no_disk),
		TEST(a_full_pipe_delays_nobody),
		TEST(a_full_pipe_does_not_keep_us_from_ending),
		cmocka_unit_test(formats_and_levels_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
