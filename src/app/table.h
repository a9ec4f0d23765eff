/*
 * A plain table on standard output: aligned columns, a line of headings, for
 * people and for awk.
 */
#ifndef MUSTER_APP_TABLE_H
#define MUSTER_APP_TABLE_H

#include <stddef.h>

enum { TABLE_COLUMNS = 8 };

struct table {
	unsigned columns;
	char **cells; /* row after row */
	size_t n, room;
};

/* `headings`: as many texts as columns. */
void table_open(struct table *t, const char *const *headings, unsigned columns);
/* The next cell, copied; what a terminal would obey is made visible, nothing is
 * "-".  Out of memory, it ends the program. */
void table_add(struct table *t, const char *text);
/* Sort the rows but the headings by the first column. */
void table_sort(struct table *t);
/* Print it, and free what it has. */
void table_close(struct table *t);

#endif
