/*
 * The port mapper.  It maps our own programs and those that root on this
 * machine has SET; and it calls, for everybody on the network, what is on one
 * short list.
 */
#include "engine/rpcd_impl.h"

#include "engine/netinfo_site.h"
#include "wire/netinfo.h"

enum { ROOT_PORTS = 1024 };

enum { OWN = 5 };

static unsigned own_mappings(const struct rpcd *r, struct pmap_mapping v[OWN])
{
	const struct settings *s = r->site->settings;

	v[0] = (struct pmap_mapping){PMAP_PROGRAM, PMAP_VERSION, PMAP_TCP,
				     PMAP_PORT};
	v[1] = (struct pmap_mapping){PMAP_PROGRAM, PMAP_VERSION, PMAP_UDP,
				     PMAP_PORT};
	v[2] = (struct pmap_mapping){BOOTPARAM_PROGRAM, BOOTPARAM_VERSION,
				     PMAP_UDP, s->bootparam.port};
	if (!s->netinfo.serve)
		return 3;
	v[3] = (struct pmap_mapping){NIBIND_PROGRAM, NIBIND_VERSION, PMAP_TCP,
				     s->netinfo.port};
	v[4] = v[3];
	v[4].protocol = PMAP_UDP;
	return OWN;
}

static void better(const struct pmap_mapping *want,
		   const struct pmap_mapping *is, uint32_t *port, bool *exact)
{
	if (is->program != want->program || is->protocol != want->protocol ||
	    *exact)
		return;
	/* RFC 1833 3.2: of another version, a port is told all the same. */
	*exact = is->version == want->version;
	if (*exact || !*port)
		*port = is->port;
}

static uint32_t port_of(const struct rpcd *r, const struct pmap_mapping *want)
{
	struct pmap_mapping own[OWN];
	unsigned n = own_mappings(r, own);
	uint32_t port = 0;
	bool exact = false;

	for (unsigned i = 0; i < n; i++)
		better(want, &own[i], &port, &exact);
	for (unsigned i = 0; i < r->n_sets; i++)
		better(want, &r->sets[i], &port, &exact);
	return port;
}

static int getport(struct rpcd *r, struct asking *a, struct rd *args,
		   struct wr *w)
{
	struct pmap_mapping want;

	if (!pmap_mapping_get(&want, args))
		return RPCD_SILENCE;
	a->counter = &r->stats.ports;
	pmap_port_put((uint16_t)port_of(r, &want), w);
	return RPC_SUCCESS;
}

static int dump(struct rpcd *r, struct asking *a, struct wr *w)
{
	struct pmap_mapping own[OWN];
	unsigned n = own_mappings(r, own);

	/* A datagram may be forged, and this answer is long. */
	if (!a->is_local && !a->conn) {
		r->stats.refused++;
		return RPCD_SILENCE;
	}
	for (unsigned i = 0; i < n; i++)
		pmap_item_put(&own[i], w);
	for (unsigned i = 0; i < r->n_sets; i++)
		pmap_item_put(&r->sets[i], w);
	pmap_end_put(w);
	a->counter = &r->stats.ports;
	return RPC_SUCCESS;
}

/* ---- SET and UNSET --------------------------------------------------------
 */

static bool is_mapped(const struct rpcd *r, const struct pmap_mapping *m,
		      bool any_protocol)
{
	struct pmap_mapping own[OWN];
	unsigned n = own_mappings(r, own);

	for (unsigned i = 0; i < n + r->n_sets; i++) {
		const struct pmap_mapping *is = i < n ? &own[i]
						      : &r->sets[i - n];

		if (is->program == m->program && is->version == m->version &&
		    (any_protocol || is->protocol == m->protocol))
			return true;
	}
	return false;
}

static bool set(struct rpcd *r, const struct pmap_mapping *m)
{
	bool is_sane = (m->protocol == PMAP_UDP || m->protocol == PMAP_TCP) &&
		       m->port && m->port <= UINT16_MAX;

	if (!is_sane || r->n_sets == RPCD_SETS || is_mapped(r, m, false))
		return false;
	r->sets[r->n_sets++] = *m;
	return true;
}

/* RFC 1833 3.2: of all protocols. */
static bool unset(struct rpcd *r, const struct pmap_mapping *m)
{
	unsigned kept = 0, n = r->n_sets;

	for (unsigned i = 0; i < n; i++)
		if (r->sets[i].program != m->program ||
		    r->sets[i].version != m->version)
			r->sets[kept++] = r->sets[i];
	r->n_sets = kept;
	return kept < n;
}

static int change(struct rpcd *r, const struct asking *a, struct rd *args,
		  struct wr *w)
{
	struct pmap_mapping m;

	if (!a->is_local || a->from.ip >> 24 != 127 ||
	    a->from.port >= ROOT_PORTS) {
		r->stats.refused++;
		return RPCD_SILENCE;
	}
	if (!pmap_mapping_get(&m, args))
		return RPCD_SILENCE;
	wr_u32(w, a->call.procedure == PMAP_SET ? set(r, &m) : unset(r, &m));
	return RPC_SUCCESS;
}

/* ---- CALLIT ---------------------------------------------------------------
 */

/* A domain of NetInfo says that it serves whoever asks, or nothing. */
static int bind_domain(struct rpcd *r, struct asking *a, struct wr *w,
		       struct effects *fx)
{
	struct rd args = rd_over(a->call.args, a->call.len);
	uint32_t domain;
	struct netinfo m;

	(void)w;
	(void)fx;
	if (!r->site->settings->netinfo.serve)
		return RPCD_SILENCE;
	if (!nibind_args_get(&m, NIBIND_BIND, &args)) {
		r->stats.bad++;
		return RPCD_SILENCE;
	}
	domain = netinfo_tagged(r->site, m.value,
				netinfo_nearest(r->site, m.address));
	if (!domain || !netinfo_serves(r->site, domain, m.address, m.tag)) {
		r->stats.unbound++;
		return RPCD_SILENCE;
	}
	a->is_own = a->from.ip == m.address;
	a->counter = &r->stats.bound;
	return RPC_SUCCESS;
}

static uint16_t port_behind(const struct rpcd *r, uint32_t program)
{
	const struct settings *s = r->site->settings;

	return program == NIBIND_PROGRAM ? s->netinfo.port : s->bootparam.port;
}

/* What may be called for everybody, by programs of this very server; never the
 * port mapper itself.  The null procedure is what rpcinfo -b asks with. */
static const struct indirect {
	uint32_t program, version, procedure;
	int (*call)(struct rpcd *, struct asking *, struct wr *,
		    struct effects *);
} indirects[] = {
	{BOOTPARAM_PROGRAM, BOOTPARAM_VERSION, BOOTPARAM_NULL, rpcd_bootparam},
	{BOOTPARAM_PROGRAM, BOOTPARAM_VERSION, BOOTPARAM_WHOAMI,
	 rpcd_bootparam},
	{NIBIND_PROGRAM, NIBIND_VERSION, NIBIND_BIND, bind_domain},
};

static const struct indirect *indirect_of(const struct pmap_callit *c)
{
	for (size_t i = 0; i < sizeof(indirects) / sizeof(*indirects); i++)
		if (indirects[i].program == c->program &&
		    indirects[i].version == c->version &&
		    indirects[i].procedure == c->procedure)
			return &indirects[i];
	return NULL;
}

void rpcd_called(const struct rpcd *r, uint32_t program,
		 const struct wr *results, struct wr *w)
{
	struct pmap_called called = {.port = port_behind(r, program),
				     .results = results->start,
				     .len = wr_len(results)};

	pmap_called_put(&called, w);
}

static int callit(struct rpcd *r, struct asking *a, struct rd *args,
		  struct wr *w, struct effects *fx)
{
	uint8_t results[BOOTPARAM_RESULTS];
	struct wr inner = wr_over(results, sizeof(results));
	const struct indirect *in;
	struct pmap_callit c;
	int status;

	if (!pmap_callit_get(&c, args) || rd_left(args)) {
		r->stats.bad++;
		return RPCD_SILENCE;
	}
	in = a->conn ? NULL : indirect_of(&c);
	if (!in) {
		r->stats.refused++;
		return RPCD_SILENCE;
	}
	a->is_indirect = true;
	a->call.procedure = c.procedure;
	a->call.args = c.args;
	a->call.len = c.len;
	status = in->call(r, a, &inner, fx);
	if (status == RPCD_LATER)
		return status;
	if (status != RPC_SUCCESS || inner.bad)
		return RPCD_SILENCE;
	rpcd_called(r, c.program, &inner, w);
	return RPC_SUCCESS;
}

int rpcd_portmap(struct rpcd *r, struct asking *a, struct wr *w,
		 struct effects *fx)
{
	struct rd args = rd_over(a->call.args, a->call.len);

	if (a->call.procedure == PMAP_CALLIT)
		return callit(r, a, &args, w, fx);
	if (a->is_broadcast) {
		r->stats.refused++;
		return RPCD_SILENCE;
	}
	switch (a->call.procedure) {
	case PMAP_NULL:
		return RPC_SUCCESS;
	case PMAP_SET:
	case PMAP_UNSET:
		return change(r, a, &args, w);
	case PMAP_GETPORT:
		return getport(r, a, &args, w);
	case PMAP_DUMP:
		return dump(r, a, w);
	}
	return RPC_PROC_UNAVAIL;
}
