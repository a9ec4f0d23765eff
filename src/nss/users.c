/*
 * passwd and group.  Who is root, and who is in root's group, is said by this
 * machine alone: an entry with the number 0 is passed over, or whoever answers
 * on the network would be it.
 */
#include "nss/nss.h"

#include "base/text.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>

static bool make_user(struct nss_result *r, const struct plist *p)
{
	struct passwd *to = r->to;
	const char *name = plist_value(p, "name");

	if (r->part || !name || !name[0] ||
	    !nss_number(p, "uid", UINT32_MAX - 1, &to->pw_uid) ||
	    !nss_number(p, "gid", UINT32_MAX - 1, &to->pw_gid) || !to->pw_uid ||
	    !to->pw_gid)
		return false;
	to->pw_name = nss_string(&r->room, name);
	/* Who may not see it gets none that anything matches. */
	to->pw_passwd = nss_string(&r->room, nss_value(p, "passwd", "*"));
	to->pw_gecos = nss_string(&r->room, nss_value(p, "realname", ""));
	to->pw_dir = nss_string(&r->room, nss_value(p, "home", "/"));
	to->pw_shell = nss_string(&r->room, nss_value(p, "shell", ""));
	return true;
}

static bool make_group(struct nss_result *r, const struct plist *p)
{
	struct group *to = r->to;
	const char *name = plist_value(p, "name");

	if (r->part || !name || !name[0] ||
	    !nss_number(p, "gid", UINT32_MAX - 1, &to->gr_gid) || !to->gr_gid)
		return false;
	to->gr_name = nss_string(&r->room, name);
	to->gr_passwd = nss_string(&r->room, nss_value(p, "passwd", "*"));
	to->gr_mem = nss_values(&r->room, p, "users", 0);
	return true;
}

static const char *number(char room[24], uint32_t n)
{
	struct text t = text_over(room, 24);

	text_u64(&t, n);
	return room;
}

static struct nss_result into(void *to, char *buffer, size_t len)
{
	return (struct nss_result){.to = to, .room = nss_room(buffer, len)};
}

/* ---- passwd -------------------------------------------------------------- */

static struct nss_list users = NSS_LIST("users");

NSS_ENTRY(getpwnam_r, const char *name, struct passwd *to, char *buffer,
	  size_t len, int *errnop)
{
	struct nss_result r = into(to, buffer, len);

	return nss_one("users", "name", name, make_user, &r, errnop);
}

NSS_ENTRY(getpwuid_r, uid_t uid, struct passwd *to, char *buffer, size_t len,
	  int *errnop)
{
	struct nss_result r = into(to, buffer, len);
	char room[24];

	return nss_one("users", "uid", number(room, uid), make_user, &r,
		       errnop);
}

NSS_ENTRY(setpwent, int stay_open)
{
	(void)stay_open;
	return nss_begin(&users);
}

NSS_ENTRY(endpwent, void)
{
	return nss_begin(&users);
}

NSS_ENTRY(getpwent_r, struct passwd *to, char *buffer, size_t len, int *errnop)
{
	struct nss_result r = into(to, buffer, len);

	return nss_get(&users, make_user, &r, errnop);
}

/* ---- group --------------------------------------------------------------- */

static struct nss_list groups = NSS_LIST("groups");

NSS_ENTRY(getgrnam_r, const char *name, struct group *to, char *buffer,
	  size_t len, int *errnop)
{
	struct nss_result r = into(to, buffer, len);

	return nss_one("groups", "name", name, make_group, &r, errnop);
}

NSS_ENTRY(getgrgid_r, gid_t gid, struct group *to, char *buffer, size_t len,
	  int *errnop)
{
	struct nss_result r = into(to, buffer, len);
	char room[24];

	return nss_one("groups", "gid", number(room, gid), make_group, &r,
		       errnop);
}

NSS_ENTRY(setgrent, int stay_open)
{
	(void)stay_open;
	return nss_begin(&groups);
}

NSS_ENTRY(endgrent, void)
{
	return nss_begin(&groups);
}

NSS_ENTRY(getgrent_r, struct group *to, char *buffer, size_t len, int *errnop)
{
	struct nss_result r = into(to, buffer, len);

	return nss_get(&groups, make_group, &r, errnop);
}

/* ---- initgroups ---------------------------------------------------------- */

/* The C library's array of groups, which it lets us make longer. */
struct taking {
	long *start, *size, limit;
	gid_t **v;
};

static bool has(const struct taking *t, gid_t gid)
{
	for (long i = 0; i < *t->start; i++)
		if ((*t->v)[i] == gid)
			return true;
	return false;
}

/* False: there is no memory. */
static bool add(const struct taking *t, gid_t gid)
{
	if (has(t, gid) || (t->limit > 0 && *t->start >= t->limit))
		return true;
	if (*t->start == *t->size) {
		long size = 2 * *t->size + 16;
		gid_t *v = realloc(*t->v, (size_t)size * sizeof *v);

		if (!v)
			return false;
		*t->v = v;
		*t->size = size;
	}
	(*t->v)[(*t->start)++] = gid;
	return true;
}

static bool add_page(const struct taking *t, struct rd items, gid_t primary)
{
	struct lookup_item i;
	uint32_t gid;

	while (lookup_item_next(&items, &i)) {
		const struct plist p = {i.props, i.len};

		if (plist_is_sound(&p) &&
		    nss_number(&p, "gid", UINT32_MAX - 1, &gid) && gid &&
		    gid != primary && !add(t, gid))
			return false;
	}
	return true;
}

NSS_ENTRY(initgroups_dyn, const char *user, gid_t primary, long *start,
	  long *size, gid_t **groupsp, long limit, int *errnop)
{
	const struct taking t = {start, size, limit, groupsp};
	uint64_t position = 0;
	enum nss_status status;

	do {
		struct nss_answer *a = nss_ask(LOOKUP_ALL, "groups", "users",
					       user, position, &status, errnop);
		bool fits;

		if (!a)
			return position && status == NSS_STATUS_NOTFOUND
				       ? NSS_STATUS_SUCCESS
				       : status;
		fits = add_page(&t, a->a.items, primary);
		position = a->a.position;
		free(a);
		if (!fits) {
			*errnop = ENOMEM;
			return NSS_STATUS_TRYAGAIN;
		}
	} while (position);
	return NSS_STATUS_SUCCESS;
}
