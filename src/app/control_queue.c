/*
 * Requests that wait.  An edit suspends its connection and queues; the first of
 * the queue is the one under way, and what it may be is decided only then,
 * against the directory that those before it have left.
 */
#include "app/control_inside.h"

#include "app/committer.h"

#include <errno.h>
#include <string.h>

/* ---- edits -------------------------------------------------------------- */

enum begun { UNDER_WAY, ENDED, NOT_YET, AGAIN };
enum { TIMES = 16 /* that one is begun, at most */ };

static int look_at(void *arg, struct store *store)
{
	return admin_look(arg, store);
}

static void drop_ask(void *arg)
{
	admin_ask_drop(arg);
}

static void on_looked(void *arg, int rc);

/* Have the store looked at; false: not now, and the error is filled in. */
static bool ask_store(struct request *r)
{
	struct control *c = r->control;
	struct admin *a = &r->admin;

	admin_ask_own(a->ask, c);
	struct committer_task t = {.run = look_at,
				   .done = on_looked,
				   .drop = drop_ask,
				   .arg = admin_ask_keep(a->ask)};
	int rc = committer_ask(c->o.committer, &t);

	if (!rc) {
		committer_go(c->o.committer);
		return true;
	}
	admin_ask_drop(a->ask);
	if (!a->status)
		admin_error(a, MHD_HTTP_SERVICE_UNAVAILABLE, "the store: %s",
			    strerror(-rc));
	return false;
}

/* Another server was faster, though perhaps with another entry: that it is the
 * next one which has an id can only be said of all.  Its news are here by now,
 * so the request is judged again, as if it had come behind them. */
static bool is_overtaken(struct request *r, int rc)
{
	return rc == -ESTALE && r->control->o.site->store.is_shared &&
	       ++r->times < TIMES;
}

/* It was made, or refused: why, the store may know better. */
static enum begun settle(struct request *r, int rc, size_t failed)
{
	if (is_overtaken(r, rc)) {
		judge_forget(r, false);
		admin_close(&r->admin);
		return AGAIN;
	}
	admin_settled(&r->admin, r->control->o.site, rc, failed);
	return r->admin.ask && ask_store(r) ? UNDER_WAY : ENDED;
}

/* Make the changes.  NOT_YET: a machine is just adding itself. */
static enum begun make(struct request *r)
{
	const struct control_options *o = &r->control->o;
	struct admin *a = &r->admin;
	uint32_t other;
	size_t failed;
	int rc;

	rc = server_edit(o->server, a->changes, driver_effects(o->driver),
			 &failed, &other);
	if (rc == -EAGAIN) {
		admin_close(a);
		return NOT_YET;
	}
	if (!rc)
		driver_carry(o->driver);
	if (rc || server_edit_ended(o->server, &rc, &failed))
		return settle(r, rc, failed);
	return UNDER_WAY;
}

/* What it asks for is known: make the change, which may need a look at the
 * store first. */
static enum begun decide(struct request *r)
{
	struct admin *a = &r->admin;

	if (a->ask)
		return ask_store(r) ? UNDER_WAY : ENDED;
	return a->status ? ENDED : make(r);
}

static enum begun judge_here(struct request *r)
{
	struct admin_request q = request_asks(r);

	admin_ask(&r->admin, r->control->o.site, &q);
	return decide(r);
}

static enum begun begin(struct request *r)
{
	int rc = judge_begin(r);

	if (rc == -EAGAIN)
		return NOT_YET;
	return rc ? judge_here(r) : UNDER_WAY;
}

/* The first of the queue has its answer. */
static void release(struct control *c)
{
	struct request *r = c->first;

	c->first = r->next;
	if (!c->first)
		c->last = &c->first;
	c->is_under_way = false;
	judge_forget(r, true);
	r->waits = false;
	MHD_resume_connection(r->connection);
	/* MHD goes on with it at its next step, and tells no descriptor. */
	wake_up(&c->bell);
}

static void go_on(struct control *c)
{
	while (c->first && !c->is_under_way) {
		enum begun begun = begin(c->first);

		if (begun == NOT_YET)
			return;
		c->is_under_way = begun == UNDER_WAY;
		if (begun == ENDED)
			release(c);
	}
}

void queue_judged(struct control *c, int rc)
{
	enum begun begun = rc ? judge_here(c->first) : decide(c->first);

	/* If it was not made, nobody waits for it any more. */
	server_edit_release(c->o.server);
	c->is_under_way = begun == UNDER_WAY;
	if (begun == ENDED)
		release(c);
	go_on(c);
}

void control_settled(struct control *c)
{
	enum begun begun;
	size_t failed;
	int rc;

	if (!c || c->judge)
		return;
	if (c->is_under_way) {
		if (c->first->admin.ask)
			return; /* it still looks */
		if (!server_edit_ended(c->o.server, &rc, &failed))
			return;
		begun = settle(c->first, rc, failed);
		c->is_under_way = begun == UNDER_WAY;
		if (begun == ENDED)
			release(c);
	}
	go_on(c);
}

static void wait_for_it(struct request *r)
{
	if (!r->waits)
		MHD_suspend_connection(r->connection);
	r->waits = true;
}

void queue_edit(struct request *r)
{
	struct control *c = r->control;

	wait_for_it(r);
	r->next = NULL;
	*c->last = r;
	c->last = &r->next;
	go_on(c);
}

/* ---- looking ------------------------------------------------------------ */

static struct request **looker(struct control *c, const struct admin_ask *ask)
{
	struct request **r = &c->lookers;

	while (*r && (*r)->admin.ask != ask)
		r = &(*r)->next;
	return r;
}

static void let_go(struct control *c, struct request **at)
{
	struct request *r = *at;

	*at = r->next;
	r->waits = false;
	MHD_resume_connection(r->connection);
	wake_up(&c->bell);
}

/* Who asked may have gone; then nobody has what was asked. */
static void on_looked(void *arg, int rc)
{
	struct control *c = admin_ask_owner(arg);
	struct request **at;
	enum begun begun = ENDED;

	(void)rc;
	if (!c)
		return;
	at = looker(c, arg);
	if (*at) {
		admin_looked(&(*at)->admin, c->o.site);
		let_go(c, at);
		return;
	}
	if (!c->is_under_way || c->judge || c->first->admin.ask != arg)
		return;
	admin_looked(&c->first->admin, c->o.site);
	if (!c->first->admin.status)
		begun = make(c->first);
	c->is_under_way = begun == UNDER_WAY;
	if (begun == ENDED)
		release(c);
	go_on(c);
}

void queue_looker(struct request *r)
{
	struct control *c = r->control;

	if (r->admin.work)
		wake_up(&c->bell);
	else if (!ask_store(r))
		return;
	queue_reader(r);
}

void queue_reader(struct request *r)
{
	struct control *c = r->control;

	wait_for_it(r);
	r->next = c->lookers;
	c->lookers = r;
}

void queue_read(struct request *r)
{
	struct request **at = &r->control->lookers;

	while (*at != r)
		at = &(*at)->next;
	if (r->admin.status) {
		let_go(r->control, at);
		return;
	}
	*at = r->next;
	queue_edit(r);
}

void queue_work(struct control *c)
{
	struct request **oldest = NULL;

	for (struct request **at = &c->lookers; *at; at = &(*at)->next)
		if ((*at)->admin.work)
			oldest = at;
	if (!oldest)
		return;
	admin_go_on(&(*oldest)->admin, c->o.site, loop_now(c->o.loop));
	if ((*oldest)->admin.status)
		let_go(c, oldest);
	else
		wake_up(&c->bell);
}

/* Those who wait for an edit are told.  The one under way is in the store's
 * hands: it may still be made. */
void queue_dismiss(struct control *c)
{
	while (c->first) {
		admin_error(&c->first->admin, MHD_HTTP_SERVICE_UNAVAILABLE,
			    "the server has just stopped: look whether it was "
			    "done");
		release(c);
	}
	while (c->lookers) {
		admin_error(&c->lookers->admin, MHD_HTTP_SERVICE_UNAVAILABLE,
			    "the server has just stopped");
		let_go(c, &c->lookers);
	}
}
