/*
 * muster maskd: a machine that was told its mask tells it to others who ask by
 * ICMP, as every NeXT did in its kernel and no Linux does.  musterd needs no
 * help in this.
 */
#include "app/background.h"
#include "app/command.h"
#include "app/driver.h"
#include "app/exit.h"
#include "app/interface.h"
#include "engine/maskd.h"
#include "host/memory.h"
#include "host/packet.h"
#include "host/random.h"

#include <getopt.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static const char options[] = "  -d               stay in the foreground\n"
			      "It ends by itself when the interface is gone or "
			      "has another address.\n";

static const usec LOOK_AGAIN = SECONDS(10);

struct teller {
	const char *name;
	struct link link;
	struct settings settings;
	struct site site;
	struct maskd *maskd;
	struct loop *loop;
	struct driver *driver;
	struct watch signals;
	int only; /* the descriptor that says so */
	bool is_stopping;
};

static int complain(const struct teller *t, int rc)
{
	return failed("maskd", "%s: %s", t->name, strerror(-rc));
}

/* One for each interface of a network namespace, however often it is started:
 * the name is free again when it has ended.  The descriptor that has it, or
 * -EADDRINUSE. */
static int be_the_only_one(const struct link *link)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int n = snprintf(a.sun_path + 1, sizeof(a.sun_path) - 1,
			 "muster-maskd-%u", link->index);
	socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
				    (size_t)n);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), rc;

	if (fd < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&a, len) < 0) {
		rc = -errno;
		close(fd);
		return rc;
	}
	return fd;
}

static void on_signal(void *arg, unsigned events)
{
	struct teller *t = arg;

	(void)events;
	for (int s; (s = signals_next(t->signals.fd));)
		t->is_stopping |= s == SIGTERM || s == SIGINT;
}

/* A site of one link, with a mask that somebody has said. */
static int open_engine(struct teller *t)
{
	struct site *s = &t->site;
	uint64_t seed;
	int rc = host_random(&seed);

	settings_default(&t->settings);
	subnet_of_link(&t->settings.subnets[0], &t->link, t->settings.lease);
	t->settings.subnets[0].is_guessed = false;
	t->settings.n_subnets = 1;
	t->settings.netmask_authority = true;
	*s = (struct site){.settings = &t->settings,
			   .links = {t->link},
			   .n_links = 1,
			   .domain = DOMAIN_FIRST};
	if (!rc)
		rc = directory_open(&s->directory, &host_memory, 1, seed);
	if (!rc)
		rc = leases_open(&s->leases, &host_memory, 1, seed);
	if (!rc)
		rc = maskd_open(&t->maskd, s, &host_memory, seed);
	return rc;
}

static int open_host(struct teller *t)
{
	static const struct filter_wants wants = {.masks = true};
	struct filter filter;
	struct driver_config config = {.engine = maskd_engine(t->maskd),
				       .filter = &filter};
	int rc = loop_open(&t->loop, &host_memory);

	if (rc)
		return rc;
	filter_server(&filter, &wants);
	t->signals = (struct watch){
		.fd = signals_open(), .arg = t, .ready = on_signal};
	rc = loop_watch(t->loop, &t->signals, LOOP_READ);
	if (!rc)
		rc = driver_open(&t->driver, t->loop, &config);
	if (!rc)
		rc = driver_hear(t->driver, t->link.index);
	return rc;
}

static void close_all(struct teller *t)
{
	driver_close(t->driver);
	loop_close(t->loop, &host_memory);
	maskd_close(t->maskd, &host_memory);
	leases_close(t->site.leases, &host_memory);
	directory_close(t->site.directory);
	close(t->only);
}

/* Still what its administrator said. */
static bool is_as_before(const struct teller *t)
{
	int n;
	struct link *all = interfaces(&n);
	bool is = false;

	for (int i = 0; all && i < n; i++)
		is |= all[i].index == t->link.index &&
		      all[i].ip == t->link.ip && all[i].mask == t->link.mask;
	free(all);
	return is;
}

static int serve(void *arg, int tell)
{
	struct teller *t = arg;
	int rc = open_engine(t);

	if (!rc)
		rc = open_host(t);
	if (rc)
		complain(t, rc);
	else
		background_ready(tell);
	while (!rc && !t->is_stopping && is_as_before(t)) {
		usec until = loop_now(t->loop) + LOOK_AGAIN;

		while (!rc && !t->is_stopping && loop_now(t->loop) < until)
			rc = driver_round(t->driver, until);
	}
	close_all(t);
	return exit_status(rc);
}

static int run(const char *name, bool is_foreground)
{
	static struct teller t;
	int rc;

	t.name = name;
	if (!interface_named("maskd", name, &t.link))
		return EXIT_FAILURE;
	if (!t.link.ip)
		return failed("maskd", "%s: it has no address", name);
	t.only = be_the_only_one(&t.link);
	if (t.only == -EADDRINUSE)
		return EXIT_SUCCESS;
	if (t.only < 0)
		return complain(&t, t.only);
	if (is_foreground)
		return serve(&t, BACKGROUND_NOBODY);
	rc = background(serve, &t);
	return rc < 0 ? complain(&t, rc) : rc;
}

int cmd_maskd(int argc, char **argv)
{
	static const struct option longs[] = {{"help", no_argument, NULL, 'h'},
					      {0}};
	bool is_foreground = false;
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, ":d", longs, NULL)) != -1)
		switch (c) {
		case 'd':
			is_foreground = true;
			break;
		case 'h':
			return help("maskd", options);
		default:
			return bad_option("maskd", c, argv);
		}
	if (optind + 1 != argc)
		return usage("maskd", "one interface is needed");
	return run(argv[optind], is_foreground);
}
