/*
 * From files and interfaces to a plan.
 */
#include "app/command.h"
#include "app/exit.h"
#include "app/interface.h"
#include "app/up.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where what is wrong is written. */
struct fault {
	char *why;
	size_t room;
};

static int read_one(struct etc_file *f, const struct up_request *q,
		    const char *name, size_t most, const struct fault *to)
{
	int rc = etc_read(f, q->etc, name, most);

	if (!rc)
		return 0;
	snprintf(to->why, to->room, "%s: %s", f->path, strerror(-rc));
	return EXIT_BAD_FILE;
}

static bool is_loopback(const struct link *k)
{
	return !strcmp(k->name, "lo");
}

/* The Ethernets in the order of their numbers, then the loopback. */
static int list_names(struct up_plan *p, const char **names, unsigned *to)
{
	int n;

	p->links = interfaces(&n);
	if (!p->links)
		return n;
	for (int want_loopback = 0; want_loopback < 2; want_loopback++)
		for (int i = 0; i < n && *to < NETPLAN_INTERFACES; i++) {
			const struct link *k = &p->links[i];

			if (is_loopback(k) != (want_loopback == 1) ||
			    (!want_loopback && k->hw.type != HW_ETHERNET))
				continue;
			names[(*to)++] = k->name;
		}
	return 0;
}

static int make(struct up_plan *p, const struct up_request *q,
		const struct fault *to)
{
	const char *names[NETPLAN_INTERFACES];
	struct netplan_sources from = {.names = q->n_names ? q->names : names,
				       .n_names = q->n_names,
				       .sets_name = q->sets_name};
	enum netplan_file which;
	struct complaint why;
	int rc = read_one(&p->hostconfig, q, "hostconfig", HOSTCONFIG_LONGEST,
			  to);

	if (!rc)
		rc = read_one(&p->iftab, q, "iftab", IFTAB_LONGEST, to);
	if (rc)
		return rc;
	if (!q->n_names)
		rc = list_names(p, names, &from.n_names);
	if (rc) {
		snprintf(to->why, to->room, "interfaces: %s", strerror(-rc));
		return EXIT_FAILURE;
	}
	from.hostconfig = p->hostconfig.text;
	from.iftab = p->iftab.text;
	if (netplan_make(&p->plan, &from, &which, &why))
		return 0;
	snprintf(to->why, to->room, "%s:%u: %s",
		 which == NETPLAN_OF_IFTAB ? p->iftab.path : p->hostconfig.path,
		 why.number, why.text);
	return EXIT_BAD_FILE;
}

int up_plan_try(struct up_plan **to, const struct up_request *q, char *why,
		size_t room)
{
	const struct fault fault = {why, room};

	*to = calloc(1, sizeof(**to));
	if (*to)
		return make(*to, q, &fault);
	snprintf(why, room, "%s", strerror(ENOMEM));
	return EXIT_FAILURE;
}

int up_plan_make(struct up_plan **to, const struct up_request *q)
{
	char why[sizeof(((struct etc_file *)0)->path) + 256];
	int rc = up_plan_try(to, q, why, sizeof(why));

	if (rc)
		failed(q->command, "%s", why);
	return rc;
}

void up_plan_close(struct up_plan *p)
{
	if (!p)
		return;
	etc_free(&p->hostconfig);
	etc_free(&p->iftab);
	free(p->links);
	free(p);
}
