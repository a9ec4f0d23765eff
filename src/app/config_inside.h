/*
 * The parts of config.c: the keys, their values, and the text of a file before
 * libconfuse sees it.
 */
#ifndef MUSTER_APP_CONFIG_INSIDE_H
#define MUSTER_APP_CONFIG_INSIDE_H

#include "app/config.h"
#include "base/text.h"

struct key;

/*
 * Turn the text of one value into what the key keeps, at `to`.  False: `why`
 * has grown by the reason, in words that go on from the key's name, and *to is
 * unchanged.
 */
typedef bool value_read(const struct key *k, const char *value, void *to,
			struct text *why);

/* One key.  What it keeps are `slots` fields, one behind the other: of struct
 * subnet in a subnet, of struct loader in a loader, else of struct config. */
struct key {
	const char *section; /* "" outside all sections */
	const char *name;
	value_read *read;
	size_t at, size;
	unsigned slots;           /* more than one: a list */
	uint64_t min, max;        /* of a number; of a text's length */
	const char *const *words; /* allowed ones, by number; NULL ends */
};

/* The i-th of all keys, those of a section together; NULL ends. */
const struct key *key_number(size_t i);
/* NULL if the section has none of that name. */
const struct key *key_named(const char *section, const char *name);
/* Say that there is no such key, and which one may have been meant. */
void key_missing(const char *section, const char *name, struct text *why);

value_read read_text, read_path, read_word, read_bool, read_number, read_time,
	read_size, read_rate, read_ip, read_group, read_groups, read_ports,
	read_range, read_exclude, read_router, read_link, read_url, read_user,
	read_host_names, read_net, read_domain, read_endpoint, read_prefix,
	read_wait;

/* The title of a subnet: its network and mask. */
bool subnet_title(const char *title, struct subnet *s, struct text *why);
/* The title of a loader: an architecture's number or name. */
bool loader_title(const char *title, uint16_t *arch, struct text *why);

/*
 * Read one value into its field in *base, the i-th of a list, where the first
 * throws away what was there.  False: `why` has grown by the key and the
 * reason.
 */
bool config_apply(const struct key *k, void *base, unsigned i,
		  const char *value, struct text *why);
/* The empty value, or list. */
void config_clear(const struct key *k, void *base);
/* Whether what is right by itself also goes together; else `why` grows. */
bool config_fits(const struct settings *s, struct text *why);
/* A copy to change, and the copy, free of faults, as the configuration.  In
 * between, a subnet that says no lease time has 0. */
void config_begin(struct config *next, const struct config *c);
void config_commit(struct config *c, struct config *next);

static inline void text_restart(struct text *t)
{
	*t = text_over(t->s, t->room);
}

/*
 * Make len bytes of a file ready for libconfuse, in room for 2 * len + 2 bytes
 * at `to`: no comments (it miscounts the lines of some), no $ with a meaning
 * (it would read the environment), nothing left open (it would take the end of
 * the file for the missing brace, and the next file for the rest of a string).
 * Lines stay where they are.  False: *line and *what say what is wrong.
 */
bool config_clean(const char *from, size_t len, char *to, unsigned *line,
		  const char **what);

#endif
