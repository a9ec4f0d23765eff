/*
 * musterd's configuration: its defaults, -o KEY=VALUE, and what values from
 * there and from files (config_read.c) have in common.
 */
#include "app/config_inside.h"

#include "store/store.h"
#include "wire/bootp.h"
#include "wire/portmap.h"
#include "wire/tftp.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void config_default(struct config *c)
{
	struct log_options log = log_defaults();

	memset(c, 0, offsetof(struct config, settings));
	strcpy(c->root, "/srv/tftp");
	strcpy(c->state, "/var/lib/muster");
	strcpy(c->run, "/run/muster");
	c->log_format = log.format;
	c->log_level = log.level;
	c->cache = 256 << 20;
	c->history = STORE_HISTORY;
	strcpy(c->bootparams, "/etc/bootparams");
	strcpy(c->hosts, "/etc/hosts");
	strcpy(c->lookup, "/etc/muster/lookup.conf");
	strcpy(c->hostconfig, "/etc");
	c->etcd = (struct etcd_config){.prefix = "/muster/",
				       .wait = MILLISECONDS(500),
				       .txn_ops = ETCD_TXN_OPS};
	gethostname(c->etcd.server, sizeof c->etcd.server - 1);
	settings_default(&c->settings);
	/* cppcheck-suppress getpwnamCalled ; nobody else asks for users */
	if (getpwnam("muster"))
		strcpy(c->user, "muster");
}

void config_clear(const struct key *k, void *base)
{
	memset((char *)base + k->at, 0, k->slots * k->size);
}

bool config_apply(const struct key *k, void *base, unsigned i,
		  const char *value, struct text *why)
{
	char *first = (char *)base + k->at;
	char *to = first + i * k->size;

	text_add(why, k->name);
	text_add(why, ": ");
	if (i == k->slots) {
		text_add(why, "takes no more than ");
		text_u64(why, k->slots);
		text_add(why, " values");
		return false;
	}
	if (k->slots > 1 && i == 0)
		config_clear(k, base);
	if (!k->read(k, value, to, why))
		return false;
	for (const char *p = first; p < to; p += k->size) {
		if (!memcmp(p, to, k->size)) {
			text_wire(why, value, strlen(value));
			text_add(why, " stands there twice");
			return false;
		}
	}
	return true;
}

/* A port that none of the fixed ones is; those of transports show when they are
 * opened. */
static bool bootparam_fits(const struct settings *s, struct text *why)
{
	static const uint16_t fixed[] = {BOOTP_SERVER_PORT, TFTP_PORT,
					 PMAP_PORT, PXE_SERVER_PORT};

	for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++) {
		if (s->bootparam.port != fixed[i])
			continue;
		text_add(why, "bootparam: port ");
		text_u64(why, fixed[i]);
		text_add(why, " is that of another service");
		return false;
	}
	return true;
}

/* What is right by itself must also fit together. */
static bool excludes_fit(const struct subnet *n, struct text *why)
{
	for (unsigned i = 0; i < SUBNET_EXCLUDES; i++) {
		uint32_t first = n->excludes[i].first;
		uint32_t last = n->excludes[i].last;

		if (!first && !last)
			return true;
		if (((first ^ n->network) & n->mask) == 0 &&
		    ((last ^ n->network) & n->mask) == 0)
			continue;
		text_add(why, "subnet ");
		text_ip(why, n->network);
		text_add(why, ": exclude: ");
		text_ip(why, first);
		if (first != last) {
			text_add(why, " - ");
			text_ip(why, last);
		}
		text_add(why, " is not inside");
		return false;
	}
	return true;
}

bool config_fits(const struct settings *s, struct text *why)
{
	if (!bootparam_fits(s, why))
		return false;
	if (s->netinfo.serve && !s->bootparam.serve) {
		text_add(why, "netinfo: serve needs that of bootparam, whose "
			      "port mapper says where it is");
		return false;
	}
	for (unsigned i = 0; i < s->n_subnets; i++)
		if (!excludes_fit(&s->subnets[i], why))
			return false;
	if (s->slam.port + s->slam.ports <= UINT16_MAX)
		return true;
	text_add(why, "slam: port ");
	text_u64(why, s->slam.port);
	text_add(why, " and ");
	text_u64(why, s->slam.ports);
	text_add(why, " ports above it go beyond 65535");
	return false;
}

static void copy(struct config *to, const struct config *from)
{
	memcpy(to, from, offsetof(struct config, settings));
	settings_copy(&to->settings, &from->settings);
}

/* While files and options are read, a subnet without a lease time has 0. */
void config_begin(struct config *next, const struct config *c)
{
	copy(next, c);
	for (unsigned i = 0; i < c->settings.n_subnets; i++)
		if (!next->has_lease[i])
			next->settings.subnets[i].lease = 0;
}

void config_commit(struct config *c, struct config *next)
{
	struct settings *s = &next->settings;

	for (unsigned i = 0; i < s->n_subnets; i++) {
		next->has_lease[i] = s->subnets[i].lease != 0;
		if (!next->has_lease[i])
			s->subnets[i].lease = s->lease;
	}
	settings_make_flood_safe(s);
	next->n_links = 0;
	while (next->n_links < CONFIG_LINKS && next->links[next->n_links][0])
		next->n_links++;
	copy(c, next);
}

static bool set_list(const struct key *k, struct config *next, char *values,
		     struct text *why)
{
	const char *value;

	if (!*values) {
		config_clear(k, next);
		return true;
	}
	for (unsigned i = 0; (value = strsep(&values, ",")); i++) {
		text_restart(why);
		if (!config_apply(k, next, i, value, why))
			return false;
	}
	return true;
}

static bool say(struct text *why, const char *what, const char *reason)
{
	text_restart(why);
	text_wire(why, what, strlen(what));
	text_add(why, reason);
	return false;
}

/* There is one of each, so -o can mean it. */
static bool is_section(const char *name, size_t len)
{
	static const char *const names[] = {"tftp",    "igmp", "bootparam",
					    "netinfo", "slam", "tftm",
					    "mtftp",   "train"};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (len == strlen(names[i]) && !strncmp(name, names[i], len))
			return true;
	return false;
}

/* A name with a dot, which is cut in two if a section stands before it. */
static const struct key *find(char *name, struct text *why)
{
	char *dot = strchr(name, '.');
	const char *section = "";
	const struct key *k;

	if (dot && is_section(name, (size_t)(dot - name))) {
		*dot = 0;
		section = name;
		name = dot + 1;
	}
	k = key_named(section, name);
	if (!k)
		key_missing(section, name, why);
	if (is_section(name, strlen(name)))
		say(why, name, ": is a section; -o takes SECTION.KEY=VALUE");
	if (!strncmp(name, "subnet", 6) || !strncmp(name, "loader", 6) ||
	    !strcmp(name, "include"))
		say(why, name, ": can only stand in a file");
	return k;
}

/* text: KEY=VALUE, which is cut into pieces. */
static bool set(struct config *next, char *text, struct text *why)
{
	char *value = strchr(text, '=');
	const struct key *k;

	if (!value)
		return say(why, text, ": is no KEY=VALUE");
	*value++ = 0;
	k = find(text, why);
	if (!k)
		return false;
	if (k->slots > 1)
		return set_list(k, next, value, why);
	return config_apply(k, next, 0, value, why);
}

int config_set(struct config *c, const char *assignment, char *why, size_t room)
{
	struct config *next = malloc(sizeof *next);
	char *text = strdup(assignment);
	struct text t = text_over(why, room);
	int rc = next && text ? 0 : -ENOMEM;

	if (rc) {
		text_add(&t, strerror(-rc));
		goto out;
	}
	config_begin(next, c);
	if (!set(next, text, &t)) {
		rc = -EINVAL;
		goto out;
	}
	text_restart(&t);
	if (!config_fits(&next->settings, &t)) {
		rc = -EINVAL;
		goto out;
	}
	config_commit(c, next);
out:
	free(next);
	free(text);
	return rc;
}
