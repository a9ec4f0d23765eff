/*
 * How `muster lookupd` reaches its directory: a nic, which is opened as soon as
 * this machine has an address, and anew when that is another one.
 */
#ifndef MUSTER_APP_LOOKUP_REACH_H
#define MUSTER_APP_LOOKUP_REACH_H

#include "app/driver.h"
#include "app/lookupd.h"
#include "engine/lookupd.h"
#include "engine/nic.h"

struct lookup_reach {
	const struct lookupd_options *o;
	struct loop *loop;
	struct driver *driver;
	struct lookupd *lookupd;
	struct watch links;
	struct nic *nic;
	struct nic_config config; /* that it was opened with */
};

/* Everything outlives it.  0; -EINVAL: the options' server is no address; or
 * another negative errno. */
int lookup_reach_open(struct lookup_reach *r, const struct lookupd_options *o,
		      struct loop *loop, struct driver *driver,
		      struct lookupd *lookupd);
void lookup_reach_close(struct lookup_reach *r);

#endif
