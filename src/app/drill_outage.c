/*
 * A power failure, simulated twice: as machines of 1995 come back, all in the
 * same instant and with the same timers, and the same machines with jitter.
 */
#include "app/command.h"
#include "app/drill.h"
#include "app/exit.h"
#include "sim/outage.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

enum { RUNS = 2, OF_1995 = 0, WITH_JITTER };

static const char *const phases[OUTAGE_PHASES] = {
	[OUTAGE_ADDRESS] = "address",
	[OUTAGE_MASK] = "mask",
	[OUTAGE_NAME] = "name",
};

static double seconds(usec t)
{
	return (double)t / 1e6;
}

/* ---- for machines -------------------------------------------------------- */

static json_t *part_json(const struct outage_part *p)
{
	return json_pack("{s:I, s:f, s:f, s:I, s:I, s:I}", "through",
			 (json_int_t)p->through, "last_seconds",
			 seconds(p->last), "mean_seconds", seconds(p->mean),
			 "machines_sent", (json_int_t)p->asked, "server_sent",
			 (json_int_t)p->answered, "server_lost",
			 (json_int_t)p->lost);
}

static json_t *run_json(const struct outage_config *c,
			const struct outage_report *r)
{
	json_t *o = json_pack(
		"{s:I, s:I, s:I, s:I, s:I, s:f}", "jitter_ms",
		(json_int_t)(c->jitter / 1000), "configured",
		(json_int_t)r->configured, "packets", (json_int_t)r->packets,
		"announced", (json_int_t)r->announced, "withheld",
		(json_int_t)r->withheld, "seconds", seconds(r->lasted));

	for (unsigned i = 0; i < OUTAGE_PHASES; i++)
		json_object_set_new(o, phases[i], part_json(&r->part[i]));
	return o;
}

static json_t *assumed_json(const struct outage_config *c)
{
	return json_pack("{s:I, s:I, s:I, s:I}", "read_us",
			 (json_int_t)c->reader.each, "queue",
			 (json_int_t)c->reader.queue, "bits_per_second",
			 8 * (json_int_t)c->weather.rate, "delay_us",
			 (json_int_t)c->weather.delay);
}

static void put_json(const struct drill *d, const struct outage_config *c,
		     const struct outage_report *r)
{
	json_t *o = json_pack(
		"{s:s, s:I, s:s, s:I, s:f, s:o, s:o, s:o}", "scenario",
		"power-failure", "machines", (json_int_t)d->machines, "mode",
		"simulated", "seed", (json_int_t)d->seed, "loss_percent",
		d->loss, "assumed", assumed_json(&c[OF_1995]), "timers_of_1995",
		run_json(&c[OF_1995], &r[OF_1995]), "with_jitter",
		run_json(&c[WITH_JITTER], &r[WITH_JITTER]));

	json_dumpf(o, stdout, JSON_REAL_PRECISION(9));
	putchar('\n');
	json_decref(o);
}

/* ---- for people ---------------------------------------------------------- */

static void print_part(const char *name, const struct outage_part *p)
{
	printf("  %-18s %8u %9.3f %9.3f %9" PRIu64 " %9" PRIu64 " %9" PRIu64
	       "\n",
	       name, p->through, seconds(p->last), seconds(p->mean), p->asked,
	       p->answered, p->lost);
}

static void print_run(const char *title, const struct outage_report *r)
{
	uint32_t named = r->part[OUTAGE_NAME].through;

	printf("%s\n", title);
	for (unsigned i = 0; i < OUTAGE_PHASES; i++)
		print_part(phases[i], &r->part[i]);
	printf("  %u configured after %.3f s; %" PRIu64 " packets, %" PRIu64
	       " of them gratuitous ARP\n",
	       r->configured, seconds(r->lasted), r->packets, r->announced);
	if (named < r->machines)
		printf("  %u still ask\n", r->machines - named);
	if (r->configured < named)
		printf("  %u were told no mask and have that of their class\n",
		       named - r->configured);
	if (r->withheld)
		printf("  %" PRIu64 " answers were withheld by the server's "
		       "limits\n",
		       r->withheld);
	if (r->broken)
		printf("  broken: %s\n", r->broken);
}

static void print(const struct drill *d, const struct outage_config *c,
		  const struct outage_report *r)
{
	char title[64];

	printf("Power failure: %u machines, all switched on in the same "
	       "instant\n(simulated, virtual time, %g %% loss, seed %" PRIu64
	       ")\n\n",
	       d->machines, d->loss, d->seed);
	printf("%-20s %8s %9s %9s %9s %9s %9s\n", "", "through", "last, s",
	       "mean, s", "asked", "answered", "lost");
	print_run("timers of 1995", &r[OF_1995]);
	snprintf(title, sizeof(title), "with --jitter %" PRId64,
		 c[WITH_JITTER].jitter / 1000);
	print_run(title, &r[WITH_JITTER]);
	printf("\nlost: at the server, whose queue was full\n"
	       "assumed: the server takes %" PRId64 " us for a datagram, %u "
	       "more can wait;\n         links of %" PRIu64 " Mbit/s, %" PRId64
	       " us long\n",
	       c->reader.each, c->reader.queue, c->weather.rate * 8 / 1000000,
	       c->weather.delay);
}

int outage_drill(const struct drill *d)
{
	struct outage_config c[RUNS];
	struct outage_report r[RUNS];
	int worst = EXIT_SUCCESS;

	for (unsigned i = 0; i < RUNS; i++) {
		int rc;

		c[i] = outage_default(d->machines, d->seed);
		c[i].weather.loss = d->loss / 100;
		c[i].jitter = i == WITH_JITTER ? d->jitter : 0;
		rc = outage_run(&c[i], &r[i]);
		if (rc)
			return failed("drill", "%s", strerror(-rc));
	}
	if (d->wants_json)
		put_json(d, c, r);
	else
		print(d, c, r);
	for (unsigned i = 0; i < RUNS; i++) {
		if (r[i].broken)
			return EXIT_FAILURE;
		if (r[i].configured < d->machines)
			worst = EXIT_PARTLY;
	}
	return worst;
}
