/*
 * The heap behind struct alloc.  calloc(3) itself refuses n * size that
 * overflows.  Large tables are looked into at random: with pages of 4 KiB, each
 * look has to find its page first, through tables that are in no cache either.
 */
#include "host/memory.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { PAGE = 2 << 20 };

/* The whole large pages in it; a kernel that has none goes on without. */
static void *with_large_pages(void *p, size_t len)
{
	uintptr_t first = ((uintptr_t)p + PAGE - 1) & ~(uintptr_t)(PAGE - 1);
	uintptr_t end = ((uintptr_t)p + len) & ~(uintptr_t)(PAGE - 1);

	if (first < end)
		(void)madvise((void *)first, end - first, MADV_HUGEPAGE);
	return p;
}

static void *heap_get(void *arg, size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size ? size : 1);

	(void)arg;
	return p ? with_large_pages(p, n * size) : NULL;
}

static void heap_put(void *arg, void *p)
{
	(void)arg;
	free(p);
}

void host_memory_tidy(void)
{
#ifdef __GLIBC__
	(void)malloc_trim(0);
#endif
}

const struct alloc host_memory = {NULL, heap_get, heap_put};

uint64_t host_memory_available(void)
{
	static const char name[] = "MemAvailable:"; /* in kB */
	FILE *f = fopen("/proc/meminfo", "re");
	uint64_t n = UINT64_MAX;
	char line[128];

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, name, sizeof(name) - 1))
			n = strtoull(line + sizeof(name) - 1, NULL, 10) << 10;
	if (f)
		fclose(f);
	return n;
}
