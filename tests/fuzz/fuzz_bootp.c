/*
 * BOOTP messages from anywhere: look-ups agree with a walk that is too simple
 * to be wrong, what we write of a message reads back the same, and a message
 * in our own spelling comes back byte by byte.
 */
#include "wire/bootp.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *b, size_t len);

enum { VEND_AT = BOOTP_FIXED + 4, LONGEST_VALUE = BOOTP_LONGEST };

/* All values of one code in one area, one behind the other; how many bytes.
 * *parts counts them. */
static size_t gather_area(const uint8_t *b, size_t len, uint8_t code,
			  uint8_t *to, unsigned *parts)
{
	size_t n = 0;

	for (size_t i = 0; i < len && b[i] != OPT_END; i++) {
		if (b[i] == OPT_PAD)
			continue;
		if (b[i] == code) {
			memcpy(to + n, b + i + 2, b[i + 1]);
			n += b[i + 1];
			++*parts;
		}
		i += 1u + b[i + 1];
	}
	return n;
}

static size_t gather(const struct bootp *m, uint8_t code, uint8_t *to,
		     unsigned *parts)
{
	size_t n = gather_area(m->options, m->options_len, code, to, parts);

	if (m->overload & 1)
		n += gather_area(m->file, BOOTP_FILE, code, to + n, parts);
	if (m->overload & 2)
		n += gather_area(m->sname, BOOTP_SNAME, code, to + n, parts);
	return n;
}

static unsigned check_lookups(const struct bootp *m)
{
	static uint8_t want[LONGEST_VALUE], found[LONGEST_VALUE];
	unsigned all = 0;

	for (unsigned code = 1; code < OPT_END; code++) {
		unsigned parts = 0;
		size_t n = gather(m, (uint8_t)code, want, &parts);
		int len = bootp_option(m, (uint8_t)code, found, sizeof(found));

		assert(len == (parts ? (int)n : -1));
		assert(len <= 0 || !memcmp(found, want, n));
		assert(bootp_has(m, (uint8_t)code) == (parts > 0));
		assert(n == 0 ||
		       bootp_option(m, (uint8_t)code, found, n - 1) == -1);
		all += parts;
	}
	assert(!bootp_has(m, OPT_PAD) && !bootp_has(m, OPT_END));
	return all;
}

static bool is_padded(const uint8_t *b, size_t len)
{
	const uint8_t *nul = memchr(b, 0, len);

	for (const uint8_t *p = nul; p && p < b + len; p++)
		if (*p)
			return false;
	return nul != NULL;
}

/* The fixed part as we would write it. */
static bool is_own_fixed(const uint8_t *b)
{
	for (size_t i = b[2]; i < HWADDR_MAX; i++)
		if (b[28 + i])
			return false;
	return is_padded(b + 44, BOOTP_SNAME) && is_padded(b + 108, BOOTP_FILE);
}

/* Options without pads or overload, END, zeros up to 300 bytes. */
static bool is_own_options(const uint8_t *b, size_t len)
{
	size_t i = VEND_AT;

	while (i < len && b[i] != OPT_END) {
		if (b[i] == OPT_PAD || b[i] == OPT_OVERLOAD)
			return false;
		i += 2u + b[i + 1];
	}
	if (i >= len || len > BOOTP_MTU_MAX)
		return false;
	i++;
	if (len != (i < BOOTP_MIN_SENT ? BOOTP_MIN_SENT : i))
		return false;
	for (; i < len; i++)
		if (b[i])
			return false;
	return true;
}

static struct bootp_head head_of(const struct bootp *m, char *sname, char *file)
{
	bootp_sname(m, sname);
	bootp_file(m, file);
	/* We always leave a NUL. */
	sname[BOOTP_SNAME - 1] = file[BOOTP_FILE - 1] = '\0';

	struct bootp_head h = {
		.op = m->op,
		.hops = m->hops,
		.hw = m->hw,
		.secs = m->secs,
		.flags = m->flags,
		.ciaddr = m->ciaddr,
		.yiaddr = m->yiaddr,
		.siaddr = m->siaddr,
		.giaddr = m->giaddr,
		.sname = sname,
		.file = file,
	};

	memcpy(h.xid, m->xid, sizeof(h.xid));
	return h;
}

/* The same options, overload aside, in the same order. */
static void check_same(const struct bootp *a, const struct bootp *b)
{
	struct bootp_opt o, p;
	size_t at = 0, to = 0;

	assert(!memcmp(&a->hw, &b->hw, sizeof(a->hw)));
	assert(a->type == b->type && a->giaddr == b->giaddr);
	while (bootp_option_next(a, &at, &o)) {
		if (o.code == OPT_OVERLOAD)
			continue;
		assert(bootp_option_next(b, &to, &p));
		assert(o.code == p.code && o.len == p.len);
		assert(!memcmp(o.bytes, p.bytes, o.len));
	}
	assert(!bootp_option_next(b, &to, &p));
}

static void check_rfc(const struct bootp *m, const uint8_t *b, size_t len)
{
	char sname[BOOTP_SNAME + 1], file[BOOTP_FILE + 1];
	struct bootp_head h = head_of(m, sname, file);
	uint8_t back[BOOTP_MTU_MAX];
	struct wr w = wr_over(back, sizeof(back));
	struct bootp_out out = bootp_begin(&h, &w, sizeof(back));
	struct bootp_opt o;
	struct bootp again;
	bool fits = true;
	unsigned n = 0;

	for (size_t at = 0; bootp_option_next(m, &at, &o); n++)
		if (o.code != OPT_OVERLOAD)
			fits &= bootp_put(&out, o.code, o.bytes, o.len);
	assert(n == check_lookups(m));
	bootp_end(&out);
	assert(!w.bad && wr_len(&w) == out.len);

	struct rd r = rd_over(back, wr_len(&w));

	if (!fits)
		return;
	assert(bootp_get(&again, &r));
	check_same(m, &again);
	if (is_own_fixed(b) && is_own_options(b, len))
		assert(wr_len(&w) == len && !memcmp(back, b, len));
}

static void check_next(const struct bootp *m, const uint8_t *b, size_t len)
{
	char sname[BOOTP_SNAME + 1], file[BOOTP_FILE + 1];
	struct bootp_head h = head_of(m, sname, file);
	uint8_t back[BOOTP_MIN_SENT];
	struct wr w = wr_over(back, sizeof(back));
	struct next_vend v;

	if (!next_vend_get(&v, m)) {
		assert(len < BOOTP_MIN_SENT);
		return;
	}
	assert(bootp_next_opcode(m) == v.opcode && v.opcode == b[242]);
	next_vend_put(&v, &h, &w);
	assert(!w.bad && wr_len(&w) == BOOTP_MIN_SENT);
	if (is_own_fixed(b) && !b[241] && is_padded(b + 244, 56))
		assert(!memcmp(back, b, BOOTP_MIN_SENT));
}

int LLVMFuzzerTestOneInput(const uint8_t *b, size_t len)
{
	struct rd r = rd_over(b, len);
	struct bootp m;
	const uint8_t *sub;
	size_t n;

	relay_suboption(b, len, 1, &sub, &n);
	if (!bootp_get(&m, &r))
		return 0;
	if (m.vend == VEND_RFC)
		check_rfc(&m, b, len);
	if (m.vend == VEND_NEXT)
		check_next(&m, b, len);
	return 0;
}
