/*
 * Text that grows as it is written, for files of any length: export, dumps.
 * Whoever writes need not ask after each piece: a sheet that got no memory
 * stays `failed`, and is asked once, at the end.
 */
#ifndef MUSTER_BASE_SHEET_H
#define MUSTER_BASE_SHEET_H

#include "base/alloc.h"
#include "base/span.h"

struct sheet {
	const struct alloc *alloc;
	char *s; /* len bytes; no NUL */
	size_t len, room;
	bool failed; /* no memory: a piece is missing */
};

/* An empty one; it takes memory only when written to. */
struct sheet sheet_open(const struct alloc *alloc);
void sheet_close(struct sheet *t);
void sheet_bytes(struct sheet *t, const char *s, size_t len);
void sheet_add(struct sheet *t, const char *s);
void sheet_span(struct sheet *t, struct span s);
/* In decimal. */
void sheet_u64(struct sheet *t, uint64_t n);
/* 10.0.0.7 */
void sheet_ip(struct sheet *t, uint32_t ip);

#endif
