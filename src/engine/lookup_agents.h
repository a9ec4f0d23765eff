/*
 * The agents of lookupd, as who asks them sees them: what they answer
 * (wire/lookup.h), and that an agent which is silent is left out for a while,
 * so that only the first who asks has to wait for it.
 */
#ifndef MUSTER_ENGINE_LOOKUP_AGENTS_H
#define MUSTER_ENGINE_LOOKUP_AGENTS_H

#include "engine/effects.h"
#include "engine/note.h"
#include "model/lookup.h"
#include "wire/lookup.h"

/*
 * The next entry that is of the category and has key = value (normal; key "":
 * any).  Of what an agent says nothing is believed unseen: it may be a line
 * that somebody else wrote.  False: there is none left.
 */
bool lookup_answer_next(struct rd *entries, enum lookup_category c,
			const char *key, const char *value, struct plist *to);

struct lookup_agents {
	usec left_out[LOOKUP_AGENTS]; /* until then */
	bool is_silent[LOOKUP_AGENTS];
};
/* It did not answer, or failed, and is named, once. */
void lookup_agent_failed(struct lookup_agents *s, usec now, enum lookup_agent a,
			 const struct lookup_order *o, struct effects *fx);
void lookup_agent_heard(struct lookup_agents *s, enum lookup_agent a,
			struct effects *fx);

#endif
