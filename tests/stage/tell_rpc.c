/*
 * What a configuration server says beside BOOTP.
 */
#include "stage/tell_rpc.h"

#include "wire/frame.h"
#include "wire/icmp.h"
#include "wire/portmap.h"
#include "wire/sunrpc.h"

enum { BOOTPARAM_PORT = 1005 /* the settings' own */ };

static void tell_ip(struct text *t, const char *word, uint32_t ip)
{
	text_add(t, word);
	text_ip(t, ip);
}

static void tell_to(struct text *t, const uint8_t mac[6])
{
	static const uint8_t all[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	struct hwaddr hw = hwaddr_ethernet(mac);

	if (!memcmp(mac, all, 6)) {
		text_add(t, " broadcast");
		return;
	}
	text_add(t, " to ");
	text_hwaddr(t, &hw);
}

static void tell_reply(struct text *t, const struct rpc_reply *p)
{
	static const char *const words[] = {
		[RPC_SUCCESS] = "rpc ok +",
		[RPC_PROG_UNAVAIL] = "rpc no program",
		[RPC_PROG_MISMATCH] = "rpc versions ",
		[RPC_PROC_UNAVAIL] = "rpc no procedure",
		[RPC_GARBAGE_ARGS] = "rpc garbage",
		[RPC_SYSTEM_ERR] = "rpc error",
		[RPC_DENIED_VERSION] = "rpc refused",
		[RPC_DENIED_AUTH] = "rpc refused"};

	text_add(t, words[p->status]);
	if (p->status == RPC_SUCCESS)
		text_u64(t, p->len);
	if (p->status == RPC_PROG_MISMATCH) {
		text_u64(t, p->low);
		text_add(t, "-");
		text_u64(t, p->high);
	}
}

static void tell_call(struct text *t, const struct rpc_call *c)
{
	text_add(t, "rpc call ");
	text_u64(t, c->program);
	text_add(t, ".");
	text_u64(t, c->version);
	text_add(t, ".");
	text_u64(t, c->procedure);
	text_add(t, " +");
	text_u64(t, c->len);
}

static bool tell_message(struct text *t, struct rd message)
{
	struct rd r = message;
	struct rpc_reply p;
	struct rpc_call c;

	if (rpc_reply_get(&p, &r)) {
		tell_reply(t, &p);
		return true;
	}
	r = message;
	if (!rpc_call_get(&c, &r))
		return false;
	tell_call(t, &c);
	return true;
}

static bool is_rpc_port(uint16_t port)
{
	return port == PMAP_PORT || port == BOOTPARAM_PORT;
}

bool tell_rpc(struct text *t, const struct send *s)
{
	return (is_rpc_port(s->from.port) || is_rpc_port(s->to.port) ||
		s->how == SEND_RECORD) &&
	       tell_message(t, rd_over(s->head, s->head_len));
}

static bool tell_mask(struct text *t, const struct send *s)
{
	struct rd r = rd_over(s->head, s->head_len);
	struct icmp_mask m;
	struct frame_ip f;

	if (!frame_ip_get(&f, &r) || f.protocol != IP_PROTOCOL_ICMP)
		return false;
	r = rd_over(f.bytes, f.len);
	if (!icmp_mask_get(&m, &r))
		return false;
	if (m.type == ICMP_MASK_REQUEST)
		text_add(t, "mask?");
	else
		tell_ip(t, "mask ", m.mask);
	tell_to(t, f.dst);
	return true;
}

static bool tell_rarp(struct text *t, const struct send *s)
{
	struct rd r = rd_over(s->head, s->head_len);
	struct frame_arp a;

	if (!frame_rarp_get(&a, &r))
		return false;
	if (a.op == RARP_REQUEST)
		text_add(t, "rarp?");
	else
		tell_ip(t, "rarp ", a.target_ip);
	tell_to(t, a.dst);
	return true;
}

bool tell_rpc_frame(struct text *t, const struct send *s)
{
	struct rd r = rd_over(s->head, s->head_len);
	struct frame_udp f;

	if (tell_mask(t, s) || tell_rarp(t, s))
		return true;
	if (!frame_udp_get(&f, &r) ||
	    !(is_rpc_port(f.from.port) || is_rpc_port(f.to.port)) ||
	    !tell_message(t, rd_over(f.bytes, f.len)))
		return false;
	tell_to(t, f.dst);
	return true;
}
