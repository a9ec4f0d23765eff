/*
 * What befalls the servers of the campaign, and etcd.
 */
#ifndef MUSTER_TESTS_SERVERS_FAULTS_H
#define MUSTER_TESTS_SERVERS_FAULTS_H

#include "servers_world.h"
#include "store/etcd_record.h"

static const struct etcd_model_way good_way = {
	.least = 300, .most = MILLISECONDS(3), .news = MILLISECONDS(2)};

static void edit_now(void *arg, usec now, struct effects *fx);
static void edit(void *arg, usec now);

/* ---- a server ------------------------------------------------------------ */

static void come_back(void *arg, usec now)
{
	struct member *m = arg;

	(void)now;
	tell(m->w, "server%u starts", m->s.node);
	m->is_down = false;
	etcd_server_start(&m->s);
}

static void fall(struct member *m, usec now, usec length)
{
	if (m->is_down)
		return;
	tell(m->w, "server%u dies", m->s.node);
	m->is_down = true;
	etcd_server_die(&m->s);
	/* What became of its edit nobody knows. */
	m->edit.is_on = false;
	lan_at(m->w->lan, now + length, come_back, m);
}

/* ---- its wall clock ------------------------------------------------------ */

static void set_clock(struct member *m, usec ahead)
{
	tell(m->w, "server%u has a clock that is %lld s ahead", m->s.node,
	     (long long)(ahead / SECOND));
	m->ahead = ahead;
	lan_set_clock(m->w->lan, m->s.node, ahead);
}

static void mend_clock(void *arg, usec now)
{
	(void)now;
	set_clock(arg, 0);
}

/* By less than a lease's term, or an hour at most, or a day, both ways. */
static void step_clock(struct member *m)
{
	static const usec most[] = {SECONDS(TERM), SECONDS(3600), SECONDS(3600),
				    SECONDS(86400)};
	usec by = most[draw(m->w, 4)];

	m->w->steps++;
	set_clock(m, (usec)draw(m->w, 2 * (uint64_t)by) - by);
}

static void be_wrong(struct member *m, usec now, usec length)
{
	step_clock(m);
	if (draw(m->w, 3))
		lan_at(m->w->lan, now + length, mend_clock, m);
}

/* ---- a server that sleeps ------------------------------------------------ */

static void wake(void *arg, usec now)
{
	struct member *m = arg;

	(void)now;
	tell(m->w, "server%u wakes", m->s.node);
	etcd_server_fault(&m->s, &(struct lan_fault){.loss = 0});
}

static void hear_again(void *arg, usec now)
{
	struct member *m = arg;

	(void)now;
	if (m->s.etcd)
		etcd_model_hold(m->s.etcd, false);
}

/* What it has missed it hears after a while, and it is asked to edit before
 * that; and what has slept may have a clock that has not, or that has been set.
 */
static void wake_in_doubt(void *arg, usec now)
{
	struct member *m = arg;
	struct world *w = m->w;

	if (!draw(w, 4))
		step_clock(m);
	if (m->s.etcd)
		etcd_model_hold(m->s.etcd, true);
	lan_at(w->lan, now + MILLISECONDS(draw(w, 3000)), hear_again, m);
	wake(m, now);
	if (m->s.server)
		lan_switch_on(w->lan, m->s.node,
			      now + MILLISECONDS(draw(w, 500)), edit_now, m);
}

static void sleeps(struct member *m, usec now, usec length)
{
	tell(m->w, "server%u sleeps for %lld ms", m->s.node,
	     (long long)length / 1000);
	/* As SIGSTOP does it: what came waits in its sockets. */
	etcd_server_fault(&m->s,
			  &(struct lan_fault){.is_hung = true, .keeps = 64});
	lan_at(m->w->lan, now + length, wake_in_doubt, m);
}

/* It hears no machine, and none hears it. */
static void be_alone(struct member *m, usec now, usec length)
{
	tell(m->w, "server%u is cut off from the machines", m->s.node);
	etcd_server_fault(&m->s, &(struct lan_fault){.loss = 1});
	lan_at(m->w->lan, now + length, wake, m);
}

static void mend_way(void *arg, usec now)
{
	struct member *m = arg;

	(void)now;
	tell(m->w, "server%u has a good way to etcd", m->s.node);
	etcd_server_set_way(&m->s, &good_way);
}

static void worsen_way(struct member *m, usec now, usec length)
{
	static const char *const words[] = {"none", "one to etcd",
					    "one from etcd", "a slow one"};
	struct etcd_model_way way = good_way;
	uint64_t kind = draw(m->w, 4);

	way.is_mute = kind == 0 || kind == 2;
	way.is_deaf = kind == 0 || kind == 1;
	if (kind == 3) {
		way.most = MILLISECONDS(draw(m->w, 400) + 4);
		way.news = MILLISECONDS(draw(m->w, 3000));
	}
	tell(m->w, "server%u has no good way to etcd: %s", m->s.node,
	     words[kind]);
	etcd_server_set_way(&m->s, &way);
	lan_at(m->w->lan, now + length, mend_way, m);
}

/* ---- a machine that boots again ------------------------------------------ */

/* It gives its address back to whom it had it from, perhaps one who sleeps, and
 * asks anew. */
static void release_now(void *arg, usec now, struct effects *fx)
{
	struct machine *m = arg;
	const struct address_answer *is = dhcpc_answer(m->t.c);
	const struct endpoint me = {is->ip, BOOTP_CLIENT_PORT};
	const struct endpoint server = {is->server, BOOTP_SERVER_PORT};
	struct bootp_head h = {.op = BOOTP_REQUEST,
			       .hw = link_of(m->node).hw,
			       .ciaddr = is->ip};
	struct wr w = effects_head(fx);
	struct bootp_out o;

	if (!m->t.ip || dhcpc_state(m->t.c) != ADDRESSC_BOUND)
		return;
	tell(m->w, "%u gives %08x back to %08x, and boots again", m->node,
	     is->ip, is->server);
	operation(m->w, BINDING_FREE, is->ip, m->node)->answered = NEVER;
	m->w->promised[is->ip - POOL_FIRST] = (struct promised){.to = 0};
	m->has_all = false;
	o = bootp_begin(&h, &w, BOOTP_MTU_MAX);
	bootp_put_u8(&o, OPT_MESSAGE_TYPE, DHCP_RELEASE);
	bootp_put_u32(&o, OPT_SERVER_ID, is->server);
	bootp_end(&o);
	effects_send(fx, &w, me, server)->link = 1;
	m->w->releases++;
	dhcpc_start(m->t.c, now, fx);
	tenant_move(&m->t, fx);
}

static void boot_again(void *arg, usec now)
{
	struct world *w = arg;
	struct machine *m = &w->machines[draw(w, MACHINES)];

	if (!m->bootp && m->t.ip)
		lan_switch_on(w->lan, m->node, now, release_now, m);
}

/* ---- etcd ---------------------------------------------------------------- */

static void elected(void *arg, usec now)
{
	struct world *w = arg;

	(void)now;
	tell(w, "etcd has a leader");
	etcd_model_go(w->model);
	etcd_model_stop(w->model, false);
}

static void elect(struct world *w, usec now, usec length)
{
	tell(w, "etcd has no leader");
	etcd_model_go(w->model);
	etcd_model_stop(w->model, true);
	lan_at(w->lan, now + (draw(w, 3) ? length / 10 : length), elected, w);
}

static void be_good(void *arg, usec now)
{
	struct world *w = arg;

	(void)now;
	tell(w, "nothing gets lost");
	etcd_model_faults(w->model, &(struct etcd_model_faults){.page = 16});
}

static void lose(struct world *w, usec now, usec length)
{
	const struct etcd_model_faults f = {
		.request_lost = (unsigned)draw(w, 40),
		.request_late = (unsigned)draw(w, 40),
		.answer_lost = (unsigned)draw(w, 40),
		.page = 16};

	tell(w,
	     "%u %% of requests get lost, %u %% are late, %u %% answered "
	     "in vain",
	     f.request_lost, f.request_late, f.answer_lost);
	etcd_model_faults(w->model, &f);
	lan_at(w->lan, now + length, be_good, w);
}

static void forget(struct world *w)
{
	tell(w, "etcd is compacted");
	etcd_model_go(w->model);
	etcd_model_compact(w->model);
}

/* ---- a master whose words are on their way ------------------------------- */

static struct member *master(struct world *w)
{
	char key[ETCD_KEY];
	const uint8_t *name;
	size_t len;

	etcd_master_key(key, DOMAIN_FIRST);
	name = etcd_model_get(w->model, key, &len);
	for (unsigned i = 0; name && i < w->n_servers; i++) {
		struct member *m = &w->of[i];

		if (!memcmp(m->s.settings.name, name, len) && m->s.server)
			return m;
	}
	return NULL;
}

/*
 * It edits, and what it says to etcd arrives when its mastership is over, as if
 * it had been stopped between judging the edit and sending it; others are to
 * edit meanwhile.  Only the fence keeps apart what they do to different
 * entries.
 */
static void speaks_late(struct world *w, usec now)
{
	struct etcd_model_way way = good_way;
	struct member *m = master(w);

	if (!m || m->s.is_hung)
		return;
	tell(w, "server%u, the master, is heard seconds later", m->s.node);
	way.least = SECONDS(MASTERSHIP);
	way.most = SECONDS(7);
	etcd_server_set_way(&m->s, &way);
	lan_switch_on(w->lan, m->s.node, now, edit_now, m);
	for (unsigned i = 0; i < 8; i++)
		lan_at(w->lan, now + way.least + (usec)draw(w, SECONDS(5)),
		       edit, w);
	lan_at(w->lan, now + way.most, mend_way, m);
}

/* ---- any of it ----------------------------------------------------------- */

static void trouble(void *arg, usec now)
{
	struct world *w = arg;
	struct member *m = &w->of[draw(w, w->n_servers)];
	usec length = MILLISECONDS(draw(w, draw(w, 2) ? 6000 : 60000));

	switch (draw(w, 10)) {
	case 0:
		fall(m, now, length / 2);
		break;
	case 1:
		sleeps(m, now, length);
		break;
	case 2:
		be_alone(m, now, length);
		break;
	case 3:
	case 4:
		worsen_way(m, now, length);
		break;
	case 5:
		elect(w, now, length);
		break;
	case 6:
		lose(w, now, length);
		break;
	case 7:
		forget(w);
		break;
	case 8:
		be_wrong(m, now, length);
		break;
	case 9:
		speaks_late(w, now);
		break;
	}
}

#endif
