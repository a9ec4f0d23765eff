/*
 * Verbs: found by their names, run with a client.
 */
#include "app/verbs.h"

#include "app/command.h"

#include <string.h>

const struct verb *verb_named(const struct verb *verbs, const char *command,
			      const char *name, const char *which)
{
	if (!name) {
		usage(command, "%s", which);
		return NULL;
	}
	for (; verbs->name; verbs++)
		if (!strcmp(verbs->name, name))
			return verbs;
	usage(command, "there is no verb `%s'", name);
	return NULL;
}

int verb_wants(const struct verb *v, const char *command)
{
	return usage(command, "%s: takes %s", v->name, v->wants);
}

int verb_run(const struct verb *v, const struct client_options *o,
	     struct words *w)
{
	struct client *c;
	int status = client_open(&c, o);

	if (status)
		return status;
	status = v->run(c, w);
	client_close(c);
	return status;
}
