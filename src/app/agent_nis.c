/*
 * NIS by libnsl.  A map answers by its key; a value is a line of the file that
 * the map was made of, but for those that have no name in it, which is put
 * before it.  All of a map is taken at once and kept for a while, since a list
 * comes in pieces.
 */
#include "app/agent.h"

#include "base/text.h"
#include "host/loop.h"
#include "model/flat.h"

#include <errno.h>
#include <rpcsvc/ypclnt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* YP_TRUE of yp_prot.h, which needs headers that only some packages have. */
enum { MOST = 64 << 20, KEY = LOOKUP_VALUE + 8, HAS_MORE = 1 };

static const usec KEPT = SECONDS(15);

/* `other` is of the category's other key. */
static const struct map {
	const char *by_name, *other;
	const char *after; /* the name is not in the value: it and this go
			    * before */
} maps[LOOKUP_CATEGORIES] = {
	[LOOKUP_USERS] = {"passwd.byname", "passwd.byuid", NULL},
	[LOOKUP_GROUPS] = {"group.byname", "group.bygid", NULL},
	[LOOKUP_HOSTS] = {"hosts.byname", "hosts.byaddr", NULL},
	[LOOKUP_NETWORKS] = {"networks.byname", "networks.byaddr", NULL},
	[LOOKUP_SERVICES] = {"services.byservicename", "services.byname", NULL},
	[LOOKUP_PROTOCOLS] = {"protocols.byname", "protocols.bynumber", NULL},
	[LOOKUP_RPCS] = {"rpc.byname", "rpc.bynumber", NULL},
	[LOOKUP_PRINTERS] = {"printcap.byname", NULL, NULL},
	[LOOKUP_BOOTPARAMS] = {"bootparams", NULL, " "},
	[LOOKUP_ALIASES] = {"mail.aliases", NULL, ": "},
	[LOOKUP_NETGROUPS] = {"netgroup", NULL, " "},
	[LOOKUP_ETHERS] = {"ethers.byname", "ethers.byaddr", NULL},
};

/* Negative errno of YPERR_*. */
static int error_of(int yp)
{
	switch (yp) {
	case 0:
		return 0;
	case YPERR_KEY:
	case YPERR_MAP:
	case YPERR_NOMORE:
		return -ENOENT;
	case YPERR_RESRC:
		return -ENOMEM;
	default:
		return -EHOSTUNREACH;
	}
}

static bool own_domain(const struct question *q, char to[64])
{
	if (q->domain && q->domain[0])
		return text_copy(to, 64, q->domain, strlen(q->domain));
	if (getdomainname(to, 64))
		return false;
	to[63] = '\0';
	return to[0] && strcmp(to, "(none)") != 0;
}

/* ---- one ----------------------------------------------------------------- */

/* A line as the file has it. */
static int line_of(const struct map *m, const char *key, const char *value,
		   size_t len, struct agent_text *to)
{
	char *line = NULL;
	int n = asprintf(&line, "%s%s%.*s\n", m->after ? key : "",
			 m->after ? m->after : "", (int)len, value);

	if (n < 0)
		return -ENOMEM;
	free(to->text);
	*to = (struct agent_text){.text = line, .len = (size_t)n};
	return 0;
}

static int match(const char *domain, const char *map, const char *key,
		 char **value, int *len)
{
	int size = (int)strlen(key);
	int rc = error_of(yp_match(domain, map, key, size, value, len));

	return rc;
}

/* As administrators write them: 0:0:f:0:7:5a, and with all zeros. */
static int match_ether(const char *domain, const char *map, const char *key,
		       char **value, int *len)
{
	int rc = match(domain, map, key, value, len);
	struct hwaddr hw;
	char room[64];
	struct text t = text_over(room, sizeof room);

	if (rc != -ENOENT || !hwaddr_parse(key, strlen(key), &hw))
		return rc;
	text_hwaddr(&t, &hw);
	return match(domain, map, room, value, len);
}

/* A port alone is of TCP, or else of UDP. */
static int match_port(const char *domain, const char *map, const char *key,
		      char **value, int *len)
{
	char room[KEY];
	int rc;

	if (strchr(key, '/'))
		return match(domain, map, key, value, len);
	snprintf(room, sizeof room, "%s/tcp", key);
	rc = match(domain, map, room, value, len);
	if (rc != -ENOENT)
		return rc;
	snprintf(room, sizeof room, "%s/udp", key);
	return match(domain, map, room, value, len);
}

/* NULL: no map is made by that key. */
static const char *map_by(const struct map *m, const struct question *q)
{
	if (!strcmp(q->with, "name"))
		return m->by_name;
	if (!strcmp(q->with, "users") ||
	    (q->about == LOOKUP_HOSTS && !strcmp(q->with, "en_address")))
		return NULL;
	return m->other;
}

static int find(const char *domain, const struct question *q, struct wr *to)
{
	const struct map *m = &maps[q->about];
	const char *map = map_by(m, q);
	struct agent_text line = {NULL, 0, {0}};
	char *value = NULL;
	int len = 0, rc;

	if (!map)
		return -ENOENT;
	if (q->about == LOOKUP_SERVICES && !strcmp(q->with, "port"))
		rc = match_port(domain, map, q->text, &value, &len);
	else if (!strcmp(q->with, "en_address"))
		rc = match_ether(domain, map, q->text, &value, &len);
	else
		rc = match(domain, map, q->text, &value, &len);
	if (!rc)
		rc = line_of(m, q->text, value, (size_t)len, &line);
	if (!rc)
		rc = agent_text_answer(&line, q, domain, "", to);
	free(value);
	free(line.text);
	return rc;
}

/* ---- all ----------------------------------------------------------------- */

struct taking {
	const struct map *map;
	struct agent_text *to;
	size_t room;
	int rc;
};

static bool grow(struct taking *t, size_t more)
{
	size_t room = t->room ? t->room : 65536;
	char *text;

	if (t->to->len + more <= t->room)
		return true;
	while (room < t->to->len + more)
		room *= 2;
	text = room <= MOST ? realloc(t->to->text, room) : NULL;
	if (!text)
		return false;
	t->to->text = text;
	t->room = room;
	return true;
}

static void add(struct taking *t, const char *s, size_t len)
{
	memcpy(t->to->text + t->to->len, s, len);
	t->to->len += len;
}

/* Not 0: enough. */
static int on_each(int status, char *key, int key_len, char *value,
		   int value_len, char *arg)
{
	struct taking *t = (struct taking *)(void *)arg;
	const char *after = t->map->after;

	if (status != HAS_MORE)
		return 1;
	if (!grow(t, (size_t)key_len + (size_t)value_len + 4)) {
		t->rc = -ENOMEM;
		return 1;
	}
	if (after) {
		add(t, key, (size_t)key_len);
		add(t, after, strlen(after));
	}
	add(t, value, (size_t)value_len);
	add(t, "\n", 1);
	return 0;
}

static int take_all(struct agent_text *t, const char *domain,
		    const struct map *m)
{
	struct taking taking = {.map = m, .to = t};
	struct ypall_callback each = {.foreach = on_each,
				      .data = (char *)&taking};
	/* By another key each is there once; by name once for each name. */
	const char *map = m->other ? m->other : m->by_name;
	int rc;

	free(t->text);
	*t = (struct agent_text){NULL, 0, {0}};
	rc = error_of(yp_all(domain, map, &each));
	if (!rc)
		rc = taking.rc;
	if (!rc)
		t->version[0] = host_now() + KEPT;
	return rc;
}

static int list(struct agent_nis *n, const char *domain,
		const struct question *q, struct wr *to)
{
	const struct map *m = &maps[q->about];
	struct agent_text *t = &n->of[q->about];
	int rc = 0;

	/* One that goes on finds what it began with. */
	if (!t->text || strcmp(domain, n->domain) != 0 ||
	    (!q->from && t->version[0] <= host_now()))
		rc = take_all(t, domain, m);
	(void)text_copy(n->domain, sizeof n->domain, domain, strlen(domain));
	return rc ? rc : agent_text_answer(t, q, domain, "", to);
}

int agent_nis_answer(struct agent_nis *n, const struct question *q,
		     struct wr *to)
{
	char domain[64];

	if (!maps[q->about].by_name || !own_domain(q, domain))
		return -ENODEV;
	return q->with[0] ? find(domain, q, to) : list(n, domain, q, to);
}

void agent_nis_close(struct agent_nis *n)
{
	for (unsigned c = 0; c < LOOKUP_CATEGORIES; c++)
		free(n->of[c].text);
}
