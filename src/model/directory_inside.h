/*
 * The inside of the directory, for its own files only.
 *
 * An entry lives in a slot for all its life.  Slots come in blocks that never
 * move, so growing copies nothing and a pointer to an entry is good until that
 * entry goes.  Each block is twice as large as the one before, so that there
 * are few of them, and of many entries nearly all stand in blocks that are
 * worth large pages.  Slot 0 is nobody's: it ends lists.
 */
#ifndef MUSTER_MODEL_DIRECTORY_INSIDE_H
#define MUSTER_MODEL_DIRECTORY_INSIDE_H

#include "base/hash.h"
#include "model/directory.h"

enum {
	SLOTS_BITS = 10,
	SLOTS = 1 << SLOTS_BITS, /* of the first block */
	BLOCKS = 31 - SLOTS_BITS,
};

/* What only the root of a domain needs. */
struct slot_root {
	uint32_t up;       /* the root of the domain that this one climbs to */
	uint32_t below;    /* how many domains climb to this one */
	uint32_t machines; /* the entry whose children are its machines */
	uint32_t checksum; /* domain_checksum(), but for 0 */
};

/* A machine's first addresses: nearly all look-ups ask for these, and need not
 * fetch the property list from where it lies. */
struct slot_machine {
	uint32_t ip;
	uint8_t mac[6];
	bool has_mac;
};

/* In an order that keeps what a look-up reads in one cache line. */
struct slot {
	union {
		struct slot_root root;
		struct slot_machine machine;
	};
	struct entry e; /* e.id 0: free, and e.next is the next such */
	uint32_t prev;  /* the one before in its list */
	uint32_t last;  /* its own last child */
};

/* What entries are found by, besides the id. */
enum key_kind { KEY_NAME, KEY_HW, KEY_IP, KEYS };

struct key {
	enum key_kind kind;
	uint32_t scope; /* a name: the parent's id; an address: the domain */
	const char *name;
	size_t len;
	struct hwaddr hw;
	uint32_t ip;
};

enum { PROPS_CLASSES = 65 };

struct props_block {
	struct props_block *next;
	size_t size, used; /* bytes; the lists follow */
};

struct props_room {
	struct props_block *blocks; /* the newest first */
	void *free[PROPS_CLASSES];  /* each begins with a pointer to the next */
};

struct directory {
	struct alloc alloc;
	struct props_room room;
	uint64_t seed;
	struct slot *blocks[BLOCKS];
	uint32_t n_blocks;
	uint32_t used; /* slots that were ever taken, slot 0 among them */
	uint32_t free; /* the first slot given back */
	uint32_t next_id;
	uint32_t machines;
	uint64_t writes; /* directory_writes() */
	struct index by_id;
	struct index by_key[KEYS];
	struct index by_mark; /* entry_marked() */
	uint32_t *roots;      /* all domains, in order of their ids */
	uint32_t n_roots, most_roots;
	struct journal *journal; /* of changes that may be taken back */
};

static inline struct slot *slot_at(const struct directory *d, uint32_t at)
{
	uint32_t n = at + SLOTS;
	unsigned b = 31 - SLOTS_BITS - (unsigned)__builtin_clz(n);

	return &d->blocks[b][n - ((uint32_t)SLOTS << b)];
}

/* 0: no such entry. */
uint32_t slot_by_id(const struct directory *d, uint32_t id);
/* The root of the domain; 0: no such domain. */
uint32_t domain_root(const struct directory *d, uint32_t domain);
static inline bool slot_is_root(const struct slot *s)
{
	return s->e.id == s->e.domain;
}

/* The entry's list of values for one kind of key, one after the other; *bad is
 * set, and the value passed over, if it is no such address. */
struct key_walk {
	const struct entry *e;
	struct rd list, values;
	unsigned kinds; /* bits 1 << enum key_kind */
	struct key key;
	bool bad;
};
/* The kinds of key by which a child of this entry is found. */
unsigned keys_below(const struct directory *d, const struct entry *parent);
struct key_walk keys_of(const struct entry *e, const struct plist *props,
			unsigned kinds);
bool key_next(struct key_walk *w);
/* Whether an entry has the keys of this list, in that order, and the list no
 * bad ones: then no index knows the difference. */
bool keys_stay(const struct entry *e, const struct plist *props,
	       unsigned kinds);
/* The entry with a key, the lowest id if there are several; 0: none. */
uint32_t slot_by_key(const struct directory *d, const struct key *k);
/* All of them, in no order: *walk is 0 at first; false ends. */
bool slot_with_key(const struct directory *d, const struct key *k,
		   uint32_t *walk, uint32_t *at);
/* Enter the entry's present keys into the indexes: 0, or -ENOMEM and they are
 * as they were. */
int keys_add(struct directory *d, uint32_t at, const struct plist *props,
	     unsigned kinds);
void keys_remove(struct directory *d, uint32_t at, const struct plist *props,
		 unsigned kinds);
/* directory_mark.c: the same of marks; keys_add(), keys_remove() and
 * keys_stay() see to them. */
int mark_add(struct directory *d, uint32_t at, const struct plist *props);
void mark_remove(struct directory *d, uint32_t at, const struct plist *props);
bool mark_stays(const struct plist *is, const struct plist *to);
/* The entry has its properties: keep the first addresses, if it is a machine.
 */
void keys_note(struct slot *s, unsigned kinds);

/* directory_props.c: a copy of a property list: 0 or -ENOMEM. */
int props_copy(struct directory *d, const struct plist *from, struct plist *to);
void props_drop(struct directory *d, const struct plist *props);
/* Those of all slots. */
void props_close(struct directory *d);

/* domain.c: the list of domains.  Room for one more: 0 or -ENOMEM; after that,
 * adding can't fail. */
int roots_reserve(struct directory *d);
void roots_add(struct directory *d, uint32_t at);
void roots_remove(struct directory *d, uint32_t at);
/* The child domain by its name, 0: none. */
uint32_t root_below(const struct directory *d, uint32_t parent,
		    const char *name, size_t len);

/* The entry's id into the index of ids: 0 or -ENOMEM. */
int id_add(struct directory *d, uint32_t at);
void id_remove(struct directory *d, uint32_t at);
/* What a change replaced: enough to take it back. */
enum journal_kind { JOURNAL_NEW, JOURNAL_EDIT, JOURNAL_LEAF };

struct journal_line {
	enum journal_kind kind;
	uint32_t at;
	struct slot was; /* but NEW; it has its property list */
};

struct journal {
	struct journal_line *v;
	size_t n, most;
	uint32_t next_id; /* as it was */
};

/* Before a change: room for one more line, if there is a journal.  0 or
 * -ENOMEM. */
int journal_room(struct directory *d);
/* The slot is as it was.  True if the journal has its property list now. */
bool journal_add(struct directory *d, enum journal_kind kind, uint32_t at);

/* directory_change.c: check and make a change, which must be the next one of
 * its entry. */
int change_strictly(struct directory *d, const struct change *c,
		    uint32_t *other);
/* The entry, if there is one, has no properties, in the same instance; one that
 * is called "machines" stays as it is.  0 or -ENOMEM. */
int change_blank(struct directory *d, uint32_t id);
/* Taken back in the opposite order, these need no memory. */
void undo_new(struct directory *d, uint32_t at);
void undo_edit(struct directory *d, uint32_t at, const struct slot *was);
void undo_leaf(struct directory *d, uint32_t at, const struct slot *was);

/* A fresh slot, all zero, or 0: no memory. */
uint32_t slot_take(struct directory *d);
void slot_give(struct directory *d, uint32_t at);

#endif
