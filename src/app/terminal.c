/*
 * The terminal.  Control-C stays a signal in all modes, so it works even when
 * nothing else does.
 */
#include "app/terminal.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void set_modes(struct terminal *t, tcflag_t on, tcflag_t off, int when)
{
	struct termios now = t->before;

	if (!t->is_ours)
		return;
	now.c_lflag |= on;
	now.c_lflag &= ~off;
	now.c_cc[VMIN] = 1;
	now.c_cc[VTIME] = 0;
	(void)tcsetattr(STDIN_FILENO, when, &now);
}

static void take(struct terminal *t, char c)
{
	if (!t->wants_lines) {
		if (c != '\n')
			t->key(t->arg, c);
		return;
	}
	if (c != '\n') {
		if (t->len < sizeof(t->line))
			t->line[t->len++] = c;
		return;
	}
	if (t->len && t->line[t->len - 1] == '\r')
		t->len--;
	t->typed(t->arg, t->line, t->len);
	t->len = 0;
}

static void unwatch(struct terminal *t)
{
	if (t->is_watched)
		loop_unwatch(t->loop, &t->watch);
	t->is_watched = false;
}

static void on_ready(void *arg, unsigned events)
{
	struct terminal *t = arg;
	char bytes[TERMINAL_LINE];
	ssize_t n = read(STDIN_FILENO, bytes, sizeof(bytes));

	(void)events;
	/* The end of a file, or of a terminal: nobody is there. */
	if (n <= 0)
		unwatch(t);
	for (ssize_t i = 0; i < n; i++)
		take(t, bytes[i]);
	explicit_bzero(bytes, sizeof(bytes));
}

void terminal_open(struct terminal *t, struct loop *loop)
{
	t->loop = loop;
	t->len = 0;
	t->wants_lines = false;
	/* A process in the background would be stopped. */
	t->is_ours = tcgetpgrp(STDIN_FILENO) == getpgrp() &&
		     !tcgetattr(STDIN_FILENO, &t->before);
	t->watch =
		(struct watch){.fd = STDIN_FILENO, .arg = t, .ready = on_ready};
	t->is_watched = !loop_watch(loop, &t->watch, LOOP_READ);
	terminal_keys(t);
}

void terminal_close(struct terminal *t)
{
	unwatch(t);
	set_modes(t, 0, 0, TCSADRAIN);
	explicit_bzero(t->line, sizeof(t->line));
}

void terminal_keys(struct terminal *t)
{
	t->wants_lines = false;
	set_modes(t, ISIG, ICANON | ECHO, TCSADRAIN);
}

void terminal_lines(struct terminal *t, bool echoes)
{
	t->wants_lines = true;
	t->len = 0;
	if (echoes)
		set_modes(t, ISIG | ICANON | ECHO, 0, TCSAFLUSH);
	else
		set_modes(t, ISIG | ICANON | ECHONL, ECHO, TCSAFLUSH);
}

void terminal_print(const char *text)
{
	for (; *text; text++) {
		if (*text == '\n' || (*text >= ' ' && *text <= '~'))
			putchar(*text);
		else
			printf("\\x%02x", (unsigned char)*text);
	}
}
