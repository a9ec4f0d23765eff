/*
 * Atomic files: written, synced, renamed, and the directory synced.
 */
#include "app/fresh.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int fresh_open(struct fresh *f, const char *path, mode_t mode)
{
	const char *base = strrchr(path, '/');
	size_t dir = base ? (size_t)(base + 1 - path) : 0;

	f->fd = -1;
	base = path + dir;
	if (strlen(path) + 9 > sizeof(f->path))
		return -ENAMETOOLONG;
	memcpy(f->path, path, strlen(path) + 1);
	memcpy(f->temporary, path, dir);
	snprintf(f->temporary + dir, sizeof(f->temporary) - dir, ".%s.XXXXXX",
		 base);
	f->fd = mkostemp(f->temporary, O_CLOEXEC);
	if (f->fd < 0)
		return -errno;
	return fchmod(f->fd, mode) < 0 ? -errno : 0;
}

int fresh_write(struct fresh *f, const void *bytes, size_t len)
{
	const char *at = bytes;

	while (len) {
		ssize_t n = write(f->fd, at, len);

		if (n < 0 && errno != EINTR)
			return -errno;
		at += n > 0 ? n : 0;
		len -= n > 0 ? (size_t)n : 0;
	}
	return 0;
}

int fresh_sync(struct fresh *f)
{
	return fsync(f->fd) < 0 ? -errno : 0;
}

static int sync_dir(const char *path)
{
	char dir[FRESH_PATH];
	char *slash;
	int fd, rc = 0;

	memcpy(dir, path, strlen(path) + 1);
	slash = strrchr(dir, '/');
	if (slash)
		slash[1] = 0;
	fd = open(slash ? dir : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fsync(fd) < 0 && errno != EINVAL)
		rc = -errno;
	close(fd);
	return rc;
}

int fresh_name(struct fresh *f)
{
	int rc = fresh_sync(f);

	if (!rc && rename(f->temporary, f->path) < 0)
		rc = -errno;
	if (rc) {
		fresh_drop(f);
		return rc;
	}
	close(f->fd);
	f->fd = -1;
	return sync_dir(f->path);
}

void fresh_drop(struct fresh *f)
{
	if (f->fd < 0)
		return;
	(void)unlink(f->temporary);
	close(f->fd);
	f->fd = -1;
}

int fresh_put(const char *path, mode_t mode, const void *bytes, size_t len)
{
	struct fresh f;
	int rc = fresh_open(&f, path, mode);

	if (!rc)
		rc = fresh_write(&f, bytes, len);
	if (!rc)
		return fresh_name(&f);
	fresh_drop(&f);
	return rc;
}

ssize_t file_get(const char *path, void *to, size_t room)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t n = 1;

	if (fd < 0)
		return -errno;
	while (n > 0 && len < room) {
		n = read(fd, (char *)to + len, room - len);
		len += n > 0 ? (size_t)n : 0;
	}
	if (n > 0) {
		char more;

		n = read(fd, &more, 1);
		if (n > 0) {
			close(fd);
			return -EFBIG;
		}
	}
	n = n < 0 ? -errno : (ssize_t)len;
	close(fd);
	return n;
}
