/*
 * Streams: a part of a file led through a function of the caller's, in order,
 * by threads of their own.  What takes long to compute of a file's bytes is
 * computed there, and the loop hears when it is done.
 */
#include "host/files_inside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* It is what the catalogue says. */
static int check(int fd, const struct identity *id)
{
	struct identity found;
	struct stat st;

	if (fstat(fd, &st))
		return -errno;
	found = identity_of(&st);
	return S_ISREG(st.st_mode) && identity_is(&found, id) ? 0 : -ESTALE;
}

static int read_piece(const struct files *f, int fd, uint8_t *to, size_t len,
		      uint64_t at)
{
	for (size_t got = 0; got < len;) {
		ssize_t n =
			f->o.read(fd, to + got, len - got, (off_t)(at + got));

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0)
			return -ESTALE; /* it became shorter */
		if (n > 0)
			got += (size_t)n;
	}
	return 0;
}

static int lead(struct files *f, int fd, uint8_t *room, struct files_stream *s)
{
	int rc = 0;

	for (uint64_t at = 0; !rc && at < s->len; at += s->piece) {
		uint64_t left = s->len - at;
		size_t len = left < s->piece ? (size_t)left : s->piece;

		if (files_is_closing(f))
			return -ECANCELED;
		rc = read_piece(f, fd, room, len, s->offset + at);
		if (!rc)
			rc = s->feed(s, room, len);
	}
	return rc;
}

static int serve(struct files *f, const char *name, const struct identity *id,
		 uint8_t *room, struct files_stream *s)
{
	int fd = files_beneath(f, name, O_RDONLY), rc;

	if (fd < 0)
		return fd == -ENOENT || fd == -ENOTDIR ? -ESTALE : fd;
	rc = check(fd, id);
	if (!rc)
		rc = lead(f, fd, room, s);
	if (!rc)
		rc = check(fd, id);
	close(fd);
	return rc;
}

void *files_streamer(void *files)
{
	struct files *f = files;
	uint8_t *room = malloc(FILES_CHUNK);
	struct files_stream *s;

	pthread_mutex_lock(&f->lock);
	while (!f->is_closing) {
		struct entry *e;
		struct identity id;

		s = TAILQ_FIRST(&f->streams);
		if (!s) {
			pthread_cond_wait(&f->stream_work, &f->lock);
			continue;
		}
		TAILQ_REMOVE(&f->streams, s, list);
		e = f->entries[s->file - 1];
		id = e->id;
		s->rc = !room                      ? -ENOMEM
			: e->version == s->version ? 0
						   : -ESTALE;
		pthread_mutex_unlock(&f->lock);
		if (!s->rc)
			s->rc = serve(f, e->name, &id, room, s);
		pthread_mutex_lock(&f->lock);
		TAILQ_INSERT_TAIL(&f->streamed, s, list);
		wake_up(&f->bell);
	}
	pthread_mutex_unlock(&f->lock);
	free(room);
	return NULL;
}

int files_stream(struct files *f, struct files_stream *s)
{
	const struct entry *e;
	int rc = -EINVAL;

	if (!s->piece || s->piece > FILES_CHUNK)
		return rc;
	pthread_mutex_lock(&f->lock);
	if (s->file && s->file <= f->n_entries) {
		e = f->entries[s->file - 1];
		rc = e->is_there && e->version == s->version ? 0 : -ESTALE;
		if (!rc && (s->offset > (uint64_t)e->id.size ||
			    s->len > (uint64_t)e->id.size - s->offset))
			rc = -EINVAL;
	}
	if (!rc) {
		TAILQ_INSERT_TAIL(&f->streams, s, list);
		pthread_cond_signal(&f->stream_work);
	}
	pthread_mutex_unlock(&f->lock);
	return rc;
}

struct files_stream *files_streamed(struct files *f)
{
	struct files_stream *s;

	pthread_mutex_lock(&f->lock);
	s = TAILQ_FIRST(&f->streamed);
	if (s)
		TAILQ_REMOVE(&f->streamed, s, list);
	pthread_mutex_unlock(&f->lock);
	return s;
}
