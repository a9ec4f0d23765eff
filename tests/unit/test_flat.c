/*
 * Lines of /etc and of NIS maps as entries.
 */
#include "model/flat.h"

#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void tell(char *to, size_t room, const struct plist *pl)
{
	struct rd r = rd_over(pl->bytes, pl->len);
	struct text t = text_over(to, room);
	struct property p;

	while (plist_next(&r, &p)) {
		text_add(&t, t.len ? ";" : "");
		text_add(&t, p.name);
		for (unsigned v = 0; v < p.n; v++) {
			text_add(&t, v ? "," : "=");
			text_add(&t, property_value(&p, v));
		}
	}
}

/* All entries of a text, one a line; what is none is left out. */
static void expect(enum lookup_category c, const char *text, const char *wanted)
{
	char line[FLAT_LINE], said[1024];
	uint8_t room[2048];
	struct span rest = span_of(text), l;
	struct text all = text_over(said, sizeof said);

	while (flat_next(c, &rest, line, &l)) {
		struct plist_out o = plist_begin(room, sizeof room);
		char one[512];
		struct plist p;

		if (!flat_parse(c, l, &o) || !plist_end(&o, &p))
			continue;
		assert_true(plist_is_sound(&p));
		tell(one, sizeof one, &p);
		text_add(&all, one);
		text_add(&all, "\n");
	}
	assert_string_equal(said, wanted);
}

static void lines_with_colons_are_users_and_groups(void **state)
{
	(void)state;
	expect(LOOKUP_USERS,
	       "# comment\nann:x:501:20:Ann #1:/home/ann:/bin/csh\n+::::::\n"
	       "bad:x:y:1:::\nbob::502:20:::\n",
	       "name=ann;passwd=x;uid=501;gid=20;realname=Ann #1;"
	       "home=/home/ann;shell=/bin/csh\n"
	       "name=bob;passwd;uid=502;gid=20;realname;home;shell\n");
	expect(LOOKUP_GROUPS, "staff:*:20:ann,bob\nnone:*:21:\n-x:::\n",
	       "name=staff;passwd=*;gid=20;users=ann,bob\n"
	       "name=none;passwd=*;gid=21;users\n");
}

static void lines_with_words_are_the_others(void **state)
{
	(void)state;
	expect(LOOKUP_HOSTS, "10.0.0.7 wendy mail # hers\n::1 six\n10.0.0.8\n",
	       "name=wendy,mail;ip_address=10.0.0.7\n");
	expect(LOOKUP_ETHERS, "0:0:f:0:7:5a\twendy\nx wendy\n",
	       "name=wendy;en_address=0:0:f:0:7:5a\n");
	expect(LOOKUP_NETWORKS, "lab 10.0.1 testnet\nlab\n",
	       "name=lab,testnet;address=10.0.1\n");
	expect(LOOKUP_SERVICES, "domain 53/udp dns\ndomain 53\n",
	       "name=domain,dns;port=53;protocol=udp\n");
	expect(LOOKUP_PROTOCOLS, "tcp 6 TCP\n", "name=tcp,TCP;number=6\n");
	expect(LOOKUP_RPCS, "portmapper 100000 sunrpc\n",
	       "name=portmapper,sunrpc;number=100000\n");
	expect(LOOKUP_MOUNTS, "wizard:/usr /usr nfs ro,hard 0 0\nx\n",
	       "name=wizard:/usr;dir=/usr;type=nfs;opts=ro,hard;freq=0;"
	       "passno=0\n");
}

static void some_lines_go_on(void **state)
{
	(void)state;
	expect(LOOKUP_BOOTPARAMS,
	       "wendy root=wizard:/x \\\n\tswap=wizard:/s\nmoira\n",
	       "name=wendy;bootparams=root=wizard:/x,swap=wizard:/s\n"
	       "name=moira;bootparams\n");
	expect(LOOKUP_PRINTERS, "lp|laser:sd=/var/spool:\\\n\t:mx#0:sh:\n",
	       "name=lp,laser;sd=/var/spool;mx=#0;sh\n");
	expect(LOOKUP_ALIASES, "# no\npostmaster: ann,\n\tbob\nroot:ann\n",
	       "name=postmaster;members=ann,bob\nname=root;members=ann\n");
	expect(LOOKUP_ALIASES, "all: me,\"you, too\" ,\n",
	       "name=all;members=me,\"you, too\"\n");
	expect(LOOKUP_NETGROUPS, "t (wendy,,) \\\n (moira,,)\n",
	       "name=t;members=(wendy,,),(moira,,)\n");
	expect(LOOKUP_BOOTPARAMS, "wendy \\", "name=wendy;bootparams\n");
	expect(LOOKUP_USERS, "", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_with_colons_are_users_and_groups),
		cmocka_unit_test(lines_with_words_are_the_others),
		cmocka_unit_test(some_lines_go_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
