/*
 * The multicast TFTP server among clients that do anything in any order:
 * requests, ACKs, gaps, errors and garbage from a few addresses, files that
 * change, disks that are slow, ports that are taken, and time.
 *
 * After every step: no effect was lost; nothing is sent but from an open port,
 * with bytes that were fetched in this very step; OACKs go to who asked, blocks
 * to a group, and only if somebody has answered; who has answered nothing has
 * got three packets at most for a request; nobody is ever told an ERROR.
 */
#include "engine/tftmd.h"
#include "stage/desk.h"
#include "wire/tftp.h"

enum { FILES = 4, PEERS = 5, TRAINS = 3 };

static const char *const names[FILES + 1] = {"a", "b/c", "empty", "linux",
					     "nothing"};
static const uint64_t sizes[FILES] = {5000, 600000, 0, 1024};

struct world {
	struct desk desk;
	struct tftmd *m;
	unsigned sent[PEERS], requests[PEERS]; /* to and from each address */
	bool has_acked[PEERS], anybody_acked;
	struct rd r;
};

static struct world *world_of(struct desk *d)
{
	return CONTAINER(d, struct world, desk);
}

/* ---- effects ------------------------------------------------------------- */

static void check_oack(struct world *w, const struct send *s)
{
	unsigned who = (s->to.ip & 0xff) - 2;

	assert(s->to.ip >> 8 == IP4(10, 0, 0, 0) >> 8 && who < PEERS);
	assert(!s->body.len);
	assert(++w->sent[who] <= 3 * w->requests[who] || w->has_acked[who]);
}

static void look(struct desk *d, const struct effect *e)
{
	const struct settings *set = &d->settings;
	const struct send *s = &e->send;
	struct rd r;

	assert(e->kind != EFFECT_PAIR);
	if (e->kind != EFFECT_SEND)
		return;
	assert(s->from.ip == d->site.links[0].ip && s->link == 1);
	r = rd_over(s->head, s->head_len);
	if (tftp_op(&r) == TFTP_OACK) {
		check_oack(world_of(d), s);
		return;
	}
	assert(tftp_op(&r) == TFTP_DATA && world_of(d)->anybody_acked);
	assert(s->to.ip - set->tftm.group < set->tftm.groups);
	assert(s->to.port == set->tftm.port);
	assert(desk_has_fetched(d, &s->body));
}

static void check(struct desk *d)
{
	assert(d->n_ports <= TRAINS);
}

/* ---- steps --------------------------------------------------------------- */

static struct endpoint peer(uint8_t n)
{
	return (struct endpoint){IP4(10, 0, 0, 2) + n % PEERS,
				 (uint16_t)(2000 + n / 128)};
}

/* Where a train is, or requests go to. */
static uint16_t some_port(const struct world *w, uint8_t n)
{
	if (!w->desk.n_ports || n == 255)
		return 1758;
	return w->desk.ports[n % w->desk.n_ports];
}

static bool claims(struct desk *d, const struct dgram *g)
{
	struct world *w = world_of(d);
	bool is_ours = tftmd_claims(w->m, g);

	if (!is_ours)
		tftmd_decline(w->m, g, &d->fx);
	return is_ours;
}

static void hear(struct world *w, struct endpoint from, uint16_t port,
		 const void *bytes, size_t len)
{
	struct rd r = rd_over(bytes, len);
	unsigned who = (from.ip & 0xff) - 2;

	if (tftp_op(&r) == TFTP_ACK)
		w->has_acked[who] = w->anybody_acked = true;
	if (tftp_op(&r) == TFTP_RRQ)
		w->requests[who]++;
	desk_hear(&w->desk,
		  (struct dgram){.link = 1,
				 .from = from,
				 .to = {w->desk.site.links[0].ip, port},
				 .bytes = bytes,
				 .len = len});
}

static void hear_request(struct world *w)
{
	uint8_t who = rd_u8(&w->r);
	uint8_t which = rd_u8(&w->r);
	uint8_t bits = rd_u8(&w->r);
	const char *name = names[which % (FILES + 1)];
	uint8_t b[256];
	struct wr p = wr_over(b, sizeof(b));
	struct tftp_request q = {
		.op = TFTP_RRQ,
		.name = name,
		.name_len = strlen(name),
		.is_octet = !(bits & 128),
		.options = {.has = (bits & 63) | TFTP_HAS_MULTICAST,
			    .blksize = (uint16_t)(bits & 64 ? 8 : 1024),
			    .timeout = 5,
			    .windowsize = 4},
	};

	tftp_request_put(&q, &p);
	hear(w, peer(who), which & 128 ? 69 : 1758, b, wr_len(&p));
}

static void hear_ack(struct world *w)
{
	uint8_t who = rd_u8(&w->r);
	uint16_t port = some_port(w, rd_u8(&w->r));
	uint8_t b[4];
	struct wr p = wr_over(b, sizeof(b));

	tftp_ack_put(rd_u16(&w->r), &p);
	hear(w, peer(who), port, b, wr_len(&p));
}

static void hear_gaps(struct world *w)
{
	uint8_t who = rd_u8(&w->r);
	uint16_t port = some_port(w, rd_u8(&w->r));
	uint8_t gaps = rd_u8(&w->r) % 8;
	uint8_t b[64];
	struct wr p = wr_over(b, sizeof(b));

	tftp_gaps_head_put(&p);
	while (gaps--) {
		uint16_t after = rd_u16(&w->r);

		tftp_gap_put((struct tftp_gap){after, rd_u16(&w->r)}, &p);
	}
	hear(w, peer(who), port, b, wr_len(&p));
}

static void hear_anything(struct world *w)
{
	uint8_t who = rd_u8(&w->r);
	uint16_t port = some_port(w, rd_u8(&w->r));
	size_t len = rd_u8(&w->r);

	if (len > rd_left(&w->r))
		len = rd_left(&w->r);
	hear(w, peer(who), port, rd_take(&w->r, len), len);
}

static void settle(struct world *w, uint8_t how)
{
	w->desk.rc = how <= 250 ? 0 : how == 255 ? -EIO : -EAGAIN;
	desk_settle_one(&w->desk);
	w->desk.rc = 0;
}

static void settle_all(struct world *w)
{
	while (w->desk.n)
		desk_settle_one(&w->desk);
}

static void change_file(struct world *w)
{
	uint8_t n = rd_u8(&w->r);
	uint16_t size = rd_u16(&w->r);

	if (n & 128)
		images_gone(w->desk.site.images, names[n % FILES]);
	else
		desk_put(&w->desk, names[n % FILES], size);
}

static void step(struct world *w)
{
	uint8_t op = rd_u8(&w->r);

	switch (op % 8) {
	case 0:
		hear_request(w);
		break;
	case 1:
	case 2:
		hear_ack(w);
		break;
	case 3:
		hear_gaps(w);
		break;
	case 4:
		settle(w, rd_u8(&w->r));
		break;
	case 5:
		desk_wait(&w->desk, MILLISECONDS(20) * rd_u8(&w->r));
		break;
	case 6:
		hear_anything(w);
		break;
	case 7:
		if (op & 8)
			change_file(w);
		else
			w->desk.fails_listen = op & 16;
	}
	if (op & 128)
		settle_all(w);
}

/* ---- a run --------------------------------------------------------------- */

static void open_world(struct world *w, uint8_t how)
{
	struct desk *d = &w->desk;

	desk_open(d, 100, "");
	d->site.n_links = 1;
	d->settings.tftm.trains = TRAINS;
	d->settings.tftm.riders = PEERS - 1;
	d->settings.tftm.groups = 4;
	d->settings.tftm.hold = how & 1 ? 100 : 0;
	d->settings.tftm.rate = how & 2 ? 125000000 : 2000000;
	d->is_held = true;
	for (int i = 0; i < FILES; i++)
		desk_put(d, names[i], sizes[i]);
	if (tftmd_open(&w->m, &d->site, &desk_alloc, how))
		abort();
	d->engine = tftmd_engine(w->m);
	d->look = look;
	d->check = check;
	d->claims = claims;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static struct world world;
	struct world *w = &world;
	const struct tftmd_stats *s;
	struct rd r = rd_over(bytes, len);

	world = (struct world){.desk = world.desk};
	w->r = r;
	open_world(w, rd_u8(&w->r));
	while (rd_left(&w->r))
		step(w);
	/* In the end nobody is left, and no port. */
	w->desk.fails_listen = w->desk.is_held = false;
	settle_all(w);
	desk_wait(&w->desk, SECONDS(3600));
	s = tftmd_stats(w->m);
	assert(!w->desk.n_ports);
	assert(s->boarded >= s->left + s->lost);
	assert(w->desk.engine->deadline(w->desk.engine) == NEVER);
	tftmd_close(w->m, &desk_alloc);
	desk_close(&w->desk);
	return 0;
}
