/*
 * All entries of a directory, domain by domain from the nearest up: each has
 * one answer, over a connection, which somebody else makes (ASK).
 */
#include "engine/nic_impl.h"

#include "base/text.h"

#include <errno.h>

static void end(struct nic *n, struct nic_listing *l, int rc)
{
	l->is_open = false;
	nic_end(n, l->cookie, rc);
}

void nic_list_end_all(struct nic *n, int rc)
{
	for (unsigned i = 0; i < NIC_LISTS; i++)
		if (n->lists[i].is_open)
			end(n, &n->lists[i], rc);
}

/* ---- what is asked --------------------------------------------------------
 */

int nic_list_ask(struct nic *n, usec now, const struct nic_question *q,
		 struct effects *fx)
{
	struct nic_listing *l = n->lists;
	size_t len = strlen(q->directory);

	while (l < n->lists + NIC_LISTS && l->is_open)
		l++;
	if (l == n->lists + NIC_LISTS)
		return -EAGAIN;
	*l = (struct nic_listing){.is_open = true, .cookie = q->cookie};
	if (!text_copy(l->directory, NIC_WORD, q->directory, len)) {
		l->is_open = false;
		return -EMSGSIZE;
	}
	n->stats.questions++;
	nic_go_on(n, now, fx);
	return 0;
}

/* Its number is nobody's who was asked before, of another nic perhaps. */
static void ask(struct nic *n, struct nic_listing *l, struct effects *fx)
{
	struct question *q;

	l->asked = rand_u64(&n->rand) | 1;
	q = effects_ask(fx, ASK_LISTALL, l->directory, "", l->asked);
	q->peer = (struct endpoint){n->domains[l->level].ip,
				    n->rungs[l->level].tcp};
}

void nic_list_go_on(struct nic *n, struct effects *fx)
{
	for (unsigned i = 0; n->state == NIC_BOUND && i < NIC_LISTS; i++) {
		struct nic_listing *l = &n->lists[i];

		if (!l->is_open || l->asked)
			continue;
		if (l->level < n->n)
			ask(n, l, fx);
		else
			end(n, l, -ENOENT);
	}
}

/* ---- what is heard --------------------------------------------------------
 */

static bool take(struct nic *n, const struct nic_listing *l,
		 const struct outcome *o)
{
	struct rd r = rd_over(o->answer, o->answer_len);
	struct rpc_reply p;
	struct netinfo m;

	if (!rpc_reply_get(&p, &r) || p.status != RPC_SUCCESS)
		return false;
	r = rd_over(p.results, p.len);
	if (!netinfo_results_get(&m, NETINFO_LISTALL, &r) || m.status)
		return false;
	n->listed = (struct nic_listed){m.list, l->cookie, l->level};
	return true;
}

static struct nic_listing *listing_of(struct nic *n, uint64_t asked)
{
	for (unsigned i = 0; asked && i < NIC_LISTS; i++)
		if (n->lists[i].is_open && n->lists[i].asked == asked)
			return &n->lists[i];
	return NULL;
}

void nic_list_settle(struct nic *n, const struct outcome *o, struct effects *fx)
{
	struct nic_listing *l = listing_of(n, o->cookie);
	bool is_none = o->rc == -ENOENT;

	if (!l)
		return;
	if (!is_none && (o->rc || !take(n, l, o))) {
		n->stats.bad += !o->rc;
		end(n, l, -EREMOTEIO);
		return;
	}
	l->asked = 0;
	l->level++;
	nic_list_go_on(n, fx);
}

bool nic_list_next(struct nic *n, struct nic_answer *to)
{
	struct nic_listed *h = &n->listed;
	struct netinfo_list one;
	struct plist props;

	while (netinfo_props_next(&h->rest, &one)) {
		if (!nic_plist(n, one, &props))
			continue;
		*to = nic_say(n, h->cookie, h->level, props);
		return true;
	}
	*h = (struct nic_listed){0};
	return false;
}
