/*
 * What the server engines ask of the shared state.
 */
#include "engine/site.h"

#include "model/policy.h"

const struct link *site_link(const struct site *s, uint32_t index)
{
	for (unsigned i = 0; i < s->n_links; i++)
		if (s->links[i].index == index)
			return &s->links[i];
	return NULL;
}

bool site_is_own(const struct site *s, uint32_t ip)
{
	for (unsigned i = 0; i < s->n_links; i++)
		if (ip && s->links[i].ip == ip)
			return true;
	return false;
}

bool site_hwaddr(const struct site *s, uint32_t ip, struct hwaddr *hw)
{
	const struct lease *l = leases_by_ip(s->leases, ip);

	if (!l || l->kind == LEASE_DECLINED)
		return false;
	*hw = l->hw;
	return true;
}

static bool is_on(const struct link *l, uint32_t ip)
{
	return l->ip && !((l->ip ^ ip) & l->mask) && ip_is_host(ip, l->mask);
}

static bool is_all(uint32_t ip, uint32_t network, uint32_t mask)
{
	return !((ip ^ network) & mask) && !ip_is_host(ip, mask);
}

bool site_is_broadcast(const struct link *l, uint32_t ip)
{
	return ip == IP_BROADCAST ||
	       (l->ip && (is_all(ip, l->ip, l->mask) ||
			  is_all(ip, l->ip, ip_class_mask(l->ip))));
}

bool site_is_near(const struct site *s, uint32_t ip)
{
	const struct subnet *n = settings_subnet(s->settings, ip);

	if (site_is_own(s, ip) || ip_is_multicast(ip) || ip >> 24 == 127)
		return false;
	return site_is_neighbour(s, ip) || (n && ip_is_host(ip, n->mask));
}

bool site_is_neighbour(const struct site *s, uint32_t ip)
{
	if (site_is_own(s, ip))
		return false;
	for (unsigned i = 0; i < s->n_links; i++)
		if (is_on(&s->links[i], ip))
			return true;
	return false;
}

const struct igmp_seen *site_igmp(const struct site *s, uint32_t link)
{
	for (unsigned i = 0; s->igmp && i < SITE_LINKS; i++)
		if (link && s->igmp[i].link == link && s->igmp[i].has_querier)
			return &s->igmp[i];
	return NULL;
}

bool site_is_pruned(const struct site *s, uint32_t link)
{
	switch (s->settings->igmp.snooping) {
	case SNOOPING_YES:
		return true;
	case SNOOPING_NO:
		return false;
	case SNOOPING_GUESS:
		break;
	}
	for (unsigned i = 0; !link && i < s->n_links; i++)
		if (site_igmp(s, s->links[i].index))
			return true;
	return site_igmp(s, link);
}

uint32_t site_group(const struct site *s, uint32_t ip, uint32_t link,
		    bool reports)
{
	uint32_t said = policy_group(site_machine(s, NULL, ip));

	if (said)
		return said == GROUP_USUAL ? GROUP_UNSAID : said;
	if (!site_is_pruned(s, link) || (reports && site_igmp(s, link)))
		return GROUP_UNSAID;
	return GROUP_FLOOD_SAFE;
}
