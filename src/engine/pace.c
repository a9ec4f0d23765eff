/*
 * Pace: an account in nanoseconds of sending time, paid by elapsed time.
 */
#include "engine/pace.h"

static const usec STEP = 500;                   /* what one wake-up pays for */
enum { TOO_MUCH = 100, NONE = 25, CHANGE = 5 }; /* thousandths lost */
enum { USUAL = 50 };                            /* until something is known */
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
			   .weather = USUAL};
	p->rate = within(p, rate);
}

void pace_begin(struct pace *p, usec now)
{
	p->paid = now * 1000;
}

/* Nanoseconds that one payload costs. */
static int64_t gap_of(const struct pace *p, size_t len)
{
	uint64_t gap = (len + PACE_FRAME_REST) * 1000000000 / p->rate;

	return gap ? (int64_t)gap : 1;
}

uint32_t pace_burst(const struct pace *p, size_t len, uint32_t most)
{
	int64_t n = STEP * 1000 / gap_of(p, len);

	if (n < 1)
		return 1;
	return n < most ? (uint32_t)n : most;
}

void pace_pay(struct pace *p, usec now, uint32_t n, size_t len)
{
	/* A burst is due when all of it is paid for: one step.  Another one is
	 * for waking up late. */
	int64_t gap = gap_of(p, len), credit = (now - 2 * STEP) * 1000;

	if (p->paid < credit)
		p->paid = credit;
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

bool pace_judge(struct pace *p, uint32_t lost, uint32_t behind)
{
	uint64_t before = p->rate;

	if (behind > FAR) {
		p->edge = p->rate;
		p->rate = within(p, p->rate / 2);
	} else if (pace_is_bad(p, lost, behind)) {
		p->rate = within(p, p->rate * 3 / 4);
	} else if (lost < p->weather + NONE && behind < NEAR) {
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
