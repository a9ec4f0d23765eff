/*
 * muster serve: the daemon in the foreground, with no configuration.  It looks
 * for another DHCP server first, and where there is one adds only the boot
 * information.
 */
#include "app/command.h"
#include "app/daemon.h"
#include "app/exit.h"
#include "app/interface.h"
#include "app/probe.h"
#include "base/text.h"
#include "engine/boot_url.h"
#include "engine/site.h"
#include "model/policy.h"
#include "wire/url.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static const char options[] =
	"  --interface IF   serve only there; repeatable\n"
	"  --proxy          another server gives addresses; add the boot "
	"information\n"
	"  --files-only     answer no DHCP at all; print the line for your "
	"own\n"
	"                   DHCP server's configuration\n"
	"  --port N         serve TFTP there, too (1758); and, as atftpd has "
	"them,\n"
	"  --mcast-addr A   groups of multicast TFTP (239.255.0.0-255),\n"
	"  --mcast-port P   their port, or range of ports (1758),\n"
	"  --mcast-ttl N    and how far it goes (1)\n"
	"  --wait-for N     machines that the first train of each file waits "
	"for\n"
	"  --state DIR      remember leases there; else in memory only\n"
	"  -o KEY=VALUE     one setting of muster.conf(5)\n"
	"  -d, --debug      log everything\n";

/* A setting that has an option of its own. */
static int set(struct config *c, const char *key, const char *value)
{
	char text[256], why[CONFIG_WHY];
	int n = snprintf(text, sizeof(text), "%s=%s", key, value);

	if (n < 0 || (size_t)n >= sizeof(text))
		return usage("serve", "%s: too long", key);
	if (config_set(c, text, why, sizeof(why)))
		return usage("serve", "%s", why);
	return 0;
}

static const char *const keys[] = {
	['P'] = "tftm.listen", ['A'] = "tftm.groups",    ['Q'] = "tftm.ports",
	['T'] = "tftm.ttl",    ['W'] = "train.wait-for",
};

static const struct option longs[] = {
	{"port", required_argument, NULL, 'P'},
	{"mcast-addr", required_argument, NULL, 'A'},
	{"mcast_addr", required_argument, NULL, 'A'},
	{"mcast-port", required_argument, NULL, 'Q'},
	{"mcast_port", required_argument, NULL, 'Q'},
	{"mcast-ttl", required_argument, NULL, 'T'},
	{"mcast_ttl", required_argument, NULL, 'T'},
	{"wait-for", required_argument, NULL, 'W'},
	{"interface", required_argument, NULL, 'i'},
	{"proxy", no_argument, NULL, 'p'},
	{"files-only", no_argument, NULL, 'f'},
	{"state", required_argument, NULL, 's'},
	{"debug", no_argument, NULL, 'd'},
	{"help", no_argument, NULL, 'h'},
	{0}};

static int parse(int argc, char **argv, struct config *c)
{
	char why[CONFIG_WHY];
	bool is_proxy = false, has_files_only = false;
	int o, rc;

	opterr = 0;
	while ((o = getopt_long(argc, argv, ":i:s:o:dh", longs, NULL)) != -1)
		switch (o) {
		case 'i':
			if (c->n_links == CONFIG_LINKS)
				return usage("serve", "too many interfaces");
			snprintf(c->links[c->n_links++], sizeof(c->links[0]),
				 "%s", optarg);
			break;
		case 'p':
			is_proxy = true;
			c->settings.dhcp = DHCP_PROXY;
			break;
		case 'f':
			has_files_only = true;
			c->settings.dhcp = DHCP_OFF;
			break;
		case 's':
			snprintf(c->state, sizeof(c->state), "%s", optarg);
			break;
		case 'o':
			if (config_set(c, optarg, why, sizeof(why)))
				return usage("serve", "%s", why);
			break;
		case 'd':
			c->log_level = LEVEL_DEBUG;
			break;
		case 'P':
		case 'A':
		case 'Q':
		case 'T':
		case 'W':
			rc = set(c, keys[o], optarg);
			if (rc)
				return rc;
			break;
		case 'h':
			exit(help("serve", options));
		default:
			return bad_option("serve", o, argv);
		}
	if (is_proxy && has_files_only)
		return usage("serve", "--proxy or --files-only, not both");
	return 0;
}

static bool is_named(const struct config *c, const struct link *l)
{
	for (unsigned i = 0; i < c->n_links; i++)
		if (!strcmp(c->links[i], l->name))
			return true;
	return !c->n_links && l->is_up && l->ip && l->ip >> 24 != 127;
}

static int look_at(struct config *c, const struct link *l)
{
	uint32_t foreign;
	char ip[16];
	struct text t = text_over(ip, sizeof(ip));
	int rc = probe_dhcp(l, SECONDS(3), &foreign);

	if (rc < 0) {
		failed("serve", "%s: %s", l->name, strerror(-rc));
		return exit_status(rc);
	}
	if (!rc)
		return 0;
	text_ip(&t, foreign);
	printf("%s: %s gives addresses here; adding only the boot "
	       "information (proxyDHCP)\n",
	       l->name, ip);
	c->settings.dhcp = DHCP_PROXY;
	return 0;
}

/* Listen for three seconds on each interface whether somebody else answers. */
static int look_around(struct config *c)
{
	int n, rc = 0;
	struct link *v = interfaces(&n);

	for (int i = 0; i < n && !rc; i++)
		if (is_named(c, &v[i]) && v[i].hw.len)
			rc = look_at(c, &v[i]);
	free(v);
	return rc;
}

static void filename_line(const struct url *u, enum url_family f,
			  const char *what)
{
	char room[512];
	struct text t = text_over(room, sizeof(room));

	url_put(&t, u, f);
	printf("  filename \"%s\";   # %s\n", room, what);
}

/* What an administrator's own dhcpd.conf has to say for one file. */
static void dhcpd_line(const struct image *im, uint32_t server,
		       const struct settings *s)
{
	struct url u;
	char room[16];
	struct text t = text_over(room, sizeof(room));

	text_ip(&t, server);
	printf("  next-server %s; filename \"%s\";   # TFTP\n", room, im->name);
	boot_url(s, im, VIA_TFTM, server, &u);
	filename_line(&u, URL_FOR_ETHERBOOT,
		      "multicast TFTP: Etherboot, muster");
	if (!im->slam_port)
		return;
	boot_url(s, im, VIA_SLAM, server, &u);
	filename_line(&u, URL_FOR_ETHERBOOT, "SLAM: Etherboot, muster");
	filename_line(&u, URL_FOR_IPXE, "SLAM: iPXE");
}

static void ready(void *arg, const struct site *site)
{
	const struct config *c = arg;
	const struct image *im;
	char ip[16];
	unsigned n = 0;

	for (unsigned i = 0; i < site->n_links; i++) {
		struct text t = text_over(ip, sizeof(ip));

		text_ip(&t, site->links[i].ip);
		printf("serving %s on %s, %s\n", c->root, site->links[i].name,
		       ip);
	}
	for (uint32_t at = 0; (im = images_next(site->images, &at));) {
		if (im->is_sidecar || n++ >= 20)
			continue;
		printf("%s, %llu bytes", im->name,
		       (unsigned long long)im->size);
		printf(im->slam_port ? ", SLAM port %u\n" : "\n",
		       im->slam_port);
		if (c->settings.dhcp == DHCP_OFF)
			dhcpd_line(im, site->links[0].ip, site->settings);
	}
	if (n > 20)
		printf("... and %u more files\n", n - 20);
	fflush(stdout);
}

int cmd_serve(int argc, char **argv)
{
	static struct config config;
	struct daemon_options o = {.config = &config,
				   .program = "muster serve",
				   .ready = ready,
				   .arg = &config};
	struct stat st;
	int rc;

	config_default(&config);
	config.settings.unknown = UNKNOWN_SERVE;
	config.settings.unknown_share = 100;
	config.settings.conflict_probe = true; /* the range was guessed */
	config.state[0] = config.run[0] = config.user[0] = 0;
	rc = parse(argc, argv, &config);
	if (rc)
		return rc;
	if (optind + 1 != argc)
		return usage("serve", "which directory or file?");
	if (stat(argv[optind], &st))
		return failed("serve", "%s: %s", argv[optind], strerror(errno));
	snprintf(config.root, sizeof(config.root), "%s", argv[optind]);
	if (config.settings.dhcp == DHCP_FULL)
		rc = look_around(&config);
	return rc ? rc : daemon_run(&o);
}
