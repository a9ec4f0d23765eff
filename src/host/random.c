/*
 * A seed from the kernel.  Short of early boot getrandom(2) never waits and up
 * to 256 bytes come whole, so there is no loop.
 */
#include "host/random.h"

#include <errno.h>
#include <sys/random.h>

int host_random(uint64_t *seed)
{
	uint64_t bits;

	if (getrandom(&bits, sizeof bits, 0) != (ssize_t)sizeof bits)
		return errno ? -errno : -EIO;
	*seed = bits;
	return 0;
}
