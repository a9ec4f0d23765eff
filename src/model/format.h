/*
 * Files that people have, and what of a directory they hold: one table of
 * formats, each read into a draft and written from one.
 *
 * Reading stops at the first line that is wrong; nothing is guessed.  What a
 * file says and a directory has no place for is remarked upon, and so is what a
 * directory holds and a file has no place for: nothing is dropped in silence.
 */
#ifndef MUSTER_MODEL_FORMAT_H
#define MUSTER_MODEL_FORMAT_H

#include "base/sheet.h"
#include "model/draft.h"
#include "model/ifconfig.h" /* struct complaint */

enum { FORMAT_DIRECTORIES = 2 };

struct format {
	const char *name;
	/* At the top of a domain; none: any directory, with all below it, is
	 * the draft's root. */
	const char *directories[FORMAT_DIRECTORIES];
	/* Properties that the file does not name stay, if nobody says
	 * otherwise. */
	bool merges;
	/* A line's name says only which entry it is about: names that the
	 * entry has besides stay when merging. */
	bool names_one;
	/* A property by which entries of one name differ; NULL: none. */
	const char *key;
	/* For format_read(); NULL: it is only written. */
	bool (*read)(struct draft *d, struct span text, struct complaint *why);
	/* The draft gets remarks. */
	void (*write)(struct draft *d, struct sheet *to);
};

/* Read a whole file into an empty draft.  False, and why not, with the line. */
bool format_read(const struct format *f, struct draft *d, struct span text,
		 struct complaint *why);
/* NULL: there is none. */
const struct format *format_named(const char *name);
/* The i-th; NULL: there are no more. */
const struct format *format_at(unsigned i);

#endif
