/*
 * Automatic host addition: a machine that nobody knows, and the person before
 * it, are asked for the network's password and for a name, in NeXT's vendor
 * area, one question at a time.  docs/protocols/host-addition.md is the
 * protocol.
 *
 * Each answer is acted on once, however often it comes; what was replied is
 * kept and said again.  What takes its time (a password, an address, the store)
 * settles later, and the request that came last meanwhile is the one answered.
 */
#include "engine/bootpd_impl.h"

#include "wire/frame.h"

#include <errno.h>

/* A room of forty persons at once, with a password and a name each. */
static const usec PRICE = SECONDS(1), PRICE_OF_ALL = MILLISECONDS(250);
static const usec BURST = SECONDS(80);

enum { CHECKING_MOST = 8 };

/* ---- who may ------------------------------------------------------------- */

/* Its answers come from 0.0.0.0 to this server's own address: through no relay,
 * and through no router. */
static bool can_talk(const struct ask *a)
{
	struct next_vend v;

	return a->m.vend == VEND_NEXT && next_vend_get(&v, &a->m) &&
	       v.version == 1 && a->heard->is_frame && !a->m.giaddr &&
	       !a->m.ciaddr && a->hw.type == HW_ETHERNET && a->hw.len == 6;
}

static bool is_range_here(const struct addition *rules, const struct subnet *s)
{
	return rules->first <= (s->network | ~s->mask) &&
	       rules->last >= (s->network & s->mask);
}

bool hostadd_wants(const struct bootpd *b, const struct ask *a,
		   struct addition *rules)
{
	const struct site *s = b->site;

	/* Into its second-level domain, and only where that is kept. */
	return !a->machine && can_talk(a) && !a->link->is_automatic &&
	       addition_get(rules, s->directory, a->domain) &&
	       !site_other_master(s, a->domain) && addition_is_ready(rules) &&
	       is_range_here(rules, a->subnet) &&
	       addition_allows(rules, &a->hw) &&
	       !site_denies(s, a->domain, &a->hw);
}

/* ---- what it may cost ---------------------------------------------------- */

static struct tokens *tokens_of(struct hostadd *h, uint32_t link)
{
	struct tokens *oldest = &h->links[0];

	for (unsigned i = 0; i < SITE_LINKS; i++) {
		if (h->links[i].link == link)
			return &h->links[i];
		if (h->links[i].paid < oldest->paid)
			oldest = &h->links[i];
	}
	*oldest = (struct tokens){.link = link};
	return oldest;
}

static bool can_pay(const struct tokens *t, usec price, usec now)
{
	return usec_max(t->paid, now) + price - now <= BURST;
}

static bool pay(struct bootpd *b, const struct ask *a, usec now)
{
	struct tokens *all = &b->hostadd.all;
	struct tokens *link = tokens_of(&b->hostadd, a->link->index);

	if (!can_pay(link, PRICE, now) || !can_pay(all, PRICE_OF_ALL, now)) {
		b->stats.refused++;
		return false;
	}
	link->paid = usec_max(link->paid, now) + PRICE;
	all->paid = usec_max(all->paid, now) + PRICE_OF_ALL;
	return true;
}

/* ---- what is said -------------------------------------------------------- */

static struct note *reply(struct bootpd *b, const struct ask *a,
			  uint32_t temporary, const struct next_vend *says,
			  struct effects *fx)
{
	const struct boot_info none = {.kind = BOOT_NOTHING,
				       .next = a->link->ip};
	const struct reply r = {
		.yiaddr = temporary, .boot = &none, .says = says};
	unsigned code = says->opcode == NEXT_ERROR ? NOTE_MACHINE_REFUSED
						   : NOTE_MACHINE_ASKED;
	struct note *n;

	b->stats.replies++;
	n = reply_send(b, a, &r, code, fx);
	/* Without the colon or the newline that the person sees. */
	n->text = effects_text(fx, says->text, strcspn(says->text, ":\n"));
	return n;
}

static struct next_vend vend_of(const struct ask *a, enum next_opcode opcode,
				uint8_t id, const char *text)
{
	struct next_vend v, says = {.opcode = (uint8_t)opcode, .id = id};

	if (next_vend_get(&v, &a->m))
		says.version = v.version;
	(void)text_copy(says.text, sizeof(says.text), text, strlen(text));
	return says;
}

void hostadd_say(struct bootpd *b, const struct ask *a, struct dialog *d,
		 enum next_opcode opcode, const char *text, struct effects *fx)
{
	d->last = vend_of(a, opcode, d->id, text);
	(void)reply(b, a, d->temporary, &d->last, fx);
}

void hostadd_fail(struct bootpd *b, const struct ask *a, struct dialog *d,
		  const char *why, struct effects *fx)
{
	dialog_enter(b, d, DIALOG_IDLE);
	hostadd_say(b, a, d, NEXT_ERROR, why, fx);
}

static void repeat(struct bootpd *b, const struct ask *a, struct dialog *d,
		   struct effects *fx)
{
	(void)reply(b, a, d->temporary, &d->last, fx);
}

static void question(struct bootpd *b, const struct ask *a, struct dialog *d,
		     enum dialog_state state, struct effects *fx)
{
	bool is_name = state == DIALOG_NAME;

	dialog_enter(b, d, state);
	d->id = d->id == UINT8_MAX ? 1 : (uint8_t)(d->id + 1);
	hostadd_say(b, a, d, is_name ? NEXT_QUERY : NEXT_QUERY_NE,
		    is_name ? "Name for this computer: " : "Network password: ",
		    fx);
}

bool hostadd_ask(const struct bootpd *b, const struct dialog *d, struct ask *a)
{
	return ask_read(a, &d->heard) && ask_place(b, a) && a->subnet;
}

void hostadd_done(struct bootpd *b, struct ask *a, struct dialog *d, usec now,
		  struct effects *fx)
{
	on_bootp(b, a, now, fx);
	dialog_free(b, d);
}

/* ---- a request without an answer in it ----------------------------------- */

/* The first question: the password comes first, so that no stranger can find
 * out names. */
static void begin(struct bootpd *b, const struct ask *a, struct dialog *d,
		  const struct addition *rules, struct effects *fx)
{
	d->has_moved = false;
	d->has_said = false;
	d->temporary = rules->temporary;
	question(b, a, d, rules->password ? DIALOG_PASSWORD : DIALOG_NAME, fx);
}

/* It was started up anew, or heard our ERROR, or neither and sends its request
 * again: then the same question stands. */
static void on_start(struct bootpd *b, const struct ask *a, struct dialog *d,
		     const struct addition *rules, struct effects *fx)
{
	bool is_out = d->state == DIALOG_PASSWORD || d->state == DIALOG_NAME;

	if (d->state == DIALOG_COMMITTING)
		dialog_keep(d, a); /* it hears of its addition instead */
	else if (is_out && !d->has_moved)
		repeat(b, a, d, fx);
	else
		begin(b, a, d, rules, fx);
}

static void on_first(struct bootpd *b, const struct ask *a,
		     const struct addition *rules, usec now, struct effects *fx)
{
	struct dialog *d;

	/* A server that could add it may ask it the same. */
	if (site_is_away(b->site)) {
		b->stats.unserved++;
		return;
	}
	d = dialog_take(b, &a->hw, now);
	if (d) {
		begin(b, a, d, rules, fx);
		return;
	}
	ask_note(a, NOTE_ANSWERED_LATE, fx)->text = "dialogs";
	b->stats.refused++;
}

/* ---- an answer ----------------------------------------------------------- */

static void on_password(struct bootpd *b, const struct ask *a, struct dialog *d,
			const char *text, const char *hash, struct effects *fx)
{
	if (!hash) { /* nobody asks for it any more */
		question(b, a, d, DIALOG_NAME, fx);
		return;
	}
	dialog_keep(d, a);
	dialog_enter(b, d, DIALOG_CHECKING);
	(void)effects_ask(fx, ASK_PASSWORD, text, hash, dialog_cookie(b, d));
}

/* What was typed, without the blanks around it. */
static void name_get(const char *text, char to[ADDITION_NAME])
{
	size_t len;

	while (*text == ' ')
		text++;
	len = strlen(text);
	while (len && text[len - 1] == ' ')
		len--;
	(void)text_copy(to, ADDITION_NAME, text, len);
}

static bool is_name_taken(const struct bootpd *b, const struct ask *a,
			  const char *name)
{
	const struct site *s = b->site;

	return machine_by_name(s->directory, a->domain, name) ||
	       text_is_nocase(name, strlen(name), s->settings->name) ||
	       text_is_nocase(name, strlen(name), "localhost");
}

static void on_name(struct bootpd *b, const struct ask *a, struct dialog *d,
		    const struct addition *rules, usec now, struct effects *fx)
{
	const char *fault = addition_name_fault(d->name);

	if (!fault && is_name_taken(b, a, d->name))
		fault = "That name is already taken.\n";
	if (fault) {
		hostadd_fail(b, a, d, fault, fx);
		return;
	}
	dialog_keep(d, a);
	seek_begin(b, a, d, rules, now, fx);
}

static uint64_t said_of(const struct bootpd *b, const struct next_vend *v)
{
	return hash_bytes(v->text, strlen(v->text),
			  b->seed ^ (uint64_t)v->id << 8 ^ v->opcode);
}

/* It has not heard what was replied, or nothing was yet. */
static void on_again(struct bootpd *b, const struct ask *a, struct dialog *d,
		     struct effects *fx)
{
	switch (d->state) {
	case DIALOG_CHECKING:
	case DIALOG_PROBING:
	case DIALOG_READY:
	case DIALOG_COMMITTING:
		dialog_keep(d, a);
		break;
	case DIALOG_FREE:
	case DIALOG_IDLE:
	case DIALOG_PASSWORD:
	case DIALOG_NAME:
		repeat(b, a, d, fx);
		break;
	}
}

static void on_answer(struct bootpd *b, const struct ask *a, struct dialog *d,
		      const struct next_vend *v, usec now, struct effects *fx)
{
	struct addition rules;
	bool is_password = d->state == DIALOG_PASSWORD;

	/* What costs too much now is not heard: it is sent again. */
	if ((is_password && b->hostadd.checking == CHECKING_MOST) ||
	    !pay(b, a, now) || !hostadd_wants(b, a, &rules))
		return;
	d->heard_at = now;
	d->has_typed = d->has_moved = d->has_said = true;
	d->said = said_of(b, v);
	if (is_password) {
		on_password(b, a, d, v->text, rules.password, fx);
		return;
	}
	name_get(v->text, d->name);
	on_name(b, a, d, &rules, now, fx);
}

/* An answer to a question that was forgotten, by us or with us: left alone, the
 * machine would send it for ever. */
static void on_lost(struct bootpd *b, const struct ask *a,
		    const struct addition *rules, uint8_t id,
		    struct effects *fx)
{
	const struct next_vend says = vend_of(
		a, NEXT_ERROR, id, "That took too long. Let us start again.\n");

	if (site_is_own(b->site, a->heard->to_ip))
		(void)reply(b, a, rules->temporary, &says, fx);
}

static void on_typed(struct bootpd *b, const struct ask *a, struct dialog *d,
		     const struct next_vend *v, usec now, struct effects *fx)
{
	bool is_out = d->state == DIALOG_PASSWORD || d->state == DIALOG_NAME;

	if (d->has_said && d->said == said_of(b, v)) {
		d->heard_at = now;
		on_again(b, a, d, fx);
	} else if (is_out && v->id == d->id && v->opcode == d->last.opcode) {
		on_answer(b, a, d, v, now, fx);
	}
}

void hostadd_hear(struct bootpd *b, const struct ask *a,
		  const struct addition *rules, usec now, struct effects *fx)
{
	struct dialog *d = dialog_find(b, &a->hw, now);
	struct next_vend v;

	if ((d && dialog_is_silent(d, now)) || !next_vend_get(&v, &a->m))
		return;
	if (v.opcode == NEXT_OK && !d) {
		on_first(b, a, rules, now, fx);
	} else if (v.opcode == NEXT_OK) {
		d->heard_at = now;
		on_start(b, a, d, rules, fx);
	} else if (v.opcode == NEXT_QUERY || v.opcode == NEXT_QUERY_NE) {
		if (!d || (d->state == DIALOG_IDLE && !d->has_said))
			on_lost(b, a, rules, v.id, fx);
		else
			on_typed(b, a, d, &v, now, fx);
	}
}

/* ---- what settles and expires -------------------------------------------- */

static void on_checked(struct bootpd *b, struct ask *a, struct dialog *d,
		       usec now, int rc, struct effects *fx)
{
	bool is_wrong = rc == -EACCES || rc == -EINVAL;

	memset(d->bytes + DIALOG_BYTES - 56, 0, 56); /* what was typed */
	if (a->machine) {
		hostadd_done(b, a, d, now, fx);
	} else if (!rc) {
		d->wrong = 0;
		question(b, a, d, DIALOG_NAME, fx);
	} else if (is_wrong) {
		d->wrong++;
		d->wrong_at = now;
		hostadd_fail(b, a, d, "Sorry, that password is wrong.\n", fx);
	} else {
		hostadd_fail(b, a, d, "The server is busy. Try again later.\n",
			     fx);
	}
}

bool hostadd_settle(struct bootpd *b, usec now, const struct outcome *o,
		    struct effects *fx)
{
	struct dialog *d = dialog_of(b, o->cookie);
	struct ask a;

	if (o->kind == EFFECT_ASK && d && d->state == DIALOG_CHECKING) {
		d->heard.wall = o->wall;
		if (effects_room(fx, 4, EFFECT_HEAD_MAX) &&
		    hostadd_ask(b, d, &a))
			on_checked(b, &a, d, now, o->rc, fx);
		else
			dialog_free(b, d);
	}
	if (o->kind != EFFECT_COMMIT)
		return true;
	if (!d || d->state != DIALOG_COMMITTING)
		return false;
	d->heard.wall = o->wall;
	seek_settled(b, d, now, o, fx);
	return true;
}

void hostadd_arp(struct bootpd *b, const struct dgram *g, usec now,
		 struct effects *fx)
{
	struct rd r = rd_over(g->bytes, g->len);
	struct hwaddr hw;
	struct frame_arp f;

	if (!b->hostadd.probing || !frame_arp_get(&f, &r) || !f.sender_ip)
		return;
	hw = hwaddr_ethernet(f.sender_mac);
	for (unsigned i = 0; i < DIALOGS; i++) {
		struct dialog *d = &b->hostadd.v[i];

		if (d->state == DIALOG_PROBING && d->ip == f.sender_ip &&
		    d->heard.link == g->link && !hwaddr_is(&d->hw, &hw)) {
			seek_taken(b, d, now, fx);
			return;
		}
	}
}

void hostadd_expire(struct bootpd *b, usec now, struct effects *fx)
{
	for (unsigned i = 0; b->hostadd.probing && i < DIALOGS; i++) {
		struct dialog *d = &b->hostadd.v[i];

		if (d->state != DIALOG_PROBING || d->probe_due > now)
			continue;
		if (!effects_room(fx, 4, EFFECT_HEAD_MAX))
			return;
		seek_expire(b, d, now, fx);
	}
	if (effects_room(fx, 4, EFFECT_HEAD_MAX))
		seek_commit(b, now, fx);
}

usec hostadd_deadline(const struct bootpd *b)
{
	const struct hostadd *h = &b->hostadd;
	usec next = NEVER;

	if (h->ready && !h->committing && !b->site->is_editing)
		return 0;
	for (unsigned i = 0; h->probing && i < DIALOGS; i++)
		if (h->v[i].state == DIALOG_PROBING)
			next = usec_min(next, h->v[i].probe_due);
	return next;
}
