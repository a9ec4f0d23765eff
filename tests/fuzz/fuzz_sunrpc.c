/*
 * Any bytes as a call and as a reply.  What was understood lies within the
 * message, and reads the same when written again.
 */
#include "wire/sunrpc.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *b, size_t len);

static void check_inside(const uint8_t *p, size_t n, const uint8_t *b,
			 size_t len)
{
	assert(p && p >= b && n <= len && p + n <= b + len);
}

static void check_claims(const struct rpc_call *c)
{
	uint8_t back[RPC_AUTH_MAX];
	struct wr w = wr_over(back, sizeof(back));
	struct rpc_sys s, again;

	assert(rpc_sys_get(&s, c->cred, c->cred_len));
	assert(s.n_gids <= RPC_SYS_GIDS && s.name_len <= RPC_SYS_NAME);
	rpc_sys_put(&s, &w);
	assert(!w.bad && wr_len(&w) == c->cred_len);
	assert(rpc_sys_get(&again, back, wr_len(&w)));
	assert(again.uid == s.uid && again.gid == s.gid &&
	       again.stamp == s.stamp && again.n_gids == s.n_gids);
}

static void check_call(const uint8_t *b, size_t len)
{
	uint8_t back[4096];
	struct wr w = wr_over(back, sizeof(back));
	struct rd r = rd_over(b, len);
	struct rpc_call c, again;

	if (!rpc_call_get(&c, &r))
		return;
	assert(len >= RPC_CALL_MIN);
	if (c.rpc_version != RPC_VERSION) {
		assert(!c.program && !c.args && !c.len);
		return;
	}
	assert(c.cred_len <= RPC_AUTH_MAX);
	check_inside(c.cred, c.cred_len, b, len);
	check_inside(c.args, c.len, b, len);
	assert(c.args + c.len == b + len);
	if (c.flavor == RPC_AUTH_SYS)
		check_claims(&c);
	rpc_call_put(&c, &w);
	/* A verifier is not written again. */
	assert(!w.bad && wr_len(&w) <= len);
	r = rd_over(back, wr_len(&w));
	assert(rpc_call_get(&again, &r));
	assert(again.xid == c.xid && again.program == c.program &&
	       again.version == c.version && again.procedure == c.procedure &&
	       again.flavor == c.flavor && again.cred_len == c.cred_len &&
	       again.len == c.len);
	assert(!memcmp(again.cred, c.cred, c.cred_len));
	assert(!memcmp(again.args, c.args, c.len));
}

static void check_reply(const uint8_t *b, size_t len)
{
	uint8_t back[4096];
	struct wr w = wr_over(back, sizeof(back));
	struct rd r = rd_over(b, len);
	struct rpc_reply p, again;

	if (!rpc_reply_get(&p, &r))
		return;
	assert(p.status == RPC_SUCCESS || !p.len);
	if (p.status == RPC_SUCCESS)
		check_inside(p.results, p.len, b, len);
	rpc_reply_put(&p, &w);
	assert(!w.bad && wr_len(&w) <= len);
	r = rd_over(back, wr_len(&w));
	assert(rpc_reply_get(&again, &r));
	assert(again.xid == p.xid && again.status == p.status &&
	       again.low == p.low && again.high == p.high &&
	       again.why == p.why && again.len == p.len);
	assert(!p.len || !memcmp(again.results, p.results, p.len));
}

int LLVMFuzzerTestOneInput(const uint8_t *b, size_t len)
{
	struct rpc_call c;
	struct rpc_reply p;
	struct rd r = rd_over(b, len), again = r;

	/* Nothing is both. */
	assert(!(rpc_call_get(&c, &r) && rpc_reply_get(&p, &again)));
	check_call(b, len);
	check_reply(b, len);
	return 0;
}
