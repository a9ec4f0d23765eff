/*
 * What the doctor makes of what it was told: each case a fact too many or too
 * few, and the one finding that it leads to.
 */
#include "app/doctor.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ALL        0xf
#define LANE(name) (1 << LANE_##name)

struct room {
	struct link links[2];
	struct doctor_facts f;
	struct findings all;
};

/* Nothing to complain of: a switch that floods, and a mirror that says so. */
static struct room *healthy(void)
{
	struct room *r = calloc(1, sizeof(*r));

	assert_non_null(r);
	r->links[0] = (struct link){.index = 2,
				    .name = "eth0",
				    .ip = IP4(10, 0, 0, 1),
				    .mask = 0xffffff00,
				    .mtu = 1500,
				    .is_up = true};
	r->f.link = r->links[0];
	r->f.links = r->links;
	r->f.n_links = 1;
	r->f.span = SECONDS(4);
	r->f.wire.is_up = r->f.wire.has_carrier = true;
	memcpy(r->f.route_name, "eth0", 5);
	r->f.seen.loop = LANE(SAFE) | LANE(FRESH);
	r->f.seen.has_mirror = true;
	r->f.seen.mirror = IP4(10, 0, 0, 9);
	r->f.seen.uptime = 400;
	r->f.seen.there = r->f.seen.back = ALL;
	return r;
}

static const struct finding *find(const struct room *r,
				  enum finding_level level, const char *about,
				  const char *words)
{
	for (unsigned i = 0; i < r->all.n; i++) {
		const struct finding *f = &r->all.v[i];

		if (f->level == level && !strcmp(f->about, about) &&
		    strstr(f->text, words))
			return f;
	}
	return NULL;
}

static void print_all(const struct room *r)
{
	for (unsigned i = 0; i < r->all.n; i++)
		print_message("%d %s %s $ %s\n", r->all.v[i].level,
			      r->all.v[i].about, r->all.v[i].text,
			      r->all.v[i].command);
}

static unsigned count(const struct room *r, enum finding_level level)
{
	unsigned n = 0;

	for (unsigned i = 0; i < r->all.n; i++)
		n += r->all.v[i].level == level;
	return n;
}

/* The only one of its level and worse, and what helps. */
static void leads_to(struct room *r, enum finding_level level,
		     const char *about, const char *words, const char *command)
{
	const struct finding *f;

	doctor_judge(&r->f, &r->all);
	f = find(r, level, about, words);
	if (!f || strcmp(f->command, command) != 0 ||
	    (level == FINDING_PROBLEM && count(r, level) != 1) ||
	    (level == FINDING_HINT && count(r, FINDING_PROBLEM))) {
		print_all(r);
		fail_msg("no %s: %s", about, words);
	}
	free(r);
}

static void a_healthy_network_has_no_findings_but_good_ones(void **state)
{
	struct room *r = healthy();

	(void)state;
	doctor_judge(&r->f, &r->all);
	if (count(r, FINDING_OK) != r->all.n)
		print_all(r);
	assert_int_equal(count(r, FINDING_OK), r->all.n);
	assert_non_null(find(r, FINDING_OK, "link", "10.0.0.1/24"));
	assert_non_null(find(r, FINDING_OK, "mirror", "10.0.0.9 and back"));
	assert_non_null(find(r, FINDING_OK, "snooping", "every port"));
	free(r);
}

/* ---- the interface ------------------------------------------------------- */

static void an_interface_may_be_off_unplugged_or_nameless(void **state)
{
	struct room *r = healthy();

	(void)state;
	r->f.wire.is_up = r->f.wire.has_carrier = false;
	leads_to(r, FINDING_PROBLEM, "link", "switched off",
		 "ip link set eth0 up");
	r = healthy();
	r->f.wire.has_carrier = false;
	leads_to(r, FINDING_PROBLEM, "link", "no carrier", "");
	r = healthy();
	r->f.link.ip = 0;
	leads_to(r, FINDING_HINT, "link", "no IPv4 address",
		 "ip address add 10.0.0.1/24 dev eth0");
	r = healthy();
	r->f.link.ip = 0;
	r->f.wire.is_port = r->f.wire.has_bridge = true;
	r->f.wire.port = PORT_FORWARDING;
	memcpy(r->f.wire.name, "br0", 4);
	leads_to(r, FINDING_HINT, "link", "a port of the bridge br0",
		 "muster doctor br0");
}

static void an_mtu_below_that_of_roms_is_a_problem(void **state)
{
	struct room *r = healthy();

	(void)state;
	r->f.link.mtu = 1400;
	leads_to(r, FINDING_PROBLEM, "mtu", "blocks to 1368 bytes",
		 "ip link set eth0 mtu 1500");
	r = healthy();
	r->f.link.mtu = 9000;
	leads_to(r, FINDING_OK, "link", "MTU of 9000", "");
}

static void a_spanning_tree_makes_machines_wait(void **state)
{
	struct room *r = healthy();

	(void)state;
	r->f.wire.is_port = true;
	r->f.wire.port = PORT_LEARNING;
	memcpy(r->f.wire.name, "br0", 4);
	leads_to(r, FINDING_PROBLEM, "stp", "learning", "");
	r = healthy();
	r->f.wire.has_bridge = true;
	r->f.wire.waiting = 1;
	leads_to(r, FINDING_PROBLEM, "stp", "1 port of the bridge  listens",
		 "");
	r = healthy();
	r->f.wire.has_bridge = r->f.wire.spans = true;
	r->f.wire.delay = 15000;
	memcpy(r->f.wire.name, "br0", 4);
	leads_to(r, FINDING_HINT, "stp", "for 30 s",
		 "ip link set br0 type bridge forward_delay 200");
}

/* ---- servers ------------------------------------------------------------- */

static struct doctor_server *server(struct room *r, uint32_t ip)
{
	struct doctor_server *v = &r->f.seen.servers[r->f.seen.n_servers++];

	*v = (struct doctor_server){.ip = ip,
				    .mac = {2, 0, 0, 0, 0, 0xab},
				    .offered = IP4(10, 0, 0, 77),
				    .mask = 0xffffff00};
	return v;
}

static void another_server_is_named_with_what_to_do_about_it(void **state)
{
	struct room *r = healthy();
	struct doctor_server *v;

	(void)state;
	server(r, IP4(10, 0, 0, 2));
	leads_to(r, FINDING_HINT, "dhcp", "10.0.0.2 (02:00:00:00:00:ab) gives",
		 "muster serve --proxy DIR");
	r = healthy();
	v = server(r, IP4(10, 0, 0, 2));
	memcpy(v->file, "pxelinux.0", 11);
	leads_to(r, FINDING_PROBLEM, "dhcp", "\"pxelinux.0\"", "");
	r = healthy();
	v = server(r, IP4(10, 0, 0, 2));
	memcpy(v->file, "kernel", 7);
	v->next_server = IP4(10, 0, 0, 1);
	leads_to(r, FINDING_OK, "dhcp", "sends machines here", "");
	r = healthy();
	v = server(r, IP4(10, 0, 0, 2));
	v->offered = IP4(192, 168, 1, 9);
	leads_to(r, FINDING_PROBLEM, "rogue", "192.168.1.9", "");
	r = healthy();
	v = server(r, IP4(10, 0, 0, 2));
	v->is_proxy = true;
	v->offered = 0;
	leads_to(r, FINDING_PROBLEM, "dhcp", "proxyDHCP", "");
	r = healthy();
	server(r, IP4(10, 0, 0, 2));
	server(r, IP4(10, 0, 0, 3));
	leads_to(r, FINDING_PROBLEM, "dhcp", "2 DHCP servers", "");
	r = healthy();
	server(r, IP4(10, 0, 0, 2));
	v = server(r, IP4(10, 0, 0, 2));
	v->is_proxy = true;
	v->offered = 0;
	v->mac[5] = 1;
	doctor_judge(&r->f, &r->all);
	assert_non_null(find(r, FINDING_PROBLEM, "dhcp",
			     "Two machines call themselves 10.0.0.2"));
	free(r);
}

static void what_a_server_sends_is_safe_to_print(void **state)
{
	struct room *r = healthy();

	(void)state;
	memcpy(server(r, IP4(10, 0, 0, 2))->file, "a\x1b[2J\"b", 8);
	doctor_judge(&r->f, &r->all);
	for (unsigned i = 0; i < r->all.n; i++)
		assert_null(strchr(r->all.v[i].text, 0x1b));
	free(r);
}

static void more_than_has_room_is_left_out(void **state)
{
	struct room *r = healthy();

	(void)state;
	for (unsigned i = 0; i < DOCTOR_SERVERS; i++)
		server(r, IP4(10, 0, 0, 2))->offered = IP4(192, 168, 1, 1);
	doctor_judge(&r->f, &r->all);
	assert_int_equal(r->all.n, FINDINGS);
	free(r);
}

/* ---- this host ----------------------------------------------------------- */

static void a_port_that_is_taken_is_a_problem_unless_by_us(void **state)
{
	struct room *r = healthy();

	(void)state;
	r->f.ports[0].port = 67;
	memcpy(r->f.ports[0].who, "dnsmasq, pid 7", 15);
	leads_to(r, FINDING_PROBLEM, "port", "67 is taken by dnsmasq, pid 7",
		 "");
	r = healthy();
	memcpy(r->f.ports[0].who, "musterd, pid 7", 15);
	leads_to(r, FINDING_OK, "port", "served by musterd", "");
}

static void what_the_packet_filter_drops_is_named_with_its_chain(void **state)
{
	const struct doctor_check tftp = {.what = "requests for files",
					  .accept = "udp dport 69",
					  .verdict = {.fate = FW_DROPS,
						      .family = "inet",
						      .table = "filter",
						      .chain = "input"}};
	struct room *r = healthy();

	(void)state;
	r->f.checks[r->f.n_checks++] = tftp;
	leads_to(r, FINDING_PROBLEM, "firewall", "drops requests for files",
		 "nft insert rule inet filter input udp dport 69 accept");
	r = healthy();
	r->f.checks[r->f.n_checks++] = tftp;
	r->f.checks[0].verdict.fate = FW_MAY_DROP;
	leads_to(r, FINDING_HINT, "firewall", "may drop",
		 "nft insert rule inet filter input udp dport 69 accept");
	r = healthy();
	r->f.checks[r->f.n_checks++] = tftp;
	r->f.checks[0].verdict.fate = FW_PASSES;
	leads_to(r, FINDING_OK, "firewall", "pass", "");
	r = healthy();
	r->f.no_firewall = "nft is not installed";
	leads_to(r, FINDING_HINT, "firewall", "nft is not installed",
		 "nft list ruleset");
	r = healthy();
	r->f.has_legacy = true;
	leads_to(r, FINDING_HINT, "firewall", "old iptables",
		 "iptables-legacy -S");
}

static void two_interfaces_in_one_network_need_a_loose_filter(void **state)
{
	struct room *r = healthy();

	(void)state;
	r->links[1] = r->links[0];
	r->links[1].index = 3;
	memcpy(r->links[1].name, "eth1", 5);
	r->f.n_links = 2;
	r->f.reverse_path = 1;
	leads_to(r, FINDING_PROBLEM, "rp-filter", "eth0 and eth1",
		 "sysctl -w net.ipv4.conf.all.rp_filter=2 "
		 "net.ipv4.conf.eth0.rp_filter=2");
	r = healthy();
	r->f.reverse_path = 1;
	leads_to(r, FINDING_OK, "link", "eth0", "");
}

/* ---- groups -------------------------------------------------------------- */

static void a_route_is_for_others(void **state)
{
	struct room *r = healthy();

	(void)state;
	r->f.route_rc = -ENETUNREACH;
	leads_to(r, FINDING_HINT, "route", "no route for multicast",
		 "ip route add 224.0.0.0/4 dev eth0");
	r = healthy();
	memcpy(r->f.route_name, "wlan0", 6);
	leads_to(r, FINDING_HINT, "route", "by wlan0",
		 "ip route add 224.0.0.0/4 dev eth0");
}

static void what_does_not_come_back_is_dropped_here(void **state)
{
	struct room *r = healthy();

	(void)state;
	r->f.seen.loop = LANE(SAFE);
	leads_to(r, FINDING_PROBLEM, "loopback", "does not come back", "");
	r = healthy();
	r->f.seen.port_rc = -EADDRINUSE;
	leads_to(r, FINDING_HINT, "loopback", "Address already in use", "");
}

static void snooping_and_a_querier_go_together(void **state)
{
	struct room *r = healthy();

	(void)state;
	/* It snoops, says the mirror, and nobody asks. */
	r->f.seen.there = LANE(SAFE) | LANE(KEPT) | LANE(FRESH);
	leads_to(r, FINDING_PROBLEM, "querier", "nobody asks",
		 "musterd -o igmp.querier=yes");
	/* Somebody asks. */
	r = healthy();
	r->f.seen.there = LANE(SAFE) | LANE(KEPT) | LANE(FRESH);
	r->f.seen.has_querier = true;
	r->f.seen.querier = IP4(10, 0, 0, 4);
	r->f.seen.querier_version = 2;
	leads_to(r, FINDING_HINT, "snooping", "served by unicast", "");
	/* Says a bridge of this host. */
	r = healthy();
	r->f.seen.has_mirror = false;
	r->f.wire.has_bridge = r->f.wire.snoops = true;
	memcpy(r->f.wire.name, "br0", 4);
	leads_to(r, FINDING_PROBLEM, "querier", "nobody asks",
		 "musterd -o igmp.querier=yes");
	r = healthy();
	r->f.seen.has_mirror = false;
	r->f.wire.has_bridge = r->f.wire.snoops = r->f.wire.queries = true;
	memcpy(r->f.wire.name, "br0", 4);
	leads_to(r, FINDING_HINT, "snooping", "br0 snoops", "");
	/* A bridge that floods; reports that a switch would have kept. */
	r = healthy();
	r->f.seen.has_mirror = false;
	r->f.wire.has_bridge = true;
	memcpy(r->f.wire.name, "br0", 4);
	leads_to(r, FINDING_OK, "snooping", "br0 sends", "");
	r = healthy();
	r->f.seen.has_mirror = false;
	r->f.seen.reports = 1;
	leads_to(r, FINDING_OK, "snooping", "every port", "");
	/* Nobody knows. */
	r = healthy();
	r->f.seen.has_mirror = false;
	leads_to(r, FINDING_HINT, "querier", "in 4 s",
		 "muster doctor eth0 --wait 130");
	r = healthy();
	r->f.seen.has_mirror = false;
	leads_to(r, FINDING_HINT, "snooping", "can't be seen",
		 "muster doctor eth0 --reflect");
}

static void each_way_in_which_lanes_are_lost_has_its_cause(void **state)
{
	static const struct {
		uint8_t there, back;
		enum finding_level level;
		const char *words, *command;
	} ways[] = {
		{0, 0, FINDING_PROBLEM, "storm control", ""},
		{LANE(KEPT) | LANE(FRESH), ALL, FINDING_PROBLEM,
		 "224.0.0.0/24 does not get", ""},
		{LANE(SAFE) | LANE(FRESH), ALL, FINDING_PROBLEM, "400 s ago",
		 "musterd -o igmp.querier=yes"},
		{LANE(SAFE), ALL, FINDING_PROBLEM, "does not learn", ""},
		{ALL, LANE(SAFE), FINDING_HINT, "not all of it back", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		struct room *r = healthy();

		r->f.seen.there = ways[i].there;
		r->f.seen.back = ways[i].back;
		r->f.seen.has_querier = true;
		leads_to(r, ways[i].level, "mirror", ways[i].words,
			 ways[i].command);
	}
}

int main(void)
{
#define TEST(f) cmocka_unit_test(f)
	const struct CMUnitTest tests[] = {
		TEST(a_healthy_network_has_no_findings_but_good_ones),
		TEST(an_interface_may_be_off_unplugged_or_nameless),
		TEST(an_mtu_below_that_of_roms_is_a_problem),
		TEST(a_spanning_tree_makes_machines_wait),
		TEST(another_server_is_named_with_what_to_do_about_it),
		TEST(what_a_server_sends_is_safe_to_print),
		TEST(more_than_has_room_is_left_out),
		TEST(a_port_that_is_taken_is_a_problem_unless_by_us),
		TEST(what_the_packet_filter_drops_is_named_with_its_chain),
		TEST(two_interfaces_in_one_network_need_a_loose_filter),
		TEST(a_route_is_for_others),
		TEST(what_does_not_come_back_is_dropped_here),
		TEST(snooping_and_a_querier_go_together),
		TEST(each_way_in_which_lanes_are_lost_has_its_cause),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
