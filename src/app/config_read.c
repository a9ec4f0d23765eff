/*
 * The files: libconfuse reads them, the table of keys (config_keys.c) says what
 * may stand there.  Every value is looked at when it is read, while the line is
 * known, and goes into a copy; only a copy without a fault becomes the
 * configuration.
 */
#include "app/config_inside.h"
#include "app/slurp.h"

#include <assert.h>
#include <confuse.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	FILE_MOST = 1 << 20, /* bytes */
	DEPTH_MOST = 8,      /* files that include files */
	SECTIONS = 10 + 1,   /* and the end */
	OPTIONS = 64,        /* of libconfuse, in one section */
};

/* Where every section's options lead to the reader: see reader_of(). */
#define INCLUDE "include"
/* Not to be had without quotes; it is read when a section opens. */
#define OPEN "(open)"

struct reader {
	struct config next;
	struct text why;
	int rc; /* of the first fault; the others follow from it */
	unsigned depth;
	const char *file; /* libconfuse's own note is wrong in sections */
	cfg_t *section;   /* the subnet or loader that is open, and ... */
	void *base;       /* ... its struct; else NULL and &next */
	cfg_opt_t top[OPTIONS], subnet[OPTIONS], tftp[OPTIONS], igmp[OPTIONS],
		bootparam[OPTIONS], netinfo[OPTIONS], slam[OPTIONS],
		tftm[OPTIONS], mtftp[OPTIONS], train[OPTIONS], loader[OPTIONS];
};

/* It hands nothing of ours through but the options, so the first of each
 * section, which keeps no value, has the address. */
static struct reader *reader_of(const cfg_t *cfg)
{
	return (void *)cfg->opts[0].simple_value.ptr;
}

static const char *section_of(const cfg_t *cfg)
{
	return strcmp(cfg->name, "root") != 0 ? cfg->name : "";
}

static void say_place(struct reader *r, unsigned line)
{
	text_restart(&r->why);
	text_add(&r->why, r->file);
	text_add(&r->why, ":");
	text_u64(&r->why, line);
	text_add(&r->why, ": ");
}

static void on_error(cfg_t *cfg, const char *format, va_list ap)
	__attribute__((format(printf, 2, 0)));

static void on_error(cfg_t *cfg, const char *format, va_list ap)
{
	struct reader *r = reader_of(cfg);
	char said[128];

	if (r->rc)
		return;
	r->rc = -EINVAL;
	say_place(r, (unsigned)cfg->line);
	if (!strcmp(format, "no such option '%s'")) {
		key_missing(section_of(cfg), va_arg(ap, const char *), &r->why);
		return;
	}
	vsnprintf(said, sizeof said, format, ap);
	for (char *p = said; *p; p++)
		if (*p < ' ' || *p > '~')
			*p = '?';
	text_add(&r->why, said);
}

static int on_value(cfg_t *cfg, cfg_opt_t *opt, const char *value, void *result)
{
	struct reader *r = reader_of(cfg);
	const struct key *k = key_named(section_of(cfg), opt->name);

	if (r->rc)
		return -1;
	say_place(r, (unsigned)cfg->line);
	if (!k)
		key_missing(section_of(cfg), opt->name, &r->why);
	/* libconfuse has counted this value already. */
	if (!k || !config_apply(k, r->section ? r->base : &r->next,
				k->slots > 1 ? opt->nvalues - 1 : 0, value,
				&r->why)) {
		r->rc = -EINVAL;
		return -1;
	}
	*(const char **)result = value;
	return 0;
}

/* The subnet of this title, which may have been there before. */
static struct subnet *open_subnet(struct settings *s, const char *title,
				  struct text *why)
{
	struct subnet net;

	if (!subnet_title(title, &net, why))
		return NULL;
	for (unsigned i = 0; i < s->n_subnets; i++) {
		struct subnet *o = &s->subnets[i];

		if (o->network == net.network && o->mask == net.mask)
			return o;
		if ((o->network ^ net.network) & o->mask & net.mask)
			continue;
		text_add(why, title);
		text_add(why, " overlaps ");
		text_ip(why, o->network);
		text_add(why, "/");
		text_u64(why, mask_bits(o->mask));
		return NULL;
	}
	if (s->n_subnets == SETTINGS_SUBNETS) {
		text_add(why, "there are more than ");
		text_u64(why, SETTINGS_SUBNETS);
		return NULL;
	}
	s->subnets[s->n_subnets] = net;
	return &s->subnets[s->n_subnets++];
}

static struct loader *open_loader(struct settings *s, const char *title,
				  struct text *why)
{
	uint16_t arch;

	if (!loader_title(title, &arch, why))
		return NULL;
	for (unsigned i = 0; i < s->n_loaders; i++)
		if (s->loaders[i].arch == arch)
			return &s->loaders[i];
	if (s->n_loaders == SETTINGS_LOADERS) {
		text_add(why, "there are more than ");
		text_u64(why, SETTINGS_LOADERS);
		return NULL;
	}
	s->loaders[s->n_loaders].arch = arch;
	return &s->loaders[s->n_loaders++];
}

/*
 * Called for the default value of OPEN, while libconfuse makes the section: the
 * only moment at which the line of its title is known.  It would abort if this
 * failed, so the fault is only written down, for whatever is called next.
 */
static int on_open(cfg_t *cfg, cfg_opt_t *opt, const char *value, void *result)
{
	struct reader *r = reader_of(cfg);

	(void)opt;
	*(const char **)result = value;
	if (r->rc || !cfg->title)
		return 0;
	say_place(r, (unsigned)cfg->line);
	text_add(&r->why, cfg->name);
	text_add(&r->why, ": ");
	r->section = cfg;
	if (!strcmp(cfg->name, "subnet"))
		r->base = open_subnet(&r->next.settings, cfg->title, &r->why);
	else
		r->base = open_loader(&r->next.settings, cfg->title, &r->why);
	if (!r->base)
		r->rc = -EINVAL;
	return 0;
}

/* An empty list says nothing to on_value. */
static void clear_empty(const cfg_t *cfg, void *base)
{
	for (const cfg_opt_t *o = cfg->opts; o->name; o++) {
		const struct key *k = key_named(section_of(cfg), o->name);

		if (k && k->slots > 1 && !o->nvalues &&
		    (o->flags & CFGF_MODIFIED))
			config_clear(k, base);
	}
}

static int on_close(cfg_t *cfg, cfg_opt_t *opt)
{
	struct reader *r = reader_of(cfg);

	(void)opt;
	if (r->rc)
		return -1;
	if (r->section)
		clear_empty(r->section, r->base);
	r->section = NULL;
	say_place(r, (unsigned)cfg->line);
	if (!config_fits(&r->next.settings, &r->why))
		r->rc = -EINVAL;
	return r->rc ? -1 : 0;
}

/* ---- files ------------------------------------------------------------- */

static int say_file(struct reader *r, const char *path, int rc)
{
	text_add(&r->why, path);
	text_add(&r->why, ": ");
	text_add(&r->why, strerror(-rc));
	r->rc = rc;
	return rc;
}

static void parse(struct reader *r, cfg_t *cfg, char *text)
{
	int line = cfg->line;
	FILE *f = fmemopen(text, strlen(text), "r");

	/* All else that may go wrong it has told us. */
	if ((!f || cfg_parse_fp(cfg, f) != CFG_SUCCESS) && !r->rc)
		say_file(r, r->file, -ENOMEM);
	if (f)
		fclose(f);
	cfg->line = line;
}

static void clean_and_parse(struct reader *r, cfg_t *cfg, const char *path,
			    const char *raw, size_t len)
{
	const char *outer = r->file, *what;
	char *text = malloc(2 * len + 2);
	unsigned line;

	r->file = path;
	if (!text) {
		say_file(r, path, -ENOMEM);
	} else if (!config_clean(raw, len, text, &line, &what)) {
		say_place(r, line);
		text_add(&r->why, what);
		r->rc = -EINVAL;
	} else {
		parse(r, cfg, text);
	}
	r->file = outer;
	free(text);
}

/* `why` holds the place that wants the file, if there is one. */
static int read_file(struct reader *r, cfg_t *cfg, const char *path)
{
	char *raw;
	size_t len;
	int rc = slurp(path, FILE_MOST, &raw, &len);

	if (rc)
		say_file(r, path, rc);
	else
		clean_and_parse(r, cfg, path, raw, len);
	free(raw);
	return r->rc;
}

/* A path beside a file; the caller's to free, NULL without memory. */
static char *beside(const char *file, const char *path)
{
	const char *slash = strrchr(file, '/');
	char *s;

	if (*path == '/' || !slash)
		return strdup(path);
	if (asprintf(&s, "%.*s%s", (int)(slash + 1 - file), file, path) < 0)
		return NULL;
	return s;
}

/*
 * A relative name is looked for beside the file that includes it, and the files
 * are ours to open: libconfuse's own include takes the working directory, and
 * after a fault leaves its stack of files as it was.
 */
static int on_include(cfg_t *cfg, cfg_opt_t *opt, int argc, const char **argv)
{
	struct reader *r = reader_of(cfg);
	char *path;

	(void)opt;
	if (r->rc)
		return -1;
	say_place(r, (unsigned)cfg->line);
	text_add(&r->why, "include: ");
	if (argc != 1 || r->depth == DEPTH_MOST) {
		text_add(&r->why, argc != 1 ? "takes one name of a file"
					    : "files include files too deeply");
		r->rc = -EINVAL;
		return -1;
	}
	path = beside(r->file, argv[0]);
	r->depth++;
	if (path)
		read_file(r, cfg, path);
	else
		say_file(r, argv[0], -ENOMEM);
	r->depth--;
	free(path);
	return r->rc ? -1 : 0;
}

static int is_conf(const struct dirent *d)
{
	size_t len = strlen(d->d_name);

	return d->d_name[0] != '.' && len > 5 &&
	       !strcmp(d->d_name + len - 5, ".conf");
}

/* The same order in every locale. */
static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void read_drop_in(struct reader *r, cfg_t *cfg, const char *dir,
			 const char *name)
{
	char *path;

	if (asprintf(&path, "%s/%s", dir, name) < 0) {
		say_file(r, name, -ENOMEM);
		return;
	}
	text_restart(&r->why);
	read_file(r, cfg, path);
	free(path);
}

static int read_drop_ins(struct reader *r, cfg_t *cfg, const char *path)
{
	char *dir = beside(path, "conf.d");
	struct dirent **found = NULL;
	int n = dir ? scandir(dir, &found, is_conf, by_name) : -1;

	text_restart(&r->why);
	if (n < 0 && errno != ENOENT && errno != ENOTDIR)
		say_file(r, dir ? dir : path, -errno);
	for (int i = 0; i < n; i++) {
		if (!r->rc)
			read_drop_in(r, cfg, dir, found[i]->d_name);
		free(found[i]);
	}
	free(found);
	free(dir);
	return r->rc;
}

/* ---- all of it --------------------------------------------------------- */

static cfg_opt_t *begin_options(struct reader *r, cfg_opt_t *o)
{
	*o = (cfg_opt_t)CFG_FUNC(INCLUDE, on_include);
	o->simple_value.ptr = (void **)(void *)r;
	return o + 1;
}

/* The keys of a section, as libconfuse wants them: texts, all of them.  Two
 * more options go behind them in a section, and all sections at the top. */
static cfg_opt_t *add_keys(const char *section, cfg_opt_t *o, size_t behind)
{
	const cfg_opt_t *end = o - 1 + OPTIONS - behind;
	const struct key *k;

	for (size_t i = 0; (k = key_number(i)); i++) {
		if (strcmp(k->section, section) != 0)
			continue;
		assert(o < end);
		*o++ = (cfg_opt_t)CFG_STR_CB(
			k->name, NULL,
			CFGF_NODEFAULT | (k->slots > 1 ? CFGF_LIST : 0),
			on_value);
	}
	return o;
}

static void add_section(struct reader *r, cfg_opt_t **top, const char *name,
			cfg_opt_t *options, cfg_flag_t flags)
{
	cfg_opt_t *o = add_keys(name, begin_options(r, options), 2);

	*o++ = (cfg_opt_t)CFG_STR_LIST_CB(OPEN, "{open}", CFGF_NONE, on_open);
	*o = (cfg_opt_t)CFG_END();
	**top = (cfg_opt_t)CFG_SEC(name, options, flags);
	(*top)++->validcb = on_close;
}

static cfg_t *open_parser(struct reader *r)
{
	cfg_opt_t *o = add_keys("", begin_options(r, r->top), SECTIONS);
	cfg_t *cfg;

	add_section(r, &o, "subnet", r->subnet, CFGF_MULTI | CFGF_TITLE);
	add_section(r, &o, "loader", r->loader, CFGF_MULTI | CFGF_TITLE);
	add_section(r, &o, "tftp", r->tftp, CFGF_NONE);
	add_section(r, &o, "igmp", r->igmp, CFGF_NONE);
	add_section(r, &o, "bootparam", r->bootparam, CFGF_NONE);
	add_section(r, &o, "netinfo", r->netinfo, CFGF_NONE);
	add_section(r, &o, "slam", r->slam, CFGF_NONE);
	add_section(r, &o, "tftm", r->tftm, CFGF_NONE);
	add_section(r, &o, "mtftp", r->mtftp, CFGF_NONE);
	add_section(r, &o, "train", r->train, CFGF_NONE);
	*o = (cfg_opt_t)CFG_END();
	cfg = cfg_init(r->top, CFGF_NONE);
	if (cfg)
		cfg_set_error_function(cfg, on_error);
	return cfg;
}

static int load(struct reader *r, const char *path)
{
	bool may_miss = !path;
	cfg_t *cfg = open_parser(r);

	if (!path)
		path = CONFIG_FILE;
	if (!cfg)
		return say_file(r, path, -ENOMEM);
	if (read_file(r, cfg, path) == -ENOENT && may_miss)
		r->rc = 0;
	if (!r->rc)
		read_drop_ins(r, cfg, path);
	if (!r->rc)
		clear_empty(cfg, &r->next);
	cfg_free(cfg);
	return r->rc;
}

int config_load(struct config *c, const char *path, char *why, size_t room)
{
	struct reader *r = calloc(1, sizeof *r);
	struct text t = text_over(why, room);
	int rc;

	if (!r) {
		text_add(&t, strerror(ENOMEM));
		return -ENOMEM;
	}
	r->why = t;
	config_begin(&r->next, c);
	rc = load(r, path);
	if (!rc)
		config_commit(c, &r->next);
	free(r);
	return rc;
}
