/*
 * What etcd answers.  Errors are told apart by their words where their codes
 * are shared: 3 is a request that is too large and a name that is missing, 8 a
 * full disk and too much to do.
 */
#include "store/etcd_json.h"

#include "base/text.h"
#include "store/store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *words;
	int rc;
} errors[] = {
	{"too many operations in txn request", -E2BIG},
	{"request is too large", -EMSGSIZE},
	/* gRPC's, inside the gateway. */
	{"message larger than max", -EMSGSIZE},
	{"database space exceeded", -ENOSPC},
	{"revision has been compacted", -ESTALE},
	/* It was restored from a copy. */
	{"is a future revision", -ESTALE},
	{"requested lease not found", -ENOENT},
	{"authentication is not enabled", -ENOTSUP},
	{"invalid auth token", -EKEYEXPIRED},
	{"revision of auth store is old", -EKEYEXPIRED},
	{"authentication failed", -EACCES},
	{"user name is empty", -EKEYEXPIRED},
	{"user name not found", -EACCES},
	{"permission denied", -EACCES},
	{"no leader", -EAGAIN},
	{"too many requests", -EAGAIN},
};

/* google.rpc.Code, as far as words say no more. */
enum {
	CODE_UNKNOWN = 2,
	CODE_DEADLINE = 4,
	CODE_PERMISSION = 7,
	CODE_EXHAUSTED = 8,
	CODE_ABORTED = 10,
	CODE_INTERNAL = 13,
	CODE_UNAVAILABLE = 14,
	CODE_UNAUTHENTICATED = 16,
};

static int error_of_code(uint64_t code)
{
	switch (code) {
	case CODE_PERMISSION:
		return -EACCES;
	case CODE_UNAUTHENTICATED:
		return -EKEYEXPIRED;
	case CODE_UNKNOWN:
	case CODE_DEADLINE:
	case CODE_EXHAUSTED:
	case CODE_ABORTED:
	case CODE_INTERNAL:
	case CODE_UNAVAILABLE:
		return -EAGAIN;
	default:
		return -EPROTO;
	}
}

/* 0: these words are not known. */
static int known(const char *words, size_t len)
{
	for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++)
		if (memmem(words, len, errors[i].words,
			   strlen(errors[i].words)))
			return errors[i].rc;
	return 0;
}

int etcd_error_of(const char *words, size_t len)
{
	int rc = known(words, len);

	return rc ? rc : -EAGAIN;
}

int etcd_get_error(long status, struct span s)
{
	uint64_t code;
	struct span words;
	const json_t *in;
	const char *number = "code";
	json_t *o;
	int rc;

	if (status == 200)
		return 0;
	o = etcd_json_open(s);
	if (!o) /* some proxy's, or no etcd at all */
		return status >= 500 ? -EAGAIN : -EPROTO;
	/* What answers as a stream says it in an object; Debian's 3.4 has a
	 * name of its own for the number there, newer ones do not. */
	in = json_object_get(o, "error");
	if (!json_is_object(in))
		in = o;
	else if (json_object_get(in, "grpc_code"))
		number = "grpc_code";
	words = etcd_json_text(in, "message");
	if (!words.len)
		words = etcd_json_text(in, "error");
	rc = known(words.s, words.len);
	if (!rc)
		rc = etcd_json_u64(in, number, &code) ? error_of_code(code)
						      : -EPROTO;
	json_decref(o);
	return rc;
}

/* ---- transactions and pages --------------------------------------------- */

/* The marker, from the one operation of those that were done instead. */
static bool get_marker(struct etcd_txn *t, const json_t *o)
{
	const json_t *first =
		json_array_get(json_object_get(o, "responses"), 0);
	const json_t *range = json_object_get(first, "response_range");
	const json_t *kv = json_array_get(json_object_get(range, "kvs"), 0);
	struct etcd_pair pair;
	uint8_t *bytes;
	bool ok;

	if (!kv)
		return json_is_object(range);
	if (!etcd_json_pair(kv, &pair))
		return false;
	bytes = malloc(etcd_base64_most(pair.value.len) + 1);
	ok = bytes && etcd_base64_get(pair.value, bytes, &t->marker_len);
	if (ok) {
		if (t->marker_len > ETCD_MARKER)
			t->marker_len = ETCD_MARKER;
		memcpy(t->marker_value, bytes, t->marker_len);
		t->marker_revision = pair.revision;
	}
	free(bytes);
	return ok;
}

int etcd_get_txn(struct etcd_txn *t, struct span s)
{
	json_t *o = etcd_json_open(s);
	bool ok = etcd_json_revision(o, &t->revision) && t->revision;

	t->marker_revision = 0;
	t->marker_len = 0;
	t->succeeded = json_is_true(json_object_get(o, "succeeded"));
	if (ok && !t->succeeded)
		ok = get_marker(t, o);
	json_decref(o);
	return ok ? 0 : -EPROTO;
}

/* Where the next page begins, if this one's last key is nobody's of ours. */
static bool keep_last(struct etcd_page *p, const char *key, size_t len)
{
	if (len > sizeof p->bytes)
		return false;
	memcpy(p->bytes, key, len);
	p->last = (struct span){(const char *)p->bytes, len};
	return true;
}

/* One key: its bytes and its value's lie in one piece of memory. */
static int get_kv(struct etcd_page *p, const json_t *o, const char *prefix,
		  etcd_each *each, void *arg)
{
	struct etcd_pair pair;
	struct etcd_kv kv;
	size_t len, room;
	char *key;
	int rc = -EPROTO;

	if (!etcd_json_pair(o, &pair))
		return -EPROTO;
	room = etcd_base64_most(pair.key.len) + 1;
	key = malloc(room + etcd_base64_most(pair.value.len) + 1);
	if (!key)
		return -ENOMEM;
	kv = (struct etcd_kv){.key = key,
			      .value = (uint8_t *)key + room,
			      .revision = pair.revision,
			      .lease = pair.lease};
	if (etcd_pair_key(&pair, prefix, key, &len) &&
	    etcd_base64_get(pair.value, (uint8_t *)key + room, &kv.len) &&
	    keep_last(p, key, len)) {
		rc = 0;
		if (etcd_is_key(key, len)) {
			p->n++;
			rc = each(arg, &kv);
		}
	}
	free(key);
	return rc;
}

int etcd_get_range(struct etcd_page *p, struct span s, const char *prefix,
		   etcd_each *each, void *arg)
{
	json_t *o = etcd_json_open(s);
	const json_t *kvs = json_object_get(o, "kvs");
	int rc = etcd_json_revision(o, &p->revision) && p->revision ? 0
								    : -EPROTO;

	p->n = 0;
	p->last = (struct span){"", 0};
	p->more = json_is_true(json_object_get(o, "more"));
	for (size_t i = 0; !rc && i < json_array_size(kvs); i++)
		rc = get_kv(p, json_array_get(kvs, i), prefix, each, arg);
	if (!rc && p->more && !p->last.len)
		rc = -EPROTO;
	json_decref(o);
	return rc;
}

/* ---- the rest ----------------------------------------------------------- */

/* What keeps a lease answers as a stream of one. */
int etcd_get_lease(struct etcd_lease *l, struct span s)
{
	json_t *o = etcd_json_open(s);
	const json_t *in = json_object_get(o, "result");
	const json_t *error = json_object_get(o, "error");
	struct span words = etcd_json_text(error, "message");
	int rc = error ? etcd_error_of(words.s, words.len) : -EPROTO;

	if (!in)
		in = o;
	if (!error && etcd_json_revision(in, &l->revision) &&
	    etcd_json_u64(in, "ID", &l->id) &&
	    etcd_json_u64(in, "TTL", &l->ttl))
		rc = 0;
	json_decref(o);
	return rc;
}

/* It becomes a line of a header. */
static bool is_token(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (s[i] <= ' ' || s[i] > '~')
			return false;
	return len;
}

int etcd_get_token(char to[ETCD_TOKEN], struct span s)
{
	json_t *o = etcd_json_open(s);
	struct span token = etcd_json_text(o, "token");
	bool ok = is_token(token.s, token.len) &&
		  text_copy(to, ETCD_TOKEN, token.s, token.len);

	json_decref(o);
	return ok ? 0 : -EPROTO;
}

int etcd_get_health(struct etcd_health *h, struct span s)
{
	json_t *o = etcd_json_open(s);
	bool ok = etcd_json_revision(o, &h->revision);
	struct span leader;

	/* A number of 64 bits without a sign: 0 is none. */
	leader = etcd_json_text(o, "leader");
	h->has_leader = leader.len && !span_is(leader, "0");
	json_decref(o);
	return ok ? 0 : -EPROTO;
}

int etcd_get_members(unsigned *n, struct span s)
{
	json_t *o = etcd_json_open(s);
	size_t found = json_array_size(json_object_get(o, "members"));

	json_decref(o);
	*n = (unsigned)found;
	return found && found < 1000 ? 0 : -EPROTO;
}

/* Alarms stand among the errors, each in words. */
static bool has_error(const json_t *o, const char *words)
{
	const json_t *all = json_object_get(o, "errors");

	for (size_t i = 0; i < json_array_size(all); i++) {
		const char *s = json_string_value(json_array_get(all, i));

		if (s && strstr(s, words))
			return true;
	}
	return false;
}

int etcd_get_status(struct store_member *m, struct span s)
{
	json_t *o = etcd_json_open(s);
	struct span leader = etcd_json_text(o, "leader");
	struct span own =
		etcd_json_text(json_object_get(o, "header"), "member_id");
	struct span version = etcd_json_text(o, "version");
	bool ok = etcd_json_u64(o, "dbSize", &m->size) &&
		  text_copy(m->version, sizeof m->version, version.s,
			    version.len);

	m->has_leader = leader.len && !span_is(leader, "0");
	m->is_leader = m->has_leader && own.len == leader.len &&
		       !memcmp(own.s, leader.s, own.len);
	m->is_full = has_error(o, "NOSPACE");
	json_decref(o);
	return ok && own.len ? 0 : -EPROTO;
}
