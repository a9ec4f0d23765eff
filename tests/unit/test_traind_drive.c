/*
 * traind beside others of its kind: which of them sends a train, who stands by,
 * and who takes it up (docs/protocols/train.md, "Several servers").  We are
 * 10.0.0.1; the others are 10.0.0.2 and more, so of two trains that began
 * together ours is the one that goes on.
 */
#include "model/policy.h"
#include "traind_world.h"

/* A server with others beside it. */
static void shares(struct world *w, uint32_t packets)
{
	world_open(w);
	w->settings.train.share = SHARE_YES;
	world_put(w, "root.img", packets, 64);
	world_start(w);
	w->st->hides[EFFECT_FETCH] = true;
}

/* What another server says, where riders board. */
static void other_says(struct world *w, uint32_t n, const struct wr *what)
{
	struct endpoint from = machine(n);

	assert_false(what->bad);
	from.port = TRAIN_PORT;
	stage_hear_from(w->st, from, what->start, wr_len(what));
}

struct said {
	uint32_t turn, riders;
	enum train_phase_said phase;
	bool has_left;
	uint64_t id; /* 0: the file's */
	const char *name;
	struct endpoint group;
	uint32_t wish;
};

static void drives(struct world *w, uint32_t n, struct said it)
{
	struct train_drives d = {.turn = it.turn,
				 .riders = it.riders,
				 .phase = (uint8_t)it.phase,
				 .flags = it.has_left ? TRAIN_FLAG_LEFT : 0,
				 .group = {IP4(239, 255, 84, 5), 7249},
				 .wish = it.wish,
				 .name = it.name ? it.name : "root.img"};
	uint8_t b[128];
	struct wr to = wr_over(b, sizeof(b));

	if (it.group.ip)
		d.group = it.group;
	d.len = strlen(d.name);
	train_drives_put(it.id ? it.id : w->id, &d, &to);
	other_says(w, n, &to);
}

static void sends(struct world *w, uint32_t n, uint32_t turn)
{
	drives(w, n,
	       (struct said){.turn = turn,
			     .riders = 2,
			     .phase = TRAIN_SAYS_SENDING,
			     .has_left = true});
}

static void forwards(struct world *w, uint32_t n, struct endpoint rider)
{
	struct train_forward f = {.rider = rider, .name = "root.img", .len = 8};
	uint8_t b[TRAIN_BOARD_LEN];
	struct wr to = wr_over(b, sizeof(b));

	train_forward_put(99, &f, &to);
	other_says(w, n, &to);
}

static enum run_phase phase(const struct world *w)
{
	return w->t->runs[0].phase;
}

/* ---- who sends ----------------------------------------------------------- */

static void who_sends_says_so(void **state)
{
	struct world w;

	(void)state;
	shares(&w, 5);
	w.settings.train.hold = 150;
	gets_ticket(&w, 7, "root.img");
	w.st->peer = machine(7);
	aboard(&w, 7, 0, 5);
	stage_wait(w.st, MILLISECONDS(120));
	assert_int_equal(heard(&w, "DRIVES root.img turn 0 holding 1 at "
				   "239.255.84.0:7244 to 255.255.255.255:7243"),
			 1);
	stage_wait(w.st, MILLISECONDS(120));
	says_goodbye(&w, 7);
	stage_wait(w.st, SECONDS(1));
	assert_int_equal(heard(&w, "standing"), 1);
	stage_wait(w.st, SECONDS(10));
	stage_expect(w.st, "");
	world_close(&w);
}

static struct train_drives last_drives(const struct world *w)
{
	struct rd r = rd_over(w->st->last, w->st->last_len);
	struct train_drives d = {0};
	struct train_head h;

	assert_true(train_head_get(&h, &r) && h.type == TRAIN_DRIVES &&
		    train_drives_get(&d, &r));
	return d;
}

static void all_is_said_where_the_train_runs(void **state)
{
	struct train_drives d;
	struct world w;

	(void)state;
	shares(&w, 5);
	w.settings.igmp.snooping = SNOOPING_YES;
	w.settings.train.hold = 1000;
	w.settings.train.ttl = 5;
	w.st->link = 2;
	gets_ticket(&w, 256 + 7, "root.img");
	aboard(&w, 256 + 7, 0, 5);
	stage_wait(w.st, MILLISECONDS(1));
	d = last_drives(&w);
	assert_int_equal(w.st->last_send.link, 2);
	assert_int_equal(d.wish, GROUP_FLOOD_SAFE);
	assert_int_equal(d.group.ip, SAFE_TRAIN_GROUP);
	stage_forget(w.st);
	drives(&w, 256 + 2,
	       (struct said){.turn = 1,
			     .phase = TRAIN_SAYS_SENDING,
			     .wish = d.wish,
			     .group = d.group});
	assert_int_equal(phase(&w), RUN_FOLLOWING);
	assert_int_equal(w.st->last_send.link, 2);
	assert_int_equal(w.st->last_send.ttl, 5);
	assert_int_equal(heard(&w, "REFUSE 4 to 224.0.0.232:7244"), 1);
	world_close(&w);
}

/* Nobody is to take up what is no more. */
static void that_the_file_is_another_by_now_is_said(void **state)
{
	struct world w;

	(void)state;
	shares(&w, 5);
	w.settings.train.hold = 1000;
	gets_ticket(&w, 7, "root.img");
	aboard(&w, 7, 0, 5);
	stage_wait(w.st, MILLISECONDS(1));
	assert_int_equal(last_drives(&w).phase, TRAIN_SAYS_HOLDING);
	world_put(&w, "root.img", 7, 64);
	w.st->peer = machine(8);
	says_board(&w, 8, "root.img");
	assert_int_equal(heard(&w, "DRIVES root.img turn 0 standing"), 1);
	world_close(&w);
}

/* Or it would be taken for dead. */
static void who_waits_for_its_disk_says_so(void **state)
{
	struct world w;

	(void)state;
	shares(&w, 5);
	w.st->holds[EFFECT_FETCH] = true;
	gets_ticket(&w, 7, "root.img");
	aboard(&w, 7, 0, 5);
	stage_wait(w.st, MILLISECONDS(1050));
	assert_int_equal(traind_stats(w.t)->originals, 0);
	assert_int_equal(heard(&w, "DRIVES root.img turn 0 sending"), 11);
	world_close(&w);
}

/* Nobody shares our store, and nobody said that there are others. */
static void who_is_alone_says_nothing_and_hears_nothing(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, 5, 64);
	sends(&w, 2, 0);
	forwards(&w, 2, machine(7));
	stage_expect(w.st, "");
	w.settings.train.hold = 300;
	gets_ticket(&w, 7, "root.img");
	aboard(&w, 7, 0, 5);
	stage_wait(w.st, MILLISECONDS(500));
	assert_int_equal(heard(&w, "DRIVES"), 0);
	world_close(&w);
}

/* A server speaks from the port of riders, and is not we. */
static void who_is_no_server_is_not_heard(void **state)
{
	struct train_forward f = {
		.rider = machine(8), .name = "root.img", .len = 8};
	struct train_drives d = {.phase = TRAIN_SAYS_SENDING,
				 .group = {IP4(239, 255, 84, 5), 7249},
				 .name = "root.img",
				 .len = 8};
	uint8_t b[128], c[TRAIN_BOARD_LEN];
	struct wr drives_it = wr_over(b, sizeof(b));
	struct wr forward = wr_over(c, sizeof(c));
	struct world w;

	(void)state;
	shares(&w, 5);
	train_drives_put(w.id, &d, &drives_it);
	train_forward_put(99, &f, &forward);
	says(&w, 7, &drives_it);
	says(&w, 7, &forward);
	other_says(&w, 1, &drives_it);
	other_says(&w, 1, &forward);
	stage_expect(w.st, "");
	assert_int_equal(w.t->runs[0].image, 0);
	world_close(&w);
}

static void with_a_shared_store_there_are_others(void **state)
{
	struct world w;

	(void)state;
	shares(&w, 5);
	w.settings.train.share = SHARE_GUESS;
	sends(&w, 2, 0);
	assert_int_equal(phase(&w), RUN_STANDING);
	w.site.store.is_shared = true;
	sends(&w, 2, 0);
	assert_int_equal(phase(&w), RUN_FOLLOWING);
	w.settings.train.share = SHARE_NO;
	assert_false(drive_is_shared(w.t));
	world_close(&w);
}

static void what_another_sends_is_not_sent_again(void **state)
{
	struct world w;

	(void)state;
	shares(&w, 5);
	sends(&w, 2, 0);
	w.st->peer = machine(7);
	says_board(&w, 7, "root.img");
	w.st->me.ip = IP_BROADCAST;
	says_board(&w, 7, "root.img");
	stage_expect(w.st, "    0 ms  FORWARD root.img of 10.0.0.7:5000 to "
			   "10.0.0.2:7243\n");
	world_close(&w);
}

/* The TICKET goes to the rider, with the cookie that it would get here. */
static void what_is_handed_on_gets_its_ticket(void **state)
{
	struct world w;

	(void)state;
	shares(&w, 5);
	gets_ticket(&w, 7, "root.img");
	w.st->peer = machine(7);
	forwards(&w, 2, machine(7));
	stage_expect(w.st, "    0 ms  TICKET 239.255.84.0:7244\n");
	assert_true(w.st->last_len <= TRAIN_BOARD_LEN);
	aboard(&w, 7, 0, 5);
	assert_int_equal(train_state(&w).riders, 1);
	stage_forget(w.st);
	/* Not on our network; no rider; not handed on for a second time. */
	forwards(&w, 2, (struct endpoint){IP4(9, 0, 0, 7), 5000});
	forwards(&w, 2, (struct endpoint){IP4(10, 0, 0, 7), 0});
	stage_expect(w.st, "");
	sends(&w, 3, 1);
	stage_forget(w.st);
	forwards(&w, 2, machine(7));
	stage_expect(w.st, "");
	world_close(&w);
}

/* A ticket of before is worth nothing: it would have its own train. */
static void who_has_a_ticket_of_ours_boards_again(void **state)
{
	struct world w;

	(void)state;
	shares(&w, 5);
	gets_ticket(&w, 7, "root.img");
	sends(&w, 2, 0);
	w.st->peer = machine(7);
	aboard(&w, 7, 0, 5);
	says_goodbye(&w, 7);
	stage_expect(w.st, "    0 ms  REFUSE 4\n");
	world_close(&w);
}

static void other_files_and_other_versions_are_not_ours_to_follow(void **state)
{
	struct world w;

	(void)state;
	shares(&w, 5);
	drives(&w, 2, (struct said){.id = 1, .phase = TRAIN_SAYS_SENDING});
	drives(&w, 2,
	       (struct said){.name = "else", .phase = TRAIN_SAYS_SENDING});
	drives(&w, 2,
	       (struct said){.phase = TRAIN_SAYS_SENDING,
			     .group = {IP4(10, 0, 0, 9), 7244}});
	drives(&w, 2, (struct said){.phase = 9});
	assert_int_equal(w.t->runs[0].image, 0);
	world_close(&w);
}

static void a_train_that_is_too_large_for_us_is_none(void **state)
{
	struct world w;

	(void)state;
	shares(&w, 6000000);
	sends(&w, 2, 0);
	assert_int_equal(w.t->runs[0].image, 0);
	world_close(&w);
}

/* Who takes the train up sends there: only what the settings, or a machine's
 * entry, may say. */
static void no_train_is_followed_to_a_group_that_none_may_have(void **state)
{
	static const struct {
		uint32_t wish;
		struct endpoint group;
		bool may;
	} all[] = {
		{0, {IP4(239, 255, 84, 5), 7250}, false},
		{0, {IP4(239, 255, 83, 255), 7243}, false},
		{0, {IP4(239, 255, 85, 0), 7500}, false},
		{0, {IP4(239, 255, 84, 255), 7499}, true},
		{0, {IP4(224, 0, 0, 251), 5353}, false},
		{0, {IP4(224, 0, 0, 233), 7245}, false},
		{GROUP_FLOOD_SAFE, {IP4(224, 0, 0, 233), 7245}, true},
		{GROUP_FLOOD_SAFE, {IP4(224, 0, 0, 233), 7246}, false},
		{IP4(239, 1, 2, 3), {IP4(239, 1, 2, 3), 7246}, true},
		{IP4(239, 1, 2, 3), {IP4(239, 1, 2, 4), 7246}, false},
		{IP4(239, 1, 2, 3), {IP4(239, 1, 2, 3), 1900}, false},
		{IP4(224, 0, 0, 5), {IP4(224, 0, 0, 5), 7244}, false},
		{GROUP_USUAL, {1, 7244}, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		struct world w;

		shares(&w, 5);
		drives(&w, 2,
		       (struct said){.phase = TRAIN_SAYS_SENDING,
				     .wish = all[i].wish,
				     .group = all[i].group});
		if ((phase(&w) == RUN_FOLLOWING) != all[i].may)
			fail_msg("line %zu", i);
		world_close(&w);
	}
}

/* So that it can be taken up. */
static void the_manifest_is_made_in_advance_and_once(void **state)
{
	const struct image *im;
	struct world w;

	(void)state;
	world_open(&w);
	w.settings.train.share = SHARE_YES;
	im = world_file(&w, "root.img", 1000);
	world_start(&w);
	w.st->hides[EFFECT_FETCH] = false;
	w.st->holds[EFFECT_FETCH] = true;
	sends(&w, 2, 0);
	sends(&w, 2, 0);
	stage_expect(w.st, "    0 ms  fetch 1 @0 +0\n");
	world_manifest(&w, im, 64);
	stage_settle(w.st, EFFECT_FETCH, 0);
	sends(&w, 2, 0);
	assert_int_equal(phase(&w), RUN_FOLLOWING);
	world_close(&w);
}

/* Riders of two trains should not hear both. */
static void a_new_train_has_a_group_of_its_own(void **state)
{
	struct world w;

	(void)state;
	shares(&w, 5);
	world_put(&w, "other.img", 7, 64);
	drives(&w, 2,
	       (struct said){.name = "other.img",
			     .phase = TRAIN_SAYS_HOLDING,
			     .group = {IP4(239, 255, 84, 1), 7245}});
	w.st->peer = machine(7);
	says_board(&w, 7, "root.img");
	stage_expect(w.st, "    0 ms  TICKET 239.255.84.0:7244\n");
	world_close(&w);
}

/* ---- taking up ----------------------------------------------------------- */

/* Two riders were on board; when both are here again it leaves, and sends what
 * they lack and no more. */
static void who_is_silent_is_replaced(void **state)
{
	struct world w;

	(void)state;
	shares(&w, 5);
	sends(&w, 2, 3);
	stage_wait(w.st, MILLISECONDS(399));
	stage_expect(w.st, "");
	sends(&w, 2, 3);
	stage_wait(w.st, MILLISECONDS(500));
	stage_expect(w.st,
		     "  844 ms  DRIVES root.img turn 4 holding 0 at "
		     "239.255.84.5:7249 to 255.255.255.255:7243\n"
		     "  844 ms  REFUSE 4 to 239.255.84.5:7249\n"
		     "  844 ms  STATUS holding 2000 riders 0/2 goodbye to "
		     "239.255.84.5:7249\n");
	gets_ticket(&w, 7, "root.img");
	gets_ticket(&w, 8, "root.img");
	stage_forget(w.st);
	aboard(&w, 7, 3, 5);
	aboard(&w, 8, 4, 5);
	stage_forget(w.st);
	stage_wait(w.st, MILLISECONDS(20));
	assert_int_equal(phase(&w), RUN_ASKING);
	assert_int_equal(traind_stats(w.t)->originals, 2);
	world_close(&w);
}

static void who_does_not_come_back_is_not_waited_for_long(void **state)
{
	struct world w;

	(void)state;
	shares(&w, 5);
	sends(&w, 2, 0);
	stage_wait(w.st, MILLISECONDS(500));
	gets_ticket(&w, 7, "root.img");
	aboard(&w, 7, 3, 5);
	assert_int_equal(heard(&w, "riders 1/2"), 1);
	stage_wait(w.st, MILLISECONDS(49));
	assert_int_equal(phase(&w), RUN_HOLDING);
	stage_wait(w.st, MILLISECONDS(2));
	assert_int_equal(phase(&w), RUN_SENDING);
	world_close(&w);
}

/* One that begins here does, while it has hardly moved. */
static void a_train_that_was_taken_up_holds_once(void **state)
{
	struct world w;

	(void)state;
	shares(&w, 5000);
	w.settings.train.hold = 150;
	w.settings.train.rate = 1000000;
	sends(&w, 2, 0);
	stage_wait(w.st, MILLISECONDS(500));
	gets_ticket(&w, 7, "root.img");
	aboard(&w, 7, 0, 5000);
	stage_wait(w.st, MILLISECONDS(51));
	gets_ticket(&w, 8, "root.img");
	aboard(&w, 8, 0, 5000);
	assert_int_equal(phase(&w), RUN_SENDING);
	world_close(&w);
}

/* The next one is held for whoever comes. */
static void who_gives_back_what_it_took_up_begins_anew(void **state)
{
	struct world w;

	(void)state;
	shares(&w, 5);
	w.settings.train.hold = 150;
	sends(&w, 2, 0);
	stage_wait(w.st, MILLISECONDS(500));
	assert_int_equal(phase(&w), RUN_HOLDING);
	sends(&w, 3, 2);
	drives(&w, 3, (struct said){.turn = 2, .phase = TRAIN_SAYS_STANDING});
	gets_ticket(&w, 7, "root.img");
	gets_ticket(&w, 8, "root.img");
	aboard(&w, 7, 3, 5);
	aboard(&w, 8, 3, 5);
	stage_wait(w.st, MILLISECONDS(149));
	assert_int_equal(phase(&w), RUN_HOLDING);
	world_close(&w);
}

/* Machines that were to come have had it from the other one. */
static void the_first_train_is_the_first_of_any_server(void **state)
{
	struct world w;

	(void)state;
	shares(&w, 5);
	w.settings.train.hold = 100;
	w.settings.train.wait_for = 3;
	sends(&w, 2, 0);
	assert_int_equal(phase(&w), RUN_FOLLOWING);
	drives(&w, 2, (struct said){.phase = TRAIN_SAYS_STANDING});
	assert_int_equal(phase(&w), RUN_STANDING);
	gets_ticket(&w, 7, "root.img");
	aboard(&w, 7, 0, 5);
	assert_int_equal(phase(&w), RUN_HOLDING);
	stage_wait(w.st, MILLISECONDS(101));
	assert_int_not_equal(phase(&w), RUN_HOLDING);
	world_close(&w);
}

static void what_becomes_of_a_train_is_noted(void **state)
{
	struct world w;

	(void)state;
	shares(&w, 5);
	w.st->shows_notes = true;
	sends(&w, 2, 0);
	stage_wait(w.st, MILLISECONDS(500));
	assert_int_equal(heard(&w, "note train-taken-up"), 1);
	sends(&w, 3, 2);
	sends(&w, 3, 2);
	assert_int_equal(heard(&w, "note train-left-to"), 1);
	world_close(&w);
}

/* Else what is forged once would be the last turn for all others. */
static void behind_the_last_turn_comes_no_first(void **state)
{
	struct world w;

	(void)state;
	shares(&w, 5);
	sends(&w, 2, UINT32_MAX);
	stage_wait(w.st, MILLISECONDS(500));
	assert_int_equal(heard(&w, "DRIVES root.img turn 4294967295 holding"),
			 1);
	world_close(&w);
}

/* What the driver said meanwhile is there to be heard. */
static void who_slept_hears_first_who_sends(void **state)
{
	struct world w;

	(void)state;
	shares(&w, 5);
	sends(&w, 2, 0);
	w.st->now += SECONDS(2);
	stage_wait(w.st, MILLISECONDS(19));
	sends(&w, 2, 0);
	stage_wait(w.st, MILLISECONDS(399));
	stage_expect(w.st, "");
	w.st->now += SECONDS(2);
	stage_wait(w.st, MILLISECONDS(20));
	assert_int_equal(heard(&w, "DRIVES root.img turn 1 holding"), 1);
	world_close(&w);
}

/* Of a train that there never was. */
static void one_lie_has_little_said(void **state)
{
	unsigned before;
	struct world w;

	(void)state;
	shares(&w, 5000);
	before = w.st->sends;
	sends(&w, 2, 0);
	stage_wait(w.st, SECONDS(60));
	assert_int_equal(w.st->sends - before, 43);
	assert_int_equal(phase(&w), RUN_STANDING);
	world_close(&w);
}

static void a_train_that_nobody_wants_stands(void **state)
{
	struct world w;

	(void)state;
	shares(&w, 5);
	sends(&w, 2, 0);
	stage_wait(w.st, MILLISECONDS(500));
	stage_forget(w.st);
	stage_wait(w.st, MILLISECONDS(1800));
	assert_in_range(heard(&w, "STATUS holding"), 17, 19);
	stage_wait(w.st, MILLISECONDS(1200));
	assert_int_equal(heard(&w, "turn 1 standing"), 1);
	assert_int_equal(phase(&w), RUN_STANDING);
	stage_wait(w.st, SECONDS(3));
	stage_expect(w.st, "");
	world_close(&w);
}

static void a_train_that_is_over_is_not_taken_up(void **state)
{
	struct world w;

	(void)state;
	shares(&w, 5);
	sends(&w, 2, 0);
	drives(&w, 3, (struct said){.phase = TRAIN_SAYS_STANDING});
	assert_int_equal(phase(&w), RUN_FOLLOWING);
	drives(&w, 2, (struct said){.phase = TRAIN_SAYS_STANDING});
	assert_int_equal(phase(&w), RUN_STANDING);
	stage_wait(w.st, SECONDS(3));
	stage_expect(w.st, "");
	/* The next one has a group of ours. */
	w.st->peer = machine(7);
	says_board(&w, 7, "root.img");
	stage_expect(w.st, " 3000 ms  TICKET 239.255.84.0:7244\n");
	world_close(&w);
}

/* ---- two that send ------------------------------------------------------- */

/* Ours is under way, with one rider. */
static void ours_runs(struct world *w)
{
	shares(w, 5000);
	w->settings.train.rate = 1000000;
	gets_ticket(w, 7, "root.img");
	aboard(w, 7, 0, 5000);
	stage_wait(w->st, MILLISECONDS(50));
	stage_forget(w->st);
	assert_int_equal(phase(w), RUN_SENDING);
}

static void of_two_the_later_turn_goes_on(void **state)
{
	struct world w;

	(void)state;
	ours_runs(&w);
	sends(&w, 2, 1);
	stage_expect(w.st, "   50 ms  REFUSE 4 to 239.255.84.0:7244\n");
	assert_int_equal(phase(&w), RUN_FOLLOWING);
	assert_int_equal(w.t->runs[0].driver, IP4(10, 0, 0, 2));
	assert_int_equal(train_state(&w).riders, 0);
	w.st->peer = machine(7);
	reports(&w, 7, (struct report){.list = 1});
	stage_expect(w.st, "   50 ms  REFUSE 4\n");
	world_close(&w);
}

static void of_one_turn_the_lower_address_goes_on(void **state)
{
	struct world w;

	(void)state;
	ours_runs(&w);
	sends(&w, 2, 0);
	stage_expect(w.st,
		     "   50 ms  DRIVES root.img turn 0 sending left, 1 at "
		     "239.255.84.0:7244 to 255.255.255.255:7243\n");
	sends(&w, 2, 0); /* it has been told just now */
	stage_expect(w.st, "");
	assert_int_equal(phase(&w), RUN_SENDING);
	w.site.links[0].ip = IP4(10, 0, 0, 9);
	stage_wait(w.st, MILLISECONDS(10));
	stage_forget(w.st);
	sends(&w, 2, 0);
	assert_int_equal(phase(&w), RUN_FOLLOWING);
	world_close(&w);
}

static void who_has_just_said_so_says_it_again_soon(void **state)
{
	struct world w;

	(void)state;
	ours_runs(&w);
	stage_wait(w.st, MILLISECONDS(52));
	assert_int_equal(heard(&w, "DRIVES"), 1);
	sends(&w, 2, 0);
	stage_wait(w.st, MILLISECONDS(2));
	assert_int_equal(heard(&w, "DRIVES"), 0);
	stage_wait(w.st, MILLISECONDS(1));
	assert_int_equal(heard(&w, "DRIVES"), 1);
	sends(&w, 2, 0);
	sends(&w, 2, 0);
	stage_wait(w.st, MILLISECONDS(99));
	assert_int_equal(heard(&w, "DRIVES"), 1);
	world_close(&w);
}

/* Its manifest was made only then, and what we said is lost on it. */
static void who_begins_just_after_we_said_so_is_told_soon(void **state)
{
	struct world w;

	(void)state;
	shares(&w, 5000);
	w.settings.train.hold = 30;
	gets_ticket(&w, 7, "root.img");
	aboard(&w, 7, 0, 5000);
	stage_wait(w.st, MILLISECONDS(2));
	assert_int_equal(heard(&w, "DRIVES"), 1);
	drives(&w, 2, (struct said){.phase = TRAIN_SAYS_HOLDING});
	drives(&w, 2, (struct said){.phase = TRAIN_SAYS_HOLDING});
	stage_wait(w.st, MILLISECONDS(2));
	stage_expect(w.st, "");
	stage_wait(w.st, MILLISECONDS(1));
	stage_expect(w.st, "    5 ms  DRIVES root.img turn 0 holding 1 at "
			   "239.255.84.0:7244 to 255.255.255.255:7243\n");
	stage_wait(w.st, MILLISECONDS(20));
	stage_expect(w.st, "");
	world_close(&w);
}

static void who_has_left_goes_on_before_who_holds(void **state)
{
	struct world w;

	(void)state;
	shares(&w, 5000);
	w.settings.train.hold = 1000;
	gets_ticket(&w, 7, "root.img");
	aboard(&w, 7, 0, 5000);
	drives(&w, 2, (struct said){.phase = TRAIN_SAYS_HOLDING});
	assert_int_equal(phase(&w), RUN_HOLDING);
	sends(&w, 2, 0);
	assert_int_equal(phase(&w), RUN_FOLLOWING);
	/* Of others as well, whom it leaves that to. */
	stage_wait(w.st, MILLISECONDS(10));
	stage_forget(w.st);
	sends(&w, 3, 0);
	stage_expect(w.st, "");
	assert_int_equal(w.t->runs[0].driver, IP4(10, 0, 0, 2));
	sends(&w, 3, 1);
	assert_int_equal(w.t->runs[0].driver, IP4(10, 0, 0, 3));
	world_close(&w);
}

/* It sends nothing before it has listened. */
static void who_was_asleep_listens_first(void **state)
{
	struct world w;
	uint64_t before;

	(void)state;
	ours_runs(&w);
	before = data_sent(&w);
	w.st->now += SECONDS(2);
	stage_wait(w.st, MILLISECONDS(19));
	stage_expect(w.st,
		     " 2050 ms  DRIVES root.img turn 0 sending left, 1 at "
		     "239.255.84.0:7244 to 255.255.255.255:7243\n");
	assert_int_equal(data_sent(&w), before);
	stage_wait(w.st, MILLISECONDS(20));
	assert_true(data_sent(&w) > before);
	world_close(&w);
}

/* What it had read from its disk just before does not leave, either. */
static void what_who_was_asleep_has_read_stays(void **state)
{
	struct world w;
	uint64_t before;

	(void)state;
	shares(&w, 5000);
	w.settings.train.rate = 1000000;
	w.st->holds[EFFECT_FETCH] = true;
	aboard(&w, 7, 0, 5000);
	stage_wait(w.st, MILLISECONDS(50));
	assert_int_equal(stage_held(w.st, EFFECT_FETCH), 1);
	before = data_sent(&w);
	w.st->now += SECONDS(2);
	stage_settle(w.st, EFFECT_FETCH, 0);
	assert_int_equal(data_sent(&w), before);
	stage_wait(w.st, MILLISECONDS(1));
	/* It is read again, but not because somebody speaks. */
	reports(&w, 7, (struct report){.list = 1});
	stage_wait(w.st, MILLISECONDS(18));
	assert_int_equal(stage_held(w.st, EFFECT_FETCH), 0);
	assert_int_equal(data_sent(&w), before);
	stage_wait(w.st, MILLISECONDS(2));
	stage_settle(w.st, EFFECT_FETCH, 0);
	assert_true(data_sent(&w) > before);
	world_close(&w);
}

/* Nor does what somebody had picked: it asks again. */
static void who_was_asleep_has_nothing_picked(void **state)
{
	struct world w;
	uint64_t before;

	(void)state;
	ours_runs(&w);
	w.st->holds[EFFECT_FETCH] = true;
	stage_wait(w.st, MILLISECONDS(10));
	picks(&w, 7, 100, 110);
	before = data_sent(&w);
	assert_int_equal(stage_held(w.st, EFFECT_FETCH), 2);
	w.st->now += SECONDS(2);
	stage_settle(w.st, EFFECT_FETCH, 0);
	stage_settle(w.st, EFFECT_FETCH, 0);
	assert_int_equal(data_sent(&w), before);
	assert_int_equal(traind_stats(w.t)->picked, 0);
	world_close(&w);
}

/* The train was taken up and is over: nobody is there any more whom ours is
 * for, and if there is he boards again. */
static void who_slept_through_the_end_gives_way_as_well(void **state)
{
	struct world w;

	(void)state;
	ours_runs(&w);
	drives(&w, 2, (struct said){.turn = 0, .phase = TRAIN_SAYS_STANDING});
	assert_int_equal(phase(&w), RUN_SENDING);
	drives(&w, 2, (struct said){.turn = 1, .phase = TRAIN_SAYS_STANDING});
	assert_int_equal(phase(&w), RUN_STANDING);
	stage_expect(w.st, "   50 ms  REFUSE 4 to 239.255.84.0:7244\n");
	gets_ticket(&w, 7, "root.img");
	aboard(&w, 7, 0, 5000);
	stage_wait(w.st, MILLISECONDS(1));
	assert_int_equal(heard(&w, "DRIVES root.img turn 1 sending"), 1);
	world_close(&w);
}

static void who_knows_of_a_later_turn_says_so(void **state)
{
	struct world w;

	(void)state;
	shares(&w, 5);
	sends(&w, 2, 2);
	drives(&w, 2, (struct said){.turn = 2, .phase = TRAIN_SAYS_STANDING});
	stage_wait(w.st, MILLISECONDS(10));
	sends(&w, 3, 1);
	stage_expect(w.st, "   10 ms  DRIVES root.img turn 2 standing 0 at "
			   "239.255.84.0:7244 to 255.255.255.255:7243\n");
	sends(&w, 3, 1); /* it has been told just now */
	stage_expect(w.st, "");
	assert_int_equal(phase(&w), RUN_STANDING);
	sends(&w, 3, 2);
	assert_int_equal(phase(&w), RUN_FOLLOWING);
	world_close(&w);
}

/* A train that we only know of may make room, but not for another such one. */
static void what_others_send_takes_no_room(void **state)
{
	struct world w;

	(void)state;
	shares(&w, 5);
	sends(&w, 2, 0);
	world_put(&w, "b.img", 7, 64);
	drives(&w, 2,
	       (struct said){.name = "b.img", .phase = TRAIN_SAYS_SENDING});
	world_put(&w, "c.img", 9, 64);
	drives(&w, 2,
	       (struct said){.name = "c.img", .phase = TRAIN_SAYS_SENDING});
	assert_int_equal(w.t->runs[0].image, 1);
	assert_int_equal(w.t->runs[1].image, 2);
	w.st->peer = machine(7);
	says_board(&w, 7, "c.img");
	stage_expect(w.st, "    0 ms  TICKET 239.255.84.0:7244\n");
	assert_int_equal(w.t->runs[0].image, 3);
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_sends_says_so),
		cmocka_unit_test(all_is_said_where_the_train_runs),
		cmocka_unit_test(that_the_file_is_another_by_now_is_said),
		cmocka_unit_test(who_waits_for_its_disk_says_so),
		cmocka_unit_test(who_is_alone_says_nothing_and_hears_nothing),
		cmocka_unit_test(who_is_no_server_is_not_heard),
		cmocka_unit_test(with_a_shared_store_there_are_others),
		cmocka_unit_test(what_another_sends_is_not_sent_again),
		cmocka_unit_test(what_is_handed_on_gets_its_ticket),
		cmocka_unit_test(who_has_a_ticket_of_ours_boards_again),
		cmocka_unit_test(
			other_files_and_other_versions_are_not_ours_to_follow),
		cmocka_unit_test(a_train_that_is_too_large_for_us_is_none),
		cmocka_unit_test(
			no_train_is_followed_to_a_group_that_none_may_have),
		cmocka_unit_test(the_manifest_is_made_in_advance_and_once),
		cmocka_unit_test(a_new_train_has_a_group_of_its_own),
		cmocka_unit_test(who_is_silent_is_replaced),
		cmocka_unit_test(who_does_not_come_back_is_not_waited_for_long),
		cmocka_unit_test(a_train_that_was_taken_up_holds_once),
		cmocka_unit_test(who_gives_back_what_it_took_up_begins_anew),
		cmocka_unit_test(what_becomes_of_a_train_is_noted),
		cmocka_unit_test(behind_the_last_turn_comes_no_first),
		cmocka_unit_test(who_slept_hears_first_who_sends),
		cmocka_unit_test(one_lie_has_little_said),
		cmocka_unit_test(a_train_that_nobody_wants_stands),
		cmocka_unit_test(a_train_that_is_over_is_not_taken_up),
		cmocka_unit_test(of_two_the_later_turn_goes_on),
		cmocka_unit_test(of_one_turn_the_lower_address_goes_on),
		cmocka_unit_test(who_has_just_said_so_says_it_again_soon),
		cmocka_unit_test(who_begins_just_after_we_said_so_is_told_soon),
		cmocka_unit_test(who_has_left_goes_on_before_who_holds),
		cmocka_unit_test(who_was_asleep_listens_first),
		cmocka_unit_test(what_who_was_asleep_has_read_stays),
		cmocka_unit_test(who_was_asleep_has_nothing_picked),
		cmocka_unit_test(the_first_train_is_the_first_of_any_server),
		cmocka_unit_test(who_slept_through_the_end_gives_way_as_well),
		cmocka_unit_test(who_knows_of_a_later_turn_says_so),
		cmocka_unit_test(what_others_send_takes_no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
