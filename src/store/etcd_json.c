/*
 * Values of etcd's JSON.  jansson calls itself for what is nested, so how deep
 * that is is counted before.
 */
#include "store/etcd_json.h"

#include "base/text.h"

#include <string.h>

static bool is_shallow(struct span s)
{
	bool is_string = false;
	int depth = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (is_string) {
			is_string = s.s[i] != '"';
			i += s.s[i] == '\\';
			continue;
		}
		is_string = s.s[i] == '"';
		depth += s.s[i] == '{' || s.s[i] == '[';
		depth -= s.s[i] == '}' || s.s[i] == ']';
		if (depth > ETCD_DEPTH)
			return false;
	}
	return true;
}

json_t *etcd_json_open(struct span s)
{
	json_t *o = s.len && is_shallow(s) ? json_loadb(s.s, s.len, 0, NULL)
					   : NULL;

	if (json_is_object(o))
		return o;
	json_decref(o);
	return NULL;
}

/* Newer gateways may write small numbers as such. */
bool etcd_json_u64(const json_t *o, const char *name, uint64_t *to)
{
	const json_t *v = json_object_get(o, name);

	*to = 0;
	if (!v || json_is_null(v))
		return true;
	if (json_is_integer(v) && json_integer_value(v) >= 0) {
		*to = (uint64_t)json_integer_value(v);
		return true;
	}
	return json_is_string(v) &&
	       number_parse(json_string_value(v), json_string_length(v),
			    INT64_MAX, to);
}

bool etcd_json_revision(const json_t *o, uint64_t *to)
{
	const json_t *header = json_object_get(o, "header");

	*to = 0;
	return json_is_object(header) && etcd_json_u64(header, "revision", to);
}

struct span etcd_json_text(const json_t *o, const char *name)
{
	const json_t *v = json_object_get(o, name);

	if (!json_is_string(v))
		return (struct span){"", 0};
	return (struct span){json_string_value(v), json_string_length(v)};
}

/* ---- base64, RFC 4648 section 4 ----------------------------------------- */

/* 64: it is no letter. */
static unsigned value_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (unsigned)(c - 'A');
	if (c >= 'a' && c <= 'z')
		return (unsigned)(c - 'a' + 26);
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0' + 52);
	return c == '+' ? 62 : c == '/' ? 63 : 64;
}

/* The bytes of four letters; 0: they are none.  The bits that a short last four
 * leaves over are 0. */
static unsigned get_four(const char *s, bool is_last, uint8_t to[3])
{
	unsigned n = 4, bits = 0;

	if (is_last && s[3] == '=')
		n = s[2] == '=' ? 2 : 3;
	for (unsigned i = 0; i < 4; i++) {
		unsigned v = i < n ? value_of(s[i]) : 0;

		if (v == 64)
			return 0;
		bits = bits << 6 | v;
	}
	if ((n == 2 && bits & 0xffff) || (n == 3 && bits & 0xff))
		return 0;
	to[0] = (uint8_t)(bits >> 16);
	to[1] = (uint8_t)(bits >> 8);
	to[2] = (uint8_t)bits;
	return n - 1;
}

bool etcd_base64_get(struct span s, uint8_t *to, size_t *len)
{
	*len = 0;
	if (s.len % 4)
		return false;
	for (size_t i = 0; i < s.len; i += 4) {
		uint8_t three[3];
		unsigned n = get_four(s.s + i, i + 4 == s.len, three);

		if (!n)
			return false;
		memcpy(to + *len, three, n);
		*len += n;
	}
	return true;
}

/* ---- keys --------------------------------------------------------------- */

bool etcd_json_pair(const json_t *kv, struct etcd_pair *to)
{
	to->key = etcd_json_text(kv, "key");
	to->value = etcd_json_text(kv, "value");
	return etcd_json_u64(kv, "mod_revision", &to->revision) &&
	       etcd_json_u64(kv, "lease", &to->lease) && to->revision &&
	       to->key.len;
}

bool etcd_pair_key(const struct etcd_pair *p, const char *prefix, char *to,
		   size_t *len)
{
	size_t skip = strlen(prefix);

	if (!etcd_base64_get(p->key, (uint8_t *)to, len) || *len < skip ||
	    memcmp(to, prefix, skip) != 0)
		return false;
	*len -= skip;
	memmove(to, to + skip, *len);
	to[*len] = 0;
	return true;
}

bool etcd_is_key(const char *key, size_t len)
{
	if (!len || len >= ETCD_KEY)
		return false;
	for (size_t i = 0; i < len; i++)
		if (key[i] < ' ' || key[i] > '~')
			return false;
	return true;
}
