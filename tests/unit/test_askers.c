/*
 * Askers: what was noted is found, what is too old is not, and an address
 * never has two notes.
 */
#include "engine/askers.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "purse.h"

static struct purse purse;

static struct askers *open_askers(uint32_t most)
{
	struct askers *a = NULL;

	assert_int_equal(askers_open(&a, purse_open(&purse), most, 7), 0);
	return a;
}

static void close_askers(struct askers *a)
{
	askers_close(a, &purse.alloc);
	assert_int_equal(purse.out, 0);
}

static bool knows(const struct askers *a, uint32_t ip, enum asker_kind kind,
		  uint16_t arch)
{
	struct asker to = {.kind = ASKER_PLAIN, .file = "kept"};

	if (!askers_find(a, ip, &to))
		return false;
	assert_string_equal(to.file, "kept");
	return to.kind == kind && to.arch == arch;
}

static void remembers_what_kind_of_client_an_address_belongs_to(void **state)
{
	struct askers *a = open_askers(8);

	(void)state;
	askers_note(a, IP4(10, 0, 0, 7), ASKER_IPXE, 7);
	askers_note(a, IP4(10, 0, 0, 8), ASKER_MUSTER, 0);
	assert_true(knows(a, IP4(10, 0, 0, 7), ASKER_IPXE, 7));
	assert_true(knows(a, IP4(10, 0, 0, 8), ASKER_MUSTER, 0));
	close_askers(a);
}

static void leaves_the_question_as_it_was_if_nothing_is_known(void **state)
{
	struct askers *a = open_askers(8);
	struct asker to = {.kind = ASKER_NEXT, .arch = 9};

	(void)state;
	assert_false(askers_find(a, IP4(10, 0, 0, 7), &to));
	assert_false(askers_find(NULL, IP4(10, 0, 0, 7), &to));
	assert_int_equal(to.kind, ASKER_NEXT);
	assert_int_equal(to.arch, 9);
	close_askers(a);
}

static void the_last_note_counts(void **state)
{
	struct askers *a = open_askers(8);

	(void)state;
	askers_note(a, IP4(10, 0, 0, 7), ASKER_PXE, 7);
	askers_note(a, IP4(10, 0, 0, 7), ASKER_IPXE, 9);
	assert_true(knows(a, IP4(10, 0, 0, 7), ASKER_IPXE, 9));
	close_askers(a);
}

static void nobody_is_never_noted(void **state)
{
	struct askers *a = open_askers(2);

	(void)state;
	askers_note(a, 0, ASKER_IPXE, 7);
	assert_false(knows(a, 0, ASKER_IPXE, 7));
	/* nor does nobody cost a place */
	askers_note(a, 1, ASKER_IPXE, 7);
	askers_note(a, 0, ASKER_IPXE, 7);
	askers_note(a, 2, ASKER_IPXE, 7);
	assert_true(knows(a, 1, ASKER_IPXE, 7));
	close_askers(a);
}

static void the_one_noted_longest_ago_makes_room(void **state)
{
	struct askers *a = open_askers(3);

	(void)state;
	for (uint16_t i = 1; i <= 3; i++)
		askers_note(a, i, ASKER_IPXE, i);
	askers_note(a, 1, ASKER_MUSTER, 1); /* 2 is the oldest now */
	askers_note(a, 4, ASKER_IPXE, 4);
	assert_true(knows(a, 1, ASKER_MUSTER, 1));
	assert_false(knows(a, 2, ASKER_IPXE, 2));
	assert_true(knows(a, 3, ASKER_IPXE, 3));
	assert_true(knows(a, 4, ASKER_IPXE, 4));
	close_askers(a);
}

static void a_storm_of_notes_keeps_the_newest(void **state)
{
	enum { MOST = 64, STORM = 100000 };
	struct askers *a = open_askers(MOST);

	(void)state;
	for (uint32_t i = 1; i <= STORM; i++)
		askers_note(a, i % 3 ? i : 7, ASKER_IPXE, (uint16_t)i);
	/* of the last 64 notes every third was about the same address */
	for (uint32_t i = STORM - MOST + 1; i <= STORM; i++)
		if (i % 3)
			assert_true(knows(a, i, ASKER_IPXE, (uint16_t)i));
	assert_true(knows(a, 7, ASKER_IPXE, (uint16_t)(STORM - STORM % 3)));
	assert_false(knows(a, 1, ASKER_IPXE, 1));
	close_askers(a);
}

/* It is on its way, and does not use the address yet; it may never do so. */
static void who_was_offered_an_address_is_on_its_way(void **state)
{
	struct askers *a = open_askers(8);

	(void)state;
	for (uint32_t ip = 7; ip <= 8; ip++) {
		askers_offer(a, ip, ASKER_MUSTER, 0);
		askers_tell(a, ip, 3, VIA_TRAIN);
	}
	assert_false(knows(a, 7, ASKER_MUSTER, 0));
	assert_int_equal(askers_count(a, 3, VIA_TRAIN, 0).awaited, 2);
	askers_note(a, 7, ASKER_MUSTER, 0);
	askers_unoffer(a, 7);
	assert_true(knows(a, 7, ASKER_MUSTER, 0));
	assert_int_equal(askers_count(a, 3, VIA_TRAIN, 0).awaited, 1);
	askers_unoffer(a, 8);
	assert_int_equal(askers_count(a, 3, VIA_TRAIN, 0).awaited, 0);
	askers_unoffer(a, 9);
	askers_unoffer(a, 0);
	askers_unoffer(NULL, 8);
	close_askers(a);
}

/* 7 rides another train for so long that nobody would expect it here any more;
 * 8 has gone. */
static void who_is_busy_elsewhere_is_still_on_its_way(void **state)
{
	struct askers *a = open_askers(3);

	(void)state;
	askers_clock(a, 1000);
	for (uint32_t ip = 7; ip <= 9; ip++) {
		askers_note(a, ip, ASKER_MUSTER, 0);
		askers_tell(a, ip, 2, VIA_TRAIN);
		askers_tell(a, ip, 3, VIA_TRAIN);
		askers_came(a, ip, 2);
	}
	askers_clock(a, 2000);
	askers_seen(a, 7);
	askers_seen(a, 6);
	askers_seen(NULL, 7);
	assert_int_equal(askers_count(a, 3, VIA_TRAIN, 1500).awaited, 1);
	assert_int_equal(askers_count(a, 2, VIA_TRAIN, 1500).came, 1);
	assert_int_equal(askers_count(a, 3, VIA_TRAIN, 500).awaited, 3);
	askers_note(a, 10, ASKER_MUSTER, 0); /* and 8 makes room */
	assert_true(knows(a, 7, ASKER_MUSTER, 0));
	assert_false(knows(a, 8, ASKER_MUSTER, 0));
	close_askers(a);
}

static void memory_that_runs_out_is_given_back(void **state)
{
	struct askers *a = NULL;
	const struct alloc *alloc = purse_open(&purse);

	(void)state;
	for (long left = 0; left < 3; left++) {
		purse.left = left;
		assert_int_equal(askers_open(&a, alloc, 8, 7), -ENOMEM);
		assert_int_equal(purse.out, 0);
	}
	askers_close(NULL, alloc);
}

/* 7 came, 8 has not, 9 was told of another image, 10 of another transport, 11
 * too long ago. */
static void who_was_told_to_come_is_counted(void **state)
{
	struct askers *a = open_askers(8);
	struct askers_count c;

	(void)state;
	for (uint32_t i = 7; i <= 11; i++) {
		uint32_t n = i == 7 ? 11 : i - 1; /* 11 is the first */

		askers_clock(a, n == 11 ? 500 : 1000);
		askers_note(a, n, ASKER_MUSTER, 0);
		askers_tell(a, n, n == 9 ? 4 : 3,
			    n == 10 ? VIA_TFTP : VIA_TRAIN);
	}
	askers_came(a, 7, 3);
	askers_came(a, 9, 3); /* nobody told it that */
	c = askers_count(a, 3, VIA_TRAIN, 1000);
	assert_int_equal(c.came, 1);
	assert_int_equal(c.awaited, 1);
	c = askers_count(a, 3, VIA_TRAIN, 500);
	assert_int_equal(c.awaited, 2);
	c = askers_count(NULL, 3, VIA_TRAIN, 0);
	assert_int_equal(c.came + c.awaited, 0);
	close_askers(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			remembers_what_kind_of_client_an_address_belongs_to),
		cmocka_unit_test(
			leaves_the_question_as_it_was_if_nothing_is_known),
		cmocka_unit_test(the_last_note_counts),
		cmocka_unit_test(nobody_is_never_noted),
		cmocka_unit_test(the_one_noted_longest_ago_makes_room),
		cmocka_unit_test(a_storm_of_notes_keeps_the_newest),
		cmocka_unit_test(who_was_told_to_come_is_counted),
		cmocka_unit_test(who_was_offered_an_address_is_on_its_way),
		cmocka_unit_test(who_is_busy_elsewhere_is_still_on_its_way),
		cmocka_unit_test(memory_that_runs_out_is_given_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
