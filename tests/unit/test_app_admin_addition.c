/*
 * The administrator's API for machines that nobody knows: host addition's
 * rules, who waits, who is let in, who never is.
 */
#include "engine/pending.h"
#include "model/addition.h"
#include "model/domain.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "admin_desk.h"

#define RULES               "/v1/host-addition"
#define ERROR(status, text) status " {\"error\":\"" text "\"}"
#define FAULT(text)         ERROR("400", text)

static int open_all(void **state)
{
	struct desk *d;
	int rc = open_desk(state);

	d = *state;
	d->site.n_links = 1;
	d->site.links[0] = (struct link){.index = 1, .name = "eth0"};
	return rc ? rc : pending_open(&d->site.pending, &d->purse.alloc, 1);
}

static int close_all(void **state)
{
	struct desk *d = *state;

	pending_close(d->site.pending, &d->purse.alloc);
	return close_desk(state);
}

static void asks(struct desk *d, uint8_t n, enum client_class class)
{
	const struct pending_machine m = {
		.hw = hwaddr_ethernet((uint8_t[6]){2, 0, 0, 0, 0, n}),
		.client = {.class = class, .has_arch = class == CLASS_PXE},
		.is_dhcp = class == CLASS_PXE,
		.link = 1,
		.last = d->wall};

	pending_note(d->site.pending, &m);
}

static struct addition rules_of(const struct desk *d)
{
	struct addition r;

	assert_true(addition_get(&r, d->site.directory, DOMAIN_FIRST));
	return r;
}

/* ---- host addition ------------------------------------------------------- */

static void the_rules_are_set_together_and_one_by_one(void **state)
{
	struct desk *d = *state;
	struct addition r;

	SAYS("GET", RULES, NULL,
	     "200 {\"enabled\":false,\"range\":[],\"temporary\":null,"
	     "\"bootfile\":null,\"password\":false,\"makers\":[],\"fault\":"
	     "\"there is no range of addresses for new machines\"}");
	SAYS("PATCH", RULES,
	     "{\"enabled\":true,\"range\":[\"10.0.0.9\",\"10.0.0.20\"],"
	     "\"temporary\":\"10.0.0.250\",\"bootfile\":\"mach\",\"hash\":"
	     "\"$y$x\",\"makers\":[\"0:0:f\",\"02\"]}",
	     "200 {\"enabled\":true,\"range\":[\"10.0.0.9\",\"10.0.0.20\"],"
	     "\"temporary\":\"10.0.0.250\",\"bootfile\":\"mach\","
	     "\"password\":true,\"makers\":[\"0:0:f\",\"02\"],"
	     "\"fault\":null}");
	r = rules_of(d);
	assert_true(addition_is_ready(&r));
	assert_int_equal(r.first, IP4(10, 0, 0, 9));
	assert_int_equal(r.last, IP4(10, 0, 0, 20));
	assert_int_equal(r.temporary, IP4(10, 0, 0, 250));
	assert_string_equal(r.bootfile, "mach");
	assert_string_equal(r.password, "$y$x");
	assert_string_equal(plist_value(&r.machines->props, "name"),
			    "machines");
	SAYS("PATCH", RULES,
	     "{\"enabled\":false,\"hash\":null,\"bootfile\":null,"
	     "\"makers\":null}",
	     "200 {\"enabled\":false,\"range\":[\"10.0.0.9\",\"10.0.0.20\"],"
	     "\"temporary\":\"10.0.0.250\",\"bootfile\":null,"
	     "\"password\":false,\"makers\":[],\"fault\":null}");
	r = rules_of(d);
	assert_false(r.is_enabled);
	assert_null(r.password);
}

static void what_cannot_work_is_not_switched_on(void **state)
{
	struct desk *d = *state;

	SAYS("PATCH", RULES, "{\"enabled\":true}",
	     FAULT("host addition: there is no range of addresses for new "
		   "machines"));
	SAYS("PATCH", RULES,
	     "{\"enabled\":true,\"range\":[\"10.0.0.9\",\"10.0.0.9\"]}",
	     FAULT("host addition: there is no temporary address"));
	d->settings.n_subnets = 1;
	d->settings.subnets[0] = (struct subnet){.network = IP4(10, 1, 0, 0),
						 .mask = 0xffff0000};
	SAYS("PATCH", RULES,
	     "{\"enabled\":true,\"range\":[\"10.0.0.9\",\"10.0.0.9\"],"
	     "\"temporary\":\"10.0.0.3\"}",
	     FAULT("host addition: the range is on no network that is served"));
	d->settings.dhcp = DHCP_PROXY;
	SAYS("PATCH", RULES,
	     "{\"enabled\":true,\"range\":[\"10.1.0.9\",\"10.1.0.9\"],"
	     "\"temporary\":\"10.0.0.3\"}",
	     FAULT("host addition: this server gives no addresses: dhcp is not "
		   "full"));
	assert_false(rules_of(d).is_enabled);
	assert_int_equal(rules_of(d).first, 0);
}

static void rules_that_are_none_are_refused(void **state)
{
	static const char *const wrong[][2] = {
		{"{\"enabled\":1}", "enabled: is neither true nor false"},
		{"{\"range\":\"10.0.0.1\"}",
		 "range: is not a first and a last address"},
		{"{\"range\":[\"10.0.0.1\",\"x\"]}",
		 "range: is not a first and a last address"},
		{"{\"range\":[\"10.0.0.2\",\"10.0.0.1\"]}",
		 "range: ends before it begins, or is longer than 65536 "
		 "addresses"},
		{"{\"range\":[\"10.0.0.0\",\"10.1.0.0\"]}",
		 "range: ends before it begins, or is longer than 65536 "
		 "addresses"},
		{"{\"temporary\":\"255.255.255.255\"}",
		 "temporary: is no IP address"},
		{"{\"temporary\":null}", "temporary: is no IP address"},
		{"{\"bootfile\":\"\"}", "bootfile: is no text"},
		{"{\"hash\":\"a b\"}", "hash: has blanks"},
		{"{\"makers\":[\"0:0:\"]}",
		 "makers: is not the beginning of a hardware address"},
		{"{\"makers\":[\"0:0:0:0:0:0:0\"]}",
		 "makers: is not the beginning of a hardware address"},
		{"{\"makers\":\"0\"}", "makers: is no list of up to 64"},
		{"{\"colour\":\"red\"}", "colour: there is no such rule"},
	};
	char want[256];

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		snprintf(want, sizeof(want), ERROR("400", "%s"), wrong[i][1]);
		SAYS("PATCH", RULES, wrong[i][0], want);
	}
	SAYS("PATCH", RULES, NULL, FAULT("host addition: what is it to be?"));
}

/* ---- who waits ----------------------------------------------------------- */

#define PXE                                                                    \
	"{\"mac\":\"02:00:00:00:00:07\",\"by\":\"dhcp\",\"class\":\"PXE\","    \
	"\"arch\":\"x86 BIOS\",\"interface\":\"eth0\",\"relay\":null,"         \
	"\"domain\":\"/\",\"first\":1000000,\"last\":1000000,\"asked\":1}"

static void who_waits_is_listed_until_it_is_known_or_denied(void **state)
{
	struct desk *d = *state;

	SAYS("GET", "/v1/pending", NULL, "200 {\"pending\":[]}");
	asks(d, 7, CLASS_PXE);
	asks(d, 8, CLASS_NEXT);
	asks(d, 9, CLASS_PLAIN);
	SAYS("POST", "/v1/pending/2-0-0-0-0-8",
	     "{\"name\":\"wanda\",\"ip_address\":\"10.0.0.9\"}",
	     "201 {\"name\":\"wanda\",\"id\":6,\"instance\":1,"
	     "\"properties\":{\"name\":[\"wanda\"],\"ip_address\":[\"10.0.0.9\""
	     "],\"en_address\":[\"02:00:00:00:00:08\"]}}");
	SAYS("PUT", "/v1/denied/02:00:00:00:00:09", NULL,
	     "200 {\"mac\":\"02:00:00:00:00:09\"}");
	SAYS("GET", "/v1/pending", NULL, "200 {\"pending\":[" PXE "]}");
	SAYS("POST", "/v1/pending/02:00:00:00:00:07", NULL,
	     "201 {\"name\":\"m020000000007\",\"id\":7,\"instance\":1,"
	     "\"properties\":{\"name\":[\"m020000000007\"],"
	     "\"en_address\":[\"02:00:00:00:00:07\"]}}");
	SAYS("GET", "/v1/pending", NULL, "200 {\"pending\":[]}");
	/* one that was denied can be let in */
	SAYS("POST", "/v1/pending/02:00:00:00:00:09", "{\"name\":\"nine\"}",
	     "201 {\"name\":\"nine\",\"id\":8,\"instance\":1,\"properties\":"
	     "{\"name\":[\"nine\"],\"en_address\":[\"02:00:00:00:00:09\"]}}");
}

static const struct entry *machine_of(struct desk *d, const char *domain,
				      const char *name)
{
	uint32_t id = domain_find(d->site.directory, domain);
	const struct entry *e = machine_by_name(d->site.directory, id, name);

	return e && e->domain == id ? e : NULL;
}

static void a_machine_is_let_in_or_denied_where_it_asks(void **state)
{
	struct desk *d = *state;
	struct hwaddr nine = hwaddr_ethernet((uint8_t[6]){2, 0, 0, 0, 0, 9});

	ask(d, "POST", "/v1/domains", "{\"path\":\"/boston\"}");
	ask(d, "POST", "/v1/domains", "{\"path\":\"/austin\"}");
	d->site.links[0].ip = IP4(10, 0, 0, 1);
	d->settings.n_subnets = 1;
	d->settings.subnets[0] = (struct subnet){.network = IP4(10, 0, 0, 0),
						 .mask = 0xffffff00,
						 .directory = "/boston"};
	asks(d, 8, CLASS_NEXT);
	asks(d, 9, CLASS_NEXT);
	asks(d, 10, CLASS_NEXT);
	ask(d, "POST", "/v1/pending/2:0:0:0:0:8", "{\"name\":\"wanda\"}");
	assert_non_null(machine_of(d, "/boston", "wanda"));
	assert_null(machine_of(d, "/", "wanda"));
	ask(d, "PUT", "/v1/denied/2:0:0:0:0:9", NULL);
	assert_true(site_denies(
		&d->site, domain_find(d->site.directory, "/boston"), &nine));
	assert_false(site_denies(&d->site, DOMAIN_FIRST, &nine));
	/* Unless somebody says where. */
	d->domain = "/austin";
	ask(d, "POST", "/v1/pending/2:0:0:0:0:a", "{\"name\":\"peter\"}");
	assert_non_null(machine_of(d, "/austin", "peter"));
}

static void who_did_not_ask_is_not_let_in(void **state)
{
	struct desk *d = *state;

	asks(d, 7, CLASS_PXE);
	SAYS("POST", "/v1/pending/02:00:00:00:00:08", NULL,
	     ERROR("404", "02:00:00:00:00:08: no such machine has asked"));
	SAYS("POST", "/v1/pending/eight", NULL,
	     FAULT("`eight' is no hardware address"));
	SAYS("POST", "/v1/pending/02:00:00:00:00:07", "{\"name\":\"a b\"}",
	     FAULT("`a b' is no name for a machine: letters, digits, - . and "
		   "_, 63 at most"));
	SAYS("POST", "/v1/machines",
	     "{\"name\":\"wendy\",\"en_address\":\"02:00:00:00:00:07\"}",
	     "201 {\"name\":\"wendy\",\"id\":6,\"instance\":1,\"properties\":"
	     "{\"name\":[\"wendy\"],\"en_address\":[\"02:00:00:00:00:07\"]}}");
	SAYS("POST", "/v1/pending/02:00:00:00:00:07", NULL,
	     ERROR("409", "02:00:00:00:00:07 is machine wendy already"));
}

static void without_a_server_nobody_knows_who_waits(void **state)
{
	struct desk *d = *state;

	pending_close(d->site.pending, &d->purse.alloc);
	d->site.pending = NULL;
	SAYS("GET", "/v1/pending", NULL,
	     ERROR("503", "who waits is known to a musterd that runs, and none "
			  "does"));
	SAYS("POST", "/v1/pending/02:00:00:00:00:07", "{\"name\":\"seven\"}",
	     "201 {\"name\":\"seven\",\"id\":6,\"instance\":1,\"properties\":"
	     "{\"name\":[\"seven\"],\"en_address\":[\"02:00:00:00:00:07\"]}}");
}

static void who_is_denied_is_remembered_once(void **state)
{
	struct desk *d = *state;
	struct addition r;
	struct hwaddr hw = hwaddr_ethernet((uint8_t[6]){2, 0, 0, 0, 0, 7});

	SAYS("PUT", "/v1/denied/2:0:0:0:0:7", NULL,
	     "200 {\"mac\":\"02:00:00:00:00:07\"}");
	SAYS("PUT", "/v1/denied/02-00-00-00-00-07", NULL,
	     "200 {\"mac\":\"02:00:00:00:00:07\"}");
	SAYS("PUT", "/v1/denied/2:0:0:0:0:8", NULL,
	     "200 {\"mac\":\"02:00:00:00:00:08\"}");
	SAYS("GET", "/v1/denied", NULL,
	     "200 {\"denied\":[\"02:00:00:00:00:07\",\"02:00:00:00:00:08\"]}");
	r = rules_of(d);
	assert_true(addition_denies(&r, &hw));
	SAYS("DELETE", "/v1/denied/2:0:0:0:0:7", NULL,
	     "200 {\"mac\":\"02:00:00:00:00:07\"}");
	SAYS("DELETE", "/v1/denied/2:0:0:0:0:7", NULL,
	     ERROR("404", "2:0:0:0:0:7 is not denied"));
	SAYS("DELETE", "/v1/denied/2:0:0:0:0:8", NULL,
	     "200 {\"mac\":\"02:00:00:00:00:08\"}");
	SAYS("GET", "/v1/denied", NULL, "200 {\"denied\":[]}");
	r = rules_of(d);
	assert_false(addition_denies(&r, &hw));
	SAYS("POST", "/v1/machines",
	     "{\"name\":\"wendy\",\"en_address\":\"02:00:00:00:00:07\"}",
	     "201 {\"name\":\"wendy\",\"id\":6,\"instance\":1,\"properties\":"
	     "{\"name\":[\"wendy\"],\"en_address\":[\"02:00:00:00:00:07\"]}}");
	SAYS("PUT", "/v1/denied/2:0:0:0:0:7", NULL,
	     ERROR("409", "2:0:0:0:0:7 is machine wendy: remove that first"));
}

static void so_many_can_be_denied_and_no_more(void **state)
{
	char path[64];

	for (unsigned i = 0; i < ADDITION_DENIED_MOST; i++) {
		snprintf(path, sizeof(path), "/v1/denied/2:0:0:0:%x:%x", i >> 8,
			 i & 255);
		ask(*state, "PUT", path, NULL);
	}
	SAYS("PUT", "/v1/denied/2:1:0:0:0:0", NULL,
	     ERROR("507", "1024 machines are denied already: undeny some"));
	SAYS("PUT", "/v1/denied/2:0:0:0:0:0", NULL,
	     "200 {\"mac\":\"02:00:00:00:00:00\"}");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, open_all, close_all)
	const struct CMUnitTest tests[] = {
		TEST(the_rules_are_set_together_and_one_by_one),
		TEST(what_cannot_work_is_not_switched_on),
		TEST(rules_that_are_none_are_refused),
		TEST(who_waits_is_listed_until_it_is_known_or_denied),
		TEST(who_did_not_ask_is_not_let_in),
		TEST(a_machine_is_let_in_or_denied_where_it_asks),
		TEST(without_a_server_nobody_knows_who_waits),
		TEST(who_is_denied_is_remembered_once),
		TEST(so_many_can_be_denied_and_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
