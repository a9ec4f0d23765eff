/*
 * Answers of rpcd, for its tests: rpc_world.h's world, and what a reply tells.
 */
#ifndef MUSTER_TESTS_RPCD_WORLD_H
#define MUSTER_TESTS_RPCD_WORLD_H

#include "rpc_world.h"

enum { ROOM = 2048, PORT = 1005 };

/* The last reply's results, from a frame or a datagram. */
static inline struct rd results(const struct world *w)
{
	struct rd r = rd_over(w->st->last, w->st->last_len);
	struct rpc_reply p;
	struct frame_udp f;

	if (w->st->last_send.how == SEND_FRAME) {
		assert_true(frame_udp_get(&f, &r));
		assert_int_equal(f.from.ip, WORLD_SERVER);
		assert_int_equal(f.from.port, PMAP_PORT);
		assert_int_equal(f.to.port, OUT);
		r = rd_over(f.bytes, f.len);
	}
	assert_true(rpc_reply_get(&p, &r));
	assert_int_equal(p.xid, XID);
	assert_int_equal(p.status, RPC_SUCCESS);
	return rd_over(p.results, p.len);
}

static inline void is_text(struct bootparam_text t, const char *s)
{
	assert_int_equal(t.len, strlen(s));
	assert_memory_equal(t.s, s, t.len);
}

/* The last reply told this name, and this router. */
static inline void told(const struct world *w, const char *name,
			uint32_t router)
{
	struct rd r = results(w);
	struct bootparam_whoami a;
	struct pmap_called c;

	assert_true(pmap_called_get(&c, &r));
	assert_int_equal(c.port, PORT);
	r = rd_over(c.results, c.len);
	assert_true(bootparam_whoami_get(&a, &r));
	is_text(a.name, name);
	assert_int_equal(a.router, router);
}

static inline void asks_file(struct world *w, uint32_t ip, const char *name,
			     const char *key)
{
	struct bootparam_ask a = {.name = {name, strlen(name)},
				  .key = {key, strlen(key)}};
	uint8_t b[ROOM];
	struct wr message = wr_over(b, ROOM);

	w->st->me.port = PORT;
	w->st->peer.ip = ip;
	put_call(&message, BOOTPARAM_PROGRAM, BOOTPARAM_VERSION,
		 BOOTPARAM_GETFILE);
	bootparam_ask_put(&a, &message);
	stage_hear(w->st, b, wr_len(&message));
}

static inline void told_file(struct world *w, const char *server, uint32_t ip,
			     const char *path)
{
	struct bootparam_file f;
	struct rd r = results(w);

	assert_true(bootparam_file_get(&f, &r));
	is_text(f.server, server);
	is_text(f.path, path);
	assert_int_equal(f.ip, ip);
}

#endif
