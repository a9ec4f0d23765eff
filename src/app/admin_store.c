/*
 * The store, as the administrator's API tells of it; and who is the master of a
 * domain where an edit was refused because another server is.
 */
#include "app/admin_ask.h"
#include "app/open_store.h"
#include "app/store_json.h"

#include <string.h>

/* ---- how it stands ------------------------------------------------------- */

const char *why_away(const struct site *s)
{
	return s->store.torn ? "what others changed could not be applied: "
			       "start musterd anew"
			     : store_words(s->store.why);
}

static int look_store(struct admin_ask *ask, struct store *store)
{
	ask->json = store_json(store);
	return 0;
}

static void answer_store(struct admin *a, const struct site *s)
{
	a->status = STATUS_OK;
	a->json = json_incref(a->ask->json);
	store_json_paths(a->json, s->directory);
	if (!s->store.torn)
		return;
	json_object_set_new(a->json, "away", json_true());
	json_object_set_new(a->json, "why", json_string(why_away(s)));
}

void show_store(struct asked *k)
{
	struct admin_ask *ask = ask_open(k);

	if (!ask)
		return;
	ask->look = look_store;
	ask->looked = answer_store;
}

/* ---- who is the master --------------------------------------------------- */

/* Of one domain; false: nobody, or we. */
static bool look_at(struct admin_ask *ask, struct store *store, uint32_t domain)
{
	struct store_master m = {.domain = domain};
	struct store_status is;

	store->ops->status(store, &is);
	if (store->ops->master(store, MASTER_LOOK, &m, 0) || !m.holder[0] ||
	    !strcmp(m.holder, is.name))
		return false;
	memcpy(ask->path, m.holder, sizeof m.holder);
	return true;
}

/* Who makes or removes a domain must be the first one's master, too. */
static int look_master(struct admin_ask *ask, struct store *store)
{
	if (!look_at(ask, store, ask->q.domain))
		(void)look_at(ask, store, DOMAIN_FIRST);
	return 0;
}

static void answer_master(struct admin *a, const struct site *s)
{
	(void)s;
	if (a->ask->path[0])
		admin_error(a, STATUS_CONFLICT,
			    "not stored: server %s is the master of that "
			    "domain",
			    a->ask->path);
}

void ask_who_is_master(struct admin *a, uint32_t domain)
{
	const struct admin_request nobody = {.who = NULL};
	struct asked k = {.a = a, .q = &nobody};
	struct admin_ask *ask = ask_open(&k);

	if (!ask)
		return;
	ask->look = look_master;
	ask->looked = answer_master;
	ask->q.domain = domain;
}
