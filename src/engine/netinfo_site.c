/*
 * The properties by which a hierarchy of NetInfo domains holds together.
 */
#include "engine/netinfo_site.h"

#include "model/domain.h"

static const struct entry *root_of(const struct site *s, uint32_t domain)
{
	const struct entry *e = directory_entry(s->directory, domain);

	return e && e->domain == e->id ? e : NULL;
}

uint32_t netinfo_nearest(const struct site *s, uint32_t ip)
{
	uint32_t domain = 0;

	if (ip >> 24 != 127 && !site_is_own(s, ip))
		domain = site_domain_of(s, ip);
	return domain ? domain : s->domain;
}

struct span netinfo_tag(const struct site *s, uint32_t domain, uint32_t nearest)
{
	const struct entry *root = root_of(s, domain);
	const char *tag = root ? plist_value(&root->props, "tag") : NULL;

	if (!root)
		return span_of("");
	if (tag && tag[0])
		return span_of(tag);
	if (domain == nearest)
		return span_of("network");
	return span_of(domain == DOMAIN_FIRST ? "root" : machine_name(root));
}

static bool same(struct span a, struct span b)
{
	return a.len == b.len && !memcmp(a.s, b.s, a.len);
}

uint32_t netinfo_tagged(const struct site *s, struct span tag, uint32_t nearest)
{
	uint32_t domain = nearest;

	if (!tag.len || same(netinfo_tag(s, domain, nearest), tag))
		return tag.len ? domain : 0;
	for (domain = domain_next(s->directory, 0); domain;
	     domain = domain_next(s->directory, domain))
		if (same(netinfo_tag(s, domain, nearest), tag))
			return domain;
	return 0;
}

/* ---- who serves what ------------------------------------------------------
 */

/* "WHAT/TAG", in two. */
static bool split(const char *value, struct span *what, struct span *tag)
{
	const char *slash = strchr(value, '/');

	if (!slash)
		return false;
	*what = (struct span){value, (size_t)(slash - value)};
	*tag = span_of(slash + 1);
	return what->len && tag->len;
}

static bool is_relative(struct span what)
{
	return span_is(what, ".") || span_is(what, "..");
}

/* The next value of `serves` that is one. */
static bool serves_next(struct rd *values, struct span *what, struct span *tag)
{
	const char *v;
	size_t len;

	while (rd_left(values) && (v = rd_cstr(values, &len)))
		if (split(v, what, tag))
			return true;
	return false;
}

bool netinfo_serves(const struct site *s, uint32_t domain, uint32_t ip,
		    struct span tag)
{
	const struct entry *m = ip ? machine_by_ip(s->directory, domain, ip)
				   : NULL;
	struct span what, is;
	struct property p;

	if (!m || !plist_find(&m->props, "serves", &p))
		return false;
	if (m->domain != domain && domain != netinfo_nearest(s, ip))
		return false;
	while (serves_next(&p.values, &what, &is))
		if (!is_relative(what) && same(is, tag))
			return true;
	return false;
}

bool netinfo_is_server(const struct entry *m, struct span *tag)
{
	struct property p;
	struct span what;

	if (!plist_find(&m->props, "serves", &p))
		return false;
	while (serves_next(&p.values, &what, tag))
		if (span_is(what, "."))
			return true;
	return false;
}

static bool serves_parent(const struct entry *m, struct span *tag, uint32_t *ip)
{
	const char *at = plist_value(&m->props, "ip_address");
	struct property p;
	struct span what;

	if (!at || !ip_parse(at, strlen(at), ip) || *ip == IP_BROADCAST ||
	    !plist_find(&m->props, "serves", &p))
		return false;
	while (serves_next(&p.values, &what, tag))
		if (span_is(what, ".."))
			return true;
	return false;
}

bool netinfo_parent(const struct site *s, uint32_t domain, struct span *tag,
		    uint32_t *ip)
{
	const struct entry *all =
		directory_path(s->directory, domain, "/machines");
	const struct entry *m = all ? entry_first(s->directory, all) : NULL;

	for (unsigned n = 0; m && n < NETINFO_WALK; n++) {
		if (serves_parent(m, tag, ip) && !site_is_own(s, *ip))
			return true;
		m = entry_next(s->directory, m);
	}
	return false;
}

/* ---- whom it trusts -------------------------------------------------------
 */

/* One to four bytes, as many as there are. */
static bool is_in_bytes(const char *v, uint32_t ip)
{
	size_t len = strlen(v);
	char whole[16];
	unsigned dots = 0;
	uint32_t net;

	while (len && v[len - 1] == '.')
		len--;
	for (size_t i = 0; i < len; i++)
		dots += v[i] == '.';
	if (!len || dots > 3 || len + 2 * (size_t)(3 - dots) >= sizeof(whole))
		return false;
	memcpy(whole, v, len);
	for (unsigned i = dots; i < 3; i++) {
		memcpy(whole + len, ".0", 2);
		len += 2;
	}
	if (!ip_parse(whole, len, &net))
		return false;
	return !((net ^ ip) >> (8 * (3 - dots)));
}

static bool is_in(const char *v, uint32_t ip)
{
	uint32_t net, mask;

	if (net_parse(v, strlen(v), &net, &mask))
		return !((net ^ ip) & mask);
	return is_in_bytes(v, ip);
}

static bool is_in_named(const struct site *s, uint32_t domain, const char *name,
			uint32_t ip)
{
	const struct entry *all =
		directory_path(s->directory, domain, "/networks");
	const struct entry *e = all ? entry_child(s->directory, all, name)
				    : NULL;
	const char *v = e ? plist_value(&e->props, "address") : NULL;

	return v && is_in(v, ip);
}

bool netinfo_trusts(const struct site *s, uint32_t domain, uint32_t ip)
{
	const struct entry *root = root_of(s, domain);
	struct property p;
	const char *v;
	size_t len;

	if (ip >> 24 == 127 || site_is_own(s, ip))
		return true;
	if (!root || !plist_find(&root->props, "trusted_networks", &p))
		return root && site_is_near(s, ip);
	while (rd_left(&p.values) && (v = rd_cstr(&p.values, &len)))
		if (is_in(v, ip) || is_in_named(s, domain, v, ip))
			return true;
	return false;
}
