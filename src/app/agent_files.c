/*
 * The files of /etc.  A file is read whole, and again when it is another one;
 * then it is walked, which for files that people write takes microseconds.
 */
#include "app/agent.h"

#include "app/etc.h"
#include "model/flat.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST = 64 << 20, ENTRY = 16384 };

static const char *const names[LOOKUP_CATEGORIES] = {
	[LOOKUP_USERS] = "passwd",      [LOOKUP_GROUPS] = "group",
	[LOOKUP_HOSTS] = "hosts",       [LOOKUP_NETWORKS] = "networks",
	[LOOKUP_SERVICES] = "services", [LOOKUP_PROTOCOLS] = "protocols",
	[LOOKUP_RPCS] = "rpc",          [LOOKUP_MOUNTS] = "fstab",
	[LOOKUP_PRINTERS] = "printcap", [LOOKUP_BOOTPARAMS] = "bootparams",
	[LOOKUP_ALIASES] = "aliases",   [LOOKUP_NETGROUPS] = "netgroup",
	[LOOKUP_ETHERS] = "ethers",
};

/* ---- lines --------------------------------------------------------------- */

/* The next entry; *at moves behind it. */
static bool next(enum lookup_category c, struct span *rest, uint8_t room[ENTRY],
		 struct plist *p)
{
	char joined[FLAT_LINE];
	struct span line;

	while (flat_next(c, rest, joined, &line)) {
		struct plist_out o = plist_begin(room, ENTRY);

		if (flat_parse(c, line, &o) && plist_end(&o, p))
			return true;
	}
	return false;
}

static int find(struct span rest, const struct question *q, uint8_t room[ENTRY],
		struct wr *to)
{
	enum lookup_category c = (enum lookup_category)q->about;
	struct plist p;

	while (next(c, &rest, room, &p))
		if (lookup_matches(c, &p, q->with, q->text))
			return lookup_entry_put(p.bytes, p.len, to) ? 0
								    : -EMSGSIZE;
	return -ENOENT;
}

static int list(const struct agent_text *t, const struct question *q,
		uint8_t room[ENTRY], struct wr *to)
{
	struct span rest = {t->text, t->len};
	struct plist p;
	bool has_some = false;

	if (q->from > t->len)
		return -ENOENT; /* it has become shorter */
	rest.s += q->from;
	rest.len -= q->from;
	for (;;) {
		size_t at = (size_t)(rest.s - t->text);

		if (!next((enum lookup_category)q->about, &rest, room, &p))
			return has_some ? 0 : -ENOENT;
		if (lookup_entry_put(p.bytes, p.len, to)) {
			has_some = true;
		} else if (has_some) {
			lookup_result_end(to, (uint32_t)at);
			return 0;
		}
	}
}

int agent_text_answer(const struct agent_text *t, const struct question *q,
		      const char *domain, const char *server, struct wr *to)
{
	const struct lookup_result r = {.domain = domain, .server = server};
	uint8_t *room = t->len ? malloc(ENTRY) : NULL;
	int rc = -ENOENT;

	if (!room)
		return t->len ? -ENOMEM : -ENOENT;
	lookup_result_put(&r, to);
	if (!q->with[0])
		rc = list(t, q, room, to);
	else
		rc = find((struct span){t->text, t->len}, q, room, to);
	free(room);
	return rc;
}

/* ---- files --------------------------------------------------------------- */

static bool is_another(struct agent_text *t, const struct stat *st)
{
	const int64_t version[5] = {(int64_t)st->st_dev, (int64_t)st->st_ino,
				    st->st_size, st->st_mtim.tv_sec,
				    st->st_mtim.tv_nsec};
	bool is_same = !memcmp(version, t->version, sizeof version);

	memcpy(t->version, version, sizeof version);
	return !is_same;
}

static int refresh(struct agent_files *f, struct agent_text *t,
		   const char *name)
{
	struct etc_file file;
	struct stat st = {0};
	char path[PATH_MAX];
	int rc;

	snprintf(path, sizeof path, "%s/%s", f->dir, name);
	if (stat(path, &st) && errno != ENOENT)
		return -errno;
	if (!is_another(t, &st))
		return 0;
	rc = etc_read(&file, f->dir, name, MOST);
	if (rc) {
		t->version[0] = -1; /* look again */
		return rc;
	}
	free(t->text);
	t->text = (char *)(uintptr_t)file.text.s;
	t->len = file.text.len;
	return 0;
}

int agent_files_answer(struct agent_files *f, const struct question *q,
		       struct wr *to)
{
	const char *name = names[q->about];
	struct agent_text *t = &f->of[q->about];
	char path[256], host[64] = "";
	int rc;

	if (!name)
		return -ENODEV;
	rc = refresh(f, t, name);
	if (rc)
		return rc;
	if (!t->text)
		return -ENOENT;
	snprintf(path, sizeof path, "%s/%s", f->dir, name);
	(void)gethostname(host, sizeof host - 1);
	return agent_text_answer(t, q, path, host, to);
}

void agent_files_close(struct agent_files *f)
{
	for (unsigned c = 0; c < LOOKUP_CATEGORIES; c++)
		free(f->of[c].text);
}
