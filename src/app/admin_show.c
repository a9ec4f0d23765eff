/*
 * The directory, the images and the leases as JSON, a page at a time, so that a
 * list of a million machines never keeps a packet waiting.
 */
#include "app/admin_inside.h"

#include "app/version.h"
#include "base/text.h"
#include "engine/bootpd.h"
#include "engine/maskd.h"
#include "engine/niclone.h"
#include "engine/nimaster.h"
#include "engine/rarpd.h"
#include "engine/rpcd.h"
#include "engine/tftpd.h"

#include <string.h>

json_t *safe_string(const char *s)
{
	json_t *json = json_string(s);
	char room[4 * TEXT_WIRE_MAX + 8];
	struct text t = text_over(room, sizeof room);

	if (json)
		return json;
	text_wire(&t, s, strlen(s));
	return json_string(room);
}

json_t *ip_json(uint32_t ip)
{
	char room[16];
	struct text t = text_over(room, sizeof room);

	text_ip(&t, ip);
	return json_string(room);
}

json_t *hwaddr_json(const struct hwaddr *hw)
{
	char room[3 * HWADDR_MAX + 1];
	struct text t = text_over(room, sizeof room);

	if (!hw->len)
		return json_null();
	text_hwaddr(&t, hw);
	return json_string(room);
}

json_t *values_json(const struct property *p)
{
	json_t *list = json_array();
	struct rd values = p->values;
	const char *value;
	size_t len;

	while (rd_left(&values) && (value = rd_cstr(&values, &len)))
		json_array_append_new(list, safe_string(value));
	return list;
}

json_t *props_json(const struct plist *props)
{
	struct rd r = rd_over(props->bytes, props->len);
	json_t *to = json_object();
	struct property p;

	while (plist_next(&r, &p))
		json_object_set_new(to, p.name, values_json(&p));
	return to;
}

json_t *machine_json(const struct entry *m)
{
	return json_pack("{s:o, s:I, s:I, s:o}", "name",
			 safe_string(machine_name(m)), "id", (json_int_t)m->id,
			 "instance", (json_int_t)m->instance, "properties",
			 props_json(&m->props));
}

const struct entry *machines_of(const struct asked *k)
{
	return directory_path(k->s->directory, k->domain, "/machines");
}

const struct entry *asked_machine(struct asked *k)
{
	const struct entry *dir = machines_of(k), *m = NULL;

	if (dir)
		m = entry_child(k->s->directory, dir, k->name);
	if (!m)
		admin_error(k->a, STATUS_NOT_FOUND, "there is no machine %s",
			    k->name);
	return m;
}

void show_machine(struct asked *k)
{
	const struct entry *m = asked_machine(k);

	if (!m)
		return;
	k->a->status = STATUS_OK;
	k->a->json = machine_json(m);
}

void answer_page(struct asked *k, const char *name, json_t *list, uint32_t next)
{
	k->a->status = STATUS_OK;
	k->a->json = json_pack("{s:o}", name, list);
	if (next)
		json_object_set_new(k->a->json, "next", json_integer(next));
}

void show_machines(struct asked *k)
{
	const struct directory *d = k->s->directory;
	const struct entry *dir = machines_of(k), *e = NULL;
	json_t *list = json_array();
	uint32_t last = 0;

	if (dir)
		e = entry_behind(d, dir, k->q->from);
	for (; e && json_array_size(list) < ADMIN_PAGE; e = entry_next(d, e)) {
		json_array_append_new(list, machine_json(e));
		last = e->id;
	}
	answer_page(k, "machines", list, e ? last : 0);
}

static json_t *image_json(const struct image *im)
{
	return json_pack("{s:o, s:I, s:i, s:I, s:I}", "name",
			 safe_string(im->name), "size", (json_int_t)im->size,
			 "slam_port", (int)im->slam_port, "version",
			 (json_int_t)im->version, "changed",
			 (json_int_t)(im->wall_changed / SECONDS(1)));
}

void show_images(struct asked *k)
{
	json_t *list = json_array();
	const struct image *im = NULL;
	uint32_t at = k->q->from;

	while (json_array_size(list) < ADMIN_PAGE &&
	       (im = images_next(k->s->images, &at)))
		json_array_append_new(list, image_json(im));
	answer_page(k, "images", list, im ? at : 0);
}

static const char *const lease_kinds[] = {
	[LEASE_DHCP] = "dhcp",
	[LEASE_BOOTP] = "bootp",
	[LEASE_DECLINED] = "declined",
};

/* In seconds; null for what lasts until it is removed. */
static json_t *remaining(const struct lease *l, bool is_live, usec wall)
{
	if (l->wall_ends == NEVER)
		return json_null();
	if (!is_live || l->wall_ends <= wall)
		return json_integer(0);
	return json_integer((l->wall_ends - wall) / SECONDS(1));
}

static json_t *lease_json(const struct asked *k, const struct lease *l)
{
	bool is_live = lease_is_live(k->s->leases, l->ip, k->q->now);

	return json_pack("{s:o, s:o, s:o, s:s, s:b, s:o}", "ip", ip_json(l->ip),
			 "mac", hwaddr_json(&l->hw), "name",
			 safe_string(l->name), "kind", lease_kinds[l->kind],
			 "live", is_live, "remaining",
			 remaining(l, is_live, k->q->wall));
}

void show_leases(struct asked *k)
{
	json_t *list = json_array();
	const struct lease *l = NULL;
	uint32_t at = k->q->from;

	while (json_array_size(list) < ADMIN_PAGE &&
	       (l = leases_next(k->s->leases, &at)))
		json_array_append_new(list, lease_json(k, l));
	answer_page(k, "leases", list, l ? at : 0);
}

static const char *const unknowns[] = {
	[UNKNOWN_IGNORE] = "ignore",
	[UNKNOWN_PENDING] = "pending",
	[UNKNOWN_SERVE] = "serve",
};

static json_t *count(uint64_t n)
{
	return json_integer((json_int_t)n);
}

/* What is told without BOOTP, and what is not. */
static json_t *configuration_json(const struct site *s)
{
	return json_pack(
		"{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, "
		"s:o}",
		"masks", count(s->masks->told), "masks-silent",
		count(s->masks->silent + s->masks->refused), "rarp",
		count(s->rarps->told), "names", count(s->calls->names), "files",
		count(s->calls->files), "ports", count(s->calls->ports),
		"untold", count(s->calls->untold), "asked",
		count(s->calls->asked), "bad", count(s->calls->bad), "refused",
		count(s->calls->refused + s->calls->strangers +
		      s->calls->too_long),
		"limited",
		count(s->calls->limited + s->calls->full + s->masks->limited +
		      s->rarps->limited));
}

/* Domains of NetInfo that are copies of other masters', and ours of which there
 * are copies. */
static json_t *netinfo_json(const struct niclone_stats *ours,
			    const struct nimaster_stats *others)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "checks",
			 count(ours->checks), "loads", count(ours->loads),
			 "unchanged", count(ours->unchanged), "failed",
			 count(ours->failed), "clones-told",
			 count(others->told), "clones-silent",
			 count(others->silent));
}

/* How a store stands that several servers share, as far as is known without
 * asking it, and what came of that. */
static json_t *shared_json(const struct asked *k)
{
	const struct site_store *is = &k->s->store;
	const struct bootpd_stats *b = k->s->bootps;
	json_t *to = json_pack(
		"{s:s, s:o, s:o, s:o, s:b, s:o, s:o, s:o}", "kind",
		is->kind ? is->kind : "", "revision", count(is->revision),
		"behind",
		count(is->latest > is->revision ? is->latest - is->revision
						: 0),
		"members", count(is->members), "away", site_is_away(k->s),
		"times-away", count(is->times), "news", count(is->news),
		"edits-refused", count(is->refused));

	if (site_is_away(k->s))
		json_object_set_new(to, "why", json_string(why_away(k->s)));
	if (is->is_away)
		json_object_set_new(
			to, "away-for",
			count((uint64_t)(k->q->now - is->since) / SECOND));
	if (!b)
		return to;
	json_object_set_new(to, "others-first", count(b->beaten));
	json_object_set_new(to, "not-served", count(b->unserved));
	json_object_set_new(to, "for-what-remained", count(b->remained));
	return to;
}

void show_status(struct asked *k)
{
	const struct site *s = k->s;
	json_t *links = json_array();
	char root[IMAGE_NAME + 1];

	snprintf(root, sizeof(root), "/%s", images_root_told(s->images));

	for (unsigned i = 0; i < s->n_links; i++)
		json_array_append_new(
			links, json_pack("{s:s, s:o}", "name", s->links[i].name,
					 "ip", ip_json(s->links[i].ip)));
	k->a->status = STATUS_OK;
	k->a->json = json_pack(
		"{s:s, s:s, s:I, s:I, s:I, s:o, s:o}", "version",
		MUSTER_VERSION, "unknown", unknowns[s->settings->unknown],
		"machines", (json_int_t)directory_machines(s->directory),
		"leases", (json_int_t)leases_count(s->leases), "images",
		(json_int_t)images_count(s->images), "root",
		safe_string(root[1] ? root : ""), "interfaces", links);
	if (s->calls)
		json_object_set_new(k->a->json, "configuration",
				    configuration_json(s));
	if (s->loads)
		json_object_set_new(k->a->json, "fell-back",
				    count(s->loads->fell_back));
	if (s->copied && s->settings->netinfo.serve)
		json_object_set_new(k->a->json, "netinfo",
				    netinfo_json(s->copied, s->copiers));
	if (s->store.is_shared)
		json_object_set_new(k->a->json, "store", shared_json(k));
}
