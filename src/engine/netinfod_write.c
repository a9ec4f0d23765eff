/*
 * Procedures that write: one change of the directory, whose answer leaves when
 * it is durable.  One is under way at a time, as with all changes; who comes
 * meanwhile is told MASTERBUSY.
 */
#include "engine/netinfod_impl.h"

#include <errno.h>

enum { ROOT_PORTS = 1024 };

/* LIMIT: who may write is root of this machine alone; passwords and the
 * property _writers are not looked at.  A datagram proves nothing: a port
 * mapper sends one for anybody, by the loopback and from a low port (CALLIT),
 * and what is sent again would be written again. */
static uint32_t may_write(const struct netinfod *n, const struct asking *a)
{
	const struct site *s = n->site;

	if (!s->settings->netinfo.writes || site_other_master(s, a->domain))
		return NETINFO_RDONLY;
	if (!a->conn || a->from.ip >> 24 != 127 || a->from.port >= ROOT_PORTS)
		return NETINFO_PERM;
	return n->writing.is_open || s->is_editing || site_is_away(s)
		       ? NETINFO_MASTERBUSY
		       : NETINFO_OK;
}

/* The object of an argument, of the instance that is meant; NULL: *status. */
static const struct entry *meant(const struct netinfod *n, uint32_t domain,
				 struct netinfo_id id, uint32_t *status)
{
	const struct entry *e = netinfo_entry(n->site, domain, id.object);

	if (!e) {
		*status = NETINFO_BADID;
		return NULL;
	}
	*status = e->instance == id.instance ? NETINFO_OK : NETINFO_STALE;
	return *status ? NULL : e;
}

/* ---- what is changed ------------------------------------------------------
 */

static uint32_t creates(struct netinfod *n, const struct asking *a,
			const struct entry *parent, struct change *c)
{
	static const struct plist none;

	*c = (struct change){.kind = CHANGE_ENTRY_PUT,
			     .domain = a->domain,
			     .id = directory_next_id(n->site->directory),
			     .parent = parent->id,
			     .instance = 1};
	return netinfod_edited(n, &none, NETINFO_CREATE, &a->args, &c->props);
}

static uint32_t destroys(struct netinfod *n, const struct asking *a,
			 const struct entry *parent, struct change *c)
{
	uint32_t status;
	const struct entry *e = meant(n, a->domain, a->args.other, &status);

	if (!e)
		return status;
	if (e->parent != parent->id)
		return NETINFO_UNRELATED;
	if (entry_first(n->site->directory, e))
		return NETINFO_NOTEMPTY;
	*c = (struct change){.kind = CHANGE_ENTRY_DESTROY,
			     .domain = a->domain,
			     .id = e->id,
			     .parent = parent->id,
			     .instance = e->instance + 1};
	return NETINFO_OK;
}

static uint32_t edits(struct netinfod *n, const struct asking *a,
		      const struct entry *e, struct change *c)
{
	bool is_root = e->id == e->domain;
	struct plist was = netinfo_unmarked(&e->props);

	*c = (struct change){
		.kind = is_root ? CHANGE_DOMAIN_PUT : CHANGE_ENTRY_PUT,
		.domain = a->domain,
		.id = e->id,
		.parent = is_root ? domain_parent(n->site->directory, e->domain)
				  : e->parent,
		.instance = e->instance + 1};
	return netinfod_edited(n, &was, a->call.procedure, &a->args, &c->props);
}

static uint32_t status_of(int rc)
{
	switch (rc) {
	case 0:
		return NETINFO_OK;
	case -ESTALE:
		return NETINFO_STALE;
	case -ENOENT:
		return NETINFO_BADID;
	case -ENOTEMPTY:
		return NETINFO_NOTEMPTY;
	case -EEXIST: /* what NetInfo allows and the directory does not */
	case -EINVAL:
		return NETINFO_PERM;
	case -ENOSPC:
	case -ENOMEM:
		return NETINFO_NOSPACE;
	}
	return NETINFO_SYSTEMERR;
}

static uint32_t make(struct netinfod *n, const struct asking *a,
		     struct change *c)
{
	const struct entry *e;
	uint32_t status, other;

	e = meant(n, a->domain, a->args.id, &status);
	if (!e)
		return status;
	if (a->call.procedure == NETINFO_CREATE)
		status = creates(n, a, e, c);
	else if (a->call.procedure == NETINFO_DESTROY)
		status = destroys(n, a, e, c);
	else
		status = edits(n, a, e, c);
	return status ? status
		      : status_of(
				directory_check(n->site->directory, c, &other));
}

uint32_t netinfod_write(struct netinfod *n, const struct asking *a,
			struct effects *fx)
{
	uint32_t status = may_write(n, a);
	const void *props;
	struct change c;

	if (!status)
		status = make(n, a, &c);
	if (status)
		return status;
	n->writing = (struct writing){.is_open = true,
				      .cookie = ++n->writes,
				      .conn = a->conn,
				      .xid = a->call.xid,
				      .procedure = a->call.procedure,
				      .id = c.id,
				      .parent = c.parent};
	props = effects_copy(fx, c.props.bytes, c.props.len);
	c.props.bytes = props;
	*effects_commit(fx, n->writes) = c;
	return NETINFO_OK;
}

/* ---- what is said ---------------------------------------------------------
 */

static struct netinfo_id id_now(const struct netinfod *n, uint32_t id)
{
	const struct entry *e = directory_entry(n->site->directory, id);

	return e ? netinfo_id_of(n->site, e) : (struct netinfo_id){0, 0};
}

void netinfod_written(struct netinfod *n, int rc, struct effects *fx)
{
	struct writing *p = &n->writing;
	struct netinfo m = {.status = status_of(rc)};
	struct wr w = effects_head(fx);

	n->stats.writes += !rc;
	n->stats.refused += rc != 0;
	m.id = id_now(n, p->procedure == NETINFO_DESTROY ? p->parent : p->id);
	m.other = id_now(n, p->parent);
	rpc_reply_put(&(struct rpc_reply){.xid = p->xid}, &w);
	netinfo_results_put(&m, p->procedure, &w);
	effects_send_record(fx, &w, p->conn);
	p->is_open = false;
}
