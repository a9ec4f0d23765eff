/*
 * doctorc.  Time goes by in ticks of a tenth of a second; a table of what is to
 * be said at which tick is all of its state machine.
 */
#include "engine/doctorc.h"

#include "base/heap.h"
#include "base/rand.h"
#include "base/text.h"
#include "engine/effects.h"
#include "wire/bootp.h"
#include "wire/frame.h"
#include "wire/igmp.h"
#include "wire/pxe.h"

#include <errno.h>

enum {
	AFTER_HERE = 4, /* ticks, for a switch to learn who has joined */
	ROUNDS = 3,     /* of probes, two ticks apart */
	AFTER_PROBES = 6,
	HELLOS_UNTIL = 30,
};

static const usec TICK = MILLISECONDS(100);
/* Ours alone: the question after the leave is for us. */
#define SOLICIT IP4(239, 255, 67, 4)

struct doctorc {
	struct engine engine;
	struct doctorc_config config;
	struct doctor_seen seen;
	uint8_t mac[6], xid[4]; /* the made-up machine's */
	uint32_t run;
	bool has_port, is_over;
	unsigned tick, end; /* end: it is over then */
	unsigned here;      /* the tick at which the mirror answered */
	usec next;
};

static struct doctorc *doctorc_of(struct engine *e)
{
	return CONTAINER(e, struct doctorc, engine);
}

/* ---- what it says -------------------------------------------------------- */

static void put_discover(const struct doctorc *d, bool is_pxe, struct wr *w)
{
	static const uint8_t wants[] = {OPT_SUBNET_MASK, OPT_ROUTER,
					OPT_TFTP_SERVER, OPT_BOOT_FILE,
					OPT_VENDOR};
	struct bootp_head h = {.op = BOOTP_REQUEST,
			       .hw = hwaddr_ethernet(d->mac),
			       .flags = BOOTP_FLAG_BROADCAST};
	uint8_t uuid[17] = {0};
	struct bootp_out o;

	memcpy(h.xid, d->xid, 4);
	h.hw.b[5] ^= is_pxe; /* two machines */
	memcpy(uuid + 11, h.hw.b, 6);
	o = bootp_begin(&h, w, 576);
	bootp_put_u8(&o, OPT_MESSAGE_TYPE, DHCP_DISCOVER);
	bootp_put(&o, OPT_PARAMETER_LIST, wants, sizeof(wants));
	if (is_pxe) {
		bootp_put_str(&o, OPT_CLASS_ID,
			      "PXEClient:Arch:00000:UNDI:002001");
		bootp_put_u16(&o, OPT_CLIENT_ARCH, ARCH_X86_BIOS);
		bootp_put(&o, OPT_CLIENT_NDI, "\1\2\1", 3);
		bootp_put(&o, OPT_CLIENT_UUID, uuid, sizeof(uuid));
	}
	bootp_end(&o);
}

static void discover(struct doctorc *d, bool is_pxe, struct effects *fx)
{
	uint8_t message[600];
	struct wr w = wr_over(message, sizeof(message));
	struct wr head = effects_head(fx);
	struct frame_udp f = {.dst = {255, 255, 255, 255, 255, 255},
			      .from = {0, BOOTP_CLIENT_PORT},
			      .to = {IP_BROADCAST, BOOTP_SERVER_PORT},
			      .ttl = 64,
			      .bytes = message};

	put_discover(d, is_pxe, &w);
	memcpy(f.src, d->mac, 6);
	f.src[5] ^= is_pxe;
	f.len = wr_len(&w);
	frame_udp_put(&f, &head);
	effects_frame(fx, &head, d->config.link.index);
}

/* Version 2: queriers of all later versions take it, and those of version 3
 * for a member's like others (RFC 3376 7.3.2). */
static void solicit(struct doctorc *d, uint8_t type, struct effects *fx)
{
	struct igmp m = {.type = type, .version = 2, .group = SOLICIT};
	struct frame_ip f = {.from = d->config.link.ip,
			     .to = type == IGMP_V2_LEAVE ? IGMP_ALL_ROUTERS
							 : SOLICIT,
			     .ttl = 1,
			     .protocol = IP_PROTOCOL_IGMP,
			     .has_alert = true};
	uint8_t message[IGMP_SHORT];
	struct wr w = wr_over(message, sizeof(message));
	struct wr head = effects_head(fx);

	igmp_put(&m, &w);
	f.bytes = message;
	f.len = wr_len(&w);
	frame_group_mac(f.to, f.dst);
	memcpy(f.src, d->config.link.hw.b, 6);
	frame_ip_put(&f, &head);
	effects_frame(fx, &head, d->config.link.index);
}

static void say(struct doctorc *d, uint8_t kind, uint8_t lane, uint32_t to,
		struct effects *fx)
{
	struct mirror m = {.kind = kind, .lane = lane, .run = d->run};
	struct wr w = effects_head(fx);

	mirror_put(&m, &w);
	effects_send(fx, &w, (struct endpoint){d->config.link.ip, MIRROR_PORT},
		     (struct endpoint){to, MIRROR_PORT})
		->link = d->config.link.index;
}

static void join(struct doctorc *d, unsigned lane, struct effects *fx)
{
	struct join *j = &effects_add(fx, EFFECT_JOIN)->join;

	j->group = (struct endpoint){mirror_group(lane), MIRROR_PORT};
	j->link = d->config.link.index;
}

/* ---- when it says it ----------------------------------------------------- */

static void probe_lanes(struct doctorc *d, struct effects *fx)
{
	unsigned since = d->tick - d->here;

	if (since < AFTER_HERE || since >= AFTER_HERE + 2 * ROUNDS || since & 1)
		return;
	for (unsigned lane = 0; lane < MIRROR_LANES; lane++)
		say(d, MIRROR_PROBE, (uint8_t)lane, mirror_group((uint8_t)lane),
		    fx);
}

static void speak_of_groups(struct doctorc *d, struct effects *fx)
{
	if (!d->has_port || !d->config.link.ip)
		return;
	if (d->tick == 2 || d->tick == 4) {
		say(d, MIRROR_LOOP, LANE_SAFE, mirror_group(LANE_SAFE), fx);
		say(d, MIRROR_LOOP, LANE_FRESH, mirror_group(LANE_FRESH), fx);
	}
	if (d->seen.has_mirror)
		probe_lanes(d, fx);
	else if (d->tick % 5 == 0 && d->tick <= HELLOS_UNTIL)
		say(d, MIRROR_HELLO, 0, IP_BROADCAST, fx);
}

static void speak(struct doctorc *d, struct effects *fx)
{
	if (d->config.link.hw.len != 6)
		return;
	if (d->tick % 10 == 0 && d->tick < 30) {
		discover(d, false, fx);
		discover(d, true, fx);
	}
	if (d->tick == 1 || d->tick == 11)
		solicit(d, IGMP_V2_REPORT, fx);
	if (d->tick == 4 || d->tick == 14)
		solicit(d, IGMP_V2_LEAVE, fx);
	speak_of_groups(d, fx);
}

/* ---- what it hears ------------------------------------------------------- */

static void on_igmp(struct doctorc *d, const struct frame_ip *f)
{
	struct doctor_seen *s = &d->seen;
	struct rd r = rd_over(f->bytes, f->len);
	struct igmp m;

	if (!igmp_get(&m, &r))
		return;
	if (m.type != IGMP_QUERY) {
		s->reports++;
		return;
	}
	/* The lowest address of all, and none only if there is no other. */
	if (s->has_querier && s->querier && (!f->from || f->from > s->querier))
		return;
	s->has_querier = true;
	s->querier = f->from;
	s->querier_version = m.version;
	memcpy(s->querier_mac, f->src, 6);
}

static struct doctor_server *server_of(struct doctor_seen *s, uint32_t ip,
				       const uint8_t mac[6])
{
	for (unsigned i = 0; i < s->n_servers; i++)
		if (s->servers[i].ip == ip &&
		    !memcmp(s->servers[i].mac, mac, 6))
			return &s->servers[i];
	if (s->n_servers == DOCTOR_SERVERS)
		return NULL; /* the first sixteen are enough to say */
	return &s->servers[s->n_servers++];
}

static void copy_file(struct doctor_server *v, const struct bootp *m)
{
	uint8_t option[sizeof(v->file)];
	char field[BOOTP_FILE + 1];
	int len = bootp_option(m, OPT_BOOT_FILE, option, sizeof(option) - 1);

	if (len > 0)
		text_copy(v->file, sizeof(v->file), (char *)option,
			  strnlen((char *)option, (size_t)len));
	else if (bootp_file(m, field))
		text_copy(v->file, sizeof(v->file), field, strlen(field));
}

static uint32_t first_router(const struct bootp *m)
{
	uint8_t list[64];
	int len = bootp_option(m, OPT_ROUTER, list, sizeof(list));
	struct rd r = rd_over(list, len > 0 ? (size_t)len : 0);

	return rd_u32(&r);
}

static void on_offer(struct doctorc *d, const struct frame_udp *f)
{
	struct rd r = rd_over(f->bytes, f->len);
	struct doctor_server *v;
	uint32_t ip = f->from.ip;
	struct bootp m;

	if (!bootp_get(&m, &r) || m.op != BOOTP_REPLY || m.type != DHCP_OFFER ||
	    memcmp(m.xid, d->xid, 4) != 0)
		return;
	(void)bootp_option_u32(&m, OPT_SERVER_ID, &ip);
	v = server_of(&d->seen, ip, f->src);
	if (!v)
		return;
	v->ip = ip;
	memcpy(v->mac, f->src, 6);
	if (m.yiaddr) {
		v->offered = m.yiaddr;
		(void)bootp_option_u32(&m, OPT_SUBNET_MASK, &v->mask);
		v->router = first_router(&m);
	}
	v->is_proxy = !v->offered;
	if (m.siaddr)
		v->next_server = m.siaddr;
	copy_file(v, &m);
}

static void on_frame(struct doctorc *d, const struct dgram *g)
{
	struct rd r = rd_over(g->bytes, g->len);
	struct frame_ip ip;
	struct frame_udp udp;

	if (frame_ip_protocol(&r) == IP_PROTOCOL_IGMP) {
		if (frame_ip_get(&ip, &r))
			on_igmp(d, &ip);
		return;
	}
	if (frame_udp_get(&udp, &r) && udp.to.port == BOOTP_CLIENT_PORT)
		on_offer(d, &udp);
}

static void on_mirror(struct doctorc *d, const struct dgram *g,
		      const struct mirror *m)
{
	struct doctor_seen *s = &d->seen;
	uint8_t lane = (uint8_t)(1 << m->lane);

	if (m->run != d->run)
		return;
	if (g->from.ip == d->config.link.ip) {
		if (m->kind == MIRROR_LOOP)
			s->loop |= lane;
		return;
	}
	if (m->kind == MIRROR_HERE && !s->has_mirror) {
		s->has_mirror = true;
		s->mirror = g->from.ip;
		s->uptime = m->uptime;
		d->here = d->tick;
		if (d->end < d->tick + AFTER_HERE + 2 * ROUNDS + AFTER_PROBES)
			d->end = d->tick + AFTER_HERE + 2 * ROUNDS +
				 AFTER_PROBES;
	}
	if (!s->has_mirror || g->from.ip != s->mirror)
		return; /* of several mirrors, the first */
	if (m->kind == MIRROR_SEEN)
		s->there |= m->seen;
	if (m->kind == MIRROR_BACK)
		s->back |= lane;
}

static void on_input(struct engine *e, usec now, const struct dgram *g,
		     struct effects *fx)
{
	struct doctorc *d = doctorc_of(e);
	struct rd r = rd_over(g->bytes, g->len);
	struct mirror m;

	(void)now;
	(void)fx;
	if (g->kind == DGRAM_FRAME)
		on_frame(d, g);
	else if (mirror_get(&m, &r))
		on_mirror(d, g, &m);
}

/* ---- the engine ---------------------------------------------------------- */

static void on_settle(struct engine *e, usec now, const struct outcome *o,
		      struct effects *fx)
{
	struct doctorc *d = doctorc_of(e);

	(void)now;
	if (o->rc && !d->seen.port_rc)
		d->seen.port_rc = o->rc;
	if (o->kind != EFFECT_LISTEN || o->rc)
		return;
	d->has_port = true;
	join(d, LANE_SAFE, fx);
	join(d, LANE_FRESH, fx);
}

static void on_expire(struct engine *e, usec now, struct effects *fx)
{
	struct doctorc *d = doctorc_of(e);

	(void)now;
	if (d->tick >= d->end) {
		d->is_over = true;
		d->next = NEVER;
		return;
	}
	speak(d, fx);
	d->tick++;
	d->next += TICK;
}

static usec on_deadline(const struct engine *e)
{
	return CONTAINER_CONST(e, struct doctorc, engine)->next;
}

int doctorc_open(struct doctorc **to, const struct doctorc_config *config,
		 const struct alloc *alloc)
{
	struct doctorc *d = alloc_get(alloc, 1, sizeof(*d));
	struct rand r;
	uint64_t bits;

	if (!d)
		return -ENOMEM;
	d->engine = (struct engine){.input = on_input,
				    .settle = on_settle,
				    .expire = on_expire,
				    .deadline = on_deadline};
	d->config = *config;
	d->next = NEVER;
	d->end = (unsigned)(config->span / TICK);
	rand_seed(&r, config->seed);
	bits = rand_u64(&r);
	d->mac[0] = 0x02; /* locally administered, nobody's */
	memcpy(d->mac + 1, &bits, 5);
	bits = rand_u64(&r);
	memcpy(d->xid, &bits, 4);
	d->run = (uint32_t)rand_u64(&r);
	*to = d;
	return 0;
}

void doctorc_close(struct doctorc *d, const struct alloc *alloc)
{
	if (d)
		alloc_put(alloc, d);
}

struct engine *doctorc_engine(struct doctorc *d)
{
	return &d->engine;
}

void doctorc_start(struct doctorc *d, usec now, struct effects *fx)
{
	d->next = now;
	effects_listen(fx, MIRROR_PORT, d->config.link.index, 0, 0);
}

bool doctorc_is_over(const struct doctorc *d)
{
	return d->is_over;
}

const struct doctor_seen *doctorc_seen(const struct doctorc *d)
{
	return &d->seen;
}
