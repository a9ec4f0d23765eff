/*
 * The world of bootpd's tests: everything the server shares, with nothing in it
 * but what a test put there.
 */
#include "stage/bootp_world.h"

#include "stage/hex.h"
#include "unit/props.h"
#include "wire/frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { SEED = 7, LEASES = 64, MESSAGE = 2048 };

struct hwaddr world_hw(uint32_t n)
{
	return hwaddr_ethernet((uint8_t[6]){2, 0, (uint8_t)(n >> 24),
					    (uint8_t)(n >> 16),
					    (uint8_t)(n >> 8), (uint8_t)n});
}

static void commit(void *arg, const struct change *c)
{
	struct world *w = arg;
	struct lease lease;

	if (change_is_edit(c)) {
		assert_int_equal(directory_apply(w->site.directory, c), 0);
		return;
	}
	assert_int_equal(c->kind, CHANGE_LEASE_PUT);
	lease = c->lease;
	if (lease.wall_ends != NEVER)
		lease.wall_ends += w->set;
	assert_int_equal(
		leases_put(w->site.leases, &lease, w->st->now, w->st->wall), 0);
}

static void settle_in(struct settings *s)
{
	settings_default(s);
	s->unknown = UNKNOWN_SERVE;
	s->unknown_share = 100;
	s->authoritative = true;
	memcpy(s->name, "wizard", 7);
	s->n_subnets = 2;
	for (uint32_t i = 0; i < 2; i++) {
		uint32_t net = IP4(10, i, 0, 0);

		s->subnets[i] = (struct subnet){.network = net,
						.mask = 0xffffff00,
						.first = net + 10,
						.last = net + 19,
						.router = net + 254,
						.dns = {net + 2, net + 3},
						.domain = "example.net",
						.lease = WORLD_TERM};
	}
}

void world_open(struct world *w)
{
	struct site *s = &w->site;

	*w = (struct world){.st = stage_open(), .pending = 16};
	settle_in(&w->settings);
	s->settings = &w->settings;
	s->domain = DOMAIN_FIRST;
	s->n_links = 1;
	s->links[0] = (struct link){.index = 1,
				    .name = "eth0",
				    .hw = world_hw(1),
				    .ip = WORLD_SERVER,
				    .mask = 0xffffff00,
				    .mtu = 1500,
				    .is_up = true};
	assert_int_equal(directory_open(&s->directory, &stage_alloc, 16, SEED),
			 0);
	assert_int_equal(leases_open(&s->leases, &stage_alloc, LEASES, SEED),
			 0);
	assert_int_equal(
		images_open(&s->images, &stage_alloc, 10000, 100, SEED), 0);
	assert_int_equal(askers_open(&s->askers, &stage_alloc, 64, SEED), 0);
	w->st->peer = (struct endpoint){WORLD_RELAY, BOOTP_SERVER_PORT};
	w->st->me = (struct endpoint){WORLD_SERVER, BOOTP_SERVER_PORT};
	w->st->commit = commit;
	w->st->arg = w;
	world_add_machine(w, "name=wendy; en_address=2:0:0:0:0:7,2:0:0:0:0:7;"
			     "ip_address=10.0.0.7,10.1.0.7");
	world_add_machine(w, "name=kim; en_address=2:0:0:0:0:8");
}

void world_start(struct world *w)
{
	assert_int_equal(
		bootpd_open(&w->b, &w->site, &stage_alloc, w->pending, SEED),
		0);
	stage_engine(w->st, bootpd_engine(w->b));
}

void world_close(struct world *w)
{
	if (w->b)
		assert_int_equal(bootpd_stats(w->b)->pending,
				 stage_held(w->st, EFFECT_COMMIT));
	bootpd_close(w->b, &stage_alloc);
	askers_close(w->site.askers, &stage_alloc);
	images_close(w->site.images);
	leases_close(w->site.leases, &stage_alloc);
	directory_close(w->site.directory);
	stage_close(w->st);
}

void world_add_machine(struct world *w, const char *text)
{
	struct directory *d = w->site.directory;
	struct props room;
	struct change c = {.kind = CHANGE_ENTRY_PUT,
			   .domain = DOMAIN_FIRST,
			   .id = directory_next_id(d),
			   .parent = ENTRY_MACHINES,
			   .instance = 1,
			   .props = props(&room, text)};

	assert_int_equal(directory_apply(d, &c), 0);
}

void world_set_machines(struct world *w, const char *text)
{
	struct directory *d = w->site.directory;
	const struct entry *e = directory_entry(d, ENTRY_MACHINES);
	struct props room;
	struct change c = {.kind = CHANGE_ENTRY_PUT,
			   .domain = DOMAIN_FIRST,
			   .id = ENTRY_MACHINES,
			   .parent = ENTRY_ROOT,
			   .instance = e->instance + 1,
			   .props = props(&room, text)};

	assert_int_equal(directory_apply(d, &c), 0);
}

uint16_t world_add_file(struct world *w, const char *name)
{
	const struct image *im;

	assert_int_equal(images_put(w->site.images, name, 5000, 0, &im), 0);
	return im->slam_port;
}

/* ---- what a machine says ------------------------------------------------- */

static void put_text(struct bootp_out *o, uint8_t code, const char *s)
{
	if (s)
		assert_true(bootp_put_str(o, code, s));
}

static void put_number(struct bootp_out *o, uint8_t code, uint32_t v)
{
	if (v)
		assert_true(bootp_put_u32(o, code, v));
}

static void put_pxe(struct bootp_out *o, const struct query *q)
{
	static const uint8_t uuid[17] = {0, 1, 2, 3};

	put_text(o, OPT_CLASS_ID, q->class_id);
	put_text(o, OPT_USER_CLASS, q->user_class);
	if (q->arch)
		bootp_put_u16(o, OPT_CLIENT_ARCH, (uint16_t)(q->arch - 1));
	if (q->has_uuid)
		bootp_put(o, OPT_CLIENT_UUID, uuid, sizeof(uuid));
}

static void put_options(struct bootp_out *o, const struct query *q)
{
	if (q->type)
		bootp_put_u8(o, OPT_MESSAGE_TYPE, (uint8_t)q->type);
	put_text(o, OPT_CLIENT_ID, q->client_id);
	put_number(o, OPT_REQUESTED_IP, q->requested);
	put_number(o, OPT_SERVER_ID, q->server);
	put_number(o, OPT_LEASE_TIME, q->lease);
	put_number(o, OPT_SUBNET_SELECTION, q->selection);
	if (q->max_size)
		bootp_put_u16(o, OPT_MAX_SIZE, q->max_size);
	put_pxe(o, q);
	put_text(o, OPT_PARAMETER_LIST, q->list);
	if (q->more) {
		uint8_t more[512];
		size_t len = hex(q->more, more, sizeof(more));

		wr_bytes(o->w, more, len);
		o->len += len;
	}
}

static struct bootp_head head_of(const struct query *q)
{
	struct bootp_head h = {.op = q->op ? q->op : BOOTP_REQUEST,
			       .hops = q->hops,
			       .hw = world_hw(q->n),
			       .xid = {(uint8_t)(q->xid >> 24),
				       (uint8_t)(q->xid >> 16),
				       (uint8_t)(q->xid >> 8), (uint8_t)q->xid},
			       .secs = q->secs,
			       .flags = q->flags,
			       .ciaddr = q->ciaddr,
			       .siaddr = q->siaddr,
			       .giaddr = q->giaddr,
			       .sname = q->sname,
			       .file = q->file};

	if (q->has_no_hw)
		h.hw = (struct hwaddr){.type = 32};
	return h;
}

size_t query_put(const struct query *q, uint8_t *to, size_t room)
{
	const struct bootp_head h = head_of(q);
	struct wr w = wr_over(to, room);
	struct bootp_out o;

	if (q->is_short || q->vend) {
		uint8_t vend[512];

		bootp_fixed_put(&h, &w);
		if (q->vend)
			wr_bytes(&w, vend, hex(q->vend, vend, sizeof(vend)));
	} else {
		o = bootp_begin(&h, &w, BOOTP_MTU_MAX);
		put_options(&o, q);
		bootp_end(&o);
	}
	assert_false(w.bad);
	return wr_len(&w);
}

static void hear_frame(struct world *w, const struct query *q,
		       const uint8_t *bytes, size_t len)
{
	struct frame_udp f = {
		.from = {q->ciaddr, q->from ? q->from : BOOTP_CLIENT_PORT},
		.to = {q->to ? q->to : IP_BROADCAST,
		       q->port ? q->port : BOOTP_SERVER_PORT},
		.ttl = 64,
		.bytes = bytes,
		.len = len};
	uint8_t frame[MESSAGE];
	struct wr out = wr_over(frame, sizeof(frame));

	memset(f.dst, 0xff, sizeof(f.dst));
	memcpy(f.src, world_hw(q->n).b, sizeof(f.src));
	frame_udp_put(&f, &out);
	assert_false(out.bad);
	stage_hear_frame(w->st, frame, wr_len(&out));
}

void world_hear(struct world *w, const struct query *q)
{
	uint8_t msg[MESSAGE];
	size_t len = query_put(q, msg, sizeof(msg));

	w->st->me.port = q->port ? q->port : BOOTP_SERVER_PORT;
	if (q->giaddr)
		stage_hear(w->st, msg, len);
	else if (q->is_udp)
		stage_hear_from(w->st,
				(struct endpoint){q->ciaddr,
						  q->from ? q->from
							  : BOOTP_CLIENT_PORT},
				msg, len);
	else
		hear_frame(w, q, msg, len);
}

/* ---- what it is told ----------------------------------------------------- */

void world_hear_arp(struct world *w, uint32_t ip, uint32_t n)
{
	struct frame_arp f = {
		.op = ARP_REPLY, .sender_ip = ip, .target_ip = WORLD_SERVER};
	uint8_t frame[64];
	struct wr out = wr_over(frame, sizeof(frame));

	memcpy(f.sender_mac, world_hw(n).b, 6);
	frame_arp_put(&f, &out);
	stage_hear_frame(w->st, frame, wr_len(&out));
}

void world_reply(const struct world *w, struct bootp *m)
{
	const struct stage *st = w->st;
	struct rd r = rd_over(st->last, st->last_len);
	struct frame_udp f;

	if (st->last_send.how == SEND_FRAME) {
		assert_true(frame_udp_get(&f, &r));
		r = rd_over(f.bytes, f.len);
	}
	assert_true(bootp_get(m, &r));
	assert_int_equal(m->op, BOOTP_REPLY);
}

bool world_option_is(const struct world *w, uint8_t code, const char *text)
{
	struct bootp m;
	uint8_t v[512];
	int len;

	world_reply(w, &m);
	len = bootp_option(&m, code, v, sizeof(v));
	if (!text)
		return len < 0;
	return len == (int)strlen(text) && !memcmp(v, text, (size_t)len);
}

uint32_t world_option(const struct world *w, uint8_t code)
{
	struct bootp m;
	uint32_t v = 0;

	world_reply(w, &m);
	bootp_option_u32(&m, code, &v);
	return v;
}

uint32_t world_bind(struct world *w, uint32_t n)
{
	struct query q = {.n = n, .type = DHCP_DISCOVER};
	unsigned sends = w->st->sends;
	struct bootp m;

	world_hear(w, &q);
	assert_int_equal(w->st->sends, sends + 1);
	world_reply(w, &m);
	q.type = DHCP_REQUEST;
	q.requested = m.yiaddr;
	q.server = WORLD_SERVER;
	world_hear(w, &q);
	assert_int_equal(w->st->sends, sends + 2);
	world_reply(w, &m);
	assert_int_equal(m.type, DHCP_ACK);
	stage_forget(w->st);
	return m.yiaddr;
}
