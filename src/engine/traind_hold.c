/*
 * How long a train waits for riders before it leaves, and how slowly it leaves
 * while others may come.
 */
#include "engine/askers.h"
#include "engine/traind_impl.h"

/* Who was told to come longer ago than that is not waited for. */
static const usec AWAITED = SECONDS(10);
enum { HOLDS = 150 };
/* Who comes before such a part of the file has left is waited for. */
enum { ROLLING = 16 };
enum { GAPS = 8, LONGEST = 4, SEVERAL = 4, SHORT = 4 };
enum { ALONE = 4, SMALL = 64 };
static const usec GAP = MILLISECONDS(16), GAPS_MOST = MILLISECONDS(250);
static const usec HOLD_MOST = SECONDS(30);

/* The first train of a file, if the administrator said how many come. */
static bool is_counted(const struct traind *t, const struct run *r)
{
	return t->site->settings->train.wait_for && !r->has_gone;
}

/* In the mean, from one rider to the next. */
static usec gap_of(const struct run *r)
{
	return r->n_seats > 1 ? (r->came_at - r->first_at) / (r->n_seats - 1)
			      : GAP;
}

/* Who comes next is likely to come within some times the usual gap: as long as
 * that may be, the train stays slow. */
bool hold_expects_more(const struct traind *t, const struct run *r, usec now)
{
	usec soon = usec_min(GAPS * gap_of(r), GAPS_MOST);
	uint32_t all = t->site->settings->train.wait_for;

	if (all && r->n_seats >= all)
		return false;
	return r->pace.is_starting && r->pace.rate >= r->pace.most / ROLLING &&
	       now < r->came_at + soon;
}

static usec hold_most(const struct traind *t)
{
	usec hold = MILLISECONDS(t->site->settings->train.hold);

	return usec_min(HOLDS * hold, HOLD_MOST);
}

/* Who is alone waits less for a file so small that it may be sent again: most
 * often nobody else comes. */
static usec hold_least(const struct traind *t, const struct run *r)
{
	usec hold = MILLISECONDS(t->site->settings->train.hold);
	bool is_alone = r->n_seats == 1 && !r->awaited;

	if (is_alone && r->layout.packets <= SMALL)
		return (hold + ALONE - 1) / ALONE;
	return hold;
}

/* Where we tell nobody to come, nothing is known of who is on the way but that
 * some have a ticket: they have the time to say once more that they come.
 * Anybody else is likely to come within some times the gaps that there were, if
 * these are enough to go by; who has lost its first packet comes later, boards
 * at once, and costs what has left by then, slowly. */
static usec quiet(const struct run *r, usec least, usec most)
{
	usec soon = usec_max(GAPS * gap_of(r), LONGEST * r->gap_most);

	if (r->awaited)
		return most;
	if (r->n_seats >= SEVERAL)
		least = (least + SHORT - 1) / SHORT;
	return usec_min(usec_max(soon, least), most);
}

/* Each doubling of the riders adds three times as much: the more machines there
 * are, the likelier one of them has lost a packet on its way here and comes a
 * little later.  But if all who were sent here are here, that need not be
 * feared; and if somebody is known to be missing, it has the time to ask once
 * more, which with many riders is cheaper than the file for it alone. */
static usec hold_of(const struct traind *t, struct run *r, usec now)
{
	struct askers_count c = askers_count(t->site->askers, r->image,
					     VIA_TRAIN, now - AWAITED);
	usec d = run_doublings(r->n_seats + c.awaited, 1), least;
	bool tells_nobody = t->site->settings->dhcp == DHCP_OFF && !c.awaited;

	r->awaited = tells_nobody ? r->n_asked : c.awaited;
	least = hold_least(t, r);
	if (c.awaited)
		return least * (1 + d) * (1 + d);
	if (c.came >= r->n_seats || r->n_seats < 2)
		return least;
	return tells_nobody ? quiet(r, least, least * (1 + 3 * d))
			    : least * (1 + 3 * d);
}

static void wait_for_all(struct traind *t, struct run *r, usec now)
{
	uint32_t all = t->site->settings->train.wait_for;

	r->awaited = all > r->n_seats ? all - r->n_seats : 0;
	r->leave_at = r->awaited ? r->first_at + HOLD_MOST : now;
	run_timer(t, r, usec_min(r->leave_at, r->said_at + run_says(r)));
}

/* It is looked at again as soon as it may leave. */
void hold_on(struct traind *t, struct run *r, usec now)
{
	usec soon;

	if (r->is_taken) {
		r->awaited = r->had > r->n_seats ? r->had - r->n_seats : 0;
		r->leave_at = drive_leaves(r, now);
		run_timer(t, r,
			  usec_min(r->leave_at, r->said_at + run_says(r)));
		return;
	}
	if (is_counted(t, r)) {
		wait_for_all(t, r, now);
		return;
	}
	r->leave_at = usec_min(r->came_at + hold_of(t, r, now), r->leave_by);
	soon = r->came_at + hold_least(t, r);
	if (soon <= now || soon > r->leave_at)
		soon = r->leave_at;
	run_timer(t, r, usec_min(soon, r->said_at + run_says(r)));
}

/* It has hardly moved, and somebody comes: others may, too. */
static bool is_rolling(const struct traind *t, const struct run *r, usec now)
{
	return r->phase == RUN_SENDING && hold_least(t, r) &&
	       now < r->leave_by && r->pace.is_starting &&
	       r->originals - r->rolled < r->layout.packets / ROLLING;
}

bool hold_begin(struct traind *t, struct run *r, usec now)
{
	if (!hold_least(t, r) && !is_counted(t, r))
		return false;
	r->phase = RUN_HOLDING;
	r->said_at = r->came_at = now;
	r->first_at = now;
	r->gap_most = 0;
	r->leave_by = now + hold_most(t);
	hold_on(t, r, now);
	return true;
}

bool hold_again(struct traind *t, struct run *r, usec now)
{
	if (r->phase != RUN_HOLDING && !is_rolling(t, r, now))
		return false;
	r->phase = RUN_HOLDING;
	r->gap_most = usec_max(r->gap_most, now - r->came_at);
	r->came_at = now;
	hold_on(t, r, now);
	return true;
}
