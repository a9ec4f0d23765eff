/*
 * The TFTP server among clients that do anything in any order: requests, ACKs,
 * errors and garbage from a few addresses, files that change, disks that are
 * slow, ports that are taken, and time.
 *
 * After every step: no effect was lost; nothing is sent but from an open port,
 * with bytes that were fetched in this very step, to an address that one may
 * answer; who has proved nothing has got three packets at most; a text's blocks
 * are what its bytes become in netascii; the tables are no fuller than they may
 * be, and there is a deadline for each session.
 */
#include "engine/tftpd.h"
#include "stage/desk.h"
#include "wire/tftp.h"

enum { FILES = 4, PORTS = 65536, TEXT = 600000 };
enum { SESSIONS = 3, HALF_OPEN = 4, PER_SOURCE = 2 };

static const char *const names[FILES + 2] = {"a",     "b/c",       "empty",
					     "linux", "boot.ipxe", "nothing"};
static const uint64_t sizes[FILES] = {5000, 600000, 0, 1024};

/* Who was spoken to from a port since it was opened. */
struct talk {
	bool has_acked; /* its peer said what may be a proof */
	bool has_peer;
	struct endpoint peer;
	unsigned sent, strangers; /* packets to the peer, to others */
	size_t blksize;           /* of an OACK; 0: there was none */
};

struct world {
	struct desk desk;
	struct tftpd *t;
	struct talk talks[PORTS];
	uint8_t *exact; /* what was read last */
	struct rd r;
};

static struct world *world_of(struct desk *d)
{
	return CONTAINER(d, struct world, desk);
}

/* ---- the files' bytes ---------------------------------------------------- */

/* The same for all; what they become in netascii, and where in that each
 * begins. */
static uint8_t text[TEXT], became[2 * TEXT];
static size_t became_at[TEXT + 1];

static void make_text(void)
{
	static const char bytes[] = "\r\n\n\0 text";
	uint32_t mix = 1;

	for (size_t i = 0, n = 0; i < TEXT; i++) {
		mix = mix * 1664525 + 1013904223;
		text[i] = (uint8_t)bytes[(mix >> 16) % sizeof(bytes)];
		if (text[i] == '\r' || text[i] == '\n')
			became[n++] = '\r';
		became[n++] = text[i] == '\r' ? '\0' : text[i];
		became_at[i + 1] = n;
	}
}

/* In two pieces, the second exactly as long as it is. */
static void read_text(struct desk *d, const struct ref *ref, struct piece to[2])
{
	size_t half = ref->len / 2;

	free(world_of(d)->exact);
	world_of(d)->exact = malloc(ref->len - half);
	if (!world_of(d)->exact)
		abort();
	memcpy(world_of(d)->exact, text + ref->offset + half, ref->len - half);
	to[0] = (struct piece){text + ref->offset, half};
	to[1] = (struct piece){world_of(d)->exact, ref->len - half};
}

/* ---- effects ------------------------------------------------------------- */

static void check_peer(struct world *w, const struct send *s)
{
	struct talk *p = &w->talks[s->from.port];

	assert(s->to.ip >> 24 == 10 && (s->to.ip & 0xff) != 0xff);
	assert(s->to.ip != w->desk.site.links[0].ip);
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

static void note_blksize(struct talk *t, const struct send *s)
{
	struct rd r = rd_over(s->head, s->head_len);
	struct tftp_options o;

	if (tftp_oack_get(&o, &r))
		t->blksize = o.has & TFTP_HAS_BLKSIZE ? o.blksize : 512;
}

/* A block that was written of what was read just now. */
static void check_text(struct world *w, const struct send *s)
{
	const struct talk *t = &w->talks[s->from.port];
	const struct ref *ref = &w->desk.at_hand.ref;
	const struct image *im = images_get(w->desk.site.images, ref->image);
	size_t blksize = t->blksize ? t->blksize : 512, at;
	struct rd r = rd_over(s->head, s->head_len);
	struct tftp_data data;

	/* Those of all peers are one there. */
	if (s->from.port == TFTP_PORT || !tftp_data_get(&data, &r))
		return;
	assert(data.len <= blksize && !s->body.len);
	if (became_at[im->size] / blksize > 65000)
		return;
	at = (data.block - 1u) * blksize;
	assert(!memcmp(data.bytes, became + at, data.len));
	assert(data.len == blksize || at + data.len == became_at[im->size]);
}

static void look(struct desk *d, const struct effect *e)
{
	struct world *w = world_of(d);

	if (e->kind == EFFECT_SEND && d->at_hand.ref.kind == REF_READ)
		check_text(w, &e->send);
	if (e->kind == EFFECT_SEND)
		note_blksize(&w->talks[e->send.from.port], &e->send);
	if (e->kind == EFFECT_SEND) {
		check_peer(w, &e->send);
		assert(desk_has_fetched(d, &e->send.body));
	}
	if (e->kind == EFFECT_LISTEN && !d->waiting[d->n - 1].o.rc)
		w->talks[e->listen.port] = (struct talk){0};
	assert(e->kind != EFFECT_CLOSE || e->listen.port != TFTP_PORT);
}

static void check(struct desk *d)
{
	uint32_t open_now = tftpd_stats(world_of(d)->t)->open_now;

	assert(open_now <= SESSIONS + HALF_OPEN);
	/* Port 69, those of sessions, and those that opened for nobody. */
	assert(d->n_ports <= 1 + open_now + d->n);
	assert((d->engine->deadline(d->engine) == NEVER) == !open_now);
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
static uint16_t some_port(struct world *w, uint8_t n)
{
	return w->desk.ports[n % w->desk.n_ports];
}

static bool claims(struct desk *d, const struct dgram *g)
{
	return tftpd_claims(world_of(d)->t, g);
}

static void hear(struct world *w, struct endpoint from, uint16_t port,
		 const void *bytes, size_t len)
{
	struct rd r = rd_over(bytes, len);

	if (tftp_op(&r) == TFTP_ACK && endpoint_is(w->talks[port].peer, from))
		w->talks[port].has_acked = true;
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
	hear(w, peer(who), TFTP_PORT, b, wr_len(&p));
}

static void hear_ack(struct world *w)
{
	uint8_t who = rd_u8(&w->r);
	uint16_t to = some_port(w, rd_u8(&w->r));
	const struct talk *t = &w->talks[to];
	uint8_t b[4];
	struct wr p = wr_over(b, sizeof(b));
	bool is_right = who < 128 && t->has_peer;

	tftp_ack_put(rd_u16(&w->r), &p);
	hear(w, is_right ? t->peer : peer(who), to, b, wr_len(&p));
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
	d->settings.tftm.also = 0;
	d->settings.tftp.sessions = SESSIONS;
	d->settings.tftp.half_open = HALF_OPEN;
	d->settings.tftp.per_source = PER_SOURCE;
	d->settings.tftp.single_port = how & 1;
	d->settings.tftp.windowsize_max = how & 2 ? 65535 : 16;
	d->settings.tftp.blksize_max = 65464;
	d->is_held = true;
	for (int i = 0; i < FILES; i++)
		desk_put(d, names[i], sizes[i]);
	if (tftpd_open(&w->t, &d->site, &desk_alloc, how))
		abort();
	d->engine = tftpd_engine(w->t);
	d->look = look;
	d->check = check;
	d->claims = claims;
	d->read = read_text;
	askers_note(d->site.askers, peer(0).ip, ASKER_MUSTER, 0);
	tftpd_start(w->t, d->now, &d->fx);
	desk_carry(d);
	settle_all(w);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static struct world world;
	struct world *w = &world;

	if (!became_at[TEXT])
		make_text();
	w->r = rd_over(bytes, len);
	open_world(w, rd_u8(&w->r));
	while (rd_left(&w->r))
		step(w);
	/* In the end nobody is left, and no port but the first. */
	w->desk.fails_listen = w->desk.is_held = false;
	settle_all(w);
	desk_wait(&w->desk, SECONDS(3600));
	assert(!tftpd_stats(w->t)->open_now && w->desk.n_ports == 1);
	assert(tftpd_stats(w->t)->begun >= tftpd_stats(w->t)->done);
	tftpd_close(w->t, &desk_alloc);
	desk_close(&w->desk);
	free(w->exact);
	w->exact = NULL;
	return 0;
}
