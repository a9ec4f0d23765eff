/*
 * The registry's records, and SRR's packets: the examples of the fact sheets,
 * and what is none of them.
 */
#include "wire/registry.h"

#include "stage/hex.h"
#include "wire/srr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static uint8_t bytes[REGISTRY_RECORD];

/* `head` at 0, the name at `at`, the rest `behind` the name's 80 bytes. */
static struct rd packet(const char *head, size_t at, const char *name,
			const char *behind)
{
	memset(bytes, 0, sizeof(bytes));
	assert_int_equal(hex(head, bytes, at), at);
	memcpy(bytes + at, name, strlen(name));
	(void)hex(behind, bytes + at + 80, sizeof(bytes) - at - 80);
	return rd_over(bytes, sizeof(bytes));
}

static void a_check_in(void **state)
{
	struct rd r = packet("4d4e4d31 01000000 00000001 00000000", 16,
			     "CONSOLE", "04061b9ec0a84d01");
	struct registry_record p;
	uint8_t back[REGISTRY_RECORD];
	struct wr w = wr_over(back, sizeof(back));

	(void)state;
	assert_true(registry_get(&p, &r));
	assert_int_equal(p.op, REGISTRY_CHECK_IN);
	assert_int_equal(p.sequence, 1);
	assert_int_equal(p.name_len, 7);
	assert_memory_equal(p.name, "CONSOLE", 7);
	assert_int_equal(p.at.transport, REGISTRY_TCP);
	assert_int_equal(p.at.port, 7070);
	assert_int_equal(registry_endpoint_ip(&p.at), IP4(192, 168, 77, 1));
	assert_true(registry_endpoint_is_valid(&p.at));
	registry_put(&p, &w);
	assert_memory_equal(back, bytes, sizeof(bytes));
}

static void a_look_up_everywhere_and_its_refusal(void **state)
{
	struct rd r = packet("4d4e4d31 02010000 00000002 00000000", 16,
			     "CONSOLE", "");
	struct registry_record p;

	(void)state;
	assert_true(registry_get(&p, &r));
	assert_int_equal(p.op, REGISTRY_LOOK_UP);
	assert_int_equal(p.flags, REGISTRY_ANYWHERE);
	assert_false(registry_endpoint_is_valid(&p.at));
	r = packet("4d4e4d31 820003e9 00000003 00000000", 16, "NOSUCH", "");
	assert_true(registry_get(&p, &r));
	assert_int_equal(p.op, REGISTRY_LOOK_UP | REGISTRY_REPLY);
	assert_int_equal(p.status, REGISTRY_NOT_CHECKED_IN);
}

static void the_longest_name_has_79_bytes(void **state)
{
	char name[REGISTRY_NAME + 1];
	struct registry_record p;
	struct rd r;

	(void)state;
	memset(name, 'x', sizeof(name));
	name[REGISTRY_NAME] = 0;
	r = packet("4d4e4d31 02000000 00000001 00000000", 16, name, "");
	assert_false(registry_get(&p, &r));
	name[REGISTRY_NAME - 1] = 0;
	r = packet("4d4e4d31 02000000 00000001 00000000", 16, name, "");
	assert_true(registry_get(&p, &r));
	assert_int_equal(p.name_len, 79);
}

/* A good record with one byte changed. */
static void refuses(size_t at, uint8_t value)
{
	struct rd r = packet("4d4e4d31 01000000 00000001 00000000", 16,
			     "CONSOLE", "04061b9ec0a84d01");
	struct registry_record p;

	assert_true(registry_get(&p, &r));
	bytes[at] = value;
	r = rd_over(bytes, sizeof(bytes));
	if (registry_get(&p, &r))
		fail_msg("byte %zu may be %u", at, value);
}

static void what_is_no_record_is_refused(void **state)
{
	struct registry_record p;
	struct rd r;

	(void)state;
	refuses(3, '2');  /* magic */
	refuses(4, 0);    /* op */
	refuses(4, 7);    /* ... unknown */
	refuses(4, 0x87); /* ... and its reply */
	refuses(5, 3);    /* here and there */
	refuses(12, 1);   /* zero */
	refuses(95, 1);   /* a name without an end */
	refuses(30, 'x'); /* something behind the name */
	refuses(104, 1);  /* an IPv4 address of 5 bytes */
	refuses(127, 1);  /* zero */
	for (size_t n = 0; n < sizeof(bytes); n++) {
		r = rd_over(bytes, n);
		assert_false(registry_get(&p, &r));
	}
}

static void endpoints_need_a_port_and_a_transport(void **state)
{
	struct registry_endpoint e = registry_endpoint_ipv4(
		REGISTRY_UDP, (struct endpoint){IP4(10, 0, 0, 1), 53});

	(void)state;
	assert_true(registry_endpoint_is_valid(&e));
	assert_false(registry_endpoint_is_any(&e));
	e.transport = 1;
	assert_false(registry_endpoint_is_valid(&e));
	e = registry_endpoint_ipv4(REGISTRY_UDP, (struct endpoint){0, 53});
	assert_true(registry_endpoint_is_any(&e));
	e.port = 0;
	assert_false(registry_endpoint_is_valid(&e));
	e = (struct registry_endpoint){
		.family = REGISTRY_IPV6, .transport = REGISTRY_TCP, .port = 1};
	assert_true(registry_endpoint_is_valid(&e));
	assert_int_equal(registry_endpoint_ip(&e), 0);
}

/* ---- SRR ----------------------------------------------------------------- */

static void reads_and_writes(const char *head, const char *name,
			     const char *port, struct srr *p)
{
	struct rd r = packet(head, 24, name, port);
	uint8_t back[SRR_LEN];
	struct wr w = wr_over(back, sizeof(back));

	assert_true(srr_get(p, &r));
	assert_int_equal(p->name_len, strlen(name));
	assert_memory_equal(p->name, name, p->name_len);
	srr_put(p, &w);
	assert_false(w.bad);
	assert_memory_equal(back, bytes, sizeof(bytes));
}

static void srr_packets_of_the_book(void **state)
{
	struct srr p;

	(void)state;
	reads_and_writes("0000000000000078 00000002 32e1c200 00000001 0068 "
			 "0002",
			 "PBS", "", &p);
	assert_int_equal(p.type, SRR_BROADCAST_REQUEST);
	assert_int_equal(p.format, SRR_BIG);
	reads_and_writes("0000000000000078 00000003 32e1c200 00000001 0068 "
			 "0001",
			 "PBS",
			 "c0a84d01c0a84d01 1111111122222222 0000000000000000",
			 &p);
	assert_int_equal(p.type, SRR_BROADCAST_RESPONSE);
	assert_int_equal(p.receiver, IP4(192, 168, 77, 1));
	assert_int_equal(p.owner, IP4(192, 168, 77, 1));
	assert_true(p.public_id == 0x1111111122222222);
	reads_and_writes("0000000000000078 00000000 32e1c200 00000002 0068 "
			 "0002",
			 "NPD_PORT", "", &p);
	assert_int_equal(p.type, SRR_REQUEST);
	assert_int_equal(p.incarnation, 0x32e1c200);
	assert_int_equal(p.sequence, 2);
	reads_and_writes("0000000000000078 00000001 32e1c200 00000002 0068 "
			 "0001",
			 "NPD_PORT", "", &p);
	assert_int_equal(p.type, SRR_RESPONSE);
	assert_int_equal(p.format, SRR_LITTLE);
}

static void other_srr_packets_are_refused(void **state)
{
	static const char *const heads[] = {
		"00000001 00000078 00000000 32e1c200 00000002 0068 0002",
		"00000000 00010078 00000000 32e1c200 00000002 0068 0002",
		"00000000 00000077 00000000 32e1c200 00000002 0068 0002",
		"00000000 00000078 00000004 32e1c200 00000002 0068 0002",
		"00000000 00000078 00000000 32e1c200 00000002 0067 0002",
	};
	struct srr p;
	struct rd r;

	(void)state;
	for (unsigned i = 0; i < 5; i++) {
		r = packet(heads[i], 24, "PBS", "");
		assert_false(srr_get(&p, &r));
	}
	r = packet("00000000 00000078 00000000 32e1c200 00000002 0068 0002", 24,
		   "PBS", "");
	r.end--;
	assert_false(srr_get(&p, &r));
	memset(bytes + 24, 'x', 80);
	r = rd_over(bytes, sizeof(bytes));
	assert_false(srr_get(&p, &r));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_check_in),
		cmocka_unit_test(a_look_up_everywhere_and_its_refusal),
		cmocka_unit_test(the_longest_name_has_79_bytes),
		cmocka_unit_test(what_is_no_record_is_refused),
		cmocka_unit_test(endpoints_need_a_port_and_a_transport),
		cmocka_unit_test(srr_packets_of_the_book),
		cmocka_unit_test(other_srr_packets_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
