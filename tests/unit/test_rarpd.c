/*
 * Addresses for machines that know nothing but RARP.
 */
#include "engine/rarpd.h"

#include "purse.h"
#include "rpc_world.h"
#include "stage/hex.h"

#include <errno.h>

static struct rarpd *rarpd;

static void open_world(struct world *w)
{
	rpc_world_open(w);
	w->settings.rarp = RARP_ON;
	assert_int_equal(rarpd_open(&rarpd, &w->site, &stage_alloc, 7), 0);
	stage_engine(w->st, rarpd_engine(rarpd));
}

static void close_world(struct world *w)
{
	rarpd_close(rarpd, &stage_alloc);
	world_close(w);
}

/* The request and the reply of Debian's rarpd, but for its hardware address. */
static void a_machine_is_told_its_address(void **state)
{
	static const char ask[] =
		"ffffffffffff00000f00075a8035000108000604000300000f00075a"
		"0000000000000f00075a00000000";
	static const char want[] =
		"00000f00075a02000000000180350001080006040004020000000001"
		"c0a84d0100000f00075ac0a84d0a";
	uint8_t b[64], bytes[64];
	struct world w;
	size_t len;

	(void)state;
	open_world(&w);
	w.site.links[0].ip = IP4(192, 168, 77, 1);
	w.settings.subnets[0] = (struct subnet){.network = IP4(192, 168, 77, 0),
						.mask = 0xffffff00};
	world_add_machine(&w, "name=next; en_address=0:0:f:0:7:5a;"
			      "ip_address=192.168.77.10");
	len = hex(ask, b, sizeof(b));
	stage_hear_frame(w.st, b, len);
	stage_expect(w.st, "    0 ms  rarp 192.168.77.10 to 00:00:0f:00:07:5a\n"
			   "    0 ms  note rarp-told 192.168.77.10\n");
	len = hex(want, bytes, sizeof(bytes));
	assert_int_equal(w.st->last_len, len);
	assert_memory_equal(w.st->last, bytes, len);
	close_world(&w);
}

/* RFC 903: the target need not be who asks. */
static void it_may_ask_for_another_one(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	asks_rarp(&w, 66, 9);
	stage_expect(w.st, "    0 ms  rarp 10.0.0.9 to 02:00:00:00:00:42\n"
			   "    0 ms  note rarp-told 10.0.0.9\n");
	close_world(&w);
}

static void only_registered_addresses_of_the_link_are_told(void **state)
{
	struct lease l = {.kind = LEASE_DHCP,
			  .ip = WORLD_NODE,
			  .hw = world_hw(8),
			  .wall_ends = INT64_MAX / 2,
			  .term = 3600};
	struct world w;

	(void)state;
	open_world(&w);
	world_add_machine(
		&w, "name=far; en_address=2:0:0:0:0:c; ip_address=10.1.0.12");
	assert_int_equal(leases_put(w.site.leases, &l, 0, 0), 0);
	asks_rarp(&w, 66, 66); /* nobody */
	asks_rarp(&w, 8, 8);   /* no address of its own */
	asks_rarp(&w, 12, 12); /* one of another network */
	stage_expect(w.st, "");
	assert_int_equal(rarpd_stats(rarpd)->unknown, 3);
	/* Of its two addresses the one of this network. */
	asks_rarp(&w, 7, 7);
	stage_expect(w.st, "    0 ms  rarp 10.0.0.7 to 02:00:00:00:00:07\n"
			   "    0 ms  note rarp-told 10.0.0.7\n");
	close_world(&w);
}

/* Its own domain is that of the network it asks on, and then those above. */
static void a_machine_is_known_by_the_domain_of_its_network(void **state)
{
	struct world w;
	uint32_t here, there;

	(void)state;
	open_world(&w);
	world_two_sites(&w, &here, &there);
	world_put(&w, CHANGE_ENTRY_PUT, there, there + 1,
		  "name=kim;en_address=2:0:0:0:0:8;ip_address=10.0.0.88");
	asks_rarp(&w, 8, 8);
	stage_expect(w.st, "");
	world_put(&w, CHANGE_ENTRY_PUT, here, here + 1,
		  "name=wendy;en_address=2:0:0:0:0:7;ip_address=10.0.0.77");
	asks_rarp(&w, 7, 7); /* from above it would be 10.0.0.7 */
	asks_rarp(&w, 9, 9); /* who is there alone */
	stage_expect(w.st, "    0 ms  rarp 10.0.0.77 to 02:00:00:00:00:07\n"
			   "    0 ms  note rarp-told 10.0.0.77\n"
			   "    0 ms  rarp 10.0.0.9 to 02:00:00:00:00:09\n"
			   "    0 ms  note rarp-told 10.0.0.9\n");
	close_world(&w);
}

static void it_is_silent_unless_wanted(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	w.settings.rarp = RARP_OFF;
	asks_rarp(&w, 9, 9);
	stage_expect(w.st, "");
	close_world(&w);
}

static void a_boot_file_may_be_asked_for(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	w.settings.rarp = RARP_WITH_FILE;
	asks_rarp(&w, 9, 9);
	world_add_file(&w, "sub/0A000009");
	world_add_file(&w, "0A00000");
	asks_rarp(&w, 9, 9);
	stage_expect(w.st, "");
	assert_int_equal(rarpd_stats(rarpd)->no_file, 2);
	world_add_file(&w, "0A000009.SUN4C");
	asks_rarp(&w, 9, 9);
	assert_int_equal(w.st->sends, 1);
	world_add_file(&w, "0A000009");
	asks_rarp(&w, 9, 9);
	assert_int_equal(w.st->sends, 2);
	close_world(&w);
}

static void what_is_no_question_gets_silence(void **state)
{
	static const struct {
		size_t at;
		const char *hex;
	} wrong[] = {
		{20, "0004"},               /* a reply */
		{20, "0001"},               /* ARP's */
		{12, "0806"}, {6, "ffff"},  /* from everybody */
		{22, "ffff"}, {22, "0201"}, /* for somebody else */
		{18, "08"},
	};
	uint8_t b[64];
	struct frame_arp f = {.op = RARP_REQUEST};
	struct world w;

	(void)state;
	open_world(&w);
	memset(f.dst, 0xff, 6);
	memcpy(f.src, world_hw(9).b, 6);
	memcpy(f.sender_mac, world_hw(9).b, 6);
	memcpy(f.target_mac, world_hw(9).b, 6);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		struct wr head = wr_over(b, sizeof(b));

		frame_rarp_put(&f, &head);
		hex(wrong[i].hex, b + wrong[i].at, 2);
		stage_hear_frame(w.st, b, wr_len(&head));
	}
	stage_expect(w.st, "");
	asks_rarp(&w, 9, 9);
	assert_int_equal(w.st->sends, 1);
	close_world(&w);
}

static void out_of_memory_leaves_nothing_behind(void **state)
{
	struct purse purse;
	struct world w;
	struct rarpd *r;

	(void)state;
	rpc_world_open(&w);
	for (long n = 0; n < 2; n++) {
		const struct alloc *alloc = purse_open(&purse);

		purse.left = n;
		assert_int_equal(rarpd_open(&r, &w.site, alloc, 7), -ENOMEM);
		assert_int_equal(purse.out, 0);
	}
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_machine_is_told_its_address),
		cmocka_unit_test(it_may_ask_for_another_one),
		cmocka_unit_test(
			only_registered_addresses_of_the_link_are_told),
		cmocka_unit_test(
			a_machine_is_known_by_the_domain_of_its_network),
		cmocka_unit_test(it_is_silent_unless_wanted),
		cmocka_unit_test(a_boot_file_may_be_asked_for),
		cmocka_unit_test(what_is_no_question_gets_silence),
		cmocka_unit_test(out_of_memory_leaves_nothing_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
