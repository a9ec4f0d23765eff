/*
 * /etc/hosts: which names an address has, and which address a name.  Of several
 * lines that would do the first one counts.  It is read as a whole, into memory
 * of its own; who wants what the file says now opens another one.
 */
#ifndef MUSTER_MODEL_HOSTS_H
#define MUSTER_MODEL_HOSTS_H

#include "base/alloc.h"
#include "base/span.h"

struct hosts;

/* `text` is copied.  Lines that are none, and IPv6, are passed over.  0 or
 * -ENOMEM. */
int hosts_open(struct hosts **h, const struct alloc *alloc, const char *text,
	       size_t len);
/* NULL is allowed. */
void hosts_close(struct hosts *h);
/* The i-th name of an address, 0 the canonical one, inside our own text.  False
 * if it has no more; NULL is allowed for h. */
bool hosts_name(const struct hosts *h, uint32_t ip, unsigned i,
		struct span *name);
/* The address of a name, by any of them, whatever its case; 0: none.  NULL is
 * allowed for h. */
uint32_t hosts_ip(const struct hosts *h, struct span name);

#endif
