/*
 * An outage and its end.  Nothing befalls it but itself: all machines ask at
 * once, the server reads as fast as it can, and who was not heard asks again
 * when its timers say so.
 */
#include "sim/outage_impl.h"

#include "base/rand.h"

#include <errno.h>
#include <stdlib.h>

void outage_broken(struct outage *o, const char *what)
{
	if (!o->report->broken)
		o->report->broken = what;
	lan_stop(o->lan);
}

static void *memory_get(void *arg, size_t n, size_t size)
{
	struct outage *o = arg;

	if (!o->is_opening)
		outage_broken(o, "an engine took memory while it ran");
	return lan_memory.get(NULL, n, size);
}

static void memory_put(void *arg, void *p)
{
	(void)arg;
	lan_memory.put(NULL, p);
}

static void start(void *arg, usec now, struct effects *fx)
{
	struct victim *v = arg;

	startc_start(v->startc, now, fx);
}

static int add_machine(struct outage *o, uint32_t node, uint64_t seed)
{
	struct victim *v = &o->victims[node - 1];
	struct startc_config config = {
		.link = outage_link(node, 0),
		.ifconfig = {.address = IFCONFIG_AUTOMATIC,
			     .netmask = IFCONFIG_AUTOMATIC,
			     .up = true},
		.sets_name = true,
		.schedule = o->config->schedule,
		.jitter = o->config->jitter,
		.seed = seed,
	};
	uint32_t id;
	int rc = startc_open(&v->startc, &config, &o->memory);

	if (!rc)
		rc = lan_add(o->lan, &config.link, startc_engine(v->startc),
			     &id);
	if (!rc)
		lan_switch_on(o->lan, id, OUTAGE_BEGIN, start, v);
	return rc;
}

/* There is no store: a COMMIT would fail, and with it what it was for. */
static int open_outage(struct outage *o)
{
	const struct outage_config *c = o->config;
	struct lan_watcher watcher = outage_watcher(o);
	struct lan_config lan = {.weather = c->weather,
				 .seed = c->seed,
				 .nodes = c->machines + 1};
	struct rand rand;
	int rc;

	rand_seed(&rand, c->seed + 1);
	o->memory = (struct alloc){o, memory_get, memory_put};
	o->victims = calloc(c->machines, sizeof(*o->victims));
	if (!o->victims)
		return -ENOMEM;
	o->is_opening = true;
	rc = lan_open(&o->lan, &lan, &watcher);
	if (!rc)
		rc = outage_open_server(o);
	for (uint32_t i = 0; !rc && i < c->machines; i++)
		rc = add_machine(o, i + 1, rand_u64(&rand));
	o->is_opening = false;
	return rc;
}

static void close_outage(struct outage *o)
{
	lan_close(o->lan);
	outage_close_server(o);
	for (uint32_t i = 0; o->victims && i < o->config->machines; i++)
		startc_close(o->victims[i].startc, &o->memory);
	free(o->victims);
}

static void sum_up(struct outage *o)
{
	struct outage_report *r = o->report;

	for (uint32_t i = 0; i < o->config->machines; i++)
		r->configured += outage_is_right(o, i + 1);
	r->withheld = maskd_stats(server_maskd(o->server))->limited +
		      rpcd_stats(server_rpcd(o->server))->limited;
	r->lasted = lan_now(o->lan) - OUTAGE_BEGIN;
	r->trace = lan_stats(o->lan)->trace;
}

int outage_run(const struct outage_config *config, struct outage_report *r)
{
	struct outage *o;
	int rc;

	if (!config->machines || config->machines > OUTAGE_MOST)
		return -EINVAL;
	o = calloc(1, sizeof(*o));
	if (!o)
		return -ENOMEM;
	o->config = config;
	o->report = r;
	*r = (struct outage_report){.machines = config->machines};
	rc = open_outage(o);
	if (!rc) {
		(void)lan_run(o->lan, OUTAGE_BEGIN + config->patience);
		sum_up(o);
	}
	close_outage(o);
	free(o);
	return rc;
}

struct outage_config outage_default(uint32_t n, uint64_t seed)
{
	return (struct outage_config){
		.machines = n,
		.schedule = NEXTC_ARTICLE,
		.weather = {.delay = OUTAGE_DELAY, .rate = OUTAGE_RATE},
		.reader = {.each = OUTAGE_EACH,
			   .queue = OUTAGE_QUEUE,
			   .rate = OUTAGE_RATE},
		.seed = seed,
		.patience = SECONDS(3600),
	};
}
