/*
 * Read until there is no more: of a pipe nobody knows the length before.
 */
#include "app/slurp.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* What comes next; 0 at the end. */
static ssize_t read_more(int fd, char *to, size_t room)
{
	ssize_t n;

	do
		n = read(fd, to, room);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

static int grow(char **text, size_t *room, size_t most)
{
	size_t more = *room ? 2 * *room : SLURP_LEAST;
	char *to = more <= most ? realloc(*text, more) : NULL;

	if (!to)
		return more <= most ? -ENOMEM : -EFBIG;
	*text = to;
	*room = more;
	return 0;
}

static int read_all(int fd, size_t most, char **text, size_t *len)
{
	size_t room = 0;
	ssize_t n = 1;

	for (*len = 0; n > 0; *len += (size_t)n) {
		int rc = *len == room ? grow(text, &room, most) : 0;

		if (rc)
			return rc;
		n = read_more(fd, *text + *len, room - *len);
		if (n < 0)
			return (int)n;
	}
	return 0;
}

int slurp(const char *path, size_t most, char **text, size_t *len)
{
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
	int rc = fd < 0 ? -errno : 0;

	*text = NULL;
	if (!rc)
		rc = read_all(fd, most, text, len);
	if (rc) {
		free(*text);
		*text = NULL;
	}
	if (path && fd >= 0)
		close(fd);
	return rc;
}
