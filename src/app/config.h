/*
 * What musterd was told: its defaults, then the files, then -o KEY=VALUE.
 * muster.conf(5) explains every key; packaging/muster.conf shows them.
 */
#ifndef MUSTER_APP_CONFIG_H
#define MUSTER_APP_CONFIG_H

#include "host/log.h"
#include "model/settings.h"
#include "store/etcd_link.h"

#include <stddef.h>
#include <stdint.h>

#define CONFIG_FILE "/etc/muster/muster.conf"

enum { CONFIG_LINKS = 16, CONFIG_WHY = 512 };

/* In the order of the words of `store`. */
enum config_store { STORE_IN_SQLITE, STORE_IN_MEMORY, STORE_IN_ETCD };

struct config {
	char root[256];  /* the boot directory, or one file */
	char state[256]; /* where the store is; "" keeps all in memory */
	enum config_store store;
	struct etcd_config etcd;
	char run[256];                /* where the control socket is */
	char user[64];                /* whom to become; "" stays who we are */
	char links[CONFIG_LINKS][16]; /* interfaces to serve, by name */
	unsigned n_links;   /* 0: all that are up, no loopback, with an address
			     */
	char slam_link[16]; /* SLAM's interface; "": the one that a
			     * machine asks by.  Who
			     * knows the interfaces sets settings.slam.link */
	enum log_format log_format;
	enum log_level log_level;
	uint64_t cache;   /* bytes for files */
	uint32_t history; /* lines that the store keeps */
	/* Who has what name and boots from where, while no machine is
	 * registered; "": no such file. */
	char bootparams[256], hosts[256];
	char lookup[256]; /* lookup.conf(5) */
	/* The folder of hostconfig and iftab, whose -AUTOMATIC- makes an
	 * interface none to be an authority on; "": nobody looks. */
	char hostconfig[256];
	/* Subnets that say a lease time themselves; the others' follows
	 * settings.lease. */
	bool has_lease[SETTINGS_SUBNETS];
	/* The last of all, as its subnets are of it. */
	struct settings settings;
};

/* What a musterd without any file or option does: root /srv/tftp, state
 * /var/lib/muster, run /run/muster, user "muster" if there is one. */
void config_default(struct config *c);

/*
 * Read the file at `path`, then conf.d/NAME.conf beside it in the order of
 * their names; NULL is CONFIG_FILE, which need not be there.  What they say
 * goes over what is in *c.
 *
 * 0; or negative errno: -EINVAL for what they say, else why one can't be read.
 * Then *c is unchanged and `why` one line of up to room bytes, CONFIG_WHY for
 * any, such as
 *
 *	muster.conf:12: no key "unknwon"; did you mean "unknown"?
 */
int config_load(struct config *c, const char *path, char *why, size_t room);

/*
 * One "KEY=VALUE", or "SECTION.KEY=VALUE" for tftp, igmp, bootparam, slam, tftm
 * and train, with the keys and checks of the file.  Lists have commas:
 * "interfaces=eth0,eth1".  0, or -EINVAL with `why` as above but without a
 * place, and *c unchanged.
 */
int config_set(struct config *c, const char *assignment, char *why,
	       size_t room);

/*
 * Whether what they say of the store goes together, and its files can be read;
 * to be asked when all is read.  0, or -EINVAL with `why` as above.
 */
int config_check(const struct config *c, char *why, size_t room);

#endif
