/*
 * Put a hierarchy into a store that no daemon has open, from lines
 *
 *	domain ID PARENT PROPERTIES
 *	entry DOMAIN ID PARENT PROPERTIES
 *
 * with PROPERTIES as in name=wendy,w;serves: for tests that want other domains
 * than the first, or what a command would refuse.
 */
#include "model/directory.h"
#include "store/store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool props(char *text, uint8_t *room, size_t len, struct plist *to)
{
	struct plist_out o = plist_begin(room, len);
	char *one;

	while ((one = strsep(&text, ";")) != NULL) {
		char *values = one, *name = strsep(&values, "=");

		plist_add(&o, name);
		while (values)
			plist_add_value(&o, strsep(&values, ","));
	}
	return plist_end(&o, to);
}

/* *text becomes the properties.  False: it is no such line. */
static bool parse(char **text, struct change *c)
{
	char *word = strsep(text, " ");
	uint32_t n[3] = {0};
	unsigned want = 3;

	if (!word ||
	    (strcmp(word, "domain") != 0 && strcmp(word, "entry") != 0))
		return false;
	if (*word == 'd')
		want = 2;
	for (unsigned i = 0; i < want; i++) {
		word = strsep(text, " ");
		n[i] = word ? (uint32_t)strtoul(word, NULL, 10) : 0;
	}
	if (!*text)
		return false;
	*c = (struct change){.kind = CHANGE_ENTRY_PUT,
			     .domain = n[0],
			     .id = n[1],
			     .parent = n[2],
			     .instance = 1};
	if (want == 2)
		*c = (struct change){.kind = CHANGE_DOMAIN_PUT,
				     .domain = n[0],
				     .id = n[0],
				     .parent = n[1],
				     .instance = 1};
	return true;
}

enum { LINE = 4096, BATCH = 512 };

struct batch {
	struct change change[BATCH];
	struct commit commit[BATCH];
	uint8_t room[BATCH][LINE];
	size_t n;
};

static int commit(struct store *s, struct batch *b)
{
	uint64_t revision;
	int rc = b->n ? s->ops->commit(s, b->commit, b->n, &revision) : 0;

	for (size_t i = 0; i < b->n && !rc; i++)
		rc = b->commit[i].rc;
	b->n = 0;
	return rc;
}

static int add(struct batch *b, char *line)
{
	struct change *c = &b->change[b->n];

	line[strcspn(line, "\n")] = '\0';
	if (!parse(&line, c) || !props(line, b->room[b->n], LINE, &c->props))
		return -EINVAL;
	b->commit[b->n++] = (struct commit){.change = c};
	return 0;
}

int main(int argc, char **argv)
{
	static struct batch b;
	char line[LINE], why[256] = "";
	struct store *s;
	int rc = 0;

	if (argc != 2 || store_sqlite_open(&s, argv[1], why, sizeof why)) {
		fprintf(stderr, "directory_fill: %s\n", why);
		return 1;
	}
	while (!rc && fgets(line, sizeof line, stdin)) {
		rc = add(&b, line);
		if (!rc && b.n == BATCH)
			rc = commit(s, &b);
	}
	if (!rc)
		rc = commit(s, &b);
	if (rc)
		fprintf(stderr, "directory_fill: %s: %s\n", line,
			strerror(-rc));
	s->ops->close(s);
	return rc != 0;
}
