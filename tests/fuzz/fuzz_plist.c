/*
 * Property lists from strangers.  Whatever the bytes, a walk stays inside them;
 * a sound list that is read and written again is the same bytes, and replacing
 * a property changes that one alone.
 */
#include "model/plist.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void must(bool is_so)
{
	if (!is_so)
		abort();
}

static void write_again(const struct plist *pl, struct plist_out *o)
{
	struct rd r = rd_over(pl->bytes, pl->len);
	struct property p;

	while (plist_next(&r, &p)) {
		struct rd values = p.values;
		size_t len;
		unsigned n = 0;

		plist_add(o, p.name);
		for (; rd_left(&values); n++)
			plist_add_value(o, rd_cstr(&values, &len));
		must(n == p.n);
	}
	must(!r.bad);
}

static void check_replaced(const struct plist *pl, const char *name, int n)
{
	static const char *const values[] = {"one", "two"};
	size_t room = pl->len + strlen(name) + 16;
	uint8_t *bytes = malloc(room);
	struct plist_out o = plist_begin(bytes, room);
	struct plist to;
	struct property p;

	must(plist_replace(pl, name, values, n, &o));
	must(plist_end(&o, &to));
	must(plist_is_sound(&to));
	must(plist_find(&to, name, &p) == (n >= 0));
	if (n >= 0)
		must(p.n == (unsigned)n);
	if (n > 0)
		must(!strcmp(plist_value(&to, name), "one"));
	free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct plist pl = {.bytes = data, .len = len}, to;
	struct property p;

	plist_value(&pl, "name");
	if (!plist_is_sound(&pl))
		return 0;
	uint8_t *bytes = malloc(len + 1);
	struct plist_out o = plist_begin(bytes, len);

	write_again(&pl, &o);
	must(plist_end(&o, &to));
	must(to.len == len && (!len || !memcmp(bytes, data, len)));
	free(bytes);

	struct rd r = rd_over(data, len);
	for (int n = -1; n <= 2 && plist_next(&r, &p); n++)
		check_replaced(&pl, p.name, n);
	check_replaced(&pl, "absent?", 1);
	return 0;
}
