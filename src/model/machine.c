/*
 * Machines are what the packet path asks for.  Each look-up climbs: it asks the
 * indexes once for every domain on the way up, and the first that knows the
 * machine answers.
 */
#include "model/directory_inside.h"

#include "base/text.h"

/* The key, with the scope that it has in a domain; false: nothing there. */
static bool key_scope(const struct directory *d, const struct slot *root,
		      struct key *k)
{
	if (!root->root.machines)
		return false;
	k->scope = k->kind == KEY_NAME ? slot_at(d, root->root.machines)->e.id
				       : root->e.domain;
	return true;
}

static const struct entry *climb(const struct directory *d, uint32_t domain,
				 struct key *k)
{
	uint32_t root = domain_root(d, domain);

	for (; root; root = slot_at(d, root)->root.up) {
		if (!key_scope(d, slot_at(d, root), k))
			continue;
		uint32_t at = slot_by_key(d, k);

		if (at)
			return &slot_at(d, at)->e;
	}
	return NULL;
}

const struct entry *machine_by_hw(const struct directory *d, uint32_t domain,
				  const struct hwaddr *hw)
{
	struct key k = {.kind = KEY_HW, .hw = *hw};

	return climb(d, domain, &k);
}

const struct entry *machine_by_ip(const struct directory *d, uint32_t domain,
				  uint32_t ip)
{
	struct key k = {.kind = KEY_IP, .ip = ip};

	return climb(d, domain, &k);
}

const struct entry *machine_by_name(const struct directory *d, uint32_t domain,
				    const char *name)
{
	struct key k = {.kind = KEY_NAME, .name = name, .len = strlen(name)};

	return climb(d, domain, &k);
}

static bool is_in(const struct subnet *s, uint32_t ip)
{
	return (ip & s->mask) == (s->network & s->mask);
}

/* The next value of a property that is an IP address; 0 if that value is none;
 * false at the end. */
static bool ip_next(struct rd *values, uint32_t *ip)
{
	size_t len;
	const char *value = rd_cstr(values, &len);

	*ip = 0;
	if (value)
		ip_parse(value, len, ip);
	return value;
}

static bool hw_next(struct rd *values, struct hwaddr *hw)
{
	size_t len;
	const char *value = rd_cstr(values, &len);

	*hw = (struct hwaddr){.len = 0};
	if (value)
		hwaddr_parse(value, len, hw);
	return value;
}

uint32_t machine_address(const struct entry *m, const struct hwaddr *hw,
			 const struct subnet *s)
{
	struct property ips, hws = {.n = 0};
	uint32_t ip, any = 0;

	if (!plist_find(&m->props, "ip_address", &ips))
		return 0;
	plist_find(&m->props, "en_address", &hws);
	while (ip_next(&ips.values, &ip)) {
		struct hwaddr mine;
		bool is_pair = hw_next(&hws.values, &mine) &&
			       hwaddr_is(&mine, hw);

		if (!ip || !is_in(s, ip))
			continue;
		if (is_pair)
			return ip;
		if (!any)
			any = ip;
	}
	return any;
}

const char *machine_name(const struct entry *m)
{
	const char *name = plist_value(&m->props, "name");

	return name ? name : "";
}
