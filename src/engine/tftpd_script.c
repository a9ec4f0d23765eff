/*
 * The boot script of a machine: what the policy chose for it, as addresses on
 * the very server address that it asked.  iPXE and our own client read it.
 */
#include "engine/askers.h"
#include "engine/boot_url.h"
#include "engine/tftpd_impl.h"
#include "wire/script.h"

#include <errno.h>

/* The longest address has an escape for each letter of its path. */
enum { URLS = 1 + SCRIPT_INITRDS, URL_ROOM = 128 + 3 * IMAGE_NAME };

/* Who asks, and what becomes of addresses for it. */
struct reader {
	const struct settings *settings;
	uint32_t server;
	enum asker_kind kind;
	enum transport via;
};

/* Only iPXE stumbles over a group; only Etherboot takes escapes as they are. */
static enum url_family family_of(const struct reader *r, const struct url *u)
{
	if (u->scheme == URL_SLAM)
		return r->kind == ASKER_IPXE ? URL_FOR_IPXE : URL_FOR_ETHERBOOT;
	return r->kind == ASKER_ETHERBOOT ? URL_FOR_ETHERBOOT : URL_FOR_IPXE;
}

static struct script_part put_url(const struct reader *r,
				  const struct image *im, char *room)
{
	struct text t = text_over(room, URL_ROOM);
	struct url u;

	boot_url(r->settings, im, r->via, r->server, &u);
	url_put(&t, &u, family_of(r, &u));
	return (struct script_part){room, t.len};
}

int script_make(const struct site *site, uint32_t peer, uint32_t server,
		struct wanted *w)
{
	struct asker asker = {
		.kind = ASKER_PLAIN,
		.arch = 0xffff,
		.file = "",
		.machine = site_machine(site, NULL, peer),
	};
	struct reader r = {.settings = site->settings, .server = server};
	struct text t = text_over(w->script, sizeof(w->script));
	struct script k = {.boots = true};
	char urls[URLS][URL_ROOM];
	struct boot_load b;

	(void)askers_find(site->askers, peer, &asker);
	if (!policy_load(site->settings, site->images, &asker, &b))
		return -ENOENT;
	r.kind = asker.kind;
	r.via = b.via;
	k.kernel = put_url(&r, b.kernel, urls[0]);
	if (b.arguments)
		k.arguments =
			(struct script_part){b.arguments, strlen(b.arguments)};
	for (k.initrds = 0; k.initrds < b.initrds; k.initrds++)
		k.initrd[k.initrds] =
			put_url(&r, b.initrd[k.initrds], urls[k.initrds + 1]);
	script_put(&t, &k);
	w->script_len = t.len;
	return t.full ? -EMSGSIZE : 0;
}
