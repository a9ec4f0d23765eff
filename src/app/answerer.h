/*
 * The answerer: threads for questions that take their time, so that no packet
 * waits for one.  A password takes a second of it, on purpose; so they queue
 * up behind each other, and more than a few are refused.  Files, NIS, DNS
 * and copies of domains have threads of their own.
 */
#ifndef MUSTER_APP_ANSWERER_H
#define MUSTER_APP_ANSWERER_H

#include "engine/engine.h"

struct answerer;

/* `most`: questions under way at a time, an eighth of them, and at least one,
 * only passwords.  0 or negative errno. */
int answerer_open(struct answerer **a, uint32_t most);
/* What is being answered is waited for, for 2 s: then its thread, and the
 * memory that it uses, are the process's.  What waits is forgotten.  NULL is
 * allowed.
 */
void answerer_close(struct answerer *a);
/* Becomes readable when there is an answer. */
int answerer_fd(const struct answerer *a);

/* Ask (it is copied); -EAGAIN if too many are under way, -EMSGSIZE if it is
 * longer than QUESTION_TEXT. */
int answerer_put(struct answerer *a, const struct question *q, uint8_t owner);
/* An outcome; its answer lives until the next call.  False: none. */
bool answerer_ended(struct answerer *a, struct outcome *o);

#endif
