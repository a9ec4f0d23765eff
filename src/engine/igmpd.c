/*
 * igmpd: one small state per link.  Either we ask (query_at is set), or
 * somebody else does (silent_at is), or nobody does that we know of.
 */
#include "engine/igmpd_impl.h"

#include "engine/note.h"

#include <errno.h>

/* RFC 3376 8.1 and 8.2, where nothing else is known. */
enum { ROBUSTNESS = 2, INTERVAL = 125 };

/* Nobody's word silences us for longer, however long his interval: up to nine
 * hours can be said, and anybody can say it. */
static const usec PRESENCE_MAX = SECONDS(3600);

static struct igmpd *igmpd_of(struct engine *e)
{
	return CONTAINER(e, struct igmpd, engine);
}

static struct igmp_seen *seen_of(struct igmpd *i, const struct igmp_port *p)
{
	return &i->seen[p - i->ports];
}

static struct igmp_port *port_of(struct igmpd *i, uint32_t link)
{
	for (unsigned n = 0; n < SITE_LINKS; n++)
		if (link && i->ports[n].link == link)
			return &i->ports[n];
	return NULL;
}

static bool may_query(const struct igmpd *i, const struct link *l)
{
	return i->site->settings->igmp.querier && l->ip && l->is_up &&
	       l->hw.len == 6;
}

static void plan(struct igmpd *i)
{
	i->next = i->must_start ? 0 : igmpd_groups_deadline(i);
	for (unsigned n = 0; n < SITE_LINKS; n++)
		if (i->ports[n].link)
			i->next = usec_min(i->next,
					   usec_min(i->ports[n].query_at,
						    i->ports[n].silent_at));
}

/* ---- asking -------------------------------------------------------------- */

usec igmpd_response(const struct igmpd *i)
{
	return usec_min(IGMP_RESPONSE,
			SECONDS(i->site->settings->igmp.interval) / 2);
}

void igmpd_query(struct igmpd *i, const struct link *l, uint32_t group,
		 usec within, struct effects *fx)
{
	const struct settings *s = i->site->settings;
	struct igmp m = {.type = IGMP_QUERY,
			 .version = s->igmp.version,
			 .response = (uint32_t)(within / MILLISECONDS(100)),
			 .group = group,
			 .robustness = s->igmp.robustness,
			 .interval = s->igmp.interval};
	struct frame_ip f = {.from = l->ip,
			     .to = group ? group : IGMP_ALL_HOSTS,
			     .ttl = 1,
			     .protocol = IP_PROTOCOL_IGMP,
			     .has_alert = true};
	uint8_t message[IGMP_V3_QUERY];
	struct wr w = wr_over(message, sizeof(message));
	struct wr head = effects_head(fx);

	igmp_put(&m, &w);
	f.bytes = message;
	f.len = wr_len(&w);
	frame_group_mac(f.to, f.dst);
	memcpy(f.src, l->hw.b, 6);
	frame_ip_put(&f, &head);
	effects_frame(fx, &head, l->index);
	if (group)
		i->stats.group_queries++;
	else
		i->stats.queries++;
}

static void note(struct igmpd *i, unsigned code, const struct igmp_port *p,
		 struct effects *fx)
{
	const struct igmp_seen *s = seen_of(i, p);
	struct note *n = effects_note(fx, code);

	n->ip = s->querier;
	n->hw = hwaddr_ethernet(s->mac);
	n->a = s->version;
	n->b = p->link;
}

/* Nobody else asks: we do from now on. */
static void take_over(struct igmpd *i, struct igmp_port *p,
		      const struct link *l, usec now, struct effects *fx)
{
	struct igmp_seen *s = seen_of(i, p);

	*s = (struct igmp_seen){.link = p->link,
				.has_querier = true,
				.is_ours = true,
				.version = i->site->settings->igmp.version,
				.querier = l->ip,
				.heard = now};
	memcpy(s->mac, l->hw.b, 6);
	p->silent_at = NEVER;
	p->query_at = now;
	note(i, NOTE_QUERIER_OURS, p, fx);
}

static void ask(struct igmpd *i, struct igmp_port *p, usec now,
		struct effects *fx)
{
	const struct link *l = site_link(i->site, p->link);
	usec interval = SECONDS(i->site->settings->igmp.interval);

	if (!l || !may_query(i, l)) { /* it went away: igmpd_start() sees to
				       * the rest */
		p->query_at = NEVER;
		return;
	}
	igmpd_query(i, l, 0, igmpd_response(i), fx);
	seen_of(i, p)->heard = now;
	if (p->startups) {
		p->startups--;
		interval /= 4;
	}
	p->query_at = now + interval;
}

/* ---- listening ----------------------------------------------------------- */

/* RFC 3376 8.5, with what the other one says of itself (4.1.6, 4.1.7). */
static usec presence(const struct igmpd *i, const struct igmp *m)
{
	const struct settings *s = i->site->settings;
	usec robustness = s->igmp.querier ? s->igmp.robustness : ROBUSTNESS;
	usec interval = s->igmp.querier ? s->igmp.interval : INTERVAL;

	if (m->version == 3 && m->robustness)
		robustness = m->robustness;
	if (m->version == 3 && m->interval)
		interval = m->interval;
	return usec_min(robustness * SECONDS(interval) + igmpd_response(i) / 2,
			PRESENCE_MAX);
}

/* Whether the sender of a query is the one to listen to.  Lower addresses win;
 * none loses against everybody. */
static bool wins(const struct igmp_seen *s, uint32_t ip)
{
	if (!s->has_querier || !s->querier)
		return true;
	return ip && ip <= s->querier;
}

static void on_query(struct igmpd *i, usec now, struct igmp_port *p,
		     const struct frame_ip *f, const struct igmp *m,
		     struct effects *fx)
{
	struct igmp_seen *s = seen_of(i, p);
	bool is_new = !s->has_querier || s->is_ours || s->querier != f->from ||
		      s->version != m->version;

	i->stats.heard++;
	if (site_is_own(i->site, f->from) || !wins(s, f->from))
		return;
	*s = (struct igmp_seen){.link = p->link,
				.has_querier = true,
				.version = m->version,
				.querier = f->from,
				.heard = now};
	memcpy(s->mac, f->src, 6);
	p->silent_at = now + presence(i, m);
	p->query_at = NEVER;
	p->startups = 0;
	if (is_new)
		note(i, NOTE_QUERIER_HEARD, p, fx);
}

static void on_silence(struct igmpd *i, struct igmp_port *p, usec now,
		       struct effects *fx)
{
	const struct link *l = site_link(i->site, p->link);

	note(i, NOTE_QUERIER_SILENT, p, fx);
	*seen_of(i, p) = (struct igmp_seen){.link = p->link};
	p->silent_at = NEVER;
	if (l && may_query(i, l))
		take_over(i, p, l, now, fx);
}

static void on_input(struct engine *e, usec now, const struct dgram *d,
		     struct effects *fx)
{
	struct igmpd *i = igmpd_of(e);
	struct igmp_port *p = port_of(i, d->link);
	struct rd r = rd_over(d->bytes, d->len);
	struct frame_ip f;
	struct igmp m;

	if (!p)
		return;
	if (!frame_ip_get(&f, &r) || f.protocol != IP_PROTOCOL_IGMP) {
		i->stats.bad++;
		return;
	}
	r = rd_over(f.bytes, f.len);
	if (!igmp_get(&m, &r))
		i->stats.bad++;
	else if (m.type == IGMP_QUERY)
		on_query(i, now, p, &f, &m, fx);
	else
		igmpd_on_report(i, now, d->link, &f, &m);
	plan(i);
}

/* ---- links --------------------------------------------------------------- */

/* As it is now; false: the port is free again. */
static bool is_kept(const struct igmpd *i, const struct igmp_port *p)
{
	const struct link *l = site_link(i->site, p->link);

	return l && l->ip == p->ip;
}

static void add_port(struct igmpd *i, const struct link *l)
{
	for (unsigned n = 0; n < SITE_LINKS; n++) {
		if (i->ports[n].link)
			continue;
		i->ports[n] = (struct igmp_port){.link = l->index,
						 .ip = l->ip,
						 .query_at = NEVER,
						 .silent_at = NEVER};
		i->seen[n] = (struct igmp_seen){.link = l->index};
		return;
	}
}

/* Begin or stop to ask, if links or settings have changed. */
static void settle_port(struct igmpd *i, struct igmp_port *p,
			const struct link *l, usec now, struct effects *fx)
{
	struct igmp_seen *s = seen_of(i, p);

	if (s->is_ours && !may_query(i, l)) {
		*s = (struct igmp_seen){.link = p->link};
		p->query_at = NEVER;
	} else if (may_query(i, l) && !s->is_ours &&
		   (!s->has_querier || !s->querier || l->ip < s->querier)) {
		p->startups = (uint8_t)(i->site->settings->igmp.robustness - 1);
		take_over(i, p, l, now, fx);
	}
}

void igmpd_start(struct igmpd *i, usec now, struct effects *fx)
{
	for (unsigned n = 0; n < SITE_LINKS; n++) {
		if (!i->ports[n].link || is_kept(i, &i->ports[n]))
			continue;
		i->ports[n].link = 0;
		i->seen[n] = (struct igmp_seen){0};
	}
	/* Without room for all the rest waits for expire. */
	i->must_start = !effects_room(fx, SITE_LINKS, 0);
	for (unsigned n = 0; n < i->site->n_links && !i->must_start; n++) {
		const struct link *l = &i->site->links[n];

		if (!port_of(i, l->index))
			add_port(i, l);
		settle_port(i, port_of(i, l->index), l, now, fx);
	}
	plan(i);
}

/* ---- the engine ---------------------------------------------------------- */

static void on_settle(struct engine *e, usec now, const struct outcome *o,
		      struct effects *fx)
{
	(void)e; /* it asks for nothing that settles */
	(void)now;
	(void)o;
	(void)fx;
}

static void on_expire(struct engine *e, usec now, struct effects *fx)
{
	struct igmpd *i = igmpd_of(e);

	if (i->must_start)
		igmpd_start(i, now, fx);
	for (unsigned n = 0; n < SITE_LINKS; n++) {
		struct igmp_port *p = &i->ports[n];

		if (!effects_room(fx, 4, EFFECT_HEAD_MAX))
			break; /* the deadline stays in the past */
		if (p->link && p->silent_at <= now)
			on_silence(i, p, now, fx);
		if (p->link && p->query_at <= now)
			ask(i, p, now, fx);
	}
	igmpd_expire_groups(i, now, fx);
	plan(i);
}

static usec on_deadline(const struct engine *e)
{
	return CONTAINER_CONST(e, struct igmpd, engine)->next;
}

int igmpd_open(struct igmpd **to, struct site *site, const struct alloc *alloc)
{
	struct igmpd *i = alloc_get(alloc, 1, sizeof(*i));

	if (!i)
		return -ENOMEM;
	i->engine = (struct engine){.input = on_input,
				    .settle = on_settle,
				    .expire = on_expire,
				    .deadline = on_deadline};
	i->site = site;
	i->next = NEVER;
	site->igmp = i->seen;
	*to = i;
	return 0;
}

void igmpd_close(struct igmpd *i, const struct alloc *alloc)
{
	if (!i)
		return;
	i->site->igmp = NULL;
	alloc_put(alloc, i);
}

struct engine *igmpd_engine(struct igmpd *i)
{
	return &i->engine;
}

const struct igmpd_stats *igmpd_stats(const struct igmpd *i)
{
	return &i->stats;
}

bool igmpd_claims(const struct igmpd *i, const struct dgram *d)
{
	struct rd r = rd_over(d->bytes, d->len);

	(void)i;
	return d->kind == DGRAM_FRAME &&
	       frame_ip_protocol(&r) == IP_PROTOCOL_IGMP;
}
