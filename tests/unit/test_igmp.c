/*
 * IGMP: messages as Linux, its bridge and switches send them, byte by byte, and
 * every way in which one can lie.
 */
#include "wire/igmp.h"

#include "base/addr.h"
#include "stage/hex.h"
#include "wire/frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { ROOM = 256 };

/* As long as it is, in memory of its own; m->rest then points into b. */
static bool get(struct igmp *m, const uint8_t *b, size_t len)
{
	uint8_t *exact = malloc(len ? len : 1);
	struct rd r;
	bool is_one;

	assert_non_null(exact);
	memcpy(exact, b, len);
	r = rd_over(exact, len);
	is_one = igmp_get(m, &r);
	if (m->rest)
		m->rest = b + (m->rest - exact);
	free(exact);
	return is_one;
}

static bool get_hex(struct igmp *m, const char *text, uint8_t b[ROOM])
{
	return get(m, b, hex(text, b, ROOM));
}

/* ---- what there is ------------------------------------------------------- */

struct sample {
	const char *hex;
	struct igmp m;
};

static const struct sample samples[] = {
	/* A general query of version 1, RFC 1112. */
	{"1100eeff00000000", {.type = IGMP_QUERY, .version = 1}},
	/* Of version 2, ten seconds: Linux's bridge. */
	{"1164ee9b00000000",
	 {.type = IGMP_QUERY, .version = 2, .response = 100}},
	/* To one group, one second: after a leave. */
	{"110afef2ef010101",
	 {.type = IGMP_QUERY,
	  .version = 2,
	  .response = 10,
	  .group = IP4(239, 1, 1, 1)}},
	/* Version 3: ten seconds, robustness 2, each 125 seconds. */
	{"1164ec1e00000000027d0000",
	 {.type = IGMP_QUERY,
	  .version = 3,
	  .response = 100,
	  .robustness = 2,
	  .interval = 125}},
	/* The same to a group, routers not to touch their timers. */
	{"110af475ef0101010a7d0000",
	 {.type = IGMP_QUERY,
	  .version = 3,
	  .response = 10,
	  .group = IP4(239, 1, 1, 1),
	  .suppresses = true,
	  .robustness = 2,
	  .interval = 125}},
	{"1200fdfcef010101",
	 {.type = IGMP_V1_REPORT, .version = 1, .group = IP4(239, 1, 1, 1)}},
	{"1600f9fcef010101",
	 {.type = IGMP_V2_REPORT, .version = 2, .group = IP4(239, 1, 1, 1)}},
	{"1700f8fcef010101",
	 {.type = IGMP_V2_LEAVE, .version = 2, .group = IP4(239, 1, 1, 1)}},
	/* Linux joins: exclude nothing. */
	{"2200e9fb0000000104000000ef010101",
	 {.type = IGMP_V3_REPORT, .version = 3, .n = 1, .len = 8}},
};

enum { SAMPLES = sizeof(samples) / sizeof(samples[0]) };

static void reads_each_kind_of_message(void **state)
{
	(void)state;
	for (size_t i = 0; i < SAMPLES; i++) {
		const struct igmp *want = &samples[i].m;
		uint8_t b[ROOM] = {0};
		struct igmp m;

		assert_true(get_hex(&m, samples[i].hex, b));
		assert_int_equal(m.type, want->type);
		assert_int_equal(m.version, want->version);
		assert_int_equal(m.response, want->response);
		assert_int_equal(m.group, want->group);
		assert_int_equal(m.suppresses, want->suppresses);
		assert_int_equal(m.robustness, want->robustness);
		assert_int_equal(m.interval, want->interval);
		assert_int_equal(m.n, want->n);
		assert_int_equal(m.len, want->len);
	}
}

static void writes_the_same_bytes(void **state)
{
	(void)state;
	for (size_t i = 0; i < SAMPLES; i++) {
		uint8_t b[ROOM] = {0}, back[ROOM];
		struct wr w = wr_over(back, ROOM);
		struct igmp m;
		size_t len = hex(samples[i].hex, b, ROOM);

		assert_true(get(&m, b, len));
		igmp_put(&m, &w);
		assert_false(w.bad);
		assert_int_equal(wr_len(&w), len);
		assert_memory_equal(back, b, len);
	}
}

static void refuses_each_changed_bit_and_each_shorter_message(void **state)
{
	(void)state;
	for (size_t i = 0; i < SAMPLES; i++) {
		uint8_t b[ROOM] = {0};
		size_t len = hex(samples[i].hex, b, ROOM);
		struct igmp m;

		for (size_t bit = 0; bit < 8 * len; bit++) {
			b[bit / 8] ^= (uint8_t)(1 << bit % 8);
			assert_false(get(&m, b, len));
			b[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
		for (size_t n = 0; n < len; n++)
			assert_false(get(&m, b, n));
	}
}

static void refuses_what_is_no_message(void **state)
{
	static const char *const wrong[] = {
		"1300ecff00000000",         /* DVMRP */
		"1164ee9b0000000000",       /* a query of nine bytes */
		"1164ee9b000000000000",     /* and of ten */
		"1164ec1d00000000027d0001", /* a source that is not there */
		"2200e9fa0000000204000000ef010101", /* nor a record */
		"2200e9fa0000000104000001ef010101", /* nor its source */
		"2200e9fa0000000104010000ef010101", /* nor auxiliary data */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		uint8_t b[ROOM] = {0};
		struct igmp m;

		assert_false(get_hex(&m, wrong[i], b));
	}
}

/* ---- version 3 ----------------------------------------------------------- */

static void long_times_are_floating_point(void **state)
{
	static const struct {
		uint32_t say, heard;
	} times[] = {{0, 0},         {127, 127},     {128, 128},    {135, 128},
		     {136, 136},     {255, 248},     {256, 256},    {1000, 992},
		     {31743, 30720}, {31744, 31744}, {99999, 31744}};

	(void)state;
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		struct igmp m = {.type = IGMP_QUERY,
				 .version = 3,
				 .response = times[i].say,
				 .interval = times[i].say};
		uint8_t b[ROOM] = {0};
		struct wr w = wr_over(b, ROOM);

		igmp_put(&m, &w);
		assert_true(get(&m, b, wr_len(&w)));
		assert_int_equal(m.response, times[i].heard);
		assert_int_equal(m.interval, times[i].heard);
	}
}

static void a_short_query_has_no_floating_point(void **state)
{
	struct igmp m = {.type = IGMP_QUERY, .version = 2, .response = 200};
	uint8_t b[ROOM] = {0};
	struct wr w = wr_over(b, ROOM);

	(void)state;
	igmp_put(&m, &w);
	assert_int_equal(b[1], 200);
	assert_true(get(&m, b, wr_len(&w)));
	assert_int_equal(m.response, 200);
}

/* Three groups, one with two sources, one with auxiliary data; and bytes behind
 * the list, which the checksum covers. */
static void walks_the_records_of_a_report(void **state)
{
	static const char text[] = "2200 ddb6 0000 0003"
				   "06000002 ef010101 0a000001 0a000002"
				   "01010000 ef010102 ffffffff"
				   "03000000 ef010103"
				   "1234";
	uint8_t b[ROOM] = {0};
	struct igmp_record g;
	struct igmp m;
	struct rd r;

	(void)state;
	assert_true(get_hex(&m, text, b));
	assert_int_equal(m.n, 3);
	assert_int_equal(m.len, 36);
	r = rd_over(m.rest, m.len);
	assert_true(igmp_record_next(&g, &r));
	assert_int_equal(g.type, IGMP_BLOCK);
	assert_int_equal(g.group, IP4(239, 1, 1, 1));
	assert_int_equal(g.n, 2);
	assert_memory_equal(g.sources, "\12\0\0\1\12\0\0\2", 8);
	assert_true(igmp_record_next(&g, &r));
	assert_int_equal(g.type, IGMP_IS_INCLUDE);
	assert_int_equal(g.group, IP4(239, 1, 1, 2));
	assert_true(igmp_record_next(&g, &r));
	assert_int_equal(g.type, IGMP_TO_INCLUDE);
	assert_int_equal(g.group, IP4(239, 1, 1, 3));
	assert_false(igmp_record_next(&g, &r));
}

static void writes_a_report_record_by_record(void **state)
{
	const struct igmp_record g = {.type = IGMP_TO_EXCLUDE,
				      .group = IP4(239, 1, 1, 1)};
	uint8_t list[8], b[ROOM], want[ROOM];
	struct wr l = wr_over(list, sizeof(list)), w = wr_over(b, ROOM);
	struct igmp m = {.type = IGMP_V3_REPORT, .n = 1, .rest = list};

	(void)state;
	igmp_record_put(&g, &l);
	m.len = wr_len(&l);
	igmp_put(&m, &w);
	assert_int_equal(wr_len(&w),
			 hex("2200e9fb0000000104000000ef010101", want, ROOM));
	assert_memory_equal(b, want, wr_len(&w));
}

/* ---- with its IP header -------------------------------------------------- */

/* As Linux's bridge with a querier puts it on the wire. */
static void a_query_rides_behind_a_router_alert(void **state)
{
	static const char text[] =
		"01005e000001 c2064f523df3 0800"
		"46c00020000040000102fa15 0a000001 e0000001 94040000"
		"1164ee9b00000000";
	uint8_t b[ROOM] = {0}, back[ROOM];
	size_t len = hex(text, b, ROOM);
	struct wr w = wr_over(back, ROOM);
	struct rd r = rd_over(b, len);
	struct frame_ip f;
	struct igmp m;

	(void)state;
	assert_true(frame_ip_get(&f, &r));
	assert_int_equal(f.protocol, IP_PROTOCOL_IGMP);
	assert_int_equal(f.ttl, 1);
	assert_int_equal(f.from, IP4(10, 0, 0, 1));
	assert_int_equal(f.to, IGMP_ALL_HOSTS);
	assert_true(f.has_alert);
	r = rd_over(f.bytes, f.len);
	assert_true(igmp_get(&m, &r));
	frame_ip_put(&f, &w);
	assert_int_equal(wr_len(&w), len);
	/* We leave don't-fragment clear, so the checksum differs, too. */
	assert_memory_equal(back, b, 20);
	assert_memory_equal(back + 22, b + 22, 2);
	assert_memory_equal(back + 26, b + 26, len - 26);
	r = rd_over(back, len);
	assert_true(frame_ip_get(&f, &r));
}

static void other_options_are_no_router_alert(void **state)
{
	static const char *const options[] = {
		"01010101", /* nothing */
		"00940400", /* behind the end of the list */
		"94030000", /* of a wrong length */
		"94000000", "01010194",
	};

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		uint8_t b[ROOM] = {0};
		struct wr w = wr_over(b, ROOM);
		struct frame_ip f = {.protocol = 2, .has_alert = true};
		uint32_t sum;
		struct rd r;

		frame_ip_put(&f, &w);
		sum = (uint32_t)(b[24] << 8 | b[25]) + 0x9404;
		hex(options[i], b + 34, 4);
		/* The checksum counts what is now there instead. */
		sum += 2 * 0xffff - (uint32_t)(b[34] << 8 | b[35]) -
		       (uint32_t)(b[36] << 8 | b[37]);
		sum = (sum & 0xffff) + (sum >> 16);
		sum = (sum & 0xffff) + (sum >> 16);
		b[24] = (uint8_t)(sum >> 8);
		b[25] = (uint8_t)sum;
		r = rd_over(b, wr_len(&w));
		assert_true(frame_ip_get(&f, &r));
		assert_false(f.has_alert);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_each_kind_of_message),
		cmocka_unit_test(writes_the_same_bytes),
		cmocka_unit_test(
			refuses_each_changed_bit_and_each_shorter_message),
		cmocka_unit_test(refuses_what_is_no_message),
		cmocka_unit_test(long_times_are_floating_point),
		cmocka_unit_test(a_short_query_has_no_floating_point),
		cmocka_unit_test(walks_the_records_of_a_report),
		cmocka_unit_test(writes_a_report_record_by_record),
		cmocka_unit_test(a_query_rides_behind_a_router_alert),
		cmocka_unit_test(other_options_are_no_router_alert),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
