/*
 * The names and levels of the note codes, from the one list in the header.
 */
#include "engine/note.h"

#include <stddef.h>

static const struct {
	const char *name;
	enum note_level level;
} notes[] = {
#define X(code, name, level) {name, NOTE_##level},
	NOTE_CODES(X)
#undef X
};

enum { NOTES = sizeof(notes) / sizeof(notes[0]) };

const char *note_name(unsigned code)
{
	return code < NOTES ? notes[code].name : "unknown";
}

enum note_level note_level(unsigned code)
{
	return code < NOTES ? notes[code].level : NOTE_ERROR;
}
