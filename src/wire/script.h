/*
 * Boot scripts: the small part of iPXE's script language that loads a kernel
 * with its initrds and starts it.
 *
 *	#!ipxe
 *	kernel URL ARGUMENTS...
 *	initrd URL
 *	boot
 *
 * Our server writes them, iPXE and our client read them.
 */
#ifndef MUSTER_WIRE_SCRIPT_H
#define MUSTER_WIRE_SCRIPT_H

#include "base/cursor.h"
#include "base/text.h"

enum { SCRIPT_INITRDS = 4 };

struct script_part {
	const char *s; /* inside the script's text; not NUL-terminated */
	size_t len;
};

struct script {
	struct script_part kernel, arguments;
	struct script_part initrd[SCRIPT_INITRDS];
	unsigned initrds;
	bool boots; /* a `boot` line was there */
	/* Only to write: where else to load it from if that fails.  Our own
	 * client does not read such lines. */
	struct script_part kernel_else, initrd_else[SCRIPT_INITRDS];
};

/* True if the text begins with #!ipxe. */
bool script_is(const char *s, size_t len);
/*
 * False if the text is no script or asks for more than we know; *line is then
 * the number, from 1, of the offending line.  Known besides the four: comments,
 * empty lines, `echo`, `imgfree` before anything is loaded, options beginning
 * with --.  Refused are other commands, a second kernel, `boot` without a
 * kernel or with a name, more than SCRIPT_INITRDS initrds, the words || && and
 * ;, variables ${...}, labels, a backslash at the end of a line or of
 * an address, control characters.  Lines behind `boot` are not read.  An
 * initrd's arguments are passed over.
 */
bool script_get(struct script *k, const char *s, size_t len, unsigned *line);
/* A part that holds a control character, such as a line break, or ends in a
 * backslash is not written: t->full is set as if it did not fit. */
void script_put(struct text *t, const struct script *k);

#endif
