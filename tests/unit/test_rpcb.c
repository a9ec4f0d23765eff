/*
 * How a program makes itself known to rpcbind: what Debian's takes.
 */
#include "wire/rpcb.h"

#include "stage/hex.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void a_port_is_the_end_of_an_address(void **state)
{
	static const char want[] = "000186ba 00000001"
				   "00000003 75647000"
				   "0000000d 302e302e302e302e332e323337000000"
				   "00000000";
	struct rpcb b = {100026, 1, 1005, false};
	uint8_t bytes[64], room[64];
	struct wr w = wr_over(room, sizeof(room));

	(void)state;
	rpcb_put(&b, &w);
	assert_false(w.bad);
	assert_int_equal(wr_len(&w), hex(want, bytes, sizeof(bytes)));
	assert_memory_equal(room, bytes, wr_len(&w));
	b.is_tcp = true;
	w = wr_over(room, sizeof(room));
	rpcb_put(&b, &w);
	bytes[12] = 't';
	bytes[13] = 'c';
	bytes[14] = 'p';
	assert_memory_equal(room, bytes, wr_len(&w));
	w = wr_over(room, 20);
	rpcb_put(&b, &w);
	assert_true(w.bad);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_port_is_the_end_of_an_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
