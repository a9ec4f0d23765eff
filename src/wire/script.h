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
};

/* True if the text begins with #!ipxe. */
bool script_is(const char *s, size_t len);
/*
 * False if the text is no script or uses a command that we do not know; *line
 * is then the number, from 1, of the offending line.  Known besides the four:
 * comments, empty lines, `imgfree`, `echo`, options beginning with --.
 */
bool script_get(struct script *k, const char *s, size_t len, unsigned *line);
void script_put(struct text *t, const struct script *k);

#endif
