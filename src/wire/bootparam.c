/*
 * Boot parameters.
 */
#include "wire/bootparam.h"

#include "wire/xdr.h"

enum { IP_ADDRESS = 1 }; /* the only kind of address there is */

bool bootparam_address_get(uint32_t *ip, struct rd *r)
{
	uint32_t kind = rd_u32(r);

	*ip = 0;
	for (int i = 0; i < 4; i++)
		*ip = *ip << 8 | (rd_u32(r) & 0xff);
	return !r->bad && kind == IP_ADDRESS;
}

void bootparam_address_put(uint32_t ip, struct wr *w)
{
	wr_u32(w, IP_ADDRESS);
	for (int shift = 24; shift >= 0; shift -= 8)
		wr_u32(w, (uint32_t)(int32_t)(int8_t)(ip >> shift & 0xff));
}

static void text_get(struct bootparam_text *t, size_t max, struct rd *r)
{
	t->s = (const char *)xdr_opaque(r, max, &t->len);
}

static void text_put(const struct bootparam_text *t, size_t max, struct wr *w)
{
	if (t->len > max)
		w->bad = true;
	xdr_opaque_put(t->s, t->len, w);
}

bool bootparam_whoami_get(struct bootparam_whoami *a, struct rd *r)
{
	text_get(&a->name, BOOTPARAM_NAME, r);
	text_get(&a->domain, BOOTPARAM_NAME, r);
	return bootparam_address_get(&a->router, r);
}

void bootparam_whoami_put(const struct bootparam_whoami *a, struct wr *w)
{
	text_put(&a->name, BOOTPARAM_NAME, w);
	text_put(&a->domain, BOOTPARAM_NAME, w);
	bootparam_address_put(a->router, w);
}

bool bootparam_ask_get(struct bootparam_ask *a, struct rd *r)
{
	text_get(&a->name, BOOTPARAM_NAME, r);
	text_get(&a->key, BOOTPARAM_KEY, r);
	return !r->bad;
}

void bootparam_ask_put(const struct bootparam_ask *a, struct wr *w)
{
	text_put(&a->name, BOOTPARAM_NAME, w);
	text_put(&a->key, BOOTPARAM_KEY, w);
}

bool bootparam_file_get(struct bootparam_file *f, struct rd *r)
{
	bool is_address;

	text_get(&f->server, BOOTPARAM_NAME, r);
	is_address = bootparam_address_get(&f->ip, r);
	text_get(&f->path, BOOTPARAM_PATH, r);
	return is_address && !r->bad;
}

void bootparam_file_put(const struct bootparam_file *f, struct wr *w)
{
	text_put(&f->server, BOOTPARAM_NAME, w);
	bootparam_address_put(f->ip, w);
	text_put(&f->path, BOOTPARAM_PATH, w);
}
