/*
 * The TFTP server among clients that do anything in any order: requests, ACKs,
 * errors and garbage from a few addresses, files that change, disks that are
 * slow, ports that are taken, and time.
 *
 * After every step: no effect was lost; nothing is sent but from an open port,
 * with bytes that were fetched in this very step, to an address that one may
 * answer; who has proved nothing has got three packets at most; the tables are
 * no fuller than they may be, and there is a deadline for each session.
 */
#include "engine/askers.h"
#include "engine/effects.h"
#include "engine/tftpd.h"
#include "wire/tftp.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

enum { FILES = 4, WAITING = 256, PORTS = 2 * WAITING };
enum { SESSIONS = 3, HALF_OPEN = 4, PER_SOURCE = 2 };

static const char *const names[FILES + 2] = {"a",     "b/c",       "empty",
					     "linux", "boot.ipxe", "nothing"};
static const uint64_t sizes[FILES] = {5000, 600000, 0, 1024};

/* A port as the kernel knows it, and who was spoken to from there. */
struct port {
	uint16_t number;
	bool has_acked; /* its peer said what may be a proof */
	bool has_peer;
	struct endpoint peer;
	unsigned sent, strangers; /* packets to the peer, to others */
};

struct world {
	struct site site;
	struct settings settings;
	struct tftpd *t;
	struct effects fx;
	usec now;
	struct port ports[PORTS]; /* those that are open */
	uint32_t open_ports;
	struct waiting {
		struct outcome o;
		struct ref ref;
	} queue[WAITING];
	unsigned n;
	struct ref fetched;           /* in this step; len 0: nothing */
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

/* NULL: it is closed. */
static struct port *port_of(struct world *w, uint16_t number)
{
	for (uint32_t i = 0; i < w->open_ports; i++)
		if (w->ports[i].number == number)
			return &w->ports[i];
	return NULL;
}

static void check_body(struct world *w, const struct ref *body)
{
	const struct ref *f = &w->fetched;

	if (!body->len)
		return;
	assert(f->len && f->image == body->image &&
	       f->version == body->version);
	assert(body->offset >= f->offset &&
	       body->offset + body->len <= f->offset + f->len);
}

static void check_peer(struct world *w, const struct send *s)
{
	struct port *p = port_of(w, s->from.port);

	assert(s->how == SEND_UDP && p);
	assert(s->to.port && s->to.ip >> 24 == 10);
	assert(s->to.ip != w->site.links[0].ip && (s->to.ip & 0xff) != 0xff);
	if (s->from.port == TFTP_PORT)
		return;
	if (s->head[1] == TFTP_ERROR && s->head[3] == TFTP_ETID) {
		assert(++p->strangers <= 3);
		return;
	}
	if (!p->has_peer) {
		p->has_peer = true;
		p->peer = s->to;
	}
	assert(endpoint_is(p->peer, s->to));
	assert(++p->sent <= 3 || p->has_acked);
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
	w->ports[w->open_ports++] = (struct port){.number = e->listen.port};
}

static void on_close(struct world *w, uint16_t number)
{
	struct port *p = port_of(w, number);

	assert(p && number != TFTP_PORT);
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
		check_peer(w, &e->send);
		check_body(w, &e->send.body);
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
	case EFFECT_PAIR:
		assert(port_of(w, e->pair.at.port));
		break;
	case EFFECT_NOTE:
		break;
	case EFFECT_COMMIT:
	case EFFECT_HANGUP:
	case EFFECT_JOIN:
	case EFFECT_LEAVE:
	case EFFECT_ADDRESS:
	case EFFECT_ALLOT:
	case EFFECT_KEEP:
	case EFFECT_MEND:
	case EFFECT_SORT:
	case EFFECT_ASK:
		assert(false);
	}
}

static void carry_all(struct world *w)
{
	const struct engine *e = tftpd_engine(w->t);
	uint32_t open_now = tftpd_stats(w->t)->open_now;

	assert(!w->fx.lost);
	for (size_t i = 0; i < w->fx.n; i++)
		carry_one(w, &w->fx.v[i]);
	effects_clear(&w->fx);
	w->fetched.len = 0;
	assert(open_now <= SESSIONS + HALF_OPEN);
	/* Port 69, those of sessions, and those that opened for nobody. */
	assert(w->open_ports <= 1 + open_now + w->n);
	assert((e->deadline(e) == NEVER) == !open_now);
}

/* ---- steps --------------------------------------------------------------- */

static struct endpoint peer(uint8_t n)
{
	/* Three addresses with two ports each; and one that nobody has. */
	return (struct endpoint){n % 8 == 7 ? 0xe0000001
					    : IP4(10, 0, 0, 2 + n % 3),
				 (uint16_t)(2000 + n % 2)};
}

/* Port 69 is the first. */
static struct port *some_port(struct world *w, uint8_t n)
{
	return &w->ports[n % w->open_ports];
}

static void hear(struct world *w, struct endpoint from, struct port *port,
		 const void *bytes, size_t len)
{
	struct engine *e = tftpd_engine(w->t);
	uint8_t *exact = malloc(len ? len : 1);
	struct dgram d = {.link = 1,
			  .from = from,
			  .to = {w->site.links[0].ip, port->number},
			  .bytes = exact,
			  .len = len};
	struct rd r = rd_over(bytes, len);

	assert(exact);
	if (len)
		memcpy(exact, bytes, len);
	if (tftp_op(&r) == TFTP_ACK && endpoint_is(port->peer, from))
		port->has_acked = true;
	if (tftpd_claims(w->t, &d))
		e->input(e, w->now, &d, &w->fx);
	carry_all(w);
	free(exact);
}

static void hear_request(struct world *w)
{
	uint8_t who = rd_u8(&w->r);
	uint8_t which = rd_u8(&w->r);
	uint8_t bits = rd_u8(&w->r);
	uint16_t blksize = rd_u16(&w->r);
	uint8_t windowsize = rd_u8(&w->r);
	const char *name = names[which % (FILES + 2)];
	uint8_t b[256];
	struct wr p = wr_over(b, sizeof(b));
	struct tftp_request q = {
		.op = which < 250 ? TFTP_RRQ : TFTP_WRQ,
		.name = name,
		.name_len = strlen(name),
		.is_octet = !(bits & 64),
		.options = {.has = bits & 31,
			    .blksize = (uint16_t)(8 + blksize % 2048),
			    .timeout = (uint8_t)(1 + bits % 9),
			    .windowsize = (uint16_t)(1 + windowsize * 2)},
	};

	tftp_request_put(&q, &p);
	hear(w, peer(who), &w->ports[0], b, wr_len(&p));
}

static void hear_ack(struct world *w)
{
	uint8_t who = rd_u8(&w->r);
	uint8_t port = rd_u8(&w->r);
	struct port *to = some_port(w, port);
	uint8_t b[4];
	struct wr p = wr_over(b, sizeof(b));
	bool is_right = who < 128 && to->has_peer;

	tftp_ack_put(rd_u16(&w->r), &p);
	hear(w, is_right ? to->peer : peer(who), to, b, wr_len(&p));
}

static void hear_anything(struct world *w)
{
	uint8_t who = rd_u8(&w->r);
	uint8_t port = rd_u8(&w->r);
	size_t len = rd_u8(&w->r);

	if (len > rd_left(&w->r))
		len = rd_left(&w->r);
	hear(w, peer(who), some_port(w, port), rd_take(&w->r, len), len);
}

static void settle(struct world *w, uint8_t how)
{
	struct engine *e = tftpd_engine(w->t);
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
	struct engine *e = tftpd_engine(w->t);

	for (int spins = 0; e->deadline(e) <= until; spins++) {
		assert(spins < 100000);
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
	case 1:
		hear_request(w);
		break;
	case 2:
	case 3:
		hear_ack(w);
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
	w->settings.tftm.also = 0;
	w->settings.tftp.sessions = SESSIONS;
	w->settings.tftp.half_open = HALF_OPEN;
	w->settings.tftp.per_source = PER_SOURCE;
	w->settings.tftp.single_port = how & 1;
	w->settings.tftp.windowsize_max = how & 2 ? 65535 : 16;
	w->settings.tftp.blksize_max = 65464;
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
	rc |= tftpd_open(&w->t, &w->site, &memory, how);
	assert(!rc);
	askers_note(w->site.askers, peer(0).ip, ASKER_MUSTER, 0);
	tftpd_start(w->t, 0, &w->fx);
	carry_all(w);
	settle_all(w);
}

static void close_world(struct world *w)
{
	tftpd_close(w->t, &memory);
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

	assert(w);
	w->r = rd_over(bytes, len);
	open_world(w, rd_u8(&w->r));
	while (rd_left(&w->r))
		step(w);
	/* In the end nobody is left, and no port but the first. */
	w->fails_listen = false;
	w->is_prompt = true;
	settle_all(w);
	pass_time(w, w->now + SECONDS(3600));
	assert(!tftpd_stats(w->t)->open_now && w->open_ports == 1);
	assert(tftpd_stats(w->t)->begun >= tftpd_stats(w->t)->done);
	close_world(w);
	return 0;
}
