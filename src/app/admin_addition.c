/*
 * Host addition's rules: properties of the directory of machines itself, set
 * as those of a machine are, by a change of its whole list.
 */
#include "app/admin_inside.h"

#include "base/text.h"
#include "model/addition.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { PROPS_MAX = 128 * 1024, VALUES_MAX = 64 };

/* An edit of the directory of machines: lists in two rooms by turns. */
struct edit {
	struct asked *k;
	const struct entry *dir;
	uint8_t *room[2];
	unsigned turn;
	struct plist is;
};

static void end(struct edit *e)
{
	free(e->room[0]);
	free(e->room[1]);
}

static bool begin(struct edit *e, struct asked *k)
{
	if (!may_edit(k))
		return false;
	*e = (struct edit){.k = k, .dir = machines_of(k)};
	e->room[0] = malloc(PROPS_MAX);
	e->room[1] = malloc(PROPS_MAX);
	if (e->dir && e->room[0] && e->room[1]) {
		e->is = e->dir->props;
		return true;
	}
	end(e);
	admin_error(k->a, STATUS_FAILED, "%s",
		    strerror(e->dir ? ENOMEM : ENOENT));
	return false;
}

/* n < 0 removes it. */
static bool replace(struct edit *e, const char *name, const char *const *values,
		    int n)
{
	struct plist_out out = plist_begin(e->room[e->turn], PROPS_MAX);

	e->turn = !e->turn;
	if (plist_replace(&e->is, name, values, n, &out) &&
	    plist_end(&out, &e->is))
		return true;
	admin_error(e->k->a, STATUS_TOO_LONG, "%s: is too long", name);
	return false;
}

/* Make the change; the answer, when it is made, is what `json` is. */
static void commit(struct edit *e, json_t *json)
{
	struct admin *a = e->k->a;
	struct change change = {.kind = CHANGE_ENTRY_PUT,
				.domain = e->dir->domain,
				.parent = e->dir->parent,
				.id = e->dir->id,
				.instance = e->dir->instance + 1,
				.props = e->is};
	uint32_t other;
	int rc;

	a->json = json;
	rc = directory_check(e->k->s->directory, &change, &other);
	if (rc)
		admin_error(a, STATUS_FAILED, "the directory of machines: %s",
			    strerror(-rc));
	else
		(void)make_change(e->k, &change);
}

/* ---- what is so ---------------------------------------------------------- */

static json_t *strings(const struct plist *props, const char *name)
{
	json_t *list = json_array();
	struct property p;
	const char *value;
	size_t len;

	if (!plist_find(props, name, &p))
		return list;
	while (rd_left(&p.values) && (value = rd_cstr(&p.values, &len)))
		json_array_append_new(list, safe_string(value));
	return list;
}

static json_t *ip_or_null(uint32_t ip)
{
	return ip ? ip_json(ip) : json_null();
}

static bool is_served(const struct settings *s, const struct addition *r)
{
	for (unsigned i = 0; i < s->n_subnets; i++) {
		const struct subnet *n = &s->subnets[i];

		if (r->first <= (n->network | ~n->mask) &&
		    r->last >= (n->network & n->mask))
			return true;
	}
	return !s->n_subnets; /* they are not known yet */
}

/* Why no machine can add itself; NULL: it can. */
static const char *fault_of(const struct site *s, const struct addition *r)
{
	if (!r->first)
		return "there is no range of addresses for new machines";
	if (!r->temporary)
		return "there is no temporary address";
	if (!is_served(s->settings, r))
		return "the range is on no network that is served";
	if (s->settings->dhcp != DHCP_FULL)
		return "this server gives no addresses: dhcp is not full";
	return NULL;
}

static json_t *rules_json(const struct site *s, const struct addition *r,
			  const struct plist *props)
{
	const char *fault = fault_of(s, r);
	json_t *range = json_array();

	if (r->first) {
		json_array_append_new(range, ip_json(r->first));
		json_array_append_new(range, ip_json(r->last));
	}
	return json_pack("{s:b, s:o, s:o, s:o, s:b, s:o, s:o}", "enabled",
			 r->is_enabled, "range", range, "temporary",
			 ip_or_null(r->temporary), "bootfile",
			 r->bootfile ? safe_string(r->bootfile) : json_null(),
			 "password", r->password != NULL, "makers",
			 strings(props, ADDITION_PREFIXES), "fault",
			 fault ? json_string(fault) : json_null());
}

void show_addition(struct asked *k)
{
	const struct entry *dir = machines_of(k);
	struct addition r = {.is_enabled = false};
	const struct plist none = {.len = 0};

	if (dir)
		addition_read(&r, &dir->props);
	k->a->status = STATUS_OK;
	k->a->json = rules_json(k->s, &r, dir ? &dir->props : &none);
}

/* ---- what is to be ------------------------------------------------------- */

static bool is_wrong(struct edit *e, const char *key, const char *what)
{
	admin_error(e->k->a, STATUS_WRONG, "%s: %s", key, what);
	return false;
}

static bool set_enabled(struct edit *e, const json_t *json)
{
	if (!json_is_boolean(json))
		return is_wrong(e, "enabled", "is neither true nor false");
	return replace(e, ADDITION_ENABLED, NULL, json_is_true(json) ? 0 : -1);
}

static bool is_ip(const char *s)
{
	uint32_t ip;

	return s && ip_parse(s, strlen(s), &ip) && ip && !ip_is_multicast(ip) &&
	       ip != IP_BROADCAST;
}

static bool set_range(struct edit *e, const json_t *json)
{
	const char *values[2];
	struct addition r = {.first = 0};

	values[0] = json_string_value(json_array_get(json, 0));
	values[1] = json_string_value(json_array_get(json, 1));
	if (json_array_size(json) != 2 || !is_ip(values[0]) ||
	    !is_ip(values[1]))
		return is_wrong(e, "range",
				"is not a first and a last address");
	if (!replace(e, ADDITION_RANGE, values, 2))
		return false;
	addition_read(&r, &e->is);
	if (!r.first)
		return is_wrong(e, "range",
				"ends before it begins, or is longer than "
				"65536 addresses");
	return true;
}

static bool set_temporary(struct edit *e, const json_t *json)
{
	const char *value = json_string_value(json);

	if (!is_ip(value))
		return is_wrong(e, "temporary", "is no IP address");
	return replace(e, ADDITION_TEMPORARY, &value, 1);
}

static bool set_text(struct edit *e, const char *key, const char *name,
		     const json_t *json)
{
	const char *value = json_string_value(json);

	if (json_is_null(json))
		return replace(e, name, NULL, -1);
	if (!value || !*value)
		return is_wrong(e, key, "is no text");
	for (const char *c = value; *c; c++)
		if ((unsigned char)*c <= ' ' || *c == 0x7f)
			return is_wrong(e, key, "has blanks");
	return replace(e, name, &value, 1);
}

static bool set_makers(struct edit *e, const json_t *json)
{
	const char *values[VALUES_MAX];
	size_t n = json_array_size(json);
	uint8_t prefix[6];

	if (json_is_null(json))
		return replace(e, ADDITION_PREFIXES, NULL, -1);
	if (!json_is_array(json) || n > VALUES_MAX)
		return is_wrong(e, "makers", "is no list of up to 64");
	for (size_t i = 0; i < n; i++) {
		values[i] = json_string_value(json_array_get(json, i));
		if (!values[i] || !addition_prefix(values[i], prefix))
			return is_wrong(e, "makers",
					"is not the beginning of a hardware "
					"address");
	}
	return replace(e, ADDITION_PREFIXES, values, (int)n);
}

static bool set_one(struct edit *e, const char *key, const json_t *json)
{
	if (!strcmp(key, "enabled"))
		return set_enabled(e, json);
	if (!strcmp(key, "range"))
		return set_range(e, json);
	if (!strcmp(key, "temporary"))
		return set_temporary(e, json);
	if (!strcmp(key, "bootfile"))
		return set_text(e, key, ADDITION_BOOTFILE, json);
	if (!strcmp(key, "hash"))
		return set_text(e, key, ADDITION_PASSWORD, json);
	if (!strcmp(key, "makers"))
		return set_makers(e, json);
	return is_wrong(e, key, "there is no such rule");
}

static bool set_all(struct edit *e)
{
	const char *key;
	json_t *json;

	json_object_foreach((json_t *)e->k->q->body, key, json)
	{
		if (!set_one(e, key, json))
			return false;
	}
	return true;
}

static void finish(struct edit *e)
{
	struct addition r = {.is_enabled = false};
	const char *fault;

	addition_read(&r, &e->is);
	fault = r.is_enabled ? fault_of(e->k->s, &r) : NULL;
	if (fault)
		admin_error(e->k->a, STATUS_WRONG, "host addition: %s", fault);
	else
		commit(e, rules_json(e->k->s, &r, &e->is));
}

void edit_addition(struct asked *k)
{
	struct edit e;

	if (!begin(&e, k))
		return;
	if (!k->q->body)
		(void)is_wrong(&e, "host addition", "what is it to be?");
	else if (set_all(&e))
		finish(&e);
	end(&e);
}

/* ---- never let in -------------------------------------------------------- */

void show_denied(struct asked *k)
{
	const struct entry *dir = machines_of(k);

	answer_page(k, "denied",
		    dir ? strings(&dir->props, ADDITION_DENIED) : json_array(),
		    0);
}

/* All that are denied but this one; then, if it is to be, this one. */
static void edit_denied(struct edit *e, const struct hwaddr *hw, bool is_to_be)
{
	static const char key[] = ADDITION_DENIED;
	const char **values = calloc(ADDITION_DENIED_MOST + 1, sizeof(*values));
	json_t *is = strings(&e->is, key), *mac = hwaddr_json(hw);
	struct hwaddr other;
	int n = 0;

	for (size_t i = 0; values && i < json_array_size(is); i++) {
		const char *v = json_string_value(json_array_get(is, i));

		if (n < ADDITION_DENIED_MOST && v &&
		    !(hwaddr_parse(v, strlen(v), &other) &&
		      hwaddr_is(&other, hw)))
			values[n++] = v;
	}
	if (values && is_to_be)
		values[n++] = json_string_value(mac);
	if (!values)
		admin_error(e->k->a, STATUS_FAILED, "%s", strerror(ENOMEM));
	else if (n > ADDITION_DENIED_MOST)
		admin_error(e->k->a, STATUS_NO_ROOM,
			    "%d machines are denied already: undeny some",
			    ADDITION_DENIED_MOST);
	else if (replace(e, key, values, n ? n : -1))
		commit(e, json_pack("{s:o}", "mac", json_incref(mac)));
	free(values);
	json_decref(mac);
	json_decref(is);
}

static bool is_denied(const struct edit *e, const struct hwaddr *hw)
{
	const struct addition rules = {.machines = e->dir};

	return addition_denies(&rules, hw);
}

static void edit_one(struct asked *k, bool is_to_be)
{
	struct hwaddr hw;
	const struct entry *m;
	struct edit e;

	if (!asked_hwaddr(k, &hw))
		return;
	domain_of_pending(k, &hw);
	if (!begin(&e, k))
		return;
	m = site_machine_in(k->s, k->domain, &hw, 0);
	if (is_to_be && m)
		admin_error(k->a, STATUS_CONFLICT,
			    "%s is machine %s: remove that first", k->name,
			    machine_name(m));
	else if (!is_to_be && !is_denied(&e, &hw))
		admin_error(k->a, STATUS_NOT_FOUND, "%s is not denied",
			    k->name);
	else
		edit_denied(&e, &hw, is_to_be);
	end(&e);
}

void edit_deny(struct asked *k)
{
	edit_one(k, true);
}

void edit_undeny(struct asked *k)
{
	edit_one(k, false);
}
