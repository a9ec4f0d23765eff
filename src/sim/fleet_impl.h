/*
 * The inside of a fleet.
 *
 *	fleet.c         the machines, the run, the report
 *	fleet_server.c  the server: its site, its crashes
 *	fleet_watch.c   the invariants
 *	fleet_coding.c  repairs, and what is solved for with them
 *	ledger.c        what is promised and what is durable
 */
#ifndef MUSTER_SIM_FLEET_IMPL_H
#define MUSTER_SIM_FLEET_IMPL_H

#include "base/rand.h"
#include "engine/askers.h"
#include "engine/boot.h"
#include "engine/server.h"
#include "sim/fleet.h"
#include "sim/lan_impl.h"
#include "sim/ledger.h"

#define FLEET_SERVER  IP4(10, 77, 0, 1)
#define FLEET_MASK    0xffff0000u
#define FLEET_BEGIN   SECONDS(1) /* power-on of the first machine */
#define FLEET_BLKSIZE 1428

struct machine {
	struct fleet *fleet;
	struct boot *boot;
	enum boot_phase phase;
	uint32_t ip;
	usec on, took; /* since when; until it was ready */
	/* Each part that it keeps adds hash(end) - hash(beginning): the sum is
	 * that of the whole file only if the parts are all of it, once. */
	uint64_t kept[BOOT_FILES];
	uint64_t missed[FLEET_IMAGES]; /* sent before it listened */
	uint8_t *scratch; /* repairs that it keeps, in runs with payload */
	size_t scratch_room;
	bool has_fault; /* of its own: it counts apart */
};

struct fleet {
	const struct fleet_config *config;
	struct fleet_report *report;
	struct lan *lan;
	struct ledger *ledger;
	struct alloc memory; /* of engines, which take it when opened only */
	bool is_opening;

	struct settings settings;
	struct site site;
	struct server *server;
	struct machine *machines; /* node id - 1 */
	uint32_t *holder;         /* by host number: node id that has it */
	uint64_t sent[FLEET_IMAGES];
	uint32_t image_ids[FLEET_IMAGES]; /* 0 while nobody knows them */
	struct rand rand;
	uint32_t done;
	usec booted_in;    /* the sum of what it took each of them */
	unsigned lives;    /* of the server: no two draw the same lots */
	unsigned troubles; /* that are to come */
	uint32_t hung;     /* machines that are, and were not done */
	unsigned trains;   /* under way */
	usec came_at;      /* the last who began to load */
	bool is_complete;  /* everybody came to load, and data left then */
	usec next_tick;
};

/* fleet.c */
/* A machine reached its end, or is on its way again. */
/* The files as they are now, into the report. */
void fleet_count_files(struct fleet *f);
void fleet_settled(struct fleet *f);
/* Data leaves. */
void fleet_sends(struct fleet *f, usec now);
void fleet_broken(struct fleet *f, const char *what);

/* fleet_server.c */
struct link fleet_link(uint32_t node, uint32_t ip);
int fleet_open_server(struct fleet *f);
void fleet_close_server(struct fleet *f);
/* As kill -9 does it; it comes back by itself. */
void fleet_crash(void *fleet, usec now);

/* fleet_coding.c */
extern const struct crypt fleet_crypt;
int fleet_set_manifests(struct fleet *f);
void fleet_read_repair(struct fleet *f, const struct ref *ref, uint8_t *to);
void fleet_keep_scratch(struct fleet *f, struct machine *m,
			const struct keep *k);
/* As engine.h says; image 0: nobody knows its number just now. */
int fleet_mend(struct fleet *f, uint32_t node, uint32_t image,
	       const struct mend *m);

/* fleet_watch.c */
struct lan_watcher fleet_watcher(struct fleet *f);
/* The bytes of an image, for lan_config. */
void fleet_read(void *fleet, const struct ref *ref, uint8_t *to);
void fleet_count_phase(struct fleet *f, struct machine *m,
		       enum boot_phase phase);
static inline bool machine_is_done(const struct machine *m)
{
	return m->phase == BOOT_READY || m->phase == BOOT_BROKEN;
}
/* After the run: who is ready has all of its files. */
void fleet_check_files(struct fleet *f);
/* What an image is called in reports: its place in config->images;
 * FLEET_IMAGES: none of them. */
unsigned fleet_image(const struct fleet *f, uint32_t image);

#endif
