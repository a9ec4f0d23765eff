/*
 * Transfers of the TFTP server, as transcripts: windows, gaps, silence, the end
 * of files, and everything that must not be answered.
 */
#include "tftpd_world.h"

#include <errno.h>

static void a_file_is_sent_block_by_block(void **state)
{
	struct tftpd_world *w = world_open();

	(void)state;
	w->st->shows_notes = true;
	w->st->hides[EFFECT_FETCH] = false;
	w->st->hides[EFFECT_LISTEN] = false;
	file(w, "boot.img", 1000);
	ask(w, "boot.img");
	ack(w, 1);
	stage_wait(w->st, MILLISECONDS(5));
	ack(w, 2);
	stage_expect(w->st, "    0 ms  listen a port\n"
			    "    0 ms  fetch 1 @0 +512\n"
			    "    0 ms  DATA 1 +512\n"
			    "    0 ms  fetch 1 @512 +488\n"
			    "    0 ms  DATA 2 +488\n"
			    "    5 ms  note tftp-done 1000 5000 \"boot.img\"\n"
			    "    5 ms  close a port\n");
	assert_int_equal(tftpd_stats(w->t)->open_now, 0);
	assert_int_equal(tftpd_stats(w->t)->done, 1);
	assert_int_equal(tftpd_stats(w->t)->data_bytes, 1000);
	world_close(w);
}

static void data_leaves_from_the_address_that_was_asked(void **state)
{
	struct tftpd_world *w = world_open();

	(void)state;
	file(w, "boot.img", 999);
	file(w, "boot.img", 1000);
	ask(w, "boot.img");
	assert_int_equal(w->st->last_send.body.image, 1);
	assert_int_equal(w->st->last_send.body.version, 2);
	assert_int_equal(w->st->last_send.from.ip, SERVER);
	assert_int_equal(w->st->last_send.from.port, w->st->last_port);
	assert_int_not_equal(w->st->last_port, 69);
	world_close(w);
}

static void a_multiple_of_the_block_size_ends_with_an_empty_block(void **state)
{
	struct tftpd_world *w = world_open();

	(void)state;
	w->st->hides[EFFECT_FETCH] = false;
	file(w, "boot.img", 1024);
	ask(w, "boot.img windowsize=8");
	ack(w, 0);
	ack(w, 3);
	stage_expect(w->st, "    0 ms  OACK windowsize=8\n"
			    "    0 ms  fetch 1 @0 +1024\n"
			    "    0 ms  DATA 1 +512\n"
			    "    0 ms  DATA 2 +512\n"
			    "    0 ms  DATA 3 +0\n"
			    "    0 ms  close a port\n");
	world_close(w);
}

static void an_empty_file_is_one_empty_block(void **state)
{
	struct tftpd_world *w = world_open();

	(void)state;
	w->st->hides[EFFECT_FETCH] = false;
	file(w, "empty", 0);
	ask(w, "empty");
	ack(w, 1);
	stage_expect(w->st, "    0 ms  DATA 1 +0\n"
			    "    0 ms  close a port\n");
	world_close(w);
}

static void only_options_that_were_asked_are_answered(void **state)
{
	struct tftpd_world *w = world_open();

	(void)state;
	file(w, "boot.img", 76994);
	ask(w, "boot.img multicast= blksize=1024 tsize= shoesize=44");
	stage_expect(w->st, "    0 ms  OACK tsize=76994 blksize=1024\n");
	/* Nor is anything in it that no client could read. */
	assert_int_equal(w->st->last_len, sizeof("\0\6tsize\0"
						 "76994\0blksize\0"
						 "1024"));
	world_close(w);
}

static void options_are_held_to_what_the_server_can(void **state)
{
	struct tftpd_world *w = world_open();

	(void)state;
	file(w, "boot.img", 5000);
	ask(w, "boot.img blksize=65464 windowsize=65535 timeout=3 tsize=0");
	stage_expect(w->st, "    0 ms  OACK tsize=5000 blksize=1468 timeout=3 "
			    "windowsize=64\n");
	world_close(w);
}

static void a_window_is_sent_at_one_fetch_and_moved_by_one_ack(void **state)
{
	struct tftpd_world *w = world_open();

	(void)state;
	w->st->hides[EFFECT_FETCH] = false;
	file(w, "boot.img", 512 * 5 + 10);
	ask(w, "boot.img windowsize=4");
	ack(w, 0);
	ack(w, 4);
	stage_expect(w->st, "    0 ms  OACK windowsize=4\n"
			    "    0 ms  fetch 1 @0 +2048\n"
			    "    0 ms  DATA 1 +512\n"
			    "    0 ms  DATA 2 +512\n"
			    "    0 ms  DATA 3 +512\n"
			    "    0 ms  DATA 4 +512\n"
			    "    0 ms  fetch 1 @2048 +522\n"
			    "    0 ms  DATA 5 +512\n"
			    "    0 ms  DATA 6 +10\n");
	world_close(w);
}

static void an_ack_inside_the_window_repairs_the_gap(void **state)
{
	struct tftpd_world *w = world_open();

	(void)state;
	file(w, "boot.img", 512 * 9);
	ask(w, "boot.img windowsize=4");
	ack(w, 0);
	stage_forget(w->st);
	ack(w, 2);
	stage_expect(w->st, "    0 ms  DATA 3 +512\n"
			    "    0 ms  DATA 4 +512\n"
			    "    0 ms  DATA 5 +512\n"
			    "    0 ms  DATA 6 +512\n");
	assert_int_equal(tftpd_stats(w->t)->repeats, 2);
	world_close(w);
}

/* RFC 1123 4.2.3.1: the Sorcerer's Apprentice (R13). */
static void a_duplicate_ack_is_never_answered_with_data(void **state)
{
	struct tftpd_world *w = world_open();

	(void)state;
	file(w, "boot.img", 512 * 20);
	ask(w, "boot.img windowsize=4");
	ack(w, 0);
	ack(w, 4);
	stage_forget(w->st);
	ack(w, 4);
	ack(w, 4);
	ack(w, 2);
	ack(w, 0);
	stage_expect(w->st, "");
	world_close(w);
}

static void acks_of_blocks_never_sent_and_short_acks_mean_nothing(void **state)
{
	struct tftpd_world *w = world_open();

	(void)state;
	file(w, "boot.img", 512 * 20);
	ask(w, "boot.img windowsize=4");
	ack(w, 0);
	stage_forget(w->st);
	ack(w, 5);
	ack(w, 65535);
	STAGE_HEAR(w->st, "\0\4\0");
	STAGE_HEAR(w->st, "\0\4");
	STAGE_HEAR(w->st, "");
	stage_expect(w->st, "");
	world_close(w);
}

static void silence_sends_the_window_again_ever_more_slowly(void **state)
{
	struct tftpd_world *w = world_open();

	(void)state;
	w->st->shows_notes = true;
	file(w, "boot.img", 512 * 9);
	ask(w, "boot.img windowsize=2");
	ack(w, 0);
	ack(w, 2);
	stage_forget(w->st);
	stage_wait(w->st, SECONDS(600));
	stage_expect(w->st, "   20 ms  DATA 4 +512\n"
			    " 1000 ms  DATA 3 +512\n"
			    " 1000 ms  DATA 4 +512\n"
			    " 3000 ms  DATA 3 +512\n"
			    " 3000 ms  DATA 4 +512\n"
			    " 7000 ms  DATA 3 +512\n"
			    " 7000 ms  DATA 4 +512\n"
			    "15000 ms  DATA 3 +512\n"
			    "15000 ms  DATA 4 +512\n"
			    "31000 ms  note tftp-timeout 1024 \"boot.img\"\n"
			    "31000 ms  close a port\n");
	assert_int_equal(tftpd_stats(w->t)->timeouts, 1);
	world_close(w);
}

static void each_ack_ends_the_silence(void **state)
{
	struct tftpd_world *w = world_open();

	(void)state;
	file(w, "boot.img", 512 * 9);
	ask(w, "boot.img");
	ack(w, 1);
	stage_wait(w->st, MILLISECONDS(3500));
	ack(w, 2);
	stage_forget(w->st);
	stage_wait(w->st, MILLISECONDS(1000));
	stage_expect(w->st, " 3520 ms  DATA 3 +512\n"
			    " 4500 ms  DATA 3 +512\n");
	world_close(w);
}

/* A window's end is lost as a rule where a buffer ends: it need not wait. */
static void the_last_block_is_repeated_soon_and_alone(void **state)
{
	struct tftpd_world *w = world_open();

	(void)state;
	file(w, "boot.img", 512 * 9);
	ask(w, "boot.img windowsize=4");
	ack(w, 0);
	stage_forget(w->st);
	stage_wait(w->st, MILLISECONDS(900));
	ack(w, 4);
	stage_expect(w->st, "   20 ms  DATA 4 +512\n"
			    "  900 ms  DATA 5 +512\n"
			    "  900 ms  DATA 6 +512\n"
			    "  900 ms  DATA 7 +512\n"
			    "  900 ms  DATA 8 +512\n");
	world_close(w);
}

static void a_lost_first_block_is_told_by_the_answer_to_the_last(void **state)
{
	struct tftpd_world *w = world_open();

	(void)state;
	file(w, "boot.img", 512 * 9);
	ask(w, "boot.img windowsize=3");
	ack(w, 0);
	ack(w, 3);
	ack(w, 3); /* 4 is lost, 5 came: but this could be a mere copy */
	stage_forget(w->st);
	stage_wait(w->st, MILLISECONDS(30));
	stage_expect(w->st, "   20 ms  DATA 6 +512\n");
	ack(w, 2);
	stage_expect(w->st, "");
	ack(w, 3);
	stage_expect(w->st, "   30 ms  DATA 4 +512\n"
			    "   30 ms  DATA 5 +512\n"
			    "   30 ms  DATA 6 +512\n");
	ack(w, 3);
	ack(w, 3);
	stage_expect(w->st, "");
	stage_wait(w->st, SECONDS(1));
	stage_expect(w->st, " 1000 ms  DATA 4 +512\n"
			    " 1000 ms  DATA 5 +512\n"
			    " 1000 ms  DATA 6 +512\n");
	ack(w, 3);
	stage_expect(w->st, "");
	world_close(w);
}

static void a_single_block_repeated_is_all_that_a_copy_of_an_ack_gets(void **s)
{
	struct tftpd_world *w = world_open();

	(void)s;
	file(w, "boot.img", 512 * 9);
	ask(w, "boot.img");
	ack(w, 1);
	stage_wait(w->st, MILLISECONDS(30));
	stage_forget(w->st);
	ack(w, 1);
	stage_wait(w->st, MILLISECONDS(100));
	stage_expect(w->st, "");
	world_close(w);
}

static void who_does_not_answer_the_last_block_waits_for_the_first(void **s)
{
	struct tftpd_world *w = world_open();

	(void)s;
	file(w, "boot.img", 512 * 9);
	ask(w, "boot.img windowsize=2");
	ack(w, 0);
	stage_wait(w->st, SECONDS(1));
	stage_forget(w->st);
	ack(w, 0); /* of both flights */
	ack(w, 0);
	stage_expect(w->st, "");
	world_close(w);
}

/* The server itself may have been held up: its own lateness is no reason to be
 * in a hurry. */
static void a_wake_up_that_comes_late_counts_once(void **state)
{
	struct tftpd_world *w = world_open();

	(void)state;
	file(w, "boot.img", 512 * 9);
	ask(w, "boot.img");
	ack(w, 1);
	stage_forget(w->st);
	w->st->now += SECONDS(5);
	stage_wait(w->st, SECONDS(1));
	stage_expect(w->st, " 5000 ms  DATA 2 +512\n");
	world_close(w);
}

static void a_slow_peer_is_given_its_time(void **state)
{
	struct tftpd_world *w = world_open();

	(void)state;
	file(w, "boot.img", 512 * 900);
	stage_wait(w->st, SECONDS(5));
	ask(w, "boot.img tsize=0");
	stage_wait(w->st, MILLISECONDS(100));
	ack(w, 0);
	stage_forget(w->st);
	stage_wait(w->st, MILLISECONDS(450));
	stage_expect(w->st, " 5500 ms  DATA 1 +512\n");
	world_close(w);
}

static void a_peer_that_becomes_slow_is_known_as_slow(void **state)
{
	struct tftpd_world *w = world_open();
	uint64_t repeats;

	(void)state;
	file(w, "boot.img", 512 * 900);
	ask(w, "boot.img");
	for (uint32_t i = 1; i <= 20; i++) {
		ack(w, i);
		stage_wait(w->st, MILLISECONDS(40));
	}
	repeats = tftpd_stats(w->t)->repeats;
	assert_in_range(repeats, 1, 5);
	for (uint32_t i = 21; i <= 60; i++) {
		ack(w, i);
		stage_wait(w->st, MILLISECONDS(40));
	}
	assert_int_equal(tftpd_stats(w->t)->repeats, repeats);
	world_close(w);
}

static void the_negotiated_timeout_is_the_first_wait(void **state)
{
	struct tftpd_world *w = world_open();

	(void)state;
	file(w, "boot.img", 512 * 9);
	ask(w, "boot.img timeout=5");
	ack(w, 0);
	stage_forget(w->st);
	stage_wait(w->st, SECONDS(20));
	stage_expect(w->st, " 5000 ms  DATA 1 +512\n"
			    "15000 ms  DATA 1 +512\n");
	error(w, 0);
	w->st->peer.port++;
	ask(w, "boot.img timeout=40");
	ack(w, 0);
	stage_forget(w->st);
	stage_wait(w->st, SECONDS(100));
	stage_expect(w->st, "60000 ms  DATA 1 +512\n"
			    "100000 ms  DATA 1 +512\n");
	world_close(w);
}

static void
a_late_ack_of_the_first_flight_counts_during_the_second(void **state)
{
	struct tftpd_world *w = world_open();

	(void)state;
	file(w, "boot.img", 512 * 9);
	ask(w, "boot.img windowsize=2");
	ack(w, 0);
	w->st->holds[EFFECT_FETCH] = true;
	stage_wait(w->st, SECONDS(1));
	stage_forget(w->st);
	ack(w, 2); /* while block 1 is fetched once more */
	assert_int_equal(stage_held(w->st, EFFECT_FETCH), 1);
	stage_settle(w->st, EFFECT_FETCH, 0);
	stage_settle(w->st, EFFECT_FETCH, 0);
	stage_expect(w->st, " 1000 ms  DATA 3 +512\n"
			    " 1000 ms  DATA 4 +512\n");
	world_close(w);
}

static void nothing_is_said_twice_while_the_disk_is_slow(void **state)
{
	struct tftpd_world *w = world_open();

	(void)state;
	file(w, "boot.img", 512 * 9);
	ask(w, "boot.img");
	w->st->holds[EFFECT_FETCH] = true;
	ack(w, 1);
	stage_forget(w->st);
	stage_wait(w->st, SECONDS(100));
	assert_int_equal(stage_held(w->st, EFFECT_FETCH), 1);
	stage_settle(w->st, EFFECT_FETCH, 0);
	stage_expect(w->st, "100000 ms  DATA 2 +512\n");
	world_close(w);
}

/* 65535 blocks of 8 bytes, and then some. */
static void pass_block(struct tftpd_world *w, uint32_t upto, uint32_t *at)
{
	while (*at < upto) {
		*at += 64;
		if (*at > upto)
			*at = upto;
		stage_forget(w->st);
		ack(w, *at & 0xffff);
	}
}

static void block_65535_is_followed_by_0(void **state)
{
	struct tftpd_world *w = world_open();
	uint32_t at = 0;

	(void)state;
	file(w, "big", 8 * 65537);
	ask(w, "big blksize=8 windowsize=64");
	ack(w, 0);
	pass_block(w, 65534, &at);
	stage_expect(w->st, "    0 ms  DATA 65535 +8\n"
			    "    0 ms  DATA 0 +8\n"
			    "    0 ms  DATA 1 +8\n"
			    "    0 ms  DATA 2 +0\n");
	ack(w, 65535);
	ack(w, 0);
	ack(w, 65535);
	stage_forget(w->st);
	ack(w, 2);
	stage_expect(w->st, "    0 ms  close a port\n");
	assert_int_equal(tftpd_stats(w->t)->done, 1);
	world_close(w);
}

static void block_65535_is_followed_by_1_for_machines_that_want_it(void **state)
{
	struct tftpd_world *w = world_open();
	uint32_t at = 0;

	(void)state;
	machine(w, "name=old; ip_address=10.0.0.7; rom_quirks=roll-to-1");
	file(w, "big", 8 * 65537);
	ask(w, "big blksize=8 windowsize=64");
	ack(w, 0);
	pass_block(w, 65534, &at);
	stage_expect(w->st, "    0 ms  DATA 65535 +8\n"
			    "    0 ms  DATA 1 +8\n"
			    "    0 ms  DATA 2 +8\n"
			    "    0 ms  DATA 3 +0\n");
	ack(w, 0); /* there is no such block */
	stage_expect(w->st, "");
	ack(w, 1);
	stage_expect(w->st, "    0 ms  DATA 2 +8\n"
			    "    0 ms  DATA 3 +0\n");
	ack(w, 3);
	stage_expect(w->st, "    0 ms  close a port\n");
	world_close(w);
}

static void a_window_may_be_wider_than_one_fetch(void **state)
{
	struct tftpd_world *w = world_new();

	(void)state;
	w->settings.tftp.windowsize_max = 300;
	world_start(w);
	w->st->hides[EFFECT_FETCH] = false;
	w->st->hides[EFFECT_SEND] = true;
	file(w, "big", 8 * 1000);
	ask(w, "big blksize=8 windowsize=300");
	ack(w, 0);
	stage_expect(w->st, "    0 ms  fetch 1 @0 +1024\n"
			    "    0 ms  fetch 1 @1024 +1024\n"
			    "    0 ms  fetch 1 @2048 +352\n");
	assert_int_equal(tftpd_stats(w->t)->data_packets, 300);
	world_close(w);
}

/* What was fetched lies behind the gap: it must not be sent unfetched. */
static void a_gap_is_repaired_while_more_is_fetched(void **state)
{
	struct tftpd_world *w = world_new();

	(void)state;
	w->settings.tftp.windowsize_max = 130;
	world_start(w);
	w->st->hides[EFFECT_FETCH] = false;
	w->st->holds[EFFECT_FETCH] = true;
	w->st->hides[EFFECT_SEND] = true;
	file(w, "big", 8 * 1000);
	ask(w, "big blksize=8 windowsize=130");
	ack(w, 0);
	stage_settle(w->st, EFFECT_FETCH, 0);
	ack(w, 126);
	w->st->hides[EFFECT_SEND] = false;
	stage_expect(w->st, "    0 ms  fetch 1 @0 +1024\n"
			    "    0 ms  fetch 1 @1024 +16\n");
	stage_settle(w->st, EFFECT_FETCH, 0);
	stage_expect(w->st, "    0 ms  fetch 1 @1008 +1024\n");
	world_close(w);
}

static void a_fetch_is_held_to_what_a_reader_takes_at_once(void **state)
{
	struct tftpd_world *w = world_new();

	(void)state;
	w->settings.tftp.windowsize_max = 100;
	w->settings.tftp.blksize_max = 65464;
	world_start(w);
	w->st->hides[EFFECT_FETCH] = false;
	w->st->hides[EFFECT_SEND] = true;
	file(w, "big", 100000000);
	ask(w, "big blksize=65464 windowsize=100");
	ack(w, 0);
	stage_expect(w->st, "    0 ms  fetch 1 @0 +2094848\n"
			    "    0 ms  fetch 1 @2094848 +2094848\n"
			    "    0 ms  fetch 1 @4189696 +2094848\n"
			    "    0 ms  fetch 1 @6284544 +261856\n");
	world_close(w);
}

static void a_size_probe_ends_with_an_error_and_that_is_normal(void **state)
{
	struct tftpd_world *w = world_open();

	(void)state;
	w->st->shows_notes = true;
	file(w, "snponly.efi", 76994);
	ask(w, "snponly.efi tsize=0 blksize=1468 windowsize=4");
	error(w, 8);
	stage_expect(w->st, "    0 ms  OACK tsize=76994 blksize=1468 "
			    "windowsize=4\n"
			    "    0 ms  close a port\n");
	assert_int_equal(tftpd_stats(w->t)->aborted, 1);
	assert_int_equal(tftpd_stats(w->t)->timeouts, 0);
	world_close(w);
}

static void a_client_may_stop_in_the_middle(void **state)
{
	struct tftpd_world *w = world_open();

	(void)state;
	file(w, "boot.img", 76994);
	ask(w, "boot.img");
	ack(w, 1);
	stage_forget(w->st);
	error(w, 0);
	stage_wait(w->st, SECONDS(60));
	stage_expect(w->st, "    0 ms  close a port\n");
	world_close(w);
}

static void a_file_that_was_replaced_ends_the_transfer_with_an_error(void **s)
{
	struct tftpd_world *w = world_open();

	(void)s;
	w->st->shows_notes = true;
	file(w, "boot.img", 76994);
	ask(w, "boot.img");
	stage_forget(w->st);
	w->st->rc[EFFECT_FETCH] = -ESTALE;
	ack(w, 1);
	stage_expect(w->st, "    0 ms  note tftp-changed \"boot.img\"\n"
			    "    0 ms  ERROR 0 \"file changed\"\n"
			    "    0 ms  close a port\n");
	world_close(w);
}

static void a_file_that_cannot_be_read_is_an_error_too(void **state)
{
	struct tftpd_world *w = world_open();

	(void)state;
	w->st->shows_notes = true;
	file(w, "boot.img", 76994);
	w->st->rc[EFFECT_FETCH] = -EIO;
	ask(w, "boot.img");
	stage_expect(w->st, "    0 ms  note tftp-refused \"boot.img\"\n"
			    "    0 ms  ERROR 0 \"unreadable file\"\n"
			    "    0 ms  close a port\n");
	world_close(w);
}

static void what_is_fetched_for_a_transfer_that_is_over_goes_nowhere(void **s)
{
	struct tftpd_world *w = world_new();

	(void)s;
	/* where a port does not tell two transfers apart */
	w->settings.tftp.single_port = true;
	world_start(w);
	file(w, "boot.img", 76994);
	w->st->holds[EFFECT_FETCH] = true;
	ask(w, "boot.img");
	error(w, 0);
	stage_forget(w->st);
	w->st->peer.port++;
	ask(w, "boot.img"); /* in the same place of the table */
	stage_settle(w->st, EFFECT_FETCH, 0);
	stage_expect(w->st, "");
	stage_settle(w->st, EFFECT_FETCH, 0);
	stage_expect(w->st, "    0 ms  DATA 1 +512\n");
	world_close(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_sent_block_by_block),
		cmocka_unit_test(data_leaves_from_the_address_that_was_asked),
		cmocka_unit_test(
			a_multiple_of_the_block_size_ends_with_an_empty_block),
		cmocka_unit_test(an_empty_file_is_one_empty_block),
		cmocka_unit_test(only_options_that_were_asked_are_answered),
		cmocka_unit_test(options_are_held_to_what_the_server_can),
		cmocka_unit_test(
			a_window_is_sent_at_one_fetch_and_moved_by_one_ack),
		cmocka_unit_test(an_ack_inside_the_window_repairs_the_gap),
		cmocka_unit_test(a_duplicate_ack_is_never_answered_with_data),
		cmocka_unit_test(
			acks_of_blocks_never_sent_and_short_acks_mean_nothing),
		cmocka_unit_test(
			silence_sends_the_window_again_ever_more_slowly),
		cmocka_unit_test(each_ack_ends_the_silence),
		cmocka_unit_test(the_last_block_is_repeated_soon_and_alone),
		cmocka_unit_test(
			a_lost_first_block_is_told_by_the_answer_to_the_last),
		cmocka_unit_test(
			a_single_block_repeated_is_all_that_a_copy_of_an_ack_gets),
		cmocka_unit_test(
			who_does_not_answer_the_last_block_waits_for_the_first),
		cmocka_unit_test(a_wake_up_that_comes_late_counts_once),
		cmocka_unit_test(a_slow_peer_is_given_its_time),
		cmocka_unit_test(a_peer_that_becomes_slow_is_known_as_slow),
		cmocka_unit_test(the_negotiated_timeout_is_the_first_wait),
		cmocka_unit_test(
			a_late_ack_of_the_first_flight_counts_during_the_second),
		cmocka_unit_test(nothing_is_said_twice_while_the_disk_is_slow),
		cmocka_unit_test(block_65535_is_followed_by_0),
		cmocka_unit_test(
			block_65535_is_followed_by_1_for_machines_that_want_it),
		cmocka_unit_test(a_window_may_be_wider_than_one_fetch),
		cmocka_unit_test(a_gap_is_repaired_while_more_is_fetched),
		cmocka_unit_test(
			a_fetch_is_held_to_what_a_reader_takes_at_once),
		cmocka_unit_test(
			a_size_probe_ends_with_an_error_and_that_is_normal),
		cmocka_unit_test(a_client_may_stop_in_the_middle),
		cmocka_unit_test(
			a_file_that_was_replaced_ends_the_transfer_with_an_error),
		cmocka_unit_test(a_file_that_cannot_be_read_is_an_error_too),
		cmocka_unit_test(
			what_is_fetched_for_a_transfer_that_is_over_goes_nowhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
