/*
 * Machines that add themselves: NeXT's dialog, answer by answer.
 */
#include "stage/bootp_world.h"

#include "engine/pending.h"
#include "stage/hex.h"
#include "wire/frame.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "changes.h"

#define NODE(n) IP4(10, 0, 0, n)
#define RULES                                                                  \
	"name=machines; promiscuous; configuration_ipaddr=10.0.0.250; "        \
	"assignable_ipaddr=10.0.0.100,10.0.0.102; default_bootfile=mach"
#define SECRET "; net_passwd=$hash$"

/* How the transcript has what is said to machine 20. */
#define SAID(ms, what)                                                         \
	ms "  BOOTPREPLY 10.0.0.250 next 10.0.0.1 " what                       \
	   " to 02:00:00:00:00:14\n"
#define PASSWORD   "query-ne 1 \"Network password: \""
#define NAME       "query 1 \"Name for this computer: \""
#define NAME_2     "query 2 \"Name for this computer: \""
#define ARP(ms, n) ms "  arp who-has 10.0.0." n " from 10.0.0.1\n"

static int set_up(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	world_open(w);
	w->settings.unknown = UNKNOWN_IGNORE;
	world_start(w);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	world_close(*state);
	free(*state);
	return 0;
}

static struct world *with(void **state, const char *rules)
{
	struct world *w = *state;

	world_set_machines(w, rules);
	return w;
}

/* What machine n sends: nothing yet (opcode 0), or what was typed. */
struct typed {
	uint32_t n, xid;
	enum next_opcode opcode;
	uint8_t id;
	const char *text;
	uint8_t version; /* 1 more */
	uint32_t to;     /* instead of the server's address */
	uint32_t giaddr;
};

static void type(struct world *w, struct typed t)
{
	struct next_vend v = {.version = t.version ? t.version - 1 : 1,
			      .opcode = (uint8_t)t.opcode,
			      .id = t.id};
	const struct bootp_head h = {.op = BOOTP_REQUEST};
	uint8_t msg[300];
	char vend[129];
	struct wr out = wr_over(msg, sizeof(msg));
	struct text text = text_over(vend, sizeof(vend));
	struct query q = {.n = t.n,
			  .xid = t.xid,
			  .vend = vend,
			  .giaddr = t.giaddr,
			  .to = t.opcode ? WORLD_SERVER : 0};

	if (t.text)
		memcpy(v.text, t.text, strlen(t.text));
	if (t.to)
		q.to = t.to;
	next_vend_put(&v, &h, &out);
	text_hex(&text, msg + 236, 64, 0);
	world_hear(w, &q);
}

#define ASKS(w, ...)  type(w, (struct typed){.n = 20, __VA_ARGS__})
#define TYPES(w, ...) ASKS(w, .opcode = NEXT_QUERY, __VA_ARGS__)
#define HIDES(w, ...) ASKS(w, .opcode = NEXT_QUERY_NE, __VA_ARGS__)

/* ---- the ways through ---------------------------------------------------- */

static void a_machine_is_asked_for_its_name_and_added(void **state)
{
	struct world *w = with(state, RULES);
	const struct entry *m;

	ASKS(w, .xid = 1);
	stage_expect(w->st, SAID("    0 ms", NAME));
	stage_wait(w->st, SECONDS(12));
	TYPES(w, .xid = 2, .id = 1, .text = "wanda");
	stage_wait(w->st, SECONDS(1));
	stage_expect(w->st, ARP("12000 ms", "100") ARP("12250 ms", "100") //
		     "12500 ms  commit entry 8\n"
		     "12500 ms  BOOTPREPLY 10.0.0.100 next 10.0.0.1 to "
		     "02:00:00:00:00:14\n");
	m = machine_by_name(w->site.directory, DOMAIN_FIRST, "wanda");
	assert_non_null(m);
	assert_int_equal(m->parent, ENTRY_MACHINES);
	/* from then on it is a machine like any other */
	ASKS(w, .xid = 3);
	stage_expect(w->st, "13000 ms  BOOTPREPLY 10.0.0.100 next 10.0.0.1 to "
			    "02:00:00:00:00:14\n");
}

static void the_entry_has_all_its_properties(void **state)
{
	static const char want[] = "name\0\0\1wanda\0"
				   "en_address\0\0\0012:0:0:0:0:14\0"
				   "ip_address\0\0\00110.0.0.100\0"
				   "bootfile\0\0\1mach\0"
				   "serves\0\0\1wanda/local\0"
				   "bootparams\0\0\0netgroups\0\0";
	struct world *w = with(state, RULES);
	const struct entry *m;

	ASKS(w, .xid = 0);
	TYPES(w, .id = 1, .text = "wanda");
	stage_wait(w->st, SECONDS(1));
	m = machine_by_ip(w->site.directory, DOMAIN_FIRST, NODE(100));
	assert_non_null(m);
	assert_int_equal(m->props.len, sizeof(want));
	assert_memory_equal(m->props.bytes, want, sizeof(want));
}

static void the_password_comes_first_and_without_an_echo(void **state)
{
	struct world *w = with(state, RULES SECRET);

	w->st->holds[EFFECT_ASK] = true;
	ASKS(w, .xid = 0);
	stage_expect(w->st, SAID("    0 ms", PASSWORD));
	HIDES(w, .id = 1, .text = "open sesame");
	stage_expect(w->st, "    0 ms  ask password \"open sesame\"\n");
	stage_settle(w->st, EFFECT_ASK, 0);
	stage_expect(w->st, SAID("    0 ms", NAME_2));
	TYPES(w, .id = 2, .text = "wanda");
	stage_wait(w->st, SECONDS(1));
	assert_non_null(
		machine_by_name(w->site.directory, DOMAIN_FIRST, "wanda"));
}

static void nothing_is_promised_before_it_is_stored(void **state)
{
	struct world *w = with(state, RULES);

	w->st->holds[EFFECT_COMMIT] = true;
	ASKS(w, .xid = 0);
	TYPES(w, .id = 1, .text = "wanda");
	stage_wait(w->st, SECONDS(30));
	stage_forget(w->st);
	TYPES(w, .xid = 77, .id = 1, .text = "wanda");
	ASKS(w, .xid = 78); /* started up anew: it hears of it all the same */
	stage_expect(w->st, "");
	stage_settle(w->st, EFFECT_COMMIT, 0);
	stage_expect(w->st, "30000 ms  BOOTPREPLY 10.0.0.100 next 10.0.0.1 to "
			    "02:00:00:00:00:14\n");
	assert_int_equal(w->st->last[42 + 7], 78);
}

static void what_could_not_be_stored_is_an_error_and_frees_all(void **state)
{
	struct world *w = with(state, RULES);

	w->st->rc[EFFECT_COMMIT] = -ENOSPC;
	ASKS(w, .xid = 0);
	TYPES(w, .id = 1, .text = "wanda");
	stage_forget(w->st);
	stage_wait(w->st, SECONDS(1));
	stage_expect(w->st, ARP("  250 ms", "100") //
		     "  500 ms  commit entry 8\n"  //
		     SAID("  500 ms", "error 1 \"The server could not store "
				      "it. Try again later.\\x0a\""));
	w->st->rc[EFFECT_COMMIT] = 0;
	ASKS(w, .xid = 0);
	TYPES(w, .id = 2, .text = "wanda");
	stage_wait(w->st, SECONDS(1));
	assert_non_null(
		machine_by_ip(w->site.directory, DOMAIN_FIRST, NODE(100)));
}

static void a_stale_change_is_made_again(void **state)
{
	struct world *w = with(state, RULES);

	w->st->holds[EFFECT_COMMIT] = true;
	ASKS(w, .xid = 0);
	TYPES(w, .id = 1, .text = "wanda");
	stage_wait(w->st, SECONDS(1));
	world_add_machine(w, "name=other");
	stage_forget(w->st);
	stage_settle(w->st, EFFECT_COMMIT, -ESTALE);
	stage_wait(w->st, 0);
	stage_expect(w->st, " 1000 ms  commit entry 9\n");
	stage_settle(w->st, EFFECT_COMMIT, 0);
	stage_expect(w->st, " 1000 ms  BOOTPREPLY 10.0.0.100 next 10.0.0.1 to "
			    "02:00:00:00:00:14\n");
}

static void while_the_directory_is_changed_it_waits(void **state)
{
	struct world *w = with(state, RULES);

	w->site.is_editing = true;
	ASKS(w, .xid = 0);
	TYPES(w, .id = 1, .text = "wanda");
	stage_wait(w->st, SECONDS(5));
	stage_forget(w->st);
	w->site.is_editing = false;
	stage_wait(w->st, 0);
	stage_expect(w->st, " 5000 ms  commit entry 8\n"
			    " 5000 ms  BOOTPREPLY 10.0.0.100 next 10.0.0.1 to "
			    "02:00:00:00:00:14\n");
}

/* ---- retransmissions ----------------------------------------------------- */

static void the_same_request_gets_the_same_question(void **state)
{
	struct world *w = with(state, RULES SECRET);

	ASKS(w, .xid = 1);
	ASKS(w, .xid = 1);
	ASKS(w, .xid = 9);
	stage_expect(w->st,
		     SAID("    0 ms", PASSWORD) SAID("    0 ms", PASSWORD)
			     SAID("    0 ms", PASSWORD));
	assert_int_equal(w->st->last[42 + 7], 9);
}

static void the_same_answer_is_acted_on_once(void **state)
{
	struct world *w = with(state, RULES SECRET);

	w->st->holds[EFFECT_ASK] = true;
	ASKS(w, .xid = 0);
	stage_forget(w->st);
	HIDES(w, .id = 1, .text = "x");
	HIDES(w, .xid = 5, .id = 1, .text = "x");
	stage_expect(w->st, "    0 ms  ask password \"x\"\n");
	stage_settle(w->st, EFFECT_ASK, 0);
	stage_expect(w->st, SAID("    0 ms", NAME_2));
	assert_int_equal(w->st->last[42 + 7], 5);
	/* what was asked next was lost on its way */
	HIDES(w, .xid = 6, .id = 1, .text = "x");
	stage_expect(w->st, SAID("    0 ms", NAME_2));
	assert_int_equal(w->st->last[42 + 7], 6);
	/* what is no answer to the question that is out is nothing */
	HIDES(w, .id = 1, .text = "y");
	HIDES(w, .id = 2, .text = "wanda");
	TYPES(w, .id = 3, .text = "wanda");
	ASKS(w, .opcode = NEXT_ERROR, .id = 2, .text = "wanda");
	stage_expect(w->st, "");
	TYPES(w, .xid = 7, .id = 2, .text = "wanda");
	TYPES(w, .xid = 8, .id = 2, .text = "wanda");
	stage_wait(w->st, SECONDS(1));
	stage_expect(w->st, ARP("    0 ms", "100") ARP("  250 ms", "100") //
		     "  500 ms  commit entry 8\n"
		     "  500 ms  BOOTPREPLY 10.0.0.100 next 10.0.0.1 to "
		     "02:00:00:00:00:14\n");
	assert_int_equal(w->st->last[42 + 7], 8);
	TYPES(w, .xid = 9, .id = 2, .text = "wanda"); /* the OK was lost */
	stage_expect(w->st, " 1000 ms  BOOTPREPLY 10.0.0.100 next 10.0.0.1 to "
			    "02:00:00:00:00:14\n");
}

static void an_error_that_was_lost_is_said_again(void **state)
{
	struct world *w = with(state, RULES);

	ASKS(w, .xid = 0);
	stage_forget(w->st);
	TYPES(w, .id = 1, .text = "");
	TYPES(w, .id = 1, .text = "");
	stage_expect(w->st, SAID("    0 ms", "error 1 \"A computer must have "
					     "a name.\\x0a\"")
				    SAID("    0 ms",
					 "error 1 \"A computer must have a "
					 "name.\\x0a\""));
	ASKS(w, .xid = 0);
	stage_expect(w->st, SAID("    0 ms", NAME_2));
	/* what was said before is nothing any more */
	TYPES(w, .id = 1, .text = "");
	stage_expect(w->st, "");
}

static void a_machine_started_up_anew_begins_anew(void **state)
{
	struct world *w = with(state, RULES SECRET);

	ASKS(w, .xid = 0);
	HIDES(w, .id = 1, .text = "x");
	stage_forget(w->st);
	ASKS(w, .xid = 0);
	stage_expect(w->st, SAID("    0 ms", "query-ne 3 \"Network password: "
					     "\""));
	/* also while something is under way */
	w->st->holds[EFFECT_ASK] = true;
	HIDES(w, .id = 3, .text = "x");
	stage_forget(w->st);
	ASKS(w, .xid = 0);
	stage_settle(w->st, EFFECT_ASK, 0);
	stage_expect(w->st, SAID("    0 ms", "query-ne 4 \"Network password: "
					     "\""));
}

static void a_dialog_is_forgotten_after_a_minute_but_nobody_is_stuck(void **s)
{
	struct world *w = with(s, RULES);

	ASKS(w, .xid = 0);
	stage_wait(w->st, SECONDS(60));
	stage_forget(w->st);
	TYPES(w, .id = 1, .text = "wanda");
	stage_expect(w->st, SAID("60000 ms", "error 1 \"That took too long. "
					     "Let us start again.\\x0a\""));
	/* but what is for another server is its affair */
	TYPES(w, .id = 1, .text = "wanda", .to = IP_BROADCAST);
	TYPES(w, .id = 1, .text = "wanda", .to = NODE(99));
	stage_expect(w->st, "");
	ASKS(w, .xid = 0);
	stage_expect(w->st, SAID("60000 ms", NAME));
}

static void the_numbers_of_questions_skip_zero(void **state)
{
	struct world *w = with(state, RULES);

	for (unsigned i = 1; i <= 255; i++) {
		ASKS(w, .xid = 0);
		stage_wait(w->st, SECONDS(1));
		TYPES(w, .id = (uint8_t)i, .text = "-");
	}
	stage_forget(w->st);
	ASKS(w, .xid = 0);
	stage_expect(w->st, "255000 ms  BOOTPREPLY 10.0.0.250 next 10.0.0.1 "
			    "query 1 \"Name for this computer: \" to "
			    "02:00:00:00:00:14\n");
}

static void of_two_servers_the_other_is_left_alone(void **state)
{
	struct world *w = with(state, RULES);

	ASKS(w, .xid = 1);
	stage_forget(w->st);
	/* the person answers another server's question, and its OK comes */
	TYPES(w, .xid = 2, .id = 1, .text = "wanda", .to = NODE(99));
	world_hear(w, &(struct query){.n = 20, .op = BOOTP_REPLY, .port = 68});
	stage_wait(w->st, SECONDS(300));
	stage_expect(w->st, "");
	assert_null(machine_by_name(w->site.directory, DOMAIN_FIRST, "wanda"));
	/* and one that knows the machine just answers, beside who asks */
	type(w, (struct typed){.n = 7, .xid = 3});
	stage_expect(w->st, "300000 ms  BOOTPREPLY 10.0.0.7 next 10.0.0.1 to "
			    "02:00:00:00:00:07\n");
}

/* ---- passwords ----------------------------------------------------------- */

#define WRONG(id) "error " id " \"Sorry, that password is wrong.\\x0a\""

static void three_wrong_passwords_are_followed_by_silence(void **state)
{
	struct world *w = with(state, RULES SECRET);

	w->st->rc[EFFECT_ASK] = -EACCES;
	for (uint8_t id = 1; id <= 3; id++) {
		ASKS(w, .xid = 0);
		stage_forget(w->st);
		HIDES(w, .id = id, .text = "guess");
	}
	stage_expect(w->st, "    0 ms  ask password \"guess\"\n" //
		     SAID("    0 ms", WRONG("3")));
	w->st->rc[EFFECT_ASK] = 0;
	ASKS(w, .xid = 0);
	HIDES(w, .id = 4, .text = "right");
	HIDES(w, .id = 3, .text = "guess");
	stage_wait(w->st, SECONDS(119));
	ASKS(w, .xid = 0);
	HIDES(w, .id = 4, .text = "right");
	stage_expect(w->st, "");
	stage_wait(w->st, SECONDS(1));
	ASKS(w, .xid = 0);
	stage_expect(w->st, "120000 ms  BOOTPREPLY 10.0.0.250 next 10.0.0.1 "
			    "query-ne 1 \"Network password: \" to "
			    "02:00:00:00:00:14\n");
}

static void waiting_a_minute_is_no_new_guess(void **state)
{
	struct world *w = with(state, RULES SECRET);

	w->st->rc[EFFECT_ASK] = -EACCES;
	for (uint8_t id = 1; id <= 3; id++) {
		ASKS(w, .xid = 0);
		HIDES(w, .id = id, .text = "guess");
		stage_wait(w->st, id < 3 ? SECONDS(59) + SECONDS(1) : 0);
	}
	stage_forget(w->st);
	ASKS(w, .xid = 0);
	stage_expect(w->st, "");
}

static void a_right_password_forgives_the_wrong_ones(void **state)
{
	struct world *w = with(state, RULES SECRET);

	for (uint8_t id = 1; id <= 8; id++) {
		w->st->rc[EFFECT_ASK] = id % 2 ? -EACCES : 0;
		ASKS(w, .xid = 0);
		stage_forget(w->st);
		HIDES(w, .id = id, .text = "x");
		id += id % 2 == 0;
	}
	assert_non_null(strstr(stage_said(w->st), "Name for this computer"));
}

static void a_password_without_a_hash_is_never_right(void **state)
{
	struct world *w = with(state, RULES "; net_passwd");

	w->st->rc[EFFECT_ASK] = -EINVAL; /* as crypt(3) says of "" */
	ASKS(w, .xid = 0);
	stage_expect(w->st, SAID("    0 ms", PASSWORD));
	HIDES(w, .id = 1, .text = "");
	stage_expect(w->st, "    0 ms  ask password \"\"\n" //
		     SAID("    0 ms", WRONG("1")));
}

static void who_cannot_answer_is_no_reason_to_blame_the_person(void **state)
{
	struct world *w = with(state, RULES SECRET);

	w->st->rc[EFFECT_ASK] = -EAGAIN;
	for (uint8_t id = 1; id <= 5; id++) {
		ASKS(w, .xid = 0);
		stage_forget(w->st);
		HIDES(w, .id = id, .text = "x");
	}
	stage_expect(w->st, "    0 ms  ask password \"x\"\n" //
		     SAID("    0 ms", "error 5 \"The server is busy. Try "
				      "again later.\\x0a\""));
}

/* ---- names --------------------------------------------------------------- */

static void names_that_are_none_are_told_why(void **state)
{
	static const char *const faults[][2] = {
		{"", "A computer must have a name.\\x0a"},
		{"   ", "A computer must have a name.\\x0a"},
		{"9lives", "A name must begin with a letter.\\x0a"},
		{"-x", "A name must begin with a letter.\\x0a"},
		{"a b", "A name has only letters, digits and hyphens.\\x0a"},
		{"a.b", "A name has only letters, digits and hyphens.\\x0a"},
		{"a\377", "A name has only letters, digits and hyphens.\\x0a"},
		{"a-", "A name must not end with a hyphen.\\x0a"},
		{"wendy", "That name is already taken.\\x0a"},
		{"WENDY", "That name is already taken.\\x0a"},
		{"wizard", "That name is already taken.\\x0a"},
		{"localhost", "That name is already taken.\\x0a"},
	};
	struct world *w = with(state, RULES);

	for (unsigned i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		ASKS(w, .xid = 0);
		stage_forget(w->st);
		TYPES(w, .id = (uint8_t)(i + 1), .text = faults[i][0]);
		assert_non_null(strstr(stage_said(w->st), faults[i][1]));
	}
	ASKS(w, .xid = 0);
	TYPES(w, .id = 13, .text = "  Wanda-2 ");
	stage_wait(w->st, SECONDS(1));
	assert_string_equal(
		machine_name(machine_by_ip(w->site.directory, DOMAIN_FIRST,
					   NODE(100))),
		"Wanda-2");
}

static void of_two_who_want_one_name_one_gets_it(void **state)
{
	struct world *w = with(state, RULES);

	type(w, (struct typed){.n = 21});
	ASKS(w, .xid = 0);
	TYPES(w, .id = 1, .text = "wanda");
	type(w,
	     (struct typed){
		     .n = 21, .opcode = NEXT_QUERY, .id = 1, .text = "Wanda"});
	stage_forget(w->st);
	stage_wait(w->st, SECONDS(1));
	stage_expect(w->st, ARP("  250 ms", "101") ARP("  250 ms", "100") //
		     "  500 ms  commit entry 8\n"
		     "  500 ms  BOOTPREPLY 10.0.0.100 next 10.0.0.1 to "
		     "02:00:00:00:00:14\n"
		     "  500 ms  BOOTPREPLY 10.0.0.250 next 10.0.0.1 error 1 "
		     "\"That name is already taken.\\x0a\" to "
		     "02:00:00:00:00:15\n");
}

/* ---- addresses ----------------------------------------------------------- */

static void an_address_that_answers_is_passed_over(void **state)
{
	struct world *w = with(state, RULES);

	ASKS(w, .xid = 0);
	TYPES(w, .id = 1, .text = "wanda");
	stage_forget(w->st);
	world_hear_arp(w, NODE(101), 9);  /* nobody asked for that */
	world_hear_arp(w, NODE(100), 20); /* that is itself */
	stage_expect(w->st, "");
	stage_wait(w->st, MILLISECONDS(300));
	world_hear_arp(w, NODE(100), 9);
	stage_wait(w->st, SECONDS(1));
	stage_expect(w->st, ARP("  250 ms", "100") ARP("  300 ms", "101")
				    ARP("  550 ms", "101") //
		     "  800 ms  commit entry 8\n"
		     "  800 ms  BOOTPREPLY 10.0.0.101 next 10.0.0.1 to "
		     "02:00:00:00:00:14\n");
}

static void what_is_taken_in_any_way_is_passed_over(void **state)
{
	struct world *w = with(
		state,
		"name=machines; promiscuous; configuration_ipaddr=10.0.0.3; "
		"assignable_ipaddr=10.0.0.0,10.0.0.14");
	struct bootp m;

	/* 1 the server, 2 and 3 name servers, 7 wendy, 10 and 11 leased */
	w->settings.unknown = UNKNOWN_SERVE;
	assert_int_equal(world_bind(w, 30), NODE(10));
	world_hear(w, &(struct query){.n = 31, .type = DHCP_DISCOVER});
	world_add_machine(w, "name=a; ip_address=10.0.0.4,10.0.0.5,10.0.0.6");
	world_add_machine(w, "name=b; ip_address=10.0.0.8,10.0.0.9");
	stage_forget(w->st);
	ASKS(w, .xid = 0);
	TYPES(w, .id = 1, .text = "wanda");
	stage_wait(w->st, SECONDS(1));
	world_reply(w, &m);
	assert_int_equal(m.yiaddr, NODE(12));
}

static void a_range_that_is_full_is_an_error(void **state)
{
	struct world *w = with(state, RULES);

	for (uint32_t n = 20; n < 24; n++) {
		char name[3] = {'n', (char)('a' + n - 20)};

		type(w, (struct typed){.n = n});
		type(w, (struct typed){.n = n,
				       .opcode = NEXT_QUERY,
				       .id = 1,
				       .text = name});
		if (n < 23)
			stage_forget(w->st);
	}
	stage_expect(w->st,
		     "    0 ms  BOOTPREPLY 10.0.0.250 next 10.0.0.1 query 1 "
		     "\"Name for this computer: \" to 02:00:00:00:00:17\n"
		     "    0 ms  BOOTPREPLY 10.0.0.250 next 10.0.0.1 error 1 "
		     "\"There is no address left for a new computer.\\x0a\" to "
		     "02:00:00:00:00:17\n");
	stage_wait(w->st, SECONDS(1));
	for (uint32_t i = 100; i < 103; i++)
		assert_non_null(machine_by_ip(w->site.directory, DOMAIN_FIRST,
					      NODE(i)));
}

static void the_pool_gives_away_no_address_that_is_being_added(void **state)
{
	struct world *w = with(state, "name=machines; promiscuous; "
				      "configuration_ipaddr=10.0.0.250; "
				      "assignable_ipaddr=10.0.0.10,10.0.0.14");

	w->settings.unknown = UNKNOWN_SERVE;
	ASKS(w, .xid = 0);
	TYPES(w, .id = 1, .text = "wanda");
	assert_int_equal(world_bind(w, 30), NODE(11));
	stage_wait(w->st, SECONDS(1));
	assert_non_null(
		machine_by_ip(w->site.directory, DOMAIN_FIRST, NODE(10)));
}

/* ---- who may ------------------------------------------------------------- */

static void it_is_off_unless_the_directory_says_otherwise(void **state)
{
	static const char *const none[] = {
		"name=machines",
		"name=machines; configuration_ipaddr=10.0.0.250; "
		"assignable_ipaddr=10.0.0.100,10.0.0.102",
		"name=machines; promiscuous",
		"name=machines; promiscuous; configuration_ipaddr=10.0.0.250",
		"name=machines; promiscuous; configuration_ipaddr=10.0.0.250; "
		"assignable_ipaddr=10.0.0.100",
		"name=machines; promiscuous; configuration_ipaddr=10.0.0.250; "
		"assignable_ipaddr=10.0.0.102,10.0.0.100",
		"name=machines; promiscuous; configuration_ipaddr=nowhere; "
		"assignable_ipaddr=10.0.0.100,10.0.0.102",
		/* another network's */
		"name=machines; promiscuous; configuration_ipaddr=10.0.0.250; "
		"assignable_ipaddr=10.1.0.100,10.1.0.102",
		/* another maker's */
		RULES "; assignable_en_address=0:0:f,2:0:1",
		RULES "; denied_en_address=2:0:0:0:0:13,02:00:00:00:00:14",
	};

	for (unsigned i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		struct world *w = with(state, none[i]);

		ASKS(w, .xid = 0);
		TYPES(w, .id = 1, .text = "wanda");
		stage_expect(w->st, "");
	}
	ASKS(with(state, RULES "; assignable_en_address=0:0:f,2-0-0"),
	     .xid = 0);
	stage_expect(((struct world *)*state)->st, SAID("    0 ms", NAME));
}

/* Of a domain, "name=; master=othello/network". */
static void set_root(struct world *w, const char *text)
{
	struct directory *d = w->site.directory;
	struct made m;

	domain_put(&m, DOMAIN_FIRST, 0,
		   directory_entry(d, DOMAIN_FIRST)->instance + 1, text);
	assert_int_equal(directory_apply(d, &m.c), 0);
}

/* A copy is written by its master alone, and promises nothing. */
static void where_another_is_master_nobody_is_added(void **state)
{
	struct world *w = with(state, RULES);

	set_root(w, "name=; master=othello/network");
	ASKS(w, .xid = 0);
	TYPES(w, .id = 1, .text = "wanda");
	stage_wait(w->st, SECONDS(10));
	stage_expect(w->st, "");
	set_root(w, "name=; master=10.0.0.1/network");
	ASKS(w, .xid = 1);
	stage_expect(w->st, SAID("10000 ms", NAME));
}

/* Its own address is another server's word, who may add the machine as well. */
static void a_server_that_asked_for_its_own_address_adds_nobody(void **state)
{
	struct world *w = with(state, RULES);

	w->site.links[0].is_automatic = true;
	ASKS(w, .xid = 0);
	stage_expect(w->st, "");
	w->site.links[0].is_automatic = false;
	ASKS(w, .xid = 1);
	stage_expect(w->st, SAID("    0 ms", NAME));
}

static void only_who_can_talk_is_asked(void **state)
{
	struct world *w = with(state, RULES);

	ASKS(w, .version = 1);          /* 0: only a plain answer */
	ASKS(w, .giaddr = WORLD_RELAY); /* no answer would come back */
	world_hear(w, &(struct query){.n = 20});
	world_hear(w, &(struct query){.n = 20, .is_short = true});
	world_hear(w, &(struct query){.n = 20, .type = DHCP_DISCOVER});
	stage_expect(w->st, "");
	/* and nobody who is known */
	type(w, (struct typed){.n = 7});
	stage_expect(w->st, "    0 ms  BOOTPREPLY 10.0.0.7 next 10.0.0.1 to "
			    "02:00:00:00:00:07\n");
}

static void a_machine_let_in_meanwhile_goes_on_at_once(void **state)
{
	struct world *w = with(state, RULES SECRET);

	w->st->holds[EFFECT_ASK] = true;
	ASKS(w, .xid = 0);
	HIDES(w, .id = 1, .text = "x");
	world_add_machine(w, "name=new; en_address=2:0:0:0:0:14; "
			     "ip_address=10.0.0.77");
	stage_forget(w->st);
	stage_settle(w->st, EFFECT_ASK, -EACCES);
	stage_expect(w->st, "    0 ms  BOOTPREPLY 10.0.0.77 next 10.0.0.1 to "
			    "02:00:00:00:00:14\n");
	HIDES(w, .id = 1, .text = "x");
	stage_expect(w->st, "    0 ms  BOOTPREPLY 10.0.0.77 next 10.0.0.1 to "
			    "02:00:00:00:00:14\n");
}

static void switched_off_meanwhile_nobody_is_added(void **state)
{
	struct world *w = with(state, RULES);

	ASKS(w, .xid = 0);
	TYPES(w, .id = 1, .text = "wanda");
	with(state, "name=machines");
	stage_forget(w->st);
	stage_wait(w->st, SECONDS(10));
	stage_expect(w->st, ARP("  250 ms", "100"));
	/* and its address is free */
	assert_false(leases_held_by(w->site.leases, NODE(100), w->st->now,
				    &(struct hwaddr){0}));
}

/* ---- who waits ----------------------------------------------------------- */

static void unknown_machines_are_written_down_and_go_on_once_let_in(void **s)
{
	struct world *w = *s;
	struct hwaddr hw = world_hw(20), other = world_hw(21);
	const struct pending_machine *m;

	assert_int_equal(pending_open(&w->site.pending, &stage_alloc, 1), 0);
	w->settings.unknown = UNKNOWN_PENDING;
	ASKS(w, .xid = 0);
	stage_wait(w->st, SECONDS(1));
	ASKS(w, .xid = 0);
	world_hear(w, &(struct query){.n = 21, .type = DHCP_DISCOVER});
	stage_expect(w->st, "");
	m = pending_find(w->site.pending, &hw);
	assert_non_null(m);
	assert_int_equal(m->asked, 2);
	assert_int_equal(m->last - m->first, SECONDS(1));
	assert_int_equal(m->client.class, CLASS_NEXT);
	assert_false(m->is_dhcp);
	m = pending_find(w->site.pending, &other);
	assert_true(m && m->is_dhcp);
	/* the very next time that it asks */
	world_add_machine(w, "name=wanda; en_address=2:0:0:0:0:14");
	ASKS(w, .xid = 0);
	stage_expect(w->st, " 1000 ms  commit lease 10.0.0.10\n"
			    " 1000 ms  BOOTPREPLY 10.0.0.10 next 10.0.0.1 to "
			    "02:00:00:00:00:14\n");
	pending_close(w->site.pending, &stage_alloc);
	w->site.pending = NULL;
}

static void who_stands_at_the_prompt_can_be_let_in_too(void **state)
{
	struct world *w = with(state, RULES SECRET);
	struct hwaddr hw = world_hw(20);

	assert_int_equal(pending_open(&w->site.pending, &stage_alloc, 1), 0);
	w->settings.unknown = UNKNOWN_PENDING;
	ASKS(w, .xid = 0);
	assert_non_null(pending_find(w->site.pending, &hw));
	world_add_machine(w, "name=wanda; en_address=2:0:0:0:0:14; "
			     "ip_address=10.0.0.77");
	stage_forget(w->st);
	HIDES(w, .id = 1, .text = "whatever");
	stage_expect(w->st, "    0 ms  BOOTPREPLY 10.0.0.77 next 10.0.0.1 to "
			    "02:00:00:00:00:14\n");
	pending_close(w->site.pending, &stage_alloc);
	w->site.pending = NULL;
}

static void who_was_denied_gets_nothing_and_does_not_wait(void **state)
{
	struct world *w =
		with(state, "name=machines; denied_en_address=2:0:0:0:0:14");
	struct hwaddr hw = world_hw(20);

	assert_int_equal(pending_open(&w->site.pending, &stage_alloc, 1), 0);
	for (int i = UNKNOWN_IGNORE; i <= UNKNOWN_SERVE; i++) {
		w->settings.unknown = (enum unknown)i;
		ASKS(w, .xid = 0);
		world_hear(w, &(struct query){.n = 20, .type = DHCP_DISCOVER});
	}
	stage_expect(w->st, "");
	assert_null(pending_find(w->site.pending, &hw));
	pending_close(w->site.pending, &stage_alloc);
	w->site.pending = NULL;
}

/* ---- limits -------------------------------------------------------------- */

static void strangers_who_type_nothing_crowd_out_each_other(void **state)
{
	struct world *w = with(state, RULES SECRET);

	w->st->hides[EFFECT_SEND] = true;
	w->st->shows_notes = false;
	ASKS(w, .xid = 0);
	HIDES(w, .id = 1, .text = "x");
	for (uint32_t n = 1000; n < 3000; n++)
		type(w, (struct typed){.n = n});
	w->st->hides[EFFECT_SEND] = false;
	stage_forget(w->st);
	TYPES(w, .id = 2, .text = "wanda");
	stage_expect(w->st, ARP("    0 ms", "100"));
}

static void passwords_and_names_cost_eighty_at_once_then_one_a_second(void **s)
{
	struct world *w = with(s, RULES SECRET);
	unsigned asked = 0;

	w->st->holds[EFFECT_ASK] = false;
	w->st->rc[EFFECT_ASK] = -EACCES;
	for (uint32_t n = 100; n < 200; n++) {
		type(w, (struct typed){.n = n});
		stage_forget(w->st);
		type(w, (struct typed){.n = n,
				       .opcode = NEXT_QUERY_NE,
				       .id = 1,
				       .text = "x"});
		asked += stage_said(w->st)[0] != '\0';
	}
	assert_int_equal(asked, 80);
	stage_wait(w->st, SECONDS(3));
	for (uint32_t n = 185; n < 195; n++) {
		stage_forget(w->st);
		type(w, (struct typed){.n = n,
				       .opcode = NEXT_QUERY_NE,
				       .id = 1,
				       .text = "x"});
		asked += stage_said(w->st)[0] != '\0';
	}
	assert_int_equal(asked, 83);
}

static void few_passwords_are_checked_at_a_time(void **state)
{
	struct world *w = with(state, RULES SECRET);

	w->st->holds[EFFECT_ASK] = true;
	for (uint32_t n = 100; n < 120; n++) {
		type(w, (struct typed){.n = n});
		type(w, (struct typed){.n = n,
				       .opcode = NEXT_QUERY_NE,
				       .id = 1,
				       .text = "x"});
	}
	assert_int_equal(stage_held(w->st, EFFECT_ASK), 8);
	stage_settle(w->st, EFFECT_ASK, 0);
	type(w,
	     (struct typed){
		     .n = 119, .opcode = NEXT_QUERY_NE, .id = 1, .text = "x"});
	assert_int_equal(stage_held(w->st, EFFECT_ASK), 8);
}

/* ---- the words themselves ------------------------------------------------ */

#define NEXT_MAC                                                               \
	{                                                                      \
		0x00, 0x00, 0x0f, 0x00, 0x07, 0x5a                             \
	}
#define MESSAGE 42 /* behind the frame's heads */

/* 192.168.77.0/24, as in the examples. */
static struct world *in_the_example(void **state, const char *more)
{
	static char rules[512];
	struct world *w = *state;
	struct text t = text_over(rules, sizeof(rules));
	struct subnet *n = &w->settings.subnets[0];
	struct link *l = &w->site.links[0];

	n->network = IP4(192, 168, 77, 0);
	n->first = n->last = 0;
	n->router = IP4(192, 168, 77, 1);
	n->domain[0] = '\0';
	n->dns[0] = 0;
	l->ip = IP4(192, 168, 77, 1);
	l->hw = hwaddr_ethernet((uint8_t[]){0, 0, 0x0f, 0, 0x12, 0xab});
	text_add(&t, "name=machines; promiscuous; "
		     "configuration_ipaddr=192.168.77.250; "
		     "assignable_ipaddr=192.168.77.10,192.168.77.99; "
		     "default_bootfile=/private/tftpboot/mach");
	text_add(&t, more);
	world_set_machines(w, rules);
	return w;
}

static void hear_hex(struct world *w, const char *head, const char *vend)
{
	uint8_t frame[342] = {0};

	assert_int_equal(hex(head, frame, sizeof(frame)), 86);
	hex(vend, frame + MESSAGE + 236, 64);
	stage_hear_frame(w->st, frame, sizeof(frame));
}

static const char v1[] =
	"ffffffffffff00000f00075a08004500014800010000ff11baa400000000ffffffff"
	"00440043013400000101060032e1c25a00000000000000000000000000000000"
	"0000000000000f00075a00000000000000000000";
static const char v1_vend[] = "4e65585401";
static const char v2[] =
	"00000f00075a00000f0012ab08004500014800010000ff119f47c0a84d01c0a84d0a"
	"0043004401345f710201060032e1c25a0000000000000000c0a84d0ac0a84d01"
	"0000000000000f00075a00000000000000000000";
static const char v3[] = "4e655854010001014e616d6520666f72207468697320636f6d"
			 "70757465723a20";
static const char v3b[] = "4e655854010002014e6574776f726b2070617373776f72643a"
			  "20";
static const char v4[] =
	"ffffffffffff00000f00075a08004500014800010000ff11acfa00000000c0a84d01"
	"00440043013400000101060032e1c26d00000000000000000000000000000000"
	"0000000000000f00075a00000000000000000000";
static const char v4_vend[] = "4e6558540100010177656e6479";
static const char v5[] = "4e6558540100030254686174206e616d6520697320616c726561"
			 "64792074616b656e2e0a";
static const char v6[] =
	"ffffffffffff00000f00075a0806000108000604000100000f00075ac0a84d0a"
	"000000000000c0a84d0a";

static void expect_vend(const struct world *w, const char *vend)
{
	uint8_t want[64] = {0};

	hex(vend, want, sizeof(want));
	assert_int_equal(w->st->last_len, MESSAGE + 300);
	assert_memory_equal(w->st->last + MESSAGE + 236, want, sizeof(want));
}

static void the_examples_are_answered_byte_for_byte(void **state)
{
	struct world *w = in_the_example(state, "");
	uint8_t want[600];
	struct bootp m;

	world_add_file(w, "private/tftpboot/mach");
	hear_hex(w, v1, v1_vend);
	expect_vend(w, v3);
	world_reply(w, &m);
	assert_int_equal(m.yiaddr, IP4(192, 168, 77, 250));
	assert_int_equal(m.siaddr, IP4(192, 168, 77, 1));
	world_add_machine(w, "name=seized; ip_address=192.168.77.11");
	/* the name is taken in this world: it is free in the example */
	hear_hex(w, v4, "4e6558540100010177616e6461");
	hex(v6, want, sizeof(want)); /* its own voice is no other's */
	stage_hear_frame(w->st, want, 42);
	stage_wait(w->st, SECONDS(1));
	/* V2 but for the xid, which is that of the answer */
	hex(v2, want, sizeof(want));
	want[46 + 3] = 0x6d;
	assert_memory_equal(w->st->last, want, 14);
	assert_memory_equal(w->st->last + MESSAGE, want + MESSAGE, 44);
	assert_string_equal((char *)w->st->last + MESSAGE + 44, "wizard");
	/* here a name begins at the boot directory */
	assert_string_equal((char *)w->st->last + MESSAGE + 108,
			    "private/tftpboot/mach");
	expect_vend(w, v1_vend);
	hear_hex(w, v1, v1_vend);
	want[46 + 3] = 0x5a;
	assert_memory_equal(w->st->last + MESSAGE, want + MESSAGE, 44);
}

static void the_examples_of_password_and_error_are_byte_for_byte(void **state)
{
	struct world *w = in_the_example(state, SECRET);

	hear_hex(w, v1, v1_vend);
	expect_vend(w, v3b);
	hear_hex(w, v4, "4e6558540100020177656e6479");
	assert_non_null(strstr(stage_said(w->st), "ask password \"wendy\""));
	hear_hex(w, v4, "4e6558540100010277656e6479");
	expect_vend(w, v5);
}

static void the_answer_of_the_example_is_heard(void **state)
{
	struct world *w = in_the_example(state, "");

	hear_hex(w, v1, v1_vend);
	stage_forget(w->st);
	hear_hex(w, v4, v4_vend);
	assert_non_null(strstr(stage_said(w->st), "That name is already"));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_machine_is_asked_for_its_name_and_added),
		TEST(the_entry_has_all_its_properties),
		TEST(the_password_comes_first_and_without_an_echo),
		TEST(nothing_is_promised_before_it_is_stored),
		TEST(what_could_not_be_stored_is_an_error_and_frees_all),
		TEST(a_stale_change_is_made_again),
		TEST(while_the_directory_is_changed_it_waits),
		TEST(the_same_request_gets_the_same_question),
		TEST(the_same_answer_is_acted_on_once),
		TEST(an_error_that_was_lost_is_said_again),
		TEST(a_machine_started_up_anew_begins_anew),
		TEST(a_dialog_is_forgotten_after_a_minute_but_nobody_is_stuck),
		TEST(the_numbers_of_questions_skip_zero),
		TEST(of_two_servers_the_other_is_left_alone),
		TEST(three_wrong_passwords_are_followed_by_silence),
		TEST(waiting_a_minute_is_no_new_guess),
		TEST(a_right_password_forgives_the_wrong_ones),
		TEST(a_password_without_a_hash_is_never_right),
		TEST(who_cannot_answer_is_no_reason_to_blame_the_person),
		TEST(names_that_are_none_are_told_why),
		TEST(of_two_who_want_one_name_one_gets_it),
		TEST(an_address_that_answers_is_passed_over),
		TEST(what_is_taken_in_any_way_is_passed_over),
		TEST(a_range_that_is_full_is_an_error),
		TEST(the_pool_gives_away_no_address_that_is_being_added),
		TEST(it_is_off_unless_the_directory_says_otherwise),
		TEST(where_another_is_master_nobody_is_added),
		TEST(a_server_that_asked_for_its_own_address_adds_nobody),
		TEST(only_who_can_talk_is_asked),
		TEST(a_machine_let_in_meanwhile_goes_on_at_once),
		TEST(switched_off_meanwhile_nobody_is_added),
		TEST(unknown_machines_are_written_down_and_go_on_once_let_in),
		TEST(who_stands_at_the_prompt_can_be_let_in_too),
		TEST(who_was_denied_gets_nothing_and_does_not_wait),
		TEST(strangers_who_type_nothing_crowd_out_each_other),
		TEST(passwords_and_names_cost_eighty_at_once_then_one_a_second),
		TEST(few_passwords_are_checked_at_a_time),
		TEST(the_examples_are_answered_byte_for_byte),
		TEST(the_examples_of_password_and_error_are_byte_for_byte),
		TEST(the_answer_of_the_example_is_heard),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
