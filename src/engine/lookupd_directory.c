/*
 * The directory as an agent.  The one of this machine answers at once; a list
 * is walked a piece at a time, since the loop has packets to answer meanwhile.
 */
#include "engine/lookupd_impl.h"

#include "model/domain.h"

enum { STEPS = 1000 };

uint64_t lookupd_stamp(const struct lookupd *l)
{
	const struct lookupd_directory *in = &l->config.directory;
	uint64_t stamp = 1;

	if (l->nic)
		return l->stamp;
	if (!in->d)
		return 0;
	for (uint32_t domain = *in->domain; domain;
	     domain = domain_parent(in->d, domain))
		stamp = hash_u64(stamp, domain_checksum(in->d, domain));
	return stamp | 1;
}

static struct lookup_item item_of(const struct lookupd *l,
				  const struct entry *e, char path[DOMAIN_PATH])
{
	const struct lookupd_directory *in = &l->config.directory;

	struct text t = text_over(path, DOMAIN_PATH);

	domain_path_put(in->d, e->domain, &t);
	return (struct lookup_item){
		.agent = lookup_agent_name(LOOKUP_DIRECTORY),
		.domain = path,
		.server = in->server,
		.props = e->props.bytes,
		.len = e->props.len};
}

/* By other keys the directory has an index, and is as fast as the cache. */
static bool was_walked(const struct lookupd_query *q)
{
	return strcmp(q->key, "name") != 0 &&
	       strcmp(q->key, "ip_address") != 0 &&
	       strcmp(q->key, "en_address") != 0;
}

static enum lookupd_said find_one(struct lookupd *l, usec now,
				  struct lookupd_query *q, struct effects *fx)
{
	const struct lookupd_directory *in = &l->config.directory;
	const struct entry *e =
		lookup_find(in->d, *in->domain, q->category, q->key, q->value);
	char path[DOMAIN_PATH];
	struct lookup_item item;
	struct telling t;

	if (!e)
		return LOOKUPD_NONE;
	item = item_of(l, e, path);
	l->stats.agents[LOOKUP_DIRECTORY].found++;
	if (was_walked(q))
		cache_put(l, now, q, &item);
	t = tell_begin(q, fx);
	if (tell_item(&t, q, &item))
		tell_end(l, &t, q, 0, fx);
	else
		tell_nothing(l, q, LOOKUP_UNAVAILABLE,
			     "its properties are too long for an answer", fx);
	return LOOKUPD_ANSWERED;
}

/* Level 0 is the nearest; 0: there are not so many. */
static uint32_t domain_at(const struct lookupd_directory *in, unsigned level)
{
	uint32_t domain = *in->domain;

	while (domain && level--)
		domain = domain_parent(in->d, domain);
	return domain;
}

/* Move on to the next entry, over levels. */
static const struct entry *next(const struct lookupd_directory *in,
				struct lookupd_position *at, uint32_t *domain,
				enum lookup_category c)
{
	uint32_t before = *domain;
	const struct entry *e = lookup_next(in->d, domain, &at->after, c);

	for (; before && before != *domain; at->level++)
		before = domain_parent(in->d, before);
	return e;
}

static enum lookupd_said find_all(struct lookupd *l, struct lookupd_query *q,
				  struct effects *fx)
{
	const struct lookupd_directory *in = &l->config.directory;
	struct lookupd_position at = q->at, told = at;
	uint32_t domain = domain_at(in, at.level);
	struct telling t = tell_begin(q, fx);
	const struct entry *e = NULL;

	for (unsigned i = 0; i < STEPS; i++) {
		char path[DOMAIN_PATH];
		struct lookup_item item;

		e = next(in, &at, &domain, q->category);
		if (!e)
			break;
		item = item_of(l, e, path);
		/* One that is too long alone is left out. */
		if ((!q->key[0] || lookup_matches(q->category, &e->props,
						  q->key, q->value)) &&
		    !tell_item(&t, q, &item) && t.n)
			break;
		told = at;
	}
	if (!t.n && !e)
		return LOOKUPD_NONE;
	if (!e)
		told = (struct lookupd_position){
			.agent = (uint8_t)(at.agent + 1)};
	l->stats.agents[LOOKUP_DIRECTORY].found += t.n;
	tell_end(l, &t, q, lookupd_position_put(&told), fx);
	return LOOKUPD_ANSWERED;
}

enum lookupd_said lookupd_directory(struct lookupd *l, usec now,
				    struct lookupd_query *q, struct effects *fx)
{
	const struct lookupd_directory *in = &l->config.directory;

	if (!in->d || !*in->domain)
		return LOOKUPD_NONE;
	return q->op == LOOKUP_ALL ? find_all(l, q, fx)
				   : find_one(l, now, q, fx);
}
