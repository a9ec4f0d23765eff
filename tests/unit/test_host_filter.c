/*
 * The packet filters, run by a small BPF machine over every kind of frame: the
 * two of a server must share out the requests without a gap and without an
 * overlap.
 */
#include "host/packet.h"

#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What the kernel knows of a frame, and the frame from its IP header on. */
struct frame {
	uint32_t type; /* PACKET_HOST and so on */
	uint32_t protocol;
	bool is_tagged;
	uint32_t tag;
	uint8_t bytes[64];
	size_t len;
};

static bool load(const struct frame *f, int32_t at, unsigned size, uint32_t *to)
{
	uint32_t v = 0;

	switch (at) {
	case SKF_AD_OFF + SKF_AD_PKTTYPE:
		return *to = f->type, true;
	case SKF_AD_OFF + SKF_AD_PROTOCOL:
		return *to = f->protocol, true;
	case SKF_AD_OFF + SKF_AD_VLAN_TAG_PRESENT:
		return *to = f->is_tagged, true;
	case SKF_AD_OFF + SKF_AD_VLAN_TAG:
		return *to = f->tag, true;
	}
	at -= SKF_NET_OFF;
	if (at < 0 || (size_t)at + size > f->len)
		return false;
	for (unsigned i = 0; i < size; i++)
		v = v << 8 | f->bytes[(size_t)at + i];
	*to = v;
	return true;
}

static unsigned size_of(uint16_t code)
{
	return BPF_SIZE(code) == BPF_W ? 4 : BPF_SIZE(code) == BPF_H ? 2 : 1;
}

static bool holds(uint16_t code, uint32_t a, uint32_t k)
{
	switch (BPF_OP(code)) {
	case BPF_JEQ:
		return a == k;
	case BPF_JGT:
		return a > k;
	case BPF_JSET:
		return a & k;
	}
	fail_msg("unknown jump %#x", code);
	return false;
}

/* Whether the filter takes the frame.  As in the kernel, a load from beyond the
 * end drops it. */
static bool takes(const struct filter *f, const struct frame *frame)
{
	uint32_t a = 0, x = 0;

	for (unsigned pc = 0;;) {
		struct sock_filter op;

		assert_in_range(pc, 0, f->n - 1);
		op = f->v[pc++];
		switch (BPF_CLASS(op.code)) {
		case BPF_RET:
			return op.k > 0;
		case BPF_LD:
			if (BPF_MODE(op.code) == BPF_IND)
				op.k += x;
			if (!load(frame, (int32_t)op.k, size_of(op.code), &a))
				return false;
			break;
		case BPF_LDX:
			if (!load(frame, (int32_t)op.k, 1, &x))
				return false;
			x = (x & 15) * 4;
			break;
		case BPF_JMP:
			pc += holds(op.code, a, op.k) ? op.jt : op.jf;
			break;
		default:
			fail_msg("unknown instruction %#x", op.code);
		}
	}
}

static struct frame request(uint32_t type, uint32_t source, uint16_t port)
{
	struct frame f = {.type = type, .protocol = ETH_P_IP, .len = 40};

	f.bytes[0] = 0x45;
	f.bytes[9] = 17;
	for (int i = 0; i < 4; i++)
		f.bytes[12 + i] = (uint8_t)(source >> (24 - 8 * i));
	f.bytes[22] = (uint8_t)(port >> 8);
	f.bytes[23] = (uint8_t)port;
	return f;
}

/* How the UDP socket behind its filter sees it: the kernel has looked at the
 * port before. */
static bool udp_takes(const struct frame *frame)
{
	struct filter f;

	filter_bootp_server_udp(&f);
	return takes(&f, frame);
}

static bool packet_takes(const struct frame *frame)
{
	struct filter f;

	filter_bootp_server(&f, 67, false);
	return takes(&f, frame);
}

static bool querier_takes(const struct frame *frame)
{
	struct filter f;

	filter_bootp_server(&f, 67, true);
	return takes(&f, frame);
}

static bool client_takes(const struct frame *frame, bool arp)
{
	struct filter f;

	filter_bootp_client(&f, 68, arp);
	return takes(&f, frame);
}

static const uint32_t sources[] = {0, IP4(10, 0, 0, 7)};

static void one_of_two_sockets_takes_each_request(void **state)
{
	(void)state;
	for (uint32_t type = PACKET_HOST; type <= PACKET_MULTICAST; type++)
		for (int i = 0; i < 2; i++) {
			struct frame f = request(type, sources[i], 67);

			assert_int_not_equal(udp_takes(&f), packet_takes(&f));
			assert_int_equal(packet_takes(&f),
					 type != PACKET_HOST || !sources[i]);
		}
}

static void frames_that_are_not_for_us_are_left_alone(void **state)
{
	(void)state;
	for (uint32_t type = PACKET_OTHERHOST; type <= PACKET_LOOPBACK; type++)
		for (int i = 0; i < 2; i++) {
			struct frame f = request(type, sources[i], 67);

			assert_false(packet_takes(&f));
		}
}

static void what_we_broadcast_ourselves_comes_back_by_udp(void **state)
{
	struct frame f = request(PACKET_LOOPBACK, IP4(10, 0, 0, 1), 67);

	(void)state;
	assert_true(udp_takes(&f));
}

static void only_whole_udp_datagrams_to_the_port_are_taken(void **state)
{
	struct frame f = request(PACKET_BROADCAST, 0, 67);

	(void)state;
	assert_true(packet_takes(&f));
	f = request(PACKET_BROADCAST, 0, 68);
	assert_false(packet_takes(&f));
	f = request(PACKET_BROADCAST, 0, 67);
	f.bytes[9] = 6;
	assert_false(packet_takes(&f));
	f = request(PACKET_BROADCAST, 0, 67);
	f.protocol = ETH_P_IPV6;
	assert_false(packet_takes(&f));
	f = request(PACKET_BROADCAST, 0, 67);
	f.bytes[6] = 0x20; /* more fragments */
	assert_false(packet_takes(&f));
	f.bytes[6] = 0;
	f.bytes[7] = 1; /* not the first */
	assert_false(packet_takes(&f));
	f.bytes[7] = 0;
	f.bytes[6] = 0x40; /* don't fragment */
	assert_true(packet_takes(&f));
	f.len = 23;
	assert_false(packet_takes(&f));
}

static void ip_options_are_stepped_over(void **state)
{
	struct frame f = request(PACKET_BROADCAST, 0, 68);

	(void)state;
	f.bytes[0] = 0x46;
	f.bytes[26] = 0;
	f.bytes[27] = 67;
	assert_true(packet_takes(&f));
}

static void a_tagged_frame_belongs_to_its_vlan(void **state)
{
	struct frame f = request(PACKET_BROADCAST, 0, 67);

	(void)state;
	f.is_tagged = true;
	f.tag = 0x6005;
	assert_false(packet_takes(&f));
	f.tag = 0x6000; /* a priority, no VLAN */
	assert_true(packet_takes(&f));
	f.is_tagged = false;
	f.tag = 5; /* left over */
	assert_true(packet_takes(&f));
}

static void who_wants_igmp_gets_all_of_it_and_no_less_of_the_rest(void **state)
{
	(void)state;
	for (uint32_t type = PACKET_HOST; type <= PACKET_LOOPBACK; type++)
		for (int i = 0; i < 2; i++)
			for (uint16_t port = 67; port < 69; port++) {
				struct frame f =
					request(type, sources[i], port);

				assert_int_equal(querier_takes(&f),
						 packet_takes(&f));
				f.bytes[9] = IPPROTO_IGMP;
				assert_false(packet_takes(&f));
				assert_int_equal(querier_takes(&f),
						 type <= PACKET_MULTICAST);
				f.is_tagged = true;
				f.tag = 5;
				assert_false(querier_takes(&f));
			}
}

/* Of all three ports the same frames, of all others none. */
static void further_ports_are_shared_out_like_the_first(void **state)
{
	static const struct filter_wants wants = {.ports = {67, 68, 111},
						  .n = 3};
	struct filter all;

	(void)state;
	filter_server(&all, &wants);
	for (uint32_t type = PACKET_HOST; type <= PACKET_LOOPBACK; type++)
		for (int i = 0; i < 2; i++) {
			struct frame f = request(type, sources[i], 67);
			struct frame reply = request(type, sources[i], 68);
			struct frame rpc = request(type, sources[i], 111);
			struct frame none = request(type, sources[i], 112);

			assert_int_equal(takes(&all, &f), packet_takes(&f));
			assert_int_equal(takes(&all, &reply), packet_takes(&f));
			assert_int_equal(takes(&all, &rpc), packet_takes(&f));
			assert_false(takes(&all, &none));
			if (type <= PACKET_MULTICAST)
				assert_int_not_equal(udp_takes(&rpc),
						     takes(&all, &rpc));
		}
}

static struct frame mask_request(uint32_t type)
{
	struct frame f = request(type, IP4(10, 0, 0, 7), 0);

	f.bytes[9] = IPPROTO_ICMP;
	f.bytes[20] = 17;
	return f;
}

/* A machine that starts up: replies of BOOTP, and masks. */
static void who_starts_up_hears_its_port_and_ICMP(void **state)
{
	struct filter start;

	(void)state;
	filter_start(&start, 68);
	for (uint32_t type = PACKET_HOST; type <= PACKET_LOOPBACK; type++) {
		struct frame reply = request(type, sources[0], 68);
		struct frame other = request(type, sources[0], 67);
		struct frame mask = mask_request(type);

		assert_int_equal(takes(&start, &reply) != 0,
				 type <= PACKET_MULTICAST);
		assert_int_equal(takes(&start, &mask) != 0,
				 type <= PACKET_MULTICAST);
		assert_false(takes(&start, &other));
	}
}

static void who_wants_masks_gets_requests_for_them_alone(void **state)
{
	static const struct filter_wants all[] = {
		{.masks = true},
		{.masks = true, .igmp = true},
		{.masks = true, .igmp = true, .ports = {67, 111}, .n = 2}};

	(void)state;
	for (int i = 0; i < 3; i++)
		for (uint32_t type = PACKET_HOST; type <= PACKET_LOOPBACK;
		     type++) {
			struct frame f = mask_request(type);
			struct frame udp = request(type, 0, 67);
			struct filter masks;

			filter_server(&masks, &all[i]);
			assert_int_equal(takes(&masks, &f),
					 type <= PACKET_MULTICAST);
			assert_int_equal(takes(&masks, &udp),
					 all[i].n && type <= PACKET_MULTICAST);
			f.bytes[20] = 8; /* an echo */
			assert_false(takes(&masks, &f));
			f.bytes[20] = 18;
			assert_false(takes(&masks, &f));
			f = mask_request(type);
			f.bytes[0] = 0x46;
			assert_false(takes(&masks, &f));
			f.bytes[24] = 17; /* behind IP's options */
			assert_int_equal(takes(&masks, &f),
					 type <= PACKET_MULTICAST);
			f = mask_request(type);
			f.bytes[7] = 1; /* not the first fragment */
			assert_false(takes(&masks, &f));
			f = mask_request(type);
			assert_false(packet_takes(&f));
		}
}

static void who_wants_nothing_gets_nothing(void **state)
{
	static const struct filter_wants nothing;
	struct filter none;

	(void)state;
	filter_server(&none, &nothing);
	for (uint32_t type = PACKET_HOST; type <= PACKET_LOOPBACK; type++)
		for (uint32_t port = 0; port <= 65535; port += 15) {
			struct frame f = request(type, 0, (uint16_t)port);

			assert_false(takes(&none, &f));
		}
}

static void rarp_alone_is_nothing_else(void **state)
{
	struct frame f = {
		.type = PACKET_BROADCAST, .protocol = ETH_P_RARP, .len = 28};
	struct filter rarp;

	(void)state;
	filter_rarp(&rarp);
	assert_true(takes(&rarp, &f));
	f.type = PACKET_OTHERHOST;
	assert_false(takes(&rarp, &f));
	f.type = PACKET_HOST;
	f.protocol = ETH_P_ARP;
	assert_false(takes(&rarp, &f));
}

static void igmp_alone_is_nothing_else(void **state)
{
	struct filter igmp;

	(void)state;
	filter_igmp(&igmp);
	for (uint32_t type = PACKET_HOST; type <= PACKET_LOOPBACK; type++) {
		struct frame f = request(type, 0, 67);

		assert_false(takes(&igmp, &f));
		f.bytes[9] = IPPROTO_IGMP;
		assert_int_equal(takes(&igmp, &f), type <= PACKET_MULTICAST);
	}
}

static void a_doctor_hears_two_ports_and_igmp(void **state)
{
	struct filter doctor;

	(void)state;
	filter_doctor(&doctor, 68, 9967);
	for (uint32_t type = PACKET_HOST; type <= PACKET_LOOPBACK; type++) {
		struct frame one = request(type, 0, 68);
		struct frame other = request(type, 0, 9967);
		struct frame third = request(type, 0, 69);
		struct frame igmp = request(type, 0, 0);

		igmp.bytes[9] = IPPROTO_IGMP;
		assert_int_equal(takes(&doctor, &one),
				 type <= PACKET_MULTICAST);
		assert_int_equal(takes(&doctor, &other),
				 type <= PACKET_MULTICAST);
		assert_int_equal(takes(&doctor, &igmp),
				 type <= PACKET_MULTICAST);
		assert_false(takes(&doctor, &third));
	}
}

static void a_client_hears_replies_and_arp_if_it_wants(void **state)
{
	struct frame f = request(PACKET_HOST, IP4(10, 0, 0, 1), 68);
	struct frame arp = {.protocol = ETH_P_ARP, .len = 28};
	struct filter only_arp;

	(void)state;
	assert_true(client_takes(&f, false));
	assert_true(client_takes(&f, true));
	assert_false(client_takes(&arp, false));
	assert_true(client_takes(&arp, true));
	f.bytes[23] = 69;
	assert_false(client_takes(&f, true));
	f.bytes[23] = 68;
	f.type = PACKET_OUTGOING;
	arp.type = PACKET_OUTGOING;
	assert_false(client_takes(&f, true));
	assert_false(client_takes(&arp, true));

	filter_arp(&only_arp);
	assert_false(takes(&only_arp, &arp));
	arp.type = PACKET_BROADCAST;
	assert_true(takes(&only_arp, &arp));
	f.type = PACKET_HOST;
	assert_false(takes(&only_arp, &f));
}

static void of_arp_only_answers_to_us_wake_a_server(void **state)
{
	struct frame arp = {.type = PACKET_HOST,
			    .protocol = ETH_P_ARP,
			    .bytes = {[7] = 2},
			    .len = 28};
	struct filter f;

	(void)state;
	filter_arp_replies(&f);
	assert_true(takes(&f, &arp));
	arp.type = PACKET_BROADCAST; /* gratuitous */
	assert_false(takes(&f, &arp));
	arp.type = PACKET_HOST;
	arp.bytes[7] = 1; /* a question */
	assert_false(takes(&f, &arp));
	arp.bytes[7] = 2;
	arp.protocol = ETH_P_IP;
	assert_false(takes(&f, &arp));
	arp.protocol = ETH_P_ARP;
	arp.len = 7;
	assert_false(takes(&f, &arp));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_of_two_sockets_takes_each_request),
		cmocka_unit_test(of_arp_only_answers_to_us_wake_a_server),
		cmocka_unit_test(frames_that_are_not_for_us_are_left_alone),
		cmocka_unit_test(what_we_broadcast_ourselves_comes_back_by_udp),
		cmocka_unit_test(
			only_whole_udp_datagrams_to_the_port_are_taken),
		cmocka_unit_test(ip_options_are_stepped_over),
		cmocka_unit_test(a_tagged_frame_belongs_to_its_vlan),
		cmocka_unit_test(
			who_wants_igmp_gets_all_of_it_and_no_less_of_the_rest),
		cmocka_unit_test(further_ports_are_shared_out_like_the_first),
		cmocka_unit_test(who_starts_up_hears_its_port_and_ICMP),
		cmocka_unit_test(who_wants_masks_gets_requests_for_them_alone),
		cmocka_unit_test(who_wants_nothing_gets_nothing),
		cmocka_unit_test(rarp_alone_is_nothing_else),
		cmocka_unit_test(igmp_alone_is_nothing_else),
		cmocka_unit_test(a_doctor_hears_two_ports_and_igmp),
		cmocka_unit_test(a_client_hears_replies_and_arp_if_it_wants),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
