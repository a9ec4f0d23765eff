/*
 * Askers: what kind of client an address belongs to.  BOOTP and DHCP requests
 * tell it, a TFTP request for the boot script does not, so bootpd writes it
 * down here and tftpd looks it up.  And who is on its way to which image, so
 * that trains wait for it.
 *
 * A ring of fixed size: the address that was not heard of for longest makes
 * room. What is forgotten costs nothing but a guess.
 */
#ifndef MUSTER_ENGINE_ASKERS_H
#define MUSTER_ENGINE_ASKERS_H

#include "base/alloc.h"
#include "base/time.h"
#include "model/policy.h"

struct askers;

/* A table for `most` addresses, at least 1; all its memory is taken here.  0 or
 * -ENOMEM. */
int askers_open(struct askers **a, const struct alloc *alloc, uint32_t most,
		uint64_t seed);
/* alloc: the one it was opened with.  NULL is allowed for a. */
void askers_close(struct askers *a, const struct alloc *alloc);
/* The address was given to, or is used by, such a client.  What was noted of
 * it before is forgotten; ip 0 is nobody. */
void askers_note(struct askers *a, uint32_t ip, enum asker_kind kind,
		 uint16_t arch);
/* The same of an address that was offered: who is told something there is on
 * its way, but askers_find() knows nothing of it. */
void askers_offer(struct askers *a, uint32_t ip, enum asker_kind kind,
		  uint16_t arch);
/* What was offered was not taken; no effect on an address that was noted. */
void askers_unoffer(struct askers *a, uint32_t ip);
/* The address was told to load this image by such a transport.  No effect
 * unless something was noted of it; the last ASKERS_TOLD are kept. */
enum { ASKERS_TOLD = 5 };
void askers_tell(struct askers *a, uint32_t ip, uint32_t image,
		 enum transport via);
/* It loads the image by plain TFTP: what it was told, once for each telling;
 * VIA_DEFAULT: nothing, or just that.  `a` may be NULL. */
enum transport askers_told(struct askers *a, uint32_t ip, uint32_t image);
/* What is told from now on is told at this time.  `a` may be NULL. */
void askers_clock(struct askers *a, usec now);
/* It is busy with something that it was told, so what it was told besides is as
 * good as told now.  `a` may be NULL. */
void askers_seen(struct askers *a, uint32_t ip);
/* It loads the image as it was told.  `a` may be NULL. */
void askers_came(struct askers *a, uint32_t ip, uint32_t image);
/* Of those who were told since then to load the image by that transport, how
 * many came, and how many are on their way.  `a` may be NULL. */
struct askers_count {
	uint32_t came, awaited;
};
struct askers_count askers_count(const struct askers *a, uint32_t image,
				 enum transport via, usec since);
/* Whether somebody was told so within the last ten seconds and is not there
 * yet.  `a` may be NULL. */
bool askers_awaits(const struct askers *a, uint32_t image, enum transport via,
		   usec now);
/* Fills kind and arch, and nothing else of *to.  False, and *to unchanged, if
 * nothing is known of the address; `a` may be NULL, which knows nothing. */
bool askers_find(const struct askers *a, uint32_t ip, struct asker *to);

#endif
