/*
 * rpcbind's protocol.
 */
#include "wire/rpcb.h"

#include "base/text.h"
#include "wire/xdr.h"

static void text_put(const char *s, struct wr *w)
{
	xdr_opaque_put(s, strlen(s), w);
}

void rpcb_put(const struct rpcb *b, struct wr *w)
{
	char address[32];
	struct text t = text_over(address, sizeof(address));

	/* RFC 1833 2.1's universal address: the port's two bytes follow. */
	text_add(&t, "0.0.0.0.");
	text_u64(&t, b->port >> 8);
	text_add(&t, ".");
	text_u64(&t, b->port & 0xff);
	wr_u32(w, b->program);
	wr_u32(w, b->version);
	text_put(b->is_tcp ? "tcp" : "udp", w);
	text_put(address, w);
	text_put("", w);
}
