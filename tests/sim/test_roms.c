/*
 * Boot loaders of long ago ride SLAM and multicast TFTP: the actor of
 * stage/rom.h with the receive ring of each driver that Etherboot had, and each
 * of its faults, against the server as it is.  What it prints of the drivers
 * stands in docs/compatibility.md.
 */
#include "fleets.h"

#include "../unit/changes.h"
#include "engine/askers.h"
#include "engine/server.h"
#include "stage/rom.h"
#include "stage/stage.h"

enum {
	ROMS = 16,
	FILES = 2,
	FILE_ROOM = 1536 * 1024,
	SIZE = 400007,
	LONG = 1400003, /* about a second of it */
};

static const uint32_t SERVER = IP4(10, 0, 0, 1);

struct room {
	struct lan *lan;
	struct lan_config config;
	struct lan_watcher watcher;
	struct server *server;
	struct settings settings;
	struct site site;
	const struct image *file[FILES];
	unsigned n_files, n_roms, n_switched_on;
	struct rom rom[ROMS];
	uint64_t sent; /* packets with a file's bytes */
	uint64_t to_groups;
	/* What happens when so many of them have been sent. */
	uint64_t after;
	void (*happens)(void *arg, usec now);
};

static uint8_t byte_of(uint32_t image, uint64_t at)
{
	uint64_t v = (at + image) * 0x9e3779b97f4a7c15;

	return (uint8_t)(v >> 56 ^ v >> 32);
}

static void read_file(void *arg, const struct ref *ref, uint8_t *to)
{
	(void)arg;
	for (size_t i = 0; i < ref->len; i++)
		to[i] = byte_of(ref->image, ref->offset + i);
}

static void see_sent(void *arg, uint32_t node, usec now, const struct send *s)
{
	struct room *w = arg;

	if (node || !s->body.len)
		return;
	w->sent++;
	w->to_groups += ip_is_multicast(s->to.ip);
	if (w->sent == w->after)
		lan_at(w->lan, now, w->happens, w);
}

static struct link link_of(uint32_t node, uint32_t ip)
{
	struct link l = {
		.index = 1, .mtu = 1500, .is_up = true, .name = "lan0"};

	l.hw = hwaddr_ethernet((uint8_t[]){2, 0, 0, 0, 0, (uint8_t)node});
	l.ip = ip;
	l.mask = 0xffffff00;
	return l;
}

static void start_server(void *arg, usec now, struct effects *fx)
{
	server_start(((struct room *)arg)->server, now, fx);
}

static struct room *room_open(void)
{
	struct room *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	settings_default(&w->settings);
	w->site.settings = &w->settings;
	w->site.domain = DOMAIN_FIRST;
	w->config = (struct lan_config){
		.weather = {.delay = 100, .rate = 12500000},
		.seed = 1,
		.nodes = ROMS + 1,
		.has_payload = true,
		.read = read_file,
		.fetch_delay = 200,
	};
	assert_int_equal(images_open(&w->site.images, &stage_alloc,
				     w->settings.slam.port,
				     w->settings.slam.ports, 1),
			 0);
	assert_int_equal(
		directory_open(&w->site.directory, &stage_alloc, 16, 1), 0);
	assert_int_equal(leases_open(&w->site.leases, &stage_alloc, 16, 1), 0);
	assert_int_equal(askers_open(&w->site.askers, &stage_alloc, 16, 1), 0);
	return w;
}

static void put_file(struct room *w, const char *name, uint64_t size)
{
	assert_int_equal(images_put(w->site.images, name, size, SECONDS(1000),
				    &w->file[w->n_files++]),
			 0);
}

/* "name=old; en_address=2:0:0:0:0:1; rom_quirks=multicast" */
static void put_machine(struct room *w, const char *text)
{
	struct made m;
	uint32_t id = directory_next_id(w->site.directory);

	assert_int_equal(
		directory_apply(w->site.directory,
				entry_put(&m, id, ENTRY_MACHINES, 1, text)),
		0);
}

static void serve(struct room *w)
{
	struct link l = link_of(0, SERVER);
	uint32_t id;

	w->watcher = (struct lan_watcher){.send = see_sent, .arg = w};
	w->site.links[0] = l;
	w->site.n_links = 1;
	assert_int_equal(
		server_open(&w->server, &w->site, &stage_alloc, w->config.seed),
		0);
	assert_int_equal(lan_open(&w->lan, &w->config, &w->watcher), 0);
	assert_int_equal(lan_add(w->lan, &l, server_engine(w->server), &id), 0);
	lan_switch_on(w->lan, id, 0, start_server, w);
}

static const struct rom_config etherboot = {
	.kind = ROM_ETHERBOOT, .ring = 4, .takes = 300};
static const struct rom_config ipxe = {
	.kind = ROM_IPXE, .ring = 8, .takes = 300};

/* One more of them, which loads file `n` from `at` on. */
static struct rom *add(struct room *w, const struct rom_config *like,
		       enum rom_way way, unsigned n, usec at)
{
	struct rom *r = &w->rom[w->n_roms++];
	struct rom_config c = *like;
	uint8_t *bytes = malloc(FILE_ROOM);
	struct link l = link_of(w->n_roms, SERVER + w->n_roms);
	uint32_t id;

	assert_non_null(bytes);
	assert_true(w->n_roms <= ROMS);
	c.way = way;
	c.server = SERVER;
	c.name = w->file[n]->name;
	c.seed = w->config.seed + w->n_roms;
	c.port = way == ROM_SLAM ? w->file[n]->slam_port : 69;
	c.group = (struct endpoint){w->settings.slam.group, c.port};
	rom_open(r, &c, bytes, FILE_ROOM);
	assert_int_equal(lan_add(w->lan, &l, &r->engine, &id), 0);
	lan_switch_on(w->lan, id, at, rom_start, r);
	return r;
}

static bool is_whole(const struct room *w, const struct rom *r)
{
	for (unsigned n = 0; n < w->n_files; n++) {
		const struct image *im = w->file[n];
		size_t i = 0;

		if (strcmp(im->name, r->config.name))
			continue;
		while (i < im->size && r->file[i] == byte_of(im->id, i))
			i++;
		return r->size == im->size && i == im->size;
	}
	return false;
}

static void show(const struct room *w, const struct rom *r)
{
	printf("rom %u: %s, %u of %u packets, %" PRIu64 " dropped, %" PRIu64
	       " refused, %" PRIu64 " repeats, %" PRIu64 " sent; "
	       "the server sent %" PRIu64 "\n",
	       (unsigned)(r - w->rom + 1),
	       r->why                 ? r->why
	       : r->state == ROM_DONE ? "done"
				      : "still at it",
	       r->count, r->packets, r->dropped, r->refused, r->repeats,
	       r->sent, w->sent);
}

/* Everybody has all of it by then. */
static void all_load(struct room *w, usec within)
{
	bool is_well = true;

	lan_run(w->lan, within);
	for (unsigned i = 0; i < w->n_roms; i++)
		if (w->rom[i].state != ROM_DONE || !is_whole(w, &w->rom[i])) {
			show(w, &w->rom[i]);
			is_well = false;
		}
	assert_true(is_well);
}

static void room_close(struct room *w)
{
	lan_close(w->lan);
	server_close(w->server, &stage_alloc);
	for (unsigned i = 0; i < w->n_roms; i++)
		free(w->rom[i].file);
	askers_close(w->site.askers, &stage_alloc);
	images_close(w->site.images);
	leases_close(w->site.leases, &stage_alloc);
	directory_close(w->site.directory);
	free(w);
}

static struct room *room_with(uint64_t size)
{
	struct room *w = room_open();

	put_file(w, "kernel", size);
	serve(w);
	return w;
}

static uint32_t needed(const struct rom *r)
{
	return r->packets;
}

/* ---- every driver -------------------------------------------------------- */

/* How many frames Etherboot's driver keeps, of its source, 5.2 to 5.4; with a
 * question mark 1, the worst: they wait in the card's own memory, or we do not
 * know. */
static const struct {
	const char *name;
	unsigned ring;
	const char *mark;
} drivers[] = {
	{"3c509", 1, "?"},    {"3c515", 1, "?"},   {"3c595", 1, "?"},
	{"3c90x", 1, ""},     {"eepro100", 1, ""}, {"epic100", 2, ""},
	{"forcedeth", 4, ""}, {"natsemi", 4, ""},  {"ns83820", 64, ""},
	{"ns8390", 1, "?"},   {"pcnet32", 4, ""},  {"rtl8139", 5, ""},
	{"r8169", 4, ""},     {"sis900", 1, "?"},  {"sundance", 4, ""},
	{"tg3", 1, "?"},      {"tlan", 1, "?"},    {"tulip", 4, ""},
	{"via-rhine", 2, ""}, {"w89c840", 2, ""},
};

static void ride_driver(size_t i, enum rom_way way)
{
	struct rom_config like = etherboot;
	struct room *w = room_with(SIZE);
	struct rom *r;

	like.ring = drivers[i].ring;
	r = add(w, &like, way, 0, 0);
	all_load(w, SECONDS(60));
	printf("rom %s %u%s %s %" PRIu64 " %u\n", drivers[i].name,
	       drivers[i].ring, drivers[i].mark,
	       way == ROM_SLAM ? "slam" : "tftm", w->sent, needed(r));
	assert_true(w->sent <= needed(r) + needed(r) / 50);
	room_close(w);
}

static void every_driver_loads_by_slam(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof drivers / sizeof *drivers; i++)
		ride_driver(i, ROM_SLAM);
}

static void every_driver_loads_by_multicast_tftp(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof drivers / sizeof *drivers; i++)
		ride_driver(i, ROM_TFTM);
}

/* ---- SLAM ---------------------------------------------------------------- */

/* Expected length of the last packet: 0, if blocks fill the file. */
static void a_file_of_whole_blocks_ends(void **state)
{
	static const uint64_t sizes[] = {1451 * 200, 1024 * 300, 1432 * 100};

	(void)state;
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct room *w = room_with(sizes[i]);

		add(w, &etherboot, ROM_SLAM, 0, 0);
		add(w, &ipxe, ROM_SLAM, 0, 0);
		add(w, &etherboot, ROM_TFTM, 0, 0);
		add(w, &ipxe, ROM_TFTM, 0, 0);
		all_load(w, SECONDS(60));
		room_close(w);
	}
}

static void a_status_request_that_is_lost_is_repeated(void **state)
{
	struct rom_config deaf = etherboot;
	struct room *w = room_with(SIZE);
	struct rom *r;

	(void)state;
	w->config.weather.loss = 0.02;
	lan_change_weather(w->lan, &w->config.weather);
	deaf.loses = 2;
	r = add(w, &deaf, ROM_SLAM, 0, 0);
	all_load(w, SECONDS(10));
	assert_int_equal(r->dropped, 2);
	room_close(w);
}

/* The i82551 in an emulator: four frames, 2.5 ms each. */
static const struct rom_config slow = {
	.kind = ROM_ETHERBOOT, .ring = 4, .takes = 2500};

static void a_slow_one_is_found_out(void **state)
{
	struct room *w = room_with(SIZE);
	struct rom *r = add(w, &slow, ROM_SLAM, 0, 0);

	(void)state;
	all_load(w, SECONDS(60));
	assert_true(w->sent < 3 * needed(r));
	room_close(w);
}

static void a_slow_one_that_is_known_is_sent_each_packet_once(void **state)
{
	struct room *w = room_open();
	struct rom *r;

	(void)state;
	put_file(w, "kernel", SIZE);
	put_machine(w, "name=old; ip_address=10.0.0.2; rom_quirks=slow-slam");
	serve(w);
	r = add(w, &slow, ROM_SLAM, 0, 0);
	all_load(w, SECONDS(60));
	assert_true(w->sent <= needed(r) + needed(r) / 50);
	assert_int_equal(r->dropped, 0);
	room_close(w);
}

/* iPXE asks for four packets at a time; the server sends ahead. */
static void ipxe_needs_few_requests(void **state)
{
	struct room *w = room_with(SIZE);
	struct rom *r = add(w, &ipxe, ROM_SLAM, 0, 0);

	(void)state;
	all_load(w, SECONDS(60));
	assert_true(w->sent <= needed(r) + needed(r) / 50);
	assert_true(r->sent < 16);
	room_close(w);
}

/* Who looks at group and port alone would begin again with every packet of
 * another file. */
static void two_files_do_not_meet(void **state)
{
	struct room *w = room_open();

	(void)state;
	put_file(w, "kernel", SIZE);
	put_file(w, "initrd", SIZE / 2);
	serve(w);
	add(w, &etherboot, ROM_SLAM, 0, 0);
	add(w, &etherboot, ROM_SLAM, 1, 0);
	add(w, &etherboot, ROM_TFTM, 0, 0);
	add(w, &etherboot, ROM_TFTM, 1, 0);
	add(w, &ipxe, ROM_SLAM, 1, 0);
	all_load(w, SECONDS(60));
	room_close(w);
}

/* ---- rooms of them ------------------------------------------------------- */

static struct room *a_mixed_room(enum rom_way way, double loss, uint64_t seed)
{
	static const unsigned rings[] = {1, 2, 4, 5, 64};
	struct room *w = room_with(SIZE);

	w->config.seed = seed;
	w->config.weather.loss = loss;
	lan_change_weather(w->lan, &w->config.weather);
	for (unsigned i = 0; i < 10; i++) {
		struct rom_config like = i % 3 == 2 ? ipxe : etherboot;

		like.ring = rings[i % 5];
		if (way == ROM_TFTM)
			like.kind = ROM_ETHERBOOT;
		add(w, &like, way, 0, MILLISECONDS(50) * i);
	}
	return w;
}

static void ten_of_all_kinds_load_by_slam(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 5; seed++) {
		struct room *w = a_mixed_room(ROM_SLAM, 0, seed);

		all_load(w, SECONDS(60));
		assert_true(w->sent <= 3 * needed(&w->rom[0]) / 2);
		room_close(w);
		w = a_mixed_room(ROM_SLAM, 0.02, seed);
		all_load(w, SECONDS(120));
		assert_true(w->sent <= 2 * needed(&w->rom[0]));
		room_close(w);
	}
}

static void ten_load_by_multicast_tftp(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 5; seed++) {
		struct room *w = a_mixed_room(ROM_TFTM, 0, seed);

		all_load(w, SECONDS(60));
		assert_true(w->sent <= 3 * needed(&w->rom[0]) / 2);
		room_close(w);
		w = a_mixed_room(ROM_TFTM, 0.02, seed);
		all_load(w, SECONDS(1000));
		assert_true(w->sent <= 2 * needed(&w->rom[0]));
		room_close(w);
	}
}

static void one_comes_late(void *arg, usec now)
{
	struct room *w = arg;

	add(w, &etherboot, w->rom[0].config.way, 0, now);
}

static void late_ones_cost_what_they_missed(void **state)
{
	static const enum rom_way ways[] = {ROM_SLAM, ROM_TFTM};

	(void)state;
	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
		struct room *w = room_with(LONG);

		w->after = 400;
		w->happens = one_comes_late;
		add(w, &etherboot, ways[i], 0, 0);
		all_load(w, SECONDS(60));
		assert_int_equal(w->n_roms, 2);
		assert_in_range(w->sent, needed(&w->rom[0]) + 380,
				needed(&w->rom[0]) + 420);
		room_close(w);
	}
}

/* ---- multicast TFTP ------------------------------------------------------ */

static void master_dies(void *arg, usec now)
{
	struct room *w = arg;

	(void)now;
	for (uint32_t i = 0; i < w->n_roms; i++)
		if (w->rom[i].acks && w->rom[i].state == ROM_LOADING) {
			lan_kill(w->lan, i + 1);
			w->rom[i].state = ROM_DONE;
			w->rom[i].why = "dead";
			return;
		}
}

static void a_master_that_dies_stops_nobody(void **state)
{
	struct room *w = room_with(LONG);
	unsigned done = 0, dead = 0;

	(void)state;
	for (unsigned i = 0; i < 4; i++)
		add(w, &etherboot, ROM_TFTM, 0, 0);
	w->after = 500;
	w->happens = master_dies;
	lan_run(w->lan, SECONDS(60));
	for (unsigned i = 0; i < 4; i++) {
		dead += w->rom[i].why != NULL;
		done += w->rom[i].state == ROM_DONE && is_whole(w, &w->rom[i]);
	}
	assert_int_equal(dead, 1);
	assert_int_equal(done, 3);
	room_close(w);
}

/* Port 1758, a new port of its own each time, blocks of 1024. */
static void etherboot_that_asks_again_is_the_same_one(void **state)
{
	struct room *w = room_with(SIZE);
	struct rom *r;

	(void)state;
	w->config.weather.loss = 0.9;
	lan_change_weather(w->lan, &w->config.weather);
	r = add(w, &etherboot, ROM_TFTM, 0, 0);
	lan_run(w->lan, SECONDS(25));
	assert_true(r->ports > 1);
	w->config.weather.loss = 0;
	lan_change_weather(w->lan, &w->config.weather);
	all_load(w, SECONDS(1000));
	assert_int_equal(r->block, 1024);
	room_close(w);
}

static void ipxe_as_shipped_gets_it_by_unicast(void **state)
{
	struct rom_config stock = ipxe;
	struct room *w = room_with(SIZE);

	(void)state;
	stock.kind = ROM_IPXE_STOCK;
	add(w, &stock, ROM_TFTM, 0, 0);
	all_load(w, SECONDS(60));
	assert_int_equal(w->to_groups, 0);
	room_close(w);
}

static void a_mended_ipxe_gets_the_group(void **state)
{
	struct room *w = room_open();

	(void)state;
	put_file(w, "kernel", SIZE);
	put_machine(w, "name=a; ip_address=10.0.0.2; rom_quirks=multicast");
	put_machine(w, "name=b; ip_address=10.0.0.3; rom_quirks=multicast");
	serve(w);
	add(w, &ipxe, ROM_TFTM, 0, 0);
	add(w, &ipxe, ROM_TFTM, 0, 0);
	all_load(w, SECONDS(60));
	assert_int_equal(w->to_groups, w->sent);
	assert_true(w->sent <= needed(&w->rom[0]) + 10);
	room_close(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_driver_loads_by_slam),
		cmocka_unit_test(every_driver_loads_by_multicast_tftp),
		cmocka_unit_test(a_file_of_whole_blocks_ends),
		cmocka_unit_test(a_status_request_that_is_lost_is_repeated),
		cmocka_unit_test(a_slow_one_is_found_out),
		cmocka_unit_test(
			a_slow_one_that_is_known_is_sent_each_packet_once),
		cmocka_unit_test(ipxe_needs_few_requests),
		cmocka_unit_test(two_files_do_not_meet),
		cmocka_unit_test(ten_of_all_kinds_load_by_slam),
		cmocka_unit_test(ten_load_by_multicast_tftp),
		cmocka_unit_test(late_ones_cost_what_they_missed),
		cmocka_unit_test(a_master_that_dies_stops_nobody),
		cmocka_unit_test(etherboot_that_asks_again_is_the_same_one),
		cmocka_unit_test(ipxe_as_shipped_gets_it_by_unicast),
		cmocka_unit_test(a_mended_ipxe_gets_the_group),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
