/*
 * How the store stands, whether a musterd runs or not.  Without one, what is in
 * a file is looked at under its lock, and what is in etcd as any server would
 * load it; if that fails, its members are asked how they are all the same.
 */
#include "app/admin_inside.h"
#include "app/client_inside.h"
#include "app/exit.h"
#include "app/open_store.h"
#include "app/store_json.h"
#include "host/memory.h"
#include "model/directory.h"

#include <errno.h>
#include <string.h>

static int apply_edit(void *arg, const struct change *c)
{
	return change_is_edit(c) ? directory_apply(arg, c) : 0;
}

/* Domains by their paths, if memory can be had for them. */
static void name_domains(json_t *to, struct store *s)
{
	struct directory *d = NULL;
	uint64_t revision;

	if (!directory_open(&d, &host_memory, 64, 1) &&
	    !s->ops->load(s, apply_edit, d, &revision))
		store_json_paths(to, d);
	directory_close(d);
}

static json_t *no_store(struct client *c, const char *why)
{
	struct store_member members[STORE_MEMBERS];
	struct etcd_link *link;
	char fault[CONFIG_WHY] = "";
	json_t *to = json_pack("{s:s, s:b, s:o}", "kind", "etcd", "away", 1,
			       "why", safe_string(why));

	if (etcd_http_open(&link, &c->config.etcd, fault, sizeof fault))
		return to;
	json_object_set_new(
		to, "endpoints",
		store_members_json(members, link->ops->look(link, members)));
	link->ops->close(link);
	return to;
}

static json_t *look_at_etcd(struct client *c)
{
	char why[CONFIG_WHY];
	struct store *s;
	json_t *to;

	if (open_store(&s, &c->config, why, sizeof why))
		return no_store(c, why);
	to = store_json(s);
	name_domains(to, s);
	s->ops->close(s);
	return to;
}

int client_store(struct client *c, json_t **answer)
{
	const struct client_request q = {.method = "GET", .path = "/v1/store"};
	int status = 0;

	if (c->config.store == STORE_IN_ETCD && client_is_alone(c))
		*answer = look_at_etcd(c);
	else
		status = client_ask(c, &q, answer);
	if (status)
		return status;
	json_object_set_new(*answer, "musterd", json_boolean(c->curl));
	if (!c->curl)
		json_object_set_new(*answer, "socket", safe_string(c->socket));
	return 0;
}
