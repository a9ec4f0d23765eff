/*
 * The console's words.
 */
#include "engine/console.h"

#include "engine/note.h"

#include <string.h>

static const char *const texts[CONSOLES] = {
	[CONSOLE_SERVER] = "",
	[CONSOLE_NO_ADDRESS] =
		("No response from network configuration server.\n"
		 "Type Control-C to start up computer without a network\n"
		 "connection."),
	[CONSOLE_NO_MASK] = "ioctl (SIOCAUTONETMASK) timed out",
	[CONSOLE_NO_NAME] =
		("Configuration server not responding to request for hostname\n"
		 "Do nothing to keep waiting or press 'c' to continue."),
};

const char *console_text(enum console message)
{
	return texts[message];
}

void console_say(struct effects *fx, enum console message)
{
	struct note *n = effects_note(fx, NOTE_CONSOLE);

	n->a = message;
	n->text = texts[message];
}

void console_show(struct effects *fx, const char *text)
{
	struct note *n = effects_note(fx, NOTE_CONSOLE);

	n->a = CONSOLE_SERVER;
	n->text = effects_text(fx, text, strlen(text));
}

void console_ask(struct effects *fx, const char *text, bool echoes)
{
	struct note *n = effects_note(fx, NOTE_CONSOLE_PROMPT);

	n->a = echoes;
	n->text = effects_text(fx, text, strlen(text));
}
