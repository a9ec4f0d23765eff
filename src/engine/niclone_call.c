/*
 * Questions to a master.  Each is the same bytes when it is asked again, so
 * that a late answer to the first try is one.
 */
#include "engine/niclone_impl.h"

#include "base/text.h"

#include <errno.h>

enum { TRIES = 5 };
static const usec AGAIN = SECONDS(1);

struct span niclone_tag(const struct following *f)
{
	const char *slash = strchr(f->master, '/');

	return span_of(slash ? slash + 1 : "network");
}

/* ---- asking ---------------------------------------------------------------
 */

/* "checksum" with all bits inverted, in the field of the machine's name: then
 * nothing else is told. */
static size_t cred_put(uint8_t bytes[RPC_AUTH_MAX])
{
	static const char text[] = "checksum";
	uint8_t name[sizeof(text) - 1];
	struct wr w = wr_over(bytes, RPC_AUTH_MAX);
	struct rpc_sys s = {.name = name,
			    .name_len = sizeof(name),
			    .uid = 65534,
			    .gid = 65534};

	for (size_t i = 0; i < sizeof(name); i++)
		name[i] = (uint8_t)((unsigned)text[i] ^ 0xffu);
	rpc_sys_put(&s, &w);
	return wr_len(&w);
}

static void send_call(struct niclone *c, const struct following *f,
		      uint16_t port, struct rpc_call *call,
		      const struct wr *args, struct effects *fx)
{
	struct wr w = effects_head(fx);

	call->xid = f->xid;
	call->rpc_version = RPC_VERSION;
	rpc_call_put(call, &w);
	wr_bytes(&w, args->start, wr_len(args));
	effects_send(fx, &w, (struct endpoint){0, c->port},
		     (struct endpoint){f->ip, port});
}

static void ask_port_mapper(struct niclone *c, const struct following *f,
			    struct effects *fx)
{
	struct pmap_mapping m = {NIBIND_PROGRAM, NIBIND_VERSION, PMAP_UDP, 0};
	struct rpc_call call = {.program = PMAP_PROGRAM,
				.version = PMAP_VERSION,
				.procedure = PMAP_GETPORT};
	uint8_t room[16];
	struct wr args = wr_over(room, sizeof(room));

	pmap_mapping_put(&m, &args);
	send_call(c, f, PMAP_PORT, &call, &args, fx);
}

static void ask_nibind(struct niclone *c, const struct following *f,
		       struct effects *fx)
{
	struct netinfo m = {.tag = niclone_tag(f)};
	struct rpc_call call = {.program = NIBIND_PROGRAM,
				.version = NIBIND_VERSION,
				.procedure = NIBIND_GETREGISTER};
	uint8_t room[NICLONE_MASTER + 8];
	struct wr args = wr_over(room, sizeof(room));

	nibind_args_put(&m, NIBIND_GETREGISTER, &args);
	send_call(c, f, f->nibind, &call, &args, fx);
}

static void ask_checksum(struct niclone *c, const struct following *f,
			 struct effects *fx)
{
	uint8_t cred[RPC_AUTH_MAX], none[1];
	struct wr args = wr_over(none, 0);
	struct rpc_call call = {.program = NETINFO_PROGRAM,
				.version = NETINFO_VERSION,
				.procedure = NETINFO_STATISTICS,
				.flavor = RPC_AUTH_SYS,
				.cred = cred,
				.cred_len = cred_put(cred)};

	send_call(c, f, f->udp, &call, &args, fx);
}

bool niclone_ask(struct niclone *c, struct following *f, usec now,
		 struct effects *fx)
{
	if (f->tries == TRIES)
		return false;
	f->tries++;
	f->due = now + AGAIN;
	if (f->step == NICLONE_GETPORT)
		ask_port_mapper(c, f, fx);
	else if (f->step == NICLONE_REGISTER)
		ask_nibind(c, f, fx);
	else
		ask_checksum(c, f, fx);
	return true;
}

void niclone_step(struct niclone *c, struct following *f,
		  enum niclone_step step, usec now, struct effects *fx)
{
	f->step = step;
	f->tries = 0;
	f->xid = ++c->xid;
	(void)niclone_ask(c, f, now, fx);
}

void niclone_load(struct niclone *c, struct following *f, struct effects *fx)
{
	struct question *q;

	f->step = NICLONE_LOAD;
	f->due = NEVER;
	f->cookie = ++c->cookie;
	q = effects_ask(fx, ASK_READALL, "", "", f->cookie);
	q->peer = (struct endpoint){f->ip, f->tcp};
	q->from = netinfo_is_copy(c->site, f->domain)
			  ? netinfo_checksum(c->site, f->domain)
			  : 0;
}

/* ---- what is heard --------------------------------------------------------
 */

static bool checksum_get(struct netinfo_list props, uint32_t *sum)
{
	struct netinfo_property p;
	struct span v;
	uint64_t n;

	while (netinfo_property_next(&props, &p)) {
		if (!span_is(p.name, "checksum") ||
		    !netinfo_name_next(&p.values, &v) ||
		    !number_parse(v.s, v.len, UINT32_MAX, &n))
			continue;
		*sum = (uint32_t)n;
		return true;
	}
	return false;
}

static void heard_port(struct niclone *c, struct following *f, struct rd r,
		       usec now, struct effects *fx)
{
	if (!pmap_port_get(&f->nibind, &r) || !f->nibind)
		niclone_failed(c, f, now, -ECONNREFUSED,
			       "the master's port mapper knows of no nibindd",
			       fx);
	else
		niclone_step(c, f, NICLONE_REGISTER, now, fx);
}

static bool is_port(uint32_t n)
{
	return n && n <= UINT16_MAX;
}

static void heard_register(struct niclone *c, struct following *f, struct rd r,
			   usec now, struct effects *fx)
{
	struct netinfo m;

	if (!nibind_results_get(&m, NIBIND_GETREGISTER, &r) || m.status ||
	    !is_port(m.udp) || !is_port(m.tcp)) {
		niclone_failed(c, f, now, -ENOENT,
			       "the master has no such domain", fx);
		return;
	}
	f->udp = (uint16_t)m.udp;
	f->tcp = (uint16_t)m.tcp;
	niclone_step(c, f, NICLONE_SUM, now, fx);
}

static void heard_checksum(struct niclone *c, struct following *f, struct rd r,
			   usec now, struct effects *fx)
{
	struct netinfo m;
	uint32_t sum;

	if (!netinfo_results_get(&m, NETINFO_STATISTICS, &r) ||
	    !checksum_get(m.props, &sum)) {
		niclone_failed(c, f, now, -EBADMSG,
			       "the master tells no checksum", fx);
		return;
	}
	c->stats.checks++;
	if (netinfo_is_copy(c->site, f->domain) &&
	    sum == netinfo_checksum(c->site, f->domain))
		niclone_done(c, f, now);
	else
		niclone_load(c, f, fx);
}

void niclone_heard(struct niclone *c, struct following *f, struct rd r,
		   usec now, struct effects *fx)
{
	if (f->step == NICLONE_GETPORT)
		heard_port(c, f, r, now, fx);
	else if (f->step == NICLONE_REGISTER)
		heard_register(c, f, r, now, fx);
	else
		heard_checksum(c, f, r, now, fx);
}
