/*
 * A registry on a stage: connections of processes on one side, other machines
 * on the other.
 */
#ifndef MUSTER_TESTS_NAMED_WORLD_H
#define MUSTER_TESTS_NAMED_WORLD_H

#include "engine/netnamed.h"

#include "stage/stage.h"
#include "stage/toy_crypt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define HERE  IP4(192, 168, 77, 1)
#define THERE IP4(192, 168, 77, 2)

struct world {
	struct stage *st;
	struct netnamed *n;
	struct name_access access;
	struct netnamed_config config;
	uint32_t sequence; /* of the next local request */
};

static inline void world_allow(struct world *w, const char *file)
{
	struct name_access_error e;

	assert_true(name_access_parse(&w->access, file, strlen(file), &e));
}

static inline void world_open(struct world *w)
{
	*w = (struct world){.st = stage_open()};
	world_allow(w, "*: +");
	w->config.access = &w->access;
	w->config.version = "muster-named test";
	w->config.crypt = &toy_crypt;
	w->config.seed = 1;
	assert_int_equal(netnamed_open(&w->n, &w->config, &stage_alloc), 0);
	stage_engine(w->st, netnamed_engine(w->n));
	w->st->peer = (struct endpoint){THERE, REGISTRY_PORT};
	w->st->me = (struct endpoint){HERE, REGISTRY_PORT};
}

/* The same with other flags. */
static inline void world_again(struct world *w)
{
	netnamed_close(w->n, &stage_alloc);
	assert_int_equal(netnamed_open(&w->n, &w->config, &stage_alloc), 0);
	stage_engine(w->st, netnamed_engine(w->n));
}

static inline void world_close(struct world *w)
{
	netnamed_close(w->n, &stage_alloc);
	stage_close(w->st);
}

/* SIGUSR2: eth0 is up, with our address. */
static inline void world_network(struct world *w)
{
	static const struct link links[] = {
		{.index = 1, .ip = IP4(127, 0, 0, 1), .is_up = true},
		{.index = 2, .ip = HERE, .mask = 0xffffff00, .is_up = true},
		{.index = 3, .ip = IP4(10, 0, 0, 1)},
	};

	netnamed_network(w->n, w->st->now, links, 3, stage_begin(w->st));
	stage_end(w->st);
}

static inline struct registry_endpoint tcp_at(uint32_t ip, uint16_t port)
{
	return registry_endpoint_ipv4(REGISTRY_TCP,
				      (struct endpoint){ip, port});
}

/* Connection `conn` says this; sequence numbers count from 1. */
static inline void says(struct world *w, uint32_t conn, uint8_t op,
			uint8_t flags, const char *name,
			struct registry_endpoint at, const char *text)
{
	uint8_t bytes[2048];
	struct wr p = wr_over(bytes, sizeof(bytes));

	registry_put(&(struct registry_record){.op = op,
					       .flags = flags,
					       .sequence = ++w->sequence,
					       .name = name,
					       .name_len = strlen(name),
					       .at = at},
		     &p);
	wr_bytes(&p, text, strlen(text));
	stage_hear_record(w->st, conn, bytes, wr_len(&p));
}

static inline void checks_in(struct world *w, uint32_t conn, const char *name)
{
	says(w, conn, REGISTRY_CHECK_IN, 0, name, tcp_at(HERE, 7070), "");
}

static inline void checks_out(struct world *w, uint32_t conn, const char *name)
{
	says(w, conn, REGISTRY_CHECK_OUT, 0, name,
	     (struct registry_endpoint){0}, "");
}

static inline void looks_up(struct world *w, uint32_t conn, const char *name)
{
	says(w, conn, REGISTRY_LOOK_UP, 0, name, (struct registry_endpoint){0},
	     "");
}

static inline void looks_up_anywhere(struct world *w, uint32_t conn,
				     const char *name)
{
	says(w, conn, REGISTRY_LOOK_UP, REGISTRY_ANYWHERE, name,
	     (struct registry_endpoint){0}, "");
}

static inline void looks_up_at(struct world *w, uint32_t conn, const char *name,
			       uint32_t host)
{
	says(w, conn, REGISTRY_LOOK_UP, REGISTRY_AT_HOST, name,
	     registry_endpoint_ipv4(0, (struct endpoint){host, 0}), "");
}

/* Another machine says it, with the right seal. */
static inline void peer_says(struct world *w, struct registry_record p,
			     const char *text)
{
	uint8_t bytes[2048];
	struct wr b = wr_over(bytes, sizeof(bytes));
	uint8_t mac[CRYPT_MAC];

	registry_put(&p, &b);
	wr_bytes(&b, text, strlen(text));
	toy_mac(mac, bytes, wr_len(&b), w->config.key);
	wr_bytes(&b, mac, sizeof(mac));
	stage_hear(w->st, bytes, wr_len(&b));
}

static inline struct registry_record peer_asks(uint8_t op, uint8_t flags,
					       const char *name)
{
	return (struct registry_record){.op = op,
					.flags = flags,
					.sequence = 77,
					.name = name,
					.name_len = strlen(name)};
}

/* The number of what was just sent to another machine. */
static inline uint32_t sent_sequence(const struct world *w)
{
	struct rd r = rd_over(w->st->last, w->st->last_len);
	struct registry_record p;

	assert_true(registry_get(&p, &r));
	return p.sequence;
}

/* ... is answered. */
static inline void peer_answers(struct world *w, uint8_t op, const char *name,
				uint16_t status, struct registry_endpoint at)
{
	struct registry_record p = peer_asks(op | REGISTRY_REPLY, 0, name);

	p.sequence = sent_sequence(w);
	p.status = status;
	p.at = at;
	peer_says(w, p, "");
}

#endif
