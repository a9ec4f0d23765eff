/*
 * Whether a history of bindings can be: of addresses that machines are given,
 * or of entries and what they were edited to.  Of each key (an address, an
 * entry) the operations must have happened one after the other, each at one
 * moment between its question and its answer, and each must have been allowed
 * then (linearizability).
 *
 * An operation that was never answered (`answered` NEVER) may have happened at
 * any time since it was asked for, or not at all; one that was refused is left
 * out.
 */
#ifndef MUSTER_TESTS_BINDINGS_H
#define MUSTER_TESTS_BINDINGS_H

#include "base/time.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum binding_kind {
	/* It is `who`'s, which has it until `ends` at least; allowed if nobody
	 * else has it.  `ends` 0: the next may take it at once. */
	BINDING_TAKE,
	/* The same, if it was `was`'s until then, whatever their times are. */
	BINDING_CHANGE,
	/* `who` gives it up, if it is who has it. */
	BINDING_FREE,
	/* It was seen to be `who`'s; 0: to be nobody's, any more or ever. */
	BINDING_SEEN,
};

struct binding {
	enum binding_kind kind;
	uint64_t key, who, was;
	usec invoked, answered, ends;
};

enum { BINDING_WORDS = 256 };

/* True: it can be.  False, and `why` says which operation can't have a place.
 * `v` is put in order. */
bool bindings_can_be(struct binding *v, size_t n, char why[BINDING_WORDS]);

#endif
