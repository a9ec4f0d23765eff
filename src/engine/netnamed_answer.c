/*
 * What other machines want.  A question to all gets an answer only from those
 * that have one; a question to us alone always does, and a refusal looks like
 * a name that is not there.  Nothing is longer than what was asked, and who
 * asks too often is not heard.
 */
#include "engine/netnamed_impl.h"

#include "wire/srr.h"

static const usec REMEMBERED = SECONDS(30);

void named_send(const struct netnamed *n, const struct registry_record *p,
		const struct rd *text, uint32_t link, uint32_t from,
		struct endpoint to, struct effects *fx)
{
	struct wr w = effects_head(fx);
	uint8_t mac[CRYPT_MAC];
	struct send *s;

	registry_put(p, &w);
	if (text)
		wr_bytes(&w, text->p, rd_left(text));
	n->config.crypt->mac(mac, w.start, wr_len(&w), n->config.key);
	wr_bytes(&w, mac, sizeof(mac));
	s = effects_send(fx, &w, (struct endpoint){from, REGISTRY_PORT}, to);
	s->link = link;
}

/* How long the comparison takes tells nothing. */
static bool is_same(const uint8_t *a, const uint8_t *b, size_t len)
{
	uint8_t all = 0;

	for (size_t i = 0; i < len; i++)
		all |= a[i] ^ b[i];
	return !all;
}

struct letter {
	const struct dgram *d;
	struct registry_record p;
	struct rd text;
};

/* Without its seal, which is checked last. */
static bool get_letter(struct letter *l, const struct dgram *d)
{
	struct rd all = rd_over(d->bytes, d->len), r;

	l->d = d;
	if (d->len < REGISTRY_RECORD + REGISTRY_MAC ||
	    d->len > REGISTRY_RECORD + REGISTRY_MESSAGE + REGISTRY_MAC)
		return false;
	r = rd_sub(&all, d->len - REGISTRY_MAC);
	if (!registry_get(&l->p, &r))
		return false;
	l->text = r;
	return l->p.op == REGISTRY_MESSAGE_TO || !rd_left(&r);
}

static bool is_sealed(struct netnamed *n, const struct dgram *d,
		      struct effects *fx)
{
	size_t len = d->len - REGISTRY_MAC;
	uint8_t mac[CRYPT_MAC];

	n->config.crypt->mac(mac, d->bytes, len, n->config.key);
	if (is_same(mac, d->bytes + len, REGISTRY_MAC))
		return true;
	n->stats.forged++;
	effects_note(fx, NOTE_NAME_FORGED)->peer = d->from;
	return false;
}

/* Asked for by name, and not as everybody was. */
static bool is_directed(const struct netnamed *n, const struct letter *l)
{
	return l->p.flags == REGISTRY_AT_HOST && named_is_own(n, l->d->to.ip);
}

static void answer(const struct netnamed *n, const struct letter *l,
		   enum registry_status status,
		   const struct registry_endpoint *at, struct effects *fx)
{
	uint32_t own = named_is_own(n, l->d->to.ip) ? l->d->to.ip : 0;
	struct registry_record p = {.op = (uint8_t)(l->p.op | REGISTRY_REPLY),
				    .status = (uint16_t)status,
				    .sequence = l->p.sequence,
				    .name = l->p.name,
				    .name_len = l->p.name_len};

	if (at)
		p.at = *at;
	named_send(n, &p, NULL, 0, own, l->d->from, fx);
}

static bool may(const struct netnamed *n, const struct letter *l)
{
	if (n->config.is_secure)
		return false;
	return n->config.is_unrestricted ||
	       name_access_allows(n->config.access, l->p.name, l->p.name_len,
				  l->d->from.ip);
}

static bool is_loopback(const struct registry_endpoint *e)
{
	return registry_endpoint_ip(e) >> 24 == 127;
}

static void refuse(struct netnamed *n, const struct letter *l, bool was_there,
		   struct effects *fx)
{
	struct note *note;

	if (was_there) {
		n->stats.refused++;
		note = effects_note(fx, NOTE_NAME_REFUSED);
		note->peer = l->d->from;
		note->text = effects_text(fx, l->p.name, l->p.name_len);
	}
	if (is_directed(n, l))
		answer(n, l, REGISTRY_NOT_CHECKED_IN, NULL, fx);
}

static void on_look_up(struct netnamed *n, const struct letter *l,
		       struct effects *fx)
{
	const struct name_entry *e = named_find(n, l->p.name, l->p.name_len);
	struct registry_endpoint at;

	/* An endpoint on the loopback is no use to anybody there. */
	if (!e || !may(n, l) || is_loopback(&e->at)) {
		refuse(n, l, e, fx);
		return;
	}
	at = named_shown(n, &e->at, l->d->link);
	effects_note(fx, NOTE_NAME_FOUND)->peer = l->d->from;
	answer(n, l, REGISTRY_DONE, &at, fx);
}

/* Our answer may have been lost: then it comes again, and is not delivered
 * again. */
static bool is_new(struct netnamed *n, usec now, const struct letter *l)
{
	struct delivered *to;

	for (unsigned i = 0; i < DELIVERED; i++) {
		const struct delivered *d = &n->delivered[i];

		if (d->from == l->d->from.ip && d->sequence == l->p.sequence &&
		    d->at > now - REMEMBERED)
			return false;
	}
	to = &n->delivered[n->next_delivered++ % DELIVERED];
	*to = (struct delivered){l->d->from.ip, l->p.sequence, now};
	return true;
}

static void on_message(struct netnamed *n, usec now, const struct letter *l,
		       struct effects *fx)
{
	const struct name_entry *e = named_find(n, l->p.name, l->p.name_len);

	if (!is_directed(n, l))
		return;
	if (!e || !may(n, l)) {
		refuse(n, l, e, fx);
		return;
	}
	if (is_new(n, now, l))
		named_deliver(e, l->d->from.ip, l->text.p, rd_left(&l->text),
			      fx);
	answer(n, l, REGISTRY_DONE, NULL, fx);
}

static bool is_welcome(struct netnamed *n, usec now, const struct dgram *d)
{
	if (limit_allows(&n->limit, hash_u64(d->from.ip, n->secret), now))
		return true;
	n->stats.limited++;
	return false;
}

static void on_request(struct netnamed *n, usec now, const struct letter *l,
		       struct effects *fx)
{
	if (!is_welcome(n, now, l->d) || !is_sealed(n, l->d, fx))
		return;
	n->stats.heard++;
	if (l->p.op == REGISTRY_LOOK_UP)
		on_look_up(n, l, fx);
	else
		on_message(n, now, l, fx);
}

static void on_answer(struct netnamed *n, usec now, const struct letter *l,
		      struct effects *fx)
{
	uint32_t from = l->d->from.ip;
	struct query *q = named_query(n, l->p.sequence, from);

	if (q && is_sealed(n, l->d, fx))
		named_answered(n, now, q, &l->p, from, fx);
}

void named_on_udp(struct netnamed *n, usec now, const struct dgram *d,
		  struct effects *fx)
{
	struct letter l;

	/* Our own broadcasts come back to us. */
	if (named_is_own(n, d->from.ip))
		return;
	if (d->from.port != REGISTRY_PORT || !get_letter(&l, d)) {
		n->stats.bad++;
		return;
	}
	switch (l.p.op) {
	case REGISTRY_LOOK_UP:
	case REGISTRY_MESSAGE_TO:
		on_request(n, now, &l, fx);
		break;
	case REGISTRY_LOOK_UP | REGISTRY_REPLY:
	case REGISTRY_MESSAGE_TO | REGISTRY_REPLY:
		on_answer(n, now, &l, fx);
		break;
	default:
		n->stats.bad++;
	}
}

/* Ports of Mach are worth nothing here, so there is never one to give: whoever
 * asks us alone is told so, or he would ask three times. */
void named_on_srr(struct netnamed *n, usec now, const struct dgram *d,
		  struct effects *fx)
{
	struct rd r = rd_over(d->bytes, d->len);
	struct wr w = effects_head(fx);
	struct srr p;

	if (named_is_own(n, d->from.ip) || !is_welcome(n, now, d))
		return;
	if (!srr_get(&p, &r)) {
		n->stats.bad++;
		return;
	}
	n->stats.heard++;
	if (p.type != SRR_REQUEST || !named_is_own(n, d->to.ip))
		return;
	n->stats.refused++;
	p = (struct srr){.type = SRR_RESPONSE,
			 .incarnation = p.incarnation,
			 .sequence = p.sequence,
			 .format = SRR_LITTLE,
			 .name = p.name,
			 .name_len = p.name_len};
	srr_put(&p, &w);
	effects_send(fx, &w, (struct endpoint){d->to.ip, SRR_PORT}, d->from);
}
