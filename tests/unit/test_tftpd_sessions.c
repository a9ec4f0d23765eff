/*
 * Who gets a transfer from the TFTP server, and who gets nothing: copies of
 * requests, peers that prove nothing, floods, strangers, full tables, ports.
 */
#include "tftpd_world.h"

#include <errno.h>

#include "purse.h"

#define STATS(w) tftpd_stats((w)->t)

static void peer(struct tftpd_world *w, uint32_t ip, uint16_t port)
{
	w->st->peer = (struct endpoint){ip, port};
}

/* ---- peers that prove nothing (R12) -------------------------------------- */

static void a_silent_peer_gets_three_packets_in_three_seconds(void **state)
{
	struct tftpd_world *w = world_open();

	(void)state;
	w->st->shows_notes = true;
	file(w, "boot.img", 5000);
	ask(w, "boot.img");
	stage_wait(w->st, SECONDS(600));
	stage_expect(w->st, "    0 ms  DATA 1 +512\n"
			    " 1000 ms  DATA 1 +512\n"
			    " 2000 ms  DATA 1 +512\n"
			    " 3000 ms  note tftp-timeout \"boot.img\"\n"
			    " 3000 ms  close a port\n");
	assert_int_equal(STATS(w)->begun, 0);
	assert_int_equal(STATS(w)->timeouts, 1);
	world_close(w);
}

static void no_timeout_that_a_peer_names_makes_it_live_longer(void **state)
{
	struct tftpd_world *w = world_open();

	(void)state;
	file(w, "boot.img", 5000);
	ask(w, "boot.img timeout=255");
	stage_wait(w->st, SECONDS(600));
	stage_expect(w->st, "    0 ms  OACK timeout=255\n"
			    " 1000 ms  OACK timeout=255\n"
			    " 2000 ms  OACK timeout=255\n"
			    " 3000 ms  close a port\n");
	world_close(w);
}

static void only_the_ack_of_what_was_said_is_a_proof(void **state)
{
	struct tftpd_world *w = world_open();

	(void)state;
	file(w, "boot.img", 5000);
	ask(w, "boot.img tsize=0");
	stage_forget(w->st);
	ack(w, 1);
	ack(w, 65535);
	stage_expect(w->st, "");
	assert_int_equal(STATS(w)->begun, 0);
	ack(w, 0);
	stage_expect(w->st, "    0 ms  DATA 1 +512\n");
	assert_int_equal(STATS(w)->begun, 1);
	peer(w, NODE(7), 2001);
	ask(w, "boot.img"); /* DATA 1 was said: 0 is no answer to it */
	stage_forget(w->st);
	ack(w, 0);
	ack(w, 2);
	stage_expect(w->st, "");
	assert_int_equal(STATS(w)->begun, 1);
	world_close(w);
}

static void a_disk_slower_than_the_peer_is_patient_costs_nothing(void **state)
{
	struct tftpd_world *w = world_open();

	(void)state;
	w->st->holds[EFFECT_FETCH] = true;
	file(w, "boot.img", 5000);
	ask(w, "boot.img");
	stage_wait(w->st, SECONDS(10));
	stage_settle(w->st, EFFECT_FETCH, 0);
	stage_expect(w->st, " 3000 ms  close a port\n");
	assert_int_equal(STATS(w)->open_now, 0);
	world_close(w);
}

/* ---- copies of requests -------------------------------------------------- */

/* iPXE's retries queue behind ARP and leave together. */
static void three_requests_at_once_are_answered_once(void **state)
{
	struct tftpd_world *w = world_open();

	(void)state;
	w->st->hides[EFFECT_LISTEN] = false;
	file(w, "boot.img", 5000);
	for (int i = 0; i < 3; i++) {
		ask(w, "boot.img tsize=0");
		stage_wait(w->st, MILLISECONDS(2));
	}
	stage_expect(w->st, "    0 ms  listen a port\n"
			    "    0 ms  OACK tsize=5000\n");
	assert_int_equal(STATS(w)->open_now, 1);
	assert_int_equal(STATS(w)->requests, 3);
	world_close(w);
}

static void a_repeated_request_gets_the_same_answer_from_the_same_port(void **s)
{
	struct tftpd_world *w = world_open();
	uint16_t port;

	(void)s;
	file(w, "boot.img", 5000);
	ask(w, "boot.img tsize=0");
	port = w->st->last_send.from.port;
	stage_wait(w->st, MILLISECONDS(250));
	ask(w, "boot.img tsize=0");
	assert_int_equal(w->st->last_send.from.port, port);
	stage_wait(w->st, MILLISECONDS(500));
	ask(w, "boot.img tsize=0");
	stage_wait(w->st, MILLISECONDS(1000));
	ask(w, "boot.img tsize=0");
	stage_wait(w->st, SECONDS(600));
	/* and all of them together are no more than three */
	stage_expect(w->st, "    0 ms  OACK tsize=5000\n"
			    "  250 ms  OACK tsize=5000\n"
			    "  750 ms  OACK tsize=5000\n"
			    " 3000 ms  close a port\n");
	for (int i = 0; i < 5; i++) {
		uint32_t at = (uint32_t)(w->st->now / MILLISECOND % 1000000);

		assert_int_equal(at, 601750 + 300 * i);
		ask(w, "boot.img");
		stage_wait(w->st, MILLISECONDS(300));
	}
	stage_expect(w->st, "601750 ms  DATA 1 +512\n"
			    "602050 ms  DATA 1 +512\n"
			    "602350 ms  DATA 1 +512\n");
	world_close(w);
}

static void a_request_repeated_while_its_port_opens_is_the_same(void **state)
{
	struct tftpd_world *w = world_open();

	(void)state;
	w->st->holds[EFFECT_LISTEN] = true;
	file(w, "boot.img", 5000);
	ask(w, "boot.img tsize=0");
	ask(w, "boot.img tsize=0");
	assert_int_equal(stage_held(w->st, EFFECT_LISTEN), 1);
	ack(w, 0); /* nobody can know of it yet */
	ack(w, 1);
	assert_int_equal(STATS(w)->begun, 0);
	stage_settle(w->st, EFFECT_LISTEN, 0);
	stage_expect(w->st, "    0 ms  OACK tsize=5000\n");
	world_close(w);
}

static void a_copy_that_comes_late_does_not_disturb_the_transfer(void **state)
{
	struct tftpd_world *w = world_open();

	(void)state;
	file(w, "boot.img", 5000);
	ask(w, "boot.img");
	stage_wait(w->st, MILLISECONDS(500));
	ack(w, 1);
	stage_wait(w->st, MILLISECONDS(900));
	stage_forget(w->st);
	ask(w, "boot.img");
	stage_expect(w->st, "");
	ack(w, 2);
	stage_expect(w->st, " 1400 ms  DATA 3 +512\n");
	world_close(w);
}

/* Old ROMs ask from the same port each time they are switched on. */
static void a_machine_that_was_switched_off_begins_anew(void **state)
{
	struct tftpd_world *w = world_open();

	(void)state;
	w->st->hides[EFFECT_LISTEN] = false;
	file(w, "boot.img", 5000);
	ask(w, "boot.img");
	ack(w, 1);
	stage_wait(w->st, MILLISECONDS(2500));
	stage_forget(w->st);
	ask(w, "boot.img");
	stage_expect(w->st, " 2500 ms  close a port\n"
			    " 2500 ms  listen a port\n"
			    " 2500 ms  DATA 1 +512\n");
	assert_int_equal(STATS(w)->open_now, 1);
	world_close(w);
}

static void another_file_from_the_same_port_takes_the_place(void **state)
{
	struct tftpd_world *w = world_open();

	(void)state;
	w->st->hides[EFFECT_LISTEN] = false;
	file(w, "boot.img", 5000);
	file(w, "initrd", 100);
	ask(w, "boot.img");
	ack(w, 1);
	stage_forget(w->st);
	ask(w, "initrd");
	stage_expect(w->st, "    0 ms  close a port\n"
			    "    0 ms  listen a port\n"
			    "    0 ms  DATA 1 +100\n");
	assert_int_equal(STATS(w)->open_now, 1);
	world_close(w);
}

static void several_files_at_once_are_several_transfers(void **state)
{
	struct tftpd_world *w = world_open();
	uint16_t first;

	(void)state;
	file(w, "boot.img", 5000);
	ask(w, "boot.img");
	first = w->st->last_port;
	peer(w, NODE(7), 2001);
	ask(w, "boot.img");
	assert_int_not_equal(w->st->last_port, first);
	ack(w, 1);
	peer(w, NODE(7), 2000);
	w->st->me.port = first;
	stage_forget(w->st);
	ack(w, 1);
	stage_expect(w->st, "    0 ms  DATA 2 +512\n");
	assert_int_equal(STATS(w)->begun, 2);
	world_close(w);
}

/* ---- what is refused ----------------------------------------------------- */

static void nothing_is_ever_written(void **state)
{
	struct tftpd_world *w = world_open();

	(void)state;
	w->st->shows_notes = true;
	file(w, "boot.img", 5000);
	ask_as(w, TFTP_WRQ, "octet", "boot.img tsize=10");
	stage_expect(w->st, "    0 ms  ERROR 2 \"read only\"\n"
			    "    0 ms  note tftp-refused 2 \"boot.img\"\n");
	assert_int_equal(w->st->last_send.from.port, 69);
	stage_wait(w->st, SECONDS(600));
	stage_expect(w->st, "");
	assert_int_equal(STATS(w)->refused, 1);
	assert_int_equal(STATS(w)->open_now, 0);
	world_close(w);
}

static void a_file_that_is_not_there_is_an_error_said_once(void **state)
{
	struct tftpd_world *w = world_open();

	(void)state;
	w->st->shows_notes = true;
	file(w, "gone", 5000);
	images_gone(w->site.images, "gone");
	ask(w, "../../etc/passwd");
	ask(w, "gone");
	ask(w, "");
	stage_wait(w->st, SECONDS(600));
	stage_expect(w->st,
		     "    0 ms  ERROR 1 \"not found\"\n"
		     "    0 ms  note tftp-refused 1 \"../../etc/passwd\"\n"
		     "    0 ms  ERROR 1 \"not found\"\n"
		     "    0 ms  note tftp-refused 1 \"gone\"\n"
		     "    0 ms  ERROR 1 \"not found\"\n"
		     "    0 ms  note tftp-refused 1\n");
	world_close(w);
}

static void what_is_no_request_is_not_answered(void **state)
{
	struct tftpd_world *w = world_open();

	(void)state;
	file(w, "boot.img", 5000);
	w->st->me = w->main;
	STAGE_HEAR(w->st, "");
	STAGE_HEAR(w->st, "\0\1");
	STAGE_HEAR(w->st, "\0\1boot.img");
	STAGE_HEAR(w->st, "\0\1boot.img\0mail\0");
	STAGE_HEAR(w->st, "\0\4\0\0");
	STAGE_HEAR(w->st, "\0\3\0\1abc");
	STAGE_HEAR(w->st, "\0\5\0\0no\0");
	STAGE_HEAR(w->st, "\0\1rotten");
	stage_expect(w->st, "");
	assert_int_equal(STATS(w)->open_now, 0);
	world_close(w);
}

static void nobody_answers_a_source_that_nobody_can_have(void **state)
{
	static const struct endpoint never[] = {
		{IP4(0, 0, 0, 0), 2000},       {IP4(0, 0, 0, 7), 2000},
		{IP4(127, 0, 0, 1), 2000},     {IP4(239, 255, 1, 1), 2000},
		{IP4(240, 0, 0, 1), 2000},     {IP_BROADCAST, 2000},
		{IP4(10, 0, 0, 255), 2000},    {SERVER, 2000},
		{IP4(10, 0, 0, 7), 0 /* ! */},
	};
	struct tftpd_world *w = world_open();

	(void)state;
	file(w, "boot.img", 5000);
	for (size_t i = 0; i < sizeof(never) / sizeof(*never); i++) {
		peer(w, never[i].ip, never[i].port);
		ask(w, "boot.img");
		ask(w, "missing");
		ask_as(w, TFTP_WRQ, "octet", "boot.img");
	}
	stage_expect(w->st, "");
	peer(w, IP4(192, 168, 9, 7), 2000); /* behind a router */
	ask(w, "boot.img");
	stage_expect(w->st, "    0 ms  DATA 1 +512\n");
	world_close(w);
}

static void a_request_to_everybody_is_not_answered(void **state)
{
	static const uint32_t everybody[] = {IP_BROADCAST, IP4(10, 0, 0, 255),
					     IP4(224, 0, 0, 1)};
	struct tftpd_world *w = world_open();

	(void)state;
	file(w, "boot.img", 5000);
	for (size_t i = 0; i < 3; i++) {
		w->main.ip = everybody[i];
		ask(w, "boot.img");
	}
	stage_expect(w->st, "");
	world_close(w);
}

static void a_stranger_is_told_so_three_times_and_disturbs_nothing(void **state)
{
	struct tftpd_world *w = world_open();
	const struct endpoint stranger = {NODE(7), 2001};

	(void)state;
	file(w, "boot.img", 5000);
	ask(w, "boot.img");
	stage_forget(w->st);
	for (int i = 0; i < 5; i++)
		stage_hear_from(w->st, stranger, "\0\4\0\1", 4);
	stage_expect(
		w->st,
		"    0 ms  ERROR 5 \"unknown transfer\" to 10.0.0.7:2001\n"
		"    0 ms  ERROR 5 \"unknown transfer\" to 10.0.0.7:2001\n"
		"    0 ms  ERROR 5 \"unknown transfer\" to 10.0.0.7:2001\n");
	ack(w, 1);
	stage_expect(w->st, "    0 ms  DATA 2 +512\n");
	world_close(w);
}

static void an_ack_to_port_69_is_nobodys(void **state)
{
	struct tftpd_world *w = world_open();

	(void)state;
	file(w, "boot.img", 5000);
	ask(w, "boot.img");
	stage_forget(w->st);
	w->st->me = w->main;
	ack(w, 1);
	error(w, 0);
	stage_expect(w->st, "");
	assert_int_equal(STATS(w)->open_now, 1);
	world_close(w);
}

static void a_strangers_error_is_never_answered_with_an_error(void **state)
{
	struct tftpd_world *w = world_open();
	const struct endpoint stranger = {NODE(7), 2001};

	(void)state;
	file(w, "boot.img", 5000);
	ask(w, "boot.img");
	stage_forget(w->st);
	stage_hear_from(w->st, stranger, "\0\5\0\0no", 7);
	stage_expect(w->st, "");
	assert_int_equal(STATS(w)->open_now, 1);
	world_close(w);
}

/* ---- full tables (R14) --------------------------------------------------- */

static void the_oldest_half_open_session_makes_room(void **state)
{
	struct tftpd_world *w = world_new();
	uint16_t ports[6];

	(void)state;
	w->settings.tftp.half_open = 3;
	world_start(w);
	file(w, "boot.img", 5000);
	for (uint32_t i = 1; i <= 5; i++) {
		peer(w, NODE(10 + i), 2000);
		ask(w, "boot.img");
		ports[i] = w->st->last_port;
	}
	stage_expect(w->st, "    0 ms  DATA 1 +512\n"
			    "    0 ms  DATA 1 +512\n"
			    "    0 ms  DATA 1 +512\n"
			    "    0 ms  close a port\n"
			    "    0 ms  DATA 1 +512\n"
			    "    0 ms  close a port\n"
			    "    0 ms  DATA 1 +512\n");
	assert_int_equal(STATS(w)->open_now, 3);
	for (uint32_t i = 1; i <= 5; i++) {
		peer(w, NODE(10 + i), 2000);
		w->st->me.port = ports[i];
		ack(w, 1);
		stage_expect(w->st, i < 3 ? "" : "    0 ms  DATA 2 +512\n");
	}
	world_close(w);
}

static void a_flood_of_requests_never_ends_a_transfer_under_way(void **state)
{
	struct tftpd_world *w = world_new();
	uint16_t port;

	(void)state;
	w->settings.tftp.half_open = 4;
	w->settings.tftp.sessions = 2;
	world_start(w);
	file(w, "boot.img", 5000);
	ask(w, "boot.img");
	ack(w, 1);
	port = w->st->me.port;
	for (uint32_t i = 0; i < 1000; i++) {
		peer(w, IP4(10, 1, i >> 8, i & 0xff), 2000);
		ask(w, "boot.img");
	}
	assert_int_equal(STATS(w)->open_now, 5);
	peer(w, NODE(7), 2000);
	w->st->me.port = port;
	stage_forget(w->st);
	ack(w, 2);
	stage_expect(w->st, "    0 ms  DATA 3 +512\n");
	world_close(w);
}

static void one_source_has_a_few_half_open_sessions_and_no_more(void **state)
{
	struct tftpd_world *w = world_new();

	(void)state;
	w->settings.tftp.per_source = 2;
	world_start(w);
	w->st->hides[EFFECT_CLOSE] = true;
	file(w, "boot.img", 5000);
	for (uint16_t i = 0; i < 4; i++) {
		peer(w, NODE(7), (uint16_t)(2000 + i));
		ask(w, "boot.img");
	}
	stage_expect(w->st, "    0 ms  DATA 1 +512\n"
			    "    0 ms  DATA 1 +512\n");
	peer(w, NODE(8), 2000);
	ask(w, "boot.img");
	stage_expect(w->st, "    0 ms  DATA 1 +512\n");
	/* One that was proved does not count, nor one that is over. */
	ack(w, 1);
	peer(w, NODE(8), 2001);
	ask(w, "boot.img");
	peer(w, NODE(8), 2002);
	ask(w, "boot.img");
	stage_wait(w->st, SECONDS(4));
	stage_forget(w->st);
	peer(w, NODE(7), 2009);
	ask(w, "boot.img");
	stage_expect(w->st, " 4000 ms  DATA 1 +512\n");
	world_close(w);
}

static void a_proof_waits_while_the_table_is_full(void **state)
{
	struct tftpd_world *w = world_new();
	uint16_t first, second;

	(void)state;
	w->settings.tftp.sessions = 1;
	world_start(w);
	w->st->shows_notes = true;
	file(w, "boot.img", 5000);
	ask(w, "boot.img");
	ack(w, 1);
	first = w->st->me.port;
	peer(w, NODE(8), 2000);
	ask(w, "boot.img");
	stage_forget(w->st);
	ack(w, 1);
	stage_expect(w->st, "    0 ms  note table-full \"TFTP sessions\"\n");
	second = w->st->me.port;
	peer(w, NODE(7), 2000);
	w->st->me.port = first;
	error(w, 0);
	stage_forget(w->st);
	peer(w, NODE(8), 2000);
	w->st->me.port = second;
	ack(w, 1);
	stage_expect(w->st, "    0 ms  DATA 2 +512\n");
	world_close(w);
}

static uint8_t seen[65536 / 8];

static void a_source_that_floods_is_heard_200_times_a_second(void **state)
{
	struct tftpd_world *w = world_open();

	(void)state;
	w->st->hides[EFFECT_SEND] = true;
	for (uint16_t i = 0; i < 1000; i++) {
		peer(w, NODE(7), 2000 + i);
		ask(w, "nothing");
	}
	assert_int_equal(w->st->sends, 400);
	assert_int_equal(STATS(w)->unheard, 600);
	/* which is nothing to others */
	peer(w, NODE(8), 2000);
	ask(w, "nothing");
	assert_int_equal(w->st->sends, 401);
	peer(w, NODE(7), 2000);
	for (int i = 0; i < 1000; i++) {
		stage_wait(w->st, MILLISECOND);
		ask(w, "nothing");
	}
	assert_int_equal(w->st->sends, 601);
	world_close(w);
}

static void a_transfer_under_way_is_heard_however_often_it_asks(void **state)
{
	struct tftpd_world *w = world_open();

	(void)state;
	file(w, "boot.img", 5000000);
	ask(w, "boot.img");
	for (uint32_t block = 1; block < 5000; block++)
		ack(w, block);
	assert_int_equal(STATS(w)->data_packets, 5000);
	assert_int_equal(STATS(w)->unheard, 0);
	world_close(w);
}

/* The carrier on this stage would let two have the same. */
static void no_two_transfers_have_the_same_port(void **state)
{
	struct tftpd_world *w = world_new();

	(void)state;
	w->settings.tftp.half_open = 2000;
	world_start(w);
	w->st->hides[EFFECT_SEND] = true;
	file(w, "boot.img", 5000);
	for (uint32_t i = 0; i < 2000; i++) {
		uint16_t port;

		peer(w, IP4(10, 1, i >> 8, i & 0xff), 2000);
		ask(w, "boot.img");
		port = w->st->last_port;
		assert_false(seen[port / 8] >> port % 8 & 1);
		seen[port / 8] |= (uint8_t)(1 << port % 8);
	}
	assert_int_equal(STATS(w)->open_now, 2000);
	world_close(w);
}

/* All their silences end at once, with more to say than one call may. */
static void many_windows_at_once_take_several_calls(void **state)
{
	struct tftpd_world *w = world_open();

	(void)state;
	w->st->hides[EFFECT_SEND] = true;
	memset(w->settings.arguments, 'a', sizeof(w->settings.arguments) - 1);
	file(w, "linux", 5000);
	for (uint32_t i = 0; i < 200; i++) {
		peer(w, NODE(2 + i), 2000);
		ask(w, "boot.ipxe blksize=8 windowsize=64");
		ack(w, 0);
	}
	stage_wait(w->st, SECONDS(1));
	assert_int_equal(STATS(w)->data_packets, 200 * (38 + 1 + 38));
	assert_int_equal(STATS(w)->repeats, 200 * (1 + 38));
	world_close(w);
}

static void settings_of_nothing_are_the_least_that_works(void **state)
{
	struct tftpd_world *w = world_new();

	(void)state;
	memset(&w->settings.tftp, 0, sizeof(w->settings.tftp));
	world_start(w);
	file(w, "boot.img", 20);
	ask(w, "boot.img blksize=1024 windowsize=4");
	ack(w, 0);
	ack(w, 1);
	stage_expect(w->st, "    0 ms  OACK blksize=8 windowsize=1\n"
			    "    0 ms  DATA 1 +8\n"
			    "    0 ms  DATA 2 +8\n");
	world_close(w);
}

/* ---- ports --------------------------------------------------------------- */

/* The LISTEN that a request leads to. */
static struct listen listen_for(struct tftpd_world *w, const char *text)
{
	uint8_t b[600];
	size_t len = request(b, sizeof(b), TFTP_RRQ, "octet", text);
	struct effects *fx = stage_begin(w->st);
	struct engine *e = tftpd_engine(w->t);
	struct dgram d = {.from = w->st->peer,
			  .to = w->main,
			  .link = 1,
			  .bytes = b,
			  .len = len};
	struct listen listen;

	e->input(e, w->st->now, &d, fx);
	assert_int_equal(fx->n, 1);
	assert_int_equal(fx->v[0].kind, EFFECT_LISTEN);
	listen = fx->v[0].listen;
	stage_end(w->st);
	w->st->me.port = listen.port;
	error(w, 0);
	return listen;
}

static void each_transfer_has_a_random_port(void **state)
{
	struct tftpd_world *w = world_open();
	uint16_t low = 65535, high = 0, before = 0;
	int backwards = 0;

	(void)state;
	file(w, "boot.img", 5000);
	for (int i = 0; i < 200; i++) {
		uint16_t port = listen_for(w, "boot.img").port;

		assert_true(port >= 32768);
		backwards += port < before;
		low = port < low ? port : low;
		high = port > high ? port : high;
		before = port;
	}
	assert_true(low < 36000 && high > 62000);
	assert_true(backwards > 60 && backwards < 140);
	world_close(w);
}

static void machines_with_low_ports_get_low_ports(void **state)
{
	struct tftpd_world *w = world_open();

	(void)state;
	/* but SLAM's, 10000 to 11000, are not among them */
	machine(w, "name=indy; ip_address=10.0.0.7; rom_quirks=low-ports");
	file(w, "boot.img", 5000);
	for (int i = 0; i < 1000; i++) {
		uint16_t port = listen_for(w, "boot.img").port;

		stage_wait(w->st, MILLISECONDS(5));
		assert_true(port >= 1024 && port < 32768);
		assert_true(port < 10000 || port > 11000);
	}
	world_close(w);
}

static void machines_that_fear_dont_fragment_never_see_it(void **state)
{
	struct tftpd_world *w = world_open();

	(void)state;
	machine(w, "name=indy; ip_address=10.0.0.7; rom_quirks=no-df");
	file(w, "boot.img", 5000);
	assert_int_equal(listen_for(w, "boot.img").flags, LISTEN_NO_DF);
	peer(w, NODE(8), 2000);
	assert_int_equal(listen_for(w, "boot.img").flags, 0);
	world_close(w);
}

static void wide_windows_get_large_buffers(void **state)
{
	struct tftpd_world *w = world_open();

	(void)state;
	file(w, "boot.img", 5000);
	assert_int_equal(
		listen_for(w, "boot.img blksize=1428 windowsize=64").flags,
		LISTEN_BULK);
	assert_int_equal(
		listen_for(w, "boot.img blksize=1428 windowsize=16").flags, 0);
	world_close(w);
}

/* What an ACK of block 0 leads to, first of all. */
static enum effect_kind after_proof(struct tftpd_world *w, const char *text)
{
	const uint8_t b[] = {0, 4, 0, 0};
	struct engine *e = tftpd_engine(w->t);
	struct effects *fx;
	struct dgram d = {.from = w->st->peer, .bytes = b, .len = sizeof(b)};
	struct effect second;

	ask(w, text);
	if (w->settings.tftp.single_port)
		w->st->me = w->main;
	d.to = (struct endpoint){SERVER, w->st->me.port};
	fx = stage_begin(w->st);
	e->input(e, w->st->now, &d, fx);
	assert_int_equal(fx->v[0].kind, EFFECT_NOTE); /* it has begun */
	second = fx->v[1];
	stage_end(w->st);
	error(w, 0);
	if (second.kind != EFFECT_PAIR)
		return second.kind;
	assert_true(endpoint_is(second.pair.at, d.to));
	assert_true(endpoint_is(second.pair.peer, d.from));
	return EFFECT_PAIR;
}

static void a_long_transfer_is_a_pair_once_its_peer_is_proven(void **state)
{
	struct tftpd_world *w = world_open();
	const char *each = "boot.img blksize=512", *two;

	(void)state;
	file(w, "boot.img", 512 * 64);
	assert_int_equal(after_proof(w, each), EFFECT_PAIR);
	two = "boot.img blksize=512 windowsize=2";
	assert_int_equal(after_proof(w, two), EFFECT_FETCH);
	file(w, "boot.img", 512 * 128);
	assert_int_equal(after_proof(w, two), EFFECT_PAIR);
	/* Port 69 is everybody's. */
	w->settings.tftp.single_port = true;
	assert_int_equal(after_proof(w, two), EFFECT_FETCH);
	world_close(w);
}

static void a_port_that_is_taken_is_not_the_last_one(void **state)
{
	struct tftpd_world *w = world_open();
	uint16_t first;

	(void)state;
	w->st->holds[EFFECT_LISTEN] = true;
	file(w, "boot.img", 5000);
	ask(w, "boot.img");
	first = w->st->last_port;
	stage_settle(w->st, EFFECT_LISTEN, -EADDRINUSE);
	assert_int_not_equal(w->st->last_port, first);
	stage_settle(w->st, EFFECT_LISTEN, 0);
	stage_expect(w->st, "    0 ms  DATA 1 +512\n");
	assert_int_equal(w->st->last_send.from.port, w->st->last_port);
	world_close(w);
}

static void without_any_port_the_request_is_refused(void **state)
{
	struct tftpd_world *w = world_open();

	(void)state;
	w->st->hides[EFFECT_LISTEN] = false;
	w->st->rc[EFFECT_LISTEN] = -EMFILE;
	file(w, "boot.img", 5000);
	ask(w, "boot.img");
	stage_expect(w->st, "    0 ms  listen a port\n"
			    "    0 ms  listen a port\n"
			    "    0 ms  listen a port\n"
			    "    0 ms  listen a port\n"
			    "    0 ms  listen a port\n"
			    "    0 ms  listen a port\n"
			    "    0 ms  listen a port\n"
			    "    0 ms  listen a port\n"
			    "    0 ms  ERROR 0 \"no free port\"\n");
	assert_int_equal(w->st->last_send.from.port, 69);
	assert_int_equal(STATS(w)->open_now, 0);
	world_close(w);
}

static void a_port_that_opens_for_nobody_any_more_is_closed(void **state)
{
	struct tftpd_world *w = world_open();

	(void)state;
	w->st->holds[EFFECT_LISTEN] = true;
	file(w, "boot.img", 5000);
	ask(w, "boot.img");
	stage_wait(w->st, SECONDS(10));
	assert_int_equal(STATS(w)->open_now, 0);
	stage_expect(w->st, "");
	stage_settle(w->st, EFFECT_LISTEN, 0);
	stage_expect(w->st, "10000 ms  close a port\n");
	world_close(w);
}

static void a_single_port_serves_everybody_if_it_must(void **state)
{
	struct tftpd_world *w = world_new();

	(void)state;
	w->settings.tftp.single_port = true;
	world_start(w);
	w->st->hides[EFFECT_LISTEN] = false;
	file(w, "boot.img", 1000);
	ask(w, "boot.img");
	peer(w, NODE(8), 2000);
	ask(w, "boot.img tsize=0");
	w->st->me = w->main;
	ack(w, 0);
	assert_int_equal(w->st->last_send.from.port, 69);
	peer(w, NODE(7), 2000);
	ack(w, 1);
	ack(w, 2);
	peer(w, NODE(9), 2000);
	ack(w, 1);
	stage_expect(w->st, "    0 ms  DATA 1 +512\n"
			    "    0 ms  OACK tsize=1000\n"
			    "    0 ms  DATA 1 +512\n"
			    "    0 ms  DATA 2 +488\n");
	assert_int_equal(STATS(w)->done, 1);
	world_close(w);
}

static void datagrams_to_its_ports_are_its_own(void **state)
{
	struct tftpd_world *w = world_open();
	struct dgram d = {.to = {SERVER, 69}};

	(void)state;
	assert_true(tftpd_claims(w->t, &d));
	d.to.port = 70;
	assert_false(tftpd_claims(w->t, &d));
	file(w, "boot.img", 1000);
	ask(w, "boot.img");
	d.to.port = w->st->last_port;
	assert_true(tftpd_claims(w->t, &d));
	d.kind = DGRAM_FRAME;
	assert_false(tftpd_claims(w->t, &d));
	d.kind = DGRAM_UDP;
	error(w, 0);
	assert_false(tftpd_claims(w->t, &d));
	world_close(w);
}

static void it_starts_with_port_69(void **state)
{
	struct tftpd_world *w = world_open();
	struct effects *fx;

	(void)state;
	w->st->hides[EFFECT_LISTEN] = false;
	fx = stage_begin(w->st);
	tftpd_start(w->t, 0, fx);
	assert_int_equal(fx->v[0].listen.flags, LISTEN_BULK);
	stage_end(w->st);
	stage_expect(w->st, "    0 ms  listen 69\n");
	world_close(w);
}

/* Etherboot's x-tftm asks there, and may get plain TFTP. */
static void requests_come_to_another_port_too(void **state)
{
	struct tftpd_world *w = world_new();

	(void)state;
	w->settings.tftm.also = 1758;
	w->st->hides[EFFECT_LISTEN] = false;
	assert_int_equal(tftpd_open(&w->t, &w->site, &stage_alloc, 7), 0);
	stage_engine(w->st, tftpd_engine(w->t));
	tftpd_start(w->t, 0, stage_begin(w->st));
	stage_end(w->st);
	file(w, "boot.img", 5);
	w->main.port = 1758;
	ask(w, "boot.img multicast= x-gaps=0 blksize=1024");
	ask(w, "none");
	stage_expect(w->st, "    0 ms  listen 69\n"
			    "    0 ms  listen 1758\n"
			    "    0 ms  listen a port\n"
			    "    0 ms  OACK blksize=1024\n"
			    "    0 ms  ERROR 1 \"not found\"\n");
	assert_int_equal(w->st->last_send.from.port, 1758);
	world_close(w);
}

static void one_port_for_all_is_the_one_that_was_asked(void **state)
{
	struct tftpd_world *w = world_new();

	(void)state;
	w->settings.tftm.also = 1758;
	w->settings.tftp.single_port = true;
	world_start(w);
	file(w, "boot.img", 5);
	w->main.port = 1758;
	ask(w, "boot.img");
	assert_int_equal(w->st->last_send.from.port, 1758);
	ack(w, 1);
	stage_wait(w->st, SECONDS(60));
	stage_expect(w->st, "    0 ms  DATA 1 +5\n");
	world_close(w);
}

/* ---- what machines can't bear -------------------------------------------- */

static void machines_that_know_no_options_get_none(void **state)
{
	struct tftpd_world *w = world_open();

	(void)state;
	machine(w, "name=old; ip_address=10.0.0.7; rom_quirks=no-options");
	file(w, "boot.img", 5000);
	ask(w, "boot.img blksize=1024 windowsize=4 timeout=9 tsize=0");
	ack(w, 1);
	stage_expect(w->st, "    0 ms  DATA 1 +512\n"
			    "    0 ms  DATA 2 +512\n");
	stage_wait(w->st, SECONDS(1));
	stage_expect(w->st, "   20 ms  DATA 2 +512\n"
			    " 1000 ms  DATA 2 +512\n");
	world_close(w);
}

static void machines_with_small_blocks_get_small_blocks(void **state)
{
	struct tftpd_world *w = world_open();

	(void)state;
	machine(w, "name=old; ip_address=10.0.0.7; rom_quirks=small-blocks");
	file(w, "boot.img", 5000);
	ask(w, "boot.img blksize=1024");
	stage_expect(w->st, "    0 ms  OACK blksize=512\n");
	world_close(w);
}

static void memory_that_runs_out_is_given_back(void **state)
{
	struct tftpd_world *w = world_open();
	struct purse purse;
	const struct alloc *alloc = purse_open(&purse);
	struct tftpd *t;

	(void)state;
	for (long left = 0; left < 6; left++) {
		purse.left = left;
		assert_int_equal(tftpd_open(&t, &w->site, alloc, 7), -ENOMEM);
		assert_int_equal(purse.out, 0);
	}
	tftpd_close(NULL, alloc);
	world_close(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test(name)
		T(a_silent_peer_gets_three_packets_in_three_seconds),
		T(no_timeout_that_a_peer_names_makes_it_live_longer),
		T(only_the_ack_of_what_was_said_is_a_proof),
		T(a_disk_slower_than_the_peer_is_patient_costs_nothing),
		T(three_requests_at_once_are_answered_once),
		T(a_repeated_request_gets_the_same_answer_from_the_same_port),
		T(a_request_repeated_while_its_port_opens_is_the_same),
		T(a_copy_that_comes_late_does_not_disturb_the_transfer),
		T(a_machine_that_was_switched_off_begins_anew),
		T(another_file_from_the_same_port_takes_the_place),
		T(several_files_at_once_are_several_transfers),
		T(nothing_is_ever_written),
		T(a_file_that_is_not_there_is_an_error_said_once),
		T(what_is_no_request_is_not_answered),
		T(nobody_answers_a_source_that_nobody_can_have),
		T(a_request_to_everybody_is_not_answered),
		T(a_stranger_is_told_so_three_times_and_disturbs_nothing),
		T(an_ack_to_port_69_is_nobodys),
		T(a_strangers_error_is_never_answered_with_an_error),
		T(the_oldest_half_open_session_makes_room),
		T(a_flood_of_requests_never_ends_a_transfer_under_way),
		T(one_source_has_a_few_half_open_sessions_and_no_more),
		T(a_proof_waits_while_the_table_is_full),
		T(a_source_that_floods_is_heard_200_times_a_second),
		T(a_transfer_under_way_is_heard_however_often_it_asks),
		T(no_two_transfers_have_the_same_port),
		T(many_windows_at_once_take_several_calls),
		T(settings_of_nothing_are_the_least_that_works),
		T(each_transfer_has_a_random_port),
		T(machines_with_low_ports_get_low_ports),
		T(machines_that_fear_dont_fragment_never_see_it),
		T(wide_windows_get_large_buffers),
		T(a_long_transfer_is_a_pair_once_its_peer_is_proven),
		T(a_port_that_is_taken_is_not_the_last_one),
		T(without_any_port_the_request_is_refused),
		T(a_port_that_opens_for_nobody_any_more_is_closed),
		T(a_single_port_serves_everybody_if_it_must),
		T(datagrams_to_its_ports_are_its_own),
		T(it_starts_with_port_69),
		T(requests_come_to_another_port_too),
		T(one_port_for_all_is_the_one_that_was_asked),
		T(machines_that_know_no_options_get_none),
		T(machines_with_small_blocks_get_small_blocks),
		T(memory_that_runs_out_is_given_back),
#undef T
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
