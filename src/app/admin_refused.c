/*
 * Which of several changes may not be made, and why, in words.  An entry is
 * named by its path, which the changes before it may have made.
 */
#include "app/admin_inside.h"

#include "base/text.h"

#include <errno.h>
#include <string.h>

enum { PATH_ROOM = 512, DEPTH_MAX = 32, PATH_NAME = 64 };

struct refusal {
	const struct directory *d;
	const struct change *v; /* those up to the one that was refused */
	size_t n;
};

/* An entry as it was when the change was refused. */
struct seen {
	uint32_t parent;
	bool is_root; /* of a domain */
	struct plist props;
};

static bool see(const struct refusal *r, uint32_t id, struct seen *to)
{
	const struct entry *e = directory_entry(r->d, id);

	for (size_t i = r->n; i; i--) {
		const struct change *c = &r->v[i - 1];

		if (c->id != id || c->kind == CHANGE_ENTRY_DESTROY)
			continue;
		*to = (struct seen){c->parent, c->kind == CHANGE_DOMAIN_PUT,
				    c->props};
		return true;
	}
	if (!e)
		return false;
	*to = (struct seen){e->parent, e->id == e->domain, e->props};
	if (to->is_root)
		to->parent = domain_parent(r->d, id);
	return true;
}

/* "/boston/machines/wendy", written from its end. */
static const char *path_of(const struct refusal *r, uint32_t id,
			   char room[PATH_ROOM])
{
	char *at = room + (PATH_ROOM - 1);
	struct seen s;

	*at = '\0';
	for (int i = 0; i < DEPTH_MAX && see(r, id, &s); i++) {
		const char *name = plist_value(&s.props, "name");
		size_t len = name ? strnlen(name, PATH_NAME) : 0;

		if (s.is_root && !s.parent)
			break; /* the root of all is the first slash */
		if ((size_t)(at - room) < len + 1)
			break;
		at -= len;
		if (len)
			memcpy(at, name, len);
		*--at = '/';
		id = s.parent;
	}
	return *at ? at : "/";
}

/* Hardware addresses are the same however they are written. */
static bool is_same(const char *a, const char *b)
{
	struct hwaddr x, y;

	return text_is_nocase(a, strlen(a), b) ||
	       (hwaddr_parse(a, strlen(a), &x) &&
		hwaddr_parse(b, strlen(b), &y) && hwaddr_is(&x, &y));
}

/* A value of `name` that both have; NULL: none. */
static const char *shared(const struct plist *a, const struct plist *b,
			  const char *name)
{
	struct property p, q;

	if (!plist_find(a, name, &p) || !plist_find(b, name, &q))
		return NULL;
	for (unsigned i = 0; i < p.n; i++) {
		const char *v = property_value(&p, i);

		for (unsigned j = 0; j < q.n; j++)
			if (is_same(v, property_value(&q, j)))
				return v;
	}
	return NULL;
}

static void say_taken(struct admin *a, const struct refusal *r, const char *who,
		      uint32_t other)
{
	static const char *const keys[] = {"name", "en_address", "ip_address"};
	const struct plist *props = &r->v[r->n - 1].props;
	struct refusal before = {.d = r->d, .v = r->v, .n = r->n - 1};
	struct seen s;
	char room[PATH_ROOM];

	for (size_t i = 0; i < 3 && see(&before, other, &s); i++) {
		const char *value = shared(props, &s.props, keys[i]);

		if (!value)
			continue;
		admin_error(a, STATUS_CONFLICT, "%s: %s: %s is %s's already",
			    who, keys[i], value, path_of(&before, other, room));
		return;
	}
	admin_error(a, STATUS_CONFLICT,
		    "%s: a name or address of it is %s's already", who,
		    path_of(&before, other, room));
}

void admin_refused(struct admin *a, const struct directory *d, int rc,
		   size_t failed, uint32_t other)
{
	struct refusal r = {.d = d, .v = a->changes->v, .n = failed + 1};
	char room[PATH_ROOM];
	const char *who = path_of(&r, r.v[failed].id, room);

	if (rc == -EEXIST)
		say_taken(a, &r, who, other);
	else if (rc == -ESTALE)
		admin_error(a, STATUS_CONFLICT,
			    "%s: somebody else has just changed it: nothing is "
			    "stored",
			    who);
	else if (rc == -ENOENT)
		admin_error(a, STATUS_NOT_FOUND,
			    "%s: there is no such entry, or nothing that it is "
			    "to be in",
			    who);
	else if (rc == -ENOTEMPTY)
		admin_error(a, STATUS_CONFLICT, "%s: domains are below it",
			    who);
	else if (rc == -EINVAL)
		admin_error(a, STATUS_WRONG,
			    "%s: an address of it is none, or it is to move, "
			    "or it must stay",
			    who);
	else
		admin_error(a, STATUS_FAILED, "%s: %s", who, strerror(-rc));
}

bool may_make(struct asked *k)
{
	struct changes *all = k->a->changes;
	size_t failed;
	uint32_t other;
	int rc = directory_check_all(k->s->directory, all->v, all->n, &failed,
				     &other);

	if (rc)
		admin_refused(k->a, k->s->directory, rc, failed, other);
	return !rc;
}
