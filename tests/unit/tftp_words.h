/*
 * Requests as a test writes them: "NAME OPTION=VALUE ...".
 */
#ifndef MUSTER_TESTS_TFTP_WORDS_H
#define MUSTER_TESTS_TFTP_WORDS_H

#include "wire/tftp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* "blksize=1428" and the like, into a request. */
static inline void option(struct wr *w, char *text)
{
	char *value = strchr(text, '=');

	assert_non_null(value);
	*value++ = '\0';
	wr_cstr(w, text);
	wr_cstr(w, value);
}

/* "NAME OPTION=VALUE ..." as a packet; its length. */
static inline size_t request(uint8_t *to, size_t room, enum tftp_op op,
			     const char *mode, const char *text)
{
	char *words = strdup(text), *rest = words, *word;
	struct wr w = wr_over(to, room);

	wr_u16(&w, (uint16_t)op);
	wr_cstr(&w, strsep(&rest, " "));
	wr_cstr(&w, mode);
	while ((word = strsep(&rest, " ")))
		option(&w, word);
	assert_false(w.bad);
	free(words);
	return wr_len(&w);
}

#endif
