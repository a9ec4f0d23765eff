/*
 * Scripted BOOTP and DHCP replies.  They take transaction and hardware address
 * from the last request, so a test says only what matters to it.
 */
#include "stage/bootps.h"

#include "wire/frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

void bootps_request(const struct stage *st, struct bootp *m)
{
	struct rd r = rd_over(st->last, st->last_len);
	struct frame_udp f;
	bool ok = true;

	if (st->last_send.how == SEND_FRAME) {
		ok = frame_udp_get(&f, &r);
		r = rd_over(f.bytes, ok ? f.len : 0);
	}
	if (!ok || !bootp_get(m, &r) || m->op != BOOTP_REQUEST)
		fail_msg("the last that was sent is no request");
}

static void put_string(struct bootp_out *o, uint8_t code, const char *s)
{
	if (s)
		assert_true(bootp_put_str(o, code, s));
}

static void put_number(struct bootp_out *o, uint8_t code, uint32_t v)
{
	if (v)
		assert_true(bootp_put_u32(o, code, v));
}

static void put_options(struct bootp_out *o, const struct bootps_reply *reply)
{
	if (reply->type)
		assert_true(bootp_put_u8(o, OPT_MESSAGE_TYPE,
					 (uint8_t)reply->type));
	put_number(o, OPT_SERVER_ID, reply->server_id);
	put_number(o, OPT_SUBNET_MASK, reply->mask);
	put_number(o, OPT_ROUTER, reply->router);
	put_number(o, OPT_LEASE_TIME, reply->lease);
	if (reply->has_zero_lease)
		assert_true(bootp_put_u32(o, OPT_LEASE_TIME, 0));
	put_number(o, OPT_RENEWAL_TIME, reply->t1);
	put_number(o, OPT_REBINDING_TIME, reply->t2);
	put_string(o, OPT_BOOT_FILE, reply->option_file);
	put_string(o, OPT_TFTP_SERVER, reply->next_name);
	put_string(o, OPT_HOST_NAME, reply->name);
	put_string(o, OPT_DOMAIN_NAME, reply->domain);
	put_string(o, OPT_CLASS_ID, reply->class_id);
	bootp_end(o);
}

static void put_message(struct wr *w, const struct bootp *m,
			const struct bootps_reply *reply)
{
	struct bootp_head h = {.op = BOOTP_REPLY,
			       .hw = m->hw,
			       .yiaddr = reply->yiaddr,
			       .siaddr = reply->siaddr,
			       .file = reply->file};

	memcpy(h.xid, m->xid, sizeof(h.xid));
	h.xid[0] ^= reply->has_other_xid;
	h.hw.b[5] ^= reply->has_other_hw;
	if (reply->is_request)
		h.op = BOOTP_REQUEST;
	if (reply->next) {
		next_vend_put(reply->next, &h, w);
		return;
	}
	struct bootp_out o = bootp_begin(&h, w, BOOTP_MTU_MAX);
	put_options(&o, reply);
}

void bootps_say(struct stage *st, const struct bootps_reply *reply)
{
	uint8_t message[BOOTP_MTU_MAX], frame[EFFECT_HEAD_MAX];
	struct wr w = wr_over(message, sizeof(message));
	struct wr framed = wr_over(frame, sizeof(frame));
	uint32_t from = reply->server_id ? reply->server_id : IP4(10, 0, 0, 1);
	struct frame_udp f = {.from = {from, BOOTP_SERVER_PORT},
			      .to = {reply->yiaddr, BOOTP_CLIENT_PORT},
			      .ttl = 64,
			      .bytes = message};
	struct bootp m;

	bootps_request(st, &m);
	put_message(&w, &m, reply);
	assert_false(w.bad);
	f.len = reply->has_no_vend ? BOOTP_FIXED : wr_len(&w);
	if (reply->is_udp) {
		stage_hear_dgram(st, &(struct dgram){.kind = DGRAM_UDP,
						     .link = st->link,
						     .from = f.from,
						     .to = f.to,
						     .bytes = message,
						     .len = f.len});
		return;
	}
	memcpy(f.dst, m.hw.b, sizeof(f.dst));
	f.dst[5] ^= reply->is_for_other_mac;
	frame_udp_put(&f, &framed);
	assert_false(framed.bad);
	stage_hear_frame(st, frame, wr_len(&framed));
}
