/*
 * TFTP's codec against packets captured from clients that we did not write.
 */
#include "wire/tftp.h"

#include "stage/hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* ---- requests ----------------------------------------------------------- */

#define RRQ "\0\1mach\0octet\0"

/* A string constant with its inner NULs; the last one belongs to C. */
#define BYTES(s) (s), sizeof(s) - 1

static const char etherboot[] =
	"00012f756e64696f6e6c792e6b707865006f63746574006d756c7469636173740000"
	"626c6b73697a650031303234007473697a650000";
static const char ipxe[] = "00016269672e62696e006f6374657400626c6b73697a650031"
			   "343332007473697a650030006d756c7469636173740000";
static const char ovmf[] =
	"0001736e706f6e6c792e656669006f63746574007473697a65003000626c6b73697a65"
	"00313436380077696e646f7773697a65003400";

static const struct {
	const char *bytes, *name;
	struct tftp_options options;
} captured[] = {
	{etherboot,
	 "/undionly.kpxe",
	 {.has = TFTP_HAS_MULTICAST | TFTP_HAS_BLKSIZE | TFTP_HAS_TSIZE,
	  .blksize = 1024}},
	{ipxe,
	 "big.bin",
	 {.has = TFTP_HAS_MULTICAST | TFTP_HAS_BLKSIZE | TFTP_HAS_TSIZE,
	  .blksize = 1432}},
	{ovmf,
	 "snponly.efi",
	 {.has = TFTP_HAS_TSIZE | TFTP_HAS_BLKSIZE | TFTP_HAS_WINDOWSIZE,
	  .blksize = 1468,
	  .windowsize = 4}},
};

static void assert_options(const struct tftp_options *a,
			   const struct tftp_options *b)
{
	assert_int_equal(a->has, b->has);
	assert_int_equal(a->blksize, b->blksize);
	assert_int_equal(a->timeout, b->timeout);
	assert_int_equal(a->tsize, b->tsize);
	assert_int_equal(a->windowsize, b->windowsize);
	assert_int_equal(a->group.ip, b->group.ip);
	assert_int_equal(a->group.port, b->group.port);
	assert_int_equal(a->is_master, b->is_master);
	assert_int_equal(a->has_unknown, b->has_unknown);
}

static void requests_of_known_clients_are_understood(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof captured / sizeof captured[0]; i++) {
		uint8_t b[128];
		struct tftp_request q;
		struct rd r = rd_over(b, hex(captured[i].bytes, b, sizeof b));

		assert_int_equal(tftp_op(&r), TFTP_RRQ);
		assert_true(tftp_request_get(&q, &r));
		assert_int_equal(q.op, TFTP_RRQ);
		assert_string_equal(q.name, captured[i].name);
		assert_int_equal(q.name_len, strlen(captured[i].name));
		assert_true(q.is_octet);
		assert_options(&q.options, &captured[i].options);
	}
}

static bool request(struct tftp_request *q, const char *bytes, size_t len)
{
	struct rd r = rd_over(bytes, len);

	return tftp_request_get(q, &r);
}

static void a_request_needs_a_name_and_a_mode(void **state)
{
	struct tftp_request q;

	(void)state;
	assert_true(request(&q, BYTES("\0\1a\0octet\0")));
	assert_true(request(&q, BYTES("\0\1a\0OcTeT\0")));
	assert_true(q.is_octet);
	assert_true(request(&q, BYTES("\0\2a\0NETASCII\0")));
	assert_false(q.is_octet);
	assert_int_equal(q.op, TFTP_WRQ);
	assert_true(request(&q, BYTES("\0\1\0octet\0")));
	assert_int_equal(q.name_len, 0);

	assert_false(request(&q, BYTES("\0\1a\0octet")));
	assert_false(request(&q, BYTES("\0\1a\0mail\0")));
	assert_false(request(&q, BYTES("\0\1a\0\0")));
	assert_false(request(&q, BYTES("\0\1a\0octets\0")));
	assert_false(request(&q, BYTES("\0\1a\0")));
	assert_false(request(&q, BYTES("\0\1a")));
	assert_false(request(&q, BYTES("\0\1")));
	assert_false(request(&q, BYTES("\0\3a\0octet\0")));
	assert_false(request(&q, BYTES("\1\1a\0octet\0")));
	assert_false(request(&q, BYTES("\0")));
	assert_false(request(&q, NULL, 0));
}

static void a_name_has_at_most_255_bytes(void **state)
{
	uint8_t b[512];
	char name[TFTP_NAME_MAX + 1];
	struct tftp_request got, q = {.op = TFTP_RRQ, .name = name};

	(void)state;
	memset(name, 'n', sizeof name);
	for (q.name_len = 254; q.name_len < 257; q.name_len++) {
		struct wr w = wr_over(b, sizeof b);

		tftp_request_put(&q, &w);
		assert_false(w.bad);
		assert_int_equal(request(&got, (char *)b, wr_len(&w)),
				 q.name_len <= TFTP_NAME_MAX);
	}
}

static void junk_behind_the_options_is_ignored(void **state)
{
	struct tftp_request q;

	(void)state;
	assert_true(request(&q, BYTES(RRQ "blksize\0"
					  "1024\0junk")));
	assert_int_equal(q.options.has, TFTP_HAS_BLKSIZE);
	assert_true(request(&q, BYTES(RRQ "\0\0\0tsize\0"
					  "0\0")));
	assert_int_equal(q.options.has, 0);
	assert_true(request(&q, BYTES(RRQ "\0\0tsize\0"
					  "0\0")));
	assert_int_equal(q.options.has, 0);
	assert_false(q.options.has_unknown);
	assert_true(request(&q, BYTES(RRQ "tsize\0")));
	assert_int_equal(q.options.has, 0);
	assert_true(request(&q, BYTES(RRQ "\377\377\377")));
	assert_int_equal(q.options.has, 0);
	assert_false(q.options.has_unknown);
}

/* ---- options ------------------------------------------------------------ */

static const struct {
	const char *name, *value;
	unsigned bit;
	uint64_t n;
} values[] = {
	{"blksize", "8", TFTP_HAS_BLKSIZE, 8},
	{"BlkSize", "65464", TFTP_HAS_BLKSIZE, 65464},
	{"blksize", "7", 0, 0},
	{"blksize", "65465", 0, 0},
	{"blksize", "4294967808", 0, 0},
	{"blksize", "18446744073709552128", 0, 0},
	{"blksize", "512x", 0, 0},
	{"blksize", " 512", 0, 0},
	{"blksize", "-512", 0, 0},
	{"blksize", "", 0, 0},
	{"timeout", "1", TFTP_HAS_TIMEOUT, 1},
	{"TIMEOUT", "255", TFTP_HAS_TIMEOUT, 255},
	{"timeout", "0", 0, 0},
	{"timeout", "256", 0, 0},
	{"windowsize", "1", TFTP_HAS_WINDOWSIZE, 1},
	{"windowsize", "65535", TFTP_HAS_WINDOWSIZE, 65535},
	{"windowsize", "0", 0, 0},
	{"windowsize", "65536", 0, 0},
	{"tsize", "0", TFTP_HAS_TSIZE, 0},
	{"tsize", "9223372036854775807", TFTP_HAS_TSIZE, INT64_MAX},
	{"tsize", "9223372036854775808", 0, 0},
	{"tsize", "1e6", 0, 0},
};

static uint64_t value_of(const struct tftp_options *o)
{
	switch (o->has) {
	case TFTP_HAS_BLKSIZE:
		return o->blksize;
	case TFTP_HAS_TIMEOUT:
		return o->timeout;
	case TFTP_HAS_WINDOWSIZE:
		return o->windowsize;
	default:
		return o->tsize;
	}
}

static void values_out_of_range_count_as_not_said(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
		uint8_t b[128];
		struct wr w = wr_over(b, sizeof b);
		struct tftp_request q;
		struct tftp_options o;
		struct rd r;

		wr_u16(&w, TFTP_OACK);
		wr_cstr(&w, values[i].name);
		wr_cstr(&w, values[i].value);
		r = rd_over(b, wr_len(&w));
		assert_true(tftp_oack_get(&o, &r));
		assert_int_equal(o.has, values[i].bit);
		assert_int_equal(value_of(&o), values[i].n);
		assert_false(o.has_unknown);

		w = wr_over(b, sizeof b);
		wr_bytes(&w, BYTES(RRQ));
		wr_cstr(&w, values[i].name);
		wr_cstr(&w, values[i].value);
		assert_true(request(&q, (char *)b, wr_len(&w)));
		assert_options(&q.options, &o);
	}
}

static void the_first_of_two_equal_options_counts(void **state)
{
	struct tftp_request q;

	(void)state;
	assert_true(request(&q, BYTES(RRQ "blksize\0"
					  "1024\0BLKSIZE\0"
					  "512\0")));
	assert_int_equal(q.options.blksize, 1024);
	assert_true(request(&q, BYTES(RRQ "blksize\0"
					  "1\0blksize\0"
					  "512\0")));
	assert_int_equal(q.options.has, 0);
}

static void unknown_options_are_noticed_and_passed_over(void **state)
{
	struct tftp_request q;

	(void)state;
	assert_true(request(&q, BYTES(RRQ "rollover\0"
					  "0\0blksize\0"
					  "512\0")));
	assert_true(q.options.has_unknown);
	assert_int_equal(q.options.has, TFTP_HAS_BLKSIZE);
	assert_true(request(&q, BYTES(RRQ "blksize2\0"
					  "512\0")));
	assert_true(q.options.has_unknown);
	assert_int_equal(q.options.has, 0);
}

static void a_request_asks_for_multicast_and_names_no_group(void **state)
{
	struct tftp_request q;

	(void)state;
	assert_true(request(&q, BYTES(RRQ "multicast\0\0")));
	assert_int_equal(q.options.has, TFTP_HAS_MULTICAST);
	assert_true(request(&q, BYTES(RRQ "multicast\0"
					  "239.255.1.1,1758,1\0")));
	assert_int_equal(q.options.has, 0);
	assert_int_equal(q.options.group.ip, 0);
}

static const struct {
	const char *value;
	bool ok;
	uint32_t ip;
	uint16_t port;
	bool is_master;
} channels[] = {
	{"239.255.7.0,1758,1", true, IP4(239, 255, 7, 0), 1758, true},
	{"239.255.7.0,1758,0", true, IP4(239, 255, 7, 0), 1758, false},
	{",,1", true, 0, 0, true},
	{",,0", true, 0, 0, false},
	{"224.1.1.0,,1", true, IP4(224, 1, 1, 0), 0, true},
	{",1758,1", true, 0, 1758, true},
	/* atftpd */
	{"239.255.7.0,-1,0", true, IP4(239, 255, 7, 0), 65535, false},
	{"239.255.7.0,-32768,0", true, IP4(239, 255, 7, 0), 32768, false},
	{"239.255.7.0,-32769,0", false, 0, 0, false},
	{"239.255.7.0,-,0", false, 0, 0, false},
	{"239.255.7.0,65536,0", false, 0, 0, false},
	{"239.255.7.0,1758,2", false, 0, 0, false},
	{"239.255.7.0,1758,", false, 0, 0, false},
	{"239.255.7.0,1758,10", false, 0, 0, false},
	{"239.255.7.0,1758,1,", false, 0, 0, false},
	{"239.255.7.0,1758", false, 0, 0, false},
	{"239.255.7.0", false, 0, 0, false},
	{"239.255.7,1758,1", false, 0, 0, false},
	{"192.0.2.1,1758,1", false, 0, 0, false},
	{"1", false, 0, 0, false},
	{"", false, 0, 0, false},
};

static void a_channel_is_a_group_a_port_and_who_is_master(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof channels / sizeof channels[0]; i++) {
		uint8_t b[128];
		struct wr w = wr_over(b, sizeof b);
		struct tftp_options o;
		struct rd r;

		wr_u16(&w, TFTP_OACK);
		wr_cstr(&w, "multicast");
		wr_cstr(&w, channels[i].value);
		r = rd_over(b, wr_len(&w));
		assert_true(tftp_oack_get(&o, &r));
		assert_int_equal(o.has,
				 channels[i].ok ? TFTP_HAS_MULTICAST : 0);
		assert_int_equal(o.group.ip, channels[i].ip);
		assert_int_equal(o.group.port, channels[i].port);
		assert_int_equal(o.is_master, channels[i].is_master);
	}
}

static void an_oack_is_what_etherboot_accepts(void **state)
{
	const struct tftp_options want = {
		.has = TFTP_HAS_TSIZE | TFTP_HAS_BLKSIZE | TFTP_HAS_MULTICAST,
		.tsize = 76994,
		.blksize = 1024,
		.group = {IP4(239, 255, 7, 0), 1758},
		.is_master = true,
	};
	uint8_t sent[128], b[128];
	size_t n = hex("00067473697a6500373639393400626c6b73697a6500313032"
		       "34006d756c7469636173740032"
		       "33392e3235352e372e302c313735382c3100",
		       sent, sizeof sent);
	struct wr w = wr_over(b, sizeof b);
	struct rd r = rd_over(sent, n);
	struct tftp_options got;

	(void)state;
	assert_true(tftp_oack_get(&got, &r));
	assert_options(&got, &want);
	tftp_oack_put(&want, &w);
	assert_int_equal(wr_len(&w), n);
	assert_memory_equal(b, sent, n);
	w = wr_over(b, n - 1);
	tftp_oack_put(&want, &w);
	assert_true(w.bad);
}

static void all_options_at_once_come_back_as_they_were(void **state)
{
	struct tftp_request got, q = {
					 .op = TFTP_WRQ,
					 .name = "a b",
					 .name_len = 3,
					 .is_octet = false,
					 .options = {.has = 63,
						     .blksize = 65464,
						     .timeout = 255,
						     .tsize = INT64_MAX,
						     .windowsize = 65535,
						     .gaps = UINT32_MAX},
				 };
	struct tftp_options o = q.options;
	uint8_t b[256];
	struct wr w = wr_over(b, sizeof b);
	struct rd r;

	(void)state;
	tftp_request_put(&q, &w);
	assert_true(request(&got, (char *)b, wr_len(&w)));
	assert_int_equal(got.op, TFTP_WRQ);
	assert_string_equal(got.name, "a b");
	assert_false(got.is_octet);
	assert_options(&got.options, &q.options);

	o.group = (struct endpoint){IP4(239, 255, 255, 255), 65535};
	o.is_master = true;
	w = wr_over(b, sizeof b);
	tftp_oack_put(&o, &w);
	r = rd_over(b, wr_len(&w));
	assert_true(tftp_oack_get(&got.options, &r));
	assert_options(&got.options, &o);
}

/* ---- the other packets -------------------------------------------------- */

static void data_are_all_that_follows_the_block_number(void **state)
{
	struct tftp_data d;
	uint8_t b[8];
	struct wr w = wr_over(b, sizeof b);
	struct rd r = rd_over("\0\3\377\376data", 8);

	(void)state;
	assert_true(tftp_data_get(&d, &r));
	assert_int_equal(d.block, 65534);
	assert_int_equal(d.len, 4);
	assert_memory_equal(d.bytes, "data", 4);
	r = rd_over("\0\3\0\1", 4);
	assert_true(tftp_data_get(&d, &r));
	assert_int_equal(d.len, 0);
	r = rd_over("\0\3\0", 3);
	assert_false(tftp_data_get(&d, &r));
	r = rd_over("\0\4\0\1", 4);
	assert_false(tftp_data_get(&d, &r));
	tftp_data_head_put(65534, &w);
	assert_int_equal(wr_len(&w), TFTP_HEAD);
	assert_memory_equal(b, "\0\3\377\376", 4);
}

static void an_ack_is_four_bytes_or_more(void **state)
{
	uint16_t block;
	uint8_t b[4];
	struct wr w = wr_over(b, sizeof b);
	struct rd r;

	(void)state;
	tftp_ack_put(76, &w);
	assert_memory_equal(b, "\0\4\0\x4c", 4);
	r = rd_over(b, 4);
	assert_int_equal(tftp_op(&r), TFTP_ACK);
	assert_true(tftp_ack_get(&block, &r));
	assert_int_equal(block, 76);
	r = rd_over("\0\4\0\1pad", 7);
	assert_true(tftp_ack_get(&block, &r));
	r = rd_over("\0\4\0", 3);
	assert_false(tftp_ack_get(&block, &r));
	r = rd_over("\0\3\0\1", 4);
	assert_false(tftp_ack_get(&block, &r));
}

static void an_ack_may_ask_for_many_blocks(void **state)
{
	uint8_t b[12];
	struct wr w = wr_over(b, 11);
	struct tftp_gap g;
	struct rd r;

	(void)state;
	tftp_gaps_head_put(&w);
	assert_true(tftp_gap_put((struct tftp_gap){3, 2}, &w));
	assert_true(tftp_gap_put((struct tftp_gap){65534, 1}, &w));
	assert_false(tftp_gap_put((struct tftp_gap){1, 1}, &w));
	assert_false(w.bad);
	assert_int_equal(wr_len(&w), 10);
	assert_memory_equal(b, "\0\4\0\3\0\2\377\376\0\1", 10);
	r = rd_over(b + 2, 8);
	assert_true(tftp_gap_next(&g, &r));
	assert_int_equal(g.after, 3);
	assert_int_equal(g.n, 2);
	assert_true(tftp_gap_next(&g, &r));
	assert_int_equal(g.after, 65534);
	assert_int_equal(g.n, 1);
	assert_false(tftp_gap_next(&g, &r));
	/* The plain one asks for one block; a broken pair for none. */
	r = rd_over("\0\7\0", 3);
	assert_true(tftp_gap_next(&g, &r));
	assert_int_equal(g.after, 7);
	assert_int_equal(g.n, 1);
	assert_false(tftp_gap_next(&g, &r));
	r = rd_over("", 0);
	assert_false(tftp_gap_next(&g, &r));
}

static void an_error_may_lack_its_nul_or_its_text(void **state)
{
	struct tftp_error e;
	struct rd r = rd_over("\0\5\0\0closed", 10);

	(void)state;
	assert_true(tftp_error_get(&e, &r));
	assert_int_equal(e.code, TFTP_EUNDEF);
	assert_int_equal(e.text_len, 6);
	assert_memory_equal(e.text, "closed", 6);
	r = rd_over("\0\5\0\1no\0more", 11);
	assert_true(tftp_error_get(&e, &r));
	assert_int_equal(e.code, TFTP_ENOTFOUND);
	assert_int_equal(e.text_len, 2);
	r = rd_over("\0\5\0\3", 4);
	assert_true(tftp_error_get(&e, &r));
	assert_int_equal(e.text_len, 0);
	r = rd_over("\0\5\0", 3);
	assert_false(tftp_error_get(&e, &r));
	r = rd_over("\0\6\0\1no", 7);
	assert_false(tftp_error_get(&e, &r));
}

static void etherboots_refusal_is_an_error_in_the_wrong_byte_order(void **state)
{
	uint8_t b[32];
	size_t n = hex("0005080052464332303930206572726f7200", b, sizeof b);
	struct rd r = rd_over(b, n);
	struct tftp_error e;

	(void)state;
	assert_true(tftp_error_get(&e, &r));
	assert_int_equal(e.code, TFTP_EOPTION << 8);
	assert_string_equal(e.text, "RFC2090 error");
}

static void an_error_is_written_with_its_nul(void **state)
{
	uint8_t b[16];
	struct wr w = wr_over(b, sizeof b);

	(void)state;
	tftp_error_put(TFTP_EACCESS, "no", &w);
	assert_int_equal(wr_len(&w), 7);
	assert_memory_equal(b, "\0\5\0\2no\0", 7);
}

static void an_oack_is_told_by_its_opcode(void **state)
{
	struct tftp_options o;
	struct rd r = rd_over("\0\6", 2);

	(void)state;
	assert_true(tftp_oack_get(&o, &r));
	assert_int_equal(o.has, 0);
	r = rd_over("\0\5", 2);
	assert_false(tftp_oack_get(&o, &r));
	r = rd_over("\0", 1);
	assert_int_equal(tftp_op(&r), 0);
	assert_false(tftp_oack_get(&o, &r));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_of_known_clients_are_understood),
		cmocka_unit_test(a_request_needs_a_name_and_a_mode),
		cmocka_unit_test(a_name_has_at_most_255_bytes),
		cmocka_unit_test(junk_behind_the_options_is_ignored),
		cmocka_unit_test(values_out_of_range_count_as_not_said),
		cmocka_unit_test(the_first_of_two_equal_options_counts),
		cmocka_unit_test(unknown_options_are_noticed_and_passed_over),
		cmocka_unit_test(
			a_request_asks_for_multicast_and_names_no_group),
		cmocka_unit_test(a_channel_is_a_group_a_port_and_who_is_master),
		cmocka_unit_test(an_oack_is_what_etherboot_accepts),
		cmocka_unit_test(all_options_at_once_come_back_as_they_were),
		cmocka_unit_test(data_are_all_that_follows_the_block_number),
		cmocka_unit_test(an_ack_is_four_bytes_or_more),
		cmocka_unit_test(an_ack_may_ask_for_many_blocks),
		cmocka_unit_test(an_error_may_lack_its_nul_or_its_text),
		cmocka_unit_test(
			etherboots_refusal_is_an_error_in_the_wrong_byte_order),
		cmocka_unit_test(an_error_is_written_with_its_nul),
		cmocka_unit_test(an_oack_is_told_by_its_opcode),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
