/*
 * The registry: what its own machine's processes ask.  Whatever another machine
 * is needed for goes through a question (netnamed_ask.c); everything else is
 * answered at once.
 */
#include "engine/netnamed_impl.h"

#include "wire/srr.h"

#include <errno.h>

/* Cookies of LISTEN. */
enum { OURS = 1, SRR };

static struct netnamed *named_of(struct engine *e)
{
	return CONTAINER(e, struct netnamed, engine);
}

/* ---- what others need, too ----------------------------------------------- */

void named_reply(uint32_t conn, uint8_t op, uint32_t sequence,
		 enum registry_status status,
		 const struct registry_record *about,
		 const struct registry_endpoint *at, struct effects *fx)
{
	struct registry_record p = {.op = (uint8_t)(op | REGISTRY_REPLY),
				    .status = (uint16_t)status,
				    .sequence = sequence,
				    .name = about->name,
				    .name_len = about->name_len};
	struct wr w = effects_record(fx);

	if (at)
		p.at = *at;
	registry_put(&p, &w);
	effects_send_record(fx, &w, conn);
}

bool named_is_own(const struct netnamed *n, uint32_t ip)
{
	for (unsigned i = 0; i < n->n_links; i++)
		if (n->links[i].ip == ip)
			return true;
	return ip >> 24 == 127;
}

static uint32_t own_ip(const struct netnamed *n, uint32_t link)
{
	for (unsigned i = 0; i < n->n_links; i++)
		if (n->links[i].index == link)
			return n->links[i].ip;
	return n->n_links ? n->links[0].ip : IP4(127, 0, 0, 1);
}

struct registry_endpoint named_shown(const struct netnamed *n,
				     const struct registry_endpoint *at,
				     uint32_t link)
{
	if (at->family != REGISTRY_IPV4 || !registry_endpoint_is_any(at))
		return *at;
	return registry_endpoint_ipv4(
		at->transport, (struct endpoint){own_ip(n, link), at->port});
}

void named_deliver(const struct name_entry *to, uint32_t from,
		   const uint8_t *text, size_t len, struct effects *fx)
{
	struct registry_record p = {
		.op = REGISTRY_MESSAGE_TO,
		.name = to->name,
		.name_len = to->len,
		.at = registry_endpoint_ipv4(
			REGISTRY_UDP, (struct endpoint){from, REGISTRY_PORT})};
	struct wr w = effects_record(fx);

	registry_put(&p, &w);
	wr_bytes(&w, text, len);
	effects_send_record(fx, &w, to->conn)->may_drop = true;
}

/* ---- local requests ------------------------------------------------------ */

struct request {
	const struct dgram *d;
	struct registry_record p;
	struct rd text; /* of a message */
};

static void reply(const struct request *q, enum registry_status status,
		  const struct registry_endpoint *at, struct effects *fx)
{
	named_reply(q->d->conn, q->p.op, q->p.sequence, status, &q->p, at, fx);
}

static void on_check_in(struct netnamed *n, const struct request *q,
			struct effects *fx)
{
	enum registry_status status = REGISTRY_INVALID_PORT;
	struct note *note;

	n->stats.check_ins++;
	if (q->p.name_len && registry_endpoint_is_valid(&q->p.at))
		status = named_check_in(n, q->d, &q->p);
	if (status == REGISTRY_DONE) {
		note = effects_note(fx, NOTE_NAME_CHECKED_IN);
		note->text = effects_text(fx, q->p.name, q->p.name_len);
		note->a = q->d->uid;
	}
	reply(q, status, NULL, fx);
}

static void on_check_out(struct netnamed *n, const struct request *q,
			 struct effects *fx)
{
	uint32_t holder;
	enum registry_status status = named_check_out(n, q->d, &q->p, &holder);

	/* It did not ask for that, so it has no number. */
	if (holder && holder != q->d->conn)
		named_reply(holder, REGISTRY_CHECK_OUT, 0,
			    REGISTRY_NOT_CHECKED_IN, &q->p, NULL, fx);
	if (status == REGISTRY_DONE)
		effects_note(fx, NOTE_NAME_CHECKED_OUT)->text =
			effects_text(fx, q->p.name, q->p.name_len);
	reply(q, status, NULL, fx);
}

static void on_version(struct netnamed *n, const struct request *q,
		       struct effects *fx)
{
	struct registry_endpoint at = registry_endpoint_ipv4(
		REGISTRY_UDP, (struct endpoint){own_ip(n, 0), REGISTRY_PORT});
	struct registry_record about = {.name = n->config.version,
					.name_len = strlen(n->config.version)};

	named_reply(q->d->conn, q->p.op, q->p.sequence, REGISTRY_DONE, &about,
		    netnamed_has_network(n) ? &at : NULL, fx);
}

static void on_next(struct netnamed *n, const struct request *q,
		    struct effects *fx)
{
	const struct name_entry *e = named_after(n, q->p.name, q->p.name_len);
	struct registry_record about = {.name = ""};
	struct registry_endpoint at;

	if (!e) {
		reply(q, REGISTRY_NOT_CHECKED_IN, NULL, fx);
		return;
	}
	about.name = e->name;
	about.name_len = e->len;
	at = named_shown(n, &e->at, 0);
	named_reply(q->d->conn, q->p.op, q->p.sequence, REGISTRY_DONE, &about,
		    &at, fx);
}

static void answer_here(struct netnamed *n, const struct request *q,
			const struct name_entry *e, struct effects *fx)
{
	struct registry_endpoint at;

	if (!e) {
		reply(q, REGISTRY_NOT_CHECKED_IN, NULL, fx);
		return;
	}
	at = named_shown(n, &e->at, 0);
	if (q->p.op == REGISTRY_MESSAGE_TO)
		named_deliver(e, IP4(127, 0, 0, 1), q->text.p,
			      rd_left(&q->text), fx);
	reply(q, REGISTRY_DONE, &at, fx);
}

static bool is_host(uint32_t ip)
{
	return ip && ip != IP_BROADCAST && !ip_is_multicast(ip);
}

/* A look-up, or a message, which has to look its name up first. */
static void on_look_up(struct netnamed *n, usec now, const struct request *q,
		       struct effects *fx)
{
	const struct name_entry *e = named_find(n, q->p.name, q->p.name_len);
	uint32_t host = registry_endpoint_ip(&q->p.at);
	bool is_there = q->p.flags == REGISTRY_AT_HOST;

	if (q->p.op == REGISTRY_LOOK_UP)
		n->stats.look_ups++;
	else
		n->stats.messages++;
	if (rd_left(&q->text) > REGISTRY_MESSAGE)
		reply(q, REGISTRY_TOO_LONG, NULL, fx);
	else if (is_there && !is_host(host))
		reply(q, REGISTRY_NO_SUCH_HOST, NULL, fx);
	else if (is_there ? named_is_own(n, host)
			  : e || q->p.flags != REGISTRY_ANYWHERE)
		answer_here(n, q, e, fx);
	else if (!netnamed_has_network(n))
		reply(q, REGISTRY_NOT_CHECKED_IN, NULL, fx);
	else
		named_ask(n, now, q->d, &q->p, is_there ? host : 0, &q->text,
			  fx);
}

/* A record that makes sense as a request. */
static bool get_request(struct request *q, const struct dgram *d)
{
	struct rd r = rd_over(d->bytes, d->len);

	q->d = d;
	if (!registry_get(&q->p, &r) || q->p.op & REGISTRY_REPLY || q->p.status)
		return false;
	q->text = r;
	if (q->p.op == REGISTRY_MESSAGE_TO)
		return true;
	return !rd_left(&r) && (q->p.op == REGISTRY_LOOK_UP || !q->p.flags);
}

static void on_record(struct netnamed *n, usec now, const struct dgram *d,
		      struct effects *fx)
{
	struct request q;

	if (!get_request(&q, d)) {
		n->stats.bad++;
		effects_hangup(fx, d->conn);
		return;
	}
	switch ((enum registry_op)q.p.op) {
	case REGISTRY_CHECK_IN:
		on_check_in(n, &q, fx);
		break;
	case REGISTRY_LOOK_UP:
	case REGISTRY_MESSAGE_TO:
		on_look_up(n, now, &q, fx);
		break;
	case REGISTRY_CHECK_OUT:
		on_check_out(n, &q, fx);
		break;
	case REGISTRY_VERSION:
		on_version(n, &q, fx);
		break;
	case REGISTRY_NEXT:
		on_next(n, &q, fx);
		break;
	case REGISTRY_REPLY:
		break;
	}
}

static void on_hangup(struct netnamed *n, uint32_t conn, struct effects *fx)
{
	named_forget_questions(n, conn);
	while (named_drop_one(n, conn, fx))
		;
}

/* ---- the engine ---------------------------------------------------------- */

static void on_input(struct engine *e, usec now, const struct dgram *d,
		     struct effects *fx)
{
	struct netnamed *n = named_of(e);

	switch (d->kind) {
	case DGRAM_RECORD:
		on_record(n, now, d, fx);
		break;
	case DGRAM_HANGUP:
		on_hangup(n, d->conn, fx);
		break;
	case DGRAM_UDP:
		if (d->to.port == REGISTRY_PORT)
			named_on_udp(n, now, d, fx);
		else if (d->to.port == SRR_PORT)
			named_on_srr(n, now, d, fx);
		break;
	case DGRAM_FRAME:
		break;
	}
}

static void on_settle(struct engine *e, usec now, const struct outcome *o,
		      struct effects *fx)
{
	struct netnamed *n = named_of(e);
	struct note *note;

	(void)now;
	if (o->kind != EFFECT_LISTEN)
		return;
	if (o->cookie == OURS)
		n->net = o->rc ? NET_NONE : NET_OPEN;
	note = effects_note(fx, NOTE_NAME_NETWORK);
	note->a = n->n_links;
	note->b = (uint64_t)-o->rc;
	note->peer.port = o->cookie == OURS ? REGISTRY_PORT : SRR_PORT;
}

static void on_expire(struct engine *e, usec now, struct effects *fx)
{
	named_expire_questions(named_of(e), now, fx);
}

static usec on_deadline(const struct engine *e)
{
	return named_questions_deadline(
		CONTAINER_CONST(e, struct netnamed, engine));
}

void netnamed_network(struct netnamed *n, usec now, const struct link *links,
		      size_t n_links, struct effects *fx)
{
	(void)now;
	if (n->config.is_never)
		return;
	n->n_links = 0;
	for (size_t i = 0; i < n_links && n->n_links < NETNAMED_LINKS; i++)
		if (links[i].is_up && links[i].ip && links[i].ip >> 24 != 127)
			n->links[n->n_links++] = links[i];
	if (!n->n_links || n->net != NET_NONE)
		return;
	n->net = NET_OPENING;
	effects_listen(fx, REGISTRY_PORT, 0, 0, OURS);
	if (n->config.has_srr)
		effects_listen(fx, SRR_PORT, 0, 0, SRR);
}

static int take_memory(struct netnamed *n, const struct alloc *alloc)
{
	n->names = alloc_get(alloc, NETNAMED_NAMES, sizeof(*n->names));
	n->questions =
		alloc_get(alloc, NETNAMED_QUESTIONS, sizeof(*n->questions));
	n->delivered = alloc_get(alloc, DELIVERED, sizeof(*n->delivered));
	if (!n->names || !n->questions || !n->delivered ||
	    index_open(&n->by_name, alloc, NETNAMED_NAMES, false))
		return -ENOMEM;
	return limit_open_at(&n->limit, NETNAMED_PER_SECOND,
			     NETNAMED_PER_SECOND, alloc);
}

int netnamed_open(struct netnamed **to, const struct netnamed_config *config,
		  const struct alloc *alloc)
{
	struct netnamed *n = alloc_get(alloc, 1, sizeof(*n));
	int rc;

	if (!n)
		return -ENOMEM;
	n->engine = (struct engine){.input = on_input,
				    .settle = on_settle,
				    .expire = on_expire,
				    .deadline = on_deadline};
	n->config = *config;
	rand_seed(&n->rand, config->seed);
	n->secret = rand_u64(&n->rand);
	rc = take_memory(n, alloc);
	if (rc) {
		netnamed_close(n, alloc);
		return rc;
	}
	*to = n;
	return 0;
}

void netnamed_close(struct netnamed *n, const struct alloc *alloc)
{
	if (!n)
		return;
	limit_close(&n->limit, alloc);
	if (n->by_name.v)
		index_close(&n->by_name, alloc);
	alloc_put(alloc, n->names);
	alloc_put(alloc, n->questions);
	alloc_put(alloc, n->delivered);
	alloc_put(alloc, n);
}

struct engine *netnamed_engine(struct netnamed *n)
{
	return &n->engine;
}

bool netnamed_has_network(const struct netnamed *n)
{
	return n->net == NET_OPEN && n->n_links;
}

const struct netnamed_stats *netnamed_stats(const struct netnamed *n)
{
	return &n->stats;
}
