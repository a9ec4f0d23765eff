/*
 * Rule sets as nft 1.0.6 lists them, and what becomes of a boot server's
 * packets.
 */
#include "app/firewall.h"

#include "base/addr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CHAIN(name, hook, policy)                                              \
	"{\"chain\":{\"family\":\"inet\",\"table\":\"filter\",\"name\":"       \
	"\"" name "\",\"type\":\"filter\",\"hook\":\"" hook                    \
	"\",\"prio\":0,\"policy\":\"" policy "\"}}"
#define RULE(chain, expr)                                                      \
	",{\"rule\":{\"family\":\"inet\",\"table\":\"filter\",\"chain\":"      \
	"\"" chain "\",\"expr\":[" expr "]}}"
#define MATCH(op, left, right)                                                 \
	"{\"match\":{\"op\":\"" op "\",\"left\":" left ",\"right\":" right "}" \
	"}"                                                                    \
	","
#define PAYLOAD(protocol, field)                                               \
	"{\"payload\":{\"protocol\":\"" protocol "\",\"field\":\"" field "\"}" \
	"}"
#define META(key) "{\"meta\":{\"key\":\"" key "\"}}"
#define DPORT     PAYLOAD("udp", "dport")
#define ACCEPTED  "{\"accept\":null}"
#define DROPPED   "{\"drop\":null}"

static const struct fw_packet tftp = {.interface = "eth0",
				      .protocol = 17,
				      .from = IP4(10, 0, 0, 7),
				      .to = IP4(10, 0, 0, 1),
				      .sport = 2000,
				      .dport = 69};
static const struct fw_packet train = {.is_out = true,
				       .interface = "eth0",
				       .protocol = 17,
				       .from = IP4(10, 0, 0, 1),
				       .to = IP4(239, 255, 1, 1),
				       .sport = 10000,
				       .dport = 10000};
static const struct fw_packet query = {.interface = "eth0",
				       .protocol = 2,
				       .from = IP4(10, 0, 0, 1),
				       .to = IP4(224, 0, 0, 1)};

static struct fw_verdict judge(const char *objects, const struct fw_packet *p)
{
	char text[4096];
	struct fw_verdict v;
	json_error_t e;
	json_t *rules;

	snprintf(text, sizeof(text), "{\"nftables\":[%s]}", objects);
	rules = json_loads(text, 0, &e);
	if (!rules)
		fail_msg("%s at %d: %s", e.text, e.position, text);
	firewall_judge(rules, p, &v);
	json_decref(rules);
	return v;
}

static enum fw_fate fate(const char *objects, const struct fw_packet *p)
{
	return judge(objects, p).fate;
}

#define IN(policy, rules) CHAIN("input", "input", policy) rules

static void an_empty_rule_set_drops_nothing(void **state)
{
	(void)state;
	assert_int_equal(fate("", &tftp), FW_PASSES);
	assert_int_equal(fate(IN("accept", ""), &tftp), FW_PASSES);
}

static void a_policy_drops_what_no_rule_accepts(void **state)
{
	struct fw_verdict v = judge(IN("drop", ""), &tftp);

	(void)state;
	assert_int_equal(v.fate, FW_DROPS);
	assert_string_equal(v.family, "inet");
	assert_string_equal(v.table, "filter");
	assert_string_equal(v.chain, "input");
	assert_string_equal(v.hook, "input");
	assert_int_equal(fate(IN("drop", ""), &train), FW_PASSES);
	assert_int_equal(fate(IN("drop", RULE("input", MATCH("==", DPORT, "69")
							       ACCEPTED)),
			      &tftp),
			 FW_PASSES);
	assert_int_equal(fate(IN("drop", RULE("input", MATCH("==", DPORT, "67")
							       ACCEPTED)),
			      &tftp),
			 FW_DROPS);
}

/* What a rule matches, and what becomes of our request for a file. */
static const struct {
	const char *match;
	enum fw_fate fate;
} rules[] = {
	{MATCH("==", DPORT, "{\"set\":[67,69]}"), FW_DROPS},
	{MATCH("==", DPORT, "{\"set\":[67,{\"range\":[70,80]}]}"), FW_PASSES},
	{MATCH("==", DPORT, "{\"range\":[60,70]}"), FW_DROPS},
	{MATCH("!=", DPORT, "69"), FW_PASSES},
	{MATCH("!=", DPORT, "{\"set\":[22,53]}"), FW_DROPS},
	{MATCH("<", DPORT, "1024"), FW_DROPS},
	{MATCH(">", DPORT, "69"), FW_PASSES},
	{MATCH(">=", DPORT, "69"), FW_DROPS},
	{MATCH("<=", DPORT, "68"), FW_PASSES},
	{MATCH("==", DPORT, "\"tftp\""), FW_DROPS},
	{MATCH("==", PAYLOAD("th", "dport"), "69"), FW_DROPS},
	{MATCH("==", PAYLOAD("tcp", "dport"), "69"), FW_PASSES},
	{MATCH("==", PAYLOAD("ip6", "saddr"), "\"fe80::1\""), FW_PASSES},
	{MATCH("==", PAYLOAD("ip", "saddr"), "\"10.0.0.7\""), FW_DROPS},
	{MATCH("==", PAYLOAD("ip", "saddr"),
	       "{\"prefix\":{\"addr\":\"10.0.0.0\",\"len\":8}}"),
	 FW_DROPS},
	{MATCH("==", PAYLOAD("ip", "daddr"),
	       "{\"prefix\":{\"addr\":\"224.0.0.0\",\"len\":4}}"),
	 FW_PASSES},
	{MATCH("==", PAYLOAD("ip", "daddr"),
	       "{\"prefix\":{\"addr\":\"0.0.0.0\",\"len\":0}}"),
	 FW_DROPS},
	{MATCH("==", PAYLOAD("ip", "protocol"), "\"udp\""), FW_DROPS},
	{MATCH("==", META("l4proto"), "{\"set\":[\"tcp\",\"udp\"]}"), FW_DROPS},
	{MATCH("==", META("iifname"), "\"eth0\""), FW_DROPS},
	{MATCH("==", META("iifname"), "\"eth*\""), FW_DROPS},
	{MATCH("==", META("iif"), "\"lo\""), FW_PASSES},
	{MATCH("==", META("oifname"), "\"eth0\""), FW_PASSES},
	{MATCH("==", META("pkttype"), "\"multicast\""), FW_PASSES},
	{MATCH("==", META("pkttype"), "\"host\""), FW_DROPS},
	{MATCH("in", "{\"ct\":{\"key\":\"state\"}}",
	       "[\"established\",\"related\"]"),
	 FW_PASSES},
	{MATCH("in", "{\"ct\":{\"key\":\"state\"}}", "\"new\""), FW_DROPS},
	/* What is not understood may match. */
	{MATCH("==", META("mark"), "1"), FW_MAY_DROP},
	{MATCH("==", DPORT, "\"@ports\""), FW_MAY_DROP},
	{MATCH("==", "{\"fib\":{}}", "\"local\""), FW_MAY_DROP},
	{MATCH("==", META("mark"), "1") MATCH("==", DPORT, "70"), FW_PASSES},
	{"{\"limit\":{\"rate\":5,\"per\":\"second\"}},", FW_MAY_DROP},
	{"{\"xt\":null},", FW_MAY_DROP},
	{"{\"counter\":{\"packets\":0,\"bytes\":0}},", FW_DROPS},
};

static void conditions_are_understood(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		char text[2048];

		snprintf(text, sizeof(text),
			 CHAIN("input", "input",
			       "accept") ",{\"rule\":{\"family\":\"inet\","
					 "\"table\":\"filter\",\"chain\":"
					 "\"input\",\"expr\":[%s" DROPPED "]}}",
			 rules[i].match);
		if (fate(text, &tftp) != rules[i].fate)
			fail_msg("%s", rules[i].match);
	}
}

static void the_first_rule_that_decides_counts(void **state)
{
	(void)state;
	assert_int_equal(fate(IN("accept", RULE("input", ACCEPTED)
						   RULE("input", DROPPED)),
			      &tftp),
			 FW_PASSES);
	assert_int_equal(fate(IN("accept", RULE("input", "{\"reject\":null}")
						   RULE("input", ACCEPTED)),
			      &tftp),
			 FW_DROPS);
	/* A perhaps, and then a certainty. */
	assert_int_equal(fate(IN("drop", RULE("input", MATCH("==", META("mark"),
							     "1") ACCEPTED)),
			      &tftp),
			 FW_MAY_DROP);
}

static void jumps_come_back_and_gotos_do_not(void **state)
{
#define JUMP(how) "{\"" how "\":{\"target\":\"lan\"}}"
#define LAN                                                                    \
	",{\"chain\":{\"family\":\"inet\",\"table\":\"filter\",\"name\":"      \
	"\"lan\"}}"
	(void)state;
	assert_int_equal(fate(IN("drop", LAN RULE("input", JUMP("jump")) RULE(
						 "lan", MATCH("==", DPORT, "69")
								ACCEPTED)),
			      &tftp),
			 FW_PASSES);
	assert_int_equal(fate(IN("accept", LAN RULE("input", JUMP("jump"))
						   RULE("input", DROPPED) RULE(
							   "lan", "{\"return\":"
								  "null}")),
			      &tftp),
			 FW_DROPS);
	assert_int_equal(fate(IN("accept", LAN RULE("input", JUMP("goto"))
						   RULE("input", DROPPED)),
			      &tftp),
			 FW_PASSES);
	/* A circle, which the kernel would not take, has an end. */
	assert_int_equal(fate(IN("accept", LAN RULE("input", JUMP("jump"))
						   RULE("lan", JUMP("jump"))),
			      &tftp),
			 FW_PASSES);
}

static void maps_and_named_sets_are_looked_up(void **state)
{
#define VMAP(key, pairs)                                                       \
	"{\"vmap\":{\"key\":" key ",\"data\":{\"set\":[" pairs "]}}}"
	(void)state;
	assert_int_equal(
		fate(IN("accept",
			RULE("input", VMAP("{\"ct\":{\"key\":\"state\"}}",
					   "[\"invalid\"," DROPPED "],"
					   "[\"established\"," ACCEPTED "]"))),
		     &tftp),
		FW_PASSES);
	assert_int_equal(
		fate(IN("accept",
			RULE("input", VMAP(DPORT, "[69," DROPPED "]"))),
		     &tftp),
		FW_DROPS);
	assert_int_equal(
		fate(IN("accept",
			RULE("input", VMAP(META("mark"), "[1," DROPPED "]"))),
		     &tftp),
		FW_MAY_DROP);
	assert_int_equal(
		fate(IN("drop",
			",{\"set\":{\"family\":\"inet\",\"table\":\"filter\","
			"\"name\":\"ports\",\"elem\":[22,69]}}" RULE(
				"input",
				MATCH("==", DPORT, "\"@ports\"") ACCEPTED)),
		     &tftp),
		FW_PASSES);
}

static void each_packet_has_its_own_hooks(void **state)
{
	static const char igmp[] =
		IN("drop", RULE("input", MATCH("==", PAYLOAD("ip", "protocol"),
					       "\"igmp\"") ACCEPTED));

	(void)state;
	assert_int_equal(fate(CHAIN("o", "output", "drop"), &train), FW_DROPS);
	assert_int_equal(fate(CHAIN("o", "output", "drop"), &tftp), FW_PASSES);
	assert_int_equal(fate(CHAIN("f", "forward", "drop"), &tftp), FW_PASSES);
	assert_int_equal(fate(CHAIN("p", "prerouting", "drop"), &tftp),
			 FW_DROPS);
	assert_int_equal(fate(igmp, &query), FW_PASSES);
	assert_int_equal(fate(igmp, &tftp), FW_DROPS);
	assert_int_equal(
		fate("{\"chain\":{\"family\":\"netdev\",\"table\":\"t\","
		     "\"name\":\"c\",\"hook\":\"ingress\",\"dev\":\"eth1\","
		     "\"policy\":\"drop\"}}",
		     &tftp),
		FW_PASSES);
	assert_int_equal(
		fate("{\"chain\":{\"family\":\"netdev\",\"table\":\"t\","
		     "\"name\":\"c\",\"hook\":\"ingress\",\"dev\":\"eth0\","
		     "\"policy\":\"drop\"}}",
		     &tftp),
		FW_DROPS);
	assert_int_equal(
		fate("{\"chain\":{\"family\":\"ip6\",\"table\":\"t\","
		     "\"name\":\"c\",\"hook\":\"input\",\"policy\":\"drop\"}}",
		     &tftp),
		FW_PASSES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_rule_set_drops_nothing),
		cmocka_unit_test(a_policy_drops_what_no_rule_accepts),
		cmocka_unit_test(conditions_are_understood),
		cmocka_unit_test(the_first_rule_that_decides_counts),
		cmocka_unit_test(jumps_come_back_and_gotos_do_not),
		cmocka_unit_test(maps_and_named_sets_are_looked_up),
		cmocka_unit_test(each_packet_has_its_own_hooks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
