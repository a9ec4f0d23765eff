/*
 * What is shown of a drill: a table that is painted over on a terminal, a line
 * a second elsewhere, nothing with --json but the one object at the end.
 */
#include "app/bar.h"
#include "app/drill.h"
#include "engine/boot.h"

#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

static const char *const phases[FLEET_PHASES] = {
	[BOOT_OFF] = "off",
	[BOOT_ASKING] = "asking",
	[BOOT_ADDRESSING] = "addressed",
	[BOOT_LOADING] = "loading",
	[BOOT_READY] = "booted",
	[BOOT_BROKEN] = "failed",
};

static double seconds(usec t)
{
	return (double)t / 1e6;
}

static void paint(const struct drill *d, const struct drill_state *s, usec now)
{
	static int lines; /* that the last picture took */
	char bar[128];

	if (lines)
		printf("\033[%dA", lines);
	printf("\033[K%6.1f s%s   %u machines:", seconds(now),
	       d->is_real ? "" : " (virtual)", d->machines);
	for (int i = 0; i < FLEET_PHASES; i++)
		if (s->report.phase[i])
			printf("  %u %s", s->report.phase[i], phases[i]);
	putchar('\n');
	for (unsigned i = 0; i < s->n_trains; i++) {
		const struct drill_train *t = &s->trains[i];
		uint64_t have = t->sent;

		if (t->is_done || have > t->packets)
			have = t->packets;
		bar_put(bar, sizeof(bar), have, t->packets, 40);
		printf("\033[K  %-12.40s %s  %" PRIu64
		       " packets sent of %" PRIu64 "\n",
		       t->name, bar, t->before + t->sent, t->packets);
	}
	lines = 1 + (int)s->n_trains;
	fflush(stdout);
}

static void line(const struct drill_state *s, usec now)
{
	printf("%6.1f s ", seconds(now));
	for (int i = 0; i < FLEET_PHASES; i++)
		if (s->report.phase[i])
			printf(" %u %s", s->report.phase[i], phases[i]);
	for (unsigned i = 0; i < s->n_trains; i++)
		printf("; %s %" PRIu64 "/%" PRIu64, s->trains[i].name,
		       s->trains[i].before + s->trains[i].sent,
		       s->trains[i].packets);
	putchar('\n');
	fflush(stdout);
}

void drill_show(const struct drill *d, const struct drill_state *s, usec now)
{
	static usec next;
	bool is_live = bar_is_live(stdout);

	if (d->wants_json || now < next)
		return;
	next = now + (is_live ? MILLISECONDS(100) : SECONDS(1));
	if (is_live)
		paint(d, s, now);
	else
		line(s, now);
}

static void put_json(const struct drill *d, const struct fleet_report *r)
{
	json_t *o = json_pack(
		"{s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:f, s:s, s:I}",
		"machines", (json_int_t)r->machines, "booted",
		(json_int_t)r->booted, "failed", (json_int_t)r->failed,
		"image_bytes", (json_int_t)r->image_bytes, "packets_needed",
		(json_int_t)r->packets_needed, "packets_sent",
		(json_int_t)r->packets_sent, "wire_ratio", r->wire_ratio,
		"seconds", seconds(r->lasted), "mode",
		d->is_real ? "namespaces" : "simulated", "seed",
		(json_int_t)d->seed);

	json_dumpf(o, stdout, JSON_REAL_PRECISION(9));
	putchar('\n');
	json_decref(o);
}

/*
 * How often a packet is sent if what anybody missed is sent to all again: the
 * sum over k of P(somebody lacks it after k sendings), 1 - (1 - p^k)^n.
 */
static double plain_resending(uint32_t n, double p)
{
	double sum = 0, lost = 1, nobody;

	do {
		nobody = pow(1 - lost, n);
		sum += 1 - nobody;
		lost *= p;
	} while (nobody < 0.999999);
	return sum;
}

static void print_comparison(const struct drill *d,
			     const struct fleet_report *r)
{
	double plain = plain_resending(d->machines, d->loss / 100);
	char unicast[32];

	bar_bytes(unicast, sizeof(unicast), r->image_bytes * r->machines);
	if (d->loss > 0)
		printf("plain resending of what anybody missed takes %.3f\n",
		       plain);
	if (d->via != VIA_TFTP)
		printf("a unicast boot would have sent %" PRIu64
		       " packets, %s\n",
		       r->packets_needed * r->machines, unicast);
}

void drill_sum_up(const struct drill *d, const struct drill_state *s)
{
	const struct fleet_report *r = &s->report;
	char files[32];

	if (d->wants_json) {
		put_json(d, r);
		return;
	}
	if (bar_is_live(stdout))
		paint(d, s, r->lasted);
	bar_bytes(files, sizeof(files), r->image_bytes);
	printf("\n%u of %u machines booted in %.1f s (%s, %g %% loss, %s)\n",
	       r->booted, r->machines, seconds(r->lasted),
	       d->is_real ? "real processes in namespaces"
			  : "simulated, virtual time",
	       d->loss, transport_name(d->via));
	if (r->failed)
		printf("%u failed\n", r->failed);
	if (r->broken)
		printf("broken: %s\n", r->broken);
	printf("%s in %u file%s: %" PRIu64 " packets hold them once, %" PRIu64
	       " were sent: %.3f transmissions\n",
	       files, d->n_images, d->n_images == 1 ? "" : "s",
	       r->packets_needed, r->packets_sent, r->wire_ratio);
	print_comparison(d, r);
}
