/*
 * Properties as words of a command line: PROPERTY=VALUE[,VALUE]..., a comma in
 * a value being written \, and a backslash \\.
 */
#ifndef MUSTER_APP_PROPERTY_WORDS_H
#define MUSTER_APP_PROPERTY_WORDS_H

#include <jansson.h>
#include <stdbool.h>

/* One more value for a property in an object of them; false if it is no text
 * that JSON can carry. */
bool property_append(json_t *props, const char *name, const char *value);
/*
 * PROPERTY=VALUES; PROPERTY= for none; and, if that is allowed, -PROPERTY for
 * null.  The word is cut into pieces.  0, or EXIT_USAGE, said in the name of
 * `command`.
 */
int property_word(const char *command, json_t *props, char *word,
		  bool may_remove);
/* Several of the first two kinds. */
int property_words(const char *command, json_t *props, char **words, int n);

#endif
