/*
 * Hostlists: many names in one text.  "n[001-200]" is n001 to n200,
 * "r[1-2,7]n[01-40]" all of three racks.  A number is as wide as the first one
 * of its range.  A backslash takes a bracket its meaning, and stays.
 */
#ifndef MUSTER_MODEL_HOSTLIST_H
#define MUSTER_MODEL_HOSTLIST_H

#include "base/text.h"

enum { HOSTLIST_MOST = 65536 };

/*
 * How many names it stands for, 1 if there are no brackets in it.  0: it is no
 * hostlist, and *fault says why, in words that go on from it ("has no `]'").
 */
uint32_t hostlist_count(const char *s, const char **fault);
/* The i-th of them, the last brackets running fastest; i < hostlist_count().
 * Like all text, it is full if that does not fit. */
void hostlist_put(const char *s, uint32_t i, struct text *t);

#endif
