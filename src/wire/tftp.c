/*
 * TFTP packets.  Options are one table walk: a name and a value, and what is
 * not sane counts as not said, so that an engine sees only values it may use.
 */
#include "wire/tftp.h"

#include "base/text.h"

uint16_t tftp_op(const struct rd *r)
{
	struct rd peek = *r;

	return rd_u16(&peek);
}

/* ---- options ------------------------------------------------------------ */

static bool in_range(const char *s, size_t len, uint64_t low, uint64_t high,
		     uint64_t *to)
{
	return number_parse(s, len, high, to) && *to >= low;
}

/* The piece of s up to the next comma, which is passed over. */
static const char *piece(const char **s, const char *end, size_t *len)
{
	const char *at = *s;
	const char *comma = memchr(at, ',', (size_t)(end - at));

	*len = (size_t)((comma ? comma : end) - at);
	*s = comma ? comma + 1 : end;
	return at;
}

/* atftpd 0.8.0 prints ports above 32767 as negative numbers. */
static bool port_get(const char *s, size_t len, uint16_t *port)
{
	bool is_negative = len && s[0] == '-';
	uint64_t n = 0;

	if (len && !number_parse(s + is_negative, len - is_negative,
				 is_negative ? 32768 : 65535, &n))
		return false;
	*port = (uint16_t)(is_negative ? 65536 - n : n);
	return true;
}

/* RFC 2090: addr,port,mc; the first two may be empty. */
static bool multicast_get(struct tftp_options *o, const char *s, size_t len)
{
	const char *end = s + len, *at;
	struct endpoint group = {0};
	size_t n;

	at = piece(&s, end, &n);
	if (n && (!ip_parse(at, n, &group.ip) || !ip_is_multicast(group.ip)))
		return false;
	at = piece(&s, end, &n);
	if (!port_get(at, n, &group.port))
		return false;
	if (end - s != 1 || (s[0] != '0' && s[0] != '1'))
		return false;
	o->group = group;
	o->is_master = s[0] == '1';
	return true;
}

struct said {
	const char *s;
	size_t len;
	bool is_request;
};

static bool tsize_get(struct tftp_options *o, const struct said *v)
{
	/* Etherboot asks for the size with an empty value. */
	if (!v->len && v->is_request) {
		o->tsize = 0;
		return true;
	}
	return number_parse(v->s, v->len, INT64_MAX, &o->tsize);
}

/* The bit to set, or 0 if the value is not sane. */
static unsigned value_get(struct tftp_options *o, unsigned which,
			  const struct said *v)
{
	uint64_t n = 0;
	bool ok = false;

	if (which == TFTP_HAS_BLKSIZE) {
		ok = in_range(v->s, v->len, TFTP_BLKSIZE_MIN, TFTP_BLKSIZE_MAX,
			      &n);
		o->blksize = ok ? (uint16_t)n : 0;
	} else if (which == TFTP_HAS_TIMEOUT) {
		ok = in_range(v->s, v->len, 1, 255, &n);
		o->timeout = ok ? (uint8_t)n : 0;
	} else if (which == TFTP_HAS_WINDOWSIZE) {
		ok = in_range(v->s, v->len, 1, 65535, &n);
		o->windowsize = ok ? (uint16_t)n : 0;
	} else if (which == TFTP_HAS_TSIZE) {
		ok = tsize_get(o, v);
	} else if (which == TFTP_HAS_GAPS) {
		ok = number_parse(v->s, v->len, UINT32_MAX, &n);
		o->gaps = (uint32_t)n;
	} else {
		ok = v->is_request ? !v->len : multicast_get(o, v->s, v->len);
	}
	return ok ? which : 0;
}

/* In the order in which we write them. */
static const struct {
	const char *name;
	unsigned bit;
} option_names[] = {
	{"tsize", TFTP_HAS_TSIZE},     {"blksize", TFTP_HAS_BLKSIZE},
	{"timeout", TFTP_HAS_TIMEOUT}, {"windowsize", TFTP_HAS_WINDOWSIZE},
	{"x-gaps", TFTP_HAS_GAPS},     {"multicast", TFTP_HAS_MULTICAST},
};
enum { OPTIONS = sizeof option_names / sizeof option_names[0] };

static unsigned which_option(const char *name, size_t len)
{
	for (size_t i = 0; i < OPTIONS; i++)
		if (text_is_nocase(name, len, option_names[i].name))
			return option_names[i].bit;
	return 0;
}

/*
 * All that is left of r.  It ends at the first thing that is no pair of
 * strings: Apple OpenFirmware appends junk to its requests, iPXE ignores a
 * malformed tail of an OACK, too.
 */
static void options_get(struct tftp_options *o, struct rd *r, bool is_request)
{
	unsigned seen = 0;

	*o = (struct tftp_options){0};
	for (;;) {
		struct said v = {.is_request = is_request};
		size_t len;
		const char *name = rd_cstr(r, &len);

		v.s = rd_cstr(r, &v.len);
		if (!v.s || !len)
			break;
		unsigned which = which_option(name, len);
		if (!which)
			o->has_unknown = true;
		/* RFC 2347: an option may be said once; the first one counts */
		else if (!(seen & which))
			o->has |= value_get(o, which, &v);
		seen |= which;
	}
	*r = rd_over(r->end, 0);
}

static void value_put(const struct tftp_options *o, unsigned which,
		      struct text *t)
{
	if (which == TFTP_HAS_TSIZE) {
		text_u64(t, o->tsize);
	} else if (which == TFTP_HAS_BLKSIZE) {
		text_u64(t, o->blksize);
	} else if (which == TFTP_HAS_TIMEOUT) {
		text_u64(t, o->timeout);
	} else if (which == TFTP_HAS_WINDOWSIZE) {
		text_u64(t, o->windowsize);
	} else if (which == TFTP_HAS_GAPS) {
		text_u64(t, o->gaps);
	} else {
		text_ip(t, o->group.ip);
		text_add(t, ",");
		text_u64(t, o->group.port);
		text_add(t, o->is_master ? ",1" : ",0");
	}
}

static void options_put(const struct tftp_options *o, struct wr *w,
			bool is_request)
{
	for (size_t i = 0; i < OPTIONS; i++) {
		unsigned which = option_names[i].bit;
		char value[32];
		struct text t = text_over(value, sizeof value);

		if (!(o->has & which))
			continue;
		if (!is_request || which != TFTP_HAS_MULTICAST)
			value_put(o, which, &t);
		wr_cstr(w, option_names[i].name);
		wr_cstr(w, value);
	}
}

/* ---- packets ------------------------------------------------------------ */

bool tftp_request_get(struct tftp_request *q, struct rd *r)
{
	size_t mode_len;
	const char *mode;

	*q = (struct tftp_request){.op = rd_u16(r)};
	q->name = rd_cstr(r, &q->name_len);
	mode = rd_cstr(r, &mode_len);
	if (!mode || (q->op != TFTP_RRQ && q->op != TFTP_WRQ))
		return false;
	if (q->name_len > TFTP_NAME_MAX)
		return false;
	q->is_octet = text_is_nocase(mode, mode_len, "octet");
	if (!q->is_octet && !text_is_nocase(mode, mode_len, "netascii"))
		return false;
	options_get(&q->options, r, true);
	return true;
}

void tftp_request_put(const struct tftp_request *q, struct wr *w)
{
	wr_u16(w, q->op);
	wr_bytes(w, q->name, q->name_len);
	wr_u8(w, 0);
	wr_cstr(w, q->is_octet ? "octet" : "netascii");
	options_put(&q->options, w, true);
}

bool tftp_data_get(struct tftp_data *d, struct rd *r)
{
	uint16_t op = rd_u16(r);

	d->block = rd_u16(r);
	d->len = rd_left(r);
	d->bytes = rd_take(r, d->len);
	return !r->bad && op == TFTP_DATA;
}

void tftp_data_head_put(uint16_t block, struct wr *w)
{
	wr_u16(w, TFTP_DATA);
	wr_u16(w, block);
}

bool tftp_ack_get(uint16_t *block, struct rd *r)
{
	uint16_t op = rd_u16(r);

	*block = rd_u16(r);
	return !r->bad && op == TFTP_ACK;
}

void tftp_ack_put(uint16_t block, struct wr *w)
{
	wr_u16(w, TFTP_ACK);
	wr_u16(w, block);
}

bool tftp_gap_next(struct tftp_gap *g, struct rd *r)
{
	if (rd_left(r) < 2)
		return false;
	g->after = rd_u16(r);
	g->n = rd_left(r) < 2 ? 1 : rd_u16(r);
	return true;
}

bool tftp_gap_put(struct tftp_gap g, struct wr *w)
{
	if (wr_room(w) < 4)
		return false;
	wr_u16(w, g.after);
	wr_u16(w, g.n);
	return true;
}

void tftp_gaps_head_put(struct wr *w)
{
	wr_u16(w, TFTP_ACK);
}

bool tftp_error_get(struct tftp_error *e, struct rd *r)
{
	struct rd text;
	uint16_t op = rd_u16(r);

	e->code = rd_u16(r);
	if (r->bad || op != TFTP_ERROR)
		return false;
	text = *r;
	e->text = rd_cstr(&text, &e->text_len);
	if (text.bad) {
		e->text_len = rd_left(r);
		e->text = (const char *)rd_take(r, e->text_len);
	}
	*r = rd_over(r->end, 0);
	return true;
}

void tftp_error_put(uint16_t code, const char *text, struct wr *w)
{
	wr_u16(w, TFTP_ERROR);
	wr_u16(w, code);
	wr_cstr(w, text);
}

bool tftp_oack_get(struct tftp_options *o, struct rd *r)
{
	uint16_t op = rd_u16(r);

	if (r->bad || op != TFTP_OACK)
		return false;
	options_get(o, r, false);
	return true;
}

void tftp_oack_put(const struct tftp_options *o, struct wr *w)
{
	wr_u16(w, TFTP_OACK);
	options_put(o, w, false);
}
