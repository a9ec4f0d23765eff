/*
 * What bootpd tells each kind of client to boot, and the proxy, which tells
 * nothing else.
 */
#include "stage/bootp_world.h"

#include "engine/note.h"
#include "stage/hex.h"
#include "wire/frame.h"
#include "wire/pxe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NODE(n)    IP4(10, 0, 0, n)
#define PXE_CLASS  "PXEClient:Arch:00007:UNDI:003000"
#define BIOS_CLASS "PXEClient:Arch:00000:UNDI:002001"
#define HTTP_CLASS "HTTPClient:Arch:00016:UNDI:003000"

static int set_up(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	world_open(w);
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

static void ask(struct world *w, struct query q)
{
	world_hear(w, &q);
}

#define ASK(w, ...)      ask(w, (struct query){__VA_ARGS__})
#define DISCOVER(w, ...) ASK(w, .n = 20, .type = DHCP_DISCOVER, __VA_ARGS__)

/* A boot directory as an administrator makes it. */
static void fill(struct world *w)
{
	world_add_file(w, "ipxe.efi");
	world_add_file(w, "undionly.kpxe");
	world_add_file(w, "linux");
	world_add_file(w, "initrd.gz");
}

static void expect_file(struct world *w, const char *file, uint32_t next)
{
	char is[BOOTP_FILE + 1];
	struct bootp m;

	world_reply(w, &m);
	bootp_file(&m, is);
	assert_string_equal(is, file);
	assert_int_equal(m.siaddr, next);
	stage_forget(w->st);
}

/* ---- each in its own dialect --------------------------------------------- */

static void firmware_gets_the_loader_of_its_architecture(void **state)
{
	struct world *w = *state;

	fill(w);
	DISCOVER(w, .class_id = PXE_CLASS, .arch = 1 + ARCH_X64_UEFI,
		 .has_uuid = true);
	expect_file(w, "ipxe.efi", WORLD_SERVER);
	assert_true(world_option_is(w, OPT_CLASS_ID, "PXEClient"));
	assert_true(world_option_is(w, OPT_VENDOR, "\x06\x01\x08\xff"));
	assert_false(world_option_is(w, OPT_CLIENT_UUID, NULL));
	assert_true(world_option_is(w, OPT_BOOT_FILE, NULL));
	DISCOVER(w, .class_id = BIOS_CLASS);
	expect_file(w, "undionly.kpxe", WORLD_SERVER);
	assert_true(world_option_is(w, OPT_CLIENT_UUID, NULL));
}

static void options_66_and_67_go_to_those_who_ask_for_them(void **state)
{
	struct world *w = *state;
	const struct send *s = &w->st->last_send;
	const uint8_t *name;

	fill(w);
	DISCOVER(w, .class_id = PXE_CLASS, .list = "\102\103");
	assert_true(world_option_is(w, OPT_BOOT_FILE, "ipxe.efi"));
	assert_true(world_option_is(w, OPT_TFTP_SERVER, "10.0.0.1"));
	/* behind the name stands a zero, for those who read on for one */
	name = memmem(s->head + 300, s->head_len - 300, "ipxe.efi", 8);
	assert_non_null(name);
	assert_int_equal(name[8], 0);
	expect_file(w, "ipxe.efi", WORLD_SERVER);
}

static void a_pxe_rom_without_a_file_is_told_nothing_of_pxe(void **state)
{
	struct world *w = *state;

	DISCOVER(w, .class_id = PXE_CLASS, .list = "\103");
	expect_file(w, "", 0);
	assert_true(world_option_is(w, OPT_CLASS_ID, NULL));
	assert_true(world_option_is(w, OPT_VENDOR, NULL));
}

/* PXE's option 43 as the ROM reads it: false if it tells of no group. */
static bool told_mtftp(const struct world *w, struct pxe_mtftp *to)
{
	uint8_t v[64];
	struct bootp m;
	struct rd r;
	int len;

	world_reply(w, &m);
	len = bootp_option(&m, OPT_VENDOR, v, sizeof(v));
	assert_in_range(len, 1, sizeof(v));
	r = rd_over(v, (size_t)len);
	return pxe_mtftp_get(to, &r);
}

static void a_bios_rom_is_told_group_ports_and_timers_of_mtftp(void **state)
{
	struct world *w = *state;
	const struct image *im;
	struct pxe_mtftp m;

	fill(w);
	im = images_find(w->site.images, "undionly.kpxe", 13);
	w->settings.transport = VIA_MTFTP;
	w->settings.mtftp.own_port = 1075;
	w->settings.mtftp.own_client_port = 1076;
	w->settings.mtftp.groups_from = IP4(239, 7, 7, 16);
	/* neither is the default, nor are they alike: tags 4 and 5 */
	w->settings.mtftp.listen = 5;
	w->settings.mtftp.timeout = 9;
	DISCOVER(w, .class_id = BIOS_CLASS);
	assert_true(told_mtftp(w, &m));
	assert_int_equal(m.group, IP4(239, 7, 7, 16) + im->slam_port -
					  w->settings.slam.port);
	assert_int_equal(m.client_port, 1076);
	assert_int_equal(m.server_port, 1075);
	assert_int_equal(m.start_delay, 5);
	assert_int_equal(m.timeout, 9);
	expect_file(w, "undionly.kpxe", WORLD_SERVER);

	/* UEFI's would throw the offer away */
	DISCOVER(w, .class_id = PXE_CLASS, .arch = 1 + ARCH_X64_UEFI);
	assert_false(told_mtftp(w, &m));
	expect_file(w, "ipxe.efi", WORLD_SERVER);
}

static void ipxe_gets_the_script_by_its_name(void **state)
{
	struct world *w = *state;

	fill(w);
	w->settings.subnets[0].next_server = NODE(3);
	DISCOVER(w, .class_id = BIOS_CLASS, .user_class = "iPXE");
	expect_file(w, "boot.ipxe", WORLD_SERVER); /* it is made here */
	DISCOVER(w, .class_id = BIOS_CLASS);
	expect_file(w, "undionly.kpxe", NODE(3)); /* files may be elsewhere */
}

static void a_machine_may_have_a_server_of_its_own(void **state)
{
	struct world *w = *state;

	fill(w);
	w->settings.subnets[0].next_server = NODE(3);
	world_add_machine(w, "name=bob; en_address=2:0:0:0:0:14;"
			     "next_server=10.0.0.4");
	DISCOVER(w, .class_id = BIOS_CLASS);
	expect_file(w, "undionly.kpxe", NODE(4));
}

static void our_client_gets_addresses(void **state)
{
	struct world *w = *state;
	char url[64];
	struct text t = text_over(url, sizeof(url));
	uint16_t port;

	fill(w);
	DISCOVER(w, .class_id = "muster");
	expect_file(w, "tftp://10.0.0.1/boot.ipxe", WORLD_SERVER);
	port = world_add_file(w, "node.img");
	memcpy(w->settings.boot_file, "node.img", 9);
	world_add_machine(w, "name=bob; en_address=2:0:0:0:0:14;"
			     "bootfile=node.img");
	w->settings.subnets[0].next_server = NODE(3); /* it has no trains */
	DISCOVER(w, .class_id = "muster");
	expect_file(w, "train://10.0.0.1/node.img", WORLD_SERVER);
	w->settings.transport = VIA_SLAM;
	text_add(&t, "x-slam://10.0.0.1:");
	text_u64(&t, port);
	text_add(&t, "/239.255.1.1:");
	text_u64(&t, port);
	DISCOVER(w, .class_id = "muster");
	expect_file(w, url, WORLD_SERVER);
	DISCOVER(w, .class_id = "Etherboot-5.4");
	expect_file(w, url, WORLD_SERVER);
	w->settings.subnets[0].next_server = 0;
	w->settings.transport = VIA_TFTP;
	DISCOVER(w, .class_id = "muster");
	expect_file(w, "tftp://10.0.0.1/node.img", WORLD_SERVER);
	DISCOVER(w, .class_id = "Etherboot-5.4");
	expect_file(w, "node.img", WORLD_SERVER);
}

static void uefi_http_gets_an_address_or_nothing(void **state)
{
	struct world *w = *state;

	fill(w);
	DISCOVER(w, .class_id = HTTP_CLASS, .arch = 1 + ARCH_X64_HTTP);
	expect_file(w, "", 0);
	assert_true(world_option_is(w, OPT_CLASS_ID, NULL));
	memcpy(w->settings.http_base, "gopher://10.0.0.1/", 19);
	DISCOVER(w, .class_id = HTTP_CLASS, .arch = 1 + ARCH_X64_HTTP);
	expect_file(w, "", 0);
	assert_true(world_option_is(w, OPT_CLASS_ID, NULL));
	memcpy(w->settings.http_base, "http://10.0.0.1/boot", 21);
	DISCOVER(w, .class_id = HTTP_CLASS, .arch = 1 + ARCH_X64_HTTP,
		 .list = "\102\103");
	assert_true(world_option_is(w, OPT_TFTP_SERVER, NULL));
	expect_file(w, "http://10.0.0.1/boot/ipxe.efi", WORLD_SERVER);
	assert_true(world_option_is(w, OPT_CLASS_ID, "HTTPClient"));
	assert_true(world_option_is(w, OPT_BOOT_FILE,
				    "http://10.0.0.1/boot/ipxe.efi"));
	assert_true(world_option_is(w, OPT_VENDOR, NULL));
}

static void a_running_system_is_told_no_file_unless_it_asks(void **state)
{
	struct world *w = *state;

	memcpy(w->settings.boot_file, "linux", 6);
	fill(w);
	DISCOVER(w, .class_id = "udhcp 1.35.0", .list = "\001\003\006");
	expect_file(w, "", 0);
	DISCOVER(w, .class_id = "udhcp 1.35.0", .list = "\001\003\103");
	expect_file(w, "linux", WORLD_SERVER);
	DISCOVER(w, .list = "\001", .file = "initrd.gz"); /* it does */
	expect_file(w, "initrd.gz", WORLD_SERVER);
	DISCOVER(w, .secs = 1); /* an old ROM: it says nothing of itself */
	expect_file(w, "linux", WORLD_SERVER);
}

static void what_the_administrator_wrote_stands_as_it_is(void **state)
{
	struct world *w = *state;

	world_add_machine(w, "name=bob; en_address=2:0:0:0:0:14;"
			     "bootfile=x-slam:///");
	DISCOVER(w, .class_id = "Etherboot-5.4");
	expect_file(w, "x-slam:///", WORLD_SERVER);
}

static void a_long_file_goes_into_option_67_alone(void **state)
{
	struct world *w = *state;
	static const char name[] =
		"tftp://a.server.with.a.long.name.example.net/and-then-some/"
		"folders/that/go/on/and/on/until-the-file-field-of-128-bytes/"
		"is-full/kernel";
	char text[256];
	struct text t = text_over(text, sizeof(text));

	text_add(&t, "name=bob; en_address=2:0:0:0:0:14; bootfile=");
	text_add(&t, name);
	world_add_machine(w, text);
	DISCOVER(w, .class_id = "muster", .max_size = 1400);
	expect_file(w, "", WORLD_SERVER);
	assert_true(world_option_is(w, OPT_BOOT_FILE, name));
}

static void inform_brings_the_boot_file_too(void **state)
{
	struct world *w = *state;

	fill(w);
	ASK(w, .n = 20, .type = DHCP_INFORM, .ciaddr = NODE(99), .is_udp = true,
	    .class_id = PXE_CLASS);
	expect_file(w, "ipxe.efi", WORLD_SERVER);
}

static void tftpd_learns_who_uses_an_address(void **state)
{
	struct world *w = *state;
	struct asker a;

	fill(w);
	DISCOVER(w, .class_id = BIOS_CLASS, .user_class = "iPXE");
	assert_false(askers_find(w->site.askers, NODE(10), &a));
	ASK(w, .n = 20, .type = DHCP_REQUEST, .requested = NODE(10),
	    .class_id = BIOS_CLASS, .user_class = "iPXE");
	assert_true(askers_find(w->site.askers, NODE(10), &a));
	assert_int_equal(a.kind, ASKER_IPXE);
	assert_int_equal(a.arch, ARCH_X86_BIOS);
	/* its system boots nothing more, and changes nothing */
	ASK(w, .n = 20, .type = DHCP_REQUEST, .requested = NODE(10),
	    .list = "\001");
	assert_true(askers_find(w->site.askers, NODE(10), &a));
	assert_int_equal(a.kind, ASKER_IPXE);
	w->site.askers = (askers_close(w->site.askers, &stage_alloc), NULL);
	ASK(w, .n = 20, .type = DHCP_REQUEST, .requested = NODE(10),
	    .class_id = BIOS_CLASS);
	assert_int_equal(w->st->sends, 4);
}

static unsigned awaited(const struct world *w, const char *file,
			enum transport via)
{
	const struct image *im =
		images_find(w->site.images, file, strlen(file));

	return askers_count(w->site.askers, im->id, via, 0).awaited;
}

/* Packets on the way from the offer to the script may be lost. */
static void who_gets_a_script_is_on_its_way_to_what_it_says(void **state)
{
	struct world *w = *state;

	fill(w);
	DISCOVER(w, .class_id = "muster");
	assert_int_equal(awaited(w, "linux", VIA_TRAIN), 1);
	assert_int_equal(awaited(w, "initrd.gz", VIA_TRAIN), 1);
	assert_int_equal(awaited(w, "ipxe.efi", VIA_TRAIN), 0);
	ASK(w, .n = 20, .type = DHCP_REQUEST, .requested = NODE(10),
	    .class_id = "muster");
	assert_int_equal(awaited(w, "linux", VIA_TRAIN), 1);
	ASK(w, .n = 21, .class_id = "muster"); /* by BOOTP */
	assert_int_equal(awaited(w, "initrd.gz", VIA_TRAIN), 2);
	assert_int_equal(awaited(w, "initrd.gz", VIA_SLAM), 0);
}

static void who_takes_another_servers_offer_is_not(void **state)
{
	struct world *w = *state;

	fill(w);
	DISCOVER(w, .class_id = "muster");
	ASK(w, .n = 20, .type = DHCP_REQUEST, .requested = NODE(10),
	    .server = NODE(2), .class_id = "muster");
	assert_int_equal(awaited(w, "linux", VIA_TRAIN), 0);
}

/* ---- as it came off the wire --------------------------------------------- */

/* iPXE 1.0.0 of 2019, Debian's ROM for QEMU's rtl8139.  Its user class is no
 * list, as RFC 3004 has it, and its secs are flags: bit 1 says that it has an
 * offer, bit 0 that the offer has all that a proxy could tell it. */
#define IPXE_HEAD(secs)                                                        \
	"01010600 3c34fc59 " secs " 0000 00000000 00000000 00000000 00000000 " \
	"525400123456"
#define IPXE_SAYS                                                              \
	"390205c0 5d020000 5e03010201 "                                        \
	"3c20 "                                                                \
	"505845436c69656e743a417263683a30303030303a554e44493a303032303031 "    \
	"4d04 69505845 "                                                       \
	"3717 010306070c0f111a2b3c4243778081828384858687afcb "                 \
	"af30 b1050110ec8139 eb03010000 170101 220101 130101 110101 270101 "   \
	"190101 290101 100102 210101 150101 180101 120101 "                    \
	"3d07 01525400123456 "                                                 \
	"6111 0000000000000000000000000000000000 "

static void hear_packet(struct world *w, const char *head, const char *options)
{
	uint8_t msg[512] = {0}, frame[600];
	size_t len = 236;
	struct frame_udp f = {.dst = {255, 255, 255, 255, 255, 255},
			      .src = {0x52, 0x54, 0, 0x12, 0x34, 0x56},
			      .from = {0, BOOTP_CLIENT_PORT},
			      .to = {IP_BROADCAST, BOOTP_SERVER_PORT},
			      .ttl = 64,
			      .bytes = msg};
	struct wr out = wr_over(frame, sizeof(frame));

	hex(head, msg, sizeof(msg));
	len += hex(options, msg + len, sizeof(msg) - len);
	f.len = len;
	frame_udp_put(&f, &out);
	assert_false(out.bad);
	stage_hear_frame(w->st, frame, wr_len(&out));
}

static void stock_ipxe_needs_one_offer_and_one_ack(void **state)
{
	struct world *w = *state;
	struct asker a;

	fill(w);
	hear_packet(w, IPXE_HEAD("0004"), "63825363 350101 " IPXE_SAYS "ff");
	stage_expect(w->st, "    0 ms  OFFER 10.0.0.10 file \"boot.ipxe\" "
			    "next 10.0.0.1 to 52:54:00:12:34:56\n");
	/* so it waits for no proxy's offer */
	assert_true(world_option_is(w, OPT_CLASS_ID, "PXEClient"));
	hear_packet(w, IPXE_HEAD("000b"),
		    "63825363 350103 " IPXE_SAYS
		    "36040a000001 32040a00000a ff");
	stage_expect(w->st, "    0 ms  commit lease 10.0.0.10\n"
			    "    0 ms  ACK 10.0.0.10 file \"boot.ipxe\" "
			    "next 10.0.0.1 to 52:54:00:12:34:56\n");
	assert_true(world_option_is(w, OPT_CLASS_ID, "PXEClient"));
	assert_true(world_option_is(w, OPT_VENDOR, "\x06\x01\x08\xff"));
	assert_true(askers_find(w->site.askers, WORLD_NODE, &a));
	assert_int_equal(a.kind, ASKER_IPXE);
	assert_int_equal(a.arch, ARCH_X86_BIOS);
}

/* ---- the proxy ----------------------------------------------------------- */

static void a_proxy_offers_a_file_and_no_address(void **state)
{
	struct world *w = *state;

	fill(w);
	w->settings.dhcp = DHCP_PROXY;
	w->st->shows_notes = true;
	DISCOVER(w, .class_id = PXE_CLASS, .has_uuid = true);
	stage_expect(w->st, "    0 ms  OFFER file \"ipxe.efi\" next 10.0.0.1 "
			    "broadcast\n"
			    "    0 ms  note proxy-answered \"ipxe.efi\"\n");
	assert_true(world_option_is(w, OPT_CLASS_ID, "PXEClient"));
	assert_int_equal(world_option(w, OPT_SERVER_ID), WORLD_SERVER);
	assert_false(world_option_is(w, OPT_CLIENT_UUID, NULL));
	assert_true(world_option_is(w, OPT_LEASE_TIME, NULL));
	assert_true(world_option_is(w, OPT_SUBNET_MASK, NULL));
	assert_true(world_option_is(w, OPT_HOST_NAME, NULL));
	w->st->shows_notes = false;
	DISCOVER(w, .class_id = "muster");
	stage_expect(w->st, "    0 ms  OFFER file "
			    "\"tftp://10.0.0.1/boot.ipxe\" next 10.0.0.1 "
			    "broadcast\n");
	assert_true(world_option_is(w, OPT_CLASS_ID, "PXEClient"));
	memcpy(w->settings.http_base, "http://10.0.0.1/", 17);
	DISCOVER(w, .class_id = HTTP_CLASS, .arch = 1 + ARCH_X64_HTTP);
	assert_true(world_option_is(w, OPT_CLASS_ID, "HTTPClient"));
	expect_file(w, "http://10.0.0.1/ipxe.efi", WORLD_SERVER);
	assert_int_equal(leases_count(w->site.leases), 0);
}

static void a_proxy_leaves_all_else_to_the_other_server(void **state)
{
	struct world *w = *state;

	fill(w);
	memcpy(w->settings.boot_file, "linux", 6);
	w->settings.dhcp = DHCP_PROXY;
	DISCOVER(w, .class_id = "udhcp 1.35.0");
	DISCOVER(w, .class_id = "Etherboot-5.4");
	ASK(w, .n = 7);
	ASK(w, .n = 20, .type = DHCP_REQUEST, .requested = NODE(77),
	    .server = WORLD_SERVER, .class_id = PXE_CLASS);
	ASK(w, .n = 20, .type = DHCP_REQUEST, .requested = IP4(9, 9, 9, 9),
	    .class_id = PXE_CLASS);
	ASK(w, .n = 20, .type = DHCP_DECLINE, .requested = NODE(77),
	    .server = WORLD_SERVER, .class_id = PXE_CLASS);
	ASK(w, .n = 20, .type = DHCP_INFORM, .ciaddr = IP4(9, 9, 9, 9),
	    .class_id = PXE_CLASS);
	stage_expect(w->st, "");
	ASK(w, .n = 20, .type = DHCP_INFORM, .ciaddr = NODE(77),
	    .class_id = PXE_CLASS);
	stage_expect(w->st, "    0 ms  ACK ciaddr 10.0.0.77 file "
			    "\"linux\" next 10.0.0.1 to 10.0.0.77:68\n");
}

static void a_proxy_with_nothing_to_boot_is_silent(void **state)
{
	struct world *w = *state;

	w->settings.dhcp = DHCP_PROXY;
	DISCOVER(w, .class_id = PXE_CLASS);
	stage_expect(w->st, "");
}

static void a_proxy_passes_by_unknown_machines_as_it_is_set(void **state)
{
	struct world *w = *state;

	fill(w);
	w->settings.dhcp = DHCP_PROXY;
	w->settings.unknown = UNKNOWN_IGNORE;
	DISCOVER(w, .class_id = PXE_CLASS);
	stage_expect(w->st, "");
	ASK(w, .n = 8, .type = DHCP_DISCOVER, .class_id = PXE_CLASS);
	expect_file(w, "ipxe.efi", WORLD_SERVER);
}

static void port_4011_answers_to_where_the_question_came_from(void **state)
{
	struct world *w = *state;
	struct query q = {.n = 20,
			  .type = DHCP_REQUEST,
			  .ciaddr = NODE(77),
			  .class_id = PXE_CLASS,
			  .port = PXE_SERVER_PORT,
			  .from = PXE_SERVER_PORT,
			  .is_udp = true};
	struct asker a;

	fill(w);
	for (int mode = DHCP_FULL; mode <= DHCP_PROXY; mode++) {
		w->settings.dhcp = (enum dhcp_mode)mode;
		q.from = PXE_SERVER_PORT;
		ask(w, q);
		q.from = 0; /* iPXE asks from 68 */
		ask(w, q);
		stage_expect(w->st, "    0 ms  ACK ciaddr 10.0.0.77 file "
				    "\"ipxe.efi\" next 10.0.0.1 to "
				    "10.0.0.77:4011\n"
				    "    0 ms  ACK ciaddr 10.0.0.77 file "
				    "\"ipxe.efi\" next 10.0.0.1 to "
				    "10.0.0.77:68\n");
		assert_int_equal(w->st->last_send.from.port, PXE_SERVER_PORT);
		assert_true(world_option_is(w, OPT_CLASS_ID, "PXEClient"));
	}
	assert_true(askers_find(w->site.askers, NODE(77), &a));
	assert_int_equal(a.kind, ASKER_PXE);
	/* R12, and what is no question for this port */
	q.ciaddr = IP4(8, 8, 8, 8);
	ask(w, q);
	q.ciaddr = NODE(77);
	q.type = DHCP_DISCOVER;
	ask(w, q);
	q.type = DHCP_NONE;
	ask(w, q);
	stage_expect(w->st, "");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(firmware_gets_the_loader_of_its_architecture),
		TEST(options_66_and_67_go_to_those_who_ask_for_them),
		TEST(a_pxe_rom_without_a_file_is_told_nothing_of_pxe),
		TEST(a_bios_rom_is_told_group_ports_and_timers_of_mtftp),
		TEST(a_machine_may_have_a_server_of_its_own),
		TEST(ipxe_gets_the_script_by_its_name),
		TEST(our_client_gets_addresses),
		TEST(uefi_http_gets_an_address_or_nothing),
		TEST(a_running_system_is_told_no_file_unless_it_asks),
		TEST(what_the_administrator_wrote_stands_as_it_is),
		TEST(a_long_file_goes_into_option_67_alone),
		TEST(inform_brings_the_boot_file_too),
		TEST(tftpd_learns_who_uses_an_address),
		TEST(who_gets_a_script_is_on_its_way_to_what_it_says),
		TEST(who_takes_another_servers_offer_is_not),
		TEST(stock_ipxe_needs_one_offer_and_one_ack),
		TEST(a_proxy_offers_a_file_and_no_address),
		TEST(a_proxy_leaves_all_else_to_the_other_server),
		TEST(a_proxy_with_nothing_to_boot_is_silent),
		TEST(a_proxy_passes_by_unknown_machines_as_it_is_set),
		TEST(port_4011_answers_to_where_the_question_came_from),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
