/*
 * A question, domain by domain from the nearest up: where its directory is
 * there, then the entry in it.
 */
#include "engine/nic_impl.h"

#include "base/text.h"

#include <assert.h>
#include <errno.h>

static const usec FRESH = SECONDS(600);
static const usec BELIEVED = SECONDS(15);

static const struct nic_wanted *asked(const struct nic *n)
{
	return &n->wanted[n->first];
}

/* ---- what is said ---------------------------------------------------------
 */

void nic_end(struct nic *n, uint64_t cookie, int rc)
{
	assert(n->n_ends < NIC_QUESTIONS + NIC_LISTS);
	n->ends[n->n_ends++] = (struct nic_end){cookie, rc};
	n->stats.unanswered += rc != -ENOENT;
}

static void end(struct nic *n, int rc)
{
	nic_end(n, asked(n)->cookie, rc);
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
	nic_list_end_all(n, rc);
	while (n->n_wanted) {
		end(n, rc);
		pop(n);
	}
}

struct nic_answer nic_say(struct nic *n, uint64_t cookie, unsigned level,
			  struct plist props)
{
	n->stats.answers++;
	return (struct nic_answer){.cookie = cookie,
				   .from = n->domains[level],
				   .level = level,
				   .props = props};
}

static void say(struct nic *n, struct plist props)
{
	n->answer = nic_say(n, asked(n)->cookie, n->level, props);
	n->has_answer = true;
}

bool nic_plist(struct nic *n, struct netinfo_list l, struct plist *to)
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

static void ask_found(struct nic *n, uint32_t object, usec now,
		      struct effects *fx)
{
	struct netinfo m = {.id = {object, 0}};

	nic_call_netinfo(n, NIC_FETCH, NETINFO_READ, &m, now, fx);
}

/* ---- where directories are ------------------------------------------------
 */

static struct nic_place *place_of(struct nic *n, usec now)
{
	for (unsigned i = 0; i < NIC_PLACES; i++) {
		struct nic_place *p = &n->places[i];

		if (p->until > now && p->level == n->level &&
		    !strcmp(p->directory, asked(n)->directory))
			return p;
	}
	return NULL;
}

static void believe(struct nic *n, usec now)
{
	struct nic_place *p = &n->places[n->place++ % NIC_PLACES];

	*p = (struct nic_place){.until = now + BELIEVED,
				.level = n->level,
				.object = n->directory};
	(void)text_copy(p->directory, NIC_WORD, asked(n)->directory,
			strlen(asked(n)->directory));
}

static void forget_level(struct nic *n)
{
	for (unsigned i = 0; i < NIC_PLACES; i++)
		if (n->places[i].level == n->level)
			n->places[i].until = 0;
}

static void begin_level(struct nic *n, usec now, struct effects *fx)
{
	const struct nic_place *p = place_of(n, now);

	n->is_believed = p != NULL;
	if (asked(n)->what == NIC_CHECK) {
		ask_sum(n, now, fx);
	} else if (p) {
		n->directory = p->object;
		ask_entry(n, NIC_FIND, NETINFO_LOOKUPREAD, now, fx);
	} else {
		ask_directory(n, now, fx);
	}
}

/* It is not where it was. */
static void look_again(struct nic *n, usec now, struct effects *fx)
{
	forget_level(n);
	n->is_believed = false;
	ask_directory(n, now, fx);
}

void nic_go_on(struct nic *n, usec now, struct effects *fx)
{
	bool is_idle = n->state == NIC_BOUND && !n->is_asking &&
		       n->step == NIC_IDLE;

	if (is_idle && now - n->climbed > FRESH) {
		nic_climb(n, now, fx);
		return;
	}
	nic_list_go_on(n, fx);
	if (!is_idle || !n->n_wanted)
		return;
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

/* ---- what is heard --------------------------------------------------------
 */

static void heard_props(struct nic *n, usec now, const struct netinfo *m,
			struct effects *fx)
{
	struct plist props;

	if (nic_plist(n, m->props, &props))
		say(n, props);
	if (n->has_answer)
		finish(n, now, fx);
	else
		climb_on(n, now, fx);
}

static void heard_directory(struct nic *n, usec now, struct netinfo_list l,
			    struct effects *fx)
{
	if (!netinfo_object_id_next(&l, &n->directory)) {
		climb_on(n, now, fx);
		return;
	}
	believe(n, now);
	ask_entry(n, NIC_FIND, NETINFO_LOOKUPREAD, now, fx);
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
	if (n->domains[n->level].checksum != (uint32_t)sum)
		forget_level(n);
	n->domains[n->level].checksum = (uint32_t)sum;
	say(n, (struct plist){0});
	climb_on(n, now, fx);
}

static void heard_found(struct nic *n, usec now, struct netinfo_list l,
			struct effects *fx)
{
	uint32_t object;

	if (netinfo_object_id_next(&l, &object))
		ask_found(n, object, now, fx);
	else
		climb_on(n, now, fx);
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
	if (!m.status)
		heard(n, now, &m, fx);
	else if (m.status == NETINFO_BADID && n->is_believed &&
		 n->step != NIC_FETCH)
		look_again(n, now, fx);
	else
		climb_on(n, now, fx);
}
