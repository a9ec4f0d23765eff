/*
 * Who boots what: for each kind of asker a list of rules, tried in order until
 * one decides.  A rule that does not decide may leave word why, and the last
 * word is what a machine that boots nothing is told.
 */
#include "model/policy_inside.h"

#include "base/text.h"
#include "model/manifest.h"

#include <string.h>

const char *property_of(const struct question *q, const char *name)
{
	const struct entry *m = q->asker->machine;

	return m ? plist_value(&m->props, name) : NULL;
}

const struct image *file_named(const struct question *q, const char *name)
{
	return images_find(q->images, name, strlen(name));
}

/* NeXT's custom: what a machine has of its own comes first. */
static const struct image *file_for(const struct question *q, const char *name)
{
	const char *machine = property_of(q, "name");
	const struct image *im = NULL;
	char own[IMAGE_NAME];
	struct text t = text_over(own, sizeof own);

	if (machine && *machine) {
		text_add(&t, name);
		text_add(&t, ".");
		text_add(&t, machine);
		im = t.full ? NULL : file_named(q, own);
	}
	return im ? im : file_named(q, name);
}

/* ---- transports ---------------------------------------------------------- */

enum {
	TFTP = 1 << VIA_TFTP,
	SLAM = 1 << VIA_SLAM,
	HTTP = 1 << VIA_HTTP,
	TFTM = 1 << VIA_TFTM,
	MTFTP = 1 << VIA_MTFTP,
	TRAIN = 1 << VIA_TRAIN,
};

static const struct {
	unsigned can;      /* by what the settings may let it load */
	unsigned own;      /* and by what its own property may */
	enum transport by; /* and does, when nothing is said */
} loads[] = {
	[ASKER_PLAIN] = {TFTP, TFTP | SLAM | TFTM | MTFTP, VIA_TFTP},
	[ASKER_PXE] = {TFTP | MTFTP, TFTP | MTFTP, VIA_TFTP},
	[ASKER_HTTP] = {HTTP, HTTP, VIA_HTTP},
	[ASKER_IPXE] = {TFTP | HTTP | MTFTP, TFTP | HTTP | MTFTP | SLAM,
			VIA_TFTP},
	[ASKER_ETHERBOOT] = {TFTP | SLAM | TFTM, TFTP | SLAM | TFTM, VIA_SLAM},
	[ASKER_MUSTER] = {TFTP | SLAM | TFTM | MTFTP | TRAIN,
			  TFTP | SLAM | TFTM | MTFTP | TRAIN, VIA_TRAIN},
	[ASKER_NEXT] = {TFTP, TFTP, VIA_TFTP},
	[ASKER_SYSTEM] = {TFTP, TFTP, VIA_TFTP},
};

static enum transport own_transport(const struct question *q)
{
	const char *said = property_of(q, "transport");
	enum transport own = VIA_DEFAULT;

	if (said && !transport_named(said, &own))
		return VIA_DEFAULT;
	return own;
}

unsigned via_of_image(const struct image *im)
{
	unsigned all = TFTP | HTTP | TFTM;

	if (im->size && im->size <= MANIFEST_SIZE_MAX)
		all |= TRAIN;
	if (im->slam_port)
		all |= SLAM;
	if (im->size / MTFTP_BLOCK < MTFTP_BLOCKS)
		all |= MTFTP;
	return all;
}

/* What this asker can't do, though its kind can. */
static unsigned hindered(const struct question *q, bool insists)
{
	const struct asker *a = q->asker;
	unsigned v = q->settings->http_base[0] ? 0 : HTTP;

	if (a->kind == ASKER_PXE && !loader_is_bios(a->arch))
		v |= MTFTP;
	if (a->kind == ASKER_IPXE && q->settings->slam.group != IPXE_GROUP)
		v |= SLAM;
	if (a->kind == ASKER_IPXE && a->is_pruned && !insists)
		v |= SLAM | MTFTP;
	if (a->kind == ASKER_ETHERBOOT && a->is_pruned && !insists &&
	    !ip_is_flooded(q->settings->slam.group))
		v |= SLAM;
	return v;
}

enum transport via_for(const struct question *q, unsigned served)
{
	enum asker_kind kind = q->asker->kind;
	enum transport own = own_transport(q), set = q->settings->transport;
	enum transport via = loads[kind].by;
	bool insists = loads[kind].own >> own & 1;

	if (insists)
		via = own;
	else if (loads[kind].can >> set & 1)
		via = set;
	return (served & ~hindered(q, insists)) >> via & 1 ? via : VIA_TFTP;
}

/* ---- rules: true if they decide ------------------------------------------ */

static bool nothing(struct boot_choice *c, const char *why)
{
	c->kind = BOOT_NOTHING;
	c->why = why;
	return true;
}

static bool file(const struct question *q, struct boot_choice *c,
		 const struct image *im, const char *why)
{
	c->kind = BOOT_FILE;
	c->image = im;
	c->via = via_for(q, via_of_image(im));
	c->why = why;
	return true;
}

static bool by_request(const struct question *q, struct boot_choice *c)
{
	const char *name = q->asker->file;
	const struct image *im;

	if (!name || !*name)
		return false;
	im = file_for(q, name);
	if (im)
		return file(q, c, im, "the client named this file");
	/* Some repeat what our reply named, and the script is no file. */
	if (!strcmp(name, POLICY_SCRIPT_NAME))
		return false;
	return nothing(c, "the client named a file that is not in the boot "
			  "directory");
}

static bool has_scheme(const char *name, const char *scheme)
{
	return !strncmp(name, scheme, strlen(scheme));
}

/* Whether an asker can make use of a boot file, by its name: firmware gets its
 * loader first, and a loader does not load itself. */
static bool is_of_use(enum asker_kind kind, const char *name)
{
	bool is_url = strstr(name, "://");
	const char *dot = strrchr(name, '.');

	switch (kind) {
	case ASKER_PXE:
		return !is_url && !(dot && !strcmp(dot, ".ipxe"));
	case ASKER_HTTP:
		if (is_url)
			return has_scheme(name, "http://") ||
			       has_scheme(name, "https://");
		return !(dot && !strcmp(dot, ".ipxe"));
	case ASKER_IPXE:
		return is_url || !loader_is_ipxe(name);
	case ASKER_MUSTER:
		return is_url || !loader_is_any(name);
	case ASKER_NEXT:
		return !is_url;
	case ASKER_PLAIN:
	case ASKER_ETHERBOOT:
	case ASKER_SYSTEM:
		break;
	}
	return true;
}

/* A boot file that somebody wrote down: a file, or an address as it stands. */
static bool written(const struct question *q, struct boot_choice *c,
		    const char *name, const char *why, const char *missing)
{
	const struct image *im;

	if (!is_of_use(q->asker->kind, name))
		return false;
	if (strstr(name, "://")) {
		c->kind = BOOT_VERBATIM;
		c->verbatim = name;
		c->why = why;
		return true;
	}
	im = file_for(q, name);
	return im ? file(q, c, im, why) : nothing(c, missing);
}

static bool by_bootfile(const struct question *q, struct boot_choice *c)
{
	const char *name = property_of(q, "bootfile");

	if (!name)
		return false;
	if (!*name)
		return nothing(c, "this machine's bootfile is empty: it boots "
				  "nothing");
	return written(q, c, name, "this machine's bootfile",
		       "this machine's bootfile is not in the boot directory");
}

static bool by_boot_file(const struct question *q, struct boot_choice *c)
{
	if (!q->settings->boot_file[0])
		return false;
	return written(
		q, c, q->settings->boot_file, "boot_file of the settings",
		"boot_file of the settings is not in the boot directory");
}

static bool by_loader(const struct question *q, struct boot_choice *c)
{
	const char *name = property_of(q, "loader");
	const struct image *im;

	if (!name || !*name)
		return false;
	im = file_named(q, name);
	if (!im)
		return nothing(c, "this machine's loader is not in the boot "
				  "directory");
	return file(q, c, im, "this machine's loader");
}

static bool by_loader_set(const struct question *q, struct boot_choice *c)
{
	bool is_set;
	const struct image *im = loader_set(q, &is_set);

	if (im)
		return file(q, c, im,
			    "the settings' loader for this architecture");
	return is_set &&
	       nothing(c, "the settings' loader for this architecture is not "
			  "in the boot directory");
}

static bool by_loader_custom(const struct question *q, struct boot_choice *c)
{
	const struct image *im = loader_custom(q);

	if (!im) {
		c->why = "there is no loader for this architecture in the boot "
			 "directory";
		return false;
	}
	return file(q, c, im, "the customary loader for this architecture");
}

static bool by_only_file(const struct question *q, struct boot_choice *c)
{
	const char *kernel = property_of(q, "kernel");
	const struct image *im;
	uint32_t at = 0;

	if (images_count(q->images) != 1)
		return false;
	do
		im = images_next(q->images, &at);
	while (im->is_sidecar);
	if (!is_of_use(q->asker->kind, im->name) && loader_is_any(im->name))
		return false;
	/* Somebody wants it loaded as a kernel, with arguments. */
	if (q->asker->kind == ASKER_IPXE || q->asker->kind == ASKER_MUSTER)
		if (kernel || q->settings->kernel[0])
			return false;
	return file(q, c, im, "the only file in the boot directory");
}

static bool by_script(const struct question *q, struct boot_choice *c)
{
	struct boot_load b;

	if (!load_find(q, &b, &c->why))
		return false;
	c->kind = BOOT_SCRIPT;
	c->via = VIA_TFTP;
	c->why = "a boot script made for its kernel";
	return true;
}

static bool by_script_file(const struct question *q, struct boot_choice *c)
{
	const struct image *im = file_for(q, POLICY_SCRIPT_NAME);

	return im &&
	       file(q, c, im, "the boot directory has a " POLICY_SCRIPT_NAME);
}

static bool by_mach(const struct question *q, struct boot_choice *c)
{
	const struct image *im = file_for(q, "mach");

	return im && file(q, c, im, "the customary boot file of a NeXT");
}

static bool by_http_base(const struct question *q, struct boot_choice *c)
{
	if (q->settings->http_base[0])
		return false;
	return nothing(c, "the client boots over HTTP, and http_base is not "
			  "set");
}

static bool by_silence(const struct question *q, struct boot_choice *c)
{
	(void)q;
	return nothing(c, "an operating system wants an address, no boot file");
}

enum { RULES = 9 };

static bool (*const rules[][RULES])(const struct question *,
				    struct boot_choice *) = {
	[ASKER_PLAIN] = {by_request, by_bootfile, by_boot_file, by_only_file},
	[ASKER_PXE] = {by_request, by_loader, by_bootfile, by_loader_set,
		       by_boot_file, by_only_file, by_loader_custom},
	[ASKER_HTTP] = {by_http_base, by_request, by_loader, by_bootfile,
			by_loader_set, by_boot_file, by_only_file,
			by_loader_custom},
	[ASKER_IPXE] = {by_request, by_bootfile, by_only_file, by_script,
			by_script_file, by_boot_file},
	[ASKER_ETHERBOOT] = {by_request, by_bootfile, by_boot_file,
			     by_only_file},
	[ASKER_MUSTER] = {by_request, by_bootfile, by_only_file, by_script,
			  by_script_file, by_boot_file},
	[ASKER_NEXT] = {by_request, by_bootfile, by_mach, by_boot_file,
			by_only_file},
	[ASKER_SYSTEM] = {by_silence},
};

void policy_boot(const struct settings *s, const struct images *images,
		 const struct asker *a, struct boot_choice *c)
{
	struct question q = {.settings = s, .images = images, .asker = a};

	*c = (struct boot_choice){
		.kind = BOOT_NOTHING,
		.why = "no boot file is set for it: neither the machine's "
		       "bootfile nor boot_file of the settings"};
	for (size_t i = 0; i < RULES && rules[a->kind][i]; i++)
		if (rules[a->kind][i](&q, c))
			return;
}
