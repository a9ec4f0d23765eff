/*
 * Masks, told by who was told them.
 */
#include "engine/maskd.h"

#include "engine/quota.h"
#include "purse.h"
#include "rpc_world.h"
#include "stage/hex.h"
#include "wire/icmp.h"

#include <errno.h>
#include <stdio.h>

enum { STRANGER = 66, MANY = 12000 };

static struct maskd *maskd;

static void open_world(struct world *w)
{
	rpc_world_open(w);
	assert_int_equal(maskd_open(&maskd, &w->site, &stage_alloc, 7), 0);
	stage_engine(w->st, maskd_engine(maskd));
}

static void close_world(struct world *w)
{
	maskd_close(maskd, &stage_alloc);
	world_close(w);
}

/* A NeXT's own frame, and what it gets. */
static void a_next_machine_is_told_its_mask(void **state)
{
	static const char ask[] =
		"ffffffffffff00000f00075a0800 4500002000020000ff01ae28c0a84d0a"
		"ffffffff 1100eeff0000000000000000";
	static const char want[] =
		"00000f00075a0200000000010800 4500002000000000400120"
		"81c0a84d01c0a84d0a 1200eefe00000000ffffff00";
	uint8_t b[128], bytes[128];
	struct world w;
	size_t len;

	(void)state;
	open_world(&w);
	w.site.links[0].ip = IP4(192, 168, 77, 1);
	w.settings.subnets[0] = (struct subnet){.network = IP4(192, 168, 77, 0),
						.mask = 0xffffff00};
	len = hex(ask, b, sizeof(b));
	stage_hear_frame(w.st, b, len);
	stage_expect(w.st, "    0 ms  mask 255.255.255.0 to 00:00:0f:00:07:5a\n"
			   "    0 ms  note mask-told 192.168.77.10 24\n");
	len = hex(want, bytes, sizeof(bytes));
	assert_int_equal(w.st->last_len, len);
	/* But for the IP header's checksum, which frame.c's tests have. */
	assert_memory_equal(w.st->last, bytes, 24);
	assert_memory_equal(w.st->last + 26, bytes + 26, len - 26);
	close_world(&w);
}

static void it_is_the_mask_of_the_askers_subnet(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	w.settings.subnets[2] = (struct subnet){.network = IP4(10, 0, 0, 16),
						.mask = 0xfffffff0};
	w.settings.n_subnets = 3;
	asks_mask(&w, 9, IP4(10, 0, 0, 9), IP_BROADCAST);
	asks_mask(&w, 9, IP4(10, 0, 0, 17), IP_BROADCAST);
	stage_expect(w.st,
		     "    0 ms  mask 255.255.255.0 to 02:00:00:00:00:09\n"
		     "    0 ms  note mask-told 10.0.0.9 24\n"
		     "    0 ms  mask 255.255.255.240 to 02:00:00:00:00:09\n"
		     "    0 ms  note mask-told 10.0.0.17 28\n");
	close_world(&w);
}

static void who_has_no_address_hears_it_with_everybody(void **state)
{
	struct frame_ip f;
	struct world w;
	struct rd r;

	(void)state;
	open_world(&w);
	asks_mask(&w, 9, 0, IP_BROADCAST);
	stage_expect(w.st, "    0 ms  mask 255.255.255.0 broadcast\n"
			   "    0 ms  note mask-told 24\n");
	r = rd_over(w.st->last, w.st->last_len);
	assert_true(frame_ip_get(&f, &r));
	assert_int_equal(f.to, IP_BROADCAST);
	assert_int_equal(f.from, WORLD_SERVER);
	close_world(&w);
}

static void only_what_the_administrator_said_is_told(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	/* A mask that was only read off the interface. */
	subnet_of_link(&w.settings.subnets[0], &w.site.links[0], 3600);
	asks_mask(&w, 9, MOIRA, IP_BROADCAST);
	asks_mask(&w, 9, 0, IP_BROADCAST);
	stage_expect(w.st, "");
	assert_int_equal(maskd_stats(maskd)->silent, 2);
	w.settings.subnets[0].is_guessed = false;
	w.settings.netmask_authority = false;
	asks_mask(&w, 9, MOIRA, IP_BROADCAST);
	stage_expect(w.st, "");
	w.settings.netmask_authority = true;
	asks_mask(&w, 9, MOIRA, IP_BROADCAST);
	assert_int_equal(w.st->sends, 1);
	close_world(&w);
}

static void any_broadcast_address_will_do(void **state)
{
	static const uint32_t to[] = {IP_BROADCAST, IP4(10, 0, 0, 255),
				      IP4(10, 0, 0, 0), IP4(10, 255, 255, 255),
				      WORLD_SERVER};
	struct world w;

	(void)state;
	open_world(&w);
	for (unsigned i = 0; i < 5; i++) {
		asks_mask(&w, 9, MOIRA, to[i]);
		assert_int_equal(w.st->sends, i + 1);
	}
	asks_mask(&w, 9, MOIRA, IP4(10, 0, 0, 2));
	asks_mask(&w, 9, MOIRA, IP4(224, 0, 0, 1));
	assert_int_equal(w.st->sends, 5);
	close_world(&w);
}

static void strangers_are_not_answered(void **state)
{
	static const uint32_t from[] = {IP4(192, 168, 1, 1), IP_BROADCAST,
					IP4(10, 0, 0, 255),  IP4(10, 0, 0, 0),
					IP4(224, 0, 0, 1),   IP4(127, 0, 0, 1),
					WORLD_SERVER};
	struct world w;

	(void)state;
	open_world(&w);
	for (unsigned i = 0; i < 7; i++)
		asks_mask(&w, 9, from[i], IP_BROADCAST);
	assert_int_equal(w.st->sends, 0);
	assert_int_equal(maskd_stats(maskd)->refused, 7);
	w.st->link = 2;
	asks_mask(&w, 9, MOIRA, IP_BROADCAST);
	assert_int_equal(w.st->sends, 0);
	close_world(&w);
}

static void answers_are_never_answered(void **state)
{
	static const char *const messages[] = {
		"1200eefe00000000ffffff00", /* a reply */
		"0800f7ff0000000000000000", /* an echo */
		"1101eefe0000000000000000", /* another code */
		"1100eefe0000000000000000", /* a wrong checksum */
		"1100eeff0000000000",       /* not all of it */
		"1100eeff0000000000000000", /* and one to compare with */
	};
	struct world w;

	(void)state;
	open_world(&w);
	for (int i = 0; i < 6; i++) {
		uint8_t b[128];
		size_t len = hex(messages[i], b, sizeof(b));

		hears_icmp(&w, 9, MOIRA, IP_BROADCAST, rd_over(b, len));
		assert_int_equal(w.st->sends, i == 5);
	}
	assert_int_equal(maskd_stats(maskd)->requests, 1);
	assert_int_equal(maskd_stats(maskd)->bad, 4);
	close_world(&w);
}

static void who_floods_is_answered_twenty_times_a_second(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	w.st->shows_notes = false;
	for (int i = 0; i < 1000; i++) {
		asks_mask(&w, 9, MOIRA, IP_BROADCAST);
		stage_wait(w.st, MILLISECONDS(1));
	}
	assert_in_range(w.st->sends, QUOTA_SOURCE_BURST + QUOTA_SOURCE - 1,
			QUOTA_SOURCE_BURST + QUOTA_SOURCE + 1);
	close_world(&w);
}

/* Two servers that ask each other would never start. */
static void who_asked_for_its_own_is_no_authority(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	w.site.links[0].is_automatic = true;
	asks_mask(&w, 9, MOIRA, IP_BROADCAST);
	stage_expect(w.st, "");
	assert_int_equal(maskd_stats(maskd)->silent, 1);
	close_world(&w);
}

/* Thirty of each of so many networks of 256 addresses. */
static void strangers_ask(struct world *w, uint32_t networks)
{
	for (uint32_t i = 0; i < networks * 30; i++) {
		stage_forget(w->st);
		asks_mask(w, STRANGER,
			  IP4(10, 4, 0, 0) + i / 30 * 256 + 1 + i % 30,
			  IP_BROADCAST);
	}
}

static void open_wide_world(struct world *w)
{
	open_world(w);
	w->st->shows_notes = false;
	w->st->hides[EFFECT_NOTE] = true;
	w->settings.subnets[0].mask = w->site.links[0].mask = 0xfff00000;
}

/* Ten thousand at once; and then five hundred a second. */
static void strangers_share_what_there_is_for_them(void **state)
{
	struct world w;

	(void)state;
	open_wide_world(&w);
	strangers_ask(&w, 400);
	assert_int_equal(w.st->sends, QUOTA_ALL_BURST);
	stage_wait(w.st, SECONDS(1));
	w.st->sends = 0;
	strangers_ask(&w, 67);
	assert_int_equal(w.st->sends, QUOTA_ALL);
	close_world(&w);
}

/* However many strangers there were, and however many machines there are. */
static void a_power_failure_is_answered_at_once(void **state)
{
	struct world w;

	(void)state;
	open_wide_world(&w);
	strangers_ask(&w, 400);
	w.st->sends = 0;
	for (uint32_t i = 0; i < MANY; i++) {
		char text[96];

		snprintf(text, sizeof(text),
			 "name=m%u; en_address=2:0:0:1:%x:%x; "
			 "ip_address=10.2.%u.%u",
			 i, i >> 8, i & 255, i >> 8, i & 255);
		world_add_machine(&w, text);
	}
	for (uint32_t i = 0; i < MANY; i++) {
		stage_forget(w.st);
		asks_mask(&w, STRANGER + 1, IP4(10, 2, 0, 0) + i, IP_BROADCAST);
	}
	assert_int_equal(w.st->sends, MANY);
	assert_int_equal(maskd_stats(maskd)->limited,
			 400 * 30 - QUOTA_ALL_BURST);
	close_world(&w);
}

/* It would be answered at one address after the other. */
static void a_known_machine_has_one_purse_for_all_addresses(void **state)
{
	struct world w;

	(void)state;
	open_wide_world(&w);
	for (uint32_t i = 0; i < 200; i++)
		asks_mask(&w, 9, IP4(10, 1, 0, 9) + i * 256, IP_BROADCAST);
	assert_int_equal(w.st->sends, QUOTA_SOURCE_BURST);
	close_world(&w);
}

static void out_of_memory_leaves_nothing_behind(void **state)
{
	struct purse purse;
	struct world w;
	struct maskd *m;

	(void)state;
	rpc_world_open(&w);
	for (long n = 0; n < 2; n++) {
		const struct alloc *alloc = purse_open(&purse);

		purse.left = n;
		assert_int_equal(maskd_open(&m, &w.site, alloc, 7), -ENOMEM);
		assert_int_equal(purse.out, 0);
	}
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_next_machine_is_told_its_mask),
		cmocka_unit_test(it_is_the_mask_of_the_askers_subnet),
		cmocka_unit_test(who_has_no_address_hears_it_with_everybody),
		cmocka_unit_test(only_what_the_administrator_said_is_told),
		cmocka_unit_test(any_broadcast_address_will_do),
		cmocka_unit_test(strangers_are_not_answered),
		cmocka_unit_test(answers_are_never_answered),
		cmocka_unit_test(who_floods_is_answered_twenty_times_a_second),
		cmocka_unit_test(who_asked_for_its_own_is_no_authority),
		cmocka_unit_test(strangers_share_what_there_is_for_them),
		cmocka_unit_test(a_power_failure_is_answered_at_once),
		cmocka_unit_test(
			a_known_machine_has_one_purse_for_all_addresses),
		cmocka_unit_test(out_of_memory_leaves_nothing_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
