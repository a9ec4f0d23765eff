/*
 * Progress for people.
 */
#include "app/bar.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool bar_is_live(FILE *to)
{
	const char *term = getenv("TERM");

	return isatty(fileno(to)) && term && strcmp(term, "dumb");
}

void bar_put(char *to, size_t room, uint64_t have, uint64_t of, int width)
{
	char cells[128];
	int full = of ? (int)((double)have * width / (double)of) : 0;
	int percent = of ? (int)((double)have * 100 / (double)of) : 0;

	if (width > (int)sizeof(cells) - 1)
		width = (int)sizeof(cells) - 1;
	if (full > width)
		full = width;
	memset(cells, ' ', (size_t)width);
	memset(cells, '#', (size_t)full);
	cells[width] = 0;
	snprintf(to, room, "[%s] %3d %%", cells, percent);
}

void bar_bytes(char *to, size_t room, uint64_t bytes)
{
	static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
	double v = (double)bytes;
	unsigned i = 0;

	while (v >= 1000 && i < 4) {
		v /= 1000;
		i++;
	}
	snprintf(to, room, i ? "%.1f %s" : "%.0f %s", v, units[i]);
}

void bar_waiting(char *to, size_t room, const struct loadc_progress *p)
{
	uint32_t tenths = (p->leaving_ms + 50) / 100;
	char of[32] = "";

	if (p->is_preparing) {
		snprintf(to, room, "the server reads the file first");
		return;
	}
	if (p->expected)
		snprintf(of, sizeof(of), " of %u", p->expected);
	/* 2 s, and 0.5 s */
	snprintf(to, room, "leaving in %g s, %u%s on board", tenths / 10.0,
		 p->on_board, of);
}
