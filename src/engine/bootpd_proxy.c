/*
 * Boot information without addresses (PXE 2.1): offers beside another DHCP
 * server's, and the second question on port 4011.  Never a lease, never a NAK.
 */
#include "engine/bootpd_impl.h"

/* Those that listen for such an offer at all. */
static bool is_asking(const struct ask *a)
{
	return a->client.is_pxe || a->client.class == CLASS_HTTP ||
	       a->client.class == CLASS_MUSTER;
}

static void answer(struct bootpd *b, const struct ask *a, enum dhcp_type type,
		   struct effects *fx)
{
	struct boot_info boot;
	struct reply r = {.type = type, .is_proxy = true, .boot = &boot};
	struct note *n;

	if (!ask_is_welcome(b, a, fx))
		return;
	boot_info(b, a, &boot);
	if (boot.kind == BOOT_NOTHING)
		return;
	if (type == DHCP_OFFER)
		b->stats.offers++;
	else
		b->stats.acks++;
	n = reply_send(b, a, &r, NOTE_PROXY_ANSWERED, fx);
	n->ip = a->m.ciaddr;
	n->text = effects_text(fx, boot.file, strlen(boot.file));
}

/* A REQUEST to port 67 is for the other server. */
void on_proxy(struct bootpd *b, const struct ask *a, struct effects *fx)
{
	bool is_second = a->heard->to_port == PXE_SERVER_PORT;
	enum dhcp_type type = a->m.type;

	if (!is_asking(a))
		return;
	if (!is_second && type == DHCP_DISCOVER)
		answer(b, a, DHCP_OFFER, fx);
	else if (is_second && (type == DHCP_REQUEST || type == DHCP_INFORM) &&
		 ask_may_reach(b, a->heard->from.ip))
		answer(b, a, DHCP_ACK, fx);
	else if (type == DHCP_INFORM && ask_may_reach(b, a->m.ciaddr))
		answer(b, a, DHCP_ACK, fx);
}
