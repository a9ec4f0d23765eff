#include "app/automatic.h"

#include "app/exit.h"
#include "app/up.h"
#include "host/link.h"

#include <stdio.h>
#include <string.h>

enum { WHY = 512 };

static bool is_automatic(const struct netplan_step *s)
{
	return s->kind == NETPLAN_IFCONFIG &&
	       (s->ifconfig.address == IFCONFIG_AUTOMATIC ||
		s->ifconfig.netmask == IFCONFIG_AUTOMATIC);
}

/* Without either file the machine is not configured by them at all. */
static bool has_files(const struct up_plan *p)
{
	return p->hostconfig.text.s || p->iftab.text.s;
}

static void mark(struct site *site, const struct up_plan *p)
{
	for (unsigned i = 0; has_files(p) && i < p->plan.n; i++) {
		const struct netplan_step *s = &p->plan.v[i];

		if (!is_automatic(s))
			continue;
		for (unsigned k = 0; k < site->n_links; k++)
			if (!strcmp(site->links[k].name, s->name))
				site->links[k].is_automatic = true;
	}
}

int automatic_look(struct site *site, const char *etc, char *why, size_t room)
{
	const struct up_request q = {.etc = etc};
	struct up_plan *p = NULL;
	int rc = etc[0] ? etc_folder(etc) : 0;

	for (unsigned i = 0; i < site->n_links; i++)
		site->links[i].is_automatic = false;
	if (rc) {
		snprintf(why, room, "%s: %s", etc, strerror(-rc));
		return EXIT_BAD_FILE;
	}
	if (!etc[0])
		return 0;
	rc = up_plan_try(&p, &q, why, room);
	if (!rc)
		mark(site, p);
	up_plan_close(p);
	return rc;
}

void automatic_say(struct site *site, const char *etc, struct log *log,
		   usec now)
{
	char why[WHY];
	struct log_line l;

	if (automatic_look(site, etc, why, sizeof(why)) &&
	    log_begin(&l, log, LEVEL_WARN, "hostconfig-refused", now, 0)) {
		log_text(&l, "why", why);
		log_end(&l);
	}
	for (unsigned i = 0; i < site->n_links; i++) {
		const struct link *k = &site->links[i];

		if (!k->is_automatic ||
		    !log_begin(&l, log, LEVEL_WARN, "no-authority", now, i))
			continue;
		log_text(&l, "interface", k->name);
		log_text(&l, "why",
			 "its own address or mask is -AUTOMATIC-: no masks are "
			 "told there, and no machine adds itself");
		log_end(&l);
	}
}
