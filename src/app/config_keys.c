/*
 * All keys, in one table that files and -o go by, and the one that a person
 * may have meant by something that is none.
 */
#include "app/config_inside.h"

#include <string.h>

static const char *const unknowns[] = {"ignore", "pending", "serve", NULL};
static const char *const stores[] = {"sqlite", "memory", "etcd", NULL};
static const char *const modes[] = {"full", "proxy", "off", NULL};
/* In the order of enum transport. */
static const char *const vias[] = {"default", "tftp",  "slam",  "http",
				   "tftm",    "mtftp", "train", NULL};
static const char *const guesses[] = {"guess", "yes", "no", NULL};
static const char *const formats[] = {"text", "json", NULL};
static const char *const rarps[] = {"no", "yes", "boot-file", NULL};
static const char *const levels[] = {"error", "warn", "info", "debug", NULL};

#define PLACE(type, field)                                                     \
	.at = offsetof(type, field), .size = sizeof(((type *)0)->field),       \
	.slots = 1
#define SLOTS(type, field)                                                     \
	.at = offsetof(type, field), .size = sizeof(((type *)0)->field[0]),    \
	.slots = sizeof(((type *)0)->field) / sizeof(((type *)0)->field[0])
#define OWN(field) PLACE(struct config, field)
#define SET(field) PLACE(struct config, settings.field)
/* A reader that knows its fields by itself. */
#define ALL_SETTINGS  .at = offsetof(struct config, settings), .slots = 1
#define SUBNET(field) PLACE(struct subnet, field)

enum { DAY = 86400, MIB = 1 << 20 };

/* clang-format off */
static const struct key keys[] = {
	{"", "root", read_path, OWN(root), .min = 1},
	{"", "state", read_path, OWN(state)},
	{"", "history", read_number, OWN(history), .max = 100000000},
	{"", "store", read_word, OWN(store), .words = stores},
	{"", "etcd-endpoints", read_endpoint,
	 SLOTS(struct config, etcd.endpoints)},
	{"", "etcd-prefix", read_prefix, OWN(etcd.prefix)},
	{"", "etcd-ca", read_path, OWN(etcd.ca)},
	{"", "etcd-certificate", read_path, OWN(etcd.cert)},
	{"", "etcd-key", read_path, OWN(etcd.key)},
	{"", "etcd-user", read_text, OWN(etcd.user)},
	{"", "etcd-password-file", read_path, OWN(etcd.password_file)},
	{"", "etcd-txn-ops", read_number, OWN(etcd.txn_ops), .min = 8,
	 .max = 65535},
	{"", "etcd-wait", read_wait, OWN(etcd.wait), .min = 50, .max = 60000},
	{"", "etcd-server", read_text, OWN(etcd.server), .min = 1},
	{"", "run", read_path, OWN(run), .min = 1},
	{"", "user", read_user, OWN(user)},
	{"", "name", read_text, SET(name)},
	{"", "directory-domain", read_domain, SET(directory)},
	{"", "interfaces", read_link, SLOTS(struct config, links)},
	{"", "unknown", read_word, SET(unknown), .words = unknowns},
	{"", "unknown-share", read_number, SET(unknown_share), .max = 100},
	{"", "dhcp", read_word, SET(dhcp), .words = modes},
	{"", "authoritative", read_bool, SET(authoritative)},
	{"", "conflict-probe", read_bool, SET(conflict_probe)},
	{"", "netmask-authority", read_bool, SET(netmask_authority)},
	{"", "hostconfig", read_path, OWN(hostconfig)},
	{"", "rarp", read_word, SET(rarp), .words = rarps},
	{"", "lease-time", read_time, SET(lease), .min = 60, .max = 365 * DAY},
	{"", "host-names", read_host_names, SET(host_names)},
	{"", "boot-file", read_text, SET(boot_file)},
	{"", "kernel", read_text, SET(kernel)},
	{"", "initrd", read_text, SLOTS(struct config, settings.initrd),
	 .min = 1},
	{"", "arguments", read_text, SET(arguments)},
	{"", "transport", read_word, SET(transport), .words = vias},
	{"", "flood-safe", read_bool, SET(flood_safe)},
	{"", "http-base", read_url, SET(http_base)},
	{"", "log-format", read_word, OWN(log_format), .words = formats},
	{"", "log-level", read_word, OWN(log_level), .words = levels},
	{"", "cache", read_size, OWN(cache), .min = MIB, .max = UINT64_C(1) << 40},

	{"subnet", "range", read_range, .slots = 1},
	{"subnet", "exclude", read_exclude, SLOTS(struct subnet, excludes)},
	{"subnet", "router", read_router, .slots = 1},
	{"subnet", "dns", read_ip, SLOTS(struct subnet, dns)},
	{"subnet", "domain", read_text, SUBNET(domain)},
	{"subnet", "directory-domain", read_domain, SUBNET(directory)},
	{"subnet", "next-server", read_ip, SUBNET(next_server)},
	{"subnet", "lease-time", read_time, SUBNET(lease), .min = 60,
	 .max = 365 * DAY},

	{"tftp", "sessions", read_number, SET(tftp.sessions), .min = 1,
	 .max = 65536},
	{"tftp", "half-open", read_number, SET(tftp.half_open), .min = 1,
	 .max = 65536},
	{"tftp", "per-source", read_number, SET(tftp.per_source), .min = 1,
	 .max = 65536},
	{"tftp", "blksize-max", read_number, SET(tftp.blksize_max), .min = 512,
	 .max = 65464},
	{"tftp", "windowsize-max", read_number, SET(tftp.windowsize_max),
	 .min = 1, .max = 65535},
	{"tftp", "single-port", read_bool, SET(tftp.single_port)},

	{"igmp", "querier", read_bool, SET(igmp.querier)},
	{"igmp", "version", read_number, SET(igmp.version), .min = 2, .max = 3},
	{"igmp", "robustness", read_number, SET(igmp.robustness), .min = 2,
	 .max = 7},
	{"igmp", "interval", read_number, SET(igmp.interval), .min = 2,
	 .max = 31744},
	{"igmp", "snooping", read_word, SET(igmp.snooping), .words = guesses},

	{"bootparam", "serve", read_bool, SET(bootparam.serve)},
	{"bootparam", "port", read_number, SET(bootparam.port), .min = 1,
	 .max = 65535},
	{"bootparam", "domain", read_text, SET(bootparam.domain)},
	{"bootparam", "trusted", read_net,
	 SLOTS(struct config, settings.bootparam.trusted)},
	{"bootparam", "file", read_path, OWN(bootparams)},
	{"bootparam", "hosts", read_path, OWN(hosts)},
	{"", "lookup", read_path, OWN(lookup)},

	{"netinfo", "serve", read_bool, SET(netinfo.serve)},
	{"netinfo", "writes", read_bool, SET(netinfo.writes)},
	{"netinfo", "port", read_number, SET(netinfo.port), .min = 1,
	 .max = 65535 - 32},
	{"netinfo", "follow", read_bool, SET(netinfo.follow)},
	{"netinfo", "interval", read_number, SET(netinfo.interval), .min = 5,
	 .max = 86400},

	{"slam", "group", read_group, SET(slam.group)},
	{"slam", "port", read_number, SET(slam.port), .min = 1, .max = 65535},
	{"slam", "ports", read_number, SET(slam.ports), .min = 0, .max = 65534},
	{"slam", "ttl", read_number, SET(slam.ttl), .min = 1, .max = 255},
	{"slam", "interface", read_link, OWN(slam_link)},
	{"slam", "hold", read_number, SET(slam.hold), .min = 0, .max = 60000},
	{"slam", "rate", read_rate, SET(slam.rate), .min = 1000,
	 .max = UINT64_C(12500000000)},
	{"slam", "trains", read_number, SET(slam.trains), .min = 1,
	 .max = 65536},
	{"slam", "riders", read_number, SET(slam.riders), .min = 1,
	 .max = 1000000},

	{"tftm", "groups", read_groups, ALL_SETTINGS},
	{"tftm", "ports", read_ports, ALL_SETTINGS},
	{"tftm", "listen", read_number, SET(tftm.also), .min = 0, .max = 65535},
	{"tftm", "ttl", read_number, SET(tftm.ttl), .min = 1, .max = 255},
	{"tftm", "hold", read_number, SET(tftm.hold), .min = 0, .max = 60000},
	{"tftm", "rate", read_rate, SET(tftm.rate), .min = 1000,
	 .max = UINT64_C(12500000000)},
	{"tftm", "trains", read_number, SET(tftm.trains), .min = 1,
	 .max = 65535},
	{"tftm", "riders", read_number, SET(tftm.riders), .min = 1,
	 .max = 1000000},

	{"train", "group", read_group, SET(train.group)},
	{"train", "port", read_number, SET(train.port), .min = 1, .max = 65535},
	{"train", "data-port", read_number, SET(train.data_port), .min = 1,
	 .max = 65000},
	{"train", "block", read_number, SET(train.block), .min = 64,
	 .max = 4096},
	{"train", "ttl", read_number, SET(train.ttl), .min = 1, .max = 255},
	{"train", "hold", read_number, SET(train.hold), .min = 0, .max = 60000},
	{"train", "wait-for", read_number, SET(train.wait_for), .min = 0,
	 .max = 1000000},
	{"train", "rate", read_rate, SET(train.rate), .min = 1000,
	 .max = UINT64_C(12500000000)},
	{"train", "trains", read_number, SET(train.trains), .min = 1,
	 .max = SETTINGS_TRAINS},
	{"train", "riders", read_number, SET(train.riders), .min = 1,
	 .max = 1000000},
	{"train", "share", read_word, SET(train.share), .words = guesses},
	{"mtftp", "port", read_number, SET(mtftp.port), .min = 1, .max = 65535},
	{"mtftp", "own-port", read_number, SET(mtftp.own_port), .min = 1,
	 .max = 65535},
	{"mtftp", "own-client-port", read_number, SET(mtftp.own_client_port),
	 .min = 1, .max = 65535},
	{"mtftp", "groups-from", read_group, SET(mtftp.groups_from)},
	{"mtftp", "groups", read_number, SET(mtftp.groups), .min = 1,
	 .max = 65535},
	{"mtftp", "ttl", read_number, SET(mtftp.ttl), .min = 1, .max = 255},
	{"mtftp", "listen", read_number, SET(mtftp.listen), .min = 1,
	 .max = 255},
	{"mtftp", "timeout", read_number, SET(mtftp.timeout), .min = 1,
	 .max = 255},
	{"mtftp", "hold", read_number, SET(mtftp.hold), .min = 0, .max = 3000},
	{"mtftp", "gap", read_number, SET(mtftp.gap), .min = 0, .max = 100000},
	{"mtftp", "lines", read_number, SET(mtftp.lines), .min = 1,
	 .max = 65535},
	{"mtftp", "callers", read_number, SET(mtftp.callers), .min = 1,
	 .max = 1000000},

	{"loader", "file", read_text, PLACE(struct loader, file), .min = 1},
};
/* clang-format on */

enum { KEYS = sizeof keys / sizeof keys[0] };

static const char *const sections[] = {
	"subnet", "tftp",  "igmp",  "bootparam", "netinfo", "slam",
	"tftm",   "mtftp", "train", "loader",    "include"};

const struct key *key_number(size_t i)
{
	return i < KEYS ? &keys[i] : NULL;
}

const struct key *key_named(const char *section, const char *name)
{
	for (size_t i = 0; i < KEYS; i++)
		if (!strcmp(keys[i].section, section) &&
		    !strcmp(keys[i].name, name))
			return &keys[i];
	return NULL;
}

enum { WORD = 24 };

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* How many letters have to be typed, taken away or changed to make b of a. */
static unsigned distance(const char *a, const char *b)
{
	unsigned row[WORD + 1];
	size_t alen = strlen(a), blen = strlen(b);

	if (alen > WORD || blen > WORD)
		return WORD;
	for (unsigned j = 0; j <= blen; j++)
		row[j] = j;
	for (unsigned i = 0; i < alen; i++) {
		unsigned across = row[0];

		row[0] = i + 1;
		for (unsigned j = 0; j < blen; j++) {
			unsigned up = row[j + 1];
			unsigned change = text_lower(a[i]) != b[j];

			row[j + 1] =
				least(least(up, row[j]) + 1, across + change);
			across = up;
		}
	}
	return row[blen];
}

struct guess {
	const char *name;
	const char *section; /* of a key that stands elsewhere */
	unsigned distance;
};

static void guess(struct guess *g, const char *name, const char *candidate)
{
	unsigned d = distance(name, candidate);
	size_t len = strlen(name);

	/* The beginning of a name is as good as one slip. */
	if (len > 2 && !strncmp(name, candidate, len))
		d = 1;
	if (d < g->distance)
		*g = (struct guess){candidate, NULL, d};
}

static struct guess nearest(const char *section, const char *name)
{
	/* Half of the word may be wrong, and no more than three letters. */
	struct guess g = {.distance = least(4, (unsigned)strlen(name) / 2 + 1)};

	for (size_t i = 0; i < KEYS; i++)
		if (!strcmp(keys[i].section, section))
			guess(&g, name, keys[i].name);
	for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++)
		if (!*section)
			guess(&g, name, sections[i]);
	for (size_t i = 0; i < KEYS; i++)
		if (g.distance && !strcmp(keys[i].name, name))
			g = (struct guess){name, keys[i].section, 0};
	return g;
}

void key_missing(const char *section, const char *name, struct text *why)
{
	struct guess g = nearest(section, name);

	text_add(why, "no key \"");
	text_wire(why, name, strlen(name));
	text_add(why, "\"");
	if (*section) {
		text_add(why, " in ");
		text_add(why, section);
	}
	if (!g.name)
		return;
	if (!g.section) {
		text_add(why, "; did you mean \"");
		text_add(why, g.name);
		text_add(why, "\"?");
	} else if (*g.section) {
		text_add(why, "; it stands in ");
		text_add(why, g.section);
	} else {
		text_add(why, "; it stands outside all sections");
	}
}
