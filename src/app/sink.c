/*
 * Where a client's bytes go.  Packets come in any order, so each goes straight
 * to its offset; the hash is taken at the end, over what really lies there.
 */
#include "app/sink.h"

#include "base/text.h"
#include "host/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIECE = 1 << 20 };

struct part {
	char name[128];
	int fd;                  /* -1: none open */
	struct stream_hash *sum; /* when nothing is kept */
	struct leaves *leaves;   /* of a train's packets, or NULL */
	int rc;                  /* the first error */
	bool is_in_memory;
	bool is_allotted; /* ALLOT begins it anew, and nothing else */
};

struct sink {
	int dir; /* -1: none */
	struct coding coding;
	struct part parts[SINK_FILES];
};

int sink_open(struct sink **to, const char *dir)
{
	struct sink *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->dir = -1;
	coding_here(&s->coding);
	if (dir)
		s->dir = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir && s->dir < 0) {
		free(s);
		return -errno;
	}
	for (int i = 0; i < SINK_FILES; i++) {
		s->parts[i].fd = -1;
		snprintf(s->parts[i].name, sizeof(s->parts[i].name), "file%d",
			 i);
	}
	*to = s;
	return 0;
}

static void part_name(const struct part *p, char name[140])
{
	snprintf(name, 140, "%s.part", p->name);
}

static void drop(struct sink *s, uint32_t file)
{
	struct part *p;
	char name[140];

	p = &s->parts[file];
	if (p->fd >= 0) {
		part_name(p, name);
		if (!p->is_in_memory)
			(void)unlinkat(s->dir, name, 0);
		close(p->fd);
		p->fd = -1;
	}
	stream_hash_close(p->sum);
	leaves_close(p->leaves);
	p->sum = NULL;
	p->leaves = NULL;
	p->rc = 0;
	p->is_in_memory = p->is_allotted = false;
}

void sink_begin(struct sink *s, uint32_t file)
{
	if (file < SINK_FILES && !s->parts[file].is_allotted)
		drop(s, file);
}

void sink_close(struct sink *s)
{
	if (!s)
		return;
	for (uint32_t i = 0; i < SINK_FILES; i++)
		drop(s, i);
	if (s->dir >= 0)
		close(s->dir);
	free(s);
}

void sink_name(struct sink *s, uint32_t file, const char *name)
{
	const char *base = strrchr(name, '/');

	base = base ? base + 1 : name;
	if (file < SINK_FILES && *base && strcmp(base, ".") &&
	    strcmp(base, ".."))
		snprintf(s->parts[file].name, sizeof(s->parts[file].name), "%s",
			 base);
}

static int to_hash(struct part *p, const struct keep *k)
{
	int rc = p->sum ? 0 : stream_hash_open(&p->sum);

	return rc ? rc : stream_hash_put(p->sum, k->offset, k->bytes, k->len);
}

static int make_file(struct sink *s, struct part *p)
{
	char name[140];

	part_name(p, name);
	p->fd = openat(s->dir, name,
		       O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
		       0644);
	return p->fd < 0 ? -errno : 0;
}

static int to_file(struct sink *s, struct part *p, const struct keep *k)
{
	int rc = p->fd < 0 ? make_file(s, p) : 0;
	ssize_t n;

	if (rc)
		return rc;
	n = pwrite(p->fd, k->bytes, k->len, (off_t)k->offset);
	if (n < 0)
		return -errno;
	return (size_t)n == k->len ? 0 : -ENOSPC;
}

void sink_keep(struct sink *s, const struct keep *k)
{
	struct part *p;

	if (k->file >= SINK_FILES)
		return;
	p = &s->parts[k->file];
	if (p->rc || !k->len)
		return;
	p->rc = s->dir < 0 && p->fd < 0 ? to_hash(p, k) : to_file(s, p, k);
	if (!p->rc && p->leaves && !k->is_scratch)
		leaves_put(p->leaves, k->offset, k->bytes, k->len);
}

/* Without a directory a train's file lies in memory until it was checked.  More
 * than there is would end other programs, and not us alone. */
static int make_in_memory(struct part *p, uint64_t size)
{
	if (size > host_memory_available())
		return -ENOSPC;
	p->fd = memfd_create("train", MFD_CLOEXEC);
	return p->fd < 0 ? -errno : 0;
}

int sink_allot(struct sink *s, const struct allot *a)
{
	struct part *p;
	int rc;

	if (a->file >= SINK_FILES)
		return -EINVAL;
	drop(s, a->file);
	p = &s->parts[a->file];
	p->is_in_memory = s->dir < 0;
	rc = p->is_in_memory ? make_in_memory(p, a->size) : make_file(s, p);
	if (rc)
		return rc;
	p->is_allotted = true;
	p->leaves = leaves_open(&a->layout, s->coding.crypt);
	/* What the file itself takes is taken now; where that can't be said,
	 * it will be seen as it is written. */
	if (!p->is_in_memory && fallocate(p->fd, 0, 0, (off_t)a->size) < 0 &&
	    (errno == ENOSPC || errno == EFBIG))
		return -errno;
	return ftruncate(p->fd, (off_t)(allot_scratch(a->size) + a->scratch)) <
			       0
		       ? -errno
		       : 0;
}

/* Of a file that was allotted; NULL: none was, or writing it has failed. */
static const struct part *part_of(const struct sink *s, uint32_t file)
{
	if (file >= SINK_FILES || s->parts[file].fd < 0)
		return NULL;
	return &s->parts[file];
}

int sink_mend(struct sink *s, const struct mend *m)
{
	const struct part *p = part_of(s, m->file);

	if (!p)
		return -EINVAL;
	return p->rc ? p->rc : mend_block(p->fd, m, &s->coding, p->leaves);
}

int sink_sort(struct sink *s, const struct sort *sort, uint64_t *wrong)
{
	const struct part *p = part_of(s, sort->file);

	if (!p)
		return -EINVAL;
	return p->rc ? p->rc : sort_block(p->fd, sort, &s->coding, wrong);
}

static int hash_fd(struct sha256 *ctx, int fd, uint64_t size)
{
	uint8_t *piece = malloc(PIECE);
	uint64_t at = 0;
	int rc = piece ? 0 : -ENOMEM;

	while (!rc && at < size) {
		/* There may be more of it: a train's scratch. */
		size_t left = size - at < PIECE ? (size_t)(size - at) : PIECE;
		ssize_t n = pread(fd, piece, left, (off_t)at);

		if (n < 0)
			rc = -errno;
		else if (!n)
			rc = -EIO; /* shorter than it should be */
		else if (!sha256_add(ctx, piece, (size_t)n))
			rc = -ENOMEM;
		at += n > 0 ? (uint64_t)n : 0;
	}
	free(piece);
	return rc;
}

static int hash_file(int fd, uint64_t size, uint8_t sha256[SHA256_BYTES])
{
	struct sha256 *ctx = sha256_open();
	int rc = ctx ? 0 : -ENOMEM;

	if (!rc)
		rc = hash_fd(ctx, fd, size);
	if (!rc && !sha256_end(ctx, sha256))
		rc = -ENOMEM;
	sha256_close(ctx);
	return rc;
}

static int hash_part(const struct part *p, uint64_t size,
		     uint8_t sha256[SHA256_BYTES])
{
	if (p->fd >= 0)
		return hash_file(p->fd, size, sha256);
	return p->sum ? stream_hash_end(p->sum, size, sha256) : -EIO;
}

static int give_name(struct sink *s, struct part *p, uint64_t size)
{
	char name[140];
	int rc = 0;

	part_name(p, name);
	/* A train's scratch lies behind it. */
	if (ftruncate(p->fd, (off_t)size) < 0 || fsync(p->fd) < 0 ||
	    renameat(s->dir, name, s->dir, p->name) < 0)
		rc = -errno;
	close(p->fd);
	p->fd = -1;
	return rc;
}

int sink_finish(struct sink *s, uint32_t file, uint64_t size,
		uint8_t sha256[SHA256_BYTES])
{
	struct part *p;
	int rc;

	if (file >= SINK_FILES)
		return -EINVAL;
	p = &s->parts[file];
	rc = p->rc;
	if (!rc && sha256)
		rc = hash_part(p, size, sha256);
	if (!rc && p->fd >= 0 && !p->is_in_memory)
		rc = give_name(s, p, size);
	drop(s, file);
	return rc;
}

int sha256_of_file(const char *path, uint8_t sha256[SHA256_BYTES])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	int rc;

	if (fd < 0)
		return -errno;
	rc = fstat(fd, &st) < 0 ? -errno
				: hash_file(fd, (uint64_t)st.st_size, sha256);
	close(fd);
	return rc;
}

bool sha256_parse(const char *text, uint8_t sha256[SHA256_BYTES])
{
	return text_hex_get(text, strlen(text), sha256, SHA256_BYTES);
}

void sha256_text(const uint8_t sha256[SHA256_BYTES], char text[65])
{
	for (int i = 0; i < SHA256_BYTES; i++)
		snprintf(text + 2 * i, 3, "%02x", sha256[i]);
}
