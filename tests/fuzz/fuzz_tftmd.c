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
#include "engine/askers.h"
#include "engine/effects.h"
#include "engine/tftmd.h"
#include "wire/tftp.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

enum { FILES = 4, WAITING = 64, PORTS = 64, PEERS = 5, TRAINS = 3 };

static const char *const names[FILES + 1] = {"a", "b/c", "empty", "linux",
					     "nothing"};
static const uint64_t sizes[FILES] = {5000, 600000, 0, 1024};

struct world {
	struct site site;
	struct settings settings;
	struct tftmd *m;
	struct effects fx;
	usec now;
	uint16_t ports[PORTS]; /* those that are open */
	uint32_t open_ports;
	struct waiting {
		struct outcome o;
		struct ref ref;
	} queue[WAITING];
	unsigned n;
	struct ref fetched; /* in this step; len 0: nothing */
	unsigned sent[PEERS], requests[PEERS]; /* to and from each address */
	bool has_acked[PEERS], anybody_acked;
	bool fails_listen, is_prompt; /* LISTEN; outcomes */
	struct rd r;
};

static void *get(void *arg, size_t n, size_t size)
{
	(void)arg;
	return calloc(n, size);
}

static void put(void *arg, void *p)
{
	(void)arg;
	free(p);
}

static const struct alloc memory = {NULL, get, put};

/* ---- effects ------------------------------------------------------------- */

static uint16_t *port_of(struct world *w, uint16_t number)
{
	for (uint32_t i = 0; i < w->open_ports; i++)
		if (w->ports[i] == number)
			return &w->ports[i];
	return NULL;
}

static void check_body(const struct world *w, const struct ref *body)
{
	const struct ref *f = &w->fetched;

	if (!body->len)
		return;
	assert(f->len && f->image == body->image &&
	       f->version == body->version);
	assert(body->offset >= f->offset &&
	       body->offset + body->len <= f->offset + f->len);
}

static void check_oack(struct world *w, const struct send *s)
{
	unsigned who = (s->to.ip & 0xff) - 2;

	assert(s->to.ip >> 8 == IP4(10, 0, 0, 0) >> 8 && who < PEERS);
	assert(!s->body.len);
	assert(++w->sent[who] <= 3 * w->requests[who] || w->has_acked[who]);
}

static void check_send(struct world *w, const struct send *s)
{
	struct rd r = rd_over(s->head, s->head_len);

	assert(s->how == SEND_UDP && port_of(w, s->from.port));
	assert(s->from.ip == w->site.links[0].ip && s->link == 1);
	if (tftp_op(&r) == TFTP_OACK) {
		check_oack(w, s);
		return;
	}
	assert(tftp_op(&r) == TFTP_DATA && w->anybody_acked);
	assert(s->to.ip - w->settings.tftm.group < w->settings.tftm.groups);
	assert(s->to.port == w->settings.tftm.port);
	check_body(w, &s->body);
}

static struct waiting *wait_for(struct world *w, const struct effect *e)
{
	struct waiting *v = &w->queue[w->n++];

	assert(w->n <= WAITING);
	*v = (struct waiting){.o = {.kind = e->kind}};
	return v;
}

static void on_listen(struct world *w, const struct effect *e)
{
	struct waiting *v = wait_for(w, e);

	assert(e->listen.port);
	v->o.cookie = e->listen.cookie;
	if (port_of(w, e->listen.port) || w->fails_listen) {
		v->o.rc = -EADDRINUSE;
		return;
	}
	assert(w->open_ports < PORTS);
	w->ports[w->open_ports++] = e->listen.port;
}

static void on_close(struct world *w, uint16_t number)
{
	uint16_t *p = port_of(w, number);

	assert(p);
	*p = w->ports[--w->open_ports];
}

static void on_fetch(struct world *w, const struct effect *e)
{
	struct waiting *v = wait_for(w, e);
	const struct image *im = images_get(w->site.images, e->fetch.ref.image);

	assert(im && e->fetch.ref.len && e->fetch.ref.len <= 4 << 20);
	v->o.cookie = e->fetch.cookie;
	v->ref = e->fetch.ref;
	if (!im->is_there || im->version != v->ref.version)
		v->o.rc = -ESTALE;
	else
		assert(v->ref.offset + v->ref.len <= im->size);
}

static void carry_one(struct world *w, const struct effect *e)
{
	switch (e->kind) {
	case EFFECT_SEND:
		check_send(w, &e->send);
		break;
	case EFFECT_FETCH:
		on_fetch(w, e);
		break;
	case EFFECT_LISTEN:
		on_listen(w, e);
		break;
	case EFFECT_CLOSE:
		on_close(w, e->listen.port);
		break;
	case EFFECT_NOTE:
		break;
	default:
		assert(false);
	}
}

static void carry_all(struct world *w)
{
	assert(!w->fx.lost);
	for (size_t i = 0; i < w->fx.n; i++)
		carry_one(w, &w->fx.v[i]);
	effects_clear(&w->fx);
	w->fetched.len = 0;
	assert(w->open_ports <= TRAINS);
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
	if (!w->open_ports || n == 255)
		return 1758;
	return w->ports[n % w->open_ports];
}

static void hear(struct world *w, struct endpoint from, uint16_t port,
		 const void *bytes, size_t len)
{
	struct engine *e = tftmd_engine(w->m);
	uint8_t *exact = malloc(len ? len : 1);
	struct dgram d = {.link = 1,
			  .from = from,
			  .to = {w->site.links[0].ip, port},
			  .bytes = exact,
			  .len = len};
	struct rd r = rd_over(bytes, len);
	unsigned who = (from.ip & 0xff) - 2;

	assert(exact);
	if (len)
		memcpy(exact, bytes, len);
	if (tftp_op(&r) == TFTP_ACK)
		w->has_acked[who] = w->anybody_acked = true;
	if (tftp_op(&r) == TFTP_RRQ)
		w->requests[who]++;
	if (tftmd_claims(w->m, &d))
		e->input(e, w->now, &d, &w->fx);
	else
		tftmd_decline(w->m, &d, &w->fx);
	carry_all(w);
	free(exact);
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
	struct engine *e = tftmd_engine(w->m);
	struct waiting v;

	if (!w->n)
		return;
	v = w->queue[0];
	memmove(w->queue, w->queue + 1, --w->n * sizeof(v));
	if (v.o.kind == EFFECT_FETCH && how > 250)
		v.o.rc = how == 255 ? -EIO : -EAGAIN;
	if (v.o.kind == EFFECT_FETCH && !v.o.rc)
		w->fetched = v.ref;
	e->settle(e, w->now, &v.o, &w->fx);
	carry_all(w);
}

static void settle_all(struct world *w)
{
	while (w->n)
		settle(w, 0);
}

static void pass_time(struct world *w, usec until)
{
	struct engine *e = tftmd_engine(w->m);

	for (int spins = 0; e->deadline(e) <= until; spins++) {
		assert(spins < 1000000);
		if (e->deadline(e) > w->now)
			w->now = e->deadline(e);
		e->expire(e, w->now, &w->fx);
		carry_all(w);
		if (w->is_prompt || w->n > WAITING / 2)
			settle_all(w);
	}
	w->now = until;
}

static void change_file(struct world *w)
{
	uint8_t n = rd_u8(&w->r);
	uint16_t size = rd_u16(&w->r);

	if (n & 128)
		images_gone(w->site.images, names[n % FILES]);
	else
		assert(!images_put(w->site.images, names[n % FILES], size,
				   w->now + n, NULL));
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
		pass_time(w, w->now + MILLISECONDS(20) * rd_u8(&w->r));
		break;
	case 6:
		hear_anything(w);
		break;
	case 7:
		if (op & 8)
			change_file(w);
		else
			w->fails_listen = op & 16;
	}
	if (op & 128 || w->n > WAITING / 2)
		settle_all(w);
}

/* ---- a run --------------------------------------------------------------- */

static void open_world(struct world *w, uint8_t how)
{
	int rc;

	settings_default(&w->settings);
	w->settings.tftm.trains = TRAINS;
	w->settings.tftm.riders = PEERS - 1;
	w->settings.tftm.groups = 4;
	w->settings.tftm.hold = how & 1 ? 100 : 0;
	w->settings.tftm.rate = how & 2 ? 125000000 : 2000000;
	w->site.settings = &w->settings;
	w->site.domain = DOMAIN_FIRST;
	w->site.n_links = 1;
	w->site.links[0] = (struct link){
		.index = 1, .ip = IP4(10, 0, 0, 1), .mask = 0xffffff00};
	rc = directory_open(&w->site.directory, &memory, 1, 1) |
	     leases_open(&w->site.leases, &memory, 1, 1) |
	     images_open(&w->site.images, &memory, 10000, 100, 1) |
	     askers_open(&w->site.askers, &memory, 2, 1) |
	     effects_open(&w->fx, &memory);
	for (int i = 0; i < FILES; i++)
		rc |= images_put(w->site.images, names[i], sizes[i], 1, NULL);
	rc |= tftmd_open(&w->m, &w->site, &memory, how);
	assert(!rc);
}

static void close_world(struct world *w)
{
	tftmd_close(w->m, &memory);
	effects_close(&w->fx, &memory);
	askers_close(w->site.askers, &memory);
	images_close(w->site.images);
	leases_close(w->site.leases, &memory);
	directory_close(w->site.directory);
	free(w);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct world *w = calloc(1, sizeof(*w));
	const struct tftmd_stats *s;

	assert(w);
	w->r = rd_over(bytes, len);
	open_world(w, rd_u8(&w->r));
	while (rd_left(&w->r))
		step(w);
	/* In the end nobody is left, and no port. */
	w->fails_listen = false;
	w->is_prompt = true;
	settle_all(w);
	pass_time(w, w->now + SECONDS(3600));
	s = tftmd_stats(w->m);
	assert(!w->open_ports);
	assert(s->boarded >= s->left + s->lost);
	assert(tftmd_engine(w->m)->deadline(tftmd_engine(w->m)) == NEVER);
	close_world(w);
	return 0;
}
