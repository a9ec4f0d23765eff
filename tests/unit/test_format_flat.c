/*
 * The flat files of /etc that NetInfo held: read and written.
 */
#include "model/format.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "draft_desk.h"

static int open_all(void **state)
{
	*state = calloc(1, sizeof(struct draft_desk));
	return *state ? 0 : -1;
}

static int close_all(void **state)
{
	free(*state);
	return 0;
}

static void passwd_has_seven_fields(void **state)
{
	static const char text[] = "root:*:0:1:Operator:/:/bin/csh\n"
				   "me::20:20:My Account:/me:\n";

	READS("passwd", text,
	      "  name: users\n"
	      "    name: root; passwd: *; uid: 0; gid: 1; realname: Operator; "
	      "home: /; shell: /bin/csh\n"
	      "    name: me; uid: 20; gid: 20; realname: My Account; home: "
	      "/me\n");
	WRITES("passwd", text, "passwd", text);
	READS("passwd", "# none\n+::0:0:::\n",
	      "  name: users\n"
	      "2! passwd: `+::0:0:::' is for NIS: passed over\n");
	REFUSES("passwd", "a:b:c\n", 1, "passwd: `a:b:c' has not 7 fields");
	REFUSES("passwd", "a:::::::\n", 1,
		"passwd: `a:::::::' has not 7 fields");
	REFUSES("passwd", ":*:0:0:::\n", 1, "passwd: `:*:0:0:::' has no name");
	REFUSES("passwd", "a:*:0:0:::\n\na:*:1:1:::\n", 3,
		"passwd: `a' is there twice");
}

static void group_has_users(void **state)
{
	static const char text[] = "wheel:*:0:root,me\nother::20:\n";

	READS("group", text,
	      "  name: groups\n"
	      "    name: wheel; passwd: *; gid: 0; users: root, me\n"
	      "    name: other; gid: 20\n");
	WRITES("group", text, "group", text);
	REFUSES("group", "a:b\n", 1, "group: `a:b' has not 4 fields");
}

static void services_of_one_port_are_one(void **state)
{
	static const char text[] = "domain\t53/tcp nameserver\n"
				   "domain\t53/udp nameserver\n"
				   "exec\t512/tcp\n"
				   "exec\t5120/tcp\n";

	READS("services", text,
	      "  name: services\n"
	      "    name: domain, nameserver; port: 53; protocol: tcp, udp\n"
	      "    name: exec; port: 512; protocol: tcp\n"
	      "    name: exec; port: 5120; protocol: tcp\n");
	WRITES("services", text, "services", text);
	/* Words are bytes: those of other letters, too. */
	WRITES("services", "k\303\244se\t99/tcp\n", "services",
	       "k\303\244se\t99/tcp\n");
	REFUSES("services", "domain 53\n", 1,
		"services: `53' is not PORT/PROTOCOL, such as 53/udp");
	REFUSES("services", "domain\n", 1,
		"services: `domain' has nothing behind it");
}

static void names_and_numbers(void **state)
{
	static const char nets[] = "loopback\t127 loop\nlab\t10.0.0\n";

	READS("networks", nets,
	      "  name: networks\n"
	      "    name: loopback, loop; address: 127\n"
	      "    name: lab; address: 10.0.0\n");
	WRITES("networks", nets, "networks", nets);
	WRITES("protocols", "icmp 1 ICMP # control\nudp 17 UDP\n", "protocols",
	       "icmp\t1 ICMP\nudp\t17 UDP\n");
	READS("rpc", "portmapper 100000 portmap sunrpc\n",
	      "  name: rpcs\n"
	      "    name: portmapper, portmap, sunrpc; number: 100000\n");
	REFUSES("rpc", "a 1\nA 2\n", 2, "rpc: `A' is there twice");
}

static void aliases_go_on(void **state)
{
	static const char text[] = "# mail\n"
				   "all: me,\"you, too\" ,\n"
				   "  wendy@lab\n"
				   "MAILER-DAEMON: root\n"
				   "none:\n";

	READS("aliases", text,
	      "  name: aliases\n"
	      "    name: all; members: me, \"you, too\", wendy@lab\n"
	      "    name: MAILER-DAEMON; members: root\n"
	      "    name: none; members:\n");
	WRITES("aliases", text, "aliases",
	       "all: me, \"you, too\", wendy@lab\n"
	       "MAILER-DAEMON: root\n"
	       "none:\n");
	REFUSES("aliases", "a b\n", 1,
		"aliases: `a b' has no colon behind a name");
	REFUSES("aliases", "  a\n", 1,
		"aliases: `a' goes on, but there is no alias yet");
}

static void fstab_has_options(void **state)
{
	READS("fstab", "home:/Users /Net nfs rw,bg 0 0\n/dev/sd0a / 4.3\n",
	      "  name: mounts\n"
	      "    name: home:/Users; dir: /Net; type: nfs; opts: rw, bg; "
	      "freq: 0; passno: 0\n"
	      "    name: /dev/sd0a; dir: /; type: 4.3\n");
	WRITES("fstab", "home:/Users /Net nfs rw,bg 0 2\n/dev/sd0a / 4.3\n",
	       "fstab",
	       "home:/Users\t/Net\tnfs\trw,bg\t0\t2\n"
	       "/dev/sd0a\t/\t4.3\trw\t0\t0\n");
	WRITES("netinfo",
	       "{CHILDREN=({name=mounts;CHILDREN=({name=a;dir=\"/b\";"
	       "vfstype=ufs;dump_freq=3;})})}",
	       "fstab", "a\t/b\tufs\trw\t3\t0\n");
	REFUSES("fstab", "a\n", 1, "fstab: `a' has no directory behind it");
	REFUSES("fstab", "a /b\nc /b\n", 2,
		"fstab: `/b' is mounted upon twice");
}

static void printcap_has_capabilities(void **state)
{
	static const char text[] = "lp|Local printer: \\\n"
				   "\t:lp=/dev/lp: \\\n"
				   "\t:pw#132: \\\n"
				   "\t:sf:\n"
				   "# none\n"
				   "far:rm=wizard:rp=:\n";

	READS("printcap", text,
	      "  name: printers\n"
	      "    name: lp, Local printer; lp: /dev/lp; pw: #132; sf:\n"
	      "    name: far; rm: wizard; rp: \n");
	WRITES("printcap", text, "printcap",
	       "lp|Local printer: \\\n"
	       "\t:lp=/dev/lp: \\\n"
	       "\t:pw#132: \\\n"
	       "\t:sf:\n"
	       "far: \\\n"
	       "\t:rm=wizard: \\\n"
	       "\t:rp=:\n");
	REFUSES("printcap", ":x:\n", 1, "printcap: `:x:' has no name");
}

/* Two printers that share a second name would be one name twice. */
static void no_other_name_stands_for_a_printers_first(void **state)
{
	struct draft_desk *k = *state;

	assert_true(
		desk_read(k, "printcap", "a\\1|lp:x:\nb\\2|lp:\nc|d\\e:\n"));
	assert_string_equal(desk_write(k, "printcap"), "c:\n");
	assert_string_equal(
		strstr(desk_show(k), "0!"),
		"0! a\\1: name: can't begin a line, so it is not in the file\n"
		"0! b\\2: name: can't begin a line, so it is not in the file\n"
		"0! c: name: a name that has no place\n");
	desk_done(k);
}

static void what_a_field_cannot_hold_is_said(void **state)
{
	struct draft_desk *k = *state;

	assert_true(desk_read(k, "netinfo",
			      "{CHILDREN=({name=users;CHILDREN=({"
			      "name=(a,b);passwd;home=\"x:y\";shell=(1,2);}"
			      ")})}"));
	assert_string_equal(desk_write(k, "passwd"), "a::::::1\n");
	assert_string_equal(
		strstr(desk_show(k), "0!"),
		"0! a: name: only the first value has a place\n"
		"0! a: passwd: no value is the same as absent there\n"
		"0! a: home: a value that a field can't hold\n"
		"0! a: shell: only the first value has a place\n");
	desk_done(k);
}

static void a_password_that_does_not_fit_lets_nobody_in(void **state)
{
	struct draft_desk *k = *state;

	assert_true(desk_read(k, "netinfo",
			      "{CHILDREN=({name=users;CHILDREN=({"
			      "name=a;passwd=\"x:y\";uid=5;}"
			      ")},{name=groups;CHILDREN=({"
			      "name=g;passwd=\"x\ny\";gid=5;})})}"));
	assert_string_equal(desk_write(k, "passwd"), "a:*:5::::\n");
	assert_string_equal(desk_write(k, "group"), "g:*:5:\n");
	assert_string_equal(strstr(desk_show(k), "0!"),
			    "0! a: passwd: a value that a field can't hold\n"
			    "0! g: passwd: a value that a field can't hold\n");
	desk_done(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(passwd_has_seven_fields),
		cmocka_unit_test(group_has_users),
		cmocka_unit_test(services_of_one_port_are_one),
		cmocka_unit_test(names_and_numbers),
		cmocka_unit_test(aliases_go_on),
		cmocka_unit_test(fstab_has_options),
		cmocka_unit_test(printcap_has_capabilities),
		cmocka_unit_test(no_other_name_stands_for_a_printers_first),
		cmocka_unit_test(what_a_field_cannot_hold_is_said),
		cmocka_unit_test(a_password_that_does_not_fit_lets_nobody_in),
	};

	return cmocka_run_group_tests(tests, open_all, close_all);
}
