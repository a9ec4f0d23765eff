/*
 * Procedures about a domain itself, and nibindd's, which say where domains are.
 */
#include "engine/netinfod_impl.h"

#include "base/text.h"

/* The address that was asked, as that one is reached; of a broadcast, ours
 * there. */
static uint32_t own_address(const struct netinfod *n, const struct asking *a)
{
	const struct site *s = n->site;

	if (a->conn || a->is_local || site_is_own(s, a->to.ip))
		return a->to.ip;
	for (unsigned i = 0; i < s->n_links; i++)
		if (s->links[i].ip &&
		    !((s->links[i].ip ^ a->from.ip) & s->links[i].mask))
			return s->links[i].ip;
	return s->n_links ? s->links[0].ip : a->to.ip;
}

/* LIMIT: a parent on another server is told as it is written down, whether it
 * answers or not. */
uint32_t netinfod_rparent(struct netinfod *n, struct asking *a, struct wr *w)
{
	const struct site *s = n->site;
	uint32_t parent = domain_parent(s->directory, a->domain), ip;
	struct span tag;

	if (parent) {
		tag = netinfo_tag(s, parent, netinfo_nearest(s, a->from.ip));
		ip = own_address(n, a);
	} else if (!netinfo_parent(s, a->domain, &tag, &ip)) {
		return NETINFO_NETROOT;
	}
	netinfo_name_put(tag, w);
	wr_u32(w, ip);
	return NETINFO_OK;
}

/* ---- STATISTICS -----------------------------------------------------------
 */

static void property_put(const char *name, const char *const *values, size_t n,
			 struct wr *w)
{
	netinfo_name_put(span_of(name), w);
	wr_u32(w, (uint32_t)n);
	for (size_t i = 0; i < n; i++)
		netinfo_name_put(span_of(values[i]), w);
}

static void number_put(const char *name, uint64_t number, struct wr *w)
{
	char room[24];
	struct text t = text_over(room, sizeof(room));
	const char *value = room;

	text_u64(&t, number);
	property_put(name, &value, 1, w);
}

/* "checksum" with all bits inverted, in the field of the machine's name: who
 * asks so often wants nothing else. */
static bool wants_checksum(const struct rpc_call *c)
{
	static const char word[] = "checksum";
	struct rpc_sys s;

	if (c->flavor != RPC_AUTH_SYS ||
	    !rpc_sys_get(&s, c->cred, c->cred_len) ||
	    s.name_len != sizeof(word) - 1)
		return false;
	for (size_t i = 0; i < s.name_len; i++)
		if (((unsigned)s.name[i] ^ (unsigned)word[i] ^ 0xffu) & 0xffu)
			return false;
	return true;
}

static void who_put(const struct netinfod *n, const struct asking *a,
		    struct wr *w)
{
	char tag[256], ip[16];
	struct text t = text_over(ip, sizeof(ip));
	bool is_clone = site_other_master(n->site, a->domain);
	const char *tags[] = {tag, is_clone ? "clone" : "master", "0"};
	const char *one = ip;

	(void)span_copy(tag, sizeof(tag),
			netinfo_tag(n->site, a->domain,
				    netinfo_nearest(n->site, a->from.ip)));
	text_ip(&t, own_address(n, a));
	property_put("tag", tags, 3, w);
	property_put("ip_address", &one, 1, w);
	one = n->site->settings->name;
	property_put("hostname", &one, 1, w);
	one = "Muster";
	property_put("server_version", &one, 1, w);
	one = is_clone || !n->site->settings->netinfo.writes ? "Yes" : "No";
	property_put("write_locked", &one, 1, w);
}

static const char *const procedure_names[NETINFO_PROCEDURES] = {
	"ping",      "statistics", "root",       "self",        "parent",
	"create",    "destroy",    "read",       "write",       "children",
	"lookup",    "list",       "createprop", "destroyprop", "readprop",
	"writeprop", "renameprop", "listprops",  "createname",  "destroyname",
	"readname",  "writename",  "rparent",    "listall",     "bind",
	"readall",   "crashed",    "resync",     "lookupread"};

void netinfod_statistics(struct netinfod *n, const struct asking *a,
			 struct wr *w)
{
	uint32_t checksum = netinfo_checksum(n->site, a->domain);
	uint64_t total = 0;

	if (wants_checksum(&a->call)) {
		wr_u32(w, 1);
		number_put("checksum", checksum, w);
		return;
	}
	for (unsigned i = 0; i < NETINFO_PROCEDURES; i++)
		total += a->at->calls[i];
	wr_u32(w, 7 + NETINFO_PROCEDURES);
	number_put("checksum", checksum, w);
	who_put(n, a, w);
	number_put("total_calls", total, w);
	for (unsigned i = 0; i < NETINFO_PROCEDURES; i++)
		number_put(procedure_names[i], a->at->calls[i], w);
}

/* ---- nibindd --------------------------------------------------------------
 */

static void getregister(struct netinfod *n, const struct asking *a,
			struct wr *w, struct effects *fx)
{
	uint32_t domain = netinfo_tagged(n->site, a->args.tag,
					 netinfo_nearest(n->site, a->from.ip));
	const struct serving *s = domain ? netinfod_serve(n, domain, fx) : NULL;

	wr_u32(w, s ? NETINFO_OK : NETINFO_NOTAG);
	if (!s)
		return;
	wr_u32(w, s->port);
	wr_u32(w, s->port);
	n->stats.answers++;
}

static void listreg(struct netinfod *n, const struct asking *a, struct wr *w)
{
	uint32_t nearest = netinfo_nearest(n->site, a->from.ip), served = 0;

	for (size_t i = 0; i < NETINFOD_DOMAINS; i++)
		served += n->serving[i].domain != 0;
	wr_u32(w, NETINFO_OK);
	wr_u32(w, served);
	for (size_t i = 0; i < NETINFOD_DOMAINS; i++) {
		if (!n->serving[i].domain)
			continue;
		netinfo_name_put(
			netinfo_tag(n->site, n->serving[i].domain, nearest), w);
		wr_u32(w, n->serving[i].port);
		wr_u32(w, n->serving[i].port);
	}
	n->stats.answers++;
}

static enum rpc_status bind(struct netinfod *n, struct asking *a)
{
	uint32_t domain =
		netinfo_tagged(n->site, a->args.value,
			       netinfo_nearest(n->site, a->args.address));

	if (!domain ||
	    !netinfo_serves(n->site, domain, a->args.address, a->args.tag))
		return RPC_SYSTEM_ERR;
	a->is_own = a->args.address == a->from.ip;
	n->stats.bound++;
	return RPC_SUCCESS;
}

enum rpc_status nibind_call(struct netinfod *n, struct asking *a, struct wr *w,
			    struct effects *fx)
{
	struct rd args = rd_over(a->call.args, a->call.len);

	if (a->call.procedure >= NIBIND_PROCEDURES)
		return RPC_PROC_UNAVAIL;
	if (!nibind_args_get(&a->args, a->call.procedure, &args))
		return RPC_GARBAGE_ARGS;
	switch ((enum nibind_procedure)a->call.procedure) {
	case NIBIND_GETREGISTER:
		getregister(n, a, w, fx);
		break;
	case NIBIND_LISTREG:
		listreg(n, a, w);
		break;
	case NIBIND_BIND:
		return bind(n, a);
	case NIBIND_REGISTER:
	case NIBIND_UNREGISTER:
	case NIBIND_CREATEMASTER:
	case NIBIND_CREATECLONE:
	case NIBIND_DESTROYDOMAIN:
		wr_u32(w, NETINFO_PERM);
		n->stats.refused++;
		break;
	case NIBIND_PING:
	case NIBIND_PROCEDURES:
		break;
	}
	return RPC_SUCCESS;
}
