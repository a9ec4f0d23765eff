/*
 * ROM: the card and the loader's polling.
 */
#include "stage/rom.h"

#include <string.h>

static struct rom *of(struct engine *e)
{
	return (struct rom *)(void *)e;
}

void rom_fail(struct rom *r, const char *why)
{
	r->state = ROM_FAILED;
	r->why = why;
	r->due = r->asked_due = NEVER;
	r->n = 0;
}

void rom_done(struct rom *r, usec now)
{
	r->state = ROM_DONE;
	r->done_at = now;
	r->due = r->asked_due = NEVER;
	r->n = 0;
}

void rom_send(struct rom *r, const struct wr *w, uint16_t from,
	      struct endpoint to, struct effects *fx)
{
	effects_send(fx, w, (struct endpoint){.port = from}, to);
	r->is_known = true;
	r->sent++;
}

bool rom_keep(struct rom *r, uint32_t packet, const uint8_t *bytes, size_t len)
{
	size_t at = (size_t)packet * r->block;

	if (r->have[packet]) {
		r->repeats++;
		return false;
	}
	if (at + len > r->room) {
		rom_fail(r, "it wrote behind its buffer");
		return false;
	}
	memcpy(r->file + at, bytes, len);
	r->have[packet] = true;
	r->count++;
	return true;
}

void rom_forget(struct rom *r)
{
	memset(r->have, 0, sizeof(r->have));
	r->count = r->packets = 0;
}

uint32_t rom_first_gap(const struct rom *r, uint32_t from)
{
	while (from < r->packets && r->have[from])
		from++;
	return from;
}

usec rom_random(struct rom *r, usec below)
{
	return (usec)rand_below(&r->rand, (uint64_t)below);
}

/* ---- the card ------------------------------------------------------------ */

static bool is_status(const struct rom *r, const struct dgram *d)
{
	return r->config.way == ROM_SLAM && !ip_is_multicast(d->to.ip);
}

static void on_input(struct engine *e, usec now, const struct dgram *d,
		     struct effects *fx)
{
	struct rom *r = of(e);
	struct rom_frame *f;

	(void)fx;
	if (r->state != ROM_LOADING || d->len > ROM_FRAME)
		return;
	if (r->config.kind == ROM_IPXE_STOCK && ip_is_multicast(d->to.ip))
		return;
	if (is_status(r, d) && r->to_lose) {
		r->to_lose--;
		r->dropped++;
		return;
	}
	if (r->n == r->config.ring) {
		r->dropped++;
		return;
	}
	f = &r->ring[(r->first + r->n) % ROM_RING];
	f->from = d->from;
	f->to = d->to;
	f->len = d->len;
	memcpy(f->bytes, d->bytes, d->len);
	if (!r->n++ && r->free_at < now + r->config.takes)
		r->free_at = now + r->config.takes;
}

static void poll_card(struct rom *r, usec now, struct effects *fx)
{
	const struct rom_frame *f = &r->ring[r->first];

	if (r->config.way == ROM_SLAM)
		slam_rom_hear(r, f, now, fx);
	else
		tftm_rom_hear(r, f, now, fx);
	if (!r->n)
		return; /* that was the end */
	r->first = (r->first + 1) % ROM_RING;
	r->n--;
	r->free_at = now + r->config.takes;
}

static void on_expire(struct engine *e, usec now, struct effects *fx)
{
	struct rom *r = of(e);

	if (r->n && r->free_at <= now)
		poll_card(r, now, fx);
	else if (r->config.way == ROM_SLAM)
		slam_rom_wait(r, now, fx);
	else
		tftm_rom_wait(r, now, fx);
}

static void on_settle(struct engine *e, usec now, const struct outcome *o,
		      struct effects *fx)
{
	(void)e;
	(void)now;
	(void)o;
	(void)fx;
}

static usec deadline(const struct engine *e)
{
	const struct rom *r = (const struct rom *)(const void *)e;
	usec at = usec_min(r->due, r->asked_due);

	return r->n ? usec_min(at, r->free_at) : at;
}

void rom_open(struct rom *r, const struct rom_config *config, uint8_t *file,
	      size_t room)
{
	memset(r, 0, sizeof(*r));
	r->engine = (struct engine){on_input, on_settle, on_expire, deadline};
	r->config = *config;
	r->file = file;
	r->room = room;
	r->to_lose = config->loses;
	r->due = r->asked_due = NEVER;
	rand_seed(&r->rand, config->seed);
}

void rom_start(void *arg, usec now, struct effects *fx)
{
	struct rom *r = arg;

	if (r->config.way == ROM_SLAM)
		slam_rom_start(r, now, fx);
	else
		tftm_rom_start(r, now, fx);
}
