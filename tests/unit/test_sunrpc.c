/*
 * Headers of remote calls: what a port mapper is really asked and answers, and
 * every length that can lie.
 */
#include "wire/sunrpc.h"

#include "stage/hex.h"
#include "wire/xdr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { ROOM = 1024 };

/* In memory that is as long as the message, so that a sanitizer sees it all. */
static bool call(struct rpc_call *c, const uint8_t *b, size_t len)
{
	uint8_t *exact = malloc(len ? len : 1);
	struct rd r = rd_over(exact, len);
	bool is_one;

	memcpy(exact, b, len);
	is_one = rpc_call_get(c, &r);
	if (c->cred)
		c->cred = b + (c->cred - exact);
	if (c->args)
		c->args = b + (c->args - exact);
	free(exact);
	return is_one;
}

static bool reply(struct rpc_reply *p, const uint8_t *b, size_t len)
{
	uint8_t *exact = malloc(len ? len : 1);
	struct rd r = rd_over(exact, len);
	bool is_one;

	memcpy(exact, b, len);
	is_one = rpc_reply_get(p, &r);
	if (p->results)
		p->results = b + (p->results - exact);
	free(exact);
	return is_one;
}

/* GETPORT of bootparam over UDP. */
static const char getport[] =
	"00000011 00000000 00000002 000186a0 00000002 00000003"
	"00000000 00000000 00000000 00000000"
	"000186ba 00000001 00000011 00000000";

/* A call of procedure 0 with AUTH_SYS: stamp 1, "wendy", 0, 1, two groups. */
static const char sys[] =
	"00000012 00000000 00000002 000186a0 00000002 00000000"
	"00000001 00000024"
	"00000001 00000005 77656e6479000000 00000000 00000001"
	"00000002 00000004 0000001b"
	"00000000 00000000";

static void reads_a_call(void **state)
{
	uint8_t b[ROOM];
	size_t len = hex(getport, b, ROOM);
	struct rpc_call c;

	(void)state;
	assert_true(call(&c, b, len));
	assert_int_equal(c.xid, 0x11);
	assert_int_equal(c.rpc_version, RPC_VERSION);
	assert_int_equal(c.program, 100000);
	assert_int_equal(c.version, 2);
	assert_int_equal(c.procedure, 3);
	assert_int_equal(c.flavor, RPC_AUTH_NONE);
	assert_int_equal(c.cred_len, 0);
	assert_int_equal(c.len, 16);
	assert_ptr_equal(c.args, b + RPC_CALL_MIN);
}

static void writes_the_same_call(void **state)
{
	static const char *const calls[] = {getport, sys};

	(void)state;
	for (int i = 0; i < 2; i++) {
		uint8_t b[ROOM], back[ROOM];
		size_t len = hex(calls[i], b, ROOM);
		struct wr w = wr_over(back, ROOM);
		struct rpc_call c;

		assert_true(call(&c, b, len));
		rpc_call_put(&c, &w);
		assert_false(w.bad);
		assert_int_equal(wr_len(&w), len);
		assert_memory_equal(back, b, len);
	}
}

static void reads_who_somebody_claims_to_be(void **state)
{
	uint8_t b[ROOM];
	size_t len = hex(sys, b, ROOM);
	struct rpc_call c;
	struct rpc_sys s;

	(void)state;
	assert_true(call(&c, b, len));
	assert_int_equal(c.flavor, RPC_AUTH_SYS);
	assert_int_equal(c.len, 0);
	assert_true(rpc_sys_get(&s, c.cred, c.cred_len));
	assert_int_equal(s.stamp, 1);
	assert_int_equal(s.name_len, 5);
	assert_memory_equal(s.name, "wendy", 5);
	assert_int_equal(s.uid, 0);
	assert_int_equal(s.gid, 1);
	assert_int_equal(s.n_gids, 2);
	assert_int_equal(s.gids[1], 27);
}

static void writes_who_it_claims_to_be(void **state)
{
	struct rpc_sys s = {.stamp = 1,
			    .name = (const uint8_t *)"wendy",
			    .name_len = 5,
			    .gid = 1,
			    .gids = {4, 27},
			    .n_gids = 2};
	uint8_t b[ROOM], want[ROOM];
	struct wr w = wr_over(b, ROOM);

	(void)state;
	hex(sys, want, ROOM);
	rpc_sys_put(&s, &w);
	assert_int_equal(wr_len(&w), 0x24);
	assert_memory_equal(b, want + 32, 0x24);
	s.n_gids = RPC_SYS_GIDS + 1;
	rpc_sys_put(&s, &w);
	assert_true(w.bad);
	w = wr_over(b, ROOM);
	s.n_gids = 0;
	s.name_len = RPC_SYS_NAME + 1;
	rpc_sys_put(&s, &w);
	assert_true(w.bad);
}

static void refuses_every_shorter_call(void **state)
{
	uint8_t b[ROOM];
	size_t len = hex(sys, b, ROOM);
	struct rpc_call c;

	(void)state;
	for (size_t n = 0; n < len; n++)
		assert_false(call(&c, b, n));
	hex(getport, b, ROOM);
	for (size_t n = 0; n < RPC_CALL_MIN; n++)
		assert_false(call(&c, b, n));
	assert_true(call(&c, b, RPC_CALL_MIN));
}

static void judges_each_word_of_a_call(void **state)
{
	static const struct {
		const char *why;
		const char *base;
		size_t at;
		const char *hex;
		bool is_one;
	} cases[] = {
		{"a reply", getport, 4, "00000001", false},
		{"no direction", getport, 4, "00000002", false},
		{"high bit of the direction", getport, 4, "80000000", false},
		{"an unknown flavor", getport, 24, "00000006", true},
		{"AUTH_SYS without a body", getport, 24, "00000001", false},
		{"a credential that takes the verifier", getport, 28,
		 "00000008", true},
		{"one that is not there", getport, 28, "00000020", false},
		{"of 4 GB", getport, 28, "ffffffff", false},
		{"of 4 GB less three", getport, 28, "fffffffd", false},
		{"a verifier that takes the arguments", getport, 36, "00000010",
		 true},
		{"and one byte more", getport, 36, "00000011", false},
		{"a verifier with a padding", getport, 36, "0000000d", true},
		{"a name of 256", sys, 36, "00000100", false},
		{"a name of 4 GB", sys, 36, "fffffffc", false},
		{"17 groups", sys, 56, "00000011", false},
		{"4 billion groups", sys, 56, "ffffffff", false},
		{"a group too many", sys, 56, "00000003", false},
		{"a group too few", sys, 56, "00000001", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint8_t b[ROOM];
		size_t len = hex(cases[i].base, b, ROOM);
		struct rpc_call c;

		hex(cases[i].hex, b + cases[i].at, 4);
		if (call(&c, b, len) != cases[i].is_one)
			fail_msg("%s", cases[i].why);
	}
}

/* Its length fits the datagram; the RFC's 400 bytes are the limit. */
static void takes_credentials_up_to_400_bytes(void **state)
{
	(void)state;
	for (uint8_t flavor = 5; flavor < 8; flavor++)
		for (size_t n = 396; n <= 404; n++) {
			uint8_t b[ROOM], cred[ROOM] = {0};
			struct wr w = wr_over(b, ROOM);
			struct rpc_call c = {.rpc_version = RPC_VERSION,
					     .flavor = flavor,
					     .cred = cred,
					     .cred_len = n},
					again;

			rpc_call_put(&c, &w);
			assert_int_equal(w.bad, n > 400);
			if (n > 400)
				continue;
			assert_true(call(&again, b, wr_len(&w)));
			assert_int_equal(again.cred_len, n);
			b[31]++; /* and it claims one more */
			b[31] = (uint8_t)(b[31] + 3);
			if (n > 396)
				assert_false(call(&again, b, wr_len(&w)));
		}
}

static void tells_another_version_of_rpc(void **state)
{
	uint8_t b[ROOM];
	size_t len = hex(getport, b, ROOM);
	struct rpc_call c;

	(void)state;
	hex("00000003", b + 8, 4);
	assert_true(call(&c, b, len));
	assert_int_equal(c.rpc_version, 3);
	assert_int_equal(c.program, 0);
	assert_int_equal(c.len, 0);
	/* Less than any call ever was is none. */
	assert_false(call(&c, b, RPC_CALL_MIN - 1));
}

/* ---- replies --------------------------------------------------------------
 */

struct sample {
	const char *hex;
	struct rpc_reply p;
};

static const struct sample replies[] = {
	/* GETPORT's 716, and all the ways to say no. */
	{"00000011 00000001 00000000 00000000 00000000 00000000 000002cc",
	 {.xid = 0x11, .status = RPC_SUCCESS, .len = 4}},
	{"00000012 00000001 00000000 00000000 00000000 00000001",
	 {.xid = 0x12, .status = RPC_PROG_UNAVAIL}},
	{"00000012 00000001 00000000 00000000 00000000 00000002"
	 "00000002 00000004",
	 {.xid = 0x12, .status = RPC_PROG_MISMATCH, .low = 2, .high = 4}},
	{"00000012 00000001 00000000 00000000 00000000 00000003",
	 {.xid = 0x12, .status = RPC_PROC_UNAVAIL}},
	{"00000012 00000001 00000000 00000000 00000000 00000004",
	 {.xid = 0x12, .status = RPC_GARBAGE_ARGS}},
	{"00000012 00000001 00000000 00000000 00000000 00000005",
	 {.xid = 0x12, .status = RPC_SYSTEM_ERR}},
	{"00000012 00000001 00000001 00000000 00000002 00000002",
	 {.xid = 0x12, .status = RPC_DENIED_VERSION, .low = 2, .high = 2}},
	/* rpcbind, of a CALLIT to itself. */
	{"00000007 00000001 00000001 00000001 00000005",
	 {.xid = 7, .status = RPC_DENIED_AUTH, .why = RPC_AUTH_TOOWEAK}},
};

enum { REPLIES = sizeof(replies) / sizeof(*replies) };

static void reads_and_writes_each_kind_of_reply(void **state)
{
	(void)state;
	for (size_t i = 0; i < REPLIES; i++) {
		const struct rpc_reply *want = &replies[i].p;
		uint8_t b[ROOM], back[ROOM];
		size_t len = hex(replies[i].hex, b, ROOM);
		struct wr w = wr_over(back, ROOM);
		struct rpc_reply p;

		assert_true(reply(&p, b, len));
		assert_int_equal(p.xid, want->xid);
		assert_int_equal(p.status, want->status);
		assert_int_equal(p.low, want->low);
		assert_int_equal(p.high, want->high);
		assert_int_equal(p.why, want->why);
		assert_int_equal(p.len, want->len);
		rpc_reply_put(&p, &w);
		assert_int_equal(wr_len(&w), len);
		assert_memory_equal(back, b, len);
	}
}

static void refuses_every_shorter_reply(void **state)
{
	(void)state;
	for (size_t i = 0; i < REPLIES; i++) {
		uint8_t b[ROOM];
		size_t len = hex(replies[i].hex, b, ROOM);
		struct rpc_reply p;

		/* What follows success is the program's. */
		for (size_t n = 0; n < len - replies[i].p.len; n++)
			assert_false(reply(&p, b, n));
	}
}

static void refuses_what_is_no_reply(void **state)
{
	static const struct {
		size_t at;
		const char *hex;
	} cases[] = {
		{4, "00000000"},  {4, "00000002"},  {8, "00000002"},
		{16, "00000191"}, {16, "ffffffff"}, {20, "00000006"},
	};
	uint8_t b[ROOM];
	struct rpc_reply p;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		size_t len = hex(replies[0].hex, b, ROOM);

		hex(cases[i].hex, b + cases[i].at, 4);
		assert_false(reply(&p, b, len));
	}
	hex(replies[7].hex, b, ROOM);
	hex("00000002", b + 12, 4);
	assert_false(reply(&p, b, 20));
}

/* ---- XDR ------------------------------------------------------------------
 */

static void pads_to_four_bytes(void **state)
{
	(void)state;
	for (size_t n = 0; n < 9; n++) {
		uint8_t b[16];
		struct wr w = wr_over(b, sizeof(b));
		struct rd r;
		size_t len;

		xdr_opaque_put("abcdefgh", n, &w);
		assert_int_equal(wr_len(&w), 4 + (n + 3) / 4 * 4);
		r = rd_over(b, wr_len(&w));
		assert_ptr_equal(xdr_opaque(&r, 8, &len), b + 4);
		assert_int_equal(len, n);
		assert_false(r.bad);
		assert_int_equal(rd_left(&r), 0);
		/* Without its last byte, padding or not, it is none. */
		r = rd_over(b, wr_len(&w) - 1);
		assert_null(xdr_opaque(&r, 8, &len));
		assert_int_equal(len, 0);
		assert_true(r.bad);
		/* Longer than allowed. */
		r = rd_over(b, wr_len(&w));
		if (n)
			assert_null(xdr_opaque(&r, n - 1, &len));
	}
}

static void knows_two_booleans(void **state)
{
	struct rd r = rd_over("\0\0\0\0\0\0\0\1\0\0\0\2", 12);

	(void)state;
	assert_false(xdr_bool(&r));
	assert_true(xdr_bool(&r));
	assert_false(r.bad);
	assert_false(xdr_bool(&r));
	assert_true(r.bad);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_a_call),
		cmocka_unit_test(writes_the_same_call),
		cmocka_unit_test(reads_who_somebody_claims_to_be),
		cmocka_unit_test(writes_who_it_claims_to_be),
		cmocka_unit_test(refuses_every_shorter_call),
		cmocka_unit_test(judges_each_word_of_a_call),
		cmocka_unit_test(takes_credentials_up_to_400_bytes),
		cmocka_unit_test(tells_another_version_of_rpc),
		cmocka_unit_test(reads_and_writes_each_kind_of_reply),
		cmocka_unit_test(refuses_every_shorter_reply),
		cmocka_unit_test(refuses_what_is_no_reply),
		cmocka_unit_test(pads_to_four_bytes),
		cmocka_unit_test(knows_two_booleans),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
