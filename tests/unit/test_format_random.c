/*
 * Random directories, written to each format and read again: all that the
 * format can hold is there as it was.  Raw dumps hold everything.
 */
#include "model/format.h"

#include "base/rand.h"
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "draft_desk.h"

enum { RUNS = 60, ENTRIES = 40 };

struct world {
	struct rand r;
	struct purse purse;
	struct draft *d;
	unsigned n; /* of names and addresses given out */
};

static unsigned below(struct world *w, unsigned n)
{
	return (unsigned)rand_below(&w->r, n);
}

/* A text with a number in the place of each #. */
static void set(struct world *w, struct draft_entry *e, const char *property,
		const char *format, unsigned n)
{
	char room[64];
	struct text t = text_over(room, sizeof room);

	for (; *format; format++)
		if (*format == '#')
			text_u64(&t, n);
		else
			text_bytes(&t, format, 1);
	draft_set(w->d, e, property, (struct span){room, t.len});
}

static void some(struct world *w, struct draft_entry *e, const char *property,
		 const char *format, unsigned most)
{
	for (unsigned n = below(w, most + 1); n; n--) {
		char text[64];
		unsigned k = w->n++;
		int len;

		if (!strcmp(format, "ip"))
			len = snprintf(text, sizeof text, "10.%u.%u.%u",
				       k >> 14, k >> 7 & 127, k & 127);
		else if (!strcmp(format, "hw"))
			len = snprintf(text, sizeof text,
				       "02:00:00:%02x:%02x:%02x", k >> 16,
				       k >> 8 & 255, k & 255);
		else
			len = snprintf(text, sizeof text, "%s%u", format, k);
		draft_set(w->d, e, property, (struct span){text, (size_t)len});
	}
}

static void one(struct world *w, struct draft_entry *e, const char *property,
		const char *format)
{
	do
		some(w, e, property, format, 1);
	while (!draft_find(e, property));
}

/* Strings of any bytes but NUL, also none. */
static struct span odd(struct world *w, char room[32])
{
	static const char favourites[] = "\"\\(){};=, \n\tCHILDREN";
	size_t len = below(w, 32);

	for (size_t i = 0; i < len; i++)
		room[i] = below(w, 2)
				  ? favourites[below(w, sizeof favourites - 1)]
				  : (char)(1 + below(w, 255));
	return (struct span){room, len};
}

static void make_raw(struct world *w)
{
	struct draft_entry *all[ENTRIES] = {draft_root(w->d)};
	char room[32];

	draft_root(w->d)->is_place = false;
	for (unsigned n = 1; n < ENTRIES; n++) {
		struct draft_entry *up = all[below(w, n)];

		all[n] = draft_add(w->d, up, 0);
		if (!all[n])
			all[n] = up; /* too deep */
		for (unsigned k = below(w, 5); k; k--) {
			struct span name = odd(w, room);
			struct draft_property *p;

			if (!name.len)
				continue;
			p = draft_property(w->d, all[n], name);
			for (unsigned v = below(w, 4); v; v--)
				draft_value(w->d, p, odd(w, room));
		}
	}
}

static void make_hosts(struct world *w, struct draft_entry *e)
{
	one(w, e, "name", "m");
	some(w, e, "name", "alias-", 2);
	one(w, e, "ip_address", "ip");
	some(w, e, "ip_address", "ip", 2);
}

static void make_ethers(struct world *w, struct draft_entry *e)
{
	one(w, e, "name", "m");
	one(w, e, "en_address", "hw");
	some(w, e, "en_address", "hw", 2);
}

static void make_bootptab(struct world *w, struct draft_entry *e)
{
	one(w, e, "name", "m");
	some(w, e, "en_address", "hw", 3);
	some(w, e, "ip_address", "ip", 3);
	some(w, e, "bootfile", "sdmach.", 1);
}

static void make_bootparams(struct world *w, struct draft_entry *e)
{
	one(w, e, "name", "m");
	draft_property(w->d, e, span_of("bootparams"));
	some(w, e, "bootparams", "root=wizard:/export/", 4);
}

static void make_reservation(struct world *w, struct draft_entry *e)
{
	one(w, e, "name", "m");
	one(w, e, "en_address", "hw");
	some(w, e, "en_address", "hw", 2);
	some(w, e, "ip_address", "ip", 4);
	if (below(w, 2))
		set(w, e, "bootfile", "file.#", below(w, 3));
	some(w, e, "next_server", "ip", 1);
}

static void make_net(struct world *w, struct draft_entry *e)
{
	unsigned n = w->n++ & 255;

	set(w, e, "name", "192.168.#.0/24", n);
	set(w, e, "address", "192.168.#.0", n);
	draft_set(w->d, e, "netmask", span_of("255.255.255.0"));
	if (below(w, 2))
		set(w, e, "range", "192.168.#.10", n);
	if (below(w, 2))
		set(w, e, "range", "192.168.#.20-192.168.#.90", n);
	some(w, e, "router", "ip", 2);
	some(w, e, "dns", "ip", 3);
	some(w, e, "domain", "lab.d", 1);
	if (below(w, 2))
		set(w, e, "lease_time", "#", 60 + below(w, 100000));
	some(w, e, "next_server", "ip", 1);
	some(w, e, "bootfile", "net.", 1);
}

static void make_user(struct world *w, struct draft_entry *e)
{
	one(w, e, "name", "user");
	some(w, e, "passwd", "*", 1);
	some(w, e, "uid", "", 1);
	some(w, e, "gid", "", 1);
	some(w, e, "realname", "A. Person, Room ", 1);
	some(w, e, "home", "/Users/", 1);
	some(w, e, "shell", "/bin/", 1);
}

static void make_group(struct world *w, struct draft_entry *e)
{
	one(w, e, "name", "group");
	some(w, e, "gid", "", 1);
	some(w, e, "users", "user", 5);
}

static void make_service(struct world *w, struct draft_entry *e)
{
	one(w, e, "name", "service");
	one(w, e, "port", "");
	some(w, e, "name", "alias", 2);
	one(w, e, "protocol", "p");
	some(w, e, "protocol", "p", 1);
}

static void make_number(struct world *w, struct draft_entry *e)
{
	one(w, e, "name", "thing");
	one(w, e, "number", "");
	some(w, e, "name", "alias", 2);
}

static void make_alias(struct world *w, struct draft_entry *e)
{
	one(w, e, "name", "alias");
	draft_property(w->d, e, span_of("members"));
	some(w, e, "members", "\"a, b\" person", 4);
}

static void make_mount(struct world *w, struct draft_entry *e)
{
	one(w, e, "name", "home:/export/");
	one(w, e, "dir", "/Net/");
	one(w, e, "type", "nfs");
	one(w, e, "opts", "opt");
	some(w, e, "opts", "opt", 3);
	one(w, e, "freq", "");
	one(w, e, "passno", "");
}

static void make_printer(struct world *w, struct draft_entry *e)
{
	one(w, e, "name", "printer");
	some(w, e, "name", "Printer number ", 2);
	some(w, e, "rm", "wizard", 1);
	some(w, e, "pw", "#", 1);
	if (below(w, 2))
		draft_property(w->d, e, span_of("sf"));
}

static const struct kind {
	const char *format, *directory;
	void (*make)(struct world *w, struct draft_entry *e);
} kinds[] = {
	{"hosts", "machines", make_hosts},
	{"ethers", "machines", make_ethers},
	{"bootptab", "machines", make_bootptab},
	{"bootparams", "machines", make_bootparams},
	{"dhcpd.conf", "machines", make_reservation},
	{"dhcpd.conf", "networks", make_net},
	{"dnsmasq", "machines", make_reservation},
	{"dnsmasq", "networks", make_net},
	{"passwd", "users", make_user},
	{"group", "groups", make_group},
	{"services", "services", make_service},
	{"protocols", "protocols", make_number},
	{"rpc", "rpcs", make_number},
	{"aliases", "aliases", make_alias},
	{"fstab", "mounts", make_mount},
	{"printcap", "printers", make_printer},
};

/* The same values, wherever the property stands in the list. */
static bool same_properties(const struct draft_entry *a,
			    const struct draft_entry *b)
{
	for (const struct draft_property *p = a->props; p; p = p->next) {
		const struct draft_property *q = draft_find(b, p->name);
		const struct draft_value *v = p->first,
					 *u = q ? q->first : NULL;

		if (!q || p->n != q->n)
			return false;
		for (; v; v = v->next, u = u->next)
			if (strcmp(v->text, u->text) != 0)
				return false;
	}
	return a->n_props == b->n_props;
}

static const struct draft_entry *child_of(const struct draft *d,
					  const char *name)
{
	const struct draft_entry *e = draft_root(d)->child;

	while (e && strcmp(draft_name(e), name) != 0)
		e = e->next;
	return e;
}

static struct draft *again(struct world *w, const char *format)
{
	struct sheet text = sheet_open(&w->purse.alloc);
	struct complaint why = {.number = 0};
	struct draft *d;

	format_named(format)->write(w->d, &text);
	assert_int_equal(draft_open(&d, &w->purse.alloc), 0);
	if (!format_named(format)->read(d, (struct span){text.s, text.len},
					&why))
		fail_msg("%s: line %u: %s\n%.*s", format, why.number, why.text,
			 (int)text.len, text.s);
	if (strcmp(format, "netinfo") != 0 && draft_remarks(w->d))
		fail_msg("%s: %s", format, draft_remarks(w->d)->text);
	if (draft_remarks(d))
		fail_msg("%s: %s", format, draft_remarks(d)->text);
	sheet_close(&text);
	return d;
}

static void try_kind(const struct kind *k, uint64_t seed)
{
	struct world w = {.n = 1};
	const struct draft_entry *a, *b;
	struct draft *d;

	rand_seed(&w.r, seed);
	assert_int_equal(draft_open(&w.d, purse_open(&w.purse)), 0);
	for (unsigned n = 1 + below(&w, ENTRIES); n; n--)
		k->make(&w, draft_add(w.d, draft_place(w.d, k->directory), 0));
	d = again(&w, k->format);
	a = child_of(w.d, k->directory)->child;
	b = child_of(d, k->directory)->child;
	for (; a && b; a = a->next, b = b->next)
		if (!same_properties(a, b))
			fail_msg("%s, seed %u: %s is not what it was",
				 k->format, (unsigned)seed, draft_name(a));
	assert_true(!a && !b);
	draft_close(d);
	draft_close(w.d);
	assert_int_equal(w.purse.out, 0);
}

static void what_is_written_is_read_as_it_was(void **state)
{
	(void)state;
	for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
		for (uint64_t seed = 1; seed <= RUNS; seed++)
			try_kind(&kinds[k], seed);
}

static void a_raw_dump_holds_everything(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 10 * RUNS; seed++) {
		struct world w = {.n = 1};
		struct draft *d;

		rand_seed(&w.r, seed);
		assert_int_equal(draft_open(&w.d, purse_open(&w.purse)), 0);
		make_raw(&w);
		d = again(&w, "netinfo");
		if (!drafts_same(w.d, d))
			fail_msg("seed %u", (unsigned)seed);
		draft_close(d);
		draft_close(w.d);
		assert_int_equal(w.purse.out, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read_as_it_was),
		cmocka_unit_test(a_raw_dump_holds_everything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
