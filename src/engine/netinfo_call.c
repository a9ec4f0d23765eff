/*
 * Calls from server to server.
 */
#include "engine/netinfo_call.h"

#include "wire/portmap.h"

enum { TAG_ROOM = 512 };

void netinfo_call(const struct netinfo_line *l, uint16_t port,
		  struct rpc_call *call, const struct wr *args,
		  struct effects *fx)
{
	struct wr w = effects_head(fx);

	call->xid = l->xid;
	call->rpc_version = RPC_VERSION;
	rpc_call_put(call, &w);
	wr_bytes(&w, args->start, wr_len(args));
	effects_send(fx, &w, (struct endpoint){0, l->port},
		     (struct endpoint){l->ip, port});
}

void netinfo_call_mapper(const struct netinfo_line *l, struct effects *fx)
{
	struct pmap_mapping m = {NIBIND_PROGRAM, NIBIND_VERSION, PMAP_UDP, 0};
	struct rpc_call call = {.program = PMAP_PROGRAM,
				.version = PMAP_VERSION,
				.procedure = PMAP_GETPORT};
	uint8_t room[16];
	struct wr args = wr_over(room, sizeof(room));

	pmap_mapping_put(&m, &args);
	netinfo_call(l, PMAP_PORT, &call, &args, fx);
}

void netinfo_call_nibind(const struct netinfo_line *l, uint16_t port,
			 struct span tag, struct effects *fx)
{
	struct netinfo m = {.tag = tag};
	struct rpc_call call = {.program = NIBIND_PROGRAM,
				.version = NIBIND_VERSION,
				.procedure = NIBIND_GETREGISTER};
	uint8_t room[TAG_ROOM];
	struct wr args = wr_over(room, sizeof(room));

	nibind_args_put(&m, NIBIND_GETREGISTER, &args);
	netinfo_call(l, port, &call, &args, fx);
}

uint16_t netinfo_mapper_port(struct rd r)
{
	uint16_t port;

	return pmap_port_get(&port, &r) ? port : 0;
}

static bool is_port(uint32_t n)
{
	return n && n <= UINT16_MAX;
}

bool netinfo_nibind_ports(struct rd r, uint16_t *udp, uint16_t *tcp)
{
	struct netinfo m;

	if (!nibind_results_get(&m, NIBIND_GETREGISTER, &r) || m.status ||
	    !is_port(m.udp) || !is_port(m.tcp))
		return false;
	*udp = (uint16_t)m.udp;
	*tcp = (uint16_t)m.tcp;
	return true;
}
