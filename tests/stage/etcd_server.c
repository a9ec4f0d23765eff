#include "etcd_server.h"

#include "stage.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- time ---------------------------------------------------------------- */

static usec time_now(void *arg)
{
	const struct etcd_time *t = arg;

	return lan_now(t->lan);
}

static void go(void *arg, usec now)
{
	const struct etcd_time *t = arg;

	(void)now;
	etcd_model_go(t->model);
}

static void time_at(void *arg, usec at)
{
	const struct etcd_time *t = arg;

	lan_at(t->lan, at, go, arg);
}

void etcd_time_set(struct etcd_time *t)
{
	const struct etcd_model_time time = {
		.now = time_now, .at = time_at, .arg = t};

	etcd_model_set_time(t->model, &time);
}

/* ---- its store ----------------------------------------------------------- */

static usec wall(void *arg)
{
	const struct etcd_server *s = arg;

	return lan_node_wall(s->lan, s->node);
}

static void wait_for(void *arg, usec until)
{
	const struct etcd_server *s = arg;

	lan_wait(s->lan, s->node, until);
}

static void rouse(void *arg, usec at)
{
	const struct etcd_server *s = arg;

	lan_rouse(s->lan, s->node, at);
}

static int open_store(void *arg, struct store **to)
{
	struct etcd_server *s = arg;
	const struct etcd_model_client client = {
		.wall = wall, .wait = wait_for, .rouse = rouse, .arg = s};
	struct etcd_config config = {.wait = MILLISECONDS(500),
				     .txn_ops = ETCD_TXN_OPS};
	int rc;

	snprintf(config.server, sizeof config.server, "%s", s->settings.name);
	s->etcd = etcd_model_link(s->model);
	assert(s->etcd);
	etcd_model_set_client(s->etcd, &client);
	etcd_model_set_way(s->etcd, &s->way);
	rc = store_etcd_open(to, s->etcd, &config, &stage_alloc);
	if (rc)
		s->etcd = NULL;
	return rc;
}

static void die(void *arg)
{
	struct etcd_server *s = arg;

	if (s->etcd)
		etcd_model_kill(s->etcd);
	s->etcd = NULL;
}

/* ---- what it has in memory ----------------------------------------------- */

static int load_one(void *arg, const struct change *c)
{
	struct etcd_server *s = arg;

	if (change_is_edit(c))
		return directory_apply(s->site.directory, c);
	return leases_put(s->site.leases, &c->lease, lan_now(s->lan),
			  lan_node_wall(s->lan, s->node));
}

static void open_tables(struct etcd_server *s)
{
	struct site *site = &s->site;
	int rc;

	*site = (struct site){.settings = &s->settings,
			      .domain = DOMAIN_FIRST,
			      .links = {s->link},
			      .n_links = 1};
	rc = directory_open(&site->directory, &stage_alloc, 16, 1);
	rc |= leases_open(&site->leases, &stage_alloc, 64, 1);
	rc |= images_open(&site->images, &stage_alloc, s->settings.slam.port,
			  s->settings.slam.ports, 1);
	rc |= askers_open(&site->askers, &stage_alloc, 64, 1);
	assert(!rc);
	leases_share(site->leases);
}

static void close_tables(struct etcd_server *s)
{
	const struct bootpd_stats *is = bootpd_stats(server_bootpd(s->server));

	s->beaten += is->beaten;
	s->unserved += is->unserved;
	s->remained += is->remained;
	server_close(s->server, &stage_alloc);
	s->server = NULL;
	directory_close(s->site.directory);
	leases_close(s->site.leases, &stage_alloc);
	images_close(s->site.images);
	askers_close(s->site.askers, &stage_alloc);
}

static void started(void *arg, usec now, struct effects *fx)
{
	struct etcd_server *s = arg;

	server_start(s->server, now, fx);
	etcd_server_look(s, now, fx);
}

static void opened(void *arg, usec now, struct store *store)
{
	struct etcd_server *s = arg;
	uint64_t revision;
	int rc;

	s->opened = now;
	s->ahead = lan_node_wall(s->lan, s->node) - lan_wall(s->lan);
	open_tables(s);
	rc = store->ops->load(store, load_one, s, &revision);
	rc |= server_open(&s->server, &s->site, &stage_alloc,
			  s->seed + s->node + 100 * s->lives);
	assert(!rc);
	lan_replace(s->lan, s->node, server_engine(s->server));
	lan_switch_on(s->lan, s->node, now, started, s);
}

/* ---- its life ------------------------------------------------------------ */

static void hear(struct engine *e, usec now, const struct dgram *d,
		 struct effects *fx)
{
	(void)e, (void)now, (void)d, (void)fx;
}

static void settle(struct engine *e, usec now, const struct outcome *o,
		   struct effects *fx)
{
	(void)e, (void)now, (void)o, (void)fx;
}

static void expire(struct engine *e, usec now, struct effects *fx)
{
	(void)e, (void)now, (void)fx;
}

static usec deadline(const struct engine *e)
{
	(void)e;
	return NEVER;
}

/* In the place of one that has not been started yet. */
static struct engine nobody = {hear, settle, expire, deadline};

void etcd_server_add(struct etcd_server *s)
{
	int rc = lan_add(s->lan, &s->link, &nobody, &s->node);

	assert(!rc);
}

void etcd_server_start(struct etcd_server *s)
{
	const struct lan_keeping keeping = {
		.open = open_store, .opened = opened, .die = die, .arg = s};
	int rc = lan_keep(s->lan, s->node, &keeping);

	assert(!rc);
	s->lives++;
}

void etcd_server_die(struct etcd_server *s)
{
	etcd_server_fault(s, &(struct lan_fault){.loss = 0});
	lan_kill(s->lan, s->node);
	if (s->server)
		close_tables(s);
}

void etcd_server_fault(struct etcd_server *s, const struct lan_fault *fault)
{
	s->is_hung = fault->is_hung;
	lan_set_fault(s->lan, s->node, fault);
}

void etcd_server_set_way(struct etcd_server *s,
			 const struct etcd_model_way *way)
{
	s->way = *way;
	if (s->etcd)
		etcd_model_set_way(s->etcd, way);
}

void etcd_server_look(struct etcd_server *s, usec now, struct effects *fx)
{
	struct store_status is;
	struct site_store to;

	if (!s->server || !lan_store_status(s->lan, s->node, &is))
		return;
	to = (struct site_store){.is_away = is.is_away,
				 .why = is.why,
				 .kind = is.kind,
				 .revision = is.revision,
				 .latest = is.latest};
	server_store(s->server, &to, now, fx);
}
