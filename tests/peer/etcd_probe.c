/*
 * Plays the store on the way to etcd: each line of the input is one call, each
 * line of the output says what came of it.
 *
 *	etcd_probe [endpoints=A,B] [prefix=P] [ca=F] [cert=F] [key=F] [user=U]
 *		   [password=F] [wait=MS]
 */
#include "store/etcd_link.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum { OPS = 4096, STORM = 100000 };

struct probe {
	struct etcd_link *link;
	char marker[ETCD_MARKER + 1];
	unsigned events;
	uint64_t heard;       /* the last revision that was told */
	uint32_t told[STORM]; /* how often a number of the storm was heard */
	bool is_backwards;
	uint64_t lease; /* the last one that was granted */
};

static usec now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return SECONDS(t.tv_sec) + t.tv_nsec / 1000;
}

static const char *word_of(int rc)
{
	return rc ? strerrorname_np(-rc) : "0";
}

static const char *next(char **rest, const char *otherwise)
{
	char *s = strsep(rest, " ");

	return s && *s ? s : otherwise;
}

static unsigned number(char **rest, unsigned otherwise)
{
	const char *s = next(rest, "");

	return *s ? (unsigned)strtoul(s, NULL, 10) : otherwise;
}

/* ---- transactions ------------------------------------------------------- */

static void tell(const struct etcd_txn *t)
{
	printf("%s", word_of(t->rc));
	if (!t->rc && t->succeeded)
		printf(" done");
	else if (!t->rc)
		printf(" not done, marker %.*s of %d", (int)t->marker_len,
		       t->marker_value, t->marker_revision > 0);
	printf("\n");
}

/* put KEY BYTES [REVISION|any [lease]] */
static void put(struct probe *p, char *rest)
{
	const char *key = next(&rest, "a"), *value = next(&rest, "");
	const char *revision = next(&rest, "any");
	struct etcd_compare must = {key, strtoull(revision, NULL, 10)};
	struct etcd_op ops[] = {{.key = key,
				 .value = (const uint8_t *)value,
				 .len = strlen(value),
				 .lease = *next(&rest, "") ? p->lease : 0},
				{.key = "t/probe",
				 .value = (const uint8_t *)value,
				 .len = strlen(value)}};
	struct etcd_txn t = {.compares = &must,
			     .n_compares = strcmp(revision, "any") != 0,
			     .ops = ops,
			     .n_ops = 2,
			     .marker = "t/probe"};

	p->link->ops->txns(p->link, &t, 1, SECONDS(2));
	tell(&t);
}

static void del(struct probe *p, char *rest)
{
	struct etcd_op op = {.key = next(&rest, "a")};
	struct etcd_txn t = {.ops = &op, .n_ops = 1, .marker = "t/probe"};

	p->link->ops->txns(p->link, &t, 1, SECONDS(2));
	tell(&t);
}

/* many TRANSACTIONS OPERATIONS BYTES: side by side */
static void many(struct probe *p, char *rest)
{
	unsigned n = number(&rest, 1), ops = number(&rest, 1);
	unsigned len = number(&rest, 1), done = 0;
	struct etcd_txn *v = calloc(n, sizeof *v);
	struct etcd_op *o = calloc((size_t)n * ops, sizeof *o);
	char(*keys)[16] = calloc((size_t)n * ops, sizeof *keys);
	uint8_t *value = calloc(1, len + 1);
	int rc;

	for (unsigned i = 0; i < n * ops; i++) {
		snprintf(keys[i], sizeof keys[i], "n/%08x", i);
		memset(value, 'v', len);
		o[i] = (struct etcd_op){
			.key = keys[i], .value = value, .len = len};
	}
	for (unsigned i = 0; i < n; i++)
		v[i] = (struct etcd_txn){.ops = o + (size_t)i * ops,
					 .n_ops = ops,
					 .marker = "t/probe"};
	rc = p->link->ops->txns(p->link, v, n, SECONDS(30));
	for (unsigned i = 0; i < n; i++)
		done += !v[i].rc && v[i].succeeded;
	printf("%s %u done\n", word_of(rc), done);
	free(value);
	free(keys);
	free(o);
	free(v);
}

/* ---- pages -------------------------------------------------------------- */

struct seen {
	unsigned n;
	bool is_wrong;
	char last[ETCD_KEY];
};

static int on_key(void *arg, const struct etcd_kv *kv)
{
	struct seen *s = arg;

	s->is_wrong |= strcmp(s->last, kv->key) >= 0 || !kv->value;
	snprintf(s->last, sizeof s->last, "%s", kv->key);
	s->n++;
	return 0;
}

/* range FROM TO LIMIT [REVISION] */
static void range(struct probe *p, char *rest)
{
	const char *from = next(&rest, ""), *to = next(&rest, "");
	unsigned limit = number(&rest, 0), pages = 0;
	uint64_t revision = number(&rest, 0);
	struct seen s = {.n = 0};
	char first[ETCD_KEY + 1];
	bool more = true;
	int rc = 0;

	snprintf(first, sizeof first, "%s", from);
	if (!strcmp(to, "-"))
		to = "";
	for (; more && !rc; pages++) {
		rc = p->link->ops->range(p->link, first, to, limit, &revision,
					 on_key, &s, &more);
		/* What comes right behind it, in ASCII. */
		snprintf(first, sizeof first, "%s!", s.last);
	}
	printf("%s %u keys in %u pages%s\n", word_of(rc), s.n, pages,
	       s.is_wrong ? ", out of order" : "");
}

/* ---- the watch ---------------------------------------------------------- */

static void hear(struct probe *p, const struct etcd_event *e)
{
	p->is_backwards |= e->revision <= p->heard;
	p->heard = e->revision;
	p->events++;
	for (size_t i = 0; i < e->n; i++) {
		unsigned long at = STORM;

		p->is_backwards |= e->v[i].revision != e->revision;
		if (!strncmp(e->v[i].key, "s/", 2))
			at = strtoul(e->v[i].key + 2, NULL, 16);
		if (at < STORM)
			p->told[at]++;
	}
}

static int hear_all(struct probe *p, bool is_loud)
{
	struct etcd_event e;
	int rc;

	while ((rc = p->link->ops->event(p->link, &e)) == 1) {
		hear(p, &e);
		if (!is_loud)
			continue;
		printf("heard");
		for (size_t i = 0; i < e.n; i++)
			printf(" %s%c%.*s", e.v[i].key,
			       e.v[i].value ? '=' : '-',
			       e.v[i].len > 20 ? 3 : (int)e.v[i].len,
			       e.v[i].value ? (const char *)e.v[i].value : "");
		printf("\n");
	}
	return rc;
}

/* watch REVISION */
static void watch(struct probe *p, char *rest)
{
	p->heard = number(&rest, 0);
	printf("%s\n", word_of(p->link->ops->watch(p->link, p->heard)));
}

/* wait MS: what is heard first in that time. */
static void wait(struct probe *p, char *rest)
{
	usec begin = now(), end = begin + MILLISECONDS(number(&rest, 1000));
	int rc = 0, heard = 0;

	p->events = 0;
	while (now() < end && !p->events && !heard) {
		rc = p->link->ops->wait(p->link, -1, end - now());
		heard = hear_all(p, true);
	}
	printf("waited %s %s\n", word_of(rc), word_of(heard));
}

/* count N MS: until so many revisions were heard */
static void count(struct probe *p, char *rest)
{
	unsigned n = number(&rest, 1);
	usec end = now() + MILLISECONDS(number(&rest, 1000));

	p->events = 0;
	while (now() < end && p->events < n) {
		p->link->ops->wait(p->link, -1, end - now());
		if (hear_all(p, false))
			break;
	}
	printf("counted %u%s\n", p->events,
	       p->is_backwards ? ", backwards" : "");
}

/* A descriptor wakes it at once. */
static void woken(struct probe *p)
{
	int fd = eventfd(1, EFD_CLOEXEC);
	usec begin = now();
	int rc = p->link->ops->wait(p->link, fd, SECONDS(5));

	printf("%s %s\n", word_of(rc),
	       now() - begin < SECONDS(4) ? "at once" : "late");
	close(fd);
}

/*
 * storm SECONDS: one transaction after the other, each with its number; who
 * hears no answer asks again, and sees by the marker whether it was done.
 */
static unsigned numbered(struct probe *p, unsigned i, unsigned *unheard)
{
	char key[16], mark[ETCD_MARKER + 1];
	struct etcd_compare must = {key, 0};
	struct etcd_op ops[] = {{.key = key, .value = (uint8_t *)mark},
				{.key = "t/storm", .value = (uint8_t *)mark}};
	struct etcd_txn t = {.compares = &must,
			     .n_compares = 1,
			     .ops = ops,
			     .n_ops = 2,
			     .marker = "t/storm"};

	snprintf(key, sizeof key, "s/%08x", i);
	snprintf(mark, sizeof mark, "%015x", i);
	ops[0].len = ops[1].len = strlen(mark);
	for (usec end = now() + SECONDS(60); now() < end;) {
		if (p->link->ops->txns(p->link, &t, 1, SECONDS(1))) {
			++*unheard;
			p->link->ops->wait(p->link, -1, MILLISECONDS(20));
			continue;
		}
		return t.succeeded ||
		       (t.marker_len == strlen(mark) &&
			!memcmp(t.marker_value, mark, t.marker_len));
	}
	return 0;
}

static void storm(struct probe *p, char *rest)
{
	usec end = now() + SECONDS(number(&rest, 1)), longest = 0;
	unsigned n = 0, unheard = 0, undone = 0, lost = 0, doubled = 0;

	memset(p->told, 0, sizeof p->told);
	for (; now() < end && n < STORM; n++) {
		usec begin = now();

		undone += !numbered(p, n, &unheard);
		if (now() - begin > longest)
			longest = now() - begin;
		hear_all(p, false);
	}
	for (usec last = now() + SECONDS(5);
	     now() < last && n && !p->told[n - 1];) {
		p->link->ops->wait(p->link, -1, MILLISECONDS(100));
		hear_all(p, false);
	}
	for (unsigned i = 0; i < n; i++) {
		lost += !p->told[i];
		doubled += p->told[i] > 1;
	}
	printf("storm: %u undone, %u lost, %u doubled%s\n", undone, lost,
	       doubled, p->is_backwards ? ", backwards" : "");
	printf("of %u, %u unheard, longest %lld ms\n", n, unheard,
	       (long long)(longest / 1000));
}

/* ---- the rest ----------------------------------------------------------- */

/* lease grant SECONDS, keep, revoke */
static void leases(struct probe *p, char *rest)
{
	const char *what = next(&rest, "grant");
	struct etcd_link *l = p->link;
	int rc;

	if (!strcmp(what, "grant"))
		rc = l->ops->grant(l, number(&rest, 5), &p->lease);
	else if (!strcmp(what, "keep"))
		rc = l->ops->keep(l, p->lease);
	else
		rc = l->ops->revoke(l, p->lease);
	printf("%s\n", word_of(rc));
}

static void state(struct probe *p)
{
	struct etcd_state s;

	p->link->ops->state(p->link, &s);
	printf("%u members, %s %s, latest %d, %s\n", s.members,
	       s.is_away ? "away" : "there", word_of(s.why), s.latest > 0,
	       s.endpoint);
}

static void carry_out(struct probe *p, const char *word, char *rest)
{
	if (!strcmp(word, "put"))
		put(p, rest);
	else if (!strcmp(word, "del"))
		del(p, rest);
	else if (!strcmp(word, "many"))
		many(p, rest);
	else if (!strcmp(word, "range"))
		range(p, rest);
	else if (!strcmp(word, "watch"))
		watch(p, rest);
	else if (!strcmp(word, "count"))
		count(p, rest);
	else if (!strcmp(word, "wait"))
		wait(p, rest);
	else if (!strcmp(word, "woken"))
		woken(p);
	else if (!strcmp(word, "storm"))
		storm(p, rest);
	else if (!strcmp(word, "lease"))
		leases(p, rest);
	else if (!strcmp(word, "state"))
		state(p);
	else
		printf("no such call: %s\n", word);
}

static void take_endpoints(struct etcd_config *c, char *list)
{
	char *one;

	memset(c->endpoints, 0, sizeof c->endpoints);
	for (size_t i = 0; i < 8 && (one = strsep(&list, ",")); i++)
		snprintf(c->endpoints[i], sizeof c->endpoints[i], "%s", one);
}

static void take(struct etcd_config *c, char *word)
{
	struct {
		const char *name;
		char *to;
		size_t room;
	} keys[] = {{"prefix", c->prefix, sizeof c->prefix},
		    {"ca", c->ca, sizeof c->ca},
		    {"cert", c->cert, sizeof c->cert},
		    {"key", c->key, sizeof c->key},
		    {"user", c->user, sizeof c->user},
		    {"password", c->password_file, sizeof c->password_file}};
	char *value = strchr(word, '=');

	if (!value)
		return;
	*value++ = 0;
	if (!strcmp(word, "endpoints"))
		take_endpoints(c, value);
	if (!strcmp(word, "wait"))
		c->wait = MILLISECONDS(strtoul(value, NULL, 10));
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
		if (!strcmp(word, keys[i].name))
			snprintf(keys[i].to, keys[i].room, "%s", value);
}

int main(int argc, char **argv)
{
	struct etcd_config config = {.endpoints = {"http://127.0.0.1:2379"},
				     .prefix = "/muster/",
				     .wait = MILLISECONDS(500)};
	struct probe *p = calloc(1, sizeof *p);
	char line[512], why[256] = "";
	int rc;

	for (int i = 1; i < argc; i++)
		take(&config, argv[i]);
	rc = etcd_http_open(&p->link, &config, why, sizeof why);
	if (rc) {
		printf("%s %s\n", word_of(rc), why);
		free(p);
		return 1;
	}
	setlinebuf(stdout);
	while (fgets(line, sizeof line, stdin)) {
		char *rest = line;
		const char *word;

		line[strcspn(line, "\n")] = 0;
		word = next(&rest, "");
		carry_out(p, word, rest);
	}
	p->link->ops->close(p->link);
	free(p);
	return 0;
}
