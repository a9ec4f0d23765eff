/*
 * musterd's configuration, from real files in a folder of the test's own: what
 * each key means, and the very line that each fault is answered with.
 */
#include "app/config_inside.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* The folder of a test; the configuration in it is muster.conf. */
struct desk {
	char dir[64];
	char path[128];
	struct config config;
	char why[CONFIG_WHY];
};

static char *path_of(struct desk *d, const char *name)
{
	snprintf(d->path, sizeof d->path, "%s/%s", d->dir, name);
	return d->path;
}

static void write_file(struct desk *d, const char *name, const char *text)
{
	FILE *f = fopen(path_of(d, name), "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
	assert_int_equal(fclose(f), 0);
}

static int open_desk(void **state)
{
	struct desk *d = calloc(1, sizeof *d);

	assert_non_null(d);
	strcpy(d->dir, "/tmp/muster-config-XXXXXX");
	assert_non_null(mkdtemp(d->dir));
	config_default(&d->config);
	*state = d;
	return 0;
}

static int close_desk(void **state)
{
	struct desk *d = *state;
	char command[128];

	snprintf(command, sizeof command, "rm -rf %s", d->dir);
	assert_int_equal(system(command), 0); /* NOLINT(cert-env33-c) */
	free(d);
	return 0;
}

static int load(struct desk *d)
{
	return config_load(&d->config, path_of(d, "muster.conf"), d->why,
			   sizeof d->why);
}

static void reads(struct desk *d, const char *text)
{
	write_file(d, "muster.conf", text);
	if (load(d))
		fail_msg("%s", d->why);
}

/* What is said of a file, without the name of the test's folder; and that
 * nothing has changed. */
static const char *fault(struct desk *d, const char *text)
{
	static struct config before;
	size_t len = strlen(d->dir) + 1;

	write_file(d, "muster.conf", text);
	before = d->config;
	memset(d->why, 0, sizeof d->why);
	assert_true(load(d) < 0);
	assert_memory_equal(&before, &d->config, sizeof before);
	return strncmp(d->why, d->dir, len - 1) == 0 ? d->why + len : d->why;
}

/* The same of one value. */
static const char *fault_of(struct desk *d, const char *assignment)
{
	static struct config before;

	before = d->config;
	assert_int_equal(
		config_set(&d->config, assignment, d->why, sizeof d->why),
		-EINVAL);
	assert_memory_equal(&before, &d->config, sizeof before);
	return d->why;
}

static void sets(struct desk *d, const char *assignment)
{
	if (config_set(&d->config, assignment, d->why, sizeof d->why))
		fail_msg("%s", d->why);
}

static void without_a_word_it_ignores_strangers(void **state)
{
	struct desk *d = *state;

	reads(d, "");
	assert_int_equal(d->config.settings.unknown, UNKNOWN_IGNORE);
	assert_string_equal(d->config.root, "/srv/tftp");
	assert_string_equal(d->config.state, "/var/lib/muster");
	assert_string_equal(d->config.run, "/run/muster");
	assert_int_equal(d->config.n_links, 0);
	assert_int_equal(d->config.settings.n_subnets, 0);
}

static void every_key_outside_sections_has_its_place(void **state)
{
	struct desk *d = *state;
	struct config *c = &d->config;
	struct settings *s = &c->settings;

	reads(d, "root = /srv/boot\n"
		 "state = ''\n"
		 "run = /run/other\n"
		 "user = root\n"
		 "name = depot\n"
		 "interfaces = {eth0, eth1}\n"
		 "unknown = serve\n"
		 "unknown-share = 75\n"
		 "dhcp = proxy\n"
		 "authoritative = yes\n"
		 "netmask-authority = no\n"
		 "rarp = boot-file\n"
		 "lease-time = 2h\n"
		 "host-names = pc-%a\n"
		 "boot-file = undionly.kpxe\n"
		 "kernel = linux\n"
		 "initrd = {a.img, b.img}\n"
		 "arguments = \"quiet ip=${net0/ip} a='b'\"\n"
		 "transport = slam\n"
		 "http-base = \"http://10.0.0.1\"\n"
		 "log-format = json\n"
		 "log-level = debug\n"
		 "cache = 2G\n");
	assert_string_equal(c->root, "/srv/boot");
	assert_string_equal(c->state, "");
	assert_string_equal(c->run, "/run/other");
	assert_string_equal(c->user, "root");
	assert_string_equal(s->name, "depot");
	assert_int_equal(c->n_links, 2);
	assert_string_equal(c->links[0], "eth0");
	assert_string_equal(c->links[1], "eth1");
	assert_int_equal(s->unknown, UNKNOWN_SERVE);
	assert_int_equal(s->unknown_share, 75);
	assert_int_equal(s->dhcp, DHCP_PROXY);
	assert_true(s->authoritative);
	assert_false(s->netmask_authority);
	assert_int_equal(s->rarp, RARP_WITH_FILE);
	assert_int_equal(s->lease, 7200);
	assert_string_equal(s->host_names, "pc-%a");
	assert_string_equal(s->boot_file, "undionly.kpxe");
	assert_string_equal(s->kernel, "linux");
	assert_string_equal(s->initrd[0], "a.img");
	assert_string_equal(s->initrd[1], "b.img");
	assert_string_equal(s->initrd[2], "");
	assert_string_equal(s->arguments, "quiet ip=${net0/ip} a='b'");
	assert_int_equal(s->transport, VIA_SLAM);
	assert_string_equal(s->http_base, "http://10.0.0.1/");
	assert_int_equal(c->log_format, LOG_JSON);
	assert_int_equal(c->log_level, LEVEL_DEBUG);
	assert_int_equal(c->cache, UINT64_C(2) << 30);
}

static void every_key_of_a_section_has_its_place(void **state)
{
	struct desk *d = *state;
	struct settings *s = &d->config.settings;

	reads(d, "tftp {\n"
		 "	sessions = 100\n"
		 "	half-open = 20\n"
		 "	per-source = 3\n"
		 "	blksize-max = 8192\n"
		 "	windowsize-max = 16\n"
		 "	single-port = on\n"
		 "}\n"
		 "igmp {\n"
		 "	querier = on\n"
		 "	version = 3\n"
		 "	robustness = 4\n"
		 "	interval = 60\n"
		 "	snooping = no\n"
		 "}\n"
		 "slam {\n"
		 "	group = 239.1.2.3\n"
		 "	port = 20000\n"
		 "	ports = 50\n"
		 "	ttl = 4\n"
		 "	interface = br0\n"
		 "	rate = 800Mbit/s\n"
		 "	trains = 5\n"
		 "	riders = 300\n"
		 "}\n");
	assert_int_equal(s->tftp.sessions, 100);
	assert_int_equal(s->tftp.half_open, 20);
	assert_int_equal(s->tftp.per_source, 3);
	assert_int_equal(s->tftp.blksize_max, 8192);
	assert_int_equal(s->tftp.windowsize_max, 16);
	assert_true(s->tftp.single_port);
	assert_true(s->igmp.querier);
	assert_int_equal(s->igmp.version, 3);
	assert_int_equal(s->igmp.robustness, 4);
	assert_int_equal(s->igmp.interval, 60);
	assert_int_equal(s->igmp.snooping, SNOOPING_NO);
	assert_int_equal(s->slam.group, IP4(239, 1, 2, 3));
	assert_int_equal(s->slam.port, 20000);
	assert_int_equal(s->slam.ports, 50);
	assert_int_equal(s->slam.ttl, 4);
	assert_string_equal(d->config.slam_link, "br0");
	assert_int_equal(s->slam.rate, 100000000);
	assert_int_equal(s->slam.trains, 5);
	assert_int_equal(s->slam.riders, 300);
}

static void so_has_every_key_of_boot_parameters(void **state)
{
	struct desk *d = *state;
	struct settings *s = &d->config.settings;

	reads(d, "bootparam {\n"
		 "	serve = yes\n"
		 "	port = 716\n"
		 "	domain = muster.test\n"
		 "	trusted = {10.0.0.0/24, 10.1.0.0/255.255.0.0}\n"
		 "	file = /srv/bootparams\n"
		 "	hosts = \"\"\n"
		 "}\n");
	assert_true(s->bootparam.serve);
	assert_int_equal(s->bootparam.port, 716);
	assert_string_equal(s->bootparam.domain, "muster.test");
	assert_int_equal(s->bootparam.trusted[0].ip, IP4(10, 0, 0, 0));
	assert_int_equal(s->bootparam.trusted[0].mask, 0xffffff00);
	assert_int_equal(s->bootparam.trusted[1].mask, 0xffff0000);
	assert_int_equal(s->bootparam.trusted[2].mask, 0);
	assert_string_equal(d->config.bootparams, "/srv/bootparams");
	assert_string_equal(d->config.hosts, "");
}

static void so_has_every_key_of_multicast_tftp(void **state)
{
	struct desk *d = *state;
	struct settings *s = &d->config.settings;

	reads(d, "tftm {\n"
		 "	groups = 224.1.1.16-31\n"
		 "	ports = 2000-2003\n"
		 "	listen = 0\n"
		 "	ttl = 5\n"
		 "	hold = 0\n"
		 "	rate = 8Mbit/s\n"
		 "	trains = 6\n"
		 "	riders = 70\n"
		 "}\n");
	assert_int_equal(s->tftm.group, IP4(224, 1, 1, 16));
	assert_int_equal(s->tftm.groups, 16);
	assert_int_equal(s->tftm.port, 2000);
	assert_int_equal(s->tftm.ports, 4);
	assert_int_equal(s->tftm.also, 0);
	assert_int_equal(s->tftm.ttl, 5);
	assert_int_equal(s->tftm.hold, 0);
	assert_int_equal(s->tftm.rate, 1000000);
	assert_int_equal(s->tftm.trains, 6);
	assert_int_equal(s->tftm.riders, 70);
}

static void multicast_ranges_are_as_atftpd_spells_them(void **state)
{
	static const struct {
		const char *set, *why; /* NULL: it is right */
		unsigned groups, ports;
	} cases[] = {
		{"tftm.groups=224.1.1.0-255", NULL, 256, 1},
		{"tftm.groups=224.1.1.7", NULL, 1, 1},
		{"tftm.ports=1758", NULL, 1, 1},
		{"tftm.ports=65534-65535", NULL, 1, 2},
		{"tftm.groups=224.1.1.7-6", "ends before it begins", 1, 2},
		{"tftm.groups=224.1.1.7-256", "is no range", 1, 2},
		{"tftm.groups=10.1.1.0-255", "is no range", 1, 2},
		{"tftm.groups=224.1.1", "is no range", 1, 2},
		{"tftm.ports=0", "is no port", 1, 2},
		{"tftm.ports=7-65536", "is no port", 1, 2},
		{"tftm.ports=9-8", "ends before it begins", 1, 2},
	};
	struct desk *d = *state;

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char why[CONFIG_WHY] = "";

		(void)config_set(&d->config, cases[i].set, why, sizeof why);
		if (cases[i].why)
			assert_non_null(strstr(why, cases[i].why));
		else
			assert_string_equal(why, "");
		assert_int_equal(d->config.settings.tftm.groups,
				 cases[i].groups);
		assert_int_equal(d->config.settings.tftm.ports, cases[i].ports);
	}
}

static void a_domain_is_a_path_for_all_or_for_a_subnet(void **state)
{
	struct desk *d = *state;
	char why[CONFIG_WHY] = "";

	reads(d, "directory-domain = /boston\n"
		 "subnet 10.0.0.0/16 { directory-domain = /boston/lab }\n"
		 "subnet 10.1.0.0/16 { directory-domain = \"/\" }\n");
	assert_string_equal(d->config.settings.directory, "/boston");
	assert_string_equal(d->config.settings.subnets[0].directory,
			    "/boston/lab");
	assert_string_equal(d->config.settings.subnets[1].directory, "/");
	(void)config_set(&d->config, "directory-domain=boston", why,
			 sizeof why);
	assert_string_equal(why, "directory-domain: \"boston\" is no path of a "
				 "domain, such as /boston/lab");
}

static void a_subnet_has_all_that_goes_with_an_address(void **state)
{
	struct desk *d = *state;
	struct settings *s = &d->config.settings;

	reads(d, "subnet 10.0.0.0/16 {\n"
		 "	range = \"10.0.1.0 - 10.0.9.255\"\n"
		 "	router = 10.0.0.1\n"
		 "	dns = {10.0.0.2, 192.0.2.53}\n"
		 "	domain = example.org\n"
		 "	next-server = 10.0.0.3\n"
		 "	lease-time = 30m\n"
		 "}\n"
		 "subnet 10.1.0.0/255.255.0.0 { dns = 10.0.0.2 }\n");
	assert_int_equal(s->n_subnets, 2);
	assert_int_equal(s->subnets[0].network, IP4(10, 0, 0, 0));
	assert_int_equal(s->subnets[0].mask, 0xffff0000);
	assert_int_equal(s->subnets[0].first, IP4(10, 0, 1, 0));
	assert_int_equal(s->subnets[0].last, IP4(10, 0, 9, 255));
	assert_int_equal(s->subnets[0].router, IP4(10, 0, 0, 1));
	assert_int_equal(s->subnets[0].dns[0], IP4(10, 0, 0, 2));
	assert_int_equal(s->subnets[0].dns[1], IP4(192, 0, 2, 53));
	assert_int_equal(s->subnets[0].dns[2], 0);
	assert_string_equal(s->subnets[0].domain, "example.org");
	assert_int_equal(s->subnets[0].next_server, IP4(10, 0, 0, 3));
	assert_int_equal(s->subnets[0].lease, 1800);
	assert_int_equal(s->subnets[1].network, IP4(10, 1, 0, 0));
	assert_int_equal(s->subnets[1].first, 0);
	assert_int_equal(s->subnets[1].dns[0], IP4(10, 0, 0, 2));
}

static void a_loader_goes_by_name_or_number(void **state)
{
	struct desk *d = *state;
	struct settings *s = &d->config.settings;

	reads(d, "loader bios { file = undionly.kpxe }\n"
		 "loader 11 { file = snp-arm64.efi }\n"
		 "loader x64-uefi { file = snponly.efi }\n"
		 "loader 0 { file = lpxelinux.0 }\n");
	assert_int_equal(s->n_loaders, 3);
	assert_int_equal(s->loaders[0].arch, 0);
	assert_string_equal(s->loaders[0].file, "lpxelinux.0");
	assert_int_equal(s->loaders[1].arch, 11);
	assert_string_equal(s->loaders[1].file, "snp-arm64.efi");
	assert_int_equal(s->loaders[2].arch, 7);
}

static void a_subnet_without_a_lease_time_follows_the_common_one(void **state)
{
	struct desk *d = *state;
	struct settings *s = &d->config.settings;

	reads(d, "subnet 10.0.0.0/16 { lease-time = 10m }\n"
		 "subnet 10.1.0.0/16 { domain = example.org }\n"
		 "lease-time = 1d\n");
	assert_int_equal(s->subnets[0].lease, 600);
	assert_int_equal(s->subnets[1].lease, 86400);
	sets(d, "lease-time=1w");
	assert_int_equal(s->lease, 604800);
	assert_int_equal(s->subnets[0].lease, 600);
	assert_int_equal(s->subnets[1].lease, 604800);
}

static void times_sizes_and_rates_have_units(void **state)
{
	static const struct {
		const char *set;
		uint64_t lease, cache, rate;
	} cases[] = {
		{.set = "lease-time=3600", .lease = 3600},
		{.set = "lease-time=90s", .lease = 90},
		{.set = "lease-time=30m", .lease = 1800},
		{.set = "lease-time=12 h", .lease = 43200},
		{.set = "lease-time=7d", .lease = 604800},
		{.set = "lease-time=2w", .lease = 1209600},
		{.set = "cache=1048576", .cache = 1 << 20},
		{.set = "cache=4096K", .cache = 4 << 20},
		{.set = "cache=64M", .cache = 64 << 20},
		{.set = "cache=64 MiB", .cache = 64 << 20},
		{.set = "cache=1024G", .cache = UINT64_C(1) << 40},
		{.set = "slam.rate=12500000", .rate = 12500000},
		{.set = "slam.rate=80000 kbit/s", .rate = 10000000},
		{.set = "slam.rate=100Mbit/s", .rate = 12500000},
		{.set = "slam.rate=10Gbit/s", .rate = 1250000000},
		{.set = "slam.rate=8000bit/s", .rate = 1000},
		{.set = "slam.rate=5MB/s", .rate = 5000000},
		{.set = "slam.rate=1GB/s", .rate = 1000000000},
		{.set = "slam.rate=7kB/s", .rate = 7000},
		{.set = "slam.rate=7000B/s", .rate = 7000},
	};
	struct desk *d = *state;

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		sets(d, cases[i].set);
		if (cases[i].lease)
			assert_int_equal(d->config.settings.lease,
					 cases[i].lease);
		if (cases[i].cache)
			assert_int_equal(d->config.cache, cases[i].cache);
		if (cases[i].rate)
			assert_int_equal(d->config.settings.slam.rate,
					 cases[i].rate);
	}
}

struct fault {
	const char *text, *why;
};

static const struct fault faults[] = {
	{"\n\nunknwon = serve\n",
	 "muster.conf:3: no key \"unknwon\"; did you mean \"unknown\"?"},
	{"subnets 10.0.0.0/8 { }\n",
	 "muster.conf:1: no key \"subnets\"; did you mean \"subnet\"?"},
	{"zebra = 1\n", "muster.conf:1: no key \"zebra\""},
	{"bootparam {\n trusted = 10.0.0.1/24\n}\n",
	 "muster.conf:2: trusted: \"10.0.0.1/24\" is no network such as "
	 "10.0.0.0/16"},
	{"tftp {\n blocksize = 512\n}\n",
	 "muster.conf:2: no key \"blocksize\" in tftp"},
	{"tftp {\n blksize = 512\n}\n", "muster.conf:2: no key \"blksize\" in "
					"tftp; did you mean \"blksize-max\"?"},
	{"tftp {\n session = 512\n}\n",
	 "muster.conf:2: no key \"session\" in tftp; did you mean "
	 "\"sessions\"?"},
	{"sessions = 512\n",
	 "muster.conf:1: no key \"sessions\"; it stands in tftp"},
	{"subnet 10.0.0.0/8 {\n kernel = linux\n}\n",
	 "muster.conf:2: no key \"kernel\" in subnet; it stands outside all "
	 "sections"},
	{"unknown = some\n",
	 "muster.conf:1: unknown: \"some\" is none of ignore, pending and "
	 "serve"},
	{"directory-domain = boston\n",
	 "muster.conf:1: directory-domain: \"boston\" is no path of a domain, "
	 "such as /boston/lab"},
	{"subnet 10.0.0.0/8 {\n directory-domian = /boston\n}\n",
	 "muster.conf:2: no key \"directory-domian\" in subnet; did you mean "
	 "\"directory-domain\"?"},
	{"unknown-share = 101\n",
	 "muster.conf:1: unknown-share: \"101\" is no number from 0 to 100"},
	{"authoritative = perhaps\n",
	 "muster.conf:1: authoritative: \"perhaps\" is neither yes nor no"},
	{"lease-time = 12x\n",
	 "muster.conf:1: lease-time: \"12x\" is no time from 1m to 365d; write "
	 "3600, 30m, 12h or 7d"},
	{"root = srv/tftp\n",
	 "muster.conf:1: root: \"srv/tftp\" has to begin with /"},
	{"root = ''\n", "muster.conf:1: root: must not be empty"},
	{"kernel = 'a\tb'\n",
	 "muster.conf:1: kernel: \"a\\x09b\" has characters that don't print"},
	{"user = no-such-user\n",
	 "muster.conf:1: user: \"no-such-user\" is no user of this machine"},
	{"interfaces = {eth0, an-interface-too-long}\n",
	 "muster.conf:1: interfaces: \"an-interface-too-long\" is no name of "
	 "an interface"},
	{"interfaces = {eth0,\n eth1,\n eth0}\n",
	 "muster.conf:3: interfaces: eth0 stands there twice"},
	{"initrd = {a, b, c, d, e}\n",
	 "muster.conf:1: initrd: takes no more than 4 values"},
	{"host-names = node\n",
	 "muster.conf:1: host-names: \"node\" needs %h or %a, or all machines "
	 "would be one"},
	{"host-names = node_%h\n",
	 "muster.conf:1: host-names: \"node_%h\" may have letters, digits, - . "
	 "%h and %a"},
	{"http-base = \"ftp://10.0.0.1/\"\n",
	 "muster.conf:1: http-base: \"ftp://10.0.0.1/\" is no address such as "
	 "\"http://10.0.0.1/\", with its quotes"},
	{"http-base = http://10.0.0.1/\n",
	 "muster.conf:1: http-base: \"http:\" is no address such as "
	 "\"http://10.0.0.1/\", with its quotes"},
	{"cache = 64T\n",
	 "muster.conf:1: cache: \"64T\" is no size from 1M to 1024G; write 64M "
	 "or 2G"},
	{"tftp {\n sessions = -1\n}\n",
	 "muster.conf:2: sessions: \"-1\" is no number from 1 to 65536"},
	{"slam {\n group = 10.0.0.1\n}\n",
	 "muster.conf:2: group: \"10.0.0.1\" is no multicast address, "
	 "224.0.0.0 to 239.255.255.255"},
	{"slam {\n rate = 5Mbit\n}\n",
	 "muster.conf:2: rate: \"5Mbit\" is no rate from 8kbit/s to 100Gbit/s; "
	 "write 800Mbit/s, or bytes a second"},
	{"slam {\n port = 65000\n ports = 536\n}\n",
	 "muster.conf:4: slam: port 65000 and 536 ports above it go beyond "
	 "65535"},
	{"\nsubnet 10.0.0.0/33 {\n}\n",
	 "muster.conf:2: subnet: \"10.0.0.0/33\" is no network such as "
	 "10.0.0.0/16"},
	{"\nsubnet 10.0.0.7/16 {\n\n router = 10.0.0.1\n}\n",
	 "muster.conf:2: subnet: \"10.0.0.7/16\" is an address in 10.0.0.0/16, "
	 "not a network"},
	{"subnet 10.0.0.0/8 { }\nsubnet 10.1.0.0/16 { }\n",
	 "muster.conf:2: subnet: 10.1.0.0/16 overlaps 10.0.0.0/8"},
	{"subnet 10.0.0.0/16 {\n range = 10.0.0.7\n}\n",
	 "muster.conf:2: range: \"10.0.0.7\" is no range such as \"10.0.1.0 - "
	 "10.0.9.255\""},
	{"subnet 10.0.0.0/16 {\n range = 10.0.2.0-10.0.1.0\n}\n",
	 "muster.conf:2: range: \"10.0.2.0-10.0.1.0\" ends before it begins"},
	{"subnet 10.0.0.0/16 {\n range = 10.0.2.0-10.1.1.0\n}\n",
	 "muster.conf:2: range: \"10.0.2.0-10.1.1.0\" is not inside "
	 "10.0.0.0/16"},
	{"subnet 10.0.0.0/16 {\n range = 10.0.0.0-10.0.1.0\n}\n",
	 "muster.conf:2: range: \"10.0.0.0-10.0.1.0\" is not inside "
	 "10.0.0.0/16"},
	{"subnet 10.0.0.0/16 {\n range = 10.0.0.1-10.0.255.255\n}\n",
	 "muster.conf:2: range: \"10.0.0.1-10.0.255.255\" is not inside "
	 "10.0.0.0/16"},
	{"subnet 10.0.0.0/16 {\n router = 10.1.0.1\n}\n",
	 "muster.conf:2: router: \"10.1.0.1\" is not inside 10.0.0.0/16"},
	{"subnet 10.0.0.0/16 {\n dns = 224.0.0.1\n}\n",
	 "muster.conf:2: dns: \"224.0.0.1\" is no address of a machine"},
	{"loader z80 { file = a }\n",
	 "muster.conf:1: loader: \"z80\" is no architecture: a number, or "
	 "bios, x86-uefi, x64-uefi, ebc-uefi, arm32-uefi, arm64-uefi, "
	 "x86-http, x64-http, ebc-http, arm32-http, arm64-http, bios-http or "
	 "rpi"},
	{"loader 65535 { file = a }\n",
	 "muster.conf:1: loader: \"65535\" is no architecture: "},
	{"include(absent.conf)\n", "muster.conf:1: include: "},
	{"include(a, b)\n", "muster.conf:1: include: takes one name of a file"},
	{"\nunknown serve\n",
	 "muster.conf:2: missing equal sign after option 'unknown'"},
	{"dhcp += off\n",
	 "muster.conf:1: attempt to append to non-list option 'dhcp'"},
	{"tftp = 3\n",
	 "muster.conf:1: missing opening brace for section 'tftp'"},
	{"subnet { }\n", "muster.conf:1: missing title for section 'subnet'"},
	{"unknown =\n", "muster.conf:2: premature end of file"},
	{"\ntftp {\n sessions = 1\n",
	 "muster.conf:2: there is no } for this {"},
	{"unknown = serve\n}\n", "muster.conf:2: there is no { for this }"},
	{"\nkernel = \"linux\n\n", "muster.conf:2: the string that begins here "
				   "has no end"},
	{"\nkernel = 'linux\n\n", "muster.conf:2: the string that begins here "
				  "has no end"},
	{"\n/* kernel\n\n",
	 "muster.conf:2: the comment that begins here has no end"},
	{"kernel = \"a\\999\"\n",
	 "muster.conf:1: no digit may follow a backslash"},
	{"arguments = ${HOME}\n",
	 "muster.conf:1: a $ has to stand between quotes"},
	{"{{{{{", "muster.conf:1: too many { inside each other"},
	{"\"(open)\" = 1\n", "muster.conf:1: no key \"(open)\""},
	{"\"tftp|sessions\" = 1\n", "muster.conf:1: no key \"sessions\"; it "
				    "stands in tftp"},
};

static void every_fault_is_one_line_with_its_place(void **state)
{
	struct desk *d = *state;

	for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
		const struct fault *f = &faults[i];
		const char *why = fault(d, f->text);

		if (f->why[strlen(f->why) - 1] == ' ')
			d->why[why - d->why + (long)strlen(f->why)] = 0;
		assert_string_equal(why, f->why);
	}
}

static void a_good_file_after_each_bad_one_is_read(void **state)
{
	struct desk *d = *state;

	for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
		fault(d, faults[i].text);
		config_default(&d->config);
		reads(d, "# fine\nkernel = \"linux\"\ntftp { sessions = 7 }\n");
		assert_string_equal(d->config.settings.kernel, "linux");
		assert_int_equal(d->config.settings.tftp.sessions, 7);
		config_default(&d->config);
	}
}

static void comments_of_any_form_keep_the_lines_right(void **state)
{
	struct desk *d = *state;

	assert_string_equal(fault(d, "# one\n"
				     "// two\n"
				     "/* three */\n"
				     "/* four\n"
				     "   five */ kernel /* here */ = linux\n"
				     "arguments = \"# /* // no comment\n"
				     " two lines\"\n"),
			    "muster.conf:7: arguments: \"# /* // no comment"
			    "\\x0a two lines\" has characters that don't "
			    "print");
	assert_string_equal(fault(d, "/* a */ /* b */\nzebra = 1"),
			    "muster.conf:2: no key \"zebra\"");
}

/* So many subnets, one a line. */
static const char *subnets(int n)
{
	static char text[80 << 10];
	size_t len = 0;

	for (int i = 0; i < n; i++)
		len += (size_t)snprintf(text + len, sizeof text - len,
					"subnet 10.%d.%d.0/24 { range = "
					"\"10.%d.%d.9 - 10.%d.%d.20\" }\n",
					i >> 8, i & 255, i >> 8, i & 255,
					i >> 8, i & 255);
	return text;
}

static void three_hundred_subnets_are_taken(void **state)
{
	struct desk *d = *state;
	const struct settings *s = &d->config.settings;
	const struct subnet *n;

	reads(d, subnets(300));
	assert_int_equal(s->n_subnets, 300);
	/* Each as all others: a change of one setting copies them all. */
	sets(d, "lease-time=600");
	assert_int_equal(s->n_subnets, 300);
	for (uint32_t i = 0; i < 300; i++) {
		n = settings_subnet(s, IP4(10, 0, 0, 77) + (i << 8));
		assert_ptr_equal(n, &s->subnets[i]);
		assert_int_equal(n->first, IP4(10, 0, 0, 9) + (i << 8));
		assert_int_equal(n->lease, 600);
	}
}

static void more_subnets_than_there_is_room_for_are_refused(void **state)
{
	struct desk *d = *state;

	assert_string_equal(
		fault(d, subnets(SETTINGS_SUBNETS + 1)),
		"muster.conf:1025: subnet: there are more than 1024");
	reads(d, subnets(SETTINGS_SUBNETS));
}

static void more_loaders_than_there_is_room_for_are_refused(void **state)
{
	struct desk *d = *state;
	char text[4096];
	size_t len = 0;

	for (int i = 0; i <= SETTINGS_LOADERS; i++)
		len += (size_t)snprintf(text + len, sizeof text - len,
					"loader %d { file = a }\n", i);
	assert_string_equal(fault(d, text),
			    "muster.conf:33: loader: there are more than 32");
}

static void a_named_file_that_is_missing_is_an_error(void **state)
{
	struct desk *d = *state;
	char expected[128];

	assert_int_equal(load(d), -ENOENT);
	snprintf(expected, sizeof expected,
		 "%s/muster.conf: No such file or directory", d->dir);
	assert_string_equal(d->why, expected);
}

static void what_is_no_file_of_text_is_refused(void **state)
{
	struct desk *d = *state;
	FILE *f;

	assert_int_equal(mkdir(path_of(d, "muster.conf"), 0700), 0);
	assert_int_equal(load(d), -EISDIR);
	assert_int_equal(rmdir(path_of(d, "muster.conf")), 0);

	write_file(d, "muster.conf", "");
	assert_int_equal(truncate(path_of(d, "muster.conf"), 2 << 20), 0);
	assert_int_equal(load(d), -EFBIG);

	f = fopen(path_of(d, "muster.conf"), "w");
	assert_non_null(f);
	assert_int_equal(fwrite("a\0b", 1, 3, f), 3);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(load(d), -EINVAL);
	assert_non_null(strstr(d->why, "muster.conf:1: this is no text"));
}

static void the_default_file_may_be_missing(void **state)
{
	struct desk *d = *state;

	if (!access("/etc/muster", F_OK))
		skip();
	assert_int_equal(config_load(&d->config, NULL, d->why, sizeof d->why),
			 0);
}

static void
an_included_file_is_looked_for_beside_the_one_that_wants_it(void **state)
{
	struct desk *d = *state;

	assert_int_equal(mkdir(path_of(d, "more"), 0700), 0);
	write_file(d, "more/a.conf", "include(b.conf)\nkernel = of-a\n");
	write_file(d, "more/b.conf", "kernel = of-b\nboot-file = of-b\n");
	write_file(d, "rates", "rate = 1000000\n");
	reads(d, "kernel = first\ninclude('more/a.conf')\n"
		 "slam {\n include(rates)\n ttl = 9\n}\n");
	assert_string_equal(d->config.settings.kernel, "of-a");
	assert_string_equal(d->config.settings.boot_file, "of-b");
	assert_int_equal(d->config.settings.slam.rate, 1000000);
	assert_int_equal(d->config.settings.slam.ttl, 9);
}

static void a_fault_in_an_included_file_has_its_name_and_line(void **state)
{
	struct desk *d = *state;

	write_file(d, "b.conf", "\n\nzebra = 1\n");
	assert_string_equal(fault(d, "kernel = a\ninclude(b.conf)\n"),
			    "b.conf:3: no key \"zebra\"");
	write_file(d, "b.conf", "kernel = a\n");
	assert_string_equal(fault(d, "include(b.conf)\nzebra = 1\n"),
			    "muster.conf:2: no key \"zebra\"");
}

static void a_missing_include_names_both_files(void **state)
{
	struct desk *d = *state;
	char expected[256];

	snprintf(expected, sizeof expected,
		 "muster.conf:2: include: %s/absent.conf: No such file or "
		 "directory",
		 d->dir);
	assert_string_equal(fault(d, "\ninclude(absent.conf)\n"), expected);
}

static void files_that_include_themselves_end(void **state)
{
	struct desk *d = *state;

	assert_string_equal(fault(d, "include(muster.conf)\n"),
			    "muster.conf:1: include: files include files too "
			    "deeply");
}

static void drop_ins_are_read_in_the_order_of_their_names(void **state)
{
	struct desk *d = *state;
	struct settings *s = &d->config.settings;

	assert_int_equal(mkdir(path_of(d, "conf.d"), 0700), 0);
	write_file(d, "conf.d/20-b.conf", "kernel = b\nboot-file = b\n");
	write_file(d, "conf.d/10-a.conf",
		   "kernel = a\narguments = a\n"
		   "interfaces += eth1\n");
	write_file(d, "conf.d/30-c.conf.old", "kernel = c\n");
	write_file(d, "conf.d/.40-d.conf", "transport = slam\n");
	write_file(d, "conf.d/50-net.conf",
		   "subnet 10.0.0.0/16 { router = 10.0.0.9 }\n");
	reads(d, "kernel = main\nname = main\ninterfaces = eth0\n"
		 "subnet 10.0.0.0/16 { router = 10.0.0.1 domain = a.org }\n");
	assert_string_equal(s->kernel, "b");
	assert_string_equal(s->boot_file, "b");
	assert_string_equal(s->arguments, "a");
	assert_string_equal(s->name, "main");
	assert_int_equal(s->transport, VIA_DEFAULT);
	assert_int_equal(d->config.n_links, 2);
	assert_int_equal(s->n_subnets, 1);
	assert_int_equal(s->subnets[0].router, IP4(10, 0, 0, 9));
	assert_string_equal(s->subnets[0].domain, "a.org");

	write_file(d, "conf.d/60-bad.conf", "\nzebra = 1\n");
	assert_string_equal(fault(d, ""),
			    "conf.d/60-bad.conf:2: no key \"zebra\"");
}

static void a_list_is_replaced_extended_or_emptied(void **state)
{
	struct desk *d = *state;
	struct config *c = &d->config;

	reads(d, "interfaces = {eth0, eth1}\ninterfaces = eth2\n");
	assert_int_equal(c->n_links, 1);
	assert_string_equal(c->links[0], "eth2");
	reads(d, "interfaces = eth0\ninterfaces += {eth1, eth2}\n");
	assert_int_equal(c->n_links, 3);
	assert_string_equal(c->links[2], "eth2");
	reads(d, "interfaces = {}\n"
		 "subnet 10.0.0.0/16 { dns = {10.0.0.1, 10.0.0.2} }\n"
		 "subnet 10.0.0.0/16 { dns = {} }\n");
	assert_int_equal(c->n_links, 0);
	assert_int_equal(c->settings.subnets[0].dns[0], 0);
	assert_int_equal(c->settings.subnets[0].dns[1], 0);
}

static void an_override_has_the_keys_of_the_file(void **state)
{
	struct desk *d = *state;
	struct config *c = &d->config;

	reads(d, "unknown = ignore\ninterfaces = eth9\n");
	sets(d, "unknown=serve");
	sets(d, "interfaces=eth0,eth1");
	sets(d, "arguments=console=ttyS0 quiet");
	sets(d, "tftp.sessions=12");
	sets(d, "slam.interface=br0");
	sets(d, "state=");
	assert_int_equal(c->settings.unknown, UNKNOWN_SERVE);
	assert_int_equal(c->n_links, 2);
	assert_string_equal(c->links[1], "eth1");
	assert_string_equal(c->settings.arguments, "console=ttyS0 quiet");
	assert_int_equal(c->settings.tftp.sessions, 12);
	assert_string_equal(c->slam_link, "br0");
	assert_string_equal(c->state, "");
	sets(d, "interfaces=");
	assert_int_equal(c->n_links, 0);
}

static void an_override_has_the_checks_of_the_file(void **state)
{
	static const struct fault cases[] = {
		{"unknown=some",
		 "unknown: \"some\" is none of ignore, pending and serve"},
		{"unknwon=serve",
		 "no key \"unknwon\"; did you mean \"unknown\"?"},
		{"slam.sessions=1",
		 "no key \"sessions\" in slam; it stands in tftp"},
		{"bus.sessions=1", "no key \"bus.sessions\""},
		{"unknown", "unknown: is no KEY=VALUE"},
		{"tftp=1", "tftp: is a section; -o takes SECTION.KEY=VALUE"},
		{"subnet=10.0.0.0/8", "subnet: can only stand in a file"},
		{"subnet.router=10.0.0.1",
		 "subnet.router: can only stand in a file"},
		{"include=a", "include: can only stand in a file"},
		{"interfaces=a,b,a", "interfaces: a stands there twice"},
		{"initrd=a,,b", "initrd: must not be empty"},
		{"slam.port=65000", "slam: port 65000 and 1000 ports above it "
				    "go beyond 65535"},
		{"bootparam.port=111",
		 "bootparam: port 111 is that of another service"},
	};
	struct desk *d = *state;

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_string_equal(fault_of(d, cases[i].text), cases[i].why);
}

static void numbers_are_taken_up_to_their_limits(void **state)
{
	static const char *const taken[] = {
		"tftp.blksize-max=512", "tftp.blksize-max=65464",
		"lease-time=60",        "lease-time=365d",
		"slam.rate=1000",       "slam.rate=100Gbit/s",
		"slam.port=64535",      "unknown-share=0",
	};
	static const char *const refused[] = {
		"tftp.blksize-max=511",
		"tftp.blksize-max=65465",
		"lease-time=59",
		"lease-time=366d",
		"slam.rate=999",
		"slam.rate=101Gbit/s",
		"slam.port=64536",
		"unknown-share=",
		/* Fine but for a multiple of 2^64. */
		"slam.rate=18446744074GB/s",
		"lease-time=30500568904944w",
	};
	struct desk *d = *state;

	for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++)
		sets(d, taken[i]);
	for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
		fault_of(d, refused[i]);
}

static void texts_are_taken_up_to_their_length(void **state)
{
	struct desk *d = *state;
	char set[256] = "kernel=";
	char http[256] = "http-base=http://";

	memset(set + strlen(set), 'k', SETTINGS_NAME - 1);
	sets(d, set);
	assert_int_equal(strlen(d->config.settings.kernel), 127);
	strcat(set, "k");
	assert_string_equal(fault_of(d, set),
			    "kernel: is longer than 127 bytes");

	/* With the slash that it gets. */
	memset(http + strlen(http), 'h', SETTINGS_NAME - 9);
	sets(d, http);
	assert_int_equal(strlen(d->config.settings.http_base), 127);
	strcat(http, "h");
	assert_string_equal(fault_of(d, http),
			    "http-base: is longer than 126 bytes");
}

static void a_range_may_be_one_address(void **state)
{
	struct desk *d = *state;

	reads(d, "subnet 10.0.0.0/16 { range = 10.0.0.9-10.0.0.9 }\n");
	assert_int_equal(d->config.settings.subnets[0].first, IP4(10, 0, 0, 9));
	assert_int_equal(d->config.settings.subnets[0].last, IP4(10, 0, 0, 9));
}

static void a_reason_without_room_writes_nothing_past_it(void **state)
{
	struct desk *d = *state;
	char small[8] = "1234567";

	assert_int_equal(config_set(&d->config, "zebra=1", small, 0), -EINVAL);
	assert_string_equal(small, "1234567");
	assert_int_equal(config_set(&d->config, "unknown=1", small, 4),
			 -EINVAL);
	assert_string_equal(small + 4, "567");
	assert_true(strlen(small) < 4);
}

/* Tests run at the top of the tree. */
static void the_file_that_is_installed_changes_nothing(void **state)
{
	struct desk *d = *state;
	struct config before = d->config;

	if (config_load(&d->config, "packaging/muster.conf", d->why,
			sizeof d->why))
		fail_msg("%s", d->why);
	assert_memory_equal(&before, &d->config, sizeof before);
}

static char *slurp(const char *path)
{
	FILE *f = fopen(path, "r");
	char *text = calloc(1, 64 << 10);
	size_t len;

	assert_non_null(f);
	assert_non_null(text);
	len = fread(text, 1, (64 << 10) - 1, f);
	assert_true(len > 0 && !ferror(f));
	assert_int_equal(fclose(f), 0);
	return text;
}

/* Settings begin right behind their #, and not with a space. */
static void uncomment(char *text)
{
	char *to = text;

	for (char *p = text; *p; p++)
		if (*p != '#' || p[1] == ' ' || p[1] == '\n')
			*to++ = *p;
	*to = 0;
}

static void the_file_that_is_installed_shows_the_defaults(void **state)
{
	struct desk *d = *state;
	struct config before;
	struct settings *s = &d->config.settings;
	char *text = slurp("packaging/muster.conf");
	char *user = strstr(text, "#user = muster\n");

	/* Not every machine has that user. */
	assert_non_null(user);
	memset(user, ' ', strlen("#user = muster"));
	strcpy(d->config.user, "");
	before = d->config;
	uncomment(text);
	reads(d, text);
	free(text);

	assert_int_equal(s->n_subnets, 1);
	assert_int_equal(s->n_loaders, 2);
	memset(s->subnets, 0, sizeof s->subnets);
	memset(s->loaders, 0, sizeof s->loaders);
	memset(d->config.has_lease, 0, sizeof d->config.has_lease);
	s->n_subnets = s->n_loaders = 0;
	assert_memory_equal(&before, &d->config, sizeof before);
}

static void every_key_is_in_the_manual_and_in_the_installed_file(void **state)
{
	char *page = slurp("docs/man/muster.conf.5");
	char *conf = slurp("packaging/muster.conf");
	const struct key *k;
	char words[64];

	(void)state;
	for (size_t i = 0; (k = key_number(i)); i++) {
		snprintf(words, sizeof words, "\n.It Cm %s No =", k->name);
		if (!strstr(page, words))
			fail_msg("the manual lacks %s", k->name);
		snprintf(words, sizeof words, "%s = ", k->name);
		/* The only key whose default has no spelling. */
		if (!strstr(conf, words) && strcmp(k->name, "interface") != 0)
			fail_msg("the installed file lacks %s", k->name);
	}
	free(page);
	free(conf);
}

/* ---- a store that several servers share ---------------------------------- */

static void a_store_is_a_file_unless_it_is_said(void **state)
{
	struct desk *d = *state;
	const struct etcd_config *e = &d->config.etcd;
	char host[64] = "";

	assert_int_equal(gethostname(host, sizeof host - 1), 0);
	reads(d, "");
	assert_int_equal(d->config.store, STORE_IN_SQLITE);
	assert_string_equal(e->prefix, "/muster/");
	assert_string_equal(e->server, host);
	assert_int_equal(e->wait, MILLISECONDS(500));
	assert_int_equal(e->txn_ops, 128);
	assert_int_equal(config_check(&d->config, d->why, sizeof d->why), 0);
	sets(d, "store=memory");
	assert_int_equal(d->config.store, STORE_IN_MEMORY);
}

static void every_key_of_etcd_has_its_place(void **state)
{
	struct desk *d = *state;
	const struct etcd_config *e = &d->config.etcd;

	reads(d, "store = etcd\n"
		 "etcd-endpoints = {\"https://10.0.0.1:2379\","
		 " \"https://[fd00::2]:2379\"}\n"
		 "etcd-prefix = /here/\n"
		 "etcd-ca = /etc/ca.pem\n"
		 "etcd-certificate = /etc/own.pem\n"
		 "etcd-key = /etc/own.key\n"
		 "etcd-user = muster\n"
		 "etcd-password-file = /etc/word\n"
		 "etcd-txn-ops = 64\n"
		 "etcd-wait = 2000\n"
		 "etcd-server = depot\n");
	assert_int_equal(d->config.store, STORE_IN_ETCD);
	assert_string_equal(e->endpoints[0], "https://10.0.0.1:2379");
	assert_string_equal(e->endpoints[1], "https://[fd00::2]:2379");
	assert_string_equal(e->endpoints[2], "");
	assert_string_equal(e->prefix, "/here/");
	assert_string_equal(e->ca, "/etc/ca.pem");
	assert_string_equal(e->cert, "/etc/own.pem");
	assert_string_equal(e->key, "/etc/own.key");
	assert_string_equal(e->user, "muster");
	assert_string_equal(e->password_file, "/etc/word");
	assert_int_equal(e->txn_ops, 64);
	assert_int_equal(e->wait, SECONDS(2));
	assert_string_equal(e->server, "depot");
	sets(d, "etcd-endpoints=http://a:1,http://b:2,http://c:3");
	assert_string_equal(e->endpoints[2], "http://c:3");
}

static void faults_of_etcd_are_named(void **state)
{
	struct desk *d = *state;

	assert_string_equal(fault_of(d, "store=mysql"),
			    "store: \"mysql\" is none of sqlite, memory and "
			    "etcd");
	assert_string_equal(fault_of(d, "etcd-endpoints=10.0.0.1:2379"),
			    "etcd-endpoints: \"10.0.0.1:2379\" is no address "
			    "such as \"https://10.0.0.1:2379\", with its "
			    "quotes");
	assert_string_equal(fault_of(d, "etcd-endpoints=http://a:1/v3"),
			    "etcd-endpoints: \"http://a:1/v3\" is no address "
			    "such as \"https://10.0.0.1:2379\", with its "
			    "quotes");
	assert_string_equal(
		fault_of(d, "etcd-endpoints=http://a,http://b,http://a"),
		"etcd-endpoints: http://a stands there twice");
	assert_string_equal(fault_of(d, "etcd-prefix=/muster"),
			    "etcd-prefix: \"/muster\" has to end with /");
	assert_string_equal(fault_of(d, "etcd-prefix=/m\xc3\xbc/"),
			    "etcd-prefix: \"/m\\xc3\\xbc/\" has other letters "
			    "than ASCII's");
	assert_string_equal(fault_of(d, "etcd-ca=ca.pem"),
			    "etcd-ca: \"ca.pem\" has to begin with /");
	assert_string_equal(fault_of(d, "etcd-txn-ops=4"),
			    "etcd-txn-ops: \"4\" is no number from 8 to 65535");
	assert_string_equal(fault_of(d, "etcd-wait=5s"),
			    "etcd-wait: \"5s\" is no number from 50 to 60000");
	assert_string_equal(fault_of(d, "etcd-server="),
			    "etcd-server: must not be empty");
}

/* What is missing or cannot be read, in the order in which it is mended. */
static void what_etcd_needs_is_named(void **state)
{
	struct desk *d = *state;
	char word[160], set[200];
	static const struct {
		const char *set, *why;
	} steps[] = {
		{"store=etcd", "store: etcd needs etcd-endpoints, too"},
		{"etcd-endpoints=https://a:2379", ""},
		{"etcd-certificate=/dev/null",
		 "etcd-certificate: needs its etcd-key, too"},
		{"etcd-key=/none/key",
		 "etcd-key: /none/key: No such file or directory"},
		{"etcd-certificate=",
		 "etcd-key: needs its etcd-certificate, too"},
		{"etcd-key=", ""},
		{"etcd-user=muster",
		 "etcd-user: needs an etcd-password-file, too"},
		{"etcd-password-file=/none/word",
		 "etcd-password-file: /none/word: No such file or directory"},
		{"etcd-user=", "etcd-password-file: needs an etcd-user, too"},
		{"etcd-user=muster", "etcd-password-file: /none/word: No such "
				     "file or directory"},
		{"etcd-ca=/none/ca",
		 "etcd-ca: /none/ca: No such file or directory"},
	};

	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
		int rc;

		d->why[0] = 0;
		sets(d, steps[i].set);
		rc = config_check(&d->config, d->why, sizeof d->why);
		assert_string_equal(d->why, steps[i].why);
		assert_int_equal(rc, steps[i].why[0] ? -EINVAL : 0);
	}
	write_file(d, "word", "secret\n");
	snprintf(word, sizeof word, "%s", path_of(d, "word"));
	snprintf(set, sizeof set, "etcd-password-file=%s", word);
	sets(d, set);
	sets(d, "etcd-ca=");
	assert_int_equal(config_check(&d->config, d->why, sizeof d->why), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_desk, close_desk)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(without_a_word_it_ignores_strangers),
		TEST(every_key_outside_sections_has_its_place),
		TEST(every_key_of_a_section_has_its_place),
		TEST(so_has_every_key_of_boot_parameters),
		TEST(so_has_every_key_of_multicast_tftp),
		TEST(multicast_ranges_are_as_atftpd_spells_them),
		TEST(a_domain_is_a_path_for_all_or_for_a_subnet),
		TEST(a_subnet_has_all_that_goes_with_an_address),
		TEST(a_loader_goes_by_name_or_number),
		TEST(a_subnet_without_a_lease_time_follows_the_common_one),
		TEST(times_sizes_and_rates_have_units),
		TEST(every_fault_is_one_line_with_its_place),
		TEST(a_good_file_after_each_bad_one_is_read),
		TEST(comments_of_any_form_keep_the_lines_right),
		TEST(three_hundred_subnets_are_taken),
		TEST(more_subnets_than_there_is_room_for_are_refused),
		TEST(more_loaders_than_there_is_room_for_are_refused),
		TEST(a_named_file_that_is_missing_is_an_error),
		TEST(what_is_no_file_of_text_is_refused),
		TEST(the_default_file_may_be_missing),
		TEST(an_included_file_is_looked_for_beside_the_one_that_wants_it),
		TEST(a_fault_in_an_included_file_has_its_name_and_line),
		TEST(a_missing_include_names_both_files),
		TEST(files_that_include_themselves_end),
		TEST(drop_ins_are_read_in_the_order_of_their_names),
		TEST(a_list_is_replaced_extended_or_emptied),
		TEST(an_override_has_the_keys_of_the_file),
		TEST(an_override_has_the_checks_of_the_file),
		TEST(numbers_are_taken_up_to_their_limits),
		TEST(texts_are_taken_up_to_their_length),
		TEST(a_range_may_be_one_address),
		TEST(a_reason_without_room_writes_nothing_past_it),
		TEST(the_file_that_is_installed_changes_nothing),
		TEST(the_file_that_is_installed_shows_the_defaults),
		TEST(every_key_is_in_the_manual_and_in_the_installed_file),
		TEST(a_store_is_a_file_unless_it_is_said),
		TEST(every_key_of_etcd_has_its_place),
		TEST(faults_of_etcd_are_named),
		TEST(what_etcd_needs_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
