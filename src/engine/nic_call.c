/*
 * Calls.  Each has a number of its own, and is the same bytes when it is made
 * again, so that a late answer to the first try is one.
 */
#include "engine/nic_impl.h"

enum { TRIES = 5, LONG_NAME = RPC_SYS_NAME };
static const usec AGAIN = SECONDS(1);

/* A credential says nothing that reading takes; it is as long as it may be, for
 * servers that measure an answer by the question. */
static size_t cred_put(uint8_t bytes[RPC_AUTH_MAX], bool wants_checksum)
{
	uint8_t name[LONG_NAME];
	struct wr w = wr_over(bytes, RPC_AUTH_MAX);
	struct rpc_sys s = {.name = name,
			    .uid = 65534,
			    .gid = 65534,
			    .name_len = LONG_NAME};

	memset(name, '-', sizeof(name));
	if (wants_checksum) { /* inverted; then nothing else is told */
		static const char word[] = "checksum";

		s.name_len = sizeof(word) - 1;
		for (size_t i = 0; i < s.name_len; i++)
			name[i] = (uint8_t)((unsigned)word[i] ^ 0xffu);
	}
	s.n_gids = RPC_SYS_GIDS;
	for (unsigned i = 0; i < s.n_gids; i++)
		s.gids[i] = 65534;
	rpc_sys_put(&s, &w);
	return wr_len(&w);
}

static uint32_t version_of(uint32_t program)
{
	return program == NIBIND_PROGRAM ? NIBIND_VERSION : 2;
}

struct wr nic_call_begin(struct nic *n, enum nic_step step, struct endpoint to,
			 uint32_t program, uint32_t procedure)
{
	uint8_t cred[RPC_AUTH_MAX];
	struct wr w = wr_over(n->call, NIC_CALL);
	struct rpc_call c = {.xid = ++n->xid,
			     .rpc_version = RPC_VERSION,
			     .program = program,
			     .version = version_of(program),
			     .procedure = procedure};

	if (program == NETINFO_PROGRAM) {
		c.flavor = RPC_AUTH_SYS;
		c.cred = cred;
		c.cred_len = cred_put(cred, step == NIC_SUM);
	}
	rpc_call_put(&c, &w);
	n->step = step;
	n->to = to;
	n->program = program;
	n->procedure = procedure;
	n->tries = 0;
	return w;
}

static void send_it(struct nic *n, usec now, struct effects *fx)
{
	struct wr w = effects_head(fx);

	wr_bytes(&w, n->call, n->call_len);
	effects_send(fx, &w, (struct endpoint){0, n->port}, n->to);
	n->stats.calls++;
	n->tries++;
	n->due = now + AGAIN;
}

void nic_call_send(struct nic *n, const struct wr *w, usec now,
		   struct effects *fx)
{
	n->call_len = w->bad ? 0 : wr_len(w);
	send_it(n, now, fx);
}

void nic_call_netinfo(struct nic *n, enum nic_step step, uint32_t procedure,
		      const struct netinfo *args, usec now, struct effects *fx)
{
	struct endpoint to = {n->domains[n->level].ip, n->rungs[n->level].port};
	struct wr w = nic_call_begin(n, step, to, NETINFO_PROGRAM, procedure);

	netinfo_args_put(args, procedure, &w);
	nic_call_send(n, &w, now, fx);
}

bool nic_call_again(struct nic *n, usec now, struct effects *fx)
{
	if (n->tries >= TRIES)
		return false;
	send_it(n, now, fx);
	return true;
}
