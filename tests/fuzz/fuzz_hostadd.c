/*
 * The dialog of machines that add themselves, under any answers at any time:
 * stores and passwords that fail or take their time, addresses that turn out
 * to be somebody's, an administrator who interferes.  However it goes, nobody
 * hears of an address that is not durably its own, no address is given twice,
 * and nobody gets in without the password.  max_len: 1024
 */
#include "base/heap.h"
#include "engine/askers.h"
#include "engine/bootpd.h"
#include "engine/pending.h"
#include "model/addition.h"
#include "wire/bootp.h"
#include "wire/frame.h"

/* Any number of machines may be due at one moment. */
#define DRIVE_EFFECTS 24
#define DRIVE_SENDS   9
#include "drive.h"

int LLVMFuzzerTestOneInput(const uint8_t *b, size_t len);

#define SERVER    IP4(10, 0, 0, 1)
#define TEMPORARY IP4(10, 0, 0, 250)

enum { MACHINES = 8, ASKED = 32, OWED = 4 };

struct world {
	struct drive d;
	usec wall;
	struct settings settings;
	struct site site;
	struct bootpd *b;
	bool has_password;
	uint8_t speaker; /* the machine that was heard last */
	uint8_t asked[ASKED];
	unsigned n_asked;
	bool knows[MACHINES]; /* the password was right once */
	struct change change; /* the one under way */
	uint8_t props[1024];
	uint64_t cookie;
	bool has_change;
	struct change leases[OWED]; /* likewise, of those who do not */
	uint64_t lease_cookies[OWED];
	unsigned n_leases;
	unsigned added; /* by the administrator */
};

static struct hwaddr machine(uint8_t n)
{
	return hwaddr_ethernet((uint8_t[6]){2, 0, 0, 0, 0, (uint8_t)(16 + n)});
}

/* ---- what must hold ------------------------------------------------------ */

static void check_ok(const struct world *w, const struct bootp *m)
{
	const struct subnet *n = &w->settings.subnets[0];
	const struct entry *e = site_machine(&w->site, &m->hw, 0);
	const struct lease *l = leases_by_ip(w->site.leases, m->yiaddr);

	assert(m->yiaddr != TEMPORARY && m->yiaddr != SERVER);
	if (e && machine_address(e, &m->hw, n) == m->yiaddr)
		return;
	assert(l && hwaddr_is(&l->hw, &m->hw));
}

static void check_reply(const struct world *w, const uint8_t *bytes, size_t len)
{
	struct rd r = rd_over(bytes, len);
	struct next_vend v;
	struct bootp m;
	bool ok = bootp_get(&m, &r);

	assert(ok && m.op == BOOTP_REPLY && len >= BOOTP_MIN_SENT);
	if (m.type != DHCP_NONE)
		return;
	if (!next_vend_get(&v, &m) || v.opcode == NEXT_OK) {
		assert(m.vend == VEND_RFC || bootp_next_opcode(&m) == NEXT_OK);
		check_ok(w, &m);
		return;
	}
	assert(v.opcode <= NEXT_ERROR && v.version == 1);
	assert(v.id || v.opcode == NEXT_ERROR);
	assert(m.yiaddr == TEMPORARY && m.siaddr == SERVER);
	assert(v.text[0] && strlen(v.text) < 55);
	assert(!site_machine(&w->site, &m.hw, 0));
}

static void check_entry(const struct world *w, const struct plist *props)
{
	const char *hw = plist_value(props, "en_address");
	const char *name = plist_value(props, "name");
	const char *ip = plist_value(props, "ip_address");
	const struct lease *l;
	struct hwaddr who;
	uint32_t address;
	bool ok = hw && name && ip && hwaddr_parse(hw, strlen(hw), &who) &&
		  ip_parse(ip, strlen(ip), &address);

	assert(ok && !addition_name_fault(name));
	assert(address >= IP4(10, 0, 0, 10) && address <= IP4(10, 0, 0, 15));
	assert(!w->has_password || w->knows[who.b[5] - 16]);
	l = leases_by_ip(w->site.leases, address);
	assert(!lease_is_live(w->site.leases, address, w->d.now) ||
	       (l->kind == LEASE_BOOTP && hwaddr_is(&l->hw, &who)));
	assert(!machine_by_ip(w->site.directory, DOMAIN_FIRST, address));
}

static void on_commit(struct world *w, const struct commit_effect *e)
{
	if (!change_is_edit(&e->change)) {
		assert(w->n_leases < OWED);
		w->leases[w->n_leases] = e->change;
		w->lease_cookies[w->n_leases++] = e->cookie;
		return;
	}
	assert(!w->has_change && !w->site.is_editing);
	check_entry(w, &e->change.props);
	w->change = e->change;
	assert(e->change.props.len <= sizeof(w->props));
	memcpy(w->props, e->change.props.bytes, e->change.props.len);
	w->change.props.bytes = w->props;
	w->cookie = e->cookie;
	w->has_change = true;
}

static void look(struct drive *d, const struct effect *e)
{
	struct world *w = CONTAINER(d, struct world, d);
	struct frame_udp f;
	struct rd r;

	if (e->kind == EFFECT_COMMIT)
		on_commit(w, &e->commit);
	if (e->kind == EFFECT_ASK) {
		assert(w->n_asked < ASKED && w->has_password);
		w->asked[w->n_asked++] = w->speaker;
	}
	/* Who says that it has an address is answered there. */
	if (e->kind != EFFECT_SEND || e->send.how == SEND_UDP)
		return;
	r = rd_over(e->send.head, e->send.head_len);
	if (frame_type(&r) == ETH_ARP)
		return;
	if (frame_udp_get(&f, &r))
		check_reply(w, f.bytes, f.len);
	else
		abort();
}

/* ---- what happens -------------------------------------------------------- */

static void hear(struct world *w, const struct wr *msg, uint32_t to)
{
	struct frame_udp f = {.dst = {255, 255, 255, 255, 255, 255},
			      .src = {2, 0, 0, 0, 0, 9},
			      .from = {0, BOOTP_CLIENT_PORT},
			      .to = {to, BOOTP_SERVER_PORT},
			      .bytes = msg->start,
			      .len = wr_len(msg)};
	uint8_t frame[1024];
	struct wr out = wr_over(frame, sizeof(frame));

	frame_udp_put(&f, &out);
	drive_hear(&w->d, (struct dgram){.kind = DGRAM_FRAME,
					 .link = 1,
					 .wall = w->wall,
					 .bytes = frame,
					 .len = wr_len(&out)});
}

static const char *text_of(uint8_t c)
{
	static const char *const texts[] = {
		"wanda", "wendy", "john",  "",     "-x",        "server",
		"a b",   "peter", "known", "Jane", "localhost", "x"};

	return texts[c % (sizeof(texts) / sizeof(texts[0]))];
}

static void hear_next(struct world *w, struct rd *r)
{
	uint8_t n = rd_u8(r) % MACHINES, how = rd_u8(r), id = rd_u8(r);
	struct bootp_head h = {.op = BOOTP_REQUEST, .hw = machine(n)};
	struct next_vend v = {
		.version = how & 64 ? 0 : 1, .opcode = how & 3, .id = id % 8};
	const char *text = text_of(rd_u8(r));
	uint8_t msg[300];
	struct wr out = wr_over(msg, sizeof(msg));

	w->speaker = n;
	h.xid[3] = id;
	h.ciaddr = how & 128 ? IP4(10, 0, 0, 10) : 0;
	memcpy(v.text, text, strlen(text));
	next_vend_put(&v, &h, &out);
	hear(w, &out, how & 4 ? IP_BROADCAST : SERVER);
}

/* Anything at all behind the magic. */
static void hear_raw(struct world *w, struct rd *r)
{
	uint8_t n = rd_u8(r) % MACHINES;
	struct bootp_head h = {.op = BOOTP_REQUEST, .hw = machine(n)};
	uint8_t msg[400], vend[80] = {0};
	struct wr out = wr_over(msg, sizeof(msg));
	size_t len = rd_left(r) < 64 ? rd_left(r) : 64;

	w->speaker = n;
	rd_copy(r, vend, len);
	bootp_fixed_put(&h, &out);
	wr_u32(&out, 0x4e655854);
	wr_bytes(&out, vend, len);
	hear(w, &out, SERVER);
}

static void hear_dhcp(struct world *w, struct rd *r)
{
	uint8_t n = rd_u8(r) % MACHINES, what = rd_u8(r);
	struct bootp_head h = {.op = BOOTP_REQUEST, .hw = machine(n)};
	uint8_t msg[400];
	struct wr out = wr_over(msg, sizeof(msg));
	struct bootp_out o = bootp_begin(&h, &out, sizeof(msg));

	w->speaker = n;
	if (what & 3)
		bootp_put_u8(&o, OPT_MESSAGE_TYPE,
			     what & 1 ? DHCP_DISCOVER : DHCP_REQUEST);
	bootp_put_u32(&o, OPT_REQUESTED_IP, IP4(10, 0, 0, 10 + (what >> 5)));
	bootp_end(&o);
	hear(w, &out, IP_BROADCAST);
}

static void hear_arp(struct world *w, struct rd *r)
{
	uint8_t c = rd_u8(r);
	struct frame_arp f = {.op = c & 16 ? ARP_REPLY : ARP_REQUEST,
			      .sender_mac = {2, 0, 0, 0, 0, c & 32 ? 16 : 99},
			      .sender_ip = IP4(10, 0, 0, 8 + c % 8),
			      .target_ip = SERVER};
	uint8_t frame[64];
	struct wr out = wr_over(frame, sizeof(frame));

	frame_arp_put(&f, &out);
	drive_hear(&w->d, (struct dgram){.kind = DGRAM_FRAME,
					 .link = c & 64 ? 2 : 1,
					 .wall = w->wall,
					 .bytes = frame,
					 .len = wr_len(&out)});
}

static void settle_ask(struct world *w, uint8_t how)
{
	static const int rcs[] = {0, 0, -13, -22, -11};
	int rc = rcs[how % 5];
	uint8_t n = w->asked[0];

	if (!w->n_asked)
		return;
	w->n_asked--;
	memmove(&w->asked[0], &w->asked[1], w->n_asked);
	if (!rc)
		w->knows[n] = true;
	drive_settle(&w->d, rc);
}

static void settle_commit(struct world *w, const struct change *c,
			  uint64_t cookie, int rc)
{
	struct outcome o = {.kind = EFFECT_COMMIT,
			    .cookie = cookie,
			    .rc = rc,
			    .wall = w->wall,
			    .change = c};

	if (!rc && change_is_edit(c))
		o.rc = directory_apply(w->site.directory, c);
	else if (!rc)
		o.rc = leases_put(w->site.leases, &c->lease, w->d.now, w->wall);
	assert(rc || !o.rc);
	w->d.engine->settle(w->d.engine, w->d.now, &o, &w->d.fx);
	drive_carry(&w->d);
}

static void settle(struct world *w, uint8_t how)
{
	static const int rcs[] = {0, 0, -5, -116};

	if (how & 4 && w->n_leases) {
		struct change c = w->leases[--w->n_leases];

		settle_commit(w, &c, w->lease_cookies[w->n_leases],
			      how & 1 ? -5 : 0);
	} else if (w->has_change) {
		struct change c = w->change;
		uint8_t props[sizeof(w->props)];

		memcpy(props, w->props, sizeof(props));
		c.props.bytes = props;
		w->has_change = false;
		settle_commit(w, &c, w->cookie, rcs[how % 4]);
	}
}

static void put_entry(struct world *w, struct change c, const char *name,
		      const char *const *more, unsigned n)
{
	uint8_t room[512];
	struct plist_out o = plist_begin(room, sizeof(room));
	int rc;

	plist_add(&o, "name");
	plist_add_value(&o, name);
	for (unsigned i = 0; i < n; i += 2) {
		plist_add(&o, more[i]);
		if (more[i + 1])
			plist_add_value(&o, more[i + 1]);
	}
	if (!plist_end(&o, &c.props))
		abort();
	rc = directory_apply(w->site.directory, &c);
	assert(!rc);
}

/* The rules: of range two values. */
static void set_rules(struct world *w, bool is_enabled)
{
	struct directory *dir = w->site.directory;
	uint8_t room[512];
	struct plist_out o = plist_begin(room, sizeof(room));
	struct change c = {
		.kind = CHANGE_ENTRY_PUT,
		.domain = DOMAIN_FIRST,
		.id = ENTRY_MACHINES,
		.parent = ENTRY_ROOT,
		.instance = directory_entry(dir, ENTRY_MACHINES)->instance + 1};
	int rc;

	plist_add(&o, "name");
	plist_add_value(&o, "machines");
	if (is_enabled)
		plist_add(&o, ADDITION_ENABLED);
	plist_add(&o, ADDITION_RANGE);
	plist_add_value(&o, "10.0.0.10");
	plist_add_value(&o, "10.0.0.15");
	plist_add(&o, ADDITION_TEMPORARY);
	plist_add_value(&o, "10.0.0.250");
	if (w->has_password) {
		plist_add(&o, ADDITION_PASSWORD);
		plist_add_value(&o, "$hash$");
	}
	plist_add(&o, ADDITION_DENIED);
	plist_add_value(&o, "02:00:00:00:00:17");
	if (!plist_end(&o, &c.props))
		abort();
	rc = directory_apply(dir, &c);
	assert(!rc);
}

/* The administrator adds a machine, when no other change is under way. */
static void administer(struct world *w, uint8_t c)
{
	static const char *const names[] = {"john", "peter", "known"};
	static const char *const ips[] = {"10.0.0.10", "10.0.0.11"};
	char hw[] = "02:00:00:00:00:10";
	const struct site *s = &w->site;
	struct change change = {.kind = CHANGE_ENTRY_PUT,
				.domain = DOMAIN_FIRST,
				.id = directory_next_id(s->directory),
				.parent = ENTRY_MACHINES,
				.instance = 1};
	const char *more[] = {"en_address", hw, "ip_address", ips[c & 1]};
	struct hwaddr who = machine(c % MACHINES);
	uint32_t ip = IP4(10, 0, 0, 10 + (c & 1));
	const char *name = names[c % 3];
	struct hwaddr holder;

	hw[16] = (char)('0' + c % MACHINES);
	if (w->has_change || s->is_editing)
		return;
	if (machine_by_name(s->directory, DOMAIN_FIRST, name) ||
	    machine_by_hw(s->directory, DOMAIN_FIRST, &who) ||
	    machine_by_ip(s->directory, DOMAIN_FIRST, ip) ||
	    leases_held_by(s->leases, ip, w->d.now, &holder) ||
	    leases_by_ip(s->leases, ip))
		return;
	put_entry(w, change, name, more, c & 8 ? 4 : 2);
}

static void pass_time(struct world *w, struct rd *r)
{
	usec span = (usec)rd_u8(r) * rd_u8(r) * MILLISECONDS(10);

	w->wall += span;
	drive_wait(&w->d, span);
}

static void step(struct world *w, struct rd *r)
{
	uint8_t what = rd_u8(r), c;

	switch (what % 16) {
	case 0:
	case 1:
	case 2:
	case 3:
	case 4:
	case 5:
		hear_next(w, r);
		break;
	case 6:
		hear_raw(w, r);
		break;
	case 7:
		hear_dhcp(w, r);
		break;
	case 8:
		hear_arp(w, r);
		break;
	case 9:
	case 10:
		pass_time(w, r);
		break;
	case 11:
		settle_ask(w, rd_u8(r));
		break;
	case 12:
	case 13:
		settle(w, rd_u8(r));
		break;
	case 14:
		administer(w, rd_u8(r));
		break;
	case 15:
		c = rd_u8(r);
		w->site.is_editing = c & 1 && !w->has_change;
		set_rules(w, c & 6);
		break;
	}
	drive_expire(&w->d);
}

/* ---- the world ----------------------------------------------------------- */

static void settle_in(struct settings *s)
{
	settings_default(s);
	s->unknown = UNKNOWN_PENDING;
	memcpy(s->name, "server", 7);
	s->n_subnets = 1;
	s->subnets[0] = (struct subnet){.network = IP4(10, 0, 0, 0),
					.mask = 0xffffff00,
					.first = IP4(10, 0, 0, 10),
					.last = IP4(10, 0, 0, 13),
					.lease = 1200};
}

static void open_world(struct world *w, uint8_t how)
{
	struct site *s = &w->site;
	int rc;

	settle_in(&w->settings);
	if (how & 2) {
		w->settings.unknown = UNKNOWN_SERVE;
		w->settings.unknown_share = 100;
	}
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
	rc = leases_open(&s->leases, &fuzz_memory, 64, 1);
	assert(!rc);
	rc = images_open(&s->images, &fuzz_memory, 10000, 4, 1);
	assert(!rc);
	rc = askers_open(&s->askers, &fuzz_memory, 4, 1);
	assert(!rc);
	rc = pending_open(&s->pending, &fuzz_memory, 1);
	assert(!rc);
	rc = bootpd_open(&w->b, s, &fuzz_memory, OWED, 1);
	assert(!rc);
	drive_open(&w->d, bootpd_engine(w->b));
	w->d.now = SECONDS(100);
	w->d.look = look;
	w->wall = SECONDS(1700000000);
	w->has_password = how & 1;
	set_rules(w, true);
}

static void close_world(struct world *w)
{
	bootpd_close(w->b, &fuzz_memory);
	pending_close(w->site.pending, &fuzz_memory);
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

	open_world(&w, rd_u8(&r));
	fx = w.d.fx;
	while (rd_left(&r))
		step(&w, &r);
	w.site.is_editing = false;
	/* Nothing hangs: once all has settled, nobody waits for anything. */
	for (int i = 0; i < 64; i++) {
		settle_ask(&w, 0);
		settle(&w, 0);
		settle(&w, 4);
		drive_wait(&w.d, SECONDS(1));
	}
	assert(!w.has_change && !w.n_asked);
	assert(w.d.engine->deadline(w.d.engine) == NEVER);
	close_world(&w);
	return 0;
}
