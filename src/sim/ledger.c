/*
 * The ledger: two tables by host number, who owns an address durably and to
 * whom it is promised.  Commits fill the one, packets that leave the other, and
 * each is held against the other as it is filled.
 */
#include "sim/ledger.h"

#include "sim/lan_impl.h"

#include <errno.h>
#include <stdlib.h>

enum { HOSTS = 65536 };

struct promise {
	struct hwaddr hw;
	usec until; /* 0: none was ever made */
};

struct ledger {
	struct store store;
	struct store *below;
	const struct lan *lan;
	struct hwaddr owner[HOSTS]; /* durably; len 0: nobody */
	struct promise promise[HOSTS];
	const char *broken;
};

static struct ledger *ledger_of(struct store *s)
{
	return CONTAINER(s, struct ledger, store);
}

static void broken(struct ledger *l, const char *what)
{
	if (!l->broken)
		l->broken = what;
}

static usec now(const struct ledger *l)
{
	return l->lan ? lan_now(l->lan) : 0;
}

/* Such a change is durable. */
static void enter(struct ledger *l, const struct change *c)
{
	uint32_t host = c->lease.ip % HOSTS;
	const struct promise *p = &l->promise[host];
	struct hwaddr owner = {0};

	if (change_is_edit(c))
		return;
	if (c->kind == CHANGE_LEASE_PUT && c->lease.kind != LEASE_DECLINED)
		owner = c->lease.hw;
	l->owner[host] = owner;
	if (p->until > now(l) && !hwaddr_is(&p->hw, &owner))
		broken(l, "an acknowledged lease went to another machine");
}

static int load(struct store *s, int (*each)(void *arg, const struct change *),
		void *arg, uint64_t *revision)
{
	struct ledger *l = ledger_of(s);

	return l->below->ops->load(l->below, each, arg, revision);
}

static int commit(struct store *s, struct commit *v, size_t n,
		  uint64_t *revision)
{
	struct ledger *l = ledger_of(s);
	int rc = l->below->ops->commit(l->below, v, n, revision);

	for (size_t i = 0; !rc && i < n; i++)
		for (size_t k = 0; !v[i].rc && k <= v[i].more; k++)
			enter(l, &v[i].change[k]);
	return rc;
}

static int history(struct store *s, const struct store_query *q,
		   store_each_line *each, void *arg)
{
	struct ledger *l = ledger_of(s);

	return l->below->ops->history(l->below, q, each, arg);
}

static void keep(struct store *s, uint64_t lines)
{
	struct ledger *l = ledger_of(s);

	l->below->ops->keep(l->below, lines);
}

static int watch(struct store *s, uint64_t revision, store_each_line *each,
		 void *arg)
{
	struct ledger *l = ledger_of(s);

	return l->below->ops->watch(l->below, revision, each, arg);
}

static int master(struct store *s, enum store_act act, struct store_master *m,
		  usec wall)
{
	struct ledger *l = ledger_of(s);

	return l->below->ops->master(l->below, act, m, wall);
}

static void status(struct store *s, struct store_status *to)
{
	struct ledger *l = ledger_of(s);

	l->below->ops->status(l->below, to);
}

static int backup(struct store *s, struct store_backup *b)
{
	struct ledger *l = ledger_of(s);

	return l->below->ops->backup(l->below, b);
}

static void close_below(struct store *s)
{
	struct ledger *l = ledger_of(s);

	if (l->below)
		l->below->ops->close(l->below);
	free(l);
}

static const struct store_ops ops = {.load = load,
				     .commit = commit,
				     .history = history,
				     .keep = keep,
				     .watch = watch,
				     .master = master,
				     .status = status,
				     .backup = backup,
				     .close = close_below};

int ledger_open(struct ledger **to, const struct store_memory_faults *faults)
{
	struct ledger *l = calloc(1, sizeof(*l));
	int rc = l ? store_memory_open(&l->below, &lan_memory, faults)
		   : -ENOMEM;

	if (rc) {
		free(l);
		return rc;
	}
	l->store.ops = &ops;
	*to = l;
	return 0;
}

void ledger_close(struct ledger *l)
{
	if (l)
		close_below(&l->store);
}

void ledger_clock(struct ledger *l, const struct lan *lan)
{
	l->lan = lan;
}

struct store *ledger_store(struct ledger *l)
{
	return &l->store;
}

uint64_t ledger_batches(const struct ledger *l)
{
	return store_memory_commits(l->below);
}

void ledger_promise(struct ledger *l, uint32_t ip, const struct hwaddr *hw,
		    usec until)
{
	struct promise *p = &l->promise[ip % HOSTS];

	if (p->until > now(l) && !hwaddr_is(&p->hw, hw))
		broken(l, "an address was promised to two machines");
	if (!hwaddr_is(&l->owner[ip % HOSTS], hw))
		broken(l, "an address was promised that is not durable");
	p->hw = *hw;
	p->until = until;
}

bool ledger_promised(const struct ledger *l, uint32_t ip,
		     const struct hwaddr *hw)
{
	const struct promise *p = &l->promise[ip % HOSTS];

	return p->until > now(l) && hwaddr_is(&p->hw, hw);
}

static int audit_one(void *arg, const struct change *c)
{
	struct hwaddr *owner = arg;

	if (!change_is_edit(c) && c->lease.kind != LEASE_DECLINED)
		owner[c->lease.ip % HOSTS] = c->lease.hw;
	return 0;
}

/* By what the store itself says. */
void ledger_audit(struct ledger *l)
{
	struct hwaddr *owner = calloc(HOSTS, sizeof(*owner));
	uint64_t revision;

	if (!owner || load(&l->store, audit_one, owner, &revision))
		broken(l, "the store could not be read");
	for (uint32_t i = 0; owner && i < HOSTS; i++)
		if (l->promise[i].until > now(l) &&
		    !hwaddr_is(&l->promise[i].hw, &owner[i]))
			broken(l, "an acknowledged lease was lost");
	free(owner);
}

const char *ledger_broken(const struct ledger *l)
{
	return l->broken;
}
