/*
 * The console at which a machine starts up: keys while it waits, lines while a
 * server asks, typed with echo or without.  Where standard input is no terminal
 * of ours, what comes from it is taken the same.
 */
#ifndef MUSTER_APP_TERMINAL_H
#define MUSTER_APP_TERMINAL_H

#include "host/loop.h"

#include <stddef.h>
#include <termios.h>

enum { TERMINAL_LINE = 256 };

struct terminal {
	struct loop *loop;
	struct watch watch;
	bool is_watched, is_ours; /* ours: its modes may be changed */
	bool wants_lines;
	struct termios before;
	char line[TERMINAL_LINE];
	size_t len;
	void (*key)(void *arg, char key);
	/* Without its line break; what is too long is cut. */
	void (*typed)(void *arg, const char *line, size_t len);
	void *arg;
};

/* key, typed and arg are filled.  It begins with keys.  What can't be had is
 * done without: a machine may have no console. */
void terminal_open(struct terminal *t, struct loop *loop);
/* Modes as they were. */
void terminal_close(struct terminal *t);
void terminal_keys(struct terminal *t);
/* What was typed before is thrown away. */
void terminal_lines(struct terminal *t, bool echoes);

/* Text of a server on standard output: line breaks stay, what else is not
 * printable becomes \xNN. */
void terminal_print(const char *text);

#endif
