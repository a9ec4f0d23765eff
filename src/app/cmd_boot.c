/*
 * muster boot: this host as a machine that is switched on.  The engine is the
 * one that simulations boot by the thousand; here it has a real interface.
 */
#include "app/bar.h"
#include "app/command.h"
#include "app/driver.h"
#include "app/exit.h"
#include "app/interface.h"
#include "app/sink.h"
#include "app/trust.h"
#include "base/heap.h"
#include "engine/boot.h"
#include "engine/note.h"
#include "host/crypt.h"
#include "host/link.h"
#include "host/memory.h"
#include "host/random.h"
#include "wire/pxe.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static const char options[] =
	"  --bootp          ask by BOOTP; else DHCP\n"
	"  --dir DIR        keep the files there; else they are only checked\n"
	"  --tries N        give up after N requests without an answer\n"
	"  --key FILE       who must have signed the files; may be repeated\n"
	"  --keep-address   do not configure the interface\n"
	"  --report         one line an event, for programs\n";

/* When servers die.  As the last one alone has all the patience of its
 * protocol, a file by TFTP is given up after 81 s: five times 10, and 31. */
enum { BOOTS = 6 };

struct machine {
	struct loop *loop;
	struct driver *driver;
	struct boot *boot;
	struct sink *sink;
	struct trust *trust;
	struct watch signals;
	bool reports, is_stopping, is_over, is_addressed, has_address;
	bool may_again, begins_again; /* as its server is silent */
	int status;
	usec tell_at;
};

static void on_loaded(struct machine *m, uint32_t file, uint64_t size)
{
	uint8_t sha256[SHA256_BYTES];
	char hex[65];
	int rc;

	if (!file && boot_was_script(m->boot))
		return; /* the engine kept it to itself */
	rc = sink_finish(m->sink, file, size, sha256);
	if (rc) {
		m->status = failed("boot", "file %u: %s", file, strerror(-rc));
		m->is_over = true;
		return;
	}
	trust_note(m->trust, "boot", boot_manifest(m->boot, file));
	sha256_text(sha256, hex);
	printf("loaded %u %llu %s\n", file, (unsigned long long)size, hex);
}

static void text_line(const char *event, const char *s)
{
	char room[512];
	struct text t = text_over(room, sizeof(room));

	if (s)
		text_wire(&t, s, strlen(s));
	printf("%s %s\n", event, room);
}

static void waiting_line(const struct machine *m)
{
	struct loadc_progress p = boot_progress(m->boot);
	char room[128];

	bar_waiting(room, sizeof(room), &p);
	text_line("waiting", room);
}

/* Its server is gone, in the middle of a file maybe: whoever answers when it
 * asks anew has the same files.  Who was given no address has asked enough. */
static void on_failed(struct machine *m, const struct note *n)
{
	m->status = exit_status_of_load(-(int)n->a);
	m->is_over = true;
	m->begins_again = m->may_again && m->has_address &&
			  m->status == EXIT_NO_SERVER;
	text_line(m->begins_again ? "again" : "failed", n->text);
}

static void on_note(void *arg, usec now, const struct note *n)
{
	struct machine *m = arg;
	char ip[16];
	struct text t = text_over(ip, sizeof(ip));

	(void)now;
	switch (n->code) {
	case NOTE_BOOT_ASKING:
		printf("asking %llu\n", (unsigned long long)n->a);
		break;
	case NOTE_BOOT_ADDRESSED:
		text_ip(&t, n->ip);
		printf("address %s ", ip);
		text_line("name", n->text);
		/* From here on sockets do; a packet socket would look at every
		 * frame of a train. */
		m->is_addressed = true;
		m->has_address = true;
		break;
	case NOTE_BOOT_FILE:
		text_line("boot", n->text);
		break;
	case NOTE_BOOT_LOADING:
		if (n->text)
			sink_name(m->sink, (uint32_t)n->a, n->text);
		printf("loading %llu ", (unsigned long long)n->a);
		text_line("from", n->text);
		break;
	case NOTE_BOOT_WAITING:
		waiting_line(m);
		break;
	case NOTE_BOOT_LOADED:
		on_loaded(m, (uint32_t)n->a, n->b);
		break;
	case NOTE_BOOT_READY:
		text_line("ready", n->text);
		m->is_over = true;
		break;
	case NOTE_BOOT_FAILED:
		on_failed(m, n);
		break;
	default:
		break;
	}
	fflush(stdout);
}

static void on_keep(void *arg, const struct keep *k)
{
	struct machine *m = arg;

	/* The first bytes; of a file that was replaced, the first again. */
	if (boot_progress(m->boot).have == k->len)
		sink_begin(m->sink, k->file);
}

static void on_signal(void *arg, unsigned events)
{
	struct machine *m = arg;
	int signal;

	(void)events;
	while ((signal = signals_next(m->signals.fd)))
		m->is_stopping |= signal == SIGINT || signal == SIGTERM;
}

static void tell(struct machine *m)
{
	struct loadc_progress p = boot_progress(m->boot);
	usec now = loop_now(m->loop);

	if (now < m->tell_at)
		return;
	m->tell_at = now + MILLISECONDS(250);
	if (m->reports && p.state == LOADC_LOADING && p.size)
		printf("progress %u %llu %llu\n", boot_file(m->boot),
		       (unsigned long long)p.have, (unsigned long long)p.size);
	fflush(stdout);
}

struct request {
	struct boot_config config;
	const char *dir;
	struct trust trust;
	bool reports, keeps_address;
};

static int open_machine(struct machine *m, const struct request *q)
{
	struct driver_config driver = {.link = q->config.address.link.index,
				       .has_address_rights = !q->keeps_address,
				       .note = on_note,
				       .keep = on_keep,
				       .arg = m};
	int rc = loop_open(&m->loop, &host_memory);

	if (rc)
		return rc;
	m->signals = (struct watch){
		.fd = signals_open(), .arg = m, .ready = on_signal};
	rc = loop_watch(m->loop, &m->signals, LOOP_READ);
	if (!rc)
		rc = sink_open(&m->sink, q->dir);
	if (!rc)
		rc = boot_open(&m->boot, &q->config, &host_memory);
	if (rc)
		return rc;
	driver.engine = boot_engine(m->boot);
	driver.sink = m->sink;
	rc = driver_open(&m->driver, m->loop, &driver);
	if (!rc)
		rc = link_up(q->config.address.link.index);
	if (!rc)
		rc = driver_hear(m->driver, q->config.address.link.index);
	return rc;
}

static void close_machine(struct machine *m)
{
	driver_close(m->driver);
	boot_close(m->boot, &host_memory);
	sink_close(m->sink);
	loop_close(m->loop, &host_memory);
}

/* *again: it may begin anew; after the call: it is to. */
static int run(struct request *q, bool *again)
{
	struct machine m = {
		.reports = q->reports, .trust = &q->trust, .may_again = *again};
	int rc;

	q->config.load.patience = *again ? LOADC_PATIENCE : 0;
	rc = open_machine(&m, q);
	*again = false;
	if (rc) {
		close_machine(&m);
		failed("boot", "%s: %s", q->config.address.link.name,
		       strerror(-rc));
		return exit_status(rc);
	}
	boot_start(m.boot, loop_now(m.loop), driver_effects(m.driver));
	driver_carry(m.driver);
	while (!rc && !m.is_over && !m.is_stopping) {
		tell(&m);
		if (m.is_addressed)
			driver_unhear(m.driver, q->config.address.link.index);
		m.is_addressed = false;
		rc = driver_round(m.driver, m.tell_at);
	}
	close_machine(&m);
	if (rc)
		return failed("boot", "%s", strerror(-rc));
	*again = m.begins_again && !m.is_stopping;
	return m.is_stopping ? EXIT_FAILURE : m.status;
}

static int boot(struct request *q)
{
	bool again = true;
	int rc = 0;

	for (int left = BOOTS; again; left--) {
		again = left > 1;
		rc = run(q, &again);
	}
	return rc;
}

static int parse(int argc, char **argv, struct request *q)
{
	static const struct option longs[] = {
		{"bootp", no_argument, NULL, 'b'},
		{"dir", required_argument, NULL, 'd'},
		{"tries", required_argument, NULL, 't'},
		{"key", required_argument, NULL, 'K'},
		{"keep-address", no_argument, NULL, 'k'},
		{"report", no_argument, NULL, 'r'},
		{"help", no_argument, NULL, 'h'},
		{0}};
	uint64_t n;
	int c, rc;

	opterr = 0;
	while ((c = getopt_long(argc, argv, ":h", longs, NULL)) != -1)
		switch (c) {
		case 'b':
			q->config.uses_bootp = true;
			break;
		case 'd':
			q->dir = optarg;
			break;
		case 't':
			if (!number_argument("boot", "--tries", optarg, 1000,
					     &n))
				return EXIT_USAGE;
			q->config.address.tries = (unsigned)n;
			break;
		case 'K':
			rc = trust_add(&q->trust, "boot", optarg);
			if (rc)
				return rc;
			break;
		case 'k':
			q->keeps_address = true;
			break;
		case 'r':
			q->reports = true;
			break;
		case 'h':
			exit(help("boot", options));
		default:
			return bad_option("boot", c, argv);
		}
	return 0;
}

int cmd_boot(int argc, char **argv)
{
	struct request q = {.config = {.address = {.class_id = "muster",
						   .arch = ARCH_X64_UEFI},
				       .load = {.size_max = LOADC_SIZE_MAX,
						.blksize = 1428,
						.windowsize = 16,
						.crypt = &host_crypt}}};
	struct link *link = &q.config.address.link;
	int rc = parse(argc, argv, &q);

	if (rc)
		return rc;
	if (optind + 1 != argc)
		return usage("boot", "which interface?");
	if (!interface_named("boot", argv[optind], link))
		return EXIT_FAILURE;
	link->ip = 0;
	rc = trust_open(&q.trust, "boot", &q.config.load);
	if (rc)
		return rc;
	rc = host_random(&q.config.address.seed);
	if (!rc)
		rc = host_random(&q.config.load.seed);
	rc = rc ? failed("boot", "random numbers: %s", strerror(-rc))
		: boot(&q);
	trust_close(&q.trust);
	return rc;
}
