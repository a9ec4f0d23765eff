/*
 * The boot script that the TFTP server makes: for whom, by which transport, in
 * whose spelling; and that a transfer of it is one text from end to end.
 */
#include "tftpd_world.h"

#include "wire/script.h"

/* The block that was sent last, as text. */
static const char *block(struct tftpd_world *w)
{
	static char text[EFFECT_HEAD_MAX + 1];

	assert_true(w->st->last_len >= TFTP_HEAD);
	assert_int_equal(w->st->last_send.body.len, 0);
	memcpy(text, w->st->last + TFTP_HEAD, w->st->last_len - TFTP_HEAD);
	text[w->st->last_len - TFTP_HEAD] = '\0';
	return text;
}

/* What the peer is told, in one block. */
static const char *script(struct tftpd_world *w)
{
	ask(w, "boot.ipxe blksize=1400");
	ack(w, 0);
	return block(w);
}

static struct tftpd_world *with_linux(void)
{
	struct tftpd_world *w = world_open();

	file(w, "linux", 8000000);
	file(w, "initrd.gz", 40000000);
	return w;
}

static void a_stranger_is_told_of_files_by_tftp(void **state)
{
	struct tftpd_world *w = with_linux();

	(void)state;
	assert_string_equal(script(w), "#!ipxe\n"
				       "kernel tftp://10.0.0.1/linux\n"
				       "initrd tftp://10.0.0.1/initrd.gz\n"
				       "boot\n");
	world_close(w);
}

static void our_own_client_is_told_of_trains(void **state)
{
	struct tftpd_world *w = with_linux();

	(void)state;
	askers_note(w->site.askers, NODE(7), ASKER_MUSTER, 0);
	assert_string_equal(script(w), "#!ipxe\n"
				       "kernel train://10.0.0.1/linux\n"
				       "initrd train://10.0.0.1/initrd.gz\n"
				       "boot\n");
	world_close(w);
}

/* Behind a switch that forwards the group to none: it says nothing, and loads
 * all by itself. */
static void who_was_told_of_a_train_and_loads_alone_is_named_once(void **state)
{
	struct tftpd_world *w = with_linux();

	(void)state;
	askers_note(w->site.askers, NODE(7), ASKER_MUSTER, 0);
	(void)script(w);
	w->st->shows_notes = true;
	for (int i = 0; i < 2; i++) {
		w->st->peer.port++;
		stage_forget(w->st);
		ask(w, "linux");
		assert_int_equal(tftpd_stats(w->t)->fell_back, 1);
		assert_int_equal(
			!!strstr(stage_said(w->st),
				 "fell-back 10.0.0.7 \"linux, told by train\""),
			!i);
	}
	/* Who was told nothing has nothing to fall back from. */
	w->st->peer.ip = NODE(8);
	ask(w, "linux");
	assert_int_equal(tftpd_stats(w->t)->fell_back, 1);
	world_close(w);
}

static void our_own_client_is_told_of_groups(void **state)
{
	struct tftpd_world *w = with_linux();
	const struct image *im;
	char expected[256];

	(void)state;
	images_prefer(w->site.images, "linux");
	im = images_find(w->site.images, "initrd.gz", 9);
	w->settings.slam.group = IP4(239, 1, 2, 3);
	askers_note(w->site.askers, NODE(7), ASKER_MUSTER, 0);
	w->settings.transport = VIA_SLAM;
	snprintf(expected, sizeof(expected),
		 "#!ipxe\n"
		 "kernel x-slam://10.0.0.1/239.1.2.3\n"
		 "initrd x-slam://10.0.0.1:%u/239.1.2.3:%u\n"
		 "boot\n",
		 im->slam_port, im->slam_port);
	assert_string_equal(script(w), expected);
	world_close(w);
}

/* A group makes iPXE stumble; and SLAM is only in builds of one's own. */
static void ipxe_is_told_in_its_own_spelling(void **state)
{
	struct tftpd_world *w = with_linux();
	const struct image *im;
	char expected[256];

	(void)state;
	machine(w, "name=lab; ip_address=10.0.0.7; transport=slam");
	images_prefer(w->site.images, "linux");
	im = images_find(w->site.images, "initrd.gz", 9);
	askers_note(w->site.askers, NODE(7), ASKER_IPXE, 0);
	snprintf(expected, sizeof(expected),
		 "#!ipxe\n"
		 "kernel x-slam://10.0.0.1\n"
		 "initrd x-slam://10.0.0.1:%u/x:%u\n"
		 "boot\n",
		 im->slam_port, im->slam_port);
	assert_string_equal(script(w), expected);
	askers_note(w->site.askers, NODE(8), ASKER_IPXE, 0);
	w->st->peer.ip = NODE(8);
	assert_string_equal(script(w), "#!ipxe\n"
				       "kernel tftp://10.0.0.1/linux\n"
				       "initrd tftp://10.0.0.1/initrd.gz\n"
				       "boot\n");
	world_close(w);
}

static void a_file_that_slam_cannot_serve_goes_by_tftp(void **state)
{
	struct tftpd_world *w = world_open();

	(void)state;
	w->settings.transport = VIA_SLAM;
	file(w, "linux", IMAGE_SLAM_MAX + 1);
	askers_note(w->site.askers, NODE(7), ASKER_MUSTER, 0);
	assert_string_equal(script(w), "#!ipxe\n"
				       "kernel tftp://10.0.0.1/linux\n"
				       "boot\n");
	world_close(w);
}

static void files_may_come_by_http_with_escapes(void **state)
{
	struct tftpd_world *w = world_open();

	(void)state;
	machine(w, "name=lab; ip_address=10.0.0.7; transport=http; "
		   "kernel=my linux");
	strcpy(w->settings.http_base, "http://10.0.0.2:8080/boot");
	file(w, "my linux", 100);
	askers_note(w->site.askers, NODE(7), ASKER_IPXE, 0);
	assert_string_equal(script(w),
			    "#!ipxe\n"
			    "kernel http://10.0.0.2:8080/boot/my%20linux\n"
			    "boot\n");
	w->st->peer.ip = NODE(8); /* who is told by TFTP */
	strcpy(w->settings.kernel, "my linux");
	assert_string_equal(script(w), "#!ipxe\n"
				       "kernel tftp://10.0.0.1/my%20linux\n"
				       "boot\n");
	world_close(w);
}

static void each_machine_has_its_own(void **state)
{
	struct tftpd_world *w = with_linux();

	(void)state;
	file(w, "rescue/vmlinuz", 100);
	machine(w, "name=a; ip_address=10.0.0.7; kernel=rescue/vmlinuz; "
		   "initrd; arguments=console=ttyS0 quiet");
	assert_string_equal(
		script(w),
		"#!ipxe\n"
		"kernel tftp://10.0.0.1/rescue/vmlinuz console=ttyS0 quiet\n"
		"boot\n");
	world_close(w);
}

static void the_address_that_was_asked_is_the_one_that_is_told(void **state)
{
	struct tftpd_world *w = world_open();

	(void)state;
	file(w, "linux", 100);
	w->main.ip = IP4(192, 168, 1, 1);
	assert_string_equal(script(w), "#!ipxe\n"
				       "kernel tftp://192.168.1.1/linux\n"
				       "boot\n");
	world_close(w);
}

static void a_slash_before_the_name_is_no_other_name(void **state)
{
	struct tftpd_world *w = with_linux();

	(void)state;
	ask(w, "//boot.ipxe");
	assert_true(script_is(block(w), strlen(block(w))));
	w->st->peer.port++;
	stage_forget(w->st);
	ask(w, "boot.ipx");
	stage_expect(w->st, "    0 ms  ERROR 1 \"not found\"\n");
	world_close(w);
}

static void a_file_of_that_name_comes_first(void **state)
{
	struct tftpd_world *w = with_linux();

	(void)state;
	file(w, "boot.ipxe", 33);
	ask(w, "boot.ipxe");
	assert_int_equal(w->st->last_send.body.len, 33);
	world_close(w);
}

static void in_netascii_it_has_the_length_that_it_becomes(void **state)
{
	struct tftpd_world *w = with_linux();

	(void)state;
	ask_as(w, TFTP_RRQ, "netascii", "boot.ipxe blksize=1400 tsize=0");
	ack(w, 0);
	assert_string_equal(block(w), "#!ipxe\r\n"
				      "kernel tftp://10.0.0.1/linux\r\n"
				      "initrd tftp://10.0.0.1/initrd.gz\r\n"
				      "boot\r\n");
	stage_expect(w->st, "    0 ms  OACK tsize=78 blksize=1400\n"
			    "    0 ms  DATA 1 +78\n");
	world_close(w);
}

static void without_a_kernel_there_is_no_script(void **state)
{
	struct tftpd_world *w = world_open();

	(void)state;
	ask(w, "boot.ipxe");
	stage_expect(w->st, "    0 ms  ERROR 1 \"not found\"\n");
	world_close(w);
}

static void a_script_that_is_too_long_is_refused(void **state)
{
	struct tftpd_world *w = world_open();
	char name[IMAGE_NAME], text[600];

	(void)state;
	memset(name, ' ', sizeof(name)); /* each is three bytes of an URL */
	name[0] = 'k';
	name[sizeof(name) - 2] = 'k';
	name[sizeof(name) - 1] = '\0';
	file(w, name, 100);
	file(w, "initrd", 100);
	snprintf(text, sizeof(text), "name=a; ip_address=10.0.0.7; kernel=%s",
		 name);
	machine(w, text);
	memset(w->settings.arguments, 'a', sizeof(w->settings.arguments) - 1);
	ask(w, "boot.ipxe");
	stage_expect(w->st, "    0 ms  ERROR 0 \"script too long\"\n");
	world_close(w);
}

static void its_blocks_are_parts_of_one_text_whatever_changes(void **state)
{
	static const char whole[] = "#!ipxe\nkernel tftp://10.0.0.1/linux\n"
				    "initrd tftp://10.0.0.1/initrd.gz\nboot\n";
	struct tftpd_world *w = with_linux();
	char got[2 * sizeof(whole)] = "";

	(void)state;
	ask(w, "boot.ipxe blksize=8 tsize=0");
	stage_expect(w->st, "    0 ms  OACK tsize=74 blksize=8\n");
	images_gone(w->site.images, "linux");
	file(w, "vmlinuz", 100);
	for (uint32_t i = 0; i < 10; i++) {
		ack(w, i);
		strcat(got, block(w));
		stage_wait(w->st, SECONDS(1)); /* once more, the same */
		assert_string_equal(got + strlen(got) - strlen(block(w)),
				    block(w));
	}
	assert_string_equal(got, whole);
	assert_int_equal(strlen(whole), 74);
	stage_forget(w->st);
	w->st->shows_notes = true;
	ack(w, 10);
	stage_expect(w->st, "10000 ms  note tftp-done 74 10000000 "
			    "\"boot.ipxe\"\n"
			    "10000 ms  close a port\n");
	world_close(w);
}

static void a_window_holds_all_of_it(void **state)
{
	struct tftpd_world *w = with_linux();

	(void)state;
	ask(w, "boot.ipxe blksize=8 windowsize=64");
	w->st->hides[EFFECT_FETCH] = false;
	stage_forget(w->st);
	ack(w, 0);
	stage_expect(w->st, "    0 ms  DATA 1 +8\n"
			    "    0 ms  DATA 2 +8\n"
			    "    0 ms  DATA 3 +8\n"
			    "    0 ms  DATA 4 +8\n"
			    "    0 ms  DATA 5 +8\n"
			    "    0 ms  DATA 6 +8\n"
			    "    0 ms  DATA 7 +8\n"
			    "    0 ms  DATA 8 +8\n"
			    "    0 ms  DATA 9 +8\n"
			    "    0 ms  DATA 10 +2\n");
	world_close(w);
}

static void a_known_machine_on_a_leased_address_is_known(void **state)
{
	struct tftpd_world *w = with_linux();
	struct lease lease = {.kind = LEASE_DHCP, .ip = NODE(7), .term = 60};

	(void)state;
	file(w, "rescue/vmlinuz", 100);
	machine(w, "name=a; en_address=2:0:0:0:0:7; kernel=rescue/vmlinuz; "
		   "initrd");
	hwaddr_parse("2:0:0:0:0:7", 11, &lease.hw);
	lease.wall_ends = w->st->wall + SECONDS(60);
	assert_int_equal(leases_put(w->site.leases, &lease, 0, w->st->wall), 0);
	assert_string_equal(script(w), "#!ipxe\n"
				       "kernel tftp://10.0.0.1/rescue/vmlinuz\n"
				       "boot\n");
	world_close(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test(name)
		T(a_stranger_is_told_of_files_by_tftp),
		T(our_own_client_is_told_of_trains),
		T(who_was_told_of_a_train_and_loads_alone_is_named_once),
		T(our_own_client_is_told_of_groups),
		T(ipxe_is_told_in_its_own_spelling),
		T(a_file_that_slam_cannot_serve_goes_by_tftp),
		T(files_may_come_by_http_with_escapes),
		T(each_machine_has_its_own),
		T(the_address_that_was_asked_is_the_one_that_is_told),
		T(a_slash_before_the_name_is_no_other_name),
		T(a_file_of_that_name_comes_first),
		T(in_netascii_it_has_the_length_that_it_becomes),
		T(without_a_kernel_there_is_no_script),
		T(a_script_that_is_too_long_is_refused),
		T(its_blocks_are_parts_of_one_text_whatever_changes),
		T(a_window_holds_all_of_it),
		T(a_known_machine_on_a_leased_address_is_known),
#undef T
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
