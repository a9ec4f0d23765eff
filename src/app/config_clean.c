/*
 * The text of a configuration file, as libconfuse can be trusted with it.  Its
 * scanner is one for the whole process and remembers what a broken file left
 * open, which a daemon that reads its files again must not depend on.  So what
 * stands open is found here, with the line where it began.
 */
#include "app/config_inside.h"

#include <string.h>

enum { BRACES = 4 };

struct clean {
	const char *p, *end;
	char *to;
	unsigned line;
	unsigned opened[BRACES]; /* lines of the braces that are open */
	unsigned depth;
	const char *what;
};

static bool fail(struct clean *c, unsigned line, const char *what)
{
	c->line = line;
	c->what = what;
	return false;
}

static void keep(struct clean *c)
{
	if (*c->p == '\n')
		c->line++;
	*c->to++ = *c->p++;
}

static bool is_at(const struct clean *c, const char *s)
{
	size_t len = strlen(s);

	return (size_t)(c->end - c->p) >= len && !memcmp(c->p, s, len);
}

static void skip_to_line_end(struct clean *c)
{
	while (c->p < c->end && *c->p != '\n')
		c->p++;
}

static bool skip_comment(struct clean *c)
{
	unsigned began = c->line;

	for (c->p += 2; c->p < c->end; c->p++) {
		if (is_at(c, "*/")) {
			c->p += 2;
			*c->to++ = ' ';
			return true;
		}
		if (*c->p == '\n') {
			*c->to++ = '\n';
			c->line++;
		}
	}
	return fail(c, began, "the comment that begins here has no end");
}

/* \$ is a dollar for libconfuse, between double quotes. */
static bool keep_string(struct clean *c)
{
	unsigned began = c->line;
	char quote = *c->p;

	for (keep(c); c->p < c->end; keep(c)) {
		if (*c->p == quote) {
			keep(c);
			return true;
		}
		if (*c->p == '\\' && c->end - c->p > 1) {
			/* An octal that is none would end in mid-string. */
			if (c->p[1] >= '0' && c->p[1] <= '9')
				return fail(c, c->line,
					    "no digit may follow a backslash");
			keep(c);
		} else if (*c->p == '$' && quote == '"') {
			*c->to++ = '\\';
		}
	}
	return fail(c, began, "the string that begins here has no end");
}

static bool keep_brace(struct clean *c)
{
	if (*c->p == '{') {
		if (c->depth == BRACES)
			return fail(c, c->line, "too many { inside each other");
		c->opened[c->depth++] = c->line;
	} else if (!c->depth) {
		return fail(c, c->line, "there is no { for this }");
	} else {
		c->depth--;
	}
	keep(c);
	return true;
}

static bool clean_next(struct clean *c)
{
	if (*c->p == '#' || is_at(c, "//")) {
		skip_to_line_end(c);
		return true;
	}
	if (is_at(c, "/*"))
		return skip_comment(c);
	if (*c->p == '"' || *c->p == '\'')
		return keep_string(c);
	if (*c->p == '{' || *c->p == '}')
		return keep_brace(c);
	if (*c->p == '$')
		return fail(c, c->line, "a $ has to stand between quotes");
	keep(c);
	return true;
}

bool config_clean(const char *from, size_t len, char *to, unsigned *line,
		  const char **what)
{
	struct clean c = {.p = from, .end = from + len, .to = to, .line = 1};
	bool ok = true;

	if (memchr(from, 0, len))
		ok = fail(&c, 1, "this is no text");
	while (ok && c.p < c.end)
		ok = clean_next(&c);
	if (ok && c.depth)
		ok = fail(&c, c.opened[c.depth - 1],
			  "there is no } for this {");
	*c.to++ = ' '; /* fmemopen wants a byte */
	*c.to = 0;
	*line = c.line;
	*what = c.what;
	return ok;
}
