/*
 * One interface, one name.  Loopback needs no asking: the kernel gives it its
 * address as it goes up.
 */
#include "app/up.h"

#include "app/command.h"
#include "app/exit.h"
#include "app/interface.h"
#include "app/start.h"
#include "host/link.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int failed_at(const struct up_request *q, const char *what, int rc)
{
	failed(q->command, "%s: %s", what, strerror(-rc));
	return exit_status(rc);
}

void up_loopback(void)
{
	int n;
	struct link *v = interfaces(&n);
	const struct link *lo = v ? links_named(v, (size_t)n, "lo") : NULL;

	if (lo)
		(void)link_up(lo->index);
	free(v);
}

static int loopback(const struct up_request *q, const struct up_step *step,
		    struct up_interface *to)
{
	const struct ifconfig *f = step->words;
	uint32_t index = to->link.index;
	int rc = f->down ? link_down(index) : link_up(index);

	if (!rc && f->address == IFCONFIG_GIVEN && f->ip >> 24 != 127)
		rc = link_set_address(index, f->ip,
				      f->mask ? f->mask : ip_class_mask(f->ip),
				      0, 0);
	return rc ? failed_at(q, step->interface, rc) : 0;
}

static int set_name(const struct up_request *q, const char *name)
{
	if (name[0] && sethostname(name, strlen(name)) < 0)
		return failed_at(q, "hostname", -errno);
	return 0;
}

static int run(const struct up_request *q, const struct up_step *step,
	       struct up_interface *to)
{
	struct startc_config config = {.link = to->link,
				       .sets_name = step->name != NULL,
				       .router = step->router,
				       .takes_router = step->takes_router,
				       .schedule = q->schedule,
				       .jitter = q->jitter,
				       .max_wait = q->max_wait};
	int rc;

	if (step->words)
		config.ifconfig = *step->words;
	if (step->name)
		text_copy(config.name, sizeof(config.name), step->name,
			  strlen(step->name));
	rc = start_run(q->command, &config, &to->result);
	to->link.ip = to->result.ip;
	to->link.mask = to->result.mask;
	if (!rc && step->name)
		rc = set_name(q, to->result.name);
	return rc;
}

int up_interface(const struct up_request *q, const struct up_step *step,
		 struct up_interface *to)
{
	const struct ifconfig *f = step->words;
	int rc;

	*to = (struct up_interface){0};
	if (!interface_named(q->command, step->interface, &to->link))
		return EXIT_FAILURE;
	if (!strcmp(step->interface, "lo"))
		return loopback(q, step, to);
	if (f->address)
		return run(q, step, to);
	rc = f->down ? link_down(to->link.index)
	     : f->up ? link_up(to->link.index)
		     : 0;
	return rc ? failed_at(q, step->interface, rc) : 0;
}

int up_hostname(const struct up_request *q, const char *name,
		struct up_interface *at)
{
	struct up_step step = {.name = name};

	if (name[0])
		return set_name(q, name);
	return run(q, &step, at);
}
