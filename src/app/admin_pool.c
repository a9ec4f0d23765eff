/*
 * Pools: what has become of each address that a subnet may hand out.  Each is
 * looked at once, some in a turn: a range may have sixteen million.
 */
#include "app/admin_inside.h"

#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { TURN_ADDRESSES = 16384, NETWORK_TEXT = 32 };

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

struct counting {
	struct admin_work work;
	json_t *list; /* of the subnets that are counted */
	uint32_t at, end;
	struct subnet n; /* that is being counted, as it was when that began */
	uint32_t looked; /* addresses of it */
	uint32_t v[USES];
};

static enum use use_of_lease(const struct site *s, const struct lease *l,
			     usec now)
{
	if (!lease_is_live(s->leases, l->ip, now))
		return USE_ENDED;
	if (l->kind == LEASE_DECLINED)
		return USE_DECLINED;
	return l->kind == LEASE_BOOTP ? USE_REGISTERED : USE_LEASED;
}

static enum use use_of(const struct site *s, const struct subnet *n,
		       uint32_t ip, usec now)
{
	const struct lease *l = leases_by_ip(s->leases, ip);
	enum use use = l ? use_of_lease(s, l, now) : USE_FREE;
	struct hwaddr holder;

	if (use != USE_FREE && use != USE_ENDED)
		return use;
	if (machine_by_ip(s->directory, site_subnet_domain(s, n), ip))
		return USE_FIXED;
	if (ip == n->router || site_is_own(s, ip) || subnet_excludes(n, ip))
		return USE_EXCLUDED;
	return leases_held_by(s->leases, ip, now, &holder) ? USE_HELD : use;
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

static json_t *pool_json(const struct counting *c)
{
	const struct subnet *n = &c->n;
	uint32_t size = size_of(n);
	json_t *pool = json_pack(
		"{s:o, s:o, s:o, s:I, s:I, s:b}", "network", network_json(n),
		"first", size ? ip_json(n->first) : json_null(), "last",
		size ? ip_json(n->last) : json_null(), "size", (json_int_t)size,
		"lease-time", (json_int_t)n->lease, "guessed", n->is_guessed);

	for (unsigned i = 0; i < USES; i++)
		json_object_set_new(pool, use_names[i], json_integer(c->v[i]));
	return pool;
}

/* The settings may have changed since the last turn. */
static void look_again(struct counting *c, const struct subnet *n)
{
	if (c->looked && n->network == c->n.network && n->mask == c->n.mask &&
	    n->first == c->n.first && n->last == c->n.last)
		return;
	c->n = *n;
	c->looked = 0;
	memset(c->v, 0, sizeof c->v);
}

static bool count(struct admin *a, const struct site *s, usec now)
{
	struct counting *c = (struct counting *)a->work;
	struct asked k = {.a = a, .s = s};
	uint32_t left = TURN_ADDRESSES;

	for (; c->at < s->settings->n_subnets && c->at < c->end; c->at++) {
		look_again(c, &s->settings->subnets[c->at]);
		for (; left && c->looked < size_of(&c->n); c->looked++, left--)
			c->v[use_of(s, &c->n, c->n.first + c->looked, now)]++;
		if (!left)
			return true;
		json_array_append_new(c->list, pool_json(c));
		c->looked = 0;
	}
	answer_page(&k, "pools", json_incref(c->list),
		    c->at < s->settings->n_subnets ? c->at : 0);
	return false;
}

static void drop(struct admin_work *work)
{
	struct counting *c = (struct counting *)work;

	json_decref(c->list);
	free(c);
}

void show_pools(struct asked *k)
{
	struct counting *c = calloc(1, sizeof *c);

	if (!c) {
		admin_error(k->a, STATUS_FAILED, "%s", strerror(ENOMEM));
		return;
	}
	c->work = (struct admin_work){.go_on = count, .drop = drop};
	c->list = json_array();
	c->at = k->q->from;
	c->end = c->at < UINT32_MAX - ADMIN_PAGE ? c->at + ADMIN_PAGE : c->at;
	k->a->work = &c->work;
	admin_go_on(k->a, k->s, k->q->now);
}
