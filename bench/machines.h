/*
 * A million machines that look like real ones, for what is measured: machine i
 * has the hardware address 2:b0:0 and its number in the last three bytes, an
 * address in 10.0.0.0/8 from 10.1.0.0 on, a name, a boot file and what it
 * serves.  Domains stand in a tree, each with as many machines as the others;
 * the first is "/".
 */
#ifndef MUSTER_BENCH_MACHINES_H
#define MUSTER_BENCH_MACHINES_H

#include "base/text.h"
#include "model/directory.h"

#include <stdio.h>

enum { BRANCHES = 10, MACHINE_BYTES = 256, MACHINES_MOST = 10000000 };

struct machines {
	uint32_t n, domains;
};

static inline uint32_t machine_domain_number(const struct machines *m,
					     uint32_t i)
{
	return (uint32_t)((uint64_t)i * m->domains / m->n);
}

/* The id of domain k, of its directory of machines, and of machine i. */
static inline uint32_t domain_id(uint32_t k)
{
	return k ? ENTRY_FIXED + 2 * k - 1 : DOMAIN_FIRST;
}

static inline uint32_t domain_machines_id(uint32_t k)
{
	return k ? domain_id(k) + 1 : ENTRY_MACHINES;
}

static inline uint32_t domain_up(uint32_t k)
{
	return (k - 1) / BRANCHES;
}

static inline uint32_t machine_id(const struct machines *m, uint32_t i)
{
	return ENTRY_FIXED + 2 * (m->domains - 1) + 1 + i;
}

static inline struct hwaddr machine_hw(uint32_t i)
{
	return (struct hwaddr){.type = HW_ETHERNET,
			       .len = 6,
			       .b = {2, 0xb0, 0, (uint8_t)(i >> 16),
				     (uint8_t)(i >> 8), (uint8_t)i}};
}

static inline uint32_t machine_ip(uint32_t i)
{
	return IP4(10, 1, 0, 0) + i;
}

/* room: 16 bytes */
static inline void machine_name_of(uint32_t i, char *room)
{
	snprintf(room, 16, "ws-%07u", i);
}

/* Its property list, in room of MACHINE_BYTES. */
static inline struct plist machine_props(uint32_t i, uint8_t *room)
{
	char name[16], hw[24], ip[16];
	struct text hw_text = text_over(hw, sizeof hw);
	struct text ip_text = text_over(ip, sizeof ip);
	struct plist_out o = plist_begin(room, MACHINE_BYTES);
	struct hwaddr mac = machine_hw(i);
	struct plist props;

	machine_name_of(i, name);
	text_hwaddr_short(&hw_text, &mac);
	text_ip(&ip_text, machine_ip(i));
	plist_add(&o, "name");
	plist_add_value(&o, name);
	plist_add(&o, "en_address");
	plist_add_value(&o, hw);
	plist_add(&o, "ip_address");
	plist_add_value(&o, ip);
	plist_add(&o, "bootfile");
	plist_add_value(&o, "mach");
	plist_add(&o, "serves");
	plist_add_value(&o, "./local");
	(void)plist_end(&o, &props);
	return props;
}

static inline struct change machine_change(const struct machines *m, uint32_t i,
					   uint8_t *room)
{
	uint32_t k = machine_domain_number(m, i);

	return (struct change){.kind = CHANGE_ENTRY_PUT,
			       .domain = domain_id(k),
			       .parent = domain_machines_id(k),
			       .id = machine_id(m, i),
			       .instance = 1,
			       .props = machine_props(i, room)};
}

/* Domain k > 0, or its directory of machines. */
static inline struct change domain_change(uint32_t k, bool is_root,
					  uint8_t *room)
{
	struct plist_out o = plist_begin(room, MACHINE_BYTES);
	struct change c = {.kind = CHANGE_DOMAIN_PUT,
			   .domain = domain_id(k),
			   .id = domain_id(k),
			   .parent = domain_id(domain_up(k)),
			   .instance = 1};
	char name[16];

	if (!is_root) {
		c.kind = CHANGE_ENTRY_PUT;
		c.id = domain_machines_id(k);
		c.parent = domain_id(k);
	}
	snprintf(name, sizeof name, "site%u", k);
	plist_add(&o, "name");
	plist_add_value(&o, is_root ? name : "machines");
	(void)plist_end(&o, &c.props);
	return c;
}

/* All that leads from an empty directory to these: 0, or what `each` says. */
static inline int machines_each(const struct machines *m,
				int (*each)(void *arg, const struct change *c),
				void *arg)
{
	uint8_t room[MACHINE_BYTES];
	struct change c;
	int rc = 0;

	for (uint32_t k = 1; k < m->domains && !rc; k++) {
		c = domain_change(k, true, room);
		rc = each(arg, &c);
		if (rc)
			return rc;
		c = domain_change(k, false, room);
		rc = each(arg, &c);
	}
	for (uint32_t i = 0; i < m->n && !rc; i++) {
		c = machine_change(m, i, room);
		rc = each(arg, &c);
	}
	return rc;
}

#endif
