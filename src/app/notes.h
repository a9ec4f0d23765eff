/*
 * Notes of engines as lines of the log: one line per decision.
 */
#ifndef MUSTER_APP_NOTES_H
#define MUSTER_APP_NOTES_H

#include "engine/engine.h"
#include "engine/note.h"
#include "host/log.h"

void notes_log(struct log *log, usec now, const struct note *n);
/* The manifest that lies beside a file is not used. */
void notes_manifest(struct log *log, usec now, const char *name,
		    const char *why);

#endif
