/*
 * tftmd, the engine: a request either boards a train or is left to tftpd, and
 * which of the two is decided by one function without any effect, judge().
 */
#include "base/text.h"
#include "engine/askers.h"
#include "engine/tftmd_impl.h"
#include "model/policy.h"

#include <assert.h>
#include <errno.h>

/* What a request comes to. */
struct wish {
	struct tftp_request q;
	const struct image *image;
	uint16_t blksize;
	uint32_t group;  /* as site_group() */
	const char *why; /* it can't be had by multicast; NULL: it can */
};

static struct tftmd *tftmd_of(struct engine *e)
{
	return CONTAINER(e, struct tftmd, engine);
}

/* ---- which requests are ours --------------------------------------------- */

static bool is_request(const struct tftmd *m, const struct dgram *d)
{
	uint16_t also = m->site->settings->tftm.also;
	struct rd r = rd_over(d->bytes, d->len);

	return d->kind == DGRAM_UDP &&
	       (d->to.port == TFTP_PORT || (also && d->to.port == also)) &&
	       tftp_op(&r) == TFTP_RRQ;
}

/* With a TTL of 1 a train reaches its own link, and nobody else. */
static bool is_within_reach(const struct tftmd *m, const struct dgram *d)
{
	const struct link *l = site_link(m->site, d->link);
	uint32_t ip = d->from.ip, host;

	if (!l || !l->ip || !d->from.port || site_is_own(m->site, ip) ||
	    ip_is_multicast(d->to.ip) || d->to.ip == IP_BROADCAST)
		return false;
	if ((l->ip ^ ip) & l->mask)
		return m->site->settings->tftm.ttl > 1 && ip >> 24 &&
		       ip >> 24 != 127 && ip >> 28 < 0xe;
	/* RFC 3021: a network of two has no broadcast address. */
	host = ip & ~l->mask;
	return ~l->mask < 2 || (host && host != ~l->mask);
}

/* iPXE's tftm:// asks so, and nobody else whom we know. */
static bool is_ipxe(const struct tftmd *m, const struct dgram *d,
		    const struct tftp_options *o)
{
	struct asker asker = {.kind = ASKER_PLAIN};

	if (o->has & TFTP_HAS_GAPS)
		return false;
	(void)askers_find(m->site->askers, d->from.ip, &asker);
	return asker.kind == ASKER_IPXE ||
	       (o->blksize == 1432 && !o->has_unknown &&
		o->has == (TFTP_HAS_BLKSIZE | TFTP_HAS_TSIZE |
			   TFTP_HAS_MULTICAST));
}

/* iPXE as it is shipped joins its socket to an address that it never set, so it
 * waits in vain: then plain TFTP is faster. */
static const char *why_not_it(const struct tftmd *m, const struct dgram *d,
			      const struct wish *w)
{
	const struct entry *machine = site_machine(m->site, NULL, d->from.ip);
	unsigned quirks = policy_quirks(machine);

	if (quirks & (QUIRK_NO_OPTIONS | QUIRK_NO_MULTICAST))
		return "not this machine";
	if (quirks & QUIRK_SMALL_BLOCKS && w->blksize > TFTP_BLKSIZE)
		return "not this machine";
	if (is_ipxe(m, d, &w->q.options) && !(quirks & QUIRK_MULTICAST))
		return "not by iPXE";
	return is_within_reach(m, d) ? NULL : "not on this link";
}

static const char *why_not_this(const struct wish *w)
{
	if (!w->q.is_octet)
		return "not netascii";
	if (!w->image->size)
		return "empty";
	if (w->image->size / w->blksize + 1 > BLOCKS_MAX)
		return "more than 65535 blocks";
	return NULL;
}

static bool is_for(const struct tftm_train *t, const struct wish *w,
		   const struct dgram *d)
{
	return t->phase != TFTM_FREE && t->image == w->image->id &&
	       t->version == w->image->version && t->blksize == w->blksize &&
	       t->wish == w->group && t->link == d->link &&
	       t->us.ip == d->to.ip;
}

static struct tftm_train *train_for(const struct tftmd *m, const struct wish *w,
				    const struct dgram *d)
{
	for (uint32_t i = 0; i < m->n_trains; i++)
		if (is_for(&m->trains[i], w, d))
			return &m->trains[i];
	return NULL;
}

/* A free slot, or that of a train which nobody rides.  NULL: there is none. */
static struct tftm_train *free_slot(const struct tftmd *m)
{
	struct tftm_train *slot = NULL;

	for (uint32_t i = 0; i < m->n_trains; i++) {
		struct tftm_train *t = &m->trains[i];

		if (t->phase == TFTM_FREE)
			return t;
		if (!slot && t->phase == TFTM_RESTING)
			slot = t;
	}
	return slot;
}

static const char *why_no_room(const struct tftmd *m, const struct wish *w,
			       const struct dgram *d)
{
	const struct tftm_train *t = train_for(m, w, d);

	if (t && t->phase == TFTM_BROKEN)
		return "unreadable";
	if (!t && !free_slot(m))
		return "no train is free";
	if (t && tftm_has_had_enough(m, t, d->from.ip))
		return "it has had its share";
	if (slots_any(&m->free_riders) ||
	    (t && tftm_rider_find(m, t, d->from.ip)))
		return NULL;
	return "no room for a rider";
}

static uint16_t blksize_of(const struct tftmd *m, const struct tftp_options *o)
{
	uint16_t most = m->site->settings->tftp.blksize_max;

	if (!(o->has & TFTP_HAS_BLKSIZE))
		return TFTP_BLKSIZE;
	if (most < TFTP_BLKSIZE_MIN)
		most = TFTP_BLKSIZE_MIN;
	return o->blksize < most ? o->blksize : most;
}

/* False if it is no request for multicast at all, or for what is not there. */
static bool judge(const struct tftmd *m, const struct dgram *d, struct wish *w)
{
	struct rd r = rd_over(d->bytes, d->len);

	if (!is_request(m, d) || !tftp_request_get(&w->q, &r) ||
	    !(w->q.options.has & TFTP_HAS_MULTICAST))
		return false;
	w->image = images_find(m->site->images, w->q.name, w->q.name_len);
	if (!w->image)
		return false;
	w->blksize = blksize_of(m, &w->q.options);
	/* Of those who are not ours Etherboot reports to a wrong address, and
	 * iPXE to none. */
	w->group = site_group(m->site, d->from.ip, d->link,
			      w->q.options.has & TFTP_HAS_GAPS);
	w->why = why_not_this(w);
	if (!w->why)
		w->why = why_not_it(m, d, w);
	if (!w->why)
		w->why = why_no_room(m, w, d);
	return true;
}

/* ---- requests ------------------------------------------------------------ */

static bool is_taken(const struct tftmd *m, struct endpoint group)
{
	for (uint32_t i = 0; i < m->n_trains; i++)
		if (m->trains[i].phase != TFTM_FREE &&
		    endpoint_is(m->trains[i].group, group))
			return true;
	return false;
}

/* The groups in turn: whoever still listens to one that was used before hears
 * nothing of another file for as long as can be, since Etherboot looks at
 * nothing but the group. */
static struct endpoint free_group(struct tftmd *m)
{
	const struct settings *set = m->site->settings;
	struct endpoint g;

	do {
		uint32_t i = m->next_group++ % m->n_groups;

		g.ip = set->tftm.group + i % set->tftm.groups;
		g.port = (uint16_t)(set->tftm.port + i / set->tftm.groups);
	} while (is_taken(m, g));
	return g;
}

static struct tftm_train *new_train(struct tftmd *m, const struct wish *w,
				    const struct dgram *d, struct effects *fx)
{
	struct tftm_train *t = free_slot(m);
	uint64_t *want = t->want.words, *once = t->once.words;
	const struct image *im = w->image;
	uint32_t generation;

	if (t->phase == TFTM_RESTING)
		tftm_free(m, t, fx);
	generation = t->generation;
	*t = (struct tftm_train){
		.generation = generation,
		.era = ++m->eras,
		.image = im->id,
		.version = im->version,
		.link = d->link,
		.size = im->size,
		.blksize = w->blksize,
		.us = {.ip = d->to.ip},
		.wish = w->group,
		.group = w->group ? policy_tftm_group(m->site->settings,
						      w->group,
						      tftm_number(m, t))
				  : free_group(m),
		/* Not the time of change alone: two versions within a second
		 * must differ. */
		.number =
			(uint32_t)(hash_u64((uint64_t)im->wall_changed ^
						    (uint64_t)im->version << 48,
					    im->size) >>
				   32),
		.blocks = (uint32_t)(im->size / w->blksize) + 1,
	};
	bitmap_open(&t->want, want, t->blocks);
	bitmap_open(&t->once, once, t->blocks);
	tftm_open(m, t, fx);
	return t;
}

static void on_request(struct tftmd *m, usec now, const struct dgram *d,
		       const struct wish *w, struct effects *fx)
{
	struct tftm_train *t = train_for(m, w, d);
	struct rider *r;

	m->stats.requests++;
	if (!t)
		t = new_train(m, w, d, fx);
	r = tftm_rider_find(m, t, d->from.ip);
	if (!r)
		r = tftm_rider_board(m, t, d->from, fx);
	r->at = d->from;
	tftm_rider_options(t, r, &w->q.options);
	tftm_call(m, t, r, now, fx);
}

/* ---- the engine ---------------------------------------------------------- */

static void on_input(struct engine *e, usec now, const struct dgram *d,
		     struct effects *fx)
{
	struct tftmd *m = tftmd_of(e);
	uint16_t train = d->kind == DGRAM_UDP ? m->by_port[d->to.port] : 0;
	struct wish w;

	if (train) {
		struct rider *r =
			tftm_rider_find(m, &m->trains[train - 1], d->from.ip);
		if (r)
			tftm_rider_hear(m, &m->trains[train - 1], r, d, now,
					fx);
	} else if (judge(m, d, &w) && !w.why) {
		on_request(m, now, d, &w, fx);
	}
}

static void on_settle(struct engine *e, usec now, const struct outcome *o,
		      struct effects *fx)
{
	struct tftmd *m = tftmd_of(e);
	uint32_t number = o->cookie & 0xffff;
	struct tftm_train *t = &m->trains[number];

	if (number >= m->n_trains || tftm_cookie(m, t) != o->cookie)
		return;
	if (o->kind == EFFECT_LISTEN)
		tftm_listening(m, t, now, o->rc, fx);
	else if (o->kind == EFFECT_FETCH)
		tftm_fetched(m, t, now, o->rc, fx);
}

static void on_expire(struct engine *e, usec now, struct effects *fx)
{
	struct tftmd *m = tftmd_of(e);
	struct timer *timer;

	/* A step calls at most CALL_BATCH riders, or loses them, or sends two
	 * blocks. */
	while (effects_room(fx, 2 * CALL_BATCH + 4, 128) &&
	       (timer = heap_pop(&m->heap, now)))
		tftm_expire(m, CONTAINER(timer, struct tftm_train, timer), now,
			    fx);
}

static usec on_deadline(const struct engine *e)
{
	const struct tftmd *m = CONTAINER_CONST(e, struct tftmd, engine);

	return heap_next(&m->heap);
}

static int open_tables(struct tftmd *m, const struct alloc *alloc)
{
	size_t words = BITMAP_WORDS(BLOCKS_MAX);
	uint64_t *bits = alloc_get(alloc, 2 * m->n_trains, words * 8);

	m->trains = alloc_get(alloc, m->n_trains, sizeof(*m->trains));
	m->heap_room = alloc_get(alloc, m->n_trains, sizeof(struct timer *));
	m->riders = alloc_get(alloc, m->n_riders + 1, sizeof(*m->riders));
	m->by_port = alloc_get(alloc, 65536, sizeof(*m->by_port));
	if (m->trains)
		m->trains[0].want.words = bits;
	else
		alloc_put(alloc, bits);
	if (!bits || !m->trains || !m->heap_room || !m->riders || !m->by_port ||
	    share_open(&m->share, alloc) ||
	    index_open(&m->by_ip, alloc, m->n_riders, false))
		return -ENOMEM;
	for (uint32_t i = 0; i < m->n_trains; i++) {
		m->trains[i].want.words = bits + 2 * i * words;
		m->trains[i].once.words = bits + (2 * i + 1) * words;
	}
	heap_open(&m->heap, m->heap_room, m->n_trains);
	slots_open(&m->free_riders, &m->riders[0].next, sizeof(*m->riders),
		   m->n_riders);
	return 0;
}

int tftmd_open(struct tftmd **to, const struct site *site,
	       const struct alloc *alloc, uint64_t seed)
{
	const struct settings *set = site->settings;
	struct tftmd *m = alloc_get(alloc, 1, sizeof(*m));

	if (!m)
		return -ENOMEM;
	m->engine = (struct engine){.input = on_input,
				    .settle = on_settle,
				    .expire = on_expire,
				    .deadline = on_deadline};
	m->site = site;
	m->n_groups = set->tftm.groups * set->tftm.ports;
	m->n_trains = set->tftm.trains;
	if (m->n_trains > m->n_groups)
		m->n_trains = m->n_groups;
	m->n_riders = set->tftm.riders;
	assert(m->n_trains && m->n_trains <= UINT16_MAX);
	rand_seed(&m->rand, seed);
	m->hash_seed = rand_u64(&m->rand);
	/* Two servers, or one that was restarted, begin with different ones. */
	m->next_group = (uint32_t)rand_below(&m->rand, m->n_groups);
	if (open_tables(m, alloc)) {
		tftmd_close(m, alloc);
		return -ENOMEM;
	}
	*to = m;
	return 0;
}

void tftmd_close(struct tftmd *m, const struct alloc *alloc)
{
	if (!m)
		return;
	if (m->trains)
		alloc_put(alloc, m->trains[0].want.words);
	alloc_put(alloc, m->trains);
	alloc_put(alloc, m->heap_room);
	alloc_put(alloc, m->riders);
	alloc_put(alloc, m->by_port);
	share_close(&m->share, alloc);
	index_close(&m->by_ip, alloc);
	alloc_put(alloc, m);
}

struct engine *tftmd_engine(struct tftmd *m)
{
	return &m->engine;
}

const struct tftmd_stats *tftmd_stats(const struct tftmd *m)
{
	return &m->stats;
}

bool tftmd_next_train(const struct tftmd *m, uint32_t *at,
		      struct tftmd_train *to)
{
	while (*at < m->n_trains) {
		const struct tftm_train *t = &m->trains[(*at)++];

		if (t->phase == TFTM_FREE)
			continue;
		*to = (struct tftmd_train){
			.image = t->image,
			.group = t->group,
			.blksize = t->blksize,
			.packets = t->blocks,
			.originals = t->once.count,
			.sent = t->sent,
			.riders = t->n_riders,
			.rate = t->phase == TFTM_STEPPING ? 0 : t->pace.rate,
			.is_running = !tftm_stands(t) &&
				      t->phase != TFTM_BROKEN,
		};
		return true;
	}
	return false;
}

bool tftmd_claims(const struct tftmd *m, const struct dgram *d)
{
	struct wish w;

	if (d->kind == DGRAM_UDP && m->by_port[d->to.port])
		return true;
	return judge(m, d, &w) && !w.why;
}

void tftmd_decline(struct tftmd *m, const struct dgram *d, struct effects *fx)
{
	char text[IMAGE_NAME + 64];
	struct text t = text_over(text, sizeof(text));
	struct note *n;
	struct wish w;

	if (!judge(m, d, &w) || !w.why)
		return;
	m->stats.plain++;
	text_add(&t, w.image->name);
	text_add(&t, ": ");
	text_add(&t, w.why);
	n = effects_note(fx, NOTE_TFTM_PLAIN);
	n->peer = d->from;
	n->a = w.image->size;
	n->text = effects_text(fx, text, t.len);
}
