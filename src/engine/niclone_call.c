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

static struct netinfo_line line_to(const struct niclone *c,
				   const struct following *f)
{
	return (struct netinfo_line){c->port, f->ip, f->xid};
}

static void ask_checksum(struct niclone *c, const struct following *f,
			 struct effects *fx)
{
	struct netinfo_line l = line_to(c, f);
	uint8_t cred[RPC_AUTH_MAX], none[1];
	struct wr args = wr_over(none, 0);
	struct rpc_call call = {.program = NETINFO_PROGRAM,
				.version = NETINFO_VERSION,
				.procedure = NETINFO_STATISTICS,
				.flavor = RPC_AUTH_SYS,
				.cred = cred,
				.cred_len = cred_put(cred)};

	netinfo_call(&l, f->udp, &call, &args, fx);
}

bool niclone_ask(struct niclone *c, struct following *f, usec now,
		 struct effects *fx)
{
	struct netinfo_line l = line_to(c, f);

	if (f->tries == TRIES)
		return false;
	f->tries++;
	f->due = now + AGAIN;
	if (f->step == NICLONE_GETPORT)
		netinfo_call_mapper(&l, fx);
	else if (f->step == NICLONE_REGISTER)
		netinfo_call_nibind(&l, f->nibind, niclone_tag(f), fx);
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
	f->nibind = netinfo_mapper_port(r);
	if (!f->nibind)
		niclone_failed(c, f, now, -ECONNREFUSED,
			       "the master's port mapper knows of no nibindd",
			       fx);
	else
		niclone_step(c, f, NICLONE_REGISTER, now, fx);
}

static void heard_register(struct niclone *c, struct following *f, struct rd r,
			   usec now, struct effects *fx)
{
	if (!netinfo_nibind_ports(r, &f->udp, &f->tcp)) {
		niclone_failed(c, f, now, -ENOENT,
			       "the master has no such domain", fx);
		return;
	}
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
