/*
 * The registry among other machines': who is asked, how often, what is
 * believed; and what they are told.
 */
#include "named_world.h"

#include "stage/hex.h"
#include "wire/srr.h"

/* ---- asking -------------------------------------------------------------- */

static void
a_broadcast_that_nobody_answers_ends_after_nine_seconds(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	world_network(&w);
	stage_forget(w.st);
	looks_up_anywhere(&w, 1, "X");
	stage_wait(w.st, SECONDS(60));
	stage_expect(w.st, "    0 ms  look-up 'X' anywhere to "
			   "255.255.255.255:7658\n"
			   " 3000 ms  look-up 'X' anywhere to "
			   "255.255.255.255:7658\n"
			   " 6000 ms  look-up 'X' anywhere to "
			   "255.255.255.255:7658\n"
			   " 9000 ms  [1] #1 look-up 'X' is 1003\n");
	assert_int_equal(w.st->last_send.link, 0);
	world_close(&w);
}

static void the_first_answer_wins(void **state)
{
	struct world w;
	uint32_t sequence;

	(void)state;
	world_open(&w);
	world_network(&w);
	stage_forget(w.st);
	looks_up_anywhere(&w, 1, "X");
	assert_int_equal(w.st->last_send.link, 2);
	assert_int_equal(w.st->last_send.from.ip, HERE);
	sequence = sent_sequence(&w);
	peer_answers(&w, REGISTRY_LOOK_UP, "X", 0, tcp_at(THERE, 1));
	w.st->peer.ip = IP4(192, 168, 77, 3);
	peer_says(&w,
		  (struct registry_record){.op = 0x82,
					   .sequence = sequence,
					   .name = "X",
					   .name_len = 1,
					   .at = tcp_at(w.st->peer.ip, 1)},
		  "");
	stage_wait(w.st, SECONDS(60));
	stage_expect(w.st, "    0 ms  look-up 'X' anywhere to "
			   "255.255.255.255:7658\n"
			   "    0 ms  [1] #1 look-up 'X' is tcp "
			   "192.168.77.2:1\n");
	world_close(&w);
}

static void here_comes_before_everywhere(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	world_network(&w);
	checks_in(&w, 1, "X");
	stage_forget(w.st);
	looks_up_anywhere(&w, 1, "X");
	stage_expect(w.st, "    0 ms  [1] #2 look-up 'X' is tcp "
			   "192.168.77.1:7070\n");
	world_close(&w);
}

static void a_machine_without_the_name_says_so_at_once(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	world_network(&w);
	stage_forget(w.st);
	looks_up_at(&w, 1, "X", THERE);
	stage_wait(w.st, MILLISECONDS(1));
	peer_answers(&w, REGISTRY_LOOK_UP, "X", REGISTRY_NOT_CHECKED_IN,
		     (struct registry_endpoint){0});
	stage_wait(w.st, SECONDS(60));
	stage_expect(w.st, "    0 ms  look-up 'X'\n"
			   "    1 ms  [1] #1 look-up 'X' is 1001\n");
	world_close(&w);
}

static void a_machine_that_is_silent_is_not_found(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	world_network(&w);
	stage_forget(w.st);
	looks_up_at(&w, 1, "X", THERE);
	stage_wait(w.st, SECONDS(60));
	stage_expect(w.st, "    0 ms  look-up 'X'\n"
			   " 3000 ms  look-up 'X'\n"
			   " 6000 ms  look-up 'X'\n"
			   " 9000 ms  [1] #1 look-up 'X' is 1003\n");
	world_close(&w);
}

static void who_has_gone_is_not_answered(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	world_network(&w);
	looks_up_anywhere(&w, 1, "X");
	stage_hear_hangup(w.st, 1);
	stage_forget(w.st);
	stage_wait(w.st, SECONDS(60));
	stage_expect(w.st, "");
	world_close(&w);
}

/* Everything about it is right but one thing. */
static void answers_that_fit_nothing_are_not_believed(void **state)
{
	struct registry_record p = peer_asks(0x82, 0, "X");
	struct world w;

	(void)state;
	world_open(&w);
	world_network(&w);
	looks_up_at(&w, 1, "X", THERE);
	stage_forget(w.st);
	p.at = tcp_at(THERE, 1);
	p.sequence = sent_sequence(&w) + 1;
	peer_says(&w, p, ""); /* number */
	p.sequence--;
	w.st->peer.ip++;
	peer_says(&w, p, ""); /* machine */
	w.st->peer.ip--;
	w.st->peer.port++;
	peer_says(&w, p, ""); /* port */
	w.st->peer.port--;
	p.name = "Y";
	peer_says(&w, p, ""); /* name */
	p.name = "X";
	p.op = 0x85;
	peer_says(&w, p, ""); /* what was asked */
	p.op = 0x82;
	w.config.key[0] ^= 1;
	peer_says(&w, p, ""); /* key */
	w.config.key[0] ^= 1;
	peer_says(&w, p, "x"); /* length */
	stage_expect(w.st, "");
	assert_int_equal(netnamed_stats(w.n)->forged, 1);
	peer_says(&w, p, "");
	stage_expect(w.st, "    0 ms  [1] #1 look-up 'X' is tcp "
			   "192.168.77.2:1\n");
	world_close(&w);
}

static void more_questions_than_fit_are_refused(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	world_network(&w);
	for (unsigned i = 0; i < NETNAMED_QUESTIONS; i++)
		looks_up_at(&w, 1, "X", THERE);
	stage_forget(w.st);
	looks_up_at(&w, 1, "X", THERE);
	stage_expect(w.st, "    0 ms  [1] #65 look-up 'X' is 1005\n");
	stage_wait(w.st, SECONDS(10));
	stage_forget(w.st);
	looks_up_at(&w, 1, "X", THERE);
	stage_expect(w.st, "10000 ms  look-up 'X'\n");
	world_close(&w);
}

/* ---- being asked --------------------------------------------------------- */

static void others_find_what_is_here(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	world_network(&w);
	checks_in(&w, 1, "X");
	stage_forget(w.st);
	peer_says(&w, peer_asks(REGISTRY_LOOK_UP, REGISTRY_AT_HOST, "x"), "");
	assert_int_equal(sent_sequence(&w), 77);
	assert_int_equal(w.st->last_send.from.ip, HERE);
	assert_int_equal(w.st->last_send.from.port, REGISTRY_PORT);
	w.st->me.ip = IP_BROADCAST;
	peer_says(&w, peer_asks(REGISTRY_LOOK_UP, REGISTRY_ANYWHERE, "x"), "");
	stage_expect(w.st, "    0 ms  look-up 'x' is tcp 192.168.77.1:7070\n"
			   "    0 ms  look-up 'x' is tcp 192.168.77.1:7070\n");
	world_close(&w);
}

static void what_is_not_here_is_refused_to_one_and_not_to_all(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	world_network(&w);
	stage_forget(w.st);
	peer_says(&w, peer_asks(REGISTRY_LOOK_UP, REGISTRY_AT_HOST, "X"), "");
	stage_expect(w.st, "    0 ms  look-up 'X' is 1001\n");
	w.st->me.ip = IP_BROADCAST;
	peer_says(&w, peer_asks(REGISTRY_LOOK_UP, REGISTRY_ANYWHERE, "X"), "");
	/* To all, whatever it says itself. */
	peer_says(&w, peer_asks(REGISTRY_LOOK_UP, REGISTRY_AT_HOST, "X"), "");
	stage_expect(w.st, "");
	world_close(&w);
}

/* A name that is there, asked for by one machine, then by all. */
static void expect_refusal(struct world *w)
{
	checks_in(w, 1, "X");
	stage_forget(w->st);
	w->st->me.ip = HERE;
	peer_says(w, peer_asks(REGISTRY_LOOK_UP, REGISTRY_AT_HOST, "X"), "");
	stage_expect(w->st, "    0 ms  look-up 'X' is 1001\n");
	w->st->me.ip = IP_BROADCAST;
	peer_says(w, peer_asks(REGISTRY_LOOK_UP, REGISTRY_ANYWHERE, "X"), "");
	stage_expect(w->st, "");
	assert_int_equal(netnamed_stats(w->n)->refused, 2);
}

static void the_access_file_decides(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	world_allow(&w, "X: 10.0.0.0/8");
	world_network(&w);
	expect_refusal(&w);
	world_close(&w);
}

static void secure_mode_refuses_all(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	w.config.is_secure = true;
	world_again(&w);
	world_network(&w);
	expect_refusal(&w);
	world_close(&w);
}

static void unrestricted_mode_needs_no_access_file(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	w.config.is_unrestricted = true;
	world_allow(&w, "");
	world_again(&w);
	world_network(&w);
	checks_in(&w, 1, "X");
	stage_forget(w.st);
	peer_says(&w, peer_asks(REGISTRY_LOOK_UP, REGISTRY_AT_HOST, "X"), "");
	stage_expect(w.st, "    0 ms  look-up 'X' is tcp 192.168.77.1:7070\n");
	world_close(&w);
}

static void an_endpoint_on_the_loopback_is_not_for_others(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	world_network(&w);
	says(&w, 1, REGISTRY_CHECK_IN, 0, "X", tcp_at(IP4(127, 0, 0, 1), 1),
	     "");
	stage_forget(w.st);
	peer_says(&w, peer_asks(REGISTRY_LOOK_UP, REGISTRY_AT_HOST, "X"), "");
	stage_expect(w.st, "    0 ms  look-up 'X' is 1001\n");
	world_close(&w);
}

static void any_address_is_the_one_that_was_asked(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	world_network(&w);
	says(&w, 1, REGISTRY_CHECK_IN, 0, "X", tcp_at(0, 7070), "");
	stage_forget(w.st);
	w.st->link = 2;
	peer_says(&w, peer_asks(REGISTRY_LOOK_UP, REGISTRY_AT_HOST, "X"), "");
	stage_expect(w.st, "    0 ms  look-up 'X' is tcp 192.168.77.1:7070\n");
	world_close(&w);
}

static void who_asks_too_often_is_not_heard(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	world_network(&w);
	w.st->sends = 0;
	for (unsigned i = 0; i < 1000; i++)
		peer_says(&w,
			  peer_asks(REGISTRY_LOOK_UP, REGISTRY_AT_HOST, "X"),
			  "");
	assert_int_equal(w.st->sends, NETNAMED_PER_SECOND);
	w.st->peer.ip++;
	peer_says(&w, peer_asks(REGISTRY_LOOK_UP, REGISTRY_AT_HOST, "X"), "");
	assert_int_equal(w.st->sends, NETNAMED_PER_SECOND + 1);
	w.st->peer.ip--;
	w.st->now += SECONDS(1);
	for (unsigned i = 0; i < 1000; i++)
		peer_says(&w,
			  peer_asks(REGISTRY_LOOK_UP, REGISTRY_AT_HOST, "X"),
			  "");
	assert_int_equal(w.st->sends, 2 * NETNAMED_PER_SECOND + 1);
	world_close(&w);
}

static void forged_questions_and_our_own_get_nothing(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	world_network(&w);
	checks_in(&w, 1, "X");
	stage_forget(w.st);
	w.config.key[31] = 1;
	peer_says(&w, peer_asks(REGISTRY_LOOK_UP, REGISTRY_AT_HOST, "X"), "");
	w.config.key[31] = 0;
	w.st->peer.ip = HERE;
	peer_says(&w, peer_asks(REGISTRY_LOOK_UP, REGISTRY_AT_HOST, "X"), "");
	w.st->peer = (struct endpoint){THERE, 53};
	peer_says(&w, peer_asks(REGISTRY_LOOK_UP, REGISTRY_AT_HOST, "X"), "");
	w.st->peer.port = REGISTRY_PORT;
	peer_says(&w, peer_asks(REGISTRY_CHECK_IN, 0, "Y"), "");
	peer_says(&w, peer_asks(REGISTRY_NEXT, 0, ""), "");
	stage_expect(w.st, "");
	world_close(&w);
}

/* ---- messages ------------------------------------------------------------ */

static void a_message_to_anywhere_goes_to_one_machine(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	world_network(&w);
	stage_forget(w.st);
	says(&w, 1, REGISTRY_MESSAGE_TO, REGISTRY_ANYWHERE, "X",
	     (struct registry_endpoint){0}, "hello");
	peer_answers(&w, REGISTRY_LOOK_UP, "X", 0, tcp_at(THERE, 1));
	stage_wait(w.st, SECONDS(3));
	peer_answers(&w, REGISTRY_MESSAGE_TO, "X", 0,
		     (struct registry_endpoint){0});
	stage_wait(w.st, SECONDS(60));
	stage_expect(w.st, "    0 ms  look-up 'X' anywhere to "
			   "255.255.255.255:7658\n"
			   "    0 ms  message 'X' \"hello\"\n"
			   " 3000 ms  message 'X' \"hello\"\n"
			   " 3000 ms  [1] #1 message 'X' is 0\n");
	world_close(&w);
}

static void a_message_from_there_is_delivered_once(void **state)
{
	struct registry_record p =
		peer_asks(REGISTRY_MESSAGE_TO, REGISTRY_AT_HOST, "X");
	struct world w;

	(void)state;
	world_open(&w);
	world_network(&w);
	checks_in(&w, 1, "X");
	stage_forget(w.st);
	peer_says(&w, p, "hello");
	peer_says(&w, p, "hello");
	p.sequence++;
	peer_says(&w, p, "again");
	stage_expect(w.st, "    0 ms  [1] message 'X' udp 192.168.77.2:7658 "
			   "\"hello\"\n"
			   "    0 ms  message 'X' is 0\n"
			   "    0 ms  message 'X' is 0\n"
			   "    0 ms  [1] message 'X' udp 192.168.77.2:7658 "
			   "\"again\"\n"
			   "    0 ms  message 'X' is 0\n");
	world_close(&w);
}

static void a_message_may_be_refused_and_is_never_for_all(void **state)
{
	struct registry_record p =
		peer_asks(REGISTRY_MESSAGE_TO, REGISTRY_AT_HOST, "X");
	struct world w;

	(void)state;
	world_open(&w);
	world_allow(&w, "X:");
	world_network(&w);
	checks_in(&w, 1, "X");
	stage_forget(w.st);
	peer_says(&w, p, "hello");
	stage_expect(w.st, "    0 ms  message 'X' is 1001\n");
	w.st->me.ip = IP_BROADCAST;
	peer_says(&w, p, "hello");
	p.flags = REGISTRY_ANYWHERE;
	peer_says(&w, p, "hello");
	stage_expect(w.st, "");
	world_close(&w);
}

/* ---- SRR ----------------------------------------------------------------- */

static size_t srr(const char *head, const char *name, uint8_t bytes[SRR_LEN])
{
	memset(bytes, 0, SRR_LEN);
	(void)hex(head, bytes, 24);
	memcpy(bytes + 24, name, strlen(name));
	return SRR_LEN;
}

static void old_machines_are_refused_if_they_ask_us_alone(void **state)
{
	uint8_t bytes[SRR_LEN], wanted[SRR_LEN];
	struct world w;

	(void)state;
	world_open(&w);
	w.config.has_srr = true;
	world_again(&w);
	world_network(&w);
	stage_expect(w.st, "    0 ms  listen 7658\n"
			   "    0 ms  listen 7657\n");
	checks_in(&w, 1, "NPD_PORT");
	stage_forget(w.st);
	w.st->me.port = w.st->peer.port = SRR_PORT;
	srr("0000000000000078 00000000 32e1c200 00000002 0068 0002", "NPD_PORT",
	    bytes);
	w.st->sends = 0;
	stage_hear(w.st, bytes, sizeof(bytes));
	srr("0000000000000078 00000001 32e1c200 00000002 0068 0001", "NPD_PORT",
	    wanted);
	assert_int_equal(w.st->sends, 1);
	assert_int_equal(w.st->last_len, sizeof(wanted));
	assert_memory_equal(w.st->last, wanted, sizeof(wanted));
	stage_forget(w.st);
	srr("0000000000000078 00000002 32e1c200 00000001 0068 0002", "NPD_PORT",
	    bytes);
	w.st->me.ip = IP_BROADCAST;
	stage_hear(w.st, bytes, sizeof(bytes));
	w.st->me.ip = HERE;
	stage_hear(w.st, wanted, sizeof(wanted));
	stage_hear(w.st, bytes, sizeof(bytes) - 1);
	stage_expect(w.st, "");
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_broadcast_that_nobody_answers_ends_after_nine_seconds),
		cmocka_unit_test(the_first_answer_wins),
		cmocka_unit_test(here_comes_before_everywhere),
		cmocka_unit_test(a_machine_without_the_name_says_so_at_once),
		cmocka_unit_test(a_machine_that_is_silent_is_not_found),
		cmocka_unit_test(who_has_gone_is_not_answered),
		cmocka_unit_test(answers_that_fit_nothing_are_not_believed),
		cmocka_unit_test(more_questions_than_fit_are_refused),
		cmocka_unit_test(others_find_what_is_here),
		cmocka_unit_test(
			what_is_not_here_is_refused_to_one_and_not_to_all),
		cmocka_unit_test(the_access_file_decides),
		cmocka_unit_test(secure_mode_refuses_all),
		cmocka_unit_test(unrestricted_mode_needs_no_access_file),
		cmocka_unit_test(an_endpoint_on_the_loopback_is_not_for_others),
		cmocka_unit_test(any_address_is_the_one_that_was_asked),
		cmocka_unit_test(who_asks_too_often_is_not_heard),
		cmocka_unit_test(forged_questions_and_our_own_get_nothing),
		cmocka_unit_test(a_message_to_anywhere_goes_to_one_machine),
		cmocka_unit_test(a_message_from_there_is_delivered_once),
		cmocka_unit_test(a_message_may_be_refused_and_is_never_for_all),
		cmocka_unit_test(old_machines_are_refused_if_they_ask_us_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
