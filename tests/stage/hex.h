/*
 * Fixtures as people write them: bytes in hexadecimal.
 */
#ifndef MUSTER_STAGE_HEX_H
#define MUSTER_STAGE_HEX_H

#include <stddef.h>
#include <stdint.h>

/* Text such as "a06b 0238b5" to bytes; spaces count for nothing.  How many
 * bytes there were; anything but whole bytes that fit is an assertion. */
size_t hex(const char *text, uint8_t *to, size_t room);

#endif
