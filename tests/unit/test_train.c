/*
 * The train's messages: the examples of docs/protocols/train.md, byte by byte.
 */
#include "wire/train.h"

#include "stage/hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define ID     0x1122334455667788
#define NONCE  0x0102030405060708
#define COOKIE 0xc0c1c2c3c4c5c6c7

/* What was written is what the page shows. */
static void check(const struct wr *w, const char *want)
{
	uint8_t bytes[600];
	size_t n = hex(want, bytes, sizeof(bytes));

	assert_false(w->bad);
	assert_int_equal(wr_len(w), n);
	assert_memory_equal(w->start, bytes, n);
}

/* Past the head of a message, which says that it is of this type. */
static struct rd body(const void *bytes, size_t len, uint8_t type)
{
	struct rd r = rd_over(bytes, len);
	struct train_head h;
	bool is_head = train_head_get(&h, &r);

	assert_int_equal(is_head, len >= TRAIN_HEAD);
	if (is_head)
		assert_int_equal(h.type, type);
	return r;
}

/* ---- the head ----------------------------------------------------------- */

static void a_head_says_whose_train_it_is(void **state)
{
	uint8_t b[16];
	size_t n = hex("540c 8001 1122334455667788", b, sizeof(b));
	struct rd r = rd_over(b, n);
	struct train_head h;

	(void)state;
	assert_true(train_head_get(&h, &r));
	assert_int_equal(h.type, TRAIN_DETACH);
	assert_int_equal(h.flags, 0x8001);
	assert_int_equal(h.id, ID);
	for (size_t cut = 0; cut < n; cut++) {
		r = rd_over(b, cut);
		assert_false(train_head_get(&h, &r));
	}
	b[0] = 0x55;
	r = rd_over(b, n);
	assert_false(train_head_get(&h, &r));
}

/* ---- boarding ----------------------------------------------------------- */

static void board_is_as_long_as_its_answer_may_be(void **state)
{
	uint8_t b[600];
	struct wr w = wr_over(b, sizeof(b));
	const char *name;
	size_t len;

	(void)state;
	train_board_put(NONCE, "boot/root.img", 13, &w);
	assert_int_equal(wr_len(&w), TRAIN_BOARD_LEN);
	w.p = w.start + 28;
	check(&w, "5401 0000 0102030405060708"
		  "0d 626f6f742f726f6f742e696d67 0000");
	for (size_t n = 0; n <= TRAIN_BOARD_LEN; n++) {
		struct rd r = body(b, n, TRAIN_BOARD);

		assert_int_equal(train_board_get(&name, &len, &r),
				 n == TRAIN_BOARD_LEN);
	}
	assert_int_equal(len, 13);
	assert_memory_equal(name, "boot/root.img", 13);
}

static void board_names_a_file(void **state)
{
	uint8_t b[TRAIN_BOARD_LEN] = {0x54, TRAIN_BOARD};
	struct rd r = body(b, sizeof(b), TRAIN_BOARD);
	const char *name;
	size_t len;

	(void)state;
	assert_false(train_board_get(&name, &len, &r));
	b[TRAIN_HEAD] = 255;
	r = body(b, sizeof(b), TRAIN_BOARD);
	assert_true(train_board_get(&name, &len, &r));
	assert_int_equal(len, 255);
}

static void a_ticket_is_a_cookie_a_group_and_a_head(void **state)
{
	const struct train_ticket out = {.cookie = COOKIE,
					 .group = {IP4(239, 255, 84, 2), 7246},
					 .head = (const uint8_t *)"head",
					 .head_len = 4};
	struct train_ticket t;
	uint8_t b[64];
	struct wr w = wr_over(b, sizeof(b));

	(void)state;
	train_ticket_put(NONCE, &out, &w);
	check(&w, "5402 0000 0102030405060708"
		  "c0c1c2c3c4c5c6c7 efff5402 1c4e 0004 68656164");
	for (size_t n = 0; n <= wr_len(&w); n++) {
		struct rd r = body(b, n, TRAIN_TICKET);

		assert_int_equal(train_ticket_get(&t, &r), n == wr_len(&w));
	}
	assert_int_equal(t.cookie, COOKIE);
	assert_int_equal(t.group.ip, IP4(239, 255, 84, 2));
	assert_int_equal(t.group.port, 7246);
	assert_int_equal(t.head_len, 4);
	assert_memory_equal(t.head, "head", 4);
	assert_int_equal(t.note_len, 0); /* as all were, at first */
}

static void a_ticket_may_say_why_its_manifest_is_not_the_files_own(void **state)
{
	struct train_ticket out = {.cookie = COOKIE,
				   .group = {IP4(239, 255, 84, 2), 7246},
				   .head = (const uint8_t *)"head",
				   .head_len = 4,
				   .note = "it is cut",
				   .note_len = 9};
	struct train_ticket t = {0};
	uint8_t b[TRAIN_BOARD_LEN + 1], head[470] = {0};
	struct wr w = wr_over(b, sizeof(b));

	(void)state;
	train_ticket_put(NONCE, &out, &w);
	check(&w, "5402 0000 0102030405060708"
		  "c0c1c2c3c4c5c6c7 efff5402 1c4e 0004 68656164"
		  "09 697420697320637574");
	for (size_t n = wr_len(&w) - 10; n <= wr_len(&w); n++) {
		struct rd r = body(b, n, TRAIN_TICKET);

		assert_true(train_ticket_get(&t, &r));
		assert_int_equal(t.note_len, n == wr_len(&w) ? 9 : 0);
	}
	assert_memory_equal(t.note, "it is cut", 9);

	/* The answer is no longer than what it answers. */
	out.head = head;
	for (out.head_len = 470; out.head_len >= 470 - 20; out.head_len--) {
		struct rd r;
		size_t room = 512 - 12 - 16 - 1 - out.head_len;

		w = wr_over(b, sizeof(b));
		train_ticket_put(NONCE, &out, &w);
		assert_in_range(wr_len(&w), 12, TRAIN_BOARD_LEN);
		r = body(b, wr_len(&w), TRAIN_TICKET);
		assert_true(train_ticket_get(&t, &r));
		assert_int_equal(t.note_len, room < 9 ? room : 9);
	}
}

static void a_refusal_has_a_code_and_perhaps_words(void **state)
{
	uint8_t b[64];
	struct wr w = wr_over(b, sizeof(b));
	uint16_t code;
	const char *text;
	size_t len;

	(void)state;
	train_refuse_put(NONCE, TRAIN_NO_FILE, "no such file", &w);
	check(&w, "5403 0000 0102030405060708"
		  "0001 6e6f20737563682066696c65");
	for (size_t n = 0; n <= wr_len(&w); n++) {
		struct rd r = body(b, n, TRAIN_REFUSE);
		bool is_whole = train_refuse_get(&code, &text, &len, &r);

		assert_int_equal(is_whole, n >= 14);
		if (is_whole)
			assert_int_equal(len, n - 14);
	}
	assert_int_equal(code, TRAIN_NO_FILE);
	assert_memory_equal(text, "no such file", 12);
}

/* ---- aboard, pick, goodbye ---------------------------------------------- */

static void what_is_wanted_are_intervals(void **state)
{
	const struct train_interval out[] = {{0, 7}, {7, 9}, {4096, 47663}};
	struct train_intervals v;
	struct train_interval i;
	uint64_t cookie;
	uint8_t b[64];
	struct wr w = wr_over(b, sizeof(b));

	(void)state;
	train_cookie_put(TRAIN_ABOARD, ID, COOKIE, &w);
	train_intervals_put(out, 3, &w);
	check(&w, "5404 0000 1122334455667788 c0c1c2c3c4c5c6c7 0003"
		  "00000000 00000007 00000007 00000009 00001000 0000ba2f");
	for (size_t n = 0; n <= wr_len(&w); n++) {
		struct rd r = body(b, n, TRAIN_ABOARD);

		assert_int_equal(train_cookie_get(&cookie, &r) &&
					 train_intervals_get(&v, &r),
				 n == wr_len(&w));
	}
	assert_int_equal(cookie, COOKIE);
	for (int n = 0; n < 3; n++) {
		assert_true(train_interval_next(&v, &i));
		assert_int_equal(i.from, out[n].from);
		assert_int_equal(i.to, out[n].to);
	}
	assert_false(train_interval_next(&v, &i));
}

static void intervals_rise_and_are_not_empty(void **state)
{
	static const struct {
		const char *bytes;
		bool can;
	} rows[] = {
		{"0000", true},
		{"0001 00000000 00000001", true},
		{"0001 fffffffe ffffffff", true},
		{"0001 00000005 00000005", false},
		{"0001 00000005 00000004", false},
		{"0002 00000000 00000002 00000001 00000004", false},
		{"0002 00000004 00000005 00000001 00000002", false},
		{"0002 00000001 00000002 00000002 00000003", true},
		{"0001", false},
		{"", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t b[32];
		struct rd r = rd_over(b, hex(rows[i].bytes, b, sizeof(b)));
		struct train_intervals v;

		assert_int_equal(train_intervals_get(&v, &r), rows[i].can);
	}
}

static void intervals_are_128_at_most(void **state)
{
	struct train_interval v[TRAIN_INTERVALS];
	uint8_t b[2 + 8 * (TRAIN_INTERVALS + 1)] = {0};
	struct wr w = wr_over(b, sizeof(b));
	struct train_intervals all;
	struct rd r;

	(void)state;
	for (uint32_t i = 0; i < TRAIN_INTERVALS; i++)
		v[i] = (struct train_interval){2 * i, 2 * i + 1};
	train_intervals_put(v, TRAIN_INTERVALS, &w);
	assert_false(w.bad);
	r = rd_over(b, sizeof(b));
	assert_true(train_intervals_get(&all, &r));
	assert_int_equal(rd_left(&r), 8);
	wr_u32(&w, 1000);
	wr_u32(&w, 1001);
	b[1]++;
	r = rd_over(b, sizeof(b));
	assert_false(train_intervals_get(&all, &r));
}

static void goodbye_is_a_cookie(void **state)
{
	uint8_t b[32];
	struct wr w = wr_over(b, sizeof(b));

	(void)state;
	train_cookie_put(TRAIN_GOODBYE, ID, COOKIE, &w);
	check(&w, "540d 0000 1122334455667788 c0c1c2c3c4c5c6c7");
	for (size_t n = 0; n <= wr_len(&w); n++) {
		struct rd r = body(b, n, TRAIN_GOODBYE);
		uint64_t cookie;

		assert_int_equal(train_cookie_get(&cookie, &r),
				 n == wr_len(&w));
	}
}

/* ---- status and report -------------------------------------------------- */

#define STATUS                                                                 \
	"5405 0003 1122334455667788"                                           \
	"03 10 0007 0002 000000c0 000000c8 00000000"                           \
	"0019 0002 0000ba2f 00000010"

static void check_status(const struct train_status *s)
{
	assert_int_equal(s->phase, TRAIN_SAYS_ASKING);
	assert_int_equal(s->slots, 16);
	assert_int_equal(s->round, 7);
	assert_int_equal(s->slot_ms, 2);
	assert_int_equal(s->riders, 192);
	assert_int_equal(s->expected, 200);
	assert_int_equal(s->leaving_ms, 0);
	assert_int_equal(s->top, 25);
	assert_int_equal(s->step, 2);
	assert_int_equal(s->cursor, 47663);
	assert_int_equal(s->first, 16);
	assert_int_equal(s->n, 3);
	assert_int_equal(train_status_pending(s, 0), 12);
	assert_int_equal(train_status_pending(s, 1), 0);
	assert_int_equal(train_status_pending(s, 2), TRAIN_NOT_NOW);
}

static void a_status_says_what_is_pending(void **state)
{
	const char *text = STATUS "0003 000c 0000 ffff";
	uint8_t in[64], out[64];
	size_t len = hex(text, in, sizeof(in));
	struct train_status s = {.flags = TRAIN_FLAG_GOODBYE | TRAIN_FLAG_LIST};
	struct wr w = wr_over(out, sizeof(out));

	(void)state;
	for (size_t n = 0; n <= len; n++) {
		struct rd r = body(in, n, TRAIN_STATUS);

		assert_int_equal(train_status_get(&s, &r), n == len);
	}
	check_status(&s);
	train_status_put(ID, &s, &w);
	for (uint16_t i = 0; i < s.n; i++)
		wr_u16(&w, train_status_pending(&s, i));
	check(&w, text);
}

static void a_status_may_say_nothing_of_blocks(void **state)
{
	uint8_t b[64];
	size_t len = hex(STATUS "0000", b, sizeof(b));
	struct rd r = body(b, len, TRAIN_STATUS);
	struct train_status s;

	(void)state;
	assert_true(train_status_get(&s, &r));
	assert_int_equal(s.n, 0);
	b[TRAIN_HEAD] = TRAIN_SAYS_ASKING + 1;
	r = body(b, len, TRAIN_STATUS);
	assert_false(train_status_get(&s, &r));
}

static void the_longest_status_fits_into_a_message(void **state)
{
	struct train_status s = {.n = TRAIN_STATUS_MAX};
	uint8_t b[TRAIN_PAYLOAD_MAX];
	struct wr w = wr_over(b, sizeof(b));

	(void)state;
	train_status_put(ID, &s, &w);
	for (uint16_t i = 0; i < s.n; i++)
		wr_u16(&w, i);
	assert_false(w.bad);
	assert_true(wr_room(&w) < 2);
}

#define REPORT                                                                 \
	"5406 0000 1122334455667788 c0c1c2c3c4c5c6c7"                          \
	"0007 000b 0000b800 0000"

static void put_report(struct wr *w)
{
	const struct train_report p = {
		.cookie = COOKIE, .round = 7, .loss = 11, .at = 47104, .n = 2};

	train_report_put(ID, &p, w);
	train_lack_put(&(struct train_lack){7, 12}, w);
	train_lack_put(&(struct train_lack){46, 3}, w);
	train_intervals_put(&(struct train_interval){1024, 2048}, 1, w);
}

static void a_report_is_one_number_a_block(void **state)
{
	uint8_t b[80];
	struct wr w = wr_over(b, sizeof(b));
	struct train_report p;
	struct train_interval i;
	struct train_lack l;

	(void)state;
	put_report(&w);
	check(&w, REPORT "0002 00000007 000c 0000002e 0003"
			 "0001 00000400 00000800");
	for (size_t n = 0; n <= wr_len(&w); n++) {
		struct rd r = body(b, n, TRAIN_REPORT);

		assert_int_equal(train_report_get(&p, &r), n == wr_len(&w));
	}
	assert_int_equal(p.cookie, COOKIE);
	assert_int_equal(p.round, 7);
	assert_int_equal(p.loss, 11);
	assert_int_equal(p.at, 47104);
	assert_int_equal(p.lack_of_list, 0);
	assert_true(train_lack_next(&p, &l) && l.block == 7 && l.lack == 12);
	assert_true(train_lack_next(&p, &l) && l.block == 46 && l.lack == 3);
	assert_false(train_lack_next(&p, &l));
	assert_true(train_interval_next(&p.intervals, &i));
	assert_true(i.from == 1024 && i.to == 2048);
	assert_false(train_interval_next(&p.intervals, &i));
}

static void a_report_may_lack_nothing(void **state)
{
	uint8_t b[64];
	size_t len = hex(REPORT "0000 0000", b, sizeof(b));
	struct rd r = body(b, len, TRAIN_REPORT);
	struct train_report p;
	struct train_lack l;

	(void)state;
	assert_true(train_report_get(&p, &r));
	assert_false(train_lack_next(&p, &l));
	assert_int_equal(p.intervals.n, 0);
}

static void a_probe_has_a_round_and_some_have_nothing(void **state)
{
	uint8_t b[32];
	struct wr w = wr_over(b, sizeof(b));
	uint16_t round;

	(void)state;
	train_probe_put(ID, 0x8001, &w);
	check(&w, "5407 0000 1122334455667788 8001");
	for (size_t n = 0; n <= wr_len(&w); n++) {
		struct rd r = body(b, n, TRAIN_PROBE);

		assert_int_equal(train_probe_get(&round, &r), n == wr_len(&w));
	}
	assert_int_equal(round, 0x8001);
	w = wr_over(b, sizeof(b));
	train_detach_put(ID, &w);
	check(&w, "540c 0000 1122334455667788");
	w = wr_over(b, sizeof(b));
	train_preparing_put(NONCE, &w);
	check(&w, "5410 0000 0102030405060708");
}

/* ---- data and leaves ---------------------------------------------------- */

static void data_are_what_follows_20_bytes(void **state)
{
	uint8_t b[32];
	struct wr w = wr_over(b, sizeof(b));
	struct train_data d = {0};

	(void)state;
	train_data_head_put(ID, 3, 4100, &w);
	assert_int_equal(wr_len(&w), TRAIN_DATA_HEAD);
	wr_bytes(&w, "data", 4);
	check(&w, "5409 0000 1122334455667788 00000003 00001004 64617461");
	for (size_t n = 0; n <= wr_len(&w); n++) {
		struct rd r = body(b, n, TRAIN_DATA);
		bool is_whole = train_data_get(&d, &r);

		assert_int_equal(is_whole, n >= TRAIN_DATA_HEAD);
		if (is_whole)
			assert_int_equal(d.len, n - TRAIN_DATA_HEAD);
	}
	assert_int_equal(d.block, 3);
	assert_int_equal(d.number, 4100);
	assert_memory_equal(d.bytes, "data", 4);
}

static void leaves_are_asked_for_by_block(void **state)
{
	const struct train_leaves out = {
		.cookie = COOKIE, .block = 7, .first = 88};
	struct train_leaves l = {0};
	uint8_t b[64];
	struct wr w = wr_over(b, sizeof(b));

	(void)state;
	train_leaves_ask_put(ID, &out, &w);
	check(&w, "540a 0000 1122334455667788 c0c1c2c3c4c5c6c7"
		  "00000007 0058");
	for (size_t n = 0; n <= wr_len(&w); n++) {
		struct rd r = body(b, n, TRAIN_LEAVES_ASK);

		assert_int_equal(train_leaves_ask_get(&l, &r), n == wr_len(&w));
	}
	assert_int_equal(l.cookie, COOKIE);
	assert_int_equal(l.block, 7);
	assert_int_equal(l.first, 88);
}

static void leaves_have_16_bytes_each(void **state)
{
	uint8_t b[64];
	struct wr w = wr_over(b, sizeof(b));
	struct train_leaves l = {0};

	(void)state;
	train_leaves_head_put(ID, 7, 88, &w);
	check(&w, "540b 0000 1122334455667788 00000007 0058");
	wr_bytes(&w, "0123456789abcdefFEDCBA9876543210", 32);
	for (size_t n = 0; n <= wr_len(&w); n++) {
		struct rd r = body(b, n, TRAIN_LEAVES);
		bool is_whole = train_leaves_get(&l, &r);

		assert_int_equal(is_whole, n >= 18);
		if (is_whole)
			assert_int_equal(l.n, (n - 18) / 16);
	}
	assert_int_equal(l.block, 7);
	assert_int_equal(l.first, 88);
	assert_memory_equal(l.leaves, "0123456789abcdefF", 17);
}

/* ---- among servers ------------------------------------------------------ */

static void a_driver_says_what_it_sends(void **state)
{
	const struct train_drives out = {
		.flags = TRAIN_FLAG_LEFT,
		.phase = TRAIN_SAYS_SENDING,
		.turn = 1,
		.group = {IP4(239, 255, 84, 2), 7246},
		.riders = 200,
		.name = "boot/root.img",
		.len = 13,
	};
	struct train_drives d = {0};
	uint8_t b[64];
	struct wr w = wr_over(b, sizeof(b));

	(void)state;
	train_drives_put(ID, &out, &w);
	check(&w, "540e 0001 1122334455667788 00000001 00000000"
		  "efff5402 1c4e 000000c8 02 0d 626f6f742f726f6f742e696d67");
	for (size_t n = 0; n <= wr_len(&w); n++) {
		struct rd r = body(b, n, TRAIN_DRIVES);

		assert_int_equal(train_drives_get(&d, &r), n == wr_len(&w));
	}
	assert_int_equal(d.turn, 1);
	assert_int_equal(d.wish, 0);
	assert_int_equal(d.phase, TRAIN_SAYS_SENDING);
	assert_true(endpoint_is(d.group, out.group));
	assert_int_equal(d.riders, 200);
	assert_int_equal(d.len, 13);
	assert_memory_equal(d.name, out.name, 13);
	b[31] = 0; /* no name */
	{
		struct rd r = body(b, wr_len(&w), TRAIN_DRIVES);

		assert_false(train_drives_get(&d, &r));
	}
}

static void what_is_handed_on_is_as_long_as_its_answer(void **state)
{
	const struct train_forward out = {.rider = {IP4(10, 0, 0, 7), 40000},
					  .name = "boot/root.img",
					  .len = 13};
	char want[1100] = "540f 0000 0102030405060708 0a000007 9c40"
			  "0d 626f6f742f726f6f742e696d67";
	struct train_forward f = {0};
	uint8_t b[600];
	struct wr w = wr_over(b, sizeof(b));

	(void)state;
	for (int i = 0; i < 480; i++)
		strcat(want, "00");
	train_forward_put(NONCE, &out, &w);
	check(&w, want);
	assert_int_equal(wr_len(&w), TRAIN_BOARD_LEN);
	for (size_t n = 0; n <= wr_len(&w); n++) {
		struct rd r = body(b, n, TRAIN_FORWARD);

		assert_int_equal(train_forward_get(&f, &r), n == wr_len(&w));
	}
	assert_true(endpoint_is(f.rider, out.rider));
	assert_int_equal(f.len, 13);
	assert_memory_equal(f.name, out.name, 13);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_head_says_whose_train_it_is),
		cmocka_unit_test(board_is_as_long_as_its_answer_may_be),
		cmocka_unit_test(board_names_a_file),
		cmocka_unit_test(a_ticket_is_a_cookie_a_group_and_a_head),
		cmocka_unit_test(
			a_ticket_may_say_why_its_manifest_is_not_the_files_own),
		cmocka_unit_test(a_refusal_has_a_code_and_perhaps_words),
		cmocka_unit_test(what_is_wanted_are_intervals),
		cmocka_unit_test(intervals_rise_and_are_not_empty),
		cmocka_unit_test(intervals_are_128_at_most),
		cmocka_unit_test(goodbye_is_a_cookie),
		cmocka_unit_test(a_status_says_what_is_pending),
		cmocka_unit_test(a_status_may_say_nothing_of_blocks),
		cmocka_unit_test(the_longest_status_fits_into_a_message),
		cmocka_unit_test(a_report_is_one_number_a_block),
		cmocka_unit_test(a_report_may_lack_nothing),
		cmocka_unit_test(a_probe_has_a_round_and_some_have_nothing),
		cmocka_unit_test(data_are_what_follows_20_bytes),
		cmocka_unit_test(leaves_are_asked_for_by_block),
		cmocka_unit_test(leaves_have_16_bytes_each),
		cmocka_unit_test(a_driver_says_what_it_sends),
		cmocka_unit_test(what_is_handed_on_is_as_long_as_its_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
