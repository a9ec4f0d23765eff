/*
 * A file is read anew when its inode, its length or its time is another one.
 * The engines only read, between two of our turns, so the old text can go as
 * soon as the new one is there.
 */
#include "app/tables.h"

#include "app/automatic.h"
#include "app/etc.h"
#include "base/text.h"
#include "host/memory.h"
#include "model/bootparams.h"
#include "model/hosts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST = 16 << 20 };

struct table {
	const char *path;
	struct stat seen; /* all zeros: none */
};

struct tables {
	struct site *site;
	struct log *log;
	struct table bootparams, hosts, lookup;
	struct bootparams *b;
	struct hosts *h;
};

static void complain(struct tables *t, const char *path, int rc, usec now)
{
	struct log_line l;

	if (!log_begin(&l, t->log, LEVEL_WARN, "file-refused", now, 0))
		return;
	log_wire(&l, "file", path, strlen(path));
	log_error(&l, "why", rc);
	log_end(&l);
}

static bool has_changed(struct table *t)
{
	struct stat st = {0};
	bool is_same;

	if (stat(t->path, &st))
		st = (struct stat){0};
	is_same = st.st_ino == t->seen.st_ino && st.st_dev == t->seen.st_dev &&
		  st.st_size == t->seen.st_size &&
		  st.st_mtim.tv_sec == t->seen.st_mtim.tv_sec &&
		  st.st_mtim.tv_nsec == t->seen.st_mtim.tv_nsec;
	t->seen = st;
	return !is_same;
}

static void tell_maps(struct tables *t, usec now)
{
	const struct bootparams_entry *e;
	struct log_line l;

	for (uint32_t at = 0; (e = bootparams_map(t->b, &at));) {
		if (bootparams_is_own_map(e) ||
		    !log_begin(&l, t->log, LEVEL_WARN, "nis-not-asked", now, 0))
			continue;
		log_wire(&l, "map", e->name.s, e->name.len);
		log_u64(&l, "line", e->line);
		log_end(&l);
	}
}

static int read_bootparams(struct tables *t, struct span text, usec now)
{
	struct bootparams *fresh = NULL;
	int rc =
		text.s ? bootparams_open(&fresh, &host_memory, text.s, text.len)
		       : 0;

	if (rc)
		return rc;
	bootparams_close(t->b);
	t->b = fresh;
	t->site->bootparams = fresh;
	if (fresh)
		tell_maps(t, now);
	return 0;
}

static int read_hosts(struct tables *t, struct span text, usec now)
{
	struct hosts *fresh = NULL;
	int rc = text.s ? hosts_open(&fresh, &host_memory, text.s, text.len)
			: 0;

	(void)now;
	if (rc)
		return rc;
	hosts_close(t->h);
	t->h = fresh;
	t->site->hosts = fresh;
	return 0;
}

/* One with a mistake changes nothing. */
static int read_lookup(struct tables *t, struct span text, usec now)
{
	struct lookup_order *o = &t->site->lookup, fresh;
	uint32_t version = o->version + 1;
	struct lookup_error e;
	struct log_line l;

	if (lookup_order_parse(&fresh, text, &e)) {
		fresh.version = version;
		*o = fresh;
		return 0;
	}
	if (!log_begin(&l, t->log, LEVEL_ERROR, "file-refused", now, 0))
		return 0;
	log_wire(&l, "file", t->lookup.path, strlen(t->lookup.path));
	log_u64(&l, "line", e.line);
	log_text(&l, "why", e.why);
	log_end(&l);
	return 0;
}

static void refresh(struct tables *t, struct table *table, usec now,
		    int (*take)(struct tables *, struct span, usec))
{
	struct etc_file f;
	int rc;

	if (!table->path[0] || !has_changed(table))
		return;
	rc = etc_read(&f, "", table->path + 1, MOST);
	if (!rc)
		rc = take(t, f.text, now);
	if (rc)
		complain(t, table->path, rc, now);
	etc_free(&f);
}

void tables_idle(struct tables *t, usec now)
{
	if (!t)
		return;
	refresh(t, &t->lookup, now, read_lookup);
	if (!t->site->settings->bootparam.serve)
		return;
	refresh(t, &t->bootparams, now, read_bootparams);
	refresh(t, &t->hosts, now, read_hosts);
}

int tables_open(struct tables **to, const struct config *c, struct site *site,
		struct log *log, usec now)
{
	struct tables *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	t->site = site;
	t->log = log;
	t->bootparams.path = c->bootparams;
	t->hosts.path = c->hosts;
	t->lookup.path = c->lookup;
	tables_idle(t, now);
	automatic_say(site, c->hostconfig, log, now);
	*to = t;
	return 0;
}

void tables_close(struct tables *t)
{
	if (!t)
		return;
	t->site->bootparams = NULL;
	t->site->hosts = NULL;
	bootparams_close(t->b);
	hosts_close(t->h);
	free(t);
}

void tables_domain(char *domain, size_t room)
{
	char own[65];

	if (domain[0] || getdomainname(own, sizeof own) ||
	    !strcmp(own, "(none)"))
		return;
	(void)text_copy(domain, room, own, strlen(own));
}
