/*
 * Where names and files are known from: the directory; while that is empty,
 * /etc/bootparams; and, in its place in this order, the NIS map bootparams.
 * Never DNS: a name there says nothing about who may boot.
 */
#include "engine/rpcd_impl.h"

#include "base/text.h"

enum { NAME_ROOM = BOOTPARAM_NAME + 1 };

static const char no_name[] = "its address has no name";
static const char no_machine[] = "no machine has its name";
static const char no_property[] = "it has no property bootparams";
static const char no_line[] = "it is not in bootparams";

static bool has_directory(const struct site *s)
{
	return directory_machines(s->directory) != 0;
}

static bool is_terminated(char to[NAME_ROOM], struct span w)
{
	return w.len && !memchr(w.s, 0, w.len) &&
	       text_copy(to, NAME_ROOM, w.s, w.len);
}

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
					      .entry = m};
			return NULL;
		}
		why = no_property;
		domain = domain_parent(s->directory, m->domain);
	}
	return why;
}

static const char *in_file(const struct site *s, struct span name,
			   struct source *to)
{
	const struct bootparams_entry *e =
		s->bootparams ? bootparams_find(s->bootparams, name) : NULL;

	if (!e)
		return no_line;
	*to = (struct source){.name = e->name, .line = e};
	return NULL;
}

static const char *by_ip_in_directory(const struct site *s, uint32_t ip,
				      struct source *to)
{
	const struct entry *m = site_machine(s, NULL, ip);
	char name[NAME_ROOM];
	struct span w;

	if (m)
		w = span_of(machine_name(m));
	else if (!hosts_name(s->hosts, ip, 0, &w))
		return no_name;
	return is_terminated(name, w)
		       ? in_directory(s, site_domain_of(s, ip), name, to)
		       : no_name;
}

/* By its own name or any other. */
static const char *by_ip_in_file(const struct site *s, uint32_t ip,
				 struct source *to)
{
	const char *why = no_name;
	struct span name;

	for (unsigned i = 0; why && hosts_name(s->hosts, ip, i, &name); i++)
		why = in_file(s, name, to);
	return why;
}

const char *rpcd_by_ip(const struct site *s, uint32_t ip, struct source *to)
{
	return has_directory(s) ? by_ip_in_directory(s, ip, to)
				: by_ip_in_file(s, ip, to);
}

const char *rpcd_by_name(const struct site *s, uint32_t near, struct span name,
			 struct source *to)
{
	char text[NAME_ROOM];
	const char *why;
	uint32_t ip;

	if (!is_terminated(text, name))
		return no_machine;
	if (has_directory(s))
		return in_directory(s, site_domain_of(s, near), text, to);
	why = in_file(s, name, to);
	ip = why ? hosts_ip(s->hosts, name) : 0;
	return ip ? by_ip_in_file(s, ip, to) : why;
}

bool rpcd_value(const struct source *s, struct span key, struct span *value)
{
	struct property p;

	if (s->line)
		return bootparams_value(s->line, key, value);
	if (!plist_find(&s->entry->props, "bootparams", &p))
		return false;
	for (unsigned i = 0; i < p.n; i++)
		if (bootparam_value(span_of(property_value(&p, i)), key, value))
			return true;
	return false;
}

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

uint32_t rpcd_server(const struct site *s, struct span name, uint32_t near)
{
	char text[NAME_ROOM];
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
