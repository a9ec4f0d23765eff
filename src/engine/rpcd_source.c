/*
 * Where names and files are known from: the directory; while that is empty,
 * /etc/bootparams; then the NIS map bootparams, before those lines of the file
 * that stand behind its "+".  Never DNS: a name there says nothing about who
 * may boot.  Names of addresses are wherever hosts are looked up.
 *
 * Others are asked in between: all of this is gone through again with what was
 * learnt, until nothing is missing.
 */
#include "engine/rpcd_impl.h"

#include "base/text.h"

const char rpcd_later[] = "";

static const char no_name[] = "its address has no name";
static const char no_machine[] = "no machine has its name";
static const char no_property[] = "it has no property bootparams";
static const char no_line[] = "it is not in bootparams";

static bool has_directory(const struct site *s)
{
	return directory_machines(s->directory) != 0;
}

static bool is_terminated(char to[RPCD_NAME], struct span w)
{
	return w.len && !memchr(w.s, 0, w.len) &&
	       text_copy(to, RPCD_NAME, w.s, w.len);
}

/* Whether it can still be asked for. */
static bool wants(struct rpcd_query *q, enum rpcd_fact f)
{
	if (q->is[f] == UNASKED)
		q->wants = f;
	return q->is[f] == UNASKED;
}

/* ---- names of the address ------------------------------------------------ */

static bool name_of(const struct site *s, const struct rpcd_query *q,
		    unsigned i, struct span *to)
{
	const struct entry *m = has_directory(s) ? site_machine(s, NULL, q->ip)
						 : NULL;
	const char *name = i < q->n_names ? q->names[i] : NULL;
	struct property p;

	if (!m && hosts_name(s->hosts, q->ip, 0, to))
		return hosts_name(s->hosts, q->ip, i, to);
	if (m)
		name = plist_find(&m->props, "name", &p) ? property_value(&p, i)
							 : NULL;
	if (name)
		*to = span_of(name);
	return name;
}

/* ---- the directory and the file ------------------------------------------ */

/* The first on the way up that has the name and the property, both. */
static const char *in_directory(const struct site *s, uint32_t domain,
				const char *name, struct source *to)
{
	const char *why = no_machine;
	struct property p;

	while (domain) {
		const struct entry *m =
			machine_by_name(s->directory, domain, name);

		if (!m)
			return why;
		if (plist_find(&m->props, "bootparams", &p)) {
			*to = (struct source){.name = span_of(machine_name(m)),
					      .props = &m->props};
			return NULL;
		}
		why = no_property;
		domain = domain_parent(s->directory, m->domain);
	}
	return why;
}

static bool is_behind_map(const struct bootparams *b,
			  const struct bootparams_entry *e)
{
	const struct bootparams_entry *map;
	uint32_t at = 0;

	while ((map = bootparams_map(b, &at)) && map->line < e->line)
		if (bootparams_is_own_map(map))
			return true;
	return false;
}

static const char *in_file(const struct site *s, struct span name,
			   struct source *to)
{
	const struct bootparams_entry *e =
		s->bootparams ? bootparams_find(s->bootparams, name) : NULL;

	if (!e)
		return no_line;
	*to = (struct source){.name = e->name,
			      .line = e,
			      .is_behind_map = is_behind_map(s->bootparams, e)};
	return NULL;
}

static const char *in_tables(const struct site *s, const struct rpcd_query *q,
			     struct span name, struct source *to)
{
	char text[RPCD_NAME];

	if (!is_terminated(text, name))
		return no_machine;
	return has_directory(s)
		       ? in_directory(s, site_domain_of(s, q->ip), text, to)
		       : in_file(s, name, to);
}

/* In the file by any of the names, in the directory by the first. */
static const char *by_ip(const struct site *s, const struct rpcd_query *q,
			 struct source *to)
{
	const char *why = no_name;
	struct span name;

	for (unsigned i = 0; why && name_of(s, q, i, &name); i++) {
		why = in_tables(s, q, name, to);
		if (has_directory(s))
			break;
	}
	return why;
}

/* In the file also by the other names of its address. */
static const char *by_name(const struct site *s, const struct rpcd_query *q,
			   struct source *to)
{
	const char *why = in_tables(s, q, span_of(q->name), to);
	uint32_t ip = why && !has_directory(s)
			      ? hosts_ip(s->hosts, span_of(q->name))
			      : 0;
	struct span name;

	for (unsigned i = 0; ip && why && hosts_name(s->hosts, ip, i, &name);
	     i++)
		why = in_file(s, name, to);
	return why;
}

/* ---- NIS ----------------------------------------------------------------- */

bool rpcd_sought(const struct site *s, const struct rpcd_query *q,
		 struct span *name)
{
	*name = span_of(q->name);
	return q->is_file ? !q->at : name_of(s, q, q->at, name);
}

/* By one name after the other; `why` is what the tables said. */
static const char *in_nis(const struct site *s, struct rpcd_query *q,
			  const char *why, struct source *to)
{
	struct span name;

	if (!why && !to->is_behind_map)
		return NULL;
	while (q->is[RPCD_ENTRY] == NOBODY_KNOWS && ++q->at < RPCD_NAMES_MAX &&
	       rpcd_sought(s, q, &name))
		q->is[RPCD_ENTRY] = UNASKED;
	if (wants(q, RPCD_ENTRY))
		return rpcd_later;
	if (q->is[RPCD_ENTRY] != KNOWN)
		return why;
	*to = (struct source){.name = span_of(q->entry), .is_nis = true};
	return NULL;
}

const char *rpcd_by_ip(const struct site *s, struct rpcd_query *q,
		       struct source *to)
{
	const char *why = by_ip(s, q, to);

	if (why == no_name)
		return wants(q, RPCD_NAMES) ? rpcd_later : why;
	return in_nis(s, q, why, to);
}

const char *rpcd_by_name(const struct site *s, struct rpcd_query *q,
			 struct source *to)
{
	return in_nis(s, q, by_name(s, q, to), to);
}

static bool has_name(const struct site *s, const struct rpcd_query *q)
{
	struct span name;

	for (unsigned i = 0; name_of(s, q, i, &name); i++)
		if (span_is_same(name, span_of(q->name)))
			return true;
	return false;
}

const char *rpcd_is_own(const struct site *s, struct rpcd_query *q,
			const struct source *source)
{
	struct source own = {.line = NULL};
	struct span name;

	if (source->is_nis ? has_name(s, q)
			   : !by_ip(s, q, &own) && own.props == source->props &&
				     own.line == source->line)
		return NULL;
	if (!name_of(s, q, 0, &name) && wants(q, RPCD_NAMES))
		return rpcd_later;
	return "it is the file of another machine";
}

bool rpcd_value(const struct rpcd_query *q, const struct source *s,
		struct span *value)
{
	struct span key = span_of(q->key);
	struct property p;

	if (s->line)
		return bootparams_value(s->line, key, value);
	if (s->is_nis)
		*value = span_of(q->file);
	if (s->is_nis || !plist_find(s->props, "bootparams", &p))
		return s->is_nis && q->has_file;
	for (unsigned i = 0; i < p.n; i++)
		if (bootparam_value(span_of(property_value(&p, i)), key, value))
			return true;
	return false;
}

/* ---- addresses ----------------------------------------------------------- */

/* One of its addresses that the asker can reach without a router, or else the
 * first. */
static uint32_t reach(const struct site *s, const struct entry *m,
		      uint32_t near)
{
	static const struct hwaddr any;
	static const struct subnet all;
	const struct subnet *n = settings_subnet(s->settings, near);
	uint32_t ip = n ? machine_address(m, &any, n) : 0;

	return ip ? ip : machine_address(m, &any, &all);
}

static uint32_t own_address(const struct site *s, uint32_t near)
{
	for (unsigned i = 0; i < s->n_links; i++)
		if (s->links[i].ip &&
		    !((s->links[i].ip ^ near) & s->links[i].mask))
			return s->links[i].ip;
	return s->n_links ? s->links[0].ip : 0;
}

static uint32_t known_server(const struct site *s, struct span name,
			     uint32_t near)
{
	char text[RPCD_NAME];
	const struct entry *m;
	uint32_t ip;

	if (!is_terminated(text, name))
		return 0;
	if (ip_parse(name.s, name.len, &ip))
		return ip;
	m = machine_by_name(s->directory, site_domain_of(s, near), text);
	ip = m ? reach(s, m, near) : 0;
	if (!ip && text_is_nocase(name.s, name.len, s->settings->name))
		ip = own_address(s, near);
	return ip ? ip : hosts_ip(s->hosts, name);
}

const char *rpcd_server(const struct site *s, struct rpcd_query *q,
			struct span name, uint32_t *ip)
{
	*ip = known_server(s, name, q->ip);
	if (!*ip && q->is[RPCD_SERVER] == KNOWN)
		*ip = q->server_ip;
	if (*ip)
		return NULL;
	return is_terminated(q->server, name) && wants(q, RPCD_SERVER)
		       ? rpcd_later
		       : "the server of the file has no address";
}

/* A machine that is told of a router elsewhere throws the whole answer away,
 * and one that is told 0.0.0.0 may believe it. */
uint32_t rpcd_router(const struct site *s, const struct link *l, uint32_t ip)
{
	const struct subnet *n = settings_subnet(s->settings, ip);
	uint32_t own;

	if (n && n->router && !((n->router ^ ip) & n->mask))
		return n->router;
	if (l && l->ip && !((l->ip ^ ip) & (n ? n->mask : l->mask)))
		return l->ip;
	own = own_address(s, ip);
	return n && own && !((own ^ ip) & n->mask) ? own : 0;
}
