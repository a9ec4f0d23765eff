/*
 * Commands that are a word and a verb: `muster machine add ...'.
 */
#ifndef MUSTER_APP_VERBS_H
#define MUSTER_APP_VERBS_H

#include "app/client_api.h"

struct words; /* what the command line says: each command has its own */

struct verb {
	const char *name, *wants;
	int least, most; /* words that belong to it */
	bool changes;
	int (*run)(struct client *c, struct words *w);
};

/* The one of that name, of those that end with a NULL name; NULL, and said:
 * there is none, or, with `which', no name. */
const struct verb *verb_named(const struct verb *verbs, const char *command,
			      const char *name, const char *which);
/* Said: what it takes.  Returns EXIT_USAGE. */
int verb_wants(const struct verb *v, const char *command);
/* Run it with whoever is to be asked; the exit status. */
int verb_run(const struct verb *v, const struct client_options *o,
	     struct words *w);

#endif
