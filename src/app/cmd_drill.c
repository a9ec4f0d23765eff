/*
 * muster drill: what a boot of N machines costs, or their configuration after a
 * power failure.
 */
#include "app/command.h"
#include "app/drill.h"
#include "app/exit.h"
#include "base/text.h"
#include "host/random.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* Debian's own network installer, package debian-installer-12-netboot-amd64. */
#define INSTALLER                                                              \
	"/usr/lib/debian-installer/images/12/amd64/text/debian-installer/"     \
	"amd64"

static const char options[] =
	"  -n N               machines, 1 to 60000 (200)\n"
	"  --loss PERCENT     of all packets, lost at each receiver (0)\n"
	"  --arrive SECONDS   they are switched on within this time (1)\n"
	"  --image FILE       kernel, then initrds; up to 5; else Debian's\n"
	"                     network installer, if it is installed, or 49 MB\n"
	"  --protocol P       train, slam, tftm, mtftp or tftp (train)\n"
	"  --seed S           of all that is drawn by lot\n"
	"  --scenario NAME    power-failure: no files; all machines at once "
	"ask\n"
	"                     for address, mask and name\n"
	"  --jitter MS        there: each waits at random up to this before "
	"it\n"
	"                     asks (500)\n"
	"  --namespaces       no simulation: real processes in network\n"
	"                     namespaces; takes root\n"
	"  --log FILE         there: all that server and machines say, with "
	"the time\n"
	"  --json             one object at the end\n";

static int add_image(struct drill *d, const char *path)
{
	struct drill_image *im = &d->images[d->n_images];
	const char *base = strrchr(path, '/');
	struct stat st;

	if (d->n_images == DRILL_IMAGES)
		return usage("drill", "more than %d images", DRILL_IMAGES);
	if (stat(path, &st))
		return failed("drill", "%s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode) || !st.st_size)
		return failed("drill", "%s: no file with anything in it", path);
	im->path = path;
	im->size = (uint64_t)st.st_size;
	snprintf(im->name, sizeof(im->name), "%s", base ? base + 1 : path);
	for (unsigned i = 0; i < d->n_images; i++)
		if (!strcmp(d->images[i].name, im->name))
			return usage("drill", "two images are called %s",
				     im->name);
	d->n_images++;
	return 0;
}

/* Debian's installer; a simulation can do with sizes alone. */
static int default_images(struct drill *d)
{
	static const char *const names[] = {"linux", "initrd.gz"};
	static const uint64_t sizes[] = {8222656, 40810276};
	static char path[2][256];
	struct stat st;

	for (unsigned i = 0; i < 2; i++) {
		struct drill_image *im = &d->images[i];

		snprintf(path[i], sizeof(path[i]), "%s/%s", INSTALLER,
			 names[i]);
		im->path = path[i];
		im->size = sizes[i];
		snprintf(im->name, sizeof(im->name), "%s", names[i]);
		if (!stat(path[i], &st))
			im->size = (uint64_t)st.st_size;
		else if (d->is_real)
			return failed("drill",
				      "%s: %s (package debian-"
				      "installer-12-netboot-amd64)",
				      path[i], strerror(errno));
	}
	d->n_images = 2;
	return 0;
}

static int take_protocol(struct drill *d, const char *name)
{
	if (transport_named(name, &d->via) && d->via != VIA_HTTP &&
	    d->via != VIA_DEFAULT)
		return 0;
	return usage("drill",
		     "--protocol: `%s' is none of train, slam, tftm, mtftp and "
		     "tftp",
		     name);
}

static int take_scenario(struct drill *d, const char *name)
{
	d->is_outage = !strcmp(name, "power-failure");
	if (d->is_outage)
		return 0;
	return usage("drill", "--scenario: `%s' is not power-failure", name);
}

static int take_jitter(struct drill *d, const char *ms)
{
	uint64_t n;

	if (!number_argument("drill", "--jitter", ms, 600000, &n))
		return EXIT_USAGE;
	d->jitter = MILLISECONDS((usec)n);
	d->has_jitter = true;
	return 0;
}

static int take_option(struct drill *d, int c, char **argv)
{
	uint64_t n;

	d->has_boot |= c == 'a' || c == 'i' || c == 'p' || c == 'N';
	switch (c) {
	case 'n':
		if (!number_argument("drill", "-n", optarg, 60000, &n))
			return EXIT_USAGE;
		if (!n)
			return usage("drill", "-n: no machine at all");
		d->machines = (uint32_t)n;
		return 0;
	case 'l':
		return percent_argument("drill", "--loss", optarg, &d->loss)
			       ? 0
			       : EXIT_USAGE;
	case 'a':
		if (!number_argument("drill", "--arrive", optarg, 86400, &n))
			return EXIT_USAGE;
		d->arrive = SECONDS((usec)n);
		return 0;
	case 'i':
		d->owns_images = true;
		return add_image(d, optarg);
	case 'p':
		return take_protocol(d, optarg);
	case 's':
		return number_argument("drill", "--seed", optarg, INT64_MAX,
				       &d->seed)
			       ? 0
			       : EXIT_USAGE;
	case 'S':
		return take_scenario(d, optarg);
	case 'J':
		return take_jitter(d, optarg);
	case 'N':
		d->is_real = true;
		return 0;
	case 'L':
		d->log = optarg;
		return 0;
	case 'j':
		d->wants_json = true;
		return 0;
	case 'h':
		exit(help("drill", options));
	default:
		return bad_option("drill", c, argv);
	}
}

struct simulation {
	const struct drill *drill;
	struct drill_state *state;
};

/* A file by SLAM is a train. */
static void show_trains(const struct drill *d, struct drill_state *state)
{
	state->n_trains = d->via == VIA_TFTP ? 0 : d->n_images;
	for (unsigned i = 0; i < state->n_trains; i++) {
		struct drill_train *t = &state->trains[i];

		(void)text_copy(t->name, sizeof(t->name), d->images[i].name,
				strlen(d->images[i].name));
		t->sent = state->report.files[i].sent;
		t->packets = state->report.files[i].packets;
	}
}

static void on_tick(void *arg, usec now, const struct fleet_report *r)
{
	struct simulation *s = arg;

	s->state->report = *r;
	show_trains(s->drill, s->state);
	drill_show(s->drill, s->state, now);
}

static int simulate(const struct drill *d, struct drill_state *state)
{
	struct simulation s = {.drill = d, .state = state};
	struct fleet_config c = {
		.machines = d->machines,
		.n_images = d->n_images,
		.weather = {.loss = d->loss / 100,
			    .delay = 100,
			    .rate = 125000000},
		.arrive = d->arrive,
		.via = d->via,
		.seed = d->seed,
		.patience = SECONDS(3600),
		.tick = on_tick,
		.arg = &s,
	};
	int rc;

	for (unsigned i = 0; i < d->n_images; i++) {
		c.images[i].name = d->images[i].name;
		c.images[i].size = d->images[i].size;
	}
	rc = fleet_boot(&c, &state->report);
	if (rc)
		return failed("drill", "%s", strerror(-rc));
	show_trains(d, state);
	return 0;
}

static int check_options(const struct drill *d)
{
	if (d->log && !d->is_real)
		return usage("drill", "--log: only with --namespaces");
	if (d->has_jitter && !d->is_outage)
		return usage("drill", "--jitter: only with --scenario");
	if (d->has_boot && d->is_outage)
		return usage("drill",
			     "power-failure: no files, no namespaces, and all "
			     "at once: without --image, --protocol, "
			     "--namespaces and --arrive");
	return 0;
}

static int boot_drill(struct drill *d)
{
	struct drill_state state = {0};
	int rc = 0;

	if (!d->n_images)
		rc = default_images(d);
	if (!rc)
		rc = d->is_real ? lab_drill(d, &state) : simulate(d, &state);
	if (rc)
		return rc;
	drill_sum_up(d, &state);
	if (state.report.broken)
		return EXIT_FAILURE;
	return state.report.failed ? EXIT_PARTLY : EXIT_SUCCESS;
}

int cmd_drill(int argc, char **argv)
{
	static const struct option longs[] = {
		{"loss", required_argument, NULL, 'l'},
		{"arrive", required_argument, NULL, 'a'},
		{"image", required_argument, NULL, 'i'},
		{"protocol", required_argument, NULL, 'p'},
		{"seed", required_argument, NULL, 's'},
		{"scenario", required_argument, NULL, 'S'},
		{"jitter", required_argument, NULL, 'J'},
		{"namespaces", no_argument, NULL, 'N'},
		{"log", required_argument, NULL, 'L'},
		{"json", no_argument, NULL, 'j'},
		{"help", no_argument, NULL, 'h'},
		{0}};
	struct drill d = {.machines = 200,
			  .arrive = SECONDS(1),
			  .jitter = MILLISECONDS(500),
			  .via = VIA_TRAIN};
	int c, rc = host_random(&d.seed);

	d.seed >>= 32; /* short enough to be typed again */
	opterr = 0;
	while (!rc && (c = getopt_long(argc, argv, ":n:h", longs, NULL)) != -1)
		rc = take_option(&d, c, argv);
	if (!rc && optind < argc)
		rc = usage("drill", "%s: what is that?", argv[optind]);
	if (!rc)
		rc = check_options(&d);
	if (rc)
		return rc;
	return d.is_outage ? outage_drill(&d) : boot_drill(&d);
}
