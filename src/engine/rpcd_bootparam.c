/*
 * Boot parameters: a name for an address, a place for a key.  Whatever is
 * missing, the answer is silence; only the log hears which of the conditions
 * it was.
 */
#include "engine/rpcd_impl.h"

#include "base/text.h"

static struct bootparam_text said(struct span w)
{
	return (struct bootparam_text){w.s, w.len};
}

static int untold(struct rpcd *r, const struct asking *a, uint32_t ip,
		  const char *why, struct effects *fx)
{
	struct note *n = effects_note(fx, NOTE_UNTOLD);

	r->stats.untold++;
	n->peer = a->from;
	n->ip = ip;
	n->text = why;
	return RPCD_SILENCE;
}

static void will_tell(struct asking *a, unsigned code, uint32_t ip,
		      const char *text)
{
	a->told = (struct note){.code = (uint16_t)code,
				.peer = a->from,
				.ip = ip,
				.text = text};
}

static const char *whoami(struct rpcd *r, struct rpcd_query *q, struct wr *w,
			  struct effects *fx)
{
	const struct site *s = r->site;
	struct bootparam_whoami answer = {
		.domain = said(
			(struct span){s->settings->bootparam.domain,
				      strlen(s->settings->bootparam.domain)})};
	struct source source;
	const char *why = rpcd_by_ip(s, q, &source);

	if (why)
		return why;
	answer.name = said(source.name);
	answer.router = rpcd_router(s, q->a->link, q->ip);
	if (!answer.router)
		return "no router is on its network";
	bootparam_whoami_put(&answer, w);
	q->a->is_own = q->a->from.ip == q->ip;
	q->a->counter = &r->stats.names;
	will_tell(q->a, NOTE_NAME_TOLD, q->ip,
		  effects_text(fx, source.name.s, source.name.len));
	return NULL;
}

static bool is_trusted(const struct settings *s, uint32_t ip)
{
	for (unsigned i = 0; i < SETTINGS_TRUSTED; i++) {
		const struct net *n = &s->bootparam.trusted[i];

		if (n->mask && !((ip ^ n->ip) & n->mask))
			return true;
	}
	return false;
}

/* Who asks is the machine, or is trusted; NULL or why not. */
static const char *may_have(const struct site *s, struct rpcd_query *q,
			    const struct source *source)
{
	const char *why = rpcd_is_own(s, q, source);

	q->a->is_own = !why;
	return why && is_trusted(s->settings, q->a->from.ip) ? NULL : why;
}

/* NULL, or why there is no answer. */
static const char *find_file(const struct site *s, struct rpcd_query *q,
			     const struct source *source,
			     struct bootparam_file *f)
{
	struct span value, server, path;

	*f = (struct bootparam_file){.server = said(span_of("")),
				     .path = said(span_of(""))};
	if (!rpcd_value(q, source, &value))
		/* Nothing says that there is no such file, but for dumps. */
		return strcmp(q->key, "dump") ? "it has no such file" : NULL;
	bootparam_split(value, &server, &path);
	f->server = said(server);
	f->path = said(path);
	return server.len ? rpcd_server(s, q, server, &f->ip) : NULL;
}

static const char *getfile(struct rpcd *r, struct rpcd_query *q, struct wr *w,
			   struct effects *fx)
{
	struct bootparam_file f;
	struct source source;
	const char *why = rpcd_by_name(r->site, q, &source);

	if (!why)
		why = may_have(r->site, q, &source);
	if (!why)
		why = find_file(r->site, q, &source, &f);
	if (why)
		return why;
	bootparam_file_put(&f, w);
	q->a->counter = &r->stats.files;
	will_tell(q->a, NOTE_FILE_TOLD, f.ip,
		  effects_text(fx, f.path.s, f.path.len));
	return NULL;
}

/* Who was silent may know it. */
static const char *reason(const struct rpcd_query *q, const char *why)
{
	switch (q->silent) {
	case 0:
		return why;
	case 1 << LOOKUP_NIS:
		return "no answer from NIS";
	case 1 << LOOKUP_DNS:
		return "no answer from DNS";
	}
	return "no answer from NIS and DNS";
}

int rpcd_attempt(struct rpcd *r, struct rpcd_query *q, struct wr *w,
		 struct effects *fx)
{
	const char *why = q->is_file ? getfile(r, q, w, fx)
				     : whoami(r, q, w, fx);

	if (why == rpcd_later)
		return RPCD_LATER;
	return why ? untold(r, q->a, q->ip, reason(q, why), fx) : RPC_SUCCESS;
}

/* ---- what is asked ------------------------------------------------------- */

/* Without a NUL in it, which no name has. */
static bool take(char *to, size_t room, struct bootparam_text from)
{
	return (!from.len || !memchr(from.s, 0, from.len)) &&
	       text_copy(to, room, from.s, from.len);
}

static bool take_arguments(struct rpcd_query *q)
{
	struct rd args = rd_over(q->a->call.args, q->a->call.len);
	struct bootparam_ask file;

	q->is_file = q->a->call.procedure == BOOTPARAM_GETFILE;
	if (!q->is_file)
		return bootparam_address_get(&q->ip, &args) && !rd_left(&args);
	q->ip = q->a->from.ip;
	return bootparam_ask_get(&file, &args) && !rd_left(&args) &&
	       take(q->name, sizeof(q->name), file.name) &&
	       take(q->key, sizeof(q->key), file.key);
}

int rpcd_bootparam(struct rpcd *r, struct asking *a, struct wr *w,
		   struct effects *fx)
{
	struct rpcd_query q = {.a = a};

	switch (a->call.procedure) {
	case BOOTPARAM_NULL:
		return a->call.len ? RPCD_SILENCE : RPC_SUCCESS;
	case BOOTPARAM_WHOAMI:
	case BOOTPARAM_GETFILE:
		if (take_arguments(&q))
			return rpcd_pursue(r, &q, w, fx);
		r->stats.bad++;
		return RPCD_SILENCE;
	}
	return RPC_PROC_UNAVAIL;
}
