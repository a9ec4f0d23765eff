/*
 * The versions that were had.  The file is read, changed and replaced under a
 * lock, so of many that load at once none takes back what another has noted.
 */
#include "app/versions.h"

#include "app/fresh.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MOST = 1 << 20, LINE_MOST = 16 + 1 + 20 + 1 + 3 * MANIFEST_NAME };

struct versions {
	char path[FRESH_PATH];
	struct loadc_seen *all;
	unsigned n, room;
};

bool versions_place(char *to, size_t room)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	int n;

	if (state && state[0] == '/')
		n = snprintf(to, room, "%s/muster/versions", state);
	else if (!geteuid())
		n = snprintf(to, room, "/var/lib/muster/versions");
	else if (home && home[0] == '/')
		n = snprintf(to, room, "%s/.local/state/muster/versions", home);
	else
		return false;
	return n > 0 && (size_t)n < room;
}

/* ---- in memory ---------------------------------------------------------- */

static void forget(struct versions *v)
{
	for (unsigned i = 0; i < v->n; i++)
		free((char *)v->all[i].name);
	v->n = 0;
}

static struct loadc_seen *find(const struct versions *v, const uint8_t *key_id,
			       const char *name)
{
	for (unsigned i = 0; i < v->n; i++)
		if (!memcmp(v->all[i].key_id, key_id, MANIFEST_KEY_ID) &&
		    !strcmp(v->all[i].name, name))
			return &v->all[i];
	return NULL;
}

static int add(struct versions *v, const uint8_t *key_id, const char *name,
	       uint64_t version)
{
	struct loadc_seen *s;

	if (v->n == v->room) {
		unsigned room = v->room ? 2 * v->room : 16;
		struct loadc_seen *all = realloc(v->all, room * sizeof(*all));

		if (!all)
			return -ENOMEM;
		v->all = all;
		v->room = room;
	}
	s = &v->all[v->n];
	*s = (struct loadc_seen){.version = version, .name = strdup(name)};
	if (!s->name)
		return -ENOMEM;
	memcpy(s->key_id, key_id, sizeof(s->key_id));
	v->n++;
	return 0;
}

/* ---- as text ------------------------------------------------------------ */

static void put_name(struct text *t, const char *name)
{
	for (const char *s = name; *s; s++) {
		uint8_t c = (uint8_t)*s;

		if (c > ' ' && c <= '~' && c != '%') {
			text_bytes(t, s, 1);
		} else {
			text_add(t, "%");
			text_hex(t, &c, 1, 0);
		}
	}
}

static bool get_name(const char *s, size_t len, char to[MANIFEST_NAME])
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++, n++) {
		uint8_t c = (uint8_t)s[i];

		if (n + 1 == MANIFEST_NAME)
			return false;
		if (c == '%') {
			if (len - i < 3 || !text_hex_get(s + i + 1, 2, &c, 1))
				return false;
			i += 2;
		}
		if (!c)
			return false;
		to[n] = (char)c;
	}
	to[n] = 0;
	return n;
}

static bool get_line(struct versions *v, const char *s, size_t len, int *rc)
{
	uint8_t key_id[MANIFEST_KEY_ID];
	char name[MANIFEST_NAME];
	const char *number, *space;
	uint64_t version;

	if (len < 19 || s[16] != ' ' || !text_hex_get(s, 16, key_id, 8))
		return false;
	number = s + 17;
	space = memchr(number, ' ', len - 17);
	if (!space ||
	    !number_parse(number, (size_t)(space - number), UINT64_MAX,
			  &version) ||
	    !get_name(space + 1, (size_t)(s + len - space - 1), name))
		return false;
	*rc = add(v, key_id, name, version);
	return true;
}

static int get_all(struct versions *v, const char *s, size_t len,
		   unsigned *line)
{
	int rc = 0;

	for (*line = 1; !rc && len; ++*line) {
		const char *end = memchr(s, '\n', len);

		if (!end || !get_line(v, s, (size_t)(end - s), &rc))
			return -EBADMSG;
		len -= (size_t)(end + 1 - s);
		s = end + 1;
	}
	return rc;
}

static int read_all(struct versions *v, unsigned *line)
{
	char *bytes = malloc(FILE_MOST);
	ssize_t n = bytes ? file_get(v->path, bytes, FILE_MOST) : -ENOMEM;
	int rc = 0;

	forget(v);
	if (n >= 0)
		rc = get_all(v, bytes, (size_t)n, line);
	else if (n != -ENOENT)
		rc = (int)n;
	free(bytes);
	return rc;
}

static int write_all(const struct versions *v)
{
	struct fresh f;
	int rc = fresh_open(&f, v->path, 0644);

	for (unsigned i = 0; !rc && i < v->n; i++) {
		char line[LINE_MOST + 2];
		struct text t = text_over(line, sizeof(line));

		text_hex(&t, v->all[i].key_id, MANIFEST_KEY_ID, 0);
		text_add(&t, " ");
		text_u64(&t, v->all[i].version);
		text_add(&t, " ");
		put_name(&t, v->all[i].name);
		text_add(&t, "\n");
		rc = fresh_write(&f, line, t.len);
	}
	if (!rc)
		return fresh_name(&f);
	fresh_drop(&f);
	return rc;
}

/* ---- opened ------------------------------------------------------------- */

int versions_open(struct versions **to, const char *path, unsigned *line)
{
	struct versions *v = calloc(1, sizeof(*v));
	int rc;

	*line = 0;
	if (!v)
		return -ENOMEM;
	rc = text_copy(v->path, sizeof(v->path), path, strlen(path))
		     ? read_all(v, line)
		     : -ENAMETOOLONG;
	if (rc)
		versions_close(v);
	else
		*to = v;
	return rc;
}

void versions_close(struct versions *v)
{
	if (!v)
		return;
	forget(v);
	free(v->all);
	free(v);
}

const struct loadc_seen *versions_all(const struct versions *v, unsigned *n)
{
	*n = v->n;
	return v->all;
}

static void make_folders(const char *path)
{
	char dir[FRESH_PATH];
	size_t len = strlen(path);

	for (size_t i = 1; i < len; i++)
		if (path[i] == '/') {
			memcpy(dir, path, i);
			dir[i] = 0;
			(void)mkdir(dir, 0755);
		}
}

/* The lock's descriptor, or negative errno. */
static int lock(const struct versions *v)
{
	char path[FRESH_PATH + 8];
	int fd;

	make_folders(v->path);
	snprintf(path, sizeof(path), "%s.lock", v->path);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd >= 0 && flock(fd, LOCK_EX) < 0) {
		close(fd);
		fd = -1;
	}
	return fd < 0 ? -errno : fd;
}

/* No more digits than get_line() reads. */
static const uint64_t VERSION_MOST = UINT64_C(9999999999999999999);

static int raise_to(struct versions *v, const struct manifest *m)
{
	uint64_t version = m->version < VERSION_MOST ? m->version
						     : VERSION_MOST;
	struct loadc_seen *s = find(v, m->key_id, m->name);
	int rc = 0;

	if (s && s->version >= version)
		return 0;
	if (s)
		s->version = version;
	else
		rc = add(v, m->key_id, m->name, version);
	return rc ? rc : write_all(v);
}

int versions_note(const struct versions *v, const struct manifest *m)
{
	struct versions now = {0};
	unsigned line;
	int fd = lock(v), rc;

	if (fd < 0)
		return fd;
	memcpy(now.path, v->path, sizeof(now.path));
	rc = read_all(&now, &line);
	if (!rc)
		rc = raise_to(&now, m);
	forget(&now);
	free(now.all);
	close(fd);
	return rc;
}
