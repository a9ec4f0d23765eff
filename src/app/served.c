/*
 * Names of the configuration and interfaces of the kernel, brought together.
 */
#include "app/served.h"

#include "app/automatic.h"
#include "app/committer.h"
#include "app/interface.h"
#include "host/link.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool is_served(const struct config *c, const struct link *l)
{
	/* A card without a carrier is served: the switch may come up later. */
	if (!c->n_links)
		return l->ip && l->ip >> 24 != 127 && l->hw.len;
	for (unsigned i = 0; i < c->n_links; i++)
		if (!strcmp(c->links[i], l->name))
			return true;
	return false;
}

int served_list(struct site *site, const struct config *c)
{
	char why[CONFIG_WHY];
	int n;
	struct link *v = interfaces(&n);

	if (!v)
		return n;
	site->n_links = 0;
	for (int i = 0; i < n && site->n_links < SITE_LINKS; i++)
		if (is_served(c, &v[i]))
			site->links[site->n_links++] = v[i];
	free(v);
	(void)automatic_look(site, c->hostconfig, why, sizeof(why));
	return 0;
}

int served_check(const struct site *site, const struct config *c,
		 const char *program)
{
	for (unsigned i = 0; i < c->n_links; i++) {
		const char *name = c->links[i];
		const struct link *l =
			links_named(site->links, site->n_links, name);

		if (l && l->ip)
			continue;
		fprintf(stderr, "%s: interface %s: %s\n", program, name,
			l ? "it has no IPv4 address" : "there is none");
		return -ENODEV;
	}
	if (site->n_links)
		return 0;
	fprintf(stderr,
		"%s: no network interface to serve: none has an IPv4 "
		"address\n",
		program);
	return -ENODEV;
}

/* Two cards may be in one network. */
static bool has_subnet(const struct settings *s, const struct link *l)
{
	for (unsigned i = 0; i < s->n_subnets; i++)
		if (!((s->subnets[i].network ^ l->ip) & s->subnets[i].mask &
		      l->mask))
			return true;
	return false;
}

static void add_subnet(struct settings *s, const struct link *l)
{
	if (l->ip && s->n_subnets < SETTINGS_SUBNETS && !has_subnet(s, l))
		subnet_of_link(&s->subnets[s->n_subnets++], l, s->lease);
}

void served_name(struct settings *s)
{
	if (s->name[0])
		return;
	if (gethostname(s->name, sizeof(s->name) - 1))
		s->name[0] = '\0';
	s->name[strcspn(s->name, ".")] = '\0';
}

void served_take(struct settings *is, struct settings *fresh)
{
	served_name(fresh);
	if (!fresh->n_subnets) {
		fresh->n_subnets = is->n_subnets;
		memcpy(fresh->subnets, is->subnets,
		       is->n_subnets * sizeof(*is->subnets));
	}
	fresh->dhcp = is->dhcp;
	fresh->bootparam.serve = is->bootparam.serve;
	fresh->bootparam.port = is->bootparam.port;
	fresh->bootparam.is_guest = is->bootparam.is_guest;
	is->netinfo.follow = fresh->netinfo.follow;
	is->netinfo.interval = fresh->netinfo.interval;
	fresh->netinfo = is->netinfo;
	if (!fresh->bootparam.domain[0])
		memcpy(fresh->bootparam.domain, is->bootparam.domain,
		       sizeof(is->bootparam.domain));
	fresh->netmask_authority = is->netmask_authority;
	fresh->tftp.sessions = is->tftp.sessions;
	fresh->tftp.half_open = is->tftp.half_open;
	fresh->tftp.single_port = is->tftp.single_port;
	is->slam.rate = fresh->slam.rate;
	fresh->slam = is->slam;
	is->tftm.rate = fresh->tftm.rate;
	fresh->tftm = is->tftm;
	settings_copy(is, fresh);
}

bool served_domains(const struct site *site, const struct settings *s,
		    char *why, size_t room)
{
	const char *path = site_domain_missing(site, s);

	if (path)
		snprintf(why, room,
			 "directory-domain: there is no domain %s; `muster "
			 "domain add %s' makes it",
			 path, path);
	return !path;
}

void served_settle(struct config *c, const struct site *site)
{
	struct settings *s = &c->settings;
	const struct link *slam =
		links_named(site->links, site->n_links, c->slam_link);

	served_name(s);
	if (slam)
		s->slam.link = slam->index;
	if (s->n_subnets)
		return;
	for (unsigned i = 0; i < site->n_links; i++)
		add_subnet(s, &site->links[i]);
}

void served_store(struct server *s, struct committer *c, usec now,
		  struct effects *fx)
{
	struct store_status is;
	struct site_store to;

	if (!committer_status(c, &is))
		return;
	to = (struct site_store){.is_away = is.is_away,
				 .why = is.why,
				 .kind = is.kind,
				 .revision = is.revision,
				 .latest = is.latest,
				 .members = is.members};
	server_store(s, &to, now, fx);
}
