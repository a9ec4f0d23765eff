/*
 * Progress on a terminal: one line that is painted over; elsewhere a plain line
 * now and then.
 */
#ifndef MUSTER_APP_BAR_H
#define MUSTER_APP_BAR_H

#include "base/time.h"
#include "engine/loadc.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Whether to paint: a terminal, and NO_COLOR does not matter. */
bool bar_is_live(FILE *to);
/* "[#######       ] 52 %", `width` cells between the brackets. */
void bar_put(char *to, size_t room, uint64_t have, uint64_t of, int width);
/* "49.1 MB", "3.2 GB": bytes for people, powers of ten. */
void bar_bytes(char *to, size_t room, uint64_t bytes);
/* Why a train has not left: "leaving in 2 s, 192 of 200 on board", or "the
 * server reads the file first". */
void bar_waiting(char *to, size_t room, const struct loadc_progress *p);

#endif
