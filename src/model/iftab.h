/*
 * NEXTSTEP's /etc/iftab: how each network interface is configured.
 *
 *	-1-   inet -HOSTCONFIG-
 *	en1   inet !/etc/special $if
 *	*     inet -AUTOMATIC- netmask -AUTOMATIC- -trailers up
 *
 * Fields are split by blanks.  The first is a name, a pattern with *, or -1-,
 * the first interface; the second is `inet`; the rest is -HOSTCONFIG- (build it
 * from hostconfig), !COMMAND, or what ifconfig(8) gets.  Each interface is held
 * against the lines in their order, and the first that fits counts.
 */
#ifndef MUSTER_MODEL_IFTAB_H
#define MUSTER_MODEL_IFTAB_H

#include "model/ifconfig.h"

enum iftab_kind { IFTAB_HOSTCONFIG, IFTAB_COMMAND, IFTAB_IFCONFIG };

/* The spans are in the file's text. */
struct iftab_line {
	enum iftab_kind kind;
	unsigned number;          /* in the file, from 1 */
	struct span interface;    /* as it is written */
	struct span words;        /* behind `inet`; a COMMAND's without the ! */
	struct ifconfig ifconfig; /* of kind IFTAB_IFCONFIG */
};

enum { IFTAB_LINES = 64, IFTAB_WORDS = 256, IFTAB_LONGEST = 65536 };

struct iftab {
	struct iftab_line v[IFTAB_LINES];
	unsigned n;
};

/*
 * Read the whole file; `text` must live as long as *t.  Lines that are blank or
 * begin with # are left out; outside commands a word that begins with # begins
 * a comment.  False, and a complaint with the line's number, for another
 * family, words that ifconfig_get() does not take, -1 or another word in dashes
 * for an interface, an empty command, a line of more than IFTAB_WORDS bytes
 * behind `inet`, or more than IFTAB_LINES lines.
 */
bool iftab_get(struct iftab *t, const char *text, size_t len,
	       struct complaint *why);

/* The line for an interface; NULL: there is none.  is_first: it is the first
 * of the machine.  The loopback (lo, lo0) is none of those that * and -1-
 * mean: only a name or pattern that begins with "lo" fits it. */
const struct iftab_line *iftab_find(const struct iftab *t, const char *name,
				    bool is_first);

#endif
