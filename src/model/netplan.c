/*
 * The plan.  Interface for interface the line of iftab is looked up, and turned
 * into the words that ifconfig would get.
 */
#include "model/netplan.h"

#include <assert.h>
#include <string.h>

static bool is_said(const struct hostconfig_value *v)
{
	return v->kind == HOSTCONFIG_ADDRESS;
}

void netplan_words(struct text *t, const struct hostconfig *h)
{
	const struct hostconfig_value *v = h->v;

	text_add(t, is_said(&v[HOSTCONFIG_INETADDR])
			    ? v[HOSTCONFIG_INETADDR].text
			    : "-AUTOMATIC-");
	if (v[HOSTCONFIG_IPNETMASK].kind != HOSTCONFIG_EMPTY) {
		text_add(t, " netmask ");
		text_add(t, is_said(&v[HOSTCONFIG_IPNETMASK])
				    ? v[HOSTCONFIG_IPNETMASK].text
				    : "-AUTOMATIC-");
	}
	if (is_said(&v[HOSTCONFIG_IPBROADCAST])) {
		text_add(t, " broadcast ");
		text_add(t, v[HOSTCONFIG_IPBROADCAST].text);
	}
	text_add(t, " -trailers up");
}

/* With one blank between them. */
static void add_words(struct text *t, struct span words)
{
	struct span word;

	for (const char *between = ""; (word = span_word(&words)).len;
	     between = " ") {
		text_add(t, between);
		text_bytes(t, word.s, word.len);
	}
}

static void plan_interface(struct netplan *p, const struct iftab_line *l,
			   unsigned interface, const char *name)
{
	struct netplan_step *s = &p->v[p->n++];
	struct text t = text_over(s->words, sizeof(s->words));
	struct complaint none;
	bool is_good;

	s->kind = NETPLAN_IFCONFIG;
	s->interface = interface;
	s->name = name;
	if (l->kind == IFTAB_COMMAND) {
		s->kind = NETPLAN_COMMAND;
		text_bytes(&t, l->words.s, l->words.len);
		return;
	}
	if (l->kind == IFTAB_HOSTCONFIG)
		netplan_words(&t, &p->hostconfig);
	else
		add_words(&t, l->words);
	/* The line was understood when it was read, as hostconfig's were. */
	is_good = ifconfig_get(&s->ifconfig, span_of(s->words), &none);
	assert(is_good && !t.full);
	(void)is_good;
}

static void plan_name(struct netplan *p)
{
	const struct hostconfig_value *v =
		&p->hostconfig.v[HOSTCONFIG_HOSTNAME];
	struct netplan_step *s;

	if (v->kind == HOSTCONFIG_ABSENT)
		return;
	s = &p->v[p->n++];
	s->kind = NETPLAN_HOSTNAME;
	span_copy(s->words, sizeof(s->words), span_of(v->text));
}

static bool read_hostconfig(struct netplan *p,
			    const struct netplan_sources *from,
			    struct complaint *why)
{
	static const char bare[] = "HOSTNAME=-AUTOMATIC-\n";
	struct span text = from->hostconfig;

	if (!text.s && !from->iftab.s)
		text = span_of(bare);
	return hostconfig_get(&p->hostconfig, text.s, text.len, why);
}

bool netplan_make(struct netplan *p, const struct netplan_sources *from,
		  enum netplan_file *which, struct complaint *why)
{
	static const char first_alone[] = "-1- inet -HOSTCONFIG-\n";
	struct span text = from->iftab.s ? from->iftab : span_of(first_alone);
	struct iftab tab;

	assert(from->n_names <= NETPLAN_INTERFACES);
	*p = (struct netplan){0};
	*which = NETPLAN_OF_HOSTCONFIG;
	if (!read_hostconfig(p, from, why))
		return false;
	*which = NETPLAN_OF_IFTAB;
	if (!iftab_get(&tab, text.s, text.len, why))
		return false;
	for (unsigned i = 0; i < from->n_names; i++) {
		const struct iftab_line *l =
			iftab_find(&tab, from->names[i], i == 0);

		if (l)
			plan_interface(p, l, i, from->names[i]);
	}
	if (from->sets_name)
		plan_name(p);
	return true;
}

void netplan_put(struct text *t, const struct netplan_step *step)
{
	switch (step->kind) {
	case NETPLAN_IFCONFIG:
		text_add(t, "ifconfig ");
		text_add(t, step->name);
		text_add(t, " inet ");
		break;
	case NETPLAN_COMMAND:
		text_add(t, "if=");
		text_add(t, step->name);
		text_add(t, " af=inet; ");
		break;
	case NETPLAN_HOSTNAME:
		text_add(t, "hostname ");
		break;
	}
	text_add(t, step->words);
}
