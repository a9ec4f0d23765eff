/*
 * The inside of the administrator's API, for its own files only.
 */
#ifndef MUSTER_APP_ADMIN_INSIDE_H
#define MUSTER_APP_ADMIN_INSIDE_H

#include "app/admin.h"

enum {
	STATUS_OK = 200,
	STATUS_CREATED = 201,
	STATUS_WRONG = 400,
	STATUS_NOT_FOUND = 404,
	STATUS_NOT_THERE = 405, /* the method */
	STATUS_CONFLICT = 409,
	STATUS_TOO_LONG = 413,
	STATUS_PATH_TOO_LONG = 414,
	STATUS_FAILED = 500,
	STATUS_NO_SERVER = 503,
	STATUS_NO_ROOM = 507,
};

struct asked {
	struct admin *a;
	const struct site *s;
	const struct admin_request *q;
	const char *name; /* the last part of the path; NULL: none */
	uint32_t domain;  /* that it is about */
};

/* What takes more than one turn; the head of a struct of whoever does it. */
struct admin_work {
	/* A piece of it.  False: that was the last, and the answer is there. */
	bool (*go_on)(struct admin *a, const struct site *s, usec now);
	void (*drop)(struct admin_work *work);
};

/* admin_show.c: GET.  Each fills in status and answer. */
void show_machines(struct asked *k);
void show_machine(struct asked *k);
void show_images(struct asked *k);
void show_leases(struct asked *k);
void show_pools(struct asked *k); /* admin_pool.c */
void show_status(struct asked *k);
json_t *machine_json(const struct entry *m);
/* An object of lists of strings. */
json_t *props_json(const struct plist *props);
/* A string of any bytes as JSON, which knows only UTF-8. */
json_t *safe_string(const char *s);
/* The one the path names; NULL, and the error is filled in. */
const struct entry *asked_machine(struct asked *k);
/* Of a domain; NULL: it has none. */
const struct entry *machines_of(const struct asked *k);
/* The values of a property, as a list. */
json_t *values_json(const struct property *p);

/* admin_entries.c: any entry, by its path. */
void show_entry(struct asked *k);
void show_children(struct asked *k);
void edit_create(struct asked *k);
void edit_patch_entry(struct asked *k);
void edit_destroy(struct asked *k);
/* The path of a domain. */
json_t *domain_json(const struct directory *d, uint32_t domain);
/* Whether this server may change the domain of the request; else the error says
 * where that is done. */
bool may_edit(struct asked *k);
/* admin_domains.c */
void show_domains(struct asked *k);
void show_domain(struct asked *k);
void edit_add_domain(struct asked *k);
void edit_remove_domain(struct asked *k);
/* Whether the request only wants to know. */
bool is_dry_run(const struct asked *k);

/* admin_addition.c: host addition, and machines that are never let in. */
void show_addition(struct asked *k);
void edit_addition(struct asked *k);
void show_denied(struct asked *k);
void edit_deny(struct asked *k);
void edit_undeny(struct asked *k);
/* admin_history.c */
void show_history(struct asked *k);
/* The error that is filled in says that somebody has changed this entry: who
 * that was, the store knows, and is asked; the error stands if it is not. */
void ask_who_was_first(struct asked *k, const struct entry *e);
/* admin_undo_ask.c */
void edit_undo(struct asked *k);
/* copies.c */
void show_backup(struct asked *k);
/* admin_store.c */
void show_store(struct asked *k);
/* Why nothing can be stored, if that is so. */
const char *why_away(const struct site *s);
/* The error that is filled in says that another server is the master of a
 * domain: which one, the store knows, and is asked; the error stands if not. */
void ask_who_is_master(struct admin *a, uint32_t domain);
/* admin_pending.c */
void show_pending(struct asked *k);
void edit_approve(struct asked *k);
/* If that machine waits, and the request says no domain, it is about the one in
 * which the machine is looked up. */
void domain_of_pending(struct asked *k, const struct hwaddr *hw);

json_t *ip_json(uint32_t ip);
json_t *hwaddr_json(const struct hwaddr *hw);
/* The hardware address that the path names; false, and the error is filled in.
 */
bool asked_hwaddr(struct asked *k, struct hwaddr *hw);
/* A page is an object with the list, and "next" if there is more. */
void answer_page(struct asked *k, const char *name, json_t *list,
		 uint32_t next);

/* One more change of those that the request makes, copied; false: no memory,
 * and the error is filled in. */
bool make_change(struct asked *k, const struct change *c);
/* admin_refused.c: whether those that the request makes may be; if not, the
 * error names the one that may not, and why. */
bool may_make(struct asked *k);
/* An error of changes that were refused, by directory_check_all()'s words. */
void admin_refused(struct admin *a, const struct directory *d, int rc,
		   size_t failed, uint32_t other);

/* admin_import.c */
void edit_import(struct asked *k);
void show_export(struct asked *k);

/* admin_edit.c: the others.  Each makes a change, or an error. */
/* A new machine with these properties. */
void edit_add_body(struct asked *k, const json_t *body);
void edit_add(struct asked *k);
void edit_put(struct asked *k);
void edit_patch(struct asked *k);
void edit_remove(struct asked *k);
void edit_drop_lease(struct asked *k);
/* Whether a machine may have such a name or address; `who` names it in the
 * error. */
bool machine_value_is_good(struct asked *k, const char *who,
			   const char *property, const char *value);

#endif
