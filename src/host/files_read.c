/*
 * Readers: each takes a chunk from the queue, reads it and hands it back.
 *
 * So that slow files do not delay the others, a file has one reader at a time,
 * those that were slow the last time may use half of the readers, and one
 * device all but one of them.
 */
#include "host/files_inside.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static const usec SLOW = MILLISECONDS(20);

static struct entry *entry_of(const struct files *f, const struct chunk *c)
{
	return f->entries[c->file - 1];
}

static bool has_room_for(const struct files *f, const struct entry *e)
{
	unsigned same = 0;

	for (unsigned i = 0; i < f->o.readers; i++)
		same += f->readers[i].is_busy && f->readers[i].dev == e->id.dev;
	return same + 1 < f->o.readers &&
	       (!e->is_slow || f->slow_readers < f->o.readers / 2);
}

/* The first chunk in the queue that may be read now. */
static struct chunk *pick(struct files *f)
{
	for (struct chunk *c = TAILQ_FIRST(&f->queue); c;
	     c = TAILQ_NEXT(c, list)) {
		const struct entry *e = entry_of(f, c);

		if (!e->is_read && has_room_for(f, e)) {
			TAILQ_REMOVE(&f->queue, c, list);
			return c;
		}
	}
	return NULL;
}

static void let_go(struct reader *r)
{
	if (r->fd >= 0)
		close(r->fd);
	r->fd = -1;
}

/* The file is open and is what the catalogue says. */
static int check(const struct reader *r, const struct identity *id)
{
	struct identity found;
	struct stat st;

	if (fstat(r->fd, &st))
		return -errno;
	found = identity_of(&st);
	return S_ISREG(st.st_mode) && identity_is(&found, id) ? 0 : -ESTALE;
}

/* Have the file open.  One that is kept open from the last chunk may have been
 * renamed meanwhile: its bytes are still those of this version. */
static int reach(struct reader *r, const char *name, const struct chunk *c)
{
	int fd;

	if (r->fd >= 0 && r->file == c->file && r->version == c->version)
		return 0;
	let_go(r);
	fd = files_beneath(r->files, name, O_RDONLY);
	switch (-fd) {
	case ENOENT:
	case ENOTDIR:
	case ELOOP:
	case EXDEV:
		return -ESTALE;
	}
	if (fd < 0)
		return fd;
	r->fd = fd;
	r->file = c->file;
	r->version = c->version;
	return 0;
}

static int read_bytes(struct reader *r, struct chunk *c)
{
	struct files *f = r->files;
	uint8_t *to = f->bytes + (size_t)(c - f->chunks) * FILES_CHUNK;
	off_t at = (off_t)(c->number * FILES_CHUNK);

	for (size_t got = 0; got < c->len;) {
		ssize_t n = f->o.read(r->fd, to + got, c->len - got,
				      at + (off_t)got);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0)
			return -ESTALE; /* it became shorter */
		if (n > 0)
			got += (size_t)n;
	}
	return 0;
}

static int read_chunk(struct reader *r, const char *name,
		      const struct identity *id, struct chunk *c)
{
	int rc = reach(r, name, c);

	if (!rc)
		rc = check(r, id);
	if (!rc)
		rc = read_bytes(r, c);
	if (!rc)
		rc = check(r, id);
	/* The disk may be asked for what comes next; this does not wait. */
	if (!rc && c->number % 8 == 0)
		(void)posix_fadvise(r->fd,
				    (off_t)((c->number + 1) * FILES_CHUNK),
				    16 * FILES_CHUNK, POSIX_FADV_WILLNEED);
	if (rc)
		let_go(r);
	return rc;
}

/* Under the lock, which is given up for the time of the read. */
static void serve(struct reader *r, struct chunk *c)
{
	struct files *f = r->files;
	struct entry *e = entry_of(f, c);
	struct identity id = e->id;
	bool was_slow = e->is_slow;
	usec began = host_now();

	c->rc = -ESTALE;
	if (e->version == c->version) {
		e->is_read = r->is_busy = true;
		r->dev = id.dev;
		f->slow_readers += was_slow;
		pthread_mutex_unlock(&f->lock);
		c->rc = read_chunk(r, e->name, &id, c);
		pthread_mutex_lock(&f->lock);
		f->slow_readers -= was_slow;
		e->is_read = r->is_busy = false;
		e->is_slow = host_now() - began > SLOW;
	}
	if (c->rc == -ESTALE && e->version == c->version) {
		e->is_doubted = true;
		wake_up(&f->doubt);
	}
	TAILQ_INSERT_TAIL(&f->read, c, list);
	wake_up(&f->bell);
	/* What could not be picked before may be now; we take one ourselves. */
	if (TAILQ_FIRST(&f->queue) != TAILQ_LAST(&f->queue, chunks))
		pthread_cond_signal(&f->work);
}

void *files_reader(void *reader)
{
	struct reader *r = reader;
	struct files *f = r->files;

	pthread_mutex_lock(&f->lock);
	while (!f->is_closing) {
		struct chunk *c = pick(f);

		if (c) {
			serve(r, c);
			continue;
		}
		/* A file that was removed must not live on in an idle reader.
		 */
		let_go(r);
		pthread_cond_wait(&f->work, &f->lock);
	}
	pthread_mutex_unlock(&f->lock);
	let_go(r);
	return NULL;
}
