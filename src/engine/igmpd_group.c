/*
 * Groups that have members.  An entry is refreshed by each report and ends when
 * none came for the time in which two queries should have brought one.
 */
#include "engine/igmpd_impl.h"

/* RFC 3376 8.4 */
static usec membership(const struct igmpd *i)
{
	const struct settings *s = i->site->settings;

	return s->igmp.robustness * SECONDS(s->igmp.interval) +
	       igmpd_response(i);
}

static struct igmp_group *group_of(struct igmpd *i, uint32_t link,
				   uint32_t group)
{
	for (unsigned n = 0; n < IGMPD_GROUPS; n++)
		if (i->groups[n].link == link && i->groups[n].group == group)
			return &i->groups[n];
	return NULL;
}

static struct igmp_group *group_add(struct igmpd *i, uint32_t link,
				    uint32_t group)
{
	for (unsigned n = 0; n < IGMPD_GROUPS; n++) {
		if (i->groups[n].link)
			continue;
		i->groups[n] = (struct igmp_group){
			.link = link, .group = group, .ask_at = NEVER};
		return &i->groups[n];
	}
	i->stats.full++;
	return NULL;
}

/* 224.0.0.0/24 goes everywhere in any case (RFC 4541 2.1.2). */
static bool is_tracked(uint32_t group)
{
	return ip_is_multicast(group) && group >> 8 != 0xe00000;
}

static void on_member(struct igmpd *i, usec now, uint32_t link,
		      const struct frame_ip *f, uint32_t group, uint8_t version)
{
	struct igmp_group *g = group_of(i, link, group);

	if (!is_tracked(group))
		return;
	i->stats.reports++;
	if (!g)
		g = group_add(i, link, group);
	if (!g)
		return;
	g->reporter = f->from;
	memcpy(g->mac, f->src, 6);
	g->version = version;
	g->until = now + membership(i);
	if (version == 1)
		g->v1_until = g->until;
	g->asks = 0;
	g->ask_at = NEVER;
}

/* Are there others?  RFC 3376 6.6.3.1, 2236 3. */
static void on_leave(struct igmpd *i, usec now, uint32_t link, uint32_t group)
{
	struct igmp_group *g = group_of(i, link, group);
	const struct igmp_seen *s = site_igmp(i->site, link);
	uint8_t robustness = i->site->settings->igmp.robustness;

	if (!is_tracked(group))
		return;
	i->stats.leaves++;
	if (!g || !s || !s->is_ours || g->v1_until > now || g->asks)
		return;
	g->until = now + robustness * IGMP_LAST_MEMBER;
	g->asks = robustness;
	g->ask_at = now;
}

static void on_records(struct igmpd *i, usec now, uint32_t link,
		       const struct frame_ip *f, const struct igmp *m)
{
	struct rd r = rd_over(m->rest, m->len);
	struct igmp_record g;

	for (unsigned n = 0; n < m->n && igmp_record_next(&g, &r); n++)
		switch (g.type) {
		case IGMP_IS_INCLUDE:
		case IGMP_TO_INCLUDE:
			if (!g.n) /* from no source: nothing */
				on_leave(i, now, link, g.group);
			else
				on_member(i, now, link, f, g.group, 3);
			break;
		case IGMP_IS_EXCLUDE:
		case IGMP_TO_EXCLUDE:
		case IGMP_ALLOW:
			on_member(i, now, link, f, g.group, 3);
			break;
		}
}

void igmpd_on_report(struct igmpd *i, usec now, uint32_t link,
		     const struct frame_ip *f, const struct igmp *m)
{
	if (m->type == IGMP_V3_REPORT)
		on_records(i, now, link, f, m);
	else if (m->type == IGMP_V2_LEAVE)
		on_leave(i, now, link, m->group);
	else
		on_member(i, now, link, f, m->group, m->version);
}

static void ask(struct igmpd *i, struct igmp_group *g, usec now,
		struct effects *fx)
{
	const struct link *l = site_link(i->site, g->link);
	const struct igmp_seen *s = site_igmp(i->site, g->link);

	g->ask_at = NEVER;
	if (!l || !s || !s->is_ours) {
		g->asks = 0;
		return;
	}
	igmpd_query(i, l, g->group, IGMP_LAST_MEMBER, fx);
	if (--g->asks)
		g->ask_at = now + IGMP_LAST_MEMBER;
}

void igmpd_expire_groups(struct igmpd *i, usec now, struct effects *fx)
{
	for (unsigned n = 0; n < IGMPD_GROUPS; n++) {
		struct igmp_group *g = &i->groups[n];

		if (!effects_room(fx, 1, EFFECT_HEAD_MAX))
			return;
		if (g->link && g->until <= now)
			*g = (struct igmp_group){0};
		else if (g->link && g->ask_at <= now)
			ask(i, g, now, fx);
	}
}

usec igmpd_groups_deadline(const struct igmpd *i)
{
	usec next = NEVER;

	for (unsigned n = 0; n < IGMPD_GROUPS; n++)
		if (i->groups[n].link)
			next = usec_min(next, usec_min(i->groups[n].until,
						       i->groups[n].ask_at));
	return next;
}

const struct igmp_group *igmpd_next(const struct igmpd *i, uint32_t *at)
{
	while (*at < IGMPD_GROUPS) {
		const struct igmp_group *g = &i->groups[(*at)++];

		if (g->link)
			return g;
	}
	return NULL;
}
