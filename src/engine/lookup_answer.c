#include "engine/lookup_answer.h"

bool lookup_answer_next(struct rd *entries, enum lookup_category c,
			const char *key, const char *value, struct plist *to)
{
	while (lookup_entry_next(entries, &to->bytes, &to->len))
		if (plist_is_sound(to) && lookup_is_of(c, to) &&
		    (!key[0] || lookup_matches(c, to, key, value)))
			return true;
	return false;
}
