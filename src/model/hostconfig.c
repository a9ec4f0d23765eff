/*
 * hostconfig.  A table says which values a key may have; the rest is to refuse
 * whatever a shell would understand otherwise than we do.
 */
#include "model/hostconfig.h"

#include <string.h>

enum { MAY_AUTOMATIC = 1, MAY_YES_NO = 2, MAY_NO = 4, MAY_ROUTED = 8 };
enum rest { NO_REST, REST_NAME, REST_ADDRESS, REST_ANY_ADDRESS, REST_MASK };

struct rule {
	const char *name, *alias; /* alias: Rhapsody's */
	const char *label, *word; /* HostManager's */
	unsigned may;
	enum rest rest; /* what it may be besides */
	const char *wanted;
};

static const struct rule rules[HOSTCONFIG_KEYS] = {
	[HOSTCONFIG_HOSTNAME] = {"HOSTNAME", NULL, "Hostname", "Autoconfigure",
				 MAY_AUTOMATIC, REST_NAME,
				 "is not -AUTOMATIC- and no host name"},
	[HOSTCONFIG_INETADDR] = {"INETADDR", NULL, "Internet Address",
				 "Autoconfigure", MAY_AUTOMATIC, REST_ADDRESS,
				 "is not -AUTOMATIC- and no address"},
	[HOSTCONFIG_ROUTER] = {"ROUTER", NULL, NULL, NULL,
			       MAY_AUTOMATIC | MAY_NO | MAY_ROUTED,
			       REST_ADDRESS,
			       "is not -ROUTED-, -NO- or -AUTOMATIC- and no "
			       "address"},
	[HOSTCONFIG_IPNETMASK] = {"IPNETMASK", NULL, "Netmask", "Automatic",
				  MAY_AUTOMATIC, REST_MASK,
				  "is not -AUTOMATIC- and no mask"},
	[HOSTCONFIG_IPBROADCAST] = {"IPBROADCAST", NULL, "Broadcast Address",
				    "Default", MAY_AUTOMATIC, REST_ANY_ADDRESS,
				    "is not -AUTOMATIC- and no address"},
	[HOSTCONFIG_NETMASTER] = {"NETMASTER", "CONFIGSERVER", NULL, NULL,
				  MAY_YES_NO, NO_REST, "is not -YES- or -NO-"},
	[HOSTCONFIG_YPDOMAIN] = {"YPDOMAIN", "NISDOMAIN", NULL, NULL, MAY_NO,
				 REST_NAME, "is not -NO- and no domain"},
	[HOSTCONFIG_TIME] = {"TIME", "TIMESYNC", NULL, NULL,
			     MAY_AUTOMATIC | MAY_NO | MAY_YES_NO, REST_NAME,
			     "is not -AUTOMATIC-, -YES- or -NO- and no host "
			     "name"},
};

const char *hostconfig_key_name(enum hostconfig_key key)
{
	return rules[key].name;
}

const char *hostconfig_label(enum hostconfig_key key)
{
	return rules[key].label;
}

const char *hostconfig_word(enum hostconfig_key key)
{
	return rules[key].word;
}

static enum hostconfig_key key_of(struct span name)
{
	unsigned k = 0;

	while (k < HOSTCONFIG_KEYS && !span_is(name, rules[k].name) &&
	       !(rules[k].alias && span_is(name, rules[k].alias)))
		k++;
	return (enum hostconfig_key)k;
}

enum hostconfig_key hostconfig_find(struct span name)
{
	unsigned k = 0;

	for (; k < HOSTCONFIG_KEYS; k++) {
		const struct rule *r = &rules[k];

		if (text_is_nocase(name.s, name.len, r->name) ||
		    (r->alias && text_is_nocase(name.s, name.len, r->alias)) ||
		    (r->label && text_is_nocase(name.s, name.len, r->label)))
			break;
	}
	return (enum hostconfig_key)k;
}

/* ---- values ------------------------------------------------------------- */

/* A host or a domain: it goes into system calls and files. */
static bool is_name(struct span v)
{
	for (size_t i = 0; i < v.len; i++) {
		char c = text_lower(v.s[i]);

		if ((c < 'a' || c > 'z') && (c < '0' || c > '9') &&
		    ((c != '-' && c != '.' && c != '_') || i == 0))
			return false;
	}
	return v.len && v.len < HOSTCONFIG_TEXT && v.s[v.len - 1] != '-';
}

static bool is_marked(struct span v)
{
	return v.len && v.s[0] == '-' && v.s[v.len - 1] == '-';
}

/* The values in dashes. */
static enum hostconfig_kind marked(struct span v, unsigned may)
{
	if (span_is(v, "-AUTOMATIC-") && may & MAY_AUTOMATIC)
		return HOSTCONFIG_AUTOMATIC;
	if (span_is(v, "-ROUTED-") && may & MAY_ROUTED)
		return HOSTCONFIG_ROUTED;
	if (span_is(v, "-NO-") && may & (MAY_NO | MAY_YES_NO))
		return HOSTCONFIG_NO;
	if (span_is(v, "-YES-") && may & MAY_YES_NO)
		return HOSTCONFIG_YES;
	return HOSTCONFIG_ABSENT;
}

static enum hostconfig_kind unmarked(struct span v, enum rest rest,
				     uint32_t *ip)
{
	switch (rest) {
	case NO_REST:
		break;
	case REST_NAME:
		return is_name(v) ? HOSTCONFIG_NAME : HOSTCONFIG_ABSENT;
	case REST_ADDRESS:
		if (ip_parse(v.s, v.len, ip) && ifconfig_is_host(*ip))
			return HOSTCONFIG_ADDRESS;
		break;
	case REST_ANY_ADDRESS:
		if (ip_parse(v.s, v.len, ip) && *ip)
			return HOSTCONFIG_ADDRESS;
		break;
	case REST_MASK:
		if (!v.len)
			return HOSTCONFIG_EMPTY;
		if (ifconfig_mask(v, ip))
			return HOSTCONFIG_ADDRESS;
		break;
	}
	return HOSTCONFIG_ABSENT;
}

bool hostconfig_value(struct hostconfig_value *v, enum hostconfig_key key,
		      struct span text, struct complaint *why)
{
	const struct rule *r = &rules[key];

	v->ip = 0;
	v->kind = is_marked(text) ? marked(text, r->may)
				  : unmarked(text, r->rest, &v->ip);
	if (v->kind == HOSTCONFIG_ABSENT ||
	    !span_copy(v->text, sizeof(v->text), text))
		return complain(why, r->name, text, r->wanted);
	return true;
}

/* ---- lines -------------------------------------------------------------- */

static bool is_key(struct span v)
{
	for (size_t i = 0; i < v.len; i++) {
		char c = text_lower(v.s[i]);

		if ((c < 'a' || c > 'z') && c != '_' &&
		    (i == 0 || c < '0' || c > '9'))
			return false;
	}
	return v.len != 0;
}

/* Take the quotes off. */
static bool unquote(struct span *v, struct complaint *why)
{
	char quote = v->len ? v->s[0] : '\0';
	struct span whole = *v;

	if (quote != '"' && quote != '\'') {
		for (size_t i = 0; i < v->len; i++)
			if (span_is_blank(v->s[i]))
				return complain(why, "hostconfig", whole,
						"has blanks and no quotes");
		return (!span_has(*v, '"') && !span_has(*v, '\'')) ||
		       complain(why, "hostconfig", whole,
				"has quotes within it");
	}
	if (v->len < 2 || v->s[v->len - 1] != quote)
		return complain(why, "hostconfig", whole,
				"lacks its last quote");
	v->s++;
	v->len -= 2;
	return !span_has(*v, quote) ||
	       complain(why, "hostconfig", whole, "has quotes within it");
}

static bool is_harmless(struct span line, struct complaint *why)
{
	static const char shell[] = "$`;()&|<>\\";

	for (const char *c = shell; *c; c++)
		if (span_has(line, *c))
			return complain(why, "hostconfig", line,
					"is more than an assignment, and "
					"nothing here is run");
	return span_is_plain(line) ||
	       complain(why, "hostconfig", line, "is no plain text");
}

/* What a line assigns.  False: nothing, and if why->text[0] it is wrong. */
static bool assignment(struct span line, struct span *key, struct span *value,
		       struct complaint *why)
{
	const char *equals;

	line = span_trim(line);
	if (!line.len || line.s[0] == '#')
		return false;
	if (!is_harmless(line, why))
		return false;
	equals = memchr(line.s, '=', line.len);
	*key = (struct span){line.s, equals ? (size_t)(equals - line.s) : 0};
	if (!equals || !is_key(*key))
		return complain(why, "hostconfig", line, "is no KEY=VALUE");
	value->s = equals + 1;
	value->len = line.len - key->len - 1;
	return unquote(value, why);
}

bool hostconfig_get(struct hostconfig *h, const char *text, size_t len,
		    struct complaint *why)
{
	struct span rest = {text, len}, line, name, value;

	*h = (struct hostconfig){0};
	*why = (struct complaint){0};
	while (span_line(&rest, &line)) {
		enum hostconfig_key key;

		why->number++;
		if (!assignment(line, &name, &value, why)) {
			if (why->text[0])
				return false;
			continue;
		}
		key = key_of(name);
		if (key == HOSTCONFIG_KEYS)
			continue;
		if (!hostconfig_value(&h->v[key], key, value, why))
			return false;
		h->v[key].line = why->number;
	}
	return true;
}

/* ---- edits -------------------------------------------------------------- */

/* The number of the line that assigns it last; 0: none. */
static unsigned last_line(struct span rest, enum hostconfig_key key)
{
	struct span line, name, value;
	struct complaint why = {0};
	unsigned n = 0, found = 0;

	while (span_line(&rest, &line)) {
		n++;
		if (assignment(line, &name, &value, &why) &&
		    key_of(name) == key)
			found = n;
	}
	return found;
}

/* The spelling of the key, and what stands before it, are kept. */
static void set_line(struct text *to, struct span line, struct span value)
{
	const char *equals = memchr(line.s, '=', line.len);

	text_bytes(to, line.s, (size_t)(equals - line.s) + 1);
	text_bytes(to, value.s, value.len);
	if (line.s[line.len - 1] == '\r')
		text_add(to, "\r");
}

void hostconfig_set(struct text *to, const char *text, size_t len,
		    enum hostconfig_key key, struct span value)
{
	struct span rest = {text, len}, line;
	unsigned at = last_line(rest, key), n = 0;

	while (span_line(&rest, &line)) {
		if (++n == at)
			set_line(to, line, value);
		else
			text_bytes(to, line.s, line.len);
		if (rest.len || text[len - 1] == '\n')
			text_add(to, "\n");
	}
	if (at)
		return;
	if (len && text[len - 1] != '\n')
		text_add(to, "\n");
	text_add(to, rules[key].name);
	text_add(to, "=");
	text_bytes(to, value.s, value.len);
	text_add(to, "\n");
}
