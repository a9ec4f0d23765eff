/*
 * A machine that starts up: every way through its states, as a transcript, and
 * the console's words.
 */
#include "engine/console.h"
#include "engine/maskc.h"
#include "engine/startc.h"
#include "engine/whoamic.h"
#include "stage/bootps.h"
#include "wire/bootparam.h"
#include "wire/frame.h"
#include "wire/icmp.h"
#include "wire/portmap.h"
#include "wire/sunrpc.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define SERVER IP4(10, 0, 2, 1)
#define NODE   IP4(10, 0, 2, 15)

/* What every machine of the tests begins with. */
#define ADDRESSED                                                              \
	"    0 ms  BOOTPREQUEST broadcast\n"                                   \
	"    0 ms  note start-address 10.0.2.15\n"                             \
	"    0 ms  address 10.0.2.15/8\n"                                      \
	"    0 ms  arp who-has 10.0.2.15 from 10.0.2.15\n"
#define MASKED                                                                 \
	"    0 ms  mask? broadcast\n"                                          \
	"    0 ms  note start-mask 255.255.255.0\n"                            \
	"    0 ms  address 10.0.2.15/24 broadcast 10.0.2.255\n"

static const uint8_t mac[6] = {0, 0, 0x0f, 0, 7, 0x5a};
static const uint8_t everybody[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

struct scene {
	struct stage *st;
	struct startc *c;
};

static struct startc_config config_of(const char *words)
{
	struct startc_config config = {
		.link = {.index = 1, .hw = hwaddr_ethernet(mac)},
		.sets_name = true,
		.seed = 1};
	struct complaint why;

	assert_true(ifconfig_get(&config.ifconfig, span_of(words), &why));
	return config;
}

static struct scene switch_on(const struct startc_config *config)
{
	struct scene s = {.st = stage_open()};

	assert_int_equal(startc_open(&s.c, config, &stage_alloc), 0);
	s.st->shows_notes = true;
	s.st->peer = (struct endpoint){SERVER, 111};
	stage_engine(s.st, startc_engine(s.c));
	startc_start(s.c, s.st->now, stage_begin(s.st));
	stage_end(s.st);
	return s;
}

/* Everything automatic, and the first packet out. */
static struct scene starts(void)
{
	struct startc_config config =
		config_of("-AUTOMATIC- netmask -AUTOMATIC- -trailers up");
	struct scene s = switch_on(&config);

	stage_wait(s.st, 0);
	return s;
}

static void close_scene(struct scene *s)
{
	startc_close(s->c, &stage_alloc);
	stage_close(s->st);
}

static void key(struct scene *s, char k)
{
	startc_key(s->c, s->st->now, k, stage_begin(s->st));
	stage_end(s->st);
}

static void type(struct scene *s, const char *line)
{
	startc_line(s->c, s->st->now, line, strlen(line), stage_begin(s->st));
	stage_end(s->st);
}

/* ---- what servers say --------------------------------------------------- */

static void say(struct scene *s, enum next_opcode opcode, const char *text)
{
	struct next_vend v = {
		.version = 1, .opcode = (uint8_t)opcode, .id = opcode != 0};

	text_copy(v.text, sizeof(v.text), text, strlen(text));
	bootps_say(s->st, &(struct bootps_reply){.yiaddr = NODE,
						 .siaddr = SERVER,
						 .server_id = SERVER,
						 .next = &v});
}

static void give_address(struct scene *s)
{
	say(s, NEXT_OK, "");
	stage_wait(s->st, 0);
}

static void hear_mask(struct scene *s, uint8_t type, uint32_t mask,
		      const uint8_t dst[6])
{
	uint8_t bytes[ICMP_MASK_LEN], frame[100];
	struct wr m = wr_over(bytes, sizeof(bytes));
	struct wr w = wr_over(frame, sizeof(frame));
	struct icmp_mask reply = {.type = type, .id = 7, .mask = mask};
	struct frame_ip f = {.src = {2, 0, 0, 0, 0, 1},
			     .from = SERVER,
			     .to = NODE,
			     .ttl = 64,
			     .protocol = IP_PROTOCOL_ICMP,
			     .bytes = bytes};

	icmp_mask_put(&reply, &m);
	f.len = wr_len(&m);
	memcpy(f.dst, dst, 6);
	frame_ip_put(&f, &w);
	stage_hear_frame(s->st, frame, wr_len(&w));
}

static void give_mask(struct scene *s)
{
	hear_mask(s, ICMP_MASK_REPLY, IP4(255, 255, 255, 0), mac);
	stage_wait(s->st, 0);
}

static uint32_t asked_xid(const struct scene *s)
{
	struct rd r = rd_over(s->st->last, s->st->last_len);

	return rd_u32(&r);
}

struct whoami {
	uint32_t xid;
	const char *name, *domain;
	enum rpc_status status;
	uint16_t from; /* port */
};

static void hear_whoami(struct scene *s, const struct whoami *a)
{
	uint8_t results[400], called[500], reply[600];
	struct wr r = wr_over(results, sizeof(results));
	struct wr c = wr_over(called, sizeof(called));
	struct wr p = wr_over(reply, sizeof(reply));
	struct bootparam_whoami w = {{a->name, strlen(a->name)},
				     {a->domain, strlen(a->domain)},
				     SERVER};
	struct pmap_called m = {.port = 716, .results = results};
	struct rpc_reply h = {
		.xid = a->xid, .status = a->status, .results = called};

	bootparam_whoami_put(&w, &r);
	m.len = wr_len(&r);
	pmap_called_put(&m, &c);
	h.len = wr_len(&c);
	rpc_reply_put(&h, &p);
	stage_hear_dgram(s->st, &(struct dgram){.kind = DGRAM_UDP,
						.link = 1,
						.from = {SERVER, a->from},
						.to = {NODE, s->st->last_port},
						.bytes = reply,
						.len = wr_len(&p)});
}

static void give_name(struct scene *s)
{
	hear_whoami(s, &(struct whoami){asked_xid(s), "wendy", "mill",
					RPC_SUCCESS, 40111});
}

/* ---- the happy way ------------------------------------------------------ */

static void everything_automatic_and_everybody_there(void **state)
{
	struct scene s = starts();
	const struct startc_result *r = startc_result(s.c);

	(void)state;
	give_address(&s);
	give_mask(&s);
	give_name(&s);
	assert_int_equal(startc_state(s.c), STARTC_UP);
	assert_false(stage_step(s.st));
	stage_expect(s.st, ADDRESSED MASKED
		     "    0 ms  listen a port\n"
		     "    0 ms  rpc call 100000.2.5 +36 to 10.0.2.255:111\n"
		     "    0 ms  close a port\n"
		     "    0 ms  note start-name \"wendy\"\n");
	assert_int_equal(r->ip, NODE);
	assert_int_equal(r->mask, IP4(255, 255, 255, 0));
	assert_int_equal(r->broadcast, IP4(10, 0, 2, 255));
	assert_int_equal(r->server, SERVER);
	assert_int_equal(r->mask_server, SERVER);
	assert_int_equal(r->name_server, SERVER);
	assert_string_equal(r->name, "wendy");
	assert_string_equal(r->domain, "mill");
	close_scene(&s);
}

/* Vector R2, but for the transaction id and the address. */
static void it_asks_for_its_name_as_the_vector_has_it(void **state)
{
	static const char r2[] =
		"000000000000000000000002000186a0000000020000000500000000000000"
		"000000000000000000000186ba00000001000000010000001400000001"
		"0000000a00000000000000020000000f";
	struct scene s = starts();
	uint8_t wanted[76];

	(void)state;
	give_address(&s);
	give_mask(&s);
	assert_true(text_hex_get(r2, sizeof(r2) - 1, wanted, sizeof(wanted)));
	memcpy(wanted, s.st->last, 4);
	assert_int_equal(s.st->last_len, sizeof(wanted));
	assert_memory_equal(s.st->last, wanted, sizeof(wanted));
	assert_int_equal(s.st->last_send.to.port, PMAP_PORT);
	close_scene(&s);
}

/* Vector R6, but for the IP identification. */
static void it_asks_for_its_mask_as_the_vector_has_it(void **state)
{
	static const char r6[] =
		"ffffffffffff00000f00075a08004500002000000000ff01af760a00020f"
		"ffffffff1100eeff0000000000000000";
	struct scene s = starts();
	uint8_t wanted[46];

	(void)state;
	give_address(&s);
	assert_true(text_hex_get(r6, sizeof(r6) - 1, wanted, sizeof(wanted)));
	assert_int_equal(s.st->last_len, sizeof(wanted));
	/* all but the header checksum, which the decoder looks at */
	assert_memory_equal(s.st->last, wanted, 24);
	assert_memory_equal(s.st->last + 26, wanted + 26, 20);
	close_scene(&s);
}

static void what_is_explicit_is_not_asked_for(void **state)
{
	struct startc_config config =
		config_of("129.18.1.195 netmask 255.255.255.240 -trailers up");
	struct scene s;

	(void)state;
	text_copy(config.name, sizeof(config.name), "wendy", 5);
	config.router = IP4(129, 18, 1, 193);
	s = switch_on(&config);
	assert_int_equal(startc_state(s.c), STARTC_UP);
	stage_expect(s.st,
		     "    0 ms  address 129.18.1.195/28 via 129.18.1.193\n"
		     "    0 ms  arp who-has 129.18.1.195 from 129.18.1.195\n"
		     "    0 ms  address 129.18.1.195/28 broadcast "
		     "129.18.1.207 via 129.18.1.193\n"
		     "    0 ms  note start-name \"wendy\"\n");
	close_scene(&s);
}

static void an_explicit_broadcast_is_taken(void **state)
{
	struct startc_config config =
		config_of("-AUTOMATIC- netmask 255.255.255.0 broadcast "
			  "10.0.2.0 up");
	struct scene s;

	(void)state;
	config.sets_name = false;
	s = switch_on(&config);
	stage_wait(s.st, 0);
	give_address(&s);
	assert_int_equal(startc_state(s.c), STARTC_UP);
	stage_expect(s.st, "    0 ms  BOOTPREQUEST broadcast\n"
			   "    0 ms  note start-address 10.0.2.15\n"
			   "    0 ms  address 10.0.2.15/24\n"
			   "    0 ms  arp who-has 10.0.2.15 from 10.0.2.15\n"
			   "    0 ms  address 10.0.2.15/24 broadcast "
			   "10.0.2.0\n");
	close_scene(&s);
}

static void without_a_netmask_clause_it_is_that_of_the_class(void **state)
{
	struct startc_config config = config_of("-AUTOMATIC-");
	struct scene s;

	(void)state;
	config.sets_name = false;
	s = switch_on(&config);
	stage_wait(s.st, 0);
	give_address(&s);
	assert_int_equal(startc_state(s.c), STARTC_UP);
	assert_int_equal(startc_result(s.c)->mask, IP4(255, 0, 0, 0));
	close_scene(&s);
}

/* As Rhapsody: a server of RFC 2132 says more than an address. */
static void mask_router_and_name_may_come_with_the_address(void **state)
{
	struct startc_config config =
		config_of("-AUTOMATIC- netmask -AUTOMATIC- up");
	struct scene s;
	struct bootps_reply rfc = {.yiaddr = NODE,
				   .mask = IP4(255, 255, 255, 0),
				   .router = SERVER,
				   .name = "wendy"};

	(void)state;
	config.takes_router = true;
	s = switch_on(&config);
	stage_wait(s.st, 0);
	bootps_say(s.st, &rfc);
	stage_wait(s.st, SECONDS(10));
	stage_forget(s.st);
	bootps_say(s.st, &rfc);
	assert_int_equal(startc_state(s.c), STARTC_UP);
	stage_expect(s.st, "10000 ms  note start-address 10.0.2.15\n"
			   "10000 ms  address 10.0.2.15/24 via 10.0.2.1\n"
			   "10000 ms  arp who-has 10.0.2.15 from 10.0.2.15\n"
			   "10000 ms  address 10.0.2.15/24 broadcast "
			   "10.0.2.255 via 10.0.2.1\n"
			   "10000 ms  note start-name \"wendy\"\n");
	close_scene(&s);
}

static void an_address_that_is_there_is_kept(void **state)
{
	struct startc_config config =
		config_of("-AUTOMATIC- netmask -AUTOMATIC- up");
	struct scene s;

	(void)state;
	config.link.ip = NODE;
	config.link.mask = IP4(255, 255, 255, 0);
	config.sets_name = false;
	s = switch_on(&config);
	assert_int_equal(startc_state(s.c), STARTC_UP);
	stage_expect(s.st, "    0 ms  note start-address 10.0.2.15 1\n");
	close_scene(&s);
}

/* ---- nobody ------------------------------------------------------------- */

static void nobody_at_all(void **state)
{
	struct scene s = starts();

	(void)state;
	stage_wait(s.st, SECONDS(60));
	assert_int_equal(startc_state(s.c), STARTC_ADDR);
	stage_expect(s.st, "    0 ms  BOOTPREQUEST broadcast\n"
			   " 5000 ms  BOOTPREQUEST broadcast\n"
			   "10000 ms  BOOTPREQUEST broadcast\n"
			   "15000 ms  BOOTPREQUEST broadcast\n"
			   "20000 ms  console: No response from network "
			   "configuration server. / Type Control-C to start up "
			   "computer without a network / connection.\n"
			   "20000 ms  BOOTPREQUEST broadcast\n"
			   "25000 ms  BOOTPREQUEST broadcast\n"
			   "35000 ms  BOOTPREQUEST broadcast\n"
			   "55000 ms  BOOTPREQUEST broadcast\n");
	key(&s, 'x');
	assert_int_equal(startc_state(s.c), STARTC_ADDR);
	key(&s, 3);
	assert_int_equal(startc_state(s.c), STARTC_NONET);
	assert_false(stage_step(s.st));
	stage_expect(s.st, "");
	close_scene(&s);
}

static void c_ends_the_wait_for_an_address_too(void **state)
{
	struct scene s = starts();

	(void)state;
	key(&s, 'c');
	assert_int_equal(startc_state(s.c), STARTC_NONET);
	close_scene(&s);
}

static void no_mask_authority(void **state)
{
	struct scene s = starts();

	(void)state;
	give_address(&s);
	stage_wait(s.st, SECONDS(63));
	stage_expect(s.st, ADDRESSED
		     "    0 ms  mask? broadcast\n"
		     " 1000 ms  mask? broadcast\n"
		     " 3000 ms  mask? broadcast\n"
		     " 7000 ms  mask? broadcast\n"
		     "15000 ms  mask? broadcast\n"
		     "31000 ms  mask? broadcast\n"
		     "63000 ms  console: ioctl (SIOCAUTONETMASK) timed out\n"
		     "63000 ms  address 10.0.2.15/8 broadcast "
		     "10.255.255.255\n"
		     "63000 ms  listen a port\n"
		     "63000 ms  rpc call 100000.2.5 +36 to 10.255.255.255:111\n"
		     "63000 ms  rpc call 100000.2.5 +36 to "
		     "255.255.255.255:111\n");
	give_name(&s);
	assert_int_equal(startc_state(s.c), STARTC_UP);
	assert_true(startc_result(s.c)->is_mask_of_class);
	close_scene(&s);
}

static void control_C_ends_the_wait_for_a_mask(void **state)
{
	struct scene s = starts();

	(void)state;
	give_address(&s);
	key(&s, 'c');
	assert_int_equal(startc_state(s.c), STARTC_MASK);
	key(&s, 3);
	assert_int_equal(startc_state(s.c), STARTC_NAME);
	close_scene(&s);
}

/* A host without an entry by address, without one in /machines, and without
 * bootparams look alike from here: nobody answers. */
static void nobody_knows_its_name(void **state)
{
	struct scene s = starts();
	uint32_t xid;

	(void)state;
	give_address(&s);
	give_mask(&s);
	xid = asked_xid(&s);
	stage_forget(s.st);
	stage_wait(s.st, SECONDS(60));
	assert_int_not_equal(asked_xid(&s), xid);
	stage_expect(s.st,
		     " 4000 ms  rpc call 100000.2.5 +36 to 10.0.2.255:111\n"
		     "10000 ms  rpc call 100000.2.5 +36 to 10.0.2.255:111\n"
		     "18000 ms  rpc call 100000.2.5 +36 to 10.0.2.255:111\n"
		     "28000 ms  rpc call 100000.2.5 +36 to 10.0.2.255:111\n"
		     "40000 ms  rpc call 100000.2.5 +36 to 10.0.2.255:111\n"
		     "45000 ms  console: Configuration server not responding "
		     "to request for hostname / Do nothing to keep waiting or "
		     "press 'c' to continue.\n"
		     "54000 ms  rpc call 100000.2.5 +36 to 10.0.2.255:111\n"
		     "58000 ms  rpc call 100000.2.5 +36 to 10.0.2.255:111\n");
	key(&s, 'c');
	assert_int_equal(startc_state(s.c), STARTC_UP);
	assert_string_equal(startc_result(s.c)->name, "");
	stage_expect(s.st, "60000 ms  close a port\n");
	assert_false(stage_step(s.st));
	close_scene(&s);
}

static void keeps_waiting_for_its_name_if_nobody_presses_a_key(void **state)
{
	struct scene s = starts();

	(void)state;
	give_address(&s);
	give_mask(&s);
	stage_wait(s.st, SECONDS(3600));
	assert_int_equal(startc_state(s.c), STARTC_NAME);
	give_name(&s);
	assert_int_equal(startc_state(s.c), STARTC_UP);
	assert_string_equal(startc_result(s.c)->name, "wendy");
	close_scene(&s);
}

/* ---- whom it believes --------------------------------------------------- */

static void a_wrong_xid_names_nobody(void **state)
{
	struct scene s = starts();
	uint32_t xid;

	(void)state;
	give_address(&s);
	give_mask(&s);
	xid = asked_xid(&s);
	hear_whoami(&s, &(struct whoami){xid + 1, "hook", "", RPC_SUCCESS, 1});
	hear_whoami(&s, &(struct whoami){xid, "hook", "", RPC_SYSTEM_ERR, 1});
	hear_whoami(&s, &(struct whoami){xid, "", "", RPC_SUCCESS, 111});
	hear_whoami(&s, &(struct whoami){xid, "a b", "", RPC_SUCCESS, 111});
	hear_whoami(&s, &(struct whoami){xid, "-rf", "", RPC_SUCCESS, 111});
	assert_int_equal(startc_state(s.c), STARTC_NAME);
	/* "(none)" is what Linux says for none. */
	hear_whoami(&s,
		    &(struct whoami){xid, "wendy", "(none)", RPC_SUCCESS, 111});
	assert_string_equal(startc_result(s.c)->name, "wendy");
	assert_string_equal(startc_result(s.c)->domain, "");
	/* The first one won. */
	hear_whoami(&s, &(struct whoami){xid, "hook", "", RPC_SUCCESS, 111});
	assert_string_equal(startc_result(s.c)->name, "wendy");
	close_scene(&s);
}

static void masks_that_are_none_are_passed_over(void **state)
{
	static const uint8_t other[6] = {2, 0, 0, 0, 0, 9};
	struct scene s = starts();

	(void)state;
	give_address(&s);
	hear_mask(&s, ICMP_MASK_REPLY, IP_BROADCAST, mac);
	hear_mask(&s, ICMP_MASK_REPLY, IP4(254, 255, 255, 0), mac);
	hear_mask(&s, ICMP_MASK_REPLY, IP4(255, 0, 255, 0), mac);
	hear_mask(&s, ICMP_MASK_REPLY, 0, mac);
	hear_mask(&s, ICMP_MASK_REQUEST, IP4(255, 255, 0, 0), mac);
	hear_mask(&s, ICMP_MASK_REPLY, IP4(255, 255, 0, 0), other);
	assert_int_equal(startc_state(s.c), STARTC_MASK);
	/* By broadcast it is for us, too; and only the first counts. */
	hear_mask(&s, ICMP_MASK_REPLY, IP4(255, 255, 0, 0), everybody);
	hear_mask(&s, ICMP_MASK_REPLY, IP4(255, 255, 255, 0), mac);
	assert_int_equal(startc_state(s.c), STARTC_NAME);
	assert_int_equal(startc_result(s.c)->mask, IP4(255, 255, 0, 0));
	close_scene(&s);
}

/* A mask is ORed in: it can only get longer. */
static void a_shorter_mask_than_the_class_s_changes_nothing(void **state)
{
	struct maskc c;
	struct link link = {.index = 1, .hw = hwaddr_ethernet(mac)};
	struct scene s = {.st = stage_open()};

	(void)state;
	maskc_init(&c, &link, 0, 1);
	stage_engine(s.st, &c.engine);
	maskc_start(&c, s.st->now, IP4(192, 168, 77, 10));
	stage_wait(s.st, 0);
	hear_mask(&s, ICMP_MASK_REPLY, IP4(255, 255, 0, 0), mac);
	assert_int_equal(c.state, MASKC_KNOWN);
	assert_int_equal(c.mask, IP4(255, 255, 255, 0));
	stage_close(s.st);
}

static void of_two_servers_the_positive_one_wins(void **state)
{
	struct scene s = starts();

	(void)state;
	say(&s, NEXT_QUERY, "Name for this computer: ");
	stage_wait(s.st, SECONDS(5));
	say(&s, NEXT_QUERY, "Name for this computer: ");
	say(&s, NEXT_OK, "");
	assert_int_equal(startc_state(s.c), STARTC_MASK);
	close_scene(&s);
}

/* ---- the dialog --------------------------------------------------------- */

static void a_dialog_and_then_the_rest(void **state)
{
	struct scene s = starts();

	(void)state;
	say(&s, NEXT_QUERY, "Name for this computer: ");
	stage_wait(s.st, SECONDS(10));
	assert_false(startc_is_prompting(s.c));
	say(&s, NEXT_QUERY, "Name for this computer: ");
	assert_true(startc_is_prompting(s.c));
	key(&s, 'c'); /* is typed */
	assert_int_equal(startc_state(s.c), STARTC_ADDR);
	type(&s, "wendy");
	stage_wait(s.st, 0);
	stage_forget(s.st);
	give_address(&s);
	assert_int_equal(startc_state(s.c), STARTC_MASK);
	close_scene(&s);
}

static void control_C_ends_a_dialog(void **state)
{
	struct scene s = starts();

	(void)state;
	say(&s, NEXT_QUERY, "Name for this computer: ");
	stage_wait(s.st, SECONDS(10));
	say(&s, NEXT_QUERY, "Name for this computer: ");
	key(&s, 3);
	assert_int_equal(startc_state(s.c), STARTC_NONET);
	close_scene(&s);
}

/* ---- limits and failures ------------------------------------------------ */

static struct scene waits_at_most(usec span)
{
	struct startc_config config =
		config_of("-AUTOMATIC- netmask -AUTOMATIC- up");
	struct scene s;

	config.max_wait = span;
	s = switch_on(&config);
	stage_wait(s.st, 0);
	return s;
}

static void max_wait_ends_every_wait(void **state)
{
	struct scene s = waits_at_most(SECONDS(30));

	(void)state;
	stage_wait(s.st, SECONDS(29));
	assert_int_equal(startc_state(s.c), STARTC_ADDR);
	stage_wait(s.st, SECONDS(1));
	assert_int_equal(startc_state(s.c), STARTC_NONET);
	close_scene(&s);

	s = waits_at_most(SECONDS(30));
	stage_wait(s.st, SECONDS(5));
	give_address(&s);
	stage_wait(s.st, SECONDS(25));
	assert_int_equal(startc_state(s.c), STARTC_UP);
	assert_int_equal(startc_result(s.c)->mask, IP4(255, 0, 0, 0));
	assert_string_equal(startc_result(s.c)->name, "");
	close_scene(&s);
}

static void an_interface_that_refuses_is_the_end(void **state)
{
	struct startc_config config =
		config_of("-AUTOMATIC- netmask -AUTOMATIC- up");
	struct scene s = switch_on(&config);

	(void)state;
	s.st->rc[EFFECT_ADDRESS] = -EPERM;
	stage_wait(s.st, 0);
	say(&s, NEXT_OK, "");
	assert_int_equal(startc_state(s.c), STARTC_BROKEN);
	assert_int_equal(startc_result(s.c)->rc, -EPERM);
	assert_false(stage_step(s.st));
	close_scene(&s);
}

static void a_port_that_is_taken_is_tried_again(void **state)
{
	struct scene s = starts();

	(void)state;
	s.st->rc[EFFECT_LISTEN] = -EADDRINUSE;
	give_address(&s);
	give_mask(&s);
	s.st->rc[EFFECT_LISTEN] = 0;
	stage_wait(s.st, SECONDS(1));
	stage_expect(s.st, ADDRESSED MASKED
		     "    0 ms  listen a port\n"
		     " 1000 ms  listen a port\n"
		     " 1000 ms  rpc call 100000.2.5 +36 to 10.0.2.255:111\n");
	close_scene(&s);
}

static void jitter_is_before_the_first_packet_of_each_state(void **state)
{
	struct startc_config config =
		config_of("-AUTOMATIC- netmask -AUTOMATIC- up");
	struct scene s;
	usec at[3];

	(void)state;
	config.jitter = MILLISECONDS(500);
	s = switch_on(&config);
	assert_true(stage_step(s.st));
	at[0] = s.st->now;
	give_address(&s);
	assert_int_equal(s.st->sends, 2); /* ARP, and no question yet */
	assert_true(stage_step(s.st));
	at[1] = s.st->now - at[0];
	give_mask(&s);
	assert_int_equal(s.st->sends, 3);
	assert_true(stage_step(s.st));
	at[2] = s.st->now - at[1] - at[0];
	for (int i = 0; i < 3; i++)
		assert_in_range(at[i], 1, MILLISECONDS(500));
	close_scene(&s);
}

/* ---- the words ---------------------------------------------------------- */

static void the_console_says_it_word_for_word(void **state)
{
	(void)state;
	assert_string_equal(
		console_text(CONSOLE_NO_ADDRESS),
		"No response from network configuration server.\n"
		"Type Control-C to start up computer without a network\n"
		"connection.");
	assert_string_equal(console_text(CONSOLE_NO_MASK),
			    "ioctl (SIOCAUTONETMASK) timed out");
	assert_string_equal(
		console_text(CONSOLE_NO_NAME),
		"Configuration server not responding to request for hostname\n"
		"Do nothing to keep waiting or press 'c' to continue.");
	assert_string_equal(console_text(CONSOLE_SERVER), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_automatic_and_everybody_there),
		cmocka_unit_test(it_asks_for_its_name_as_the_vector_has_it),
		cmocka_unit_test(it_asks_for_its_mask_as_the_vector_has_it),
		cmocka_unit_test(what_is_explicit_is_not_asked_for),
		cmocka_unit_test(an_explicit_broadcast_is_taken),
		cmocka_unit_test(
			without_a_netmask_clause_it_is_that_of_the_class),
		cmocka_unit_test(
			mask_router_and_name_may_come_with_the_address),
		cmocka_unit_test(an_address_that_is_there_is_kept),
		cmocka_unit_test(nobody_at_all),
		cmocka_unit_test(c_ends_the_wait_for_an_address_too),
		cmocka_unit_test(no_mask_authority),
		cmocka_unit_test(control_C_ends_the_wait_for_a_mask),
		cmocka_unit_test(nobody_knows_its_name),
		cmocka_unit_test(
			keeps_waiting_for_its_name_if_nobody_presses_a_key),
		cmocka_unit_test(a_wrong_xid_names_nobody),
		cmocka_unit_test(masks_that_are_none_are_passed_over),
		cmocka_unit_test(
			a_shorter_mask_than_the_class_s_changes_nothing),
		cmocka_unit_test(of_two_servers_the_positive_one_wins),
		cmocka_unit_test(a_dialog_and_then_the_rest),
		cmocka_unit_test(control_C_ends_a_dialog),
		cmocka_unit_test(max_wait_ends_every_wait),
		cmocka_unit_test(an_interface_that_refuses_is_the_end),
		cmocka_unit_test(a_port_that_is_taken_is_tried_again),
		cmocka_unit_test(
			jitter_is_before_the_first_packet_of_each_state),
		cmocka_unit_test(the_console_says_it_word_for_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
