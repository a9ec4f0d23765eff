/*
 * The kinds of notes, from the one list in the header.
 */
#include "engine/note.h"

static const struct note_kind kinds[] = {
#define X(code, name, level, a, b, text) {name, NOTE_##level, a, b, text},
	NOTE_CODES(X)
#undef X
		{"unknown", NOTE_ERROR, "", "", ""}};

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) - 1 };

const struct note_kind *note_kind(unsigned code)
{
	return &kinds[code < KINDS ? code : KINDS];
}
