/*
 * slamd, the engine: a request names no file, so the port that it came to
 * does; each image of the catalogue has a port, each port at most one train.
 */
#include "engine/note.h"
#include "engine/slamd_impl.h"

#include <assert.h>
#include <errno.h>

enum { PORTS = 65536 };

static struct slamd *slamd_of(struct engine *e)
{
	return CONTAINER(e, struct slamd, engine);
}

static struct train *train_of_timer(struct timer *timer)
{
	return CONTAINER(timer, struct train, timer);
}

static struct train *train_of(struct slamd *s, uint32_t image, uint32_t link)
{
	for (uint32_t i = 0; i < s->n_trains; i++)
		if (s->trains[i].image == image && s->trains[i].link == link)
			return &s->trains[i];
	return NULL;
}

/* A slot for a new train: a free one, or that of a train which stands.  NULL:
 * all are under way. */
static struct train *free_slot(struct slamd *s)
{
	struct train *slot = NULL;

	for (uint32_t i = 0; i < s->n_trains; i++) {
		struct train *t = &s->trains[i];

		if (!t->image)
			return t;
		if (!slot && t->phase == TRAIN_IDLE)
			slot = t;
	}
	return slot;
}

/* Paint the train with the image as it is now. */
static void train_paint(struct slamd *s, struct train *t,
			const struct image *im, uint32_t link)
{
	uint64_t *want = t->want.words, *once = t->once.words;

	t->image = im->id;
	t->link = link;
	t->version = im->version;
	t->port = im->slam_port;
	t->header = (struct slam_header){
		/* Not the time of change alone: two versions within a second
		 * must differ, and a restarted server must not repeat it. */
		.transaction = hash_u64((uint64_t)im->wall_changed ^
						(uint64_t)im->version << 48,
					im->size) >>
			       32,
		.total_bytes = im->size,
		.block_size = slam_block_size(im->size),
	};
	t->packets = (uint32_t)slam_packets(&t->header);
	bitmap_open(&t->want, want, t->packets);
	bitmap_open(&t->once, once, t->packets);
	train_pace(s, t, s->site->settings->slam.rate / 16);
	t->slow_gap = MILLISECONDS(1);
	t->not_before = 0;
}

/* The train for a request that came in on `link`: its own, new if need be. */
static struct train *train_for(struct slamd *s, const struct image *im,
			       uint32_t link, struct effects *fx)
{
	struct train *t = train_of(s, im->id, link);

	if (!t) {
		t = free_slot(s);
		if (!t) {
			s->stats.refused++;
			effects_note(fx, NOTE_ANSWERED_LATE)->text = "trains";
			return NULL;
		}
		train_paint(s, t, im, link);
	} else if ((t->version != im->version || t->port != im->slam_port) &&
		   t->phase == TRAIN_IDLE) {
		train_paint(s, t, im, link);
	}
	return t;
}

/* A request of three bytes asks for a whole file, so it has to come from our
 * own segment; the trains' TTL reaches no further anyway, and it comes by a
 * link that we serve, since the train would go there.  And what another server
 * says to the group may look like a request. */
static bool may_ask(const struct slamd *s, const struct dgram *d)
{
	return d->from.port && !ip_is_multicast(d->to.ip) &&
	       d->to.ip != IP_BROADCAST &&
	       (s->site->settings->slam.link || site_link(s->site, d->link)) &&
	       site_is_neighbour(s->site, d->from.ip);
}

static void on_disconnect(struct slamd *s, struct train *t,
			  const struct dgram *d, usec now, struct effects *fx)
{
	struct rider *r = t ? rider_find(s, d->from, (uint16_t)(t - s->trains))
			    : NULL;

	if (!r || r->is_muted)
		return;
	rider_served(s, t, r, fx);
	if (t->phase == TRAIN_ASKING && !t->owing)
		train_answered(s, t, now);
}

static void on_input(struct engine *e, usec now, const struct dgram *d,
		     struct effects *fx)
{
	struct slamd *s = slamd_of(e);
	const struct image *im = images_by_port(s->site->images, d->to.port);
	uint32_t link = s->site->settings->slam.link;
	struct rd r = rd_over(d->bytes, d->len);
	struct train *t;

	if (!im || !may_ask(s, d))
		return;
	if (!link)
		link = d->link;
	switch (slam_call_kind(&r)) {
	case SLAM_NOTHING:
		break;
	case SLAM_DISCONNECT:
		on_disconnect(s, train_of(s, im->id, link), d, now, fx);
		break;
	case SLAM_NACK:
		t = train_for(s, im, link, fx);
		if (t)
			rider_nack(s, t, d, now, fx);
		break;
	}
}

static void on_listened(struct slamd *s, uint64_t port, int rc)
{
	/* Tried again when the catalogue changes. */
	if (rc && port < PORTS)
		bitmap_clear(&s->listening, (uint32_t)port);
}

static void on_settle(struct engine *e, usec now, const struct outcome *o,
		      struct effects *fx)
{
	struct slamd *s = slamd_of(e);

	if (o->kind == EFFECT_LISTEN)
		on_listened(s, o->cookie, o->rc);
	else if (o->kind == EFFECT_FETCH && o->cookie < s->n_trains)
		train_fetched(s, &s->trains[o->cookie], now, o->rc, fx);
}

static bool is_listening(const struct slamd *s, uint16_t port)
{
	return bitmap_has(&s->listening, port);
}

/* Trains whose port is no longer their file's: they would ask from a socket
 * that is closed, or in the name of another file. */
static void end_orphans(struct slamd *s)
{
	for (uint32_t i = 0; i < s->n_trains; i++) {
		struct train *t = &s->trains[i];
		const struct image *im = images_get(s->site->images, t->image);

		if (im && t->port != im->slam_port)
			train_orphan(s, t);
	}
}

/* Sockets of images that are gone. */
static void close_gone(struct slamd *s, struct effects *fx)
{
	while (effects_room(fx, 1, 0)) {
		uint32_t at = bitmap_next_set(&s->listening, s->close_at);
		uint16_t port = (uint16_t)at;

		if (at == PORTS)
			break;
		s->close_at = at + 1;
		if (images_by_port(s->site->images, port))
			continue;
		bitmap_clear(&s->listening, at);
		effects_close_port(fx, port, s->site->settings->slam.link);
	}
}

/* Sockets for the images that have none yet, as many as there is room for. */
static void listen_more(struct slamd *s, struct effects *fx)
{
	const struct image *im;

	close_gone(s, fx);
	s->must_listen = true;
	while (effects_room(fx, 1, 0)) {
		uint16_t port;

		im = images_next(s->site->images, &s->listen_at);
		if (!im) {
			s->must_listen = false;
			break;
		}
		port = im->slam_port;
		if (!port || !bitmap_set(&s->listening, port))
			continue;
		effects_listen(fx, port, s->site->settings->slam.link,
			       LISTEN_BULK, port);
	}
}

static void on_expire(struct engine *e, usec now, struct effects *fx)
{
	struct slamd *s = slamd_of(e);
	struct timer *timer;

	if (s->must_listen)
		listen_more(s, fx);
	/* A train's step asks at most ASK_BATCH riders or fetches once. */
	while (effects_room(fx, 2 * ASK_BATCH, SLAM_HEADER_MAX) &&
	       (timer = heap_pop(&s->heap, now)))
		train_expire(s, train_of_timer(timer), now, fx);
}

static usec on_deadline(const struct engine *e)
{
	const struct slamd *s = CONTAINER_CONST(e, struct slamd, engine);

	return s->must_listen ? 0 : heap_next(&s->heap);
}

static int open_tables(struct slamd *s, const struct alloc *alloc)
{
	/* Three block sizes in a row divide no file that is short enough. */
	size_t words = BITMAP_WORDS(SLAM_SIZE_MAX / (SLAM_BLOCK_MAX - 2) + 1);
	uint64_t *bits = alloc_get(alloc, 2 * s->n_trains, words * 8);

	s->trains = alloc_get(alloc, s->n_trains, sizeof(*s->trains));
	s->heap_room = alloc_get(alloc, s->n_trains, sizeof(struct timer *));
	s->riders = alloc_get(alloc, s->n_riders + 1, sizeof(*s->riders));
	s->listening.words = alloc_get(alloc, BITMAP_WORDS(PORTS), 8);
	if (s->trains)
		s->trains[0].want.words = bits;
	else
		alloc_put(alloc, bits);
	if (!bits || !s->trains || !s->heap_room || !s->riders ||
	    !s->listening.words || share_open(&s->share, alloc) ||
	    index_open(&s->by_endpoint, alloc, s->n_riders, false))
		return -ENOMEM;
	for (uint32_t i = 0; i < s->n_trains; i++) {
		s->trains[i].era = ++s->eras;
		s->trains[i].want.words = bits + 2 * i * words;
		s->trains[i].once.words = bits + (2 * i + 1) * words;
	}
	bitmap_open(&s->listening, s->listening.words, PORTS);
	heap_open(&s->heap, s->heap_room, s->n_trains);
	slots_open(&s->free_riders, &s->riders[0].next, sizeof(*s->riders),
		   s->n_riders);
	return 0;
}

int slamd_open(struct slamd **to, const struct site *site,
	       const struct alloc *alloc, uint64_t seed)
{
	struct slamd *s = alloc_get(alloc, 1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->engine = (struct engine){.input = on_input,
				    .settle = on_settle,
				    .expire = on_expire,
				    .deadline = on_deadline};
	s->site = site;
	s->n_trains = site->settings->slam.trains;
	s->n_riders = site->settings->slam.riders;
	assert(s->n_trains && s->n_trains <= UINT16_MAX);
	rand_seed(&s->rand, seed);
	s->hash_seed = rand_u64(&s->rand);
	if (open_tables(s, alloc)) {
		slamd_close(s, alloc);
		return -ENOMEM;
	}
	*to = s;
	return 0;
}

void slamd_close(struct slamd *s, const struct alloc *alloc)
{
	if (!s)
		return;
	if (s->trains)
		alloc_put(alloc, s->trains[0].want.words);
	alloc_put(alloc, s->trains);
	alloc_put(alloc, s->heap_room);
	alloc_put(alloc, s->riders);
	alloc_put(alloc, s->listening.words);
	share_close(&s->share, alloc);
	index_close(&s->by_endpoint, alloc);
	alloc_put(alloc, s);
}

struct engine *slamd_engine(struct slamd *s)
{
	return &s->engine;
}

const struct slamd_stats *slamd_stats(const struct slamd *s)
{
	return &s->stats;
}

bool slamd_next_train(const struct slamd *s, uint32_t *at,
		      struct slamd_train *to)
{
	while (*at < s->n_trains) {
		const struct train *t = &s->trains[(*at)++];

		if (!t->image)
			continue;
		*to = (struct slamd_train){
			.image = t->image,
			.packets = t->packets,
			.originals = t->once.count,
			.sent = t->sent,
			.riders = t->n_riders,
			.rate = t->pace.rate,
			.is_running = t->phase != TRAIN_IDLE,
		};
		return true;
	}
	return false;
}

void slamd_start(struct slamd *s, usec now, struct effects *fx)
{
	(void)now;
	s->listen_at = s->close_at = 0;
	end_orphans(s);
	listen_more(s, fx);
}

bool slamd_claims(const struct slamd *s, const struct dgram *d)
{
	return d->kind == DGRAM_UDP && is_listening(s, d->to.port);
}
