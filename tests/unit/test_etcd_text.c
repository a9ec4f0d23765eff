/*
 * What etcd is asked and what it answers.  The answers are those of etcd
 * 3.4.23, taken down from its gateway; ids and texts are as they came.
 */
#include "store/etcd_stream.h"
#include "store/etcd_text.h"
#include "store/store.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HEADER(revision)                                                       \
	"\"header\":{\"cluster_id\":\"14841639068965178418\","                 \
	"\"member_id\":\"10276657743932975437\",\"revision\":\"" revision      \
	"\",\"raft_term\":\"2\"}"

/* ---- what is asked ------------------------------------------------------- */

static void is_asked(struct sheet *s, const char *wanted)
{
	assert_false(s->failed);
	assert_int_equal(s->len, strlen(wanted));
	assert_memory_equal(s->s, wanted, s->len);
	sheet_close(s);
}

static void a_transaction_compares_and_then_puts_and_deletes(void **state)
{
	const struct etcd_compare must[] = {{"a", 2}, {"new", 0}};
	const struct etcd_op ops[] = {
		{"a", (const uint8_t *)"two", 3, 0},
		{"b", NULL, 0, 0},
		{"l", (const uint8_t *)"", 0, 4711},
	};
	const struct etcd_txn t = {must, ops, 2, 3, "mark", .rc = 0};
	struct sheet s = sheet_open(&etcd_alloc);

	(void)state;
	etcd_put_txn(&s, "/m/", &t);
	is_asked(&s, "{\"compare\":["
		     "{\"key\":\"L20vYQ==\",\"target\":\"MOD\",\"result\":"
		     "\"EQUAL\",\"mod_revision\":\"2\"},"
		     "{\"key\":\"L20vbmV3\",\"target\":\"MOD\",\"result\":"
		     "\"EQUAL\",\"mod_revision\":\"0\"}],\"success\":["
		     "{\"request_put\":{\"key\":\"L20vYQ==\","
		     "\"value\":\"dHdv\"}},"
		     "{\"request_delete_range\":{\"key\":\"L20vYg==\"}},"
		     "{\"request_put\":{\"key\":\"L20vbA==\",\"value\":\"\","
		     "\"lease\":\"4711\"}}],\"failure\":["
		     "{\"request_range\":{\"key\":\"L20vbWFyaw==\"}}]}");
}

static void pages_end_where_is_said_or_with_the_prefix(void **state)
{
	struct sheet s = sheet_open(&etcd_alloc);
	struct etcd_pages p = {.prefix = "/m/",
			       .from = {"e/", 2},
			       .to = "e0",
			       .limit = 1,
			       .revision = 7};

	(void)state;
	etcd_put_range(&s, &p);
	is_asked(&s, "{\"key\":\"L20vZS8=\",\"range_end\":\"L20vZTA=\","
		     "\"limit\":\"1\",\"revision\":\"7\"}");
	etcd_put_range(&s, &(struct etcd_pages){.prefix = "/m/", .to = ""});
	is_asked(&s, "{\"key\":\"L20v\",\"range_end\":\"L20w\"}");
}

static void a_watch_begins_behind_what_is_known(void **state)
{
	struct sheet s = sheet_open(&etcd_alloc);

	(void)state;
	etcd_put_watch(&s, "/m/", 5);
	is_asked(&s, "{\"create_request\":{\"key\":\"L20v\",\"range_end\":"
		     "\"L20w\",\"start_revision\":\"6\","
		     "\"progress_notify\":true,\"fragment\":true}}");
	etcd_put_grant(&s, 5);
	is_asked(&s, "{\"TTL\":\"5\"}");
	etcd_put_lease(&s, INT64_MAX);
	is_asked(&s, "{\"ID\":\"9223372036854775807\"}");
	etcd_put_login(&s, "mu\"ster", "\\");
	is_asked(&s, "{\"name\":\"mu\\\"ster\",\"password\":\"\\\\\"}");
}

/* Each length of the last three bytes, and each letter. */
static void all_bytes_come_back(void **state)
{
	uint8_t bytes[256];
	struct etcd_op op = {"k", bytes, 0, 0};
	const struct etcd_txn t = {.ops = &op, .n_ops = 1, .marker = "m"};

	(void)state;
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)(i * 7);
	for (op.len = 0; op.len < sizeof bytes; op.len++) {
		struct sheet s = sheet_open(&etcd_alloc);
		struct etcd_txn got = {.rc = 0};
		char answer[1024];
		char *value;

		etcd_put_txn(&s, "", &t);
		sheet_bytes(&s, "", 1);
		value = strstr(s.s, "\"value\":\"");
		assert_non_null(value);
		value[strcspn(value, "}")] = 0;
		snprintf(answer, sizeof answer,
			 "{" HEADER("5") ",\"responses\":[{\"response_range\":"
					 "{\"kvs\":[{\"key\":\"bQ==\",\"mod_"
					 "revision\":\"4\",%s}]}}]}",
			 value);
		assert_int_equal(etcd_get_txn(&got, span_of(answer)), 0);
		assert_int_equal(got.marker_len, op.len < 16 ? op.len : 16);
		assert_memory_equal(got.marker_value, bytes, got.marker_len);
		sheet_close(&s);
	}
}

/* ---- what is answered ---------------------------------------------------- */

#define LATE_MARKER                                                            \
	"{" HEADER("4") ",\"responses\":[{\"response_range\":{\"header\":{"    \
			"\"revision\":\"4\"},\"kvs\":[{\"key\":"               \
			"\"L20vYQ==\",\"create_revision\":\"2\","              \
			"\"mod_revision\":\"4\",\"version\":\"2\","            \
			"\"value\":\"dHdv\"}],\"count\":\"1\"}}]}"

static void a_transaction_was_done_or_shows_the_marker(void **state)
{
	struct etcd_txn t = {.rc = 0};

	(void)state;
	assert_int_equal(
		etcd_get_txn(
			&t,
			span_of("{" HEADER(
				"4") ",\"succeeded\":true,\"responses\":[{"
				     "\"response_put\":{\"header\":{"
				     "\"revision\":\"4\"}}},{\"response_"
				     "delete_range\":{\"header\":{\"revision\":"
				     "\"4\"},\"deleted\":\"1\"}}]}")),
		0);
	assert_true(t.succeeded);
	assert_int_equal(t.revision, 4);
	assert_int_equal(etcd_get_txn(&t, span_of(LATE_MARKER)), 0);
	assert_false(t.succeeded);
	assert_int_equal(t.marker_revision, 4);
	assert_int_equal(t.marker_len, 3);
	assert_memory_equal(t.marker_value, "two", 3);
	assert_int_equal(
		etcd_get_txn(&t, span_of("{" HEADER("5") ",\"responses\":[{"
							 "\"response_range\":"
							 "{\"header\":{"
							 "\"revision\":\"5\"}}"
							 "}]}")),
		0);
	assert_int_equal(t.marker_revision, 0);
	assert_int_equal(t.marker_len, 0);
}

static void what_is_no_answer_of_a_transaction_is_refused(void **state)
{
	static const char *const wrong[] = {
		"",
		"[]",
		"{}",
		"OK",
		"{\"header\":{\"revision\":\"4\"}}",
		"{\"header\":{\"revision\":\"four\"},\"succeeded\":true}",
		"{\"header\":{\"revision\":-4},\"succeeded\":true}",
		"{\"header\":{\"revision\":\"0\"},\"succeeded\":true}",
		"{\"header\":[],\"succeeded\":true}",
		"{\"header\":{\"revision\":\"4\"},\"succeeded\":\"true\"}",
		"{\"header\":{\"revision\":\"4\"},\"responses\":[{\"response_"
		"range\":{\"kvs\":[{\"key\":\"L20v\",\"mod_revision\":\"4\","
		"\"value\":\"A\"}]}}]}",
		("{\"header\":{\"revision\":\"99999999999999999999\"},"
		 "\"succeeded\":true}"),
	};
	struct etcd_txn t = {.rc = 0};

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		assert_int_equal(etcd_get_txn(&t, span_of(wrong[i])), -EPROTO);
	/* As newer ones may write it. */
	assert_int_equal(
		etcd_get_txn(&t, span_of("{\"header\":{\"revision\":4},"
					 "\"succeeded\":true}")),
		0);
}

static void what_is_nested_too_deeply_is_not_even_read(void **state)
{
	char deep[200000];
	struct etcd_txn t = {.rc = 0};

	(void)state;
	memset(deep, '[', sizeof deep);
	assert_int_equal(etcd_get_txn(&t, (struct span){deep, sizeof deep}),
			 -EPROTO);
	assert_int_equal(
		etcd_get_txn(&t, span_of("{\"header\":{\"revision\":\"4\"},"
					 "\"succeeded\":true,\"x\":[[[[[[[[[["
					 "[[[[[[]]]]]]]]]]]]]]]]}")),
		-EPROTO);
	memcpy(deep, "{\"a\":", 5);
	assert_int_equal(etcd_get_txn(&t, (struct span){deep, sizeof deep}),
			 -EPROTO);
}

struct told {
	char text[512];
	int rc;
};

static void add_kv(struct told *t, const struct etcd_kv *kv)
{
	size_t len = strlen(t->text);

	snprintf(t->text + len, sizeof t->text - len, "%s@%d%c%.*s ", kv->key,
		 (int)kv->revision, kv->value ? '=' : '-', (int)kv->len,
		 kv->value ? (const char *)kv->value : "");
}

static int on_kv(void *arg, const struct etcd_kv *kv)
{
	struct told *t = arg;

	add_kv(t, kv);
	return t->rc;
}

#define TWO_KEYS                                                               \
	"{" HEADER("3") ",\"kvs\":[{\"key\":\"L20vYQ==\",\"create_revision\":" \
			"\"2\",\"mod_revision\":\"2\",\"version\":\"1\","      \
			"\"value\":\"b25l\"},{\"key\":\"L20vYg==\","           \
			"\"create_revision\":\"3\",\"mod_revision\":\"3\","    \
			"\"version\":\"1\"}],\"count\":\"2\"}"

static void a_page_tells_each_key(void **state)
{
	struct told t = {.text = ""};
	struct etcd_page p;

	(void)state;
	assert_int_equal(
		etcd_get_range(&p, span_of(TWO_KEYS), "/m/", on_kv, &t), 0);
	assert_string_equal(t.text, "a@2=one b@3= ");
	assert_int_equal(p.revision, 3);
	assert_int_equal(p.n, 2);
	assert_false(p.more);
	assert_int_equal(etcd_get_range(&p, span_of("{" HEADER("3") "}"), "/m/",
					on_kv, &t),
			 0);
	assert_int_equal(p.n, 0);
	/* Who has enough says so. */
	t = (struct told){.rc = -EINTR};
	assert_int_equal(
		etcd_get_range(&p, span_of(TWO_KEYS), "/m/", on_kv, &t),
		-EINTR);
	assert_string_equal(t.text, "a@2=one ");
	/* Not below the prefix that was asked for. */
	assert_int_equal(
		etcd_get_range(&p, span_of(TWO_KEYS), "/x/", on_kv, &t),
		-EPROTO);
}

/* /m/ and 96 times "k"; /m/ and a byte that is no ASCII. */
static void keys_that_cannot_be_ours_are_passed_over(void **state)
{
	static const char long_key[] = "L20va2tra2tra2tra2tra2tra2tra2tra2tra2t"
				       "ra2tra2tra2tra2tra2tra2tr"
				       "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2t"
				       "ra2tra2tra2tra2tra2tra2tra2tr";
	char page[512];
	struct told t = {.text = ""};
	struct etcd_page p;

	(void)state;
	snprintf(
		page, sizeof page,
		"{" HEADER("9") ",\"more\":true,\"kvs\":[{\"key\":\"%s\","
				"\"mod_revision\":\"4\"},{\"key\":\"L20v/w==\","
				"\"mod_revision\":\"5\"}]}",
		long_key);
	assert_int_equal(etcd_get_range(&p, span_of(page), "/m/", on_kv, &t),
			 0);
	assert_string_equal(t.text, "");
	assert_int_equal(p.n, 0);
	assert_true(p.more);
	assert_int_equal(p.last.len, 1);
	assert_memory_equal(p.last.s, "\xff", 1);
}

static void leases_are_granted_and_kept(void **state)
{
	struct etcd_lease l;

	(void)state;
	assert_int_equal(
		etcd_get_lease(&l,
			       span_of("{" HEADER(
				       "6") ",\"ID\":\"7587899257183361041\","
					    "\"TTL\":\"5\"}")),
		0);
	assert_int_equal(l.id, 7587899257183361041);
	assert_int_equal(l.ttl, 5);
	/* Kept, and one that has ended. */
	assert_int_equal(
		etcd_get_lease(&l,
			       span_of("{\"result\":{" HEADER(
				       "6") ",\"ID\":\"4711\",\"TTL\":\"5\"}}"
					    "\n")),
		0);
	assert_int_equal(l.ttl, 5);
	assert_int_equal(
		etcd_get_lease(&l, span_of("{\"result\":{" HEADER(
					   "6") ",\"ID\":\"4712\"}}\n")),
		0);
	assert_int_equal(l.ttl, 0);
	assert_int_equal(
		etcd_get_lease(&l,
			       span_of("{\"error\":{\"grpc_code\":14,\"http_"
				       "code\":503,\"message\":\"etcdserver: "
				       "no leader\"}}")),
		-EAGAIN);
}

static void tokens_health_and_members(void **state)
{
	char token[ETCD_TOKEN];
	struct etcd_health h;
	unsigned n;

	(void)state;
	assert_int_equal(
		etcd_get_token(
			token,
			span_of("{" HEADER(
				"13") ",\"token\":\"fqHLnkROmVnkCTrB.34\"}")),
		0);
	assert_string_equal(token, "fqHLnkROmVnkCTrB.34");
	assert_int_equal(etcd_get_token(token, span_of("{\"token\":\"a\\r\\nX: "
						       "b\"}")),
			 -EPROTO);
	assert_int_equal(
		etcd_get_health(
			&h, span_of("{" HEADER(
				    "8") ",\"version\":\"3.4.23\",\"dbSize\":"
					 "\"32768\",\"leader\":"
					 "\"10276657743932975437\"}")),
		0);
	assert_true(h.has_leader);
	assert_int_equal(h.revision, 8);
	assert_int_equal(etcd_get_health(&h, span_of("{" HEADER("8") "}")), 0);
	assert_false(h.has_leader);
	assert_int_equal(
		etcd_get_members(&n, span_of("{\"members\":[{\"ID\":\"1\"},{"
					     "\"ID\":\"2\"}]}")),
		0);
	assert_int_equal(n, 2);
	assert_int_equal(etcd_get_members(&n, span_of("{}")), -EPROTO);
}

static void a_member_says_how_it_is(void **state)
{
	struct store_member m = {.rc = 0};

	(void)state;
	assert_int_equal(
		etcd_get_status(&m, span_of("{\"header\":{\"member_id\":\"7\","
					    "\"revision\":\"8\"},\"version\":"
					    "\"3.4.23\",\"dbSize\":\"32768\","
					    "\"leader\":\"7\",\"errors\":["
					    "\"memberID:7 alarm:NOSPACE \"]}")),
		0);
	assert_true(m.has_leader && m.is_leader && m.is_full);
	assert_int_equal(m.size, 32768);
	assert_string_equal(m.version, "3.4.23");
	assert_int_equal(
		etcd_get_status(&m, span_of("{\"header\":{\"member_id\":"
					    "\"7\"},\"leader\":\"8\"}")),
		0);
	assert_true(m.has_leader && !m.is_leader && !m.is_full);
	assert_int_equal(
		etcd_get_status(&m, span_of("{\"header\":{\"member_id\":"
					    "\"7\"},\"errors\":[\"etcdserver: "
					    "no leader\"]}")),
		0);
	assert_false(m.has_leader);
	assert_int_equal(etcd_get_status(&m, span_of("{}")), -EPROTO);
}

static const struct {
	long status;
	const char *words;
	int code, rc;
} errors[] = {
	{400, "etcdserver: too many operations in txn request", 3, -E2BIG},
	{400, "etcdserver: request is too large", 3, -EMSGSIZE},
	{429,
	 "grpc: received message larger than max (3000008 vs. "
	 "528384)",
	 8, -EMSGSIZE},
	{429, "etcdserver: mvcc: database space exceeded", 8, -ENOSPC},
	{429, "etcdserver: too many requests", 8, -EAGAIN},
	{400, "etcdserver: mvcc: required revision has been compacted", 11,
	 -ESTALE},
	{400, "etcdserver: mvcc: required revision is a future revision", 11,
	 -ESTALE},
	{404, "etcdserver: requested lease not found", 5, -ENOENT},
	{412, "etcdserver: authentication is not enabled", 9, -ENOTSUP},
	{400,
	 "etcdserver: authentication failed, invalid user ID or "
	 "password",
	 3, -EACCES},
	{403, "etcdserver: permission denied", 7, -EACCES},
	{400, "etcdserver: user name is empty", 3, -EKEYEXPIRED},
	{401, "etcdserver: invalid auth token", 16, -EKEYEXPIRED},
	{503, "etcdserver: no leader", 14, -EAGAIN},
	{503, "etcdserver: request timed out", 14, -EAGAIN},
	{503, "etcdserver: leader changed", 14, -EAGAIN},
	{400, "etcdserver: duplicate key given in txn request", 3, -EPROTO},
	{400, "etcdserver: key is not provided", 3, -EPROTO},
};

/* "error" and "message" say the same; newer ones have the second alone. */
static void every_error_has_its_number(void **state)
{
	char s[256];

	(void)state;
	for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
		snprintf(s, sizeof s,
			 "{\"error\":\"%s\",\"message\":\"%s\",\"code\":%d}",
			 errors[i].words, errors[i].words, errors[i].code);
		assert_int_equal(etcd_get_error(errors[i].status, span_of(s)),
				 errors[i].rc);
		snprintf(s, sizeof s, "{\"code\":%d,\"message\":\"%s\"}",
			 errors[i].code, errors[i].words);
		assert_int_equal(etcd_get_error(errors[i].status, span_of(s)),
				 errors[i].rc);
	}
}

static void errors_of_the_way_have_numbers_too(void **state)
{
	(void)state;
	/* What keeps a lease, when there is no majority. */
	assert_int_equal(
		etcd_get_error(503, span_of("{\"error\":{\"grpc_code\":14,"
					    "\"http_code\":503,\"message\":"
					    "\"etcdserver: no leader\","
					    "\"http_status\":"
					    "\"Service Unavailable\"}}")),
		-EAGAIN);
	/* Words that we do not know; as 3.4 and as newer ones number them. */
	assert_int_equal(
		etcd_get_error(503, span_of("{\"error\":{\"grpc_code\":14,"
					    "\"http_code\":503,\"message\":"
					    "\"transport is closing\"}}")),
		-EAGAIN);
	assert_int_equal(
		etcd_get_error(503, span_of("{\"error\":{\"code\":14,"
					    "\"message\":"
					    "\"transport is closing\"}}")),
		-EAGAIN);
	assert_int_equal(etcd_get_error(401, span_of("{\"error\":{\"code\":16,"
						     "\"message\":\"?\"}}")),
			 -EKEYEXPIRED);
	assert_int_equal(etcd_get_error(200, span_of("")), 0);
	assert_int_equal(etcd_get_error(404, span_of("Not Found\n")), -EPROTO);
	assert_int_equal(etcd_get_error(502, span_of("<html>")), -EAGAIN);
}

/* ---- the watch ----------------------------------------------------------- */

#define CREATED "{\"result\":{" HEADER("8") ",\"created\":true}}\n"
#define EVENTS                                                                 \
	"{\"result\":{" HEADER(                                                \
		"8") ",\"events\":[{\"kv\":{\"key\":\"L20vYQ==\","             \
		     "\"create_revision\":\"2\",\"mod_revision\":\"6\","       \
		     "\"version\":\"3\",\"value\":\"dHdv\"}},{\"kv\":{"        \
		     "\"key\":\"L20vbA==\",\"create_revision\":\"7\","         \
		     "\"mod_revision\":\"7\",\"version\":\"1\",\"lease\":"     \
		     "\"4711\"}},{\"type\":\"DELETE\",\"kv\":{\"key\":"        \
		     "\"L20vbA==\",\"mod_revision\":\"8\"}}]}}\n"
#define MORE                                                                   \
	"{\"result\":{" HEADER(                                                \
		"9") ",\"events\":[{\"kv\":{\"key\":\"L20vcQ==\","             \
		     "\"create_revision\":\"9\",\"mod_revision\":\"9\","       \
		     "\"version\":\"1\",\"value\":\"dHdv\"}},{\"type\":"       \
		     "\"DELETE\",\"kv\":{\"key\":\"L20vYQ==\","                \
		     "\"mod_revision\":\"9\"}}]}}\n"
#define COMPACTED                                                              \
	"{\"result\":{" HEADER("8") ",\"canceled\":true,"                      \
				    "\"compact_revision\":\"6\"}}\n"
#define CANCELED(why)                                                          \
	"{\"result\":{" HEADER("14") ",\"watch_id\":\"-1\",\"created\":true,"  \
				     "\"canceled\":true,\"cancel_reason\":"    \
				     "\"rpc error: code = X desc = "           \
				     "etcdserver: " why "\"}}\n"

static struct etcd_stream *open_stream(uint64_t after)
{
	struct etcd_stream *s;

	assert_int_equal(etcd_stream_open(&s, "/m/"), 0);
	etcd_stream_begin(s, after);
	return s;
}

/* All that is told, one revision a line, and what it ends with. */
static int listen(struct etcd_stream *s, struct told *t)
{
	struct etcd_event e;
	int rc;

	while ((rc = etcd_stream_next(s, &e)) == 1) {
		for (size_t i = 0; i < e.n; i++)
			add_kv(t, &e.v[i]);
		strcat(t->text, "| ");
	}
	return rc;
}

static void is_told(uint64_t after, const char *bytes, const char *wanted,
		    int rc)
{
	size_t len = strlen(bytes);

	/* Cut in two anywhere. */
	for (size_t cut = 0; cut<len; cut += len> 2000 ? 97 : 1) {
		struct etcd_stream *s = open_stream(after);
		struct told t = {.text = ""};

		assert_int_equal(etcd_stream_put(s, (struct span){bytes, cut}),
				 0);
		listen(s, &t);
		assert_int_equal(etcd_stream_put(s, span_of(bytes + cut)), 0);
		assert_int_equal(listen(s, &t), rc);
		assert_int_equal(listen(s, &t), rc);
		assert_string_equal(t.text, wanted);
		etcd_stream_close(s);
	}
}

static void a_watch_tells_revision_by_revision(void **state)
{
	(void)state;
	is_told(5, CREATED EVENTS MORE,
		"a@6=two | l@7= | l@8- | q@9=two a@9- | ", 0);
}

static void what_was_told_before_is_not_told_again(void **state)
{
	(void)state;
	is_told(7, CREATED EVENTS MORE, "l@8- | q@9=two a@9- | ", 0);
	is_told(5, CREATED EVENTS EVENTS MORE,
		"a@6=two | l@7= | l@8- | q@9=two a@9- | ", 0);
}

static void an_unfinished_line_says_nothing(void **state)
{
	struct etcd_stream *s = open_stream(5);
	struct told t = {.text = ""};

	(void)state;
	etcd_stream_put(
		s, (struct span){CREATED EVENTS, strlen(CREATED EVENTS) - 1});
	assert_int_equal(listen(s, &t), 0);
	assert_string_equal(t.text, "");
	assert_true(etcd_stream_is_created(s));
	/* The connection broke; the next one begins where nothing was told. */
	etcd_stream_begin(s, etcd_stream_told(s));
	assert_false(etcd_stream_is_created(s));
	etcd_stream_put(s, span_of(CREATED EVENTS));
	assert_int_equal(listen(s, &t), 0);
	assert_string_equal(t.text, "a@6=two | l@7= | l@8- | ");
	assert_int_equal(etcd_stream_told(s), 8);
	etcd_stream_close(s);
}

/* One revision, cut by etcd in three. */
static void pieces_of_a_revision_are_told_together(void **state)
{
#define PIECE(more, key, revision)                                             \
	"{\"result\":{" HEADER("9") more                                       \
		",\"events\":[{\"kv\":{\"key\":\"L20v" key                     \
		"\",\"mod_revision\":\"" revision "\"}}]}}\n"
	static const char cut[] = PIECE(",\"fragment\":true", "YQ==", "8")
		PIECE(",\"fragment\":true", "Yg==", "9")
			PIECE(",\"fragment\":true", "Yw==", "9");

	(void)state;
	is_told(5, cut, "a@8= | ", 0);
	is_told(5,
		PIECE(",\"fragment\":true", "YQ==", "9")
			PIECE(",\"fragment\":true", "Yg==", "9")
				PIECE("", "Yw==", "9"),
		"a@9= b@9= c@9= | ", 0);
	/* Not in the order of the revisions: no such thing. */
	is_told(5,
		PIECE(",\"fragment\":true", "YQ==", "9") PIECE("", "Yg==", "8"),
		"", -EPROTO);
}

static void progress_without_events_is_where_to_go_on(void **state)
{
	struct etcd_stream *s = open_stream(5);
	struct told t = {.text = ""};

	(void)state;
	etcd_stream_put(s, span_of(CREATED));
	assert_int_equal(listen(s, &t), 0);
	assert_int_equal(etcd_stream_told(s), 5);
	assert_int_equal(etcd_stream_latest(s), 8);
	etcd_stream_put(s, span_of("{\"result\":{" HEADER("700") "}}\n"));
	assert_int_equal(listen(s, &t), 0);
	assert_int_equal(etcd_stream_told(s), 700);
	etcd_stream_close(s);
}

static void a_watch_ends_for_many_reasons(void **state)
{
	(void)state;
	is_told(2, CREATED COMPACTED, "", -ESTALE);
	is_told(5, CREATED EVENTS COMPACTED, "a@6=two | l@7= | l@8- | ",
		-ESTALE);
	is_told(5, CANCELED("permission denied"), "", -EACCES);
	is_told(5, CANCELED("user name is empty"), "", -EKEYEXPIRED);
	is_told(5, CANCELED("invalid auth token"), "", -EKEYEXPIRED);
	is_told(5,
		CREATED "{\"error\":{\"grpc_code\":14,\"http_code\":503,"
			"\"message\":\"etcdserver: no leader\","
			"\"http_status\":\"Service Unavailable\"}}\n",
		"", -EAGAIN);
	is_told(5, CREATED "<html>\n", "", -EPROTO);
	is_told(5, "{\"result\":{\"events\":[]}}\n", "", -EPROTO);
	is_told(5, "\n" CREATED "\n", "", 0);
}

/* Another's key below our prefix is no event, but its revision is over. */
static void keys_that_cannot_be_ours_are_no_event(void **state)
{
	static const char odd[] =
		"{\"result\":{" HEADER("9") ",\"events\":[{\"kv\":{\"key\":"
					    "\"L20v/w==\",\"mod_revision\":"
					    "\"9\"}}]}}\n";
	struct etcd_stream *s = open_stream(5);
	struct told t = {.text = ""};

	(void)state;
	etcd_stream_put(s, span_of(odd));
	assert_int_equal(listen(s, &t), 0);
	assert_string_equal(t.text, "");
	assert_int_equal(etcd_stream_told(s), 9);
	etcd_stream_close(s);
}

static void who_does_not_listen_is_told_no_more(void **state)
{
	struct etcd_stream *s = open_stream(5);
	struct etcd_event e;
	unsigned n = 0, told = 0;
	size_t len = 0;
	char line[512];

	(void)state;
	for (; etcd_stream_has_room(s); n++) {
		snprintf(line, sizeof line,
			 "{\"result\":{" HEADER(
				 "9") ",\"events\":[{\"kv\":{\"key\":"
				      "\"L20vcQ==\",\"mod_revision\":\"%u\"}}"
				      "]}}\n",
			 10 + n);
		assert_int_equal(etcd_stream_put(s, span_of(line)), 0);
		len += strlen(line);
	}
	assert_in_range(len, ETCD_STREAM_FULL, ETCD_STREAM_FULL + sizeof line);
	while (etcd_stream_next(s, &e) == 1)
		told++;
	assert_int_equal(told, n);
	assert_true(etcd_stream_has_room(s));
	etcd_stream_close(s);
}

static void a_line_without_end_is_not_kept(void **state)
{
	static char some[65536];
	struct etcd_stream *s = open_stream(5);
	struct etcd_event e;
	size_t len = 0;

	(void)state;
	memset(some, ' ', sizeof some);
	for (; len < 2 * (size_t)ETCD_STREAM_LINE; len += sizeof some) {
		assert_true(etcd_stream_has_room(s));
		assert_int_equal(
			etcd_stream_put(s, (struct span){some, sizeof some}),
			0);
	}
	assert_int_equal(etcd_stream_next(s, &e), -ESTALE);
	etcd_stream_begin(s, 5);
	etcd_stream_put(s, span_of(CREATED));
	assert_int_equal(etcd_stream_next(s, &e), 0);
	etcd_stream_close(s);
}

/* Somebody deletes a million keys in one transaction: it is loaded anew. */
static void a_revision_without_end_is_not_kept(void **state)
{
	enum { LINE = 4096 };
	struct etcd_stream *s = open_stream(5);
	struct sheet line = sheet_open(&etcd_alloc);
	struct etcd_event e;
	int rc = 0;
	unsigned n = 0;

	(void)state;
	sheet_add(&line, "{\"result\":{" HEADER("9") ",\"fragment\":true,"
						     "\"events\":[");
	for (unsigned i = 0; i < LINE; i++)
		sheet_add(&line, &",{\"kv\":{\"key\":\"L20vYQ==\","
				  "\"mod_revision\":\"9\"}}"[!i]);
	sheet_add(&line, "]}}\n");
	assert_false(line.failed);
	for (; !rc && n < 2 * ETCD_STREAM_KEYS; n += LINE) {
		etcd_stream_put(s, (struct span){line.s, line.len});
		rc = etcd_stream_next(s, &e);
	}
	assert_int_equal(rc, -ESTALE);
	assert_int_equal(n, ETCD_STREAM_KEYS + LINE);
	sheet_close(&line);
	etcd_stream_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_transaction_compares_and_then_puts_and_deletes),
		cmocka_unit_test(pages_end_where_is_said_or_with_the_prefix),
		cmocka_unit_test(a_watch_begins_behind_what_is_known),
		cmocka_unit_test(all_bytes_come_back),
		cmocka_unit_test(a_transaction_was_done_or_shows_the_marker),
		cmocka_unit_test(what_is_no_answer_of_a_transaction_is_refused),
		cmocka_unit_test(what_is_nested_too_deeply_is_not_even_read),
		cmocka_unit_test(a_page_tells_each_key),
		cmocka_unit_test(keys_that_cannot_be_ours_are_passed_over),
		cmocka_unit_test(leases_are_granted_and_kept),
		cmocka_unit_test(tokens_health_and_members),
		cmocka_unit_test(a_member_says_how_it_is),
		cmocka_unit_test(every_error_has_its_number),
		cmocka_unit_test(errors_of_the_way_have_numbers_too),
		cmocka_unit_test(a_watch_tells_revision_by_revision),
		cmocka_unit_test(what_was_told_before_is_not_told_again),
		cmocka_unit_test(an_unfinished_line_says_nothing),
		cmocka_unit_test(pieces_of_a_revision_are_told_together),
		cmocka_unit_test(progress_without_events_is_where_to_go_on),
		cmocka_unit_test(a_watch_ends_for_many_reasons),
		cmocka_unit_test(keys_that_cannot_be_ours_are_no_event),
		cmocka_unit_test(who_does_not_listen_is_told_no_more),
		cmocka_unit_test(a_line_without_end_is_not_kept),
		cmocka_unit_test(a_revision_without_end_is_not_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
