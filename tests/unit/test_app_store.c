/*
 * What an administrator is told of a store that several servers share: how it
 * stands, and who refused an edit.  Two servers over the model of etcd.
 */
#include "app/admin.h"
#include "sim/etcd_model.h"
#include "store/store.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "admin_desk.h"
#include "changes.h"

struct pair {
	struct desk *desk;
	struct etcd_model *m;
	struct etcd_link *link[2];
	struct store *s[2];
};

static int open_pair(void **state)
{
	struct pair *p = calloc(1, sizeof *p);
	struct etcd_config config = {.wait = MILLISECONDS(500),
				     .txn_ops = ETCD_TXN_OPS,
				     .server = "hook"};
	const struct alloc *alloc;

	open_desk((void **)&p->desk);
	alloc = &p->desk->purse.alloc;
	assert_int_equal(etcd_model_open(&p->m, alloc, 1), 0);
	for (int i = 0; i < 2; i++) {
		if (i)
			strcpy(config.server, "smee");
		p->link[i] = etcd_model_link(p->m);
		assert_int_equal(
			store_etcd_open(&p->s[i], p->link[i], &config, alloc),
			0);
	}
	*state = p;
	return 0;
}

static int close_pair(void **state)
{
	struct pair *p = *state;
	void *desk = p->desk;

	for (int i = 0; i < 2; i++)
		p->s[i]->ops->close(p->s[i]);
	etcd_model_close(p->m);
	free(p);
	return close_desk(&desk);
}

/* As the daemon answers. */
static const char *ask_store(struct pair *p, int server, const char *method,
			     const char *path, const char *body)
{
	struct desk *d = p->desk;
	struct admin a = {.status = 0};
	json_t *json = body ? admin_body(&a, body, strlen(body)) : NULL;
	struct admin_request q = {.method = method, .path = path, .body = json};
	char *text;

	admin_ask(&a, &d->site, &q);
	if (a.changes && !a.status) {
		struct commit v = {.change = a.changes->v,
				   .more = a.changes->n - 1};
		uint64_t revision;

		(void)p->s[server]->ops->commit(p->s[server], &v, 1, &revision);
		if (!v.rc)
			v.rc = make(d, a.changes);
		admin_settled(&a, &d->site, v.rc, v.failed);
	}
	while (a.ask && admin_look(a.ask, p->s[server]))
		;
	if (a.ask)
		admin_looked(&a, &d->site);
	text = json_dumps(a.json, JSON_COMPACT);
	snprintf(d->said, sizeof d->said, "%u %s", a.status, text);
	free(text);
	admin_close(&a);
	json_decref(json);
	return d->said;
}

#define ASK(server, method, path, body)                                        \
	ask_store(*state, server, method, path, body)
#define ADD(server, name)                                                      \
	ASK(server, "POST", "/v1/machines", "{\"name\":\"" name "\"}")

static void who_refuses_an_edit_is_named(void **state)
{
	struct pair *p = *state;

	ADD(0, "wendy");
	assert_string_equal(ADD(1, "peter"),
			    "409 {\"error\":\"not stored: server hook is the "
			    "master of that domain\"}");
	/* A domain is made by the first one's master. */
	assert_string_equal(
		ASK(1, "POST", "/v1/domains", "{\"path\":\"/boston\"}"),
		"409 {\"error\":\"not stored: server hook is the "
		"master of that domain\"}");
	/* It was, when it refused. */
	p->s[0]->ops->close(p->s[0]);
	etcd_model_pass(p->m, SECONDS(4));
	(void)p->s[1]->ops->shared->wait(p->s[1], -1, 0);
	assert_non_null(strstr(ADD(1, "peter"), "201 "));
	p->s[0] = p->s[1];
	p->link[1] = etcd_model_link(p->m);
	assert_int_equal(
		store_etcd_open(&p->s[1], p->link[1],
				&(struct etcd_config){.wait = MILLISECONDS(500),
						      .txn_ops = ETCD_TXN_OPS,
						      .server = "hook"},
				&p->desk->purse.alloc),
		0);
}

static void the_store_says_how_it_stands(void **state)
{
	ADD(0, "wendy");
	assert_string_equal(
		ASK(0, "GET", "/v1/store", NULL),
		"200 {\"kind\":\"etcd\",\"revision\":3,\"lines\":1,\"since\":"
		"1,\"broken\":false,\"name\":\"hook\",\"behind\":0,"
		"\"behind-for\":0,\"members\":3,\"away\":false,\"masters\":[{"
		"\"id\":1,\"server\":\"hook\",\"is_ours\":true,\"left\":2,"
		"\"domain\":\"/\"}],\"endpoints\":[{\"address\":\"model\","
		"\"answers\":true,\"has_majority\":true,\"leads\":true,"
		"\"full\":false,\"bytes\":0,\"version\":\"model\"}]}");
}

/* It knows of revisions that it has not heard. */
static void how_far_it_is_behind_is_told(void **state)
{
	struct pair *p = *state;
	const char *said;

	etcd_model_hold(p->link[1], true);
	ADD(0, "wendy");
	ADD(0, "peter");
	etcd_model_pass(p->m, SECONDS(1));
	(void)p->s[1]->ops->shared->wait(p->s[1], -1, 0);
	ASK(1, "GET", "/v1/store", NULL);
	etcd_model_pass(p->m, SECONDS(5));
	said = ASK(1, "GET", "/v1/store", NULL);
	assert_non_null(strstr(said, "\"behind\":3,\"behind-for\":5,"));
	etcd_model_hold(p->link[1], false);
	(void)p->s[1]->ops->shared->wait(p->s[1], -1, 0);
	said = ASK(1, "GET", "/v1/store", NULL);
	assert_non_null(strstr(said, "\"behind\":0,\"behind-for\":0,"));
}

static void without_a_majority_it_says_why(void **state)
{
	struct pair *p = *state;
	const char *said;

	ADD(0, "wendy");
	(void)p->s[1]->ops->shared->wait(p->s[1], -1, 0);
	etcd_model_cut(p->link[1], true);
	assert_string_equal(ADD(1, "peter"),
			    "409 {\"error\":\"not stored: server hook is the "
			    "master of that domain\"}");
	ASK(1, "GET", "/v1/store", NULL);
	said = ASK(1, "GET", "/v1/store", NULL);
	assert_non_null(strstr(said, "\"away\":true,\"why\":\"no member "
				     "answers\""));
	/* Who it was last; for how long, nobody says. */
	assert_non_null(strstr(said, "\"server\":\"hook\",\"is_ours\":false,"
				     "\"left\":null,\"domain\":\"/\""));
	assert_non_null(strstr(said, "\"answers\":false,\"why\":\"no member "
				     "answers\""));
}

/* errno's words for it, "No route to host", name no store. */
static void the_status_says_why_as_the_store_does(void **state)
{
	struct site *s = &((struct pair *)*state)->desk->site;
	const char *said;

	s->store.is_shared = s->store.is_away = true;
	s->store.why = -EHOSTUNREACH;
	said = ASK(0, "GET", "/v1/status", NULL);
	assert_non_null(strstr(said, "\"away\":true,"));
	assert_non_null(strstr(said, "\"why\":\"no member answers\""));
	s->store.torn = -ENOMEM;
	said = ASK(0, "GET", "/v1/status", NULL);
	assert_non_null(strstr(said, "\"why\":\"what others changed could "
				     "not be applied: start musterd anew\""));
}

/* Trying again would not help, as it does if somebody else was faster. */
static void what_could_not_be_applied_is_why_nothing_is_stored(void **state)
{
	struct site *s = &((struct pair *)*state)->desk->site;
	struct admin a = {.status = 0};
	struct admin_request q = {.method = "POST", .path = "/v1/entries//n1"};

	s->store.is_shared = true;
	s->store.torn = -ESTALE;
	admin_ask(&a, s, &q);
	admin_settled(&a, s, s->store.torn, 0);
	assert_int_equal(a.status, 500);
	assert_string_equal(
		json_string_value(json_object_get(a.json, "error")),
		"not stored: what others changed could not be applied: start "
		"musterd anew");
	admin_close(&a);
}

/* errno has "Argument list too long" for it. */
static void what_is_too_much_at_once_is_told_so(void **state)
{
	struct site *s = &((struct pair *)*state)->desk->site;

	s->store.is_shared = true;
	assert_string_equal(
		ASK(0, "POST", "/v1/entries//n[1-200]", NULL),
		"500 {\"error\":\"not stored: it is 204 operations at once, "
		"more than etcd takes: do it in parts (muster import --parts), "
		"or start etcd with --max-txn-ops=204, on every member, and "
		"musterd with etcd-txn-ops = 204\"}");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, open_pair, close_pair)
	const struct CMUnitTest tests[] = {
		T(who_refuses_an_edit_is_named),
		T(the_store_says_how_it_stands),
		T(how_far_it_is_behind_is_told),
		T(without_a_majority_it_says_why),
		T(the_status_says_why_as_the_store_does),
		T(what_could_not_be_applied_is_why_nothing_is_stored),
		T(what_is_too_much_at_once_is_told_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
