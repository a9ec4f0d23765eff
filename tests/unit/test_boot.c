/*
 * A machine from power-on to loaded, with a server in the test's hands: the
 * transcripts are what a wire and a log would show.
 */
#include "engine/boot.h"
#include "stage/bootps.h"
#include "wire/pxe.h"
#include "wire/slam.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SERVER IP4(10, 0, 0, 1)
#define NODE   IP4(10, 0, 0, 7)

struct scene {
	struct stage *st;
	struct boot *b;
};

static struct scene switch_on_as(bool uses_bootp, unsigned tries, bool has_key)
{
	static const uint8_t key[1][CRYPT_KEY];
	const struct boot_config config = {
		.address = {.link = {.index = 1,
				     .hw = {1, 6, {2, 0, 0, 0, 0, 7}}},
			    .class_id = "muster",
			    .arch = ARCH_UNKNOWN,
			    .tries = tries},
		.load = {.size_max = 1 << 20,
			 .blksize = 1428,
			 .keys = key,
			 .n_keys = has_key},
		.uses_bootp = uses_bootp};
	struct scene s = {.st = stage_open()};

	assert_int_equal(boot_open(&s.b, &config, &stage_alloc), 0);
	stage_engine(s.st, boot_engine(s.b));
	s.st->shows_notes = true;
	s.st->peer = (struct endpoint){SERVER, 69};
	boot_start(s.b, s.st->now, stage_begin(s.st));
	stage_end(s.st);
	return s;
}

static struct scene switch_on_with(bool uses_bootp, unsigned tries)
{
	return switch_on_as(uses_bootp, tries, false);
}

static struct scene switch_on(void)
{
	return switch_on_with(true, 0);
}

static void close_scene(struct scene *s)
{
	boot_close(s->b, &stage_alloc);
	stage_close(s->st);
}

static void say_file(struct scene *s, const char *file)
{
	bootps_say(s->st, &(struct bootps_reply){.yiaddr = NODE,
						 .siaddr = SERVER,
						 .mask = IP4(255, 255, 255, 0),
						 .router = IP4(10, 0, 0, 254),
						 .name = "node7",
						 .file = file});
}

/* The machine has its address, and was told to boot from there. */
static struct scene told(const char *file)
{
	struct scene s = switch_on();

	assert_true(stage_step(s.st));
	stage_forget(s.st);
	say_file(&s, file);
	return s;
}

/* The server answers from another port, each time. */
static void tftp_hear(struct scene *s, const void *bytes, size_t len)
{
	s->st->me.port = s->st->last_port;
	stage_hear_from(s->st, (struct endpoint){SERVER, 2000}, bytes, len);
}

/* Block 1, and all there is. */
static void tftp_serve(struct scene *s, const char *text)
{
	char packet[520] = "\0\3\0\1";

	assert_true(strlen(text) < 512);
	memcpy(packet + 4, text, strlen(text));
	tftp_hear(s, packet, 4 + strlen(text));
}

static void boots_an_image_by_bootp_and_tftp(void **state)
{
	struct scene s = switch_on();

	(void)state;
	stage_step(s.st);
	say_file(&s, "boot.img");
	assert_int_equal(boot_phase(s.b), BOOT_LOADING);
	tftp_serve(&s, "an image, small");
	assert_int_equal(boot_phase(s.b), BOOT_READY);
	assert_false(boot_was_script(s.b));
	assert_int_equal(boot_file(s.b), 0);
	assert_int_equal(boot_progress(s.b).have, 15);
	stage_wait(s.st, SECONDS(600));
	stage_expect(s.st,
		     "  235 ms  note boot-asking 1\n"
		     "  235 ms  BOOTPREQUEST broadcast\n"
		     "  235 ms  address 10.0.0.7/24 via 10.0.0.254 \"node7\"\n"
		     "  235 ms  arp who-has 10.0.0.7 from 10.0.0.7\n"
		     "  235 ms  note boot-addressed 10.0.0.7 \"node7\"\n"
		     "  235 ms  note boot-file 10.0.0.7 \"boot.img\"\n"
		     "  235 ms  note boot-loading 10.0.0.7 \"boot.img\"\n"
		     "  235 ms  listen a port\n"
		     "  235 ms  RRQ boot.img octet tsize=0 blksize=1428\n"
		     "  235 ms  ACK 1 to 10.0.0.1:2000\n"
		     "  235 ms  keep 0 @0 +15\n"
		     "  235 ms  note boot-loaded 10.0.0.7 0 15\n"
		     "  235 ms  note boot-ready 10.0.0.7\n"
		     " 3235 ms  close a port\n");
	close_scene(&s);
}

static void boots_by_dhcp(void **state)
{
	struct scene s = switch_on_with(false, 0);
	struct bootps_reply reply = {.type = DHCP_OFFER,
				     .yiaddr = NODE,
				     .server_id = SERVER,
				     .lease = 600,
				     .file = "boot.img"};

	(void)state;
	stage_step(s.st);
	bootps_say(s.st, &reply);
	reply.type = DHCP_ACK;
	bootps_say(s.st, &reply);
	tftp_serve(&s, "an image");
	assert_int_equal(boot_phase(s.b), BOOT_READY);
	/* From here on the address is the loaded system's business. */
	stage_forget(s.st);
	stage_wait(s.st, SECONDS(600));
	stage_expect(s.st, " 3266 ms  close a port\n");
	close_scene(&s);
}

static void loads_what_a_boot_script_names(void **state)
{
	struct scene s = told("tftp://10.0.0.1/node7.ipxe");

	(void)state;
	tftp_serve(&s, "#!ipxe\n"
		       "kernel tftp://10.0.0.1/linux quiet root=/dev/ram0\n"
		       "initrd tftp://10.0.0.1/initrd.gz\n"
		       "boot\n");
	tftp_serve(&s, "the kernel");
	tftp_serve(&s, "the initrd");
	assert_int_equal(boot_phase(s.b), BOOT_READY);
	assert_true(boot_was_script(s.b));
	assert_int_equal(boot_file(s.b), 2);
	stage_expect(s.st,
		     "  235 ms  address 10.0.0.7/24 via 10.0.0.254 \"node7\"\n"
		     "  235 ms  arp who-has 10.0.0.7 from 10.0.0.7\n"
		     "  235 ms  note boot-addressed 10.0.0.7 \"node7\"\n"
		     "  235 ms  note boot-file 10.0.0.7 "
		     "\"tftp://10.0.0.1/node7.ipxe\"\n"
		     "  235 ms  note boot-loading 10.0.0.7 "
		     "\"tftp://10.0.0.1/node7.ipxe\"\n"
		     "  235 ms  listen a port\n"
		     "  235 ms  RRQ node7.ipxe octet tsize=0 blksize=1428\n"
		     "  235 ms  ACK 1 to 10.0.0.1:2000\n"
		     "  235 ms  note boot-loaded 10.0.0.7 0 95\n"
		     "  235 ms  note boot-loading 10.0.0.7 1 "
		     "\"tftp://10.0.0.1/linux\"\n"
		     "  235 ms  listen a port\n"
		     "  235 ms  RRQ linux octet tsize=0 blksize=1428\n"
		     "  235 ms  keep 1 @0 +10\n"
		     "  235 ms  ACK 1 to 10.0.0.1:2000\n"
		     "  235 ms  close a port\n"
		     "  235 ms  note boot-loaded 10.0.0.7 1 10\n"
		     "  235 ms  note boot-loading 10.0.0.7 2 "
		     "\"tftp://10.0.0.1/initrd.gz\"\n"
		     "  235 ms  listen a port\n"
		     "  235 ms  RRQ initrd.gz octet tsize=0 blksize=1428\n"
		     "  235 ms  keep 2 @0 +10\n"
		     "  235 ms  ACK 1 to 10.0.0.1:2000\n"
		     "  235 ms  close a port\n"
		     "  235 ms  note boot-loaded 10.0.0.7 2 10\n"
		     "  235 ms  note boot-ready 10.0.0.7 \"quiet "
		     "root=/dev/ram0\"\n");
	close_scene(&s);
}

static void a_script_from_a_server_without_options_is_one_too(void **state)
{
	struct scene s = told("node7.ipxe");
	char packet[516] = "\0\3\0\1#!ipxe\n#";

	(void)state;
	memset(packet + 12, 'x', sizeof(packet) - 12);
	tftp_hear(&s, packet, sizeof(packet));
	assert_int_equal(s.st->kept, 0);
	memcpy(packet, "\0\3\0\2\nkernel linux\nboot\n", 23);
	tftp_hear(&s, packet, 23);
	assert_true(boot_was_script(s.b));
	assert_int_equal(s.st->kept, 0);
	stage_forget(s.st);
	tftp_serve(&s, "the kernel");
	assert_int_equal(boot_phase(s.b), BOOT_READY);
	assert_int_equal(s.st->kept, 10);
	close_scene(&s);
}

/* It was told, has a key, and was served this as its first file. */
static struct scene served_with_a_key(const char *text)
{
	struct scene s = switch_on_as(true, 0, true);

	assert_true(stage_step(s.st));
	say_file(&s, "boot");
	stage_forget(s.st);
	tftp_serve(&s, text);
	return s;
}

static void who_has_a_key_starts_only_what_trains_bring(void **state)
{
	struct scene s = served_with_a_key("an image, small");

	(void)state;
	assert_int_equal(boot_phase(s.b), BOOT_BROKEN);
	stage_expect(s.st,
		     "  235 ms  ACK 1 to 10.0.0.1:2000\n"
		     "  235 ms  keep 0 @0 +15\n"
		     "  235 ms  note boot-failed 10.0.0.7 74 \"boot: a key was "
		     "given, and only a train can be verified\"\n"
		     "  235 ms  close a port\n");
	assert_null(boot_manifest(s.b, 0));
	close_scene(&s);
	s = served_with_a_key("#!ipxe\nkernel linux\nboot\n");
	assert_int_equal(boot_phase(s.b), BOOT_BROKEN);
	close_scene(&s);
	s = served_with_a_key("#!ipxe\nkernel train://10.0.0.1/linux\nboot\n");
	assert_int_equal(boot_phase(s.b), BOOT_BROKEN); /* no crypt here */
	assert_string_equal(boot_progress(s.b).why,
			    "nothing here can check hashes");
	close_scene(&s);
}

static void a_script_over_4_kib_is_refused(void **state)
{
	struct scene s = told("node7.ipxe");
	char packet[516] = "\0\3\0\1#!ipxe\n#";

	(void)state;
	for (int block = 1; block <= 8; block++) {
		packet[3] = (char)block;
		tftp_hear(&s, packet, sizeof(packet));
		assert_int_equal(boot_phase(s.b), BOOT_LOADING);
	}
	stage_forget(s.st);
	packet[3] = 9;
	tftp_hear(&s, packet, 5);
	stage_expect(s.st, "  235 ms  ACK 9 to 10.0.0.1:2000\n"
			   "  235 ms  note boot-failed 10.0.0.7 27 "
			   "\"node7.ipxe: boot script too long\"\n"
			   "  235 ms  close a port\n");
	assert_int_equal(s.st->kept, 0);
	close_scene(&s);
}

static void a_large_file_is_passed_on_at_once(void **state)
{
	struct scene s = told("boot.img");
	char packet[516] = "\0\3\0\1#!ipxe\n#";

	(void)state;
	/* It looks like a script, but its size says that it can be none. */
	tftp_hear(&s,
		  "\0\6tsize\0"
		  "5000",
		  13);
	tftp_hear(&s, packet, sizeof(packet));
	assert_int_equal(s.st->kept, 512);
	close_scene(&s);
}

static void a_reference_is_no_script(void **state)
{
	struct scene s = told("boot.img");
	const struct ref body = {.image = 1, .len = 100};

	(void)state;
	s.st->me.port = s.st->last_port;
	s.st->peer = (struct endpoint){SERVER, 2000};
	stage_hear_ref(s.st, "\0\3\0\1", 4, &body);
	assert_int_equal(boot_phase(s.b), BOOT_READY);
	assert_int_equal(s.st->kept, 100);
	close_scene(&s);
}

/* What a SLAM server sends of a file of 2000 bytes, in packets of 1400. */
static void slam_hear(struct scene *s, uint64_t packet, const char *text)
{
	const struct slam_header h = {1, 2000, 1400};
	uint8_t bytes[1500] = {0};
	struct wr w = wr_over(bytes, sizeof(bytes));
	size_t len = packet ? 600 : 1400;

	slam_data_head_put(&h, packet, &w);
	memset(w.p, '#', len);
	memcpy(w.p, text, strlen(text));
	s->st->me = (struct endpoint){SLAM_GROUP, SLAM_PORT};
	s->st->peer = (struct endpoint){SERVER, SLAM_PORT};
	stage_hear(s->st, bytes, wr_len(&w) + len);
}

static void boots_by_slam_and_a_train_may_bring_a_files_end_first(void **state)
{
	struct scene s = told("x-slam:///");

	(void)state;
	slam_hear(&s, 1, "the end");
	assert_int_equal(s.st->kept, 0); /* it is small enough for a script */
	slam_hear(&s, 0, "an image");
	assert_int_equal(boot_phase(s.b), BOOT_READY);
	stage_expect(s.st,
		     "  235 ms  address 10.0.0.7/24 via 10.0.0.254 \"node7\"\n"
		     "  235 ms  arp who-has 10.0.0.7 from 10.0.0.7\n"
		     "  235 ms  note boot-addressed 10.0.0.7 \"node7\"\n"
		     "  235 ms  note boot-file 10.0.0.7 \"x-slam:///\"\n"
		     "  235 ms  note boot-loading 10.0.0.7 \"x-slam:///\"\n"
		     "  235 ms  listen 10000\n"
		     "  235 ms  join 239.255.1.1:10000\n"
		     "  235 ms  listen a port\n"
		     "  235 ms  leave 239.255.1.1:10000\n"
		     "  235 ms  close 10000\n"
		     "  235 ms  close a port\n"
		     "  235 ms  keep 0 @0 +2000\n"
		     "  235 ms  note boot-loaded 10.0.0.7 0 2000\n"
		     "  235 ms  note boot-ready 10.0.0.7\n");
	close_scene(&s);
}

static void a_script_may_ride_a_train(void **state)
{
	struct scene s = told("x-slam:///");

	(void)state;
	s.st->hides[EFFECT_LISTEN] = s.st->hides[EFFECT_JOIN] = true;
	s.st->hides[EFFECT_CLOSE] = s.st->hides[EFFECT_LEAVE] = true;
	stage_forget(s.st);
	slam_hear(&s, 1, "");
	slam_hear(&s, 0, "#!ipxe\nkernel x-slam:///x:10001\nboot\n");
	stage_expect(s.st, "  235 ms  note boot-loaded 10.0.0.7 0 2000\n"
			   "  235 ms  note boot-loading 10.0.0.7 1 "
			   "\"x-slam:///x:10001\"\n");
	assert_true(boot_was_script(s.b));
	close_scene(&s);
}

static void what_is_wrong_with_the_boot_address_is_said(void **state)
{
	static const struct {
		const char *file, *said;
	} cases[] = {
		{"", "the server named no boot file"},
		{"gopher://10.0.0.1/x", "gopher://10.0.0.1/x: unknown scheme"},
		{"http://10.0.0.1/x",
		 "http://10.0.0.1/x: this way of loading is not supported"},
		{"tftp://10.0.0.1/", "tftp://10.0.0.1/: names no file"},
		{"tftp://boot/x",
		 "tftp://boot/x: the server must be an IP address"},
		{"x-slam:///10.0.0.9", "x-slam:///10.0.0.9: bad multicast "
				       "group"},
		{"a\33[2Jb",
		 "a\\x5cx1b[2Jb: control character or bad % escape"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct scene s = told(cases[i].file);

		assert_int_equal(boot_phase(s.b), BOOT_BROKEN);
		assert_non_null(strstr(stage_said(s.st), "note boot-failed"));
		assert_false(stage_step(s.st));
		assert_non_null(strstr(stage_said(s.st), cases[i].said));
		close_scene(&s);
	}
}

static void what_is_wrong_with_a_script_is_said(void **state)
{
	static const struct {
		const char *text, *said;
	} cases[] = {
		{"#!ipxe\nkernel linux\nchain x\n",
		 "node7.ipxe: boot script, line 3: not understood"},
		{"#!ipxe\necho hello\n",
		 "node7.ipxe: boot script without a kernel"},
		{"#!ipxe\nkernel ftp://10.0.0.1/x\nboot\n",
		 "ftp://10.0.0.1/x: unknown scheme"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct scene s = told("node7.ipxe");

		tftp_serve(&s, cases[i].text);
		assert_int_equal(boot_phase(s.b), BOOT_BROKEN);
		assert_non_null(strstr(stage_said(s.st), cases[i].said));
		assert_int_equal(s.st->kept, 0);
		stage_wait(s.st, SECONDS(60));
		close_scene(&s);
	}
}

static void a_file_that_cannot_be_loaded_breaks_the_boot(void **state)
{
	struct scene s = told("boot.img");

	(void)state;
	stage_forget(s.st);
	tftp_hear(&s, "\0\5\0\1no such file", 17);
	stage_expect(s.st, "  235 ms  close a port\n"
			   "  235 ms  note boot-failed 10.0.0.7 2 \"boot.img: "
			   "the server says: no such file\"\n");
	assert_int_equal(boot_phase(s.b), BOOT_BROKEN);
	assert_false(stage_step(s.st));
	close_scene(&s);
}

static void a_silent_file_server_breaks_the_boot(void **state)
{
	struct scene s = told("boot.img");

	(void)state;
	stage_wait(s.st, SECONDS(60));
	assert_int_equal(boot_phase(s.b), BOOT_BROKEN);
	assert_int_equal(boot_progress(s.b).rc, -ETIMEDOUT);
	close_scene(&s);

	s = told("x-slam:///");
	stage_wait(s.st, SECONDS(600));
	assert_int_equal(boot_phase(s.b), BOOT_BROKEN);
	assert_int_equal(boot_progress(s.b).rc, -ETIMEDOUT);
	assert_false(stage_step(s.st));
	close_scene(&s);
}

static void an_interface_that_cannot_be_configured_breaks_the_boot(void **state)
{
	struct scene s = switch_on();

	(void)state;
	s.st->rc[EFFECT_ADDRESS] = -EPERM;
	stage_step(s.st);
	stage_forget(s.st);
	say_file(&s, "boot.img");
	stage_expect(s.st,
		     "  235 ms  address 10.0.0.7/24 via 10.0.0.254 \"node7\"\n"
		     "  235 ms  note boot-failed 10.0.0.7 1 \"the interface "
		     "could not be configured\"\n");
	assert_int_equal(boot_phase(s.b), BOOT_BROKEN);
	close_scene(&s);
}

static void an_interface_that_says_nothing_breaks_the_boot(void **state)
{
	struct scene s = switch_on();

	(void)state;
	s.st->holds[EFFECT_ADDRESS] = true;
	stage_step(s.st);
	say_file(&s, "boot.img");
	assert_int_equal(boot_phase(s.b), BOOT_ADDRESSING);
	stage_wait(s.st, SECONDS(60));
	assert_int_equal(boot_phase(s.b), BOOT_BROKEN);
	stage_settle(s.st, EFFECT_ADDRESS, 0); /* too late */
	assert_int_equal(boot_phase(s.b), BOOT_BROKEN);
	close_scene(&s);
}

static void asks_for_ever_unless_it_was_told_how_often(void **state)
{
	struct scene s = switch_on();

	(void)state;
	stage_wait(s.st, SECONDS(86400));
	assert_int_equal(boot_phase(s.b), BOOT_ASKING);
	close_scene(&s);

	s = switch_on_with(false, 2);
	stage_wait(s.st, SECONDS(60));
	assert_int_equal(boot_phase(s.b), BOOT_BROKEN);
	stage_expect(s.st, "  266 ms  note boot-asking 1\n"
			   "  266 ms  DISCOVER broadcast\n"
			   " 1369 ms  note boot-asking 2\n"
			   " 1369 ms  DISCOVER broadcast\n"
			   " 3594 ms  note boot-failed 110 \"nobody gave this "
			   "machine an address\"\n");
	close_scene(&s);
}

static void a_lease_that_ends_while_it_loads_breaks_the_boot(void **state)
{
	struct scene s = switch_on_with(false, 0);
	struct bootps_reply reply = {.type = DHCP_OFFER,
				     .yiaddr = NODE,
				     .server_id = SERVER,
				     .lease = 10,
				     .file = "boot.img"};

	(void)state;
	stage_step(s.st);
	bootps_say(s.st, &reply);
	reply.type = DHCP_ACK;
	bootps_say(s.st, &reply);
	stage_wait(s.st, SECONDS(60));
	assert_int_equal(boot_phase(s.b), BOOT_BROKEN);
	assert_non_null(strstr(stage_said(s.st), "the lease was lost"));
	assert_false(stage_step(s.st));
	close_scene(&s);
}

static void can_be_switched_on_again(void **state)
{
	struct scene s = told("boot.img");

	(void)state;
	boot_start(s.b, s.st->now, stage_begin(s.st));
	stage_end(s.st);
	assert_int_equal(boot_phase(s.b), BOOT_ASKING);
	stage_step(s.st);
	say_file(&s, "boot.img");
	tftp_serve(&s, "an image");
	assert_int_equal(boot_phase(s.b), BOOT_READY);
	close_scene(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(boots_an_image_by_bootp_and_tftp),
		cmocka_unit_test(boots_by_dhcp),
		cmocka_unit_test(loads_what_a_boot_script_names),
		cmocka_unit_test(
			a_script_from_a_server_without_options_is_one_too),
		cmocka_unit_test(who_has_a_key_starts_only_what_trains_bring),
		cmocka_unit_test(a_script_over_4_kib_is_refused),
		cmocka_unit_test(a_large_file_is_passed_on_at_once),
		cmocka_unit_test(a_reference_is_no_script),
		cmocka_unit_test(
			boots_by_slam_and_a_train_may_bring_a_files_end_first),
		cmocka_unit_test(a_script_may_ride_a_train),
		cmocka_unit_test(what_is_wrong_with_the_boot_address_is_said),
		cmocka_unit_test(what_is_wrong_with_a_script_is_said),
		cmocka_unit_test(a_file_that_cannot_be_loaded_breaks_the_boot),
		cmocka_unit_test(a_silent_file_server_breaks_the_boot),
		cmocka_unit_test(
			an_interface_that_cannot_be_configured_breaks_the_boot),
		cmocka_unit_test(
			an_interface_that_says_nothing_breaks_the_boot),
		cmocka_unit_test(asks_for_ever_unless_it_was_told_how_often),
		cmocka_unit_test(
			a_lease_that_ends_while_it_loads_breaks_the_boot),
		cmocka_unit_test(can_be_switched_on_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
