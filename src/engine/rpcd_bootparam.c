/*
 * Boot parameters: a name for an address, a place for a key.  Whatever is
 * missing, the answer is silence; only the log hears which of the conditions
 * it was.
 */
#include "engine/rpcd_impl.h"

static struct span heard(struct bootparam_text t)
{
	return (struct span){t.s, t.len};
}

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

static int whoami(struct rpcd *r, struct asking *a, struct wr *w,
		  struct effects *fx)
{
	const struct site *s = r->site;
	struct bootparam_whoami answer = {
		.domain = said(
			(struct span){s->settings->bootparam.domain,
				      strlen(s->settings->bootparam.domain)})};
	struct rd args = rd_over(a->call.args, a->call.len);
	struct source source;
	const char *why;
	uint32_t ip;

	if (!bootparam_address_get(&ip, &args) || rd_left(&args)) {
		r->stats.bad++;
		return RPCD_SILENCE;
	}
	why = rpcd_by_ip(s, ip, &source);
	if (why)
		return untold(r, a, ip, why, fx);
	answer.name = said(source.name);
	answer.router = rpcd_router(s, a->link, ip);
	if (!answer.router)
		return untold(r, a, ip, "no router is on its network", fx);
	bootparam_whoami_put(&answer, w);
	a->is_own = a->from.ip == ip;
	a->counter = &r->stats.names;
	will_tell(a, NOTE_NAME_TOLD, ip,
		  effects_text(fx, source.name.s, source.name.len));
	return RPC_SUCCESS;
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
static const char *may_have(const struct site *s, struct asking *a,
			    const struct source *source)
{
	struct source own;

	if (!rpcd_by_ip(s, a->from.ip, &own) && own.entry == source->entry &&
	    own.line == source->line) {
		a->is_own = true;
		return NULL;
	}
	return is_trusted(s->settings, a->from.ip)
		       ? NULL
		       : "it is the file of another machine";
}

/* NULL, or why there is no answer. */
static const char *find_file(const struct site *s, const struct source *source,
			     const struct asking *a, struct span key,
			     struct bootparam_file *f)
{
	struct span value, server, path;

	*f = (struct bootparam_file){.server = said(span_of("")),
				     .path = said(span_of(""))};
	if (!rpcd_value(source, key, &value))
		/* Nothing says that there is no such file, but for dumps. */
		return span_is(key, "dump") ? NULL : "it has no such file";
	bootparam_split(value, &server, &path);
	f->server = said(server);
	f->path = said(path);
	f->ip = server.len ? rpcd_server(s, server, a->from.ip) : 0;
	if (server.len && !f->ip)
		return "the server of the file has no address";
	return NULL;
}

static int getfile(struct rpcd *r, struct asking *a, struct wr *w,
		   struct effects *fx)
{
	struct rd args = rd_over(a->call.args, a->call.len);
	struct bootparam_file f;
	struct bootparam_ask q;
	struct source source;
	const char *why;

	if (!bootparam_ask_get(&q, &args) || rd_left(&args)) {
		r->stats.bad++;
		return RPCD_SILENCE;
	}
	why = rpcd_by_name(r->site, a->from.ip, heard(q.name), &source);
	if (!why)
		why = may_have(r->site, a, &source);
	if (!why)
		why = find_file(r->site, &source, a, heard(q.key), &f);
	if (why)
		return untold(r, a, a->from.ip, why, fx);
	bootparam_file_put(&f, w);
	a->counter = &r->stats.files;
	will_tell(a, NOTE_FILE_TOLD, f.ip,
		  effects_text(fx, f.path.s, f.path.len));
	return RPC_SUCCESS;
}

int rpcd_bootparam(struct rpcd *r, struct asking *a, struct wr *w,
		   struct effects *fx)
{
	switch (a->call.procedure) {
	case BOOTPARAM_NULL:
		return a->call.len ? RPCD_SILENCE : RPC_SUCCESS;
	case BOOTPARAM_WHOAMI:
		return whoami(r, a, w, fx);
	case BOOTPARAM_GETFILE:
		return getfile(r, a, w, fx);
	}
	return RPC_PROC_UNAVAIL;
}
