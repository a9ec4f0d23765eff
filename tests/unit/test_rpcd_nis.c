/*
 * Names and files that neither the directory nor a file here knows: NIS and DNS
 * are asked for names of addresses, the NIS map bootparams for the rest, and
 * nobody else waits meanwhile.
 */
#include "engine/rpcd.h"

#include "model/bootparams.h"
#include "model/hosts.h"
#include "props.h"
#include "rpcd_world.h"
#include "wire/lookup.h"

#include <errno.h>

#define KIM     IP4(10, 0, 0, 30)
#define ROUTER  IP4(10, 0, 0, 254)
#define HOSTS   "note not-told 10.0.0.30 \"its address has no name\"\n"
#define NO_NIS  "note not-told 10.0.0.30 \"no answer from NIS\"\n"
#define ASK_KIM "ask nis hosts ip_address \"10.0.0.30\"\n"
#define TELL    "rpc ok +40 to 02:00:00:00:00:1e\n"
#define TOLD    "note name-told 10.0.0.30 \"kim\"\n"

static struct rpcd *rpcd;
static struct hosts *hosts;
static struct bootparams *bootparams;
static uint8_t answer[ROOM];

/* An agent knows one entry, and another one; "": it has none. */
static void knows(struct world *w, const char *first, const char *second)
{
	struct lookup_result result = {.domain = "yp.test", .server = ""};
	struct wr to = wr_over(answer, sizeof(answer));
	const char *texts[] = {first, second};
	struct props room;

	lookup_result_put(&result, &to);
	for (unsigned i = 0; i < 2; i++) {
		struct plist p = props(&room, texts[i]);

		if (texts[i][0])
			assert_true(lookup_entry_put(p.bytes, p.len, &to));
	}
	lookup_result_end(&to, 0);
	w->st->answer = answer;
	w->st->answer_len = wr_len(&to);
}

static void answers(struct world *w, const char *entry)
{
	knows(w, entry, "");
	stage_settle(w->st, EFFECT_ASK, 0);
}

static void fails(struct world *w, int rc)
{
	stage_settle(w->st, EFFECT_ASK, rc);
}

static void begin(struct world *w)
{
	lookup_order_default(&w->site.lookup);
	assert_int_equal(rpcd_open(&rpcd, &w->site, &stage_alloc, 7), 0);
	stage_engine(w->st, rpcd_engine(rpcd));
	w->st->me = (struct endpoint){WORLD_SERVER, PMAP_PORT};
	w->st->peer = (struct endpoint){KIM, OUT};
	w->st->holds[EFFECT_ASK] = true;
}

static void open_world(struct world *w)
{
	rpc_world_open(w);
	begin(w);
}

static void read_files(struct world *w, const char *names, const char *lines)
{
	assert_int_equal(hosts_open(&hosts, &stage_alloc, names, strlen(names)),
			 0);
	assert_int_equal(bootparams_open(&bootparams, &stage_alloc, lines,
					 strlen(lines)),
			 0);
	w->site.hosts = hosts;
	w->site.bootparams = bootparams;
}

/* No machine is registered. */
static void open_files(struct world *w, const char *names, const char *lines)
{
	rpc_world_open(w);
	directory_close(w->site.directory);
	assert_int_equal(
		directory_open(&w->site.directory, &stage_alloc, 16, 7), 0);
	read_files(w, names, lines);
	begin(w);
}

static void close_world(struct world *w)
{
	rpcd_close(rpcd, &stage_alloc);
	hosts_close(hosts);
	bootparams_close(bootparams);
	hosts = NULL;
	bootparams = NULL;
	world_close(w);
}

/* ---- names --------------------------------------------------------------- */

static void nis_knows_the_name_and_the_machine(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	asks_whoami(&w, 30, KIM);
	stage_expect(w.st, "    0 ms  " ASK_KIM);
	stage_wait(w.st, MILLISECONDS(7));
	answers(&w, "name=kim; ip_address=10.0.0.30");
	stage_expect(w.st, "    7 ms  ask nis bootparams name \"kim\"\n");
	answers(&w, "name=kim; bootparams=root=wizard:/kim");
	stage_expect(w.st, "    7 ms  " TELL "    7 ms  " TOLD);
	told(&w, "kim", ROUTER);
	assert_int_equal(rpcd_stats(rpcd)->names, 1);
	assert_int_equal(rpcd_stats(rpcd)->asked, 2);
	assert_int_equal(rpcd_engine(rpcd)->deadline(rpcd_engine(rpcd)), NEVER);
	close_world(&w);
}

/* What is known here is not asked for. */
static void whom_the_directory_knows_waits_for_nobody(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	asks_whoami(&w, 9, MOIRA);
	stage_expect(w.st, "    0 ms  rpc ok +44 to 02:00:00:00:00:09\n"
			   "    0 ms  note name-told 10.0.0.9 \"moira\"\n");
	close_world(&w);
}

/* It has a name there, and no property: the map is next. */
static void a_machine_without_the_property_may_be_in_the_map(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	asks_whoami(&w, 7, WENDY);
	stage_expect(w.st, "    0 ms  ask nis bootparams name \"wendy\"\n");
	fails(&w, -ENOENT);
	stage_expect(w.st, "    0 ms  note not-told 10.0.0.7 "
			   "\"it has no property bootparams\"\n");
	asks_whoami(&w, 7, WENDY);
	stage_forget(w.st);
	answers(&w, "name=wendy; bootparams=");
	told(&w, "wendy", ROUTER);
	close_world(&w);
}

/* gethostbyaddr() might contact the DNS; but a name there does not boot. */
static void dns_may_know_the_name_and_never_the_machine(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	asks_whoami(&w, 30, KIM);
	fails(&w, -ENOENT);
	stage_expect(w.st,
		     "    0 ms  " ASK_KIM
		     "    0 ms  ask dns hosts ip_address \"10.0.0.30\"\n");
	answers(&w, "name=Gillian; ip_address=10.0.0.30");
	told(&w, "gillian", ROUTER);
	stage_forget(w.st);
	asks_whoami(&w, 30, KIM);
	fails(&w, -ENOENT);
	answers(&w, "name=kim.example; ip_address=10.0.0.30");
	fails(&w, -ENOENT);
	stage_expect(w.st, "    0 ms  " ASK_KIM
			   "    0 ms  ask dns hosts ip_address \"10.0.0.30\"\n"
			   "    0 ms  ask nis bootparams name \"kim.example\"\n"
			   "    0 ms  note not-told 10.0.0.30 "
			   "\"no machine has its name\"\n");
	close_world(&w);
}

/* As the order of lookup.conf has it, but the directory and files are first. */
static void only_who_is_in_the_order_is_asked(void **state)
{
	static const char order[] = "hosts dns nis\nbootparams directory\n";
	struct lookup_error e;
	struct world w;

	(void)state;
	open_world(&w);
	assert_true(lookup_order_parse(&w.site.lookup, span_of(order), &e));
	asks_whoami(&w, 30, KIM);
	fails(&w, -ENODEV);
	answers(&w, "name=kim; ip_address=10.0.0.30");
	stage_expect(w.st, "    0 ms  ask dns hosts ip_address \"10.0.0.30\"\n"
			   "    0 ms  " ASK_KIM "    0 ms  note not-told "
			   "10.0.0.30 \"it has no property bootparams\"\n");
	/* There is nobody. */
	assert_true(lookup_order_parse(&w.site.lookup,
				       span_of("default files\n"), &e));
	asks_whoami(&w, 30, KIM);
	stage_expect(w.st, "    0 ms  " HOSTS);
	close_world(&w);
}

/* A map is the file's successor: any of the names will do. */
static void each_name_of_the_address_is_tried(void **state)
{
	struct world w;

	(void)state;
	open_files(&w, "10.0.0.30 kim.example kim\n", "moira\n");
	asks_whoami(&w, 30, KIM);
	fails(&w, -ENOENT);
	answers(&w, "name=kim; bootparams=");
	stage_expect(w.st, "    0 ms  ask nis bootparams name \"kim.example\"\n"
			   "    0 ms  ask nis bootparams name \"kim\"\n"
			   "    0 ms  " TELL "    0 ms  " TOLD);
	asks_whoami(&w, 30, KIM);
	fails(&w, -ENOENT);
	fails(&w, -ENOENT);
	stage_expect(w.st, "    0 ms  ask nis bootparams name \"kim.example\"\n"
			   "    0 ms  ask nis bootparams name \"kim\"\n"
			   "    0 ms  note not-told 10.0.0.30 "
			   "\"it is not in bootparams\"\n");
	close_world(&w);
}

static void a_plus_puts_the_map_before_the_lines_behind_it(void **state)
{
	struct world w;

	(void)state;
	open_files(&w, "10.0.0.30 kim\n10.0.0.9 moira\n10.0.0.7 wendy\n",
		   "moira\n+other\nwendy\n+\nkim root=wizard:/here\n");
	asks_whoami(&w, 9, MOIRA);
	told(&w, "moira", ROUTER);
	asks_whoami(&w, 7, WENDY);
	told(&w, "wendy", ROUTER);
	stage_forget(w.st);
	asks_whoami(&w, 30, KIM);
	answers(&w, "name=KIM; bootparams=");
	told(&w, "KIM", ROUTER);
	stage_forget(w.st);
	/* The map has no such line, or nobody answers: then the file has. */
	asks_whoami(&w, 30, KIM);
	fails(&w, -ENOENT);
	told(&w, "kim", ROUTER);
	stage_forget(w.st);
	asks_whoami(&w, 30, KIM);
	stage_wait(w.st, SECONDS(3));
	stage_expect(w.st, "    0 ms  ask nis bootparams name \"kim\"\n"
			   " 3000 ms  note agent-silent 30 \"nis\"\n"
			   " 3000 ms  " TELL " 3000 ms  " TOLD);
	close_world(&w);
}

/* Who writes a map writes what he likes. */
static void an_answer_to_another_question_is_none(void **state)
{
	struct world w;

	(void)state;
	open_files(&w, "10.0.0.30 kim\n", "");
	asks_whoami(&w, 30, KIM);
	knows(&w, "name=wendy; bootparams=", "name=kim");
	stage_settle(w.st, EFFECT_ASK, 0);
	asks_whoami(&w, 30, KIM);
	w.st->answer_len = 3;
	stage_settle(w.st, EFFECT_ASK, 0);
	stage_expect(w.st, "    0 ms  ask nis bootparams name \"kim\"\n"
			   "    0 ms  note not-told 10.0.0.30 "
			   "\"it is not in bootparams\"\n"
			   "    0 ms  ask nis bootparams name \"kim\"\n"
			   "    0 ms  note not-told 10.0.0.30 "
			   "\"it is not in bootparams\"\n");
	assert_int_equal(w.st->sends, 0);
	close_world(&w);
}

/* ---- each way to ask ----------------------------------------------------- */

static void asks_at_its_own_port(struct world *w, uint32_t conn)
{
	uint8_t b[ROOM];
	struct wr message = wr_over(b, ROOM);

	w->st->me.port = PORT;
	put_call(&message, BOOTPARAM_PROGRAM, BOOTPARAM_VERSION,
		 BOOTPARAM_WHOAMI);
	bootparam_address_put(KIM, &message);
	if (conn)
		stage_hear_record(w->st, conn, b, wr_len(&message));
	else
		stage_hear(w->st, b, wr_len(&message));
}

static void a_question_to_this_machine_alone_waits_as_well(void **state)
{
	struct bootparam_whoami a;
	struct world w;
	struct rd r;

	(void)state;
	open_files(&w, "10.0.0.30 kim\n", "");
	asks_at_its_own_port(&w, 0);
	answers(&w, "name=kim; bootparams=");
	stage_expect(w.st, "    0 ms  ask nis bootparams name \"kim\"\n"
			   "    0 ms  rpc ok +32\n"
			   "    0 ms  " TOLD);
	r = results(&w);
	assert_true(bootparam_whoami_get(&a, &r));
	is_text(a.name, "kim");
	assert_int_equal(w.st->last_send.from.port, PORT);
	close_world(&w);
}

/* A broadcast datagram is answered from the address of its interface, if that
 * is still there. */
static void an_interface_may_go_while_it_waits(void **state)
{
	struct world w;

	(void)state;
	open_files(&w, "10.0.0.30 kim\n", "");
	asks_whoami(&w, 30, KIM);
	w.site.n_links = 0;
	answers(&w, "name=kim; bootparams=");
	stage_expect(w.st, "    0 ms  ask nis bootparams name \"kim\"\n");
	assert_int_equal(rpcd_engine(rpcd)->deadline(rpcd_engine(rpcd)), NEVER);
	close_world(&w);
}

/* ---- waiting ------------------------------------------------------------- */

static void the_same_question_again_is_not_asked_twice(void **state)
{
	struct world w;

	(void)state;
	open_files(&w, "10.0.0.30 kim\n", "");
	asks_whoami(&w, 30, KIM);
	stage_wait(w.st, SECONDS(2));
	asks_whoami(&w, 30, KIM);
	assert_int_equal(rpcd_stats(rpcd)->repeated, 1);
	answers(&w, "name=kim; bootparams=");
	stage_expect(w.st, "    0 ms  ask nis bootparams name \"kim\"\n"
			   " 2000 ms  " TELL " 2000 ms  " TOLD);
	/* The answer may have been lost. */
	asks_whoami(&w, 30, KIM);
	answers(&w, "name=kim; bootparams=");
	assert_int_equal(w.st->sends, 2);
	close_world(&w);
}

static void an_agent_that_is_silent_is_left_out_for_a_while(void **state)
{
	struct world w;

	(void)state;
	open_files(&w, "10.0.0.30 kim\n", "");
	asks_whoami(&w, 30, KIM);
	stage_wait(w.st, SECONDS(4));
	stage_expect(w.st, "    0 ms  ask nis bootparams name \"kim\"\n"
			   " 3000 ms  note agent-silent 30 \"nis\"\n"
			   " 3000 ms  " NO_NIS);
	asks_whoami(&w, 30, KIM);
	stage_expect(w.st, " 4000 ms  " NO_NIS);
	/* It comes too late, and is heard all the same. */
	answers(&w, "name=kim; bootparams=");
	stage_expect(w.st, " 4000 ms  note agent-back \"nis\"\n");
	assert_int_equal(rpcd_stats(rpcd)->late, 1);
	assert_int_equal(w.st->sends, 0);
	asks_whoami(&w, 30, KIM);
	fails(&w, -EHOSTUNREACH);
	stage_expect(w.st, " 4000 ms  ask nis bootparams name \"kim\"\n"
			   " 4000 ms  note agent-silent 30 \"nis\"\n"
			   " 4000 ms  " NO_NIS);
	stage_wait(w.st, SECONDS(30));
	asks_whoami(&w, 30, KIM);
	answers(&w, "name=kim; bootparams=");
	stage_expect(w.st, "34000 ms  ask nis bootparams name \"kim\"\n"
			   "34000 ms  note agent-back \"nis\"\n"
			   "34000 ms  " TELL "34000 ms  " TOLD);
	/* Only we ask too much: that is no fault of it. */
	asks_whoami(&w, 30, KIM);
	fails(&w, -EAGAIN);
	stage_expect(w.st, "34000 ms  ask nis bootparams name \"kim\"\n"
			   "34000 ms  " NO_NIS);
	close_world(&w);
}

static void both_may_be_silent(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	asks_whoami(&w, 30, KIM);
	stage_wait(w.st, SECONDS(10));
	stage_expect(w.st, "    0 ms  " ASK_KIM
			   " 3000 ms  note agent-silent 30 \"nis\"\n"
			   " 3000 ms  ask dns hosts ip_address \"10.0.0.30\"\n"
			   " 6000 ms  note agent-silent 30 \"dns\"\n"
			   " 6000 ms  note not-told 10.0.0.30 "
			   "\"no answer from NIS and DNS\"\n");
	close_world(&w);
}

/* The order is read again while somebody waits. */
static void who_was_asked_may_be_in_the_order_no_more(void **state)
{
	struct lookup_error e;
	struct world w;

	(void)state;
	open_world(&w);
	asks_whoami(&w, 30, KIM);
	assert_true(lookup_order_parse(&w.site.lookup,
				       span_of("default files\n"), &e));
	stage_wait(w.st, SECONDS(3));
	stage_expect(w.st, "    0 ms  " ASK_KIM
			   " 3000 ms  note agent-silent 30 \"nis\"\n"
			   " 3000 ms  " NO_NIS);
	close_world(&w);
}

static void whoami_as(struct world *w, uint32_t xid, uint32_t from)
{
	uint8_t b[256];
	struct wr message = wr_over(b, sizeof(b)), head = wr_over(b, 4);

	put_whoami(&message, KIM);
	wr_u32(&head, xid);
	hear_frame(w, 30, from, IP4(10, 255, 255, 255), &message);
}

static void the_table_has_a_size(void **state)
{
	const struct rpcd_stats *stats;
	struct world w;

	(void)state;
	open_world(&w);
	stats = rpcd_stats(rpcd);
	/* One address has its share. */
	for (uint32_t i = 0; i < 10; i++)
		whoami_as(&w, i, KIM);
	assert_int_equal(stage_held(w.st, EFFECT_ASK), RPCD_PER_SOURCE);
	assert_int_equal(stats->full, 10 - RPCD_PER_SOURCE);
	for (uint32_t i = 0; i < RPCD_WAITING; i++)
		whoami_as(&w, i, IP4(10, 0, 0, 100 + i));
	assert_int_equal(stage_held(w.st, EFFECT_ASK), RPCD_WAITING);
	assert_int_equal(stats->full, 10);
	/* Who is known waits for nobody, and who has waited makes room. */
	asks_whoami(&w, 9, MOIRA);
	told(&w, "moira", ROUTER);
	stage_wait(w.st, SECONDS(6));
	stage_forget(w.st);
	assert_int_equal(rpcd_engine(rpcd)->deadline(rpcd_engine(rpcd)), NEVER);
	stage_wait(w.st, SECONDS(30));
	asks_whoami(&w, 30, KIM);
	stage_expect(w.st, "36000 ms  " ASK_KIM);
	close_world(&w);
}

/* rpcbind -r asks for everybody, and by itself. */
static void this_machine_has_more_than_one_share(void **state)
{
	uint8_t b[ROOM];
	struct world w;

	(void)state;
	open_world(&w);
	w.st->me.port = PORT;
	w.st->peer.ip = IP4(127, 0, 0, 1);
	for (unsigned i = 0; i < 2 * RPCD_PER_SOURCE; i++) {
		struct wr message = wr_over(b, ROOM), head = wr_over(b, 4);

		put_call(&message, BOOTPARAM_PROGRAM, BOOTPARAM_VERSION,
			 BOOTPARAM_WHOAMI);
		bootparam_address_put(KIM, &message);
		wr_u32(&head, i);
		stage_hear(w.st, b, wr_len(&message));
	}
	assert_int_equal(stage_held(w.st, EFFECT_ASK), 2 * RPCD_PER_SOURCE);
	close_world(&w);
}

/* ---- files --------------------------------------------------------------- */

static void nis_knows_the_file_its_machine_and_its_server(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	asks_file(&w, KIM, "kim", "root");
	answers(&w, "name=kim; bootparams=swap=s:/s,root=beta:/kim");
	answers(&w, "name=Kim; ip_address=10.0.0.30");
	answers(&w, "name=beta; ip_address=10.0.0.77");
	stage_expect(w.st, "    0 ms  ask nis bootparams name \"kim\"\n"
			   "    0 ms  " ASK_KIM
			   "    0 ms  ask nis hosts name \"beta\"\n"
			   "    0 ms  rpc ok +36\n"
			   "    0 ms  note file-told 10.0.0.77 \"/kim\"\n");
	told_file(&w, "beta", IP4(10, 0, 0, 77), "/kim");
	assert_int_equal(rpcd_stats(rpcd)->files, 1);
	close_world(&w);
}

/* Its server is known here. */
static void what_is_known_here_of_a_file_is_not_asked_for(void **state)
{
	struct world w;

	(void)state;
	open_files(&w, "10.0.0.30 k kim\n10.0.0.77 beta\n", "");
	asks_file(&w, KIM, "kim", "root");
	answers(&w, "name=kim; bootparams=root=beta:/kim");
	told_file(&w, "beta", IP4(10, 0, 0, 77), "/kim");
	asks_file(&w, KIM, "kim", "dump");
	answers(&w, "name=kim; bootparams=root=beta:/kim");
	told_file(&w, "", 0, "");
	stage_forget(w.st);
	asks_file(&w, KIM, "kim", "swap");
	answers(&w, "name=kim; bootparams=root=beta:/kim");
	stage_expect(w.st, "    0 ms  ask nis bootparams name \"kim\"\n"
			   "    0 ms  note not-told 10.0.0.30 "
			   "\"it has no such file\"\n");
	close_world(&w);
}

static void a_file_is_its_machines_whoever_knows_it(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	/* A machine of another name, and an address without any. */
	asks_file(&w, GILLIAN, "kim", "root");
	answers(&w, "name=kim; bootparams=root=beta:/kim");
	asks_file(&w, KIM, "kim", "root");
	answers(&w, "name=kim; bootparams=root=beta:/kim");
	fails(&w, -ENOENT);
	fails(&w, -ENOENT);
	stage_expect(w.st, "    0 ms  ask nis bootparams name \"kim\"\n"
			   "    0 ms  note not-told 10.0.0.11 "
			   "\"it is the file of another machine\"\n"
			   "    0 ms  ask nis bootparams name \"kim\"\n"
			   "    0 ms  " ASK_KIM
			   "    0 ms  ask dns hosts ip_address \"10.0.0.30\"\n"
			   "    0 ms  note not-told 10.0.0.30 "
			   "\"it is the file of another machine\"\n");
	/* The directory's file, of a machine whose address NIS knows. */
	asks_file(&w, KIM, "moira", "root");
	answers(&w, "name=m,moira; ip_address=10.0.0.30");
	told_file(&w, "wizard", WORLD_SERVER, "/export/moira");
	/* Who is trusted need not have a name. */
	w.settings.bootparam.trusted[0] = (struct net){KIM, 0xffffffff};
	asks_file(&w, KIM, "moira", "boot");
	told_file(&w, "", 0, "kernel");
	close_world(&w);
}

static void a_server_that_nobody_knows_is_silence(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	asks_file(&w, MOIRA, "moira", "swap");
	fails(&w, -ENOENT);
	answers(&w, "name=nowhere; ip_address=::1");
	stage_expect(w.st, "    0 ms  ask nis hosts name \"nowhere\"\n"
			   "    0 ms  ask dns hosts name \"nowhere\"\n"
			   "    0 ms  note not-told 10.0.0.9 "
			   "\"the server of the file has no address\"\n");
	asks_file(&w, MOIRA, "moira", "swap");
	answers(&w, "name=nowhere; ip_address=192.0.2.7");
	told_file(&w, "nowhere", IP4(192, 0, 2, 7), "/swap");
	close_world(&w);
}

/* A path of more than the protocol allows is no answer. */
static void a_value_that_is_too_long_is_no_file(void **state)
{
	struct lookup_result result = {.domain = "", .server = ""};
	char path[1400] = "root=:/";
	uint8_t room[ROOM];
	struct plist_out o = plist_begin(room, sizeof(room));
	struct wr to = wr_over(answer, sizeof(answer));
	struct plist p;
	struct world w;

	(void)state;
	open_files(&w, "10.0.0.30 kim\n", "");
	memset(path + 7, 'x', sizeof(path) - 8);
	plist_add(&o, "name");
	plist_add_value(&o, "kim");
	plist_add(&o, "bootparams");
	plist_add_value(&o, path);
	assert_true(plist_end(&o, &p));
	lookup_result_put(&result, &to);
	assert_true(lookup_entry_put(p.bytes, p.len, &to));
	w.st->answer = answer;
	w.st->answer_len = wr_len(&to);
	asks_file(&w, KIM, "kim", "root");
	stage_settle(w.st, EFFECT_ASK, 0);
	stage_expect(w.st, "    0 ms  ask nis bootparams name \"kim\"\n"
			   "    0 ms  note not-told 10.0.0.30 "
			   "\"it has no such file\"\n");
	close_world(&w);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(nis_knows_the_name_and_the_machine),
		cmocka_unit_test(whom_the_directory_knows_waits_for_nobody),
		cmocka_unit_test(
			a_machine_without_the_property_may_be_in_the_map),
		cmocka_unit_test(dns_may_know_the_name_and_never_the_machine),
		cmocka_unit_test(only_who_is_in_the_order_is_asked),
		cmocka_unit_test(each_name_of_the_address_is_tried),
		cmocka_unit_test(
			a_plus_puts_the_map_before_the_lines_behind_it),
		cmocka_unit_test(an_answer_to_another_question_is_none),
		cmocka_unit_test(
			a_question_to_this_machine_alone_waits_as_well),
		cmocka_unit_test(an_interface_may_go_while_it_waits),
		cmocka_unit_test(the_same_question_again_is_not_asked_twice),
		cmocka_unit_test(
			an_agent_that_is_silent_is_left_out_for_a_while),
		cmocka_unit_test(both_may_be_silent),
		cmocka_unit_test(who_was_asked_may_be_in_the_order_no_more),
		cmocka_unit_test(the_table_has_a_size),
		cmocka_unit_test(this_machine_has_more_than_one_share),
		cmocka_unit_test(nis_knows_the_file_its_machine_and_its_server),
		cmocka_unit_test(what_is_known_here_of_a_file_is_not_asked_for),
		cmocka_unit_test(a_file_is_its_machines_whoever_knows_it),
		cmocka_unit_test(a_server_that_nobody_knows_is_silence),
		cmocka_unit_test(a_value_that_is_too_long_is_no_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
