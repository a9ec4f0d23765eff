/*
 * Fixtures in hexadecimal.  A typing error in a fixture must not pass as a
 * shorter fixture, so it stops the test.
 */
#include "stage/hex.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>

static uint8_t digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = memchr(digits, tolower((unsigned char)c), 16);

	assert(at);
	return (uint8_t)(at - digits);
}

size_t hex(const char *text, uint8_t *to, size_t room)
{
	size_t digits = 0;

	for (; *text; text++) {
		if (isspace((unsigned char)*text))
			continue;
		assert(digits / 2 < room);
		if (digits % 2 == 0)
			to[digits / 2] = (uint8_t)(digit(*text) << 4);
		else
			to[digits / 2] |= digit(*text);
		digits++;
	}
	assert(digits % 2 == 0);
	return digits / 2;
}
