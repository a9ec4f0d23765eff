/*
 * What an agent of lookupd's answered (wire/lookup.h), entry by entry.
 */
#ifndef MUSTER_ENGINE_LOOKUP_ANSWER_H
#define MUSTER_ENGINE_LOOKUP_ANSWER_H

#include "model/lookup.h"
#include "wire/lookup.h"

/*
 * The next entry that is of the category and has key = value (normal; key "":
 * any).  Of what an agent says nothing is believed unseen: it may be a line
 * that somebody else wrote.  False: there is none left.
 */
bool lookup_answer_next(struct rd *entries, enum lookup_category c,
			const char *key, const char *value, struct plist *to);

#endif
