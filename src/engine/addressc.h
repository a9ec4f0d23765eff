/*
 * What bootpc and dhcpc share: the answer they look for, and how they ask.
 * Both speak through frames, because the machine has no address yet.
 */
#ifndef MUSTER_ENGINE_ADDRESSC_H
#define MUSTER_ENGINE_ADDRESSC_H

#include "base/alloc.h"
#include "engine/engine.h"

struct addressc_config {
	struct link link;     /* its hw is the machine's */
	const char *class_id; /* option 60; "muster"; NULL: none */
	uint16_t arch;        /* option 93; ARCH_UNKNOWN: none */
	uint64_t seed;
	unsigned tries; /* give up after so many; 0: never */
};

/* What the machine was told. */
struct address_answer {
	uint32_t ip, mask, router, server;
	uint32_t dns[4];
	uint32_t lease; /* seconds; 0: BOOTP, for good */
	char name[64];
	char domain[64];
	char file[256]; /* boot address as it came */
};

enum addressc_state { ADDRESSC_ASKING, ADDRESSC_BOUND, ADDRESSC_FAILED };

#endif
