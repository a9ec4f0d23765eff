/*
 * slamd, the engine: a request names no file, so the port that it came to
 * does; each image of the catalogue has a port, each port at most one train.
 */
#include "engine/note.h"
#include "engine/slamd_impl.h"

#include <errno.h>

static struct slamd *slamd_of(struct engine *e)
{
	return CONTAINER(e, struct slamd, engine);
}

static struct train *train_of_timer(struct timer *timer)
{
	return CONTAINER(timer, struct train, timer);
}

/* A slot for an image: its own, a free one, or that of another train which
 * stands.  NULL: all are under way. */
static struct train *train_for(struct slamd *s, const struct image *im)
{
	struct train *slot = NULL;

	for (uint32_t i = 0; i < s->n_trains; i++) {
		struct train *t = &s->trains[i];

		if (t->image == im->id)
			return t;
		if (!t->image)
			slot = t;
		else if (!slot && t->phase == TRAIN_IDLE)
			slot = t;
	}
	return slot;
}

/* Paint the train with the image as it is now. */
static void train_paint(struct slamd *s, struct train *t,
			const struct image *im)
{
	uint64_t *want = t->want.words, *once = t->once.words;

	t->image = im->id;
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
	t->rate = s->site->settings->slam.rate / 16;
	t->slow_gap = MILLISECONDS(1);
	t->not_before = 0;
}

static bool is_on_link(const struct slamd *s, uint32_t ip)
{
	for (unsigned i = 0; i < s->site->n_links; i++) {
		const struct link *l = &s->site->links[i];

		if (l->ip && l->ip != ip && (l->ip & l->mask) == (ip & l->mask))
			return true;
	}
	return false;
}

static void on_input(struct engine *e, usec now, const struct dgram *d,
		     struct effects *fx)
{
	struct slamd *s = slamd_of(e);
	const struct image *im = images_by_port(s->site->images, d->to.port);
	struct rd r = rd_over(d->bytes, d->len);
	struct train *t;

	/* A request of three bytes asks for a whole file, so it has to come
	 * from our own segment; the trains' TTL reaches no further anyway. */
	if (!im || !im->is_there || !is_on_link(s, d->from.ip) ||
	    !(t = train_for(s, im)))
		return;
	if (t->image != im->id ||
	    (t->version != im->version && t->phase == TRAIN_IDLE))
		train_paint(s, t, im);

	switch (slam_call_kind(&r)) {
	case SLAM_NOTHING:
		break;
	case SLAM_DISCONNECT: {
		struct rider *rider =
			rider_find(s, d->from, (uint16_t)(t - s->trains));
		if (rider) {
			s->stats.left++;
			effects_note(fx, NOTE_RIDER_LEFT)->peer = d->from;
			rider_leave(s, t, rider);
			if (t->phase == TRAIN_ASKING && !t->owing)
				train_answered(s, t, now);
		}
		break;
	}
	case SLAM_NACK:
		rider_nack(s, t, d, now, fx);
		break;
	}
}

static void on_settle(struct engine *e, usec now, const struct outcome *o,
		      struct effects *fx)
{
	struct slamd *s = slamd_of(e);

	if (o->kind == EFFECT_FETCH && o->cookie < s->n_trains)
		train_fetched(s, &s->trains[o->cookie], now, o->rc, fx);
}

static void on_expire(struct engine *e, usec now, struct effects *fx)
{
	struct slamd *s = slamd_of(e);
	struct timer *timer;

	/* A train's step asks at most ASK_BATCH riders or fetches once. */
	while (effects_room(fx, 2 * ASK_BATCH, SLAM_HEADER_MAX) &&
	       (timer = heap_pop(&s->heap, now)))
		train_expire(s, train_of_timer(timer), now, fx);
}

static usec on_deadline(const struct engine *e)
{
	const struct slamd *s = CONTAINER_CONST(e, struct slamd, engine);

	return heap_next(&s->heap);
}

static int open_tables(struct slamd *s, const struct alloc *alloc)
{
	size_t words = BITMAP_WORDS(SLAM_SIZE_MAX / SLAM_BLOCK_MAX + 2);
	uint64_t *bits = alloc_get(alloc, 2 * s->n_trains, words * 8);

	s->trains = alloc_get(alloc, s->n_trains, sizeof(*s->trains));
	s->heap_room = alloc_get(alloc, s->n_trains, sizeof(struct timer *));
	s->riders = alloc_get(alloc, s->n_riders + 1, sizeof(*s->riders));
	s->listening = alloc_get(alloc, 65536 / 8, 1);
	if (s->trains)
		s->trains[0].want.words = bits;
	else
		alloc_put(alloc, bits);
	if (!bits || !s->trains || !s->heap_room || !s->riders ||
	    !s->listening ||
	    index_open(&s->by_endpoint, alloc, s->n_riders, false))
		return -ENOMEM;
	for (uint32_t i = 0; i < s->n_trains; i++) {
		s->trains[i].want.words = bits + 2 * i * words;
		s->trains[i].once.words = bits + (2 * i + 1) * words;
	}
	heap_open(&s->heap, s->heap_room, s->n_trains);
	for (uint32_t i = s->n_riders; i; i--) {
		s->riders[i].next = s->free_rider;
		s->free_rider = i;
	}
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
	alloc_put(alloc, s->listening);
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
			.rate = t->rate,
			.is_running = t->phase != TRAIN_IDLE,
		};
		return true;
	}
	return false;
}

void slamd_start(struct slamd *s, usec now, struct effects *fx)
{
	const struct image *im;

	(void)now;
	for (uint32_t at = 0; (im = images_next(s->site->images, &at));) {
		uint16_t port = im->slam_port;
		uint8_t *bits = &s->listening[port / 8];
		uint8_t bit = (uint8_t)(1 << port % 8);

		if (!port || *bits & bit || !im->is_there ||
		    !effects_room(fx, 1, 0))
			continue;
		*bits |= bit;
		effects_listen(fx, port, s->site->settings->slam.link,
			       LISTEN_BULK, port);
	}
}

bool slamd_claims(const struct slamd *s, const struct dgram *d)
{
	return d->kind == DGRAM_UDP &&
	       s->listening[d->to.port / 8] >> d->to.port % 8 & 1;
}
