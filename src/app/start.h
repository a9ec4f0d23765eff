/*
 * One startc on this host: its packets, its console, and the interface.
 */
#ifndef MUSTER_APP_START_H
#define MUSTER_APP_START_H

#include "engine/startc.h"

/* Until it is over.  What it says goes to standard output.  0, or the exit
 * status, said as `command`: EXIT_NO_NETWORK for STARTC_NONET, EXIT_FAILURE
 * when it was interrupted or an interface refused. */
int start_run(const char *command, struct startc_config *config,
	      struct startc_result *result);

#endif
