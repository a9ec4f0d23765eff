/*
 * What stands behind the equal signs.  Each reader takes the text of one
 * value, all of it, or says in a few words what it would have liked to see.
 */
#include "app/config_inside.h"

#include "model/domain.h"
#include "wire/pxe.h"

#include <pwd.h>
#include <string.h>

static void quote(struct text *why, const char *value)
{
	text_add(why, "\"");
	text_wire(why, value, strlen(value));
	text_add(why, "\" ");
}

static bool no(struct text *why, const char *value, const char *reason)
{
	quote(why, value);
	text_add(why, reason);
	return false;
}

static void put(const struct key *k, void *to, uint64_t n)
{
	if (k->size == sizeof(uint64_t)) {
		memcpy(to, &n, sizeof n);
	} else if (k->size == sizeof(uint32_t)) {
		memcpy(to, &(uint32_t){(uint32_t)n}, sizeof(uint32_t));
	} else if (k->size == sizeof(uint16_t)) {
		memcpy(to, &(uint16_t){(uint16_t)n}, sizeof(uint16_t));
	} else {
		memcpy(to, &(uint8_t){(uint8_t)n}, sizeof(uint8_t));
	}
}

bool read_text(const struct key *k, const char *value, void *to,
	       struct text *why)
{
	size_t len = strlen(value);

	if (len < k->min) {
		text_add(why, "must not be empty");
		return false;
	}
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)value[i] < ' ' || value[i] == 0x7f)
			return no(why, value,
				  "has characters that don't print");
	if (len >= k->size) {
		text_add(why, "is longer than ");
		text_u64(why, k->size - 1);
		text_add(why, " bytes");
		return false;
	}
	memset(to, 0, k->size);
	memcpy(to, value, len);
	return true;
}

bool read_path(const struct key *k, const char *value, void *to,
	       struct text *why)
{
	if (*value && *value != '/')
		return no(why, value, "has to begin with /");
	return read_text(k, value, to, why);
}

bool read_link(const struct key *k, const char *value, void *to,
	       struct text *why)
{
	size_t len = strlen(value);

	/* What the kernel takes for one (dev_valid_name). */
	if (!len || len >= k->size || strpbrk(value, "/: \t\n") ||
	    !strcmp(value, ".") || !strcmp(value, ".."))
		return no(why, value, "is no name of an interface");
	return read_text(k, value, to, why);
}

static bool is_user(const char *name)
{
	/* cppcheck-suppress getpwnamCalled ; nobody else asks for users */
	return getpwnam(name) != NULL;
}

/* Numbers need no name (privs_drop). */
bool read_user(const struct key *k, const char *value, void *to,
	       struct text *why)
{
	uint64_t n;

	if (*value && !number_parse(value, strlen(value), UINT32_MAX - 1, &n) &&
	    !is_user(value))
		return no(why, value, "is no user of this machine");
	return read_text(k, value, to, why);
}

/* One slash at its end, so that a name can follow. */
bool read_url(const struct key *k, const char *value, void *to,
	      struct text *why)
{
	static const char http[] = "http://";
	size_t len = strlen(value);
	char *url = to;

	if (len && (strncmp(value, http, sizeof http - 1) != 0 ||
		    strchr("/", value[sizeof http - 1]) || strchr(value, ' ')))
		return no(why, value,
			  "is no address such as \"http://10.0.0.1/\", with "
			  "its quotes");
	if (len + 1 >= k->size) {
		text_add(why, "is longer than ");
		text_u64(why, k->size - 2);
		text_add(why, " bytes");
		return false;
	}
	if (!read_text(k, value, to, why))
		return false;
	if (len && url[len - 1] != '/')
		url[len] = '/';
	return true;
}

/* Whether there is such a domain, the directory says later. */
bool read_domain(const struct key *k, const char *value, void *to,
		 struct text *why)
{
	if (*value && !domain_path_is_good(value))
		return no(why, value,
			  "is no path of a domain, such as /boston/lab");
	return read_text(k, value, to, why);
}

/* Names that DNS takes, and that differ from each other. */
bool read_host_names(const struct key *k, const char *value, void *to,
		     struct text *why)
{
	bool differ = false;

	for (const char *p = value; *p; p++) {
		if (*p == '%' && (p[1] == 'h' || p[1] == 'a')) {
			differ = true;
			p++;
		} else if (!strchr("abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.",
				   *p)) {
			return no(why, value,
				  "may have letters, digits, - . %h and %a");
		}
	}
	if (*value && !differ)
		return no(why, value,
			  "needs %h or %a, or all machines would be one");
	return read_text(k, value, to, why);
}

bool read_word(const struct key *k, const char *value, void *to,
	       struct text *why)
{
	unsigned i;

	for (i = 0; k->words[i]; i++) {
		if (!strcmp(k->words[i], value)) {
			put(k, to, i);
			return true;
		}
	}
	quote(why, value);
	text_add(why, "is none of ");
	for (i = 0; k->words[i]; i++) {
		if (i)
			text_add(why, k->words[i + 1] ? ", " : " and ");
		text_add(why, k->words[i]);
	}
	return false;
}

bool read_bool(const struct key *k, const char *value, void *to,
	       struct text *why)
{
	static const char *const words[] = {"no",   "yes", "false",
					    "true", "off", "on"};

	for (unsigned i = 0; i < sizeof words / sizeof words[0]; i++) {
		if (!strcmp(words[i], value)) {
			put(k, to, i & 1);
			return true;
		}
	}
	return no(why, value, "is neither yes nor no");
}

bool read_number(const struct key *k, const char *value, void *to,
		 struct text *why)
{
	uint64_t n;

	if (number_parse(value, strlen(value), k->max, &n) && n >= k->min) {
		put(k, to, n);
		return true;
	}
	quote(why, value);
	text_add(why, "is no number from ");
	text_u64(why, k->min);
	text_add(why, " to ");
	text_u64(why, k->max);
	return false;
}

struct unit {
	const char *name;
	uint64_t times, by; /* n of it are n * times / by of ours */
};

/* Digits, perhaps spaces, perhaps a unit. */
static bool measure(const struct unit *u, const char *value, uint64_t *to)
{
	size_t digits = strspn(value, "0123456789");
	const char *name = value + digits + strspn(value + digits, " ");
	uint64_t n;

	if (!number_parse(value, digits, UINT64_MAX, &n))
		return false;
	while (u->name && strcmp(u->name, name) != 0)
		u++;
	if (!u->name || __builtin_mul_overflow(n, u->times, &n))
		return false;
	*to = n / u->by;
	return true;
}

static bool read_measure(const struct key *k, const struct unit *units,
			 const char *value, void *to)
{
	uint64_t n;

	if (!measure(units, value, &n) || n < k->min || n > k->max)
		return false;
	put(k, to, n);
	return true;
}

bool read_time(const struct key *k, const char *value, void *to,
	       struct text *why)
{
	static const struct unit units[] = {
		{"", 1, 1},      {"s", 1, 1},      {"m", 60, 1}, {"h", 3600, 1},
		{"d", 86400, 1}, {"w", 604800, 1}, {NULL, 0, 0}};

	return read_measure(k, units, value, to) ||
	       no(why, value,
		  "is no time from 1m to 365d; write 3600, 30m, 12h or 7d");
}

bool read_size(const struct key *k, const char *value, void *to,
	       struct text *why)
{
	static const struct unit units[] = {
		{"", 1, 1},          {"K", 1 << 10, 1},   {"KiB", 1 << 10, 1},
		{"M", 1 << 20, 1},   {"MiB", 1 << 20, 1}, {"G", 1 << 30, 1},
		{"GiB", 1 << 30, 1}, {NULL, 0, 0}};

	return read_measure(k, units, value, to) ||
	       no(why, value, "is no size from 1M to 1024G; write 64M or 2G");
}

bool read_rate(const struct key *k, const char *value, void *to,
	       struct text *why)
{
	static const struct unit units[] = {{"", 1, 1},
					    {"B/s", 1, 1},
					    {"kB/s", 1000, 1},
					    {"MB/s", 1000000, 1},
					    {"GB/s", 1000000000, 1},
					    {"bit/s", 1, 8},
					    {"kbit/s", 1000, 8},
					    {"Mbit/s", 1000000, 8},
					    {"Gbit/s", 1000000000, 8},
					    {NULL, 0, 0}};

	return read_measure(k, units, value, to) ||
	       no(why, value,
		  "is no rate from 8kbit/s to 100Gbit/s; write 800Mbit/s, or "
		  "bytes a second");
}

/* An address that one machine may have (RFC 1122 3.2.1.3). */
static bool is_host(uint32_t ip)
{
	return ip >> 24 && ip >> 24 != 127 && ip >> 24 < 224;
}

bool read_ip(const struct key *k, const char *value, void *to, struct text *why)
{
	uint32_t ip;

	if (!ip_parse(value, strlen(value), &ip) || !is_host(ip))
		return no(why, value, "is no address of a machine");
	put(k, to, ip);
	return true;
}

bool read_net(const struct key *k, const char *value, void *to,
	      struct text *why)
{
	struct net n;

	(void)k;
	if (!net_parse(value, strlen(value), &n.ip, &n.mask) || !n.mask ||
	    n.ip & ~n.mask)
		return no(why, value, "is no network such as 10.0.0.0/16");
	memcpy(to, &n, sizeof n);
	return true;
}

bool read_group(const struct key *k, const char *value, void *to,
		struct text *why)
{
	uint32_t ip;

	if (!ip_parse(value, strlen(value), &ip) || !ip_is_multicast(ip))
		return no(why, value,
			  "is no multicast address, 224.0.0.0 to "
			  "239.255.255.255");
	put(k, to, ip);
	return true;
}

/* "224.1.1.0-255", as atftpd has it: the last number from .. to; or one
 * address. */
bool read_groups(const struct key *k, const char *value, void *to,
		 struct text *why)
{
	struct settings *s = to;
	const char *dash = strchr(value, '-');
	uint64_t last = 0;
	uint32_t ip;

	(void)k;
	if (!ip_parse(value, dash ? (size_t)(dash - value) : strlen(value),
		      &ip) ||
	    !ip_is_multicast(ip) ||
	    (dash && !number_parse(dash + 1, strlen(dash + 1), 255, &last)))
		return no(why, value,
			  "is no range of multicast addresses such as "
			  "\"239.255.0.0-255\"");
	if (dash && last < (ip & 255))
		return no(why, value, "ends before it begins");
	s->tftm.group = ip;
	s->tftm.groups = dash ? (unsigned)(last - (ip & 255)) + 1 : 1;
	return true;
}

/* "2000-2100", or one port. */
bool read_ports(const struct key *k, const char *value, void *to,
		struct text *why)
{
	struct settings *s = to;
	const char *dash = strchr(value, '-');
	size_t len = dash ? (size_t)(dash - value) : strlen(value);
	uint64_t first, last;

	(void)k;
	if (!number_parse(value, len, 65535, &first) || !first)
		return no(why, value, "is no port or range of ports");
	last = first;
	if (dash && !number_parse(dash + 1, strlen(dash + 1), 65535, &last))
		return no(why, value, "is no port or range of ports");
	if (last < first)
		return no(why, value, "ends before it begins");
	s->tftm.port = (uint16_t)first;
	s->tftm.ports = (uint16_t)(last - first + 1);
	return true;
}

static void text_net(struct text *t, const struct subnet *s)
{
	text_ip(t, s->network);
	text_add(t, "/");
	text_u64(t, mask_bits(s->mask));
}

/* An address that a machine in this network may have. */
static bool is_inside(const struct subnet *s, uint32_t ip)
{
	uint32_t host = ip & ~s->mask;

	if ((ip & s->mask) != s->network)
		return false;
	return s->mask >= 0xfffffffe || (host && host != ~s->mask);
}

static bool outside(struct text *why, const char *value, const struct subnet *s)
{
	quote(why, value);
	text_add(why, "is not inside ");
	text_net(why, s);
	return false;
}

bool read_router(const struct key *k, const char *value, void *to,
		 struct text *why)
{
	struct subnet *s = to;
	uint32_t ip;

	(void)k;
	if (!ip_parse(value, strlen(value), &ip))
		return no(why, value, "is no address of a machine");
	if (!is_inside(s, ip))
		return outside(why, value, s);
	s->router = ip;
	return true;
}

/* "10.0.1.0 - 10.0.9.255" */
static bool parse_range(const char *value, struct ip_range *r)
{
	const char *dash = strchr(value, '-');
	size_t len = dash ? (size_t)(dash - value) : 0;

	while (len && value[len - 1] == ' ')
		len--;
	if (dash)
		dash += 1 + strspn(dash + 1, " ");
	return dash && ip_parse(value, len, &r->first) &&
	       ip_parse(dash, strlen(dash), &r->last);
}

static bool check_range(const char *value, const struct subnet *s,
			const struct ip_range *r, struct text *why)
{
	if (r->first > r->last)
		return no(why, value, "ends before it begins");
	if (!is_inside(s, r->first) || !is_inside(s, r->last))
		return outside(why, value, s);
	return true;
}

bool read_range(const struct key *k, const char *value, void *to,
		struct text *why)
{
	struct subnet *s = to;
	struct ip_range r;

	(void)k;
	if (!parse_range(value, &r))
		return no(why, value,
			  "is no range such as \"10.0.1.0 - 10.0.9.255\"");
	if (!check_range(value, s, &r, why))
		return false;
	s->first = r.first;
	s->last = r.last;
	return true;
}

/* One address, or a range of them. */
bool read_exclude(const struct key *k, const char *value, void *to,
		  struct text *why)
{
	struct ip_range r;

	(void)k;
	if (ip_parse(value, strlen(value), &r.first))
		r.last = r.first;
	else if (!parse_range(value, &r))
		return no(why, value,
			  "is no address and no range such as "
			  "\"10.0.1.0 - 10.0.1.9\"");
	if (r.first > r.last)
		return no(why, value, "ends before it begins");
	*(struct ip_range *)to = r;
	return true;
}

bool subnet_title(const char *title, struct subnet *s, struct text *why)
{
	uint32_t ip, mask;

	if (!net_parse(title, strlen(title), &ip, &mask) || !is_host(ip) ||
	    !mask)
		return no(why, title, "is no network such as 10.0.0.0/16");
	*s = (struct subnet){.network = ip & mask, .mask = mask};
	if (ip == s->network)
		return true;
	quote(why, title);
	text_add(why, "is an address in ");
	text_net(why, s);
	text_add(why, ", not a network");
	return false;
}

struct arch {
	const char *name;
	uint16_t number;
};

static const struct arch arches[] = {
	{"bios", ARCH_X86_BIOS},
	{"x86-uefi", ARCH_X86_UEFI},
	{"x64-uefi", ARCH_X64_UEFI},
	{"ebc-uefi", ARCH_EBC_UEFI},
	{"arm32-uefi", ARCH_ARM32_UEFI},
	{"arm64-uefi", ARCH_ARM64_UEFI},
	{"x86-http", ARCH_X86_HTTP},
	{"x64-http", ARCH_X64_HTTP},
	{"ebc-http", ARCH_EBC_HTTP},
	{"arm32-http", ARCH_ARM32_HTTP},
	{"arm64-http", ARCH_ARM64_HTTP},
	{"bios-http", ARCH_BIOS_HTTP},
	{"rpi", ARCH_RPI},
};

enum { ARCHES = sizeof arches / sizeof arches[0] };

bool loader_title(const char *title, uint16_t *arch, struct text *why)
{
	uint64_t n;

	if (number_parse(title, strlen(title), ARCH_UNKNOWN - 1, &n)) {
		*arch = (uint16_t)n;
		return true;
	}
	for (size_t i = 0; i < ARCHES; i++) {
		if (!strcmp(arches[i].name, title)) {
			*arch = arches[i].number;
			return true;
		}
	}
	quote(why, title);
	text_add(why, "is no architecture: a number, or ");
	for (size_t i = 0; i < ARCHES; i++) {
		if (i)
			text_add(why, i + 1 < ARCHES ? ", " : " or ");
		text_add(why, arches[i].name);
	}
	return false;
}
