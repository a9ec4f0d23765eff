/*
 * Property lists: what was written is read back, in order; no byte string,
 * however it was made, leads a reader astray.
 */
#include "base/rand.h"
#include "model/plist.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "props.h"

static bool same(struct plist a, struct plist b)
{
	return a.len == b.len && !memcmp(a.bytes, b.bytes, a.len);
}

static void a_list_is_read_back_in_order(void **state)
{
	struct props room;
	struct plist pl = props(&room, "name=wendy,w;serves;bootfile=mach");
	struct rd r = rd_over(pl.bytes, pl.len);
	struct property p;

	(void)state;
	assert_true(plist_next(&r, &p));
	assert_string_equal(p.name, "name");
	assert_int_equal(p.n, 2);
	assert_string_equal(property_value(&p, 0), "wendy");
	assert_string_equal(property_value(&p, 1), "w");
	assert_null(property_value(&p, 2));
	assert_true(plist_next(&r, &p));
	assert_string_equal(p.name, "serves");
	assert_int_equal(p.n, 0);
	assert_true(plist_next(&r, &p));
	assert_string_equal(property_value(&p, 0), "mach");
	assert_false(plist_next(&r, &p));
	assert_false(r.bad);
}

static void the_bytes_are_as_the_header_says(void **state)
{
	static const char bytes[] = "name\0\0\2wendy\0w\0serves\0\0\0";
	struct props room;
	struct plist pl = props(&room, "name=wendy,w;serves");

	(void)state;
	assert_int_equal(pl.len, sizeof bytes - 1);
	assert_memory_equal(pl.bytes, bytes, pl.len);
}

static void a_property_without_values_is_there(void **state)
{
	struct props room;
	struct plist pl = props(&room, "serves;empty=");
	struct property p;

	(void)state;
	assert_true(plist_find(&pl, "serves", &p));
	assert_null(plist_value(&pl, "serves"));
	assert_string_equal(plist_value(&pl, "empty"), "");
	assert_false(plist_find(&pl, "Serves", &p));
	assert_null(plist_value(&pl, "absent"));
}

static void the_empty_list_is_sound(void **state)
{
	struct plist pl = {.bytes = NULL, .len = 0};
	struct property p;

	(void)state;
	assert_true(plist_is_sound(&pl));
	assert_false(plist_find(&pl, "name", &p));
}

static void what_is_cut_off_is_not_sound(void **state)
{
	struct props room;
	struct plist pl = props(&room, "name=wendy,w;serves;x=");
	size_t sound = 0;

	(void)state;
	for (size_t len = 0; len <= pl.len; len++) {
		uint8_t *exact = malloc(len + !len);
		struct plist cut = {.bytes = exact, .len = len};

		memcpy(exact, pl.bytes, len);
		sound += plist_is_sound(&cut);
		free(exact);
	}
	assert_int_equal(sound, 4); /* after none, one, two, three of them */
}

static void a_property_needs_a_name(void **state)
{
	static const char bytes[] = "\0\0\1value";
	struct plist pl = {(const uint8_t *)bytes, sizeof bytes};
	uint8_t room[16];
	struct plist_out o = plist_begin(room, sizeof room);

	(void)state;
	assert_false(plist_is_sound(&pl));
	plist_add(&o, "");
	assert_false(plist_end(&o, &pl));
}

static void a_value_needs_a_property(void **state)
{
	uint8_t room[16];
	struct plist_out o = plist_begin(room, sizeof room);
	struct plist pl;

	(void)state;
	plist_add_value(&o, "value");
	assert_false(plist_end(&o, &pl));
}

static void what_does_not_fit_is_never_cut(void **state)
{
	struct props room;
	struct plist whole = props(&room, "name=wendy,w;serves");
	uint8_t small[64];

	(void)state;
	for (size_t len = 0; len <= whole.len; len++) {
		struct plist_out o = plist_begin(small, len);
		struct plist pl;

		plist_add(&o, "name");
		plist_add_value(&o, "wendy");
		plist_add_value(&o, "w");
		plist_add(&o, "serves");
		assert_int_equal(plist_end(&o, &pl), len == whole.len);
	}
}

static void a_property_has_at_most_65535_values(void **state)
{
	size_t len = 2 + 2 + 65536;
	uint8_t *room = malloc(len);
	struct plist_out o = plist_begin(room, len);
	struct plist pl;
	struct property p;

	(void)state;
	plist_add(&o, "x");
	for (int i = 0; i < 65535; i++)
		plist_add_value(&o, "");
	assert_true(plist_end(&o, &pl));
	assert_true(plist_find(&pl, "x", &p));
	assert_int_equal(p.n, 65535);
	plist_add_value(&o, "");
	assert_false(plist_end(&o, &pl));
	free(room);
}

static void replacing_keeps_the_order(void **state)
{
	static const struct {
		const char *from, *name;
		const char *values[3];
		int n;
		const char *to;
	} rows[] = {
		{"a=1;b=2;c=3", "b", {"x", "y"}, 2, "a=1;b=x,y;c=3"},
		{"a=1;b=2;c=3", "b", {NULL}, 0, "a=1;b;c=3"},
		{"a=1;b=2;c=3", "b", {NULL}, -1, "a=1;c=3"},
		{"a=1;c", "b", {"x"}, 1, "a=1;c;b=x"},
		{"a=1", "b", {NULL}, -1, "a=1"},
		{"", "b", {"x"}, 1, "b=x"},
		{"b=1;a;b=2", "b", {"x"}, 1, "b=x;a"},
		{"b=1;a;b=2", "b", {NULL}, -1, "a"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct props from, to;
		uint8_t room[64];
		struct plist_out o = plist_begin(room, sizeof room);
		struct plist pl, was = props(&from, rows[i].from);

		assert_true(plist_replace(&was, rows[i].name, rows[i].values,
					  rows[i].n, &o));
		assert_true(plist_end(&o, &pl));
		assert_true(same(pl, props(&to, rows[i].to)));
	}
}

static void replacing_in_what_is_not_sound_fails(void **state)
{
	struct props room;
	struct plist pl = props(&room, "a=1;b=2");
	uint8_t to[64];
	struct plist_out o = plist_begin(to, sizeof to);

	(void)state;
	pl.len--;
	assert_false(plist_replace(&pl, "a", NULL, -1, &o));
}

/* Bytes of which most are NUL or small, so that many lists are half sound. */
static void random_bytes_are_walked_within_their_bounds(void **state)
{
	struct rand r;
	size_t sound = 0;

	(void)state;
	rand_seed(&r, 4);
	for (int turn = 0; turn < 200000; turn++) {
		size_t len = rand_below(&r, 12);
		uint8_t *exact = malloc(len + !len);
		struct plist pl = {.bytes = exact, .len = len};

		for (size_t i = 0; i < len; i++)
			exact[i] = rand_below(&r, 3) ? 0
						     : (uint8_t)rand_u64(&r);
		plist_value(&pl, "x");
		sound += plist_is_sound(&pl) && len;
		free(exact);
	}
	assert_true(sound > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_list_is_read_back_in_order),
		cmocka_unit_test(the_bytes_are_as_the_header_says),
		cmocka_unit_test(a_property_without_values_is_there),
		cmocka_unit_test(the_empty_list_is_sound),
		cmocka_unit_test(what_is_cut_off_is_not_sound),
		cmocka_unit_test(a_property_needs_a_name),
		cmocka_unit_test(a_value_needs_a_property),
		cmocka_unit_test(what_does_not_fit_is_never_cut),
		cmocka_unit_test(a_property_has_at_most_65535_values),
		cmocka_unit_test(replacing_keeps_the_order),
		cmocka_unit_test(replacing_in_what_is_not_sound_fails),
		cmocka_unit_test(random_bytes_are_walked_within_their_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
