/*
 * The registry among the processes of its own machine: who may have a name, and
 * for how long; and what happens before there is a network.
 */
#include "named_world.h"

#include "stage/hex.h"

#include <errno.h>
#include <stdio.h>

static void a_name_is_found_in_any_case(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	checks_in(&w, 1, "Console");
	looks_up(&w, 2, "console");
	looks_up(&w, 2, "CONSOLE");
	looks_up(&w, 2, "CONSOLES");
	stage_expect(w.st, "    0 ms  [1] #1 check-in 'Console' is 0\n"
			   "    0 ms  [2] #2 look-up 'console' is tcp "
			   "192.168.77.1:7070\n"
			   "    0 ms  [2] #3 look-up 'CONSOLE' is tcp "
			   "192.168.77.1:7070\n"
			   "    0 ms  [2] #4 look-up 'CONSOLES' is 1001\n");
	world_close(&w);
}

static void a_name_dies_with_its_connection_and_not_before(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	checks_in(&w, 1, "CONSOLE");
	checks_in(&w, 2, "console");
	stage_hear_hangup(w.st, 1);
	checks_in(&w, 2, "CONSOLE");
	stage_expect(w.st, "    0 ms  [1] #1 check-in 'CONSOLE' is 0\n"
			   "    0 ms  [2] #2 check-in 'console' is 1000\n"
			   "    0 ms  [2] #3 check-in 'CONSOLE' is 0\n");
	world_close(&w);
}

static void its_own_connection_may_replace_a_name(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	checks_in(&w, 1, "X");
	says(&w, 1, REGISTRY_CHECK_IN, 0, "x", tcp_at(HERE, 8080), "");
	looks_up(&w, 1, "X");
	stage_expect(w.st, "    0 ms  [1] #1 check-in 'X' is 0\n"
			   "    0 ms  [1] #2 check-in 'x' is 0\n"
			   "    0 ms  [1] #3 look-up 'X' is tcp "
			   "192.168.77.1:8080\n");
	world_close(&w);
}

static void
root_and_its_own_user_check_a_name_out_and_its_holder_hears_of_it(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	for (uint32_t uid = 0; uid <= 1000; uid += 1000) {
		w.sequence = 0;
		w.st->uid = 1000;
		checks_in(&w, 1, "X");
		w.st->uid = uid;
		checks_out(&w, 2, "x");
		looks_up(&w, 2, "X");
		stage_expect(w.st, "    0 ms  [1] #1 check-in 'X' is 0\n"
				   "    0 ms  [1] check-out 'x' is 1001\n"
				   "    0 ms  [2] #2 check-out 'x' is 0\n"
				   "    0 ms  [2] #3 look-up 'X' is 1001\n");
	}
	world_close(&w);
}

static void only_its_own_connection_checks_a_name_out(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	w.st->uid = 1000;
	checks_in(&w, 1, "X");
	w.st->uid = 1001;
	checks_out(&w, 2, "X");
	w.st->uid = 1000;
	checks_out(&w, 1, "x");
	checks_out(&w, 1, "X");
	stage_expect(w.st, "    0 ms  [1] #1 check-in 'X' is 0\n"
			   "    0 ms  [2] #2 check-out 'X' is 1000\n"
			   "    0 ms  [1] #3 check-out 'x' is 0\n"
			   "    0 ms  [1] #4 check-out 'X' is 1001\n");
	world_close(&w);
}

static void what_can_t_be_reached_is_no_port(void **state)
{
	struct registry_endpoint v[] = {
		{0},
		tcp_at(HERE, 0),
		{.family = 5, .transport = REGISTRY_TCP, .port = 1},
		{.family = REGISTRY_IPV4, .transport = 1, .port = 1},
	};
	struct world w;

	(void)state;
	world_open(&w);
	for (unsigned i = 0; i < 4; i++) {
		w.sequence = 0;
		says(&w, 1, REGISTRY_CHECK_IN, 0, "X", v[i], "");
		stage_expect(w.st, "    0 ms  [1] #1 check-in 'X' is 1004\n");
	}
	w.sequence = 0;
	says(&w, 1, REGISTRY_CHECK_IN, 0, "", tcp_at(HERE, 1), "");
	stage_expect(w.st, "    0 ms  [1] #1 check-in '' is 1004\n");
	world_close(&w);
}

static void an_endpoint_at_any_address_is_at_ours(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	says(&w, 1, REGISTRY_CHECK_IN, 0, "X", tcp_at(0, 7070), "");
	looks_up(&w, 1, "X");
	world_network(&w);
	looks_up(&w, 1, "X");
	stage_expect(w.st, "    0 ms  [1] #1 check-in 'X' is 0\n"
			   "    0 ms  [1] #2 look-up 'X' is tcp "
			   "127.0.0.1:7070\n"
			   "    0 ms  listen 7658\n"
			   "    0 ms  [1] #3 look-up 'X' is tcp "
			   "192.168.77.1:7070\n");
	world_close(&w);
}

static void names_are_listed_in_order(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	checks_in(&w, 1, "BB");
	checks_in(&w, 1, "b");
	checks_in(&w, 1, "A");
	stage_forget(w.st);
	says(&w, 2, REGISTRY_NEXT, 0, "", (struct registry_endpoint){0}, "");
	says(&w, 2, REGISTRY_NEXT, 0, "a", (struct registry_endpoint){0}, "");
	says(&w, 2, REGISTRY_NEXT, 0, "B", (struct registry_endpoint){0}, "");
	says(&w, 2, REGISTRY_NEXT, 0, "BB", (struct registry_endpoint){0}, "");
	stage_expect(w.st,
		     "    0 ms  [2] #4 next 'A' is tcp 192.168.77.1:7070\n"
		     "    0 ms  [2] #5 next 'B' is tcp 192.168.77.1:7070\n"
		     "    0 ms  [2] #6 next 'BB' is tcp 192.168.77.1:7070\n"
		     "    0 ms  [2] #7 next 'BB' is 1001\n");
	world_close(&w);
}

static void version_says_whether_there_is_a_network(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	says(&w, 1, REGISTRY_VERSION, 0, "", (struct registry_endpoint){0}, "");
	world_network(&w);
	says(&w, 1, REGISTRY_VERSION, 0, "", (struct registry_endpoint){0}, "");
	stage_expect(w.st, "    0 ms  [1] #1 version 'muster-named test' is 0\n"
			   "    0 ms  listen 7658\n"
			   "    0 ms  [1] #2 version 'muster-named test' is "
			   "udp 192.168.77.1:7658\n");
	world_close(&w);
}

static void a_message_goes_to_whoever_holds_the_name(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	checks_in(&w, 1, "LOGGER");
	stage_forget(w.st);
	says(&w, 2, REGISTRY_MESSAGE_TO, 0, "logger",
	     (struct registry_endpoint){0}, "hello");
	says(&w, 2, REGISTRY_MESSAGE_TO, 0, "nobody",
	     (struct registry_endpoint){0}, "hello");
	stage_expect(w.st, "    0 ms  [1] message 'LOGGER' udp 127.0.0.1:7658 "
			   "\"hello\"\n"
			   "    0 ms  [2] #2 message 'logger' is tcp "
			   "192.168.77.1:7070\n"
			   "    0 ms  [2] #3 message 'nobody' is 1001\n");
	world_close(&w);
}

/* ---- without a network --------------------------------------------------- */

static void before_the_signal_other_machines_are_not_asked(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	looks_up_anywhere(&w, 1, "X");
	looks_up_at(&w, 1, "X", THERE);
	looks_up_at(&w, 1, "X", 0);
	looks_up_at(&w, 1, "X", IP_BROADCAST);
	stage_expect(w.st, "    0 ms  [1] #1 look-up 'X' is 1001\n"
			   "    0 ms  [1] #2 look-up 'X' is 1001\n"
			   "    0 ms  [1] #3 look-up 'X' is 1002\n"
			   "    0 ms  [1] #4 look-up 'X' is 1002\n");
	stage_wait(w.st, SECONDS(60));
	stage_expect(w.st, "");
	world_close(&w);
}

static void with_nevernet_there_is_no_network(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	w.config.is_never = true;
	world_again(&w);
	world_network(&w);
	looks_up_anywhere(&w, 1, "X");
	stage_expect(w.st, "    0 ms  [1] #1 look-up 'X' is 1001\n");
	world_close(&w);
}

static void a_port_that_is_taken_is_tried_again_at_the_next_signal(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	w.st->rc[EFFECT_LISTEN] = -EADDRINUSE;
	world_network(&w);
	assert_false(netnamed_has_network(w.n));
	w.st->rc[EFFECT_LISTEN] = 0;
	world_network(&w);
	world_network(&w);
	assert_true(netnamed_has_network(w.n));
	stage_expect(w.st, "    0 ms  listen 7658\n"
			   "    0 ms  listen 7658\n");
	world_close(&w);
}

static void without_an_interface_it_waits_for_the_next_signal(void **state)
{
	const struct link lo = {
		.index = 1, .ip = IP4(127, 0, 0, 1), .is_up = true};
	struct world w;

	(void)state;
	world_open(&w);
	netnamed_network(w.n, 0, &lo, 1, stage_begin(w.st));
	stage_end(w.st);
	stage_expect(w.st, "");
	assert_false(netnamed_has_network(w.n));
	world_close(&w);
}

static void its_own_address_is_no_other_machine(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	world_network(&w);
	checks_in(&w, 1, "X");
	stage_forget(w.st);
	looks_up_at(&w, 1, "X", HERE);
	looks_up_at(&w, 1, "Y", IP4(127, 0, 0, 1));
	stage_expect(w.st, "    0 ms  [1] #2 look-up 'X' is tcp "
			   "192.168.77.1:7070\n"
			   "    0 ms  [1] #3 look-up 'Y' is 1001\n");
	world_close(&w);
}

/* ---- limits -------------------------------------------------------------- */

static enum registry_status last_status(const struct world *w)
{
	struct rd r = rd_over(w->st->last, w->st->last_len);
	struct registry_record p;

	assert_true(registry_get(&p, &r));
	return (enum registry_status)p.status;
}

static void check_in_many(struct world *w, uint32_t conn, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		char name[32];

		snprintf(name, sizeof(name), "%u-%u", conn, i);
		checks_in(w, conn, name);
	}
	stage_forget(w->st);
}

static void a_connection_has_64_names(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	check_in_many(&w, 1, NETNAMED_PER_CONN);
	assert_int_equal(last_status(&w), REGISTRY_DONE);
	checks_in(&w, 1, "one more");
	assert_int_equal(last_status(&w), REGISTRY_FULL);
	checks_in(&w, 1, "1-0");
	assert_int_equal(last_status(&w), REGISTRY_DONE);
	checks_out(&w, 1, "1-1");
	checks_in(&w, 1, "one more");
	assert_int_equal(last_status(&w), REGISTRY_DONE);
	world_close(&w);
}

static void a_user_can_t_fill_the_table_and_root_can(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	w.st->uid = 1000;
	for (uint32_t conn = 1; conn <= 4; conn++)
		check_in_many(&w, conn, 64);
	assert_int_equal(last_status(&w), REGISTRY_DONE);
	checks_in(&w, 5, "one more");
	assert_int_equal(last_status(&w), REGISTRY_FULL);
	w.st->uid = 0;
	for (uint32_t conn = 6; conn <= 17; conn++)
		check_in_many(&w, conn, 64);
	assert_int_equal(last_status(&w), REGISTRY_DONE);
	checks_in(&w, 18, "one more");
	assert_int_equal(last_status(&w), REGISTRY_FULL);
	for (uint32_t conn = 1; conn <= 18; conn++)
		stage_hear_hangup(w.st, conn);
	says(&w, 1, REGISTRY_NEXT, 0, "", (struct registry_endpoint){0}, "");
	assert_int_equal(last_status(&w), REGISTRY_NOT_CHECKED_IN);
	world_close(&w);
}

/* Its connection, and the names that it holds, stay. */
static void a_message_that_is_too_long_is_refused_as_such(void **state)
{
	char text[REGISTRY_MESSAGE + 2];
	struct world w;

	(void)state;
	world_open(&w);
	memset(text, 'x', sizeof(text));
	text[REGISTRY_MESSAGE + 1] = '\0';
	checks_in(&w, 1, "logger");
	says(&w, 1, REGISTRY_MESSAGE_TO, 0, "logger",
	     (struct registry_endpoint){0}, text);
	assert_int_equal(last_status(&w), REGISTRY_TOO_LONG);
	says(&w, 1, REGISTRY_MESSAGE_TO, REGISTRY_ANYWHERE, "far",
	     (struct registry_endpoint){0}, text);
	assert_int_equal(last_status(&w), REGISTRY_TOO_LONG);
	text[REGISTRY_MESSAGE] = '\0';
	says(&w, 1, REGISTRY_MESSAGE_TO, 0, "logger",
	     (struct registry_endpoint){0}, text);
	assert_int_equal(last_status(&w), REGISTRY_DONE);
	world_close(&w);
}

static void nonsense_is_hung_up_on(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	STAGE_HEAR(w.st, ""); /* by UDP it is nothing at all */
	stage_hear_record(w.st, 1, "", 0);
	stage_hear_record(w.st, 2, "GET / HTTP/1.0\r\n\r\n", 18);
	looks_up(&w, 3, "fine");
	stage_hear_record(w.st, 3, w.st->last, w.st->last_len); /* a reply */
	says(&w, 4, REGISTRY_CHECK_IN, REGISTRY_ANYWHERE, "X", tcp_at(HERE, 1),
	     "");
	says(&w, 5, REGISTRY_LOOK_UP, 0, "X", tcp_at(HERE, 1), "more");
	stage_expect(w.st, "    0 ms  hang up 1\n"
			   "    0 ms  hang up 2\n"
			   "    0 ms  [3] #1 look-up 'fine' is 1001\n"
			   "    0 ms  hang up 3\n"
			   "    0 ms  hang up 4\n"
			   "    0 ms  hang up 5\n");
	world_close(&w);
}

/* ---- the fact sheet's records -------------------------------------------- */

static void hears_hex(struct world *w, const char *head, const char *name,
		      const char *at)
{
	uint8_t bytes[REGISTRY_RECORD] = {0};

	assert_int_equal(hex(head, bytes, 16), 16);
	memcpy(bytes + 16, name, strlen(name));
	(void)hex(at, bytes + 96, 32);
	stage_hear_record(w->st, 1, bytes, sizeof(bytes));
}

static void said_hex(const struct world *w, const char *head, const char *name,
		     const char *at)
{
	uint8_t bytes[REGISTRY_RECORD] = {0};

	assert_int_equal(hex(head, bytes, 16), 16);
	memcpy(bytes + 16, name, strlen(name));
	(void)hex(at, bytes + 96, 32);
	assert_int_equal(w->st->last_len, sizeof(bytes));
	assert_memory_equal(w->st->last, bytes, sizeof(bytes));
}

static void records_are_those_of_the_book(void **state)
{
	static const char at[] = "04061b9ec0a84d01";
	struct world w;

	(void)state;
	world_open(&w);
	world_network(&w);
	hears_hex(&w, "4d4e4d31 01000000 00000001 00000000", "CONSOLE", at);
	said_hex(&w, "4d4e4d31 81000000 00000001 00000000", "CONSOLE", "");
	hears_hex(&w, "4d4e4d31 02010000 00000002 00000000", "CONSOLE", "");
	said_hex(&w, "4d4e4d31 82000000 00000002 00000000", "CONSOLE", at);
	hears_hex(&w, "4d4e4d31 02000000 00000003 00000000", "NOSUCH", "");
	said_hex(&w, "4d4e4d31 820003e9 00000003 00000000", "NOSUCH", "");
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_is_found_in_any_case),
		cmocka_unit_test(
			a_name_dies_with_its_connection_and_not_before),
		cmocka_unit_test(its_own_connection_may_replace_a_name),
		cmocka_unit_test(
			root_and_its_own_user_check_a_name_out_and_its_holder_hears_of_it),
		cmocka_unit_test(only_its_own_connection_checks_a_name_out),
		cmocka_unit_test(what_can_t_be_reached_is_no_port),
		cmocka_unit_test(an_endpoint_at_any_address_is_at_ours),
		cmocka_unit_test(names_are_listed_in_order),
		cmocka_unit_test(version_says_whether_there_is_a_network),
		cmocka_unit_test(a_message_goes_to_whoever_holds_the_name),
		cmocka_unit_test(a_message_that_is_too_long_is_refused_as_such),
		cmocka_unit_test(
			before_the_signal_other_machines_are_not_asked),
		cmocka_unit_test(with_nevernet_there_is_no_network),
		cmocka_unit_test(
			a_port_that_is_taken_is_tried_again_at_the_next_signal),
		cmocka_unit_test(
			without_an_interface_it_waits_for_the_next_signal),
		cmocka_unit_test(its_own_address_is_no_other_machine),
		cmocka_unit_test(a_connection_has_64_names),
		cmocka_unit_test(a_user_can_t_fill_the_table_and_root_can),
		cmocka_unit_test(nonsense_is_hung_up_on),
		cmocka_unit_test(records_are_those_of_the_book),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
