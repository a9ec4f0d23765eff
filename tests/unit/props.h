/*
 * Property lists as a test writes them: "name=wendy,w; serves; x=" is a name
 * with two values, a property without any, and one with an empty value.
 */
#ifndef MUSTER_TESTS_PROPS_H
#define MUSTER_TESTS_PROPS_H

#include "model/plist.h"

#include <assert.h>
#include <string.h>

struct props {
	char text[1024];
	uint8_t room[1024];
};

static inline struct plist props(struct props *p, const char *text)
{
	struct plist_out o = plist_begin(p->room, sizeof p->room);
	struct plist pl;
	char *at = p->text, *one;
	bool fits = strlen(text) < sizeof p->text;

	assert(fits);
	strcpy(p->text, text);
	while ((one = strsep(&at, ";")) != NULL) {
		char *name = one + strspn(one, " "), *values = name;

		name = strsep(&values, "=");
		if (!*name)
			continue;
		plist_add(&o, name);
		while (values)
			plist_add_value(&o, strsep(&values, ","));
	}
	fits = plist_end(&o, &pl);
	assert(fits);
	return pl;
}

#endif
