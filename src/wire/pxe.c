/*
 * PXE, iPXE and UEFI in DHCP options.  A client is known by what it says of
 * itself; where it says two things, the more special one counts.
 */
#include "wire/pxe.h"

#include "base/text.h"

static bool begins(const uint8_t *v, int len, const char *with)
{
	struct rd r = rd_over(v, len > 0 ? (size_t)len : 0);
	size_t n = strlen(with);
	const uint8_t *at = rd_take(&r, n);

	return at && !memcmp(at, with, n);
}

/* iPXE sends the bare bytes; RFC 3004 4 wants a length before each class. */
static bool is_ipxe_user(const struct bootp *request)
{
	uint8_t v[255];
	int len = bootp_option(request, OPT_USER_CLASS, v, sizeof(v));
	struct rd r = rd_over(v, len > 0 ? (size_t)len : 0);

	if (len == 4 && begins(v, len, "iPXE"))
		return true;
	while (rd_left(&r)) {
		uint8_t n = rd_u8(&r);
		const uint8_t *at = rd_take(&r, n);

		if (at && n == 4 && begins(at, n, "iPXE"))
			return true;
	}
	return false;
}

static enum client_class class_of(const struct bootp *request,
				  const uint8_t *id, int len)
{
	if (request->vend == VEND_NEXT)
		return CLASS_NEXT;
	if (begins(id, len, "muster"))
		return CLASS_MUSTER;
	/* Before iPXE: Etherboot has an option 175 of its own. */
	if (begins(id, len, "Etherboot"))
		return CLASS_ETHERBOOT;
	if (is_ipxe_user(request) || bootp_has(request, OPT_ETHERBOOT))
		return CLASS_IPXE;
	if (begins(id, len, "HTTPClient"))
		return CLASS_HTTP;
	if (begins(id, len, "PXEClient"))
		return CLASS_PXE;
	return CLASS_PLAIN;
}

/* PXEClient:Arch:00007:UNDI:003000 */
static bool arch_in_class(const uint8_t *id, int len, uint16_t *arch)
{
	struct rd r = rd_over(id, len > 0 ? (size_t)len : 0);
	uint64_t n;

	rd_take(&r, begins(id, len, "HTTPClient") ? 10 : 9);

	const uint8_t *label = rd_take(&r, 6);

	if (!label || !begins(label, 6, ":Arch:"))
		return false;

	const uint8_t *digits = rd_take(&r, 5);

	if (!digits || !number_parse((const char *)digits, 5, 65535, &n))
		return false;
	*arch = (uint16_t)n;
	return true;
}

static bool arch_get(const struct bootp *request, uint16_t *arch)
{
	uint8_t list[254];
	int len = bootp_option(request, OPT_CLIENT_ARCH, list, sizeof(list));
	struct rd r = rd_over(list, len > 0 ? (size_t)len : 0);

	if (len < 2 || len % 2)
		return false;
	*arch = rd_u16(&r);
	return true;
}

static bool uuid_get(const struct bootp *request, uint8_t uuid[17])
{
	return bootp_option(request, OPT_CLIENT_UUID, uuid, 17) == 17 &&
	       uuid[0] == 0;
}

/* OVMF's DHCPREQUEST says 65280: 255 with its bytes exchanged. */
static uint16_t max_size_of(const struct bootp *request)
{
	uint16_t max;

	if (!bootp_option_u16(request, OPT_MAX_SIZE, &max))
		return 0;
	if (max < 576)
		return 576;
	return max > BOOTP_MTU_MAX ? BOOTP_MTU_MAX : max;
}

void client_of(struct client *c, const struct bootp *request)
{
	uint8_t id[255];
	int len = bootp_option(request, OPT_CLASS_ID, id, sizeof(id));

	*c = (struct client){.arch = ARCH_UNKNOWN};
	c->class = class_of(request, id, len);
	c->is_pxe = begins(id, len, "PXEClient");
	c->has_arch = arch_get(request, &c->arch);
	if (!c->has_arch && (c->is_pxe || c->class == CLASS_HTTP))
		c->has_arch = arch_in_class(id, len, &c->arch);
	c->has_uuid = uuid_get(request, c->uuid);
	c->max_size = max_size_of(request);
}

const char *client_class_name(enum client_class class)
{
	switch (class) {
	case CLASS_PLAIN:
		return "plain";
	case CLASS_PXE:
		return "PXE";
	case CLASS_HTTP:
		return "UEFI HTTP";
	case CLASS_IPXE:
		return "iPXE";
	case CLASS_ETHERBOOT:
		return "Etherboot";
	case CLASS_MUSTER:
		return "muster";
	case CLASS_NEXT:
		return "NeXT";
	}
	return "unknown";
}

static const struct {
	uint16_t arch;
	const char *name;
} arch_names[] = {
	{ARCH_X86_BIOS, "x86 BIOS"},
	{ARCH_X86_UEFI, "x86 UEFI"},
	{ARCH_X64_UEFI, "x64 UEFI"},
	{ARCH_EBC_UEFI, "x64 UEFI (EBC)"},
	{ARCH_ARM32_UEFI, "ARM UEFI"},
	{ARCH_ARM64_UEFI, "ARM64 UEFI"},
	{ARCH_X86_HTTP, "x86 UEFI HTTP"},
	{ARCH_X64_HTTP, "x64 UEFI HTTP"},
	{ARCH_EBC_HTTP, "x64 UEFI HTTP (EBC)"},
	{ARCH_ARM32_HTTP, "ARM UEFI HTTP"},
	{ARCH_ARM64_HTTP, "ARM64 UEFI HTTP"},
	{ARCH_BIOS_HTTP, "x86 BIOS HTTP"},
	{ARCH_RPI, "Raspberry Pi"},
};

const char *arch_name(uint16_t arch)
{
	for (size_t i = 0; i < sizeof(arch_names) / sizeof(*arch_names); i++)
		if (arch_names[i].arch == arch)
			return arch_names[i].name;
	return "unknown";
}

bool pxe_option_next(struct rd *r, struct pxe_opt *o)
{
	do {
		if (!rd_left(r))
			return false;
		o->tag = rd_u8(r);
	} while (o->tag == OPT_PAD);
	if (o->tag == PXE_END)
		return false;
	o->len = rd_u8(r);
	o->bytes = rd_take(r, o->len);
	return !r->bad;
}

void pxe_option_put(struct wr *w, uint8_t tag, const void *v, uint8_t len)
{
	if (wr_room(w) < (size_t)len + 2) {
		w->bad = true;
		return;
	}
	wr_u8(w, tag);
	wr_u8(w, len);
	wr_bytes(w, v, len);
}

/* A value of the wrong size leaves *has alone: the tag is then missing. */
static void mtftp_tag(struct pxe_mtftp *m, const struct pxe_opt *o,
		      unsigned *has)
{
	struct rd r = rd_over(o->bytes, o->len);

	switch (o->tag) {
	case PXE_MTFTP_IP:
		m->group = rd_u32(&r);
		break;
	case PXE_MTFTP_CPORT:
		m->client_port = rd_le16(&r);
		break;
	case PXE_MTFTP_SPORT:
		m->server_port = rd_le16(&r);
		break;
	case PXE_MTFTP_TMOUT:
		m->start_delay = rd_u8(&r);
		break;
	case PXE_MTFTP_DELAY:
		m->timeout = rd_u8(&r);
		break;
	default: /* one of the other tags, not an enum's value */
		return;
	}
	if (!r.bad && !rd_left(&r))
		*has |= 1u << o->tag;
}

bool pxe_mtftp_get(struct pxe_mtftp *m, struct rd *r)
{
	const unsigned all = 1u << PXE_MTFTP_IP | 1u << PXE_MTFTP_CPORT |
			     1u << PXE_MTFTP_SPORT | 1u << PXE_MTFTP_TMOUT |
			     1u << PXE_MTFTP_DELAY;
	unsigned has = 0;

	for (struct pxe_opt o; pxe_option_next(r, &o);)
		mtftp_tag(m, &o, &has);
	return !r->bad && has == all;
}

void pxe_mtftp_put(const struct pxe_mtftp *m, struct wr *w)
{
	wr_u8(w, PXE_MTFTP_IP);
	wr_u8(w, 4);
	wr_u32(w, m->group);
	wr_u8(w, PXE_MTFTP_CPORT);
	wr_u8(w, 2);
	wr_le16(w, m->client_port);
	wr_u8(w, PXE_MTFTP_SPORT);
	wr_u8(w, 2);
	wr_le16(w, m->server_port);
	pxe_option_put(w, PXE_MTFTP_TMOUT, &m->start_delay, 1);
	pxe_option_put(w, PXE_MTFTP_DELAY, &m->timeout, 1);
}
