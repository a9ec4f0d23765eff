/*
 * /etc/bootparams: for each machine where its files are.
 *
 *	wendy root=wizard:/export/wendy/root \
 *	      swap=wizard:/export/wendy/swap
 *	moira
 *	+
 *
 * A line goes on after a backslash; of several lines of one machine the first
 * one counts; one with a name alone is enough for the machine to be told its
 * name.  "+" stands for the NIS map bootparams at that place, "+other" for
 * another one.  A value of the property bootparams in the directory is one of
 * the words behind the name.
 */
#ifndef MUSTER_MODEL_BOOTPARAMS_H
#define MUSTER_MODEL_BOOTPARAMS_H

#include "base/alloc.h"
#include "base/span.h"

struct bootparams;

struct bootparams_entry {
	uint32_t line;    /* in the file, from 1 */
	struct span name; /* as it is spelt there; of a map "+" or "+name" */
	struct span rest; /* the words behind it */
};

/* `text` is copied.  0 or -ENOMEM. */
int bootparams_open(struct bootparams **b, const struct alloc *alloc,
		    const char *text, size_t len);
/* NULL is allowed. */
void bootparams_close(struct bootparams *b);
/* The first line of a machine, whatever the name's case; NULL: none. */
const struct bootparams_entry *bootparams_find(const struct bootparams *b,
					       struct span name);
/* The maps, one by one: begin with *at = 0; NULL: no more.  Each comes before
 * the entries of greater lines and after the others. */
const struct bootparams_entry *bootparams_map(const struct bootparams *b,
					      uint32_t *at);
/* Whether a map is the one of this name, as "+" and "+bootparams" are. */
bool bootparams_is_own_map(const struct bootparams_entry *map);
/* The value of a key, "server:path", in the words of an entry.  False: the
 * machine has none. */
bool bootparams_value(const struct bootparams_entry *e, struct span key,
		      struct span *value);
/* The same in one word "key=value": false if it is of another key. */
bool bootparam_value(struct span w, struct span key, struct span *value);
/* A value's parts.  Without a colon it is all path, and the server's name is
 * empty, as later servers had it. */
void bootparam_split(struct span value, struct span *server, struct span *path);

#endif
