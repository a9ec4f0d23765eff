/*
 * Several whole servers, each with the store on etcd itself over a model of a
 * cluster, machines by DHCP and by BOOTP, and edits at any of the servers; and
 * whatever can happen: what goes to etcd or comes from it is lost, late or
 * answered in vain, it has no leader or forgets what was; servers die, sleep
 * and are cut off, and their clocks jump.  No address goes to two machines,
 * nothing that was acknowledged is lost, every history can be explained as one
 * thing after the other, nobody sees half of an edit, and in the end every
 * machine has its address.
 *
 * FROM=n and SEEDS=n say which seeds; one that fails is run again and told.
 * SEED=n runs and tells that one alone.
 */
#ifndef MUSTER_TESTS_SERVERS_CAMPAIGN_H
#define MUSTER_TESTS_SERVERS_CAMPAIGN_H

#include "servers_world.h"

#include "servers_faults.h"
#include "store/etcd_record.h"
#include "wire/frame.h"

#include <errno.h>
#include <malloc.h>

#include "unit/props.h"

/* ---- addresses ----------------------------------------------------------- */

/* The lease that etcd has of an address, and by its writer's clock when it was
 * written; false: none. */
static bool is_written(const struct world *w, uint32_t ip, struct lease *l,
		       usec *wall)
{
	char key[ETCD_KEY];
	struct etcd_kv kv = {.key = key};
	uint32_t network;

	etcd_lease_key(key, ip);
	kv.value = etcd_model_get(w->model, key, &kv.len);
	return kv.value && !etcd_lease_read(&kv, l, &network, wall);
}

static bool is_stored(const struct world *w, uint32_t ip, struct lease *l)
{
	usec wall;

	return is_written(w, ip, l, &wall);
}

/* Whether it had not ended when it was written. */
static bool is_live(const struct world *w, uint32_t ip)
{
	struct lease l;
	usec wall;

	return is_written(w, ip, &l, &wall) && l.wall_ends > wall;
}

/* Whether an answer to what a machine has asked was a commit, and not what
 * remains, to the second a whole term perhaps, of a lease of before that. */
static bool is_new(const struct world *w, const struct machine *to, uint32_t ip)
{
	char key[ETCD_KEY];

	etcd_lease_key(key, ip);
	return etcd_model_written(w->model, key) > to->revision &&
	       is_live(w, ip);
}

/* Nobody ends the lease of a machine that was given a whole term of it since it
 * gave anything back.  (What it was told remains of one may have ended where
 * that was not heard of yet: docs/ha.md, an address that was given back.) */
static void check_leases(void *arg, usec now)
{
	struct world *w = arg;

	for (uint32_t i = 0; i < MACHINES; i++) {
		const struct machine *m = &w->machines[i];
		const struct promised *p;

		if (!m->t.ip || m->bootp || !m->has_all || is_due(m))
			continue;
		p = &w->promised[m->t.ip - POOL_FIRST];
		if (p->to == m->node && p->until > now && !is_live(w, m->t.ip))
			breaks(w, "the lease that %u has of %08x has ended",
			       m->node, m->t.ip);
	}
	lan_at(w->lan, now + SECONDS(1), check_leases, w);
}

/* What etcd has at an address: the machine, 0: none. */
static unsigned holder(const struct world *w, uint32_t ip)
{
	struct lease l;

	if (!is_stored(w, ip, &l) || l.kind == LEASE_DECLINED)
		return 0;
	return machine_number(&l.hw);
}

/* No machine has two addresses at a time. */
static void note_promise(struct world *w, uint32_t ip, uint32_t to, usec until)
{
	usec now = lan_now(w->lan);

	for (uint32_t i = 0; i < POOL; i++) {
		const struct promised *p = &w->promised[i];

		if (POOL_FIRST + i != ip && p->to == to && p->until > now)
			breaks(w, "%u, who has .%u, is given .%u", to, i,
			       ip - POOL_FIRST);
	}
	w->promised[ip - POOL_FIRST] = (struct promised){to, until};
}

/*
 * By how much a server may have promised too much, since it reads leases that
 * were there when it started by its own clock, and that was behind
 * (docs/ha.md).  None of them ends later than a term after that.
 */
static usec excess(const struct etcd_server *s, usec until)
{
	return until <= s->opened + SECONDS(TERM + 1) ? usec_max(-s->ahead, 0)
						      : 0;
}

static void promise(struct world *w, uint32_t server, const struct bootp *m,
		    uint32_t secs)
{
	struct machine *to = &w->machines[machine_number(&m->hw) - SERVERS];
	usec now = lan_now(w->lan), more;
	usec until = secs ? to->asked + SECONDS(secs) : NEVER;
	struct binding *b;
	bool is_awaited = !secs || !memcmp(to->xid, m->xid, sizeof to->xid);

	tell(w, "server%u gives .%u to %u for %u s%s", server,
	     m->yiaddr - POOL_FIRST, to->node, secs,
	     is_awaited ? "" : ", who asked for something else since");
	if (m->yiaddr < POOL_FIRST || m->yiaddr >= POOL_FIRST + POOL) {
		breaks(w, "%08x is none of the pool's", m->yiaddr);
		return;
	}
	/* Nobody will take it. */
	if (!is_awaited || until <= now)
		return;
	more = excess(&w->of[server].s, until);
	to->due = more ? until - more : NEVER;
	w->misled += more != 0;
	if (is_due(to))
		return;
	w->grants++;
	to->has_all |= secs == TERM && is_new(w, to, m->yiaddr);
	b = operation(w, BINDING_TAKE, m->yiaddr, to->node);
	b->invoked = to->asked;
	b->ends = until - more;
	note_promise(w, m->yiaddr, to->node, b->ends);
	if (holder(w, m->yiaddr) != to->node)
		breaks(w, "what server%u gives to %u is %u's in etcd", server,
		       to->node, holder(w, m->yiaddr));
}

/* Some server may give it what it asks for, and never say so. */
static void ask(struct machine *of, const struct bootp *m, usec now)
{
	uint32_t ip = m->ciaddr;

	if (memcmp(of->xid, m->xid, sizeof of->xid) != 0)
		of->revision = etcd_model_revision(of->w->model);
	memcpy(of->xid, m->xid, sizeof of->xid);
	of->asked = now;
	if (!ip)
		bootp_option_u32(m, OPT_REQUESTED_IP, &ip);
	if (ip)
		operation(of->w, BINDING_TAKE, ip, of->node)->answered = NEVER;
}

static void on_send(void *arg, uint32_t node, usec now, const struct send *s)
{
	struct world *w = arg;
	struct rd r = rd_over(s->head, s->head_len);
	struct frame_udp f = {.bytes = s->head, .len = s->head_len};
	uint32_t secs;
	struct bootp m;

	if (s->how == SEND_FRAME && !frame_udp_get(&f, &r))
		return;
	r = rd_over(f.bytes, f.len);
	if (!bootp_get(&m, &r))
		return;
	if (node >= SERVERS) {
		if (m.type == DHCP_REQUEST || m.type == DHCP_NONE)
			ask(&w->machines[node - SERVERS], &m, now);
	} else if (m.op == BOOTP_REPLY && m.yiaddr) {
		if (m.type == DHCP_NONE)
			promise(w, node, &m, 0);
		else if (m.type == DHCP_ACK &&
			 bootp_option_u32(&m, OPT_LEASE_TIME, &secs))
			promise(w, node, &m, secs);
	}
}

/* ---- edits --------------------------------------------------------------- */

static const struct entry *half_of(const struct directory *d, unsigned cell,
				   char half)
{
	char name[16];

	snprintf(name, sizeof name, "%c%u", half, cell);
	return machine_by_name(d, DOMAIN_FIRST, name);
}

static uint64_t stamp_of(const struct entry *e)
{
	const char *stamp = e ? plist_value(&e->props, "stamp") : NULL;

	return stamp ? strtoull(stamp, NULL, 10) : 0;
}

static void add_half(struct changes *all, const struct directory *d,
		     unsigned cell, char half, uint64_t stamp)
{
	const struct entry *e = half_of(d, cell, half);
	struct props room;
	char text[64];
	struct change c = {.kind = CHANGE_ENTRY_PUT,
			   .domain = DOMAIN_FIRST,
			   .parent = ENTRY_MACHINES,
			   .id = e ? e->id
				   : directory_next_id(d) + (half == 'b'),
			   .instance = e ? e->instance + 1 : 1};

	/* One of all may have this address. */
	snprintf(text, sizeof text, "name=%c%u;stamp=%llu%s", half, cell,
		 (unsigned long long)stamp,
		 half == 'a' && stamp % 2 ? ";ip_address=10.0.9.9" : "");
	c.props = props(&room, text);
	if (!stamp)
		c.kind = CHANGE_ENTRY_DESTROY;
	if (!stamp)
		c.props.len = 0;
	assert_int_equal(changes_add(all, &c), 0);
}

/* One of the cells gets a new stamp, or goes, by what its server knows. */
static void edit_now(void *arg, usec now, struct effects *fx)
{
	struct member *m = arg;
	struct world *w = m->w;
	const struct directory *d = m->s.site.directory;
	unsigned cell = (unsigned)draw(w, CELLS);
	uint64_t was = stamp_of(half_of(d, cell, 'a'));
	uint64_t stamp = was && !draw(w, 5) ? 0 : ++w->stamp;
	struct changes *all;
	struct binding *b;
	size_t failed;
	uint32_t other;
	int rc;

	(void)now;
	if (m->edit.is_on || m->s.is_hung)
		return;
	assert_int_equal(changes_open(&all, &stage_alloc), 0);
	add_half(all, d, cell, 'a', stamp);
	add_half(all, d, cell, 'b', stamp);
	rc = server_edit(m->s.server, all, fx, &failed, &other);
	m->edit.all = all; /* until it is carried */
	tell(w, "server%u edits cell %u from %llu to %llu: %d", m->s.node, cell,
	     (unsigned long long)was, (unsigned long long)stamp, rc);
	if (rc) {
		w->refused++;
		return;
	}
	m->edit.is_on = true;
	m->edit.operation = w->n_operations;
	b = operation(w, BINDING_CHANGE, cell, stamp ? stamp : NOTHING);
	b->was = was ? was : NOTHING;
	b->answered = NEVER;
}

static void edit_ended(struct member *m, int rc)
{
	struct world *w = m->w;
	struct binding *b = &w->operations[m->edit.operation];

	tell(w, "server%u has edited: %d", m->s.node, rc);
	m->edit.is_on = false;
	if (!rc) {
		b->answered = lan_now(w->lan);
		w->edits++;
	} else if (rc == -ETIMEDOUT) {
		w->doubts++;
	} else {
		b->kind = BINDING_FREE; /* of nobody: it did not happen */
		b->who = UINT64_MAX;
		w->refused++;
	}
}

static void edit(void *arg, usec now)
{
	struct world *w = arg;
	struct member *m = &w->of[draw(w, w->n_servers)];

	if (m->s.server && !m->s.is_hung)
		lan_switch_on(w->lan, m->s.node, now, edit_now, m);
}

/* ---- the network --------------------------------------------------------- */

static void on_look(void *arg, uint32_t node, usec now, struct effects *fx)
{
	struct world *w = arg;

	etcd_server_look(&w->of[node].s, now, fx);
}

/* What others did could be done here, too. */
static void check_store(struct world *w, const struct member *m)
{
	struct store_status is;

	if (m->s.site.store.torn)
		breaks(w, "server%u can't apply what others did: %s", m->s.node,
		       strerror(-m->s.site.store.torn));
	if (lan_store_status(w->lan, m->s.node, &is) && is.is_broken)
		breaks(w, "server%u's store is broken", m->s.node);
}

/* Nobody sees half of an edit. */
static void after(void *arg, uint32_t node, usec now)
{
	struct world *w = arg;
	struct member *m = node < SERVERS ? &w->of[node] : NULL;
	unsigned owners = 0;
	size_t failed;
	int rc;

	(void)now;
	if (!m || !m->s.server)
		return;
	changes_drop(m->edit.all);
	m->edit.all = NULL;
	check_store(w, m);
	if (m->edit.is_on && server_edit_ended(m->s.server, &rc, &failed))
		edit_ended(m, rc);
	for (unsigned i = 0; i < CELLS; i++) {
		const struct directory *d = m->s.site.directory;
		const struct entry *e = half_of(d, i, 'a');

		if (e && plist_value(&e->props, "ip_address") && ++owners > 1)
			breaks(w, "server%u knows of one address twice", node);
		uint64_t a = stamp_of(half_of(d, i, 'a'));
		uint64_t b = stamp_of(half_of(d, i, 'b'));

		if (a != b)
			breaks(w, "server%u has half an edit of %u: %llu, %llu",
			       node, i, (unsigned long long)a,
			       (unsigned long long)b);
	}
}

static void add_server(struct world *w, uint32_t i)
{
	struct member *m = &w->of[i];

	m->w = w;
	m->s = (struct etcd_server){.lan = w->lan,
				    .model = w->model,
				    .seed = w->seed,
				    .link = link_of(i)};
	m->s.way = (struct etcd_model_way){
		.least = 300, .most = MILLISECONDS(3), .news = MILLISECONDS(2)};
	settle_settings(&m->s.settings, i, POOL_FIRST + POOL - 1, TERM);
	etcd_server_add(&m->s);
	if (i < w->n_servers)
		etcd_server_start(&m->s);
}

static void open_world(struct world *w, uint64_t seed)
{
	const struct lan_watcher watcher = {
		.send = on_send, .look = on_look, .after = after, .arg = w};
	const struct lan_config config = {
		.weather = {.loss = 0.02,
			    .duplicate = 0.02,
			    .reorder = 0.2,
			    .reorder_by = MILLISECONDS(3),
			    .delay = 100},
		.seed = seed,
		.nodes = NODES,
		.news_delay = 300};

	w->seed = seed;
	rand_seed(&w->rand, seed);
	w->n_servers = draw(w, 8) ? SERVERS : SERVERS - 1;
	assert_int_equal(lan_open(&w->lan, &config, &watcher), 0);
	assert_int_equal(etcd_model_open(&w->model, &stage_alloc, seed), 0);
	w->time = (struct etcd_time){w->lan, w->model};
	etcd_time_set(&w->time);
	for (uint32_t i = 0; i < SERVERS; i++)
		add_server(w, i);
	for (uint32_t i = 0; i < MACHINES + STRANGERS; i++)
		add_machine(w, i);
	for (unsigned i = 0; i < CELLS; i++)
		operation(w, BINDING_TAKE, i, NOTHING);
	be_good(w, 0);
}

/* Edits, and whatever befalls them all. */
static void let_happen(struct world *w)
{
	for (int i = 0; i < EDITS; i++)
		lan_at(w->lan, (usec)draw(w, (uint64_t)TROUBLE + SECONDS(60)),
		       edit, w);
	for (int i = 0; i < RELEASES; i++)
		lan_at(w->lan, (usec)draw(w, (uint64_t)TROUBLE + SECONDS(60)),
		       boot_again, w);
	lan_at(w->lan, 0, check_leases, w);
	for (int i = 0; i < TROUBLES; i++)
		lan_at(w->lan, (usec)draw(w, (uint64_t)TROUBLE), trouble, w);
}

static void close_world(struct world *w)
{
	for (unsigned i = 0; i < SERVERS; i++)
		etcd_server_die(&w->of[i].s);
	lan_close(w->lan);
	etcd_model_close(w->model);
	for (uint32_t i = 0; i < MACHINES + STRANGERS; i++) {
		dhcpc_close(w->machines[i].t.c, &stage_alloc);
		bootpc_close(w->machines[i].bootp, &stage_alloc);
	}
}

/* ---- in the end ---------------------------------------------------------- */

static void check_machines(struct world *w)
{
	for (uint32_t i = 0; i < MACHINES; i++) {
		struct machine *m = &w->machines[i];

		if (m->bootp && bootpc_state(m->bootp) == ADDRESSC_BOUND)
			use(m, bootpc_answer(m->bootp)->ip);
		if (!m->t.ip)
			breaks(w, "%u has no address", m->node);
		else if (holder(w, m->t.ip) != m->node)
			breaks(w, "what %u has is %u's in etcd", m->node,
			       holder(w, m->t.ip));
	}
}

/* All servers know the same, and it is what etcd has. */
static void check_server(struct world *w, const struct member *m)
{
	if (!m->s.server) {
		breaks(w, "server%u is not up", m->s.node);
		return;
	}
	for (uint32_t ip = POOL_FIRST; ip < POOL_FIRST + POOL; ip++) {
		const struct lease *l = leases_by_ip(m->s.site.leases, ip);

		if ((l ? machine_number(&l->hw) : 0) != holder(w, ip))
			breaks(w, "server%u knows of another at %08x than %u",
			       m->s.node, ip, holder(w, ip));
	}
	for (unsigned i = 0; i < CELLS; i++) {
		uint64_t is = stamp_of(half_of(m->s.site.directory, i, 'a'));

		operation(w, BINDING_SEEN, i, is ? is : NOTHING);
	}
}

static void check_world(struct world *w)
{
	check_machines(w);
	for (unsigned i = 0; i < w->n_servers; i++)
		check_server(w, &w->of[i]);
	for (uint32_t ip = POOL_FIRST; ip < POOL_FIRST + POOL; ip++)
		if (holder(w, ip))
			operation(w, BINDING_SEEN, ip, holder(w, ip));
	if (!w->broken[0] &&
	    !bindings_can_be(w->operations, w->n_operations, w->broken))
		tell(w, "BROKEN: %s", w->broken);
}

/* What runs have seen of each kind of trouble. */
struct seen {
	uint64_t grants, edits, refused, doubts, beaten, unserved, remained;
	uint64_t steps, misled, releases;
	uint64_t lives, events;
};

static uint64_t run(uint64_t seed, bool is_told, struct seen *seen,
		    char broken[BINDING_WORDS])
{
	struct world *w = calloc(1, sizeof *w);
	uint64_t trace;

	assert_non_null(w);
	w->is_told = is_told;
	open_world(w, seed);
	let_happen(w);
	lan_run(w->lan, END);
	if (!w->broken[0])
		check_world(w);
	memcpy(broken, w->broken, BINDING_WORDS);
	trace = lan_stats(w->lan)->trace;
	seen->events += lan_stats(w->lan)->events;
	close_world(w);
	seen->grants += w->grants;
	seen->edits += w->edits;
	seen->refused += w->refused;
	seen->doubts += w->doubts;
	seen->steps += w->steps;
	seen->misled += w->misled;
	seen->releases += w->releases;
	for (int i = 0; i < SERVERS; i++) {
		seen->beaten += w->of[i].s.beaten;
		seen->unserved += w->of[i].s.unserved;
		seen->remained += w->of[i].s.remained;
		seen->lives += w->of[i].s.lives;
	}
	free(w);
	return trace;
}

static uint64_t number(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 10) : otherwise;
}

static void campaign(uint64_t seeds)
{
	uint64_t only = number("SEED", 0);
	uint64_t from = only ? only : number("FROM", 1);
	uint64_t n = only ? 1 : number("SEEDS", seeds);
	struct seen seen = {.grants = 0};
	char broken[BINDING_WORDS];

	for (uint64_t seed = from; seed < from + n; seed++) {
		(void)run(seed, only, &seen, broken);
		if (!broken[0])
			continue;
		if (!only)
			(void)run(seed, true, &seen, broken);
		fail_msg("seed %llu: %s", (unsigned long long)seed, broken);
	}
	printf("%llu seeds: %llu events, %llu lives, %llu clocks stepped, "
	       "%llu grants, %llu given back, %llu beaten, "
	       "%llu not served, %llu for what remained, %llu by a clock that "
	       "was behind, %llu edits, %llu refused, %llu in doubt\n",
	       (unsigned long long)n, (unsigned long long)seen.events,
	       (unsigned long long)seen.lives, (unsigned long long)seen.steps,
	       (unsigned long long)seen.grants,
	       (unsigned long long)seen.releases,
	       (unsigned long long)seen.beaten,
	       (unsigned long long)seen.unserved,
	       (unsigned long long)seen.remained,
	       (unsigned long long)seen.misled, (unsigned long long)seen.edits,
	       (unsigned long long)seen.refused,
	       (unsigned long long)seen.doubts);
	assert_true(seen.releases >= n);
}

/* The tables of a server are large, and mostly never touched: nobody is to
 * clear them. */
static void save_time(void)
{
	(void)mallopt(M_MMAP_THRESHOLD, 1 << 17);
}

#endif
