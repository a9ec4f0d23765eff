/*
 * Time, as everything in Muster counts it: microseconds in one signed number.
 * A usec called `now` is monotonic and never goes backwards; one called `wall`
 * counts from 1970 and may jump.
 */
#ifndef MUSTER_BASE_TIME_H
#define MUSTER_BASE_TIME_H

#include <stdint.h>

typedef int64_t usec;

#define NEVER           INT64_MAX
#define MILLISECOND     ((usec)1000)
#define SECOND          ((usec)1000000)
#define MILLISECONDS(n) ((usec)(n)*MILLISECOND)
#define SECONDS(n)      ((usec)(n)*SECOND)

static inline usec usec_min(usec a, usec b)
{
	return a < b ? a : b;
}

static inline usec usec_max(usec a, usec b)
{
	return a > b ? a : b;
}

#endif
