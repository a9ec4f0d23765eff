/*
 * From root to somebody who may open packet sockets and low ports, and nothing
 * else.  The bounding set goes first, since that takes a capability we are
 * about to lose; the two we keep survive the change of user by PR_SET_KEEPCAPS.
 */
#include "host/privs.h"

#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static const cap_value_t kept[] = {CAP_NET_RAW, CAP_NET_BIND_SERVICE};
enum { KEPT = sizeof kept / sizeof kept[0] };

struct who {
	uid_t uid;
	gid_t gid;
};

static int find(const char *user, struct who *w)
{
	const struct passwd *p;
	uint64_t n;

	errno = 0;
	/* cppcheck-suppress getpwnamCalled ; no other thread is there yet */
	p = getpwnam(user);
	if (!p && number_parse(user, strlen(user), UINT32_MAX - 1, &n)) {
		/* cppcheck-suppress getpwuidCalled ; nor here */
		p = getpwuid((uid_t)n);
		/* A number need not have a name. */
		*w = (struct who){(uid_t)n, p ? p->pw_gid : (gid_t)n};
		return 0;
	}
	if (!p)
		return errno && errno != ENOENT ? -errno : -ESRCH;
	*w = (struct who){p->pw_uid, p->pw_gid};
	return 0;
}

static bool is_kept(cap_value_t c)
{
	for (int i = 0; i < KEPT; i++)
		if (kept[i] == c)
			return true;
	return false;
}

static int become(const struct who *w, const char **what)
{
	*what = "setgroups";
	if (setgroups(0, NULL))
		return -errno;
	*what = "setresgid";
	if (setresgid(w->gid, w->gid, w->gid))
		return -errno;
	*what = "setresuid";
	if (setresuid(w->uid, w->uid, w->uid))
		return -errno;
	return 0;
}

/* Those of the two that we have now, and no others. */
static int reduce(void)
{
	cap_t now = cap_get_proc(), next = cap_init();
	int rc = !now || !next ? -ENOMEM : 0;

	for (int i = 0; !rc && i < KEPT; i++) {
		cap_flag_value_t has = CAP_CLEAR;

		cap_get_flag(now, kept[i], CAP_PERMITTED, &has);
		cap_set_flag(next, CAP_PERMITTED, 1, &kept[i], has);
		cap_set_flag(next, CAP_EFFECTIVE, 1, &kept[i], has);
	}
	if (!rc && cap_set_proc(next))
		rc = -errno;
	cap_free(now);
	cap_free(next);
	return rc;
}

static int seal(const char **what)
{
	*what = "no-new-privileges";
	if (prctl(PR_SET_NO_NEW_PRIVS, 1UL, 0UL, 0UL, 0UL))
		return -errno;
	*what = "dumpable";
	if (prctl(PR_SET_DUMPABLE, 0UL, 0UL, 0UL, 0UL))
		return -errno;
	*what = "core limit";
	if (setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}))
		return -errno;
	*what = "";
	return 0;
}

static int change_user(const char *user, const char **what)
{
	struct who w = {0};
	int rc = find(user, &w);

	*what = "no such user";
	if (rc)
		return rc;
	if (geteuid() != 0) {
		*what = "only root can become another user";
		return w.uid == geteuid() ? 0 : -EPERM;
	}
	*what = "keep capabilities";
	if (prctl(PR_SET_KEEPCAPS, 1UL, 0UL, 0UL, 0UL))
		return -errno;
	return become(&w, what);
}

int privs_drop(const char *user, const char **what)
{
	int rc = 0;

	/* Without CAP_SETPCAP there is nothing to bound. */
	for (cap_value_t c = 0; cap_get_bound(c) >= 0; c++)
		if (!is_kept(c))
			(void)cap_drop_bound(c);
	if (user && *user)
		rc = change_user(user, what);
	if (rc)
		return rc;
	cap_reset_ambient();
	*what = "capabilities";
	rc = reduce();
	return rc ? rc : seal(what);
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

int privs_directory(const char *path, const char *user)
{
	struct who w = {0};
	int rc;

	if (mkdir(path, 0755) && errno != EEXIST)
		return -errno;
	if (!user || !*user || geteuid() != 0 || !is_empty(path))
		return 0;
	rc = find(user, &w);
	if (!rc && chown(path, w.uid, w.gid))
		rc = -errno;
	return rc;
}

static bool has(cap_value_t c)
{
	cap_t now = cap_get_proc();
	cap_flag_value_t value = CAP_CLEAR;

	if (now)
		cap_get_flag(now, c, CAP_EFFECTIVE, &value);
	cap_free(now);
	return value == CAP_SET;
}

bool privs_raw(void)
{
	return has(CAP_NET_RAW);
}

bool privs_low_ports(void)
{
	return has(CAP_NET_BIND_SERVICE);
}

void privs_raise_files(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files))
		return;
	files.rlim_cur = files.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &files);
}
