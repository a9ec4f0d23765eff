/*
 * Changes as a test writes them, and a directory as text: two with the same
 * text are the same to every look-up.
 */
#ifndef MUSTER_TESTS_CHANGES_H
#define MUSTER_TESTS_CHANGES_H

#include "model/directory.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "props.h"

/* A change with a property list of its own: it must not be copied. */
struct made {
	struct change c;
	struct props room;
};

static inline const struct change *entry_put(struct made *m, uint32_t id,
					     uint32_t parent, uint32_t instance,
					     const char *text)
{
	m->c = (struct change){.kind = CHANGE_ENTRY_PUT,
			       .domain = DOMAIN_FIRST,
			       .id = id,
			       .parent = parent,
			       .instance = instance,
			       .props = props(&m->room, text)};
	return &m->c;
}

static inline const struct change *domain_put(struct made *m, uint32_t id,
					      uint32_t parent,
					      uint32_t instance,
					      const char *text)
{
	entry_put(m, id, parent, instance, text);
	m->c.kind = CHANGE_DOMAIN_PUT;
	return &m->c;
}

static inline const struct change *entry_destroy(struct made *m, uint32_t id,
						 uint32_t instance)
{
	m->c = (struct change){.kind = CHANGE_ENTRY_DESTROY,
			       .domain = DOMAIN_FIRST,
			       .id = id,
			       .instance = instance};
	return &m->c;
}

/* Of machine number n. */
static inline const struct change *lease_put(struct made *m, uint32_t ip,
					     uint32_t n)
{
	struct lease l = {.kind = LEASE_DHCP,
			  .ip = ip,
			  .hw = {.type = HW_ETHERNET, .len = 6},
			  .wall_ends = SECONDS(1700000000) + n,
			  .term = 3600 + n};

	for (int i = 0; i < 4; i++)
		l.hw.b[5 - i] = (uint8_t)(n >> 8 * i);
	snprintf(l.name, sizeof l.name, "m%u", n);
	m->c = (struct change){.kind = CHANGE_LEASE_PUT, .lease = l};
	return &m->c;
}

static inline const struct change *lease_drop(struct made *m, uint32_t ip)
{
	m->c = (struct change){.kind = CHANGE_LEASE_DROP, .lease.ip = ip};
	return &m->c;
}

/* Text of any length that is asked for, as long as it fits. */
struct dump {
	char text[65536];
	size_t len;
};

__attribute__((format(printf, 2, 3))) static inline void
dump_add(struct dump *to, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	to->len += (size_t)vsnprintf(to->text + to->len,
				     sizeof to->text - to->len, format, args);
	va_end(args);
	assert(to->len < sizeof to->text);
}

static inline void dump_props(struct dump *to, const struct plist *pl)
{
	struct rd r = rd_over(pl->bytes, pl->len);
	struct property p;

	while (plist_next(&r, &p)) {
		dump_add(to, " %s(", p.name);
		for (unsigned i = 0; i < p.n; i++)
			dump_add(to, " %s", property_value(&p, i));
		dump_add(to, " )");
	}
	dump_add(to, "\n");
}

static inline void dump_directory(struct dump *to, const struct directory *d)
{
	dump_add(to, "%u machines, next id %u\n", directory_machines(d),
		 directory_next_id(d));
	for (uint32_t id = 1; id < directory_next_id(d); id++) {
		const struct entry *e = directory_entry(d, id);

		if (!e)
			continue;
		dump_add(to, "%u.%u in %u of %u (%u)", id, e->instance,
			 e->parent, e->domain, domain_parent(d, e->domain));
		dump_props(to, &e->props);
		for (e = entry_first(d, e); e; e = entry_next(d, e))
			dump_add(to, "\t%u\n", e->id);
	}
}

static inline void dump_lease(struct dump *to, const struct lease *l)
{
	dump_add(to, "%08x %d %u/%u %02x%02x%02x %lld %u %s\n", l->ip, l->kind,
		 l->hw.type, l->hw.len, l->hw.b[3], l->hw.b[4], l->hw.b[5],
		 (long long)l->wall_ends, l->term, l->name);
}

#endif
