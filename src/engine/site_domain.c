/*
 * Which domain a machine's look-ups begin in, and what is known from there.
 * The settings name domains by their paths, which are looked up when they are
 * needed: a name leads to where it leads now.
 */
#include "engine/site.h"

#include "base/text.h"
#include "model/addition.h"
#include "model/domain.h"

static uint32_t own_domain(const struct site *s, const struct settings *set)
{
	return set->directory[0] ? domain_find(s->directory, set->directory)
				 : DOMAIN_FIRST;
}

void site_settle_domain(struct site *s)
{
	s->domain = own_domain(s, s->settings);
}

uint32_t site_subnet_domain(const struct site *s, const struct subnet *n)
{
	return n && n->directory[0] ? domain_find(s->directory, n->directory)
				    : s->domain;
}

uint32_t site_domain_of(const struct site *s, uint32_t ip)
{
	return site_subnet_domain(s, settings_subnet(s->settings, ip));
}

const char *site_domain_missing(const struct site *s,
				const struct settings *set)
{
	if (!own_domain(s, set))
		return set->directory;
	for (unsigned i = 0; i < set->n_subnets; i++) {
		const char *path = set->subnets[i].directory;

		if (path[0] && !domain_find(s->directory, path))
			return path;
	}
	return NULL;
}

/* Whether one is the other, or climbs to it. */
static bool is_below(const struct directory *d, uint32_t domain, uint32_t top)
{
	while (domain && domain != top)
		domain = domain_parent(d, domain);
	return domain;
}

bool site_needs_domain(const struct site *s, uint32_t domain)
{
	const struct settings *set = s->settings;

	if (is_below(s->directory, s->domain, domain))
		return true;
	for (unsigned i = 0; i < set->n_subnets; i++)
		if (is_below(s->directory,
			     site_subnet_domain(s, &set->subnets[i]), domain))
			return true;
	return false;
}

const struct entry *site_machine_in(const struct site *s, uint32_t domain,
				    const struct hwaddr *hw, uint32_t ip)
{
	const struct entry *m = NULL;
	struct hwaddr holder;

	if (hw && hw->len)
		m = machine_by_hw(s->directory, domain, hw);
	if (!m && ip)
		m = machine_by_ip(s->directory, domain, ip);
	/* A known machine may live on an address from the pool. */
	if (!m && ip && site_hwaddr(s, ip, &holder))
		m = machine_by_hw(s->directory, domain, &holder);
	return m;
}

const struct entry *site_machine(const struct site *s, const struct hwaddr *hw,
				 uint32_t ip)
{
	return site_machine_in(s, site_domain_of(s, ip), hw, ip);
}

bool site_denies(const struct site *s, uint32_t domain, const struct hwaddr *hw)
{
	struct addition rules;

	for (; domain; domain = domain_parent(s->directory, domain))
		if (addition_get(&rules, s->directory, domain) &&
		    addition_denies(&rules, hw))
			return true;
	return false;
}

/* "wizard" of "wizard/network", by name or by address. */
static bool is_own_host(const struct site *s, const char *host, size_t len)
{
	uint32_t ip;

	if (ip_parse(host, len, &ip))
		return site_is_own(s, ip) || ip >> 24 == 127;
	return text_is_nocase(host, len, s->settings->name) ||
	       text_is_nocase(host, len, "localhost");
}

const char *site_other_master(const struct site *s, uint32_t domain)
{
	const struct entry *root = directory_entry(s->directory, domain);
	const char *master = root ? plist_value(&root->props, "master") : NULL;
	size_t len = 0;

	if (!master)
		return NULL;
	while (master[len] && master[len] != '/')
		len++;
	return is_own_host(s, master, len) ? NULL : master;
}
