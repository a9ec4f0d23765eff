/*
 * What is asked of etcd.  Nothing in it has to be quoted: names and values are
 * base64 and digits; but for a name and a password, which jansson writes.
 */
#include "store/etcd_text.h"

#include "store/etcd_json.h"

#include <stdlib.h>
#include <string.h>

static void *get(void *arg, size_t n, size_t size)
{
	(void)arg;
	return calloc(n, size);
}

static void put(void *arg, void *p)
{
	(void)arg;
	free(p);
}

const struct alloc etcd_alloc = {NULL, get, put};

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			      "abcdefghijklmnopqrstuvwxyz0123456789+/";

static void put_base64(struct sheet *to, const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i += 3) {
		size_t n = len - i < 3 ? len - i : 3;
		unsigned bits = (unsigned)p[i] << 16;
		char four[4] = {'=', '=', '=', '='};

		if (n > 1)
			bits |= (unsigned)p[i + 1] << 8;
		if (n > 2)
			bits |= p[i + 2];
		for (size_t j = 0; j <= n; j++)
			four[j] = letters[bits >> (18 - 6 * j) & 63];
		sheet_bytes(to, four, sizeof four);
	}
}

/* "key":"...", of a prefix and what follows. */
static void put_key(struct sheet *to, const char *name, const char *prefix,
		    struct span key)
{
	uint8_t all[ETCD_PREFIX + 1024];
	size_t len = strlen(prefix);

	if (len + key.len > sizeof all) {
		to->failed = true;
		return;
	}
	memcpy(all, prefix, len);
	if (key.len)
		memcpy(all + len, key.s, key.len);
	sheet_add(to, "\"");
	sheet_add(to, name);
	sheet_add(to, "\":\"");
	put_base64(to, all, len + key.len);
	sheet_add(to, "\"");
}

/* The first key behind all that begin with the prefix: its last byte, which is
 * ASCII, and one more. */
static void put_end(struct sheet *to, const char *prefix)
{
	char end[ETCD_PREFIX];
	size_t len = strlen(prefix);

	memcpy(end, prefix, len);
	end[len - 1]++;
	sheet_add(to, ",");
	put_key(to, "range_end", "", (struct span){end, len});
}

/* ,"name":"number", unless it is 0. */
static void put_number(struct sheet *to, const char *name, uint64_t n)
{
	if (!n)
		return;
	sheet_add(to, ",\"");
	sheet_add(to, name);
	sheet_add(to, "\":\"");
	sheet_u64(to, n);
	sheet_add(to, "\"");
}

static void put_op(struct sheet *to, const char *prefix,
		   const struct etcd_op *op)
{
	sheet_add(to, op->value ? "{\"request_put\":{"
				: "{\"request_delete_range\":{");
	put_key(to, "key", prefix, span_of(op->key));
	if (op->value) {
		sheet_add(to, ",\"value\":\"");
		put_base64(to, op->value, op->len);
		sheet_add(to, "\"");
		put_number(to, "lease", op->lease);
	}
	sheet_add(to, "}}");
}

void etcd_put_txn(struct sheet *to, const char *prefix,
		  const struct etcd_txn *t)
{
	sheet_add(to, "{\"compare\":[");
	for (size_t i = 0; i < t->n_compares; i++) {
		sheet_add(to, i ? ",{" : "{");
		put_key(to, "key", prefix, span_of(t->compares[i].key));
		sheet_add(to, ",\"target\":\"MOD\",\"result\":\"EQUAL\","
			      "\"mod_revision\":\"");
		sheet_u64(to, t->compares[i].revision);
		sheet_add(to, "\"}");
	}
	sheet_add(to, "],\"success\":[");
	for (size_t i = 0; i < t->n_ops; i++) {
		sheet_add(to, i ? "," : "");
		put_op(to, prefix, &t->ops[i]);
	}
	sheet_add(to, "],\"failure\":[{\"request_range\":{");
	put_key(to, "key", prefix, span_of(t->marker));
	sheet_add(to, "}}]}");
}

void etcd_put_range(struct sheet *to, const struct etcd_pages *p)
{
	sheet_add(to, "{");
	put_key(to, "key", p->prefix, p->from);
	if (*p->to) {
		sheet_add(to, ",");
		put_key(to, "range_end", p->prefix, span_of(p->to));
	} else {
		put_end(to, p->prefix);
	}
	put_number(to, "limit", p->limit);
	put_number(to, "revision", p->revision);
	sheet_add(to, "}");
}

void etcd_put_watch(struct sheet *to, const char *prefix, uint64_t after)
{
	sheet_add(to, "{\"create_request\":{");
	put_key(to, "key", prefix, (struct span){"", 0});
	put_end(to, prefix);
	put_number(to, "start_revision", after + 1);
	sheet_add(to, ",\"progress_notify\":true,\"fragment\":true}}");
}

void etcd_put_grant(struct sheet *to, unsigned ttl)
{
	sheet_add(to, "{\"TTL\":\"");
	sheet_u64(to, ttl);
	sheet_add(to, "\"}");
}

void etcd_put_lease(struct sheet *to, uint64_t lease)
{
	sheet_add(to, "{\"ID\":\"");
	sheet_u64(to, lease);
	sheet_add(to, "\"}");
}

void etcd_put_login(struct sheet *to, const char *user, const char *password)
{
	json_t *o = json_pack("{s:s, s:s}", "name", user, "password", password);
	char *s = json_dumps(o, JSON_COMPACT);

	if (s)
		sheet_add(to, s);
	else
		to->failed = true;
	free(s);
	json_decref(o);
}
