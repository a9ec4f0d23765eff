/*
 * The boot script of a machine: what the policy chose for it, as addresses on
 * the very server address that it asked.  iPXE and our own client read it.
 */
#include "engine/askers.h"
#include "engine/boot_url.h"
#include "engine/tftpd_impl.h"
#include "wire/script.h"

#include <errno.h>

/* Who asks, and what becomes of addresses for it. */
struct reader {
	const struct settings *settings;
	struct askers *askers;
	uint32_t peer;
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

/* In the reader's room, behind the addresses that are there. */
static struct script_part put_url(const struct reader *r, struct text *room,
				  const struct image *im)
{
	size_t from = room->len;
	struct url u;

	boot_url(r->settings, im, r->via, r->server, &u);
	if (r->kind == ASKER_MUSTER)
		boot_url_own_group(r->settings, im, &u);
	url_put(room, &u, family_of(r, &u));
	askers_tell(r->askers, r->peer, im->id, r->via);
	return (struct script_part){room->s + from, room->len - from};
}

static bool put_script(const struct script *k, struct wanted *w)
{
	struct text t = text_over(w->script, sizeof(w->script));

	script_put(&t, k);
	w->script_len = t.len;
	return !t.full;
}

/* iPXE ends a script where a file fails, unless the line says what else to do.
 * False: so much has no room. */
static bool put_with_else(const struct reader *r, const struct boot_load *b,
			  const struct script *script, struct wanted *w)
{
	char urls[SCRIPT_MAX];
	struct text room = text_over(urls, sizeof(urls));
	struct script k = *script;
	struct reader tftp = *r;

	if (r->kind != ASKER_IPXE || r->via != VIA_MTFTP)
		return false;
	tftp.via = VIA_TFTP;
	tftp.askers = NULL;
	k.kernel_else = put_url(&tftp, &room, b->kernel);
	for (unsigned i = 0; i < b->initrds; i++)
		k.initrd_else[i] = put_url(&tftp, &room, b->initrd[i]);
	return !room.full && put_script(&k, w);
}

/* Our address as the peer sees it. */
static uint32_t server_ip(const struct site *site, const struct dgram *d)
{
	const struct link *l = site_link(site, d->link);

	return d->to.ip ? d->to.ip : l ? l->ip : 0;
}

int script_make(const struct site *site, const struct dgram *d,
		struct wanted *w)
{
	uint32_t peer = d->from.ip, link = d->link;
	struct asker asker = {
		.kind = ASKER_PLAIN,
		.arch = 0xffff,
		.file = "",
		.machine = site_machine(site, NULL, peer),
		.is_pruned = site_is_pruned(site, link),
	};
	struct reader r = {.settings = site->settings,
			   .askers = site->askers,
			   .peer = peer,
			   .server = server_ip(site, d)};
	struct script k = {.boots = true};
	char urls[SCRIPT_MAX];
	struct text room = text_over(urls, sizeof(urls));
	struct boot_load b;

	(void)askers_find(site->askers, peer, &asker);
	if (!policy_load(site->settings, site->images, &asker, &b))
		return -ENOENT;
	r.kind = asker.kind;
	r.via = b.via;
	k.kernel = put_url(&r, &room, b.kernel);
	if (b.arguments)
		k.arguments =
			(struct script_part){b.arguments, strlen(b.arguments)};
	for (k.initrds = 0; k.initrds < b.initrds; k.initrds++)
		k.initrd[k.initrds] = put_url(&r, &room, b.initrd[k.initrds]);
	if (!room.full && (put_with_else(&r, &b, &k, w) || put_script(&k, w)))
		return 0;
	return -EMSGSIZE;
}
