/*
 * A rider on its way: what it keeps, what it says of what it lacks and when,
 * and what it does about packets that are false.
 */
#include "trainc_world.h"

#include <errno.h>

static const struct loadc_config usual;

static struct trainc_counts counts_of(const struct scene *s)
{
	return *trainc_counts(s->c);
}

/* All originals but those of a block's rows from .. to - 1. */
static void all_but(struct scene *s, uint32_t block, uint16_t from, uint16_t to)
{
	for (uint32_t at = 0; at < s->m.layout.packets; at++) {
		uint32_t b;
		uint16_t r;

		layout_at(&s->m.layout, at, &b, &r);
		if (b != block || r < from || r >= to)
			data(s, b, r);
	}
}

/* ---- 3. what is kept ---------------------------------------------------- */

static void what_is_no_use_is_dropped_and_counted(void **state)
{
	struct trainc_counts n;
	struct scene s;

	(void)state;
	rides(&s, usual);
	data_bytes(&s, 4, 0, PACKET);              /* blocks 0 to 3 */
	data_bytes(&s, TRAIN_LIST - 1, 0, PACKET); /* */
	data_bytes(&s, 0, 50, PACKET);             /* packets 0 to 49 */
	data_bytes(&s, 0, 4095, PACKET);
	data_bytes(&s, TRAIN_LIST, 2, PACKET); /* two packets of list */
	data_bytes(&s, 0, 0, PACKET - 1);
	data_bytes(&s, 0, 0, PACKET + 1);
	data_bytes(&s, 3, 49, PACKET); /* the last is shorter */
	data_bytes(&s, 0, 4096, PACKET - 1);
	data_bytes(&s, TRAIN_LIST, 1, PACKET - 1);
	data(&s, 0, 7);
	data(&s, 0, 7);
	repair(&s, 0, 0);
	repair(&s, 0, 0);
	list_packet(&s, 0);
	list_packet(&s, 0);
	s.m.train++;
	data(&s, 0, 8);
	n = counts_of(&s);
	assert_int_equal(n.unknown, 5);
	assert_int_equal(n.misfit, 5);
	assert_int_equal(n.again, 3);
	assert_int_equal(n.foreign, 1);
	assert_int_equal(s.c->progress.packets_heard, 16);
	assert_int_equal(s.c->progress.packets_new, 3);
	assert_int_equal(s.c->progress.have, PACKET);
	close_scene(&s);
}

static void two_repairs_more_are_kept_while_a_block_is_mended(void **state)
{
	struct scene s;

	(void)state;
	rides(&s, usual);
	s.st->holds[EFFECT_MEND] = true;
	s.st->hides[EFFECT_KEEP] = false;
	all_but(&s, 1, 10, 12);
	stage_forget(s.st);
	for (uint32_t i = 0; i < 6; i++)
		repair(&s, 1, i);
	repair(&s, 0, 0);
	data(&s, 1, 10); /* comes too late */
	stage_expect(
		s.st,
		"    0 ms  keep 0 @16384 +64 scratch\n"
		"    0 ms  keep 0 @16448 +64 scratch\n"
		"    0 ms  mend 0 block 1: 10 11 from 4097 4096, unchecked\n"
		"    0 ms  keep 0 @16512 +64 scratch\n"
		"    0 ms  keep 0 @16576 +64 scratch\n");
	assert_int_equal(counts_of(&s).spare, 3);
	assert_int_equal(counts_of(&s).again, 1);
	close_scene(&s);
}

static void early_blocks_have_the_first_claim_to_slots(void **state)
{
	struct scene s;

	(void)state;
	rides(&s, (struct loadc_config){.slots = 4});
	whole_list(&s);
	all_but(&s, 0, 0, 3);
	/* Of blocks 1 to 3 nothing is kept twice; make them lack some, too. */
	close_scene(&s);

	rides(&s, (struct loadc_config){.slots = 4});
	whole_list(&s);
	for (uint32_t i = 0; i < 3; i++)
		repair(&s, 3, i);
	repair(&s, 2, 0);
	repair(&s, 3, 3); /* no later block has any */
	assert_int_equal(counts_of(&s).full, 1);
	assert_int_equal(s.c->progress.packets_new, 2 + 4);
	for (uint16_t r = 0; r < 47; r++)
		data(&s, 0, r);
	repair(&s, 0, 0);
	repair(&s, 0, 1);
	repair(&s, 0, 2);
	assert_int_equal(counts_of(&s).full, 4);
	stage_expect(
		s.st,
		"    0 ms  mend 0 block 0: 47 48 49 from 4098 4097 4096\n");
	ask(&s, 1);
	stage_wait(s.st, MILLISECONDS(40));
	stage_expect(s.st, "    1 ms  REPORT 1 1+50 3+50 2+49 loss 745\n");
	close_scene(&s);
}

/* ---- 4. solving --------------------------------------------------------- */

static void dependent_equations_take_one_repair_more(void **state)
{
	struct scene s;

	(void)state;
	rides(&s, usual);
	whole_list(&s);
	s.st->holds[EFFECT_MEND] = true;
	all_but(&s, 2, 0, 2);
	while (stage_held(s.st, EFFECT_MEND))
		stage_settle(s.st, EFFECT_MEND, 0);
	stage_forget(s.st);
	repair(&s, 2, 0);
	repair(&s, 2, 1);
	stage_settle(s.st, EFFECT_MEND, -EDOM);
	ask(&s, 1);
	stage_wait(s.st, MILLISECONDS(40));
	repair(&s, 2, 2);
	stage_settle(s.st, EFFECT_MEND, 0);
	stage_expect(s.st, "    0 ms  mend 0 block 2: 0 1 from 4097 4096\n"
			   "   19 ms  REPORT 1 2+1 loss 10\n"
			   "   40 ms  mend 0 block 2: 0 1 from 4098 4097 4096\n"
			   "   40 ms  leave 239.255.84.0:7244\n"
			   "   40 ms  close 7244\n"
			   "   40 ms  close a port\n");
	assert_int_equal(state_of(&s), LOADC_DONE);
	assert_int_equal(s.c->progress.have, s.c->progress.size);
	close_scene(&s);
}

static void blocks_are_checked_when_the_list_is_there_and_right(void **state)
{
	struct scene s;

	(void)state;
	rides(&s, usual);
	all_but(&s, 1, 3, 4);
	repair(&s, 1, 0);
	stage_expect(s.st,
		     "    0 ms  mend 0 block 1: 3 from 4096, unchecked\n");
	assert_int_equal(s.c->progress.have, s.c->progress.size);
	s.list[5] ^= 1;
	whole_list(&s);
	assert_int_equal(counts_of(&s).false_list, 1);
	stage_expect(s.st, "");
	s.list[5] ^= 1;
	list_packet(&s, 1);
	list_packet(&s, 0);
	stage_expect(s.st, "    0 ms  mend 0 block 0\n"
			   "    0 ms  mend 0 block 1\n"
			   "    0 ms  mend 0 block 2\n"
			   "    0 ms  mend 0 block 3\n"
			   "    0 ms  leave 239.255.84.0:7244\n"
			   "    0 ms  close 7244\n"
			   "    0 ms  close a port\n");
	assert_int_equal(state_of(&s), LOADC_DONE);
	close_scene(&s);
}

static void nothing_is_done_before_all_is_checked(void **state)
{
	struct scene s;

	(void)state;
	rides(&s, usual);
	whole_list(&s);
	s.st->holds[EFFECT_MEND] = true;
	originals(&s, 0, 200);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(state_of(&s), LOADC_LOADING);
		assert_int_equal(stage_held(s.st, EFFECT_MEND), 1);
		stage_settle(s.st, EFFECT_MEND, 0);
	}
	assert_int_equal(state_of(&s), LOADC_DONE);
	close_scene(&s);
}

/* ---- 5. reports --------------------------------------------------------- */

static void the_more_it_lacks_the_sooner_it_speaks(void **state)
{
	/* Slots of 2 ms; top 10, step 1. */
	static const struct {
		uint16_t lack;
		usec from, to;
	} rows[] = {
		{12, 0, MILLISECONDS(2)},
		{10, 0, MILLISECONDS(2)},
		{9, MILLISECONDS(2), MILLISECONDS(4)},
		{4, MILLISECONDS(12), MILLISECONDS(14)},
		{1, MILLISECONDS(18), MILLISECONDS(20)},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct scene s;
		unsigned sends;

		rides(&s, usual);
		whole_list(&s);
		all_but(&s, 2, 0, rows[i].lack);
		sends = s.st->sends;
		ask(&s, 1);
		stage_wait(s.st, rows[i].from - 1);
		assert_int_equal(s.st->sends, sends);
		stage_wait(s.st, rows[i].to - rows[i].from + 1);
		assert_int_equal(s.st->sends, sends + 1);
		close_scene(&s);
	}
}

static void the_last_slot_is_the_last(void **state)
{
	struct train_status st = asking(1);
	struct scene s;

	(void)state;
	rides(&s, usual);
	whole_list(&s);
	all_but(&s, 2, 0, 1);
	st.top = 60000;
	st.slots = 4;
	stage_forget(s.st);
	status(&s, &st, NULL);
	stage_wait(s.st, MILLISECONDS(20));
	stage_expect(s.st, "    7 ms  REPORT 1 2+1 loss 5\n");
	st.round++;
	st.slots = st.step = 0; /* makes no sense, does no harm */
	status(&s, &st, NULL);
	stage_wait(s.st, MILLISECONDS(20));
	stage_expect(s.st, "   21 ms  REPORT 2 2+1 loss 5\n");
	close_scene(&s);
}

static void who_lacks_no_more_than_is_pending_is_silent(void **state)
{
	static const uint16_t enough[] = {9, 0, 3, 0};
	static const uint16_t short_of[] = {9, 0, 2, 0};
	static const uint16_t not_now[] = {0, 0, TRAIN_NOT_NOW, 0};
	struct train_status st = asking(1);
	struct scene s;

	(void)state;
	rides(&s, usual);
	whole_list(&s);
	all_but(&s, 2, 0, 3);
	stage_forget(s.st);
	st.n = 4;
	status(&s, &st, enough);
	stage_wait(s.st, MILLISECONDS(50));
	st.round = 2;
	status(&s, &st, not_now);
	stage_wait(s.st, MILLISECONDS(50));
	stage_expect(s.st, "");
	st.round = 3;
	status(&s, &st, short_of);
	stage_wait(s.st, MILLISECONDS(50));
	stage_expect(s.st, "  119 ms  REPORT 3 2+3 loss 15\n");
	close_scene(&s);
}

static void it_looks_again_before_it_speaks(void **state)
{
	static const uint16_t enough[] = {0, 0, 3, 0};
	struct train_status st = asking(1);
	struct scene s;

	(void)state;
	rides(&s, usual);
	whole_list(&s);
	all_but(&s, 2, 0, 3);
	stage_forget(s.st);
	st.n = 4;
	status(&s, &st, NULL);
	stage_wait(s.st, MILLISECONDS(8));
	status(&s, &st, enough); /* another was in greater need */
	stage_wait(s.st, MILLISECONDS(50));
	st.round = 2;
	status(&s, &st, NULL);
	stage_wait(s.st, MILLISECONDS(8));
	st.phase = TRAIN_SAYS_SENDING; /* the window is closed */
	status(&s, &st, NULL);
	stage_wait(s.st, MILLISECONDS(50));
	stage_expect(s.st, "");
	close_scene(&s);
}

static void it_speaks_once_in_a_round_and_worst_first(void **state)
{
	static const uint16_t pending[] = {4, 0, 0, 0};
	struct train_status st = asking(1);
	struct scene s;

	(void)state;
	rides(&s, usual);
	whole_list(&s);
	for (uint16_t r = 0; r < 50; r++)
		for (uint32_t b = 0; b < 4; b++)
			if (r >= (const uint16_t[]){5, 0, 3, 2}[b])
				data(&s, b, r);
	stage_forget(s.st);
	repair(&s, 3, 0);
	st.n = 4;
	status(&s, &st, pending);
	stage_wait(s.st, MILLISECONDS(20));
	status(&s, &st, pending);
	stage_wait(s.st, MILLISECONDS(50));
	stage_expect(s.st, "   15 ms  REPORT 1 2+3 0+5 3+1 loss 45\n");
	close_scene(&s);
}

static void long_runs_are_intervals_and_no_lack(void **state)
{
	struct scene s;

	(void)state;
	rides_far(&s);
	whole_list(&s);
	originals(&s, 0, 1000);
	originals(&s, 3048, 3500);
	originals(&s, 3540, 4000);
	stage_forget(s.st);
	ask(&s, 1);
	stage_wait(s.st, MILLISECONDS(40));
	stage_expect(s.st, "    1 ms  REPORT 1 0+10 1+10 2+10 3+10 "
			   "wants 1000-3047 loss 20\n");
	originals(&s, 3500, 3540);
	data_at(&s, 1500);
	ask(&s, 2);
	stage_wait(s.st, MILLISECONDS(40));
	stage_expect(s.st,
		     "   41 ms  REPORT 2 1+512 2+512 3+512 0+511 loss 20\n");
	close_scene(&s);
}

static void who_has_nothing_wants_everything(void **state)
{
	struct scene s;

	(void)state;
	rides_far(&s);
	ask(&s, 1);
	stage_wait(s.st, MILLISECONDS(40));
	stage_expect(s.st, "   21 ms  REPORT 1 list+2 wants 0-3999\n");
	close_scene(&s);
}

static void the_list_is_asked_for_unless_it_is_pending(void **state)
{
	struct train_status st = asking(1);
	struct scene s;

	(void)state;
	rides(&s, usual);
	originals(&s, 0, 200);
	list_packet(&s, 1);
	st.flags = TRAIN_FLAG_LIST;
	status(&s, &st, NULL);
	stage_wait(s.st, MILLISECONDS(40));
	stage_expect(s.st, "");
	ask(&s, 2);
	stage_wait(s.st, MILLISECONDS(40));
	stage_expect(s.st, "   61 ms  REPORT 2 list+1\n");
	close_scene(&s);
}

static void a_probe_is_answered_with_the_loss(void **state)
{
	struct scene s;

	(void)state;
	rides(&s, usual);
	originals(&s, 0, 50);
	originals(&s, 60, 100);
	data_at(&s, 55); /* only late */
	originals(&s, 100, 109);
	probe(&s, 1);
	stage_wait(s.st, MILLISECONDS(9));
	probe(&s, 2); /* too many */
	originals(&s, 109, 200);
	stage_wait(s.st, MILLISECONDS(1));
	probe(&s, 1);
	stage_expect(s.st, "    0 ms  REPORT 1 loss 82\n"
			   "   10 ms  REPORT 1\n");
	close_scene(&s);
}

/* ---- 6. silence --------------------------------------------------------- */

static void silence_makes_it_speak_ever_more_rarely(void **state)
{
	static const uint16_t pending[] = {0, 0, 9, 0};
	struct train_status st = asking(1);
	struct scene s;

	(void)state;
	rides(&s, usual);
	whole_list(&s);
	all_but(&s, 2, 0, 3);
	stage_forget(s.st);
	st.n = 4;
	status(&s, &st, pending); /* but it never comes */
	stage_wait(s.st, SECONDS(20));
	stage_expect(s.st,
		     "  390 ms  REPORT 1 2+3 loss 15\n"
		     " 1232 ms  REPORT 1 2+3 loss 15\n"
		     " 2928 ms  REPORT 1 2+3 loss 15\n"
		     " 2928 ms  BOARD root.img to 255.255.255.255:7243\n"
		     " 5287 ms  REPORT 1 2+3 loss 15\n"
		     " 5287 ms  BOARD root.img to 255.255.255.255:7243\n"
		     " 9664 ms  REPORT 1 2+3 loss 15\n"
		     " 9664 ms  BOARD root.img to 255.255.255.255:7243\n");
	repair(&s, 2, 0);
	stage_wait(s.st, MILLISECONDS(600));
	assert_non_null(strstr(stage_said(s.st), "REPORT 1 2+2 loss 15\n"));
	close_scene(&s);
}

static void a_train_that_talks_is_not_spoken_to(void **state)
{
	const struct train_status st = {.phase = TRAIN_SAYS_HOLDING};
	struct scene s;

	(void)state;
	rides(&s, usual);
	for (int i = 0; i < 300; i++) {
		stage_wait(s.st, MILLISECONDS(249));
		status(&s, &st, NULL);
	}
	stage_expect(s.st, "");
	assert_int_equal(state_of(&s), LOADC_LOADING);
	close_scene(&s);
}

/* ---- 7. off the train --------------------------------------------------- */

static void who_is_sent_off_picks_what_it_lacks(void **state)
{
	struct scene s;

	(void)state;
	rides(&s, usual);
	originals(&s, 0, 20);
	originals(&s, 30, 50);
	originals(&s, 120, 200);
	stage_forget(s.st);
	detach(&s);
	detach(&s);
	stage_wait(s.st, MILLISECONDS(90));
	originals(&s, 20, 25); /* an answer that is not whole */
	stage_wait(s.st, MILLISECONDS(330));
	originals(&s, 25, 30);
	originals(&s, 50, 109);
	stage_wait(s.st, 0);
	ask(&s, 1); /* is nothing to us any more */
	stage_wait(s.st, MILLISECONDS(50));
	originals(&s, 109, 120);
	stage_wait(s.st, MILLISECONDS(50));
	stage_expect(s.st, "    0 ms  PICK 20-29 50-103\n"
			   "   50 ms  PICK 20-29 50-103\n"
			   "  100 ms  PICK 25-29 50-108\n"
			   "  150 ms  PICK 25-29 50-108\n"
			   "  250 ms  PICK 25-29 50-108\n"
			   "  420 ms  PICK 109-119\n"
			   "  470 ms  PICK 109-119\n"
			   "  470 ms  REPORT 1 list+2\n");
	close_scene(&s);
}

/* ---- 8. poison ---------------------------------------------------------- */

/* Packets 7 and 9 of block 1 are false, and the block turns out so. */
static void is_poisoned(struct scene *s, struct loadc_config config)
{
	rides(s, config);
	whole_list(s);
	all_but(s, 1, 7, 10);
	s->is_false = true;
	data(s, 1, 7);
	data(s, 1, 9);
	s->is_false = false;
	s->st->holds[EFFECT_MEND] = true;
	stage_forget(s->st);
	repair(s, 1, 0);
	s->st->wrong[0] = 1 << 7 | 1 << 8 | 1 << 9;
	stage_settle(s->st, EFFECT_MEND, -EBADMSG);
	s->st->holds[EFFECT_MEND] = false;
	stage_wait(s->st, 0);
}

static void a_poisoned_block_is_sorted_and_picked(void **state)
{
	struct scene s;

	(void)state;
	is_poisoned(&s, usual);
	leaves(&s, 1, 0, 30);
	stage_wait(s.st, 0);
	leaves(&s, 1, 0, 30); /* had */
	leaves(&s, 2, 30, 20);
	leaves(&s, 1, 30, 20);
	stage_wait(s.st, 0);
	s.is_false = true;
	data(&s, 1, 8);
	s.is_false = false;
	repair(&s, 1, 1);
	for (uint16_t r = 7; r < 10; r++)
		data(&s, 1, r);
	stage_expect(s.st, "    0 ms  mend 0 block 1: 8 from 4096\n"
			   "    0 ms  LEAVES? 1 @0\n"
			   "    0 ms  LEAVES? 1 @30\n"
			   "    0 ms  sort 0 block 1\n"
			   "    0 ms  PICK 29-29 33-33 37-37\n"
			   "    0 ms  mend 0 block 1\n"
			   "    0 ms  leave 239.255.84.0:7244\n"
			   "    0 ms  close 7244\n"
			   "    0 ms  close a port\n");
	assert_int_equal(counts_of(&s).false_packets, 1);
	assert_int_equal(counts_of(&s).spare, 1);
	assert_int_equal(state_of(&s), LOADC_DONE);
	assert_int_equal(s.c->progress.have, s.c->progress.size);
	close_scene(&s);
}

static void a_poisoned_block_is_not_reported(void **state)
{
	struct scene s;

	(void)state;
	is_poisoned(&s, usual);
	leaves(&s, 1, 0, 50);
	stage_wait(s.st, 0);
	stage_forget(s.st);
	ask(&s, 1);
	stage_wait(s.st, MILLISECONDS(49));
	stage_expect(s.st, "");
	close_scene(&s);
}

static void leaves_and_picks_are_asked_for_until_they_come(void **state)
{
	struct scene s;

	(void)state;
	is_poisoned(&s, usual);
	stage_forget(s.st);
	stage_wait(s.st, MILLISECONDS(400));
	s.is_false = true;
	leaves(&s, 1, 0, 50);
	s.is_false = false;
	assert_int_equal(counts_of(&s).false_leaves, 1);
	stage_wait(s.st, MILLISECONDS(400));
	leaves(&s, 1, 0, 50);
	stage_wait(s.st, MILLISECONDS(300));
	stage_expect(s.st, "  100 ms  LEAVES? 1 @0\n"
			   "  300 ms  LEAVES? 1 @0\n"
			   "  700 ms  LEAVES? 1 @0\n"
			   "  800 ms  sort 0 block 1\n"
			   "  800 ms  PICK 29-29 33-33 37-37\n"
			   "  850 ms  PICK 29-29 33-33 37-37\n"
			   "  950 ms  PICK 29-29 33-33 37-37\n");
	close_scene(&s);
}

static void without_room_for_leaves_a_block_is_fetched_anew(void **state)
{
	struct scene s;

	(void)state;
	is_poisoned(&s, (struct loadc_config){.leaves = 49});
	stage_expect(s.st, "    0 ms  mend 0 block 1: 8 from 4096\n"
			   "    0 ms  PICK 1-1 5-5 9-9 13-13 17-17 21-21 25-25 "
			   "29-29 33-33 37-37 41-41 45-45 49-49 53-53 57-57 "
			   "61-61 65-65 69-69 73-73 77-77 81-81 85-85 89-89 "
			   "93-93 97-97 101-101 105-105 109-109 113-113 "
			   "117-117 121-121 125-125 129-129 133-133 137-137 "
			   "141-141 145-145 149-149 153-153 157-157 161-161 "
			   "165-165 169-169 173-173 177-177 181-181 185-185 "
			   "189-189 193-193 197-197\n");
	for (uint16_t r = 0; r < 50; r++)
		data(&s, 1, r);
	assert_int_equal(state_of(&s), LOADC_DONE);
	close_scene(&s);
}

static void one_poisoned_block_after_the_other(void **state)
{
	struct scene s;

	(void)state;
	rides(&s, usual);
	whole_list(&s);
	s.st->rc[EFFECT_MEND] = -EBADMSG;
	originals(&s, 0, 200);
	s.st->rc[EFFECT_MEND] = 0;
	s.st->wrong[0] = 1;
	stage_forget(s.st);
	for (uint32_t b = 0; b < 4; b++) {
		stage_wait(s.st, 0);
		leaves(&s, b, 0, 50);
		stage_wait(s.st, 0);
		data(&s, b, 0);
	}
	stage_expect(s.st, "    0 ms  LEAVES? 0 @0\n"
			   "    0 ms  sort 0 block 0\n"
			   "    0 ms  PICK 0-0\n"
			   "    0 ms  mend 0 block 0\n"
			   "    0 ms  LEAVES? 1 @0\n"
			   "    0 ms  sort 0 block 1\n"
			   "    0 ms  PICK 1-1\n"
			   "    0 ms  mend 0 block 1\n"
			   "    0 ms  LEAVES? 2 @0\n"
			   "    0 ms  sort 0 block 2\n"
			   "    0 ms  PICK 2-2\n"
			   "    0 ms  mend 0 block 2\n"
			   "    0 ms  LEAVES? 3 @0\n"
			   "    0 ms  sort 0 block 3\n"
			   "    0 ms  PICK 3-3\n"
			   "    0 ms  mend 0 block 3\n"
			   "    0 ms  leave 239.255.84.0:7244\n"
			   "    0 ms  close 7244\n"
			   "    0 ms  close a port\n");
	assert_int_equal(state_of(&s), LOADC_DONE);
	close_scene(&s);
}

static void a_block_that_stays_false_is_the_end(void **state)
{
	struct scene s;

	(void)state;
	is_poisoned(&s, usual);
	memset(s.st->wrong, 0, sizeof(s.st->wrong));
	s.st->rc[EFFECT_MEND] = -EBADMSG;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(state_of(&s), LOADC_LOADING);
		leaves(&s, 1, 0, 50);
		stage_wait(s.st, 0);
	}
	assert_int_equal(state_of(&s), LOADC_FAILED);
	assert_int_equal(s.c->progress.rc, -EBADMSG);
	assert_string_equal(s.c->progress.why,
			    "a block is false again and again");
	close_scene(&s);
}

static void picking_goes_on_behind_a_new_ticket(void **state)
{
	struct scene s;

	(void)state;
	is_poisoned(&s, usual);
	leaves(&s, 1, 0, 50);
	stage_wait(s.st, 0);
	stage_forget(s.st);
	refuse(&s, s.m.train, TRAIN_NO_COOKIE, "");
	stage_wait(s.st, 0);
	look_at_board(&s);
	ticket(&s);
	stage_wait(s.st, 0);
	stage_expect(s.st, "    0 ms  BOARD root.img\n"
			   "    0 ms  ABOARD\n"
			   "    0 ms  PICK 29-29 33-33 37-37\n");
	close_scene(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_use_is_dropped_and_counted),
		cmocka_unit_test(
			two_repairs_more_are_kept_while_a_block_is_mended),
		cmocka_unit_test(early_blocks_have_the_first_claim_to_slots),
		cmocka_unit_test(dependent_equations_take_one_repair_more),
		cmocka_unit_test(
			blocks_are_checked_when_the_list_is_there_and_right),
		cmocka_unit_test(nothing_is_done_before_all_is_checked),
		cmocka_unit_test(the_more_it_lacks_the_sooner_it_speaks),
		cmocka_unit_test(the_last_slot_is_the_last),
		cmocka_unit_test(who_lacks_no_more_than_is_pending_is_silent),
		cmocka_unit_test(it_looks_again_before_it_speaks),
		cmocka_unit_test(it_speaks_once_in_a_round_and_worst_first),
		cmocka_unit_test(long_runs_are_intervals_and_no_lack),
		cmocka_unit_test(who_has_nothing_wants_everything),
		cmocka_unit_test(the_list_is_asked_for_unless_it_is_pending),
		cmocka_unit_test(a_probe_is_answered_with_the_loss),
		cmocka_unit_test(silence_makes_it_speak_ever_more_rarely),
		cmocka_unit_test(a_train_that_talks_is_not_spoken_to),
		cmocka_unit_test(who_is_sent_off_picks_what_it_lacks),
		cmocka_unit_test(a_poisoned_block_is_sorted_and_picked),
		cmocka_unit_test(a_poisoned_block_is_not_reported),
		cmocka_unit_test(
			leaves_and_picks_are_asked_for_until_they_come),
		cmocka_unit_test(
			without_room_for_leaves_a_block_is_fetched_anew),
		cmocka_unit_test(one_poisoned_block_after_the_other),
		cmocka_unit_test(a_block_that_stays_false_is_the_end),
		cmocka_unit_test(picking_goes_on_behind_a_new_ticket),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
