/*
 * What the simulations share: fleets that must boot, theory to compare with,
 * and seeds that are printed when they fail.
 */
#ifndef MUSTER_TESTS_FLEETS_H
#define MUSTER_TESTS_FLEETS_H

#include "engine/note.h"
#include "sim/fleet.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/*
 * How often a packet is sent until the last of n machines has it, each sending
 * lost on each of them with probability p: the sum over k of P(somebody still
 * lacks it after k sendings), 1 - (1 - p^k)^n.
 */
static inline double plain_repair(uint32_t n, double p)
{
	double sum = 0, lost = 1;

	for (int k = 0; k < 100; k++) {
		double nobody = 1;

		for (uint32_t i = 0; i < n; i++)
			nobody *= 1 - lost;
		sum += 1 - nobody;
		lost *= p;
	}
	return sum;
}

/* A gigabit link, and a file of so many bytes in two parts. */
static inline struct fleet_config a_fleet(uint32_t machines, uint64_t bytes,
					  uint64_t seed)
{
	return (struct fleet_config){
		.machines = machines,
		.images = {{"kernel", bytes / 4},
			   {"initrd", bytes - bytes / 4}},
		.n_images = 2,
		.weather = {.delay = 100, .rate = 125000000},
		.seed = seed,
		.patience = SECONDS(3600),
	};
}

/* The last machine that gave up, and why. */
struct last_words {
	uint32_t node;
	char why[200];
};

static inline void hear_last_words(void *arg, uint32_t node, usec now,
				   const struct note *n)
{
	struct last_words *w = arg;

	if (n->code != NOTE_BOOT_FAILED)
		return;
	w->node = node;
	snprintf(w->why, sizeof(w->why), "machine %u after %.1f s: %s", node,
		 (double)now / 1e6 - 1, n->text);
}

/* Everybody boots and nothing breaks. */
static inline struct fleet_report boots(const struct fleet_config *config)
{
	struct last_words words = {0};
	struct fleet_config c = *config;
	struct fleet_report r;

	c.note = hear_last_words;
	c.arg = &words;
	assert_int_equal(fleet_boot(&c, &r), 0);
	if (r.broken || r.booted != c.machines)
		print_error("seed %" PRIu64 ": %u of %u booted; %s; %s\n",
			    c.seed, r.booted, c.machines,
			    r.broken ? r.broken : "no invariant broken",
			    words.why);
	assert_null(r.broken);
	assert_int_equal(r.booted, c.machines);
	return r;
}

/* Data packets for each packet of the files, and who came too late for some of
 * them put aside: what the last one missed had to be sent again for it. */
static inline double cost_of(const struct fleet_report *r)
{
	double sent = 0, packets = 0;

	for (unsigned i = 0; i < FLEET_IMAGES; i++) {
		sent += (double)r->files[i].sent;
		packets += (double)(r->files[i].packets);
	}
	return sent / packets;
}

static inline double missed_by_the_last(const struct fleet_report *r)
{
	double missed = 0, packets = 0;

	for (unsigned i = 0; i < FLEET_IMAGES; i++) {
		missed += (double)r->files[i].missed;
		packets += (double)(r->files[i].packets);
	}
	return missed / packets;
}

/* SEED=n in the environment runs that one alone. */
static inline void for_seeds(uint64_t n, void (*run)(uint64_t seed))
{
	const char *one = getenv("SEED");

	for (uint64_t seed = 1; !one && seed <= n; seed++)
		run(seed);
	if (one)
		run(strtoull(one, NULL, 0));
}

#endif
