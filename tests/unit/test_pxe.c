/*
 * PXE in DHCP: what clients say of themselves, as seen from real ones, and the
 * sub-options of option 43 byte by byte.
 */
#include "wire/pxe.h"

#include "stage/hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* A request with this vendor area: text, since class names are text. */
struct request {
	uint8_t b[1024];
	struct bootp_out o;
	struct wr w;
	struct bootp m;
};

static void begin(struct request *q)
{
	static const struct bootp_head head = {.op = BOOTP_REQUEST,
					       .hw = {HW_ETHERNET, 6, {2}}};

	q->w = wr_over(q->b, sizeof(q->b));
	q->o = bootp_begin(&head, &q->w, 1024);
}

static struct client told_by(struct request *q)
{
	struct client c;
	struct rd r;

	bootp_end(&q->o);
	r = rd_over(q->b, wr_len(&q->w));
	assert_true(bootp_get(&q->m, &r));
	client_of(&c, &q->m);
	return c;
}

/* Options in hex, so that what clients really send can be written down. */
static struct client client_saying(const char *options)
{
	struct request q;
	uint8_t v[512];
	size_t n = hex(options, v, sizeof(v));

	begin(&q);
	wr_bytes(&q.w, v, n);
	q.o.len += n;
	return told_by(&q);
}

static void knows_a_uefi_machine(void **state)
{
	struct request q;
	struct client c;
	uint8_t uuid[17] = {0};

	(void)state;
	begin(&q);
	bootp_put_str(&q.o, OPT_CLASS_ID, "PXEClient:Arch:00007:UNDI:003000");
	bootp_put_u16(&q.o, OPT_CLIENT_ARCH, 7);
	bootp_put(&q.o, OPT_CLIENT_NDI, "\1\3", 3);
	/* All zero: OVMF without SMBIOS data. */
	bootp_put(&q.o, OPT_CLIENT_UUID, uuid, sizeof(uuid));
	bootp_put_u16(&q.o, OPT_MAX_SIZE, 1472);
	c = told_by(&q);
	assert_int_equal(c.class, CLASS_PXE);
	assert_true(c.is_pxe);
	assert_true(c.has_arch);
	assert_int_equal(c.arch, ARCH_X64_UEFI);
	assert_true(c.has_uuid);
	assert_int_equal(c.max_size, 1472);
}

static void tells_clients_apart(void **state)
{
	static const struct {
		const char *id;   /* option 60; NULL: none */
		const char *user; /* option 77, hex; NULL: none */
		bool has_175;
		enum client_class class;
		bool is_pxe;
	} cases[] = {
		{NULL, NULL, false, CLASS_PLAIN, false},
		{"", NULL, false, CLASS_PLAIN, false},
		{"MSFT 5.0", NULL, false, CLASS_PLAIN, false},
		{"udhcp 1.35.0", NULL, false, CLASS_PLAIN, false},
		{"PXEClient", NULL, false, CLASS_PXE, true},
		{"PXEClien", NULL, false, CLASS_PLAIN, false},
		{"pxeclient", NULL, false, CLASS_PLAIN, false},
		{"xPXEClient", NULL, false, CLASS_PLAIN, false},
		{"HTTPClient:Arch:00016:UNDI:003000", NULL, false, CLASS_HTTP,
		 false},
		{"Etherboot-5.4", NULL, true, CLASS_ETHERBOOT, false},
		{"PXEClient:Arch:00000:UNDI:002001", "69505845", true,
		 CLASS_IPXE, true},
		{"PXEClient:Arch:00000:UNDI:002001", "69505845", false,
		 CLASS_IPXE, true},
		{"PXEClient:Arch:00000:UNDI:002001", "0469505845", false,
		 CLASS_IPXE, true},
		{"PXEClient", "0161 0469505845", false, CLASS_IPXE, true},
		{"PXEClient", "0161 0569505845 61", false, CLASS_PXE, true},
		{"PXEClient", "0469505846", false, CLASS_PXE, true},
		{"PXEClient", "6950584561", false, CLASS_PXE, true},
		{"PXEClient", "0569505845", false, CLASS_PXE, true},
		{"PXEClient", "", false, CLASS_PXE, true},
		{"PXEClient", NULL, true, CLASS_IPXE, true},
		{"muster 0.1", NULL, false, CLASS_MUSTER, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct request q;
		struct client c;
		uint8_t user[32];

		begin(&q);
		if (cases[i].id)
			bootp_put_str(&q.o, OPT_CLASS_ID, cases[i].id);
		if (cases[i].user)
			bootp_put(&q.o, OPT_USER_CLASS, user,
				  hex(cases[i].user, user, sizeof(user)));
		if (cases[i].has_175)
			bootp_put(&q.o, OPT_ETHERBOOT, "\1\1\1", 3);
		c = told_by(&q);
		if (c.class != cases[i].class || c.is_pxe != cases[i].is_pxe)
			fail_msg("case %zu: %s", i, client_class_name(c.class));
	}
}

static void knows_a_next_machine_by_its_vendor_area(void **state)
{
	uint8_t b[300];
	struct wr w = wr_over(b, sizeof(b));
	struct rd r = rd_over(b, sizeof(b));
	struct bootp m;
	struct client c;

	(void)state;
	next_vend_put(&(struct next_vend){.version = 1},
		      &(struct bootp_head){.op = BOOTP_REQUEST}, &w);
	assert_true(bootp_get(&m, &r));
	client_of(&c, &m);
	assert_int_equal(c.class, CLASS_NEXT);
	assert_false(c.has_arch);
	assert_int_equal(c.arch, ARCH_UNKNOWN);
	assert_int_equal(c.max_size, 0);
}

static void takes_the_architecture_from_option_93_first(void **state)
{
	static const struct {
		const char *options;
		bool has_arch;
		uint16_t arch;
	} cases[] = {
		{"5d020007", true, 7},
		{"5d0400060007", true, 6},
		{"5d020010", true, ARCH_X64_HTTP},
		{"5d02ff00", true, 0xff00},
		{"", false, ARCH_UNKNOWN},
		{"5d00", false, ARCH_UNKNOWN},
		{"5d0107", false, ARCH_UNKNOWN},
		{"5d03000700", false, ARCH_UNKNOWN},
		/* PXEClient:Arch:00009, HTTPClient:Arch:00016 */
		{"3c14505845436c69656e743a417263683a3030303039", true, 9},
		{"3c15485454 50436c69656e743a417263683a3030303136", true, 16},
		{"5d020000 3c14505845436c69656e743a417263683a3030303039", true,
		 0},
		/* four digits; a letter; another label; too large a number */
		{"3c13505845436c69656e743a417263683a30303039", false,
		 ARCH_UNKNOWN},
		{"3c14505845436c69656e743a417263683a3030306139", false,
		 ARCH_UNKNOWN},
		{"3c14505845436c69656e743a417263483a3030303039", false,
		 ARCH_UNKNOWN},
		{"3c14505845436c69656e743a417263683a3939393939", false,
		 ARCH_UNKNOWN},
		/* not of PXE: xxxClient:Arch:00009 */
		{"3c14787878436c69656e743a417263683a3030303039", false,
		 ARCH_UNKNOWN},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct client c = client_saying(cases[i].options);

		if (c.has_arch != cases[i].has_arch || c.arch != cases[i].arch)
			fail_msg("case %zu: %u", i, c.arch);
	}
}

static void trusts_no_message_size_beyond_a_packet(void **state)
{
	static const struct {
		const char *options;
		uint16_t size;
	} cases[] = {
		{"", 0},
		{"39020240", 576},
		{"3902023f", 576},
		{"39020000", 576},
		{"390205c0", 1472},
		{"390205c1", 1472},
		{"3902ff00", 1472}, /* OVMF */
		{"390105", 0},
		{"390400000240", 0},
		{"390204d2", 1234},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_int_equal(client_saying(cases[i].options).max_size,
				 cases[i].size);
}

static void takes_only_a_whole_uuid(void **state)
{
	static const struct {
		const char *options;
		bool has_uuid;
	} cases[] = {
		{"6111 00 0102030405060708090a0b0c0d0e0f10", true},
		{"6111 01 0102030405060708090a0b0c0d0e0f10", false},
		{"6110 00 0102030405060708090a0b0c0d0e0f", false},
		{"6112 00 0102030405060708090a0b0c0d0e0f1011", false},
		{"6100", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct client c = client_saying(cases[i].options);

		assert_int_equal(c.has_uuid, cases[i].has_uuid);
		assert_true(!c.has_uuid || c.uuid[16] == 0x10);
	}
}

static void names_classes_and_architectures(void **state)
{
	(void)state;
	for (enum client_class c = CLASS_PLAIN; c <= CLASS_NEXT; c++)
		for (enum client_class d = CLASS_PLAIN; d < c; d++)
			assert_string_not_equal(client_class_name(c),
						client_class_name(d));
	assert_string_equal(client_class_name(CLASS_IPXE), "iPXE");
	assert_string_equal(arch_name(ARCH_X86_BIOS), "x86 BIOS");
	assert_string_equal(arch_name(ARCH_RPI), "Raspberry Pi");
	assert_string_equal(arch_name(1), "unknown");
	assert_string_equal(arch_name(ARCH_UNKNOWN), "unknown");
}

static void reads_and_writes_mtftp_with_intels_byte_order(void **state)
{
	static const struct {
		const char *hex;
		struct pxe_mtftp m;
	} cases[] = {
		{"0104efff0101 0202b90b 0302df06 040102 050102 ff",
		 {IP4(239, 255, 1, 1), 3001, 1759, 2, 2}},
		{"0104e0000102 02024c00 03024b00 0401ff 050100 ff",
		 {IP4(224, 0, 1, 2), 76, 75, 255, 0}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint8_t v[32], back[32];
		size_t n = hex(cases[i].hex, v, sizeof(v));
		struct rd r = rd_over(v, n);
		struct wr w = wr_over(back, sizeof(back));
		const struct pxe_mtftp *want = &cases[i].m;
		struct pxe_mtftp m;

		assert_int_equal(n, 21);
		assert_true(pxe_mtftp_get(&m, &r));
		assert_int_equal(m.group, want->group);
		assert_int_equal(m.client_port, want->client_port);
		assert_int_equal(m.server_port, want->server_port);
		assert_int_equal(m.start_delay, want->start_delay);
		assert_int_equal(m.timeout, want->timeout);

		pxe_mtftp_put(want, &w);
		wr_u8(&w, PXE_END);
		assert_int_equal(wr_len(&w), n);
		assert_memory_equal(back, v, n);
	}
}

static void wants_all_five_tags_for_mtftp(void **state)
{
	static const struct {
		const char *hex;
		bool is_one;
	} cases[] = {
		{"050102 040102 0302df06 0202b90b 0104efff0101", true},
		{"00 0104efff0101 060103 0202b90b 0302df06 040102 050102",
		 true},
		{"0202b90b 0302df06 040102 050102 ff", false},
		{"0104efff0101 0302df06 040102 050102 ff", false},
		{"0104efff0101 0202b90b 040102 050102 ff", false},
		{"0104efff0101 0202b90b 0302df06 050102 ff", false},
		{"0104efff0101 0202b90b 0302df06 040102 ff", false},
		{"0104efff0101 0202b90b 0302df06 040102 ff 050102", false},
		{"0104efff0101 0202b90b 0302df06 040102 050102 0602", false},
		{"0103efff01 0202b90b 0302df06 040102 050102 ff", false},
		{"0104efff0101 0203b90b00 0302df06 040102 050102 ff", false},
		{"0104efff0101 0202b90b 0302df06 04020002 050102 ff", false},
		{"0104efff0101 0202b90b 0302df06 0400 050102 ff", false},
		{"", false},
		{"ff", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint8_t v[64];
		struct rd r = rd_over(v, hex(cases[i].hex, v, sizeof(v)));
		struct pxe_mtftp m;

		if (pxe_mtftp_get(&m, &r) != cases[i].is_one)
			fail_msg("case %zu", i);
	}
}

/* A menu with one server and the local disk, and the item that was taken. */
static const char discovery[] = "060103 0807800001 0a090001"
				"0912800007496e7374616c6c 0000054c6f63616c"
				"0a09055072657373204638 470480000000 ff";

static void walks_and_writes_a_discovery_offer(void **state)
{
	static const struct {
		uint8_t tag, len;
	} want[] = {{PXE_DISCOVERY_CONTROL, 1},
		    {PXE_BOOT_SERVERS, 7},
		    {PXE_BOOT_MENU, 18},
		    {PXE_MENU_PROMPT, 9},
		    {PXE_BOOT_ITEM, 4}};
	uint8_t v[64], back[64];
	size_t n = hex(discovery, v, sizeof(v)), i = 0;
	struct rd r = rd_over(v, n);
	struct wr w = wr_over(back, sizeof(back));

	(void)state;
	for (struct pxe_opt o; pxe_option_next(&r, &o); i++) {
		assert_in_range(i, 0, sizeof(want) / sizeof(*want) - 1);
		assert_int_equal(o.tag, want[i].tag);
		assert_int_equal(o.len, want[i].len);
		pxe_option_put(&w, o.tag, o.bytes, o.len);
	}
	wr_u8(&w, PXE_END);
	assert_int_equal(i, sizeof(want) / sizeof(*want));
	assert_false(r.bad);
	assert_int_equal(wr_len(&w), n);
	assert_memory_equal(back, v, n);
}

static void says_when_sub_options_are_broken(void **state)
{
	static const struct {
		const char *hex;
		unsigned n;
		bool bad;
	} cases[] = {
		{"", 0, false},
		{"ff", 0, false},
		{"ff060108", 0, false},
		{"060108ff", 1, false},
		{"060108", 1, false},
		{"0000060108", 1, false},
		{"0600ff", 1, false},
		{"06", 0, true},
		{"0601", 0, true},
		{"060108 0a", 1, true},
		{"060108 0a0205", 1, true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint8_t v[32];
		size_t len = hex(cases[i].hex, v, sizeof(v));
		uint8_t *exact = malloc(len ? len : 1);
		struct rd r = rd_over(exact, len);
		struct pxe_opt o;
		unsigned n = 0;

		memcpy(exact, v, len);
		while (pxe_option_next(&r, &o))
			n++;
		assert_int_equal(n, cases[i].n);
		assert_int_equal(r.bad, cases[i].bad);
		free(exact);
	}
}

static void writes_sub_options_whole_or_not_at_all(void **state)
{
	uint8_t b[8];
	struct wr w = wr_over(b, sizeof(b));

	(void)state;
	pxe_option_put(&w, PXE_MENU_PROMPT, "\0", 0);
	pxe_option_put(&w, PXE_MENU_PROMPT, "\5Press", 6);
	assert_true(w.bad);
	assert_int_equal(wr_len(&w), 2);
	w = wr_over(b, sizeof(b));
	pxe_option_put(&w, PXE_MENU_PROMPT, "\5Press", 6);
	assert_false(w.bad);
	w = wr_over(b, sizeof(b));
	pxe_mtftp_put(&(struct pxe_mtftp){0}, &w);
	assert_true(w.bad);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_a_uefi_machine),
		cmocka_unit_test(tells_clients_apart),
		cmocka_unit_test(knows_a_next_machine_by_its_vendor_area),
		cmocka_unit_test(takes_the_architecture_from_option_93_first),
		cmocka_unit_test(trusts_no_message_size_beyond_a_packet),
		cmocka_unit_test(takes_only_a_whole_uuid),
		cmocka_unit_test(names_classes_and_architectures),
		cmocka_unit_test(reads_and_writes_mtftp_with_intels_byte_order),
		cmocka_unit_test(wants_all_five_tags_for_mtftp),
		cmocka_unit_test(walks_and_writes_a_discovery_offer),
		cmocka_unit_test(says_when_sub_options_are_broken),
		cmocka_unit_test(writes_sub_options_whole_or_not_at_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
