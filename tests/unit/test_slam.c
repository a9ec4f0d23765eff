/*
 * SLAM's codec against what the original programs put on the wire.
 */
#include "wire/slam.h"

#include "stage/hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* ---- numbers ------------------------------------------------------------ */

static const struct {
	uint64_t v;
	const char *bytes;
} numbers[] = {
	{0, "20"},
	{1, "21"},
	{31, "3f"},
	{32, "4020"},
	{255, "40ff"},
	{256, "4100"},
	{1451, "45ab"},
	{1468, "45bc"},
	{8191, "5fff"},
	{8192, "602000"},
	{65535, "60ffff"},
	{76994, "612cc2"},
	{2097151, "7fffff"},
	{2097152, "80200000"},
	{4000001, "803d0901"},
	{536870911, "9fffffff"},
	{536870912, "a020000000"},
	{137438953471, "bfffffffff"},
	{137438953472, "c02000000000"},
	{35184372088831, "dfffffffffff"},
	{35184372088832, "e0200000000000"},
	{9007199254740991, "ffffffffffffff"},
};
enum { NUMBERS = sizeof numbers / sizeof numbers[0] };

static void numbers_are_as_short_as_they_can_be(void **state)
{
	(void)state;
	for (size_t i = 0; i < NUMBERS; i++) {
		uint8_t want[8], got[8];
		size_t n = hex(numbers[i].bytes, want, sizeof want);
		struct wr w = wr_over(got, sizeof got);

		slam_int_put(&w, numbers[i].v);
		assert_false(w.bad);
		assert_int_equal(wr_len(&w), n);
		assert_int_equal(slam_int_len(numbers[i].v), n);
		assert_memory_equal(got, want, n);
	}
}

static void numbers_are_read_to_their_last_byte_and_no_further(void **state)
{
	(void)state;
	for (size_t i = 0; i < NUMBERS; i++) {
		uint8_t b[9];
		size_t n = hex(numbers[i].bytes, b, sizeof b);
		struct rd r, cut = rd_over(b, n - 1);

		b[n] = 0xff;
		r = rd_over(b, n + 1);
		assert_int_equal(slam_int_get(&r), numbers[i].v);
		assert_int_equal(rd_left(&r), 1);
		assert_int_equal(slam_int_get(&cut), 0);
		assert_true(cut.bad);
	}
}

static void a_longer_form_than_needed_is_read(void **state)
{
	struct rd r = rd_over("\x40\x05\xe0\0\0\0\0\0\x05", 9);

	(void)state;
	assert_int_equal(slam_int_get(&r), 5);
	assert_int_equal(slam_int_get(&r), 5);
	assert_false(r.bad);
}

static void a_first_byte_below_0x20_is_no_number(void **state)
{
	(void)state;
	for (uint8_t first = 0; first < 0x20; first++) {
		uint8_t b[8] = {first, 1, 2, 3, 4, 5, 6, 7};
		struct rd r = rd_over(b, sizeof b);

		assert_int_equal(slam_int_get(&r), 0);
		assert_true(r.bad);
	}
}

static void a_number_past_2_to_the_53_is_not_written(void **state)
{
	uint8_t b[8];
	struct wr w = wr_over(b, sizeof b);

	(void)state;
	slam_int_put(&w, SLAM_NUMBER_MAX + 1);
	assert_true(w.bad);
	assert_int_equal(wr_len(&w), 0);
	w = wr_over(b, 6);
	slam_int_put(&w, SLAM_NUMBER_MAX);
	assert_true(w.bad);
}

/* ---- what a server sends ------------------------------------------------ */

static const struct slam_header captured = {0x6b0238b5, 4000001, 1451};
#define CAPTURED "a06b0238b5 803d0901 45ab"

static bool packet(struct slam_packet *p, const char *bytes, size_t data,
		   bool is_unicast)
{
	static uint8_t b[2048];
	size_t n = hex(bytes, b, 32);
	struct rd r;

	memset(b + n, 0x5a, data);
	r = rd_over(b, n + data);
	return slam_packet_get(p, &r, is_unicast);
}

static void a_status_request_is_a_header_alone(void **state)
{
	struct slam_packet p;
	uint8_t want[32], got[32];
	size_t n = hex(CAPTURED, want, sizeof want);
	struct wr w = wr_over(got, sizeof got);

	(void)state;
	assert_true(packet(&p, CAPTURED, 0, true));
	assert_false(p.is_data);
	assert_int_equal(p.header.transaction, captured.transaction);
	assert_int_equal(p.header.total_bytes, captured.total_bytes);
	assert_int_equal(p.header.block_size, captured.block_size);
	assert_int_equal(slam_packets(&p.header), 2757);
	slam_header_put(&captured, &w);
	assert_int_equal(wr_len(&w), n);
	assert_memory_equal(got, want, n);

	assert_false(packet(&p, CAPTURED, 1, true));
	assert_false(packet(&p, "a06b0238b5 803d0901 45", 0, true));
	assert_false(packet(&p, CAPTURED, 0, false));
}

static void data_carry_their_number_and_exactly_their_bytes(void **state)
{
	static const struct {
		const char *head;
		uint64_t number;
		size_t len;
	} rows[] = {
		{CAPTURED "20", 0, 1451},
		{CAPTURED "3f", 31, 1451},
		{CAPTURED "4020", 32, 1451},
		{CAPTURED "4ac4", 2756, 1045},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct slam_packet p;
		uint8_t want[32], got[32];
		size_t n = hex(rows[i].head, want, sizeof want);
		struct wr w = wr_over(got, sizeof got);

		assert_true(packet(&p, rows[i].head, rows[i].len, false));
		assert_true(p.is_data);
		assert_int_equal(p.packet, rows[i].number);
		assert_int_equal(p.len, rows[i].len);
		assert_int_equal(p.bytes[0], 0x5a);
		slam_data_head_put(&captured, rows[i].number, &w);
		assert_int_equal(wr_len(&w), n);
		assert_memory_equal(got, want, n);

		assert_false(packet(&p, rows[i].head, rows[i].len + 1, false));
		assert_false(packet(&p, rows[i].head, rows[i].len - 1, false));
		assert_false(packet(&p, rows[i].head, 0, false));
	}
}

static void data_may_be_elsewhere_as_long_as_their_length_is_right(void **state)
{
	uint8_t b[32];
	struct rd r = rd_over(b, hex(CAPTURED "4ac4", b, sizeof b)), start = r;
	struct slam_packet p;

	(void)state;
	assert_true(slam_packet_get_with(&p, &r, false, 1045));
	assert_int_equal(p.packet, 2756);
	assert_int_equal(p.len, 0);
	r = start;
	assert_false(slam_packet_get_with(&p, &r, false, 1044));
	r = start;
	assert_false(slam_packet_get_with(&p, &r, false, SIZE_MAX));
	/* a status request has none */
	r = rd_over(b, hex(CAPTURED, b, sizeof b));
	assert_false(slam_packet_get_with(&p, &r, true, 1));
}

static void packets_that_would_harm_a_client_are_none(void **state)
{
	struct slam_packet p;

	(void)state;
	/* past the end: Etherboot writes such a packet behind its buffer */
	assert_false(packet(&p, CAPTURED "4ac5", 0, false));
	assert_false(packet(&p, CAPTURED "4ac5", 1451, false));
	assert_false(packet(&p, CAPTURED "ffffffffffffff", 1451, false));
	/* a block size of nothing, a file of nothing */
	assert_false(packet(&p, "21 24 20", 0, true));
	assert_false(packet(&p, "21 20 24", 0, true));
	assert_false(packet(&p, "21 20 24 20", 0, false));
	/* 65507 bytes are the most that a datagram holds */
	assert_true(packet(&p, "21 24 60ffe3", 0, true));
	assert_false(packet(&p, "21 24 60ffe4", 0, true));
	assert_false(packet(&p, "00", 0, true));
	assert_false(packet(&p, "", 0, true));
	assert_false(packet(&p, "", 0, false));
}

static void a_header_too_long_for_etherboot_is_not_written(void **state)
{
	struct slam_header h = {SLAM_NUMBER_MAX, SLAM_NUMBER_MAX, 65507};
	uint8_t b[32];
	struct wr w = wr_over(b, sizeof b);

	(void)state;
	slam_header_put(&h, &w);
	assert_false(w.bad);
	assert_int_equal(wr_len(&w), SLAM_HEADER_MAX);
	h.block_size = 2097152;
	w = wr_over(b, sizeof b);
	slam_header_put(&h, &w);
	assert_true(w.bad);
}

static void the_packets_hold_the_whole_file(void **state)
{
	static const struct slam_header rows[] = {
		{1, 1, 1451},      {1, 1451, 1451},          {1, 1452, 1451},
		{1, 2902, 1451},   {1, 76994, 1024},         {1, 7, 1},
		{1, 536870911, 3}, {1, 9007199254740991, 1}, {1, 65507, 65507},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct slam_header *h = &rows[i];
		uint64_t n = slam_packets(h);
		size_t last = slam_packet_len(h, n - 1);

		assert_true(last > 0 && last <= h->block_size);
		assert_int_equal((n - 1) * h->block_size + last,
				 h->total_bytes);
		assert_int_equal(slam_packet_len(h, n), 0);
		assert_int_equal(slam_packet_len(h, UINT64_MAX), 0);
		if (n > 1)
			assert_int_equal(slam_packet_len(h, 0), h->block_size);
	}
}

static void a_block_size_never_divides_the_file(void **state)
{
	(void)state;
	assert_int_equal(slam_block_size(4000001), 1451);
	assert_int_equal(slam_block_size(1), 1451);
	assert_int_equal(slam_block_size(1451), 1450);
	assert_int_equal(slam_block_size((uint64_t)1451 * 1450), 1449);
	assert_int_equal(slam_block_size(0), 0);
	for (uint64_t total = 1; total < 5000; total++)
		assert_true(total % slam_block_size(total) != 0);
}

/* ---- what a client sends ------------------------------------------------ */

static struct rd bytes(const char *text)
{
	static uint8_t b[128];

	return rd_over(b, hex(text, b, sizeof b));
}

static void a_call_is_known_by_its_first_byte(void **state)
{
	struct rd r = bytes("202100");
	const uint8_t *at = r.p;

	(void)state;
	assert_int_equal(slam_call_kind(&r), SLAM_NACK);
	assert_ptr_equal(r.p, at);
	r = bytes("00");
	assert_int_equal(slam_call_kind(&r), SLAM_DISCONNECT);
	r = bytes("00 6d737472");
	assert_int_equal(slam_call_kind(&r), SLAM_DISCONNECT);
	r = bytes("0500");
	assert_int_equal(slam_call_kind(&r), SLAM_NOTHING);
	r = bytes("1f");
	assert_int_equal(slam_call_kind(&r), SLAM_NOTHING);
	r = bytes("");
	assert_int_equal(slam_call_kind(&r), SLAM_NOTHING);
}

/* "10+71 82+252": packets from 10 on, 71 of them, and so on. */
static void assert_runs(const char *list, uint64_t packets, const char *want)
{
	struct slam_runs s = slam_runs_over(bytes(list));
	struct slam_run run;
	char *end;

	while (slam_runs_next(&s, packets, &run)) {
		assert_true(*want);
		assert_int_equal(run.first, strtoull(want, &end, 10));
		assert_int_equal(run.n, strtoull(end + 1, &end, 10));
		want = end + (*end == ' ');
	}
	assert_string_equal(want, "");
	assert_false(slam_runs_next(&s, packets, &run));
}

static void lists_of_the_known_clients_are_understood(void **state)
{
	(void)state;
	assert_runs("202100", UINT64_MAX, "0+1");
	/* Etherboot */
	assert_runs("21440900", 1034, "1+1033");
	assert_runs("43e1402900", 1034, "993+41");
	assert_runs("2a 4047 21 40fc 22 4044 21 4037 23 29 21 2c 22 23 22 2a 22"
		    " 22 22 4020 21 4023 21 4081 21 3d 21 4040 21 40e8 00",
		    1034,
		    "10+71 82+252 336+68 405+55 463+9 473+12 487+3 492+10 504+2"
		    " 508+32 541+35 577+129 707+29 737+64 802+232");
	/* iPXE: one gap, four packets at most */
	assert_runs("212400", 2757, "1+4");
	assert_runs("3d2400", 2757, "29+4");
	assert_runs("40212400", 2757, "33+4");
	assert_runs("4ac12400", 2757, "2753+4");
}

static void a_list_reaches_as_far_as_its_last_number(void **state)
{
	static const struct {
		const char *list;
		uint64_t end;
	} rows[] = {{"202100", 1},
		    {"20212400", 5},
		    {"2700", 7},
		    {"2a25405500", 100},
		    {"2a2540ff00", 100},
		    {"e000", 0},
		    {"00", 0}};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct slam_runs s = slam_runs_over(bytes(rows[i].list));
		struct slam_run run;

		while (slam_runs_next(&s, 100, &run))
			;
		assert_int_equal(s.at, rows[i].end);
	}
}

static void a_list_may_end_in_packets_that_are_there(void **state)
{
	(void)state;
	assert_runs("2a25405500", 100, "10+5");
	assert_runs("2023406100", 100, "0+3");
	assert_runs("2700", 7, "");
}

static void a_list_never_asks_for_what_is_not_there(void **state)
{
	(void)state;
	assert_runs("202000", 100, "");
	assert_runs("9fffffff2100", 100, "");
	assert_runs("21", 100, "");
	assert_runs("2121", 100, "1+1");
	assert_runs("0500", 100, "");
	assert_runs("e000", 100, "");
	assert_runs("2021 e000", 100, "0+1");
	assert_runs("20 ffffffffffffff 00", 100, "0+100");
	assert_runs("3f ffffffffffffff 21 21 00", 100, "31+69");
	assert_runs("ffffffffffffff ffffffffffffff 21 21 00", 100, "");
	assert_runs("2021 2021 2021 00", 2, "0+1 1+1");
	assert_runs("2020 2020 2020 2124 00", 100, "1+4");
	assert_runs("2021 00 2021", 100, "0+1");
	assert_runs("202100", 0, "");
}

static void a_list_ends_if_the_file_has_become_shorter(void **state)
{
	struct slam_runs s = slam_runs_over(bytes("2a 2a 21 2a 00"));
	struct slam_run run;

	(void)state;
	assert_true(slam_runs_next(&s, 100, &run));
	assert_int_equal(run.first + run.n, 20);
	assert_false(slam_runs_next(&s, 15, &run));
}

static void a_pair_is_written_whole_or_not_at_all(void **state)
{
	uint8_t b[9], want[9];
	struct wr w = wr_over(b, sizeof b);

	(void)state;
	assert_true(slam_run_put(&w, 33, 4));
	assert_false(slam_run_put(&w, 1, 1));
	assert_int_equal(wr_len(&w), 3);
	wr_u8(&w, 0);
	slam_nack_fast_put(&w);
	assert_false(w.bad);
	assert_int_equal(wr_len(&w), hex("402124 00 6d737472", want, 9));
	assert_memory_equal(b, want, wr_len(&w));

	w = wr_over(b, 7);
	assert_true(slam_run_put(&w, 1, 1));
	w = wr_over(b, 6);
	assert_false(slam_run_put(&w, 1, 1));
	assert_false(w.bad);
}

static void a_fast_client_says_so_behind_its_list(void **state)
{
	(void)state;
	assert_true(slam_nack_is_fast(bytes("2021 00 6d737472")));
	assert_true(slam_nack_is_fast(bytes("2a25405500 6d737472 ff")));
	assert_false(slam_nack_is_fast(bytes("202100")));
	assert_false(slam_nack_is_fast(bytes("2021 00 6d7374")));
	assert_false(slam_nack_is_fast(bytes("2021 00 6d737473")));
	assert_false(slam_nack_is_fast(bytes("2021 6d737472")));
	assert_false(slam_nack_is_fast(bytes("2021 05 6d737472")));
	assert_false(slam_nack_is_fast(bytes("2021 e000 6d737472")));
	assert_false(slam_nack_is_fast(bytes("00 6d737472")));
	assert_false(slam_nack_is_fast(bytes("")));
	/* and the list itself is read as by everybody else */
	assert_runs("2021 00 6d737472", 100, "0+1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_as_short_as_they_can_be),
		cmocka_unit_test(
			numbers_are_read_to_their_last_byte_and_no_further),
		cmocka_unit_test(a_longer_form_than_needed_is_read),
		cmocka_unit_test(a_first_byte_below_0x20_is_no_number),
		cmocka_unit_test(a_number_past_2_to_the_53_is_not_written),
		cmocka_unit_test(a_status_request_is_a_header_alone),
		cmocka_unit_test(
			data_carry_their_number_and_exactly_their_bytes),
		cmocka_unit_test(
			data_may_be_elsewhere_as_long_as_their_length_is_right),
		cmocka_unit_test(packets_that_would_harm_a_client_are_none),
		cmocka_unit_test(
			a_header_too_long_for_etherboot_is_not_written),
		cmocka_unit_test(the_packets_hold_the_whole_file),
		cmocka_unit_test(a_block_size_never_divides_the_file),
		cmocka_unit_test(a_call_is_known_by_its_first_byte),
		cmocka_unit_test(lists_of_the_known_clients_are_understood),
		cmocka_unit_test(a_list_reaches_as_far_as_its_last_number),
		cmocka_unit_test(a_list_may_end_in_packets_that_are_there),
		cmocka_unit_test(a_list_never_asks_for_what_is_not_there),
		cmocka_unit_test(a_list_ends_if_the_file_has_become_shorter),
		cmocka_unit_test(a_pair_is_written_whole_or_not_at_all),
		cmocka_unit_test(a_fast_client_says_so_behind_its_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
