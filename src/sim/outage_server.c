/*
 * The configuration server of an outage: the real engine, with a directory that
 * knows every machine and nothing in it that waits for a disk.
 */
#include "sim/outage_impl.h"

#include "base/text.h"

struct link outage_link(uint32_t node, uint32_t ip)
{
	struct link l = {
		.index = 1, .mtu = 1500, .is_up = true, .name = "lan0"};
	/* NeXT's. */
	uint8_t mac[6] = {0x00, 0x00, 0x0f, 0};

	mac[3] = (uint8_t)(node >> 16);
	mac[4] = (uint8_t)(node >> 8);
	mac[5] = (uint8_t)node;
	l.hw = hwaddr_ethernet(mac);
	l.ip = ip;
	l.mask = ip ? OUTAGE_MASKED : 0;
	return l;
}

/* n00042 */
void outage_name(uint32_t node, char name[OUTAGE_NAME_ROOM])
{
	enum { DIGITS = 5 };

	name[0] = 'n';
	for (unsigned i = DIGITS; i; i--) {
		name[i] = (char)('0' + node % 10);
		node /= 10;
	}
	name[1 + DIGITS] = '\0';
}

static void add_text(struct plist_out *o, const char *name, const char *value)
{
	plist_add(o, name);
	plist_add_value(o, value);
}

static int add_entry(struct outage *o, uint32_t node)
{
	char name[OUTAGE_NAME_ROOM], ip[16], hw[18];
	struct text t = text_over(ip, sizeof(ip));
	struct link link = outage_link(node, 0);
	uint8_t room[128];
	struct plist_out out = plist_begin(room, sizeof(room));
	struct change c = {.kind = CHANGE_ENTRY_PUT,
			   .domain = DOMAIN_FIRST,
			   .parent = ENTRY_MACHINES,
			   .id = directory_next_id(o->site.directory),
			   .instance = 1};

	outage_name(node, name);
	text_ip(&t, outage_ip(node));
	t = text_over(hw, sizeof(hw));
	text_hwaddr_short(&t, &link.hw);
	add_text(&out, "name", name);
	add_text(&out, "en_address", hw);
	add_text(&out, "ip_address", ip);
	plist_add(&out, "bootparams");
	(void)plist_end(&out, &c.props);
	return directory_apply(o->site.directory, &c);
}

static void settings_of(struct outage *o, const struct link *link)
{
	struct settings *s = &o->settings;

	settings_default(s);
	text_copy(s->name, sizeof(s->name), "server", 6);
	s->bootparam.serve = true;
	subnet_of_link(&s->subnets[s->n_subnets++], link, s->lease);
	s->subnets[0].is_guessed = false; /* the mask is explicit */
}

static int open_site(struct outage *o, const struct link *link)
{
	const struct outage_config *c = o->config;
	struct site *s = &o->site;
	int rc;

	settings_of(o, link);
	s->settings = &o->settings;
	s->domain = DOMAIN_FIRST;
	s->links[0] = *link;
	s->n_links = 1;
	rc = directory_open(&s->directory, &lan_memory, c->machines, c->seed);
	if (!rc)
		rc = leases_open(&s->leases, &o->memory, c->machines, c->seed);
	if (!rc)
		rc = images_open(&s->images, &lan_memory, o->settings.slam.port,
				 o->settings.slam.ports, c->seed);
	if (!rc)
		rc = askers_open(&s->askers, &o->memory, c->machines, c->seed);
	for (uint32_t i = 0; !rc && i < c->machines; i++)
		rc = add_entry(o, i + 1);
	return rc;
}

static void start(void *arg, usec now, struct effects *fx)
{
	struct outage *o = arg;

	server_start(o->server, now, fx);
}

int outage_open_server(struct outage *o)
{
	struct link link = outage_link(0, OUTAGE_SERVER);
	uint32_t id;
	int rc = open_site(o, &link);

	if (!rc)
		rc = server_open(&o->server, &o->site, &o->memory,
				 o->config->seed);
	if (!rc)
		rc = lan_add(o->lan, &link, server_engine(o->server), &id);
	if (rc)
		return rc;
	lan_set_reader(o->lan, id, &o->config->reader);
	lan_switch_on(o->lan, id, 0, start, o);
	return 0;
}

void outage_close_server(struct outage *o)
{
	server_close(o->server, &o->memory);
	directory_close(o->site.directory);
	leases_close(o->site.leases, &o->memory);
	images_close(o->site.images);
	askers_close(o->site.askers, &o->memory);
}
