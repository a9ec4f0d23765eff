/*
 * Reading BOOTP and DHCP messages.  One walk over the options proves them whole
 * and notes where each code first stands, so that a look-up need not search.
 * A place is an offset into options, file and sname laid end to end.
 */
#include "wire/bootp.h"

enum { REPEATED = 0x8000 }; /* in `where`: look further for more parts */
enum { AREAS = 3 };
enum { OVERLOAD_FILE = 1, OVERLOAD_SNAME = 2 };

_Static_assert(BOOTP_LONGEST + BOOTP_FILE + BOOTP_SNAME < REPEATED,
	       "every place fits beside the mark");

struct area {
	size_t base; /* place of its first byte */
	const uint8_t *bytes;
	size_t len; /* 0 if it holds no options */
};

/* The areas in the order of RFC 3396 5. */
static struct area area_of(const struct bootp *m, unsigned i)
{
	struct area a = {.bytes = m->options, .len = m->options_len};

	if (i == 1) {
		a.base = m->options_len;
		a.bytes = m->file;
		a.len = m->overload & OVERLOAD_FILE ? BOOTP_FILE : 0;
	} else if (i == 2) {
		a.base = m->options_len + BOOTP_FILE;
		a.bytes = m->sname;
		a.len = m->overload & OVERLOAD_SNAME ? BOOTP_SNAME : 0;
	}
	return a;
}

/* False at END, at the end, or at an option that runs past it: then r is bad.
 */
static bool area_next(struct rd *r, struct bootp_opt *o)
{
	do {
		if (!rd_left(r))
			return false;
		o->code = rd_u8(r);
	} while (o->code == OPT_PAD);
	if (o->code == OPT_END)
		return false;
	o->len = rd_u8(r);
	o->bytes = rd_take(r, o->len);
	return !r->bad;
}

bool bootp_option_next(const struct bootp *m, size_t *at, struct bootp_opt *o)
{
	if (m->vend != VEND_RFC)
		return false;
	for (unsigned i = 0; i < AREAS; i++) {
		struct area a = area_of(m, i);
		struct rd r = rd_over(a.bytes, a.len);

		if (*at >= a.base + a.len)
			continue;
		if (*at > a.base)
			rd_take(&r, *at - a.base);
		if (area_next(&r, o)) {
			*at = a.base + a.len - rd_left(&r);
			return true;
		}
		*at = a.base + a.len;
	}
	return false;
}

static bool area_index(struct bootp *m, unsigned i)
{
	struct area a = area_of(m, i);
	struct rd r = rd_over(a.bytes, a.len);
	size_t at = a.base;

	for (struct bootp_opt o; area_next(&r, &o);) {
		uint16_t *where = &m->where[o.code];

		*where = (uint16_t)(*where ? *where | REPEATED : at + 1);
		at = a.base + a.len - rd_left(&r);
	}
	return !r.bad;
}

/* Option 52 counts in the options field only, and there the first: what an
 * overloaded field says of overloading is nothing. */
static bool overload_get(struct bootp *m)
{
	struct bootp_opt o = {0};
	size_t at = m->where[OPT_OVERLOAD] & (REPEATED - 1);

	if (!at)
		return true;
	at--;
	if (!bootp_option_next(m, &at, &o) || o.len != 1)
		return false;

	struct rd r = rd_over(o.bytes, o.len);

	m->overload = rd_u8(&r);
	return m->overload >= OVERLOAD_FILE &&
	       m->overload <= (OVERLOAD_FILE | OVERLOAD_SNAME);
}

static bool type_get(struct bootp *m)
{
	uint8_t type = DHCP_NONE;

	if (!bootp_has(m, OPT_MESSAGE_TYPE))
		return true;
	if (!bootp_option_u8(m, OPT_MESSAGE_TYPE, &type))
		return false;
	m->type = (enum dhcp_type)type;
	return type >= DHCP_DISCOVER && type <= DHCP_INFORM;
}

static enum bootp_vend vend_of(uint32_t magic)
{
	switch (magic) {
	case 0x63825363:
		return VEND_RFC;
	case 0x4e655854:
		return VEND_NEXT;
	case 0x434d5500:
		return VEND_CMU;
	case 0x5354414e:
		return VEND_STANFORD;
	}
	return VEND_NONE;
}

static void vend_get(struct bootp *m, struct rd *r)
{
	if (rd_left(r) < 4)
		return;
	m->vend = vend_of(rd_u32(r));
	m->options_len = rd_left(r);
	m->options = rd_take(r, m->options_len);
}

static void fixed_get(struct bootp *m, struct rd *r)
{
	m->op = rd_u8(r);
	m->hw.type = rd_u8(r);
	m->hw.len = rd_u8(r);
	m->hops = rd_u8(r);
	rd_copy(r, m->xid, sizeof(m->xid));
	m->secs = rd_u16(r);
	m->flags = rd_u16(r);
	m->ciaddr = rd_u32(r);
	m->yiaddr = rd_u32(r);
	m->siaddr = rd_u32(r);
	m->giaddr = rd_u32(r);

	struct rd chaddr = rd_sub(r, HWADDR_MAX);

	if (m->hw.len <= HWADDR_MAX)
		rd_copy(&chaddr, m->hw.b, m->hw.len);
	m->sname = rd_take(r, BOOTP_SNAME);
	m->file = rd_take(r, BOOTP_FILE);
}

bool bootp_get(struct bootp *m, struct rd *r)
{
	*m = (struct bootp){0};
	if (rd_left(r) > BOOTP_LONGEST)
		return false;
	fixed_get(m, r);
	if (r->bad || m->hw.len > HWADDR_MAX)
		return false;
	if (m->op != BOOTP_REQUEST && m->op != BOOTP_REPLY)
		return false;
	vend_get(m, r);
	if (m->vend != VEND_RFC)
		return true;
	return area_index(m, 0) && overload_get(m) && area_index(m, 1) &&
	       area_index(m, 2) && type_get(m);
}

int bootp_option(const struct bootp *m, uint8_t code, uint8_t *buf, size_t room)
{
	struct wr to = wr_over(buf, room);
	uint16_t where = m->where[code];
	size_t at = where & (REPEATED - 1);
	struct bootp_opt o;

	if (!at)
		return -1;
	at--;
	while (bootp_option_next(m, &at, &o)) {
		if (o.code == code)
			wr_bytes(&to, o.bytes, o.len);
		if (!(where & REPEATED))
			break;
	}
	return to.bad ? -1 : (int)wr_len(&to);
}

bool bootp_option_u8(const struct bootp *m, uint8_t code, uint8_t *v)
{
	uint8_t b[1];

	if (bootp_option(m, code, b, sizeof(b)) != sizeof(b))
		return false;
	*v = b[0];
	return true;
}

bool bootp_option_u16(const struct bootp *m, uint8_t code, uint16_t *v)
{
	uint8_t b[2];
	struct rd r = rd_over(b, sizeof(b));

	if (bootp_option(m, code, b, sizeof(b)) != sizeof(b))
		return false;
	*v = rd_u16(&r);
	return true;
}

bool bootp_option_u32(const struct bootp *m, uint8_t code, uint32_t *v)
{
	uint8_t b[4];
	struct rd r = rd_over(b, sizeof(b));

	if (bootp_option(m, code, b, sizeof(b)) != sizeof(b))
		return false;
	*v = rd_u32(&r);
	return true;
}

bool bootp_has(const struct bootp *m, uint8_t code)
{
	return m->where[code] != 0;
}

/* CMU's and Apple's daemons fill a field to its last byte, with no NUL. */
static bool field(const uint8_t *from, size_t len, bool overloaded, char *to)
{
	struct rd r = rd_over(from, len);

	rd_copy(&r, to, len);
	to[overloaded ? 0 : len] = '\0';
	return to[0] != '\0';
}

bool bootp_sname(const struct bootp *m, char to[BOOTP_SNAME + 1])
{
	return field(m->sname, BOOTP_SNAME, m->overload & OVERLOAD_SNAME, to);
}

bool bootp_file(const struct bootp *m, char to[BOOTP_FILE + 1])
{
	return field(m->file, BOOTP_FILE, m->overload & OVERLOAD_FILE, to);
}

bool relay_suboption(const uint8_t *v, size_t len, uint8_t code,
		     const uint8_t **sub, size_t *sublen)
{
	struct rd r = rd_over(v, len);

	/* No PAD and no END in here (RFC 3046 2.0). */
	while (rd_left(&r)) {
		uint8_t is = rd_u8(&r);
		uint8_t n = rd_u8(&r);
		const uint8_t *bytes = rd_take(&r, n);

		if (!r.bad && is == code) {
			*sub = bytes;
			*sublen = n;
			return true;
		}
	}
	return false;
}
