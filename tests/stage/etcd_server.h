/*
 * A whole server of the virtual LAN, with its store on the model of etcd, by
 * the store's own code: it waits for etcd on a fiber (sim/lan.h), can be cut
 * off, paused and killed, and starts anew from what etcd has.
 */
#ifndef MUSTER_TESTS_ETCD_SERVER_H
#define MUSTER_TESTS_ETCD_SERVER_H

#include "engine/askers.h"
#include "engine/server.h"
#include "sim/etcd_model.h"
#include "sim/lan.h"

struct etcd_server {
	struct lan *lan;
	struct etcd_model *model;
	uint32_t node;
	uint64_t seed;
	struct link link;
	struct settings settings;
	struct etcd_model_way way; /* also of its next life */

	struct site site;
	struct server *server; /* NULL: it is down, or not up yet */
	struct etcd_link *etcd;
	bool is_hung;
	unsigned lives;
	usec opened, ahead; /* when it loaded all, and its wall clock then */
	/* of all its lives */
	uint64_t beaten, unserved, remained;
};

/* The model lives in the LAN's time; *t outlives both. */
struct etcd_time {
	struct lan *lan;
	struct etcd_model *model;
};
void etcd_time_set(struct etcd_time *t);
/* A node of the LAN that is off; all above `site` is filled in but `node`. */
void etcd_server_add(struct etcd_server *s);
/* As soon as etcd answers. */
void etcd_server_start(struct etcd_server *s);
void etcd_server_die(struct etcd_server *s);
/* A server that hangs does nothing at all: neither its loop nor its committer
 * goes on. */
void etcd_server_fault(struct etcd_server *s, const struct lan_fault *fault);
void etcd_server_set_way(struct etcd_server *s,
			 const struct etcd_model_way *way);
/* For the LAN's watcher: how its way to the store is. */
void etcd_server_look(struct etcd_server *s, usec now, struct effects *fx);

#endif
