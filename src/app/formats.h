/*
 * All formats that `muster import' and `export' know: those of model/format.h
 * and those that are JSON.
 */
#ifndef MUSTER_APP_FORMATS_H
#define MUSTER_APP_FORMATS_H

#include "model/format.h"

/* NULL: there is none. */
const struct format *formats_named(const char *name);
/* The i-th; NULL: there are no more. */
const struct format *formats_at(unsigned i);

/* format_kea.c */
bool kea_read(struct draft *d, struct span text, struct complaint *why);
void kea_write(struct draft *d, struct sheet *to);

#endif
