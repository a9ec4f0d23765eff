/*
 * Answers about many directories.  A walk writes them piece by piece, and knows
 * where it is by the numbers of entries alone.  What fits leaves at once; what
 * is longer leaves in fragments, the next one when the connection has taken the
 * last, so it costs a place in a table and no memory.
 *
 * Nobody gets half of a change: the domain's checksum stands in the walk, and
 * when it is another one, the connection ends in the middle of the record.
 */
#include "engine/netinfod_impl.h"

enum {
	/* Entries that are looked at before anything leaves, and in a step. */
	FIRST_LOOKS = 16384,
	LOOKS = 4096,
};

/* Where it writes, and how long it may. */
struct pen {
	const struct netinfod *n;
	struct wr w;
	size_t enough;
	unsigned looks;
};

static const struct entry *entry_of(const struct pen *p, uint32_t id)
{
	return id ? directory_entry(p->n->site->directory, id) : NULL;
}

static uint32_t id_of(const struct entry *e)
{
	return e ? e->id : 0;
}

/* Something was written, or is taken back as it did not fit. */
static bool fits(struct pen *p, const struct wr *before)
{
	bool does = !p->w.bad;

	if (!does)
		p->w = *before;
	return does;
}

static bool may_go_on(const struct pen *p)
{
	return p->looks && wr_len(&p->w) < p->enough;
}

/* ---- steps ----------------------------------------------------------------
 * Each does some of what its name says: true if all of it is done.
 */

/* The highest object of a domain. */
static bool measure(struct walk *k, struct pen *p)
{
	const struct directory *d = p->n->site->directory;
	const struct entry *e = entry_of(p, k->at);

	for (; e && p->looks; p->looks--, e = netinfo_next_down(d, e)) {
		uint32_t object = netinfo_id_of(p->n->site, e).object;

		k->highest = object > k->highest ? object : k->highest;
	}
	k->at = id_of(e);
	return !e;
}

static bool count(struct walk *k, struct pen *p)
{
	const struct directory *d = p->n->site->directory;
	const struct entry *e = entry_of(p, k->child);

	for (; e && p->looks; p->looks--, e = entry_next(d, e))
		k->count++;
	k->child = id_of(e);
	return !e;
}

static void values_of(const struct entry *e, struct span key, struct wr *w)
{
	struct plist props = netinfo_unmarked(&e->props);
	struct rd r = rd_over(props.bytes, props.len);
	struct property p;

	while (plist_next(&r, &p))
		if (span_is(key, p.name)) {
			netinfo_more_put(true, w);
			netinfod_values_put(&p, w);
			return;
		}
	netinfo_more_put(false, w);
}

static void item_put(const struct walk *k, const struct entry *e, struct pen *p)
{
	if (k->procedure != NETINFO_LISTALL)
		wr_u32(&p->w, netinfo_id_of(p->n->site, e).object);
	if (k->procedure == NETINFO_LIST)
		values_of(e, k->key, &p->w);
	if (k->procedure == NETINFO_LISTALL)
		netinfod_props_put(e, &p->w);
}

/* All children, from k->child on. */
static bool items(struct walk *k, struct pen *p)
{
	const struct entry *e = entry_of(p, k->child);

	while (e && may_go_on(p)) {
		struct wr before = p->w;

		item_put(k, e, p);
		if (!fits(p, &before))
			break;
		p->looks--;
		e = entry_next(p->n->site->directory, e);
	}
	k->child = id_of(e);
	return !e;
}

/* A directory of READALL, but for its children. */
static bool whole(struct walk *k, struct pen *p)
{
	const struct entry *e = entry_of(p, k->at);
	struct wr before = p->w;

	netinfo_more_put(true, &p->w);
	netinfo_id_put(netinfo_id_of(p->n->site, e), &p->w);
	netinfod_props_put(e, &p->w);
	wr_u32(&p->w, netinfo_parent_of(p->n->site, e));
	wr_u32(&p->w, k->count);
	return fits(p, &before);
}

static bool head(struct walk *k, struct pen *p)
{
	const struct entry *e = entry_of(p, k->top);
	struct wr before = p->w;

	if (k->procedure == NETINFO_LISTALL)
		netinfo_id_put(netinfo_id_of(p->n->site, e), &p->w);
	if (k->procedure == NETINFO_READALL) {
		wr_u32(&p->w, netinfo_checksum(p->n->site, k->domain));
		wr_u32(&p->w, k->highest);
	} else {
		wr_u32(&p->w, k->count);
	}
	return fits(p, &before);
}

static bool tail(struct walk *k, struct pen *p)
{
	const struct entry *e = entry_of(p, k->top);
	struct wr before = p->w;

	if (k->procedure == NETINFO_READALL)
		netinfo_more_put(false, &p->w);
	else if (k->procedure != NETINFO_LISTALL)
		netinfo_id_put(netinfo_id_of(p->n->site, e), &p->w);
	return fits(p, &before);
}

/* ---- the walk -------------------------------------------------------------
 */

static bool (*const steps[WALK_OVER])(struct walk *, struct pen *) = {
	[WALK_MEASURE] = measure, [WALK_COUNT] = count, [WALK_HEAD] = head,
	[WALK_COUNT_ONE] = count, [WALK_WHOLE] = whole, [WALK_ITEMS] = items,
	[WALK_TAIL] = tail,
};

/* The children of k->at, or of the one that is listed, from the first on. */
static void begin_children(struct walk *k, const struct pen *p,
			   const struct entry *of)
{
	k->count = 0;
	k->child = id_of(entry_first(p->n->site->directory, of));
}

/* READALL: its next directory. */
static enum walk_step next_whole(struct walk *k, const struct pen *p,
				 const struct entry *e)
{
	k->at = id_of(e);
	if (!e)
		return WALK_TAIL;
	begin_children(k, p, e);
	return WALK_COUNT_ONE;
}

static enum walk_step behind(struct walk *k, const struct pen *p)
{
	const struct directory *d = p->n->site->directory;
	bool is_all = k->procedure == NETINFO_READALL;

	switch (k->step) {
	case WALK_MEASURE:
	case WALK_COUNT:
		k->child = id_of(entry_first(d, entry_of(p, k->top)));
		return WALK_HEAD;
	case WALK_HEAD:
		return is_all ? next_whole(k, p, entry_of(p, k->top))
			      : WALK_ITEMS;
	case WALK_COUNT_ONE:
		return WALK_WHOLE;
	case WALK_WHOLE:
		k->child = id_of(entry_first(d, entry_of(p, k->at)));
		return WALK_ITEMS;
	case WALK_ITEMS:
		return is_all ? next_whole(k, p,
					   netinfo_next_down(
						   d, entry_of(p, k->at)))
			      : WALK_TAIL;
	case WALK_TAIL:
	case WALK_OVER:
		break;
	}
	return WALK_OVER;
}

static void go(struct walk *k, struct pen *p)
{
	while (k->step != WALK_OVER && may_go_on(p) && steps[k->step](k, p))
		k->step = behind(k, p);
}

static struct walk walk_of(const struct pen *p, const struct asking *a,
			   const struct entry *e)
{
	struct walk k = {
		.procedure = a->call.procedure,
		.step = WALK_COUNT,
		.domain = a->domain,
		.checksum = domain_checksum(p->n->site->directory, a->domain),
		.top = e->id,
		.key = a->args.key};

	if (k.procedure == NETINFO_READALL) {
		k.step = WALK_MEASURE;
		k.at = e->id;
	} else {
		begin_children(&k, p, e);
	}
	return k;
}

/* ---- what is too long to leave at once ------------------------------------
 */

static struct stream *stream_of(struct netinfod *n, uint32_t conn)
{
	for (unsigned i = 0; i < NETINFOD_STREAMS; i++)
		if (n->streams[i].conn == conn)
			return &n->streams[i];
	return NULL;
}

bool netinfod_is_streaming(const struct netinfod *n, uint32_t conn)
{
	for (unsigned i = 0; conn && i < NETINFOD_STREAMS; i++)
		if (n->streams[i].conn == conn)
			return true;
	return false;
}

/* A write's answer must not come between two fragments. */
static bool keep(struct netinfod *n, struct asking *a, const struct walk *k)
{
	bool is_writing = n->writing.is_open && n->writing.conn == a->conn;
	struct stream *s = a->conn && !is_writing ? stream_of(n, 0) : NULL;

	if (!s || !span_copy(s->key, sizeof(s->key), k->key))
		return false;
	s->conn = a->conn;
	s->walk = *k;
	s->walk.key = span_of(s->key);
	a->is_stream = true;
	n->stats.streams++;
	return true;
}

static uint32_t answer(struct netinfod *n, struct asking *a,
		       const struct entry *e, struct wr *w)
{
	struct pen p = {.n = n,
			.w = *w,
			.enough = a->conn ? n->at_once : SIZE_MAX,
			.looks = FIRST_LOOKS};
	struct walk k = walk_of(&p, a, e);

	go(&k, &p);
	*w = p.w;
	w->bad = k.step != WALK_OVER && !keep(n, a, &k);
	return NETINFO_OK;
}

uint32_t netinfod_many(struct netinfod *n, struct asking *a, struct wr *w)
{
	const struct entry *e = netinfod_entry(n, a);

	return e ? answer(n, a, e, w) : NETINFO_BADID;
}

uint32_t netinfod_readall(struct netinfod *n, struct asking *a, struct wr *w)
{
	const struct entry *e = directory_entry(n->site->directory, a->domain);

	if (e && netinfo_checksum(n->site, a->domain) != a->args.checksum)
		return answer(n, a, e, w);
	wr_u32(w, 0);
	wr_u32(w, 0);
	netinfo_more_put(false, w);
	return NETINFO_OK;
}

static void cut(struct netinfod *n, struct stream *s, struct effects *fx)
{
	n->stats.cut++;
	effects_hangup(fx, s->conn);
	s->conn = 0;
}

/* The next fragment; one without a byte that is neither the last nor had
 * anything to look at would be without end. */
static void go_on(struct netinfod *n, struct stream *s, struct effects *fx)
{
	struct pen p = {.n = n,
			.w = effects_long(fx),
			.enough = n->step,
			.looks = LOOKS};

	go(&s->walk, &p);
	if (s->walk.step == WALK_OVER) {
		effects_send_long(fx, &p.w, s->conn);
		s->conn = 0;
	} else if (p.looks && !wr_len(&p.w)) {
		n->stats.too_long++;
		cut(n, s, fx);
	} else {
		effects_send_part(fx, &p.w, s->conn);
		effects_drain(fx, s->conn);
	}
}

void netinfod_drained(struct netinfod *n, uint32_t conn, struct effects *fx)
{
	const struct directory *d = n->site->directory;
	struct stream *s = conn ? stream_of(n, conn) : NULL;

	if (!s)
		return;
	if (domain_checksum(d, s->walk.domain) != s->walk.checksum)
		cut(n, s, fx);
	else if (!effects_room(fx, 8, EFFECTS_LONG / 8))
		effects_drain(fx, conn);
	else
		go_on(n, s, fx);
}

void netinfod_ended(struct netinfod *n, uint32_t conn)
{
	struct stream *s = conn ? stream_of(n, conn) : NULL;

	if (s)
		s->conn = 0;
}

void netinfod_cut_all(struct netinfod *n, uint32_t domain)
{
	for (unsigned i = 0; i < NETINFOD_STREAMS; i++)
		if (n->streams[i].walk.domain == domain)
			n->streams[i].conn = 0;
}
