/*
 * The rules of host addition, read anew from the property list each time: a
 * machine is added once in its life.
 */
#include "model/addition.h"

#include "base/text.h"

static bool first_ip(const struct plist *props, const char *name, unsigned i,
		     uint32_t *ip)
{
	const char *value;
	struct property p;

	if (!plist_find(props, name, &p))
		return false;
	value = property_value(&p, i);
	return value && ip_parse(value, strlen(value), ip);
}

static void get_range(struct addition *a, const struct plist *props)
{
	uint32_t first, last;

	if (!first_ip(props, ADDITION_RANGE, 0, &first) ||
	    !first_ip(props, ADDITION_RANGE, 1, &last) || first > last ||
	    !first || last - first >= ADDITION_RANGE_MOST)
		return;
	a->first = first;
	a->last = last;
}

void addition_read(struct addition *a, const struct plist *props)
{
	struct property p;

	a->is_enabled = plist_find(props, ADDITION_ENABLED, &p);
	get_range(a, props);
	(void)first_ip(props, ADDITION_TEMPORARY, 0, &a->temporary);
	a->bootfile = plist_value(props, ADDITION_BOOTFILE);
	a->password = plist_value(props, ADDITION_PASSWORD);
	/* There, but without a value: somebody wanted one. */
	if (!a->password && plist_find(props, ADDITION_PASSWORD, &p))
		a->password = "";
}

bool addition_get(struct addition *a, const struct directory *d,
		  uint32_t domain)
{
	*a = (struct addition){
		.machines = directory_path(d, domain, "/machines")};
	if (!a->machines)
		return false;
	addition_read(a, &a->machines->props);
	return true;
}

bool addition_is_ready(const struct addition *a)
{
	return a->is_enabled && a->first && a->temporary;
}

/* ---- hardware addresses -------------------------------------------------- */

static int hex_digit(char c)
{
	c = text_lower(c);
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool is_between(char c)
{
	return c == ':' || c == '-' || c == '.';
}

size_t addition_prefix(const char *s, uint8_t to[6])
{
	size_t n = 0;

	while (n < 6) {
		int high = hex_digit(*s), low;

		if (high < 0)
			return 0;
		low = hex_digit(*++s);
		to[n++] = (uint8_t)(low < 0 ? high : high << 4 | low);
		s += low >= 0;
		if (!*s)
			return n;
		if (!is_between(*s++))
			return 0;
	}
	return 0;
}

bool addition_allows(const struct addition *a, const struct hwaddr *hw)
{
	struct property p;
	const char *value;
	size_t len;

	if (!plist_find(&a->machines->props, ADDITION_PREFIXES, &p) || !p.n)
		return true;
	while (rd_left(&p.values) && (value = rd_cstr(&p.values, &len))) {
		uint8_t prefix[6];
		size_t n = addition_prefix(value, prefix);

		if (n && n <= hw->len && !memcmp(prefix, hw->b, n))
			return true;
	}
	return false;
}

bool addition_denies(const struct addition *a, const struct hwaddr *hw)
{
	struct property p;
	struct hwaddr denied;
	const char *value;
	size_t len;

	if (!plist_find(&a->machines->props, ADDITION_DENIED, &p))
		return false;
	while (rd_left(&p.values) && (value = rd_cstr(&p.values, &len)))
		if (hwaddr_parse(value, len, &denied) && hwaddr_is(&denied, hw))
			return true;
	return false;
}

/* ---- the new machine ----------------------------------------------------- */

static bool is_letter(char c)
{
	c = text_lower(c);
	return c >= 'a' && c <= 'z';
}

const char *addition_name_fault(const char *name)
{
	size_t len = strlen(name);

	if (!len)
		return "A computer must have a name.\n";
	if (!is_letter(name[0]))
		return "A name must begin with a letter.\n";
	for (size_t i = 0; i < len; i++)
		if (!is_letter(name[i]) && name[i] != '-' &&
		    !(name[i] >= '0' && name[i] <= '9'))
			return "A name has only letters, digits and hyphens.\n";
	if (name[len - 1] == '-')
		return "A name must not end with a hyphen.\n";
	return len < ADDITION_NAME ? NULL : "That name is too long.\n";
}

static void add(struct plist_out *to, const char *name, const char *value)
{
	plist_add(to, name);
	plist_add_value(to, value);
}

void addition_entry(const struct addition *a, const char *name,
		    const struct hwaddr *hw, uint32_t ip, struct plist_out *to)
{
	char room[ADDITION_NAME + 16];
	struct text t = text_over(room, sizeof(room));

	add(to, "name", name);
	text_hwaddr_short(&t, hw);
	add(to, "en_address", room);
	t = text_over(room, sizeof(room));
	text_ip(&t, ip);
	add(to, "ip_address", room);
	if (a->bootfile)
		add(to, "bootfile", a->bootfile);
	t = text_over(room, sizeof(room));
	text_add(&t, name);
	text_add(&t, "/local");
	add(to, "serves", room);
	/* There and empty: without it nobody tells the machine its name. */
	plist_add(to, "bootparams");
	plist_add(to, "netgroups");
}
