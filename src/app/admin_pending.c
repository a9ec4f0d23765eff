/*
 * Unknown machines that wait to be let in.  Who was let in or denied since is
 * left out; the table itself forgets by and by.
 */
#include "app/admin_inside.h"

#include "base/text.h"
#include "engine/pending.h"

#include <string.h>

bool asked_hwaddr(struct asked *k, struct hwaddr *hw)
{
	if (hwaddr_parse(k->name, strlen(k->name), hw))
		return true;
	admin_error(k->a, STATUS_WRONG, "`%s' is no hardware address", k->name);
	return false;
}

static const char *link_name(const struct site *s, uint32_t index)
{
	const struct link *l = site_link(s, index);

	return l ? l->name : "";
}

/* How it asks, and what it is as far as that tells. */
static const char *class_of(const struct pending_machine *m)
{
	if (m->client.class == CLASS_PLAIN)
		return "";
	return client_class_name(m->client.class);
}

/* Where it is looked up, by its relay or the link on which it asks. */
static uint32_t domain_of(const struct site *s, const struct pending_machine *m)
{
	const struct link *l = site_link(s, m->link);

	if (m->relay)
		return site_domain_of(s, m->relay);
	return l ? site_domain_of(s, l->ip) : s->domain;
}

static json_t *machine(const struct site *s, const struct pending_machine *m)
{
	return json_pack(
		"{s:o, s:s, s:s, s:s, s:s, s:o, s:o, s:I, s:I, s:I}", "mac",
		hwaddr_json(&m->hw), "by", m->is_dhcp ? "dhcp" : "bootp",
		"class", class_of(m), "arch",
		m->client.has_arch ? arch_name(m->client.arch) : "",
		"interface", link_name(s, m->link), "relay",
		m->relay ? ip_json(m->relay) : json_null(), "domain",
		domain_json(s->directory, domain_of(s, m)), "first",
		(json_int_t)(m->first / SECOND), "last",
		(json_int_t)(m->last / SECOND), "asked", (json_int_t)m->asked);
}

static bool still_waits(const struct site *s, const struct pending_machine *m)
{
	uint32_t domain = domain_of(s, m);

	return !site_machine_in(s, domain, &m->hw, 0) &&
	       !site_denies(s, domain, &m->hw);
}

void show_pending(struct asked *k)
{
	const struct pending_machine *m = NULL;
	json_t *list;
	uint32_t at = k->q->from;

	if (!k->s->pending) {
		admin_error(k->a, STATUS_NO_SERVER,
			    "who waits is known to a musterd that runs, and "
			    "none does");
		return;
	}
	list = json_array();
	while (json_array_size(list) < ADMIN_PAGE &&
	       (m = pending_next(k->s->pending, &at)))
		if (still_waits(k->s, m))
			json_array_append_new(list, machine(k->s, m));
	answer_page(k, "pending", list, m ? at : 0);
}

/* "m00000f00075a": nobody else's, as nobody else has the address. */
static void name_from(const struct hwaddr *hw, char to[2 * HWADDR_MAX + 2])
{
	struct text t = text_over(to, 2 * HWADDR_MAX + 2);

	text_add(&t, "m");
	text_hex(&t, hw->b, hw->len, 0);
}

/* What was asked for, and what it lacks. */
static json_t *approved(const struct asked *k, const struct hwaddr *hw)
{
	char name[2 * HWADDR_MAX + 2];
	json_t *body = k->q->body ? json_copy((json_t *)k->q->body)
				  : json_object();

	name_from(hw, name);
	if (!json_object_get(body, "name"))
		json_object_set_new(body, "name", json_string(name));
	json_object_set_new(body, "en_address", hwaddr_json(hw));
	return body;
}

/* Machines are added to their second-level domain only: the one in which this
 * one is looked up, unless the request says another. */
void domain_of_pending(struct asked *k, const struct hwaddr *hw)
{
	const struct pending_machine *m =
		k->s->pending ? pending_find(k->s->pending, hw) : NULL;

	if (m && !k->q->domain)
		k->domain = domain_of(k->s, m);
}

void edit_approve(struct asked *k)
{
	const struct entry *is;
	struct hwaddr hw;
	json_t *body;

	if (!asked_hwaddr(k, &hw))
		return;
	domain_of_pending(k, &hw);
	is = site_machine_in(k->s, k->domain, &hw, 0);
	if (is) {
		admin_error(k->a, STATUS_CONFLICT, "%s is machine %s already",
			    k->name, machine_name(is));
		return;
	}
	/* Without a server nobody has written down who asks. */
	if (k->s->pending && !pending_find(k->s->pending, &hw)) {
		admin_error(k->a, STATUS_NOT_FOUND,
			    "%s: no such machine has asked", k->name);
		return;
	}
	body = approved(k, &hw);
	edit_add_body(k, body);
	json_decref(body);
}
