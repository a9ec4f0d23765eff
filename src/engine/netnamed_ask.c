/*
 * Questions to other machines.  The number that goes out is drawn anew for each
 * question, so an old answer, or one to somebody else, fits none.  A message to
 * a name that may be anywhere is two questions, one after the other: where is
 * it, and then, to that machine alone, the message; or it would be delivered
 * wherever the name is known.
 */
#include "engine/netnamed_impl.h"

static const usec AGAIN = SECONDS(3);

static struct registry_record record_of(const struct query *q)
{
	struct registry_record p = {
		.op = q->is_found ? q->op : REGISTRY_LOOK_UP,
		.flags = q->to ? REGISTRY_AT_HOST : REGISTRY_ANYWHERE,
		.sequence = q->sequence,
		.name = q->name,
		.name_len = q->len};

	if (q->to)
		p.at = (struct registry_endpoint){.family = REGISTRY_IPV4};
	if (q->to) {
		struct wr w = wr_over(p.at.address, sizeof(p.at.address));

		wr_u32(&w, q->to);
	}
	return p;
}

static void send(struct netnamed *n, usec now, struct query *q,
		 struct effects *fx)
{
	struct registry_record p = record_of(q);
	struct rd text = rd_over(q->text, q->text_len);
	const struct rd *more = p.op == REGISTRY_MESSAGE_TO ? &text : NULL;
	struct endpoint to = {q->to, REGISTRY_PORT};

	n->stats.asked++;
	q->tries++;
	q->due = now + AGAIN;
	if (q->to) {
		named_send(n, &p, more, 0, 0, to, fx);
		return;
	}
	to.ip = IP_BROADCAST;
	for (unsigned i = 0; i < n->n_links; i++)
		named_send(n, &p, more, n->links[i].index, n->links[i].ip, to,
			   fx);
}

static struct query *place(const struct netnamed *n)
{
	for (unsigned i = 0; i < NETNAMED_QUESTIONS; i++)
		if (!n->questions[i].conn)
			return &n->questions[i];
	return NULL;
}

static uint32_t draw_sequence(struct netnamed *n)
{
	for (;;) {
		uint32_t s = (uint32_t)rand_u64(&n->rand);
		bool is_used = false;

		for (unsigned i = 0; i < NETNAMED_QUESTIONS; i++)
			is_used |= n->questions[i].conn &&
				   n->questions[i].sequence == s;
		if (!is_used)
			return s;
	}
}

void named_ask(struct netnamed *n, usec now, const struct dgram *d,
	       const struct registry_record *p, uint32_t to,
	       const struct rd *text, struct effects *fx)
{
	struct query *q = place(n);

	if (!q) {
		named_reply(d->conn, p->op, p->sequence, REGISTRY_FULL, p, NULL,
			    fx);
		return;
	}
	*q = (struct query){.op = p->op,
			    .is_found = to || p->op == REGISTRY_LOOK_UP,
			    .sequence_there = p->sequence,
			    .sequence = draw_sequence(n),
			    .to = to,
			    .len = (uint8_t)p->name_len,
			    .text_len = (uint16_t)rd_left(text)};
	q->conn = d->conn;
	memcpy(q->name, p->name, p->name_len);
	memcpy(q->text, text->p, q->text_len);
	send(n, now, q, fx);
}

void named_forget_questions(struct netnamed *n, uint32_t conn)
{
	for (unsigned i = 0; i < NETNAMED_QUESTIONS; i++)
		if (n->questions[i].conn == conn)
			n->questions[i].conn = 0;
}

static void end(struct query *q, enum registry_status status,
		const struct registry_endpoint *at, struct effects *fx)
{
	struct registry_record about = {.name = q->name, .name_len = q->len};

	named_reply(q->conn, q->op, q->sequence_there, status, &about, at, fx);
	q->conn = 0;
}

void named_expire_questions(struct netnamed *n, usec now, struct effects *fx)
{
	for (unsigned i = 0; i < NETNAMED_QUESTIONS; i++) {
		struct query *q = &n->questions[i];

		if (!q->conn || q->due > now)
			continue;
		if (!effects_room(fx, NETNAMED_LINKS + 1, EFFECT_HEAD_MAX))
			return; /* its deadline stays in the past */
		if (q->tries == NETNAMED_TRIES)
			end(q, REGISTRY_HOST_NOT_FOUND, NULL, fx);
		else
			send(n, now, q, fx);
	}
}

usec named_questions_deadline(const struct netnamed *n)
{
	usec next = NEVER;

	for (unsigned i = 0; i < NETNAMED_QUESTIONS; i++)
		if (n->questions[i].conn)
			next = usec_min(next, n->questions[i].due);
	return next;
}

struct query *named_query(const struct netnamed *n, uint32_t sequence,
			  uint32_t from)
{
	for (unsigned i = 0; i < NETNAMED_QUESTIONS; i++) {
		struct query *q = &n->questions[i];

		if (q->conn && q->sequence == sequence &&
		    (!q->to || q->to == from))
			return q;
	}
	return NULL;
}

static bool is_about(const struct query *q, const struct registry_record *p)
{
	uint8_t asked = q->is_found ? q->op : REGISTRY_LOOK_UP;

	return p->op == (asked | REGISTRY_REPLY) && p->name_len == q->len &&
	       !memcmp(p->name, q->name, q->len);
}

void named_answered(struct netnamed *n, usec now, struct query *q,
		    const struct registry_record *p, uint32_t from,
		    struct effects *fx)
{
	if (!is_about(q, p)) {
		n->stats.bad++;
		return;
	}
	n->stats.answered++;
	if (q->is_found) {
		end(q, (enum registry_status)p->status, &p->at, fx);
		return;
	}
	/* It is there: the message itself, to that machine only. */
	q->is_found = true;
	q->to = from;
	q->tries = 0;
	q->sequence = draw_sequence(n);
	send(n, now, q, fx);
}
