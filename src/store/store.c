/*
 * What the stores have in common.  A snapshot has no words of its own: whatever
 * it must tell is told in changes.
 */
#include "store/store_inside.h"

#include <errno.h>
#include <string.h>

#include "model/directory.h"

int store_each_gone(store_each *each, void *arg, uint32_t last_id)
{
	struct change c = {.kind = CHANGE_ENTRY_PUT,
			   .domain = DOMAIN_FIRST,
			   .id = last_id,
			   .parent = ENTRY_ROOT,
			   .instance = 1};
	int rc = each(arg, &c);

	if (rc)
		return rc;
	c.kind = CHANGE_ENTRY_DESTROY;
	c.instance = 2;
	return each(arg, &c);
}

bool store_fixed(uint32_t id, uint8_t room[FIXED_ROOM], struct change *to)
{
	static const char *const names[] = {
		[ENTRY_ROOT] = "/",        [ENTRY_MACHINES] = "machines",
		[ENTRY_IMAGES] = "images", [ENTRY_NETWORKS] = "networks",
		[ENTRY_CONFIG] = "config",
	};
	struct plist_out o = plist_begin(room, FIXED_ROOM);

	if (!id || id > ENTRY_FIXED)
		return false;
	*to = (struct change){.kind = CHANGE_ENTRY_PUT,
			      .domain = DOMAIN_FIRST,
			      .id = id,
			      .parent = ENTRY_ROOT,
			      .instance = 1};
	if (id == ENTRY_ROOT) {
		to->kind = CHANGE_DOMAIN_PUT;
		to->parent = ENTRY_NONE;
	}
	plist_add(&o, "name");
	plist_add_value(&o, names[id]);
	(void)plist_end(&o, &to->props);
	return true;
}

/* One more name before what is there; false: it has no room. */
static bool put_before(char **at, const char *start, const struct plist *props)
{
	const char *name = plist_value(props, "name");
	size_t len = name ? strlen(name) : 0;

	if ((size_t)(*at - start) < len + 1)
		return false;
	*at -= len;
	if (len)
		memcpy(*at, name, len);
	*--*at = '/';
	return true;
}

void store_path(char to[STORE_PATH], const struct change *entry,
		store_seek *seek, void *arg)
{
	char *at = to + (STORE_PATH - 1);
	struct change up = *entry;
	uint8_t room[FIXED_ROOM];

	*at = '\0';
	/* A parent's id is below its child's, so it comes to an end. */
	while (up.kind != CHANGE_DOMAIN_PUT) {
		uint32_t parent = up.parent;

		if (!put_before(&at, to, &up.props))
			break;
		if (!seek(arg, parent, &up) && !store_fixed(parent, room, &up))
			break;
	}
	if (!*at)
		*--at = '/';
	memmove(to, at, strlen(at) + 1);
}

static bool is_held(const struct store_master *m)
{
	return m->holder[0];
}

static int judge(enum store_act act, const struct store_master *was,
		 struct store_master *m, usec wall)
{
	bool is_ours = is_held(was) && !strcmp(was->holder, m->holder);

	switch (act) {
	case MASTER_LOOK:
		return was->token ? 0 : -ENOENT;
	case MASTER_TAKE:
		if (is_held(was) && !is_ours && was->wall_ends > wall)
			return -EBUSY;
		/* Who was us before it died must not write any more. */
		m->token = was->token + 1;
		return 0;
	case MASTER_RENEW:
	case MASTER_DROP:
		if (!is_ours || was->token != m->token)
			return -EPERM;
		if (act == MASTER_RENEW)
			return 0;
		m->holder[0] = '\0';
		m->wall_ends = 0;
		return 0;
	}
	return -EINVAL;
}

int store_judge(enum store_act act, const struct store_master *was,
		struct store_master *m, usec wall)
{
	int rc = judge(act, was, m, wall);

	if (rc || act == MASTER_LOOK)
		*m = *was;
	return rc;
}
