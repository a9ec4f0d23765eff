/*
 * A program that goes on in the background: its parent returns when it is
 * ready, so that a script never races ahead of it.
 */
#ifndef MUSTER_APP_BACKGROUND_H
#define MUSTER_APP_BACKGROUND_H

enum { BACKGROUND_NOBODY = -1 }; /* nobody waits: it is in the foreground */

/*
 * Runs `serve` in a child, which calls background_ready() with `tell` as soon
 * as it answers.  In the parent: the exit status, 0 once it is ready, or how it
 * ended before; negative errno if there is no child.  In the child it does not
 * return: what `serve` returns is its exit status.
 */
int background(int (*serve)(void *arg, int tell), void *arg);
/* The parent may go on; nobody reads what we say any more. */
void background_ready(int tell);

#endif
