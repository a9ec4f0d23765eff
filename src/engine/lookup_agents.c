#include "engine/lookup_agents.h"

bool lookup_answer_next(struct rd *entries, enum lookup_category c,
			const char *key, const char *value, struct plist *to)
{
	while (lookup_entry_next(entries, &to->bytes, &to->len))
		if (plist_is_sound(to) && lookup_is_of(c, to) &&
		    (!key[0] || lookup_matches(c, to, key, value)))
			return true;
	return false;
}

void lookup_agent_failed(struct lookup_agents *s, usec now, enum lookup_agent a,
			 const struct lookup_order *o, struct effects *fx)
{
	struct note *note;

	/* A directory that is searched for says so at once, and nobody has to
	 * wait. */
	if (a != LOOKUP_DIRECTORY)
		s->left_out[a] = now + o->skip;
	if (s->is_silent[a])
		return;
	s->is_silent[a] = true;
	note = effects_note(fx, NOTE_LOOKUP_SILENT);
	note->text = lookup_agent_name(a);
	note->a = (uint64_t)(o->skip / SECOND);
}

void lookup_agent_heard(struct lookup_agents *s, enum lookup_agent a,
			struct effects *fx)
{
	s->left_out[a] = 0;
	if (!s->is_silent[a])
		return;
	s->is_silent[a] = false;
	effects_note(fx, NOTE_LOOKUP_BACK)->text = lookup_agent_name(a);
}
