/*
 * Headers of calls and replies.  A reply's status is one enum here and two
 * words on the wire, accepted or denied and then why.
 */
#include "wire/sunrpc.h"

#include "wire/xdr.h"

enum { ACCEPTED = 0, DENIED = 1 };
enum { DENIED_VERSION = 0, DENIED_AUTH = 1 };

bool rpc_sys_get(struct rpc_sys *s, const uint8_t *body, size_t len)
{
	struct rd r = rd_over(body, len);

	s->stamp = rd_u32(&r);
	s->name = xdr_opaque(&r, RPC_SYS_NAME, &s->name_len);
	s->uid = rd_u32(&r);
	s->gid = rd_u32(&r);
	s->n_gids = rd_u32(&r);
	if (s->n_gids > RPC_SYS_GIDS)
		return false;
	for (uint32_t i = 0; i < s->n_gids; i++)
		s->gids[i] = rd_u32(&r);
	return !r.bad && !rd_left(&r);
}

void rpc_sys_put(const struct rpc_sys *s, struct wr *w)
{
	if (s->name_len > RPC_SYS_NAME || s->n_gids > RPC_SYS_GIDS) {
		w->bad = true;
		return;
	}
	wr_u32(w, s->stamp);
	xdr_opaque_put(s->name, s->name_len, w);
	wr_u32(w, s->uid);
	wr_u32(w, s->gid);
	wr_u32(w, s->n_gids);
	for (uint32_t i = 0; i < s->n_gids; i++)
		wr_u32(w, s->gids[i]);
}

static const uint8_t *auth_get(uint32_t *flavor, size_t *len, struct rd *r)
{
	*flavor = rd_u32(r);
	return xdr_opaque(r, RPC_AUTH_MAX, len);
}

static void none_put(struct wr *w)
{
	wr_u32(w, RPC_AUTH_NONE);
	wr_u32(w, 0);
}

bool rpc_call_get(struct rpc_call *c, struct rd *r)
{
	uint32_t direction, verifier;
	struct rpc_sys sys;
	size_t len;

	*c = (struct rpc_call){.xid = rd_u32(r)};
	direction = rd_u32(r);
	c->rpc_version = rd_u32(r);
	if (r->bad || direction != RPC_CALL)
		return false;
	/* RFC 5531 9: the place of the version is all that is for ever. */
	if (c->rpc_version != RPC_VERSION)
		return rd_left(r) >= RPC_CALL_MIN - 12;
	c->program = rd_u32(r);
	c->version = rd_u32(r);
	c->procedure = rd_u32(r);
	c->cred = auth_get(&c->flavor, &c->cred_len, r);
	auth_get(&verifier, &len, r);
	c->len = rd_left(r);
	c->args = rd_take(r, c->len);
	return !r->bad && (c->flavor != RPC_AUTH_SYS ||
			   rpc_sys_get(&sys, c->cred, c->cred_len));
}

void rpc_call_put(const struct rpc_call *c, struct wr *w)
{
	if (c->cred_len > RPC_AUTH_MAX) {
		w->bad = true;
		return;
	}
	wr_u32(w, c->xid);
	wr_u32(w, RPC_CALL);
	wr_u32(w, c->rpc_version);
	wr_u32(w, c->program);
	wr_u32(w, c->version);
	wr_u32(w, c->procedure);
	wr_u32(w, c->flavor);
	xdr_opaque_put(c->cred, c->cred_len, w);
	none_put(w);
	wr_bytes(w, c->args, c->len);
}

static bool versions_get(struct rpc_reply *p, enum rpc_status is, struct rd *r)
{
	p->status = is;
	p->low = rd_u32(r);
	p->high = rd_u32(r);
	return !r->bad;
}

static bool denied_get(struct rpc_reply *p, struct rd *r)
{
	uint32_t kind = rd_u32(r);

	if (kind == DENIED_VERSION)
		return versions_get(p, RPC_DENIED_VERSION, r);
	p->status = RPC_DENIED_AUTH;
	p->why = rd_u32(r);
	return !r->bad && kind == DENIED_AUTH;
}

static bool accepted_get(struct rpc_reply *p, struct rd *r)
{
	uint32_t flavor, status;
	size_t len;

	auth_get(&flavor, &len, r);
	status = rd_u32(r);
	if (r->bad || status > RPC_SYSTEM_ERR)
		return false;
	if (status == RPC_PROG_MISMATCH)
		return versions_get(p, RPC_PROG_MISMATCH, r);
	p->status = (enum rpc_status)status;
	if (status == RPC_SUCCESS) {
		p->len = rd_left(r);
		p->results = rd_take(r, p->len);
	}
	return true;
}

bool rpc_reply_get(struct rpc_reply *p, struct rd *r)
{
	uint32_t direction, state;

	*p = (struct rpc_reply){.xid = rd_u32(r)};
	direction = rd_u32(r);
	state = rd_u32(r);
	if (r->bad || direction != RPC_REPLY)
		return false;
	if (state == DENIED)
		return denied_get(p, r);
	return state == ACCEPTED && accepted_get(p, r);
}

static void denied_put(const struct rpc_reply *p, struct wr *w)
{
	wr_u32(w, DENIED);
	if (p->status == RPC_DENIED_AUTH) {
		wr_u32(w, DENIED_AUTH);
		wr_u32(w, p->why);
		return;
	}
	wr_u32(w, DENIED_VERSION);
	wr_u32(w, p->low);
	wr_u32(w, p->high);
}

void rpc_reply_put(const struct rpc_reply *p, struct wr *w)
{
	wr_u32(w, p->xid);
	wr_u32(w, RPC_REPLY);
	if (p->status > RPC_SYSTEM_ERR) {
		denied_put(p, w);
		return;
	}
	wr_u32(w, ACCEPTED);
	none_put(w);
	wr_u32(w, p->status);
	if (p->status == RPC_PROG_MISMATCH) {
		wr_u32(w, p->low);
		wr_u32(w, p->high);
	}
	wr_bytes(w, p->results, p->len);
}
