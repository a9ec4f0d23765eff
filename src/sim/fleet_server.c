/*
 * The fleet's server: the real engine, on what the store has.  A crash throws
 * away all that is in memory; whatever comes back comes from the store.
 */
#include "sim/fleet_impl.h"

static int load_one(void *arg, const struct change *c)
{
	struct fleet *f = arg;

	if (change_is_edit(c))
		return directory_apply(f->site.directory, c);
	return leases_put(f->site.leases, &c->lease, lan_now(f->lan),
			  lan_wall(f->lan));
}

/* Addresses that can be in use; most pools are far larger than the fleet. */
static uint32_t addresses(const struct fleet *f)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < f->settings.n_subnets; i++)
		n += f->settings.subnets[i].last -
		     f->settings.subnets[i].first + 1;
	return n < 65536 ? (uint32_t)n : 65536;
}

static void find_images(struct fleet *f)
{
	for (unsigned i = 0; i < f->config->n_images; i++) {
		const char *name = f->config->images[i].name;

		f->image_ids[i] =
			images_find(f->site.images, name, strlen(name))->id;
	}
}

static int open_site(struct fleet *f)
{
	const struct fleet_config *c = f->config;
	struct store *store = ledger_store(f->ledger);
	struct site *s = &f->site;
	uint64_t revision;
	int rc;

	s->settings = &f->settings;
	s->domain = DOMAIN_FIRST;
	rc = directory_open(&s->directory, &lan_memory, 64, c->seed);
	if (!rc)
		rc = leases_open(&s->leases, &f->memory, addresses(f), c->seed);
	if (!rc)
		rc = images_open(&s->images, &lan_memory, f->settings.slam.port,
				 f->settings.slam.ports, c->seed);
	if (!rc)
		rc = askers_open(&s->askers, &f->memory, c->machines, c->seed);
	for (unsigned i = 0; !rc && i < c->n_images; i++)
		rc = images_put(s->images, c->images[i].name, c->images[i].size,
				SECONDS(1000), NULL);
	if (!rc) {
		find_images(f);
		rc = fleet_set_manifests(f);
	}
	if (!rc)
		rc = store->ops->load(store, load_one, f, &revision);
	return rc;
}

struct link fleet_link(uint32_t node, uint32_t ip)
{
	struct link l = {
		.index = 1, .mtu = 1500, .is_up = true, .name = "lan0"};
	uint8_t mac[6] = {0x02, 0x4d, 0};

	mac[3] = (uint8_t)(node >> 16);
	mac[4] = (uint8_t)(node >> 8);
	mac[5] = (uint8_t)node;
	l.hw = hwaddr_ethernet(mac);
	l.ip = ip;
	l.mask = ip ? FLEET_MASK : 0;
	return l;
}

static void start(void *arg, usec now, struct effects *fx)
{
	struct fleet *f = arg;

	server_start(f->server, now, fx);
}

static int open_all(struct fleet *f)
{
	int rc;

	f->is_opening = true;
	rc = open_site(f);
	if (!rc)
		rc = server_open(&f->server, &f->site, &f->memory,
				 f->config->seed + 1000003 * f->lives++);
	f->is_opening = false;
	return rc;
}

int fleet_open_server(struct fleet *f)
{
	struct link link = fleet_link(0, FLEET_SERVER);
	struct settings *set = &f->settings;
	uint32_t id;
	int rc;

	f->site.links[0] = link;
	f->site.n_links = 1;
	if (!set->n_subnets)
		subnet_of_link(&set->subnets[set->n_subnets++], &link,
			       set->lease);
	rc = open_all(f);
	if (!rc)
		rc = lan_add(f->lan, &link, server_engine(f->server), &id);
	if (!rc)
		lan_switch_on(f->lan, id, 0, start, f);
	return rc;
}

void fleet_close_server(struct fleet *f)
{
	server_close(f->server, &f->memory);
	directory_close(f->site.directory);
	leases_close(f->site.leases, &f->memory);
	images_close(f->site.images);
	askers_close(f->site.askers, &f->memory);
	f->server = NULL;
	f->site.directory = NULL;
	f->site.leases = NULL;
	f->site.images = NULL;
	memset(f->image_ids, 0, sizeof(f->image_ids));
	f->site.askers = NULL;
}

static void come_back(void *arg, usec now)
{
	struct fleet *f = arg;

	f->troubles--;
	fleet_settled(f);
	if (f->server) /* it crashed twice, and is back already */
		return;
	if (open_all(f)) {
		fleet_broken(f, "the server could not be opened again");
		return;
	}
	lan_replace(f->lan, 0, server_engine(f->server));
	lan_switch_on(f->lan, 0, now, start, f);
}

void fleet_crash(void *arg, usec now)
{
	struct fleet *f = arg;

	lan_kill(f->lan, 0);
	fleet_close_server(f);
	/* It stays among the troubles until it is back. */
	lan_at(f->lan, now + f->config->trouble.down, come_back, f);
}
