/*
 * A simulated boot of a whole fleet.  The server is the real server engine on a
 * memory store, each machine the real boot engine; what this file adds is the
 * counting, and the invariants that it holds them to after every event.
 */
#include "sim/fleet.h"

#include "base/rand.h"
#include "engine/askers.h"
#include "engine/boot.h"
#include "engine/note.h"
#include "engine/server.h"
#include "sim/lan_impl.h"
#include "wire/pxe.h"
#include "wire/slam.h"

#include <errno.h>
#include <stdlib.h>

#define SERVER_IP IP4(10, 77, 0, 1)
#define NET_MASK  0xffff0000u

struct fleet;

struct machine {
	struct fleet *fleet;
	struct boot *boot;
	enum boot_phase phase;
	uint32_t ip;
	uint64_t kept[BOOT_FILES]; /* bytes, each counted once */
	bool is_wrong;             /* a part that is not what was sent */
};

struct fleet {
	const struct fleet_config *config;
	struct fleet_report *report;
	struct lan *lan;
	struct store *store;
	struct settings settings;
	struct site site;
	struct server *server;
	struct machine *machines; /* node id - 1 */
	uint32_t *holder;         /* by host number: node id that has it */
	uint32_t done;
	usec next_tick;
};

/* The bytes of an image in runs with payload: told by their place. */
static uint8_t byte_at(uint32_t image, uint64_t offset)
{
	return (uint8_t)(hash_u64(offset / 8, image) >> offset % 8 * 8);
}

static void read_image(void *arg, const struct ref *ref, uint8_t *to)
{
	(void)arg;
	for (size_t i = 0; i < ref->len; i++)
		to[i] = byte_at(ref->image, ref->offset + i);
}

static void broken(struct fleet *f, const char *what)
{
	if (!f->report->broken)
		f->report->broken = what;
	lan_stop(f->lan);
}

/* Which image a machine's file number is: behind a script the kernel is file 1,
 * else what the boot address named is file 0. */
static uint32_t image_of_file(const struct machine *m, uint32_t file)
{
	uint32_t i = boot_was_script(m->boot) ? file : file + 1;
	const struct fleet_config *c = m->fleet->config;

	if (!i || i > c->n_images)
		return 0;
	const struct image *im = images_find(m->fleet->site.images,
					     c->images[i - 1].name,
					     strlen(c->images[i - 1].name));
	return im ? im->id : 0;
}

static bool is_right(const struct keep *k, uint32_t image)
{
	if (k->body.len)
		return k->body.image == image && k->body.offset == k->offset;
	for (size_t i = 0; i < k->len; i++)
		if (k->bytes[i] != byte_at(image, k->offset + i))
			return false;
	return true;
}

static void on_keep(void *arg, uint32_t node, usec now, const struct keep *k)
{
	struct fleet *f = arg;
	struct machine *m = &f->machines[node - 1];
	uint32_t image;

	(void)now;
	/* The script itself travels as file 0; it is no image. */
	if (k->file >= BOOT_FILES)
		return;
	m->kept[k->file] += k->len + k->body.len;
	if (!k->file && !k->body.len)
		return;
	image = image_of_file(m, k->file);
	if (image && !is_right(k, image))
		broken(f, "a machine keeps bytes that are not the file's");
}

static void count_phase(struct fleet *f, struct machine *m,
			enum boot_phase phase)
{
	f->report->phase[m->phase]--;
	f->report->phase[phase]++;
	m->phase = phase;
	if (phase == BOOT_READY)
		f->report->booted++;
	else if (phase == BOOT_BROKEN)
		f->report->failed++;
	else
		return;
	if (++f->done == f->config->machines)
		lan_stop(f->lan);
}

/* No address is held twice, and whoever has one has it durably. */
static void check_address(struct fleet *f, struct machine *m, uint32_t node)
{
	const struct address_answer *a = boot_answer(m->boot);
	uint32_t host = a->ip & ~NET_MASK;
	const struct lease *l = leases_by_ip(f->site.leases, a->ip);

	if (a->ip == m->ip)
		return;
	m->ip = a->ip;
	if (f->holder[host] && f->holder[host] != node)
		broken(f, "an address is held by two machines");
	f->holder[host] = node;
	if (!l || !store_memory_commits(f->store))
		broken(f, "an address was promised that is not durable");
}

static void after(void *arg, uint32_t node, usec now)
{
	struct fleet *f = arg;
	struct machine *m;
	enum boot_phase phase;

	if (!node) {
		if (f->config->tick && now >= f->next_tick) {
			f->next_tick = now + MILLISECONDS(100);
			f->config->tick(f->config->arg, now, f->report);
		}
		return;
	}
	m = &f->machines[node - 1];
	phase = boot_phase(m->boot);
	if (phase == m->phase)
		return;
	if (phase == BOOT_LOADING)
		check_address(f, m, node);
	count_phase(f, m, phase);
}

static int open_site(struct fleet *f)
{
	const struct fleet_config *c = f->config;
	struct site *s = &f->site;
	int rc;

	s->settings = &f->settings;
	s->domain = DOMAIN_FIRST;
	rc = directory_open(&s->directory, &lan_memory, 64, c->seed);
	if (!rc)
		rc = leases_open(&s->leases, &lan_memory, 1 << 16, c->seed);
	if (!rc)
		rc = images_open(&s->images, &lan_memory, f->settings.slam.port,
				 f->settings.slam.ports, c->seed);
	if (!rc)
		rc = askers_open(&s->askers, &lan_memory, 1 << 16, c->seed);
	for (unsigned i = 0; !rc && i < c->n_images; i++)
		rc = images_put(s->images, c->images[i].name, c->images[i].size,
				SECONDS(1000), NULL);
	return rc;
}

static void settings_of(struct fleet *f)
{
	struct settings *s = &f->settings;

	settings_default(s);
	if (f->config->settings)
		*s = *f->config->settings;
	s->unknown = UNKNOWN_SERVE;
	s->unknown_share = 100;
	if (f->config->uses_tftp)
		s->transport = VIA_TFTP;
	for (unsigned i = 0; i < f->config->n_images; i++) {
		const char *name = f->config->images[i].name;
		char *to = i ? s->initrd[i - 1] : s->kernel;

		if (i < 5)
			text_copy(to, SETTINGS_NAME, name, strlen(name));
	}
}

static struct link link_of(uint32_t node, uint32_t ip)
{
	struct link l = {
		.index = 1, .mtu = 1500, .is_up = true, .name = "lan0"};
	uint8_t mac[6] = {0x02,
			  0x4d,
			  0,
			  (uint8_t)(node >> 16),
			  (uint8_t)(node >> 8),
			  (uint8_t)node};

	l.hw = hwaddr_ethernet(mac);
	l.ip = ip;
	l.mask = ip ? NET_MASK : 0;
	return l;
}

static void start_server(void *arg, usec now, struct effects *fx)
{
	struct fleet *f = arg;

	server_start(f->server, now, fx);
}

static void start_machine(void *arg, usec now, struct effects *fx)
{
	struct machine *m = arg;

	boot_start(m->boot, now, fx);
}

static int add_server(struct fleet *f)
{
	struct link link = link_of(0, SERVER_IP);
	uint32_t id;
	int rc;

	f->site.links[0] = link;
	f->site.n_links = 1;
	if (!f->settings.n_subnets)
		subnet_of_link(&f->settings.subnets[f->settings.n_subnets++],
			       &link, f->settings.lease);
	rc = server_open(&f->server, &f->site, &lan_memory, f->config->seed);
	if (!rc)
		rc = lan_add(f->lan, &link, server_engine(f->server), &id);
	if (!rc)
		lan_switch_on(f->lan, id, 0, start_server, f);
	return rc;
}

static int add_machine(struct fleet *f, uint32_t i, struct rand *rand)
{
	const struct fleet_config *c = f->config;
	struct machine *m = &f->machines[i];
	struct boot_config boot = {.uses_bootp = i % 2};
	uint64_t largest = 0;
	uint32_t id;
	usec at;
	int rc;

	for (unsigned k = 0; k < c->n_images; k++)
		if (c->images[k].size > largest)
			largest = c->images[k].size;
	boot.address = (struct addressc_config){.link = link_of(i + 1, 0),
						.class_id = "muster",
						.arch = ARCH_X64_UEFI,
						.seed = rand_u64(rand)};
	boot.load = (struct loadc_config){.size_max = largest + 4096,
					  .seed = rand_u64(rand),
					  .blksize = 1428,
					  .windowsize = 16};
	m->fleet = f;
	rc = boot_open(&m->boot, &boot, &lan_memory);
	if (!rc)
		rc = lan_add(f->lan, &boot.address.link, boot_engine(m->boot),
			     &id);
	if (rc)
		return rc;
	at = SECONDS(1) + (usec)rand_below(rand, (uint64_t)c->arrive + 1);
	lan_switch_on(f->lan, id, at, start_machine, m);
	f->report->phase[BOOT_OFF]++;
	return 0;
}

static int open_fleet(struct fleet *f)
{
	const struct fleet_config *c = f->config;
	struct lan_config lan = {.weather = c->weather,
				 .seed = c->seed,
				 .nodes = c->machines + 1,
				 .has_payload = c->has_payload,
				 .read = read_image,
				 .commit_delay = MILLISECONDS(1)};
	struct lan_watcher watcher = {
		.keep = on_keep, .after = after, .arg = f};
	struct rand rand;
	int rc = store_memory_open(&f->store, &lan_memory, NULL);

	if (rc)
		return rc;
	lan.store = f->store;
	settings_of(f);
	f->machines = calloc(c->machines, sizeof(*f->machines));
	f->holder = calloc(1 << 16, sizeof(*f->holder));
	if (!f->machines || !f->holder)
		return -ENOMEM;
	rc = lan_open(&f->lan, &lan, &watcher);
	if (!rc)
		rc = open_site(f);
	if (!rc)
		rc = add_server(f);
	rand_seed(&rand, c->seed + 1);
	for (uint32_t i = 0; !rc && i < c->machines; i++)
		rc = add_machine(f, i, &rand);
	return rc;
}

static void close_fleet(struct fleet *f)
{
	lan_close(f->lan);
	server_close(f->server, &lan_memory);
	for (uint32_t i = 0; f->machines && i < f->config->machines; i++)
		boot_close(f->machines[i].boot, &lan_memory);
	directory_close(f->site.directory);
	leases_close(f->site.leases, &lan_memory);
	images_close(f->site.images);
	askers_close(f->site.askers, &lan_memory);
	if (f->store)
		f->store->ops->close(f->store);
	free(f->machines);
	free(f->holder);
}

static void check_files(struct fleet *f)
{
	const struct fleet_config *c = f->config;

	for (uint32_t i = 0; i < c->machines; i++) {
		struct machine *m = &f->machines[i];
		uint32_t first = boot_was_script(m->boot) ? 1 : 0;

		if (boot_phase(m->boot) != BOOT_READY)
			continue;
		for (unsigned k = 0; k < c->n_images; k++)
			if (m->kept[first + k] != c->images[k].size)
				broken(f, "a machine is ready without all of "
					  "its files");
	}
}

static void sum_up(struct fleet *f)
{
	const struct fleet_config *c = f->config;
	struct fleet_report *r = f->report;

	for (unsigned i = 0; i < c->n_images; i++) {
		uint64_t size = c->images[i].size;
		uint64_t block = c->uses_tftp ? 1428 : slam_block_size(size);

		r->image_bytes += size;
		r->packets_needed += (size + block - 1) / block;
	}
	r->packets_sent = lan_stats(f->lan)->data_sent;
	r->wire_ratio = (double)r->packets_sent / (double)r->packets_needed;
	r->failed = c->machines - r->booted;
	r->lasted = lan_now(f->lan) - SECONDS(1);
	r->trace = lan_stats(f->lan)->trace;
}

static bool is_sane(const struct fleet_config *c)
{
	return c->machines < (1 << 16) - 2 && c->n_images && c->n_images <= 5;
}

int fleet_boot(const struct fleet_config *config, struct fleet_report *r)
{
	struct fleet *f = calloc(1, sizeof(*f));
	int rc;

	if (!f)
		return -ENOMEM;
	f->config = config;
	f->report = r;
	*r = (struct fleet_report){.machines = config->machines};
	rc = is_sane(config) ? open_fleet(f) : -EINVAL;
	if (!rc) {
		(void)lan_run(f->lan, config->patience);
		check_files(f);
		sum_up(f);
	}
	close_fleet(f);
	free(f);
	return rc;
}
