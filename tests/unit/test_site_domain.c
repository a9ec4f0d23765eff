/*
 * Two subnets of one server, each with a domain of its own under "/": what a
 * machine is told, it is told from its own domain upwards.
 */
#include "model/addition.h"
#include "stage/bootp_world.h"
#include "wire/bootp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "changes.h"

#define NEAR(n) IP4(10, 0, 0, n)
#define FAR(n)  IP4(10, 1, 0, n)

struct scene {
	struct world w;
	struct made made;
	uint32_t boston, austin; /* their machines' directories are next */
};

static uint32_t put(struct scene *s, enum change_kind kind, uint32_t domain,
		    uint32_t parent, const char *text)
{
	struct directory *d = s->w.site.directory;
	uint32_t id = directory_next_id(d);

	entry_put(&s->made, id, parent, 1, text);
	s->made.c.kind = kind;
	s->made.c.domain = domain;
	assert_int_equal(directory_apply(d, &s->made.c), 0);
	return id;
}

static uint32_t add_domain(struct scene *s, const char *text)
{
	uint32_t id = put(s, CHANGE_DOMAIN_PUT, 0, DOMAIN_FIRST, text);

	put(s, CHANGE_ENTRY_PUT, id, id, "name=machines");
	return id;
}

static void add(struct scene *s, uint32_t domain, const char *text)
{
	put(s, CHANGE_ENTRY_PUT, domain, domain + 1, text);
}

static int set_up(void **state)
{
	struct scene *s = calloc(1, sizeof *s);

	assert_non_null(s);
	world_open(&s->w);
	s->boston = add_domain(s, "name=boston");
	s->austin = add_domain(s, "name=austin");
	strcpy(s->w.settings.subnets[0].directory, "/boston");
	strcpy(s->w.settings.subnets[1].directory, "/austin");
	s->w.settings.unknown = UNKNOWN_IGNORE;
	world_start(&s->w);
	*state = s;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *s = *state;

	world_close(&s->w);
	free(s);
	return 0;
}

static void discover(struct scene *s, uint32_t n, uint32_t relay)
{
	struct query q = {.n = n, .type = DHCP_DISCOVER, .giaddr = relay};

	world_hear(&s->w, &q);
}

static void each_subnet_has_a_domain_of_its_own(void **state)
{
	struct scene *s = *state;
	const struct site *site = &s->w.site;

	assert_int_equal(site_domain_of(site, NEAR(9)), s->boston);
	assert_int_equal(site_domain_of(site, FAR(9)), s->austin);
	assert_int_equal(site_domain_of(site, IP4(192, 0, 2, 1)), DOMAIN_FIRST);
	assert_int_equal(site_domain_of(site, 0), DOMAIN_FIRST);
}

static void a_machine_gets_its_address_from_its_own_domain(void **state)
{
	struct scene *s = *state;

	add(s, s->boston,
	    "name=peter;en_address=2:0:0:0:0:20;ip_address=10.0.0.50");
	add(s, s->austin,
	    "name=peter;en_address=2:0:0:0:0:20;ip_address=10.1.0.51");
	discover(s, 32, 0);
	discover(s, 32, WORLD_RELAY);
	stage_expect(s->w.st, "    0 ms  OFFER 10.0.0.50 to 02:00:00:00:00:20\n"
			      "    0 ms  OFFER 10.1.0.51\n");
}

static void a_machine_of_another_site_is_unknown(void **state)
{
	struct scene *s = *state;

	add(s, s->austin,
	    "name=peter;en_address=2:0:0:0:0:20;ip_address=10.0.0.50");
	discover(s, 32, 0);
	stage_expect(s->w.st, "");
}

static void an_entry_low_down_hides_one_above_as_a_whole(void **state)
{
	struct scene *s = *state;

	world_add_machine(&s->w, "name=peter; en_address=2:0:0:0:0:20; "
				 "ip_address=10.0.0.50,10.1.0.51");
	/* From above, as nobody below knows it. */
	discover(s, 32, 0);
	stage_expect(s->w.st,
		     "    0 ms  OFFER 10.0.0.50 to 02:00:00:00:00:20\n");
	/* The address above is not added to the entry below: it gets one of
	 * the pool, as any known machine without one. */
	add(s, s->boston, "name=peter;en_address=2:0:0:0:0:20");
	discover(s, 32, 0);
	discover(s, 32, WORLD_RELAY);
	stage_expect(s->w.st, "    0 ms  OFFER 10.0.0.10 to 02:00:00:00:00:20\n"
			      "    0 ms  OFFER 10.1.0.51\n");
}

/* By BOOTP it says which address it has, and is not asked who it is. */
static void a_machine_with_an_address_is_found_in_its_own_domain(void **state)
{
	struct scene *s = *state;
	struct query q = {.n = 99, .ciaddr = NEAR(50)};

	add(s, s->austin, "name=stranger;ip_address=10.0.0.50");
	world_hear(&s->w, &q);
	stage_expect(s->w.st, "");
	world_add_machine(&s->w, "name=above; ip_address=10.0.0.50");
	world_hear(&s->w, &q);
	stage_expect(s->w.st, "    0 ms  BOOTPREPLY 10.0.0.50 ciaddr 10.0.0.50 "
			      "next 10.0.0.1 to 10.0.0.50:68\n");
	assert_true(world_option_is(&s->w, OPT_HOST_NAME, "above"));
	add(s, s->boston, "name=peter;ip_address=10.0.0.50");
	world_hear(&s->w, &q);
	stage_forget(s->w.st);
	assert_true(world_option_is(&s->w, OPT_HOST_NAME, "peter"));
}

static void what_a_domain_above_registered_the_pool_keeps_free(void **state)
{
	struct scene *s = *state;

	world_add_machine(&s->w, "name=root; ip_address=10.0.0.10");
	add(s, s->boston, "name=lamp;ip_address=10.0.0.11");
	add(s, s->boston, "name=peter;en_address=2:0:0:0:0:20");
	discover(s, 32, 0);
	stage_expect(s->w.st,
		     "    0 ms  OFFER 10.0.0.12 to 02:00:00:00:00:20\n");
}

static void a_domain_that_went_knows_nobody(void **state)
{
	struct scene *s = *state;

	world_add_machine(&s->w, "name=peter; en_address=2:0:0:0:0:20; "
				 "ip_address=10.0.0.50");
	strcpy(s->w.settings.subnets[0].directory, "/bostn");
	discover(s, 32, 0);
	stage_expect(s->w.st, "");
	assert_string_equal(site_domain_missing(&s->w.site, &s->w.settings),
			    "/bostn");
}

static void the_settings_need_their_domains_and_those_above(void **state)
{
	struct scene *s = *state;
	struct site *site = &s->w.site;
	uint32_t lab = put(s, CHANGE_DOMAIN_PUT, 0, s->boston, "name=lab");

	assert_true(site_needs_domain(site, DOMAIN_FIRST));
	assert_true(site_needs_domain(site, s->boston));
	assert_false(site_needs_domain(site, lab));
	strcpy(s->w.settings.directory, "/boston/lab");
	site_settle_domain(site);
	assert_int_equal(site->domain, lab);
	assert_true(site_needs_domain(site, lab));
	assert_null(site_domain_missing(site, &s->w.settings));
}

static void refusal_holds_below_where_it_was_said(void **state)
{
	struct scene *s = *state;
	struct hwaddr hw = world_hw(32);

	world_set_machines(&s->w,
			   "name=machines; denied_en_address=2:0:0:0:0:20");
	assert_true(site_denies(&s->w.site, s->boston, &hw));
	hw = world_hw(33);
	assert_false(site_denies(&s->w.site, s->boston, &hw));
}

static const char *master(struct scene *s, const char *text)
{
	struct directory *d = s->w.site.directory;
	uint32_t instance = directory_entry(d, s->boston)->instance + 1;

	assert_int_equal(
		directory_apply(d, domain_put(&s->made, s->boston, DOMAIN_FIRST,
					      instance, text)),
		0);
	text = site_other_master(&s->w.site, s->boston);
	return text ? text : "ours";
}

static void a_master_is_this_host_or_another(void **state)
{
	struct scene *s = *state;

	assert_string_equal(master(s, "name=boston"), "ours");
	assert_string_equal(master(s, "name=boston;master=wizard/network"),
			    "ours");
	assert_string_equal(master(s, "name=boston;master=Wizard"), "ours");
	assert_string_equal(master(s, "name=boston;master=10.0.0.1/network"),
			    "ours");
	assert_string_equal(master(s, "name=boston;master=localhost/x"),
			    "ours");
	assert_string_equal(master(s, "name=boston;master=wiz/network"),
			    "wiz/network");
	assert_string_equal(master(s, "name=boston;master=10.0.0.2/network"),
			    "10.0.0.2/network");
	assert_string_equal(master(s, "name=boston;master=/network"),
			    "/network");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(each_subnet_has_a_domain_of_its_own),
		TEST(a_machine_gets_its_address_from_its_own_domain),
		TEST(a_machine_of_another_site_is_unknown),
		TEST(an_entry_low_down_hides_one_above_as_a_whole),
		TEST(a_machine_with_an_address_is_found_in_its_own_domain),
		TEST(what_a_domain_above_registered_the_pool_keeps_free),
		TEST(a_domain_that_went_knows_nobody),
		TEST(the_settings_need_their_domains_and_those_above),
		TEST(refusal_holds_below_where_it_was_said),
		TEST(a_master_is_this_host_or_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
