/*
 * NetInfo's messages, byte by byte as an independent encoder wrote them from
 * the interface definition; and every length that can lie.
 */
#include "wire/netinfo.h"

#include "base/addr.h"
#include "stage/hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { ROOM = 2048 };

#define TEXT(s)                                                                \
	(struct span)                                                          \
	{                                                                      \
		s, sizeof(s) - 1                                               \
	}

typedef bool get(struct netinfo *, uint32_t, struct rd *);
typedef void put(const struct netinfo *, uint32_t, struct wr *);

static const char bind_args[] =
	"c0a84d0a000000056c6f63616c000000000000076e6574776f726b00";
static const char getregister_args[] = "000000076e6574776f726b00";
static const char getregister_ok[] = "000000000000040b0000040c";
static const char lookup_args[] =
	"00000001000000000000000a656e5f6164647265737300000000000c"
	"303a303a663a303a373a3561";
static const char lookup_ok[] = "000000000000000100000007000000010000000c";
static const char read_ok[] =
	"00000000000000070000000300000005000000046e616d650000000200000005"
	"77656e6479000000000000086d61696c686f73740000000a69705f6164647265"
	"7373000000000001 0000000d3139322e3136382e37372e3130000000 0000000a"
	"656e5f616464726573730000000000010000000c303a303a663a303a373a3561"
	"0000000a626f6f74706172616d73000000000000000000067365727665730000"
	"000000010000000b77656e64792f6c6f63616c00";
static const char list_ok[] =
	"0000000000000002000000070000000100000001000000057765"
	"6e6479000000000000090000000000000001 0000000c";
static const char rparent_ok[] = "00000000000000076e6574776f726b00c0a84d01";
static const char readall_ok[] =
	"0000000000000011000000010000000100000000000000090000000100000006"
	"6d61737465720000000000010000000e77697a6172642f6e6574776f726b0000"
	"000000000000000100000001000000010000000100000004 00000001000000046e61"
	"6d6500000001000000086d616368696e6573000000000000000000000000";
static const char create_args[] =
	"000000010000000c00000001000000046e616d650000000100000005"
	"6375726c79000000ffffffff00000000";

/* In memory that is as long as the message, so that a sanitizer sees it all. */
static uint8_t *exact(const uint8_t *b, size_t len)
{
	uint8_t *to = malloc(len ? len : 1);

	assert_non_null(to);
	memcpy(to, b, len);
	return to;
}

/* Read, then written again it is the same; and no shorter one is read at all.
 * `kept` is where the fields point into. */
static struct netinfo same(const char *text, get *read, put *write,
			   uint32_t procedure, uint8_t kept[ROOM])
{
	size_t len = hex(text, kept, ROOM);
	uint8_t back[ROOM];
	struct wr w = wr_over(back, ROOM);
	struct rd r = rd_over(kept, len);
	struct netinfo m, less;

	for (size_t n = 0; n < len; n++) {
		uint8_t *b = exact(kept, n);
		struct rd part = rd_over(b, n);

		assert_false(read(&less, procedure, &part));
		free(b);
	}
	assert_true(read(&m, procedure, &r));
	write(&m, procedure, &w);
	assert_false(w.bad);
	assert_int_equal(wr_len(&w), len);
	assert_memory_equal(back, kept, len);
	return m;
}

static void is_bytes(const struct wr *w, const char *text)
{
	uint8_t want[ROOM];

	assert_false(w->bad);
	assert_int_equal(wr_len(w), hex(text, want, ROOM));
	assert_memory_equal(w->start, want, wr_len(w));
}

static void is_id(struct netinfo_id id, uint32_t object, uint32_t instance)
{
	assert_int_equal(id.object, object);
	assert_int_equal(id.instance, instance);
}

/* The next property has this name and these values, with blanks between. */
static void has(struct netinfo_list *props, const char *name,
		const char *values)
{
	struct netinfo_property p;
	char all[64] = "";
	struct span v;

	assert_true(netinfo_property_next(props, &p));
	assert_true(span_is(p.name, name));
	while (netinfo_name_next(&p.values, &v)) {
		if (*all)
			strcat(all, " ");
		strncat(all, v.s, v.len);
	}
	assert_string_equal(all, values);
}

static void a_machine_asks_to_be_bound(void **state)
{
	struct netinfo m = {.address = IP4(192, 168, 77, 10),
			    .tag = TEXT("local"),
			    .value = TEXT("network")};
	uint8_t b[ROOM];
	struct wr w = wr_over(b, ROOM);

	(void)state;
	nibind_args_put(&m, NIBIND_BIND, &w);
	is_bytes(&w, bind_args);
	m = same(bind_args, nibind_args_get, nibind_args_put, NIBIND_BIND, b);
	assert_int_equal(m.address, IP4(192, 168, 77, 10));
	assert_true(span_is(m.tag, "local"));
	assert_true(span_is(m.value, "network"));
	/* Granted is empty. */
	(void)same("", nibind_results_get, nibind_results_put, NIBIND_BIND, b);
}

static void a_tag_has_two_ports(void **state)
{
	struct netinfo m = {.tag = TEXT("network")};
	uint8_t b[ROOM];
	struct wr w = wr_over(b, ROOM);

	(void)state;
	nibind_args_put(&m, NIBIND_GETREGISTER, &w);
	is_bytes(&w, getregister_args);
	m = same(getregister_ok, nibind_results_get, nibind_results_put,
		 NIBIND_GETREGISTER, b);
	assert_int_equal(m.udp, 1035);
	assert_int_equal(m.tcp, 1036);
	m = same("00000013", nibind_results_get, nibind_results_put,
		 NIBIND_GETREGISTER, b);
	assert_int_equal(m.status, NETINFO_NOTAG);
}

static void a_machine_is_looked_up_by_its_hardware_address(void **state)
{
	struct netinfo m = {.id = {1, 0},
			    .key = TEXT("en_address"),
			    .value = TEXT("0:0:f:0:7:5a")};
	uint8_t b[ROOM];
	struct wr w = wr_over(b, ROOM);
	uint32_t object = 0;

	(void)state;
	netinfo_args_put(&m, NETINFO_LOOKUP, &w);
	is_bytes(&w, lookup_args);
	w = wr_over(b, ROOM);
	netinfo_args_put(&m, NETINFO_LOOKUPREAD, &w);
	is_bytes(&w, lookup_args);
	m = same(lookup_ok, netinfo_results_get, netinfo_results_put,
		 NETINFO_LOOKUP, b);
	is_id(m.id, 1, 12);
	assert_true(netinfo_object_id_next(&m.list, &object));
	assert_int_equal(object, 7);
	assert_false(netinfo_object_id_next(&m.list, &object));
	m = same("00000005", netinfo_results_get, netinfo_results_put,
		 NETINFO_LOOKUP, b);
	assert_int_equal(m.status, NETINFO_NODIR);
}

static void a_machine_is_read(void **state)
{
	struct netinfo_property none;
	uint8_t b[ROOM];
	struct netinfo m = same(read_ok, netinfo_results_get,
				netinfo_results_put, NETINFO_READ, b);

	(void)state;
	is_id(m.id, 7, 3);
	has(&m.props, "name", "wendy mailhost");
	has(&m.props, "ip_address", "192.168.77.10");
	has(&m.props, "en_address", "0:0:f:0:7:5a");
	has(&m.props, "bootparams", "");
	has(&m.props, "serves", "wendy/local");
	assert_false(netinfo_property_next(&m.props, &none));
}

static void a_list_has_children_without_the_key(void **state)
{
	struct netinfo_entry e;
	struct span v;
	uint8_t b[ROOM];
	struct netinfo m = same(list_ok, netinfo_results_get,
				netinfo_results_put, NETINFO_LIST, b);

	(void)state;
	is_id(m.id, 1, 12);
	assert_true(netinfo_entry_next(&m.list, &e));
	assert_int_equal(e.object, 7);
	assert_true(e.has_values);
	assert_true(netinfo_name_next(&e.values, &v));
	assert_true(span_is(v, "wendy"));
	assert_true(netinfo_entry_next(&m.list, &e));
	assert_int_equal(e.object, 9);
	assert_false(e.has_values);
	assert_false(netinfo_entry_next(&m.list, &e));
}

static void a_parent_is_a_tag_at_an_address(void **state)
{
	struct netinfo m = {.tag = TEXT("network"),
			    .address = IP4(192, 168, 77, 1)};
	uint8_t b[ROOM];
	struct wr w = wr_over(b, ROOM);

	(void)state;
	netinfo_results_put(&m, NETINFO_RPARENT, &w);
	is_bytes(&w, rparent_ok);
	m = same(rparent_ok, netinfo_results_get, netinfo_results_put,
		 NETINFO_RPARENT, b);
	assert_int_equal(m.address, IP4(192, 168, 77, 1));
	m = same("0000000b", netinfo_results_get, netinfo_results_put,
		 NETINFO_RPARENT, b);
	assert_int_equal(m.status, NETINFO_NETROOT);
}

static void a_whole_domain_is_a_chain(void **state)
{
	struct netinfo_object o;
	uint32_t child = 0;
	uint8_t b[ROOM];
	struct netinfo m = same(readall_ok, netinfo_results_get,
				netinfo_results_put, NETINFO_READALL, b);

	(void)state;
	assert_int_equal(m.checksum, 17);
	assert_int_equal(m.highest, 1);
	assert_true(netinfo_object_next(&m.list, &o));
	is_id(o.id, 0, 9);
	has(&o.props, "master", "wizard/network");
	assert_true(netinfo_object_id_next(&o.children, &child));
	assert_int_equal(child, 1);
	assert_true(netinfo_object_next(&m.list, &o));
	is_id(o.id, 1, 4);
	assert_int_equal(o.parent, 0);
	has(&o.props, "name", "machines");
	assert_false(netinfo_object_next(&m.list, &o));

	/* Whoever has it already. */
	m = same("00000000 00000000 00000000 00000000", netinfo_results_get,
		 netinfo_results_put, NETINFO_READALL, b);
	assert_false(netinfo_object_next(&m.list, &o));
}

static void a_directory_is_made(void **state)
{
	uint8_t b[ROOM], list[ROOM];
	struct wr w = wr_over(b, ROOM), l = wr_over(list, ROOM);
	struct netinfo m = {.id = {1, 12}, .position = NETINFO_END};

	(void)state;
	netinfo_name_put(TEXT("name"), &l);
	wr_u32(&l, 1);
	netinfo_name_put(TEXT("curly"), &l);
	m.props = (struct netinfo_list){1, rd_over(list, wr_len(&l))};
	netinfo_args_put(&m, NETINFO_CREATE, &w);
	is_bytes(&w, create_args);
	m = same(create_args, netinfo_args_get, netinfo_args_put,
		 NETINFO_CREATE, b);
	is_id(m.id, 1, 12);
	assert_int_equal(m.position, NETINFO_END);
	assert_false(m.has_wanted);
	has(&m.props, "name", "curly");
}

/* Each with what the protocol gives it, and with its own bytes again. */
static void every_procedure_has_arguments(void **state)
{
	static const struct {
		uint32_t procedure;
		const char *args;
	} all[] = {
		{NETINFO_PING, ""},
		{NETINFO_SELF, "00000001 00000002"},
		{NETINFO_DESTROY, "00000001 00000002 00000003 00000004"},
		{NETINFO_WRITE, "00000001 00000002 00000000"},
		{NETINFO_CREATEPROP,
		 "00000001 00000002 00000001 61000000 00000000 ffffffff"},
		{NETINFO_READPROP, "00000001 00000002 00000000"},
		{NETINFO_WRITEPROP,
		 "00000001 00000002 00000000 00000001 00000000"},
		{NETINFO_RENAMEPROP,
		 "00000001 00000002 00000000 00000001 61000000"},
		{NETINFO_CREATENAME,
		 "00000001 00000002 00000000 00000000 00000000"},
		{NETINFO_READNAME, "00000001 00000002 00000003 00000004"},
		{NETINFO_WRITENAME,
		 "00000001 00000002 00000003 00000004 00000001 61000000"},
		{NETINFO_BIND, "00000005 6c6f63616c000000 c0a84d0a"},
		{NETINFO_READALL, "00000011"},
		{NETINFO_CRASHED, "00000011"},
	};
	uint8_t b[ROOM];

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		(void)same(all[i].args, netinfo_args_get, netinfo_args_put,
			   all[i].procedure, b);
}

static void what_there_is_not_has_no_arguments(void **state)
{
	struct rd r = rd_over("", 0);
	uint8_t b[4];
	struct wr w = wr_over(b, sizeof(b));
	struct netinfo m = {0};

	(void)state;
	assert_false(netinfo_args_get(&m, NETINFO_PROCEDURES, &r));
	assert_false(netinfo_results_get(&m, 0xffffffff, &r));
	assert_false(nibind_args_get(&m, NIBIND_PROCEDURES, &r));
	assert_false(nibind_results_get(&m, 100, &r));
	netinfo_args_put(&m, NETINFO_PROCEDURES, &w);
	assert_true(w.bad);
}

static bool reads(get *read, uint32_t procedure, const char *text)
{
	uint8_t b[ROOM];
	size_t len = hex(text, b, ROOM);
	uint8_t *bytes = exact(b, len);
	struct rd r = rd_over(bytes, len);
	struct netinfo m;
	bool is_one = read(&m, procedure, &r);

	free(bytes);
	return is_one;
}

static void lengths_that_lie_are_found_out(void **state)
{
	(void)state;
	/* Four thousand million properties, ids, objects. */
	assert_false(reads(netinfo_args_get, NETINFO_WRITE,
			   "00000001 00000002 ffffffff 00000000"));
	assert_false(reads(netinfo_results_get, NETINFO_CHILDREN,
			   "00000000 ffffffff 00000001 00000000 00000001"));
	assert_false(reads(netinfo_results_get, NETINFO_READALL,
			   "00000000 00000001 00000001 00000001"));
	/* A boolean that is none. */
	assert_false(reads(netinfo_results_get, NETINFO_READALL,
			   "00000000 00000001 00000001 00000002"));
	/* A name longer than names are, and one with a NUL. */
	assert_false(reads(netinfo_args_get, NETINFO_LIST,
			   "00000001 00000002 00010000 61000000"));
	assert_false(reads(netinfo_args_get, NETINFO_LIST,
			   "00000001 00000002 00000004 61006100"));
	/* More than there should be. */
	assert_false(reads(netinfo_args_get, NETINFO_SELF,
			   "00000001 00000002 00000000"));
	assert_true(reads(netinfo_args_get, NETINFO_SELF, "00000001 00000002"));
}

static void a_registry_is_listed(void **state)
{
	struct nibind_server s;
	uint8_t b[ROOM];
	struct netinfo m =
		same("00000000 00000001 00000007 6e6574776f726b00 0000040b "
		     "0000040c",
		     nibind_results_get, nibind_results_put, NIBIND_LISTREG, b);

	(void)state;
	assert_true(nibind_server_next(&m.list, &s));
	assert_true(span_is(s.tag, "network"));
	assert_int_equal(s.udp, 1035);
	assert_int_equal(s.tcp, 1036);
	assert_false(nibind_server_next(&m.list, &s));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_machine_asks_to_be_bound),
		cmocka_unit_test(a_tag_has_two_ports),
		cmocka_unit_test(
			a_machine_is_looked_up_by_its_hardware_address),
		cmocka_unit_test(a_machine_is_read),
		cmocka_unit_test(a_list_has_children_without_the_key),
		cmocka_unit_test(a_parent_is_a_tag_at_an_address),
		cmocka_unit_test(a_whole_domain_is_a_chain),
		cmocka_unit_test(a_directory_is_made),
		cmocka_unit_test(every_procedure_has_arguments),
		cmocka_unit_test(what_there_is_not_has_no_arguments),
		cmocka_unit_test(lengths_that_lie_are_found_out),
		cmocka_unit_test(a_registry_is_listed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
