/*
 * The address mask, as NeXT asks for it and as others do.
 */
#include "wire/icmp.h"

#include "base/addr.h"
#include "stage/hex.h"
#include "wire/frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { ROOM = 128 };

struct sample {
	const char *hex;
	struct icmp_mask m;
};

static const struct sample samples[] = {
	{"1100eeff0000000000000000", {.type = ICMP_MASK_REQUEST}},
	{"1200eefe00000000ffffff00",
	 {.type = ICMP_MASK_REPLY, .mask = 0xffffff00}},
	{"1100dcca1234000100000000",
	 {.type = ICMP_MASK_REQUEST, .id = 0x1234, .sequence = 1}},
	{"1200dcc912340001ffffff00",
	 {.type = ICMP_MASK_REPLY,
	  .id = 0x1234,
	  .sequence = 1,
	  .mask = 0xffffff00}},
};

enum { SAMPLES = sizeof(samples) / sizeof(*samples) };

static bool get(struct icmp_mask *m, const uint8_t *b, size_t len)
{
	uint8_t *exact = malloc(len ? len : 1);
	struct rd r = rd_over(exact, len);
	bool is_one;

	memcpy(exact, b, len);
	is_one = icmp_mask_get(m, &r);
	free(exact);
	return is_one;
}

static void reads_and_writes_questions_and_answers(void **state)
{
	(void)state;
	for (size_t i = 0; i < SAMPLES; i++) {
		const struct icmp_mask *want = &samples[i].m;
		uint8_t b[ROOM], back[ROOM];
		size_t len = hex(samples[i].hex, b, ROOM);
		struct wr w = wr_over(back, ROOM);
		struct icmp_mask m;

		assert_true(get(&m, b, len));
		assert_int_equal(m.type, want->type);
		assert_int_equal(m.id, want->id);
		assert_int_equal(m.sequence, want->sequence);
		assert_int_equal(m.mask, want->mask);
		icmp_mask_put(&m, &w);
		assert_int_equal(wr_len(&w), ICMP_MASK_LEN);
		assert_int_equal(len, ICMP_MASK_LEN);
		assert_memory_equal(back, b, len);
	}
}

static void refuses_each_changed_bit_and_each_shorter_message(void **state)
{
	(void)state;
	for (size_t i = 0; i < SAMPLES; i++) {
		uint8_t b[ROOM];
		size_t len = hex(samples[i].hex, b, ROOM);
		struct icmp_mask m;

		for (size_t bit = 0; bit < 8 * len; bit++) {
			b[bit / 8] ^= (uint8_t)(1 << bit % 8);
			assert_false(get(&m, b, len));
			b[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
		for (size_t n = 0; n < len; n++)
			assert_false(get(&m, b, n));
	}
}

static void other_messages_are_none(void **state)
{
	static const char *const wrong[] = {
		"0800f7ff0000000000000000", /* an echo */
		"1300ecff0000000000000000", /* type 19 */
		"1101eefe0000000000000000", /* code 1 */
	};
	uint8_t b[ROOM] = {0};
	struct icmp_mask m;

	(void)state;
	for (int i = 0; i < 3; i++) {
		size_t len = hex(wrong[i], b, ROOM);

		assert_false(get(&m, b, len));
	}
}

/* A NeXT's whole frame: all ones, its own address, TTL 255. */
static const char frame[] =
	"ffffffffffff00000f00075a0800 4500002000020000ff01ae28c0a84d0affffffff"
	"1100eeff0000000000000000";

static void a_question_rides_in_a_broadcast(void **state)
{
	uint8_t b[ROOM] = {0}, back[ROOM];
	size_t len = hex(frame, b, ROOM);
	struct wr w = wr_over(back, ROOM);
	struct rd r = rd_over(b, 60); /* with Ethernet's padding */
	struct icmp_mask m;
	struct frame_ip f;

	(void)state;
	assert_true(frame_ip_get(&f, &r));
	assert_int_equal(f.protocol, IP_PROTOCOL_ICMP);
	assert_int_equal(f.from, IP4(192, 168, 77, 10));
	assert_int_equal(f.to, IP_BROADCAST);
	assert_int_equal(f.len, ICMP_MASK_LEN);
	assert_true(get(&m, f.bytes, f.len));
	frame_ip_put(&f, &w);
	/* But for the IP header's id, ours is 0, and its checksum. */
	assert_int_equal(wr_len(&w), len);
	hex("0000", b + 18, 2);
	hex("ae2a", b + 24, 2);
	assert_memory_equal(back, b, len);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_and_writes_questions_and_answers),
		cmocka_unit_test(
			refuses_each_changed_bit_and_each_shorter_message),
		cmocka_unit_test(other_messages_are_none),
		cmocka_unit_test(a_question_rides_in_a_broadcast),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
