/*
 * Answers of lookupd as lines of a transcript.
 */
#include "stage/stage.h"

#include "model/plist.h"
#include "wire/lookup.h"

static const char *const statuses[] = {"found", "not found", "unavailable",
				       "wrong", "busy",      "refused"};

static void tell_properties(struct text *t, const struct lookup_item *i)
{
	struct rd r = rd_over(i->props, i->len);
	struct property p;

	while (plist_next(&r, &p)) {
		text_add(t, " ");
		text_add(t, p.name);
		for (unsigned v = 0; v < p.n; v++) {
			text_add(t, v ? "," : "=");
			text_add(t, property_value(&p, v));
		}
	}
}

static void tell_item(struct text *t, const struct lookup_item *i)
{
	text_add(t, " ");
	text_add(t, i->agent);
	text_add(t, " ");
	text_add(t, i->domain);
	if (i->server[0]) {
		text_add(t, " ");
		text_add(t, i->server);
	}
	text_add(t, ":");
	tell_properties(t, i);
}

bool stage_tell_lookup(struct text *t, const struct send *s)
{
	struct rd r = rd_over(s->head, s->head_len);
	struct lookup_answer a;
	struct lookup_item i;

	if (s->how != SEND_RECORD || !lookup_answer_get(&a, &r))
		return false;
	text_add(t, "#");
	text_u64(t, a.sequence);
	text_add(t, " ");
	text_add(t, a.status < 6 ? statuses[a.status] : "?");
	if (a.text[0]) {
		text_add(t, ": ");
		text_add(t, a.text);
	}
	while (lookup_item_next(&a.items, &i))
		tell_item(t, &i);
	text_add(t, a.position ? " more" : "");
	return true;
}
