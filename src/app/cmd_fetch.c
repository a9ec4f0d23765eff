/*
 * muster fetch: one file by its boot address.
 */
#include "app/bar.h"
#include "app/command.h"
#include "app/driver.h"
#include "app/exit.h"
#include "app/interface.h"
#include "app/sink.h"
#include "app/trust.h"
#include "base/text.h"
#include "engine/loader.h"
#include "host/crypt.h"
#include "host/memory.h"
#include "host/random.h"
#include "host/wire_state.h"
#include "wire/url.h"

#include <errno.h>
#include <getopt.h>
#include <libgen.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static const uint32_t ANY_GROUP = IP4(239, 255, 1, 1);

static const char options[] =
	"  -o, --output FILE   where to keep it; else its own name, here\n"
	"  --sha256 HEX        what it must be; the file is removed otherwise\n"
	"  --interface IF      for multicast; else the one that the\n"
	"                      server is at, or the kernel's route\n"
	"  --key FILE          train: who must have signed it; may be "
	"repeated\n"
	"  --min-version N     train: nothing older\n"
	"  --blksize N         TFTP: 8 to 65464; 0 asks for nothing (1428)\n"
	"  --windowsize N      TFTP: blocks before an acknowledgement (16)\n"
	"  -q, --quiet         no progress\n";

enum { SERVERS = 8 }; /* of one name */

struct request {
	struct url url;
	uint32_t servers[SERVERS];
	unsigned n_servers;
	struct loadc_config config;
	char output[1024];
	uint8_t sha256[SHA256_BYTES];
	bool has_sha256, is_quiet;
	struct trust trust;
	const char *interface;
	uint32_t link;
};

struct fetch_run {
	struct request *q;
	struct loop *loop;
	struct driver *driver;
	struct sink *sink;
	struct loadc *loader;
	struct watch signals;
	bool is_stopping, is_live;
	usec tell_at;
};

static void on_keep(void *arg, const struct keep *k)
{
	struct fetch_run *f = arg;

	/* The first bytes; of a file that was replaced, the first again. */
	if (f->loader->progress.have == k->len)
		sink_begin(f->sink, k->file);
}

static void on_signal(void *arg, unsigned events)
{
	struct fetch_run *f = arg;
	int signal;

	(void)events;
	while ((signal = signals_next(f->signals.fd)))
		f->is_stopping |= signal == SIGINT || signal == SIGTERM;
}

static void tell(struct fetch_run *f)
{
	struct loadc_progress p = f->loader->progress;
	char bar[128], have[32];

	if (loop_now(f->loop) < f->tell_at)
		return;
	/* Also the time in which an end is noticed that no packet brings. */
	f->tell_at = loop_now(f->loop) + MILLISECONDS(100);
	if (!f->is_live)
		return;
	if (p.is_waiting || p.is_preparing) {
		bar_waiting(bar, sizeof(bar), &p);
		fprintf(stderr, "\r%s\033[K", bar);
		return;
	}
	bar_put(bar, sizeof(bar), p.have, p.size, 40);
	bar_bytes(have, sizeof(have), p.have);
	if (p.size)
		fprintf(stderr, "\r%s %s  ", bar, have);
	else
		fprintf(stderr, "\rwaiting for %s  ",
			f->q->url.scheme == URL_TFTP ? "the server"
						     : "the train");
}

static int open_run(struct fetch_run *f)
{
	struct driver_config config = {
		.link = f->q->link, .keep = on_keep, .arg = f};
	char dir[1024];
	int rc = loop_open(&f->loop, &host_memory);

	if (rc)
		return rc;
	f->signals = (struct watch){
		.fd = signals_open(), .arg = f, .ready = on_signal};
	rc = loop_watch(f->loop, &f->signals, LOOP_READ);
	snprintf(dir, sizeof(dir), "%s", f->q->output);
	if (!rc)
		rc = sink_open(&f->sink, dirname(dir));
	if (rc)
		return rc;
	sink_name(f->sink, 0, f->q->output);
	rc = loader_open(&f->loader, &f->q->config, &host_memory);
	if (rc)
		return rc;
	config.engine = &f->loader->engine;
	config.sink = f->sink;
	return driver_open(&f->driver, f->loop, &config);
}

static void close_run(struct fetch_run *f)
{
	driver_close(f->driver);
	loadc_close(f->loader, &host_memory);
	sink_close(f->sink);
	loop_close(f->loop, &host_memory);
}

static void tell_result(struct request *q, const char *sha256,
			const struct loadc_progress *p)
{
	char size[32], trust[128] = "";

	bar_bytes(size, sizeof(size), p->have);
	if (p->manifest)
		trust_text(&q->trust, p->manifest, trust, sizeof(trust));
	printf("%s  %s  %s%s%s\n", sha256, q->output, size,
	       trust[0] ? "  " : "", trust);
}

/* The whole file is read for its hash only if somebody wants to know that. */
static int finish(struct fetch_run *f, const struct loadc_progress *p)
{
	struct request *q = f->q;
	bool is_wanted = q->has_sha256 || !q->is_quiet;
	uint8_t sha256[SHA256_BYTES] = {0};
	char is[65], wanted[65];
	int rc = sink_finish(f->sink, 0, p->have, is_wanted ? sha256 : NULL);

	if (rc)
		return failed("fetch", "%s: %s", q->output, strerror(-rc));
	sha256_text(sha256, is);
	if (q->has_sha256 && memcmp(sha256, q->sha256, SHA256_BYTES)) {
		sha256_text(q->sha256, wanted);
		(void)remove(q->output);
		return failed("fetch",
			      "%s: SHA-256 is %s, not %s: the file was removed",
			      q->output, is, wanted);
	}
	trust_note(&q->trust, "fetch", p->manifest);
	if (!q->is_quiet)
		tell_result(q, is, p);
	return EXIT_SUCCESS;
}

/* Else the network is suspected. */
static void tell_of_drops(const struct fetch_run *f)
{
	uint64_t n = driver_dropped(f->driver);

	if (n && !f->q->is_quiet)
		fprintf(stderr,
			"muster fetch: this machine was too slow: its own "
			"kernel dropped %llu message%s\n",
			(unsigned long long)n, n == 1 ? "" : "s");
}

static void tell_of_poison(const struct fetch_run *f)
{
	uint32_t n = f->loader->progress.poisoned;

	if (n && !f->q->is_quiet)
		fprintf(stderr,
			"muster fetch: somebody sends false packets: %u "
			"block%s "
			"had some, which were thrown away\n",
			(unsigned)n, n == 1 ? "" : "s");
}

/* Who tries a server at first does so where it runs. */
static void tell_of_self(const struct fetch_run *f, int rc)
{
	if ((rc == -ETIMEDOUT || rc == -EADDRINUSE) &&
	    interface_has(f->q->url.server))
		fprintf(stderr, "muster fetch: that is this machine itself, "
				"and musterd serves others alone\n");
}

static int outcome(struct fetch_run *f, const char *url)
{
	struct loadc_progress p = f->loader->progress;

	if (f->is_live)
		fprintf(stderr, "\r\033[K");
	tell_of_drops(f);
	tell_of_poison(f);
	if (p.state == LOADC_DONE)
		return finish(f, &p);
	if (f->is_stopping)
		return failed("fetch", "%s: interrupted", url);
	failed("fetch", "%s: %s", url, p.why ? p.why : strerror(-p.rc));
	tell_of_self(f, p.rc);
	return exit_status_of_load(p.rc);
}

static int run(struct request *q, const char *url)
{
	struct fetch_run f = {.q = q,
			      .is_live = !q->is_quiet && bar_is_live(stderr)};
	int rc = open_run(&f);

	if (rc) {
		close_run(&f);
		return failed("fetch", "%s: %s", q->output, strerror(-rc));
	}
	loadc_start(f.loader, loop_now(f.loop), &q->url, 0,
		    driver_effects(f.driver));
	driver_carry(f.driver);
	while (!rc && !f.is_stopping &&
	       f.loader->progress.state == LOADC_LOADING) {
		tell(&f);
		rc = driver_round(f.driver, f.tell_at);
	}
	rc = rc ? failed("fetch", "%s", strerror(-rc)) : outcome(&f, url);
	close_run(&f);
	return rc;
}

static uint32_t ip_of(const struct addrinfo *a)
{
	struct sockaddr_in sa;
	struct rd r;

	memcpy(&sa, a->ai_addr, sizeof(sa));
	r = rd_over(&sa.sin_addr, 4);
	return rd_u32(&r);
}

/* A host name in the address: look it up, before anything else begins. */
static bool resolve(struct request *q)
{
	struct addrinfo hints = {.ai_family = AF_INET,
				 .ai_socktype = SOCK_DGRAM};
	struct addrinfo *found, *a;

	if (q->url.server || !q->url.host[0]) {
		q->servers[q->n_servers++] = q->url.server;
		return q->url.server != 0;
	}
	if (getaddrinfo(q->url.host, NULL, &hints, &found))
		return false;
	for (a = found; a && q->n_servers < SERVERS; a = a->ai_next)
		q->servers[q->n_servers++] = ip_of(a);
	freeaddrinfo(found);
	return true;
}

static int take_url(struct request *q, const char *text)
{
	enum url_error e = url_parse(text, strlen(text), &q->url);
	const char *base;

	if (e)
		return usage("fetch", "%s: %s", text, url_error_text(e));
	if (!loader_knows(q->url.scheme))
		return usage("fetch",
			     "%s: %s is not among the transports of "
			     "this release",
			     text, url_scheme_name(q->url.scheme));
	if (!resolve(q))
		return failed("fetch", "%s: no such server: %s", text,
			      q->url.host[0] ? q->url.host
					     : "the address names none");
	base = strrchr(q->url.path, '/');
	base = base ? base + 1 : q->url.path;
	if (!q->output[0])
		snprintf(q->output, sizeof(q->output), "%s",
			 *base ? base : "image");
	return 0;
}

/* Behind a router: groups are heard where it is, unless the kernel has a route
 * for them.  Without one to the server nothing would arrive, and nobody would
 * say so. */
static int take_route(struct request *q, const char *url)
{
	uint32_t link, by, from;
	int rc = route_to(q->url.server, &link, &from);
	char ip[16];
	struct text t = text_over(ip, sizeof(ip));

	if (rc == -ENETUNREACH || rc == -EHOSTUNREACH) {
		text_ip(&t, q->url.server);
		failed("fetch",
		       "%s: no route leads to %s: --interface says which "
		       "network it is in",
		       url, ip);
		return EXIT_NO_SERVER;
	}
	if (!rc && route_to(ANY_GROUP, &by, &from) == -ENETUNREACH)
		q->link = link;
	return 0;
}

/* A group is heard where its server is, whatever the routes say: a network for
 * machines alone often has none for groups. */
static int take_interface(struct request *q, const char *url)
{
	struct link link = {0};

	if (q->interface && !interface_named("fetch", q->interface, &link))
		return EXIT_FAILURE;
	if (!q->interface)
		link.index = interface_towards(q->url.server);
	q->link = link.index;
	return q->link ? 0 : take_route(q, url);
}

static void tell_next(const struct request *q, uint32_t server)
{
	char ip[16];
	struct text t = text_over(ip, sizeof(ip));

	text_ip(&t, server);
	if (!q->is_quiet)
		fprintf(stderr, "muster fetch: from the beginning at %s\n", ip);
}

/* A name may be that of several servers: when one is silent the next has the
 * same file.  The last one is waited for as if there were no other. */
static int fetch(struct request *q, const char *url)
{
	int rc = EXIT_NO_SERVER;

	for (unsigned i = 0; i < q->n_servers && rc == EXIT_NO_SERVER; i++) {
		if (i)
			tell_next(q, q->servers[i]);
		q->url.server = q->servers[i];
		q->config.patience = i + 1 < q->n_servers ? LOADC_PATIENCE : 0;
		rc = take_interface(q, url);
		if (!rc)
			rc = run(q, url);
	}
	return rc;
}

static int take_option(struct request *q, int c, char **argv)
{
	uint64_t n;

	switch (c) {
	case 'o':
		snprintf(q->output, sizeof(q->output), "%s", optarg);
		return 0;
	case 's':
		q->has_sha256 = sha256_parse(optarg, q->sha256);
		return q->has_sha256
			       ? 0
			       : usage("fetch", "--sha256 takes 64 hex digits");
	case 'i':
		q->interface = optarg;
		return 0;
	case 'b':
		if (!number_argument("fetch", "--blksize", optarg, 65464, &n))
			return EXIT_USAGE;
		q->config.blksize = (uint16_t)n;
		return 0;
	case 'w':
		if (!number_argument("fetch", "--windowsize", optarg, 65535,
				     &n))
			return EXIT_USAGE;
		q->config.windowsize = (uint16_t)n;
		return 0;
	case 'q':
		q->is_quiet = true;
		return 0;
	case 'k':
		return trust_add(&q->trust, "fetch", optarg);
	case 'v':
		return number_argument("fetch", "--min-version", optarg,
				       UINT64_MAX, &q->config.version_min)
			       ? 0
			       : EXIT_USAGE;
	case 'h':
		exit(help("fetch", options));
	default:
		return bad_option("fetch", c, argv);
	}
}

static int take_trust(struct request *q)
{
	if (q->trust.n_keys && q->url.scheme != URL_TRAIN)
		return usage("fetch", "--key: only files of trains are signed");
	if (q->config.version_min && !q->trust.n_keys)
		return usage("fetch", "--min-version needs a --key");
	return trust_open(&q->trust, "fetch", &q->config);
}

int cmd_fetch(int argc, char **argv)
{
	static const struct option longs[] = {
		{"output", required_argument, NULL, 'o'},
		{"sha256", required_argument, NULL, 's'},
		{"interface", required_argument, NULL, 'i'},
		{"blksize", required_argument, NULL, 'b'},
		{"windowsize", required_argument, NULL, 'w'},
		{"key", required_argument, NULL, 'k'},
		{"min-version", required_argument, NULL, 'v'},
		{"quiet", no_argument, NULL, 'q'},
		{"help", no_argument, NULL, 'h'},
		{0}};
	struct request q = {.config = {.size_max = LOADC_SIZE_MAX,
				       .blksize = 1428,
				       .windowsize = 16,
				       .crypt = &host_crypt}};
	int c, rc;

	opterr = 0;
	while ((c = getopt_long(argc, argv, ":o:qh", longs, NULL)) != -1) {
		rc = take_option(&q, c, argv);
		if (rc)
			return rc;
	}
	if (optind + 1 != argc)
		return usage("fetch", "which URL?");
	rc = take_url(&q, argv[optind]);
	if (!rc)
		rc = take_trust(&q);
	if (!rc)
		rc = -host_random(&q.config.seed);
	if (!rc)
		rc = fetch(&q, argv[optind]);
	trust_close(&q.trust);
	return rc;
}
