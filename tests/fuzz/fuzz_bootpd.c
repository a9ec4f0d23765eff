/*
 * bootpd as a whole, in any order of things that can happen to it: requests,
 * well made and not, stores that fail or take their time, clocks that jump.
 * However it goes, no address is promised to two machines, and nothing is
 * promised that is not durable.  max_len: 1024
 */
#include "base/heap.h"
#include "engine/askers.h"
#include "engine/bootpd.h"
#include "wire/bootp.h"
#include "wire/frame.h"

#include "drive.h"

int LLVMFuzzerTestOneInput(const uint8_t *b, size_t len);

#define SERVER IP4(10, 0, 0, 1)
#define RELAY  IP4(10, 1, 0, 254)

enum { OWED = 4, COMMITS = OWED + 64, PROMISES = 64, MOST_IN_USE = 64 };

struct promise {
	uint32_t ip;
	struct hwaddr hw;
	usec until;
};

struct commit {
	struct change change;
	uint64_t cookie;
	usec asked;
};

struct world {
	struct drive d;
	usec wall;
	struct settings settings;
	struct site site;
	struct bootpd *b;
	struct commit commits[COMMITS];
	unsigned n_commits;
	struct promise promises[PROMISES];
	unsigned n_promises;
	bool has_late; /* a machine was registered in the meantime */
	usec asked;    /* when what is answered now was asked */
};

/* ---- what must hold ------------------------------------------------------ */

static struct promise *promise_find(struct world *w, uint32_t ip,
				    const struct hwaddr *hw)
{
	for (unsigned i = 0; i < w->n_promises; i++)
		if (w->promises[i].ip == ip &&
		    hwaddr_is(&w->promises[i].hw, hw))
			return &w->promises[i];
	return NULL;
}

/* A machine believes the longest of what it was told. */
static void promise(struct world *w, uint32_t ip, const struct hwaddr *hw,
		    usec until)
{
	struct promise *p = promise_find(w, ip, hw);

	for (unsigned i = 0; i < w->n_promises; i++) {
		const struct promise *q = &w->promises[i];

		assert(q->ip != ip || q->until <= w->d.now ||
		       hwaddr_is(&q->hw, hw));
	}
	if (!p && w->n_promises < PROMISES) {
		p = &w->promises[w->n_promises++];
		*p = (struct promise){.ip = ip, .hw = *hw};
	}
	if (p)
		p->until = usec_max(p->until, until);
}

static bool is_durable(const struct world *w, uint32_t ip,
		       const struct hwaddr *hw, usec until)
{
	const struct site *s = &w->site;
	const struct entry *m = site_machine(s, hw, 0);
	const struct subnet *n = settings_subnet(s->settings, ip);
	const struct lease *l = leases_by_ip(s->leases, ip);

	assert(n);
	if (m && machine_address(m, hw, n) == ip)
		return true;
	return l && hwaddr_is(&l->hw, hw) && l->kind != LEASE_DECLINED &&
	       lease_is_live(s->leases, ip, usec_max(until - 1, w->d.now));
}

static void check_reply(struct world *w, const uint8_t *bytes, size_t len)
{
	struct rd r = rd_over(bytes, len);
	uint32_t secs = 0;
	usec until = NEVER;
	struct bootp m;
	bool ok = bootp_get(&m, &r);

	assert(ok && m.op == BOOTP_REPLY);
	assert(len >= BOOTP_MIN_SENT && len <= BOOTP_MTU_MAX);
	if (bootp_option_u32(&m, OPT_LEASE_TIME, &secs))
		until = w->asked + SECONDS(secs);
	if (!m.yiaddr || !m.hw.len || m.type == DHCP_OFFER)
		return;
	if (m.type == DHCP_NONE && m.ciaddr)
		return; /* it knew its address */
	assert(is_durable(w, m.yiaddr, &m.hw, until));
	promise(w, m.yiaddr, &m.hw, until);
}

static void check_to(const struct world *w, uint32_t ip)
{
	assert(ip && ip >> 24 != 127 && !ip_is_multicast(ip));
	assert(!site_is_own(&w->site, ip));
	assert((ip & 0xfffe0000) == IP4(10, 0, 0, 0));
}

static void on_commit(struct world *w, const struct commit_effect *e)
{
	const struct lease *l = &e->change.lease;

	assert(e->change.kind == CHANGE_LEASE_PUT);
	assert(w->n_commits < COMMITS);
	for (unsigned i = 0; i < w->n_commits; i++) {
		const struct lease *is = &w->commits[i].change.lease;

		assert(is->ip != l->ip || !hwaddr_is(&is->hw, &l->hw));
		assert(is->ip != l->ip || l->kind == LEASE_DECLINED ||
		       is->kind == LEASE_DECLINED || !l->term || !is->term);
	}
	w->commits[w->n_commits++] = (struct commit){
		.change = e->change, .cookie = e->cookie, .asked = w->asked};
}

static void look(struct drive *d, const struct effect *e)
{
	struct world *w = CONTAINER(d, struct world, d);
	struct frame_udp f;
	struct frame_arp arp;
	struct rd r;
	bool ok;

	if (e->kind == EFFECT_COMMIT)
		on_commit(w, &e->commit);
	if (e->kind != EFFECT_SEND)
		return;
	if (e->send.how == SEND_UDP) {
		check_to(w, e->send.to.ip);
		check_reply(w, e->send.head, e->send.head_len);
		return;
	}
	r = rd_over(e->send.head, e->send.head_len);
	if (frame_arp_get(&arp, &r)) {
		assert(arp.op == ARP_REQUEST && arp.sender_ip == SERVER &&
		       (arp.target_ip ^ SERVER) >> 8 == 0);
		return;
	}
	r = rd_over(e->send.head, e->send.head_len);
	ok = frame_udp_get(&f, &r);
	assert(ok && e->send.link == 1);
	check_reply(w, f.bytes, f.len);
}

static void add_machine(struct world *w, const char *name, const char *hw,
			const char *ip)
{
	uint8_t room[256];
	struct plist_out o = plist_begin(room, sizeof(room));
	struct change c = {.kind = CHANGE_ENTRY_PUT,
			   .domain = DOMAIN_FIRST,
			   .id = directory_next_id(w->site.directory),
			   .parent = ENTRY_MACHINES,
			   .instance = 1};
	int rc;

	plist_add(&o, "name");
	plist_add_value(&o, name);
	plist_add(&o, "en_address");
	plist_add_value(&o, hw);
	if (ip) {
		plist_add(&o, "ip_address");
		plist_add_value(&o, ip);
	}
	if (!plist_end(&o, &c.props))
		abort();
	rc = directory_apply(w->site.directory, &c);
	assert(!rc);
}

/* ---- what happens -------------------------------------------------------- */

static struct hwaddr machine(uint32_t n)
{
	return hwaddr_ethernet((uint8_t[6]){2, 0, 0, 0, 0, (uint8_t)(4 + n)});
}

static uint32_t pick_ip(uint8_t c)
{
	static const uint32_t odd[] = {0,
				       SERVER,
				       RELAY,
				       IP_BROADCAST,
				       IP4(127, 0, 0, 1),
				       IP4(10, 0, 0, 255),
				       IP4(8, 8, 8, 8),
				       IP4(224, 0, 0, 1)};

	if (c >= 0xf8)
		return odd[c - 0xf8];
	return IP4(10, c >> 6 & 1, 0, 8 + c % 8);
}

static void put_some(struct bootp_out *o, uint8_t what, uint8_t ip, uint8_t n)
{
	static const uint8_t list[] = {1, 3, 67, 66, 58};

	if (what & 1)
		bootp_put_u32(o, OPT_REQUESTED_IP, pick_ip(ip));
	if (what & 2)
		bootp_put_u32(o, OPT_SERVER_ID,
			      what & 4 ? SERVER : IP4(10, 0, 0, 66));
	if (what & 8)
		bootp_put_u32(o, OPT_LEASE_TIME, (uint32_t)n * 8);
	if (what & 16)
		bootp_put_str(o, OPT_CLASS_ID,
			      n & 1 ? "PXEClient:Arch:00000" : "muster");
	if (what & 32)
		bootp_put_str(o, OPT_CLIENT_ID, n & 1 ? "one" : "two");
	if (what & 64)
		bootp_put(o, OPT_PARAMETER_LIST, list, sizeof(list));
	if (what & 128)
		bootp_put(o, OPT_RELAY_AGENT, "\5\4\12\1\0\0", 6);
}

static void hear_message(struct world *w, uint8_t how, const uint8_t *msg,
			 size_t len)
{
	struct frame_udp f = {
		.dst = {255, 255, 255, 255, 255, 255},
		.src = {2, 0, 0, 0, 0, 9},
		.from = {how & 4 ? IP4(10, 0, 0, 9) : 0, BOOTP_CLIENT_PORT},
		.to = {IP_BROADCAST,
		       how & 8 ? PXE_SERVER_PORT : BOOTP_SERVER_PORT},
		.bytes = msg,
		.len = len};
	uint8_t frame[2048];
	struct wr out = wr_over(frame, sizeof(frame));
	struct dgram g = {
		.link = 1, .from = f.from, .to = f.to, .wall = w->wall};

	w->asked = w->d.now;
	if (how & 2) {
		g.bytes = msg;
		g.len = len;
	} else {
		frame_udp_put(&f, &out);
		g.kind = DGRAM_FRAME;
		g.bytes = frame;
		g.len = wr_len(&out);
	}
	drive_hear(&w->d, g);
}

static void hear_made(struct world *w, struct rd *r)
{
	uint8_t how = rd_u8(r), n = rd_u8(r), type = rd_u8(r) % 9;
	uint8_t what = rd_u8(r), ip = rd_u8(r);
	struct bootp_head h = {
		.op = BOOTP_REQUEST,
		.hw = machine(n % 8),
		.flags = how & 16 ? BOOTP_FLAG_BROADCAST : 0,
		.ciaddr = how & 32 ? pick_ip(ip) : 0,
		.giaddr = how & 64 ? (what & 128 ? RELAY : pick_ip(n)) : 0,
		.file = how & 128 ? "linux" : NULL,
	};
	uint8_t msg[600];
	struct wr out = wr_over(msg, sizeof(msg));
	struct bootp_out o = bootp_begin(&h, &out, sizeof(msg));

	if (type)
		bootp_put_u8(&o, OPT_MESSAGE_TYPE, type);
	put_some(&o, what, ip, n);
	bootp_end(&o);
	hear_message(w, how, msg, wr_len(&out));
}

static void hear_raw(struct world *w, struct rd *r)
{
	uint8_t how = rd_u8(r);
	size_t len = rd_u16(r) % 700;
	uint8_t msg[700];

	if (len > rd_left(r))
		len = rd_left(r);
	rd_copy(r, msg, len);
	hear_message(w, how, msg, len);
}

/* Somebody says that an address of the pool is his. */
static void hear_arp(struct world *w, uint8_t c)
{
	struct frame_arp f = {.op = ARP_REPLY,
			      .sender_ip = IP4(10, 0, 0, 10 + c % 4),
			      .target_ip = SERVER};
	struct hwaddr who = machine(c >> 2);
	uint8_t frame[64];
	struct wr out = wr_over(frame, sizeof(frame));
	struct dgram d = {.kind = DGRAM_FRAME,
			  .link = 1,
			  .wall = w->wall,
			  .bytes = frame};

	memcpy(f.sender_mac, who.b, sizeof(f.sender_mac));
	frame_arp_put(&f, &out);
	d.len = wr_len(&out);
	w->d.engine->input(w->d.engine, w->d.now, &d, &w->d.fx);
	drive_carry(&w->d);
}

/* Only what the store said is true, and it is so before the engine hears. */
static void settle(struct world *w, unsigned i, bool fails)
{
	struct commit c = w->commits[i];
	struct outcome o = {.kind = EFFECT_COMMIT,
			    .cookie = c.cookie,
			    .rc = fails ? -5 : 0,
			    .wall = w->wall,
			    .change = &c.change};
	struct promise *p;

	w->n_commits--;
	memmove(&w->commits[i], &w->commits[i + 1],
		(w->n_commits - i) * sizeof(c));
	if (!fails)
		o.rc = leases_put(w->site.leases, &c.change.lease, w->d.now,
				  w->wall);
	/* It gave the address back, or will not use it. */
	p = promise_find(w, c.change.lease.ip, &c.change.lease.hw);
	if (!o.rc && p &&
	    (c.change.lease.kind == LEASE_DECLINED ||
	     (c.change.lease.kind == LEASE_DHCP && !c.change.lease.term)))
		p->until = 0;
	w->asked = c.asked;
	w->d.engine->settle(w->d.engine, w->d.now, &o, &w->d.fx);
	drive_carry(&w->d);
}

static void change_settings(struct world *w, uint8_t c)
{
	w->settings.unknown = (enum unknown)(c % 3);
	w->settings.authoritative = c & 4;
	w->settings.dhcp = (enum dhcp_mode)((c >> 3) % 3);
	w->settings.unknown_share = c & 64 ? 50 : 100;
	w->settings.conflict_probe = c & 32;
	w->site.store.is_shared = c & 128;
	/* What was leased to others, perhaps, or is just being leased. */
	if (c & 128 && !w->has_late) {
		w->has_late = true;
		add_machine(w, "late", "2:0:0:0:0:b", "10.0.0.11");
	}
}

static void step(struct world *w, struct rd *r)
{
	uint8_t what = rd_u8(r);
	usec span;

	switch (what % 8) {
	case 0:
	case 1:
		hear_made(w, r);
		break;
	case 2:
		if (what & 32)
			hear_arp(w, rd_u8(r));
		else
			hear_raw(w, r);
		break;
	case 3:
		span = (usec)rd_u8(r) * rd_u8(r) * MILLISECONDS(100);
		w->d.now += span;
		w->wall += span;
		break;
	case 4:
	case 5:
		if (w->n_commits)
			settle(w, rd_u8(r) % w->n_commits, what & 32);
		break;
	case 6:
		change_settings(w, rd_u8(r));
		break;
	case 7: /* forward half a term at most, or back */
		w->wall += (usec)(int8_t)rd_u8(r) * SECONDS(4);
		break;
	}
}

/* ---- the world ----------------------------------------------------------- */

static void settle_in(struct settings *s)
{
	settings_default(s);
	s->unknown = UNKNOWN_SERVE;
	s->unknown_share = 100;
	s->authoritative = true;
	s->n_subnets = 2;
	for (uint32_t i = 0; i < 2; i++)
		s->subnets[i] = (struct subnet){.network = IP4(10, i, 0, 0),
						.mask = 0xffffff00,
						.first = IP4(10, i, 0, 10),
						.last = IP4(10, i, 0, 13),
						.router = IP4(10, i, 0, 254),
						.lease = 1200};
}

static void open_world(struct world *w)
{
	struct site *s = &w->site;
	const struct image *im;
	int rc;

	settle_in(&w->settings);
	s->settings = &w->settings;
	s->domain = DOMAIN_FIRST;
	s->n_links = 1;
	s->links[0] = (struct link){.index = 1,
				    .hw = machine(60),
				    .ip = SERVER,
				    .mask = 0xffffff00,
				    .mtu = 1500};
	rc = directory_open(&s->directory, &fuzz_memory, 8, 1);
	assert(!rc);
	rc = leases_open(&s->leases, &fuzz_memory, MOST_IN_USE, 1);
	assert(!rc);
	rc = images_open(&s->images, &fuzz_memory, 10000, 4, 1);
	assert(!rc);
	rc = askers_open(&s->askers, &fuzz_memory, 4, 1);
	assert(!rc);
	images_put(s->images, "linux", 100, 0, &im);
	images_put(s->images, "undionly.kpxe", 100, 0, &im);
	add_machine(w, "fixed", "2:0:0:0:0:4", "10.0.0.12");
	add_machine(w, "known", "2:0:0:0:0:5", NULL);
	rc = bootpd_open(&w->b, s, &fuzz_memory, OWED, 1);
	assert(!rc);
	drive_open(&w->d, bootpd_engine(w->b));
	w->d.now = SECONDS(100);
	w->d.look = look;
	w->wall = SECONDS(1700000000);
}

static void close_world(struct world *w)
{
	bootpd_close(w->b, &fuzz_memory);
	askers_close(w->site.askers, &fuzz_memory);
	images_close(w->site.images);
	leases_close(w->site.leases, &fuzz_memory);
	directory_close(w->site.directory);
}

int LLVMFuzzerTestOneInput(const uint8_t *b, size_t len)
{
	static struct effects fx; /* its memory is taken once */
	struct rd r = rd_over(b, len);
	struct world w = {.d = {.fx = fx}};

	open_world(&w);
	fx = w.d.fx;
	while (rd_left(&r)) {
		step(&w, &r);
		assert(bootpd_stats(w.b)->pending == w.n_commits);
	}
	while (w.n_commits)
		settle(&w, 0, false);
	assert(bootpd_stats(w.b)->pending == 0);
	close_world(&w);
	return 0;
}
