/*
 * Frames on a packet socket: what NeXT machines really send, our own frames
 * byte by byte, and every way in which a length or a checksum can lie.
 */
#include "wire/frame.h"

#include "stage/hex.h"
#include "wire/bootp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { NEXT_FRAME = FRAME_UDP_HEAD + 300, ROOM = 2048 };

/* A NeXT machine's request: UDP checksum 0. */
static const char request[] =
	"ffffffffffff00000f00075a0800 4500014800010000ff11baa400000000ffffffff"
	"0044004301340000 01010600 32e1c25a 00000000 00000000 00000000 00000000"
	"00000000 00000f00075a00000000000000000000";
/* Its answer in a dialog: broadcast frame, unicast datagram. */
static const char answer[] =
	"ffffffffffff00000f00075a0800 4500014800010000ff11acfa00000000c0a84d01"
	"0044004301340000 01010600 32e1c26d 00000000 00000000 00000000 00000000"
	"00000000 00000f00075a00000000000000000000";
/* A positive reply, UDP checksum filled. */
static const char reply[] =
	"00000f00075a00000f0012ab0800 4500014800010000ff119f47c0a84d01c0a84d0a"
	"0043004401345f71 02010600 32e1c25a 00000000 00000000 c0a84d0a c0a84d01"
	"00000000 00000f00075a00000000000000000000";

/* The whole frame from its beginning and the vendor area at its end. */
static void next_frame(const char *begin, const char *vend, uint8_t *b)
{
	memset(b, 0, NEXT_FRAME);
	hex(begin, b, NEXT_FRAME);
	hex(vend, b + FRAME_UDP_HEAD + BOOTP_FIXED, 64);
}

static void next_reply(uint8_t *b)
{
	next_frame(reply, "4e65585401", b);
	memcpy(b + FRAME_UDP_HEAD + 44, "wizard", 6);
	memcpy(b + FRAME_UDP_HEAD + 108, "/private/tftpboot/mach", 22);
}

static bool get(struct frame_udp *f, const uint8_t *b, size_t len)
{
	uint8_t *exact = malloc(len ? len : 1);
	struct rd r;
	bool is_one;

	assert_non_null(exact);
	memcpy(exact, b, len);
	r = rd_over(exact, len);
	is_one = frame_udp_get(f, &r);
	/* The payload is looked at through the test's own copy. */
	f->bytes = is_one ? b + (f->bytes - exact) : NULL;
	free(exact);
	return is_one;
}

static void hears_a_next_machine(void **state)
{
	uint8_t b[NEXT_FRAME];
	struct frame_udp f;

	(void)state;
	next_frame(request, "4e65585401", b);
	assert_true(get(&f, b, sizeof(b)));
	assert_memory_equal(f.dst, "\xff\xff\xff\xff\xff\xff", 6);
	assert_memory_equal(f.src, "\0\0\x0f\0\7\x5a", 6);
	assert_int_equal(f.from.ip, 0);
	assert_int_equal(f.from.port, BOOTP_CLIENT_PORT);
	assert_int_equal(f.to.ip, IP_BROADCAST);
	assert_int_equal(f.to.port, BOOTP_SERVER_PORT);
	assert_int_equal(f.ttl, 255);
	assert_int_equal(f.len, 300);
	assert_ptr_equal(f.bytes, b + FRAME_UDP_HEAD);
}

/* No UDP socket ever sees this one. */
static void hears_a_dialog_answer_to_our_own_address(void **state)
{
	uint8_t b[NEXT_FRAME];
	struct frame_udp f;
	struct bootp m;
	struct next_vend v;

	(void)state;
	next_frame(answer, "4e6558540100010177656e6479", b);
	assert_true(get(&f, b, sizeof(b)));
	assert_int_equal(f.from.ip, 0);
	assert_int_equal(f.to.ip, IP4(192, 168, 77, 1));

	struct rd r = rd_over(f.bytes, f.len);

	assert_true(bootp_get(&m, &r));
	assert_true(next_vend_get(&v, &m));
	assert_string_equal(v.text, "wendy");
}

static void checks_a_filled_udp_checksum(void **state)
{
	uint8_t b[NEXT_FRAME];
	struct frame_udp f;

	(void)state;
	next_reply(b);
	assert_true(get(&f, b, sizeof(b)));
	for (size_t i = ETH_HEAD + IP_HEAD; i < sizeof(b); i++) {
		b[i] ^= 0x10;
		assert_false(get(&f, b, sizeof(b)));
		b[i] ^= 0x10;
	}
}

static void checks_every_byte_of_the_ip_header(void **state)
{
	uint8_t b[NEXT_FRAME];
	struct frame_udp f;

	(void)state;
	next_frame(request, "4e65585401", b);
	for (size_t i = 12; i < ETH_HEAD + IP_HEAD; i++)
		for (unsigned bit = 0; bit < 8; bit++) {
			b[i] ^= (uint8_t)(1 << bit);
			assert_false(get(&f, b, sizeof(b)));
			b[i] ^= (uint8_t)(1 << bit);
		}
	assert_true(get(&f, b, sizeof(b)));
}

static void refuses_every_shorter_frame(void **state)
{
	uint8_t b[NEXT_FRAME];
	struct frame_udp f;

	(void)state;
	next_frame(request, "4e65585401", b);
	for (size_t len = 0; len < sizeof(b); len++)
		assert_false(get(&f, b, len));
}

/* Puts a right checksum into the IP header, so that a test sees what else is
 * wrong with it. */
static void seal(uint8_t *b)
{
	size_t head = (size_t)(b[14] & 0xf) * 4;
	unsigned sum = 0;

	b[24] = b[25] = 0;
	for (size_t i = 0; i < head; i += 2)
		sum += (unsigned)(b[14 + i] << 8 | b[15 + i]);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	b[24] = (uint8_t)(~sum >> 8);
	b[25] = (uint8_t)~sum;
}

static void judges_lengths_and_fragments_behind_a_right_checksum(void **state)
{
	static const struct {
		const char *why;
		size_t at;
		const char *hex;
		bool is_one;
	} cases[] = {
		{"as it was", 14, "45", true},
		{"version 6", 14, "65", false},
		{"header of 16 bytes", 14, "44", false},
		{"type of service", 15, "10", true},
		{"total longer than the frame", 16, "0149", false},
		{"total of 0", 16, "0000", false},
		{"total below the header", 16, "0013", false},
		{"total without UDP", 16, "0014", false},
		{"total with half of UDP's header", 16, "001b", false},
		{"total below UDP's length", 16, "0147", false},
		{"another id", 18, "beef", true},
		{"don't fragment", 20, "4000", true},
		{"the reserved bit", 20, "8000", true},
		{"more fragments", 20, "2000", false},
		{"a fragment's offset", 20, "0001", false},
		{"the largest offset", 20, "1fff", false},
		{"TTL 1", 22, "01", true},
		{"TCP", 23, "06", false},
		{"UDP-Lite", 23, "88", false},
		{"UDP length 7", 38, "0007", false},
		{"UDP length 8", 38, "0008", true},
		{"UDP shorter than IP", 38, "0133", true},
		{"UDP longer than IP", 38, "0135", false},
		{"UDP length 0", 38, "0000", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint8_t b[NEXT_FRAME];
		struct frame_udp f;

		next_frame(request, "4e65585401", b);
		hex(cases[i].hex, b + cases[i].at, 2);
		seal(b);
		if (get(&f, b, sizeof(b)) != cases[i].is_one)
			fail_msg("%s", cases[i].why);
	}
}

static void passes_over_ip_options(void **state)
{
	uint8_t b[NEXT_FRAME + 4];
	struct frame_udp f;

	(void)state;
	next_frame(request, "4e65585401", b);
	memmove(b + 38, b + 34, NEXT_FRAME - 34);
	hex("94040000", b + 34, 4); /* router alert */
	hex("46", b + 14, 1);
	hex("014c", b + 16, 2);
	seal(b);
	assert_true(get(&f, b, sizeof(b)));
	assert_int_equal(f.len, 300);
	assert_int_equal(f.to.port, BOOTP_SERVER_PORT);
	b[34] ^= 1;
	assert_false(get(&f, b, sizeof(b)));
}

static void leaves_out_the_padding_of_ethernet(void **state)
{
	uint8_t b[60], udp[] = {0xca, 0xfe, 0xba};
	struct wr w = wr_over(b, sizeof(b));
	struct frame_udp f = {.from = {1, 2},
			      .to = {3, 4},
			      .ttl = 1,
			      .bytes = udp,
			      .len = sizeof(udp)};

	(void)state;
	frame_udp_put(&f, &w);
	memset(b + wr_len(&w), 0xa5, wr_room(&w));
	assert_true(get(&f, b, sizeof(b)));
	assert_int_equal(f.len, sizeof(udp));
	assert_memory_equal(f.bytes, udp, sizeof(udp));
}

/* Bytes 34 to 41 are such that they would do as UDP, were it to begin four
 * bytes early: length 312 and no checksum. */
static void refuses_a_header_that_ends_in_the_destination(void **state)
{
	uint8_t b[NEXT_FRAME];
	struct frame_udp f;

	(void)state;
	next_frame(request, "4e65585401", b);
	hex("44", b + 14, 1);
	hex("01380000", b + 34, 4);
	seal(b);
	assert_false(get(&f, b, sizeof(b)));
}

static void sums_an_odd_last_byte(void **state)
{
	uint8_t b[FRAME_UDP_HEAD + 5];
	struct wr w = wr_over(b, sizeof(b));
	struct frame_udp f = {.from = {IP4(10, 99, 7, 1), 0xcbe6},
			      .to = {IP_BROADCAST, 6767},
			      .bytes = (const uint8_t *)"hello",
			      .len = 5};

	(void)state;
	frame_udp_put(&f, &w);
	assert_false(w.bad);
	assert_int_equal(b[40] << 8 | b[41], 0xc448);
}

/* As seen on a veth pair: pseudo-header alone, and not inverted. */
static void takes_what_a_local_sender_left_to_the_card(void **state)
{
	uint8_t b[NEXT_FRAME];
	struct frame_udp f;

	(void)state;
	next_reply(b);
	/* c0a8 + 4d01 + c0a8 + 4d0a + 0011 + 0134 */
	hex("1ca2", b + 40, 2);
	assert_true(get(&f, b, sizeof(b)));
	hex("1ca3", b + 40, 2);
	assert_false(get(&f, b, sizeof(b)));
}

/* The known reply again; only the IP id is ours, 0, and so its checksum. */
static void writes_a_reply_byte_by_byte(void **state)
{
	uint8_t b[NEXT_FRAME], want[NEXT_FRAME];
	struct wr w = wr_over(b, sizeof(b));
	struct frame_udp f;

	(void)state;
	next_reply(want);
	assert_true(get(&f, want, sizeof(want)));
	hex("00000000ff119f48", want + 18, 8);
	frame_udp_put(&f, &w);
	assert_false(w.bad);
	assert_int_equal(wr_len(&w), sizeof(want));
	assert_memory_equal(b, want, sizeof(want));
}

static void reads_back_what_it_wrote(void **state)
{
	uint8_t payload[1472];

	(void)state;
	for (size_t i = 0; i < sizeof(payload); i++)
		payload[i] = (uint8_t)(i * 31 + 7);
	for (size_t len = 0; len <= sizeof(payload); len += 23) {
		uint8_t b[ROOM];
		struct wr w = wr_over(b, sizeof(b));
		struct frame_udp f = {
			.dst = {1, 2, 3, 4, 5, 6},
			.src = {7, 8, 9, 10, 11, 12},
			.from = {IP4(10, 1, 2, 3), (uint16_t)(len * 77)},
			.to = {IP4(250, 255, 254, 253), 4011},
			.ttl = 64,
			.bytes = payload,
			.len = len,
		};
		struct frame_udp back;

		frame_udp_put(&f, &w);
		assert_int_equal(wr_len(&w), FRAME_UDP_HEAD + len);
		assert_true(get(&back, b, wr_len(&w)));
		assert_memory_equal(back.dst, f.dst, 12);
		assert_true(back.from.ip == f.from.ip &&
			    back.from.port == f.from.port);
		assert_true(back.to.ip == f.to.ip && back.to.port == f.to.port);
		assert_int_equal(back.ttl, 64);
		assert_int_equal(back.len, len);
		assert_memory_equal(back.bytes, payload, len);
	}
}

/* Ports and length are chosen so that the sum is ffff, its inverse 0. */
static void never_writes_a_checksum_that_means_none(void **state)
{
	uint8_t b[ROOM];
	struct wr w = wr_over(b, sizeof(b));
	struct frame_udp f = {.from = {0, 0xffff - 17 - 8 - 8}, .to = {0, 0}};

	(void)state;
	frame_udp_put(&f, &w);
	assert_int_equal(b[40] << 8 | b[41], 0xffff);
	assert_true(get(&f, b, wr_len(&w)));
	b[40] ^= 1;
	assert_false(get(&f, b, wr_len(&w)));
}

static void writes_no_part_of_a_frame_as_a_whole(void **state)
{
	uint8_t big[65535 - 28 + 1] = {0}, b[FRAME_UDP_HEAD + 5];
	static uint8_t room[70000];
	struct frame_udp f = {.bytes = big, .len = 5};
	struct wr w;

	(void)state;
	for (size_t n = 0; n < sizeof(b); n++) {
		w = wr_over(b, n);
		frame_udp_put(&f, &w);
		assert_true(w.bad);
	}
	w = wr_over(b, sizeof(b));
	frame_udp_put(&f, &w);
	assert_false(w.bad);

	f.len = sizeof(big);
	w = wr_over(room, sizeof(room));
	frame_udp_put(&f, &w);
	assert_true(w.bad);
	assert_int_equal(wr_len(&w), 0);
	f.len--;
	w = wr_over(room, sizeof(room));
	frame_udp_put(&f, &w);
	assert_false(w.bad);
	assert_true(get(&f, room, wr_len(&w)));
}

/* What a NeXT machine broadcasts once it has its address. */
static const char gratuitous[] =
	"ffffffffffff00000f00075a0806 0001080006040001 00000f00075ac0a84d0a "
	"000000000000c0a84d0a";

static void reads_and_writes_arp(void **state)
{
	uint8_t b[60] = {0}, back[42];
	size_t len = hex(gratuitous, b, sizeof(b));
	struct rd r = rd_over(b, sizeof(b)); /* with Ethernet's padding */
	struct wr w = wr_over(back, sizeof(back));
	struct frame_arp a;

	(void)state;
	assert_int_equal(len, 42);
	assert_true(frame_arp_get(&a, &r));
	assert_int_equal(a.op, ARP_REQUEST);
	assert_memory_equal(a.dst, b, 6);
	assert_memory_equal(a.src, b + 6, 6);
	assert_memory_equal(a.sender_mac, "\0\0\x0f\0\7\x5a", 6);
	assert_int_equal(a.sender_ip, IP4(192, 168, 77, 10));
	assert_memory_equal(a.target_mac, "\0\0\0\0\0\0", 6);
	assert_int_equal(a.target_ip, IP4(192, 168, 77, 10));

	frame_arp_put(&a, &w);
	assert_false(w.bad);
	assert_memory_equal(back, b, 42);
	w = wr_over(back, 41);
	frame_arp_put(&a, &w);
	assert_true(w.bad);
}

static void refuses_other_arp(void **state)
{
	static const struct {
		size_t at;
		uint8_t byte;
		bool is_one;
	} cases[] = {
		{13, 0x00, false}, {12, 0x88, false}, {13, 0x35, false},
		{15, 2, false},    {14, 1, false},    {16, 0x86, false},
		{18, 8, false},    {19, 16, false},   {21, 0, false},
		{21, 2, true},     {21, 3, false},    {20, 1, false},
	};
	uint8_t b[42];
	struct frame_arp a;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct rd r = rd_over(b, sizeof(b));

		hex(gratuitous, b, sizeof(b));
		b[cases[i].at] = cases[i].byte;
		assert_int_equal(frame_arp_get(&a, &r), cases[i].is_one);
	}
	hex(gratuitous, b, sizeof(b));
	for (size_t len = 0; len < sizeof(b); len++) {
		uint8_t *exact = malloc(len ? len : 1);
		struct rd r = rd_over(exact, len);

		memcpy(exact, b, len);
		assert_false(frame_arp_get(&a, &r));
		free(exact);
	}
}

/* R7: a machine asks for its own address, and Debian's rarpd tells it. */
static const char rarp_request[] =
	"ffffffffffff00000f00075a8035 0001080006040003 00000f00075a00000000 "
	"00000f00075a00000000";
static const char rarp_reply[] =
	"00000f00075a120552fb488e8035 0001080006040004 120552fb488ec0a84d01 "
	"00000f00075ac0a84d0a";

static void reads_and_writes_rarp(void **state)
{
	static const char *const both[] = {rarp_request, rarp_reply};

	(void)state;
	for (int i = 0; i < 2; i++) {
		uint8_t b[60] = {0}, back[42];
		size_t len = hex(both[i], b, sizeof(b));
		struct rd r = rd_over(b, sizeof(b));
		struct wr w = wr_over(back, sizeof(back));
		struct frame_arp a;

		assert_int_equal(len, 42);
		assert_true(frame_rarp_get(&a, &r));
		assert_int_equal(a.op, i ? RARP_REPLY : RARP_REQUEST);
		assert_memory_equal(a.target_mac, "\0\0\x0f\0\7\x5a", 6);
		assert_int_equal(a.target_ip, i ? IP4(192, 168, 77, 10) : 0);
		frame_rarp_put(&a, &w);
		assert_memory_equal(back, b, 42);
		r = rd_over(b, sizeof(b));
		assert_false(frame_arp_get(&a, &r));
		b[21] = (uint8_t)(b[21] - 2); /* ARP's operations */
		r = rd_over(b, sizeof(b));
		assert_false(frame_rarp_get(&a, &r));
	}
}

static void tells_a_frame_by_its_type(void **state)
{
	uint8_t b[14];
	struct rd r = rd_over(b, sizeof(b)), shorter = rd_over(b, 13);

	(void)state;
	hex("ffffffffffff00000f00075a0806", b, sizeof(b));
	assert_int_equal(frame_type(&r), ETH_ARP);
	assert_int_equal(rd_left(&r), sizeof(b));
	assert_false(r.bad);
	assert_int_equal(frame_type(&shorter), 0);
}

static void tells_a_datagram_by_its_port(void **state)
{
	uint8_t b[NEXT_FRAME];
	struct rd r = rd_over(b, sizeof(b)), shorter = rd_over(b, 37);

	(void)state;
	next_frame(request, "4e65585401", b);
	assert_int_equal(frame_udp_port(&r), BOOTP_SERVER_PORT);
	assert_int_equal(frame_udp_port(&shorter), 0);
	b[23] = 6; /* TCP */
	assert_int_equal(frame_udp_port(&r), 0);
	b[23] = 17;
	b[14] = 0x46; /* options before it */
	b[40] = 0x12;
	b[41] = 0x34;
	assert_int_equal(frame_udp_port(&r), 0x1234);
}

static void maps_groups_to_ethernet(void **state)
{
	static const struct {
		uint32_t group;
		const char *mac;
	} cases[] = {
		{IP4(239, 255, 1, 1), "\x01\x00\x5e\x7f\x01\x01"},
		{IP4(224, 0, 0, 1), "\x01\x00\x5e\x00\x00\x01"},
		{IP4(224, 128, 1, 2), "\x01\x00\x5e\x00\x01\x02"},
		{IP4(239, 255, 255, 255), "\x01\x00\x5e\x7f\xff\xff"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint8_t mac[6];

		frame_group_mac(cases[i].group, mac);
		assert_memory_equal(mac, cases[i].mac, 6);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hears_a_next_machine),
		cmocka_unit_test(hears_a_dialog_answer_to_our_own_address),
		cmocka_unit_test(checks_a_filled_udp_checksum),
		cmocka_unit_test(checks_every_byte_of_the_ip_header),
		cmocka_unit_test(refuses_every_shorter_frame),
		cmocka_unit_test(
			judges_lengths_and_fragments_behind_a_right_checksum),
		cmocka_unit_test(passes_over_ip_options),
		cmocka_unit_test(leaves_out_the_padding_of_ethernet),
		cmocka_unit_test(refuses_a_header_that_ends_in_the_destination),
		cmocka_unit_test(sums_an_odd_last_byte),
		cmocka_unit_test(takes_what_a_local_sender_left_to_the_card),
		cmocka_unit_test(writes_a_reply_byte_by_byte),
		cmocka_unit_test(reads_back_what_it_wrote),
		cmocka_unit_test(never_writes_a_checksum_that_means_none),
		cmocka_unit_test(writes_no_part_of_a_frame_as_a_whole),
		cmocka_unit_test(reads_and_writes_arp),
		cmocka_unit_test(refuses_other_arp),
		cmocka_unit_test(reads_and_writes_rarp),
		cmocka_unit_test(tells_a_frame_by_its_type),
		cmocka_unit_test(tells_a_datagram_by_its_port),
		cmocka_unit_test(maps_groups_to_ethernet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
