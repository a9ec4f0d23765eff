/*
 * Names, files and ports, as asked by machines that are just starting, by
 * curious ones, and by those who would like others to be answered.
 */
#include "engine/rpcd.h"

#include "engine/note.h"
#include "engine/quota.h"
#include "model/bootparams.h"
#include "model/hosts.h"
#include "purse.h"
#include "rpcd_world.h"
#include "stage/hex.h"
#include "wire/netinfo.h"

#include <errno.h>

static struct rpcd *rpcd;

static void open_world(struct world *w)
{
	rpc_world_open(w);
	assert_int_equal(rpcd_open(&rpcd, &w->site, &stage_alloc, 7), 0);
	stage_engine(w->st, rpcd_engine(rpcd));
	w->st->me = (struct endpoint){WORLD_SERVER, PMAP_PORT};
	w->st->peer = (struct endpoint){MOIRA, OUT};
}

static void close_world(struct world *w)
{
	rpcd_close(rpcd, &stage_alloc);
	world_close(w);
}

/* ---- names ----------------------------------------------------------------
 */

static void a_machine_is_told_its_name(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	asks_whoami(&w, 9, MOIRA);
	stage_expect(w.st, "    0 ms  rpc ok +44 to 02:00:00:00:00:09\n"
			   "    0 ms  note name-told 10.0.0.9 \"moira\"\n");
	told(&w, "moira", IP4(10, 0, 0, 254));
	/* A property without values is enough. */
	asks_whoami(&w, 11, GILLIAN);
	told(&w, "gillian", IP4(10, 0, 0, 254));
	assert_int_equal(rpcd_stats(rpcd)->names, 2);
	close_world(&w);
}

static void the_reply_is_byte_by_byte_what_rpcbind_says(void **state)
{
	/* That of rpcbind and rpc.bootparamd, but for our port, 1005. */
	static const char want[] =
		"4d5553540000000100000000000000000000000000000000 000003ed"
		"000000300000000577656e64790000000000000b6d75737465722e7465"
		"73740000000001ffffffc0ffffffa80000004dfffffffe";
	static const char ask[] =
		"4d5553540000000000000002000186a00000000200000005000000000000"
		"0000000000000000000000 0186ba000000010000000100000014 00000001"
		"000000c0 000000a8 0000004d 0000000a";
	uint8_t b[ROOM], bytes[ROOM];
	struct wr message = wr_over(b, ROOM);
	struct world w;
	size_t len;

	(void)state;
	open_world(&w);
	w.site.links[0].ip = IP4(192, 168, 77, 1);
	w.settings.subnets[0] =
		(struct subnet){.network = IP4(192, 168, 77, 0),
				.mask = 0xffffff00,
				.router = IP4(192, 168, 77, 254)};
	memcpy(w.settings.bootparam.domain, "muster.test", 12);
	world_add_machine(&w, "name=wendy2,wendy3; ip_address=192.168.77.9");
	world_add_machine(&w,
			  "name=wend.y; ip_address=192.168.77.10; bootparams=");
	len = hex(ask, b, ROOM);
	message.p += len;
	hear_frame(&w, 9, IP4(192, 168, 77, 10), IP_BROADCAST, &message);
	assert_int_equal(w.st->sends, 1);
	len = hex(want, bytes, ROOM);
	/* "wend.y" is a letter longer, and as long with its padding. */
	bytes[35]++;
	memcpy(bytes + 36, "wend.y", 6);
	assert_int_equal(w.st->last_len, FRAME_UDP_HEAD + len);
	assert_memory_equal(w.st->last + FRAME_UDP_HEAD, bytes, len);
	close_world(&w);
}

static void each_condition_alone_is_not_enough(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	/* 1: no name for the address. */
	asks_whoami(&w, 66, IP4(10, 0, 0, 66));
	/* 3: the machine, but not the property. */
	asks_whoami(&w, 7, WENDY);
	stage_expect(w.st, "    0 ms  note not-told 10.0.0.66 "
			   "\"its address has no name\"\n"
			   "    0 ms  note not-told 10.0.0.7 "
			   "\"it has no property bootparams\"\n");
	assert_int_equal(w.st->sends, 0);
	assert_int_equal(rpcd_stats(rpcd)->untold, 2);
	close_world(&w);
}

/* 2: /etc/hosts knows the address by a name that the directory has not. */
static void a_name_from_elsewhere_must_be_a_machines(void **state)
{
	static const char text[] = "10.0.0.66 stranger\n10.0.0.67 m\n";
	struct hosts *hosts;
	struct world w;

	(void)state;
	open_world(&w);
	assert_int_equal(
		hosts_open(&hosts, &stage_alloc, text, sizeof(text) - 1), 0);
	w.site.hosts = hosts;
	asks_whoami(&w, 66, IP4(10, 0, 0, 66));
	stage_expect(w.st, "    0 ms  note not-told 10.0.0.66 "
			   "\"no machine has its name\"\n");
	/* By an alias, told the first name. */
	asks_whoami(&w, 67, IP4(10, 0, 0, 67));
	told(&w, "moira", IP4(10, 0, 0, 254));
	hosts_close(hosts);
	close_world(&w);
}

static void add_domain(struct world *w, uint32_t id, uint32_t parent)
{
	struct change c = {.kind = CHANGE_DOMAIN_PUT,
			   .id = id,
			   .parent = parent,
			   .instance = 1};

	assert_int_equal(directory_apply(w->site.directory, &c), 0);
}

static void add_entry(struct world *w, uint32_t domain, uint32_t parent,
		      uint32_t id, const char *name, bool boots)
{
	uint8_t room[256];
	struct plist_out o = plist_begin(room, sizeof(room));
	struct change c = {.kind = CHANGE_ENTRY_PUT,
			   .domain = domain,
			   .parent = parent,
			   .id = id,
			   .instance = 1};

	plist_add(&o, "name");
	plist_add_value(&o, name);
	if (boots)
		plist_add(&o, "bootparams");
	assert_true(plist_end(&o, &c.props));
	assert_int_equal(directory_apply(w->site.directory, &c), 0);
}

/* Name and property have to be in one directory of one domain, and it may be
 * any on the way up. */
static void the_property_may_be_in_a_domain_above(void **state)
{
	struct world w;
	uint32_t id;

	(void)state;
	open_world(&w);
	id = directory_next_id(w.site.directory);
	add_domain(&w, id, DOMAIN_FIRST);
	add_entry(&w, id, id, id + 1, "machines", false);
	add_entry(&w, id, id + 1, id + 2, "moira", false);
	add_entry(&w, id, id + 1, id + 3, "wendy", false);
	w.site.domain = id;
	asks_whoami(&w, 9, MOIRA);
	told(&w, "moira", IP4(10, 0, 0, 254));
	stage_forget(w.st);
	asks_whoami(&w, 7, WENDY);
	stage_expect(w.st, "    0 ms  note not-told 10.0.0.7 "
			   "\"it has no property bootparams\"\n");
	close_world(&w);
}

static void a_lease_is_an_address_with_a_name(void **state)
{
	struct lease l = {.kind = LEASE_DHCP,
			  .ip = WORLD_NODE,
			  .hw = world_hw(9),
			  .wall_ends = INT64_MAX / 2,
			  .term = 3600};
	struct world w;

	(void)state;
	open_world(&w);
	assert_int_equal(leases_put(w.site.leases, &l, 0, 0), 0);
	asks_whoami(&w, 10, WORLD_NODE);
	told(&w, "moira", IP4(10, 0, 0, 254));
	close_world(&w);
}

/* ---- the router -----------------------------------------------------------
 */

static void a_router_is_on_the_machines_own_network(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	w.settings.subnets[0].router = IP4(10, 9, 9, 9);
	asks_whoami(&w, 9, MOIRA);
	told(&w, "moira", WORLD_SERVER);
	w.settings.subnets[0].router = 0;
	asks_whoami(&w, 9, MOIRA);
	told(&w, "moira", WORLD_SERVER);
	stage_forget(w.st);
	/* A network where we have none ourselves. */
	world_add_machine(&w, "name=far; ip_address=10.1.0.9; bootparams=");
	asks_whoami(&w, 9, IP4(10, 1, 0, 9));
	told(&w, "far", WORLD_RELAY);
	stage_forget(w.st);
	w.settings.subnets[1].router = 0;
	asks_whoami(&w, 9, IP4(10, 1, 0, 9));
	stage_expect(w.st, "    0 ms  note not-told 10.1.0.9 "
			   "\"no router is on its network\"\n");
	close_world(&w);
}

/* ---- files ----------------------------------------------------------------
 */

static void a_machine_is_told_where_its_files_are(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	asks_file(&w, MOIRA, "moira", "root");
	stage_expect(w.st, "    0 ms  rpc ok +52\n"
			   "    0 ms  note file-told 10.0.0.1 "
			   "\"/export/moira\"\n");
	told_file(&w, "wizard", WORLD_SERVER, "/export/moira");
	/* By another name of its own. */
	asks_file(&w, MOIRA, "M", "root");
	told_file(&w, "wizard", WORLD_SERVER, "/export/moira");
	asks_file(&w, MOIRA, "moira", "boot");
	told_file(&w, "", 0, "kernel");
	assert_int_equal(rpcd_stats(rpcd)->files, 3);
	close_world(&w);
}

static void a_server_is_a_machine_near_the_one_that_asks(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	world_add_machine(&w, "name=nowhere; ip_address=10.1.0.5,10.0.0.5");
	asks_file(&w, MOIRA, "moira", "swap");
	told_file(&w, "nowhere", IP4(10, 0, 0, 5), "/swap");
	close_world(&w);
}

/* Of two sites with a server of that name, each machine is sent to its own. */
static void a_server_is_of_the_domain_of_who_asks(void **state)
{
	struct world w;
	uint32_t here, there;

	(void)state;
	open_world(&w);
	world_two_sites(&w, &here, &there);
	world_add_machine(&w, "name=nowhere; ip_address=10.0.0.5");
	world_put(&w, CHANGE_ENTRY_PUT, there, there + 1,
		  "name=nowhere;ip_address=10.0.0.6");
	asks_file(&w, MOIRA, "moira", "swap");
	told_file(&w, "nowhere", IP4(10, 0, 0, 5), "/swap");
	world_put(&w, CHANGE_ENTRY_PUT, here, here + 1,
		  "name=nowhere;ip_address=10.0.0.7");
	asks_file(&w, MOIRA, "moira", "swap");
	told_file(&w, "nowhere", IP4(10, 0, 0, 7), "/swap");
	close_world(&w);
}

static void what_is_not_there_is_not_told(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	asks_file(&w, MOIRA, "moira", "pub");
	asks_file(&w, MOIRA, "moira", "swap");
	asks_file(&w, MOIRA, "moira", "");
	asks_file(&w, MOIRA, "", "root");
	asks_file(&w, MOIRA, "stranger", "root");
	asks_file(&w, WENDY, "wendy", "root");
	stage_expect(w.st, "    0 ms  note not-told 10.0.0.9 "
			   "\"it has no such file\"\n"
			   "    0 ms  note not-told 10.0.0.9 "
			   "\"the server of the file has no address\"\n"
			   "    0 ms  note not-told 10.0.0.9 "
			   "\"it has no such file\"\n"
			   "    0 ms  note not-told 10.0.0.9 "
			   "\"no machine has its name\"\n"
			   "    0 ms  note not-told 10.0.0.9 "
			   "\"no machine has its name\"\n"
			   "    0 ms  note not-told 10.0.0.7 "
			   "\"it has no property bootparams\"\n");
	close_world(&w);
}

static void a_dump_that_is_not_there_is_told(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	asks_file(&w, MOIRA, "moira", "dump");
	told_file(&w, "", 0, "");
	close_world(&w);
}

static void files_are_told_to_their_machine_or_who_is_trusted(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	asks_file(&w, GILLIAN, "moira", "root");
	stage_expect(w.st, "    0 ms  note not-told 10.0.0.11 "
			   "\"it is the file of another machine\"\n");
	asks_file(&w, IP4(10, 0, 0, 66), "moira", "dump");
	stage_expect(w.st, "    0 ms  note not-told 10.0.0.66 "
			   "\"it is the file of another machine\"\n");
	w.settings.bootparam.trusted[0] =
		(struct net){IP4(10, 0, 0, 64), 0xffffffc0};
	asks_file(&w, IP4(10, 0, 0, 66), "moira", "root");
	told_file(&w, "wizard", WORLD_SERVER, "/export/moira");
	assert_int_equal(w.st->sends, 1);
	asks_file(&w, GILLIAN, "moira", "root");
	assert_int_equal(w.st->sends, 1);
	/* Whoever calls from here may do it for somebody else. */
	asks_file(&w, IP4(127, 0, 0, 1), "moira", "root");
	assert_int_equal(w.st->sends, 1);
	close_world(&w);
}

/* ---- /etc -----------------------------------------------------------------
 */

struct files {
	struct hosts *hosts;
	struct bootparams *bootparams;
};

static void open_files(struct world *w, struct files *f, const char *hosts,
		       const char *bootparams)
{
	rpc_world_open(w);
	directory_close(w->site.directory);
	assert_int_equal(
		directory_open(&w->site.directory, &stage_alloc, 16, 7), 0);
	assert_int_equal(rpcd_open(&rpcd, &w->site, &stage_alloc, 7), 0);
	stage_engine(w->st, rpcd_engine(rpcd));
	w->st->me = (struct endpoint){WORLD_SERVER, PMAP_PORT};
	w->st->peer = (struct endpoint){MOIRA, OUT};
	assert_int_equal(
		hosts_open(&f->hosts, &stage_alloc, hosts, strlen(hosts)), 0);
	assert_int_equal(bootparams_open(&f->bootparams, &stage_alloc,
					 bootparams, strlen(bootparams)),
			 0);
	w->site.hosts = f->hosts;
	w->site.bootparams = f->bootparams;
}

static void close_files(struct world *w, struct files *f)
{
	hosts_close(f->hosts);
	bootparams_close(f->bootparams);
	close_world(w);
}

static void without_a_directory_the_files_count(void **state)
{
	struct files f;
	struct world w;

	(void)state;
	open_files(&w, &f,
		   "10.0.0.9 moira.example.net moira\n"
		   "10.0.0.7 wendy\n10.0.0.2 wizard2\n",
		   "Moira root=wizard2:/export/moira \\\n"
		   "  swap=wizard:/swap\n");
	asks_whoami(&w, 9, MOIRA);
	told(&w, "Moira", IP4(10, 0, 0, 254));
	asks_file(&w, MOIRA, "moira", "root");
	told_file(&w, "wizard2", IP4(10, 0, 0, 2), "/export/moira");
	asks_file(&w, MOIRA, "moira.example.net", "swap");
	told_file(&w, "wizard", WORLD_SERVER, "/swap");
	stage_forget(w.st);
	w.st->me.port = PMAP_PORT;
	asks_whoami(&w, 7, WENDY);
	asks_whoami(&w, 8, IP4(10, 0, 0, 8));
	stage_expect(w.st, "    0 ms  note not-told 10.0.0.7 "
			   "\"it is not in bootparams\"\n"
			   "    0 ms  note not-told 10.0.0.8 "
			   "\"its address has no name\"\n");
	close_files(&w, &f);
}

static void with_a_directory_the_file_does_not_count(void **state)
{
	struct files f;
	struct world w;

	(void)state;
	open_files(&w, &f, "10.0.0.7 wendy\n", "wendy\n");
	asks_whoami(&w, 7, WENDY);
	told(&w, "wendy", IP4(10, 0, 0, 254));
	stage_forget(w.st);
	world_add_machine(&w, "name=kim");
	asks_whoami(&w, 7, WENDY);
	stage_expect(w.st, "    0 ms  note not-told 10.0.0.7 "
			   "\"no machine has its name\"\n");
	close_files(&w, &f);
}

/* ---- the port mapper ------------------------------------------------------
 */

static void calls(struct world *w, uint32_t program, uint32_t version,
		  uint32_t procedure, const struct pmap_mapping *m)
{
	uint8_t b[256];
	struct wr message = wr_over(b, sizeof(b));

	put_call(&message, program, version, procedure);
	if (m)
		pmap_mapping_put(m, &message);
	stage_hear(w->st, b, wr_len(&message));
}

static void asks_port(struct world *w, uint32_t program, uint32_t version,
		      uint32_t protocol)
{
	struct pmap_mapping m = {program, version, protocol, 0};

	calls(w, PMAP_PROGRAM, PMAP_VERSION, PMAP_GETPORT, &m);
}

static void told_port(struct world *w, uint16_t want)
{
	struct rd r = results(w);
	uint16_t port;

	assert_true(pmap_port_get(&port, &r));
	assert_int_equal(port, want);
}

static void it_tells_ports(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	asks_port(&w, BOOTPARAM_PROGRAM, 1, PMAP_UDP);
	told_port(&w, PORT);
	/* Of a wrong version too, and it is the caller's to find out. */
	asks_port(&w, BOOTPARAM_PROGRAM, 7, PMAP_UDP);
	told_port(&w, PORT);
	asks_port(&w, BOOTPARAM_PROGRAM, 1, PMAP_TCP);
	told_port(&w, 0);
	asks_port(&w, PMAP_PROGRAM, 2, PMAP_TCP);
	told_port(&w, PMAP_PORT);
	asks_port(&w, 100003, 2, PMAP_UDP);
	told_port(&w, 0);
	assert_int_equal(rpcd_stats(rpcd)->ports, 5);
	close_world(&w);
}

static void it_says_what_it_has_not(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	calls(&w, PMAP_PROGRAM, 2, PMAP_NULL, NULL);
	calls(&w, PMAP_PROGRAM, 3, PMAP_NULL, NULL);
	calls(&w, PMAP_PROGRAM, 4, PMAP_NULL, NULL);
	calls(&w, PMAP_PROGRAM, 2, 6, NULL);
	calls(&w, BOOTPARAM_PROGRAM, 1, 0, NULL);
	w.st->me.port = PORT;
	calls(&w, BOOTPARAM_PROGRAM, 1, 0, NULL);
	calls(&w, BOOTPARAM_PROGRAM, 0, 0, NULL);
	calls(&w, BOOTPARAM_PROGRAM, 1, 9, NULL);
	stage_expect(w.st, "    0 ms  rpc ok +0\n"
			   "    0 ms  rpc versions 2-2\n"
			   "    0 ms  rpc versions 2-2\n"
			   "    0 ms  rpc no procedure\n"
			   "    0 ms  rpc no program\n"
			   "    0 ms  rpc ok +0\n"
			   "    0 ms  rpc versions 1-1\n"
			   "    0 ms  rpc no procedure\n");
	close_world(&w);
}

static void it_tells_all_ports_to_this_machine_and_by_connection(void **state)
{
	static const struct endpoint near[] = {{IP4(127, 0, 0, 1), 40000},
					       {WORLD_SERVER, 40000}};
	struct pmap_mapping m;
	struct world w;
	uint8_t b[64];
	struct wr call = wr_over(b, sizeof(b));
	struct rd r;

	(void)state;
	open_world(&w);
	put_call(&call, PMAP_PROGRAM, PMAP_VERSION, PMAP_DUMP);
	stage_hear(w.st, b, wr_len(&call));
	stage_expect(w.st, "");
	assert_int_equal(rpcd_stats(rpcd)->refused, 1);
	stage_hear_record(w.st, 3, b, wr_len(&call));
	stage_expect(w.st, "    0 ms  [3] rpc ok +64\n");
	r = results(&w);
	assert_true(pmap_item_next(&m, &r));
	assert_int_equal(m.program, PMAP_PROGRAM);
	stage_hear_hangup(w.st, 3);
	stage_expect(w.st, "");
	for (int i = 0; i < 2; i++) {
		stage_hear_from(w.st, near[i], b, wr_len(&call));
		assert_int_equal(w.st->sends, 2 + i);
	}
	close_world(&w);
}

static bool sets(struct world *w, uint32_t procedure, uint32_t ip,
		 uint16_t port, const struct pmap_mapping *m)
{
	unsigned sends = w->st->sends;
	struct rd r;

	w->st->peer = (struct endpoint){ip, port};
	calls(w, PMAP_PROGRAM, PMAP_VERSION, procedure, m);
	if (w->st->sends == sends)
		return false;
	r = results(w);
	return rd_u32(&r) == 1;
}

static void only_root_on_this_machine_sets_ports(void **state)
{
	const uint32_t here = IP4(127, 0, 0, 1);
	const struct pmap_mapping nfs = {100003, 2, PMAP_UDP, 2049};
	const struct pmap_mapping own = {BOOTPARAM_PROGRAM, 1, PMAP_UDP, 666};
	const struct pmap_mapping wrong[] = {
		{1, 1, 1, 7}, {1, 1, PMAP_UDP, 0}, {1, 1, PMAP_UDP, 65536}};
	struct world w;

	(void)state;
	open_world(&w);
	assert_false(sets(&w, PMAP_SET, MOIRA, 600, &nfs));
	assert_false(sets(&w, PMAP_SET, WORLD_SERVER, 600, &nfs));
	assert_false(sets(&w, PMAP_SET, here, 1024, &nfs));
	assert_int_equal(rpcd_stats(rpcd)->refused, 3);
	assert_true(sets(&w, PMAP_SET, here, 1023, &nfs));
	assert_false(sets(&w, PMAP_SET, here, 1023, &nfs));
	assert_false(sets(&w, PMAP_SET, here, 1023, &own));
	for (int i = 0; i < 3; i++)
		assert_false(sets(&w, PMAP_SET, here, 1023, &wrong[i]));
	asks_port(&w, 100003, 2, PMAP_UDP);
	told_port(&w, 2049);
	assert_false(sets(&w, PMAP_UNSET, MOIRA, 600, &nfs));
	assert_false(sets(&w, PMAP_UNSET, here, 600, &own));
	assert_true(sets(&w, PMAP_UNSET, here, 600, &nfs));
	assert_false(sets(&w, PMAP_UNSET, here, 600, &nfs));
	asks_port(&w, 100003, 2, PMAP_UDP);
	told_port(&w, 0);
	close_world(&w);
}

static void a_full_table_takes_no_more(void **state)
{
	struct pmap_mapping m = {0x20000000, 1, PMAP_TCP, 4000};
	struct world w;

	(void)state;
	open_world(&w);
	for (uint32_t i = 0; i < RPCD_SETS + 5; i++) {
		m.program++;
		assert_int_equal(sets(&w, PMAP_SET, IP4(127, 0, 0, 1), 600, &m),
				 i < RPCD_SETS);
	}
	assert_true(sets(&w, PMAP_UNSET, IP4(127, 0, 0, 1), 600,
			 &(struct pmap_mapping){0x20000007, 1, 0, 0}));
	assert_true(sets(&w, PMAP_SET, IP4(127, 0, 0, 1), 600, &m));
	/* All of them fit into one answer. */
	w.st->peer = (struct endpoint){IP4(127, 0, 0, 1), 4000};
	calls(&w, PMAP_PROGRAM, PMAP_VERSION, PMAP_DUMP, NULL);
	assert_int_equal(w.st->last_len, RPC_REPLY_HEAD + 67 * 20 + 4);
	close_world(&w);
}

/* ---- what gets silence ----------------------------------------------------
 */

static void asks_all(struct world *w, uint32_t program, uint32_t version,
		     uint32_t procedure)
{
	uint8_t args[32], b[256];
	struct wr a = wr_over(args, sizeof(args));
	struct wr message = wr_over(b, sizeof(b));

	bootparam_address_put(MOIRA, &a);
	put_callit(&message, program, version, procedure, &a);
	hear_frame(w, 9, MOIRA, IP_BROADCAST, &message);
}

static void only_two_procedures_are_called_for_everybody(void **state)
{
	uint8_t b[256];
	struct wr message = wr_over(b, sizeof(b)), none = wr_over(NULL, 0);
	struct world w;

	(void)state;
	open_world(&w);
	asks_all(&w, BOOTPARAM_PROGRAM, 7, BOOTPARAM_WHOAMI);
	asks_all(&w, BOOTPARAM_PROGRAM, 1, 9);
	asks_all(&w, BOOTPARAM_PROGRAM, 1, BOOTPARAM_GETFILE);
	asks_all(&w, BOOTPARAM_PROGRAM, 1, BOOTPARAM_NULL); /* with arguments */
	asks_all(&w, PMAP_PROGRAM, 2, PMAP_NULL);
	asks_all(&w, PMAP_PROGRAM, 2, PMAP_CALLIT);
	asks_all(&w, PMAP_PROGRAM, 2, PMAP_DUMP);
	asks_all(&w, 100003, 2, 0);
	stage_expect(w.st, "");
	asks_all(&w, BOOTPARAM_PROGRAM, 1, BOOTPARAM_WHOAMI);
	assert_int_equal(w.st->sends, 1);
	/* As rpcinfo -b asks. */
	put_callit(&message, BOOTPARAM_PROGRAM, 1, BOOTPARAM_NULL, &none);
	hear_frame(&w, 9, MOIRA, IP_BROADCAST, &message);
	assert_int_equal(w.st->sends, 2);
	/* Not by a connection. */
	message = wr_over(b, sizeof(b));
	put_whoami(&message, MOIRA);
	stage_hear_record(w.st, 1, b, wr_len(&message));
	assert_int_equal(w.st->sends, 2);
	close_world(&w);
}

static void of_broadcasts_only_callit_is_heard(void **state)
{
	struct pmap_mapping m = {BOOTPARAM_PROGRAM, 1, PMAP_UDP, 0};
	struct world w;

	(void)state;
	open_world(&w);
	for (uint32_t version = 2; version <= 4; version++)
		for (uint32_t procedure = 0; procedure < 13; procedure++) {
			uint8_t b[256];
			struct wr message = wr_over(b, sizeof(b));

			put_call(&message, PMAP_PROGRAM, version, procedure);
			pmap_mapping_put(&m, &message);
			hear_frame(&w, 9, MOIRA, IP_BROADCAST, &message);
		}
	stage_expect(w.st, "");
	close_world(&w);
}

static void whoami_may_come_by_any_broadcast_address(void **state)
{
	static const uint32_t all[] = {IP_BROADCAST, IP4(10, 0, 0, 255),
				       IP4(10, 0, 0, 0), IP4(10, 255, 255, 255),
				       IP4(10, 0, 0, 1)};
	static const uint32_t other[] = {IP4(10, 0, 0, 2), IP4(11, 0, 0, 255),
					 IP4(224, 0, 0, 1)};
	uint8_t b[256];
	struct wr message = wr_over(b, sizeof(b));
	struct world w;

	(void)state;
	open_world(&w);
	put_whoami(&message, MOIRA);
	for (unsigned i = 0; i < 5; i++) {
		hear_frame(&w, 9, MOIRA, all[i], &message);
		assert_int_equal(w.st->sends, i + 1);
	}
	for (unsigned i = 0; i < 3; i++)
		hear_frame(&w, 9, MOIRA, other[i], &message);
	assert_int_equal(w.st->sends, 5);
	/* And to us alone, or to everybody, by a socket. */
	stage_hear(w.st, b, wr_len(&message));
	assert_int_equal(w.st->sends, 6);
	assert_int_equal(w.st->last_send.how, SEND_UDP);
	w.st->me.ip = IP4(10, 255, 255, 255);
	stage_hear(w.st, b, wr_len(&message));
	assert_int_equal(w.st->sends, 7);
	assert_int_equal(w.st->last_send.from.ip, WORLD_SERVER);
	close_world(&w);
}

static void strangers_and_loops_are_not_answered(void **state)
{
	static const uint32_t far[] = {0,
				       IP4(192, 168, 1, 1),
				       IP4(10, 0, 0, 255),
				       IP4(10, 0, 0, 0),
				       IP_BROADCAST,
				       IP4(224, 0, 0, 1),
				       IP4(10, 1, 0, 255),
				       IP4(10, 0, 0, 1),
				       IP4(127, 0, 0, 1)};
	static const uint16_t loops[] = {0, 7, 19, 53, 111, 123};
	uint8_t b[256];
	struct wr message = wr_over(b, sizeof(b));
	struct world w;

	(void)state;
	open_world(&w);
	put_whoami(&message, MOIRA);
	for (unsigned i = 0; i < 9; i++)
		hear_frame(&w, 9, far[i], IP_BROADCAST, &message);
	for (unsigned i = 0; i < 7; i++)
		stage_hear_from(w.st, (struct endpoint){far[i], OUT}, b,
				wr_len(&message));
	for (unsigned i = 0; i < 6; i++)
		stage_hear_from(w.st, (struct endpoint){MOIRA, loops[i]}, b,
				wr_len(&message));
	assert_int_equal(w.st->sends, 0);
	assert_int_equal(rpcd_stats(rpcd)->strangers, 22);
	/* A machine of another network that we serve. */
	stage_hear_from(w.st, (struct endpoint){IP4(10, 1, 0, 9), OUT}, b,
			wr_len(&message));
	assert_int_equal(w.st->sends, 1);
	close_world(&w);
}

static void what_is_no_call_gets_silence(void **state)
{
	static const char *const wrong[] = {
		"",
		"4d555354",
		/* a reply, a version of RPC, a credential, a verifier */
		"4d55535400000001000000000000000000000000000000000000e3ac",
		"4d555354000000000000000300000000000000000000000000000000"
		"000000000000000000000000",
		"4d555354000000000000000200 0186a00000000200000000 00000000"
		"ffffffff 0000000000000000",
		"4d555354000000000000000200 0186a00000000200000000 00000000"
		"00000000 00000000 fffffffc",
		/* CALLIT with arguments of 4 GB, of 401 bytes, and with more
		 * behind them */
		"4d555354000000000000000200 0186a00000000200000005 00000000"
		"00000000 0000000000000000 000186ba 00000001 00000001 ffffffff",
		"4d555354000000000000000200 0186a00000000200000005 00000000"
		"00000000 0000000000000000 000186ba 00000001 00000001 00000191",
		"4d555354000000000000000200 0186a00000000200000005 00000000"
		"00000000 0000000000000000 000186ba 00000001 00000000 00000000"
		"00000000",
		/* WHOAMI of another kind of address, of half of one, of more */
		"4d555354000000000000000200 0186a00000000200000005 00000000"
		"00000000 0000000000000000 000186ba 00000001 00000001 00000014"
		"00000002 0000000a 00000000 00000000 00000009",
		"4d555354000000000000000200 0186a00000000200000005 00000000"
		"00000000 0000000000000000 000186ba 00000001 00000001 0000000c"
		"00000001 0000000a 00000000",
		"4d555354000000000000000200 0186a00000000200000005 00000000"
		"00000000 0000000000000000 000186ba 00000001 00000001 00000018"
		"00000001 0000000a 00000000 00000000 00000009 00000000",
	};
	struct world w;

	(void)state;
	open_world(&w);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		uint8_t b[ROOM];
		size_t len = hex(wrong[i], b, ROOM);

		stage_hear(w.st, b, len);
	}
	stage_expect(w.st, "");
	assert_int_equal(w.st->sends, 0);
	assert_int_equal(rpcd_stats(rpcd)->bad, sizeof(wrong) / sizeof(*wrong));
	close_world(&w);
}

/* CALLIT of CALLIT of CALLIT ... as deep as a datagram is long. */
static void callit_does_not_go_round(void **state)
{
	uint8_t inner[400] = {0}, b[ROOM];
	struct wr args = wr_over(inner, sizeof(inner));
	struct world w;

	(void)state;
	open_world(&w);
	for (int depth = 0; depth < 20; depth++) {
		uint8_t copy[400];
		struct wr again = wr_over(copy, sizeof(copy));
		struct wr message = wr_over(b, ROOM);
		struct pmap_callit c = {PMAP_PROGRAM, PMAP_VERSION, PMAP_CALLIT,
					inner, wr_len(&args)};

		put_call(&message, PMAP_PROGRAM, PMAP_VERSION, PMAP_CALLIT);
		pmap_callit_put(&c, &message);
		hear_frame(&w, 9, MOIRA, IP_BROADCAST, &message);
		pmap_callit_put(&c, &again);
		args = wr_over(inner, sizeof(inner));
		wr_bytes(&args, copy, wr_len(&again));
	}
	stage_expect(w.st, "");
	assert_int_equal(rpcd_stats(rpcd)->refused, 20);
	close_world(&w);
}

/* ---- how much leaves ------------------------------------------------------
 */

static void a_name_that_makes_an_answer_too_long_is_not_told(void **state)
{
	char text[300] = "name=", name[81];
	struct world w;

	(void)state;
	open_world(&w);
	memset(name, 'n', sizeof(name) - 1);
	name[80] = '\0';
	strcat(text, name);
	strcat(text, "; ip_address=10.0.0.12; bootparams=");
	world_add_machine(&w, text);
	asks_whoami(&w, 12, IP4(10, 0, 0, 12));
	assert_int_equal(w.st->sends, 1);
	memset(w.settings.bootparam.domain, 'd', 40);
	asks_whoami(&w, 12, IP4(10, 0, 0, 12));
	assert_int_equal(w.st->sends, 1);
	assert_int_equal(rpcd_stats(rpcd)->too_long, 1);
	close_world(&w);
}

static void no_answer_is_longer_than_five_questions(void **state)
{
	char text[700] = "name=long; ip_address=10.0.0.12; bootparams=root=:/";
	size_t base = strlen(text);
	struct world w;

	(void)state;
	open_world(&w);
	memset(text + base, 'p', 600);
	world_add_machine(&w, text);
	asks_file(&w, IP4(10, 0, 0, 12), "long", "root");
	assert_int_equal(w.st->sends, 0);
	assert_int_equal(rpcd_stats(rpcd)->too_long, 1);
	close_world(&w);
}

static void who_floods_is_answered_twenty_times_a_second(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	w.st->shows_notes = false;
	for (int i = 0; i < 1000; i++) {
		asks_whoami(&w, 9, MOIRA);
		stage_wait(w.st, MILLISECONDS(1));
	}
	assert_in_range(w.st->sends, QUOTA_SOURCE_BURST + QUOTA_SOURCE - 1,
			QUOTA_SOURCE_BURST + QUOTA_SOURCE + 1);
	assert_int_equal(rpcd_stats(rpcd)->limited, 1000 - w.st->sends);
	/* Another machine is none the worse for it. */
	w.st->sends = 0;
	asks_whoami(&w, 11, GILLIAN);
	assert_int_equal(w.st->sends, 1);
	close_world(&w);
}

/* Forged from all over a network, about one machine that is told. */
static void a_network_of_strangers_shares_twenty(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	w.st->shows_notes = false;
	for (uint32_t i = 0; i < 200; i++)
		asks_whoami(&w, 20 + i, MOIRA);
	assert_int_equal(w.st->sends, QUOTA_SOURCE_BURST);
	close_world(&w);
}

/* ---- the engine -----------------------------------------------------------
 */

static void it_listens_where_it_has_to(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	rpcd_start(rpcd, 0, stage_begin(w.st));
	stage_end(w.st);
	stage_expect(w.st, "    0 ms  listen 1005\n"
			   "    0 ms  listen 111\n"
			   "    0 ms  listen tcp 111\n");
	w.settings.bootparam.is_guest = true;
	rpcd_start(rpcd, 0, stage_begin(w.st));
	stage_end(w.st);
	stage_expect(w.st, "    0 ms  listen 1005\n");
	/* Broadcasts are still heard. */
	asks_whoami(&w, 9, MOIRA);
	assert_int_equal(w.st->sends, 1);
	w.settings.bootparam.serve = false;
	stage_forget(w.st);
	rpcd_start(rpcd, 0, stage_begin(w.st));
	stage_end(w.st);
	asks_whoami(&w, 9, MOIRA);
	stage_expect(w.st, "");
	close_world(&w);
}

static void out_of_memory_leaves_nothing_behind(void **state)
{
	struct purse purse;
	struct world w;
	struct rpcd *r;

	(void)state;
	rpc_world_open(&w);
	for (long n = 0; n < 2; n++) {
		const struct alloc *alloc = purse_open(&purse);

		purse.left = n;
		assert_int_equal(rpcd_open(&r, &w.site, alloc, 7), -ENOMEM);
		assert_int_equal(purse.out, 0);
	}
	world_close(&w);
}

/* ---- NetInfo --------------------------------------------------------------
 */

/* N1b: 192.168.77.10 wants its domain `local` bound to `network`; granted by
 * nibindd at port 1034. */
static void a_domain_that_serves_the_machine_says_so(void **state)
{
	static const char ask[] =
		"4e4900010000000000000002000186a000000002000000050000000000000"
		"0000000000000000000 0bed48a10000000100000008 0000001cc0a84d0a"
		"000000056c6f63616c000000000000076e6574776f726b00";
	static const char granted[] =
		"4e49000100000001000000000000000000000000000000000000040a"
		"00000000";
	uint8_t b[ROOM], want[ROOM];
	struct wr message = wr_over(b, ROOM);
	struct world w;
	size_t len;

	(void)state;
	open_world(&w);
	w.site.links[0].ip = IP4(192, 168, 77, 1);
	message.p += hex(ask, b, ROOM);
	/* NetInfo is not served; then, nobody is known by that address; or is
	 * known, but is served by somebody else. */
	hear_frame(&w, 9, IP4(192, 168, 77, 10), IP_BROADCAST, &message);
	w.settings.netinfo.serve = true;
	hear_frame(&w, 9, IP4(192, 168, 77, 10), IP_BROADCAST, &message);
	world_add_machine(&w, "name=a; ip_address=192.168.77.11;"
			      "serves=wendy/local");
	world_add_machine(&w, "name=b; ip_address=192.168.77.10;"
			      "serves=./local,../local,b/remote,local");
	hear_frame(&w, 9, IP4(192, 168, 77, 10), IP_BROADCAST, &message);
	assert_int_equal(w.st->sends, 0);
	assert_int_equal(rpcd_stats(rpcd)->unbound, 2);
	world_add_machine(&w, "name=c; ip_address=192.168.77.12;"
			      "serves=c/local");
	b[59] = 12;
	hear_frame(&w, 9, IP4(192, 168, 77, 12), IP_BROADCAST, &message);
	assert_int_equal(w.st->sends, 1);
	len = hex(granted, want, ROOM);
	assert_int_equal(w.st->last_len, FRAME_UDP_HEAD + len);
	assert_memory_equal(w.st->last + FRAME_UDP_HEAD, want, len);
	assert_int_equal(rpcd_stats(rpcd)->bound, 1);
	/* No other procedure of nibindd is called for others. */
	b[51] = NIBIND_GETREGISTER;
	hear_frame(&w, 9, IP4(192, 168, 77, 12), IP_BROADCAST, &message);
	assert_int_equal(w.st->sends, 1);
	close_world(&w);
}

static void the_port_mapper_knows_nibindd(void **state)
{
	static const uint32_t protocols[] = {PMAP_UDP, PMAP_TCP};
	struct world w;

	(void)state;
	open_world(&w);
	w.settings.netinfo.serve = true;
	for (unsigned i = 0; i < 2; i++) {
		struct pmap_mapping m = {NIBIND_PROGRAM, NIBIND_VERSION,
					 protocols[i], 0};
		uint8_t b[ROOM];
		struct wr call = wr_over(b, ROOM);
		struct rd r;
		uint16_t port;

		put_call(&call, PMAP_PROGRAM, PMAP_VERSION, PMAP_GETPORT);
		pmap_mapping_put(&m, &call);
		stage_hear(w.st, b, wr_len(&call));
		r = results(&w);
		assert_true(pmap_port_get(&port, &r));
		assert_int_equal(port, 1034);
	}
	close_world(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_machine_is_told_its_name),
		cmocka_unit_test(the_reply_is_byte_by_byte_what_rpcbind_says),
		cmocka_unit_test(each_condition_alone_is_not_enough),
		cmocka_unit_test(a_name_from_elsewhere_must_be_a_machines),
		cmocka_unit_test(the_property_may_be_in_a_domain_above),
		cmocka_unit_test(a_lease_is_an_address_with_a_name),
		cmocka_unit_test(a_router_is_on_the_machines_own_network),
		cmocka_unit_test(a_machine_is_told_where_its_files_are),
		cmocka_unit_test(a_server_is_a_machine_near_the_one_that_asks),
		cmocka_unit_test(a_server_is_of_the_domain_of_who_asks),
		cmocka_unit_test(what_is_not_there_is_not_told),
		cmocka_unit_test(a_dump_that_is_not_there_is_told),
		cmocka_unit_test(
			files_are_told_to_their_machine_or_who_is_trusted),
		cmocka_unit_test(without_a_directory_the_files_count),
		cmocka_unit_test(with_a_directory_the_file_does_not_count),
		cmocka_unit_test(it_tells_ports),
		cmocka_unit_test(it_says_what_it_has_not),
		cmocka_unit_test(
			it_tells_all_ports_to_this_machine_and_by_connection),
		cmocka_unit_test(only_root_on_this_machine_sets_ports),
		cmocka_unit_test(a_full_table_takes_no_more),
		cmocka_unit_test(only_two_procedures_are_called_for_everybody),
		cmocka_unit_test(of_broadcasts_only_callit_is_heard),
		cmocka_unit_test(whoami_may_come_by_any_broadcast_address),
		cmocka_unit_test(strangers_and_loops_are_not_answered),
		cmocka_unit_test(what_is_no_call_gets_silence),
		cmocka_unit_test(callit_does_not_go_round),
		cmocka_unit_test(
			a_name_that_makes_an_answer_too_long_is_not_told),
		cmocka_unit_test(no_answer_is_longer_than_five_questions),
		cmocka_unit_test(who_floods_is_answered_twenty_times_a_second),
		cmocka_unit_test(a_network_of_strangers_shares_twenty),
		cmocka_unit_test(it_listens_where_it_has_to),
		cmocka_unit_test(out_of_memory_leaves_nothing_behind),
		cmocka_unit_test(a_domain_that_serves_the_machine_says_so),
		cmocka_unit_test(the_port_mapper_knows_nibindd),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
