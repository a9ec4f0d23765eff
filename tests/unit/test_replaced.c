/*
 * A broken computer: another one stands in its place, and the administrator
 * says its hardware address, nothing else.  Name, address, boot file, mask and
 * files are then the new one's, and the old one is a stranger.
 */
#include "engine/bootpd.h"
#include "engine/maskd.h"
#include "engine/rarpd.h"
#include "engine/rpcd.h"
#include "rpc_world.h"

#include <string.h>

enum { OLD = 9, SPARE = 66 };

static struct maskd *maskd;
static struct rarpd *rarpd;
static struct rpcd *rpcd;

static void open_world(struct world *w)
{
	rpc_world_open(w);
	w->settings.unknown = UNKNOWN_IGNORE;
	w->settings.rarp = RARP_ON;
	world_start(w);
	assert_int_equal(maskd_open(&maskd, &w->site, &stage_alloc, 7), 0);
	assert_int_equal(rarpd_open(&rarpd, &w->site, &stage_alloc, 8), 0);
	assert_int_equal(rpcd_open(&rpcd, &w->site, &stage_alloc, 9), 0);
}

static void close_world(struct world *w)
{
	maskd_close(maskd, &stage_alloc);
	rarpd_close(rarpd, &stage_alloc);
	rpcd_close(rpcd, &stage_alloc);
	world_close(w);
}

/* All that machine n asks as it starts, a NeXT first and then a Sun. */
static void starts(struct world *w, uint32_t n)
{
	stage_engine(w->st, bootpd_engine(w->b));
	world_hear(w, &(struct query){.n = n});
	stage_engine(w->st, maskd_engine(maskd));
	asks_mask(w, n, MOIRA, IP_BROADCAST);
	stage_engine(w->st, rpcd_engine(rpcd));
	asks_whoami(w, n, MOIRA);
	stage_engine(w->st, rarpd_engine(rarpd));
	asks_rarp(w, n, n);
}

#define STARTED(at, hw)                                                        \
	at "  BOOTPREPLY 10.0.0.9 next 10.0.0.1 to " hw "\n" at                \
	   "  note bootp-replied 10.0.0.9\n" at "  mask 255.255.255.0 to " hw  \
	   "\n" at "  note mask-told 10.0.0.9 24\n" at "  rpc ok +44 to " hw   \
	   "\n" at "  note name-told 10.0.0.9 \"moira\"\n" at                  \
	   "  rarp 10.0.0.9 to " hw "\n" at "  note rarp-told 10.0.0.9\n"

static void a_new_computer_takes_the_place_of_a_broken_one(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	starts(&w, OLD);
	stage_expect(w.st, STARTED("    0 ms", "02:00:00:00:00:09"));

	stage_wait(w.st, SECONDS(60));
	stage_engine(w.st, bootpd_engine(w.b));
	world_hear(&w, &(struct query){.n = SPARE});
	stage_expect(w.st, "60000 ms  note machine-unknown \"ignored\"\n");
	world_replace(&w, "moira", SPARE);
	starts(&w, SPARE);
	stage_expect(w.st, STARTED("60000 ms", "02:00:00:00:00:42"));

	/* It was mended, and somebody switches it on. */
	stage_engine(w.st, bootpd_engine(w.b));
	world_hear(&w, &(struct query){.n = OLD});
	stage_engine(w.st, rarpd_engine(rarpd));
	asks_rarp(&w, OLD, OLD);
	stage_expect(w.st, "60000 ms  note machine-unknown \"ignored\"\n");
	close_world(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_new_computer_takes_the_place_of_a_broken_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
