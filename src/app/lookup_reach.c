/*
 * Candidates for a domain are those who hear our broadcasts; or one server that
 * somebody named.  Links that come and go move only when our first address or
 * the candidates are others.
 */
#include "app/lookup_reach.h"

#include "base/text.h"
#include "host/link.h"
#include "host/memory.h"
#include "host/random.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { LINKS = 256 };

static const struct lookupd_reach by_nic = {nic_ask, nic_answer, nic_claims,
					    nic_engine};

static int server_parse(const char *s, struct nic_config *to)
{
	const char *slash = strchr(s, '/');
	size_t len = slash ? (size_t)(slash - s) : strlen(s);

	if (!ip_parse(s, len, &to->candidates[0]))
		return -EINVAL;
	to->n_candidates = 1;
	to->is_direct = true;
	if (slash && !text_copy(to->wanted, sizeof to->wanted, slash + 1,
				strlen(slash + 1)))
		return -EINVAL;
	return 0;
}

static void add_link(struct nic_config *to, const struct link *l,
		     const char *wanted)
{
	if (!l->is_up || !l->ip || l->ip >> 24 == 127)
		return;
	if (wanted && strcmp(wanted, l->name) != 0)
		return;
	if (!to->ip)
		to->ip = l->ip;
	if (!to->is_direct && to->n_candidates < NIC_CANDIDATES)
		to->candidates[to->n_candidates++] =
			ip_broadcast(l->ip, l->mask);
}

static int configure(const struct lookup_reach *r, struct nic_config *to)
{
	static struct link links[LINKS];
	const char *tag = r->o->tag ? r->o->tag : "network";
	int n = links_list(links, LINKS), rc = 0;

	*to = (struct nic_config){.tag = "local"};
	if (!text_copy(to->wanted, sizeof to->wanted, tag, strlen(tag)))
		return -EINVAL;
	if (r->o->server)
		rc = server_parse(r->o->server, to);
	for (int i = 0; !rc && i < n; i++)
		add_link(to, &links[i], r->o->interface);
	return rc ? rc : n < 0 ? n : 0;
}

static void leave(struct lookup_reach *r)
{
	if (!r->nic)
		return;
	lookupd_nic(r->lookupd, NULL, NULL);
	nic_close(r->nic, &host_memory);
	r->nic = NULL;
}

static int enter(struct lookup_reach *r, const struct nic_config *c)
{
	struct effects *fx = driver_effects(r->driver);
	int rc;

	r->config = *c;
	rc = host_random(&r->config.seed);
	if (!rc)
		rc = nic_open(&r->nic, &r->config, &host_memory);
	if (rc)
		return rc;
	r->config.seed = 0;
	lookupd_nic(r->lookupd, r->nic, &by_nic);
	nic_start(r->nic, loop_now(r->loop), fx);
	effects_own(fx, 0, LOOKUPD_NIC);
	driver_carry(r->driver);
	return 0;
}

static bool is_same(const struct nic_config *a, const struct nic_config *b)
{
	return a->ip == b->ip && a->n_candidates == b->n_candidates &&
	       !memcmp(a->candidates, b->candidates, sizeof a->candidates);
}

static int look(struct lookup_reach *r)
{
	struct nic_config fresh;
	int rc = configure(r, &fresh);

	if (rc || (r->nic && is_same(&fresh, &r->config)))
		return rc;
	leave(r);
	return fresh.ip ? enter(r, &fresh) : 0;
}

static void on_links(void *arg, unsigned events)
{
	struct lookup_reach *r = arg;

	(void)events;
	if (links_changed(r->links.fd))
		(void)look(r);
}

int lookup_reach_open(struct lookup_reach *r, const struct lookupd_options *o,
		      struct loop *loop, struct driver *driver,
		      struct lookupd *lookupd)
{
	*r = (struct lookup_reach){
		.o = o, .loop = loop, .driver = driver, .lookupd = lookupd};
	r->links = (struct watch){
		.fd = links_watch(), .arg = r, .ready = on_links};
	if (r->links.fd >= 0)
		(void)loop_watch(loop, &r->links, LOOP_READ);
	return look(r);
}

void lookup_reach_close(struct lookup_reach *r)
{
	if (!r->loop)
		return;
	leave(r);
	if (r->links.fd >= 0)
		close(r->links.fd);
}
