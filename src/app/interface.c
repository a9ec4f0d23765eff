/*
 * Interfaces by the names that people type.
 */
#include "app/interface.h"

#include "app/command.h"
#include "host/link.h"

#include <errno.h>
#include <stdlib.h>

struct link *interfaces(int *n)
{
	struct link *v = calloc(INTERFACES, sizeof(*v));

	*n = v ? links_list(v, INTERFACES) : -ENOMEM;
	if (*n < 0) {
		free(v);
		return NULL;
	}
	return v;
}

bool interface_named(const char *command, const char *name, struct link *to)
{
	int n;
	struct link *v = interfaces(&n);
	const struct link *found = v ? links_named(v, (size_t)n, name) : NULL;

	if (found)
		*to = *found;
	else
		failed(command, "%s: there is no such interface", name);
	free(v);
	return found != NULL;
}

bool interface_has(uint32_t ip)
{
	int n;
	struct link *v = interfaces(&n);
	bool is_own = ip >> 24 == 127;

	for (int i = 0; v && i < n && !is_own; i++)
		is_own = v[i].ip == ip;
	free(v);
	return is_own;
}

uint32_t interface_towards(uint32_t ip)
{
	int n;
	struct link *v = interfaces(&n);
	uint32_t index = 0;

	for (int i = 0; v && i < n && !index; i++)
		if (v[i].is_up && v[i].ip && v[i].ip >> 24 != 127 &&
		    !((v[i].ip ^ ip) & v[i].mask))
			index = v[i].index;
	free(v);
	return index;
}
