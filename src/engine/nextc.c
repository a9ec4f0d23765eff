/*
 * nextc.  Each question is a run of its own: a new transaction id, then the
 * same packet again at growing waits.  A run ends with the answer, with a
 * question of the server, which waits for a line to be typed and makes the next
 * run, or with its error, after which all begins again.
 */
#include "engine/nextc.h"

#include "engine/console.h"
#include "wire/frame.h"

#include <errno.h>

enum { ASK_TTL = 255, NEXT_VERSION = 1, BEFORE_SNAME = 44 };

static const usec MESSAGE_AFTER = SECONDS(20), IGNORE_FOR = SECONDS(10);
/* Between two runs that nobody had to type for. */
static const usec RUN_LEAST = SECONDS(1);

struct nextc {
	struct engine engine;
	struct addressc self;
	struct nextc_config config;
	enum nextc_state state;
	struct address_answer answer;
	bool has_mask;
	/* This run: what it says, and to whom. */
	struct next_vend vend;
	uint32_t to;
	unsigned sent;
	usec begun, due;
	bool has_heard; /* anything that was for us */
	/* All runs. */
	bool has_complained;
	usec invited; /* when the first reply came that is no answer */
	/* What the server asked. */
	struct next_vend question;
	uint32_t asker;
};

static struct nextc *of(struct engine *e)
{
	return (struct nextc *)e;
}

/* ---- asking ------------------------------------------------------------- */

static void send_request(const struct nextc *c, struct effects *fx)
{
	uint8_t message[BOOTP_MIN_SENT];
	struct wr m = wr_over(message, sizeof(message));
	struct bootp_head h = {.op = BOOTP_REQUEST, .hw = c->config.link.hw};
	/* Broadcast on the link even where the IP destination is a server's:
	 * nothing can be known of the way to it yet. */
	struct frame_udp f = {.dst = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
			      .from = {0, BOOTP_CLIENT_PORT},
			      .to = {c->to, BOOTP_SERVER_PORT},
			      .ttl = ASK_TTL,
			      .bytes = message};
	struct wr w = effects_head(fx);

	memcpy(h.xid, c->self.xid, sizeof(h.xid));
	next_vend_put(&c->vend, &h, &m);
	f.len = wr_len(&m);
	memcpy(f.src, c->config.link.hw.b, sizeof(f.src));
	frame_udp_put(&f, &w);
	effects_frame(fx, &w, c->config.link.index);
}

/* What to wait after packet number n of a run, from 0. */
static usec wait_after(enum nextc_schedule schedule, unsigned n)
{
	static const uint8_t article[] = {5, 5, 5, 5, 5, 10, 20, 40, 64};
	static const uint8_t kernel[] = {1, 2, 4, 8, 16, 32, 64};

	switch (schedule) {
	case NEXTC_ARTICLE:
		return SECONDS(article[n < 8 ? n : 8]);
	case NEXTC_KERNEL:
		break;
	}
	return SECONDS(kernel[n < 6 ? n : 6]);
}

static void run(struct nextc *c, usec now, uint32_t to)
{
	addressc_begin(&c->self, now);
	c->to = to;
	c->sent = 0;
	c->has_heard = false;
	c->begun = c->due = now;
	c->state = NEXTC_ASKING;
}

/* From the beginning: who are we? */
static void run_anew(struct nextc *c, usec now)
{
	usec earliest = c->begun + RUN_LEAST;

	c->vend = (struct next_vend){.version = NEXT_VERSION};
	run(c, usec_max(now, earliest), IP_BROADCAST);
}

static usec complain_at(const struct nextc *c)
{
	return c->has_complained || c->has_heard ? NEVER
						 : c->begun + MESSAGE_AFTER;
}

static void on_expire(struct engine *e, usec now, struct effects *fx)
{
	struct nextc *c = of(e);

	if (c->state != NEXTC_ASKING)
		return;
	if (now >= complain_at(c)) {
		c->has_complained = true;
		console_say(fx, CONSOLE_NO_ADDRESS);
	}
	if (now < c->due)
		return;
	send_request(c, fx);
	c->due = now + wait_after(c->config.schedule, c->sent++);
}

static usec deadline(const struct engine *e)
{
	const struct nextc *c = (const struct nextc *)e;

	return c->state == NEXTC_ASKING ? usec_min(c->due, complain_at(c))
					: NEVER;
}

/* ---- hearing ------------------------------------------------------------ */

/* The text is where NeXT's would be, whatever the magic says. */
static void read_question(struct next_vend *q, const struct bootp *m)
{
	struct rd r = rd_over(m->options, m->options_len);
	const uint8_t *text;

	*q = (struct next_vend){.version = NEXT_VERSION};
	(void)rd_u16(&r); /* version and a hole */
	q->opcode = rd_u8(&r);
	q->id = rd_u8(&r);
	text = rd_take(&r, sizeof(q->text) - 1);
	if (text)
		memcpy(q->text, text, sizeof(q->text) - 1);
}

static void on_answer(struct nextc *c, const struct addressc_reply *r)
{
	uint32_t mask;

	addressc_read(r, &c->answer);
	c->has_mask = r->m.vend == VEND_RFC &&
		      bootp_option_u32(&r->m, OPT_SUBNET_MASK, &mask) &&
		      mask == c->answer.mask;
	c->state = NEXTC_BOUND;
}

/* Until 10 s have passed since the first one.  Once it has answered a question
 * it goes on. */
static bool is_too_early(struct nextc *c, usec now)
{
	if (c->vend.opcode != NEXT_OK)
		return false;
	if (c->invited == NEVER)
		c->invited = now;
	return now < c->invited + IGNORE_FOR;
}

static void on_dialog(struct nextc *c, usec now, const struct bootp *m,
		      struct effects *fx)
{
	struct next_vend q;

	read_question(&q, m);
	if (q.opcode == NEXT_ERROR) {
		console_show(fx, q.text);
		run_anew(c, now);
		return;
	}
	c->question = q;
	c->asker = m->siaddr ? m->siaddr : IP_BROADCAST;
	c->state = NEXTC_PROMPTING;
	console_ask(fx, q.text, q.opcode == NEXT_QUERY);
}

/* An option of a server that does not know NeXT's area. */
static bool is_option(const struct bootp *m)
{
	return m->type == DHCP_NONE && bootp_next_opcode(m) > NEXT_ERROR &&
	       addressc_is_usable(m->yiaddr);
}

/* dnsmasq leaves our magic where it was, and puts its options behind it: the
 * same reply with the magic that they want.  `room` must live as long as *r. */
static void reread(struct addressc_reply *r, uint8_t room[BOOTP_MTU_MAX])
{
	static const uint8_t magic[] = {0x63, 0x82, 0x53, 0x63};
	struct wr w = wr_over(room, BOOTP_MTU_MAX);
	struct bootp again;
	struct rd copy;

	if (r->m.vend != VEND_NEXT)
		return;
	wr_bytes(&w, r->m.sname - BEFORE_SNAME, BOOTP_FIXED);
	wr_bytes(&w, magic, sizeof(magic));
	wr_bytes(&w, r->m.options, r->m.options_len);
	copy = rd_over(room, wr_len(&w));
	if (!w.bad && bootp_get(&again, &copy) && again.type == DHCP_NONE)
		r->m = again;
}

static void on_options(struct nextc *c, struct addressc_reply *r)
{
	uint8_t room[BOOTP_MTU_MAX];

	reread(r, room);
	on_answer(c, r);
}

static bool is_positive(const struct bootp *m)
{
	return bootp_next_opcode(m) == NEXT_OK && m->type == DHCP_NONE &&
	       addressc_is_usable(m->yiaddr);
}

static void on_input(struct engine *e, usec now, const struct dgram *d,
		     struct effects *fx)
{
	struct nextc *c = of(e);
	struct addressc_reply r;

	if ((c->state != NEXTC_ASKING && c->state != NEXTC_PROMPTING) ||
	    !c->sent || !addressc_hear(&c->self, d, &r))
		return;
	c->has_heard = true;
	if (is_positive(&r.m)) {
		on_answer(c, &r);
		return;
	}
	if (c->state == NEXTC_PROMPTING || bootp_next_opcode(&r.m) == NEXT_OK ||
	    is_too_early(c, now))
		return;
	if (is_option(&r.m))
		on_options(c, &r);
	else if (bootp_next_opcode(&r.m) <= NEXT_ERROR)
		on_dialog(c, now, &r.m, fx);
}

void nextc_line(struct nextc *c, usec now, const char *s, size_t len,
		struct effects *fx)
{
	(void)fx;
	if (c->state != NEXTC_PROMPTING)
		return;
	if (len >= sizeof(c->vend.text))
		len = sizeof(c->vend.text) - 1;
	c->vend = (struct next_vend){.version = NEXT_VERSION,
				     .opcode = c->question.opcode,
				     .id = c->question.id};
	memcpy(c->vend.text, s, len);
	run(c, now, c->asker);
}

/* ---- its own functions -------------------------------------------------- */

static void on_settle(struct engine *e, usec now, const struct outcome *o,
		      struct effects *fx)
{
	(void)e;
	(void)now;
	(void)o;
	(void)fx;
}

int nextc_open(struct nextc **out, const struct nextc_config *config,
	       const struct alloc *alloc)
{
	struct addressc_config address = {.link = config->link,
					  .seed = config->seed};
	struct nextc *c = alloc_get(alloc, 1, sizeof(*c));
	int rc;

	if (!c)
		return -ENOMEM;
	c->config = *config;
	rc = addressc_init(&c->self, &address);
	if (rc < 0) {
		alloc_put(alloc, c);
		return rc;
	}
	c->engine = (struct engine){on_input, on_settle, on_expire, deadline};
	*out = c;
	return 0;
}

void nextc_close(struct nextc *c, const struct alloc *alloc)
{
	alloc_put(alloc, c);
}

struct engine *nextc_engine(struct nextc *c)
{
	return &c->engine;
}

void nextc_start(struct nextc *c, usec now)
{
	c->has_complained = false;
	c->invited = NEVER;
	c->vend = (struct next_vend){.version = NEXT_VERSION};
	run(c, now, IP_BROADCAST);
	c->due += addressc_delay(&c->self, c->config.jitter);
}

void nextc_stop(struct nextc *c)
{
	c->state = NEXTC_OFF;
}

enum nextc_state nextc_state(const struct nextc *c)
{
	return c->state;
}

const struct address_answer *nextc_answer(const struct nextc *c)
{
	return &c->answer;
}

bool nextc_has_mask(const struct nextc *c)
{
	return c->has_mask;
}
