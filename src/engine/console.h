/*
 * What a machine that starts up says on its console, word for word as NEXTSTEP
 * 3.3 said it.  It leaves an engine as NOTE_CONSOLE, whose a is the number and
 * whose text the words; a text of a server comes as CONSOLE_SERVER.
 */
#ifndef MUSTER_ENGINE_CONSOLE_H
#define MUSTER_ENGINE_CONSOLE_H

#include "engine/effects.h"

enum console {
	CONSOLE_SERVER,     /* what a server wants to be shown: no own words */
	CONSOLE_NO_ADDRESS, /* nobody has answered for 20 s */
	CONSOLE_NO_MASK,    /* nobody has said which mask, after five retries */
	CONSOLE_NO_NAME,    /* nobody has said which name, for 45 s */
	CONSOLES,
};

/* Lines with line breaks between them, none at the end; "" for SERVER. */
const char *console_text(enum console message);
void console_say(struct effects *fx, enum console message);
/* A server's text; NUL-terminated, whatever it holds. */
void console_show(struct effects *fx, const char *text);
/* Ask for a line: NOTE_CONSOLE_PROMPT, a is whether its typing is echoed. */
void console_ask(struct effects *fx, const char *text, bool echoes);

#endif
