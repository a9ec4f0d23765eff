/*
 * Edits: from the properties that were asked for to the change that makes them
 * so.  The new list is the old one walked through, with what was asked for in
 * its old place, then what is new; values are checked as they are written.
 */
#include "app/admin_inside.h"

#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_MAX_LEN = 63, PROPS_MAX = 128 * 1024, ADDRESS_TEXT = 64 };

/* An edit of one machine. */
struct edit {
	struct asked *k;
	const struct entry *was; /* NULL: a new one */
	const char *machine;     /* its name, for errors */
	struct change change;    /* its property list is in `room` */
	uint8_t *room;
	struct plist_out out;
};

static bool is_wrong(const struct edit *e, const char *property,
		     const char *value, const char *what)
{
	char safe[4 * TEXT_WIRE_MAX + 8];
	struct text t = text_over(safe, sizeof safe);

	text_wire(&t, value, strlen(value));
	admin_error(e->k->a, STATUS_WRONG, "machine %s: %s: `%s' %s",
		    e->machine, property, safe, what);
	return false;
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_';
}

/* A host name, or a property's: it goes into replies, file names and paths. */
static bool is_name(const char *s, size_t most)
{
	size_t len = strlen(s);

	if (!len || len > most || !is_letter(s[0]))
		return false;
	for (size_t i = 1; i < len; i++)
		if (!is_letter(s[i]) && s[i] != '-' && s[i] != '.')
			return false;
	return true;
}

static bool is_plain(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			return false;
	return true;
}

static bool check_ip(const struct edit *e, const char *value)
{
	uint32_t ip;

	if (!ip_parse(value, strlen(value), &ip) || !ip ||
	    ip_is_multicast(ip) || ip == IP_BROADCAST)
		return is_wrong(e, "ip_address", value,
				"is no IP address of a machine");
	/* This server itself stands there, too, for those who look it up. */
	if (!site_is_own(e->k->s, ip) ||
	    !strcmp(e->machine, e->k->s->settings->name))
		return true;
	admin_error(e->k->a, STATUS_CONFLICT,
		    "machine %s: ip_address: %s is this server's own",
		    e->machine, value);
	return false;
}

/* The value as it is to be kept: hardware addresses are written in one way.
 * NULL: it is none. */
static const char *checked(const struct edit *e, const char *property,
			   const char *value, char room[ADDRESS_TEXT])
{
	struct text t = text_over(room, ADDRESS_TEXT);
	struct hwaddr hw;

	if (!strcmp(property, "en_address")) {
		if (hwaddr_parse(value, strlen(value), &hw)) {
			text_hwaddr(&t, &hw);
			return room;
		}
		is_wrong(e, property, value, "is no hardware address");
		return NULL;
	}
	if (!strcmp(property, "ip_address"))
		return check_ip(e, value) ? value : NULL;
	if (!strcmp(property, "name") && !is_name(value, NAME_MAX_LEN)) {
		is_wrong(e, property, value,
			 "is no name: letters, digits, - . and _, 63 at most");
		return NULL;
	}
	if (is_plain(value))
		return value;
	is_wrong(e, property, value, "has control characters");
	return NULL;
}

bool machine_value_is_good(struct asked *k, const char *who,
			   const char *property, const char *value)
{
	const struct edit e = {.k = k, .machine = who};
	char room[ADDRESS_TEXT];

	return checked(&e, property, value, room);
}

static bool is_key(const char *property)
{
	return !strcmp(property, "name") || !strcmp(property, "en_address") ||
	       !strcmp(property, "ip_address");
}

/* The property that is being written, from `list` on, says nothing twice by
 * which machines are told apart. */
static bool says_once(const struct edit *e, const char *property,
		      const uint8_t *list)
{
	size_t len = (size_t)(e->out.w.p - list);
	struct plist pl = {.bytes = list, .len = len};
	struct property p;

	if (e->out.w.bad || !is_key(property) || !plist_find(&pl, property, &p))
		return true;
	for (unsigned i = 1; i < p.n; i++) {
		const char *v = property_value(&p, i);

		for (unsigned j = 0; j < i; j++)
			if (text_is_nocase(v, strlen(v), property_value(&p, j)))
				return is_wrong(e, property, v,
						"stands there twice");
	}
	return true;
}

static bool write_value(struct edit *e, const char *property,
			const json_t *json)
{
	const char *value = json_string_value(json);
	char room[ADDRESS_TEXT];

	if (!value) {
		admin_error(e->k->a, STATUS_WRONG,
			    "machine %s: %s: is no string or list of strings",
			    e->machine, property);
		return false;
	}
	value = checked(e, property, value, room);
	if (value)
		plist_add_value(&e->out, value);
	return value;
}

static bool write_property(struct edit *e, const char *property,
			   const json_t *json)
{
	const uint8_t *start = e->out.w.p;

	if (!is_name(property, NAME_MAX_LEN)) {
		admin_error(e->k->a, STATUS_WRONG,
			    "machine %s: `%s' is no name of a property",
			    e->machine, property);
		return false;
	}
	plist_add(&e->out, property);
	if (!json_is_array(json))
		return write_value(e, property, json);
	for (size_t i = 0; i < json_array_size(json); i++)
		if (!write_value(e, property, json_array_get(json, i)))
			return false;
	return says_once(e, property, start);
}

static void keep_property(struct edit *e, const struct property *p)
{
	plist_add(&e->out, p->name);
	for (unsigned i = 0; i < p->n; i++)
		plist_add_value(&e->out, property_value(p, i));
}

/* The old list with what the request says of its properties. */
static bool write_old(struct edit *e, const json_t *asked)
{
	struct rd r = rd_over(e->was->props.bytes, e->was->props.len);
	struct property p;

	while (plist_next(&r, &p)) {
		const json_t *json = json_object_get(asked, p.name);

		if (!json)
			keep_property(e, &p);
		else if (!json_is_null(json) &&
			 !write_property(e, p.name, json))
			return false;
	}
	return true;
}

static bool write_new(struct edit *e, const json_t *asked, bool keeps_old)
{
	const char *name;
	json_t *json;

	json_object_foreach((json_t *)asked, name, json)
	{
		struct property p;

		if (json_is_null(json) ||
		    (keeps_old && plist_find(&e->was->props, name, &p)))
			continue;
		if (!write_property(e, name, json))
			return false;
	}
	return true;
}

/* ---- may it be? --------------------------------------------------------- */

static bool is_other(const struct edit *e, const struct entry *m)
{
	return m && m->domain == e->k->domain &&
	       (!e->was || m->id != e->was->id);
}

/* Who has one of these values already. */
static const struct entry *holder(const struct edit *e, const char *property,
				  const char *value)
{
	const struct directory *d = e->k->s->directory;
	const struct entry *m = NULL;
	struct hwaddr hw;
	uint32_t ip;

	if (!strcmp(property, "en_address") &&
	    hwaddr_parse(value, strlen(value), &hw))
		m = machine_by_hw(d, e->k->domain, &hw);
	else if (!strcmp(property, "ip_address") &&
		 ip_parse(value, strlen(value), &ip))
		m = machine_by_ip(d, e->k->domain, ip);
	else if (!strcmp(property, "name"))
		m = machine_by_name(d, e->k->domain, value);
	return is_other(e, m) ? m : NULL;
}

static void clash(const struct edit *e, const char *property, const char *value,
		  const struct entry *other)
{
	if (strcmp(property, "name") != 0)
		admin_error(e->k->a, STATUS_CONFLICT,
			    "machine %s: %s: %s is machine %s's already",
			    e->machine, property, value, machine_name(other));
	else if (text_is_nocase(value, strlen(value), machine_name(other)))
		admin_error(e->k->a, STATUS_CONFLICT,
			    "machine %s: there is one of that name already",
			    value);
	else
		admin_error(e->k->a, STATUS_CONFLICT,
			    "machine %s: name: %s is a name of machine %s "
			    "already",
			    e->machine, value, machine_name(other));
}

/* Something is given twice: say what, and who has it. */
static void find_clash(const struct edit *e, const struct plist *pl)
{
	struct rd r = rd_over(pl->bytes, pl->len);
	struct property p;

	while (plist_next(&r, &p))
		for (unsigned i = 0; i < p.n; i++) {
			const char *value = property_value(&p, i);
			const struct entry *other = holder(e, p.name, value);

			if (!other)
				continue;
			clash(e, p.name, value, other);
			return;
		}
	admin_error(e->k->a, STATUS_CONFLICT,
		    "machine %s: a name or address of it is given already",
		    e->machine);
}

static void finish(struct edit *e)
{
	struct admin *a = e->k->a;
	const struct directory *d = e->k->s->directory;
	uint32_t other;
	int rc;

	if (!plist_end(&e->out, &e->change.props)) {
		admin_error(a, STATUS_TOO_LONG,
			    "machine %s: its properties are too long",
			    e->machine);
		return;
	}
	if (!plist_value(&e->change.props, "name")) {
		admin_error(a, STATUS_WRONG,
			    "machine %s: a machine must have a name",
			    e->machine);
		return;
	}
	rc = directory_check(d, &e->change, &other);
	if (rc == -EEXIST)
		find_clash(e, &e->change.props);
	else if (rc)
		admin_error(a, STATUS_FAILED, "machine %s: %s", e->machine,
			    strerror(-rc));
	else
		(void)make_change(e->k, &e->change);
}

/* ---- what may be asked -------------------------------------------------- */

static bool begin(struct edit *e, struct asked *k, const struct entry *was,
		  const json_t *body)
{
	const struct entry *dir = machines_of(k);
	struct admin *a = k->a;

	*e = (struct edit){.k = k, .was = was};
	if (!may_edit(k))
		return false;
	if (!body || !dir) {
		admin_error(a, dir ? STATUS_WRONG : STATUS_NOT_FOUND,
			    dir ? "what is it to be? There is no body"
				: "the domain has no directory of machines");
		return false;
	}
	e->machine = was ? machine_name(was) : "";
	e->change = (struct change){
		.kind = CHANGE_ENTRY_PUT,
		.domain = dir->domain,
		.parent = dir->id,
		.id = was ? was->id : directory_next_id(k->s->directory),
		.instance = was ? was->instance + 1 : 1};
	e->room = malloc(PROPS_MAX);
	if (!e->room) {
		admin_error(a, STATUS_FAILED, "%s", strerror(ENOMEM));
		return false;
	}
	e->out = plist_begin(e->room, PROPS_MAX);
	return true;
}

static void end(struct edit *e)
{
	free(e->room);
}

/* Its first name, as asked for. */
static const char *asked_name(const json_t *body)
{
	const json_t *name = json_object_get(body, "name");

	if (json_is_array(name))
		name = json_array_get(name, 0);
	return json_string_value(name);
}

void edit_add_body(struct asked *k, const json_t *body)
{
	struct edit e;

	if (!begin(&e, k, NULL, body))
		return;
	e.machine = asked_name(body);
	if (!e.machine)
		admin_error(k->a, STATUS_WRONG,
			    "a new machine must have a name");
	else if (!is_name(e.machine, NAME_MAX_LEN))
		admin_error(k->a, STATUS_WRONG,
			    "`%s' is no name for a machine: letters, digits, "
			    "- . and _, 63 at most",
			    e.machine);
	else if (write_new(&e, body, false))
		finish(&e);
	end(&e);
}

void edit_add(struct asked *k)
{
	edit_add_body(k, k->q->body);
}

void edit_put(struct asked *k)
{
	const struct entry *was = asked_machine(k);
	struct property name;
	struct edit e;

	if (!was || !begin(&e, k, was, k->q->body))
		return;
	if (!json_object_get(k->q->body, "name") &&
	    plist_find(&was->props, "name", &name))
		keep_property(&e, &name);
	if (write_new(&e, k->q->body, false))
		finish(&e);
	end(&e);
}

void edit_patch(struct asked *k)
{
	const struct entry *was = asked_machine(k);
	struct edit e;

	if (!was || !begin(&e, k, was, k->q->body))
		return;
	if (write_old(&e, k->q->body) && write_new(&e, k->q->body, true))
		finish(&e);
	end(&e);
}

void edit_remove(struct asked *k)
{
	const struct entry *was = asked_machine(k);
	struct change change;
	uint32_t other;
	int rc;

	if (!was || !may_edit(k))
		return;
	change = (struct change){.kind = CHANGE_ENTRY_DESTROY,
				 .domain = was->domain,
				 .parent = was->parent,
				 .id = was->id,
				 .instance = was->instance + 1};
	k->a->json =
		json_pack("{s:o}", "removed", safe_string(machine_name(was)));
	rc = directory_check(k->s->directory, &change, &other);
	if (rc)
		admin_error(k->a, STATUS_FAILED, "machine %s: %s", k->name,
			    strerror(-rc));
	else
		(void)make_change(k, &change);
}

void edit_drop_lease(struct asked *k)
{
	struct change change = {.kind = CHANGE_LEASE_DROP};
	uint32_t ip;

	if (!ip_parse(k->name, strlen(k->name), &ip)) {
		admin_error(k->a, STATUS_WRONG, "`%s' is no IP address",
			    k->name);
		return;
	}
	if (!leases_by_ip(k->s->leases, ip)) {
		admin_error(k->a, STATUS_NOT_FOUND, "%s: there is no lease",
			    k->name);
		return;
	}
	change.lease.ip = ip;
	k->a->json = json_pack("{s:s}", "removed", k->name);
	(void)make_change(k, &change);
}
