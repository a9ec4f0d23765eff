/*
 * What rpcd, maskd and rarpd look at, for their fuzz targets: one link, two
 * subnets, a machine with boot parameters and one without.
 */
#ifndef MUSTER_FUZZ_RPC_SITE_H
#define MUSTER_FUZZ_RPC_SITE_H

#include "engine/effects.h"
#include "engine/site.h"
#include "unit/props.h"

#include <assert.h>
#include <stdlib.h>

#include "memory.h"

#define SITE_SERVER IP4(10, 0, 0, 1)

static inline void site_add(struct site *s, const char *text)
{
	struct props room;
	struct change c = {.kind = CHANGE_ENTRY_PUT,
			   .domain = DOMAIN_FIRST,
			   .id = directory_next_id(s->directory),
			   .parent = ENTRY_MACHINES,
			   .instance = 1,
			   .props = props(&room, text)};

	assert(!directory_apply(s->directory, &c));
}

static inline void site_open(struct site *s, struct settings *set)
{
	static const uint8_t mac[6] = {2, 0, 0, 0, 0, 1};

	*s = (struct site){.settings = set, .domain = DOMAIN_FIRST};
	settings_default(set);
	set->bootparam.serve = true;
	set->rarp = RARP_ON;
	set->n_subnets = 2;
	for (uint32_t i = 0; i < 2; i++)
		set->subnets[i] = (struct subnet){.network = IP4(10, i, 0, 0),
						  .mask = 0xffffff00,
						  .router = IP4(10, i, 0, 254)};
	s->n_links = 1;
	s->links[0] = (struct link){.index = 1,
				    .hw = hwaddr_ethernet(mac),
				    .ip = SITE_SERVER,
				    .mask = 0xffffff00,
				    .is_up = true};
	assert(!directory_open(&s->directory, &fuzz_memory, 16, 1));
	assert(!leases_open(&s->leases, &fuzz_memory, 16, 2));
	assert(!images_open(&s->images, &fuzz_memory, 10000, 10, 3));
	site_add(s, "name=moira,m; en_address=2:0:0:0:0:9; ip_address=10.0.0.9;"
		    "bootparams=root=wendy:/export/moira,boot=kernel");
	site_add(s, "name=wendy; en_address=2:0:0:0:0:7; ip_address=10.0.0.7");
}

static inline void site_close(struct site *s)
{
	images_close(s->images);
	leases_close(s->leases, &fuzz_memory);
	directory_close(s->directory);
}

/* Addresses that a fuzzer would not guess, by number. */
static inline uint32_t site_address(uint8_t n)
{
	static const uint32_t known[] = {
		IP4(10, 0, 0, 9),    IP4(10, 0, 0, 7),
		IP4(10, 0, 0, 66),   IP4(10, 1, 0, 9),
		SITE_SERVER,         IP4(127, 0, 0, 1),
		IP4(10, 0, 0, 255),  IP4(10, 255, 255, 255),
		IP_BROADCAST,        IP4(224, 0, 0, 1),
		IP4(192, 168, 1, 1), 0};

	return known[n % (sizeof(known) / sizeof(*known))];
}

/* Whether anything may be sent there. */
static inline bool site_may_hear(const struct site *s, uint32_t ip)
{
	return site_is_near(s, ip) && !ip_is_multicast(ip) &&
	       ip_is_host(ip, 0xffffff00);
}

#endif
