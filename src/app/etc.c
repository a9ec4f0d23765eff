/*
 * Small files.  A new text goes into a file beside the old one, to the disk,
 * and over it by rename: whoever reads has the one or the other.
 */
#include "app/etc.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int read_all(int fd, char *to, size_t room, size_t *len)
{
	ssize_t n;

	*len = 0;
	while ((n = read(fd, to + *len, room - *len)) > 0)
		*len += (size_t)n;
	if (n < 0)
		return -errno;
	return *len == room ? -EFBIG : 0;
}

int etc_folder(const char *dir)
{
	struct stat st;

	if (stat(dir, &st) < 0)
		return -errno;
	return S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
}

int etc_read(struct etc_file *f, const char *dir, const char *name, size_t most)
{
	struct stat st;
	char *text = NULL;
	int fd, rc = 0;

	*f = (struct etc_file){0};
	snprintf(f->path, sizeof(f->path), "%s/%s", dir, name);
	fd = open(f->path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	if (fstat(fd, &st) < 0)
		rc = -errno;
	else if (!(text = malloc(most + 1)))
		rc = -ENOMEM;
	else
		rc = read_all(fd, text, most + 1, &f->text.len);
	close(fd);
	if (rc) {
		free(text);
		return rc;
	}
	f->text.s = text;
	f->is_roots = st.st_uid == 0 && !(st.st_mode & (S_IWGRP | S_IWOTH));
	return 0;
}

void etc_free(struct etc_file *f)
{
	free((char *)(uintptr_t)f->text.s);
	f->text = (struct span){NULL, 0};
}

static int write_all(int fd, const char *text, size_t len)
{
	while (len) {
		ssize_t n = write(fd, text, len);

		if (n < 0)
			return -errno;
		text += n;
		len -= (size_t)n;
	}
	return fsync(fd) < 0 ? -errno : 0;
}

/* Of the file that it will replace, if there is one. */
static int take_owner(int fd, const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return fchmod(fd, 0644) < 0 ? -errno : 0;
	if (fchown(fd, st.st_uid, st.st_gid) < 0 && errno != EPERM)
		return -errno;
	return fchmod(fd, st.st_mode & 07777) < 0 ? -errno : 0;
}

static int replace(const char *path, const char *text, size_t len)
{
	char beside[PATH_MAX + 8];
	int fd, rc;

	snprintf(beside, sizeof(beside), "%s.XXXXXX", path);
	fd = mkostemp(beside, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	rc = take_owner(fd, path);
	if (!rc)
		rc = write_all(fd, text, len);
	if (close(fd) < 0 && !rc)
		rc = -errno;
	if (!rc && rename(beside, path) < 0)
		rc = -errno;
	if (rc)
		unlink(beside);
	return rc;
}

int etc_write(const struct etc_file *f, const char *text, size_t len)
{
	/* Who made a link of it wants the file behind it changed. */
	char *real = realpath(f->path, NULL);
	int rc = replace(real ? real : f->path, text, len);

	free(real);
	return rc;
}
