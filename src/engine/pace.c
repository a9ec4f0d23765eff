/*
 * Pace: an account in nanoseconds of sending time, paid by elapsed time.
 */
#include "engine/pace.h"

static const usec STEP = 500; /* what one wake-up pays for */
static const usec AWAKE = MILLISECONDS(50);
enum { TOO_MUCH = 100, NONE = 25, CHANGE = 5 }; /* thousandths lost */
enum { USUAL = 50 };                            /* until something is known */
enum { FEW = 64 };                              /* packets that say nothing */
/* Packets that wait in a socket.  One of four megabytes holds 3,600. */
enum { NEAR = 1024, FAR = 2048 };

static uint64_t within(const struct pace *p, uint64_t rate)
{
	if (rate < p->least)
		rate = p->least;
	return rate > p->most ? p->most : rate;
}

void pace_open(struct pace *p, uint64_t rate, uint64_t least, uint64_t most)
{
	most = most ? most : 1;
	*p = (struct pace){.least = least < most ? least : most,
			   .most = most,
			   .weather = USUAL,
			   .together = 1,
			   .calm = NEAR};
	p->rate = within(p, rate);
}

void pace_begin(struct pace *p, usec now)
{
	p->paid = now * 1000;
	p->used = p->unused = 0;
}

/* Nanoseconds that one payload costs. */
static int64_t gap_of(const struct pace *p, size_t len)
{
	uint64_t rate = p->apart ? p->most : p->rate;
	uint64_t gap = (len + PACE_FRAME_REST) * 1000000000 / rate;

	if ((int64_t)gap < p->apart)
		return p->apart;
	return gap ? (int64_t)gap : 1;
}

/* Each time it wakes up costs a receiver more than a packet does: one that
 * cannot follow is not helped by packets that come slowly one by one. */
static uint32_t together(const struct pace *p)
{
	return p->is_starting ? 1 : p->together;
}

/* On a busy computer each wake-up is late by milliseconds: if that were lost,
 * the slower the pace the less of it would be kept. */
static uint32_t makes_up_for(const struct pace *p)
{
	uint32_t n = together(p);

	return n > p->late ? n : p->late;
}

uint32_t pace_burst(const struct pace *p, size_t len, uint32_t most)
{
	int64_t n = STEP * 1000 / gap_of(p, len), least = together(p);

	if (n < least)
		n = least;
	return n < most ? (uint32_t)n : most;
}

void pace_pay(struct pace *p, usec now, uint32_t n, size_t len)
{
	/* A burst is due when all of it is paid for: one step, or more. Another
	 * one is for waking up late. */
	int64_t gap = gap_of(p, len), step = STEP * 1000;
	int64_t burst = gap * (int64_t)(makes_up_for(p) - 1);
	int64_t credit = now * 1000 - step - (burst > step ? burst : step);

	/* Who needs them apart is not helped by two that follow each other
	 * because we were late. */
	if (p->apart)
		credit = now * 1000;
	if (p->paid < credit) {
		p->unused += p->apart ? 0 : credit - p->paid;
		p->paid = credit;
	}
	p->used += gap * n;
	p->paid += gap * n;
}

usec pace_next(const struct pace *p, uint32_t n, size_t len)
{
	return (p->paid + gap_of(p, len) * ((int64_t)n - 1) + 999) / 1000;
}

usec pace_behind(const struct pace *p, uint32_t packets, size_t len)
{
	return gap_of(p, len) * packets / 1000;
}

bool pace_is_bad(const struct pace *p, uint32_t lost, uint32_t behind)
{
	return behind > FAR || lost > p->weather + TOO_MUCH;
}

/* By more than ten milliseconds, and what it tells is of a slower pace. */
static bool is_late(const struct pace *p, uint32_t behind)
{
	enum { FRAME = 1500 };

	return (uint64_t)behind * FRAME > p->rate / 100;
}

/* Boldly up to three quarters of the pace at which somebody fell behind, then
 * by small steps: receivers tell of their trouble late. */
static uint64_t faster(const struct pace *p)
{
	uint64_t bold = p->is_starting ? p->rate * 2 : p->rate * 5 / 4;

	if (p->edge && bold > p->edge / 4 * 3)
		return p->rate + p->rate / 16 + 1;
	return bold;
}

/* What nobody has seen yet does not become faster still.  In less time than
 * that it may just have slept. */
static void come_down(struct pace *p)
{
	int64_t all = p->used + p->unused;

	if (p->late && all < AWAKE * 1000)
		return;
	if (p->unused > p->used) {
		uint64_t kept = (uint64_t)(p->used / (all / 1000 + 1));

		p->rate = within(p, p->rate / 1000 * 2 * kept);
	}
	p->used = p->unused = 0;
}

static bool is_calm(const struct pace *p, uint32_t behind)
{
	return behind < NEAR && (behind < p->calm || !is_late(p, behind));
}

bool pace_judge(struct pace *p, uint32_t lost, uint32_t behind)
{
	uint64_t before;

	come_down(p);
	before = p->rate;
	if (behind > FAR) {
		p->edge = p->rate;
		p->rate = within(p, p->rate / 2);
	} else if (pace_is_bad(p, lost, behind)) {
		p->rate = within(p, p->rate * 3 / 4);
	} else if (behind > 2 * p->calm && is_late(p, behind)) {
		p->rate = within(p, p->rate / 8 * 7);
	} else if (lost < p->weather + NONE && is_calm(p, behind)) {
		p->rate = within(p, faster(p));
	}
	/* A little loss may be chance while so few packets have been sent. */
	p->is_starting &= p->rate >= before && p->rate < p->most &&
			  behind < NEAR && !is_late(p, behind);
	p->weather += CHANGE;
	if (lost < p->weather)
		p->weather = lost;
	return p->rate < before;
}

static uint32_t lost_of(const struct pace_news *n)
{
	uint32_t sent = n->until > n->from ? n->until - n->from : 0;

	return sent < FEW ? 0 : (uint32_t)((uint64_t)n->missing * 1000 / sent);
}

bool pace_is_news(const struct pace *p, const struct pace_news *n)
{
	return n->until >= n->from + FEW || n->behind > 2 * p->calm;
}

bool pace_judge_news(struct pace *p, const struct pace_news *n)
{
	return pace_judge(p, lost_of(n), n->behind);
}
