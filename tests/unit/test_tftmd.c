/*
 * Multicast TFTP in lock step, heard from outside: Etherboot, atftp and EDK2
 * as they were captured, and each rule that came of it.
 */
#include "tftmd_world.h"

#define ASK    "kernel multicast= blksize=1024 tsize="
#define OPTS   "OACK tsize=2100 blksize=1024 multicast=" G
#define MASTER OPTS ",1"
#define SLAVE  OPTS ",0"
#define TO_G   " to " G "\n"

/* Three blocks of 1024 bytes, the last of 52. */
enum { THREE = 2100 };

/* ---- captured packets ---------------------------------------------------- */

static void
answers_etherboot_byte_for_byte_as_what_it_once_accepted(void **state)
{
	uint8_t asked[64], wanted[64];
	size_t len = hex("00012f756e64696f6e6c792e6b707865006f63746574006d756c"
			 "7469636173740000626c6b73697a6500313032340074"
			 "73697a650000",
			 asked, sizeof(asked));
	size_t wanted_len =
		hex("00067473697a6500373639393400626c6b73697a6500313032"
		    "34006d756c746963617374003233392e3235352e372e302c31"
		    "3735382c3100",
		    wanted, sizeof(wanted));
	struct world w;

	(void)state;
	world_open(&w);
	world_put(&w, "undionly.kpxe", 76994);
	world_start(&w);
	w.st->me = (struct endpoint){IP4(10, 0, 0, 1), 1758};
	stage_hear_from(w.st, machine(7), asked, len);
	assert_int_equal(w.st->last_len, wanted_len);
	assert_memory_equal(w.st->last, wanted, wanted_len);
	w.train = w.st->last_port;
	for (uint16_t n = 0; n < 76; n++) {
		acks(&w, 7, n);
		assert_int_equal(w.st->last[3], n + 1);
		assert_int_equal(w.st->last_send.body.len, n < 75 ? 1024 : 194);
	}
	assert_int_equal(w.st->sends, 77);
	acks(&w, 7, 76);
	stage_wait(w.st, SECONDS(20));
	assert_int_equal(w.st->sends, 77);
	assert_int_equal(tftmd_stats(w.m)->left, 1);
	world_close(&w);
}

static void leaves_ipxe_to_plain_tftp(void **state)
{
	uint8_t b[64];
	size_t len =
		hex("00016269672e62696e006f6374657400626c6b73697a6500313433"
		    "32007473697a650030006d756c7469636173740000",
		    b, sizeof(b));
	struct dgram d = {.link = 1,
			  .from = machine(7),
			  .to = {IP4(10, 0, 0, 1), 69},
			  .bytes = b,
			  .len = len};
	struct world w;

	(void)state;
	world_open(&w);
	world_put(&w, "big.bin", THREE);
	world_start(&w);
	assert_false(tftmd_claims(w.m, &d));
	world_machine(&w,
		      "name=wendy; ip_address=10.0.0.7; rom_quirks=multicast");
	assert_true(tftmd_claims(w.m, &d));
	world_close(&w);
}

static void a_refusal_of_the_answer_ends_it(void **state)
{
	uint8_t b[32];
	size_t len = hex("0005080052464332303930206572726f7200", b, sizeof(b));
	struct world w;

	(void)state;
	world_serve(&w, THREE);
	w.st->peer = machine(7);
	asks(&w, 7, ASK);
	w.st->me.port = w.train;
	stage_hear(w.st, b, len);
	stage_wait(w.st, SECONDS(20));
	stage_expect(w.st, "    0 ms  " MASTER "\n");
	world_close(&w);
}

/* ---- a master ------------------------------------------------------------ */

static void each_ack_of_the_master_is_one_block_for_all(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, THREE);
	w.st->peer = machine(7);
	asks(&w, 7, ASK);
	for (uint16_t n = 0; n < 4; n++)
		acks(&w, 7, n);
	stage_wait(w.st, SECONDS(20));
	stage_expect(w.st,
		     "    0 ms  " MASTER "\n"
		     "    0 ms  DATA 1 +1024" TO_G "    0 ms  DATA 2 +1024" TO_G
		     "    0 ms  DATA 3 +52" TO_G);
	assert_int_equal(w.st->last_send.ttl, 1);
	assert_int_equal(w.st->last_send.link, 1);
	assert_int_equal(w.st->last_send.body.offset, 2048);
	world_close(&w);
}

/* Rule 1: that pair is the train. */
static void answers_and_data_leave_from_one_port(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, THREE);
	asks(&w, 7, ASK);
	assert_int_equal(w.st->last_send.from.port, w.train);
	assert_int_equal(w.st->last_send.from.ip, IP4(10, 0, 0, 1));
	assert_int_not_equal(w.train, 69);
	acks_at(&w, machine_at(7, 3333), 0); /* from any port of its */
	assert_int_equal(w.st->last_send.from.port, w.train);
	assert_int_equal(w.st->last_send.from.ip, IP4(10, 0, 0, 1));
	assert_int_equal(heard(&w, "DATA 1"), 1);
	world_close(&w);
}

static void a_whole_number_of_blocks_ends_with_an_empty_one(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, 2048);
	asks(&w, 7, ASK);
	stage_forget(w.st);
	acks(&w, 7, 1);
	acks(&w, 7, 2);
	acks(&w, 7, 3);
	stage_wait(w.st, SECONDS(20));
	stage_expect(w.st,
		     "    0 ms  DATA 2 +1024" TO_G "    0 ms  DATA 3 +0" TO_G);
	world_close(&w);
}

/* Rule 8. */
static void only_the_clock_repeats_a_block(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, THREE);
	asks(&w, 7, ASK);
	stage_forget(w.st);
	acks(&w, 7, 0);
	acks(&w, 7, 0);
	acks(&w, 7, 1);
	acks(&w, 7, 0);
	acks(&w, 7, 1);
	stage_wait(w.st, MILLISECONDS(500));
	stage_expect(w.st,
		     "    0 ms  DATA 1 +1024" TO_G "    0 ms  DATA 2 +1024" TO_G
		     "  150 ms  DATA 2 +1024" TO_G
		     "  450 ms  DATA 2 +1024" TO_G);
	world_close(&w);
}

static void a_master_may_leave_blocks_out(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, THREE);
	asks(&w, 7, ASK);
	stage_forget(w.st);
	acks(&w, 7, 1); /* it heard block 1 from somewhere */
	stage_expect(w.st, "    0 ms  DATA 2 +1024" TO_G);
	world_close(&w);
}

/* ---- requests ------------------------------------------------------------ */

/* Rule 4. */
static void answers_only_the_options_that_were_asked(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, 2048);
	w.st->peer = machine(7);
	asks(&w, 7, "kernel multicast= timeout=5 windowsize=16");
	acks(&w, 7, 5); /* it has them all: five of 512 */
	asks(&w, 7, "kernel tsize=0 multicast=");
	stage_expect(w.st, "    0 ms  OACK multicast=" G ",1\n"
			   "    0 ms  OACK tsize=2048 multicast=" G ",1\n");
	world_close(&w);
}

/* Rule 5, and what else multicast cannot do: whether it is claimed, and why
 * not. */
static void declined(struct world *w, const struct dgram *d, const char *why)
{
	bool is_ours = tftmd_claims(w->m, d);

	w->st->shows_notes = true;
	tftmd_decline(w->m, d, stage_begin(w->st));
	stage_end(w->st);
	assert_int_equal(is_ours, !why);
	if (why)
		assert_non_null(strstr(stage_said(w->st), why));
	else
		assert_string_equal(stage_said(w->st), "");
	stage_forget(w->st);
}

static void asked(struct world *w, struct dgram d, const char *mode,
		  const char *text, const char *why)
{
	uint8_t b[600];

	d.len = request(b, sizeof(b), TFTP_RRQ, mode, text);
	d.bytes = b;
	declined(w, &d, why);
}

static const struct dgram to_us = {.link = 1,
				   .from = {IP4(10, 0, 0, 7), 2000},
				   .to = {IP4(10, 0, 0, 1), 69}};

static void leaves_to_tftpd_what_multicast_cannot_serve(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	world_put(&w, "kernel", THREE);
	world_put(&w, "empty", 0);
	world_put(&w, "long", (uint64_t)65535 * 1024 - 1);
	world_put(&w, "longer", (uint64_t)65535 * 1024);
	world_start(&w);
	asked(&w, to_us, "octet", ASK, NULL);
	asked(&w, to_us, "octet", "long multicast= blksize=1024", NULL);
	asked(&w, to_us, "octet", "longer multicast= blksize=1024",
	      "longer: more than 65535 blocks");
	asked(&w, to_us, "octet", "empty multicast=", "empty: empty");
	asked(&w, to_us, "netascii", ASK, "kernel: not netascii");
	assert_int_equal(tftmd_stats(w.m)->plain, 3);
	world_close(&w);
}

static void knows_nothing_of_requests_without_the_option(void **state)
{
	uint8_t b[600];
	struct dgram d = to_us;
	struct world w;

	(void)state;
	world_serve(&w, THREE);
	d.bytes = b;
	d.len = request(b, sizeof(b), TFTP_RRQ, "octet", "kernel tsize=0");
	assert_false(tftmd_claims(w.m, &d));
	d.len = request(b, sizeof(b), TFTP_RRQ, "octet", "other multicast=");
	assert_false(tftmd_claims(w.m, &d));
	d.len = request(b, sizeof(b), TFTP_WRQ, "octet", ASK);
	assert_false(tftmd_claims(w.m, &d));
	d.len = request(b, sizeof(b), TFTP_RRQ, "octet", ASK);
	d.to.port = 70;
	assert_false(tftmd_claims(w.m, &d));
	d.to.port = 1758;
	assert_true(tftmd_claims(w.m, &d));
	w.settings.tftm.also = 0;
	assert_false(tftmd_claims(w.m, &d));
	tftmd_decline(w.m, &d, stage_begin(w.st));
	stage_end(w.st);
	assert_int_equal(tftmd_stats(w.m)->plain, 0);
	world_close(&w);
}

static void serves_only_who_can_hear_the_group(void **state)
{
	struct dgram d = to_us;
	struct world w;

	(void)state;
	world_serve(&w, THREE);
	d.from.ip = IP4(10, 0, 1, 7); /* of the other link */
	asked(&w, d, "octet", ASK, "not on this link");
	d.link = 2;
	d.to.ip = IP4(10, 0, 1, 1);
	asked(&w, d, "octet", ASK, NULL);
	d.from.ip = IP4(10, 0, 1, 255);
	asked(&w, d, "octet", ASK, "not on this link");
	d.from.ip = IP4(10, 0, 1, 1);
	asked(&w, d, "octet", ASK, "not on this link");
	d.from.ip = IP4(192, 0, 2, 7);
	asked(&w, d, "octet", ASK, "not on this link");
	w.settings.tftm.ttl = 8;
	asked(&w, d, "octet", ASK, NULL);
	d.from.ip = IP4(127, 0, 0, 1);
	asked(&w, d, "octet", ASK, "not on this link");
	d.from.ip = IP4(10, 0, 1, 7);
	d.to.ip = IP_BROADCAST;
	asked(&w, d, "octet", ASK, "not on this link");
	world_close(&w);
}

static void machines_may_be_kept_from_it(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, THREE);
	world_machine(
		&w, "name=wendy; ip_address=10.0.0.7; rom_quirks=no-multicast");
	asked(&w, to_us, "octet", ASK, "not this machine");
	world_close(&w);
}

/* Rule 6: Etherboot takes 1024 and nothing else. */
static void blocks_of_another_size_are_another_train(void **state)
{
	struct tftmd_train t;
	struct world w;
	uint32_t at = 0;

	(void)state;
	world_open(&w);
	w.settings.tftm.groups = 4;
	world_put(&w, "kernel", THREE);
	world_start(&w);
	asks(&w, 7, ASK);
	asks(&w, 8, "kernel multicast= blksize=1428");
	asks(&w, 9, "kernel multicast= blksize=60000");
	assert_int_equal(heard(&w, ",1"), 3);
	assert_true(tftmd_next_train(w.m, &at, &t));
	assert_int_equal(t.blksize, 1024);
	assert_true(tftmd_next_train(w.m, &at, &t));
	assert_int_equal(t.blksize, 1428);
	assert_true(tftmd_next_train(w.m, &at, &t));
	assert_int_equal(t.blksize, 1468);
	assert_false(tftmd_next_train(w.m, &at, &t));
	world_close(&w);
}

static void each_train_has_its_own_group(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	w.settings.tftm.groups = 2;
	w.settings.tftm.ports = 2;
	world_put(&w, "kernel", THREE);
	world_start(&w);
	asks(&w, 7, "kernel multicast= blksize=1024");
	asks(&w, 7, "kernel multicast= blksize=1025");
	asks(&w, 7, "kernel multicast= blksize=1026");
	asks(&w, 7, "kernel multicast= blksize=1027");
	for (unsigned i = 0; i < 4; i++) {
		static const char *const groups[] = {
			"239.255.7.0:1758", "239.255.7.0:1759",
			"239.255.7.1:1758", "239.255.7.1:1759"};

		assert_non_null(strstr(stage_said(w.st), groups[i]));
	}
	stage_forget(w.st);
	asked(&w, to_us, "octet", "kernel multicast= blksize=1028",
	      "no train is free");
	world_close(&w);
}

/* ---- several riders ------------------------------------------------------ */

static void waits_for_others_and_the_oldest_is_master(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	world_put(&w, "kernel", THREE);
	w.settings.tftm.hold = 200;
	world_start(&w);
	w.st->peer = machine(7);
	asks(&w, 7, ASK);
	stage_wait(w.st, MILLISECONDS(100));
	asks(&w, 8, ASK);
	acks(&w, 8, 0); /* EDK2 acknowledges whatever it is told */
	stage_wait(w.st, MILLISECONDS(450));
	stage_expect(w.st, "    0 ms  " SLAVE "\n"
			   "  100 ms  " SLAVE " to 10.0.0.8:2000\n"
			   "  500 ms  " MASTER "\n");
	world_close(&w);
}

static void two_ride(struct world *w)
{
	world_serve(w, 10 * 1024 - 1);
	asks(w, 7, ASK);
	asks(w, 8, ASK);
	stage_forget(w->st);
}

#define TEN "OACK tsize=10239 blksize=1024 multicast=" G

/* T6: it heard 4 to 10 as a slave. */
static void a_late_rider_costs_what_it_missed(void **state)
{
	struct world w;

	(void)state;
	two_ride(&w);
	for (uint16_t n = 0; n < 10; n++)
		acks(&w, 7, n);
	assert_int_equal(heard(&w, "DATA"), 10);
	acks(&w, 7, 10);
	stage_expect(w.st, "    0 ms  " TEN ",1 to 10.0.0.8:2000\n");
	acks(&w, 8, 0);
	acks(&w, 8, 1);
	acks(&w, 8, 2);
	acks(&w, 8, 10);
	stage_wait(w.st, SECONDS(20));
	stage_expect(w.st,
		     "    0 ms  DATA 1 +1024" TO_G "    0 ms  DATA 2 +1024" TO_G
		     "    0 ms  DATA 3 +1024" TO_G);
	assert_int_equal(tftmd_stats(w.m)->originals, 10);
	assert_int_equal(tftmd_stats(w.m)->repairs, 3);
	assert_int_equal(tftmd_stats(w.m)->left, 2);
	world_close(&w);
}

/* Rule 7. */
static void whoever_has_the_last_block_is_done_master_or_not(void **state)
{
	struct world w;

	(void)state;
	two_ride(&w);
	acks(&w, 7, 0);
	acks(&w, 8, 10);
	acks(&w, 7, 1);
	acks(&w, 7, 12);
	stage_wait(w.st, SECONDS(20));
	stage_expect(w.st, "    0 ms  DATA 1 +1024" TO_G
			   "    0 ms  DATA 2 +1024" TO_G);
	assert_int_equal(tftmd_stats(w.m)->left, 2);
	world_close(&w);
}

static void a_slave_that_acknowledges_is_told_so_twice_a_second(void **state)
{
	struct world w;

	(void)state;
	two_ride(&w);
	w.st->peer = machine(8);
	acks(&w, 7, 0);
	for (int i = 0; i < 10; i++) {
		acks(&w, 8, 0);
		acks(&w, 8, 1);
		stage_wait(w.st, MILLISECONDS(100));
		acks(&w, 7, (uint16_t)(1 + i % 9));
	}
	assert_int_equal(tftmd_stats(w.m)->repairs, 0);
	assert_int_equal(heard(&w, ",0\n"), 2);
	world_close(&w);
}

/* Rule 2: a repeated request is answered as the first one was. */
static void a_repeated_request_is_answered_like_the_first(void **state)
{
	struct world w;

	(void)state;
	two_ride(&w);
	acks(&w, 7, 0);
	asks(&w, 7, ASK); /* iPXE's three at once */
	asks(&w, 8, ASK);
	asks(&w, 7, ASK);
	stage_expect(w.st, "    0 ms  DATA 1 +1024" TO_G "    0 ms  " TEN
			   ",1 to 10.0.0.7:2000\n"
			   "    0 ms  " TEN ",0 to 10.0.0.8:2000\n"
			   "    0 ms  " TEN ",1 to 10.0.0.7:2000\n");
	acks(&w, 7, 0); /* it has begun anew, perhaps */
	stage_expect(w.st, "    0 ms  DATA 1 +1024" TO_G);
	assert_int_equal(train_state(&w).riders, 2);
	world_close(&w);
}

static void a_request_from_a_new_port_moves_the_call_there(void **state)
{
	struct world w;

	(void)state;
	two_ride(&w);
	acks(&w, 7, 10);
	stage_wait(w.st, MILLISECONDS(100));
	asks_at(&w, machine_at(8, 2001), 1758, ASK);
	stage_wait(w.st, MILLISECONDS(300));
	stage_expect(w.st, "    0 ms  " TEN ",1 to 10.0.0.8:2000\n"
			   "  100 ms  " TEN ",1 to 10.0.0.8:2001\n"
			   "  350 ms  " TEN ",1 to 10.0.0.8:2001\n");
	world_close(&w);
}

/* ---- the dead ------------------------------------------------------------ */

/* Rules 3 and 11. */
static void a_dead_master_is_called_three_times_in_turn(void **state)
{
	struct world w;

	(void)state;
	two_ride(&w);
	acks(&w, 7, 0);
	acks(&w, 8, 0); /* both live; a reminder goes to 8 */
	stage_forget(w.st);
	/* 7 falls silent: its block goes four times more in two seconds. */
	stage_wait(w.st, MILLISECONDS(3050));
	stage_expect(w.st,
		     "  150 ms  DATA 1 +1024" TO_G "  450 ms  DATA 1 +1024" TO_G
		     " 1050 ms  DATA 1 +1024" TO_G " 2050 ms  DATA 1 +1024" TO_G
		     " 3050 ms  " TEN ",1 to 10.0.0.8:2000\n");
	acks(&w, 8, 10);
	stage_forget(w.st);
	/* Alone, it is called again: four OACKs in two seconds, twice. */
	stage_wait(w.st, SECONDS(60));
	assert_int_equal(heard(&w, TEN ",1 to 10.0.0.7:2000"), 8);
	assert_int_equal(tftmd_stats(w.m)->lost, 1);
	assert_false(train_state(&w).is_running);
	world_close(&w);
}

static void a_call_is_repeated_after_250_500_and_1000_ms(void **state)
{
	struct world w;

	(void)state;
	two_ride(&w);
	acks(&w, 8, 0);
	acks(&w, 7, 10);
	stage_forget(w.st);
	stage_wait(w.st, MILLISECONDS(1999));
	stage_expect(w.st, "    0 ms  " TEN ",1 to 10.0.0.8:2000\n"
			   "  250 ms  " TEN ",1 to 10.0.0.8:2000\n"
			   "  750 ms  " TEN ",1 to 10.0.0.8:2000\n"
			   " 1750 ms  " TEN ",1 to 10.0.0.8:2000\n");
	world_close(&w);
}

/* R12: it may be an address that somebody else wrote into a request. */
static void who_never_answers_gets_three_packets(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, THREE);
	w.st->peer = machine(7);
	asks(&w, 7, ASK);
	stage_wait(w.st, SECONDS(60));
	stage_expect(w.st, "    0 ms  " MASTER "\n"
			   "  250 ms  " MASTER "\n"
			   "  750 ms  " MASTER "\n"
			   "31750 ms  close a port\n");
	assert_int_equal(tftmd_stats(w.m)->lost, 1);
	world_close(&w);
}

static void the_lost_may_board_again(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, THREE);
	asks(&w, 7, ASK);
	stage_wait(w.st, SECONDS(10));
	acks(&w, 7, 0); /* too late: nobody knows it */
	stage_forget(w.st);
	asks(&w, 7, ASK);
	acks(&w, 7, 0);
	assert_int_equal(heard(&w, "DATA 1"), 1);
	world_close(&w);
}

/* Rule 10: Etherboot asks again after three silent seconds, and then not for
 * six minutes. */
static void the_group_is_never_silent_for_long(void **state)
{
	struct world w;
	usec last = 0;

	(void)state;
	world_serve(&w, 10 * 1024 - 1);
	for (uint32_t n = 7; n < 11; n++)
		asks(&w, n, ASK);
	for (uint32_t n = 7; n < 11; n++)
		acks(&w, n, 0); /* they live, and then they are off */
	stage_forget(w.st);
	while (train_state(&w).is_running) {
		assert_true(stage_step(w.st));
		if (heard(&w, "DATA"))
			last = w.st->now;
		assert_true(w.st->now - last <= MILLISECONDS(2500));
	}
	assert_int_equal(tftmd_stats(w.m)->lost, 4);
	world_close(&w);
}

static void a_slow_master_gives_others_a_turn(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, 100 * 1024);
	asks(&w, 7, ASK);
	asks(&w, 8, ASK);
	acks(&w, 7, 0);
	for (uint16_t n = 1; n < 17; n++) { /* each needs a second sending */
		stage_wait(w.st, MILLISECONDS(200));
		acks(&w, 7, n);
	}
	assert_int_equal(heard(&w, ",1 to 10.0.0.8:2000"), 1);
	acks(&w, 8, 16);
	assert_int_equal(heard(&w, "DATA 17"), 1);
	world_close(&w);
}

/* ---- what goes wrong ----------------------------------------------------- */

/* Rule 12. */
static void says_no_error_after_an_answer(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, THREE);
	asks(&w, 7, ASK);
	stage_forget(w.st);
	w.st->rc[EFFECT_FETCH] = -EIO;
	acks(&w, 7, 0);
	stage_wait(w.st, SECONDS(9));
	stage_expect(w.st, "");
	/* But tftpd may say it, to who asks again. */
	asked(&w, to_us, "octet", ASK, "unreadable");
	stage_wait(w.st, SECONDS(2));
	stage_forget(w.st);
	asked(&w, to_us, "octet", ASK, NULL);
	world_close(&w);
}

static void a_new_version_is_another_train(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	w.settings.tftm.groups = 2;
	world_put(&w, "kernel", THREE);
	world_start(&w);
	asks(&w, 7, ASK);
	world_put(&w, "kernel", THREE);
	w.st->rc[EFFECT_FETCH] = -ESTALE;
	acks(&w, 7, 0);
	w.st->rc[EFFECT_FETCH] = 0;
	stage_forget(w.st);
	uint16_t before = w.train;
	asks(&w, 7, ASK);
	assert_int_not_equal(w.train, before);
	assert_int_equal(heard(&w, "239.255.7"), 1);
	world_close(&w);
}

static void a_busy_disk_is_waited_for(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, THREE);
	asks(&w, 7, ASK);
	stage_forget(w.st);
	w.st->rc[EFFECT_FETCH] = -EAGAIN;
	acks(&w, 7, 0);
	w.st->rc[EFFECT_FETCH] = 0;
	stage_wait(w.st, MILLISECONDS(20));
	stage_expect(w.st, "   10 ms  DATA 1 +1024" TO_G);
	world_close(&w);
}

static void an_ack_overtakes_a_slow_disk(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, THREE);
	asks(&w, 7, ASK);
	stage_forget(w.st);
	w.st->holds[EFFECT_FETCH] = true;
	acks(&w, 7, 0);
	acks(&w, 7, 1);
	stage_settle(w.st, EFFECT_FETCH, 0);
	stage_settle(w.st, EFFECT_FETCH, 0);
	stage_expect(w.st, "    0 ms  DATA 1 +1024" TO_G
			   "    0 ms  DATA 2 +1024" TO_G);
	world_close(&w);
}

static void a_port_that_is_taken_is_not_the_last(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, THREE);
	w.st->holds[EFFECT_LISTEN] = true;
	asks(&w, 7, ASK);
	stage_settle(w.st, EFFECT_LISTEN, -EADDRINUSE);
	stage_settle(w.st, EFFECT_LISTEN, 0);
	assert_int_equal(heard(&w, ",1"), 1);
	world_close(&w);
}

static void without_any_port_it_is_tftpds(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, THREE);
	w.st->rc[EFFECT_LISTEN] = -EADDRINUSE;
	asks(&w, 7, ASK);
	stage_expect(w.st, "");
	asked(&w, to_us, "octet", ASK, "unreadable");
	stage_wait(w.st, SECONDS(11));
	stage_expect(w.st, "");
	world_close(&w);
}

static void a_train_that_nobody_rides_frees_its_port(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, THREE);
	asks(&w, 7, ASK);
	acks(&w, 7, 3);
	stage_forget(w.st);
	stage_wait(w.st, SECONDS(60));
	stage_expect(w.st, "30000 ms  close a port\n");
	assert_int_equal(w.st->engine->deadline(w.st->engine), NEVER);
	world_close(&w);
}

static void a_train_that_nobody_rides_makes_room(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, THREE);
	world_put(&w, "initrd", 100);
	asks(&w, 7, ASK);
	acks(&w, 7, 3);
	stage_forget(w.st);
	w.st->peer = machine(7);
	asks(&w, 7, "initrd multicast=");
	stage_expect(w.st, "    0 ms  close a port\n"
			   "    0 ms  OACK multicast=" G ",1\n");
	world_close(&w);
}

static void a_full_table_leaves_the_next_one_to_tftpd(void **state)
{
	struct dgram d = to_us;
	struct world w;

	(void)state;
	world_open(&w);
	world_put(&w, "kernel", THREE);
	w.settings.tftm.riders = 2;
	world_start(&w);
	asks(&w, 7, ASK);
	asks(&w, 8, ASK);
	stage_forget(w.st);
	asked(&w, d, "octet", ASK, NULL); /* 7, which is in it */
	d.from.ip++;
	d.from.ip++;
	asked(&w, d, "octet", ASK, "no room for a rider");
	world_close(&w);
}

static void strangers_at_a_trains_port_are_nobody(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, THREE);
	asks(&w, 7, ASK);
	stage_forget(w.st);
	acks(&w, 9, 0);
	errs(&w, machine_at(7, 4000)); /* not where it asked from */
	acks(&w, 7, 0);
	stage_expect(w.st, "    0 ms  DATA 1 +1024" TO_G);
	errs(&w, machine(7));
	stage_wait(w.st, SECONDS(9));
	stage_expect(w.st, "");
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			answers_etherboot_byte_for_byte_as_what_it_once_accepted),
		cmocka_unit_test(leaves_ipxe_to_plain_tftp),
		cmocka_unit_test(a_refusal_of_the_answer_ends_it),
		cmocka_unit_test(each_ack_of_the_master_is_one_block_for_all),
		cmocka_unit_test(answers_and_data_leave_from_one_port),
		cmocka_unit_test(
			a_whole_number_of_blocks_ends_with_an_empty_one),
		cmocka_unit_test(only_the_clock_repeats_a_block),
		cmocka_unit_test(a_master_may_leave_blocks_out),
		cmocka_unit_test(answers_only_the_options_that_were_asked),
		cmocka_unit_test(leaves_to_tftpd_what_multicast_cannot_serve),
		cmocka_unit_test(knows_nothing_of_requests_without_the_option),
		cmocka_unit_test(serves_only_who_can_hear_the_group),
		cmocka_unit_test(machines_may_be_kept_from_it),
		cmocka_unit_test(blocks_of_another_size_are_another_train),
		cmocka_unit_test(each_train_has_its_own_group),
		cmocka_unit_test(waits_for_others_and_the_oldest_is_master),
		cmocka_unit_test(a_late_rider_costs_what_it_missed),
		cmocka_unit_test(
			whoever_has_the_last_block_is_done_master_or_not),
		cmocka_unit_test(
			a_slave_that_acknowledges_is_told_so_twice_a_second),
		cmocka_unit_test(a_repeated_request_is_answered_like_the_first),
		cmocka_unit_test(
			a_request_from_a_new_port_moves_the_call_there),
		cmocka_unit_test(a_dead_master_is_called_three_times_in_turn),
		cmocka_unit_test(a_call_is_repeated_after_250_500_and_1000_ms),
		cmocka_unit_test(who_never_answers_gets_three_packets),
		cmocka_unit_test(the_lost_may_board_again),
		cmocka_unit_test(the_group_is_never_silent_for_long),
		cmocka_unit_test(a_slow_master_gives_others_a_turn),
		cmocka_unit_test(says_no_error_after_an_answer),
		cmocka_unit_test(a_new_version_is_another_train),
		cmocka_unit_test(a_busy_disk_is_waited_for),
		cmocka_unit_test(an_ack_overtakes_a_slow_disk),
		cmocka_unit_test(a_port_that_is_taken_is_not_the_last),
		cmocka_unit_test(without_any_port_it_is_tftpds),
		cmocka_unit_test(a_train_that_nobody_rides_frees_its_port),
		cmocka_unit_test(a_train_that_nobody_rides_makes_room),
		cmocka_unit_test(a_full_table_leaves_the_next_one_to_tftpd),
		cmocka_unit_test(strangers_at_a_trains_port_are_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
