/*
 * Looking at a network for `muster doctor`: a few seconds of listening, and
 * what the kernel and nft say.
 */
#ifndef MUSTER_APP_DOCTOR_LOOK_H
#define MUSTER_APP_DOCTOR_LOOK_H

#include "app/doctor.h"

/* All that doctor_judge() wants to know of f->link, in f->span; f->links is
 * set.  0 or negative errno; -EPERM: it takes root. */
int doctor_look(struct doctor_facts *f);
/* Be the mirror on a link until SIGINT or SIGTERM.  0 or negative errno. */
int doctor_reflect(const struct link *link);

#endif
