/*
 * What stands in etcd: keys and values, as bytes and back, and what is refused.
 */
#include "store/etcd_record.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "changes.h"
#include "purse.h"

static struct purse purse;

static struct sheet open_sheet(void)
{
	return sheet_open(purse_open(&purse));
}

static struct etcd_kv as_kv(const struct sheet *s, const char *key)
{
	return (struct etcd_kv){.key = key,
				.value = (const uint8_t *)s->s,
				.len = s->len,
				.revision = 9};
}

static struct etcd_kv text_kv(const char *text, const char *key)
{
	return (struct etcd_kv){.key = key,
				.value = (const uint8_t *)text,
				.len = strlen(text),
				.revision = 9};
}

static void keys_are_in_the_order_of_their_numbers(void **state)
{
	char key[ETCD_KEY];
	uint32_t n;
	struct hwaddr hw = {.type = 1, .len = 6, .b = {0, 0, 0xf, 0, 7, 0x5a}};

	(void)state;
	etcd_entry_key(key, 255);
	assert_string_equal(key, "e/000000ff");
	assert_true(etcd_entry_of(key, &n));
	assert_int_equal(n, 255);
	assert_false(etcd_lease_of(key, &n));
	etcd_lease_key(key, 0x0a000007);
	assert_string_equal(key, "l/0a000007");
	assert_true(etcd_lease_of(key, &n));
	etcd_master_key(key, 1);
	assert_string_equal(key, "m/00000001");
	assert_true(etcd_master_of(key, &n));
	etcd_machine_key(key, &hw, 0x0a000000);
	assert_string_equal(key, "h/01-00000f00075a/0a000000");
	assert_false(etcd_entry_of("e/0000000g", &n));
	assert_false(etcd_entry_of("e/0000000", &n));
	assert_false(etcd_entry_of("e/000000000", &n));
	/* The longest hardware address has room. */
	hw.len = HWADDR_MAX;
	etcd_machine_key(key, &hw, 0xffffffff);
	assert_int_equal(strlen(key), 2 + 3 + 32 + 1 + 8);
}

static void an_entry_is_read_as_it_was_written(void **state)
{
	struct sheet s = open_sheet();
	struct etcd_kv kv;
	struct change is;
	struct made m;

	(void)state;
	etcd_entry_write(&s, entry_put(&m, 7, 2, 3, "name=wendy,tink;serves"));
	kv = as_kv(&s, "e/00000007");
	assert_int_equal(
		strncmp(s.s, "entry 1 domain=1 parent=2 instance=3\n", 37), 0);
	assert_int_equal(etcd_entry_read(&kv, &is), 0);
	assert_int_equal(is.kind, CHANGE_ENTRY_PUT);
	assert_int_equal(is.id, 7);
	assert_int_equal(is.parent, 2);
	assert_int_equal(is.instance, 3);
	assert_int_equal(is.props.len, m.c.props.len);
	assert_memory_equal(is.props.bytes, m.c.props.bytes, is.props.len);
	kv.len--;
	assert_int_equal(etcd_entry_read(&kv, &is), -EBADMSG);
	sheet_close(&s);
}

static void a_lease_is_read_as_it_was_written(void **state)
{
	const struct lease l = {.kind = LEASE_BOOTP,
				.ip = 0x0a000007,
				.hw = {.type = 1, .len = 6, .b = {2, 3}},
				.wall_ends = NEVER,
				.name = "a name = with"};
	const struct lease nobody = {.kind = LEASE_DECLINED,
				     .ip = 0x0a000007,
				     .wall_ends = 77,
				     .term = 5};
	struct sheet s = open_sheet();
	struct etcd_kv kv;
	struct lease is;
	uint32_t network;
	usec wall;

	(void)state;
	etcd_lease_write(&s, &l, 0x0a000000, 1234567);
	kv = as_kv(&s, "l/0a000007");
	assert_int_equal(etcd_lease_read(&kv, &is, &network, &wall), 0);
	assert_memory_equal(&is.hw, &l.hw, sizeof l.hw);
	assert_int_equal(is.kind, l.kind);
	assert_int_equal(is.ip, l.ip);
	assert_true(is.wall_ends == NEVER);
	assert_string_equal(is.name, l.name);
	assert_int_equal(network, 0x0a000000);
	assert_int_equal(wall, 1234567);
	while (kv.len--)
		assert_int_equal(etcd_lease_read(&kv, &is, &network, &wall),
				 -EBADMSG);
	s.len = 0;
	etcd_lease_write(&s, &nobody, 0, 0);
	kv = as_kv(&s, "l/0a000007");
	assert_int_equal(etcd_lease_read(&kv, &is, &network, &wall), 0);
	assert_int_equal(is.hw.len, 0);
	assert_int_equal(is.term, 5);
	assert_int_equal(wall, 0);
	sheet_close(&s);
}

static int is_line(void *arg, const struct store_line *l)
{
	unsigned *n = arg;

	assert_string_equal(l->who, "root (0)");
	assert_int_equal(l->wall, 44);
	assert_int_equal(l->at, 9 << STORE_LINE_BITS | *n);
	assert_string_equal(l->path, *n ? "/machines/pan" : "/machines/wendy");
	assert_int_equal(l->change.kind,
			 *n ? CHANGE_ENTRY_DESTROY : CHANGE_ENTRY_PUT);
	assert_int_equal(l->went_along, *n);
	assert_int_equal(l->before.len != 0, *n);
	++*n;
	return 0;
}

static void lines_are_read_as_they_were_written(void **state)
{
	struct sheet s = open_sheet();
	struct made put, gone;
	struct store_line a = {.path = "/machines/wendy"},
			  b = {.path = "/machines/pan", .went_along = true};
	struct etcd_kv kv;
	unsigned n = 0;

	(void)state;
	a.change = *entry_put(&put, 7, 2, 1, "name=wendy");
	b.change = *entry_destroy(&gone, 8, 2);
	b.before = a.change.props;
	etcd_lines_begin(&s, 44, "root (0)");
	etcd_line_write(&s, &a);
	etcd_line_write(&s, &b);
	kv = as_kv(&s, "y/1/1");
	assert_int_equal(etcd_lines_read(&kv, is_line, &n), 0);
	assert_int_equal(n, 2);
	kv.len--;
	n = 0;
	assert_int_equal(etcd_lines_read(&kv, is_line, &n), -EBADMSG);
	sheet_close(&s);
}

static void what_is_not_ours_is_refused(void **state)
{
	static const struct {
		const char *text;
		int rc;
	} bad[] = {
		{"", -EBADMSG},
		{"entry", -EBADMSG},
		{"entry 1 domain=1 parent=2 instance=3", -EBADMSG},
		{"entry 1 domain=1 parent=2 instance=3 \n", -EBADMSG},
		{"entry 1 domain=x parent=2 instance=3\n", -EBADMSG},
		{"entry 0 domain=1 parent=2 instance=3\n", -EBADMSG},
		{"entry 2 anything at all\n", -EPROTO},
		{"lease 1 domain=1 parent=2 instance=3\n", -EBADMSG},
		{"entry 1 domain=1 parent=2 instance=3\nno plist", -EBADMSG},
	};
	struct change is;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct etcd_kv kv = text_kv(bad[i].text, "e/00000007");

		assert_int_equal(etcd_entry_read(&kv, &is), bad[i].rc);
	}
	struct etcd_kv kv =
		text_kv("entry 1 domain=1 parent=2 instance=3\n", "e/7");

	assert_int_equal(etcd_entry_read(&kv, &is), -EBADMSG);
	kv.key = "e/00000007";
	assert_int_equal(etcd_entry_read(&kv, &is), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_in_the_order_of_their_numbers),
		cmocka_unit_test(an_entry_is_read_as_it_was_written),
		cmocka_unit_test(a_lease_is_read_as_it_was_written),
		cmocka_unit_test(lines_are_read_as_they_were_written),
		cmocka_unit_test(what_is_not_ours_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
