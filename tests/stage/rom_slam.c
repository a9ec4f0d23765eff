/*
 * SLAM as Etherboot 5 and iPXE load it.  Etherboot says all that it has and
 * lacks, iPXE asks for four packets at a time; neither looks at who sends.
 */
#include "stage/rom.h"

#include <string.h>

enum {
	OWN_PORT =
		10000, /* Etherboot's; iPXE's is one of those that are free */
	FREE_PORT = 40123,
	PADDED = 60, /* the shortest frame, and its headers */
	HEADERS = 42,
	NACK_MOST = 1471,
	GIVES_UP = 22,
	IPXE_RANGE = 4,
};

struct number {
	uint64_t value;
	unsigned len; /* bytes; 0: it is none */
};

static struct number number_get(struct rd *r)
{
	struct number n = {.value = rd_u8(r)};

	n.len = (unsigned)(n.value >> 5);
	n.value &= 31;
	for (unsigned i = 1; i < n.len; i++)
		n.value = n.value << 8 | rd_u8(r);
	if (r->bad)
		n.len = 0;
	return n;
}

static void number_put(struct wr *w, uint32_t v)
{
	unsigned len = 1;

	while (v >> (8 * len - 3))
		len++;
	wr_u8(w, (uint8_t)(len << 5 | v >> (8 * (len - 1))));
	while (--len)
		wr_u8(w, (uint8_t)(v >> (8 * (len - 1))));
}

static bool is_ipxe(const struct rom *r)
{
	return r->config.kind != ROM_ETHERBOOT;
}

static uint16_t own_port(const struct rom *r)
{
	return is_ipxe(r) ? FREE_PORT : OWN_PORT;
}

/* ---- saying what it lacks ------------------------------------------------ */

static void put_runs(const struct rom *r, struct wr *w)
{
	uint32_t at = 0;

	while (at < r->packets && wr_len(w) + 10 < NACK_MOST) {
		uint32_t gap = rom_first_gap(r, at), end = gap;

		while (end < r->packets && !r->have[end])
			end++;
		number_put(w, gap - at);
		if (end > gap)
			number_put(w, end - gap);
		at = end;
	}
}

static void put_range(const struct rom *r, struct wr *w)
{
	uint32_t gap = rom_first_gap(r, 0), n = 0;

	while (n < IPXE_RANGE && gap + n < r->packets && !r->have[gap + n])
		n++;
	number_put(w, gap);
	number_put(w, n);
}

static void nack(struct rom *r, struct effects *fx)
{
	struct wr w = effects_head(fx);

	if (!r->packets) {
		number_put(&w, 0);
		number_put(&w, 1);
	} else if (is_ipxe(r)) {
		put_range(r, &w);
	} else {
		put_runs(r, &w);
	}
	wr_u8(&w, 0);
	rom_send(r, &w, own_port(r),
		 (struct endpoint){r->config.server, r->config.port}, fx);
}

/* Etherboot: 2 s and up to 4 s * 2^k. */
static void be_silent(struct rom *r, usec now)
{
	unsigned k = r->silences < 5 ? r->silences : 5;

	r->due = now + SECONDS(2) + rom_random(r, SECONDS(4) << k);
}

void slam_rom_wait(struct rom *r, usec now, struct effects *fx)
{
	if (now >= r->asked_due) {
		r->asked_wait *= 2;
		r->asked_due = now + r->asked_wait;
		nack(r, fx);
		return;
	}
	if (now < r->due)
		return;
	if (is_ipxe(r)) {
		/* At 1, 3 and 7 s; at 15 s it gives up. */
		if (r->silences == 3) {
			rom_fail(r, "15 s of silence");
			return;
		}
		r->due = now + (SECONDS(2) << r->silences++);
	} else {
		if (++r->silences > GIVES_UP) {
			rom_fail(r, "nothing was heard 23 times");
			return;
		}
		be_silent(r, now);
	}
	nack(r, fx);
}

/* ---- hearing ------------------------------------------------------------- */

/* False: it is no header. */
static bool take_header(struct rom *r, struct rd *d, const struct rom_frame *f)
{
	const struct number transaction = number_get(d);
	const struct number total = number_get(d), block = number_get(d);
	size_t len = f->len - rd_left(d);

	if (!transaction.len || !total.len || !block.len || !block.value)
		return false;
	/* They count in 32 bits. */
	if (total.len > 4 || block.len > 4) {
		rom_fail(r, "a number of more than four bytes");
		return false;
	}
	if (len == r->header_len && !memcmp(r->header, f->bytes, len))
		return true;
	if (len > sizeof(r->header)) {
		rom_fail(r, "a header that is too long");
		return false;
	}
	rom_forget(r);
	memcpy(r->header, f->bytes, len);
	r->header_len = len;
	r->size = (size_t)total.value;
	r->block = (uint32_t)block.value;
	r->packets = (uint32_t)((total.value + block.value - 1) / block.value);
	if (r->packets >= ROM_PACKETS)
		rom_fail(r, "too many packets for this test");
	return r->state == ROM_LOADING;
}

/* What it expects packet i to be long.  Etherboot: of a file of whole blocks
 * the last is to be empty. */
static size_t expected(const struct rom *r, uint32_t i)
{
	if (i + 1 < r->packets)
		return r->block;
	if (is_ipxe(r) && !(r->size % r->block))
		return r->block;
	return r->size % r->block;
}

static void complete(struct rom *r, usec now, struct effects *fx)
{
	struct wr w = effects_head(fx);

	if (r->is_known) {
		wr_u8(&w, 0);
		rom_send(r, &w, own_port(r),
			 (struct endpoint){r->config.server, r->config.port},
			 fx);
	}
	rom_done(r, now);
}

static void heard_group(struct rom *r, usec now)
{
	r->silences = 0;
	r->asked_due = NEVER;
	if (is_ipxe(r))
		r->due = now + SECONDS(1);
}

static void on_data(struct rom *r, struct rd *d, usec now, struct effects *fx)
{
	const struct number number = number_get(d);
	size_t len = rd_left(d);

	if (!number.len || number.len > 4) {
		r->refused++;
		return;
	}
	if (number.value == r->packets && !is_ipxe(r)) {
		rom_fail(r, "a packet behind the last one");
		return;
	}
	if (number.value >= r->packets ||
	    len != expected(r, (uint32_t)number.value)) {
		r->refused++;
		return;
	}
	rom_keep(r, (uint32_t)number.value, rd_take(d, len), len);
	if (!is_ipxe(r))
		be_silent(r, now);
	if (r->count == r->packets)
		complete(r, now, fx);
}

static void on_status(struct rom *r, const struct rom_frame *f, struct rd *d,
		      usec now, struct effects *fx)
{
	(void)f;
	if (is_ipxe(r) && rd_left(d))
		return; /* something behind the header */
	r->silences = 0;
	if (is_ipxe(r)) {
		r->asked_wait = MILLISECONDS(250);
		r->asked_due = now + r->asked_wait;
	} else {
		be_silent(r, now);
	}
	nack(r, fx);
}

void slam_rom_hear(struct rom *r, const struct rom_frame *f, usec now,
		   struct effects *fx)
{
	bool is_unicast = !ip_is_multicast(f->to.ip);
	struct rd d = rd_over(f->bytes, f->len);

	/* No fragments. */
	if (f->len > 1472)
		return;
	if (is_unicast && !is_ipxe(r) && HEADERS + f->len >= PADDED) {
		rom_fail(r, "a status request without a byte behind it");
		return;
	}
	if (!is_unicast)
		heard_group(r, now);
	if (!take_header(r, &d, f))
		return;
	if (is_unicast)
		on_status(r, f, &d, now, fx);
	else
		on_data(r, &d, now, fx);
}

void slam_rom_start(struct rom *r, usec now, struct effects *fx)
{
	effects_listen(fx, own_port(r), 0, 0, 0);
	if (r->config.group.port != own_port(r))
		effects_listen(fx, r->config.group.port, 0, 0, 0);
	/* iPXE says nothing by IGMP, but hears all that comes to its card. */
	effects_add(fx, EFFECT_JOIN)->join.group = r->config.group;
	r->due = now + (is_ipxe(r)
				? SECONDS(1)
				: SECONDS(1) / 3 + rom_random(r, SECONDS(1)));
}
