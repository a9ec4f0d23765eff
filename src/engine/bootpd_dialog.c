/*
 * The table of dialogs.  One whose person has typed nothing yet costs whoever
 * invents machines nothing, so it makes room for others, the oldest first; one
 * that was answered in stays until it has ended or was silent for a minute.
 */
#include "engine/bootpd_impl.h"

#include <errno.h>

/* Tells its cookies from those of owed replies. */
#define COOKIE 0x80000000u

static const usec IDLE = SECONDS(60);
static const usec SILENCE = SECONDS(120);
enum { WRONG_MOST = 3 };

int dialogs_open(struct bootpd *b, const struct alloc *alloc)
{
	b->hostadd.v = alloc_get(alloc, DIALOGS, sizeof(*b->hostadd.v));
	if (!b->hostadd.v)
		return -ENOMEM;
	return index_open(&b->hostadd.by_hw, alloc, DIALOGS, false);
}

void dialogs_close(struct bootpd *b, const struct alloc *alloc)
{
	index_close(&b->hostadd.by_hw, alloc);
	alloc_put(alloc, b->hostadd.v);
}

/* Something is under way that will settle or expire. */
static bool is_busy(const struct dialog *d)
{
	switch (d->state) {
	case DIALOG_CHECKING:
	case DIALOG_PROBING:
	case DIALOG_READY:
	case DIALOG_COMMITTING:
		return true;
	case DIALOG_FREE:
	case DIALOG_IDLE:
	case DIALOG_PASSWORD:
	case DIALOG_NAME:
		break;
	}
	return false;
}

bool dialog_is_silent(const struct dialog *d, usec now)
{
	return d->wrong >= WRONG_MOST && now < d->wrong_at + SILENCE;
}

/* Wrong passwords are remembered for longer than the dialog, or a minute's
 * wait would be all that a guess costs. */
static void forget_old(struct bootpd *b, struct dialog *d, usec now)
{
	if (is_busy(d) || now < d->heard_at + IDLE)
		return;
	if (d->wrong && now < d->wrong_at + SILENCE) {
		dialog_enter(b, d, DIALOG_IDLE);
		d->has_said = false;
	} else {
		dialog_free(b, d);
	}
}

struct dialog *dialog_find(struct bootpd *b, const struct hwaddr *hw, usec now)
{
	uint64_t hash = hash_hwaddr(hw, b->seed);

	for (uint32_t at = 0, id;
	     index_next(&b->hostadd.by_hw, hash, &at, &id);) {
		struct dialog *d = &b->hostadd.v[id];

		if (!hwaddr_is(&d->hw, hw))
			continue;
		forget_old(b, d, now);
		return d->state == DIALOG_FREE ? NULL : d;
	}
	return NULL;
}

/* A free one, or the one that may be given up; NULL: none. */
static struct dialog *dialog_spare(struct bootpd *b, usec now)
{
	struct dialog *spare = NULL;

	for (unsigned i = 0; i < DIALOGS; i++) {
		struct dialog *d = &b->hostadd.v[i];

		if (d->state != DIALOG_FREE)
			forget_old(b, d, now);
		if (d->state == DIALOG_FREE)
			return d;
		if (is_busy(d) || d->has_typed)
			continue;
		if (!spare || d->heard_at < spare->heard_at)
			spare = d;
	}
	if (spare)
		dialog_free(b, spare);
	return spare;
}

struct dialog *dialog_take(struct bootpd *b, const struct hwaddr *hw, usec now)
{
	struct dialog *d = dialog_spare(b, now);
	uint32_t generation;

	if (!d)
		return NULL;
	generation = d->generation;
	*d = (struct dialog){.state = DIALOG_IDLE,
			     .hw = *hw,
			     .heard_at = now,
			     .generation = generation};
	index_add(&b->hostadd.by_hw, hash_hwaddr(hw, b->seed),
		  (uint32_t)(d - b->hostadd.v));
	return d;
}

/* The counter of a state that is counted. */
static unsigned *counter_of(struct hostadd *h, enum dialog_state state)
{
	if (state == DIALOG_CHECKING)
		return &h->checking;
	if (state == DIALOG_PROBING)
		return &h->probing;
	return state == DIALOG_READY ? &h->ready : NULL;
}

static bool has_address(enum dialog_state state)
{
	return state == DIALOG_PROBING || state == DIALOG_READY ||
	       state == DIALOG_COMMITTING;
}

void dialog_enter(struct bootpd *b, struct dialog *d, enum dialog_state state)
{
	struct hostadd *h = &b->hostadd;
	unsigned *was = counter_of(h, d->state), *is = counter_of(h, state);

	if (was)
		--*was;
	if (is)
		++*is;
	if (h->committing == d)
		h->committing = NULL;
	if (state == DIALOG_COMMITTING)
		h->committing = d;
	if (d->ip && !has_address(state)) {
		leases_unhold(b->site->leases, d->ip);
		d->ip = 0;
	}
	d->state = state;
	d->generation++;
}

void dialog_free(struct bootpd *b, struct dialog *d)
{
	uint32_t id = (uint32_t)(d - b->hostadd.v);

	dialog_enter(b, d, DIALOG_FREE);
	index_remove(&b->hostadd.by_hw, hash_hwaddr(&d->hw, b->seed), id);
	memset(d->bytes, 0, sizeof(d->bytes)); /* it may be a password */
}

void dialog_keep(struct dialog *d, const struct ask *a)
{
	size_t len = a->heard->len;
	struct wr w = wr_over(d->bytes, sizeof(d->bytes));

	d->heard = *a->heard;
	d->heard.bytes = d->bytes;
	d->heard.len = len < sizeof(d->bytes) ? len : sizeof(d->bytes);
	wr_bytes(&w, a->heard->bytes, d->heard.len);
}

uint64_t dialog_cookie(const struct bootpd *b, const struct dialog *d)
{
	return (uint64_t)d->generation << 32 | COOKIE |
	       (uint32_t)(d - b->hostadd.v);
}

struct dialog *dialog_of(const struct bootpd *b, uint64_t cookie)
{
	uint32_t id = (uint32_t)cookie ^ COOKIE;
	struct dialog *d = id < DIALOGS ? &b->hostadd.v[id] : NULL;

	return d && d->state != DIALOG_FREE && d->generation == cookie >> 32
		       ? d
		       : NULL;
}
