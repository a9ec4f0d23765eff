/*
 * The first file.  Small files are kept until they are complete, because a
 * train may bring a file's end first; only then is their beginning looked at.
 */
#include "engine/first.h"

void first_reset(struct first *f)
{
	f->kind = FIRST_UNKNOWN;
	f->len = 0;
	f->is_too_long = false;
}

static void hold(struct first *f, const struct keep *k)
{
	if (!k->bytes || k->offset > FIRST_TEXT_MAX ||
	    k->len > FIRST_TEXT_MAX - k->offset) {
		f->is_too_long = true;
		return;
	}
	memcpy(f->text + k->offset, k->bytes, k->len);
	if (f->len < k->offset + k->len)
		f->len = (size_t)k->offset + k->len;
}

/*
 * Whether a KEEP of the first file is to be held back.  A loader that knows the
 * size knows it before the first byte, and what fits is judged when all of it
 * is there: a train may bring its end first.  One that does not know is TFTP,
 * whose bytes come in order, so that the first block tells.
 */
static bool is_held(struct first *f, uint64_t size, const struct keep *k)
{
	if (f->kind == FIRST_UNKNOWN && !size)
		f->kind = k->bytes && script_is((const char *)k->bytes, k->len)
				  ? FIRST_SCRIPT
				  : FIRST_IMAGE;
	if (f->kind == FIRST_UNKNOWN && (size > FIRST_TEXT_MAX || !k->bytes))
		f->kind = FIRST_IMAGE;
	if (f->kind == FIRST_IMAGE)
		return false;
	hold(f, k);
	return true;
}

void first_hold_back(struct first *f, uint64_t size, size_t from,
		     struct effects *fx)
{
	size_t to = from;

	if (f->kind == FIRST_IMAGE)
		return;
	for (size_t i = from; i < fx->n; i++)
		if (fx->v[i].kind != EFFECT_KEEP ||
		    !is_held(f, size, &fx->v[i].keep))
			fx->v[to++] = fx->v[i];
	fx->n = to;
}

void first_judge(struct first *f, uint64_t size, struct effects *fx)
{
	if (f->kind != FIRST_UNKNOWN)
		return;
	/* A file that was replaced by a shorter one in mid-train. */
	if (f->len > size)
		f->len = (size_t)size;
	f->kind = script_is(f->text, f->len) ? FIRST_SCRIPT : FIRST_IMAGE;
	if (f->kind == FIRST_IMAGE && f->len)
		effects_add(fx, EFFECT_KEEP)->keep = (struct keep){
			.bytes = (const uint8_t *)f->text, .len = f->len};
}
