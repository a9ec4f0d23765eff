/*
 * The registry's records as lines of a transcript.
 */
#include "stage/stage.h"

#include "wire/registry.h"

static const char *const verbs[] = {
	"", "check-in", "look-up", "check-out", "version", "message", "next"};

static void tell_number(struct text *t, const char *before, uint64_t n)
{
	text_add(t, before);
	text_u64(t, n);
}

static void tell_at(struct text *t, const struct registry_endpoint *at)
{
	text_add(t, at->transport == REGISTRY_TCP ? " tcp " : " udp ");
	text_endpoint(t, (struct endpoint){registry_endpoint_ip(at), at->port});
}

bool stage_tell_registry(struct text *t, const struct send *s)
{
	struct rd r = rd_over(s->head, s->head_len);
	struct registry_record p;
	size_t rest;

	if (!registry_get(&p, &r))
		return false;
	if (s->how == SEND_RECORD && p.sequence)
		tell_number(t, "#", p.sequence);
	text_add(t, s->how == SEND_RECORD && p.sequence ? " " : "");
	text_add(t, verbs[p.op & ~REGISTRY_REPLY]);
	text_add(t, " '");
	text_wire(t, p.name, p.name_len);
	text_add(t, "'");
	text_add(t, p.op & REGISTRY_REPLY ? " is" : "");
	if (p.flags == REGISTRY_ANYWHERE)
		text_add(t, " anywhere");
	if (p.op & REGISTRY_REPLY && (p.status || !p.at.family))
		tell_number(t, " ", p.status);
	if (p.at.family && p.at.port)
		tell_at(t, &p.at);
	rest = rd_left(&r);
	if (s->how == SEND_UDP)
		rest -= REGISTRY_MAC;
	if (!rest)
		return true;
	text_add(t, " \"");
	text_wire(t, (const char *)r.p, rest);
	text_add(t, "\"");
	return true;
}
