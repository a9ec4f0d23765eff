/*
 * Pools: what has become of each address that a subnet may hand out.  Each is
 * looked at once, so a page ends when it has cost enough.
 */
#include "app/admin_inside.h"

#include "base/text.h"

enum { PAGE_ADDRESSES = 65536, NETWORK_TEXT = 32 };

/* Every address of the range is one of these. */
enum use {
	USE_FREE,
	USE_LEASED,
	USE_REGISTERED,
	USE_HELD,
	USE_DECLINED,
	USE_ENDED,
	USE_FIXED,
	USE_EXCLUDED,
	USES
};

static const char *const use_names[USES] = {
	[USE_FREE] = "free",
	[USE_LEASED] = "leased",
	[USE_REGISTERED] = "registered",
	[USE_HELD] = "held",
	[USE_DECLINED] = "declined",
	[USE_ENDED] = "ended",
	[USE_FIXED] = "fixed",
	[USE_EXCLUDED] = "excluded",
};

static enum use use_of_lease(const struct asked *k, const struct lease *l)
{
	if (!lease_is_live(k->s->leases, l->ip, k->q->now))
		return USE_ENDED;
	if (l->kind == LEASE_DECLINED)
		return USE_DECLINED;
	return l->kind == LEASE_BOOTP ? USE_REGISTERED : USE_LEASED;
}

static enum use use_of(const struct asked *k, const struct subnet *n,
		       uint32_t ip)
{
	const struct site *s = k->s;
	const struct lease *l = leases_by_ip(s->leases, ip);
	enum use use = l ? use_of_lease(k, l) : USE_FREE;
	struct hwaddr holder;

	if (use != USE_FREE && use != USE_ENDED)
		return use;
	if (machine_by_ip(s->directory, site_subnet_domain(s, n), ip))
		return USE_FIXED;
	if (ip == n->router || site_is_own(s, ip) || subnet_excludes(n, ip))
		return USE_EXCLUDED;
	return leases_held_by(s->leases, ip, k->q->now, &holder) ? USE_HELD
								 : use;
}

static json_t *network_json(const struct subnet *n)
{
	char room[NETWORK_TEXT];
	struct text t = text_over(room, sizeof room);

	text_ip(&t, n->network);
	text_add(&t, "/");
	text_u64(&t, mask_bits(n->mask));
	return json_string(room);
}

static uint32_t size_of(const struct subnet *n)
{
	return n->first && n->last >= n->first ? n->last - n->first + 1 : 0;
}

static json_t *pool_json(const struct asked *k, const struct subnet *n)
{
	uint32_t size = size_of(n), v[USES] = {0};
	json_t *pool;

	for (uint32_t i = 0; i < size; i++)
		v[use_of(k, n, n->first + i)]++;
	pool = json_pack(
		"{s:o, s:o, s:o, s:I, s:I, s:b}", "network", network_json(n),
		"first", size ? ip_json(n->first) : json_null(), "last",
		size ? ip_json(n->last) : json_null(), "size", (json_int_t)size,
		"lease-time", (json_int_t)n->lease, "guessed", n->is_guessed);
	for (unsigned i = 0; i < USES; i++)
		json_object_set_new(pool, use_names[i], json_integer(v[i]));
	return pool;
}

void show_pools(struct asked *k)
{
	const struct settings *s = k->s->settings;
	json_t *list = json_array();
	uint32_t at = k->q->from;

	for (uint64_t seen = 0; at < s->n_subnets && seen < PAGE_ADDRESSES &&
				json_array_size(list) < ADMIN_PAGE;
	     at++) {
		const struct subnet *n = &s->subnets[at];

		json_array_append_new(list, pool_json(k, n));
		seen += size_of(n);
	}
	answer_page(k, "pools", list, at < s->n_subnets ? at : 0);
}
