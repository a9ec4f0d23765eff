/*
 * Boot scripts.  A line is a row of words; a word that would make iPXE do more
 * than load and boot (a variable, a second command, a continuation) is refused,
 * so that the two never do different things with one script.
 */
#include "wire/script.h"

#include <string.h>

enum { MAGIC = 6 }; /* bytes of #!ipxe */

static bool is_space(char c)
{
	return c == ' ' || c == '\t';
}

static bool has_control(struct script_part v)
{
	for (size_t i = 0; i < v.len; i++)
		if ((unsigned char)v.s[i] < ' ' && v.s[i] != '\t')
			return true;
	return false;
}

static bool is_word(struct script_part v, const char *word)
{
	return v.len == strlen(word) && !memcmp(v.s, word, v.len);
}

static bool begins(struct script_part v, const char *with)
{
	size_t n = strlen(with);

	return v.len >= n && !memcmp(v.s, with, n);
}

bool script_is(const char *s, size_t len)
{
	struct script_part v = {s, len};

	if (!begins(v, "#!ipxe"))
		return false;
	return len == MAGIC || is_space(s[MAGIC]) || s[MAGIC] == '\n' ||
	       s[MAGIC] == '\r';
}

/* Cut the next word off the front; its length is 0 at the end. */
static struct script_part word_next(struct script_part *line)
{
	struct script_part word;

	while (line->len && is_space(*line->s)) {
		line->s++;
		line->len--;
	}
	word = (struct script_part){line->s, 0};
	while (word.len < line->len && !is_space(word.s[word.len]))
		word.len++;
	line->s += word.len;
	line->len -= word.len;
	return word;
}

static bool has_variable(struct script_part v)
{
	for (size_t i = 0; i + 1 < v.len; i++)
		if (v.s[i] == '$' && v.s[i + 1] == '{')
			return true;
	return false;
}

/*
 * The line without the comment behind it and without space around it.  False
 * if a word in it is not for us.
 */
static bool line_trim(struct script_part *line)
{
	struct script_part rest = *line, word = word_next(&rest);
	struct script_part kept = {word.s, 0};

	for (; word.len && *word.s != '#'; word = word_next(&rest)) {
		kept.len = (size_t)(word.s - kept.s) + word.len;
		if (is_word(word, "||") || is_word(word, "&&") ||
		    is_word(word, ";") || has_variable(word) ||
		    has_control(word))
			return false;
	}
	*line = kept;
	/* A backslash at the end glues the next line on. */
	return !kept.len || kept.s[kept.len - 1] != '\\';
}

/* The first word that is no option.  --name and --timeout have a value, which
 * may be the word behind them. */
static struct script_part operand(struct script_part *line)
{
	struct script_part word = word_next(line);

	while (begins(word, "--")) {
		if (is_word(word, "--name") || is_word(word, "--timeout"))
			word_next(line);
		word = word_next(line);
	}
	return word;
}

/* A backslash there would glue lines once we write it at the end of one. */
static bool is_address(struct script_part v)
{
	return v.len && v.s[0] != '-' && v.s[v.len - 1] != '\\';
}

static bool on_kernel(struct script *k, struct script_part rest)
{
	if (k->kernel.len)
		return false;
	k->kernel = operand(&rest);
	/* The line is trimmed: all behind the next space is arguments. */
	struct script_part first = word_next(&rest);
	k->arguments = (struct script_part){
		first.s, (size_t)(rest.s - first.s) + rest.len};
	return is_address(k->kernel);
}

static bool on_initrd(struct script *k, struct script_part rest)
{
	struct script_part url = operand(&rest);

	if (!is_address(url) || k->initrds == SCRIPT_INITRDS)
		return false;
	k->initrd[k->initrds++] = url;
	return true;
}

/* One line, in which a name after boot would start some other image. */
static bool on_line(struct script *k, struct script_part line)
{
	struct script_part command;

	if (!line_trim(&line))
		return false;
	command = word_next(&line);
	if (is_word(command, "kernel"))
		return on_kernel(k, line);
	if (is_word(command, "initrd"))
		return on_initrd(k, line);
	if (is_word(command, "boot")) {
		k->boots = true;
		return k->kernel.len && !operand(&line).len;
	}
	if (is_word(command, "imgfree"))
		return !k->kernel.len && !k->initrds;
	return !command.len || is_word(command, "echo");
}

bool script_get(struct script *k, const char *s, size_t len, unsigned *line)
{
	const char *end = s + len;

	*k = (struct script){0};
	*line = 1;
	if (!script_is(s, len))
		return false;
	/* Nothing behind `boot` is ever reached. */
	for (; s < end && !k->boots; ++*line) {
		const char *nl = memchr(s, '\n', (size_t)(end - s));
		struct script_part v = {s, (size_t)((nl ? nl : end) - s)};

		s += v.len + (nl != NULL);
		if (v.len && v.s[v.len - 1] == '\r')
			v.len--;
		if (!on_line(k, v))
			return false;
	}
	return true;
}

/* A part with a line break in it would be a command of its own, one with a
 * backslash at its end would swallow the next. */
static void part_put(struct text *t, const char *before, struct script_part v)
{
	if (has_control(v) || (v.len && v.s[v.len - 1] == '\\')) {
		t->full = true;
		return;
	}
	text_add(t, before);
	text_bytes(t, v.s, v.len);
}

static void command_put(struct text *t, const char *command,
			struct script_part url, struct script_part arguments)
{
	part_put(t, command, url);
	if (arguments.len)
		part_put(t, " ", arguments);
}

void script_put(struct text *t, const struct script *k)
{
	text_add(t, "#!ipxe\n");
	if (k->kernel.len) {
		command_put(t, "kernel ", k->kernel, k->arguments);
		if (k->kernel_else.len)
			command_put(t, " || kernel ", k->kernel_else,
				    k->arguments);
		text_add(t, "\n");
	}
	for (unsigned i = 0; i < k->initrds; i++) {
		part_put(t, "initrd ", k->initrd[i]);
		if (k->initrd_else[i].len)
			part_put(t, " || initrd ", k->initrd_else[i]);
		text_add(t, "\n");
	}
	if (k->boots)
		text_add(t, "boot\n");
}
