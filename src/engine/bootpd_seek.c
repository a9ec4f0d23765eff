/*
 * An address for a new machine, and its entry in the directory.  The lowest
 * address of the range that nobody has by registration or lease is held, asked
 * for on the wire twice, and committed with everything else; only then does
 * the machine hear of it.
 */
#include "engine/bootpd_impl.h"

#include <errno.h>

enum { PROBES = 2, TRIES = 32, STALE_MOST = 8, ENTRY_BYTES = 1024 };

static const usec PROBE_WAIT = MILLISECONDS(250);
static const usec TAKEN_FOR = SECONDS(600);

/* ---- which --------------------------------------------------------------- */

static bool somebody_answered(const struct hostadd *h, uint32_t ip, usec now)
{
	for (unsigned i = 0; i < TAKEN_ADDRESSES; i++)
		if (h->taken[i].ip == ip && now < h->taken[i].until)
			return true;
	return false;
}

static bool is_leased(const struct bootpd *b, const struct ask *a, uint32_t ip,
		      usec now)
{
	const struct leases *l = b->site->leases;
	const struct lease *lease = leases_by_ip(l, ip);
	struct hwaddr holder;

	if (leases_held_by(l, ip, now, &holder))
		return true;
	return lease && lease_is_live(l, ip, now) &&
	       !(lease->kind == LEASE_BOOTP && hwaddr_is(&lease->hw, &a->hw));
}

/* The servers that machines are told of, and the like. */
static bool is_reserved(const struct bootpd *b, const struct subnet *s,
			const struct addition *rules, uint32_t ip)
{
	for (unsigned i = 0; i < sizeof(s->dns) / sizeof(s->dns[0]); i++)
		if (s->dns[i] == ip)
			return true;
	return ip == s->router || ip == s->next_server ||
	       ip == rules->temporary || site_is_own(b->site, ip);
}

/* The lowest; 0: there is none. */
static uint32_t choose(const struct bootpd *b, const struct ask *a,
		       const struct addition *rules, usec now)
{
	const struct site *s = b->site;
	const struct subnet *n = a->subnet;
	uint32_t first = (n->network & n->mask) + 1;
	uint32_t last = (n->network | ~n->mask) - 1;

	if (first < rules->first)
		first = rules->first;
	if (last > rules->last)
		last = rules->last;
	for (uint32_t ip = first; ip <= last; ip++)
		if (!is_reserved(b, n, rules, ip) &&
		    !machine_by_ip(s->directory, a->domain, ip) &&
		    !is_leased(b, a, ip, now) &&
		    !somebody_answered(&b->hostadd, ip, now))
			return ip;
	return 0;
}

/* ---- is anybody there? --------------------------------------------------- */

static void probe(const struct ask *a, struct dialog *d, usec now,
		  struct effects *fx)
{
	probe_ask(a->link, d->ip, fx);
	d->probes++;
	d->probe_due = now + PROBE_WAIT;
}

static void seek(struct bootpd *b, const struct ask *a, struct dialog *d,
		 const struct addition *rules, usec now, struct effects *fx)
{
	uint32_t ip = d->tries++ < TRIES ? choose(b, a, rules, now) : 0;

	if (!ip) {
		ask_note(a, NOTE_POOL_FULL, fx)->ip = rules->first;
		hostadd_fail(b, a, d,
			     "There is no address left for a new computer.\n",
			     fx);
		return;
	}
	if (leases_hold(b->site->leases, ip, &d->hw, NEVER)) {
		hostadd_fail(b, a, d, "The server is busy. Try again later.\n",
			     fx);
		return;
	}
	dialog_enter(b, d, DIALOG_PROBING);
	d->ip = ip;
	d->probes = 0;
	probe(a, d, now, fx);
}

void seek_begin(struct bootpd *b, const struct ask *a, struct dialog *d,
		const struct addition *rules, usec now, struct effects *fx)
{
	d->tries = 0;
	d->turn = b->hostadd.turns++;
	seek(b, a, d, rules, now, fx);
}

/* The rules as they are now, and the machine if it is still one to add; false,
 * and the dialog is over or gone elsewhere. */
static bool may_go_on(struct bootpd *b, struct dialog *d, struct ask *a,
		      struct addition *rules, usec now, struct effects *fx)
{
	if (!hostadd_ask(b, d, a))
		dialog_free(b, d);
	else if (a->machine) /* somebody has let it in meanwhile */
		hostadd_done(b, a, d, now, fx);
	else if (!hostadd_wants(b, a, rules))
		dialog_free(b, d);
	else
		return true;
	return false;
}

void seek_taken(struct bootpd *b, struct dialog *d, usec now,
		struct effects *fx)
{
	struct hostadd *h = &b->hostadd;
	struct addition rules;
	struct ask a;

	h->taken[h->taken_turn].ip = d->ip;
	h->taken[h->taken_turn].until = now + TAKEN_FOR;
	h->taken_turn = (h->taken_turn + 1) % TAKEN_ADDRESSES;
	if (!may_go_on(b, d, &a, &rules, now, fx))
		return;
	ask_note(&a, NOTE_ADDRESS_USED, fx)->ip = d->ip;
	leases_unhold(b->site->leases, d->ip);
	d->ip = 0;
	seek(b, &a, d, &rules, now, fx);
}

void seek_expire(struct bootpd *b, struct dialog *d, usec now,
		 struct effects *fx)
{
	struct ask a;

	if (d->probes < PROBES && hostadd_ask(b, d, &a)) {
		probe(&a, d, now, fx);
		return;
	}
	dialog_enter(b, d, DIALOG_READY);
	d->tries = 0;
}

/* ---- the entry ----------------------------------------------------------- */

static struct dialog *first_ready(const struct hostadd *h)
{
	struct dialog *first = NULL;

	for (unsigned i = 0; h->ready && i < DIALOGS; i++) {
		struct dialog *d = &h->v[i];

		if (d->state == DIALOG_READY &&
		    (!first || d->turn < first->turn))
			first = d;
	}
	return first;
}

static void not_stored(struct bootpd *b, const struct ask *a, struct dialog *d,
		       struct effects *fx)
{
	b->stats.refused++;
	hostadd_fail(b, a, d,
		     "The server could not store it. Try again later.\n", fx);
}

static void commit(struct bootpd *b, const struct ask *a, struct dialog *d,
		   const struct addition *rules, struct effects *fx)
{
	const struct site *s = b->site;
	uint8_t room[ENTRY_BYTES];
	struct plist_out out = plist_begin(room, sizeof(room));
	struct change c = {.kind = CHANGE_ENTRY_PUT,
			   .domain = rules->machines->domain,
			   .parent = rules->machines->id,
			   .id = directory_next_id(s->directory),
			   .instance = 1};
	uint32_t other;
	int rc = -ENOSPC;

	if (site_is_away(s)) {
		not_stored(b, a, d, fx);
		return;
	}
	addition_entry(rules, d->name, &d->hw, d->ip, &out);
	if (plist_end(&out, &c.props))
		rc = directory_check(s->directory, &c, &other);
	if (rc) {
		hostadd_fail(b, a, d,
			     rc == -EEXIST ? "That name is already taken.\n"
					   : "The server could not add it.\n",
			     fx);
		return;
	}
	dialog_enter(b, d, DIALOG_COMMITTING);
	c.props.bytes = effects_copy(fx, c.props.bytes, c.props.len);
	*effects_commit(fx, dialog_cookie(b, d)) = c;
}

void seek_commit(struct bootpd *b, usec now, struct effects *fx)
{
	struct dialog *d = first_ready(&b->hostadd);
	struct addition rules;
	struct ask a;

	if (!d || b->hostadd.committing || b->site->is_editing ||
	    !may_go_on(b, d, &a, &rules, now, fx))
		return;
	/* Registered for another meanwhile. */
	if (machine_by_ip(b->site->directory, a.domain, d->ip)) {
		leases_unhold(b->site->leases, d->ip);
		d->ip = 0;
		seek(b, &a, d, &rules, now, fx);
		return;
	}
	commit(b, &a, d, &rules, fx);
}

static void on_added(struct bootpd *b, struct ask *a, struct dialog *d,
		     usec now, struct effects *fx)
{
	struct note *n = ask_note(a, NOTE_MACHINE_ADDED, fx);

	n->ip = d->ip;
	n->text = effects_text(fx, d->name, strlen(d->name));
	hostadd_done(b, a, d, now, fx);
}

void seek_settled(struct bootpd *b, struct dialog *d, usec now,
		  const struct outcome *o, struct effects *fx)
{
	struct ask a;

	if (!effects_room(fx, 4, EFFECT_HEAD_MAX) || !hostadd_ask(b, d, &a)) {
		dialog_free(b, d);
	} else if (!o->rc) {
		on_added(b, &a, d, now, fx);
	} else if (o->rc == -ESTALE && d->tries++ < STALE_MOST) {
		dialog_enter(b, d, DIALOG_READY);
	} else {
		not_stored(b, &a, d, fx);
	}
}
