/*
 * An MTFTP server, heard from outside: what goes to the one that acknowledges,
 * what to all, and what becomes of those who come late, fall silent or want
 * another file.
 */
#include "mtftpd_world.h"

#include "purse.h"

/* Three blocks, the last of 76 bytes. */
enum { THREE = 2 * 512 + 76 };

#define GROUP " to 239.255.1.1:3001\n"

/* ---- the usual way ------------------------------------------------------ */

static void sends_each_block_once_to_the_group(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, THREE);
	asks(&w, 7, "kernel");
	stage_wait(w.st, MILLISECONDS(1));
	for (uint16_t i = 1; i <= 3; i++) {
		acks(&w, 7, i);
		stage_wait(w.st, MILLISECONDS(1));
	}
	assert_false(stage_step(w.st));
	stage_expect(w.st,
		     "    0 ms  DATA 1 +512\n"
		     "    0 ms  DATA 1 +512" GROUP "    1 ms  DATA 2 +512" GROUP
		     "    2 ms  DATA 3 +76" GROUP);
	assert_false(is_running(&w));
	assert_int_equal(stats(&w)->data_packets, 3);
	assert_int_equal(stats(&w)->unicast, 1);
	assert_int_equal(stats(&w)->repeats, 0);
	assert_int_equal(stats(&w)->done, 1);
	world_close(&w);
}

static void all_data_comes_from_the_port_that_was_asked(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, THREE);
	asks(&w, 7, "kernel");
	assert_int_equal(w.st->last_send.from.port, 1759);
	assert_int_equal(w.st->last_send.from.ip, SERVER);
	assert_int_equal(w.st->last_send.ttl, 1);
	assert_int_equal(w.st->last_send.link, 1);
	world_close(&w);
}

static void a_listener_has_half_a_millisecond_for_each_block(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, THREE);
	w.settings.mtftp.gap = 3000;
	asks(&w, 7, "kernel");
	acks(&w, 7, 1);
	stage_wait(w.st, MILLISECONDS(2));
	assert_int_equal(stats(&w)->data_packets, 1);
	stage_wait(w.st, MILLISECONDS(1));
	assert_int_equal(stats(&w)->data_packets, 2);
	world_close(&w);
}

/* At most one gap is made up for, or those who lag behind had no time at all.
 */
static void an_ack_that_is_late_makes_the_next_gap_shorter(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, 20 * 512);
	w.settings.mtftp.gap = 3000;
	asks(&w, 7, "kernel");
	stage_wait(w.st, MILLISECONDS(4));
	acks(&w, 7, 1);
	acks(&w, 7, 2);
	stage_wait(w.st, MILLISECONDS(1));
	assert_int_equal(stats(&w)->data_packets, 2);
	stage_wait(w.st, MILLISECONDS(1));
	assert_int_equal(stats(&w)->data_packets, 3);
	stage_wait(w.st, MILLISECONDS(14));
	acks(&w, 7, 3);
	acks(&w, 7, 4);
	acks(&w, 7, 5);
	stage_wait(w.st, MILLISECONDS(2));
	assert_int_equal(stats(&w)->data_packets, 5);
	world_close(&w);
}

/* iPXE acknowledges both copies of the first block. */
static void an_ack_that_comes_twice_is_never_answered(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, 20 * 512);
	asks(&w, 7, "kernel");
	acks(&w, 7, 1);
	acks(&w, 7, 1);
	for (uint16_t i = 2; i <= 20; i++) {
		stage_wait(w.st, 500);
		acks(&w, 7, i);
		acks(&w, 7, i);
		acks(&w, 7, (uint16_t)(i - 1));
	}
	stage_wait(w.st, 500);
	assert_int_equal(stats(&w)->data_packets, 21);
	acks(&w, 7, 21);
	assert_int_equal(stats(&w)->data_packets, 21);
	assert_int_equal(stats(&w)->repeats, 0);
	assert_false(is_running(&w));
	world_close(&w);
}

static void a_full_last_block_is_followed_by_an_empty_one(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, 512);
	asks(&w, 7, "kernel");
	acks(&w, 7, 1);
	stage_wait(w.st, MILLISECONDS(1));
	acks(&w, 7, 2);
	stage_expect(w.st,
		     "    0 ms  DATA 1 +512\n"
		     "    0 ms  DATA 1 +512" GROUP "    0 ms  DATA 2 +0" GROUP);
	assert_false(is_running(&w));
	world_close(&w);
}

/* Fact sheet D, P6. */
static void four_million_bytes_end_with_block_7813(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, 4000001);
	asks(&w, 7, "kernel");
	for (uint16_t i = 1; i < 7813; i++) {
		acks(&w, 7, i);
		stage_wait(w.st, 500);
	}
	assert_memory_equal(w.st->last, "\0\3\x1e\x85", 4);
	assert_int_equal(w.st->last_send.body.len, 257);
	acks(&w, 7, 7813);
	assert_int_equal(stats(&w)->data_packets, 7813);
	assert_false(is_running(&w));
	world_close(&w);
}

static void waits_for_others_before_it_begins(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, THREE);
	w.settings.mtftp.hold = 100;
	is_told(&w, 99); /* so nobody is alone */
	asks(&w, 7, "kernel");
	asks(&w, 7, "kernel"); /* iPXE, behind ARP: three at once */
	stage_wait(w.st, MILLISECONDS(50));
	asks(&w, 8, "kernel");
	stage_wait(w.st, MILLISECONDS(50));
	stage_expect(w.st, "  100 ms  DATA 1 +512\n"
			   "  100 ms  DATA 1 +512" GROUP);
	for (uint16_t i = 1; i <= 3; i++) {
		acks(&w, 7, i);
		stage_wait(w.st, MILLISECONDS(1));
	}
	/* Machine 8 has heard all of it. */
	assert_int_equal(stats(&w)->begun, 1);
	assert_int_equal(stats(&w)->data_packets, 3);
	world_close(&w);
}

/* Most often nobody else comes, and so little may be sent again. */
static void who_is_alone_with_little_hardly_waits(void **state)
{
	struct world w;

	(void)state;
	for (unsigned blocks = 128; blocks <= 129; blocks++) {
		world_serve(&w, blocks * 512 - 1);
		w.settings.mtftp.hold = 100;
		asks(&w, 7, "kernel");
		stage_wait(w.st, MILLISECONDS(24));
		assert_int_equal(stats(&w)->begun, 0);
		stage_wait(w.st, MILLISECONDS(1));
		assert_int_equal(stats(&w)->begun, blocks == 128);
		stage_wait(w.st, MILLISECONDS(75));
		assert_int_equal(stats(&w)->begun, 1);
		world_close(&w);
	}
}

/* As long as without it, from the first request. */
static void and_waits_as_ever_when_another_comes(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, THREE);
	w.settings.mtftp.hold = 100;
	asks(&w, 7, "kernel");
	stage_wait(w.st, MILLISECONDS(20));
	asks(&w, 8, "kernel");
	stage_wait(w.st, MILLISECONDS(79));
	assert_int_equal(stats(&w)->begun, 0);
	stage_wait(w.st, MILLISECONDS(1));
	assert_int_equal(stats(&w)->begun, 1);
	world_close(&w);
}

/* ---- the one that acknowledges ------------------------------------------ */

static void starts_three_times_in_vain_and_forgets(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, THREE);
	asks(&w, 7, "kernel");
	stage_wait(w.st, SECONDS(60));
	stage_expect(w.st,
		     "    0 ms  DATA 1 +512\n"
		     "    0 ms  DATA 1 +512" GROUP "  250 ms  DATA 1 +512\n"
		     "  250 ms  DATA 1 +512" GROUP "  750 ms  DATA 1 +512\n"
		     "  750 ms  DATA 1 +512" GROUP);
	assert_false(is_running(&w));
	assert_int_equal(stats(&w)->lost, 1);
	world_close(&w);
}

static void copies_of_the_request_are_answered_once(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, THREE);
	for (int i = 0; i < 3; i++)
		asks(&w, 7, "kernel");
	stage_expect(w.st, "    0 ms  DATA 1 +512\n"
			   "    0 ms  DATA 1 +512" GROUP);
	stage_wait(w.st, MILLISECONDS(60));
	asks(&w, 7, "kernel"); /* it did not get it */
	stage_expect(w.st, "   60 ms  DATA 1 +512\n"
			   "   60 ms  DATA 1 +512" GROUP);
	world_close(&w);
}

static void a_lost_block_is_sent_again_ever_more_slowly(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, THREE);
	asks(&w, 7, "kernel");
	acks(&w, 7, 1);
	stage_wait(w.st, SECONDS(60));
	stage_expect(w.st,
		     "    0 ms  DATA 1 +512\n"
		     "    0 ms  DATA 1 +512" GROUP "    0 ms  DATA 2 +512" GROUP
		     "   20 ms  DATA 2 +512" GROUP "  270 ms  DATA 2 +512" GROUP
		     "  770 ms  DATA 2 +512" GROUP " 1770 ms  DATA 2 +512" GROUP
		     " 3770 ms  DATA 2 +512" GROUP
		     " 7770 ms  DATA 2 +512" GROUP);
	assert_false(is_running(&w));
	world_close(&w);
}

static void begins_anew_when_the_opener_was_switched_off_and_on(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, THREE);
	asks(&w, 7, "kernel");
	acks(&w, 7, 1);
	asks(&w, 7, "kernel"); /* a late copy changes nothing */
	stage_wait(w.st, MILLISECONDS(1100));
	stage_forget(w.st);
	asks(&w, 7, "kernel");
	stage_expect(w.st, " 1100 ms  DATA 1 +512\n"
			   " 1100 ms  DATA 1 +512" GROUP);
	world_close(&w);
}

static void acks_of_listeners_move_nothing(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, THREE);
	asks(&w, 7, "kernel");
	asks(&w, 8, "kernel");
	acks(&w, 8, 1);
	stage_wait(w.st, MILLISECONDS(10));
	assert_int_equal(stats(&w)->data_packets, 1);
	assert_int_equal(stats(&w)->stray_acks, 1);
	world_close(&w);
}

static void a_lost_last_ack_ends_the_run_soon(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, 600);
	asks(&w, 7, "kernel");
	acks(&w, 7, 1);
	stage_wait(w.st, MILLISECONDS(800));
	assert_false(is_running(&w));
	assert_int_equal(stats(&w)->lost, 0);
	world_close(&w);
}

/* ---- those who come late ------------------------------------------------ */

static void latecomers_listen_and_open_when_the_run_has_ended(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, 4 * 512);
	asks(&w, 7, "kernel");
	acks(&w, 7, 1);
	stage_wait(w.st, MILLISECONDS(1));
	asks(&w, 8, "kernel"); /* block 2 is on the wire */
	acks(&w, 7, 2);
	stage_wait(w.st, MILLISECONDS(1));
	asks(&w, 9, "kernel"); /* block 3 is: it lacks the most */
	acks(&w, 7, 3);
	stage_wait(w.st, MILLISECONDS(1));
	acks(&w, 7, 4);
	stage_wait(w.st, MILLISECONDS(1));
	stage_forget(w.st);
	acks(&w, 7, 5);
	stage_expect(w.st, "    4 ms  DATA 1 +512 to 10.0.0.9:3001\n"
			   "    4 ms  DATA 1 +512" GROUP);
	acks(&w, 9, 1);
	stage_wait(w.st, MILLISECONDS(1));
	acks(&w, 9, 2);
	stage_wait(w.st, MILLISECONDS(1));
	/* It has heard 4 and 5: it leaps, and so has machine 8. */
	acks(&w, 9, 5);
	stage_expect(w.st, "    4 ms  DATA 2 +512" GROUP
			   "    5 ms  DATA 3 +512" GROUP);
	stage_wait(w.st, SECONDS(10));
	stage_expect(w.st, "");
	assert_int_equal(stats(&w)->data_packets, 8);
	assert_int_equal(stats(&w)->done, 2);
	world_close(&w);
}

static void whoever_waits_takes_over_from_a_dead_opener(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, 4 * 512);
	asks(&w, 7, "kernel");
	asks(&w, 8, "kernel");
	acks(&w, 7, 1);
	stage_wait(w.st, SECONDS(2)); /* before iPXE turns to TFTP */
	assert_non_null(strstr(stage_said(w.st),
			       " 1770 ms  DATA 1 +512 to 10.0.0.8:3001\n"
			       " 1770 ms  DATA 1 +512" GROUP));
	stage_forget(w.st);
	acks(&w, 8, 2);
	stage_expect(w.st, " 2000 ms  DATA 3 +512" GROUP);
	world_close(&w);
}

static void one_who_asks_while_the_opener_is_silent_takes_over(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, 4 * 512);
	asks(&w, 7, "kernel");
	acks(&w, 7, 1);
	stage_wait(w.st, MILLISECONDS(300));
	stage_forget(w.st);
	asks(&w, 8, "kernel");
	stage_expect(w.st, "  300 ms  DATA 1 +512 to 10.0.0.8:3001\n"
			   "  300 ms  DATA 1 +512" GROUP);
	world_close(&w);
}

static void gives_up_when_nobody_acknowledges(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, THREE);
	for (uint32_t i = 2; i < 10; i++)
		asks(&w, i, "kernel");
	stage_wait(w.st, SECONDS(60));
	assert_false(is_running(&w));
	assert_int_equal(stats(&w)->lost, 4);
	world_close(&w);
}

static void a_full_table_of_callers_is_silence_for_the_others(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, THREE);
	for (uint32_t i = 2; i < 11; i++)
		asks(&w, i, "kernel");
	assert_int_equal(stats(&w)->refused, 1);
	stage_expect(w.st, "    0 ms  DATA 1 +512 to 10.0.0.2:3001\n"
			   "    0 ms  DATA 1 +512" GROUP);
	world_close(&w);
}

/* ---- two files, one line ------------------------------------------------ */

static void another_file_on_a_busy_line_is_refused(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, THREE);
	asks(&w, 7, "kernel");
	stage_forget(w.st);
	asks(&w, 8, "initrd");
	stage_expect(w.st, "    0 ms  ERROR 0 \"busy with another file\" to "
			   "10.0.0.8:3001\n");
	assert_int_equal(stats(&w)->refused, 1);
	world_close(&w);
}

static void load_kernel(struct world *w)
{
	asks(w, 7, "kernel");
	asks(w, 8, "kernel"); /* may lack block 1 */
	for (uint16_t i = 1; i <= 3; i++) {
		acks(w, 7, i);
		stage_wait(w->st, MILLISECONDS(1));
	}
	acks(w, 8, 3);
	stage_wait(w->st, MILLISECONDS(1));
	stage_forget(w->st);
}

static void the_next_file_follows_at_once_if_all_have_this_one(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, THREE);
	load_kernel(&w);
	asks(&w, 8, "initrd");
	stage_expect(w.st, "    4 ms  DATA 1 +512 to 10.0.0.8:3001\n"
			   "    4 ms  DATA 1 +512" GROUP);
	world_close(&w);
}

/* To machines 7 and 8, by the ACKs of 7. */
static void run_kernel(struct world *w)
{
	world_serve(w, THREE);
	w->settings.mtftp.hold = 1;
	asks(w, 7, "kernel");
	asks(w, 8, "kernel");
	stage_wait(w->st, MILLISECONDS(1));
	for (uint16_t i = 1; i <= 3; i++) {
		acks(w, 7, i);
		stage_wait(w->st, MILLISECONDS(1));
	}
	stage_forget(w->st);
}

/* Machine 8 has heard the file, perhaps not all of it: what another file sends
 * it would take for what it lacks. */
static void the_next_file_waits_for_those_who_may_lack_a_block(void **state)
{
	struct world w;

	(void)state;
	run_kernel(&w);
	asks(&w, 7, "initrd");
	stage_wait(w.st, MILLISECONDS(100));
	stage_expect(w.st, "");
	asks_at(&w, (struct endpoint){IP4(10, 0, 0, 8), 4444}, "initrd");
	stage_wait(w.st, MILLISECONDS(1));
	stage_expect(w.st, "  105 ms  DATA 1 +512\n"
			   "  105 ms  DATA 1 +512" GROUP);
	world_close(&w);
}

static void
a_machine_that_lacks_a_block_comes_before_the_next_file(void **state)
{
	struct world w;

	(void)state;
	run_kernel(&w);
	asks(&w, 7, "initrd");
	stage_wait(w.st, MILLISECONDS(246));
	asks(&w, 8, "kernel");
	stage_expect(w.st, "  250 ms  ERROR 0 \"busy with another file\"\n"
			   "  250 ms  DATA 1 +512 to 10.0.0.8:3001\n"
			   "  250 ms  DATA 1 +512" GROUP);
	world_close(&w);
}

static void who_turns_back_to_this_file_waits_for_no_other(void **state)
{
	struct world w;

	(void)state;
	run_kernel(&w);
	asks(&w, 7, "initrd");
	asks(&w, 7, "kernel");
	stage_expect(w.st, "    4 ms  DATA 1 +512\n"
			   "    4 ms  DATA 1 +512" GROUP);
	world_close(&w);
}

static void
the_next_file_waits_three_seconds_for_a_machine_that_is_gone(void **state)
{
	struct world w;

	(void)state;
	run_kernel(&w);
	asks(&w, 7, "initrd");
	stage_wait(w.st, SECONDS(4));
	assert_non_null(strstr(stage_said(w.st), " 3004 ms  DATA 1 +512\n"));
	world_close(&w);
}

static void files_with_groups_of_their_own_run_side_by_side(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, THREE);
	w.st->me.port = 75;
	asks(&w, 7, "kernel");
	asks(&w, 8, "initrd");
	stage_expect(w.st, "    0 ms  DATA 1 +512\n"
			   "    0 ms  DATA 1 +512 to 239.255.2.147:79\n"
			   "    0 ms  DATA 1 +512 to 10.0.0.8:3001\n"
			   "    0 ms  DATA 1 +512 to 239.255.2.47:77\n");
	assert_int_equal(w.st->last_send.from.port, 75);
	world_close(&w);
}

static void no_line_is_left(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	w.settings.mtftp.lines = 1;
	world_put(&w, "kernel", THREE);
	world_put(&w, "initrd", THREE);
	world_start(&w);
	w.st->me.port = 75;
	asks(&w, 7, "kernel");
	stage_forget(w.st);
	asks(&w, 8, "initrd");
	stage_expect(w.st, "");
	assert_int_equal(stats(&w)->refused, 1);
	world_close(&w);
}

/* ---- what is no MTFTP --------------------------------------------------- */

static void what_is_not_there_is_said(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, THREE);
	asks(&w, 7, "nothing");
	STAGE_HEAR(w.st, "\0\2kernel\0octet\0");
	stage_expect(w.st, "    0 ms  ERROR 1 \"not found\"\n"
			   "    0 ms  ERROR 2 \"read only\"\n");
	world_close(&w);
}

static void the_script_and_long_files_are_left_to_tftp(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	world_put(&w, "long", 65535 * 512);
	world_put(&w, "longest", 65535 * 512 - 1);
	world_start(&w);
	asks(&w, 7, "boot.ipxe");
	asks(&w, 7, "long");
	stage_expect(w.st, "");
	asks(&w, 7, "longest");
	acks(&w, 7, 65534);
	stage_wait(w.st, MILLISECONDS(1));
	assert_memory_equal(w.st->last, "\0\3\xff\xff", 4);
	assert_int_equal(w.st->last_send.body.len, 511);
	world_close(&w);
}

static void strangers_are_not_answered(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, THREE);
	asks_at(&w, (struct endpoint){IP4(10, 9, 0, 7), 3001}, "kernel");
	asks_at(&w, (struct endpoint){SERVER, 3001}, "kernel");
	asks_at(&w, (struct endpoint){IP4(10, 0, 0, 255), 3001}, "kernel");
	w.st->me.ip = IP4(10, 0, 0, 255);
	asks(&w, 7, "kernel");
	w.st->me.ip = IP4(239, 255, 1, 1);
	asks(&w, 7, "kernel");
	stage_expect(w.st, "");
	world_close(&w);
}

/* ---- files that change -------------------------------------------------- */

static void a_file_that_changes_ends_the_run(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, THREE);
	asks(&w, 7, "kernel");
	asks(&w, 8, "kernel");
	stage_forget(w.st);
	w.st->rc[EFFECT_FETCH] = -ESTALE;
	acks(&w, 7, 1);
	stage_wait(w.st, SECONDS(10));
	stage_expect(w.st, "    0 ms  ERROR 0 \"the file has changed\"" GROUP);
	assert_false(is_running(&w));
	world_close(&w);
}

static void a_busy_reader_is_asked_again(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, THREE);
	w.st->rc[EFFECT_FETCH] = -EAGAIN;
	asks(&w, 7, "kernel");
	w.st->rc[EFFECT_FETCH] = 0;
	stage_wait(w.st, MILLISECONDS(10));
	stage_expect(w.st, "   10 ms  DATA 1 +512\n"
			   "   10 ms  DATA 1 +512" GROUP);
	world_close(&w);
}

static void what_an_earlier_run_asked_of_the_disk_is_not_sent(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, 4 * 512);
	w.st->holds[EFFECT_FETCH] = true;
	asks(&w, 7, "kernel");
	stage_settle(w.st, EFFECT_FETCH, 0);
	acks(&w, 7, 1);
	stage_wait(w.st, MILLISECONDS(1)); /* asks for block 2 */
	acks(&w, 7, 3);                    /* leaps: asks for block 4 */
	stage_wait(w.st, MILLISECONDS(1));
	stage_forget(w.st);
	stage_settle(w.st, EFFECT_FETCH, 0);
	stage_expect(w.st, "");
	stage_settle(w.st, EFFECT_FETCH, 0);
	stage_expect(w.st, "    2 ms  DATA 4 +512" GROUP);
	world_close(&w);
}

static void opens_with_any_memory_or_none(void **state)
{
	struct world w;
	struct purse purse;
	const struct alloc *alloc = purse_open(&purse);
	int rc = -ENOMEM;

	(void)state;
	world_open(&w);
	for (long n = 0; rc; n++) {
		purse.left = n;
		rc = mtftpd_open(&w.m, &w.site, alloc, 1);
		assert_true(rc == 0 || rc == -ENOMEM);
		assert_true(rc == 0 || purse.out == 0);
	}
	mtftpd_close(w.m, alloc);
	assert_int_equal(purse.out, 0);
	w.m = NULL;
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sends_each_block_once_to_the_group),
		cmocka_unit_test(all_data_comes_from_the_port_that_was_asked),
		cmocka_unit_test(
			a_listener_has_half_a_millisecond_for_each_block),
		cmocka_unit_test(
			an_ack_that_is_late_makes_the_next_gap_shorter),
		cmocka_unit_test(an_ack_that_comes_twice_is_never_answered),
		cmocka_unit_test(a_full_last_block_is_followed_by_an_empty_one),
		cmocka_unit_test(four_million_bytes_end_with_block_7813),
		cmocka_unit_test(waits_for_others_before_it_begins),
		cmocka_unit_test(who_is_alone_with_little_hardly_waits),
		cmocka_unit_test(and_waits_as_ever_when_another_comes),
		cmocka_unit_test(starts_three_times_in_vain_and_forgets),
		cmocka_unit_test(copies_of_the_request_are_answered_once),
		cmocka_unit_test(a_lost_block_is_sent_again_ever_more_slowly),
		cmocka_unit_test(
			begins_anew_when_the_opener_was_switched_off_and_on),
		cmocka_unit_test(acks_of_listeners_move_nothing),
		cmocka_unit_test(a_lost_last_ack_ends_the_run_soon),
		cmocka_unit_test(
			latecomers_listen_and_open_when_the_run_has_ended),
		cmocka_unit_test(whoever_waits_takes_over_from_a_dead_opener),
		cmocka_unit_test(
			one_who_asks_while_the_opener_is_silent_takes_over),
		cmocka_unit_test(gives_up_when_nobody_acknowledges),
		cmocka_unit_test(
			a_full_table_of_callers_is_silence_for_the_others),
		cmocka_unit_test(another_file_on_a_busy_line_is_refused),
		cmocka_unit_test(
			the_next_file_follows_at_once_if_all_have_this_one),
		cmocka_unit_test(
			the_next_file_waits_for_those_who_may_lack_a_block),
		cmocka_unit_test(
			a_machine_that_lacks_a_block_comes_before_the_next_file),
		cmocka_unit_test(
			who_turns_back_to_this_file_waits_for_no_other),
		cmocka_unit_test(
			the_next_file_waits_three_seconds_for_a_machine_that_is_gone),
		cmocka_unit_test(
			files_with_groups_of_their_own_run_side_by_side),
		cmocka_unit_test(no_line_is_left),
		cmocka_unit_test(what_is_not_there_is_said),
		cmocka_unit_test(the_script_and_long_files_are_left_to_tftp),
		cmocka_unit_test(strangers_are_not_answered),
		cmocka_unit_test(a_file_that_changes_ends_the_run),
		cmocka_unit_test(a_busy_reader_is_asked_again),
		cmocka_unit_test(
			what_an_earlier_run_asked_of_the_disk_is_not_sent),
		cmocka_unit_test(opens_with_any_memory_or_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
