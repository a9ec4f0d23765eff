/*
 * The inside of the store in memory, for its own files only.
 */
#ifndef MUSTER_STORE_MEMORY_INSIDE_H
#define MUSTER_STORE_MEMORY_INSIDE_H

#include "base/grow.h"
#include "base/hash.h"
#include "store/store_inside.h"

enum { MEMORY_HISTORY = 10000 /* lines */ };

/* A record whose entry or lease is gone stays, with is_gone. */
struct record {
	struct change c; /* its property list is our own copy */
	uint32_t below;  /* entries and domains in it that are not gone */
	bool is_gone;
	uint64_t revision; /* of a lease: its last change, and whose it was */
	uint32_t by;
};

/* What changes that are made all or none have replaced so far, a line each. */
struct undo {
	uint32_t at;
	bool is_new;
	bool has_list; /* the property list was replaced, and is ours now */
	struct record was;
};

struct memory {
	struct store store;
	struct alloc alloc;
	struct store_memory_faults faults;
	struct record *v;
	uint32_t n;
	size_t most;
	struct index entries, leases; /* by id, by address */
	uint64_t commits, revision;
	uint32_t last_id;
	struct undo *undo;
	uint32_t n_undo;
	size_t most_undo;
	struct memory_line **lines; /* each a piece of memory of its own */
	size_t n_lines, most_lines;
	uint64_t keep, compacted;
	uint64_t in_this; /* lines of the batch */
	struct store_master *masters;
	size_t n_masters, most_masters;
	/* Of several handles: */
	struct memory_share *share; /* NULL: there are none */
	uint32_t by;                /* whose commit it is; 0: the truth's */
	bool tells_all;             /* to him, too: he never knew */
	uint64_t edited;            /* the last edit, and whose it was */
	uint32_t edited_by;
};

static inline struct memory *memory_of(const struct store *s)
{
	return (struct memory *)(void *)s;
}

/* The record of a change's entry or lease, even if that is gone; or NULL. */
struct record *memory_find(const struct memory *m, const struct change *c);

/*
 * For a store that has its truth elsewhere and stands on this one.
 *
 * Whether a commit could be made, as commit() judges: its rc.  While it stands
 * as if it were made, `look` is called, with the number of its first line of
 * the history; then it is as before.
 */
typedef int memory_look(void *arg, size_t line);
int memory_try(struct memory *m, struct commit *v, memory_look *look,
	       void *arg);
/* Make it, as a part of this revision: its rc. */
int memory_make(struct memory *m, struct commit *v, uint64_t revision);
/* What a snapshot has: an entry or a lease that is not there yet, parents
 * first, with any instance.  0, -EEXIST or -ENOMEM. */
int memory_set(struct memory *m, const struct change *c);
const struct store_line *memory_line(const struct memory *m, size_t n);
/* A line of a snapshot, behind all others: 0 or -ENOMEM. */
int memory_add_line(struct memory *m, const struct store_line *l);
/* A snapshot is whole: it is of this revision, and the history tells what came
 * after its first line. */
void memory_loaded(struct memory *m, uint64_t revision);
/* Forget the first n lines. */
void memory_forget_first(struct memory *m, size_t n);

/* memory_history.c: a line for a change that is about to be made; `was`: the
 * entry, NULL if it is new.  0 or -ENOMEM. */
int memory_note(struct memory *m, const struct commit *v,
		const struct change *c, const struct change *was);
/* A line for an entry that is destroyed, or goes along. */
int memory_note_gone(struct memory *m, const struct commit *v,
		     const struct change *was, bool goes_along);
/* Take back all lines but the first n. */
void memory_forget_after(struct memory *m, size_t n);
/* Forget the oldest, if there are too many. */
void memory_prune(struct memory *m);
int memory_history(struct store *s, const struct store_query *q,
		   store_each_line *each, void *arg);
void memory_keep(struct store *s, uint64_t lines);
int memory_watch(struct store *s, uint64_t revision, store_each_line *each,
		 void *arg);

/* NULL: nobody ever was. */
const struct store_master *memory_master_of(const struct memory *m,
					    uint32_t domain);
/* It is so now: 0 or -ENOMEM. */
int memory_set_master(struct memory *m, const struct store_master *is);
int memory_master(struct store *s, enum store_act act, struct store_master *m,
		  usec wall);
int memory_backup(struct store *s, struct store_backup *b);
void memory_status(struct store *s, struct store_status *to);

/* memory_join.c */

/* A commit that nobody's earlier ones excuse. */
#define BY_NOBODY UINT32_MAX
/* Whose it is that is being made; who never knew does not count as its author,
 * and decides nothing more before he has heard of it. */
static inline uint32_t memory_author(const struct memory *m)
{
	return m->tells_all || m->by == BY_NOBODY ? BY_NOBODY - 1 : m->by;
}
int memory_commit(struct store *store, struct commit *v, size_t n,
		  uint64_t *revision);
/* Whether others have changed since what it was decided on: 0, -EEXIST or
 * -ESTALE. */
int memory_judge(const struct memory *m, const struct commit *v,
		 const struct change *c);
/* What was just committed is news to the others. */
void memory_tell(struct memory *m, const struct commit *v, size_t n);
void memory_share_close(struct memory *m);

#endif
