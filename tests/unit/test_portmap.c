/*
 * The port mapper and boot parameters, whole messages as they were seen between
 * real programs: asked by a client, answered by a server.
 */
#include "wire/portmap.h"

#include "base/addr.h"
#include "stage/hex.h"
#include "wire/bootparam.h"
#include "wire/sunrpc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { ROOM = 2048 };

/* R1: GETPORT of bootparam, version 1, UDP; 716. */
static const char getport[] =
	"000000110000000000000002000186a00000000200000003000000000000000000000"
	"00000000000000186ba000000010000001100000000";
static const char port_716[] =
	"000000110000000100000000000000000000000000000000000002cc";

/* R2: CALLIT WHOAMI 129.18.1.195; "wendy", "muster.test", 129.18.1.254. */
static const char whoami[] =
	"4d5553540000000000000002000186a00000000200000005000000000000000000000"
	"00000000000000186ba00000001000000010000001400000001ffffff810000001200"
	"000001ffffffc3";
static const char wendy[] =
	"4d5553540000000100000000000000000000000000000000000002cc0000003000000"
	"00577656e64790000000000000b6d75737465722e746573740000000001ffffff8100"
	"00001200000001fffffffe";

/* R3: the same from rpcbind and rpc.bootparamd, of 192.168.77.10. */
static const char live[] =
	"4d55535400000001000000000000000000000000000000000000e3ac0000003000000"
	"00577656e64790000000000000b6d75737465722e746573740000000001ffffffc0ff"
	"ffffa80000004dfffffffe";

/* R4: GETFILE wendy root; wizard, 129.18.1.1, /export/wendy/root. */
static const char getfile[] =
	"000000120000000000000002000186ba0000000100000002000000000000000000000"
	"000000000000000000577656e647900000000000004726f6f74";
static const char root[] =
	"000000120000000100000000000000000000000000000000000000067769"
	"7a617264000000000001ffffff81000000120000000100000001000000122f"
	"6578706f72742f77656e64792f726f6f740000";

/* A message and its header behind us. */
static struct rd called(const char *text, uint8_t b[ROOM], struct rpc_call *c)
{
	struct rd r = rd_over(b, hex(text, b, ROOM));

	assert_true(rpc_call_get(c, &r));
	return rd_over(c->args, c->len);
}

static struct rd replied(const char *text, uint8_t b[ROOM])
{
	struct rd r = rd_over(b, hex(text, b, ROOM));
	struct rpc_reply p;

	assert_true(rpc_reply_get(&p, &r));
	assert_int_equal(p.status, RPC_SUCCESS);
	return rd_over(p.results, p.len);
}

static void is_bytes(const struct wr *w, const char *text)
{
	uint8_t want[ROOM];

	assert_false(w->bad);
	assert_int_equal(wr_len(w), hex(text, want, ROOM));
	assert_memory_equal(w->start, want, wr_len(w));
}

static bool is_text(struct bootparam_text t, const char *s)
{
	return t.len == strlen(s) && !memcmp(t.s, s, t.len);
}

#define TEXT(s)                                                                \
	(struct bootparam_text)                                                \
	{                                                                      \
		s, sizeof(s) - 1                                               \
	}

static void asks_for_a_port_and_is_told(void **state)
{
	struct rpc_call c = {.xid = 0x11,
			     .rpc_version = RPC_VERSION,
			     .program = PMAP_PROGRAM,
			     .version = PMAP_VERSION,
			     .procedure = PMAP_GETPORT};
	struct pmap_mapping m = {.program = BOOTPARAM_PROGRAM,
				 .version = BOOTPARAM_VERSION,
				 .protocol = PMAP_UDP};
	uint8_t b[ROOM];
	struct wr w = wr_over(b, ROOM);
	struct rd r;
	uint16_t port;

	(void)state;
	rpc_call_put(&c, &w);
	pmap_mapping_put(&m, &w);
	is_bytes(&w, getport);

	r = called(getport, b, &c);
	m = (struct pmap_mapping){0};
	assert_true(pmap_mapping_get(&m, &r));
	assert_int_equal(m.program, 100026);
	assert_int_equal(m.version, 1);
	assert_int_equal(m.protocol, PMAP_UDP);
	assert_int_equal(rd_left(&r), 0);

	r = replied(port_716, b);
	assert_true(pmap_port_get(&port, &r));
	assert_int_equal(port, 716);

	w = wr_over(b, ROOM);
	rpc_reply_put(&(struct rpc_reply){.xid = 0x11}, &w);
	pmap_port_put(716, &w);
	is_bytes(&w, port_716);
}

static void a_port_has_sixteen_bits(void **state)
{
	struct rd r = rd_over("\0\1\0\0", 4), less = rd_over("\0\0\0", 3);
	uint16_t port;

	(void)state;
	assert_false(pmap_port_get(&port, &r));
	assert_false(pmap_port_get(&port, &less));
}

static void writes_a_question_for_everybody(void **state)
{
	struct rpc_call c = {.xid = 0x4d555354,
			     .rpc_version = RPC_VERSION,
			     .program = PMAP_PROGRAM,
			     .version = PMAP_VERSION,
			     .procedure = PMAP_CALLIT};
	struct pmap_callit i = {.program = BOOTPARAM_PROGRAM,
				.version = BOOTPARAM_VERSION,
				.procedure = BOOTPARAM_WHOAMI};
	uint8_t b[ROOM], args[64];
	struct wr w = wr_over(b, ROOM), a = wr_over(args, sizeof(args));

	(void)state;
	bootparam_address_put(IP4(129, 18, 1, 195), &a);
	i.args = args;
	i.len = wr_len(&a);
	rpc_call_put(&c, &w);
	pmap_callit_put(&i, &w);
	is_bytes(&w, whoami);
}

static void hears_a_question_for_everybody(void **state)
{
	uint8_t b[ROOM];
	struct rpc_call c;
	struct rd r = called(whoami, b, &c);
	struct pmap_callit i;
	uint32_t ip;

	(void)state;
	assert_int_equal(c.procedure, PMAP_CALLIT);
	assert_true(pmap_callit_get(&i, &r));
	assert_int_equal(rd_left(&r), 0);
	assert_int_equal(i.program, BOOTPARAM_PROGRAM);
	assert_int_equal(i.version, 1);
	assert_int_equal(i.procedure, BOOTPARAM_WHOAMI);
	r = rd_over(i.args, i.len);
	assert_true(bootparam_address_get(&ip, &r));
	assert_int_equal(ip, IP4(129, 18, 1, 195));
	assert_int_equal(rd_left(&r), 0);
}

static void reads_a_name(void **state)
{
	static const struct {
		const char *hex;
		uint16_t port;
		uint32_t router;
	} replies[] = {{wendy, 716, IP4(129, 18, 1, 254)},
		       {live, 58284, IP4(192, 168, 77, 254)}};

	(void)state;
	for (int i = 0; i < 2; i++) {
		uint8_t b[ROOM];
		struct rd r = replied(replies[i].hex, b);
		struct pmap_called c;
		struct bootparam_whoami a;

		assert_true(pmap_called_get(&c, &r));
		assert_int_equal(c.port, replies[i].port);
		assert_int_equal(rd_left(&r), 0);
		r = rd_over(c.results, c.len);
		assert_true(bootparam_whoami_get(&a, &r));
		assert_int_equal(rd_left(&r), 0);
		assert_true(is_text(a.name, "wendy"));
		assert_true(is_text(a.domain, "muster.test"));
		assert_int_equal(a.router, replies[i].router);
	}
}

static void writes_a_name(void **state)
{
	struct bootparam_whoami a = {.name = TEXT("wendy"),
				     .domain = TEXT("muster.test"),
				     .router = IP4(129, 18, 1, 254)};
	struct pmap_called c = {.port = 716};
	uint8_t b[ROOM], results[256];
	struct wr w = wr_over(b, ROOM), s = wr_over(results, sizeof(results));

	(void)state;
	bootparam_whoami_put(&a, &s);
	c.results = results;
	c.len = wr_len(&s);
	rpc_reply_put(&(struct rpc_reply){.xid = 0x4d555354}, &w);
	pmap_called_put(&c, &w);
	is_bytes(&w, wendy);
}

static void asks_for_a_file_and_is_told(void **state)
{
	struct rpc_call c = {.xid = 0x12,
			     .rpc_version = RPC_VERSION,
			     .program = BOOTPARAM_PROGRAM,
			     .version = BOOTPARAM_VERSION,
			     .procedure = BOOTPARAM_GETFILE};
	struct bootparam_ask a = {.name = TEXT("wendy"), .key = TEXT("root")};
	struct bootparam_file f = {.server = TEXT("wizard"),
				   .ip = IP4(129, 18, 1, 1),
				   .path = TEXT("/export/wendy/root")};
	uint8_t b[ROOM];
	struct wr w = wr_over(b, ROOM);
	struct rd r;

	(void)state;
	rpc_call_put(&c, &w);
	bootparam_ask_put(&a, &w);
	is_bytes(&w, getfile);
	r = called(getfile, b, &c);
	assert_true(bootparam_ask_get(&a, &r));
	assert_true(is_text(a.name, "wendy"));
	assert_true(is_text(a.key, "root"));

	w = wr_over(b, ROOM);
	rpc_reply_put(&(struct rpc_reply){.xid = 0x12}, &w);
	bootparam_file_put(&f, &w);
	is_bytes(&w, root);
	r = replied(root, b);
	assert_true(bootparam_file_get(&f, &r));
	assert_int_equal(rd_left(&r), 0);
	assert_true(is_text(f.server, "wizard"));
	assert_int_equal(f.ip, IP4(129, 18, 1, 1));
	assert_true(is_text(f.path, "/export/wendy/root"));
}

/* From machines whose characters have no sign, and with rubbish above them. */
static void of_an_address_only_low_bytes_count(void **state)
{
	static const char *const same[] = {
		"00000001 ffffffc0 ffffffa8 0000004d 0000000a",
		"00000001 000000c0 000000a8 0000004d 0000000a",
		"00000001 123456c0 ffff00a8 0100004d 8000000a",
	};
	static const char *const wrong[] = {
		"00000000 ffffffc0 ffffffa8 0000004d 0000000a",
		"00000002 ffffffc0 ffffffa8 0000004d 0000000a",
		"ffffffff ffffffc0 ffffffa8 0000004d 0000000a",
		"00000001 ffffffc0 ffffffa8 0000004d 000000",
		"00000001",
		"",
	};
	uint8_t b[ROOM];
	uint32_t ip;

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct rd r = rd_over(b, hex(same[i], b, ROOM));

		assert_true(bootparam_address_get(&ip, &r));
		assert_int_equal(ip, IP4(192, 168, 77, 10));
	}
	for (int i = 0; i < 6; i++) {
		struct rd r = rd_over(b, hex(wrong[i], b, ROOM));

		assert_false(bootparam_address_get(&ip, &r));
	}
}

static void refuses_every_shorter_message(void **state)
{
	uint8_t b[ROOM];
	struct rpc_call c;
	struct rd r = called(whoami, b, &c);
	struct pmap_callit i;
	struct pmap_called d;
	struct bootparam_whoami a;
	struct bootparam_ask k;
	struct bootparam_file f;
	const uint8_t *at = r.p;
	size_t len = rd_left(&r);

	(void)state;
	for (size_t n = 0; n < len; n++) {
		r = rd_over(at, n);
		assert_false(pmap_callit_get(&i, &r));
	}
	r = replied(wendy, b);
	at = r.p;
	len = rd_left(&r);
	for (size_t n = 0; n < len; n++) {
		r = rd_over(at, n);
		assert_false(pmap_called_get(&d, &r));
		if (n >= 8) {
			r = rd_over(at + 8, n - 8);
			assert_false(bootparam_whoami_get(&a, &r));
		}
	}
	r = called(getfile, b, &c);
	for (size_t n = 0; n < c.len; n++) {
		r = rd_over(c.args, n);
		assert_false(bootparam_ask_get(&k, &r));
	}
	r = replied(root, b);
	at = r.p;
	len = rd_left(&r);
	for (size_t n = 0; n < len; n++) {
		r = rd_over(at, n);
		assert_false(bootparam_file_get(&f, &r));
	}
}

/* A string of that length, and then room for whatever follows. */
static struct rd text_of(size_t len, uint8_t b[ROOM])
{
	struct wr w = wr_over(b, ROOM);

	memset(b, 0, ROOM);
	wr_u32(&w, (uint32_t)len);
	return rd_over(b, ROOM);
}

static void strings_have_their_longest(void **state)
{
	static const size_t lies[] = {256,        1025,       0x7fffffff,
				      0x80000000, 0xfffffffd, 0xffffffff};
	static uint8_t long_path[BOOTPARAM_PATH + 1];
	uint8_t b[ROOM];
	struct bootparam_ask a;
	struct bootparam_file f = {.path = {(char *)long_path, 1025}};
	struct wr w = wr_over(b, ROOM);
	struct rd r = text_of(255, b);

	(void)state;
	assert_true(bootparam_ask_get(&a, &r));
	for (int i = 0; i < 6; i++) {
		r = text_of(lies[i], b);
		assert_false(bootparam_ask_get(&a, &r));
	}
	/* A key of 32 bytes behind an empty name, and one of 33. */
	memset(b, 0, ROOM);
	b[7] = 32;
	r = rd_over(b, ROOM);
	assert_true(bootparam_ask_get(&a, &r));
	b[7] = 33;
	r = rd_over(b, ROOM);
	assert_false(bootparam_ask_get(&a, &r));

	bootparam_file_put(&f, &w);
	assert_true(w.bad);
}

static void the_longest_answer_fits(void **state)
{
	static char text[BOOTPARAM_PATH];
	struct bootparam_file f = {.server = {text, BOOTPARAM_NAME},
				   .path = {text, BOOTPARAM_PATH}};
	uint8_t b[BOOTPARAM_RESULTS];
	struct wr w = wr_over(b, sizeof(b));

	(void)state;
	bootparam_file_put(&f, &w);
	assert_false(w.bad);
	assert_int_equal(wr_len(&w), BOOTPARAM_RESULTS);
}

static void holds_what_callit_carries_to_400_bytes(void **state)
{
	uint8_t b[ROOM] = {0};
	struct pmap_callit c;
	struct rd r;

	(void)state;
	hex("00000190", b + 12, 4);
	r = rd_over(b, ROOM);
	assert_true(pmap_callit_get(&c, &r));
	hex("00000191", b + 12, 4);
	r = rd_over(b, ROOM);
	assert_false(pmap_callit_get(&c, &r));
	hex("ffffffff", b + 12, 4);
	r = rd_over(b, ROOM);
	assert_false(pmap_callit_get(&c, &r));
}

static void walks_a_dump(void **state)
{
	const struct pmap_mapping two[] = {{100000, 2, PMAP_UDP, 111},
					   {100026, 1, PMAP_UDP, 716}};
	uint8_t b[ROOM];
	struct wr w = wr_over(b, ROOM);
	struct pmap_mapping m;
	struct rd r;

	(void)state;
	pmap_item_put(&two[0], &w);
	pmap_item_put(&two[1], &w);
	pmap_end_put(&w);
	is_bytes(&w, "00000001 000186a0 00000002 00000011 0000006f"
		     "00000001 000186ba 00000001 00000011 000002cc 00000000");
	r = rd_over(b, wr_len(&w));
	for (int i = 0; i < 2; i++) {
		assert_true(pmap_item_next(&m, &r));
		assert_memory_equal(&m, &two[i], sizeof(m));
	}
	assert_false(pmap_item_next(&m, &r));
	assert_false(r.bad);
	/* Cut anywhere, the list has no right end. */
	for (size_t n = 0; n < wr_len(&w); n++) {
		r = rd_over(b, n);
		while (pmap_item_next(&m, &r))
			;
		assert_true(r.bad);
	}
	b[3] = 2;
	r = rd_over(b, wr_len(&w));
	assert_false(pmap_item_next(&m, &r));
	assert_true(r.bad);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(asks_for_a_port_and_is_told),
		cmocka_unit_test(a_port_has_sixteen_bits),
		cmocka_unit_test(writes_a_question_for_everybody),
		cmocka_unit_test(hears_a_question_for_everybody),
		cmocka_unit_test(reads_a_name),
		cmocka_unit_test(writes_a_name),
		cmocka_unit_test(asks_for_a_file_and_is_told),
		cmocka_unit_test(of_an_address_only_low_bytes_count),
		cmocka_unit_test(refuses_every_shorter_message),
		cmocka_unit_test(strings_have_their_longest),
		cmocka_unit_test(the_longest_answer_fits),
		cmocka_unit_test(holds_what_callit_carries_to_400_bytes),
		cmocka_unit_test(walks_a_dump),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
