/*
 * Any bytes as an answer of etcd: what is read has the form that etcd_link.h
 * promises, and a watch hears the same however its bytes were cut.
 *
 * max_len: 4096
 */
#include "store/etcd_stream.h"
#include "store/etcd_text.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

/* What was told, as one number. */
struct told {
	uint64_t sum, revision;
	int rc;
};

static void mix(struct told *t, const void *p, size_t len)
{
	const uint8_t *b = p;

	for (size_t i = 0; i < len; i++)
		t->sum = (t->sum ^ b[i]) * 0x100000001b3U;
	t->sum = (t->sum ^ len) * 0x100000001b3U;
}

static void take(struct told *t, const struct etcd_kv *kv)
{
	size_t len = strlen(kv->key);

	assert(len && len < ETCD_KEY && kv->revision);
	for (size_t i = 0; i < len; i++)
		assert(kv->key[i] >= ' ' && kv->key[i] <= '~');
	mix(t, kv->key, len);
	if (kv->value)
		mix(t, kv->value, kv->len);
}

static int on_kv(void *arg, const struct etcd_kv *kv)
{
	assert(kv->value);
	take(arg, kv);
	return 0;
}

static void hear(struct told *t, struct etcd_stream *s)
{
	struct etcd_event e;

	while ((t->rc = etcd_stream_next(s, &e)) == 1) {
		assert(e.revision > t->revision && e.n);
		t->revision = e.revision;
		for (size_t i = 0; i < e.n; i++) {
			assert(e.v[i].revision == e.revision);
			take(t, &e.v[i]);
		}
		mix(t, &e.revision, sizeof e.revision);
	}
	assert(etcd_stream_told(s) >= t->revision);
}

static struct told listen(struct span s, size_t step)
{
	struct told t = {.revision = 5};
	struct etcd_stream *stream;

	assert(!etcd_stream_open(&stream, "/m/"));
	etcd_stream_begin(stream, t.revision);
	for (size_t at = 0; at < s.len; at += step) {
		size_t len = s.len - at < step ? s.len - at : step;

		assert(!etcd_stream_put(stream, (struct span){s.s + at, len}));
		hear(&t, stream);
	}
	etcd_stream_close(stream);
	return t;
}

static void read_all(struct span s)
{
	struct told t = {.sum = 0};
	char token[ETCD_TOKEN];
	struct etcd_txn txn = {.rc = 0};
	struct etcd_page page;
	struct etcd_lease lease;
	struct etcd_health health;
	unsigned n;

	if (!etcd_get_txn(&txn, s))
		assert(txn.revision && txn.marker_len <= ETCD_MARKER &&
		       (!txn.succeeded || !txn.marker_revision));
	if (!etcd_get_range(&page, s, "/m/", on_kv, &t))
		assert(page.revision && (!page.more || page.last.len));
	if (!etcd_get_token(token, s))
		assert(*token && !strpbrk(token, "\r\n "));
	if (!etcd_get_members(&n, s))
		assert(n);
	etcd_get_lease(&lease, s);
	etcd_get_health(&health, s);
	assert(etcd_get_error(400, s) < 0);
	assert(etcd_get_error(503, s) < 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct span s = {(const char *)bytes, len};
	struct told whole = listen(s, len ? len : 1);

	for (size_t step = 1; step < 64; step = step * 3 + 1) {
		struct told cut = listen(s, step);

		assert(cut.sum == whole.sum && cut.rc == whole.rc &&
		       cut.revision == whole.revision);
	}
	read_all(s);
	return 0;
}
