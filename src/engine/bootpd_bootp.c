/*
 * BOOTP (RFC 951, 1542): one question, one answer, and the address is for good.
 * So a machine that the directory has no address for is registered, durably,
 * before it hears of it.
 */
#include "engine/bootpd_impl.h"

/* A client may name the server that is to answer (RFC 951 3, `sname`). */
static bool is_our_name(const struct bootpd *b, const char *name)
{
	const char *ours = b->site->settings->name;
	size_t len = strlen(name);
	uint32_t ip;

	if (ip_parse(name, len, &ip))
		return site_is_own(b->site, ip);
	return text_is_nocase(name, len, ours);
}

static bool is_for_us(const struct bootpd *b, const struct ask *a)
{
	char name[BOOTP_SNAME + 1];

	if (a->m.siaddr && !site_is_own(b->site, a->m.siaddr))
		return false;
	return !bootp_sname(&a->m, name) || is_our_name(b, name);
}

static void answer(struct bootpd *b, const struct ask *a, uint32_t ip,
		   const struct boot_info *boot, struct effects *fx)
{
	char name[NAME_MAX_LEN];
	struct reply r = {.yiaddr = ip, .name = name, .boot = boot};
	struct note *n;

	ask_name(b, a, ip, name);
	b->stats.replies++;
	n = reply_send(b, a, &r, NOTE_BOOTP_REPLIED, fx);
	n->ip = ip;
	n->text = effects_text(fx, boot->file, strlen(boot->file));
}

static void enrol(struct bootpd *b, const struct ask *a, uint32_t ip,
		  struct effects *fx)
{
	struct lease lease = {
		.kind = LEASE_BOOTP, .ip = ip, .hw = a->hw, .wall_ends = NEVER};

	ask_name(b, a, ip, lease.name);
	owed_commit(b, a, OWED_BOOTP, &lease, fx);
}

/* A machine that has an address already wants to know the rest; it is found by
 * that address, unless its hardware address is known. */
static bool is_settled(const struct bootpd *b, struct ask *a)
{
	if (a->machine || !a->m.ciaddr)
		return false;
	a->machine = site_machine_in(b->site, a->domain, NULL, a->m.ciaddr);
	return a->machine != NULL;
}

void on_bootp(struct bootpd *b, struct ask *a, usec now, struct effects *fx)
{
	struct boot_info boot;
	struct grant g = {.ip = a->m.ciaddr, .is_fixed = true};
	struct addition rules;
	struct owed *o;

	if (!is_for_us(b, a) || (a->m.ciaddr && !ask_may_reach(b, a->m.ciaddr)))
		return;

	bool settled = is_settled(b, a);
	bool adds_itself = !settled && hostadd_wants(b, a, &rules);

	if (!adds_itself && !ask_is_welcome(b, a, fx))
		return;
	boot_info(b, a, &boot);
	/* Another server may have the file that it names. */
	if (a->file[0] && boot.kind == BOOT_NOTHING) {
		ask_note(a, NOTE_FILE_MISSING, fx)->text =
			effects_text(fx, a->file, strlen(a->file));
		return;
	}
	if (adds_itself) {
		ask_hold(b, a);
		hostadd_hear(b, a, &rules, now, fx);
		return;
	}
	if ((o = owed_find(b, a))) {
		if (o->kind == OWED_BOOTP)
			owed_repeat(o, a);
		return;
	}
	if (!settled && !grant_find(b, a, 0, now, &g, fx))
		return;
	if (g.is_fixed)
		answer(b, a, g.ip, &boot, fx);
	else if (probe_allows(b, a, g.ip, now, fx))
		enrol(b, a, g.ip, fx);
}

void bootp_settled(struct bootpd *b, const struct ask *a, const struct owed *o,
		   struct effects *fx)
{
	struct boot_info boot;

	boot_info(b, a, &boot);
	answer(b, a, o->ip, &boot, fx);
}
