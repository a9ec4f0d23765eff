/*
 * The daemon.  It opens things in one order and closes them in the other; then
 * it is a loop that hands the driver what the files and the store bring.
 */
#include "app/daemon.h"

#include "app/answerer.h"
#include "app/catalog.h"
#include "app/committer.h"
#include "app/control.h"
#include "app/driver.h"
#include "app/exit.h"
#include "app/load.h"
#include "app/notes.h"
#include "app/open_store.h"
#include "app/ports.h"
#include "app/rpcbind.h"
#include "app/served.h"
#include "app/tables.h"
#include "base/heap.h"
#include "engine/askers.h"
#include "engine/pending.h"
#include "host/link.h"
#include "host/memory.h"
#include "host/notify.h"
#include "host/packet.h"
#include "host/privs.h"
#include "host/random.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ASKERS = 16384, CHANGES = 32768, QUESTIONS = 384 };

struct daemon {
	const struct daemon_options *o;
	struct config *config;
	struct log *log;
	struct loop *loop;
	struct notify notify;
	struct site site;
	struct catalog *catalog;
	struct committer *committer;
	struct answerer *answerer;
	struct server *server;
	struct driver *driver;
	struct control *control;
	struct tables *tables;
	struct filter heard;
	struct watch signals, links, files, commits, answers;
	bool is_stopping, has_started;
	usec housekeeping;
};

static int complain(const struct daemon *d, const char *what, int rc)
{
	fprintf(stderr, "%s: %s: %s\n", d->o->program, what, strerror(-rc));
	return rc;
}

static void on_note(void *arg, usec now, const struct note *n)
{
	struct daemon *d = arg;

	notes_log(d->log, now, n);
}

/* ---- what changes while it runs ---------------------------------------- */

static void on_refused_file(void *arg, const char *name, int rc)
{
	struct daemon *d = arg;
	struct log_line l;

	if (!log_begin(&l, d->log, LEVEL_WARN, "file-refused",
		       loop_now(d->loop), 0))
		return;
	log_wire(&l, "file", name, strlen(name));
	log_error(&l, "why", rc);
	log_end(&l);
}

static void refresh(struct daemon *d)
{
	if (!d->has_started)
		return;
	server_refresh(d->server, loop_now(d->loop), driver_effects(d->driver));
	driver_carry(d->driver);
}

static void between(void *arg, usec now)
{
	struct daemon *d = arg;
	struct catalog_fault fault;
	struct outcome o;

	if (catalog_turn(d->catalog, now, on_refused_file, d))
		refresh(d);
	while (catalog_arrived(d->catalog, &o)) {
		o.wall = host_wall();
		driver_settle(d->driver, &o);
	}
	if (catalog_fault(d->catalog, &fault))
		notes_manifest(d->log, now, fault.name, fault.why);
}

static void on_files(void *arg, unsigned events)
{
	(void)arg; /* between() looks, in every round */
	(void)events;
}

static void look_at_store(struct daemon *d)
{
	served_store(d->server, d->committer, loop_now(d->loop),
		     driver_effects(d->driver));
	driver_carry(d->driver);
}

static void on_commits(void *arg, unsigned events)
{
	struct daemon *d = arg;
	struct outcome o;

	(void)events;
	/* Who is told that it is away knows so before the next is asked. */
	look_at_store(d);
	while (committer_ended(d->committer, &o)) {
		o.wall = host_wall();
		if (o.owner == COMMITTER_NEWS)
			control_await_copy(d->control);
		driver_settle(d->driver, &o);
		control_settled(d->control);
	}
	look_at_store(d);
	/* Without memory, machines beyond the table's room are not served. */
	(void)load_fit(&d->site, &host_memory);
}

static void on_answers(void *arg, unsigned events)
{
	struct daemon *d = arg;
	struct outcome o;

	(void)events;
	while (answerer_ended(d->answerer, &o)) {
		o.wall = host_wall();
		driver_settle(d->driver, &o);
	}
}

static int hear_links(struct daemon *d)
{
	const struct settings *s = &d->config->settings;
	/* Else it is only to know of queriers, and for masks. */
	bool must = s->dhcp != DHCP_OFF || s->igmp.querier ||
		    s->bootparam.serve || s->rarp != RARP_OFF;

	for (unsigned i = 0; i < d->site.n_links; i++) {
		const struct link *l = &d->site.links[i];
		int rc = l->hw.len ? driver_hear(d->driver, l->index) : 0;

		if (rc && must) {
			complain(d, l->name, rc);
			return rc;
		}
		if (l->hw.len && s->dhcp == DHCP_FULL)
			(void)driver_hear_arp(d->driver, l->index);
		if (l->hw.len && s->rarp != RARP_OFF)
			(void)driver_hear_rarp(d->driver, l->index);
		driver_all_groups(d->driver, l->index, s->igmp.querier);
	}
	return 0;
}

static void on_links(void *arg, unsigned events)
{
	struct daemon *d = arg;

	(void)events;
	if (!links_changed(d->links.fd) || served_list(&d->site, d->config))
		return;
	(void)hear_links(d);
	refresh(d);
}

static void reload(struct daemon *d)
{
	static struct config fresh;
	struct log_line l;
	char why[CONFIG_WHY];
	int rc;

	if (!d->o->configure)
		return;
	notify_reloading(&d->notify);
	rc = d->o->configure(d->o->arg, &fresh, why, sizeof(why));
	if (!rc && !served_domains(&d->site, &fresh.settings, why, sizeof(why)))
		rc = -EDOM;
	if (rc) {
		if (log_begin(&l, d->log, LEVEL_ERROR, "reload-refused",
			      loop_now(d->loop), 0)) {
			log_text(&l, "why", why);
			log_end(&l);
		}
	} else {
		served_take(&d->config->settings, &fresh.settings);
		site_settle_domain(&d->site);
		d->config->log_level = fresh.log_level;
		log_set_level(d->log, fresh.log_level);
		(void)ports_join(&d->config->settings, d->log,
				 loop_now(d->loop));
		(void)hear_links(d);
		refresh(d);
	}
	notify_ready(&d->notify);
}

static void on_signal(void *arg, unsigned events)
{
	struct daemon *d = arg;
	int signal;

	(void)events;
	while ((signal = signals_next(d->signals.fd)))
		if (signal == SIGTERM || signal == SIGINT)
			d->is_stopping = true;
		else if (signal == SIGHUP)
			reload(d);
}

/* ---- opening ------------------------------------------------------------ */

static int watch(struct daemon *d, struct watch *w, int fd,
		 void (*ready)(void *arg, unsigned events))
{
	*w = (struct watch){.fd = fd, .arg = d, .ready = ready};
	return fd < 0 ? fd : loop_watch(d->loop, w, LOOP_READ);
}

static int open_loop(struct daemon *d)
{
	struct log_options o = log_defaults();
	int rc;

	privs_raise_files(); /* each transfer has a socket of its own */

	o.format = d->config->log_format;
	o.level = d->config->log_level;
	rc = log_open(&d->log, &o, &host_memory);
	if (!rc)
		rc = loop_open(&d->loop, &host_memory);
	if (!rc)
		rc = watch(d, &d->signals, signals_open(), on_signal);
	return rc ? complain(d, "start", rc) : 0;
}

static int open_links(struct daemon *d)
{
	int rc = served_list(&d->site, d->config);

	if (!rc)
		rc = watch(d, &d->links, links_watch(), on_links);
	if (rc)
		return complain(d, "network interfaces", rc);
	rc = served_check(&d->site, d->config, d->o->program);
	if (!rc)
		served_settle(d->config, &d->site);
	return rc;
}

static void on_skipped(void *arg, const struct lease *lease)
{
	struct daemon *d = arg;
	struct log_line l;

	if (!log_begin(&l, d->log, LEVEL_WARN, "lease-skipped",
		       loop_now(d->loop), 0))
		return;
	log_ip(&l, "ip", lease->ip);
	log_hwaddr(&l, "mac", &lease->hw);
	log_text(&l, "why", "no room: the subnets have become smaller");
	log_end(&l);
}

static int open_a_store(struct daemon *d, struct store **store)
{
	char why[512];
	int rc = open_store(store, d->config, why, sizeof(why));
	struct log_line l;

	if (rc) {
		fprintf(stderr, "%s: %s\n", d->o->program, why);
	} else if (why[0] && log_begin(&l, d->log, LEVEL_WARN, "etcd-alone",
				       loop_now(d->loop), 0)) {
		log_text(&l, "why", why);
		log_end(&l);
	}
	return rc;
}

static int open_model(struct daemon *d, uint64_t seed)
{
	struct settings *set = &d->config->settings;
	struct site *s = &d->site;
	int rc;

	s->settings = set;
	rc = directory_open(&s->directory, &host_memory, 1024, seed);
	if (!rc)
		rc = leases_open(&s->leases, &host_memory,
				 load_addresses(set, 0), seed + 1);
	if (!rc)
		rc = images_open(&s->images, &host_memory, set->slam.port,
				 set->slam.ports, 0);
	if (!rc)
		rc = askers_open(&s->askers, &host_memory, ASKERS, seed + 2);
	if (!rc)
		rc = pending_open(&s->pending, &host_memory, seed + 3);
	return rc ? complain(d, "memory", rc) : 0;
}

static int open_tables(struct daemon *d)
{
	struct settings *s = &d->config->settings;
	usec now = loop_now(d->loop);
	int rc = tables_open(&d->tables, d->config, &d->site, d->log, now);

	if (rc)
		return complain(d, "memory", rc);
	tables_domain(s->bootparam.domain, sizeof(s->bootparam.domain));
	rc = ports_join(s, d->log, now);
	return rc ? complain(d, RPCBIND_SOCKET, rc) : 0;
}

static int check_domains(struct daemon *d)
{
	char why[CONFIG_WHY];

	if (served_domains(&d->site, &d->config->settings, why, sizeof(why)))
		return 0;
	fprintf(stderr, "%s: %s\n", d->o->program, why);
	return -EDOM;
}

static int load(struct daemon *d)
{
	struct store *store;
	int rc = open_a_store(d, &store);

	if (rc)
		return rc;
	rc = load_site(store, &d->site, &host_memory, on_skipped, d);
	if (!rc)
		rc = committer_open(&d->committer, store, CHANGES);
	if (rc) {
		store->ops->close(store);
		return complain(d, d->config->state, rc);
	}
	rc = check_domains(d);
	if (!rc)
		rc = watch(d, &d->commits, committer_fd(d->committer),
			   on_commits);
	if (!rc)
		rc = answerer_open(&d->answerer, QUESTIONS);
	if (!rc)
		rc = watch(d, &d->answers, answerer_fd(d->answerer),
			   on_answers);
	return rc && rc != -EDOM ? complain(d, "start", rc) : rc;
}

/* The file that x-slam:/// means, as it names none: what all machines boot. */
static const char *first_file(const struct config *c)
{
	const char *slash = strrchr(c->root, '/');
	struct stat st;

	if (c->settings.boot_file[0] || stat(c->root, &st) ||
	    !S_ISREG(st.st_mode))
		return c->settings.boot_file;
	return slash ? slash + 1 : c->root;
}

static int open_images(struct daemon *d)
{
	const char *root = d->config->root;
	int rc;

	images_root(d->site.images, root);
	(void)images_prefer(d->site.images, first_file(d->config));
	rc = catalog_open(&d->catalog, root, d->site.images,
			  (size_t)d->config->cache);
	if (rc)
		return complain(d, root, rc);
	rc = watch(d, &d->files, catalog_fd(d->catalog), on_files);
	return rc ? complain(d, "start", rc) : 0;
}

static int refused(struct daemon *d)
{
	int rc = 0;
	uint16_t port = driver_refused_port(d->driver, &rc);

	if (!port)
		return 0;
	port_complain(d->o->program, port, rc);
	return rc;
}

static int open_server(struct daemon *d, uint64_t seed)
{
	struct driver_config config = {.catalog = d->catalog,
				       .committer = d->committer,
				       .answerer = d->answerer,
				       .is_server = true,
				       .between = between,
				       .note = on_note,
				       .arg = d};
	int rc = server_open(&d->server, &d->site, &host_memory, seed);

	if (rc)
		return complain(d, "memory", rc);
	config.engine = server_engine(d->server);
	ports_filter(&d->heard, &d->config->settings);
	config.filter = &d->heard;
	config.link = d->config->settings.slam.link;
	rc = driver_open(&d->driver, d->loop, &config);
	return rc ? complain(d, "start", rc) : 0;
}

/* Look at the boot directory once before anything is promised of it. */
static int start(struct daemon *d)
{
	int rc = 0;

	while (!rc && !catalog_is_scanned(d->catalog) && !d->is_stopping)
		rc = driver_round(d->driver,
				  loop_now(d->loop) + MILLISECONDS(20));
	if (rc)
		return complain(d, "start", rc);
	if (hear_links(d))
		return -EPERM;
	d->has_started = true;
	server_start(d->server, loop_now(d->loop), driver_effects(d->driver));
	driver_carry(d->driver);
	return refused(d);
}

static int open_control(struct daemon *d)
{
	struct control_options o = {.run = d->config->run,
				    .loop = d->loop,
				    .site = &d->site,
				    .server = d->server,
				    .driver = d->driver,
				    .committer = d->committer,
				    .state = d->config->state};
	char what[sizeof(d->config->run) + sizeof(CONTROL_SOCKET)];
	int rc = control_open(&d->control, &o);

	snprintf(what, sizeof(what), "%s/%s", o.run, CONTROL_SOCKET);
	if (rc == -EADDRINUSE)
		fprintf(stderr, "%s: %s: another musterd listens there\n",
			d->o->program, what);
	else if (rc)
		complain(d, what, rc);
	return rc;
}

/* From root to somebody who may write to the state and to the sockets. */
static int drop(struct daemon *d)
{
	const struct config *c = d->config;
	const char *what = NULL;
	int rc = 0;

	if (c->state[0])
		rc = privs_directory(c->state, c->user);
	if (rc)
		return complain(d, c->state, rc);
	if (c->run[0])
		rc = privs_directory(c->run, c->user);
	if (rc)
		return complain(d, c->run, rc);
	rc = privs_drop(c->user, &what);
	return rc ? complain(d, what, rc) : 0;
}

static int open_all(struct daemon *d)
{
	uint64_t seed = 0;
	int rc = open_loop(d);

	if (!rc)
		rc = open_links(d);
	if (rc)
		return rc;
	notify_open(&d->notify);
	rc = ports_try(d->o->program, &d->config->settings);
	if (!rc)
		rc = ports_try_portmap(d->o->program, &d->config->settings);
	if (!rc)
		rc = drop(d);
	if (rc)
		return rc;
	/* Not before: a thread keeps the privileges with which it was made. */
	rc = log_background(d->log);
	if (!rc)
		rc = host_random(&seed);
	if (!rc)
		rc = open_model(d, seed);
	if (!rc)
		rc = open_tables(d);
	if (!rc)
		rc = load(d);
	if (!rc)
		rc = open_images(d);
	if (!rc)
		rc = open_server(d, seed + 3);
	if (!rc)
		rc = start(d);
	return rc ? rc : open_control(d);
}

/* ---- closing ------------------------------------------------------------ */

static void close_all(struct daemon *d)
{
	control_close(d->control);
	driver_close(d->driver);
	server_close(d->server, &host_memory);
	tables_close(d->tables);
	committer_close(d->committer);
	answerer_close(d->answerer);
	catalog_close(d->catalog);
	pending_close(d->site.pending, &host_memory);
	askers_close(d->site.askers, &host_memory);
	images_close(d->site.images);
	leases_close(d->site.leases, &host_memory);
	directory_close(d->site.directory);
	loop_close(d->loop, &host_memory);
	if (d->log)
		log_close(d->log, &host_memory);
}

static void housekeep(struct daemon *d)
{
	usec now = loop_now(d->loop);

	if (now < d->housekeeping)
		return;
	d->housekeeping = now + SECONDS(1);
	log_idle(d->log, now);
	control_idle(d->control);
	tables_idle(d->tables, now);
	if (d->notify.watchdog != NEVER)
		notify_watchdog(&d->notify);
}

static void say_serving(struct daemon *d)
{
	struct log_line l;

	if (!log_begin(&l, d->log, LEVEL_INFO, "serving", loop_now(d->loop), 0))
		return;
	log_text(&l, "root", d->config->root);
	log_text(&l, "interface", d->site.links[0].name);
	log_ip(&l, "ip", d->site.links[0].ip);
	log_end(&l);
}

int daemon_run(const struct daemon_options *o)
{
	struct daemon d = {.o = o, .config = o->config};
	int rc = open_all(&d);

	if (!rc) {
		say_serving(&d);
		notify_ready(&d.notify);
		if (o->ready)
			o->ready(o->arg, &d.site);
	}
	while (!rc && !d.is_stopping) {
		housekeep(&d);
		rc = driver_round(d.driver, d.housekeeping);
	}
	notify_stopping(&d.notify);
	ports_leave(&d.config->settings);
	close_all(&d);
	return rc == -EDOM ? EXIT_CONFIG : exit_status(rc);
}
