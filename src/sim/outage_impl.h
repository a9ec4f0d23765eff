/*
 * The inside of an outage.
 *
 *	outage.c         the machines, the run, the report
 *	outage_server.c  the server and its directory
 *	outage_watch.c   what is counted, and the invariants
 */
#ifndef MUSTER_SIM_OUTAGE_IMPL_H
#define MUSTER_SIM_OUTAGE_IMPL_H

#include "engine/askers.h"
#include "engine/server.h"
#include "sim/lan_impl.h"
#include "sim/outage.h"

#define OUTAGE_SERVER IP4(10, 77, 0, 1)
#define OUTAGE_FIRST  IP4(10, 77, 1, 0) /* the first machine's */
#define OUTAGE_MASKED 0xffff0000u
#define OUTAGE_BEGIN  SECONDS(1) /* when the power comes back */

enum { OUTAGE_NAME_ROOM = 8 };

struct victim {
	struct startc *startc;
	enum outage_phase phase; /* OUTAGE_PHASES: through */
};

struct outage {
	const struct outage_config *config;
	struct outage_report *report;
	struct lan *lan;
	struct alloc memory; /* of engines, which take it when opened only */
	bool is_opening;

	struct settings settings;
	struct site site;
	struct server *server;
	struct victim *victims;  /* node id - 1 */
	usec sum[OUTAGE_PHASES]; /* of when each was through */
};

/* outage.c */
void outage_broken(struct outage *o, const char *what);

/* outage_server.c */
struct link outage_link(uint32_t node, uint32_t ip);
/* What the directory has for the machine. */
static inline uint32_t outage_ip(uint32_t node)
{
	return OUTAGE_FIRST + node - 1;
}
void outage_name(uint32_t node, char name[OUTAGE_NAME_ROOM]);
int outage_open_server(struct outage *o);
void outage_close_server(struct outage *o);

/* outage_watch.c */
struct lan_watcher outage_watcher(struct outage *o);
/* Whether it has all that is its own. */
bool outage_is_right(const struct outage *o, uint32_t node);

#endif
