/*
 * An address of the pool is asked for on the wire before a machine hears of it,
 * and some of a pool is for nobody.
 */
#include "stage/bootp_world.h"

#include "engine/note.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define NODE(n) IP4(10, 0, 0, n)

static int set_up(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	world_open(w);
	w->settings.conflict_probe = true;
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	world_close(*state);
	free(*state);
	return 0;
}

static struct world *started(void **state)
{
	struct world *w = *state;

	world_start(w);
	return w;
}

static void discover(struct world *w, uint32_t n)
{
	world_hear(w, &(struct query){.n = n, .type = DHCP_DISCOVER});
}

static void wish(struct world *w, uint32_t n, uint32_t ip)
{
	world_hear(w, &(struct query){
			      .n = n, .type = DHCP_DISCOVER, .requested = ip});
}

#define ASKS(ms, n)     ms " ms  arp who-has 10.0.0." n " from 10.0.0.1\n"
#define OFFER(ms, n, m) ms " ms  OFFER 10.0.0." n " to 02:00:00:00:00:" m "\n"

static void an_address_is_asked_for_twice_and_then_offered(void **state)
{
	struct world *w = started(state);

	discover(w, 20);
	stage_wait(w->st, SECONDS(1));
	stage_expect(w->st, ASKS("    0", "10") ASKS("  250", "10")
				    OFFER("  500", "10", "14"));
	/* nor is it asked for again at once */
	discover(w, 20);
	stage_expect(w->st, OFFER(" 1000", "10", "14"));
	assert_int_equal(bootpd_stats(w->b)->requests, 2);
}

static void a_question_repeated_meanwhile_is_answered_once(void **state)
{
	struct world *w = started(state);
	struct bootp m;

	discover(w, 20);
	stage_wait(w->st, MILLISECONDS(100));
	world_hear(w, &(struct query){.n = 20,
				      .type = DHCP_DISCOVER,
				      .xid = 0x01020304});
	stage_wait(w->st, SECONDS(1));
	stage_expect(w->st, ASKS("    0", "10") ASKS("  250", "10")
				    OFFER("  500", "10", "14"));
	world_reply(w, &m);
	assert_memory_equal(m.xid, ((uint8_t[]){1, 2, 3, 4}), 4);
}

static void an_address_that_answers_is_nobodys_for_ten_minutes(void **state)
{
	struct world *w = started(state);

	w->st->shows_notes = true;
	discover(w, 20);
	world_hear_arp(w, NODE(11), 9);  /* nobody asked for that */
	world_hear_arp(w, NODE(10), 20); /* that is itself */
	stage_wait(w->st, MILLISECONDS(300));
	world_hear_arp(w, NODE(10), 9);
	stage_wait(w->st, SECONDS(1));
	stage_expect(w->st, ASKS("    0", "10") ASKS("  250", "10") //
		     "  300 ms  note address-used 10.0.0.10\n"
		     "  300 ms  commit lease 10.0.0.10\n" //
		     ASKS("  300", "11") ASKS("  550", "11")
			     OFFER("  800", "11", "14"));
	assert_int_equal(leases_by_ip(w->site.leases, NODE(10))->kind,
			 LEASE_DECLINED);
	assert_int_equal(bootpd_stats(w->b)->conflicts, 1);
	w->st->shows_notes = false;
	wish(w, 21, NODE(10));
	stage_wait(w->st, SECONDS(590));
	stage_expect(w->st, ASKS(" 1300", "12") ASKS(" 1550", "12")
				    OFFER(" 1800", "12", "15"));
	wish(w, 22, NODE(10));
	stage_wait(w->st, SECONDS(20));
	stage_forget(w->st);
	wish(w, 23, NODE(10));
	stage_wait(w->st, SECONDS(1));
	stage_expect(w->st, ASKS("611300", "10") ASKS("611550", "10")
				    OFFER("611800", "10", "17"));
}

static void what_the_store_refuses_is_asked_for_anew(void **state)
{
	struct world *w = started(state);
	struct hwaddr holder;

	w->st->rc[EFFECT_COMMIT] = -EIO;
	discover(w, 20);
	world_hear_arp(w, NODE(10), 9);
	stage_wait(w->st, SECONDS(1));
	stage_expect(w->st, ASKS("    0", "10") //
		     "    0 ms  commit lease 10.0.0.10\n");
	assert_false(
		leases_held_by(w->site.leases, NODE(10), w->st->now, &holder));
	w->st->rc[EFFECT_COMMIT] = 0;
	discover(w, 20);
	stage_wait(w->st, SECONDS(1));
	stage_expect(w->st, ASKS(" 1000", "10") ASKS(" 1250", "10")
				    OFFER(" 1500", "10", "14"));
}

static void while_that_is_being_stored_the_machine_waits(void **state)
{
	struct world *w = started(state);

	w->st->holds[EFFECT_COMMIT] = true;
	discover(w, 20);
	world_hear_arp(w, NODE(10), 9);
	stage_forget(w->st);
	discover(w, 20);
	world_hear_arp(w, NODE(10), 9);
	stage_wait(w->st, SECONDS(1));
	stage_expect(w->st, "");
	w->st->holds[EFFECT_COMMIT] = false;
	stage_settle(w->st, EFFECT_COMMIT, 0);
	stage_wait(w->st, SECONDS(1));
	stage_expect(w->st, ASKS(" 1000", "11") ASKS(" 1250", "11")
				    OFFER(" 1500", "11", "14"));
}

static void no_lease_is_made_while_the_answer_is_out(void **state)
{
	struct world *w = started(state);

	discover(w, 20);
	stage_forget(w->st);
	world_hear(w, &(struct query){.n = 20,
				      .type = DHCP_REQUEST,
				      .requested = NODE(10),
				      .server = WORLD_SERVER});
	stage_expect(w->st, "");
	w->st->holds[EFFECT_COMMIT] = true;
	world_hear_arp(w, NODE(10), 9);
	stage_forget(w->st);
	world_hear(w, &(struct query){.n = 20,
				      .type = DHCP_REQUEST,
				      .requested = NODE(11),
				      .server = WORLD_SERVER});
	stage_expect(w->st, "");
	stage_settle(w->st, EFFECT_COMMIT, 0);
	stage_wait(w->st, 0);
	stage_expect(w->st, ASKS("    0", "11"));
}

/* Somebody answers for everything: a machine costs eight questions at most,
 * until it asks again. */
static void a_liar_for_all_addresses_costs_no_more_than_eight(void **state)
{
	struct world *w = started(state);

	discover(w, 20);
	for (uint32_t n = 10; n < 20; n++)
		world_hear_arp(w, NODE(n), 9);
	stage_wait(w->st, SECONDS(1));
	assert_int_equal(bootpd_stats(w->b)->conflicts, 8);
	assert_int_equal(bootpd_stats(w->b)->offers, 0);
}

static void bootp_registers_only_what_nobody_has(void **state)
{
	struct world *w = started(state);

	world_hear(w, &(struct query){.n = 20});
	world_hear_arp(w, NODE(10), 9);
	stage_wait(w->st, SECONDS(1));
	stage_expect(w->st, ASKS("    0", "10")              //
		     "    0 ms  commit lease 10.0.0.10\n"    //
		     ASKS("    0", "11") ASKS("  250", "11") //
		     "  500 ms  commit lease 10.0.0.11\n"
		     "  500 ms  BOOTPREPLY 10.0.0.11 next 10.0.0.1 to "
		     "02:00:00:00:00:14\n");
}

static void what_is_its_own_is_not_asked_for(void **state)
{
	struct world *w = started(state);

	discover(w, 7); /* registered */
	stage_expect(w->st, OFFER("    0", "7", "07"));
	discover(w, 20);
	stage_wait(w->st, SECONDS(1));
	world_hear(w, &(struct query){.n = 20,
				      .type = DHCP_REQUEST,
				      .requested = NODE(10),
				      .server = WORLD_SERVER});
	stage_forget(w->st);
	stage_wait(w->st, SECONDS(60));
	discover(w, 20); /* it has a lease */
	stage_expect(w->st, OFFER("61000", "10", "14"));
	/* behind a relay nobody can be asked */
	world_hear(w, &(struct query){.n = 21,
				      .type = DHCP_DISCOVER,
				      .giaddr = WORLD_RELAY});
	stage_expect(w->st, "61000 ms  OFFER 10.1.0.10\n");
}

static void a_full_table_leaves_addresses_unasked(void **state)
{
	struct world *w = *state;

	w->settings.subnets[0].last = NODE(250);
	w->settings.subnets[0].mask = 0xffff0000;
	w->settings.subnets[0].last = IP4(10, 0, 1, 250);
	world_start(w);
	for (uint32_t n = 0; n < 256; n++)
		discover(w, 1000 + n);
	assert_int_equal(bootpd_stats(w->b)->offers, 0);
	discover(w, 2000);
	assert_int_equal(bootpd_stats(w->b)->offers, 1);
	assert_int_equal(bootpd_stats(w->b)->unprobed, 1);
	stage_wait(w->st, SECONDS(1));
	assert_int_equal(bootpd_stats(w->b)->offers, 257);
	discover(w, 2001); /* who is clear makes room */
	assert_int_equal(bootpd_stats(w->b)->offers, 257);
	assert_int_equal(bootpd_stats(w->b)->unprobed, 1);
}

/* ---- excluded ------------------------------------------------------------ */

static void excluded_addresses_are_for_who_is_registered_there(void **state)
{
	struct world *w = *state;
	struct subnet *n = &w->settings.subnets[0];

	w->settings.conflict_probe = false;
	n->excludes[0] = (struct ip_range){NODE(7), NODE(7)};
	n->excludes[1] = (struct ip_range){NODE(10), NODE(12)};
	n->excludes[2] = (struct ip_range){NODE(14), NODE(19)};
	world_start(w);
	assert_int_equal(world_bind(w, 20), NODE(13));
	discover(w, 7);
	stage_expect(w->st, OFFER("    0", "7", "07"));
	w->st->shows_notes = true;
	discover(w, 21);
	stage_expect(w->st, "    0 ms  note pool-full 10.0.0.0\n");
}

int main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(an_address_is_asked_for_twice_and_then_offered),
		TEST(a_question_repeated_meanwhile_is_answered_once),
		TEST(an_address_that_answers_is_nobodys_for_ten_minutes),
		TEST(what_the_store_refuses_is_asked_for_anew),
		TEST(while_that_is_being_stored_the_machine_waits),
		TEST(no_lease_is_made_while_the_answer_is_out),
		TEST(a_liar_for_all_addresses_costs_no_more_than_eight),
		TEST(bootp_registers_only_what_nobody_has),
		TEST(what_is_its_own_is_not_asked_for),
		TEST(a_full_table_leaves_addresses_unasked),
		TEST(excluded_addresses_are_for_who_is_registered_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
