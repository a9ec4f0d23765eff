/*
 * The only code that touches the bytes of a packet (safety rules R1 and R2).
 *
 * A reading cursor that ran past its end stays bad and yields zeros; a writing
 * cursor that ran out of room stays bad and writes nothing more.  So a codec
 * reads or writes straight down and asks once, at the end.
 */
#ifndef MUSTER_BASE_CURSOR_H
#define MUSTER_BASE_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct rd {
	const uint8_t *p, *end;
	bool bad;
};

struct wr {
	uint8_t *start, *p, *end;
	bool bad;
};

static inline struct rd rd_over(const void *bytes, size_t len)
{
	static const uint8_t nothing[1];
	const uint8_t *p = bytes ? bytes : nothing;

	/* In C17 even NULL + 0 is undefined. */
	return (struct rd){.p = p, .end = bytes ? p + len : p, .bad = false};
}

static inline size_t rd_left(const struct rd *r)
{
	return r->bad ? 0 : (size_t)(r->end - r->p);
}

/* The next n bytes, inside the packet: no copy.  NULL, and a bad cursor, if
 * there are fewer; never NULL otherwise, not even for 0 bytes of a packet at
 * NULL. */
static inline const uint8_t *rd_take(struct rd *r, size_t n)
{
	if (r->bad || (size_t)(r->end - r->p) < n) {
		r->bad = true;
		return NULL;
	}
	const uint8_t *at = r->p;
	r->p += n;
	return at;
}

/* A cursor over the next n bytes; bad, and empty, if there are fewer. */
static inline struct rd rd_sub(struct rd *r, size_t n)
{
	const uint8_t *at = rd_take(r, n);
	struct rd sub = rd_over(at, at ? n : 0);

	sub.bad = !at;
	return sub;
}

static inline uint8_t rd_u8(struct rd *r)
{
	const uint8_t *b = rd_take(r, 1);

	return b ? b[0] : 0;
}

static inline uint16_t rd_u16(struct rd *r)
{
	const uint8_t *b = rd_take(r, 2);

	return (uint16_t)(b ? b[0] << 8 | b[1] : 0);
}

static inline uint32_t rd_u32(struct rd *r)
{
	const uint8_t *b = rd_take(r, 4);

	return b ? (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 |
			       (uint32_t)b[2] << 8 | b[3]
		 : 0;
}

static inline uint64_t rd_u64(struct rd *r)
{
	struct rd all = *r;
	const uint8_t *b = rd_take(r, 8);
	uint64_t high = b ? rd_u32(&all) : 0;

	return b ? high << 32 | rd_u32(&all) : 0;
}

/* Intel's byte order: PXE option 43, tags 2 and 3. */
static inline uint16_t rd_le16(struct rd *r)
{
	const uint8_t *b = rd_take(r, 2);

	return (uint16_t)(b ? b[1] << 8 | b[0] : 0);
}

/* Copy the next n bytes out; zeros if there are fewer. */
static inline void rd_copy(struct rd *r, void *to, size_t n)
{
	const uint8_t *b = rd_take(r, n);

	if (b)
		memcpy(to, b, n);
	else
		memset(to, 0, n);
}

/*
 * A string that ends with NUL inside the packet; its length, without the NUL,
 * goes to *len.  NULL, and a bad cursor, if no NUL follows.
 */
static inline const char *rd_cstr(struct rd *r, size_t *len)
{
	size_t left = rd_left(r);
	const uint8_t *at = r->p;
	const uint8_t *nul = left ? memchr(at, 0, left) : NULL;

	*len = 0;
	if (!nul) {
		r->bad = true;
		return NULL;
	}
	*len = (size_t)(nul - at);
	r->p = nul + 1;
	return (const char *)at;
}

static inline struct wr wr_over(void *bytes, size_t room)
{
	uint8_t *p = bytes;

	return (struct wr){
		.start = p, .p = p, .end = room ? p + room : p, .bad = false};
}

static inline size_t wr_len(const struct wr *w)
{
	return (size_t)(w->p - w->start);
}

static inline size_t wr_room(const struct wr *w)
{
	return w->bad ? 0 : (size_t)(w->end - w->p);
}

/* Room for the next n bytes, or NULL and a bad cursor. */
static inline uint8_t *wr_take(struct wr *w, size_t n)
{
	if (w->bad || (size_t)(w->end - w->p) < n) {
		w->bad = true;
		return NULL;
	}
	uint8_t *at = w->p;
	if (n) /* as above: a cursor without room may be at NULL */
		w->p += n;
	return at;
}

static inline void wr_u8(struct wr *w, uint8_t v)
{
	uint8_t *b = wr_take(w, 1);

	if (b)
		b[0] = v;
}

static inline void wr_u16(struct wr *w, uint16_t v)
{
	uint8_t *b = wr_take(w, 2);

	if (b) {
		b[0] = (uint8_t)(v >> 8);
		b[1] = (uint8_t)v;
	}
}

static inline void wr_u32(struct wr *w, uint32_t v)
{
	uint8_t *b = wr_take(w, 4);

	if (b) {
		b[0] = (uint8_t)(v >> 24);
		b[1] = (uint8_t)(v >> 16);
		b[2] = (uint8_t)(v >> 8);
		b[3] = (uint8_t)v;
	}
}

static inline void wr_u64(struct wr *w, uint64_t v)
{
	struct wr all = {.start = w->p, .p = w->p, .end = w->p, .bad = false};

	if (wr_take(w, 8)) {
		all.end = w->p;
		wr_u32(&all, (uint32_t)(v >> 32));
		wr_u32(&all, (uint32_t)v);
	}
}

static inline void wr_le16(struct wr *w, uint16_t v)
{
	uint8_t *b = wr_take(w, 2);

	if (b) {
		b[0] = (uint8_t)v;
		b[1] = (uint8_t)(v >> 8);
	}
}

static inline void wr_bytes(struct wr *w, const void *from, size_t n)
{
	uint8_t *b = wr_take(w, n);

	if (b && n)
		memcpy(b, from, n);
}

static inline void wr_zeros(struct wr *w, size_t n)
{
	uint8_t *b = wr_take(w, n);

	if (b && n)
		memset(b, 0, n);
}

/* The string and its NUL. */
static inline void wr_cstr(struct wr *w, const char *s)
{
	wr_bytes(w, s, strlen(s) + 1);
}

#endif
