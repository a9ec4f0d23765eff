/*
 * Multicast TFTP as Etherboot 5 and iPXE load it.  Etherboot asks at port 1758
 * from a new port each time, wants blocks of 1024 bytes, and stands still for
 * ever over an option that it does not know.  iPXE believes the first who
 * answers, and is silent as a slave to the very end.
 */
#include "stage/rom.h"

#include <stdlib.h>
#include <string.h>

enum {
	RRQ = 1,
	DATA = 3,
	ACK = 4,
	ERROR = 5,
	OACK = 6,
	MCAST_PORT = 1758,
	FIRST_PORT = 2001,
	FREE_PORT = 40124,
	ETHERBOOT_BLOCK = 1024,
	IPXE_BLOCK = 1432,
	ASKS = 20,
};

static bool is_ipxe(const struct rom *r)
{
	return r->config.kind != ROM_ETHERBOOT;
}

static struct endpoint server_of(const struct rom *r)
{
	return (struct endpoint){r->config.server,
				 is_ipxe(r) ? r->config.port : MCAST_PORT};
}

/* ---- speaking ------------------------------------------------------------ */

static void option(struct wr *w, const char *name, const char *value)
{
	wr_cstr(w, name);
	wr_cstr(w, value);
}

static void request(struct rom *r, struct effects *fx)
{
	struct wr w = effects_head(fx);

	wr_u16(&w, RRQ);
	option(&w, r->config.name, "octet");
	if (is_ipxe(r)) {
		option(&w, "blksize", "1432");
		option(&w, "tsize", "0");
		option(&w, "multicast", "");
	} else {
		option(&w, "multicast", "");
		option(&w, "blksize", "1024");
		option(&w, "tsize", "");
	}
	rom_send(r, &w, r->port, server_of(r), fx);
}

/* Etherboot asks from another port each time, and hears no more at the old. */
static void ask(struct rom *r, struct effects *fx)
{
	if (!is_ipxe(r)) {
		if (r->ports)
			effects_close_port(fx, r->port, 0);
		r->port = (uint16_t)(FIRST_PORT + r->ports);
		effects_listen(fx, r->port, 0, 0, 0);
	}
	r->ports++;
	request(r, fx);
}

static void ack(struct rom *r, struct endpoint to, struct effects *fx)
{
	struct wr w = effects_head(fx);

	wr_u16(&w, ACK);
	wr_u16(&w, (uint16_t)rom_first_gap(r, 0)); /* counted from 1 */
	rom_send(r, &w, r->port, to, fx);
}

/* ---- silence ------------------------------------------------------------- */

static void etherboot_waits(struct rom *r, usec now)
{
	usec wait = r->count ? SECONDS(3) << (r->silences ? 7 : 0)
			     : SECONDS(10) << r->silences;

	r->due = now + wait + rom_random(r, SECONDS(1));
}

static void ipxe_waits(struct rom *r, usec now, usec wait)
{
	r->wait = wait;
	r->due = now + wait;
}

void tftm_rom_wait(struct rom *r, usec now, struct effects *fx)
{
	if (now < r->due)
		return;
	if (!is_ipxe(r)) {
		if (++r->silences > ASKS) {
			rom_fail(r, "nobody answered twenty times");
			return;
		}
		ask(r, fx);
		etherboot_waits(r, now);
		return;
	}
	if (2 * r->wait > SECONDS(10)) {
		rom_fail(r, "16 s of silence");
		return;
	}
	if (!r->has_peer)
		ask(r, fx);
	else if (r->acks)
		ack(r, r->peer, fx);
	ipxe_waits(r, now, 2 * r->wait);
}

/* ---- options ------------------------------------------------------------- */

struct options {
	uint64_t tsize, blksize;
	const char *multicast;
	bool has_unknown;
};

static bool is_word(const char *a, const char *b)
{
	for (; *a || *b; a++, b++)
		if ((*a | 32) != (*b | 32))
			return false;
	return true;
}

static struct options options_get(struct rd *d)
{
	struct options o = {0};

	while (rd_left(d)) {
		size_t len;
		const char *name = rd_cstr(d, &len), *value = rd_cstr(d, &len);

		if (!name || !value)
			break;
		if (is_word(name, "tsize"))
			o.tsize = strtoull(value, NULL, 10);
		else if (is_word(name, "blksize"))
			o.blksize = strtoull(value, NULL, 10);
		else if (!strcmp(name, "multicast"))
			o.multicast = value;
		else
			o.has_unknown = true;
	}
	return o;
}

static uint32_t ip_get(const char **s)
{
	uint32_t ip = 0;

	for (int i = 0; i < 4; i++) {
		char *end;

		ip = ip << 8 | (uint32_t)strtoul(*s, &end, 10);
		*s = end + (*end == '.');
	}
	return ip;
}

/* "239.255.7.0,1758,1": in what is empty Etherboot reads 0, and iPXE nothing.
 * True: it is the master. */
static bool take_multicast(struct rom *r, const char *s, struct effects *fx)
{
	uint16_t old = r->group_port;

	if (*s != ',')
		r->group_ip = ip_get(&s);
	s += *s == ',';
	if (*s != ',' || !is_ipxe(r))
		r->group_port = (uint16_t)strtoul(s, NULL, 10);
	s = strchr(s, ',');
	if (r->group_port && r->group_port != old) {
		struct endpoint group = {r->group_ip, r->group_port};

		effects_listen(fx, r->group_port, 0, 0, 0);
		effects_add(fx, EFFECT_JOIN)->join.group = group;
	}
	return s && s[1] == '1';
}

static void learn(struct rom *r, uint64_t size, uint32_t block)
{
	if (r->packets)
		return;
	r->size = (size_t)size;
	r->block = block;
	r->packets = (uint32_t)(size / block) + 1;
	if (r->packets >= ROM_PACKETS)
		rom_fail(r, "too many blocks for this test");
}

static void refuse(struct rom *r, const struct rom_frame *f, struct effects *fx)
{
	struct wr w = effects_head(fx);

	wr_u16(&w, ERROR);
	wr_u16(&w, 0x0800); /* 8, in the wrong order */
	wr_cstr(&w, "RFC2090 error");
	rom_send(r, &w, r->port, f->from, fx);
	rom_fail(r, "an OACK without tsize, multicast or 1024");
}

static void etherboot_oack(struct rom *r, const struct rom_frame *f,
			   const struct options *o, usec now,
			   struct effects *fx)
{
	if (o->has_unknown) {
		rom_fail(r, "an option that it does not know, for ever");
		return;
	}
	if (!r->packets &&
	    (!o->tsize || o->blksize != ETHERBOOT_BLOCK || !o->multicast)) {
		refuse(r, f, fx);
		return;
	}
	learn(r, o->tsize, ETHERBOOT_BLOCK);
	if (o->multicast && take_multicast(r, o->multicast, fx)) {
		r->acks = true;
		ack(r, f->from, fx);
	} else {
		r->acks = false;
	}
	etherboot_waits(r, now);
}

static void ipxe_oack(struct rom *r, const struct options *o, usec now,
		      struct effects *fx)
{
	r->acks = true;
	if (o->multicast)
		r->acks = take_multicast(r, o->multicast, fx);
	learn(r, o->tsize, o->blksize ? (uint32_t)o->blksize : 512);
	if (r->acks)
		ack(r, r->peer, fx);
	ipxe_waits(r, now, MILLISECONDS(250));
}

static void on_oack(struct rom *r, const struct rom_frame *f, struct rd *d,
		    usec now, struct effects *fx)
{
	bool is_long = rd_left(d) > ETHERBOOT_BLOCK;
	struct options o = options_get(d);

	if (is_ipxe(r))
		ipxe_oack(r, &o, now, fx);
	else if (!is_long)
		etherboot_oack(r, f, &o, now, fx);
}

/* ---- blocks -------------------------------------------------------------- */

static size_t expected(const struct rom *r, uint32_t i)
{
	return i + 1 < r->packets ? r->block : r->size % r->block;
}

static void on_data(struct rom *r, const struct rom_frame *f, struct rd *d,
		    usec now, struct effects *fx)
{
	uint32_t number = rd_u16(d);
	size_t len = rd_left(d);
	bool was_new;

	if (!number || number > r->packets || len != expected(r, number - 1)) {
		r->refused++;
		return;
	}
	was_new = rom_keep(r, number - 1, rd_take(d, len), len);
	if (is_ipxe(r)) {
		ipxe_waits(r, now, MILLISECONDS(250));
	} else {
		if (number == r->last_block + 1)
			r->silences = 0;
		etherboot_waits(r, now);
	}
	r->last_block = number;
	/* A slave's only word is its last; iPXE has not even that. */
	if (r->acks || (was_new && r->count == r->packets && !is_ipxe(r)))
		ack(r, is_ipxe(r) ? r->peer : f->from, fx);
	if (r->count == r->packets && r->packets)
		rom_done(r, now);
}

static bool is_for_us(struct rom *r, const struct rom_frame *f)
{
	if (ip_is_multicast(f->to.ip) &&
	    (f->to.ip != r->group_ip || f->to.port != r->group_port))
		return false;
	if (!is_ipxe(r))
		return ip_is_multicast(f->to.ip) || f->to.port == r->port;
	if (!r->has_peer && !ip_is_multicast(f->to.ip)) {
		r->has_peer = true;
		r->peer = f->from;
	}
	return r->has_peer && endpoint_is(r->peer, f->from);
}

void tftm_rom_hear(struct rom *r, const struct rom_frame *f, usec now,
		   struct effects *fx)
{
	struct rd d = rd_over(f->bytes, f->len);
	uint16_t op = rd_u16(&d);

	if (!is_for_us(r, f))
		return;
	if (is_ipxe(r) && !ip_is_multicast(f->to.ip))
		r->acks = true;
	if (op == OACK)
		on_oack(r, f, &d, now, fx);
	else if (op == DATA)
		on_data(r, f, &d, now, fx);
	else if (op == ERROR)
		rom_fail(r, "an ERROR: it boots the half of an image");
}

void tftm_rom_start(struct rom *r, usec now, struct effects *fx)
{
	if (is_ipxe(r)) {
		r->port = FREE_PORT;
		effects_listen(fx, r->port, 0, 0, 0);
	}
	ask(r, fx);
	if (is_ipxe(r))
		ipxe_waits(r, now, MILLISECONDS(250));
	else
		etherboot_waits(r, now);
}
