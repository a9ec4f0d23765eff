/*
 * Tables.  All cells are kept until the last is there, since how wide a column
 * is, only then one knows.
 */
#include "app/table.h"

#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *enough(void *memory)
{
	if (!memory) {
		fprintf(stderr, "muster: %s\n", strerror(ENOMEM));
		exit(EXIT_FAILURE);
	}
	return memory;
}

/* Cells hold what others wrote, such as host names. */
static char *plain(const char *text)
{
	char *copy = enough(strdup(*text ? text : "-"));

	for (char *p = copy; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = '?';
	return copy;
}

void table_open(struct table *t, const char *const *headings, unsigned columns)
{
	*t = (struct table){.columns = columns};
	for (unsigned i = 0; i < columns; i++)
		table_add(t, headings[i]);
}

void table_add(struct table *t, const char *text)
{
	if (t->n == t->room) {
		t->room = t->room ? 2 * t->room : 64;
		t->cells =
			enough(realloc(t->cells, t->room * sizeof t->cells[0]));
	}
	t->cells[t->n++] = plain(text);
}

/* By digits as numbers, so that n9 comes before n10 and addresses in order. */
static int compare(const void *a, const void *b)
{
	char *const *x = a, *const *y = b;

	return strverscmp(*x, *y);
}

void table_sort(struct table *t)
{
	size_t row = t->columns * sizeof t->cells[0];

	if (t->n > t->columns)
		qsort(t->cells + t->columns, t->n / t->columns - 1, row,
		      compare);
}

void table_close(struct table *t)
{
	int width[TABLE_COLUMNS] = {0};

	for (size_t i = 0; i < t->n; i++) {
		int len = (int)strlen(t->cells[i]);

		if (len > width[i % t->columns])
			width[i % t->columns] = len;
	}
	for (size_t i = 0; i < t->n; i++) {
		unsigned column = (unsigned)(i % t->columns);

		if (column + 1 < t->columns)
			printf("%-*s  ", width[column], t->cells[i]);
		else
			printf("%s\n", t->cells[i]);
		free(t->cells[i]);
	}
	free(t->cells);
}
