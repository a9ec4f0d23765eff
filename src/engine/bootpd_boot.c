/*
 * What a machine is told to boot, in its own dialect.  The policy chooses the
 * file; here it becomes a bare name for ROMs, an address for loaders that know
 * addresses, and nothing for a system that did not ask.
 */
#include "engine/boot_url.h"
#include "engine/bootpd_impl.h"

/* A DHCP client that says what it wants, and no boot file among it, runs an
 * operating system already. */
static enum asker_kind asker_kind(const struct ask *a)
{
	switch (a->client.class) {
	case CLASS_PXE:
		return ASKER_PXE;
	case CLASS_HTTP:
		return ASKER_HTTP;
	case CLASS_IPXE:
		return ASKER_IPXE;
	case CLASS_ETHERBOOT:
		return ASKER_ETHERBOOT;
	case CLASS_MUSTER:
		return ASKER_MUSTER;
	case CLASS_NEXT:
		return ASKER_NEXT;
	case CLASS_PLAIN:
		break;
	}
	if (a->m.type == DHCP_NONE || !a->has_list || a->file[0] ||
	    ask_names(a, OPT_BOOT_FILE))
		return ASKER_PLAIN;
	return ASKER_SYSTEM;
}

/* A ROM takes a bare name, and siaddr; our own client an address. */
static void add_tftp(const struct boot_info *i, const char *name,
		     struct text *t)
{
	struct url u = {.scheme = URL_TFTP, .server = i->next, .port = 69};

	if (i->asker != ASKER_MUSTER)
		text_add(t, name);
	else if (text_copy(u.path, sizeof(u.path), name, strlen(name)))
		url_put(t, &u, URL_FOR_IPXE);
	else
		t->full = true;
}

/* A PXE ROM takes a name, and where to listen in option 43.  A file that has no
 * group of its own goes by TFTP. */
static void add_pxe_mtftp(const struct settings *s, const struct ask *a,
			  const struct image *im, struct boot_info *i,
			  struct text *t)
{
	struct endpoint group;

	text_add(t, im->name);
	if (!policy_mtftp_group(s, im, &group))
		return;
	i->next = a->link->ip;
	i->mtftp = (struct pxe_mtftp){
		.group = group.ip,
		.client_port = group.port,
		.server_port = s->mtftp.own_port,
		.start_delay = s->mtftp.listen,
		.timeout = s->mtftp.timeout,
	};
}

/* Etherboot's form of a SLAM address says all of it; iPXE's leaves out the
 * group, which it would stumble over. */
static void add_image(const struct bootpd *b, const struct ask *a,
		      const struct boot_choice *c, struct boot_info *i,
		      struct text *t)
{
	const struct settings *s = b->site->settings;
	bool is_ipxe = a->client.class == CLASS_IPXE;
	struct url u;

	i->via = c->via;
	i->image = c->image->id;
	if (c->via == VIA_MTFTP && i->asker == ASKER_PXE) {
		add_pxe_mtftp(s, a, c->image, i, t);
		return;
	}
	if (c->via == VIA_TFTP) {
		add_tftp(i, c->image->name, t);
		return;
	}
	boot_url(s, c->image, c->via, a->link->ip, &u);
	if (i->asker == ASKER_MUSTER)
		boot_url_own_group(s, c->image, &u);
	/* HTTP that can't say the name. */
	if (u.scheme == URL_TFTP) {
		t->full = true;
		return;
	}
	if (c->via != VIA_HTTP)
		i->next = a->link->ip;
	url_put(t, &u,
		c->via == VIA_SLAM && !is_ipxe ? URL_FOR_ETHERBOOT
					       : URL_FOR_IPXE);
}

static void add_choice(const struct bootpd *b, const struct ask *a,
		       const struct boot_choice *c, struct boot_info *i,
		       struct text *t)
{
	switch (c->kind) {
	case BOOT_NOTHING:
		break;
	case BOOT_FILE:
		add_image(b, a, c, i, t);
		break;
	case BOOT_SCRIPT:
		i->next = a->link->ip; /* it is made here, wherever files are */
		add_tftp(i, POLICY_SCRIPT_NAME, t);
		break;
	case BOOT_VERBATIM:
		text_add(t, c->verbatim);
		break;
	}
}

/* Where its boot files are: as is said of the machine, of its subnet, or
 * here. */
static uint32_t next_server(const struct ask *a)
{
	const char *own =
		a->machine ? plist_value(&a->machine->props, "next_server")
			   : NULL;
	uint32_t ip;

	if (own && ip_parse(own, strlen(own), &ip) && ip)
		return ip;
	return a->subnet && a->subnet->next_server ? a->subnet->next_server
						   : a->link->ip;
}

static struct asker asker_of(const struct bootpd *b, const struct ask *a)
{
	return (struct asker){
		.kind = asker_kind(a),
		.arch = a->client.arch,
		.file = a->file,
		.machine = a->machine,
		.is_pruned = site_is_pruned(b->site, a->link->index)};
}

void boot_info(const struct bootpd *b, const struct ask *a, struct boot_info *i)
{
	const struct asker asker = asker_of(b, a);
	struct text t = text_over(i->file, sizeof(i->file));
	struct boot_choice c = {.kind = BOOT_NOTHING};

	policy_boot(b->site->settings, b->site->images, &asker, &c);
	i->kind = c.kind;
	i->mtftp.group = 0;
	i->image = 0;
	i->asker = asker.kind;
	i->next = next_server(a);
	add_choice(b, a, &c, i, &t);
	if (t.full || !t.len) /* half a name is another file's */
		i->kind = BOOT_NOTHING;
	i->is_http = !strncmp(i->file, "http", 4);
	if (i->kind == BOOT_NOTHING) {
		i->file[0] = '\0';
		i->next = a->m.type == DHCP_NONE ? a->link->ip : 0;
	}
}

/* What its boot script is going to say: if a packet of that is lost, the
 * machine is on its way all the same. */
static void tell_script(const struct bootpd *b, const struct ask *a,
			uint32_t ip)
{
	const struct asker asker = asker_of(b, a);
	struct boot_load l;

	if (!policy_load(b->site->settings, b->site->images, &asker, &l))
		return;
	askers_tell(b->site->askers, ip, l.kernel->id, l.via);
	for (unsigned i = 0; i < l.initrds; i++)
		askers_tell(b->site->askers, ip, l.initrd[i]->id, l.via);
}

void boot_told(const struct bootpd *b, const struct ask *a,
	       const struct boot_info *i, uint32_t ip, bool is_offer)
{
	struct askers *askers = b->site->askers;

	if (is_offer)
		askers_offer(askers, ip, i->asker, a->client.arch);
	else
		askers_note(askers, ip, i->asker, a->client.arch);
	if (i->image)
		askers_tell(askers, ip, i->image, i->via);
	else if (i->kind == BOOT_SCRIPT)
		tell_script(b, a, ip);
}
