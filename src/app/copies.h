/*
 * The copies of the store that are made for `muster backup'.
 */
#ifndef MUSTER_APP_COPIES_H
#define MUSTER_APP_COPIES_H

/* Remove those that a crash left in the store's directory: for who has its
 * lock, before it makes any. */
void copies_sweep(const char *state);

#endif
