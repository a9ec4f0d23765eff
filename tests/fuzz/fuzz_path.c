/*
 * Any text as a path of directories and as a hostlist.  A component that was
 * read is found under the name that it says; each name of a hostlist is one.
 */
#include "model/hostlist.h"
#include "model/path.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static void walk(const char *s)
{
	struct path p;
	unsigned n = 0;

	path_begin(&p, s);
	while (path_next(&p)) {
		assert(p.value >= p.room);
		assert(p.value + strlen(p.value) < p.room + sizeof p.room);
		assert(!p.key || p.key[0]);
		n++;
	}
	assert(n <= PATH_DEPTH && p.depth <= PATH_DEPTH);
	/* Once at its end, always there. */
	assert(!path_next(&p));
}

static void put(const char *s, uint32_t i)
{
	static char room[8192], other[8192];
	struct text t = text_over(room, sizeof room);
	struct text u = text_over(other, sizeof other);
	const char *fault;

	hostlist_put(s, i, &t);
	assert(!t.full);
	/* A name without brackets, which stands for itself. */
	assert(hostlist_count(room, &fault) == 1);
	hostlist_put(room, 0, &u);
	assert(!strcmp(room, other));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	char *s = malloc(len + 1);
	const char *fault = NULL;
	uint32_t n;

	assert(s);
	if (len)
		memcpy(s, bytes, len);
	s[len] = 0;
	walk(s);
	n = hostlist_count(s, &fault);
	assert(n <= HOSTLIST_MOST && (n || fault));
	if (n) {
		put(s, 0);
		put(s, n / 2);
		put(s, n - 1);
	}
	free(s);
	return 0;
}
