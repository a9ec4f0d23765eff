/*
 * A question, domain by domain from the nearest up: where its directory is
 * there, then the entry in it.
 */
#include "engine/nic_impl.h"

#include "base/text.h"

#include <assert.h>
#include <errno.h>

static const usec FRESH = SECONDS(600);

static const struct nic_wanted *asked(const struct nic *n)
{
	return &n->wanted[n->first];
}

/* ---- what is said ---------------------------------------------------------
 */

static void end(struct nic *n, int rc)
{
	assert(n->n_ends < NIC_QUESTIONS);
	n->ends[n->n_ends++] = (struct nic_end){asked(n)->cookie, rc};
	n->stats.unanswered += rc != -ENOENT;
}

static void pop(struct nic *n)
{
	n->is_asking = false;
	n->first = (n->first + 1) % NIC_QUESTIONS;
	n->n_wanted--;
}

void nic_ask_end_all(struct nic *n, int rc)
{
	n->step = NIC_IDLE;
	while (n->n_wanted) {
		end(n, rc);
		pop(n);
	}
}

static void say(struct nic *n, struct plist props)
{
	n->answer = (struct nic_answer){.cookie = asked(n)->cookie,
					.from = n->domains[n->level],
					.level = n->level,
					.props = props};
	n->has_answer = true;
	n->stats.answers++;
}

/* A property list of the wire as one of ours; its names have no NUL.  False:
 * it is longer than there is room. */
static bool plist_from(struct nic *n, struct netinfo_list l, struct plist *to)
{
	struct plist_out o = plist_begin(n->props, sizeof(n->props));
	struct netinfo_property p;
	char word[NIC_CALL];
	struct span v;
	bool fits = true;

	while (fits && netinfo_property_next(&l, &p)) {
		fits = span_copy(word, sizeof(word), p.name);
		plist_add(&o, word);
		while (fits && netinfo_name_next(&p.values, &v)) {
			fits = span_copy(word, sizeof(word), v);
			plist_add_value(&o, word);
		}
	}
	return fits && plist_end(&o, to);
}

/* ---- what is asked --------------------------------------------------------
 */

static void ask_directory(struct nic *n, usec now, struct effects *fx)
{
	struct netinfo m = {.key = span_of("name"),
			    .value = span_of(asked(n)->directory)};

	nic_call_netinfo(n, NIC_DIRECTORY, NETINFO_LOOKUP, &m, now, fx);
}

static void ask_sum(struct nic *n, usec now, struct effects *fx)
{
	static const struct netinfo none;

	nic_call_netinfo(n, NIC_SUM, NETINFO_STATISTICS, &none, now, fx);
}

static void ask_entry(struct nic *n, enum nic_step step, uint32_t procedure,
		      usec now, struct effects *fx)
{
	struct netinfo m = {.id = {n->directory, 0},
			    .key = span_of(asked(n)->key),
			    .value = span_of(asked(n)->value)};

	nic_call_netinfo(n, step, procedure, &m, now, fx);
}

static void ask_child(struct nic *n, usec now, struct effects *fx)
{
	struct netinfo m = {.id = {n->children[n->child++], 0}};

	nic_call_netinfo(n, NIC_FETCH, NETINFO_READ, &m, now, fx);
}

static void begin_level(struct nic *n, usec now, struct effects *fx)
{
	n->child = n->n_children = 0;
	if (asked(n)->what == NIC_CHECK)
		ask_sum(n, now, fx);
	else
		ask_directory(n, now, fx);
}

void nic_go_on(struct nic *n, usec now, struct effects *fx)
{
	if (n->state != NIC_BOUND || n->is_asking || n->step != NIC_IDLE ||
	    !n->n_wanted)
		return;
	if (now - n->climbed > FRESH) {
		nic_climb(n, now, fx);
		return;
	}
	n->is_asking = true;
	n->level = 0;
	begin_level(n, now, fx);
}

static void finish(struct nic *n, usec now, struct effects *fx)
{
	n->step = NIC_IDLE;
	pop(n);
	nic_go_on(n, now, fx);
}

/* Nothing, or nothing more, in this domain. */
static void climb_on(struct nic *n, usec now, struct effects *fx)
{
	if (++n->level < n->n) {
		begin_level(n, now, fx);
		return;
	}
	end(n, -ENOENT);
	finish(n, now, fx);
}

/* Where there are more children, the next; else the next domain. */
static void next_child(struct nic *n, usec now, struct effects *fx)
{
	if (n->child < n->n_children)
		ask_child(n, now, fx);
	else
		climb_on(n, now, fx);
}

/* ---- what is heard --------------------------------------------------------
 */

static void heard_props(struct nic *n, usec now, const struct netinfo *m,
			struct effects *fx)
{
	struct plist props;

	if (plist_from(n, m->props, &props))
		say(n, props);
	if (asked(n)->what == NIC_ALL)
		next_child(n, now, fx);
	else if (n->has_answer)
		finish(n, now, fx);
	else
		climb_on(n, now, fx);
}

static void heard_children(struct nic *n, usec now, struct netinfo_list l,
			   struct effects *fx)
{
	uint32_t id;

	while (n->n_children < NIC_CHILDREN && netinfo_object_id_next(&l, &id))
		n->children[n->n_children++] = id;
	next_child(n, now, fx);
}

static void heard_directory(struct nic *n, usec now, struct netinfo_list l,
			    struct effects *fx)
{
	struct netinfo m = {0};

	if (!netinfo_object_id_next(&l, &n->directory)) {
		climb_on(n, now, fx);
	} else if (asked(n)->what == NIC_ALL) {
		m.id.object = n->directory;
		nic_call_netinfo(n, NIC_LISTING, NETINFO_CHILDREN, &m, now, fx);
	} else {
		ask_entry(n, NIC_FIND, NETINFO_LOOKUPREAD, now, fx);
	}
}

static void heard_sum(struct nic *n, usec now, struct netinfo_list props,
		      struct effects *fx)
{
	struct netinfo_property p;
	uint64_t sum = 0;
	struct span v;

	while (netinfo_property_next(&props, &p))
		if (span_is(p.name, "checksum") &&
		    netinfo_name_next(&p.values, &v))
			(void)number_parse(v.s, v.len, UINT32_MAX, &sum);
	n->domains[n->level].checksum = (uint32_t)sum;
	say(n, (struct plist){0});
	climb_on(n, now, fx);
}

static void heard_found(struct nic *n, usec now, struct netinfo_list l,
			struct effects *fx)
{
	if (!netinfo_object_id_next(&l, &n->children[0])) {
		climb_on(n, now, fx);
		return;
	}
	n->n_children = 1;
	n->child = 0;
	ask_child(n, now, fx);
}

static void heard(struct nic *n, usec now, const struct netinfo *m,
		  struct effects *fx)
{
	switch (n->step) {
	case NIC_DIRECTORY:
		heard_directory(n, now, m->list, fx);
		break;
	case NIC_LOOKUP:
		heard_found(n, now, m->list, fx);
		break;
	case NIC_FIND:
	case NIC_FETCH:
		heard_props(n, now, m, fx);
		break;
	case NIC_LISTING:
		heard_children(n, now, m->list, fx);
		break;
	case NIC_SUM:
		heard_sum(n, now, m->props, fx);
		break;
	default:
		break;
	}
}

void nic_ask_heard(struct nic *n, usec now, const struct rpc_reply *p,
		   struct effects *fx)
{
	struct rd r = rd_over(p->results, p->len);
	struct netinfo m;

	/* Old servers have no LOOKUPREAD. */
	if (p->status == RPC_PROC_UNAVAIL && n->step == NIC_FIND) {
		ask_entry(n, NIC_LOOKUP, NETINFO_LOOKUP, now, fx);
		return;
	}
	if (p->status != RPC_SUCCESS ||
	    !netinfo_results_get(&m, n->procedure, &r)) {
		n->stats.bad++;
		m.status = NETINFO_SYSTEMERR;
	}
	/* One that went meanwhile is passed over. */
	if (!m.status)
		heard(n, now, &m, fx);
	else if (n->step == NIC_FETCH)
		next_child(n, now, fx);
	else
		climb_on(n, now, fx);
}
