/*
 * The registry's files: read whole, then parsed.
 */
#include "app/named_files.h"

#include "app/named.h"
#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LONGEST = 256 * 1024 };

/* How many bytes, or negative errno; *mode as fstat(2) has it. */
static ssize_t read_file(const char *path, char *to, size_t room, mode_t *mode)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	size_t len = 0;
	ssize_t n = 0;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st))
		n = -errno;
	else
		*mode = st.st_mode;
	while (n >= 0 && len < room && (n = read(fd, to + len, room - len)) > 0)
		len += (size_t)n;
	if (n < 0)
		n = -errno;
	close(fd);
	if (n < 0)
		return n;
	return len == room ? -EFBIG : (ssize_t)len;
}

int named_files_access(struct named_files *f, const char *path, char *why,
		       size_t room)
{
	static char text[LONGEST];
	static struct name_access fresh;
	const char *name = path ? path : NAMED_ACCESS;
	struct name_access_error e;
	mode_t mode;
	ssize_t n = read_file(name, text, sizeof text, &mode);

	if (n == -ENOENT && !path)
		n = 0;
	if (n < 0) {
		snprintf(why, room, "%s: %s", name, strerror((int)-n));
		return (int)n;
	}
	if (!name_access_parse(&fresh, text, (size_t)n, &e)) {
		snprintf(why, room, "%s:%u: %s", name, e.line, e.why);
		return -EINVAL;
	}
	f->access = fresh;
	return 0;
}

/* 64 hexadecimal digits, which only its owner may read. */
static int read_key(struct named_files *f, const char *path, char *why,
		    size_t room)
{
	const char *name = path ? path : NAMED_KEY;
	char text[128];
	mode_t mode = 0;
	ssize_t n = read_file(name, text, sizeof text, &mode);
	const char *wrong = NULL;

	memset(f->key, 0, sizeof f->key);
	if (n == -ENOENT && !path)
		return 0;
	while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == ' '))
		n--;
	if (n < 0)
		wrong = strerror((int)-n);
	else if (mode & (S_IRWXG | S_IRWXO))
		wrong = "others may read this secret key: chmod 600, or make "
			"another";
	else if (!text_hex_get(text, (size_t)n, f->key, sizeof f->key))
		wrong = "a key is 64 hexadecimal digits";
	if (!wrong)
		return 0;
	snprintf(why, room, "%s: %s", name, wrong);
	return n < 0 ? (int)n : -EINVAL;
}

int named_files_read(struct named_files *f, const char *access, const char *key,
		     char *why, size_t room)
{
	int rc = named_files_access(f, access, why, room);

	return rc ? rc : read_key(f, key, why, room);
}

int named_user(struct named_user *u, const char *name)
{
	const struct passwd *p;
	uint64_t n;

	*u = (struct named_user){.uid = geteuid()};
	if (u->uid != 0)
		return 0;
	/* cppcheck-suppress getpwnamCalled ; there is only this thread */
	p = getpwnam(name ? name : "muster");
	if (p) {
		*u = (struct named_user){p->pw_uid, p->pw_gid, true};
		return 0;
	}
	if (!name)
		return 0;
	/* A number need not have a name: an initramfs has no /etc/passwd. */
	if (!number_parse(name, strlen(name), UINT32_MAX - 1, &n))
		return -ESRCH;
	*u = (struct named_user){(uid_t)n, (gid_t)n, true};
	return 0;
}

int named_become(const struct named_user *u)
{
	if (!u->is_other)
		return 0;
	if (setgroups(0, NULL) || setresgid(u->gid, u->gid, u->gid) ||
	    setresuid(u->uid, u->uid, u->uid) ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1UL, 0UL, 0UL, 0UL))
		return -errno;
	return 0;
}

static bool is_empty(const char *path)
{
	DIR *dir = opendir(path);
	int n = 0;

	if (!dir)
		return false;
	/* cppcheck-suppress readdirCalled ; this DIR is ours alone */
	while (readdir(dir))
		n++;
	closedir(dir);
	return n <= 2; /* "." and ".." */
}

int named_directory(const char *path, const struct named_user *u, bool *is_ours)
{
	struct stat st;

	if (mkdir(path, 0755) && errno != EEXIST)
		return -errno;
	if (u->is_other && is_empty(path) && chown(path, u->uid, u->gid))
		return -errno;
	if (stat(path, &st))
		return -errno;
	*is_ours = st.st_uid == u->uid;
	return 0;
}
